//! Where the tiles of a frame lie.

use crate::av1::geometry::SB4;
use crate::av1::obu::frame::TileInfo;

/// The 4×4 positions of a tile (5.9.15), ends excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileBounds {
    /// `MiRowStart`.
    pub(crate) mi_row_start: usize,
    /// `MiRowEnd`.
    pub(crate) mi_row_end: usize,
    /// `MiColStart`.
    pub(crate) mi_col_start: usize,
    /// `MiColEnd`.
    pub(crate) mi_col_end: usize,
}

impl TileBounds {
    /// The tiles of a frame in coding order.
    pub(crate) fn all(info: &TileInfo) -> impl Iterator<Item = Self> {
        info.mi_row_starts.windows(2).flat_map(|rows| {
            info.mi_col_starts.windows(2).map(|cols| Self {
                mi_row_start: rows[0] as usize,
                mi_row_end: rows[1] as usize,
                mi_col_start: cols[0] as usize,
                mi_col_end: cols[1] as usize,
            })
        })
    }

    /// Rows and columns of superblocks.
    pub(crate) fn superblocks(&self) -> (usize, usize) {
        let Self { mi_row_start, mi_row_end, mi_col_start, mi_col_end } = self;
        ((mi_row_end - mi_row_start).div_ceil(SB4), (mi_col_end - mi_col_start).div_ceil(SB4))
    }

    /// 5.11.51 `is_inside`.
    #[inline]
    pub(crate) fn is_inside(&self, row: isize, col: isize) -> bool {
        col >= self.mi_col_start as isize
            && col < self.mi_col_end as isize
            && row >= self.mi_row_start as isize
            && row < self.mi_row_end as isize
    }
}
