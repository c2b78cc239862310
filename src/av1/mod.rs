//! The standard: everything a decoder must agree with, each function under its section number.

#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod block;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod block_syntax;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod cdf;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod coefficient_syntax;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod entropy;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod frame_params;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod inter_syntax;
pub(crate) mod block_decoded;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod inter;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod intra;
pub(crate) mod cdef;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod deblock;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod mode_info;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod motion_field;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod mv_prediction;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod symbol;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod tables;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod tile_context;
pub(crate) mod reconstruct;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod types;
