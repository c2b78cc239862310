//! The filters in plain loops.

use super::{ROWS, SIDE, Warp, taps};
use crate::kernels::view::{Samples, SamplesMut};

pub(super) fn put(dst: SamplesMut<'_>, src: Samples<'_>, warp: Warp) {
    let shear = warp.shear;
    let mut middle = [[0_i32; SIDE]; ROWS];
    for (y, out) in middle.iter_mut().enumerate() {
        let samples = src.row::<16>(0, y);
        let start = warp.x - 4 * shear.alpha + (y as i32 - 7) * shear.beta;
        for (x, out) in out.iter_mut().enumerate() {
            let taps = taps(start + x as i32 * shear.alpha);
            let products = taps.iter().zip(&samples[x..]);
            let sum: i32 = products.map(|(&tap, &s)| i32::from(tap) * i32::from(s)).sum();
            *out = (sum + 4) >> 3;
        }
    }
    for (y, out) in dst.heads::<SIDE>(SIDE).enumerate() {
        let start = warp.y - 4 * shear.gamma + (y as i32 - 4) * shear.delta;
        for (x, out) in out.iter_mut().enumerate() {
            let taps = taps(start + x as i32 * shear.gamma);
            let products = taps.iter().zip(&middle[y..]);
            let sum: i32 = products.map(|(&tap, row)| i32::from(tap) * row[x]).sum();
            *out = ((sum + (1 << 10)) >> 11).clamp(0, 255) as u8;
        }
    }
}
