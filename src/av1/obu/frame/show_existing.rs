//! 5.9.2 with show_existing_frame: a stored frame is shown.

use super::context::HeaderContext;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

/// A header with show_existing_frame: a stored frame is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowExistingFrame {
    /// frame_to_show_map_idx: the slot, 0 to 7.
    pub frame_to_show_map_idx: u8,
    /// frame_presentation_time, if the sequence has temporal_point_info().
    pub frame_presentation_time: Option<u32>,
    /// display_frame_id, if the sequence has frame ids.
    pub display_frame_id: Option<u16>,
}

impl ShowExistingFrame {
    /// 5.9.2, the part that show_existing_frame leads to.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
    ) -> Result<Self, BitstreamError> {
        let sequence = context.sequence;
        let frame_to_show_map_idx = r.byte(3)?;
        let frame_presentation_time = sequence.temporal_point_info().map(|n| r.f(n)).transpose()?;
        let display_frame_id = match sequence.frame_id_lengths {
            Some(lengths) => Some(r.f(lengths.id_bits())? as u16),
            None => None,
        };
        let frame = context.frame(frame_to_show_map_idx)?;
        if !frame.valid {
            return Err(BitstreamError::ReferenceInvalid { slot: frame_to_show_map_idx });
        }
        if !frame.showable_frame {
            return Err(BitstreamError::value("frame_to_show_map_idx", frame_to_show_map_idx));
        }
        if let Some(id) = display_frame_id.filter(|_| display_frame_id != frame.frame_id) {
            return Err(BitstreamError::value("display_frame_id", id));
        }
        Ok(Self { frame_to_show_map_idx, frame_presentation_time, display_frame_id })
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        context: &HeaderContext<'_>,
    ) -> Result<(), BitstreamError> {
        w.f("frame_to_show_map_idx", 3, self.frame_to_show_map_idx.into())?;
        if let Some(n) = context.sequence.temporal_point_info() {
            w.f("frame_presentation_time", n, self.frame_presentation_time.unwrap_or(0))?;
        }
        if let Some(lengths) = context.sequence.frame_id_lengths {
            let id = self.display_frame_id.unwrap_or(0);
            w.f("display_frame_id", lengths.id_bits(), id.into())?;
        }
        Ok(())
    }
}
