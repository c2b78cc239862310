//! The first phase of a tile, on one thread or several: decisions, reconstruction, records
//! (5.11.2).
//!
//! The caller's thread decides straight into the frame. Every other thread has a canvas of the
//! frame's size of its own, from which the rows it decided are copied when the tile is done.

use std::{iter, thread};

use crate::av1::frame::coder::{
    FrameJob, SuperblockChoice, SuperblockControl, SuperblockDecider, TileWriter,
};
use crate::av1::frame::deblock::TxSizeGrid;
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::frame::motion_field::MotionField;
use crate::av1::tile::block_decoded::BlockDecoded;
use crate::av1::tile::context::TileContext;
use crate::av1::tile::executor::{Scratch, TileCoder};
use crate::av1::tile::mv_prediction::TileBounds;
use crate::av1::tile::quantizers::Quantizers;
use crate::av1::tile::symbol::Record;
use crate::av1::tile::wavefront::{SB4, Wavefront};
use crate::frame::padded::PaddedPlane;

/// What a tile's decisions are written to.
pub(crate) struct View<'a> {
    /// The reconstruction.
    pub(crate) planes: &'a mut [PaddedPlane; 3],
    /// Mode records.
    pub(crate) grid: &'a mut ModeInfoGrid,
    /// `LoopfilterTxSizes`.
    pub(crate) tx_sizes: &'a mut TxSizeGrid,
    /// `cdef_idx` by superblock of the frame.
    pub(crate) cdef_idx: &'a mut [i8],
}

/// A frame's buffers of a thread that is not the caller's.
struct Canvas {
    planes: [PaddedPlane; 3],
    grid: ModeInfoGrid,
    tx_sizes: TxSizeGrid,
    cdef_idx: Vec<i8>,
}

/// Room of one thread.
struct Lane {
    context: TileContext,
    decoded: BlockDecoded,
    quantizers: Quantizers,
    scratch: Scratch,
    records: Vec<Record>,
    /// The rows of superblocks decided here, from the tile's first on, and where the records of
    /// each begin.
    rows: Vec<(usize, usize)>,
}

