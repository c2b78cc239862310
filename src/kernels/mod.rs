//! Kernels on samples and coefficients: plain safe Rust in the shape of vectors, no loops over the
//! whole picture.

pub(crate) mod convolve;
pub(crate) mod intra;
#[cfg(test)]
pub(crate) mod random;
