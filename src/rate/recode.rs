//! Coding a frame again because it came out too large, or far too small.
//!
//! Near one another, two ways of coding the same frame differ in bits as a power of the step. The
//! first correction takes the exponent that errs on the safe side; later ones take the exponent
//! seen. Where a background appears all at once, below some step, there is no such law: then the
//! middle is tried, and at last as much of the picture is coded as there are bits for
//! ([`PartialFrame`](super::PartialFrame)). The smallest frame
//! there is has no coefficients.

use super::tuning::recode::{
    APART, EXPONENTS, FALL_EXPONENT, FAR, FORGIVEN, LAMBDA_SHIFTS, MOST, MOST_RISE, MOST_SOFT,
    RISE_EXPONENT, SAFE, SOFT_EXPONENT, TIMID,
};
use super::{QindexRange, Target, log_step_of, nearest_qindex};
use crate::kernels::logarithm::log2;

/// What an attempt leaves of the residual, the difference between picture and prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Residual {
    /// Coefficients wherever they are worth their bits.
    Normal,
    /// As many as are worth it with λ 2ⁿ times what the quantizer index says: the way to smaller
    /// frames where no target rate says how small.
    LambdaShift(u8),
    /// Those of some superblocks ([`PartialFrame`](super::PartialFrame)): the way to smaller frames
    /// under a target rate.
    SomeSuperblocks,
    /// None: the frame is its prediction.
    None,
}

/// How a frame is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// `base_q_idx`, 1 to 255.
    pub(crate) qindex: u8,
    /// What is left of the residual.
    pub(crate) residual: Residual,
}

impl Attempt {
    /// With coefficients wherever they are worth their bits.
    const fn normal(qindex: u8) -> Self {
        Self { qindex, residual: Residual::Normal }
    }
}

/// The smallest frame there is.
const SMALLEST: Attempt = Attempt { qindex: 255, residual: Residual::None };

