//! Correction within a frame: each row of superblocks gets the step at which the rest of the frame is
//! expected to meet its target, given what the rows before it took.
//!
//! A row is one of a tile; the rows of all tiles follow one another in coding order, so that a frame
//! of several tiles is held to one target. What a row will take is guessed beforehand from how much
//! it holds ([`RowWeight`]), corrected by how far that guess was off in the frames before. The rows
//! coded so far tell how far off the guess for the frame is; it counts as much as [`PRIOR`] of the
//! frame itself. Misses that the next frames can level out are left alone, since an even quality is
//! worth more.

use super::tuning::rows::{
    CORRECTIONS, DOWN, EXPONENT, LEARN, LEAST_REST, PRIOR, SAFE, TOLERANCE, TOLERANCE_EXACT, UP,
};
use super::{QindexRange, log_step_of, nearest_qindex};
use crate::kernels::logarithm::{exp2, log2};

/// log₂ of the unit that row indices are coded in (5.9.17 `delta_q_res`): in steps of 4 a delta
/// takes few bits.
pub(crate) const DELTA_Q_RES: u8 = 2;

/// How much a row of superblocks holds that will have to be coded, in any unit.
pub(crate) type RowWeight = f64;

/// What the rows of a frame are held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowTarget {
    /// `base_q_idx`.
    pub(crate) qindex: u8,
    /// The indices that rows may have.
    pub(crate) range: QindexRange,
    /// Bits of the tiles that are aimed at.
    pub(crate) aim: f64,
    /// Bits of the tiles that should not be passed.
    pub(crate) most: f64,
    /// Whether small misses matter too.
    pub(crate) exact: bool,
    /// Whether the frame is like those that will come, to learn from it.
    pub(crate) usual: bool,
}

/// The quantizers of the rows of one frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowControl {
    /// The frame's index, and log₂ of its step.
    qindex: u8,
    log_step: f64,
    range: QindexRange,
    /// Bits of the tiles that are aimed at, and that should not be passed.
    aim: f64,
    most: f64,
    /// Whether the frame is one to learn from.
    learns: bool,
    /// Shares of the aim between which the frame may end.
    tolerance: (f64, f64),
    /// Share of the frame before each row, as guessed.
    before: Vec<f64>,
    weights: Vec<RowWeight>,
    /// What guesses are to be multiplied with.
    corrections: Vec<f64>,
    /// What each row would have taken at the frame's step.
    costs: Vec<f64>,
    /// Bits before the row, and what they would have been at the frame's step.
    bits: f64,
    even: f64,
    /// The step of the row, over that of the frame, in octaves.
    offset: f64,
    /// Sum, least and greatest of the indices so far, and log₂ of the steps' mean.
    used: Used,
}

/// The quantizers that rows were coded with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Used {
    /// Mean index.
    pub(crate) mean: f64,
    /// Least index.
    pub(crate) least: u8,
    /// Greatest index.
    pub(crate) greatest: u8,
    /// Mean of log₂ of the steps.
    pub(crate) log_step: f64,
}

impl Used {
    /// One index for all of a frame.
    pub(crate) fn one(qindex: u8) -> Self {
        let log_step = if qindex == 0 { log_step_of(1) } else { log_step_of(qindex) };
        Self { mean: f64::from(qindex), least: qindex, greatest: qindex, log_step }
    }
}

impl Default for Used {
    fn default() -> Self {
        Self::one(1)
    }
}

