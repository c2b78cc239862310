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
