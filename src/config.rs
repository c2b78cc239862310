//! The caller's settings, and their checked form.

mod error;
mod scalability;
mod speed;
#[cfg(test)]
mod tests;
mod tune;

use std::ops::{Deref, RangeInclusive};
use std::time::Duration;

pub use self::error::ConfigError;
pub use self::scalability::{AcknowledgedPrediction, LayerShares, ScalabilityMode};
pub use self::speed::Speed;
pub use self::tune::Tune;
use crate::frame::is_encoded;

/// A positive ratio of two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rational {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

impl Rational {
    /// `num / den`.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den }
    }

    /// The ratio as a floating-point number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }
}

/// Which encoder does the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngineKind {
    /// The engine of this library: no delay, everything changed on any frame.
    ///
    /// Timestamps are followed, however uneven; [`EncoderConfig::frame_rate`] is what to expect
    /// before any have come. A constant quantizer index is that of every frame; index 0 is lossless.
    #[default]
    Native,
    /// rav1e, by the feature `rav1e`: several frames of delay, everything fixed at the start.
    ///
    /// It takes frames as evenly spaced at [`EncoderConfig::frame_rate`], whatever their
    /// timestamps. A constant quantizer index is its base, from which it keeps key frames and
    /// inter frames at a fixed distance each; index 0 (lossless) is beyond it.
    Rav1e,
}

impl EngineKind {
    /// All engines, those included that are not part of this build.
    pub const ALL: &'static [Self] = &[Self::Native, Self::Rav1e];

    /// The engine with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|engine| engine.name() == name)
    }

    /// The name used on command lines and in errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Rav1e => "rav1e",
        }
    }
}

/// What the encoder holds constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateMode {
    /// A mean rate in bit/s, of the coded OBUs and of what the network adds to them
    /// ([`EncoderConfig::wire`]): 1000 to 100 000 000, or 0 to drop all frames until there is a rate.
    Bitrate(u32),
    /// One base quantizer index, 0 to 255 (AV1 specification, 6.8.2 `base_q_idx`).
    ConstantQindex(u8),
}

/// How much is to be sent: both numbers change together, as a caller learns of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rates {
    /// Target rate in bit/s, as in [`RateMode::Bitrate`].
    pub bitrate: u32,
    /// Nominal frames a second, as in [`EncoderConfig::frame_rate`].
    pub frame_rate: Rational,
}

impl Rates {
    /// `bitrate` bit/s at `frame_rate` frames a second.
    pub const fn new(bitrate: u32, frame_rate: Rational) -> Self {
        Self { bitrate, frame_rate }
    }
}

/// What the samples mean (AV1 specification, 6.4.2; code points of ITU-T H.273).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColorDescription {
    /// `color_primaries`; 2 is unspecified.
    pub primaries: u8,
    /// `transfer_characteristics`; 2 is unspecified.
    pub transfer: u8,
    /// `matrix_coefficients`; 2 is unspecified. 0 (identity) is not for 4:2:0 and is refused.
    pub matrix: u8,
    /// Whether samples use all of 0 to 255 rather than 16 to 235.
    pub full_range: bool,
}

impl ColorDescription {
    /// Samples of 16 to 235 with these code points.
    pub const fn new(primaries: u8, transfer: u8, matrix: u8) -> Self {
        Self { primaries, transfer, matrix, full_range: false }
    }
}

impl Default for ColorDescription {
    fn default() -> Self {
        Self::new(2, 2, 2)
    }
}

/// What the network adds to each frame, for a rate that is meant on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireOverhead {
    /// Bytes that every packet carries beside the payload, 0 to 1000: for RTP over UDP and IPv4 at
    /// least 40. 0, the default, counts the bytes of temporal units alone.
    pub packet_overhead: u32,
    /// The most bytes of payload in a packet, 100 to 65535: that of
    /// [`Packetizer`](crate::rtp::Packetizer); 1200 unless changed.
    pub max_payload: u32,
}

impl WireOverhead {
    /// `packet_overhead` bytes beside the payload of each packet, and `max_payload` bytes of it at
    /// most.
    pub const fn new(packet_overhead: u32, max_payload: u32) -> Self {
        Self { packet_overhead, max_payload }
    }
}

