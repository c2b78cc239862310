//! Intra prediction (7.11.2, 7.11.5): the edges of a block from the current frame, and the choice
//! of the kernel. 8-bit, 4:2:0.

use crate::av1::geometry::MiPos;
use crate::av1::tables::blocks::MODE_TO_ANGLE;
use crate::av1::types::{PredictionMode, TxSize};
use crate::frame::padded::PaddedPlane;
use crate::kernels::intra::{self, CFL_MAX, EDGE_LEN, EDGE_ORIGIN, Edges, IntraPrediction};
use crate::kernels::isa::Isa;
use crate::kernels::view::SamplesMut;

/// Degrees of one step of an angle delta (`ANGLE_STEP`).
const ANGLE_STEP: isize = 3;

/// Which samples around a block exist (7.11.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Available {
    /// `haveLeft`.
    pub(crate) left: bool,
    /// `haveAbove`.
    pub(crate) above: bool,
    /// `haveAboveRight`.
    pub(crate) above_right: bool,
    /// `haveBelowLeft`.
    pub(crate) below_left: bool,
}

/// 7.11.2.1: the edges of a transform block at sample (`x`, `y`) of plane number `plane`, read
/// from the current frame's reconstruction before any loop filter.
///
/// The block begins inside the coded area; samples of that area, up to a multiple of 8 luma
/// samples, are read from `frame` as decoded.
pub(crate) fn edges(
    frame: &PaddedPlane,
    plane: usize,
    (x, y): (usize, usize),
    tx_size: TxSize,
    have: Available,
) -> Edges {
    let (w, h) = (tx_size.width(), tx_size.height());
    // MiCols * MI_SIZE and MiRows * MI_SIZE, subsampled.
    let multiple = if plane == 0 { 8 } else { 4 };
    let cols_left = frame.width.next_multiple_of(multiple) - x;
    let rows_left = frame.height.next_multiple_of(multiple) - y;
    let mut above = [0; EDGE_LEN];
    let mut left = [0; EDGE_LEN];
    let stride = frame.stride;
    let here = frame.index(x as isize, y as isize);

    let row = &mut above[EDGE_ORIGIN..EDGE_ORIGIN + w + h];
    if have.above {
        let count = (if have.above_right { 2 * w } else { w }).min(cols_left).min(w + h);
        row[..count].copy_from_slice(&frame.data[here - stride..][..count]);
        let last = row[count - 1];
        row[count..].fill(last);
    } else {
        row.fill(if have.left { frame.data[here - 1] } else { 127 });
    }
    let column = &mut left[EDGE_ORIGIN..EDGE_ORIGIN + w + h];
    if have.left {
        let count = (if have.below_left { 2 * h } else { h }).min(rows_left).min(w + h);
        let samples = frame.data[here - 1..].iter().step_by(stride);
        for (out, &sample) in column[..count].iter_mut().zip(samples) {
            *out = sample;
        }
        let last = column[count - 1];
        column[count..].fill(last);
    } else {
        column.fill(if have.above { frame.data[here - stride] } else { 129 });
    }
    let corner = match (have.above, have.left) {
        (true, true) => frame.data[here - stride - 1],
        (true, false) => frame.data[here - stride],
        (false, true) => frame.data[here - 1],
        (false, false) => 128,
    };
    above[EDGE_ORIGIN - 1] = corner;
    left[EDGE_ORIGIN - 1] = corner;
    Edges {
        above,
        left,
        have_above: have.above,
        have_left: have.left,
        cols_inside: w.min(cols_left),
        rows_inside: h.min(rows_left),
    }
}

/// How a directional mode turns its edges into samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Direction {
    /// `AngleDeltaY` or `AngleDeltaUV`, −3 to 3; 0 for other modes.
    pub(crate) angle_delta: i8,
    /// `None` if `enable_intra_edge_filter` is 0, else the result of [`filter_type`].
    pub(crate) edge_filter: Option<bool>,
}

