//! The structs of the encoder, and their Rust counterparts.

use std::mem::offset_of;
use std::ptr;
use std::time::Duration;

use super::encoder_values::{
    Rtav1DropReason, Rtav1Engine, Rtav1OutcomeKind, Rtav1PixelFormat, Rtav1RateMode,
    acknowledged_prediction, layer_shares, layer_shares_value, prediction_value, scalability_mode,
    scalability_mode_value, tune, tune_value,
};
use super::error::Failure;
use super::memory::{CallerStruct, byte, items};
use super::unit::Rtav1Unit;
use crate::config::{
    ColorDescription, EncoderConfig, EngineKind, RateMode, Rational, Speed, WireOverhead,
};
use crate::encoder::{Capabilities, DropReason, EncodeOutcome, FrameOptions};
use crate::frame::{Frame, Plane};

/// Settings of an encoder, to be filled by `rtav1_encoder_config_default` and then changed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1EncoderConfig {
    /// `sizeof(Rtav1EncoderConfig)`.
    pub struct_size: usize,
    /// Width in luma samples, 16 to 8192.
    pub width: u32,
    /// Height in luma samples, 16 to 4320.
    pub height: u32,
    /// Length of a timestamp's tick in seconds: numerator. 1/90000 by default.
    pub timebase_num: u32,
    /// Length of a timestamp's tick in seconds: denominator.
    pub timebase_den: u32,
    /// Nominal frames a second, 1/10 to 240: numerator. 30/1 by default.
    pub frame_rate_num: u32,
    /// Nominal frames a second: denominator.
    pub frame_rate_den: u32,
    /// An `Rtav1RateMode`, by default a bitrate.
    pub rate_mode: u32,
    /// Bit/s of coded OBUs and of what the network adds (`packet_overhead`), 1000 to 100000000, or 0
    /// to drop all frames until there is a rate, with `RTAV1_RATE_MODE_BITRATE`.
    pub bitrate: u32,
    /// Frames from one key frame to the next at most; 0, the default: key frames on request only.
    pub key_interval: u32,
    /// An `Rtav1Engine`.
    pub engine: u32,
    /// Threads the encoder may use, the caller's included, 1 to 64. 1 by default.
    pub threads: u32,
    /// Base quantizer index, 0 to 255, with `RTAV1_RATE_MODE_CONSTANT_QINDEX`.
    pub qindex: u32,
    /// 0, the slowest and smallest, to 10, the fastest, or RTAV1_SPEED_AUTO, the default.
    pub speed: u32,
    /// Nonzero: each unit comes with the encoder's own reconstruction.
    pub reconstruction: u32,
    /// color_primaries of ITU-T H.273; 2, the default, is unspecified.
    pub color_primaries: u32,
    /// transfer_characteristics of ITU-T H.273; 2, the default, is unspecified.
    pub transfer_characteristics: u32,
    /// matrix_coefficients of ITU-T H.273; 2, the default, is unspecified.
    pub matrix_coefficients: u32,
    /// Nonzero: samples use all of 0 to 255 rather than 16 to 235.
    pub full_range: u32,
    /// The most delay that frames may cause on a link of exactly the bitrate, in ms, 50 to 1000;
    /// 200 by default. After every frame the bits that such a link has not yet carried are no more
    /// than it carries in this time; a frame that cannot be made small enough is dropped.
    pub max_delay: u32,
    /// The most bytes of a unit, 64 or more; 0, the default: no limit but `max_delay`. A constant
    /// quantizer index is raised where it would break it.
    pub max_frame_bytes: u32,
    /// Bytes that every packet carries beside its payload, 0 to 1000: for RTP over UDP and IPv4 at
    /// least 40. 0, the default: bitrate and delay count the bytes of units alone.
    pub packet_overhead: u32,
    /// The most bytes of payload in a packet, 100 to 65535: the packetizer's `max_payload`. 1200 by
    /// default.
    pub max_payload: u32,
    /// Nonzero: while the quantizer index stays above 205, and until it has been below 145 for a while,
    /// frames are left out, down to 7 a second (10 above 320x240, 15 above 480x270 luma samples).
    pub adaptive_frame_rate: u32,
    /// The finest quantizer index that the bitrate may choose, 1 to `max_qindex`; 1 by default. An
    /// index of `Rtav1FrameOptions` is not bound by it.
    pub min_qindex: u32,
    /// The coarsest quantizer index that the bitrate may choose for its own sake, up to 255, the
    /// default. `max_delay` and `max_frame_bytes` win: a frame that would break one is coded coarser.
    pub max_qindex: u32,
    /// Tile columns: a power of two up to 64, each 64 to 4096 luma samples wide, in whole superblocks,
    /// so that there may be fewer. 0, the default: as many as are 512 wide, one below a width of 1920.
    pub tile_columns: u32,
    /// An `Rtav1ScalabilityMode`.
    pub scalability_mode: u32,
    /// An `Rtav1AcknowledgedPrediction`.
    pub acknowledged_prediction: u32,
    /// What each temporal layer gets of the bitrate, lowest first, in percent that add up to 100, zeros
    /// behind those of the mode's layers; zeros only, the default: what makes the whole stream look best.
    /// With shares `max_delay` holds for the frames of the lower layers, too, on a link of their share. With
    /// a mode of another number of layers they mean nothing.
    pub layer_shares: [u32; 3],
    /// Frames of a sweep of rolling intra refresh, 2 to 1000: pictures are exact from the last frame of the
    /// first sweep that begins after a loss, for a decoder that goes on decoding, without feedback or key
    /// frames. 0, the default: no sweeps.
    pub intra_refresh: u32,
    /// Nonzero: the noise of a camera's sensor is taken off pictures before they are coded. What stands still is
    /// blended with the pictures before it as far as noise explains that they differ; what moves or changes
    /// stays as it is.
    pub denoise: u32,
    /// An `Rtav1Tune`.
    pub tune: u32,
}

