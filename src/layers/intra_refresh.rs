//! Rolling intra refresh: each frame codes some rows without what came before, so that after a sweep from
//! top to bottom no picture depends on what was lost before it, whoever tells of losses or not.
//!
//! A sweep has so many frames. Its rows are *clean*: they depend on nothing from before the sweep. They
//! are predicted within the frame, or from rows of other frames that are clean in the same sweep; all
//! others from rows that are clean in the sweep before. So what a frame shows is clean in the sweep
//! before its own, and the last frame of a sweep, and all that follow it, in that sweep too.
//!
//! In-loop filters carry samples over the last clean row, so of a frame that others refer to fewer rows
//! are clean than were coded so. The upper edge of a picture is no border: rows above it repeat the
//! first. Parsing a frame depends on no other, as none has a primary reference frame, motion vectors
//! from references, or several references for a block (AV1 specification, 7.9, 7.20, 7.21).

use super::FramePlan;
use crate::av1::obu::frame::NUM_REF_FRAMES;

/// Luma rows that in-loop filters carry what lies below a border up, in whole blocks of 8: deblocking
/// changes 6 rows of luma and 2 of chroma (7.14.2), and CDEF goes by all 8 rows of a block and looks 2
/// further (7.15), of chroma 4 and 2. That makes 10 of luma and 12 by chroma.
const FILTER_REACH: u32 = 16;
/// Luma rows in which borders lie.
const UNIT: u32 = 8;
/// What counts as rows where all are clean.
pub(crate) const ALL_ROWS: u32 = u32::MAX;

/// What a frame may be predicted from, in luma rows from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CleanRows {
    /// So many are to be clean in the sweep at hand, a multiple of 8, or [`ALL_ROWS`].
    pub(crate) rows: u32,
    /// So many of each reference by name (1 to 7) may be used for them.
    pub(crate) above: [u32; 8],
    /// The same for the others.
    pub(crate) below: [u32; 8],
}

/// How far the sweep is, and what the slots hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntraRefresh {
    /// Frames of a sweep.
    period: u32,
    /// Luma rows of the picture, in [`UNIT`]s.
    units: u32,
    /// Frames of the sweep so far.
    frames: u32,
    /// Rows of each slot that are clean in the sweep before, and in that at hand.
    slots: [[u32; 2]; NUM_REF_FRAMES],
}

impl IntraRefresh {
    /// Sweeps of so many frames over pictures of so many luma rows. The first frame is a key frame.
    pub(crate) fn new(period: u32, height: u32) -> Self {
        let units = height.div_ceil(UNIT);
        Self { period, units, frames: 0, slots: [[0; 2]; NUM_REF_FRAMES] }
    }

    /// The rows that the next frame of the sweep codes clean.
    fn rows(&self) -> u32 {
        let units = u64::from(self.units) * u64::from(self.frames + 1) / u64::from(self.period);
        if units < u64::from(self.units) { units as u32 * UNIT } else { ALL_ROWS }
    }

    /// What the frame of `plan` may be predicted from; `None` of a key frame, for which it is nothing.
    pub(crate) fn clean_rows(&self, plan: &FramePlan) -> Option<CleanRows> {
        let of = |sweep: usize| {
            std::array::from_fn(|name| {
                let slot = name.checked_sub(1).map(|index| usize::from(plan.reads[index]));
                slot.map_or(0, |slot| self.slots[slot][sweep])
            })
        };
        (!plan.key_frame).then(|| CleanRows { rows: self.rows(), above: of(1), below: of(0) })
    }

    /// The frame of `plan` was coded.
    pub(crate) fn coded(&mut self, plan: &FramePlan) {
        if plan.key_frame {
            self.frames = 0;
            self.slots = [[ALL_ROWS, 0]; NUM_REF_FRAMES];
            return;
        }
        let clean = match self.rows() {
            ALL_ROWS => ALL_ROWS,
            rows => rows.saturating_sub(FILTER_REACH),
        };
        for (slot, held) in self.slots.iter_mut().enumerate() {
            if (plan.refresh >> slot) & 1 != 0 {
                *held = [ALL_ROWS, clean];
            }
        }
        self.frames += 1;
        if self.frames == self.period {
            self.frames = 0;
            self.slots = self.slots.map(|[_, clean]| [clean, 0]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ScalabilityMode;
    use crate::layers::Planner;

    #[test]
    fn a_sweep_takes_all_rows_and_what_slots_hold_follows_it() {
        let mut planner = Planner::new(ScalabilityMode::L1T1);
        let mut refresh = IntraRefresh::new(5, 50);
        let mut next = || {
            let plan = planner.next(false);
            let clean = refresh.clean_rows(&plan);
            planner.commit(&plan);
            refresh.coded(&plan);
            clean
        };
        assert_eq!(next(), None);
        // 50 rows are 7 units.
        let first: Vec<CleanRows> = (0..5).map(|_| next().unwrap()).collect();
        let rows: Vec<u32> = first.iter().map(|clean| clean.rows).collect();
        assert_eq!(rows, [8, 16, 32, 40, ALL_ROWS]);
        let last: Vec<u32> = first.iter().map(|clean| clean.above[1]).collect();
        assert_eq!(last, [0, 0, 0, 16, 24]);
        assert!(first.iter().all(|clean| clean.below[1..] == [ALL_ROWS; 7]));
        let second: Vec<CleanRows> = (0..5).map(|_| next().unwrap()).collect();
        // The frame before is whole; GOLDEN_FRAME is still the key frame.
        assert_eq!((second[0].above[1], second[0].below[1]), (0, ALL_ROWS));
        assert_eq!(second[0].below[4], 0);
        assert_eq!(second[0].below[2], 24, "the frame before the last of the sweep");
        assert_eq!(second[3].above[1], 16);
    }
}
