//! The native engine.

pub(crate) mod frame_coder;
pub(crate) mod stream;
