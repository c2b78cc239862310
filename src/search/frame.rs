//! The search of a frame: what is known of it as a whole, the same for all its blocks and threads.

use std::sync::Arc;

use super::analysis::{Activity, Analyser, Analysis};
use super::block::{BlockSearch, Stage, Worker};
use super::coarse_motion::{CoarseMotion, SIDE};
use super::cost::CostTable;
use super::filter_strength;
use super::lambda::Lambda;
use super::objective::Objective;
use super::planes::{HalfPlanes, HalfRow, SubpelPlanes, quarter};
use super::speed::Effort;
use super::tuning::{INTER_ROUNDING, INTRA_ROUNDING, NO_RESIDUAL_LAMBDA_SHIFT, TEXTURE_LAMBDA};
use crate::av1::frame::reference::Reference;
use crate::av1::geometry::MiPos;
use crate::av1::obu::frame::CdefParams;
use crate::av1::tile::cdf::CdfContext;
use crate::av1::tile::decider::{CdefCandidates, CdefTried, FrameJob, SuperblockDecider};
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::quantizers::Rounding;
use crate::av1::tile::symbol::Record;
use crate::av1::types::{BlockSize, Mv, RefFrame};
use crate::config::Tune;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::layers::CleanRows;
use crate::pool::Pool;
use crate::rate::Residual;

/// The order in which references are searched, by name: LAST, GOLDEN, and then the others.
const REFERENCE_ORDER: [usize; 7] = [1, 4, 2, 3, 7, 5, 6];

/// What the search knows of a frame, the same for all its blocks.
pub(crate) struct FrameSearch {
    /// What the kernels use.
    isa: Isa,
    /// What looks at pictures.
    pool: Arc<Pool>,
    /// The effort.
    pub(super) effort: Effort,
    /// What choices are made for.
    pub(super) objective: Objective,
    /// Costs of symbols at the frame's start.
    pub(super) costs: CostTable,
    /// What is left of the residual.
    residual: Residual,
    /// The references to search, most likely first; every one another frame.
    pub(super) names: Vec<RefFrame>,
    /// Their serial numbers.
    serials: Vec<u64>,
    /// Half planes by serial number of the reference that they are of.
    half: Vec<(u64, HalfPlanes)>,
    /// The motion towards each reference that is searched.
    coarse: Vec<CoarseMotion>,
    /// The picture at a quarter of its size.
    small: PaddedPlane,
    /// What is still in the picture.
    analyser: Analyser,
    /// How many frames back the first reference is.
    distance: u8,
    /// What rolling intra refresh lets blocks be predicted from.
    pub(super) clean_rows: Option<CleanRows>,
}

/// What is done towards a reference, given by its luma, before the first superblock.
enum Ahead<'a> {
    /// Its coarse motion, over so many frames.
    Motion(&'a mut CoarseMotion, &'a PaddedPlane, u8),
    /// A row of its half planes.
    Half(HalfRow<'a>, &'a PaddedPlane),
}

/// Decides superblocks.
pub(crate) struct Search {
    /// What all threads read.
    frame: FrameSearch,
    /// What each thread writes.
    workers: Vec<Worker>,
}

