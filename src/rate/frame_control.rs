//! The control of one frame from within, attempt by attempt: steps of its superblocks, or those that
//! get coefficients where it is coded in part.

use std::sync::{Mutex, PoisonError};

use super::tuning::partial::EMPTY;
use super::tuning::steps::{BITS_BY_COST, CERTAIN, LEARN_BITS};
use super::{
    Attempt, Budget, PartialFrame, Residual, StepControl, StepLog, StepTarget, SuperblockCosts,
    Target, Used, Weight,
};
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::decider::{
    Control, SequentialControl, SuperblockChoice, SuperblockControl, SuperblockPlace,
};

/// What is known of an attempt when its tiles are coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// The quantizers of its superblocks.
    pub(crate) used: Used,
    /// The superblock at which the next frame that is coded in part resumes.
    pub(crate) resume_at: usize,
}

/// What is noted of an attempt on the way.
#[derive(Clone, Debug, Default)]
struct Log {
    steps: StepLog,
    /// Sum of the estimates, in 1/512 bit.
    cost: u64,
    /// Bits before the end of each superblock, in coding order, of those that are coded.
    coded: Vec<u64>,
    /// The first superblock, in coding order, at which the attempt was given up.
    given_up: Option<SuperblockPlace>,
}

/// Chooses the quantizers of superblocks.
#[derive(Debug, Default)]
pub(crate) struct FrameControl {
    /// Superblocks of a frame.
    superblocks: usize,
    steps: StepControl,
    log: Mutex<Log>,
    partial: Option<PartialFrame>,
    /// What superblocks took at the last attempt that gave coefficients to all of them, and at the
    /// last such that was too large.
    costs: SuperblockCosts,
    costs_too_large: SuperblockCosts,
    resume_at: usize,
    /// Bits of the tiles beyond which an attempt is lost.
    ceiling: f64,
    /// Bits by estimated bit, of inter and of key frames.
    bits_by_cost: [Option<f64>; 2],
    key_frame: bool,
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

    /// Starts an attempt at a frame whose headers take `header_bytes`, and whose superblocks in
    /// coding order over its tiles hold as much as `weights` say. Later frames cannot be guessed
    /// from a key frame.
    pub(crate) fn start(
        &mut self,
        target: &Target,
        attempt: Attempt,
        header_bytes: u64,
        tiles: &[TileBounds],
        (key_frame, weights): (bool, impl Iterator<Item = Weight>),
    ) {
        let header_bits = 8.0 * header_bytes as f64;
        let most = 8.0 * target.soft_bytes as f64 - header_bits;
        let aim = (target.bits as f64 - header_bits).min(most);
        self.ceiling = 8.0 * target.max_bytes as f64 - header_bits;
        self.key_frame = key_frame;
        self.partial = (attempt.residual == Residual::SomeSuperblocks).then(|| {
            let alone = [most, self.ceiling];
            PartialFrame::new(Budget { aim, alone }, self.superblocks, self.resume_at)
        });
        let target = StepTarget {
            qindex: attempt.qindex,
            range: target.range,
            aim,
            least: 8.0 * target.poor_bytes as f64 - header_bits,
            most,
            exact: target.exact,
            usual: !key_frame && self.partial.is_none(),
        };
        let log = self.log.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.steps.start(&target, tiles, weights, &mut log.steps);
        log.coded.clear();
        (log.cost, log.given_up) = (0, None);
    }

