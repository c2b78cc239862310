//! 5.9.2 uncompressed_header(), read and written.

use super::context::{HeaderContext, ReferenceFrame};
use super::global_motion::{self, DEFAULT_GM_PARAMS};
use super::{
    CdefParams, DeltaQ, FilmGrainParams, FrameHeader, FrameSize, FrameType, LoopFilterParams,
    LrParams, QuantizationParams, SegmentationParams, ShowExistingFrame, TOTAL_REFS_PER_FRAME,
    TileInfo, TxMode, UncompressedHeader,
};
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

impl UncompressedHeader {
    /// 5.9.2 uncompressed_header().
    pub(in crate::av1::obu) fn parse(
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<Self, BitstreamError> {
        if !context.sequence.reduced_still_picture_header && r.flag()? {
            return Ok(Self::ShowExistingFrame(ShowExistingFrame::parse(r, context)?));
        }
        Ok(Self::Frame(Box::new(FrameHeader::parse(r, context)?)))
    }

    /// The header as bits, after it was read back and found the same.
    pub(in crate::av1::obu) fn write(
        &self,
        context: &HeaderContext<'_>,
    ) -> Result<BitWriter, BitstreamError> {
        let mut w = BitWriter::new();
        let header = match self {
            Self::Frame(header) => return header.write_checked(w, context),
            Self::ShowExistingFrame(header) => header,
        };
        if !context.sequence.reduced_still_picture_header {
            w.flag(true);
        }
        header.write(&mut w, context)?;
        let mut r = BitReader::new(w.as_bytes());
        if Self::parse(&mut r, context)? != *self {
            return Err(BitstreamError::Inconsistent { element: "show_existing_frame" });
        }
        debug_assert_eq!(r.position(), w.position());
        Ok(w)
    }
}

impl FrameHeader {
    /// Writes the header to `w`, which is empty, after it was read back and found the same.
    pub(in crate::av1::obu) fn write_checked(
        &self,
        mut w: BitWriter,
        context: &HeaderContext<'_>,
    ) -> Result<BitWriter, BitstreamError> {
        let shows_flag = !context.sequence.reduced_still_picture_header;
        if shows_flag {
            w.flag(false);
        }
        self.write(&mut w, context)?;
        let mut r = BitReader::new(w.as_bytes());
        if shows_flag && r.flag()? {
            return Err(BitstreamError::Inconsistent { element: "show_existing_frame" });
        }
        if let Some(element) = self.first_difference(&Self::parse(&mut r, context)?) {
            return Err(BitstreamError::Inconsistent { element });
        }
        debug_assert_eq!(r.position(), w.position());
        Ok(w)
    }

    /// 5.9.2 after show_existing_frame.
    fn parse(r: &mut BitReader<'_>, context: &HeaderContext<'_>) -> Result<Self, BitstreamError> {
        let sequence = context.sequence;
        let color = &sequence.color_config;
        let mut h = Self::parse_to_refresh(r, context)?;
        if h.is_intra() {
            h.size = FrameSize::parse(r, sequence, h.frame_size_override_flag)?;
            h.allow_intrabc = h.allow_screen_content_tools && !h.size.is_narrowed() && r.flag()?;
        } else {
            h.parse_references(r, context)?;
        }
        h.disable_frame_end_update_cdf =
            sequence.reduced_still_picture_header || h.disable_cdf_update || r.flag()?;
        let primary = h.primary_reference(context)?;
        h.tile_info = TileInfo::parse(r, sequence, &h.size)?;
        h.quantization_params = QuantizationParams::parse(r, color)?;
        let base_q_idx = h.quantization_params.base_q_idx;
        let features = primary.map(|frame| &frame.feature_data);
        h.segmentation_params = SegmentationParams::parse(r, features)?;
        h.delta_q = DeltaQ::parse(r, base_q_idx, h.allow_intrabc)?;
        let coded_lossless = h.coded_lossless();
        if coded_lossless && h.delta_q.is_some() {
            return Err(BitstreamError::value("delta_q_present", 1));
        }
        let deltas = primary.map(|frame| frame.loop_filter_deltas).unwrap_or_default();
        if !coded_lossless && !h.allow_intrabc {
            h.loop_filter_params = LoopFilterParams::parse(r, color.mono_chrome, deltas)?;
            if sequence.enable_cdef {
                h.cdef_params = CdefParams::parse(r, color.mono_chrome)?;
            }
        }
        if !h.all_lossless() && !h.allow_intrabc && sequence.enable_restoration {
            h.lr_params = LrParams::parse(r, sequence)?;
        }
        h.tx_mode = match coded_lossless {
            true => TxMode::Only4x4,
            false if r.flag()? => TxMode::Select,
            false => TxMode::Largest,
        };
        h.reference_select = !h.is_intra() && r.flag()?;
        h.skip_mode_present = h.skip_mode_frames(context).is_some() && r.flag()?;
        h.allow_warped_motion = h.may_warp(context) && r.flag()?;
        h.reduced_tx_set = r.flag()?;
        if !h.is_intra() {
            let previous =
                primary.map_or([DEFAULT_GM_PARAMS; TOTAL_REFS_PER_FRAME], |frame| frame.gm_params);
            h.global_motion = global_motion::parse(r, h.allow_high_precision_mv, &previous)?;
        }
        if sequence.film_grain_params_present && (h.show_frame || h.showable_frame) {
            let inter_frame = h.frame_type == FrameType::Inter;
            h.film_grain_params =
                FilmGrainParams::parse(r, context, inter_frame, &h.ref_frame_idx)?;
        }
        Ok(h)
    }

