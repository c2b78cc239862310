//! 4.4, 4.5: the first byte of every payload, and the OBU elements that follow it.

use std::ops::Range;

use super::error::RtpError;
use crate::av1::obu::leb128;

const Z: u8 = 0x80;
const Y: u8 = 0x40;
const W_SHIFT: u32 = 4;
const N: u8 = 0x08;

/// The most elements that W can count; with more of them, every element has a length field.
pub(super) const MAX_COUNTED: usize = 3;

/// 4.4 AV1 aggregation header, in a combination that the format allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AggregationHeader {
    pub(super) continues_previous: bool,
    pub(super) continues_in_next: bool,
    pub(super) element_count: u8,
    pub(super) new_sequence: bool,
}

impl AggregationHeader {
    /// Bytes of the header.
    pub const LEN: usize = 1;

    /// The header with Z = `continues_previous`, Y = `continues_in_next`, W = `element_count` and
    /// N = `new_sequence`.
    ///
    /// # Errors
    /// `element_count` is above 3, or N stands with Z.
    pub fn new(
        continues_previous: bool,
        continues_in_next: bool,
        element_count: u8,
        new_sequence: bool,
    ) -> Result<Self, RtpError> {
        if usize::from(element_count) > MAX_COUNTED {
            return Err(RtpError::ElementCount(element_count));
        }
        let header = Self { continues_previous, continues_in_next, element_count, new_sequence };
        if new_sequence && continues_previous {
            return Err(RtpError::SequenceStartsInFragment(header.to_byte()));
        }
        Ok(header)
    }

    /// Reads the header; its three reserved bits are ignored.
    ///
    /// # Errors
    /// N stands with Z.
    pub fn parse(byte: u8) -> Result<Self, RtpError> {
        if byte & (Z | N) == Z | N {
            return Err(RtpError::SequenceStartsInFragment(byte));
        }
        Ok(Self {
            continues_previous: byte & Z != 0,
            continues_in_next: byte & Y != 0,
            element_count: byte >> W_SHIFT & MAX_COUNTED as u8,
            new_sequence: byte & N != 0,
        })
    }

    /// The byte as it is sent, its reserved bits zero.
    pub fn to_byte(self) -> u8 {
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        flag(self.continues_previous, Z)
            | flag(self.continues_in_next, Y)
            | (self.element_count << W_SHIFT)
            | flag(self.new_sequence, N)
    }

    /// Z: the first element goes on with an OBU of the packet before.
    pub fn continues_previous(self) -> bool {
        self.continues_previous
    }

    /// Y: the last element's OBU goes on in the next packet.
    pub fn continues_in_next(self) -> bool {
        self.continues_in_next
    }

    /// W: the number of elements, of which the last has no length field; 0 when every element has
    /// one.
    pub fn element_count(self) -> u8 {
        self.element_count
    }

    /// N: the packet is the first of a coded video sequence.
    pub fn new_sequence(self) -> bool {
        self.new_sequence
    }
}

/// 4.5: the OBU elements of a payload, each as a byte range of it.
///
/// Elements may be empty, and those that W counts are so where the payload ends before them: such
/// payloads are met, and what is there is complete. After the first error it yields `None` for
/// ever.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    payload: &'a [u8],
    position: usize,
    index: usize,
    counted: usize,
    done: bool,
}

impl<'a> Elements<'a> {
    /// The header of `payload`, and its elements.
    ///
    /// # Errors
    /// The payload is empty, or its aggregation header is illegal.
    pub fn parse(payload: &'a [u8]) -> Result<(AggregationHeader, Self), RtpError> {
        let first = *payload.first().ok_or(RtpError::PayloadEmpty)?;
        let header = AggregationHeader::parse(first)?;
        let counted = usize::from(header.element_count);
        let position = AggregationHeader::LEN;
        let done = counted == 0 && payload.len() == position;
        Ok((header, Self { payload, position, index: 0, counted, done }))
    }

    fn cut(&mut self) -> Result<Range<usize>, RtpError> {
        let rest = &self.payload[self.position..];
        let (length, prefix) = if self.index + 1 == self.counted || rest.is_empty() {
            (rest.len(), 0)
        } else {
            let (length, prefix) = leb128::read(rest)
                .map_err(|source| RtpError::ElementLengthField { index: self.index, source })?;
            (length as usize, prefix)
        };
        let available = rest.len() - prefix;
        if length > available {
            return Err(RtpError::ElementLength { index: self.index, length, available });
        }
        let start = self.position + prefix;
        Ok(start..start + length)
    }
}

