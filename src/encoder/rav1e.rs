//! The rav1e engine: everything but key frames is fixed at the start, and frames come out
//! [`DELAY_FRAMES`] calls after they went in.

use std::collections::VecDeque;
use std::sync::Arc;

use ::rav1e::color::{
    ColorDescription, ColorPrimaries, MatrixCoefficients, PixelRange, TransferCharacteristics,
};
use ::rav1e::config::SpeedSettings;
use ::rav1e::data::{FrameParameters, FrameType, Packet};
use ::rav1e::prelude::{FrameTypeOverride, SceneDetectionSpeed, SegmentationLevel, Tune};
use ::rav1e::{Config, Context, EncoderConfig as Rav1eConfig, EncoderStatus};
use bytes::Bytes;

use super::engine::{Capabilities, Engine, unsupported};
use super::error::EncodeError;
use super::unit::{CodedFrame, EncodeOutcome, FrameOptions, TemporalUnit};
use crate::av1::obu::{FrameInfo, SequenceHeader, StreamInspector};
use crate::config::{self, ConfigError, EngineKind, RateMode, Rational, Settings};
use crate::frame::{Frame, PictureBuffer};
use crate::layers::FrameIds;

/// rav1e behind its public API.
pub(super) struct Rav1e {
    context: Context<u8>,
    /// Timestamps of the frames inside; without reordering they come out in order.
    timestamps: VecDeque<u64>,
    /// Reads the headers that rav1e wrote, for what it does not tell.
    inspector: StreamInspector,
    ids: FrameIds,
    width: u32,
    height: u32,
    tiles: usize,
    reconstruction: bool,
}

impl Rav1e {
    pub(super) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let config = Config::new()
            .with_encoder_config(encoder_config(settings)?)
            .with_threads(settings.threads);
        let invalid = |error| unsupported(NAME, "configuration", error);
        let context = config.new_context().map_err(invalid)?;
        let tiles = config.tiling_info().map_err(invalid)?.tile_count();
        Ok(Self {
            context,
            timestamps: VecDeque::new(),
            inspector: StreamInspector::new(),
            ids: FrameIds::default(),
            width: settings.width,
            height: settings.height,
            tiles,
            reconstruction: settings.reconstruction,
        })
    }

    /// The next coded frame, if rav1e has enough frames to code one.
    fn receive(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        loop {
            match self.context.receive_packet() {
                Ok(packet) => return self.unit(packet).map(Some),
                Err(EncoderStatus::Encoded) => {}
                Err(EncoderStatus::NeedMoreData | EncoderStatus::LimitReached) => return Ok(None),
                Err(status) => return Err(failure(status)),
            }
        }
    }

    fn unit(&mut self, packet: Packet<u8>) -> Result<TemporalUnit, EncodeError> {
        let timestamp =
            self.timestamps.pop_front().ok_or_else(|| failure("a packet without a frame"))?;
        let reconstruction = match &packet.rec {
            Some(picture) if self.reconstruction => Some(self.reconstruction_of(picture)?),
            _ => None,
        };
        let info = self.inspector.inspect(&packet.data).map_err(failure)?;
        let mut frames: Vec<_> = info.frames.iter().map(|frame| self.coded_frame(frame)).collect();
        let shown = frames.last_mut().ok_or_else(|| failure("a packet without a frame header"))?;
        shown.reconstruction = reconstruction;
        Ok(TemporalUnit {
            data: Bytes::from(packet.data),
            timestamp,
            key_frame: packet.frame_type == FrameType::KEY,
            frames,
        })
    }

    fn coded_frame(&mut self, frame: &FrameInfo) -> CodedFrame {
        let (id, dependencies) = self.ids.coded(frame.slots_read(), frame.refresh_frame_flags);
        CodedFrame {
            id,
            dependencies,
            temporal_id: frame.layer.temporal_id,
            decode_targets: 1,
            switch_point: true,
            recovery: false,
            spatial_id: frame.layer.spatial_id,
            qindex: frame.base_q_idx,
            width: frame.width,
            height: frame.height,
            stats: None,
            reconstruction: None,
        }
    }

    fn reconstruction_of(
        &self,
        picture: &::rav1e::Frame<u8>,
    ) -> Result<PictureBuffer, EncodeError> {
        let mut buffer = PictureBuffer::new(self.width, self.height).map_err(failure)?;
        for (index, plane) in picture.planes.iter().enumerate() {
            let width = buffer.plane_width(index);
            let rows = plane.data_origin().chunks(plane.cfg.stride);
            for (to, from) in buffer.plane_mut(index).chunks_exact_mut(width).zip(rows) {
                to.copy_from_slice(&from[..width]);
            }
        }
        Ok(buffer)
    }
}

