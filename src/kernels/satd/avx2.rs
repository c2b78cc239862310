//! SATD of two 8×8 blocks at a time, one in each half of the registers; one alone is the scalar version's.

use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm_unpackhi_epi64,
    _mm256_abs_epi16, _mm256_add_epi16, _mm256_add_epi32, _mm256_add_epi64, _mm256_adds_epi16,
    _mm256_and_si256, _mm256_blend_epi32, _mm256_castsi256_si128, _mm256_extract_epi64,
    _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_max_epi16, _mm256_min_epi16,
    _mm256_permute2x128_si256, _mm256_set1_epi16, _mm256_set1_epi64x, _mm256_setzero_si256,
    _mm256_srai_epi16, _mm256_srli_epi64, _mm256_sub_epi16, _mm256_subs_epi16,
    _mm256_unpackhi_epi64,
};

use super::{Beside, Coefficients, Detail, Room, distances, scalar};
use crate::kernels::isa::{load_i16x16, store_i16x16};
use crate::kernels::simd::avx2::{load_wide, total, transpose_halves};
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
    size: (usize, usize),
    detail: Detail,
    room: &mut Room,
) -> Coefficients {
    match detail {
        Detail::Magnitudes => {
            Coefficients { magnitudes: magnitudes(src, pred, size), ..Coefficients::default() }
        }
        Detail::Whole(threshold) => all::<false>(src, pred, size, threshold, room),
        Detail::Quarters(threshold) => all::<true>(src, pred, size, threshold, room),
    }
}

/// The differences of eight rows of 16 samples, or of those 8 that are left of them.
macro_rules! differences {
    ($src:ident, $pred:ident, ($x:expr, $y:expr), $width:ident) => {{
        let (x, y) = ($x, $y);
        let mut block = [_mm256_setzero_si256(); 8];
        if x + 16 <= $width {
            for (i, row) in block.iter_mut().enumerate() {
                *row = difference::<16>($src, $pred, x, y + i);
            }
        } else {
            for (i, row) in block.iter_mut().enumerate() {
                *row = difference::<8>($src, $pred, x, y + i);
            }
        }
        block
    }};
}

/// [`Coefficients::magnitudes`].
#[target_feature(enable = "avx2")]
#[inline]
fn magnitudes(src: Samples<'_>, pred: Samples<'_>, (width, height): (usize, usize)) -> u32 {
    let mut sums = _mm256_setzero_si256();
    for y in (0..height).step_by(8) {
        for x in (0..width).step_by(16) {
            let half = half_magnitudes(differences!(src, pred, (x, y), width));
            sums = _mm256_add_epi32(sums, half);
        }
    }
    2 * total(sums)
}

