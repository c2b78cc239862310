//! Rolling intra refresh through the decoder: whatever was lost before a sweep, pictures are exact from its
//! last frame on.

use super::TICKS;
use crate::kernels::random::Random;
use crate::synthetic::{Clip, Scene};
use crate::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, RateMode, ScalabilityMode, Speed,
    TemporalUnit,
};

fn config(width: u32, height: u32, speed: u8, period: u32) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, 150_000);
    config.speed = Speed::new(speed).unwrap();
    config.intra_refresh = Some(period);
    config.reconstruction = true;
    config
}

fn encode(config: EncoderConfig, scene: Scene, frames: u64) -> Vec<TemporalUnit> {
    let clip = Clip::new(scene, config.width, config.height, 3).unwrap();
    let mut encoder = Encoder::new(config).unwrap();
    let frame = |number| {
        let picture = clip.picture(number);
        let frame = picture.as_frame(TICKS * number);
        encoder.encode(&frame, FrameOptions::default()).unwrap().into_unit()
    };
    (0..frames).filter_map(frame).collect()
}

/// Decodes the units that `arrives` lets through; whether the picture of each unit was exact.
fn decode(units: &[TemporalUnit], arrives: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    let exact = |(index, unit): (usize, &TemporalUnit)| {
        arrives(index)
            && decoder
                .decode(unit.data.clone(), unit.timestamp)
                .unwrap()
                .and_then(|picture| picture.to_buffer().ok())
                == unit.frames[0].reconstruction
    };
    units.iter().enumerate().map(exact).collect()
}

/// Sweeps of so many frames, sizes, and how many frames are coded.
const STREAMS: [(u32, (u32, u32), u64); 3] =
    [(5, (64, 48), 40), (9, (72, 136), 60), (24, (64, 202), 110)];

#[test]
fn pictures_are_exact_from_the_end_of_a_sweep_on() {
    let mut random = Random::new(5);
    let mut damaged = 0;
    let scenes = [Scene::MovingTexture, Scene::Cuts, Scene::Text];
    for speed in [4, 6, 8, 10] {
        for (number, (period, (width, height), frames)) in STREAMS.into_iter().enumerate() {
            let mut config = config(width, height, speed, period);
            config.scalability_mode = ScalabilityMode::ALL[random.below(3)];
            let scene = scenes[(number + usize::from(speed) / 2) % 3];
            let what = format!("{scene:?} of {width}x{height} at speed {speed}");
            let units = encode(config, scene, frames);
            assert!(decode(&units, |_| true).iter().all(|&exact| exact), "{what}");
            let period = period as usize;
            for sweep in 0..2 {
                // Some or all of the units of a sweep, of which the key frame is before the first.
                let most = random.below(2) * 2;
                let last = (sweep + 1) * period - random.below(period);
                let lost: Vec<bool> = (0..units.len())
                    .map(|n| n > sweep * period && n <= last && random.below(3) <= most)
                    .collect();
                let exact = decode(&units, |index| !lost[index]);
                let clean = (sweep + 2) * period;
                let wrong: Vec<usize> = (clean..units.len()).filter(|&n| !exact[n]).collect();
                assert!(wrong.is_empty(), "{what}: {wrong:?} of {}", units.len());
                damaged += (0..clean).filter(|&n| !lost[n] && !exact[n]).count();
            }
        }
    }
    assert!(damaged > 200, "{damaged}");
}

/// It is the sweep that does it.
#[test]
fn without_sweeps_a_loss_stays() {
    let mut config = config(64, 48, 6, 5);
    config.intra_refresh = None;
    let units = encode(config, Scene::MovingTexture, 40);
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    let exact = |(index, unit): (usize, &TemporalUnit)| {
        let picture = decoder.decode(unit.data.clone(), unit.timestamp);
        let picture = picture.ok().flatten().and_then(|picture| picture.to_buffer().ok());
        index > 25 && picture == unit.frames[0].reconstruction
    };
    let mut arrive = units.iter().enumerate().filter(|&(index, _)| index != 5);
    assert!(!arrive.any(exact));
}

/// No frame of a sweep is as large as a key frame: at one quantizer index, which nothing evens out.
#[test]
fn sizes_stay_even() {
    let mut config = config(136, 202, 6, 15);
    config.rate = RateMode::ConstantQindex(120);
    let units = encode(config, Scene::MovingTexture, 61);
    let sizes: Vec<usize> = units.iter().map(|unit| unit.data.len()).collect();
    assert!(units[1..].iter().all(|unit| !unit.key_frame));
    let (most, sum) = (sizes[1..].iter().max().unwrap(), sizes[1..].iter().sum::<usize>());
    assert!(most * 3 < sizes[0] * 2 && most * 2 * 60 < sum * 3, "{sizes:?}");
}
