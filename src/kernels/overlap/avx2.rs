//! The blends in AVX2, up to sixteen samples at a time: own and other samples in turn, multiplied by a weight each and
//! added, at most 255 · 64.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_maddubs_epi16, _mm_mulhrs_epi16, _mm_packus_epi16, _mm_set1_epi8,
    _mm_set1_epi16, _mm_sub_epi8, _mm_unpackhi_epi8, _mm_unpacklo_epi8, _mm256_castsi256_si128,
    _mm256_extracti128_si256, _mm256_maddubs_epi16, _mm256_mulhrs_epi16, _mm256_set_m128i,
    _mm256_set1_epi16,
};

use super::{mask, reach, scalar};
use crate::kernels::isa::store_u8x16;
use crate::kernels::simd::avx2::load_half;
use crate::kernels::view::{Samples, SamplesMut};

/// What a product with a weighted sum of 64ths is multiplied by in 1/32768: it is divided by 64 and rounded.
const ROUND2_6: i16 = 1 << 9;

#[target_feature(enable = "avx2")]
pub(super) fn blend_above(dst: SamplesMut<'_>, pred: Samples<'_>, (w, h): (usize, usize)) {
    match w {
        4 => above::<4>(dst, pred, (w, h)),
        8 => above::<8>(dst, pred, (w, h)),
        _ => above::<16>(dst, pred, (w, h)),
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn blend_left(dst: SamplesMut<'_>, pred: Samples<'_>, (w, h): (usize, usize)) {
    match w {
        2 => scalar::blend_left(dst, pred, (w, h)),
        4 => left::<4>(dst, pred, (w, h)),
        8 => left::<8>(dst, pred, (w, h)),
        _ => left::<16>(dst, pred, (w, h)),
    }
}

/// [`blend_above`] in strips of `W` columns.
#[target_feature(enable = "avx2")]
#[inline]
fn above<const W: usize>(mut dst: SamplesMut<'_>, pred: Samples<'_>, (w, h): (usize, usize)) {
    for (y, &weight) in mask(h)[..reach(h)].iter().enumerate() {
        let weights = _mm256_set1_epi16(i16::from_le_bytes([weight, 64 - weight]));
        for x in (0..w).step_by(W) {
            blend::<W>(dst.row(x, y), pred.row(x, y), weights);
        }
    }
}

/// [`blend_left`] in strips of `W` columns.
#[target_feature(enable = "avx2")]
#[inline]
fn left<const W: usize>(mut dst: SamplesMut<'_>, pred: Samples<'_>, (w, h): (usize, usize)) {
    let mask = mask(w);
    for x in (0..w).step_by(W) {
        let own = load_half::<W>(mask[x..].first_chunk().expect("a weight for each column"));
        let weights = in_turn(own, _mm_sub_epi8(_mm_set1_epi8(64), own));
        for y in 0..h {
            blend::<W>(dst.row(x, y), pred.row(x, y), weights);
        }
    }
}

/// The bytes of both in turn.
#[target_feature(enable = "avx2")]
#[inline]
fn in_turn(a: __m128i, b: __m128i) -> __m256i {
    _mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b))
}

/// Blends 4, 8 or 16 samples.
#[target_feature(enable = "avx2")]
#[inline]
fn blend<const W: usize>(own: &mut [u8; W], other: &[u8; W], weights: __m256i) {
    let (a, b) = (load_half(own), load_half(other));
    let packed = if W == 16 {
        let sums = _mm256_maddubs_epi16(in_turn(a, b), weights);
        let blended = _mm256_mulhrs_epi16(sums, _mm256_set1_epi16(ROUND2_6));
        _mm_packus_epi16(_mm256_castsi256_si128(blended), _mm256_extracti128_si256::<1>(blended))
    } else {
        let sums = _mm_maddubs_epi16(_mm_unpacklo_epi8(a, b), _mm256_castsi256_si128(weights));
        let blended = _mm_mulhrs_epi16(sums, _mm_set1_epi16(ROUND2_6));
        _mm_packus_epi16(blended, blended)
    };
    own.copy_from_slice(&store_u8x16(packed)[..W]);
}