/// All of the coefficients; their quarters if `QUARTERS`.
#[target_feature(enable = "avx2")]
#[inline]
fn all<const QUARTERS: bool>(
    src: Samples<'_>,
    pred: Samples<'_>,
    (width, height): (usize, usize),
    threshold: u16,
    room: &mut Room,
) -> Coefficients {
    let (cols, rows) = (width.div_ceil(16), height / 8);
    // Two blocks beside each other are a unit; of the last in a row the second may be missing, and is 0.
    let units = &mut room.as_chunks_mut::<16>().0.as_chunks_mut::<8>().0[..cols * rows];
    let mut magnitudes = _mm256_setzero_si256();
    for row in 0..rows {
        for col in 0..cols {
            let mut block = differences!(src, pred, (col * 16, row * 8), width);
            magnitudes = _mm256_add_epi32(magnitudes, transform(&mut block));
            units[row * cols + col] = block.map(store_i16x16);
        }
    }
    let mut found = Coefficients { magnitudes: total(magnitudes), ..Coefficients::default() };
    let mut whole = BesideSums::new();
    if !width.is_multiple_of(16) || !rows.is_multiple_of(2) {
        whole.add(units, threshold);
        return Coefficients { whole: whole.total(), ..found };
    }
    let is_square = width == height;
    if QUARTERS && is_square && width == 16 {
        found.quarters = quarters_of_units(units, threshold);
    }
    for upper in (0..rows).step_by(2) {
        for col in 0..cols {
            let first = upper * cols + col;
            combine_beside(units, [first, first + cols]);
        }
    }
    let last = distances(width / 8, rows).last().unwrap_or(1);
    if last == 1 {
        whole.add(units, threshold);
    }
    let mut quarters = [BesideSums::new(); 4];
    for distance in distances(width / 8, rows).skip(1) {
        // Units are two blocks wide.
        for row in (0..rows).filter(|row| row & distance == 0) {
            for col in (0..cols).filter(|col| col & (distance / 2) == 0) {
                let first = row * cols + col;
                let below = first + distance * cols;
                let four = [first, first + distance / 2, below, below + distance / 2];
                if distance < last {
                    combine(units, four);
                    continue;
                }
                if QUARTERS && is_square {
                    for (sums, unit) in quarters.iter_mut().zip(four) {
                        sums.add(&units[unit..=unit], threshold);
                    }
                }
                whole.add_combined(units, four, threshold);
            }
        }
    }
    if QUARTERS && is_square && last > 1 {
        for (quarter, sums) in found.quarters.iter_mut().zip(&quarters) {
            *quarter = sums.total();
        }
    }
    Coefficients { whole: whole.total(), ..found }
}

/// Coefficients of two 8×8 blocks.
type Unit = [[i16; 16]; 8];

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
    let mut sum = _mm256_setzero_si256();
    for v in t {
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_abs_epi16(v), ones));
    }
    sum
}

/// One step from the transforms of two units, one above the other, to those of 16×16, halved.
#[target_feature(enable = "avx2")]
#[inline]
fn combine_beside(units: &mut [Unit], [upper, lower]: [usize; 2]) {
    let sums = |values: &[i16; 16]| {
        let ab = _mm256_srai_epi16::<1>(load_i16x16(values));
        let ba = _mm256_permute2x128_si256::<0x01>(ab, ab);
        // a + b, and a - b: what is swapped minus what is not, in the second half.
        _mm256_blend_epi32::<0xF0>(_mm256_adds_epi16(ab, ba), _mm256_subs_epi16(ba, ab))
    };
    let (first, second) = units.split_at_mut(lower);
    for (upper, lower) in first[upper].iter_mut().zip(&mut second[0]) {
        let (above, below) = (sums(upper), sums(lower));
        *upper = store_i16x16(_mm256_adds_epi16(above, below));
        *lower = store_i16x16(_mm256_subs_epi16(above, below));
    }
}

/// One step from four transforms to one of twice the size, halved.
#[target_feature(enable = "avx2")]
#[inline]
fn combine(units: &mut [Unit], four: [usize; 4]) {
    let [a, b, c, d] = units.get_disjoint_mut(four).expect("four units");
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let combined = combined([a, b, c, d]);
        *a = store_i16x16(combined[0]);
        *b = store_i16x16(combined[1]);
        *c = store_i16x16(combined[2]);
        *d = store_i16x16(combined[3]);
    }
}

/// One step from four vectors of transforms to those of one of twice the size, halved.
#[target_feature(enable = "avx2")]
#[inline]
fn combined([a, b, c, d]: [&[i16; 16]; 4]) -> [__m256i; 4] {
    let load = |values: &[i16; 16]| _mm256_srai_epi16::<1>(load_i16x16(values));
    let (upper, lower) = ([load(a), load(b)], [load(c), load(d)]);
    let beside = |[a, b]: [__m256i; 2]| (_mm256_adds_epi16(a, b), _mm256_subs_epi16(a, b));
    let (upper, lower) = (beside(upper), beside(lower));
    [
        _mm256_adds_epi16(upper.0, lower.0),
        _mm256_adds_epi16(upper.1, lower.1),
        _mm256_subs_epi16(upper.0, lower.0),
        _mm256_subs_epi16(upper.1, lower.1),
    ]
}

