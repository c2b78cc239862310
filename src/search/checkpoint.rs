//! Ways of coding an area, tried one after the other: the state before them, to return to, and the
//! state after one, to take up again.

use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::{MiPos, Rect};
use crate::av1::tile::context::TileSnapshot;
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::symbol::Record;
use crate::av1::types::BlockSize;
use crate::frame::padded::PaddedPlane;

/// The state before an area is coded: what coding it changes besides the area itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkpoint {
    /// Contexts of the tile around the superblock.
    context: TileSnapshot,
    /// Records of the tile so far.
    records: usize,
}

impl Checkpoint {
    /// Saves the state before the area at `pos`.
    pub(super) fn save(&mut self, coder: &TileCoder<'_>, records: &[Record], pos: MiPos) {
        coder.context.save(pos.col & !15, &mut self.context);
        self.records = records.len();
    }

    /// Returns to it: the area of `size` is as if it had never been coded.
    pub(super) fn restore(
        &self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
        size: BlockSize,
    ) {
        coder.context.restore(pos.col & !15, &self.context);
        records.truncate(self.records);
        coder.grid.fill(pos, size, ModeInfo::uncoded());
        coder.set_decoded(pos, size, false);
    }
}

/// An area as one way of coding left it.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    /// Contexts of the tile around the superblock.
    context: TileSnapshot,
    /// Records of the area.
    records: Vec<Record>,
    /// Its mode records inside the frame, row by row.
    cells: Vec<ModeInfo>,
    /// Its reconstruction, row by row.
    planes: [Vec<u8>; 3],
}

impl Snapshot {
    /// Saves the state after the area of `size` at `pos` was coded from `checkpoint` on.
    pub(super) fn save(
        &mut self,
        coder: &TileCoder<'_>,
        records: &[Record],
        checkpoint: &Checkpoint,
        pos: MiPos,
        size: BlockSize,
    ) {
        coder.context.save(pos.col & !15, &mut self.context);
        self.records.clear();
        self.records.extend_from_slice(&records[checkpoint.records..]);
        self.cells.clear();
        let cols = size.width4().min(coder.grid.mi_cols - pos.col);
        for row in pos.row..(pos.row + size.height4()).min(coder.grid.mi_rows) {
            self.cells.extend_from_slice(&coder.grid.row(row)[pos.col..pos.col + cols]);
        }
        for (plane, (kept, recon)) in self.planes.iter_mut().zip(coder.recon.iter()).enumerate() {
            copy_out(kept, recon, Rect::of_block(plane, pos, size));
        }
    }

    /// Puts that state in place, from the checkpoint that it began with.
    pub(super) fn restore(
        &self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
        size: BlockSize,
    ) {
        coder.context.restore(pos.col & !15, &self.context);
        records.extend_from_slice(&self.records);
        let cols = size.width4().min(coder.grid.mi_cols - pos.col);
        let rows = pos.row..(pos.row + size.height4()).min(coder.grid.mi_rows);
        for (row, cells) in rows.zip(self.cells.chunks(cols)) {
            coder.grid.row_mut(row)[pos.col..pos.col + cols].copy_from_slice(cells);
        }
        for (plane, (kept, recon)) in self.planes.iter().zip(coder.recon.iter_mut()).enumerate() {
            copy_in(kept, recon, Rect::of_block(plane, pos, size));
        }
        coder.set_decoded(pos, size, true);
    }
}

/// Copies an area's samples out of a plane, one row behind the other.
pub(super) fn copy_out(kept: &mut Vec<u8>, plane: &PaddedPlane, rect: Rect) {
    kept.clear();
    for row in rect.y..rect.y + rect.h {
        kept.extend_from_slice(plane.row(rect.x as isize, row as isize, rect.w));
    }
}

/// Copies them back.
pub(super) fn copy_in(kept: &[u8], plane: &mut PaddedPlane, rect: Rect) {
    for (row, kept) in (rect.y..rect.y + rect.h).zip(kept.chunks(rect.w)) {
        plane.row_mut(rect.x as isize, row as isize, rect.w).copy_from_slice(kept);
    }
}
