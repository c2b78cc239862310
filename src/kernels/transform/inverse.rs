//! The 2D inverse transform (7.13.3) added to the prediction (7.12.3, step 3), eight rows and then eight columns at a time.

use super::factors::cos128;
use super::inverse_adst::{inverse_adst8, inverse_adst16};
use super::inverse_dct::inverse_dct;
use super::{Kind, Shape, identity_factor};
use crate::kernels::simd::{Int16Lanes, Int16Vector};
use crate::kernels::view::{SamplesMut, View};

/// 7.13.3 `colShift`.
pub(super) const COLUMN_SHIFT: u32 = 4;

/// The factor of 7.13.3 for sizes of 2:1 and 1:2, 4096 / sqrt( 2 ).
pub(super) const RECTANGLE_FACTOR: i16 = 2896;

/// 7.13.3 without the lossless case; `G` is the number of groups of eight rows that hold coefficients.
///
/// Gives `false` if some value that 7.13.2 requires to fit 16 bits did not, as far as `L` knows.
pub(super) fn inverse_2d<L: Int16Vector, const W: usize, const H: usize, const G: usize>(
    mut dst: SamplesMut<'_>,
    coefficients: &[i16],
    shape: &Shape,
) -> bool {
    let mut rows = [[L::zero(); W]; G];
    // Groups up to the last that is not 0.
    let mut held = 0;
    for (g, rows) in rows.iter_mut().enumerate() {
        if row_pass::<L, W, H>(coefficients, g, shape, rows) {
            held = g + 1;
        }
    }
    let mut fits = true;
    for c in 0..W.div_ceil(8) {
        let mut t = [L::zero(); H];
        for (g, rows) in rows.iter().enumerate().take(held) {
            let mut block = [L::zero(); 8];
            for (i, column) in block.iter_mut().enumerate().take(W.min(8)) {
                let j = c * 8 + i;
                *column = rows[if shape.flip_columns { W - 1 - j } else { j }];
            }
            let block = L::transpose(block);
            for (i, row) in block.into_iter().enumerate().take(H.min(8)) {
                t[g * 8 + i] = row;
            }
        }
        transform_1d(&mut t, shape.column_kind, COLUMN_SHIFT);
        for (i, residual) in t.into_iter().enumerate() {
            let y = if shape.flip_rows { H - 1 - i } else { i };
            if W == 4 {
                residual.add_half_to(dst.row(0, y));
            } else {
                residual.add_to(dst.row(c * 8, y));
            }
            fits &= residual.fits();
        }
    }
    fits
}

/// The row transforms of 7.13.3 for rows `8 * g` to `8 * g + 7`: lane `i` of entry `j` is `Residual[ 8 * g + i ][ j ]`.
/// Gives whether any is not 0.
#[inline(always)]
fn row_pass<L: Int16Vector, const W: usize, const H: usize>(
    coefficients: &[i16],
    g: usize,
    shape: &Shape,
    t: &mut [L; W],
) -> bool {
    let stride = W.min(32);
    let mut block = [L::zero(); 8];
    // Columns up to the last that is not 0.
    let mut held = 0;
    for j in (0..stride).step_by(8) {
        for (i, row) in block.iter_mut().enumerate().take(H.min(8)) {
            let coefficients = View::new(coefficients, stride);
            *row = if W == 4 {
                L::load_half(coefficients.row(0, g * 8 + i))
            } else {
                L::load(coefficients.row(j, g * 8 + i))
            };
        }
        if L::all_zero(&block) {
            continue;
        }
        held = j + 8;
        let columns = L::transpose(block);
        for (entry, column) in t[j..].iter_mut().zip(columns) {
            *entry = column;
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
    transform_1d(t, shape.row_kind, shape.row_shift);
    true
}

/// [`inverse_1d`], once in the program for each length.
#[inline(never)]
fn transform_1d<L: Int16Vector, const N: usize>(t: &mut [L; N], kind: Kind, shift: u32) {
    inverse_1d(t, kind, shift);
}

/// One of the 1D transforms of 7.13.2 and then `Round2( , shift )`, saturated to 16 bits.
///
/// Saturation is the clip that 7.13.3 has between the passes; after the columns it changes no sample, for a residual of
/// 2047 clips as any larger one.
#[inline(always)]
pub(super) fn inverse_1d<L: Int16Lanes, const N: usize>(t: &mut [L; N], kind: Kind, shift: u32) {
    match kind {
        Kind::Dct => inverse_dct(t),
        Kind::Adst => {
            if let Ok(t) = <&mut [L; 4]>::try_from(t.as_mut_slice()) {
                *t = L::inverse_adst4(*t);
            } else if let Ok(t) = <&mut [L; 8]>::try_from(t.as_mut_slice()) {
                inverse_adst8(t);
            } else if let Ok(t) = <&mut [L; 16]>::try_from(t.as_mut_slice()) {
                inverse_adst16(t);
            }
        }
        Kind::Identity => {
            // 7.13.2.11 to 7.13.2.14. Nothing clips between the product and the shift.
            for entry in t.iter_mut() {
                *entry = entry.scale(identity_factor(N), shift);
            }
            return;
        }
    }
    for entry in t.iter_mut() {
        *entry = entry.round_shift(shift);
    }
}

/// [`inverse_2d`] of a `width`×`height` DCT_DCT block whose only coefficient is `dc`: every residual is the same.
pub(super) fn inverse_dc_only<L: Int16Vector>(
    dst: SamplesMut<'_>,
    dc: i16,
    (width, height): (usize, usize),
    row_shift: u32,
) {
    let mut value = L::load(&[dc; 8]);
    if width == 2 * height || height == 2 * width {
        value = value.scale(RECTANGLE_FACTOR, 0);
    }
    let value = value.scale(cos128(32), 0).round_shift(row_shift);
    let residual = value.scale(cos128(32), 0).round_shift(COLUMN_SHIFT);
    for row in dst.rows().take(height) {
        let (eights, rest) = row[..width].as_chunks_mut();
        for samples in eights {
            residual.add_to(samples);
        }
        if let Some(samples) = rest.first_chunk_mut() {
            residual.add_half_to(samples);
        }
    }
}