/// A picture to be coded. The samples stay the caller's and are not used after the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1Frame {
    /// `sizeof(Rtav1Frame)`.
    pub struct_size: usize,
    /// The first sample of each plane.
    pub planes: [*const u8; 3],
    /// Bytes that may be read at each plane; the last row may end without its padding.
    pub lengths: [usize; 3],
    /// Bytes from the start of a row to the start of the next, of each plane. Zero in the first: the
    /// picture is in one piece, all planes one after the other at `planes[0]` without padding, and
    /// `lengths[0]` is exactly width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2).
    pub strides: [usize; 3],
    /// Time in ticks of the encoder's time base, above that of the frame before.
    pub timestamp: u64,
    /// Width in luma samples.
    pub width: u32,
    /// Height in luma samples.
    pub height: u32,
    /// An `Rtav1PixelFormat`.
    pub format: u32,
}

/// Requests for one frame; zero in all fields but the first asks for nothing.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1FrameOptions {
    /// `sizeof(Rtav1FrameOptions)`.
    pub struct_size: usize,
    /// Nonzero: code this frame as a key frame.
    pub key_frame: u32,
    /// Nonzero: code this frame with the base quantizer index `qindex` whatever the rate; a greater
    /// one where it would break a limit.
    pub has_qindex: u32,
    /// 0 to 255.
    pub qindex: u32,
}

/// What came of one call to `rtav1_encoder_encode`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1EncodeOutcome {
    /// `sizeof(Rtav1EncodeOutcome)`.
    pub struct_size: usize,
    /// The coded unit or null, of an engine with delay an earlier one than went in. What stood here
    /// before the call is overwritten, not freed.
    pub unit: *const Rtav1Unit,
    /// Timestamp of the frame that was dropped.
    pub dropped_timestamp: u64,
    /// An `Rtav1OutcomeKind`.
    pub kind: u32,
    /// An `Rtav1DropReason`: `RTAV1_DROP_REASON_NONE` unless a frame was dropped.
    pub drop_reason: u32,
}

