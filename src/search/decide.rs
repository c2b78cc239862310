//! The search for a frame's choices: what is known of the frame as a whole, and the coding of one
//! block whose modes are decided.

use super::coarse_motion::CoarseMotion;
use super::cost::CostTable;
use super::intra_mode::choose_chroma;
use super::lambda::Lambda;
use super::planes::{HalfPlanes, SubpelPlanes, quarter};
use super::speed::{Effort, effort};
use super::trial::{Before, Outcome, copy_in, copy_out, samples};
use crate::av1::frame::coder::{FrameJob, SuperblockDecider};
use crate::av1::tables::blocks::MODE_TO_TXFM;
use crate::av1::tile::block::{Block, max_rect_tx_size};
use crate::av1::tile::cdf::{CdfContext, SKIP_CDF};
use crate::av1::tile::coefficient_syntax::TxSet;
use crate::av1::tile::executor::{TileCoder, TransformChoice};
use crate::av1::tile::inter::CompoundScratch;
use crate::av1::tile::mv_prediction::MvStack;
use crate::av1::tile::symbol::Record;
use crate::av1::types::{BlockSize, RefFrame, TxType};
use crate::frame::padded::PaddedPlane;
use crate::kernels::intra::CFL_MAX;
use crate::kernels::sad::{sad, sse};
use crate::rate::Residual;

/// What a look at the picture tells before any of it is coded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Analysis {
    /// Mean absolute difference of neighbouring luma samples.
    pub(crate) spatial: f32,
    /// Mean absolute difference of luma samples from the previous picture; that of neighbours in
    /// the first one.
    pub(crate) temporal: f32,
    /// Whether most of the picture is not what it was.
    pub(crate) scene_cut: bool,
}

/// What a row of superblocks holds, in sums of absolute differences of luma samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RowActivity {
    /// From neighbour to neighbour.
    pub(crate) spatial: u64,
    /// From the previous picture.
    pub(crate) temporal: u64,
    /// Samples.
    pub(crate) area: u64,
}

/// log₂ of the factor of λ where no coefficients are left: modes are all that costs bits, and the
/// cheapest will do.
const NO_RESIDUAL_SHIFT: u8 = 12;

/// A mean difference of samples, in 1/16, up to which a unit counts as still: the noise of a
/// camera.
const STILL: u32 = 16;

/// A mean difference of samples beside what the picture's own texture explains, from which on a unit
/// counts as changed.
const CHANGED: u32 = 4;
/// A picture is a scene cut if it differs so many times as much as the picture before did.
const NEW_RISE: f32 = 2.5;

/// What the search knows of a frame, the same for all its blocks.
pub(crate) struct FrameSearch {
    /// The effort.
    pub(crate) effort: Effort,
    /// Costs of symbols at the frame's start.
    pub(crate) costs: CostTable,
    /// What is left of the residual.
    residual: Residual,
    /// The references to search, most likely first; every one another frame.
    pub(crate) names: Vec<RefFrame>,
    serials: Vec<u64>,
    half: Vec<(u64, HalfPlanes)>,
    coarse: Vec<CoarseMotion>,
    small: PaddedPlane,
    /// Which units of 16×16 samples stand still in the source, row by row.
    still: Vec<bool>,
    cols: usize,
}

/// Side of the units that stand still or move, in samples.
const UNIT: usize = 16;

/// Room for the search of one block at a time.
pub(crate) struct Worker {
    /// State before an area by its size, and outcomes to compare.
    pub(crate) levels: [(Before, Outcome); 4],
    /// The same for the candidates of one block.
    pub(crate) finals: (Before, Outcome),
    skip: Before,
    prediction: [Vec<u8>; 3],
    /// Samples of a prediction that is only compared.
    pub(crate) buffer: Vec<u8>,
    /// Room for a mean of two.
    pub(crate) compound: Box<CompoundScratch>,
    /// Luma's part of chroma from luma.
    pub(crate) cfl: Box<[i16; CFL_MAX * CFL_MAX]>,
    /// Vector stacks of the block's references, by name; at 0 that of a pair.
    pub(crate) stacks: [Option<MvStack>; 8],
    /// Candidates for the block.
    pub(crate) candidates: Vec<super::inter_mode::Candidate>,
}

