//! Trials in AVX2, four rows of eight bytes at a time.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi8, _mm256_add_epi32, _mm256_hadd_epi32, _mm256_madd_epi16,
    _mm256_max_epu8, _mm256_min_epu8, _mm256_or_si256, _mm256_setr_epi64x, _mm256_setzero_si256,
    _mm256_subs_epu8, _mm256_unpackhi_epi8, _mm256_unpacklo_epi8,
};

use super::{Errors, MOST_PRIMARY, MOST_SECONDARY, Strengths};
use crate::kernels::cdef::avx2::{
    Constraint, add_secondary, even_mask, filtered, load_tap, rows, weigh_primary,
};
use crate::kernels::cdef::scalar::tap_offset;
use crate::kernels::cdef::{MARGIN, REACH, STRIDE, Window};
use crate::kernels::isa::store_u8x32;

/// Eight lanes of squared errors, by secondary and then by primary strength.
type Totals = [[__m256i; MOST_PRIMARY]; MOST_SECONDARY];

#[target_feature(enable = "avx2")]
pub(super) fn try_luma(
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[[u8; 8]; 8],
) -> Errors {
    let mut totals = [[_mm256_setzero_si256(); MOST_PRIMARY]; MOST_SECONDARY];
    let origin = REACH * STRIDE + MARGIN + 8 * block;
    for (half, source) in source.as_chunks().0.iter().enumerate() {
        let origin = origin + 4 * half * STRIDE;
        let taps = Taps::load::<1>(window, origin, strengths.direction, at_edge);
        try_rows(&taps, strengths, source, &mut totals);
    }
    sums(&totals, strengths)
}

#[target_feature(enable = "avx2")]
pub(super) fn try_chroma(
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[[u8; 8]; 4],
) -> Errors {
    let mut totals = [[_mm256_setzero_si256(); MOST_PRIMARY]; MOST_SECONDARY];
    let origin = REACH * STRIDE + MARGIN + 8 * block;
    let taps = Taps::load::<2>(window, origin, strengths.direction, at_edge);
    try_rows(&taps, strengths, source, &mut totals);
    sums(&totals, strengths)
}

/// Four rows, how far their taps lie above and below them, near ones first, and the range of all of them.
struct Taps {
    x: __m256i,
    least: __m256i,
    greatest: __m256i,
    primary: [[__m256i; 2]; 4],
    secondary: [[__m256i; 2]; 8],
}

impl Taps {
    /// The taps of four rows from byte `origin` of a window on; `STEP` bytes lie between neighbouring samples.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn load<const STEP: isize>(
        window: &Window,
        origin: usize,
        direction: u8,
        at_edge: bool,
    ) -> Self {
        let x = rows(&window.samples, origin);
        let zero = _mm256_setzero_si256();
        let mut taps =
            Self { x, least: x, greatest: x, primary: [[zero; 2]; 4], secondary: [[zero; 2]; 8] };
        let mut load = |turn: u8, k: usize, sign: isize| {
            let offset = sign * tap_offset(direction + turn, k, STEP);
            let tap = match at_edge {
                false => load_tap::<false>(window, x, origin, offset),
                true => load_tap::<true>(window, x, origin, offset),
            };
            taps.least = _mm256_min_epu8(taps.least, tap);
            taps.greatest = _mm256_max_epu8(taps.greatest, tap);
            [_mm256_subs_epu8(tap, x), _mm256_subs_epu8(x, tap)]
        };
        let mut primary = [[zero; 2]; 4];
        for (i, differences) in primary.iter_mut().enumerate() {
            *differences = load(0, i / 2, if i % 2 == 0 { 1 } else { -1 });
        }
        let mut secondary = [[zero; 2]; 8];
        for (i, differences) in secondary.iter_mut().enumerate() {
            *differences =
                load(if i % 4 < 2 { 2 } else { 6 }, i / 4, if i % 2 == 0 { 1 } else { -1 });
        }
        Self { primary, secondary, ..taps }
    }
}

/// The sums of what a constraint leaves of differences, positive and negative ones apart.
#[target_feature(enable = "avx2")]
#[inline]
fn constrained(differences: &[[__m256i; 2]], constraint: &Constraint) -> [__m256i; 2] {
    let mut sums = [_mm256_setzero_si256(); 2];
    for &[above, below] in differences {
        let most = constraint.most(above, below);
        sums[0] = _mm256_add_epi8(sums[0], _mm256_min_epu8(above, most));
        sums[1] = _mm256_add_epi8(sums[1], _mm256_min_epu8(below, most));
    }
    sums
}

/// Adds the squared errors of four rows under each pair of strengths.
#[target_feature(enable = "avx2")]
fn try_rows(taps: &Taps, strengths: &Strengths<'_>, source: &[[u8; 8]; 4], totals: &mut Totals) {
    let zero = _mm256_setzero_si256();
    let source = source.map(i64::from_le_bytes);
    let source = _mm256_setr_epi64x(source[0], source[1], source[2], source[3]);
    let mut primaries = [[zero; 2]; MOST_PRIMARY];
    for (to, &strength) in primaries.iter_mut().zip(strengths.primary) {
        let constraint = Constraint::new(strength, strengths.damping);
        let [near, far] =
            [&taps.primary[..2], &taps.primary[2..]].map(|taps| constrained(taps, &constraint));
        let even = even_mask(strength);
        *to = [weigh_primary(near[0], far[0], even), weigh_primary(near[1], far[1], even)];
    }
    for (totals, &strength) in totals.iter_mut().zip(strengths.secondary) {
        let constraint = Constraint::new(strength, strengths.damping);
        let near = constrained(&taps.secondary[..4], &constraint);
        let far = constrained(&taps.secondary[4..], &constraint);
        let [positive, negative] = [0, 1].map(|i| add_secondary(zero, near[i], far[i]));
        for (total, (primary, _)) in totals.iter_mut().zip(primaries.iter().zip(strengths.primary))
        {
            let positive = _mm256_add_epi8(positive, primary[0]);
            let negative = _mm256_add_epi8(negative, primary[1]);
            let y = filtered(taps.x, positive, negative);
            let y = _mm256_min_epu8(_mm256_max_epu8(y, taps.least), taps.greatest);
            let left = _mm256_or_si256(_mm256_subs_epu8(y, source), _mm256_subs_epu8(source, y));
            let halves = [_mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero)];
            for half in halves {
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(half, half));
            }
        }
    }
}

/// The sums over the lanes.
#[target_feature(enable = "avx2")]
#[inline]
fn sums(totals: &Totals, strengths: &Strengths<'_>) -> Errors {
    let mut errors = [[0; MOST_PRIMARY]; MOST_SECONDARY];
    for (errors, totals) in errors.iter_mut().zip(totals).take(strengths.secondary.len()) {
        for (errors, totals) in errors.as_chunks_mut().0.iter_mut().zip(totals.as_chunks().0) {
            let [a, b, c, d]: [__m256i; 4] = *totals;
            let sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
            let bytes = store_u8x32(sums);
            let lanes: &[[u8; 4]] = bytes.as_chunks().0;
            *errors = [0, 1, 2, 3]
                .map(|i| u32::from_le_bytes(lanes[i]) + u32::from_le_bytes(lanes[i + 4]));
        }
    }
    errors
}
