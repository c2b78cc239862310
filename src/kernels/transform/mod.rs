//! Transforms of residuals: the standard's inverse (7.13) and our forward twin of it.
//!
//! **Layout.** A block of coefficients lies as the standard's `Quant` (5.11.39): row-major, the vertical frequency `i` in
//! rows, the horizontal `j` in columns, position `i * tw + j` with `tw` = [`coefficient_stride`] (the width, 32 at
//! most). Scans give these positions. Of a side of 64 only the lower 32 frequencies exist, so a block never holds more
//! than [`MAX_COEFFICIENTS`].
//!
//! **Range.** With 8-bit samples 7.12.3 clips dequantized coefficients to 16 bits and both passes of 7.13.3 work within
//! 16 bits (`rowClampRange` = `colClampRange` = 16), so coefficients are `i16` here.
//!
//! **Scale.** Forward coefficients are in the domain of the inverse's input: `forward` and then `inverse` gives the
//! residual back. That is 8 times the orthonormal transform, halved or quartered for the sizes whose `dqDenom` (7.12.3)
//! is 2 or 4.

use crate::av1::types::{TxSize, TxType};

/// The most coefficients a block can hold.
pub(crate) const MAX_COEFFICIENTS: usize = 1024;

/// Coefficients per row of a block: the width, 32 at most (`tw` of 7.12.3).
pub(crate) const fn coefficient_stride(tx_size: TxSize) -> usize {
    let width = tx_size.width();
    if width > 32 { 32 } else { width }
}

/// Coefficients in a block: `tw * th` of 7.12.3.
pub(crate) const fn coefficient_count(tx_size: TxSize) -> usize {
    let height = tx_size.height();
    coefficient_stride(tx_size) * if height > 32 { 32 } else { height }
}

/// Inverse transform (7.13.3) of `coefficients` (dequantized, [`coefficient_count`] of them), added to the block of
/// predicted samples at the start of `dst` and clipped (7.12.3, step 3).
///
/// `stride` is in samples. `eob` is the number of coefficients coded along the scan, at least 1; it only saves time.
/// Not for lossless blocks, see [`inverse_wht_add`].
pub(crate) fn inverse_transform_add(
    dst: &mut [u8],
    stride: usize,
    coefficients: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
    eob: usize,
) {
    todo!()
}

/// Inverse Walsh-Hadamard transform of a lossless 4×4 block (7.13.2.10 within 7.13.3), added to `dst`.
pub(crate) fn inverse_wht_add(dst: &mut [u8], stride: usize, coefficients: &[i16]) {
    todo!()
}

/// Forward transform of the block of residuals at the start of `residual` (within ±255, `stride` samples from row to
/// row) into `coefficients`.
pub(crate) fn forward_transform(
    residual: &[i16],
    stride: usize,
    coefficients: &mut [i16],
    tx_size: TxSize,
    tx_type: TxType,
) {
    todo!()
}

/// Forward Walsh-Hadamard transform of a 4×4 block of residuals, undone exactly by [`inverse_wht_add`].
///
/// `coefficients` are in the dequantized domain: multiples of 4, the step of a lossless block.
pub(crate) fn forward_wht(residual: &[i16], stride: usize, coefficients: &mut [i16]) {
    todo!()
}

/// Whether the inverse transform of `coefficients` keeps every value that 7.13.2 requires to fit 16 bits within them.
///
/// A stream may only hold blocks for which this is true: decoders differ on others. Residuals of real pictures fail this
/// only by coarse quantization of extreme patterns.
pub(crate) fn is_conformant(coefficients: &[i16], tx_size: TxSize, tx_type: TxType) -> bool {
    todo!()
}
