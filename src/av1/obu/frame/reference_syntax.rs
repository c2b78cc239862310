//! The part of 5.9.2 uncompressed_header() that frames with references have.

use super::context::{HeaderContext, ReferenceFrame};
use super::{FrameHeader, FrameSize, InterpolationFilter, REFS_PER_FRAME};
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

impl FrameHeader {
    /// 5.9.2 of a frame that is not intra, frame_refs_short_signaling to use_ref_frame_mvs.
    pub(super) fn parse_references(
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

    pub(super) fn write_references(
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