impl Search {
    /// For pictures of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa) -> Self {
        Self {
            frame: FrameSearch {
                isa,
                pool: Arc::default(),
                effort: Effort::of(6),
                objective: Objective::of(Tune::Default),
                costs: CostTable::new(),
                residual: Residual::Normal,
                names: Vec::new(),
                serials: Vec::new(),
                half: Vec::new(),
                coarse: Vec::new(),
                small: PaddedPlane::new(width.div_ceil(4), height.div_ceil(4)),
                analyser: Analyser::new(width, height, isa),
                distance: 1,
                clean_rows: None,
            },
            workers: Vec::new(),
        }
    }

    /// Lets the threads of `pool` look at pictures; what is found does not depend on them.
    pub(crate) fn set_pool(&mut self, pool: Arc<Pool>) {
        self.frame.pool = pool;
    }

    /// Sets the effort to that of speed `level`, 0 to 10.
    pub(crate) fn set_speed(&mut self, level: u8) {
        self.frame.effort = Effort::of(level);
        self.frame.analyser.set_effort(&self.frame.effort);
    }

    /// Sets what choices are made for.
    pub(crate) fn set_tune(&mut self, tune: Tune) {
        self.frame.objective = Objective::of(tune);
    }

    /// Sets what is left of the residual, in frames that must be small.
    pub(crate) fn set_residual(&mut self, residual: Residual) {
        self.frame.residual = residual;
    }

    /// Compares a picture's luma with that of the `previous` one, which was given before.
    pub(crate) fn analyse(&mut self, luma: &PaddedPlane, previous: &PaddedPlane) -> Analysis {
        self.frame.analyser.analyse(luma, previous, &self.frame.pool)
    }

    /// LAST_FRAME of the next frame is the one so many frames back, 1 or more.
    pub(crate) fn set_distance(&mut self, distance: u8) {
        self.frame.distance = distance;
        self.frame.analyser.set_distance(distance);
    }

    /// What all blocks share.
    #[cfg(test)]
    pub(crate) fn frame(&self) -> &FrameSearch {
        &self.frame
    }

    /// Sets what rolling intra refresh lets the next frame be predicted from.
    pub(crate) fn set_clean_rows(&mut self, clean_rows: Option<CleanRows>) {
        self.frame.clean_rows = clean_rows;
    }

    /// Takes the picture that was analysed last and its references by name (1 to 7), once for all
    /// attempts at a frame: finds its coarse motion, and interpolates the references where it moves.
    /// Intra frames have no references.
    pub(crate) fn prepare(
        &mut self,
        source: &[PaddedPlane; 3],
        references: &[Option<Arc<Reference>>; 8],
    ) {
        self.frame.choose_references(references);
        self.frame.search_coarsely(&source[0], references);
    }

    /// What the picture that was analysed last holds, by superblock, row by row.
    pub(crate) fn superblocks(&self) -> &[Activity] {
        self.frame.analyser.superblocks()
    }
}

impl SuperblockDecider for Search {
    type Shared = FrameSearch;
    type Worker = Worker;
    const ROUNDING: [Rounding; 2] = [INTRA_ROUNDING, INTER_ROUNDING];

    fn start_frame(&mut self, job: &FrameJob, cdfs: &CdfContext) {
        debug_assert!(self.frame.is_prepared_for(job), "prepared for other references");
        self.frame.costs.update(cdfs);
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
        pos: MiPos,
    ) {
        let residual = match shared.residual {
            _ if !coder.residual => Residual::None,
            // This superblock is one of them.
            Residual::SomeSuperblocks => Residual::Normal,
            residual => residual,
        };
        let shift = match residual {
            Residual::Normal | Residual::SomeSuperblocks => 0,
            Residual::LambdaShift(shift) => shift,
            Residual::None => NO_RESIDUAL_LAMBDA_SHIFT,
        };
        let lambda = Lambda::new(coder.target_q_index, shift);
        let lambda = shared.lambda(lambda, pos);
        let mut search = BlockSearch {
            frame: shared,
            stage: Stage::Trying,
            luma_is_zero: false,
            residual,
            lambda,
            worker,
            coder,
            records,
        };
        search.superblock(pos);
    }

    fn cdef_candidates(shared: &FrameSearch) -> CdefCandidates<'_> {
        let Effort { cdef_candidates, cdef_chroma_candidates, .. } = shared.effort;
        let [luma, chroma] =
            [cdef_candidates, cdef_chroma_candidates].map(filter_strength::candidates);
        CdefCandidates { luma, chroma, sparse: true }
    }

    fn choose_cdef(_: &FrameSearch, job: &FrameJob, tried: &mut CdefTried<'_>) -> CdefParams {
        let lambda = Lambda::new(job.header.quantization_params.base_q_idx, 0);
        filter_strength::choose_cdef(&job.header.cdef_params, &lambda, tried)
    }

    fn cost(shared: &FrameSearch, records: &[Record]) -> u64 {
        u64::from(shared.costs.records(records))
    }
}

impl FrameSearch {
    /// λ in the superblock at `pos`.
    fn lambda(&self, lambda: Lambda, pos: MiPos) -> Lambda {
        let (least, most) = TEXTURE_LAMBDA;
        match self.objective.texture_lambda {
            true => lambda.times(self.analyser.texture(pos).sqrt().clamp(least, most)),
            false => lambda,
        }
    }

