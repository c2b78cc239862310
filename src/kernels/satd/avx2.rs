//! SATD of two 8×8 blocks at a time, one in each half of the registers; one alone is the scalar version's.

use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm_unpackhi_epi64,
    _mm256_abs_epi16, _mm256_add_epi16, _mm256_castsi256_si128, _mm256_extracti128_si256,
    _mm256_madd_epi16, _mm256_max_epi16, _mm256_permute2x128_si256, _mm256_set1_epi16,
    _mm256_setzero_si256, _mm256_sub_epi16,
};

use super::scalar;
use crate::kernels::simd::avx2::{load_wide, transpose_halves};
use crate::kernels::view::Samples;

#[target_feature(enable = "avx2")]
pub(super) fn satd(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    if !(width | height).is_multiple_of(8) || (width, height) == (8, 8) {
        return scalar::satd(src, pred, (width, height));
    }
    let mut sum = 0;
    for x in (0..width & !15).step_by(16) {
        for y in (0..height).step_by(8) {
            let mut block = [_mm256_setzero_si256(); 8];
            for (i, row) in block.iter_mut().enumerate() {
                *row = difference::<16>(src, pred, x, y + i);
            }
            sum += hadamard(block);
        }
    }
    if width & 8 != 0 {
        let x = width - 8;
        for y in (0..height).step_by(16) {
            let mut block = [_mm256_setzero_si256(); 8];
            for (i, row) in block.iter_mut().enumerate() {
                *row = difference::<8>(src, pred, x, y + i);
                if y + 8 < height {
                    let lower = difference::<8>(src, pred, x, y + 8 + i);
                    *row = _mm256_permute2x128_si256::<0x20>(*row, lower);
                }
            }
            sum += hadamard(block);
        }
    }
    sum
}

/// `src - pred` of 16 or 8 samples of a row.
#[target_feature(enable = "avx2")]
#[inline]
fn difference<const W: usize>(src: Samples<'_>, pred: Samples<'_>, x: usize, y: usize) -> __m256i {
    _mm256_sub_epi16(load_wide::<W>(src.row(x, y)), load_wide::<W>(pred.row(x, y)))
}

/// The sums of both blocks, each rounded for itself: twice the orthonormal one, for a 2D Hadamard transform of 8 has a
/// gain of 8.
#[target_feature(enable = "avx2")]
#[inline]
fn hadamard(mut t: [__m256i; 8]) -> u32 {
    for distance in [1, 2, 4] {
        t = butterflies(t, distance);
    }
    t = transpose_halves(t);
    for distance in [1, 2] {
        t = butterflies(t, distance);
    }
    // |a + b| + |a - b| is twice the greater magnitude: the last step needs no sums. No magnitude is above 32 · 255, so
    // four of them fit.
    let greater = |i: usize| _mm256_max_epi16(_mm256_abs_epi16(t[i]), _mm256_abs_epi16(t[i + 4]));
    let sum = _mm256_add_epi16(
        _mm256_add_epi16(greater(0), greater(1)),
        _mm256_add_epi16(greater(2), greater(3)),
    );
    let sum = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
    let total = |half| {
        let pairs = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
        2 * _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<1>(pairs))) as u32
    };
    let (first, second) = (_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    ((total(first) + 2) >> 2) + ((total(second) + 2) >> 2)
}

/// One step of the Hadamard transform.
#[target_feature(enable = "avx2")]
#[inline]
fn butterflies(mut t: [__m256i; 8], distance: usize) -> [__m256i; 8] {
    for i in 0..8 {
        if i & distance == 0 {
            let (a, b) = (t[i], t[i + distance]);
            (t[i], t[i + distance]) = (_mm256_add_epi16(a, b), _mm256_sub_epi16(a, b));
        }
    }
    t
}
