//! One frame in, one temporal unit out: plan, quantizer, headers, tiles, account.

use std::time::Duration;

use bytes::Bytes;

use super::headers::{frame_header, sequence_header};
use super::stream::{CodedUnit, FinishedUnit, Stream, tile_bounds};
use crate::av1::frame::reference::Reference;
use crate::av1::geometry::SB4;
use crate::av1::obu::{BitstreamError, SequenceHeader};
use crate::av1::tile::decider::{SuperblockChoice, SuperblockControl, SuperblockPlace};
use crate::config::{
    ConfigError, EngineKind, MAX_THREADS, RateMode, Rates, Rational, SendLimits, Settings, Speed,
};
use crate::encoder::engine::{Capabilities, Engine, unsupported};
use crate::encoder::error::EncodeError;
use crate::encoder::unit::{
    self, DroppedFrame, EncodeOutcome, FrameBits, FrameOptions, FrameStats, TemporalUnit,
};
use crate::frame::padded::PaddedPlane;
use crate::frame::{Frame, PictureBuffer};
use crate::kernels::isa::Isa;
use crate::layers::{FrameIds, FramePlan, GoldenPlan};
use crate::rate::{
    Account, Attempt, Attempts, Budget, Class, Complexity, Controller, ControllerSettings,
    Decision, DropReason, FrameFacts, Limits, Next, Outcome, QindexRange, QindexReason, RowPacer,
    RowTarget, Sparing, Target, Used, Wire,
};
use crate::search::Analysis;
use crate::search::frame::{MOST_THRIFT, Search};

const NAME: &str = EngineKind::Native.name();

/// The native engine: no delay, everything changed on any frame.
pub(crate) struct NativeEngine {
    isa: Isa,
    stream: Stream,
    search: Search,
    plan: GoldenPlan,
    ids: FrameIds,
    quantizer: QuantizerSource,
    pacer: RowPacer,
    /// What the superblocks took at the last attempt that gave coefficients to all of them, and at the
    /// last such that was too large.
    account: Account,
    too_large: Account,
    /// The superblock that the next frame goes on with, if not all can have coefficients.
    turn: usize,
    max_frame_bytes: Option<u32>,
    /// The picture to code, edges extended.
    source: [PaddedPlane; 3],
    width: u32,
    height: u32,
    speed: u8,
    reconstruction: bool,
    key_interval: Option<u32>,
    /// Frames since the last key frame, that one and those left out included.
    since_key: u32,
    /// Nominal.
    frame_rate: Rational,
    /// Length of a tick in seconds.
    tick: f64,
    last_timestamp: Option<u64>,
}

/// What is made for pictures of one size.
struct Pictures {
    stream: Stream,
    search: Search,
    source: [PaddedPlane; 3],
}

impl Pictures {
    fn new(settings: &Settings, isa: Isa) -> Result<Self, ConfigError> {
        let (width, height) = (settings.width as usize, settings.height as usize);
        let mut stream = Stream::new(sequence_header(settings), isa)
            .map_err(|error| unsupported(NAME, "sequence header", error))?;
        stream.set_threads(settings.threads);
        let mut search = Search::new(width, height, isa);
        search.set_speed(settings.speed.level());
        let chroma = (width.div_ceil(2), height.div_ceil(2));
        let source = [(width, height), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h));
        Ok(Self { stream, search, source })
    }
}

/// A frame that was coded, and how.
struct CodedFrame {
    unit: CodedUnit,
    used: Used,
    attempts: usize,
    thrifty: bool,
    /// The superblock to go on with.
    turn: usize,
}

/// The difference, by sample, that rows are taken to have beside what is measured.
const LEAST_ACTIVITY: f64 = 0.3;
/// Bits of a tile that are left to the headers of its temporal unit.
const HEADER_BITS: f64 = 200.0;

/// Where the quantizer of a frame comes from.
enum QuantizerSource {
    Constant(u8),
    Rate(Box<Controller>),
}

