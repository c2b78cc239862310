//! From packet to packet: what becomes of the first one at hand.

use super::{Depacketizer, LOOK_AHEAD_OBUS, State, Step};
use crate::rtp::dependency_descriptor::DependencyDescriptor;
use crate::rtp::event::{DepacketizerEvent, Loss, LossReason, MissingPackets, ReceivedUnit};
use crate::rtp::reorder::{Content, MAX_MISORDER, ReorderBuffer, Slot};
use crate::rtp::unit_start::{Start, UnitStart};

impl Depacketizer {
    /// The first packets of the stream: those with lower numbers are waited for, then the lowest
    /// one begins.
    pub(super) fn join(&mut self) -> Step {
        let Some((first, _)) = self.buffer.first() else { return Step::Wait };
        if !self.gives_up(first, first) {
            return Step::Wait;
        }
        self.next = first;
        self.state = State::Seeking { damaged: None, adjoining: false };
        Step::Again
    }

    /// Whether the packets missing from `gap` to before `number`, the first one at hand, are given
    /// up.
    fn gives_up(&self, gap: u64, number: u64) -> bool {
        let distance = self.buffer.last_number().unwrap_or(gap) - gap;
        let open = self.open.timestamp();
        self.flushing
            || number <= self.give_up_before
            || self.buffer.len() >= self.config.reorder_packets
            || self.next_timeout().is_some_and(|time| time <= self.now)
            // What is older than this is not taken any more.
            || distance > MAX_MISORDER
            || self.held_bytes() > self.config.max_bytes
            || self.buffer.units_besides(open) + usize::from(open.is_some()) > self.config.max_units
    }

    /// Whether the first packet at hand can be the first of a unit (`Some`), and whether that is
    /// sure. `after_end`: the packet before it was the last of a unit. `same_unit`: it has the
    /// timestamp of a damaged unit, whose start was before.
    fn start(&self, slot: &Slot, after_end: bool, same_unit: bool) -> Option<Start> {
        let Content::Elements(header) = slot.content else { return None };
        if header.continues_previous() {
            return None;
        }
        if after_end {
            return Some(Start::Proven);
        }
        let found = self.start_at_hand();
        let assumed = found.start == Start::Undecided
            || found.start == Start::Likely && self.config.assume_start;
        match found.start {
            _ if same_unit => found.new_sequence.then_some(Start::Proven),
            Start::Proven => Some(Start::Proven),
            start => assumed.then_some(start),
        }
    }

    /// What the first packets at hand tell of the start of a unit.
    fn start_at_hand(&self) -> UnitStart {
        UnitStart::of(self.buffer.first_run(), self.lowest_layer, LOOK_AHEAD_OBUS)
    }