/// Decides superblocks.
pub(crate) struct Search {
    frame: FrameSearch,
    workers: Vec<Worker>,
    previous: PaddedPlane,
    seen: bool,
    /// By row of superblocks.
    rows: Vec<RowActivity>,
    /// Mean difference of the picture before from the one before that.
    temporal: f32,
}

/// A block that was coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coded {
    /// Cost, in the unit of [`Lambda::squared`].
    pub(crate) cost: u64,
    /// Squared error of all planes.
    pub(crate) distortion: u64,
    /// Whether the block has no coefficients.
    pub(crate) skip: bool,
}

impl Worker {
    fn new() -> Self {
        Self {
            levels: Default::default(),
            finals: Default::default(),
            skip: Before::default(),
            prediction: Default::default(),
            buffer: vec![0; 64 * 64],
            compound: Box::new(CompoundScratch::new()),
            cfl: Box::new([0; CFL_MAX * CFL_MAX]),
            stacks: [None; 8],
            candidates: Vec::with_capacity(64),
        }
    }
}

impl Search {
    /// For pictures of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let cols = width.div_ceil(UNIT);
        Self {
            frame: FrameSearch {
                effort: effort(6),
                costs: CostTable::new(),
                residual: Residual::Normal,
                names: Vec::new(),
                serials: Vec::new(),
                half: Vec::new(),
                coarse: Vec::new(),
                small: PaddedPlane::new(width.div_ceil(4), height.div_ceil(4)),
                still: vec![false; cols * height.div_ceil(UNIT)],
                cols,
            },
            workers: Vec::new(),
            previous: PaddedPlane::new(width, height),
            seen: false,
            rows: vec![RowActivity::default(); height.div_ceil(64)],
            temporal: 0.0,
        }
    }

    /// Sets the effort to that of speed `level`, 0 to 10.
    pub(crate) fn set_speed(&mut self, level: u8) {
        self.frame.effort = effort(level);
    }

    /// Sets what is left of the residual in frames that must be small.
    pub(crate) fn set_residual(&mut self, residual: Residual) {
        self.frame.residual = residual;
    }

    /// Compares a picture with the one given before.
    pub(crate) fn analyse(&mut self, source: &[PaddedPlane; 3]) -> Analysis {
        let luma = &source[0];
        let (width, height) = (luma.width, luma.height);
        let mut changed = 0;
        self.rows.fill(RowActivity::default());
        for (index, still) in self.frame.still.iter_mut().enumerate() {
            let (x, y) = (index % self.frame.cols * UNIT, index / self.frame.cols * UNIT);
            let (w, h) = ((width - x).min(UNIT), (height - y).min(UNIT));
            // Edges repeat, so that what is read beyond them adds nothing new.
            let w4 = w.next_multiple_of(4);
            let area = (w4 * h) as u32;
            let at = luma.index(x as isize, y as isize);
            let (here, stride) = (&luma.data[at..], luma.stride);
            let gradient = sad(here, stride, &luma.data[at + 1..], stride, w4, h);
            let before = &self.previous.data[self.previous.index(x as isize, y as isize)..];
            let difference = sad(here, stride, before, self.previous.stride, w4, h);
            let row = &mut self.rows[y / 64];
            row.spatial += u64::from(gradient);
            row.temporal += u64::from(difference);
            row.area += (w * h) as u64;
            *still = self.seen && difference * 16 <= STILL * area;
            changed += usize::from(difference > gradient + gradient / 2 + CHANGED * area);
        }
        self.previous.data.copy_from_slice(&luma.data);
        let samples = (width * height) as f32;
        let sum = |of: fn(&RowActivity) -> u64| self.rows.iter().map(of).sum::<u64>() as f32;
        let spatial = sum(|row| row.spatial) / samples;
        let temporal = sum(|row| row.temporal) / samples;
        let scene_cut = changed * 2 > self.frame.still.len() && temporal > NEW_RISE * self.temporal;
        let analysis = match self.seen {
            true => Analysis { spatial, temporal, scene_cut },
            false => Analysis { spatial, temporal: spatial, scene_cut: true },
        };
        self.temporal = if self.seen { temporal } else { 0.0 };
        self.seen = true;
        analysis
    }

    /// What the picture that was analysed last holds, by row of superblocks.
    pub(crate) fn rows(&self) -> &[RowActivity] {
        &self.rows
    }
}

