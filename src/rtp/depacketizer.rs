//! Payloads in any order into temporal units in order, and into reports of what was lost.

use super::assembly::{OpenUnit, looks_like_start};
use super::error::RtpError;
use super::event::{
    DepacketizerConfig, DepacketizerEvent, Loss, LossReason, MissingPackets, ReceivedUnit,
};
use super::reorder::{Arrival, Content, ReorderBuffer, RtpPacket, Slot};

/// Puts the packets of one RTP stream (one SSRC, one payload type) together to temporal units.
///
/// After every [`push`](Self::push), [`next_event`](Self::next_event) is called until it gives
/// nothing. It has no clock: how long to wait for a missing packet is said in packets by
/// [`DepacketizerConfig::reorder_packets`], or by calling [`skip_missing`](Self::skip_missing).
///
/// A unit is given out only when its end is proven, by the marker of its last packet or by another
/// timestamp in the packet that follows in sequence, and when all packets from its start to its
/// end are there and fit together. Everything else becomes a [`Loss`].
///
/// OBUs with a size field of their own are accepted if it is right. Temporal delimiters, tile lists
/// and padding are ignored, and a unit of nothing else gives no event.
///
/// ```
/// use bytes::Bytes;
/// use rtav1::rtp::{Depacketizer, DepacketizerConfig, DepacketizerEvent, RtpPacket};
///
/// # fn main() -> Result<(), rtav1::RtpError> {
/// let mut depacketizer = Depacketizer::new(DepacketizerConfig::default())?;
/// let payload = Bytes::from_static(&[0x10, 0x30, 0x30, 0xff]);
/// depacketizer.push(RtpPacket { sequence: 7, timestamp: 3000, marker: true, payload })?;
/// while let Some(event) = depacketizer.next_event() {
///     match event {
///         DepacketizerEvent::Unit(unit) => {
///             assert_eq!(unit.data[..], [0x12, 0x00, 0x32, 0x02, 0x30, 0xff]);
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
    /// The extended number of the next packet in sequence; 0 while joining.
    next: u64,
    /// Missing packets before this number are not waited for.
    give_up_before: u64,
    flushing: bool,
    /// Packets discarded in search of a start and not yet reported.
    skipped: usize,
    /// Timestamp of the unit given out last, as on the wire and continued.
    last_timestamp: Option<(u32, i64)>,
    lowest_layer: u8,
    unbroken: bool,
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
            next: 0,
            give_up_before: 0,
            flushing: false,
            skipped: 0,
            last_timestamp: None,
            lowest_layer: 0,
            unbroken: false,
        })
    }

    /// Takes a packet.
    ///
    /// # Errors
    /// A malformed payload, such as N with Z or an element that is longer than the payload: its
    /// sequence number counts as lost. Or the events of earlier packets have to be taken first, and
    /// the packet was not looked at.
    pub fn push(&mut self, packet: RtpPacket) -> Result<Arrival, RtpError> {
        let held = self.held_bytes();
        if self.flushing || held > self.config.max_bytes {
            return Err(RtpError::NotDrained { held });
        }
        self.buffer.insert(packet, self.next)
    }

    /// The next temporal unit or loss, in the order of sending; `None` until another packet comes.
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

    /// Gives up the packets that are missing in front of the first one that waits for them.
    ///
    /// To be called when that has waited long enough, and followed by
    /// [`next_event`](Self::next_event) as `push` is. Without missing packets it does nothing.
    pub fn skip_missing(&mut self) {
        if let Some((number, _)) = self.buffer.first() {
            self.give_up_before = self.give_up_before.max(number);
        }
    }

    /// Gives up all that is missing, after the last packet of the stream or when it pauses.
    ///
    /// [`next_event`](Self::next_event) then gives out the complete units that are left and reports
    /// the rest as lost; after its `None` the depacketizer is as new, but that timestamps go on.
    pub fn flush(&mut self) {
        self.flushing = true;
        self.buffer.accept_held();
    }

    /// The sequence numbers that other packets wait for, to be asked for again (RFC 4585, 6.2.1).
    pub fn missing(&self) -> impl Iterator<Item = u16> + '_ {
        let start = match self.state {
            State::Joining => self.buffer.first().map_or(0, |(number, _)| number),
            _ => self.next,
        };
        let before = std::iter::once(start).chain(self.buffer.iter().map(|(number, _)| number + 1));
        before
            .zip(self.buffer.iter())
            .filter(|&(_, (number, _))| !self.buffer.restarts_at(number))
            .flat_map(|(gap, (number, _))| (gap..number).map(|missing| missing as u16))
    }

    /// Bytes held, as [`DepacketizerConfig::max_bytes`] counts them.
    pub fn held_bytes(&self) -> usize {
        self.buffer.charge() + self.open.charge()
    }

    /// The first packets of the stream: from the first one that can start a unit.
    fn join(&mut self) -> Step {
        let Some((first, _)) = self.buffer.first() else { return Step::Wait };
        let mut before: Option<(u64, &Slot)> = None;
        let mut start = None;
        for (number, slot) in self.buffer.iter() {
            let adjoining = before.filter(|&(before, _)| before + 1 == number);
            let after_end = adjoining.is_some_and(|(_, before)| {
                before.packet.marker || before.packet.timestamp != slot.packet.timestamp
            });
            if let Some(start_proven) = self.starts_unit(slot, after_end) {
                start = Some((number, start_proven));
                break;
            }
            before = Some((number, slot));
        }
        if let Some((number, start_proven)) = start {
            self.next = number;
            self.state = State::InStep { start_proven };
            let mut timestamp = None;
            while self.buffer.first().is_some_and(|(earlier, _)| earlier < number) {
                let content = self.buffer.pop().filter(|slot| slot.content != Content::Padding);
                if let Some(slot) = content {
                    timestamp = Some(slot.packet.timestamp);
                    self.skipped += 1;
                }
            }
            return match timestamp {
                Some(_) => self.lose(LossReason::MissingStart, None, timestamp),
                None => Step::Again,
            };
        }
        let window = self.config.reorder_packets as u64;
        let full = self.buffer.last_number() > Some(first + window)
            || self.buffer.charge() > self.config.max_bytes;
        if !full && !self.flushing && self.give_up_before < first {
            return Step::Wait;
        }
        self.next = first;
        self.state = State::Seeking { damaged: None, adjoining: false };
        Step::Again
    }

    /// Whether the packet can be the first of a unit (`Some`), and whether that is proven.
    fn starts_unit(&self, slot: &Slot, after_end: bool) -> Option<bool> {
        let Content::Elements(header) = slot.content else { return None };
        if header.continues_previous() {
            None
        } else if header.new_sequence() || after_end {
            Some(true)
        } else if self.config.assume_start && looks_like_start(slot, self.lowest_layer) {
            Some(false)
        } else {
            None
        }
    }

    /// One packet, or the report of those missing in front of it.
    fn advance(&mut self) -> Step {
        let Some((number, slot)) = self.buffer.first() else { return Step::Wait };
        if number > self.next {
            return self.gap(number);
        }
        let timestamp = slot.packet.timestamp;
        let content = slot.content;
        if let State::Seeking { damaged, adjoining } = self.state {
            let other_unit = Some(timestamp) != damaged;
            let after_end = adjoining && other_unit;
            let start =
                self.starts_unit(slot, after_end).filter(|_| other_unit || slot.new_sequence());
            return match (start, content) {
                (Some(start_proven), _) => self.resume(start_proven),
                (None, Content::Malformed) if after_end => self.resume(true),
                _ => self.skip(),
            };
        }
        if content == Content::Padding {
            return self.pass_padding();
        }
        if self.open.timestamp().is_some_and(|open| open != timestamp) {
            return self.close();
        }
        let Some(slot) = self.take() else { return Step::Wait };
        let marker = slot.packet.marker;
        let sequence = slot.packet.sequence;
        let Content::Elements(header) = content else {
            self.after_damage(timestamp, marker);
            let missing = MissingPackets { first: sequence, count: 1 };
            return self.lose(LossReason::Malformed, Some(missing), Some(timestamp));
        };
        match self.open.push(slot, header, &self.config) {
            Ok(()) if marker => self.close(),
            Ok(()) => Step::Again,
            Err(reason) => {
                self.after_damage(timestamp, marker);
                self.lose(reason, None, Some(timestamp))
            }
        }
    }

    /// Packets are missing before the first one at hand, `number`.
    fn gap(&mut self, number: u64) -> Step {
        let distance = self.buffer.last_number().unwrap_or(number) - self.next;
        let give_up = self.flushing
            || number <= self.give_up_before
            || distance > self.config.reorder_packets as u64
            || self.held_bytes() > self.config.max_bytes
            || self.units_in_flight() > self.config.max_units;
        if !give_up {
            return Step::Wait;
        }
        let damaged = match self.state {
            State::Seeking { damaged, .. } => damaged,
            _ => self.open.timestamp().or(self.last_timestamp.map(|(wire, _)| wire)),
        };
        let restart = self.buffer.restarts_at(number);
        let (reason, missing) = if restart {
            (LossReason::Restart, None)
        } else {
            let count = (number - self.next) as usize;
            (LossReason::Missing, Some(MissingPackets { first: self.next as u16, count }))
        };
        let timestamp = self.open.timestamp();
        self.next = number;
        self.state = State::Seeking { damaged: damaged.filter(|_| !restart), adjoining: false };
        self.lose(reason, missing, timestamp)
    }

    fn units_in_flight(&self) -> usize {
        let mut timestamp = self.open.timestamp();
        let mut units = usize::from(timestamp.is_some());
        for (_, slot) in self.buffer.iter() {
            if timestamp != Some(slot.packet.timestamp) {
                timestamp = Some(slot.packet.timestamp);
                units += 1;
            }
        }
        units
    }

    /// Takes out the packet that is next in sequence.
    fn take(&mut self) -> Option<Slot> {
        self.next += 1;
        self.buffer.pop()
    }

    /// A packet without content: nothing but its marker counts, and only within a unit.
    fn pass_padding(&mut self) -> Step {
        let Some(slot) = self.take() else { return Step::Wait };
        if slot.packet.marker && self.open.timestamp() == Some(slot.packet.timestamp) {
            return self.close();
        }
        Step::Again
    }

    /// Goes on in step with the next packet, and reports what was skipped before it.
    fn resume(&mut self, start_proven: bool) -> Step {
        let timestamp = match self.state {
            State::Seeking { damaged, .. } => damaged,
            _ => None,
        };
        self.state = State::InStep { start_proven };
        if self.skipped == 0 {
            return Step::Again;
        }
        self.lose(LossReason::MissingStart, None, timestamp)
    }

    /// Discards the next packet, which cannot start a unit.
    fn skip(&mut self) -> Step {
        let Some(slot) = self.take() else { return Step::Wait };
        if slot.content == Content::Padding {
            return Step::Again;
        }
        self.skipped += 1;
        let timestamp = slot.packet.timestamp;
        self.state = State::Seeking { damaged: Some(timestamp), adjoining: true };
        if slot.packet.marker { self.resume(true) } else { Step::Again }
    }

    /// Where to go on after a damaged unit, whose last packet at hand had this timestamp and marker.
    fn after_damage(&mut self, timestamp: u32, marker: bool) {
        self.state = if marker {
            State::InStep { start_proven: true }
        } else {
            State::Seeking { damaged: Some(timestamp), adjoining: true }
        };
    }

    /// Discards the open unit and reports a loss with it and the packets skipped so far.
    fn lose(
        &mut self,
        reason: LossReason,
        missing: Option<MissingPackets>,
        rtp_timestamp: Option<u32>,
    ) -> Step {
        let next = self.buffer.first().filter(|&(number, _)| number == self.next);
        let key_frame_needed = !next.is_some_and(|(_, slot)| slot.new_sequence());
        let discarded_packets = self.open.discard() + std::mem::take(&mut self.skipped);
        self.unbroken = false;
        Step::Event(DepacketizerEvent::Loss(Loss {
            reason,
            missing,
            discarded_packets,
            rtp_timestamp,
            key_frame_needed,
        }))
    }

    /// The open unit has ended, and the next packet starts another.
    fn close(&mut self) -> Step {
        let State::InStep { start_proven } = self.state else { return Step::Again };
        self.state = State::InStep { start_proven: true };
        let Some(first) = self.open.packets().first() else { return Step::Again };
        let (rtp_timestamp, first_sequence) = (first.timestamp, first.sequence);
        let new_sequence = self.open.starts_sequence();
        let assembled = match self.open.finish() {
            Ok(assembled) => assembled,
            Err(reason) => return self.lose(reason, None, Some(rtp_timestamp)),
        };
        let packets = self.open.discard();
        let Some(assembled) = assembled else { return Step::Again };
        let timestamp = match self.last_timestamp {
            None => i64::from(rtp_timestamp),
            Some((wire, long)) => long + i64::from(rtp_timestamp.wrapping_sub(wire) as i32),
        };
        self.last_timestamp = Some((rtp_timestamp, timestamp));
        self.lowest_layer = assembled.lowest_layer.unwrap_or(self.lowest_layer);
        self.unbroken |= new_sequence;
        Step::Event(DepacketizerEvent::Unit(ReceivedUnit {
            data: assembled.data.into(),
            timestamp,
            rtp_timestamp,
            new_sequence,
            sequence_header: assembled.sequence_header,
            start_proven,
            unbroken: self.unbroken,
            first_sequence,
            packets,
        }))
    }

    /// All packets are used up: reports what did not become a unit, then starts afresh.
    fn end_flush(&mut self) -> Option<DepacketizerEvent> {
        let reason = match self.state {
            State::InStep { .. } => LossReason::Incomplete,
            _ => LossReason::MissingStart,
        };
        let timestamp = match self.state {
            State::Seeking { damaged, .. } => damaged,
            _ => self.open.timestamp(),
        };
        let lost = !self.open.is_empty() || self.skipped > 0;
        let event = match lost.then(|| self.lose(reason, None, timestamp)) {
            Some(Step::Event(event)) => Some(event),
            _ => None,
        };
        self.buffer = ReorderBuffer::default();
        self.state = State::Joining;
        (self.next, self.give_up_before) = (0, 0);
        self.unbroken = false;
        self.flushing = event.is_some();
        event
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
    /// The open unit, or the one that starts with the next packet, is complete so far.
    InStep { start_proven: bool },
}

enum Step {
    Event(DepacketizerEvent),
    Again,
    Wait,
}

#[cfg(test)]
mod tests;
