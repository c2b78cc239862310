//! Pictures whose noise is taken off first: fewer bits, no trails, and streams as exact as any.

use super::TICKS;
use crate::kernels::random::Random;
use crate::{
    Decoder, DecoderConfig, EncodeOutcome, Encoder, EncoderConfig, FrameOptions, PictureBuffer,
    RateMode, Rates, Rational, ScalabilityMode, Speed, TemporalUnit,
};

/// Something that moves before a wall with a weak texture.
fn scene((width, height): (u32, u32), number: u64) -> PictureBuffer {
    let mut picture = PictureBuffer::new(width, height).unwrap();
    for plane in 0..3 {
        let stride = picture.plane_width(plane);
        let scale = if plane == 0 { 1 } else { 2 };
        for (i, sample) in picture.plane_mut(plane).iter_mut().enumerate() {
            let (x, y) = ((i % stride * scale) as f64, (i / stride * scale) as f64);
            let inside = x - 4.0 * number as f64 % f64::from(width);
            let wall = 120.0 + 20.0 * (x * 0.05).sin() + 8.0 * (y * 0.3 + x * 0.1).cos();
            let object = 60.0 + 25.0 * (inside * 0.4).sin() + 10.0 * (y * 0.2).cos();
            *sample = if (0.0..32.0).contains(&inside) { object } else { wall } as u8;
        }
    }
    picture
}

/// The picture, each sample up to `most` off.
fn noisy(mut picture: PictureBuffer, most: i32, random: &mut Random) -> PictureBuffer {
    for plane in 0..3 {
        for sample in picture.plane_mut(plane) {
            let off = random.signed(most) + random.signed(most);
            *sample = (i32::from(*sample) + off).clamp(0, 255) as u8;
        }
    }
    picture
}

fn config((width, height): (u32, u32), denoise: bool) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, 100_000);
    config.speed = Speed::new(8).unwrap();
    (config.denoise, config.reconstruction) = (denoise, true);
    config
}

/// Codes noisy pictures; gives bytes and the mean squared error of luma against clean ones, from the twentieth on.
fn code(config: EncoderConfig, frames: u64, moving: bool) -> (usize, f64) {
    let size = (config.width, config.height);
    let mut encoder = Encoder::new(config).unwrap();
    let mut random = Random::new(5);
    let (mut bytes, mut error, mut samples) = (0, 0, 0);
    for number in 0..frames {
        let clean = scene(size, if moving { number } else { 0 });
        let picture = noisy(clean.clone(), 5, &mut random);
        let frame = picture.as_frame(TICKS * number);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        let Some(unit) = outcome.into_unit() else { continue };
        if number >= 20 {
            bytes += unit.data.len();
            let shown = unit.frames[0].reconstruction.as_ref().unwrap();
            let pairs = shown.plane(0).iter().zip(clean.plane(0));
            error += pairs.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>();
            samples += clean.plane(0).len();
        }
    }
    (bytes, error as f64 / samples as f64)
}

#[test]
fn it_is_off_unless_asked_for() {
    let bytes = |change: fn(&mut EncoderConfig)| {
        let mut config = EncoderConfig::new(96, 64, 100_000);
        change(&mut config);
        code(EncoderConfig { reconstruction: true, ..config }, 24, true)
    };
    assert!(!EncoderConfig::new(96, 64, 100_000).denoise);
    assert_eq!(bytes(|_| {}), bytes(|config| config.denoise = false));
    assert_ne!(bytes(|_| {}), bytes(|config| config.denoise = true));
}

/// At one quantizer index a noisy picture that stands still takes a fraction of the bits, and comes nearer to what is
/// behind the noise.
#[test]
fn noise_takes_no_bits_and_goes() {
    for qindex in [20, 40] {
        let run = |denoise| {
            let rate = RateMode::ConstantQindex(qindex);
            code(EncoderConfig { rate, ..config((176, 144), denoise) }, 50, false)
        };
        let [(bytes, error), (fewer, less)] = [run(false), run(true)];
        let what =
            format!("at {qindex} {bytes} bytes with {error:.2}, then {fewer} with {less:.2}");
        println!("{what}");
        assert!(fewer * 2 < bytes && less * 1.2 < error, "{what}");
    }
}

/// What is coded is exact, in every mode of the encoder: layers, threads, drops, pauses, other sizes, key frames and
/// constant quantizers.
#[test]
fn streams_are_exact_in_every_mode() {
    let run = |threads: usize, mode: ScalabilityMode, rate: RateMode| {
        let mut size = (200, 136);
        let mut config = config(size, true);
        (config.threads, config.scalability_mode, config.rate) = (threads, mode, rate);
        let mut encoder = Encoder::new(config).unwrap();
        let mut random = Random::new(6);
        let mut units: Vec<TemporalUnit> = Vec::new();
        for number in 0..40 {
            let live = matches!(rate, RateMode::Bitrate(_));
            let rates = |bitrate| Rates::new(bitrate, Rational::new(30, 1));
            match number {
                8 if live => encoder.set_rates(rates(8_000)).unwrap(),
                14 if live => encoder.set_rates(rates(0)).unwrap(),
                17 if live => encoder.set_rates(rates(150_000)).unwrap(),
                24 => {
                    size = (131, 67);
                    encoder.set_size(size.0, size.1).unwrap();
                }
                _ => {}
            }
            let options = FrameOptions { key_frame: number == 32, ..FrameOptions::default() };
            let picture = noisy(scene(size, number), 2, &mut random);
            let outcome = encoder.encode(&picture.as_frame(TICKS * number), options).unwrap();
            assert!(!matches!(outcome, EncodeOutcome::Pending), "one in, one out");
            units.extend(outcome.into_unit());
        }
        units
    };
    let rates =
        [RateMode::Bitrate(100_000), RateMode::ConstantQindex(0), RateMode::ConstantQindex(90)];
    for (mode, rate) in
        [ScalabilityMode::L1T1, ScalabilityMode::L1T2, ScalabilityMode::L1T3].into_iter().zip(rates)
    {
        let units = run(1, mode, rate);
        assert!(units.len() > 25 && units.iter().filter(|unit| unit.key_frame).count() >= 3);
        let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
        for unit in &units {
            let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
            let made = unit.frames[0].reconstruction.as_ref();
            assert!(picture.to_buffer().as_ref().ok() == made, "{mode}, {}", unit.timestamp);
        }
        let threaded = run(3, mode, rate);
        assert!(
            units.iter().map(|unit| &unit.data).eq(threaded.iter().map(|unit| &unit.data)),
            "{mode}"
        );
    }
}