impl NativeEngine {
    /// An engine with the widest instruction set of this machine.
    pub(crate) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        Self::with_isa(settings, Isa::detect())
    }

    /// An engine whose kernels use `isa`; the stream is the same with every one.
    pub(crate) fn with_isa(settings: &Settings, isa: Isa) -> Result<Self, ConfigError> {
        let Pictures { stream, search, source } = Pictures::new(settings, isa)?;
        let quantizer = match settings.rate {
            RateMode::ConstantQindex(qindex) => QuantizerSource::Constant(qindex),
            RateMode::Bitrate(bitrate) => {
                let mut controller = Controller::new(ControllerSettings {
                    // Whichever it is, nothing is measured by it while all frames are dropped.
                    rate: if bitrate == 0 { 1000.0 } else { f64::from(bitrate) },
                    frame_rate: settings.frame_rate.as_f64(),
                    samples: f64::from(settings.width) * f64::from(settings.height),
                    limits: limits(settings.send_limits()),
                    adaptive_frame_rate: settings.adaptive_frame_rate,
                    cascade: GoldenPlan::CASCADE,
                });
                controller.set_rate(f64::from(bitrate));
                controller.set_qindex_range(qindex_range(settings));
                QuantizerSource::Rate(Box::new(controller))
            }
        };
        Ok(Self {
            isa,
            stream,
            search,
            plan: GoldenPlan::default(),
            ids: FrameIds::default(),
            quantizer,
            pacer: RowPacer::default(),
            account: Account::default(),
            too_large: Account::default(),
            turn: 0,
            max_frame_bytes: settings.max_frame_bytes,
            source,
            width: settings.width,
            height: settings.height,
            speed: settings.speed.level(),
            reconstruction: settings.reconstruction,
            key_interval: settings.key_interval,
            since_key: 0,
            frame_rate: settings.frame_rate,
            tick: settings.timebase.as_f64(),
            last_timestamp: None,
        })
    }

    fn import(&mut self, frame: &Frame<'_>) {
        for (index, plane) in self.source.iter_mut().enumerate() {
            let (start, stride) = (plane.index(0, 0), plane.stride);
            frame.copy_i420_plane(index, &mut plane.data[start..], stride);
            plane.extend_edges();
        }
    }

    fn facts(&self, timestamp: u64, plan: &FramePlan, analysis: Analysis) -> FrameFacts {
        let elapsed = self.last_timestamp.map_or(0, |last| timestamp - last);
        let class = match plan.key_frame {
            true => Class::Key,
            false if analysis.new => Class::Fresh,
            false => Class::Inter(plan.level),
        };
        FrameFacts {
            elapsed: elapsed as f64 * self.tick,
            class,
            complexity: Complexity { spatial: analysis.spatial, temporal: analysis.temporal },
        }
    }

    /// What a frame is to become, whoever says so.
    fn decide(&self, facts: &FrameFacts, asked: Option<u8>) -> Decision {
        let fixed = |qindex, max_bytes| {
            Decision::Code(Target {
                qindex,
                range: QindexRange::default(),
                reason: QindexReason::Asked,
                bits: 0,
                soft_bytes: max_bytes,
                max_bytes,
                exact: false,
                poor_bytes: 0,
            })
        };
        let most = self.max_frame_bytes.map_or(u64::MAX, u64::from);
        match (&self.quantizer, asked) {
            (QuantizerSource::Constant(qindex), None) => fixed(*qindex, most),
            (QuantizerSource::Constant(_), Some(qindex)) => fixed(qindex, most),
            (QuantizerSource::Rate(controller), asked) => match (controller.pick(facts), asked) {
                (Decision::Code(target), Some(qindex)) => fixed(qindex, target.max_bytes),
                (decision, _) => decision,
            },
        }
    }

    /// Codes a frame, again if need be, until it is below its ceiling; `None` if it cannot be.
    fn code(
        &mut self,
        plan: &FramePlan,
        target: &Target,
    ) -> Result<Option<CodedFrame>, BitstreamError> {
        let mut attempts = Attempts::new(target);
        let mut kept = None;
        let taken = loop {
            let attempt = attempts.now();
            let coded = self.attempt(plan, target, attempt)?;
            let next = attempts.took(coded.used.log_step, coded.unit.data.len() as u64);
            match next {
                Next::Take => {
                    self.pacer.finish(coded.unit.spent().iter().sum());
                    self.discard(kept);
                    break Some(coded);
                }
                Next::KeepAndTryAgain => {
                    let before = kept.replace(coded);
                    self.discard(before);
                }
                Next::TryAgain => self.discard(Some(coded)),
                Next::TakeKept => {
                    self.discard(Some(coded));
                    break kept;
                }
                Next::GiveUp => {
                    self.discard(Some(coded));
                    break None;
                }
            }
        };
        Ok(taken.map(|coded| CodedFrame { attempts: attempts.made(), ..coded }))
    }

    fn attempt(
        &mut self,
        plan: &FramePlan,
        target: &Target,
        attempt: Attempt,
    ) -> Result<CodedFrame, BitstreamError> {
        let rows = target.bits > 0 && attempt.qindex > 0;
        let header = frame_header(self.stream.sequence(), plan, attempt.qindex, self.speed, rows)?;
        // Only the last attempt leaves nothing to any superblock.
        let sparing = rows && 0 < attempt.thrift && attempt.thrift < MOST_THRIFT;
        let most = 8.0 * target.soft_bytes as f64 - HEADER_BITS;
        let aim = (target.bits as f64 - HEADER_BITS).min(most);
        let alone = [most, 8.0 * target.max_bytes as f64 - HEADER_BITS];
        let sparing = sparing.then(|| Sparing::new(Budget { aim, alone }, self.turn));
        if sparing.is_none() {
            self.account.start();
        }
        let mut control = Superblocks {
            qindex: attempt.qindex,
            row: None,
            pacer: &mut self.pacer,
            account: &mut self.account,
            too_large: &self.too_large,
            sparing,
        };
        if rows {
            // A row of superblocks of a tile holds its share of the picture's row.
            let tiles = tile_bounds(&header);
            let mi_cols = tiles.last().map_or(1, |tile| tile.mi_col_end);
            let activities = self.search.rows();
            let weights = tiles.iter().flat_map(|tile| {
                let share = (tile.mi_col_end - tile.mi_col_start) as f64 / mi_cols as f64;
                let rows = tile.mi_row_start / SB4..tile.mi_row_end.div_ceil(SB4);
                activities[rows].iter().map(move |row| {
                    let sum = if plan.key_frame { row.spatial } else { row.temporal };
                    share * (sum as f64 + LEAST_ACTIVITY * row.area as f64)
                })
            });
            let target = RowTarget {
                qindex: attempt.qindex,
                range: target.range,
                aim,
                most,
                exact: target.exact,
                usual: !plan.key_frame && control.sparing.is_none(),
            };
            control.pacer.start(&target, weights);
        }
        self.search.set_thrift(if sparing.is_some() { 0 } else { attempt.thrift });
        let search = &mut self.search;
        let paced = rows.then_some(&mut control as &mut dyn SuperblockControl);
        let unit = self.stream.code(header, &self.source, plan.layer, search, paced)?;
        let unit = unit.expect("a control that never gives up");
        let turn = match control.sparing {
            Some(sparing) => sparing.next(),
            None => {
                self.account.ends(unit.spent().iter().sum());
                if unit.data.len() as u64 > target.soft_bytes {
                    std::mem::swap(&mut self.account, &mut self.too_large);
                }
                0
            }
        };
        let used = if rows { self.pacer.used() } else { Used::one(attempt.qindex) };
        Ok(CodedFrame { unit, used, attempts: 1, thrifty: attempt.thrift > 0, turn })
    }

    fn discard(&mut self, coded: Option<CodedFrame>) {
        if let Some(coded) = coded {
            self.stream.discard(coded.unit);
        }
    }

    fn dropped(&mut self, timestamp: u64, facts: &FrameFacts, reason: DropReason) -> EncodeOutcome {
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            controller.dropped(facts, reason);
        }
        self.left_out(timestamp, reason)
    }

    fn left_out(&mut self, timestamp: u64, reason: DropReason) -> EncodeOutcome {
        self.last_timestamp = Some(timestamp);
        self.since_key = self.since_key.saturating_add(1);
        EncodeOutcome::Dropped(DroppedFrame { timestamp, reason })
    }

    fn stats(
        &self,
        target: &Target,
        unit: &FinishedUnit,
        used: &Used,
        attempts: usize,
    ) -> FrameStats {
        let controlled = match &self.quantizer {
            QuantizerSource::Rate(controller) => Some(controller),
            QuantizerSource::Constant(_) => None,
        };
        let [modes, motion, coefficients] = unit.spent.map(|bits| bits as u32);
        let total = unit.data.len() as u32 * 8;
        let limited = controlled.is_some() || self.max_frame_bytes.is_some();
        FrameStats {
            target_bits: (target.bits > 0).then_some(target.bits as u32),
            max_bits: limited.then(|| u32::try_from(target.max_bytes * 8).unwrap_or(u32::MAX)),
            bits: FrameBits {
                headers: total - modes - motion - coefficients,
                modes,
                motion,
                coefficients,
            },
            delay: controlled.map(|controller| Duration::from_secs_f64(controller.delay())),
            qindex_mean: used.mean as f32,
            qindex_min: used.least,
            qindex_max: used.greatest,
            reason: if attempts > 1 { QindexReason::Corrected } else { target.reason },
            skipped: unit.skipped,
            attempts: attempts as u8,
        }
    }

    fn unit(
        &mut self,
        timestamp: u64,
        plan: &FramePlan,
        unit: FinishedUnit,
        stats: FrameStats,
    ) -> TemporalUnit {
        let (id, dependencies) = self.ids.coded(plan.slots_read(), plan.refresh);
        let frame = unit::CodedFrame {
            id,
            dependencies,
            temporal_id: plan.layer.temporal_id,
            spatial_id: plan.layer.spatial_id,
            qindex: unit.qindex,
            width: self.width,
            height: self.height,
            stats: Some(stats),
            reconstruction: self.reconstruction.then(|| self.picture(&unit.reference)),
        };
        TemporalUnit {
            data: Bytes::from(unit.data),
            timestamp,
            key_frame: plan.key_frame,
            frames: vec![frame],
        }
    }

    fn picture(&self, reference: &Reference) -> PictureBuffer {
        let mut picture =
            PictureBuffer::new(self.width, self.height).expect("settings have a checked size");
        for (index, plane) in reference.planes.iter().enumerate() {
            let rows = picture.plane_mut(index).chunks_exact_mut(plane.width);
            for (y, row) in rows.enumerate() {
                row.copy_from_slice(plane.row(0, y as isize, plane.width));
            }
        }
        picture
    }
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
            max_threads: self.stream.most_threads().min(MAX_THREADS),
        }
    }

    fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError> {
        let timestamp = frame.timestamp();
        if let QuantizerSource::Rate(controller) = &mut self.quantizer
            && controller.paused()
        {
            // Not looked at, so that what comes after the pause is compared with what came before.
            controller.pause(
                self.last_timestamp.map_or(0.0, |last| (timestamp - last) as f64 * self.tick),
            );
            return Ok(self.left_out(timestamp, DropReason::Paused));
        }
        self.import(frame);
        let analysis = self.search.analyse(&self.source);
        let due = self.key_interval.is_some_and(|interval| self.since_key >= interval);
        let plan = self.plan.next(options.key_frame || due);
        let facts = self.facts(timestamp, &plan, analysis);
        let target = match self.decide(&facts, options.qindex) {
            Decision::Code(target) => target,
            Decision::Drop(reason) => return Ok(self.dropped(timestamp, &facts, reason)),
        };
        let failed = |error: BitstreamError| EncodeError::Engine {
            engine: NAME,
            message: error.to_string(),
        };
        let references = self.stream.references((!plan.key_frame).then_some(&plan.reads));
        self.search.prepare(&self.source, &references);
        // References that the slots lose are free only without them.
        drop(references);
        let Some(coded) = self.code(&plan, &target).map_err(failed)? else {
            return Ok(self.dropped(timestamp, &facts, DropReason::Ceiling));
        };
        let CodedFrame { unit, used, attempts, thrifty, turn } = coded;
        let unit = self.stream.finish(unit).map_err(failed)?;
        self.turn = turn;

        self.plan.commit(&plan);
        self.last_timestamp = Some(timestamp);
        self.since_key = if plan.key_frame { 1 } else { self.since_key.saturating_add(1) };
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            let outcome = Outcome { used, thrifty, bytes: unit.data.len() as u64 };
            controller.coded(&facts, &outcome);
        }
        let stats = self.stats(&target, &unit, &used, attempts);
        let unit = self.unit(timestamp, &plan, unit, stats);
        Ok(EncodeOutcome::Unit(unit))
    }

    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        Ok(None)
    }

    fn set_rates(&mut self, rates: Rates) -> Result<(), ConfigError> {
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
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
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            controller.set_qindex_range(range);
        }
        Ok(())
    }

    fn set_size(&mut self, settings: &Settings) -> Result<(), ConfigError> {
        let Pictures { stream, search, source } = Pictures::new(settings, self.isa)?;
        (self.stream, self.search, self.source) = (stream, search, source);
        self.plan = GoldenPlan::default();
        (self.pacer, self.turn) = (RowPacer::default(), 0);
        (self.account, self.too_large) = (Account::default(), Account::default());
        (self.width, self.height) = (settings.width, settings.height);
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            controller.resize(f64::from(self.width) * f64::from(self.height));
        }
        Ok(())
    }

    fn sequence_header(&self) -> Result<&SequenceHeader, ConfigError> {
        Ok(self.stream.sequence())
    }

    fn set_speed(&mut self, speed: Speed) -> Result<(), ConfigError> {
        self.speed = speed.level();
        self.search.set_speed(self.speed);
        Ok(())
    }

    fn set_limits(&mut self, limits: SendLimits) -> Result<(), ConfigError> {
        self.max_frame_bytes = limits.max_frame_bytes;
        if let QuantizerSource::Rate(controller) = &mut self.quantizer {
            *controller.limits_mut() = self::limits(limits);
        }
        Ok(())
    }
}

