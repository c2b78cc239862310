//! Packets in the order of their sequence numbers, for as long as one in front may still come.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use super::aggregation::{AggregationHeader, Elements};
use super::error::RtpError;
use super::extend::Extender;

/// A jump ahead by more than this is held to be a restart of the sender (RFC 3550, A.1).
const MAX_DROPOUT: u64 = 3000;
/// A packet this much older than the newest is held to be a restart of the sender.
pub(super) const MAX_MISORDER: u64 = 1024;
/// The most bytes a UDP packet could carry.
const MAX_PAYLOAD: usize = 65_535;
/// The most bytes of an element of a header extension (RFC 8285, 4.3); longer ones are ignored.
const MAX_DESCRIPTOR: usize = 255;
/// What a packet is charged beyond its payload, so that many tiny packets are bounded too.
const PACKET_CHARGE: usize = 64;

/// A received payload with what its RTP header said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RtpPacket {
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp, in ticks of 90 kHz.
    pub timestamp: u32,
    /// Marker bit: the packet is the last of its temporal unit.
    pub marker: bool,
    /// What follows the RTP header and its extensions, without RTP padding. An empty payload, as
    /// of a packet that probes the bandwidth, takes up its sequence number and is otherwise
    /// ignored.
    pub payload: Bytes,
    /// The data of the dependency descriptor's element in the header extension; empty without one.
    pub descriptor: Bytes,
}

impl RtpPacket {
    /// A packet with these fields, without a descriptor.
    pub fn new(sequence: u16, timestamp: u32, marker: bool, payload: impl Into<Bytes>) -> Self {
        Self { sequence, timestamp, marker, payload: payload.into(), descriptor: Bytes::new() }
    }

    /// The same with a descriptor, as
    /// [`Payload::descriptor`](super::Payload::descriptor) has it.
    #[must_use]
    pub fn with_descriptor(self, descriptor: impl Into<Bytes>) -> Self {
        Self { descriptor: descriptor.into(), ..self }
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arrival {
    /// It was taken.
    Accepted,
    /// It is here already.
    Duplicate,
    /// Its sequence number is far from all others: it is kept aside, and taken if the next number
    /// arrives too, which proves that the sender started again.
    Held,
    /// The place it belongs to was passed: it is a duplicate, or was given up.
    Late,
}

/// What a packet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Padding,
    /// No AV1 payload; the sequence number counts as lost.
    Malformed,
    /// Elements that were checked.
    Elements(AggregationHeader),
}

/// A packet in the buffer.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) packet: RtpPacket,
    pub(super) content: Content,
    arrival: Duration,
}

impl Slot {
    fn new(mut packet: RtpPacket, arrival: Duration) -> (Self, Option<RtpError>) {
        if packet.descriptor.len() > MAX_DESCRIPTOR {
            packet.descriptor = Bytes::new();
        }
        match check(&packet.payload) {
            Ok(content) => (Self { packet, content, arrival }, None),
            Err(error) => {
                packet.payload = Bytes::new();
                (Self { packet, content: Content::Malformed, arrival }, Some(error))
            }
        }
    }

    /// Bytes the packet is charged.
    pub(super) fn charge(&self) -> usize {
        self.packet.payload.len() + self.packet.descriptor.len() + PACKET_CHARGE
    }
}

fn check(payload: &[u8]) -> Result<Content, RtpError> {
    if payload.is_empty() {
        return Ok(Content::Padding);
    }
    if payload.len() > MAX_PAYLOAD {
        return Err(RtpError::PayloadLength(payload.len()));
    }
    let (header, mut elements) = Elements::parse(payload)?;
    elements.try_for_each(|element| element.map(drop))?;
    Ok(Content::Elements(header))
}

/// Packets by extended sequence number: the 16 bits of the wire, continued over wraps and restarts.
#[derive(Debug, Default)]
pub(super) struct ReorderBuffer {
    slots: BTreeMap<u64, Slot>,
    charge: usize,
    newest: Option<u64>,
    held: Option<Slot>,
    restart: Option<u64>,
}

impl ReorderBuffer {
    /// Takes a packet that arrives at `now`, which is no earlier than before; `next` is the extended
    /// number before which all places were passed.
    ///
    /// A malformed payload is an error, and its number is taken all the same.
    pub(super) fn insert(
        &mut self,
        packet: RtpPacket,
        now: Duration,
        next: u64,
    ) -> Result<Arrival, RtpError> {
        let (slot, error) = Slot::new(packet, now);
        let arrival = self.place(slot, next);
        error.map_or(Ok(arrival), Err)
    }

