//! Lanes in SSE2 registers.

mod samples;

use std::arch::x86_64::{
    __m128i, _mm_add_epi16, _mm_add_epi32, _mm_adds_epi16, _mm_and_si128, _mm_cmpeq_epi8,
    _mm_cmpgt_epi16, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_cvtsi128_si64, _mm_madd_epi16,
    _mm_movemask_epi8, _mm_mulhi_epi16, _mm_mullo_epi16, _mm_or_si128, _mm_packs_epi32,
    _mm_packus_epi16, _mm_set1_epi16, _mm_set1_epi32, _mm_setr_epi16, _mm_setzero_si128,
    _mm_sll_epi16, _mm_slli_epi16, _mm_sra_epi16, _mm_sra_epi32, _mm_srai_epi16, _mm_srai_epi32,
    _mm_srli_epi16, _mm_sub_epi16, _mm_subs_epi16, _mm_unpackhi_epi16, _mm_unpackhi_epi32,
    _mm_unpackhi_epi64, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32,
    _mm_unpacklo_epi64,
};

pub(crate) use self::samples::{PartialSums, U8x16};
use self::samples::{load_4, load_8, total};
use super::{FACTOR_BITS, Int16Fractions, Int16Lanes, Int16Vector};
use crate::kernels::isa::{load_i16x8, sse2, store_i16x8};

/// Eight 16-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I16x8(__m128i);

/// `low` and `high` in each 32-bit lane, as the multiply-add of pairs wants them.
#[inline(always)]
fn pair(low: i16, high: i16) -> __m128i {
    sse2! {
        _mm_set1_epi32(i32::from(low as u16) | (i32::from(high) << 16))
    }
}

#[inline(always)]
fn round_factor_bits(value: __m128i) -> __m128i {
    sse2! {
        const SHIFT: i32 = FACTOR_BITS as i32;
        _mm_srai_epi32::<SHIFT>(_mm_add_epi32(value, _mm_set1_epi32(1 << (SHIFT - 1))))
    }
}

impl Int16Lanes for I16x8 {
    const UNROLLED: bool = false;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        sse2! {
            Self(_mm_adds_epi16(self.0, other.0))
        }
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        sse2! {
            Self(_mm_subs_epi16(self.0, other.0))
        }
    }

    #[inline(always)]
    fn negate(self) -> Self {
        Self::zero().sub(self)
    }

    #[inline(always)]
    fn rotate(self, other: Self, cos: i16, sin: i16) -> (Self, Self) {
        sse2! {
            let low = _mm_unpacklo_epi16(self.0, other.0);
            let high = _mm_unpackhi_epi16(self.0, other.0);
            let sum = |factors| {
                let low = round_factor_bits(_mm_madd_epi16(low, factors));
                let high = round_factor_bits(_mm_madd_epi16(high, factors));
                Self(_mm_packs_epi32(low, high))
            };
            (sum(pair(cos, -sin)), sum(pair(sin, cos)))
        }
    }

    #[inline(always)]
    fn dot([a, b, c, d]: [Self; 4], factors: [i16; 4]) -> Self {
        sse2! {
            let first = pair(factors[0], factors[1]);
            let second = pair(factors[2], factors[3]);
            let sum = |ab, cd| {
                round_factor_bits(_mm_add_epi32(_mm_madd_epi16(ab, first), _mm_madd_epi16(cd, second)))
            };
            Self(_mm_packs_epi32(
                sum(_mm_unpacklo_epi16(a.0, b.0), _mm_unpacklo_epi16(c.0, d.0)),
                sum(_mm_unpackhi_epi16(a.0, b.0), _mm_unpackhi_epi16(c.0, d.0)),
            ))
        }
    }

    #[inline(always)]
    fn scale(self, factor: i16, shift: u32) -> Self {
        sse2! {
            let rounding = _mm_set1_epi32((1 << shift) >> 1);
            let count = _mm_cvtsi32_si128(shift as i32);
            // Each lane is paired with a 1, whose factor is the first rounding.
            let factors = pair(factor, 1 << (FACTOR_BITS - 1));
            let one = _mm_set1_epi16(1);
            let scaled = |lanes| {
                let product = _mm_srai_epi32::<{ FACTOR_BITS as i32 }>(_mm_madd_epi16(lanes, factors));
                _mm_sra_epi32(_mm_add_epi32(product, rounding), count)
            };
            Self(_mm_packs_epi32(
                scaled(_mm_unpacklo_epi16(self.0, one)),
                scaled(_mm_unpackhi_epi16(self.0, one)),
            ))
        }
    }

    #[inline(always)]
    fn product(self, factor: i16) -> Self {
        // With 15 bits of fraction.
        self.fraction(factor * 8)
    }

    #[inline(always)]
    fn round_shift(self, shift: u32) -> Self {
        sse2! {
            if shift == 0 {
                return self;
            }
            // The bit that rounds is added after the shift, where nothing can overflow.
            let bit = _mm_sra_epi16(self.0, _mm_cvtsi32_si128(shift as i32 - 1));
            let shifted = _mm_sra_epi16(self.0, _mm_cvtsi32_si128(shift as i32));
            Self(_mm_add_epi16(shifted, _mm_and_si128(bit, _mm_set1_epi16(1))))
        }
    }
}

impl Int16Fractions for I16x8 {
    #[inline(always)]
    fn shift_left(self, shift: u32) -> Self {
        sse2! {
            Self(_mm_sll_epi16(self.0, _mm_cvtsi32_si128(shift as i32)))
        }
    }

