//! The zero-block test: whether a residual holds anything that would be coded, told without
//! transforming all of it.

use super::block::BlockSearch;
use crate::av1::geometry::{Rect, view};
use crate::av1::types::{TxSize, TxType};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::sad::{moments, residual};
use crate::kernels::transform::forward_transform;
use crate::kernels::view::{Samples, View, ViewMut};

/// Side of the parts that are looked at, in samples.
const PART: usize = 8;
/// Most parts in an area's side.
const SIDE: usize = 64 / PART;

impl BlockSearch<'_, '_, '_> {
    /// Whether what `prediction` lacks of the source in `rect` is so little that nothing of it would
    /// be coded; `rect` is cut at the picture's edges.
    ///
    /// No coefficient of 8×8 samples may come near the quantizer's step, and none of the slow
    /// changes that only larger transforms see: those of the means of 8×8 samples, by a Hadamard
    /// transform.
    pub(super) fn is_zero_block(&self, plane: usize, rect: Rect, prediction: &PaddedPlane) -> bool {
        let source = &self.coder.source[plane];
        let rect = rect.inside(source, 1);
        let [dc, ac] = self.coder.quantizers.steps(self.coder.target_q_index, plane);
        let limit = i32::from(dc.min(ac)) * self.frame.effort.zero_block / 16;
        let mut sums = [[0_i32; SIDE]; SIDE];
        let (cols, rows) = (rect.w.div_ceil(PART), rect.h.div_ceil(PART));
        for (row, sums) in sums[..rows].iter_mut().enumerate() {
            for (col, sum) in sums[..cols].iter_mut().enumerate() {
                let (x, y) = (col * PART, row * PART);
                let (w, h) = ((rect.w - x).min(PART), (rect.h - y).min(PART));
                let part = Rect { x: rect.x + x, y: rect.y + y, w: w.next_multiple_of(4), h };
                match part_sum(
                    self.coder.isa,
                    view(source, part),
                    view(prediction, part),
                    (part.w, part.h),
                    limit,
                ) {
                    Some(part) => *sum = part,
                    None => return false,
                }
            }
        }
        let (cols, rows) = (cols.next_power_of_two(), rows.next_power_of_two());
        hadamard(&mut sums, cols, rows);
        // The sum of 8×8 differences is 8 times their coefficient, as transforms count.
        let limit = i64::from(limit).pow(2) * (cols * rows) as i64;
        sums[..rows].iter().flat_map(|row| &row[..cols]).all(|&c| i64::from(c).pow(2) < limit)
    }
}

/// The sum of the residual of up to 8×8 samples, unless one of its coefficients reaches `limit`.
fn part_sum(
    isa: Isa,
    src: Samples<'_>,
    pred: Samples<'_>,
    size: (usize, usize),
    limit: i32,
) -> Option<i32> {
    let found = moments(isa, src, pred, size);
    // The energy of one coefficient at the limit; transforms count in 1/8.
    if found.sse < (limit * limit / 64) as u32 {
        return Some(found.sum);
    }
    let mut difference = [0; PART * PART];
    let mut coefficients = [0; PART * PART];
    residual(isa, src, pred, ViewMut::new(&mut difference[..], PART), size);
    let block = View::new(&difference[..], PART);
    let transform = (TxSize::T8x8, TxType::DctDct);
    forward_transform(isa, block, found.sse, &mut coefficients, transform);
    coefficients.iter().all(|&c| i32::from(c).abs() < limit).then_some(found.sum)
}

/// The Hadamard transform of `cols` × `rows` values, powers of two, in place.
fn hadamard(values: &mut [[i32; SIDE]; SIDE], cols: usize, rows: usize) {
    for row in &mut values[..rows] {
        let mut distance = 1;
        while distance < cols {
            for i in (0..cols).filter(|i| i & distance == 0) {
                (row[i], row[i + distance]) =
                    (row[i] + row[i + distance], row[i] - row[i + distance]);
            }
            distance *= 2;
        }
    }
    let mut distance = 1;
    while distance < rows {
        for i in (0..rows).filter(|i| i & distance == 0) {
            let (above, below) = values.split_at_mut(i + distance);
            for (a, b) in above[i][..cols].iter_mut().zip(&mut below[0]) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        distance *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_has_one_coefficient() {
        let mut values = [[3; SIDE]; SIDE];
        hadamard(&mut values, 4, 8);
        let mut expected = [[0; SIDE]; SIDE];
        expected[0][0] = 3 * 32;
        for (row, expected) in values.iter().zip(&expected) {
            assert_eq!(row[..4], expected[..4]);
        }
    }
}
