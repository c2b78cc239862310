//! A coded frame and how it came about.

use std::ptr;

use bytes::Bytes;

use super::owned::{View, give, release};
use crate::encoder::{CodedFrame, FrameStats, QindexReason, TemporalUnit};
use crate::frame::PictureBuffer;

/// Values of `Rtav1FrameStats.reason`: what decided a frame's quantizer.
#[repr(C)]
pub enum Rtav1QindexReason {
    /// The caller: a request for this frame, or a constant index.
    Asked = 0,
    /// The room that a key frame has on the link.
    KeyFrame = 1,
    /// The room that new content has on the link: after a cut, or when the light goes on.
    SceneCut = 2,
    /// The rate.
    Budget = 3,
    /// The rate, held back so that quality does not jump.
    Steadiness = 4,
    /// The delay that was left on the link.
    Delay = 5,
    /// What became of the frame at the index chosen first: it was too large for the link, or far too
    /// small.
    Corrected = 6,
    /// The least or the greatest index that the caller wants.
    Range = 7,
}

/// How a frame came about. The four numbers of bits together are those of the unit.
#[repr(C)]
pub struct Rtav1FrameStats {
    /// Bits that were aimed at; 0 without a target rate.
    pub target_bits: u32,
    /// The most bits the frame could have had; 0 without a limit.
    pub max_bits: u32,
    /// Bits of headers: all that is not inside a tile.
    pub header_bits: u32,
    /// Bits of partitions, modes, references, predicted vectors, transform sizes and filters.
    pub mode_bits: u32,
    /// Bits of differences of motion vectors.
    pub motion_bits: u32,
    /// Bits of coefficients.
    pub coefficient_bits: u32,
    /// What a link of exactly the target rate still has to carry when this frame has been handed to
    /// it, in ms, at least 0; negative without a target rate.
    pub delay_ms: f32,
    /// Mean quantizer index over the superblocks, 0 to 255.
    pub qindex_mean: f32,
    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub skipped: f32,
    /// An `Rtav1QindexReason`; later libraries may give others.
    pub reason: u32,
    /// How often the frame was coded until it fitted, 1 and more.
    pub attempts: u32,
    /// The least quantizer index of a row, 0 to 255.
    pub qindex_min: u8,
    /// The greatest quantizer index of a row, 0 to 255.
    pub qindex_max: u8,
}

/// One frame of a unit.
#[repr(C)]
pub struct Rtav1CodedFrame {
    /// Number of the frame: 0 for the first that the encoder codes, 1 more for each one after it,
    /// key frames included. Frames that are dropped have none.
    pub id: u64,
    /// The numbers of the frames that a decoder needs to have decoded before, ascending and each
    /// once.
    pub dependencies: *const u64,
    /// How many they are; 0 for a key frame.
    pub dependency_count: usize,
    /// Coded width in luma samples.
    pub width: u32,
    /// Coded height in luma samples.
    pub height: u32,
    /// Temporal layer, 0 to 2.
    pub temporal_id: u8,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// Base quantizer index of the frame, 0 to 255.
    pub qindex: u8,
    /// The decode targets that the frame belongs to: bit k stands for the one of temporal layers 0 to k.
    pub decode_targets: u8,
    /// Whether a receiver that has taken this layer and those below may take all layers from this frame
    /// on; never set in the highest of several layers.
    pub switch_point: bool,
    /// Whether the frame answers a loss: an inter frame that depends only on acknowledged frames.
    pub recovery: bool,
    /// Y, U and V of the encoder's reconstruction; null if the settings do not ask for it.
    pub reconstruction: [*const u8; 3],
    /// Bytes from row to row of each plane of the reconstruction.
    pub reconstruction_strides: [usize; 3],
    /// How the frame came about; null from an engine that cannot say.
    pub stats: *const Rtav1FrameStats,
}

/// All coded frames of one picture: what a packetizer and a decoder take. It is the caller's until
/// `rtav1_unit_free`, with all that its pointers lead to, and does not depend on the encoder.
#[repr(C)]
pub struct Rtav1Unit {
    /// OBUs in the low-overhead format, led by a temporal delimiter.
    pub data: *const u8,
    /// Bytes at `data`.
    pub len: usize,
    /// The timestamp of the picture.
    pub timestamp: u64,
    /// The frames in the order of their OBUs, one for each spatial layer.
    pub frames: *const *const Rtav1CodedFrame,
    /// How many they are, at least 1; streams of one layer have one.
    pub frame_count: usize,
    /// Whether decoding can start here.
    pub key_frame: bool,
}

