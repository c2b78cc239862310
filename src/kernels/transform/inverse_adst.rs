//! The inverse ADST of 8 and 16 (7.13.2.4, 7.13.2.5, 7.13.2.7, 7.13.2.8).

use super::factors::{adst_input, adst_output};
use super::inverse_dct::{butterfly, hadamard};
use super::unrolled;
use crate::kernels::simd::Int16Lanes;

/// 7.13.2.7 Inverse ADST8 process of as many columns as there are lanes.
#[inline(always)]
pub(super) fn inverse_adst8<L: Int16Lanes>(t: &mut [L; 8]) {
    permute_input(t);
    unrolled!(L; i in 0..4 => {
        butterfly(t, 2 * i, 2 * i + 1, 60 - 16 * i, 1);
    });
    unrolled!(L; i in 0..4 => {
        hadamard(t, i, 4 + i, 0);
    });
    unrolled!(L; i in 0..2 => {
        butterfly(t, 4 + 3 * i, 5 + i, 48 - 32 * i, 1);
    });
    unrolled!(L; i in 0..2 => {
        unrolled!(L; j in 0..2 => {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, 0);
        });
    });
    unrolled!(L; i in 0..2 => {
        butterfly(t, 2 + 4 * i, 3 + 4 * i, 32, 1);
    });
    permute_output(t);
}

/// 7.13.2.8 Inverse ADST16 process of as many columns as there are lanes.
#[inline(always)]
pub(super) fn inverse_adst16<L: Int16Lanes>(t: &mut [L; 16]) {
    permute_input(t);
    unrolled!(L; i in 0..8 => {
        butterfly(t, 2 * i, 2 * i + 1, 62 - 8 * i, 1);
    });
    unrolled!(L; i in 0..8 => {
        hadamard(t, i, 8 + i, 0);
    });
    unrolled!(L; i in 0..2 => {
        butterfly(t, 8 + 2 * i, 9 + 2 * i, 56 - 32 * i, 1);
        butterfly(t, 13 + 2 * i, 12 + 2 * i, 8 + 32 * i, 1);
    });
    unrolled!(L; i in 0..4 => {
        unrolled!(L; j in 0..2 => {
            hadamard(t, 8 * j + i, 4 + 8 * j + i, 0);
        });
    });
    unrolled!(L; i in 0..2 => {
        unrolled!(L; j in 0..2 => {
            butterfly(t, 4 + 8 * j + 3 * i, 5 + 8 * j + i, 48 - 32 * i, 1);
        });
    });
    unrolled!(L; i in 0..2 => {
        unrolled!(L; j in 0..4 => {
            hadamard(t, 4 * j + i, 2 + 4 * j + i, 0);
        });
    });
    unrolled!(L; i in 0..4 => {
        butterfly(t, 2 + 4 * i, 3 + 4 * i, 32, 1);
    });
    permute_output(t);
}

#[inline(always)]
fn permute_input<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let input = *t;
    for (i, lane) in t.iter_mut().enumerate() {
        *lane = input[adst_input(N, i)];
    }
}

/// A negated -32768 saturates; the rounding or the clip to 16 bits that follows in 7.13.3 gives the same from 32768.
#[inline(always)]
fn permute_output<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let input = *t;
    for (i, lane) in t.iter_mut().enumerate() {
        let value = input[adst_output(N.trailing_zeros(), i)];
        *lane = if i & 1 == 1 { value.negate() } else { value };
    }
}
