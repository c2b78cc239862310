//! The differences in NEON.

use super::{Moments, scalar};
use crate::kernels::simd::neon::{I16x8, PartialSums};
use crate::kernels::view::{Samples, ViewMut};

pub(super) fn sad(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    scalar::sad_with::<PartialSums>(src, pred, size)
}

pub(super) fn sad_4(src: Samples<'_>, preds: [Samples<'_>; 4], size: (usize, usize)) -> [u32; 4] {
    scalar::sad_4_with::<PartialSums>(src, preds, size)
}

pub(super) fn sad_average(src: Samples<'_>, preds: [Samples<'_>; 2], size: (usize, usize)) -> u32 {
    scalar::sad_average_with::<PartialSums>(src, preds, size)
}

pub(super) fn sse(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    scalar::sse_with::<PartialSums>(src, pred, size)
}

pub(super) fn moments(
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    parts: &mut [[Moments; 8]],
) {
    scalar::moments_with::<PartialSums>(src, pred, size, parts);
}

pub(super) fn residual(
    src: Samples<'_>,
    pred: Samples<'_>,
    dst: ViewMut<'_, i16>,
    size: (usize, usize),
) {
    scalar::residual_with::<I16x8>(src, pred, dst, size);
}
