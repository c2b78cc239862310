//! What a passing object leaves behind: a wall that is seen again is coded again.

use super::{Link, SECOND};
use crate::kernels::random::Random;
use crate::{EncoderConfig, PictureBuffer, Rational, Speed};

const SIZE: (u32, u32) = (320, 180);
const FRAME_RATE: u32 = 25;
/// Seconds until the object comes, and what it takes to cross the picture.
const WAIT: f64 = 2.0;
const CROSSING: f64 = 1.5;

/// A bright wall with a weak texture, as smooth as plaster.
fn wall() -> Vec<u8> {
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    let mut random = Random::new(7);
    let grain: Vec<f64> =
        (0..(width + 8) * (height + 8)).map(|_| random.below(256) as f64 - 127.5).collect();
    let smooth = |x: usize, y: usize| {
        let near = (0..5).flat_map(|dy| (0..5).map(move |dx| (dx, dy)));
        near.map(|(dx, dy)| grain[(y + dy) * (width + 8) + x + dx]).sum::<f64>() / 25.0
    };
    let at = |i: usize| {
        let (x, y) = (i % width, i / width);
        150.0 + 12.0 * x as f64 / width as f64 + 0.25 * smooth(x, y)
    };
    (0..width * height).map(|i| at(i).round() as u8).collect()
}

/// The wall, and before it at `time` seconds something dark with a texture of its own, an arm wide;
/// samples are up to `noise` off, as a camera's are.
fn picture(wall: &[u8], time: f64, noise: u8) -> PictureBuffer {
    let mut picture = PictureBuffer::new(SIZE.0, SIZE.1).unwrap();
    let mut random = Random::new((time * 1000.0) as u64);
    let (width, arm) = (f64::from(SIZE.0), 64.0);
    let left = (time - WAIT) / CROSSING * (width + arm) - arm;
    for (i, sample) in picture.plane_mut(0).iter_mut().enumerate() {
        let (x, y) = ((i % SIZE.0 as usize) as f64, (i / SIZE.0 as usize) as f64);
        let inside = x - left;
        *sample = if (0.0..arm).contains(&inside) {
            (45.0 + 18.0 * (inside * 0.4).sin() + 12.0 * (y * 0.23).cos()) as u8
        } else {
            wall[i]
        };
        *sample = *sample - noise + random.below(2 * usize::from(noise) + 1) as u8;
    }
    for plane in 1..3 {
        picture.plane_mut(plane).fill(128);
    }
    picture
}

/// Two seconds after something dark crossed the picture the wall is within 0.5 dB of what it was two seconds
/// after the call began.
#[test]
fn a_wall_that_was_covered_is_as_good_as_before() {
    let wall = wall();
    let second = |seconds: f64| (seconds * f64::from(FRAME_RATE)).round() as usize;
    for (speed, noise) in [(6, 1), (6, 3), (10, 1), (10, 3)] {
        for rate in [20_000, 50_000, 100_000] {
            let mut config = EncoderConfig::new(SIZE.0, SIZE.1, rate);
            config.frame_rate = Rational::new(FRAME_RATE, 1);
            config.speed = Speed::new(speed).unwrap();
            let mut link = Link::new(&format!("wall, speed {speed}, noise {noise},"), config);
            for number in 0..=second(WAIT + CROSSING + 2.0) {
                let picture = picture(&wall, number as f64 / f64::from(FRAME_RATE), noise);
                link.show(&picture, SECOND / u64::from(FRAME_RATE));
            }
            let after = second(WAIT + CROSSING + 2.0);
            let [before, after] = [second(WAIT), after + 1].map(|end| link.psnr(end - 10..end));
            let what = format!("{}: {before:.2} dB, then {after:.2} dB", link.name);
            println!("{what}");
            assert!(after >= before - 0.5, "{what}");
        }
    }
}
