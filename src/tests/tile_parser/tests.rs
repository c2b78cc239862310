//! Tests of the parser itself, on streams of an encoder by other authors.

use std::collections::BTreeMap;
use std::path::Path;

use super::{StreamParser, parse_stream};
use crate::av1::obu::TemporalUnits;

/// The units of a stream in the low-overhead format.
fn temporal_units(stream: &[u8]) -> Vec<Vec<u8>> {
    TemporalUnits::new(stream).map(|unit| unit.expect("a temporal unit").to_vec()).collect()
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
    for path in paths {
        let mut parser = StreamParser::default();
        let (mut frames, mut symbols) = (0, 0);
        let mut result = Ok(());
        for unit in temporal_units(&std::fs::read(&path).expect("a file")) {
            match parser.parse_unit(&unit) {
                Ok(logs) => {
                    frames += logs.len();
                    for symbol in logs.iter().flat_map(|log| &log.tiles).flatten() {
                        *elements.entry(symbol.element).or_default() += 1;
                    }
                    symbols += logs.iter().flat_map(|log| &log.tiles).map(Vec::len).sum::<usize>();
                }
                Err(failure) => {
                    result = Err(failure);
                    break;
                }
            }
        }
        let name = path.file_name().expect("a name").to_string_lossy();
        println!("{name}: {frames} frames, {symbols} symbols, {result:?}");
        failures += usize::from(result.is_err());
    }
    println!("{elements:?}");
    assert_eq!(failures, 0);
}
