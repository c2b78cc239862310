//! One-pass control of the rate: how coarsely to quantize the next frame, or to leave it out.
//!
//! A [`Bucket`](bucket::Bucket) drains at the target rate and takes the bits of each frame; what is
//! in it is the delay that the link adds. [`Limits`] say what no frame may break. Before each inter
//! frame the controller sets a budget that brings the bucket back to its resting level, and the
//! [`Model`] says at which step the plan's mix of levels would cost that much. [`RowPacer`] holds a
//! frame to its budget from within, [`Attempts`] from without, and where nothing else helps
//! [`Sparing`] gives coefficients to some of its superblocks only. Time comes in as seconds between
//! frames, so uneven timestamps are followed; there is no clock.

mod attempts;
mod bucket;
mod limits;
mod model;
mod pacing;
mod qindex_range;
mod reason;
mod rows;
#[cfg(test)]
mod simulation;
mod sparing;
#[cfg(test)]
mod tests;

pub(crate) use self::attempts::{Attempt, Attempts, Next};
use self::bucket::Bucket;
pub(crate) use self::limits::{Limits, Wire};
use self::model::Model;
pub(crate) use self::model::{Class, Complexity};
use self::pacing::Pacing;
pub(crate) use self::qindex_range::QindexRange;
pub use self::reason::{DropReason, QindexReason};
pub(crate) use self::rows::{DELTA_Q_RES, RowPacer, RowTarget, Used};
pub(crate) use self::sparing::{Account, Budget, Sparing};
use crate::av1::tables::quantizer::AC_QLOOKUP;
use crate::kernels::logarithm::{exp2, log2};
use crate::layers::{Cascade, Level};

/// The delay before a frame that the bucket is led back to, enough that the link does not run dry
/// when a frame turns out small: seconds, or frame intervals if that is more; at most a share of
/// what the limit leaves beside a frame.
const RESTING: f64 = 0.044;
const RESTING_INTERVALS: f64 = 0.7;
const RESTING_SHARE: f64 = 0.55;
/// Seconds over which the bucket is led back from above, and from below, where the link runs dry.
const HORIZON: f64 = 0.4;
const FILL_HORIZON: f64 = 0.15;
/// Frames over which what is above the usual delay is led back.
const EXCESS_FRAMES: f64 = 3.0;
/// Delay after a key frame, or one that is new altogether, as a share of the limit; at most so many
/// seconds.
const KEY_DELAY: f64 = 0.90;
const MOST_KEY_DELAY: f64 = 0.3;
/// A key frame waits until it has this share of the limit to itself.
const LEAST_KEY: f64 = 0.35;
/// Delay after an inter frame that is not to be passed: a share of the limit, or the resting delay
/// and frame intervals, up to another share.
const USUAL_DELAY: f64 = 0.45;
const USUAL_INTERVALS: f64 = 1.6;
const MOST_DELAY: f64 = 0.9;
/// The least room of an inter frame that is coded at all, as a share of the rate's bits in a frame
/// interval, and in bytes.
const LEAST_ROOM: f64 = 0.25;
const LEAST_BYTES: u64 = 28;
/// The same of a key frame, in bytes.
const LEAST_KEY_BYTES: u64 = 60;
/// Bounds of a frame's budget, as shares of the rate's bits in a frame interval.
const LEAST_BUDGET: f64 = 0.36;
const MOST_BUDGET: f64 = 2.0;
/// A key frame is coded again if it took less than this share of its target.
const POOR: f64 = 0.75;
/// So is another frame if the link would be busy for less than this share of the interval, also
/// where frames are at least so many seconds apart.
const LEAST_BUSY: f64 = 0.8;
const SLOW: f64 = 0.06;
const BUSY: f64 = 0.97;
/// How far the step may fall, also while the link is idle, and rise from one frame to the next, in
/// octaves.
const FALL: f64 = 0.3;
const IDLE_FALL: f64 = 0.8;
const RISE: f64 = 0.6;
/// How much finer than a key frame those after it are taken to be at once, in octaves.
const AFTER_KEY: f64 = 0.3;
/// Share of an interval between two frames that the mean interval takes over.
const INTERVAL_GAIN: f64 = 0.2;
/// An interval counts as at most this many mean ones.
const LONGEST_INTERVAL: f64 = 5.0;
/// What was learnt of differences may not hold where they are this many times those before.
const RISES: f32 = 1.6;

