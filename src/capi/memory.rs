//! The caller's memory: pointers checked for what can be checked before they are followed.

use std::ffi::{CStr, c_char};
use std::ptr::NonNull;
use std::slice;

use super::error::Failure;

/// A struct that the caller allocates, as input or for output.
///
/// # Safety
/// The struct is `repr(C)`, its first field is `struct_size: usize`, and all its fields are
/// integers, pointers, or arrays of these, so that any bytes are a value of it.
pub(super) unsafe trait CallerStruct: Copy {
    /// Name for messages.
    const NAME: &'static str;

    /// The struct at `pointer`.
    ///
    /// # Safety
    /// Unless null, `pointer` leads to as many readable bytes as their first `usize` says.
    unsafe fn read(pointer: *const Self) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        unsafe { check_struct(pointer) }?;
        // SAFETY: the struct is as long as the caller's headers and these agree on.
        Ok(unsafe { pointer.read() })
    }

    /// The struct at `pointer`, to be written.
    ///
    /// # Safety
    /// As for [`read`](Self::read), and the bytes can be written until the end of the call.
    unsafe fn output(pointer: *mut Self) -> Result<Out<Self>, Failure> {
        // SAFETY: as for this function.
        unsafe { check_struct(pointer) }?;
        // SAFETY: as for this function.
        unsafe { Out::new(pointer, Self::NAME) }
    }
}

/// Refuses a struct of another size than this library's. When a struct has grown, its earlier
/// sizes are to be accepted here.
///
/// # Safety
/// Unless null, `pointer` leads to a readable `usize`.
unsafe fn check_struct<T: CallerStruct>(pointer: *const T) -> Result<(), Failure> {
    check_pointer(pointer, T::NAME)?;
    // SAFETY: `CallerStruct` puts `struct_size` first.
    let size = unsafe { pointer.cast::<usize>().read() };
    check_struct_size::<T>(size)
}

/// Refuses a `struct_size` other than that of `T`.
fn check_struct_size<T: CallerStruct>(size: usize) -> Result<(), Failure> {
    let expected = size_of::<T>();
    if size == expected {
        Ok(())
    } else {
        Err(Failure::StructSize { name: T::NAME, size, expected })
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
    unsafe { Out::new(target, T::NAME) }?.set(value);
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
