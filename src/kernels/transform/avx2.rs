//! The transforms in AVX2, sixteen numbers at a time; inverse where both sides are 16 or more.

use std::arch::x86_64::{
    __m256i, _mm256_adds_epi16, _mm256_castsi128_si256, _mm256_inserti128_si256, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_setr_epi16, _mm256_setzero_si256, _mm256_testz_si256,
    _mm256_zextsi128_si256,
};

use super::forward::{Scaling, forward_1d};
use super::inverse::{COLUMN_SHIFT, RECTANGLE_FACTOR, inverse_1d};
use super::{Kind, Shape, TxSize, TxType};
use crate::kernels::isa::{Avx2, load_i16x8, load_i16x16, store_i16x16};
use crate::kernels::simd::Int16Lanes;
use crate::kernels::simd::avx2::{I16x16, load_wide, packed_halves, transpose_halves};
use crate::kernels::view::{SamplesMut, View};

#[target_feature(enable = "avx2")]
pub(super) fn forward(
    token: Avx2,
    residual: View<'_, i16>,
    energy: u32,
    coefficients: &mut [i16],
    (tx_size, tx_type): (TxSize, TxType),
) {
    let shape = &Shape::new(tx_size, tx_type);
    macro_rules! sized {
        ($($w:literal x $h:literal),*) => {
            match (tx_size.width(), tx_size.height()) {
                $(($w, $h) => {
                    forward_2d::<$w, $h, { groups($h) }>(
                        token, residual, energy, coefficients, shape,
                    );
                })*
                (w, h) => unreachable!("{w}×{h}"),
            }
        };
    }
    sized!(
        4 x 4, 8 x 8, 16 x 16, 32 x 32, 64 x 64, 4 x 8, 8 x 4, 8 x 16, 16 x 8, 16 x 32, 32 x 16,
        32 x 64, 64 x 32, 4 x 16, 16 x 4, 8 x 32, 32 x 8, 16 x 64, 64 x 16
    );
}

/// Groups of sixteen rows that are kept of a height.
const fn groups(height: usize) -> usize {
    match height {
        4..=16 => 1,
        _ => 2,
    }
}

