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

/// Hadamard coefficients of a residual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coefficients {
    /// Sum of the magnitudes of 8×8 transforms.
    pub(crate) magnitudes: u32,
    /// What magnitudes of the largest transforms have above the threshold, summed.
    pub(crate) excess: u32,
    /// Sum of the squares of magnitudes of the largest transforms, each cut at the threshold.
    pub(crate) squares: u64,
}

/// Room for the coefficients of a block of up to 64×64.
pub(crate) type Room = [i16; 64 * 64];

/// The coefficients of a residual of `size` (width, height), whose sides are multiples of 8 up to 64: of 8×8 Hadamard
/// transforms, and of the largest square ones of up to 64×64 that divide it. All are 8 times those of the orthonormal
/// transform. `threshold` is a magnitude below 2^11. A block that does not lie in its plane panics.
pub(crate) fn coefficients(
    isa: Isa,
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    threshold: u16,
    room: &mut Room,
) -> Coefficients {
    debug_assert!(threshold < 1 << 11);
    dispatch!(isa, coefficients(src, pred, size, threshold, room))
}

/// Calls `step` for the 8×8 blocks of `cols` × `rows`, by number, that are combined in fours to transforms of twice the
/// size, as often as all sizes can be doubled.
#[inline(always)]
fn each_four(cols: usize, rows: usize, mut step: impl FnMut([usize; 4])) {
    let mut distance = 1;
    while cols.is_multiple_of(2 * distance) && rows.is_multiple_of(2 * distance) {
        for row in (0..rows).filter(|row| row & distance == 0) {
            for col in (0..cols).filter(|col| col & distance == 0) {
                let first = row * cols + col;
                let below = first + distance * cols;
                step([first, first + distance, below, below + distance]);
            }
        }
        distance *= 2;
    }
}
