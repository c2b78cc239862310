//! Intra modes: candidates by transformed differences, and chroma once luma is there.

use super::decide::BlockSearch;
use super::inter_mode::Candidate;
use super::trial::samples;
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::tables::blocks::{INTRA_MODE_CONTEXT, SIZE_GROUP};
use crate::av1::tile::block::{Block, chroma_tx_size, max_rect_tx_size};
use crate::av1::tile::cdf::{
    ANGLE_DELTA_CDF, INTRA_FRAME_Y_MODE_CDF, IS_INTER_CDF, UV_MODE_CFL_ALLOWED_CDF,
    UV_MODE_CFL_NOT_ALLOWED_CDF, Y_MODE_CDF,
};
use crate::av1::tile::inter_syntax::InterContext;
use crate::av1::tile::intra::{Direction, cfl_ac, predict_chroma_from_luma, predict_intra};
use crate::av1::types::{BlockSize, PredictionMode, TxSize, UvMode};
use crate::frame::padded::PaddedPlane;
use crate::kernels::intra::{CFL_MAX, Edges, dc_value};
use crate::kernels::satd::satd;
use crate::kernels::view::{Samples, SamplesMut};
use crate::search::cost::COST_BITS;

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

/// Cost of the chroma mode and the like that luma is compared with, in 1/512 bit.
const CHROMA_RATE: u32 = 3 << (COST_BITS - 1);