/// [`forward::forward_2d`](super::forward::forward_2d) with sixteen lanes; `G` is the number of groups of sixteen rows
/// that are kept.
#[target_feature(enable = "avx2")]
fn forward_2d<const W: usize, const H: usize, const G: usize>(
    token: Avx2,
    residual: View<'_, i16>,
    energy: u32,
    coefficients: &mut [i16],
    shape: &Shape,
) {
    let scaling = Scaling::new::<W, H>(shape, energy);
    let zero = I16x16 { lanes: _mm256_setzero_si256(), token };
    let mut rows = [[zero; W]; G];
    for c in 0..W.div_ceil(16) {
        let mut t = [zero; H];
        for (i, row) in t.iter_mut().enumerate() {
            let y = if shape.flip_rows { H - 1 - i } else { i };
            row.lanes = match W {
                4 => {
                    let &[a, b, c, d] = residual.row(0, y);
                    _mm256_setr_epi16(a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                }
                8 => _mm256_zextsi128_si256(load_i16x8(residual.row(0, y))),
                _ => load_i16x16(residual.row(c * 16, y)),
            };
            *row = scaling.before(*row);
        }
        forward_of_length(&mut t, shape.column_kind);
        scaling.between(&mut t[..H.min(32)]);
        for (g, rows) in rows.iter_mut().enumerate() {
            let mut block = [zero.lanes; 16];
            for (lanes, row) in block.iter_mut().zip(&t[(g * 16).min(H)..]) {
                *lanes = row.lanes;
            }
            let columns = transpose_16(block);
            for (i, lanes) in columns.into_iter().enumerate().take(W) {
                let j = c * 16 + i;
                rows[if shape.flip_columns { W - 1 - j } else { j }].lanes = lanes;
            }
        }
    }
    let kept = W.min(32);
    for (g, t) in rows.iter_mut().enumerate() {
        forward_of_length(t, shape.row_kind);
        for j in (0..kept).step_by(16) {
            let mut block = [zero.lanes; 16];
            for (lanes, column) in block.iter_mut().zip(&t[j..]) {
                *lanes = scaling.after(*column).lanes;
            }
            let lines = transpose_16(block);
            for (i, line) in lines.into_iter().enumerate().take(H) {
                let (start, line) =
                    (&mut coefficients[(g * 16 + i) * kept + j..], store_i16x16(line));
                let count = W.min(16);
                start[..count].copy_from_slice(&line[..count]);
            }
        }
    }
}

/// Lane `i` of vector `j` becomes lane `j` of vector `i`.
#[target_feature(enable = "avx2")]
#[inline]
fn transpose_16(v: [__m256i; 16]) -> [__m256i; 16] {
    let (mut upper, mut lower) = ([v[0]; 8], [v[0]; 8]);
    for i in 0..8 {
        upper[i] = _mm256_permute2x128_si256::<0x20>(v[i], v[i + 8]);
        lower[i] = _mm256_permute2x128_si256::<0x31>(v[i], v[i + 8]);
    }
    let [a, b, c, d, e, f, g, h] = transpose_halves(upper);
    let [i, j, k, l, m, n, o, p] = transpose_halves(lower);
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

#[target_feature(enable = "avx2")]
#[inline(never)]
fn forward_of_length<const N: usize>(t: &mut [I16x16; N], kind: Kind) {
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
    // Groups up to the last that is not 0.
    let mut held = 0;
    for (g, rows) in rows.iter_mut().enumerate() {
        if row_pass::<W, H>(coefficients, g, shape, rows) {
            held = g + 1;
        }
    }
    for c in 0..W / 16 {
        let mut t = [zero; H];
        for (g, rows) in rows.iter().enumerate().take(held) {
            let mut block = [zero.lanes; 16];
            for (i, lanes) in block.iter_mut().enumerate() {
                let j = c * 16 + i;
                *lanes = rows[if shape.flip_columns { W - 1 - j } else { j }].lanes;
            }
            let lines = transpose_16(block);
            for (entry, lanes) in t[g * 16..].iter_mut().zip(lines) {
                entry.lanes = lanes;
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
/// Gives whether any is not 0.
#[target_feature(enable = "avx2")]
#[inline]
fn row_pass<const W: usize, const H: usize>(
    coefficients: &[i16],
    g: usize,
    shape: &Shape,
    t: &mut [I16x16; W],
) -> bool {
    let stride = W.min(32);
    let coefficients = View::new(&coefficients[16 * g * stride..], stride);
    let token = t[0].token;
    // Columns up to the last that is not 0.
    let mut held = 0;
    for j in (0..stride).step_by(8) {
        let mut block = [_mm256_setzero_si256(); 8];
        let mut bits = _mm256_setzero_si256();
        for (i, lanes) in block.iter_mut().enumerate() {
            let first = load_i16x8(coefficients.row(j, i));
            let second = load_i16x8(coefficients.row(j, i + 8));
            *lanes = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(first), second);
            bits = _mm256_or_si256(bits, *lanes);
        }
        if _mm256_testz_si256(bits, bits) != 0 {
            continue;
        }
        held = j + 8;
        for (entry, lanes) in t[j..].iter_mut().zip(transpose_halves(block)) {
            *entry = I16x16 { lanes, token };
        }
    }
    if held == 0 {
        return false;
    }
    if W == 2 * H || H == 2 * W {
        for entry in t.iter_mut().take(held) {
            *entry = entry.product(RECTANGLE_FACTOR);
        }
    }
    inverse_of_length(t, shape.row_kind, shape.row_shift);
    true
}

#[target_feature(enable = "avx2")]
#[inline(never)]
fn inverse_of_length<const N: usize>(t: &mut [I16x16; N], kind: Kind, shift: u32) {
    inverse_1d(t, kind, shift);
}
