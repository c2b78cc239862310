//! The IVF container: a 32-byte file header, then per temporal unit its size, its timestamp and
//! its bytes, all little-endian.

use std::io::{self, Seek, SeekFrom, Write};

use bytes::Bytes;
use rtav1::Rational;
use thiserror::Error;

const SIGNATURE: &[u8; 4] = b"DKIF";
const FOURCC: &[u8; 4] = b"AV01";
const FILE_HEADER: usize = 32;
const UNIT_HEADER: usize = 12;
/// Ticks a second of a file whose time base is no number: it only matters for the display.
pub(crate) const FALLBACK_RATE: Rational = Rational::new(30, 1);

/// The file header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Timestamp ticks a second; [`FALLBACK_RATE`] where the file does not tell.
    pub(crate) rate: Rational,
    /// Units the writer counted; 0 if it did not.
    pub(crate) count: u32,
}

/// One temporal unit with its timestamp in ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) timestamp: u64,
    pub(crate) data: Bytes,
}

/// What is wrong with an IVF file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum IvfError {
    #[error("codec {0:?} is not AV01")]
    Codec(String),
    #[error("header length {0} is below 32")]
    HeaderLength(u16),
    #[error("not an IVF file")]
    Signature,
    #[error("the file header is cut off: {0} of 32 bytes")]
    TruncatedHeader(usize),
    #[error("unit {index} is cut off: {have} of {need} bytes")]
    TruncatedUnit { index: usize, have: usize, need: usize },
}

/// An IVF file in memory; iterates over its units without copying them.
///
/// Iteration ends after the first error.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    header: Header,
    has_timebase: bool,
    rest: Bytes,
    index: usize,
}

impl Reader {
    /// Reads the file header of `file`.
    pub(crate) fn new(mut file: Bytes) -> Result<Self, IvfError> {
        if !file.starts_with(&SIGNATURE[..file.len().min(4)]) || file.is_empty() {
            return Err(IvfError::Signature);
        }
        if file.len() < FILE_HEADER {
            return Err(IvfError::TruncatedHeader(file.len()));
        }
        let length = u16_at(&file, 6);
        if usize::from(length) < FILE_HEADER {
            return Err(IvfError::HeaderLength(length));
        }
        if &file[8..12] != FOURCC {
            return Err(IvfError::Codec(String::from_utf8_lossy(&file[8..12]).into_owned()));
        }
        let (num, den) = (u32_at(&file, 16), u32_at(&file, 20));
        let has_timebase = num > 0 && den > 0;
        let header = Header {
            width: u16_at(&file, 12),
            height: u16_at(&file, 14),
            rate: if has_timebase { Rational::new(num, den) } else { FALLBACK_RATE },
            count: u32_at(&file, 24),
        };
        let rest = file.split_off(usize::from(length).min(file.len()));
        Ok(Self { header, has_timebase, rest, index: 0 })
    }

    /// The file header.
    pub(crate) fn header(&self) -> Header {
        self.header
    }

    /// Whether the time base is a number.
    pub(crate) fn has_timebase(&self) -> bool {
        self.has_timebase
    }

    /// Frames a second, in lowest terms: the ticks divided by the least distance of two
    /// timestamps, as files of other writers count in milliseconds or 90 kHz.
    pub(crate) fn frame_rate(&self) -> Rational {
        let stamps: Vec<u64> = self.clone().flatten().map(|unit| unit.timestamp).collect();
        let step = stamps.windows(2).filter_map(|pair| pair[1].checked_sub(pair[0]));
        let step = step.filter(|&step| step > 0).min().unwrap_or(1);
        let Rational { num, den } = self.header.rate;
        let den = u64::from(den).saturating_mul(step);
        let divisor = greatest_common_divisor(u64::from(num), den);
        match u32::try_from(den / divisor) {
            Ok(den) => Rational::new((u64::from(num) / divisor) as u32, den),
            Err(_) => self.header.rate,
        }
    }
}

