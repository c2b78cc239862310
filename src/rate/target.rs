//! What a frame is to become: its budget, its ceilings, and the step at which the model meets them.

use super::controller::Controller;
use super::model::{Class, Complexity};
use super::tuning::budget::{
    BUSY_POOR, BUSY_POOR_SLOW, DRAIN_HORIZON, EXCESS_FRAMES, FILL_HORIZON, KEY_CEILING_SHARE,
    KEY_DELAY_MOST, KEY_DELAY_SHARE, KEY_POOR, KEY_ROOM, LATE_MARGIN, LATE_SHARE, LEAST_BUDGET,
    LEAST_BUSY, LEAST_BUSY_SLOW, LEAST_BYTES, MOST_BUDGET, RESTING_DELAY, RESTING_INTERVALS,
    RESTING_SHARE, RISES, SLOW_INTERVAL, SOFT_CEILING_SHARE, SOFT_DELAY_INTERVALS, SOFT_DELAY_MOST,
    STEP_FALL, STEP_FALL_IDLE, STEP_RISE,
};
use super::tuning::model::INTER_EXPONENT;
use super::{DropReason, QindexRange, QindexReason, Residual, Used, nearest_qindex};
use crate::kernels::logarithm::exp2;
use crate::layers::{PYRAMID_LEVELS, PyramidLevel};

/// A frame as the controller sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameFacts {
    /// Seconds since the frame before, coded or not; 0 for the first.
    pub(crate) elapsed: f64,
    /// Class.
    pub(crate) class: Class,
    /// Temporal layer.
    pub(crate) temporal_id: u8,
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
    /// What was left of the residual.
    pub(crate) residual: Residual,
    /// Bytes of the temporal unit.
    pub(crate) bytes: u64,
}

impl Controller {
    pub(super) fn target(
        &self,
        frame: &FrameFacts,
        waiting: f64,
        interval: f64,
        max_bytes: u64,
    ) -> Target {
        let usual = self.rate * interval;
        let most = (max_bytes * 8) as f64;
        let max_delay = self.limits.max_delay;
        let (wire_bits, soft, log_step, reason) = match frame.class {
            Class::Key | Class::SceneCut => {
                let delay = (KEY_DELAY_SHARE * max_delay).min(KEY_DELAY_MOST);
                let least = match frame.class {
                    Class::Key => (KEY_ROOM * max_delay * self.rate).max(usual),
                    _ => usual,
                };
                let bits = (delay * self.rate - waiting).max(least).min(KEY_CEILING_SHARE * most);
                let step = self.model.log_step_alone(frame.class, frame.complexity, bits);
                let reason = match frame.class {
                    Class::Key => QindexReason::KeyFrame,
                    _ => QindexReason::SceneCut,
                };
                (bits, most, step, reason)
            }
            Class::Inter(level) => self.inter(frame, level, waiting, interval, most),
        };
        let soft = soft - soft % 8.0;
        let bits = self.payload(wire_bits).min(soft);
        // Such a small frame would leave the link idle.
        let poor = match frame.class {
            Class::Key | Class::SceneCut => KEY_POOR * bits,
            Class::Inter(_) if interval >= SLOW_INTERVAL => {
                (LEAST_BUSY_SLOW * usual - waiting).min(BUSY_POOR_SLOW * bits)
            }
            Class::Inter(_) => (LEAST_BUSY * usual - waiting).min(BUSY_POOR * bits),
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
            exact: interval >= SLOW_INTERVAL || frame.class == Class::Key,
            poor_bytes: (poor / 8.0) as u64,
        }
    }

