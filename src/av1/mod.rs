//! What the AV1 specification says: syntax and decoding process, without any choice of an encoder.
//!
//! Section numbers in this module are those of the *AV1 Bitstream & Decoding Process
//! Specification*, version 1.0.0 with errata 1.

pub mod obu;

#[allow(dead_code)]
pub(crate) mod block;
#[allow(dead_code)]
pub(crate) mod block_decoded;
#[allow(dead_code)]
pub(crate) mod block_syntax;
#[allow(dead_code)]
pub(crate) mod cdef;
#[allow(dead_code)]
pub(crate) mod cdf;
#[allow(dead_code)]
pub(crate) mod coefficient_syntax;
#[allow(dead_code)]
pub(crate) mod deblock;
#[allow(dead_code)]
pub(crate) mod entropy;
#[allow(dead_code)]
pub(crate) mod frame_params;
#[allow(dead_code)]
pub(crate) mod inter;
#[allow(dead_code)]
pub(crate) mod inter_syntax;
#[allow(dead_code)]
pub(crate) mod intra;
#[allow(dead_code)]
pub(crate) mod mode_info;
#[allow(dead_code)]
pub(crate) mod motion_field;
#[allow(dead_code)]
pub(crate) mod mv_prediction;
#[allow(dead_code)]
pub(crate) mod reconstruct;
#[allow(dead_code)]
pub(crate) mod reference;
#[allow(dead_code)]
pub(crate) mod symbol;
#[allow(dead_code)]
pub(crate) mod tables;
#[allow(dead_code)]
pub(crate) mod tile_context;
#[allow(dead_code)]
pub(crate) mod types;

#[cfg(test)]
pub(crate) mod random_frame;
