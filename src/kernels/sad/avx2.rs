//! The differences in AVX2.
//!
//! Narrow blocks fill no more than the 128 bits that the scalar version uses anyway, and go there.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_avg_epu8, _mm256_extract_epi64,
    _mm256_hadd_epi32, _mm256_madd_epi16, _mm256_sad_epu8, _mm256_set1_epi16, _mm256_setzero_si256,
    _mm256_sub_epi16,
};

use super::{Moments, for_columns, scalar};
use crate::kernels::isa::store_i16x16;
use crate::kernels::simd::avx2::{halves, load, load_wide, total};
use crate::kernels::view::{Samples, ViewMut};

/// Adds `$function` of 32 or fewer samples at a time of two rows to `$sums`.
macro_rules! add_pieces {
    ($sums:expr, $w:ident, $piece:literal, $a:expr, $b:expr, $function:ident) => {{
        let (a, b): (&[u8; $w], &[u8; $w]) = ($a, $b);
        let (a, a_rest) = a.as_chunks::<$piece>();
        let (b, b_rest) = b.as_chunks::<$piece>();
        for (a, b) in a.iter().zip(b) {
            $sums = $function($sums, a, b);
        }
        if let (Some(a), Some(b)) = (a_rest.first_chunk::<$w>(), b_rest.first_chunk::<$w>()) {
            $sums = $function($sums, a, b);
        }
    }};
}

/// Adds `|a - b|` of at most 32 samples.
#[target_feature(enable = "avx2")]
#[inline]
fn add_magnitudes<const W: usize>(sums: __m256i, a: &[u8; W], b: &[u8; W]) -> __m256i {
    _mm256_add_epi32(sums, _mm256_sad_epu8(load(a), load(b)))
}

/// Adds `(a - b)²` of at most 16 samples.
#[target_feature(enable = "avx2")]
#[inline]
fn add_squares<const W: usize>(sums: __m256i, a: &[u8; W], b: &[u8; W]) -> __m256i {
    let difference = _mm256_sub_epi16(load_wide(a), load_wide(b));
    _mm256_add_epi32(sums, _mm256_madd_epi16(difference, difference))
}

#[target_feature(enable = "avx2")]
pub(super) fn sad(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    if width < 32 {
        return scalar::sad(src, pred, (width, height));
    }
    let mut sums = _mm256_setzero_si256();
    for_columns!(width, x, W, {
        for y in 0..height {
            add_pieces!(sums, W, 32, src.row(x, y), pred.row(x, y), add_magnitudes);
        }
    });
    total(sums)
}

