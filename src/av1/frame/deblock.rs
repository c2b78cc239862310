//! The loop filter (7.14): the walk over the edges of a frame and the strength of each.
//!
//! The standard filters every vertical edge of a plane before any horizontal one. The walk here
//! goes by superblock rows instead and gives the same samples. The vertical edges of a superblock row
//! change only its own rows. An edge reaches no farther than half of the smaller transform beside it
//! (7.14.3), so that edges of one direction neither read nor change what others do: those inside a
//! superblock row need nothing of other rows, and those between two rows follow when the vertical
//! edges of both are done. So rows may be filtered at the same time.
//!
//! Intra prediction reads samples before this filter, so a superblock row may be filtered only when
//! the row below is reconstructed, or has the unfiltered last row of this one from elsewhere.

use core::ops::Range;

use crate::av1::frame::mode_info::{ModeInfo, ModeInfoGrid};
use crate::av1::geometry::SB4;
use crate::av1::obu::frame::segmentation::{SEG_LVL_ALT_LF_Y_V, SegmentationParams};
use crate::av1::obu::frame::{FrameHeader, LoopFilterParams};
use crate::av1::tile::block::chroma_tx_size;
use crate::av1::types::{BlockSize, INTRA_FRAME, MAX_SEGMENTS, PredictionMode, TxSize};
use crate::frame::padded::PaddedRows;
use crate::kernels::deblock::{
    Edge, EdgeFilter, EdgeLimits, MAX_LOOP_FILTER, filter_horizontal_edge, filter_vertical_edge,
};
use crate::kernels::isa::Isa;
use crate::kernels::view::SamplesMut;

/// `LoopfilterTxSizes` (6.10.33): the transform that covers each 4×4 samples of a plane, whether it
/// has coefficients or not. Both chroma planes share one array, being always equal.
#[derive(Clone, Debug)]
pub(crate) struct TxSizeGrid {
    cols: [usize; 2],
    cells: [Vec<TxSize>; 2],
}

impl TxSizeGrid {
    /// A grid for a 4:2:0 frame of `width` × `height` luma samples, all 4×4.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let (cols, rows) = (width.div_ceil(8), height.div_ceil(8));
        Self {
            cols: [2 * cols, cols],
            cells: [vec![TxSize::T4x4; 4 * rows * cols], vec![TxSize::T4x4; rows * cols]],
        }
    }

    /// The transform at a position in units of 4×4 samples of `plane`.
    #[inline]
    pub(crate) fn at(&self, plane: usize, row: usize, col: usize) -> TxSize {
        let kind = plane.min(1);
        self.cells[kind][row * self.cols[kind] + col]
    }

    /// Writes `size` over the part of a transform block that lies inside the frame; the position is
    /// in units of 4×4 samples of `plane` (0 luma, else chroma), inside the frame.
    #[cfg(test)]
    pub(crate) fn fill(&mut self, plane: usize, row: usize, col: usize, size: TxSize) {
        self.fill_area(plane, row, col, (size.width4(), size.height4()), size);
    }

    /// Takes the transforms of a frame's blocks (6.10.33).
    pub(crate) fn take(&mut self, modes: &ModeInfoGrid, header: &FrameHeader) {
        let [luma, chroma] = &mut self.cells;
        let lossless: [bool; MAX_SEGMENTS] = core::array::from_fn(|id| header.lossless(id as u8));
        for (row, cells) in luma.chunks_exact_mut(self.cols[0]).enumerate() {
            for (cell, info) in cells.iter_mut().zip(modes.row(row)) {
                *cell = info.inter_tx_size;
            }
        }
        for (row, cells) in chroma.chunks_exact_mut(self.cols[1]).enumerate() {
            for (cell, info) in cells.iter_mut().zip(modes.row(2 * row).iter().step_by(2)) {
                *cell = match lossless[usize::from(info.segment_id)] {
                    true => TxSize::T4x4,
                    false => chroma_tx_size(info.block_size),
                };
            }
        }
    }

    /// Writes `size` over the part of an area of (across, down) units that lies inside the frame.
    #[cfg(test)]
    fn fill_area(
        &mut self,
        plane: usize,
        row: usize,
        col: usize,
        (across, down): (usize, usize),
        size: TxSize,
    ) {
        let kind = plane.min(1);
        let cols = self.cols[kind];
        let across = across.min(cols - col);
        for row in row..(row + down).min(self.cells[kind].len() / cols) {
            self.cells[kind][row * cols + col..][..across].fill(size);
        }
    }
}

