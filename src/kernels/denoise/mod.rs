//! The temporal noise filter on blocks of 8×8 samples: how a picture differs from the mean of those before it,
//! and its blend with that mean.
//!
//! Means have [`FRACTION_BITS`] bits behind the point: in whole samples a mean that moves by small shares of a
//! difference would stop short of where it belongs. Blocks come in rows, one beside the other.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};
use super::view::{Samples, SamplesMut, View, ViewMut};

/// Width and height of a block.
pub(crate) const SIDE: usize = 8;
/// Bits behind the point of a mean over time; the largest sample then just fits 16 bits.
pub(crate) const FRACTION_BITS: u32 = 7;
/// Bits behind the point of the differences that are summed: their squares then fit 32 bits.
pub(crate) const DIFFERENCE_BITS: u32 = 4;

/// How a block differs from the mean over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockDifference {
    /// Sum of its samples.
    pub(crate) samples: u32,
    /// Sum of the differences, of [`DIFFERENCE_BITS`] bits behind the point.
    pub(crate) sum: i32,
    /// Sum of their squares, of twice as many.
    pub(crate) squares: u32,
    /// Sum of the squared differences of samples from those to their right, also beyond the block.
    pub(crate) gradient: u32,
}

/// How a block is blended with the mean over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blend {
    /// The mean's share, in 1/32768.
    pub(crate) share: i16,
    /// What a sample and what is taken off its difference come to at most, in 1/128; not negative. A sample that
    /// differs by as much stays as it is.
    pub(crate) limit: i16,
}

/// Compares a row of blocks with the mean over time. One more sample is read in each row.
pub(crate) fn compare(
    isa: Isa,
    samples: Samples<'_>,
    mean: View<'_, i16>,
    blocks: &mut [BlockDifference],
) {
    dispatch!(isa, compare(samples, mean, blocks));
}

/// Moves each sample towards the mean over time by the mean's share of their difference, by no more than what
/// the difference is short of the limit. The result becomes the mean and, rounded, the sample.
pub(crate) fn blend(isa: Isa, samples: SamplesMut<'_>, mean: ViewMut<'_, i16>, blocks: &[Blend]) {
    dispatch!(isa, blend(samples, mean, blocks));
}