    /// One packet, or the report of those missing in front of it.
    pub(super) fn advance(&mut self) -> Step {
        let Some((number, slot)) = self.buffer.first() else { return Step::Wait };
        if number > self.next {
            return self.gap(number);
        }
        let timestamp = slot.packet.timestamp;
        let content = slot.content;
        if let State::Seeking { damaged, adjoining } = self.state {
            let same_unit = Some(timestamp) == damaged;
            let after_end = adjoining && !same_unit;
            return match (self.start(slot, after_end, same_unit), content) {
                (Some(start), _) => self.resume(start),
                (None, Content::Malformed) if after_end => self.resume(Start::Proven),
                _ => self.skip(),
            };
        }
        if content == Content::Padding {
            return self.pass_padding();
        }
        if self.open.timestamp().is_some_and(|open| open != timestamp) {
            return self.close();
        }
        let Some((slot, descriptor)) = self.take() else { return Step::Wait };
        let marker = slot.packet.marker;
        let sequence = slot.packet.sequence;
        let Content::Elements(header) = content else {
            self.after_damage(timestamp, marker);
            self.skipped_frames.push(descriptor);
            let missing = MissingPackets { first: sequence, count: 1 };
            return self.lose(LossReason::Malformed, Some(missing), Some(timestamp));
        };
        match self.open.push(slot, header, descriptor, &self.config) {
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
        if !self.gives_up(self.next, number) {
            return Step::Wait;
        }
        let damaged = match self.state {
            State::Seeking { damaged, .. } => damaged,
            _ => self.open.timestamp().or(self.timestamps.last().map(|last| last as u32)),
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

    /// Takes out the packet that is next in sequence, and reads its descriptor.
    fn take(&mut self) -> Option<(Slot, Option<DependencyDescriptor>)> {
        self.next += 1;
        let slot = self.buffer.pop()?;
        let descriptor = self.descriptors.read(&slot.packet.descriptor).ok();
        Some((slot, descriptor))
    }

    /// A packet without content: nothing but its marker counts, and only within a unit.
    fn pass_padding(&mut self) -> Step {
        let Some((slot, _)) = self.take() else { return Step::Wait };
        if slot.packet.marker && self.open.timestamp() == Some(slot.packet.timestamp) {
            return self.close();
        }
        Step::Again
    }

    /// Goes on in step with the next packet, and reports what was skipped before it.
    fn resume(&mut self, start: Start) -> Step {
        let timestamp = match self.state {
            State::Seeking { damaged, .. } => damaged,
            _ => None,
        };
        self.state = State::InStep { start };
        if self.skipped == 0 {
            return Step::Again;
        }
        self.lose(LossReason::MissingStart, None, timestamp)
    }

    /// Discards the next packet, which cannot start a unit.
    fn skip(&mut self) -> Step {
        let Some((slot, descriptor)) = self.take() else { return Step::Wait };
        if slot.content == Content::Padding {
            return Step::Again;
        }
        self.skipped += 1;
        self.skipped_frames.push(descriptor);
        let timestamp = slot.packet.timestamp;
        self.state = State::Seeking { damaged: Some(timestamp), adjoining: true };
        if slot.packet.marker { self.resume(Start::Proven) } else { Step::Again }
    }

    /// Where to go on after a damaged unit, whose last packet at hand had this timestamp and marker.
    fn after_damage(&mut self, timestamp: u32, marker: bool) {
        self.state = if marker {
            State::InStep { start: Start::Proven }
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
        let at_hand = self.buffer.first().is_some_and(|(number, _)| number == self.next);
        let key_frame_needed = !(at_hand && self.start_at_hand().new_sequence);
        let mut frames = std::mem::take(&mut self.skipped_frames);
        let discarded_packets = self.open.discard(&mut frames) + std::mem::take(&mut self.skipped);
        self.continuity.lost();
        Step::Event(DepacketizerEvent::Loss(Loss {
            reason,
            missing,
            discarded_packets,
            discarded_frames: frames.frames,
            rtp_timestamp,
            key_frame_needed,
        }))
    }

    /// The open unit has ended, and the next packet starts another.
    fn close(&mut self) -> Step {
        let State::InStep { start } = self.state else { return Step::Again };
        self.state = State::InStep { start: Start::Proven };
        let Some(first) = self.open.packets().first() else { return Step::Again };
        let (rtp_timestamp, first_sequence) = (first.timestamp, first.sequence);
        let assembled = match self.open.finish() {
            Ok(assembled) => assembled,
            Err(reason) => return self.lose(reason, None, Some(rtp_timestamp)),
        };
        let Some(assembled) = assembled else {
            self.open.clear();
            return Step::Again;
        };
        // Now that it is whole, more of it may be known than when it began.
        let found = UnitStart::of(self.open.payloads(), self.lowest_layer, usize::MAX);
        let start_proven = start == Start::Proven || found.start == Start::Proven;
        let assumed = self.config.assume_start && found.start == Start::Likely;
        if !start_proven && !assumed {
            return self.lose(LossReason::MissingStart, None, Some(rtp_timestamp));
        }
        let descriptors = self.open.take_descriptors();
        let packets = self.open.clear();
        self.lowest_layer = assembled.lowest_layer.unwrap_or(self.lowest_layer);
        let unbroken = self.continuity.unit(&assembled.data, found.new_sequence);
        Step::Event(DepacketizerEvent::Unit(ReceivedUnit {
            data: assembled.data.into(),
            timestamp: self.timestamps.extend(rtp_timestamp),
            rtp_timestamp,
            new_sequence: found.new_sequence,
            sequence_header: assembled.sequence_header,
            start_proven,
            unbroken,
            first_sequence,
            packets,
            descriptors,
        }))
    }

    /// All packets are used up: reports what did not become a unit, then starts afresh.
    pub(super) fn end_flush(&mut self) -> Option<DepacketizerEvent> {
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
        self.continuity.lost();
        self.flushing = event.is_some();
        event
    }
}
