//! Which squares are split: every way of coding a square is tried, cut short where the others
//! cannot be better.

use super::block::{BlockSearch, Coded, Stage};
use super::checkpoint::{Checkpoint, Snapshot};
use super::parts::{Part, Parts, scaled};
use super::tuning::ERROR_LEFT_BY_PARTS;
use crate::av1::geometry::{MiPos, Rect};
use crate::av1::tile::block::Block;
use crate::av1::tile::partition::{largest_part, parts_of};
use crate::av1::types::{BlockSize, INTRA_FRAME, LAST_FRAME, Mv, NONE, Partition, PredictionMode};
use crate::rate::Residual;

/// What the search of a square hands down to its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hints {
    /// The best vector towards each reference that is searched.
    pub(super) vectors: [Option<Mv>; 7],
    /// The references that came near to the best: a bit for each that is searched.
    pub(super) references: u8,
}

impl Hints {
    /// Nothing is known.
    pub(super) const NONE: Self = Self { vectors: [None; 7], references: u8::MAX };
}

/// A square that is coded in several ways.
pub(super) struct Square {
    /// Its position.
    pub(super) pos: MiPos,
    /// Its size.
    pub(super) size: BlockSize,
    /// The state before it.
    pub(super) before: Checkpoint,
    /// The state after the best way, if the coder's is another.
    pub(super) snapshot: Snapshot,
    /// Whether the coder's state is that of the best way.
    pub(super) current: bool,
    /// Whether any way was tried.
    pub(super) tried: bool,
    /// The cost of the best way, [`u64::MAX`] if there is none yet.
    pub(super) best: u64,
}

impl Square {
    /// Counts the way that was tried after [`begin_way`](BlockSearch::begin_way), given its cost.
    pub(super) fn end_way(&mut self, cost: u64) {
        self.current = cost < self.best;
        self.tried = true;
        self.best = self.best.min(cost);
    }
}

