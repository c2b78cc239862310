//! Reconstruction (7.12.3): dequantization, and the inverse transform added to the prediction.
//!
//! For 8-bit samples and without quantizer matrices. Blocks of coefficients are laid out as
//! [`kernels::transform`](crate::kernels::transform) tells.

use crate::av1::types::{TxSize, TxType};
#[cfg(test)]
use crate::kernels::transform::coefficient_count;
use crate::kernels::transform::inverse_transform_add;
use crate::kernels::transform::wht::inverse_wht_add;

/// 7.12.3 the logarithm of `dqDenom`.
pub(crate) const fn dq_denom_log2(tx_size: TxSize) -> u32 {
    match tx_size {
        TxSize::T64x64 | TxSize::T32x64 | TxSize::T64x32 => 2,
        TxSize::T32x32 | TxSize::T16x32 | TxSize::T32x16 | TxSize::T16x64 | TxSize::T64x16 => 1,
        _ => 0,
    }
}

/// 7.12.3 steps 1c to 1f: `Dequant` of one `level` (`Quant`, 20 bits and sign) at `step`.
#[cfg(test)]
pub(crate) fn dequantize(level: i32, step: u16, dq_denom_log2: u32) -> i16 {
    let product = u64::from(level.unsigned_abs()) * u64::from(step);
    let magnitude = (product & 0xFF_FFFF) as i32 >> dq_denom_log2;
    let value = if level < 0 { -magnitude } else { magnitude };
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// 7.12.3 step 1: `levels` (`Quant`) into `dequantized` (`Dequant`), every entry of the block written.
///
/// `dc_step` and `ac_step` are those of `get_dc_quant` and `get_ac_quant` (7.12.2).
#[cfg(test)]
pub(crate) fn dequantize_block(
    levels: &[i16],
    dc_step: u16,
    ac_step: u16,
    tx_size: TxSize,
    dequantized: &mut [i16],
) {
    let dq_denom_log2 = dq_denom_log2(tx_size);
    let count = coefficient_count(tx_size);
    for (dequantized, &level) in dequantized[..count].iter_mut().zip(&levels[..count]) {
        *dequantized = dequantize(level.into(), ac_step, dq_denom_log2);
    }
    dequantized[0] = dequantize(levels[0].into(), dc_step, dq_denom_log2);
}

/// 7.12.3 steps 2 and 3: adds the inverse transform of `dequantized` to the predicted block at the start of `dst`.
///
/// `eob` is the number of coefficients coded along the scan. A lossless block is 4×4 and its `tx_type` is not read.
pub(crate) fn reconstruct(
    dst: &mut [u8],
    stride: usize,
    dequantized: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
    lossless: bool,
    eob: usize,
) {
    if eob == 0 {
        return;
    }
    if lossless {
        inverse_wht_add(dst, stride, dequantized);
    } else {
        inverse_transform_add(dst, stride, dequantized, tx_size, tx_type, eob);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dequantized_levels_are_masked_divided_and_clipped() {
        assert_eq!(dequantize(-3, 7, 0), -21);
        assert_eq!(dequantize(-3, 7, 1), -10);
        assert_eq!(dequantize(3, 7, 2), 5);
        assert_eq!(dequantize(20_000, 4, 0), i16::MAX);
        assert_eq!(dequantize(-20_000, 4, 0), i16::MIN);
        // 24 bits remain of the product.
        assert_eq!(dequantize(0xF_FFFF, 17, 0), 0x7FFF);
        assert_eq!(dequantize(0x8_0001, 32, 0), 32);
        assert_eq!(dequantize(-0x8_0001, 32, 2), -8);
    }

    #[test]
    fn the_first_coefficient_has_its_own_step() {
        let levels = [2; 1024];
        for &tx_size in TxSize::ALL {
            let count = coefficient_count(tx_size);
            let mut dequantized = [99; 1024];
            dequantize_block(&levels, 40, 60, tx_size, &mut dequantized);
            let denominator = 1 << dq_denom_log2(tx_size);
            assert_eq!(dequantized[0], 80 / denominator);
            assert!(dequantized[1..count].iter().all(|&d| d == 120 / denominator));
            assert!(dequantized[count..].iter().all(|&d| d == 99));
        }
    }

    #[test]
    fn only_coded_blocks_change_samples() {
        let mut dequantized = [0; 16];
        dequantized[0] = 64;
        for (lossless, eob, expected) in [(false, 0, 100), (false, 1, 102), (true, 1, 104)] {
            let mut dst = [100; 16];
            let (tx_size, tx_type) = (TxSize::T4x4, TxType::DctDct);
            reconstruct(&mut dst, 4, &dequantized, tx_size, tx_type, lossless, eob);
            assert_eq!(dst[0], expected);
        }
    }
}
