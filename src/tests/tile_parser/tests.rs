//! Tests of the parser itself, on streams of an encoder by other authors.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use proptest::prelude::*;

use super::symbol_decoder::{SymbolDecoder, adapt, cumulative};
use super::{
    FrameLog, LoggedSymbol, SavedFrame, StreamParser, WrittenSymbol, block, first_difference,
    parse_stream,
};
use crate::av1::obu::TemporalUnits;
use crate::av1::tile::cdf::{self, CdfContext};
use crate::av1::tile::entropy::{self, RangeEncoder};
use crate::av1::tile::symbol::{Gather, Record, SymbolSink};

/// Order hints, a pyramid of frames, motion fields, compounds, skip mode, hidden and shown-existing
/// frames.
const HIERARCHY: &[u8] = include_bytes!("../data/libaom_hierarchy.obu");
/// No order hints, segmentation with temporal prediction, tiles.
const LOW_DELAY: &[u8] = include_bytes!("../data/libaom_low_delay.obu");
/// Lossless frames.
const LOSSLESS: &[u8] = include_bytes!("../data/libaom_lossless.obu");

/// The units of a stream in the low-overhead format.
fn temporal_units(stream: &[u8]) -> Vec<Vec<u8>> {
    TemporalUnits::new(stream).map(|unit| unit.expect("a temporal unit").to_vec()).collect()
}

fn symbols(logs: &[FrameLog]) -> impl Iterator<Item = &LoggedSymbol> {
    logs.iter().flat_map(|log| &log.tiles).flatten()
}

/// Parses a stream and checks the number of frames, of tiles per frame and of symbols, and that
/// `elements` are among them.
fn check(stream: &[u8], frames: usize, tiles: usize, count: usize, elements: &[&str]) {
    let logs = parse_stream(&temporal_units(stream)).expect("a stream within the subset");
    assert_eq!(logs.len(), frames);
    assert!(logs.iter().all(|log| log.tiles.len() == tiles));
    assert_eq!(symbols(&logs).count(), count);
    let seen: BTreeSet<_> = symbols(&logs).map(|symbol| symbol.element).collect();
    for element in elements {
        assert!(seen.contains(element), "no {element}");
    }
    for symbol in symbols(&logs) {
        assert!(symbol.range >= 1 << 15, "{symbol:?}");
        let limit = if symbol.row.is_some() { symbol.size.into() } else { 1 << symbol.size };
        assert!(symbol.value < limit, "{symbol:?}");
    }
}

#[test]
fn a_hierarchy_parses() {
    let elements = ["comp_bwdref", "compound_mode", "skip_mode", "inter_tx_type", "txfm_split"];
    check(HIERARCHY, 11, 1, 16_825, &elements);
}

#[test]
fn low_delay_parses() {
    let elements = ["segment_id", "seg_id_predicted", "drl_mode", "cdef_idx", "split_or_horz"];
    check(LOW_DELAY, 8, 2, 37_742, &elements);
}

#[test]
fn lossless_parses() {
    check(LOSSLESS, 3, 1, 15_588, &["golomb_data_bit", "mv_joint", "cfl_alpha_signs"]);
}

/// The encoder's motion vector prediction (7.9, 7.10.2, 7.19) gives what the literal one does.
#[test]
fn mv_prediction_agrees_with_the_encoder() {
    for stream in [HIERARCHY, LOW_DELAY, LOSSLESS] {
        let mut parser = StreamParser::default();
        parser.state.compares_mv_prediction = true;
        for unit in temporal_units(stream) {
            parser.parse_unit(&unit).expect("the same stacks");
        }
    }
}

/// What a frame hands on: vectors, segments and adapted CDFs.
#[test]
fn frames_leave_their_state() {
    let hierarchy = parse_stream(&temporal_units(HIERARCHY)).expect("a stream within the subset");
    for log in &hierarchy {
        let SavedFrame { mi_rows, mi_cols, is_intra, saved_ref_frames, cdfs, .. } = &*log.frame;
        assert_eq!((*mi_rows, *mi_cols), (24, 40));
        assert_eq!(saved_ref_frames.len(), 24 * 40);
        let moved = saved_ref_frames.iter().any(|ref_frame| *ref_frame > 0);
        assert!(!(moved && *is_intra));
        assert!((0..=255).all(|base_q_idx| *cdfs != CdfContext::new_default(base_q_idx)));
    }
    let vectors = hierarchy.iter().flat_map(|log| &log.frame.saved_mvs);
    assert!(vectors.filter(|mv| **mv != [0; 2]).count() > 100);
    assert!(hierarchy.iter().any(|log| log.frame.saved_order_hints[1..] != [0; 7]));

    let mut parser = StreamParser::default();
    let mut segments = BTreeSet::new();
    for unit in temporal_units(LOW_DELAY) {
        for log in parser.parse_unit(&unit).expect("a unit within the subset") {
            segments.extend(log.frame.saved_segment_ids.iter().copied());
            let kept = |slot: &Option<Rc<SavedFrame>>| {
                slot.as_ref().is_some_and(|frame| Rc::ptr_eq(frame, &log.frame))
            };
            assert!(parser.state.slots.iter().any(kept));
        }
    }
    assert!(segments.len() > 1, "{segments:?}");
}

