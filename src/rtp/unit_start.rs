//! What the first OBUs of a temporal unit tell: that the unit begins with them, and that a coded
//! video sequence does (AV1 specification, 7.5). The frame header decides, for what is received as for
//! the N bit (4.4) of what is sent; a received N is not asked, since senders exist that set it on
//! every unit, or never.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::aggregation::Elements;
use crate::av1::obu::frame::FrameKind;
use crate::av1::obu::{ObuHeader, ObuType, leb128};

/// OBU header, extension and the longest size field.
pub(super) const LONGEST_PREFIX: usize = 2 + leb128::MAX_LEN;

/// Whether the first packet at hand is the first of a temporal unit, though the packet before it
/// is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// It is not.
    No,
    /// What is at hand ends before the first frame header, and speaks neither for nor against it.
    Undecided,
    /// Its OBUs lead up to the first frame of a unit, as far as can be seen: only a whole frame
    /// that is not shown may be missing in front.
    Likely,
    /// A temporal delimiter leads, or a coded video sequence starts.
    Proven,
}

/// What the first OBUs tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitStart {
    pub(super) start: Start,
    /// A coded video sequence starts: there are a sequence header and then, as the first frame, a
    /// shown key frame.
    pub(super) new_sequence: bool,
}

impl UnitStart {
    /// Looks at no more than `max_obus` OBUs of the payloads, which follow each other in sequence.
    /// Units begin with the spatial layer `lowest_layer` or one below it.
    pub(super) fn of<'a>(
        payloads: impl Iterator<Item = &'a Bytes>,
        lowest_layer: u8,
        max_obus: usize,
    ) -> Self {
        let mut payloads = payloads.peekable();
        let first = payloads.peek().and_then(|payload| Elements::parse(payload).ok());
        if first.is_none_or(|(header, _)| header.continues_previous()) {
            return Self { start: Start::No, new_sequence: false };
        }
        let mut lead = Lead::default();
        let mut left = max_obus;
        let found = each_obu(payloads, |fragments, complete| {
            if left == 0 {
                return ControlFlow::Break(lead.undecided());
            }
            left -= 1;
            lead.obu(fragments, complete, lowest_layer)
        });
        found.break_value().unwrap_or(lead.undecided())
    }
}

/// Whether a coded video sequence starts with these OBUs, each given by its header and payload.
pub(super) fn starts_sequence<'a>(mut obus: impl Iterator<Item = (ObuHeader, &'a [u8])>) -> bool {
    let mut lead = Lead::default();
    let found = obus.try_for_each(|(header, payload)| lead.headed(header, payload, true, 0));
    found.break_value().is_some_and(|found| found.new_sequence)
}

/// The OBUs in front of the first frame header.
#[derive(Clone, Copy, Debug, Default)]
struct Lead {
    delimiter: bool,
    other_obus: bool,
    sequence_header: bool,
    reduced_still_picture_header: bool,
}

const NO: ControlFlow<UnitStart> =
    ControlFlow::Break(UnitStart { start: Start::No, new_sequence: false });

impl Lead {
    fn undecided(self) -> UnitStart {
        let start = if self.delimiter { Start::Proven } else { Start::Undecided };
        UnitStart { start, new_sequence: false }
    }

    /// Takes the next OBU; breaks off once the verdict is known.
    fn obu(
        &mut self,
        fragments: &[&[u8]],
        complete: bool,
        lowest_layer: u8,
    ) -> ControlFlow<UnitStart> {
        let mut bytes = [0; LONGEST_PREFIX + 1];
        let bytes = copy_front(fragments, &mut bytes);
        if bytes.is_empty() && complete {
            return ControlFlow::Continue(());
        }
        match split_header(bytes) {
            Ok((header, payload)) => self.headed(header, payload, complete, lowest_layer),
            Err(()) if complete => NO,
            Err(()) => ControlFlow::Break(self.undecided()),
        }
    }

