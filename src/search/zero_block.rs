//! The zero-block test: whether a residual holds anything that would be coded, told without
//! transforming all of it.

use super::block::BlockSearch;
use crate::av1::geometry::{Rect, view};
use crate::av1::types::{TxSize, TxType};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::sad::{PartMoments, moments, residual};
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
        self.is_zero_within(plane, rect, prediction, self.frame.effort.zero_block)
    }

    /// [`is_zero_block`](Self::is_zero_block) with a limit of so many 1/16 of a step.
    pub(super) fn is_zero_within(
        &self,
        plane: usize,
        rect: Rect,
        prediction: &PaddedPlane,
        sixteenths: i32,
    ) -> bool {
        let source = &self.coder.source[plane];
        let rect = rect.inside(source, 1);
        let [dc, ac] = self.coder.quantizers.steps(self.coder.target_q_index, plane);
        let limit = i32::from(dc.min(ac)) * sixteenths / 16;
        let (src, pred) = (view(source, rect), view(prediction, rect));
        let (isa, size) = (self.coder.isa, (rect.w.next_multiple_of(4), rect.h));
        let mut parts = PartMoments::default();
        let mut sums = [[0_i32; SIDE]; SIDE];
        let (cols, rows) = (rect.w.div_ceil(PART), rect.h.div_ceil(PART));
        for (row, parts) in parts[..rows].iter_mut().enumerate() {
            let top = row * PART;
            let (src, pred, height) = (src.from(0, top), pred.from(0, top), size.1 - top);
            moments(isa, src, pred, (size.0, height.min(PART)), std::slice::from_mut(parts));
            // The sum of 8×8 differences is 8 times their coefficient, as transforms count.
            if parts[..cols].iter().any(|part| part.sum.abs() >= limit) {
                return false;
            }
        }
        let in_row = |row: usize| parts[row][..cols].iter().enumerate();
        for (row, sums) in sums[..rows].iter_mut().enumerate() {
            for (col, part) in in_row(row) {
                let (x, y) = (col * PART, row * PART);
                let size = ((size.0 - x).min(PART), (size.1 - y).min(PART));
                // The energy of one coefficient at the limit; transforms count in 1/8.
                if part.sse >= (limit * limit / 64) as u32
                    && !is_zero_part(isa, [src.from(x, y), pred.from(x, y)], size, part.sse, limit)
                {
                    return false;
                }
                sums[col] = part.sum;
            }
        }
        let (cols, rows) = (cols.next_power_of_two(), rows.next_power_of_two());
        hadamard(&mut sums, cols, rows);
        let limit = i64::from(limit).pow(2) * (cols * rows) as i64;
        sums[..rows].iter().flat_map(|row| &row[..cols]).all(|&c| i64::from(c).pow(2) < limit)
    }
}

/// Whether all coefficients of a residual of up to 8×8 samples, source and prediction, of this energy stay below
/// `limit`.
fn is_zero_part(
    isa: Isa,
    [src, pred]: [Samples<'_>; 2],
    size: (usize, usize),
    energy: u32,
    limit: i32,
) -> bool {
    let mut difference = [0; PART * PART];
    let mut coefficients = [0; PART * PART];
    residual(isa, src, pred, ViewMut::new(&mut difference[..], PART), size);
    let block = View::new(&difference[..], PART);
    let transform = (TxSize::T8x8, TxType::DctDct);
    forward_transform(isa, block, energy, &mut coefficients, transform);
    coefficients.iter().all(|&c| i32::from(c).abs() < limit)
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
