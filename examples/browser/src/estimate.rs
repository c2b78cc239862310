//! What the link carries, from when its packets were sent and when they arrived.
//!
//! Two things tell the capacity of a bottleneck: how far apart packets arrive that were sent together,
//! and how much arrives while a queue stands. Both are seen within a round trip, however thin the link
//! is. The target follows the capacity from below and lets a queue drain; without any sign of a limit
//! it doubles at most every [`DOUBLING`].
//!
//! Times are on the sender's clock for what was sent and on the receiver's for what arrived; only
//! differences within one clock are used.

use std::collections::VecDeque;
use std::time::Duration;

/// Packets sent within this time of each other were sent together.
const TOGETHER: Duration = Duration::from_millis(4);
/// Pairs whose median is the capacity, and how long one counts.
const PAIRS: usize = 9;
const PAIR_AGE: Duration = Duration::from_secs(6);
/// Fewer pairs than this are believed by this share.
const FEW_PAIRS: usize = 4;
const FEW_SHARE: f64 = 0.85;
/// A queue that stands: the least delay over the window is as long as this above the base.
const STANDING: Duration = Duration::from_millis(25);
/// What the queue is measured over: bursts that drain within it are none, nor is a packet that waited for
/// a processor.
const RECENT: Duration = Duration::from_millis(180);
/// The window over which a standing queue and what arrives are measured.
const WINDOW: Duration = Duration::from_millis(600);
/// Pairs that told so much more than what arrives while a queue stands are of another time.
const OUTDATED: f64 = 1.25;
/// How long the least delay ever seen counts as that of an empty queue.
const BASE_AGE: Duration = Duration::from_secs(20);
/// Share of the capacity that is used, so that other than video has room and queues drain.
const SHARE: f64 = 0.88;
/// A queue is to have drained within this time.
const DRAIN: f64 = 0.6;
/// Without a limit in sight the rate doubles in this time, in seconds.
const DOUBLING: f64 = 0.7;
/// Share of packets lost in a window above which the loss is taken as the link's being full.
const HEAVY_LOSS: f64 = 0.18;
/// The packets to judge losses by.
const LOSS_PACKETS: usize = 60;

/// What became of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    /// When it was sent.
    pub(crate) sent: Duration,
    /// Bytes on the wire.
    pub(crate) bytes: usize,
    /// When it arrived; `None`: it is lost.
    pub(crate) arrived: Option<Duration>,
}

/// The estimate of a sender.
#[derive(Debug)]
pub(crate) struct Estimator {
    /// Bit/s on the wire.
    target: f64,
    most: f64,
    least: f64,
    /// When a pair arrived, and the capacity it tells.
    pairs: VecDeque<(Duration, f64)>,
    /// What arrived last: sent, arrived, bytes.
    window: VecDeque<(Duration, Duration, usize)>,
    /// Bytes that were lost since the last arrival.
    lost_bytes: usize,
    /// Losses among the last packets.
    fates: VecDeque<bool>,
    /// Arrivals with their delay, rising: the first is the least.
    base: VecDeque<(Duration, f64)>,
    queue: f64,
    updated: Option<Duration>,
}

impl Estimator {
    /// An estimate that starts with `target` and stays within `least` and `most`, in bit/s on the wire.
    pub(crate) fn new(target: u32, least: u32, most: u32) -> Self {
        Self {
            target: target.into(),
            most: most.into(),
            least: least.into(),
            pairs: VecDeque::new(),
            window: VecDeque::new(),
            lost_bytes: 0,
            fates: VecDeque::new(),
            base: VecDeque::new(),
            queue: 0.0,
            updated: None,
        }
    }

    /// Bit/s on the wire that may be sent.
    pub(crate) fn target(&self) -> u32 {
        self.target as u32
    }

    /// How long the bottleneck's queue is, as the last packets saw it.
    pub(crate) fn queue(&self) -> Duration {
        Duration::from_secs_f64(self.queue)
    }

    /// The capacity in bit/s, if packets that were sent together have told it.
    pub(crate) fn capacity(&self) -> Option<f64> {
        let mut rates: Vec<f64> = self.pairs.iter().map(|&(_, rate)| rate).collect();
        rates.sort_by(f64::total_cmp);
        let median = rates.get(rates.len().saturating_sub(1) / 2).copied();
        // One or two may be off by far.
        median.map(|rate| if rates.len() < FEW_PAIRS { rate * FEW_SHARE } else { rate })
    }

