//! One frame from decisions to bytes, and from its tiles to a reference: [`FrameCoder::code`] decides,
//! reconstructs and codes, as often as asked; [`FrameCoder::finish`] filters what was accepted and
//! keeps it (7.4).

use std::sync::Arc;

use super::current::{CurrentFrame, blank_planes};
use super::filters::FrameFilters;
use super::motion_field::{MotionField, OrderHints, SavedMotion};
use super::reference::Reference;
use crate::av1::obu::frame::CdefParams;
use crate::av1::tile::cdf::CdfContext;
use crate::av1::tile::decider::{
    CdefTried, Control, FrameJob, SequentialControl, SuperblockControl, SuperblockDecider,
};
#[cfg(test)]
use crate::av1::tile::delta_q::DeltaQIndex;
#[cfg(test)]
use crate::av1::tile::symbol::Record;
use crate::av1::tile::threads::{FrameInput, RowRecords, Sequential, TileDecider};
use crate::av1::tile::tile_data::TileWriter;
use crate::frame::padded::PaddedPlane;
use crate::kernels::isa::Isa;
use crate::pool::Pool;

/// The buffers of frames of one size.
pub(crate) struct FrameCoder {
    width: usize,
    height: usize,
    /// Frames finished so far.
    frames: u64,
    isa: Isa,
    filters: FrameFilters,
    motion_field: MotionField,
    projection: Option<Projection>,
    /// How often motion was projected.
    #[cfg(test)]
    pub(crate) projections: u64,
    tiles: TileDecider,
    writer: TileWriter,
    /// The distributions that all tiles of the frame start with.
    start_cdfs: CdfContext,
    /// Frames that nobody holds any more.
    spare_frames: Vec<CodedTiles>,
    /// References that no slot holds any more, to be written again.
    spare_references: Vec<Arc<Reference>>,
}

/// What the motion field was projected from (7.9): for another attempt at a frame it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Projection {
    order_hints: OrderHints,
    /// Serial numbers of the references, by name.
    references: [Option<u64>; 8],
}

/// A frame whose tiles are coded, before its filters.
pub(crate) struct CodedTiles {
    current: CurrentFrame,
    /// The CDFs that are kept of the frame (7.20).
    cdfs: CdfContext,
    /// The bytes of the tiles in coding order, and where those of each end.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Whether it is deblocked, and the strengths of CDEF that were chosen for it then.
    deblocked: bool,
    cdef: Option<CdefParams>,
    /// The records of each tile.
    #[cfg(test)]
    pub(crate) records: Vec<Vec<Record>>,
    /// Bits of the tiles by [`Category`](crate::av1::tile::symbol::Category).
    pub(crate) spent: [u64; 3],
    /// Share of the picture in blocks without coefficients, 0 to 1.
    pub(crate) skipped: f32,
}

impl CodedTiles {
    /// Room for frames of `width` × `height` luma samples.
    fn new(width: usize, height: usize) -> Self {
        Self {
            current: CurrentFrame::new(width, height),
            cdfs: CdfContext::new_default(0),
            bytes: Vec::new(),
            ends: Vec::new(),
            deblocked: false,
            cdef: None,
            #[cfg(test)]
            records: Vec::new(),
            spent: [0; 3],
            skipped: 0.0,
        }
    }

    /// Starts a frame whose tiles start with these distributions.
    fn start(&mut self, cdfs: &CdfContext) {
        self.current.grid.clear();
        self.cdfs.copy_from(cdfs);
        self.bytes.clear();
        self.ends.clear();
        (self.deblocked, self.cdef) = (false, None);
        #[cfg(test)]
        self.records.clear();
        self.spent = [0; 3];
    }

    /// Bytes of all tiles so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The strengths of CDEF that were chosen for it, if they are not those of the header that it was
    /// coded from.
    pub(crate) fn cdef(&self) -> Option<&CdefParams> {
        self.cdef.as_ref()
    }

    /// The bytes of each tile.
    pub(crate) fn tiles(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|tile| {
            let start = if tile == 0 { 0 } else { self.ends[tile - 1] };
            &self.bytes[start..self.ends[tile]]
        })
    }
}

