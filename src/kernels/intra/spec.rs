//! 7.11.2.2 to 7.11.2.12 and 7.11.5 written as the standard writes them, sample by sample, to test
//! the kernels against.

use std::ops::{Index, IndexMut};

use super::tables::{
    DR_INTRA_DERIVATIVE, INTRA_EDGE_KERNEL, SM_WEIGHTS_TX_4X4, SM_WEIGHTS_TX_8X8,
    SM_WEIGHTS_TX_16X16, SM_WEIGHTS_TX_32X32, SM_WEIGHTS_TX_64X64,
};
use super::{EDGE_ORIGIN, Edges, IntraPrediction};

/// `AboveRow` or `LeftCol`: reading a sample that was never set fails.
#[derive(Clone)]
pub(crate) struct Line(Vec<Option<i32>>);

impl Line {
    pub(crate) fn new() -> Self {
        Self(vec![None; 16 + 256])
    }

    fn of(edge: &[u8], len: usize) -> Self {
        let mut line = Self::new();
        for i in -1..len as isize {
            line[i] = Some(i32::from(edge[(EDGE_ORIGIN as isize + i) as usize]));
        }
        line
    }

    fn at(&self, i: i32) -> i32 {
        self[i as isize].expect("a valid sample")
    }
}

impl Index<isize> for Line {
    type Output = Option<i32>;
    fn index(&self, i: isize) -> &Option<i32> {
        &self.0[(i + 16) as usize]
    }
}

impl IndexMut<isize> for Line {
    fn index_mut(&mut self, i: isize) -> &mut Option<i32> {
        &mut self.0[(i + 16) as usize]
    }
}

/// The variables that 7.11.2.1 hands down.
pub(crate) struct Inputs {
    pub(crate) prediction: IntraPrediction,
    pub(crate) w: usize,
    pub(crate) h: usize,
    pub(crate) have_left: bool,
    pub(crate) have_above: bool,
    /// maxX − x + 1.
    pub(crate) cols_left: usize,
    /// maxY − y + 1.
    pub(crate) rows_left: usize,
}

impl Inputs {
    pub(crate) fn new(prediction: IntraPrediction, (w, h): (usize, usize), edges: &Edges) -> Self {
        Self {
            prediction,
            w,
            h,
            have_left: edges.have_left,
            have_above: edges.have_above,
            cols_left: edges.cols_inside,
            rows_left: edges.rows_inside,
        }
    }
}

pub(crate) fn predict_from(inputs: &Inputs, edges: &Edges) -> Vec<Vec<i32>> {
    let len = inputs.w + inputs.h;
    predict(inputs, Line::of(&edges.above, len), Line::of(&edges.left, len))
}

pub(crate) fn predict(inputs: &Inputs, above: Line, left: Line) -> Vec<Vec<i32>> {
    use IntraPrediction as P;
    match inputs.prediction {
        P::Dc => dc(inputs, &above, &left),
        P::Smooth | P::SmoothV | P::SmoothH => smooth(inputs, &above, &left),
        P::Paeth => paeth(inputs, &above, &left),
        P::Directional { angle, edge_filter } => {
            directional(inputs, angle as i32, edge_filter, [above, left])
        }
    }
}

fn round2(x: i32, n: u32) -> i32 {
    if n == 0 { x } else { (x + (1 << (n - 1))) >> n }
}

pub(crate) fn round2_signed(x: i32, n: u32) -> i32 {
    if x >= 0 { round2(x, n) } else { -round2(-x, n) }
}

fn each(w: usize, h: usize, f: impl Fn(i32, i32) -> i32) -> Vec<Vec<i32>> {
    (0..h as i32).map(|i| (0..w as i32).map(|j| f(i, j)).collect()).collect()
}

fn paeth(inputs: &Inputs, above: &Line, left: &Line) -> Vec<Vec<i32>> {
    each(inputs.w, inputs.h, |i, j| {
        let base = above.at(j) + left.at(i) - above.at(-1);
        let p_left = (base - left.at(i)).abs();
        let p_top = (base - above.at(j)).abs();
        let p_top_left = (base - above.at(-1)).abs();
        if p_left <= p_top && p_left <= p_top_left {
            left.at(i)
        } else if p_top <= p_top_left {
            above.at(j)
        } else {
            above.at(-1)
        }
    })
}

fn dc(inputs: &Inputs, above: &Line, left: &Line) -> Vec<Vec<i32>> {
    let (w, h) = (inputs.w as i32, inputs.h as i32);
    let value = if inputs.have_left && inputs.have_above {
        let mut sum = 0;
        for k in 0..h {
            sum += left.at(k);
        }
        for k in 0..w {
            sum += above.at(k);
        }
        sum += (w + h) >> 1;
        sum / (w + h)
    } else if inputs.have_left {
        ((0..h).map(|k| left.at(k)).sum::<i32>() + (h >> 1)) >> h.ilog2()
    } else if inputs.have_above {
        ((0..w).map(|k| above.at(k)).sum::<i32>() + (w >> 1)) >> w.ilog2()
    } else {
        1 << 7
    };
    each(inputs.w, inputs.h, |_, _| value)
}

