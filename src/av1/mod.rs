//! The standard: everything a decoder must agree with, each function under its section number.

#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod mode_info;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod reconstruct;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod types;
