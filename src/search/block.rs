//! The search within one superblock, and the coding of one block whose luma modes are decided.

use super::checkpoint::{Checkpoint, Snapshot, copy_in, copy_out};
use super::frame::FrameSearch;
use super::lambda::Lambda;
use super::mode::Candidate;
use super::proposal::{PROPOSALS, Proposal};
use super::tuning::CHROMA_ERROR_WEIGHT;
use crate::av1::geometry::{MiPos, Rect, view};
use crate::av1::tile::block::{Block, max_rect_tx_size};
use crate::av1::tile::cdf::SKIP_CDF;
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::inter::CompoundScratch;
use crate::av1::tile::mv_prediction::MvStack;
use crate::av1::tile::overlap::Overlap;
use crate::av1::tile::symbol::Record;
use crate::av1::types::BlockSize;
use crate::kernels::intra::CFL_MAX;
use crate::kernels::sad::sse;
use crate::kernels::satd::Room;
use crate::rate::Residual;

/// Room for the search of one block at a time.
pub(crate) struct Worker {
    /// The state before a square by its size, and that after one way of coding it.
    pub(super) squares: [(Checkpoint, Snapshot); 4],
    /// The same for the candidates of one block.
    pub(super) block: (Checkpoint, Snapshot),
    /// The state before a block that may lose its coefficients.
    skip: Checkpoint,
    /// The prediction of such a block.
    prediction: [Vec<u8>; 3],
    /// Samples of a prediction that is only compared.
    pub(super) buffer: Vec<u8>,
    /// Room for a mean of two.
    pub(super) compound: Box<CompoundScratch>,
    /// What neighbours of the block predict inside it.
    pub(super) overlap: Box<Overlap>,
    /// Luma's part of chroma from luma.
    pub(super) cfl: Box<[i16; CFL_MAX * CFL_MAX]>,
    /// Vector stacks of the block's references, by name; at 0 that of a pair.
    pub(super) stacks: [Option<MvStack>; 8],
    /// Candidates for the block.
    pub(super) candidates: Vec<Candidate>,
    /// Coefficients of a prediction that is only compared.
    pub(super) room: Box<Room>,
    /// What is proposed for each square.
    pub(super) proposals: Vec<Proposal>,
}

/// A block that was coded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded {
    /// Cost, in the unit of [`Lambda::squared`].
    pub(super) cost: u64,
    /// Squared error of all planes.
    pub(super) distortion: u64,
    /// Whether the block has no coefficients.
    pub(super) skip: bool,
}

impl Worker {
    /// Room for any block.
    pub(crate) fn new() -> Self {
        Self {
            squares: Default::default(),
            block: Default::default(),
            skip: Checkpoint::default(),
            prediction: Default::default(),
            buffer: vec![0; 64 * 64],
            compound: Box::new(CompoundScratch::new()),
            overlap: Box::new(Overlap::new()),
            cfl: Box::new([0; CFL_MAX * CFL_MAX]),
            stacks: [None; 8],
            candidates: Vec::with_capacity(64),
            room: Box::new([0; 64 * 64]),
            proposals: vec![Proposal::default(); PROPOSALS],
        }
    }
}

/// What is done with the blocks of a superblock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// They are coded in several ways, of which the best stays.
    Trying,
    /// They are estimated.
    Proposing,
    /// They are coded as proposed.
    CarryingOut,
}

/// The search within one superblock.
pub(super) struct BlockSearch<'a, 'b, 'c> {
    /// The frame.
    pub(super) frame: &'a FrameSearch,
    /// What is being done.
    pub(super) stage: Stage,
    /// Whether luma of the block at hand is known to have no coefficients, if it is an inter block.
    pub(super) luma_is_zero: bool,
    /// What is left of the residual in the superblock.
    pub(super) residual: Residual,
    /// λ of the superblock.
    pub(super) lambda: Lambda,
    /// Room.
    pub(super) worker: &'a mut Worker,
    /// The tile.
    pub(super) coder: &'a mut TileCoder<'b>,
    /// The records of the tile.
    pub(super) records: &'c mut Vec<Record>,
}