/// The recode at one frame.
#[derive(Clone, Debug)]
pub(crate) struct Recode {
    current: Attempt,
    /// log₂ of step and bytes of the attempt before, if it counts.
    before: Option<(f64, f64)>,
    made: usize,
    range: QindexRange,
    /// Bytes that should not be passed, and those that must not.
    soft_bytes: u64,
    max_bytes: u64,
    /// Bytes that are aimed at, and below how many the frame is worth another attempt.
    aim_bytes: u64,
    poor_bytes: u64,
    /// The index of the last attempt that should have been smaller.
    over: Option<u8>,
    /// Bytes of the attempt that is kept, and log₂ of its step.
    kept: Option<(u64, f64)>,
    /// Whether small misses matter too.
    exact: bool,
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecodeAction {
    /// Take it.
    Take,
    /// Keep it, in place of what is kept, and code the frame once more.
    KeepAndTryAgain,
    /// Code the frame once more.
    TryAgain,
    /// Take the one that is kept.
    TakeKept,
    /// Leave it out: nothing fits.
    GiveUp,
}

impl Recode {
    /// Starts on a frame.
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            current: Attempt::normal(target.qindex),
            before: None,
            made: 0,
            range: target.range,
            soft_bytes: target.soft_bytes,
            max_bytes: target.max_bytes,
            aim_bytes: target.bits / 8,
            poor_bytes: target.poor_bytes,
            over: None,
            kept: None,
            exact: target.exact,
        }
    }

    /// How to code the frame now.
    pub(crate) fn current(&self) -> Attempt {
        self.current
    }

    /// How many have been made.
    pub(crate) fn made(&self) -> usize {
        self.made
    }

    /// The attempt was made, at a mean step of `log_step`, and took `bytes`.
    pub(crate) fn record(&mut self, log_step: f64, bytes: u64) -> RecodeAction {
        self.made += 1;
        let log_bytes = log2(bytes.max(1) as f64);
        let seen = self.before.replace((log_step, log_bytes));
        if bytes > self.max_bytes {
            return self.too_large(log_step, log_bytes, seen);
        }
        if self.current.residual != Residual::Normal {
            return match self.kept {
                Some((kept, _)) if bytes <= kept && kept <= self.soft_bytes => {
                    RecodeAction::TakeKept
                }
                _ => RecodeAction::Take,
            };
        }
        let step = log_step_of(self.current.qindex);
        if bytes > self.soft_bytes {
            return self.too_large_for_soft(step, bytes);
        }
        if self.made >= MOST_SOFT {
            return RecodeAction::Take;
        }
        let qindex = match self.over {
            Some(over) if (bytes as f64) < TIMID * self.soft_bytes as f64 => {
                nearest_qindex((log_step_of(over) + step) / 2.0)
            }
            None if bytes < self.poor_bytes => {
                let octaves = log2(self.aim_bytes.max(bytes) as f64) - log_bytes;
                let exponent = exponent(seen, log_step, log_bytes, RISE_EXPONENT);
                nearest_qindex(step - (octaves / exponent).min(MOST_RISE))
            }
            _ => return RecodeAction::Take,
        };
        let qindex = qindex.max(self.range.least);
        if qindex >= self.current.qindex {
            return RecodeAction::Take;
        }
        self.keep(bytes, Attempt::normal(qindex))
    }

    fn too_large_for_soft(&mut self, step: f64, bytes: u64) -> RecodeAction {
        if self.kept.is_some_and(|(kept, _)| kept <= self.soft_bytes) {
            return self.between(step);
        }
        if self.range.most < 255 && self.current.qindex >= self.range.most {
            // Quality matters more to the caller than an even delay.
            return RecodeAction::Take;
        }
        let share = bytes as f64 / self.soft_bytes.max(1) as f64;
        if share <= FORGIVEN {
            return RecodeAction::Take;
        }
        if self.made >= MOST_SOFT || self.current.qindex == 255 {
            return self.keep(bytes, self.in_part());
        }
        self.over = Some(self.current.qindex);
        let qindex =
            nearest_qindex(step + log2(share) / SOFT_EXPONENT).max(self.current.qindex + 1);
        let qindex = qindex.min(self.range.most);
        self.keep(bytes, Attempt::normal(qindex))
    }

    fn too_large(
        &mut self,
        log_step: f64,
        log_bytes: f64,
        seen: Option<(f64, f64)>,
    ) -> RecodeAction {
        let base = log_step_of(self.current.qindex);
        match self.kept {
            Some((kept, _)) if kept > self.soft_bytes && self.may_be_in_part() => {
                return self.again(self.in_part());
            }
            Some(_) => return self.between(base),
            None => {}
        }
        if self.current == SMALLEST {
            return RecodeAction::GiveUp;
        }
        self.over = Some(self.current.qindex);
        // A frame in part ends where the bits do, unless a single superblock is too much.
        let given_up = self.controlled() && self.current.residual != Residual::Normal;
        if self.made + 1 >= MOST || given_up {
            return self.again(SMALLEST);
        }
        if self.may_be_in_part() && (self.made + 2 >= MOST || self.current.qindex == 255) {
            return self.again(self.in_part());
        }
        let octaves = log_bytes - log2((SAFE * self.max_bytes as f64).max(1.0));
        let step = base + octaves / exponent(seen, log_step, log_bytes, FALL_EXPONENT);
        let beyond = step - log_step_of(255);
        if self.controlled()
            || (beyond <= 0.0
                && self.current.residual == Residual::Normal
                && self.current.qindex < 255)
        {
            let qindex = nearest_qindex(step).max(self.current.qindex + 1);
            return self.again(Attempt::normal(qindex));
        }
        let before = match self.current.residual {
            Residual::LambdaShift(shift) => shift,
            _ => 0,
        };
        let shift = before + if beyond < FAR { LAMBDA_SHIFTS.0 } else { LAMBDA_SHIFTS.1 };
        self.again(Attempt { qindex: 255, residual: Residual::LambdaShift(shift) })
    }

    /// Whether there is a target rate, so that a frame that is too large can be coded in part.
    fn controlled(&self) -> bool {
        self.aim_bytes > 0
    }

    /// Whether the frame may be coded in part next.
    fn may_be_in_part(&self) -> bool {
        self.controlled() && self.current.residual == Residual::Normal && self.made < MOST
    }

    /// The present attempt with the coefficients of some superblocks.
    fn in_part(&self) -> Attempt {
        Attempt { residual: Residual::SomeSuperblocks, ..self.current }
    }

    /// This attempt, at `step`, is too large for all of the frame. If what is kept is poor, the middle
    /// of the two where misses matter, or as much of this one as there are bits for.
    fn between(&mut self, step: f64) -> RecodeAction {
        let Some((_, kept)) = self.kept.filter(|&(bytes, _)| bytes < self.poor_bytes) else {
            return RecodeAction::TakeKept;
        };
        self.over = Some(self.current.qindex);
        let qindex = nearest_qindex((step + kept) / 2.0);
        if self.exact && self.made < MOST_SOFT {
            return self.again(Attempt::normal(qindex));
        }
        if self.may_be_in_part() { self.again(self.in_part()) } else { RecodeAction::TakeKept }
    }

    fn keep(&mut self, bytes: u64, next: Attempt) -> RecodeAction {
        self.kept = Some((bytes, log_step_of(self.current.qindex)));
        self.again(next);
        RecodeAction::KeepAndTryAgain
    }

    fn again(&mut self, attempt: Attempt) -> RecodeAction {
        if attempt.residual != self.current.residual {
            // Another law.
            self.before = None;
        }
        self.current = attempt;
        RecodeAction::TryAgain
    }
}

