//! What a frame header is read and written against: the sequence and the reference slots.

use super::film_grain::FilmGrainParams;
use super::global_motion::SavedGmParams;
use super::loop_filter::LoopFilterDeltas;
use super::references::RelativeDistance;
use super::segmentation::FeatureData;
use super::size::FrameSize;
use super::{FrameType, NUM_REF_FRAMES, TOTAL_REFS_PER_FRAME};
use crate::av1::obu::BitstreamError;
use crate::av1::obu::header::LayerId;
use crate::av1::obu::sequence::SequenceHeader;

/// What 7.20 keeps of a frame in a reference slot, without samples, motion and CDFs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceFrame {
    /// RefValid: the slot may be referred to.
    pub valid: bool,
    /// RefFrameId, if the sequence has frame ids.
    pub frame_id: Option<u16>,
    /// RefFrameWidth, RefFrameHeight, RefUpscaledWidth, RefRenderWidth, RefRenderHeight; and by
    /// [`mi_cols`](FrameSize::mi_cols), [`mi_rows`](FrameSize::mi_rows) RefMiCols and RefMiRows.
    pub size: FrameSize,
    /// RefFrameType.
    pub frame_type: FrameType,
    /// showable_frame; cleared once a key frame was shown by show_existing_frame.
    pub showable_frame: bool,
    /// RefBitDepth.
    pub bit_depth: u8,
    /// mono_chrome of the frame's sequence.
    pub mono_chrome: bool,
    /// RefSubsamplingX.
    pub subsampling_x: bool,
    /// RefSubsamplingY.
    pub subsampling_y: bool,
    /// RefOrderHint.
    pub order_hint: u8,
    /// SavedOrderHints by reference frame; 0 for intra frames.
    pub saved_order_hints: [u8; TOTAL_REFS_PER_FRAME],
    /// SavedGmParams by reference frame.
    pub gm_params: SavedGmParams,
    /// Saved loop_filter_ref_deltas and loop_filter_mode_deltas.
    pub loop_filter_deltas: LoopFilterDeltas,
    /// Saved FeatureEnabled and FeatureData.
    pub feature_data: FeatureData,
    /// Saved film grain parameters; `None` when apply_grain was not set.
    pub film_grain_params: Option<FilmGrainParams>,
    /// base_q_idx of the frame; the decoding process does not ask for it.
    pub base_q_idx: u8,
    /// The layer the frame belongs to; the decoding process does not ask for it.
    pub layer: LayerId,
}

/// The reference slots; `None` where nothing was stored since the start or the last reset.
pub type ReferenceSlots = [Option<ReferenceFrame>; NUM_REF_FRAMES];

/// What a frame header is read and written against.
#[derive(Clone, Copy)]
pub(in crate::av1::obu) struct HeaderContext<'a> {
    pub(in crate::av1::obu) sequence: &'a SequenceHeader,
    pub(in crate::av1::obu) slots: &'a ReferenceSlots,
    /// PrevFrameID, if a frame came before.
    pub(in crate::av1::obu) previous_frame_id: Option<u16>,
    pub(in crate::av1::obu) layer: LayerId,
}

impl<'a> HeaderContext<'a> {
    /// What is in a slot, valid or not.
    pub(super) fn frame(&self, slot: u8) -> Result<&'a ReferenceFrame, BitstreamError> {
        self.slots
            .get(usize::from(slot))
            .and_then(Option::as_ref)
            .ok_or(BitstreamError::ReferenceInvalid { slot })
    }

    /// RefOrderHint; 0 for an empty slot, as after a key frame (5.9.2).
    pub(super) fn ref_order_hint(&self, slot: usize) -> u8 {
        self.slots.get(slot).and_then(Option::as_ref).map_or(0, |frame| frame.order_hint)
    }

    /// 5.9.3 get_relative_dist() of the sequence.
    pub(super) fn distance(&self) -> RelativeDistance {
        RelativeDistance::new(self.sequence.order_hint_bits)
    }
}
