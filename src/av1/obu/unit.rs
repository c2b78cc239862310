//! 5.2, 5.3.1: cutting a low-overhead stream into OBUs and temporal units, and putting it together.

use std::ops::Range;

use super::header::{ObuHeader, ObuType};
use super::leb128;
use crate::av1::obu::BitstreamError;

/// One OBU, still in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Iterates over the OBUs of a temporal unit or of any other piece of a low-overhead stream.
///
/// After the first error, or at the end of the input, it yields `None` for ever.
#[derive(Clone, Debug)]
pub struct Obus<'a> {
    data: &'a [u8],
    position: usize,
    last_may_lack_size: bool,
}

impl<'a> Obus<'a> {
    /// The OBUs of `data`, each of which has a size field (5.2).
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0, last_may_lack_size: false }
    }

    /// As [`new`](Self::new), but an OBU may lack its size field and then takes all the rest, as
    /// in ISO media files.
    pub fn last_may_lack_size(data: &'a [u8]) -> Self {
        Self { last_may_lack_size: true, ..Self::new(data) }
    }

    /// Where the next OBU starts in the input; after an error, where the bad one starts.
    pub fn position(&self) -> usize {
        self.position
    }

    fn parse_next(&self) -> Result<Obu<'a>, BitstreamError> {
        let rest = &self.data[self.position..];
        let (header, header_len) = ObuHeader::parse(rest)?;
        let (size, prefix) = if header.has_size_field {
            let (size, size_len) = leb128::read(&rest[header_len..])?;
            (size as usize, header_len + size_len)
        } else if self.last_may_lack_size {
            (rest.len() - header_len, header_len)
        } else {
            return Err(BitstreamError::SizeMissing { obu_type: header.obu_type });
        };
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
        if self.position >= self.data.len() {
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
/// delimiter (7.5) and ends before the next.
///
/// Damage shows as an error in place of the unit that holds it; the iteration ends there.
#[derive(Clone, Debug)]
pub struct TemporalUnits<'a> {
    data: &'a [u8],
}

impl<'a> TemporalUnits<'a> {
    /// The temporal units of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { data }
    }

    fn cut(&self) -> Result<usize, BitstreamError> {
        for (index, obu) in Obus::new(self.data).enumerate() {
            let obu = obu?;
            let delimiter = obu.header.obu_type == ObuType::TemporalDelimiter;
            match (index, delimiter) {
                (0, false) => {
                    return Err(BitstreamError::DelimiterMissing { obu_type: obu.header.obu_type });
                }
                (1.., true) => return Ok(obu.range.start),
                _ => {}
            }
        }
        Ok(self.data.len())
    }
}

impl<'a> Iterator for TemporalUnits<'a> {
    type Item = Result<&'a [u8], BitstreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.data.is_empty() {
            return None;
        }
        let end = self.cut();
        let (unit, rest) = self.data.split_at(*end.as_ref().unwrap_or(&self.data.len()));
        self.data = rest;
        Some(end.map(|_| unit))
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
        let mut strict = Obus::new(&data);
        assert!(strict.next().unwrap().is_ok());
        let missing = BitstreamError::SizeMissing { obu_type: ObuType::Frame };
        assert_eq!(strict.next(), Some(Err(missing)));
        assert_eq!(strict.next(), None);
        assert_eq!(strict.position(), 2);
        let obus: Vec<_> = Obus::last_may_lack_size(&data).map(Result::unwrap).collect();
        assert_eq!(obus[1].payload, [1, 2, 3]);
        assert_eq!(obus[1].range, 2..6);
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
                (0u8..16, proptest::option::of((0u8..8, 0u8..4)),
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
            prop_assert!(Obus::last_may_lack_size(&data).count() <= data.len());
            let units = TemporalUnits::new(&data).filter_map(Result::ok).collect::<Vec<_>>();
            prop_assert_eq!(units.concat(), &data[..units.concat().len()]);
        }
    }
}
