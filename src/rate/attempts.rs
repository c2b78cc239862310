//! Coding a frame again because it came out too large, or far too small.
//!
//! Near one another, two ways of coding the same frame differ in bits as a power of the step. The
//! first correction takes the exponent that errs on the safe side; later ones take the exponent
//! seen. Where a background appears all at once, below some step, there is no such law: then the
//! middle is tried. Where the coarsest step is not enough, only some rows get coefficients, in the
//! end none.

use super::{Target, log_step_of, nearest_qindex};
use crate::kernels::logarithm::log2;
use crate::search::decide::MOST_THRIFT;

/// How a frame is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// `base_q_idx`, 1 to 255.
    pub(crate) qindex: u8,
    /// log₂ of how much dearer bits are than usual.
    pub(crate) thrift: u32,
}

/// Nothing is left but predictions.
const LEAST: Attempt = Attempt { qindex: 255, thrift: MOST_THRIFT };
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
    /// Bytes that should not be passed, and those that must not.
    soft_bytes: u64,
    max_bytes: u64,
    /// Bytes that are aimed at, and below how many the frame is worth another attempt.
    aim_bytes: u64,
    poor_bytes: u64,
    /// log₂ of the step of the last attempt that should have been smaller.
    over: Option<f64>,
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
        let step = log_step_of(self.now.qindex);
        if bytes > self.soft_bytes {
            if self.kept.is_some_and(|(kept, _)| kept <= self.soft_bytes) {
                return self.between(step);
            }
            if self.made >= MOST_SOFT || self.now.qindex == 255 {
                return Next::Take;
            }
            let octaves = log_bytes - log2(self.soft_bytes.max(1) as f64);
            self.over = Some(step);
            let qindex = nearest_qindex(step + octaves / SOFT_EXPONENT).max(self.now.qindex + 1);
            return self.keep(bytes, Attempt { qindex, thrift: 0 });
        }
        if self.made >= MOST_SOFT || self.now.thrift > 0 {
            return Next::Take;
        }
        let qindex = match self.over {
            Some(over) if (bytes as f64) < TIMID * self.soft_bytes as f64 => {
                nearest_qindex((over + step) / 2.0)
            }
            None if bytes < self.poor_bytes => {
                let octaves = log2(self.aim_bytes.max(bytes) as f64) - log_bytes;
                let exponent = exponent(seen, log_step, log_bytes, RISE_EXPONENT);
                nearest_qindex(step - octaves / exponent)
            }
            _ => return Next::Take,
        };
        if qindex >= self.now.qindex {
            return Next::Take;
        }
        self.keep(bytes, Attempt { qindex, thrift: 0 })
    }

    fn too_large(&mut self, log_step: f64, log_bytes: f64, seen: Option<(f64, f64)>) -> Next {
        let base = log_step_of(self.now.qindex);
        if self.kept.is_some() {
            return self.between(base);
        }
        if self.now == LEAST {
            return Next::GiveUp;
        }
        self.over = Some(base);
        if self.made + 1 >= MOST {
            return self.again(LEAST);
        }
        let octaves = log_bytes - log2((SAFE * self.max_bytes as f64).max(1.0));
        let step = base + octaves / exponent(seen, log_step, log_bytes, FALL_EXPONENT);
        let coarsest = log_step_of(255);
        if step <= coarsest && self.now.thrift == 0 && self.now.qindex < 255 {
            let qindex = nearest_qindex(step).max(self.now.qindex + 1);
            return self.again(Attempt { qindex, thrift: 0 });
        }
        let beyond = step - coarsest;
        let thrift = self.now.thrift + if beyond < 0.4 { 2 } else { 4 };
        self.again(Attempt { qindex: 255, thrift: thrift.min(LEAST.thrift) })
    }

    /// This attempt, at `step`, is too large: the middle of it and of what is kept if that is poor and
    /// misses matter, or what is kept.
    fn between(&mut self, step: f64) -> Next {
        match self.kept {
            Some((bytes, kept))
                if self.exact && bytes < self.poor_bytes && self.made < MOST_SOFT =>
            {
                let qindex = nearest_qindex((step + kept) / 2.0);
                self.again(Attempt { qindex, thrift: 0 })
            }
            _ => Next::TakeKept,
        }
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
    use super::*;
    use crate::encoder::QindexReason;
    use crate::kernels::logarithm::exp2;
    use crate::kernels::random::Random;

    fn target(qindex: u8, max_bytes: u64) -> Target {
        Target {
            qindex,
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
            let bytes = exp2(log2(bits) - exponent * step - 0.4 * f64::from(thrift)) + least;
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
            let target = Target { poor_bytes, ..target(qindex, max_bytes) };
            let taken = run(Attempts::new(&target), bits, exponent, 20.0 * unit());
            assert!(taken.is_some_and(|bytes| bytes <= max_bytes), "{taken:?} of {max_bytes}");
        }
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
        // What was known to fit comes back.
        assert_eq!(attempts.clone().took(log_step_of(better), 1500), Next::TakeKept);
        assert_eq!(attempts.clone().took(log_step_of(better), 900), Next::Take);
        // Where misses matter, the middle is tried before.
        attempts.exact = true;
        assert_eq!(attempts.took(log_step_of(better), 1500), Next::TryAgain);
        let middle = attempts.now().qindex;
        assert!(better < middle && middle < 200);
        assert_eq!(attempts.took(log_step_of(middle), 1001), Next::TakeKept);
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
