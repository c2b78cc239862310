//! Motion search of one block in one reference: whole samples by a shrinking diamond from the best of
//! several starts, then halves and quarters.

use super::cost::{COST_BITS, CostTable};
use super::lambda::Lambda;
use super::planes::SubpelPlanes;
use super::tuning::MOTION_OUTSIDE;
use crate::av1::geometry::Rect;
use crate::av1::tile::cdf::{MV_CLASS_CDF, MV_JOINT_CDF};
use crate::av1::types::Mv;
use crate::frame::padded::PaddedPlane;

/// A block to be found in a reference.
#[derive(Clone, Copy)]
pub(crate) struct MotionSearch<'a> {
    /// Luma of the picture.
    pub(crate) source: &'a PaddedPlane,
    /// Luma of the reference.
    pub(crate) reference: SubpelPlanes<'a>,
    /// The block.
    pub(crate) rect: Rect,
    /// The vector that differences are coded against.
    pub(crate) prediction: Mv,
    /// λ.
    pub(crate) lambda: Lambda,
    /// Costs of symbols.
    pub(crate) costs: &'a CostTable,
}

/// A vector in quarter samples: (row, column).
fn quarters(mv: Mv) -> (i32, i32) {
    (i32::from(mv.row) >> 1, i32::from(mv.col) >> 1)
}

impl MotionSearch<'_> {
    /// An estimate of the bits of `mv` (5.11.31), in 1/512 bit.
    fn rate(&self, mv: Mv) -> u32 {
        let diff = [
            i32::from(mv.row) - i32::from(self.prediction.row),
            i32::from(mv.col) - i32::from(self.prediction.col),
        ];
        let joint = usize::from(diff[1] != 0) + 2 * usize::from(diff[0] != 0);
        let mut cost = self.costs.symbol(MV_JOINT_CDF.row([0]), joint);
        for (component, diff) in diff.into_iter().enumerate() {
            if diff != 0 {
                let offset = diff.unsigned_abs() - 1;
                let class = if offset < 16 { 0 } else { offset.ilog2() - 3 };
                cost += self.costs.symbol(MV_CLASS_CDF.row([0, component]), class as usize);
                // Sign, whole bits and two fractional bits, about even.
                cost += (3 + class.max(1)) << COST_BITS;
            }
        }
        cost
    }

    /// The cost of any vector.
    pub(crate) fn cost(&self, mv: Mv) -> u32 {
        let difference = self.reference.sad(self.source, self.rect, quarters(mv));
        self.lambda.absolute(difference, self.rate(mv))
    }

    /// [`cost`](Self::cost) of four vectors.
    fn cost_4(&self, mvs: [Mv; 4]) -> [u32; 4] {
        let differences = self.reference.sad_4(self.source, self.rect, mvs.map(quarters));
        std::array::from_fn(|i| self.lambda.absolute(differences[i], self.rate(mvs[i])))
    }

    /// The whole-sample vector nearest to `mv` that keeps the block in reach of the picture.
    fn whole(&self, mv: Mv) -> (i32, i32) {
        self.clamp((i32::from(mv.col) + 4) >> 3, (i32::from(mv.row) + 4) >> 3)
    }

    /// The same for a vector in whole samples, right and down.
    fn clamp(&self, dx: i32, dy: i32) -> (i32, i32) {
        let Rect { x, y, w, h } = self.rect;
        let (x, y, w, h) = (x as i32, y as i32, w as i32, h as i32);
        let plane = self.reference.full;
        let (width, height) = (plane.width as i32, plane.height as i32);
        (
            dx.clamp(-x - w - MOTION_OUTSIDE, width - x + MOTION_OUTSIDE),
            dy.clamp(-y - h - MOTION_OUTSIDE, height - y + MOTION_OUTSIDE),
        )
    }

    /// The best whole-sample vector near the best of `starts`, and its cost.
    pub(crate) fn whole_search(&self, starts: &[Mv], mut step: i32) -> (Mv, u32) {
        let vector = |(dx, dy): (i32, i32)| Mv::new((dy * 8) as i16, (dx * 8) as i16);
        let mut best = (0, 0);
        let mut best_cost = u32::MAX;
        for (i, &start) in starts.iter().enumerate() {
            let at = self.whole(start);
            if starts[..i].iter().any(|&before| self.whole(before) == at) {
                continue;
            }
            let cost = self.cost(vector(at));
            if cost < best_cost {
                (best, best_cost) = (at, cost);
            }
        }
        while step > 0 {
            let centre = best;
            let around = [(0, -1), (-1, 0), (1, 0), (0, 1)]
                .map(|(sx, sy)| self.clamp(centre.0 + sx * step, centre.1 + sy * step));
            for (at, cost) in around.into_iter().zip(self.cost_4(around.map(vector))) {
                if at != centre && cost < best_cost {
                    (best, best_cost) = (at, cost);
                }
            }
            if best == centre {
                step >>= 1;
            }
        }
        (vector(best), best_cost)
    }

    /// Refines a vector to quarters of a sample; gives the vector and its cost.
    pub(crate) fn refine(&self, start: Mv, start_cost: u32) -> (Mv, u32) {
        let (mut best, mut best_cost) = (start, start_cost);
        for step in [4_i16, 2] {
            let centre = best;
            let around = [(-1, 0), (1, 0), (0, -1), (0, 1)]
                .map(|(r, c)| Mv::new(centre.row + r * step, centre.col + c * step));
            let sides = self.cost_4(around);
            for (mv, side) in around.into_iter().zip(sides) {
                if side < best_cost {
                    (best, best_cost) = (mv, side);
                }
            }
            let r = if sides[0] < sides[1] { -step } else { step };
            let c = if sides[2] < sides[3] { -step } else { step };
            let mv = Mv::new(centre.row + r, centre.col + c);
            let cost = self.cost(mv);
            if cost < best_cost {
                (best, best_cost) = (mv, cost);
            }
        }
        (best, best_cost)
    }
}
