//! What a coded block leaves behind for its neighbours, for the filters and for later frames: the
//! arrays that the standard indexes by 4×4 position (5.11.5 `decode_block`), in one record.

use std::ops::Range;

use crate::av1::geometry::MiPos;
use crate::av1::types::{
    BlockSize, INTRA_FRAME, InterpFilter, Mv, NONE, PredictionMode, RefFrame, TxSize, UvMode,
};

/// The state of one 4×4 luma position (5.11.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ModeInfo {
    /// `Mvs`, in 1/8 luma samples.
    pub(crate) mv: [Mv; 2],
    /// `RefFrames`.
    pub(crate) ref_frame: [RefFrame; 2],
    /// `MiSizes`.
    pub(crate) block_size: BlockSize,
    /// `YModes`.
    pub(crate) y_mode: PredictionMode,
    /// `UVModes`.
    pub(crate) uv_mode: UvMode,
    /// `InterpFilters`, vertical (0) and horizontal (1).
    pub(crate) interp_filter: [InterpFilter; 2],
    /// `SegmentIds`.
    pub(crate) segment_id: u8,
    /// `TxSizes`: the size that contexts see.
    pub(crate) tx_size: TxSize,
    /// `InterTxSizes`: the size of the transform that covers this position.
    pub(crate) inter_tx_size: TxSize,
    /// `IsInters`.
    pub(crate) is_inter: bool,
    /// `Skips`.
    pub(crate) skip: bool,
    /// `SkipModes`.
    pub(crate) skip_mode: bool,
}

impl Default for ModeInfo {
    fn default() -> Self {
        Self {
            mv: [Mv::default(); 2],
            ref_frame: [INTRA_FRAME, NONE],
            block_size: BlockSize::B4x4,
            y_mode: PredictionMode::Dc,
            uv_mode: UvMode::Dc,
            interp_filter: [InterpFilter::EightTap; 2],
            segment_id: 0,
            tx_size: TxSize::T4x4,
            inter_tx_size: TxSize::T4x4,
            is_inter: false,
            skip: false,
            skip_mode: false,
        }
    }
}

impl ModeInfo {
    /// A position that is not coded yet: no first reference (7.10.2.4 asks for that).
    pub(crate) fn uncoded() -> Self {
        Self { ref_frame: [NONE, NONE], ..Self::default() }
    }
}

/// The records of a frame, one for each 4×4 luma position, `MiRows` × `MiCols` (5.9.9).
#[derive(Clone, Debug)]
pub(crate) struct ModeInfoGrid {
    /// Positions down (`MiRows`).
    pub(crate) mi_rows: usize,
    /// Positions across (`MiCols`).
    pub(crate) mi_cols: usize,
    /// The row that `cells` begin with: a [band](Self::band) holds some rows only.
    top: usize,
    cells: Vec<ModeInfo>,
}

impl ModeInfoGrid {
    /// A grid for a frame of `width` × `height` luma samples (5.9.9 `compute_image_size`).
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let mi_rows = 2 * ((height + 7) >> 3);
        Self::band(width, height, mi_rows)
    }

    /// `rows` rows of such a grid, the first ones until it is [moved](Self::move_to).
    pub(crate) fn band(width: usize, height: usize, rows: usize) -> Self {
        let mi_cols = 2 * ((width + 7) >> 3);
        let mi_rows = 2 * ((height + 7) >> 3);
        Self { mi_rows, mi_cols, top: 0, cells: vec![ModeInfo::default(); rows * mi_cols] }
    }

    /// Makes a band hold the rows from `top` on; what is in it stays.
    pub(crate) fn move_to(&mut self, top: usize) {
        self.top = top;
    }

    /// Marks every position as not yet coded.
    pub(crate) fn clear(&mut self) {
        self.clear_area(0..self.mi_rows, 0..self.mi_cols);
    }

    /// The same for the positions of an area inside the frame.
    pub(crate) fn clear_area(&mut self, mi_rows: Range<usize>, mi_cols: Range<usize>) {
        for row in mi_rows {
            self.row_mut(row)[mi_cols.clone()].fill(ModeInfo::uncoded());
        }
    }

    /// Whether a position lies inside the frame.
    pub(crate) fn contains(&self, pos: MiPos) -> bool {
        pos.row < self.mi_rows && pos.col < self.mi_cols
    }

    /// The record at a position inside the frame.
    pub(crate) fn at(&self, mi_row: usize, mi_col: usize) -> &ModeInfo {
        &self.cells[(mi_row - self.top) * self.mi_cols + mi_col]
    }

    /// One row of positions.
    pub(crate) fn row(&self, mi_row: usize) -> &[ModeInfo] {
        &self.cells[(mi_row - self.top) * self.mi_cols..][..self.mi_cols]
    }

    /// One row of positions, to be written.
    pub(crate) fn row_mut(&mut self, mi_row: usize) -> &mut [ModeInfo] {
        &mut self.cells[(mi_row - self.top) * self.mi_cols..][..self.mi_cols]
    }

    /// Writes `info` over the part of a block that lies inside the frame.
    pub(crate) fn fill(&mut self, pos: MiPos, size: BlockSize, info: ModeInfo) {
        let cols = size.width4().min(self.mi_cols - pos.col);
        let rows = size.height4().min(self.mi_rows - pos.row);
        let (stride, first) = (self.mi_cols, (pos.row - self.top) * self.mi_cols + pos.col);
        self.cells[first..first + cols].fill(info);
        // Copies of whole rows are faster than records one by one.
        for row in 1..rows {
            self.cells.copy_within(first..first + cols, first + row * stride);
        }
    }
}
