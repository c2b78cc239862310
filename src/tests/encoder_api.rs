//! The encoder as an application uses it: pauses, ranges, what is known before the first frame.

use super::TICKS;
use crate::av1::obu::{DecoderState, ObuType, Obus};
use crate::rtp::sdp::FmtpParameters;
use crate::synthetic::{Clip, Scene};
use crate::{
    ColorDescription, ConfigError, DropReason, EncodeOutcome, Encoder, EncoderConfig, Frame,
    FrameOptions, RateMode, Rates, Rational, SequenceHeader, Speed, TemporalUnit,
};

fn config() -> EncoderConfig {
    let mut config = EncoderConfig::new(64, 48, 100_000);
    config.speed = Speed::FASTEST;
    config
}

fn clip() -> Clip {
    Clip::new(Scene::MovingTexture, 64, 48, 3).unwrap()
}

fn at(bitrate: u32) -> Rates {
    Rates::new(bitrate, Rational::new(30, 1))
}

fn next(encoder: &mut Encoder, number: u64) -> EncodeOutcome {
    let picture = clip().picture(number);
    encoder.encode(&picture.as_frame(TICKS * number), FrameOptions::default()).unwrap()
}

fn reason(outcome: &EncodeOutcome) -> Option<DropReason> {
    outcome.dropped().map(|frame| frame.reason)
}

#[test]
fn a_pause_drops_frames_and_ends_without_a_key_frame() {
    let mut encoder = Encoder::new(config()).unwrap();
    let mut units = Vec::new();
    for number in 0..40 {
        match number {
            10 | 30 => encoder.set_rates(at(0)).unwrap(),
            20 | 35 => encoder.set_rates(at(80_000)).unwrap(),
            32 => encoder.request_key_frame().unwrap(),
            _ => {}
        }
        let outcome = next(&mut encoder, number);
        let paused = matches!(number, 10..20 | 30..35);
        assert_eq!(reason(&outcome) == Some(DropReason::Paused), paused, "{number}");
        assert_eq!(encoder.rates().unwrap().bitrate == 0, paused);
        units.extend(outcome.into_unit());
    }
    let keys: Vec<u64> =
        units.iter().filter(|u| u.key_frame).map(|u| u.timestamp / TICKS).collect();
    assert_eq!(keys, [0, 35], "only what was asked for in the second pause");
    assert!(units.iter().any(|unit| unit.timestamp == 20 * TICKS));
    assert!(units.iter().map(|unit| unit.frames[0].id).eq(0..units.len() as u64));
}

#[test]
fn an_encoder_may_start_paused() {
    let mut encoder =
        Encoder::new(EncoderConfig { rate: RateMode::Bitrate(0), ..config() }).unwrap();
    for number in 0..5 {
        assert_eq!(reason(&next(&mut encoder, number)), Some(DropReason::Paused));
    }
    encoder.set_rates(at(100_000)).unwrap();
    assert!(next(&mut encoder, 5).into_unit().unwrap().key_frame);
}

#[test]
fn quantizers_stay_in_their_range() {
    let run = |first: (u8, u8), then: (u8, u8)| {
        let mut config = config();
        (config.min_qindex, config.max_qindex) = first;
        let mut encoder = Encoder::new(config).unwrap();
        let mut ranges = Vec::new();
        for number in 0..20 {
            if number == 10 {
                encoder.set_qindex_range(then.0, then.1).unwrap();
            }
            if let Some(unit) = next(&mut encoder, number).into_unit() {
                let stats = unit.frames[0].stats.unwrap();
                ranges.push((number >= 10, stats.qindex_min, stats.qindex_max));
            }
        }
        ranges
    };
    let free = run((1, 255), (1, 255));
    assert!(free.iter().any(|range| range.1 < 180), "{free:?}");
    let coarse = run((180, 255), (210, 255));
    assert!(coarse.iter().all(|&(late, least, _)| least >= if late { 210 } else { 180 }));
    assert!(coarse.iter().any(|range| range.0));
    // 100 kbit/s have room for these.
    let fine = run((1, 150), (1, 110));
    assert!(fine.iter().skip(1).all(|&(late, _, most)| most <= if late { 110 } else { 150 }));
    assert!(fine.iter().any(|range| range.0), "{fine:?}");
}

/// The sequence header that leads a unit, as bytes.
fn header_of(unit: &TemporalUnit) -> Vec<u8> {
    let obu = Obus::new(&unit.data)
        .map(Result::unwrap)
        .find(|obu| obu.header.obu_type == ObuType::SequenceHeader)
        .unwrap();
    unit.data[obu.range].to_vec()
}

#[test]
fn what_is_said_before_the_first_frame_is_what_the_stream_says() {
    let mut config = config();
    config.color = ColorDescription::new(1, 13, 6);
    let mut encoder = Encoder::new(config).unwrap();
    for (number, (width, height)) in [(64, 48), (1280, 720), (100, 48)].into_iter().enumerate() {
        encoder.set_size(width, height).unwrap();
        let obu = encoder.sequence_header().unwrap();
        let (record, codecs) = (encoder.av1c().unwrap(), encoder.codec_string().unwrap());
        let fmtp = encoder.fmtp().unwrap();

        let picture = Clip::new(Scene::Flat, width, height, 0).unwrap().picture(0);
        let frame = picture.as_frame(TICKS * number as u64);
        let unit = encoder.encode(&frame, FrameOptions::default()).unwrap().into_unit().unwrap();
        assert_eq!(header_of(&unit), obu);
        let [parsed] = &Obus::new(&obu).map(Result::unwrap).collect::<Vec<_>>()[..] else {
            panic!("more than a sequence header");
        };
        let header = SequenceHeader::parse(parsed.payload).unwrap();
        assert_eq!((header.max_frame_width, header.max_frame_height), (width, height));
        assert_eq!(record[4..], obu);
        assert_eq!(record, header.av1c().unwrap());
        let level = header.operating_points[0].seq_level_idx;
        assert_eq!(codecs, format!("av01.0.{level:02}M.08.0.110.01.13.06.0"));
        assert_eq!(fmtp, FmtpParameters { profile: 0, level_idx: level, tier: 0 });
    }
}

