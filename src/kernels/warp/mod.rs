//! Warped prediction (7.11.3.5): 8×8 samples from one reference, sheared along rows and then along columns, 8-bit.
//!
//! Every sample has filters of its own. Positive taps come to 175 at most, so that the sums of the first pass, rounded,
//! fit 16 bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod spec;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use self::tables::WARPED_FILTERS;
use super::isa::{Isa, dispatch};
use super::view::{Samples, SamplesMut};

/// Side of the blocks that are predicted at once.
pub(crate) const SIDE: usize = 8;
/// Samples that are read left of and above the position of a block's sample (4, 4).
pub(crate) const BEFORE: usize = 7;
/// Rows that are read, from [`BEFORE`] above on.
const ROWS: usize = 15;

/// The two shears that come to an affine transform (7.11.3.6), in 1/65536 sample a sample. They are bounded as `warpValid`
/// asks: 4·|alpha| + 7·|beta| and 4·|gamma| + 4·|delta| are below 65536.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shear {
    /// Along rows, by column.
    pub(crate) alpha: i32,
    /// Along rows, by row.
    pub(crate) beta: i32,
    /// Along columns, by column.
    pub(crate) gamma: i32,
    /// Along columns, by row.
    pub(crate) delta: i32,
}

/// How a block of 8×8 samples lies between those of its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Warp {
    /// Position of sample (4, 4) to the right of a whole sample (`sx4`), 0 to 65535.
    pub(crate) x: i32,
    /// Position below a whole sample (`sy4`), 0 to 65535.
    pub(crate) y: i32,
    /// The shears.
    pub(crate) shear: Shear,
}

/// Predicts 8×8 samples (7.11.3.5 with `InterRound1` 11, and `Clip1` of 7.11.3.1). `src` has the samples around the
/// whole sample of [`Warp`], from [`BEFORE`] left of and above it on: 15 rows of 16 are read.
pub(crate) fn put(isa: Isa, dst: SamplesMut<'_>, src: Samples<'_>, warp: Warp) {
    dispatch!(isa, put(dst, src, warp));
}

/// The taps at a position (`offs` of 7.11.3.5).
#[inline(always)]
fn taps(position: i32) -> &'static [i8; 8] {
    &WARPED_FILTERS[(((position + (1 << 9)) >> 10) + 64) as usize]
}
