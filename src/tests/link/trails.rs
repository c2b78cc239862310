//! What a passing object leaves behind: a wall that is seen again is coded again.

use super::{Link, SECOND};
use crate::kernels::random::Random;
use crate::{EncoderConfig, PictureBuffer, Rational, Speed};

const SIZE: (u32, u32) = (320, 180);
const FRAME_RATE: u32 = 25;
/// Seconds until the object comes, and what it takes to cross the picture.
const WAIT: f64 = 2.0;
const CROSSING: f64 = 1.5;
/// Chroma of the wall, and U and V of what crosses it.
const GREY: u8 = 128;
const ARM: [u8; 2] = [110, 150];
/// The most that chroma of 8×8 samples may be off two seconds later, in sample values.
const MOST_COLOUR: u32 = 3;

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
        for (i, sample) in picture.plane_mut(plane).iter_mut().enumerate() {
            let inside = (2 * (i % (SIZE.0 as usize / 2))) as f64 - left;
            *sample = if (0.0..arm).contains(&inside) { ARM[plane - 1] } else { GREY };
        }
    }
    picture
}

/// The most that the mean of 8×8 samples of chroma is off a grey wall.
fn colour_left(picture: &PictureBuffer) -> u32 {
    let (width, height) = (SIZE.0 as usize / 2, SIZE.1 as usize / 2);
    let off = |plane: usize, x: usize, y: usize| {
        let rows = (y..y + 8).map(|y| &picture.plane(plane)[y * width + x..][..8]);
        let sum: u32 = rows.flatten().map(|&sample| u32::from(sample)).sum();
        sum.abs_diff(64 * u32::from(GREY)) / 64
    };
    let places =
        (0..height - 7).step_by(8).flat_map(|y| (0..width - 7).step_by(8).map(move |x| (x, y)));
    places.flat_map(|(x, y)| [off(1, x, y), off(2, x, y)]).max().expect("a picture has samples")
}

/// Two seconds after something dark and coloured crossed the picture the wall is within 0.5 dB of what it was two seconds
/// after the call began, and grey again.
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
            let colour = colour_left(&link.picture);
            let what = format!("{}: {before:.2} dB, then {after:.2} dB, {colour} off", link.name);
            println!("{what}");
            assert!(after >= before - 0.5 && colour <= MOST_COLOUR, "{what}");
        }
    }
}
