//! The seam between [`Encoder`](super::Encoder) and the engines that do its work.

use super::error::EncodeError;
use super::unit::{EncodeOutcome, FrameOptions, TemporalUnit};
use crate::av1::obu::SequenceHeader;
use crate::config::{
    AcknowledgedPrediction, ConfigError, EncoderConfig, EngineKind, LayerShares, Rates, Rational,
    ScalabilityMode, SendLimits, Settings,
};
use crate::frame::Frame;
use crate::rate::QindexRange;

/// What an engine can do; a call beyond it is refused with an error, never ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Frames that go in before the first temporal unit comes out; 0 is one in, one out.
    pub delay_frames: u32,
    /// Target rate, nominal frame rate and the range of the quantizer index can change on any frame.
    pub live_rates: bool,
    /// The size can change on any frame, which becomes a key frame.
    pub live_size: bool,
    /// The speed can change on any frame.
    pub live_speed: bool,
    /// A quantizer index can be given for a single frame.
    pub frame_qindex: bool,
    /// A key frame can be asked for on any frame.
    pub key_on_request: bool,
    /// The reconstruction can be had.
    pub reconstruction: bool,
    /// Delay and size of frames are bounded, and what the network adds is counted:
    /// [`crate::EncoderConfig::max_delay`], [`crate::EncoderConfig::max_frame_bytes`],
    /// [`crate::EncoderConfig::wire`], [`crate::EncoderConfig::adaptive_frame_rate`],
    /// [`crate::EncoderConfig::min_qindex`] and [`crate::EncoderConfig::max_qindex`]. An engine without it has
    /// neither [`crate::EncoderConfig::denoise`] nor another [`crate::EncoderConfig::tune`] than the default.
    pub bounded_delay: bool,
    /// The most temporal layers it has: [`crate::EncoderConfig::scalability_mode`], which can change on
    /// any frame.
    pub temporal_layers: u8,
    /// It takes what the receiver tells of frames: [`crate::Encoder::acknowledge`] and
    /// [`crate::Encoder::lost`].
    pub feedback: bool,
    /// The most threads it makes use of at its size.
    pub max_threads: usize,
}

/// What a receiver tells of a frame, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// It has decoded the frame.
    Acknowledged(u64),
    /// It will not have it.
    Lost(u64),
}

/// An encoder behind [`Encoder`](super::Encoder).
///
/// Frames come in with the encoder's size, with rising timestamps and with requests that the
/// capabilities allow; rates and speeds come in range. A call that fails leaves the engine as it
/// was.
pub(crate) trait Engine: Send {
    /// Name for command lines and errors.
    fn name(&self) -> &'static str;

    /// What it can do; only the most threads depend on the size, the rest never changes.
    fn capabilities(&self) -> Capabilities;

    /// Takes one frame and gives at most one coded.
    fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError>;

    /// Gives one of the frames still inside, `None` when there are none left; no frames come after.
    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError>;

    /// New rates, of 0 bit/s to drop all frames; to be had with [`Capabilities::live_rates`].
    fn set_rates(&mut self, rates: Rates) -> Result<(), ConfigError> {
        let Rates { bitrate, frame_rate: Rational { num, den } } = rates;
        let value = format_args!("{bitrate} bit/s, {num}/{den} frames/s");
        Err(unsupported(self.name(), "rates at run time", value))
    }

    /// New limits; called only with [`Capabilities::bounded_delay`].
    fn set_limits(&mut self, limits: SendLimits) -> Result<(), ConfigError> {
        Err(unsupported(self.name(), "max delay", format_args!("{:?}", limits.max_delay)))
    }

    /// Bounds of the quantizer index under a target rate; to be had with
    /// [`Capabilities::live_rates`].
    fn set_qindex_range(&mut self, range: QindexRange) -> Result<(), ConfigError> {
        let QindexRange { least, most } = range;
        Err(unsupported(self.name(), "qindex range", format_args!("{least} to {most}")))
    }

    /// Other temporal layers from the next frame on; to be had as far as
    /// [`Capabilities::temporal_layers`] says.
    fn set_scalability_mode(&mut self, mode: ScalabilityMode) -> Result<(), ConfigError> {
        Err(unsupported(self.name(), "scalability mode", mode))
    }

    /// Other shares of the rate for the layers from the next frame on; to be had as far as
    /// [`Capabilities::temporal_layers`] says.
    fn set_layer_shares(&mut self, shares: Option<LayerShares>) -> Result<(), ConfigError> {
        let shares = shares.map_or("default".to_owned(), |shares| shares.to_string());
        Err(unsupported(self.name(), "layer shares", shares))
    }

