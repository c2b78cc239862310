//! The encoder: one frame in, one answer out.
//!
//! Each call of [`Encoder::encode`] takes a picture and answers at once with what became of it: a
//! [unit](EncodeOutcome::Unit) to send, or [dropped](EncodeOutcome::Dropped) with the reason. Only
//! engines with delay ([`Capabilities::delay_frames`] above 0) may answer
//! [pending](EncodeOutcome::Pending), give the units of earlier pictures, and hold some back for
//! [`Encoder::flush`].
//!
//! Everything that an application learns during a call is told between two frames and holds from the
//! next one on: [rates](Encoder::set_rates), pauses among them, [size](Encoder::set_size),
//! [key frames](Encoder::request_key_frame), limits and effort. `examples/capture_loop.rs` shows the
//! whole loop.
//!
//! An encoder is `Send` and may go from thread to thread; each call needs it alone (`&mut`). Time
//! comes in as timestamps only, so that equal calls give equal bytes.

mod auto_speed;
mod engine;
mod error;
mod layers;
pub(crate) mod native;
#[cfg(feature = "rav1e")]
mod rav1e;
#[cfg(test)]
mod tests;
mod unit;

use std::fmt;
use std::time::Duration;

use auto_speed::AutoSpeed;
pub use engine::Capabilities;
pub(crate) use engine::{Engine, Feedback};
pub use error::EncodeError;
pub use unit::{
    CodedFrame, DroppedFrame, EncodeOutcome, FrameBits, FrameOptions, FrameStats, TemporalUnit,
};

use crate::av1::obu::BitstreamError;
use crate::config::{
    AcknowledgedPrediction, ConfigError, EncoderConfig, RateMode, Rates, Rational, SendLimits,
    Settings, Speed, WireOverhead, check_bitrate, check_frame_rate, check_limits,
    check_qindex_range,
};
use crate::frame::Frame;
use crate::rate::QindexRange;
pub use crate::rate::{DropReason, QindexReason};
use crate::rtp::sdp::FmtpParameters;

/// Codes frames into temporal units.
///
/// What the engine cannot do ([`capabilities`](Self::capabilities)) is refused. After a refusal
/// the encoder is as it was before the call.
pub struct Encoder {
    engine: Box<dyn Engine>,
    /// The settings as they are now.
    config: EncoderConfig,
    /// The level of [`Speed::AUTO`].
    auto_speed: AutoSpeed,
    last_timestamp: Option<u64>,
    key_requested: bool,
    flushed: bool,
}

impl Encoder {
    /// An encoder with these settings.
    ///
    /// # Errors
    /// A setting out of range, beyond the engine, or an engine that is not part of this build; limits
    /// that leave no room even for the [smallest key frame](ConfigError::SmallestFrame).
    pub fn new(config: EncoderConfig) -> Result<Self, ConfigError> {
        let settings = Settings::try_from(config)?;
        Self::with_engine(&settings, engine::create(&settings)?)
    }

    fn with_engine(settings: &Settings, engine: Box<dyn Engine>) -> Result<Self, ConfigError> {
        if settings.reconstruction && !engine.capabilities().reconstruction {
            return Err(engine::unsupported(engine.name(), "reconstruction", true));
        }
        if !engine.capabilities().bounded_delay {
            engine::check_unbounded(engine.name(), settings)?;
        }
        Ok(Self {
            engine,
            auto_speed: AutoSpeed::new(settings.first_level()),
            config: EncoderConfig::clone(settings),
            last_timestamp: None,
            key_requested: false,
            flushed: false,
        })
    }

    /// Takes one frame; gives at most one temporal unit, of this frame or, from an engine with
    /// delay, of an earlier one.
    ///
    /// # Errors
    /// A frame of another size, a timestamp that is not above the last one, a request beyond the
    /// engine, an encoder that was flushed, or a failure of the engine.
    pub fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError> {
        let timestamp = frame.timestamp();
        if self.flushed {
            return Err(EncodeError::Flushed(timestamp));
        }
        if (frame.width(), frame.height()) != (self.width(), self.height()) {
            return Err(EncodeError::Size {
                width: frame.width(),
                height: frame.height(),
                expected_width: self.width(),
                expected_height: self.height(),
            });
        }
        if let Some(last) = self.last_timestamp.filter(|&last| timestamp <= last) {
            return Err(EncodeError::Timestamp { timestamp, last });
        }
        self.check_options(options)?;

        let key_frame = options.key_frame || self.key_requested;
        let outcome = self.engine.encode(frame, FrameOptions { key_frame, ..options })?;
        self.last_timestamp = Some(timestamp);
        // A frame that was dropped did not serve the request, whichever way it came.
        self.key_requested = key_frame && matches!(outcome, EncodeOutcome::Dropped(_));
        Ok(outcome)
    }

