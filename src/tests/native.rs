//! The native engine against the decoder and against its own promises.

use super::{TICKS, encode};
use crate::synthetic::{Clip, Scene};
use crate::{
    ChromaLayout, Decoder, DecoderConfig, DropReason, EncodeOutcome, Encoder, EncoderConfig, Frame,
    FrameOptions, PictureBuffer, Plane, RateMode, Rates, Rational, Speed, TemporalUnit,
};

fn config(width: u32, height: u32, qindex: u8) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, 100_000);
    config.rate = RateMode::ConstantQindex(qindex);
    config.reconstruction = true;
    config
}

/// Every unit's picture is the encoder's reconstruction.
fn check_exact(units: &[TemporalUnit], what: &str) {
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    for (number, unit) in units.iter().enumerate() {
        let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
        assert_eq!(picture.layout(), ChromaLayout::Yuv420);
        let same = picture.to_buffer().unwrap() == *unit.frames[0].reconstruction.as_ref().unwrap();
        assert!(same, "{what}: frame {number}");
    }
}

/// `bitrate` bit/s at the usual frame rate.
fn at(bitrate: u32) -> Rates {
    Rates::new(bitrate, Rational::new(30, 1))
}

fn texture(width: u32, height: u32) -> Clip {
    Clip::new(Scene::MovingTexture, width, height, 3).unwrap()
}

fn next(encoder: &mut Encoder, clip: Clip, number: u64, options: FrameOptions) -> EncodeOutcome {
    encoder.encode(&clip.picture(number).as_frame(TICKS * number), options).unwrap()
}

#[test]
fn sizes_are_exact() {
    for (width, height) in
        [(16, 16), (17, 33), (33, 17), (64, 64), (65, 63), (130, 66), (66, 130), (176, 144)]
    {
        for qindex in [1, 40, 120, 255] {
            let units = encode(config(width, height, qindex), texture(width, height), 5, &[3]);
            check_exact(&units, &format!("{width}x{height} at {qindex}"));
            assert!(units.iter().all(|unit| unit.frames[0].qindex == qindex));
        }
    }
}

#[test]
fn scenes_and_speeds_are_exact() {
    for (speed, scene) in [0, 3, 6, 8, 10].into_iter().zip(Scene::ALL) {
        let mut config = config(100, 76, 90);
        config.speed = Speed::new(speed).unwrap();
        check_exact(&encode(config, Clip::new(scene, 100, 76, 1).unwrap(), 12, &[]), scene.name());
    }
}

#[test]
fn nv12_is_coded_as_i420() {
    for (width, height) in [(64, 48), (33, 17)] {
        let clip = texture(width, height);
        let mut encoder = Encoder::new(config(width, height, 60)).unwrap();
        let expected = encode(config(width, height, 60), clip, 3, &[]);
        for (number, expected) in (0..).zip(&expected) {
            let picture = clip.picture(number);
            let chroma: Vec<u8> = (picture.plane(1).iter().zip(picture.plane(2)))
                .flat_map(|(&u, &v)| [u, v])
                .collect();
            let planes = [
                Plane::new(picture.plane(0), picture.plane_width(0)),
                Plane::new(&chroma, 2 * picture.plane_width(1)),
            ];
            let frame = Frame::nv12_planes(planes, width, height, TICKS * number).unwrap();
            let unit =
                encoder.encode(&frame, FrameOptions::default()).unwrap().into_unit().unwrap();
            assert!(unit.data == expected.data);
        }
    }
}

#[test]
fn index_0_is_lossless() {
    for (width, height) in [(16, 16), (33, 17), (70, 66)] {
        let clip = texture(width, height);
        let units = encode(config(width, height, 0), clip, 4, &[2]);
        check_exact(&units, "lossless");
        for (number, unit) in (0..).zip(&units) {
            assert!(
                unit.frames[0].reconstruction.as_ref() == Some(&clip.picture(number)),
                "{number}"
            );
        }
    }
}

