//! A coding block as decided, in the standard's terms: what `decode_block` (5.11.5) would read.

use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::MiPos;
use crate::av1::tables::blocks::{MAX_TX_SIZE_RECT, SPLIT_TX_SIZE, SUBSAMPLED_SIZE};
use crate::av1::types::{
    BlockSize, INTRA_FRAME, InterpFilter, MotionMode, Mv, NONE, PredictionMode, RefFrame, TxSize,
    TxType, UvMode,
};

/// The syntax elements of one block, coefficients apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// `MiRow` and `MiCol`.
    pub(crate) pos: MiPos,
    /// `MiSize`.
    pub(crate) size: BlockSize,
    /// `skip`.
    pub(crate) skip: bool,
    /// `segment_id` as it takes effect.
    pub(crate) segment_id: u8,
    /// `is_inter`.
    pub(crate) is_inter: bool,
    /// `YMode`.
    pub(crate) y_mode: PredictionMode,
    /// `AngleDeltaY`, −3 to 3.
    pub(crate) angle_delta_y: i8,
    /// `UVMode`.
    pub(crate) uv_mode: UvMode,
    /// `AngleDeltaUV`, −3 to 3.
    pub(crate) angle_delta_uv: i8,
    /// `CflAlphaU` and `CflAlphaV`, −16 to 16, not both 0 with [`UvMode::Cfl`].
    pub(crate) cfl_alpha: [i8; 2],
    /// `RefFrame`.
    pub(crate) ref_frame: [RefFrame; 2],
    /// `Mv`.
    pub(crate) mv: [Mv; 2],
    /// `RefMvIdx`.
    pub(crate) ref_mv_idx: u8,
    /// `motion_mode`.
    pub(crate) motion_mode: MotionMode,
    /// `interp_filter` of both directions, which are the same without dual filters.
    pub(crate) interp_filter: InterpFilter,
    /// `TxSize` of an intra block, or of a block without a transform tree.
    pub(crate) tx_size: TxSize,
    /// `txfm_split` of an inter block's transform tree: bit 0 for the root, bits 1 to 4 for its
    /// parts in coding order.
    pub(crate) tx_split: u8,
}

impl Block {
    /// A skipped intra DC block, to be changed.
    pub(crate) fn new(pos: MiPos, size: BlockSize) -> Self {
        Self {
            pos,
            size,
            skip: true,
            segment_id: 0,
            is_inter: false,
            y_mode: PredictionMode::Dc,
            angle_delta_y: 0,
            uv_mode: UvMode::Dc,
            angle_delta_uv: 0,
            cfl_alpha: [0; 2],
            ref_frame: [INTRA_FRAME, NONE],
            mv: [Mv::default(); 2],
            ref_mv_idx: 0,
            motion_mode: MotionMode::Simple,
            interp_filter: InterpFilter::EightTap,
            tx_size: max_rect_tx_size(size),
            tx_split: 0,
        }
    }

    /// What the block leaves in the grid.
    pub(crate) fn mode_info(&self) -> ModeInfo {
        ModeInfo {
            mv: self.mv,
            ref_frame: self.ref_frame,
            block_size: self.size,
            y_mode: self.y_mode,
            uv_mode: self.uv_mode,
            interp_filter: [self.interp_filter; 2],
            segment_id: self.segment_id,
            tx_size: self.tx_size,
            inter_tx_size: self.tx_size,
            is_inter: self.is_inter,
            skip: self.skip,
            skip_mode: false,
        }
    }

    /// Whether two references are averaged.
    pub(crate) fn is_compound(&self) -> bool {
        self.ref_frame[1] > INTRA_FRAME
    }
}

/// `Max_Tx_Size_Rect` (9.3): the largest transform in a block.
pub(crate) fn max_rect_tx_size(size: BlockSize) -> TxSize {
    MAX_TX_SIZE_RECT[size as usize]
}

/// `Split_Tx_Size` (9.3): the parts of a transform: halves of the longer side, or quarters.
pub(crate) fn split_tx_size(size: TxSize) -> TxSize {
    SPLIT_TX_SIZE[size as usize]
}

/// 5.11.38 `get_plane_residual_size` of a chroma plane in 4:2:0.
pub(crate) fn chroma_size(size: BlockSize) -> BlockSize {
    SUBSAMPLED_SIZE[size as usize][1][1].expect("every block halves to a block in 4:2:0")
}

/// 5.11.37 `get_tx_size` of a chroma plane in 4:2:0, lossless blocks apart.
pub(crate) fn chroma_tx_size(size: BlockSize) -> TxSize {
    let chroma = max_rect_tx_size(chroma_size(size));
    if chroma.width() == 64 || chroma.height() == 64 {
        TxSize::from_log2(chroma.width_log2().min(5), chroma.height_log2().min(5))
            .expect("every shape up to 32 samples has a transform")
    } else {
        chroma
    }
}

/// Visits the transforms of an inter block's luma in coding order (5.11.17, 5.11.36) with their
/// offsets in 4×4 units, whether inside the frame or not.
pub(crate) fn for_each_inter_tx(block: &Block, mut visit: impl FnMut(usize, usize, TxSize)) {
    let root = max_rect_tx_size(block.size);
    if block.tx_split & 1 == 0 {
        visit(0, 0, root);
        return;
    }
    let part = split_tx_size(root);
    let mut index = 1;
    for y in (0..root.height4()).step_by(part.height4()) {
        for x in (0..root.width4()).step_by(part.width4()) {
            if (block.tx_split >> index) & 1 == 0 {
                visit(y, x, part);
            } else {
                let leaf = split_tx_size(part);
                for v in (y..y + part.height4()).step_by(leaf.height4()) {
                    for u in (x..x + part.width4()).step_by(leaf.width4()) {
                        visit(v, u, leaf);
                    }
                }
            }
            index += 1;
        }
    }
}

/// One transform block with its quantized coefficients in [`Residual::levels`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransformBlock {
    /// 0 Y, 1 U, 2 V.
    pub(crate) plane: u8,
    /// Column in the plane, in units of 4 samples.
    pub(crate) x4: usize,
    /// Row in the plane, in units of 4 samples.
    pub(crate) y4: usize,
    /// `txSz`.
    pub(crate) size: TxSize,
    /// `PlaneTxType`.
    pub(crate) tx_type: TxType,
    /// `eob`; 0 is `all_zero`.
    pub(crate) eob: usize,
    /// Where its levels start.
    pub(crate) start: usize,
}

/// The coefficients of a block, in coding order (5.11.34).
#[derive(Clone, Debug, Default)]
pub(crate) struct Residual {
    /// The transform blocks inside the frame.
    pub(crate) blocks: Vec<TransformBlock>,
    /// `Quant` of every block with a nonzero `eob`, one behind the other: rows of
    /// min(width, 32) levels.
    pub(crate) levels: Vec<i16>,
}

impl Residual {
    /// Forgets everything, keeping the memory.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.levels.clear();
    }

    /// Whether every transform block is zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.blocks.iter().all(|b| b.eob == 0)
    }
}
