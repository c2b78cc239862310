//! What the AV1 specification says: syntax and decoding process, without any choice of an encoder.
//!
//! Section numbers in this module are those of the *AV1 Bitstream & Decoding Process
//! Specification*, version 1.0.0 with errata 1.

pub mod obu;

// The parts that only the native engine uses, which is under construction: until its search decides
// with all of them, some have no user but the tests.
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod block;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod block_decoded;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod block_syntax;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod cdef;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod cdf;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod coefficient_syntax;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod deblock;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod entropy;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod frame_params;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod inter;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod inter_syntax;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod intra;
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
pub(crate) mod reconstruct;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod reference;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod symbol;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod tables;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod tile_context;
#[cfg(any(test, feature = "native"))]
#[allow(dead_code)]
pub(crate) mod types;

#[cfg(test)]
pub(crate) mod random_frame;
