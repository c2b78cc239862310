//! Motion of 32×32 blocks at a quarter of the size, as a start for the search at full size.

use super::planes::quarter;
use super::tuning::{COARSE_FIRST_STEP, COARSE_LENGTH_BIAS};
use crate::av1::geometry::MiPos;
use crate::av1::types::Mv;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::kernels::sad::{sad, sad_4};

/// Side of a block at full size.
const BLOCK: usize = 32;
/// Side of a block in the small picture, and how far outside they are looked for.
pub(super) const SIDE: usize = BLOCK / 4;

/// Vectors towards one reference.
#[derive(Clone, Debug)]
pub(crate) struct CoarseMotion {
    /// What the kernels use.
    isa: Isa,
    /// Blocks in a row.
    cols: usize,
    /// The reference's luma at a quarter of its size.
    reference: PaddedPlane,
    /// By block, in samples of the small picture: right, down.
    vectors: Vec<(i32, i32)>,
    /// What `vectors` were found over, in frames.
    distance: i32,
}

impl CoarseMotion {
    /// Room for pictures of `width` × `height` samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa) -> Self {
        let (cols, rows) = (width.div_ceil(BLOCK), height.div_ceil(BLOCK));
        Self {
            isa,
            cols,
            reference: PaddedPlane::new(width.div_ceil(4), height.div_ceil(4)),
            vectors: vec![(0, 0); cols * rows],
            distance: 1,
        }
    }

    /// Finds every block of `source`, a quarter of the picture's size, in `reference`, the luma of a
    /// reference at full size, `distance` frames back. What was found in the frame before is where it
    /// begins, as far as it comes to over that distance. Blocks that do not move by `moves` are not searched.
    pub(crate) fn search(
        &mut self,
        source: &PaddedPlane,
        reference: &PaddedPlane,
        distance: u8,
        moves: impl Fn(MiPos) -> bool,
    ) {
        quarter(self.isa, reference, &mut self.reference, SIDE);
        let before = std::mem::replace(&mut self.distance, i32::from(distance));
        let scaled = |(x, y): (i32, i32)| (x * self.distance / before, y * self.distance / before);
        self.vectors.iter_mut().for_each(|vector| *vector = scaled(*vector));
        for index in 0..self.vectors.len() {
            let (row, col) = (index / self.cols, index % self.cols);
            if !moves(MiPos::new(row * BLOCK / 4, col * BLOCK / 4)) {
                self.vectors[index] = (0, 0);
                continue;
            }
            let near = |there: bool, back: usize| {
                if there { self.vectors[index - back] } else { (0, 0) }
            };
            let starts = [
                (0, 0),
                self.vectors[index],
                near(col > 0, 1),
                near(row > 0, self.cols),
                near(row > 0 && col + 1 < self.cols, self.cols.saturating_sub(1)),
            ];
            self.vectors[index] = self.find(source, (col * SIDE, row * SIDE), starts);
        }
    }

    /// The vector of the block at a position of the small picture, from the best of `starts` on.
    fn find(
        &self,
        source: &PaddedPlane,
        (x, y): (usize, usize),
        starts: [(i32, i32); 5],
    ) -> (i32, i32) {
        let src = source.view(x as isize, y as isize);
        let (x, y) = (x as i32, y as i32);
        let (width, height) = (source.width as i32, source.height as i32);
        let pred = |(dx, dy): (i32, i32)| self.reference.view((x + dx) as isize, (y + dy) as isize);
        let bias =
            |(dx, dy): (i32, i32)| COARSE_LENGTH_BIAS * (dx.unsigned_abs() + dy.unsigned_abs());
        let cost = |at| sad(self.isa, src, pred(at), (SIDE, SIDE)) + bias(at);
        let clamp = |(dx, dy): (i32, i32)| {
            (dx.clamp(-x - SIDE as i32, width - x), dy.clamp(-y - SIDE as i32, height - y))
        };
        let mut best = (0, 0);
        let mut best_cost = u32::MAX;
        for start in starts {
            let at = clamp(start);
            let cost = cost(at);
            if cost < best_cost {
                (best, best_cost) = (at, cost);
            }
        }
        let mut step = COARSE_FIRST_STEP;
        while step > 0 {
            let centre = best;
            let around = [(0, -1), (-1, 0), (1, 0), (0, 1)]
                .map(|(sx, sy)| clamp((centre.0 + sx * step, centre.1 + sy * step)));
            let differences = sad_4(self.isa, src, around.map(pred), (SIDE, SIDE));
            for (at, difference) in around.into_iter().zip(differences) {
                let cost = difference + bias(at);
                if cost < best_cost {
                    (best, best_cost) = (at, cost);
                }
            }
            if best == centre {
                step >>= 1;
            }
        }
        best
    }

    /// The vector of the block around a position in luma samples.
    pub(crate) fn at(&self, x: usize, y: usize) -> Mv {
        let (dx, dy) = self.vectors[y / BLOCK * self.cols + x / BLOCK];
        Mv::new((dy * 32) as i16, (dx * 32) as i16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture moved by 12 samples is found again.
    #[test]
    fn a_pan_is_found() {
        let paint = |shift: usize| {
            let mut plane = PaddedPlane::new(128, 96);
            for y in 0..96_usize {
                for (x, s) in plane.row_mut(0, y as isize, 128).iter_mut().enumerate() {
                    let (x, y) = ((x + shift) as f64, y as f64);
                    *s = (128.0 + 60.0 * (x * 0.11).sin() + 50.0 * (y * 0.13 + x * 0.03).cos())
                        as u8;
                }
            }
            plane.extend_edges();
            plane
        };
        let mut small = PaddedPlane::new(32, 24);
        quarter(Isa::detect(), &paint(12), &mut small, SIDE);
        let mut motion = CoarseMotion::new(128, 96, Isa::detect());
        motion.search(&small, &paint(0), 1, |_| true);
        assert_eq!(motion.at(40, 40), Mv::new(0, 96));
        motion.search(&small, &paint(0), 1, |pos| pos.row != 8);
        assert_eq!([motion.at(40, 40), motion.at(40, 8)], [Mv::default(), Mv::new(0, 96)]);
    }
}
