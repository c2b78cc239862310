//! The blocks of a tile: prediction and reconstruction, syntax and contexts, entropy coding, and the
//! threads that share them.

pub(crate) mod block;
pub(crate) mod block_decoded;
pub(crate) mod block_syntax;
pub(crate) mod bounds;
pub(crate) mod cdf;
pub(crate) mod coefficient_syntax;
pub(crate) mod context;
pub(crate) mod decider;
pub(crate) mod delta_q;
pub(crate) mod entropy;
pub(crate) mod executor;
pub(crate) mod inter;
pub(crate) mod inter_syntax;
pub(crate) mod intra;
pub(crate) mod local_warp;
pub(crate) mod mv_prediction;
mod mv_syntax;
pub(crate) mod overlap;
pub(crate) mod partition;
mod prediction;
pub(crate) mod quantizers;
pub(crate) mod reconstruct;
pub(crate) mod residual;
mod residual_syntax;
mod segment_syntax;
pub(crate) mod symbol;
pub(crate) mod threads;
pub(crate) mod tile_data;
mod tx_size_syntax;
pub(crate) mod wavefront;
