//! Vectors in NEON registers.

use std::arch::aarch64::{
    int16x8_t, int32x4_t, uint8x8_t, uint8x16_t, uint32x4_t, vabal_high_u8, vabal_u8, vabd_u8,
    vabdq_u8, vabsq_s16, vaddvq_u32, vcombine_s16, vcombine_u8, vcreate_s16, vcreate_u8,
    vdup_n_s16, vdupq_n_s16, vdupq_n_s32, vdupq_n_u16, vdupq_n_u32, vget_lane_u32, vget_lane_u64,
    vget_low_s16, vget_low_u8, vmaxq_u16, vmaxvq_u16, vmaxvq_u32, vmlal_high_n_s16, vmlal_n_s16,
    vmlsl_high_n_s16, vmlsl_n_s16, vmovl_u8, vmull_high_n_s16, vmull_high_u8, vmull_n_s16,
    vmull_u8, vorrq_s16, vpadalq_u16, vqaddq_s16, vqmovn_high_s32, vqmovn_s32, vqmovun_s16,
    vqnegq_s16, vqrdmulhq_n_s16, vqrshrn_high_n_s32, vqrshrn_n_s32, vqsubq_s16,
    vreinterpret_u32_u8, vreinterpret_u64_u8, vreinterpretq_s16_s64, vreinterpretq_s16_u16,
    vreinterpretq_s32_s16, vreinterpretq_s64_s32, vreinterpretq_u16_s16, vreinterpretq_u32_s16,
    vrhadd_u8, vrhaddq_u8, vrshlq_s16, vrshlq_s32, vrshrq_n_s32, vshlq_s16, vsubl_u8, vtrn1q_s16,
    vtrn1q_s32, vtrn2q_s16, vtrn2q_s32, vzip1q_s64, vzip1q_u8, vzip2q_s64, vzip2q_u8,
};

use super::{Bytes, FACTOR_BITS, Int16Fractions, Int16Lanes, Int16Vector, Sums};
use crate::kernels::isa::{load_i16x8, load_u8x16, neon, store_i16x8, store_u8x16};

/// Eight bytes from memory.
#[inline(always)]
pub(crate) fn load_8(samples: &[u8; 8]) -> uint8x8_t {
    neon! { vcreate_u8(u64::from_le_bytes(*samples)) }
}

/// Four bytes from memory, then 0.
#[inline(always)]
pub(crate) fn load_4(samples: &[u8; 4]) -> uint8x8_t {
    neon! { vcreate_u8(u32::from_le_bytes(*samples).into()) }
}

/// Eight bytes to memory.
#[inline(always)]
pub(crate) fn store_8(v: uint8x8_t) -> [u8; 8] {
    neon! { vget_lane_u64::<0>(vreinterpret_u64_u8(v)).to_le_bytes() }
}

/// The first four bytes to memory.
#[inline(always)]
pub(crate) fn store_4(v: uint8x8_t) -> [u8; 4] {
    neon! { vget_lane_u32::<0>(vreinterpret_u32_u8(v)).to_le_bytes() }
}

/// Eight 16-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I16x8(int16x8_t);

const SHIFT: i32 = FACTOR_BITS as i32;

/// Four and four sums, rounded by the factors' fraction bits and saturated.
#[inline(always)]
fn round_factor_bits(low: int32x4_t, high: int32x4_t) -> I16x8 {
    neon! { I16x8(vqrshrn_high_n_s32::<SHIFT>(vqrshrn_n_s32::<SHIFT>(low), high)) }
}

impl Int16Lanes for I16x8 {
    const UNROLLED: bool = true;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        neon! { Self(vqaddq_s16(self.0, other.0)) }
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        neon! { Self(vqsubq_s16(self.0, other.0)) }
    }

    #[inline(always)]
    fn negate(self) -> Self {
        neon! { Self(vqnegq_s16(self.0)) }
    }

    #[inline(always)]
    fn rotate(self, other: Self, cos: i16, sin: i16) -> (Self, Self) {
        let (a, b) = (self.0, other.0);
        neon! {
            let (a_low, b_low) = (vget_low_s16(a), vget_low_s16(b));
            (
                round_factor_bits(
                    vmlsl_n_s16(vmull_n_s16(a_low, cos), b_low, sin),
                    vmlsl_high_n_s16(vmull_high_n_s16(a, cos), b, sin),
                ),
                round_factor_bits(
                    vmlal_n_s16(vmull_n_s16(a_low, sin), b_low, cos),
                    vmlal_high_n_s16(vmull_high_n_s16(a, sin), b, cos),
                ),
            )
        }
    }

    #[inline(always)]
    fn dot([first, rest @ ..]: [Self; 4], [factor, factors @ ..]: [i16; 4]) -> Self {
        neon! {
            let mut low = vmull_n_s16(vget_low_s16(first.0), factor);
            let mut high = vmull_high_n_s16(first.0, factor);
            for (value, factor) in rest.into_iter().zip(factors) {
                low = vmlal_n_s16(low, vget_low_s16(value.0), factor);
                high = vmlal_high_n_s16(high, value.0, factor);
            }
            round_factor_bits(low, high)
        }
    }

    #[inline(always)]
    fn scale(self, factor: i16, shift: u32) -> Self {
        neon! {
            // A shift to the left by less than nothing is one to the right, rounded.
            let count = vdupq_n_s32(-(shift as i32));
            let scaled = |product| vrshlq_s32(vrshrq_n_s32::<SHIFT>(product), count);
            let low = scaled(vmull_n_s16(vget_low_s16(self.0), factor));
            let high = scaled(vmull_high_n_s16(self.0, factor));
            Self(vqmovn_high_s32(vqmovn_s32(low), high))
        }
    }

    #[inline(always)]
    fn product(self, factor: i16) -> Self {
        // With 15 bits of fraction.
        self.fraction(factor * 8)
    }

    #[inline(always)]
    fn round_shift(self, shift: u32) -> Self {
        neon! { Self(vrshlq_s16(self.0, vdupq_n_s16(-(shift as i16)))) }
    }
}

