//! Coding a frame again because it came out too large, or far too small.
//!
//! Near one another, two ways of coding the same frame differ in bits as a power of the step. The
//! first correction takes the exponent that errs on the safe side; later ones take the exponent
//! seen. Where a background appears all at once, below some step, there is no such law: then the
//! middle is tried, and at last as much of the picture is coded as there are bits for
//! ([`Sparing`](super::Sparing)). The least that there is is a frame without coefficients.

use super::{QindexRange, Target, log_step_of, nearest_qindex};
use crate::kernels::logarithm::log2;
use crate::search::frame::MOST_THRIFT;

/// How a frame is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// `base_q_idx`, 1 to 255.
    pub(crate) qindex: u8,
    /// log₂ of how much dearer bits are than usual; if the rate is controlled, any but 0 and the
    /// greatest mean that superblocks are spared.
    pub(crate) thrift: u32,
}

/// Nothing is left but predictions.
const LEAST: Attempt = Attempt { qindex: 255, thrift: MOST_THRIFT };
/// The thrift of an attempt that spares superblocks.
const SPARING: u32 = 2;
/// How many times what it should be a frame may be after all corrections.
const FORGIVEN: f64 = 1.1;
/// The most times that a frame is coded, and for the sake of what it should be.
const MOST: usize = 4;
const MOST_SOFT: usize = 3;
/// The share of the ceiling that a correction aims at.
const SAFE: f64 = 0.85;
/// Exponents of the step: assumed when bits must fall and when they should rise, and believed.
const FALL_EXPONENT: f64 = 1.0;
const SOFT_EXPONENT: f64 = 3.0;
const RISE_EXPONENT: f64 = 1.3;
const EXPONENTS: (f64, f64) = (0.5, 2.0);
/// How much finer the next attempt may be, in octaves.
const MOST_RISE: f64 = 0.7;

/// After a frame that should have been smaller, one below this share of what it should have been is
/// too small.
const TIMID: f64 = 0.35;