    #[inline(always)]
    fn fraction(self, factor: i16) -> Self {
        sse2! {
            let factor = _mm_set1_epi16(factor);
            let (high, low) = (_mm_mulhi_epi16(self.0, factor), _mm_mullo_epi16(self.0, factor));
            let whole = _mm_or_si128(_mm_slli_epi16::<1>(high), _mm_srli_epi16::<15>(low));
            // Bit 14 rounds.
            let bit = _mm_srli_epi16::<15>(_mm_slli_epi16::<1>(low));
            Self(_mm_add_epi16(whole, bit))
        }
    }
}

impl Int16Vector for I16x8 {
    #[inline(always)]
    fn zero() -> Self {
        sse2! {
            Self(_mm_setzero_si128())
        }
    }

    #[inline(always)]
    fn load(v: &[i16; 8]) -> Self {
        Self(load_i16x8(v))
    }

    #[inline(always)]
    fn load_half(v: &[i16; 4]) -> Self {
        let &[a, b, c, d] = v;
        sse2! {
            Self(_mm_setr_epi16(a, b, c, d, 0, 0, 0, 0))
        }
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
        sse2! {
            let any = vectors.iter().fold(_mm_setzero_si128(), |any, v| _mm_or_si128(any, v.0));
            _mm_movemask_epi8(_mm_cmpeq_epi8(any, _mm_setzero_si128())) == 0xFFFF
        }
    }

    #[inline(always)]
    fn any_beyond(vectors: &[Self], limit: i16) -> bool {
        sse2! {
            let (above, below) = (_mm_set1_epi16(limit), _mm_set1_epi16(-limit));
            let any = vectors.iter().fold(_mm_setzero_si128(), |any, v| {
                let beyond = _mm_or_si128(_mm_cmpgt_epi16(v.0, above), _mm_cmpgt_epi16(below, v.0));
                _mm_or_si128(any, beyond)
            });
            _mm_movemask_epi8(any) != 0
        }
    }

    #[inline(always)]
    fn difference(a: &[u8; 8], b: &[u8; 8]) -> Self {
        sse2! {
            let zero = _mm_setzero_si128();
            let wide = |v| _mm_unpacklo_epi8(load_8(v), zero);
            Self(_mm_sub_epi16(wide(a), wide(b)))
        }
    }

    #[inline(always)]
    fn half_difference(a: &[u8; 4], b: &[u8; 4]) -> Self {
        sse2! {
            let zero = _mm_setzero_si128();
            let wide = |v| _mm_unpacklo_epi8(load_4(v), zero);
            Self(_mm_sub_epi16(wide(a), wide(b)))
        }
    }

    #[inline(always)]
    fn sum_of_magnitudes(vectors: &[Self]) -> u32 {
        sse2! {
            let sum = vectors.iter().fold(_mm_setzero_si128(), |sum, v| {
                // Multiplying by the sign gives 32-bit magnitudes, that of -32768 too, and adds pairs.
                let sign = _mm_or_si128(_mm_srai_epi16::<15>(v.0), _mm_set1_epi16(1));
                _mm_add_epi32(sum, _mm_madd_epi16(v.0, sign))
            });
            total(sum)
        }
    }

    #[inline(always)]
    fn add_to(self, samples: &mut [u8; 8]) {
        sse2! {
            let wide =
                _mm_unpacklo_epi8(load_8(samples), _mm_setzero_si128());
            let sum = _mm_adds_epi16(wide, self.0);
            *samples = _mm_cvtsi128_si64(_mm_packus_epi16(sum, sum)).to_le_bytes();
        }
    }

    #[inline(always)]
    fn add_half_to(self, samples: &mut [u8; 4]) {
        sse2! {
            let wide =
                _mm_unpacklo_epi8(load_4(samples), _mm_setzero_si128());
            let sum = _mm_adds_epi16(wide, self.0);
            *samples = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum)).to_le_bytes();
        }
    }
}

/// Three rounds of interleaving; each doubles the run of lanes that come from one column.
#[inline(always)]
pub(super) fn transpose([a, b, c, d, e, f, g, h]: [__m128i; 8]) -> [__m128i; 8] {
    sse2! {
        let ab = [_mm_unpacklo_epi16(a, b), _mm_unpackhi_epi16(a, b)];
        let cd = [_mm_unpacklo_epi16(c, d), _mm_unpackhi_epi16(c, d)];
        let ef = [_mm_unpacklo_epi16(e, f), _mm_unpackhi_epi16(e, f)];
        let gh = [_mm_unpacklo_epi16(g, h), _mm_unpackhi_epi16(g, h)];
        let half = |i: usize| {
            let low = [_mm_unpacklo_epi32(ab[i], cd[i]), _mm_unpackhi_epi32(ab[i], cd[i])];
            let high = [_mm_unpacklo_epi32(ef[i], gh[i]), _mm_unpackhi_epi32(ef[i], gh[i])];
            [
                _mm_unpacklo_epi64(low[0], high[0]),
                _mm_unpackhi_epi64(low[0], high[0]),
                _mm_unpacklo_epi64(low[1], high[1]),
                _mm_unpackhi_epi64(low[1], high[1]),
            ]
        };
        let ([i, j, k, l], [m, n, o, p]) = (half(0), half(1));
        [i, j, k, l, m, n, o, p]
    }
}
