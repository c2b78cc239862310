//! 5.9.2 uncompressed_header(), read and written.

use super::context::{HeaderContext, ReferenceFrame};
use super::global_motion::{self, DEFAULT_GM_PARAMS};
use super::{
    ALL_FRAMES, CdefParams, DeltaQ, FilmGrainParams, FrameHeader, FrameSize, FrameType,
    InterpolationFilter, LoopFilterParams, LrParams, NUM_REF_FRAMES, QuantizationParams,
    REFS_PER_FRAME, SegmentationParams, ShowExistingFrame, TOTAL_REFS_PER_FRAME, TileInfo, TxMode,
    UncompressedHeader,
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
        if !context.sequence.reduced_still_picture_header {
            w.flag(matches!(self, Self::ShowExistingFrame(_)));
        }
        match self {
            Self::ShowExistingFrame(header) => header.write(&mut w, context)?,
            Self::Frame(header) => header.write(&mut w, context)?,
        }
        let bytes = w.clone().into_bytes();
        let mut r = BitReader::new(&bytes);
        let written = Self::parse(&mut r, context)?;
        let difference = match (self, &written) {
            (Self::Frame(header), Self::Frame(written)) => header.first_difference(written),
            _ if *self == written => None,
            _ => Some("show_existing_frame"),
        };
        match difference {
            Some(element) => Err(BitstreamError::Inconsistent { element }),
            None => {
                debug_assert_eq!(r.position(), w.position());
                Ok(w)
            }
        }
    }
}

impl FrameHeader {
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

