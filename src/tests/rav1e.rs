//! The rav1e engine: what it refuses, when its frames come out, where its key frames are.

use std::time::Duration;

use proptest::prelude::*;

use super::{TICKS, encode};
use crate::synthetic::{Clip, Scene};
use crate::{
    ConfigError, EncodeError, Encoder, EncoderConfig, EngineKind, FrameOptions, RateMode, Rates,
    Rational, Speed, Tune, WireOverhead,
};

fn config(width: u32, height: u32) -> EncoderConfig {
    let mut config = at_rate(width, height, 100_000);
    config.rate = RateMode::ConstantQindex(200);
    config
}

fn at_rate(width: u32, height: u32, bitrate: u32) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, bitrate);
    config.engine = EngineKind::Rav1e;
    config.speed = Speed::FASTEST;
    config
}

fn unsupported(setting: &'static str, value: &str) -> ConfigError {
    ConfigError::Unsupported { engine: "rav1e", setting, value: value.to_string() }
}

#[test]
fn changes_at_run_time_are_refused() {
    let mut encoder = Encoder::new(at_rate(64, 48, 100_000)).unwrap();
    assert_eq!(encoder.engine_name(), "rav1e");
    let capabilities = encoder.capabilities();
    assert!(!capabilities.live_rates);
    assert!(!capabilities.live_speed && !capabilities.frame_qindex);
    let error = unsupported("rates at run time", "90000 bit/s, 15/1 frames/s");
    assert_eq!(encoder.set_rates(Rates::new(90_000, Rational::new(15, 1))), Err(error));
    let error = unsupported("speed at run time", "10");
    assert_eq!(encoder.set_speed(Speed::FASTEST), Err(error));
    let error = unsupported("qindex range", "9 to 99");
    assert_eq!(encoder.set_qindex_range(9, 99), Err(error));
    assert!(!capabilities.live_size);
    let error = unsupported("size at run time", "64x64");
    assert_eq!(encoder.set_size(64, 64), Err(error));
    assert_eq!(encoder.config(), &at_rate(64, 48, 100_000), "as before all that");
    assert!(!capabilities.bounded_delay);
    assert_eq!(
        encoder.set_max_delay(Duration::from_millis(200)),
        Err(unsupported("max delay", "200ms"))
    );
    let error = unsupported("max frame bytes", "900");
    assert_eq!(encoder.set_max_frame_bytes(Some(900)), Err(error));
    let wire = WireOverhead::new(40, 1200);
    assert_eq!(encoder.set_wire_overhead(wire), Err(unsupported("packet overhead", "40")));
    let picture = Clip::new(Scene::Flat, 64, 48, 0).unwrap().picture(0);
    let options = FrameOptions { qindex: Some(9), ..FrameOptions::default() };
    let error = EncodeError::Setting(unsupported("qindex of a frame", "9"));
    assert_eq!(encoder.encode(&picture.as_frame(0), options).unwrap_err(), error);
}

#[test]
fn settings_beyond_rav1e() {
    let mut lossless = config(64, 64);
    lossless.rate = RateMode::ConstantQindex(0);
    assert_eq!(Encoder::new(lossless).unwrap_err(), unsupported("qindex", "0 (lossless)"));
    let mut odd_rate = config(64, 64);
    odd_rate.frame_rate = Rational::new(4_000_000_001, 400_000_000);
    let error = unsupported("frame rate", "4000000001/400000000");
    assert_eq!(Encoder::new(odd_rate).unwrap_err(), error);
    let mut reducible = config(64, 64);
    reducible.frame_rate = Rational::new(4_000_000_000, 400_000_000);
    Encoder::new(reducible).unwrap();
    let mut interval = config(64, 64);
    interval.key_interval = Some(u32::MAX);
    let error = unsupported("key-frame interval", "4294967295");
    assert_eq!(Encoder::new(interval).unwrap_err(), error);
}

