//! 7.10.2, the find MV stack process, where GmType is IDENTITY throughout.

use super::frame_state::Mv;
use super::input::TileParserInput;
use super::motion_field::INVALID;
use super::tile::TileParser;
use crate::av1::types::{INTRA_FRAME, PredictionMode};

const MAX_REF_MV_STACK_SIZE: usize = 8;
const REF_CAT_LEVEL: i32 = 640;
const MV_BORDER: i32 = 128;
const MI_SIZE: i32 = 4;

/// The variables of 7.10.2, named as there.
#[derive(Clone, Debug, Default)]
pub(super) struct MvStack {
    pub(super) num_mv_found: usize,
    new_mv_count: i32,
    found_match: bool,
    close_matches: usize,
    total_matches: usize,
    pub(super) global_mvs: [Mv; 2],
    pub(super) ref_stack_mv: [[Mv; 2]; MAX_REF_MV_STACK_SIZE],
    weight_stack: [i32; MAX_REF_MV_STACK_SIZE],
    pub(super) drl_ctx_stack: [usize; MAX_REF_MV_STACK_SIZE],
    pub(super) new_mv_context: usize,
    pub(super) ref_mv_context: usize,
    pub(super) zero_mv_context: usize,
    ref_id_mvs: [[Mv; 2]; 2],
    ref_id_count: [usize; 2],
    ref_diff_mvs: [[Mv; 2]; 2],
    ref_diff_count: [usize; 2],
}

impl MvStack {
    /// The end that 7.10.2.6, 7.10.2.8 and 7.10.2.9 have in common: adds the weight to an equal
    /// candidate, or else the candidate to the stack. Only the first `lists` vectors count.
    fn push(&mut self, cand_mvs: [Mv; 2], lists: usize, weight: i32) {
        for idx in 0..self.num_mv_found {
            if cand_mvs[..lists] == self.ref_stack_mv[idx][..lists] {
                self.weight_stack[idx] += weight;
                return;
            }
        }
        if self.num_mv_found < MAX_REF_MV_STACK_SIZE {
            self.ref_stack_mv[self.num_mv_found] = cand_mvs;
            self.weight_stack[self.num_mv_found] = weight;
            self.num_mv_found += 1;
        }
    }

    /// 7.10.2.11, the sorting process.
    fn sort(&mut self, start: usize, end: usize) {
        let mut end = end;
        while end > start {
            let mut new_end = start;
            for idx in start + 1..end {
                if self.weight_stack[idx - 1] < self.weight_stack[idx] {
                    self.weight_stack.swap(idx - 1, idx);
                    self.ref_stack_mv.swap(idx - 1, idx);
                    new_end = idx;
                }
            }
            end = new_end;
        }
    }
}

/// 7.10.2.10, the lower precision process.
fn lower_mv_precision(input: &TileParserInput, cand_mv: Mv) -> Mv {
    if input.allow_high_precision_mv {
        return cand_mv;
    }
    cand_mv.map(|component| {
        if input.force_integer_mv {
            let a = component.abs();
            let a_int = (a + 3) >> 3;
            if component > 0 { a_int << 3 } else { -(a_int << 3) }
        } else if component & 1 == 1 {
            if component > 0 { component - 1 } else { component + 1 }
        } else {
            component
        }
    })
}

/// 7.10.2.9 has_newmv.
fn has_newmv(mode: PredictionMode) -> bool {
    use PredictionMode as M;
    matches!(
        mode,
        M::NewMv | M::NewNewMv | M::NearNewMv | M::NewNearMv | M::NearestNewMv | M::NewNearestMv
    )
}