impl SuperblockDecider for Search {
    type Shared = FrameSearch;
    type Worker = Worker;

    fn start_frame(&mut self, job: &FrameJob<'_>, source: &[PaddedPlane; 3], cdfs: &CdfContext) {
        let frame = &mut self.frame;
        frame.costs.update(cdfs);
        frame.names.clear();
        frame.serials.clear();
        if job.params.frame_is_intra {
            return;
        }
        const ORDER: [usize; 7] = [1, 4, 2, 3, 7, 5, 6];
        for name in ORDER {
            if let Some(reference) = &job.references[name]
                && !frame.serials.contains(&reference.serial)
                && frame.names.len() < frame.effort.references
            {
                frame.names.push(name as RefFrame);
                frame.serials.push(reference.serial);
            }
        }
        quarter(&source[0], &mut frame.small);
        let (width, height) = (source[0].width, source[0].height);
        for (index, (&name, &serial)) in frame.names.iter().zip(&frame.serials).enumerate() {
            let luma = &job.references[name as usize].as_ref().expect("named above").planes[0];
            if frame.coarse.len() <= index {
                frame.coarse.push(CoarseMotion::new(width, height));
            }
            frame.coarse[index].search(&frame.small, luma);
            let held = frame.half.iter().position(|(held, _)| *held == serial);
            let slot = held.unwrap_or_else(|| {
                let old = frame.half.iter().position(|(held, _)| !frame.serials.contains(held));
                let slot = old.unwrap_or_else(|| {
                    frame.half.push((0, HalfPlanes::new(width, height)));
                    frame.half.len() - 1
                });
                frame.half[slot].0 = serial;
                frame.half[slot].1.clear();
                slot
            });
            let (still, cols, all) = (&frame.still, frame.cols, !frame.effort.unseen);
            frame.half[slot].1.fill(luma, |area| all || moves_near(still, cols, area));
        }
    }

    fn workers(&mut self, count: usize) -> (&FrameSearch, &mut [Worker]) {
        if self.workers.len() < count {
            self.workers.resize_with(count, Worker::new);
        }
        (&self.frame, &mut self.workers[..count])
    }

    fn superblock(
        shared: &FrameSearch,
        worker: &mut Worker,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        mi_row: usize,
        mi_col: usize,
    ) {
        let residual = match shared.residual {
            // The executor is told superblock by superblock.
            Residual::SomeSuperblocks if coder.residual => Residual::Normal,
            residual if coder.residual => residual,
            _ => Residual::None,
        };
        let shift = match residual {
            Residual::LambdaShift(shift) => shift,
            Residual::None => NO_RESIDUAL_SHIFT,
            Residual::Normal | Residual::SomeSuperblocks => 0,
        };
        let lambda = Lambda::new(coder.target_q_index, shift);
        let mut search = BlockSearch { frame: shared, residual, lambda, worker, coder, records };
        search.superblock(mi_row, mi_col);
    }
}

impl FrameSearch {
    /// Luma of a reference that is searched, at whole and half samples.
    pub(crate) fn subpel<'a>(
        &'a self,
        coder: &TileCoder<'a>,
        index: usize,
    ) -> Option<SubpelPlanes<'a>> {
        let serial = self.serials[index];
        let (_, half) = self.half.iter().find(|(held, _)| *held == serial)?;
        let full = &coder.references[self.names[index] as usize]?.planes[0];
        Some(SubpelPlanes { full, half })
    }

    /// The motion of the place around a luma sample, towards a reference that is searched.
    pub(crate) fn coarse(&self, index: usize, x: usize, y: usize) -> crate::av1::types::Mv {
        self.coarse[index].at(x, y)
    }

    /// Whether an area of the picture does not differ from the one before in the source.
    pub(crate) fn is_still(&self, mi_row: usize, mi_col: usize, size: BlockSize) -> bool {
        const UNIT4: usize = UNIT / 4;
        let (row, col) = (mi_row / UNIT4, mi_col / UNIT4);
        let cols = col..(col + size.width4().div_ceil(UNIT4)).min(self.cols);
        self.still
            .chunks(self.cols)
            .skip(row)
            .take(size.height4().div_ceil(UNIT4))
            .all(|row| row[cols.clone()].iter().all(|&still| still))
    }
}