    /// 5.9.2, frame_type to error_resilient_mode.
    fn parse_kind(
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<Self, BitstreamError> {
        let sequence = context.sequence;
        let size = FrameSize::new(sequence.max_frame_width, sequence.max_frame_height);
        let mut h = Self::blank(FrameType::Key, size);
        if sequence.reduced_still_picture_header {
            // 5.9.2 leaves error_resilient_mode unset here; nothing that it governs is coded.
            (h.show_frame, h.error_resilient_mode) = (true, true);
            return Ok(h);
        }
        let frame_type = match r.f(2)? {
            0 => FrameType::Key,
            1 => FrameType::Inter,
            2 => FrameType::IntraOnly,
            _ => FrameType::Switch,
        };
        h = Self::blank(frame_type, size);
        h.show_frame = r.flag()?;
        if h.show_frame {
            h.frame_presentation_time =
                sequence.temporal_point_info().map(|n| r.f(n)).transpose()?;
            h.showable_frame = frame_type != FrameType::Key;
        } else {
            h.showable_frame = r.flag()?;
        }
        h.error_resilient_mode = h.resets_references() || r.flag()?;
        Ok(h)
    }

    fn write_kind(
        &self,
        w: &mut BitWriter,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        if context.sequence.reduced_still_picture_header {
            return Ok(());
        }
        w.f("frame_type", 2, self.frame_type as u32)?;
        w.flag(self.show_frame);
        if self.show_frame {
            if let Some(n) = context.sequence.temporal_point_info() {
                w.f("frame_presentation_time", n, self.frame_presentation_time.unwrap_or(0))?;
            }
        } else {
            w.flag(self.showable_frame);
        }
        if !self.resets_references() {
            w.flag(self.error_resilient_mode);
        }
        Ok(())
    }

    /// 5.9.2, disable_cdf_update to buffer_removal_time.
    fn parse_identity(
        &mut self,
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        let sequence = context.sequence;
        self.disable_cdf_update = r.flag()?;
        self.allow_screen_content_tools =
            sequence.seq_force_screen_content_tools.map_or_else(|| r.flag(), Ok)?;
        if self.allow_screen_content_tools {
            let force_integer_mv = sequence.seq_force_integer_mv.map_or_else(|| r.flag(), Ok)?;
            self.force_integer_mv |= force_integer_mv;
        }
        if let Some(lengths) = sequence.frame_id_lengths {
            let id = r.f(lengths.id_bits())?;
            if !(self.frame_type == FrameType::Key && self.show_frame) {
                check_frame_id(context.previous_frame_id, id, lengths.id_bits())?;
            }
            self.current_frame_id = Some(id as u16);
        }
        self.frame_size_override_flag = self.frame_type == FrameType::Switch
            || !sequence.reduced_still_picture_header && r.flag()?;
        self.order_hint = r.byte(sequence.order_hint_bits.into())?;
        if !self.is_intra() && !self.error_resilient_mode {
            self.primary_ref_frame = Some(r.byte(3)?).filter(|&i| usize::from(i) < REFS_PER_FRAME);
        }
        if let Some(model) = sequence.decoder_model_info
            && r.flag()?
        {
            let n = u32::from(model.buffer_removal_time_length_minus_1) + 1;
            let points = &sequence.operating_points;
            let mut times = vec![None; points.len()];
            for (time, point) in times.iter_mut().zip(points) {
                if point.parameters.is_some()
                    && context.layer.in_operating_point(point.operating_point_idc)
                {
                    *time = Some(r.f(n)?);
                }
            }
            self.buffer_removal_time = Some(times);
        }
        Ok(())
    }

    fn write_identity(
        &self,
        w: &mut BitWriter,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        let sequence = context.sequence;
        w.flag(self.disable_cdf_update);
        if sequence.seq_force_screen_content_tools.is_none() {
            w.flag(self.allow_screen_content_tools);
        }
        if self.allow_screen_content_tools && sequence.seq_force_integer_mv.is_none() {
            w.flag(self.force_integer_mv);
        }
        if let Some(lengths) = sequence.frame_id_lengths {
            let id = self.current_frame_id.unwrap_or(0);
            w.f("current_frame_id", lengths.id_bits(), id.into())?;
        }
        if self.frame_type != FrameType::Switch && !sequence.reduced_still_picture_header {
            w.flag(self.frame_size_override_flag);
        }
        w.f("order_hint", sequence.order_hint_bits.into(), self.order_hint.into())?;
        if !self.is_intra() && !self.error_resilient_mode {
            w.f("primary_ref_frame", 3, self.primary_ref_frame.unwrap_or(7).into())?;
        }
        if let Some(model) = sequence.decoder_model_info {
            w.flag(self.buffer_removal_time.is_some());
            if let Some(times) = &self.buffer_removal_time {
                let n = u32::from(model.buffer_removal_time_length_minus_1) + 1;
                for (i, point) in sequence.operating_points.iter().enumerate() {
                    if point.parameters.is_some()
                        && context.layer.in_operating_point(point.operating_point_idc)
                    {
                        let time = times.get(i).copied().flatten().unwrap_or(0);
                        w.f("buffer_removal_time", n, time)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// 5.9.2, refresh_frame_flags and ref_order_hint.
    fn parse_refresh(
        &mut self,
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        self.refresh_frame_flags = if self.resets_references() { ALL_FRAMES } else { r.byte(8)? };
        if self.frame_type == FrameType::IntraOnly && self.refresh_frame_flags == ALL_FRAMES {
            return Err(BitstreamError::value("refresh_frame_flags", ALL_FRAMES));
        }
        if self.has_ref_order_hints(context) {
            let mut hints = [0; NUM_REF_FRAMES];
            for hint in &mut hints {
                *hint = r.byte(context.sequence.order_hint_bits.into())?;
            }
            self.ref_order_hint = Some(hints);
        }
        Ok(())
    }

    fn write_refresh(
        &self,
        w: &mut BitWriter,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        if !self.resets_references() {
            w.f("refresh_frame_flags", 8, self.refresh_frame_flags.into())?;
        }
        if self.has_ref_order_hints(context) {
            for hint in self.ref_order_hint.unwrap_or_default() {
                w.f("ref_order_hint", context.sequence.order_hint_bits.into(), hint.into())?;
            }
        }
        Ok(())
    }

    /// 5.9.2 of a frame that is not intra, frame_refs_short_signaling to use_ref_frame_mvs.
    fn parse_references(
        &mut self,
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        let sequence = context.sequence;
        self.frame_refs_short_signaling = sequence.enable_order_hint() && r.flag()?;
        if self.frame_refs_short_signaling {
            let (last_frame_idx, gold_frame_idx) = (r.byte(3)?, r.byte(3)?);
            self.ref_frame_idx =
                context.set_frame_refs(self.order_hint, last_frame_idx, gold_frame_idx)?;
        }
        let valid = context.valid_slots(self.current_frame_id, self.ref_order_hint.as_ref());
        for i in 0..REFS_PER_FRAME {
            if !self.frame_refs_short_signaling {
                self.ref_frame_idx[i] = r.byte(3)?;
            }
            let slot = self.ref_frame_idx[i];
            let frame = context.frame(slot)?;
            if let Some(lengths) = sequence.frame_id_lengths {
                let delta_frame_id_minus_1 = r.f(lengths.delta_bits())?;
                let id = u32::from(self.current_frame_id.unwrap_or(0));
                let range = 1 << lengths.id_bits();
                let expected = (id + range - (delta_frame_id_minus_1 + 1)) % range;
                if frame.frame_id.map(u32::from) != Some(expected) {
                    return Err(BitstreamError::value(
                        "delta_frame_id_minus_1",
                        delta_frame_id_minus_1,
                    ));
                }
            }
            if !valid[usize::from(slot)] {
                return Err(BitstreamError::ReferenceInvalid { slot });
            }
            context.check_format(slot, frame)?;
        }
        self.size = if self.frame_size_override_flag && !self.error_resilient_mode {
            FrameSize::parse_with_refs(r, context, &self.ref_frame_idx)?
        } else {
            FrameSize::parse(r, sequence, self.frame_size_override_flag)?
        };
        self.size.check_scaling(context, &self.ref_frame_idx)?;
        self.allow_high_precision_mv = !self.force_integer_mv && r.flag()?;
        self.interpolation_filter = match r.flag()? {
            true => InterpolationFilter::Switchable,
            false => match r.f(2)? {
                0 => InterpolationFilter::EightTap,
                1 => InterpolationFilter::EightTapSmooth,
                2 => InterpolationFilter::EightTapSharp,
                _ => InterpolationFilter::Bilinear,
            },
        };
        self.is_motion_mode_switchable = r.flag()?;
        self.use_ref_frame_mvs =
            !self.error_resilient_mode && sequence.enable_ref_frame_mvs && r.flag()?;
        Ok(())
    }

    fn write_references(
        &self,
        w: &mut BitWriter,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        let sequence = context.sequence;
        if sequence.enable_order_hint() {
            w.flag(self.frame_refs_short_signaling);
        }
        let short = sequence.enable_order_hint() && self.frame_refs_short_signaling;
        if short {
            w.f("last_frame_idx", 3, self.ref_frame_idx[0].into())?;
            w.f("gold_frame_idx", 3, self.ref_frame_idx[3].into())?;
        }
        for slot in self.ref_frame_idx {
            if !short {
                w.f("ref_frame_idx", 3, slot.into())?;
            }
            if let Some(lengths) = sequence.frame_id_lengths {
                let id = u32::from(self.current_frame_id.unwrap_or(0));
                let reference = u32::from(context.frame(slot)?.frame_id.unwrap_or(0));
                let range = 1 << lengths.id_bits();
                let delta_frame_id = (id + range).wrapping_sub(reference) % range;
                let coded = delta_frame_id.wrapping_sub(1);
                w.f("delta_frame_id_minus_1", lengths.delta_bits(), coded)?;
            }
        }
        if self.frame_size_override_flag && !self.error_resilient_mode {
            self.size.write_with_refs(w, sequence)?;
        } else {
            self.size.write(w, sequence, self.frame_size_override_flag)?;
        }
        if !self.force_integer_mv {
            w.flag(self.allow_high_precision_mv);
        }
        w.flag(self.interpolation_filter == InterpolationFilter::Switchable);
        if self.interpolation_filter != InterpolationFilter::Switchable {
            w.f("interpolation_filter", 2, self.interpolation_filter as u32)?;
        }
        w.flag(self.is_motion_mode_switchable);
        if !self.error_resilient_mode && sequence.enable_ref_frame_mvs {
            w.flag(self.use_ref_frame_mvs);
        }
        Ok(())
    }

    /// Switch frames and shown key frames: they refresh all slots and are error resilient.
    fn resets_references(&self) -> bool {
        self.frame_type == FrameType::Switch || self.frame_type == FrameType::Key && self.show_frame
    }

    fn has_ref_order_hints(&self, context: &HeaderContext<'_>) -> bool {
        (!self.is_intra() || self.refresh_frame_flags != ALL_FRAMES)
            && self.error_resilient_mode
            && context.sequence.enable_order_hint()
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

impl HeaderContext<'_> {
    /// 6.8.2: references match the sequence in bit depth and chroma format.
    fn check_format(&self, slot: u8, frame: &ReferenceFrame) -> Result<(), BitstreamError> {
        let color = &self.sequence.color_config;
        let same = frame.bit_depth == color.bit_depth
            && frame.mono_chrome == color.mono_chrome
            && frame.subsampling_x == color.subsampling_x
            && frame.subsampling_y == color.subsampling_y;
        if same { Ok(()) } else { Err(BitstreamError::ReferenceFormat { slot }) }
    }
}

/// 6.8.2: current_frame_id differs from PrevFrameID and lies less than half the range after it.
fn check_frame_id(previous: Option<u16>, id: u32, id_bits: u32) -> Result<(), BitstreamError> {
    let Some(previous) = previous.map(u32::from) else { return Ok(()) };
    let range = 1 << id_bits;
    let diff_frame_id = if id > previous { id - previous } else { range + id - previous };
    if id == previous || diff_frame_id >= range / 2 {
        return Err(BitstreamError::value("current_frame_id", id));
    }
    Ok(())
}
