//! Real-time AV1 for calls over thin links: a low-delay encoder, a decoder and an RTP packetizer.

mod config;
mod error;
mod frame;
#[cfg(test)]
mod tests;

pub mod av1;
pub mod encoder;

pub use av1::obu::{LayerId, Obu, ObuHeader, ObuType, Obus, TemporalUnits};
pub use config::{ColorDescription, EncoderConfig, EngineKind, RateMode, Rational, Speed};
pub use encoder::{
    Capabilities, DropReason, DroppedFrame, EncodeOutcome, Engine, FrameOptions, TemporalUnit,
};
pub use error::{BitstreamError, ConfigError, EncodeError, FrameError};
pub use frame::{Frame, MAX_HEIGHT, MAX_WIDTH, MIN_SIZE, PictureBuffer, PixelFormat, Plane};
