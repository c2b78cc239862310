//! The modes of one block: candidates gathered and sorted by ever better estimates of their cost,
//! the last ones by coding them.

use super::block::{BlockSearch, Coded};
use super::cost::CostSink;
use super::estimate::Estimate;
use super::partition::Hints;
use super::rd_candidates::RdCandidates;
use super::tuning::{INTRA_WORTH_DIVISOR, RD_CANDIDATE_MARGIN};
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{MiPos, Rect};
use crate::av1::tile::block::Block;
use crate::av1::tile::cdf::IS_INTER_CDF;
use crate::av1::tile::inter_syntax::{InterContext, write_ref_frames};
use crate::av1::tile::quantizers::ac_step;
use crate::av1::types::BlockSize;
use crate::av1::types::NONE;

/// A way of coding a block, and an estimate of its cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// The block.
    pub(super) block: Block,
    /// The estimate.
    pub(super) estimate: Estimate,
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
    /// The same as the syntax of inter blocks sees them.
    pub(super) inter: InterContext,
    /// Cost of being an intra block and an inter block, in 1/512 bit.
    pub(super) is_inter: [u32; 2],
    /// Cost of each reference alone, by its place among those that are searched.
    pub(super) references: [u32; 7],
}

impl BlockSearch<'_, '_, '_> {
    /// Decides the modes of a block and codes it; `hints` become the vectors found.
    pub(super) fn block(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        hints: &mut Hints,
    ) -> (Coded, Block) {
        self.gather_candidates(pos, size, hints);
        self.code_candidates(pos, size)
    }

    /// Gathers the candidates for a block; `hints` become the vectors found.
    pub(super) fn gather_candidates(&mut self, pos: MiPos, size: BlockSize, hints: &mut Hints) {
        let context = self.block_context(pos, size);
        self.worker.candidates.clear();
        let intra_frame = self.coder.frame.is_intra();
        let mut worth_intra = true;
        if !intra_frame {
            self.inter_candidates(&context, hints);
            let best = self
                .worker
                .candidates
                .iter()
                .map(|c| c.estimate.difference)
                .min()
                .unwrap_or(u32::MAX);
            let samples = (size.width() * size.height()) as u32;
            worth_intra = best > samples * self.sample_step() / INTRA_WORTH_DIVISOR;
        }
        if worth_intra {
            self.intra_candidates(&context);
        }
    }

    /// Codes the best of the candidates, which it gives as it was before.
    pub(super) fn code_candidates(&mut self, pos: MiPos, size: BlockSize) -> (Coded, Block) {
        self.keep_rd_candidates();
        let mut candidates = RdCandidates::new(self, pos, size);
        candidates.code_all();
        candidates.split_transforms();
        candidates.finish()
    }

    /// Where a block lies and what is beside it.
    pub(super) fn block_context(&mut self, pos: MiPos, size: BlockSize) -> BlockContext {
        let rect = Rect::of_block(0, pos, size).inside(&self.coder.source[0], 8);
        let near = self.coder.writer().inter_neighbours(pos);
        let inter = InterContext::new(near[0], near[1]);
        let (mut is_inter, mut references) = ([0; 2], [0; 7]);
        if !self.coder.frame.is_intra() {
            let costs = &self.frame.costs;
            let row = IS_INTER_CDF.row([inter.is_inter_ctx()]);
            is_inter = [costs.symbol(row, 0), costs.symbol(row, 1)];
            for (cost, &name) in references.iter_mut().zip(&self.frame.names) {
                let mut sink = CostSink::new(costs);
                write_ref_frames(&mut sink, self.coder.frame, &inter, [name, NONE]);
                *cost = sink.cost;
            }
        }
        BlockContext { pos, size, rect, near, inter, is_inter, references }
    }

    /// Sorts the candidates, and keeps the best that are to be coded.
    fn keep_rd_candidates(&mut self) {
        let effort = &self.frame.effort;
        let intra_frame = self.coder.frame.is_intra();
        let count = if intra_frame { effort.intra_rd_candidates } else { effort.rd_candidates };
        let candidates = &mut self.worker.candidates;
        candidates.sort_by_key(|candidate| candidate.estimate.difference);
        let limit =
            u64::from(candidates[0].estimate.difference) * u64::from(RD_CANDIDATE_MARGIN) / 16;
        candidates.truncate(count);
        candidates.retain(|candidate| u64::from(candidate.estimate.difference) <= limit);
    }

    /// The AC step of the superblock in the sample domain.
    pub(super) fn sample_step(&self) -> u32 {
        u32::from(ac_step(self.coder.target_q_index)) / 8
    }
}
