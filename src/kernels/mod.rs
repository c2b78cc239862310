//! Pixel and coefficient kernels: scalar twins, no loops over the picture.

pub(crate) mod cdef;
pub(crate) mod deblock;