impl Default for WireOverhead {
    fn default() -> Self {
        Self::new(0, 1200)
    }
}

/// Settings of an [`Encoder`](crate::Encoder).
///
/// Make one with [`new`](Self::new) and change the fields that matter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EncoderConfig {
    /// Width in luma samples, 16 to 8192.
    pub width: u32,
    /// Height in luma samples, 16 to 4320.
    pub height: u32,
    /// Length of a timestamp's tick in seconds, 1 ns to 1 s; 1/90000 as in RTP unless changed.
    pub timebase: Rational,
    /// Nominal frames a second, 1/10 to 240.
    pub frame_rate: Rational,
    /// Rate or quantizer.
    pub rate: RateMode,
    /// The finest quantizer index that a target rate may choose, 1 to `max_qindex`; 1 unless
    /// changed. An index of [`FrameOptions`](crate::FrameOptions) is not bound by it.
    pub min_qindex: u8,
    /// The coarsest quantizer index that a target rate may choose for its own sake, up to 255; 255
    /// unless changed. The limits below win: a frame that would break one is coded coarser.
    pub max_qindex: u8,
    /// The most delay that frames may cause on a link of exactly the target rate, 50 to 1000 ms;
    /// 200 ms unless changed. Whatever is shown, after every frame the bits that such a link has not
    /// yet carried are no more than it carries in this time; a frame that cannot be made small
    /// enough is dropped. Where this leaves no room even for the smallest key frame, 30 to 60 bytes
    /// up to 1280×720, settings are [refused](ConfigError::SmallestFrame).
    pub max_delay: Duration,
    /// The most bytes of a temporal unit, 64 or more; `None`: no limit but
    /// [`max_delay`](Self::max_delay). A constant quantizer index is raised where it would break it.
    pub max_frame_bytes: Option<u32>,
    /// What the network adds to each frame: the target rate and [`max_delay`](Self::max_delay)
    /// include it. With it stated and a rate of 30 kbit/s or less, frames are left out where headers
    /// would take more than a quarter of the rate.
    pub wire: WireOverhead,
    /// Whether frames may be left out for the sake of the others while the quantizer index stays
    /// above 205, down to 7 frames a second (10 above 320×240, 15 above 480×270 luma samples), until
    /// it has been below 145 for a while. Off unless changed.
    pub adaptive_frame_rate: bool,
    /// Whether the noise of a camera's sensor is taken off pictures before they are coded. Off unless changed.
    ///
    /// What stands still is blended with the pictures before it as far as the noise explains that they differ; how
    /// strong it is is measured, by brightness. What moves or changes stays as it is. It adds no delay and holds
    /// 2.5 bytes for each sample. Reconstructions are of the filtered pictures, at quantizer index 0, too.
    pub denoise: bool,
    /// Effort.
    pub speed: Speed,
    /// What is optimised; [`Tune::Default`] unless changed.
    pub tune: Tune,
    /// Threads the encoder may use, its caller's included, 1 to 64; the bytes do not depend on it.
    ///
    /// The native engine decides a frame's rows of 64×64 luma samples side by side, each two such
    /// squares behind the row above, so that more threads than
    /// [`Capabilities::max_threads`](crate::Capabilities::max_threads) are never used. They are started
    /// with the encoder, sleep between calls, and have ended when it is dropped. With one thread none
    /// is started.
    pub threads: usize,
    /// Tile columns of a frame (AV1 specification, 5.9.15 `TileCols`): a power of two up to 64, each
    /// column 64 to 4096 luma samples wide. Their widths are even, rounded up to whole superblocks of
    /// 64 samples, so that there may be fewer. Several give threads more to do and cost some bits.
    /// `None`, the default: one below a width of 1920, from there on as many as are 512 wide or more.
    pub tile_columns: Option<u32>,
    /// The most frames from one key frame to the next; `None`: key frames on request only.
    pub key_interval: Option<u32>,
    /// Frames of a sweep of rolling intra refresh, for receivers without feedback, 2 to 1000; `None`: none.
    ///
    /// A decoder that has the last key frame and decodes all that arrives shows exact pictures from the last
    /// frame of the first sweep that begins after a loss. Sweeps count coded frames from the key frame on.
    /// It costs bits: no frame has a primary reference frame, and some 24 rows beside the sweep's are intra.
    pub intra_refresh: Option<u32>,
    /// Temporal layers; [`ScalabilityMode::L1T1`] unless changed.
    pub scalability_mode: ScalabilityMode,
    /// What the temporal layers get of the target rate, while
    /// [`scalability_mode`](Self::scalability_mode) has as many layers as there are shares. The bound of
    /// [`max_delay`](Self::max_delay) then holds for every decode target that a server may forward, on a
    /// link of the shares of its layers, key frames included, which get coarser by that. `None`, the
    /// default: what makes the whole stream look best, about 75 and 25 % of two and 50, 30 and 20 % of
    /// three layers, and the bound holds for the whole.
    pub layer_shares: Option<LayerShares>,
    /// When frames depend on acknowledged frames only; [`AcknowledgedPrediction::Auto`] unless changed.
    pub acknowledged_prediction: AcknowledgedPrediction,
    /// The engine.
    pub engine: EngineKind,
    /// Whether each temporal unit comes with the encoder's own reconstruction.
    pub reconstruction: bool,
    /// What the samples mean.
    pub color: ColorDescription,
}

