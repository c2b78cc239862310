//! 7.12.3, step 1, coefficient by coefficient: what the levels' steps are compared with.

use crate::kernels::transform::{TxSize, coefficient_count};

/// 7.12.3 steps 1c to 1f: `Dequant` of one `level` (`Quant`, 20 bits and sign) at `step`.
pub(crate) fn dequantize(level: i32, step: u16, dq_denom_log2: u32) -> i16 {
    let product = u64::from(level.unsigned_abs()) * u64::from(step);
    let magnitude = (product & 0xFF_FFFF) as i32 >> dq_denom_log2;
    let value = if level < 0 { -magnitude } else { magnitude };
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// 7.12.3 step 1: `levels` (`Quant`) into `dequantized` (`Dequant`), every entry of the block written.
///
/// `dc_step` and `ac_step` are those of `get_dc_quant` and `get_ac_quant` (7.12.2).
pub(super) fn dequantize_block(
    levels: &[i16],
    dc_step: u16,
    ac_step: u16,
    tx_size: TxSize,
    dequantized: &mut [i16],
) {
    let dq_denom_log2 = tx_size.dq_denom_log2();
    let count = coefficient_count(tx_size);
    for (dequantized, &level) in dequantized[..count].iter_mut().zip(&levels[..count]) {
        *dequantized = dequantize(level.into(), ac_step, dq_denom_log2);
    }
    dequantized[0] = dequantize(levels[0].into(), dc_step, dq_denom_log2);
}

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
        let denominator = 1 << tx_size.dq_denom_log2();
        assert_eq!(dequantized[0], 80 / denominator);
        assert!(dequantized[1..count].iter().all(|&d| d == 120 / denominator));
        assert!(dequantized[count..].iter().all(|&d| d == 99));
    }
}