    /// Names the references to search; none in intra frames.
    fn choose_references(&mut self, references: &[Option<Arc<Reference>>; 8]) {
        self.names.clear();
        self.serials.clear();
        // After a flash, or back at an earlier view, an older frame is the one that helps.
        let least = if self.analyser.is_changed() { 2 } else { 1 };
        let most = self.effort.references.max(least);
        for name in REFERENCE_ORDER {
            if let Some(reference) = &references[name]
                && !self.serials.contains(&reference.serial)
                && self.names.len() < most
            {
                self.names.push(name as RefFrame);
                self.serials.push(reference.serial);
            }
        }
    }

    /// Whether the references to search are references of `job`.
    fn is_prepared_for(&self, job: &FrameJob) -> bool {
        let mut names = self.names.iter().zip(&self.serials);
        self.names.is_empty() == job.header.is_intra()
            && names.all(|(&name, &serial)| {
                job.references[name as usize].as_ref().is_some_and(|r| r.serial == serial)
            })
    }

    /// Finds the coarse motion of the picture, and interpolates the references where it moves.
    fn search_coarsely(&mut self, luma: &PaddedPlane, references: &[Option<Arc<Reference>>; 8]) {
        if self.names.is_empty() {
            return;
        }
        quarter(self.isa, luma, &mut self.small, SIDE);
        for index in 0..self.names.len() {
            if self.coarse.len() <= index {
                self.coarse.push(CoarseMotion::new(luma.width, luma.height, self.isa));
            }
            self.hold_half(self.serials[index], luma);
        }
        let Self { isa, pool, effort, names, serials, half, coarse, small, analyser, .. } = self;
        let distance = self.distance;
        let still_too = effort.still_coarse_motion;
        let (small, analyser, all) = (&*small, &*analyser, !effort.static_skip);
        let reference = |index: usize| {
            &references[names[index] as usize].as_ref().expect("named above").planes[0]
        };
        let motion = coarse.iter_mut().zip(0..names.len());
        let motion = motion.map(|(coarse, index)| {
            let distance = if index == 0 { distance } else { 1 };
            Ahead::Motion(coarse, reference(index), distance)
        });
        let half = half.iter_mut().flat_map(|(held, half)| {
            let index = serials.iter().position(|serial| serial == held);
            let rows = index.map(|index| half.rows().map(move |row| (row, reference(index))));
            rows.into_iter().flatten().map(|(row, reference)| Ahead::Half(row, reference))
        });
        pool.for_each(motion.chain(half), |task| match task {
            Ahead::Motion(coarse, reference, distance) => {
                let moves = |pos| still_too || !analyser.is_still(pos, BlockSize::B32x32);
                coarse.search(small, reference, distance, moves);
            }
            Ahead::Half(mut row, reference) => {
                row.fill(*isa, reference, |area| all || analyser.moves_near(area));
            }
        });
    }

    /// Holds half planes of the reference with this serial number, in the room of one that is not
    /// searched any more if there is none yet.
    fn hold_half(&mut self, serial: u64, luma: &PaddedPlane) {
        if self.half.iter().any(|(held, _)| *held == serial) {
            return;
        }
        let unused = self.half.iter().position(|(held, _)| !self.serials.contains(held));
        let slot = unused.unwrap_or_else(|| {
            self.half.push((0, HalfPlanes::new(luma.width, luma.height)));
            self.half.len() - 1
        });
        self.half[slot].0 = serial;
        self.half[slot].1.clear();
    }

    /// Luma of a reference that is searched, at whole and half samples.
    pub(super) fn subpel<'a>(
        &'a self,
        coder: &TileCoder<'a>,
        index: usize,
    ) -> Option<SubpelPlanes<'a>> {
        let serial = self.serials[index];
        let (_, half) = self.half.iter().find(|(held, _)| *held == serial)?;
        let full = &coder.references[self.names[index] as usize]?.planes[0];
        Some(SubpelPlanes { isa: self.isa, full, half })
    }

    /// The motion of the place around a luma sample, towards a reference that is searched.
    pub(super) fn coarse(&self, index: usize, x: usize, y: usize) -> Mv {
        self.coarse[index].at(x, y)
    }

    /// Whether a block does not differ from the picture before in the source.
    pub(super) fn is_still(&self, pos: MiPos, size: BlockSize) -> bool {
        self.analyser.is_still(pos, size)
    }
}