/// What an engine can do; a call beyond it fails with `RTAV1_STATUS_CONFIG_UNSUPPORTED`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1Capabilities {
    /// `sizeof(Rtav1Capabilities)`.
    pub struct_size: usize,
    /// Frames that go in before the first unit comes out; 0 is one in, one out.
    pub delay_frames: u32,
    /// The most threads it makes use of.
    pub max_threads: u32,
    /// Nonzero: bitrate, nominal frame rate and the range of the quantizer index can change on any
    /// frame.
    pub live_rates: u32,
    /// Nonzero: the size can change on any frame, which becomes a key frame.
    pub live_size: u32,
    /// Nonzero: the speed can change on any frame.
    pub live_speed: u32,
    /// Nonzero: a quantizer index can be given for a single frame.
    pub frame_qindex: u32,
    /// Nonzero: a key frame can be asked for on any frame.
    pub key_on_request: u32,
    /// Nonzero: the reconstruction can be had.
    pub reconstruction: u32,
    /// Nonzero: delay and size of frames are bounded, and what the network adds is counted; the
    /// settings from `max_delay` to `max_qindex` are served.
    pub bounded_delay: u32,
    /// The most temporal layers it has; they can change on any frame.
    pub temporal_layers: u32,
    /// Nonzero: it takes what the receiver tells of frames.
    pub feedback: u32,
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1EncoderConfig {
    const NAME: &'static str = "Rtav1EncoderConfig";
    const EARLIER_SIZES: &'static [usize] = &[offset_of!(Self, max_delay)];

    fn unstated() -> Self {
        Self::new(0, 0, 0)
    }
}

// SAFETY: repr(C), `struct_size` first, integers and pointers.
unsafe impl CallerStruct for Rtav1Frame {
    const NAME: &'static str = "Rtav1Frame";
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1FrameOptions {
    const NAME: &'static str = "Rtav1FrameOptions";
}

// SAFETY: repr(C), `struct_size` first, integers and a pointer.
unsafe impl CallerStruct for Rtav1EncodeOutcome {
    const NAME: &'static str = "Rtav1EncodeOutcome";
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1Capabilities {
    const NAME: &'static str = "Rtav1Capabilities";
    const EARLIER_SIZES: &'static [usize] = &[offset_of!(Self, bounded_delay)];
}

impl Rtav1EncoderConfig {
    pub(super) fn new(width: u32, height: u32, bitrate: u32) -> Self {
        Self::of(&EncoderConfig::new(width, height, bitrate))
    }

    /// The settings as C has them.
    pub(super) fn of(settings: &EncoderConfig) -> Self {
        let EncoderConfig { timebase, frame_rate, color, wire, .. } = settings;
        let (rate_mode, bitrate, qindex) = match settings.rate {
            RateMode::Bitrate(bitrate) => (BITRATE, bitrate, 0),
            RateMode::ConstantQindex(qindex) => (CONSTANT_QINDEX, 0, u32::from(qindex)),
        };
        Self {
            struct_size: size_of::<Self>(),
            width: settings.width,
            height: settings.height,
            timebase_num: timebase.num,
            timebase_den: timebase.den,
            frame_rate_num: frame_rate.num,
            frame_rate_den: frame_rate.den,
            rate_mode,
            bitrate,
            key_interval: settings.key_interval.unwrap_or(0),
            engine: match settings.engine {
                EngineKind::Native => NATIVE,
                EngineKind::Rav1e => RAV1E,
            },
            threads: u32::try_from(settings.threads).unwrap_or(u32::MAX),
            qindex,
            speed: settings.speed.level().map_or(RTAV1_SPEED_AUTO, u32::from),
            reconstruction: u32::from(settings.reconstruction),
            color_primaries: u32::from(color.primaries),
            transfer_characteristics: u32::from(color.transfer),
            matrix_coefficients: u32::from(color.matrix),
            full_range: u32::from(color.full_range),
            max_delay: u32::try_from(settings.max_delay.as_millis()).unwrap_or(u32::MAX),
            max_frame_bytes: settings.max_frame_bytes.unwrap_or(0),
            packet_overhead: wire.packet_overhead,
            max_payload: wire.max_payload,
            adaptive_frame_rate: u32::from(settings.adaptive_frame_rate),
            min_qindex: u32::from(settings.min_qindex),
            max_qindex: u32::from(settings.max_qindex),
            tile_columns: settings.tile_columns.unwrap_or(0),
            scalability_mode: scalability_mode_value(settings.scalability_mode),
            acknowledged_prediction: prediction_value(settings.acknowledged_prediction),
            layer_shares: layer_shares_value(settings.layer_shares),
            intra_refresh: settings.intra_refresh.unwrap_or(0),
            denoise: u32::from(settings.denoise),
            tune: tune_value(settings.tune),
        }
    }

