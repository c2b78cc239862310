//! What to ask the sender for, and when.

use std::collections::BTreeMap;
use std::time::Duration;

/// Something to ask the other end for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Packets once more, by RTP sequence number, ascending: a generic NACK
    /// ([`write_nack`](crate::rtp::rtcp::write_nack)).
    Retransmission(Vec<u16>),
    /// A frame that refers to nothing but what was received: the sender is told what that is
    /// ([`Receiver::report`](super::Receiver::report)).
    Recovery,
    /// A key frame: a picture loss indication
    /// ([`write_picture_loss`](crate::rtp::rtcp::write_picture_loss)).
    KeyFrame,
}

/// What later frames lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    Nothing,
    Recovery,
    KeyFrame,
}

/// What an answer takes beyond the round trip. A recovery frame is the next one that is coded: about a
/// frame's time and a margin for jitter. A key frame of a thin link is on its way for as long as the
/// bound on delay lets it, which is 200 ms unless set otherwise.
const RECOVERY_MARGIN: Duration = Duration::from_millis(50);
const KEY_FRAME_MARGIN: Duration = Duration::from_millis(200);
const RETRANSMISSION_MARGIN: Duration = Duration::from_millis(10);
/// How often recovery is asked for before a key frame is: where a tenth of the packets is lost, recovery
/// frames get lost as well, and each of them is far cheaper than a key frame. It is for senders that do
/// not answer at all.
const MAX_RECOVERIES: u32 = 10;
/// How often a packet is asked for. Each further time makes a round trip of delay.
const MAX_RETRANSMISSIONS: u32 = 3;

/// Keeps requests apart by the time that their answers take.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    pub(super) round_trip: Duration,
    need: Need,
    /// When the need was asked for last, and how often.
    asked: Option<(Duration, u32)>,
    /// For each packet that is missing the same.
    packets: BTreeMap<u16, (Duration, u32)>,
}

impl Requests {
    pub(super) fn new(round_trip: Duration) -> Self {
        Self { round_trip, need: Need::Nothing, asked: None, packets: BTreeMap::new() }
    }

    /// Something is lacking, as much as before or more.
    pub(super) fn need(&mut self, need: Need) {
        if need > self.need {
            self.need = need;
            self.asked = None;
        }
    }

    /// Nothing is lacking any more.
    pub(super) fn served(&mut self) {
        (self.need, self.asked) = (Need::Nothing, None);
    }

    pub(super) fn needed(&self) -> Need {
        self.need
    }

    fn interval(&self) -> Duration {
        let margin = match self.need {
            Need::KeyFrame => KEY_FRAME_MARGIN,
            Need::Recovery | Need::Nothing => RECOVERY_MARGIN,
        };
        self.round_trip.saturating_add(margin)
    }

    /// When the need is to be asked for; `None` without one.
    fn due(&self) -> Option<Duration> {
        if self.need == Need::Nothing {
            return None;
        }
        Some(self.asked.map_or(Duration::ZERO, |(at, _)| at.saturating_add(self.interval())))
    }

    /// When to ask next for what was asked for before.
    pub(super) fn next_time(&self) -> Option<Duration> {
        let wait = self.round_trip.saturating_add(RETRANSMISSION_MARGIN);
        let again = self.packets.values().filter(|(_, count)| *count < MAX_RETRANSMISSIONS);
        again.map(|&(at, _)| at.saturating_add(wait)).chain(self.due()).min()
    }

    /// Which of the missing packets to ask for at `now`; those that would not come before `deadline`
    /// are left.
    pub(super) fn retransmission(
        &mut self,
        missing: impl Iterator<Item = u16>,
        now: Duration,
        deadline: Option<Duration>,
    ) -> Vec<u16> {
        let answered = now.saturating_add(self.round_trip);
        let in_time = deadline.is_none_or(|deadline| answered < deadline);
        let wait = self.round_trip.saturating_add(RETRANSMISSION_MARGIN);
        let before = std::mem::take(&mut self.packets);
        let mut asked = Vec::new();
        for sequence in missing {
            let (at, count) = before.get(&sequence).copied().unwrap_or((Duration::ZERO, 0));
            let due = count == 0 || count < MAX_RETRANSMISSIONS && at.saturating_add(wait) <= now;
            if due && in_time {
                asked.push(sequence);
                self.packets.insert(sequence, (now, count + 1));
            } else if count > 0 {
                // One that cannot come in time is not waited for by a timeout either.
                let count = if in_time { count } else { MAX_RETRANSMISSIONS };
                self.packets.insert(sequence, (at, count));
            }
        }
        asked
    }

    /// The need, if it is to be asked for at `now`. `under_way`: a key frame is arriving.
    pub(super) fn request(&mut self, now: Duration, under_way: bool) -> Option<Request> {
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        let count = self.asked.map_or(0, |(_, count)| count);
        if self.need == Need::Recovery && count >= MAX_RECOVERIES {
            self.need(Need::KeyFrame);
            return self.request(now, under_way);
        }
        if under_way {
            // It is asked for anew if nothing came of it by then.
            self.asked = Some((now, count));
            return None;
        }
        self.asked = Some((now, count + 1));
        match self.need {
            Need::Nothing => None,
            Need::Recovery => Some(Request::Recovery),
            Need::KeyFrame => Some(Request::KeyFrame),
        }
    }
}
