//! Intra candidates of one block, by the transformed differences of luma.

use super::block::{BlockSearch, Stage};
use super::mode::{BlockContext, Candidate};
use super::tuning::CHROMA_MODE_RATE;
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{Rect, view};
use crate::av1::tables::blocks::{INTRA_MODE_CONTEXT, SIZE_GROUP};
use crate::av1::tile::block::{Block, max_rect_tx_size};
use crate::av1::tile::cdf::{ANGLE_DELTA_CDF, INTRA_FRAME_Y_MODE_CDF, Y_MODE_CDF};
use crate::av1::tile::intra::{edges, predict_intra};
use crate::av1::types::{PredictionMode, TxSize};
use crate::kernels::intra::Edges;
use crate::kernels::satd::{Coefficients, coefficients, satd};
use crate::kernels::view::{Samples, SamplesMut};

/// Modes in the order in which they are worth a try.
const MODES: [PredictionMode; 13] = {
    use PredictionMode as P;
    [
        P::Dc,
        P::Smooth,
        P::V,
        P::H,
        P::Paeth,
        P::SmoothV,
        P::SmoothH,
        P::D45,
        P::D135,
        P::D113,
        P::D157,
        P::D203,
        P::D67,
    ]
};

/// The intra prediction of one transform block.
#[derive(Clone, Copy)]
pub(super) struct IntraPrediction<'a> {
    /// The plane.
    pub(super) plane: usize,
    /// The size of the transform.
    pub(super) tx: TxSize,
    /// The mode, of luma's kind.
    pub(super) mode: PredictionMode,
    /// Its angle delta, −3 to 3.
    pub(super) angle_delta: i8,
    /// The samples that it is made from.
    pub(super) edges: &'a Edges,
}

