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
    kept.resize(rect.w * rect.h, 0);
    let from = &plane.data[plane.index(rect.x as isize, rect.y as isize)..];
    copy_rows((kept, rect.w), (from, plane.stride), (rect.w, rect.h));
}

/// Copies them back.
pub(super) fn copy_in(kept: &[u8], plane: &mut PaddedPlane, rect: Rect) {
    let (start, stride) = (plane.index(rect.x as isize, rect.y as isize), plane.stride);
    copy_rows((&mut plane.data[start..], stride), (kept, rect.w), (rect.w, rect.h));
}

/// Copies `size` (width, height) from rows a stride apart to others.
fn copy_rows(to: (&mut [u8], usize), from: (&[u8], usize), (width, height): (usize, usize)) {
    /// Of a width that is known, so that each row takes a few moves.
    fn copy<const W: usize>(to: (&mut [u8], usize), from: (&[u8], usize), height: usize) {
        let rows = to.0.chunks_mut(to.1).zip(from.0.chunks(from.1));
        for (to, from) in rows.take(height) {
            let to = to.first_chunk_mut::<W>().expect("a row of the area");
            *to = *from.first_chunk().expect("a row of the area");
        }
    }
    match width {
        64 => copy::<64>(to, from, height),
        32 => copy::<32>(to, from, height),
        16 => copy::<16>(to, from, height),
        8 => copy::<8>(to, from, height),
        4 => copy::<4>(to, from, height),
        _ => unreachable!("{width} samples across"),
    }
}
