//! Motion vector prediction (7.10.2): the stack of candidates that NEARESTMV, NEARMV and NEWMV refer
//! to, and the contexts that depend on it.
//!
//! Global motion is the identity in all our frames, so global vectors are zero and the special
//! cases for warped candidates never arise.

use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::frame::motion_field::{INVALID_MV, MotionField};
use crate::av1::geometry::MiPos;
use crate::av1::types::{BlockSize, INTRA_FRAME, MI_SIZE_LOG2, Mv, NONE, PredictionMode, RefFrame};

/// `MAX_REF_MV_STACK_SIZE`.
const MAX_REF_MV_STACK_SIZE: usize = 8;
/// `REF_CAT_LEVEL`: raises neighbours at the block's edge over all others.
const REF_CAT_LEVEL: u16 = 640;
/// `MV_BORDER`, in 1/8 samples.
const MV_BORDER: i32 = 128;

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
    /// 5.11.51 `is_inside`.
    #[inline]
    pub(crate) fn is_inside(&self, row: isize, col: isize) -> bool {
        col >= self.mi_col_start as isize
            && col < self.mi_col_end as isize
            && row >= self.mi_row_start as isize
            && row < self.mi_row_end as isize
    }
}

/// What the process reads besides the block itself.
#[derive(Clone, Copy)]
pub(crate) struct MvPredictionInput<'a> {
    /// The records of the frame; positions not yet coded hold the default record of
    /// [`ModeInfoGrid::clear`].
    pub(crate) grid: &'a ModeInfoGrid,
    /// The tile.
    pub(crate) tile: TileBounds,
    /// `allow_high_precision_mv`.
    pub(crate) allow_high_precision_mv: bool,
    /// `force_integer_mv`.
    pub(crate) force_integer_mv: bool,
    /// `RefFrameSignBias`, by reference frame.
    pub(crate) sign_bias: [bool; 8],
    /// `MotionFieldMvs`, if `use_ref_frame_mvs`.
    pub(crate) motion_field: Option<&'a MotionField>,
}

/// The outcome of 7.10.2 for one block and one choice of references.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MvStack {
    /// `RefStackMv`; two entries are always valid.
    pub(crate) mvs: [[Mv; 2]; MAX_REF_MV_STACK_SIZE + 1],
    weights: [u16; MAX_REF_MV_STACK_SIZE + 1],
    /// `NumMvFound`.
    pub(crate) num_mv_found: usize,
    /// `NewMvContext`.
    pub(crate) new_mv_context: u8,
    /// `RefMvContext`.
    pub(crate) ref_mv_context: u8,
    /// `ZeroMvContext`.
    pub(crate) zero_mv_context: u8,
    /// `DrlCtxStack`.
    pub(crate) drl_context: [u8; MAX_REF_MV_STACK_SIZE + 1],
}

/// 7.10.2.10 lower precision process.
pub(crate) fn lower_mv_precision(mv: Mv, allow_high_precision: bool, force_integer: bool) -> Mv {
    if allow_high_precision {
        return mv;
    }
    let lower = |v: i16| {
        if force_integer {
            let whole = ((v.unsigned_abs() + 3) >> 3 << 3) as i16;
            if v > 0 { whole } else { -whole }
        } else if v & 1 != 0 {
            v - v.signum()
        } else {
            v
        }
    };
    Mv::new(lower(mv.row), lower(mv.col))
}

/// `has_newmv` (7.10.2.9).
fn has_newmv(mode: PredictionMode) -> bool {
    use PredictionMode as P;
    matches!(
        mode,
        P::NewMv | P::NewNewMv | P::NearNewMv | P::NewNearMv | P::NearestNewMv | P::NewNearestMv
    )
}

/// 5.11.53 and 5.11.54 `clamp_mv_row`, `clamp_mv_col` with the border of 7.10.2.14.
fn clamp_mv(mv: Mv, grid: &ModeInfoGrid, pos: MiPos, size: BlockSize) -> Mv {
    let clamp = |v: i16, mi: usize, mis: usize, n4: usize, samples: usize| {
        let border = MV_BORDER + samples as i32 * 8;
        let to_start = -((mi << MI_SIZE_LOG2) as i32 * 8);
        let to_end = (mis as i32 - n4 as i32 - mi as i32) * 4 * 8;
        i32::from(v).clamp(to_start - border, to_end + border) as i16
    };
    Mv::new(
        clamp(mv.row, pos.row, grid.mi_rows, size.height4(), size.height()),
        clamp(mv.col, pos.col, grid.mi_cols, size.width4(), size.width()),
    )
}

struct Search<'a> {
    input: &'a MvPredictionInput<'a>,
    pos: MiPos,
    size: BlockSize,
    ref_frame: [RefFrame; 2],
    compound: bool,
    stack: MvStack,
    new_mv_count: u32,
    found_match: bool,
}

