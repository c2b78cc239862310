//! Tests of headers as a whole: round trips of random legal headers, real streams, hostile bytes.

mod generate_frame;
mod generate_sequence;
mod hostile;
mod isobmff;
mod order;
mod round_trip;
mod vectors;

use proptest::prelude::*;

/// A string of decisions that proptest makes and shrinks; when it runs out, every decision is the
/// first choice.
#[derive(Clone)]
pub(crate) struct Choices {
    values: Vec<u32>,
    next: usize,
}

impl std::fmt::Debug for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Choices({:x?})", self.values)
    }
}

impl Choices {
    /// Decisions as proptest makes them.
    pub(crate) fn strategy(count: usize) -> impl Strategy<Value = Self> {
        proptest::collection::vec(any::<u32>(), 0..count)
            .prop_map(|values| Self { values, next: 0 })
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let value = self.values.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        ((u64::from(value) * u64::from(n)) >> 32) as u32
    }

    /// A number of `bits` bits.
    pub(crate) fn bits(&mut self, bits: u32) -> u32 {
        let value = self.values.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        if bits == 0 { 0 } else { value >> (32 - bits) }
    }

    /// A byte below `n`.
    pub(crate) fn byte(&mut self, n: u32) -> u8 {
        self.below(n) as u8
    }

    /// A number from `low` to `high`.
    pub(crate) fn signed(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u32) as i32
    }

    /// Even odds.
    pub(crate) fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Odds of one in `n`.
    pub(crate) fn rarely(&mut self, n: u32) -> bool {
        self.below(n) == n - 1
    }

    /// `Some` at even odds.
    pub(crate) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.flag() { Some(make(self)) } else { None }
    }

    /// One of several values.
    pub(crate) fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u32) as usize]
    }
}