#[target_feature(enable = "avx2")]
pub(super) fn sad_4(
    src: Samples<'_>,
    preds: [Samples<'_>; 4],
    (width, height): (usize, usize),
) -> [u32; 4] {
    if width < 32 {
        return scalar::sad_4(src, preds, (width, height));
    }
    let [a, b, c, d] = preds;
    let mut sums = [_mm256_setzero_si256(); 4];
    for_columns!(width, x, W, {
        for y in 0..height {
            let src = src.row(x, y);
            add_pieces!(sums[0], W, 32, src, a.row(x, y), add_magnitudes);
            add_pieces!(sums[1], W, 32, src, b.row(x, y), add_magnitudes);
            add_pieces!(sums[2], W, 32, src, c.row(x, y), add_magnitudes);
            add_pieces!(sums[3], W, 32, src, d.row(x, y), add_magnitudes);
        }
    });
    let [a, b, c, d] = sums;
    [total(a), total(b), total(c), total(d)]
}

#[target_feature(enable = "avx2")]
pub(super) fn sad_average(
    src: Samples<'_>,
    [first, second]: [Samples<'_>; 2],
    (width, height): (usize, usize),
) -> u32 {
    let mut sums = _mm256_setzero_si256();
    for_columns!(width, x, W, {
        for y in 0..height {
            let (src, rest) = src.row::<W>(x, y).as_chunks::<32>();
            let (first, first_rest) = first.row::<W>(x, y).as_chunks::<32>();
            let (second, second_rest) = second.row::<W>(x, y).as_chunks::<32>();
            for ((src, first), second) in src.iter().zip(first).zip(second) {
                sums = add_magnitudes_to_mean(sums, src, [first, second]);
            }
            if let (Some(src), Some(first), Some(second)) = (
                rest.first_chunk::<W>(),
                first_rest.first_chunk::<W>(),
                second_rest.first_chunk::<W>(),
            ) {
                sums = add_magnitudes_to_mean(sums, src, [first, second]);
            }
        }
    });
    total(sums)
}

/// Adds `|a - mean|` of at most 32 samples, where the mean is that of two others.
#[target_feature(enable = "avx2")]
#[inline]
fn add_magnitudes_to_mean<const W: usize>(
    sums: __m256i,
    src: &[u8; W],
    [first, second]: [&[u8; W]; 2],
) -> __m256i {
    let mean = _mm256_avg_epu8(load(first), load(second));
    _mm256_add_epi32(sums, _mm256_sad_epu8(load(src), mean))
}

#[target_feature(enable = "avx2")]
pub(super) fn sse(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    if width < 16 {
        return scalar::sse(src, pred, (width, height));
    }
    let mut sums = _mm256_setzero_si256();
    for_columns!(width, x, W, {
        for y in 0..height {
            add_pieces!(sums, W, 16, src.row(x, y), pred.row(x, y), add_squares);
        }
    });
    total(sums)
}

#[target_feature(enable = "avx2")]
pub(super) fn moments(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
    parts: &mut [[Moments; 8]],
) {
    for (top, parts) in (0..height).step_by(8).zip(parts) {
        let (src, pred, rows) = (src.from(0, top), pred.from(0, top), (height - top).min(8));
        let mut left = 0;
        while left + 4 <= width {
            let (src, pred) = (src.from(left, 0), pred.from(left, 0));
            let (two, count) = match width - left {
                16.. => (moments_of_two::<16>(src, pred, rows), 2),
                8.. => (moments_of_two::<8>(src, pred, rows), 1),
                _ => (moments_of_two::<4>(src, pred, rows), 1),
            };
            parts[left / 8..][..count].copy_from_slice(&two[..count]);
            left += 8 * count;
        }
    }
}

/// The sums of eight columns, and of eight more.
#[target_feature(enable = "avx2")]
#[inline]
fn moments_of_two<const W: usize>(
    src: Samples<'_>,
    pred: Samples<'_>,
    rows: usize,
) -> [Moments; 2] {
    let (mut sums, mut squares) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for y in 0..rows {
        let difference =
            _mm256_sub_epi16(load_wide::<W>(src.row(0, y)), load_wide::<W>(pred.row(0, y)));
        sums = _mm256_add_epi16(sums, difference);
        squares = _mm256_add_epi32(squares, _mm256_madd_epi16(difference, difference));
    }
    let sums = _mm256_madd_epi16(sums, _mm256_set1_epi16(1));
    // Pairs of lanes of both, then all four of each half.
    let pairs = _mm256_hadd_epi32(sums, squares);
    let both = _mm256_hadd_epi32(pairs, pairs);
    let both = [_mm256_extract_epi64::<0>(both), _mm256_extract_epi64::<2>(both)];
    both.map(|both| Moments { sum: both as i32, sse: (both >> 32) as u32 })
}

#[target_feature(enable = "avx2")]
pub(super) fn residual(
    src: Samples<'_>,
    pred: Samples<'_>,
    mut dst: ViewMut<'_, i16>,
    (width, height): (usize, usize),
) {
    for_columns!(width, x, W, {
        for y in 0..height {
            let (src, src_rest) = src.row::<W>(x, y).as_chunks::<16>();
            let (pred, pred_rest) = pred.row::<W>(x, y).as_chunks::<16>();
            let (dst, dst_rest) = dst.row::<W>(x, y).as_chunks_mut::<16>();
            for ((src, pred), dst) in src.iter().zip(pred).zip(dst) {
                *dst = store_i16x16(_mm256_sub_epi16(load_wide(src), load_wide(pred)));
            }
            if let (Some(src), Some(pred)) =
                (src_rest.first_chunk::<W>(), pred_rest.first_chunk::<W>())
            {
                let [difference, _] = halves(_mm256_sub_epi16(load_wide(src), load_wide(pred)));
                dst_rest.copy_from_slice(&difference[..W.min(8)]);
            }
        }
    });
}
