//! The filters in plain loops, which become vectors.

use super::{FilterSet, HALVES, Source, Subpel, by_taps, middle_taps};
use crate::kernels::view::{SamplesMut, View, ViewMut};

pub(super) fn put(dst: SamplesMut<'_>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
    convolve::<Put>(dst, src, size, subpel);
}

pub(super) fn put_halves(dst: [SamplesMut<'_>; 3], src: Source<'_>, size: (usize, usize)) {
    for (dst, subpel) in dst.into_iter().zip(HALVES) {
        put(dst, src, size, subpel);
    }
}

pub(super) fn prep(dst: ViewMut<'_, i16>, src: Source<'_>, size: (usize, usize), subpel: Subpel) {
    convolve::<Prep>(dst, src, size, subpel);
}

pub(super) fn average(
    dst: SamplesMut<'_>,
    [first, second]: [View<'_, i16>; 2],
    (w, h): (usize, usize),
) {
    let rows = first.data.chunks(first.stride).zip(second.data.chunks(second.stride));
    for (out, (a, b)) in dst.rows().zip(rows).take(h) {
        for ((out, &a), &b) in out[..w].iter_mut().zip(a).zip(b) {
            *out = ((a + b + 16) >> 5).clamp(0, 255) as u8;
        }
    }
}

/// How one reference's prediction leaves the filters.
trait Rounding {
    type Out: Copy;
    /// From samples at whole positions.
    fn copy(out: &mut [Self::Out], samples: &[u8]);
    /// From the rounded sum of the first pass, at a whole row.
    fn rows(intermediate: i16) -> Self::Out;
    /// From half the sum of the second pass over the samples themselves, at a whole column.
    fn columns(half_sum: i16) -> Self::Out;
    /// From half the sum of the second pass over the first one's results.
    fn both(half_sum: i32) -> Self::Out;
}

/// A prediction from one reference: `InterRound1` is 11.
struct Put;

impl Rounding for Put {
    type Out = u8;

    #[inline]
    fn copy(out: &mut [u8], samples: &[u8]) {
        out.copy_from_slice(samples);
    }

    #[inline]
    fn rows(intermediate: i16) -> u8 {
        ((intermediate + 8) >> 4).clamp(0, 255) as u8
    }

    #[inline]
    fn columns(half_sum: i16) -> u8 {
        ((half_sum + 32) >> 6).clamp(0, 255) as u8
    }

    #[inline]
    fn both(half_sum: i32) -> u8 {
        ((half_sum + 512) >> 10).clamp(0, 255) as u8
    }
}

/// One of two predictions: `InterRound1` is 7.
struct Prep;

impl Rounding for Prep {
    type Out = i16;

    #[inline]
    fn copy(out: &mut [i16], samples: &[u8]) {
        for (out, &sample) in out.iter_mut().zip(samples) {
            *out = i16::from(sample) << 4;
        }
    }

    #[inline]
    fn rows(intermediate: i16) -> i16 {
        intermediate
    }

    #[inline]
    fn columns(half_sum: i16) -> i16 {
        (half_sum + 2) >> 2
    }

    #[inline]
    fn both(half_sum: i32) -> i16 {
        ((half_sum + 32) >> 6) as i16
    }
}

fn convolve<R: Rounding>(
    dst: ViewMut<'_, R::Out>,
    src: Source<'_>,
    (w, h): (usize, usize),
    subpel: Subpel,
) {
    if (subpel.x, subpel.y) == (0, 0) {
        let source = src.data[src.offset..].chunks(src.stride);
        for (out, source) in dst.rows().zip(source).take(h) {
            R::copy(&mut out[..w], &source[..w]);
        }
        return;
    }
    match w {
        2 => strip::<R, 2>(dst, src, h, subpel),
        4 => strip::<R, 4>(dst, src, h, subpel),
        8 => strip::<R, 8>(dst, src, h, subpel),
        _ => {
            for x in (0..w).step_by(16) {
                let src = Source { offset: src.offset + x, ..src };
                let dst = ViewMut::new(&mut dst.data[x..], dst.stride);
                strip::<R, 16>(dst, src, h, subpel);
            }
        }
    }
}

/// A strip of `W` columns, between whole positions in at least one direction.
fn strip<R: Rounding, const W: usize>(
    dst: ViewMut<'_, R::Out>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    match (subpel.x, subpel.y) {
        (_, 0) => by_taps!(subpel.filter_x, along_rows::<R, W>(dst, src, h, subpel)),
        (0, _) => by_taps!(subpel.filter_y, along_columns::<R, W>(dst, src, h, subpel)),
        _ => by_taps!(subpel.filter_y, along_both::<R, W>(dst, src, h, subpel)),
    }
}

// One row at a time in functions of their own, whose arguments are known not to overlap: this is
// what makes the compiler use vectors.

/// The first pass over one row, rounded: `src` begins with the first tap's sample.
#[inline(never)]
fn first_pass<const W: usize, const T: usize>(out: &mut [i16; W], src: &[u8], taps: &[i16; T]) {
    let windows: [&[u8; W]; T] =
        std::array::from_fn(|t| src[t..].first_chunk().expect("W + T - 1 samples"));
    for i in 0..W {
        let mut sum = 2;
        for t in 0..T {
            sum += taps[t] * i16::from(windows[t][i]);
        }
        out[i] = sum >> 2;
    }
}

/// The second pass over one row of results of the first.
#[inline(never)]
fn second_pass<R: Rounding, const W: usize, const T: usize>(
    out: &mut [R::Out; W],
    window: &[[i16; W]; T],
    taps: &[i16; T],
) {
    // 32-bit sums of more than 8 samples and taps would not stay in registers.
    let (eights, rest) = out.as_chunks_mut::<8>();
    for (i, out) in eights.iter_mut().enumerate() {
        let rows = std::array::from_fn(|t| window[t][8 * i..].first_chunk().expect("8 results"));
        second_pass_of::<R, 8, T>(out, rows, taps);
    }
    if let Some(out) = rest.first_chunk_mut::<W>() {
        second_pass_of::<R, W, T>(out, window.each_ref(), taps);
    }
}

#[inline(always)]
fn second_pass_of<R: Rounding, const L: usize, const T: usize>(
    out: &mut [R::Out; L],
    rows: [&[i16; L]; T],
    taps: &[i16; T],
) {
    for i in 0..L {
        let mut sum = 0;
        for t in 0..T {
            sum += i32::from(taps[t]) * i32::from(rows[t][i]);
        }
        out[i] = R::both(sum);
    }
}

/// The second pass over one row of samples, where the first multiplies by 16: `src` begins with
/// the first tap's row.
#[inline(never)]
fn second_pass_only<R: Rounding, const W: usize, const T: usize>(
    out: &mut [R::Out; W],
    src: &[u8],
    stride: usize,
    taps: &[i16; T],
) {
    let rows: [&[u8; W]; T] =
        std::array::from_fn(|t| src[t * stride..].first_chunk().expect("a row holds a strip"));
    for i in 0..W {
        let mut sum = 0;
        for t in 0..T {
            sum += taps[t] * i16::from(rows[t][i]);
        }
        out[i] = R::columns(sum);
    }
}

/// Rows only: the second pass multiplies by 128.
fn along_rows<R: Rounding, const W: usize, const T: usize>(
    dst: ViewMut<'_, R::Out>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_x, subpel.x);
    let mut start = src.offset + 1 - T / 2;
    for out in dst.heads::<W>(h) {
        let mut intermediate = [0; W];
        first_pass::<W, T>(&mut intermediate, &src.data[start..], &taps);
        for i in 0..W {
            out[i] = R::rows(intermediate[i]);
        }
        start += src.stride;
    }
}

/// Columns only.
fn along_columns<R: Rounding, const W: usize, const T: usize>(
    dst: ViewMut<'_, R::Out>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_y, subpel.y);
    let mut start = src.offset - (T / 2 - 1) * src.stride;
    for out in dst.heads::<W>(h) {
        second_pass_only::<R, W, T>(out, &src.data[start..], src.stride, &taps);
        start += src.stride;
    }
}

/// Output rows for which the first pass is held at a time.
const BAND: usize = 16;

/// Rows, then columns with `T` taps.
fn along_both<R: Rounding, const W: usize, const T: usize>(
    dst: ViewMut<'_, R::Out>,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_y, subpel.y);
    let mut middle = [[0; W]; BAND + 7];
    let mut src = Source { offset: src.offset - (T / 2 - 1) * src.stride, ..src };
    first_passes(&mut middle[..T - 1], &mut src, subpel);
    let bands = dst.data.chunks_mut(BAND * dst.stride).zip((0..h).step_by(BAND));
    for (band, y) in bands {
        let count = BAND.min(h - y);
        first_passes(&mut middle[T - 1..T - 1 + count], &mut src, subpel);
        for (r, out) in ViewMut::new(band, dst.stride).heads::<W>(count).enumerate() {
            let window = middle[r..].first_chunk().expect("T rows");
            second_pass::<R, W, T>(out, window, &taps);
        }
        middle.copy_within(count..count + T - 1, 0);
    }
}

/// The first pass over as many rows as `out` has, after which `src` is below them.
fn first_passes<const W: usize>(out: &mut [[i16; W]], src: &mut Source<'_>, subpel: Subpel) {
    by_taps!(subpel.filter_x, first_passes_of::<W>(out, src, subpel));
}

fn first_passes_of<const W: usize, const T: usize>(
    out: &mut [[i16; W]],
    src: &mut Source<'_>,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_x, subpel.x);
    for out in out {
        first_pass::<W, T>(out, &src.data[src.offset + 1 - T / 2..], &taps);
        src.offset += src.stride;
    }
}
