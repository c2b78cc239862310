//! What strengths of CDEF (7.15) would leave of a deblocked frame, tried on luma without changing it.

use super::{Area, CdefStrength, adjusted_strength, edges_of, mark_available, unskipped};
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::frame::padded::PaddedPlane;
use crate::kernels::cdef::{
    LUMA_ROWS, MARGIN, REACH, STRIDE, Strength, Window, filter_luma, find_direction,
};
use crate::kernels::isa::Isa;
use crate::kernels::sad::sse;
use crate::kernels::view::View;

/// A deblocked frame that strengths are tried on.
#[derive(Clone, Copy)]
pub(crate) struct CdefTrial<'a> {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// The blocks.
    pub(crate) modes: &'a ModeInfoGrid,
    /// Deblocked luma, and that of the picture, both with margins.
    pub(crate) luma: [&'a PaddedPlane; 2],
    /// CdefDamping.
    pub(crate) damping: u8,
    /// What is tried: strengths of luma.
    pub(crate) candidates: &'a [CdefStrength],
    /// Whether every second block is left out, as on a chessboard.
    pub(crate) sparse: bool,
}

impl CdefTrial<'_> {
    /// Squared errors of luma that each candidate would leave in the blocks of 64×64 samples that it
    /// would filter: row `row` and column `col` of them.
    pub(crate) fn superblock(&self, row: usize, col: usize, errors: &mut [u64]) {
        errors.fill(0);
        let (block_rows, block_cols) = (self.modes.mi_rows / 2, self.modes.mi_cols / 2);
        let first_block = 8 * col;
        let count = (block_cols - first_block).min(8);
        let mut window = Window::new();
        for block_row in 8 * row..(8 * row + 8).min(block_rows) {
            let kept = match (self.sparse, block_row % 2) {
                (false, _) => 0xFF,
                (true, 0) => 0x55,
                (true, _) => 0xAA,
            };
            let blocks = unskipped(self.modes, block_row, first_block, count) & kept;
            if blocks == 0 {
                continue;
            }
            let off = CdefStrength::default();
            let area =
                Area { block_row, first_block, blocks, y: off, uv: off, damping: self.damping };
            self.load(&mut window, &area);
            window.available.fill(255);
            mark_available(&mut window, &area, block_rows, block_cols, 8);
            for block in (0..8).filter(|block| blocks >> block & 1 != 0) {
                let at_edge = edges_of(&area, block, block_rows, block_cols);
                self.block(&window, &area, block, at_edge, errors);
            }
        }
    }

    /// Fills a window with the samples around an area.
    fn load(&self, window: &mut Window, area: &Area) {
        let x = (8 * area.first_block) as isize - MARGIN as isize;
        let y = (8 * area.block_row) as isize - REACH as isize;
        for row in 0..LUMA_ROWS {
            window.row_mut(row).copy_from_slice(self.luma[0].row(x, y + row as isize, STRIDE));
        }
    }

    /// Adds what the candidates leave in one block.
    fn block(&self, window: &Window, area: &Area, block: usize, at_edge: bool, errors: &mut [u64]) {
        let [deblocked, source] = self.luma;
        let x = 8 * (area.first_block + block) as isize;
        let y = 8 * area.block_row as isize;
        let rows = core::array::from_fn(|i| {
            deblocked.row(x, y + i as isize, 8).try_into().expect("a row of 8")
        });
        let (direction, variance) = find_direction(self.isa, &rows);
        let source = source.view(x, y);
        let error = |rows: &[[u8; 8]; 8]| {
            u64::from(sse(self.isa, source, View::new(rows.as_flattened(), 8), (8, 8)))
        };
        let unfiltered = error(&rows);
        let mut before = None;
        for (candidate, sum) in self.candidates.iter().zip(errors) {
            let strength = Strength {
                primary: adjusted_strength(candidate.pri_strength, variance),
                secondary: candidate.sec_strength,
                damping: area.damping,
                direction: if candidate.pri_strength == 0 { 0 } else { direction },
            };
            // Neighbouring candidates often come to the same.
            let left = match before {
                Some((other, left)) if other == strength => left,
                _ if strength.primary == 0 && strength.secondary == 0 => unfiltered,
                _ => error(&filter_luma(self.isa, window, block, strength, at_edge)),
            };
            before = Some((strength, left));
            *sum += left;
        }
    }
}
