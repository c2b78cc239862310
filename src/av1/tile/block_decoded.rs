//! Which 4×4 units of the current superblock, and around it, are decoded (6.10.3).

use crate::av1::geometry::MiPos;
use crate::av1::types::MI_SIZE_LOG2;

/// Planes of a picture.
const PLANES: usize = 3;
/// 4×4 units down in the greatest superblock, and one on either side.
const ROWS: usize = 32 + 2;

/// `BlockDecoded` (5.11.3) of all planes, 4:2:0: the 4×4 units of a superblock and one unit around
/// it.
///
/// Positions are those of a block in its plane, in samples from the plane's corner.
#[derive(Clone, Debug)]
pub(crate) struct BlockDecoded {
    /// By plane and row + 1; bit `column + 1` is the flag.
    flags: [[u64; ROWS]; PLANES],
    /// 4×4 luma units along a superblock's side, less one (`sbMask`).
    sb_mask: usize,
}

impl BlockDecoded {
    /// Flags for superblocks of 64 × 64, or 128 × 128, luma samples.
    pub(crate) fn new(use_128x128_superblock: bool) -> Self {
        let sb_mask = if use_128x128_superblock { 31 } else { 15 };
        Self { flags: [[0; ROWS]; PLANES], sb_mask }
    }

    /// 5.11.3 clear_block_decoded_flags, at the start of the superblock at `pos` of a tile
    /// that ends before `end`.
    pub(crate) fn clear(&mut self, pos: MiPos, end: MiPos) {
        for (plane, flags) in self.flags.iter_mut().enumerate() {
            let sub = usize::from(plane > 0);
            let size = (self.sb_mask + 1) >> sub;
            let sb_width4 = ((end.col - pos.col) >> sub).min(size + 1);
            let sb_height4 = ((end.row - pos.row) >> sub).min(size + 1);
            flags[0] = (1 << (1 + sb_width4)) - 1;
            for (y, row) in flags[1..].iter_mut().enumerate() {
                *row = u64::from(y < sb_height4 && y != size);
            }
        }
    }

    /// 5.11.35: marks a transform block of `w` × `h` samples at (`x`, `y`) of `plane` as decoded.
    ///
    /// An inter block may be marked as a whole, since no transform block inside it is predicted
    /// from another. The standard leaves transform blocks outside the frame unmarked; that is
    /// never told apart, because edges repeat the frame's last sample there.
    pub(crate) fn set(&mut self, plane: usize, x: usize, y: usize, w: usize, h: usize) {
        let (row, col) = self.unit(plane, x, y);
        let mask = ((1 << (w >> MI_SIZE_LOG2)) - 1) << (col + 1);
        for flags in &mut self.flags[plane][row + 1..][..h >> MI_SIZE_LOG2] {
            *flags |= mask;
        }
    }

    /// Takes back what [`set`](Self::set) did, for another way of coding the same area.
    pub(crate) fn unset(&mut self, plane: usize, x: usize, y: usize, w: usize, h: usize) {
        let (row, col) = self.unit(plane, x, y);
        let mask = ((1 << (w >> MI_SIZE_LOG2)) - 1) << (col + 1);
        for flags in &mut self.flags[plane][row + 1..][..h >> MI_SIZE_LOG2] {
            *flags &= !mask;
        }
    }

    /// `haveAboveRt` of 5.11.35, for a transform block of `w` samples across at (`x`, `y`).
    pub(crate) fn have_above_right(&self, plane: usize, x: usize, y: usize, w: usize) -> bool {
        let (row, col) = self.unit(plane, x, y);
        self.flags[plane][row] >> (col + 1 + (w >> MI_SIZE_LOG2)) & 1 == 1
    }

    /// `haveBelowLft` of 5.11.35, for a transform block of `h` samples down at (`x`, `y`).
    pub(crate) fn have_below_left(&self, plane: usize, x: usize, y: usize, h: usize) -> bool {
        let (row, col) = self.unit(plane, x, y);
        self.flags[plane][row + 1 + (h >> MI_SIZE_LOG2)] >> col & 1 == 1
    }

