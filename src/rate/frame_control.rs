//! The control of one frame from within, attempt by attempt: steps of its rows, or the superblocks
//! that get coefficients where it is coded in part.

use super::tuning::partial::EMPTY;
use super::{
    Attempt, Budget, PartialFrame, Residual, RowControl, RowTarget, RowWeight, SuperblockCosts,
    Target, Used,
};
use crate::av1::tile::decider::{SuperblockChoice, SuperblockControl, SuperblockPlace};

/// What is known of an attempt when its tiles are coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// The quantizers of its rows.
    pub(crate) used: Used,
    /// The superblock at which the next frame that is coded in part resumes.
    pub(crate) resume_at: usize,
}

/// Chooses the quantizers of superblocks, in coding order over all tiles of a frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameControl {
    /// Superblocks of a frame.
    superblocks: usize,
    rows: RowControl,
    /// The row of the superblock coded last, of those of all tiles, and its quantizer index.
    row: Option<usize>,
    qindex: u8,
    partial: Option<PartialFrame>,
    /// What superblocks took at the last attempt that gave coefficients to all of them, and at the
    /// last such that was too large.
    costs: SuperblockCosts,
    costs_too_large: SuperblockCosts,
    resume_at: usize,
    /// Bits of the tiles beyond which an attempt is lost.
    ceiling: f64,
    /// Bits that an attempt that was given up would have taken.
    given_up: Option<f64>,
}

impl FrameControl {
    /// For frames of so many superblocks.
    pub(crate) fn new(superblocks: usize) -> Self {
        Self { superblocks, ..Self::default() }
    }

    #[cfg(test)]
    pub(crate) fn superblocks(&self) -> usize {
        self.superblocks
    }

    /// Starts an attempt at a frame whose headers take `header_bytes`, and whose rows of superblocks
    /// in all tiles, in coding order, hold as much as `weights` say. Later frames cannot be guessed
    /// from a key frame.
    pub(crate) fn start(
        &mut self,
        target: &Target,
        attempt: Attempt,
        header_bytes: u64,
        key_frame: bool,
        weights: impl Iterator<Item = RowWeight>,
    ) {
        let header_bits = 8.0 * header_bytes as f64;
        let most = 8.0 * target.soft_bytes as f64 - header_bits;
        let aim = (target.bits as f64 - header_bits).min(most);
        self.ceiling = 8.0 * target.max_bytes as f64 - header_bits;
        self.given_up = None;
        self.partial = (attempt.residual == Residual::SomeSuperblocks).then(|| {
            let alone = [most, self.ceiling];
            PartialFrame::new(Budget { aim, alone }, self.superblocks, self.resume_at)
        });
        if self.partial.is_none() {
            self.costs.start();
        }
        self.row = None;
        let target = RowTarget {
            qindex: attempt.qindex,
            range: target.range,
            aim,
            most,
            exact: target.exact,
            usual: !key_frame && self.partial.is_none(),
        };
        self.rows.start(&target, weights);
    }

    /// The attempt's tiles took `bits`; `too_large` is whether its unit is above what it should be.
    pub(crate) fn end(&mut self, bits: u64, too_large: bool) -> Measured {
        let used = self.rows.used();
        if let Some(partial) = &self.partial {
            return Measured { used, resume_at: partial.resume_at() };
        }
        self.costs.ends(bits);
        if too_large {
            std::mem::swap(&mut self.costs, &mut self.costs_too_large);
        }
        Measured { used, resume_at: 0 }
    }

    /// The attempt was given up: what it was coded with, and the bits that its tiles would have come
    /// to.
    pub(crate) fn given_up(&mut self) -> (Used, u64) {
        if self.partial.is_none() {
            std::mem::swap(&mut self.costs, &mut self.costs_too_large);
        }
        (self.rows.used(), self.given_up.unwrap_or(self.ceiling) as u64)
    }

    /// Whether an attempt that is lost may stop short of the end: what the next one needs to know of
    /// the superblocks' costs must be known by then. A frame in part needs them from where it resumes
    /// on, and at least one that is not too large by itself.
    fn may_give_up(&mut self, bits: u64) -> bool {
        if self.partial.is_some() {
            return true;
        }
        self.costs.ends(bits);
        let others = EMPTY * self.superblocks as f64;
        let affordable = |first: u64| first as f64 + others < self.ceiling;
        self.resume_at == 0 && self.costs.first().is_some_and(affordable)
    }

    /// The attempt that was made last, whose tiles took `bits`, is the frame: the next guess will be
    /// better for it.
    pub(crate) fn learn(&mut self, bits: u64) {
        self.rows.finish(bits);
    }

    /// The frame is sent: the next one that is coded in part resumes at this superblock.
    pub(crate) fn resume_at(&mut self, superblock: usize) {
        self.resume_at = superblock;
    }
}