/// Keeps what the pointers of a unit lead to.
pub struct UnitParts {
    _data: Bytes,
    frames: Vec<*const Rtav1CodedFrame>,
}

/// Keeps what the pointers of a frame lead to.
pub struct FrameParts {
    _dependencies: Vec<u64>,
    _reconstruction: Option<PictureBuffer>,
    stats: *const Rtav1FrameStats,
}

impl View for Rtav1FrameStats {
    type Owner = ();
}

impl View for Rtav1CodedFrame {
    type Owner = FrameParts;
}

impl View for Rtav1Unit {
    type Owner = UnitParts;
}

impl Drop for FrameParts {
    fn drop(&mut self) {
        // SAFETY: it is null or was given when the frame was made, and C sees a copy.
        unsafe { release(&raw mut self.stats) };
    }
}

impl Drop for UnitParts {
    fn drop(&mut self) {
        for frame in &mut self.frames {
            // SAFETY: it was given when the unit was made, and C sees it through the unit only.
            unsafe { release(frame) };
        }
    }
}

impl Rtav1Unit {
    pub(super) fn give(unit: TemporalUnit) -> *const Self {
        let TemporalUnit { data, timestamp, key_frame, frames } = unit;
        let frames: Vec<_> = frames.into_iter().map(Rtav1CodedFrame::give).collect();
        let view = Self {
            data: data.as_ptr(),
            len: data.len(),
            timestamp,
            frames: frames.as_ptr(),
            frame_count: frames.len(),
            key_frame,
        };
        give(view, UnitParts { _data: data, frames })
    }
}

impl Rtav1CodedFrame {
    fn give(frame: CodedFrame) -> *const Self {
        let CodedFrame { dependencies, reconstruction, .. } = frame;
        let planes = reconstruction.as_ref();
        let stats = frame.stats.map_or(ptr::null(), |stats| give(Rtav1FrameStats::from(stats), ()));
        let view = Self {
            id: frame.id,
            dependencies: dependencies.as_ptr(),
            dependency_count: dependencies.len(),
            width: frame.width,
            height: frame.height,
            temporal_id: frame.temporal_id,
            spatial_id: frame.spatial_id,
            qindex: frame.qindex,
            decode_targets: frame.decode_targets,
            switch_point: frame.switch_point,
            recovery: frame.recovery,
            reconstruction: [0, 1, 2]
                .map(|plane| planes.map_or(ptr::null(), |p| p.plane(plane).as_ptr())),
            reconstruction_strides: [0, 1, 2]
                .map(|plane| planes.map_or(0, |p| p.plane_width(plane))),
            stats,
        };
        let parts =
            FrameParts { _dependencies: dependencies, _reconstruction: reconstruction, stats };
        give(view, parts)
    }
}

impl From<FrameStats> for Rtav1FrameStats {
    fn from(stats: FrameStats) -> Self {
        Self {
            target_bits: stats.target_bits.unwrap_or(0),
            max_bits: stats.max_bits.unwrap_or(0),
            header_bits: stats.bits.headers,
            mode_bits: stats.bits.modes,
            motion_bits: stats.bits.motion,
            coefficient_bits: stats.bits.coefficients,
            delay_ms: stats.delay.map_or(-1.0, |delay| (1000.0 * delay.as_secs_f64()) as f32),
            qindex_mean: stats.qindex_mean,
            skipped: stats.skipped,
            reason: Rtav1QindexReason::from(stats.reason) as u32,
            attempts: u32::from(stats.attempts),
            qindex_min: stats.qindex_min,
            qindex_max: stats.qindex_max,
        }
    }
}

impl From<QindexReason> for Rtav1QindexReason {
    fn from(reason: QindexReason) -> Self {
        match reason {
            QindexReason::Asked => Self::Asked,
            QindexReason::KeyFrame => Self::KeyFrame,
            QindexReason::SceneCut => Self::SceneCut,
            QindexReason::Budget => Self::Budget,
            QindexReason::Steadiness => Self::Steadiness,
            QindexReason::Delay => Self::Delay,
            QindexReason::Corrected => Self::Corrected,
            QindexReason::Range => Self::Range,
        }
    }
}
