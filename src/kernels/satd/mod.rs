//! Sums of absolute Hadamard-transformed differences.

use crate::kernels::simd::{I16x8, Int16Vector};

/// SATD of a `width`×`height` block of `src` against `pred`; sides are multiples of 4, strides in samples.
///
/// 8×8 Hadamard transforms where both sides are multiples of 8, else 4×4. Either counts twice the sum of absolute
/// coefficients of the orthonormal transform.
pub(crate) fn satd(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    satd_with::<I16x8>(src, src_stride, pred, pred_stride, width, height)
}

fn satd_with<L: Int16Vector>(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    debug_assert!(width.is_multiple_of(4) && height.is_multiple_of(4));
    let step = if (width | height).is_multiple_of(8) { 8 } else { 4 };
    let mut sum = 0;
    for y in (0..height).step_by(step) {
        for x in (0..width).step_by(step) {
            let (src, pred) = (&src[y * src_stride + x..], &pred[y * pred_stride + x..]);
            sum += if step == 8 {
                hadamard8::<L>(src, src_stride, pred, pred_stride)
            } else {
                hadamard4::<L>(src, src_stride, pred, pred_stride)
            };
        }
    }
    sum
}

/// Twice the orthonormal sum: a 2D Hadamard transform of 8 has a gain of 8.
#[inline(always)]
fn hadamard8<L: Int16Vector>(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
) -> u32 {
    let mut block = [L::zero(); 8];
    for (i, row) in block.iter_mut().enumerate() {
        let src = src[i * src_stride..].first_chunk();
        if let (Some(src), Some(pred)) = (src, pred[i * pred_stride..].first_chunk()) {
            *row = L::difference(src, pred);
        }
    }
    hadamard(&mut block);
    let mut block = L::transpose(block);
    hadamard(&mut block);
    (L::sum_of_magnitudes(&block) + 2) >> 2
}

/// Twice the orthonormal sum: a 2D Hadamard transform of 4 has a gain of 4.
#[inline(always)]
fn hadamard4<L: Int16Vector>(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
) -> u32 {
    let mut block = [L::zero(); 8];
    for (i, row) in block.iter_mut().enumerate().take(4) {
        let src = src[i * src_stride..].first_chunk();
        if let (Some(src), Some(pred)) = (src, pred[i * pred_stride..].first_chunk()) {
            *row = L::half_difference(src, pred);
        }
    }
    hadamard(&mut block[..4]);
    let mut block = L::transpose(block);
    hadamard(&mut block[..4]);
    (L::sum_of_magnitudes(&block[..4]) + 1) >> 1
}

/// The Hadamard transform of four or eight vectors, in some order of its rows.
#[inline(always)]
fn hadamard<L: Int16Vector>(t: &mut [L]) {
    let length = t.len();
    let mut distance = 1;
    while distance < length {
        for i in (0..length).filter(|i| i & distance == 0) {
            (t[i], t[i + distance]) = (t[i].add(t[i + distance]), t[i].sub(t[i + distance]));
        }
        distance *= 2;
    }
}

#[cfg(test)]
mod tests {
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
            width in prop_oneof![Just(4usize), Just(8), Just(16), Just(12)],
            height in prop_oneof![Just(4usize), Just(8), Just(16)],
            samples in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(255)], 2 * 16 * 19),
        ) {
            let (src, pred) = samples.split_at(16 * 19);
            let (src_stride, pred_stride) = (19, 17);
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
            let args = (src, src_stride, pred, pred_stride, width, height);
            let (a, b, c, d, e, f) = args;
            prop_assert_eq!(satd(a, b, c, d, e, f), expected);
            prop_assert_eq!(satd_with::<portable::I16x8>(a, b, c, d, e, f), expected);
        }
    }
}
