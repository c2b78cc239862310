//! The inverse DCT (7.13.2.2 and 7.13.2.3).

use super::factors::{brev, cos128, permute, sin128};
use super::unrolled;
use crate::kernels::simd::Int16Lanes;

/// 7.13.2.1 `B( a, b, angle, flip, 16 )`.
#[inline(always)]
pub(super) fn butterfly<L: Int16Lanes, const N: usize>(
    t: &mut [L; N],
    a: usize,
    b: usize,
    angle: usize,
    flip: usize,
) {
    let (x, y) = t[a].rotate(t[b], cos128(angle), sin128(angle));
    (t[a], t[b]) = if flip == 1 { (y, x) } else { (x, y) };
}

/// 7.13.2.1 `H( a, b, flip, 16 )`.
#[inline(always)]
pub(super) fn hadamard<L: Int16Lanes, const N: usize>(
    t: &mut [L; N],
    a: usize,
    b: usize,
    flip: usize,
) {
    let (a, b) = if flip == 1 { (b, a) } else { (a, b) };
    (t[a], t[b]) = (t[a].add(t[b]), t[a].sub(t[b]));
}

/// 7.13.2.3 Inverse DCT process, its permutation (7.13.2.2) included, of as many columns as there are lanes.
///
/// `N` is 4 to 64; the steps keep the standard's order and numbers.
#[inline(always)]
pub(super) fn inverse_dct<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let mut entries = *t;
    permute(&mut entries);
    first_steps(&mut entries);
    middle_steps(&mut entries);
    last_steps(&mut entries);
    *t = entries;
}

/// Steps 2 to 11.
#[inline(always)]
fn first_steps<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let n = N.trailing_zeros();
    if n == 6 {
        unrolled!(L; i in 0..16 => {
            butterfly(t, 32 + i, 63 - i, 63 - 4 * brev(4, i), 0); // 2
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..8 => {
            butterfly(t, 16 + i, 31 - i, 6 + (brev(3, 7 - i) << 3), 0); // 3
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..16 => {
            hadamard(t, 32 + i * 2, 33 + i * 2, i & 1); // 4
        });
    }
    if n >= 4 {
        unrolled!(L; i in 0..4 => {
            butterfly(t, 8 + i, 15 - i, 12 + (brev(2, 3 - i) << 4), 0); // 5
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..8 => {
            hadamard(t, 16 + 2 * i, 17 + 2 * i, i & 1); // 6
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..4 => {
            unrolled!(L; j in 0..2 => {
                let angle = 60 - 16 * brev(2, i) + 64 * j;
                butterfly(t, 62 - i * 4 - j, 33 + i * 4 + j, angle, 1); // 7
            });
        });
    }
    if n >= 3 {
        unrolled!(L; i in 0..2 => {
            butterfly(t, 4 + i, 7 - i, 56 - 32 * i, 0); // 8
        });
    }
    if n >= 4 {
        unrolled!(L; i in 0..4 => {
            hadamard(t, 8 + 2 * i, 9 + 2 * i, i & 1); // 9
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..2 => {
            unrolled!(L; j in 0..2 => {
                let angle = 24 + (j << 6) + ((1 - i) << 5);
                butterfly(t, 30 - 4 * i - j, 17 + 4 * i + j, angle, 1); // 10
            });
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..8 => {
            unrolled!(L; j in 0..2 => {
                hadamard(t, 32 + i * 4 + j, 35 + i * 4 - j, i & 1); // 11
            });
        });
    }
}

/// Steps 12 to 21.
#[inline(always)]
fn middle_steps<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let n = N.trailing_zeros();
    unrolled!(L; i in 0..2 => {
        butterfly(t, 2 * i, 2 * i + 1, 32 + 16 * i, 1 - i); // 12
    });
    if n >= 3 {
        unrolled!(L; i in 0..2 => {
            hadamard(t, 4 + 2 * i, 5 + 2 * i, i); // 13
        });
    }
    if n >= 4 {
        unrolled!(L; i in 0..2 => {
            butterfly(t, 14 - i, 9 + i, 48 + 64 * i, 1); // 14
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..4 => {
            unrolled!(L; j in 0..2 => {
                hadamard(t, 16 + 4 * i + j, 19 + 4 * i - j, i & 1); // 15
            });
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..2 => {
            unrolled!(L; j in 0..4 => {
                let angle = 56 - i * 32 + (j >> 1) * 64;
                butterfly(t, 61 - i * 8 - j, 34 + i * 8 + j, angle, 1); // 16
            });
        });
    }
    unrolled!(L; i in 0..2 => {
        hadamard(t, i, 3 - i, 0); // 17
    });
    if n >= 3 {
        butterfly(t, 6, 5, 32, 1); // 18
    }
    if n >= 4 {
        unrolled!(L; i in 0..2 => {
            unrolled!(L; j in 0..2 => {
                hadamard(t, 8 + 4 * i + j, 11 + 4 * i - j, i); // 19
            });
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..4 => {
            butterfly(t, 29 - i, 18 + i, 48 + (i >> 1) * 64, 1); // 20
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..4 => {
            unrolled!(L; j in 0..4 => {
                hadamard(t, 32 + 8 * i + j, 39 + 8 * i - j, i & 1); // 21
            });
        });
    }
}

/// Steps 22 to 31.
#[inline(always)]
fn last_steps<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let n = N.trailing_zeros();
    if n >= 3 {
        unrolled!(L; i in 0..4 => {
            hadamard(t, i, 7 - i, 0); // 22
        });
    }
    if n >= 4 {
        unrolled!(L; i in 0..2 => {
            butterfly(t, 13 - i, 10 + i, 32, 1); // 23
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..2 => {
            unrolled!(L; j in 0..4 => {
                hadamard(t, 16 + i * 8 + j, 23 + i * 8 - j, i); // 24
            });
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..8 => {
            butterfly(t, 59 - i, 36 + i, if i < 4 { 48 } else { 112 }, 1); // 25
        });
    }
    if n >= 4 {
        unrolled!(L; i in 0..8 => {
            hadamard(t, i, 15 - i, 0); // 26
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..4 => {
            butterfly(t, 27 - i, 20 + i, 32, 1); // 27
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..8 => {
            hadamard(t, 32 + i, 47 - i, 0); // 28
            hadamard(t, 48 + i, 63 - i, 1);
        });
    }
    if n >= 5 {
        unrolled!(L; i in 0..16 => {
            hadamard(t, i, 31 - i, 0); // 29
        });
    }
    if n == 6 {
        unrolled!(L; i in 0..8 => {
            butterfly(t, 55 - i, 40 + i, 32, 1); // 30
        });
        unrolled!(L; i in 0..32 => {
            hadamard(t, i, 63 - i, 0); // 31
        });
    }
}
