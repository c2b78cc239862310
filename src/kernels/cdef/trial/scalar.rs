//! Trials in plain loops, which become vectors.

use super::{Errors, MOST_PRIMARY, MOST_SECONDARY, Strengths};
use crate::kernels::cdef::scalar::{
    Taps, adjusted_damping, constrain, gather, taps, weigh_primary,
};
use crate::kernels::cdef::{MARGIN, REACH, STRIDE, Window};

pub(super) fn try_luma(
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[[u8; 8]; 8],
) -> Errors {
    let source = source.as_flattened().try_into().expect("64 samples");
    try_block::<64, { 7 * STRIDE + 8 }, 1>(window, block, strengths, at_edge, source)
}

pub(super) fn try_chroma(
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[[u8; 8]; 4],
) -> Errors {
    let source = source.as_flattened().try_into().expect("32 samples");
    try_block::<32, { 3 * STRIDE + 8 }, 2>(window, block, strengths, at_edge, source)
}

/// Weighted sums of constrained differences, positive and negative ones apart.
#[derive(Clone, Copy)]
struct Sums<const BYTES: usize> {
    positive: [u8; BYTES],
    negative: [u8; BYTES],
}

impl<const BYTES: usize> Sums<BYTES> {
    const ZERO: Self = Self { positive: [0; BYTES], negative: [0; BYTES] };

    /// Adds the constrained differences from a block to one of its taps.
    fn add(&mut self, block: &[u8; BYTES], tap: &[u8; BYTES], threshold: u8, shift: u32) {
        for l in 0..BYTES {
            let (positive, negative) = constrain(block[l], tap[l], threshold, shift);
            self.positive[l] += positive;
            self.negative[l] += negative;
        }
    }

    /// The sums over near and far taps, under the weights that `weigh` gives them.
    fn weighted([near, far]: [Self; 2], weigh: impl Fn(u8, u8) -> u8) -> Self {
        Self {
            positive: core::array::from_fn(|l| weigh(near.positive[l], far.positive[l])),
            negative: core::array::from_fn(|l| weigh(near.negative[l], far.negative[l])),
        }
    }
}

fn try_block<const BYTES: usize, const SPAN: usize, const STEP: isize>(
    window: &Window,
    block: usize,
    strengths: &Strengths<'_>,
    at_edge: bool,
    source: &[u8; BYTES],
) -> Errors {
    let Strengths { primary, secondary, damping, direction } = *strengths;
    let origin = REACH * STRIDE + MARGIN + 8 * block;
    let x = gather::<BYTES, SPAN>(&window.samples, origin);
    let Taps { p, s } = match at_edge {
        false => taps::<BYTES, SPAN, STEP, true, true, false>(window, &x, origin, direction),
        true => taps::<BYTES, SPAN, STEP, true, true, true>(window, &x, origin, direction),
    };
    let (mut least, mut greatest) = (x, x);
    for tap in p.iter().chain(&s) {
        for l in 0..BYTES {
            least[l] = least[l].min(tap[l]);
            greatest[l] = greatest[l].max(tap[l]);
        }
    }
    let sums = |taps: &[[u8; BYTES]], threshold: u8| {
        let shift = adjusted_damping(threshold, damping);
        let (near, far) = taps.split_at(taps.len() / 2);
        [near, far].map(|taps| {
            let mut sums = Sums::<BYTES>::ZERO;
            taps.iter().for_each(|tap| sums.add(&x, tap, threshold, shift));
            sums
        })
    };
    let mut primaries = [Sums::ZERO; MOST_PRIMARY];
    for (to, &strength) in primaries.iter_mut().zip(primary) {
        *to = Sums::weighted(sums(&p, strength), weigh_primary(strength));
    }
    let mut errors = [[0; MOST_PRIMARY]; MOST_SECONDARY];
    for (errors, &strength) in errors.iter_mut().zip(secondary) {
        let secondary = Sums::weighted(sums(&s, strength), |near, far| near + near + far);
        for (error, (primary, _)) in errors.iter_mut().zip(primaries.iter().zip(primary)) {
            for l in 0..BYTES {
                let positive = primary.positive[l] + secondary.positive[l];
                let negative = primary.negative[l] + secondary.negative[l];
                // As the filter itself rounds. The clip changes nothing under one kind of taps.
                let up = (positive.saturating_sub(negative) + 8) >> 4;
                let down = (negative.saturating_sub(positive) + 8) >> 4;
                let y = x[l].saturating_add(up).saturating_sub(down);
                let left = u32::from(y.max(least[l]).min(greatest[l]).abs_diff(source[l]));
                *error += left * left;
            }
        }
    }
    errors
}
