//! One frame in, one temporal unit out: plan, prepare, code until an attempt is accepted, finish,
//! account.

use std::sync::Arc;

use super::headers::{not_lowered, operating_points};
use super::prepare::{self, Pictures, QuantizerSource};
use super::recode::CodedFrame;
use super::smallest::check_room;
use crate::av1::obu::{BitstreamError, SequenceHeader};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::threads::most_threads;
use crate::config::{
    AcknowledgedPrediction, ConfigError, EngineKind, LayerShares, MAX_THREADS, RateMode, Rates,
    Rational, ScalabilityMode, SendLimits, Settings,
};
use crate::encoder::engine::{Capabilities, Engine, Feedback, unsupported};
use crate::encoder::error::EncodeError;
use crate::encoder::unit::{DroppedFrame, EncodeOutcome, FrameOptions, TemporalUnit};
use crate::frame::Frame;
use crate::kernels::isa::Isa;
use crate::layers::{FramePlan, IntraRefresh, Lineage, Link, Planner, Policy, Structure};
use crate::pool::Pool;
use crate::rate::{Decision, DropReason, FrameControl, FrameFacts, Limits, Outcome, QindexRange};

const NAME: &str = EngineKind::Native.name();

/// The native engine: no delay, everything changed on any frame.
pub(crate) struct NativeEngine {
    isa: Isa,
    /// As many threads as are asked for and find something to do.
    pool: Arc<Pool>,
    /// Bytes of the smallest key frame.
    smallest: u64,
    /// What the engine was made from, with the size of now.
    pub(super) settings: Settings,
    pub(super) pictures: Pictures,
    pub(super) plan: Planner,
    mode: ScalabilityMode,
    layer_shares: Option<LayerShares>,
    policy: Policy,
    acknowledged_prediction: AcknowledgedPrediction,
    pub(super) intra_refresh: Option<IntraRefresh>,
    pub(super) quantizer: QuantizerSource,
    pub(super) control: FrameControl,
    /// The tiles of the attempt at hand.
    pub(super) tiles: Vec<TileBounds>,
    /// bit/s; `None` with a constant quantizer index.
    bitrate: Option<u32>,
    pub(super) limits: Limits,
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
        let mut pool = Arc::default();
        let (pictures, smallest) = pictures(settings, isa, &mut pool)?;
        Ok(Self {
            isa,
            pool,
            smallest,
            pictures,
            plan: Planner::new(settings.scalability_mode),
            mode: settings.scalability_mode,
            layer_shares: settings.layer_shares,
            policy: Policy::default(),
            acknowledged_prediction: settings.acknowledged_prediction,
            intra_refresh: intra_refresh(settings),
            quantizer: QuantizerSource::new(settings, smallest),
            control: frame_control(settings),
            tiles: Vec::new(),
            bitrate: bitrate(settings),
            limits: prepare::limits(settings.send_limits()),
            speed: settings.first_level(),
            since_key: 0,
            frame_rate: settings.frame_rate,
            tick: settings.timebase.as_f64(),
            last_timestamp: None,
            settings: settings.clone(),
        })
    }

    /// Gives the next key frame the operating points of these layers, with levels that hold these rates,
    /// and tells the bytes of the smallest key frame then. No key frame is made for the sake of a level:
    /// it would cost a thin link more than decoders lose that meet a rate above the level's maximum
    /// until then.
    fn set_operating_points(
        &mut self,
        bitrate: Option<u32>,
        frame_rate: Rational,
        mode: ScalabilityMode,
    ) -> Result<u64, ConfigError> {
        let rates = Rates::new(bitrate.unwrap_or(0), frame_rate);
        let needed = operating_points(&self.settings, rates, mode);
        let before = &self.pictures.stream.sequence().operating_points;
        let points = not_lowered(needed, before);
        let lowest = lowest_rate(bitrate, mode, &self.layer_shares);
        let room = |smallest| check_room(smallest, lowest, &self.limits).map(|()| smallest);
        if points == *before {
            return room(self.smallest);
        }
        let before = self.pictures.stream.set_operating_points(points);
        let smallest =
            self.pictures.smallest_key_frame(self.settings.tile_columns).map_err(header_failed);
        let checked = smallest.and_then(room);
        if checked.is_err() {
            self.pictures.stream.set_operating_points(before);
        }
        checked
    }

    /// Chooses what the frame of the picture that was taken in depends on.
    fn choose_prediction(&mut self) {
        let receiver = self.plan.receiver();
        let (loss, run, delay) = (receiver.loss(), receiver.run(), receiver.delay());
        let choice = self.acknowledged_prediction;
        if choice == AcknowledgedPrediction::Auto
            && loss > 0.0
            && let Some(slots) = self.plan.nearest()
        {
            self.policy.differs(slots.map(|slot| self.pictures.difference(slot)));
        }
        let layers = self.plan.structure().layers;
        let prediction = self.policy.choose(choice, Link { loss, run, delay, layers });
        self.plan.set_prediction(prediction);
    }

    /// Gives the layers of now their shares of the rate.
    fn share_out(&mut self) {
        if let Some(controller) = self.quantizer.controller_mut() {
            let percent = LayerShares::of_mode(&self.layer_shares, self.mode);
            controller.set_layer_shares(&Structure::of(self.mode).mixes(), percent);
        }
    }

    fn key_frame_due(&self) -> bool {
        self.settings.key_interval.is_some_and(|interval| self.since_key >= interval)
    }

    /// Accounts for a frame that stands.
    fn account(
        &mut self,
        timestamp: u64,
        plan: &FramePlan,
        facts: &FrameFacts,
        outcome: &Outcome,
    ) -> Lineage {
        self.last_timestamp = Some(timestamp);
        self.since_key = if plan.key_frame { 1 } else { self.since_key.saturating_add(1) };
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.coded(facts, outcome);
        }
        if let Some(refresh) = &mut self.intra_refresh {
            refresh.coded(plan);
        }
        self.plan.commit(plan)
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

