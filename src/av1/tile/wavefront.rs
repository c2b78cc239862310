//! The wavefront of several threads over the tiles of a frame: each decides whole rows of superblocks, behind the
//! row above by as much as that row's superblocks are read.
//!
//! A superblock depends on the row above up to the next superblock to the right: intra edges
//! (7.11.2) and vector candidates (7.10.2) reach no farther, contexts less far.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::av1::frame::current::MODES_ABOVE;
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{MiPos, SB4};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::context::AboveSnapshot;
use crate::av1::tile::executor::TileCoder;

/// Rows of a tile whose lower boundaries are held: when a superblock is done, nobody needs the boundary two
/// rows above it any more, since the row between was ahead of it.
const HELD_ROWS: usize = 2;

/// What a superblock leaves for the row below.
#[derive(Clone, Debug)]
struct Boundary {
    /// The last row of samples by plane, before any filter.
    samples: [[u8; 64]; 3],
    /// Mode records of the last rows.
    modes: [[ModeInfo; SB4]; MODES_ABOVE],
    contexts: AboveSnapshot,
}

impl Boundary {
    fn new() -> Self {
        Self {
            samples: [[0; 64]; 3],
            modes: [[ModeInfo::default(); SB4]; MODES_ABOVE],
            contexts: AboveSnapshot::default(),
        }
    }

    /// Takes the boundary of the superblock above the one at `below`.
    fn store(&mut self, coder: &TileCoder<'_>, below: MiPos) {
        for (plane, samples) in self.samples.iter_mut().enumerate() {
            let (x, y, len) = last_samples(plane, below);
            samples[..len].copy_from_slice(coder.recon[plane].row(x, y, len));
        }
        let cols = SB4.min(coder.grid.mi_cols - below.col);
        for (modes, row) in self.modes.iter_mut().zip(below.row - MODES_ABOVE..) {
            modes[..cols].copy_from_slice(&coder.grid.row(row)[below.col..below.col + cols]);
        }
        coder.context.save_above(below.col, &mut self.contexts);
    }

    /// Puts it where a coder of the superblock at `below` reads it.
    fn load(&self, coder: &mut TileCoder<'_>, below: MiPos) {
        for (plane, samples) in self.samples.iter().enumerate() {
            let (x, y, len) = last_samples(plane, below);
            coder.recon[plane].row_mut(x, y, len).copy_from_slice(&samples[..len]);
        }
        let cols = SB4.min(coder.grid.mi_cols - below.col);
        for (modes, row) in self.modes.iter().zip(below.row - MODES_ABOVE..) {
            coder.grid.row_mut(row)[below.col..below.col + cols].copy_from_slice(&modes[..cols]);
        }
        coder.context.restore_above(below.col, &self.contexts);
    }
}

/// Position and length of the row of samples above the superblock at `below`.
fn last_samples(plane: usize, below: MiPos) -> (isize, isize, usize) {
    let shift = usize::from(plane > 0);
    (((below.col * 4) >> shift) as isize, ((below.row * 4) >> shift) as isize - 1, 64 >> shift)
}

/// A row of superblocks of a tile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowTask {
    /// Its tile, in coding order, and where that lies.
    pub(crate) tile: usize,
    pub(crate) bounds: TileBounds,
    /// Its number in the tile.
    pub(crate) row: usize,
    /// Superblocks of the frame that are coded before it.
    pub(crate) first: usize,
    /// Which of the frame's rows of tiles it lies in.
    tile_row: usize,
}

impl RowTask {
    /// Its first row of positions.
    pub(crate) fn mi_row(&self) -> usize {
        self.bounds.mi_row_start + self.row * SB4
    }

    /// Lists the rows of a frame's tiles in coding order.
    pub(crate) fn list(tiles: &[TileBounds], list: &mut Vec<Self>) {
        list.clear();
        let (mut first, mut tile_row) = (0, 0);
        for (tile, &bounds) in tiles.iter().enumerate() {
            if tile > 0 && tiles[tile - 1].mi_row_start != bounds.mi_row_start {
                tile_row += 1;
            }
            let (rows, cols) = bounds.superblocks();
            for row in 0..rows {
                list.push(Self { tile, bounds, row, first, tile_row });
                first += cols;
            }
        }
    }
}

/// Of the row `up` rows above a superblock in column `col` of a tile of `cols`, how many superblocks
/// are done for certain when it begins: the row above is ahead by two, and so on.
pub(crate) fn guaranteed(up: usize, col: usize, cols: usize) -> usize {
    (col + 1 + up).min(cols)
}

/// How far the rows of a frame are.
#[derive(Debug, Default)]
struct Progress {
    /// How many rows are taken, in the order of [`Wavefront::order`].
    taken: usize,
    /// Superblocks done by row, in coding order.
    done: Vec<usize>,
    /// Threads that wait for others.
    waiting: usize,
    /// The first row, in coding order, at which the frame is given up: those before it go on, so
    /// that it does not depend on threads which it is.
    given_up: Option<usize>,
    /// Whether a thread panicked.
    failed: bool,
}

