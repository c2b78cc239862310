//! All three half positions of a block at once, from one look at its samples and one first pass.

use std::arch::x86_64::{
    _mm256_add_epi16, _mm256_add_epi32, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_packs_epi32, _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_srai_epi16, _mm256_srai_epi32, _mm256_srli_si256,
    _mm256_unpackhi_epi16, _mm256_unpacklo_epi8, _mm256_unpacklo_epi16,
};

use super::rows::first_pass;
use super::{BAND, byte_taps, word_taps, write};
use crate::kernels::convolve::{FilterSet, HALVES, Source};
use crate::kernels::simd::avx2::load;
use crate::kernels::view::{SamplesMut, View};

/// Taps in use.
const TAPS: usize = 6;
/// Rows above, and columns left of, the sample that the taps reach.
const BEFORE: usize = TAPS / 2 - 1;
/// Rows from the first pair of a sum to the last.
const REACH: usize = TAPS - 2;

#[target_feature(enable = "avx2")]
pub(in super::super) fn put_halves(
    mut dst: [SamplesMut<'_>; 3],
    src: Source<'_>,
    (w, h): (usize, usize),
) {
    if !w.is_multiple_of(16) {
        for (dst, subpel) in dst.into_iter().zip(HALVES) {
            super::put(dst, src, (w, h), subpel);
        }
        return;
    }
    for x in (0..w).step_by(16) {
        strip(&mut dst, src, x, h);
    }
}

/// Sixteen columns from `x` on.
#[target_feature(enable = "avx2")]
#[inline]
fn strip([right, below, both]: &mut [SamplesMut<'_>; 3], src: Source<'_>, x: usize, h: usize) {
    let bytes = byte_taps::<TAPS>(FilterSet::Regular, 8);
    let words = word_taps::<TAPS>(FilterSet::Regular, 8);
    let src = View::new(&src.data[src.offset + x - BEFORE * src.stride - BEFORE..], src.stride);
    let row = |y: usize| {
        // Columns 0 to 15 in one half and 8 to 23 in the other.
        let samples = _mm256_permute4x64_epi64::<0x94>(load::<32>(src.row(0, y)));
        let filtered = first_pass::<TAPS>(samples, &bytes);
        (_mm256_srli_si256::<{ BEFORE as i32 }>(samples), filtered)
    };
    let mut sample_pairs = [_mm256_setzero_si256(); BAND + REACH];
    let mut pairs = [[_mm256_setzero_si256(); 2]; BAND + REACH];
    let (mut samples, mut filtered) = row(0);
    for start in (0..h).step_by(BAND) {
        let count = BAND.min(h - start);
        for i in if start == 0 { 0 } else { REACH }..count + REACH {
            let y = start + i + 1;
            let (next, next_filtered) = row(y);
            sample_pairs[i] = _mm256_unpacklo_epi8(samples, next);
            pairs[i] = [
                _mm256_unpacklo_epi16(filtered, next_filtered),
                _mm256_unpackhi_epi16(filtered, next_filtered),
            ];
            (samples, filtered) = (next, next_filtered);
            if (BEFORE..BEFORE + h).contains(&y) {
                let rounded = _mm256_add_epi16(filtered, _mm256_set1_epi16(8));
                write::<u8, 16>(right, x, y - BEFORE, _mm256_srai_epi16::<4>(rounded));
            }
        }
        for y in 0..count {
            let mut sum = _mm256_set1_epi16(32);
            let mut sums = [_mm256_set1_epi32(512); 2];
            for k in 0..TAPS / 2 {
                let product = _mm256_maddubs_epi16(sample_pairs[y + 2 * k], bytes[k]);
                sum = _mm256_add_epi16(sum, product);
                for (sum, pairs) in sums.iter_mut().zip(pairs[y + 2 * k]) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, words[k]));
                }
            }
            write::<u8, 16>(below, x, start + y, _mm256_srai_epi16::<6>(sum));
            let [low, high] = [_mm256_srai_epi32::<10>(sums[0]), _mm256_srai_epi32::<10>(sums[1])];
            write::<u8, 16>(both, x, start + y, _mm256_packs_epi32(low, high));
        }
        sample_pairs.copy_within(count..count + REACH, 0);
        pairs.copy_within(count..count + REACH, 0);
    }
}
