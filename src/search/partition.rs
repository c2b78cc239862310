//! Which squares are split: every way of coding a square is tried, cut short where the others
//! cannot be better.

use super::decide::{BlockSearch, Coded};
use super::trial::samples;
use crate::av1::tables::blocks::PARTITION_SUBSIZE;
use crate::av1::tile::block::Block;
use crate::av1::types::{BlockSize, INTRA_FRAME, LAST_FRAME, Mv, NONE, Partition, PredictionMode};

/// What the search of a square hands down to its parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hints {
    /// The best vector towards each reference that is searched.
    pub(crate) vectors: [Option<Mv>; 7],
    /// The references that came near to the best: a bit for each that is searched.
    pub(crate) references: u8,
}

impl Hints {
    /// Nothing is known.
    const NONE: Self = Self { vectors: [None; 7], references: 0xff };
}

impl BlockSearch<'_, '_, '_> {
    /// Codes the superblock at (`mi_row`, `mi_col`).
    pub(crate) fn superblock(&mut self, mi_row: usize, mi_col: usize) {
        self.partition(mi_row, mi_col, BlockSize::B64x64, &Hints::NONE, u64::MAX);
    }

    /// Skips a square whose source stands still, if its reconstruction is good already.
    fn skip_unseen(&mut self, mi_row: usize, mi_col: usize, size: BlockSize) -> Option<u64> {
        if self.coder.frame.frame_is_intra
            || !self.frame.effort.unseen
            || self.coder.target_q_index == 0
            || self.frame.names.first() != Some(&LAST_FRAME)
            || !self.frame.is_still(mi_row, mi_col, size)
        {
            return None;
        }
        let reference = self.coder.references[LAST_FRAME as usize]?;
        for plane in 0..3 {
            let (x, y, w, h) = samples(plane, mi_row, mi_col, size);
            let source = &self.coder.source[plane];
            let area = (x, y, w.min(source.width - x), h.min(source.height - y));
            if !self.is_quiet(source, &reference.planes[plane], plane, area) {
                return None;
            }
        }
        let mut block = Block::new(mi_row, mi_col, size);
        block.is_inter = true;
        block.ref_frame = [LAST_FRAME, NONE];
        let stack = self.coder.mv_stack(mi_row, mi_col, size, block.ref_frame);
        block.y_mode = if stack.mvs[0][0] == Mv::default() {
            PredictionMode::NearestMv
        } else {
            PredictionMode::GlobalMv
        };
        block.interp_filter = self.fixed_filter();
        let symbol = self.symbol((mi_row, mi_col), size, Partition::None);
        Some(symbol + self.code(block, Some(&stack)).cost)
    }

    /// Codes a square, or what of it lies inside the frame, in the cheapest way; gives its cost,
    /// [`u64::MAX`] and an undefined state if that is `limit` or more.
    pub(crate) fn partition(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        hints: &Hints,
        limit: u64,
    ) -> u64 {
        use Partition as P;
        let (rows, cols) = (self.coder.grid.mi_rows, self.coder.grid.mi_cols);
        let place = (mi_row, mi_col);
        let half = size.width4() / 2;
        let has_rows = mi_row + half < rows;
        let has_cols = mi_col + half < cols;
        let mut hints = *hints;
        if has_rows
            && has_cols
            && size.width() >= 16
            && let Some(cost) = self.skip_unseen(mi_row, mi_col, size)
        {
            return cost;
        }
        if size == BlockSize::B8x8 {
            return self.whole(place, size, &mut hints).cost;
        }
        let level = 6 - size.width_log2();
        let (mut before, mut outcome) = std::mem::take(&mut self.worker.levels[level]);
        before.note(self.coder, self.records, mi_col);
        let mut best = u64::MAX;
        let mut whole = u64::MAX;
        let mut split = true;
        if has_rows && has_cols && !self.moves_apart(place, size) {
            let coded = self.whole(place, size, &mut hints);
            whole = coded.cost;
            best = whole;
            split = self.may_split(place, size, &coded);
            if split {
                outcome.keep(self.coder, self.records, &before, place, size);
            }
        }
        if split {
            if best != u64::MAX {
                before.rewind(self.coder, self.records, place, size);
            }
            let quarters = self.parts(place, size, P::Split, &hints, best.min(limit));
            // Whether the outcome kept, and not the coder's state, is the best so far.
            let mut kept = quarters >= best;
            if !kept {
                best = quarters;
            }
            let near = quarters != u64::MAX
                && whole != u64::MAX
                && u128::from(quarters) * 16
                    < u128::from(whole) * u128::from(self.frame.effort.halves);
            for (ways, forced) in
                [(P::Horz, has_cols && !has_rows), (P::Vert, has_rows && !has_cols)]
            {
                if !forced && !near {
                    continue;
                }
                if !kept {
                    outcome.keep(self.coder, self.records, &before, place, size);
                    kept = true;
                }
                before.rewind(self.coder, self.records, place, size);
                let halves = self.parts(place, size, ways, &hints, best.min(limit));
                if halves < best {
                    best = halves;
                    kept = false;
                }
            }
            if kept && best != u64::MAX {
                before.rewind(self.coder, self.records, place, size);
                outcome.take_up(self.coder, self.records, place, size);
            }
        }
        self.worker.levels[level] = (before, outcome);
        if best >= limit { u64::MAX } else { best }
    }

    /// Whether the parts of a superblock move so differently that it cannot be one block.
    fn moves_apart(&self, (mi_row, mi_col): (usize, usize), size: BlockSize) -> bool {
        let grid = &self.coder.grid;
        if size != BlockSize::B64x64
            || self.coder.frame.frame_is_intra
            || !self.frame.effort.unseen
            || mi_row + 16 > grid.mi_rows
            || mi_col + 16 > grid.mi_cols
        {
            return false;
        }
        const APART: u16 = 24;
        let (x, y) = (mi_col * 4, mi_row * 4);
        let first = self.frame.coarse(0, x, y);
        [(32, 0), (0, 32), (32, 32)].iter().any(|&(dx, dy)| {
            let other = self.frame.coarse(0, x + dx, y + dy);
            first.row.abs_diff(other.row).max(first.col.abs_diff(other.col)) > APART
        })
    }

    /// The partition symbol and its cost.
    fn symbol(&mut self, (mi_row, mi_col): (usize, usize), size: BlockSize, p: Partition) -> u64 {
        let start = self.records.len();
        self.coder.writer().write_partition(self.records, mi_row, mi_col, size, p);
        self.lambda.squared(0, self.frame.costs.records(&self.records[start..]))
    }

    /// A square as one block.
    fn whole(&mut self, place: (usize, usize), size: BlockSize, hints: &mut Hints) -> Coded {
        let symbol = self.symbol(place, size, Partition::None);
        let coded = self.block(place.0, place.1, size, hints);
        Coded { cost: coded.cost + symbol, ..coded }
    }

    /// A square in parts; [`u64::MAX`] once `limit` is reached.
    fn parts(
        &mut self,
        place: (usize, usize),
        size: BlockSize,
        partition: Partition,
        hints: &Hints,
        limit: u64,
    ) -> u64 {
        let mut cost = self.symbol(place, size, partition);
        let part = PARTITION_SUBSIZE[partition as usize][size as usize]
            .expect("squares can be split in two and four");
        let half = size.width4() / 2;
        let offsets: &[(usize, usize)] = match partition {
            Partition::Horz => &[(0, 0), (half, 0)],
            Partition::Vert => &[(0, 0), (0, half)],
            _ => &[(0, 0), (0, half), (half, 0), (half, half)],
        };
        for &(dy, dx) in offsets {
            let (mi_row, mi_col) = (place.0 + dy, place.1 + dx);
            if mi_row >= self.coder.grid.mi_rows || mi_col >= self.coder.grid.mi_cols {
                continue;
            }
            let left = limit.saturating_sub(cost);
            if left == 0 {
                return u64::MAX;
            }
            let added = if partition == Partition::Split {
                self.partition(mi_row, mi_col, part, hints, left)
            } else {
                self.block(mi_row, mi_col, part, &mut hints.clone()).cost
            };
            cost = cost.saturating_add(added);
            if cost >= limit {
                return u64::MAX;
            }
        }
        cost
    }

    /// Whether parts of a square that was coded as a whole could be cheaper.
    fn may_split(&mut self, place: (usize, usize), size: BlockSize, coded: &Coded) -> bool {
        // Parts cost some bits whatever is in them, and do not make all errors vanish.
        const ERROR_LEFT: u64 = 3;
        let lambda = &self.lambda;
        let least = lambda.of_bits(self.frame.effort.least_split[6 - size.width_log2()]) << 8;
        if coded.cost < least + (coded.distortion << 8) * ERROR_LEFT / 10 {
            return false;
        }
        if !coded.skip || self.coder.grid.at(place.0, place.1).ref_frame[0] == INTRA_FRAME {
            return true;
        }
        let (x, y, w, h) = samples(0, place.0, place.1, size);
        let (source, recon) = (&self.coder.source[0], &self.coder.recon[0]);
        !self.is_quiet(source, recon, 0, (x, y, w.min(source.width - x), h.min(source.height - y)))
    }
}
