//! The native engine.

mod engine;
mod headers;
pub(crate) mod stream;

pub(super) use engine::NativeEngine;
