//! Directional intra prediction (7.11.2.4) with its edge filter and upsampling (7.11.2.7,
//! 7.11.2.9 to 7.11.2.12).

use super::scalar::{horizontal, vertical};
use super::tables::{DR_INTRA_DERIVATIVE, INTRA_EDGE_KERNEL};
use super::{EDGE_LEN, EDGE_ORIGIN, Edges};
use crate::kernels::view::SamplesMut;

/// Length of a working edge: the steepest angle reads 90 samples in 64 beyond the block, and what
/// lies after the last sample repeats it.
const WORK_LEN: usize = EDGE_ORIGIN + 192;

/// A changed copy of one edge.
struct WorkEdge {
    samples: [u8; WORK_LEN],
    /// `upsampleAbove` or `upsampleLeft`.
    upsample: usize,
}

impl WorkEdge {
    #[inline(always)]
    fn new(edge: &[u8; EDGE_LEN]) -> Self {
        let mut samples = [0; WORK_LEN];
        samples[..EDGE_LEN].copy_from_slice(edge);
        Self { samples, upsample: 0 }
    }

    /// The samples from −1 on.
    #[inline(always)]
    fn corner_on(&mut self) -> &mut [u8] {
        &mut self.samples[EDGE_ORIGIN - 1..]
    }

    /// 7.11.2.12 Intra edge filter process over `size` samples from −1 on.
    #[inline(always)]
    fn filter(&mut self, size: usize, strength: usize) {
        if strength == 0 {
            return;
        }
        let kernel = &INTRA_EDGE_KERNEL[strength - 1];
        // The source with its ends repeated, so that no tap needs a clamp.
        let mut source = [0; EDGE_LEN + 4];
        let edge = self.corner_on();
        source[2..2 + size].copy_from_slice(&edge[..size]);
        source[..2].fill(edge[0]);
        source[2 + size..4 + size].fill(edge[size - 1]);
        for (out, taps) in edge[..size].iter_mut().zip(source.windows(5)).skip(1) {
            let sum: u16 =
                taps.iter().zip(kernel).map(|(&s, &k)| u16::from(s) * u16::from(k)).sum();
            *out = ((sum + 8) >> 4) as u8;
        }
    }

    /// 7.11.2.11 Intra edge upsample process of `size` samples from 0 on.
    #[inline(always)]
    fn upsample(&mut self, size: usize) {
        let mut source = [0; 19];
        let edge = self.corner_on();
        source[1..size + 2].copy_from_slice(&edge[..size + 1]);
        source[0] = edge[0];
        source[size + 2] = edge[size];
        let out = &mut self.samples[EDGE_ORIGIN - 2..];
        out[0] = source[0];
        for (pair, taps) in out[1..].chunks_exact_mut(2).zip(source.windows(4)).take(size) {
            let tap = |t: usize| i16::from(taps[t]);
            let sum = 9 * (tap(1) + tap(2)) - tap(0) - tap(3);
            pair[0] = ((sum + 8) >> 4).clamp(0, 255) as u8;
            pair[1] = taps[2];
        }
        self.upsample = 1;
    }

    /// Repeats sample `last` over all that follow.
    #[inline(always)]
    fn extend(&mut self, last: usize) {
        let value = self.samples[EDGE_ORIGIN + last];
        self.samples[EDGE_ORIGIN + last + 1..].fill(value);
    }

    /// `len` interpolated samples, each one position (two if upsampled) after the one before;
    /// the first lies between `base` and `base + 1`, `shift` of 32 parts on.
    #[inline(always)]
    fn line(&self, out: &mut [u8], base: isize, shift: u16) {
        let start = (EDGE_ORIGIN as isize + base) as usize;
        let source = &self.samples[start..];
        let blend =
            |a: u8, b: u8| ((u16::from(a) * (32 - shift) + u16::from(b) * shift + 16) >> 5) as u8;
        if self.upsample == 0 {
            for ((out, &a), &b) in out.iter_mut().zip(source).zip(&source[1..]) {
                *out = blend(a, b);
            }
        } else {
            for (out, pair) in out.iter_mut().zip(source.chunks_exact(2)) {
                *out = blend(pair[0], pair[1]);
            }
        }
    }
}

/// 7.11.2.4 Directional intra prediction process.
///
/// `angle` is `pAngle`, in degrees: 36 to 212 in the standard's steps. `edge_filter` is `None`
/// if `enable_intra_edge_filter` is 0, else the filter type of 7.11.2.8.
#[inline(always)]
pub(super) fn directional(
    dst: SamplesMut<'_>,
    (w, h): (usize, usize),
    edges: &Edges,
    angle: usize,
    edge_filter: Option<bool>,
) {
    if angle == 90 {
        return vertical(dst, (w, h), edges);
    }
    if angle == 180 {
        return horizontal(dst, (w, h), edges);
    }
    let mut above = WorkEdge::new(&edges.above);
    let mut left = WorkEdge::new(&edges.left);
    if let Some(filter_type) = edge_filter {
        prepare(&mut above, &mut left, (w, h), edges, angle, filter_type);
    }
    if angle < 90 {
        above.extend((w + h - 1) << above.upsample);
        let dx = usize::from(DR_INTRA_DERIVATIVE[angle]);
        for (i, row) in dst.rows().take(h).enumerate() {
            let (base, shift) = position(((i + 1) * dx) as isize, above.upsample);
            above.line(&mut row[..w], base, shift);
        }
    } else if angle < 180 {
        between(dst, (w, h), &above, &left, angle);
    } else {
        // By columns, which are lines along the edge to the left.
        let dy = usize::from(DR_INTRA_DERIVATIVE[270 - angle]);
        let mut columns = [0; 64 * 64];
        for (j, column) in columns.chunks_exact_mut(h).take(w).enumerate() {
            let (base, shift) = position(((j + 1) * dy) as isize, left.upsample);
            left.line(column, base, shift);
        }
        for (i, row) in dst.rows().take(h).enumerate() {
            for (out, column) in row[..w].iter_mut().zip(columns.chunks_exact(h)) {
                *out = column[i];
            }
        }
    }
}

