//! The sample filters of the loop filter (7.14.6) for a run of one edge, 8-bit samples.
//!
//! An edge comes in units of 4 samples along it, the walk's granularity; the lanes of a vector are
//! the positions along the edge, so a vertical edge is transposed on its way in and out.

/// The greatest loop filter level (`MAX_LOOP_FILTER`).
pub(crate) const MAX_LOOP_FILTER: u8 = 63;

/// The filters by the samples that they look at, both sides together (`filterSize` of 7.14.3, with
/// the plane's `filterLen` of 7.14.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeFilter {
    /// Transforms of 4 samples in any plane.
    Narrow4,
    /// Larger transforms in chroma.
    Chroma6,
    /// Luma transforms of 8 samples.
    Luma8,
    /// Luma transforms of 16 and more samples.
    Luma14,
}

/// The thresholds that follow from a level (7.14.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EdgeLimits {
    /// Greatest step between neighbours on one side.
    pub(crate) limit: u8,
    /// Greatest step across the edge.
    pub(crate) blimit: u8,
    /// Step from which a side counts as of high variance.
    pub(crate) thresh: u8,
}

impl EdgeLimits {
    /// 7.14.4 the limits for `level` under `sharpness` (0 to 7).
    pub(crate) fn new(level: u8, sharpness: u8) -> Self {
        let shift = match sharpness {
            0 => 0,
            1..=4 => 1,
            _ => 2,
        };
        let limit = match sharpness {
            0 => (level >> shift).max(1),
            _ => (level >> shift).clamp(1, 9 - sharpness),
        };
        Self { limit, blimit: 2 * (level + 2) + limit, thresh: level >> 4 }
    }
}

/// Filters across a vertical edge of `units` × 4 rows; `at` is the index of the first sample right
/// of the edge in its first row.
///
/// Eight samples on either side of the edge must exist in `samples` for [`EdgeFilter::Luma14`],
/// four for the others.
pub(crate) fn filter_vertical_edge(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    units: usize,
    filter: EdgeFilter,
    limits: EdgeLimits,
) {
    let run = match filter {
        EdgeFilter::Narrow4 => vertical_run::<8, 4>,
        EdgeFilter::Chroma6 => vertical_run::<8, 6>,
        EdgeFilter::Luma8 => vertical_run::<8, 8>,
        EdgeFilter::Luma14 => vertical_run::<16, 14>,
    };
    run(samples, at, stride, units, limits);
}

/// Filters across a horizontal edge of `units` × 4 columns; `at` is the index of the first sample
/// below the edge in its first column.
pub(crate) fn filter_horizontal_edge(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    units: usize,
    filter: EdgeFilter,
    limits: EdgeLimits,
) {
    let run = match filter {
        EdgeFilter::Narrow4 => horizontal_run::<4>,
        EdgeFilter::Chroma6 => horizontal_run::<6>,
        EdgeFilter::Luma8 => horizontal_run::<8>,
        EdgeFilter::Luma14 => horizontal_run::<14>,
    };
    run(samples, at, stride, units, limits);
}

/// `SPAN` samples of each row are read, of which the middle `TAPS` take part.
fn vertical_run<const SPAN: usize, const TAPS: usize>(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    units: usize,
    limits: EdgeLimits,
) {
    let mut at = at - SPAN / 2;
    let mut units = units;
    while units >= 2 {
        vertical_chunk::<8, SPAN, TAPS>(samples, at, stride, limits);
        at += 8 * stride;
        units -= 2;
    }
    if units > 0 {
        vertical_chunk::<4, SPAN, TAPS>(samples, at, stride, limits);
    }
}

#[inline(always)]
fn vertical_chunk<const N: usize, const SPAN: usize, const TAPS: usize>(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    limits: EdgeLimits,
) {
    let skip = (SPAN - TAPS) / 2;
    let samples = &mut samples[at..at + (N - 1) * stride + SPAN];
    let mut lines = [[0u8; SPAN]; N];
    for (line, row) in lines.iter_mut().zip(samples.chunks(stride)) {
        line.copy_from_slice(&row[..SPAN]);
    }
    let mut taps: [[i16; N]; TAPS] =
        core::array::from_fn(|k| core::array::from_fn(|l| i16::from(lines[l][skip + k])));
    let reach = filter_lanes(&mut taps, limits);
    if reach == 0 {
        return;
    }
    for (l, line) in lines.iter_mut().enumerate() {
        for k in 0..TAPS {
            line[skip + k] = taps[k][l] as u8;
        }
    }
    for (line, row) in lines.iter().zip(samples.chunks_mut(stride)) {
        row[..SPAN].copy_from_slice(line);
    }
}

