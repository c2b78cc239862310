//! SATD of two 8×8 blocks at a time, one in each half of the registers; one alone is the scalar version's.

use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_add_epi64, _mm_cvtsi128_si32, _mm_cvtsi128_si64, _mm_shuffle_epi32,
    _mm_unpackhi_epi64, _mm256_abs_epi16, _mm256_add_epi16, _mm256_add_epi32, _mm256_add_epi64,
    _mm256_adds_epi16, _mm256_castsi256_si128, _mm256_cvtepu32_epi64, _mm256_extracti128_si256,
    _mm256_madd_epi16, _mm256_max_epi16, _mm256_min_epi16, _mm256_permute2x128_si256,
    _mm256_set1_epi16, _mm256_setzero_si256, _mm256_srai_epi16, _mm256_sub_epi16,
    _mm256_subs_epi16,
};

use super::{Coefficients, Room, each_four, scalar};
use crate::kernels::isa::{load_i16x16, store_i16x16};
use crate::kernels::simd::avx2::{halves, load_wide, total, transpose_halves};
use crate::kernels::view::Samples;

#[target_feature(enable = "avx2")]
pub(super) fn satd(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    if !(width | height).is_multiple_of(8) || (width, height) == (8, 8) {
        return scalar::satd(src, pred, (width, height));
    }
    let mut sum = 0;
    for x in (0..width & !15).step_by(16) {
        for y in (0..height).step_by(8) {
            let mut block = [_mm256_setzero_si256(); 8];
            for (i, row) in block.iter_mut().enumerate() {
                *row = difference::<16>(src, pred, x, y + i);
            }
            sum += hadamard(block);
        }
    }
    if width & 8 != 0 {
        let x = width - 8;
        for y in (0..height).step_by(16) {
            let mut block = [_mm256_setzero_si256(); 8];
            for (i, row) in block.iter_mut().enumerate() {
                *row = difference::<8>(src, pred, x, y + i);
                if y + 8 < height {
                    let lower = difference::<8>(src, pred, x, y + 8 + i);
                    *row = _mm256_permute2x128_si256::<0x20>(*row, lower);
                }
            }
            sum += hadamard(block);
        }
    }
    sum
}

#[target_feature(enable = "avx2")]
pub(super) fn coefficients(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
    threshold: u16,
    room: &mut Room,
) -> Coefficients {
    let (cols, rows) = (width / 8, height / 8);
    let blocks = &mut room.as_chunks_mut::<64>().0[..cols * rows];
    let mut magnitudes = _mm256_setzero_si256();
    for row in 0..rows {
        for col in (0..cols).step_by(2) {
            let (x, y, number) = (col * 8, row * 8, row * cols + col);
            let mut block = [_mm256_setzero_si256(); 8];
            let two = col + 1 < cols;
            for (i, row) in block.iter_mut().enumerate() {
                *row = if two {
                    difference::<16>(src, pred, x, y + i)
                } else {
                    _mm256_permute2x128_si256::<0x80>(
                        difference::<8>(src, pred, x, y + i),
                        _mm256_setzero_si256(),
                    )
                };
            }
            magnitudes = _mm256_add_epi32(magnitudes, transform(&mut block));
            for (i, row) in block.into_iter().enumerate() {
                let [first, second] = halves(row);
                blocks[number][i * 8..][..8].copy_from_slice(&first);
                if two {
                    blocks[number + 1][i * 8..][..8].copy_from_slice(&second);
                }
            }
        }
    }
    each_four(cols, rows, |four| combine(blocks, four));
    let (excess, squares) = beside(blocks, threshold);
    Coefficients { magnitudes: total(magnitudes), excess, squares }
}

/// Transforms two blocks; gives the sums of their magnitudes.
#[target_feature(enable = "avx2")]
#[inline]
fn transform(block: &mut [__m256i; 8]) -> __m256i {
    let mut t = *block;
    for distance in [1, 2, 4] {
        t = butterflies(t, distance);
    }
    t = transpose_halves(t);
    for distance in [1, 2, 4] {
        t = butterflies(t, distance);
    }
    *block = t;
    let ones = _mm256_set1_epi16(1);
    let pairs = t.map(|v| _mm256_madd_epi16(_mm256_abs_epi16(v), ones));
    let add = |a, b| _mm256_add_epi32(a, b);
    let [a, b, c, d, e, f, g, h] = pairs;
    add(add(add(a, b), add(c, d)), add(add(e, f), add(g, h)))
}

