//! The engine of any build against the decoder: what comes out is the encoder's own reconstruction.

use super::{TICKS, encode};
use crate::synthetic::{Clip, Scene};
use crate::{Decoder, DecoderConfig, EncoderConfig, RateMode, Speed, TemporalUnit};

const FRAMES: u64 = 7;

/// Codes a few pictures and checks every unit against a decoder.
fn check(mut config: EncoderConfig, scene: Scene) -> Vec<TemporalUnit> {
    config.reconstruction = true;
    let clip = Clip::new(scene, config.width, config.height, 7).unwrap();
    let every_frame = matches!(config.rate, RateMode::ConstantQindex(_));
    let units = encode(config, clip, FRAMES, &[4]);
    assert!(units.len() as u64 == FRAMES || !every_frame);
    let numbers = || units.iter().map(|unit| unit.timestamp / TICKS);
    // A request outlives dropped frames.
    let keys = [numbers().next(), numbers().find(|&number| number >= 4)];
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    for (unit, number) in units.iter().zip(numbers()) {
        assert_eq!(unit.key_frame, keys.contains(&Some(number)));
        check_obus(&unit.data);
        let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
        assert_eq!(picture.timestamp(), unit.timestamp);
        assert_eq!(
            (picture.width(), picture.height()),
            (unit.frames[0].width, unit.frames[0].height)
        );
        assert_eq!(picture.to_buffer().unwrap(), *unit.frames[0].reconstruction.as_ref().unwrap());
    }
    units
}

/// 5.3.2, 7.5: one temporal delimiter, first, and a size field on every OBU.
fn check_obus(mut data: &[u8]) {
    let mut types = Vec::new();
    while let [header, rest @ ..] = data {
        assert_eq!(header & 0b1000_0111, 0b10, "no extension, a size, the other bits zero");
        types.push(header >> 3);
        let length = rest.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let size =
            rest[..length].iter().rev().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7F));
        data = &rest[length + size..];
    }
    assert_eq!(types[0], 2);
    assert_eq!(types.iter().filter(|&&obu_type| obu_type == 2).count(), 1);
}

fn config(width: u32, height: u32, rate: RateMode, speed: u8) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, 100_000);
    config.rate = rate;
    config.speed = Speed::new(speed).unwrap();
    config
}

#[test]
fn odd_and_small_sizes() {
    for (width, height) in [(16, 16), (17, 16), (16, 17), (33, 65), (129, 67), (176, 144)] {
        for qindex in [1, 100, 255] {
            let rate = RateMode::ConstantQindex(qindex);
            check(config(width, height, rate, 10), Scene::MovingTexture);
        }
    }
}

#[test]
fn scenes_and_speeds() {
    for (speed, scene) in [0, 3, 6, 8, 9].into_iter().zip(Scene::ALL) {
        check(config(50, 38, RateMode::ConstantQindex(80), speed), scene);
    }
}

#[test]
fn rates_from_least_to_most() {
    // At half of the first not even an empty key frame fits, and the settings are refused.
    for bitrate in [2_000, 50_000, 100_000_000] {
        for scene in [Scene::Flat, Scene::Noise, Scene::Text] {
            check(config(64, 48, RateMode::Bitrate(bitrate), 10), scene);
        }
    }
}

#[test]
fn quantizer_follows_the_setting() {
    let mean = |qindex| {
        let units = check(config(64, 64, RateMode::ConstantQindex(qindex), 10), Scene::Text);
        units.iter().map(|unit| u32::from(unit.frames[0].qindex)).sum::<u32>() / units.len() as u32
    };
    for qindex in [20, 100, 200] {
        assert!(mean(qindex).abs_diff(u32::from(qindex)) < 20, "{} for {qindex}", mean(qindex));
    }
}

#[test]
fn threads_do_not_change_the_bytes() {
    let mut config = config(1_024, 520, RateMode::ConstantQindex(150), 10);
    let one = check(config.clone(), Scene::MovingTexture);
    config.threads = 3;
    let three = check(config, Scene::MovingTexture);
    assert!(one.iter().zip(&three).all(|(one, three)| one.data == three.data));
}

#[test]
fn decoder_threads_do_not_change_the_pictures() {
    let rate = RateMode::ConstantQindex(150);
    let clip = Clip::new(Scene::MovingTexture, 640, 360, 1).unwrap();
    let units = encode(config(640, 360, rate, 10), clip, 3, &[]);
    let decode = |threads| {
        let config = DecoderConfig { threads, ..DecoderConfig::default() };
        let mut decoder = Decoder::new(config).unwrap();
        let mut decode = |unit: &TemporalUnit| {
            decoder.decode(unit.data.clone(), 0).unwrap().unwrap().to_buffer().unwrap()
        };
        units.iter().map(&mut decode).collect::<Vec<_>>()
    };
    assert!(decode(1) == decode(4));
}
