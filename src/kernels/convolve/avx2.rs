//! The filters in AVX2, sixteen samples at a time: sixteen columns of a row, or eight or four columns of two rows, one
//! row in each half of the registers. Either is a unit here.
//!
//! Samples that neighbouring taps multiply are interleaved, so that one instruction multiplies by two taps and adds.
//! The positive taps of a filter, halved, keep such sums within 16 bits.

mod halves;
mod rows;

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_castsi256_si128, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_packs_epi32, _mm256_packus_epi16, _mm256_permute2x128_si256,
    _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_slli_epi16, _mm256_srai_epi16, _mm256_srai_epi32, _mm256_unpackhi_epi16,
    _mm256_unpacklo_epi8, _mm256_unpacklo_epi16,
};

pub(super) use self::halves::put_halves;
use self::rows::{Rows, one_below, unit_rows};
use super::{FilterSet, Source, Subpel, by_taps, middle_taps, scalar};
use crate::kernels::isa::{load_i16x16, store_i16x16, store_u8x16};
use crate::kernels::simd::avx2::load_wide;
use crate::kernels::view::{SamplesMut, View, ViewMut};

/// What one reference's prediction is made of: samples, or the values of a compound.
trait Value: Copy {
    /// Whether `InterRound1` is 7.
    const COMPOUND: bool;
    /// Writes as many values as `to` has: those of a compound, or samples.
    fn write(to: &mut [Self], values: &[i16], samples: &[u8]);
    /// Takes samples at whole positions over.
    fn copy<const W: usize>(to: &mut [Self; W], samples: &[u8; W]);
    /// The scalar twin.
    fn scalar(dst: ViewMut<'_, Self>, src: Source<'_>, size: (usize, usize), subpel: Subpel);
}

impl Value for u8 {
    const COMPOUND: bool = false;

    #[inline(always)]
    fn write(to: &mut [Self], _: &[i16], samples: &[u8]) {
        to.copy_from_slice(&samples[..to.len()]);
    }

    #[inline(always)]
    fn copy<const W: usize>(to: &mut [Self; W], samples: &[u8; W]) {
        *to = *samples;
    }

    fn scalar(dst: ViewMut<'_, Self>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
        scalar::put(dst, src, size, subpel);
    }
}

impl Value for i16 {
    const COMPOUND: bool = true;

    #[inline(always)]
    fn write(to: &mut [Self], values: &[i16], _: &[u8]) {
        to.copy_from_slice(&values[..to.len()]);
    }

    #[inline(always)]
    fn copy<const W: usize>(to: &mut [Self; W], samples: &[u8; W]) {
        *to = samples.map(|sample| i16::from(sample) << 4);
    }

    fn scalar(dst: ViewMut<'_, Self>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
        scalar::prep(dst, src, size, subpel);
    }
}

#[target_feature(enable = "avx2")]
pub(super) fn put(dst: SamplesMut<'_>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
    convolve(dst, src, size, subpel);
}

#[target_feature(enable = "avx2")]
pub(super) fn prep(dst: ViewMut<'_, i16>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
    convolve(dst, src, size, subpel);
}

