//! What block syntax remembers along a tile besides the mode records: contexts above and to the
//! left (5.11.2, 5.11.39), and whether `cdef_idx` and the quantizer index are coded.

use crate::av1::geometry::{MiPos, SB4};
use crate::av1::types::BlockSize;

/// Contexts of one plane, above (by column of the frame) or left (by row within the superblock).
#[derive(Clone, Debug, Default)]
struct PlaneContexts {
    above_level: Vec<u8>,
    above_dc: Vec<u8>,
    left_level: [u8; SB4],
    left_dc: [u8; SB4],
}

/// The state of a tile between blocks.
#[derive(Clone, Debug, Default)]
pub(crate) struct TileContext {
    planes: [PlaneContexts; 3],
    above_seg_pred: Vec<u8>,
    left_seg_pred: [u8; SB4],
    /// Whether `cdef_idx` of this superblock was coded.
    pub(crate) cdef_coded: bool,
    /// `ReadDeltas`.
    pub(crate) read_deltas: bool,
}

/// The contexts above a superblock, or those it leaves for the one below.
#[derive(Clone, Debug, Default)]
pub(crate) struct AboveSnapshot {
    planes: [[[u8; SB4]; 2]; 3],
    seg_pred: [u8; SB4],
}

/// The contexts of a superblock's area, to return to after a trial.
#[derive(Clone, Debug, Default)]
pub(crate) struct TileSnapshot {
    above: AboveSnapshot,
    left: [[[u8; SB4]; 2]; 3],
    left_seg_pred: [u8; SB4],
    cdef_coded: bool,
    read_deltas: bool,
}

/// The span of a transform or block in one direction, in 4×4 units of a plane, cut at the frame's
/// edge for reading.
fn cut(start: usize, len: usize, end: usize) -> std::ops::Range<usize> {
    start..(start + len).min(end).max(start)
}

impl TileContext {
    /// Makes room for frames of `mi_cols` columns.
    pub(crate) fn resize(&mut self, mi_cols: usize) {
        let len = mi_cols.next_multiple_of(SB4) + SB4;
        for plane in &mut self.planes {
            plane.above_level.resize(len, 0);
            plane.above_dc.resize(len, 0);
        }
        self.above_seg_pred.resize(len, 0);
    }

    /// Start of a tile (5.11.2 `clear_above_context`).
    pub(crate) fn start_tile(&mut self) {
        for plane in &mut self.planes {
            plane.above_level.fill(0);
            plane.above_dc.fill(0);
        }
        self.above_seg_pred.fill(0);
    }

    /// Start of a row of superblocks (5.11.2 `clear_left_context`).
    pub(crate) fn start_row(&mut self) {
        for plane in &mut self.planes {
            plane.left_level.fill(0);
            plane.left_dc.fill(0);
        }
        self.left_seg_pred.fill(0);
    }

    /// Start of a superblock (5.11.2, 5.11.55 `clear_cdef`).
    pub(crate) fn start_superblock(&mut self, delta_q_present: bool) {
        self.cdef_coded = false;
        self.read_deltas = delta_q_present;
    }

    /// `seg_id_predicted` of the neighbours (8.3.2), 0 to 2.
    pub(crate) fn seg_pred_ctx(&self, pos: MiPos) -> usize {
        usize::from(self.left_seg_pred[pos.row % SB4] + self.above_seg_pred[pos.col])
    }

    /// Sets `AboveSegPredContext` and `LeftSegPredContext` (5.11.19).
    pub(crate) fn set_seg_pred(&mut self, pos: MiPos, size: BlockSize, on: bool) {
        self.above_seg_pred[pos.col..pos.col + size.width4()].fill(u8::from(on));
        self.left_seg_pred[pos.row % SB4..][..size.height4()].fill(u8::from(on));
    }

    /// 5.11.5 `reset_block_context`, for blocks of at least 8×8 in 4:2:0.
    pub(crate) fn reset_block(&mut self, pos: MiPos, size: BlockSize) {
        for (p, plane) in self.planes.iter_mut().enumerate() {
            let shift = usize::from(p > 0);
            let (w4, h4) = (size.width4() >> shift, size.height4() >> shift);
            let (x4, y4) = (pos.col >> shift, (pos.row % SB4) >> shift);
            plane.above_level[x4..x4 + w4].fill(0);
            plane.above_dc[x4..x4 + w4].fill(0);
            plane.left_level[y4..y4 + h4].fill(0);
            plane.left_dc[y4..y4 + h4].fill(0);
        }
    }

