//! 7.11.3.4 written as the standard writes it, sample by sample, to test the kernels against.

use crate::kernels::convolve::tables::SUBPEL_FILTERS;

fn round2(x: i32, n: u32) -> i32 {
    (x + (1 << (n - 1))) >> n
}

/// 7.11.3.4 Block inter prediction process for a block at (`x`, `y`) in 1/1024 sample with steps
/// of one sample; `interp_filter` are first indices of `Subpel_Filters`, vertical and horizontal,
/// after the choice by size, and `reference( row, col )` clamps its position.
pub(crate) fn block_inter_prediction(
    reference: impl Fn(i32, i32) -> u8,
    (x, y): (i32, i32),
    (w, h): (usize, usize),
    interp_filter: [usize; 2],
    inter_round1: u32,
) -> Vec<Vec<i32>> {
    const STEP: i32 = 1 << 10;
    let intermediate_height = ((((h as i32 - 1) * STEP + (1 << 10) - 1) >> 10) + 8) as usize;
    let mut intermediate = vec![vec![0; w]; intermediate_height];
    for (r, row) in intermediate.iter_mut().enumerate() {
        for (c, out) in row.iter_mut().enumerate() {
            let p = x + STEP * c as i32;
            let mut s = 0;
            for t in 0..8 {
                s +=
                    i32::from(SUBPEL_FILTERS[interp_filter[1]][(p >> 6 & 15) as usize][t as usize])
                        * i32::from(reference((y >> 10) + r as i32 - 3, (p >> 10) + t - 3));
            }
            *out = round2(s, 3);
        }
    }
    let mut pred = vec![vec![0; w]; h];
    for (r, row) in pred.iter_mut().enumerate() {
        for (c, out) in row.iter_mut().enumerate() {
            let p = (y & 1023) + STEP * r as i32;
            let mut s = 0;
            for t in 0..8 {
                s += i32::from(SUBPEL_FILTERS[interp_filter[0]][(p >> 6 & 15) as usize][t])
                    * intermediate[(p >> 10) as usize + t][c];
            }
            *out = round2(s, inter_round1);
        }
    }
    pred
}
