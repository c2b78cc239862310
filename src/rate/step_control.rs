//! Correction within a frame: each superblock gets the step at which the rest of its tile is expected
//! to meet its target, given what others took.
//!
//! Superblocks are decided several rows at a time, and one may know only of those that are done
//! whenever it begins, however many threads there are ([`guaranteed`]). What they took is an
//! estimate, since symbols are coded later. What a superblock will take is guessed beforehand from
//! how much it holds ([`Weight`]), corrected by how far that guess was off in the frames before.
//! Those that are known tell how far off the guess for the tile is; it counts as much as [`PRIOR`]
//! of the tile itself. Misses that the next frames can level out are left alone, since an even
//! quality is worth more.

use super::tuning::steps::{
    ABOVE_LEAST, CORRECTIONS, DOWN, EXPONENT, KEPT, LEARN, LEAST_REST, PRIOR, SAFE, TOLERANCE,
    TOLERANCE_EXACT, UP,
};
use super::{QindexRange, log_step_of, nearest_qindex};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::decider::SuperblockPlace;
use crate::av1::tile::wavefront::guaranteed;
use crate::kernels::logarithm::{exp2, log2};

/// log₂ of the unit that indices are coded in (5.9.17 `delta_q_res`): in steps of 4 a delta takes
/// few bits.
pub(crate) const DELTA_Q_RES: u8 = 2;

/// How much a superblock holds that will have to be coded, in any unit.
pub(crate) type Weight = f64;

/// What the superblocks of a frame are held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepTarget {
    /// `base_q_idx`.
    pub(crate) qindex: u8,
    /// The indices that superblocks may have.
    pub(crate) range: QindexRange,
    /// Bits of the tiles that are aimed at.
    pub(crate) aim: f64,
    /// Bits of the tiles below which the frame is not worth taking, 0 if there is no such bound.
    pub(crate) least: f64,
    /// Bits of the tiles that should not be passed.
    pub(crate) most: f64,
    /// Whether small misses matter too.
    pub(crate) exact: bool,
    /// Whether the frame is like those that will come, to learn from it.
    pub(crate) usual: bool,
}

/// The quantizers that superblocks were coded with.
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

    /// Those of superblocks with these indices.
    pub(crate) fn of(indices: impl Iterator<Item = u8>) -> Option<Self> {
        let mut indices = indices.peekable();
        let first = Self::one(*indices.peek()?);
        let (mut used, mut mean, mut log_step, mut count) = (first, 0.0, 0.0, 0.0);
        for qindex in indices {
            mean += f64::from(qindex) - first.mean;
            log_step += log_step_of(qindex) - first.log_step;
            used.least = used.least.min(qindex);
            used.greatest = used.greatest.max(qindex);
            count += 1.0;
        }
        used.mean += mean / count;
        used.log_step += log_step / count;
        Some(used)
    }
}

/// What became of a superblock.
#[derive(Clone, Copy, Debug, Default)]
struct Decided {
    qindex: u8,
    /// Bits.
    own: f64,
    /// Sums over its row as far as here: bits, and what they would have been at the frame's step.
    bits: f64,
    even: f64,
}

/// The superblocks of a frame as far as they are decided, by place in coding order.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepLog {
    superblocks: Vec<Decided>,
}

impl StepLog {
    /// The indices of superblocks, in coding order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = u8> + Clone {
        self.superblocks.iter().map(|superblock| superblock.qindex)
    }

    /// Bits that superblocks are taken to have cost, in coding order.
    pub(crate) fn bits(&self) -> impl Iterator<Item = f64> + Clone {
        self.superblocks.iter().map(|superblock| superblock.own)
    }

    /// A superblock is being coded with this index.
    pub(crate) fn choose(&mut self, index: usize, qindex: u8) {
        self.superblocks[index].qindex = qindex;
    }
}

/// What is known when a superblock begins: the share of the frame that others are, as guessed, their
/// bits, and what those would have been at the frame's step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    share: f64,
    /// Bits.
    pub(crate) bits: f64,
    even: f64,
}

/// A tile, and what it is held to.
#[derive(Clone, Copy, Debug)]
struct TileTarget {
    /// Its first superblock in coding order, and how many it has across.
    first: usize,
    cols: usize,
    /// Its share of the frame, as guessed.
    share: f64,
}

/// Chooses the quantizers of the superblocks of one frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepControl {
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
    tiles: Vec<TileTarget>,
    /// Share of the frame that a superblock is, as guessed, and the sum over its row as far as it.
    weights: Vec<f64>,
    sums: Vec<f64>,
    /// What guesses are to be multiplied with.
    corrections: Vec<f64>,
}

