//! The standard: everything a decoder must agree with, each function under its section number.

#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod cdef;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod deblock;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod mode_info;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod types;

#[cfg(test)]
pub(crate) mod random_frame;
