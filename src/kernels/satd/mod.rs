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
    /// Those of the largest transforms.
    pub(crate) whole: Beside,
    /// Those of transforms of half the side, in each quarter of a square of 16 and more, row by row; nothing in other
    /// blocks.
    pub(crate) quarters: [Beside; 4],
}

/// What magnitudes are beside a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beside {
    /// What they have above it, summed.
    pub(crate) excess: u32,
    /// Sum of their squares, each cut at it.
    pub(crate) squares: u64,
}

/// What is wanted of coefficients; magnitudes alone take a third of the time of all. Thresholds are below 2^11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// [`Coefficients::magnitudes`].
    Magnitudes,
    /// [`Coefficients::whole`] too, beside this threshold.
    Whole(u16),
    /// [`Coefficients::quarters`] too.
    Quarters(u16),
}

/// Room for the coefficients of a block of up to 64×64.
pub(crate) type Room = [i16; 64 * 64];

/// The coefficients of a residual of `size` (width, height), whose sides are multiples of 8 up to 64: of 8×8 Hadamard
/// transforms, and of the largest square ones of up to 64×64 that divide it. All are 8 times those of the orthonormal
/// transform. What is not wanted is 0. A block that does not lie in its plane panics.
pub(crate) fn coefficients(
    isa: Isa,
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    detail: Detail,
    room: &mut Room,
) -> Coefficients {
    dispatch!(isa, coefficients(src, pred, size, detail, room))
}

/// The distances at which 8×8 blocks of `cols` × `rows` are combined to transforms of twice the size: as often as all
/// sizes can be doubled.
#[inline(always)]
fn distances(cols: usize, rows: usize) -> impl Iterator<Item = usize> {
    [1, 2, 4].into_iter().take_while(move |distance| (cols | rows).is_multiple_of(2 * distance))
}

/// Calls `step` for the 8×8 blocks of `cols` × `rows`, by number, that are combined in fours at `distance`.
#[inline(always)]
fn each_four(cols: usize, rows: usize, distance: usize, mut step: impl FnMut([usize; 4])) {
    for row in (0..rows).filter(|row| row & distance == 0) {
        for col in (0..cols).filter(|col| col & distance == 0) {
            let first = row * cols + col;
            let below = first + distance * cols;
            step([first, first + distance, below, below + distance]);
        }
    }
}

/// The 8×8 blocks, by number, in each row of a quarter of a square of `side` blocks.
#[inline(always)]
fn quarter_rows(side: usize, quarter: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let half = side / 2;
    let first = quarter / 2 * half * side + quarter % 2 * half;
    (0..half).map(move |row| first + row * side..first + row * side + half)
}
