//! Chroma from luma (7.11.5), 4:2:0.

use super::CFL_MAX;
use crate::kernels::view::{Samples, SamplesMut};

#[inline(always)]
pub(super) fn cfl_ac(
    ac: &mut [i16; CFL_MAX * CFL_MAX],
    luma: Samples<'_>,
    (w, h): (usize, usize),
    (luma_w, luma_h): (usize, usize),
) {
    let inside_w = w.min(luma_w / 2);
    let inside_h = h.min(luma_h / 2);
    for (out, pair) in
        ac.chunks_exact_mut(CFL_MAX).zip(luma.data.chunks(2 * luma.stride)).take(inside_h)
    {
        let (top, bottom) = (&pair[..2 * inside_w], &pair[luma.stride..luma.stride + 2 * inside_w]);
        for ((out, top), bottom) in
            out.iter_mut().zip(top.chunks_exact(2)).zip(bottom.chunks_exact(2))
        {
            let sum = u16::from(top[0]) + u16::from(top[1]);
            *out = ((sum + u16::from(bottom[0]) + u16::from(bottom[1])) << 1) as i16;
        }
        let last = out[inside_w - 1];
        out[inside_w..w].fill(last);
    }
    for i in inside_h..h {
        ac.copy_within((inside_h - 1) * CFL_MAX..(inside_h - 1) * CFL_MAX + w, i * CFL_MAX);
    }
    let rows = || ac.chunks_exact(CFL_MAX).take(h);
    let sum: i32 = rows().map(|row| row[..w].iter().map(|&v| i32::from(v)).sum::<i32>()).sum();
    let count = (w * h) as i32;
    let average = ((sum + (count >> 1)) / count) as i16;
    for row in ac.chunks_exact_mut(CFL_MAX).take(h) {
        for v in &mut row[..w] {
            *v -= average;
        }
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
    let dc = i16::from(dc);
    for (row, ac) in dst.rows().zip(ac.chunks_exact(CFL_MAX)).take(h) {
        for (out, &ac) in row[..w].iter_mut().zip(ac) {
            let product = alpha * ac;
            // Round2Signed: halves go away from zero. |alpha * ac| is at most 32640.
            let scaled = (product + 32 + (product >> 15)) >> 6;
            *out = (dc + scaled).clamp(0, 255) as u8;
        }
    }
}
