//! Annex B: the length-delimited format, turned into the low-overhead format (5.2).

use std::ops::Range;

use super::header::{ObuHeader, ObuType};
use super::leb128;
use super::unit::{Obus, write_obu};
use crate::av1::obu::BitstreamError;

/// Iterates over the temporal units of a stream in the length-delimited format (B.2), each of them
/// rewritten in the low-overhead format that everything else here takes.
///
/// Damage shows as an error in place of the unit that holds it; the iteration goes on behind that
/// unit if its length is sound.
#[derive(Clone, Debug)]
pub struct AnnexBUnits<'a> {
    rest: &'a [u8],
}

impl<'a> AnnexBUnits<'a> {
    /// The temporal units of `data`.
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    /// Whether `data` starts as a length-delimited stream does: with a temporal unit whose lengths
    /// add up and whose first OBU is a temporal delimiter (7.5). No low-overhead stream does so:
    /// its own delimiter would be a temporal unit with an empty frame unit in it.
    pub fn detect(data: &[u8]) -> bool {
        let unit = AnnexBUnits::new(data).next().and_then(Result::ok).unwrap_or_default();
        let first = Obus::new(&unit).next().and_then(Result::ok);
        first.is_some_and(|obu| obu.header.obu_type == ObuType::TemporalDelimiter)
    }
}

impl Iterator for AnnexBUnits<'_> {
    type Item = Result<Vec<u8>, BitstreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match take_sized(&mut self.rest) {
            Ok(unit) => Some(low_overhead(unit)),
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}

impl std::iter::FusedIterator for AnnexBUnits<'_> {}

/// B.3: temporal_unit(sz), in the low-overhead format.
fn low_overhead(mut unit: &[u8]) -> Result<Vec<u8>, BitstreamError> {
    let mut out = Vec::with_capacity(unit.len() + unit.len() / 64);
    while !unit.is_empty() {
        let mut frame = take_sized(&mut unit)?;
        if frame.is_empty() {
            return Err(BitstreamError::value("frame_unit_size", 0));
        }
        while !frame.is_empty() {
            let obu = take_sized(&mut frame)?;
            let (header, payload) = split_obu(obu)?;
            let header = ObuHeader { has_size_field: true, ..header };
            write_obu(&header, &obu[payload], &mut out)?;
        }
    }
    Ok(out)
}

/// 5.3.1: the header and payload of an OBU of `obu_length` bytes, with or without obu_size.
fn split_obu(obu: &[u8]) -> Result<(ObuHeader, Range<usize>), BitstreamError> {
    let (header, start) = ObuHeader::parse(obu)?;
    if !header.has_size_field {
        return Ok((header, start..obu.len()));
    }
    let (size, size_len) = leb128::read(&obu[start..])?;
    let start = start + size_len;
    let (size, available) = (size as usize, obu.len() - start);
    if size > available {
        return Err(BitstreamError::ObuSize { size, available });
    }
    Ok((header, start..start + size))
}

/// Splits off a leb128 length and as many bytes.
fn take_sized<'a>(data: &mut &'a [u8]) -> Result<&'a [u8], BitstreamError> {
    let (size, size_len) = leb128::read(data)?;
    let (size, rest) = (size as usize, &data[size_len..]);
    let available = rest.len();
    let (taken, rest) =
        rest.split_at_checked(size).ok_or(BitstreamError::ObuSize { size, available })?;
    *data = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two temporal units: a delimiter and two frame units, then a delimiter with obu_size.
    const STREAM: [u8; 19] = [
        0x0d, 0x05, 0x01, 0x10, 0x02, 0x08, 0xbb, 0x06, 0x04, 0x32, 0x01, 0xaa, 0x00, 0x00, //
        0x04, 0x03, 0x02, 0x12, 0x00,
    ];

    #[test]
    fn units_are_rewritten_with_sizes() {
        let units: Vec<_> = AnnexBUnits::new(&STREAM).collect();
        // The byte behind obu_size within obu_length is no part of the payload; an OBU of no bytes
        // has no header.
        let header = BitstreamError::HeaderTruncated { len: 0 };
        assert_eq!(units, [Err(header), Ok(vec![0x12, 0x00])]);

        let mut stream = STREAM.to_vec();
        (stream[0], stream[7]) = (0x0c, 0x05);
        stream.remove(13);
        let units: Vec<_> = AnnexBUnits::new(&stream).map(Result::unwrap).collect();
        let first = [0x12, 0x00, 0x0a, 0x01, 0xbb, 0x32, 0x01, 0xaa];
        assert_eq!(units, [&first[..], &[0x12, 0x00]]);
    }

    #[test]
    fn the_two_formats_are_told_apart() {
        assert!(AnnexBUnits::detect(&STREAM[14..]));
        assert!(AnnexBUnits::detect(&[0x03, 0x02, 0x01, 0x10]));
        for data in [
            &[][..],
            &[0x12, 0x00],
            &[0x12, 0x00, 0x0a, 0x01, 0xbb, 0x32, 0x01, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0x0a, 0x01, 0xbb],
            &[0x03, 0x02, 0x01, 0x18],
            b"DKIF",
            b"YUV4MPEG2 W16 H16",
        ] {
            assert!(!AnnexBUnits::detect(data), "{data:?}");
        }
    }

    #[test]
    fn lengths_beyond_the_end() {
        let error = |data: &[u8]| AnnexBUnits::new(data).next().unwrap().unwrap_err();
        assert_eq!(error(&[5, 1]), BitstreamError::ObuSize { size: 5, available: 1 });
        assert_eq!(error(&[2, 2, 1]), BitstreamError::ObuSize { size: 2, available: 1 });
        assert_eq!(error(&[3, 2, 2, 1]), BitstreamError::ObuSize { size: 2, available: 1 });
        assert_eq!(error(&[4, 3, 2, 0x12, 1]), BitstreamError::ObuSize { size: 1, available: 0 });
        assert_eq!(error(&[0x80]), BitstreamError::Leb128Truncated { len: 1 });
        assert_eq!(error(&[1, 0]), BitstreamError::value("frame_unit_size", 0));
    }

    proptest! {
        #[test]
        fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..64)) {
            for unit in AnnexBUnits::new(&data).flatten() {
                prop_assert!(Obus::new(&unit).all(|obu| obu.is_ok()));
            }
        }
    }
}
