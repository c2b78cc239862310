//! Chroma from luma (7.11.5), 4:2:0.

use super::CFL_MAX;
use crate::kernels::view::{Samples, SamplesMut, View, ViewMut};

/// Calls `$f::<W>` for a width of `$w` samples.
macro_rules! by_width {
    ($w:expr, $f:ident($($arg:expr),*)) => {
        match $w {
            4 => $f::<4>($($arg),*),
            8 => $f::<8>($($arg),*),
            16 => $f::<16>($($arg),*),
            _ => $f::<32>($($arg),*),
        }
    };
}

#[inline(always)]
pub(super) fn cfl_ac(
    ac: &mut [i16; CFL_MAX * CFL_MAX],
    luma: Samples<'_>,
    (w, h): (usize, usize),
    (luma_w, luma_h): (usize, usize),
) {
    by_width!(w, cfl_ac_of(ac, luma, h, (w.min(luma_w / 2), h.min(luma_h / 2))));
}

#[inline(always)]
fn cfl_ac_of<const W: usize>(
    ac: &mut [i16; CFL_MAX * CFL_MAX],
    luma: Samples<'_>,
    h: usize,
    (inside_w, inside_h): (usize, usize),
) {
    let mut rows = ViewMut::new(ac, CFL_MAX);
    for i in 0..inside_h {
        let pairs = |y: usize| luma.data[y * luma.stride..][..2 * inside_w].as_chunks::<2>().0;
        let (top, bottom) = (pairs(2 * i), pairs(2 * i + 1));
        let out: &mut [i16; W] = rows.row(0, i);
        match (top.first_chunk(), bottom.first_chunk()) {
            (Some(top), Some(bottom)) => eighths::<W>(out, top, bottom),
            _ => {
                eighths_of(&mut out[..inside_w], top, bottom);
                let last = out[inside_w - 1];
                out[inside_w..].fill(last);
            }
        }
    }
    let last: [i16; W] = *rows.row(0, inside_h - 1);
    for i in inside_h..h {
        *rows.row(0, i) = last;
    }
    let rows = || ac.chunks_exact(CFL_MAX).take(h).filter_map(|row| row.first_chunk::<W>());
    let sum: i32 = rows().map(|row| row.iter().map(|&v| i32::from(v)).sum::<i32>()).sum();
    let count = (W * h) as i32;
    let average = ((sum + (count >> 1)) / count) as i16;
    for row in ViewMut::new(ac, CFL_MAX).heads::<W>(h) {
        for v in row {
            *v -= average;
        }
    }
}

/// [`eighths_of`] as many samples as a block is wide.
#[inline(always)]
fn eighths<const W: usize>(out: &mut [i16; W], top: &[[u8; 2]; W], bottom: &[[u8; 2]; W]) {
    eighths_of(out, top, bottom);
}

/// The sums of squares of luma, in 1/8 of their means.
#[inline(always)]
fn eighths_of(out: &mut [i16], top: &[[u8; 2]], bottom: &[[u8; 2]]) {
    for ((out, &top), &bottom) in out.iter_mut().zip(top).zip(bottom) {
        let (top, bottom) = (u16::from_le_bytes(top), u16::from_le_bytes(bottom));
        let sum = (top & 0xFF) + (top >> 8) + (bottom & 0xFF) + (bottom >> 8);
        *out = (sum << 1) as i16;
    }
}

#[inline(always)]
pub(super) fn cfl_predict(
    dst: SamplesMut<'_>,
    (w, h): (usize, usize),
    dc: u8,
    ac: &[i16; CFL_MAX * CFL_MAX],
    alpha: i16,
) {
    by_width!(w, cfl_predict_of(dst, h, dc, ac, alpha));
}

#[inline(always)]
fn cfl_predict_of<const W: usize>(
    dst: SamplesMut<'_>,
    h: usize,
    dc: u8,
    ac: &[i16; CFL_MAX * CFL_MAX],
    alpha: i16,
) {
    let dc = i16::from(dc);
    let ac = View::new(ac, CFL_MAX);
    for (row, i) in dst.heads::<W>(h).zip(0..) {
        for (out, &ac) in row.iter_mut().zip(ac.row::<W>(0, i)) {
            let product = alpha * ac;
            // Round2Signed: halves go away from zero. |alpha * ac| is at most 32640.
            let scaled = (product + 32 + (product >> 15)) >> 6;
            *out = (dc + scaled).clamp(0, 255) as u8;
        }
    }
}
