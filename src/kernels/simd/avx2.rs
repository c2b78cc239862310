//! Vectors in AVX2 registers; loads and stores without a pointer, which the compiler turns into one move each.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_set_epi64x,
    _mm_shuffle_epi32, _mm_unpackhi_epi64, _mm256_castsi256_si128, _mm256_cvtepu8_epi16,
    _mm256_extract_epi64, _mm256_extracti128_si256, _mm256_packus_epi16, _mm256_unpackhi_epi16,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64, _mm256_zextsi128_si256,
};

use super::{Int16Fractions, Int16Lanes};
use crate::kernels::isa::{Avx2, load_u8x16, load_u8x32, store_i16x16, with_avx2};

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
        16 => load_u8x16(samples.first_chunk().expect("16 samples")),
        8 => _mm_set_epi64x(0, eight(samples, 0)),
        _ => _mm_cvtsi32_si128(i32::from_le_bytes(samples.as_chunks().0[0])),
    }
}

/// 32, 16, 8 or 4 samples, then 0.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn load<const W: usize>(samples: &[u8; W]) -> __m256i {
    if W == 32 {
        return load_u8x32(samples.first_chunk().expect("32 samples"));
    }
    _mm256_zextsi128_si256(load_half(samples))
}

/// 16, 8 or 4 samples as 16-bit integers, then 0.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn load_wide<const W: usize>(samples: &[u8; W]) -> __m256i {
    _mm256_cvtepu8_epi16(load_half(samples))
}

/// Eight 16-bit integers, and eight more.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn halves(v: __m256i) -> [[i16; 8]; 2] {
    let lanes = store_i16x16(v);
    let halves = lanes.as_chunks().0;
    [halves[0], halves[1]]
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

/// Sixteen 16-bit integers, and the proof that there is AVX2.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I16x16 {
    /// The integers.
    pub(crate) lanes: __m256i,
    /// The proof.
    pub(crate) token: Avx2,
}

/// A method of [`I16x16`] by the function of the same name in the module that follows.
macro_rules! lanes {
    ($self:ident, $module:ident::$function:ident($($argument:ident),*)) => {{
        let token = $self.token;
        let lanes = with_avx2!(token, $module::$function, $($argument),*);
        Self { lanes, token }
    }};
}

impl Int16Lanes for I16x16 {
    const UNROLLED: bool = true;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (a, b) = (self.lanes, other.lanes);
        lanes!(self, integers::add(a, b))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (a, b) = (self.lanes, other.lanes);
        lanes!(self, integers::sub(a, b))
    }

    #[inline(always)]
    fn negate(self) -> Self {
        let a = self.lanes;
        lanes!(self, integers::negate(a))
    }

    #[inline(always)]
    fn rotate(self, other: Self, cos: i16, sin: i16) -> (Self, Self) {
        let (token, a, b) = (self.token, self.lanes, other.lanes);
        let (x, y) = with_avx2!(token, integers::rotate, a, b, cos, sin);
        (Self { lanes: x, token }, Self { lanes: y, token })
    }

    #[inline(always)]
    fn dot(values: [Self; 4], factors: [i16; 4]) -> Self {
        let first = values[0];
        let values = values.map(|value| value.lanes);
        lanes!(first, integers::dot(values, factors))
    }

    #[inline(always)]
    fn scale(self, factor: i16, shift: u32) -> Self {
        let a = self.lanes;
        lanes!(self, integers::scale(a, factor, shift))
    }

    #[inline(always)]
    fn product(self, factor: i16) -> Self {
        // With 15 bits of fraction.
        self.fraction(factor * 8)
    }

    #[inline(always)]
    fn round_shift(self, shift: u32) -> Self {
        let a = self.lanes;
        lanes!(self, integers::round_shift(a, shift))
    }
}

impl Int16Fractions for I16x16 {
    #[inline(always)]
    fn shift_left(self, shift: u32) -> Self {
        let a = self.lanes;
        lanes!(self, integers::shift_left(a, shift))
    }

    #[inline(always)]
    fn fraction(self, factor: i16) -> Self {
        let a = self.lanes;
        lanes!(self, integers::fraction(a, factor))
    }
}