/// The whole part and the fraction in 32 parts of a position along an edge, given in 1/64.
#[inline(always)]
fn position(idx: isize, upsample: usize) -> (isize, u16) {
    (idx >> (6 - upsample), (((idx << upsample) >> 1) & 31) as u16)
}

/// 7.11.2.4 step 8, angles between 90 and 180: each row begins along the edge to the left and
/// ends along the edge above.
#[inline(always)]
fn between(
    dst: SamplesMut<'_>,
    (w, h): (usize, usize),
    above: &WorkEdge,
    left: &WorkEdge,
    angle: usize,
) {
    let dx = DR_INTRA_DERIVATIVE[180 - angle] as isize;
    let dy = DR_INTRA_DERIVATIVE[angle - 90] as isize;
    for (i, row) in dst.rows().take(h).enumerate() {
        let row = &mut row[..w];
        let (base, shift) = position(-((i as isize + 1) * dx), above.upsample);
        // The first column j with base + (j << upsample) at least −(1 << upsample).
        let behind = -(1 << above.upsample) - base;
        let first = ((behind + above.upsample as isize) >> above.upsample).clamp(0, w as isize);
        let (from_left, from_above) = row.split_at_mut(first as usize);
        let mut idx = (i as isize) << 6;
        for out in from_left {
            idx -= dy;
            let (base, shift) = position(idx, left.upsample);
            left.line(std::slice::from_mut(out), base, shift);
        }
        if !from_above.is_empty() {
            above.line(from_above, base + (first << above.upsample), shift);
        }
    }
}

/// 7.11.2.4 step 4: filters and upsamples the edges.
#[inline(always)]
fn prepare(
    above: &mut WorkEdge,
    left: &mut WorkEdge,
    (w, h): (usize, usize),
    edges: &Edges,
    angle: usize,
    filter_type: bool,
) {
    let beyond_above = if angle < 90 { h } else { 0 };
    let beyond_left = if angle > 180 { w } else { 0 };
    let (from_above, from_left) = (angle.abs_diff(90), angle.abs_diff(180));
    if angle > 90 && angle < 180 && w + h >= 24 {
        let corner = filter_corner(edges);
        above.corner_on()[0] = corner;
        left.corner_on()[0] = corner;
    }
    if edges.have_above {
        let strength = filter_strength(w + h, filter_type, from_above);
        above.filter(edges.cols_inside + beyond_above + 1, strength);
    }
    if edges.have_left {
        let strength = filter_strength(w + h, filter_type, from_left);
        left.filter(edges.rows_inside + beyond_left + 1, strength);
    }
    if use_upsample(w + h, filter_type, from_above) {
        above.upsample(w + beyond_above);
    }
    if use_upsample(w + h, filter_type, from_left) {
        left.upsample(h + beyond_left);
    }
}

/// 7.11.2.7 Filter corner process.
#[inline(always)]
fn filter_corner(edges: &Edges) -> u8 {
    let [left, corner, above] = [edges.left()[0], edges.corner(), edges.above()[0]].map(u16::from);
    ((left * 5 + corner * 6 + above * 5 + 8) >> 4) as u8
}

/// 7.11.2.9 Intra edge filter strength selection process.
#[inline(always)]
fn filter_strength(block_wh: usize, filter_type: bool, d: usize) -> usize {
    const NEVER: usize = usize::MAX;
    // The least angle difference for each strength, by greatest sum of width and height.
    let classes: &[(usize, [usize; 3])] = if filter_type {
        &[(8, [40, 64, NEVER]), (16, [20, 48, NEVER]), (24, [4, 4, 4]), (128, [0, 0, 0])]
    } else {
        &[
            (8, [56, NEVER, NEVER]),
            (16, [40, NEVER, NEVER]),
            (24, [8, 16, 32]),
            (32, [0, 4, 32]),
            (128, [0, 0, 0]),
        ]
    };
    let class = classes.iter().find(|(greatest, _)| block_wh <= *greatest);
    class.map_or(0, |(_, least)| least.iter().filter(|&&least| d >= least).count())
}

/// 7.11.2.10 Intra edge upsample selection process.
#[inline(always)]
fn use_upsample(block_wh: usize, filter_type: bool, d: usize) -> bool {
    d > 0 && d < 40 && block_wh <= if filter_type { 8 } else { 16 }
}