impl Iterator for Reader {
    type Item = Result<Unit, IvfError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let index = self.index;
        self.index += 1;
        let have = self.rest.len();
        if have < UNIT_HEADER {
            self.rest.clear();
            return Some(Err(IvfError::TruncatedUnit { index, have, need: UNIT_HEADER }));
        }
        let header = self.rest.split_to(UNIT_HEADER);
        let need = u32_at(&header, 0) as usize;
        let timestamp = u64::from(u32_at(&header, 8)) << 32 | u64::from(u32_at(&header, 4));
        let have = self.rest.len();
        if have < need {
            self.rest.clear();
            return Some(Err(IvfError::TruncatedUnit { index, have, need }));
        }
        Some(Ok(Unit { timestamp, data: self.rest.split_to(need) }))
    }
}

/// Writes an IVF file; [`finish`](Self::finish) puts the number of units into the header, where the
/// output can be written again.
#[derive(Debug)]
pub(crate) struct Writer<W> {
    output: W,
    header: Header,
}

impl<W: Write> Writer<W> {
    /// Starts a file of `width` × `height` pictures with `rate` timestamp ticks a second.
    pub(crate) fn new(output: W, width: u32, height: u32, rate: Rational) -> io::Result<Self> {
        let mut writer = Self { output, header: Header { width: 0, height: 0, rate, count: 0 } };
        writer.set_size(width, height)?;
        writer.write_header()?;
        Ok(writer)
    }

    /// Corrects the picture size once it is known; written by [`finish`](Self::finish).
    pub(crate) fn set_size(&mut self, width: u32, height: u32) -> io::Result<()> {
        let side = |n: u32| {
            u16::try_from(n).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidInput, format!("side {n} is beyond IVF"))
            })
        };
        (self.header.width, self.header.height) = (side(width)?, side(height)?);
        Ok(())
    }

    /// Appends a temporal unit.
    pub(crate) fn write(&mut self, timestamp: u64, data: &[u8]) -> io::Result<()> {
        let size = u32::try_from(data.len()).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("unit of {} bytes", data.len()))
        })?;
        self.output.write_all(&size.to_le_bytes())?;
        self.output.write_all(&timestamp.to_le_bytes())?;
        self.output.write_all(data)?;
        self.header.count += 1;
        Ok(())
    }

    /// Ends a stream whose header stays as it was written, with a count of 0 for "unknown".
    pub(crate) fn finish_stream(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }

    fn write_header(&mut self) -> io::Result<()> {
        let Header { width, height, rate, count } = self.header;
        let mut bytes = [0; FILE_HEADER];
        bytes[..4].copy_from_slice(SIGNATURE);
        bytes[6] = FILE_HEADER as u8;
        bytes[8..12].copy_from_slice(FOURCC);
        bytes[12..14].copy_from_slice(&width.to_le_bytes());
        bytes[14..16].copy_from_slice(&height.to_le_bytes());
        bytes[16..20].copy_from_slice(&rate.num.to_le_bytes());
        bytes[20..24].copy_from_slice(&rate.den.to_le_bytes());
        bytes[24..28].copy_from_slice(&count.to_le_bytes());
        self.output.write_all(&bytes)
    }
}

impl<W: Write + Seek> Writer<W> {
    /// Completes the header and gives the output back.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.output.seek(SeekFrom::Start(0))?;
        self.write_header()?;
        self.output.seek(SeekFrom::End(0))?;
        self.output.flush()?;
        Ok(self.output)
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn sample() -> Bytes {
        let mut writer =
            Writer::new(Cursor::new(Vec::new()), 176, 144, Rational::new(30_000, 1001)).unwrap();
        writer.write(0, b"first").unwrap();
        writer.write(3, b"").unwrap();
        writer.write(1 << 40, &[7; 300]).unwrap();
        writer.finish().unwrap().into_inner().into()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let reader = Reader::new(sample()).unwrap();
        let rate = Rational::new(30_000, 1001);
        assert_eq!(reader.header(), Header { width: 176, height: 144, rate, count: 3 });
        let units: Vec<Unit> = reader.map(Result::unwrap).collect();
        assert_eq!(units.len(), 3);
        assert_eq!((units[0].timestamp, &units[0].data[..]), (0, &b"first"[..]));
        assert_eq!((units[1].timestamp, units[1].data.len()), (3, 0));
        assert_eq!((units[2].timestamp, units[2].data.len()), (1 << 40, 300));
    }