fn weights(size: usize) -> &'static [u8] {
    match size {
        4 => &SM_WEIGHTS_TX_4X4,
        8 => &SM_WEIGHTS_TX_8X8,
        16 => &SM_WEIGHTS_TX_16X16,
        32 => &SM_WEIGHTS_TX_32X32,
        64 => &SM_WEIGHTS_TX_64X64,
        other => panic!("no weights for {other}"),
    }
}

fn smooth(inputs: &Inputs, above: &Line, left: &Line) -> Vec<Vec<i32>> {
    let (w, h) = (inputs.w as i32, inputs.h as i32);
    let x = |j: i32| i32::from(weights(inputs.w)[j as usize]);
    let y = |i: i32| i32::from(weights(inputs.h)[i as usize]);
    each(inputs.w, inputs.h, |i, j| match inputs.prediction {
        IntraPrediction::Smooth => {
            let smooth_pred = y(i) * above.at(j)
                + (256 - y(i)) * left.at(h - 1)
                + x(j) * left.at(i)
                + (256 - x(j)) * above.at(w - 1);
            round2(smooth_pred, 9)
        }
        IntraPrediction::SmoothV => round2(y(i) * above.at(j) + (256 - y(i)) * left.at(h - 1), 8),
        _ => round2(x(j) * left.at(i) + (256 - x(j)) * above.at(w - 1), 8),
    })
}

/// 7.11.2.9.
#[allow(clippy::if_same_then_else)]
fn strength(w: usize, h: usize, filter_type: bool, delta: i32) -> usize {
    let d = delta.abs();
    let blk_wh = w + h;
    let mut strength = 0;
    if !filter_type {
        if blk_wh <= 8 {
            if d >= 56 {
                strength = 1;
            }
        } else if blk_wh <= 12 {
            if d >= 40 {
                strength = 1;
            }
        } else if blk_wh <= 16 {
            if d >= 40 {
                strength = 1;
            }
        } else if blk_wh <= 24 {
            if d >= 8 {
                strength = 1;
            }
            if d >= 16 {
                strength = 2;
            }
            if d >= 32 {
                strength = 3;
            }
        } else if blk_wh <= 32 {
            strength = 1;
            if d >= 4 {
                strength = 2;
            }
            if d >= 32 {
                strength = 3;
            }
        } else {
            strength = 3;
        }
    } else if blk_wh <= 8 {
        if d >= 40 {
            strength = 1;
        }
        if d >= 64 {
            strength = 2;
        }
    } else if blk_wh <= 16 {
        if d >= 20 {
            strength = 1;
        }
        if d >= 48 {
            strength = 2;
        }
    } else if blk_wh <= 24 {
        if d >= 4 {
            strength = 3;
        }
    } else {
        strength = 3;
    }
    strength
}

/// 7.11.2.10.
fn upsample_selected(w: usize, h: usize, filter_type: bool, delta: i32) -> bool {
    let d = delta.abs();
    let blk_wh = w + h;
    if d <= 0 || d >= 40 {
        false
    } else if !filter_type {
        blk_wh <= 16
    } else {
        blk_wh <= 8
    }
}

/// 7.11.2.12.
fn filter_edge(buf: &mut Line, sz: i32, strength: usize) {
    if strength == 0 {
        return;
    }
    let edge: Vec<i32> = (0..sz).map(|i| buf.at(i - 1)).collect();
    for i in 1..sz {
        let mut s = 0;
        for j in 0..5 {
            let k = (i - 2 + j).clamp(0, sz - 1);
            s += i32::from(INTRA_EDGE_KERNEL[strength - 1][j as usize]) * edge[k as usize];
        }
        buf[i as isize - 1] = Some((s + 8) >> 4);
    }
}

/// 7.11.2.11.
fn upsample_edge(buf: &mut Line, num_px: i32) {
    let mut dup = vec![0; num_px as usize + 3];
    dup[0] = buf.at(-1);
    for i in -1..num_px {
        dup[(i + 2) as usize] = buf.at(i);
    }
    dup[(num_px + 2) as usize] = buf.at(num_px - 1);
    // What lies beyond 2 * numPx − 2 is not valid any more.
    buf.0[16 + 2 * num_px as usize - 1..].fill(None);
    buf[-2] = Some(dup[0]);
    for i in 0..num_px as usize {
        let s = -dup[i] + 9 * dup[i + 1] + 9 * dup[i + 2] - dup[i + 3];
        buf[2 * i as isize - 1] = Some(round2(s, 4).clamp(0, 255));
        buf[2 * i as isize] = Some(dup[i + 2]);
    }
}

