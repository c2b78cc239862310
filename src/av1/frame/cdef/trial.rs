//! What strengths of CDEF (7.15) would leave of a deblocked frame, tried without changing it.

use super::{Area, CdefStrength, adjusted_strength, edges_of, mark_available, unskipped};
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::tile::decider::{CdefCandidates, CdefProducts};
use crate::frame::padded::PaddedPlane;
use crate::kernels::cdef::trial::{Errors, MOST_PRIMARY, Strengths, try_chroma, try_luma};
use crate::kernels::cdef::{LUMA_ROWS, MARGIN, REACH, STRIDE, Window, find_direction};
use crate::kernels::isa::Isa;

/// A deblocked frame that strengths are tried on.
#[derive(Clone, Copy)]
pub(crate) struct CdefTrial<'a> {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// The blocks.
    pub(crate) modes: &'a ModeInfoGrid,
    /// The deblocked planes, and those of the picture, with margins.
    pub(crate) deblocked: &'a [PaddedPlane; 3],
    pub(crate) source: &'a [PaddedPlane; 3],
    /// CdefDamping.
    pub(crate) damping: u8,
    /// What is tried.
    pub(crate) candidates: CdefCandidates<'a>,
}

/// What a row of blocks is tried with: luma, chroma, and the picture's chroma as far.
struct Windows {
    luma: Window,
    chroma: Window,
    source: Window,
}

impl CdefTrial<'_> {
    /// Squared errors that each candidate of luma and then of chroma would leave in the blocks of 64×64 samples
    /// that it would filter: row `row` and column `col` of them.
    pub(crate) fn superblock(&self, row: usize, col: usize, errors: &mut [u64]) {
        errors.fill(0);
        let (block_rows, block_cols) = (self.modes.mi_rows / 2, self.modes.mi_cols / 2);
        let first_block = 8 * col;
        let count = (block_cols - first_block).min(8);
        let [luma, chroma, source] = [(); 3].map(|()| Window::new());
        let mut windows = Windows { luma, chroma, source };
        for block_row in 8 * row..(8 * row + 8).min(block_rows) {
            let kept = match (self.candidates.sparse, block_row % 2) {
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
            self.load_luma(&mut windows.luma, &area);
            windows.luma.available.fill(255);
            mark_available(&mut windows.luma, &area, block_rows, block_cols, 8);
            if self.candidates.chroma.len() > 0 {
                load_chroma(&mut windows.chroma, self.deblocked, &area);
                load_chroma(&mut windows.source, self.source, &area);
                windows.chroma.available.fill(255);
                mark_available(&mut windows.chroma, &area, block_rows, block_cols, 4);
            }
            for block in (0..8).filter(|block| blocks >> block & 1 != 0) {
                let at_edge = edges_of(&area, block, block_rows, block_cols);
                self.block(&windows, &area, block, at_edge, errors);
            }
        }
    }

    /// Fills a window with the samples around an area.
    fn load_luma(&self, window: &mut Window, area: &Area) {
        let x = (8 * area.first_block) as isize - MARGIN as isize;
        let y = (8 * area.block_row) as isize - REACH as isize;
        for row in 0..LUMA_ROWS {
            let samples = self.deblocked[0].row(x, y + row as isize, STRIDE);
            window.row_mut(row).copy_from_slice(samples);
        }
    }

    /// Adds what the candidates leave in one block.
    fn block(
        &self,
        windows: &Windows,
        area: &Area,
        block: usize,
        at_edge: bool,
        errors: &mut [u64],
    ) {
        let x = 8 * (area.first_block + block) as isize;
        let y = 8 * area.block_row as isize;
        let [deblocked, source] = [self.deblocked, self.source].map(|planes| {
            core::array::from_fn(|i| {
                planes[0].row(x, y + i as isize, 8).try_into().expect("a row of 8")
            })
        });
        let (direction, variance) = find_direction(self.isa, &deblocked);
        let CdefCandidates { luma, chroma, .. } = self.candidates;
        let (luma_errors, chroma_errors) = errors.split_at_mut(luma.len());
        let adjusted = |primary| adjusted_strength(primary, variance);
        add_errors(luma, adjusted, direction, luma_errors, |primary, direction| {
            let damping = area.damping;
            let strengths = Strengths { primary, secondary: luma.secondary, damping, direction };
            try_luma(self.isa, &windows.luma, block, &strengths, at_edge, &source)
        });
        if chroma.len() == 0 {
            return;
        }
        let source = core::array::from_fn(|row| {
            let start = (row + REACH) * STRIDE + MARGIN + 8 * block;
            windows.source.samples[start..start + 8].try_into().expect("a row of 8")
        });
        add_errors(
            chroma,
            |primary| primary,
            direction,
            chroma_errors,
            |primary, direction| {
                let damping = area.damping - 1;
                let strengths =
                    Strengths { primary, secondary: chroma.secondary, damping, direction };
                try_chroma(self.isa, &windows.chroma, block, &strengths, at_edge, &source)
            },
        );
    }
}

/// Fills a window with the chroma samples around an area, U and V in turn.
fn load_chroma(window: &mut Window, [_, u, v]: &[PaddedPlane; 3], area: &Area) {
    let x = (4 * area.first_block) as isize - MARGIN as isize / 2;
    let y = (4 * area.block_row) as isize - REACH as isize;
    for row in 0..4 + 2 * REACH {
        let [u, v] = [u, v].map(|plane| plane.row(x, y + row as isize, STRIDE / 2));
        let pairs = window.row_mut(row).chunks_exact_mut(2).zip(u.iter().zip(v));
        pairs.for_each(|(pair, (&u, &v))| (pair[0], pair[1]) = (u, v));
    }
}

/// Adds the errors of every pair of strengths in one block: `tried` gives those of some primary strengths, as adjusted, in
/// a direction. Those that come to the same are tried once.
fn add_errors(
    products: CdefProducts<'_>,
    adjusted: impl Fn(u8) -> u8,
    direction: u8,
    sums: &mut [u64],
    tried: impl Fn(&[u8], u8) -> Errors,
) {
    let mut distinct = [0; MOST_PRIMARY];
    let mut places = [None; MOST_PRIMARY];
    let mut count = 0;
    for (place, &primary) in places.iter_mut().zip(products.primary) {
        // 7.15.1: the direction is 0 without a primary strength.
        if primary == 0 && direction != 0 {
            continue;
        }
        let primary = adjusted(primary);
        if count == 0 || distinct[count - 1] != primary {
            distinct[count] = primary;
            count += 1;
        }
        *place = Some(count - 1);
    }
    let places = &places[..products.primary.len()];
    let directed = tried(&distinct[..count], direction);
    let others = places.contains(&None).then(|| tried(&[0], 0));
    for (row, sums) in sums.chunks_exact_mut(places.len()).enumerate() {
        for (sum, place) in sums.iter_mut().zip(places) {
            *sum += u64::from(match (place, &others) {
                (None, Some(errors)) => errors[row][0],
                (place, _) => directed[row][place.unwrap_or(0)],
            });
        }
    }
}
