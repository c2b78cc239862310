//! Halves of squares, proposed with the vectors of the whole and of its quarters: a motion search of their own would cost
//! what it gains.

use super::block::BlockSearch;
use super::estimate::Estimate;
use super::proposal::place;
use crate::av1::geometry::MiPos;
use crate::av1::tile::block::{Block, max_rect_tx_size};
use crate::av1::tile::partition::parts_of;
use crate::av1::types::{BlockSize, INTRA_FRAME, MotionMode, Partition};

/// Two halves of a square.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halves {
    /// How the square is split.
    pub(super) partition: Partition,
    /// The halves, and whether luma of each is expected to have no coefficients.
    blocks: [(Block, bool); 2],
    /// What they would cost.
    pub(super) cost: u64,
}

/// Whether two blocks predict alike.
fn is_alike(a: &Block, b: &Block) -> bool {
    (a.is_inter, a.ref_frame, a.mv, a.interp_filter)
        == (b.is_inter, b.ref_frame, b.mv, b.interp_filter)
}

impl BlockSearch<'_, '_, '_> {
    /// The best halves of a square inside the frame, whose whole is `whole` and whose quarters are proposed; `None` if
    /// they would cost `limit` or more.
    pub(super) fn propose_halves(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        whole: &Block,
        mut limit: u64,
    ) -> Option<Halves> {
        let mut quarters = [*whole; 4];
        for (quarter, (at, part)) in quarters.iter_mut().zip(parts_of(pos, size, Partition::Split))
        {
            *quarter = self.worker.proposals[place(at, part)].block;
        }
        if quarters.iter().all(|quarter| is_alike(quarter, whole)) {
            return None;
        }
        let mut best = None;
        for (partition, pairs) in
            [(Partition::Horz, [[0, 1], [2, 3]]), (Partition::Vert, [[0, 2], [1, 3]])]
        {
            let sources = pairs.map(|[a, b]| [quarters[a], quarters[b], *whole]);
            let halves = self.propose_pair((pos, size), partition, &sources, limit);
            limit = halves.map_or(limit, |halves| halves.cost);
            best = halves.or(best);
        }
        best
    }

    /// The halves of one way to split.
    fn propose_pair(
        &mut self,
        (pos, size): (MiPos, BlockSize),
        partition: Partition,
        sources: &[[Block; 3]; 2],
        limit: u64,
    ) -> Option<Halves> {
        let mut cost = self.partition_cost(pos, size, partition);
        let mut blocks = [(sources[0][0], false); 2];
        let halves = parts_of(pos, size, partition);
        for ((found, (at, part)), sources) in blocks.iter_mut().zip(halves).zip(sources) {
            if self.frame.is_on_border(at, part) {
                return None;
            }
            let (block, estimate) = self.propose_half(at, part, sources)?;
            *found = (block, estimate.is_zero);
            cost = cost.saturating_add(estimate.coded);
            if cost >= limit {
                return None;
            }
        }
        Some(Halves { partition, blocks, cost })
    }

    /// A half that predicts as one of `sources`.
    fn propose_half(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        sources: &[Block; 3],
    ) -> Option<(Block, Estimate)> {
        let context = self.block_context(pos, size);
        let mut best: Option<(Block, Estimate)> = None;
        for (index, source) in sources.iter().enumerate() {
            let known = sources[..index].iter().any(|other| is_alike(other, source));
            let mut references = source.ref_frame.into_iter().zip(source.mv);
            let may_refer = references
                .all(|(name, mv)| name <= INTRA_FRAME || self.frame.may_refer(pos, size, name, mv));
            if known || !source.is_inter || !may_refer {
                continue;
            }
            let stack = self.coder.mv_stack(pos, size, source.ref_frame);
            let kept = if source.is_compound() { 0 } else { source.ref_frame[0] as usize };
            self.worker.stacks[kept] = Some(stack);
            let (motion_mode, tx_size) = (MotionMode::Simple, max_rect_tx_size(size));
            let block = Block { pos, size, motion_mode, tx_size, ..*source };
            let block = self.labelled(&context, &block, &stack);
            let estimate = self.predicted_cost(&context, &block);
            if best.is_none_or(|(_, best)| estimate.coded < best.coded) {
                best = Some((block, estimate));
            }
        }
        best
    }

    /// Leaves the modes of halves for blocks after them to predict from.
    pub(super) fn leave_halves(&mut self, halves: &Halves) {
        for (block, _) in &halves.blocks {
            self.coder.grid.fill(block.pos, block.size, block.mode_info());
            self.coder.set_decoded(block.pos, block.size, true);
        }
    }

    /// Codes a square in halves as proposed; gives its cost.
    pub(super) fn carry_out_halves(&mut self, pos: MiPos, size: BlockSize, halves: &Halves) -> u64 {
        let mut cost = self.symbol(pos, size, halves.partition);
        for (block, is_zero) in &halves.blocks {
            cost += self.carry_out_block(block, *is_zero);
        }
        cost
    }
}
