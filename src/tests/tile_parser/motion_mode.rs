//! 5.11.27 read_motion_mode, with 7.10.3 and 7.10.4, where GmType is IDENTITY and references have the size of the frame
//! throughout.

use super::tile::{Step, TileParser};
use crate::av1::tile::cdf;
use crate::av1::types::{INTRA_FRAME, MotionMode};

const LEAST_SQUARES_SAMPLES_MAX: usize = 8;

/// The variables of 7.10.4 that the syntax depends on.
#[derive(Default)]
struct WarpSamples {
    num_samples: usize,
    num_samples_scanned: usize,
}

impl TileParser<'_> {
    /// 5.11.27 read_motion_mode.
    pub(super) fn read_motion_mode(&mut self, is_compound: bool) -> Step {
        self.b.motion_mode = MotionMode::Simple;
        if self.b.skip_mode || !self.input.is_motion_mode_switchable {
            return Ok(());
        }
        if self.b.mi_size.width().min(self.b.mi_size.height()) < 8 {
            return Ok(());
        }
        if is_compound || self.b.ref_frame[1] == INTRA_FRAME || !self.has_overlappable_candidates()
        {
            return Ok(());
        }
        let num_samples = self.find_warp_samples();
        let size = self.b.mi_size as usize;
        self.b.motion_mode =
            if self.input.force_integer_mv || num_samples == 0 || !self.input.allow_warped_motion {
                let use_obmc = self.flag("use_obmc", cdf::USE_OBMC_CDF.row([size]))?;
                if use_obmc { MotionMode::Obmc } else { MotionMode::Simple }
            } else {
                MotionMode::ALL[self.symbol("motion_mode", cdf::MOTION_MODE_CDF.row([size]))?]
            };
        Ok(())
    }

    /// 7.10.3, has_overlappable_candidates.
    fn has_overlappable_candidates(&self) -> bool {
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        if self.b.avail_u {
            let w4 = self.b.mi_size.width4() as i32;
            let mut x4 = mi_col;
            while x4 < self.input.mi_cols.min(mi_col + w4) {
                if self.arrays.at(mi_row - 1, x4 | 1).ref_frame[0] > INTRA_FRAME {
                    return true;
                }
                x4 += 2;
            }
        }
        if self.b.avail_l {
            let h4 = self.b.mi_size.height4() as i32;
            let mut y4 = mi_row;
            while y4 < self.input.mi_rows.min(mi_row + h4) {
                if self.arrays.at(y4 | 1, mi_col - 1).ref_frame[0] > INTRA_FRAME {
                    return true;
                }
                y4 += 2;
            }
        }
        false
    }

    /// 7.10.4, find warp samples: NumSamples.
    fn find_warp_samples(&self) -> usize {
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        let (w4, h4) = (self.b.mi_size.width4() as i32, self.b.mi_size.height4() as i32);
        let mut samples = WarpSamples::default();
        let mut do_top_left = true;
        let mut do_top_right = true;
        if self.b.avail_u {
            let src_size = self.arrays.at(mi_row - 1, mi_col).mi_size;
            let src_w = src_size.width4() as i32;
            if w4 <= src_w {
                let col_offset = -(mi_col & (src_w - 1));
                if col_offset < 0 {
                    do_top_left = false;
                }
                if col_offset + src_w > w4 {
                    do_top_right = false;
                }
                self.add_sample(&mut samples, -1, 0);
            } else {
                let mut i = 0;
                while i < w4.min(self.input.mi_cols - mi_col) {
                    let src_size = self.arrays.at(mi_row - 1, mi_col + i).mi_size;
                    let mi_step = w4.min(src_size.width4() as i32);
                    self.add_sample(&mut samples, -1, i);
                    i += mi_step;
                }
            }
        }
        if self.b.avail_l {
            let src_size = self.arrays.at(mi_row, mi_col - 1).mi_size;
            let src_h = src_size.height4() as i32;
            if h4 <= src_h {
                let row_offset = -(mi_row & (src_h - 1));
                if row_offset < 0 {
                    do_top_left = false;
                }
                self.add_sample(&mut samples, 0, -1);
            } else {
                let mut i = 0;
                while i < h4.min(self.input.mi_rows - mi_row) {
                    let src_size = self.arrays.at(mi_row + i, mi_col - 1).mi_size;
                    let mi_step = h4.min(src_size.height4() as i32);
                    self.add_sample(&mut samples, i, -1);
                    i += mi_step;
                }
            }
        }
        if do_top_left {
            self.add_sample(&mut samples, -1, -1);
        }
        if do_top_right && w4.max(h4) <= 16 {
            self.add_sample(&mut samples, -1, w4);
        }
        if samples.num_samples == 0 && samples.num_samples_scanned > 0 {
            samples.num_samples = 1;
        }
        samples.num_samples
    }

    /// 7.10.4.2, the add sample process.
    fn add_sample(&self, samples: &mut WarpSamples, delta_row: i32, delta_col: i32) {
        if samples.num_samples_scanned >= LEAST_SQUARES_SAMPLES_MAX {
            return;
        }
        let mv_row = self.b.mi_row + delta_row;
        let mv_col = self.b.mi_col + delta_col;
        if !self.is_inside(mv_row, mv_col) {
            return;
        }
        let unit = self.arrays.at(mv_row, mv_col);
        if !unit.written {
            return;
        }
        if unit.ref_frame[0] != self.b.ref_frame[0] {
            return;
        }
        if unit.ref_frame[1] != -1 {
            return;
        }
        let longer = self.b.mi_size.width().max(self.b.mi_size.height()) as i32;
        let threshold = longer.clamp(16, 112);
        let mv_diff_row = (unit.mv[0][0] - self.b.mv[0][0]).abs();
        let mv_diff_col = (unit.mv[0][1] - self.b.mv[0][1]).abs();
        let valid = mv_diff_row + mv_diff_col <= threshold;
        samples.num_samples_scanned += 1;
        if !valid && samples.num_samples_scanned > 1 {
            return;
        }
        if valid {
            samples.num_samples += 1;
        }
    }
}
