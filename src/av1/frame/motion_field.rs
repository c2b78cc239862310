//! Motion fields: the vectors a frame leaves behind (7.19) and their projection onto the next
//! frames (7.9).

use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::tables::blocks::DIV_MULT;
use crate::av1::types::{ALTREF_FRAME, INTRA_FRAME, LAST_FRAME, Mv, NONE, RefFrame};

/// The vector of a hole in the field (7.9.1).
pub(crate) const INVALID_MV: Mv = Mv::new(-32768, -32768);
/// `REFMVS_LIMIT`, in 1/8 samples.
const REFMVS_LIMIT: u16 = (1 << 12) - 1;
/// `MAX_FRAME_DISTANCE`.
const MAX_FRAME_DISTANCE: i32 = 31;
/// `MFMV_STACK_SIZE`.
const MFMV_STACK_SIZE: i32 = 3;
/// `MAX_OFFSET_WIDTH`, in 8×8 units; the height's is 0.
const MAX_OFFSET_WIDTH: i32 = 8;
/// `MAX_OFFSET_HEIGHT`, in 8×8 units.
const MAX_OFFSET_HEIGHT: i32 = 0;

/// Order hints and their arithmetic (5.9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OrderHints {
    /// `OrderHintBits`; 0 if `enable_order_hint` is 0.
    pub(crate) bits: u32,
    /// `OrderHint` of the current frame.
    pub(crate) current: u32,
    /// `OrderHints`, by reference frame (1 to 7).
    pub(crate) refs: [u32; 8],
}

impl OrderHints {
    /// 5.9.3 `get_relative_dist`.
    pub(crate) fn relative_dist(&self, a: u32, b: u32) -> i32 {
        if self.bits == 0 {
            return 0;
        }
        let diff = a as i32 - b as i32;
        let m = 1 << (self.bits - 1);
        (diff & (m - 1)) - (diff & m)
    }

    /// `RefFrameSignBias` (5.9.2).
    pub(crate) fn sign_bias(&self) -> [bool; 8] {
        std::array::from_fn(|r| r > 0 && self.relative_dist(self.refs[r], self.current) > 0)
    }
}

/// The vectors of a coded frame at the odd 4×4 positions (7.19), with what projection needs to know.
#[derive(Clone, Debug, Default)]
pub(crate) struct SavedMotion {
    /// 8×8 units across.
    w8: usize,
    /// 8×8 units down.
    h8: usize,
    /// Whether the frame was KEY or INTRA_ONLY.
    intra: bool,
    /// `SavedOrderHints`.
    order_hints: [u32; 8],
    cells: Vec<(Mv, RefFrame)>,
}

impl SavedMotion {
    /// 7.19 motion field motion vector storage process.
    pub(crate) fn store(&mut self, grid: &ModeInfoGrid, hints: &OrderHints, intra: bool) {
        self.w8 = grid.mi_cols >> 1;
        self.h8 = grid.mi_rows >> 1;
        self.intra = intra;
        self.order_hints = hints.refs;
        let past: [bool; 8] =
            std::array::from_fn(|r| r > 0 && hints.relative_dist(hints.refs[r], hints.current) < 0);
        let limit = |mv: Mv| mv.row.unsigned_abs().max(mv.col.unsigned_abs()) <= REFMVS_LIMIT;
        self.cells.clear();
        for row in (1..grid.mi_rows).step_by(2) {
            self.cells.extend(grid.row(row).iter().skip(1).step_by(2).map(|info| {
                (0..2)
                    .rev()
                    .map(|list| (info.mv[list], info.ref_frame[list]))
                    .find(|&(mv, r)| r > INTRA_FRAME && past[r as usize] && limit(mv))
                    .unwrap_or((Mv::default(), NONE))
            }));
        }
    }
}

/// `MotionFieldMvs`: a vector for each reference frame and 8×8 unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct MotionField {
    w8: usize,
    mvs: [Vec<Mv>; 8],
}

impl MotionField {
    /// The vector toward `reference` at 8×8 unit (`y8`, `x8`), or [`INVALID_MV`].
    pub(crate) fn at(&self, reference: RefFrame, y8: usize, x8: usize) -> Mv {
        self.mvs[reference as usize][y8 * self.w8 + x8]
    }

