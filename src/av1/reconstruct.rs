//! Reconstruction (7.12.3): dequantization and the inverse transform added to the prediction, 8-bit samples, no quantizer
//! matrices.

use crate::av1::types::{TxSize, TxType};

/// 7.12.3 log2 of `dqDenom`.
pub(crate) const fn dq_denom_log2(tx_size: TxSize) -> u32 {
    match tx_size {
        TxSize::T64x64 | TxSize::T32x64 | TxSize::T64x32 => 2,
        TxSize::T32x32 | TxSize::T16x32 | TxSize::T32x16 | TxSize::T16x64 | TxSize::T64x16 => 1,
        _ => 0,
    }
}

/// 7.12.3 steps 1c to 1f: the dequantized value of `level` (20 bits and sign) at `step`.
pub(crate) const fn dequantize(level: i32, step: u16, dq_denom_log2: u32) -> i16 {
    let product = (level.unsigned_abs() as u64 * step as u64) & 0xFF_FFFF;
    let magnitude = (product >> dq_denom_log2) as i32;
    let value = if level < 0 { -magnitude } else { magnitude };
    if value > i16::MAX as i32 {
        i16::MAX
    } else if value < i16::MIN as i32 {
        i16::MIN
    } else {
        value as i16
    }
}

/// 7.12.3 step 1 over a block: `levels` (`Quant`) into `dequantized`, both in the layout of
/// [`kernels::transform`](crate::kernels::transform).
pub(crate) fn dequantize_block(
    levels: &[i32],
    dc_step: u16,
    ac_step: u16,
    tx_size: TxSize,
    dequantized: &mut [i16],
) {
    todo!()
}

/// 7.12.3 steps 2 and 3: adds the inverse transform of `dequantized` to the predicted block at the start of `dst`.
///
/// A lossless block is 4×4 and its `tx_type` is not read.
pub(crate) fn reconstruct(
    dst: &mut [u8],
    stride: usize,
    dequantized: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
    lossless: bool,
    eob: usize,
) {
    todo!()
}
