//! Carries out a decided block: predicts, transforms, quantizes, reconstructs in place and hands the
//! symbols on. Whatever decides, a search or a random draw in tests, goes through here.

use std::ops::Range;

use crate::av1::frame::deblock::TxSizeGrid;
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::frame::motion_field::MotionField;
use crate::av1::frame::reference::Reference;
use crate::av1::geometry::MiPos;
use crate::av1::obu::SequenceHeader;
use crate::av1::obu::frame::FrameHeader;
use crate::av1::tables::blocks::MODE_TO_TXFM;
use crate::av1::tables::scans::scan;
use crate::av1::tile::block::{
    Block, Residual, TransformBlock, chroma_size, chroma_tx_size, for_each_inter_tx,
    max_rect_tx_size,
};
use crate::av1::tile::block_decoded::BlockDecoded;
use crate::av1::tile::block_syntax::BlockWriter;
use crate::av1::tile::coefficient_syntax::TxSet;
use crate::av1::tile::context::TileContext;
use crate::av1::tile::inter::{CompoundScratch, Region, predict_average, predict_single};
use crate::av1::tile::intra::{
    Available, Direction, cfl_ac, edges, filter_type, predict_chroma_from_luma, predict_intra,
};
use crate::av1::tile::mv_prediction::{MvPredictionInput, MvStack, TileBounds, find_mv_stack};
use crate::av1::tile::quantizers::Quantizers;
use crate::av1::tile::reconstruct::reconstruct;
use crate::av1::tile::symbol::Record;
use crate::av1::types::{BlockSize, INTRA_FRAME, PredictionMode, RefFrame, TxSize, TxType, UvMode};
use crate::frame::padded::PaddedPlane;
use crate::kernels::intra::{CFL_MAX, Edges};
use crate::kernels::isa::Isa;
use crate::kernels::quantize::{Levels, quantize};
use crate::kernels::sad::{residual, sse};
use crate::kernels::transform::conformance::is_conformant;
use crate::kernels::transform::wht::forward_wht;
use crate::kernels::transform::{MAX_COEFFICIENTS, coefficient_count, forward_transform};
use crate::kernels::view::{View, ViewMut};

/// Room for one worker.
#[derive(Clone, Debug)]
pub(crate) struct Scratch {
    residual: Residual,
    transforms: Vec<(u8, usize, usize, TxSize)>,
    difference: Vec<i16>,
    coefficients: Vec<i16>,
    dequantized: Vec<i16>,
    levels: Vec<i16>,
    tx_types: [TxType; 256],
    cfl: Box<[i16; CFL_MAX * CFL_MAX]>,
    compound: Box<CompoundScratch>,
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
            tx_types: [TxType::DctDct; 256],
            cfl: Box::new([0; CFL_MAX * CFL_MAX]),
            compound: Box::new(CompoundScratch::new()),
        }
    }
}

/// A transform block that was quantized.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantized<'a> {
    /// `txSz`.
    pub(crate) size: TxSize,
    /// The scan (5.11.41).
    pub(crate) scan: &'a [u16],
    /// The steps of DC and AC.
    pub(crate) steps: [u16; 2],
}

/// Choices inside a block that are made transform by transform.
pub(crate) trait TransformChoice {
    /// The type of a luma transform, one of `set`.
    fn tx_type(&mut self, block: &Block, set: TxSet) -> TxType;

    /// Whether no coefficient is left of a residual with this sum of squares, given the steps of
    /// DC and AC.
    fn vanishes(&self, energy: u32, steps: [u16; 2]) -> bool {
        let _ = (energy, steps);
        false
    }

