//! How a superblock is split and what its blocks predict from, proposed from estimates: predictions
//! are made and compared with the source, nothing is transformed or written. What is proposed is
//! carried out afterwards, once.

use super::block::{BlockSearch, Stage};
use super::cost::{COST_BITS, CostSink};
use super::halves::Halves;
use super::mode::Candidate;
use super::partition::{Hints, Square};
use super::tuning::{ERROR_LEFT_BY_PARTS, ERROR_LEFT_OF_ZERO, PROPOSED_SPLIT, QUARTERS_SHARE};
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{MiPos, Rect, view};
use crate::av1::tile::block::Block;
use crate::av1::tile::partition::{largest_part, parts_of};
use crate::av1::types::{BlockSize, LAST_FRAME, Partition};
use crate::kernels::satd::coefficients;

/// Bits of a block that is skipped as static, in 1/512 bit, roughly.
const STATIC_RATE: u32 = 1 << COST_BITS;

/// What is proposed for a square.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposal {
    /// How it is split: not at all, in quarters or in halves, of which one may lie outside the frame.
    partition: Partition,
    /// Whether it is skipped as its source stands still.
    is_static: bool,
    /// Whether luma of the block is expected to have no coefficients.
    is_zero: bool,
    /// Whether coding both ways decides between whole and quarters.
    is_close: bool,
    /// Its halves, if it is split in two that both begin inside the frame.
    halves: Option<Halves>,
    /// The block that it is if it is not split, or could be; its half inside the frame if it is cut there.
    pub(super) block: Block,
}

impl Proposal {
    /// A square that is one block.
    fn whole(block: Block) -> Self {
        Self {
            partition: Partition::None,
            is_static: false,
            is_zero: false,
            is_close: false,
            halves: None,
            block,
        }
    }
}

impl Default for Proposal {
    fn default() -> Self {
        Self::whole(Block::new(MiPos::new(0, 0), BlockSize::B8x8))
    }
}

/// The proposals of a superblock: of one square of 64 samples, four of 32, 16 of 16 and 64 of 8.
pub(super) const PROPOSALS: usize = 1 + 4 + 16 + 64;

/// Where the proposal of a square inside its superblock is kept.
pub(super) fn place(pos: MiPos, size: BlockSize) -> usize {
    let level = 6 - size.width_log2();
    let first = [0, 1, 5, 21][level];
    let shift = 4 - level;
    first + (((pos.row & 15) >> shift) << level) + ((pos.col & 15) >> shift)
}

