//! The frame that is being decoded: `CurrFrame` and the arrays that the standard keeps by position.

use crate::av1::frame::deblock::TxSizeGrid;
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::geometry::SB4;
use crate::av1::tile::bounds::TileBounds;
use crate::frame::padded::PaddedPlane;

/// A frame whose tiles are being reconstructed; filters have yet to run.
#[derive(Clone, Debug)]
pub(crate) struct CurrentFrame {
    /// `CurrFrame`.
    pub(crate) planes: [PaddedPlane; 3],
    /// Mode records.
    pub(crate) grid: ModeInfoGrid,
    /// `LoopfilterTxSizes`.
    pub(crate) tx_sizes: TxSizeGrid,
    /// `cdef_idx` by superblock in raster order, −1 where none is coded.
    pub(crate) cdef_idx: Vec<i8>,
}

impl CurrentFrame {
    /// A frame of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let grid = ModeInfoGrid::new(width, height);
        let superblocks = grid.mi_cols.div_ceil(SB4) * grid.mi_rows.div_ceil(SB4);
        Self {
            planes: blank_planes(width, height),
            grid,
            tx_sizes: TxSizeGrid::new(width, height),
            cdef_idx: vec![-1; superblocks],
        }
    }

    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub(crate) fn skipped(&self) -> f32 {
        let rows = (0..self.grid.mi_rows).map(|row| self.grid.row(row));
        let skipped: usize = rows.map(|row| row.iter().filter(|info| info.skip).count()).sum();
        skipped as f32 / (self.grid.mi_rows * self.grid.mi_cols) as f32
    }

    /// Copies superblock row `row` of a tile, counted from the tile's first, from another frame.
    pub(crate) fn copy_row(&mut self, from: &Self, tile: TileBounds, row: usize) {
        let start = tile.mi_row_start + row * SB4;
        let rows = start..(start + SB4).min(tile.mi_row_end);
        let cols = tile.mi_col_start..tile.mi_col_end;
        for (plane, (to, from)) in self.planes.iter_mut().zip(&from.planes).enumerate() {
            let shift = usize::from(plane > 0);
            let (x, len) = ((cols.start * 4) >> shift, (cols.len() * 4) >> shift);
            for y in (rows.start * 4) >> shift..(rows.end * 4) >> shift {
                let (x, y) = (x as isize, y as isize);
                to.row_mut(x, y, len).copy_from_slice(from.row(x, y, len));
            }
        }
        for row in rows.clone() {
            self.grid.row_mut(row)[cols.clone()].copy_from_slice(&from.grid.row(row)[cols.clone()]);
        }
        let sb_cols = self.grid.mi_cols.div_ceil(SB4);
        let sbs = start / SB4 * sb_cols;
        let sbs = sbs + cols.start / SB4..sbs + cols.end.div_ceil(SB4);
        self.cdef_idx[sbs.clone()].copy_from_slice(&from.cdef_idx[sbs]);
        self.tx_sizes.copy_area(&from.tx_sizes, rows, cols);
    }
}

/// Planes of a 4:2:0 frame of `width` × `height` luma samples.
pub(crate) fn blank_planes(width: usize, height: usize) -> [PaddedPlane; 3] {
    let chroma = (width.div_ceil(2), height.div_ceil(2));
    [(width, height), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h))
}