impl FrameCoder {
    /// Buffers for frames of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa) -> Self {
        Self {
            width,
            height,
            frames: 0,
            isa,
            filters: FrameFilters::new(width, height, isa, Arc::default()),
            motion_field: MotionField::default(),
            projection: None,
            #[cfg(test)]
            projections: 0,
            tiles: TileDecider::new(width, height),
            writer: TileWriter::new(),
            start_cdfs: CdfContext::new_default(0),
            spare_frames: vec![CodedTiles::new(width, height)],
            spare_references: Vec::new(),
        }
    }

    /// Lets the threads of `pool` take part; the bytes do not depend on them.
    pub(crate) fn set_pool(&mut self, pool: Arc<Pool>) {
        self.filters = FrameFilters::new(self.width, self.height, self.isa, Arc::clone(&pool));
        self.tiles.set_pool(pool);
    }

    /// Takes back what a slot no longer holds.
    pub(crate) fn recycle(&mut self, reference: Arc<Reference>) {
        if Arc::strong_count(&reference) == 1 {
            self.spare_references.push(reference);
        }
    }

    /// Takes back a frame that is not to be finished.
    pub(crate) fn discard(&mut self, coded: CodedTiles) {
        self.spare_frames.push(coded);
    }

    /// Codes the tiles of a frame: `source` with its edges extended, by the choices of `decider`
    /// and, superblock by superblock, of `control`. `None` if the control gives it up.
    pub(crate) fn code(
        &mut self,
        job: &FrameJob,
        source: &[PaddedPlane; 3],
        decider: &mut impl SuperblockDecider,
        control: Option<Control<'_>>,
    ) -> Option<CodedTiles> {
        let (width, height) = (self.width, self.height);
        let spare = self.spare_frames.pop();
        let mut coded = spare.unwrap_or_else(|| CodedTiles::new(width, height));
        self.load_cdfs(job);
        self.project_motion(job, &coded.current);
        decider.start_frame(job, &self.start_cdfs);
        coded.start(&self.start_cdfs);
        self.tiles.start(&job.tiles);
        let whole = match control {
            Some(Control::Sequential(control)) => {
                self.decide_and_code(job, source, decider, control, &mut coded)
            }
            Some(Control::Wavefront(control)) => {
                self.decide_then_code(job, source, decider, Some(control), &mut coded)
            }
            None => self.decide_then_code(job, source, decider, None, &mut coded),
        };
        if !whole {
            self.discard(coded);
            return None;
        }
        coded.skipped = coded.current.skipped();
        Some(coded)
    }

    /// Both phases of a frame, one after the other; false if the control gives it up.
    fn decide_then_code<D: SuperblockDecider>(
        &mut self,
        job: &FrameJob,
        source: &[PaddedPlane; 3],
        decider: &mut D,
        control: Option<&dyn SuperblockControl>,
        coded: &mut CodedTiles,
    ) -> bool {
        let motion_field = job.header.use_ref_frame_mvs.then_some(&self.motion_field);
        let shared = decider.workers(1).0;
        let chooses_cdef =
            job.header.has_cdef(&job.sequence) && D::cdef_candidates(shared).luma.len() > 0;
        let input = FrameInput { job, source, motion_field, chooses_cdef };
        if !self.tiles.decide(input, &mut coded.current, decider, control) {
            return false;
        }
        if chooses_cdef {
            self.choose_cdef::<D>(job, source, decider.workers(1).0, coded);
        }
        let mut index = 0;
        for tile in 0..job.tiles.len() {
            self.writer.start(&self.start_cdfs, &job.header);
            let before = 8 * coded.len() as u64;
            for superblock in self.tiles.records(tile).flat_map(RowRecords::superblocks) {
                self.writer.code(superblock);
                if let Some(control) = control {
                    control.coded(index, before + self.writer.bits());
                }
                index += 1;
            }
            self.finish_tile(job, tile, coded);
        }
        true
    }

    /// Deblocks a frame whose tiles are decided, and chooses strengths of CDEF by what they leave.
    fn choose_cdef<D: SuperblockDecider>(
        &mut self,
        job: &FrameJob,
        source: &[PaddedPlane; 3],
        shared: &D::Shared,
        coded: &mut CodedTiles,
    ) {
        self.filters.deblock(job, &mut coded.current);
        let candidates = D::cdef_candidates(shared);
        let errors = self.filters.try_cdef(job, &coded.current, source, candidates);
        let cdef_idx = &mut coded.current.cdef_idx;
        let chosen = D::choose_cdef(shared, job, &mut CdefTried { candidates, errors, cdef_idx });
        self.tiles.set_cdef_idx(&coded.current, chosen.cdef_bits);
        (coded.deblocked, coded.cdef) = (true, Some(chosen));
    }

    /// Both phases of a frame at once, superblock by superblock; false if the control gives it up.
    fn decide_and_code(
        &mut self,
        job: &FrameJob,
        source: &[PaddedPlane; 3],
        decider: &mut impl SuperblockDecider,
        control: &mut dyn SequentialControl,
        coded: &mut CodedTiles,
    ) -> bool {
        for tile in 0..job.tiles.len() {
            self.writer.start(&self.start_cdfs, &job.header);
            let motion_field = job.header.use_ref_frame_mvs.then_some(&self.motion_field);
            let input = FrameInput { job, source, motion_field, chooses_cdef: false };
            let bits = 8 * coded.len() as u64;
            let sequential = Sequential { writer: &mut self.writer, control, bits };
            let current = &mut coded.current;
            if !self.tiles.decide_and_code(input, tile, current, decider, sequential) {
                return false;
            }
            self.finish_tile(job, tile, coded);
        }
        true
    }

    /// Takes the bytes of a tile whose superblocks are coded.
    fn finish_tile(&mut self, job: &FrameJob, tile: usize, coded: &mut CodedTiles) {
        #[cfg(test)]
        {
            let records = self.tiles.records(tile).flat_map(RowRecords::superblocks);
            let records = records.flatten().copied().collect::<Vec<_>>();
            coded.records.push(DeltaQIndex::new(&job.header).expand(&records));
        }
        let (bytes, bits) = self.writer.finish();
        for (sum, bits) in coded.spent.iter_mut().zip(bits) {
            *sum += bits;
        }
        coded.bytes.extend_from_slice(bytes);
        coded.ends.push(coded.bytes.len());
        let kept = usize::from(job.header.tile_info.context_update_tile_id);
        if tile == kept && !job.header.disable_frame_end_update_cdf {
            coded.cdfs.copy_from(self.writer.cdfs());
        }
    }

    /// Filters a coded frame, extends its edges, and keeps what later frames read of it.
    pub(crate) fn finish(&mut self, job: &FrameJob, mut coded: CodedTiles) -> Arc<Reference> {
        if !coded.deblocked {
            self.filters.deblock(job, &mut coded.current);
        }
        let chosen = coded.cdef.as_ref().unwrap_or(&job.header.cdef_params);
        let cdef = job.header.has_cdef(&job.sequence).then_some(chosen);
        self.filters.finish(&mut coded.current, cdef);
        let mut kept = self.spare_references.pop().unwrap_or_else(|| {
            Arc::new(Reference {
                planes: blank_planes(self.width, self.height),
                motion: SavedMotion::default(),
                cdfs: CdfContext::new_default(0),
                segment_ids: Vec::new(),
                serial: 0,
                order_hint: 0,
            })
        });
        let reference = Arc::get_mut(&mut kept).expect("nobody else holds a spare reference");
        self.frames += 1;
        reference.serial = self.frames;
        std::mem::swap(&mut reference.planes, &mut coded.current.planes);
        std::mem::swap(&mut reference.cdfs, &mut coded.cdfs);
        save(job, &coded.current, reference);
        self.spare_frames.push(coded);
        kept
    }

    /// 6.8.2: `load_cdfs` and `load_previous`, or the default distributions.
    fn load_cdfs(&mut self, job: &FrameJob) {
        match &job.primary {
            Some(primary) => {
                self.start_cdfs.copy_from(&primary.cdfs);
                self.start_cdfs.clear_counters();
            }
            None => {
                self.start_cdfs.init_non_coeff();
                self.start_cdfs.load_default_coef(job.header.quantization_params.base_q_idx);
            }
        }
    }

    /// 7.9, if the frame uses it, and unless it was done for an earlier attempt.
    fn project_motion(&mut self, job: &FrameJob, current: &CurrentFrame) {
        if !job.header.use_ref_frame_mvs {
            return;
        }
        let references = job.references.each_ref().map(|r| Some(r.as_deref()?.serial));
        let projection = Projection { order_hints: job.order_hints, references };
        if self.projection.replace(projection) == Some(projection) {
            return;
        }
        #[cfg(test)]
        {
            self.projections += 1;
        }
        let none = SavedMotion::default();
        let saved = std::array::from_fn(|name| {
            job.references[name].as_deref().map_or(&none, |r| &r.motion)
        });
        let (w8, h8) = (current.grid.mi_cols >> 1, current.grid.mi_rows >> 1);
        self.motion_field.estimate(w8, h8, &job.order_hints, saved);
    }
}

/// 7.19 motion field motion vector storage process, and 7.20 reference frame update process.
fn save(job: &FrameJob, current: &CurrentFrame, reference: &mut Reference) {
    reference.motion.store(&current.grid, &job.order_hints, job.header.is_intra());
    reference.order_hint = job.order_hints.current;
    let segmentation = &job.header.segmentation_params;
    let ids = &mut reference.segment_ids;
    ids.clear();
    if !segmentation.segmentation_enabled {
        return;
    }
    if segmentation.segmentation_update_map {
        for row in 0..current.grid.mi_rows {
            ids.extend(current.grid.row(row).iter().map(|info| info.segment_id));
        }
    } else if let Some(primary) = &job.primary {
        ids.extend_from_slice(&primary.segment_ids);
    }
}
