//! One-pass control of the rate: how coarsely to quantize the next frame, or to leave it out.
//!
//! A [`Bucket`](bucket::Bucket) drains at the target rate and takes the bits of each frame; what is
//! in it is the delay that the link adds. Before each inter frame the controller sets a budget that
//! brings the bucket back to [`RESTING`] over [`HORIZON`], and the [`Model`] says at which step the
//! plan's mix of levels would cost that much. Time comes in as seconds between frames, so uneven
//! timestamps are followed; there is no clock.

mod bucket;
mod logarithm;
mod model;
#[cfg(test)]
mod tests;

use self::bucket::Bucket;
use self::logarithm::log2;
use self::model::Model;
pub(crate) use self::model::{Class, Complexity};
use crate::av1::tables::quantizer::AC_QLOOKUP;
use crate::layers::{Cascade, Level};

/// The delay before a frame that the bucket is led back to, enough that the link does not run dry
/// when a frame turns out small: seconds, or frame intervals if that is more.
const RESTING: f64 = 0.040;
const RESTING_INTERVALS: f64 = 0.7;
/// Seconds over which the bucket is led back.
const HORIZON: f64 = 0.4;
/// Delay after a key frame, in seconds.
const KEY_DELAY: f64 = 0.150;
/// The least that a key frame gets even if the link is busy, in seconds of the rate.
const LEAST_KEY: f64 = 0.060;
/// A frame is left out when the bucket holds more than this before it, in seconds.
const FULL: f64 = 0.180;
/// Delay after an inter frame that is not to be passed: seconds, or frame intervals beside the
/// resting delay.
const MOST_DELAY: f64 = 0.180;
const MOST_INTERVALS: f64 = 2.5;
/// The least room of an inter frame that is coded at all, as a share of the rate's bits in a frame
/// interval.
const LEAST_ROOM: f64 = 0.4;
/// Bounds of a frame's budget, as shares of the rate's bits in a frame interval.
const LEAST_BUDGET: f64 = 0.25;
const MOST_BUDGET: f64 = 2.0;
/// How far the step may fall, also while the link is idle, and rise from one frame to the next, in
/// octaves.
const FALL: f64 = 0.3;
const IDLE_FALL: f64 = 0.8;
const RISE: f64 = 0.6;
/// Share of an interval between two frames that the mean interval takes over.
const INTERVAL_GAIN: f64 = 0.2;
/// An interval counts as at most this many mean ones.
const LONGEST_INTERVAL: f64 = 5.0;

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
    Drop,
    /// Code it.
    Code {
        /// `base_q_idx`, 1 to 255.
        qindex: u8,
        /// Bits above which the link would fall behind: the bound for whoever codes the frame
        /// again.
        max_bits: u64,
    },
}

/// Holds the rate of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    /// Bit/s.
    rate: f64,
    /// Mean seconds between frames.
    interval: f64,
    /// The longest of the last intervals: the link must not run dry in it.
    longest: f64,
    bucket: Bucket,
    model: Model,
    cascade: Cascade,
    /// log₂ of the step that offsets of levels are from, of the frame before.
    last: Option<f64>,
    /// Whether the step may move without limits: rate, frame rate or kind of frame changed.
    free: bool,
}

impl Controller {
    /// A controller of `rate` bit/s at `frame_rate` frames a second for pictures of `samples` luma
    /// samples, in a plan with these levels.
    pub(crate) fn new(rate: f64, frame_rate: f64, samples: f64, cascade: Cascade) -> Self {
        Self {
            rate,
            interval: frame_rate.recip(),
            longest: frame_rate.recip(),
            bucket: Bucket::default(),
            model: Model::new(samples),
            cascade,
            last: None,
            free: true,
        }
    }

