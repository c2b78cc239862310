//! The native engine.

pub(crate) mod frame_coder;
