//! Memory for hosts that have no allocator of their own in the library's memory, such as the script
//! around a WebAssembly module.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr;

/// Alignment that every struct and sample of the interface is content with.
const ALIGNMENT: usize = 16;

/// Gives `size` bytes of zeros, aligned to 16, to pass to the other functions; null for 0 bytes or
/// if there are not so many. Freed by `rtav1_dealloc`. C programs may use their own memory instead.
#[unsafe(no_mangle)]
pub extern "C" fn rtav1_alloc(size: usize) -> *mut u8 {
    match Layout::from_size_align(size, ALIGNMENT) {
        // SAFETY: the size is not 0.
        Ok(layout) if size > 0 => unsafe { alloc_zeroed(layout) },
        _ => ptr::null_mut(),
    }
}

/// Frees the `size` bytes that `rtav1_alloc` gave for this size; does nothing for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_dealloc(memory: *mut u8, size: usize) {
    let Ok(layout) = Layout::from_size_align(size, ALIGNMENT) else { return };
    if !memory.is_null() && size > 0 {
        // SAFETY: the caller gives null or what `rtav1_alloc` made with this layout.
        unsafe { dealloc(memory, layout) };
    }
}
