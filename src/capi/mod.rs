//! The C interface: the nouns of the Rust interface as handles, structs and status codes.
//!
//! `rtav1.h` is generated from this module, and its opening comment says what holds for every
//! call. Here, each export checks its pointers, hands on to the Rust interface within
//! [`handle::call`] or [`handle::guard`], which let no panic out, and turns the result into a
//! status. Behind the pointers stand three kinds of memory:
//!
//! - structs and buffers of the caller, read or written during the call only;
//! - handles, made by `…_new` and taken back by `…_free`;
//! - results ([`owned`]), given to the caller and taken back by `…_free`, which do not depend on
//!   the handle they came from.

// C calls what is exported here, which Rust cannot see.
#![allow(unsafe_code, unreachable_pub)]

mod allocator;
mod status;

mod error;
mod handle;
mod memory;
mod owned;

mod encoder;
mod encoder_layers;
mod encoder_types;
mod encoder_values;
mod unit;

#[cfg(any(feature = "rav1d", feature = "dav1d"))]
mod decoder;

mod delivery;
mod depacketizer;
mod depacketizer_types;
mod descriptor;
mod packetizer;
mod receiver;
mod sdp;
mod structure;

#[cfg(test)]
mod tests;

use std::ffi::{CStr, c_char};

/// Version of the interface that this header describes. A program works with every library, as new
/// as its header or newer, whose `rtav1_abi_version` gives the same number.
pub const RTAV1_ABI_VERSION: u32 = 1;

/// Version of the interface that the library has, to be compared with `RTAV1_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn rtav1_abi_version() -> u32 {
    RTAV1_ABI_VERSION
}

/// Version of the library, such as "0.1.0"; the string is always valid.
#[unsafe(no_mangle)]
pub extern "C" fn rtav1_version() -> *const c_char {
    VERSION.as_ptr()
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no NUL"),
    };