/// A frame as the controller sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameFacts {
    /// Seconds since the frame before, coded or not; 0 for the first.
    pub(crate) elapsed: f64,
    /// Class.
    pub(crate) class: Class,
    /// Complexity.
    pub(crate) complexity: Complexity,
}

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Decision {
    /// Leave it out.
    Drop(DropReason),
    /// Code it.
    Code(Target),
}

/// What a frame is to become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    /// `base_q_idx`, 1 to 255.
    pub(crate) qindex: u8,
    /// The indices that the frame and its rows should have.
    pub(crate) range: QindexRange,
    /// Why.
    pub(crate) reason: QindexReason,
    /// Bits of the temporal unit that are aimed at.
    pub(crate) bits: u64,
    /// Bytes of the temporal unit that should not be passed.
    pub(crate) soft_bytes: u64,
    /// Bytes of the temporal unit that must not be passed.
    pub(crate) max_bytes: u64,
    /// Whether small misses matter too.
    pub(crate) exact: bool,
    /// Bytes of the temporal unit below which the frame should be coded again.
    pub(crate) poor_bytes: u64,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// The quantizers of its rows.
    pub(crate) used: Used,
    /// Whether bits were dearer than usual.
    pub(crate) thrifty: bool,
    /// Bytes of the temporal unit.
    pub(crate) bytes: u64,
}

/// Holds the rate of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    /// Bit/s, above 0: while sending is paused, the rate before the pause.
    rate: f64,
    /// Whether sending is paused.
    paused: bool,
    limits: Limits,
    /// The indices that the caller wants frames and rows to have.
    qindex_range: QindexRange,
    /// Mean seconds between the frames that are wanted.
    interval: f64,
    /// The longest of the last intervals: the link must not run dry in it.
    longest: f64,
    /// Seconds from the last wanted frame to the last frame.
    unwanted: f64,
    /// Seconds since the last coded frame.
    since_coded: f64,
    bucket: Bucket,
    model: Model,
    pacing: Pacing,
    cascade: Cascade,
    /// log₂ of the step that offsets of levels are from, of the frame before.
    last: Option<f64>,
    /// Mean difference of the frame before.
    temporal: f32,
    /// Whether the step may move without limits: rate, frame rate or kind of frame changed.
    free: bool,
}

/// What a [`Controller`] is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControllerSettings {
    /// Target rate in bit/s.
    pub(crate) rate: f64,
    /// Nominal frames a second.
    pub(crate) frame_rate: f64,
    /// Luma samples of a picture.
    pub(crate) samples: f64,
    /// Limits.
    pub(crate) limits: Limits,
    /// Whether frames are left out while the quantizer is coarse.
    pub(crate) adaptive_frame_rate: bool,
    /// The plan's levels.
    pub(crate) cascade: Cascade,
}

impl Controller {
    /// A controller with these settings.
    pub(crate) fn new(settings: ControllerSettings) -> Self {
        let ControllerSettings { rate, frame_rate, samples, limits, cascade, .. } = settings;
        Self {
            rate,
            paused: false,
            limits,
            qindex_range: QindexRange::default(),
            interval: frame_rate.recip(),
            longest: frame_rate.recip(),
            unwanted: 0.0,
            since_coded: 0.0,
            bucket: Bucket::default(),
            model: Model::new(samples),
            pacing: Pacing::new(samples, frame_rate, settings.adaptive_frame_rate),
            cascade,
            last: None,
            temporal: 0.0,
            free: true,
        }
    }

