//! What goes into the encoder beside a frame, and what comes out.

use bytes::Bytes;

use crate::frame::PictureBuffer;
use crate::rate::{DropReason, QindexReason};

/// Requests for one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameOptions {
    /// Code this frame as a key frame.
    pub key_frame: bool,
    /// Code this frame with this base quantizer index (0 to 255) whatever the rate. Limits are kept
    /// all the same: a frame that would break one is coded with a greater index.
    pub qindex: Option<u8>,
}

impl FrameOptions {
    /// A request for a key frame.
    pub fn key_frame() -> Self {
        Self { key_frame: true, ..Self::default() }
    }
}

/// One coded frame: what a packetizer sends and a decoder takes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TemporalUnit {
    /// The OBUs in the low-overhead format (AV1 specification, 5.2), every one with its size
    /// field, led by a temporal delimiter.
    pub data: Bytes,
    /// The timestamp of the frame, in ticks of [`crate::EncoderConfig::timebase`].
    pub timestamp: u64,
    /// Whether decoding can start here.
    pub key_frame: bool,
    /// Temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// Base quantizer index of the frame, 0 to 255.
    pub qindex: u8,
    /// Coded width in luma samples.
    pub width: u32,
    /// Coded height in luma samples.
    pub height: u32,
    /// How the frame came about; `None` from an engine that cannot say.
    pub stats: Option<FrameStats>,
    /// The encoder's reconstruction, if [`crate::EncoderConfig::reconstruction`] asks for it.
    pub reconstruction: Option<PictureBuffer>,
}

/// What the bits of a frame were spent on; together they are those of the temporal unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameBits {
    /// Headers: all that is not inside a tile.
    pub headers: u32,
    /// Partitions, modes, references, predicted vectors, transform sizes, filters.
    pub modes: u32,
    /// Differences of motion vectors.
    pub motion: u32,
    /// Coefficients.
    pub coefficients: u32,
}

impl FrameBits {
    /// Their sum.
    pub fn total(&self) -> u32 {
        self.headers + self.modes + self.motion + self.coefficients
    }
}

/// How a frame came about.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FrameStats {
    /// Bits that were aimed at; `None` without a target rate.
    pub target_bits: Option<u32>,
    /// The most bits the frame could have had; `None` without a limit.
    pub max_bits: Option<u32>,
    /// Bits by what they were spent on.
    pub bits: FrameBits,
    /// What a link of exactly the target rate still has to carry when this frame has been handed to
    /// it, in ms; `None` without a target rate.
    pub delay_ms: Option<f32>,
    /// Mean quantizer index over the superblocks, 0 to 255.
    pub qindex_mean: f32,
    /// The least index of a row.
    pub qindex_min: u8,
    /// The greatest index of a row.
    pub qindex_max: u8,
    /// What decided the index.
    pub reason: QindexReason,
    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub skipped: f32,
    /// How often the frame was coded until it fitted, 1 and more.
    pub attempts: u8,
}

/// A frame that went in and will not come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedFrame {
    /// The timestamp of the frame, in ticks.
    pub timestamp: u64,
    /// Why it was not coded.
    pub reason: DropReason,
}

/// What came of one call to `Encoder::encode`.
///
/// Both fields are `None` while an engine with delay fills up.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EncodeOutcome {
    /// The coded frame; with an engine that has delay, an earlier one than went in.
    pub unit: Option<TemporalUnit>,
    /// The frame that was dropped.
    pub dropped: Option<DroppedFrame>,
}