impl BlockSearch<'_, '_, '_> {
    /// Adds the intra candidates of a block, as transforms of the block's size predict them.
    pub(crate) fn intra_candidates(&mut self, mi_row: usize, mi_col: usize, size: BlockSize) {
        let intra_frame = self.coder.frame.frame_is_intra;
        let effort = &self.frame.effort;
        let count = if intra_frame { effort.intra_modes } else { effort.inter_frame_modes };
        let block = Block { skip: false, ..Block::new(mi_row, mi_col, size) };
        let tx = max_rect_tx_size(size);
        let edges = self.coder.intra_edges(&block, 0, (mi_col * 4, mi_row * 4), tx);
        let near = self.coder.writer().inter_neighbours(mi_row, mi_col);
        let mut best = (u32::MAX, PredictionMode::Dc);
        for &mode in &MODES[..count] {
            let cost = self.try_intra(&block, mode, 0, &edges, &near);
            if mode.is_directional() && cost < best.0 {
                best = (cost, mode);
            }
        }
        if effort.angle_deltas && best.0 != u32::MAX {
            let mut centre = 0;
            for step in [2, 1] {
                let around = centre;
                for delta in [around - step, around + step] {
                    let cost = self.try_intra(&block, best.1, delta, &edges, &near);
                    if cost < best.0 {
                        best.0 = cost;
                        centre = delta;
                    }
                }
            }
        }
    }

    fn try_intra(
        &mut self,
        block: &Block,
        mode: PredictionMode,
        angle_delta: i8,
        edges: &Edges,
        near: &[Option<ModeInfo>; 2],
    ) -> u32 {
        let mut block = *block;
        block.y_mode = mode;
        block.angle_delta_y = angle_delta;
        let tx = max_rect_tx_size(block.size);
        let direction = self.coder.direction(&block, 0, mode, angle_delta);
        let difference = self.intra_difference(&block, 0, tx, mode, direction, edges);
        let rate = self.intra_rate(&block, near);
        let cost = self.lambda.absolute(difference, rate);
        self.worker.candidates.push(Candidate { block, cost });
        cost
    }

    /// Transformed difference of one transform's intra prediction.
    fn intra_difference(
        &mut self,
        block: &Block,
        plane: usize,
        tx: TxSize,
        mode: PredictionMode,
        direction: Direction,
        edges: &Edges,
    ) -> u32 {
        let dst = SamplesMut::new(&mut self.worker.buffer, tx.width());
        predict_intra(self.coder.isa, dst, tx, mode, direction, edges);
        self.buffer_difference(block, plane, tx)
    }

    /// Transformed difference of the samples in the buffer.
    fn buffer_difference(&self, block: &Block, plane: usize, tx: TxSize) -> u32 {
        let (x, y, w, h) = samples(plane, block.mi_row, block.mi_col, block.size);
        let source = &self.coder.source[plane];
        let multiple = if plane == 0 { 8 } else { 4 };
        let w = w.min(tx.width()).min((source.width - x).next_multiple_of(multiple));
        let h = h.min(tx.height()).min((source.height - y).next_multiple_of(multiple));
        let src = source.view(x as isize, y as isize);
        let pred = Samples::new(&self.worker.buffer, tx.width());
        satd(self.coder.isa, src, pred, (w, h)) / 2
    }

    /// Cost of the luma mode, in 1/512 bit.
    fn intra_rate(&self, block: &Block, near: &[Option<ModeInfo>; 2]) -> u32 {
        let costs = &self.frame.costs;
        let mode = block.y_mode as usize;
        let mut rate = CHROMA_RATE;
        if self.coder.frame.frame_is_intra {
            let context = |n: &Option<ModeInfo>| {
                let mode = n.as_ref().map_or(PredictionMode::Dc, |n| n.y_mode);
                usize::from(INTRA_MODE_CONTEXT[mode as usize])
            };
            let row = INTRA_FRAME_Y_MODE_CDF.row([context(&near[0]), context(&near[1])]);
            rate += costs.symbol(row, mode);
        } else {
            let context = InterContext { above: near[0].as_ref(), left: near[1].as_ref() };
            rate += costs.symbol(IS_INTER_CDF.row([context.is_inter_ctx()]), 0);
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

/// Chooses the chroma mode of a block whose luma is reconstructed: DC, the luma mode, or chroma from
/// luma.
pub(crate) fn choose_chroma(search: &mut BlockSearch<'_, '_, '_>, block: &mut Block) {
    if search.coder.frame.lossless(block.segment_id) {
        return;
    }
    let tx = chroma_tx_size(block.size);
    let (x, y, ..) = samples(1, block.mi_row, block.mi_col, block.size);
    let edges = [1, 2].map(|plane| search.coder.intra_edges(block, plane, (x, y), tx));
    let cfl_allowed = block.size.width().max(block.size.height()) <= 32;
    let row = if cfl_allowed {
        UV_MODE_CFL_ALLOWED_CDF.row([block.y_mode as usize])
    } else {
        UV_MODE_CFL_NOT_ALLOWED_CDF.row([block.y_mode as usize])
    };
    let (frame, mut best) = (search.frame, u32::MAX);
    let mut chosen = (UvMode::Dc, 0, [0; 2]);
    let luma_mode = (UvMode::ALL[block.y_mode as usize], block.angle_delta_y);
    for (mode, angle_delta) in [(UvMode::Dc, 0), luma_mode] {
        if best != u32::MAX && mode == UvMode::Dc {
            continue;
        }
        let prediction = PredictionMode::ALL[mode as usize];
        let mut difference = 0;
        for plane in [1, 2] {
            let direction = search.coder.direction(block, plane, prediction, angle_delta);
            let edge = &edges[plane - 1];
            difference += search.intra_difference(block, plane, tx, prediction, direction, edge);
        }
        let mut rate = frame.costs.symbol(row, mode as usize);
        if prediction.is_directional() {
            let row = ANGLE_DELTA_CDF.row([mode as usize - PredictionMode::V as usize]);
            rate += frame.costs.symbol(row, (angle_delta + 3) as usize);
        }
        let cost = search.lambda.absolute(difference, rate);
        if cost < best {
            best = cost;
            chosen = (mode, angle_delta, [0; 2]);
        }
    }
    if cfl_allowed {
        let max_luma = search.coder.max_luma();
        cfl_ac(
            search.coder.isa,
            &mut search.worker.cfl,
            &search.coder.recon[0],
            (x, y),
            tx,
            max_luma,
        );
        let alpha = [1, 2].map(|plane| {
            let source = &search.coder.source[plane];
            fit_alpha(source, (x, y), tx, &edges[plane - 1], &search.worker.cfl)
        });
        if alpha != [0, 0] {
            let mut difference = 0;
            for plane in [1, 2] {
                let dst = SamplesMut::new(&mut search.worker.buffer, tx.width());
                let (edge, ac, alpha) = (&edges[plane - 1], &search.worker.cfl, alpha[plane - 1]);
                predict_chroma_from_luma(search.coder.isa, dst, tx, edge, ac, alpha);
                difference += search.buffer_difference(block, plane, tx);
            }
            // Signs and magnitudes cost some 3 bits for each plane.
            let magnitudes = alpha.iter().filter(|&&a| a != 0).count() as u32;
            let rate =
                frame.costs.symbol(row, UvMode::Cfl as usize) + ((2 + 2 * magnitudes) << COST_BITS);
            if search.lambda.absolute(difference, rate) < best {
                chosen = (UvMode::Cfl, 0, alpha);
            }
        }
    }
    (block.uv_mode, block.angle_delta_uv, block.cfl_alpha) = chosen;
}

/// The factor of luma's variation that is nearest to a chroma plane's in the least squares.
fn fit_alpha(
    source: &PaddedPlane,
    (x, y): (usize, usize),
    tx: TxSize,
    edges: &Edges,
    ac: &[i16; CFL_MAX * CFL_MAX],
) -> i8 {
    let (w, h) = (tx.width(), tx.height());
    let dc = i32::from(dc_value((w, h), edges));
    let (mut product, mut square) = (0_i64, 0_i64);
    for (row, ac) in ac.chunks_exact(CFL_MAX).take(h).enumerate() {
        let samples = source.row(x as isize, (y + row) as isize, w);
        let (mut p, mut q) = (0_i32, 0_i32);
        for (&sample, &ac) in samples.iter().zip(ac) {
            p += i32::from(ac) * (i32::from(sample) - dc);
            q += i32::from(ac) * i32::from(ac);
        }
        product += i64::from(p);
        square += i64::from(q);
    }
    if square == 0 {
        return 0;
    }
    // The product with alpha counts in 1/64.
    let half = if product < 0 { -square / 2 } else { square / 2 };
    ((64 * product + half) / square).clamp(-16, 16) as i8
}
