//! Ways of coding an area, tried one after the other: the state before them, to return to, and the
//! outcome of one, to take up again.

use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::tile::context::TileSnapshot;
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::symbol::Record;
use crate::av1::types::{BlockSize, NONE};
use crate::frame::padded::PaddedPlane;

/// What coding an area changes besides the area itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    context: TileSnapshot,
    records: usize,
}

impl Before {
    /// Notes the state before the area at (`mi_row`, `mi_col`).
    pub(crate) fn note(&mut self, coder: &TileCoder<'_>, records: &[Record], mi_col: usize) {
        coder.context.save(mi_col & !15, &mut self.context);
        self.records = records.len();
    }

    /// Returns to it: the area of `size` is as if it had never been coded.
    pub(crate) fn rewind(
        &self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        (mi_row, mi_col): (usize, usize),
        size: BlockSize,
    ) {
        coder.context.restore(mi_col & !15, &self.context);
        records.truncate(self.records);
        let uncoded = ModeInfo { ref_frame: [NONE, NONE], ..ModeInfo::default() };
        coder.grid.fill(mi_row, mi_col, size, uncoded);
        coder.set_decoded(mi_row, mi_col, size, false);
    }
}

/// An area as one way of coding left it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    context: TileSnapshot,
    records: Vec<Record>,
    cells: Vec<ModeInfo>,
    planes: [Vec<u8>; 3],
}

impl Outcome {
    /// Keeps the state after the area of `size` at (`mi_row`, `mi_col`) was coded.
    pub(crate) fn keep(
        &mut self,
        coder: &TileCoder<'_>,
        records: &[Record],
        before: &Before,
        (mi_row, mi_col): (usize, usize),
        size: BlockSize,
    ) {
        coder.context.save(mi_col & !15, &mut self.context);
        self.records.clear();
        self.records.extend_from_slice(&records[before.records..]);
        self.cells.clear();
        let cols = size.width4().min(coder.grid.mi_cols - mi_col);
        for row in mi_row..(mi_row + size.height4()).min(coder.grid.mi_rows) {
            self.cells.extend_from_slice(&coder.grid.row(row)[mi_col..mi_col + cols]);
        }
        for (plane, (kept, recon)) in self.planes.iter_mut().zip(coder.recon.iter()).enumerate() {
            copy_out(kept, recon, samples(plane, mi_row, mi_col, size));
        }
    }

    /// Puts that state in place, from the state before it.
    pub(crate) fn take_up(
        &self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        (mi_row, mi_col): (usize, usize),
        size: BlockSize,
    ) {
        coder.context.restore(mi_col & !15, &self.context);
        records.extend_from_slice(&self.records);
        let cols = size.width4().min(coder.grid.mi_cols - mi_col);
        let rows = mi_row..(mi_row + size.height4()).min(coder.grid.mi_rows);
        for (row, cells) in rows.zip(self.cells.chunks(cols)) {
            coder.grid.row_mut(row)[mi_col..mi_col + cols].copy_from_slice(cells);
        }
        for (plane, (kept, recon)) in self.planes.iter().zip(coder.recon.iter_mut()).enumerate() {
            copy_in(kept, recon, samples(plane, mi_row, mi_col, size));
        }
        coder.set_decoded(mi_row, mi_col, size, true);
    }
}

/// Left, top, width and height of an area in samples of a plane.
pub(crate) fn samples(
    plane: usize,
    mi_row: usize,
    mi_col: usize,
    size: BlockSize,
) -> (usize, usize, usize, usize) {
    let shift = usize::from(plane > 0);
    ((mi_col * 4) >> shift, (mi_row * 4) >> shift, size.width() >> shift, size.height() >> shift)
}

/// Copies an area's samples out of a plane, one row behind the other.
pub(crate) fn copy_out(
    kept: &mut Vec<u8>,
    plane: &PaddedPlane,
    (x, y, w, h): (usize, usize, usize, usize),
) {
    kept.clear();
    for row in y..y + h {
        kept.extend_from_slice(plane.row(x as isize, row as isize, w));
    }
}

/// Copies them back.
pub(crate) fn copy_in(
    kept: &[u8],
    plane: &mut PaddedPlane,
    (x, y, w, h): (usize, usize, usize, usize),
) {
    for (row, kept) in (y..y + h).zip(kept.chunks(w)) {
        plane.row_mut(x as isize, row as isize, w).copy_from_slice(kept);
    }
}