/// A.3: a rate beyond the level's maximum needs a higher level, which only a key frame can state (7.5).
#[test]
fn the_next_key_frame_states_the_level_that_the_rates_need() {
    let mut encoder = Encoder::new(config()).unwrap();
    let mut state = DecoderState::new();
    let level = |header: &SequenceHeader| header.operating_points[0].seq_level_idx;
    // What there is to be set, the level in force, and the level of the next key frame.
    for (number, rates, key_frame, in_force, stated) in [
        (0, None, true, 0, 0),
        (1, Some((1_500_000, 30)), false, 0, 0),
        (2, Some((1_500_001, 30)), false, 0, 1),
        (3, None, true, 1, 1),
        // It stays when the rate falls.
        (4, Some((100_000, 30)), true, 1, 1),
        // More than 150 headers a second: level 4.0, which has a tier as well.
        (5, Some((100_000, 151)), false, 1, 8),
        (6, None, false, 1, 8),
        (7, None, true, 8, 8),
        (8, None, false, 8, 8),
    ] {
        if let Some((bitrate, frames)) = rates {
            encoder.set_rates(Rates::new(bitrate, Rational::new(frames, 1))).unwrap();
        }
        if key_frame {
            encoder.request_key_frame().unwrap();
        }
        let obu = encoder.sequence_header().unwrap();
        let unit = next(&mut encoder, number).into_unit().unwrap();
        assert_eq!(unit.key_frame, key_frame, "{number}");
        if key_frame {
            assert_eq!(header_of(&unit), obu);
        }
        for obu in Obus::new(&unit.data) {
            state.push(&obu.unwrap()).unwrap();
        }
        assert_eq!(level(state.sequence_header().unwrap()), in_force, "{number}");
        assert_eq!(encoder.fmtp().unwrap().level_idx, stated, "{number}");
    }
    // Another size has its own level.
    encoder.set_rates(at(100_000)).unwrap();
    encoder.set_size(1280, 720).unwrap();
    assert_eq!(encoder.fmtp().unwrap().level_idx, 5);
    encoder.set_size(64, 48).unwrap();
    assert_eq!(encoder.fmtp().unwrap().level_idx, 0);
    // Rates that are refused change nothing.
    let refused = encoder.set_rates(Rates::new(1000, Rational::new(151, 1))).unwrap_err();
    assert!(matches!(refused, ConfigError::SmallestFrame { .. }), "{refused}");
    assert_eq!(encoder.fmtp().unwrap().level_idx, 0);
}

#[test]
fn pictures_in_one_piece_are_coded_as_planes_are() {
    for (width, height) in [(64, 48), (33, 17)] {
        let clip = Clip::new(Scene::MovingTexture, width, height, 3).unwrap();
        let mut encoders = [0; 3].map(|_| {
            let mut config = EncoderConfig::new(width, height, 100_000);
            config.speed = Speed::FASTEST;
            Encoder::new(config).unwrap()
        });
        for number in 0..3 {
            let picture = clip.picture(number);
            let i420 = [0, 1, 2].map(|plane| picture.plane(plane)).concat();
            let pairs = picture.plane(1).iter().zip(picture.plane(2));
            let uv: Vec<u8> = pairs.flat_map(|(&u, &v)| [u, v]).collect();
            let nv12 = [picture.plane(0), &uv].concat();
            let timestamp = TICKS * number;
            let frames = [
                picture.as_frame(timestamp),
                Frame::i420(&i420, width, height, timestamp).unwrap(),
                Frame::nv12(&nv12, width, height, timestamp).unwrap(),
            ];
            let [planes, i420, nv12] = [0, 1, 2].map(|which| {
                let encoder: &mut Encoder = &mut encoders[which];
                let outcome = encoder.encode(&frames[which], FrameOptions::default()).unwrap();
                outcome.into_unit().unwrap().data
            });
            assert!(planes == i420 && planes == nv12, "{width}x{height} {number}");
        }
    }
}

#[test]
fn encoders_go_from_thread_to_thread() {
    fn is_send<T: Send>() {}
    is_send::<Encoder>();
    is_send::<EncodeOutcome>();
}

#[test]
fn settings_can_be_read_back() {
    let mut encoder = Encoder::new(config()).unwrap();
    encoder.set_speed(Speed::new(3).unwrap()).unwrap();
    encoder.set_max_frame_bytes(Some(900)).unwrap();
    encoder.set_size(80, 60).unwrap();
    encoder.set_rates(Rates::new(50_000, Rational::new(15, 1))).unwrap();
    encoder.set_qindex_range(9, 240).unwrap();
    let mut expected = EncoderConfig::new(80, 60, 50_000);
    expected.speed = Speed::new(3).unwrap();
    expected.max_frame_bytes = Some(900);
    expected.frame_rate = Rational::new(15, 1);
    (expected.min_qindex, expected.max_qindex) = (9, 240);
    assert_eq!(*encoder.config(), expected);
    Encoder::new(encoder.config().clone()).unwrap();
}
