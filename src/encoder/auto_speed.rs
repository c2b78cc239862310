//! [`Speed::AUTO`](crate::Speed::AUTO): a level by the size and rate of the pictures, and by how long the caller says that
//! they take to encode.

use std::time::Duration;

/// Lowest level, whatever the time that is left.
const LOWEST: u8 = 3;
/// Highest level.
const HIGHEST: u8 = 10;
/// What a frame may take of the time to the next, in 1/1024; the rest is for others, and for frames that take longer.
const MOST: u32 = 614;
/// Below this there is room for a lower level: that takes up to 1.4 times as long, which is still far from [`MOST`].
const LEAST: u32 = 307;
/// At this a level is not enough.
const FAR_TOO_MUCH: u32 = 1100;
/// Frames that are looked at before the level rises, and before it falls.
const RISE_AFTER: u32 = 6;
/// See [`RISE_AFTER`].
const FALL_AFTER: u32 = 90;

/// The level, and what it goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AutoSpeed {
    level: u8,
    /// What frames took of the time to the next, smoothed, in 1/1024.
    load: u32,
    /// Frames since the level changed.
    frames: u32,
}

impl AutoSpeed {
    /// Begins with a level.
    pub(super) fn new(level: u8) -> Self {
        Self { level, load: 0, frames: 0 }
    }

    /// The level.
    pub(super) fn level(&self) -> u8 {
        self.level
    }

    /// Takes what a frame took, and the time from a frame to the next; says whether the level changes.
    pub(super) fn report(&mut self, took: Duration, interval: Duration) -> bool {
        let share = took.as_nanos() * 1024 / interval.as_nanos().max(1);
        let share = share.min(16 * 1024) as u32;
        self.load = if self.frames == 0 { share } else { (7 * self.load + share) / 8 };
        self.frames = self.frames.saturating_add(1);
        let before = self.level;
        if self.frames >= RISE_AFTER && self.load > MOST {
            let levels = if self.load > FAR_TOO_MUCH { 2 } else { 1 };
            self.level = (self.level + levels).min(HIGHEST);
        } else if self.frames >= FALL_AFTER && self.load < LEAST {
            self.level = (self.level - 1).max(LOWEST);
        }
        if self.level != before {
            self.frames = 0;
        }
        self.level != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(40);

    /// Reports frames that take `cost( level )`; gives the levels that were left, in order.
    fn run(speed: &mut AutoSpeed, frames: usize, cost: impl Fn(u8) -> Duration) -> Vec<u8> {
        let mut left = Vec::new();
        for _ in 0..frames {
            let before = speed.level();
            if speed.report(cost(before), INTERVAL) {
                assert_ne!(speed.level(), before);
                left.push(before);
            }
        }
        left
    }

    /// Milliseconds that each level takes, each 1.35 times the next, `fastest` at level 10.
    fn ladder(fastest: f64) -> impl Fn(u8) -> Duration {
        move |level| {
            Duration::from_secs_f64(fastest * 1.35_f64.powi(10 - i32::from(level)) / 1000.0)
        }
    }

    /// On every machine the level comes to rest, where a frame takes at most the share it may.
    #[test]
    fn the_level_comes_to_rest() {
        for tenths in 1..400 {
            let mut speed = AutoSpeed::new(6);
            let cost = ladder(f64::from(tenths) / 10.0);
            run(&mut speed, 1500, &cost);
            let rest = speed.level();
            assert_eq!(run(&mut speed, 3000, &cost), [0_u8; 0], "at {tenths}");
            let share = cost(rest).as_secs_f64() / INTERVAL.as_secs_f64();
            assert!(share <= 0.601 || rest == HIGHEST, "{share} at {tenths}");
            assert!(share >= 0.29 || rest == LOWEST, "{share} at {tenths}");
        }
    }

    /// A key frame or a pause of the machine changes nothing; a slow machine is answered at once.
    #[test]
    fn single_frames_change_nothing() {
        let mut speed = AutoSpeed::new(6);
        run(&mut speed, 50, |_| INTERVAL * 4 / 10);
        assert!(!speed.report(INTERVAL * 2, INTERVAL));
        assert_eq!(run(&mut speed, 500, |_| INTERVAL * 4 / 10), [0_u8; 0]);
        assert_eq!(run(&mut speed, 30, |_| INTERVAL * 2), [6, 7, 9]);
    }

    #[test]
    fn no_time_is_too_long_or_too_short() {
        let mut speed = AutoSpeed::new(4);
        for took in [Duration::ZERO, Duration::MAX, Duration::from_nanos(1)] {
            for interval in [Duration::ZERO, Duration::MAX] {
                for _ in 0..300 {
                    speed.report(took, interval);
                    assert!((LOWEST..=HIGHEST).contains(&speed.level()));
                }
            }
        }
    }
}
