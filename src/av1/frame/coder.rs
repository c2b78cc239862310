//! One frame from decisions to bytes: tiles decided and reconstructed, filtered, coded, and kept for
//! reference.

use std::sync::Arc;

use crate::av1::frame::cdef::{Cdef, CdefParams};
use crate::av1::frame::deblock::{LoopFilter, LoopFilterParams, TxSizeGrid};
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::frame::motion_field::{MotionField, OrderHints, SavedMotion};
use crate::av1::frame::params::FrameParams;
use crate::av1::frame::reference::Reference;
use crate::av1::tile::cdf::CdfContext;
use crate::av1::tile::entropy::RangeEncoder;
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::mv_prediction::TileBounds;
use crate::av1::tile::symbol::{Record, Tally, code};
use crate::av1::tile::threads::{Paced, TileDecider, TileInput, View};
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;

/// Decides superblocks, in coding order or several rows at a time: a decision must not depend on
/// which worker makes it or what that has decided before.
pub(crate) trait SuperblockDecider {
    /// What decisions are made from, the same for a whole frame.
    type Shared: Sync;
    /// Room for one thread.
    type Worker: Send;

    /// Takes what is known before the first superblock: the frame's headers and references, the
    /// picture with its edges extended, and the distributions that all tiles start with.
    fn start_frame(&mut self, job: &FrameJob<'_>, source: &[PaddedPlane; 3], cdfs: &CdfContext) {
        let _ = (job, source, cdfs);
    }

    /// `count` workers, kept from frame to frame.
    fn workers(&mut self, count: usize) -> (&Self::Shared, &mut [Self::Worker]);

    /// Codes the superblock of 64×64 luma samples at a position of 4×4 units.
    fn superblock(
        shared: &Self::Shared,
        worker: &mut Self::Worker,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        mi_row: usize,
        mi_col: usize,
    );
}

/// Chooses how the superblocks of a frame with deltas (5.9.17) are coded, knowing what those before
/// them took.
pub(crate) trait SuperblockControl {
    /// How superblock `index`, in coding order, is coded, when those before it took `bits`.
    fn superblock(&mut self, index: usize, bits: u64) -> SuperblockChoice;
}

/// How a superblock is coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SuperblockChoice {
    /// The quantizer index.
    pub(crate) qindex: u8,
    /// log₂ of how much dearer bits are than usual.
    pub(crate) thrift: u32,
}

/// A frame's headers, as far as its tiles and filters are concerned, and what it is coded with.
pub(crate) struct FrameJob<'a> {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// Block layer.
    pub(crate) params: FrameParams,
    /// The tiles in coding order, and which of them the CDFs are kept of
    /// (`context_update_tile_id`); `None` with `disable_frame_end_update_cdf`.
    pub(crate) tiles: &'a [TileBounds],
    /// `context_update_tile_id`.
    pub(crate) context_update_tile_id: Option<usize>,
    /// 5.9.11.
    pub(crate) loop_filter: LoopFilterParams,
    /// 5.9.19, if `enable_cdef`.
    pub(crate) cdef: Option<CdefParams>,
    /// The reference frames by name (1 to 7).
    pub(crate) references: [Option<Arc<Reference>>; 8],
    /// The primary reference frame.
    pub(crate) primary: Option<Arc<Reference>>,
    /// Order hints.
    pub(crate) order_hints: OrderHints,
    /// `use_ref_frame_mvs`.
    pub(crate) use_ref_frame_mvs: bool,
}

/// The buffers of frames of one size.
pub(crate) struct FrameCoder {
    width: usize,
    height: usize,
    /// Frames coded so far.
    frames: u64,
    grid: ModeInfoGrid,
    tx_sizes: TxSizeGrid,
    cdef: Cdef,
    cdef_idx: Vec<i8>,
    motion_field: MotionField,
    tiles: TileDecider,
    writer: TileWriter,
    /// References no slot holds any more, to be written again.
    spare: Vec<Reference>,
}

/// The second phase of a tile: codes what has been decided so far.
pub(crate) struct TileWriter {
    encoder: RangeEncoder,
    cdfs: CdfContext,
    adaptive: bool,
    tally: Tally,
    /// Records coded.
    coded: usize,
}

