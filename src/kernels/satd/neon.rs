//! SATD in NEON.

use super::scalar::{coefficients_with, satd_with};
use super::{Coefficients, Detail, Room};
use crate::kernels::simd::neon::I16x8;
use crate::kernels::view::Samples;

pub(super) fn satd(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    satd_with::<I16x8>(src, pred, size)
}

pub(super) fn coefficients(
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    detail: Detail,
    room: &mut Room,
) -> Coefficients {
    coefficients_with::<I16x8>(src, pred, size, detail, room)
}
