//! What a block would cost to code, estimated from the Hadamard transform of what its prediction
//! lacks.

use super::block::{BlockSearch, Stage};
use super::cost::COST_BITS;
use super::tuning::{CODED_RATE, DEAD_ZONE, LEVEL_RATE, ZERO_EXCESS};
use crate::av1::tile::quantizers::ac_step;
use crate::av1::types::BlockSize;
use crate::kernels::satd::{Beside, Coefficients, Detail};

/// Bits of the modes of a quarter that is predicted as the square around it, in 1/512 bit, roughly.
const QUARTER_RATE: u32 = 3 << COST_BITS;

/// An estimated cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    /// By absolute differences, plain or transformed, in their unit.
    pub(super) difference: u32,
    /// As coded, in the unit of [`Lambda::squared`](super::lambda::Lambda::squared); [`u64::MAX`] as long as the
    /// prediction was not made, and without meaning for blocks that are not proposed.
    pub(super) coded: u64,
    /// Whether coefficients have so little above the dead zone that none would be coded.
    pub(super) is_zero: bool,
    /// What the quarters of a square would cost if each were coded for itself, predicted alike; 0 for other blocks.
    pub(super) quarters: [u64; 4],
}

impl Estimate {
    /// The estimate of a block that was not predicted truly.
    pub(super) fn of_difference(difference: u32) -> Self {
        Self { difference, coded: u64::MAX, is_zero: false, quarters: [0; 4] }
    }
}

impl BlockSearch<'_, '_, '_> {
    /// What is wanted of the coefficients that a block leaves: blocks that are only proposed are compared as they would
    /// be coded, inter blocks with their quarters; others by their magnitudes.
    pub(super) fn detail(&self, is_inter: bool) -> Detail {
        match (self.stage, is_inter) {
            (Stage::Proposing, true) => Detail::Quarters(self.dead_zone()),
            (Stage::Proposing, false) => Detail::Whole(self.dead_zone()),
            _ => Detail::Magnitudes,
        }
    }

    /// Magnitude, as 8×8 Hadamard transforms count, below which coefficients are lost. They count in
    /// 1/8, as the quantizer's steps do.
    fn dead_zone(&self) -> u16 {
        let (numerator, denominator) = DEAD_ZONE;
        let threshold = u32::from(ac_step(self.coder.target_q_index)) * numerator / denominator;
        threshold.clamp(1, 2047) as u16
    }

    /// What a block of `size` with this residual and modes of `rate` (1/512 bit) would cost.
    /// Coefficients are lost below the dead zone; above they cost that much, and the bits of their
    /// levels.
    pub(super) fn estimate(&self, found: &Coefficients, rate: u32, size: BlockSize) -> Estimate {
        let step = u64::from(ac_step(self.coder.target_q_index));
        let samples = size.width() * size.height();
        let coded = |found: &Beside, samples: usize, rate: u32| {
            let level_rate = u64::from(LEVEL_RATE[area_class(samples)]);
            let mut coded_rate = u64::from(found.excess) * level_rate / step;
            if found.excess > 0 {
                coded_rate += u64::from(CODED_RATE);
            }
            self.lambda.squared(found.squares >> 6, rate + coded_rate.min(1 << 30) as u32)
        };
        let whole = &found.whole;
        Estimate {
            difference: self.lambda.absolute((found.magnitudes + 4) >> 3, rate),
            coded: coded(whole, samples, rate),
            is_zero: u64::from(whole.excess) * 20 <= step * ZERO_EXCESS[area_class(samples)],
            quarters: found.quarters.map(|quarter| coded(&quarter, samples / 4, QUARTER_RATE)),
        }
    }
}

/// The class of a block by its number of samples.
fn area_class(samples: usize) -> usize {
    match samples {
        0..=64 => 0,
        65..=256 => 1,
        257..=1024 => 2,
        _ => 3,
    }
}
