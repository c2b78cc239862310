//! 5.11.5 decode_block and the mode info that intra and inter frames have in common: segment ids,
//! skip flags, CDEF indices, deltas and intra modes.

use super::input::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use super::tile::{Step, TileParser};
use crate::av1::tables::blocks::{INTRA_MODE_CONTEXT, SIZE_GROUP, SUBSAMPLED_SIZE};
use crate::av1::tile::cdf;
use crate::av1::types::{BlockSize, INTRA_FRAME, NONE, PredictionMode, UvMode};

const DELTA_Q_SMALL: u32 = 3;
const DELTA_LF_SMALL: u32 = 3;
const MAX_LOOP_FILTER: i32 = 63;
const FRAME_LF_COUNT: usize = 4;

impl TileParser<'_> {
    /// 5.11.5 decode_block.
    pub(super) fn decode_block(&mut self, r: i32, c: i32, sub_size: BlockSize) -> Step {
        let input = self.input;
        let (bw4, bh4) = (sub_size.width4() as i32, sub_size.height4() as i32);
        self.b.mi_row = r;
        self.b.mi_col = c;
        self.b.mi_size = sub_size;
        let chroma_is_later = (bh4 == 1 && input.subsampling_y == 1 && r & 1 == 0)
            || (bw4 == 1 && input.subsampling_x == 1 && c & 1 == 0);
        self.b.has_chroma = !chroma_is_later && input.num_planes > 1;
        self.b.avail_u = self.is_inside(r - 1, c);
        self.b.avail_l = self.is_inside(r, c - 1);
        self.mode_info()?;
        self.read_block_tx_size()?;
        if self.b.skip {
            self.reset_block_context(bw4, bh4);
        }
        let b = self.b.clone();
        let is_compound = b.ref_frame[1] > INTRA_FRAME;
        self.arrays.fill([r, c], [bh4, bw4], |unit| {
            unit.written = true;
            unit.y_mode = b.y_mode;
            unit.ref_frame = b.ref_frame;
            if b.is_inter {
                unit.interp_filter = b.interp_filter;
                for ref_list in 0..1 + usize::from(is_compound) {
                    unit.mv[ref_list] = b.mv[ref_list];
                }
            }
        });
        self.residual()?;
        self.arrays.fill([r, c], [bh4, bw4], |unit| {
            unit.is_inter = b.is_inter;
            unit.skip_mode = b.skip_mode;
            unit.skip = b.skip;
            unit.mi_size = b.mi_size;
            unit.segment_id = b.segment_id;
        });
        if let Some(encoder) = &mut self.arrays.encoder {
            encoder.record(&b);
        }
        Ok(())
    }

    /// 5.11.5 reset_block_context.
    fn reset_block_context(&mut self, bw4: i32, bh4: i32) {
        for plane in 0..if self.b.has_chroma { 3 } else { 1 } {
            let sub_x = if plane > 0 { self.input.subsampling_x } else { 0 };
            let sub_y = if plane > 0 { self.input.subsampling_y } else { 0 };
            for i in self.b.mi_col >> sub_x..(self.b.mi_col + bw4) >> sub_x {
                self.above_level_context[plane][i as usize] = 0;
                self.above_dc_context[plane][i as usize] = 0;
            }
            for i in self.b.mi_row >> sub_y..(self.b.mi_row + bh4) >> sub_y {
                self.left_level_context[plane][i as usize] = 0;
                self.left_dc_context[plane][i as usize] = 0;
            }
        }
    }

    /// 5.11.6 mode_info.
    fn mode_info(&mut self) -> Step {
        if self.input.frame_is_intra {
            self.intra_frame_mode_info()
        } else {
            self.inter_frame_mode_info()
        }
    }

    /// 5.11.7 intra_frame_mode_info.
    fn intra_frame_mode_info(&mut self) -> Step {
        self.b.skip = false;
        if self.input.seg_id_pre_skip() {
            self.intra_segment_id()?;
        }
        self.b.skip_mode = false;
        self.read_skip()?;
        if !self.input.seg_id_pre_skip() {
            self.intra_segment_id()?;
        }
        self.read_cdef()?;
        self.read_delta_qindex()?;
        self.read_delta_lf()?;
        self.read_deltas = false;
        self.b.ref_frame = [INTRA_FRAME, NONE];
        self.b.is_inter = false;
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        let above_mode = if self.b.avail_u {
            self.arrays.at(mi_row - 1, mi_col).y_mode
        } else {
            PredictionMode::Dc
        };
        let left_mode = if self.b.avail_l {
            self.arrays.at(mi_row, mi_col - 1).y_mode
        } else {
            PredictionMode::Dc
        };
        let context = |mode: PredictionMode| usize::from(INTRA_MODE_CONTEXT[mode as usize]);
        let row = cdf::INTRA_FRAME_Y_MODE_CDF.row([context(above_mode), context(left_mode)]);
        self.b.y_mode = PredictionMode::ALL[self.symbol("intra_frame_y_mode", row)?];
        self.intra_modes_after_y_mode()
    }

    /// 5.11.22 intra_block_mode_info.
    pub(super) fn intra_block_mode_info(&mut self) -> Step {
        self.b.ref_frame = [INTRA_FRAME, NONE];
        let row = cdf::Y_MODE_CDF.row([usize::from(SIZE_GROUP[self.b.mi_size as usize])]);
        self.b.y_mode = PredictionMode::ALL[self.symbol("y_mode", row)?];
        self.intra_modes_after_y_mode()
    }

    /// The part that 5.11.7 and 5.11.22 have in common.
    fn intra_modes_after_y_mode(&mut self) -> Step {
        let y_mode = self.b.y_mode;
        // 5.11.42 intra_angle_info_y.
        if self.b.mi_size >= BlockSize::B8x8 && is_directional_mode(y_mode as u8) {
            let row = cdf::ANGLE_DELTA_CDF.row([y_mode as usize - PredictionMode::V as usize]);
            self.symbol("angle_delta_y", row)?;
        }
        if self.b.has_chroma {
            let row = if self.cfl_allowed() {
                cdf::UV_MODE_CFL_ALLOWED_CDF.row([y_mode as usize])
            } else {
                cdf::UV_MODE_CFL_NOT_ALLOWED_CDF.row([y_mode as usize])
            };
            let uv_mode = UvMode::ALL[self.symbol("uv_mode", row)?];
            self.b.uv_mode = uv_mode;
            if uv_mode == UvMode::Cfl {
                self.read_cfl_alphas()?;
            }
            // 5.11.43 intra_angle_info_uv.
            if self.b.mi_size >= BlockSize::B8x8 && is_directional_mode(uv_mode as u8) {
                let row = cdf::ANGLE_DELTA_CDF.row([uv_mode as usize - UvMode::V as usize]);
                self.symbol("angle_delta_uv", row)?;
            }
        }
        let mi_size = self.b.mi_size;
        if mi_size >= BlockSize::B8x8
            && mi_size.width() <= 64
            && mi_size.height() <= 64
            && self.input.allow_screen_content_tools
        {
            self.palette_mode_info()?;
        }
        // 5.11.24 filter_intra_mode_info.
        self.b.filter_intra_mode = None;
        if self.input.enable_filter_intra
            && y_mode == PredictionMode::Dc
            && mi_size.width().max(mi_size.height()) <= 32
        {
            let row = cdf::FILTER_INTRA_CDF.row([mi_size as usize]);
            if self.flag("use_filter_intra", row)? {
                let row = cdf::FILTER_INTRA_MODE_CDF.row([]);
                self.b.filter_intra_mode = Some(self.symbol("filter_intra_mode", row)?);
            }
        }
        Ok(())
    }

    /// 5.11.46 palette_mode_info; only blocks without palettes are in the subset.
    fn palette_mode_info(&mut self) -> Step {
        let mi_size = self.b.mi_size;
        let bsize_ctx = mi_size.width_log2() - 2 + mi_size.height_log2() - 2 - 2;
        // No neighbour has a palette.
        let ctx = 0;
        if self.b.y_mode == PredictionMode::Dc
            && self.flag("has_palette_y", cdf::PALETTE_Y_MODE_CDF.row([bsize_ctx, ctx]))?
        {
            return Err("outside the subset: has_palette_y".to_string());
        }
        if self.b.has_chroma
            && self.b.uv_mode == UvMode::Dc
            && self.flag("has_palette_uv", cdf::PALETTE_UV_MODE_CDF.row([ctx]))?
        {
            return Err("outside the subset: has_palette_uv".to_string());
        }
        Ok(())
    }

    /// 8.3.2, uv_mode: whether the CDF is TileUVModeCflAllowedCdf.
    fn cfl_allowed(&self) -> bool {
        let mi_size = self.b.mi_size;
        if self.b.lossless {
            self.plane_residual_size(mi_size, 1) == Some(BlockSize::B4x4)
        } else {
            mi_size.width().max(mi_size.height()) <= 32
        }
    }

    /// 5.11.38 get_plane_residual_size.
    pub(super) fn plane_residual_size(
        &self,
        subsize: BlockSize,
        plane: usize,
    ) -> Option<BlockSize> {
        let subx = if plane > 0 { self.input.subsampling_x } else { 0 };
        let suby = if plane > 0 { self.input.subsampling_y } else { 0 };
        SUBSAMPLED_SIZE[subsize as usize][subx][suby]
    }

    /// 5.11.45 read_cfl_alphas.
    fn read_cfl_alphas(&mut self) -> Step {
        const CFL_SIGN_ZERO: usize = 0;
        let cfl_alpha_signs = self.symbol("cfl_alpha_signs", cdf::CFL_SIGN_CDF.row([]))?;
        let sign_u = (cfl_alpha_signs + 1) / 3;
        let sign_v = (cfl_alpha_signs + 1) % 3;
        if sign_u != CFL_SIGN_ZERO {
            let ctx = (sign_u - 1) * 3 + sign_v;
            self.symbol("cfl_alpha_u", cdf::CFL_ALPHA_CDF.row([ctx]))?;
        }
        if sign_v != CFL_SIGN_ZERO {
            let ctx = (sign_v - 1) * 3 + sign_u;
            self.symbol("cfl_alpha_v", cdf::CFL_ALPHA_CDF.row([ctx]))?;
        }
        Ok(())
    }

    /// 5.11.8 intra_segment_id.
    fn intra_segment_id(&mut self) -> Step {
        if self.input.segmentation_enabled {
            self.read_segment_id()?;
        } else {
            self.b.segment_id = 0;
        }
        self.b.lossless = self.input.lossless(self.b.segment_id);
        Ok(())
    }

    /// 5.11.9 read_segment_id.
    pub(super) fn read_segment_id(&mut self) -> Step {
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        let (avail_u, avail_l) = (self.b.avail_u, self.b.avail_l);
        let id = |row, col| i32::from(self.arrays.at(row, col).segment_id);
        let prev_ul = if avail_u && avail_l { id(mi_row - 1, mi_col - 1) } else { -1 };
        let prev_u = if avail_u { id(mi_row - 1, mi_col) } else { -1 };
        let prev_l = if avail_l { id(mi_row, mi_col - 1) } else { -1 };
        let pred = if prev_u == -1 {
            if prev_l == -1 { 0 } else { prev_l }
        } else if prev_l == -1 {
            prev_u
        } else if prev_ul == prev_u {
            prev_u
        } else {
            prev_l
        };
        if self.b.skip {
            self.b.segment_id = pred as u8;
            return Ok(());
        }
        let ctx = if prev_ul < 0 {
            0
        } else if prev_ul == prev_u && prev_ul == prev_l {
            2
        } else if prev_ul == prev_u || prev_ul == prev_l || prev_u == prev_l {
            1
        } else {
            0
        };
        let coded = self.symbol("segment_id", cdf::SEGMENT_ID_CDF.row([ctx]))? as i32;
        let last_active_seg_id = i32::from(self.input.last_active_seg_id());
        let segment_id = neg_deinterleave(coded, pred, last_active_seg_id + 1);
        if !(0..=last_active_seg_id).contains(&segment_id) {
            return Err(format!("segment_id {segment_id} of {last_active_seg_id} at most"));
        }
        self.b.segment_id = segment_id as u8;
        Ok(())
    }

    /// 5.11.11 read_skip.
    pub(super) fn read_skip(&mut self) -> Step {
        let b = &self.b;
        if self.input.seg_id_pre_skip()
            && self.input.seg_feature(b.segment_id, SEG_LVL_SKIP).is_some()
        {
            self.b.skip = true;
            return Ok(());
        }
        let mut ctx = 0;
        if b.avail_u {
            ctx += usize::from(self.arrays.at(b.mi_row - 1, b.mi_col).skip);
        }
        if b.avail_l {
            ctx += usize::from(self.arrays.at(b.mi_row, b.mi_col - 1).skip);
        }
        self.b.skip = self.flag("skip", cdf::SKIP_CDF.row([ctx]))?;
        Ok(())
    }

    /// 5.11.10 read_skip_mode.
    pub(super) fn read_skip_mode(&mut self) -> Step {
        let b = &self.b;
        let active = |feature| self.input.seg_feature(b.segment_id, feature).is_some();
        if active(SEG_LVL_SKIP)
            || active(SEG_LVL_REF_FRAME)
            || active(SEG_LVL_GLOBALMV)
            || self.input.skip_mode_frame.is_none()
            || b.mi_size.width() < 8
            || b.mi_size.height() < 8
        {
            self.b.skip_mode = false;
            return Ok(());
        }
        let mut ctx = 0;
        if b.avail_u {
            ctx += usize::from(self.arrays.at(b.mi_row - 1, b.mi_col).skip_mode);
        }
        if b.avail_l {
            ctx += usize::from(self.arrays.at(b.mi_row, b.mi_col - 1).skip_mode);
        }
        self.b.skip_mode = self.flag("skip_mode", cdf::SKIP_MODE_CDF.row([ctx]))?;
        Ok(())
    }

    /// 5.11.56 read_cdef.
    pub(super) fn read_cdef(&mut self) -> Step {
        if self.b.skip || self.input.coded_lossless() || !self.input.enable_cdef {
            return Ok(());
        }
        let cdef_size4 = 16;
        let cdef_mask4 = !(cdef_size4 - 1);
        let r = self.b.mi_row & cdef_mask4;
        let c = self.b.mi_col & cdef_mask4;
        if *self.arrays.cdef_idx(r, c) == -1 {
            let cdef_idx = self.literal("cdef_idx", self.input.cdef_bits)? as i32;
            let w4 = self.b.mi_size.width4() as i32;
            let h4 = self.b.mi_size.height4() as i32;
            for i in (r..r + h4).step_by(cdef_size4 as usize) {
                for j in (c..c + w4).step_by(cdef_size4 as usize) {
                    *self.arrays.cdef_idx(i, j) = cdef_idx;
                }
            }
        }
        Ok(())
    }

    /// Whether 5.11.12 and 5.11.13 return at once: a superblock that is one skipped block.
    fn is_skipped_superblock(&self) -> bool {
        let sb_size =
            if self.input.use_128x128_superblock { BlockSize::B128x128 } else { BlockSize::B64x64 };
        self.b.mi_size == sb_size && self.b.skip
    }

    /// 5.11.12 read_delta_qindex.
    pub(super) fn read_delta_qindex(&mut self) -> Step {
        if self.is_skipped_superblock() || !self.read_deltas {
            return Ok(());
        }
        let mut delta_q_abs = self.symbol("delta_q_abs", cdf::DELTA_Q_CDF.row([]))? as u32;
        if delta_q_abs == DELTA_Q_SMALL {
            let delta_q_rem_bits = self.literal("delta_q_rem_bits", 3)? + 1;
            let delta_q_abs_bits = self.literal("delta_q_abs_bits", delta_q_rem_bits)?;
            delta_q_abs = delta_q_abs_bits + (1 << delta_q_rem_bits) + 1;
        }
        if delta_q_abs != 0 {
            let negative = self.literal("delta_q_sign_bit", 1)? == 1;
            let reduced = if negative { -(delta_q_abs as i32) } else { delta_q_abs as i32 };
            self.current_q_index =
                (self.current_q_index + (reduced << self.input.delta_q_res)).clamp(1, 255);
        }
        Ok(())
    }

    /// 5.11.13 read_delta_lf.
    pub(super) fn read_delta_lf(&mut self) -> Step {
        if self.is_skipped_superblock() || !self.read_deltas || !self.input.delta_lf_present {
            return Ok(());
        }
        let mut frame_lf_count = 1;
        if self.input.delta_lf_multi {
            frame_lf_count =
                if self.input.num_planes > 1 { FRAME_LF_COUNT } else { FRAME_LF_COUNT - 2 };
        }
        for i in 0..frame_lf_count {
            let row = if self.input.delta_lf_multi {
                cdf::DELTA_LF_MULTI_CDF.row([i])
            } else {
                cdf::DELTA_LF_CDF.row([])
            };
            let mut delta_lf_abs = self.symbol("delta_lf_abs", row)? as u32;
            if delta_lf_abs == DELTA_LF_SMALL {
                let n = self.literal("delta_lf_rem_bits", 3)? + 1;
                delta_lf_abs = self.literal("delta_lf_abs_bits", n)? + (1 << n) + 1;
            }
            if delta_lf_abs != 0 {
                let negative = self.literal("delta_lf_sign_bit", 1)? == 1;
                let reduced = if negative { -(delta_lf_abs as i32) } else { delta_lf_abs as i32 };
                self.delta_lf[i] = (self.delta_lf[i] + (reduced << self.input.delta_lf_res))
                    .clamp(-MAX_LOOP_FILTER, MAX_LOOP_FILTER);
            }
        }
        Ok(())
    }
}

/// 5.11.44 is_directional_mode, for both planes.
fn is_directional_mode(mode: u8) -> bool {
    (PredictionMode::V as u8..=PredictionMode::D67 as u8).contains(&mode)
}

/// 5.11.9 neg_deinterleave.
pub(super) fn neg_deinterleave(diff: i32, reference: i32, max: i32) -> i32 {
    if reference == 0 {
        return diff;
    }
    if reference >= max - 1 {
        return max - diff - 1;
    }
    let around = || {
        if diff & 1 == 1 { reference + ((diff + 1) >> 1) } else { reference - (diff >> 1) }
    };
    if 2 * reference < max {
        if diff <= 2 * reference { around() } else { diff }
    } else if diff <= 2 * (max - reference - 1) {
        around()
    } else {
        max - (diff + 1)
    }
}