    /// What the coder of the tiles asks.
    pub(crate) fn control(&mut self) -> Control<'_> {
        match self.partial {
            Some(_) => Control::Sequential(self),
            None => Control::Wavefront(self),
        }
    }

    /// The attempt's tiles are coded; `too_large` is whether its unit is above what it should be.
    pub(crate) fn end(&mut self, too_large: bool) -> Measured {
        let log = self.log.get_mut().unwrap_or_else(PoisonError::into_inner);
        let used = Used::of(log.steps.indices()).expect("a frame has superblocks");
        if let Some(partial) = &self.partial {
            return Measured { used, resume_at: partial.resume_at() };
        }
        let bits = log.coded.last().copied().unwrap_or(0) as f64;
        let ratio = 512.0 * bits / log.cost.max(1) as f64;
        let known = &mut self.bits_by_cost[usize::from(self.key_frame)];
        *known = Some(known.map_or(ratio, |known| known + LEARN_BITS * (ratio - known)));
        self.costs.set(log.steps.indices().zip(differences(&log.coded)));
        if too_large {
            std::mem::swap(&mut self.costs, &mut self.costs_too_large);
        }
        Measured { used, resume_at: 0 }
    }

    /// The attempt was given up: what it was coded with, and the bits that its tiles would have come
    /// to.
    pub(crate) fn given_up(&mut self) -> (Used, u64) {
        let log = self.log.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = log.given_up else {
            return (Used::one(self.steps.fixed_index(None)), self.ceiling as u64);
        };
        let before = || log.steps.indices().take(place.index);
        let used = Used::of(before()).unwrap_or(Used::one(self.steps.fixed_index(None)));
        if self.partial.is_some() {
            return (used, self.ceiling as u64);
        }
        self.costs_too_large.set(before().zip(log.steps.bits().map(|bits| bits as u64)));
        let known = self.steps.known(&log.steps, place);
        (used, self.steps.expected(&known, place) as u64)
    }

    /// Whether an attempt that is lost may stop short of the end: what the next one needs to know of
    /// the superblocks' costs must be known by then. A frame in part needs them from where it resumes
    /// on, and at least one that is not too large by itself.
    fn may_give_up(&self, log: &Log, place: SuperblockPlace) -> bool {
        // Other tiles may not know what the first superblock took.
        let first = log.steps.bits().next();
        let others = EMPTY * self.superblocks as f64;
        let affordable = |first: f64| first + others < self.ceiling;
        self.resume_at == 0 && place.tile == 0 && place.index > 0 && first.is_some_and(affordable)
    }

    /// The attempt that was made last is the frame: the next guess will be better for it.
    pub(crate) fn learn(&mut self) {
        let log = self.log.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.steps.learn(&log.steps, differences(&log.coded).map(|bits| bits as f64));
    }

    /// The frame is sent: the next one that is coded in part resumes at this superblock.
    pub(crate) fn resume_at(&mut self, superblock: usize) {
        self.resume_at = superblock;
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bits of superblocks by estimated bit.
    fn bits_by_cost(&self) -> f64 {
        let key = usize::from(self.key_frame);
        self.bits_by_cost[key].unwrap_or(BITS_BY_COST[key])
    }
}

/// The bits of each superblock, from those before the end of each.
fn differences(ends: &[u64]) -> impl Iterator<Item = u64> + Clone {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    // The end of a tile may cost less than was counted before it.
    ends.iter().zip(starts).map(|(&end, start)| end.saturating_sub(start))
}

impl SuperblockControl for FrameControl {
    fn choose(&self, place: SuperblockPlace) -> Option<SuperblockChoice> {
        let mut log = self.log();
        let known = self.steps.known(&log.steps, place);
        if known.bits > CERTAIN * self.ceiling && self.may_give_up(&log, place) {
            let first = log.given_up.is_none_or(|first| place.index < first.index);
            if first {
                log.given_up = Some(place);
            }
            return None;
        }
        let qindex = self.steps.choose(&log.steps, place);
        log.steps.choose(place.index, qindex);
        Some(SuperblockChoice { qindex, residual: true })
    }

    fn decided(&self, place: SuperblockPlace, cost: u64) {
        let bits = cost as f64 / 512.0 * self.bits_by_cost();
        let mut log = self.log();
        log.cost += cost;
        self.steps.decided(&mut log.steps, place, bits);
    }

    fn coded(&self, index: usize, bits: u64) {
        let mut log = self.log();
        log.coded.truncate(index);
        log.coded.push(bits);
    }
}