/// 7.11.2.4.
fn directional(
    inputs: &Inputs,
    p_angle: i32,
    edge_filter: Option<bool>,
    [mut above, mut left]: [Line; 2],
) -> Vec<Vec<i32>> {
    let &Inputs { w, h, have_left, have_above, cols_left, rows_left, .. } = inputs;
    let (mut upsample_above, mut upsample_left) = (0, 0);
    let derivative = |angle: i32| i32::from(DR_INTRA_DERIVATIVE[angle as usize]);
    if let Some(filter_type) = edge_filter {
        if p_angle != 90 && p_angle != 180 {
            if p_angle > 90 && p_angle < 180 && w + h >= 24 {
                let s = left.at(0) * 5 + above.at(-1) * 6 + above.at(0) * 5;
                left[-1] = Some(round2(s, 4));
                above[-1] = Some(round2(s, 4));
            }
            if have_above {
                let strength = strength(w, h, filter_type, p_angle - 90);
                let num_px = w.min(cols_left) + if p_angle < 90 { h } else { 0 } + 1;
                filter_edge(&mut above, num_px as i32, strength);
            }
            if have_left {
                let strength = strength(w, h, filter_type, p_angle - 180);
                let num_px = h.min(rows_left) + if p_angle > 180 { w } else { 0 } + 1;
                filter_edge(&mut left, num_px as i32, strength);
            }
        }
        if upsample_selected(w, h, filter_type, p_angle - 90) {
            upsample_above = 1;
            upsample_edge(&mut above, (w + if p_angle < 90 { h } else { 0 }) as i32);
        }
        if upsample_selected(w, h, filter_type, p_angle - 180) {
            upsample_left = 1;
            upsample_edge(&mut left, (h + if p_angle > 180 { w } else { 0 }) as i32);
        }
    }
    let between = |line: &Line, base: i32, shift: i32| {
        // A sample whose weight is 0 need not be valid.
        let next = if shift == 0 { 0 } else { line.at(base + 1) };
        round2(line.at(base) * (32 - shift) + next * shift, 5)
    };
    each(w, h, |i, j| {
        if p_angle < 90 {
            let idx = (i + 1) * derivative(p_angle);
            let base = (idx >> (6 - upsample_above)) + (j << upsample_above);
            let shift = ((idx << upsample_above) >> 1) & 0x1F;
            let max_base_x = (w as i32 + h as i32 - 1) << upsample_above;
            if base < max_base_x { between(&above, base, shift) } else { above.at(max_base_x) }
        } else if p_angle > 90 && p_angle < 180 {
            let idx = (j << 6) - (i + 1) * derivative(180 - p_angle);
            let base = idx >> (6 - upsample_above);
            if base >= -(1 << upsample_above) {
                between(&above, base, ((idx << upsample_above) >> 1) & 0x1F)
            } else {
                let idx = (i << 6) - (j + 1) * derivative(p_angle - 90);
                let base = idx >> (6 - upsample_left);
                between(&left, base, ((idx << upsample_left) >> 1) & 0x1F)
            }
        } else if p_angle > 180 {
            let idx = (j + 1) * derivative(270 - p_angle);
            let base = (idx >> (6 - upsample_left)) + (i << upsample_left);
            between(&left, base, ((idx << upsample_left) >> 1) & 0x1F)
        } else if p_angle == 90 {
            above.at(j)
        } else {
            left.at(i)
        }
    })
}

/// 7.11.5 with 4:2:0: `luma( x, y )` is `CurrFrame[ 0 ][ y ][ x ]`.
pub(crate) fn chroma_from_luma(
    pred: &mut [Vec<i32>],
    luma: impl Fn(usize, usize) -> u8,
    (start_x, start_y): (usize, usize),
    (max_luma_w, max_luma_h): (usize, usize),
    alpha: i32,
) {
    let (w, h) = (pred[0].len(), pred.len());
    let mut l = vec![vec![0; w]; h];
    let mut luma_avg = 0;
    for (i, l) in l.iter_mut().enumerate() {
        let luma_y = ((start_y + i) << 1).min(max_luma_h - 2);
        for (j, l) in l.iter_mut().enumerate() {
            let luma_x = ((start_x + j) << 1).min(max_luma_w - 2);
            let mut t = 0;
            for dy in 0..2 {
                for dx in 0..2 {
                    t += i32::from(luma(luma_x + dx, luma_y + dy));
                }
            }
            *l = t << 1;
            luma_avg += *l;
        }
    }
    let luma_avg = round2(luma_avg, w.ilog2() + h.ilog2());
    for (pred, l) in pred.iter_mut().zip(&l) {
        for (pred, l) in pred.iter_mut().zip(l) {
            let scaled_luma = round2_signed(alpha * (l - luma_avg), 6);
            *pred = (*pred + scaled_luma).clamp(0, 255);
        }
    }
}