impl BlockSearch<'_, '_, '_> {
    /// Squared error of one plane over the part of a block that is shown, chroma's weighted.
    fn plane_error(&self, plane: usize, pos: MiPos, size: BlockSize) -> u64 {
        let (source, recon) = (&self.coder.source[plane], &self.coder.recon[plane]);
        let rect = Rect::of_block(plane, pos, size).inside(source, 1);
        let size = (rect.w.next_multiple_of(4), rect.h);
        let error = u64::from(sse(self.coder.isa, view(source, rect), view(recon, rect), size));
        let (weight, of) = CHROMA_ERROR_WEIGHT;
        if plane == 0 { error } else { error * weight / of }
    }

    /// Squared error of each plane.
    fn errors(&self, pos: MiPos, size: BlockSize) -> [u64; 3] {
        [0, 1, 2].map(|plane| self.plane_error(plane, pos, size))
    }

    /// [`errors`](Self::errors) of a block that is reconstructed, given those of its prediction: they stay where there
    /// are no coefficients.
    fn errors_left(&self, pos: MiPos, size: BlockSize, predicted: Option<[u64; 3]>) -> [u64; 3] {
        let Some(predicted) = predicted else { return self.errors(pos, size) };
        [0, 1, 2].map(|plane| {
            if self.coder.has_coefficients(plane) {
                self.plane_error(plane, pos, size)
            } else {
                predicted[plane]
            }
        })
    }

    /// Whether anyone asks what an inter block that is carried out costs, which is coded in one way only.
    fn is_cost_wanted(&self) -> bool {
        self.stage != Stage::CarryingOut || self.frame.effort.close_margin > 0
    }

    /// Whether the residual of a predicted inter block is not worth a transform.
    fn is_residual_zero(&self, block: &Block) -> bool {
        let pos = block.pos;
        (usize::from(self.luma_is_zero)..3).all(|plane| {
            let rect = Rect::of_block(plane, pos, block.size);
            self.is_zero_block(plane, rect, &self.coder.recon[plane])
        })
    }

    /// Codes `block`, whose luma modes are decided, and gives what it cost. Blocks lose their
    /// coefficients if these are not worth their bits; intra blocks only in frames that must be
    /// small, as it is rare otherwise.
    pub(super) fn code(&mut self, block: Block, stack: Option<&MvStack>) -> Coded {
        if block.is_inter || block.skip || self.residual == Residual::Normal {
            return self.code_once(block, stack);
        }
        let pos = block.pos;
        let mut before = std::mem::take(&mut self.worker.skip);
        before.save(self.coder, self.records, pos);
        let mut coded = self.code_once(block, stack);
        if !coded.skip {
            before.restore(self.coder, self.records, pos, block.size);
            let empty = self.code_once(Block { skip: true, ..block }, stack);
            if empty.cost < coded.cost {
                coded = empty;
            } else {
                before.restore(self.coder, self.records, pos, block.size);
                coded = self.code_once(block, stack);
            }
        }
        self.worker.skip = before;
        coded
    }

    /// Codes `block`, with its coefficients unless it is an inter block and these are not worth
    /// their bits.
    fn code_once(&mut self, mut block: Block, stack: Option<&MvStack>) -> Coded {
        let (pos, size) = (block.pos, block.size);
        let start = self.records.len();
        self.coder.prepare(&mut block);
        let predicted = if block.is_inter {
            self.reconstruct_inter(&mut block)
        } else {
            self.reconstruct_intra(&mut block);
            None
        };
        self.coder.settle(&mut block);
        let coefficients = self.coder.write(self.records, &block, stack);
        if block.is_inter && block.skip && !self.is_cost_wanted() {
            return Coded { cost: 0, distortion: 0, skip: true };
        }
        let costs = &self.frame.costs;
        let modes = costs.records(&self.records[start..coefficients]);
        let rate = modes + costs.records(&self.records[coefficients..]);
        let distortion = self.errors_left(pos, size, predicted).iter().sum();
        let cost = self.lambda.squared(distortion, rate);
        let coded = Coded { cost, distortion, skip: block.skip };
        let Some(errors) = predicted.filter(|_| !block.skip) else {
            return coded;
        };
        let error = errors.iter().sum();
        let near = self.coder.writer().inter_neighbours(pos);
        let row = SKIP_CDF.row([near.iter().flatten().filter(|n| n.skip).count()]);
        let rate = (modes + costs.symbol(row, 1)).saturating_sub(costs.symbol(row, 0));
        if self.lambda.squared(error, rate) > cost {
            return coded;
        }
        self.drop_coefficients(&mut block, stack);
        let rate = costs.records(&self.records[start..]);
        Coded { cost: self.lambda.squared(error, rate), distortion: error, skip: true }
    }

    /// Predicts and reconstructs all planes of a prepared inter block. Gives the squared errors of
    /// the prediction alone if the block may have coefficients and could do without; the state
    /// before them is kept then.
    fn reconstruct_inter(&mut self, block: &mut Block) -> Option<[u64; 3]> {
        let (pos, size) = (block.pos, block.size);
        let lossless = self.coder.frame.lossless(block.segment_id);
        self.coder.predict_inter(block, 0..3);
        block.skip = !lossless && (block.skip || self.is_residual_zero(block));
        if block.skip {
            block.tx_size = max_rect_tx_size(size);
            block.tx_split = 0;
            return None;
        }
        let errors = (!lossless).then(|| self.errors(pos, size));
        if errors.is_some() {
            self.worker.skip.save(self.coder, self.records, pos);
            for (plane, kept) in self.worker.prediction.iter_mut().enumerate() {
                copy_out(kept, &self.coder.recon[plane], Rect::of_block(plane, pos, size));
            }
        }
        let mut transforms = self.transforms();
        self.coder.reconstruct(block, 0..3, &mut transforms);
        errors
    }

    /// Reconstructs luma of a prepared intra block, chooses its chroma mode, and reconstructs
    /// chroma.
    fn reconstruct_intra(&mut self, block: &mut Block) {
        let mut choice = self.transforms();
        self.coder.reconstruct(block, 0..1, &mut choice);
        self.choose_chroma(block);
        self.coder.reconstruct(block, 1..3, &mut choice);
    }

    /// Codes an inter block, coded by [`reconstruct_inter`](Self::reconstruct_inter), again as
    /// skipped.
    fn drop_coefficients(&mut self, block: &mut Block, stack: Option<&MvStack>) {
        let (pos, size) = (block.pos, block.size);
        let before = std::mem::take(&mut self.worker.skip);
        before.restore(self.coder, self.records, pos, size);
        self.worker.skip = before;
        for (plane, kept) in self.worker.prediction.iter().enumerate() {
            copy_in(kept, &mut self.coder.recon[plane], Rect::of_block(plane, pos, size));
        }
        block.skip = true;
        block.tx_size = max_rect_tx_size(size);
        block.tx_split = 0;
        self.coder.write(self.records, block, stack);
    }
}