#[target_feature(enable = "avx2")]
pub(super) fn average(
    mut dst: SamplesMut<'_>,
    [first, second]: [View<'_, i16>; 2],
    (w, h): (usize, usize),
) {
    if !w.is_multiple_of(16) {
        return scalar::average(dst, [first, second], (w, h));
    }
    for y in 0..h {
        for x in (0..w).step_by(16) {
            let (a, b) = (load_i16x16(first.row(x, y)), load_i16x16(second.row(x, y)));
            let sum = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(16));
            write::<u8, 16>(&mut dst, x, y, _mm256_srai_epi16::<5>(sum));
        }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn convolve<T: Value>(
    mut dst: ViewMut<'_, T>,
    src: Source<'_>,
    (w, h): (usize, usize),
    subpel: Subpel,
) {
    if w == 2 || (w < 16 && h % 2 == 1) {
        return T::scalar(dst, src, (w, h), subpel);
    }
    if (subpel.x, subpel.y) == (0, 0) && !T::COMPOUND && w >= 32 {
        let columns = if w.is_multiple_of(64) { 64 } else { 32 };
        for x in (0..w).step_by(columns) {
            let src = Source { offset: src.offset + x, ..src };
            let mut dst = ViewMut::new(&mut dst.data[x..], dst.stride);
            if columns == 64 {
                whole::<T, 64>(&mut dst, src, h);
            } else {
                whole::<T, 32>(&mut dst, src, h);
            }
        }
        return;
    }
    match w {
        4 => strip::<T, 4>(&mut dst, src, h, subpel),
        8 => strip::<T, 8>(&mut dst, src, h, subpel),
        _ => {
            for x in (0..w).step_by(16) {
                let src = Source { offset: src.offset + x, ..src };
                let mut dst = ViewMut::new(&mut dst.data[x..], dst.stride);
                strip::<T, 16>(&mut dst, src, h, subpel);
            }
        }
    }
}

/// A strip of `W` columns.
#[target_feature(enable = "avx2")]
#[inline]
fn strip<T: Value, const W: usize>(
    dst: &mut ViewMut<'_, T>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    match (subpel.x, subpel.y) {
        (0, 0) => whole::<T, W>(dst, src, h),
        (_, 0) => by_taps!(subpel.filter_x, along_rows::<T, W>(dst, src, h, subpel)),
        (0, _) => by_taps!(subpel.filter_y, along_columns::<T, W>(dst, src, h, subpel)),
        _ => by_taps!(subpel.filter_y, along_both::<T, W>(dst, src, h, subpel)),
    }
}

/// Writes unit `y` of values that are rounded but not clipped.
#[target_feature(enable = "avx2")]
#[inline]
fn write<T: Value, const W: usize>(dst: &mut ViewMut<'_, T>, x: usize, y: usize, v: __m256i) {
    let values = store_i16x16(v);
    let packed = _mm256_permute4x64_epi64::<0x08>(_mm256_packus_epi16(v, v));
    let samples = store_u8x16(_mm256_castsi256_si128(packed));
    if W == 16 {
        T::write(dst.row::<16>(x, y), &values, &samples);
    } else {
        T::write(dst.row::<W>(x, 2 * y), &values[..8], &samples[..8]);
        T::write(dst.row::<W>(x, 2 * y + 1), &values[8..], &samples[8..]);
    }
}

/// Pairs of half the taps, as bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn byte_taps<const T: usize>(filter: FilterSet, position: usize) -> [__m256i; 4] {
    let taps = middle_taps::<T>(filter, position);
    let mut pairs = [_mm256_setzero_si256(); 4];
    for (pair, taps) in pairs.iter_mut().zip(taps.as_chunks().0) {
        let [a, b] = taps.map(|tap| tap as u8);
        *pair = _mm256_set1_epi16(i16::from_le_bytes([a, b]));
    }
    pairs
}

/// Pairs of half the taps, as 16-bit numbers.
#[target_feature(enable = "avx2")]
#[inline]
fn word_taps<const T: usize>(filter: FilterSet, position: usize) -> [__m256i; 4] {
    let taps = middle_taps::<T>(filter, position);
    let mut pairs = [_mm256_setzero_si256(); 4];
    for (pair, &[a, b]) in pairs.iter_mut().zip(taps.as_chunks().0) {
        *pair = _mm256_set1_epi32(i32::from(a as u16) | (i32::from(b) << 16));
    }
    pairs
}

/// Whole positions.
#[target_feature(enable = "avx2")]
#[inline]
fn whole<T: Value, const W: usize>(dst: &mut ViewMut<'_, T>, src: Source<'_>, h: usize) {
    let src = View::new(&src.data[src.offset..], src.stride);
    if !T::COMPOUND {
        for y in 0..h {
            T::copy(dst.row::<W>(0, y), src.row(0, y));
        }
        return;
    }
    for y in 0..h / unit_rows::<W>() {
        let samples = if W == 16 {
            load_wide::<16>(src.row(0, y))
        } else {
            let [upper, lower] = [2 * y, 2 * y + 1].map(|y| load_wide::<W>(src.row(0, y)));
            _mm256_permute2x128_si256::<0x20>(upper, lower)
        };
        write::<T, W>(dst, 0, y, _mm256_slli_epi16::<4>(samples));
    }
}

/// Rows only: the second pass multiplies by 128.
#[target_feature(enable = "avx2")]
fn along_rows<V: Value, const W: usize, const T: usize>(
    dst: &mut ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = byte_taps::<T>(subpel.filter_x, subpel.x);
    let mut rows = Rows::new(src, 0, T / 2 - 1, h);
    for y in 0..h / unit_rows::<W>() {
        let mut values = rows.filtered::<W, T>(&taps);
        if !V::COMPOUND {
            values = _mm256_srai_epi16::<4>(_mm256_add_epi16(values, _mm256_set1_epi16(8)));
        }
        write::<V, W>(dst, 0, y, values);
    }
}

/// Units that are held at a time, besides those that the taps reach below.
const BAND: usize = 16;

/// Units from one pair of taps to the next.
const fn tap_step<const W: usize>() -> usize {
    2 / unit_rows::<W>()
}