    /// The settings as the Rust interface has them.
    pub(super) fn to_settings(self) -> Result<EncoderConfig, Failure> {
        let mut settings = EncoderConfig::new(self.width, self.height, self.bitrate);
        settings.timebase = Rational::new(self.timebase_num, self.timebase_den);
        settings.frame_rate = Rational::new(self.frame_rate_num, self.frame_rate_den);
        settings.rate = match self.rate_mode {
            BITRATE => RateMode::Bitrate(self.bitrate),
            CONSTANT_QINDEX => RateMode::ConstantQindex(byte("qindex", self.qindex)?),
            value => return Err(Failure::UnknownValue { field: "rate_mode", value }),
        };
        settings.engine = match self.engine {
            NATIVE => EngineKind::Native,
            RAV1E => EngineKind::Rav1e,
            value => return Err(Failure::UnknownValue { field: "engine", value }),
        };
        settings.key_interval = (self.key_interval > 0).then_some(self.key_interval);
        settings.threads = self.threads as usize;
        settings.tile_columns = (self.tile_columns > 0).then_some(self.tile_columns);
        settings.speed = speed(self.speed)?;
        settings.reconstruction = self.reconstruction != 0;
        settings.color = ColorDescription::new(
            byte("color_primaries", self.color_primaries)?,
            byte("transfer_characteristics", self.transfer_characteristics)?,
            byte("matrix_coefficients", self.matrix_coefficients)?,
        );
        settings.color.full_range = self.full_range != 0;
        settings.min_qindex = byte("min_qindex", self.min_qindex)?;
        settings.max_qindex = byte("max_qindex", self.max_qindex)?;
        settings.max_delay = Duration::from_millis(u64::from(self.max_delay));
        settings.max_frame_bytes = most_bytes(self.max_frame_bytes);
        let Self { packet_overhead, max_payload, .. } = self;
        settings.wire = WireOverhead::new(packet_overhead, max_payload);
        settings.scalability_mode = scalability_mode(self.scalability_mode)?;
        settings.acknowledged_prediction = acknowledged_prediction(self.acknowledged_prediction)?;
        settings.layer_shares = layer_shares(self.layer_shares)?;
        settings.intra_refresh = (self.intra_refresh > 0).then_some(self.intra_refresh);
        settings.adaptive_frame_rate = self.adaptive_frame_rate != 0;
        settings.denoise = self.denoise != 0;
        settings.tune = tune(self.tune)?;
        Ok(settings)
    }
}

impl Rtav1Frame {
    /// The frame as a view of the caller's planes.
    ///
    /// # Safety
    /// Unless null, the planes that the format has lead to as many readable bytes as `lengths`
    /// says, which nobody writes for the lifetime of the view.
    pub(super) unsafe fn view<'a>(&self) -> Result<Frame<'a>, Failure> {
        let plane = |index: usize| {
            let (pointer, len) = (self.planes[index], self.lengths[index]);
            // SAFETY: as for this function.
            let data = unsafe { items(pointer, len, PLANE_NAMES[index]) }?;
            Ok::<_, Failure>(Plane::new(data, self.strides[index]))
        };
        let Self { width, height, timestamp, .. } = *self;
        let in_one_piece = self.strides[0] == 0;
        match self.format {
            I420 if in_one_piece => Ok(Frame::i420(plane(0)?.data, width, height, timestamp)?),
            NV12 if in_one_piece => Ok(Frame::nv12(plane(0)?.data, width, height, timestamp)?),
            I420 => {
                let planes = [plane(0)?, plane(1)?, plane(2)?];
                Ok(Frame::i420_planes(planes, width, height, timestamp)?)
            }
            NV12 => Ok(Frame::nv12_planes([plane(0)?, plane(1)?], width, height, timestamp)?),
            value => Err(Failure::UnknownValue { field: "format", value }),
        }
    }
}

impl Rtav1FrameOptions {
    /// The requests as the Rust interface has them.
    pub(super) fn to_requests(self) -> Result<FrameOptions, Failure> {
        let qindex = match self.has_qindex {
            0 => None,
            _ => Some(byte("qindex", self.qindex)?),
        };
        Ok(FrameOptions { key_frame: self.key_frame != 0, qindex })
    }
}

impl Rtav1EncodeOutcome {
    pub(super) fn empty() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            unit: ptr::null(),
            dropped_timestamp: 0,
            kind: Rtav1OutcomeKind::Pending as u32,
            drop_reason: Rtav1DropReason::None as u32,
        }
    }

