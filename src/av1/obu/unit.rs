//! 5.2, 5.3.1: cutting a low-overhead stream into OBUs and temporal units, and putting it together.

use std::ops::Range;

use super::header::{ObuHeader, ObuType};
use super::leb128;
use crate::av1::obu::BitstreamError;

/// A temporal delimiter's header with has_size_field (5.3.2), before its size of 0.
const DELIMITER_WITH_SIZE: u8 = 0x12;
/// A temporal delimiter's header without has_size_field.
const DELIMITER_WITHOUT_SIZE: u8 = 0x10;

/// One OBU, still in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Obu<'a> {
    /// The header.
    pub header: ObuHeader,
    /// The payload, trailing bits included: `obu_size` bytes.
    pub payload: &'a [u8],
    /// The whole OBU, header and obu_size included, as a byte range of the input.
    pub range: Range<usize>,
}

impl Obu<'_> {
    /// The payload as a byte range of the input.
    pub fn payload_range(&self) -> Range<usize> {
        self.range.end - self.payload.len()..self.range.end
    }
}

/// Iterates over the OBUs of a temporal unit or of any other piece of a low-overhead stream (5.2).
///
/// It is the one rule of this library for what a unit may look like. An OBU without a size field
/// takes all the rest, as the last one of an ISO media file's sample may. What some writers leave
/// behind a unit is no part of it and is passed over: zero bytes, and the temporal delimiter of a
/// unit that does not follow.
///
/// After the first error, or at the end of the input, it yields `None` for ever.
#[derive(Clone, Debug)]
pub struct Obus<'a> {
    data: &'a [u8],
    position: usize,
    /// Up to here no search for the end of the unit needs to look again.
    searched: usize,
}

impl<'a> Obus<'a> {
    /// The OBUs of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0, searched: 0 }
    }

    /// Where the next OBU starts in the input; after an error, where the bad one starts.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Whether nothing but zero bytes and, behind an OBU, temporal delimiters are left.
    fn is_finished(&mut self) -> bool {
        let mut at = self.position;
        if at < self.searched {
            return false;
        }
        loop {
            at += match &self.data[at..] {
                [] => return true,
                [0, ..] => 1,
                [DELIMITER_WITH_SIZE, 0, ..] if at > 0 => 2,
                [DELIMITER_WITHOUT_SIZE] if at > 0 => 1,
                _ => break,
            };
        }
        self.searched = at;
        false
    }

    fn parse_next(&self) -> Result<Obu<'a>, BitstreamError> {
        let rest = &self.data[self.position..];
        let (header, header_len) = ObuHeader::parse(rest)?;
        let (size, prefix) = if header.has_size_field {
            let (size, size_len) = leb128::read(&rest[header_len..])?;
            (size as usize, header_len + size_len)
        } else {
            (rest.len() - header_len, header_len)
        };
        // 5.6: a delimiter is empty; one that takes a whole unit for its payload would hide it.
        if size > 0 && !header.has_size_field && header.obu_type == ObuType::TemporalDelimiter {
            return Err(BitstreamError::SizeMissing { obu_type: header.obu_type });
        }
        let available = rest.len() - prefix;
        if size > available {
            return Err(BitstreamError::ObuSize { size, available });
        }
        let end = self.position + prefix + size;
        let payload = &rest[prefix..prefix + size];
        Ok(Obu { header, payload, range: self.position..end })
    }
}

impl<'a> Iterator for Obus<'a> {
    type Item = Result<Obu<'a>, BitstreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_finished() {
            return None;
        }
        let obu = self.parse_next();
        match &obu {
            Ok(obu) => self.position = obu.range.end,
            Err(_) => self.data = &self.data[..self.position],
        }
        Some(obu)
    }
}

impl std::iter::FusedIterator for Obus<'_> {}

/// Cuts a low-overhead stream (a `.obu` file) into temporal units: each starts with its temporal
/// delimiter (7.5) and ends before the next. [`Obus`] tells what may stand at the end of the last.
///
/// Damage shows as an error in place of the unit that holds it; the iteration ends there.
#[derive(Clone, Debug)]
pub struct TemporalUnits<'a> {
    data: &'a [u8],
    /// Behind the delimiter of the next unit, but for the first.
    obus: Obus<'a>,
    /// Where the next unit starts.
    start: usize,
}