    #[test]
    fn every_cut_gives_the_whole_units_then_one_error() {
        let file = sample();
        let ends = [32, 32 + 12 + 5, 32 + 12 + 5 + 12, file.len()];
        for cut in 0..file.len() {
            let Ok(reader) = Reader::new(file.slice(..cut)) else {
                assert!(cut < 32);
                continue;
            };
            let items: Vec<_> = reader.take(10).collect();
            let whole = ends[1..].iter().filter(|&&end| end <= cut).count();
            assert_eq!(items.iter().filter(|item| item.is_ok()).count(), whole, "cut at {cut}");
            assert_eq!(
                items.iter().filter(|item| item.is_err()).count(),
                usize::from(!ends.contains(&cut))
            );
        }
    }

    #[test]
    fn foreign_headers_are_refused() {
        let with = |at: usize, bytes: &[u8]| {
            let mut file = sample().to_vec();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            Reader::new(file.into()).map(|_| ()).unwrap_err()
        };
        assert_eq!(with(0, b"RIFF"), IvfError::Signature);
        assert_eq!(with(6, &[8, 0]), IvfError::HeaderLength(8));
        assert_eq!(with(8, b"VP90"), IvfError::Codec("VP90".into()));
        assert_eq!(Reader::new(Bytes::new()).unwrap_err(), IvfError::Signature);
    }

    #[test]
    fn a_time_base_that_is_no_number_stops_nothing() {
        for (num, den) in [(0, 0), (30, 0), (0, 1)] {
            let mut file = sample().to_vec();
            file[16..20].copy_from_slice(&u32::to_le_bytes(num));
            file[20..24].copy_from_slice(&u32::to_le_bytes(den));
            let reader = Reader::new(file.into()).unwrap();
            assert!(!reader.has_timebase());
            assert_eq!(reader.header().rate, FALLBACK_RATE);
            assert_eq!(reader.frame_rate(), Rational::new(10, 1));
            assert_eq!(reader.flatten().count(), 3);
        }
        assert!(Reader::new(sample()).unwrap().has_timebase());
    }

    #[test]
    fn a_stream_has_the_header_of_its_start() {
        let mut writer = Writer::new(Vec::new(), 16, 16, Rational::new(25, 1)).unwrap();
        writer.write(0, b"first").unwrap();
        let reader = Reader::new(writer.finish_stream().unwrap().into()).unwrap();
        assert_eq!((reader.header().count, reader.flatten().count()), (0, 1));
    }

    #[test]
    fn frame_rate_comes_from_the_closest_timestamps() {
        let rate = |ticks: Rational, stamps: &[u64]| {
            let mut writer = Writer::new(Cursor::new(Vec::new()), 16, 16, ticks).unwrap();
            stamps.iter().for_each(|&stamp| writer.write(stamp, b"x").unwrap());
            let file = writer.finish().unwrap().into_inner();
            Reader::new(file.into()).unwrap().frame_rate()
        };
        assert_eq!(rate(Rational::new(90_000, 1), &[0, 6006, 9009]), Rational::new(30_000, 1001));
        assert_eq!(rate(Rational::new(25, 1), &[0, 2, 3]), Rational::new(25, 1));
        assert_eq!(rate(Rational::new(25, 1), &[5]), Rational::new(25, 1));
    }
}
