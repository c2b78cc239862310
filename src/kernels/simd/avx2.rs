//! Loads, stores and sums in AVX2 registers, without a pointer: the compiler turns each into one move.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_set_epi64x,
    _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm256_castsi256_si128, _mm256_cvtepu8_epi16,
    _mm256_extract_epi64, _mm256_extracti128_si256, _mm256_packus_epi16, _mm256_setr_epi16,
    _mm256_setr_epi64x, _mm256_unpackhi_epi16, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi16, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_zextsi128_si256,
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

/// Sixteen 16-bit integers from memory.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn load_i16(from: &[i16; 16]) -> __m256i {
    let &[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = from;
    _mm256_setr_epi16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
}

/// Four 16-bit integers of a number.
#[inline(always)]
fn four(bits: i64) -> [i16; 4] {
    [bits, bits >> 16, bits >> 32, bits >> 48].map(|lane| lane as i16)
}

/// Eight 16-bit integers, and eight more.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn halves(v: __m256i) -> [[i16; 8]; 2] {
    let both = |[a, b, c, d]: [i16; 4], [e, f, g, h]: [i16; 4]| [a, b, c, d, e, f, g, h];
    [
        both(four(_mm256_extract_epi64::<0>(v)), four(_mm256_extract_epi64::<1>(v))),
        both(four(_mm256_extract_epi64::<2>(v)), four(_mm256_extract_epi64::<3>(v))),
    ]
}

/// [`halves`] clipped to samples.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn packed_halves(v: __m256i) -> [[u8; 8]; 2] {
    let packed = _mm256_packus_epi16(v, v);
    [
        _mm256_extract_epi64::<0>(packed).to_le_bytes(),
        _mm256_extract_epi64::<2>(packed).to_le_bytes(),
    ]
}

/// Sixteen 16-bit integers to memory.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn store_i16(to: &mut [i16; 16], v: __m256i) {
    for (to, half) in to.as_chunks_mut().0.iter_mut().zip(halves(v)) {
        *to = half;
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