impl Lane {
    fn new(mi_cols: usize) -> Self {
        let mut context = TileContext::default();
        context.resize(mi_cols);
        Self {
            context,
            decoded: BlockDecoded::new(false),
            quantizers: Quantizers::new(Default::default()),
            scratch: Scratch::new(),
            records: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn start(&mut self, input: &TileInput<'_>) {
        self.context.start_tile(input.job.params.base_q_idx);
        self.quantizers.set_deltas(input.job.params.delta_q);
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

/// What the superblocks of a tile are held to: a control that is told the bits before each.
pub(crate) struct Paced<'a> {
    /// Codes the superblocks that are done.
    pub(crate) writer: &'a mut TileWriter,
    /// Chooses how the next is coded.
    pub(crate) control: &'a mut dyn SuperblockControl,
}

/// What the decisions of a tile are made from, besides the decider.
#[derive(Clone, Copy)]
pub(crate) struct TileInput<'a> {
    /// The headers.
    pub(crate) job: &'a FrameJob<'a>,
    /// The picture, edges extended.
    pub(crate) source: &'a [PaddedPlane; 3],
    /// `MotionFieldMvs`, if used.
    pub(crate) motion_field: Option<&'a MotionField>,
    /// The tile.
    pub(crate) tile: TileBounds,
}

impl<'a> TileInput<'a> {
    /// Rows and columns of superblocks.
    fn size(&self) -> (usize, usize) {
        let TileBounds { mi_row_start, mi_row_end, mi_col_start, mi_col_end } = self.tile;
        ((mi_row_end - mi_row_start).div_ceil(SB4), (mi_col_end - mi_col_start).div_ceil(SB4))
    }

    fn coder(&self, view: View<'a>, lane: &'a mut Lane) -> Walk<'a> {
        let job = self.job;
        let coder = TileCoder {
            isa: job.isa,
            frame: &job.params,
            tile: self.tile,
            source: self.source,
            references: std::array::from_fn(|name| job.references[name].as_deref()),
            recon: view.planes,
            grid: view.grid,
            tx_sizes: view.tx_sizes,
            context: &mut lane.context,
            decoded: &mut lane.decoded,
            sign_bias: job.order_hints.sign_bias(),
            motion_field: self.motion_field,
            prev_segment_ids: job.primary.as_ref().map_or(&[][..], |p| &p.segment_ids[..]),
            cdef_idx: 0,
            target_q_index: job.params.base_q_idx,
            thrift: 0,
            quantizers: &mut lane.quantizers,
            scratch: &mut lane.scratch,
        };
        Walk { coder, cdef_idx: view.cdef_idx, records: &mut lane.records, rows: &mut lane.rows }
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
    /// control. False if another thread has died.
    fn row<D: SuperblockDecider>(
        &mut self,
        row: usize,
        wavefront: Option<&Wavefront>,
        mut paced: Option<&mut Paced<'_>>,
        shared: &D::Shared,
        worker: &mut D::Worker,
    ) -> bool {
        let tile = self.coder.tile;
        let mi_row = tile.mi_row_start + row * SB4;
        let sb_cols = self.coder.grid.mi_cols.div_ceil(SB4);
        self.rows.push((row, self.records.len()));
        self.coder.context.start_row();
        let cols = (tile.mi_col_end - tile.mi_col_start).div_ceil(SB4);
        for (col, mi_col) in (tile.mi_col_start..tile.mi_col_end).step_by(SB4).enumerate() {
            let (place, mi_place) = ((row, col), (mi_row, mi_col));
            if let Some(wavefront) = wavefront
                && !wavefront.receive(&mut self.coder, place, mi_place)
            {
                return false;
            }
            if let Some(Paced { writer, control }) = &mut paced {
                let choice = control.superblock(row * cols + col, writer.bits());
                let SuperblockChoice { qindex, thrift } = choice;
                (self.coder.target_q_index, self.coder.thrift) = (qindex, thrift);
            }
            self.coder.start_superblock(mi_row, mi_col);
            D::superblock(shared, worker, &mut self.coder, self.records, mi_row, mi_col);
            self.coder.finish_superblock(mi_row, mi_col);
            self.cdef_idx[mi_row / SB4 * sb_cols + mi_col / SB4] =
                if self.coder.context.cdef_coded { self.coder.cdef_idx as i8 } else { -1 };
            if let Some(wavefront) = wavefront {
                wavefront.hand_down(&self.coder, place, mi_place);
            }
            if let Some(Paced { writer, .. }) = &mut paced {
                writer.catch_up(self.records);
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
        let alarm = wavefront.alarm();
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
        alarm.cancel();
    }
}

/// The threads' room for tiles of frames of one size.
pub(crate) struct TileDecider {
    own: Lane,
    others: Vec<(Lane, Canvas)>,
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
            own: Lane::new(mi_cols),
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
        let chroma = (width.div_ceil(2), height.div_ceil(2));
        self.others.resize_with(others, || {
            let grid = ModeInfoGrid::new(width, height);
            let lane = Lane::new(grid.mi_cols);
            let planes = [(width, height), chroma, chroma].map(|(w, h)| PaddedPlane::new(w, h));
            let tx_sizes = TxSizeGrid::new(width, height);
            (lane, Canvas { planes, grid, tx_sizes, cdef_idx: vec![-1; sb_rows * sb_cols] })
        });
        self.wavefront = Wavefront::new(if others > 0 { sb_cols } else { 0 });
    }

    /// Threads there is room for.
    pub(crate) fn threads(&self) -> usize {
        1 + self.others.len()
    }

    /// Decides a tile into `view` by the choices of `decider`; gives its records. With a control
    /// they are coded a superblock behind.
    pub(crate) fn decide<D: SuperblockDecider>(
        &mut self,
        input: TileInput<'_>,
        mut view: View<'_>,
        decider: &mut D,
        mut paced: Option<Paced<'_>>,
    ) -> &[Record] {
        let (rows, cols) = input.size();
        // CurrentQIndex runs on from row to row.
        let serial = paced.is_some() || input.job.params.delta_q_res.is_some();
        let threads = if serial { 1 } else { self.threads().min(most_threads(rows, cols)) };
        let (shared, workers) = decider.workers(threads);
        let (first, others) = workers.split_first_mut().expect("a worker for the caller's thread");
        self.own.start(&input);
        if threads == 1 {
            let mut walk = input.coder(view, &mut self.own);
            for row in 0..rows {
                walk.row::<D>(row, None, paced.as_mut(), shared, first);
            }
            return &self.own.records;
        }
        self.wavefront.start(rows, cols);
        let wavefront = &self.wavefront;
        thread::scope(|scope| {
            for ((lane, canvas), worker) in self.others[..threads - 1].iter_mut().zip(others) {
                lane.start(&input);
                let walk = input.coder(canvas.view(), lane);
                let run = move || walk.rows::<D>(wavefront, shared, worker);
                // Without this thread the others decide its rows.
                let _ = thread::Builder::new().spawn_scoped(scope, run);
            }
            input.coder(view.reborrow(), &mut self.own).rows::<D>(wavefront, shared, first);
        });
        let lanes = &self.others[..threads - 1];
        for (lane, canvas) in lanes {
            for &(row, _) in &lane.rows {
                canvas.copy_row(&mut view, input.tile, row);
            }
        }
        self.records.clear();
        for row in 0..rows {
            let mut all = iter::once(&self.own).chain(lanes.iter().map(|(lane, _)| lane));
            let records = all.find_map(|lane| lane.row_records(row));
            self.records.extend_from_slice(records.expect("every row is decided"));
        }
        &self.records
    }
}

impl View<'_> {
    fn reborrow(&mut self) -> View<'_> {
        View {
            planes: self.planes,
            grid: self.grid,
            tx_sizes: self.tx_sizes,
            cdef_idx: self.cdef_idx,
        }
    }
}

impl Canvas {
    fn view(&mut self) -> View<'_> {
        View {
            planes: &mut self.planes,
            grid: &mut self.grid,
            tx_sizes: &mut self.tx_sizes,
            cdef_idx: &mut self.cdef_idx,
        }
    }

