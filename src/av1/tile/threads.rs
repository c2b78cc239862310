//! The first phase of a frame's tiles, on one thread or several: decisions, reconstruction, records
//! (5.11.2).
//!
//! One thread decides straight into the frame. Of several each decides in a band, a row of superblocks
//! of its own, which is copied into the frame when it is done.

use std::sync::{Arc, Mutex};

use crate::av1::frame::current::CurrentFrame;
use crate::av1::frame::motion_field::MotionField;
use crate::av1::geometry::{MiPos, SB4};
use crate::av1::tile::block_decoded::BlockDecoded;
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::context::TileContext;
use crate::av1::tile::decider::{
    FrameJob, SequentialControl, SuperblockChoice, SuperblockControl, SuperblockDecider,
    SuperblockPlace,
};
use crate::av1::tile::executor::{Scratch, TileCoder};
use crate::av1::tile::quantizers::{Quantizers, Rounding};
use crate::av1::tile::symbol::Record;
use crate::av1::tile::tile_data::TileWriter;
use crate::av1::tile::wavefront::{RowTask, Wavefront, lock};
use crate::frame::padded::PaddedPlane;
use crate::pool::Pool;

/// What one thread keeps of a frame.
struct ThreadState {
    context: TileContext,
    decoded: BlockDecoded,
    quantizers: Quantizers,
    scratch: Scratch,
}

impl ThreadState {
    fn new(mi_cols: usize) -> Self {
        let mut context = TileContext::default();
        context.resize(mi_cols);
        Self {
            context,
            decoded: BlockDecoded::new(false),
            quantizers: Quantizers::new(),
            scratch: Scratch::new(),
        }
    }

    fn start(&mut self, input: &FrameInput<'_>, rounding: [Rounding; 2]) {
        let params = &input.job.header.quantization_params;
        self.quantizers.set(params.plane_deltas(), rounding);
    }
}

/// The records of a row of superblocks.
#[derive(Debug, Default)]
pub(crate) struct RowRecords {
    records: Vec<Record>,
    /// Where those of each superblock end.
    ends: Vec<usize>,
    /// `cdef_idx` of each, −1 where none is coded.
    cdef_idx: Vec<i8>,
}

impl RowRecords {
    fn clear(&mut self) {
        self.records.clear();
        self.ends.clear();
        self.cdef_idx.clear();
    }

    /// Sets `cdef_idx` of each superblock, −1 where none is coded, of so many bits.
    fn set_cdef_idx(&mut self, indices: &[i8], bits: u8) {
        let mut start = 0;
        for (&end, &index) in self.ends.iter().zip(indices) {
            if let Ok(index) = u8::try_from(index) {
                Record::set_cdef_idx(&mut self.records[start..end], index, bits);
            }
            start = end;
        }
    }

    /// The records of each superblock.
    pub(crate) fn superblocks(&self) -> impl Iterator<Item = &[Record]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.records[start..end])
    }
}

/// A tile whose superblocks are coded as soon as they are decided.
pub(crate) struct Sequential<'a> {
    /// Codes them.
    pub(crate) writer: &'a mut TileWriter,
    /// Chooses how.
    pub(crate) control: &'a mut dyn SequentialControl,
    /// Bits of the tiles before.
    pub(crate) bits: u64,
}

/// Who chooses how superblocks are coded.
enum Pace<'a> {
    Free,
    Wavefront(&'a dyn SuperblockControl),
    Sequential(Sequential<'a>),
}

impl<'a> Pace<'a> {
    fn of(control: Option<&'a dyn SuperblockControl>) -> Self {
        control.map_or(Self::Free, Self::Wavefront)
    }

    /// How a superblock is coded; `None` gives the frame up.
    fn choose(
        &mut self,
        place: SuperblockPlace,
        free: SuperblockChoice,
    ) -> Option<SuperblockChoice> {
        match self {
            Self::Free => Some(free),
            Self::Wavefront(control) => control.choose(place),
            Self::Sequential(Sequential { writer, control, bits }) => {
                control.choose(place, *bits + writer.bits())
            }
        }
    }
}

/// What a frame's tiles are decided from, besides the decider.
#[derive(Clone, Copy)]
pub(crate) struct FrameInput<'a> {
    /// The headers.
    pub(crate) job: &'a FrameJob,
    /// The picture, edges extended.
    pub(crate) source: &'a [PaddedPlane; 3],
    /// `MotionFieldMvs`, if used.
    pub(crate) motion_field: Option<&'a MotionField>,
    /// Whether `cdef_idx` is chosen once all superblocks are decided.
    pub(crate) chooses_cdef: bool,
}

