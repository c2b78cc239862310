//! Squares in three and in four parts, after all other ways of coding them. Threes are made of quarters and halves as
//! they were found, without a search of their own; fours are searched where halves of the same direction are good.

use super::block::BlockSearch;
use super::partition::{Hints, Square};
use crate::av1::tile::block::Block;
use crate::av1::types::Partition;

/// A part of a square that was coded as one block, and its cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The block as it was decided.
    pub(super) block: Block,
    /// Its cost.
    pub(super) cost: u64,
}

/// A square that was coded in two or four parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The cost of the whole, [`u64::MAX`] if it was given up.
    pub(super) cost: u64,
    /// The parts, as far as they were coded as one block each; quarters may be split further in the end.
    pub(super) parts: [Option<Part>; 4],
}

impl Parts {
    /// Nothing was coded.
    pub(super) const NONE: Self = Self { cost: u64::MAX, parts: [None; 4] };
}

/// A cost times so many 1/256.
pub(super) fn scaled(cost: u64, of_256: u64) -> u64 {
    (cost / 256).saturating_mul(of_256)
}

impl BlockSearch<'_, '_, '_> {
    /// Tries a square in three parts, where what they cost as quarters and halves comes near to the best.
    pub(super) fn try_threes(
        &mut self,
        square: &mut Square,
        quarters: &Parts,
        halves: &[Parts; 2],
        limit: u64,
    ) {
        use Partition as P;
        let (quarters, [rows, cols]) = (quarters.parts, halves.map(|halves| halves.parts));
        let threes = [
            (P::HorzA, [quarters[0], quarters[1], rows[1]]),
            (P::HorzB, [rows[0], quarters[2], quarters[3]]),
            (P::VertA, [quarters[0], quarters[2], cols[1]]),
            (P::VertB, [cols[0], quarters[1], quarters[3]]),
        ];
        for (partition, parts) in threes {
            let [Some(first), Some(second), Some(third)] = parts else { continue };
            let parts = [first, second, third];
            let symbol = self.partition_cost(square.pos, square.size, partition);
            let cost = parts.iter().fold(symbol, |sum, part| sum.saturating_add(part.cost));
            if cost < scaled(square.best, self.frame.effort.threes) {
                self.begin_way(square);
                let cost = self.parts_as_found(square, partition, &parts, limit.min(square.best));
                square.end_way(cost);
            }
        }
    }

    /// Codes a square in three parts as they were found; [`u64::MAX`] once `limit` is reached.
    fn parts_as_found(
        &mut self,
        square: &Square,
        partition: Partition,
        parts: &[Part; 3],
        limit: u64,
    ) -> u64 {
        let mut cost = self.symbol(square.pos, square.size, partition);
        for Part { block, .. } in parts {
            if cost >= limit {
                return u64::MAX;
            }
            cost += match block.is_inter {
                true => self.carry_out_block(block, false),
                false => self.code(*block, None).cost,
            };
        }
        if cost < limit { cost } else { u64::MAX }
    }

    /// Tries a square in four rows or columns, where two come near to the better of whole and quarters, `best`.
    pub(super) fn try_fours(
        &mut self,
        square: &mut Square,
        halves: &[Parts; 2],
        best: u64,
        hints: &Hints,
        limit: u64,
    ) {
        // Four parts of 16×16 have sides of 4 samples.
        if square.size.width() < 32 {
            return;
        }
        let most = scaled(best, self.frame.effort.fours);
        for (partition, halves) in [Partition::Horz4, Partition::Vert4].into_iter().zip(halves) {
            if halves.cost < most {
                self.try_parts(square, partition, hints, limit.min(square.best));
            }
        }
    }
}
