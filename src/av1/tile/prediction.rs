//! The predictions of a block that is carried out (5.11.33, 5.11.35), from the references and from
//! what is reconstructed around it.

use std::ops::Range;

use super::block::Block;
use super::executor::{TileCoder, TransformPlace};
use super::inter::{Region, predict_average, predict_single};
use super::intra::{
    Available, Direction, cfl_ac, edges, filter_type, predict_chroma_from_luma, predict_intra,
};
use super::local_warp::Surroundings;
use super::overlap::OverlapInput;
use crate::av1::types::{INTRA_FRAME, MotionMode, PredictionMode, TxSize, UvMode};
use crate::kernels::intra::Edges;
use crate::kernels::view::SamplesMut;

impl TileCoder<'_> {
    /// 5.11.33 `compute_prediction` of `planes` of an inter block of at least 8×8.
    pub(crate) fn predict_inter(&mut self, block: &Block, planes: Range<usize>) {
        let warp = match block.motion_mode {
            MotionMode::LocalWarp => self.local_warp(block),
            _ => None,
        };
        for plane in planes {
            let shift = usize::from(plane > 0);
            let region = Region {
                plane,
                x: (block.pos.col * 4) >> shift,
                y: (block.pos.row * 4) >> shift,
                w: block.size.width() >> shift,
                h: block.size.height() >> shift,
            };
            let dst = self.recon[plane].view_mut(region.x as isize, region.y as isize);
            let own = SamplesMut::new(&mut *dst.data, dst.stride);
            let reference = |list: usize| {
                let name = usize::from(block.ref_frame[list].unsigned_abs());
                &self.references[name].expect("a reference the frame has").planes[plane]
            };
            let filters = [block.interp_filter; 2];
            if block.is_compound() {
                let both = [0, 1].map(|list| (reference(list), block.mv[list]));
                let scratch = &mut self.scratch.compound;
                predict_average(self.isa, own, both, region, filters, scratch);
            } else if let Some(warp) = warp.filter(|_| region.w.min(region.h) >= 8) {
                warp.predict(self.isa, own, reference(0), region);
            } else {
                predict_single(self.isa, own, reference(0), region, block.mv[0], filters);
            }
            if block.motion_mode == MotionMode::Obmc {
                let (grid, tile) = (&*self.grid, self.tile);
                let around = Surroundings { grid, tile, pos: block.pos, size: block.size };
                let input = OverlapInput { isa: self.isa, around, references: &self.references };
                self.scratch.overlap.predict(&input, plane);
                self.scratch.overlap.blend(self.isa, dst);
            }
        }
    }

    /// The intra prediction of one transform block (5.11.35).
    pub(super) fn predict_intra_transform(
        &mut self,
        block: &Block,
        TransformPlace { plane, x, y, size }: TransformPlace,
        max_luma: (usize, usize),
    ) {
        let edge = self.intra_edges(block, plane, (x, y), size);
        if plane > 0 && block.uv_mode == UvMode::Cfl {
            let [luma, u, v] = &mut *self.recon;
            if plane == 1 {
                cfl_ac(self.isa, &mut self.scratch.cfl, luma, (x, y), size, max_luma);
            }
            let target = if plane == 1 { u } else { v };
            let dst = target.view_mut(x as isize, y as isize);
            let (ac, alpha) = (&self.scratch.cfl, block.cfl_alpha[plane - 1]);
            predict_chroma_from_luma(self.isa, dst, size, &edge, ac, alpha);
            return;
        }
        let (mode, angle_delta) = if plane == 0 {
            (block.y_mode, block.angle_delta_y)
        } else {
            (PredictionMode::ALL[block.uv_mode as usize], block.angle_delta_uv)
        };
        let direction = self.direction(block, plane, mode, angle_delta);
        let dst = self.recon[plane].view_mut(x as isize, y as isize);
        predict_intra(self.isa, dst, size, mode, direction, &edge);
    }

    /// The edges of a transform block of `block` (7.11.2.1).
    pub(crate) fn intra_edges(
        &self,
        block: &Block,
        plane: usize,
        (x, y): (usize, usize),
        size: TxSize,
    ) -> Edges {
        let have = self.available(block, plane, (x, y), size);
        edges(&self.recon[plane], plane, (x, y), size, have)
    }

    /// Which samples around a transform block of `block` exist (7.11.2.1).
    pub(crate) fn available(
        &self,
        block: &Block,
        plane: usize,
        (x, y): (usize, usize),
        size: TxSize,
    ) -> Available {
        let shift = usize::from(plane > 0);
        Available {
            left: block.pos.col > self.tile.mi_col_start || x > (block.pos.col * 4) >> shift,
            above: block.pos.row > self.tile.mi_row_start || y > (block.pos.row * 4) >> shift,
            above_right: self.decoded.have_above_right(plane, x, y, size.width()),
            below_left: self.decoded.have_below_left(plane, x, y, size.height()),
        }
    }

    /// What a directional mode of `block` needs besides its edges (7.11.2.4).
    pub(crate) fn direction(
        &self,
        block: &Block,
        plane: usize,
        mode: PredictionMode,
        angle_delta: i8,
    ) -> Direction {
        let above = block.pos.row > self.tile.mi_row_start;
        let left = block.pos.col > self.tile.mi_col_start;
        let edge_filter =
            (self.sequence.enable_intra_edge_filter && mode.is_directional()).then(|| {
                filter_type(plane, block.pos, (above, left), |row, col| {
                    self.is_smooth(plane, row, col)
                })
            });
        Direction { angle_delta, edge_filter }
    }

    /// Where the last luma transform block of a prepared block that begins inside the frame ends
    /// (`MaxLumaW` and `MaxLumaH` of 5.11.35).
    pub(crate) fn max_luma(&self) -> (usize, usize) {
        let last = self.scratch.transforms.iter().rev().find(|place| place.plane == 0);
        last.map_or((0, 0), |at| (at.x + at.size.width(), at.y + at.size.height()))
    }

    /// `is_smooth` (7.11.2.8).
    fn is_smooth(&self, plane: usize, row: usize, col: usize) -> bool {
        let info = self.grid.at(row, col);
        let mode = if plane == 0 {
            info.y_mode
        } else {
            if info.ref_frame[0] > INTRA_FRAME {
                return false;
            }
            PredictionMode::ALL[info.uv_mode as usize]
        };
        use PredictionMode as P;
        matches!(mode, P::Smooth | P::SmoothV | P::SmoothH)
    }
}
