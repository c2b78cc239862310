//! The rav1e engine against the decoder: what comes out is the encoder's own reconstruction.

use crate::synthetic::{Clip, Scene};
use crate::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, RateMode, Speed, TemporalUnit,
};

/// All units of `frames` pictures of `clip`.
fn encode(config: EncoderConfig, clip: Clip, frames: u64) -> Vec<TemporalUnit> {
    let mut encoder = Encoder::new(config).unwrap();
    let mut units = Vec::new();
    for number in 0..frames {
        let picture = clip.picture(number);
        let outcome =
            encoder.encode(&picture.as_frame(3_000 * number), FrameOptions::default()).unwrap();
        units.extend(outcome.unit);
    }
    while let Some(unit) = encoder.flush().unwrap() {
        units.push(unit);
    }
    units
}

fn check(width: u32, height: u32, rate: RateMode, speed: u8, scene: Scene) {
    let mut config = EncoderConfig::new(width, height, 100_000);
    config.rate = rate;
    config.speed = Speed::new(speed).unwrap();
    config.reconstruction = true;
    let units = encode(config, Clip::new(scene, width, height, 7).unwrap(), 6);
    assert_eq!(units.len(), 6);
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    for (number, unit) in units.iter().enumerate() {
        assert_eq!(unit.timestamp, 3_000 * number as u64);
        assert_eq!(unit.key_frame, number == 0);
        assert_eq!(unit.data[..2], [0x12, 0], "a temporal delimiter comes first");
        let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
        assert_eq!(picture.timestamp(), unit.timestamp);
        assert_eq!(picture.to_buffer().unwrap(), *unit.reconstruction.as_ref().unwrap());
    }
}

#[test]
fn decoded_pictures_are_the_reconstruction() {
    for (width, height) in [(16, 16), (17, 31), (64, 64), (65, 33), (176, 144)] {
        for qindex in [1, 40, 128, 255] {
            check(width, height, RateMode::ConstantQindex(qindex), 10, Scene::MovingTexture);
        }
        check(width, height, RateMode::Bitrate(100_000), 10, Scene::Noise);
    }
}
