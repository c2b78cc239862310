//! The structures of scalability modes (W3C, *Scalable Video Coding (SVC) Extension for WebRTC*,
//! section 6), as tables.

use std::fmt;

use super::frame::{DecodeTargetIndication, FrameDependencies};
use super::list::ShortList;
use super::structure::DependencyStructure;

/// How many temporal layers a stream has, by the names that W3C gives.
///
/// Decode target n is made of the temporal layers up to n, and one chain of the frames of layer 0
/// protects them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ScalabilityMode {
    /// One layer.
    #[default]
    L1T1,
    /// Two temporal layers; every second frame is of layer 1.
    L1T2,
    /// Three temporal layers; of four frames the second and the last are of layer 2, the third is of
    /// layer 1.
    L1T3,
}

/// A template: temporal layer, indications by their symbols, differences, chain.
type Row = (u8, &'static str, &'static [u16], u8);

const L1T1: [Row; 2] = [(0, "S", &[], 0), (0, "S", &[1], 1)];

const L1T2: [Row; 3] = [(0, "SS", &[], 0), (0, "SS", &[2], 2), (1, "-D", &[1], 1)];

/// A.10.2.1, with its decode targets in ascending order.
const L1T3: [Row; 5] = [
    (0, "SSS", &[], 0),
    (0, "SSS", &[4], 4),
    (1, "-DS", &[2], 2),
    (2, "--D", &[1], 1),
    (2, "--D", &[1], 3),
];

/// L1T2 with the frames of L1T1.
const L1T2_CHANGEABLE: [Row; 4] =
    [(0, "SS", &[], 0), (0, "SS", &[1], 1), (0, "SS", &[2], 2), (1, "-D", &[1], 1)];

/// L1T3 with the frames of L1T1 and L1T2.
const L1T3_CHANGEABLE: [Row; 8] = [
    (0, "SSS", &[], 0),
    (0, "SSS", &[1], 1),
    (0, "SSS", &[2], 2),
    (0, "SSS", &[4], 4),
    (1, "-DS", &[1], 1),
    (1, "-DS", &[2], 2),
    (2, "--D", &[1], 1),
    (2, "--D", &[1], 3),
];

impl ScalabilityMode {
    /// All modes, by rising number of layers.
    pub const ALL: [Self; 3] = [Self::L1T1, Self::L1T2, Self::L1T3];

    /// The mode of this name; `None` of one that this library does not code.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// The name, such as `L1T3`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L1T1 => "L1T1",
            Self::L1T2 => "L1T2",
            Self::L1T3 => "L1T3",
        }
    }

    /// Temporal layers, 1 to 3.
    pub const fn temporal_layers(self) -> u8 {
        match self {
            Self::L1T1 => 1,
            Self::L1T2 => 2,
            Self::L1T3 => 3,
        }
    }

    /// The decode targets that a stream of this mode has, as a mask.
    pub const fn decode_targets(self) -> u32 {
        (1 << self.temporal_layers()) - 1
    }

    /// The templates of this mode alone.
    pub fn structure(self) -> DependencyStructure {
        structure(match self {
            Self::L1T1 => &L1T1,
            Self::L1T2 => &L1T2,
            Self::L1T3 => &L1T3,
        })
    }

    /// The templates of this mode and of all with fewer layers, for streams that change among them
    /// without a key frame: with [`decode_targets`](Self::decode_targets) of the mode as it is as
    /// active decode targets. A structure itself changes with key frames only (A.8.3).
    pub fn changeable_structure(self) -> DependencyStructure {
        structure(match self {
            Self::L1T1 => &L1T1,
            Self::L1T2 => &L1T2_CHANGEABLE,
            Self::L1T3 => &L1T3_CHANGEABLE,
        })
    }
}

impl fmt::Display for ScalabilityMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn structure(rows: &[Row]) -> DependencyStructure {
    let template = |&(temporal_id, dtis, fdiffs, chain): &Row| {
        let dtis: Vec<_> = dtis.chars().map(indication).collect();
        FrameDependencies {
            spatial_id: 0,
            temporal_id,
            dtis: ShortList::of("decode targets", &dtis).unwrap_or_default(),
            fdiffs: ShortList::of("fdiffs", fdiffs).unwrap_or_default(),
            chain_fdiffs: ShortList::of("chains", &[chain]).unwrap_or_default(),
        }
    };
    let templates: Vec<_> = rows.iter().map(template).collect();
    let protected_by = vec![0; rows[0].1.len()];
    // The tables are in order, which the tests prove of each.
    DependencyStructure::new(templates, &protected_by).expect("a table of this file")
}

fn indication(symbol: char) -> DecodeTargetIndication {
    match symbol {
        'S' => DecodeTargetIndication::Switch,
        'D' => DecodeTargetIndication::Discardable,
        'R' => DecodeTargetIndication::Required,
        _ => DecodeTargetIndication::NotPresent,
    }
}
