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
/// packets without any end it.
const FROM: f64 = 0.005;
const UP_TO: f64 = 0.001;
/// What a browser waits beyond the round trip: its time to notice.
const NOTICE: Duration = Duration::from_millis(25);
/// The most that it is asked to wait: beyond it talking suffers more than the picture gains.
const MOST: Duration = Duration::from_millis(130);
/// The most that it may wait on its own account.
const PATIENCE: MediaTime = MediaTime::from_hundredths(200);
/// How long a change is told, in case of losses.
const TOLD: Duration = Duration::from_secs(1);
/// The round trip is the least of this time.
const AGE: Duration = Duration::from_secs(10);

/// Losses and round trips as feedback tells them.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    share: f64,
    lossy: bool,
    changed: Duration,
    /// When, and how long from sending to feedback; rising, so that the first is the least.
    round_trips: VecDeque<(Duration, Duration)>,
}

impl Losses {
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
        self.changed = now;
        Some(if lossy { LAYERS } else { ScalabilityMode::L1T1 })
    }

    /// How long the browser is to wait with each picture.
    pub(crate) fn wait(&self) -> Duration {
        let round_trip = self.round_trips.front().map_or(Duration::ZERO, |least| least.1);
        if self.lossy { (round_trip + NOTICE).min(MOST) } else { Duration::ZERO }
    }

    /// Tells it in a packet that is sent at `now`, if it is new.
    pub(crate) fn tell(&self, now: Duration, values: &mut ExtensionValues) {
        if self.changed > Duration::ZERO && now.saturating_sub(self.changed) < TOLD {
            let wait = self.wait().as_millis() as u64;
            values.play_delay_min = Some(MediaTime::from_hundredths(wait.div_ceil(10)));
            values.play_delay_max = Some(PATIENCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loss_starts_it_and_a_while_without_ends_it() {
        let ms = Duration::from_millis;
        let mut losses = Losses::default();
        let mut changes = Vec::new();
        for packet in 0..1000 {
            let sent = ms(33 * packet);
            let arrived = (packet != 100).then_some(sent);
            let report = Report { sent, bytes: 100, arrived };
            if let Some(layers) = losses.feedback(sent + ms(101), &[report]) {
                changes.push((packet, layers));
            }
            match packet {
                99 => assert_eq!(losses.wait(), ms(0)),
                100 => assert_eq!(losses.wait(), ms(126)),
                _ => {}
            }
            let mut values = ExtensionValues::default();
            losses.tell(sent + ms(101), &mut values);
            if (101..130).contains(&packet) {
                assert_eq!(values.play_delay_min, Some(MediaTime::from_hundredths(13)));
            } else if packet < 100 || (135..300).contains(&packet) {
                assert_eq!(values.play_delay_min, None);
            }
        }
        let [(100, LAYERS), (end, ScalabilityMode::L1T1)] = changes[..] else {
            panic!("{changes:?}");
        };
        assert!((300..500).contains(&end), "{end}");
        assert_eq!(losses.wait(), ms(0));
    }
}
