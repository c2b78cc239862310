//! Handles, and the frame around every call: no panic goes out, and errors are kept as text.

use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::error::Failure;
use super::memory::{Out, write_message};
use super::status::Rtav1Status;

/// What a handle remembers of its calls.
#[derive(Debug, Default)]
pub(super) struct Report {
    message: CString,
    broken: bool,
}

/// A handle of the caller's.
pub(super) trait Handle {
    fn report(&mut self) -> &mut Report;
}

/// Runs `body` on the handle.
///
/// After a panic the state of the handle is unknown, so that every further call is refused.
///
/// # Safety
/// Unless null, `handle` comes from [`create`], was not freed and is used by nobody else now.
pub(super) unsafe fn call<H: Handle>(
    handle: *mut H,
    body: impl FnOnce(&mut H) -> Result<(), Failure>,
) -> Rtav1Status {
    if handle.is_null() || !handle.is_aligned() {
        return Rtav1Status::NullPointer;
    }
    // SAFETY: as for this function.
    let handle = unsafe { &mut *handle };
    if handle.report().broken {
        return Rtav1Status::Panic;
    }
    let result = catch_unwind(AssertUnwindSafe(|| body(handle)));
    let Err(failure) = result.unwrap_or(Err(Failure::Panic)) else { return Rtav1Status::Ok };
    let report = handle.report();
    report.broken = matches!(failure, Failure::Panic);
    report.message = c_string(failure.message());
    failure.status()
}

/// Runs `body` where there is no handle; what fails goes to `message`, cut to fit.
///
/// # Safety
/// Unless null, `message` leads to `capacity` bytes that can be written.
pub(super) unsafe fn guard(
    message: *mut c_char,
    capacity: usize,
    body: impl FnOnce() -> Result<(), Failure>,
) -> Rtav1Status {
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Failure::Panic));
    let (status, text) = match result {
        Ok(()) => (Rtav1Status::Ok, String::new()),
        Err(failure) => (failure.status(), failure.message()),
    };
    // SAFETY: as for this function.
    unsafe { write_message(&text, message, capacity) };
    status
}

/// Puts the handle that `make` makes into `out`, or null.
///
/// # Safety
/// Unless null, `out` can be written; `message` is as for [`guard`].
pub(super) unsafe fn create<H: Handle>(
    out: *mut *mut H,
    message: *mut c_char,
    capacity: usize,
    make: impl FnOnce() -> Result<H, Failure>,
) -> Rtav1Status {
    let body = || {
        // SAFETY: as for this function.
        let out = unsafe { Out::new(out, "the place for the handle") }?;
        out.set(ptr::null_mut());
        out.set(Box::into_raw(Box::new(make()?)));
        Ok(())
    };
    // SAFETY: as for this function.
    unsafe { guard(message, capacity, body) }
}

/// Takes back the handle at `slot`, if there is one, and leaves null.
///
/// # Safety
/// Unless null, `slot` can be written and holds null or a handle from [`create`] that was not freed
/// and is used by nobody else now.
pub(super) unsafe fn free<H: Handle>(slot: *mut *mut H) {
    // SAFETY: as for this function.
    let handle = unsafe { take(slot) };
    if !handle.is_null() {
        // SAFETY: `create` made it from a box.
        let handle = unsafe { Box::from_raw(handle) };
        drop_quietly(handle);
    }
}

/// The pointer at `slot`, for which null is put; null without a slot.
///
/// # Safety
/// Unless null, `slot` can be read and written.
pub(super) unsafe fn take<T>(slot: *mut *mut T) -> *mut T {
    if slot.is_null() || !slot.is_aligned() {
        return ptr::null_mut();
    }
    // SAFETY: as for this function.
    unsafe { slot.replace(ptr::null_mut()) }
}

/// Drops without letting a panic out; there is nobody to tell of it.
pub(super) fn drop_quietly<T>(value: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
}

/// The text of the last error of a handle, empty if there was none.
///
/// # Safety
/// As for [`call`].
pub(super) unsafe fn last_error<H: Handle>(handle: *mut H) -> *const c_char {
    // SAFETY: as for this function.
    unsafe { text_of(handle, |handle| &handle.report().message) }
}

/// A text that a handle holds; a word on the pointer if that is none.
///
/// # Safety
/// As for [`call`].
pub(super) unsafe fn text_of<H>(
    handle: *mut H,
    text: impl FnOnce(&mut H) -> &CString,
) -> *const c_char {
    if handle.is_null() || !handle.is_aligned() {
        return c"the handle is null or misaligned".as_ptr();
    }
    // SAFETY: as for this function.
    text(unsafe { &mut *handle }).as_ptr()
}

/// `text` for C; the library's texts have no NUL.
pub(super) fn c_string(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).unwrap_or_default()
}
