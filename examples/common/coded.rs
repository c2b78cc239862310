//! Coded clips as temporal units: IVF files, low-overhead OBU streams (AV1 specification, 5.2) and
//! length-delimited ones (Annex B), told apart by their first bytes.

use std::path::Path;

use anyhow::{Context, bail};
use bytes::Bytes;
use rtav1::{AnnexBUnits, ObuType, Obus, Rational, TemporalUnits};

use super::input::{Input, warn};
use super::ivf::{self, Unit};

/// Frames a second taken for a stream of OBUs, which does not tell.
pub(crate) const OBU_FRAME_RATE: Rational = Rational::new(30, 1);

/// What an IVF file starts with.
const IVF: &[u8] = b"DKIF";
/// A temporal delimiter and the start of a sequence header: where decoding can start again.
const RESTART: [u8; 3] = [0x12, 0x00, 0x0a];

/// A coded file in memory; iterates over its units without copying them.
///
/// Each unit is one temporal unit, whether the file keeps them apart or not. Damage to the file
/// gives an error in place of what was lost, and the units behind it.
#[derive(Clone, Debug)]
pub(crate) struct CodedClip {
    /// Frames a second.
    pub(crate) frame_rate: Rational,
    /// Timestamp ticks a second.
    pub(crate) ticks: Rational,
    units: std::vec::IntoIter<Result<Unit, String>>,
}

impl CodedClip {
    /// Reads a file, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let read = || Self::read(&name, Input::open(&name)?.read()?.into());
        read().with_context(|| name.clone())
    }

    /// The clip in the bytes of a file that is called `name`.
    pub(crate) fn read(name: &str, file: Bytes) -> anyhow::Result<Self> {
        let rate = OBU_FRAME_RATE;
        if file.starts_with(IVF) {
            let reader = ivf::Reader::new(file)?;
            if !reader.has_timebase() {
                warn(name, "the time base is no number; 30 ticks a second are taken");
            }
            let (frame_rate, ticks) = (reader.frame_rate(), reader.header().rate);
            return Ok(Self { frame_rate, ticks, units: ivf_units(reader).into_iter() });
        }
        let units = if AnnexBUnits::detect(&file) {
            annex_b_units(&file)
        } else if starts_with_delimiter(&file) {
            obu_units(&file)
        } else {
            bail!("neither an IVF file nor a stream of OBUs that starts with a temporal delimiter");
        };
        Ok(Self { frame_rate: rate, ticks: rate, units: units.into_iter() })
    }

    /// Units left, as far as they are whole.
    pub(crate) fn count_units(&self) -> u64 {
        self.units.as_slice().iter().flatten().count() as u64
    }
}

impl Iterator for CodedClip {
    type Item = anyhow::Result<Unit>;

    fn next(&mut self) -> Option<Self::Item> {
        self.units.next().map(|unit| unit.map_err(anyhow::Error::msg))
    }
}

fn starts_with_delimiter(file: &[u8]) -> bool {
    let first = Obus::new(file).next().and_then(Result::ok);
    first.is_some_and(|obu| obu.header.obu_type == ObuType::TemporalDelimiter)
}

/// The temporal units of an IVF file. Where one of its units holds several, they share the time up
/// to the next; a unit without bytes stands for a frame that was dropped.
fn ivf_units(reader: ivf::Reader) -> Vec<Result<Unit, String>> {
    let mut units = Vec::new();
    let mut reader = reader.peekable();
    while let Some(unit) = reader.next() {
        let Unit { timestamp, data } = match unit {
            Ok(unit) if unit.data.is_empty() => continue,
            Ok(unit) => unit,
            Err(error) => {
                units.push(Err(error.to_string()));
                continue;
            }
        };
        let parts: Vec<&[u8]> =
            TemporalUnits::new(&data).collect::<Result<_, _>>().unwrap_or(vec![&data]);
        let next = reader.peek().and_then(|next| next.as_ref().ok());
        let time = next.map_or(0, |next| next.timestamp.saturating_sub(timestamp));
        let step = time / parts.len() as u64;
        for (number, part) in (0..).zip(parts) {
            let timestamp = timestamp.saturating_add(number * step);
            units.push(Ok(Unit { timestamp, data: data.slice_ref(part) }));
        }
    }
    units
}