impl SequentialControl for FrameControl {
    fn choose(&mut self, place: SuperblockPlace, bits: u64) -> Option<SuperblockChoice> {
        let log = self.log.get_mut().unwrap_or_else(PoisonError::into_inner);
        if bits as f64 > self.ceiling {
            log.given_up = Some(place);
            return None;
        }
        let partial = self.partial.as_mut().expect("only frames in part are sequential");
        let log_step = partial.log_step(&self.costs_too_large, place.index, bits);
        let qindex = self.steps.fixed_index(log_step);
        log.steps.choose(place.index, qindex);
        Some(SuperblockChoice { qindex, residual: log_step.is_some() })
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

    /// Tiles of rows of so many superblocks, three rows each, side by side.
    fn tiles(cols: &[usize]) -> Vec<TileBounds> {
        let mut end = 0;
        let across = cols.iter().map(|cols| {
            let mi_col_start = end;
            end += 16 * cols;
            TileBounds { mi_row_start: 0, mi_row_end: 48, mi_col_start, mi_col_end: end }
        });
        across.collect()
    }

    /// Codes a frame of superblocks that cost so many bits each, as they are estimated; gives the
    /// index of each, or how many were coded until it was given up, and the bits.
    fn code(
        control: &mut FrameControl,
        (target, attempt): (&Target, Attempt),
        tiles: &[TileBounds],
        costs: &[u64],
    ) -> Result<(Vec<u8>, u64), usize> {
        let weights = costs.iter().map(|&cost| cost as f64);
        control.start(target, attempt, 20, tiles, (false, weights));
        let (mut bits, mut indices) = (0, Vec::new());
        let mut ends = Vec::new();
        for (tile, bounds) in tiles.iter().enumerate() {
            let (rows, cols) = bounds.superblocks();
            for (row, col) in (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))) {
                let place = SuperblockPlace { index: indices.len(), tile, row, col };
                let choice = match control.control() {
                    Control::Wavefront(control) => control.choose(place),
                    Control::Sequential(control) => control.choose(place, bits),
                };
                let Some(choice) = choice else { return Err(indices.len()) };
                indices.push(choice.qindex);
                let cost = if choice.residual { costs[place.index] } else { 5 };
                if let Control::Wavefront(control) = control.control() {
                    control.decided(place, 512 * cost);
                }
                bits += cost;
                ends.push(bits);
            }
        }
        if let Control::Wavefront(control) = control.control() {
            ends.iter().enumerate().for_each(|(index, &bits)| control.coded(index, bits));
        }
        Ok((indices, bits))
    }

    const PART: Attempt = Attempt { qindex: 255, residual: Residual::SomeSuperblocks };
    const WHOLE: Attempt = Attempt { qindex: 255, residual: Residual::Normal };

    /// Beyond the ceiling an attempt stops, tells what it would have come to, and leaves what the next
    /// one, in part, needs to know.
    #[test]
    fn an_attempt_that_is_lost_stops_at_once() {
        let target = Target { soft_bytes: 1000, max_bytes: 1000, ..target(4000) };
        let tiles =
            [TileBounds { mi_row_start: 0, mi_row_end: 80, mi_col_start: 0, mi_col_end: 96 }];
        let costs = [500; 30];
        let mut control = FrameControl::new(30);
        let coded = code(&mut control, (&target, WHOLE), &tiles, &costs).unwrap_err();
        // 7840 bits are passed for certain once 19 superblocks are known, at 475 each.
        assert!((19..26).contains(&coded), "{coded}");
        let (used, expected) = control.given_up();
        assert_eq!(used, Used::one(255));
        assert!((13_000..=15_000).contains(&expected), "{expected}");
        let (_, bits) = code(&mut control, (&target, PART), &tiles, &costs).unwrap();
        assert!((3000..=4000).contains(&bits), "{bits}");
        let resume_at = control.end(false).resume_at;
        assert!((6..10).contains(&resume_at), "{resume_at}");
        // What is coded from there on has to be known, so that this attempt goes to its end.
        control.resume_at(resume_at);
        let (_, bits) = code(&mut control, (&target, WHOLE), &tiles, &costs).unwrap();
        assert_eq!(bits, 15_000);
    }

    /// Two tiles side by side, three rows each: each is led to its share of the target.
    #[test]
    fn tiles_have_their_shares() {
        let mut control = FrameControl::new(18);
        let tiles = tiles(&[4, 2]);
        let attempt = Attempt { qindex: 100, residual: Residual::Normal };
        let (indices, _) = code(&mut control, (&target(1000), attempt), &tiles, &[90; 18]).unwrap();
        // Too much from the first on: those after it are coarser, in both tiles.
        for tile in [&indices[..12], &indices[12..]] {
            assert!(tile[0] == 100 && *tile.last().unwrap() > 100, "{indices:?}");
            assert!(tile.iter().all(|&index| index >= 100), "{indices:?}");
        }
        let measured = control.end(true);
        let most = indices.iter().max().unwrap();
        assert_eq!((measured.used.least, measured.used.greatest), (100, *most));
    }

    /// Where one frame in part stops, in any tile, the next resumes.
    #[test]
    fn parts_go_through_all_tiles() {
        let mut control = FrameControl::new(9);
        let (tiles, costs) = (tiles(&[2, 1]), [300; 9]);
        let target = target(1160);
        code(&mut control, (&target, WHOLE), &tiles, &costs).unwrap();
        control.end(true);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let (_, bits) = code(&mut control, (&target, PART), &tiles, &costs).unwrap();
            assert!(bits <= 1000, "{bits}");
            let Measured { resume_at, .. } = control.end(false);
            control.resume_at(resume_at);
            seen.push(resume_at);
        }
        assert_eq!(seen, [3, 6, 0]);
    }

    /// What frames take by what they are estimated to take is learnt, apart for key frames.
    #[test]
    fn estimates_are_corrected() {
        let mut control = FrameControl::new(9);
        let tiles = tiles(&[3]);
        for _ in 0..12 {
            control.start(&target(1000), WHOLE, 20, &tiles, (false, [1.0; 9].into_iter()));
            for index in 0..9 {
                let place = SuperblockPlace { index, tile: 0, row: index / 3, col: index % 3 };
                SuperblockControl::choose(&control, place).unwrap();
                control.decided(place, 512 * 100);
            }
            (0..9).for_each(|index| control.coded(index, 60 * (index as u64 + 1)));
            control.end(false);
        }
        assert!((control.bits_by_cost() - 0.6).abs() < 0.01);
        control.key_frame = true;
        assert_eq!(control.bits_by_cost(), BITS_BY_COST[1]);
    }
}
