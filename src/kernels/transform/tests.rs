use proptest::prelude::*;

use super::conformance::{SAFE_ENERGY, is_conformant};
use super::scalar::inverse_with;
use super::spec;
use super::wht::{forward_wht, inverse_wht_add};
use super::*;
use crate::kernels::simd::portable;

fn cases() -> impl Strategy<Value = (TxSize, TxType)> {
    let legal: Vec<_> = TxSize::ALL
        .iter()
        .flat_map(|&size| TxType::ALL.iter().map(move |&tx_type| (size, tx_type)))
        .filter(|&(size, tx_type)| is_legal(size, tx_type))
        .collect();
    proptest::sample::select(legal)
}

/// Coefficients of a block: some positions, of every magnitude.
fn coefficients() -> impl Strategy<Value = Vec<i16>> {
    let value = prop_oneof![
        -40i16..=40,
        -3000i16..=3000,
        any::<i16>(),
        proptest::sample::select(&[i16::MIN, i16::MIN + 1, i16::MAX - 1, i16::MAX][..]),
    ];
    let some = proptest::collection::vec((0usize..MAX_COEFFICIENTS, value.clone()), 1..40);
    let sparse = some.prop_map(|entries| {
        let mut block = vec![0; MAX_COEFFICIENTS];
        for (position, value) in entries {
            // Halving three times out of four brings low frequencies into play.
            block[position >> (position % 4 * 2)] = value;
        }
        block
    });
    prop_oneof![4 => sparse, 1 => proptest::collection::vec(value, MAX_COEFFICIENTS)]
}

/// The kernel's and the spec's samples on a background with a margin.
fn both(
    coefficients: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
    background: u8,
    eob: usize,
) -> (Vec<u8>, Vec<u8>) {
    let stride = tx_size.width() + 3;
    let coefficients = &coefficients[..coefficient_count(tx_size)];
    let background: Vec<u8> =
        (0..stride * tx_size.height()).map(|i| background.wrapping_add((i % 7) as u8)).collect();
    let mut scalar = background.clone();
    let dst = SamplesMut::new(&mut scalar, stride);
    inverse_with::<portable::I16x8>(dst, coefficients, tx_size, tx_type);
    for isa in Isa::all() {
        let mut fast = background.clone();
        let dst = SamplesMut::new(&mut fast, stride);
        inverse_transform_add(isa, dst, coefficients, tx_size, tx_type, eob);
        assert_eq!(fast, scalar, "{isa:?}");
    }
    let mut slow = background;
    let residual = spec::inverse(coefficients, tx_size, Some(tx_type)).residual;
    add(&mut slow, stride, &residual, tx_size.width());
    (scalar, slow)
}

fn add(dst: &mut [u8], stride: usize, residual: &[i64], width: usize) {
    for (row, residual) in dst.chunks_mut(stride).zip(residual.chunks(width)) {
        for (sample, residual) in row.iter_mut().zip(residual) {
            *sample = (i64::from(*sample) + residual).clamp(0, 255) as u8;
        }
    }
}

/// [`forward_transform`] on every instruction set, which all give the same.
fn forward(
    residual: &[i16],
    stride: usize,
    coefficients: &mut [i16],
    tx_size: TxSize,
    tx_type: TxType,
) {
    let (rows, transform) = (residual.chunks(stride), (tx_size, tx_type));
    let inside = rows.flat_map(|row| &row[..tx_size.width()]);
    let energy = inside.map(|&r| i32::from(r).pow(2) as u32).sum();
    let residual = View::new(residual, stride);
    forward_transform(Isa::Scalar, residual, energy, coefficients, transform);
    for isa in Isa::all() {
        let mut found = vec![77; coefficients.len()];
        forward_transform(isa, residual, energy, &mut found, transform);
        let count = coefficient_count(tx_size);
        assert_eq!(found[..count], coefficients[..count], "{tx_size:?} {tx_type:?} {isa:?}");
    }
}

