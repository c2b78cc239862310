//! What decoding fails of.

use thiserror::Error;

/// A temporal unit that cannot be decoded, or settings that a decoder cannot have.
///
/// After an error in a unit the decoder goes on at the next key frame.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The unit is damaged, is not AV1, or refers to pictures that the decoder does not have.
    #[error("unit of {len} bytes at tick {timestamp} is damaged or lacks its references")]
    Damaged {
        /// Timestamp of the unit.
        timestamp: u64,
        /// Bytes of the unit.
        len: usize,
    },
    /// The unit has no bytes, or zero bytes only.
    #[error("unit at tick {timestamp} is empty")]
    Empty {
        /// Timestamp of the unit.
        timestamp: u64,
    },
    /// The back end failed on its own account.
    #[error("decoder {backend} failed: {message}")]
    Backend {
        /// Name of the back end.
        backend: &'static str,
        /// What it reported.
        message: String,
    },
    /// The picture has more luma samples than the decoder's settings allow.
    #[error("picture at tick {timestamp} has more than {max_pixels} pixels")]
    FrameSize {
        /// Timestamp of the unit.
        timestamp: u64,
        /// The limit, in luma samples.
        max_pixels: u32,
    },
    /// The size limit is zero or above 2³⁰.
    #[error("a size limit of {0} pixels is outside 1 to 1073741824")]
    MaxPixels(u32),
    /// Memory ran out.
    #[error("no memory for the picture at tick {timestamp}")]
    Memory {
        /// Timestamp of the unit.
        timestamp: u64,
    },
    /// The operating point is above 31.
    #[error("operating point {0} is outside 0 to 31")]
    OperatingPoint(u8),
    /// The thread count is zero or above 64.
    #[error("{0} threads is outside 1 to 64")]
    Threads(usize),
    /// The unit uses a part of AV1 that the back end was built without.
    #[error("unit at tick {timestamp} is beyond this decoder")]
    Unsupported {
        /// Timestamp of the unit.
        timestamp: u64,
    },
}
