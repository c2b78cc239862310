//! The filters on arrays of positions along an edge, which become vectors.

use super::{Edge, EdgeFilter, EdgeLimits};
use crate::kernels::simd::bytes::transpose;
use crate::kernels::simd::{Bytes, U8x16};
use crate::kernels::view::{SamplesMut, View, ViewMut};

#[inline(always)]
pub(super) fn filter_vertical_edge(plane: SamplesMut<'_>, edge: Edge) {
    match edge.filter {
        EdgeFilter::Narrow4 => vertical_run::<8, 4>(plane, edge),
        EdgeFilter::Chroma6 => vertical_run::<8, 6>(plane, edge),
        EdgeFilter::Luma8 => vertical_run::<8, 8>(plane, edge),
        EdgeFilter::Luma14 => vertical_run::<16, 14>(plane, edge),
    }
}

#[inline(always)]
pub(super) fn filter_horizontal_edge(plane: SamplesMut<'_>, edge: Edge) {
    match edge.filter {
        EdgeFilter::Narrow4 => horizontal_run::<4>(plane, edge),
        EdgeFilter::Chroma6 => horizontal_run::<6>(plane, edge),
        EdgeFilter::Luma8 => horizontal_run::<8>(plane, edge),
        EdgeFilter::Luma14 => horizontal_run::<14>(plane, edge),
    }
}

/// `SPAN` samples of each row are read, of which the middle `TAPS` take part.
#[inline(always)]
fn vertical_run<const SPAN: usize, const TAPS: usize>(plane: SamplesMut<'_>, edge: Edge) {
    let SamplesMut { data: samples, stride } = plane;
    let Edge { at, units, limits, .. } = edge;
    let at = |unit: usize| at - SPAN / 2 + 4 * unit * stride;
    for unit in (0..units & !3).step_by(4) {
        vertical_chunk::<16, SPAN, TAPS>(samples, at(unit), stride, limits);
    }
    if units & 2 != 0 {
        vertical_chunk::<8, SPAN, TAPS>(samples, at(units & !3), stride, limits);
    }
    if units & 1 != 0 {
        vertical_chunk::<4, SPAN, TAPS>(samples, at(units - 1), stride, limits);
    }
}

#[inline(always)]
fn vertical_chunk<const N: usize, const SPAN: usize, const TAPS: usize>(
    samples: &mut [u8],
    at: usize,
    stride: usize,
    limits: EdgeLimits,
) {
    let samples = &mut samples[at..at + (N - 1) * stride + SPAN];
    match (N, SPAN) {
        (4, 8) => vertical_chunk_in::<4, 8, TAPS, 2>(samples, stride, limits),
        (8, 8) => vertical_chunk_in::<8, 8, TAPS, 4>(samples, stride, limits),
        (16, 8) => vertical_chunk_in::<16, 8, TAPS, 8>(samples, stride, limits),
        (4, _) => vertical_chunk_in::<4, 16, TAPS, 4>(samples, stride, limits),
        (8, _) => vertical_chunk_in::<8, 16, TAPS, 8>(samples, stride, limits),
        _ => vertical_chunk_in::<16, 16, TAPS, 16>(samples, stride, limits),
    }
}

/// [`vertical_chunk`] in `V` times 16 bytes.
#[inline(always)]
fn vertical_chunk_in<const N: usize, const SPAN: usize, const TAPS: usize, const V: usize>(
    samples: &mut [u8],
    stride: usize,
    limits: EdgeLimits,
) {
    let skip = (SPAN - TAPS) / 2;
    let span = View::new(&*samples, stride);
    let mut rows = [U8x16::load(&[0; 16]); V];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = match SPAN {
            16 => U8x16::load(span.row(0, i)),
            _ => U8x16::load_halves(span.row(0, 2 * i), span.row(0, 2 * i + 1)),
        };
    }
    let mut columns = [[0; 16]; V];
    for (column, v) in columns.iter_mut().zip(transpose::<_, N, V>(rows)) {
        *column = v.to_array();
    }
    let taps = &mut columns.as_flattened_mut().as_chunks_mut::<N>().0[skip..];
    let taps = taps.first_chunk_mut::<TAPS>().expect("taps inside the span");
    if filter_lanes(taps, limits) == 0 {
        return;
    }
    for (row, column) in rows.iter_mut().zip(&columns) {
        *row = U8x16::load(column);
    }
    for (column, v) in columns.iter_mut().zip(transpose::<_, SPAN, V>(rows)) {
        *column = v.to_array();
    }
    let mut span = ViewMut::new(samples, stride);
    for (i, row) in columns.as_flattened().as_chunks::<SPAN>().0.iter().enumerate() {
        *span.row(0, i) = *row;
    }
}

