//! Quantization in plain loops, which become vectors.

use super::{Levels, Step};
use crate::kernels::simd::{I16x8, Int16Vector};

/// Quantizes every coefficient, 16 or a multiple of them, by `step`; gives how many levels are not 0.
pub(super) fn quantize_by(
    step: Step,
    dq_denom_log2: u32,
    coefficients: &[i16],
    out: Levels<'_>,
) -> u32 {
    let mut coded = 0;
    let dead_zone = step.dead_zone();
    // Most runs of 16 have nothing beyond the dead zone.
    let coefficient_runs = coefficients.as_chunks::<16>().0;
    let level_runs = out.levels.as_chunks_mut::<16>().0;
    let dequantized_runs = out.dequantized.as_chunks_mut::<16>().0;
    for ((coefficients, levels), dequantized) in
        coefficient_runs.iter().zip(level_runs).zip(dequantized_runs)
    {
        let lanes = coefficients.as_chunks().0;
        if !I16x8::any_beyond(&[I16x8::load(&lanes[0]), I16x8::load(&lanes[1])], dead_zone) {
            (*levels, *dequantized) = ([0; 16], [0; 16]);
            continue;
        }
        for ((&coefficient, level), dequantized) in
            coefficients.iter().zip(levels.iter_mut()).zip(dequantized)
        {
            *level = step.level(coefficient);
            *dequantized = step.dequantize(*level, dq_denom_log2);
            coded += u32::from(*level != 0);
        }
    }
    coded
}

/// Sum of squares, each no more than that of `cap`.
#[inline(always)]
pub(super) fn capped_energy(coefficients: &[i16], cap: u16) -> u32 {
    let capped = |&coefficient: &i16| coefficient.unsigned_abs().min(cap) as i16;
    let square = |capped: i16| i32::from(capped) * i32::from(capped);
    coefficients.iter().map(|coefficient| square(capped(coefficient))).sum::<i32>() as u32
}
