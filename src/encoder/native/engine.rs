//! One frame in, one temporal unit out: plan, prepare, code until an attempt is accepted, finish,
//! account.

use super::prepare::{self, Pictures, QuantizerSource};
use super::recode::CodedFrame;
use crate::av1::obu::{BitstreamError, SequenceHeader};
use crate::config::{
    ConfigError, EngineKind, MAX_THREADS, Rates, Rational, SendLimits, Settings, Speed,
};
use crate::encoder::engine::{Capabilities, Engine};
use crate::encoder::error::EncodeError;
use crate::encoder::unit::{DroppedFrame, EncodeOutcome, FrameOptions, TemporalUnit};
use crate::frame::Frame;
use crate::kernels::isa::Isa;
use crate::layers::{FrameIds, FramePlan, GoldenPlan};
use crate::rate::{Decision, DropReason, FrameControl, FrameFacts, Outcome, QindexRange};

const NAME: &str = EngineKind::Native.name();

/// The native engine: no delay, everything changed on any frame.
pub(crate) struct NativeEngine {
    isa: Isa,
    /// What the engine was made from, with the size of now.
    pub(super) settings: Settings,
    pub(super) pictures: Pictures,
    plan: GoldenPlan,
    pub(super) ids: FrameIds,
    pub(super) quantizer: QuantizerSource,
    pub(super) control: FrameControl,
    pub(super) max_frame_bytes: Option<u32>,
    pub(super) speed: u8,
    /// Frames since the last key frame, that one and those left out included.
    since_key: u32,
    /// Nominal.
    frame_rate: Rational,
    /// Length of a tick in seconds.
    pub(super) tick: f64,
    pub(super) last_timestamp: Option<u64>,
}

impl NativeEngine {
    /// An engine with the widest instruction set of this machine.
    pub(crate) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        Self::with_isa(settings, Isa::detect())
    }

    /// An engine whose kernels use `isa`; the stream is the same with every one.
    pub(crate) fn with_isa(settings: &Settings, isa: Isa) -> Result<Self, ConfigError> {
        Ok(Self {
            isa,
            pictures: Pictures::new(settings, isa, NAME)?,
            plan: GoldenPlan::default(),
            ids: FrameIds::default(),
            quantizer: QuantizerSource::new(settings),
            control: frame_control(settings),
            max_frame_bytes: settings.max_frame_bytes,
            speed: settings.speed.level(),
            since_key: 0,
            frame_rate: settings.frame_rate,
            tick: settings.timebase.as_f64(),
            last_timestamp: None,
            settings: settings.clone(),
        })
    }

    fn key_frame_due(&self) -> bool {
        self.settings.key_interval.is_some_and(|interval| self.since_key >= interval)
    }

    /// Accounts for a frame that stands.
    fn account(&mut self, timestamp: u64, plan: &FramePlan, facts: &FrameFacts, outcome: &Outcome) {
        self.plan.commit(plan);
        self.last_timestamp = Some(timestamp);
        self.since_key = if plan.key_frame { 1 } else { self.since_key.saturating_add(1) };
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.coded(facts, outcome);
        }
    }

    /// Accounts for a frame that rate control drops.
    fn dropped(&mut self, timestamp: u64, facts: &FrameFacts, reason: DropReason) -> EncodeOutcome {
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.dropped(facts, reason);
        }
        self.drop_frame(timestamp, reason)
    }

    fn drop_frame(&mut self, timestamp: u64, reason: DropReason) -> EncodeOutcome {
        self.last_timestamp = Some(timestamp);
        self.since_key = self.since_key.saturating_add(1);
        EncodeOutcome::Dropped(DroppedFrame { timestamp, reason })
    }
}

fn frame_control(settings: &Settings) -> FrameControl {
    FrameControl::new((settings.width.div_ceil(64) * settings.height.div_ceil(64)) as usize)
}

fn failed(error: BitstreamError) -> EncodeError {
    EncodeError::Engine { engine: NAME, message: error.to_string() }
}

impl Engine for NativeEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            delay_frames: 0,
            live_rates: true,
            live_size: true,
            live_speed: true,
            frame_qindex: true,
            key_on_request: true,
            reconstruction: true,
            bounded_delay: true,
            max_threads: self.pictures.stream.most_threads().min(MAX_THREADS),
        }
    }

    fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError> {
        let timestamp = frame.timestamp();
        let elapsed = self.elapsed(timestamp);
        if let Some(controller) = self.quantizer.controller_mut().filter(|c| c.paused()) {
            // Not looked at, so that what comes after the pause is compared with what was before.
            controller.pause(elapsed);
            return Ok(self.drop_frame(timestamp, DropReason::Paused));
        }
        let plan = self.plan.next(options.key_frame || self.key_frame_due());
        let analysis = self.pictures.import(frame);
        let facts = self.facts(timestamp, &plan, analysis);
        let target = match self.decide(&facts, options.qindex) {
            Decision::Code(target) => target,
            Decision::Drop(reason) => return Ok(self.dropped(timestamp, &facts, reason)),
        };
        self.pictures.prepare(&plan);
        let Some(coded) = self.code_until_accepted(&plan, &target).map_err(failed)? else {
            return Ok(self.dropped(timestamp, &facts, DropReason::Ceiling));
        };
        let CodedFrame { unit, used, residual, attempts, resume_at } = coded;
        let unit = self.pictures.stream.finish(unit).map_err(failed)?;
        self.control.resume_at(resume_at);
        let bytes = unit.data.len() as u64;
        self.account(timestamp, &plan, &facts, &Outcome { used, residual, bytes });
        let stats = self.stats(&target, &unit, &used, attempts);
        Ok(EncodeOutcome::Unit(self.unit(timestamp, &plan, unit, stats)))
    }

    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        Ok(None)
    }

    fn set_rates(&mut self, rates: Rates) -> Result<(), ConfigError> {
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.set_rate(f64::from(rates.bitrate));
            // What was learnt of the intervals stays if nothing is said against it.
            if rates.frame_rate != self.frame_rate {
                controller.set_frame_rate(rates.frame_rate.as_f64());
            }
        }
        self.frame_rate = rates.frame_rate;
        Ok(())
    }

    fn set_qindex_range(&mut self, range: QindexRange) -> Result<(), ConfigError> {
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.set_qindex_range(range);
        }
        Ok(())
    }

    fn set_size(&mut self, settings: &Settings) -> Result<(), ConfigError> {
        self.pictures = Pictures::new(settings, self.isa, NAME)?;
        self.plan = GoldenPlan::default();
        self.control = frame_control(&self.settings);
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.resize(f64::from(settings.width) * f64::from(settings.height));
        }
        self.settings = settings.clone();
        Ok(())
    }

    fn sequence_header(&self) -> Result<&SequenceHeader, ConfigError> {
        Ok(self.pictures.stream.sequence())
    }

    fn set_speed(&mut self, speed: Speed) -> Result<(), ConfigError> {
        self.speed = speed.level();
        self.pictures.search.set_speed(self.speed);
        Ok(())
    }

    fn set_limits(&mut self, limits: SendLimits) -> Result<(), ConfigError> {
        self.max_frame_bytes = limits.max_frame_bytes;
        if let Some(controller) = self.quantizer.controller_mut() {
            *controller.limits_mut() = prepare::limits(limits);
        }
        Ok(())
    }
}
