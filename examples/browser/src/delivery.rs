//! Transport-wide feedback, for the frames and for the estimate.
//!
//! str0m numbers packets for it as they leave, and hands out both the packets and the feedback. Here
//! the numbers meet: those of a frame's packets go to a [`DeliveryTracker`], which tells which frames
//! arrived; the times go to the [`Estimator`](crate::estimate::Estimator).

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use rtav1::TemporalUnit;
use rtav1::rtp::{DeliveryConfig, DeliveryTracker, FrameFeedback, SequenceNumbers};
use str0m::rtp::rtcp::Twcc;

use crate::estimate::Report;

/// Packets that are remembered for feedback to come: seconds of them.
const REMEMBERED: usize = 4096;

/// How late a packet may be sent again and still be relied on: a browser waits about as long (see
/// [`losses`](crate::losses)).
const IN_TIME: Duration = Duration::from_millis(150);

/// Packets on their way.
#[derive(Debug)]
pub(crate) struct Deliveries {
    tracker: DeliveryTracker,
    /// Frames whose packets have not all left yet, in the order of sending.
    leaving: VecDeque<Leaving>,
    /// The number for feedback that a packet went out with last, by its RTP sequence number.
    numbers: HashMap<u16, u16>,
    /// Packets without feedback yet, by rising numbers.
    unreported: VecDeque<(u64, Duration, usize)>,
    last: u64,
    epoch: Instant,
}

#[derive(Debug)]
struct Leaving {
    id: u64,
    dependencies: Vec<u64>,
    packets: usize,
    numbers: Vec<u16>,
}

impl Deliveries {
    pub(crate) fn new(epoch: Instant) -> Self {
        let config = DeliveryConfig::new(SequenceNumbers::TransportWide);
        Self {
            tracker: DeliveryTracker::new(config),
            leaving: VecDeque::new(),
            numbers: HashMap::new(),
            unreported: VecDeque::new(),
            last: 0,
            epoch,
        }
    }

    /// A frame is handed over in so many packets.
    pub(crate) fn frame(&mut self, unit: &TemporalUnit, packets: usize) {
        let frame = &unit.frames[0];
        let dependencies = frame.dependencies.clone();
        self.leaving.push_back(Leaving {
            id: frame.id,
            dependencies,
            packets,
            numbers: Vec::new(),
        });
    }

    /// A packet leaves with a number for feedback; of frames each packet once, in their order.
    pub(crate) fn left(&mut self, sequence: u16, number: u16, bytes: usize, now: Duration) {
        self.count(number, bytes, now);
        self.numbers.insert(sequence, number);
        let Some(frame) = self.leaving.front_mut() else { return };
        frame.numbers.push(number);
        if frame.numbers.len() == frame.packets
            && let Some(frame) = self.leaving.pop_front()
        {
            self.tracker.frame_sent(frame.id, &frame.dependencies, frame.numbers, now);
        }
    }

    /// A packet leaves once more, or one of padding does. One that comes too late to be shown in time counts as
    /// lost, though it is on its way: a recovery frame may come first.
    pub(crate) fn left_again(
        &mut self,
        sequence: Option<u16>,
        number: u16,
        bytes: usize,
        now: Duration,
    ) {
        self.count(number, bytes, now);
        let Some(sequence) = sequence else { return };
        let Some(original) = self.numbers.insert(sequence, number) else { return };
        let mut unreported = self.unreported.iter();
        let sent = unreported.find(|packet| packet.0 as u16 == original).map(|packet| packet.1);
        if sent.is_some_and(|sent| now.saturating_sub(sent) <= IN_TIME) {
            self.tracker.packet_resent(original, number, now);
        }
    }

    fn count(&mut self, number: u16, bytes: usize, now: Duration) {
        self.last += u64::from(number.wrapping_sub(self.last as u16));
        self.unreported.push_back((self.last, now, bytes));
        if self.unreported.len() > REMEMBERED {
            self.unreported.pop_front();
        }
    }

    /// Takes a feedback message: what became of frames, and of packets.
    pub(crate) fn feedback(&mut self, twcc: Twcc) -> (Vec<FrameFeedback>, Vec<Report>) {
        let mut arrivals = Vec::new();
        for (number, _, arrived) in twcc.into_iter(self.epoch, self.last.into()) {
            arrivals.push((*number, arrived.map(|time| time.duration_since(self.epoch))));
        }
        let received: Vec<u16> = arrivals
            .iter()
            .filter(|(_, arrived)| arrived.is_some())
            .map(|(number, _)| *number as u16)
            .collect();
        let frames = self.tracker.packets_received(received);
        let mut reports = Vec::new();
        for (number, arrived) in arrivals {
            // Numbers before it were in messages that got lost.
            while self.unreported.front().is_some_and(|packet| packet.0 < number) {
                self.unreported.pop_front();
            }
            if let Some((_, sent, bytes)) =
                self.unreported.pop_front_if(|packet| packet.0 == number)
            {
                reports.push(Report { sent, bytes, arrived });
            }
        }
        (frames, reports)
    }
}