impl TileWriter {
    fn new() -> Self {
        Self {
            encoder: RangeEncoder::default(),
            cdfs: CdfContext::new_default(0),
            adaptive: true,
            tally: Tally::default(),
            coded: 0,
        }
    }

    /// Starts a tile with these distributions.
    fn start(&mut self, cdfs: &CdfContext, adaptive: bool) {
        self.cdfs.copy_from(cdfs);
        self.encoder.start();
        (self.adaptive, self.tally, self.coded) = (adaptive, Tally::default(), 0);
    }

    /// Codes those of the tile's `records` that are new.
    pub(crate) fn catch_up(&mut self, records: &[Record]) {
        let new = &records[self.coded..];
        code(new, &mut self.cdfs, &mut self.encoder, self.adaptive, &mut self.tally);
        self.coded = records.len();
    }

    /// Bits of the tile so far.
    pub(crate) fn bits(&self) -> u64 {
        self.encoder.position() >> 8
    }
}

/// A coded frame.
pub(crate) struct CodedFrame {
    /// The bytes of each tile, in coding order.
    pub(crate) tiles: Vec<Vec<u8>>,
    /// The records of each tile.
    #[cfg(test)]
    pub(crate) records: Vec<Vec<Record>>,
    /// What slots keep of the frame.
    pub(crate) reference: Arc<Reference>,
    /// Bits of the tiles by [`Category`](crate::av1::tile::symbol::Category).
    pub(crate) spent: [u64; 3],
    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub(crate) skipped: f32,
}

