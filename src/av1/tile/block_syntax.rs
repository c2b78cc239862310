//! `decode_partition` and `decode_block` mirrored (5.11.4 to 5.11.32): the symbols of a block's
//! modes, sizes and coefficients, with the contexts of 8.3.2.

use crate::av1::frame::mode_info::{ModeInfo, ModeInfoGrid};
use crate::av1::geometry::MiPos;
use crate::av1::obu::SequenceHeader;
use crate::av1::obu::frame::segmentation::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use crate::av1::obu::frame::{DeltaQ, FrameHeader};
use crate::av1::tables::blocks::{INTRA_MODE_CONTEXT, SIZE_GROUP};
use crate::av1::tables::scans::scan;
use crate::av1::tile::block::{Block, Residual, chroma_size};
use crate::av1::tile::cdf::{
    ANGLE_DELTA_CDF, CFL_ALPHA_CDF, CFL_SIGN_CDF, DELTA_Q_CDF, INTRA_FRAME_Y_MODE_CDF,
    IS_INTER_CDF, PALETTE_UV_MODE_CDF, PALETTE_Y_MODE_CDF, SEGMENT_ID_CDF,
    SEGMENT_ID_PREDICTED_CDF, SKIP_CDF, UV_MODE_CFL_ALLOWED_CDF, UV_MODE_CFL_NOT_ALLOWED_CDF,
    Y_MODE_CDF,
};
use crate::av1::tile::coefficient_syntax::{
    CoefficientInput, TxSet, all_zero_row, write_coefficients, write_transform_type,
};
use crate::av1::tile::context::TileContext;
use crate::av1::tile::inter_syntax::{InterContext, write_inter_block};
use crate::av1::tile::mv_prediction::{MvStack, TileBounds};
use crate::av1::tile::symbol::{Gather, SymbolSink, partition_row};
use crate::av1::types::{BlockSize, Partition, PredictionMode, TxSize, UvMode};

/// `DELTA_Q_SMALL`.
const DELTA_Q_SMALL: u32 = 3;

/// Writes the blocks of a tile in coding order.
pub(crate) struct BlockWriter<'a> {
    /// The frame header.
    pub(crate) frame: &'a FrameHeader,
    /// The sequence header.
    pub(crate) sequence: &'a SequenceHeader,
    /// The tile.
    pub(crate) tile: TileBounds,
    /// The records of the frame; those of written blocks are filled in.
    pub(crate) grid: &'a mut ModeInfoGrid,
    /// The contexts of the tile.
    pub(crate) context: &'a mut TileContext,
    /// `PrevSegmentIds`, by position; empty for all zero.
    pub(crate) prev_segment_ids: &'a [u8],
    /// `cdef_idx` of this superblock.
    pub(crate) cdef_idx: u8,
    /// The quantizer index that this superblock is to have, reachable from `CurrentQIndex` in steps
    /// of `1 << delta_q_res`.
    pub(crate) target_q_index: u8,
}

/// The records above and to the left of a block, `None` outside the tile.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    pub(super) above: Option<ModeInfo>,
    pub(super) left: Option<ModeInfo>,
}

impl Neighbours {
    fn count(&self, property: impl Fn(&ModeInfo) -> bool) -> usize {
        usize::from(self.above.as_ref().is_some_and(&property))
            + usize::from(self.left.as_ref().is_some_and(&property))
    }
}

