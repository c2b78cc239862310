//! The direction and the filter in AVX2; the filter takes four rows of eight bytes at a time.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_blend_epi16, _mm_cvtsi32_si128, _mm_set_epi64x, _mm_unpackhi_epi16,
    _mm_unpackhi_epi32, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32,
    _mm_unpacklo_epi64, _mm256_add_epi8, _mm256_add_epi16, _mm256_add_epi32, _mm256_adds_epu8,
    _mm256_and_si256, _mm256_cvtepu8_epi16, _mm256_hadd_epi32, _mm256_madd_epi16, _mm256_max_epu8,
    _mm256_min_epu8, _mm256_mullo_epi32, _mm256_or_si256, _mm256_permute2x128_si256,
    _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setr_epi32, _mm256_setr_epi64x,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_si256, _mm256_srl_epi16,
    _mm256_srli_epi16, _mm256_srli_si256, _mm256_sub_epi8, _mm256_sub_epi16, _mm256_subs_epu8,
    _mm256_unpackhi_epi16, _mm256_unpacklo_epi16, _mm256_xor_si256,
};

use super::scalar::{self, tap_offset};
use super::{LUMA_ROWS, MARGIN, REACH, STRIDE, Strength, Window};
use crate::kernels::isa::{load_u8x32, store_u8x32};

/// Rows in the lower half of the registers and columns in the upper half, so that what is summed of one is summed of the
/// other. A set of lines and its mirror image have the same numbers of samples, from either end.
#[target_feature(enable = "avx2")]
pub(super) fn find_direction(block: &[[u8; 8]; 8]) -> (u8, u32) {
    let lines = rows_and_columns(block);
    let zero = _mm256_setzero_si256();
    // Along both diagonals: rows from the first on, and from the last on.
    let mut diagonals = [zero; 8];
    let mut pairs = [zero; 4];
    let mut axes = zero;
    for i in 0..8 {
        diagonals[i] = _mm256_permute2x128_si256::<0x20>(lines[i], lines[7 - i]);
    }
    for (i, pair) in pairs.iter_mut().enumerate() {
        *pair = _mm256_add_epi16(lines[2 * i], lines[2 * i + 1]);
        axes = _mm256_add_epi16(axes, *pair);
    }
    let [a, b, c, d] = pairs;
    let diagonal_weights = [
        _mm256_setr_epi32(840, 420, 280, 210, 840, 420, 280, 210),
        _mm256_setr_epi32(168, 140, 120, 105, 168, 140, 120, 105),
    ];
    let between_weights =
        [_mm256_setr_epi32(420, 210, 140, 105, 420, 210, 140, 105), _mm256_set1_epi32(105)];
    // Lane 8 of 15 sums belongs to lane 6, and lane 8 of 11 to lane 2.
    let diagonal = weighted(shifted_sums_of_8(diagonals), mirror(7), diagonal_weights);
    let between = weighted(shifted_sums_of_4([a, b, c, d]), mirror(3), between_weights);
    let flipped = weighted(shifted_sums_of_4([d, c, b, a]), mirror(3), between_weights);
    let axes = _mm256_mullo_epi32(_mm256_madd_epi16(axes, axes), _mm256_set1_epi32(105));
    let sums =
        _mm256_hadd_epi32(_mm256_hadd_epi32(diagonal, between), _mm256_hadd_epi32(flipped, axes));
    let bytes = store_u8x32(sums);
    let sums = bytes.as_chunks().0;
    let sum = |index: usize| i32::from_le_bytes(sums[index]);
    // Lower half: 0, 7, 5, 6; upper half: 4, 1, 3, 2.
    scalar::best_direction([sum(0), sum(5), sum(7), sum(6), sum(4), sum(2), sum(3), sum(1)])
}