    /// Ends the stream and gives one of the frames still inside; to be called until it gives
    /// `None`. From the first call on no more frames are taken.
    ///
    /// # Errors
    /// A failure of the engine.
    pub fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        self.flushed = true;
        self.engine.flush()
    }

    /// Sets target rate and nominal frame rate from the next frame on.
    ///
    /// A bitrate of 0 pauses: frames are dropped with [`DropReason::Paused`]. When there is a rate
    /// again the stream goes on without a key frame, unless one was asked for meanwhile.
    ///
    /// Rates beyond the level of the stream (AV1 specification, A.3) raise it, lower ones never do: the
    /// next key frame, whenever it is due, has another [sequence header](Self::sequence_header).
    ///
    /// # Errors
    /// A bitrate that is neither 0 nor 1000 to 100 000 000, a frame rate outside 1/10 to 240, an encoder of
    /// constant quantizer index, or an engine whose rates are fixed; a bitrate that carries less than
    /// the [smallest key frame](ConfigError::SmallestFrame) in the most delay.
    pub fn set_rates(&mut self, rates: Rates) -> Result<(), ConfigError> {
        let Rates { bitrate, frame_rate } = rates;
        check_bitrate(bitrate)?;
        check_frame_rate(frame_rate)?;
        if let RateMode::ConstantQindex(qindex) = self.config.rate {
            return Err(ConfigError::ConstantQindex { bitrate, qindex });
        }
        self.engine.set_rates(rates)?;
        self.config.rate = RateMode::Bitrate(bitrate);
        self.config.frame_rate = frame_rate;
        Ok(())
    }

    /// Sets the range of quantizer indices that the target rate may choose from
    /// ([`EncoderConfig::min_qindex`], [`EncoderConfig::max_qindex`]), from the next frame on.
    ///
    /// # Errors
    /// `min` is 0 or above `max`, or an engine whose range is fixed.
    pub fn set_qindex_range(&mut self, min: u8, max: u8) -> Result<(), ConfigError> {
        check_qindex_range(min, max)?;
        self.engine.set_qindex_range(QindexRange { least: min, most: max })?;
        (self.config.min_qindex, self.config.max_qindex) = (min, max);
        Ok(())
    }

    /// Sets the size of the pictures from the next frame on, which becomes a key frame.
    ///
    /// What the link still carries, the limits and what was learnt of the content stay, so that the
    /// bound on delay holds across the change. The present size changes nothing.
    ///
    /// # Errors
    /// A size outside 16×16 to 8192×4320, or an engine whose size is fixed; limits that leave no room
    /// for the [smallest key frame](ConfigError::SmallestFrame) of that size.
    pub fn set_size(&mut self, width: u32, height: u32) -> Result<(), ConfigError> {
        if (width, height) == (self.width(), self.height()) {
            return Ok(());
        }
        let settings = Settings::try_from(EncoderConfig { width, height, ..self.config.clone() })?;
        self.engine.set_size(&settings)?;
        (self.config.width, self.config.height) = (width, height);
        self.auto_speed = AutoSpeed::new(settings.first_level());
        Ok(())
    }

    /// Sets the most delay of the link from the next frame on
    /// ([`EncoderConfig::max_delay`]).
    ///
    /// # Errors
    /// A delay outside 50 to 1000 ms, or an engine whose delay is not bounded; one in which the link
    /// carries less than the [smallest key frame](ConfigError::SmallestFrame).
    pub fn set_max_delay(&mut self, max_delay: Duration) -> Result<(), ConfigError> {
        let limits = SendLimits { max_delay, ..self.config.send_limits() };
        self.set_limits(limits, "max delay", format_args!("{max_delay:?}"))
    }

    /// Sets or lifts the most bytes of a temporal unit from the next frame on
    /// ([`EncoderConfig::max_frame_bytes`]).
    ///
    /// # Errors
    /// Fewer than 64 bytes or than the [smallest key frame](ConfigError::SmallestFrame) has, or an
    /// engine whose frames are not bounded.
    pub fn set_max_frame_bytes(&mut self, most: Option<u32>) -> Result<(), ConfigError> {
        let limits = SendLimits { max_frame_bytes: most, ..self.config.send_limits() };
        self.set_limits(limits, "max frame bytes", most.unwrap_or(0))
    }

    /// Sets what the network adds to each frame from the next one on ([`EncoderConfig::wire`]).
    ///
    /// # Errors
    /// A value out of range, or an engine that does not count it; headers that leave no room for the
    /// [smallest key frame](ConfigError::SmallestFrame).
    pub fn set_wire_overhead(&mut self, wire: WireOverhead) -> Result<(), ConfigError> {
        let limits = SendLimits { wire, ..self.config.send_limits() };
        self.set_limits(limits, "packet overhead", wire.packet_overhead)
    }

    fn set_limits(
        &mut self,
        limits: SendLimits,
        setting: &'static str,
        value: impl ToString,
    ) -> Result<(), ConfigError> {
        check_limits(limits)?;
        if !self.engine.capabilities().bounded_delay {
            return Err(engine::unsupported(self.engine.name(), setting, value));
        }
        self.engine.set_limits(limits)?;
        let SendLimits { max_delay, max_frame_bytes, wire } = limits;
        (self.config.max_delay, self.config.max_frame_bytes) = (max_delay, max_frame_bytes);
        self.config.wire = wire;
        Ok(())
    }

    /// Sets the effort from the next frame on.
    ///
    /// # Errors
    /// An engine whose speed is fixed.
    pub fn set_speed(&mut self, speed: Speed) -> Result<(), ConfigError> {
        let settings = Settings::try_from(EncoderConfig { speed, ..self.config.clone() })?;
        let level = settings.first_level();
        self.engine.set_speed(level)?;
        (self.config.speed, self.auto_speed) = (speed, AutoSpeed::new(level));
        Ok(())
    }

    /// Tells how long the last frame took to encode, on whatever clock the caller has. [`Speed::AUTO`] goes by it from the
    /// next frame on: its level rises if frames take more than 3/5 of the time from one to the next, and falls after some
    /// seconds in which they take less than 3/10. At a level that was set it is ignored. The bytes depend on the times
    /// reported, and on nothing else besides pictures and settings.
    pub fn report_encode_time(&mut self, took: Duration) {
        let Rational { num, den } = self.config.frame_rate;
        if self.config.speed != Speed::AUTO || !self.engine.capabilities().live_speed {
            return;
        }
        let interval = Duration::from_secs_f64(f64::from(den) / f64::from(num));
        if self.auto_speed.report(took, interval) {
            // An engine whose speed is live takes every level.
            let _ = self.engine.set_speed(self.auto_speed.level());
        }
    }

    /// The level that the next frame is encoded at, 0 to 10.
    pub fn speed_level(&self) -> u8 {
        self.auto_speed.level()
    }

    /// Sets when frames depend on acknowledged frames only, from the next frame on
    /// ([`EncoderConfig::acknowledged_prediction`]).
    ///
    /// # Errors
    /// An engine that takes no feedback.
    pub fn set_acknowledged_prediction(
        &mut self,
        choice: AcknowledgedPrediction,
    ) -> Result<(), ConfigError> {
        self.engine.set_acknowledged_prediction(choice)?;
        self.config.acknowledged_prediction = choice;
        Ok(())
    }

    /// The receiver has decoded the frame with this [`id`](CodedFrame::id), and so has all that it depends
    /// on. It decodes frames in the order of their ids, and leaves out those that miss a reference.
    ///
    /// From the first one on the newest frame that is acknowledged stays in a slot of the decoder, so that
    /// a [loss](Self::lost) can be answered by a frame that refers to it. Acknowledgements may come late,
    /// twice, out of order or not at all; not every frame needs one. What is said of frames that are
    /// not known, forgotten, or known to be lost changes nothing.
    ///
    /// # Errors
    /// An engine that takes no feedback.
    pub fn acknowledge(&mut self, frame_id: u64) -> Result<(), ConfigError> {
        self.engine.feedback(Feedback::Acknowledged(frame_id))
    }

    /// The receiver will not have the frame with this [`id`](CodedFrame::id): it was lost on the way, and so
    /// is all that depends on it.
    ///
    /// Nothing refers to such frames any more. If frames to come would have, the next frame depends only on
    /// frames that are [acknowledged](Self::acknowledge), and becomes a
    /// [recovery frame](CodedFrame::recovery) of layer 0; where nothing is acknowledged that decoders
    /// still hold, it becomes a key frame. Both keep the bound on delay. A frame to which nothing refers
    /// is lost without consequence.
    ///
    /// Reports may come late or twice; one of a frame that is acknowledged or not known changes nothing.
    ///
    /// # Errors
    /// An engine that takes no feedback.
    pub fn lost(&mut self, frame_id: u64) -> Result<(), ConfigError> {
        self.engine.feedback(Feedback::Lost(frame_id))
    }

    /// Asks that the next frame be a key frame, as [`FrameOptions::key_frame`] does; if that frame
    /// is dropped, the one after it.
    ///
    /// A key frame is coded as soon as about a third of the most delay is free, and no other frame is
    /// before it: where the rate falls at the same time, that is when the link has carried what it
    /// owes. With an engine that has delay the key frame comes out as late as any other.
    ///
    /// # Errors
    /// An engine that does not place key frames on request.
    pub fn request_key_frame(&mut self) -> Result<(), ConfigError> {
        self.check_options(FrameOptions::key_frame())?;
        self.key_requested = true;
        Ok(())
    }

    /// Width of the frames that are taken, in luma samples.
    pub fn width(&self) -> u32 {
        self.config.width
    }

    /// Height of the frames that are taken, in luma samples.
    pub fn height(&self) -> u32 {
        self.config.height
    }

    /// The settings as they are now, with all that was changed since the start.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Target rate and nominal frame rate; `None` with a constant quantizer index.
    pub fn rates(&self) -> Option<Rates> {
        match self.config.rate {
            RateMode::Bitrate(bitrate) => Some(Rates::new(bitrate, self.config.frame_rate)),
            RateMode::ConstantQindex(_) => None,
        }
    }

    /// The sequence header in front of key frames, as an OBU with its size field: for decoders and
    /// containers that want it before the first frame. [`set_size`](Self::set_size) changes it, as does
    /// [`set_rates`](Self::set_rates) for a higher level; the stream says so with the next key frame.
    ///
    /// # Errors
    /// An engine that has none before its first unit.
    pub fn sequence_header(&self) -> Result<Vec<u8>, ConfigError> {
        self.described(self.engine.sequence_header()?.write_obu())
    }

    /// The content of an `av1C` box: AV1CodecConfigurationRecord (AV1-ISOBMFF 2.3.3).
    ///
    /// # Errors
    /// As [`sequence_header`](Self::sequence_header).
    pub fn av1c(&self) -> Result<Vec<u8>, ConfigError> {
        self.described(self.engine.sequence_header()?.av1c())
    }

    /// The `codecs` parameter of RFC 6381 (AV1-ISOBMFF 5), such as `av01.0.04M.08`.
    ///
    /// # Errors
    /// As [`sequence_header`](Self::sequence_header).
    pub fn codec_string(&self) -> Result<String, ConfigError> {
        Ok(self.engine.sequence_header()?.codec_string())
    }

    /// The parameters of the stream for SDP's `fmtp` attribute.
    ///
    /// # Errors
    /// As [`sequence_header`](Self::sequence_header).
    pub fn fmtp(&self) -> Result<FmtpParameters, ConfigError> {
        let parameters = FmtpParameters::from_sequence_header(self.engine.sequence_header()?);
        parameters.ok_or_else(|| engine::unsupported(self.engine.name(), "level", "none"))
    }

    fn described(&self, bytes: Result<Vec<u8>, BitstreamError>) -> Result<Vec<u8>, ConfigError> {
        bytes.map_err(|error| engine::unsupported(self.engine.name(), "sequence header", error))
    }

    /// What the engine can do.
    pub fn capabilities(&self) -> Capabilities {
        self.engine.capabilities()
    }

    /// Name of the engine.
    pub fn engine_name(&self) -> &'static str {
        self.engine.name()
    }

    fn check_options(&self, options: FrameOptions) -> Result<(), ConfigError> {
        let capabilities = self.engine.capabilities();
        if options.key_frame && !capabilities.key_on_request {
            return Err(engine::unsupported(self.engine.name(), "key frame on request", true));
        }
        match options.qindex {
            Some(qindex) if !capabilities.frame_qindex => {
                Err(engine::unsupported(self.engine.name(), "qindex of a frame", qindex))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("engine", &self.engine.name())
            .field("config", &self.config)
            .field("last_timestamp", &self.last_timestamp)
            .field("key_requested", &self.key_requested)
            .field("flushed", &self.flushed)
            .finish()
    }
}
