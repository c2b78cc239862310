//! Differences of blocks: sums of absolute and of squared differences, moments, residuals.
//!
//! Widths are multiples of 4 and up to 128, heights any. A block that does not lie in its plane panics.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};
use super::view::{Samples, ViewMut};

/// Runs `$body` with `$x` and the constant `$w` for the columns, 64 to 4 samples wide, that make up `$width`.
macro_rules! for_columns {
    ($width:expr, $x:ident, $w:ident, $body:expr) => {{
        let width: usize = $width;
        debug_assert!(width.is_multiple_of(4));
        let mut $x = 0;
        while $x + 4 <= width {
            $x += match width - $x {
                64.. => for_columns!(@ 64, $w, $body),
                32.. => for_columns!(@ 32, $w, $body),
                16.. => for_columns!(@ 16, $w, $body),
                8.. => for_columns!(@ 8, $w, $body),
                _ => for_columns!(@ 4, $w, $body),
            };
        }
    }};
    (@ $size:literal, $w:ident, $body:expr) => {{
        const $w: usize = $size;
        $body;
        $w
    }};
}
use for_columns;

/// Sum of absolute differences of two blocks of `size` (width, height).
pub(crate) fn sad(isa: Isa, src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    dispatch!(isa, sad(src, pred, size))
}

/// [`sad`] against four blocks.
pub(crate) fn sad_4(
    isa: Isa,
    src: Samples<'_>,
    preds: [Samples<'_>; 4],
    size: (usize, usize),
) -> [u32; 4] {
    dispatch!(isa, sad_4(src, preds, size))
}

/// [`sad`] of a block against the mean, rounded up, of two others.
pub(crate) fn sad_average(
    isa: Isa,
    src: Samples<'_>,
    preds: [Samples<'_>; 2],
    size: (usize, usize),
) -> u32 {
    dispatch!(isa, sad_average(src, preds, size))
}

/// Sum of squared differences of two blocks of `size` (width, height).
pub(crate) fn sse(isa: Isa, src: Samples<'_>, pred: Samples<'_>, size: (usize, usize)) -> u32 {
    dispatch!(isa, sse(src, pred, size))
}

/// Sum and sum of squares of differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moments {
    /// Sum of the differences.
    pub(crate) sum: i32,
    /// Sum of the squared differences.
    pub(crate) sse: u32,
}

/// Sums of the parts of 8×8 samples of a block of up to 64×64.
pub(crate) type PartMoments = [[Moments; 8]; 8];

/// Sums and sums of squares of the differences `src - pred` of two blocks of `size` (width, height), up to 64×64, for each
/// part of 8×8 samples; parts at the right and the lower edge may be smaller. What lies outside is left as it is.
pub(crate) fn moments(
    isa: Isa,
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    parts: &mut [[Moments; 8]],
) {
    dispatch!(isa, moments(src, pred, size, parts));
}

/// Writes `src - pred` of two blocks of `size` (width, height) to `dst`.
pub(crate) fn residual(
    isa: Isa,
    src: Samples<'_>,
    pred: Samples<'_>,
    dst: ViewMut<'_, i16>,
    size: (usize, usize),
) {
    dispatch!(isa, residual(src, pred, dst, size));
}