#[test]
fn the_sequence_header_is_known_from_the_first_unit_on() {
    let mut encoder = Encoder::new(config(64, 48)).unwrap();
    let error = unsupported("sequence header", "before the first unit");
    assert_eq!(encoder.sequence_header(), Err(error.clone()));
    assert_eq!(encoder.fmtp().unwrap_err(), error);
    let clip = Clip::new(Scene::Flat, 64, 48, 0).unwrap();
    let unit = (0..9).find_map(|number| {
        let picture = clip.picture(number);
        encoder.encode(&picture.as_frame(number), FrameOptions::default()).unwrap().into_unit()
    });
    let (unit, header) = (unit.unwrap(), encoder.sequence_header().unwrap());
    assert!(unit.data.windows(header.len()).any(|bytes| bytes == header));
    assert_eq!(encoder.av1c().unwrap()[4..], header);
    assert!(encoder.codec_string().unwrap().starts_with("av01.0."));
}

#[test]
fn bounds_beyond_rav1e() {
    let new = |change: fn(&mut EncoderConfig)| {
        let mut config = at_rate(64, 64, 100_000);
        change(&mut config);
        Encoder::new(config).unwrap_err()
    };
    assert_eq!(
        new(|c| c.max_delay = Duration::from_millis(100)),
        unsupported("max delay", "100ms")
    );
    assert_eq!(new(|c| c.max_frame_bytes = Some(900)), unsupported("max frame bytes", "900"));
    let shares = new(|c| c.layer_shares = Some("60,40".parse().unwrap()));
    assert_eq!(shares, unsupported("layer shares", "60,40"));
    assert_eq!(new(|c| c.wire.packet_overhead = 40), unsupported("packet overhead", "40"));
    assert_eq!(new(|c| c.wire.max_payload = 900), unsupported("max payload", "900"));
    assert_eq!(new(|c| c.adaptive_frame_rate = true), unsupported("adaptive frame rate", "true"));
    assert_eq!(new(|c| c.tune = Tune::Psnr), unsupported("tune", "psnr"));
    assert_eq!(new(|c| c.denoise = true), unsupported("denoise", "true"));
    assert_eq!(new(|c| c.min_qindex = 2), unsupported("qindex range", "2 to 255"));
    assert_eq!(new(|c| c.max_qindex = 200), unsupported("qindex range", "1 to 200"));
    assert_eq!(new(|c| c.rate = RateMode::Bitrate(0)), unsupported("bitrate", "0"));
}

#[test]
fn every_size_has_an_encoder() {
    for width in [16, 17, 640, 1_920, 4_096, 4_097, 8_191, 8_192] {
        for height in [16, 19, 480, 1_080, 2_304, 2_305, 4_319, 4_320] {
            let encoder = Encoder::new(config(width, height)).unwrap();
            let threads = encoder.capabilities().max_threads;
            assert!((1..=64).contains(&threads), "{threads} threads for {width}x{height}");
        }
    }
    let encoder = Encoder::new(config(1_920, 1_080)).unwrap();
    assert_eq!(encoder.capabilities().max_threads, 4);
}

#[test]
fn delay_is_as_reported() {
    let mut encoder = Encoder::new(config(64, 64)).unwrap();
    let delay = u64::from(encoder.capabilities().delay_frames);
    let clip = Clip::new(Scene::MovingTexture, 64, 64, 0).unwrap();
    for number in 0..12 {
        let picture = clip.picture(number);
        let outcome = encoder.encode(&picture.as_frame(number), FrameOptions::default()).unwrap();
        assert_eq!(outcome.is_pending(), number < delay);
        let timestamp = outcome.into_unit().map(|unit| unit.timestamp);
        assert_eq!(timestamp, number.checked_sub(delay));
    }
    for number in 12 - delay..12 {
        assert_eq!(encoder.flush().unwrap().unwrap().timestamp, number);
    }
    assert!(encoder.flush().unwrap().is_none());
    assert!(encoder.flush().unwrap().is_none());
}

#[test]
fn short_streams() {
    let mut empty = Encoder::new(config(32, 32)).unwrap();
    assert!(empty.flush().unwrap().is_none());
    for frames in 1..8 {
        let clip = Clip::new(Scene::Noise, 32, 32, 0).unwrap();
        assert_eq!(encode(config(32, 32), clip, frames, &[]).len() as u64, frames);
    }
}

