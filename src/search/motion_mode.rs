//! Motion modes of inter blocks: local warps beside plain motion compensation.

use super::block::BlockSearch;
use super::estimate::Estimate;
use super::mode::{BlockContext, Candidate};
use crate::av1::tile::block::Block;
use crate::av1::tile::mv_prediction::{MotionModes, MvStack};
use crate::av1::types::MotionMode;

/// How far a corner of the block must move apart from its middle for a local warp to be tried, in 1/16 sample. 1 gains 1.3 % at
/// speed 4 (PSNR-Y, four clips), 2 gain 0.8 %, 4 gain 0.4 %.
const LEAST_BEND: i32 = 1;

impl BlockSearch<'_, '_, '_> {
    /// Tries the best of the candidates, all with one reference and the vectors' stacks kept, as local warps too.
    pub(super) fn add_local_warps(
        &mut self,
        context: &BlockContext,
        candidates: &mut Vec<Candidate>,
    ) {
        if !self.coder.frame.allow_warped_motion {
            return;
        }
        candidates.sort_by_key(|candidate| candidate.estimate.difference);
        for index in 0..candidates.len().min(self.frame.effort.local_warps) {
            let block = candidates[index].block;
            candidates.extend(self.local_warp(context, &block));
        }
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

    /// Adds an inter block as it is proposed to the candidates: one that is proposed as a local warp, which neighbours that were
    /// coded otherwise may have changed, also without.
    pub(super) fn add_proposed(&mut self, context: &BlockContext, block: &Block, stack: &MvStack) {
        let plain = Block { motion_mode: MotionMode::Simple, ..*block };
        let plain = self.labelled(context, &plain, stack);
        let warped = match block.motion_mode {
            MotionMode::LocalWarp => self.as_local_warp(&plain, stack),
            _ => None,
        };
        let estimate = Estimate::of_difference(0);
        let blocks = warped.into_iter().chain([plain]);
        self.worker.candidates.extend(blocks.map(|block| Candidate { block, estimate }));
    }
}