impl<'a> FrameInput<'a> {
    fn coder<'b>(
        &self,
        tile: TileBounds,
        current: &'b mut CurrentFrame,
        state: &'b mut ThreadState,
    ) -> TileCoder<'b>
    where
        'a: 'b,
    {
        let job = self.job;
        TileCoder {
            isa: job.isa,
            frame: &job.header,
            sequence: &job.sequence,
            tile,
            source: self.source,
            references: std::array::from_fn(|name| job.references[name].as_deref()),
            recon: &mut current.planes,
            grid: &mut current.grid,
            context: &mut state.context,
            decoded: &mut state.decoded,
            sign_bias: job.order_hints.sign_bias(),
            motion_field: self.motion_field,
            prev_segment_ids: job.primary.as_ref().map_or(&[][..], |p| &p.segment_ids[..]),
            cdef_idx: 0,
            target_q_index: job.header.quantization_params.base_q_idx,
            residual: true,
            quantizers: &mut state.quantizers,
            scratch: &mut state.scratch,
        }
    }
}

/// One thread's way over a frame.
struct Walk<'a, D: SuperblockDecider> {
    input: FrameInput<'a>,
    shared: &'a D::Shared,
    worker: &'a mut D::Worker,
    state: &'a mut ThreadState,
    pace: Pace<'a>,
}

impl<D: SuperblockDecider> Walk<'_, D> {
    /// Decides a row of superblocks, the frame's `index`th, into `frame`, as one of several threads
    /// if there is a wavefront. False if the frame is given up.
    fn row(
        &mut self,
        (index, task): (usize, &RowTask),
        frame: &mut CurrentFrame,
        row: &mut RowRecords,
        wavefront: Option<&Wavefront>,
    ) -> bool {
        row.clear();
        if task.row == 0 {
            self.state.context.start_tile();
        }
        self.state.context.start_row();
        let tile = task.bounds;
        let mut coder = self.input.coder(tile, frame, self.state);
        let free = SuperblockChoice { qindex: coder.target_q_index, residual: true };
        for (col, mi_col) in (tile.mi_col_start..tile.mi_col_end).step_by(SB4).enumerate() {
            if let Some(wavefront) = wavefront
                && !wavefront.receive(&mut coder, (index, task), col)
            {
                return false;
            }
            let place =
                SuperblockPlace { index: task.first + col, tile: task.tile, row: task.row, col };
            let Some(choice) = self.pace.choose(place, free) else {
                wavefront.inspect(|wavefront| wavefront.give_up(index));
                return false;
            };
            (coder.target_q_index, coder.residual) = (choice.qindex, choice.residual);
            let pos = MiPos::new(task.mi_row(), mi_col);
            coder.start_superblock(pos);
            let start = row.records.len();
            D::superblock(self.shared, self.worker, &mut coder, &mut row.records, pos);
            row.ends.push(row.records.len());
            let bits = coder.frame.cdef_params.cdef_bits;
            row.cdef_idx.push(if coder.context.cdef_coded { coder.cdef_idx as i8 } else { -1 });
            if coder.context.cdef_coded && !self.input.chooses_cdef {
                Record::set_cdef_idx(&mut row.records[start..], coder.cdef_idx, bits);
            }
            match &mut self.pace {
                Pace::Free => {}
                Pace::Wavefront(control) => {
                    control.decided(place, D::cost(self.shared, &row.records[start..]));
                }
                Pace::Sequential(coded) => coded.writer.code(&row.records[start..]),
            }
            if let Some(wavefront) = wavefront {
                wavefront.hand_down(&coder, (index, task), col);
            }
        }
        true
    }

    /// Decides rows in a band until none are left.
    fn rows(mut self, band: &mut CurrentFrame, shared: &Shared<'_>) {
        let guard = shared.wavefront.panic_guard();
        while let Some(index) = shared.wavefront.next_row() {
            let task = &shared.tasks[index];
            band.move_to(task.mi_row(), task.bounds);
            let row = &mut *lock(&shared.rows[index]);
            if !self.row((index, task), band, row, Some(shared.wavefront)) {
                continue;
            }
            let mut frame = lock(&shared.frame);
            frame.copy_row(band, task.bounds, task.mi_row());
            frame.set_cdef_idx(task.bounds, task.mi_row(), &row.cdef_idx);
        }
        guard.cancel();
    }
}

/// What several threads share.
struct Shared<'a> {
    wavefront: &'a Wavefront,
    tasks: &'a [RowTask],
    rows: &'a [Mutex<RowRecords>],
    frame: Mutex<&'a mut CurrentFrame>,
}

/// The threads that decide the tiles of frames of one size.
pub(crate) struct TileDecider {
    width: usize,
    height: usize,
    pool: Arc<Pool>,
    /// One for each thread that finds something to do.
    states: Vec<ThreadState>,
    /// The bands of several threads.
    bands: Vec<CurrentFrame>,
    wavefront: Wavefront,
    /// The rows of the frame in coding order, and their records.
    tasks: Vec<RowTask>,
    rows: Vec<Mutex<RowRecords>>,
}

/// The most threads that find something to do in an area of so many superblocks at once: a row
/// follows the one above by two superblocks.
pub(crate) fn most_threads(sb_rows: usize, sb_cols: usize) -> usize {
    sb_rows.min(sb_cols.div_ceil(2)).max(1)
}