    /// Whether packets that are sent together would tell what is not known.
    pub(crate) fn wants_pairs(&self) -> bool {
        self.pairs.len() < PAIRS
    }

    /// Takes a feedback message at `now`, its packets in the order of sending.
    pub(crate) fn feedback(&mut self, now: Duration, reports: &[Report]) {
        for report in reports {
            self.fates.push_back(report.arrived.is_none());
            match report.arrived {
                Some(arrived) => self.arrived(report, arrived),
                // Most are lost behind the bottleneck, and took their time there.
                None => self.lost_bytes += report.bytes,
            }
        }
        while self.fates.len() > LOSS_PACKETS {
            self.fates.pop_front();
        }
        let Some(&(_, latest, _)) = self.window.back() else { return };
        while self.pairs.len() > PAIRS
            || self.pairs.front().is_some_and(|pair| latest.saturating_sub(pair.0) > PAIR_AGE)
        {
            self.pairs.pop_front();
        }
        while self.window.front().is_some_and(|first| latest.saturating_sub(first.1) > WINDOW) {
            self.window.pop_front();
        }
        let passed = self.updated.map_or(0.0, |then| now.saturating_sub(then).as_secs_f64());
        self.updated = Some(now);
        self.update(passed);
    }

    fn arrived(&mut self, report: &Report, arrived: Duration) {
        if let Some(&(sent, before, _)) = self.window.back()
            && report.sent.saturating_sub(sent) <= TOGETHER
            && self.lost_bytes == 0
        {
            // An arrival that is not told apart from the one before counts as a tick of the feedback.
            let apart = arrived.saturating_sub(before).as_secs_f64().max(250e-6);
            self.pairs.push_back((arrived, report.bytes as f64 * 8.0 / apart));
        }
        let bytes = report.bytes + std::mem::take(&mut self.lost_bytes);
        self.window.push_back((report.sent, arrived, bytes));
        let delay = arrived.as_secs_f64() - report.sent.as_secs_f64();
        while self.base.back().is_some_and(|last| last.1 >= delay) {
            self.base.pop_back();
        }
        self.base.push_back((arrived, delay));
        while self.base.front().is_some_and(|first| arrived.saturating_sub(first.0) > BASE_AGE) {
            self.base.pop_front();
        }
        self.queue = self.least_delay(RECENT) - self.base[0].1;
    }

    /// The least delay of what arrived within `span` of the last, in seconds.
    fn least_delay(&self, span: Duration) -> f64 {
        let latest = self.window.back().map_or(Duration::ZERO, |last| last.1);
        let recent =
            self.window.iter().rev().take_while(|packet| latest - packet.1.min(latest) <= span);
        recent
            .map(|(sent, arrived, _)| arrived.as_secs_f64() - sent.as_secs_f64())
            .fold(f64::MAX, f64::min)
    }

    fn update(&mut self, passed: f64) {
        let (standing, delivered) = self.standing();
        if standing && let Some(&(_, latest, _)) = self.window.back() {
            // What arrives while a queue stands is all that the link carries, whatever pairs told before.
            self.pairs.retain(|pair| pair.1 <= OUTDATED * delivered);
            let last = self.pairs.back().map_or(Duration::ZERO, |pair| pair.0);
            if self.pairs.is_empty() || latest.saturating_sub(last) > WINDOW {
                self.pairs.push_back((latest, delivered));
            }
        }
        let capacity = self.capacity();
        let risen = self.target * (passed / DOUBLING).min(0.5).exp2();
        let queue = (self.queue - STANDING.as_secs_f64()).max(0.0);
        let target = match capacity {
            Some(capacity) => {
                let drained = capacity * (SHARE - queue / DRAIN).max(0.5);
                // Beyond what pairs tell, as without them, only by and by.
                drained.min(risen.max(2.0 * delivered))
            }
            None => risen * (1.0 - queue / DRAIN).max(0.5),
        };
        let lost = self.fates.iter().filter(|&&lost| lost).count() as f64;
        let heavy = self.fates.len() >= LOSS_PACKETS && lost > HEAVY_LOSS * self.fates.len() as f64;
        let target = if heavy { target.min(self.target * (1.0 - passed.min(0.5))) } else { target };
        self.target = target.clamp(self.least, self.most);
    }

