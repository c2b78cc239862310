//! What strengths would leave of a block, tried together: its taps are read once, and constrained once for each
//! strength rather than for each pair of them.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
mod tests;

use super::Window;
use crate::kernels::isa::{Isa, dispatch};
// NEON belongs to the target, so that the compiler makes it of the plain loops.
#[cfg(target_arch = "aarch64")]
use scalar as neon;

/// Most primary strengths that are tried together.
pub(crate) const MOST_PRIMARY: usize = 8;
/// Most secondary ones: there are no more.
pub(crate) const MOST_SECONDARY: usize = 4;

/// Strengths that are tried on a block, each primary one with each secondary one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strengths<'a> {
    /// `priStr`, 0 to 15; for luma as the variance has adjusted them. No more than [`MOST_PRIMARY`].
    pub(crate) primary: &'a [u8],
    /// `secStr`: 0, 1, 2 or 4. No more than [`MOST_SECONDARY`].
    pub(crate) secondary: &'a [u8],
    /// `damping`, 2 to 6.
    pub(crate) damping: u8,
    /// `dir`, 0 to 7.
    pub(crate) direction: u8,
}

/// Squared errors by secondary and then by primary strength; 0 where there are fewer.
pub(crate) type Errors = [[u32; MOST_PRIMARY]; MOST_SECONDARY];

/// The squared errors against `source` that [`filter_luma`](super::filter_luma) would leave.
pub(crate) fn try_luma(
    isa: Isa,
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[[u8; 8]; 8],
) -> Errors {
    dispatch!(isa, try_luma(window, block, strengths, at_edge, source))
}

/// The squared errors against `source`, U and V in turn, that [`filter_chroma`](super::filter_chroma) would leave.
pub(crate) fn try_chroma(
    isa: Isa,
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[[u8; 8]; 4],
) -> Errors {
    dispatch!(isa, try_chroma(window, block, strengths, at_edge, source))
}