impl TileParser<'_> {
    fn bw4(&self) -> i32 {
        self.b.mi_size.width4() as i32
    }

    fn bh4(&self) -> i32 {
        self.b.mi_size.height4() as i32
    }

    /// 7.10.2, the find MV stack process.
    pub(super) fn find_mv_stack(&mut self, is_compound: bool) {
        let (bw4, bh4) = (self.bw4(), self.bh4());
        // Steps 1 to 4: with IDENTITY, 7.10.2.1 gives zero vectors.
        self.b.stack = MvStack::default();
        self.scan_row(-1, is_compound);
        let mut found_above_match = self.take_found_match();
        self.scan_col(-1, is_compound);
        let mut found_left_match = self.take_found_match();
        if bw4.max(bh4) <= 16 {
            self.scan_point(-1, bw4, is_compound);
        }
        if self.b.stack.found_match {
            found_above_match = true;
        }
        self.b.stack.close_matches = usize::from(found_above_match) + usize::from(found_left_match);
        let num_nearest = self.b.stack.num_mv_found;
        let num_new = self.b.stack.new_mv_count;
        for weight in &mut self.b.stack.weight_stack[..num_nearest] {
            *weight += REF_CAT_LEVEL;
        }
        self.b.stack.zero_mv_context = 0;
        if self.input.use_ref_frame_mvs {
            self.temporal_scan(is_compound);
        }
        self.scan_point(-1, -1, is_compound);
        found_above_match |= self.take_found_match();
        self.scan_row(-3, is_compound);
        found_above_match |= self.take_found_match();
        self.scan_col(-3, is_compound);
        found_left_match |= self.take_found_match();
        if bh4 > 1 {
            self.scan_row(-5, is_compound);
        }
        found_above_match |= self.take_found_match();
        if bw4 > 1 {
            self.scan_col(-5, is_compound);
        }
        found_left_match |= self.take_found_match();
        let stack = &mut self.b.stack;
        stack.total_matches = usize::from(found_above_match) + usize::from(found_left_match);
        stack.sort(0, num_nearest);
        stack.sort(num_nearest, stack.num_mv_found);
        if stack.num_mv_found < 2 {
            self.extra_search(is_compound);
        }
        self.context_and_clamping(is_compound, num_new);
    }

    /// FoundMatch, which is then 0.
    fn take_found_match(&mut self) -> bool {
        std::mem::take(&mut self.b.stack.found_match)
    }

    /// 7.10.2.2, the scan row process.
    fn scan_row(&mut self, delta_row: i32, is_compound: bool) {
        let mut delta_row = delta_row;
        let bw4 = self.bw4();
        let end4 = bw4.min(self.input.mi_cols - self.b.mi_col).min(16);
        let mut delta_col = 0;
        let use_step16 = bw4 >= 16;
        if delta_row.abs() > 1 {
            delta_row += self.b.mi_row & 1;
            delta_col = 1 - (self.b.mi_col & 1);
        }
        let mut i = 0;
        while i < end4 {
            let mv_row = self.b.mi_row + delta_row;
            let mv_col = self.b.mi_col + delta_col + i;
            if !self.is_inside(mv_row, mv_col) {
                break;
            }
            let mut len = bw4.min(self.arrays.at(mv_row, mv_col).mi_size.width4() as i32);
            if delta_row.abs() > 1 {
                len = len.max(2);
            }
            if use_step16 {
                len = len.max(4);
            }
            let weight = len * 2;
            self.add_ref_mv_candidate(mv_row, mv_col, is_compound, weight);
            i += len;
        }
    }

    /// 7.10.2.3, the scan col process.
    fn scan_col(&mut self, delta_col: i32, is_compound: bool) {
        let mut delta_col = delta_col;
        let bh4 = self.bh4();
        let end4 = bh4.min(self.input.mi_rows - self.b.mi_row).min(16);
        let mut delta_row = 0;
        let use_step16 = bh4 >= 16;
        if delta_col.abs() > 1 {
            delta_row = 1 - (self.b.mi_row & 1);
            delta_col += self.b.mi_col & 1;
        }
        let mut i = 0;
        while i < end4 {
            let mv_row = self.b.mi_row + delta_row + i;
            let mv_col = self.b.mi_col + delta_col;
            if !self.is_inside(mv_row, mv_col) {
                break;
            }
            let mut len = bh4.min(self.arrays.at(mv_row, mv_col).mi_size.height4() as i32);
            if delta_col.abs() > 1 {
                len = len.max(2);
            }
            if use_step16 {
                len = len.max(4);
            }
            let weight = len * 2;
            self.add_ref_mv_candidate(mv_row, mv_col, is_compound, weight);
            i += len;
        }
    }

    /// 7.10.2.4, the scan point process.
    fn scan_point(&mut self, delta_row: i32, delta_col: i32, is_compound: bool) {
        let mv_row = self.b.mi_row + delta_row;
        let mv_col = self.b.mi_col + delta_col;
        let weight = 4;
        if self.is_inside(mv_row, mv_col) && self.arrays.at(mv_row, mv_col).written {
            self.add_ref_mv_candidate(mv_row, mv_col, is_compound, weight);
        }
    }

    /// 7.10.2.5, the temporal scan process.
    fn temporal_scan(&mut self, is_compound: bool) {
        let (bw4, bh4) = (self.bw4(), self.bh4());
        let step_w4 = if bw4 >= 16 { 4 } else { 2 };
        let step_h4 = if bh4 >= 16 { 4 } else { 2 };
        for delta_row in (0..bh4.min(16)).step_by(step_h4) {
            for delta_col in (0..bw4.min(16)).step_by(step_w4) {
                self.add_tpl_ref_mv(delta_row, delta_col, is_compound);
            }
        }
        let allow_extension = (2..16).contains(&bh4) && (2..16).contains(&bw4);
        if allow_extension {
            let tpl_sample_pos = [[bh4, -2], [bh4, bw4], [bh4 - 2, bw4]];
            for [delta_row, delta_col] in tpl_sample_pos {
                // check_sb_border
                let row = (self.b.mi_row & 15) + delta_row;
                let col = (self.b.mi_col & 15) + delta_col;
                if (0..16).contains(&row) && (0..16).contains(&col) {
                    self.add_tpl_ref_mv(delta_row, delta_col, is_compound);
                }
            }
        }
    }

    /// 7.10.2.6, the temporal sample process.
    fn add_tpl_ref_mv(&mut self, delta_row: i32, delta_col: i32, is_compound: bool) {
        let mv_row = (self.b.mi_row + delta_row) | 1;
        let mv_col = (self.b.mi_col + delta_col) | 1;
        if !self.is_inside(mv_row, mv_col) {
            return;
        }
        let x8 = mv_col >> 1;
        let y8 = mv_row >> 1;
        let at_origin = delta_row == 0 && delta_col == 0;
        if at_origin {
            self.b.stack.zero_mv_context = 1;
        }
        let Some(motion_field) = &self.frame.motion_field else {
            return;
        };
        let lists = 1 + usize::from(is_compound);
        let mut cand_mvs = [[0; 2]; 2];
        for (list, cand_mv) in cand_mvs[..lists].iter_mut().enumerate() {
            *cand_mv = motion_field.at(self.b.ref_frame[list], y8, x8);
            if cand_mv[0] == INVALID {
                return;
            }
        }
        for cand_mv in &mut cand_mvs[..lists] {
            *cand_mv = lower_mv_precision(self.input, *cand_mv);
        }
        let stack = &mut self.b.stack;
        if at_origin {
            let far =
                cand_mvs[..lists].iter().zip(&stack.global_mvs).any(|(cand_mv, global_mv)| {
                    (cand_mv[0] - global_mv[0]).abs() >= 16
                        || (cand_mv[1] - global_mv[1]).abs() >= 16
                });
            stack.zero_mv_context = usize::from(far);
        }
        stack.push(cand_mvs, lists, 2);
    }

    /// 7.10.2.7, the add reference motion vector process.
    fn add_ref_mv_candidate(&mut self, mv_row: i32, mv_col: i32, is_compound: bool, weight: i32) {
        let unit = self.arrays.at(mv_row, mv_col);
        if !unit.is_inter {
            return;
        }
        if is_compound {
            if unit.ref_frame == self.b.ref_frame {
                self.compound_search_stack(mv_row, mv_col, weight);
            }
        } else {
            for cand_list in 0..2 {
                if self.arrays.at(mv_row, mv_col).ref_frame[cand_list] == self.b.ref_frame[0] {
                    self.search_stack(mv_row, mv_col, cand_list, weight);
                }
            }
        }
    }

    /// 7.10.2.8, the search stack process.
    fn search_stack(&mut self, mv_row: i32, mv_col: i32, cand_list: usize, weight: i32) {
        let unit = self.arrays.at(mv_row, mv_col);
        let cand_mv = lower_mv_precision(self.input, unit.mv[cand_list]);
        let stack = &mut self.b.stack;
        if has_newmv(unit.y_mode) {
            stack.new_mv_count += 1;
        }
        stack.found_match = true;
        stack.push([cand_mv, [0; 2]], 1, weight);
    }

    /// 7.10.2.9, the compound search stack process.
    fn compound_search_stack(&mut self, mv_row: i32, mv_col: i32, weight: i32) {
        let unit = self.arrays.at(mv_row, mv_col);
        let cand_mvs = unit.mv.map(|cand_mv| lower_mv_precision(self.input, cand_mv));
        let stack = &mut self.b.stack;
        stack.found_match = true;
        stack.push(cand_mvs, 2, weight);
        if has_newmv(unit.y_mode) {
            stack.new_mv_count += 1;
        }
    }

    /// 7.10.2.12, the extra search process.
    fn extra_search(&mut self, is_compound: bool) {
        let w4 = self.bw4().min(16).min(self.input.mi_cols - self.b.mi_col);
        let h4 = self.bh4().min(16).min(self.input.mi_rows - self.b.mi_row);
        let num4x4 = w4.min(h4);
        for pass in 0..2 {
            let mut idx = 0;
            while idx < num4x4 && self.b.stack.num_mv_found < 2 {
                let (mv_row, mv_col) = if pass == 0 {
                    (self.b.mi_row - 1, self.b.mi_col + idx)
                } else {
                    (self.b.mi_row + idx, self.b.mi_col - 1)
                };
                if !self.is_inside(mv_row, mv_col) {
                    break;
                }
                self.add_extra_mv_candidate(mv_row, mv_col, is_compound);
                let mi_size = self.arrays.at(mv_row, mv_col).mi_size;
                idx += if pass == 0 { mi_size.width4() } else { mi_size.height4() } as i32;
            }
        }
        let stack = &mut self.b.stack;
        if !is_compound {
            for idx in stack.num_mv_found..2 {
                stack.ref_stack_mv[idx][0] = stack.global_mvs[0];
            }
            return;
        }
        let mut combined_mvs = [[[0; 2]; 2]; 2];
        for list in 0..2 {
            let mut comp_count = 0;
            for idx in 0..stack.ref_id_count[list] {
                combined_mvs[comp_count][list] = stack.ref_id_mvs[list][idx];
                comp_count += 1;
            }
            let mut idx = 0;
            while idx < stack.ref_diff_count[list] && comp_count < 2 {
                combined_mvs[comp_count][list] = stack.ref_diff_mvs[list][idx];
                comp_count += 1;
                idx += 1;
            }
            while comp_count < 2 {
                combined_mvs[comp_count][list] = stack.global_mvs[list];
                comp_count += 1;
            }
        }
        if stack.num_mv_found == 1 {
            let equal = combined_mvs[0] == stack.ref_stack_mv[0];
            stack.ref_stack_mv[1] = combined_mvs[usize::from(equal)];
            stack.weight_stack[1] = 2;
            stack.num_mv_found += 1;
        } else {
            for combined in combined_mvs {
                stack.ref_stack_mv[stack.num_mv_found] = combined;
                stack.weight_stack[stack.num_mv_found] = 2;
                stack.num_mv_found += 1;
            }
        }
    }

    /// RefFrameSignBias (5.9.2).
    fn sign_bias(&self, ref_frame: i8) -> bool {
        let hint = self.frame.order_hints[ref_frame as usize];
        self.input.relative_dist(hint, self.input.order_hint) > 0
    }

    /// 7.10.2.13, the add extra MV candidate process.
    fn add_extra_mv_candidate(&mut self, mv_row: i32, mv_col: i32, is_compound: bool) {
        let unit = *self.arrays.at(mv_row, mv_col);
        let ref_frame = self.b.ref_frame;
        for cand_list in 0..2 {
            let cand_ref = unit.ref_frame[cand_list];
            if cand_ref <= INTRA_FRAME {
                continue;
            }
            let cand_mv = unit.mv[cand_list];
            let turned = |list: usize| {
                if self.sign_bias(cand_ref) != self.sign_bias(ref_frame[list]) {
                    [-cand_mv[0], -cand_mv[1]]
                } else {
                    cand_mv
                }
            };
            if is_compound {
                let turned = [turned(0), turned(1)];
                let stack = &mut self.b.stack;
                for list in 0..2 {
                    if cand_ref == ref_frame[list] && stack.ref_id_count[list] < 2 {
                        stack.ref_id_mvs[list][stack.ref_id_count[list]] = cand_mv;
                        stack.ref_id_count[list] += 1;
                    } else if stack.ref_diff_count[list] < 2 {
                        stack.ref_diff_mvs[list][stack.ref_diff_count[list]] = turned[list];
                        stack.ref_diff_count[list] += 1;
                    }
                }
            } else {
                let cand_mv = turned(0);
                let stack = &mut self.b.stack;
                let found = stack.num_mv_found;
                if stack.ref_stack_mv[..found].iter().all(|mvs| mvs[0] != cand_mv) {
                    stack.ref_stack_mv[found][0] = cand_mv;
                    stack.weight_stack[found] = 2;
                    stack.num_mv_found += 1;
                }
            }
        }
    }

    /// 7.10.2.14, the context and clamping process.
    fn context_and_clamping(&mut self, is_compound: bool, num_new: i32) {
        let bw = self.b.mi_size.width() as i32;
        let bh = self.b.mi_size.height() as i32;
        let num_lists = if is_compound { 2 } else { 1 };
        for idx in 0..self.b.stack.num_mv_found {
            let stack = &mut self.b.stack;
            let mut z = 0;
            if idx + 1 < stack.num_mv_found {
                let w0 = stack.weight_stack[idx];
                let w1 = stack.weight_stack[idx + 1];
                if w0 >= REF_CAT_LEVEL {
                    if w1 < REF_CAT_LEVEL {
                        z = 1;
                    }
                } else {
                    z = 2;
                }
            }
            stack.drl_ctx_stack[idx] = z;
        }
        for list in 0..num_lists {
            for idx in 0..self.b.stack.num_mv_found {
                let ref_mv = self.b.stack.ref_stack_mv[idx][list];
                self.b.stack.ref_stack_mv[idx][list] = [
                    self.clamp_mv_row(ref_mv[0], MV_BORDER + bh * 8),
                    self.clamp_mv_col(ref_mv[1], MV_BORDER + bw * 8),
                ];
            }
        }
        let stack = &mut self.b.stack;
        match stack.close_matches {
            0 => {
                stack.new_mv_context = stack.total_matches.min(1);
                stack.ref_mv_context = stack.total_matches;
            }
            1 => {
                stack.new_mv_context = 3 - num_new.min(1) as usize;
                stack.ref_mv_context = 2 + stack.total_matches;
            }
            _ => {
                stack.new_mv_context = 5 - num_new.min(1) as usize;
                stack.ref_mv_context = 5;
            }
        }
    }

    /// 5.11.53 clamp_mv_row.
    fn clamp_mv_row(&self, mvec: i32, border: i32) -> i32 {
        let mb_to_top_edge = -((self.b.mi_row * MI_SIZE) * 8);
        let mb_to_bottom_edge = ((self.input.mi_rows - self.bh4() - self.b.mi_row) * MI_SIZE) * 8;
        clip3(mb_to_top_edge - border, mb_to_bottom_edge + border, mvec)
    }

    /// 5.11.54 clamp_mv_col.
    fn clamp_mv_col(&self, mvec: i32, border: i32) -> i32 {
        let mb_to_left_edge = -((self.b.mi_col * MI_SIZE) * 8);
        let mb_to_right_edge = ((self.input.mi_cols - self.bw4() - self.b.mi_col) * MI_SIZE) * 8;
        clip3(mb_to_left_edge - border, mb_to_right_edge + border, mvec)
    }
}

/// Clip3 (4.7).
fn clip3(lo: i32, hi: i32, x: i32) -> i32 {
    if x < lo {
        lo
    } else if x > hi {
        hi
    } else {
        x
    }
}