/// The loop filter of one frame: its parameters with all levels and limits worked out.
#[derive(Clone, Debug)]
pub(crate) struct LoopFilter {
    /// What the kernels use.
    isa: Isa,
    /// By entry of `level`, segment, reference frame and mode type.
    levels: [[[[u8; 2]; 8]; MAX_SEGMENTS]; 4],
    limits: [EdgeLimits; MAX_LOOP_FILTER as usize + 1],
    planes: [bool; 3],
}

/// The blocks and transforms whose edges are filtered.
#[derive(Clone, Copy)]
pub(crate) struct Shapes<'a> {
    /// The blocks.
    pub(crate) modes: &'a ModeInfoGrid,
    /// The transforms.
    pub(crate) tx_sizes: &'a TxSizeGrid,
}

/// Part of a plane, in units of 4×4 samples.
struct Area {
    rows: Range<usize>,
    cols: Range<usize>,
}

impl Area {
    /// 7.14.2 `onScreen`: a unit counts if its first sample lies in the true picture.
    fn of_superblock_row(plane: &PaddedRows<'_>, index: usize, sb_row: usize) -> Self {
        let sub = usize::from(index > 0);
        let start = (sb_row * SB4) >> sub;
        let end = (start + (SB4 >> sub)).min(plane.height.div_ceil(4));
        Self { rows: start..end.max(start), cols: 0..plane.width.div_ceil(4) }
    }
}

/// Edges of one direction: the lines that they lie on, and from where to where on each, in units of
/// 4 samples.
struct Edges {
    lines: Range<usize>,
    along: Range<usize>,
}

/// The direction of the edges of a pass (7.14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Vertical,
    Horizontal,
}

impl LoopFilter {
    /// Works out the levels of a frame without `delta_lf_present` (5.9.11, 5.9.14).
    pub(crate) fn new(
        params: &LoopFilterParams,
        segmentation: &SegmentationParams,
        isa: Isa,
    ) -> Self {
        let mut levels = [[[[0; 2]; 8]; MAX_SEGMENTS]; 4];
        for (i, by_segment) in levels.iter_mut().enumerate() {
            for (segment, by_reference) in by_segment.iter_mut().enumerate() {
                let feature = segmentation.feature(segment as u8, SEG_LVL_ALT_LF_Y_V + i);
                for (reference, by_mode_type) in by_reference.iter_mut().enumerate() {
                    for (mode_type, level) in by_mode_type.iter_mut().enumerate() {
                        *level = filter_level(params, i, feature, reference, mode_type);
                    }
                }
            }
        }
        let luma = params.level[0] != 0 || params.level[1] != 0;
        Self {
            isa,
            levels,
            limits: core::array::from_fn(|l| EdgeLimits::new(l as u8, params.sharpness)),
            planes: [luma, luma && params.level[2] != 0, luma && params.level[3] != 0],
        }
    }

    /// Whether any plane is filtered.
    pub(crate) fn is_active(&self) -> bool {
        self.planes[0]
    }

