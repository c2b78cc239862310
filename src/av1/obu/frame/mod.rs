//! 5.9 frame_header_obu(): everything in front of the tiles of a frame.
//!
//! [`UncompressedHeader`] is what one frame header says. It can only be read and written against a
//! [`DecoderState`](super::DecoderState), since sizes, motion, deltas and film grain may be taken
//! over from reference slots. Each part of the syntax has its file with parser and writer.
//!
//! A header that was written is read back and compared before it is given out, so whatever cannot
//! be expressed is an error and never a different header.

pub mod cdef;
pub mod context;
pub mod film_grain;
pub mod global_motion;
mod identity;
mod lead;
pub mod loop_filter;
pub mod quantization;
mod reference_syntax;
pub mod references;
pub mod restoration;
pub mod segmentation;
pub mod show_existing;
pub mod size;
pub mod tile_info;
mod uncompressed;

pub use cdef::{CdefParams, CdefStrength};
pub use context::{ReferenceFrame, ReferenceSlots};
pub use film_grain::{ChromaScaling, FilmGrainParams, ScalingPoint};
pub use global_motion::{GlobalMotion, GmParams, WarpModelType};
pub(crate) use lead::{FrameKind, SlotUse};
pub use loop_filter::{LoopFilterDeltas, LoopFilterParams};
pub use quantization::{DeltaLf, DeltaQ, QuantizationParams, QuantizerMatrixLevels};
pub use restoration::{LrParams, RestorationType};
pub use segmentation::SegmentationParams;
pub use show_existing::ShowExistingFrame;
pub use size::FrameSize;
pub use tile_info::{TileInfo, TileLimits, TileStarts};

use self::global_motion::GlobalMotions;
use self::segmentation::{MAX_SEGMENTS, SEG_LVL_ALT_Q};
use super::sequence::SequenceHeader;
use crate::av1::obu::BitstreamError;

/// NUM_REF_FRAMES: reference slots.
pub const NUM_REF_FRAMES: usize = 8;
/// REFS_PER_FRAME: reference frames of an inter frame.
pub const REFS_PER_FRAME: usize = 7;
/// TOTAL_REFS_PER_FRAME: the same and INTRA_FRAME.
pub const TOTAL_REFS_PER_FRAME: usize = 8;

/// INTRA_FRAME.
pub const INTRA_FRAME: usize = 0;
/// LAST_FRAME: the reference frame with `ref_frame_idx[0]`.
pub const LAST_FRAME: usize = 1;
/// LAST2_FRAME.
pub const LAST2_FRAME: usize = 2;
/// LAST3_FRAME.
pub const LAST3_FRAME: usize = 3;
/// GOLDEN_FRAME.
pub const GOLDEN_FRAME: usize = 4;
/// BWDREF_FRAME.
pub const BWDREF_FRAME: usize = 5;
/// ALTREF2_FRAME.
pub const ALTREF2_FRAME: usize = 6;
/// ALTREF_FRAME: the reference frame with `ref_frame_idx[6]`.
pub const ALTREF_FRAME: usize = 7;

/// allFrames: refresh_frame_flags of all slots.
pub const ALL_FRAMES: u8 = 0xff;

/// frame_type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameType {
    /// KEY_FRAME.
    Key = 0,
    /// INTER_FRAME.
    Inter = 1,
    /// INTRA_ONLY_FRAME.
    IntraOnly = 2,
    /// SWITCH_FRAME.
    Switch = 3,
}

impl FrameType {
    /// FrameIsIntra.
    pub fn is_intra(self) -> bool {
        matches!(self, Self::Key | Self::IntraOnly)
    }
}

/// interpolation_filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InterpolationFilter {
    /// EIGHTTAP.
    #[default]
    EightTap = 0,
    /// EIGHTTAP_SMOOTH.
    EightTapSmooth = 1,
    /// EIGHTTAP_SHARP.
    EightTapSharp = 2,
    /// BILINEAR.
    Bilinear = 3,
    /// SWITCHABLE: chosen for each block.
    Switchable = 4,
}

#[cfg(test)]
impl InterpolationFilter {
    /// Every value, in the standard's order.
    pub(crate) const ALL: [Self; 5] = [
        Self::EightTap,
        Self::EightTapSmooth,
        Self::EightTapSharp,
        Self::Bilinear,
        Self::Switchable,
    ];
}

/// TxMode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TxMode {
    /// ONLY_4X4, in lossless frames only.
    Only4x4,
    /// TX_MODE_LARGEST.
    Largest,
    /// TX_MODE_SELECT.
    Select,
}

/// 5.9.2 uncompressed_header().
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UncompressedHeader {
    /// show_existing_frame is 1.
    ShowExistingFrame(ShowExistingFrame),
    /// show_existing_frame is 0.
    Frame(Box<FrameHeader>),
}

