//! The native engine.

mod engine;
pub(crate) mod frame_coder;
mod headers;
mod level;
pub(crate) mod stream;
mod tile;
mod wavefront;

pub(super) use engine::NativeEngine;
