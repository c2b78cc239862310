//! Coded clips: IVF files and low-overhead OBU streams (AV1 specification, 5.2) as temporal units.

use std::path::Path;

use anyhow::{Context, bail};
use bytes::Bytes;
use rtav1::{Rational, TemporalUnits};

use super::ivf::{self, Unit};

/// Frames a second taken for an OBU stream, which does not tell.
pub(crate) const OBU_FRAME_RATE: Rational = Rational::new(30, 1);

/// A coded file in memory; iterates over its units without copying them.
///
/// A file cut off within a unit gives the whole units, then an error.
#[derive(Clone, Debug)]
pub(crate) struct CodedClip {
    /// Frames a second.
    pub(crate) frame_rate: Rational,
    /// Timestamp ticks a second.
    pub(crate) ticks: Rational,
    units: Units,
}

#[derive(Clone, Debug)]
enum Units {
    Ivf(ivf::Reader),
    Obu { file: Bytes, offset: usize, index: u64 },
}

impl CodedClip {
    /// Opens a file, told by its name's end: `.ivf` or `.obu`.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let kind = path.extension().unwrap_or_default();
        if kind != "ivf" && kind != "obu" {
            bail!("{}: the name must end in .ivf or .obu", path.display());
        }
        let file = std::fs::read(path).with_context(|| path.display().to_string())?.into();
        if kind == "obu" {
            let units = Units::Obu { file, offset: 0, index: 0 };
            return Ok(Self { frame_rate: OBU_FRAME_RATE, ticks: OBU_FRAME_RATE, units });
        }
        let reader = ivf::Reader::new(file).with_context(|| path.display().to_string())?;
        let (frame_rate, ticks) = (reader.frame_rate(), reader.header().rate);
        Ok(Self { frame_rate, ticks, units: Units::Ivf(reader) })
    }

    /// Units left, as far as they are whole.
    pub(crate) fn count_units(&self) -> u64 {
        self.clone().flatten().count() as u64
    }
}

impl Iterator for CodedClip {
    type Item = anyhow::Result<Unit>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.units {
            Units::Ivf(reader) => reader.next().map(|unit| Ok(unit?)),
            Units::Obu { file, offset, index } => {
                let unit = TemporalUnits::new(&file[*offset..]).next()?;
                let unit = unit.map(|unit| {
                    let data = file.slice_ref(unit);
                    let timestamp = *index;
                    (*offset, *index) = (*offset + data.len(), timestamp + 1);
                    Unit { timestamp, data }
                });
                if unit.is_err() {
                    *offset = file.len();
                }
                let place = format!("unit {index}");
                Some(unit.context(place))
            }
        }
    }
}