    fn place(&mut self, slot: Slot, next: u64) -> Arrival {
        let sequence = slot.packet.sequence;
        let Some(newest) = self.newest else {
            // Any start will do that leaves numbers below it for packets out of order.
            self.put(1 << 32 | u64::from(sequence), slot);
            return Arrival::Accepted;
        };
        let number = Extender::nearest(newest, sequence);
        if (newest.saturating_sub(MAX_MISORDER)..=newest + MAX_DROPOUT).contains(&number) {
            if number < next {
                return Arrival::Late;
            }
            let present = self.slots.get(&number).map(|slot| slot.content);
            if !matches!(present, None | Some(Content::Malformed)) {
                return Arrival::Duplicate;
            }
            self.put(number, slot);
            return Arrival::Accepted;
        }
        let held = self.held.take();
        let held_sequence = held.as_ref().map(|slot| slot.packet.sequence);
        match held {
            Some(held) if held_sequence == Some(sequence.wrapping_sub(1)) => {
                let number = self.restart_with(held, newest);
                self.put(number + 1, slot);
                Arrival::Accepted
            }
            _ => {
                self.held = Some(slot);
                if held_sequence == Some(sequence) { Arrival::Duplicate } else { Arrival::Held }
            }
        }
    }

    /// Continues the numbers with the first packet of a restarted sender; returns its number.
    fn restart_with(&mut self, slot: Slot, newest: u64) -> u64 {
        let number = ((newest >> 16) + 2) << 16 | u64::from(slot.packet.sequence);
        self.put(number, slot);
        self.restart = Some(number);
        number
    }

    fn put(&mut self, number: u64, slot: Slot) {
        self.charge += slot.charge();
        self.newest = self.newest.max(Some(number));
        if let Some(replaced) = self.slots.insert(number, slot) {
            self.charge -= replaced.charge();
        }
    }

    /// Takes the packet that was held aside as a restart, since nothing will follow it.
    pub(super) fn accept_held(&mut self) {
        if let (Some(slot), Some(newest)) = (self.held.take(), self.newest) {
            self.restart_with(slot, newest);
        }
    }

    /// The packet with the lowest number.
    pub(super) fn first(&self) -> Option<(u64, &Slot)> {
        self.slots.first_key_value().map(|(&number, slot)| (number, slot))
    }

    /// The highest number here.
    pub(super) fn last_number(&self) -> Option<u64> {
        self.slots.last_key_value().map(|(&number, _)| number)
    }

    /// The numbers of all packets, ascending.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.slots.keys().copied()
    }

    /// The payloads from the lowest number on that follow each other in sequence and have one
    /// timestamp; packets without content are passed over.
    pub(super) fn first_run(&self) -> impl Iterator<Item = &Bytes> {
        let first = self.first();
        let timestamp = first.map(|(_, slot)| slot.packet.timestamp);
        (first.map_or(0, |(number, _)| number)..)
            .zip(&self.slots)
            .take_while(move |&(expected, (&number, slot))| {
                number == expected
                    && Some(slot.packet.timestamp) == timestamp
                    && slot.content != Content::Malformed
            })
            .map(|(_, (_, slot))| &slot.packet.payload)
            .filter(|payload| !payload.is_empty())
    }

    /// How many temporal units the packets belong to, besides the one with the timestamp `open`.
    pub(super) fn units_besides(&self, open: Option<u32>) -> usize {
        let mut timestamp = open;
        let mut units = 0;
        for slot in self.slots.values() {
            if timestamp != Some(slot.packet.timestamp) {
                timestamp = Some(slot.packet.timestamp);
                units += 1;
            }
        }
        units
    }

    /// When the first of the packets here arrived.
    pub(super) fn earliest_arrival(&self) -> Option<Duration> {
        self.slots.values().map(|slot| slot.arrival).min()
    }

    /// How many packets are here.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Takes out the packet with the lowest number.
    pub(super) fn pop(&mut self) -> Option<Slot> {
        let (_, slot) = self.slots.pop_first()?;
        self.charge -= slot.charge();
        Some(slot)
    }

    /// Whether a restarted sender's packets begin with this number.
    pub(super) fn restarts_at(&self, number: u64) -> bool {
        self.restart == Some(number)
    }

    /// Bytes charged for all packets here but the one held aside.
    pub(super) fn charge(&self) -> usize {
        self.charge
    }
}
