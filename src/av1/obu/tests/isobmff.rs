//! The configuration record and the codec string, read back by their own grammar.

use proptest::prelude::*;

use super::Choices;
use super::generate_sequence::sequence;
use crate::av1::obu::{ColorCodes, ObuType, Obus, SequenceHeader};

/// AV1-ISOBMFF 2.3.3, bit by bit.
fn check_record(record: &[u8], header: &SequenceHeader) {
    let bits: Vec<u8> =
        record[..4].iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let mut at = 0;
    let mut f = |n: usize| {
        at += n;
        bits[at - n..at].iter().fold(0, |value, bit| value << 1 | bit)
    };
    let (point, color) = (&header.operating_points[0], &header.color_config);
    assert_eq!((f(1), f(7)), (1, 1), "marker and version");
    assert_eq!((f(3), f(5)), (header.seq_profile, point.seq_level_idx));
    assert_eq!(f(1) == 1, point.seq_tier);
    let bit_depth = match (f(1), f(1)) {
        (0, 0) => 8,
        (1, 0) => 10,
        (1, 1) => 12,
        other => panic!("high_bitdepth and twelve_bit are {other:?}"),
    };
    assert_eq!(bit_depth, color.bit_depth);
    assert_eq!(f(1) == 1, color.mono_chrome);
    assert_eq!((f(1) == 1, f(1) == 1), (color.subsampling_x, color.subsampling_y));
    assert_eq!(f(2), color.chroma_sample_position);
    assert_eq!(f(3), 0, "reserved");
    let (present, delay) = (f(1) == 1, f(4));
    assert_eq!(present.then_some(delay), point.initial_display_delay_minus_1);
    assert!(present || delay == 0, "reserved");

    let obus: Vec<_> = Obus::new(&record[4..]).map(Result::unwrap).collect();
    let [obu] = &obus[..] else { panic!("{} configOBUs", obus.len()) };
    assert_eq!(obu.header.obu_type, ObuType::SequenceHeader);
    assert!(obu.header.has_size_field && obu.header.extension.is_none());
    assert_eq!(SequenceHeader::parse(obu.payload).as_ref(), Ok(header));
}

/// AV1-ISOBMFF 5, field by field.
fn check_string(string: &str, header: &SequenceHeader) {
    let (point, color) = (&header.operating_points[0], &header.color_config);
    let fields: Vec<&str> = string.split('.').collect();
    assert_eq!((fields[0], fields[1]), ("av01", header.seq_profile.to_string().as_str()));
    let (level, tier) = fields[2].split_at(2);
    assert_eq!(level.parse(), Ok(point.seq_level_idx));
    assert_eq!(tier, if point.seq_tier { "H" } else { "M" });
    assert_eq!((fields[3].len(), fields[3].parse()), (2, Ok(color.bit_depth)));
    let mut optional = ["0", "110", "01", "01", "01", "0"];
    match fields.len() {
        4 if color.description.is_none() => optional[2..5].fill("02"),
        4 => {}
        10 => optional.copy_from_slice(&fields[4..]),
        count => panic!("{count} fields"),
    }
    let [mono, chroma, primaries, transfer, matrix, range] = optional;
    assert_eq!(mono == "1", color.mono_chrome);
    let subsampling = [color.subsampling_x, color.subsampling_y].map(u8::from);
    let [x, y] = subsampling;
    assert_eq!(chroma, format!("{x}{y}{}", color.chroma_sample_position));
    let codes = ColorCodes {
        color_primaries: primaries.parse().unwrap(),
        transfer_characteristics: transfer.parse().unwrap(),
        matrix_coefficients: matrix.parse().unwrap(),
    };
    assert_eq!(codes, color.codes());
    assert!(optional[2..5].iter().all(|code| code.len() >= 2));
    assert_eq!(range == "1", color.color_range);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn record_and_string_say_what_the_header_says(mut choices in Choices::strategy(300)) {
        let header = sequence(&mut choices);
        check_record(&header.av1c().unwrap(), &header);
        check_string(&header.codec_string(), &header);
    }
}

#[test]
fn known_strings() {
    let mut header = SequenceHeader::new(640, 360);
    header.operating_points[0].seq_level_idx = 4;
    assert_eq!(header.codec_string(), "av01.0.04M.08");
    assert_eq!(header.av1c().unwrap()[..4], [0x81, 0x04, 0x0c, 0x00]);
    let codes = |color_primaries, transfer_characteristics, matrix_coefficients| {
        Some(ColorCodes { color_primaries, transfer_characteristics, matrix_coefficients })
    };
    header.color_config.description = codes(1, 1, 1);
    assert_eq!(header.codec_string(), "av01.0.04M.08");
    header.color_config.description = codes(9, 16, 9);
    (header.color_config.bit_depth, header.color_config.chroma_sample_position) = (10, 2);
    // The example of AV1-ISOBMFF 5.
    assert_eq!(header.codec_string(), "av01.0.04M.10.0.112.09.16.09.0");
    header.color_config = Default::default();
    header.color_config.color_range = true;
    header.operating_points[0].seq_level_idx = 13;
    header.operating_points[0].seq_tier = true;
    assert_eq!(header.codec_string(), "av01.0.13H.08.0.110.02.02.02.1");
}
