//! Means of eight times 4×4 samples at a time.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_extract_epi32, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_shuffle_epi8, _mm256_srli_epi32,
};

use super::scalar;
use crate::kernels::simd::avx2::load;

#[target_feature(enable = "avx2")]
pub(super) fn quarter_row(out: &mut [u8], rows: [&[u8]; 4]) {
    let (eights, rest) = out.as_chunks_mut::<8>();
    let done = eights.len();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<32>().0);
    for ((((out, a), b), c), d) in eights.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let sum = _mm256_add_epi16(
            _mm256_add_epi16(pairs(a), pairs(b)),
            _mm256_add_epi16(pairs(c), pairs(d)),
        );
        let sum = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
        let mean = _mm256_srli_epi32::<4>(_mm256_add_epi32(sum, _mm256_set1_epi32(8)));
        // The lowest byte of each number, to the start of each half.
        let bytes = _mm256_shuffle_epi8(mean, _mm256_set1_epi32(0x0C08_0400));
        let [low, high] = [_mm256_extract_epi32::<0>(bytes), _mm256_extract_epi32::<4>(bytes)];
        out[..4].copy_from_slice(&low.to_le_bytes());
        out[4..].copy_from_slice(&high.to_le_bytes());
    }
    scalar::quarter_row(rest, rows.map(|row| &row[32 * done..]));
}

/// Sums of two neighbours.
#[target_feature(enable = "avx2")]
#[inline]
fn pairs(samples: &[u8; 32]) -> __m256i {
    _mm256_maddubs_epi16(load(samples), _mm256_set1_epi8(1))
}
