//! The temporal noise filter on a block at a time.

use std::arch::aarch64::{
    vabsq_s16, vaddlvq_s16, vaddlvq_u16, vaddq_s16, vaddq_u16, vaddvq_s32, vbslq_s16, vcltzq_s16,
    vdupq_n_s16, vdupq_n_s32, vdupq_n_u16, vget_low_s16, vminq_u16, vmlal_high_s16, vmlal_s16,
    vmovl_u8, vnegq_s16, vqrdmulhq_s16, vqsubq_u16, vreinterpretq_s16_u16, vreinterpretq_u16_s16,
    vrshrn_n_u16, vrshrq_n_s16, vshlq_n_u16, vsubl_u8, vsubq_s16,
};

use super::{Blend, BlockDifference, DIFFERENCE_BITS, FRACTION_BITS, SIDE};
use crate::kernels::isa::{load_i16x8, neon, store_i16x8};
use crate::kernels::simd::neon::{load_8, store_8};
use crate::kernels::view::{Samples, SamplesMut, View, ViewMut};

const BITS: i32 = FRACTION_BITS as i32;
/// Bits that differences lose before they are summed.
const SHIFT: i32 = (FRACTION_BITS - DIFFERENCE_BITS) as i32;

pub(super) fn compare(samples: Samples<'_>, mean: View<'_, i16>, blocks: &mut [BlockDifference]) {
    for (index, block) in blocks.iter_mut().enumerate() {
        let x = SIDE * index;
        let (mut levels, mut sums) = neon! { (vdupq_n_u16(0), vdupq_n_s16(0)) };
        let [mut squares, mut gradients] = [neon! { vdupq_n_s32(0) }; 2];
        for y in 0..SIDE {
            let (source, mean) = (load_8(samples.row(x, y)), load_i16x8(mean.row(x, y)));
            let right = load_8(samples.row(x + 1, y));
            neon! {
                let slope = vreinterpretq_s16_u16(vsubl_u8(source, right));
                let low = vget_low_s16(slope);
                gradients = vmlal_high_s16(vmlal_s16(gradients, low, low), slope, slope);
                let source = vmovl_u8(source);
                let scaled = vreinterpretq_s16_u16(vshlq_n_u16::<BITS>(source));
                let difference = vrshrq_n_s16::<SHIFT>(vsubq_s16(scaled, mean));
                levels = vaddq_u16(levels, source);
                // Eight times 4080 at most.
                sums = vaddq_s16(sums, difference);
                let low = vget_low_s16(difference);
                squares = vmlal_high_s16(vmlal_s16(squares, low, low), difference, difference);
            }
        }
        *block = neon! {
            BlockDifference {
                samples: vaddlvq_u16(levels),
                sum: vaddlvq_s16(sums),
                squares: vaddvq_s32(squares) as u32,
                gradient: vaddvq_s32(gradients) as u32,
            }
        };
    }
}

pub(super) fn blend(mut samples: SamplesMut<'_>, mut mean: ViewMut<'_, i16>, blocks: &[Blend]) {
    for (index, &Blend { share, limit }) in blocks.iter().enumerate() {
        let x = SIDE * index;
        for y in 0..SIDE {
            let row = samples.row::<SIDE>(x, y);
            let mean = mean.row::<SIDE>(x, y);
            let (source, before) = (load_8(row), load_i16x8(mean));
            let (blended, rounded) = neon! {
                let source = vreinterpretq_s16_u16(vshlq_n_u16::<BITS>(vmovl_u8(source)));
                let difference = vsubq_s16(source, before);
                let size = vabsq_s16(difference);
                let wanted = vreinterpretq_u16_s16(vqrdmulhq_s16(size, vdupq_n_s16(share)));
                let most = vqsubq_u16(vdupq_n_u16(limit as u16), vreinterpretq_u16_s16(size));
                let taken = vreinterpretq_s16_u16(vminq_u16(wanted, most));
                let taken = vbslq_s16(vcltzq_s16(difference), vnegq_s16(taken), taken);
                let blended = vsubq_s16(source, taken);
                (blended, vrshrn_n_u16::<BITS>(vreinterpretq_u16_s16(blended)))
            };
            *mean = store_i16x8(blended);
            *row = store_8(rounded);
        }
    }
}
