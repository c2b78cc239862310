//! What blocks may be predicted from in rows that rolling intra refresh keeps clean.

use super::block::BlockSearch;
use super::frame::FrameSearch;
use crate::av1::geometry::MiPos;
use crate::av1::types::{BlockSize, Mv, PredictionMode, RefFrame};
use crate::layers::ALL_ROWS;

/// Luma rows beyond a block that a vector with a fraction reads: 4 taps of chroma, which counts double, and
/// what is rounded up (7.11.3.4).
const TAPS_BELOW: i32 = 10;

impl FrameSearch {
    /// Whether a block may be predicted from the frame `name` by `mv`.
    pub(super) fn may_refer(&self, pos: MiPos, size: BlockSize, name: RefFrame, mv: Mv) -> bool {
        let Some(clean) = &self.clean_rows else { return true };
        let top = pos.row * 4;
        let is_clean = top < clean.rows as usize;
        let rows = if is_clean { &clean.above } else { &clean.below }[name as usize];
        let down = if mv.row == 0 { 0 } else { (i32::from(mv.row) + 7 >> 3) + TAPS_BELOW };
        rows == ALL_ROWS || (top + size.height()) as i64 + i64::from(down) <= i64::from(rows)
    }

    /// Whether a block lies on the border of the rows that are to be clean, so that it has to be split.
    pub(super) fn is_on_border(&self, pos: MiPos, size: BlockSize) -> bool {
        let border = self.clean_rows.map_or(ALL_ROWS, |clean| clean.rows) as usize;
        (pos.row * 4 + 1..pos.row * 4 + size.height()).contains(&border)
    }
}

impl BlockSearch<'_, '_, '_> {
    /// Whether a block may be intra predicted in this mode: beyond 180° it looks at samples that lie lower
    /// than the block, to the left of it (7.11.2.4), and these may not be clean.
    pub(super) fn may_predict(
        &self,
        pos: MiPos,
        size: BlockSize,
        mode: PredictionMode,
        angle_delta: i8,
    ) -> bool {
        let Some(clean) = self.frame.clean_rows else { return true };
        let (top, border) = (pos.row * 4, clean.rows as usize);
        let looks_down =
            mode == PredictionMode::D203 || mode == PredictionMode::H && angle_delta > 0;
        !looks_down || top >= border || top + 2 * size.height() <= border
    }
}