impl BlockWriter<'_> {
    fn neighbours(&self, pos: MiPos) -> Neighbours {
        let above = pos.row > self.tile.mi_row_start;
        let left = pos.col > self.tile.mi_col_start;
        Neighbours {
            above: above.then(|| *self.grid.at(pos.row - 1, pos.col)),
            left: left.then(|| *self.grid.at(pos.row, pos.col - 1)),
        }
    }

    /// The partition symbol of 5.11.4 for the square block at `pos`, if one is coded.
    pub(crate) fn write_partition(
        &self,
        sink: &mut impl SymbolSink,
        pos: MiPos,
        size: BlockSize,
        partition: Partition,
    ) {
        let half = size.width4() >> 1;
        let has_rows = pos.row + half < self.grid.mi_rows;
        let has_cols = pos.col + half < self.grid.mi_cols;
        let near = self.neighbours(pos);
        let above = near.above.is_some_and(|n| n.block_size.width_log2() < size.width_log2());
        let left = near.left.is_some_and(|n| n.block_size.height_log2() < size.width_log2());
        let row = partition_row(size, usize::from(left) * 2 + usize::from(above));
        let split = partition == Partition::Split;
        match (has_rows, has_cols) {
            (true, true) => sink.symbol(row, partition as usize),
            (false, true) => sink.split_or(row, Gather::SplitOrHorz, split),
            (true, false) => sink.split_or(row, Gather::SplitOrVert, split),
            (false, false) => debug_assert!(split),
        }
    }

    /// The first part of 5.11.5 `decode_block`: everything but the coefficients.
    pub(crate) fn write_modes(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        stack: Option<&MvStack>,
    ) {
        let near = self.neighbours(block.pos);
        let segment_id = self.effective_segment_id(block);
        if self.frame.is_intra() {
            self.write_intra_frame_mode_info(sink, block, &near, segment_id);
        } else {
            self.write_inter_frame_mode_info(sink, block, &near, segment_id, stack);
        }
        let lossless = self.frame.lossless(segment_id);
        self.grid.fill(
            block.pos,
            block.size,
            ModeInfo {
                mv: block.mv,
                ref_frame: block.ref_frame,
                block_size: block.size,
                y_mode: block.y_mode,
                uv_mode: block.uv_mode,
                interp_filter: [block.interp_filter; 2],
                segment_id,
                tx_size: block.tx_size,
                inter_tx_size: block.tx_size,
                is_inter: block.is_inter,
                skip: block.skip,
                skip_mode: false,
            },
        );
        self.write_block_tx_size(sink, block, &near, lossless);
    }

    /// The rest of 5.11.5 `decode_block`, after [`write_modes`](Self::write_modes).
    pub(crate) fn write_coefficients(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        residual: &Residual,
    ) {
        if block.skip {
            self.context.reset_block(block.pos, block.size);
        } else {
            let segment_id = self.grid.at(block.pos.row, block.pos.col).segment_id;
            self.write_residual(sink, block, residual, segment_id);
        }
    }

    /// The neighbours of a block, as its inter syntax sees them.
    pub(crate) fn inter_neighbours(&self, pos: MiPos) -> [Option<ModeInfo>; 2] {
        let near = self.neighbours(pos);
        [near.above, near.left]
    }

    /// The segment that the block will have: a skipped block takes the predicted one where ids
    /// follow the skip flag (5.11.9, 5.11.19), and an old map is kept as it is.
    pub(crate) fn effective_segment_id(&self, block: &Block) -> u8 {
        let segmentation = &self.frame.segmentation_params;
        if !segmentation.segmentation_enabled {
            0
        } else if !segmentation.segmentation_update_map {
            self.predicted_segment_id(block)
        } else if block.skip && !segmentation.seg_id_pre_skip() {
            self.segment_id_prediction(block).0
        } else {
            block.segment_id
        }
    }

    /// 5.11.21 `get_segment_id`.
    fn predicted_segment_id(&self, block: &Block) -> u8 {
        if self.prev_segment_ids.is_empty() {
            return 0;
        }
        let (rows, cols) = (self.grid.mi_rows, self.grid.mi_cols);
        let width = block.size.width4().min(cols - block.pos.col);
        (block.pos.row..(block.pos.row + block.size.height4()).min(rows))
            .flat_map(|row| &self.prev_segment_ids[row * cols + block.pos.col..][..width])
            .copied()
            .min()
            .unwrap_or(0)
    }

    /// `pred` of 5.11.9 and the context of `segment_id` (8.3.2).
    fn segment_id_prediction(&self, block: &Block) -> (u8, usize) {
        let near = self.neighbours(block.pos);
        let up = near.above.map(|n| n.segment_id);
        let left = near.left.map(|n| n.segment_id);
        let (Some(up), Some(left)) = (up, left) else {
            return (up.or(left).unwrap_or(0), 0);
        };
        let corner = self.grid.at(block.pos.row - 1, block.pos.col - 1).segment_id;
        let ctx = if corner == up && corner == left {
            2
        } else {
            usize::from(corner == up || corner == left || up == left)
        };
        (if corner == up { up } else { left }, ctx)
    }

    /// 5.11.7 `intra_frame_mode_info`.
    fn write_intra_frame_mode_info(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        near: &Neighbours,
        segment_id: u8,
    ) {
        let pre_skip = self.frame.segmentation_params.seg_id_pre_skip();
        let enabled = self.frame.segmentation_params.segmentation_enabled;
        if enabled && pre_skip {
            self.write_segment_id(sink, block, segment_id, false);
        }
        self.write_skip(sink, block, near, segment_id);
        if enabled && !pre_skip {
            self.write_segment_id(sink, block, segment_id, block.skip);
        }
        self.write_cdef(sink, block);
        self.write_delta_qindex(sink, block);
        let mode_ctx = |n: Option<ModeInfo>| {
            let mode = n.map_or(PredictionMode::Dc, |n| n.y_mode);
            usize::from(INTRA_MODE_CONTEXT[mode as usize])
        };
        let row = INTRA_FRAME_Y_MODE_CDF.row([mode_ctx(near.above), mode_ctx(near.left)]);
        sink.symbol(row, block.y_mode as usize);
        self.write_intra_modes(sink, block, segment_id);
    }

    /// 5.11.18 `inter_frame_mode_info`.
    fn write_inter_frame_mode_info(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        near: &Neighbours,
        segment_id: u8,
        stack: Option<&MvStack>,
    ) {
        self.write_inter_segment_id(sink, block, segment_id, true);
        self.write_skip(sink, block, near, segment_id);
        if !self.frame.segmentation_params.seg_id_pre_skip() {
            self.write_inter_segment_id(sink, block, segment_id, false);
        }
        self.write_cdef(sink, block);
        self.write_delta_qindex(sink, block);
        let feature = |f| self.frame.segmentation_params.feature(segment_id, f);
        let context = InterContext { above: near.above.as_ref(), left: near.left.as_ref() };
        if feature(SEG_LVL_REF_FRAME).is_none() && feature(SEG_LVL_GLOBALMV).is_none() {
            sink.symbol(IS_INTER_CDF.row([context.is_inter_ctx()]), usize::from(block.is_inter));
        }
        if block.is_inter {
            let stack = stack.expect("an inter block comes with its vector stack");
            write_inter_block(sink, self.frame, &context, block, segment_id, stack);
        } else {
            let group = usize::from(SIZE_GROUP[block.size as usize]);
            sink.symbol(Y_MODE_CDF.row([group]), block.y_mode as usize);
            self.write_intra_modes(sink, block, segment_id);
        }
    }

    /// What follows the luma mode in 5.11.7 and 5.11.22: angles, chroma mode, chroma from luma.
    fn write_intra_modes(&self, sink: &mut impl SymbolSink, block: &Block, segment_id: u8) {
        let angle_row = |mode: usize| ANGLE_DELTA_CDF.row([mode - PredictionMode::V as usize]);
        if block.y_mode.is_directional() {
            sink.symbol(angle_row(block.y_mode as usize), (block.angle_delta_y + 3) as usize);
        }
        let cfl_allowed = if self.frame.lossless(segment_id) {
            chroma_size(block.size) == BlockSize::B4x4
        } else {
            block.size.width().max(block.size.height()) <= 32
        };
        let y_mode = block.y_mode as usize;
        let row = if cfl_allowed {
            UV_MODE_CFL_ALLOWED_CDF.row([y_mode])
        } else {
            UV_MODE_CFL_NOT_ALLOWED_CDF.row([y_mode])
        };
        sink.symbol(row, block.uv_mode as usize);
        if block.uv_mode == UvMode::Cfl {
            write_cfl_alphas(sink, block.cfl_alpha);
        }
        if (UvMode::V..=UvMode::D67).contains(&block.uv_mode) {
            sink.symbol(angle_row(block.uv_mode as usize), (block.angle_delta_uv + 3) as usize);
        }
        if self.frame.allow_screen_content_tools {
            write_no_palettes(sink, block);
        }
    }

    /// 5.11.11 `read_skip`.
    fn write_skip(
        &self,
        sink: &mut impl SymbolSink,
        block: &Block,
        near: &Neighbours,
        segment_id: u8,
    ) {
        let segmentation = &self.frame.segmentation_params;
        if segmentation.seg_id_pre_skip()
            && segmentation.feature(segment_id, SEG_LVL_SKIP).is_some()
        {
            debug_assert!(block.skip);
        } else {
            sink.symbol(SKIP_CDF.row([near.count(|n| n.skip)]), usize::from(block.skip));
        }
    }

    /// 5.11.9 `read_segment_id`.
    fn write_segment_id(
        &self,
        sink: &mut impl SymbolSink,
        block: &Block,
        segment_id: u8,
        skip: bool,
    ) {
        if skip {
            return;
        }
        let (prediction, ctx) = self.segment_id_prediction(block);
        let max = self.frame.segmentation_params.last_active_seg_id() + 1;
        let value = (0..max)
            .find(|&value| neg_deinterleave(value, prediction, max) == segment_id)
            .expect("a segment up to the last active one");
        sink.symbol(SEGMENT_ID_CDF.row([ctx]), usize::from(value));
    }

    /// 5.11.19 `inter_segment_id`.
    fn write_inter_segment_id(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        segment_id: u8,
        before_skip: bool,
    ) {
        let segmentation = &self.frame.segmentation_params;
        if !segmentation.segmentation_enabled || !segmentation.segmentation_update_map {
            return;
        }
        if before_skip && !segmentation.seg_id_pre_skip() {
            return;
        }
        if !before_skip && block.skip {
            self.context.set_seg_pred(block.pos, block.size, false);
            return;
        }
        if segmentation.segmentation_temporal_update {
            let predicted = self.predicted_segment_id(block) == segment_id;
            let ctx = self.context.seg_pred_ctx(block.pos);
            sink.symbol(SEGMENT_ID_PREDICTED_CDF.row([ctx]), usize::from(predicted));
            if !predicted {
                self.write_segment_id(sink, block, segment_id, false);
            }
            self.context.set_seg_pred(block.pos, block.size, predicted);
        } else {
            self.write_segment_id(sink, block, segment_id, false);
        }
    }

    /// 5.11.56 `read_cdef`, for superblocks of 64×64.
    fn write_cdef(&mut self, sink: &mut impl SymbolSink, block: &Block) {
        if !block.skip && !self.context.cdef_coded && self.frame.has_cdef(self.sequence) {
            sink.literal(u32::from(self.cdef_idx), u32::from(self.frame.cdef_params.cdef_bits));
            self.context.cdef_coded = true;
        }
    }

    /// 5.11.12 `read_delta_qindex`.
    fn write_delta_qindex(&mut self, sink: &mut impl SymbolSink, block: &Block) {
        let read_deltas = std::mem::take(&mut self.context.read_deltas);
        let Some(DeltaQ { delta_q_res, .. }) = self.frame.delta_q else { return };
        if !read_deltas || (block.size == BlockSize::B64x64 && block.skip) {
            return;
        }
        let delta = i32::from(self.target_q_index) - i32::from(self.context.current_q_index);
        debug_assert_eq!(delta % (1 << delta_q_res), 0);
        let magnitude = (delta >> delta_q_res).unsigned_abs();
        sink.symbol(DELTA_Q_CDF.row([]), magnitude.min(DELTA_Q_SMALL) as usize);
        if magnitude >= DELTA_Q_SMALL {
            let bits = (magnitude - 1).ilog2();
            sink.literal(bits - 1, 3);
            sink.literal(magnitude - 1 - (1 << bits), bits);
        }
        if magnitude > 0 {
            sink.literal(u32::from(delta < 0), 1);
        }
        self.context.current_q_index = self.target_q_index;
    }

    /// The coefficients of 5.11.34 in coding order.
    fn write_residual(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        residual: &Residual,
        segment_id: u8,
    ) {
        let frame = self.frame;
        let types_coded = frame.qindex(segment_id) > 0;
        let lossless = frame.lossless(segment_id);
        for tx in &residual.blocks {
            let plane = usize::from(tx.plane);
            let place = (tx.x4, tx.y4);
            let extent = (tx.size.width4(), tx.size.height4());
            let shift = usize::from(plane > 0);
            let max = (self.grid.mi_cols >> shift, self.grid.mi_rows >> shift);
            let ctx = self.all_zero_ctx(block, plane, place, tx.size, max);
            sink.symbol(all_zero_row(tx.size, ctx), usize::from(tx.eob == 0));
            if tx.eob == 0 {
                self.context.set_levels(plane, place, extent, 0, 0);
                continue;
            }
            if plane == 0 && types_coded {
                let set = TxSet::of(tx.size, block.is_inter, frame.reduced_tx_set);
                write_transform_type(sink, set, tx.size, block.y_mode, tx.tx_type);
            }
            let class_type = if lossless { crate::av1::types::TxType::DctDct } else { tx.tx_type };
            let input = CoefficientInput {
                size: tx.size,
                tx_type: class_type,
                plane_type: usize::from(plane > 0),
                scan: scan(tx.size, class_type.class()),
                levels: &residual.levels[tx.start..],
                eob: tx.eob,
                dc_sign_ctx: self.context.dc_sign_ctx(plane, place, extent, max),
            };
            let (level, dc) = write_coefficients(sink, &input);
            self.context.set_levels(plane, place, extent, level, dc);
        }
    }

    /// The context of `all_zero` (8.3.2).
    fn all_zero_ctx(
        &self,
        block: &Block,
        plane: usize,
        place: (usize, usize),
        size: TxSize,
        max: (usize, usize),
    ) -> usize {
        let extent = (size.width4(), size.height4());
        let (top, left, any_above, any_left) = self.context.levels(plane, place, extent, max);
        if plane == 0 {
            if block.size.width() == size.width() && block.size.height() == size.height() {
                0
            } else {
                match (top.min(left), top.max(left)) {
                    (0, 0) => 1,
                    (0, high) => 2 + usize::from(high > 3),
                    (_, ..=3) => 4,
                    (..=3, _) => 5,
                    _ => 6,
                }
            }
        } else {
            let area = chroma_size(block.size);
            let smaller = area.width() * area.height() > size.width() * size.height();
            7 + usize::from(any_above) + usize::from(any_left) + 3 * usize::from(smaller)
        }
    }
}

