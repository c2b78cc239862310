//! Motion search of one block in one reference: whole samples by a shrinking diamond from the best of
//! several starts, then halves and quarters.

use super::cost::{COST_BITS, CostTable};
use super::lambda::Lambda;
use crate::av1::cdf::{MV_CLASS_CDF, MV_JOINT_CDF};
use crate::av1::inter::{Region, predict_single};
use crate::av1::types::{InterpFilter, Mv};
use crate::frame::padded::PaddedPlane;
use crate::kernels::sad::sad;

/// How far outside the frame a block may lie, in samples besides its own size.
const OUTSIDE: i32 = 8;

/// A block to be found in a reference.
#[derive(Clone, Copy)]
pub(crate) struct MotionSearch<'a> {
    /// Luma of the picture.
    pub(crate) source: &'a PaddedPlane,
    /// Luma of the reference, edges extended.
    pub(crate) reference: &'a PaddedPlane,
    /// Left edge in samples.
    pub(crate) x: usize,
    /// Top edge in samples.
    pub(crate) y: usize,
    /// Width in samples.
    pub(crate) w: usize,
    /// Height in samples.
    pub(crate) h: usize,
    /// The vector that differences are coded against.
    pub(crate) prediction: Mv,
    /// λ.
    pub(crate) lambda: Lambda,
    /// Costs of symbols.
    pub(crate) costs: &'a CostTable,
}

impl MotionSearch<'_> {
    /// An estimate of the bits of `mv` (5.11.31), in 1/512 bit.
    pub(crate) fn rate(&self, mv: Mv) -> u32 {
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

    /// The whole-sample vector nearest to `mv` that keeps the block in reach of the margins.
    fn whole(&self, mv: Mv) -> (i32, i32) {
        let (dx, dy) = ((i32::from(mv.col) + 4) >> 3, (i32::from(mv.row) + 4) >> 3);
        self.clamp(dx, dy)
    }

    fn clamp(&self, dx: i32, dy: i32) -> (i32, i32) {
        let (x, y, w, h) = (self.x as i32, self.y as i32, self.w as i32, self.h as i32);
        let (width, height) = (self.reference.width as i32, self.reference.height as i32);
        (
            dx.clamp(-x - w - OUTSIDE, width - x + OUTSIDE),
            dy.clamp(-y - h - OUTSIDE, height - y + OUTSIDE),
        )
    }

    fn whole_cost(&self, dx: i32, dy: i32) -> u32 {
        let from = self.source.index(self.x as isize, self.y as isize);
        let to = self
            .reference
            .index(self.x as isize + dx as isize, self.y as isize + dy as isize);
        let difference = sad(
            &self.source.data[from..],
            self.source.stride,
            &self.reference.data[to..],
            self.reference.stride,
            self.w,
            self.h,
        );
        let mv = Mv::new((dy * 8) as i16, (dx * 8) as i16);
        self.lambda.absolute(difference, self.rate(mv))
    }

    /// The best whole-sample vector near the best of `starts`, and its cost.
    pub(crate) fn whole_search(&self, starts: &[Mv], mut step: i32) -> (Mv, u32) {
        let mut best = (0, 0);
        let mut best_cost = u32::MAX;
        for &start in starts {
            let (dx, dy) = self.whole(start);
            if best_cost != u32::MAX && (dx, dy) == best {
                continue;
            }
            let cost = self.whole_cost(dx, dy);
            if cost < best_cost {
                (best, best_cost) = ((dx, dy), cost);
            }
        }
        while step > 0 {
            let centre = best;
            let mut moved = false;
            for (sx, sy) in [(0, -1), (-1, 0), (1, 0), (0, 1)] {
                let at = self.clamp(centre.0 + sx * step, centre.1 + sy * step);
                if at == centre {
                    continue;
                }
                let cost = self.whole_cost(at.0, at.1);
                if cost < best_cost {
                    (best, best_cost, moved) = (at, cost, true);
                }
            }
            if !moved {
                step >>= 1;
            }
        }
        (Mv::new((best.1 * 8) as i16, (best.0 * 8) as i16), best_cost)
    }

    /// Refines a whole-sample vector to quarters of a sample; gives the vector and its cost.
    pub(crate) fn refine(&self, start: Mv, start_cost: u32, buffer: &mut [u8]) -> (Mv, u32) {
        let (mut best, mut best_cost) = (start, start_cost);
        for step in [4_i16, 2] {
            let centre = best;
            let mut sides = [u32::MAX; 4];
            for (side, (r, c)) in sides.iter_mut().zip([(-1, 0), (1, 0), (0, -1), (0, 1)]) {
                let mv = Mv::new(centre.row + r * step, centre.col + c * step);
                *side = self.cost(mv, buffer);
                if *side < best_cost {
                    (best, best_cost) = (mv, *side);
                }
            }
            let r = if sides[0] < sides[1] { -step } else { step };
            let c = if sides[2] < sides[3] { -step } else { step };
            let mv = Mv::new(centre.row + r, centre.col + c);
            let cost = self.cost(mv, buffer);
            if cost < best_cost {
                (best, best_cost) = (mv, cost);
            }
        }
        (best, best_cost)
    }

    /// The cost of any vector.
    pub(crate) fn cost(&self, mv: Mv, buffer: &mut [u8]) -> u32 {
        let region = Region { plane: 0, x: self.x, y: self.y, w: self.w, h: self.h };
        predict_single(buffer, self.w, self.reference, region, mv, [InterpFilter::EightTap; 2]);
        let from = self.source.index(self.x as isize, self.y as isize);
        let difference = sad(
            &self.source.data[from..],
            self.source.stride,
            buffer,
            self.w,
            self.w,
            self.h,
        );
        self.lambda.absolute(difference, self.rate(mv))
    }
}