    pub(super) fn give(outcome: EncodeOutcome) -> Self {
        let mut given = Self::empty();
        match outcome {
            EncodeOutcome::Unit(unit) => {
                given.kind = Rtav1OutcomeKind::Unit as u32;
                given.unit = Rtav1Unit::give(unit);
            }
            EncodeOutcome::Dropped(dropped) => {
                given.kind = Rtav1OutcomeKind::Dropped as u32;
                given.dropped_timestamp = dropped.timestamp;
                given.drop_reason = match dropped.reason {
                    DropReason::LinkFull => Rtav1DropReason::LinkFull as u32,
                    DropReason::Ceiling => Rtav1DropReason::Ceiling as u32,
                    DropReason::FrameRate => Rtav1DropReason::FrameRate as u32,
                    DropReason::Paused => Rtav1DropReason::Paused as u32,
                };
            }
            EncodeOutcome::Pending => {}
        }
        given
    }
}

impl From<Capabilities> for Rtav1Capabilities {
    fn from(capabilities: Capabilities) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            delay_frames: capabilities.delay_frames,
            max_threads: u32::try_from(capabilities.max_threads).unwrap_or(u32::MAX),
            live_rates: u32::from(capabilities.live_rates),
            live_size: u32::from(capabilities.live_size),
            live_speed: u32::from(capabilities.live_speed),
            frame_qindex: u32::from(capabilities.frame_qindex),
            key_on_request: u32::from(capabilities.key_on_request),
            reconstruction: u32::from(capabilities.reconstruction),
            bounded_delay: u32::from(capabilities.bounded_delay),
            temporal_layers: u32::from(capabilities.temporal_layers),
            feedback: u32::from(capabilities.feedback),
        }
    }
}

/// The encoder chooses the speed, by the size and rate of the pictures and by the times of
/// rtav1_encoder_report_encode_time.
pub const RTAV1_SPEED_AUTO: u32 = 255;

/// A speed, in range.
pub(super) fn speed(level: u32) -> Result<Speed, Failure> {
    if level == RTAV1_SPEED_AUTO {
        return Ok(Speed::AUTO);
    }
    Ok(Speed::new(byte("speed", level)?)?)
}

/// A ceiling of a frame in bytes; 0 is none.
pub(super) fn most_bytes(most: u32) -> Option<u32> {
    (most > 0).then_some(most)
}

const BITRATE: u32 = Rtav1RateMode::Bitrate as u32;
const CONSTANT_QINDEX: u32 = Rtav1RateMode::ConstantQindex as u32;
const NATIVE: u32 = Rtav1Engine::Native as u32;
const RAV1E: u32 = Rtav1Engine::Rav1e as u32;
const I420: u32 = Rtav1PixelFormat::I420 as u32;
const NV12: u32 = Rtav1PixelFormat::Nv12 as u32;
const PLANE_NAMES: [&str; 3] = ["planes[0]", "planes[1]", "planes[2]"];
