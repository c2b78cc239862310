//! The constrained directional enhancement filter (7.15): the walk over the 8×8 blocks of a frame.
//!
//! The filter reads deblocked samples only, never its own results, and here it works in place: a
//! window holds what the blocks of one row within a 64×64 area read, the last two rows of each row
//! of blocks are kept before they change, and the two columns left of an area come from the window
//! before.
//!
//! The walk goes by rows of blocks, top to bottom. A row of blocks reads two luma rows above it and
//! two below. Superblock rows that are filtered at the same time have these from each other as they
//! were before: a [`Boundary`] keeps them.

pub(crate) mod trial;

use core::ops::Range;

use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::obu::frame::{CdefParams, CdefStrength};
use crate::frame::padded::PaddedRows;
use crate::kernels::cdef::{
    MARGIN, REACH, STRIDE, Strength, Window, filter_chroma, filter_luma, find_direction,
};
use crate::kernels::isa::Isa;

/// Strengths that change nothing.
const OFF: CdefStrength = CdefStrength { pri_strength: 0, sec_strength: 0 };

/// What a frame is filtered by.
#[derive(Clone, Copy)]
pub(crate) struct CdefInput<'a> {
    /// The blocks.
    pub(crate) modes: &'a ModeInfoGrid,
    /// One entry for each 64×64 luma samples, row by row, `MiCols / 16` rounded up in each: −1 for no
    /// filtering, else a set of `params`.
    pub(crate) cdef_idx: &'a [i8],
    /// The strengths.
    pub(crate) params: &'a CdefParams,
}

/// Rows of every plane, sample `x` at `x +` [`MARGIN`].
type Rows = [Vec<u8>; 3];

/// Room for [`REACH`] rows of frames of `width` luma samples.
fn rows_of(width: usize) -> Rows {
    [64, 32, 32].map(|samples| vec![0; REACH * (samples * width.div_ceil(64) + 2 * MARGIN)])
}

/// Copies the rows of a plane from `first` on.
fn keep(rows: &mut [u8], plane: &PaddedRows<'_>, first: usize) {
    let row = rows.len() / REACH;
    for (y, kept) in (first as isize..).zip(rows.chunks_exact_mut(row)) {
        kept.copy_from_slice(plane.row(-(MARGIN as isize), y, row));
    }
}

/// The rows on either side of the boundary between two superblock rows, before this filter.
#[derive(Clone, Debug)]
pub(crate) struct Boundary {
    above: Rows,
    below: Rows,
}

impl Boundary {
    /// Room for frames of `width` luma samples.
    pub(crate) fn new(width: usize) -> Self {
        Self { above: rows_of(width), below: rows_of(width) }
    }

    /// Keeps the rows around the upper boundary of superblock row `sb_row`.
    pub(crate) fn store(&mut self, planes: &[PaddedRows<'_>; 3], sb_row: usize) {
        for (index, plane) in planes.iter().enumerate() {
            let first = (64 >> usize::from(index > 0)) * sb_row;
            keep(&mut self.above[index], plane, first - REACH);
            keep(&mut self.below[index], plane, first);
        }
    }
}

/// What lies around the rows that are filtered: nothing at the edge of the frame.
#[derive(Clone, Copy, Default)]
pub(crate) struct Around<'a> {
    /// The boundary with the superblock row above.
    pub(crate) above: Option<&'a Boundary>,
    /// That with the one below.
    pub(crate) below: Option<&'a Boundary>,
}

/// The buffers of the walk of one thread, for frames of one size.
#[derive(Clone, Debug)]
pub(crate) struct Cdef {
    /// What the kernels use.
    isa: Isa,
    /// Rows of 8×8 blocks.
    block_rows: usize,
    /// 8×8 blocks in a row.
    block_cols: usize,
    /// By plane: the two rows above the row of blocks at hand as they were before it changed, and
    /// the same for the next row of blocks. Sample `x` is at `x +` [`MARGIN`].
    above: [[Vec<u8>; 2]; 3],
    luma: Window,
    chroma: Window,
}