#[test]
fn key_frames_are_where_they_were_asked_for() {
    let clip = Clip::new(Scene::Cuts, 32, 32, 0).unwrap();
    let keys_of = |config, frames, keys: &[u64]| {
        let units = encode(config, clip, frames, keys);
        let keys = units.iter().filter(|unit| unit.key_frame);
        keys.map(|unit| unit.timestamp / TICKS).collect::<Vec<_>>()
    };
    assert_eq!(keys_of(config(32, 32), 40, &[]), [0], "a cut alone makes no key frame");
    assert_eq!(keys_of(config(32, 32), 9, &[1, 2, 5, 8]), [0, 1, 2, 5, 8]);
    let mut every = config(32, 32);
    every.key_interval = Some(3);
    assert_eq!(keys_of(every.clone(), 10, &[]), [0, 3, 6, 9]);
    assert_eq!(keys_of(every, 10, &[4]), [0, 3, 4, 7]);
    let mut always = config(32, 32);
    always.key_interval = Some(1);
    assert_eq!(keys_of(always, 5, &[]), [0, 1, 2, 3, 4]);
}

#[test]
fn requested_key_frame() {
    let mut encoder = Encoder::new(config(32, 32)).unwrap();
    let picture = Clip::new(Scene::Flat, 32, 32, 0).unwrap().picture(0);
    let mut units = Vec::new();
    for number in 0..9 {
        if number == 3 {
            encoder.request_key_frame().unwrap();
        }
        let frame = picture.as_frame(number);
        units.extend(encoder.encode(&frame, FrameOptions::default()).unwrap().into_unit());
    }
    let keys: Vec<_> = units.iter().map(|unit| unit.key_frame).collect();
    assert_eq!(keys, [true, false, false, true, false]);
}

#[test]
fn bitrate_is_held() {
    let clip = Clip::new(Scene::MovingTexture, 176, 144, 0).unwrap();
    let units = encode(at_rate(176, 144, 60_000), clip, 90, &[]);
    let bits: usize = units.iter().map(|unit| 8 * unit.data.len()).sum();
    assert!((120_000..240_000).contains(&bits), "{bits} bits in three seconds of 60 kbit/s");
}

#[test]
fn color_description_reaches_the_stream() {
    let clip = Clip::new(Scene::Flat, 32, 32, 0).unwrap();
    let mut described = config(32, 32);
    described.color.primaries = 1;
    described.color.transfer = 13;
    described.color.matrix = 6;
    let plain = encode(config(32, 32), clip, 1, &[]);
    let described = encode(described, clip, 1, &[]);
    // The code points are whole bytes of the sequence header, at some bit (5.5.2).
    let codes = |data: &[u8]| {
        let bits: String = data.iter().map(|byte| format!("{byte:08b}")).collect();
        bits.contains("000000010000110100000110")
    };
    assert!(codes(&described[0].data) && !codes(&plain[0].data));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..Default::default() })]

    #[test]
    fn legal_settings_work(
        width in 16..160_u32,
        height in 16..160_u32,
        rate in prop_oneof![
            (1..=255_u8).prop_map(RateMode::ConstantQindex),
            prop::sample::select(&[1_000, 30_000, 1_000_000, 100_000_000])
                .prop_map(RateMode::Bitrate),
        ],
        speed in 2..=10_u8,
        frame_rate in prop::sample::select(&[(1, 10), (30_000, 1_001), (240, 1)]),
        threads in 1..4_usize,
        key_interval in prop::option::of(1..6_u32),
        scene in prop::sample::select(&Scene::ALL),
        keys in prop::collection::vec(0..8_u64, 0..3),
    ) {
        let mut config = config(width, height);
        config.rate = rate;
        config.speed = Speed::new(speed).unwrap();
        config.frame_rate = Rational::new(frame_rate.0, frame_rate.1);
        config.threads = threads;
        config.key_interval = key_interval;
        let units = encode(config, Clip::new(scene, width, height, 0).unwrap(), 8, &keys);
        prop_assert_eq!(units.len(), 8);
        prop_assert!(keys.iter().all(|&key| units[key as usize].key_frame));
    }
}