impl Iterator for Elements<'_> {
    type Item = Result<Range<usize>, RtpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let element = self.cut();
        match &element {
            Ok(range) => {
                self.position = range.end;
                self.index += 1;
                self.done = match self.counted {
                    0 => range.end == self.payload.len(),
                    counted => self.index == counted,
                };
            }
            Err(_) => self.done = true,
        }
        Some(element)
    }
}

impl std::iter::FusedIterator for Elements<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av1::obu::BitstreamError;

    fn ranges(payload: &[u8]) -> Result<Vec<Range<usize>>, RtpError> {
        Elements::parse(payload)?.1.collect()
    }

    #[test]
    fn every_byte() {
        for byte in 0..=255u8 {
            let parsed = AggregationHeader::parse(byte);
            if byte & 0x88 == 0x88 {
                assert_eq!(parsed, Err(RtpError::SequenceStartsInFragment(byte)));
                continue;
            }
            let header = parsed.unwrap();
            assert_eq!(header.to_byte(), byte & 0xf8);
            assert_eq!(header.continues_previous(), byte >> 7 == 1);
            assert_eq!(header.continues_in_next(), byte >> 6 & 1 == 1);
            assert_eq!(header.element_count(), byte >> 4 & 3);
            assert_eq!(header.new_sequence(), byte >> 3 & 1 == 1);
            let again = AggregationHeader::new(
                header.continues_previous(),
                header.continues_in_next(),
                header.element_count(),
                header.new_sequence(),
            );
            assert_eq!(again, Ok(header));
        }
        assert_eq!(AggregationHeader::new(false, false, 4, false), Err(RtpError::ElementCount(4)));
        assert_eq!(
            AggregationHeader::new(true, false, 1, true),
            Err(RtpError::SequenceStartsInFragment(0x98))
        );
    }

    #[test]
    fn elements_with_and_without_lengths() {
        assert_eq!(ranges(&[0x10, 1, 2, 3]).unwrap().first(), Some(&(1..4)));
        assert_eq!(ranges(&[0x20, 2, 1, 2, 3]).unwrap(), [2..4, 4..5]);
        assert_eq!(ranges(&[0x30, 1, 9, 1, 8, 7, 7]).unwrap(), [2..3, 4..5, 5..7]);
        assert_eq!(ranges(&[0x00, 1, 9, 1, 8, 0x82, 0x00, 7, 7]).unwrap(), [2..3, 4..5, 7..9]);
    }

    #[test]
    fn elements_without_bytes() {
        for (payload, expected) in [
            (&[0x00][..], &[][..]),
            (&[0xc0], &[]),
            (&[0x10], &[(1, 0)]),
            (&[0x20], &[(1, 0), (1, 0)]),
            (&[0x20, 1, 5], &[(2, 1), (3, 0)]),
            (&[0x30, 1, 5], &[(2, 1), (3, 0), (3, 0)]),
            (&[0x20, 0], &[(2, 0), (2, 0)]),
            (&[0x20, 0, 5], &[(2, 0), (2, 1)]),
            (&[0x00, 0, 1, 5, 0x80, 0x00], &[(2, 0), (3, 1), (6, 0)]),
        ] {
            let found: Vec<(usize, usize)> =
                ranges(payload).unwrap().into_iter().map(|r| (r.start, r.len())).collect();
            assert_eq!(found, expected, "{payload:02x?}");
        }
    }

    #[test]
    fn malformed_payloads() {
        for (payload, error) in [
            (&[][..], RtpError::PayloadEmpty),
            (&[0x20, 2, 5], RtpError::ElementLength { index: 0, length: 2, available: 1 }),
            (&[0x00, 1, 5, 3], RtpError::ElementLength { index: 1, length: 3, available: 0 }),
            (
                &[0x00, 0x80],
                RtpError::ElementLengthField {
                    index: 0,
                    source: BitstreamError::Leb128Truncated { len: 1 },
                },
            ),
        ] {
            assert_eq!(ranges(payload), Err(error), "{payload:02x?}");
        }
    }
}
