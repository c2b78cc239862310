//! The first phase of a tile, on one thread or several: decisions, reconstruction, records
//! (5.11.2).
//!
//! The caller's thread decides straight into the frame. Every other thread has a frame of its own,
//! from which the rows that it decided are copied when the tile is done.

use std::{iter, thread};

use crate::av1::frame::current::CurrentFrame;
use crate::av1::frame::motion_field::MotionField;
use crate::av1::geometry::{MiPos, SB4};
use crate::av1::tile::block_decoded::BlockDecoded;
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::context::TileContext;
use crate::av1::tile::decider::{
    FrameJob, SuperblockChoice, SuperblockControl, SuperblockDecider, SuperblockPlace,
};
use crate::av1::tile::executor::{Scratch, TileCoder};
use crate::av1::tile::quantizers::{Quantizers, Rounding};
use crate::av1::tile::symbol::Record;
use crate::av1::tile::tile_data::TileWriter;
use crate::av1::tile::wavefront::Wavefront;
use crate::frame::padded::PaddedPlane;

/// What one thread keeps of a tile.
struct ThreadState {
    context: TileContext,
    decoded: BlockDecoded,
    quantizers: Quantizers,
    scratch: Scratch,
    records: Vec<Record>,
    /// The rows of superblocks decided here, from the tile's first on, and where the records of
    /// each begin.
    rows: Vec<(usize, usize)>,
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
            records: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn start(&mut self, input: &TileInput<'_>, rounding: [Rounding; 2]) {
        let params = &input.job.header.quantization_params;
        self.context.start_tile(params.base_q_idx);
        self.quantizers.set(params.plane_deltas(), rounding);
        self.records.clear();
        self.rows.clear();
    }

    /// The records of a row, if it was decided here.
    fn row_records(&self, row: usize) -> Option<&[Record]> {
        let index = self.rows.iter().position(|&(own, _)| own == row)?;
        let end = self.rows.get(index + 1).map_or(self.records.len(), |&(_, start)| start);
        Some(&self.records[self.rows[index].1..end])
    }
}

/// A tile under a control, which is told the bits before each superblock.
pub(crate) struct Controlled<'a> {
    /// Codes the superblocks that are done.
    pub(crate) writer: &'a mut TileWriter,
    /// Chooses how the next is coded.
    pub(crate) control: &'a mut dyn SuperblockControl,
    /// Superblocks of the tiles before.
    pub(crate) superblocks: usize,
    /// Rows of superblocks of the tiles before.
    pub(crate) rows: usize,
    /// Bits of the tiles before.
    pub(crate) bits: u64,
}

impl Controlled<'_> {
    /// How the superblock at (`row`, `col`) of `tile` is coded; `None` gives the frame up.
    fn choose(&mut self, tile: TileBounds, row: usize, col: usize) -> Option<SuperblockChoice> {
        let cols = (tile.mi_col_end - tile.mi_col_start).div_ceil(SB4);
        let place = SuperblockPlace {
            index: self.superblocks + row * cols + col,
            tile_row: self.rows + row,
            row: tile.mi_row_start / SB4 + row,
            col: tile.mi_col_start / SB4 + col,
        };
        self.control.superblock(place, self.bits + self.writer.bits())
    }
}

/// What the decisions of a tile are made from, besides the decider.
#[derive(Clone, Copy)]
pub(crate) struct TileInput<'a> {
    /// The headers.
    pub(crate) job: &'a FrameJob,
    /// The picture, edges extended.
    pub(crate) source: &'a [PaddedPlane; 3],
    /// `MotionFieldMvs`, if used.
    pub(crate) motion_field: Option<&'a MotionField>,
    /// The tile.
    pub(crate) tile: TileBounds,
}

impl<'a> TileInput<'a> {
    /// Rows and columns of superblocks.
    pub(crate) fn size(&self) -> (usize, usize) {
        let TileBounds { mi_row_start, mi_row_end, mi_col_start, mi_col_end } = self.tile;
        ((mi_row_end - mi_row_start).div_ceil(SB4), (mi_col_end - mi_col_start).div_ceil(SB4))
    }

    fn walk(&self, current: &'a mut CurrentFrame, state: &'a mut ThreadState) -> Walk<'a> {
        let job = self.job;
        let coder = TileCoder {
            isa: job.isa,
            frame: &job.header,
            sequence: &job.sequence,
            tile: self.tile,
            source: self.source,
            references: std::array::from_fn(|name| job.references[name].as_deref()),
            recon: &mut current.planes,
            grid: &mut current.grid,
            tx_sizes: &mut current.tx_sizes,
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
        };
        let cdef_idx = &mut current.cdef_idx;
        Walk { coder, cdef_idx, records: &mut state.records, rows: &mut state.rows }
    }
}

/// One thread's way over a tile.
struct Walk<'a> {
    coder: TileCoder<'a>,
    cdef_idx: &'a mut [i8],
    records: &'a mut Vec<Record>,
    rows: &'a mut Vec<(usize, usize)>,
}