/// Noise within `-amplitude..=amplitude`.
fn noise(seed: u64, amplitude: i16, count: usize) -> Vec<i16> {
    let mut state = seed;
    let range = 2 * amplitude as u64 + 1;
    std::iter::repeat_with(|| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % range) as i16 - amplitude
    })
    .take(count)
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn inverse_equals_the_standard(
        (tx_size, tx_type) in cases(),
        coefficients in coefficients(),
        background in any::<u8>(),
    ) {
        let (fast, slow) = both(&coefficients, tx_size, tx_type, background, 1024);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn conformance_is_the_standards(
        (tx_size, tx_type) in cases(),
        coefficients in coefficients(),
    ) {
        let coefficients = &coefficients[..coefficient_count(tx_size)];
        let outcome = spec::inverse(coefficients, tx_size, Some(tx_type));
        prop_assert_eq!(is_conformant(coefficients, tx_size, tx_type), outcome.conformant);
    }

    /// All energy that is safe in one sample, which is where it reaches highest.
    #[test]
    fn dcts_of_a_safe_energy_are_conformant(
        tx_size in proptest::sample::select(TxSize::ALL),
        (x, y) in (0..64_usize, 0..64_usize),
        sign in prop_oneof![Just(1.0), Just(-1.0)],
    ) {
        let (w, h) = (tx_size.width(), tx_size.height());
        let basis = |at: usize, frequency: usize, length: usize| {
            let angle = (2 * (at % length) + 1) as f64 * frequency as f64 / (2 * length) as f64;
            let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
            (angle * std::f64::consts::PI).cos() * scale
        };
        let kept = w.min(32);
        let impulse: Vec<f64> = (0..coefficient_count(tx_size))
            .map(|i| basis(x, i % kept, w) * basis(y, i / kept, h))
            .collect();
        let energy: f64 = impulse.iter().map(|c| c * c).sum();
        let gain = sign * (SAFE_ENERGY as f64 / energy).sqrt();
        let coefficients: Vec<i16> = impulse.iter().map(|c| (c * gain) as i16).collect();
        prop_assert!(spec::inverse(&coefficients, tx_size, Some(TxType::DctDct)).conformant);
        prop_assert!(is_conformant(&coefficients, tx_size, TxType::DctDct));
    }

    #[test]
    fn dc_alone_equals_the_standard(
        tx_size in proptest::sample::select(TxSize::ALL),
        dc in any::<i16>(),
        background in any::<u8>(),
    ) {
        let mut coefficients = vec![0; MAX_COEFFICIENTS];
        coefficients[0] = dc;
        let (fast, slow) = both(&coefficients, tx_size, TxType::DctDct, background, 1);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn inverse_wht_equals_the_standard(
        coefficients in proptest::array::uniform16(any::<i16>()),
        background in any::<u8>(),
    ) {
        let mut fast = [background; 16];
        let mut slow = fast;
        inverse_wht_add(SamplesMut::new(&mut fast, 4), &coefficients);
        let outcome = spec::inverse(&coefficients, TxSize::T4x4, None);
        add(&mut slow, 4, &outcome.residual, 4);
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn wht_is_lossless(
        residual in proptest::array::uniform16(-255i16..=255),
    ) {
        let mut coefficients = [0; 16];
        forward_wht(View::new(&residual, 4), &mut coefficients);
        prop_assert!(coefficients.iter().all(|c| c % 4 == 0));
        let outcome = spec::inverse(&coefficients, TxSize::T4x4, None);
        prop_assert_eq!(outcome.residual, residual.map(i64::from).to_vec());
    }

    #[test]
    fn forward_and_inverse_give_the_residual_back(
        (tx_size, tx_type) in cases().prop_filter("64 drops the high frequencies", |(tx_size, _)| {
            tx_size.width() < 64 && tx_size.height() < 64
        }),
        seed in any::<u64>(),
        amplitude in 1i16..=255,
    ) {
        let residual = noise(seed, amplitude, tx_size.width() * tx_size.height());
        let mut coefficients = [0; MAX_COEFFICIENTS];
        forward(&residual, tx_size.width(), &mut coefficients, tx_size, tx_type);
        let outcome = spec::inverse(&coefficients, tx_size, Some(tx_type));
        prop_assert!(outcome.conformant);
        // White noise as loud as samples allow leaves few bits for fractions in large blocks.
        let (count, most) = (residual.len() as i64, if amplitude <= 40 { 1 } else { 2 });
        let mut squares = 0;
        for (back, residual) in outcome.residual.into_iter().zip(residual) {
            let error = back - i64::from(residual);
            prop_assert!(error.abs() <= most, "{} {}", back, residual);
            squares += error * error;
        }
        prop_assert!(squares * 3 <= count, "{} in {}", squares, count);
    }

    #[test]
    fn forward_gives_back_the_coefficients_of_smooth_residuals(
        (tx_size, tx_type) in cases(),
        seed in any::<u64>(),
        amplitude in 500i16..=1000,
    ) {
        let mut coefficients = vec![0; coefficient_count(tx_size)];
        let low = noise(seed, amplitude, 16);
        for (row, low) in coefficients.chunks_mut(coefficient_stride(tx_size)).zip(low.chunks(4)) {
            row[..4].copy_from_slice(low);
        }
        let stride = tx_size.width() + 5;
        let mut residual = vec![1000; stride * tx_size.height()];
        let lines = spec::inverse(&coefficients, tx_size, Some(tx_type)).residual;
        for (row, line) in residual.chunks_mut(stride).zip(lines.chunks(tx_size.width())) {
            for (residual, &value) in row.iter_mut().zip(line) {
                *residual = value as i16;
            }
        }
        let mut back = vec![0; coefficients.len()];
        forward(&residual, stride, &mut back, tx_size, tx_type);
        for (back, coefficient) in back.into_iter().zip(coefficients) {
            // Residuals are whole numbers: their rounding is noise of which a coefficient sees eight times the deviation.
            prop_assert!((back - coefficient).abs() <= 20, "{} {}", back, coefficient);
        }
    }
}

/// A flat block of the largest residual is one coefficient, just within 16 bits in all but the smallest sizes.
#[test]
fn flat_blocks_are_one_coefficient() {
    for &tx_size in TxSize::ALL {
        for value in [-255i16, 255] {
            let residual = vec![value; tx_size.width() * tx_size.height()];
            let mut coefficients = vec![1; coefficient_count(tx_size)];
            let dct = TxType::DctDct;
            forward(&residual, tx_size.width(), &mut coefficients, tx_size, dct);
            assert!(coefficients[1..].iter().all(|&c| c == 0), "{tx_size:?}");
            let outcome = spec::inverse(&coefficients, tx_size, Some(dct));
            assert!(outcome.conformant, "{tx_size:?}");
            assert!(outcome.residual.iter().all(|&r| r == i64::from(value)), "{tx_size:?}");
        }
    }
}

/// No value that must fit 16 bits holds a coefficient more than once, so their sum bounds them all.
#[test]
fn coefficients_weigh_at_most_one_inside_the_transforms() {
    for (kind, lengths) in [("dct", 2..=6), ("adst", 2..=4)] {
        for n in lengths {
            for i in 0..1 << n {
                let mut t = vec![0; 1 << n];
                t[i] = 16384;
                let largest = spec::largest_inside(kind, t);
                assert!((8192..=16384 + 8).contains(&largest), "{kind} {n} {i}: {largest}");
            }
        }
    }
}
