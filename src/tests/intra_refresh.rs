//! Rolling intra refresh through the decoder: whatever was lost before a sweep, pictures are exact from its
//! last frame on.

use super::TICKS;
use crate::kernels::random::Random;
use crate::synthetic::{Clip, Scene};
use crate::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, RateMode, ScalabilityMode, Speed,
    TemporalUnit,
};

const PERIOD: u32 = 6;

fn config(width: u32, height: u32, speed: u8) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, 150_000);
    config.speed = Speed::new(speed).unwrap();
    config.intra_refresh = Some(PERIOD);
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

/// The last unit of the first sweep that begins after unit `lost`, where the key frame is unit 0.
fn clean_from(lost: usize) -> usize {
    lost.next_multiple_of(PERIOD as usize) + PERIOD as usize
}

/// Loses some of the units up to number `until`, and checks what is promised; gives how many pictures were
/// not exact that did arrive.
fn check(units: &[TemporalUnit], until: usize, seed: u64, what: &str) -> usize {
    let mut random = Random::new(seed);
    let lost: Vec<bool> =
        (0..units.len()).map(|n| (1..=until).contains(&n) && random.below(3) == 0).collect();
    let Some(last) = lost.iter().rposition(|&lost| lost) else { return 0 };
    let exact = decode(units, |index| !lost[index]);
    let wrong: Vec<usize> = (clean_from(last)..units.len()).filter(|&n| !exact[n]).collect();
    assert!(wrong.is_empty(), "{what}, {last} lost: {wrong:?} of {}", units.len());
    (0..units.len()).filter(|&n| !lost[n] && !exact[n]).count()
}

#[test]
fn pictures_are_exact_from_the_end_of_a_sweep_on() {
    let mut damaged = 0;
    let scenes = [Scene::MovingTexture, Scene::Text, Scene::Cuts, Scene::Noise];
    for (number, speed) in [4, 6, 8, 10].into_iter().enumerate() {
        for (width, height) in [(64, 48), (136, 202)] {
            for &mode in ScalabilityMode::ALL {
                let mut config = config(width, height, speed);
                config.scalability_mode = mode;
                let scene = scenes[(number + mode.temporal_layers() as usize) % 4];
                let units = encode(config, scene, 40);
                assert!(units.len() > 36);
                assert!(decode(&units, |_| true).iter().all(|&exact| exact));
                for seed in 0..4 {
                    let what = format!("{width}x{height} {mode} {scene:?} at speed {speed}");
                    damaged += check(&units, 3 + 5 * seed as usize, seed, &what);
                }
            }
        }
    }
    assert!(damaged > 300, "{damaged}");
}

/// It is the sweep that does it.
#[test]
fn without_sweeps_a_loss_stays() {
    let mut config = config(64, 48, 6);
    config.intra_refresh = None;
    let units = encode(config, Scene::MovingTexture, 40);
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    let exact = |(index, unit): (usize, &TemporalUnit)| {
        let picture = decoder.decode(unit.data.clone(), unit.timestamp);
        let picture = picture.ok().flatten().and_then(|picture| picture.to_buffer().ok());
        index > 25 && picture == unit.frames[0].reconstruction
    };
    let arrive = units.iter().enumerate().filter(|&(index, _)| index != 5);
    assert!(!arrive.map(exact).any(|exact| exact));
}

/// No frame of a sweep is as large as a key frame: at one quantizer index, which nothing evens out.
#[test]
fn sizes_stay_even() {
    let mut config = config(136, 202, 6);
    config.rate = RateMode::ConstantQindex(120);
    config.intra_refresh = Some(15);
    let units = encode(config, Scene::MovingTexture, 61);
    let sizes: Vec<usize> = units.iter().map(|unit| unit.data.len()).collect();
    assert!(units[1..].iter().all(|unit| !unit.key_frame));
    let (most, sum) = (sizes[1..].iter().max().unwrap(), sizes[1..].iter().sum::<usize>());
    assert!(most * 3 < sizes[0] * 2 && most * 2 * 60 < sum * 3, "{sizes:?}");
}
