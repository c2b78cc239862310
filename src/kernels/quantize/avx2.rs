//! Quantization in AVX2: the steps of [`Step`], sixteen coefficients at a time.

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_abs_epi16, _mm256_add_epi16, _mm256_adds_epu16,
    _mm256_cmpeq_epi16, _mm256_cmpgt_epi16, _mm256_min_epu16, _mm256_movemask_epi8,
    _mm256_mulhi_epu16, _mm256_mullo_epi16, _mm256_or_si256, _mm256_set1_epi16,
    _mm256_setzero_si256, _mm256_sll_epi16, _mm256_slli_epi16, _mm256_srai_epi16, _mm256_srl_epi16,
    _mm256_sub_epi16, _mm256_xor_si256,
};

use super::{Levels, Step, scalar};
use crate::kernels::isa::{load_i16x16, store_i16x16};

/// As [`scalar`](super::scalar) does.
#[target_feature(enable = "avx2")]
pub(super) fn quantize_by(
    step: Step,
    dq_denom_log2: u32,
    coefficients: &[i16],
    out: Levels<'_>,
) -> u32 {
    let mut coded = 0;
    let dead_zone = step.dead_zone();
    let (above, below) = (_mm256_set1_epi16(dead_zone), _mm256_set1_epi16(-dead_zone));
    let factor = _mm256_set1_epi16(step.step as i16);
    let rounding = _mm256_set1_epi16(step.rounding as i16);
    let reciprocal = _mm256_set1_epi16(step.reciprocal as i16);
    let shift = _mm_cvtsi32_si128(step.shift.max(0));
    let low_shift = _mm_cvtsi32_si128(dq_denom_log2 as i32);
    let high_shift = _mm_cvtsi32_si128(15 - dq_denom_log2 as i32);
    let largest = _mm256_set1_epi16(i16::MAX);

    let level_runs = out.levels.as_chunks_mut::<16>().0;
    let dequantized_runs = out.dequantized.as_chunks_mut::<16>().0;
    for ((coefficients, levels), dequantized) in
        coefficients.as_chunks::<16>().0.iter().zip(level_runs).zip(dequantized_runs)
    {
        let values = load_i16x16(coefficients);
        let beyond =
            _mm256_or_si256(_mm256_cmpgt_epi16(values, above), _mm256_cmpgt_epi16(below, values));
        if _mm256_movemask_epi8(beyond) == 0 {
            (*levels, *dequantized) = ([0; 16], [0; 16]);
            continue;
        }
        let rounded = _mm256_add_epi16(_mm256_abs_epi16(values), rounding);
        let doubled = if step.shift < 0 { _mm256_adds_epu16(rounded, rounded) } else { rounded };
        let magnitude = _mm256_srl_epi16(_mm256_mulhi_epu16(doubled, reciprocal), shift);
        let level = with_sign(magnitude, values);
        *levels = store_i16x16(level);
        let zeros = _mm256_cmpeq_epi16(level, _mm256_setzero_si256());
        // Two bits for each.
        coded += (_mm256_movemask_epi8(zeros) as u32).count_zeros() / 2;

        let magnitude = _mm256_abs_epi16(level);
        let low = _mm256_srl_epi16(_mm256_mullo_epi16(magnitude, factor), low_shift);
        // Two shifts, for there is none by 16.
        let high = _mm256_slli_epi16::<1>(_mm256_mulhi_epu16(magnitude, factor));
        let product = _mm256_or_si256(low, _mm256_sll_epi16(high, high_shift));
        let limit = _mm256_sub_epi16(largest, _mm256_srai_epi16::<15>(level));
        *dequantized = store_i16x16(with_sign(_mm256_min_epu16(product, limit), level));
    }
    coded
}

/// Magnitudes, at most 32768, negated where `of` is negative.
#[target_feature(enable = "avx2")]
#[inline]
fn with_sign(magnitude: __m256i, of: __m256i) -> __m256i {
    let sign = _mm256_srai_epi16::<15>(of);
    _mm256_sub_epi16(_mm256_xor_si256(magnitude, sign), sign)
}

/// As [`scalar`](super::scalar) does, which the compiler makes vectors of.
#[target_feature(enable = "avx2")]
pub(super) fn capped_energy(coefficients: &[i16], cap: u16) -> u32 {
    scalar::capped_energy(coefficients, cap)
}
