use proptest::prelude::*;

use super::*;
use crate::kernels::simd::portable;

/// The sum of absolute products with all pairs of Hadamard rows.
fn naive(difference: &[i32], size: usize) -> u32 {
    let sign = |a: usize, b: usize| if (a & b).count_ones().is_multiple_of(2) { 1 } else { -1 };
    let positions = || (0..size).flat_map(|y| (0..size).map(move |x| (y, x)));
    positions()
        .map(|(v, u)| {
            let product =
                |(y, x): (usize, usize)| difference[y * size + x] * sign(v, y) * sign(u, x);
            positions().map(product).sum::<i32>().unsigned_abs()
        })
        .sum()
}

proptest! {
    #[test]
    fn satd_is_the_sum_of_hadamard_coefficients(
        width in prop_oneof![Just(4usize), Just(8), Just(16), Just(12), Just(24), Just(32)],
        height in prop_oneof![Just(4usize), Just(8), Just(16), Just(24)],
        samples in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(255)], 2 * 24 * 35),
    ) {
        let (src, pred) = samples.split_at(24 * 35);
        let (src_stride, pred_stride) = (35, 33);
        let size = if (width | height).is_multiple_of(8) { 8 } else { 4 };
        let mut expected = 0;
        for y in (0..height).step_by(size) {
            for x in (0..width).step_by(size) {
                let difference: Vec<i32> = (0..size * size)
                    .map(|i| (y + i / size, x + i % size))
                    .map(|(y, x)| {
                        i32::from(src[y * src_stride + x]) - i32::from(pred[y * pred_stride + x])
                    })
                    .collect();
                let shift = size.ilog2() - 1;
                expected += (naive(&difference, size) + (1 << (shift - 1))) >> shift;
            }
        }
        let (src, pred) = (Samples::new(src, src_stride), Samples::new(pred, pred_stride));
        for isa in Isa::all() {
            prop_assert_eq!(satd(isa, src, pred, (width, height)), expected);
        }
        let scalar = scalar::satd_with::<portable::I16x8>(src, pred, (width, height));
        prop_assert_eq!(scalar, expected);
    }
}

/// Adds what values are beside the threshold.
fn beside(found: &mut Beside, values: &[i32], threshold: u16) {
    for magnitude in values.iter().map(|v| v.unsigned_abs()) {
        let limited = magnitude.min(threshold.into());
        found.excess += magnitude - limited;
        found.squares += u64::from(limited * limited);
    }
}

/// Coefficients of transforms of all sizes by plain sums: what [`coefficients`] counts.
fn naive_coefficients(difference: &[i32], (w, h): (usize, usize), threshold: u16) -> Coefficients {
    let butterfly = |values: &mut [i32], distance: (usize, usize)| {
        for y in (0..h).filter(|y| y & distance.1 == 0) {
            for x in (0..w).filter(|x| x & distance.0 == 0) {
                let (a, b) = (y * w + x, (y + distance.1) * w + x + distance.0);
                (values[a], values[b]) = (values[a] + values[b], values[a] - values[b]);
            }
        }
    };
    let clip = |values: &mut [i32]| {
        for value in values {
            *value = (*value).clamp(-32768, 32767);
        }
    };
    let mut values = difference.to_vec();
    for distance in [1, 2, 4] {
        butterfly(&mut values, (distance, 0));
        butterfly(&mut values, (0, distance));
    }
    let mut found = Coefficients {
        magnitudes: values.iter().map(|v| v.unsigned_abs()).sum(),
        ..Coefficients::default()
    };
    let mut distance = 8;
    while w.is_multiple_of(2 * distance) && h.is_multiple_of(2 * distance) {
        if w == h && 2 * distance == w {
            for (i, value) in values.iter().enumerate() {
                let quarter = i / w / distance * 2 + i % w / distance;
                beside(&mut found.quarters[quarter], &[*value], threshold);
            }
        }
        for value in &mut values {
            *value >>= 1;
        }
        butterfly(&mut values, (distance, 0));
        clip(&mut values);
        butterfly(&mut values, (0, distance));
        clip(&mut values);
        distance *= 2;
    }
    beside(&mut found.whole, &values, threshold);
    found
}

proptest! {
    #[test]
    fn coefficients_are_those_of_plain_sums(
        size in prop_oneof![
            Just((8, 8)), Just((8, 16)), Just((16, 8)), Just((16, 16)), Just((32, 16)), Just((24, 40)),
            Just((32, 32)), Just((64, 40)), Just((64, 64)), Just((8, 24)), Just((48, 48)),
        ],
        flat in any::<bool>(),
        threshold in 0..2048_u16,
        samples in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(255)], 2 * 64 * 67),
    ) {
        let (w, h): (usize, usize) = size;
        // Flat residuals have coefficients beyond 16 bits.
        let samples: Vec<u8> = if flat {
            samples.iter().enumerate().map(|(i, s)| if i < 64 * 67 { 255 } else { s & 1 }).collect()
        } else {
            samples
        };
        let (src, pred) = samples.split_at(64 * 67);
        let difference: Vec<i32> = (0..w * h)
            .map(|i| i32::from(src[i / w * 67 + i % w]) - i32::from(pred[i / w * 65 + i % w]))
            .collect();
        let expected = naive_coefficients(&difference, size, threshold);
        let (src, pred) = (Samples::new(src, 67), Samples::new(pred, 65));
        let mut room = [0; 64 * 64];
        let whole = Coefficients { quarters: Default::default(), ..expected };
        let magnitudes = Coefficients { whole: Beside::default(), ..whole };
        for (detail, expected) in [
            (Detail::Quarters(threshold), expected),
            (Detail::Whole(threshold), whole),
            (Detail::Magnitudes, magnitudes),
        ] {
            for isa in Isa::all() {
                prop_assert_eq!(coefficients(isa, src, pred, size, detail, &mut room), expected);
            }
            let scalar = scalar::coefficients_with::<portable::I16x8>(src, pred, size, detail, &mut room);
            prop_assert_eq!(scalar, expected);
        }
    }
}

/// A row that is not there is a fault of the caller, never a row of zeros.
#[test]
fn a_row_past_the_end_panics() {
    let samples = [7; 16 * 7 + 7];
    for isa in Isa::all() {
        let short = Samples::new(&samples, 16);
        let result = std::panic::catch_unwind(|| satd(isa, short, short, (8, 8)));
        assert!(result.is_err(), "{isa:?}");
    }
}
