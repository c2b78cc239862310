//! Pixel and coefficient kernels: scalar twins, no loops over the picture.

pub(crate) mod lanes;
pub(crate) mod quantize;
pub(crate) mod sad;
pub(crate) mod satd;
pub(crate) mod transform;