impl Int16Fractions for I16x8 {
    #[inline(always)]
    fn shift_left(self, shift: u32) -> Self {
        neon! { Self(vshlq_s16(self.0, vdupq_n_s16(shift as i16))) }
    }

    #[inline(always)]
    fn fraction(self, factor: i16) -> Self {
        neon! { Self(vqrdmulhq_n_s16(self.0, factor)) }
    }
}

impl Int16Vector for I16x8 {
    #[inline(always)]
    fn zero() -> Self {
        neon! { Self(vdupq_n_s16(0)) }
    }

    #[inline(always)]
    fn load(lanes: &[i16; 8]) -> Self {
        Self(load_i16x8(lanes))
    }

    #[inline(always)]
    fn load_half(lanes: &[i16; 4]) -> Self {
        let [a, b, c, d] = lanes.map(|lane| u64::from(lane as u16));
        let bits = a | (b << 16) | (c << 32) | (d << 48);
        neon! { Self(vcombine_s16(vcreate_s16(bits), vdup_n_s16(0))) }
    }

    #[inline(always)]
    fn to_array(self) -> [i16; 8] {
        store_i16x8(self.0)
    }

    #[inline(always)]
    fn transpose(block: [Self; 8]) -> [Self; 8] {
        transpose(block.map(|v| v.0)).map(Self)
    }

    #[inline(always)]
    fn all_zero(vectors: &[Self]) -> bool {
        neon! {
            let any = vectors.iter().fold(vdupq_n_s16(0), |any, v| vorrq_s16(any, v.0));
            vmaxvq_u32(vreinterpretq_u32_s16(any)) == 0
        }
    }

    #[inline(always)]
    fn any_beyond(vectors: &[Self], limit: i16) -> bool {
        neon! {
            let magnitude = |v: &Self| vreinterpretq_u16_s16(vabsq_s16(v.0));
            let most = vectors.iter().fold(vdupq_n_u16(0), |most, v| vmaxq_u16(most, magnitude(v)));
            vmaxvq_u16(most) > limit as u16
        }
    }

    #[inline(always)]
    fn difference(a: &[u8; 8], b: &[u8; 8]) -> Self {
        neon! { Self(vreinterpretq_s16_u16(vsubl_u8(load_8(a), load_8(b)))) }
    }

    #[inline(always)]
    fn half_difference(a: &[u8; 4], b: &[u8; 4]) -> Self {
        neon! { Self(vreinterpretq_s16_u16(vsubl_u8(load_4(a), load_4(b)))) }
    }

    #[inline(always)]
    fn sum_of_magnitudes(vectors: &[Self]) -> u32 {
        neon! {
            vaddvq_u32(vectors.iter().fold(vdupq_n_u32(0), |sum, v| {
                vpadalq_u16(sum, vreinterpretq_u16_s16(vabsq_s16(v.0)))
            }))
        }
    }

    #[inline(always)]
    fn add_to(self, samples: &mut [u8; 8]) {
        *samples = store_8(add_clipped(load_8(samples), self));
    }

    #[inline(always)]
    fn add_half_to(self, samples: &mut [u8; 4]) {
        *samples = store_4(add_clipped(load_4(samples), self));
    }
}

#[inline(always)]
fn add_clipped(samples: uint8x8_t, residual: I16x8) -> uint8x8_t {
    neon! { vqmovun_s16(vqaddq_s16(vreinterpretq_s16_u16(vmovl_u8(samples)), residual.0)) }
}