    /// 7.14.1 filters the edges of the superblock rows `sb_rows` (in units of 64 luma rows; ends
    /// past the frame are cut), all but the [upper edges](Self::filter_upper_edges) of the first.
    /// Nothing of other rows is read or changed.
    pub(crate) fn filter_rows(
        &self,
        planes: &mut [PaddedRows<'_>; 3],
        shapes: Shapes<'_>,
        sb_rows: Range<usize>,
    ) {
        for sb_row in sb_rows.clone() {
            for (index, plane) in planes.iter_mut().enumerate() {
                if self.planes[index] {
                    let area = Area::of_superblock_row(plane, index, sb_row);
                    let upper = usize::from(sb_row == sb_rows.start);
                    let inner = area.rows.start + upper..area.rows.end;
                    let vertical = Edges { lines: 1..area.cols.end, along: area.rows };
                    self.filter_pass(plane, (index, Pass::Vertical), vertical, shapes);
                    let horizontal = Edges { lines: inner, along: area.cols };
                    self.filter_pass(plane, (index, Pass::Horizontal), horizontal, shapes);
                }
            }
        }
    }

    /// Filters the edges between the superblock row `sb_row`, not the first, and the one above, once
    /// all vertical edges of both are filtered. Half of either row is read and changed at most.
    pub(crate) fn filter_upper_edges(
        &self,
        planes: &mut [PaddedRows<'_>; 3],
        shapes: Shapes<'_>,
        sb_row: usize,
    ) {
        for (index, plane) in planes.iter_mut().enumerate() {
            if self.planes[index] {
                let Area { rows, cols } = Area::of_superblock_row(plane, index, sb_row);
                let edges = Edges { lines: rows.start..rows.end.min(rows.start + 1), along: cols };
                self.filter_pass(plane, (index, Pass::Horizontal), edges, shapes);
            }
        }
    }

    /// 7.14.2 for edges of one direction in a plane.
    ///
    /// Goes edge line by edge line, and along each by transform blocks; neighbouring units under
    /// the same filter and level go to the kernel as one run.
    fn filter_pass(
        &self,
        plane: &mut PaddedRows<'_>,
        (index, pass): (usize, Pass),
        Edges { lines, along }: Edges,
        Shapes { modes, tx_sizes }: Shapes<'_>,
    ) {
        let sub = usize::from(index > 0);
        let level_index = match (index, pass) {
            (0, Pass::Vertical) => 0,
            (0, Pass::Horizontal) => 1,
            (plane, _) => plane + 1,
        };
        let levels = &self.levels[level_index];
        let place = |line: usize, unit: usize| match pass {
            Pass::Vertical => (unit, line),
            Pass::Horizontal => (line, unit),
        };
        for line in lines {
            let mut run = Run::default();
            let mut unit = along.start;
            while unit < along.end {
                let (row, col) = place(line, unit);
                let size = tx_sizes.at(index, row, col);
                let (across, length) = match pass {
                    Pass::Vertical => (size.width4(), size.height4()),
                    Pass::Horizontal => (size.height4(), size.width4()),
                };
                let end = (unit + length).min(along.end);
                let current = modes.at((row << sub) | sub, (col << sub) | sub);
                if line & (across - 1) != 0 || !applies(current, pass, line, sub) {
                    unit = end;
                    continue;
                }
                let level = level_of(levels, current);
                for unit in unit..end {
                    let (row, col) = place(line, unit);
                    let (row, col) = match pass {
                        Pass::Vertical => (row, col - 1),
                        Pass::Horizontal => (row - 1, col),
                    };
                    let level = match level {
                        0 => level_of(levels, modes.at((row << sub) | sub, (col << sub) | sub)),
                        _ => level,
                    };
                    if level == 0 {
                        continue;
                    }
                    let filter = filter_size(size, tx_sizes.at(index, row, col), pass, index);
                    if !run.extend(unit, filter, level) {
                        self.filter_run(plane, pass, line, run);
                        run = Run { start: unit, units: 1, filter, level };
                    }
                }
                unit = end;
            }
            self.filter_run(plane, pass, line, run);
        }
    }

    fn filter_run(&self, plane: &mut PaddedRows<'_>, pass: Pass, line: usize, run: Run) {
        if run.units == 0 {
            return;
        }
        let at = |x: usize, y: usize| plane.index(4 * x as isize, 4 * y as isize);
        let at = match pass {
            Pass::Vertical => at(line, run.start),
            Pass::Horizontal => at(run.start, line),
        };
        let limits = self.limits[usize::from(run.level)];
        let edge = Edge { at, units: run.units, filter: run.filter, limits };
        let samples = SamplesMut::new(plane.data, plane.stride);
        match pass {
            Pass::Vertical => filter_vertical_edge(self.isa, samples, edge),
            Pass::Horizontal => filter_horizontal_edge(self.isa, samples, edge),
        }
    }
}

/// Neighbouring units of an edge under one filter.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    units: usize,
    filter: EdgeFilter,
    level: u8,
}

impl Default for Run {
    fn default() -> Self {
        Self { start: 0, units: 0, filter: EdgeFilter::Narrow4, level: 0 }
    }
}

impl Run {
    fn extend(&mut self, unit: usize, filter: EdgeFilter, level: u8) -> bool {
        let joins = self.start + self.units == unit && self.filter == filter && self.level == level;
        if joins && self.units > 0 {
            self.units += 1;
            return true;
        }
        false
    }
}

/// 7.14.2 `applyFilter` for the edge of a transform: at edges of the block always, inside it not if
/// an inter block has no residual.
#[inline]
fn applies(info: &ModeInfo, pass: Pass, line: usize, sub: usize) -> bool {
    if !info.skip || info.ref_frame[0] <= INTRA_FRAME {
        return true;
    }
    let side = block_side(info.block_size, pass, sub);
    line & (side - 1) == 0
}

/// The side of a block that an edge of `pass` crosses, in units of 4 samples of a plane
/// (5.11.38 `get_plane_residual_size`).
#[inline]
fn block_side(size: BlockSize, pass: Pass, sub: usize) -> usize {
    let side = match pass {
        Pass::Vertical => size.width4(),
        Pass::Horizontal => size.height4(),
    };
    (side >> sub).max(1)
}

/// 7.14.3 filter size process
#[inline]
fn filter_size(size: TxSize, previous: TxSize, pass: Pass, plane: usize) -> EdgeFilter {
    let log2 = match pass {
        Pass::Vertical => size.width_log2().min(previous.width_log2()),
        Pass::Horizontal => size.height_log2().min(previous.height_log2()),
    };
    match (log2, plane) {
        (2, _) => EdgeFilter::Narrow4,
        (3, 0) => EdgeFilter::Luma8,
        (_, 0) => EdgeFilter::Luma14,
        _ => EdgeFilter::Chroma6,
    }
}

/// 7.14.4 `lvl` of a position.
#[inline]
fn level_of(levels: &[[[u8; 2]; 8]; MAX_SEGMENTS], info: &ModeInfo) -> u8 {
    let moves = info.y_mode.is_inter()
        && info.y_mode != PredictionMode::GlobalMv
        && info.y_mode != PredictionMode::GlobalGlobalMv;
    levels[usize::from(info.segment_id)][info.ref_frame[0].max(0) as usize][usize::from(moves)]
}

/// 7.14.5 adaptive filter strength selection process without `delta_lf`; `i` is the entry of
/// `loop_filter_level`, `feature` what the segment adds to it.
fn filter_level(
    params: &LoopFilterParams,
    i: usize,
    feature: Option<i16>,
    reference: usize,
    mode_type: usize,
) -> u8 {
    let clip = |level: i32| level.clamp(0, i32::from(MAX_LOOP_FILTER));
    let mut level = i32::from(params.level[i]);
    if let Some(value) = feature {
        level = clip(level + i32::from(value));
    }
    if params.delta_enabled {
        let shift = level >> 5;
        level += i32::from(params.deltas.ref_deltas[reference]) << shift;
        if reference > 0 {
            level += i32::from(params.deltas.mode_deltas[mode_type]) << shift;
        }
        level = clip(level);
    }
    level as u8
}

#[cfg(test)]
pub(crate) mod tests;
