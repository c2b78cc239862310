//! Intra prediction kernels (7.11.2.2 to 7.11.2.6, 7.11.5), 8-bit.
//!
//! Each reads the two edges of a block from [`Edges`] and writes `w` × `h` samples, 4 to 64 in
//! each direction. The edges are copies, so the samples may be those that they were taken from.

mod cfl;
mod directional;
#[cfg(test)]
pub(crate) mod spec;
pub(crate) mod tables;

pub(crate) use cfl::{CFL_MAX, cfl_ac, cfl_predict};

use self::directional::directional;
use self::tables::{
    SM_WEIGHTS_TX_4X4, SM_WEIGHTS_TX_8X8, SM_WEIGHTS_TX_16X16, SM_WEIGHTS_TX_32X32,
    SM_WEIGHTS_TX_64X64,
};
use super::view::SamplesMut;

/// Index of sample 0 of an edge in its array, so that samples −16 and up have a place.
pub(crate) const EDGE_ORIGIN: usize = 16;
/// Length of an edge array: up to 64 + 64 samples and the places around them.
pub(crate) const EDGE_LEN: usize = EDGE_ORIGIN + 128;

/// The edges of one block (7.11.2.1): sample `i` of an edge is at index [`EDGE_ORIGIN`]` + i`, for
/// `i` from −1 to `w + h − 1`.
#[derive(Clone, Debug)]
pub(crate) struct Edges {
    /// `AboveRow`.
    pub(crate) above: [u8; EDGE_LEN],
    /// `LeftCol`; its sample −1 is that of `above`.
    pub(crate) left: [u8; EDGE_LEN],
    /// `haveAbove`.
    pub(crate) have_above: bool,
    /// `haveLeft`.
    pub(crate) have_left: bool,
    /// Columns of the block inside the coded area: `Min( w, maxX − x + 1 )`.
    pub(crate) cols_inside: usize,
    /// Rows of the block inside the coded area: `Min( h, maxY − y + 1 )`.
    pub(crate) rows_inside: usize,
}

impl Edges {
    /// `AboveRow[ 0.. ]`.
    #[inline]
    pub(crate) fn above(&self) -> &[u8] {
        &self.above[EDGE_ORIGIN..]
    }

    /// `LeftCol[ 0.. ]`.
    #[inline]
    pub(crate) fn left(&self) -> &[u8] {
        &self.left[EDGE_ORIGIN..]
    }

    /// `AboveRow[ −1 ]`.
    #[inline]
    pub(crate) fn corner(&self) -> u8 {
        self.above[EDGE_ORIGIN - 1]
    }
}

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

/// How a block is predicted from its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntraPrediction {
    /// `DC_PRED` (7.11.2.5).
    Dc,
    /// `SMOOTH_PRED` (7.11.2.6).
    Smooth,
    /// `SMOOTH_V_PRED` (7.11.2.6).
    SmoothV,
    /// `SMOOTH_H_PRED` (7.11.2.6).
    SmoothH,
    /// `PAETH_PRED` (7.11.2.2).
    Paeth,
    /// A directional mode (7.11.2.4).
    Directional {
        /// `pAngle`, in degrees: 36 to 212 in the standard's steps.
        angle: usize,
        /// `None` if `enable_intra_edge_filter` is 0, else the filter type of 7.11.2.8.
        edge_filter: Option<bool>,
    },
}

/// Predicts `w` × `h` samples from their edges.
pub(crate) fn predict(
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
#[inline]
fn head<const W: usize>(edge: &[u8]) -> &[u8; W] {
    edge.first_chunk().expect("an edge holds 64 samples")
}

/// Sets every sample to `value`.
fn fill(dst: SamplesMut<'_>, (w, h): (usize, usize), value: u8) {
    for row in dst.rows().take(h) {
        row[..w].fill(value);
    }
}

/// 7.11.2.5 DC intra prediction process: the value of every sample.
pub(crate) fn dc_value((w, h): (usize, usize), edges: &Edges) -> u8 {
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
fn vertical(dst: SamplesMut<'_>, (w, h): (usize, usize), edges: &Edges) {
    for row in dst.rows().take(h) {
        row[..w].copy_from_slice(&edges.above()[..w]);
    }
}

/// 7.11.2.4 step 11: every column is the edge to the left.
fn horizontal(dst: SamplesMut<'_>, (w, h): (usize, usize), edges: &Edges) {
    for (row, &left) in dst.rows().take(h).zip(edges.left()) {
        row[..w].fill(left);
    }
}

/// 7.11.2.2 Basic intra prediction process (Paeth).
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

#[cfg(test)]
mod tests;
