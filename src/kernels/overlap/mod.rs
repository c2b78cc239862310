//! The blends of overlapped motion compensation (7.11.3.10), 8-bit.
//!
//! The last quarter of every mask is 64, which keeps a block's own prediction as it is.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod scalar;
#[cfg(test)]
mod spec;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use self::tables::{OBMC_MASK_2, OBMC_MASK_4, OBMC_MASK_8, OBMC_MASK_16, OBMC_MASK_32};
use super::isa::{Isa, dispatch};
use super::view::{Samples, SamplesMut};
// NEON belongs to the target, so that the compiler makes it of the plain loops.
#[cfg(target_arch = "aarch64")]
use scalar as neon;

/// How many rows or columns of a neighbour's prediction that reaches over `length` (2 to 32, a power of two) count.
pub(crate) fn reach(length: usize) -> usize {
    if length == 2 { 1 } else { length / 4 * 3 }
}

/// Blends a block's own prediction with that of a neighbour above, which reaches over `size` (width, height) from the
/// upper edge on: width 4 to 64, height 2 to 32. The first [`reach`] rows of `pred` are read.
pub(crate) fn blend_above(isa: Isa, dst: SamplesMut<'_>, pred: Samples<'_>, size: (usize, usize)) {
    dispatch!(isa, blend_above(dst, pred, size));
}

/// The same with a neighbour to the left, over `size` (width, height) from the left edge on: width 2 to 32, height 4 to
/// 64. All columns of `pred` are read.
pub(crate) fn blend_left(isa: Isa, dst: SamplesMut<'_>, pred: Samples<'_>, size: (usize, usize)) {
    dispatch!(isa, blend_left(dst, pred, size));
}

/// `get_obmc_mask` (7.11.3.9).
fn mask(length: usize) -> &'static [u8] {
    match length {
        2 => &OBMC_MASK_2,
        4 => &OBMC_MASK_4,
        8 => &OBMC_MASK_8,
        16 => &OBMC_MASK_16,
        _ => &OBMC_MASK_32,
    }
}