fn horizontal_run<const TAPS: usize>(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    units: usize,
    limits: EdgeLimits,
) {
    let mut at = at - TAPS / 2 * stride;
    let mut units = units;
    while units >= 2 {
        horizontal_chunk::<8, TAPS>(samples, at, stride, limits);
        at += 8;
        units -= 2;
    }
    if units > 0 {
        horizontal_chunk::<4, TAPS>(samples, at, stride, limits);
    }
}

#[inline(always)]
fn horizontal_chunk<const N: usize, const TAPS: usize>(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    limits: EdgeLimits,
) {
    let samples = &mut samples[at..at + (TAPS - 1) * stride + N];
    let mut taps = [[0i16; N]; TAPS];
    for (tap, row) in taps.iter_mut().zip(samples.chunks(stride)) {
        for (t, &s) in tap.iter_mut().zip(&row[..N]) {
            *t = i16::from(s);
        }
    }
    let reach = filter_lanes(&mut taps, limits);
    let first = TAPS / 2 - reach;
    let rows = samples.chunks_mut(stride).skip(first);
    for (tap, row) in taps[first..].iter().zip(rows).take(2 * reach) {
        for (&t, s) in tap.iter().zip(&mut row[..N]) {
            *s = t as u8;
        }
    }
}

/// 7.14.6.1 the filters on `N` positions along an edge: `s[TAPS / 2]` is the first sample after it.
/// Returns how many samples on either side may have changed.
#[inline(always)]
fn filter_lanes<const N: usize, const TAPS: usize>(
    s: &mut [[i16; N]; TAPS],
    limits: EdgeLimits,
) -> usize {
    let apply = filter_mask(s, limits);
    if !any(&apply) {
        return 0;
    }
    if TAPS == 4 {
        let narrow = narrow_filter(s, &apply, limits.thresh);
        put(s, &narrow);
        return 2;
    }
    let mut flat = flat_mask(s, 1, if TAPS == 6 { 2 } else { 3 });
    and(&mut flat, &apply);
    if !any(&flat) {
        let narrow = narrow_filter(s, &apply, limits.thresh);
        put(s, &narrow);
        return 2;
    }
    let narrow = narrow_filter(s, &apply, limits.thresh);
    let mut reach = 2;
    let mut out = *s;
    put(&mut out, &narrow);
    if TAPS == 6 {
        select(&mut out, &wide_filter::<N, TAPS, 4>(s, 1), &flat);
    } else {
        select(&mut out, &wide_filter::<N, TAPS, 6>(s, 0), &flat);
        reach = 3;
    }
    if TAPS == 14 {
        let mut flat2 = flat_mask(s, 4, 6);
        and(&mut flat2, &flat);
        if any(&flat2) {
            select(&mut out, &wide_filter::<N, TAPS, 12>(s, 1), &flat2);
            reach = 6;
        }
    }
    *s = out;
    reach
}

#[inline(always)]
fn any<const N: usize>(mask: &[i16; N]) -> bool {
    mask.iter().fold(0, |a, &m| a | m) != 0
}

#[inline(always)]
fn and<const N: usize>(mask: &mut [i16; N], other: &[i16; N]) {
    for (m, &o) in mask.iter_mut().zip(other) {
        *m &= o;
    }
}

/// Puts `values` around the middle of `s`.
#[inline(always)]
fn put<const N: usize, const TAPS: usize, const M: usize>(
    s: &mut [[i16; N]; TAPS],
    values: &[[i16; N]; M],
) {
    for (to, from) in s.iter_mut().skip((TAPS - M) / 2).zip(values) {
        *to = *from;
    }
}

/// Puts `values` around the middle of `s` where `mask` is set.
#[inline(always)]
fn select<const N: usize, const TAPS: usize, const M: usize>(
    s: &mut [[i16; N]; TAPS],
    values: &[[i16; N]; M],
    mask: &[i16; N],
) {
    for (to, from) in s.iter_mut().skip((TAPS - M) / 2).zip(values) {
        for l in 0..N {
            to[l] ^= (to[l] ^ from[l]) & mask[l];
        }
    }
}

/// All ones if `wide`.
#[inline(always)]
fn all_ones_if(condition: bool) -> i16 {
    -i16::from(condition)
}

