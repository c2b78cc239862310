//! Which 4×4 units of the current superblock, and around it, are decoded (6.10.3).

use super::types::MI_SIZE_LOG2;

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

    /// 5.11.3 clear_block_decoded_flags, at the start of the superblock at (`mi_row`, `mi_col`) of
    /// a tile that ends before `mi_row_end` and `mi_col_end`.
    pub(crate) fn clear(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        mi_row_end: usize,
        mi_col_end: usize,
    ) {
        for (plane, flags) in self.flags.iter_mut().enumerate() {
            let sub = usize::from(plane > 0);
            let size = (self.sb_mask + 1) >> sub;
            let sb_width4 = ((mi_col_end - mi_col) >> sub).min(size + 1);
            let sb_height4 = ((mi_row_end - mi_row) >> sub).min(size + 1);
            flags[0] = (1 << (1 + sb_width4)) - 1;
            for (y, row) in flags[1..].iter_mut().enumerate() {
                *row = u64::from(y < sb_height4 && y != size);
            }
        }
    }

    /// 5.11.35: marks a block of `w` × `h` samples at (`x`, `y`) of `plane` as decoded.
    ///
    /// A whole block may be marked at once where the standard marks its transform blocks one by
    /// one: those outside the frame, which it leaves out, are never told apart, because edges
    /// repeat the frame's last sample there.
    pub(crate) fn set(&mut self, plane: usize, x: usize, y: usize, w: usize, h: usize) {
        let (row, col) = self.unit(plane, x, y);
        let mask = ((1 << (w >> MI_SIZE_LOG2)) - 1) << (col + 1);
        for flags in &mut self.flags[plane][row + 1..][..h >> MI_SIZE_LOG2] {
            *flags |= mask;
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