/// What four blocks in two units are beside the threshold, each for itself.
#[target_feature(enable = "avx2")]
#[inline]
fn quarters_of_units(units: &[Unit], threshold: u16) -> [Beside; 4] {
    let [upper, lower] = [0, 1].map(|unit| {
        let mut sums = BesideSums::new();
        sums.add(&units[unit..=unit], threshold);
        sums.halves()
    });
    [upper[0], upper[1], lower[0], lower[1]]
}

/// Sums of what magnitudes have above a threshold, and of their squares up to it. A lane of squares gains up to 2^23 in
/// 16 of them, and there are 256 times as many at most.
#[derive(Clone, Copy)]
struct BesideSums {
    excess: __m256i,
    squares: __m256i,
}

impl BesideSums {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new() -> Self {
        Self { excess: _mm256_setzero_si256(), squares: _mm256_setzero_si256() }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn add(&mut self, units: &[Unit], threshold: u16) {
        for values in units.as_flattened() {
            *self = self.and(load_i16x16(values), threshold);
        }
    }

    /// With the sixteen of one vector.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn and(self, values: __m256i, threshold: u16) -> Self {
        let magnitude = _mm256_abs_epi16(values);
        let low = _mm256_min_epi16(magnitude, _mm256_set1_epi16(threshold as i16));
        let above = _mm256_madd_epi16(_mm256_sub_epi16(magnitude, low), _mm256_set1_epi16(1));
        Self {
            excess: _mm256_add_epi32(self.excess, above),
            squares: _mm256_add_epi32(self.squares, _mm256_madd_epi16(low, low)),
        }
    }

    /// Adds what [`combine`] makes of four units, which stay as they are.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn add_combined(&mut self, units: &[Unit], [a, b, c, d]: [usize; 4], threshold: u16) {
        let rows = units[a].iter().zip(&units[b]).zip(&units[c]).zip(&units[d]);
        for (((a, b), c), d) in rows {
            for values in combined([a, b, c, d]) {
                *self = self.and(values, threshold);
            }
        }
    }

    /// The sums of the lower and of the upper half of all vectors.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn halves(&self) -> [Beside; 2] {
        let excess = _mm256_add_epi32(self.excess, _mm256_srli_epi64::<32>(self.excess));
        let excess = _mm256_add_epi32(excess, _mm256_unpackhi_epi64(excess, excess));
        let mask = _mm256_set1_epi64x(0xFFFF_FFFF);
        let (even, odd) =
            (_mm256_and_si256(self.squares, mask), _mm256_srli_epi64::<32>(self.squares));
        let squares = _mm256_add_epi64(even, odd);
        let squares = _mm256_add_epi64(squares, _mm256_unpackhi_epi64(squares, squares));
        let of =
            |excess: i64, squares: i64| Beside { excess: excess as u32, squares: squares as u64 };
        [
            of(_mm256_extract_epi64::<0>(excess), _mm256_extract_epi64::<0>(squares)),
            of(_mm256_extract_epi64::<2>(excess), _mm256_extract_epi64::<2>(squares)),
        ]
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn total(&self) -> Beside {
        let [first, second] = self.halves();
        Beside {
            excess: first.excess.wrapping_add(second.excess),
            squares: first.squares + second.squares,
        }
    }
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
fn hadamard(block: [__m256i; 8]) -> u32 {
    let sum = half_magnitudes(block);
    let sum_of = |half| {
        let pairs = _mm_add_epi32(half, _mm_unpackhi_epi64(half, half));
        2 * _mm_cvtsi128_si32(_mm_add_epi32(pairs, _mm_shuffle_epi32::<1>(pairs))) as u32
    };
    let (first, second) = (_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
    ((sum_of(first) + 2) >> 2) + ((sum_of(second) + 2) >> 2)
}

/// Half the sums of the magnitudes of the transforms of both blocks, in eight lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn half_magnitudes(mut t: [__m256i; 8]) -> __m256i {
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
    _mm256_madd_epi16(sum, _mm256_set1_epi16(1))
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
