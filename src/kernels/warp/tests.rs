use super::spec::block_warp;
use super::*;
use crate::kernels::random::Random;

/// Distance between the rows of the source.
const STRIDE: usize = 19;

/// Compares the kernels of every set with the standard.
fn check(data: &[u8], warp: Warp) {
    let Shear { alpha, beta, gamma, delta } = warp.shear;
    let sample = |row: i32, col: i32| data[(row + 7) as usize * STRIDE + (col + 7) as usize];
    let expected = block_warp(sample, (warp.x, warp.y), [alpha, beta, gamma, delta]);
    for isa in Isa::all() {
        let mut dst = [77; 11 * 9];
        put(isa, SamplesMut::new(&mut dst, 11), Samples::new(data, STRIDE), warp);
        for (y, row) in dst.chunks(11).enumerate() {
            for (x, &sample) in row.iter().enumerate() {
                let inside = x < SIDE && y < SIDE;
                let expected = if inside { expected[y][x].clamp(0, 255) } else { 77 };
                assert_eq!(i32::from(sample), expected, "{isa:?} {warp:?} at {x}, {y}");
            }
        }
    }
}

/// A shear that is nearly or wholly as large as one may be.
fn shear(random: &mut Random) -> Shear {
    // Parameters are multiples of 64 (WARP_PARAM_REDUCE_BITS).
    let mut pair = |first: i32, second: i32| loop {
        let mut value = |factor: i32| {
            let most = (65_536 / factor / 64) as usize;
            64 * (random.below(2 * most + 1) as i32 - most as i32)
        };
        let (a, b) = (value(first), value(second));
        if first * a.abs() + second * b.abs() < 65_536 {
            return (a, b);
        }
    };
    let ((alpha, beta), (gamma, delta)) = (pair(4, 7), pair(4, 4));
    Shear { alpha, beta, gamma, delta }
}

#[test]
fn every_version_is_the_standards() {
    let mut random = Random::new(1);
    for round in 0..3000 {
        let extreme = round % 3 == 0;
        let data: Vec<u8> = (0..STRIDE * 16).map(|_| random.sample(extreme)).collect();
        let mut position = || [0, 65_535, random.below(65_536) as i32][random.below(3)];
        let (x, y) = (position(), position());
        let shear = if round % 7 == 0 { Shear::default() } else { shear(&mut random) };
        check(&data, Warp { x, y, shear });
    }
}

/// Samples that drive both passes as far up or down as they go.
#[test]
fn extremes_are_the_standards() {
    for position in (0..65_536).step_by(1024) {
        for flip in [0, 255] {
            let taps = taps(position);
            let mut data = vec![flip; STRIDE * 16];
            for y in 0..8 {
                for x in 0..8 {
                    if (taps[x] < 0) == (taps[y] < 0) {
                        data[(y + 4) * STRIDE + x + 4] = 255 - flip;
                    }
                }
            }
            check(&data, Warp { x: position, y: position, shear: Shear::default() });
        }
    }
}

/// Taps sum to 128, and pairs of them four apart, as AVX2 adds them, keep within 16 bits.
#[test]
fn taps_keep_within_their_bounds() {
    for taps in &WARPED_FILTERS {
        let taps = taps.map(i32::from);
        assert_eq!(taps.iter().sum::<i32>(), 128);
        let positive = |taps: &[i32]| taps.iter().map(|tap| (*tap).max(0)).sum::<i32>();
        assert!(positive(&taps) <= 175);
        assert!((0..4).all(|i| positive(&[taps[i], taps[i + 4]]) * 255 <= i32::from(i16::MAX)));
    }
}
