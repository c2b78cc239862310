//! 5.9.2, the start of uncompressed_header(): what it tells without any reference slot.

use super::context::{HeaderContext, ReferenceSlots};
use super::{FrameHeader, FrameType};
use crate::av1::obu::bits::BitReader;
use crate::av1::obu::error::BitstreamError;
use crate::av1::obu::header::LayerId;
use crate::av1::obu::sequence::SequenceHeader;

/// What the first byte of a frame header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameKind {
    pub(crate) show_existing_frame: bool,
    /// frame_type is KEY_FRAME; never with show_existing_frame.
    pub(crate) key_frame: bool,
    pub(crate) show_frame: bool,
}

impl FrameKind {
    /// Reads `byte`; with `reduced_still_picture_header` in the sequence header, nothing of it is
    /// coded.
    pub(crate) fn from_first_byte(byte: u8, reduced_still_picture_header: bool) -> Self {
        if reduced_still_picture_header {
            return Self { show_existing_frame: false, key_frame: true, show_frame: true };
        }
        let show_existing_frame = byte & 0x80 != 0;
        Self {
            show_existing_frame,
            key_frame: !show_existing_frame && byte & 0x60 == 0,
            show_frame: show_existing_frame || byte & 0x10 != 0,
        }
    }

    /// Whether the frame resets all reference slots and needs none (7.20).
    pub(crate) fn is_shown_key(self) -> bool {
        self.key_frame && self.show_frame
    }
}

/// What a frame header does with the reference slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotUse {
    /// show_existing_frame = 1: a slot is shown, and loaded if it holds a key frame (7.21).
    Show {
        /// frame_to_show_map_idx.
        slot: u8,
    },
    /// A frame is coded and stored.
    Store {
        /// refresh_frame_flags: a bit for each slot.
        slots: u8,
        /// frame_type is KEY_FRAME.
        key_frame: bool,
    },
}

impl SlotUse {
    /// Reads the payload of a frame header OBU or frame OBU up to refresh_frame_flags.
    ///
    /// # Errors
    /// The bits end, or refresh_frame_flags has a value that is not allowed.
    pub(crate) fn parse(
        payload: &[u8],
        sequence: &SequenceHeader,
        layer: LayerId,
    ) -> Result<Self, BitstreamError> {
        const NO_SLOTS: &ReferenceSlots = &[const { None }; super::NUM_REF_FRAMES];
        let context = HeaderContext { sequence, slots: NO_SLOTS, previous_frame_id: None, layer };
        let mut r = BitReader::new(payload);
        if !sequence.reduced_still_picture_header && r.flag()? {
            return Ok(Self::Show { slot: r.byte(3)? });
        }
        let header = FrameHeader::parse_to_refresh(&mut r, &context)?;
        Ok(Self::Store {
            slots: header.refresh_frame_flags,
            key_frame: header.frame_type == FrameType::Key,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::av1::obu::{DecoderState, ShowExistingFrame, UncompressedHeader};

    #[test]
    fn kinds() {
        for (byte, show_existing_frame, key_frame, show_frame) in [
            (0x10, false, true, true),
            (0x1f, false, true, true),
            (0x0f, false, true, false),
            (0x30, false, false, true),
            (0x20, false, false, false),
            (0x50, false, false, true),
            (0x70, false, false, true),
            (0x80, true, false, true),
            (0x9f, true, false, true),
        ] {
            let kind = FrameKind::from_first_byte(byte, false);
            assert_eq!(kind, FrameKind { show_existing_frame, key_frame, show_frame }, "{byte:#x}");
            assert_eq!(kind.is_shown_key(), byte & 0xf0 == 0x10);
            assert!(FrameKind::from_first_byte(byte, true).is_shown_key());
        }
    }

    /// A header as it is written, with a byte behind it.
    fn written(state: &DecoderState, header: &UncompressedHeader) -> Vec<u8> {
        let mut w = state.write_frame_header(header, LayerId::default()).unwrap();
        w.byte_alignment();
        w.into_bytes()
    }

    #[test]
    fn what_frames_do_with_slots() {
        let sequence = Arc::new(SequenceHeader::new(64, 48));
        let mut state = DecoderState::new();
        state.set_sequence_header(Arc::clone(&sequence)).unwrap();
        let layer = LayerId::default();
        let parse = |bytes: &[u8]| SlotUse::parse(bytes, &sequence, layer);

        let mut hidden = FrameHeader::new(&sequence, FrameType::Key, 100).unwrap();
        (hidden.show_frame, hidden.showable_frame) = (false, true);
        hidden.refresh_frame_flags = 0x24;
        let hidden = UncompressedHeader::Frame(Box::new(hidden));
        let bytes = written(&state, &hidden);
        assert_eq!(parse(&bytes), Ok(SlotUse::Store { slots: 0x24, key_frame: true }));
        assert!(parse(&bytes[..1]).is_err());
        state.advance(&hidden, layer).unwrap();

        let show = UncompressedHeader::ShowExistingFrame(ShowExistingFrame {
            frame_to_show_map_idx: 5,
            frame_presentation_time: None,
            display_frame_id: None,
        });
        assert_eq!(parse(&written(&state, &show)), Ok(SlotUse::Show { slot: 5 }));
        state.advance(&show, layer).unwrap();

        let mut inter = FrameHeader::new(&sequence, FrameType::Inter, 100).unwrap();
        inter.refresh_frame_flags = 0x81;
        let inter = UncompressedHeader::Frame(Box::new(inter));
        let bytes = written(&state, &inter);
        assert_eq!(parse(&bytes), Ok(SlotUse::Store { slots: 0x81, key_frame: false }));
    }
}