/// Rows of a block, less 128, in the lower half, and its columns in the upper half.
#[target_feature(enable = "avx2")]
#[inline]
fn rows_and_columns(block: &[[u8; 8]; 8]) -> [__m256i; 8] {
    let rows = block.map(|row| _mm_set_epi64x(0, i64::from_le_bytes(row)));
    let pair = |i: usize| _mm_unpacklo_epi8(rows[2 * i], rows[2 * i + 1]);
    let (ab, cd, ef, gh) = (pair(0), pair(1), pair(2), pair(3));
    let upper = [_mm_unpacklo_epi16(ab, cd), _mm_unpackhi_epi16(ab, cd)];
    let lower = [_mm_unpacklo_epi16(ef, gh), _mm_unpackhi_epi16(ef, gh)];
    let columns = [
        _mm_unpacklo_epi32(upper[0], lower[0]),
        _mm_unpackhi_epi32(upper[0], lower[0]),
        _mm_unpacklo_epi32(upper[1], lower[1]),
        _mm_unpackhi_epi32(upper[1], lower[1]),
    ];
    let mut lines = [_mm256_setzero_si256(); 8];
    for (i, line) in lines.iter_mut().enumerate() {
        let both = match i % 2 {
            0 => _mm_unpacklo_epi64(rows[i], columns[i / 2]),
            _ => _mm_blend_epi16::<0xF0>(rows[i], columns[i / 2]),
        };
        *line = _mm256_sub_epi16(_mm256_cvtepu8_epi16(both), _mm256_set1_epi16(128));
    }
    lines
}

/// In each half by itself: the sums over equal `i + j` of lane `j` of vector `i`, the first eight and those after them.
macro_rules! shifted_sums {
    ($vectors:ident, $($i:literal),*) => {{
        let (mut low, mut high) = ($vectors[0], _mm256_setzero_si256());
        $(
            low = _mm256_add_epi16(low, _mm256_slli_si256::<{ 2 * $i }>($vectors[$i]));
            high = _mm256_add_epi16(high, _mm256_srli_si256::<{ 16 - 2 * $i }>($vectors[$i]));
        )*
        [low, high]
    }};
}

#[target_feature(enable = "avx2")]
#[inline]
fn shifted_sums_of_8(vectors: [__m256i; 8]) -> [__m256i; 2] {
    shifted_sums!(vectors, 1, 2, 3, 4, 5, 6, 7)
}

#[target_feature(enable = "avx2")]
#[inline]
fn shifted_sums_of_4(vectors: [__m256i; 4]) -> [__m256i; 2] {
    shifted_sums!(vectors, 1, 2, 3)
}

/// For a shuffle in each half by itself: the first `count` 16-bit lanes in reverse order, then 0.
#[target_feature(enable = "avx2")]
#[inline]
fn mirror(count: u8) -> __m256i {
    let mut bytes = [0x80; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        let lane = (i as u8 & 15) / 2;
        if lane < count {
            *byte = 2 * (count - 1 - lane) + (i as u8 & 1);
        }
    }
    load_u8x32(&bytes)
}

/// In each half by itself: the squares of sums with their weights, which are those of the low ones and of their mirror
/// images.
#[target_feature(enable = "avx2")]
#[inline]
fn weighted([low, high]: [__m256i; 2], mirror: __m256i, weights: [__m256i; 2]) -> __m256i {
    let high = _mm256_shuffle_epi8(high, mirror);
    let [first, second] = [_mm256_unpacklo_epi16(low, high), _mm256_unpackhi_epi16(low, high)]
        .map(|both| _mm256_madd_epi16(both, both));
    _mm256_add_epi32(_mm256_mullo_epi32(first, weights[0]), _mm256_mullo_epi32(second, weights[1]))
}

#[target_feature(enable = "avx2")]
pub(super) fn filter_luma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 8] {
    let origin = REACH * STRIDE + MARGIN + 8 * block;
    let [a, b, c, d] = filter::<1>(window, origin, strength, at_edge);
    let [e, f, g, h] = filter::<1>(window, origin + 4 * STRIDE, strength, at_edge);
    [a, b, c, d, e, f, g, h]
}

#[target_feature(enable = "avx2")]
pub(super) fn filter_chroma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 4] {
    filter::<2>(window, REACH * STRIDE + MARGIN + 8 * block, strength, at_edge)
}

