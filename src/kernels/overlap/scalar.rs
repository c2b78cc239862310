//! The blends in plain loops, which become vectors.

use super::tables::{OBMC_MASK_2, OBMC_MASK_4, OBMC_MASK_8, OBMC_MASK_16, OBMC_MASK_32};
use super::{mask, reach};
use crate::kernels::view::{Samples, SamplesMut};

/// 7.11.3.10 for one sample.
#[inline(always)]
fn blend(own: u8, other: u8, weight: u8) -> u8 {
    let (own, other, weight) = (u16::from(own), u16::from(other), u16::from(weight));
    ((weight * own + (64 - weight) * other + 32) >> 6) as u8
}

pub(super) fn blend_above(dst: SamplesMut<'_>, pred: Samples<'_>, (w, h): (usize, usize)) {
    let mask = &mask(h)[..reach(h)];
    match w {
        4 => above::<4>(dst, pred, mask),
        8 => above::<8>(dst, pred, mask),
        16 => above::<16>(dst, pred, mask),
        32 => above::<32>(dst, pred, mask),
        _ => above::<64>(dst, pred, mask),
    }
}

pub(super) fn blend_left(dst: SamplesMut<'_>, pred: Samples<'_>, (w, h): (usize, usize)) {
    match w {
        2 => left(dst, pred, h, &OBMC_MASK_2),
        4 => left(dst, pred, h, &OBMC_MASK_4),
        8 => left(dst, pred, h, &OBMC_MASK_8),
        16 => left(dst, pred, h, &OBMC_MASK_16),
        _ => left(dst, pred, h, &OBMC_MASK_32),
    }
}

fn above<const W: usize>(dst: SamplesMut<'_>, pred: Samples<'_>, mask: &[u8]) {
    for ((y, out), &weight) in dst.heads::<W>(mask.len()).enumerate().zip(mask) {
        for (own, &other) in out.iter_mut().zip(pred.row::<W>(0, y)) {
            *own = blend(*own, other, weight);
        }
    }
}

fn left<const W: usize>(dst: SamplesMut<'_>, pred: Samples<'_>, h: usize, mask: &[u8; W]) {
    for (y, out) in dst.heads::<W>(h).enumerate() {
        for ((own, &other), &weight) in out.iter_mut().zip(pred.row::<W>(0, y)).zip(mask) {
            *own = blend(*own, other, weight);
        }
    }
}
