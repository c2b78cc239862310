//! Directional intra prediction (7.11.2.4) with its edge filter and upsampling (7.11.2.7,
//! 7.11.2.9 to 7.11.2.12).

use super::scalar::{horizontal, vertical};
use super::tables::{DR_INTRA_DERIVATIVE, INTRA_EDGE_KERNEL};
use super::{EDGE_LEN, EDGE_ORIGIN, Edges};
use crate::kernels::simd::bytes::transpose;
use crate::kernels::simd::{Bytes, U8x16};
use crate::kernels::view::{SamplesMut, View};

/// Index of sample 0 in a working edge. Whole lines are interpolated where only their ends count, so that positions
/// down to −65 are read.
const WORK_ORIGIN: usize = 80;
/// Length of a working edge: the steepest angle reads 90 samples in 64 beyond the block, and what
/// lies after the last sample repeats it.
const WORK_LEN: usize = WORK_ORIGIN + 192;

/// Calls `$f::<N>` for a side of `$n` samples.
macro_rules! by_side {
    ($n:expr, $f:ident($($arg:expr),*)) => {
        match $n {
            4 => $f::<4>($($arg),*),
            8 => $f::<8>($($arg),*),
            16 => $f::<16>($($arg),*),
            32 => $f::<32>($($arg),*),
            _ => $f::<64>($($arg),*),
        }
    };
}

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
        samples[WORK_ORIGIN - EDGE_ORIGIN..][..EDGE_LEN].copy_from_slice(edge);
        Self { samples, upsample: 0 }
    }

    /// The samples from −1 on.
    #[inline(always)]
    fn corner_on(&mut self) -> &mut [u8] {
        &mut self.samples[WORK_ORIGIN - 1..]
    }

    /// 7.11.2.12 Intra edge filter process over `size` samples from −1 on.
    #[inline(always)]
    fn filter(&mut self, size: usize, strength: usize) {
        if strength == 0 {
            return;
        }
        let kernel = &INTRA_EDGE_KERNEL[strength - 1];
        // The source with its ends repeated, so that no tap needs a clamp.
        let mut source = [0; EDGE_LEN + 20];
        let edge = self.corner_on();
        source[2..2 + size].copy_from_slice(&edge[..size]);
        source[..2].fill(edge[0]);
        source[2 + size..4 + size].fill(edge[size - 1]);
        for start in (1..size).step_by(16) {
            let mut sums = [8; 16];
            for (k, &factor) in kernel.iter().enumerate() {
                let taps: &[u8; 16] = source[start + k..].first_chunk().expect("16 taps");
                for (sum, &tap) in sums.iter_mut().zip(taps) {
                    *sum += u16::from(tap) * u16::from(factor);
                }
            }
            for (out, sum) in edge[start..size].iter_mut().zip(sums) {
                *out = (sum >> 4) as u8;
            }
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
        let out = &mut self.samples[WORK_ORIGIN - 2..];
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
        let value = self.samples[WORK_ORIGIN + last];
        self.samples[WORK_ORIGIN + last + 1..].fill(value);
    }

    /// Interpolated samples, each one position (two if upsampled) after the one before; the first lies between `base`
    /// and `base + 1`, `shift` of 32 parts on.
    #[inline(always)]
    fn line<const N: usize>(&self, (base, shift): (isize, u16)) -> [u8; N] {
        let source = &self.samples[(WORK_ORIGIN as isize + base) as usize..];
        let blend =
            |a: u8, b: u8| ((u16::from(a) * (32 - shift) + u16::from(b) * shift + 16) >> 5) as u8;
        let mut line = [0; N];
        if self.upsample == 0 {
            let first: &[u8; N] = source.first_chunk().expect("an edge longer than any line");
            let second: &[u8; N] = source[1..].first_chunk().expect("an edge longer than any line");
            for ((out, &a), &b) in line.iter_mut().zip(first).zip(second) {
                *out = blend(a, b);
            }
        } else {
            for (out, pair) in line.iter_mut().zip(source.as_chunks::<2>().0) {
                *out = blend(pair[0], pair[1]);
            }
        }
        line
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
    let step = |angle: usize| DR_INTRA_DERIVATIVE[angle] as isize;
    if angle < 90 {
        above.extend((w + h - 1) << above.upsample);
        by_side!(w, from_above(dst, h, &above, step(angle)));
    } else if angle < 180 {
        let steps = (step(180 - angle), step(angle - 90));
        from_both(dst, (w, h), [&above, &left], steps);
    } else {
        let mut dst = dst;
        by_side!(h, from_left(&mut dst, (w, w), &left, step(270 - angle)));
    }
}

/// 7.11.2.4 step 7: every row lies along the edge above.
#[inline(always)]
fn from_above<const W: usize>(dst: SamplesMut<'_>, h: usize, above: &WorkEdge, dx: isize) {
    for (row, i) in dst.heads::<W>(h).zip(1..) {
        *row = above.line(position(i * dx, above.upsample));
    }
}

/// 7.11.2.4 step 9, and step 8 with a negative `dy`: the first `lines` columns of a block of width `w` lie along the edge
/// to the left. Columns after them may be written too.
#[inline(always)]
fn from_left<const H: usize>(
    dst: &mut SamplesMut<'_>,
    (lines, w): (usize, usize),
    left: &WorkEdge,
    dy: isize,
) {
    let mut columns = [[0; H]; 64];
    for (column, j) in columns[..lines].iter_mut().zip(1..) {
        *column = left.line(position(j * dy, left.upsample));
    }
    let columns = View::new(columns.as_flattened(), H);
    let side = w.min(H).min(16);
    let size = (lines.next_multiple_of(side), H);
    match side {
        4 => turn_4(dst, columns, size),
        8 => turn_8(dst, columns, size),
        _ => turn_16(dst, columns, size),
    }
}

/// Writes the transpose of `columns`, 4 × 4 samples at a time.
#[inline(always)]
fn turn_4(dst: &mut SamplesMut<'_>, columns: View<'_, u8>, (w, h): (usize, usize)) {
    for x in (0..w).step_by(4) {
        for y in 0..h {
            let row: &mut [u8; 4] = dst.row(x, y);
            for (j, sample) in row.iter_mut().enumerate() {
                [*sample] = *columns.row(y, x + j);
            }
        }
    }
}

/// Writes the transpose of `columns`, 8 × 8 samples at a time.
#[inline(always)]
fn turn_8(dst: &mut SamplesMut<'_>, columns: View<'_, u8>, (w, h): (usize, usize)) {
    for x in (0..w).step_by(8) {
        for y in (0..h).step_by(8) {
            let mut tile = [U8x16::load(&[0; 16]); 4];
            for (j, v) in tile.iter_mut().enumerate() {
                let (first, second) = (columns.row(y, x + 2 * j), columns.row(y, x + 2 * j + 1));
                *v = U8x16::load_halves(first, second);
            }
            for (i, v) in transpose::<_, 8, 4>(tile).into_iter().enumerate() {
                let rows = v.to_array();
                let rows = rows.as_chunks::<8>().0;
                *dst.row(x, y + 2 * i) = rows[0];
                *dst.row(x, y + 2 * i + 1) = rows[1];
            }
        }
    }
}

/// Writes the transpose of `columns`, 16 × 16 samples at a time.
#[inline(always)]
fn turn_16(dst: &mut SamplesMut<'_>, columns: View<'_, u8>, (w, h): (usize, usize)) {
    for x in (0..w).step_by(16) {
        for y in (0..h).step_by(16) {
            let mut tile = [U8x16::load(&[0; 16]); 16];
            for (j, v) in tile.iter_mut().enumerate() {
                *v = U8x16::load(columns.row(y, x + j));
            }
            for (i, v) in transpose::<_, 16, 16>(tile).into_iter().enumerate() {
                *dst.row(x, y + i) = v.to_array();
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
fn from_both(
    mut dst: SamplesMut<'_>,
    (w, h): (usize, usize),
    [above, left]: [&WorkEdge; 2],
    (dx, dy): (isize, isize),
) {
    let most = first_from_above(above, dx, h - 1).min(w);
    by_side!(h, from_left(&mut dst, (most, w), left, -dy));
    by_side!(w, ends_from_above(dst, h, above, dx));
}

/// The first column of row `i` that lies along the edge above: the first `j` with `base + (j << upsample)` at least
/// `−(1 << upsample)`.
#[inline(always)]
fn first_from_above(above: &WorkEdge, dx: isize, i: usize) -> usize {
    let (base, _) = position(-((i as isize + 1) * dx), above.upsample);
    let behind = -(1 << above.upsample) - base;
    ((behind + above.upsample as isize) >> above.upsample).max(0) as usize
}

/// The ends of the rows of [`from_both`].
#[inline(always)]
fn ends_from_above<const W: usize>(dst: SamplesMut<'_>, h: usize, above: &WorkEdge, dx: isize) {
    for (row, i) in dst.heads::<W>(h).zip(0..) {
        let first = first_from_above(above, dx, i);
        if first >= W {
            return;
        }
        let line: [u8; W] = above.line(position(-((i as isize + 1) * dx), above.upsample));
        row[first..].copy_from_slice(&line[first..]);
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
