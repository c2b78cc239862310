//! The filters in AVX2, a row of eight samples at a time.
//!
//! Along rows each sample's eight taps are multiplied by its eight samples, four apart in pairs: so paired, taps and samples
//! keep within 16 bits. Along columns eight samples' taps are transposed, to be multiplied by pairs of rows.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_packs_epi32, _mm_packus_epi16, _mm_set_epi64x, _mm_unpackhi_epi16,
    _mm_unpackhi_epi64, _mm_unpacklo_epi16, _mm_unpacklo_epi64, _mm256_add_epi32,
    _mm256_castsi128_si256, _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256,
    _mm256_hadd_epi32, _mm256_inserti128_si256, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mullo_epi32, _mm256_permutevar8x32_epi32, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi8, _mm256_setr_epi32, _mm256_shuffle_epi8, _mm256_srai_epi32,
};

use super::tables::WARPED_FILTERS;
use super::{ROWS, SIDE, Warp};
use crate::kernels::isa::{load_i16x8, load_u8x16, store_i16x8, store_u8x16};
use crate::kernels::view::{Samples, SamplesMut};

/// [`WARPED_FILTERS`] with as many rows as a byte has values, so that no look into it is checked.
static FILTERS: [[u8; SIDE]; 256] = {
    let mut filters = [[0; SIDE]; 256];
    let mut row = 0;
    while row < WARPED_FILTERS.len() {
        let mut tap = 0;
        while tap < SIDE {
            filters[row][tap] = WARPED_FILTERS[row][tap] as u8;
            tap += 1;
        }
        row += 1;
    }
    filters
};

/// Taps of eight neighbouring positions from `start` on, two in each register; `steps` are how far they are from it.
#[target_feature(enable = "avx2")]
#[inline]
fn eight_taps(start: i32, steps: __m256i) -> [__m128i; 4] {
    // `offs` of 7.11.3.5 as bytes.
    let positions = _mm256_add_epi32(steps, _mm256_set1_epi32(start + (1 << 9) + (64 << 10)));
    let rows = _mm256_srai_epi32::<10>(positions);
    let words = _mm_packs_epi32(_mm256_castsi256_si128(rows), _mm256_extracti128_si256::<1>(rows));
    let [a, b, c, d, e, f, g, h, ..] = store_u8x16(_mm_packus_epi16(words, words));
    let taps = |row: u8| i64::from_le_bytes(FILTERS[usize::from(row)]);
    [
        _mm_set_epi64x(taps(b), taps(a)),
        _mm_set_epi64x(taps(d), taps(c)),
        _mm_set_epi64x(taps(f), taps(e)),
        _mm_set_epi64x(taps(h), taps(g)),
    ]
}

/// 0 to 7 times `step`.
#[target_feature(enable = "avx2")]
#[inline]
fn steps(step: i32) -> __m256i {
    _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(step))
}

/// Taps or samples 0, 4, 1, 5, 2, 6, 3, 7 of eight, from two registers' halves.
#[target_feature(enable = "avx2")]
#[inline]
fn four_apart(v: __m256i) -> __m256i {
    let order = _mm256_setr_epi8(
        0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15, 0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13,
        10, 14, 11, 15,
    );
    _mm256_shuffle_epi8(v, order)
}