#[test]
fn it_does_all_an_engine_can_do() {
    let mut encoder = Encoder::new(EncoderConfig::new(64, 64, 100_000)).unwrap();
    assert_eq!(encoder.engine_name(), "native");
    let able = encoder.capabilities();
    assert_eq!((able.delay_frames, able.max_threads), (0, 1));
    assert!(able.live_rates && able.live_speed);
    assert!(able.frame_qindex && able.key_on_request && able.reconstruction);
    assert_eq!(encoder.set_rates(Rates::new(90_000, Rational::new(15, 1))), Ok(()));
    assert_eq!(encoder.set_speed(Speed::FASTEST), Ok(()));
    for number in 0..5 {
        let unit = next(&mut encoder, texture(64, 64), number, FrameOptions::default()).into_unit();
        assert_eq!(unit.map(|unit| unit.timestamp), Some(TICKS * number), "no delay");
    }
    assert!(encoder.flush().unwrap().is_none());
}

#[test]
fn threads_change_no_byte() {
    for (speed, scene) in [2, 6, 10].into_iter().zip(Scene::ALL) {
        let clip = Clip::new(scene, 450, 260, 5).unwrap();
        let encode = |threads| {
            let mut config = EncoderConfig { threads, ..config(450, 260, 110) };
            config.speed = Speed::new(speed).unwrap();
            encode(config, clip, 4, &[3])
        };
        let one = encode(1);
        for threads in [2, 4, 64] {
            let units = encode(threads);
            assert!(units.len() == one.len(), "{}", scene.name());
            for (number, (unit, one)) in units.iter().zip(&one).enumerate() {
                let at = format!("{} with {threads} threads: frame {number}", scene.name());
                assert!(unit.data == one.data, "{at}");
                assert!(unit.frames[0].reconstruction == one.frames[0].reconstruction, "{at}");
            }
        }
        check_exact(&one, scene.name());
    }
    let most =
        |width, height| Encoder::new(config(width, height, 90)).unwrap().capabilities().max_threads;
    assert_eq!([most(64, 64), most(450, 260), most(640, 360), most(8192, 4320)], [1, 4, 5, 64]);
}

#[test]
fn key_frames_come_at_once() {
    let clip = texture(48, 48);
    let keys = |config: EncoderConfig, asked: &[u64]| {
        let units = encode(config, clip, 14, asked);
        check_exact(&units, "key frames");
        let keys = units.iter().filter(|unit| unit.key_frame);
        keys.map(|unit| unit.timestamp / TICKS).collect::<Vec<_>>()
    };
    assert_eq!(keys(config(48, 48, 80), &[]), [0]);
    assert_eq!(keys(config(48, 48, 80), &[1, 2, 9]), [0, 1, 2, 9]);
    let every = EncoderConfig { key_interval: Some(4), ..config(48, 48, 80) };
    assert_eq!(keys(every, &[6]), [0, 4, 6, 10]);
    let mut encoder = Encoder::new(config(48, 48, 80)).unwrap();
    let flags = (0..6).map(|number| {
        if number == 3 {
            encoder.request_key_frame().unwrap();
        }
        next(&mut encoder, clip, number, FrameOptions::default()).into_unit().unwrap().key_frame
    });
    assert_eq!(flags.collect::<Vec<_>>(), [true, false, false, true, false, false]);
}

#[test]
fn an_index_for_one_frame_is_used_for_that_frame() {
    for rate in [RateMode::Bitrate(80_000), RateMode::ConstantQindex(100)] {
        let mut config = config(64, 48, 0);
        config.rate = rate;
        let mut encoder = Encoder::new(config).unwrap();
        let mut units = Vec::new();
        for number in 0..10 {
            let qindex = [None, Some(7 * number as u8), Some(250)][number as usize % 3];
            let options = FrameOptions { qindex, ..FrameOptions::default() };
            let unit = next(&mut encoder, texture(64, 48), number, options).into_unit();
            let Some(unit) = unit else { continue };
            assert!(qindex.is_none_or(|qindex| unit.frames[0].qindex == qindex));
            units.push(unit);
        }
        check_exact(&units, "an index for one frame");
    }
}

