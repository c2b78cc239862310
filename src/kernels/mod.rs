//! Kernels on samples and coefficients: plain safe Rust in the shape of vectors, no loops over the
//! whole picture.

pub(crate) mod convolve;
pub(crate) mod intra;
//! Pixel and coefficient kernels: scalar twins, no loops over the picture.

pub(crate) mod quantize;
pub(crate) mod sad;
pub(crate) mod satd;
pub(crate) mod transform;
//! Pixel and coefficient kernels: scalar twins, no loops over the picture.

pub(crate) mod cdef;
pub(crate) mod deblock;
