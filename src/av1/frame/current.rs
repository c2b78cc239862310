//! The frame that is being decoded: `CurrFrame` and the arrays that the standard keeps by position.

use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::geometry::SB4;
use crate::av1::tile::bounds::TileBounds;
use crate::frame::padded::PaddedPlane;

/// Rows of positions above a superblock that are read of it: 7.10.2 reads the sixth above a block at
/// most.
pub(crate) const MODES_ABOVE: usize = 8;
/// Rows of samples above a superblock that are read of it: intra edges reach one up (7.11.2).
const SAMPLES_ABOVE: usize = 1;

/// A frame whose tiles are being reconstructed, or one row of superblocks of it; filters have yet to
/// run.
#[derive(Clone, Debug)]
pub(crate) struct CurrentFrame {
    /// `CurrFrame`.
    pub(crate) planes: [PaddedPlane; 3],
    /// Mode records.
    pub(crate) grid: ModeInfoGrid,
    /// `cdef_idx` by superblock in raster order, −1 where none is coded.
    pub(crate) cdef_idx: Vec<i8>,
}

impl CurrentFrame {
    /// A frame of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let grid = ModeInfoGrid::new(width, height);
        let superblocks = grid.mi_cols.div_ceil(SB4) * grid.mi_rows.div_ceil(SB4);
        Self { planes: blank_planes(width, height), grid, cdef_idx: vec![-1; superblocks] }
    }

    /// Room for one row of superblocks of such a frame, with what is read above it.
    pub(crate) fn band(width: usize, height: usize) -> Self {
        let [luma, chroma] = [64, 32].map(|rows| rows + SAMPLES_ABOVE);
        let sizes = [(width, height), chroma_size(width, height), chroma_size(width, height)];
        let rows = [luma, chroma, chroma].into_iter();
        let mut planes =
            sizes.into_iter().zip(rows).map(|((w, h), rows)| PaddedPlane::band(w, h, rows));
        Self {
            planes: [(); 3].map(|()| planes.next().expect("three planes")),
            grid: ModeInfoGrid::band(width, height, SB4 + MODES_ABOVE),
            cdef_idx: Vec::new(),
        }
    }

    /// Makes a band hold the row of superblocks that begins at `mi_row`, with nothing coded yet in
    /// the columns of a tile.
    pub(crate) fn move_to(&mut self, mi_row: usize, tile: TileBounds) {
        for (plane, kept) in self.planes.iter_mut().enumerate() {
            let row = (mi_row * 4) >> usize::from(plane > 0);
            kept.move_to(row as isize - SAMPLES_ABOVE as isize);
        }
        // In the first row nothing above is read.
        self.grid.move_to(mi_row.saturating_sub(MODES_ABOVE));
        let rows = mi_row..(mi_row + SB4).min(tile.mi_row_end);
        self.grid.clear_area(rows, tile.mi_col_start..tile.mi_col_end);
    }

    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub(crate) fn skipped(&self) -> f32 {
        let rows = (0..self.grid.mi_rows).map(|row| self.grid.row(row));
        let skipped: usize = rows.map(|row| row.iter().filter(|info| info.skip).count()).sum();
        skipped as f32 / (self.grid.mi_rows * self.grid.mi_cols) as f32
    }

    /// Copies the row of superblocks that begins at `mi_row`, within a tile, from a band.
    pub(crate) fn copy_row(&mut self, from: &Self, tile: TileBounds, mi_row: usize) {
        let rows = mi_row..(mi_row + SB4).min(tile.mi_row_end);
        let cols = tile.mi_col_start..tile.mi_col_end;
        for (plane, (to, from)) in self.planes.iter_mut().zip(&from.planes).enumerate() {
            let shift = usize::from(plane > 0);
            let (x, len) = ((cols.start * 4) >> shift, (cols.len() * 4) >> shift);
            for y in (rows.start * 4) >> shift..(rows.end * 4) >> shift {
                let (x, y) = (x as isize, y as isize);
                to.row_mut(x, y, len).copy_from_slice(from.row(x, y, len));
            }
        }
        for row in rows {
            self.grid.row_mut(row)[cols.clone()].copy_from_slice(&from.grid.row(row)[cols.clone()]);
        }
    }

    /// Sets `cdef_idx` of a row of superblocks of a tile.
    pub(crate) fn set_cdef_idx(&mut self, tile: TileBounds, mi_row: usize, row: &[i8]) {
        let start = self.superblock(mi_row, tile.mi_col_start);
        self.cdef_idx[start..start + row.len()].copy_from_slice(row);
    }

    /// `cdef_idx` of a row of superblocks of a tile.
    pub(crate) fn cdef_idx_of(&self, tile: TileBounds, mi_row: usize) -> &[i8] {
        let start = self.superblock(mi_row, tile.mi_col_start);
        &self.cdef_idx[start..start + tile.superblocks().1]
    }

    /// The superblock at a position, in raster order.
    fn superblock(&self, mi_row: usize, mi_col: usize) -> usize {
        mi_row / SB4 * self.grid.mi_cols.div_ceil(SB4) + mi_col / SB4
    }
}

/// Samples of a chroma plane of a 4:2:0 frame of `width` × `height` luma samples.
fn chroma_size(width: usize, height: usize) -> (usize, usize) {
    (width.div_ceil(2), height.div_ceil(2))
}

/// Planes of a 4:2:0 frame of `width` × `height` luma samples.
pub(crate) fn blank_planes(width: usize, height: usize) -> [PaddedPlane; 3] {
    let chroma = chroma_size(width, height);
    [(width, height), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h))
}