    /// Whether a queue stood all through the window, and the bit/s that arrived in it.
    fn standing(&self) -> (bool, f64) {
        let (Some(first), Some(last)) = (self.window.front(), self.window.back()) else {
            return (false, 0.0);
        };
        let span = last.1.saturating_sub(first.1).as_secs_f64();
        if span < WINDOW.as_secs_f64() / 2.0 {
            return (false, 0.0);
        }
        let base = self.base.front().map_or(0.0, |least| least.1);
        let bytes: usize = self.window.iter().skip(1).map(|packet| packet.2).sum();
        (self.least_delay(WINDOW) - base > STANDING.as_secs_f64(), bytes as f64 * 8.0 / span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sender of 30 frames a second at the target, over a link of `capacity(time)` bit/s with 50 ms each
    /// way and a queue of 300 ms; every so many packets one is lost. Gives the target and the queue of
    /// each 50 ms.
    fn run(seconds: u64, lossy: u64, capacity: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let ms = Duration::from_millis;
        let mut estimator = Estimator::new(60_000, 20_000, 1_000_000);
        let (mut free_at, mut packets, mut last_pair) = (ms(0), 0, ms(0));
        let mut on_the_way: VecDeque<(Duration, Report)> = VecDeque::new();
        let mut history = Vec::new();
        for step in 0..seconds * 1000 {
            let now = ms(step);
            if step % 33 == 0 {
                let bytes = estimator.target() as usize * 33 / 8000;
                let pair = estimator.wants_pairs() && now - last_pair >= ms(200);
                if pair {
                    last_pair = now;
                }
                let count = bytes.div_ceil(1100).max(if step == 0 || pair { 2 } else { 1 });
                for _ in 0..count {
                    packets += 1;
                    let taken = (bytes / count) as f64 * 8.0 / capacity(now.as_secs_f64());
                    let departure = free_at.max(now) + Duration::from_secs_f64(taken);
                    let full = departure - now > ms(300);
                    if !full {
                        free_at = departure;
                    }
                    let lost = full || (lossy > 0 && packets % lossy == 0);
                    let arrived = (!lost).then_some(departure + ms(7050));
                    on_the_way.push_back((
                        departure + ms(100),
                        Report { sent: now, bytes: bytes / count, arrived },
                    ));
                }
            }
            if step % 50 == 0 {
                let mut reports = Vec::new();
                while let Some((_, report)) = on_the_way.pop_front_if(|(due, _)| *due <= now) {
                    reports.push(report);
                }
                if !reports.is_empty() {
                    estimator.feedback(now, &reports);
                }
                history.push((estimator.target, free_at.saturating_sub(now).as_secs_f64()));
            }
        }
        history
    }

    /// Mean target and the longest queue from second `from` on.
    fn tail(history: &[(f64, f64)], from: usize) -> (f64, f64) {
        let tail = &history[from * 20..];
        let mean = tail.iter().map(|(target, _)| target).sum::<f64>() / tail.len() as f64;
        (mean, tail.iter().map(|(_, queue)| *queue).fold(0.0, f64::max))
    }

    #[test]
    fn constant_links_are_found_within_two_seconds() {
        for rate in [30e3, 50e3, 100e3, 200e3, 700e3] {
            for lossy in [0, 20] {
                let (target, queue) = tail(&run(20, lossy, |_| rate), 2);
                assert!((0.82..1.0).contains(&(target / rate)), "{target} of {rate}, {lossy}");
                assert!(queue < 0.12, "{queue} at {rate}");
            }
        }
    }

    #[test]
    fn a_link_that_halves_is_followed_down_and_its_queue_drains() {
        let history = run(20, 0, |time| if time < 8.0 { 200e3 } else { 100e3 });
        let (target, queue) = tail(&history, 11);
        assert!((80e3..100e3).contains(&target), "{target}");
        assert!(queue < 0.12, "{queue}");
    }

    #[test]
    fn a_link_that_recovers_is_followed_up() {
        let history = run(20, 0, |time| if time < 8.0 { 60e3 } else { 300e3 });
        let (target, _) = tail(&history, 13);
        assert!((225e3..300e3).contains(&target), "{target}");
    }

    #[test]
    fn without_a_limit_it_rises_to_the_most() {
        let (target, _) = tail(&run(12, 0, |_| 1e9), 7);
        assert_eq!(target, 1e6);
    }

    #[test]
    fn heavy_loss_without_a_queue_slows_down() {
        let (target, _) = tail(&run(12, 4, |_| 1e9), 8);
        assert!(target < 100e3, "{target}");
    }
}