/// Three rounds, in each of which pairs of vectors exchange halves of pairs of lanes, twice as wide from round to round.
#[inline(always)]
fn transpose([a, b, c, d, e, f, g, h]: [int16x8_t; 8]) -> [int16x8_t; 8] {
    neon! {
        let two = |a, b| {
            [vreinterpretq_s32_s16(vtrn1q_s16(a, b)), vreinterpretq_s32_s16(vtrn2q_s16(a, b))]
        };
        let four = |[a, b]: [_; 2], [c, d]: [_; 2]| {
            [vtrn1q_s32(a, c), vtrn1q_s32(b, d), vtrn2q_s32(a, c), vtrn2q_s32(b, d)]
                .map(|v| vreinterpretq_s64_s32(v))
        };
        let (upper, lower) = (four(two(a, b), two(c, d)), four(two(e, f), two(g, h)));
        let row = |v| vreinterpretq_s16_s64(v);
        let first = |i: usize| row(vzip1q_s64(upper[i], lower[i]));
        let second = |i: usize| row(vzip2q_s64(upper[i], lower[i]));
        [first(0), first(1), first(2), first(3), second(0), second(1), second(2), second(3)]
    }
}

/// Four sums over samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartialSums(uint32x4_t);

impl Sums for PartialSums {
    #[inline(always)]
    fn zero() -> Self {
        neon! { Self(vdupq_n_u32(0)) }
    }

    #[inline(always)]
    fn add_magnitudes<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self {
        let ((a_16, a_rest), (b_16, b_rest)) = (a.as_chunks(), b.as_chunks());
        neon! {
            // 16 bits hold the sums of a row.
            let mut row = vdupq_n_u16(0);
            for (a, b) in a_16.iter().zip(b_16) {
                let (a, b) = (load_u8x16(a), load_u8x16(b));
                row = vabal_high_u8(vabal_u8(row, vget_low_u8(a), vget_low_u8(b)), a, b);
            }
            if let Some([a, b]) = rest(a_rest, b_rest) {
                row = vabal_u8(row, a, b);
            }
            Self(vpadalq_u16(self.0, row))
        }
    }

    #[inline(always)]
    fn add_magnitudes_to_mean<const W: usize>(
        self,
        a: &[u8; W],
        [first, second]: [&[u8; W]; 2],
    ) -> Self {
        let mut mean = [0; W];
        let ((mean_16, mean_rest), (first_16, first_rest)) =
            (mean.as_chunks_mut(), first.as_chunks());
        let (second_16, second_rest) = second.as_chunks();
        neon! {
            for ((mean, first), second) in mean_16.iter_mut().zip(first_16).zip(second_16) {
                *mean = store_u8x16(vrhaddq_u8(load_u8x16(first), load_u8x16(second)));
            }
            if let Some([first, second]) = rest(first_rest, second_rest) {
                let count = mean_rest.len().min(8);
                mean_rest.copy_from_slice(&store_8(vrhadd_u8(first, second))[..count]);
            }
        }
        self.add_magnitudes(a, &mean)
    }

    #[inline(always)]
    fn add_squares<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self {
        let ((a_16, a_rest), (b_16, b_rest)) = (a.as_chunks(), b.as_chunks());
        neon! {
            let mut sums = self.0;
            for (a, b) in a_16.iter().zip(b_16) {
                let d = vabdq_u8(load_u8x16(a), load_u8x16(b));
                let low = vget_low_u8(d);
                sums = vpadalq_u16(vpadalq_u16(sums, vmull_u8(low, low)), vmull_high_u8(d, d));
            }
            if let Some([a, b]) = rest(a_rest, b_rest) {
                let d = vabd_u8(a, b);
                sums = vpadalq_u16(sums, vmull_u8(d, d));
            }
            Self(sums)
        }
    }

    #[inline(always)]
    fn total(self) -> u32 {
        neon! { vaddvq_u32(self.0) }
    }
}

/// What rows have beyond multiples of 16: eight or four samples, then 0.
#[inline(always)]
fn rest(a: &[u8], b: &[u8]) -> Option<[uint8x8_t; 2]> {
    if let (Some(a), Some(b)) = (a.first_chunk(), b.first_chunk()) {
        return Some([load_8(a), load_8(b)]);
    }
    Some([load_4(a.first_chunk()?), load_4(b.first_chunk()?)])
}

/// Sixteen bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct U8x16(uint8x16_t);

impl Bytes for U8x16 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        Self(load_u8x16(bytes))
    }

    #[inline(always)]
    fn load_halves(first: &[u8; 8], second: &[u8; 8]) -> Self {
        neon! { Self(vcombine_u8(load_8(first), load_8(second))) }
    }

    #[inline(always)]
    fn to_array(self) -> [u8; 16] {
        store_u8x16(self.0)
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        neon! { (Self(vzip1q_u8(self.0, other.0)), Self(vzip2q_u8(self.0, other.0))) }
    }
}