    /// Budget, bits that should not be passed, log₂ of the step, and its reason, of an ordinary inter
    /// frame.
    fn inter(
        &self,
        frame: &FrameFacts,
        level: PyramidLevel,
        waiting: f64,
        interval: f64,
        most: f64,
    ) -> (f64, f64, f64, QindexReason) {
        let slow = interval >= SLOW_INTERVAL;
        // The next frame may come so much later than frames do in the mean.
        let late = (self.longest_with(frame.elapsed) - interval).max(0.0);
        let link = self.link_of(frame, waiting, interval);
        let Link { second, waiting, interval, .. } = link;
        let usual = second * interval;
        let max_delay = self.limits.max_delay;
        let resting = RESTING_DELAY
            .max(RESTING_INTERVALS * interval + late)
            .min(RESTING_SHARE * (max_delay - interval).max(0.0));
        let soft_delay = (self.cascade.soft_delay * max_delay)
            .max(resting + SOFT_DELAY_INTERVALS * interval)
            .min(SOFT_DELAY_MOST * max_delay);
        // After a short interval more waits than in the mean, after a long one less.
        let level_now = (resting + interval - link.since).max(0.0);
        let horizon = if waiting > level_now * second { DRAIN_HORIZON } else { FILL_HORIZON };
        let frames = (horizon / interval).max(2.0);
        let excess = (waiting + usual - soft_delay * second).max(0.0);
        let lacking = (late * second + LATE_MARGIN * usual - waiting).clamp(0.0, late * second);
        let correction =
            (level_now * second - waiting) / frames + LATE_SHARE * lacking - excess / EXCESS_FRAMES;
        let bits = (usual + correction).clamp(LEAST_BUDGET * usual, MOST_BUDGET * usual);
        let octaves = &self.octaves(frame);
        let mix = PyramidLevel::ALL
            .map(|level| (Class::Inter(level), link.levels[level.index()], octaves[level.index()]));
        let alone =
            |class, bits| self.model.log_step_alone(class, frame.complexity, self.payload(bits));
        let mut base = self.model.log_step(mix.into_iter(), frame.complexity, self.payload(bits));
        if self.rises(frame) {
            base = base.min(alone(Class::SceneCut, bits));
        }
        let limited = self.limited(base, link.last, waiting);
        let step = limited + octaves[level.index()];
        let room = (soft_delay * second - waiting)
            .max(LEAST_BUDGET * usual)
            .min(SOFT_CEILING_SHARE * most)
            .min(self.cascade.largest * usual);
        let mut bound = alone(frame.class, room);
        if self.rises(frame) {
            bound = bound.min(alone(Class::SceneCut, room));
        }
        let share = level_share(octaves, link.levels, level);
        let share = if slow { share.max(1.0) } else { share };
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

    /// What the budget of a frame goes by: the whole link, or that of its layer, if it has a rate of its
    /// own.
    fn link_of(&self, frame: &FrameFacts, waiting: f64, interval: f64) -> Link<'_> {
        match self.layers.layer(frame.temporal_id) {
            Some(layer) => {
                let interval = interval / layer.frames;
                Link {
                    second: layer.share * self.rate,
                    waiting: layer.waiting(frame.elapsed, self.rate),
                    interval,
                    // Frames of one layer are as far apart as they are in the mean.
                    since: interval,
                    levels: &layer.levels,
                    last: layer.last.or(self.last),
                }
            }
            None => Link {
                second: self.rate,
                waiting,
                interval,
                since: self.since_wanted(frame.elapsed),
                levels: &self.cascade.shares,
                last: self.last,
            },
        }
    }

    /// Whether a frame differs so much more from the one before it than that one did, that what was
    /// learnt of differences may not hold.
    fn rises(&self, frame: &FrameFacts) -> bool {
        frame.complexity.temporal > RISES.0 * self.temporal + RISES.1
    }

    /// The bits of a unit that takes `bits` on the wire.
    fn payload(&self, bits: f64) -> f64 {
        let overhead = f64::from(self.limits.wire.packet_overhead);
        (bits - 8.0 * overhead).max(8.0 * LEAST_BYTES as f64)
    }

    /// `base`, not too far from `last`, that of the frame before.
    fn limited(&self, base: f64, last: Option<f64>, waiting: f64) -> f64 {
        let fall = if waiting > 0.0 { STEP_FALL } else { STEP_FALL_IDLE };
        match last {
            Some(last) if !self.free => base.clamp(last - fall, last + STEP_RISE),
            _ => base,
        }
    }
}

/// A link that budgets go by, and the frames that it carries.
struct Link<'a> {
    /// Bits a second.
    second: f64,
    /// Bits that wait.
    waiting: f64,
    /// Mean seconds between the frames.
    interval: f64,
    /// Seconds since the last of them that was wanted.
    since: f64,
    /// Share of each level.
    levels: &'a [f64; PYRAMID_LEVELS],
    /// log₂ of the step that offsets of levels are from, of the last of them.
    last: Option<f64>,
}

/// The bits of a frame of `level` over those of the mean frame, by the model's exponent, among frames of
/// these levels.
fn level_share(
    octaves: &[f64; PYRAMID_LEVELS],
    shares: &[f64; PYRAMID_LEVELS],
    level: PyramidLevel,
) -> f64 {
    let cost = |level: PyramidLevel| exp2(-INTER_EXPONENT * octaves[level.index()]);
    let mean: f64 = PyramidLevel::ALL.map(|l| shares[l.index()] * cost(l)).iter().sum();
    cost(level) / mean
}
