//! The receiving side as a whole: what to decode, and what to ask for.

mod lineage;
mod requests;
#[cfg(test)]
mod tests;

use std::time::Duration;

use lineage::Lineage;
pub use requests::Request;
use requests::{Need, Requests};

use super::depacketizer::Depacketizer;
use super::error::RtpError;
use super::event::{DepacketizerConfig, DepacketizerEvent, Loss, ReceivedUnit};
use super::reorder::{Arrival, RtpPacket};
use super::rtcp::FrameReport;
use crate::av1::obu::LayerId;
use crate::rtp::dependency_descriptor::{MAX_SPATIAL_ID, MAX_TEMPORAL_ID};

/// How a [`Receiver`] treats losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceiverConfig {
    /// What is held, and how long is waited for missing packets. With `retransmission` that should be
    /// a round trip at least.
    pub depacketizer: DepacketizerConfig,
    /// The round trip to the sender, until
    /// [`set_round_trip`](Receiver::set_round_trip) tells a better one.
    pub round_trip: Duration,
    /// The sender answers [`Request::Retransmission`].
    pub retransmission: bool,
    /// The sender answers [`Request::Recovery`], and gets the [reports](Receiver::report) of which
    /// frames were received. It needs descriptors.
    pub recovery: bool,
    /// Pictures that miss a reference are to be decoded, too: damaged instead of repeated.
    pub decode_damaged: bool,
    /// The layers that are wanted; what is above them is not missed.
    pub highest_layer: LayerId,
}

impl Default for ReceiverConfig {
    /// [`DepacketizerConfig::default`] and 100 ms; key frames are asked for only, damaged pictures
    /// not decoded, all layers wanted.
    fn default() -> Self {
        Self {
            depacketizer: DepacketizerConfig::default(),
            round_trip: Duration::from_millis(100),
            retransmission: false,
            recovery: false,
            decode_damaged: false,
            highest_layer: LayerId { temporal_id: MAX_TEMPORAL_ID, spatial_id: MAX_SPATIAL_ID },
        }
    }
}

/// What a picture is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureState {
    /// All that it depends on was decoded: to be decoded and shown.
    Clean,
    /// It misses a reference, and is to be decoded and shown all the same, since
    /// [`ReceiverConfig::decode_damaged`] asks for it.
    Damaged,
    /// It misses a reference and is not to be decoded: the picture before it is shown for longer.
    Repeated,
}

/// A picture that arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedPicture {
    /// What to do with it.
    pub state: PictureState,
    /// The picture.
    pub unit: ReceivedUnit,
    /// Frames between this one and the one before that were sent and did not come, as the descriptors
    /// have it. Unless a [loss](ReceiverEvent::Loss) told so, no other frame needs them.
    pub skipped: u64,
}

/// What comes out of a [`Receiver`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiverEvent {
    /// A picture arrived.
    Picture(ReceivedPicture),
    /// Something was lost that later frames need. What no frame needs, such as a frame of the highest
    /// temporal layer, is no event.
    Loss(Loss),
}

/// A [`Depacketizer`] that knows what its units depend on, and what to ask the sender for.
///
/// With [dependency descriptors](super::dependency_descriptor) it follows the frames by number;
/// without them it goes by the frame headers, as [`ReceivedUnit::unbroken`] does. As there, time is
/// the caller's. After each [`push`](Self::push) and [`handle_timeout`](Self::handle_timeout),
/// [`next_event`](Self::next_event) is called until it gives nothing, then
/// [`next_request`](Self::next_request) likewise.
///
/// ```
/// use std::time::Duration;
///
/// use rtav1::rtp::{PictureState, Receiver, ReceiverConfig, ReceiverEvent, Request, RtpPacket};
///
/// # fn main() -> Result<(), rtav1::RtpError> {
/// let mut receiver = Receiver::new(ReceiverConfig::default())?;
/// let now = Duration::from_millis(5);
/// receiver.push(RtpPacket::new(7, 3000, true, vec![0x10, 0x30, 0x30, 0xff]), now)?;
/// let now = receiver.next_timeout().expect("packets before the first may come");
/// receiver.handle_timeout(now);
/// while let Some(event) = receiver.next_event() {
///     match event {
///         // No key frame was received.
///         ReceiverEvent::Picture(picture) => assert_eq!(picture.state, PictureState::Repeated),
///         other => eprintln!("{other:?}"),
///     }
/// }
/// assert_eq!(receiver.next_request(now), Some(Request::KeyFrame));
/// assert_eq!(receiver.next_request(now), None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Receiver {
    config: ReceiverConfig,
    depacketizer: Depacketizer,
    lineage: Lineage,
    requests: Requests,
    /// The decoder refused what was clean, and no key frame has come since.
    failed: bool,
}

impl Receiver {
    /// A receiver that waits for the first packet.
    ///
    /// # Errors
    /// A setting of the depacketizer is out of its range.
    pub fn new(config: ReceiverConfig) -> Result<Self, RtpError> {
        Ok(Self {
            depacketizer: Depacketizer::new(config.depacketizer)?,
            lineage: Lineage::default(),
            requests: Requests::new(config.round_trip),
            failed: false,
            config,
        })
    }