/// Columns only.
#[target_feature(enable = "avx2")]
fn along_columns<V: Value, const W: usize, const T: usize>(
    dst: &mut ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = byte_taps::<T>(subpel.filter_y, subpel.y);
    let mut rows = Rows::new(src, T / 2 - 1, 0, h + T - 1);
    let (units, reach) = (h / unit_rows::<W>(), (T / 2 - 1) * tap_step::<W>());
    let mut pairs = [_mm256_setzero_si256(); BAND + 6];
    let mut unit = rows.samples::<W>();
    for start in (0..units).step_by(BAND) {
        let count = BAND.min(units - start);
        let kept = if start == 0 { 0 } else { reach };
        for pair in &mut pairs[kept..count + reach] {
            let next = rows.samples::<W>();
            *pair = _mm256_unpacklo_epi8(unit, one_below::<W>(unit, next));
            unit = next;
        }
        for y in 0..count {
            let mut sum = _mm256_set1_epi16(if V::COMPOUND { 2 } else { 32 });
            for (k, &taps) in taps.iter().enumerate().take(T / 2) {
                let product = _mm256_maddubs_epi16(pairs[y + k * tap_step::<W>()], taps);
                sum = _mm256_add_epi16(sum, product);
            }
            let values =
                if V::COMPOUND { _mm256_srai_epi16::<2>(sum) } else { _mm256_srai_epi16::<6>(sum) };
            write::<V, W>(dst, 0, start + y, values);
        }
        pairs.copy_within(count..count + reach, 0);
    }
}

/// Rows, then columns with `T` taps.
#[target_feature(enable = "avx2")]
fn along_both<V: Value, const W: usize, const T: usize>(
    dst: &mut ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = word_taps::<T>(subpel.filter_y, subpel.y);
    let (units, reach) = (h / unit_rows::<W>(), (T / 2 - 1) * tap_step::<W>());
    let mut first_pass = FirstPass::new(src, T / 2 - 1, h + T - 1, subpel);
    let mut pairs = [[_mm256_setzero_si256(); 2]; BAND + 6];
    for start in (0..units).step_by(BAND) {
        let count = BAND.min(units - start);
        let kept = if start == 0 { 0 } else { reach };
        first_pass.pairs::<W>(&mut pairs[kept..count + reach]);
        for y in 0..count {
            let rounding = _mm256_set1_epi32(if V::COMPOUND { 32 } else { 512 });
            let mut sums = [rounding; 2];
            for (k, &taps) in taps.iter().enumerate().take(T / 2) {
                for (sum, pairs) in sums.iter_mut().zip(pairs[y + k * tap_step::<W>()]) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, taps));
                }
            }
            let [low, high] = if V::COMPOUND {
                [_mm256_srai_epi32::<6>(sums[0]), _mm256_srai_epi32::<6>(sums[1])]
            } else {
                [_mm256_srai_epi32::<10>(sums[0]), _mm256_srai_epi32::<10>(sums[1])]
            };
            write::<V, W>(dst, 0, start + y, _mm256_packs_epi32(low, high));
        }
        pairs.copy_within(count..count + reach, 0);
    }
}

/// The first pass over units from the top down.
struct FirstPass<'a> {
    rows: Rows<'a>,
    filter: FilterSet,
    taps: [__m256i; 4],
    /// The last unit.
    unit: __m256i,
}

impl<'a> FirstPass<'a> {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(src: Source<'a>, above: usize, count: usize, subpel: Subpel) -> Self {
        let (filter, position) = (subpel.filter_x, subpel.x);
        let (before, taps) = match filter {
            FilterSet::Sharp => (3, byte_taps::<8>(filter, position)),
            FilterSet::Regular | FilterSet::Smooth => (2, byte_taps::<6>(filter, position)),
            FilterSet::Regular4 | FilterSet::Smooth4 => (1, byte_taps::<4>(filter, position)),
            FilterSet::Bilinear => (0, byte_taps::<2>(filter, position)),
        };
        let rows = Rows::new(src, above, before, count);
        Self { rows, filter, taps, unit: _mm256_setzero_si256() }
    }

    /// The next units, each interleaved with the rows one below it.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn pairs<const W: usize>(&mut self, pairs: &mut [[__m256i; 2]]) {
        by_taps!(self.filter, interleaved::<W>(self, pairs));
    }
}

#[target_feature(enable = "avx2")]
fn interleaved<const W: usize, const T: usize>(
    pass: &mut FirstPass<'_>,
    pairs: &mut [[__m256i; 2]],
) {
    if pass.rows.next == 0 {
        pass.unit = pass.rows.filtered::<W, T>(&pass.taps);
    }
    for pair in pairs {
        let next = pass.rows.filtered::<W, T>(&pass.taps);
        let below = one_below::<W>(pass.unit, next);
        *pair = [_mm256_unpacklo_epi16(pass.unit, below), _mm256_unpackhi_epi16(pass.unit, below)];
        pass.unit = next;
    }
}
