//! The scalar predictions, compiled for AVX2: their loops over a row become vectors of 32 bytes.

use super::{CFL_MAX, Edges, IntraPrediction, scalar};
use crate::kernels::view::{Samples, SamplesMut};

#[target_feature(enable = "avx2")]
pub(super) fn predict(
    dst: SamplesMut<'_>,
    size: (usize, usize),
    edges: &Edges,
    prediction: IntraPrediction,
) {
    scalar::predict(dst, size, edges, prediction);
}

#[target_feature(enable = "avx2")]
pub(super) fn cfl_ac(
    ac: &mut [i16; CFL_MAX * CFL_MAX],
    luma: Samples<'_>,
    size: (usize, usize),
    inside: (usize, usize),
) {
    scalar::cfl_ac(ac, luma, size, inside);
}

#[target_feature(enable = "avx2")]
pub(super) fn cfl_predict(
    dst: SamplesMut<'_>,
    size: (usize, usize),
    dc: u8,
    ac: &[i16; CFL_MAX * CFL_MAX],
    alpha: i16,
) {
    scalar::cfl_predict(dst, size, dc, ac, alpha);
}
