//! The temporal noise filter, sample by sample.

use super::{Blend, BlockDifference, DIFFERENCE_BITS, FRACTION_BITS, SIDE};
use crate::kernels::view::{Samples, SamplesMut, View, ViewMut};

/// Bits that differences lose before they are summed.
const SHIFT: u32 = FRACTION_BITS - DIFFERENCE_BITS;

pub(super) fn compare(samples: Samples<'_>, mean: View<'_, i16>, blocks: &mut [BlockDifference]) {
    for (index, block) in blocks.iter_mut().enumerate() {
        *block = BlockDifference::default();
        for y in 0..SIDE {
            let x = SIDE * index;
            let row = samples.row::<{ SIDE + 1 }>(x, y);
            for pair in row.windows(2) {
                block.gradient += u32::from(pair[0].abs_diff(pair[1])).pow(2);
            }
            for (&sample, &mean) in row.iter().zip(mean.row::<SIDE>(x, y)) {
                let difference = (i32::from(sample) << FRACTION_BITS) - i32::from(mean);
                let difference = (difference + (1 << (SHIFT - 1))) >> SHIFT;
                block.samples += u32::from(sample);
                block.sum += difference;
                block.squares += (difference * difference) as u32;
            }
        }
    }
}

pub(super) fn blend(mut samples: SamplesMut<'_>, mut mean: ViewMut<'_, i16>, blocks: &[Blend]) {
    for (index, &Blend { share, limit }) in blocks.iter().enumerate() {
        let (share, limit) = (i32::from(share), i32::from(limit));
        for y in 0..SIDE {
            let x = SIDE * index;
            let row = samples.row::<SIDE>(x, y).iter_mut().zip(mean.row::<SIDE>(x, y));
            for (sample, mean) in row {
                let source = i32::from(*sample) << FRACTION_BITS;
                let difference = source - i32::from(*mean);
                let size = difference.abs();
                let taken = ((size * share + (1 << 14)) >> 15).min((limit - size).max(0));
                let blended = source - difference.signum() * taken;
                *mean = blended as i16;
                *sample = ((blended + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS) as u8;
            }
        }
    }
}
