//! Between the standard and the choices: what a frame's tiles are coded from, who decides their
//! superblocks, and who may bound what they take.

use std::sync::Arc;

use super::bounds::TileBounds;
use super::cdf::CdfContext;
use super::executor::TileCoder;
use super::quantizers::Rounding;
use super::symbol::Record;
use crate::av1::frame::motion_field::OrderHints;
use crate::av1::frame::reference::Reference;
use crate::av1::geometry::MiPos;
use crate::av1::obu::SequenceHeader;
use crate::av1::obu::frame::{CdefParams, CdefStrength, FrameHeader};
use crate::kernels::isa::Isa;

/// What a frame is coded from, besides the picture.
pub(crate) struct FrameJob {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// The frame header, of a frame of the sequence's size.
    pub(crate) header: FrameHeader,
    /// The sequence header.
    pub(crate) sequence: Arc<SequenceHeader>,
    /// The tiles in coding order.
    pub(crate) tiles: Vec<TileBounds>,
    /// The reference frames by name (1 to 7).
    pub(crate) references: [Option<Arc<Reference>>; 8],
    /// The primary reference frame.
    pub(crate) primary: Option<Arc<Reference>>,
    /// `OrderHint`, and `OrderHints` of the references.
    pub(crate) order_hints: OrderHints,
}

/// Decides superblocks, in coding order or several rows at a time: a decision must not depend on
/// which worker makes it or what that has decided before.
pub(crate) trait SuperblockDecider {
    /// What decisions are made from, the same for a whole frame.
    type Shared: Sync;
    /// Room for one thread.
    type Worker: Send;
    /// How coefficients of intra and of inter blocks are rounded.
    const ROUNDING: [Rounding; 2];

    /// Takes what is known before the first superblock: the frame's headers and references, and the
    /// distributions that all tiles start with.
    fn start_frame(&mut self, job: &FrameJob, cdfs: &CdfContext) {
        let _ = (job, cdfs);
    }

    /// `count` workers, kept from frame to frame.
    fn workers(&mut self, count: usize) -> (&Self::Shared, &mut [Self::Worker]);

    /// Codes the superblock of 64×64 luma samples at `pos`.
    fn superblock(
        shared: &Self::Shared,
        worker: &mut Self::Worker,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
    );

    /// The strengths of CDEF that are tried on the frame, once it is deblocked; none to take those of the
    /// header.
    fn cdef_candidates(shared: &Self::Shared) -> CdefCandidates<'_> {
        let _ = shared;
        CdefCandidates::default()
    }

    /// Chooses from what they would leave.
    fn choose_cdef(shared: &Self::Shared, job: &FrameJob, tried: &mut CdefTried<'_>) -> CdefParams {
        let _ = (shared, tried);
        job.header.cdef_params
    }

    /// What a superblock's records take, in 1/512 bit, under the distributions that its tile starts
    /// with.
    fn cost(shared: &Self::Shared, records: &[Record]) -> u64;
}

/// Strengths of CDEF, each primary one with each secondary one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CdefProducts<'a> {
    /// No more than eight.
    pub(crate) primary: &'a [u8],
    /// No more than four.
    pub(crate) secondary: &'a [u8],
}

impl CdefProducts<'_> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.primary.len() * self.secondary.len()
    }

    /// The strengths at an index; those with the same secondary strength follow each other.
    pub(crate) fn strength(&self, index: usize) -> CdefStrength {
        let primary = self.primary.len();
        let (pri_strength, sec_strength) =
            (self.primary[index % primary], self.secondary[index / primary]);
        CdefStrength { pri_strength, sec_strength }
    }
}

/// Strengths of CDEF to be tried on a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CdefCandidates<'a> {
    /// The strengths of luma.
    pub(crate) luma: CdefProducts<'a>,
    /// Those of chroma.
    pub(crate) chroma: CdefProducts<'a>,
    /// Whether every second block is left out, as on a chessboard.
    pub(crate) sparse: bool,
}

impl CdefCandidates<'_> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.luma.len() + self.chroma.len()
    }
}

/// What strengths of CDEF would leave of a frame.
pub(crate) struct CdefTried<'a> {
    /// What was tried.
    pub(crate) candidates: CdefCandidates<'a>,
    /// Squared errors by superblock in raster order, candidate by candidate, those of luma and then those
    /// of chroma; 0 where nothing would be filtered.
    pub(crate) errors: &'a [u64],
    /// `cdef_idx` by superblock, to be chosen; −1 where none is coded.
    pub(crate) cdef_idx: &'a mut [i8],
}

/// Who bounds what the superblocks of a frame take.
pub(crate) enum Control<'a> {
    /// Of superblocks that are decided several rows at a time.
    Wavefront(&'a dyn SuperblockControl),
    /// Of superblocks that are decided and coded one after the other.
    Sequential(&'a mut dyn SequentialControl),
}

/// Chooses how the superblocks of a frame are coded. It may know of others only what is decided
/// whenever a superblock begins, however many threads there are ([`guaranteed`]); so bytes do not
/// depend on threads. What superblocks take is estimated, since symbols are coded later.
///
/// [`guaranteed`]: super::wavefront::guaranteed
pub(crate) trait SuperblockControl: Sync {
    /// How a superblock is coded; `None` gives the frame up, at the first such superblock in coding
    /// order.
    fn choose(&self, place: SuperblockPlace) -> Option<SuperblockChoice>;

    /// A superblock was decided, for `cost` in 1/512 bit ([`SuperblockDecider::cost`]).
    fn decided(&self, place: SuperblockPlace, cost: u64);

    /// The tile data of the frame come to `bits` up to the end of superblock `index`, in coding
    /// order. Called in that order, once all are decided.
    fn coded(&self, index: usize, bits: u64);
}

/// Chooses how the superblocks of a frame are coded, knowing what those before them took.
pub(crate) trait SequentialControl: Send {
    /// How the superblock at `place` is coded, when the tile data before it come to `bits`; `None`
    /// gives the frame up at once.
    fn choose(&mut self, place: SuperblockPlace, bits: u64) -> Option<SuperblockChoice>;
}

/// Where in a frame a superblock lies, and when it is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SuperblockPlace {
    /// Superblocks of the frame that are coded before it.
    pub(crate) index: usize,
    /// Its tile, in coding order.
    pub(crate) tile: usize,
    /// Superblocks between it and the upper edge of the tile.
    pub(crate) row: usize,
    /// Superblocks between it and the left edge of the tile.
    pub(crate) col: usize,
}

/// How a superblock is coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SuperblockChoice {
    /// The quantizer index; without effect in frames without `delta_q_present` (5.9.17).
    pub(crate) qindex: u8,
    /// Whether blocks may have coefficients.
    pub(crate) residual: bool,
}
