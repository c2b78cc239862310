//! Motion modes of inter blocks: local warps and overlapped motion compensation beside plain motion compensation.

use super::block::BlockSearch;
use super::estimate::Estimate;
use super::mode::{BlockContext, Candidate};
use super::tuning::{OVERLAP_MARGIN, OVERLAP_STEPS};
use crate::av1::tile::block::Block;
use crate::av1::tile::mv_prediction::{MotionModes, MvStack};
use crate::av1::types::{MotionMode, Mv};

/// How far a corner of the block must move apart from its middle for a local warp to be tried, in 1/16 sample. 1 gains 1.3 % at
/// speed 4 (PSNR-Y, four clips), 2 gain 0.8 %, 4 gain 0.4 %.
const LEAST_BEND: i32 = 1;

impl BlockSearch<'_, '_, '_> {
    /// Tries the best of the candidates, all with one reference and the vectors' stacks kept, with other motion modes too.
    pub(super) fn add_motion_modes(
        &mut self,
        context: &BlockContext,
        candidates: &mut Vec<Candidate>,
    ) {
        if !self.coder.frame.is_motion_mode_switchable || candidates.is_empty() {
            return;
        }
        candidates.sort_by_key(|candidate| candidate.estimate.difference);
        let plain = candidates.len();
        let overlapped = self.overlapped(context, candidates);
        for index in 0..plain.min(self.frame.effort.local_warps) {
            let block = candidates[index].block;
            candidates.extend(self.local_warp(context, &block));
        }
        candidates.extend(overlapped);
    }

    /// A block with one reference as a local warp, if its neighbours move so that this differs.
    fn local_warp(&mut self, context: &BlockContext, block: &Block) -> Option<Candidate> {
        let stack = self.kept_stack(block)?;
        let block = self.as_local_warp(block, &stack)?;
        let estimate = self.predicted_cost(context, &block);
        Some(Candidate { block, estimate })
    }

    /// The block of that warp.
    fn as_local_warp(&self, block: &Block, stack: &MvStack) -> Option<Block> {
        if stack.motion_modes != MotionModes::All {
            return None;
        }
        let warp = self.coder.local_warp(block)?;
        let (motion_mode, interp_filter) = (MotionMode::LocalWarp, self.fixed_filter());
        let warped = Block { motion_mode, interp_filter, ..*block };
        (warp.bend(block.size) >= LEAST_BEND).then_some(warped)
    }

    /// The best with overlapped motion compensation of the first candidates, which are sorted.
    fn overlapped(&mut self, context: &BlockContext, plain: &[Candidate]) -> Option<Candidate> {
        let mut best: Option<Candidate> = None;
        for Candidate { block, .. } in &plain[..plain.len().min(self.frame.effort.overlaps)] {
            let stack = self.kept_stack(block)?;
            let Some(block) = self.as_overlapped(block, &stack) else { continue };
            if best.is_none() {
                let neighbours = self.coder.overlap(context.pos, context.size);
                self.worker.overlap.predict(&neighbours, 0);
            }
            let estimate = self.predicted_cost(context, &block);
            if best.is_none_or(|best| estimate.difference < best.estimate.difference) {
                best = Some(Candidate { block, estimate });
            }
        }
        let best = best?;
        let limit = u64::from(plain[0].estimate.difference) * OVERLAP_MARGIN;
        let is_near = u64::from(best.estimate.difference) * 64 <= limit;
        Some(if is_near { self.refine_overlapped(context, best) } else { best })
    }

    /// The block overlapped, if its neighbours move so that this differs.
    fn as_overlapped(&self, block: &Block, stack: &MvStack) -> Option<Block> {
        if stack.motion_modes == MotionModes::Simple {
            return None;
        }
        let differs = self.coder.overlap(block.pos, block.size).differs_from(block);
        differs.then_some(Block { motion_mode: MotionMode::Obmc, ..*block })
    }

    /// Takes the vector of an overlapped block to where its neighbours leave least, in quarters of a sample.
    fn refine_overlapped(&mut self, context: &BlockContext, found: Candidate) -> Candidate {
        let mut best = found;
        let Some(stack) = self.kept_stack(&found.block) else { return best };
        if self.coder.frame.force_integer_mv {
            return best;
        }
        let mut before = found.block.mv[0];
        for _ in 0..OVERLAP_STEPS {
            let centre = best.block.mv[0];
            for (down, right) in [(0, 2), (0, -2), (2, 0), (-2, 0)] {
                let mv = Mv::new(centre.row + down, centre.col + right);
                if mv == before {
                    continue;
                }
                let is_whole = (mv.row | mv.col) & 7 == 0;
                let interp_filter =
                    if is_whole { self.fixed_filter() } else { found.block.interp_filter };
                let block = Block { mv: [mv, Mv::default()], interp_filter, ..found.block };
                let block = self.labelled(context, &block, &stack);
                let estimate = self.predicted_cost(context, &block);
                if estimate.difference < best.estimate.difference {
                    best = Candidate { block, estimate };
                }
            }
            if best.block.mv[0] == centre {
                break;
            }
            before = centre;
        }
        best
    }

    /// Adds an inter block as it is proposed to the candidates: one that is proposed with another motion mode, which
    /// neighbours that were coded otherwise may have changed, also without.
    pub(super) fn add_proposed(&mut self, context: &BlockContext, block: &Block, stack: &MvStack) {
        let plain = Block { motion_mode: MotionMode::Simple, ..*block };
        let plain = self.labelled(context, &plain, stack);
        let other = match block.motion_mode {
            MotionMode::Simple => None,
            MotionMode::Obmc => self.as_overlapped(&plain, stack),
            MotionMode::LocalWarp => self.as_local_warp(&plain, stack),
        };
        let estimate = Estimate::of_difference(0);
        let blocks = other.into_iter().chain([plain]);
        self.worker.candidates.extend(blocks.map(|block| Candidate { block, estimate }));
    }
}
