//! The scans of motion vector prediction (7.10.2.2 to 7.10.2.6): neighbours above, to the left and at
//! corners, and the projected motion of earlier frames.

use super::Search;
use crate::av1::frame::motion_field::{INVALID_MV, MotionField};
use crate::av1::types::{Mv, NONE};

impl Search<'_> {
    /// 7.10.2.2 scan row process.
    pub(super) fn scan_row(&mut self, delta_row: isize) {
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
    pub(super) fn scan_col(&mut self, delta_col: isize) {
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
    pub(super) fn scan_point(&mut self, delta_row: isize, delta_col: isize) {
        let row = self.pos.row as isize + delta_row;
        let col = self.pos.col as isize + delta_col;
        if self.input.tile.is_inside(row, col)
            && self.input.grid.at(row as usize, col as usize).ref_frame[0] != NONE
        {
            self.add_candidate(row as usize, col as usize, 4);
        }
    }

    /// 7.10.2.5 temporal scan process.
    pub(super) fn temporal_scan(&mut self, field: &MotionField) {
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
}
