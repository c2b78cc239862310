//! What the tile data of a frame depends on: the values that its headers set.

use crate::av1::types::{InterpFilter, TxMode};

/// SEG_LVL_REF_FRAME.
pub(super) const SEG_LVL_REF_FRAME: usize = 5;
/// SEG_LVL_SKIP.
pub(super) const SEG_LVL_SKIP: usize = 6;
/// SEG_LVL_GLOBALMV.
pub(super) const SEG_LVL_GLOBALMV: usize = 7;

/// Header values of one frame, under the standard's names. What is outside the subset has no field.
#[derive(Clone, Debug)]
pub(crate) struct TileParserInput {
    pub(crate) use_128x128_superblock: bool,
    pub(crate) enable_filter_intra: bool,
    pub(crate) enable_dual_filter: bool,
    pub(crate) enable_cdef: bool,
    /// OrderHintBits, 0 without enable_order_hint.
    pub(crate) order_hint_bits: u32,
    /// NumPlanes: 1 or 3.
    pub(crate) num_planes: usize,
    pub(crate) subsampling_x: usize,
    pub(crate) subsampling_y: usize,

    /// FrameIsIntra.
    pub(crate) frame_is_intra: bool,
    pub(crate) disable_cdf_update: bool,
    pub(crate) disable_frame_end_update_cdf: bool,
    /// `None` for PRIMARY_REF_NONE.
    pub(crate) primary_ref_frame: Option<usize>,
    pub(crate) refresh_frame_flags: u8,
    /// For inter frames.
    pub(crate) ref_frame_idx: [usize; 7],
    /// OrderHint.
    pub(crate) order_hint: i32,
    /// MiRows.
    pub(crate) mi_rows: i32,
    /// MiCols.
    pub(crate) mi_cols: i32,
    pub(crate) allow_screen_content_tools: bool,
    pub(crate) force_integer_mv: bool,
    pub(crate) allow_high_precision_mv: bool,
    pub(crate) interpolation_filter: InterpFilter,
    pub(crate) is_motion_mode_switchable: bool,
    pub(crate) allow_warped_motion: bool,
    pub(crate) use_ref_frame_mvs: bool,
    /// MiRowStarts, the end included.
    pub(crate) mi_row_starts: Vec<i32>,
    /// MiColStarts, the end included.
    pub(crate) mi_col_starts: Vec<i32>,
    pub(crate) context_update_tile_id: usize,
    pub(crate) base_q_idx: u8,
    /// DeltaQYDc, DeltaQUDc, DeltaQUAc, DeltaQVDc, DeltaQVAc.
    pub(crate) plane_deltas: [i8; 5],
    pub(crate) segmentation_enabled: bool,
    pub(crate) segmentation_update_map: bool,
    pub(crate) segmentation_temporal_update: bool,
    /// FeatureData, `None` where FeatureEnabled is 0.
    pub(crate) feature_data: [[Option<i16>; 8]; 8],
    pub(crate) delta_q_present: bool,
    pub(crate) delta_q_res: u32,
    pub(crate) delta_lf_present: bool,
    pub(crate) delta_lf_res: u32,
    pub(crate) delta_lf_multi: bool,
    pub(crate) cdef_bits: u32,
    pub(crate) tx_mode: TxMode,
    pub(crate) reference_select: bool,
    /// SkipModeFrame, if skip_mode_present is set.
    pub(crate) skip_mode_frame: Option<[i8; 2]>,
    pub(crate) reduced_tx_set: bool,
}

impl TileParserInput {
    /// 5.11.14 seg_feature_active_idx, and FeatureData if it is.
    pub(super) fn seg_feature(&self, idx: u8, feature: usize) -> Option<i16> {
        if self.segmentation_enabled { self.feature_data[usize::from(idx)][feature] } else { None }
    }

    /// 7.12.2 get_qindex( 1, segmentId ).
    pub(super) fn qindex_without_delta(&self, segment_id: u8) -> i32 {
        match self.seg_feature(segment_id, 0) {
            Some(data) => (i32::from(self.base_q_idx) + i32::from(data)).clamp(0, 255),
            None => i32::from(self.base_q_idx),
        }
    }

    /// LosslessArray (5.9.2).
    pub(super) fn lossless(&self, segment_id: u8) -> bool {
        self.qindex_without_delta(segment_id) == 0 && self.plane_deltas == [0; 5]
    }

    /// CodedLossless (5.9.2).
    pub(super) fn coded_lossless(&self) -> bool {
        (0..8).all(|segment_id| self.lossless(segment_id))
    }

    /// SegIdPreSkip (5.9.14).
    pub(super) fn seg_id_pre_skip(&self) -> bool {
        (0..8).any(|i| (SEG_LVL_REF_FRAME..8).any(|j| self.seg_feature(i, j).is_some()))
    }

    /// LastActiveSegId (5.9.14).
    pub(super) fn last_active_seg_id(&self) -> u8 {
        (0..8).filter(|i| (0..8).any(|j| self.seg_feature(*i, j).is_some())).max().unwrap_or(0)
    }

    /// 5.9.3 get_relative_dist.
    pub(super) fn relative_dist(&self, a: i32, b: i32) -> i32 {
        if self.order_hint_bits == 0 {
            return 0;
        }
        let diff = a - b;
        let m = 1 << (self.order_hint_bits - 1);
        (diff & (m - 1)) - (diff & m)
    }

    /// Num_4x4_Blocks_Wide of a superblock.
    pub(super) fn superblock_size4(&self) -> i32 {
        if self.use_128x128_superblock { 32 } else { 16 }
    }
}