impl BlockSearch<'_, '_, '_> {
    /// Codes the superblock at `pos`.
    pub(super) fn superblock(&mut self, pos: MiPos) {
        // Where nothing but bits counts, only writing tells what is least.
        let tries = !self.frame.effort.proposals || self.residual == Residual::None;
        if self.coder.frame.is_intra() || tries {
            self.partition(pos, BlockSize::B64x64, &Hints::NONE, u64::MAX);
        } else {
            self.propose_superblock(pos);
            self.stage = Stage::CarryingOut;
            self.carry_out(pos, BlockSize::B64x64);
        }
    }

    /// Codes a square, or what of it lies inside the frame, in the cheapest way; gives its cost,
    /// [`u64::MAX`] and an undefined state if that is `limit` or more, and what it is as one block.
    fn partition(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        hints: &Hints,
        limit: u64,
    ) -> (u64, Option<Part>) {
        let (rows, cols) = (self.coder.grid.mi_rows, self.coder.grid.mi_cols);
        let half = size.width4() / 2;
        let inside = [pos.row + half < rows, pos.col + half < cols];
        let mut hints = *hints;
        if inside == [true; 2]
            && size.width() >= 16
            && let Some(cost) = self.skip_static(pos, size)
        {
            return (cost, None);
        }
        if size == BlockSize::B8x8 {
            let (coded, part) = self.whole(pos, size, &mut hints);
            return (coded.cost, Some(part));
        }
        let level = 6 - size.width_log2();
        let (before, snapshot) = std::mem::take(&mut self.worker.squares[level]);
        let mut square =
            Square { pos, size, before, snapshot, current: false, tried: false, best: u64::MAX };
        square.before.save(self.coder, self.records, pos);
        let (mut split, mut part) = (true, None);
        if inside == [true; 2] && !self.frame.is_on_border(pos, size) {
            let (coded, whole) = self.whole(pos, size, &mut hints);
            part = Some(whole);
            (square.best, square.current, square.tried) = (coded.cost, true, true);
            split = self.may_split(pos, size, &coded);
        }
        if split {
            self.split(&mut square, inside, &hints, limit);
        }
        let best = square.best;
        self.worker.squares[level] = (square.before, square.snapshot);
        (if best >= limit { u64::MAX } else { best }, part)
    }

    /// Codes a square, which may be coded as one block, in quarters, halves, threes and fours, and leaves
    /// the best way. `inside` says whether its lower and its right half begin inside the frame.
    fn split(&mut self, square: &mut Square, inside: [bool; 2], hints: &Hints, limit: u64) {
        use Partition as P;
        let [has_rows, has_cols] = inside;
        // Halves may be better than the whole where quarters are not.
        let whole = square.best;
        let most = (whole / 16).saturating_mul(self.frame.effort.rect_split_margin);
        let quarters = self.try_parts(square, P::Split, hints, limit.min(most.max(whole)));
        let near = whole != u64::MAX && quarters.cost < most;
        let (best, fours) = (square.best, self.frame.effort.fours);
        let mut halves = [Parts::NONE; 2];
        for (halves, (partition, forced)) in halves
            .iter_mut()
            .zip([(P::Horz, has_cols && !has_rows), (P::Vert, has_rows && !has_cols)])
        {
            let half = largest_part(square.size, partition);
            let forced = forced && !self.frame.is_on_border(square.pos, half);
            if forced || near {
                let most = square.best.max(scaled(square.best, fours));
                *halves = self.try_parts(square, partition, hints, limit.min(most));
            }
        }
        if near {
            self.try_threes(square, &quarters, &halves, limit);
            self.try_fours(square, &halves, best, hints, limit);
        }
        self.leave_best(square);
    }

    /// Brings the best way of coding a square back, if there is one and it was not the last.
    pub(super) fn leave_best(&mut self, square: &Square) {
        if !square.current && square.best != u64::MAX {
            square.before.restore(self.coder, self.records, square.pos, square.size);
            square.snapshot.restore(self.coder, self.records, square.pos, square.size);
        }
    }

    /// Codes a square in parts after the ways tried before; its cost is [`u64::MAX`] if that is `limit` or more.
    pub(super) fn try_parts(
        &mut self,
        square: &mut Square,
        partition: Partition,
        hints: &Hints,
        limit: u64,
    ) -> Parts {
        self.begin_way(square);
        let parts = self.parts(square.pos, square.size, partition, hints, limit);
        square.end_way(parts.cost);
        parts
    }

    /// Goes back to the state before a square, to code it in another way; the best is kept.
    pub(super) fn begin_way(&mut self, square: &mut Square) {
        let (pos, size) = (square.pos, square.size);
        if square.current {
            square.snapshot.save(self.coder, self.records, &square.before, pos, size);
        }
        if square.tried {
            square.before.restore(self.coder, self.records, pos, size);
        }
    }

    /// The static skip: skips a square whose source stands still, if its reconstruction is good
    /// already; gives its cost.
    fn skip_static(&mut self, pos: MiPos, size: BlockSize) -> Option<u64> {
        self.is_static(pos, size).then(|| self.skip_as_static(pos, size))
    }

    /// Whether a square's source stands still, and its reconstruction is good already.
    pub(super) fn is_static(&self, pos: MiPos, size: BlockSize) -> bool {
        if self.coder.frame.is_intra()
            || !self.frame.effort.static_skip
            || self.coder.target_q_index == 0
            || self.frame.names.first() != Some(&LAST_FRAME)
            || !self.frame.is_still(pos, size)
            || self.frame.is_on_border(pos, size)
            || !self.frame.may_refer(pos, size, LAST_FRAME, Mv::default())
        {
            return false;
        }
        self.coder.references[LAST_FRAME as usize].is_some_and(|reference| {
            reference.planes.iter().enumerate().all(|(plane, prediction)| {
                let rect = Rect::of_block(plane, pos, size);
                let limit = self.frame.effort.static_zero_block;
                self.is_zero_within(plane, rect, prediction, limit)
            })
        })
    }

    /// The block that a static square becomes, whatever its neighbours are.
    pub(super) fn static_block(&self, pos: MiPos, size: BlockSize) -> Block {
        let mut block = Block::new(pos, size);
        block.is_inter = true;
        block.ref_frame = [LAST_FRAME, NONE];
        block.y_mode = PredictionMode::GlobalMv;
        block.interp_filter = self.fixed_filter();
        block
    }

    /// Skips a square that is static; gives its cost.
    pub(super) fn skip_as_static(&mut self, pos: MiPos, size: BlockSize) -> u64 {
        let mut block = self.static_block(pos, size);
        let stack = self.coder.mv_stack(pos, size, block.ref_frame);
        if stack.mvs[0][0] == Mv::default() {
            block.y_mode = PredictionMode::NearestMv;
        }
        let symbol = self.symbol(pos, size, Partition::None);
        symbol + self.code(block, Some(&stack)).cost
    }

    /// Writes the partition symbol; gives its cost.
    pub(super) fn symbol(&mut self, pos: MiPos, size: BlockSize, partition: Partition) -> u64 {
        let start = self.records.len();
        self.coder.writer().write_partition(self.records, pos, size, partition);
        self.lambda.squared(0, self.frame.costs.records(&self.records[start..]))
    }

    /// Codes a square as one block; gives what it is as a part too, without the partition symbol.
    fn whole(&mut self, pos: MiPos, size: BlockSize, hints: &mut Hints) -> (Coded, Part) {
        let symbol = self.symbol(pos, size, Partition::None);
        let (coded, block) = self.block(pos, size, hints);
        let part = Part { block, cost: coded.cost };
        (Coded { cost: coded.cost + symbol, ..coded }, part)
    }

    /// Codes a square in parts; their cost is [`u64::MAX`] once `limit` is reached.
    fn parts(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        partition: Partition,
        hints: &Hints,
        limit: u64,
    ) -> Parts {
        let mut cost = self.symbol(pos, size, partition);
        let mut parts = [None; 4];
        for (kept, (at, part)) in parts.iter_mut().zip(parts_of(pos, size, partition)) {
            if !self.coder.grid.contains(at) {
                continue;
            }
            let left = limit.saturating_sub(cost);
            let added = if left == 0 {
                u64::MAX
            } else if self.stage == Stage::CarryingOut {
                self.carry_out(at, part)
            } else if partition == Partition::Split {
                let (cost, part) = self.partition(at, part, hints, left);
                *kept = part;
                cost
            } else {
                let (coded, block) = self.block(at, part, &mut hints.clone());
                *kept = Some(Part { block, cost: coded.cost });
                coded.cost
            };
            cost = cost.saturating_add(added);
            if cost >= limit {
                return Parts { cost: u64::MAX, parts };
            }
        }
        Parts { cost, parts }
    }

    /// Whether parts of a square that was coded as a whole could be cheaper.
    fn may_split(&self, pos: MiPos, size: BlockSize, coded: &Coded) -> bool {
        // Parts cost some bits whatever is in them, and do not make all errors vanish.
        let bits = self.frame.effort.min_split_bits(size.width());
        let (numerator, denominator) = ERROR_LEFT_BY_PARTS;
        let left = (coded.distortion << 8) * numerator / denominator;
        if coded.cost < (self.lambda.of_bits(bits) << 8) + left {
            return false;
        }
        if !coded.skip || self.coder.grid.at(pos.row, pos.col).ref_frame[0] == INTRA_FRAME {
            return true;
        }
        !self.is_zero_block(0, Rect::of_block(0, pos, size), &self.coder.recon[0])
    }
}