    /// 7.9.1 motion field estimation process. `saved` holds the motion of each reference frame
    /// (1 to 7) of the current frame.
    pub(crate) fn estimate(
        &mut self,
        w8: usize,
        h8: usize,
        hints: &OrderHints,
        saved: [&SavedMotion; 8],
    ) {
        self.w8 = w8;
        for plane in &mut self.mvs[1..] {
            plane.clear();
            plane.resize(w8 * h8, INVALID_MV);
        }
        let last_alt = saved[LAST_FRAME as usize].order_hints[ALTREF_FRAME as usize];
        if last_alt != hints.refs[4] {
            self.project(h8, hints, saved[1], LAST_FRAME, -1);
        }
        let mut ref_stamp = MFMV_STACK_SIZE - 2;
        for source in [5, 6, 7] {
            let ahead = hints.relative_dist(hints.refs[source], hints.current) > 0;
            if ahead && (source < 7 || ref_stamp >= 0) {
                let done = self.project(h8, hints, saved[source], source as RefFrame, 1);
                ref_stamp -= i32::from(done);
            }
        }
        if ref_stamp >= 0 {
            self.project(h8, hints, saved[2], 2, -1);
        }
    }

    /// 7.9.2 projection process.
    fn project(
        &mut self,
        h8: usize,
        hints: &OrderHints,
        saved: &SavedMotion,
        source: RefFrame,
        dst_sign: i32,
    ) -> bool {
        if saved.w8 != self.w8 || saved.h8 != h8 || saved.intra {
            return false;
        }
        let source_hint = hints.refs[source as usize];
        let ref_to_cur = hints.relative_dist(source_hint, hints.current);
        if ref_to_cur.abs() > MAX_FRAME_DISTANCE {
            return true;
        }
        for y8 in 0..h8 {
            for x8 in 0..self.w8 {
                let (mv, source_ref) = saved.cells[y8 * self.w8 + x8];
                if source_ref <= INTRA_FRAME {
                    continue;
                }
                let ref_offset =
                    hints.relative_dist(source_hint, saved.order_hints[source_ref as usize]);
                if !(1..=MAX_FRAME_DISTANCE).contains(&ref_offset) {
                    continue;
                }
                let projected = project_mv(mv, ref_to_cur * dst_sign, ref_offset);
                let y = position(y8, projected.row, dst_sign, h8, MAX_OFFSET_HEIGHT);
                let x = position(x8, projected.col, dst_sign, self.w8, MAX_OFFSET_WIDTH);
                let (Some(y), Some(x)) = (y, x) else { continue };
                for destination in LAST_FRAME as usize..=ALTREF_FRAME as usize {
                    let ref_to_dst = hints.relative_dist(hints.current, hints.refs[destination]);
                    self.mvs[destination][y * self.w8 + x] = project_mv(mv, ref_to_dst, ref_offset);
                }
            }
        }
        true
    }
}

/// 7.9.3 get MV projection process.
fn project_mv(mv: Mv, numerator: i32, denominator: i32) -> Mv {
    let denominator = denominator.min(MAX_FRAME_DISTANCE);
    let numerator = numerator.clamp(-MAX_FRAME_DISTANCE, MAX_FRAME_DISTANCE);
    let factor = numerator * i32::from(DIV_MULT[denominator as usize]);
    let project = |v: i16| {
        let product = i32::from(v) * factor;
        let scaled = (product.abs() + (1 << 13)) >> 14;
        (scaled * product.signum()).clamp(-(1 << 14) + 1, (1 << 14) - 1) as i16
    };
    Mv::new(project(mv.row), project(mv.col))
}

/// 7.9.4 get block position process, in one direction.
fn position(v8: usize, delta: i16, dst_sign: i32, max8: usize, max_offset: i32) -> Option<usize> {
    let base8 = (v8 >> 3 << 3) as i32;
    let offset8 = i32::from(delta.unsigned_abs() >> 6) * i32::from(delta.signum());
    let v = v8 as i32 + dst_sign * offset8;
    let valid =
        (0..max8 as i32).contains(&v) && v >= base8 - max_offset && v < base8 + 8 + max_offset;
    valid.then_some(v as usize)
}