/// How fast bytes fell as the step grew from the attempt `seen` to this one; `assumed` where that
/// tells nothing.
fn exponent(seen: Option<(f64, f64)>, log_step: f64, log_bytes: f64, assumed: f64) -> f64 {
    match seen {
        Some((step, bytes)) if (step - log_step).abs() > APART => {
            ((bytes - log_bytes) / (log_step - step)).clamp(EXPONENTS.0, EXPONENTS.1)
        }
        _ => assumed,
    }
}

#[cfg(test)]
mod tests {
    use super::super::QindexReason;
    use super::*;
    use crate::kernels::logarithm::exp2;
    use crate::kernels::random::Random;

    fn target(qindex: u8, max_bytes: u64) -> Target {
        Target {
            qindex,
            range: QindexRange::default(),
            reason: QindexReason::Budget,
            bits: 8 * max_bytes * 4 / 5,
            exact: false,
            poor_bytes: 0,
            soft_bytes: max_bytes,
            max_bytes,
        }
    }

    /// Codes a frame that costs `bits` at step 1 until it is taken; gives its bytes.
    fn run(mut recode: Recode, bits: f64, exponent: f64, least: f64) -> Option<u64> {
        let mut kept = None;
        loop {
            let Attempt { qindex, residual } = recode.current();
            let step = log_step_of(qindex);
            let all = exp2(log2(bits) - exponent * step);
            let bytes = least
                + match residual {
                    Residual::Normal => all,
                    Residual::LambdaShift(shift) => all * exp2(-0.4 * f64::from(shift)),
                    Residual::SomeSuperblocks => all.min(recode.aim_bytes as f64),
                    Residual::None => 0.0,
                };
            match recode.record(step, bytes as u64) {
                RecodeAction::Take => return Some(bytes as u64),
                RecodeAction::TakeKept => return kept,
                RecodeAction::KeepAndTryAgain => kept = Some(bytes as u64),
                RecodeAction::TryAgain => assert!(recode.made() < MOST),
                RecodeAction::GiveUp => return None,
            }
        }
    }

    #[test]
    fn no_frame_passes_its_ceiling_and_few_are_left_out() {
        let mut random = Random::new(1);
        let mut unit = || random.below(1 << 20) as f64 / f64::from(1 << 20);
        for _ in 0..20_000 {
            let max_bytes = exp2(5.5 + 8.0 * unit()) as u64;
            let exponent = 0.8 + unit();
            let qindex = 1 + (254.0 * unit()) as u8;
            // Up to eight times the ceiling at the first attempt.
            let bits =
                exp2(log2(max_bytes as f64) + exponent * log_step_of(qindex) + 5.0 * unit() - 2.0);
            let poor_bytes = if unit() < 0.5 { max_bytes / 2 } else { 0 };
            let mut target = Target { poor_bytes, ..target(qindex, max_bytes) };
            if unit() < 0.3 {
                // Without a rate.
                target.bits = 0;
            }
            let taken = run(Recode::new(&target), bits, exponent, 20.0 * unit());
            assert!(taken.is_some_and(|bytes| bytes <= max_bytes), "{taken:?} of {max_bytes}");
        }
    }

