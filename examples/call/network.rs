//! The way from sender to receiver on a virtual clock: a bottleneck with a queue, then loss, delay
//! and jitter by `str0m-netem`.
//!
//! The bottleneck stands here because the crate's own lets a packet through when its transmission
//! begins, and at 100 kbit/s a packet takes up to 100 ms; it also does not tell what it drops.

use std::time::{Duration, Instant};

use bytes::Bytes;
use str0m_netem::{
    GilbertElliot, Input, LossModel, Netem, NetemConfig, Output, Probability, RandomLoss,
};

use crate::capacity::Capacity;

/// Bytes around each RTP packet: IPv4 20, UDP 8, SRTP tag 10.
pub(crate) const WIRE_OVERHEAD: usize = 38;

/// What the path does to packets.
#[derive(Clone, Debug)]
pub(crate) struct PathConfig {
    /// Bit/s on the wire.
    pub(crate) capacity: Capacity,
    /// The longest a packet may wait for its turn and its own transmission, in seconds.
    pub(crate) queue: f64,
    /// Share of packets lost, 0 to 1.
    pub(crate) loss: f64,
    /// Mean packets lost in a row, 1 or more: by the model of Gilbert and Elliott above 1.
    pub(crate) burst: f64,
    /// Time from leaving the bottleneck to the receiver.
    pub(crate) delay: Duration,
    /// The delay varies by up to this much either way; packets keep their order.
    pub(crate) jitter: Duration,
    /// Start of the random numbers.
    pub(crate) seed: u64,
}

/// What happened to a packet on entering the path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It will arrive.
    #[default]
    Delivered,
    /// It was lost behind the bottleneck.
    Lost,
    /// The bottleneck's queue was full.
    QueueFull,
}

/// The path; times are durations since the start of the call.
pub(crate) struct Path {
    config: PathConfig,
    epoch: Instant,
    netem: Netem<Bytes>,
    free_at: Duration,
    last_arrival: Duration,
}

impl Path {
    /// An idle path.
    pub(crate) fn new(config: PathConfig) -> Self {
        let loss = match config.burst {
            // Seldom enough that so many in a row are the share asked for.
            burst if burst > 1.0 && config.loss > 0.0 => LossModel::GilbertElliot(
                GilbertElliot::new()
                    .good_duration((burst * (1.0 - config.loss) / config.loss) as f32)
                    .bad_duration(burst as f32),
            ),
            _ => LossModel::Random(RandomLoss::new(Probability::new(config.loss as f32))),
        };
        let netem = NetemConfig::new()
            .latency(config.delay)
            .jitter(config.jitter)
            .loss(loss)
            .seed(config.seed);
        Self {
            config,
            // Only differences of instants matter: the crate's clock is as virtual as ours.
            epoch: Instant::now(),
            netem: Netem::new(netem),
            free_at: Duration::ZERO,
            last_arrival: Duration::ZERO,
        }
    }

    /// Sends an RTP packet at `now`, which never lies before an earlier `now`.
    pub(crate) fn send(&mut self, now: Duration, packet: Bytes) -> Fate {
        let bits = (packet.len() + WIRE_OVERHEAD) as f64 * 8.0;
        let turn = self.free_at.max(now);
        let departure = self.config.capacity.transmission(turn, bits).map(|taken| turn + taken);
        let fits = |time: &Duration| (*time - now).as_secs_f64() <= self.config.queue;
        let Some(departure) = departure.filter(fits) else { return Fate::QueueFull };
        self.free_at = departure;
        let waiting = self.netem.queue_len();
        self.netem.handle_input(Input::Packet(self.epoch + departure, packet));
        if self.netem.queue_len() > waiting { Fate::Delivered } else { Fate::Lost }
    }

    /// How long what waits at `now` keeps the bottleneck busy.
    pub(crate) fn backlog(&self, now: Duration) -> Duration {
        self.free_at.saturating_sub(now)
    }

    /// The next packet that arrives not later than `now`, with the time of its arrival.
    pub(crate) fn receive(&mut self, now: Duration) -> Option<(Duration, Bytes)> {
        let due = self.next_arrival().filter(|&due| due <= now)?;
        self.netem.handle_input(Input::Timeout(self.epoch + due));
        let Some(Output::Packet(packet)) = self.netem.poll_output() else { return None };
        self.last_arrival = due;
        Some((due, packet))
    }

