//! Whether everything has arrived that the next unit may refer to.

use crate::av1::obu::frame::SlotUse;
use crate::av1::obu::{ObuType, Obus, SequenceHeader};

/// Follows the units from a loss to where decoding can go on (AV1 specification, 7.6): the start of
/// a coded video sequence; or a key frame that arrived whole but hidden, once show_existing_frame
/// shows it, which loads it into all reference slots (7.21).
#[derive(Debug, Default)]
pub(super) struct Continuity {
    unbroken: bool,
    /// The sequence header that arrived since the loss.
    sequence: Option<SequenceHeader>,
    /// The slots that were stored to since the loss.
    stored: u8,
    /// Those among them that hold a hidden key frame with its sequence header.
    keys: u8,
}

impl Continuity {
    pub(super) fn is_unbroken(&self) -> bool {
        self.unbroken
    }

    /// Something that was sent will not come out.
    pub(super) fn lost(&mut self) {
        *self = Self::default();
    }

    /// Takes a whole unit, in the low-overhead format; tells whether all that it may refer to has
    /// arrived. `new_sequence`: a coded video sequence starts with it.
    pub(super) fn unit(&mut self, data: &[u8], new_sequence: bool) -> bool {
        if self.unbroken || new_sequence {
            self.unbroken = true;
            return true;
        }
        self.follow(data)
    }

    /// Looks for hidden key frames, and for one being shown; tells whether the latter is the first
    /// frame of the unit.
    fn follow(&mut self, data: &[u8]) -> bool {
        let mut sequence_header = false;
        let mut frames = 0;
        for obu in Obus::new(data).map_while(Result::ok) {
            match obu.header.obu_type {
                ObuType::SequenceHeader => {
                    let parsed = SequenceHeader::parse(obu.payload).ok();
                    let continues = |new: &SequenceHeader| {
                        self.sequence.as_ref().is_some_and(|known| known.continues(new))
                    };
                    if !parsed.as_ref().is_some_and(continues) {
                        (self.stored, self.keys) = (0, 0);
                    }
                    sequence_header = parsed.is_some();
                    self.sequence = parsed;
                }
                ObuType::Frame | ObuType::FrameHeader => {
                    frames += 1;
                    let layer = obu.header.extension.unwrap_or_default();
                    let slot_use = self
                        .sequence
                        .as_ref()
                        .and_then(|sequence| SlotUse::parse(obu.payload, sequence, layer).ok());
                    if self.frame(slot_use, sequence_header) {
                        (self.unbroken, self.sequence) = (true, None);
                        return frames == 1;
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Takes what a frame does with the slots, if that could be read; tells whether it shows a
    /// hidden key frame.
    fn frame(&mut self, slot_use: Option<SlotUse>, sequence_header: bool) -> bool {
        match slot_use {
            Some(SlotUse::Store { slots, key_frame }) => {
                self.stored |= slots;
                self.keys &= !slots;
                if key_frame && sequence_header {
                    self.keys |= slots;
                }
            }
            Some(SlotUse::Show { slot }) => {
                let mask = 1 << slot;
                if self.keys & mask != 0 {
                    return true;
                }
                // What was stored before the loss may be a key frame, which fills all slots.
                if self.stored & mask == 0 {
                    (self.stored, self.keys) = (0, 0);
                }
            }
            None => (self.stored, self.keys) = (0, 0),
        }
        false
    }
}