impl FrameCoder {
    /// Buffers for frames of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa) -> Self {
        let grid = ModeInfoGrid::new(width, height);
        let tiles = TileDecider::new(grid.mi_cols);
        let superblocks = grid.mi_cols.div_ceil(16) * grid.mi_rows.div_ceil(16);
        Self {
            width,
            height,
            frames: 0,
            grid,
            tx_sizes: TxSizeGrid::new(width, height),
            cdef: Cdef::new(width, height, isa),
            cdef_idx: vec![-1; superblocks],
            motion_field: MotionField::default(),
            tiles,
            writer: TileWriter::new(),
            spare: Vec::new(),
        }
    }

    /// 4×4 units down and across.
    pub(crate) fn mi_size(&self) -> (usize, usize) {
        (self.grid.mi_rows, self.grid.mi_cols)
    }

    /// Threads that may decide a frame's tiles, the caller's included; as many are used as find
    /// something to do.
    pub(crate) fn set_threads(&mut self, threads: usize) {
        self.tiles.set_threads(threads, self.width, self.height);
    }

    /// Takes back what a slot no longer holds.
    pub(crate) fn recycle(&mut self, reference: Arc<Reference>) {
        if let Ok(reference) = Arc::try_unwrap(reference) {
            self.spare.push(reference);
        }
    }

    fn blank_reference(&mut self) -> Reference {
        let (width, height) = (self.width, self.height);
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        self.spare.pop().unwrap_or_else(|| Reference {
            planes: [
                PaddedPlane::new(width, height),
                PaddedPlane::new(cw, ch),
                PaddedPlane::new(cw, ch),
            ],
            motion: SavedMotion::default(),
            cdfs: CdfContext::new_default(0),
            segment_ids: Vec::new(),
            segmentation: Default::default(),
            serial: 0,
            order_hint: 0,
        })
    }

    /// Codes a frame: `source` with its edges extended, by the choices of `decider`. `control`, for
    /// frames of one tile with deltas, chooses the quantizers.
    pub(crate) fn encode(
        &mut self,
        job: &FrameJob<'_>,
        source: &[PaddedPlane; 3],
        decider: &mut impl SuperblockDecider,
        mut control: Option<&mut dyn SuperblockControl>,
    ) -> CodedFrame {
        let mut reference = self.blank_reference();
        self.frames += 1;
        reference.serial = self.frames;
        // 6.8.2 load_cdfs, or defaults.
        match &job.primary {
            Some(primary) => {
                reference.cdfs.copy_from(&primary.cdfs);
                reference.cdfs.clear_counters();
            }
            None => {
                reference.cdfs.init_non_coeff();
                reference.cdfs.load_default_coef(job.params.base_q_idx);
            }
        }
        let start_cdfs = reference.cdfs.clone();
        self.grid.clear();
        self.project_motion(job);
        decider.start_frame(job, source, &start_cdfs);
        debug_assert!(control.is_none() || job.tiles.len() == 1);
        let mut spent = [0; 3];
        let mut tiles = Vec::with_capacity(job.tiles.len());
        #[cfg(test)]
        let mut records = Vec::new();
        for (id, &tile) in job.tiles.iter().enumerate() {
            let motion_field = job.use_ref_frame_mvs.then_some(&self.motion_field);
            let input = TileInput { job, source, motion_field, tile };
            let view = View {
                planes: &mut reference.planes,
                grid: &mut self.grid,
                tx_sizes: &mut self.tx_sizes,
                cdef_idx: &mut self.cdef_idx,
            };
            self.writer.start(&start_cdfs, job.params.cdf_update);
            let writer = &mut self.writer;
            let paced = control.as_deref_mut().map(|control| Paced { writer, control });
            let decided = self.tiles.decide(input, view, decider, paced);
            self.writer.catch_up(decided);
            let bytes = self.writer.encoder.finish();
            let bits = self.writer.tally.bits(bytes.len() as u64 * 8);
            for (sum, bits) in spent.iter_mut().zip(bits) {
                *sum += bits;
            }
            tiles.push(bytes.to_vec());
            #[cfg(test)]
            records.push(decided.to_vec());
            if job.context_update_tile_id == Some(id) {
                reference.cdfs.copy_from(&self.writer.cdfs);
            }
        }
        let skipped = self.skipped();
        self.filter(job, &mut reference);
        for plane in &mut reference.planes {
            plane.extend_edges();
        }
        self.keep(job, &mut reference);
        CodedFrame {
            tiles,
            #[cfg(test)]
            records,
            reference: Arc::new(reference),
            spent,
            skipped,
        }
    }

    fn skipped(&self) -> f32 {
        let rows = (0..self.grid.mi_rows).map(|row| self.grid.row(row));
        let skipped: usize = rows.map(|row| row.iter().filter(|info| info.skip).count()).sum();
        skipped as f32 / (self.grid.mi_rows * self.grid.mi_cols) as f32
    }

    /// 7.9, if the frame uses it.
    fn project_motion(&mut self, job: &FrameJob<'_>) {
        if !job.use_ref_frame_mvs {
            return;
        }
        let none = SavedMotion::default();
        let saved = std::array::from_fn(|name| {
            job.references[name].as_deref().map_or(&none, |r| &r.motion)
        });
        let (w8, h8) = (self.grid.mi_cols >> 1, self.grid.mi_rows >> 1);
        self.motion_field.estimate(w8, h8, &job.order_hints, saved);
    }

    /// 7.14 and 7.15 (7.4, steps 1 and 2).
    fn filter(&mut self, job: &FrameJob<'_>, reference: &mut Reference) {
        let filter = LoopFilter::new(&job.loop_filter, job.isa);
        let sb_rows = self.grid.mi_rows.div_ceil(16);
        if filter.is_active() {
            filter.filter_rows(&mut reference.planes, &self.grid, &self.tx_sizes, 0..sb_rows);
        }
        if let Some(params) = &job.cdef {
            let rows = self.grid.mi_rows / 2;
            self.cdef.filter_rows(
                &mut reference.planes,
                &self.grid,
                &self.cdef_idx,
                params,
                0..rows,
            );
        }
    }

    /// 7.19 and 7.20.
    fn keep(&mut self, job: &FrameJob<'_>, reference: &mut Reference) {
        reference.motion.store(&self.grid, &job.order_hints, job.params.frame_is_intra);
        reference.order_hint = job.order_hints.current;
        let segmentation = &job.params.segmentation;
        reference.segmentation = *segmentation;
        let ids = &mut reference.segment_ids;
        ids.clear();
        if !segmentation.enabled {
            return;
        }
        if segmentation.update_map {
            for row in 0..self.grid.mi_rows {
                ids.extend(self.grid.row(row).iter().map(|info| info.segment_id));
            }
        } else if let Some(primary) = &job.primary {
            ids.extend_from_slice(&primary.segment_ids);
        }
    }
}