    /// Another rate in bit/s from the next frame on. 0 pauses: every frame is dropped with
    /// [`DropReason::Paused`] while the bucket goes on draining at the rate before, until there is a
    /// rate again. Nothing else is forgotten, so the frames after a pause need no key frame.
    pub(crate) fn set_rate(&mut self, rate: f64) {
        self.paused = rate <= 0.0;
        if !self.paused {
            self.rate = rate;
        }
        self.free = true;
    }

    /// Whether the rate is 0.
    pub(crate) fn paused(&self) -> bool {
        self.paused
    }

    /// Pictures of `samples` luma samples from the next frame on, which must be a key frame. Bucket,
    /// limits, intervals and what the model has learnt of content stay.
    pub(crate) fn resize(&mut self, samples: f64) {
        self.model.resize(samples);
        self.pacing.resize(samples);
        self.free = true;
    }

    /// Bounds of the quantizer index from the next frame on. No frame is coded finer than `least`,
    /// or coarser than `most` for the sake of the rate; the bound on delay wins over `most`: a frame
    /// that would break it is coded coarser.
    pub(crate) fn set_qindex_range(&mut self, range: QindexRange) {
        self.qindex_range = range;
        self.free = true;
    }

    /// Another nominal frame rate from the next frame on.
    pub(crate) fn set_frame_rate(&mut self, frame_rate: f64) {
        self.interval = frame_rate.recip();
        self.longest = self.interval;
        self.pacing.set_frame_rate(frame_rate);
        self.free = true;
    }