impl TileDecider {
    /// For one thread, and frames of `width` × `height` samples.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pool: Arc::default(),
            states: vec![ThreadState::new(width.next_multiple_of(8) / 4)],
            bands: Vec::new(),
            wavefront: Wavefront::default(),
            tasks: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Lets the threads of `pool` decide, or as many as find something to do.
    pub(crate) fn set_pool(&mut self, pool: Arc<Pool>) {
        let (width, height) = (self.width, self.height);
        let threads = pool.threads().min(most_threads(height.div_ceil(64), width.div_ceil(64)));
        self.states.resize_with(threads, || ThreadState::new(width.next_multiple_of(8) / 4));
        let bands = if threads > 1 { threads } else { 0 };
        self.bands.resize_with(bands, || CurrentFrame::band(width, height));
        self.pool = pool;
    }

    /// Starts on the tiles of a frame.
    pub(crate) fn start(&mut self, tiles: &[TileBounds]) {
        RowTask::list(tiles, &mut self.tasks);
        if self.rows.len() < self.tasks.len() {
            self.rows.resize_with(self.tasks.len(), Mutex::default);
        }
        // What one row needed, others may need in the frames to come.
        let mut most = 0;
        self.rows.iter_mut().for_each(|row| most = most.max(unlocked(row).records.capacity()));
        for row in self.rows.iter_mut().map(unlocked) {
            row.clear();
            row.records.reserve_exact(most);
        }
    }

    /// Decides all tiles into `current` by the choices of `decider` and of `control`; false if that
    /// gives the frame up.
    pub(crate) fn decide<D: SuperblockDecider>(
        &mut self,
        input: FrameInput<'_>,
        current: &mut CurrentFrame,
        decider: &mut D,
        control: Option<&dyn SuperblockControl>,
    ) -> bool {
        let (shared, workers) = decider.workers(self.states.len());
        self.states.iter_mut().for_each(|state| state.start(&input, D::ROUNDING));
        if self.states.len() == 1 {
            let (state, worker) = (&mut self.states[0], &mut workers[0]);
            let mut walk = Walk::<D> { input, shared, worker, state, pace: Pace::of(control) };
            return walk_all(&mut walk, &self.tasks, &mut self.rows, current);
        }
        self.wavefront.start(&self.tasks);
        let (wavefront, frame) = (&self.wavefront, Mutex::new(current));
        let common = Shared { wavefront, tasks: &self.tasks, rows: &self.rows, frame };
        let threads = self.states.iter_mut().zip(&mut self.bands).zip(workers);
        self.pool.for_each(threads, |((state, band), worker)| {
            Walk::<D> { input, shared, worker, state, pace: Pace::of(control) }.rows(band, &common);
        });
        !wavefront.is_given_up()
    }

    /// Decides one tile, and codes its superblocks one after the other; false if the control gives
    /// the frame up.
    pub(crate) fn decide_and_code<'a, D: SuperblockDecider>(
        &'a mut self,
        input: FrameInput<'a>,
        tile: usize,
        current: &mut CurrentFrame,
        decider: &'a mut D,
        coded: Sequential<'a>,
    ) -> bool {
        let rows = self.rows_of(tile);
        let (shared, workers) = decider.workers(1);
        let (state, pace) = (&mut self.states[0], Pace::Sequential(coded));
        state.start(&input, D::ROUNDING);
        let mut walk = Walk::<D> { input, shared, worker: &mut workers[0], state, pace };
        walk_all(&mut walk, &self.tasks[rows.clone()], &mut self.rows[rows], current)
    }

    /// Which rows are those of a tile.
    fn rows_of(&self, tile: usize) -> std::ops::Range<usize> {
        let start = self.tasks.partition_point(|task| task.tile < tile);
        start..self.tasks.partition_point(|task| task.tile <= tile)
    }

    /// Sets `cdef_idx` of all superblocks, in raster order, of so many bits.
    pub(crate) fn set_cdef_idx(&mut self, current: &CurrentFrame, bits: u8) {
        for (task, row) in self.tasks.iter().zip(&mut self.rows) {
            let row = unlocked(row);
            row.set_cdef_idx(current.cdef_idx_of(task.bounds, task.mi_row()), bits);
        }
    }

    /// The records of a tile that was decided, row by row.
    pub(crate) fn records(&mut self, tile: usize) -> impl Iterator<Item = &RowRecords> {
        let rows = self.rows_of(tile);
        self.rows[rows].iter_mut().map(|row| &*unlocked(row))
    }
}

/// What nobody else can hold now.
fn unlocked(row: &mut Mutex<RowRecords>) -> &mut RowRecords {
    row.get_mut().unwrap_or_else(|error| error.into_inner())
}

/// Decides rows on the caller's thread alone, straight into the frame.
fn walk_all<D: SuperblockDecider>(
    walk: &mut Walk<'_, D>,
    tasks: &[RowTask],
    rows: &mut [Mutex<RowRecords>],
    current: &mut CurrentFrame,
) -> bool {
    tasks.iter().zip(rows).enumerate().all(|(index, (task, row))| {
        let row = unlocked(row);
        let whole = walk.row((index, task), current, row, None);
        if whole {
            current.set_cdef_idx(task.bounds, task.mi_row(), &row.cdef_idx);
        }
        whole
    })
}
