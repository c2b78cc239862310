//! The native engine.

mod engine;
mod headers;
mod prepare;
mod recode;
mod smallest;
mod statistics;
pub(crate) mod stream;

pub(super) use engine::NativeEngine;