impl SuperblockControl for FrameControl {
    fn superblock(&mut self, place: SuperblockPlace, bits: u64) -> Option<SuperblockChoice> {
        if bits as f64 > self.ceiling && self.may_give_up(bits) {
            self.given_up = Some(self.rows.expected(place.tile_row, bits));
            return None;
        }
        if let Some(partial) = &mut self.partial {
            let log_step = partial.log_step(&self.costs_too_large, place.index, bits);
            let qindex = self.rows.fixed_index(place.index, log_step);
            return Some(SuperblockChoice { qindex, residual: log_step.is_some() });
        }
        if self.row.replace(place.tile_row) != Some(place.tile_row) {
            self.qindex = self.rows.row(place.tile_row, bits);
        }
        self.costs.begins(self.qindex, bits);
        Some(SuperblockChoice { qindex: self.qindex, residual: true })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{QindexRange, QindexReason};
    use super::*;

    fn target(bits: u64) -> Target {
        Target {
            qindex: 100,
            range: QindexRange::default(),
            reason: QindexReason::Budget,
            bits,
            soft_bytes: bits / 4,
            max_bytes: bits / 2,
            exact: true,
            poor_bytes: 0,
        }
    }

    /// Codes a frame of rows of superblocks that cost as much as said; gives the index of each.
    fn code(control: &mut FrameControl, rows: &[&[u64]], residual: Residual) -> (Vec<u8>, u64) {
        let weights = rows.iter().map(|row| row.iter().sum::<u64>() as f64);
        control.start(&target(1000), Attempt { qindex: 100, residual }, 0, false, weights);
        let (mut bits, mut indices) = (0, Vec::new());
        for (tile_row, row) in rows.iter().enumerate() {
            for (col, cost) in row.iter().enumerate() {
                let place = SuperblockPlace { index: indices.len(), tile_row, row: 0, col };
                let choice = control.superblock(place, bits).unwrap();
                indices.push(choice.qindex);
                bits += if choice.residual { *cost } else { 5 };
            }
        }
        (indices, bits)
    }

    /// Codes 5 rows of 6 superblocks of 500 bits each, at most 1000 bytes of unit with 20 of headers;
    /// gives how many were coded, and their bits.
    fn code_below_ceiling(control: &mut FrameControl, residual: Residual) -> (usize, u64) {
        let target = Target { soft_bytes: 1000, max_bytes: 1000, ..target(4000) };
        let attempt = Attempt { qindex: 255, residual };
        control.start(&target, attempt, 20, true, [1.0; 5].into_iter());
        let mut bits = 0;
        for index in 0..30 {
            let (row, col) = (index / 6, index % 6);
            let place = SuperblockPlace { index, tile_row: row, row, col };
            let Some(choice) = control.superblock(place, bits) else { return (index, bits) };
            bits += if choice.residual { 500 } else { 5 };
        }
        (30, bits)
    }

    /// Beyond the ceiling an attempt stops, tells what it would have come to, and leaves what the next
    /// one, in part, needs to know.
    #[test]
    fn an_attempt_that_is_lost_stops_at_once() {
        let mut control = FrameControl::new(30);
        assert_eq!(code_below_ceiling(&mut control, Residual::Normal), (16, 8000));
        let (_, expected) = control.given_up();
        assert!((12_000..=15_000).contains(&expected), "{expected}");
        let (coded, bits) = code_below_ceiling(&mut control, Residual::SomeSuperblocks);
        assert!(coded == 30 && (3000..=4000).contains(&bits), "{coded} {bits}");
        let resume_at = control.end(bits, false).resume_at;
        assert!((6..10).contains(&resume_at), "{resume_at}");
        // What is coded from there on has to be known, so that this attempt goes to its end.
        control.resume_at(resume_at);
        assert_eq!(code_below_ceiling(&mut control, Residual::Normal), (30, 15_000));
    }

    /// Two tiles side by side, three rows each: six rows in coding order, one quantizer each.
    #[test]
    fn rows_of_all_tiles_follow_one_another() {
        let mut control = FrameControl::new(18);
        let rows: [&[u64]; 6] = [&[90; 4], &[90; 4], &[90; 4], &[90; 2], &[90; 2], &[90; 2]];
        let (indices, bits) = code(&mut control, &rows, Residual::Normal);
        assert_eq!(indices.len(), 18);
        let mut rest = &indices[..];
        for row in rows {
            let (row, after) = rest.split_at(row.len());
            assert!(row.iter().all(|index| *index == row[0]), "{indices:?}");
            rest = after;
        }
        // Too much from the first row on: every row is coarser than the one before, over both tiles.
        assert!(indices.windows(2).all(|pair| pair[0] <= pair[1]), "{indices:?}");
        assert!(indices[16] > indices[8] && indices[4] > indices[0], "{indices:?}");
        let measured = control.end(bits, true);
        assert_eq!((measured.used.least, measured.used.greatest), (100, indices[17]));
    }

    /// Where one frame in part stops, in any tile, the next resumes.
    #[test]
    fn parts_go_through_all_tiles() {
        let mut control = FrameControl::new(10);
        let rows: [&[u64]; 4] = [&[300; 3], &[300; 3], &[300; 2], &[300; 2]];
        let (_, bits) = code(&mut control, &rows, Residual::Normal);
        control.end(bits, true);
        let mut seen = Vec::new();
        for _ in 0..4 {
            let (_, bits) = code(&mut control, &rows, Residual::SomeSuperblocks);
            assert!(bits <= 1000, "{bits}");
            let Measured { resume_at, .. } = control.end(bits, false);
            control.resume_at(resume_at);
            seen.push(resume_at);
        }
        assert_eq!(seen, [3, 6, 9, 0]);
    }
}