/// One step from four transforms to one of twice the size, halved.
#[target_feature(enable = "avx2")]
#[inline]
fn combine(blocks: &mut [[i16; 64]], four: [usize; 4]) {
    for i in 0..4 {
        let load = |block: usize| {
            _mm256_srai_epi16::<1>(load_i16x16(&blocks[block].as_chunks::<16>().0[i]))
        };
        let [a, b, c, d] = [load(four[0]), load(four[1]), load(four[2]), load(four[3])];
        let (ab, cd) = (
            (_mm256_adds_epi16(a, b), _mm256_subs_epi16(a, b)),
            (_mm256_adds_epi16(c, d), _mm256_subs_epi16(c, d)),
        );
        let values = [
            _mm256_adds_epi16(ab.0, cd.0),
            _mm256_adds_epi16(ab.1, cd.1),
            _mm256_subs_epi16(ab.0, cd.0),
            _mm256_subs_epi16(ab.1, cd.1),
        ];
        for (block, value) in four.into_iter().zip(values) {
            blocks[block].as_chunks_mut::<16>().0[i] = store_i16x16(value);
        }
    }
}

/// The sums of what magnitudes have above the threshold, and of their squares up to it. A lane of squares gains up to
/// 2^23 in 16 of them, and there are 256 times as many at most.
#[target_feature(enable = "avx2")]
#[inline]
fn beside(blocks: &[[i16; 64]], threshold: u16) -> (u32, u64) {
    let (ones, threshold) = (_mm256_set1_epi16(1), _mm256_set1_epi16(threshold as i16));
    let (mut excess, mut squares) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for values in blocks.as_flattened().as_chunks::<16>().0 {
        let magnitude = _mm256_abs_epi16(load_i16x16(values));
        let low = _mm256_min_epi16(magnitude, threshold);
        let above = _mm256_sub_epi16(magnitude, low);
        excess = _mm256_add_epi32(excess, _mm256_madd_epi16(above, ones));
        squares = _mm256_add_epi32(squares, _mm256_madd_epi16(low, low));
    }
    let low = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(squares));
    let high = _mm256_cvtepu32_epi64(_mm256_extracti128_si256::<1>(squares));
    let sum = _mm256_add_epi64(low, high);
    let sum = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    let squares = _mm_cvtsi128_si64(sum) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(sum, sum));
    (total(excess), squares as u64)
}

/// `src - pred` of 16 or 8 samples of a row.
#[target_feature(enable = "avx2")]
#[inline]
fn difference<const W: usize>(src: Samples<'_>, pred: Samples<'_>, x: usize, y: usize) -> __m256i {
    _mm256_sub_epi16(load_wide::<W>(src.row(x, y)), load_wide::<W>(pred.row(x, y)))
}

/// The sums of both blocks, each rounded for itself: twice the orthonormal one, for a 2D Hadamard transform of 8 has a
/// gain of 8.
#[target_feature(enable = "avx2")]
#[inline]
fn hadamard(mut t: [__m256i; 8]) -> u32 {
    for distance in [1, 2, 4] {
        t = butterflies(t, distance);
    }
    t = transpose_halves(t);
    for distance in [1, 2] {
        t = butterflies(t, distance);
    }
    // |a + b| + |a - b| is twice the greater magnitude: the last step needs no sums. No magnitude is above 32 · 255, so
    // four of them fit.
    let greater = |i: usize| _mm256_max_epi16(_mm256_abs_epi16(t[i]), _mm256_abs_epi16(t[i + 4]));
    let sum = _mm256_add_epi16(
        _mm256_add_epi16(greater(0), greater(1)),
        _mm256_add_epi16(greater(2), greater(3)),
    );
    let sum = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
    let sum_of = |half| {
        let pairs = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
        2 * _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<1>(pairs))) as u32
    };
    let (first, second) = (_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    ((sum_of(first) + 2) >> 2) + ((sum_of(second) + 2) >> 2)
}

/// One step of the Hadamard transform.
#[target_feature(enable = "avx2")]
#[inline]
fn butterflies(mut t: [__m256i; 8], distance: usize) -> [__m256i; 8] {
    for i in 0..8 {
        if i & distance == 0 {
            let (a, b) = (t[i], t[i + distance]);
            (t[i], t[i + distance]) = (_mm256_add_epi16(a, b), _mm256_sub_epi16(a, b));
        }
    }
    t
}
