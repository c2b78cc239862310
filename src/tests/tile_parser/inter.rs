//! 5.11.18 inter_frame_mode_info and what it calls, references and motion vectors excepted.

use super::input::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use super::tile::{Step, TileParser};
use crate::av1::tables::blocks::COMPOUND_MODE_CTX_MAP;
use crate::av1::tile::cdf;
use crate::av1::types::{INTRA_FRAME, InterpFilter, MotionMode, NONE, PredictionMode};

impl TileParser<'_> {
    /// 5.11.18 inter_frame_mode_info.
    pub(super) fn inter_frame_mode_info(&mut self) -> Step {
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        let outside = [INTRA_FRAME, NONE];
        self.b.left_ref_frame =
            if self.b.avail_l { self.arrays.at(mi_row, mi_col - 1).ref_frame } else { outside };
        self.b.above_ref_frame =
            if self.b.avail_u { self.arrays.at(mi_row - 1, mi_col).ref_frame } else { outside };
        self.b.left_intra = self.b.left_ref_frame[0] <= INTRA_FRAME;
        self.b.above_intra = self.b.above_ref_frame[0] <= INTRA_FRAME;
        self.b.left_single = self.b.left_ref_frame[1] <= INTRA_FRAME;
        self.b.above_single = self.b.above_ref_frame[1] <= INTRA_FRAME;
        self.b.skip = false;
        self.inter_segment_id(true)?;
        self.read_skip_mode()?;
        if self.b.skip_mode {
            self.b.skip = true;
        } else {
            self.read_skip()?;
        }
        if !self.input.seg_id_pre_skip() {
            self.inter_segment_id(false)?;
        }
        self.b.lossless = self.input.lossless(self.b.segment_id);
        self.read_cdef()?;
        self.read_delta_qindex()?;
        self.read_delta_lf()?;
        self.read_deltas = false;
        self.read_is_inter()?;
        if self.b.is_inter { self.inter_block_mode_info() } else { self.intra_block_mode_info() }
    }

    /// 5.11.19 inter_segment_id.
    fn inter_segment_id(&mut self, pre_skip: bool) -> Step {
        let input = self.input;
        if !input.segmentation_enabled {
            self.b.segment_id = 0;
            return Ok(());
        }
        let predicted_segment_id = self.get_segment_id();
        if !input.segmentation_update_map {
            self.b.segment_id = predicted_segment_id;
            return Ok(());
        }
        if pre_skip && !input.seg_id_pre_skip() {
            self.b.segment_id = 0;
            return Ok(());
        }
        if !pre_skip && self.b.skip {
            self.set_seg_pred_context(0);
            return self.read_segment_id();
        }
        if input.segmentation_temporal_update {
            let ctx = self.left_seg_pred_context[self.b.mi_row as usize]
                + self.above_seg_pred_context[self.b.mi_col as usize];
            let row = cdf::SEGMENT_ID_PREDICTED_CDF.row([usize::from(ctx)]);
            let seg_id_predicted = self.flag("seg_id_predicted", row)?;
            if seg_id_predicted {
                self.b.segment_id = predicted_segment_id;
            } else {
                self.read_segment_id()?;
            }
            self.set_seg_pred_context(u8::from(seg_id_predicted));
            Ok(())
        } else {
            self.read_segment_id()
        }
    }

    fn set_seg_pred_context(&mut self, seg_id_predicted: u8) {
        let (mi_row, mi_col) = (self.b.mi_row as usize, self.b.mi_col as usize);
        self.above_seg_pred_context[mi_col..mi_col + self.b.mi_size.width4()]
            .fill(seg_id_predicted);
        self.left_seg_pred_context[mi_row..mi_row + self.b.mi_size.height4()]
            .fill(seg_id_predicted);
    }

    /// 5.11.21 get_segment_id.
    fn get_segment_id(&self) -> u8 {
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        let x_mis = (self.input.mi_cols - mi_col).min(self.b.mi_size.width4() as i32);
        let y_mis = (self.input.mi_rows - mi_row).min(self.b.mi_size.height4() as i32);
        let mut seg = 7;
        for y in 0..y_mis {
            for x in 0..x_mis {
                let index = (mi_row + y) * self.input.mi_cols + mi_col + x;
                seg = seg.min(self.frame.prev_segment_ids[index as usize]);
            }
        }
        seg
    }

    /// 5.11.20 read_is_inter.
    fn read_is_inter(&mut self) -> Step {
        let b = &self.b;
        self.b.is_inter = if b.skip_mode {
            true
        } else if let Some(data) = self.input.seg_feature(b.segment_id, SEG_LVL_REF_FRAME) {
            data != i16::from(INTRA_FRAME)
        } else if self.input.seg_feature(b.segment_id, SEG_LVL_GLOBALMV).is_some() {
            true
        } else {
            let ctx = if b.avail_u && b.avail_l {
                if b.left_intra && b.above_intra {
                    3
                } else {
                    usize::from(b.left_intra || b.above_intra)
                }
            } else if b.avail_u || b.avail_l {
                2 * usize::from(if b.avail_u { b.above_intra } else { b.left_intra })
            } else {
                0
            };
            self.flag("is_inter", cdf::IS_INTER_CDF.row([ctx]))?
        };
        Ok(())
    }

    /// 5.11.23 inter_block_mode_info.
    fn inter_block_mode_info(&mut self) -> Step {
        use PredictionMode as M;
        self.b.filter_intra_mode = None;
        self.read_ref_frames()?;
        let is_compound = self.b.ref_frame[1] > INTRA_FRAME;
        self.find_mv_stack(is_compound);
        self.check_mv_stack(self.arrays)?;
        let active = |feature| self.input.seg_feature(self.b.segment_id, feature).is_some();
        self.b.y_mode = if self.b.skip_mode {
            M::NearestNearestMv
        } else if active(SEG_LVL_SKIP) || active(SEG_LVL_GLOBALMV) {
            M::GlobalMv
        } else if is_compound {
            let stack = &self.b.stack;
            let ctx = COMPOUND_MODE_CTX_MAP[stack.ref_mv_context >> 1][stack.new_mv_context.min(4)];
            let row = cdf::COMPOUND_MODE_CDF.row([usize::from(ctx)]);
            M::ALL[M::NearestNearestMv as usize + self.symbol("compound_mode", row)?]
        } else {
            self.single_mode()?
        };
        self.b.ref_mv_idx = 0;
        if matches!(self.b.y_mode, M::NewMv | M::NewNewMv) {
            self.read_drl_mode(0)?;
        } else if matches!(self.b.y_mode, M::NearMv | M::NearNearMv | M::NearNewMv | M::NewNearMv) {
            self.b.ref_mv_idx = 1;
            self.read_drl_mode(1)?;
        }
        self.assign_mv(is_compound)?;
        self.read_motion_mode(is_compound)?;
        self.read_interp_filter()
    }

    /// The modes of a single reference in 5.11.23.
    fn single_mode(&mut self) -> Step<PredictionMode> {
        let row = cdf::NEW_MV_CDF.row([self.b.stack.new_mv_context]);
        if !self.flag("new_mv", row)? {
            return Ok(PredictionMode::NewMv);
        }
        let row = cdf::ZERO_MV_CDF.row([self.b.stack.zero_mv_context]);
        if !self.flag("zero_mv", row)? {
            return Ok(PredictionMode::GlobalMv);
        }
        let row = cdf::REF_MV_CDF.row([self.b.stack.ref_mv_context]);
        let near = self.flag("ref_mv", row)?;
        Ok(if near { PredictionMode::NearMv } else { PredictionMode::NearestMv })
    }

    /// The two loops over drl_mode in 5.11.23, which differ in their start.
    fn read_drl_mode(&mut self, start: usize) -> Step {
        for idx in start..start + 2 {
            if self.b.stack.num_mv_found > idx + 1 {
                let row = cdf::DRL_MODE_CDF.row([self.b.stack.drl_ctx_stack[idx]]);
                if !self.flag("drl_mode", row)? {
                    self.b.ref_mv_idx = idx;
                    break;
                }
                self.b.ref_mv_idx = idx + 1;
            }
        }
        Ok(())
    }

    /// The interpolation filters in 5.11.23.
    fn read_interp_filter(&mut self) -> Step {
        if self.input.interpolation_filter != InterpFilter::Switchable {
            self.b.interp_filter = [self.input.interpolation_filter as u8; 2];
            return Ok(());
        }
        for dir in 0..if self.input.enable_dual_filter { 2 } else { 1 } {
            self.b.interp_filter[dir] = if self.needs_interp_filter() {
                let row = cdf::INTERP_FILTER_CDF.row([self.interp_filter_ctx(dir)]);
                self.symbol("interp_filter", row)? as u8
            } else {
                InterpFilter::EightTap as u8
            };
        }
        if !self.input.enable_dual_filter {
            self.b.interp_filter[1] = self.b.interp_filter[0];
        }
        Ok(())
    }

    /// 5.11.23 needs_interp_filter, where GmType is IDENTITY throughout.
    fn needs_interp_filter(&self) -> bool {
        use PredictionMode as M;
        let large = self.b.mi_size.width().min(self.b.mi_size.height()) >= 8;
        let global = matches!(self.b.y_mode, M::GlobalMv | M::GlobalGlobalMv);
        let warped = self.b.motion_mode == MotionMode::LocalWarp;
        !self.b.skip_mode && !warped && !(large && global)
    }

    /// 8.3.2, interp_filter.
    fn interp_filter_ctx(&self, dir: usize) -> usize {
        let b = &self.b;
        let mut ctx = ((dir & 1) * 2 + usize::from(b.ref_frame[1] > INTRA_FRAME)) * 4;
        let filter_type = |available: bool, row: i32, col: i32| {
            if available {
                let unit = self.arrays.at(row, col);
                if unit.ref_frame.contains(&b.ref_frame[0]) {
                    return usize::from(unit.interp_filter[dir]);
                }
            }
            3
        };
        let left_type = filter_type(b.avail_l, b.mi_row, b.mi_col - 1);
        let above_type = filter_type(b.avail_u, b.mi_row - 1, b.mi_col);
        if left_type == above_type {
            ctx += left_type;
        } else if left_type == 3 {
            ctx += above_type;
        } else if above_type == 3 {
            ctx += left_type;
        } else {
            ctx += 3;
        }
        ctx
    }
}
