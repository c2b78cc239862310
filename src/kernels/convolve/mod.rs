//! Sub-sample interpolation of unscaled references (7.11.3.4), 8-bit.
//!
//! The standard filters along rows, rounds, filters along columns and rounds again, also at
//! whole positions, where a filter is the single tap 128. The shortcuts here (copy, rows only,
//! columns only) keep those roundings. All taps are even, so half the taps and one bit less of
//! rounding give the same result, and one pass over 8-bit samples then fits 16-bit lanes: the
//! positive taps of a filter sum to at most 184, and 92 · 255 < 2¹⁵.

#[cfg(test)]
pub(crate) mod spec;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use crate::kernels::convolve::tables::SUBPEL_FILTERS;

/// The filters of 7.11.3.4, with the first index of `Subpel_Filters` as value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum FilterSet {
    /// `EIGHTTAP`, of which six taps are in use.
    Regular,
    /// `EIGHTTAP_SMOOTH`, of which six taps are in use.
    Smooth,
    /// `EIGHTTAP_SHARP`.
    Sharp,
    /// `BILINEAR`.
    Bilinear,
    /// `EIGHTTAP` or `EIGHTTAP_SHARP` over at most 4 samples: four taps.
    Regular4,
    /// `EIGHTTAP_SMOOTH` over at most 4 samples: four taps.
    Smooth4,
}

/// How a block lies between the samples of its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subpel {
    /// Position to the right of the whole sample, in 1/16.
    pub(crate) x: usize,
    /// Position below the whole sample, in 1/16.
    pub(crate) y: usize,
    /// The filter along rows.
    pub(crate) filter_x: FilterSet,
    /// The filter along columns.
    pub(crate) filter_y: FilterSet,
}

/// Where a block's whole position lies in its reference. Samples from 3 left of and above the
/// block to 4 right of and below it may be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The plane, margins included.
    pub(crate) data: &'a [u8],
    /// Index of the block's top left sample.
    pub(crate) offset: usize,
    /// Distance between rows.
    pub(crate) stride: usize,
}

/// Predicts `w` × `h` samples (2 to 128) from one reference (7.11.3.4 with `InterRound1` 11, and
/// `Clip1` of 7.11.3.1).
pub(crate) fn put(
    dst: &mut [u8],
    dst_stride: usize,
    src: Source<'_>,
    (w, h): (usize, usize),
    subpel: Subpel,
) {
    convolve::<Put>(dst, dst_stride, src, (w, h), subpel);
}

/// Predicts `w` × `h` samples (2 to 128) for a compound (7.11.3.4 with `InterRound1` 7): 16 times
/// the sample's value, −5132 to 9212.
pub(crate) fn prep(
    dst: &mut [i16],
    dst_stride: usize,
    src: Source<'_>,
    (w, h): (usize, usize),
    subpel: Subpel,
) {
    convolve::<Prep>(dst, dst_stride, src, (w, h), subpel);
}

