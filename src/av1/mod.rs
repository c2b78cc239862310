//! What the AV1 specification says: syntax and decoding process, without any choice of an encoder.
//!
//! Section numbers in this module are those of the *AV1 Bitstream & Decoding Process
//! Specification*, version 1.0.0 with errata 1.

pub mod obu;

pub(crate) mod block;
pub(crate) mod block_decoded;
pub(crate) mod block_syntax;
pub(crate) mod cdef;
pub(crate) mod cdf;
pub(crate) mod coefficient_syntax;
pub(crate) mod deblock;
pub(crate) mod entropy;
pub(crate) mod frame_params;
pub(crate) mod inter;
pub(crate) mod inter_syntax;
pub(crate) mod intra;
pub(crate) mod mode_info;
pub(crate) mod motion_field;
pub(crate) mod mv_prediction;
pub(crate) mod reconstruct;
pub(crate) mod reference;
pub(crate) mod symbol;
pub(crate) mod tables;
pub(crate) mod tile_context;
mod tx_size_syntax;
pub(crate) mod types;

#[cfg(test)]
pub(crate) mod random_frame;