/// Four rows from byte `origin` of a window on; `STEP` bytes lie between neighbouring samples of a plane.
#[target_feature(enable = "avx2")]
#[inline]
fn filter<const STEP: isize>(
    window: &Window,
    origin: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 4] {
    let rows = match (strength.primary > 0, strength.secondary > 0, at_edge) {
        (true, true, false) => filter_taps::<STEP, true, true, false>(window, origin, strength),
        (true, true, true) => filter_taps::<STEP, true, true, true>(window, origin, strength),
        (true, false, false) => filter_taps::<STEP, true, false, false>(window, origin, strength),
        (true, false, true) => filter_taps::<STEP, true, false, true>(window, origin, strength),
        (false, true, false) => filter_taps::<STEP, false, true, false>(window, origin, strength),
        (false, true, true) => filter_taps::<STEP, false, true, true>(window, origin, strength),
        (false, false, _) => rows(&window.samples, origin),
    };
    let bytes = store_u8x32(rows);
    let rows = bytes.as_chunks().0;
    [rows[0], rows[1], rows[2], rows[3]]
}

/// Eight bytes of each of four rows.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn rows(bytes: &[u8; STRIDE * LUMA_ROWS], start: usize) -> __m256i {
    let span: &[u8; 3 * STRIDE + 8] =
        bytes[start..].first_chunk().expect("taps stay inside their window");
    let row = |row: usize| i64::from_le_bytes(span.as_chunks().0[row * STRIDE / 8]);
    _mm256_setr_epi64x(row(0), row(1), row(2), row(3))
}

/// The taps at a distance from the samples `x`; one that is not available counts as the sample itself.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn load_tap<const EDGE: bool>(
    window: &Window,
    x: __m256i,
    origin: usize,
    offset: isize,
) -> __m256i {
    let start = origin.wrapping_add_signed(offset);
    let tap = rows(&window.samples, start);
    if !EDGE {
        return tap;
    }
    let available = rows(&window.available, start);
    _mm256_xor_si256(x, _mm256_and_si256(_mm256_xor_si256(x, tap), available))
}

/// One kind of taps: what differences to them are held to.
pub(super) struct Constraint {
    threshold: __m256i,
    /// `dampingAdj`.
    shift: __m128i,
    /// What a byte keeps of itself after that shift.
    kept: __m256i,
}

impl Constraint {
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn new(threshold: u8, damping: u8) -> Self {
        let shift = scalar::adjusted_damping(threshold, damping);
        Self {
            threshold: _mm256_set1_epi8(threshold as i8),
            shift: _mm_cvtsi32_si128(shift as i32),
            kept: _mm256_set1_epi8((0xFF_u8 >> shift) as i8),
        }
    }

    /// What 7.15.3 `constrain` holds a difference to, of which one part is 0.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn most(&self, above: __m256i, below: __m256i) -> __m256i {
        let difference = _mm256_srl_epi16(_mm256_or_si256(above, below), self.shift);
        _mm256_subs_epu8(self.threshold, _mm256_and_si256(difference, self.kept))
    }
}

/// Sums of constrained differences, positive and negative ones apart, and the range of the taps.
#[derive(Clone, Copy)]
struct Sums {
    positive: __m256i,
    negative: __m256i,
    least: __m256i,
    greatest: __m256i,
}

impl Sums {
    /// No differences, of samples with this range so far.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(least: __m256i, greatest: __m256i) -> Self {
        let zero = _mm256_setzero_si256();
        Self { positive: zero, negative: zero, least, greatest }
    }

    /// Adds 7.15.3 `constrain` of the difference from `x` to `tap`.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn add(self, x: __m256i, tap: __m256i, constraint: &Constraint) -> Self {
        let (above, below) = (_mm256_subs_epu8(tap, x), _mm256_subs_epu8(x, tap));
        let most = constraint.most(above, below);
        Self {
            positive: _mm256_add_epi8(self.positive, _mm256_min_epu8(above, most)),
            negative: _mm256_add_epi8(self.negative, _mm256_min_epu8(below, most)),
            least: _mm256_min_epu8(self.least, tap),
            greatest: _mm256_max_epu8(self.greatest, tap),
        }
    }
}

