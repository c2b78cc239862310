//! Quantization in NEON: the steps of [`Step`], eight coefficients at a time.

use std::arch::aarch64::{
    int16x8_t, uint16x8_t, vabsq_s16, vaddq_u16, vdupq_n_s16, vdupq_n_s32, vdupq_n_u16, veorq_s16,
    vget_low_u16, vmaxq_u16, vmaxvq_u16, vminq_u16, vmull_high_n_u16, vmull_n_u16, vqaddq_u16,
    vqmovn_high_u32, vqmovn_u32, vreinterpretq_s16_u16, vreinterpretq_u16_s16, vshlq_u16,
    vshlq_u32, vshrn_high_n_u32, vshrn_n_u32, vshrq_n_s16, vsubq_s16, vsubq_u16,
};

pub(super) use super::scalar::capped_energy;
use super::{Levels, Step};
use crate::kernels::isa::{load_i16x8, neon, store_i16x8};

/// As [`scalar`](super::scalar) does.
pub(super) fn quantize_by(
    step: Step,
    dq_denom_log2: u32,
    coefficients: &[i16],
    out: Levels<'_>,
) -> u32 {
    let mut coded = 0;
    let dead_zone = step.dead_zone() as u16;
    let runs = coefficients.as_chunks::<16>().0.iter();
    let level_runs = out.levels.as_chunks_mut::<16>().0;
    let dequantized_runs = out.dequantized.as_chunks_mut::<16>().0;
    for ((coefficients, levels), dequantized) in runs.zip(level_runs).zip(dequantized_runs) {
        let [first, second] = [0, 1].map(|half| load_i16x8(&coefficients.as_chunks().0[half]));
        let most = neon! { vmaxvq_u16(vmaxq_u16(magnitude(first), magnitude(second))) };
        if most <= dead_zone {
            (*levels, *dequantized) = ([0; 16], [0; 16]);
            continue;
        }
        let level_halves = levels.as_chunks_mut().0.iter_mut();
        let dequantized_halves = dequantized.as_chunks_mut().0;
        for ((values, level), dequantized) in
            [first, second].into_iter().zip(level_halves).zip(dequantized_halves)
        {
            let (quotients, products) = divide_and_multiply(step, dq_denom_log2, values);
            *level = store_i16x8(quotients);
            *dequantized = store_i16x8(products);
            coded += level.iter().map(|&level| u32::from(level != 0)).sum::<u32>();
        }
    }
    coded
}

#[inline(always)]
fn magnitude(values: int16x8_t) -> uint16x8_t {
    neon! { vreinterpretq_u16_s16(vabsq_s16(values)) }
}

/// Levels, and what they are dequantized to.
#[inline(always)]
fn divide_and_multiply(
    step: Step,
    dq_denom_log2: u32,
    values: int16x8_t,
) -> (int16x8_t, int16x8_t) {
    neon! {
        let rounded = vaddq_u16(magnitude(values), vdupq_n_u16(step.rounding));
        let doubled = if step.shift < 0 { vqaddq_u16(rounded, rounded) } else { rounded };
        let product = (
            vmull_n_u16(vget_low_u16(doubled), step.reciprocal),
            vmull_high_n_u16(doubled, step.reciprocal),
        );
        let quotient = vshrn_high_n_u32::<16>(vshrn_n_u32::<16>(product.0), product.1);
        // A shift to the left by less than nothing is one to the right.
        let quotient = vshlq_u16(quotient, vdupq_n_s16(-step.shift.max(0) as i16));
        let level = with_sign(quotient, values);

        let count = vdupq_n_s32(-(dq_denom_log2 as i32));
        let product = (
            vshlq_u32(vmull_n_u16(vget_low_u16(quotient), step.step), count),
            vshlq_u32(vmull_high_n_u16(quotient, step.step), count),
        );
        let product = vqmovn_high_u32(vqmovn_u32(product.0), product.1);
        let negative = vreinterpretq_u16_s16(vshrq_n_s16::<15>(level));
        let limit = vsubq_u16(vdupq_n_u16(i16::MAX as u16), negative);
        (level, with_sign(vminq_u16(product, limit), level))
    }
}

/// Magnitudes, at most 32768, negated where `of` is negative.
#[inline(always)]
fn with_sign(magnitude: uint16x8_t, of: int16x8_t) -> int16x8_t {
    neon! {
        let sign = vshrq_n_s16::<15>(of);
        vsubq_s16(veorq_s16(vreinterpretq_s16_u16(magnitude), sign), sign)
    }
}
