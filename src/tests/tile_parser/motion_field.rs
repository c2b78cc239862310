//! 7.9: the motion field, and 7.19: which motion vectors a frame leaves for it.

use super::frame_state::{FrameArrays, Mv, ParserState};
use super::input::TileParserInput;
use crate::av1::tables::blocks::DIV_MULT;
use crate::av1::types::{
    ALTREF_FRAME, ALTREF2_FRAME, BWDREF_FRAME, GOLDEN_FRAME, INTRA_FRAME, LAST_FRAME, LAST2_FRAME,
    NONE,
};

/// The component of a motion vector that is not there.
pub(super) const INVALID: i32 = -1 << 15;
const MFMV_STACK_SIZE: i32 = 3;
const MAX_FRAME_DISTANCE: i32 = 31;
const MAX_OFFSET_WIDTH: i32 = 8;
const MAX_OFFSET_HEIGHT: i32 = 0;
const REFMVS_LIMIT: i32 = (1 << 12) - 1;
const MI_SIZE_LOG2: i32 = 2;

/// MotionFieldMvs.
pub(super) struct MotionField {
    w8: i32,
    mvs: Vec<[Mv; 8]>,
}

impl MotionField {
    /// MotionFieldMvs[ ref ][ y8 ][ x8 ].
    pub(super) fn at(&self, ref_frame: i8, y8: i32, x8: i32) -> Mv {
        self.mvs[(y8 * self.w8 + x8) as usize][ref_frame as usize]
    }

    /// 7.9.1 motion_field_estimation.
    pub(super) fn estimate(
        input: &TileParserInput,
        state: &ParserState,
        order_hints: &[i32; 8],
    ) -> Result<Self, String> {
        let w8 = input.mi_cols >> 1;
        let h8 = input.mi_rows >> 1;
        let mut field = Self { w8, mvs: vec![[[INVALID; 2]; 8]; (w8 * h8) as usize] };
        let mut project = |src, dst_sign| field.project(input, state, order_hints, src, dst_sign);
        let hint = |ref_frame: i8| order_hints[ref_frame as usize];
        let is_later = |ref_frame| input.relative_dist(hint(ref_frame), input.order_hint) > 0;

        let last = state.reference(input, LAST_FRAME as usize)?;
        let last_alt_order_hint = last.saved_order_hints[ALTREF_FRAME as usize];
        if last_alt_order_hint != hint(GOLDEN_FRAME) {
            project(LAST_FRAME, -1)?;
        }
        let mut ref_stamp = MFMV_STACK_SIZE - 2;
        if is_later(BWDREF_FRAME) && project(BWDREF_FRAME, 1)? {
            ref_stamp -= 1;
        }
        if is_later(ALTREF2_FRAME) && project(ALTREF2_FRAME, 1)? {
            ref_stamp -= 1;
        }
        if is_later(ALTREF_FRAME) && ref_stamp >= 0 && project(ALTREF_FRAME, 1)? {
            ref_stamp -= 1;
        }
        if ref_stamp >= 0 {
            project(LAST2_FRAME, -1)?;
        }
        Ok(field)
    }