/// 7.11.2.1: predicts a transform block by an intra mode into `dst`.
///
/// Chroma from luma is [`predict_chroma_from_luma`].
pub(crate) fn predict_intra(
    isa: Isa,
    dst: SamplesMut<'_>,
    tx_size: TxSize,
    mode: PredictionMode,
    direction: Direction,
    edges: &Edges,
) {
    let prediction = match mode {
        PredictionMode::Dc => IntraPrediction::Dc,
        PredictionMode::Smooth => IntraPrediction::Smooth,
        PredictionMode::SmoothV => IntraPrediction::SmoothV,
        PredictionMode::SmoothH => IntraPrediction::SmoothH,
        PredictionMode::Paeth => IntraPrediction::Paeth,
        directional => IntraPrediction::Directional {
            angle: prediction_angle(directional, direction.angle_delta),
            edge_filter: direction.edge_filter,
        },
    };
    let size = (tx_size.width(), tx_size.height());
    intra::predict(isa, dst, size, edges, prediction);
}

/// `pAngle` of 7.11.2.4, in degrees.
fn prediction_angle(mode: PredictionMode, angle_delta: i8) -> usize {
    let angle = isize::from(MODE_TO_ANGLE[mode as usize]) + isize::from(angle_delta) * ANGLE_STEP;
    angle as usize
}

/// 7.11.2.8 Intra filter type process: whether a neighbour of the block at `pos`
/// predicts smoothly.
///
/// `available` is `AvailU` and `AvailL` (`AvailUChroma` and `AvailLChroma` for chroma);
/// `is_smooth` answers the standard's function of that name for a row and a column of 4×4 luma
/// units.
pub(crate) fn filter_type(
    plane: usize,
    pos: MiPos,
    (above, left): (bool, bool),
    is_smooth: impl Fn(usize, usize) -> bool,
) -> bool {
    let (odd_row, odd_col) = (pos.row & 1, pos.col & 1);
    let chroma = plane > 0;
    let above_smooth = || {
        if chroma {
            is_smooth(pos.row - 1 - odd_row, pos.col + 1 - odd_col)
        } else {
            is_smooth(pos.row - 1, pos.col)
        }
    };
    let left_smooth = || {
        if chroma {
            is_smooth(pos.row + 1 - odd_row, pos.col - 1 - odd_col)
        } else {
            is_smooth(pos.row, pos.col - 1)
        }
    };
    (above && above_smooth()) || (left && left_smooth())
}

/// The luma part of chroma from luma (7.11.5) for a chroma transform block at sample (`x`, `y`) of
/// its plane; the same for both chroma planes.
///
/// `max_luma` is `MaxLumaW` and `MaxLumaH`: where the block's last luma transform block that
/// begins inside the frame ends (5.11.35).
pub(crate) fn cfl_ac(
    isa: Isa,
    ac: &mut [i16; CFL_MAX * CFL_MAX],
    luma: &PaddedPlane,
    (x, y): (usize, usize),
    tx_size: TxSize,
    max_luma: (usize, usize),
) {
    let here = luma.view(2 * x as isize, 2 * y as isize);
    let size = (tx_size.width(), tx_size.height());
    let inside = (max_luma.0 - 2 * x, max_luma.1 - 2 * y);
    intra::cfl_ac(isa, ac, here, size, inside);
}

/// 7.11.5 Predict chroma from luma process, with the luma part of [`cfl_ac`] and `alpha`
/// `CflAlphaU` or `CflAlphaV`.
pub(crate) fn predict_chroma_from_luma(
    isa: Isa,
    dst: SamplesMut<'_>,
    tx_size: TxSize,
    edges: &Edges,
    ac: &[i16; CFL_MAX * CFL_MAX],
    alpha: i8,
) {
    let size = (tx_size.width(), tx_size.height());
    let dc = intra::dc_value(size, edges);
    intra::cfl_predict(isa, dst, size, dc, ac, i16::from(alpha));
}

#[cfg(test)]
mod tests;