/// The mean of two predictions of [`prep`] (7.11.3.1, `COMPOUND_AVERAGE`), whose rows are
/// `pred_stride` apart.
pub(crate) fn average(
    dst: &mut [u8],
    dst_stride: usize,
    preds: [&[i16]; 2],
    pred_stride: usize,
    (w, h): (usize, usize),
) {
    let rows = preds[0].chunks(pred_stride).zip(preds[1].chunks(pred_stride));
    for (out, (a, b)) in dst.chunks_mut(dst_stride).zip(rows).take(h) {
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

/// Half the taps of one position.
fn half_taps(filter: FilterSet, position: usize) -> [i16; 8] {
    SUBPEL_FILTERS[filter as usize][position].map(|tap| tap / 2)
}

/// Calls `$f::<…, T>` for the taps that a filter uses: the middle `T` of eight.
macro_rules! by_taps {
    ($filter:expr, $f:ident::<$($generic:ident),*>($($arg:expr),*)) => {
        match $filter {
            FilterSet::Sharp => $f::<$($generic,)* 8>($($arg),*),
            FilterSet::Regular | FilterSet::Smooth => $f::<$($generic,)* 6>($($arg),*),
            FilterSet::Regular4 | FilterSet::Smooth4 => $f::<$($generic,)* 4>($($arg),*),
            FilterSet::Bilinear => $f::<$($generic,)* 2>($($arg),*),
        }
    };
}

fn convolve<R: Rounding>(
    dst: &mut [R::Out],
    dst_stride: usize,
    src: Source<'_>,
    (w, h): (usize, usize),
    subpel: Subpel,
) {
    if (subpel.x, subpel.y) == (0, 0) {
        let source = src.data[src.offset..].chunks(src.stride);
        for (out, source) in dst.chunks_mut(dst_stride).zip(source).take(h) {
            R::copy(&mut out[..w], &source[..w]);
        }
        return;
    }
    match w {
        2 => strip::<R, 2>(dst, dst_stride, src, h, subpel),
        4 => strip::<R, 4>(dst, dst_stride, src, h, subpel),
        8 => strip::<R, 8>(dst, dst_stride, src, h, subpel),
        _ => {
            for x in (0..w).step_by(16) {
                let src = Source { offset: src.offset + x, ..src };
                strip::<R, 16>(&mut dst[x..], dst_stride, src, h, subpel);
            }
        }
    }
}

/// A strip of `W` columns, between whole positions in at least one direction.
fn strip<R: Rounding, const W: usize>(
    dst: &mut [R::Out],
    dst_stride: usize,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    match (subpel.x, subpel.y) {
        (_, 0) => by_taps!(subpel.filter_x, along_rows::<R, W>(dst, dst_stride, src, h, subpel)),
        (0, _) => by_taps!(subpel.filter_y, along_columns::<R, W>(dst, dst_stride, src, h, subpel)),
        _ => by_taps!(subpel.filter_y, along_both::<R, W>(dst, dst_stride, src, h, subpel)),
    }
}

/// The first `W` values of each of the first `h` rows.
#[inline]
fn rows<T, const W: usize>(
    dst: &mut [T],
    stride: usize,
    h: usize,
) -> impl Iterator<Item = &mut [T; W]> {
    dst.chunks_mut(stride).take(h).map(|row| row.first_chunk_mut().expect("a row holds a strip"))
}

/// The middle `T` of eight taps.
#[inline]
fn middle_taps<const T: usize>(filter: FilterSet, position: usize) -> [i16; T] {
    let taps = half_taps(filter, position);
    *taps[(8 - T) / 2..].first_chunk().expect("at most 8 taps")
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
    dst: &mut [R::Out],
    dst_stride: usize,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_x, subpel.x);
    let mut start = src.offset + 1 - T / 2;
    for out in rows::<_, W>(dst, dst_stride, h) {
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
    dst: &mut [R::Out],
    dst_stride: usize,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_y, subpel.y);
    let mut start = src.offset - (T / 2 - 1) * src.stride;
    for out in rows::<_, W>(dst, dst_stride, h) {
        second_pass_only::<R, W, T>(out, &src.data[start..], src.stride, &taps);
        start += src.stride;
    }
}

/// Output rows for which the first pass is held at a time.
const BAND: usize = 16;

/// Rows, then columns with `T` taps.
fn along_both<R: Rounding, const W: usize, const T: usize>(
    dst: &mut [R::Out],
    dst_stride: usize,
    src: Source<'_>,
    h: usize,
    subpel: Subpel,
) {
    let taps = middle_taps::<T>(subpel.filter_y, subpel.y);
    let mut middle = [[0; W]; BAND + 7];
    let mut src = Source { offset: src.offset - (T / 2 - 1) * src.stride, ..src };
    first_passes(&mut middle[..T - 1], &mut src, subpel);
    let bands = dst.chunks_mut(BAND * dst_stride).zip((0..h).step_by(BAND));
    for (band, y) in bands {
        let count = BAND.min(h - y);
        first_passes(&mut middle[T - 1..T - 1 + count], &mut src, subpel);
        for (r, out) in rows::<_, W>(band, dst_stride, count).enumerate() {
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
