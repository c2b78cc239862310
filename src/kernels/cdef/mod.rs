//! The constrained directional enhancement filter on 8×8 blocks (7.15.2, 7.15.3), 8-bit samples.
//!
//! A block and what its taps reach are read from a [`Window`], so that the filtered samples may go
//! back to where the window was loaded from. In the chroma window U and V samples alternate: both
//! planes are filtered alike, so a 4×4 block of each makes one block with rows of 8 bytes.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
pub(crate) mod spec;
#[cfg(test)]
mod tests;
pub(crate) mod trial;

use super::isa::{Isa, dispatch};
// NEON belongs to the target, so that the compiler makes it of the plain loops.
#[cfg(target_arch = "aarch64")]
use scalar as neon;

/// Bytes from one row of a window to the next: [`MARGIN`], 64 bytes of blocks, and again a margin.
pub(crate) const STRIDE: usize = 80;
/// Bytes before the first and after the last block of a row.
pub(crate) const MARGIN: usize = 8;
/// Rows of a luma window: 8 and the reach of the taps above and below.
pub(crate) const LUMA_ROWS: usize = 12;
/// Rows that taps reach above and below a block.
pub(crate) const REACH: usize = 2;

/// Up to eight blocks side by side with the samples around them; the first row is [`REACH`] above
/// the blocks, and block `b` starts at byte [`MARGIN`] + 8 `b` of a row.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// The rows, [`STRIDE`] bytes apart.
    pub(crate) samples: [u8; STRIDE * LUMA_ROWS],
    /// 255 for each sample that may be used (`CdefAvailable`), else 0; read only for blocks that
    /// are said to lie at an edge of the frame.
    pub(crate) available: [u8; STRIDE * LUMA_ROWS],
}

impl Window {
    /// A window with everything available.
    pub(crate) fn new() -> Self {
        Self { samples: [0; STRIDE * LUMA_ROWS], available: [255; STRIDE * LUMA_ROWS] }
    }

    /// One row of samples, margins included.
    #[inline]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [u8] {
        &mut self.samples[row * STRIDE..][..STRIDE]
    }
}

/// Strengths and direction for one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strength {
    /// `priStr`, 0 to 15; for luma as the variance has adjusted it.
    pub(crate) primary: u8,
    /// `secStr`: 0, 1, 2 or 4.
    pub(crate) secondary: u8,
    /// `damping`, 2 to 6.
    pub(crate) damping: u8,
    /// `dir`, 0 to 7.
    pub(crate) direction: u8,
}

/// 7.15.2 CDEF direction process: `yDir` and `var` of an 8×8 luma block.
pub(crate) fn find_direction(isa: Isa, block: &[[u8; 8]; 8]) -> (u8, u32) {
    dispatch!(isa, find_direction(block))
}

/// 7.15.3 CDEF filter process for the 8×8 luma block `block` of a window. `at_edge` says that some
/// sample within reach is not available.
pub(crate) fn filter_luma(
    isa: Isa,
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 8] {
    dispatch!(isa, filter_luma(window, block, strength, at_edge))
}

/// 7.15.3 CDEF filter process for the 4×4 U and V blocks `block` of a chroma window, whose samples
/// alternate in the result too.
pub(crate) fn filter_chroma(
    isa: Isa,
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 4] {
    dispatch!(isa, filter_chroma(window, block, strength, at_edge))
}