    /// The same of an OBU whose header is parsed; one byte of the payload is enough.
    fn headed(
        &mut self,
        header: ObuHeader,
        payload: &[u8],
        complete: bool,
        lowest_layer: u8,
    ) -> ControlFlow<UnitStart> {
        let first_of_all = !(self.delimiter || self.other_obus);
        self.other_obus = true;
        match (header.obu_type, payload.first()) {
            (ObuType::TemporalDelimiter, _) => self.delimiter |= first_of_all,
            (ObuType::SequenceHeader, Some(byte)) => {
                self.sequence_header = true;
                // AV1 specification, 5.5.1: seq_profile and still_picture come first.
                self.reduced_still_picture_header = byte & 0x08 != 0;
            }
            (ObuType::Frame | ObuType::FrameHeader, Some(&byte)) => {
                return ControlFlow::Break(self.frame(&header, byte, lowest_layer));
            }
            (ObuType::SequenceHeader | ObuType::Frame | ObuType::FrameHeader, None) => {
                return if complete { NO } else { ControlFlow::Break(self.undecided()) };
            }
            (ObuType::TileGroup | ObuType::RedundantFrameHeader, _) => return NO,
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// The verdict of the first frame header.
    fn frame(self, header: &ObuHeader, first_byte: u8, lowest_layer: u8) -> UnitStart {
        let kind = FrameKind::from_first_byte(first_byte, self.reduced_still_picture_header);
        let layer = header.extension.unwrap_or_default();
        let new_sequence = self.sequence_header && kind.is_shown_key() && layer.temporal_id == 0;
        // A key frame that lacks its sequence header lacks a packet.
        let likely = layer.spatial_id <= lowest_layer && (self.sequence_header || !kind.key_frame);
        let start = match (self.delimiter || new_sequence, likely) {
            (true, _) => Start::Proven,
            (false, true) => Start::Likely,
            (false, false) => Start::No,
        };
        UnitStart { start, new_sequence }
    }
}

/// Header and what there is of the payload of an OBU whose first bytes are given. An error if
/// they are malformed or too few.
fn split_header(bytes: &[u8]) -> Result<(ObuHeader, &[u8]), ()> {
    let (header, header_len) = ObuHeader::parse(bytes).map_err(drop)?;
    let size_len = match header.has_size_field {
        true => leb128::read(&bytes[header_len..]).map_err(drop)?.1,
        false => 0,
    };
    Ok((header, &bytes[header_len + size_len..]))
}

/// Copies the first bytes of an OBU given in fragments, as many as there are and `out` takes.
pub(super) fn copy_front<'a>(fragments: &[&[u8]], out: &'a mut [u8]) -> &'a [u8] {
    let mut len = 0;
    for (to, from) in out.iter_mut().zip(fragments.iter().copied().flatten()) {
        *to = *from;
        len += 1;
    }
    &out[..len]
}