/// 5.11.9 `neg_deinterleave`.
fn neg_deinterleave(diff: u8, reference: u8, max: u8) -> u8 {
    if reference == 0 {
        return diff;
    }
    if reference >= max - 1 {
        return max - diff - 1;
    }
    let around = |diff: u8| {
        if diff & 1 != 0 { reference + diff.div_ceil(2) } else { reference - (diff >> 1) }
    };
    if 2 * reference < max {
        if diff <= 2 * reference { around(diff) } else { diff }
    } else if diff <= 2 * (max - reference - 1) {
        around(diff)
    } else {
        max - (diff + 1)
    }
}

/// 5.11.46 `palette_mode_info` of a block of 8×8 to 64×64 without palettes, as all blocks are.
fn write_no_palettes(sink: &mut impl SymbolSink, block: &Block) {
    if block.y_mode == PredictionMode::Dc {
        let size_ctx = block.size.width_log2() + block.size.height_log2() - 6;
        sink.symbol(PALETTE_Y_MODE_CDF.row([size_ctx, 0]), 0);
    }
    if block.uv_mode == UvMode::Dc {
        sink.symbol(PALETTE_UV_MODE_CDF.row([0]), 0);
    }
}

/// 5.11.45 `read_cfl_alphas`.
fn write_cfl_alphas(sink: &mut impl SymbolSink, alpha: [i8; 2]) {
    // CFL_SIGN_ZERO, CFL_SIGN_NEG, CFL_SIGN_POS (6.10.36).
    let sign = |a: i8| match a {
        0 => 0,
        a if a < 0 => 1,
        _ => 2,
    };
    let (u, v) = (sign(alpha[0]), sign(alpha[1]));
    sink.symbol(CFL_SIGN_CDF.row([]), u * 3 + v - 1);
    if u != 0 {
        let row = CFL_ALPHA_CDF.row([(u - 1) * 3 + v]);
        sink.symbol(row, usize::from(alpha[0].unsigned_abs()) - 1);
    }
    if v != 0 {
        let row = CFL_ALPHA_CDF.row([(v - 1) * 3 + u]);
        sink.symbol(row, usize::from(alpha[1].unsigned_abs()) - 1);
    }
}