/// Whether anything moves in an area of the picture or near it: left, top, right and bottom in
/// samples.
fn moves_near(still: &[bool], cols: usize, [left, top, right, bottom]: [usize; 4]) -> bool {
    const NEAR: usize = 48;
    let units = |from: usize, to: usize| from.saturating_sub(NEAR) / UNIT..(to + NEAR) / UNIT + 1;
    let (across, down) = (units(left, right), units(top, bottom));
    let mut rows = still.chunks(cols).skip(down.start).take(down.len());
    rows.any(|row| row[across.start..across.end.min(cols)].contains(&false))
}

/// The search within one superblock.
pub(crate) struct BlockSearch<'a, 'b, 'c> {
    /// The frame.
    pub(crate) frame: &'a FrameSearch,
    /// What is left of the residual in the superblock.
    residual: Residual,
    /// λ of the superblock.
    pub(crate) lambda: Lambda,
    /// Room.
    pub(crate) worker: &'a mut Worker,
    /// The tile.
    pub(crate) coder: &'a mut TileCoder<'b>,
    /// The records of the tile.
    pub(crate) records: &'c mut Vec<Record>,
}

impl BlockSearch<'_, '_, '_> {
    /// Squared error of one plane over the part of an area that is shown.
    pub(crate) fn plane_error(
        &self,
        plane: usize,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
    ) -> u64 {
        let (x, y, w, h) = samples(plane, mi_row, mi_col, size);
        let (source, recon) = (&self.coder.source[plane], &self.coder.recon[plane]);
        let (w, h) = (w.min(source.width - x).next_multiple_of(4), h.min(source.height - y));
        let (x, y) = (x as isize, y as isize);
        let (src, pred) = (&source.data[source.index(x, y)..], &recon.data[recon.index(x, y)..]);
        u64::from(sse(src, source.stride, pred, recon.stride, w, h))
    }

    /// Squared error of all planes.
    pub(crate) fn error(&self, mi_row: usize, mi_col: usize, size: BlockSize) -> u64 {
        (0..3).map(|plane| self.plane_error(plane, mi_row, mi_col, size)).sum()
    }

    /// Whether the residual of a predicted inter block is not worth a transform.
    fn leaves_nothing(&self, block: &Block) -> bool {
        if block.size.width().max(block.size.height()) > self.frame.effort.largest_coded {
            return true;
        }
        (0..3).all(|plane| {
            let (x, y, w, h) = samples(plane, block.mi_row, block.mi_col, block.size);
            let (source, recon) = (&self.coder.source[plane], &self.coder.recon[plane]);
            let area = (x, y, w.min(source.width - x), h.min(source.height - y));
            self.is_quiet(source, recon, plane, area)
        })
    }

    /// Codes `block`, whose luma modes are decided, and gives what it cost. Blocks lose their
    /// coefficients if these are not worth their bits; intra blocks only in frames that must be small,
    /// as it is rare otherwise.
    pub(crate) fn code(&mut self, block: Block, stack: Option<&MvStack>) -> Coded {
        if block.is_inter || block.skip || self.residual == Residual::Normal {
            return self.code_as(block, stack);
        }
        let place = (block.mi_row, block.mi_col);
        let mut before = std::mem::take(&mut self.worker.skip);
        before.note(self.coder, self.records, place.1);
        let mut coded = self.code_as(block, stack);
        if !coded.skip {
            before.rewind(self.coder, self.records, place, block.size);
            let empty = self.code_as(Block { skip: true, ..block }, stack);
            if empty.cost < coded.cost {
                coded = empty;
            } else {
                before.rewind(self.coder, self.records, place, block.size);
                coded = self.code_as(block, stack);
            }
        }
        self.worker.skip = before;
        coded
    }

    /// Codes `block`, with its coefficients unless it is an inter block and these are not worth
    /// their bits.
    fn code_as(&mut self, mut block: Block, stack: Option<&MvStack>) -> Coded {
        let (mi_row, mi_col, size) = (block.mi_row, block.mi_col, block.size);
        let start = self.records.len();
        self.coder.prepare(&mut block);
        let lossless = self.coder.frame.lossless(block.segment_id);
        let mut choice = Transforms { residual: self.residual };
        let mut skipped = None;
        if block.is_inter {
            self.coder.predict_inter(&block, 0..3);
            let error = self.error(mi_row, mi_col, size);
            block.skip = !lossless && (block.skip || self.leaves_nothing(&block));
            if block.skip {
                block.tx_size = max_rect_tx_size(size);
                block.tx_split = 0;
            } else if !lossless {
                self.worker.skip.note(self.coder, self.records, mi_col);
                for (plane, kept) in self.worker.prediction.iter_mut().enumerate() {
                    let area = samples(plane, mi_row, mi_col, size);
                    copy_out(kept, &self.coder.recon[plane], area);
                }
                skipped = Some(error);
            }
            if !block.skip {
                self.coder.reconstruct(&block, 0..3, &mut choice);
            }
        } else {
            self.coder.reconstruct(&block, 0..1, &mut choice);
            choose_chroma(self, &mut block);
            self.coder.reconstruct(&block, 1..3, &mut choice);
        }
        self.coder.settle(&mut block);
        let coefficients = self.coder.write(self.records, &block, stack);
        let costs = &self.frame.costs;
        let modes = costs.records(&self.records[start..coefficients]);
        let rate = modes + costs.records(&self.records[coefficients..]);
        let distortion = self.error(mi_row, mi_col, size);
        let cost = self.lambda.squared(distortion, rate);
        let coded = Coded { cost, distortion, skip: block.skip };
        let Some(error) = skipped.filter(|_| !block.skip) else {
            return coded;
        };
        let near = self.coder.writer().inter_neighbours(mi_row, mi_col);
        let row = SKIP_CDF.row([near.iter().flatten().filter(|n| n.skip).count()]);
        let rate = (modes + costs.symbol(row, 1)).saturating_sub(costs.symbol(row, 0));
        if self.lambda.squared(error, rate) > cost {
            return coded;
        }
        let before = std::mem::take(&mut self.worker.skip);
        before.rewind(self.coder, self.records, (mi_row, mi_col), size);
        self.worker.skip = before;
        for (plane, kept) in self.worker.prediction.iter().enumerate() {
            copy_in(kept, &mut self.coder.recon[plane], samples(plane, mi_row, mi_col, size));
        }
        block.skip = true;
        block.tx_size = max_rect_tx_size(size);
        block.tx_split = 0;
        self.coder.write(self.records, &block, stack);
        let rate = costs.records(&self.records[start..]);
        let cost = self.lambda.squared(error, rate);
        Coded { cost, distortion: error, skip: true }
    }
}

/// Transform types by the prediction; coefficients where they are worth it.
struct Transforms {
    residual: Residual,
}

impl TransformChoice for Transforms {
    fn tx_type(&mut self, block: &Block, set: TxSet) -> TxType {
        if block.is_inter {
            return TxType::DctDct;
        }
        let natural = MODE_TO_TXFM[block.y_mode as usize];
        if set.contains(natural) { natural } else { TxType::DctDct }
    }

    fn vanishes(&self, energy: u32, steps: [u16; 2]) -> bool {
        // Transforms count in 1/8; less than two thirds of a step are rounded down.
        let least = u64::from(steps[0].min(steps[1])) * 2 / 3;
        self.residual == Residual::None || u64::from(energy) * 64 < least * least
    }
}