/// What is made for the settings' pictures, and the bytes of the smallest key frame; refuses settings
/// that have no room even for that. `pool` is replaced if it has not the threads for them.
fn pictures(
    settings: &Settings,
    isa: Isa,
    pool: &mut Arc<Pool>,
) -> Result<(Pictures, u64), ConfigError> {
    let (sb_rows, sb_cols) = (settings.height.div_ceil(64), settings.width.div_ceil(64));
    let threads = settings.threads.min(most_threads(sb_rows as usize, sb_cols as usize));
    if pool.threads() != threads {
        *pool = Arc::new(Pool::new(threads));
    }
    let mut pictures = Pictures::new(settings, isa, NAME, pool)?;
    let smallest = pictures.smallest_key_frame(settings.tile_columns).map_err(header_failed)?;
    let lowest = lowest_rate(bitrate(settings), settings.scalability_mode, &settings.layer_shares);
    check_room(smallest, lowest, &prepare::limits(settings.send_limits()))?;
    Ok((pictures, smallest))
}

fn header_failed(error: BitstreamError) -> ConfigError {
    unsupported(NAME, "frame header", error)
}

fn bitrate(settings: &Settings) -> Option<u32> {
    match settings.rate {
        RateMode::Bitrate(bitrate) => Some(bitrate),
        RateMode::ConstantQindex(_) => None,
    }
}

/// The rate of the thinnest link that key frames are sent on.
fn lowest_rate(
    bitrate: Option<u32>,
    mode: ScalabilityMode,
    shares: &Option<LayerShares>,
) -> Option<u32> {
    let percent = LayerShares::of_mode(shares, mode).first().map_or(100, |&percent| percent.into());
    bitrate.map(|bitrate| (u64::from(bitrate) * percent / 100) as u32)
}