/// The first pass over a row.
#[target_feature(enable = "avx2")]
#[inline]
fn along_row(samples: &[u8; 16], start: i32, steps: __m256i) -> [i16; SIDE] {
    let row = load_u8x16(samples);
    let row = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(row), row);
    // Samples of outputs 0 and 1, 2 and 3, then 4 and 5, 6 and 7, four apart as the taps.
    let first = _mm256_setr_epi8(
        0, 4, 1, 5, 2, 6, 3, 7, 1, 5, 2, 6, 3, 7, 4, 8, 2, 6, 3, 7, 4, 8, 5, 9, 3, 7, 4, 8, 5, 9,
        6, 10,
    );
    let last = _mm256_setr_epi8(
        4, 8, 5, 9, 6, 10, 7, 11, 5, 9, 6, 10, 7, 11, 8, 12, 6, 10, 7, 11, 8, 12, 9, 13, 7, 11, 8,
        12, 9, 13, 10, 14,
    );
    let [a, b, c, d] = eight_taps(start, steps);
    let low = four_apart(_mm256_inserti128_si256::<1>(_mm256_castsi128_si256(a), b));
    let high = four_apart(_mm256_inserti128_si256::<1>(_mm256_castsi128_si256(c), d));
    let ones = _mm256_set1_epi16(1);
    let low = _mm256_maddubs_epi16(_mm256_shuffle_epi8(row, first), low);
    let high = _mm256_maddubs_epi16(_mm256_shuffle_epi8(row, last), high);
    // Outputs 0, 1, 4, 5 in the lower half, 2, 3, 6, 7 in the upper one.
    let sums = _mm256_hadd_epi32(_mm256_madd_epi16(low, ones), _mm256_madd_epi16(high, ones));
    let sums = _mm256_srai_epi32::<3>(_mm256_add_epi32(sums, _mm256_set1_epi32(4)));
    let sums = _mm256_permutevar8x32_epi32(sums, _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7));
    store_i16x8(_mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums)))
}

/// Taps of eight positions by pairs: those of tap 0 and 1, 2 and 3, 4 and 5, 6 and 7.
#[target_feature(enable = "avx2")]
#[inline]
fn transposed_taps(start: i32, steps: __m256i) -> [__m256i; 4] {
    // Pairs of taps are units of 16 bits here.
    let [a, b, c, d] = eight_taps(start, steps);
    let pairs = |v: __m128i, w: __m128i| {
        // Positions 0 and 1 in `v`, 2 and 3 in `w`: pair by pair the four positions.
        let (low, high) = (_mm_unpacklo_epi16(v, w), _mm_unpackhi_epi16(v, w));
        (_mm_unpacklo_epi16(low, high), _mm_unpackhi_epi16(low, high))
    };
    let (ab, ab_last) = pairs(a, b);
    let (cd, cd_last) = pairs(c, d);
    [
        _mm_unpacklo_epi64(ab, cd),
        _mm_unpackhi_epi64(ab, cd),
        _mm_unpacklo_epi64(ab_last, cd_last),
        _mm_unpackhi_epi64(ab_last, cd_last),
    ]
    .map(|v| _mm256_cvtepi8_epi16(v))
}

#[target_feature(enable = "avx2")]
pub(super) fn put(mut dst: SamplesMut<'_>, src: Samples<'_>, warp: Warp) {
    let shear = warp.shear;
    let mut middle = [[0; SIDE]; ROWS];
    let (across, down) = (steps(shear.alpha), steps(shear.gamma));
    for (y, out) in middle.iter_mut().enumerate() {
        let start = warp.x - 4 * shear.alpha + (y as i32 - 7) * shear.beta;
        *out = along_row(src.row(0, y), start, across);
    }
    for y in 0..SIDE {
        let start = warp.y - 4 * shear.gamma + (y as i32 - 4) * shear.delta;
        let taps = transposed_taps(start, down);
        let mut sum = _mm256_set1_epi32(1 << 10);
        for (rows, taps) in middle[y..y + SIDE].as_chunks::<2>().0.iter().zip(taps) {
            let [above, below] = rows.each_ref().map(load_i16x8);
            let low = _mm_unpacklo_epi16(above, below);
            let high = _mm_unpackhi_epi16(above, below);
            let both = _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high);
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(both, taps));
        }
        let sum = _mm256_srai_epi32::<11>(sum);
        let words =
            _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
        let samples = store_u8x16(_mm_packus_epi16(words, words));
        dst.row::<SIDE>(0, y).copy_from_slice(&samples[..SIDE]);
    }
}