impl Walk<'_> {
    /// Decides a row of superblocks, as one of several threads if there is a wavefront, or held to a
    /// control. False if another thread has panicked, or if the control gives the frame up.
    fn row<D: SuperblockDecider>(
        &mut self,
        row: usize,
        wavefront: Option<&Wavefront>,
        mut controlled: Option<&mut Controlled<'_>>,
        shared: &D::Shared,
        worker: &mut D::Worker,
    ) -> bool {
        let tile = self.coder.tile;
        let mi_row = tile.mi_row_start + row * SB4;
        let sb_cols = self.coder.grid.mi_cols.div_ceil(SB4);
        self.rows.push((row, self.records.len()));
        self.coder.context.start_row();
        for (col, mi_col) in (tile.mi_col_start..tile.mi_col_end).step_by(SB4).enumerate() {
            let (place, pos) = ((row, col), MiPos::new(mi_row, mi_col));
            if let Some(wavefront) = wavefront
                && !wavefront.receive(&mut self.coder, place, pos)
            {
                return false;
            }
            if let Some(controlled) = &mut controlled {
                let choice = controlled.choose(tile, row, col);
                let Some(SuperblockChoice { qindex, residual }) = choice else { return false };
                (self.coder.target_q_index, self.coder.residual) = (qindex, residual);
            }
            self.coder.start_superblock(pos);
            D::superblock(shared, worker, &mut self.coder, self.records, pos);
            self.coder.finish_superblock(pos);
            self.cdef_idx[mi_row / SB4 * sb_cols + mi_col / SB4] =
                if self.coder.context.cdef_coded { self.coder.cdef_idx as i8 } else { -1 };
            if let Some(wavefront) = wavefront {
                wavefront.hand_down(&self.coder, place, pos);
            }
            if let Some(controlled) = &mut controlled {
                controlled.writer.catch_up(self.records);
            }
        }
        true
    }

    /// Decides rows until none are left.
    fn rows<D: SuperblockDecider>(
        mut self,
        wavefront: &Wavefront,
        shared: &D::Shared,
        worker: &mut D::Worker,
    ) {
        let guard = wavefront.panic_guard();
        while let Some(row) = wavefront.next_row() {
            // Vector prediction tells by them what is decided already.
            let start = self.coder.tile.mi_row_start + row * SB4;
            let end = (start + SB4).min(self.coder.tile.mi_row_end);
            let cols = self.coder.tile.mi_col_start..self.coder.tile.mi_col_end;
            self.coder.grid.clear_area(start..end, cols);
            if !self.row::<D>(row, Some(wavefront), None, shared, worker) {
                break;
            }
        }
        guard.cancel();
    }
}

/// The threads that decide the tiles of frames of one size.
pub(crate) struct TileDecider {
    own: ThreadState,
    others: Vec<(ThreadState, CurrentFrame)>,
    wavefront: Wavefront,
    /// The records of the tile.
    records: Vec<Record>,
}

/// The most threads that find something to do in an area of so many superblocks at once: a row
/// follows the one above by two superblocks.
pub(crate) fn most_threads(sb_rows: usize, sb_cols: usize) -> usize {
    sb_rows.min(sb_cols.div_ceil(2)).max(1)
}

impl TileDecider {
    /// For one thread, and frames of `mi_cols` columns.
    pub(crate) fn new(mi_cols: usize) -> Self {
        Self {
            own: ThreadState::new(mi_cols),
            others: Vec::new(),
            wavefront: Wavefront::default(),
            records: Vec::new(),
        }
    }

    /// Makes room for `threads` threads, the caller's included, or for as many as find something
    /// to do in frames of `width` × `height` samples.
    pub(crate) fn set_threads(&mut self, threads: usize, width: usize, height: usize) {
        let (sb_rows, sb_cols) = (height.div_ceil(64), width.div_ceil(64));
        let others = threads.clamp(1, most_threads(sb_rows, sb_cols)) - 1;
        self.others.truncate(others);
        self.others.resize_with(others, || {
            let frame = CurrentFrame::new(width, height);
            (ThreadState::new(frame.grid.mi_cols), frame)
        });
        self.wavefront = Wavefront::new(if others > 0 { sb_cols } else { 0 });
    }

    /// Threads there is room for.
    pub(crate) fn threads(&self) -> usize {
        1 + self.others.len()
    }

    /// Decides a tile into `current` by the choices of `decider`; gives its records. With a control
    /// they are coded a superblock behind, and there are none if it gives the frame up.
    pub(crate) fn decide<D: SuperblockDecider>(
        &mut self,
        input: TileInput<'_>,
        current: &mut CurrentFrame,
        decider: &mut D,
        mut controlled: Option<Controlled<'_>>,
    ) -> Option<&[Record]> {
        let (rows, cols) = input.size();
        // CurrentQIndex runs on from row to row.
        let serial = controlled.is_some() || input.job.header.delta_q.is_some();
        let threads = if serial { 1 } else { self.threads().min(most_threads(rows, cols)) };
        let (shared, workers) = decider.workers(threads);
        let (first, others) = workers.split_first_mut().expect("a worker for the caller's thread");
        self.own.start(&input, D::ROUNDING);
        if threads == 1 {
            let mut walk = input.walk(current, &mut self.own);
            let whole =
                (0..rows).all(|row| walk.row::<D>(row, None, controlled.as_mut(), shared, first));
            return whole.then_some(&self.own.records);
        }
        self.wavefront.start(rows, cols);
        let wavefront = &self.wavefront;
        thread::scope(|scope| {
            for ((state, frame), worker) in self.others[..threads - 1].iter_mut().zip(others) {
                state.start(&input, D::ROUNDING);
                let walk = input.walk(frame, state);
                let run = move || walk.rows::<D>(wavefront, shared, worker);
                // Without this thread the others decide its rows.
                let _ = thread::Builder::new().spawn_scoped(scope, run);
            }
            input.walk(current, &mut self.own).rows::<D>(wavefront, shared, first);
        });
        let states = &self.others[..threads - 1];
        for (state, frame) in states {
            for &(row, _) in &state.rows {
                current.copy_row(frame, input.tile, row);
            }
        }
        self.records.clear();
        for row in 0..rows {
            let mut all = iter::once(&self.own).chain(states.iter().map(|(state, _)| state));
            let records = all.find_map(|state| state.row_records(row));
            self.records.extend_from_slice(records.expect("every row is decided"));
        }
        Some(&self.records)
    }
}
