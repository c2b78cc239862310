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

use super::{Beside, Coefficients, Room, distances, scalar};
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
            let (x, y) = (col * 16, row * 8);
            let mut block = [_mm256_setzero_si256(); 8];
            if x + 16 <= width {
                for (i, row) in block.iter_mut().enumerate() {
                    *row = difference::<16>(src, pred, x, y + i);
                }
            } else {
                for (i, row) in block.iter_mut().enumerate() {
                    *row = difference::<8>(src, pred, x, y + i);
                }
            }
            magnitudes = _mm256_add_epi32(magnitudes, transform(&mut block));
            units[row * cols + col] = block.map(store_i16x16);
        }
    }
    let mut quarters = [Beside::default(); 4];
    let is_square = width == height;
    if width.is_multiple_of(16) && rows.is_multiple_of(2) {
        if is_square && width == 16 {
            quarters = quarters_of_units(units, threshold);
        }
        for upper in (0..rows).step_by(2) {
            for col in 0..cols {
                let first = upper * cols + col;
                combine_beside(units, [first, first + cols]);
            }
        }
        for distance in distances(width / 8, rows).skip(1) {
            if is_square && 16 * distance == width {
                for (number, quarter) in quarters.iter_mut().enumerate() {
                    let mut sums = BesideSums::new();
                    let first = number / 2 * distance * cols + number % 2 * distance / 2;
                    for row in 0..distance {
                        sums.add(&units[first + row * cols..][..distance / 2], threshold);
                    }
                    *quarter = sums.total();
                }
            }
            // Units are two blocks wide.
            for row in (0..rows).filter(|row| row & distance == 0) {
                for col in (0..cols).filter(|col| col & (distance / 2) == 0) {
                    let first = row * cols + col;
                    let below = first + distance * cols;
                    combine(units, [first, first + distance / 2, below, below + distance / 2]);
                }
            }
        }
    }
    let mut whole = BesideSums::new();
    whole.add(units, threshold);
    Coefficients { magnitudes: total(magnitudes), whole: whole.total(), quarters }
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
    let load = |values: &[i16; 16]| _mm256_srai_epi16::<1>(load_i16x16(values));
    let [a, b, c, d] = units.get_disjoint_mut(four).expect("four units");
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        let (upper, lower) = ([load(a), load(b)], [load(c), load(d)]);
        let beside = |[a, b]: [__m256i; 2]| (_mm256_adds_epi16(a, b), _mm256_subs_epi16(a, b));
        let (upper, lower) = (beside(upper), beside(lower));
        *a = store_i16x16(_mm256_adds_epi16(upper.0, lower.0));
        *b = store_i16x16(_mm256_adds_epi16(upper.1, lower.1));
        *c = store_i16x16(_mm256_subs_epi16(upper.0, lower.0));
        *d = store_i16x16(_mm256_subs_epi16(upper.1, lower.1));
    }
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
        let (ones, threshold) = (_mm256_set1_epi16(1), _mm256_set1_epi16(threshold as i16));
        for values in units.as_flattened() {
            let magnitude = _mm256_abs_epi16(load_i16x16(values));
            let low = _mm256_min_epi16(magnitude, threshold);
            let above = _mm256_sub_epi16(magnitude, low);
            self.excess = _mm256_add_epi32(self.excess, _mm256_madd_epi16(above, ones));
            self.squares = _mm256_add_epi32(self.squares, _mm256_madd_epi16(low, low));
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