/// What a row of blocks within a 64×64 area is filtered with.
struct Area {
    block_row: usize,
    /// Its first 8×8 block in the row.
    first_block: usize,
    /// The blocks to filter, bit 0 for the first.
    blocks: u8,
    y: CdefStrength,
    uv: CdefStrength,
    damping: u8,
}

impl Cdef {
    /// Buffers for frames of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa) -> Self {
        Self {
            isa,
            block_rows: height.div_ceil(8),
            block_cols: width.div_ceil(8),
            above: rows_of(width).map(|rows| [rows.clone(), rows]),
            luma: Window::new(),
            chroma: Window::new(),
        }
    }

    /// Filters superblock rows of a frame, in place; ends past the frame are cut. Positions outside the
    /// true picture, up to the next multiple of 8 luma samples, take part with their decoded samples.
    pub(crate) fn filter_rows(
        &mut self,
        planes: &mut [PaddedRows<'_>; 3],
        CdefInput { modes, cdef_idx, params }: CdefInput<'_>,
        sb_rows: Range<usize>,
        around: Around<'_>,
    ) {
        let areas = self.block_cols.div_ceil(8);
        if let Some(above) = around.above {
            for (kept, [at_hand, _]) in above.above.iter().zip(&mut self.above) {
                at_hand.copy_from_slice(kept);
            }
        }
        let end = (8 * sb_rows.end).min(self.block_rows);
        for block_row in 8 * sb_rows.start..end {
            self.keep_last_rows(planes, block_row);
            let below = around.below.filter(|_| block_row + 1 == end).map(|b| &b.below);
            // Whether the last block of the area before has changed, in luma and in chroma.
            let mut before = (false, false);
            for index in 0..areas {
                let idx = cdef_idx[block_row / 8 * areas + index];
                let first_block = 8 * index;
                let count = (self.block_cols - first_block).min(8);
                let Ok(set) = usize::try_from(idx) else {
                    before = (false, false);
                    continue;
                };
                let (y, uv) = (params.y[set], params.uv[set]);
                let blocks = if y == OFF && uv == OFF {
                    0
                } else {
                    unskipped(modes, block_row, first_block, count)
                };
                if blocks == 0 {
                    before = (false, false);
                    continue;
                }
                let damping = params.damping;
                let area = Area { block_row, first_block, blocks, y, uv, damping };
                self.filter_area(planes, &area, before, below);
                let last = blocks >> 7 != 0;
                before = (last && y != OFF, last && uv != OFF);
            }
            for [at_hand, next] in &mut self.above {
                core::mem::swap(at_hand, next);
            }
        }
    }

    /// Copies the rows that the next row of blocks reads and this one changes.
    fn keep_last_rows(&mut self, planes: &[PaddedRows<'_>; 3], block_row: usize) {
        for (index, (plane, [_, next])) in planes.iter().zip(&mut self.above).enumerate() {
            let height = if index == 0 { 8 } else { 4 };
            keep(next, plane, height * (block_row + 1) - REACH);
        }
    }

    /// 7.15.1 CDEF block process for the blocks of one area that are not skipped. `before` says
    /// whether the columns left of it have changed already, in luma and in chroma.
    /// `below` are the rows below, unless the planes have them.
    fn filter_area(
        &mut self,
        planes: &mut [PaddedRows<'_>; 3],
        area: &Area,
        before: (bool, bool),
        below: Option<&Rows>,
    ) {
        let filters_luma = area.y != OFF;
        let filters_chroma = area.uv != OFF;
        let directed = area.y.pri_strength != 0 || area.uv.pri_strength != 0;
        if filters_luma {
            let around = (&self.above[0][0][..], below.map(|rows| &rows[0][..]));
            load_luma(&mut self.luma, &planes[0], around, area, before.0);
            mark_available(&mut self.luma, area, self.block_rows, self.block_cols, 8);
        }
        if filters_chroma {
            let above = [&self.above[1][0][..], &self.above[2][0][..]];
            let around = (above, below.map(|rows| [&rows[1][..], &rows[2][..]]));
            load_chroma(&mut self.chroma, [&planes[1], &planes[2]], around, area, before.1);
            mark_available(&mut self.chroma, area, self.block_rows, self.block_cols, 4);
        }
        for block in (0..8).filter(|b| area.blocks >> b & 1 != 0) {
            let x = 8 * (area.first_block + block) as isize;
            let y = 8 * area.block_row as isize;
            let (direction, variance) = if directed {
                let plane = &planes[0];
                let rows = core::array::from_fn(|i| {
                    plane.row(x, y + i as isize, 8).try_into().expect("a row of 8")
                });
                find_direction(self.isa, &rows)
            } else {
                (0, 0)
            };
            let edge = edges_of(area, block, self.block_rows, self.block_cols);
            if filters_luma {
                let strength = Strength {
                    primary: adjusted_strength(area.y.pri_strength, variance),
                    secondary: area.y.sec_strength,
                    damping: area.damping,
                    direction: if area.y.pri_strength == 0 { 0 } else { direction },
                };
                if strength.primary != 0 || strength.secondary != 0 {
                    let rows = filter_luma(self.isa, &self.luma, block, strength, edge);
                    for (row, at) in rows.iter().zip(y..) {
                        planes[0].row_mut(x, at, 8).copy_from_slice(row);
                    }
                }
            }
            if filters_chroma {
                let strength = Strength {
                    primary: area.uv.pri_strength,
                    secondary: area.uv.sec_strength,
                    damping: area.damping - 1,
                    direction: if area.uv.pri_strength == 0 { 0 } else { direction },
                };
                let rows = filter_chroma(self.isa, &self.chroma, block, strength, edge);
                let [_, u, v] = planes;
                for (row, at) in rows.iter().zip(y / 2..) {
                    let to = u.row_mut(x / 2, at, 4).iter_mut().zip(v.row_mut(x / 2, at, 4));
                    for ((u, v), pair) in to.zip(row.chunks_exact(2)) {
                        (*u, *v) = (pair[0], pair[1]);
                    }
                }
            }
        }
    }
}

/// Whether a block of an area touches an edge of the frame.
fn edges_of(area: &Area, block: usize, block_rows: usize, block_cols: usize) -> bool {
    let at = area.first_block + block;
    let on_side = at == 0 || at + 1 == block_cols;
    on_side || area.block_row == 0 || area.block_row + 1 == block_rows
}

/// The 8×8 blocks among `count` of a row that are not wholly skipped (7.15.1 `skip`), bit 0 for
/// `first_block`.
fn unskipped(modes: &ModeInfoGrid, block_row: usize, first_block: usize, count: usize) -> u8 {
    let positions = 2 * first_block..2 * (first_block + count);
    let upper = modes.row(2 * block_row)[positions.clone()].chunks_exact(2);
    let lower = modes.row(2 * block_row + 1)[positions].chunks_exact(2);
    let mut blocks = 0;
    for (block, (upper, lower)) in upper.zip(lower).enumerate() {
        let skip = upper[0].skip & upper[1].skip & lower[0].skip & lower[1].skip;
        blocks |= u8::from(!skip) << block;
    }
    blocks
}

/// 7.15.1 the luma `priStr` for a block's variance.
fn adjusted_strength(primary: u8, variance: u32) -> u8 {
    if variance == 0 {
        return 0;
    }
    let strength = (variance >> 6).checked_ilog2().unwrap_or(0).min(12);
    ((u32::from(primary) * (4 + strength) + 8) >> 4) as u8
}

/// Fills the luma window of an area; if `keep`, the columns left of it are those that the window
/// has in its last block, since the plane's have changed.
fn load_luma(
    window: &mut Window,
    plane: &PaddedRows<'_>,
    (above, below): (&[u8], Option<&[u8]>),
    area: &Area,
    keep: bool,
) {
    let x = 8 * area.first_block;
    let y = (8 * area.block_row) as isize;
    let kept = |rows: &[u8], row: usize| row * (rows.len() / REACH) + x;
    for (row, at) in (y - REACH as isize..y + 8 + REACH as isize).enumerate() {
        let to = window.row_mut(row);
        if row < REACH {
            to.copy_from_slice(&above[kept(above, row)..][..STRIDE]);
            continue;
        }
        if let Some(below) = below.filter(|_| row >= REACH + 8) {
            to.copy_from_slice(&below[kept(below, row - REACH - 8)..][..STRIDE]);
            continue;
        }
        let left = [to[STRIDE - MARGIN - 2], to[STRIDE - MARGIN - 1]];
        to.copy_from_slice(plane.row(x as isize - MARGIN as isize, at, STRIDE));
        if keep && row < REACH + 8 {
            to[MARGIN - 2..MARGIN].copy_from_slice(&left);
        }
    }
}

/// As [`load_luma`] for both chroma planes, sample by sample in turn.
fn load_chroma<'a>(
    window: &mut Window,
    planes: [&'a PaddedRows<'_>; 2],
    (above, below): ([&'a [u8]; 2], Option<[&'a [u8]; 2]>),
    area: &Area,
    keep: bool,
) {
    const SAMPLES: usize = STRIDE / 2;
    const SIDE: usize = MARGIN / 2;
    let x = 4 * area.first_block;
    let y = (4 * area.block_row) as isize;
    for (row, at) in (y - REACH as isize..y + 4 + REACH as isize).enumerate() {
        let to = window.row_mut(row);
        let left: [u8; 4] = core::array::from_fn(|i| to[STRIDE - MARGIN - 4 + i]);
        // Kept rows begin MARGIN samples before the picture, in chroma too.
        let kept = |rows: [&'a [u8]; 2], row: usize| {
            rows.map(|rows| &rows[row * (rows.len() / REACH) + MARGIN - SIDE + x..][..SAMPLES])
        };
        let [u, v] = if row < REACH {
            kept(above, row)
        } else if let Some(below) = below.filter(|_| row >= REACH + 4) {
            kept(below, row - REACH - 4)
        } else {
            planes.map(|plane| plane.row(x as isize - SIDE as isize, at, SAMPLES))
        };
        for (pair, (&u, &v)) in to.chunks_exact_mut(2).zip(u.iter().zip(v)) {
            (pair[0], pair[1]) = (u, v);
        }
        if keep && (REACH..REACH + 4).contains(&row) {
            to[MARGIN - 4..MARGIN].copy_from_slice(&left);
        }
    }
}

/// 5.11.52 `is_inside_filter_region` for each sample of the window of an area that touches an edge
/// of the frame; `height` is that of a block.
fn mark_available(
    window: &mut Window,
    area: &Area,
    block_rows: usize,
    block_cols: usize,
    height: usize,
) {
    let (top, bottom) = (area.block_row == 0, area.block_row + 1 == block_rows);
    let (left, right) = (area.first_block == 0, area.first_block + 8 >= block_cols);
    if !(top || bottom || left || right) {
        return;
    }
    let first = if left { MARGIN } else { 0 };
    let end = if right { MARGIN + 8 * (block_cols - area.first_block) } else { STRIDE };
    let rows = window.available.chunks_exact_mut(STRIDE).take(height + 2 * REACH);
    for (row, marks) in rows.enumerate() {
        marks.fill(0);
        if !(top && row < REACH || bottom && row >= REACH + height) {
            marks[first..end].fill(255);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
