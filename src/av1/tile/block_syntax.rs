//! `decode_partition` and `decode_block` mirrored (5.11.4 to 5.11.32): the symbols of a block's
//! modes, with the contexts of 8.3.2.

use super::block::{Block, Residual, chroma_size};
use super::bounds::TileBounds;
use super::cdf::{
    ANGLE_DELTA_CDF, CFL_ALPHA_CDF, CFL_SIGN_CDF, INTRA_FRAME_Y_MODE_CDF, IS_INTER_CDF,
    PALETTE_UV_MODE_CDF, PALETTE_Y_MODE_CDF, SKIP_CDF, UV_MODE_CFL_ALLOWED_CDF,
    UV_MODE_CFL_NOT_ALLOWED_CDF, Y_MODE_CDF,
};
use super::context::TileContext;
use super::inter_syntax::{InterContext, write_inter_block};
use super::mv_prediction::MvStack;
use super::symbol::{Gather, SymbolSink, partition_row};
use crate::av1::frame::mode_info::{ModeInfo, ModeInfoGrid};
use crate::av1::geometry::MiPos;
use crate::av1::obu::SequenceHeader;
use crate::av1::obu::frame::FrameHeader;
use crate::av1::obu::frame::segmentation::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use crate::av1::tables::blocks::{INTRA_MODE_CONTEXT, SIZE_GROUP};
use crate::av1::types::{BlockSize, Partition, PredictionMode, UvMode};

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
    /// The quantizer index that this superblock is to have: that of the frame, or another that
    /// differs from it by a multiple of `1 << delta_q_res`.
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
    /// `AvailU` and `AvailL` (5.11.5) with what is there.
    pub(super) fn neighbours(&self, pos: MiPos) -> Neighbours {
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
        self.grid.fill(block.pos, block.size, ModeInfo { segment_id, ..block.mode_info() });
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
        let context = InterContext::new(near.above, near.left);
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

    /// 5.11.56 `read_cdef`, for superblocks of 64×64; its value is known later.
    fn write_cdef(&mut self, sink: &mut impl SymbolSink, block: &Block) {
        if !block.skip && !self.context.cdef_coded && self.frame.has_cdef(self.sequence) {
            sink.cdef_idx();
            self.context.cdef_coded = true;
        }
    }

    /// 5.11.12 `read_delta_qindex`, whose symbols the second phase makes.
    fn write_delta_qindex(&mut self, sink: &mut impl SymbolSink, block: &Block) {
        let read_deltas = std::mem::take(&mut self.context.read_deltas);
        if read_deltas && !(block.size == BlockSize::B64x64 && block.skip) {
            sink.qindex(self.target_q_index);
        }
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