    /// Sets the level and DC contexts of a transform block (end of 5.11.39).
    pub(crate) fn set_levels(
        &mut self,
        plane: usize,
        (x4, y4): (usize, usize),
        (w4, h4): (usize, usize),
        level: u8,
        dc: u8,
    ) {
        let y4 = y4 % (SB4 >> usize::from(plane > 0));
        let p = &mut self.planes[plane];
        p.above_level[x4..x4 + w4].fill(level);
        p.above_dc[x4..x4 + w4].fill(dc);
        p.left_level[y4..y4 + h4].fill(level);
        p.left_dc[y4..y4 + h4].fill(dc);
    }

    /// The greatest level contexts above and to the left, and the union of level and DC contexts
    /// (`all_zero`, 8.3.2); `max` is the frame's extent in units of the plane.
    pub(crate) fn levels(
        &self,
        plane: usize,
        (x4, y4): (usize, usize),
        (w4, h4): (usize, usize),
        max: (usize, usize),
    ) -> (u8, u8, bool, bool) {
        let p = &self.planes[plane];
        let row0 = y4 % (SB4 >> usize::from(plane > 0));
        let above = cut(x4, w4, max.0);
        let left = row0..row0 + cut(y4, h4, max.1).len();
        let top = p.above_level[above.clone()].iter().copied().max().unwrap_or(0);
        let side = p.left_level[left.clone()].iter().copied().max().unwrap_or(0);
        let any_above = top != 0 || p.above_dc[above].iter().any(|&d| d != 0);
        let any_left = side != 0 || p.left_dc[left].iter().any(|&d| d != 0);
        (top, side, any_above, any_left)
    }

    /// The context of `dc_sign` (8.3.2).
    pub(crate) fn dc_sign_ctx(
        &self,
        plane: usize,
        (x4, y4): (usize, usize),
        (w4, h4): (usize, usize),
        max: (usize, usize),
    ) -> usize {
        let p = &self.planes[plane];
        let row0 = y4 % (SB4 >> usize::from(plane > 0));
        let above = &p.above_dc[cut(x4, w4, max.0)];
        let left = &p.left_dc[row0..row0 + cut(y4, h4, max.1).len()];
        let sum: i32 = above.iter().chain(left).map(|&dc| [0, -1, 1][usize::from(dc)]).sum();
        match sum {
            0 => 0,
            s if s < 0 => 1,
            _ => 2,
        }
    }

    /// Remembers the contexts of the superblock that starts at column `mi_col`.
    pub(crate) fn save(&self, mi_col: usize, snapshot: &mut TileSnapshot) {
        self.save_above(mi_col, &mut snapshot.above);
        for (left, plane) in snapshot.left.iter_mut().zip(&self.planes) {
            *left = [plane.left_level, plane.left_dc];
        }
        snapshot.left_seg_pred = self.left_seg_pred;
        snapshot.cdef_coded = self.cdef_coded;
        snapshot.read_deltas = self.read_deltas;
    }

    /// Returns to what [`save`](Self::save) remembered.
    pub(crate) fn restore(&mut self, mi_col: usize, snapshot: &TileSnapshot) {
        self.restore_above(mi_col, &snapshot.above);
        for (plane, left) in self.planes.iter_mut().zip(&snapshot.left) {
            [plane.left_level, plane.left_dc] = *left;
        }
        self.left_seg_pred = snapshot.left_seg_pred;
        self.cdef_coded = snapshot.cdef_coded;
        self.read_deltas = snapshot.read_deltas;
    }

    /// Remembers the contexts above in the superblock that starts at column `mi_col`.
    pub(crate) fn save_above(&self, mi_col: usize, snapshot: &mut AboveSnapshot) {
        for (p, plane) in self.planes.iter().enumerate() {
            let (x4, n) = (mi_col >> usize::from(p > 0), SB4 >> usize::from(p > 0));
            snapshot.planes[p][0][..n].copy_from_slice(&plane.above_level[x4..x4 + n]);
            snapshot.planes[p][1][..n].copy_from_slice(&plane.above_dc[x4..x4 + n]);
        }
        snapshot.seg_pred.copy_from_slice(&self.above_seg_pred[mi_col..mi_col + SB4]);
    }

    /// Puts in place what [`save_above`](Self::save_above) remembered.
    pub(crate) fn restore_above(&mut self, mi_col: usize, snapshot: &AboveSnapshot) {
        for (p, plane) in self.planes.iter_mut().enumerate() {
            let (x4, n) = (mi_col >> usize::from(p > 0), SB4 >> usize::from(p > 0));
            plane.above_level[x4..x4 + n].copy_from_slice(&snapshot.planes[p][0][..n]);
            plane.above_dc[x4..x4 + n].copy_from_slice(&snapshot.planes[p][1][..n]);
        }
        self.above_seg_pred[mi_col..mi_col + SB4].copy_from_slice(&snapshot.seg_pred);
    }
}