/// The temporal units of a low-overhead stream; after damage, from the next restart on.
fn obu_units(file: &Bytes) -> Vec<Result<Unit, String>> {
    let mut units = Vec::new();
    let mut offset = 0;
    while offset < file.len() {
        for unit in TemporalUnits::new(&file[offset..]) {
            let number = units.len() as u64;
            match unit {
                Ok(unit) => {
                    offset += unit.len();
                    units.push(Ok(Unit { timestamp: number, data: file.slice_ref(unit) }));
                }
                Err(error) => {
                    units.push(Err(format!("unit {number}: {error}")));
                    let behind = &file[offset + 1..];
                    let restart = behind.windows(RESTART.len()).position(|bytes| bytes == RESTART);
                    offset = restart.map_or(file.len(), |restart| offset + 1 + restart);
                    break;
                }
            }
        }
    }
    units
}

/// The temporal units of a length-delimited stream.
fn annex_b_units(file: &[u8]) -> Vec<Result<Unit, String>> {
    let numbered = (0..).zip(AnnexBUnits::new(file));
    let unit = |(timestamp, unit): (u64, Result<Vec<u8>, _>)| match unit {
        Ok(data) => Ok(Unit { timestamp, data: data.into() }),
        Err(error) => Err(format!("unit {timestamp}: {error}")),
    };
    numbered.map(unit).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const FIRST: [u8; 8] = [0x12, 0x00, 0x0a, 0x01, 0xbb, 0x32, 0x01, 0xaa];
    const SECOND: [u8; 5] = [0x12, 0x00, 0x32, 0x01, 0xcc];

    fn read(file: &[u8]) -> CodedClip {
        CodedClip::read("test", file.to_vec().into()).unwrap()
    }

    fn units(clip: CodedClip) -> Vec<(u64, Vec<u8>)> {
        clip.flatten().map(|unit| (unit.timestamp, unit.data.to_vec())).collect()
    }

    fn ivf(units: &[(u64, &[u8])]) -> Vec<u8> {
        let file = Cursor::new(Vec::new());
        let mut writer = ivf::Writer::new(file, 16, 16, Rational::new(25, 1)).unwrap();
        units.iter().for_each(|(timestamp, data)| writer.write(*timestamp, data).unwrap());
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_unit_of_an_ivf_file_may_hold_several() {
        let both = [&FIRST[..], &SECOND].concat();
        let bare = &FIRST[2..];
        let file = ivf(&[(0, &both), (4, &FIRST), (5, b""), (6, bare), (9, &both)]);
        let expected = [
            (0, FIRST.to_vec()),
            (2, SECOND.to_vec()),
            (4, FIRST.to_vec()),
            (6, bare.to_vec()),
            (9, FIRST.to_vec()),
            (9, SECOND.to_vec()),
        ];
        assert_eq!(read(&file).count_units(), 6);
        assert_eq!(units(read(&file)), expected);
    }

    #[test]
    fn damage_costs_what_is_damaged() {
        // obu_size of the second unit is beyond the end.
        let mut file = [&FIRST[..], &SECOND, &SECOND, &FIRST, &SECOND].concat();
        file[FIRST.len() + 3] = 0x7f;
        let items: Vec<_> = read(&file).collect();
        assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true]);
        let expected = [(0, FIRST.to_vec()), (2, FIRST.to_vec()), (3, SECOND.to_vec())];
        assert_eq!(units(read(&file)), expected);
        let cut = ivf(&[(0, &FIRST), (1, &SECOND)]);
        let items: Vec<_> = read(&cut[..cut.len() - 1]).collect();
        assert_eq!(items.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let annex_b = [
            0x0a, 0x09, 0x01, 0x10, 0x02, 0x08, 0xbb, 0x03, 0x30, 0xaa, 0xaa, 0x02, 0x01, 0x01,
            0x10,
        ];
        let first = [0x12, 0x00, 0x0a, 0x01, 0xbb, 0x32, 0x02, 0xaa, 0xaa].to_vec();
        let clip = read(&annex_b[..11]);
        assert_eq!((clip.frame_rate, clip.count_units()), (OBU_FRAME_RATE, 1));
        assert_eq!(units(clip), [(0, first)]);
        assert_eq!(units(read(&FIRST)), [(0, FIRST.to_vec())]);
        for file in [&b""[..], b"RIFF....", &FIRST[2..], &[0; 40]] {
            let error = CodedClip::read("test", file.to_vec().into()).unwrap_err();
            assert!(error.to_string().starts_with("neither an IVF file"), "{error}");
        }
    }
}
