//! What cannot be encoded.

use thiserror::Error;

use crate::config::ConfigError;

/// A frame or a request that the encoder refused; the encoder's state is as before the call.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The engine failed on its own account.
    #[error("engine {engine} failed: {message}")]
    Engine {
        /// Name of the engine.
        engine: &'static str,
        /// What it reported.
        message: String,
    },
    /// The encoder was flushed and takes no more frames.
    #[error("the encoder was flushed; frame at tick {0} refused")]
    Flushed(u64),
    /// A setting changed at run time is out of range or beyond the engine.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// The frame's size is not the encoder's.
    #[error("frame is {width}x{height}, encoder is {expected_width}x{expected_height}")]
    Size {
        /// Width of the frame.
        width: u32,
        /// Height of the frame.
        height: u32,
        /// Width of the encoder.
        expected_width: u32,
        /// Height of the encoder.
        expected_height: u32,
    },
    /// The timestamp does not come after the last one.
    #[error("timestamp {timestamp} does not follow {last}")]
    Timestamp {
        /// The frame's timestamp, in ticks.
        timestamp: u64,
        /// The timestamp before it.
        last: u64,
    },
}