impl BlockSearch<'_, '_, '_> {
    /// Proposes how to code the superblock at `pos`.
    pub(super) fn propose_superblock(&mut self, pos: MiPos) {
        let size = BlockSize::B64x64;
        self.stage = Stage::Proposing;
        self.propose(pos, size, &Hints::NONE, u64::MAX);
        // Vector prediction and intra edges tell by these what is coded already.
        self.coder.grid.fill(pos, size, ModeInfo::uncoded());
        self.coder.clear_decoded(pos);
    }

    /// Proposes how to code a square, or what of it lies inside the frame; gives the estimated
    /// cost, [`u64::MAX`] if it is `limit` or more.
    fn propose(&mut self, pos: MiPos, size: BlockSize, hints: &Hints, limit: u64) -> u64 {
        let half = size.width4() / 2;
        let (rows, cols) = (self.coder.grid.mi_rows, self.coder.grid.mi_cols);
        let is_inside = pos.row + half < rows && pos.col + half < cols;
        let mut hints = *hints;
        if !is_inside {
            return self.propose_at_edge(pos, size, &hints, limit);
        }
        if size.width() >= 16
            && let Some((block, cost)) = self.propose_static(pos, size)
        {
            self.leave(Proposal { is_static: true, ..Proposal::whole(block) }, size);
            return cost;
        }
        if self.frame.is_on_border(pos, size) {
            let quarters = self.propose_quarters(pos, size, &hints, [0; 4], limit);
            self.leave_split(pos, size);
            return quarters;
        }
        let Candidate { block, estimate } = self.propose_block(pos, size, &mut hints);
        let proposed = Proposal { is_zero: estimate.is_zero, ..Proposal::whole(block) };
        let whole = estimate.coded + self.partition_cost(pos, size, Partition::None);
        if size == BlockSize::B8x8 || !self.may_be_split(size, whole, estimate.is_zero) {
            self.leave(proposed, size);
            return whole;
        }
        let (numerator, denominator) = QUARTERS_SHARE;
        let margin = whole / 256 * self.frame.effort.close_margin;
        let most = whole.saturating_mul(numerator) / denominator;
        let limit = limit.min(most + margin);
        let alike = if block.is_inter { estimate.quarters } else { [0; 4] };
        let quarters = self.propose_quarters(pos, size, &hints, alike, limit);
        let is_close = quarters < most + margin && quarters.saturating_add(margin) > most;
        let share = self.frame.effort.proposed_halves;
        if share > 0 && quarters != u64::MAX && !is_close {
            let limit = if quarters < most { quarters } else { whole } / 256 * share;
            if let Some(halves) = self.propose_halves(pos, size, &block, limit) {
                self.leave_halves(&halves);
                self.worker.proposals[place(pos, size)] =
                    Proposal { partition: halves.partition, halves: Some(halves), ..proposed };
                return halves.cost;
            }
        }
        if quarters < most {
            self.worker.proposals[place(pos, size)] =
                Proposal { partition: Partition::Split, is_close, ..proposed };
            return quarters;
        }
        self.leave(Proposal { is_close, ..proposed }, size);
        whole
    }

    /// Proposes how to code a square that cannot be one block, as its middle lies outside the frame:
    /// in quarters or, if it is cut on one side only, as the half that lies inside (5.11.4).
    fn propose_at_edge(&mut self, pos: MiPos, size: BlockSize, hints: &Hints, limit: u64) -> u64 {
        let half = size.width4() / 2;
        let has_rows = pos.row + half < self.coder.grid.mi_rows;
        let has_cols = pos.col + half < self.coder.grid.mi_cols;
        let mut least = limit;
        let mut inner = None;
        if size != BlockSize::B8x8 && has_rows != has_cols {
            let partition = if has_cols { Partition::Horz } else { Partition::Vert };
            let part = largest_part(size, partition);
            if self.frame.is_on_border(pos, part) {
                let quarters = self.propose_quarters(pos, size, hints, [0; 4], limit);
                self.leave_split(pos, size);
                return quarters;
            }
            let Candidate { block, estimate } = self.propose_block(pos, part, &mut hints.clone());
            let cost = estimate.coded + self.partition_cost(pos, size, partition);
            least = least.min(cost);
            let proposed = Proposal { partition, ..Proposal::whole(block) };
            inner = Some((Proposal { is_zero: estimate.is_zero, ..proposed }, cost));
        }
        let quarters = self.propose_quarters(pos, size, hints, [0; 4], least);
        match inner {
            Some((proposal, cost)) if quarters >= least => {
                self.leave(proposal, size);
                cost
            }
            _ => {
                self.leave_split(pos, size);
                quarters
            }
        }
    }

    /// Whether quarters of a square that would cost `whole`, without coefficients if `is_zero`, could
    /// be cheaper.
    fn may_be_split(&self, size: BlockSize, whole: u64, is_zero: bool) -> bool {
        let (numerator, denominator) = PROPOSED_SPLIT;
        let bits = self.frame.effort.min_split_bits(size.width()) * numerator / denominator;
        let (left, of) = if is_zero { ERROR_LEFT_OF_ZERO } else { ERROR_LEFT_BY_PARTS };
        whole / of * (of - left) > self.lambda.of_bits(bits) << 8
    }

    /// Proposes the quarters of a square; [`u64::MAX`] once `limit` is reached, or will be as `alike` tells, what they
    /// would cost if they were predicted as the whole is, 0 if that is not known.
    fn propose_quarters(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        hints: &Hints,
        alike: [u64; 4],
        limit: u64,
    ) -> u64 {
        let mut cost = self.partition_cost(pos, size, Partition::Split);
        let least = alike.map(|cost| cost / 64 * self.frame.effort.least_of_quarters);
        let mut left = least.iter().sum::<u64>();
        for (quarter, (at, part)) in parts_of(pos, size, Partition::Split).enumerate() {
            if !self.coder.grid.contains(at) {
                continue;
            }
            if cost.saturating_add(left) >= limit {
                return u64::MAX;
            }
            left -= least[quarter];
            cost = cost.saturating_add(self.propose(at, part, hints, limit - cost - left));
        }
        if cost >= limit { u64::MAX } else { cost }
    }

    /// The cost of a partition symbol.
    pub(super) fn partition_cost(
        &mut self,
        pos: MiPos,
        size: BlockSize,
        partition: Partition,
    ) -> u64 {
        let mut sink = CostSink::new(&self.frame.costs);
        self.coder.writer().write_partition(&mut sink, pos, size, partition);
        self.lambda.squared(0, sink.cost)
    }

    /// Proposes that a square is split, which it has to be.
    fn leave_split(&mut self, pos: MiPos, size: BlockSize) {
        let split = Proposal { partition: Partition::Split, ..Proposal::default() };
        self.worker.proposals[place(pos, size)] = split;
    }

    /// Keeps the proposal of a square of `size` that has one block inside the frame, and leaves the
    /// block's modes for those after it to predict from.
    fn leave(&mut self, proposal: Proposal, size: BlockSize) {
        let block = proposal.block;
        self.worker.proposals[place(block.pos, size)] = proposal;
        self.coder.grid.fill(block.pos, block.size, block.mode_info());
        self.coder.set_decoded(block.pos, block.size, true);
    }

    /// The best candidate for a block.
    fn propose_block(&mut self, pos: MiPos, size: BlockSize, hints: &mut Hints) -> Candidate {
        self.gather_candidates(pos, size, hints);
        let candidates = self.worker.candidates.iter();
        let best = candidates.min_by_key(|candidate| candidate.estimate.coded);
        *best.expect("a block has a candidate")
    }

    /// The static skip, proposed: the block and its cost.
    fn propose_static(&mut self, pos: MiPos, size: BlockSize) -> Option<(Block, u64)> {
        if !self.is_static(pos, size) {
            return None;
        }
        let reference = self.coder.references[LAST_FRAME as usize]?;
        let block = self.static_block(pos, size);
        if size == BlockSize::B64x64 {
            // Nothing is compared with it.
            return Some((block, 0));
        }
        let source = &self.coder.source[0];
        let rect = Rect::of_block(0, pos, size).inside(source, 8);
        let (src, pred) = (view(source, rect), view(&reference.planes[0], rect));
        let (detail, room) = (self.detail(false), &mut self.worker.room);
        let found = coefficients(self.coder.isa, src, pred, (rect.w, rect.h), detail, room);
        Some((block, self.estimate(&found, STATIC_RATE, size).coded))
    }

    /// Codes a square as proposed.
    pub(super) fn carry_out(&mut self, pos: MiPos, size: BlockSize) -> u64 {
        let proposal = self.worker.proposals[place(pos, size)];
        if proposal.is_static {
            return self.skip_as_static(pos, size);
        }
        if proposal.is_close {
            return self.decide_by_coding(pos, size, &proposal);
        }
        if let Some(halves) = &proposal.halves {
            return self.carry_out_halves(pos, size, halves);
        }
        let mut cost = self.symbol(pos, size, proposal.partition);
        if proposal.partition != Partition::Split {
            return cost + self.carry_out_block(&proposal.block, proposal.is_zero);
        }
        for (at, part) in parts_of(pos, size, Partition::Split) {
            if self.coder.grid.contains(at) {
                cost += self.carry_out(at, part);
            }
        }
        cost
    }

    /// Codes a square whole and in quarters, and leaves what is cheaper.
    fn decide_by_coding(&mut self, pos: MiPos, size: BlockSize, proposal: &Proposal) -> u64 {
        let level = 6 - size.width_log2();
        let (before, snapshot) = std::mem::take(&mut self.worker.squares[level]);
        let mut square =
            Square { pos, size, before, snapshot, current: true, tried: true, best: u64::MAX };
        square.before.save(self.coder, self.records, pos);
        let symbol = self.symbol(pos, size, Partition::None);
        square.best = symbol + self.carry_out_block(&proposal.block, proposal.is_zero);
        let whole = square.best;
        self.try_parts(&mut square, Partition::Split, &Hints::NONE, whole);
        self.leave_best(&square);
        self.worker.squares[level] = (square.before, square.snapshot);
        square.best
    }

    /// Codes a block as proposed.
    pub(super) fn carry_out_block(&mut self, block: &Block, is_zero: bool) -> u64 {
        let (pos, size) = (block.pos, block.size);
        let context = self.block_context(pos, size);
        self.worker.candidates.clear();
        if block.is_inter {
            let stack = self.coder.mv_stack(pos, size, block.ref_frame);
            let kept = if block.is_compound() { 0 } else { block.ref_frame[0] as usize };
            self.worker.stacks[kept] = Some(stack);
            self.add_proposed(&context, block, &stack);
        } else {
            self.intra_candidates(&context);
        }
        self.luma_is_zero = block.is_inter && is_zero;
        let (coded, _) = self.code_candidates(pos, size);
        self.luma_is_zero = false;
        coded.cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every square of a superblock has a place of its own.
    #[test]
    fn places_are_apart() {
        let mut taken = [false; PROPOSALS];
        let mut squares = vec![(MiPos::new(32, 16), BlockSize::B64x64)];
        while let Some((pos, size)) = squares.pop() {
            assert!(!std::mem::replace(&mut taken[place(pos, size)], true), "{pos:?} {size:?}");
            if size != BlockSize::B8x8 {
                squares.extend(parts_of(pos, size, Partition::Split));
            }
        }
        assert_eq!(taken, [true; PROPOSALS]);
    }
}