/// The conditions of 8.2.4 notice nearly every changed bit.
#[test]
fn damage_is_noticed() {
    let units = temporal_units(LOW_DELAY);
    let mut parser = StreamParser::default();
    parser.parse_unit(&units[0]).expect("the key frame");
    let (mut unnoticed, mut total) = (0, 0);
    for byte in 30..units[1].len() {
        let mut unit = units[1].clone();
        unit[byte] ^= 1 << (byte % 8);
        total += 1;
        unnoticed += usize::from(parser.clone().parse_unit(&unit).is_ok());
    }
    assert!(total > 200 && unnoticed * 20 < total, "{unnoticed} of {total}");
}

#[test]
fn neg_deinterleave_reaches_each_segment_once() {
    for max in 1..=8 {
        for reference in 0..max {
            let values: BTreeSet<_> =
                (0..max).map(|diff| block::neg_deinterleave(diff, reference, max)).collect();
            assert!(values.iter().copied().eq(0..max), "{reference} of {max}: {values:?}");
        }
    }
}

#[test]
fn differences_are_found_at_their_symbol() {
    let symbol = |row, size, value| LoggedSymbol {
        element: "",
        row,
        size,
        value,
        range: 1 << 15,
        mi_row: 0,
        mi_col: 0,
    };
    let parsed =
        [symbol(Some(4), 2, 1), symbol(None, 1, 1), symbol(None, 2, 1), symbol(Some(8), 3, 2)];
    let coded = |row, value| WrittenSymbol::Symbol { row, value };
    let bits = |value, bits| WrittenSymbol::Literal { value, bits };
    let place = |written: &[WrittenSymbol]| {
        first_difference(&parsed, written.iter().copied()).map(|(index, _)| index)
    };
    assert_eq!(place(&[coded(4, 1), bits(0b101, 3), coded(8, 2)]), None);
    assert_eq!(place(&[coded(4, 1), bits(0b100, 3), coded(8, 2)]), Some(2));
    assert_eq!(place(&[coded(5, 1), bits(0b101, 3), coded(8, 2)]), Some(0));
    assert_eq!(place(&[coded(4, 1), bits(0b101, 3)]), Some(3));
    assert_eq!(place(&[coded(4, 1), bits(0b101, 3), coded(8, 2), bits(0, 1)]), Some(4));
}

/// The encoder's records say what the parser logs.
#[test]
fn records_compare_with_the_log() {
    let row = cdf::PARTITION_W64_CDF.row([3]);
    let mut records: Vec<Record> = Vec::new();
    records.symbol(row, 9);
    records.literal(0b10, 2);
    records.split_or(row, Gather::SplitOrVert, true);
    let symbols: Vec<WrittenSymbol> = records.into_iter().map(WrittenSymbol::from).collect();
    let row = row.offset;
    assert_eq!(
        symbols,
        [
            WrittenSymbol::Symbol { row, value: 9 },
            WrittenSymbol::Literal { value: 2, bits: 2 },
            WrittenSymbol::Symbol { row, value: 1 },
        ]
    );
}

proptest! {
    /// The symbol decoder reads what the range encoder wrote, ends where it ended, and both adapt
    /// alike.
    #[test]
    fn symbols_come_back(
        n in 2usize..=16,
        values in prop::collection::vec((0usize..16, 0u32..16), 0..400),
    ) {
        let mut written: Vec<u16> = (1..n).map(|i| 32768 - (32768 * i / n) as u16).collect();
        written.push(0);
        let mut read = written.clone();
        let mut encoder = RangeEncoder::default();
        encoder.start();
        for (value, bits) in &values {
            encoder.symbol(&written, value % n, n);
            entropy::adapt(&mut written, value % n, n);
            encoder.literal(*bits, 4);
        }
        let data = encoder.finish().to_vec();
        let mut decoder = SymbolDecoder::new(&data);
        for (value, bits) in &values {
            prop_assert_eq!(decoder.read_symbol(&cumulative(&read)[..n]), value % n);
            adapt(&mut read, value % n);
            let literal = (0..4).fold(0, |x, _| 2 * x + decoder.read_bool());
            prop_assert_eq!(literal, *bits);
        }
        prop_assert_eq!(&read, &written);
        prop_assert_eq!(decoder.exit(), Ok(()));
    }
}

/// Parses every `.obu` file of the folder that RTAV1_STREAMS names, and prints what it found.
#[test]
#[ignore = "needs RTAV1_STREAMS, a folder of streams within the subset"]
fn streams_of_a_folder_parse() {
    let folder = std::env::var("RTAV1_STREAMS").expect("RTAV1_STREAMS names a folder");
    let mut paths: Vec<_> = std::fs::read_dir(Path::new(&folder))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "obu"))
        .collect();
    paths.sort();
    let mut failures = 0;
    let mut elements = BTreeMap::<&str, usize>::new();
    for path in &paths {
        let mut parser = StreamParser::default();
        parser.state.compares_mv_prediction = true;
        let (mut frames, mut count) = (0, 0);
        let mut result = Ok(());
        for unit in temporal_units(&std::fs::read(path).expect("a file")) {
            match parser.parse_unit(&unit) {
                Ok(logs) => {
                    frames += logs.len();
                    for symbol in symbols(&logs) {
                        count += 1;
                        *elements.entry(symbol.element).or_default() += 1;
                    }
                }
                Err(failure) => {
                    result = Err(failure);
                    break;
                }
            }
        }
        let name = path.file_name().expect("a name").to_string_lossy();
        println!("{name}: {frames} frames, {count} symbols, {result:?}");
        failures += usize::from(result.is_err() || frames == 0);
    }
    println!("{elements:?}");
    assert!(!paths.is_empty() && failures == 0, "{failures} of {}", paths.len());
}
