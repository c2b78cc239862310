//! Which size and frame rate a target rate is worth.

use std::time::Duration;

/// Bits that a luma sample of a picture is worth, below which a smaller picture looks better.
const BITS_PER_SAMPLE: f64 = 0.0055;
/// Up to a larger size only when the rate has been enough for it by this factor for this long: each
/// change is a key frame.
const MARGIN: f64 = 1.4;
const PATIENCE: Duration = Duration::from_secs(4);
/// Down when the rate has been less than this share of what the size is worth for this long; until then
/// the quantizer does.
const SHORTFALL: f64 = 0.7;
const TOLERANCE: Duration = Duration::from_secs(1);
/// The sizes, as shares of the source's sides, in sixteenths.
const SHARES: [u32; 4] = [16, 12, 8, 5];
/// Below this rate headers would eat up too much at the full frame rate, in bit/s.
const THIN: u32 = 26_000;

/// The steps from a source's size downwards.
#[derive(Debug)]
pub(crate) struct Ladder {
    source: (u32, u32),
    frame_rate: f64,
    step: usize,
    enough_since: Option<Duration>,
    short_since: Option<Duration>,
}

impl Ladder {
    /// The steps of a source, beginning with what `target` bit/s are worth.
    pub(crate) fn new(source: (u32, u32), frame_rate: f64, target: u32) -> Self {
        let mut ladder =
            Self { source, frame_rate, step: 0, enough_since: None, short_since: None };
        let steps = 0..SHARES.len();
        ladder.step = steps
            .into_iter()
            .find(|&step| f64::from(target) >= ladder.worth(step))
            .unwrap_or(SHARES.len() - 1);
        ladder
    }

    /// The size of pictures.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.size_at(self.step)
    }

    /// Frames a second at `target` bit/s.
    pub(crate) fn frame_rate(&self, target: u32) -> f64 {
        if target < THIN { self.frame_rate.min(15.0) } else { self.frame_rate }
    }

    /// The target is `target` bit/s at `now`; tells whether the size changed.
    pub(crate) fn update(&mut self, target: u32, now: Duration) -> bool {
        let target = f64::from(target);
        let before = self.step;
        if target < SHORTFALL * self.worth(self.step) {
            let since = *self.short_since.get_or_insert(now);
            if now.saturating_sub(since) >= TOLERANCE {
                self.step = (self.step + 1).min(SHARES.len() - 1);
                self.short_since = None;
            }
            self.enough_since = None;
            return self.step != before;
        }
        self.short_since = None;
        if self.step > 0 && target >= MARGIN * self.worth(self.step - 1) {
            let since = *self.enough_since.get_or_insert(now);
            if now.saturating_sub(since) >= PATIENCE {
                self.step -= 1;
                self.enough_since = None;
            }
        } else {
            self.enough_since = None;
        }
        self.step != before
    }

    fn size_at(&self, step: usize) -> (u32, u32) {
        let side = |length: u32| (length * SHARES[step] / 16).next_multiple_of(2).max(16);
        (side(self.source.0), side(self.source.1))
    }

    /// Bit/s below which the next step down looks better.
    fn worth(&self, step: usize) -> f64 {
        let (width, height) = self.size_at(step);
        f64::from(width * height) * self.frame_rate * BITS_PER_SAMPLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn down_after_a_second_and_up_after_more() {
        let mut ladder = Ladder::new((640, 360), 30.0, 40_000);
        assert_eq!(ladder.size(), (640, 360));
        let seconds = Duration::from_secs;
        assert!(!ladder.update(30_000, seconds(1)));
        assert!(!ladder.update(20_000, seconds(2)));
        assert!(ladder.update(20_000, seconds(3)));
        assert_eq!(ladder.size(), (480, 270));
        assert_eq!(ladder.frame_rate(20_000), 15.0);
        assert!(!ladder.update(60_000, seconds(4)));
        assert!(!ladder.update(30_000, seconds(5)));
        assert!(!ladder.update(60_000, seconds(6)));
        assert!(!ladder.update(60_000, seconds(9)));
        assert!(ladder.update(60_000, seconds(10)));
        assert_eq!((ladder.size(), ladder.frame_rate(60_000)), ((640, 360), 30.0));
    }

    #[test]
    fn a_rate_for_nothing_takes_the_lowest_step() {
        let mut ladder = Ladder::new((640, 480), 30.0, 1_000);
        assert_eq!(ladder.size(), (200, 150));
        assert!(!ladder.update(1_000, Duration::ZERO));
    }
}
