//! Whole pictures: what a frame refers to and leaves for later ones, and the filters over it.

pub(crate) mod cdef;
pub(crate) mod coder;
pub(crate) mod current;
pub(crate) mod deblock;
pub(crate) mod filters;
pub(crate) mod mode_info;
pub(crate) mod motion_field;
#[cfg(test)]
pub(crate) mod random_frame;
pub(crate) mod reference;