/// A header with show_existing_frame 0: a frame is coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// frame_type.
    pub frame_type: FrameType,
    /// show_frame.
    pub show_frame: bool,
    /// showable_frame; for a shown frame whether it is not a key frame.
    pub showable_frame: bool,
    /// error_resilient_mode; always set for shown key frames and switch frames.
    pub error_resilient_mode: bool,
    /// frame_presentation_time, if the frame is shown and the sequence has temporal_point_info().
    pub frame_presentation_time: Option<u32>,
    /// disable_cdf_update.
    pub disable_cdf_update: bool,
    /// allow_screen_content_tools.
    pub allow_screen_content_tools: bool,
    /// force_integer_mv; always set for intra frames.
    pub force_integer_mv: bool,
    /// current_frame_id, if the sequence has frame ids.
    pub current_frame_id: Option<u16>,
    /// frame_size_override_flag; always set for switch frames.
    pub frame_size_override_flag: bool,
    /// OrderHint, of OrderHintBits.
    pub order_hint: u8,
    /// primary_ref_frame, 0 to 6; `None` is PRIMARY_REF_NONE.
    pub primary_ref_frame: Option<u8>,
    /// buffer_removal_time by operating point, if buffer_removal_time_present_flag is set; `None`
    /// for operating points without a decoder model or without this layer.
    pub buffer_removal_time: Option<Vec<Option<u32>>>,
    /// refresh_frame_flags: a bit for each slot that this frame goes to.
    pub refresh_frame_flags: u8,
    /// ref_order_hint of each slot, where it is coded: in error resilient mode with order hints,
    /// unless the frame is intra and refreshes all slots.
    pub ref_order_hint: Option<[u8; NUM_REF_FRAMES]>,
    /// The size.
    pub size: FrameSize,
    /// allow_intrabc.
    pub allow_intrabc: bool,
    /// frame_refs_short_signaling: only the slots of LAST_FRAME and GOLDEN_FRAME are coded.
    pub frame_refs_short_signaling: bool,
    /// ref_frame_idx: the slots of LAST_FRAME to ALTREF_FRAME; 0 for intra frames.
    pub ref_frame_idx: [u8; REFS_PER_FRAME],
    /// allow_high_precision_mv.
    pub allow_high_precision_mv: bool,
    /// interpolation_filter; EIGHTTAP for intra frames.
    pub interpolation_filter: InterpolationFilter,
    /// is_motion_mode_switchable.
    pub is_motion_mode_switchable: bool,
    /// use_ref_frame_mvs.
    pub use_ref_frame_mvs: bool,
    /// disable_frame_end_update_cdf; always set with `disable_cdf_update` and in reduced still
    /// pictures.
    pub disable_frame_end_update_cdf: bool,
    /// tile_info().
    pub tile_info: TileInfo,
    /// quantization_params().
    pub quantization_params: QuantizationParams,
    /// segmentation_params().
    pub segmentation_params: SegmentationParams,
    /// delta_q_params() and delta_lf_params(), if delta_q_present is set.
    pub delta_q: Option<DeltaQ>,
    /// loop_filter_params().
    pub loop_filter_params: LoopFilterParams,
    /// cdef_params().
    pub cdef_params: CdefParams,
    /// lr_params().
    pub lr_params: LrParams,
    /// TxMode; ONLY_4X4 if and only if the frame is lossless.
    pub tx_mode: TxMode,
    /// reference_select.
    pub reference_select: bool,
    /// skip_mode_present.
    pub skip_mode_present: bool,
    /// allow_warped_motion.
    pub allow_warped_motion: bool,
    /// reduced_tx_set.
    pub reduced_tx_set: bool,
    /// global_motion_params() by reference frame.
    pub global_motion: GlobalMotions,
    /// film_grain_params(), if apply_grain is set.
    pub film_grain_params: Option<FilmGrainParams>,
}

impl FrameHeader {
    /// A shown frame of the sequence's size with the fewest tiles, without filters and with every
    /// choice off; key and switch frames refresh all slots, the others none.
    ///
    /// # Errors
    /// A size that no tiles fit.
    pub fn new(
        sequence: &SequenceHeader,
        frame_type: FrameType,
        base_q_idx: u8,
    ) -> Result<Self, BitstreamError> {
        let size = FrameSize::new(sequence.max_frame_width, sequence.max_frame_height);
        let reset = matches!(frame_type, FrameType::Key | FrameType::Switch);
        let mut header = Self::blank(frame_type, size);
        header.show_frame = true;
        header.showable_frame = frame_type != FrameType::Key;
        header.error_resilient_mode = reset;
        header.refresh_frame_flags = if reset { ALL_FRAMES } else { 0 };
        header.frame_size_override_flag = frame_type == FrameType::Switch;
        header.frame_presentation_time = sequence.temporal_point_info().map(|_| 0);
        header.allow_screen_content_tools =
            sequence.seq_force_screen_content_tools.unwrap_or(false);
        if header.allow_screen_content_tools && !frame_type.is_intra() {
            header.force_integer_mv = sequence.seq_force_integer_mv.unwrap_or(false);
        }
        header.current_frame_id = sequence.frame_id_lengths.map(|_| 0);
        header.disable_frame_end_update_cdf = sequence.reduced_still_picture_header;
        header.ref_order_hint = (frame_type == FrameType::Switch && sequence.enable_order_hint())
            .then_some([0; NUM_REF_FRAMES]);
        header.tile_info = TileInfo::fewest(sequence, &size)?;
        header.quantization_params.base_q_idx = base_q_idx;
        if base_q_idx == 0 {
            header.tx_mode = TxMode::Only4x4;
        }
        Ok(header)
    }

