//! The temporal noise filter on two blocks at a time.

use std::arch::x86_64::{
    __m256i, _mm_set1_epi16, _mm256_abs_epi16, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_madd_epi16, _mm256_min_epu16, _mm256_mulhrs_epi16, _mm256_set_m128i, _mm256_set1_epi16,
    _mm256_setzero_si256, _mm256_sign_epi16, _mm256_slli_epi16, _mm256_srai_epi16,
    _mm256_srli_epi16, _mm256_sub_epi16, _mm256_subs_epu16,
};

use super::{Blend, BlockDifference, DIFFERENCE_BITS, FRACTION_BITS, SIDE, scalar};
use crate::kernels::isa::{load_i16x16, store_i16x16};
use crate::kernels::simd::avx2::{load_wide, packed_halves};
use crate::kernels::view::{Samples, SamplesMut, View, ViewMut};

const BITS: i32 = FRACTION_BITS as i32;
/// Bits that differences lose before they are summed.
const SHIFT: i32 = (FRACTION_BITS - DIFFERENCE_BITS) as i32;

#[target_feature(enable = "avx2")]
pub(super) fn compare(samples: Samples<'_>, mean: View<'_, i16>, blocks: &mut [BlockDifference]) {
    let (pairs, rest) = blocks.as_chunks_mut::<2>();
    let done = pairs.len();
    for (index, pair) in pairs.iter_mut().enumerate() {
        let x = 2 * SIDE * index;
        let zero = _mm256_setzero_si256();
        let [mut levels, mut sums, mut squares, mut gradients] = [zero; 4];
        for y in 0..SIDE {
            let source = load_wide(samples.row::<16>(x, y));
            let mean = load_i16x16(mean.row(x, y));
            let difference = _mm256_sub_epi16(_mm256_slli_epi16::<BITS>(source), mean);
            // The largest is 32640, so that the sum fits.
            let rounded = _mm256_add_epi16(difference, _mm256_set1_epi16(1 << (SHIFT - 1)));
            let difference = _mm256_srai_epi16::<SHIFT>(rounded);
            let slope = _mm256_sub_epi16(source, load_wide(samples.row::<16>(x + 1, y)));
            gradients = _mm256_add_epi32(gradients, _mm256_madd_epi16(slope, slope));
            levels = _mm256_add_epi16(levels, source);
            // Eight times 4080 at most.
            sums = _mm256_add_epi16(sums, difference);
            squares = _mm256_add_epi32(squares, _mm256_madd_epi16(difference, difference));
        }
        let one = _mm256_set1_epi16(1);
        let (levels, sums) = (_mm256_madd_epi16(levels, one), _mm256_madd_epi16(sums, one));
        let [levels, sums] = [totals(levels), totals(sums)];
        let [squares, gradients] = [totals(squares), totals(gradients)];
        *pair = [0, 1].map(|half| BlockDifference {
            samples: levels[half] as u32,
            sum: sums[half],
            squares: squares[half] as u32,
            gradient: gradients[half] as u32,
        });
    }
    if !rest.is_empty() {
        let x = 2 * SIDE * done;
        scalar::compare(samples.from(x, 0), mean.from(x, 0), rest);
    }
}

/// The sums of four 32-bit numbers, and of the other four.
#[target_feature(enable = "avx2")]
#[inline]
fn totals(v: __m256i) -> [i32; 2] {
    let lanes = store_i16x16(v);
    let number = |i: usize| i32::from(lanes[2 * i] as u16) | (i32::from(lanes[2 * i + 1]) << 16);
    [0, 4].map(|first| (first..first + 4).map(number).sum())
}

#[target_feature(enable = "avx2")]
pub(super) fn blend(mut samples: SamplesMut<'_>, mut mean: ViewMut<'_, i16>, blocks: &[Blend]) {
    let (pairs, rest) = blocks.as_chunks::<2>();
    for (index, pair) in pairs.iter().enumerate() {
        let x = 2 * SIDE * index;
        let of_pair = |[a, b]: [i16; 2]| _mm256_set_m128i(_mm_set1_epi16(b), _mm_set1_epi16(a));
        let share = of_pair(pair.map(|blend| blend.share));
        let limit = of_pair(pair.map(|blend| blend.limit));
        for y in 0..SIDE {
            let row = samples.row::<16>(x, y);
            let mean = mean.row::<16>(x, y);
            let source = _mm256_slli_epi16::<BITS>(load_wide(row));
            let difference = _mm256_sub_epi16(source, load_i16x16(mean));
            let size = _mm256_abs_epi16(difference);
            let taken =
                _mm256_min_epu16(_mm256_mulhrs_epi16(size, share), _mm256_subs_epu16(limit, size));
            let blended = _mm256_sub_epi16(source, _mm256_sign_epi16(taken, difference));
            *mean = store_i16x16(blended);
            let half = _mm256_set1_epi16(1 << (BITS - 1));
            let rounded = _mm256_srli_epi16::<BITS>(_mm256_add_epi16(blended, half));
            let packed = packed_halves(rounded);
            row.copy_from_slice(packed.as_flattened());
        }
    }
    if !rest.is_empty() {
        let x = 2 * SIDE * pairs.len();
        let samples = SamplesMut::new(&mut samples.data[x..], samples.stride);
        let mean = ViewMut::new(&mut mean.data[x..], mean.stride);
        scalar::blend(samples, mean, rest);
    }
}
