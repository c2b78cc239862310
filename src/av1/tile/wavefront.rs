//! The wavefront of several threads over a tile: each decides whole rows of superblocks, behind the
//! row above by as much as that row's superblocks are read.
//!
//! A superblock depends on the row above up to the next superblock to the right: intra edges
//! (7.11.2) and vector candidates (7.10.2) reach no farther, contexts less far.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{MiPos, SB4};
use crate::av1::tile::context::AboveSnapshot;
use crate::av1::tile::executor::TileCoder;

/// Rows of mode records handed down; 7.10.2 reads the sixth above a block at most.
const MODE_ROWS: usize = 8;
/// Rows whose lower boundaries are held: when a superblock is done, nobody needs the boundary two
/// rows above it any more, since the row between was ahead of it.
const HELD_ROWS: usize = 2;

/// What a superblock leaves for the row below.
#[derive(Clone, Debug)]
struct Boundary {
    /// The last row of samples by plane, before any filter.
    samples: [[u8; 64]; 3],
    /// Mode records of the last rows.
    modes: [[ModeInfo; SB4]; MODE_ROWS],
    contexts: AboveSnapshot,
}

impl Boundary {
    fn new() -> Self {
        Self {
            samples: [[0; 64]; 3],
            modes: [[ModeInfo::default(); SB4]; MODE_ROWS],
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
        for (modes, row) in self.modes.iter_mut().zip(below.row - MODE_ROWS..) {
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
        for (modes, row) in self.modes.iter().zip(below.row - MODE_ROWS..) {
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

/// How far the rows of a tile are.
#[derive(Debug, Default)]
struct Progress {
    /// The first row that nobody has taken.
    next_row: usize,
    /// Superblocks done by row.
    done: Vec<usize>,
    /// Threads that wait for others.
    waiting: usize,
    /// Whether a thread panicked.
    failed: bool,
}

/// Rows and columns here are those of superblocks, counted from the tile's first.
#[derive(Debug, Default)]
pub(crate) struct Wavefront {
    cols: usize,
    progress: Mutex<Progress>,
    moved: Condvar,
    boundaries: Vec<Mutex<Boundary>>,
}

/// A lock whose data stay sound whatever happens to the thread that holds it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wavefront {
    /// Room for frames of `cols` superblocks across.
    pub(crate) fn new(cols: usize) -> Self {
        let boundaries = (0..HELD_ROWS * cols).map(|_| Mutex::new(Boundary::new())).collect();
        Self { boundaries, ..Self::default() }
    }

    /// Starts a tile of `rows` × `cols` superblocks.
    pub(crate) fn start(&mut self, rows: usize, cols: usize) {
        debug_assert!(HELD_ROWS * cols <= self.boundaries.len());
        self.cols = cols;
        let progress = self.progress.get_mut().unwrap_or_else(PoisonError::into_inner);
        progress.done.clear();
        progress.done.resize(rows, 0);
        (progress.next_row, progress.waiting, progress.failed) = (0, 0, false);
    }

    /// Takes the next row; rows are taken in order, so that the one above is always under way.
    pub(crate) fn next_row(&self) -> Option<usize> {
        let mut progress = lock(&self.progress);
        let row = progress.next_row;
        (row < progress.done.len() && !progress.failed).then(|| {
            progress.next_row += 1;
            row
        })
    }

    /// Waits for what the superblock at (`row`, `col`) needs of the row above and brings it into
    /// `coder`, where the superblock is at `pos`. False if it will never come,
    /// because a thread has panicked.
    pub(crate) fn receive(
        &self,
        coder: &mut TileCoder<'_>,
        (row, col): (usize, usize),
        pos: MiPos,
    ) -> bool {
        let Some(above) = row.checked_sub(1) else { return true };
        let needed = (col + 2).min(self.cols);
        let mut progress = lock(&self.progress);
        while progress.done[above] < needed && !progress.failed {
            progress.waiting += 1;
            progress = self.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
            progress.waiting -= 1;
        }
        let failed = progress.failed;
        drop(progress);
        if failed {
            return false;
        }
        let first = if col == 0 { 0 } else { col + 1 };
        for other in first..needed {
            lock(self.boundary(above, other)).load(coder, pos.offset(0, (other - col) * SB4));
        }
        true
    }

    /// Hands down what the superblock at (`row`, `col`) leaves, and counts it as done.
    pub(crate) fn hand_down(&self, coder: &TileCoder<'_>, (row, col): (usize, usize), pos: MiPos) {
        if pos.row + SB4 < coder.tile.mi_row_end {
            lock(self.boundary(row, col)).store(coder, pos.offset(SB4, 0));
        }
        let mut progress = lock(&self.progress);
        progress.done[row] = col + 1;
        let awaited = progress.waiting > 0;
        drop(progress);
        if awaited {
            self.moved.notify_all();
        }
    }

    fn boundary(&self, row: usize, col: usize) -> &Mutex<Boundary> {
        &self.boundaries[row % HELD_ROWS * self.cols + col]
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
