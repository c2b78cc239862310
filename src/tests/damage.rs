//! The decoder on units that are cut, changed, lost or not AV1 at all.

use std::sync::LazyLock;

use bytes::Bytes;
use proptest::prelude::*;

use super::encode;
use crate::av1::obu::{Obus, write_obu};
use crate::rtp::{PacketLimits, Packetizer, Payload};
use crate::synthetic::{Clip, Scene};
use crate::{
    DecodeError, Decoder, DecoderConfig, EncoderConfig, PictureBuffer, RateMode, StreamInspector,
    TemporalUnit, TemporalUnits,
};

/// Six units, the first and the fourth of them key frames, with their reconstructions.
static UNITS: LazyLock<Vec<TemporalUnit>> = LazyLock::new(|| {
    let mut config = EncoderConfig::new(72, 50, 0);
    config.rate = RateMode::ConstantQindex(60);
    config.reconstruction = true;
    encode(config, Clip::new(Scene::MovingTexture, 72, 50, 3).unwrap(), 6, &[3])
});

fn decoder(threads: usize) -> Decoder {
    Decoder::new(DecoderConfig { threads, ..DecoderConfig::default() }).unwrap()
}

/// A unit whose first header is damaged is not an empty one: what it is, the back end says.
#[test]
fn a_damaged_first_header_is_no_empty_unit() {
    let mut decoder = decoder(1);
    decoder.decode(UNITS[0].data.clone(), 0).unwrap();
    let mut unit = UNITS[1].data.to_vec();
    unit[0] ^= 0x80;
    let outcome = decoder.decode(unit, 1);
    assert!(!matches!(outcome, Err(crate::DecodeError::Empty { .. })));
}

/// Decodes from the second key frame on and expects the encoder's own pictures.
fn check_recovery(decoder: &mut Decoder) {
    for unit in &UNITS[3..] {
        let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
        assert_eq!(picture.timestamp(), unit.timestamp);
        assert_eq!(picture.to_buffer().unwrap(), reconstruction(unit));
    }
}

fn reconstruction(unit: &TemporalUnit) -> PictureBuffer {
    unit.frames[0].reconstruction.clone().unwrap()
}

#[test]
fn empty_unit() {
    let error = decoder(1).decode(Bytes::new(), 5).unwrap_err();
    assert_eq!(error, DecodeError::Empty { timestamp: 5 });
}

/// The last OBU of `unit` takes all the rest, as in ISO media files.
fn without_last_size(unit: &[u8]) -> Vec<u8> {
    let last = Obus::new(unit).last().unwrap().unwrap();
    let mut out = unit[..last.range.start].to_vec();
    let mut header = last.header;
    header.has_size_field = false;
    write_obu(&header, last.payload, &mut out).unwrap();
    out
}

/// Whoever takes a unit takes it in each of its forms, and finds the same in it.
#[test]
fn units_of_every_form_are_taken_alike() {
    let sized = &UNITS[0].data[..];
    let bare = without_last_size(sized);
    let ends = [&[][..], &[0], &[0; 5], &[0x12, 0], &[0x10], &[0x12, 0, 0, 0], &[0, 0x12, 0]];
    let sized = ends.iter().map(|end| (end.is_empty(), [sized, end].concat()));
    // Zeros are padding of the last tile (AV1 specification, 8.2.4).
    let bare = ends[..3].iter().map(|end| (end.is_empty(), [&bare, *end].concat()));
    let packetizer = Packetizer::new(PacketLimits::new(1200)).unwrap();
    let packetize = |unit: &[u8]| {
        let payloads = packetizer.packetize(&Bytes::copy_from_slice(unit)).unwrap();
        payloads.iter().map(Payload::to_bytes).collect::<Vec<_>>()
    };
    let payloads = packetize(&UNITS[0].data);
    let info = StreamInspector::new().inspect(&UNITS[0].data).unwrap();
    for (is_sized, (is_plain, unit)) in
        sized.map(|unit| (true, unit)).chain(bare.map(|unit| (false, unit)))
    {
        let picture = decoder(1).decode(unit.clone(), 0).unwrap().unwrap();
        assert_eq!(picture.to_buffer().unwrap(), reconstruction(&UNITS[0]));
        let found = StreamInspector::new().inspect(&unit).unwrap();
        assert!(found.has_temporal_delimiter && found.starts_sequence());
        assert_eq!(found.frames.len(), 1);
        assert_eq!(TemporalUnits::new(&unit).collect::<Vec<_>>(), [Ok(&unit[..])]);
        if is_sized {
            assert_eq!(found, info);
        }
        if is_sized || is_plain {
            assert_eq!(packetize(&unit), payloads);
        } else {
            assert!(packetize(&unit).concat().ends_with(&[0]));
        }
    }
    let mut inspector = StreamInspector::new();
    inspector.inspect(&UNITS[0].data).unwrap();
    let without_delimiter = [&UNITS[1].data[2..], &[0x12, 0]].concat();
    assert!(!inspector.inspect(&without_delimiter).unwrap().has_temporal_delimiter);
    assert_eq!(decoder(1).decode(vec![0; 9], 7).unwrap_err(), DecodeError::Empty { timestamp: 7 });
}

