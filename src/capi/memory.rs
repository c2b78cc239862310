//! The caller's memory: pointers checked for what can be checked before they are followed.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

use super::error::Failure;

/// A struct that the caller allocates, as input or for output.
///
/// # Safety
/// The struct is `repr(C)`, its first field is `struct_size: usize`, and all its fields are
/// integers, pointers, or arrays of these, so that any bytes are a value of it. An earlier size is
/// one at which the struct has ended between two fields, of which none has moved since.
pub(super) unsafe trait CallerStruct: Copy {
    /// Name for messages.
    const NAME: &'static str;
    /// Sizes that the struct had before it grew at its end.
    const EARLIER_SIZES: &'static [usize] = &[];

    /// What the fields stand at that the struct of an earlier caller lacks: at zero, unless the
    /// struct says otherwise.
    fn unstated() -> Self {
        // SAFETY: any bytes are a value of the struct.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }

    /// The struct at `pointer`.
    ///
    /// # Safety
    /// Unless null, `pointer` leads to as many readable bytes as their first `usize` says.
    unsafe fn read(pointer: *const Self) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        let size = unsafe { check_struct(pointer) }?;
        let mut value = Self::unstated();
        let bytes = (&raw mut value).cast::<u8>();
        // SAFETY: the caller's struct is `size` bytes long, this one no shorter.
        unsafe { bytes.copy_from_nonoverlapping(pointer.cast(), size) };
        Ok(value)
    }

    /// The struct at `pointer`, to be written.
    ///
    /// # Safety
    /// As for [`read`](Self::read), and the bytes can be written until the end of the call.
    unsafe fn output(pointer: *mut Self) -> Result<StructOut<Self>, Failure> {
        // SAFETY: as for this function.
        let size = unsafe { check_struct(pointer) }?;
        // SAFETY: as for this function.
        unsafe { StructOut::new(pointer, size) }
    }
}

/// The size of the caller's struct. A size that the struct never had is refused; so is that of a
/// later library, whose further fields would be ignored here.
///
/// # Safety
/// Unless null, `pointer` leads to a readable `usize`.
unsafe fn check_struct<T: CallerStruct>(pointer: *const T) -> Result<usize, Failure> {
    check_pointer(pointer, T::NAME)?;
    // SAFETY: `CallerStruct` puts `struct_size` first.
    let size = unsafe { pointer.cast::<usize>().read() };
    check_struct_size::<T>(size)?;
    Ok(size)
}

/// Refuses a `struct_size` that `T` never had.
fn check_struct_size<T: CallerStruct>(size: usize) -> Result<(), Failure> {
    let expected = size_of::<T>();
    if size == expected || T::EARLIER_SIZES.contains(&size) {
        Ok(())
    } else {
        Err(Failure::StructSize { name: T::NAME, size, expected })
    }
}

/// A struct of the caller's that the call writes to, as far as the caller knows it.
pub(super) struct StructOut<T> {
    pointer: NonNull<T>,
    size: usize,
}

impl<T: CallerStruct> StructOut<T> {
    /// The struct at `pointer`, whose `size` was checked.
    ///
    /// # Safety
    /// Unless null, `pointer` leads to `size` bytes that can be written until the end of the call.
    unsafe fn new(pointer: *mut T, size: usize) -> Result<Self, Failure> {
        check_pointer(pointer, T::NAME)?;
        let pointer = NonNull::new(pointer).ok_or(Failure::Pointer(T::NAME))?;
        Ok(Self { pointer, size })
    }

    /// Writes the fields of `value` that the caller knows, and the caller's size.
    pub(super) fn set(&self, value: T) {
        let bytes = self.pointer.as_ptr().cast::<u8>();
        // SAFETY: the maker of this value promised that so much can be written; `T` is no shorter,
        // and begins with its size.
        unsafe {
            bytes.copy_from_nonoverlapping((&raw const value).cast(), self.size);
            self.pointer.cast::<usize>().write(self.size);
        }
    }
}

/// Writes `value` to a struct whose own size is not yet set.
///
/// # Safety
/// Unless null, `target` leads to `struct_size` bytes that can be written.
pub(super) unsafe fn fill<T: CallerStruct>(
    target: *mut T,
    struct_size: usize,
    value: T,
) -> Result<(), Failure> {
    check_struct_size::<T>(struct_size)?;
    // SAFETY: as for this function.
    unsafe { StructOut::new(target, struct_size) }?.set(value);
    Ok(())
}

fn check_pointer<T>(pointer: *const T, name: &'static str) -> Result<(), Failure> {
    if pointer.is_null() || !pointer.is_aligned() { Err(Failure::Pointer(name)) } else { Ok(()) }
}

