//! The sample filters of the loop filter (7.14.6) for a run of one edge, 8-bit samples.
//!
//! An edge comes in units of 4 samples along it, the walk's granularity; the lanes of a vector are
//! the positions along the edge, so a vertical edge is transposed on its way in and out.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
pub(crate) mod spec;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};
use super::view::SamplesMut;
// NEON belongs to the target, so that the compiler makes it of the plain loops.
#[cfg(target_arch = "aarch64")]
use scalar as neon;

/// The greatest loop filter level (`MAX_LOOP_FILTER`).
pub(crate) const MAX_LOOP_FILTER: u8 = 63;

/// The filters by the samples that they look at, both sides together (`filterSize` of 7.14.3, with
/// the plane's `filterLen` of 7.14.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeFilter {
    /// Transforms of 4 samples in any plane.
    Narrow4,
    /// Larger transforms in chroma.
    Chroma6,
    /// Luma transforms of 8 samples.
    Luma8,
    /// Luma transforms of 16 and more samples.
    Luma14,
}

/// The thresholds that follow from a level (7.14.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EdgeLimits {
    /// Greatest step between neighbours on one side.
    pub(crate) limit: u8,
    /// Greatest step across the edge.
    pub(crate) blimit: u8,
    /// Step from which a side counts as of high variance.
    pub(crate) thresh: u8,
}

impl EdgeLimits {
    /// 7.14.4 the limits for `level` under `sharpness` (0 to 7).
    pub(crate) fn new(level: u8, sharpness: u8) -> Self {
        let shift = match sharpness {
            0 => 0,
            1..=4 => 1,
            _ => 2,
        };
        let limit = match sharpness {
            0 => (level >> shift).max(1),
            _ => (level >> shift).clamp(1, 9 - sharpness),
        };
        Self { limit, blimit: 2 * (level + 2) + limit, thresh: level >> 4 }
    }
}

/// A run of one edge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// Index of the first sample after the edge: to its right, or below it.
    pub(crate) at: usize,
    /// Length in units of 4 samples.
    pub(crate) units: usize,
    /// The filter.
    pub(crate) filter: EdgeFilter,
    /// The thresholds.
    pub(crate) limits: EdgeLimits,
}

/// Filters across a vertical edge.
///
/// Eight samples on either side of the edge must exist in `plane` for [`EdgeFilter::Luma14`],
/// four for the others.
pub(crate) fn filter_vertical_edge(isa: Isa, plane: SamplesMut<'_>, edge: Edge) {
    dispatch!(isa, filter_vertical_edge(plane, edge));
}

/// Filters across a horizontal edge.
pub(crate) fn filter_horizontal_edge(isa: Isa, plane: SamplesMut<'_>, edge: Edge) {
    dispatch!(isa, filter_horizontal_edge(plane, edge));
}
