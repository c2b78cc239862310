//! Any bytes at all: errors, never a panic, and no more memory than the standard's limits.

use proptest::prelude::*;

use super::Choices;
use super::round_trip::Stream;
use crate::av1::obu::bits::BitReader;
use crate::av1::obu::{
    DecoderState, LayerId, Obu, ObuHeader, ObuType, SequenceHeader, StreamInspector,
    UncompressedHeader,
};

fn obu(obu_type: ObuType, payload: &[u8]) -> Obu<'_> {
    let header = ObuHeader { obu_type, has_size_field: true, extension: None };
    Obu { header, payload, range: 0..payload.len() }
}

proptest! {
    #[test]
    fn bytes_as_sequence_header(data in proptest::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(header) = SequenceHeader::parse(&data) {
            prop_assert_eq!(SequenceHeader::parse(&header.write().unwrap()), Ok(header));
        }
    }

    /// Random bits read as a header come out of the writer as they were understood.
    #[test]
    fn bytes_as_frame_header(
        mut c in Choices::strategy(1500),
        data in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let stream = Stream::new(&mut c, 4);
        for state in &stream.states {
            let layer = LayerId::default();
            let Ok(header) = state.parse_frame_header(&mut BitReader::new(&data), layer) else {
                continue;
            };
            if let UncompressedHeader::Frame(header) = &header {
                prop_assert!(header.tile_info.num_tiles() <= 4096);
            }
            let bytes = state.write_frame_header(&header, layer).unwrap().into_bytes();
            let again = state.parse_frame_header(&mut BitReader::new(&bytes), layer);
            prop_assert_eq!(again, Ok(header));
        }
    }

    #[test]
    fn bytes_as_obus(
        mut c in Choices::strategy(500),
        payloads in proptest::collection::vec(
            (0u8..16, proptest::collection::vec(any::<u8>(), 0..100)), 1..10),
    ) {
        let stream = Stream::new(&mut c, 2);
        for mut state in stream.states.into_iter().chain([DecoderState::new()]) {
            for (obu_type, payload) in &payloads {
                let _ = state.push(&obu(ObuType::from_bits(*obu_type), payload));
            }
            let _ = state.end_temporal_unit();
        }
    }

    #[test]
    fn bytes_as_temporal_units(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut inspector = StreamInspector::new();
        let _ = inspector.inspect(&data);
        let _ = inspector.inspect(&data);
    }

    /// Bits flipped and bytes cut in a legal stream.
    #[test]
    fn damaged_streams(
        mut c in Choices::strategy(2000),
        flips in proptest::collection::vec(any::<(proptest::sample::Index, u8)>(), 1..8),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
        operating_point in proptest::option::of(0usize..3),
    ) {
        let mut stream = Stream::new(&mut c, 6);
        let mut inspector = match operating_point {
            Some(index) => StreamInspector::with_operating_point(index),
            None => StreamInspector::new(),
        };
        let lengths: Vec<usize> = stream.units.iter().map(Vec::len).collect();
        let total: usize = lengths.iter().sum();
        for (place, bit) in flips {
            let mut place = place.index(total);
            for unit in &mut stream.units {
                if place < unit.len() {
                    unit[place] ^= 1 << (bit % 8);
                    break;
                }
                place -= unit.len();
            }
        }
        for unit in &stream.units {
            let end = cut.map_or(unit.len(), |cut| cut.index(unit.len() + 1));
            if let Ok(info) = inspector.inspect(&unit[..end]) {
                prop_assert!(info.frames.iter().all(|frame| frame.range.end <= end));
            }
        }
    }
}
