//! The first part of 5.9.2 uncompressed_header(): what kind of frame it is, how it is told from others, and
//! which slots it goes to.

use super::context::HeaderContext;
use super::{ALL_FRAMES, FrameHeader, FrameSize, FrameType, NUM_REF_FRAMES, REFS_PER_FRAME};
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

impl FrameHeader {
    /// 5.9.2, frame_type to error_resilient_mode.
    pub(super) fn parse_kind(
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

    pub(super) fn write_kind(
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
    pub(super) fn parse_identity(
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

    pub(super) fn write_identity(
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
    pub(super) fn parse_refresh(
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

    pub(super) fn write_refresh(
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

    pub(super) fn has_ref_order_hints(&self, context: &HeaderContext<'_>) -> bool {
        (!self.is_intra() || self.refresh_frame_flags != ALL_FRAMES)
            && self.error_resilient_mode
            && context.sequence.enable_order_hint()
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
