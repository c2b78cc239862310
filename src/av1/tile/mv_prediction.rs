//! Motion vector prediction (7.10.2): the stack of candidates that NEARESTMV, NEARMV and NEWMV refer
//! to, and the contexts that depend on it.
//!
//! Global motion is the identity in all our frames, so global vectors are zero and the special
//! cases for candidates that it warps never arise. Local warps are no such case: of blocks that have them their vectors
//! count.

mod extra;
mod scan;

use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::frame::motion_field::MotionField;
use crate::av1::geometry::MiPos;
use crate::av1::tile::bounds::TileBounds;
use crate::av1::types::{BlockSize, INTRA_FRAME, MI_SIZE_LOG2, Mv, PredictionMode, RefFrame};

/// `MAX_REF_MV_STACK_SIZE`.
const MAX_REF_MV_STACK_SIZE: usize = 8;
/// `REF_CAT_LEVEL`: raises neighbours at the block's edge over all others.
const REF_CAT_LEVEL: u16 = 640;
/// `MV_BORDER`, in 1/8 samples.
const MV_BORDER: i32 = 128;

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
    /// What `motion_mode` may be, as far as it is coded.
    pub(crate) motion_modes: MotionModes,
}

/// What `motion_mode` of a block may be (5.11.27).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MotionModes {
    /// SIMPLE, which is not coded.
    Simple,
    /// SIMPLE or OBMC (`use_obmc`).
    Obmc,
    /// All.
    All,
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
            motion_modes: MotionModes::Simple,
        },
        new_mv_count: 0,
        found_match: false,
    };
    search.run();
    search.stack
}

impl Search<'_> {
    /// 7.10.2 from the scans on, once the stack is empty.
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

    /// 7.10.2.10 for this frame.
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

    /// `FoundMatch` and `NewMvCount` (7.10.2.8, 7.10.2.9).
    fn matched(&mut self, mode: PredictionMode) {
        self.new_mv_count += u32::from(has_newmv(mode));
        self.found_match = true;
    }

    /// The part of 7.10.2.8 and 7.10.2.9 that counts a candidate once.
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