/// The superblocks of an attempt.
struct Superblocks<'a> {
    /// The quantizer index of the row.
    qindex: u8,
    /// The row of superblocks of a tile, by coding order.
    row: Option<usize>,
    pacer: &'a mut RowPacer,
    account: &'a mut Account,
    too_large: &'a Account,
    sparing: Option<Sparing>,
}

impl SuperblockControl for Superblocks<'_> {
    fn superblock(&mut self, place: SuperblockPlace, bits: u64) -> Option<SuperblockChoice> {
        let Some(sparing) = &mut self.sparing else {
            if self.row.replace(place.tile_row) != Some(place.tile_row) {
                self.qindex = self.pacer.row(place.tile_row, bits);
            }
            self.account.begins(self.qindex, bits);
            return Some(SuperblockChoice { qindex: self.qindex, thrift: 0 });
        };
        let log_step = sparing.log_step(self.too_large, place.index, bits);
        let qindex = self.pacer.fixed(place.index, log_step);
        Some(SuperblockChoice { qindex, thrift: if log_step.is_some() { 0 } else { MOST_THRIFT } })
    }
}

fn qindex_range(settings: &Settings) -> QindexRange {
    QindexRange { least: settings.min_qindex, most: settings.max_qindex }
}

fn limits(limits: SendLimits) -> Limits {
    let wire = limits.wire;
    Limits {
        max_delay: limits.max_delay.as_secs_f64(),
        max_frame_bytes: limits.max_frame_bytes,
        wire: Wire { packet_overhead: wire.packet_overhead, max_payload: wire.max_payload },
    }
}