impl Engine for Rav1e {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            delay_frames: DELAY_FRAMES,
            live_rates: false,
            live_size: false,
            live_speed: false,
            frame_qindex: false,
            key_on_request: true,
            reconstruction: true,
            bounded_delay: false,
            temporal_layers: 1,
            feedback: false,
            max_threads: self.tiles,
        }
    }

    fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError> {
        let mut picture = self.context.new_frame();
        for (index, plane) in picture.planes.iter_mut().enumerate() {
            let stride = plane.cfg.stride;
            frame.copy_i420_plane(index, plane.data_origin_mut(), stride);
        }
        let frame_type_override =
            if options.key_frame { FrameTypeOverride::Key } else { FrameTypeOverride::No };
        let parameters = FrameParameters { frame_type_override, ..FrameParameters::default() };
        self.context.send_frame((picture, parameters)).map_err(failure)?;
        self.timestamps.push_back(frame.timestamp());
        Ok(self.receive()?.map_or(EncodeOutcome::Pending, EncodeOutcome::Unit))
    }

    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        self.context.flush();
        self.receive()
    }

    /// rav1e keeps it to itself until there is a coded frame.
    fn sequence_header(&self) -> Result<&SequenceHeader, ConfigError> {
        let header = self.inspector.state().sequence_header();
        header
            .map(Arc::as_ref)
            .ok_or_else(|| unsupported(NAME, "sequence header", "before the first unit"))
    }
}

/// rav1e's settings for a low-delay stream at the speed asked for.
fn encoder_config(settings: &Settings) -> Result<Rav1eConfig, ConfigError> {
    let mut config = Rav1eConfig {
        width: settings.width as usize,
        height: settings.height as usize,
        time_base: frame_interval(settings.frame_rate)?,
        pixel_range: match settings.color.full_range {
            true => PixelRange::Full,
            false => PixelRange::Limited,
        },
        color_description: color_description(settings.color)?,
        low_latency: true,
        tune: Tune::Psnr,
        tiles: tiles(settings.width, settings.height),
        speed_settings: speed_settings(settings.first_level()),
        ..Rav1eConfig::default()
    };
    match settings.rate {
        // rav1e's word for a constant quantizer.
        RateMode::Bitrate(0) => return Err(unsupported(NAME, "bitrate", 0)),
        RateMode::Bitrate(bitrate) => {
            config.bitrate =
                i32::try_from(bitrate).map_err(|_| unsupported(NAME, "bitrate", bitrate))?;
            // In this mode the greatest index allowed; the default would break the rate.
            config.quantizer = 255;
            config.reservoir_frame_delay = Some(MIN_RESERVOIR_FRAMES);
        }
        RateMode::ConstantQindex(0) => return Err(unsupported(NAME, "qindex", "0 (lossless)")),
        RateMode::ConstantQindex(qindex) => config.quantizer = usize::from(qindex),
    }
    if let Some(columns) = settings.tile_columns {
        return Err(unsupported(NAME, "tile columns", columns));
    }
    // 0 is rav1e's word for never.
    let key_interval = settings.key_interval.unwrap_or(0);
    if key_interval > MAX_KEY_INTERVAL {
        return Err(unsupported(NAME, "key-frame interval", key_interval));
    }
    config.set_key_frame_interval(0, u64::from(key_interval));
    Ok(config)
}

fn speed_settings(level: u8) -> SpeedSettings {
    let mut settings = SpeedSettings::from_preset(level);
    settings.rdo_lookahead_frames = 1;
    settings.scene_detection_mode = SceneDetectionSpeed::None;
    settings.segmentation = SegmentationLevel::Disabled;
    settings.prediction.fine_directional_intra = false;
    settings
}