/// 7.14.6.2 `filterMask`
#[inline(always)]
fn filter_mask<const N: usize, const TAPS: usize>(
    s: &[[i16; N]; TAPS],
    limits: EdgeLimits,
) -> [i16; N] {
    let h = TAPS / 2;
    let (limit, blimit) = (i16::from(limits.limit), i16::from(limits.blimit));
    // Pairs of neighbours on each side: p1−p0, then p2−p1 from 6 taps on, then p3−p2 from 8 on.
    let steps = (h - 1).min(3);
    core::array::from_fn(|l| {
        let mut worst = 0;
        for k in 0..steps {
            worst = worst
                .max((s[h - 2 - k][l] - s[h - 1 - k][l]).abs())
                .max((s[h + 1 + k][l] - s[h + k][l]).abs());
        }
        let across = (s[h - 1][l] - s[h][l]).abs() * 2 + ((s[h - 2][l] - s[h + 1][l]).abs() >> 1);
        all_ones_if(worst <= limit) & all_ones_if(across <= blimit)
    })
}

/// 7.14.6.2 `flatMask` (samples 1 to 2 or 3) and `flatMask2` (4 to 6)
#[inline(always)]
fn flat_mask<const N: usize, const TAPS: usize>(
    s: &[[i16; N]; TAPS],
    first: usize,
    last: usize,
) -> [i16; N] {
    let h = TAPS / 2;
    core::array::from_fn(|l| {
        let mut worst = 0;
        for k in first..=last {
            worst =
                worst.max((s[h - 1 - k][l] - s[h - 1][l]).abs()).max((s[h + k][l] - s[h][l]).abs());
        }
        all_ones_if(worst <= 1)
    })
}

/// 7.14.6.3 narrow filter: p1, p0, q0 and q1 as they become where `apply` is set.
#[inline(always)]
fn narrow_filter<const N: usize, const TAPS: usize>(
    s: &[[i16; N]; TAPS],
    apply: &[i16; N],
    thresh: u8,
) -> [[i16; N]; 4] {
    let h = TAPS / 2;
    let thresh = i16::from(thresh);
    let clamp = |value: i16| value.clamp(-128, 127);
    let mut out = [[0; N]; 4];
    for l in 0..N {
        let (p1, p0) = (s[h - 2][l] - 128, s[h - 1][l] - 128);
        let (q0, q1) = (s[h][l] - 128, s[h + 1][l] - 128);
        let high_variance = all_ones_if((p1 - p0).abs().max((q1 - q0).abs()) > thresh);
        let filter = clamp(clamp(p1 - q1) & high_variance) + 3 * (q0 - p0);
        let filter = clamp(filter) & apply[l];
        let filter1 = clamp(filter + 4) >> 3;
        let filter2 = clamp(filter + 3) >> 3;
        let outer = ((filter1 + 1) >> 1) & !high_variance;
        out[0][l] = clamp(p1 + outer) + 128;
        out[1][l] = clamp(p0 + filter2) + 128;
        out[2][l] = clamp(q0 - filter1) + 128;
        out[3][l] = clamp(q1 - outer) + 128;
    }
    out
}

/// 7.14.6.4 wide filter that changes `OUT` / 2 samples on either side; `doubled` is `n2`, and the
/// sums over the two windows of taps slide from one output to the next.
#[inline(always)]
fn wide_filter<const N: usize, const TAPS: usize, const OUT: usize>(
    s: &[[i16; N]; TAPS],
    doubled: usize,
) -> [[i16; N]; OUT] {
    let n = OUT / 2;
    // The taps that count: n + 1 on either side, the outermost standing for all beyond.
    let base = TAPS / 2 - (n + 1);
    let last = 2 * n + 1;
    let shift = if n == 6 { 4 } else { 3 };
    let rounding = 1 << (shift - 1);
    let mut out = [[0; N]; OUT];
    for l in 0..N {
        let at = |i: isize| s[base + i.clamp(0, last as isize) as usize][l];
        let n = n as isize;
        let mut sum = rounding;
        for i in 1 - n..=1 + n {
            sum += at(i);
        }
        for (i, o) in (1isize..).zip(out.iter_mut()) {
            let middle = if doubled == 1 { at(i - 1) + at(i) + at(i + 1) } else { at(i) };
            o[l] = (sum + middle) >> shift;
            sum += at(i + 1 + n) - at(i - n);
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod reference;
#[cfg(test)]
mod tests;
