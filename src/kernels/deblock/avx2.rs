//! The scalar version, compiled for AVX2.

use super::{Edge, scalar};
use crate::kernels::view::SamplesMut;

#[target_feature(enable = "avx2")]
pub(super) fn filter_vertical_edge(plane: SamplesMut<'_>, edge: Edge) {
    scalar::filter_vertical_edge(plane, edge);
}

#[target_feature(enable = "avx2")]
pub(super) fn filter_horizontal_edge(plane: SamplesMut<'_>, edge: Edge) {
    scalar::filter_horizontal_edge(plane, edge);
}