    /// Takes a packet that arrives at `now`, with its descriptor if it has one.
    ///
    /// # Errors
    /// As [`Depacketizer::push`].
    pub fn push(&mut self, packet: RtpPacket, now: Duration) -> Result<Arrival, RtpError> {
        self.depacketizer.push(packet, now)
    }

    /// The next picture or loss, in the order of sending.
    pub fn next_event(&mut self) -> Option<ReceiverEvent> {
        loop {
            match self.depacketizer.next_event()? {
                DepacketizerEvent::Unit(unit) => {
                    return Some(ReceiverEvent::Picture(self.picture(unit)));
                }
                DepacketizerEvent::Loss(loss) => {
                    if self.is_needed(&loss) {
                        if loss.key_frame_needed {
                            self.lacking();
                        }
                        return Some(ReceiverEvent::Loss(loss));
                    }
                }
            }
        }
    }

    /// What to ask the sender for at `now`; `None` if nothing, or if it was asked for and the answer
    /// may still come. To be called until it gives `None`, after the events.
    pub fn next_request(&mut self, now: Duration) -> Option<Request> {
        if self.config.retransmission {
            let deadline = self.depacketizer.next_timeout();
            let missing = self.depacketizer.missing();
            let sequences = self.requests.retransmission(missing, now, deadline);
            if !sequences.is_empty() {
                return Some(Request::Retransmission(sequences));
            }
        }
        let under_way =
            self.requests.needed() != Need::Nothing && self.depacketizer.new_sequence_under_way();
        self.requests.request(now, under_way)
    }

    /// When to call [`handle_timeout`](Self::handle_timeout): a missing packet will be given up, or a
    /// request repeated. To be asked after events and requests.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.depacketizer.next_timeout().into_iter().chain(self.requests.next_time()).min()
    }

    /// Takes the time; to be followed by [`next_event`](Self::next_event) as `push` is. A call too
    /// early does no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.depacketizer.handle_timeout(now);
    }

    /// Tells the round trip as it is measured (RFC 3550, 6.4.1, from the delay since the last sender
    /// report).
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.requests.round_trip = round_trip;
    }

    /// Sets the layers that are wanted from now on.
    pub fn set_highest_layer(&mut self, highest: LayerId) {
        self.config.highest_layer = highest;
    }

    /// The decoder refused the picture that was given out last, though it was clean: nothing is held
    /// to be decodable until a key frame comes.
    pub fn decoding_failed(&mut self) {
        self.lineage.failed();
        self.failed = true;
        self.requests.need(Need::KeyFrame);
    }

    /// Gives up all that is missing, as [`Depacketizer::flush`] does.
    pub fn flush(&mut self) {
        self.depacketizer.flush();
    }

    /// Which frames can be decoded, for a sender that makes recovery frames: to be sent with every
    /// picture or every request, or in times of about a round trip at least. `None` without
    /// descriptors.
    pub fn report(&self) -> Option<FrameReport> {
        self.lineage.report()
    }

    /// Whether later frames lack something that has to be asked for.
    pub fn is_lacking(&self) -> bool {
        self.requests.needed() != Need::Nothing
    }

    /// The depacketizer within.
    pub fn depacketizer(&self) -> &Depacketizer {
        &self.depacketizer
    }

    fn picture(&mut self, unit: ReceivedUnit) -> ReceivedPicture {
        let reader = self.depacketizer.descriptors();
        let lineage = self.lineage.unit(&unit.descriptors, reader, self.config.highest_layer);
        let (mut clean, intact, skipped) = match lineage {
            Some(lineage) => (lineage.clean, lineage.intact, lineage.skipped),
            None => (unit.unbroken, unit.unbroken, 0),
        };
        self.failed &= !unit.new_sequence;
        clean &= !self.failed;
        if clean && intact {
            self.requests.served();
        } else if !intact {
            self.lacking();
        }
        let state = match (clean, self.config.decode_damaged) {
            (true, _) => PictureState::Clean,
            (false, true) => PictureState::Damaged,
            (false, false) => PictureState::Repeated,
        };
        ReceivedPicture { state, unit, skipped }
    }

    /// Whether later frames need what was lost, as far as the packets that were discarded and the one
    /// after the loss tell.
    fn is_needed(&self, loss: &Loss) -> bool {
        let reader = self.depacketizer.descriptors();
        let highest = self.config.highest_layer;
        let next = self.depacketizer.descriptor_at_hand();
        if loss.discarded_frames.is_empty() && next.is_none() {
            return true;
        }
        let discarded = loss.discarded_frames.iter();
        let mut discarded =
            discarded.map(|frame| self.lineage.is_broken_by(frame, reader, highest));
        let before = |next| self.lineage.is_broken_before(&next, reader, highest);
        loss.key_frame_needed && (discarded.any(|broken| broken) || next.is_some_and(before))
    }

    fn lacking(&mut self) {
        let recovery = self.config.recovery && self.lineage.has_clean();
        self.requests.need(if recovery { Need::Recovery } else { Need::KeyFrame });
    }
}
