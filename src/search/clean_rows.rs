//! What blocks may be predicted from in rows that rolling intra refresh keeps clean.

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
        let down = if mv.row == 0 { 0 } else { ((i32::from(mv.row) + 7) >> 3) + TAPS_BELOW };
        rows == ALL_ROWS || (top + size.height()) as i64 + i64::from(down) <= i64::from(rows)
    }

    /// Whether a block lies on the border of the rows that are to be clean, so that it has to be split.
    pub(super) fn is_on_border(&self, pos: MiPos, size: BlockSize) -> bool {
        let border = self.clean_rows.map_or(ALL_ROWS, |clean| clean.rows) as usize;
        (pos.row * 4 + 1..pos.row * 4 + size.height()).contains(&border)
    }

    /// Whether a block may be intra predicted in this mode: beyond 180° it looks at samples that lie lower
    /// than the block, to the left of it (7.11.2.4), and these may not be clean.
    pub(super) fn may_predict(
        &self,
        pos: MiPos,
        size: BlockSize,
        mode: PredictionMode,
        angle_delta: i8,
    ) -> bool {
        let Some(clean) = &self.clean_rows else { return true };
        let (top, border) = (pos.row * 4, clean.rows as usize);
        let looks_down =
            mode == PredictionMode::D203 || mode == PredictionMode::H && angle_delta > 0;
        !looks_down || top >= border || top + 2 * size.height() <= border
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::isa::Isa;
    use crate::layers::CleanRows;
    use crate::search::frame::Search;

    const SIZE: BlockSize = BlockSize::B16x16;

    /// Whether blocks at luma row `top` may do what `may` asks, where 48 rows are to be clean, and of the
    /// first reference 32 are.
    fn at(top: usize, may: impl Fn(&FrameSearch, MiPos) -> bool) -> bool {
        let mut search = Search::new(64, 128, Isa::Scalar);
        let (mut above, mut below) = ([0; 8], [ALL_ROWS; 8]);
        (above[1], below[2]) = (32, 64);
        search.set_clean_rows(Some(CleanRows { rows: 48, above, below }));
        may(search.frame(), MiPos::new(top / 4, 0))
    }

    #[test]
    fn vectors_stay_within_clean_rows() {
        let refers = |top, name, row, col| {
            at(top, |frame, pos| frame.may_refer(pos, SIZE, name, Mv { row, col }))
        };
        assert!(refers(16, 1, 0, 0) && refers(16, 1, 0, 5), "rows are not interpolated");
        assert!(!refers(24, 1, 0, 0) && !refers(16, 1, 1, 0) && !refers(16, 1, -79, 0));
        assert!(refers(16, 1, -80, 0), "taps reach no further than 10 rows");
        assert!(!refers(0, 2, 0, 0), "nothing of it is clean");
        // Rows that are not to be clean.
        assert!(refers(48, 1, 800, 0) && refers(48, 2, 0, 0) && !refers(56, 2, 0, 0));
    }

    #[test]
    fn blocks_on_the_border_are_split_and_do_not_look_below_it() {
        let on_border = |top| at(top, |frame, pos| frame.is_on_border(pos, SIZE));
        assert_eq!([32, 40, 48].map(on_border), [false, true, false]);
        let predicts =
            |top, mode, delta| at(top, |frame, pos| frame.may_predict(pos, SIZE, mode, delta));
        use PredictionMode as P;
        assert!(!predicts(32, P::D203, -3) && !predicts(32, P::H, 1));
        assert!(predicts(32, P::H, 0) && predicts(32, P::D157, 3) && predicts(32, P::D45, 0));
        assert!(predicts(16, P::D203, 0) && predicts(48, P::D203, 0));
    }
}
