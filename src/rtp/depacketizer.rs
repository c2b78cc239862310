//! Payloads in any order into temporal units in order, and into reports of what was lost.

use std::time::Duration;

use super::assembly::{DescribedFrames, OpenUnit};
use super::continuity::Continuity;
use super::dependency_descriptor::{DependencyDescriptor, DescriptorReader};
use super::error::RtpError;
use super::event::{DepacketizerConfig, DepacketizerEvent};
#[cfg(doc)]
use super::event::{Loss, ReceivedUnit};
use super::extend::Extender;
use super::reorder::{Arrival, ReorderBuffer, RtpPacket};
use super::unit_start::{Start, UnitStart};

/// How many OBUs are looked at for the start of a unit before it is complete.
const LOOK_AHEAD_OBUS: usize = 64;

mod steps;
#[cfg(test)]
mod tests;

/// Puts the packets of one RTP stream (one SSRC, one payload type) together to temporal units.
///
/// It keeps no clock: the caller passes in the time since a start of its choice, when a packet
/// arrives ([`push`](Self::push)) and when the time of [`next_timeout`](Self::next_timeout) has
/// come ([`handle_timeout`](Self::handle_timeout)). After each of the two,
/// [`next_event`](Self::next_event) is called until it gives nothing. Time that runs backwards
/// stands still.
///
/// A unit is given out only when its end is proven, by the marker of its last packet or by another
/// timestamp in the packet that follows in sequence, and when all packets from its start to its
/// end are there and fit together. Everything else becomes a [`Loss`]. A missing packet is given up
/// after [`reorder_wait`](DepacketizerConfig::reorder_wait), or once
/// [`reorder_packets`](DepacketizerConfig::reorder_packets) later ones are there. The first packets
/// of a stream are held likewise, since lower sequence numbers may still come.
///
/// OBUs with a size field of their own are accepted if it is right, and elements without bytes.
/// Temporal delimiters, tile lists and padding are ignored, and a unit of nothing else gives no
/// event.
///
/// ```
/// use std::time::Duration;
///
/// use rtav1::rtp::{Depacketizer, DepacketizerConfig, DepacketizerEvent, RtpPacket};
///
/// # fn main() -> Result<(), rtav1::RtpError> {
/// let mut depacketizer = Depacketizer::new(DepacketizerConfig::default())?;
/// let mut now = Duration::from_millis(5);
/// depacketizer.push(RtpPacket::new(7, 3000, true, vec![0x10, 0x30, 0x30, 0xff]), now)?;
/// assert_eq!(depacketizer.next_event(), None);
/// // Nothing else comes.
/// now = depacketizer.next_timeout().expect("it waits for packets before the first");
/// assert_eq!(now, Duration::from_millis(105));
/// depacketizer.handle_timeout(now);
/// while let Some(event) = depacketizer.next_event() {
///     match event {
///         DepacketizerEvent::Unit(unit) => {
///             assert_eq!(unit.data[..], [0x12, 0x00, 0x32, 0x02, 0x30, 0xff]);
///             assert!(!unit.unbroken, "no key frame was received");
///         }
///         DepacketizerEvent::Loss(loss) => eprintln!("{loss:?}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Depacketizer {
    config: DepacketizerConfig,
    buffer: ReorderBuffer,
    open: OpenUnit,
    state: State,
    /// The latest time the caller told.
    now: Duration,
    /// The extended number of the next packet in sequence; 0 while joining.
    next: u64,
    /// Missing packets before this number are not waited for.
    give_up_before: u64,
    flushing: bool,
    /// Packets discarded in search of a start and not yet reported.
    skipped: usize,
    skipped_frames: DescribedFrames,
    /// Timestamps of the units given out.
    timestamps: Extender<u32>,
    lowest_layer: u8,
    continuity: Continuity,
    /// Reads descriptors in the order of sending.
    descriptors: DescriptorReader,
}

impl Depacketizer {
    /// A depacketizer that waits for the first packet.
    ///
    /// # Errors
    /// A setting is out of its range.
    pub fn new(config: DepacketizerConfig) -> Result<Self, RtpError> {
        config.check()?;
        Ok(Self {
            config,
            buffer: ReorderBuffer::default(),
            open: OpenUnit::default(),
            state: State::Joining,
            now: Duration::ZERO,
            next: 0,
            give_up_before: 0,
            flushing: false,
            skipped: 0,
            skipped_frames: DescribedFrames::default(),
            timestamps: Extender::new(),
            lowest_layer: 0,
            continuity: Continuity::default(),
            descriptors: DescriptorReader::new(),
        })
    }

