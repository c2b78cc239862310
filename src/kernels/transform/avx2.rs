//! The transforms in AVX2: forward eight single-precision numbers at a time, inverse sixteen 16-bit ones where both sides
//! are 16 or more.

use std::arch::x86_64::{
    __m256i, _mm256_adds_epi16, _mm256_castsi128_si256, _mm256_inserti128_si256, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_setzero_si256, _mm256_testz_si256,
};

use super::forward::{ForwardVector, forward_1d, forward_2d};
use super::inverse::{COLUMN_SHIFT, RECTANGLE_FACTOR, inverse_1d};
use super::{Kind, Shape, TxSize, TxType, for_size};
use crate::kernels::isa::{Avx2, load_i16x8, with_avx2};
use crate::kernels::simd::Int16Lanes;
use crate::kernels::simd::avx2::{F32x8, I16x16, load_wide, packed_halves, transpose_halves};
use crate::kernels::view::{SamplesMut, View};

#[target_feature(enable = "avx2")]
pub(super) fn forward(
    token: Avx2,
    residual: View<'_, i16>,
    coefficients: &mut [i16],
    tx_size: TxSize,
    tx_type: TxType,
) {
    let shape = Shape::new(tx_size, tx_type);
    for_size!(tx_size, forward_of_size(token, residual, coefficients, &shape));
}

#[target_feature(enable = "avx2")]
fn forward_of_size<const W: usize, const H: usize, const G: usize>(
    token: Avx2,
    residual: View<'_, i16>,
    coefficients: &mut [i16],
    shape: &Shape,
) {
    forward_2d::<F32x8, W, H, G>(token, residual, coefficients, shape);
}

impl ForwardVector for F32x8 {
    #[inline(always)]
    fn transform_1d<const N: usize>(t: &mut [Self; N], kind: Kind) {
        let token = t[0].token;
        with_avx2!(token, forward_of_length, t, kind);
    }
}

#[target_feature(enable = "avx2")]
#[inline(never)]
fn forward_of_length<const N: usize>(t: &mut [F32x8; N], kind: Kind) {
    forward_1d(t, kind);
}

/// Whether [`inverse`] has this size.
pub(super) const fn has_inverse(tx_size: TxSize) -> bool {
    tx_size.width() >= 16 && tx_size.height() >= 16
}

#[target_feature(enable = "avx2")]
pub(super) fn inverse(
    token: Avx2,
    dst: SamplesMut<'_>,
    coefficients: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
) {
    let shape = &Shape::new(tx_size, tx_type);
    match tx_size {
        TxSize::T16x16 => inverse_2d::<16, 16, 1>(token, dst, coefficients, shape),
        TxSize::T32x32 => inverse_2d::<32, 32, 2>(token, dst, coefficients, shape),
        TxSize::T64x64 => inverse_2d::<64, 64, 2>(token, dst, coefficients, shape),
        TxSize::T16x32 => inverse_2d::<16, 32, 2>(token, dst, coefficients, shape),
        TxSize::T32x16 => inverse_2d::<32, 16, 1>(token, dst, coefficients, shape),
        TxSize::T32x64 => inverse_2d::<32, 64, 2>(token, dst, coefficients, shape),
        TxSize::T64x32 => inverse_2d::<64, 32, 2>(token, dst, coefficients, shape),
        TxSize::T16x64 => inverse_2d::<16, 64, 2>(token, dst, coefficients, shape),
        TxSize::T64x16 => inverse_2d::<64, 16, 1>(token, dst, coefficients, shape),
        _ => unreachable!("a side of less than 16"),
    }
}

/// 7.13.3 without the lossless case; `G` is the number of groups of sixteen rows that hold coefficients.
#[target_feature(enable = "avx2")]
fn inverse_2d<const W: usize, const H: usize, const G: usize>(
    token: Avx2,
    mut dst: SamplesMut<'_>,
    coefficients: &[i16],
    shape: &Shape,
) {
    let zero = I16x16 { lanes: _mm256_setzero_si256(), token };
    let mut rows = [[zero; W]; G];
    for (g, rows) in rows.iter_mut().enumerate() {
        row_pass::<W, H>(coefficients, g, shape, rows);
    }
    for c in 0..W / 16 {
        let mut t = [zero; H];
        for (g, rows) in rows.iter().enumerate() {
            let column = |i: usize| {
                let j = c * 16 + i;
                rows[if shape.flip_columns { W - 1 - j } else { j }].lanes
            };
            // Rows 0 to 7, then 8 to 15, of columns 0 to 7 and 8 to 15.
            let upper = [0, 1, 2, 3, 4, 5, 6, 7]
                .map(|i| _mm256_permute2x128_si256::<0x20>(column(i), column(i + 8)));
            let lower = [0, 1, 2, 3, 4, 5, 6, 7]
                .map(|i| _mm256_permute2x128_si256::<0x31>(column(i), column(i + 8)));
            for (i, lanes) in transpose_halves(upper).into_iter().enumerate() {
                t[g * 16 + i] = I16x16 { lanes, token };
            }
            for (i, lanes) in transpose_halves(lower).into_iter().enumerate() {
                t[g * 16 + 8 + i] = I16x16 { lanes, token };
            }
        }
        inverse_of_length(&mut t, shape.column_kind, COLUMN_SHIFT);
        for (i, residual) in t.iter().enumerate() {
            let y = if shape.flip_rows { H - 1 - i } else { i };
            let samples: &mut [u8; 16] = dst.row(c * 16, y);
            let sum = _mm256_adds_epi16(load_wide(samples), residual.lanes);
            for (samples, sum) in samples.as_chunks_mut().0.iter_mut().zip(packed_halves(sum)) {
                *samples = sum;
            }
        }
    }
}

/// The row transforms of 7.13.3 for rows `16 * g` to `16 * g + 15`: lane `i` of entry `j` is `Residual[ 16 * g + i ][ j ]`.
#[target_feature(enable = "avx2")]
#[inline]
fn row_pass<const W: usize, const H: usize>(
    coefficients: &[i16],
    g: usize,
    shape: &Shape,
    t: &mut [I16x16; W],
) {
    let stride = W.min(32);
    let coefficients = View::new(&coefficients[16 * g * stride..], stride);
    let token = t[0].token;
    let mut any = false;
    for j in (0..stride).step_by(8) {
        let block: [__m256i; 8] = [0, 1, 2, 3, 4, 5, 6, 7].map(|i| {
            let [first, second] = [i, i + 8].map(|i| load_i16x8(coefficients.row(j, i)));
            _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(first), second)
        });
        let bits =
            block.into_iter().fold(_mm256_setzero_si256(), |bits, row| _mm256_or_si256(bits, row));
        if _mm256_testz_si256(bits, bits) != 0 {
            continue;
        }
        any = true;
        for (entry, lanes) in t[j..].iter_mut().zip(transpose_halves(block)) {
            *entry = I16x16 { lanes, token };
        }
    }
    if !any {
        return;
    }
    if W == 2 * H || H == 2 * W {
        for entry in t.iter_mut() {
            *entry = entry.scale(RECTANGLE_FACTOR, 0);
        }
    }
    inverse_of_length(t, shape.row_kind, shape.row_shift);
}

#[target_feature(enable = "avx2")]
#[inline(never)]
fn inverse_of_length<const N: usize>(t: &mut [I16x16; N], kind: Kind, shift: u32) {
    inverse_1d(t, kind, shift);
}