    /// 7.9.2, the projection process.
    fn project(
        &mut self,
        input: &TileParserInput,
        state: &ParserState,
        order_hints: &[i32; 8],
        src: i8,
        dst_sign: i32,
    ) -> Result<bool, String> {
        let source = state.reference(input, src as usize)?;
        if (source.mi_rows, source.mi_cols) != (input.mi_rows, input.mi_cols) || source.is_intra {
            return Ok(false);
        }
        let src_hint = order_hints[src as usize];
        for y8 in 0..input.mi_rows >> 1 {
            for x8 in 0..self.w8 {
                let position = ((2 * y8 + 1) * input.mi_cols + 2 * x8 + 1) as usize;
                let src_ref = source.saved_ref_frames[position];
                if src_ref <= INTRA_FRAME {
                    continue;
                }
                let ref_to_cur = input.relative_dist(src_hint, input.order_hint);
                let saved_hint = source.saved_order_hints[src_ref as usize];
                let ref_offset = input.relative_dist(src_hint, saved_hint);
                if ref_to_cur.abs() > MAX_FRAME_DISTANCE
                    || ref_offset.abs() > MAX_FRAME_DISTANCE
                    || ref_offset <= 0
                {
                    continue;
                }
                let mv = source.saved_mvs[position];
                let proj_mv = mv_projection(mv, ref_to_cur * dst_sign, ref_offset);
                let Some((pos_y8, pos_x8)) = block_position(input, x8, y8, dst_sign, proj_mv)
                else {
                    continue;
                };
                for dst in LAST_FRAME..=ALTREF_FRAME {
                    let dst = dst as usize;
                    let ref_to_dst = input.relative_dist(input.order_hint, order_hints[dst]);
                    self.mvs[(pos_y8 * self.w8 + pos_x8) as usize][dst] =
                        mv_projection(mv, ref_to_dst, ref_offset);
                }
            }
        }
        Ok(true)
    }
}

/// Round2Signed (4.7).
fn round2_signed(x: i32, n: u32) -> i32 {
    let round2 = |x: i32| (x + (1 << (n - 1))) >> n;
    if x >= 0 { round2(x) } else { -round2(-x) }
}

/// 7.9.3, the get MV projection process.
fn mv_projection(mv: Mv, numerator: i32, denominator: i32) -> Mv {
    let clipped_denominator = denominator.min(MAX_FRAME_DISTANCE);
    let clipped_numerator = numerator.clamp(-MAX_FRAME_DISTANCE, MAX_FRAME_DISTANCE);
    mv.map(|component| {
        let factor = clipped_numerator * i32::from(DIV_MULT[clipped_denominator as usize]);
        round2_signed(component * factor, 14).clamp(-(1 << 14) + 1, (1 << 14) - 1)
    })
}

/// 7.9.4, the get block position process: PosY8 and PosX8, if posValid.
fn block_position(
    input: &TileParserInput,
    x8: i32,
    y8: i32,
    dst_sign: i32,
    proj_mv: Mv,
) -> Option<(i32, i32)> {
    let project = |v8: i32, delta: i32, max8: i32, max_off8: i32| {
        let base8 = (v8 >> 3) << 3;
        let offset8 = if delta >= 0 {
            delta >> (3 + 1 + MI_SIZE_LOG2)
        } else {
            -((-delta) >> (3 + 1 + MI_SIZE_LOG2))
        };
        let v8 = v8 + dst_sign * offset8;
        let valid = v8 >= 0 && v8 < max8 && v8 >= base8 - max_off8 && v8 < base8 + 8 + max_off8;
        valid.then_some(v8)
    };
    let pos_y8 = project(y8, proj_mv[0], input.mi_rows >> 1, MAX_OFFSET_HEIGHT)?;
    let pos_x8 = project(x8, proj_mv[1], input.mi_cols >> 1, MAX_OFFSET_WIDTH)?;
    Some((pos_y8, pos_x8))
}

/// 7.19: MfRefFrames and MfMvs.
pub(super) fn storage(
    input: &TileParserInput,
    order_hints: &[i32; 8],
    arrays: &FrameArrays,
) -> (Vec<i8>, Vec<Mv>) {
    arrays
        .all(|unit| {
            let mut stored = (NONE, [0; 2]);
            for list in 0..2 {
                let r = unit.ref_frame[list];
                if r > INTRA_FRAME {
                    let dist = input.relative_dist(order_hints[r as usize], input.order_hint);
                    let [mv_row, mv_col] = unit.mv[list];
                    if dist < 0 && mv_row.abs() <= REFMVS_LIMIT && mv_col.abs() <= REFMVS_LIMIT {
                        stored = (r, [mv_row, mv_col]);
                    }
                }
            }
            stored
        })
        .into_iter()
        .unzip()
}