    /// Copies a row of superblocks of a tile into the frame.
    fn copy_row(&self, view: &mut View<'_>, tile: TileBounds, row: usize) {
        let start = tile.mi_row_start + row * SB4;
        let rows = start..(start + SB4).min(tile.mi_row_end);
        let cols = tile.mi_col_start..tile.mi_col_end;
        for (plane, (to, from)) in view.planes.iter_mut().zip(&self.planes).enumerate() {
            let shift = usize::from(plane > 0);
            let (x, len) = ((cols.start * 4) >> shift, (cols.len() * 4) >> shift);
            for y in (rows.start * 4) >> shift..(rows.end * 4) >> shift {
                let (x, y) = (x as isize, y as isize);
                to.row_mut(x, y, len).copy_from_slice(from.row(x, y, len));
            }
        }
        for row in rows.clone() {
            view.grid.row_mut(row)[cols.clone()].copy_from_slice(&self.grid.row(row)[cols.clone()]);
        }
        let sb_cols = self.grid.mi_cols.div_ceil(SB4);
        let sbs = start / SB4 * sb_cols;
        let sbs = sbs + cols.start / SB4..sbs + cols.end.div_ceil(SB4);
        view.cdef_idx[sbs.clone()].copy_from_slice(&self.cdef_idx[sbs]);
        view.tx_sizes.copy_area(&self.tx_sizes, rows, cols);
    }
}
