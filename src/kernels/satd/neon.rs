//! SATD in NEON.

use super::scalar::satd_with;
use crate::kernels::simd::neon::I16x8;
use crate::kernels::view::Samples;

pub(super) fn satd(src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    satd_with::<I16x8>(src, pred, size)
}
