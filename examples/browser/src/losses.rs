//! What is done about losses before they happen: a second temporal layer, and a browser that waits.
//!
//! A packet that is sent again comes a round trip after the one that was lost. A browser that shows
//! pictures that much later than they come shows no gap; one that shows them at once freezes. Which it
//! does the sender may ask for (the header extension *playout-delay*), so that only calls with losses
//! pay for it.

use std::collections::VecDeque;
use std::time::Duration;

use rtav1::ScalabilityMode;
use str0m::media::MediaTime;
use str0m::rtp::ExtensionValues;

use crate::estimate::Report;

/// The layers while packets get lost: a frame of the upper layer is lost without consequence.
pub(crate) const LAYERS: ScalabilityMode = ScalabilityMode::L1T2;
/// Weight of a packet in the mean share of losses.
const WEIGHT: f64 = 1.0 / 150.0;
/// The share from which on something is done, and up to which no more: one loss starts it, a few hundred
/// packets without any end it. Calls begin as if there had been one.
const FROM: f64 = 0.005;
const UP_TO: f64 = 0.001;
/// What a browser waits beyond the round trip: its time to notice, and that in the link's queue.
const NOTICE: Duration = Duration::from_millis(40);
/// The most that it is asked to wait: beyond it talking suffers more than the picture gains.
const MOST: Duration = Duration::from_millis(150);
/// The most that it may wait on its own account.
const PATIENCE: MediaTime = MediaTime::from_hundredths(200);
/// The least change that is told, and how long it is, in case of losses.
const CHANGE: Duration = Duration::from_millis(20);
const TOLD: Duration = Duration::from_secs(1);
/// The round trip is the least of this time.
const AGE: Duration = Duration::from_secs(10);

/// Losses and round trips as feedback tells them.
#[derive(Debug)]
pub(crate) struct Losses {
    share: f64,
    lossy: bool,
    /// What the browser was told to wait, and since when.
    told: (Duration, Duration),
    /// When, and how long from sending to feedback; rising, so that the first is the least.
    round_trips: VecDeque<(Duration, Duration)>,
}

impl Losses {
    pub(crate) fn new() -> Self {
        let told = (Duration::ZERO, Duration::ZERO);
        Self { share: FROM, lossy: true, told, round_trips: VecDeque::new() }
    }

    /// The layers to begin with.
    pub(crate) fn first_layers() -> ScalabilityMode {
        LAYERS
    }

    /// Takes a feedback message at `now`; tells whether layers change.
    pub(crate) fn feedback(
        &mut self,
        now: Duration,
        reports: &[Report],
    ) -> Option<ScalabilityMode> {
        for report in reports {
            let lost = f64::from(u8::from(report.arrived.is_none()));
            self.share += (lost - self.share) * WEIGHT;
            let round_trip = now.saturating_sub(report.sent);
            while self.round_trips.back().is_some_and(|last| last.1 >= round_trip) {
                self.round_trips.pop_back();
            }
            self.round_trips.push_back((now, round_trip));
        }
        while self.round_trips.front().is_some_and(|first| now.saturating_sub(first.0) > AGE) {
            self.round_trips.pop_front();
        }
        let lossy = self.share > if self.lossy { UP_TO } else { FROM };
        if lossy == self.lossy {
            return None;
        }
        self.lossy = lossy;
        Some(if lossy { LAYERS } else { ScalabilityMode::L1T1 })
    }

    /// How long the browser is to wait with each picture.
    fn wait(&self) -> Duration {
        match self.round_trips.front() {
            Some((_, least)) if self.lossy => (*least + NOTICE).min(MOST),
            _ => Duration::ZERO,
        }
    }

    /// Tells it in a packet that is sent at `now`, if it is new.
    pub(crate) fn tell(&mut self, now: Duration, values: &mut ExtensionValues) {
        let wait = self.wait();
        if wait.abs_diff(self.told.0) >= CHANGE {
            self.told = (wait, now);
        }
        let (wait, since) = self.told;
        if since > Duration::ZERO && now.saturating_sub(since) < TOLD {
            let wait = (wait.as_millis() as u64).div_ceil(10);
            values.play_delay_min = Some(MediaTime::from_hundredths(wait));
            values.play_delay_max = Some(PATIENCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_while_without_losses_ends_it_and_one_starts_it() {
        let ms = Duration::from_millis;
        let mut losses = Losses::new();
        let (mut changes, mut told) = (Vec::new(), Vec::new());
        for packet in 0..1500 {
            let sent = ms(33 * packet);
            let now = sent + ms(101);
            let arrived = (packet != 700).then_some(sent);
            let report = Report { sent, bytes: 100, arrived };
            if let Some(layers) = losses.feedback(now, &[report]) {
                changes.push((packet, layers));
            }
            let mut values = ExtensionValues::default();
            losses.tell(now, &mut values);
            if let Some(wait) = values.play_delay_min {
                told.push((packet, wait.numer()));
            }
        }
        let [(off, ScalabilityMode::L1T1), (700, LAYERS), (end, ScalabilityMode::L1T1)] =
            changes[..]
        else {
            panic!("{changes:?}");
        };
        assert!((200..300).contains(&off) && (900..1100).contains(&end), "{changes:?}");
        // Each for a second.
        let expected: Vec<(u64, u64)> = [(0, 15), (off, 0), (700, 15), (end, 0)]
            .into_iter()
            .flat_map(|(from, wait)| (from..from + 31).map(move |packet| (packet, wait)))
            .collect();
        assert_eq!(told, expected);
    }
}