impl<'a> TemporalUnits<'a> {
    /// The temporal units of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, obus: Obus::new(data), start: 0 }
    }

    /// The end of the unit that starts at `self.start`.
    fn find_end(&mut self) -> Result<usize, BitstreamError> {
        if self.start == 0 {
            let first = self.obus.next().transpose()?;
            let obu_type = first.map_or(ObuType::from_bits(0), |obu| obu.header.obu_type);
            if obu_type != ObuType::TemporalDelimiter {
                return Err(BitstreamError::DelimiterMissing { obu_type });
            }
        }
        for obu in &mut self.obus {
            let obu = obu?;
            if obu.header.obu_type == ObuType::TemporalDelimiter {
                return Ok(obu.range.start);
            }
        }
        Ok(self.data.len())
    }
}

impl<'a> Iterator for TemporalUnits<'a> {
    type Item = Result<&'a [u8], BitstreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.start == self.data.len() {
            return None;
        }
        let end = self.find_end();
        let start = std::mem::replace(&mut self.start, *end.as_ref().unwrap_or(&self.data.len()));
        Some(end.map(|end| &self.data[start..end]))
    }
}

impl std::iter::FusedIterator for TemporalUnits<'_> {}

/// 5.3.1: appends an OBU with a size field if `header` says so, and `payload` as it is, which
/// holds its trailing bits already.
///
/// # Errors
/// A header that cannot be written (see [`ObuHeader::write`]) or a payload over `u32::MAX` bytes;
/// nothing is appended then.
pub fn write_obu(
    header: &ObuHeader,
    payload: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), BitstreamError> {
    let size = u32::try_from(payload.len())
        .map_err(|_| BitstreamError::Leb128Value(payload.len() as u64))?;
    header.write(out)?;
    if header.has_size_field {
        leb128::write(size, out);
    }
    out.extend_from_slice(payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::header::LayerId;
    use super::*;
    use proptest::prelude::*;

    const DELIMITER: [u8; 2] = [0x12, 0x00];

    #[test]
    fn two_obus_with_ranges() {
        let data = [0x12, 0x00, 0x36, 0x48, 0x03, 1, 2, 3];
        let obus: Vec<_> = Obus::new(&data).collect::<Result<_, _>>().unwrap();
        assert_eq!(obus.len(), 2);
        assert_eq!(obus[0].header.obu_type, ObuType::TemporalDelimiter);
        assert_eq!((obus[0].range.clone(), obus[0].payload_range()), (0..2, 2..2));
        assert_eq!(obus[1].header.obu_type, ObuType::Frame);
        assert_eq!(obus[1].header.extension, Some(LayerId { temporal_id: 2, spatial_id: 1 }));
        assert_eq!(obus[1].payload, [1, 2, 3]);
        assert_eq!((obus[1].range.clone(), obus[1].payload_range()), (2..8, 5..8));
    }

    #[test]
    fn the_last_may_lack_its_size() {
        let data = [0x12, 0x00, 0x30, 1, 2, 3];
        let obus: Vec<_> = Obus::new(&data).map(Result::unwrap).collect();
        assert_eq!(obus[1].payload, [1, 2, 3]);
        assert_eq!(obus[1].range, 2..6);
        let units: Vec<_> = TemporalUnits::new(&data).map(Result::unwrap).collect();
        assert_eq!(units, [data]);

        let data = [0x10, 0x32, 0x01, 0xaa];
        let mut obus = Obus::new(&data);
        let missing = BitstreamError::SizeMissing { obu_type: ObuType::TemporalDelimiter };
        assert_eq!(obus.next(), Some(Err(missing.clone())));
        assert_eq!((obus.next(), obus.position()), (None, 0));
        assert_eq!(TemporalUnits::new(&data).collect::<Vec<_>>(), [Err(missing)]);
    }

    #[test]
    fn what_is_left_behind_a_unit_is_no_part_of_it() {
        let unit = [0x12, 0x00, 0x32, 0x01, 0xaa];
        for rest in
            [&[][..], &[0], &[0; 9], &[0x12, 0x00], &[0x10], &[0, 0x12, 0, 0, 0], &[0x12, 0, 0x10]]
        {
            let data = [&unit[..], rest].concat();
            let obus: Vec<_> = Obus::new(&data).map(Result::unwrap).collect();
            assert_eq!(obus.iter().map(|obu| obu.range.clone()).collect::<Vec<_>>(), [0..2, 2..5]);
            assert_eq!(TemporalUnits::new(&data).collect::<Vec<_>>(), [Ok(&data[..])]);
        }
        // Zeros alone are no unit, a delimiter alone is an empty one.
        assert_eq!(Obus::new(&[0; 4]).next(), None);
        let missing = BitstreamError::DelimiterMissing { obu_type: ObuType::from_bits(0) };
        assert_eq!(TemporalUnits::new(&[0; 4]).collect::<Vec<_>>(), [Err(missing)]);
        assert_eq!(Obus::new(&DELIMITER).count(), 1);
        assert_eq!(TemporalUnits::new(&DELIMITER).collect::<Vec<_>>(), [Ok(&DELIMITER[..])]);
    }

    /// A search from every delimiter to the end would take minutes.
    #[test]
    fn many_delimiters_take_no_time() {
        let mut data = DELIMITER.repeat(1 << 20);
        data.push(0x81);
        assert_eq!(Obus::new(&data).filter(Result::is_ok).count(), 1 << 20);
        // The damage takes the place of the unit that holds it.
        assert_eq!(TemporalUnits::new(&data).filter(Result::is_ok).count(), (1 << 20) - 1);
    }

    #[test]
    fn damage_ends_the_iteration() {
        for (data, error) in [
            (&[0x32, 0x05, 1, 2][..], BitstreamError::ObuSize { size: 5, available: 2 }),
            (&[0x32], BitstreamError::Leb128Truncated { len: 0 }),
            (&[0xb2, 0x00], BitstreamError::ForbiddenBit(0xb2)),
            (&[0x36], BitstreamError::HeaderTruncated { len: 1 }),
        ] {
            let mut obus = Obus::new(data);
            assert_eq!(obus.next(), Some(Err(error)));
            assert_eq!(obus.next(), None);
        }
    }

    #[test]
    fn temporal_units_of_a_stream() {
        let frame = [0x32, 0x01, 0xaa];
        let stream = [&DELIMITER[..], &frame, &frame, &DELIMITER, &DELIMITER, &frame].concat();
        let units: Vec<_> = TemporalUnits::new(&stream).map(Result::unwrap).collect();
        assert_eq!(units, [&stream[..8], &stream[8..10], &stream[10..]]);

        let mut units = TemporalUnits::new(&stream[2..]);
        let missing = BitstreamError::DelimiterMissing { obu_type: ObuType::Frame };
        assert_eq!(units.next(), Some(Err(missing)));
        assert_eq!(units.next(), None);

        let mut units = TemporalUnits::new(&stream[..stream.len() - 1]);
        assert_eq!(units.by_ref().filter(Result::is_ok).count(), 2);
        assert_eq!(units.next(), None);
    }

    proptest! {
        #[test]
        fn written_obus_come_back(
            parts in proptest::collection::vec(
                // Without delimiters, which are passed over at the end.
                (3u8..16, proptest::option::of((0u8..8, 0u8..4)),
                 proptest::collection::vec(any::<u8>(), 0..200)),
                0..8,
            ),
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut data = Vec::new();
            let mut headers = Vec::new();
            for (obu_type, layer, payload) in &parts {
                let header = ObuHeader {
                    obu_type: ObuType::from_bits(*obu_type),
                    has_size_field: true,
                    extension: layer
                        .map(|(temporal_id, spatial_id)| LayerId { temporal_id, spatial_id }),
                };
                write_obu(&header, payload, &mut data).unwrap();
                headers.push(header);
            }
            let obus: Vec<_> = Obus::new(&data).collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(obus.len(), parts.len());
            let mut end = 0;
            for ((obu, header), (_, _, payload)) in obus.iter().zip(&headers).zip(&parts) {
                prop_assert_eq!(&obu.header, header);
                prop_assert_eq!(obu.payload, payload);
                prop_assert_eq!(obu.range.start, end);
                prop_assert_eq!(&data[obu.payload_range()], payload);
                end = obu.range.end;
            }
            prop_assert_eq!(end, data.len());
            let cut = cut.index(data.len() + 1);
            let whole = obus.iter().filter(|obu| obu.range.end <= cut).count();
            prop_assert_eq!(Obus::new(&data[..cut]).filter(Result::is_ok).count(), whole);
        }

        #[test]
        fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Obus::new(&data).count() <= data.len());
            let units = TemporalUnits::new(&data).filter_map(Result::ok).collect::<Vec<_>>();
            prop_assert_eq!(units.concat(), &data[..units.concat().len()]);
        }
    }
}
