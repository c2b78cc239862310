//! The chroma mode of an intra block, once its luma is reconstructed.

use super::block::BlockSearch;
use super::cost::COST_BITS;
use super::intra_mode::IntraPrediction;
use super::tuning::{CFL_MAGNITUDE_BITS, CFL_SIGN_BITS};
use crate::av1::geometry::Rect;
use crate::av1::tile::block::{Block, chroma_tx_size};
use crate::av1::tile::cdf::{
    ANGLE_DELTA_CDF, CdfRow, UV_MODE_CFL_ALLOWED_CDF, UV_MODE_CFL_NOT_ALLOWED_CDF,
};
use crate::av1::tile::intra::{cfl_ac, predict_chroma_from_luma};
use crate::av1::types::{PredictionMode, TxSize, UvMode};
use crate::frame::padded::PaddedPlane;
use crate::kernels::intra::{CFL_MAX, Edges, dc_value};
use crate::kernels::view::SamplesMut;

/// A chroma mode, and its cost in the unit of absolute differences.
#[derive(Clone, Copy)]
struct ChromaMode {
    /// `UVMode`.
    mode: UvMode,
    /// `AngleDeltaUV`.
    angle_delta: i8,
    /// `CflAlphaU` and `CflAlphaV`.
    alpha: [i8; 2],
    /// Of both planes.
    cost: u32,
}

/// What the chroma modes of a block are compared from.
struct ChromaContext {
    /// Left and top in samples of chroma.
    place: (usize, usize),
    /// The transform of chroma.
    tx: TxSize,
    /// The edges of both planes.
    edges: [Edges; 2],
    /// The distribution of `uv_mode`.
    row: CdfRow,
}

impl BlockSearch<'_, '_, '_> {
    /// Chooses the chroma mode of a block whose luma is reconstructed: DC, the luma mode, or chroma
    /// from luma.
    pub(super) fn choose_chroma(&mut self, block: &mut Block) {
        if self.coder.frame.lossless(block.segment_id) {
            return;
        }
        let tx = chroma_tx_size(block.size);
        let rect = Rect::of_block(1, block.pos, block.size);
        let place = (rect.x, rect.y);
        let cfl_allowed = block.size.width().max(block.size.height()) <= 32;
        let row = if cfl_allowed {
            UV_MODE_CFL_ALLOWED_CDF.row([block.y_mode as usize])
        } else {
            UV_MODE_CFL_NOT_ALLOWED_CDF.row([block.y_mode as usize])
        };
        let edges = [1, 2].map(|plane| self.coder.intra_edges(block, plane, place, tx));
        let context = ChromaContext { place, tx, edges, row };
        let mut best = self.predicted_chroma(block, &context, UvMode::Dc, 0);
        if block.y_mode != PredictionMode::Dc {
            let mode = UvMode::ALL[block.y_mode as usize];
            let like_luma = self.predicted_chroma(block, &context, mode, block.angle_delta_y);
            if like_luma.cost < best.cost {
                best = like_luma;
            }
        }
        if cfl_allowed
            && let Some(from_luma) = self.chroma_from_luma(block, &context)
            && from_luma.cost < best.cost
        {
            best = from_luma;
        }
        block.uv_mode = best.mode;
        block.angle_delta_uv = best.angle_delta;
        block.cfl_alpha = best.alpha;
    }

    /// Chroma predicted from its edges.
    fn predicted_chroma(
        &mut self,
        block: &Block,
        context: &ChromaContext,
        mode: UvMode,
        angle_delta: i8,
    ) -> ChromaMode {
        let prediction = PredictionMode::ALL[mode as usize];
        let mut difference = 0;
        for (plane, edges) in (1..).zip(&context.edges) {
            let tx = context.tx;
            let chroma = IntraPrediction { plane, tx, mode: prediction, angle_delta, edges };
            difference += self.intra_difference(block, chroma);
        }
        let costs = &self.frame.costs;
        let mut rate = costs.symbol(context.row, mode as usize);
        if prediction.is_directional() {
            let row = ANGLE_DELTA_CDF.row([mode as usize - PredictionMode::V as usize]);
            rate += costs.symbol(row, (angle_delta + 3) as usize);
        }
        let cost = self.lambda.absolute(difference, rate);
        ChromaMode { mode, angle_delta, alpha: [0; 2], cost }
    }

    /// Chroma from luma (7.11.5) with the nearest factors, unless both are zero.
    fn chroma_from_luma(&mut self, block: &Block, context: &ChromaContext) -> Option<ChromaMode> {
        let &ChromaContext { place, tx, ref edges, row } = context;
        let max_luma = self.coder.max_luma();
        let luma = &self.coder.recon[0];
        cfl_ac(self.coder.isa, &mut self.worker.cfl, luma, place, tx, max_luma);
        let alpha = [1, 2].map(|plane| {
            let source = &self.coder.source[plane];
            fit_alpha(source, place, tx, &edges[plane - 1], &self.worker.cfl)
        });
        if alpha == [0, 0] {
            return None;
        }
        let mut difference = 0;
        for plane in [1, 2] {
            let dst = SamplesMut::new(&mut self.worker.buffer, tx.width());
            let (edge, ac, alpha) = (&edges[plane - 1], &self.worker.cfl, alpha[plane - 1]);
            predict_chroma_from_luma(self.coder.isa, dst, tx, edge, ac, alpha);
            difference += self.buffer_difference(block, plane, tx);
        }
        let magnitudes = alpha.iter().filter(|&&a| a != 0).count() as u32;
        let bits = CFL_SIGN_BITS + CFL_MAGNITUDE_BITS * magnitudes;
        let rate = self.frame.costs.symbol(row, UvMode::Cfl as usize) + (bits << COST_BITS);
        let cost = self.lambda.absolute(difference, rate);
        Some(ChromaMode { mode: UvMode::Cfl, angle_delta: 0, alpha, cost })
    }
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