impl Progress {
    /// Whether nobody needs a row any more.
    fn is_idle(&self, row: usize) -> bool {
        self.failed || self.given_up.is_some_and(|last| row > last)
    }
}

/// The rows of a frame's tiles, known by their place in coding order.
#[derive(Debug, Default)]
pub(crate) struct Wavefront {
    /// Superblocks across the frame.
    cols: usize,
    /// Rows in the order in which they are taken: those of tiles side by side by turns.
    order: Vec<usize>,
    progress: Mutex<Progress>,
    moved: Condvar,
    boundaries: Vec<Mutex<Boundary>>,
}

/// A lock whose data stay sound whatever happens to the thread that holds it.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wavefront {
    /// Starts a frame of these rows.
    pub(crate) fn start(&mut self, rows: &[RowTask]) {
        self.order.clear();
        self.order.extend(0..rows.len());
        // Within a tile rows stay in order, so that the one above is always under way.
        self.order.sort_unstable_by_key(|&row| (rows[row].mi_row(), rows[row].tile));
        let last = rows.last().expect("a frame has rows");
        self.cols = last.bounds.mi_col_end.div_ceil(SB4);
        let held = HELD_ROWS * self.cols * (last.tile_row + 1);
        if self.boundaries.len() < held {
            self.boundaries.resize_with(held, || Mutex::new(Boundary::new()));
        }
        let progress = self.progress.get_mut().unwrap_or_else(PoisonError::into_inner);
        progress.done.clear();
        progress.done.resize(rows.len(), 0);
        (progress.taken, progress.waiting) = (0, 0);
        (progress.given_up, progress.failed) = (None, false);
    }

    /// Takes the next row, by its place in coding order.
    pub(crate) fn next_row(&self) -> Option<usize> {
        let mut progress = lock(&self.progress);
        while let Some(&row) = self.order.get(progress.taken) {
            progress.taken += 1;
            if !progress.is_idle(row) {
                return Some(row);
            }
        }
        None
    }

    /// Waits for what superblock `col` of row `task`, the frame's `index`th, needs of the row above
    /// and brings it into `coder`. False if nobody needs it any more.
    pub(crate) fn receive(
        &self,
        coder: &mut TileCoder<'_>,
        (index, task): (usize, &RowTask),
        col: usize,
    ) -> bool {
        let cols = task.bounds.superblocks().1;
        let needed = guaranteed(1, col, cols);
        let above = (task.row > 0).then(|| index - 1);
        let mut progress = lock(&self.progress);
        let lacks = |progress: &Progress| above.is_some_and(|above| progress.done[above] < needed);
        while lacks(&progress) && !progress.is_idle(index) {
            progress.waiting += 1;
            progress = self.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
            progress.waiting -= 1;
        }
        let idle = progress.is_idle(index);
        drop(progress);
        if idle {
            return false;
        }
        if above.is_some() {
            let first = if col == 0 { 0 } else { col + 1 };
            for other in first..needed {
                let below = MiPos::new(task.mi_row(), task.bounds.mi_col_start + other * SB4);
                lock(self.boundary(task, below)).load(coder, below);
            }
        }
        true
    }

    /// Hands down what superblock `col` of a row leaves, and counts it as done.
    pub(crate) fn hand_down(
        &self,
        coder: &TileCoder<'_>,
        (index, task): (usize, &RowTask),
        col: usize,
    ) {
        let below = MiPos::new(task.mi_row() + SB4, task.bounds.mi_col_start + col * SB4);
        if below.row < task.bounds.mi_row_end {
            lock(self.boundary(task, below)).store(coder, below);
        }
        let mut progress = lock(&self.progress);
        progress.done[index] = col + 1;
        let awaited = progress.waiting > 0;
        drop(progress);
        if awaited {
            self.moved.notify_all();
        }
    }

    /// Gives the frame up in a row: those that are coded later stop.
    pub(crate) fn give_up(&self, index: usize) {
        let mut progress = lock(&self.progress);
        progress.given_up = Some(progress.given_up.map_or(index, |last| last.min(index)));
        drop(progress);
        self.moved.notify_all();
    }

    /// Whether the frame was given up.
    pub(crate) fn is_given_up(&self) -> bool {
        lock(&self.progress).given_up.is_some()
    }

    /// The boundary above the superblock at `below`.
    fn boundary(&self, task: &RowTask, below: MiPos) -> &Mutex<Boundary> {
        let row = HELD_ROWS * task.tile_row + below.row / SB4 % HELD_ROWS;
        &self.boundaries[row * self.cols + below.col / SB4]
    }

    /// Tells the other threads, if this one panics, to wait for it no longer.
    pub(crate) fn panic_guard(&self) -> PanicGuard<'_> {
        PanicGuard(self)
    }
}

/// Held while a thread takes part.
pub(crate) struct PanicGuard<'a>(&'a Wavefront);

impl PanicGuard<'_> {
    /// The thread has done its part.
    pub(crate) fn cancel(self) {
        std::mem::forget(self);
    }
}

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        lock(&self.0.progress).failed = true;
        self.0.moved.notify_all();
    }
}
