#![doc = include_str!("../README.md")]
#![cfg_attr(
    all(test, not(any(feature = "rav1d", feature = "dav1d"))),
    allow(dead_code, reason = "tests that decode are left out, and what only they use is not")
)]

// Tests share the examples' readers, which know the library by its name.
#[cfg(test)]
extern crate self as rtav1;

#[cfg(feature = "capi")]
mod capi;
mod config;
mod denoise;
mod frame;
mod kernels;
mod layers;
mod pool;
mod rate;
mod search;

pub mod av1;
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
pub mod decoder;
pub mod encoder;
pub mod rtp;
pub mod synthetic;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod tests;

pub use av1::obu::{
    AnnexBUnits, BitstreamError, DecoderState, FrameHeader, FrameInfo, FrameType, LayerId, Obu,
    ObuHeader, ObuType, Obus, SequenceHeader, StreamInspector, TemporalUnitInfo, TemporalUnits,
};
pub use config::{
    AcknowledgedPrediction, ColorDescription, ConfigError, EncoderConfig, EngineKind, LayerShares,
    RateMode, Rates, Rational, ScalabilityMode, Speed, Tune, WireOverhead,
};
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
pub use decoder::{ChromaSamplePosition, DecodeError, Decoder, DecoderConfig, Picture};
pub use encoder::{
    Capabilities, CodedFrame, DropReason, DroppedFrame, EncodeError, EncodeOutcome, Encoder,
    FrameBits, FrameOptions, FrameStats, QindexReason, TemporalUnit,
};
pub use frame::{
    ChromaLayout, Frame, FrameError, MAX_HEIGHT, MAX_WIDTH, MIN_SIZE, PictureBuffer, PixelFormat,
    Plane,
};
pub use rtp::RtpError;