    /// Takes a packet that arrives at `now`.
    ///
    /// # Errors
    /// A malformed payload, such as N with Z or an element that is longer than the payload: its
    /// sequence number counts as lost. Or the events of earlier packets have to be taken first, and
    /// the packet was not looked at.
    pub fn push(&mut self, packet: RtpPacket, now: Duration) -> Result<Arrival, RtpError> {
        self.now = self.now.max(now);
        let held = self.held_bytes();
        if self.flushing || held > self.config.max_bytes {
            return Err(RtpError::NotDrained { held });
        }
        self.buffer.insert(packet, self.now, self.next)
    }

    /// The next temporal unit or loss, in the order of sending; `None` until another packet comes
    /// or the time of [`next_timeout`](Self::next_timeout).
    pub fn next_event(&mut self) -> Option<DepacketizerEvent> {
        loop {
            let step = match self.state {
                State::Joining => self.join(),
                _ => self.advance(),
            };
            match step {
                Step::Event(event) => return Some(event),
                Step::Again => {}
                Step::Wait if self.flushing => return self.end_flush(),
                Step::Wait => return None,
            }
        }
    }

    /// When a missing packet will be given up, if it has not come by then; `None` while nothing is
    /// waited for. To be asked after [`next_event`](Self::next_event) gave nothing.
    pub fn next_timeout(&self) -> Option<Duration> {
        let waiting = match self.state {
            State::Joining => true,
            _ => self.buffer.first().is_some_and(|(number, _)| number > self.next),
        };
        let since = self.buffer.earliest_arrival().filter(|_| waiting)?;
        let wait = Some(self.config.reorder_wait).filter(|&wait| wait < Duration::MAX)?;
        since.checked_add(wait)
    }

    /// Takes the time, to give up what was waited for long enough; to be followed by
    /// [`next_event`](Self::next_event) as `push` is. A call too early does no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// Gives up the packets that are missing in front of the first one that waits for them, though
    /// their time has not come: for receivers that know better.
    ///
    /// To be followed by [`next_event`](Self::next_event) as `push` is. Without missing packets it
    /// does nothing.
    pub fn skip_missing(&mut self) {
        if let Some((number, _)) = self.buffer.first() {
            self.give_up_before = self.give_up_before.max(number);
        }
    }

    /// Gives up all that is missing, after the last packet of the stream or when it pauses.
    ///
    /// [`next_event`](Self::next_event) then gives out the complete units that are left and reports
    /// the rest as lost; after its `None` the depacketizer is as new, but that time and timestamps
    /// go on.
    pub fn flush(&mut self) {
        self.flushing = true;
        self.buffer.accept_held();
    }

    /// The sequence numbers that other packets wait for, ascending and at most 1024, to be asked
    /// for again (RFC 4585, 6.2.1).
    pub fn missing(&self) -> impl Iterator<Item = u16> + '_ {
        let start = match self.state {
            State::Joining => self.buffer.first().map_or(0, |(number, _)| number),
            _ => self.next,
        };
        let before = std::iter::once(start).chain(self.buffer.numbers().map(|number| number + 1));
        before
            .zip(self.buffer.numbers())
            .filter(|&(_, number)| !self.buffer.restarts_at(number))
            .flat_map(|(gap, number)| (gap..number).map(|missing| missing as u16))
    }

    /// Whether the next unit may refer to what did not arrive, by the frame headers alone: before the
    /// first key frame, and from a loss until a unit is [`unbroken`](ReceivedUnit::unbroken) again.
    /// [`Receiver::next_request`](super::Receiver::next_request) knows more, and when to ask.
    pub fn key_frame_needed(&self) -> bool {
        !self.continuity.is_unbroken()
    }

    /// What the dependency descriptors of the packets so far, in the order of sending, say of the
    /// stream as a whole.
    pub fn descriptors(&self) -> &DescriptorReader {
        &self.descriptors
    }

    /// The descriptor of the first packet at hand that is not part of a unit yet.
    pub(super) fn descriptor_at_hand(&self) -> Option<DependencyDescriptor> {
        let (_, slot) = self.buffer.first()?;
        self.descriptors.clone().read(&slot.packet.descriptor).ok()
    }

    /// Whether the unit that is being received starts a coded video sequence.
    pub(super) fn new_sequence_under_way(&self) -> bool {
        let payloads = self.open.payloads().chain(self.buffer.first_run());
        UnitStart::of(payloads, self.lowest_layer, LOOK_AHEAD_OBUS).new_sequence
    }

    /// Bytes held, as [`DepacketizerConfig::max_bytes`] counts them.
    pub fn held_bytes(&self) -> usize {
        self.buffer.charge() + self.open.charge()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing has been passed yet; packets older than those at hand may still come.
    Joining,
    /// In search of the first packet of a unit, after one with the timestamp `damaged`.
    Seeking {
        damaged: Option<u32>,
        /// The packet before the next one is known.
        adjoining: bool,
    },
    /// The open unit, or the one that starts with the next packet, is complete so far, if its first
    /// packet is what `start` says.
    InStep { start: Start },
}

enum Step {
    Event(DepacketizerEvent),
    Again,
    Wait,
}
