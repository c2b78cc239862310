//! The differences, once for all vectors of 128 bits; here in those that every machine of the target has.

use super::{Moments, for_columns};
use crate::kernels::simd::{I16x8, Int16Vector, PartialSums, Sums};
use crate::kernels::view::{Samples, ViewMut};

pub(super) fn sad(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    sad_with::<PartialSums>(src, pred, size)
}

pub(super) fn sad_with<S: Sums>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
) -> u32 {
    let mut sums = S::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            sums = sums.add_magnitudes::<W>(src.row(x, y), pred.row(x, y));
        }
    });
    sums.total()
}

pub(super) fn sad_4(src: Samples<'_>, preds: [Samples<'_>; 4], size: (usize, usize)) -> [u32; 4] {
    sad_4_with::<PartialSums>(src, preds, size)
}

pub(super) fn sad_4_with<S: Sums>(
    src: Samples<'_>,
    preds: [Samples<'_>; 4],
    (width, height): (usize, usize),
) -> [u32; 4] {
    let mut sums = [S::zero(); 4];
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = src.row::<W>(x, y);
            for (sums, pred) in sums.iter_mut().zip(&preds) {
                *sums = sums.add_magnitudes(src, pred.row(x, y));
            }
        }
    });
    sums.map(S::total)
}

pub(super) fn sad_average(src: Samples<'_>, preds: [Samples<'_>; 2], size: (usize, usize)) -> u32 {
    sad_average_with::<PartialSums>(src, preds, size)
}

pub(super) fn sad_average_with<S: Sums>(
    src: Samples<'_>,
    preds: [Samples<'_>; 2],
    (width, height): (usize, usize),
) -> u32 {
    let mut sums = S::zero();
    for_columns!(width, x, W, {
        for y in 0..height {
            let others = preds.map(|pred| pred.row(x, y));
            sums = sums.add_magnitudes_to_mean::<W>(src.row(x, y), others);
        }
    });
    sums.total()
}

pub(super) fn sse(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    sse_with::<PartialSums>(src, pred, size)
}

pub(super) fn sse_with<S: Sums>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
) -> u32 {
    let mut sums = S::zero();
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
    size: (usize, usize),
    parts: &mut [[Moments; 8]],
) {
    moments_with::<PartialSums>(src, pred, size, parts);
}

pub(super) fn moments_with<S: Sums>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
    parts: &mut [[Moments; 8]],
) {
    for (top, parts) in (0..height).step_by(8).zip(parts) {
        for (left, part) in (0..width).step_by(8).zip(parts) {
            let (src, pred) = (src.from(left, top), pred.from(left, top));
            let size = ((width - left).min(8), (height - top).min(8));
            *part = moments_of_part::<S>(src, pred, size);
        }
    }
}

#[inline(always)]
fn moments_of_part<S: Sums>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
) -> Moments {
    let (mut src_sums, mut pred_sums, mut squares) = (S::zero(), S::zero(), S::zero());
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
    dst: ViewMut<'_, i16>,
    size: (usize, usize),
) {
    residual_with::<I16x8>(src, pred, dst, size);
}

pub(super) fn residual_with<L: Int16Vector>(
    src: Samples<'_>,
    pred: Samples<'_>,
    mut dst: ViewMut<'_, i16>,
    (width, height): (usize, usize),
) {
    for_columns!(width, x, W, {
        for y in 0..height {
            let (src, src_rest) = src.row::<W>(x, y).as_chunks();
            let (pred, pred_rest) = pred.row::<W>(x, y).as_chunks();
            let (dst, dst_rest) = dst.row::<W>(x, y).as_chunks_mut::<8>();
            for ((src, pred), dst) in src.iter().zip(pred).zip(dst) {
                *dst = L::difference(src, pred).to_array();
            }
            if let (Some(src), Some(pred)) = (src_rest.first_chunk(), pred_rest.first_chunk()) {
                let difference = L::half_difference(src, pred).to_array();
                dst_rest.copy_from_slice(&difference[..4]);
            }
        }
    });
}
