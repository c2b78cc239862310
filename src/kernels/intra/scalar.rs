//! The predictions, row by row.

pub(super) use super::cfl::{cfl_ac, cfl_predict};
use super::directional::directional;
use super::tables::{
    SM_WEIGHTS_TX_4X4, SM_WEIGHTS_TX_8X8, SM_WEIGHTS_TX_16X16, SM_WEIGHTS_TX_32X32,
    SM_WEIGHTS_TX_64X64,
};
use super::{Edges, IntraPrediction};
use crate::kernels::view::SamplesMut;

/// Calls `$f::<W>` for the block width `$w`.
macro_rules! by_width {
    ($w:expr, $f:ident($($arg:expr),*)) => {
        match $w {
            4 => $f::<4>($($arg),*),
            8 => $f::<8>($($arg),*),
            16 => $f::<16>($($arg),*),
            32 => $f::<32>($($arg),*),
            _ => $f::<64>($($arg),*),
        }
    };
}

#[inline(always)]
pub(super) fn predict(
    dst: SamplesMut<'_>,
    (w, h): (usize, usize),
    edges: &Edges,
    prediction: IntraPrediction,
) {
    match prediction {
        IntraPrediction::Dc => fill(dst, (w, h), dc_value((w, h), edges)),
        IntraPrediction::Smooth => by_width!(w, smooth(dst, h, edges)),
        IntraPrediction::SmoothV => by_width!(w, smooth_v(dst, h, edges)),
        IntraPrediction::SmoothH => by_width!(w, smooth_h(dst, h, edges)),
        IntraPrediction::Paeth => by_width!(w, paeth(dst, h, edges)),
        IntraPrediction::Directional { angle, edge_filter } => {
            directional(dst, (w, h), edges, angle, edge_filter);
        }
    }
}

/// The first `W` samples of an edge.
#[inline(always)]
fn head<const W: usize>(edge: &[u8]) -> &[u8; W] {
    edge.first_chunk().expect("an edge holds 64 samples")
}

/// Sets every sample to `value`.
#[inline(always)]
fn fill(dst: SamplesMut<'_>, (w, h): (usize, usize), value: u8) {
    for row in dst.rows().take(h) {
        row[..w].fill(value);
    }
}

/// 7.11.2.5 DC intra prediction process: the value of every sample.
#[inline(always)]
pub(super) fn dc_value((w, h): (usize, usize), edges: &Edges) -> u8 {
    let sum = |edge: &[u8]| edge.iter().map(|&s| u32::from(s)).sum::<u32>();
    let (sum, count) = match (edges.have_left, edges.have_above) {
        (true, true) => (sum(&edges.left()[..h]) + sum(&edges.above()[..w]), w + h),
        (true, false) => (sum(&edges.left()[..h]), h),
        (false, true) => (sum(&edges.above()[..w]), w),
        (false, false) => return 128,
    };
    let count = count as u32;
    ((sum + (count >> 1)) / count) as u8
}

/// 7.11.2.4 step 10: every row is the edge above.
#[inline(always)]
pub(super) fn vertical(dst: SamplesMut<'_>, (w, h): (usize, usize), edges: &Edges) {
    for row in dst.rows().take(h) {
        row[..w].copy_from_slice(&edges.above()[..w]);
    }
}

/// 7.11.2.4 step 11: every column is the edge to the left.
#[inline(always)]
pub(super) fn horizontal(dst: SamplesMut<'_>, (w, h): (usize, usize), edges: &Edges) {
    for (row, &left) in dst.rows().take(h).zip(edges.left()) {
        row[..w].fill(left);
    }
}

/// 7.11.2.2 Basic intra prediction process (Paeth).
#[inline(always)]
fn paeth<const W: usize>(dst: SamplesMut<'_>, h: usize, edges: &Edges) {
    let above = head::<W>(edges.above());
    let corner = i16::from(edges.corner());
    for (row, &left) in dst.heads::<W>(h).zip(edges.left()) {
        let left_step = i16::from(left) - corner;
        let to_above = left_step.abs();
        for (out, &above) in row.iter_mut().zip(above) {
            let above_step = i16::from(above) - corner;
            let to_left = above_step.abs();
            let to_corner = (above_step + left_step).abs();
            let other = if to_above <= to_corner { above } else { corner as u8 };
            *out = if to_left <= to_above.min(to_corner) { left } else { other };
        }
    }
}

/// The weights of smooth prediction along `size` samples (7.11.2.6).
#[inline(always)]
fn smooth_weights(size: usize) -> &'static [u8] {
    match size {
        4 => &SM_WEIGHTS_TX_4X4,
        8 => &SM_WEIGHTS_TX_8X8,
        16 => &SM_WEIGHTS_TX_16X16,
        32 => &SM_WEIGHTS_TX_32X32,
        _ => &SM_WEIGHTS_TX_64X64,
    }
}

/// 7.11.2.6 Smooth intra prediction process, `SMOOTH_PRED`.
#[inline(always)]
fn smooth<const W: usize>(dst: SamplesMut<'_>, h: usize, edges: &Edges) {
    let above = head::<W>(edges.above());
    let weights_x = head::<W>(smooth_weights(W));
    let right = u16::from(above[W - 1]);
    let bottom = u16::from(edges.left()[h - 1]);
    let weights_y = smooth_weights(h);
    for ((row, &left), &wy) in dst.heads::<W>(h).zip(edges.left()).zip(weights_y) {
        let (left, wy) = (u16::from(left), u16::from(wy));
        let from_bottom = (256 - wy) * bottom;
        for ((out, &above), &wx) in row.iter_mut().zip(above).zip(weights_x) {
            let wx = u16::from(wx);
            let down = wy * u16::from(above) + from_bottom;
            let across = wx * left + (256 - wx) * right;
            // Half of the sum, rounded down, so that the lanes stay 16 bits wide.
            let half = (down & across) + ((down ^ across) >> 1);
            *out = ((half + 128) >> 8) as u8;
        }
    }
}

/// 7.11.2.6 Smooth intra prediction process, `SMOOTH_V_PRED`.
#[inline(always)]
fn smooth_v<const W: usize>(dst: SamplesMut<'_>, h: usize, edges: &Edges) {
    let above = head::<W>(edges.above());
    let bottom = u16::from(edges.left()[h - 1]);
    for (row, &wy) in dst.heads::<W>(h).zip(smooth_weights(h)) {
        let wy = u16::from(wy);
        let from_bottom = (256 - wy) * bottom + 128;
        for (out, &above) in row.iter_mut().zip(above) {
            *out = ((wy * u16::from(above) + from_bottom) >> 8) as u8;
        }
    }
}

/// 7.11.2.6 Smooth intra prediction process, `SMOOTH_H_PRED`.
#[inline(always)]
fn smooth_h<const W: usize>(dst: SamplesMut<'_>, h: usize, edges: &Edges) {
    let weights_x = head::<W>(smooth_weights(W));
    let right = u16::from(edges.above()[W - 1]);
    for (row, &left) in dst.heads::<W>(h).zip(edges.left()) {
        let left = u16::from(left);
        for (out, &wx) in row.iter_mut().zip(weights_x) {
            let wx = u16::from(wx);
            *out = ((wx * left + (256 - wx) * right + 128) >> 8) as u8;
        }
    }
}
