//! 7.11.3.10 written as the standard writes it, to test the kernels against.

use super::tables::{OBMC_MASK_2, OBMC_MASK_4, OBMC_MASK_8, OBMC_MASK_16, OBMC_MASK_32};

fn get_obmc_mask(length: usize) -> &'static [u8] {
    match length {
        2 => &OBMC_MASK_2,
        4 => &OBMC_MASK_4,
        8 => &OBMC_MASK_8,
        16 => &OBMC_MASK_16,
        _ => &OBMC_MASK_32,
    }
}

/// The sample of `CurrFrame` at row `i` and column `j` of a region of `pred_w` × `pred_h`, blended.
pub(super) fn blended(
    pass: usize,
    (pred_w, pred_h): (usize, usize),
    (i, j): (usize, usize),
    curr: u8,
    obmc_pred: u8,
) -> u8 {
    let mask = get_obmc_mask(if pass == 0 { pred_h } else { pred_w });
    let m = u32::from(if pass == 0 { mask[i] } else { mask[j] });
    ((m * u32::from(curr) + (64 - m) * u32::from(obmc_pred) + (1 << 5)) >> 6) as u8
}