impl EncoderConfig {
    /// Settings for `width` × `height` luma samples at `bitrate` bit/s: 30 frames a second,
    /// 90 kHz ticks, one thread, key frames on request, the native engine at [`Speed::default`].
    pub fn new(width: u32, height: u32, bitrate: u32) -> Self {
        Self {
            width,
            height,
            timebase: Rational::new(1, 90_000),
            frame_rate: Rational::new(30, 1),
            rate: RateMode::Bitrate(bitrate),
            min_qindex: 1,
            max_qindex: 255,
            max_delay: Duration::from_millis(200),
            max_frame_bytes: None,
            wire: WireOverhead::default(),
            adaptive_frame_rate: false,
            denoise: false,
            speed: Speed::default(),
            tune: Tune::default(),
            threads: 1,
            tile_columns: None,
            key_interval: None,
            intra_refresh: None,
            scalability_mode: ScalabilityMode::default(),
            layer_shares: None,
            acknowledged_prediction: AcknowledgedPrediction::default(),
            engine: EngineKind::default(),
            reconstruction: false,
            color: ColorDescription::default(),
        }
    }
}

/// The settings of an [`EncoderConfig`] that limit what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SendLimits {
    /// Delay of the link.
    pub(crate) max_delay: Duration,
    /// Bytes.
    pub(crate) max_frame_bytes: Option<u32>,
    /// What the network adds.
    pub(crate) wire: WireOverhead,
}

impl EncoderConfig {
    pub(crate) fn send_limits(&self) -> SendLimits {
        let Self { max_delay, max_frame_bytes, wire, .. } = *self;
        SendLimits { max_delay, max_frame_bytes, wire }
    }
}

/// An [`EncoderConfig`] whose every value is in range: all that an engine is made from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings(EncoderConfig);

impl TryFrom<EncoderConfig> for Settings {
    type Error = ConfigError;

    fn try_from(config: EncoderConfig) -> Result<Self, ConfigError> {
        let EncoderConfig { width, height, rate, threads, key_interval, .. } = config;
        if !is_encoded(width, height) {
            return Err(ConfigError::Size { width, height });
        }
        check_timebase(config.timebase)?;
        check_frame_rate(config.frame_rate)?;
        if let RateMode::Bitrate(bitrate) = rate {
            check_bitrate(bitrate)?;
        }
        check_qindex_range(config.min_qindex, config.max_qindex)?;
        check_limits(config.send_limits())?;
        if !(1..=MAX_THREADS).contains(&threads) {
            return Err(ConfigError::Threads(threads));
        }
        check_tile_columns(config.tile_columns, width)?;
        if key_interval == Some(0) {
            return Err(ConfigError::KeyInterval(0));
        }
        if let Some(period @ (..2 | 1001..)) = config.intra_refresh {
            return Err(ConfigError::IntraRefresh(period));
        }
        check_color(config.color)?;
        Ok(Self(config))
    }
}

