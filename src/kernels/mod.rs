//! Kernels on samples and coefficients, and arithmetic that is the same on every machine: plain safe
//! Rust in the shape of vectors, no loops over the whole picture.

pub(crate) mod cdef;
pub(crate) mod convolve;
pub(crate) mod deblock;
pub(crate) mod intra;
pub(crate) mod isa;
pub(crate) mod logarithm;
pub(crate) mod quantize;
pub(crate) mod sad;
pub(crate) mod satd;
pub(crate) mod simd;
pub(crate) mod transform;
pub(crate) mod view;

#[cfg(test)]
pub(crate) mod random;
