//! The filters in NEON, a row of eight samples at a time.
//!
//! Along rows each sample's eight taps are multiplied by its eight samples. Along columns eight samples' taps are
//! transposed, to be multiplied by rows.

use std::arch::aarch64::{
    int16x8_t, int32x4_t, vcombine_s16, vdupq_n_s32, vget_low_s16, vmlal_high_s16, vmlal_s16,
    vmovl_s8, vmovl_u8, vmull_s16, vpaddq_s32, vqmovun_s16, vreinterpret_s8_u8,
    vreinterpretq_s16_s64, vreinterpretq_s16_u16, vreinterpretq_s32_s16, vreinterpretq_s64_s32,
    vrshrn_n_s32, vtrn1q_s16, vtrn1q_s32, vtrn1q_s64, vtrn2q_s16, vtrn2q_s32, vtrn2q_s64,
};

use super::{ROWS, SIDE, Warp, taps};
use crate::kernels::isa::{load_i16x8, neon, store_i16x8};
use crate::kernels::simd::neon::{load_8, store_8};
use crate::kernels::view::{Samples, SamplesMut};

/// The taps at a position as 16-bit numbers.
#[inline(always)]
fn wide_taps(position: i32) -> int16x8_t {
    let taps = taps(position).map(|tap| tap as u8);
    neon! { vmovl_s8(vreinterpret_s8_u8(load_8(&taps))) }
}

/// The first pass over a row.
#[inline(always)]
fn along_row(samples: &[u8; 16], start: i32, step: i32) -> [i16; SIDE] {
    let sums: [int32x4_t; SIDE] = std::array::from_fn(|x| {
        let eight = samples[x..].first_chunk().expect("eight samples");
        neon! {
            let samples = vreinterpretq_s16_u16(vmovl_u8(load_8(eight)));
            let taps = wide_taps(start + x as i32 * step);
            let products = vmull_s16(vget_low_s16(samples), vget_low_s16(taps));
            vmlal_high_s16(products, samples, taps)
        }
    });
    let [a, b, c, d, e, f, g, h] = sums;
    store_i16x8(neon! {
        let low = vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
        let high = vpaddq_s32(vpaddq_s32(e, f), vpaddq_s32(g, h));
        vcombine_s16(vrshrn_n_s32::<3>(low), vrshrn_n_s32::<3>(high))
    })
}

/// Taps of eight neighbouring positions `step` apart, tap by tap.
#[inline(always)]
fn transposed_taps(start: i32, step: i32) -> [int16x8_t; 8] {
    let rows: [int16x8_t; 8] = std::array::from_fn(|x| wide_taps(start + x as i32 * step));
    let words = |a: int16x8_t, b: int16x8_t| {
        neon! { [vreinterpretq_s32_s16(vtrn1q_s16(a, b)), vreinterpretq_s32_s16(vtrn2q_s16(a, b))] }
    };
    let [a, b] = words(rows[0], rows[1]);
    let [c, d] = words(rows[2], rows[3]);
    let [e, f] = words(rows[4], rows[5]);
    let [g, h] = words(rows[6], rows[7]);
    let quarter = |a, c, e, g| {
        neon! {
            let (top, bottom) = (vtrn1q_s32(a, c), vtrn1q_s32(e, g));
            let (top_last, bottom_last) = (vtrn2q_s32(a, c), vtrn2q_s32(e, g));
            let long = |v| vreinterpretq_s64_s32(v);
            [
                vreinterpretq_s16_s64(vtrn1q_s64(long(top), long(bottom))),
                vreinterpretq_s16_s64(vtrn1q_s64(long(top_last), long(bottom_last))),
                vreinterpretq_s16_s64(vtrn2q_s64(long(top), long(bottom))),
                vreinterpretq_s16_s64(vtrn2q_s64(long(top_last), long(bottom_last))),
            ]
        }
    };
    let [t0, t2, t4, t6] = quarter(a, c, e, g);
    let [t1, t3, t5, t7] = quarter(b, d, f, h);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

pub(super) fn put(mut dst: SamplesMut<'_>, src: Samples<'_>, warp: Warp) {
    let shear = warp.shear;
    let mut middle = [[0; SIDE]; ROWS];
    for (y, out) in middle.iter_mut().enumerate() {
        let start = warp.x - 4 * shear.alpha + (y as i32 - 7) * shear.beta;
        *out = along_row(src.row(0, y), start, shear.alpha);
    }
    for y in 0..SIDE {
        let start = warp.y - 4 * shear.gamma + (y as i32 - 4) * shear.delta;
        let taps = transposed_taps(start, shear.gamma);
        let (mut low, mut high) = neon! { (vdupq_n_s32(0), vdupq_n_s32(0)) };
        for (row, taps) in middle[y..].iter().zip(taps) {
            let row = load_i16x8(row);
            (low, high) = neon! {
                (vmlal_s16(low, vget_low_s16(row), vget_low_s16(taps)), vmlal_high_s16(high, row, taps))
            };
        }
        *dst.row::<SIDE>(0, y) = store_8(neon! {
            vqmovun_s16(vcombine_s16(vrshrn_n_s32::<11>(low), vrshrn_n_s32::<11>(high)))
        });
    }
}
