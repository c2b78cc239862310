//! The filters in NEON, sixteen columns at a time, or eight and fewer in the lower halves of the registers.
//!
//! Samples less 128 and half the taps are signed bytes, whose products one instruction widens and adds. Half the taps come
//! to 64, so a sum that starts at 128 · 64 is that of the samples themselves; it fits 16 bits.

use std::arch::aarch64::{
    int8x16_t, int16x8_t, int32x4_t, vaddq_s16, vcombine_s16, vdupq_n_s8, vdupq_n_s16, vdupq_n_s32,
    vdupq_n_u8, veorq_u8, vextq_s8, vget_low_s8, vget_low_s16, vmlal_high_n_s16, vmlal_high_s8,
    vmlal_n_s16, vmlal_s8, vqmovun_s16, vqrshrun_n_s16, vreinterpretq_s8_u8, vreinterpretq_s16_u16,
    vrshrn_n_s32, vrshrq_n_s16, vshll_n_u8,
};

use super::{FilterSet, HALVES, Source, Subpel, by_taps, middle_taps, scalar};
use crate::kernels::isa::{load_i16x8, load_u8x16, neon, store_i16x8};
use crate::kernels::simd::neon::{load_8, store_8};
use crate::kernels::view::{SamplesMut, View, ViewMut};

pub(super) fn put(dst: SamplesMut<'_>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
    if (subpel.x, subpel.y) == (0, 0) {
        return scalar::put(dst, src, size, subpel);
    }
    convolve(dst, src, size, subpel);
}

