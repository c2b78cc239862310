//! Differences of blocks: sums of absolute and of squared differences, moments, residuals.
//!
//! Blocks start at the start of their slices, their widths are multiples of 4 and up to 128, their heights any; strides
//! are in samples.

use crate::kernels::simd::{PartialSums, Sums};

/// Runs `$body` with `$x` and the constant `$w` for the columns, 64 to 4 samples wide, that make up `$width`.
macro_rules! for_columns {
    ($width:expr, $x:ident, $w:ident, $body:expr) => {{
        let width: usize = $width;
        debug_assert!(width.is_multiple_of(4));
        let mut $x = 0;
        while $x + 4 <= width {
            $x += match width - $x {
                64.. => for_columns!(@ 64, $w, $body),
                32.. => for_columns!(@ 32, $w, $body),
                16.. => for_columns!(@ 16, $w, $body),
                8.. => for_columns!(@ 8, $w, $body),
                _ => for_columns!(@ 4, $w, $body),
            };
        }
    }};
    (@ $size:literal, $w:ident, $body:expr) => {{
        const $w: usize = $size;
        $body;
        $w
    }};
}

/// The row at the start of a slice.
#[inline(always)]
fn row<const W: usize>(samples: &[u8], start: usize) -> &[u8; W] {
    samples[start..].first_chunk().unwrap_or(&[0; W])
}

/// Sum of absolute differences of two blocks.
pub(crate) fn sad(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    let mut sums = PartialSums::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = row::<W>(src, y * src_stride + x);
            sums = sums.add_magnitudes(src, row(pred, y * pred_stride + x));
        }
    });
    sums.total()
}

/// [`sad`] of a block against the mean, rounded up, of two others.
#[allow(clippy::too_many_arguments)]
pub(crate) fn sad_average(
    src: &[u8],
    src_stride: usize,
    first: &[u8],
    first_stride: usize,
    second: &[u8],
    second_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    let mut sums = PartialSums::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = row::<W>(src, y * src_stride + x);
            let first = row::<W>(first, y * first_stride + x);
            let second = row::<W>(second, y * second_stride + x);
            let mut mean = [0; W];
            for ((mean, &a), &b) in mean.iter_mut().zip(first).zip(second) {
                *mean = (u16::from(a) + u16::from(b)).div_ceil(2) as u8;
            }
            sums = sums.add_magnitudes(src, &mean);
        }
    });
    sums.total()
}

/// Sum of squared differences of two blocks.
pub(crate) fn sse(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    let mut sums = PartialSums::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = row::<W>(src, y * src_stride + x);
            sums = sums.add_squares(src, row(pred, y * pred_stride + x));
        }
    });
    sums.total()
}

/// Sum and sum of squares of differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moments {
    /// Sum of the differences.
    pub(crate) sum: i32,
    /// Sum of the squared differences.
    pub(crate) sse: u32,
}

/// Sum and sum of squares of the differences `src - pred` of two blocks.
pub(crate) fn moments(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> Moments {
    let zero = PartialSums::zero();
    let (mut src_sums, mut pred_sums, mut squares) = (zero, zero, zero);
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = row::<W>(src, y * src_stride + x);
            let pred = row(pred, y * pred_stride + x);
            // Samples are their distance from 0.
            src_sums = src_sums.add_magnitudes(src, &[0; W]);
            pred_sums = pred_sums.add_magnitudes(pred, &[0; W]);
            squares = squares.add_squares(src, pred);
        }
    });
    Moments { sum: src_sums.total().wrapping_sub(pred_sums.total()) as i32, sse: squares.total() }
}

/// Writes `src - pred` to the `width`×`height` block at the start of `residual`.
#[allow(clippy::too_many_arguments)]
pub(crate) fn residual(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    residual: &mut [i16],
    residual_stride: usize,
    width: usize,
    height: usize,
) {
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = row::<W>(src, y * src_stride + x);
            let pred = row::<W>(pred, y * pred_stride + x);
            let start = y * residual_stride + x;
            for (residual, (&src, &pred)) in
                residual[start..start + W].iter_mut().zip(src.iter().zip(pred))
            {
                *residual = i16::from(src) - i16::from(pred);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The differences of two blocks, sample by sample.
    fn naive(
        src: &[u8],
        src_stride: usize,
        pred: &[u8],
        pred_stride: usize,
        width: usize,
        height: usize,
    ) -> Vec<i64> {
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (y, x)))
            .map(|(y, x)| i64::from(src[y * src_stride + x]) - i64::from(pred[y * pred_stride + x]))
            .collect()
    }

    const SIZE: usize = 128 * 131;

    proptest! {
        #[test]
        fn sums_equal_the_naive_ones(
            width in prop_oneof![Just(4usize), Just(8), Just(16), Just(32), Just(64), Just(128), Just(92)],
            height in prop_oneof![1usize..20, Just(128)],
            seed in any::<u64>(),
            extreme in any::<bool>(),
        ) {
            let mut state = seed;
            let samples: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0x1405_7B7E);
                let sample = (state >> 56) as u8;
                if extreme { (sample >> 7) * 255 } else { sample }
            })
            .take(5 * SIZE)
            .collect();
            let (src, preds) = samples.split_at(SIZE);
            let (src_stride, pred_stride) = (width + 3, width + 1);
            let mut expected = [0; 4];
            let candidates = [0, 1, 2, 3].map(|i| &preds[i * SIZE..]);
            for (expected, pred) in expected.iter_mut().zip(candidates) {
                let differences = naive(src, src_stride, pred, pred_stride, width, height);
                *expected = differences.iter().map(|d| d.abs()).sum::<i64>() as u32;
            }
            for (expected, pred) in expected.into_iter().zip(candidates) {
                prop_assert_eq!(sad(src, src_stride, pred, pred_stride, width, height), expected);
            }
            let pred = candidates[0];

            let differences = naive(src, src_stride, pred, pred_stride, width, height);
            let sum = differences.iter().sum::<i64>();
            let squares = differences.iter().map(|d| d * d).sum::<i64>();
            let found = moments(src, src_stride, pred, pred_stride, width, height);
            prop_assert_eq!(found, Moments { sum: sum as i32, sse: squares as u32 });
            prop_assert_eq!(sse(src, src_stride, pred, pred_stride, width, height), squares as u32);

            let mean: Vec<u8> = (0..SIZE)
                .map(|i| (u16::from(preds[i]) + u16::from(candidates[1][i])).div_ceil(2) as u8)
                .collect();
            let average = sad_average(
                src, src_stride, pred, pred_stride, candidates[1], pred_stride, width, height,
            );
            prop_assert_eq!(average, sad(src, src_stride, &mean, pred_stride, width, height));

            let stride = width + 2;
            let mut block = vec![999; stride * height];
            residual(src, src_stride, pred, pred_stride, &mut block, stride, width, height);
            for (row, expected) in block.chunks(stride).zip(differences.chunks(width)) {
                prop_assert!(row[..width].iter().zip(expected).all(|(&r, &e)| i64::from(r) == e));
                prop_assert_eq!(&row[width..], &[999, 999]);
            }
        }
    }

    #[test]
    fn the_last_row_may_end_with_the_slice() {
        let src = [7; 8 * 3 + 4];
        assert_eq!(sad(&src, 8, &[0; 16], 4, 4, 4), 7 * 16);
    }
}