    /// When frames depend on acknowledged frames only, from the next frame on; to be had with
    /// [`Capabilities::feedback`].
    fn set_acknowledged_prediction(
        &mut self,
        choice: AcknowledgedPrediction,
    ) -> Result<(), ConfigError> {
        Err(unsupported(self.name(), "acknowledged prediction", format_args!("{choice:?}")))
    }

    /// What the receiver tells of a frame; to be had with [`Capabilities::feedback`].
    fn feedback(&mut self, feedback: Feedback) -> Result<(), ConfigError> {
        Err(unsupported(self.name(), "feedback", format_args!("{feedback:?}")))
    }

    /// Pictures of the size in `settings`, which otherwise are those that hold already, from the next
    /// frame on, which becomes a key frame. What rate control knows stays. To be had with
    /// [`Capabilities::live_size`].
    fn set_size(&mut self, settings: &Settings) -> Result<(), ConfigError> {
        let size = format_args!("{}x{}", settings.width, settings.height);
        Err(unsupported(self.name(), "size at run time", size))
    }

    /// The sequence header in front of the next key frame, one that can be written.
    fn sequence_header(&self) -> Result<&SequenceHeader, ConfigError>;

    /// A new level of speed, 0 to 10; to be had with [`Capabilities::live_speed`].
    fn set_speed(&mut self, level: u8) -> Result<(), ConfigError> {
        Err(unsupported(self.name(), "speed at run time", level))
    }
}

/// Makes the engine that `settings` name.
pub(super) fn create(settings: &Settings) -> Result<Box<dyn Engine>, ConfigError> {
    match settings.engine {
        EngineKind::Native => Ok(Box::new(super::native::NativeEngine::new(settings)?)),
        #[cfg(feature = "rav1e")]
        EngineKind::Rav1e => Ok(Box::new(super::rav1e::Rav1e::new(settings)?)),
        #[cfg(not(feature = "rav1e"))]
        kind @ EngineKind::Rav1e => Err(ConfigError::EngineMissing(kind.name())),
    }
}

/// Refuses settings that an engine without bounds would not hold.
pub(super) fn check_unbounded(
    engine: &'static str,
    settings: &Settings,
) -> Result<(), ConfigError> {
    let usual = EncoderConfig::new(settings.width, settings.height, 0);
    if settings.max_delay != usual.max_delay {
        return Err(unsupported(engine, "max delay", format_args!("{:?}", settings.max_delay)));
    }
    if settings.scalability_mode != usual.scalability_mode {
        return Err(unsupported(engine, "scalability mode", settings.scalability_mode));
    }
    if let Some(shares) = settings.layer_shares {
        return Err(unsupported(engine, "layer shares", shares));
    }
    if settings.acknowledged_prediction != usual.acknowledged_prediction {
        let choice = format_args!("{:?}", settings.acknowledged_prediction);
        return Err(unsupported(engine, "acknowledged prediction", choice));
    }
    if let Some(period) = settings.intra_refresh {
        return Err(unsupported(engine, "intra refresh", period));
    }
    let (min, max) = (settings.min_qindex, settings.max_qindex);
    if (min, max) != (usual.min_qindex, usual.max_qindex) {
        return Err(unsupported(engine, "qindex range", format_args!("{min} to {max}")));
    }
    if let Some(most) = settings.max_frame_bytes {
        return Err(unsupported(engine, "max frame bytes", most));
    }
    if settings.wire.packet_overhead != usual.wire.packet_overhead {
        return Err(unsupported(engine, "packet overhead", settings.wire.packet_overhead));
    }
    if settings.wire.max_payload != usual.wire.max_payload {
        return Err(unsupported(engine, "max payload", settings.wire.max_payload));
    }
    if settings.adaptive_frame_rate {
        return Err(unsupported(engine, "adaptive frame rate", true));
    }
    if settings.tune != usual.tune {
        return Err(unsupported(engine, "tune", settings.tune));
    }
    if settings.denoise {
        return Err(unsupported(engine, "denoise", true));
    }
    Ok(())
}

pub(crate) fn unsupported(
    engine: &'static str,
    setting: &'static str,
    value: impl ToString,
) -> ConfigError {
    ConfigError::Unsupported { engine, setting, value: value.to_string() }
}