impl StepControl {
    /// Starts a frame of these tiles.
    pub(crate) fn start(
        &mut self,
        target: &StepTarget,
        tiles: &[TileBounds],
        weights: impl Iterator<Item = Weight>,
        log: &mut StepLog,
    ) {
        self.qindex = target.qindex;
        self.log_step = log_step_of(target.qindex);
        self.range = target.range.with(target.qindex);
        (self.aim, self.most) = (target.aim.max(1.0), target.most.max(1.0));
        let (least, most) = if target.exact { TOLERANCE_EXACT } else { TOLERANCE };
        let worth_taking = ABOVE_LEAST * target.least / self.aim;
        self.tolerance = (least.max(worth_taking.min(1.0)), most);
        self.learns = target.usual;
        self.weights.clear();
        self.weights.extend(weights.map(|weight| weight.max(1e-3)));
        self.corrections.resize(self.weights.len(), 1.0);
        for (weight, correction) in self.weights.iter_mut().zip(&self.corrections) {
            *weight *= correction;
        }
        let sum: f64 = self.weights.iter().sum();
        self.weights.iter_mut().for_each(|weight| *weight /= sum);
        self.sums.clear();
        self.tiles.clear();
        for tile in tiles {
            let (rows, cols) = tile.superblocks();
            let first = self.sums.len();
            for row in self.weights[first..first + rows * cols].chunks(cols) {
                let mut sum = 0.0;
                self.sums.extend(row.iter().map(|weight| {
                    sum += weight;
                    sum
                }));
            }
            let share = self.weights[first..first + rows * cols].iter().sum();
            self.tiles.push(TileTarget { first, cols, share });
        }
        log.superblocks.clear();
        log.superblocks.resize(self.weights.len(), Decided::default());
    }

    /// What a superblock may know of others.
    pub(crate) fn known(&self, log: &StepLog, place: SuperblockPlace) -> Known {
        let TileTarget { first, cols, .. } = self.tiles[place.tile];
        let mut known = Known::default();
        for row in 0..=place.row {
            let count = match place.row - row {
                0 => place.col,
                up => guaranteed(up, place.col, cols),
            };
            if count > 0 {
                let last = first + row * cols + count - 1;
                known.share += self.sums[last];
                known.bits += log.superblocks[last].bits;
                known.even += log.superblocks[last].even;
            }
        }
        known
    }

    /// The index of a superblock.
    pub(crate) fn choose(&self, log: &StepLog, place: SuperblockPlace) -> u8 {
        let known = self.known(log, place);
        let TileTarget { cols, share, .. } = self.tiles[place.tile];
        let wanted = self.coded_as(self.log_step + self.wanted(&known, share));
        let near = match place {
            SuperblockPlace { col: 1.., .. } => place.index - 1,
            SuperblockPlace { row: 1.., .. } => place.index - cols,
            _ => return wanted,
        };
        let near = log.superblocks[near].qindex;
        if wanted.abs_diff(near) <= KEPT { near } else { wanted }
    }

    /// The index nearest to `log_step` in a frame whose steps are not controlled, or that of the
    /// frame.
    pub(crate) fn fixed_index(&self, log_step: Option<f64>) -> u8 {
        log_step.map_or(self.qindex, |log_step| self.coded_as(log_step))
    }

    /// A superblock was decided, and is taken to have cost so many bits.
    pub(crate) fn decided(&self, log: &mut StepLog, place: SuperblockPlace, bits: f64) {
        let before = match place.col {
            0 => Decided::default(),
            _ => log.superblocks[place.index - 1],
        };
        let superblock = &mut log.superblocks[place.index];
        superblock.own = bits;
        superblock.bits = before.bits + bits;
        superblock.even = before.even + even(self.log_step, superblock.qindex, bits);
    }

    /// The bits that the frame would come to by what is known.
    pub(crate) fn expected(&self, known: &Known, place: SuperblockPlace) -> f64 {
        let of_tile = self.tiles[place.tile].share;
        known.bits / (known.share / of_tile).max(PRIOR) / of_tile
    }

    /// The frame is to stand, and its superblocks took so many bits each: the next guess will be
    /// better for it.
    pub(crate) fn learn(&mut self, log: &StepLog, bits: impl Iterator<Item = f64> + Clone) {
        if !std::mem::take(&mut self.learns) {
            return;
        }
        let base = self.log_step;
        let costs = log.indices().zip(bits).map(|(qindex, bits)| even(base, qindex, bits));
        let sum: f64 = costs.clone().sum();
        let superblocks = self.corrections.iter_mut().zip(&self.weights).zip(costs);
        for ((correction, weight), cost) in superblocks {
            let ratio = (cost + 0.1 * sum * weight) / (1.1 * sum * weight).max(1.0);
            let (least, most) = CORRECTIONS;
            *correction *= 1.0 + LEARN * (ratio.clamp(least, most) - 1.0);
            *correction = correction.clamp(least, most);
        }
    }

    /// The step of the rest of a tile that is `share` of the frame, over that of the frame, in
    /// octaves.
    fn wanted(&self, known: &Known, share: f64) -> f64 {
        let before = known.share / share;
        if known.share <= 0.0 || before >= 1.0 {
            return 0.0;
        }
        let aim = share * self.aim;
        let miss = (known.even + PRIOR * aim) / ((before + PRIOR) * aim);
        let rest = (miss * (1.0 - before) * aim).max(1.0);
        let most = (self.tolerance.1 * aim).min(SAFE * share * self.most);
        let least = self.tolerance.0 * aim.min(most);
        let total = (known.bits + rest).clamp(least, most.max(least));
        let left = (total - known.bits).max(LEAST_REST * aim);
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
}

/// What a superblock that took `bits` would have taken at the frame's step.
fn even(log_step: f64, qindex: u8, bits: f64) -> f64 {
    bits * exp2(EXPONENT * (log_step_of(qindex) - log_step))
}

#[cfg(test)]
mod tests;