    /// Takes another size and the fewest tiles for it; frame_size_override_flag is set where that
    /// is needed.
    ///
    /// # Errors
    /// A size that no tiles fit; the header stays as it was then.
    pub fn set_size(
        &mut self,
        sequence: &SequenceHeader,
        size: FrameSize,
    ) -> Result<(), BitstreamError> {
        self.tile_info = TileInfo::fewest(sequence, &size)?;
        self.size = size;
        self.frame_size_override_flag = self.frame_type == FrameType::Switch
            || size.found_ref.is_some()
            || size.upscaled_width != sequence.max_frame_width
            || size.frame_height != sequence.max_frame_height;
        Ok(())
    }

    /// The values of everything that is not coded.
    fn blank(frame_type: FrameType, size: FrameSize) -> Self {
        Self {
            frame_type,
            show_frame: false,
            showable_frame: false,
            error_resilient_mode: false,
            frame_presentation_time: None,
            disable_cdf_update: false,
            allow_screen_content_tools: false,
            force_integer_mv: frame_type.is_intra(),
            current_frame_id: None,
            frame_size_override_flag: false,
            order_hint: 0,
            primary_ref_frame: None,
            buffer_removal_time: None,
            refresh_frame_flags: 0,
            ref_order_hint: None,
            size,
            allow_intrabc: false,
            frame_refs_short_signaling: false,
            ref_frame_idx: [0; REFS_PER_FRAME],
            allow_high_precision_mv: false,
            interpolation_filter: InterpolationFilter::EightTap,
            is_motion_mode_switchable: false,
            use_ref_frame_mvs: false,
            disable_frame_end_update_cdf: false,
            tile_info: TileInfo {
                uniform_tile_spacing_flag: true,
                tile_cols_log2: 0,
                tile_rows_log2: 0,
                mi_col_starts: TileStarts::default(),
                mi_row_starts: TileStarts::default(),
                context_update_tile_id: 0,
                tile_size_bytes: 4,
            },
            quantization_params: QuantizationParams::default(),
            segmentation_params: SegmentationParams::default(),
            delta_q: None,
            loop_filter_params: LoopFilterParams::default(),
            cdef_params: CdefParams::default(),
            lr_params: LrParams::default(),
            tx_mode: TxMode::Largest,
            reference_select: false,
            skip_mode_present: false,
            allow_warped_motion: false,
            reduced_tx_set: false,
            global_motion: GlobalMotions::default(),
            film_grain_params: None,
        }
    }

    /// FrameIsIntra.
    pub fn is_intra(&self) -> bool {
        self.frame_type.is_intra()
    }

    /// 7.12.2 get_qindex( 1, segment_id ): the quantizer index of a segment before block deltas.
    pub fn qindex(&self, segment_id: u8) -> u8 {
        self.qindex_with_delta(segment_id, self.quantization_params.base_q_idx)
    }

    /// 7.12.2 get_qindex( 0, segment_id ) of a block whose CurrentQIndex is `current_q_index`.
    pub(crate) fn qindex_with_delta(&self, segment_id: u8, current_q_index: u8) -> u8 {
        match self.segmentation_params.feature(segment_id, SEG_LVL_ALT_Q) {
            Some(data) => (i32::from(current_q_index) + i32::from(data)).clamp(0, 255) as u8,
            None => current_q_index,
        }
    }

    /// LosslessArray of a segment.
    pub fn lossless(&self, segment_id: u8) -> bool {
        self.qindex(segment_id) == 0 && self.quantization_params.has_no_deltas()
    }

    /// CodedLossless.
    pub fn coded_lossless(&self) -> bool {
        (0..MAX_SEGMENTS as u8).all(|segment_id| self.lossless(segment_id))
    }

    /// AllLossless.
    pub fn all_lossless(&self) -> bool {
        self.coded_lossless() && !self.size.is_narrowed()
    }

    /// Whether blocks have a cdef_idx (5.11.56) and the frame is filtered by it (7.15).
    pub fn has_cdef(&self, sequence: &SequenceHeader) -> bool {
        sequence.enable_cdef && !self.coded_lossless() && !self.allow_intrabc
    }

    /// The slot of the primary reference frame.
    pub fn primary_ref_slot(&self) -> Option<u8> {
        self.primary_ref_frame.and_then(|i| self.ref_frame_idx.get(usize::from(i)).copied())
    }

    /// gm_params as 7.20 saves them.
    pub(super) fn saved_gm_params(&self) -> global_motion::SavedGmParams {
        self.global_motion.map(|motion| motion.params)
    }
}