/// Luma samples a second up to which [`Speed::AUTO`] begins with a level: below 640×360 at 25 frames a second the thorough
/// one, for which thin links repay the time, then up to 1280×720 and 1920×1080 at 30.
const FIRST_LEVELS: [(u64, u8); 3] = [(5_700_000, 4), (28_000_000, 6), (63_000_000, 8)];

impl Settings {
    /// The level that is set, or that [`Speed::AUTO`] begins with.
    pub(crate) fn first_level(&self) -> u8 {
        let Rational { num, den } = self.frame_rate;
        let samples = u64::from(self.width) * u64::from(self.height);
        let a_second = samples * u64::from(num) / u64::from(den);
        let first = FIRST_LEVELS.iter().find(|&&(most, _)| a_second <= most);
        self.speed.level().unwrap_or(first.map_or(10, |&(_, level)| level))
    }
}

impl Deref for Settings {
    type Target = EncoderConfig;

    fn deref(&self) -> &EncoderConfig {
        &self.0
    }
}

pub(crate) fn check_bitrate(bitrate: u32) -> Result<(), ConfigError> {
    let fits = bitrate == 0 || BITRATES.contains(&bitrate);
    if fits { Ok(()) } else { Err(ConfigError::Bitrate(bitrate)) }
}

pub(crate) fn check_qindex_range(min: u8, max: u8) -> Result<(), ConfigError> {
    if 0 < min && min <= max { Ok(()) } else { Err(ConfigError::QindexRange { min, max }) }
}

pub(crate) fn check_frame_rate(rate: Rational) -> Result<(), ConfigError> {
    let (num, den) = (u64::from(rate.num), u64::from(rate.den));
    if den == 0 || num * 10 < den || num > 240 * den {
        return Err(ConfigError::FrameRate { num: rate.num, den: rate.den });
    }
    Ok(())
}

pub(crate) fn check_limits(limits: SendLimits) -> Result<(), ConfigError> {
    let SendLimits { max_delay, max_frame_bytes, wire } = limits;
    if !MAX_DELAYS.contains(&max_delay) {
        return Err(ConfigError::MaxDelay(max_delay));
    }
    if let Some(most @ ..64) = max_frame_bytes {
        return Err(ConfigError::MaxFrameBytes(most));
    }
    let WireOverhead { packet_overhead, max_payload } = wire;
    if packet_overhead > 1000 || !(100..=65535).contains(&max_payload) {
        return Err(ConfigError::Wire { packet_overhead, max_payload });
    }
    Ok(())
}

/// 5.9.15: `minLog2TileCols`, and no more columns than superblocks.
fn check_tile_columns(columns: Option<u32>, width: u32) -> Result<(), ConfigError> {
    let Some(columns) = columns else { return Ok(()) };
    let superblocks = width.div_ceil(64);
    let least = superblocks.div_ceil(64).next_power_of_two();
    let most = 1 << superblocks.min(64).ilog2();
    if columns.is_power_of_two() && (least..=most).contains(&columns) {
        return Ok(());
    }
    Err(ConfigError::TileColumns { columns, width, least, most })
}

fn check_timebase(tick: Rational) -> Result<(), ConfigError> {
    let (num, den) = (u64::from(tick.num), u64::from(tick.den));
    if num == 0 || den < num || den > num * 1_000_000_000 {
        return Err(ConfigError::Timebase { num: tick.num, den: tick.den });
    }
    Ok(())
}

/// 6.4.2: values that are reserved, and the identity matrix, which asks for 4:4:4, are refused.
fn check_color(color: ColorDescription) -> Result<(), ConfigError> {
    let refused = |field, value| Err(ConfigError::Color { field, value });
    if !matches!(color.primaries, 1 | 2 | 4..=12 | 22) {
        return refused("color_primaries", color.primaries);
    }
    if !matches!(color.transfer, 1 | 2 | 4..=18) {
        return refused("transfer_characteristics", color.transfer);
    }
    if !matches!(color.matrix, 1 | 2 | 4..=14) {
        return refused("matrix_coefficients", color.matrix);
    }
    Ok(())
}

const BITRATES: RangeInclusive<u32> = 1_000..=100_000_000;
const MAX_DELAYS: RangeInclusive<Duration> =
    Duration::from_millis(50)..=Duration::from_millis(1000);
pub(crate) const MAX_THREADS: usize = 64;
