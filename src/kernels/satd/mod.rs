//! Sums of absolute Hadamard-transformed differences.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};
use super::view::Samples;

/// SATD of two blocks of `size` (width, height), whose sides are multiples of 4.
///
/// 8×8 Hadamard transforms where both sides are multiples of 8, else 4×4. Either counts twice the sum of absolute
/// coefficients of the orthonormal transform. A block that does not lie in its plane panics.
pub(crate) fn satd(isa: Isa, src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    dispatch!(isa, satd(src, pred, size))
}