    /// Row and column of a position in its superblock, in 4×4 units of its plane.
    fn unit(&self, plane: usize, x: usize, y: usize) -> (usize, usize) {
        let mask = self.sb_mask >> usize::from(plane > 0);
        ((y >> MI_SIZE_LOG2) & mask, (x >> MI_SIZE_LOG2) & mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av1::tile::partition::parts_of;
    use crate::av1::types::{BlockSize, Partition};
    use crate::kernels::random::Random;

    /// The array and the two functions that touch it as the standard writes them.
    struct Standard {
        flags: Vec<bool>,
        sb_mask: usize,
        mi_rows: usize,
        mi_cols: usize,
    }

    impl Standard {
        fn at(&mut self, plane: usize, y: isize, x: isize) -> &mut bool {
            &mut self.flags[(plane * 40 + (y + 1) as usize) * 40 + (x + 1) as usize]
        }

        /// 5.11.3.
        fn clear(&mut self, r: usize, c: usize, mi_row_end: usize, mi_col_end: usize) {
            let sb_size4 = self.sb_mask as isize + 1;
            for plane in 0..3 {
                let sub = usize::from(plane > 0);
                let sb_width4 = ((mi_col_end - c) >> sub) as isize;
                let sb_height4 = ((mi_row_end - r) >> sub) as isize;
                for y in -1..=sb_size4 >> sub {
                    for x in -1..=sb_size4 >> sub {
                        *self.at(plane, y, x) =
                            (y < 0 && x < sb_width4) || (x < 0 && y < sb_height4);
                    }
                }
                *self.at(plane, sb_size4 >> sub, -1) = false;
            }
        }

        /// The part of 5.11.35 transform_block that concerns the flags: haveAboveRt and
        /// haveBelowLft, or nothing for a block outside the frame.
        fn transform_block(
            &mut self,
            plane: usize,
            (x, y): (usize, usize),
            (w, h): (usize, usize),
        ) -> Option<(bool, bool)> {
            let sub = usize::from(plane > 0);
            let (row, col) = ((y << sub) >> 2, (x << sub) >> 2);
            let sub_block_mi_row = ((row & self.sb_mask) >> sub) as isize;
            let sub_block_mi_col = ((col & self.sb_mask) >> sub) as isize;
            let (step_x, step_y) = ((w >> 2) as isize, (h >> 2) as isize);
            if x >= (self.mi_cols * 4) >> sub || y >= (self.mi_rows * 4) >> sub {
                return None;
            }
            let above_right = *self.at(plane, sub_block_mi_row - 1, sub_block_mi_col + step_x);
            let below_left = *self.at(plane, sub_block_mi_row + step_y, sub_block_mi_col - 1);
            for i in 0..step_y {
                for j in 0..step_x {
                    *self.at(plane, sub_block_mi_row + i, sub_block_mi_col + j) = true;
                }
            }
            Some((above_right, below_left))
        }
    }

    struct Walk {
        random: Random,
        ours: BlockDecoded,
        theirs: Standard,
        asked: [usize; 2],
    }

    impl Walk {
        /// Parts a square at random, down to 8×8 and without sides of 4.
        fn part(&mut self, pos: MiPos, size: BlockSize) {
            if pos.col >= self.theirs.mi_cols || pos.row >= self.theirs.mi_rows {
                return;
            }
            let ways = match size.width() {
                8 => 1,
                32 | 64 => 10,
                _ => 8,
            };
            let partition = match self.random.below(2) {
                0 if ways > 1 => Partition::Split,
                _ => Partition::ALL[self.random.below(ways)],
            };
            for (at, part) in parts_of(pos, size, partition) {
                if partition == Partition::Split {
                    self.part(at, part);
                } else {
                    self.block((4 * at.col, 4 * at.row), (part.width(), part.height()));
                }
            }
        }

        fn block(&mut self, (x, y): (usize, usize), (w, h): (usize, usize)) {
            if x >= self.theirs.mi_cols * 4 || y >= self.theirs.mi_rows * 4 {
                return;
            }
            let inter = self.random.below(3) == 0;
            for plane in 0..3 {
                let sub = usize::from(plane > 0);
                let (x, y, w, h) = (x >> sub, y >> sub, w >> sub, h >> sub);
                let tx_size = (4 << self.random.below(4)).min(w).min(h).min(32);
                for ty in (y..y + h).step_by(tx_size) {
                    for tx in (x..x + w).step_by(tx_size) {
                        self.transform_block(plane, (tx, ty), tx_size, inter);
                    }
                }
                if inter {
                    self.ours.set(plane, x, y, w, h);
                }
            }
        }

        fn transform_block(&mut self, plane: usize, at: (usize, usize), size: usize, inter: bool) {
            let Some(theirs) = self.theirs.transform_block(plane, at, (size, size)) else {
                return;
            };
            if inter {
                return;
            }
            let (x, y) = at;
            let ours = (
                self.ours.have_above_right(plane, x, y, size),
                self.ours.have_below_left(plane, x, y, size),
            );
            self.ours.set(plane, x, y, size, size);
            // Where samples to the right, or below, lie outside the frame, the flag is moot.
            let sub = usize::from(plane > 0);
            let what = (plane, at, size);
            if x + size < (self.theirs.mi_cols * 4) >> sub {
                assert_eq!(ours.0, theirs.0, "above right of {what:?}");
                self.asked[usize::from(ours.0)] += 1;
            }
            if y + size < (self.theirs.mi_rows * 4) >> sub {
                assert_eq!(ours.1, theirs.1, "below left of {what:?}");
                self.asked[usize::from(ours.1)] += 1;
            }
        }
    }

    #[test]
    fn availability_is_the_standards_over_random_frames() {
        let mut asked = [0; 2];
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let large = seed % 2 == 1;
            let mi_cols = 2 * (1 + random.below(40));
            let mi_rows = 2 * (1 + random.below(40));
            let sb_mask = if large { 31 } else { 15 };
            let flags = vec![false; 3 * 40 * 40];
            let mut walk = Walk {
                random,
                ours: BlockDecoded::new(large),
                theirs: Standard { flags, sb_mask, mi_rows, mi_cols },
                asked: [0; 2],
            };
            // Two columns of tiles where the frame is wide enough.
            let tile_end = if mi_cols > 64 { 32 } else { mi_cols };
            for (start, end) in [(0, tile_end), (tile_end, mi_cols)] {
                for mi_row in (0..mi_rows).step_by(sb_mask + 1) {
                    for mi_col in (start..end).step_by(sb_mask + 1) {
                        walk.ours.clear(MiPos::new(mi_row, mi_col), MiPos::new(mi_rows, end));
                        walk.theirs.clear(mi_row, mi_col, mi_rows, end);
                        let size = if large { BlockSize::B128x128 } else { BlockSize::B64x64 };
                        walk.part(MiPos::new(mi_row, mi_col), size);
                    }
                }
            }
            asked = [asked[0] + walk.asked[0], asked[1] + walk.asked[1]];
        }
        assert!(asked.iter().all(|&count| count > 1000), "{asked:?}");
    }
}