/// Calls `visit` with the fragments of each OBU of payloads that follow each other in sequence, and
/// with whether it is complete; elements without bytes make OBUs without bytes.
pub(super) fn each_obu<'a, B>(
    payloads: impl Iterator<Item = &'a Bytes>,
    mut visit: impl FnMut(&[&'a [u8]], bool) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut fragments = Vec::new();
    for payload in payloads {
        let Ok((header, elements)) = Elements::parse(payload) else { break };
        for (index, element) in elements.map_while(Result::ok).enumerate() {
            let goes_on = index == 0 && header.continues_previous();
            if !(goes_on || fragments.is_empty()) {
                visit(&fragments, true)?;
                fragments.clear();
            }
            fragments.push(&payload[element]);
        }
        if !header.continues_in_next() && !fragments.is_empty() {
            visit(&fragments, true)?;
            fragments.clear();
        }
    }
    if !fragments.is_empty() {
        visit(&fragments, false)?;
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(payloads: &[&'static [u8]]) -> (Start, bool) {
        let payloads: Vec<Bytes> =
            payloads.iter().map(|payload| Bytes::from_static(payload)).collect();
        let found = UnitStart::of(payloads.iter(), 0, 100);
        (found.start, found.new_sequence)
    }

    #[test]
    fn the_frame_header_decides() {
        for (payloads, expected) in [
            // With N and without.
            (&[&[0x28, 2, 0x08, 5, 0x30, 0x10][..]][..], (Start::Proven, true)),
            (&[&[0x20, 2, 0x08, 5, 0x30, 0x10]], (Start::Proven, true)),
            (&[&[0x28, 2, 0x08, 5, 0x30, 0x30]], (Start::Likely, false)),
            (&[&[0x18, 0x30, 0x30]], (Start::Likely, false)),
            // A key frame that is not shown yet, and one that is shown now.
            (&[&[0x20, 2, 0x08, 5, 0x30, 0x00]], (Start::Likely, false)),
            (&[&[0x20, 2, 0x08, 5, 0x18, 0x80]], (Start::Likely, false)),
            // Intra-only and switch frames are no key frames.
            (&[&[0x20, 2, 0x08, 5, 0x30, 0x50]], (Start::Likely, false)),
            (&[&[0x20, 2, 0x08, 5, 0x30, 0x70]], (Start::Likely, false)),
            // reduced_still_picture_header: the frame header has none of these bits.
            (&[&[0x20, 2, 0x08, 0x18, 0x30, 0xff]], (Start::Proven, true)),
            // No sequence header, or one that comes too late.
            (&[&[0x10, 0x30, 0x10]], (Start::No, false)),
            (&[&[0x20, 2, 0x30, 0x30, 0x08, 5], &[0x10, 0x30, 0x10]], (Start::Likely, false)),
            // Sequences start at temporal layer 0.
            (&[&[0x20, 2, 0x08, 5, 0x34, 0x00, 0x10]], (Start::Proven, true)),
            (&[&[0x20, 2, 0x08, 5, 0x34, 0x20, 0x10]], (Start::Likely, false)),
            // The frame header in further packets, whole or in fragments.
            (&[&[0x10, 0x08, 5]], (Start::Undecided, false)),
            (&[&[0x10, 0x08, 5], &[0x10, 0x30, 0x10]], (Start::Proven, true)),
            (&[&[0x50, 0x08], &[0xa0, 1, 5, 0x30, 0x10]], (Start::Proven, true)),
            (&[&[0x60, 2, 0x08, 5, 0x30], &[0xd0], &[0x90, 0x10]], (Start::Proven, true)),
            (
                &[&[0x60, 2, 0x08, 5, 0x36, 0x00], &[0xd0, 0x83], &[0xd0, 0x00]],
                (Start::Undecided, false),
            ),
            (
                &[&[0x60, 2, 0x08, 5, 0x36, 0x00], &[0xd0, 0x83], &[0x90, 0, 0x10, 7, 7]],
                (Start::Proven, true),
            ),
            // A delimiter proves the start of a unit, not that of a sequence.
            (&[&[0x10, 0x12, 0]], (Start::Proven, false)),
            (&[&[0x20, 1, 0x10, 0x30, 0x30]], (Start::Proven, false)),
            (&[&[0x20, 2, 0x28, 1, 0x10]], (Start::Undecided, false)),
            // Elements without bytes say nothing.
            (&[&[0x10]], (Start::Undecided, false)),
            (&[&[0x00, 0, 2, 0x08, 5, 0, 2, 0x30, 0x10]], (Start::Proven, true)),
            // Within a unit, or malformed.
            (&[&[0x90, 0x10]], (Start::No, false)),
            (&[&[0x10, 0x20, 0x10]], (Start::No, false)),
            (&[&[0x10, 0xff]], (Start::No, false)),
            (&[&[0x10, 0x30]], (Start::No, false)),
            (&[&[0x50, 0x30]], (Start::Undecided, false)),
            (&[&[0x10, 0x34, 0x08, 0x30]], (Start::No, false)),
            (&[], (Start::No, false)),
        ] {
            assert_eq!(of(payloads), expected, "{payloads:02x?}");
        }
    }

    #[test]
    fn a_long_way_to_the_first_frame_is_not_gone() {
        let payload = Bytes::from_static(&[0, 1, 0x28, 1, 0x28, 2, 0x08, 5, 2, 0x30, 0x10]);
        for (max_obus, start) in [(3, Start::Undecided), (4, Start::Proven)] {
            let found = UnitStart::of([&payload].into_iter(), 0, max_obus);
            assert_eq!((found.start, found.new_sequence), (start, max_obus == 4));
        }
    }
}