fn intra_refresh(settings: &Settings) -> Option<IntraRefresh> {
    settings.intra_refresh.map(|period| IntraRefresh::new(period, settings.height))
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
            temporal_layers: 3,
            feedback: true,
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
        let analysis = self.pictures.import(frame);
        self.choose_prediction();
        let plan = self.plan.next(options.key_frame || self.key_frame_due());
        let facts = self.facts(timestamp, &plan, analysis);
        let target = match self.decide(&facts, options.qindex) {
            Decision::Code(target) => target,
            Decision::Drop(reason) => return Ok(self.dropped(timestamp, &facts, reason)),
        };
        let clean = self.intra_refresh.and_then(|refresh| refresh.clean_rows(&plan));
        self.pictures.search.set_clean_rows(clean);
        self.pictures.prepare(&plan);
        let Some(coded) = self.code_until_accepted(&plan, &target).map_err(failed)? else {
            return Ok(self.dropped(timestamp, &facts, DropReason::Ceiling));
        };
        let CodedFrame { unit, used, residual, attempts, resume_at } = coded;
        let unit = self.pictures.stream.finish(unit).map_err(failed)?;
        self.control.resume_at(resume_at);
        let bytes = unit.data.len() as u64;
        let outcome = Outcome { used, residual, bytes };
        let lineage = self.account(timestamp, &plan, &facts, &outcome);
        let stats = self.stats(&target, &unit, &used, attempts);
        Ok(EncodeOutcome::Unit(self.unit(timestamp, (&plan, lineage), unit, stats)))
    }

    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        Ok(None)
    }

    fn set_rates(&mut self, rates: Rates) -> Result<(), ConfigError> {
        self.smallest =
            self.set_operating_points(Some(rates.bitrate), rates.frame_rate, self.mode)?;
        self.bitrate = Some(rates.bitrate);
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.set_smallest_key_bytes(self.smallest);
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
        (self.pictures, self.smallest) = pictures(settings, self.isa, &mut self.pool)?;
        self.plan.restart();
        self.speed = settings.first_level();
        self.control = frame_control(settings);
        self.intra_refresh = intra_refresh(settings);
        if let Some(controller) = self.quantizer.controller_mut() {
            let samples = f64::from(settings.width) * f64::from(settings.height);
            controller.resize(samples, self.smallest);
        }
        self.settings = settings.clone();
        Ok(())
    }

    fn sequence_header(&self) -> Result<&SequenceHeader, ConfigError> {
        Ok(self.pictures.stream.sequence())
    }

    fn set_speed(&mut self, level: u8) -> Result<(), ConfigError> {
        self.speed = level;
        self.pictures.search.set_speed(self.speed);
        Ok(())
    }

    fn set_scalability_mode(&mut self, mode: ScalabilityMode) -> Result<(), ConfigError> {
        self.smallest = self.set_operating_points(self.bitrate, self.frame_rate, mode)?;
        self.mode = mode;
        self.plan.set_mode(mode);
        if let Some(controller) = self.quantizer.controller_mut() {
            controller.set_smallest_key_bytes(self.smallest);
            controller.set_cascade(Structure::of(mode).cascade);
        }
        self.share_out();
        Ok(())
    }

    fn set_layer_shares(&mut self, shares: Option<LayerShares>) -> Result<(), ConfigError> {
        let lowest = lowest_rate(self.bitrate, self.mode, &shares);
        check_room(self.smallest, lowest, &self.limits)?;
        self.layer_shares = shares;
        self.share_out();
        Ok(())
    }

    fn set_acknowledged_prediction(
        &mut self,
        choice: AcknowledgedPrediction,
    ) -> Result<(), ConfigError> {
        self.acknowledged_prediction = choice;
        Ok(())
    }

    fn feedback(&mut self, feedback: Feedback) -> Result<(), ConfigError> {
        match feedback {
            Feedback::Acknowledged(id) => self.plan.acknowledge(id),
            Feedback::Lost(id) => self.plan.lost(id),
        }
        Ok(())
    }

    fn set_limits(&mut self, limits: SendLimits) -> Result<(), ConfigError> {
        let limits = prepare::limits(limits);
        let lowest = lowest_rate(self.bitrate, self.mode, &self.layer_shares);
        check_room(self.smallest, lowest, &limits)?;
        self.limits = limits;
        if let Some(controller) = self.quantizer.controller_mut() {
            *controller.limits_mut() = limits;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EncoderConfig;

    fn settings(width: u32, height: u32) -> Settings {
        Settings::try_from(EncoderConfig::new(width, height, 100_000)).unwrap()
    }

    #[test]
    fn control_counts_the_superblocks_of_the_size_of_now() {
        let mut engine = NativeEngine::new(&settings(64, 48)).unwrap();
        assert_eq!(engine.control.superblocks(), 1);
        for (width, height, superblocks) in [(640, 360, 60), (65, 64, 2)] {
            engine.set_size(&settings(width, height)).unwrap();
            assert_eq!(engine.control.superblocks(), superblocks);
        }
    }
}
