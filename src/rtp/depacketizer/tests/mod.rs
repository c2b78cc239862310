//! One rule at a time, with packets made by hand.

mod limits;
mod loss;
mod order;
mod payloads;
mod recovery;
mod start;

use super::*;
use crate::rtp::DepacketizerEvent::{Loss as Lost, Unit};
use crate::rtp::LossReason;

/// Settings without a limit in time.
const UNTIMED: DepacketizerConfig = DepacketizerConfig {
    reorder_packets: 8,
    reorder_wait: Duration::MAX,
    max_units: 32,
    max_bytes: 4 << 20,
    max_obus: 1024,
    max_obu_bytes: 2 << 20,
    assume_start: true,
};
/// A frame in one packet, and the unit it becomes.
const FRAME: &[u8] = &[0x10, 0x30, 0x30, 7];
const FRAME_UNIT: &[u8] = &[0x12, 0, 0x32, 2, 0x30, 7];
/// A sequence header and a key frame in one packet with N = 1, and the unit they become.
const KEY: &[u8] = &[0x28, 2, 0x08, 5, 0x30, 0x10, 7];
const KEY_UNIT: &[u8] = &[0x12, 0, 0x0a, 1, 5, 0x32, 2, 0x10, 7];
/// The same key frame in three packets.
const KEY_PARTS: [&[u8]; 3] = [&[0x68, 2, 0x08, 5, 0x30], &[0xd0, 0x10], &[0x90, 7]];

/// A depacketizer at the time `now`, in milliseconds.
struct Receiver {
    depacketizer: Depacketizer,
    now: u64,
}

impl Receiver {
    /// With no limit in time.
    fn new(reorder_packets: usize) -> Self {
        Self::with(DepacketizerConfig { reorder_packets, ..UNTIMED })
    }

    fn with(config: DepacketizerConfig) -> Self {
        Self { depacketizer: Depacketizer::new(config).unwrap(), now: 0 }
    }

    /// A receiver that takes packets in their order, and has taken a key frame with the sequence
    /// number 0 and the timestamp of unit 1.
    fn after_key() -> Self {
        let mut receiver = Self::new(1);
        assert_eq!(receiver.get(0, 1, true, KEY), [unit(KEY_UNIT)]);
        receiver
    }

    /// Receives `payload` with a timestamp of 3000 times `unit`.
    fn get(&mut self, sequence: u16, unit: u32, marker: bool, payload: &[u8]) -> Vec<Event> {
        assert_eq!(self.push(sequence, unit, marker, payload), Ok(Arrival::Accepted));
        self.events()
    }

    fn push(
        &mut self,
        sequence: u16,
        unit: u32,
        marker: bool,
        payload: &[u8],
    ) -> Result<Arrival, RtpError> {
        let packet = RtpPacket::new(sequence, 3000 * unit, marker, payload.to_vec());
        self.depacketizer.push(packet, Duration::from_millis(self.now))
    }

    /// The events of the time `now`.
    fn at(&mut self, now: u64) -> Vec<Event> {
        self.now = now;
        self.depacketizer.handle_timeout(Duration::from_millis(now));
        self.events()
    }

    /// The next timeout, in milliseconds.
    fn timeout(&self) -> Option<u64> {
        self.depacketizer.next_timeout().map(|time| time.as_millis() as u64)
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.depacketizer.next_event()).map(Event::from).collect()
    }

    fn flush(&mut self) -> Vec<Event> {
        self.depacketizer.flush();
        self.events()
    }
}

/// The gist of an event.
#[derive(Debug, PartialEq)]
enum Event {
    Unit(Vec<u8>),
    /// Reason, missing packets, discarded packets, key frame needed.
    Loss(LossReason, Option<(u16, usize)>, usize, bool),
}

impl From<DepacketizerEvent> for Event {
    fn from(event: DepacketizerEvent) -> Self {
        match event {
            Unit(unit) => Self::Unit(unit.data.to_vec()),
            Lost(loss) => Self::Loss(
                loss.reason,
                loss.missing.map(|missing| (missing.first, missing.count)),
                loss.discarded_packets,
                loss.key_frame_needed,
            ),
        }
    }
}

fn unit(data: &[u8]) -> Event {
    Event::Unit(data.to_vec())
}
