//! Carries out a decided block (5.11.5): lists its transforms, [predicts](super::prediction), codes the
//! [residual](super::residual), reconstructs in place and hands the symbols on. Whatever decides, a
//! search or a random draw in tests, goes through here.

use std::ops::Range;

use super::block::{Block, Residual, chroma_tx_size, for_each_inter_tx, max_rect_tx_size};
use super::block_decoded::BlockDecoded;
use super::block_syntax::BlockWriter;
use super::bounds::TileBounds;
use super::context::TileContext;
use super::inter::CompoundScratch;
use super::local_warp::{LocalWarp, Surroundings};
use super::mv_prediction::{MotionModes, MvPredictionInput, MvStack, find_mv_stack};
use super::overlap::{Overlap, OverlapInput};
use super::quantizers::Quantizers;
use super::residual::TransformChoice;
use super::symbol::Record;
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::frame::motion_field::MotionField;
use crate::av1::frame::reference::Reference;
use crate::av1::geometry::{MiPos, Rect};
use crate::av1::obu::SequenceHeader;
use crate::av1::obu::frame::FrameHeader;
use crate::av1::types::{BlockSize, INTRA_FRAME, RefFrame, TxSize, TxType};
use crate::frame::padded::PaddedPlane;
use crate::kernels::intra::CFL_MAX;
use crate::kernels::isa::Isa;
use crate::kernels::transform::MAX_COEFFICIENTS;

/// A transform block of the block at hand, in samples of its plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct TransformPlace {
    pub(super) plane: usize,
    pub(super) x: usize,
    pub(super) y: usize,
    /// `txSz`.
    pub(super) size: TxSize,
}

/// Buffers of one thread.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    pub(super) residual: Residual,
    pub(super) transforms: Vec<TransformPlace>,
    pub(super) difference: Vec<i16>,
    pub(super) coefficients: Vec<i16>,
    pub(super) dequantized: Vec<i16>,
    pub(super) levels: Vec<i16>,
    /// [`dequantized`](Self::dequantized) of the best type of a transform so far.
    pub(super) best_dequantized: Vec<i16>,
    /// [`levels`](Self::levels) of the same.
    pub(super) best_levels: Vec<i16>,
    pub(super) tx_types: [TxType; 256],
    pub(super) cfl: Box<[i16; CFL_MAX * CFL_MAX]>,
    pub(super) compound: Box<CompoundScratch>,
    pub(super) overlap: Box<Overlap>,
}

impl Scratch {
    /// Empty room.
    pub(crate) fn new() -> Self {
        Self {
            residual: Residual::default(),
            transforms: Vec::with_capacity(384),
            difference: vec![0; 64 * 64],
            coefficients: vec![0; MAX_COEFFICIENTS],
            dequantized: vec![0; MAX_COEFFICIENTS],
            levels: vec![0; MAX_COEFFICIENTS],
            best_dequantized: vec![0; MAX_COEFFICIENTS],
            best_levels: vec![0; MAX_COEFFICIENTS],
            tx_types: [TxType::DctDct; 256],
            cfl: Box::new([0; CFL_MAX * CFL_MAX]),
            compound: Box::new(CompoundScratch::new()),
            overlap: Box::new(Overlap::new()),
        }
    }
}

/// A tile that is being coded.
pub(crate) struct TileCoder<'a> {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// The frame header.
    pub(crate) frame: &'a FrameHeader,
    /// The sequence header.
    pub(crate) sequence: &'a SequenceHeader,
    /// The tile.
    pub(crate) tile: TileBounds,
    /// The picture to code, edges extended.
    pub(crate) source: &'a [PaddedPlane; 3],
    /// The reference frames by name (1 to 7).
    pub(crate) references: [Option<&'a Reference>; 8],
    /// The reconstruction.
    pub(crate) recon: &'a mut [PaddedPlane; 3],
    /// The records of the frame.
    pub(crate) grid: &'a mut ModeInfoGrid,
    /// Contexts of the tile.
    pub(crate) context: &'a mut TileContext,
    /// `BlockDecoded`.
    pub(crate) decoded: &'a mut BlockDecoded,
    /// `RefFrameSignBias`.
    pub(crate) sign_bias: [bool; 8],
    /// `MotionFieldMvs`.
    pub(crate) motion_field: Option<&'a MotionField>,
    /// `PrevSegmentIds`; empty for all zero.
    pub(crate) prev_segment_ids: &'a [u8],
    /// `cdef_idx` of this superblock.
    pub(crate) cdef_idx: u8,
    /// The quantizer index wanted for this superblock.
    pub(crate) target_q_index: u8,
    /// Whether blocks of this superblock may have coefficients.
    pub(crate) residual: bool,
    /// Quantizers.
    pub(crate) quantizers: &'a mut Quantizers,
    /// Room.
    pub(crate) scratch: &'a mut Scratch,
}

