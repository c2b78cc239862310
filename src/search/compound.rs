//! Compound candidates: means of two references.

use super::block::BlockSearch;
use super::inter_mode::{Found, VectorMode};
use super::mode::{BlockContext, Candidate};
use super::tuning::MOTION_MARGIN;
use crate::av1::tile::block::Block;
use crate::av1::tile::mv_prediction::MvStack;
use crate::av1::types::{Mv, PredictionMode};

/// The modes of pairs that are tried, with their vectors: predicted ones, new ones, and one of each.
fn pair_modes(nearest: [Mv; 2], new: [Mv; 2]) -> [(PredictionMode, [Mv; 2]); 5] {
    use PredictionMode as P;
    [
        (P::NearestNearestMv, nearest),
        (P::NearestNewMv, [nearest[0], new[1]]),
        (P::NewNearestMv, [new[0], nearest[1]]),
        (P::NewNewMv, new),
        (P::GlobalGlobalMv, [Mv::default(); 2]),
    ]
}

impl BlockSearch<'_, '_, '_> {
    /// A compound block with the cheapest mode that gives its vectors.
    pub(super) fn labelled_pair(
        &self,
        context: &BlockContext,
        block: &Block,
        stack: &MvStack,
    ) -> Block {
        pair_modes(stack.mvs[0], block.mv)
            .into_iter()
            .filter(|&(_, mv)| mv == block.mv)
            .map(|(y_mode, _)| Block { y_mode, ref_mv_idx: 0, ..*block })
            .min_by_key(|block| self.inter_rate(context, block, stack))
            .expect("new vectors can be any")
    }

    /// Adds means of the first reference and of the other that alone is nearest to the block, if it
    /// is near enough.
    pub(super) fn compound_candidates(&mut self, context: &BlockContext, found: &[Found; 7]) {
        let effort = &self.frame.effort;
        let longer = context.size.width().max(context.size.height());
        if !effort.compound || longer < effort.compound_min_side {
            return;
        }
        let names = &self.frame.names;
        let Some(other) = (1..names.len()).min_by_key(|&index| found[index].cost) else { return };
        let limit = u64::from(found[0].cost) * MOTION_MARGIN.0;
        let cost = found[other].cost;
        if cost == u32::MAX || u64::from(cost) * MOTION_MARGIN.1 > limit {
            return;
        }
        let pair = [names[0], names[other]];
        let pos = context.pos;
        let stack = self.coder.mv_stack(pos, context.size, pair);
        self.worker.stacks[0] = Some(stack);
        let (nearest, new) = (stack.mvs[0], [found[0].mv, found[other].mv]);
        for (mode, mv) in pair_modes(nearest, new) {
            if mode != PredictionMode::NearestNearestMv && mv == nearest {
                continue;
            }
            let choice = VectorMode { mode, ref_mv_idx: 0, mv: mv[0] };
            let mut block = self.single(context, pair[0], choice);
            block.ref_frame = pair;
            block.mv = mv;
            let estimate = self.predicted_cost(context, &block);
            self.worker.candidates.push(Candidate { block, estimate });
        }
    }
}
