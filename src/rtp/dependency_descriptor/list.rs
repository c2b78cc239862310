//! Lists that are never long, without an allocation.

use std::fmt;
use std::ops::Deref;

use super::error::DescriptorError;

/// At most `N` values, `N` up to 255; it reads as a slice.
#[derive(Clone, Copy)]
pub struct ShortList<T, const N: usize> {
    len: u8,
    items: [T; N],
}

impl<T: Copy + Default, const N: usize> ShortList<T, N> {
    /// A list of nothing.
    pub fn new() -> Self {
        Self { len: 0, items: [T::default(); N] }
    }

    /// Appends `value`; `what` names the list in the error.
    ///
    /// # Errors
    /// The list is full.
    pub(super) fn push(&mut self, what: &'static str, value: T) -> Result<(), DescriptorError> {
        let len = usize::from(self.len);
        let Some(place) = self.items.get_mut(len) else {
            return Err(DescriptorError::Limit { what, value: len + 1, min: 0, max: N });
        };
        *place = value;
        self.len += 1;
        Ok(())
    }

    /// The values of `slice`; `what` names the list in the error.
    ///
    /// # Errors
    /// There are more than `N` of them.
    pub(super) fn of(what: &'static str, slice: &[T]) -> Result<Self, DescriptorError> {
        let mut list = Self::new();
        let value = slice.len();
        let place = list.items.get_mut(..value);
        place.ok_or(DescriptorError::Limit { what, value, min: 0, max: N })?.copy_from_slice(slice);
        list.len = value as u8;
        Ok(list)
    }
}

impl<T: Copy + Default, const N: usize> Default for ShortList<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const N: usize> Deref for ShortList<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }
}

impl<T: PartialEq, const N: usize> PartialEq for ShortList<T, N> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq, const N: usize> Eq for ShortList<T, N> {}

impl<T: fmt::Debug, const N: usize> fmt::Debug for ShortList<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
