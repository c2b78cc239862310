//! The structures of scalability modes (W3C, *Scalable Video Coding (SVC) Extension for WebRTC*,
//! section 6), as tables.

use super::frame::{DecodeTargetIndication, FrameDependencies};
use super::list::ShortList;
use super::structure::DependencyStructure;
use crate::config::ScalabilityMode;

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

impl DependencyStructure {
    /// The templates of a mode. Decode target n is made of the temporal layers up to n, and one chain
    /// of the frames of layer 0 protects them all.
    pub fn of_mode(mode: ScalabilityMode) -> Self {
        structure(match mode {
            ScalabilityMode::L1T1 => &L1T1,
            ScalabilityMode::L1T2 => &L1T2,
            ScalabilityMode::L1T3 => &L1T3,
        })
    }

    /// The templates of a mode and of all with fewer layers, for streams that change among them without
    /// a key frame: a structure itself changes with key frames only (A.8.3), and
    /// [`active_decode_targets`](super::DependencyDescriptor::active_decode_targets) tell which mode it
    /// is.
    pub fn up_to_mode(mode: ScalabilityMode) -> Self {
        structure(match mode {
            ScalabilityMode::L1T1 => &L1T1,
            ScalabilityMode::L1T2 => &L1T2_CHANGEABLE,
            ScalabilityMode::L1T3 => &L1T3_CHANGEABLE,
        })
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