impl BlockSearch<'_, '_, '_> {
    /// Adds the intra candidates of a block, as transforms of the block's size predict them.
    pub(super) fn intra_candidates(&mut self, context: &BlockContext) {
        let intra_frame = self.coder.frame.is_intra();
        let effort = &self.frame.effort;
        let count = if intra_frame { effort.intra_modes } else { effort.inter_frame_modes };
        let (pos, size) = (context.pos, context.size);
        let block = Block { skip: false, ..Block::new(pos, size) };
        let tx = max_rect_tx_size(size);
        let place = (pos.col * 4, pos.row * 4);
        let around = if self.stage == Stage::Proposing {
            // What lies around is not reconstructed yet.
            let have = self.coder.available(&block, 0, place, tx);
            edges(&self.coder.source[0], 0, place, tx, have)
        } else {
            self.coder.intra_edges(&block, 0, place, tx)
        };
        let dc = PredictionMode::Dc;
        let mut luma = IntraPrediction { plane: 0, tx, mode: dc, angle_delta: 0, edges: &around };
        let mut best = (u32::MAX, dc);
        for &mode in &MODES[..count] {
            if !self.frame.may_predict(pos, size, mode, 0) {
                continue;
            }
            luma.mode = mode;
            let cost = self.try_intra(context, &block, luma);
            if mode.is_directional() && cost < best.0 {
                best = (cost, mode);
            }
        }
        if effort.angle_deltas && best.0 != u32::MAX {
            luma.mode = best.1;
            self.try_angles(context, &block, luma, best.0);
        }
    }

    /// Adds the best directional mode, which has `cost`, at angles around its own.
    fn try_angles(
        &mut self,
        context: &BlockContext,
        block: &Block,
        mut luma: IntraPrediction<'_>,
        mut cost: u32,
    ) {
        let mut centre = 0;
        for step in [2, 1] {
            let around = centre;
            for delta in [around - step, around + step] {
                if !self.frame.may_predict(block.pos, block.size, luma.mode, delta) {
                    continue;
                }
                luma.angle_delta = delta;
                let there = self.try_intra(context, block, luma);
                if there < cost {
                    (cost, centre) = (there, delta);
                }
            }
        }
    }

    /// Adds a luma mode of `block`; gives its cost.
    fn try_intra(
        &mut self,
        context: &BlockContext,
        block: &Block,
        luma: IntraPrediction<'_>,
    ) -> u32 {
        let block = Block { y_mode: luma.mode, angle_delta_y: luma.angle_delta, ..*block };
        let found = self.intra_coefficients(&block, luma);
        let rate = self.intra_rate(&block, context);
        let estimate = self.estimate(&found, rate, block.size);
        self.worker.candidates.push(Candidate { block, estimate });
        estimate.difference
    }

    /// Transformed difference of one transform's intra prediction.
    pub(super) fn intra_difference(
        &mut self,
        block: &Block,
        prediction: IntraPrediction<'_>,
    ) -> u32 {
        let IntraPrediction { plane, tx, mode, angle_delta, edges } = prediction;
        let direction = self.coder.direction(block, plane, mode, angle_delta);
        let dst = SamplesMut::new(&mut self.worker.buffer, tx.width());
        predict_intra(self.coder.isa, dst, tx, mode, direction, edges);
        self.buffer_difference(block, plane, tx)
    }

    /// The coefficients that one transform's intra prediction of luma leaves.
    fn intra_coefficients(
        &mut self,
        block: &Block,
        prediction: IntraPrediction<'_>,
    ) -> Coefficients {
        let IntraPrediction { plane, tx, mode, angle_delta, edges } = prediction;
        let direction = self.coder.direction(block, plane, mode, angle_delta);
        let dst = SamplesMut::new(&mut self.worker.buffer, tx.width());
        predict_intra(self.coder.isa, dst, tx, mode, direction, edges);
        let source = &self.coder.source[plane];
        let rect = Rect::of_block(plane, block.pos, block.size).inside(source, 8);
        let size = (rect.w.min(tx.width()), rect.h.min(tx.height()));
        let pred = Samples::new(&self.worker.buffer, tx.width());
        let (detail, room) = (self.detail(false), &mut self.worker.room);
        coefficients(self.coder.isa, view(source, rect), pred, size, detail, room)
    }

    /// Transformed difference of the samples in the buffer.
    pub(super) fn buffer_difference(&self, block: &Block, plane: usize, tx: TxSize) -> u32 {
        let source = &self.coder.source[plane];
        let pos = block.pos;
        let multiple = if plane == 0 { 8 } else { 4 };
        let rect = Rect::of_block(plane, pos, block.size).inside(source, multiple);
        let size = (rect.w.min(tx.width()), rect.h.min(tx.height()));
        let pred = Samples::new(&self.worker.buffer, tx.width());
        satd(self.coder.isa, view(source, rect), pred, size) / 2
    }

    /// Cost of the luma mode, in 1/512 bit.
    fn intra_rate(&self, block: &Block, context: &BlockContext) -> u32 {
        let near = &context.near;
        let costs = &self.frame.costs;
        let mode = block.y_mode as usize;
        let mut rate = CHROMA_MODE_RATE;
        if self.coder.frame.is_intra() {
            let mode_context = |n: &Option<ModeInfo>| {
                let mode = n.as_ref().map_or(PredictionMode::Dc, |n| n.y_mode);
                usize::from(INTRA_MODE_CONTEXT[mode as usize])
            };
            let row = INTRA_FRAME_Y_MODE_CDF.row([mode_context(&near[0]), mode_context(&near[1])]);
            rate += costs.symbol(row, mode);
        } else {
            rate += context.is_inter[0];
            let group = usize::from(SIZE_GROUP[block.size as usize]);
            rate += costs.symbol(Y_MODE_CDF.row([group]), mode);
        }
        if block.y_mode.is_directional() {
            let row = ANGLE_DELTA_CDF.row([mode - PredictionMode::V as usize]);
            rate += costs.symbol(row, (block.angle_delta_y + 3) as usize);
        }
        rate
    }
}
