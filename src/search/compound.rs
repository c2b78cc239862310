//! Compound candidates: means of two references.

use super::block::BlockSearch;
use super::inter_mode::{Found, VectorMode};
use super::mode::{BlockContext, Candidate};
use super::tuning::MOTION_MARGIN;
use crate::av1::types::{Mv, PredictionMode};

impl BlockSearch<'_, '_, '_> {
    /// Adds means of the first reference and of the other that alone is nearest to the block, if it
    /// is near enough.
    pub(super) fn compound_candidates(&mut self, context: &BlockContext, found: &[Found; 7]) {
        use PredictionMode as P;
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
        for (mode, mv) in [
            (P::NearestNearestMv, nearest),
            (P::NearestNewMv, [nearest[0], new[1]]),
            (P::NewNearestMv, [new[0], nearest[1]]),
            (P::NewNewMv, new),
            (P::GlobalGlobalMv, [Mv::default(); 2]),
        ] {
            if mode != P::NearestNearestMv && mv == nearest {
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