    /// When the next packet arrives, if any is under way.
    pub(crate) fn next_arrival(&self) -> Option<Duration> {
        // A packet with less jitter than the one before it waits behind it.
        let due = || self.netem.poll_timeout().duration_since(self.epoch).max(self.last_arrival);
        (!self.netem.is_empty()).then(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calm() -> PathConfig {
        PathConfig {
            capacity: Capacity::constant(80_000.0),
            queue: 0.5,
            loss: 0.0,
            burst: 1.0,
            delay: Duration::from_millis(100),
            jitter: Duration::ZERO,
            seed: 1,
        }
    }

    fn packet(number: u8, wire: usize) -> Bytes {
        vec![number; wire - WIRE_OVERHEAD].into()
    }

    fn arrivals(path: &mut Path) -> Vec<(u128, u8)> {
        std::iter::from_fn(|| path.receive(Duration::MAX))
            .map(|(time, packet)| (time.as_millis(), packet[0]))
            .collect()
    }

    #[test]
    fn a_packet_takes_its_transmission_and_the_delay() {
        let mut path = Path::new(calm());
        assert_eq!(path.send(Duration::ZERO, packet(1, 1000)), Fate::Delivered);
        assert_eq!(path.send(Duration::from_millis(20), packet(2, 500)), Fate::Delivered);
        assert_eq!(path.backlog(Duration::from_millis(20)), Duration::from_millis(130));
        assert_eq!(path.backlog(Duration::from_millis(500)), Duration::ZERO);
        assert_eq!(path.send(Duration::from_millis(500), packet(3, 100)), Fate::Delivered);
        assert_eq!(path.receive(Duration::from_millis(199)), None);
        assert_eq!(arrivals(&mut path), [(200, 1), (250, 2), (610, 3)]);
    }

    #[test]
    fn the_queue_drops_what_would_wait_too_long() {
        let mut path = Path::new(calm());
        let fates: Vec<Fate> = (0..7).map(|n| path.send(Duration::ZERO, packet(n, 1000))).collect();
        assert_eq!(fates[..5], [Fate::Delivered; 5]);
        assert_eq!(fates[5..], [Fate::QueueFull; 2]);
        assert_eq!(path.send(Duration::from_millis(100), packet(9, 1000)), Fate::Delivered);
        assert_eq!(arrivals(&mut path).last(), Some(&(700, 9)));
    }

    #[test]
    fn loss_is_the_share_asked_for_and_the_same_for_a_seed() {
        let run = |seed| {
            let mut path = Path::new(PathConfig { loss: 0.1, seed, ..calm() });
            (0..5000).map(|n| path.send(Duration::from_secs(n), packet(0, 100))).collect::<Vec<_>>()
        };
        let fates = run(3);
        let lost = fates.iter().filter(|&&fate| fate == Fate::Lost).count();
        assert!((400..600).contains(&lost), "{lost} of 5000");
        assert_eq!(fates, run(3));
        assert_ne!(fates, run(4));
    }

    #[test]
    fn bursts_have_the_length_asked_for_at_the_same_loss() {
        let mut path = Path::new(PathConfig { loss: 0.05, burst: 4.0, seed: 3, ..calm() });
        let fates: Vec<bool> = (0..40_000)
            .map(|n| path.send(Duration::from_secs(n), packet(0, 100)) == Fate::Lost)
            .collect();
        let lost = fates.iter().filter(|&&lost| lost).count();
        let bursts = fates.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        assert!((1600..2400).contains(&lost), "{lost} of 40000");
        let mean = lost as f64 / bursts as f64;
        assert!((3.4..4.6).contains(&mean), "{mean}");
    }

    #[test]
    fn jitter_varies_the_delay_within_its_bounds_in_order() {
        let jitter = Duration::from_millis(40);
        let mut path = Path::new(PathConfig { jitter, ..calm() });
        for n in 0..200 {
            path.send(Duration::from_millis(u64::from(n) * 30), packet(n, 100));
        }
        let times = arrivals(&mut path);
        assert_eq!(times.len(), 200);
        assert!(times.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 < pair[1].1));
        let delays: Vec<u128> =
            times.iter().map(|&(time, n)| time - u128::from(n) * 30 - 10).collect();
        assert!(delays.iter().all(|delay| (60..=140).contains(delay)), "{delays:?}");
        assert!(delays.iter().max().unwrap() - delays.iter().min().unwrap() > 50);
    }
}
