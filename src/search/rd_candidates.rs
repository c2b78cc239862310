//! The last candidates of a block, coded one after the other: the best by squared error and bits
//! stays.

use super::block::{BlockSearch, Coded};
use crate::av1::geometry::MiPos;
use crate::av1::tile::block::{Block, max_rect_tx_size, split_tx_size};
use crate::av1::types::{BlockSize, INTRA_FRAME, TxMode};

/// The candidates of one block.
pub(super) struct RdCandidates<'s, 'a, 'b, 'c> {
    /// The search of the superblock.
    search: &'s mut BlockSearch<'a, 'b, 'c>,
    /// The block's position.
    pos: MiPos,
    /// Its size.
    size: BlockSize,
    /// The best so far.
    best: Option<(Coded, Block)>,
    /// Whether the coder's state is that of the best one.
    current: bool,
}

impl<'s, 'a, 'b, 'c> RdCandidates<'s, 'a, 'b, 'c> {
    /// None is coded yet.
    pub(super) fn new(
        search: &'s mut BlockSearch<'a, 'b, 'c>,
        pos: MiPos,
        size: BlockSize,
    ) -> Self {
        search.worker.block.0.save(search.coder, search.records, pos);
        Self { search, pos, size, best: None, current: false }
    }

    /// Codes all candidates that were kept.
    pub(super) fn code_all(&mut self) {
        for index in 0..self.search.worker.candidates.len() {
            self.code(self.search.worker.candidates[index].block);
        }
    }

    /// Codes a candidate.
    fn code(&mut self, block: Block) {
        let search = &mut *self.search;
        let Some((best, _)) = self.best else {
            self.best = Some((search.code_with_stack(block), block));
            self.current = true;
            return;
        };
        let (before, mut snapshot) = std::mem::take(&mut search.worker.block);
        if self.current {
            snapshot.save(search.coder, search.records, &before, self.pos, self.size);
        }
        before.restore(search.coder, search.records, self.pos, self.size);
        search.worker.block = (before, snapshot);
        let coded = search.code_with_stack(block);
        self.current = coded.cost < best.cost;
        if self.current {
            self.best = Some((coded, block));
        }
    }

    /// Tries smaller transforms in the best candidate.
    pub(super) fn split_transforms(&mut self) {
        let Some((coded, block)) = self.best else { return };
        let frame = self.search.coder.frame;
        if coded.skip
            || frame.tx_mode != TxMode::Select
            || frame.lossless(0)
            || self.size == BlockSize::B8x8 && block.is_inter
        {
            return;
        }
        let effort = &self.search.frame.effort;
        if block.is_inter {
            if effort.inter_tx_split {
                self.code(Block { tx_split: 1, ..block });
            }
            return;
        }
        let mut size = max_rect_tx_size(self.size);
        for _ in 0..effort.intra_tx_depth {
            if size == split_tx_size(size) {
                break;
            }
            size = split_tx_size(size);
            let before = self.best.map(|(best, _)| best.cost);
            self.code(Block { tx_size: size, ..block });
            if self.best.map(|(best, _)| best.cost) == before {
                break;
            }
        }
    }

    /// Leaves the best candidate coded, and gives it as it was before.
    pub(super) fn finish(self) -> (Coded, Block) {
        let Self { search, pos, size, best, current } = self;
        if !current {
            let (before, snapshot) = std::mem::take(&mut search.worker.block);
            before.restore(search.coder, search.records, pos, size);
            snapshot.restore(search.coder, search.records, pos, size);
            search.worker.block = (before, snapshot);
        }
        best.expect("a block has a candidate")
    }
}

impl BlockSearch<'_, '_, '_> {
    /// Codes a candidate against the vector stack that it was found with.
    fn code_with_stack(&mut self, block: Block) -> Coded {
        let stack = block.is_inter.then(|| self.kept_stack(&block).expect("found with it"));
        debug_assert!(block.is_inter || block.ref_frame[0] == INTRA_FRAME);
        self.code(block, stack.as_ref())
    }
}