    /// Another rate in bit/s from the next frame on.
    pub(crate) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
        self.free = true;
    }

    /// Another nominal frame rate from the next frame on.
    pub(crate) fn set_frame_rate(&mut self, frame_rate: f64) {
        self.interval = frame_rate.recip();
        self.longest = self.interval;
        self.free = true;
    }

    /// What to do with a frame; nothing changes before [`coded`](Self::coded) or
    /// [`dropped`](Self::dropped) tells what became of it.
    pub(crate) fn pick(&self, frame: &FrameFacts) -> Decision {
        let waiting = self.bucket.after(frame.elapsed, self.rate).bits();
        let second = self.rate;
        if waiting > FULL * second {
            return Decision::Drop;
        }
        let interval = self.interval_with(frame.elapsed);
        let usual = second * interval;
        let alone = [(frame.class, 1.0, 0.0)].into_iter();
        let (log_step, most) = match frame.class {
            Class::Key => {
                let room = KEY_DELAY * second - waiting;
                let bits = room.max(LEAST_KEY * second).max(usual);
                (self.model.log_step(alone, frame.complexity, bits), bits)
            }
            Class::Inter(level) => {
                let resting =
                    RESTING.max(RESTING_INTERVALS * self.longest_with(frame.elapsed)) * second;
                let frames = (HORIZON / interval).max(2.0);
                let correction = (resting - waiting) / frames;
                let bits = (usual + correction).clamp(LEAST_BUDGET * usual, MOST_BUDGET * usual);
                let Cascade { octaves, shares } = &self.cascade;
                let mix = Level::ALL.map(|level| {
                    (Class::Inter(level), shares[level.index()], octaves[level.index()])
                });
                let base = self.model.log_step(mix.into_iter(), frame.complexity, bits);
                let step = self.limited(base, waiting) + octaves[level.index()];
                let delay = (MOST_DELAY * second).max(resting + MOST_INTERVALS * usual);
                let most = (delay - waiting).max(LEAST_ROOM * usual);
                (step.max(self.model.log_step(alone, frame.complexity, most)), most)
            }
        };
        Decision::Code { qindex: nearest_qindex(log_step), max_bits: most as u64 }
    }

    /// The frame was coded into `bits` with `qindex`, which need not be the one that was picked.
    pub(crate) fn coded(&mut self, frame: &FrameFacts, qindex: u8, bits: u64) {
        self.pass(frame.elapsed);
        let bits = bits as f64;
        self.bucket = self.bucket.with(bits);
        let log_step = log_step_of(qindex);
        // Lossless frames follow another law.
        if qindex > 0 {
            self.model.learn(frame.class, frame.complexity, log_step, bits);
        }
        self.last = Some(match frame.class {
            Class::Key => log_step,
            Class::Inter(level) => log_step - self.cascade.octaves[level.index()],
        });
        self.free = false;
    }

    /// The frame was left out.
    pub(crate) fn dropped(&mut self, frame: &FrameFacts) {
        self.pass(frame.elapsed);
    }

    fn pass(&mut self, elapsed: f64) {
        self.bucket = self.bucket.after(elapsed, self.rate);
        self.longest = self.longest_with(elapsed);
        self.interval = self.interval_with(elapsed);
    }

    /// The mean interval with the one before this frame.
    fn interval_with(&self, elapsed: f64) -> f64 {
        if elapsed <= 0.0 {
            return self.interval;
        }
        let counted = elapsed.min(LONGEST_INTERVAL * self.interval);
        self.interval + INTERVAL_GAIN * (counted - self.interval)
    }

    /// The longest interval with the one before this frame: it is forgotten as the mean is learnt.
    fn longest_with(&self, elapsed: f64) -> f64 {
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

/// log₂ of luma's AC step at `qindex`, in samples.
fn log_step_of(qindex: u8) -> f64 {
    log2(f64::from(AC_QLOOKUP[0][usize::from(qindex)])) - 3.0
}

/// The index, 1 to 255, whose step is nearest, by ratio.
fn nearest_qindex(log_step: f64) -> u8 {
    let above = (1..=255).find(|&qindex| log_step_of(qindex) >= log_step).unwrap_or(255);
    let below = above.max(2) - 1;
    let nearer_below = log_step - log_step_of(below) < log_step_of(above) - log_step;
    if nearer_below { below } else { above }
}