pub(super) fn put_halves(dst: [SamplesMut<'_>; 3], src: Source<'_>, size: (usize, usize)) {
    for (dst, subpel) in dst.into_iter().zip(HALVES) {
        put(dst, src, size, subpel);
    }
}

pub(super) fn prep(dst: ViewMut<'_, i16>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
    convolve(dst, src, size, subpel);
}

pub(super) fn average(
    dst: SamplesMut<'_>,
    [first, second]: [View<'_, i16>; 2],
    (w, h): (usize, usize),
) {
    if w < 8 {
        return scalar::average(dst, [first, second], (w, h));
    }
    let rows = first.data.chunks(first.stride).zip(second.data.chunks(second.stride));
    for (out, (a, b)) in dst.rows().zip(rows).take(h) {
        let (a, b) = (a[..w].as_chunks().0, b[..w].as_chunks().0);
        for ((out, a), b) in out[..w].as_chunks_mut().0.iter_mut().zip(a).zip(b) {
            let sum = neon! { vaddq_s16(load_i16x8(a), load_i16x8(b)) };
            *out = store_8(neon! { vqrshrun_n_s16::<5>(sum) });
        }
    }
}

/// How one reference's prediction leaves the filters: as samples, or as values of a compound.
trait Value: Copy {
    /// Eight times 0.
    const ZERO: [Self; 8];
    /// From samples at whole positions.
    fn whole(samples: &[u8; 8]) -> [Self; 8];
    /// From half the sum of the first pass, at a whole row.
    fn rows(half_sum: int16x8_t) -> [Self; 8];
    /// From half the sum of the second pass over samples, at a whole column.
    fn columns(half_sum: int16x8_t) -> [Self; 8];
    /// From half the sum of the second pass over the first one's results.
    fn both(half_sum: [int32x4_t; 2]) -> [Self; 8];
}

/// A prediction from one reference: `InterRound1` is 11.
impl Value for u8 {
    const ZERO: [Self; 8] = [0; 8];

    #[inline(always)]
    fn whole(samples: &[u8; 8]) -> [Self; 8] {
        *samples
    }

    #[inline(always)]
    fn rows(half_sum: int16x8_t) -> [Self; 8] {
        store_8(neon! { vqrshrun_n_s16::<4>(vrshrq_n_s16::<2>(half_sum)) })
    }

    #[inline(always)]
    fn columns(half_sum: int16x8_t) -> [Self; 8] {
        store_8(neon! { vqrshrun_n_s16::<6>(half_sum) })
    }

    #[inline(always)]
    fn both([low, high]: [int32x4_t; 2]) -> [Self; 8] {
        store_8(neon! {
            vqmovun_s16(vcombine_s16(vrshrn_n_s32::<10>(low), vrshrn_n_s32::<10>(high)))
        })
    }
}

/// One of two predictions: `InterRound1` is 7.
impl Value for i16 {
    const ZERO: [Self; 8] = [0; 8];

    #[inline(always)]
    fn whole(samples: &[u8; 8]) -> [Self; 8] {
        store_i16x8(neon! { vreinterpretq_s16_u16(vshll_n_u8::<4>(load_8(samples))) })
    }

    #[inline(always)]
    fn rows(half_sum: int16x8_t) -> [Self; 8] {
        store_i16x8(neon! { vrshrq_n_s16::<2>(half_sum) })
    }

    #[inline(always)]
    fn columns(half_sum: int16x8_t) -> [Self; 8] {
        Self::rows(half_sum)
    }

    #[inline(always)]
    fn both([low, high]: [int32x4_t; 2]) -> [Self; 8] {
        store_i16x8(neon! { vcombine_s16(vrshrn_n_s32::<6>(low), vrshrn_n_s32::<6>(high)) })
    }
}

fn convolve<V: Value>(
    dst: ViewMut<'_, V>,
    src: Source<'_>,
    (w, h): (usize, usize),
    subpel: Subpel,
) {
    match w {
        2 => strip::<V, 2>(dst, src, h, subpel),
        4 => strip::<V, 4>(dst, src, h, subpel),
        8 => strip::<V, 8>(dst, src, h, subpel),
        _ => {
            for x in (0..w).step_by(16) {
                let src = Source { offset: src.offset + x, ..src };
                strip::<V, 16>(ViewMut::new(&mut dst.data[x..], dst.stride), src, h, subpel);
            }
        }
    }
}

/// A strip of `W` columns.
fn strip<V: Value, const W: usize>(
    mut dst: ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    match (subpel.x, subpel.y) {
        (0, 0) => {
            let src = rows(src, 0, 0);
            for y in 0..h {
                let [first, second] = halves(src.row(0, y));
                write::<V, W>(&mut dst, y, [V::whole(first), V::whole(second)]);
            }
        }
        (_, 0) => by_taps!(subpel.filter_x, along_rows::<V, W>(dst, src, h, subpel)),
        (0, _) => by_taps!(subpel.filter_y, along_columns::<V, W>(dst, src, h, subpel)),
        _ => by_taps!(subpel.filter_y, along_both::<V, W>(dst, src, h, subpel)),
    }
}

/// The samples from `above` rows above the block and `before` columns before it on.
#[inline(always)]
fn rows(src: Source<'_>, above: usize, before: usize) -> View<'_, u8> {
    View::new(&src.data[src.offset - above * src.stride - before..], src.stride)
}

/// The two halves of 16 samples.
#[inline(always)]
fn halves(samples: &[u8; 16]) -> [&[u8; 8]; 2] {
    let halves = samples.as_chunks().0;
    [&halves[0], &halves[1]]
}

/// Writes the first `W` values of a row.
#[inline(always)]
fn write<V: Value, const W: usize>(dst: &mut ViewMut<'_, V>, y: usize, values: [[V; 8]; 2]) {
    let row = dst.row::<W>(0, y);
    if let Ok([first, second]) = row.as_chunks_mut().0.try_into() as Result<&mut [_; 2], _> {
        [*first, *second] = values;
    } else {
        row.copy_from_slice(&values[0][..W]);
    }
}

/// Half the taps, each in all lanes.
#[inline(always)]
fn byte_taps<const T: usize>(filter: FilterSet, position: usize) -> [int8x16_t; T] {
    middle_taps::<T>(filter, position).map(|tap| neon! { vdupq_n_s8(tap as i8) })
}

/// Sixteen samples less 128.
#[inline(always)]
fn load(samples: &[u8; 16]) -> int8x16_t {
    neon! { vreinterpretq_s8_u8(veorq_u8(load_u8x16(samples), vdupq_n_u8(128))) }
}

/// The sums of samples less 128 under half the taps.
#[inline(always)]
fn half_sums<const T: usize>(samples: &[int8x16_t], taps: &[int8x16_t; T]) -> [int16x8_t; 2] {
    neon! {
        let start = vdupq_n_s16(128 * 64);
        let (mut low, mut high) = (start, start);
        for (&samples, &tap) in samples.iter().zip(taps) {
            low = vmlal_s8(low, vget_low_s8(samples), vget_low_s8(tap));
            high = vmlal_high_s8(high, samples, tap);
        }
        [low, high]
    }
}

/// The first pass over row `y`, which begins with the first tap's sample; for 8 and fewer columns the second half is not.
#[inline(always)]
fn first_pass<const W: usize, const T: usize>(
    src: View<'_, u8>,
    y: usize,
    taps: &[int8x16_t; T],
) -> [int16x8_t; 2] {
    let (row, next) = if W == 16 {
        let row = src.row::<32>(0, y).as_chunks().0;
        (load(&row[0]), load(&row[1]))
    } else {
        let row = load(src.row(0, y));
        (row, row)
    };
    neon! {
        let shifted = [
            row,
            vextq_s8::<1>(row, next),
            vextq_s8::<2>(row, next),
            vextq_s8::<3>(row, next),
            vextq_s8::<4>(row, next),
            vextq_s8::<5>(row, next),
            vextq_s8::<6>(row, next),
            vextq_s8::<7>(row, next),
        ];
        half_sums(&shifted, taps)
    }
}

/// Rows only: the second pass multiplies by 128.
fn along_rows<V: Value, const W: usize, const T: usize>(
    mut dst: ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = byte_taps::<T>(subpel.filter_x, subpel.x);
    let src = rows(src, 0, T / 2 - 1);
    for y in 0..h {
        let [first, second] = first_pass::<W, T>(src, y, &taps);
        write::<V, W>(&mut dst, y, [V::rows(first), V::rows(second)]);
    }
}

/// Columns only.
fn along_columns<V: Value, const W: usize, const T: usize>(
    mut dst: ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = byte_taps::<T>(subpel.filter_y, subpel.y);
    let src = rows(src, T / 2 - 1, 0);
    // Loops, for the compiler does not inline closures of this size.
    let mut window = [neon! { vdupq_n_s8(0) }; T];
    for (y, row) in window[1..].iter_mut().enumerate() {
        *row = load(src.row(0, y));
    }
    for y in 0..h {
        for k in 1..T {
            window[k - 1] = window[k];
        }
        window[T - 1] = load(src.row(0, y + T - 1));
        let [first, second] = half_sums(&window, &taps);
        write::<V, W>(&mut dst, y, [V::columns(first), V::columns(second)]);
    }
}

/// Output rows for which the first pass is held at a time.
const BAND: usize = 16;

/// Results of the first pass along a row.
type Middle = [[i16; 8]; 2];

/// Rows, then columns with `T` taps.
fn along_both<V: Value, const W: usize, const T: usize>(
    mut dst: ViewMut<'_, V>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_y, subpel.y);
    let mut middle: [Middle; BAND + 7] = [[[0; 8]; 2]; BAND + 7];
    let mut src = Source { offset: src.offset - (T / 2 - 1) * src.stride, ..src };
    first_passes::<W>(&mut middle[..T - 1], &mut src, subpel);
    for start in (0..h).step_by(BAND) {
        let count = BAND.min(h - start);
        first_passes::<W>(&mut middle[T - 1..T - 1 + count], &mut src, subpel);
        for y in 0..count {
            let rows: &[Middle; T] = middle[y..].first_chunk().expect("T rows");
            let mut values = [V::both(second_pass(rows, 0, &taps)), V::ZERO];
            if W == 16 {
                values[1] = V::both(second_pass(rows, 1, &taps));
            }
            write::<V, W>(&mut dst, start + y, values);
        }
        middle.copy_within(count..count + T - 1, 0);
    }
}

/// Half the sums of the second pass over one half of rows.
#[inline(always)]
fn second_pass<const T: usize>(rows: &[Middle; T], half: usize, taps: &[i16; T]) -> [int32x4_t; 2] {
    neon! {
        let (mut low, mut high) = (vdupq_n_s32(0), vdupq_n_s32(0));
        for (row, &tap) in rows.iter().zip(taps) {
            let row = load_i16x8(&row[half]);
            low = vmlal_n_s16(low, vget_low_s16(row), tap);
            high = vmlal_high_n_s16(high, row, tap);
        }
        [low, high]
    }
}

/// The first pass, rounded, over as many rows as `out` has, after which `src` is below them.
fn first_passes<const W: usize>(out: &mut [Middle], src: &mut Source<'_>, subpel: Subpel) {
    by_taps!(subpel.filter_x, first_passes_of::<W>(out, src, subpel));
}

fn first_passes_of<const W: usize, const T: usize>(
    out: &mut [Middle],
    src: &mut Source<'_>,
    subpel: Subpel,
) {
    let taps = byte_taps::<T>(subpel.filter_x, subpel.x);
    let from = rows(*src, 0, T / 2 - 1);
    for (y, out) in out.iter_mut().enumerate() {
        let [first, second] = first_pass::<W, T>(from, y, &taps);
        out[0] = store_i16x8(neon! { vrshrq_n_s16::<2>(first) });
        if W == 16 {
            out[1] = store_i16x8(neon! { vrshrq_n_s16::<2>(second) });
        }
    }
    src.offset += out.len() * src.stride;
}
