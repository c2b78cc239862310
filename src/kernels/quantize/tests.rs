use proptest::prelude::*;

use super::spec::dequantize_block;
use super::*;

fn identity_scan(count: usize) -> Vec<u16> {
    (0..count as u16).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn levels_are_nearest_and_dequantize_alike(
        tx_size in proptest::sample::select(TxSize::ALL),
        dc_step in 4u16..=1336,
        ac_step in 4u16..=1828,
        seeds in proptest::collection::vec(
            prop_oneof![3 => -100i16..100, 2 => any::<i16>(), 1 => Just(i16::MIN)], 16..64),
    ) {
        let count = coefficient_count(tx_size);
        let coefficients: Vec<i16> = seeds.iter().copied().cycle().take(count).collect();
        let mut levels = vec![1; count];
        let mut dequantized = vec![1; count];
        let quantizer = Quantizer::new(dc_step, ac_step, 64, 64);
        let scan = identity_scan(count);
        let out = Levels { levels: &mut levels, dequantized: &mut dequantized };
        let eob = quantize(Isa::Scalar, &quantizer, tx_size, &scan, &coefficients, out);
        for isa in Isa::all() {
            let mut twin = [vec![2; count], vec![2; count]];
            let [levels_twin, dequantized_twin] = &mut twin;
            let out = Levels { levels: levels_twin, dequantized: dequantized_twin };
            prop_assert_eq!(quantize(isa, &quantizer, tx_size, &scan, &coefficients, out), eob);
            prop_assert_eq!(&twin, &[levels.clone(), dequantized.clone()]);
        }
        let last = levels.iter().rposition(|&level| level != 0);
        prop_assert_eq!(eob, last.map_or(0, |last| last + 1));
        let mut expected = vec![1; count];
        dequantize_block(&levels, dc_step, ac_step, tx_size, &mut expected);
        prop_assert_eq!(&dequantized, &expected);
        let denominator = f64::from(1 << tx_size.dq_denom_log2());
        for (i, (&coefficient, &level)) in coefficients.iter().zip(&levels).enumerate() {
            let step = f64::from(if i == 0 { dc_step } else { ac_step }) / denominator;
            let exact = f64::from(coefficient) / step;
            if exact.abs() < 32767.0 {
                // Half a level, what the reciprocal loses, and what the rounding offset loses by being whole.
                let bound = 0.5 + exact.abs() / 32768.0 + 1.0 / step;
                prop_assert!((exact - f64::from(level)).abs() <= bound, "{exact} {level}");
            }
        }
    }

    #[test]
    fn capped_energy_is_the_sum_of_capped_squares(
        coefficients in proptest::collection::vec(
            prop_oneof![3 => -1500i16..1500, 1 => any::<i16>(), 1 => Just(i16::MIN)], 1024),
        runs in 1usize..=64,
        cap in prop_oneof![3 => 0u16..=MAX_CAP, 1 => Just(MAX_CAP)],
    ) {
        let coefficients = &coefficients[..16 * runs];
        let square = |&c: &i16| u64::from(c.unsigned_abs().min(cap)).pow(2);
        let expected: u64 = coefficients.iter().map(square).sum();
        for isa in Isa::all() {
            prop_assert_eq!(u64::from(capped_energy(isa, coefficients, cap)), expected);
        }
    }

    #[test]
    fn the_dead_zone_is_as_wide_as_asked(
        step in 128u16..=1828,
        rounding in 0u16..=64,
        level in 0i16..4,
    ) {
        let quantizer = Quantizer::new(step, step, rounding, rounding);
        let edge = f64::from(level) + 1.0 - f64::from(rounding) / 128.0;
        let edge = (edge * f64::from(step)) as i16;
        let scan = identity_scan(16);
        let coefficients: Vec<i16> =
            [edge - 2, edge + 2, 2 - edge, -edge - 2].into_iter().cycle().take(16).collect();
        let (mut levels, mut dequantized) = ([0; 16], [0; 16]);
        let tx_size = TxSize::T4x4;
        let out = Levels { levels: &mut levels, dequantized: &mut dequantized };
        quantize(Isa::detect(), &quantizer, tx_size, &scan, &coefficients, out);
        let expected = [level, level + 1, -level, -level - 1];
        prop_assert_eq!(&levels[..4], &expected);
        prop_assert_eq!(&levels[12..], &expected);
    }
}

/// The dead zone and the division agree on what is 0.
#[test]
fn nothing_beyond_the_dead_zone_is_dropped() {
    for step in 4..=1828 {
        for rounding in [0, 20, 42, 64, 127] {
            for dq_denom_log2 in 0..3 {
                let step = Step::new(step, rounding).divided(dq_denom_log2);
                let dead_zone = step.dead_zone();
                assert!(step.level(dead_zone + 1) > 0, "{step:?}");
                assert_eq!(step.level(dead_zone), 0, "{step:?}");
            }
        }
    }
}

#[test]
fn eob_follows_the_scan() {
    let mut levels = [0; 16];
    let scan: Vec<u16> = (0..16).rev().collect();
    assert_eq!(end_of_block(&levels, &scan, 0), 0);
    levels[15] = -1;
    assert_eq!(end_of_block(&levels, &scan, 1), 1);
    levels[3] = 2;
    assert_eq!(end_of_block(&levels, &scan, 2), 13);
    levels[0] = 1;
    assert_eq!(end_of_block(&levels, &scan, 3), 16);
}
