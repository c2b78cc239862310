//! The standard: everything a decoder must agree with, each function under its section number.

#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod block_decoded;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod cdf;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod entropy;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod inter;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod intra;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod mode_info;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod tables;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod types;
