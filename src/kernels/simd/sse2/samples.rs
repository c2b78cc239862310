//! Samples in SSE2 registers.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si32,
    _mm_madd_epi16, _mm_sad_epu8, _mm_setzero_si128, _mm_shuffle_epi32, _mm_unpackhi_epi8,
    _mm_unpackhi_epi64, _mm_unpacklo_epi8, _mm_unpacklo_epi64,
};

use super::I16x8;
use crate::kernels::isa::{load_u8x16, sse2, store_u8x16};
use crate::kernels::simd::{Bytes, Int16Vector, Sums};

/// Four sums over samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartialSums(__m128i);

impl Sums for PartialSums {
    #[inline(always)]
    fn zero() -> Self {
        sse2! { Self(_mm_setzero_si128()) }
    }

    #[inline(always)]
    fn add_magnitudes<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self {
        sse2! {
            let add = |sums, a, b| _mm_add_epi32(sums, _mm_sad_epu8(a, b));
            let (a_16, a_rest) = a.as_chunks::<16>();
            let (b_16, b_rest) = b.as_chunks::<16>();
            let sums = a_16.iter().zip(b_16).fold(self.0, |sums, (a, b)| {
                add(sums, load_u8x16(a), load_u8x16(b))
            });
            let (a_8, b_8) = (a_rest.first_chunk(), b_rest.first_chunk());
            let (a_4, b_4) = (a_rest.first_chunk(), b_rest.first_chunk());
            Self(if let (Some(a), Some(b)) = (a_8, b_8) {
                add(sums, load_8(a), load_8(b))
            } else if let (Some(a), Some(b)) = (a_4, b_4) {
                add(sums, load_4(a), load_4(b))
            } else {
                sums
            })
        }
    }

    #[inline(always)]
    fn add_magnitudes_to_mean<const W: usize>(self, a: &[u8; W], [b, c]: [&[u8; W]; 2]) -> Self {
        // The compiler makes one instruction per register of this loop.
        let mut mean = [0; W];
        for ((mean, &b), &c) in mean.iter_mut().zip(b).zip(c) {
            *mean = (u16::from(b) + u16::from(c)).div_ceil(2) as u8;
        }
        self.add_magnitudes(a, &mean)
    }

    #[inline(always)]
    fn add_squares<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self {
        sse2! {
            let add = |sums, I16x8(v)| _mm_add_epi32(sums, _mm_madd_epi16(v, v));
            let (a_8, a_rest) = a.as_chunks();
            let (b_8, b_rest) = b.as_chunks();
            let sums = a_8.iter().zip(b_8).fold(self.0, |sums, (a, b)| {
                add(sums, I16x8::difference(a, b))
            });
            Self(match (a_rest.first_chunk(), b_rest.first_chunk()) {
                (Some(a), Some(b)) => add(sums, I16x8::half_difference(a, b)),
                _ => sums,
            })
        }
    }

    #[inline(always)]
    fn total(self) -> u32 {
        total(self.0)
    }
}

/// Sixteen bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct U8x16(__m128i);

impl Bytes for U8x16 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        Self(load_u8x16(bytes))
    }

    #[inline(always)]
    fn load_halves(first: &[u8; 8], second: &[u8; 8]) -> Self {
        sse2! { Self(_mm_unpacklo_epi64(load_8(first), load_8(second))) }
    }

    #[inline(always)]
    fn to_array(self) -> [u8; 16] {
        store_u8x16(self.0)
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        sse2! {
            (
                Self(_mm_unpacklo_epi8(self.0, other.0)),
                Self(_mm_unpackhi_epi8(self.0, other.0)),
            )
        }
    }
}

#[inline(always)]
pub(super) fn load_8(samples: &[u8; 8]) -> __m128i {
    sse2! { _mm_cvtsi64_si128(i64::from_le_bytes(*samples)) }
}

#[inline(always)]
pub(super) fn load_4(samples: &[u8; 4]) -> __m128i {
    sse2! { _mm_cvtsi32_si128(i32::from_le_bytes(*samples)) }
}

/// The sum of four lanes.
#[inline(always)]
pub(super) fn total(sums: __m128i) -> u32 {
    sse2! {
        let pairs = _mm_add_epi32(sums, _mm_unpackhi_epi64(sums, sums));
        _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<1>(pairs))) as u32
    }
}
