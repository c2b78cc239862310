//! Whether a residual holds anything that would be coded, told without transforming all of it.

use super::decide::BlockSearch;
use crate::av1::types::{TxSize, TxType};
use crate::frame::padded::PaddedPlane;
use crate::kernels::sad::{moments, residual};
use crate::kernels::transform::forward_transform;
use crate::kernels::view::ViewMut;

/// Side of the parts that are looked at, in samples.
const PART: usize = 8;
/// Most parts in an area's side.
const SIDE: usize = 64 / PART;

impl BlockSearch<'_, '_, '_> {
    /// Whether what an area's prediction lacks is so little that nothing of it would be coded.
    ///
    /// No coefficient of 8×8 samples may come near the quantizer's step, and none of the slow
    /// changes that only larger transforms see: those of the means of 8×8 samples, by a Hadamard
    /// transform.
    pub(crate) fn is_quiet(
        &self,
        source: &PaddedPlane,
        prediction: &PaddedPlane,
        plane: usize,
        (x0, y0, w, h): (usize, usize, usize, usize),
    ) -> bool {
        let quiet = self.frame.effort.quiet;
        let [dc, ac] = self.coder.quantizers.steps(self.coder.target_q_index, plane);
        let limit = i32::from(dc.min(ac)) * quiet / 16;
        // The energy of one coefficient at the limit; transforms count in 1/8.
        let energy = (limit * limit / 64) as u32;
        let mut sums = [[0_i32; SIDE]; SIDE];
        let (cols, rows) = (w.div_ceil(PART), h.div_ceil(PART));
        for (row, sums) in sums[..rows].iter_mut().enumerate() {
            for (col, sum) in sums[..cols].iter_mut().enumerate() {
                let (x, y) = (x0 + col * PART, y0 + row * PART);
                let (x, y) = (x as isize, y as isize);
                let (src, pred) = (source.view(x, y), prediction.view(x, y));
                let (w, h) =
                    ((w - col * PART).min(PART).next_multiple_of(4), (h - row * PART).min(PART));
                let found = moments(self.coder.isa, src, pred, (w, h));
                *sum = found.sum;
                if found.sse < energy {
                    continue;
                }
                let mut difference = [0; PART * PART];
                let mut coefficients = [0; PART * PART];
                let block = ViewMut::new(&mut difference[..], PART);
                residual(self.coder.isa, src, pred, block, (w, h));
                let (size, kind) = (TxSize::T8x8, TxType::DctDct);
                forward_transform(&difference, PART, &mut coefficients, size, kind);
                if coefficients.iter().any(|&c| i32::from(c).abs() >= limit) {
                    return false;
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