    /// The limits, to be changed from the next frame on.
    pub(crate) fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }

    /// How long the link will take for what waits, in seconds.
    pub(crate) fn delay(&self) -> f64 {
        self.bucket.bits() / self.rate
    }

    /// What to do with a frame; nothing changes before [`coded`](Self::coded) or
    /// [`dropped`](Self::dropped) tells what became of it.
    pub(crate) fn pick(&self, frame: &FrameFacts) -> Decision {
        if self.paused {
            return Decision::Drop(DropReason::Paused);
        }
        let overhead = self.limits.wire.packet_overhead;
        let key = frame.class == Class::Key;
        if !key && self.pacing.leaves_out(frame.elapsed, self.rate, overhead) {
            return Decision::Drop(DropReason::FrameRate);
        }
        let waiting = self.bucket.after(frame.elapsed, self.rate).bits();
        let interval = self.interval_with(frame.elapsed);
        let usual = self.rate * interval;
        let max_bytes = self.limits.max_bytes(self.rate, waiting);
        let alone = Limits { max_frame_bytes: None, ..self.limits };
        let room = (alone.max_bytes(self.rate, waiting) * 8) as f64;
        let (least_room, least_bytes) = if key {
            (LEAST_KEY * self.limits.max_delay * self.rate, LEAST_KEY_BYTES)
        } else {
            (LEAST_ROOM * usual, LEAST_BYTES)
        };
        if room < least_room.min(0.9 * self.limits.max_delay * self.rate)
            || room < (least_bytes * 8) as f64
        {
            return Decision::Drop(DropReason::LinkFull);
        }
        Decision::Code(self.target(frame, waiting, interval, max_bytes))
    }

    fn target(&self, frame: &FrameFacts, waiting: f64, interval: f64, max_bytes: u64) -> Target {
        let usual = self.rate * interval;
        let most = (max_bytes * 8) as f64;
        let max_delay = self.limits.max_delay;
        let (wire_bits, soft, log_step, reason) = match frame.class {
            Class::Key | Class::Fresh => {
                let delay = (KEY_DELAY * max_delay).min(MOST_KEY_DELAY);
                let least = match frame.class {
                    Class::Key => (LEAST_KEY * max_delay * self.rate).max(usual),
                    _ => usual,
                };
                let bits = (delay * self.rate - waiting).max(least).min(0.96 * most);
                let step = self.model.log_step_alone(frame.class, frame.complexity, bits);
                let reason = match frame.class {
                    Class::Key => QindexReason::KeyFrame,
                    _ => QindexReason::NewContent,
                };
                (bits, most, step, reason)
            }
            Class::Inter(level) => self.inter(frame, level, waiting, interval, most),
        };
        let soft = soft - soft % 8.0;
        let bits = self.payload(wire_bits).min(soft);
        // Such a small frame would leave the link idle.
        let poor = match frame.class {
            Class::Key | Class::Fresh => POOR * bits,
            Class::Inter(_) if interval >= SLOW => (BUSY * usual - waiting).min(0.95 * bits),
            Class::Inter(_) => (LEAST_BUSY * usual - waiting).min(0.6 * bits),
        };
        let wanted = nearest_qindex(log_step);
        let qindex = self.qindex_range.clamp(wanted);
        let reason = if qindex == wanted { reason } else { QindexReason::Range };
        Target {
            qindex,
            range: self.qindex_range,
            reason,
            bits: bits as u64,
            soft_bytes: (soft / 8.0) as u64,
            max_bytes,
            exact: interval >= SLOW || frame.class == Class::Key,
            poor_bytes: (poor / 8.0) as u64,
        }
    }

    /// Budget, bits that should not be passed, log₂ of the step, and its reason, of an ordinary inter
    /// frame.
    fn inter(
        &self,
        frame: &FrameFacts,
        level: Level,
        waiting: f64,
        interval: f64,
        most: f64,
    ) -> (f64, f64, f64, QindexReason) {
        let (second, usual) = (self.rate, self.rate * interval);
        let max_delay = self.limits.max_delay;
        let resting = RESTING
            .max(RESTING_INTERVALS * self.longest_with(frame.elapsed))
            .min(RESTING_SHARE * (max_delay - interval).max(0.0));
        let usual_delay = (USUAL_DELAY * max_delay)
            .max(resting + USUAL_INTERVALS * interval)
            .min(MOST_DELAY * max_delay);
        let horizon = if waiting > resting * second { HORIZON } else { FILL_HORIZON };
        let frames = (horizon / interval).max(2.0);
        let excess = (waiting + usual - usual_delay * second).max(0.0);
        let correction = (resting * second - waiting) / frames - excess / EXCESS_FRAMES;
        let bits = (usual + correction).clamp(LEAST_BUDGET * usual, MOST_BUDGET * usual);
        let Cascade { octaves, shares } = &self.cascade;
        let mix = Level::ALL
            .map(|level| (Class::Inter(level), shares[level.index()], octaves[level.index()]));
        let alone =
            |class, bits| self.model.log_step_alone(class, frame.complexity, self.payload(bits));
        let mut base = self.model.log_step(mix.into_iter(), frame.complexity, self.payload(bits));
        if self.rises(frame) {
            base = base.min(alone(Class::Fresh, bits));
        }
        let limited = self.limited(base, waiting);
        let step = limited + octaves[level.index()];
        let room = (usual_delay * second - waiting).max(LEAST_BUDGET * usual).min(0.9 * most);
        let mut bound = alone(frame.class, room);
        if self.rises(frame) {
            bound = bound.min(alone(Class::Fresh, room));
        }
        let share = level_share(&self.cascade, level);
        let share = if interval >= SLOW { share.max(1.0) } else { share };
        let aim = (bits * share).min(room);
        let (step, reason) = if step < bound {
            (bound, QindexReason::Delay)
        } else if limited != base {
            (step, QindexReason::Steadiness)
        } else {
            (step, QindexReason::Budget)
        };
        (aim, self.payload(room), step, reason)
    }

    /// Whether a frame differs so much more from the one before it than that one did, that what was
    /// learnt of differences may not hold.
    fn rises(&self, frame: &FrameFacts) -> bool {
        frame.complexity.temporal > RISES * self.temporal + 0.5
    }

    /// The bits of a unit that takes `bits` on the wire.
    fn payload(&self, bits: f64) -> f64 {
        let overhead = f64::from(self.limits.wire.packet_overhead);
        (bits - 8.0 * overhead).max(8.0 * LEAST_BYTES as f64)
    }

    /// The frame was coded.
    pub(crate) fn coded(&mut self, frame: &FrameFacts, outcome: &Outcome) {
        self.pass(frame.elapsed, true);
        self.bucket = self.bucket.with(self.limits.wire_bits(outcome.bytes));
        let Used { mean, greatest, log_step, .. } = outcome.used;
        // Lossless frames follow another law, and so do those that had to be small.
        if greatest > 0 && !outcome.thrifty {
            let bits = (outcome.bytes * 8) as f64;
            self.model.learn(frame.class, frame.complexity, log_step, bits);
        }
        let base = match frame.class {
            Class::Key | Class::Fresh => log_step - AFTER_KEY,
            Class::Inter(level) => log_step - self.cascade.octaves[level.index()],
        };
        self.last = match self.last {
            // A part of the picture was coded so finely that all of it would have been too much.
            Some(last) if outcome.thrifty => Some(base.max(last)),
            _ => Some(base),
        };
        self.temporal = frame.complexity.temporal;
        self.free = false;
        self.pacing.coded(mean, self.since_coded);
        self.since_coded = 0.0;
    }

    /// The frame was left out.
    pub(crate) fn dropped(&mut self, frame: &FrameFacts, reason: DropReason) {
        match reason {
            DropReason::Paused => self.pause(frame.elapsed),
            _ => self.pass(frame.elapsed, reason != DropReason::FrameRate),
        }
    }

    /// A frame was left out because the rate is 0, `elapsed` seconds after the one before. That says
    /// nothing of how coarse frames are.
    pub(crate) fn pause(&mut self, elapsed: f64) {
        let since_coded = self.since_coded;
        self.pass(elapsed, true);
        self.since_coded = since_coded;
    }

    fn pass(&mut self, elapsed: f64, wanted: bool) {
        self.bucket = self.bucket.after(elapsed, self.rate);
        self.since_coded += elapsed;
        self.pacing.pass(elapsed, wanted);
        if wanted {
            (self.longest, self.interval) =
                (self.longest_with(elapsed), self.interval_with(elapsed));
            self.unwanted = 0.0;
        } else {
            self.unwanted += elapsed;
        }
    }

    /// The mean interval with the one before this frame.
    fn interval_with(&self, elapsed: f64) -> f64 {
        let elapsed = elapsed + self.unwanted;
        if elapsed <= 0.0 {
            return self.interval;
        }
        let counted = elapsed.min(LONGEST_INTERVAL * self.interval);
        self.interval + INTERVAL_GAIN * (counted - self.interval)
    }

    /// The longest interval with the one before this frame: it is forgotten as the mean is learnt.
    fn longest_with(&self, elapsed: f64) -> f64 {
        let elapsed = elapsed + self.unwanted;
        let faded = self.longest + INTERVAL_GAIN * (self.interval - self.longest);
        faded.max(elapsed.min(LONGEST_INTERVAL * self.interval))
    }

    /// `base`, not too far from that of the frame before.
    fn limited(&self, base: f64, waiting: f64) -> f64 {
        let fall = if waiting > 0.0 { FALL } else { IDLE_FALL };
        match self.last {
            Some(last) if !self.free => base.clamp(last - fall, last + RISE),
            _ => base,
        }
    }
}

/// The bits of a frame of `level` over those of the mean frame, by the model's exponent.
fn level_share(cascade: &Cascade, level: Level) -> f64 {
    let cost = |level: Level| exp2(-model::INTER_EXPONENT * cascade.octaves[level.index()]);
    let mean: f64 = Level::ALL.map(|l| cascade.shares[l.index()] * cost(l)).iter().sum();
    cost(level) / mean
}

/// log₂ of luma's AC step at `qindex`, in samples.
fn log_step_of(qindex: u8) -> f64 {
    log2(f64::from(AC_QLOOKUP[0][usize::from(qindex)])) - 3.0
}

/// The index, 1 to 255, whose step is nearest, by ratio.
fn nearest_qindex(log_step: f64) -> u8 {
    let (mut below, mut above) = (1, 255);
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if log_step_of(middle) >= log_step {
            above = middle;
        } else {
            below = middle;
        }
    }
    let nearer_below = log_step - log_step_of(below) < log_step_of(above) - log_step;
    if nearer_below { below } else { above }
}