    fn write(&self, w: &mut BitWriter, context: &HeaderContext<'_>) -> Result<(), BitstreamError> {
        let sequence = context.sequence;
        let color = &sequence.color_config;
        self.write_kind(w, context)?;
        self.write_identity(w, context)?;
        self.write_refresh(w, context)?;
        if self.is_intra() {
            self.size.write(w, sequence, self.frame_size_override_flag)?;
            if self.allow_screen_content_tools && !self.size.is_narrowed() {
                w.flag(self.allow_intrabc);
            }
        } else {
            self.write_references(w, context)?;
        }
        if !sequence.reduced_still_picture_header && !self.disable_cdf_update {
            w.flag(self.disable_frame_end_update_cdf);
        }
        let primary = self.primary_reference(context)?;
        self.tile_info.write(w, sequence, &self.size)?;
        self.quantization_params.write(w, color)?;
        self.segmentation_params.write(w, primary.is_some())?;
        let base_q_idx = self.quantization_params.base_q_idx;
        DeltaQ::write(self.delta_q, w, base_q_idx, self.allow_intrabc)?;
        let coded_lossless = self.coded_lossless();
        let deltas = primary.map(|frame| frame.loop_filter_deltas).unwrap_or_default();
        if !coded_lossless && !self.allow_intrabc {
            self.loop_filter_params.write(w, color.mono_chrome, deltas)?;
            if sequence.enable_cdef {
                self.cdef_params.write(w, color.mono_chrome)?;
            }
        }
        if !self.all_lossless() && !self.allow_intrabc && sequence.enable_restoration {
            self.lr_params.write(w, sequence)?;
        }
        if !coded_lossless {
            w.flag(self.tx_mode == TxMode::Select);
        }
        if !self.is_intra() {
            w.flag(self.reference_select);
        }
        if self.skip_mode_frames(context).is_some() {
            w.flag(self.skip_mode_present);
        }
        if self.may_warp(context) {
            w.flag(self.allow_warped_motion);
        }
        w.flag(self.reduced_tx_set);
        if !self.is_intra() {
            let previous =
                primary.map_or([DEFAULT_GM_PARAMS; TOTAL_REFS_PER_FRAME], |frame| frame.gm_params);
            let precise = self.allow_high_precision_mv;
            global_motion::write(&self.global_motion, w, precise, &previous)?;
        }
        if sequence.film_grain_params_present && (self.show_frame || self.showable_frame) {
            let inter_frame = self.frame_type == FrameType::Inter;
            FilmGrainParams::write(self.film_grain_params.as_ref(), w, color, inter_frame)?;
        }
        Ok(())
    }

    /// 5.9.2, frame_type to ref_order_hint: the part that asks nothing of the reference slots.
    pub(super) fn parse_to_refresh(
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<Self, BitstreamError> {
        let mut h = Self::parse_kind(r, context)?;
        h.parse_identity(r, context)?;
        h.parse_refresh(r, context)?;
        Ok(h)
    }

    /// Switch frames and shown key frames: they refresh all slots and are error resilient.
    pub(super) fn resets_references(&self) -> bool {
        self.frame_type == FrameType::Switch || self.frame_type == FrameType::Key && self.show_frame
    }

    fn may_warp(&self, context: &HeaderContext<'_>) -> bool {
        !self.is_intra() && !self.error_resilient_mode && context.sequence.enable_warped_motion
    }

    /// The frame that 6.8.2 load_previous() loads from; `None` is setup_past_independence().
    fn primary_reference<'a>(
        &self,
        context: &HeaderContext<'a>,
    ) -> Result<Option<&'a ReferenceFrame>, BitstreamError> {
        self.primary_ref_slot().map(|slot| context.frame(slot)).transpose()
    }

    /// 5.9.22: SkipModeFrame, if skipModeAllowed.
    pub(in crate::av1::obu) fn skip_mode_frames(
        &self,
        context: &HeaderContext<'_>,
    ) -> Option<[usize; 2]> {
        if self.is_intra() || !self.reference_select {
            return None;
        }
        context.skip_mode_frames(self.order_hint, &self.ref_frame_idx)
    }

    /// The first field in which a header that was read back differs from what was to be written.
    fn first_difference(&self, other: &Self) -> Option<&'static str> {
        macro_rules! compare {
            ($($field:ident),+) => {
                [$((stringify!($field), self.$field == other.$field)),+]
            };
        }
        compare!(
            frame_type,
            show_frame,
            showable_frame,
            error_resilient_mode,
            frame_presentation_time,
            disable_cdf_update,
            allow_screen_content_tools,
            force_integer_mv,
            current_frame_id,
            frame_size_override_flag,
            order_hint,
            primary_ref_frame,
            buffer_removal_time,
            refresh_frame_flags,
            ref_order_hint,
            size,
            allow_intrabc,
            frame_refs_short_signaling,
            ref_frame_idx,
            allow_high_precision_mv,
            interpolation_filter,
            is_motion_mode_switchable,
            use_ref_frame_mvs,
            disable_frame_end_update_cdf,
            tile_info,
            quantization_params,
            segmentation_params,
            delta_q,
            loop_filter_params,
            cdef_params,
            lr_params,
            tx_mode,
            reference_select,
            skip_mode_present,
            allow_warped_motion,
            reduced_tx_set,
            global_motion,
            film_grain_params
        )
        .into_iter()
        .find_map(|(field, same)| (!same).then_some(field))
        .or_else(|| (self != other).then_some("uncompressed_header"))
    }
}
