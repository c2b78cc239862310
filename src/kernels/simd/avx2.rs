//! Loads, stores and sums in AVX2 registers, without a pointer: the compiler turns each into one move.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_set_epi64x,
    _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm256_castsi256_si128, _mm256_cvtepu8_epi16,
    _mm256_extract_epi64, _mm256_extracti128_si256, _mm256_setr_epi64x, _mm256_unpackhi_epi16,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64, _mm256_zextsi128_si256,
};

/// Eight bytes as a number.
#[inline(always)]
fn eight(bytes: &[u8], index: usize) -> i64 {
    i64::from_le_bytes(bytes.as_chunks().0[index])
}

/// 16, 8 or 4 samples, then 0.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn load_half<const W: usize>(samples: &[u8; W]) -> __m128i {
    match W {
        16 => _mm_set_epi64x(eight(samples, 1), eight(samples, 0)),
        8 => _mm_set_epi64x(0, eight(samples, 0)),
        _ => _mm_cvtsi32_si128(i32::from_le_bytes(samples.as_chunks().0[0])),
    }
}

/// 32, 16, 8 or 4 samples, then 0.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn load<const W: usize>(samples: &[u8; W]) -> __m256i {
    if W == 32 {
        let quarter = |i| eight(samples, i);
        return _mm256_setr_epi64x(quarter(0), quarter(1), quarter(2), quarter(3));
    }
    _mm256_zextsi128_si256(load_half(samples))
}

/// 16, 8 or 4 samples as 16-bit integers, then 0.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn load_wide<const W: usize>(samples: &[u8; W]) -> __m256i {
    _mm256_cvtepu8_epi16(load_half(samples))
}

/// Sixteen 16-bit integers to memory.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn store_wide(to: &mut [i16; 16], v: __m256i) {
    let quarters = [
        _mm256_extract_epi64::<0>(v),
        _mm256_extract_epi64::<1>(v),
        _mm256_extract_epi64::<2>(v),
        _mm256_extract_epi64::<3>(v),
    ];
    for (to, quarter) in to.as_chunks_mut::<4>().0.iter_mut().zip(quarters) {
        *to = [quarter, quarter >> 16, quarter >> 32, quarter >> 48].map(|lane| lane as i16);
    }
}

/// The sum of eight 32-bit lanes, modulo 2^32.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn total(sums: __m256i) -> u32 {
    let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    let pairs = _mm_add_epi32(sums, _mm_unpackhi_epi64(sums, sums));
    _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<1>(pairs))) as u32
}

/// Lane `i` of vector `j` becomes lane `j` of vector `i`, in each half by itself.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn transpose_halves([a, b, c, d, e, f, g, h]: [__m256i; 8]) -> [__m256i; 8] {
    let ab = [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)];
    let cd = [_mm256_unpacklo_epi16(c, d), _mm256_unpackhi_epi16(c, d)];
    let ef = [_mm256_unpacklo_epi16(e, f), _mm256_unpackhi_epi16(e, f)];
    let gh = [_mm256_unpacklo_epi16(g, h), _mm256_unpackhi_epi16(g, h)];
    let half = |i: usize| {
        let low = [_mm256_unpacklo_epi32(ab[i], cd[i]), _mm256_unpackhi_epi32(ab[i], cd[i])];
        let high = [_mm256_unpacklo_epi32(ef[i], gh[i]), _mm256_unpackhi_epi32(ef[i], gh[i])];
        [
            _mm256_unpacklo_epi64(low[0], high[0]),
            _mm256_unpackhi_epi64(low[0], high[0]),
            _mm256_unpacklo_epi64(low[1], high[1]),
            _mm256_unpackhi_epi64(low[1], high[1]),
        ]
    };
    let ([i, j, k, l], [m, n, o, p]) = (half(0), half(1));
    [i, j, k, l, m, n, o, p]
}