/// The operations of [`I16x16`].
mod integers {
    use std::arch::x86_64::{
        __m256i, _mm_cvtsi32_si128, _mm256_add_epi16, _mm256_add_epi32, _mm256_adds_epi16,
        _mm256_and_si256, _mm256_madd_epi16, _mm256_mulhrs_epi16, _mm256_packs_epi32,
        _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_sll_epi16,
        _mm256_sra_epi16, _mm256_sra_epi32, _mm256_srai_epi32, _mm256_subs_epi16,
        _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
    };

    use crate::kernels::simd::FACTOR_BITS;

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn add(a: __m256i, b: __m256i) -> __m256i {
        _mm256_adds_epi16(a, b)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn sub(a: __m256i, b: __m256i) -> __m256i {
        _mm256_subs_epi16(a, b)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn negate(a: __m256i) -> __m256i {
        _mm256_subs_epi16(_mm256_setzero_si256(), a)
    }

    /// `low` and `high` in each 32-bit lane, as the multiply-add of pairs wants them.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn pair(low: i16, high: i16) -> __m256i {
        _mm256_set1_epi32(i32::from(low as u16) | (i32::from(high) << 16))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn round_factor_bits(value: __m256i) -> __m256i {
        const SHIFT: i32 = FACTOR_BITS as i32;
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(value, _mm256_set1_epi32(1 << (SHIFT - 1))))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn rotate(a: __m256i, b: __m256i, cos: i16, sin: i16) -> (__m256i, __m256i) {
        let (low, high) = (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b));
        let sum = |factors| {
            _mm256_packs_epi32(
                round_factor_bits(_mm256_madd_epi16(low, factors)),
                round_factor_bits(_mm256_madd_epi16(high, factors)),
            )
        };
        (sum(pair(cos, -sin)), sum(pair(sin, cos)))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn dot([a, b, c, d]: [__m256i; 4], factors: [i16; 4]) -> __m256i {
        let (first, second) = (pair(factors[0], factors[1]), pair(factors[2], factors[3]));
        let sum = |ab, cd| {
            let products = (_mm256_madd_epi16(ab, first), _mm256_madd_epi16(cd, second));
            round_factor_bits(_mm256_add_epi32(products.0, products.1))
        };
        _mm256_packs_epi32(
            sum(_mm256_unpacklo_epi16(a, b), _mm256_unpacklo_epi16(c, d)),
            sum(_mm256_unpackhi_epi16(a, b), _mm256_unpackhi_epi16(c, d)),
        )
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn scale(a: __m256i, factor: i16, shift: u32) -> __m256i {
        let rounding = _mm256_set1_epi32((1 << shift) >> 1);
        let count = _mm_cvtsi32_si128(shift as i32);
        // Each lane is paired with a 1, whose factor is the first rounding.
        let factors = pair(factor, 1 << (FACTOR_BITS - 1));
        let one = _mm256_set1_epi16(1);
        let scaled = |lanes| {
            const SHIFT: i32 = FACTOR_BITS as i32;
            let product = _mm256_srai_epi32::<SHIFT>(_mm256_madd_epi16(lanes, factors));
            _mm256_sra_epi32(_mm256_add_epi32(product, rounding), count)
        };
        _mm256_packs_epi32(
            scaled(_mm256_unpacklo_epi16(a, one)),
            scaled(_mm256_unpackhi_epi16(a, one)),
        )
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn round_shift(a: __m256i, shift: u32) -> __m256i {
        if shift == 0 {
            return a;
        }
        // The bit that rounds is added after the shift, where nothing can overflow.
        let bit = _mm256_sra_epi16(a, _mm_cvtsi32_si128(shift as i32 - 1));
        let shifted = _mm256_sra_epi16(a, _mm_cvtsi32_si128(shift as i32));
        _mm256_add_epi16(shifted, _mm256_and_si256(bit, _mm256_set1_epi16(1)))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn shift_left(a: __m256i, shift: u32) -> __m256i {
        _mm256_sll_epi16(a, _mm_cvtsi32_si128(shift as i32))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn fraction(a: __m256i, factor: i16) -> __m256i {
        _mm256_mulhrs_epi16(a, _mm256_set1_epi16(factor))
    }
}