/// Seconds between frames, in lowest terms; rav1e keeps both numbers in 31 bits.
fn frame_interval(rate: Rational) -> Result<::rav1e::data::Rational, ConfigError> {
    let (mut a, mut b) = (rate.num, rate.den);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let (num, den) = (rate.num / a, rate.den / a);
    if num.max(den) > i32::MAX as u32 {
        return Err(unsupported(NAME, "frame rate", format_args!("{num}/{den}")));
    }
    Ok(::rav1e::data::Rational::new(u64::from(den), u64::from(num)))
}

fn color_description(
    color: config::ColorDescription,
) -> Result<Option<ColorDescription>, ConfigError> {
    if (color.primaries, color.transfer, color.matrix) == (2, 2, 2) {
        return Ok(None);
    }
    let unknown = |field, value| move || unsupported(NAME, field, value);
    Ok(Some(ColorDescription {
        color_primaries: PRIMARIES
            .into_iter()
            .find(|&known| known as u8 == color.primaries)
            .ok_or_else(unknown("color_primaries", color.primaries))?,
        transfer_characteristics: TRANSFERS
            .into_iter()
            .find(|&known| known as u8 == color.transfer)
            .ok_or_else(unknown("transfer_characteristics", color.transfer))?,
        matrix_coefficients: MATRICES
            .into_iter()
            .find(|&known| known as u8 == color.matrix)
            .ok_or_else(unknown("matrix_coefficients", color.matrix))?,
    }))
}

/// One tile for about half a million pixels: rav1e's threads work on tiles, and the number must not
/// hang on the threads, or the bytes would too.
fn tiles(width: u32, height: u32) -> usize {
    1 << (width * height).div_ceil(1 << 19).ilog2()
}

fn failure(message: impl ToString) -> EncodeError {
    EncodeError::Engine { engine: NAME, message: message.to_string() }
}

const NAME: &str = EngineKind::Rav1e.name();
/// rav1e's look-ahead at its least.
const DELAY_FRAMES: u32 = 4;
const MIN_RESERVOIR_FRAMES: i32 = 12;
const MAX_KEY_INTERVAL: u32 = i32::MAX as u32 / 3;

const PRIMARIES: [ColorPrimaries; 12] = [
    ColorPrimaries::BT709,
    ColorPrimaries::Unspecified,
    ColorPrimaries::BT470M,
    ColorPrimaries::BT470BG,
    ColorPrimaries::BT601,
    ColorPrimaries::SMPTE240,
    ColorPrimaries::GenericFilm,
    ColorPrimaries::BT2020,
    ColorPrimaries::XYZ,
    ColorPrimaries::SMPTE431,
    ColorPrimaries::SMPTE432,
    ColorPrimaries::EBU3213,
];

const TRANSFERS: [TransferCharacteristics; 17] = [
    TransferCharacteristics::BT709,
    TransferCharacteristics::Unspecified,
    TransferCharacteristics::BT470M,
    TransferCharacteristics::BT470BG,
    TransferCharacteristics::BT601,
    TransferCharacteristics::SMPTE240,
    TransferCharacteristics::Linear,
    TransferCharacteristics::Log100,
    TransferCharacteristics::Log100Sqrt10,
    TransferCharacteristics::IEC61966,
    TransferCharacteristics::BT1361,
    TransferCharacteristics::SRGB,
    TransferCharacteristics::BT2020_10Bit,
    TransferCharacteristics::BT2020_12Bit,
    TransferCharacteristics::SMPTE2084,
    TransferCharacteristics::SMPTE428,
    TransferCharacteristics::HLG,
];

const MATRICES: [MatrixCoefficients; 13] = [
    MatrixCoefficients::BT709,
    MatrixCoefficients::Unspecified,
    MatrixCoefficients::FCC,
    MatrixCoefficients::BT470BG,
    MatrixCoefficients::BT601,
    MatrixCoefficients::SMPTE240,
    MatrixCoefficients::YCgCo,
    MatrixCoefficients::BT2020NCL,
    MatrixCoefficients::BT2020CL,
    MatrixCoefficients::SMPTE2085,
    MatrixCoefficients::ChromatNCL,
    MatrixCoefficients::ChromatCL,
    MatrixCoefficients::ICtCp,
];