/// The attempts at one frame.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    now: Attempt,
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
pub(crate) enum Next {
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

impl Attempts {
    /// Starts on a frame.
    pub(crate) fn new(target: &Target) -> Self {
        Self {
            now: Attempt { qindex: target.qindex, thrift: 0 },
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

    /// The attempt to make.
    pub(crate) fn now(&self) -> Attempt {
        self.now
    }

    /// How many have been made.
    pub(crate) fn made(&self) -> usize {
        self.made
    }

    /// The attempt was made, at a mean step of `log_step`, and took `bytes`.
    pub(crate) fn took(&mut self, log_step: f64, bytes: u64) -> Next {
        self.made += 1;
        let log_bytes = log2(bytes.max(1) as f64);
        let seen = self.before.replace((log_step, log_bytes));
        if bytes > self.max_bytes {
            return self.too_large(log_step, log_bytes, seen);
        }
        if self.now.thrift > 0 {
            return match self.kept {
                Some((kept, _)) if bytes <= kept && kept <= self.soft_bytes => Next::TakeKept,
                _ => Next::Take,
            };
        }
        let step = log_step_of(self.now.qindex);
        if bytes > self.soft_bytes {
            return self.too_large_for_soft(step, bytes);
        }
        if self.made >= MOST_SOFT {
            return Next::Take;
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
            _ => return Next::Take,
        };
        let qindex = qindex.max(self.range.least);
        if qindex >= self.now.qindex {
            return Next::Take;
        }
        self.keep(bytes, Attempt { qindex, thrift: 0 })
    }

    fn too_large_for_soft(&mut self, step: f64, bytes: u64) -> Next {
        if self.kept.is_some_and(|(kept, _)| kept <= self.soft_bytes) {
            return self.between(step);
        }
        if self.range.most < 255 && self.now.qindex >= self.range.most {
            // Quality matters more to the caller than an even delay.
            return Next::Take;
        }
        let share = bytes as f64 / self.soft_bytes.max(1) as f64;
        if self.made >= MOST_SOFT || self.now.qindex == 255 {
            if share <= FORGIVEN {
                return Next::Take;
            }
            return self.keep(bytes, self.sparing());
        }
        self.over = Some(self.now.qindex);
        let qindex = nearest_qindex(step + log2(share) / SOFT_EXPONENT).max(self.now.qindex + 1);
        let qindex = qindex.min(self.range.most);
        self.keep(bytes, Attempt { qindex, thrift: 0 })
    }

    fn too_large(&mut self, log_step: f64, log_bytes: f64, seen: Option<(f64, f64)>) -> Next {
        let base = log_step_of(self.now.qindex);
        match self.kept {
            Some((kept, _)) if kept > self.soft_bytes && self.may_spare() => {
                return self.again(self.sparing());
            }
            Some(_) => return self.between(base),
            None => {}
        }
        if self.now == LEAST {
            return Next::GiveUp;
        }
        self.over = Some(self.now.qindex);
        // Such a frame ends where the bits do, unless a single superblock is too much.
        let spared = self.controlled() && self.now.thrift > 0;
        if self.made + 1 >= MOST || spared {
            return self.again(LEAST);
        }
        if self.may_spare() && (self.made + 2 >= MOST || self.now.qindex == 255) {
            return self.again(self.sparing());
        }
        let octaves = log_bytes - log2((SAFE * self.max_bytes as f64).max(1.0));
        let step = base + octaves / exponent(seen, log_step, log_bytes, FALL_EXPONENT);
        let beyond = step - log_step_of(255);
        if self.controlled() || (beyond <= 0.0 && self.now.thrift == 0 && self.now.qindex < 255) {
            let qindex = nearest_qindex(step).max(self.now.qindex + 1);
            return self.again(Attempt { qindex, thrift: 0 });
        }
        let thrift = self.now.thrift + if beyond < 0.4 { 2 } else { 4 };
        self.again(Attempt { qindex: 255, thrift: thrift.min(LEAST.thrift) })
    }

    /// Whether superblocks are spared where the frame is too large.
    fn controlled(&self) -> bool {
        self.aim_bytes > 0
    }

    /// Whether that can be tried.
    fn may_spare(&self) -> bool {
        self.controlled() && self.now.thrift == 0 && self.made < MOST
    }

    /// The present attempt, sparing superblocks.
    fn sparing(&self) -> Attempt {
        Attempt { thrift: SPARING, ..self.now }
    }

    /// This attempt, at `step`, is too large for all of the frame. If what is kept is poor, the middle
    /// of the two where misses matter, or as much of this one as there are bits for.
    fn between(&mut self, step: f64) -> Next {
        let Some((_, kept)) = self.kept.filter(|&(bytes, _)| bytes < self.poor_bytes) else {
            return Next::TakeKept;
        };
        self.over = Some(self.now.qindex);
        let qindex = nearest_qindex((step + kept) / 2.0);
        if self.exact && self.made < MOST_SOFT {
            return self.again(Attempt { qindex, thrift: 0 });
        }
        if self.may_spare() { self.again(self.sparing()) } else { Next::TakeKept }
    }

    fn keep(&mut self, bytes: u64, next: Attempt) -> Next {
        self.kept = Some((bytes, log_step_of(self.now.qindex)));
        self.again(next);
        Next::KeepAndTryAgain
    }

    fn again(&mut self, attempt: Attempt) -> Next {
        if attempt.thrift != self.now.thrift {
            // Another law.
            self.before = None;
        }
        self.now = attempt;
        Next::TryAgain
    }
}

/// How fast bytes fell as the step grew from the attempt `seen` to this one; `assumed` where that
/// tells nothing.
fn exponent(seen: Option<(f64, f64)>, log_step: f64, log_bytes: f64, assumed: f64) -> f64 {
    match seen {
        Some((step, bytes)) if (step - log_step).abs() > 0.05 => {
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
    fn run(mut attempts: Attempts, bits: f64, exponent: f64, least: f64) -> Option<u64> {
        let mut kept = None;
        loop {
            let Attempt { qindex, thrift } = attempts.now();
            let step = log_step_of(qindex);
            let all = exp2(log2(bits) - exponent * step);
            let bytes = least
                + match thrift {
                    SPARING if attempts.controlled() => all.min(attempts.aim_bytes as f64),
                    _ => all * exp2(-0.4 * f64::from(thrift)),
                };
            match attempts.took(step, bytes as u64) {
                Next::Take => return Some(bytes as u64),
                Next::TakeKept => return kept,
                Next::KeepAndTryAgain => kept = Some(bytes as u64),
                Next::TryAgain => assert!(attempts.made() < MOST),
                Next::GiveUp => return None,
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
            let taken = run(Attempts::new(&target), bits, exponent, 20.0 * unit());
            assert!(taken.is_some_and(|bytes| bytes <= max_bytes), "{taken:?} of {max_bytes}");
        }
    }

    #[test]
    fn the_range_holds_but_for_the_ceiling() {
        let range = QindexRange { least: 100, most: 150 };
        let target = Target { range, poor_bytes: 400, soft_bytes: 500, ..target(120, 1000) };
        let mut attempts = Attempts::new(&target);
        assert_eq!(attempts.clone().took(log_step_of(120), 20), Next::KeepAndTryAgain);
        let mut fine = attempts.clone();
        fine.took(log_step_of(120), 20);
        assert_eq!(fine.now().qindex, 100);
        assert_eq!(fine.took(log_step_of(100), 30), Next::Take);
        // Above what it should be the frame stops at the greatest index,
        let mut coarse = attempts.clone();
        assert_eq!(coarse.took(log_step_of(120), 990), Next::KeepAndTryAgain);
        assert!(coarse.now().qindex <= 150);
        let last = Target { qindex: 150, ..target };
        assert_eq!(Attempts::new(&last).took(log_step_of(150), 990), Next::Take);
        // above what it must be it does not.
        assert_eq!(attempts.took(log_step_of(120), 2000), Next::TryAgain);
        assert!(attempts.now().qindex > 150);
        let taken = run(Attempts::new(&last), 4e6, 1.0, 20.0);
        assert!(taken.is_some_and(|bytes| bytes <= 1000), "{taken:?}");
    }

    #[test]
    fn nothing_fits_below_the_least() {
        assert_eq!(run(Attempts::new(&target(40, 30)), 1e6, 1.2, 31.0), None);
    }

    #[test]
    fn a_poor_frame_is_improved() {
        let mut attempts = Attempts::new(&Target { poor_bytes: 400, ..target(200, 1000) });
        assert_eq!(attempts.took(log_step_of(200), 200), Next::KeepAndTryAgain);
        let better = attempts.now().qindex;
        assert!(better < 200);
        assert_eq!(attempts.clone().took(log_step_of(better), 900), Next::Take);
        // What was too much for all of the picture is right for a part of it.
        let mut part = attempts.clone();
        assert_eq!(part.took(log_step_of(better), 1500), Next::TryAgain);
        assert_eq!(part.now(), Attempt { qindex: better, thrift: SPARING });
        assert_eq!(part.clone().took(log_step_of(better), 950), Next::Take);
        // What was known to fit comes back.
        assert_eq!(part.clone().took(log_step_of(better), 1001), Next::TakeKept);
        assert_eq!(part.took(log_step_of(better), 150), Next::TakeKept);
        // Where misses matter, the middle is tried before.
        attempts.exact = true;
        assert_eq!(attempts.took(log_step_of(better), 1500), Next::TryAgain);
        let middle = attempts.now().qindex;
        assert!(better < middle && middle < 200);
        assert_eq!(attempts.took(log_step_of(middle), 1001), Next::TryAgain);
        assert_eq!(attempts.now(), Attempt { qindex: middle, thrift: SPARING });
    }

    #[test]
    fn superblocks_are_spared_where_steps_do_not_help() {
        let target = Target { soft_bytes: 500, ..target(255, 1000) };
        let mut attempts = Attempts::new(&target);
        assert_eq!(attempts.clone().took(log_step_of(255), 540), Next::Take);
        assert_eq!(attempts.took(log_step_of(255), 600), Next::KeepAndTryAgain);
        assert_eq!(attempts.now(), Attempt { qindex: 255, thrift: SPARING });
        assert_eq!(attempts.clone().took(log_step_of(255), 400), Next::Take);
        assert_eq!(attempts.took(log_step_of(255), 1001), Next::TakeKept);
        let mut attempts = Attempts::new(&target);
        assert_eq!(attempts.took(log_step_of(255), 1001), Next::TryAgain);
        assert_eq!(attempts.now(), Attempt { qindex: 255, thrift: SPARING });
        assert_eq!(attempts.took(log_step_of(255), 1001), Next::TryAgain);
        assert_eq!(attempts.now(), LEAST);
    }

    #[test]
    fn between_too_large_and_too_small_lies_a_third() {
        let target = Target { soft_bytes: 500, ..target(100, 1000) };
        let mut attempts = Attempts::new(&target);
        assert_eq!(attempts.took(log_step_of(100), 900), Next::KeepAndTryAgain);
        let second = attempts.now().qindex;
        assert_eq!(attempts.took(log_step_of(second), 30), Next::KeepAndTryAgain);
        let third = attempts.now().qindex;
        assert!(100 < third && third < second, "{third} {second}");
        assert_eq!(attempts.clone().took(log_step_of(third), 400), Next::Take);
        assert_eq!(attempts.took(log_step_of(third), 501), Next::TakeKept);
    }
}
