//! Kernels on samples and coefficients, and arithmetic that is the same on every machine.
//!
//! A family is a folder: `mod.rs` has its contract and the doors, which take the instruction set
//! ([`isa`]); `scalar.rs` what every machine runs, `avx2.rs` and `neon.rs` the same for wider sets, `spec.rs`
//! the standard's own steps to test against. A family without `neon.rs` runs its plain loops there. Nothing of the rest of the library is known here, and nothing loops over
//! a whole picture.

pub(crate) mod cdef;
pub(crate) mod convolve;
pub(crate) mod deblock;
pub(crate) mod denoise;
pub(crate) mod intra;
pub(crate) mod isa;
pub(crate) mod logarithm;
pub(crate) mod overlap;
pub(crate) mod quantize;
pub(crate) mod sad;
pub(crate) mod satd;
pub(crate) mod scale;
pub(crate) mod simd;
pub(crate) mod transform;
pub(crate) mod view;
pub(crate) mod warp;

#[cfg(test)]
pub(crate) mod random;
