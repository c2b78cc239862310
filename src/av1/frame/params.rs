//! What the block layer reads from the sequence and frame headers.

use crate::av1::types::{InterpFilter, MAX_SEGMENTS, TxMode};

/// `SEG_LVL_ALT_Q`: a segment's own quantizer (6.8.13).
pub(crate) const SEG_LVL_ALT_Q: usize = 0;
/// `SEG_LVL_REF_FRAME`: a segment's fixed reference frame.
pub(crate) const SEG_LVL_REF_FRAME: usize = 5;
/// `SEG_LVL_SKIP`: a segment without residual.
pub(crate) const SEG_LVL_SKIP: usize = 6;
/// `SEG_LVL_GLOBALMV`: a segment of global motion.
pub(crate) const SEG_LVL_GLOBALMV: usize = 7;
/// `SEG_LVL_MAX`.
pub(crate) const SEG_LVL_MAX: usize = 8;

/// `segmentation_params` (5.9.14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Segmentation {
    /// `segmentation_enabled`.
    pub(crate) enabled: bool,
    /// `segmentation_update_map`.
    pub(crate) update_map: bool,
    /// `segmentation_temporal_update`.
    pub(crate) temporal_update: bool,
    /// `FeatureData` where `FeatureEnabled`, by segment and feature.
    pub(crate) features: [[Option<i16>; SEG_LVL_MAX]; MAX_SEGMENTS],
}

impl Segmentation {
    /// 5.11.14 `seg_feature_active_idx`.
    pub(crate) fn feature(&self, segment_id: u8, feature: usize) -> Option<i16> {
        if self.enabled { self.features[usize::from(segment_id)][feature] } else { None }
    }

    /// `SegIdPreSkip` (5.9.14).
    pub(crate) fn pre_skip(&self) -> bool {
        self.enabled
            && self.features.iter().any(|f| f[SEG_LVL_REF_FRAME..].iter().any(Option::is_some))
    }

    /// `LastActiveSegId` (5.9.14).
    pub(crate) fn last_active_id(&self) -> u8 {
        let active = |f: &[Option<i16>; SEG_LVL_MAX]| f.iter().any(Option::is_some);
        self.features.iter().rposition(active).unwrap_or(0) as u8
    }
}

/// The parts of the headers that block syntax and reconstruction depend on.
#[derive(Clone, Debug)]
pub(crate) struct FrameParams {
    /// `FrameIsIntra`.
    pub(crate) frame_is_intra: bool,
    /// `base_q_idx`.
    pub(crate) base_q_idx: u8,
    /// `DeltaQYDc`, `DeltaQUDc`, `DeltaQUAc`, `DeltaQVDc`, `DeltaQVAc` (5.9.12).
    pub(crate) delta_q: PlaneDeltas,
    /// `segmentation_params`.
    pub(crate) segmentation: Segmentation,
    /// `cdef_bits`, or `None` where no block codes `cdef_idx` (5.11.56).
    pub(crate) cdef_bits: Option<u8>,
    /// `delta_q_res` if `delta_q_present`.
    pub(crate) delta_q_res: Option<u8>,
    /// `TxMode`.
    pub(crate) tx_mode: TxMode,
    /// `reference_select`.
    pub(crate) reference_select: bool,
    /// `interpolation_filter`.
    pub(crate) interpolation_filter: InterpFilter,
    /// `reduced_tx_set`.
    pub(crate) reduced_tx_set: bool,
    /// `allow_high_precision_mv`.
    pub(crate) allow_high_precision_mv: bool,
    /// `force_integer_mv`.
    pub(crate) force_integer_mv: bool,
    /// `enable_intra_edge_filter`.
    pub(crate) enable_intra_edge_filter: bool,
    /// `allow_screen_content_tools`: intra blocks say whether they have palettes.
    pub(crate) allow_screen_content_tools: bool,
    /// Inverse of `disable_cdf_update`.
    pub(crate) cdf_update: bool,
}

/// Differences of quantizer indices from the frame's, by plane (5.9.12).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlaneDeltas {
    /// Of the DC coefficients of Y, U, V.
    pub(crate) dc: [i8; 3],
    /// Of the AC coefficients; luma's is always 0.
    pub(crate) ac: [i8; 3],
}

impl PlaneDeltas {
    fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

impl FrameParams {
    /// 7.12.2 `get_qindex` of a block of `segment_id`, with `current` in place of `base_q_idx`: the
    /// frame's own for `ignoreDeltaQ`, `CurrentQIndex` otherwise.
    pub(crate) fn qindex(&self, segment_id: u8, current: u8) -> u8 {
        match self.segmentation.feature(segment_id, SEG_LVL_ALT_Q) {
            Some(data) => (i16::from(current) + data).clamp(0, 255) as u8,
            None => current,
        }
    }

    /// `LosslessArray` (5.9.2).
    pub(crate) fn lossless(&self, segment_id: u8) -> bool {
        self.qindex(segment_id, self.base_q_idx) == 0 && self.delta_q.is_zero()
    }
}
