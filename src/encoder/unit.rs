//! What goes into the encoder beside a frame, and what comes out.

use std::time::Duration;

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

/// All coded frames of one picture: what a packetizer sends and a decoder takes (AV1 specification,
/// 7.5).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TemporalUnit {
    /// The OBUs in the low-overhead format (AV1 specification, 5.2), every one with its size
    /// field, led by a temporal delimiter.
    pub data: Bytes,
    /// The timestamp of the picture, in ticks of [`crate::EncoderConfig::timebase`].
    pub timestamp: u64,
    /// Whether decoding can start here.
    pub key_frame: bool,
    /// The frames in the order of their OBUs, one for each spatial layer; never empty. Streams of
    /// one layer have one.
    pub frames: Vec<CodedFrame>,
}

/// One frame of a temporal unit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CodedFrame {
    /// Number of the frame: 0 for the first that the encoder codes, 1 more for each one after it,
    /// key frames included. Frames that are dropped have none, so that a gap in what arrives is a
    /// loss.
    pub id: u64,
    /// The [`id`](Self::id)s of the frames that a decoder needs to have decoded before, ascending
    /// and each once: all that it refers to, those included whose distributions or motion it goes on
    /// from. None for a key frame.
    pub dependencies: Vec<u64>,
    /// Temporal layer, 0 to 2. After [`Encoder::set_scalability_mode`](super::Encoder::set_scalability_mode)
    /// OBU headers may tell of fewer layers, up to the next key frame.
    pub temporal_id: u8,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// The decode targets that the frame belongs to: bit k stands for the one of temporal layers 0 to k,
    /// of as many as the stream has now.
    pub decode_targets: u8,
    /// Whether a receiver that has taken this frame's layer and those below may take all layers from this
    /// frame on (AV1 specification, 6.7.5 `temporal_group_temporal_switching_up_point_flag`); never
    /// set in the highest of several layers.
    pub switch_point: bool,
    /// Whether the frame answers a loss: an inter frame that depends only on frames that the receiver has
    /// acknowledged ([`Encoder::lost`](super::Encoder::lost)). It starts the pattern of the layers
    /// anew.
    pub recovery: bool,
    /// Base quantizer index, 0 to 255 (AV1 specification, 6.8.2 `base_q_idx`).
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
    /// How long a link of exactly the target rate needs for what it still has to carry when this
    /// frame has been handed to it; `None` without a target rate.
    pub delay: Option<Duration>,
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

/// What came of one call to [`Encoder::encode`](super::Encoder::encode).
///
/// From an engine without delay
/// ([`Capabilities::delay_frames`](super::Capabilities::delay_frames) of 0) it is of the frame that
/// went in, and never [`Pending`](Self::Pending).
#[derive(Clone, Debug)]
pub enum EncodeOutcome {
    /// A frame was coded; with an engine that has delay, an earlier one than went in.
    Unit(TemporalUnit),
    /// A frame was dropped and will not come out.
    Dropped(DroppedFrame),
    /// The frame went in; an engine with delay needs more of them, or a flush, before one comes out.
    Pending,
}

impl EncodeOutcome {
    /// The coded unit.
    pub fn unit(&self) -> Option<&TemporalUnit> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Dropped(_) | Self::Pending => None,
        }
    }

    /// The coded unit, taken out.
    pub fn into_unit(self) -> Option<TemporalUnit> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Dropped(_) | Self::Pending => None,
        }
    }

    /// The frame that was dropped.
    pub fn dropped(&self) -> Option<DroppedFrame> {
        match *self {
            Self::Dropped(dropped) => Some(dropped),
            Self::Unit(_) | Self::Pending => None,
        }
    }

    /// Whether nothing came out yet.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }
}