/// 7.10.2 find MV stack process for the block at `pos`.
pub(crate) fn find_mv_stack(
    input: &MvPredictionInput<'_>,
    pos: MiPos,
    size: BlockSize,
    ref_frame: [RefFrame; 2],
) -> MvStack {
    let mut search = Search {
        input,
        pos,
        size,
        ref_frame,
        compound: ref_frame[1] > INTRA_FRAME,
        stack: MvStack {
            mvs: [[Mv::default(); 2]; MAX_REF_MV_STACK_SIZE + 1],
            weights: [0; MAX_REF_MV_STACK_SIZE + 1],
            num_mv_found: 0,
            new_mv_context: 0,
            ref_mv_context: 0,
            zero_mv_context: 0,
            drl_context: [0; MAX_REF_MV_STACK_SIZE + 1],
        },
        new_mv_count: 0,
        found_match: false,
    };
    search.run();
    search.stack
}

impl Search<'_> {
    fn run(&mut self) {
        let (bw4, bh4) = (self.size.width4(), self.size.height4());
        self.scan_row(-1);
        let mut found_above = std::mem::take(&mut self.found_match);
        self.scan_col(-1);
        let mut found_left = std::mem::take(&mut self.found_match);
        if bw4.max(bh4) <= 16 {
            self.scan_point(-1, bw4 as isize);
        }
        found_above |= self.found_match;
        let close_matches = u8::from(found_above) + u8::from(found_left);
        let num_nearest = self.stack.num_mv_found;
        let num_new = self.new_mv_count;
        for weight in &mut self.stack.weights[..num_nearest] {
            *weight += REF_CAT_LEVEL;
        }
        if let Some(field) = self.input.motion_field {
            self.temporal_scan(field);
        }
        self.found_match = false;
        self.scan_point(-1, -1);
        found_above |= std::mem::take(&mut self.found_match);
        self.scan_row(-3);
        found_above |= std::mem::take(&mut self.found_match);
        self.scan_col(-3);
        found_left |= std::mem::take(&mut self.found_match);
        if bh4 > 1 {
            self.scan_row(-5);
        }
        found_above |= std::mem::take(&mut self.found_match);
        if bw4 > 1 {
            self.scan_col(-5);
        }
        found_left |= std::mem::take(&mut self.found_match);
        let total_matches = u8::from(found_above) + u8::from(found_left);
        self.sort(0, num_nearest);
        self.sort(num_nearest, self.stack.num_mv_found);
        if self.stack.num_mv_found < 2 {
            self.extra_search();
        }
        self.contexts_and_clamping(close_matches, total_matches, num_new);
    }

    /// 7.10.2.2 scan row process.
    fn scan_row(&mut self, delta_row: isize) {
        let grid = self.input.grid;
        let bw4 = self.size.width4();
        let end4 = bw4.min(grid.mi_cols - self.pos.col).min(16);
        let far = delta_row.abs() > 1;
        let (mut row, mut col) = (self.pos.row as isize + delta_row, self.pos.col as isize);
        if far {
            row += (self.pos.row & 1) as isize;
            col += 1 - (self.pos.col & 1) as isize;
        }
        let mut i = 0;
        while i < end4 {
            let mv_col = col + i as isize;
            if !self.input.tile.is_inside(row, mv_col) {
                break;
            }
            let candidate = grid.at(row as usize, mv_col as usize);
            let mut len = bw4.min(candidate.block_size.width4());
            if far {
                len = len.max(2);
            }
            if bw4 >= 16 {
                len = len.max(4);
            }
            self.add_candidate(row as usize, mv_col as usize, len as u16 * 2);
            i += len;
        }
    }

    /// 7.10.2.3 scan col process.
    fn scan_col(&mut self, delta_col: isize) {
        let grid = self.input.grid;
        let bh4 = self.size.height4();
        let end4 = bh4.min(grid.mi_rows - self.pos.row).min(16);
        let far = delta_col.abs() > 1;
        let (mut row, mut col) = (self.pos.row as isize, self.pos.col as isize + delta_col);
        if far {
            row += 1 - (self.pos.row & 1) as isize;
            col += (self.pos.col & 1) as isize;
        }
        let mut i = 0;
        while i < end4 {
            let mv_row = row + i as isize;
            if !self.input.tile.is_inside(mv_row, col) {
                break;
            }
            let candidate = grid.at(mv_row as usize, col as usize);
            let mut len = bh4.min(candidate.block_size.height4());
            if far {
                len = len.max(2);
            }
            if bh4 >= 16 {
                len = len.max(4);
            }
            self.add_candidate(mv_row as usize, col as usize, len as u16 * 2);
            i += len;
        }
    }

    /// 7.10.2.4 scan point process.
    fn scan_point(&mut self, delta_row: isize, delta_col: isize) {
        let row = self.pos.row as isize + delta_row;
        let col = self.pos.col as isize + delta_col;
        if self.input.tile.is_inside(row, col)
            && self.input.grid.at(row as usize, col as usize).ref_frame[0] != NONE
        {
            self.add_candidate(row as usize, col as usize, 4);
        }
    }

    /// 7.10.2.5 temporal scan process.
    fn temporal_scan(&mut self, field: &MotionField) {
        let (bw4, bh4) = (self.size.width4() as isize, self.size.height4() as isize);
        let step_w = if bw4 >= 16 { 4 } else { 2 };
        let step_h = if bh4 >= 16 { 4 } else { 2 };
        for delta_row in (0..bh4.min(16)).step_by(step_h) {
            for delta_col in (0..bw4.min(16)).step_by(step_w) {
                self.temporal_sample(field, delta_row, delta_col);
            }
        }
        if (2..16).contains(&bh4) && (2..16).contains(&bw4) {
            for (delta_row, delta_col) in [(bh4, -2), (bh4, bw4), (bh4 - 2, bw4)] {
                let row = (self.pos.row & 15) as isize + delta_row;
                let col = (self.pos.col & 15) as isize + delta_col;
                if (0..16).contains(&row) && (0..16).contains(&col) {
                    self.temporal_sample(field, delta_row, delta_col);
                }
            }
        }
    }

    /// 7.10.2.6 temporal sample process.
    fn temporal_sample(&mut self, field: &MotionField, delta_row: isize, delta_col: isize) {
        let row = (self.pos.row as isize + delta_row) | 1;
        let col = (self.pos.col as isize + delta_col) | 1;
        if !self.input.tile.is_inside(row, col) {
            return;
        }
        let origin = delta_row == 0 && delta_col == 0;
        if origin {
            self.stack.zero_mv_context = 1;
        }
        let mut candidate = [Mv::default(); 2];
        let lists = 1 + usize::from(self.compound);
        for (entry, &reference) in candidate[..lists].iter_mut().zip(&self.ref_frame) {
            let mv = field.at(reference, row as usize >> 1, col as usize >> 1);
            if mv == INVALID_MV {
                return;
            }
            *entry = self.lower(mv);
        }
        if origin {
            // Global vectors are zero.
            let large = |mv: Mv| mv.row.abs() >= 16 || mv.col.abs() >= 16;
            self.stack.zero_mv_context =
                u8::from(large(candidate[0]) || (self.compound && large(candidate[1])));
        }
        self.add_to_stack(candidate, 2);
    }

    fn lower(&self, mv: Mv) -> Mv {
        lower_mv_precision(mv, self.input.allow_high_precision_mv, self.input.force_integer_mv)
    }

    /// 7.10.2.7 add reference motion vector process, with 7.10.2.8 and 7.10.2.9.
    fn add_candidate(&mut self, row: usize, col: usize, weight: u16) {
        let candidate = *self.input.grid.at(row, col);
        if !candidate.is_inter {
            return;
        }
        if self.compound {
            if candidate.ref_frame == self.ref_frame {
                let mvs = candidate.mv.map(|mv| self.lower(mv));
                self.matched(candidate.y_mode);
                self.add_to_stack(mvs, weight);
            }
        } else {
            for list in 0..2 {
                if candidate.ref_frame[list] == self.ref_frame[0] {
                    let mv = self.lower(candidate.mv[list]);
                    self.matched(candidate.y_mode);
                    self.add_to_stack([mv, Mv::default()], weight);
                }
            }
        }
    }

    fn matched(&mut self, mode: PredictionMode) {
        self.new_mv_count += u32::from(has_newmv(mode));
        self.found_match = true;
    }

    fn add_to_stack(&mut self, candidate: [Mv; 2], weight: u16) {
        let stack = &mut self.stack;
        let lists = 1 + usize::from(self.compound);
        let found = stack.mvs[..stack.num_mv_found]
            .iter()
            .position(|entry| entry[..lists] == candidate[..lists]);
        if let Some(index) = found {
            stack.weights[index] += weight;
        } else if stack.num_mv_found < MAX_REF_MV_STACK_SIZE {
            stack.mvs[stack.num_mv_found] = candidate;
            stack.weights[stack.num_mv_found] = weight;
            stack.num_mv_found += 1;
        }
    }

    /// 7.10.2.11 sorting process.
    fn sort(&mut self, start: usize, mut end: usize) {
        let stack = &mut self.stack;
        while end > start {
            let mut new_end = start;
            for index in start + 1..end {
                if stack.weights[index - 1] < stack.weights[index] {
                    stack.weights.swap(index - 1, index);
                    stack.mvs.swap(index - 1, index);
                    new_end = index;
                }
            }
            end = new_end;
        }
    }

    /// 7.10.2.12 extra search process, with 7.10.2.13.
    fn extra_search(&mut self) {
        let grid = self.input.grid;
        let w4 = self.size.width4().min(16).min(grid.mi_cols - self.pos.col);
        let h4 = self.size.height4().min(16).min(grid.mi_rows - self.pos.row);
        let num4x4 = w4.min(h4);
        let mut same = Partial::default();
        let mut different = Partial::default();
        for pass in 0..2 {
            let mut index = 0;
            while index < num4x4 && self.stack.num_mv_found < 2 {
                let (row, col) = if pass == 0 {
                    (self.pos.row as isize - 1, (self.pos.col + index) as isize)
                } else {
                    ((self.pos.row + index) as isize, self.pos.col as isize - 1)
                };
                if !self.input.tile.is_inside(row, col) {
                    break;
                }
                self.add_extra_candidate(row as usize, col as usize, &mut same, &mut different);
                let size = grid.at(row as usize, col as usize).block_size;
                index += if pass == 0 { size.width4() } else { size.height4() };
            }
        }
        if self.compound {
            let mut combined = [[Mv::default(); 2]; 2];
            for list in 0..2 {
                let candidates = same.mvs[list][..same.count[list]]
                    .iter()
                    .chain(&different.mvs[list][..different.count[list]]);
                for (entry, &mv) in combined.iter_mut().zip(candidates) {
                    entry[list] = mv;
                }
            }
            let stack = &mut self.stack;
            if stack.num_mv_found == 1 {
                let repeated = combined[0] == stack.mvs[0];
                stack.mvs[1] = combined[usize::from(repeated)];
                stack.weights[1] = 2;
            } else {
                stack.mvs[..2].copy_from_slice(&combined);
                stack.weights[..2].fill(2);
            }
            stack.num_mv_found = 2;
        }
        // In single prediction entries beyond those found are zero from the start, as global
        // vectors are.
    }

    /// 7.10.2.13 add extra MV candidate process.
    fn add_extra_candidate(
        &mut self,
        row: usize,
        col: usize,
        same: &mut Partial,
        different: &mut Partial,
    ) {
        let candidate = *self.input.grid.at(row, col);
        for cand_list in 0..2 {
            let cand_ref = candidate.ref_frame[cand_list];
            if cand_ref <= INTRA_FRAME {
                continue;
            }
            let bias = &self.input.sign_bias;
            let toward = |list: usize| {
                let mv = candidate.mv[cand_list];
                if bias[cand_ref as usize] == bias[self.ref_frame[list] as usize] {
                    mv
                } else {
                    Mv::new(-mv.row, -mv.col)
                }
            };
            if self.compound {
                for list in 0..2 {
                    if cand_ref == self.ref_frame[list] && same.count[list] < 2 {
                        same.push(list, candidate.mv[cand_list]);
                    } else if different.count[list] < 2 {
                        different.push(list, toward(list));
                    }
                }
            } else {
                let mv = toward(0);
                let stack = &mut self.stack;
                if stack.mvs[..stack.num_mv_found].iter().all(|entry| entry[0] != mv) {
                    stack.mvs[stack.num_mv_found] = [mv, Mv::default()];
                    stack.weights[stack.num_mv_found] = 2;
                    stack.num_mv_found += 1;
                }
            }
        }
    }

    /// 7.10.2.14 context and clamping process.
    fn contexts_and_clamping(&mut self, close: u8, total: u8, num_new: u32) {
        let stack = &mut self.stack;
        for index in 0..stack.num_mv_found {
            stack.drl_context[index] = if index + 1 >= stack.num_mv_found {
                0
            } else if stack.weights[index] < REF_CAT_LEVEL {
                2
            } else {
                u8::from(stack.weights[index + 1] < REF_CAT_LEVEL)
            };
        }
        for entry in &mut stack.mvs[..stack.num_mv_found] {
            for mv in entry {
                *mv = clamp_mv(*mv, self.input.grid, self.pos, self.size);
            }
        }
        let new = num_new.min(1) as u8;
        (stack.new_mv_context, stack.ref_mv_context) = match close {
            0 => (total.min(1), total),
            1 => (3 - new, 2 + total),
            _ => (5 - new, 5),
        };
    }
}

/// `RefIdMvs` or `RefDiffMvs` with their counts (7.10.2.12).
#[derive(Default)]
struct Partial {
    mvs: [[Mv; 2]; 2],
    count: [usize; 2],
}

impl Partial {
    fn push(&mut self, list: usize, mv: Mv) {
        self.mvs[list][self.count[list]] = mv;
        self.count[list] += 1;
    }
}
