//! 7.11.3.5 written as the standard writes it, sample by sample, to test the kernels against.

use super::tables::WARPED_FILTERS;

fn round2(x: i32, n: u32) -> i32 {
    (x + (1 << (n - 1))) >> n
}

/// The filtering of 7.11.3.5 of 8×8 samples from a reference whose positions `reference( row, col )` clamps, with the
/// variables named as there.
pub(super) fn block_warp(
    reference: impl Fn(i32, i32) -> u8,
    (x4, y4): (i32, i32),
    [alpha, beta, gamma, delta]: [i32; 4],
) -> Vec<Vec<i32>> {
    let (ix4, sx4) = (x4 >> 16, x4 & 0xFFFF);
    let (iy4, sy4) = (y4 >> 16, y4 & 0xFFFF);
    let mut intermediate = vec![vec![0; 8]; 15];
    for i1 in -7..8 {
        for i2 in -4..4 {
            let sx = sx4 + alpha * i2 + beta * i1;
            let offs = (round2(sx, 10) + 64) as usize;
            let mut s = 0;
            for i3 in 0..8 {
                s += i32::from(WARPED_FILTERS[offs][i3 as usize])
                    * i32::from(reference(iy4 + i1, ix4 + i2 - 3 + i3));
            }
            intermediate[(i1 + 7) as usize][(i2 + 4) as usize] = round2(s, 3);
        }
    }
    let mut pred = vec![vec![0; 8]; 8];
    for i1 in -4..4 {
        for i2 in -4..4 {
            let sy = sy4 + gamma * i2 + delta * i1;
            let offs = (round2(sy, 10) + 64) as usize;
            let mut s = 0;
            for i3 in 0..8 {
                s += i32::from(WARPED_FILTERS[offs][i3 as usize])
                    * intermediate[(i1 + i3 + 4) as usize][(i2 + 4) as usize];
            }
            pred[(i1 + 4) as usize][(i2 + 4) as usize] = round2(s, 11);
        }
    }
    pred
}