    /// Changes quantized levels before they are reconstructed; gives the new `eob`.
    #[cfg(test)]
    fn adjust(
        &mut self,
        input: &Quantized<'_>,
        levels: &mut [i16],
        dequantized: &mut [i16],
        eob: usize,
    ) -> usize {
        let _ = (input, levels, dequantized);
        eob
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
    /// `LoopfilterTxSizes`.
    pub(crate) tx_sizes: &'a mut TxSizeGrid,
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
    /// How much dearer than usual bits are in this superblock, log₂ of a factor.
    pub(crate) thrift: u32,
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
        find_mv_stack(&input, pos, size, ref_frame)
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
            cdef_idx: self.cdef_idx,
            target_q_index: self.target_q_index,
        }
    }

    /// Start of a superblock (5.11.2).
    pub(crate) fn start_superblock(&mut self, pos: MiPos) {
        self.cdef_idx = 0;
        self.context.start_superblock(self.frame.delta_q.is_some());
        self.decoded.clear(pos, MiPos::new(self.tile.mi_row_end, self.tile.mi_col_end));
    }

    /// Writes a block that is reconstructed; gives where its coefficients start in `records`.
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

    /// Marks a block as decoded, or takes that back.
    pub(crate) fn set_decoded(&mut self, pos: MiPos, size: BlockSize, decoded: bool) {
        for plane in 0..3 {
            let shift = usize::from(plane > 0);
            let (x, y) = ((pos.col * 4) >> shift, (pos.row * 4) >> shift);
            let (w, h) = (size.width() >> shift, size.height() >> shift);
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
        planes: Range<u8>,
        choice: &mut impl TransformChoice,
    ) {
        let lossless = self.frame.lossless(block.segment_id);
        let mut max_luma = (0, 0);
        for index in 0..self.scratch.transforms.len() {
            let (plane, x, y, size) = self.scratch.transforms[index];
            if plane == 0 {
                max_luma = (x + size.width(), y + size.height());
            }
            if !planes.contains(&plane) {
                continue;
            }
            let plane = usize::from(plane);
            if !block.is_inter {
                self.predict_intra_transform(block, plane, (x, y), size, max_luma);
                self.decoded.set(plane, x, y, size.width(), size.height());
            }
            if !block.skip {
                self.code_transform(block, plane, (x, y), size, lossless, choice);
            }
        }
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
        if block.is_inter && !lossless && !block.skip {
            for_each_inter_tx(block, |row4, col4, size| {
                let (x, y) = (x0 + 4 * col4, y0 + 4 * row4);
                if x < max_x && y < max_y {
                    list.push((0, x, y, size));
                }
            });
        } else {
            push_raster(list, 0, (x0, y0), block.size, block.tx_size, (max_x, max_y));
        }
        let size = if lossless { TxSize::T4x4 } else { chroma_tx_size(block.size) };
        for plane in 1..3 {
            let place = (x0 / 2, y0 / 2);
            let max = (max_x / 2, max_y / 2);
            push_raster(list, plane, place, chroma_size(block.size), size, max);
        }
    }

    /// 5.11.33 `compute_prediction` of `planes` of an inter block of at least 8×8.
    pub(crate) fn predict_inter(&mut self, block: &Block, planes: Range<usize>) {
        for plane in planes {
            let shift = usize::from(plane > 0);
            let region = Region {
                plane,
                x: (block.pos.col * 4) >> shift,
                y: (block.pos.row * 4) >> shift,
                w: block.size.width() >> shift,
                h: block.size.height() >> shift,
            };
            let dst = self.recon[plane].view_mut(region.x as isize, region.y as isize);
            let reference = |list: usize| {
                let name = usize::from(block.ref_frame[list].unsigned_abs());
                &self.references[name].expect("a reference the frame has").planes[plane]
            };
            let filters = [block.interp_filter; 2];
            if block.is_compound() {
                let both = [reference(0), reference(1)];
                let scratch = &mut self.scratch.compound;
                predict_average(self.isa, dst, both, region, block.mv, filters, scratch);
            } else {
                predict_single(self.isa, dst, reference(0), region, block.mv[0], filters);
            }
        }
    }

    /// The intra prediction of one transform block (5.11.35).
    fn predict_intra_transform(
        &mut self,
        block: &Block,
        plane: usize,
        (x, y): (usize, usize),
        size: TxSize,
        max_luma: (usize, usize),
    ) {
        let edge = self.intra_edges(block, plane, (x, y), size);
        if plane > 0 && block.uv_mode == UvMode::Cfl {
            let [luma, u, v] = &mut *self.recon;
            if plane == 1 {
                cfl_ac(self.isa, &mut self.scratch.cfl, luma, (x, y), size, max_luma);
            }
            let target = if plane == 1 { u } else { v };
            let dst = target.view_mut(x as isize, y as isize);
            let (ac, alpha) = (&self.scratch.cfl, block.cfl_alpha[plane - 1]);
            predict_chroma_from_luma(self.isa, dst, size, &edge, ac, alpha);
            return;
        }
        let (mode, angle_delta) = if plane == 0 {
            (block.y_mode, block.angle_delta_y)
        } else {
            (PredictionMode::ALL[block.uv_mode as usize], block.angle_delta_uv)
        };
        let direction = self.direction(block, plane, mode, angle_delta);
        let dst = self.recon[plane].view_mut(x as isize, y as isize);
        predict_intra(self.isa, dst, size, mode, direction, &edge);
    }

    /// The edges of a transform block of `block` (7.11.2.1).
    pub(crate) fn intra_edges(
        &self,
        block: &Block,
        plane: usize,
        (x, y): (usize, usize),
        size: TxSize,
    ) -> Edges {
        let shift = usize::from(plane > 0);
        let have = Available {
            left: block.pos.col > self.tile.mi_col_start || x > (block.pos.col * 4) >> shift,
            above: block.pos.row > self.tile.mi_row_start || y > (block.pos.row * 4) >> shift,
            above_right: self.decoded.have_above_right(plane, x, y, size.width()),
            below_left: self.decoded.have_below_left(plane, x, y, size.height()),
        };
        edges(&self.recon[plane], plane, (x, y), size, have)
    }

    /// What a directional mode of `block` needs besides its edges.
    pub(crate) fn direction(
        &self,
        block: &Block,
        plane: usize,
        mode: PredictionMode,
        angle_delta: i8,
    ) -> Direction {
        let above = block.pos.row > self.tile.mi_row_start;
        let left = block.pos.col > self.tile.mi_col_start;
        let edge_filter =
            (self.sequence.enable_intra_edge_filter && mode.is_directional()).then(|| {
                filter_type(plane, block.pos, (above, left), |row, col| {
                    self.is_smooth(plane, row, col)
                })
            });
        Direction { angle_delta, edge_filter }
    }

    /// Where the last luma transform block of a prepared block that begins inside the frame ends
    /// (`MaxLumaW` and `MaxLumaH` of 5.11.35).
    pub(crate) fn max_luma(&self) -> (usize, usize) {
        let last = self.scratch.transforms.iter().rev().find(|transform| transform.0 == 0);
        last.map_or((0, 0), |&(_, x, y, size)| (x + size.width(), y + size.height()))
    }

    /// `is_smooth` (7.11.2.8).
    fn is_smooth(&self, plane: usize, row: usize, col: usize) -> bool {
        let info = self.grid.at(row, col);
        let mode = if plane == 0 {
            info.y_mode
        } else {
            if info.ref_frame[0] > INTRA_FRAME {
                return false;
            }
            PredictionMode::ALL[info.uv_mode as usize]
        };
        use PredictionMode as P;
        matches!(mode, P::Smooth | P::SmoothV | P::SmoothH)
    }

    /// The residual of one transform block: transformed, quantized, reconstructed.
    fn code_transform(
        &mut self,
        block: &Block,
        plane: usize,
        (x, y): (usize, usize),
        size: TxSize,
        lossless: bool,
        choice: &mut impl TransformChoice,
    ) {
        let tx_type = if lossless {
            TxType::DctDct
        } else {
            self.choose_tx_type(block, plane, (x, y), size, choice)
        };
        let qindex = self.block_qindex(block);
        let scratch = &mut *self.scratch;
        let (w, h) = (size.width(), size.height());
        let recon = &mut self.recon[plane];
        let src = self.source[plane].view(x as isize, y as isize);
        let pred = recon.view(x as isize, y as isize);
        let energy = sse(self.isa, src, pred, (w, h));
        let difference = ViewMut::new(&mut scratch.difference[..], w);
        residual(self.isa, src, pred, difference, (w, h));
        let start = scratch.residual.levels.len();
        let mut transform = TransformBlock {
            plane: plane as u8,
            x4: x / 4,
            y4: y / 4,
            size,
            tx_type,
            eob: 0,
            start,
        };
        // A coefficient's square is no more than the sum of all squared differences.
        if !lossless && choice.vanishes(energy, self.quantizers.steps(qindex, plane)) {
            scratch.residual.blocks.push(transform);
            return;
        }
        let count = coefficient_count(size);
        let coefficients = &mut scratch.coefficients[..count];
        let dequantized = &mut scratch.dequantized[..count];
        let levels = &mut scratch.levels[..count];
        if lossless {
            forward_wht(View::new(&scratch.difference, w), coefficients);
        } else {
            forward_transform(
                self.isa,
                View::new(&scratch.difference, w),
                coefficients,
                size,
                tx_type,
            );
        }
        let order = scan(size, tx_type.class());
        let quantizer = &self.quantizers.get(qindex, block.is_inter)[plane];
        let out = Levels { levels: &mut *levels, dequantized: &mut *dequantized };
        let mut eob = quantize(self.isa, quantizer, size, order, coefficients, out);
        #[cfg(test)]
        if eob > 0 {
            let steps = self.quantizers.steps(qindex, plane);
            let input = Quantized { size, scan: order, steps };
            eob = choice.adjust(&input, levels, dequantized, eob);
        }
        if eob > 0 && !lossless && !is_conformant(dequantized, size, tx_type) {
            eob = 0;
        }
        transform.eob = eob;
        scratch.residual.blocks.push(transform);
        if eob == 0 {
            return;
        }
        scratch.residual.levels.extend_from_slice(levels);
        if plane == 0 {
            let (col, row) = (x / 4 - block.pos.col, y / 4 - block.pos.row);
            for row in row..row + size.height4() {
                scratch.tx_types[row * 16 + col..][..size.width4()].fill(tx_type);
            }
        }
        let dst = recon.view_mut(x as isize, y as isize);
        reconstruct(self.isa, dst, dequantized, size, tx_type, lossless, eob);
    }

    /// The index that the block's coefficients are quantized with (7.12.2 `get_qindex`).
    pub(crate) fn block_qindex(&self, block: &Block) -> u8 {
        let current = match self.frame.delta_q {
            Some(_) if self.context.read_deltas => self.target_q_index,
            Some(_) => self.context.current_q_index,
            None => self.frame.quantization_params.base_q_idx,
        };
        self.frame.qindex_with_delta(block.segment_id, current)
    }

    /// 5.11.40 `compute_tx_type`: luma chooses, chroma follows.
    fn choose_tx_type(
        &mut self,
        block: &Block,
        plane: usize,
        (x, y): (usize, usize),
        size: TxSize,
        choice: &mut impl TransformChoice,
    ) -> TxType {
        let set = TxSet::of(size, block.is_inter, self.frame.reduced_tx_set);
        if plane == 0 {
            let coded = self.frame.qindex(block.segment_id) > 0;
            return if set == TxSet::DctOnly || !coded {
                TxType::DctDct
            } else {
                choice.tx_type(block, set)
            };
        }
        let wanted = if block.is_inter {
            let (col, row) = (x / 4 * 2 - block.pos.col, y / 4 * 2 - block.pos.row);
            self.scratch.tx_types[row * 16 + col]
        } else {
            MODE_TO_TXFM[block.uv_mode as usize]
        };
        if set.contains(wanted) { wanted } else { TxType::DctDct }
    }

    /// Notes the transforms of a coded superblock for the loop filter (6.10.33).
    pub(crate) fn finish_superblock(&mut self, pos: MiPos) {
        let (mi_rows, mi_cols) = (self.grid.mi_rows, self.grid.mi_cols);
        for row in pos.row..(pos.row + 16).min(mi_rows) {
            for col in pos.col..(pos.col + 16).min(mi_cols) {
                let info = self.grid.at(row, col);
                self.tx_sizes.fill_area(0, row, col, (1, 1), info.inter_tx_size);
                if row % 2 == 0 && col % 2 == 0 {
                    let lossless = self.frame.lossless(info.segment_id);
                    let size =
                        if lossless { TxSize::T4x4 } else { chroma_tx_size(info.block_size) };
                    self.tx_sizes.fill_area(1, row / 2, col / 2, (1, 1), size);
                }
            }
        }
    }
}

/// Transforms of one size over a block, row by row (5.11.34).
fn push_raster(
    list: &mut Vec<(u8, usize, usize, TxSize)>,
    plane: u8,
    (x0, y0): (usize, usize),
    block: BlockSize,
    size: TxSize,
    (max_x, max_y): (usize, usize),
) {
    for y in (y0..(y0 + block.height()).min(max_y)).step_by(size.height()) {
        for x in (x0..(x0 + block.width()).min(max_x)).step_by(size.width()) {
            list.push((plane, x, y, size));
        }
    }
}
