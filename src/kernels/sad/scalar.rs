//! The differences in what every machine has.

use super::{Moments, for_columns};
use crate::kernels::simd::{PartialSums, Sums};
use crate::kernels::view::{Samples, ViewMut};

pub(super) fn sad(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    let mut sums = PartialSums::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            sums = sums.add_magnitudes::<W>(src.row(x, y), pred.row(x, y));
        }
    });
    sums.total()
}

pub(super) fn sad_4(src: Samples<'_>, preds: [Samples<'_>; 4], size: (usize, usize)) -> [u32; 4] {
    preds.map(|pred| sad(src, pred, size))
}

pub(super) fn sad_average(
    src: Samples<'_>,
    [first, second]: [Samples<'_>; 2],
    (width, height): (usize, usize),
) -> u32 {
    let mut sums = PartialSums::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            let (first, second) = (first.row::<W>(x, y), second.row::<W>(x, y));
            let mut mean = [0; W];
            for ((mean, &a), &b) in mean.iter_mut().zip(first).zip(second) {
                *mean = (u16::from(a) + u16::from(b)).div_ceil(2) as u8;
            }
            sums = sums.add_magnitudes(src.row(x, y), &mean);
        }
    });
    sums.total()
}

pub(super) fn sse(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    let mut sums = PartialSums::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            sums = sums.add_squares::<W>(src.row(x, y), pred.row(x, y));
        }
    });
    sums.total()
}

pub(super) fn moments(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
) -> Moments {
    let zero = PartialSums::zero();
    let (mut src_sums, mut pred_sums, mut squares) = (zero, zero, zero);
    for_columns!(width, x, W, {
        for y in 0..height {
            let (src, pred) = (src.row(x, y), pred.row(x, y));
            // Samples are their distance from 0.
            src_sums = src_sums.add_magnitudes(src, &[0; W]);
            pred_sums = pred_sums.add_magnitudes(pred, &[0; W]);
            squares = squares.add_squares(src, pred);
        }
    });
    Moments { sum: src_sums.total().wrapping_sub(pred_sums.total()) as i32, sse: squares.total() }
}

pub(super) fn residual(
    src: Samples<'_>,
    pred: Samples<'_>,
    mut dst: ViewMut<'_, i16>,
    (width, height): (usize, usize),
) {
    for_columns!(width, x, W, {
        for y in 0..height {
            let (src, pred) = (src.row::<W>(x, y), pred.row::<W>(x, y));
            let row: &mut [i16; W] = dst.row(x, y);
            for (residual, (&src, &pred)) in row.iter_mut().zip(src.iter().zip(pred)) {
                *residual = i16::from(src) - i16::from(pred);
            }
        }
    });
}