#[test]
fn inter_frame_without_references() {
    let (key, inter) = (&UNITS[0].data, &UNITS[1].data);
    let damaged = DecodeError::Damaged { timestamp: 1, len: inter.len() };
    let mut decoder = decoder(1);
    assert_eq!(decoder.decode(inter.clone(), 1).unwrap_err(), damaged);
    // The temporal delimiter and the sequence header, without the frame.
    let headers = key.slice(..4 + usize::from(key[3]));
    assert!(decoder.decode(headers, 0).unwrap().is_none());
    assert_eq!(decoder.decode(inter.clone(), 1).unwrap_err(), damaged);
    decoder.decode(key.clone(), 0).unwrap().unwrap();
    decoder.reset();
    assert_eq!(decoder.decode(inter.clone(), 1).unwrap_err(), damaged);
    check_recovery(&mut decoder);
}

#[test]
fn every_truncation() {
    for threads in [1, 2] {
        let mut decoder = decoder(threads);
        decoder.decode(UNITS[0].data.clone(), 0).unwrap().unwrap();
        let unit = &UNITS[1].data;
        for len in 1..unit.len() {
            let outcome = decoder.decode(unit.slice(..len), 1);
            assert!(!matches!(outcome, Ok(Some(_))), "{len} of {} bytes were shown", unit.len());
        }
        check_recovery(&mut decoder);
    }
}

/// The header would stay in the back end and fail every later unit, were it not reset.
#[test]
fn frame_to_show_again_is_missing() {
    for threads in [1, 2] {
        let headers = 4 + usize::from(UNITS[0].data[3]);
        let mut unit = UNITS[0].data[..headers].to_vec();
        // 5.9.2: a frame header OBU with show_existing_frame = 1 and slot 0.
        unit.extend([3 << 3 | 2, 1, 0x80]);
        let mut decoder = decoder(threads);
        let error = DecodeError::Damaged { timestamp: 8, len: unit.len() };
        assert_eq!(decoder.decode(unit, 8).unwrap_err(), error);
        check_recovery(&mut decoder);
    }
}

#[test]
fn two_units_in_one() {
    let both = [&UNITS[0].data[..], &UNITS[1].data[..]].concat();
    let mut pictures = Vec::new();
    decoder(1).decode_each(both.clone(), 9, |picture| pictures.push(picture)).unwrap();
    let buffers: Vec<_> = pictures.iter().map(|picture| picture.to_buffer().unwrap()).collect();
    assert_eq!(buffers, [reconstruction(&UNITS[0]), reconstruction(&UNITS[1])]);
    let last = decoder(1).decode(both, 9).unwrap().unwrap();
    assert_eq!(last.to_buffer().unwrap(), reconstruction(&UNITS[1]));
}

#[test]
fn damage_after_a_good_picture_in_the_same_unit() {
    let cut = UNITS[1].data.len() - 3;
    let both = [&UNITS[0].data[..], &UNITS[1].data[..cut]].concat();
    let mut decoder = decoder(1);
    let mut pictures = 0;
    let error = decoder.decode_each(both.clone(), 9, |_| pictures += 1).unwrap_err();
    assert_eq!(error, DecodeError::Damaged { timestamp: 9, len: both.len() });
    assert_eq!(pictures, 1);
    check_recovery(&mut decoder);
}

#[test]
fn picture_above_the_limit() {
    let limited = |max_pixels| {
        Decoder::new(DecoderConfig { max_pixels, ..DecoderConfig::default() }).unwrap()
    };
    let error = limited(72 * 50 - 1).decode(UNITS[0].data.clone(), 4).unwrap_err();
    assert_eq!(error, DecodeError::FrameSize { timestamp: 4, max_pixels: 72 * 50 - 1 });
    limited(72 * 50).decode(UNITS[0].data.clone(), 4).unwrap().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(unit in prop::collection::vec(any::<u8>(), 1..400), threads in 1..3_usize) {
        let mut decoder = decoder(threads);
        let _ = decoder.decode(unit, 0);
        check_recovery(&mut decoder);
    }

    /// Headers of OBUs with any bytes behind them get deeper than bytes alone.
    #[test]
    fn any_payloads(
        obus in prop::collection::vec((0..16_u8, prop::collection::vec(any::<u8>(), 0..60)), 1..6),
    ) {
        let mut unit = UNITS[0].data.to_vec();
        for (obu_type, payload) in obus {
            unit.extend([obu_type << 3 | 2, payload.len() as u8]);
            unit.extend(payload);
        }
        let mut decoder = decoder(1);
        let _ = decoder.decode(unit, 0);
        check_recovery(&mut decoder);
    }

    #[test]
    fn changed_bits(
        flips in prop::collection::vec((0..3_usize, any::<prop::sample::Index>(), 0..8_u8), 1..6),
        threads in 1..3_usize,
    ) {
        let mut units = [0, 1, 2].map(|number| UNITS[number].data.to_vec());
        for (number, at, bit) in flips {
            let at = at.index(units[number].len());
            units[number][at] ^= 1 << bit;
        }
        let mut decoder = decoder(threads);
        let outcomes = units.map(|unit| decoder.decode(unit, 0));
        // After an error there is nothing to see before the next key frame.
        let mut after = outcomes.iter().skip_while(|outcome| outcome.is_ok());
        prop_assert!(after.all(|outcome| !matches!(outcome, Ok(Some(_)))));
        check_recovery(&mut decoder);
    }
}