impl TileCoder<'_> {
    /// 7.10.2 for a block.
    pub(crate) fn mv_stack(
        &self,
        pos: MiPos,
        size: BlockSize,
        ref_frame: [RefFrame; 2],
    ) -> MvStack {
        let input = MvPredictionInput {
            grid: self.grid,
            tile: self.tile,
            allow_high_precision_mv: self.frame.allow_high_precision_mv,
            force_integer_mv: self.frame.force_integer_mv,
            sign_bias: self.sign_bias,
            motion_field: self.motion_field,
        };
        let mut stack = find_mv_stack(&input, pos, size, ref_frame);
        stack.motion_modes = self.motion_modes(pos, size, ref_frame);
        stack
    }

    /// What `motion_mode` of an inter block may be (5.11.27).
    fn motion_modes(&self, pos: MiPos, size: BlockSize, ref_frame: [RefFrame; 2]) -> MotionModes {
        let frame = self.frame;
        // Global motion is the identity in all our frames.
        if !frame.is_motion_mode_switchable
            || size.width().min(size.height()) < 8
            || ref_frame[1] > INTRA_FRAME
        {
            return MotionModes::Simple;
        }
        let around = self.surroundings(pos, size);
        if !around.has_overlappable_candidates() {
            MotionModes::Simple
        } else if frame.force_integer_mv
            || !frame.allow_warped_motion
            || !around.has_warp_samples(ref_frame[0])
        {
            MotionModes::Obmc
        } else {
            MotionModes::All
        }
    }

    /// A block with what is coded around it.
    fn surroundings(&self, pos: MiPos, size: BlockSize) -> Surroundings<'_> {
        Surroundings { grid: self.grid, tile: self.tile, pos, size }
    }

    /// The transform of a block's local warp, `None` if there is no valid one (`LocalValid` of 7.11.3.1).
    pub(crate) fn local_warp(&self, block: &Block) -> Option<LocalWarp> {
        self.surroundings(block.pos, block.size).local_warp(block.ref_frame[0], block.mv[0])
    }

    /// A block with the neighbours whose motion reaches into it.
    pub(crate) fn overlap(&self, pos: MiPos, size: BlockSize) -> OverlapInput<'_> {
        let around = self.surroundings(pos, size);
        OverlapInput { isa: self.isa, around, references: &self.references }
    }

    /// The syntax of this tile, to write with.
    pub(crate) fn writer(&mut self) -> BlockWriter<'_> {
        BlockWriter {
            frame: self.frame,
            sequence: self.sequence,
            tile: self.tile,
            grid: self.grid,
            context: self.context,
            prev_segment_ids: self.prev_segment_ids,
            target_q_index: self.target_q_index,
        }
    }

    /// Marks all of a superblock as not decoded.
    pub(crate) fn clear_decoded(&mut self, pos: MiPos) {
        self.decoded.clear(pos, MiPos::new(self.tile.mi_row_end, self.tile.mi_col_end));
    }

    /// Start of a superblock (5.11.2).
    pub(crate) fn start_superblock(&mut self, pos: MiPos) {
        self.cdef_idx = 0;
        self.context.start_superblock(self.frame.delta_q.is_some());
        self.clear_decoded(pos);
    }

    /// 5.11.5 `decode_block`: writes a block that is reconstructed; gives where its coefficients start in `records`.
    pub(crate) fn write(
        &mut self,
        records: &mut Vec<Record>,
        block: &Block,
        stack: Option<&MvStack>,
    ) -> usize {
        let residual = std::mem::take(&mut self.scratch.residual);
        self.writer().write_modes(records, block, stack);
        let coefficients = records.len();
        self.writer().write_coefficients(records, block, &residual);
        self.scratch.residual = residual;
        self.set_decoded(block.pos, block.size, true);
        coefficients
    }

    /// Marks a block as decoded (5.11.35), or takes that back.
    pub(crate) fn set_decoded(&mut self, pos: MiPos, size: BlockSize, decoded: bool) {
        for plane in 0..3 {
            let Rect { x, y, w, h } = Rect::of_block(plane, pos, size);
            if decoded {
                self.decoded.set(plane, x, y, w, h);
            } else {
                self.decoded.unset(plane, x, y, w, h);
            }
        }
    }

    /// Starts the reconstruction of `block`: sets what follows from its other choices, and lists
    /// its transforms. [`reconstruct`](Self::reconstruct) follows, for each plane once and luma
    /// first, then [`settle`](Self::settle).
    pub(crate) fn prepare(&mut self, block: &mut Block) {
        block.segment_id = if block.skip {
            self.skip_segment(block)
        } else {
            self.writer().effective_segment_id(block)
        };
        let lossless = self.frame.lossless(block.segment_id);
        if lossless {
            block.tx_size = TxSize::T4x4;
        } else if block.is_inter && block.skip {
            block.tx_size = max_rect_tx_size(block.size);
        }
        self.scratch.residual.clear();
        self.list_transforms(block, lossless);
        self.scratch.tx_types.fill(TxType::DctDct);
    }

    /// The segment of `block` if it is skipped.
    fn skip_segment(&mut self, block: &Block) -> u8 {
        let skipped = Block { skip: true, ..*block };
        self.writer().effective_segment_id(&skipped)
    }

    /// Reconstructs `planes` of a prepared block, intra blocks with their prediction, leaving the
    /// coefficients in the scratch space.
    pub(crate) fn reconstruct(
        &mut self,
        block: &Block,
        planes: Range<usize>,
        choice: &mut impl TransformChoice,
    ) {
        let lossless = self.frame.lossless(block.segment_id);
        let mut max_luma = (0, 0);
        for index in 0..self.scratch.transforms.len() {
            let at = self.scratch.transforms[index];
            let TransformPlace { plane, x, y, size } = at;
            if plane == 0 {
                max_luma = (x + size.width(), y + size.height());
            }
            if !planes.contains(&plane) {
                continue;
            }
            if !block.is_inter {
                self.predict_intra_transform(block, at, max_luma);
                self.decoded.set(plane, x, y, size.width(), size.height());
            }
            if !block.skip {
                self.code_transform(block, at, lossless, choice);
            }
        }
    }

    /// Whether the block that was reconstructed last has coefficients in a plane.
    pub(crate) fn has_coefficients(&self, plane: usize) -> bool {
        self.scratch.residual.blocks.iter().any(|b| usize::from(b.plane) == plane && b.eob > 0)
    }

    /// Makes a block without coefficients a skipped one.
    pub(crate) fn settle(&mut self, block: &mut Block) {
        if block.skip || !self.scratch.residual.is_zero() {
            return;
        }
        let skip_segment = self.skip_segment(block);
        let lossless = self.frame.lossless(block.segment_id);
        if self.frame.lossless(skip_segment) == lossless {
            block.skip = true;
            block.segment_id = skip_segment;
            if block.is_inter && !lossless {
                block.tx_size = max_rect_tx_size(block.size);
                block.tx_split = 0;
            }
        }
    }

    /// The transforms of a block inside the frame in coding order (5.11.34), as plane, position in
    /// samples and size.
    fn list_transforms(&mut self, block: &Block, lossless: bool) {
        let list = &mut self.scratch.transforms;
        list.clear();
        let (x0, y0) = (block.pos.col * 4, block.pos.row * 4);
        let (max_x, max_y) = (self.grid.mi_cols * 4, self.grid.mi_rows * 4);
        let size = if lossless { TxSize::T4x4 } else { chroma_tx_size(block.size) };
        if block.is_inter && !lossless && !block.skip {
            for_each_inter_tx(block, |row4, col4, size| {
                let (x, y) = (x0 + 4 * col4, y0 + 4 * row4);
                if x < max_x && y < max_y {
                    list.push(TransformPlace { plane: 0, x, y, size });
                }
            });
        } else {
            push_raster(list, block, 0, block.tx_size, (max_x, max_y));
        }
        for plane in 1..3 {
            push_raster(list, block, plane, size, (max_x / 2, max_y / 2));
        }
    }
}

/// The transforms of one size over a plane of a block, row by row (5.11.34), as far as they begin
/// before `end`.
fn push_raster(
    list: &mut Vec<TransformPlace>,
    block: &Block,
    plane: usize,
    size: TxSize,
    end: (usize, usize),
) {
    let area = Rect::of_block(plane, block.pos, block.size);
    for y in (area.y..(area.y + area.h).min(end.1)).step_by(size.height()) {
        for x in (area.x..(area.x + area.w).min(end.0)).step_by(size.width()) {
            list.push(TransformPlace { plane, x, y, size });
        }
    }
}