impl RowControl {
    /// Starts a frame.
    pub(crate) fn start(&mut self, target: &RowTarget, weights: impl Iterator<Item = RowWeight>) {
        self.qindex = target.qindex;
        self.log_step = log_step_of(target.qindex);
        self.range = target.range.with(target.qindex);
        (self.aim, self.most) = (target.aim.max(1.0), target.most.max(1.0));
        self.tolerance = if target.exact { TOLERANCE_EXACT } else { TOLERANCE };
        self.learns = target.usual;
        self.weights.clear();
        self.weights.extend(weights.map(|weight| weight.max(1e-3)));
        self.corrections.resize(self.weights.len(), 1.0);
        for (weight, correction) in self.weights.iter_mut().zip(&self.corrections) {
            *weight *= correction;
        }
        self.costs.clear();
        let sum: f64 = self.weights.iter().sum();
        self.before.clear();
        let mut before = 0.0;
        for weight in &mut self.weights {
            *weight /= sum;
            self.before.push(before);
            before += *weight;
        }
        (self.bits, self.even, self.offset) = (0.0, 0.0, 0.0);
        self.used = Used { mean: 0.0, least: u8::MAX, greatest: 0, log_step: 0.0 };
    }

    /// The index of `row`, in coding order, when the rows before it took `bits`.
    pub(crate) fn row(&mut self, row: usize, bits: u64) -> u8 {
        if row > 0 {
            self.note_bits(bits);
        }
        self.offset = self.wanted(row);
        let qindex = self.coded_as(self.log_step + self.offset);
        self.offset = log_step_of(qindex) - self.log_step;
        self.note_index(row, qindex);
        qindex
    }

    /// The quantizer index of superblock `index` in a frame whose rows are not controlled: that of the
    /// frame, or the nearest to `log_step`.
    pub(crate) fn fixed_index(&mut self, index: usize, log_step: Option<f64>) -> u8 {
        let qindex = log_step.map_or(self.qindex, |log_step| self.coded_as(log_step));
        self.note_index(index, qindex);
        qindex
    }

    /// The bits that the frame would come to, when superblocks up to somewhere in `row` took `bits`.
    pub(crate) fn expected(&self, row: usize, bits: u64) -> f64 {
        let share = self.before.get(row + 1).copied().unwrap_or(1.0);
        bits as f64 / share.max(PRIOR)
    }

    /// The frame is to stand, and took `bits`: the next guess will be better for it.
    pub(crate) fn finish(&mut self, bits: u64) {
        if !std::mem::take(&mut self.learns) {
            return;
        }
        self.note_bits(bits);
        let rows = self.corrections.iter_mut().zip(&self.weights).zip(&self.costs);
        for ((correction, weight), cost) in rows {
            let ratio = (cost + 0.1 * self.even * weight) / (1.1 * self.even * weight).max(1.0);
            let (least, most) = CORRECTIONS;
            *correction *= 1.0 + LEARN * (ratio.clamp(least, most) - 1.0);
            *correction = correction.clamp(least, most);
        }
    }

    /// The rows so far took `bits`.
    fn note_bits(&mut self, bits: u64) {
        let bits = bits as f64;
        let cost = (bits - self.bits).max(0.0) * exp2(EXPONENT * self.offset);
        self.costs.push(cost);
        self.even += cost;
        self.bits = bits;
    }

    /// What the rows were coded with.
    pub(crate) fn used(&self) -> Used {
        self.used
    }

    fn wanted(&self, row: usize) -> f64 {
        let before = self.before.get(row).copied().unwrap_or(1.0);
        if row == 0 || before >= 1.0 {
            return self.offset;
        }
        let miss = (self.even + PRIOR * self.aim) / ((before + PRIOR) * self.aim);
        let rest = (miss * (1.0 - before) * self.aim).max(1.0);
        let most = (self.tolerance.1 * self.aim).min(SAFE * self.most);
        let least = self.tolerance.0 * self.aim.min(most);
        let total = (self.bits + rest).clamp(least, most.max(least));
        let left = (total - self.bits).max(LEAST_REST * self.aim);
        ((log2(rest) - log2(left)) / EXPONENT).clamp(-DOWN, UP)
    }

    /// The nearest index that the syntax can express.
    fn coded_as(&self, log_step: f64) -> u8 {
        let unit = 1 << DELTA_Q_RES;
        let base = i32::from(self.qindex);
        let steps = (i32::from(nearest_qindex(log_step)) - base) as f64 / f64::from(unit);
        let QindexRange { least, most } = self.range;
        let (down, up) = ((base - i32::from(least)) / unit, (i32::from(most) - base) / unit);
        (base + (steps.round() as i32).clamp(-down, up) * unit) as u8
    }

