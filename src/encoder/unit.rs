//! What goes into the encoder beside a frame, and what comes out.

use bytes::Bytes;

use crate::frame::PictureBuffer;

/// Requests for one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameOptions {
    /// Code this frame as a key frame.
    pub key_frame: bool,
    /// Code this frame with this base quantizer index (0 to 255) whatever the rate.
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
    /// The encoder's reconstruction, if [`crate::EncoderConfig::reconstruction`] asks for it.
    pub reconstruction: Option<PictureBuffer>,
}

/// Why a frame was not coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The link still owes the bits of earlier frames.
    LinkFull,
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