/// All ones if a primary strength is even.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn even_mask(primary: u8) -> __m256i {
    _mm256_set1_epi8((primary & 1).wrapping_sub(1) as i8)
}

/// Sums over near and far primary taps under their weights: 4 and 2 if `priStr` is even, else 3 and 3.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn weigh_primary(near: __m256i, far: __m256i, even: __m256i) -> __m256i {
    let both = _mm256_add_epi8(near, far);
    let three = _mm256_add_epi8(_mm256_add_epi8(both, both), both);
    let more = _mm256_add_epi8(three, _mm256_and_si256(near, even));
    _mm256_sub_epi8(more, _mm256_and_si256(far, even))
}

/// Adds the sums over near and far secondary taps under their weights, 2 and 1.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn add_secondary(sum: __m256i, near: __m256i, far: __m256i) -> __m256i {
    _mm256_add_epi8(_mm256_add_epi8(sum, _mm256_add_epi8(near, near)), far)
}

/// Samples moved by weighted sums, which are positive and negative; the standard's shift of 8 + sum - (sum < 0) rounds
/// half away from zero.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn filtered(x: __m256i, positive: __m256i, negative: __m256i) -> __m256i {
    let rounded = |a: __m256i, b: __m256i| {
        let sum = _mm256_add_epi8(_mm256_subs_epu8(a, b), _mm256_set1_epi8(8));
        _mm256_and_si256(_mm256_srli_epi16::<4>(sum), _mm256_set1_epi8(15))
    };
    let raised = _mm256_adds_epu8(x, rounded(positive, negative));
    _mm256_subs_epu8(raised, rounded(negative, positive))
}

/// The filter with `PRIMARY` and `SECONDARY` taps, minding availability if `EDGE`; everything fits 8 bits for the reasons
/// that the scalar twin gives.
#[target_feature(enable = "avx2")]
fn filter_taps<const STEP: isize, const PRIMARY: bool, const SECONDARY: bool, const EDGE: bool>(
    window: &Window,
    origin: usize,
    strength: Strength,
) -> __m256i {
    let Strength { primary, secondary, damping, direction } = strength;
    let x = rows(&window.samples, origin);
    let (mut least, mut greatest) = (x, x);
    let (mut positive, mut negative) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    if PRIMARY {
        let constraint = Constraint::new(primary, damping);
        let mut sums = [Sums::new(x, x); 2];
        for (k, sums) in sums.iter_mut().enumerate() {
            for sign in [1, -1] {
                let tap =
                    load_tap::<EDGE>(window, x, origin, sign * tap_offset(direction, k, STEP));
                *sums = sums.add(x, tap, &constraint);
            }
        }
        let [near, far] = sums;
        least = _mm256_min_epu8(near.least, far.least);
        greatest = _mm256_max_epu8(near.greatest, far.greatest);
        let even = even_mask(primary);
        positive = weigh_primary(near.positive, far.positive, even);
        negative = weigh_primary(near.negative, far.negative, even);
    }
    if SECONDARY {
        let constraint = Constraint::new(secondary, damping);
        let mut sums = [Sums::new(least, greatest); 2];
        for (k, sums) in sums.iter_mut().enumerate() {
            for (turn, sign) in [(2, 1), (2, -1), (6, 1), (6, -1)] {
                let offset = sign * tap_offset(direction + turn, k, STEP);
                *sums = sums.add(x, load_tap::<EDGE>(window, x, origin, offset), &constraint);
            }
        }
        let [near, far] = sums;
        least = _mm256_min_epu8(near.least, far.least);
        greatest = _mm256_max_epu8(near.greatest, far.greatest);
        positive = add_secondary(positive, near.positive, far.positive);
        negative = add_secondary(negative, near.negative, far.negative);
    }
    let y = filtered(x, positive, negative);
    if PRIMARY && SECONDARY { _mm256_min_epu8(_mm256_max_epu8(y, least), greatest) } else { y }
}