    fn note_index(&mut self, row: usize, qindex: u8) {
        let used = &mut self.used;
        let rows = row as f64;
        used.mean = (used.mean * rows + f64::from(qindex)) / (rows + 1.0);
        used.log_step = (used.log_step * rows + log_step_of(qindex)) / (rows + 1.0);
        used.least = used.least.min(qindex);
        used.greatest = used.greatest.max(qindex);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::random::Random;

    fn target(qindex: u8, aim: f64, most: f64) -> RowTarget {
        RowTarget { qindex, range: QindexRange::default(), aim, most, exact: false, usual: true }
    }

    /// Codes a frame whose rows cost `costs` bits at the frame's step, guessed as all the same; gives
    /// its bits.
    fn run(costs: &[f64], qindex: u8, aim: f64, most: f64) -> (f64, Used) {
        let mut control = RowControl::default();
        control.start(&target(qindex, aim, most), costs.iter().map(|_| 1.0));
        let mut bits = 0.0;
        for (row, cost) in costs.iter().enumerate() {
            let index = control.row(row, bits as u64);
            bits += cost * exp2(-1.3 * (log_step_of(index) - log_step_of(qindex)));
        }
        (bits, control.used())
    }

    #[test]
    fn small_misses_are_left_alone() {
        let (bits, used) = run(&[110.0; 6], 120, 600.0, 2000.0);
        assert_eq!((bits, used), (660.0, Used::one(120)));
    }

    #[test]
    fn great_misses_are_corrected() {
        let mut random = Random::new(3);
        for _ in 0..2000 {
            let miss = 0.4 + 0.01 * random.below(360) as f64;
            let rows = 3 + random.below(9);
            let mut costs: Vec<f64> =
                (0..rows).map(|_| miss * (60.0 + random.below(80) as f64)).collect();
            let aim = 100.0 * rows as f64;
            let plain: f64 = costs.iter().sum();
            let (bits, used) = run(&costs, 100, aim, 1.4 * aim);
            assert!((bits - aim).abs() <= (plain - aim).abs() + 0.05 * aim, "{costs:?}: {bits}");
            assert!(used.least <= 100 && used.greatest >= 100);
            // With rows enough even three times too much stays below the ceiling.
            if rows >= 6 && miss < 3.0 {
                costs[0] = miss * 100.0;
                assert!(run(&costs, 100, aim, 1.4 * aim).0 < 1.4 * aim, "{costs:?}: {bits}");
            }
        }
    }

    #[test]
    fn guesses_become_better() {
        let mut control = RowControl::default();
        let costs = [600.0, 100.0, 300.0];
        let mut used = Used::one(1);
        for _ in 0..40 {
            let target = RowTarget { exact: true, ..target(120, 1000.0, 2000.0) };
            control.start(&target, [1.0; 3].into_iter());
            let mut bits = 0.0;
            for (row, cost) in costs.iter().enumerate() {
                let index = control.row(row, bits as u64);
                bits += cost * exp2(-1.2 * (log_step_of(index) - log_step_of(120)));
            }
            used = control.used();
            control.finish(bits as u64);
        }
        assert!(used.greatest - used.least <= 8, "{used:?}");
    }

    #[test]
    fn indices_are_those_that_can_be_coded() {
        for qindex in [1, 2, 3, 128, 253, 254, 255] {
            for miss in [0.01, 0.5, 2.0, 100.0] {
                let mut control = RowControl::default();
                control.start(&target(qindex, 1000.0, 1500.0), [1.0; 8].into_iter());
                for row in 0..8 {
                    let index = control.row(row, (miss * 125.0 * row as f64) as u64);
                    assert!(index >= 1 && index.abs_diff(qindex).is_multiple_of(1 << DELTA_Q_RES));
                }
            }
        }
    }
}
