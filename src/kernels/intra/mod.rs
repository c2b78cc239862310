//! Intra prediction kernels (7.11.2.2 to 7.11.2.6, 7.11.5), 8-bit.
//!
//! Each reads the two edges of a block from [`Edges`] and writes `w` × `h` samples, 4 to 64 in
//! each direction. The edges are copies, so the samples may be those that they were taken from.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod cfl;
mod directional;
mod scalar;
#[cfg(test)]
pub(crate) mod spec;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};
use super::view::{Samples, SamplesMut};
// NEON belongs to the target, so that the compiler makes it of the plain loops.
#[cfg(target_arch = "aarch64")]
use scalar as neon;

/// Index of sample 0 of an edge in its array, so that samples −16 and up have a place.
pub(crate) const EDGE_ORIGIN: usize = 16;
/// Length of an edge array: up to 64 + 64 samples and the places around them.
pub(crate) const EDGE_LEN: usize = EDGE_ORIGIN + 128;

/// The edges of one block (7.11.2.1): sample `i` of an edge is at index [`EDGE_ORIGIN`]` + i`, for
/// `i` from −1 to `w + h − 1`.
#[derive(Clone, Debug)]
pub(crate) struct Edges {
    /// `AboveRow`.
    pub(crate) above: [u8; EDGE_LEN],
    /// `LeftCol`; its sample −1 is that of `above`.
    pub(crate) left: [u8; EDGE_LEN],
    /// `haveAbove`.
    pub(crate) have_above: bool,
    /// `haveLeft`.
    pub(crate) have_left: bool,
    /// Columns of the block inside the coded area: `Min( w, maxX − x + 1 )`.
    pub(crate) cols_inside: usize,
    /// Rows of the block inside the coded area: `Min( h, maxY − y + 1 )`.
    pub(crate) rows_inside: usize,
}

impl Edges {
    /// `AboveRow[ 0.. ]`.
    #[inline]
    pub(crate) fn above(&self) -> &[u8] {
        &self.above[EDGE_ORIGIN..]
    }

    /// `LeftCol[ 0.. ]`.
    #[inline]
    pub(crate) fn left(&self) -> &[u8] {
        &self.left[EDGE_ORIGIN..]
    }

    /// `AboveRow[ −1 ]`.
    #[inline]
    pub(crate) fn corner(&self) -> u8 {
        self.above[EDGE_ORIGIN - 1]
    }
}

/// How a block is predicted from its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntraPrediction {
    /// `DC_PRED` (7.11.2.5).
    Dc,
    /// `SMOOTH_PRED` (7.11.2.6).
    Smooth,
    /// `SMOOTH_V_PRED` (7.11.2.6).
    SmoothV,
    /// `SMOOTH_H_PRED` (7.11.2.6).
    SmoothH,
    /// `PAETH_PRED` (7.11.2.2).
    Paeth,
    /// A directional mode (7.11.2.4).
    Directional {
        /// `pAngle`, in degrees: 36 to 212 in the standard's steps.
        angle: usize,
        /// `None` if `enable_intra_edge_filter` is 0, else the filter type of 7.11.2.8.
        edge_filter: Option<bool>,
    },
}

/// Predicts `w` × `h` samples from their edges.
pub(crate) fn predict(
    isa: Isa,
    dst: SamplesMut<'_>,
    size: (usize, usize),
    edges: &Edges,
    prediction: IntraPrediction,
) {
    dispatch!(isa, predict(dst, size, edges, prediction));
}

/// 7.11.2.5 DC intra prediction process: the value of every sample.
pub(crate) fn dc_value(size: (usize, usize), edges: &Edges) -> u8 {
    scalar::dc_value(size, edges)
}

/// Greatest side of a chroma block predicted from luma, and the distance between rows of its
/// luma part in [`cfl_ac`] and [`cfl_predict`].
pub(crate) const CFL_MAX: usize = 32;

/// 7.11.5: the luma of a chroma block of `size` (width, height), in 1/8, less its average.
///
/// `luma` begins at the luma sample of the block's top left corner. Only `inside` (width, height)
/// luma samples of it count (even, at least 2): those up to `MaxLumaW` and `MaxLumaH`; the last
/// ones repeat. Row `i` of the result is at `ac[i * CFL_MAX..]`.
pub(crate) fn cfl_ac(
    isa: Isa,
    ac: &mut [i16; CFL_MAX * CFL_MAX],
    luma: Samples<'_>,
    size: (usize, usize),
    inside: (usize, usize),
) {
    dispatch!(isa, cfl_ac(ac, luma, size, inside));
}

/// 7.11.5: chroma of `size` (width, height) from the DC prediction `dc` and the luma part of
/// [`cfl_ac`]; `alpha` is `CflAlphaU` or `CflAlphaV`, −16 to 16.
pub(crate) fn cfl_predict(
    isa: Isa,
    dst: SamplesMut<'_>,
    size: (usize, usize),
    dc: u8,
    ac: &[i16; CFL_MAX * CFL_MAX],
    alpha: i16,
) {
    dispatch!(isa, cfl_predict(dst, size, dc, ac, alpha));
}