#[test]
fn a_new_rate_acts_on_the_next_frame() {
    let clip = texture(176, 144);
    let mut encoder = Encoder::new(EncoderConfig::new(176, 144, 300_000)).unwrap();
    let mut units: Vec<TemporalUnit> = Vec::new();
    for number in 0..90 {
        match number {
            30 => encoder.set_rates(at(60_000)).unwrap(),
            60 => encoder.set_rates(at(600_000)).unwrap(),
            _ => {}
        }
        let outcome = next(&mut encoder, clip, number, FrameOptions::default());
        let dropped = outcome.dropped().is_some_and(|frame| frame.reason == DropReason::LinkFull);
        assert!(dropped ^ outcome.unit().is_some());
        units.extend(outcome.into_unit());
    }
    assert_eq!(units.iter().filter(|unit| unit.key_frame).count(), 1);
    let bytes = |frames: std::ops::Range<u64>| {
        let units = units.iter().filter(|unit| frames.contains(&(unit.timestamp / TICKS)));
        units.map(|unit| unit.data.len()).sum::<usize>()
    };
    // The frames just before and just after each change.
    assert!(bytes(30..35) * 2 < bytes(25..30), "{} then {}", bytes(25..30), bytes(30..35));
    assert!(bytes(60..65) > 3 * bytes(55..60), "{} then {}", bytes(55..60), bytes(60..65));
}

#[test]
fn frames_too_many_are_dropped_and_leave_no_trace() {
    let mut settings = config(176, 144, 0);
    settings.rate = RateMode::Bitrate(60_000);
    let mut encoder = Encoder::new(settings).unwrap();
    let mut units = Vec::new();
    let mut dropped = Vec::new();
    for number in 0..30 {
        // Far beyond the rate: what is asked for gives way to the bound.
        let qindex = (number == 4).then_some(2);
        let options = FrameOptions { qindex, ..FrameOptions::default() };
        if number == 5 {
            encoder.set_rates(at(6_000)).unwrap();
        }
        let outcome = next(&mut encoder, texture(176, 144), number, options);
        if let (4, Some(unit)) = (number, outcome.unit()) {
            assert!(unit.frames[0].qindex > 2 && unit.data.len() <= 1500, "{unit:?}");
        }
        dropped.extend(outcome.dropped().map(|frame| frame.timestamp / TICKS));
        units.extend(outcome.into_unit());
    }
    assert!(dropped.contains(&5) && units.len() + dropped.len() == 30, "{dropped:?}");
    check_exact(&units, "after drops");
}

#[test]
fn a_ceiling_is_kept_without_a_rate() {
    for scene in [Scene::MovingTexture, Scene::Text, Scene::Noise] {
        let mut settings = config(130, 100, 10);
        settings.max_frame_bytes = Some(200);
        let clip = Clip::new(scene, 130, 100, 2).unwrap();
        let units = encode(settings, clip, 8, &[4]);
        check_exact(&units, scene.name());
        assert!(units.iter().all(|unit| unit.data.len() <= 200), "{}", scene.name());
    }
}

#[test]
fn the_rate_is_held_at_uneven_times() {
    let clip = texture(176, 144);
    let mut encoder = Encoder::new(EncoderConfig::new(176, 144, 80_000)).unwrap();
    let (mut time, mut bits) = (0, 0);
    for number in 0..120_u64 {
        let frame = clip.picture(number);
        let outcome = encoder.encode(&frame.as_frame(time), FrameOptions::default()).unwrap();
        bits += outcome.into_unit().map_or(0, |unit| 8 * unit.data.len() as u64);
        time += [1_500, 9_000, 3_000, 4_500][number as usize % 4];
    }
    let mean = bits as f64 / (time as f64 / 90_000.0);
    assert!((mean / 80_000.0 - 1.0).abs() < 0.05, "{mean} bit/s");
}

#[test]
fn refused_calls_change_nothing() {
    let clip = texture(64, 48);
    let run = |disturbed: bool| {
        let mut encoder = Encoder::new(EncoderConfig::new(64, 48, 60_000)).unwrap();
        let mut data = Vec::new();
        for number in 0..8 {
            if disturbed && number == 4 {
                let other = PictureBuffer::new(62, 48).unwrap();
                let options = FrameOptions::default();
                encoder.encode(&other.as_frame(TICKS * 4), options).unwrap_err();
                encoder.encode(&clip.picture(9).as_frame(0), options).unwrap_err();
                encoder.set_rates(at(1)).unwrap_err();
                encoder.set_rates(Rates::new(100_000, Rational::new(0, 1))).unwrap_err();
            }
            let unit = next(&mut encoder, clip, number, FrameOptions::default()).into_unit();
            data.push(unit.map(|unit| unit.data));
        }
        data
    };
    assert!(run(false) == run(true));
    assert!(run(false) == run(false), "the same input gives the same bytes");
}