    #[test]
    fn the_range_holds_but_for_the_ceiling() {
        let range = QindexRange { least: 100, most: 150 };
        let target = Target { range, poor_bytes: 400, soft_bytes: 500, ..target(120, 1000) };
        let mut recode = Recode::new(&target);
        assert_eq!(recode.clone().record(log_step_of(120), 20), RecodeAction::KeepAndTryAgain);
        let mut fine = recode.clone();
        fine.record(log_step_of(120), 20);
        assert_eq!(fine.current().qindex, 100);
        assert_eq!(fine.record(log_step_of(100), 30), RecodeAction::Take);
        // Above what it should be the frame stops at the greatest index,
        let mut coarse = recode.clone();
        assert_eq!(coarse.record(log_step_of(120), 990), RecodeAction::KeepAndTryAgain);
        assert!(coarse.current().qindex <= 150);
        let last = Target { qindex: 150, ..target };
        assert_eq!(Recode::new(&last).record(log_step_of(150), 990), RecodeAction::Take);
        // above what it must be it does not.
        assert_eq!(recode.record(log_step_of(120), 2000), RecodeAction::TryAgain);
        assert!(recode.current().qindex > 150);
        let taken = run(Recode::new(&last), 4e6, 1.0, 20.0);
        assert!(taken.is_some_and(|bytes| bytes <= 1000), "{taken:?}");
    }

    #[test]
    fn nothing_fits_below_the_least() {
        assert_eq!(run(Recode::new(&target(40, 30)), 1e6, 1.2, 31.0), None);
    }

    #[test]
    fn a_poor_frame_is_improved() {
        let mut recode = Recode::new(&Target { poor_bytes: 400, ..target(200, 1000) });
        assert_eq!(recode.record(log_step_of(200), 200), RecodeAction::KeepAndTryAgain);
        let better = recode.current().qindex;
        assert!(better < 200);
        assert_eq!(recode.clone().record(log_step_of(better), 900), RecodeAction::Take);
        // What was too much for all of the picture is right for a part of it.
        let mut part = recode.clone();
        assert_eq!(part.record(log_step_of(better), 1500), RecodeAction::TryAgain);
        assert_eq!(part.current(), Attempt { qindex: better, residual: Residual::SomeSuperblocks });
        assert_eq!(part.clone().record(log_step_of(better), 950), RecodeAction::Take);
        // What was known to fit comes back.
        assert_eq!(part.clone().record(log_step_of(better), 1001), RecodeAction::TakeKept);
        assert_eq!(part.record(log_step_of(better), 150), RecodeAction::TakeKept);
        // Where misses matter, the middle is tried before.
        recode.exact = true;
        assert_eq!(recode.record(log_step_of(better), 1500), RecodeAction::TryAgain);
        let middle = recode.current().qindex;
        assert!(better < middle && middle < 200);
        assert_eq!(recode.record(log_step_of(middle), 1001), RecodeAction::TryAgain);
        assert_eq!(
            recode.current(),
            Attempt { qindex: middle, residual: Residual::SomeSuperblocks }
        );
    }

    #[test]
    fn a_frame_is_coded_in_part_where_steps_do_not_help() {
        let target = Target { soft_bytes: 500, ..target(255, 1000) };
        let mut recode = Recode::new(&target);
        assert_eq!(recode.clone().record(log_step_of(255), 540), RecodeAction::Take);
        assert_eq!(recode.record(log_step_of(255), 600), RecodeAction::KeepAndTryAgain);
        assert_eq!(recode.current(), Attempt { qindex: 255, residual: Residual::SomeSuperblocks });
        assert_eq!(recode.clone().record(log_step_of(255), 400), RecodeAction::Take);
        assert_eq!(recode.record(log_step_of(255), 1001), RecodeAction::TakeKept);
        let mut recode = Recode::new(&target);
        assert_eq!(recode.record(log_step_of(255), 1001), RecodeAction::TryAgain);
        assert_eq!(recode.current(), Attempt { qindex: 255, residual: Residual::SomeSuperblocks });
        assert_eq!(recode.record(log_step_of(255), 1001), RecodeAction::TryAgain);
        assert_eq!(recode.current(), SMALLEST);
    }

    #[test]
    fn between_too_large_and_too_small_lies_a_third() {
        let target = Target { soft_bytes: 500, ..target(100, 1000) };
        let mut recode = Recode::new(&target);
        assert_eq!(recode.record(log_step_of(100), 900), RecodeAction::KeepAndTryAgain);
        let second = recode.current().qindex;
        assert_eq!(recode.record(log_step_of(second), 30), RecodeAction::KeepAndTryAgain);
        let third = recode.current().qindex;
        assert!(100 < third && third < second, "{third} {second}");
        assert_eq!(recode.clone().record(log_step_of(third), 400), RecodeAction::Take);
        assert_eq!(recode.record(log_step_of(third), 501), RecodeAction::TakeKept);
    }
}