#[inline(always)]
fn horizontal_run<const TAPS: usize>(plane: SamplesMut<'_>, edge: Edge) {
    let SamplesMut { data: samples, stride } = plane;
    let Edge { at, units, limits, .. } = edge;
    let at = |unit: usize| at - TAPS / 2 * stride + 4 * unit;
    for unit in (0..units & !3).step_by(4) {
        horizontal_chunk::<16, TAPS>(samples, at(unit), stride, limits);
    }
    if units & 2 != 0 {
        horizontal_chunk::<8, TAPS>(samples, at(units & !3), stride, limits);
    }
    if units & 1 != 0 {
        horizontal_chunk::<4, TAPS>(samples, at(units - 1), stride, limits);
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
    let mut s = [[0; N]; TAPS];
    for (tap, row) in s.iter_mut().zip(samples.chunks(stride)) {
        tap.copy_from_slice(&row[..N]);
    }
    let reach = filter_lanes(&mut s, limits);
    let first = TAPS / 2 - reach;
    let rows = samples.chunks_mut(stride).skip(first);
    for (tap, row) in s[first..].iter().zip(rows).take(2 * reach) {
        row[..N].copy_from_slice(tap);
    }
}

/// 7.14.6.1 the filters on `N` positions along an edge: `s[TAPS / 2]` is the first sample after it.
/// Returns how many samples on either side may have changed.
///
/// Each loop over the lanes holds a whole stage, so that it becomes one vector of `N` bytes.
#[inline(always)]
fn filter_lanes<const N: usize, const TAPS: usize>(
    s: &mut [[u8; N]; TAPS],
    limits: EdgeLimits,
) -> usize {
    let (narrow, apply, flat) = narrow_filter(s, limits);
    if apply == [0; N] {
        return 0;
    }
    let before = *s;
    for (to, from) in s[TAPS / 2 - 2..].iter_mut().zip(narrow) {
        *to = from;
    }
    if TAPS == 4 || flat == [0; N] {
        return 2;
    }
    if TAPS == 6 {
        wide_filter::<N, TAPS, 4>(s, &before, &flat);
        return 2;
    }
    wide_filter::<N, TAPS, 6>(s, &before, &flat);
    if TAPS == 14 {
        let flat2 = flat2_mask(&before, &flat);
        if flat2 != [0; N] {
            wide_filter::<N, TAPS, 12>(s, &before, &flat2);
            return 6;
        }
    }
    3
}

#[inline(always)]
fn all_ones_if(condition: bool) -> u8 {
    0u8.wrapping_sub(u8::from(condition))
}

/// What [`narrow_filter`] finds: p1, p0, q0 and q1 as they become, `filterMask`, and where both
/// that and `flatMask` are set.
type Narrowed<const N: usize> = ([[u8; N]; 4], [u8; N], [u8; N]);

/// 7.14.6.2 the masks, and 7.14.6.3 narrow filter where `filterMask` is set.
///
/// Saturation stands for the standard's clamps: `blimit` is below 255, and adding the saturated
/// step three times ends where its threefold, clamped, does.
#[inline(always)]
fn narrow_filter<const N: usize, const TAPS: usize>(
    s: &[[u8; N]; TAPS],
    limits: EdgeLimits,
) -> Narrowed<N> {
    let h = TAPS / 2;
    let mut out = [[0; N]; 4];
    let mut apply = [0; N];
    let mut flat = [0; N];
    for l in 0..N {
        let p = |k: usize| s[h - 1 - k][l];
        let q = |k: usize| s[h + k][l];
        let inner = p(1).abs_diff(p(0)).max(q(1).abs_diff(q(0)));
        let mut steps = inner;
        if TAPS >= 6 {
            steps = steps.max(p(2).abs_diff(p(1))).max(q(2).abs_diff(q(1)));
        }
        if TAPS >= 8 {
            steps = steps.max(p(3).abs_diff(p(2))).max(q(3).abs_diff(q(2)));
        }
        let across = p(0).abs_diff(q(0));
        let across = across.saturating_add(across).saturating_add(p(1).abs_diff(q(1)) >> 1);
        apply[l] = all_ones_if(steps <= limits.limit) & all_ones_if(across <= limits.blimit);
        if TAPS >= 6 {
            let mut spread = inner.max(p(2).abs_diff(p(0))).max(q(2).abs_diff(q(0)));
            if TAPS >= 8 {
                spread = spread.max(p(3).abs_diff(p(0))).max(q(3).abs_diff(q(0)));
            }
            flat[l] = all_ones_if(spread <= 1) & apply[l];
        }

        let high_variance = all_ones_if(inner > limits.thresh) as i8;
        let (ps1, ps0) = ((p(1) ^ 128) as i8, (p(0) ^ 128) as i8);
        let (qs0, qs1) = ((q(0) ^ 128) as i8, (q(1) ^ 128) as i8);
        let step = qs0.saturating_sub(ps0);
        let filter = (ps1.saturating_sub(qs1) & high_variance)
            .saturating_add(step)
            .saturating_add(step)
            .saturating_add(step)
            & apply[l] as i8;
        let filter1 = filter.saturating_add(4) >> 3;
        let filter2 = filter.saturating_add(3) >> 3;
        let outer = ((filter1 + 1) >> 1) & !high_variance;
        out[0][l] = ps1.saturating_add(outer) as u8 ^ 128;
        out[1][l] = ps0.saturating_add(filter2) as u8 ^ 128;
        out[2][l] = qs0.saturating_sub(filter1) as u8 ^ 128;
        out[3][l] = qs1.saturating_sub(outer) as u8 ^ 128;
    }
    (out, apply, flat)
}

/// 7.14.6.2 where `flatMask2` and `flat` are set.
#[inline(always)]
fn flat2_mask<const N: usize, const TAPS: usize>(s: &[[u8; N]; TAPS], flat: &[u8; N]) -> [u8; N] {
    let h = TAPS / 2;
    let mut flat2 = [0; N];
    for l in 0..N {
        let mut spread = 0;
        for k in 4..h {
            spread = spread
                .max(s[h - 1 - k][l].abs_diff(s[h - 1][l]))
                .max(s[h + k][l].abs_diff(s[h][l]));
        }
        flat2[l] = all_ones_if(spread <= 1) & flat[l];
    }
    flat2
}

/// 7.14.6.4 wide filter of the samples `before`: changes `OUT` / 2 of them on either side in `s`,
/// where `mask` is set. The two windows of taps slide from one output to the next.
#[inline(always)]
fn wide_filter<const N: usize, const TAPS: usize, const OUT: usize>(
    s: &mut [[u8; N]; TAPS],
    before: &[[u8; N]; TAPS],
    mask: &[u8; N],
) {
    let n = OUT / 2;
    // The taps that count: n + 1 on either side, the outermost standing for all beyond.
    let base = TAPS / 2 - (n + 1);
    let last = 2 * n + 1;
    let (log2_size, doubled) = match n {
        6 => (4, true),
        3 => (3, false),
        _ => (3, true),
    };
    let mut out = [[0; N]; OUT];
    for l in 0..N {
        let mut taps = [0u16; 14];
        for k in 0..last + 1 {
            taps[k] = u16::from(before[base + k][l]);
        }
        // Output `i` is that of tap `i`; taps are counted from `n` on to stay above zero.
        let tap = |i: usize| taps[i.saturating_sub(n).min(last)];
        let mut sum = 1 << (log2_size - 1);
        for i in 1..2 * n + 2 {
            sum += tap(i);
        }
        for i in 1..2 * n + 1 {
            let mut middle = taps[i];
            if doubled {
                middle += taps[i - 1] + taps[i + 1];
            }
            out[i - 1][l] = ((sum + middle) >> log2_size) as u8;
            sum = sum + tap(i + 1 + 2 * n) - tap(i);
        }
    }
    for (to, from) in s[base + 1..].iter_mut().zip(&out) {
        for l in 0..N {
            to[l] ^= (to[l] ^ from[l]) & mask[l];
        }
    }
}
