//! A frame that would be too much for the link is coded in part: superblocks get their coefficients
//! in coding order as long as there are bits, and the others none. The next such frame resumes where
//! this one stopped, so that every part of the picture is refreshed.
//!
//! What a superblock will take is known from an attempt that was too large.

use super::log_step_of;
use super::tuning::partial::{EMPTY, EXPONENT, SERVED};
use crate::kernels::logarithm::{exp2, log2};

/// What the superblocks of an attempt took.
#[derive(Clone, Debug, Default)]
pub(crate) struct SuperblockCosts {
    /// Quantizer index and bits of each, in coding order.
    superblocks: Vec<(u8, u64)>,
}

impl SuperblockCosts {
    /// Takes quantizer index and bits of each superblock.
    pub(crate) fn set(&mut self, superblocks: impl Iterator<Item = (u8, u64)>) {
        self.superblocks.clear();
        self.superblocks.extend(superblocks);
    }
}

/// Bits of the tiles of a frame that is coded in part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// That are aimed at.
    pub(crate) aim: f64,
    /// That the frame may come to with a single superblock: usually, and if that cannot be coarser.
    pub(crate) alone: [f64; 2],
}

/// Which superblocks of one frame get coefficients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartialFrame {
    budget: Budget,
    /// Superblocks of the frame.
    superblocks: usize,
    /// The first superblock that may have coefficients, in coding order.
    resume_at: usize,
    /// Whether any had some.
    served: bool,
    /// The first superblock for which the bits did not last.
    stopped: Option<usize>,
}

impl PartialFrame {
    /// Resumes at a superblock, in coding order over all tiles.
    pub(crate) fn new(budget: Budget, superblocks: usize, resume_at: usize) -> Self {
        Self { budget, superblocks, resume_at, served: false, stopped: None }
    }

    /// log₂ of the step of superblock `index`, if it gets coefficients, when those before it took
    /// `bits` and `costs` are those of an attempt that was too large. One that is too large alone
    /// gets a coarser step than it had then.
    pub(crate) fn log_step(
        &mut self,
        costs: &SuperblockCosts,
        index: usize,
        bits: u64,
    ) -> Option<f64> {
        if index < self.resume_at || self.stopped.is_some() {
            return None;
        }
        let Some(&(qindex, took)) = costs.superblocks.get(index) else {
            // The attempt was given up before it.
            self.stopped = Some(index);
            return None;
        };
        let step = log_step_of(qindex.max(1));
        let rest = EMPTY * self.superblocks.saturating_sub(index + 1) as f64;
        let left = |of: f64| of - bits as f64 - rest;
        let takes = took.max(1) as f64;
        let Budget { aim, alone: [usual, most] } = self.budget;
        if takes <= left(aim) {
            self.served |= takes > SERVED * EMPTY;
            return Some(step);
        }
        if self.served {
            self.stopped = Some(index);
            return None;
        }
        let coarser = (log2(takes) - log2(left(usual).max(1.0))).max(0.0) / EXPONENT;
        let coarsest = log_step_of(255);
        let coarser = coarser.min(coarsest - step);
        self.served = takes * exp2(-EXPONENT * coarser) <= left(most);
        self.served.then_some(step + coarser)
    }

    /// Where the next frame that is coded in part resumes.
    pub(crate) fn resume_at(&self) -> usize {
        self.stopped.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Budget = Budget { aim: 2000.0, alone: [3000.0, 5000.0] };

    /// An attempt before, at `qindex`.
    fn measured(qindex: u8, bits_each: &[u64]) -> SuperblockCosts {
        let mut costs = SuperblockCosts::default();
        costs.set(bits_each.iter().map(|&bits| (qindex, bits)));
        costs
    }

    /// Codes a frame; gives its bits, whom it served, and where to go on.
    fn code(costs: &[u64], qindex: u8, from: usize) -> (u64, Vec<bool>, usize) {
        let measured = measured(qindex, costs);
        let mut frame = PartialFrame::new(BUDGET, costs.len(), from);
        let (mut bits, mut served) = (0, Vec::new());
        for (index, &cost) in costs.iter().enumerate() {
            let step = frame.log_step(&measured, index, bits);
            let takes = |step| cost as f64 * exp2(EXPONENT * (log_step_of(qindex) - step));
            bits += step.map_or(9, |step| takes(step) as u64);
            served.push(step.is_some());
        }
        (bits, served, frame.resume_at())
    }

    #[test]
    fn every_superblock_is_refreshed() {
        let costs: Vec<u64> = (0..12).map(|index| 300 + 170 * (index % 4)).collect();
        let (mut from, mut times) = (0, [0; 12]);
        for _ in 0..24 {
            let (bits, served, next) = code(&costs, 255, from);
            assert!(bits <= 2000, "{bits}");
            for (times, served) in times.iter_mut().zip(served) {
                *times += u32::from(served);
            }
            from = next;
        }
        assert!(times.iter().all(|&times| times >= 4), "{times:?}");
    }

    #[test]
    fn a_large_one_is_served_alone_and_a_huge_one_is_not() {
        assert_eq!(code(&[4500, 100, 100], 255, 0).1, [true, false, false]);
        assert_eq!(code(&[6000, 100, 100], 255, 0).1, [false, true, true]);
        assert_eq!(code(&[100, 4500, 100], 255, 0), (118, vec![true, false, false], 1));
        // At a coarser step it takes less.
        let (bits, served, next) = code(&[6000, 6000, 6000], 200, 0);
        assert_eq!((served, next), (vec![true, false, false], 1));
        assert!((2900..=3000).contains(&bits), "{bits}");
    }

    #[test]
    fn costs_tell_superblocks_apart() {
        let costs = measured(7, &[5, 0, 9]);
        assert_eq!(costs.superblocks, [(7, 5), (7, 0), (7, 9)]);
    }
}