/// A place of the caller's that the call writes to.
pub(super) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// The place at `pointer`.
    ///
    /// # Safety
    /// Unless null, `pointer` can be written until the end of the call.
    pub(super) unsafe fn new(pointer: *mut T, name: &'static str) -> Result<Self, Failure> {
        check_pointer(pointer, name)?;
        NonNull::new(pointer).map(Self).ok_or(Failure::Pointer(name))
    }

    /// The place at `pointer`, or none at null.
    ///
    /// # Safety
    /// As for [`new`](Self::new).
    pub(super) unsafe fn optional(
        pointer: *mut T,
        name: &'static str,
    ) -> Result<Option<Self>, Failure> {
        if pointer.is_null() {
            return Ok(None);
        }
        // SAFETY: as for this function.
        unsafe { Self::new(pointer, name) }.map(Some)
    }

    /// Writes `value`.
    pub(super) fn set(&self, value: T) {
        // SAFETY: the maker of this value promised that it can be written.
        unsafe { self.0.write(value) }
    }
}

/// A field whose values are below 256; it is wider so that C cuts nothing off unseen.
pub(super) fn byte(field: &'static str, value: u32) -> Result<u8, Failure> {
    u8::try_from(value).map_err(|_| Failure::UnknownValue { field, value })
}

/// `len` items of the caller's; none if `len` is zero, whatever the pointer.
///
/// # Safety
/// Unless null, `data` leads to `len` readable items, which nobody writes during the call.
pub(super) unsafe fn items<'a, T>(
    data: *const T,
    len: usize,
    name: &'static str,
) -> Result<&'a [T], Failure> {
    if len == 0 {
        return Ok(&[]);
    }
    check_range(data, len, name)?;
    // SAFETY: the pointer is neither null nor misaligned, the length within memory, and the rest
    // is promised.
    Ok(unsafe { slice::from_raw_parts(data, len) })
}

/// `len` items of the caller's, to be written; none if `len` is zero, whatever the pointer.
///
/// # Safety
/// Unless null, `data` leads to `len` initialized items that belong to the call until it ends.
pub(super) unsafe fn items_mut<'a, T>(
    data: *mut T,
    len: usize,
    name: &'static str,
) -> Result<&'a mut [T], Failure> {
    if len == 0 {
        return Ok(&mut []);
    }
    check_range(data, len, name)?;
    // SAFETY: as in `items`.
    Ok(unsafe { slice::from_raw_parts_mut(data, len) })
}

fn check_range<T>(data: *const T, len: usize, name: &'static str) -> Result<(), Failure> {
    check_pointer(data, name)?;
    let bytes = len.checked_mul(size_of::<T>()).filter(|&bytes| bytes <= isize::MAX as usize);
    match bytes.and_then(|bytes| data.addr().checked_add(bytes)) {
        Some(_) => Ok(()),
        None => Err(Failure::Length { name, len }),
    }
}

/// A text of the caller's.
///
/// # Safety
/// Unless null, `text` leads to bytes that end with a NUL.
pub(super) unsafe fn text<'a>(text: *const c_char, name: &'static str) -> Result<&'a str, Failure> {
    check_pointer(text, name)?;
    // SAFETY: as for this function.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|error| Failure::NotUtf8 { position: error.valid_up_to() })
}

/// Writes the whole of `text` and a NUL, or nothing.
///
/// # Safety
/// Unless null, `buffer` leads to `capacity` bytes that can be written.
pub(super) unsafe fn write_text(
    text: &str,
    buffer: *mut c_char,
    capacity: usize,
) -> Result<(), Failure> {
    let needed = text.len() + 1;
    if capacity < needed {
        return Err(Failure::BufferTooShort { len: capacity, needed });
    }
    check_range(buffer, capacity, "buffer")?;
    // SAFETY: the buffer has room for the text and the NUL.
    unsafe { write_bytes(text, buffer) };
    Ok(())
}

/// Writes the length of `data` to `len`, and all of `data` or nothing to `buffer`.
///
/// # Safety
/// Unless null, `buffer` leads to `capacity` bytes that can be written, and `len` can be written.
pub(super) unsafe fn write_data(
    data: &[u8],
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Result<(), Failure> {
    // SAFETY: as for this function.
    unsafe { Out::new(len, "len") }?.set(data.len());
    if capacity < data.len() {
        return Err(Failure::BufferTooShort { len: capacity, needed: data.len() });
    }
    check_range(buffer, capacity, "buffer")?;
    // SAFETY: the buffer has room for the data; the library's own are elsewhere.
    unsafe { buffer.copy_from_nonoverlapping(data.as_ptr(), data.len()) };
    Ok(())
}

/// Writes as much of `message` as there is room for, and a NUL; nothing without a buffer.
///
/// # Safety
/// As for [`write_text`].
pub(super) unsafe fn write_message(message: &str, buffer: *mut c_char, capacity: usize) {
    let Some(room) = capacity.checked_sub(1).filter(|_| !buffer.is_null()) else { return };
    let mut end = message.len().min(room);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    // SAFETY: the buffer has room for that much of the message and the NUL.
    unsafe { write_bytes(&message[..end], buffer) };
}

/// # Safety
/// `buffer` has room for `text` and a NUL.
unsafe fn write_bytes(text: &str, buffer: *mut c_char) {
    let buffer = buffer.cast::<u8>();
    // SAFETY: as for this function; the library's own text is elsewhere.
    unsafe {
        buffer.copy_from_nonoverlapping(text.as_ptr(), text.len());
        buffer.add(text.len()).write(0);
    }
}
