//! The modes of one block: candidates gathered and sorted by ever better estimates of their cost,
//! the last ones by coding them.

use super::block::{BlockSearch, Coded};
use super::partition::Hints;
use super::rd_candidates::RdCandidates;
use super::tuning::{INTRA_WORTH_DIVISOR, RD_CANDIDATE_MARGIN};
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{MiPos, Rect};
use crate::av1::tile::block::Block;
use crate::av1::tile::quantizers::ac_step;
use crate::av1::types::BlockSize;

/// A way of coding a block, and an estimate of its cost in the unit of absolute differences.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The block.
    pub(super) block: Block,
    /// The estimate.
    pub(super) cost: u32,
}

/// Where a block lies and what is beside it: what all its candidates share.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockContext {
    /// Its position.
    pub(super) pos: MiPos,
    /// Its size.
    pub(super) size: BlockSize,
    /// Its luma inside the picture, rounded up to 8 samples.
    pub(super) rect: Rect,
    /// The blocks above and to the left, if available.
    pub(super) near: [Option<ModeInfo>; 2],
}

impl BlockSearch<'_, '_, '_> {
    /// Decides the modes of a block and codes it; `hints` become the vectors found.
    pub(super) fn block(&mut self, pos: MiPos, size: BlockSize, hints: &mut Hints) -> Coded {
        let context = BlockContext {
            pos,
            size,
            rect: Rect::of_block(0, pos, size).inside(&self.coder.source[0], 8),
            near: self.coder.writer().inter_neighbours(pos),
        };
        self.worker.candidates.clear();
        let intra_frame = self.coder.frame.is_intra();
        let mut worth_intra = true;
        if !intra_frame {
            self.inter_candidates(&context, hints);
            let best = self.worker.candidates.iter().map(|c| c.cost).min().unwrap_or(u32::MAX);
            let samples = (size.width() * size.height()) as u32;
            worth_intra = best > samples * self.sample_step() / INTRA_WORTH_DIVISOR;
        }
        if worth_intra {
            self.intra_candidates(&context);
        }
        self.keep_rd_candidates();
        let mut candidates = RdCandidates::new(self, pos, size);
        candidates.code_all();
        candidates.split_transforms();
        candidates.finish()
    }

    /// Sorts the candidates, and keeps the best that are to be coded.
    fn keep_rd_candidates(&mut self) {
        let effort = &self.frame.effort;
        let intra_frame = self.coder.frame.is_intra();
        let count = if intra_frame { effort.intra_rd_candidates } else { effort.rd_candidates };
        let candidates = &mut self.worker.candidates;
        candidates.sort_by_key(|candidate| candidate.cost);
        let limit = u64::from(candidates[0].cost) * u64::from(RD_CANDIDATE_MARGIN) / 16;
        candidates.truncate(count);
        candidates.retain(|candidate| u64::from(candidate.cost) <= limit);
    }

    /// The AC step of the superblock in the sample domain.
    pub(super) fn sample_step(&self) -> u32 {
        u32::from(ac_step(self.coder.target_q_index)) / 8
    }
}
