//! One rule at a time, with packets made by hand.

use bytes::Bytes;

use super::DepacketizerEvent::{Loss as Lost, Unit};
use super::*;
use crate::av1::obu::BitstreamError;

/// A frame in one packet, and the unit it becomes.
const FRAME: &[u8] = &[0x10, 0x30, 0x30, 7];
const FRAME_UNIT: &[u8] = &[0x12, 0, 0x32, 2, 0x30, 7];
/// A sequence header and a key frame in one packet with N = 1, and the unit they become.
const KEY: &[u8] = &[0x28, 2, 0x08, 5, 0x30, 0x10, 7];
const KEY_UNIT: &[u8] = &[0x12, 0, 0x0a, 1, 5, 0x32, 2, 0x10, 7];
/// The same key frame in three packets.
const KEY_PARTS: [&[u8]; 3] = [&[0x68, 2, 0x08, 5, 0x30], &[0xd0, 0x10], &[0x90, 7]];

struct Receiver {
    depacketizer: Depacketizer,
}

impl Receiver {
    fn new(reorder_packets: usize) -> Self {
        Self::with(DepacketizerConfig { reorder_packets, ..Default::default() })
    }

    fn with(config: DepacketizerConfig) -> Self {
        Self { depacketizer: Depacketizer::new(config).unwrap() }
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
        let payload = Bytes::copy_from_slice(payload);
        self.depacketizer.push(RtpPacket { sequence, timestamp: 3000 * unit, marker, payload })
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

#[test]
fn the_end_is_proven_by_marker_or_timestamp() {
    let mut receiver = Receiver::new(8);
    assert_eq!(receiver.get(10, 1, false, KEY_PARTS[0]), []);
    assert_eq!(receiver.get(11, 1, false, KEY_PARTS[1]), []);
    assert_eq!(receiver.get(12, 1, true, KEY_PARTS[2]), [unit(KEY_UNIT)]);
    assert_eq!(receiver.get(13, 2, false, FRAME), []);
    assert_eq!(receiver.get(14, 3, false, FRAME), [unit(FRAME_UNIT)]);
    // The last one is not known to be complete.
    assert_eq!(receiver.flush(), [Event::Loss(LossReason::Incomplete, None, 1, true)]);
    // A timestamp behind missing packets proves nothing.
    assert_eq!(receiver.get(20, 1, false, KEY), []);
    assert_eq!(receiver.get(22, 3, true, FRAME), []);
    receiver.depacketizer.skip_missing();
    assert_eq!(
        receiver.events(),
        [Event::Loss(LossReason::Missing, Some((21, 1)), 1, true), unit(FRAME_UNIT)]
    );
}

#[test]
fn facts_about_units() {
    let mut receiver = Receiver::new(0);
    let mut get = |sequence, unit, payload| {
        receiver.push(sequence, unit, true, payload).unwrap();
        let mut units = Vec::new();
        while let Some(event) = receiver.depacketizer.next_event() {
            if let Unit(unit) = event {
                units.push(unit);
            }
        }
        let [unit] = &units[..] else { panic!("{units:?}") };
        assert_eq!((unit.first_sequence, unit.packets), (sequence, 1));
        (unit.new_sequence, unit.sequence_header, unit.start_proven, unit.unbroken)
    };
    assert_eq!(get(5, 1, FRAME), (false, false, false, false), "the first packet ever");
    assert_eq!(get(6, 2, FRAME), (false, false, true, false));
    assert_eq!(get(7, 3, KEY), (true, true, true, true));
    assert_eq!(get(8, 4, FRAME), (false, false, true, true));
    assert_eq!(get(10, 6, FRAME), (false, false, false, false), "one is missing");
    assert_eq!(get(11, 7, FRAME), (false, false, true, false));
    assert_eq!(get(13, 9, KEY), (true, true, true, true), "N = 1 mends all");
    let repeated = [&[KEY[0] & !8], &KEY[1..6], &[0x30]].concat();
    assert_eq!(get(14, 10, &repeated), (false, true, true, true));
}

#[test]
fn the_window_decides_how_long_to_wait() {
    let mut receiver = Receiver::new(2);
    assert_eq!(receiver.get(65_534, 1, true, KEY), [unit(KEY_UNIT)]);
    assert_eq!(receiver.get(0, 3, true, FRAME), []);
    assert_eq!(receiver.depacketizer.missing().collect::<Vec<_>>(), [65_535]);
    assert_eq!(receiver.get(1, 4, true, FRAME), []);
    assert_eq!(receiver.push(1, 4, true, FRAME), Ok(Arrival::Duplicate));
    assert_eq!(
        receiver.get(65_535, 2, true, KEY),
        [unit(KEY_UNIT), unit(FRAME_UNIT), unit(FRAME_UNIT)]
    );
    assert_eq!(receiver.push(65_535, 2, true, KEY), Ok(Arrival::Late));
    assert_eq!(receiver.get(3, 6, true, FRAME), []);
    assert_eq!(receiver.get(4, 7, true, FRAME), []);
    assert_eq!(
        receiver.get(5, 8, true, FRAME),
        [
            Event::Loss(LossReason::Missing, Some((2, 1)), 0, true),
            unit(FRAME_UNIT),
            unit(FRAME_UNIT),
            unit(FRAME_UNIT),
        ]
    );
    // A burst longer than the window is given up at once, and no key frame is needed if one comes.
    assert_eq!(
        receiver.get(1005, 9, true, KEY),
        [Event::Loss(LossReason::Missing, Some((6, 999)), 0, false), unit(KEY_UNIT)]
    );
}

#[test]
fn after_a_loss_it_goes_on_at_the_next_unit() {
    for (assume_start, expected) in [(true, vec![unit(FRAME_UNIT)]), (false, vec![])] {
        let mut receiver = Receiver::with(DepacketizerConfig {
            reorder_packets: 0,
            assume_start,
            ..Default::default()
        });
        receiver.get(0, 1, true, KEY);
        // Two packets of one unit around a missing one, and the unit's end.
        assert_eq!(receiver.get(1, 2, false, &[0x50, 0x30, 0x30]), []);
        assert_eq!(
            receiver.get(3, 2, false, &[0x10, 0x20, 7]),
            [Event::Loss(LossReason::Missing, Some((2, 1)), 1, true)]
        );
        assert_eq!(
            receiver.get(4, 2, true, &[0x10, 0x30, 0x30]),
            [Event::Loss(LossReason::MissingStart, None, 2, true)]
        );
        assert_eq!(receiver.get(5, 3, true, FRAME), [unit(FRAME_UNIT)]);
        // The last packet of a unit is missing: the next may start behind it.
        assert_eq!(receiver.get(6, 4, false, FRAME), []);
        let events = receiver.get(8, 5, true, FRAME);
        assert_eq!(events[0], Event::Loss(LossReason::Missing, Some((7, 1)), 1, true));
        assert_eq!(
            events[1..],
            if assume_start {
                expected
            } else {
                vec![Event::Loss(LossReason::MissingStart, None, 1, true)]
            }
        );
        assert_eq!(receiver.get(9, 6, true, FRAME), [unit(FRAME_UNIT)]);
    }
}

#[test]
fn what_looks_like_the_start_of_a_unit() {
    let layered = |spatial_id: u8| [0x10, 0x34, spatial_id << 3, 0x30, 7];
    for (payload, starts) in [
        (&[0x10, 0x30, 0x30][..], true),
        (&[0x10, 0x18, 0x80], true), // show_existing_frame
        (&[0x10, 0x32, 2, 0x30, 7], true),
        (&[0x20, 2, 0x28, 1, 0x30, 0x30], true),
        (&[0x20, 2, 0x08, 1, 0x30, 0x10], true),
        (&layered(0), true),
        (&[0x10, 0x30, 0x10], false), // a key frame without its sequence header
        (&[0x10, 0x30], false),
        (&[0x10, 0x20, 0x30], false),
        (&[0x10, 0x38, 0x30], false),
        (&[0x20, 2, 0x28, 1, 0x20, 0x30], false),
        (&[0x10, 0x28, 1], false),
        (&[0x90, 0x30, 0x30], false),
        (&layered(1), false),
    ] {
        let mut receiver = Receiver::new(0);
        receiver.get(0, 1, true, KEY);
        let found = receiver.get(2, 3, true, payload).iter().any(|e| matches!(e, Event::Unit(_)));
        assert_eq!(found, starts, "{payload:02x?}");
    }
    // Where units begin with a higher layer, as behind a middlebox, that layer is a start.
    let mut receiver = Receiver::new(0);
    receiver.get(0, 1, true, KEY);
    receiver.get(1, 2, true, &layered(1));
    assert_eq!(receiver.get(3, 4, true, &layered(1)).len(), 2);
}

#[test]
fn joining_in_the_middle() {
    let mut receiver = Receiver::new(8);
    assert_eq!(receiver.get(11, 1, true, KEY_PARTS[2]), []);
    assert_eq!(receiver.get(10, 1, false, KEY_PARTS[1]), []);
    // The first packet comes late, but it comes.
    assert_eq!(receiver.get(9, 1, false, KEY_PARTS[0]), [unit(KEY_UNIT)]);
    // The start never comes.
    let mut receiver = Receiver::new(8);
    assert_eq!(receiver.get(10, 1, false, KEY_PARTS[1]), []);
    assert_eq!(receiver.get(11, 1, true, KEY_PARTS[2]), []);
    assert_eq!(
        receiver.get(12, 2, true, FRAME),
        [Event::Loss(LossReason::MissingStart, None, 2, true), unit(FRAME_UNIT)]
    );
    assert_eq!(receiver.push(9, 1, false, KEY_PARTS[0]), Ok(Arrival::Late));
    // No start within the window: what comes is passed until there is one.
    let mut receiver = Receiver::new(2);
    for sequence in 0..3 {
        assert_eq!(receiver.get(sequence, 1, false, KEY_PARTS[1]), []);
    }
    assert_eq!(receiver.get(3, 1, false, KEY_PARTS[1]), []);
    assert_eq!(
        receiver.get(4, 1, true, KEY_PARTS[2]),
        [Event::Loss(LossReason::MissingStart, None, 5, true)]
    );
}

#[test]
fn sized_obus_and_fragments_of_them_are_accepted() {
    let mut receiver = Receiver::new(0);
    // Z and Y as OBS sends them: delimiter, sized key frame, the size field cut in two.
    assert_eq!(receiver.get(0, 1, false, &[0x78, 2, 0x12, 0, 3, 0x0a, 1, 5, 0x32, 0x82]), []);
    assert_eq!(receiver.get(1, 1, false, &[0xd0, 0x00, 0x10]), []);
    assert_eq!(receiver.get(2, 1, true, &[0x90, 7]), [unit(KEY_UNIT)]);
    assert_eq!(receiver.get(3, 2, true, &[0x10, 0x32, 2, 0x30, 7]), [unit(FRAME_UNIT)]);
    for (sequence, size, available) in [(4, 3, 2), (5, 1, 2)] {
        let error = BitstreamError::ObuSize { size, available };
        assert_eq!(
            receiver.get(sequence, sequence.into(), true, &[0x10, 0x32, size as u8, 0x30, 7]),
            [Event::Loss(LossReason::Obu(error), None, 1, true)]
        );
    }
    assert_eq!(receiver.get(6, 6, true, FRAME), [unit(FRAME_UNIT)]);
}

#[test]
fn delimiters_tile_lists_and_padding_are_ignored() {
    let mut receiver = Receiver::new(0);
    receiver.get(0, 1, true, KEY);
    let payload = [0x00, 1, 0x10, 2, 0x40, 1, 3, 0x30, 0x30, 7, 3, 0x78, 1, 2];
    assert_eq!(receiver.get(1, 2, true, &payload), [unit(FRAME_UNIT)]);
    assert_eq!(receiver.get(2, 3, true, &[0x10, 0x10]), [], "a unit of nothing");
    assert_eq!(receiver.get(3, 4, true, FRAME), [unit(FRAME_UNIT)]);
}

#[test]
fn packets_without_content_take_up_their_number() {
    let mut receiver = Receiver::new(0);
    assert_eq!(receiver.get(0, 0, false, &[]), []);
    receiver.get(1, 1, false, KEY_PARTS[0]);
    receiver.get(2, 1, false, &[]);
    receiver.get(3, 1, false, KEY_PARTS[1]);
    assert_eq!(receiver.get(4, 1, true, KEY_PARTS[2]), [unit(KEY_UNIT)]);
    assert_eq!(receiver.get(5, 1, false, &[]), []);
    assert_eq!(receiver.get(6, 2, false, FRAME), []);
    assert_eq!(receiver.get(7, 2, true, &[]), [unit(FRAME_UNIT)]);
    assert_eq!(receiver.get(8, 3, true, FRAME), [unit(FRAME_UNIT)]);
}

#[test]
fn malformed_packets_are_losses() {
    let mut receiver = Receiver::new(8);
    receiver.get(0, 1, true, KEY);
    receiver.get(1, 2, false, &[0x50, 0x30, 0x30]);
    assert_eq!(
        receiver.push(2, 2, true, &[0x98, 7]),
        Err(RtpError::SequenceStartsInFragment(0x98)),
        "N with Z"
    );
    let malformed =
        |number, discarded| Event::Loss(LossReason::Malformed, Some((number, 1)), discarded, true);
    assert_eq!(receiver.events(), [malformed(2, 1)]);
    assert_eq!(receiver.get(3, 3, true, FRAME), [unit(FRAME_UNIT)], "its marker was legal");
    assert!(receiver.push(4, 4, false, &[0x10]).is_err());
    assert_eq!(receiver.events(), [malformed(4, 0)]);
    assert_eq!(receiver.get(5, 4, false, FRAME), []);
    assert_eq!(
        receiver.get(6, 5, true, FRAME),
        [Event::Loss(LossReason::MissingStart, None, 1, true), unit(FRAME_UNIT)]
    );
    // A good copy that comes in time takes the place of a damaged one.
    assert!(receiver.push(8, 7, true, &[0x20, 9, 9]).is_err());
    assert_eq!(receiver.events(), []);
    assert_eq!(receiver.get(8, 7, true, FRAME), []);
    assert_eq!(receiver.get(7, 6, true, FRAME), [unit(FRAME_UNIT), unit(FRAME_UNIT)]);
    let long = vec![0x10; 65_536];
    assert_eq!(receiver.push(9, 8, true, &long), Err(RtpError::PayloadLength(65_536)));
}

#[test]
fn fragments_that_do_not_fit_are_losses() {
    let inconsistent = |discarded| Event::Loss(LossReason::Inconsistent, None, discarded, true);
    let mut receiver = Receiver::new(0);
    receiver.get(0, 1, true, KEY);
    assert_eq!(receiver.get(1, 2, true, &[0x90, 7]), [inconsistent(1)], "Z after Y = 0");
    receiver.get(2, 3, false, &[0x50, 0x30, 0x30]);
    assert_eq!(receiver.get(3, 3, true, &[0x10, 7]), [inconsistent(2)], "Z = 0 after Y");
    assert_eq!(receiver.get(4, 4, true, &[0x50, 0x30, 7]), [inconsistent(1)], "Y at the end");
    receiver.get(5, 5, false, &[0x50, 0x30, 7]);
    assert_eq!(receiver.get(6, 6, true, FRAME), [inconsistent(1), unit(FRAME_UNIT)]);
}

#[test]
fn a_restarted_sender_is_followed() {
    let mut receiver = Receiver::new(4);
    receiver.get(100, 1, true, KEY);
    receiver.get(101, 2, false, &[0x50, 0x30, 0x30]);
    assert_eq!(receiver.push(40_000, 900, true, KEY), Ok(Arrival::Held));
    assert_eq!(receiver.push(40_000, 900, true, KEY), Ok(Arrival::Duplicate));
    assert_eq!(receiver.events(), []);
    assert_eq!(
        receiver.get(40_001, 901, true, FRAME),
        [Event::Loss(LossReason::Restart, None, 1, false), unit(KEY_UNIT), unit(FRAME_UNIT)]
    );
    // A single stray packet changes nothing, and is taken only when nothing else comes.
    assert_eq!(receiver.push(9, 7, true, KEY), Ok(Arrival::Held));
    assert_eq!(receiver.get(40_002, 902, true, FRAME), [unit(FRAME_UNIT)]);
    assert_eq!(
        receiver.flush(),
        [Event::Loss(LossReason::Restart, None, 0, false), unit(KEY_UNIT)]
    );
    // Around the wrap of the sequence number, too.
    receiver.get(30_000, 1, true, KEY);
    assert_eq!(receiver.push(65_535, 2, true, KEY), Ok(Arrival::Held));
    assert_eq!(receiver.get(0, 3, true, FRAME).len(), 3);
    assert_eq!(receiver.get(1, 4, true, FRAME), [unit(FRAME_UNIT)]);
}

#[test]
fn limits_hold() {
    let limit =
        |setting, discarded| Event::Loss(LossReason::Limit { setting }, None, discarded, true);
    let base = DepacketizerConfig { reorder_packets: 0, max_bytes: 4096, ..Default::default() };

    let mut receiver = Receiver::with(DepacketizerConfig { max_obus: 2, ..base });
    assert_eq!(receiver.get(0, 1, true, KEY), [unit(KEY_UNIT)]);
    let three = [0x30, 1, 0x20, 1, 0x20, 0x20];
    assert_eq!(receiver.get(1, 2, true, &three), [limit("max_obus", 1)]);

    let mut receiver = Receiver::with(DepacketizerConfig { max_obu_bytes: 3, ..base });
    receiver.get(0, 1, true, KEY);
    receiver.get(1, 2, false, &[0x50, 0x30, 0x30]);
    assert_eq!(receiver.get(2, 2, false, &[0xd0, 1, 2]), [limit("max_obu_bytes", 2)]);
    assert_eq!(
        receiver.get(3, 2, true, &[0x90, 3]),
        [Event::Loss(LossReason::MissingStart, None, 1, true)]
    );
    assert_eq!(receiver.get(4, 3, true, FRAME), [unit(FRAME_UNIT)]);

    // 4096 bytes hold sixty packets of two bytes.
    let mut receiver = Receiver::with(base);
    receiver.get(0, 1, true, KEY);
    receiver.get(1, 2, false, &[0x50, 0x30]);
    for sequence in 2..63 {
        assert_eq!(receiver.get(sequence, 2, false, &[0xd0, 1]), []);
    }
    assert_eq!(receiver.get(63, 2, false, &[0xd0, 1]), [limit("max_bytes", 63)]);

    let mut receiver =
        Receiver::with(DepacketizerConfig { reorder_packets: 1000, max_units: 3, ..base });
    receiver.get(0, 1, true, KEY);
    for sequence in 2..5 {
        assert_eq!(receiver.get(sequence, sequence.into(), true, FRAME), []);
    }
    assert_eq!(receiver.get(5, 5, true, FRAME).len(), 5, "a loss and four units");
    let big = [FRAME, &[0; 1396]].concat();
    receiver.get(7, 7, true, &big);
    receiver.get(8, 8, true, &big);
    assert_eq!(receiver.get(9, 9, true, &big).len(), 4, "a loss and three units");
}

#[test]
fn events_have_to_be_taken() {
    let config = DepacketizerConfig { max_bytes: 4096, ..Default::default() };
    let mut receiver = Receiver::with(config);
    for sequence in 0..61 {
        assert_eq!(receiver.push(sequence, sequence.into(), true, FRAME), Ok(Arrival::Accepted));
    }
    let held = 61 * (FRAME.len() + 64);
    assert_eq!(receiver.push(61, 61, true, FRAME), Err(RtpError::NotDrained { held }));
    assert_eq!(receiver.depacketizer.held_bytes(), held);
    assert_eq!(receiver.events().len(), 61);
    assert_eq!(receiver.depacketizer.held_bytes(), 0);
    assert_eq!(receiver.get(61, 61, true, FRAME), [unit(FRAME_UNIT)]);
    receiver.depacketizer.flush();
    assert_eq!(receiver.push(62, 62, true, FRAME), Err(RtpError::NotDrained { held: 0 }));
    assert_eq!(receiver.events(), []);
    assert_eq!(receiver.get(7, 63, true, KEY), [unit(KEY_UNIT)], "as new after the flush");
}

#[test]
fn timestamps_go_on_over_their_wrap() {
    let mut receiver = Receiver::new(0);
    let mut timestamp = |sequence, timestamp: u32| {
        let payload = Bytes::from_static(KEY);
        let packet = RtpPacket { sequence, timestamp, marker: true, payload };
        receiver.depacketizer.push(packet).unwrap();
        match receiver.depacketizer.next_event() {
            Some(Unit(unit)) => (unit.timestamp, unit.rtp_timestamp),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(timestamp(1, u32::MAX - 9), ((1 << 32) - 10, u32::MAX - 9));
    assert_eq!(timestamp(2, 2990), ((1 << 32) + 2990, 2990));
    assert_eq!(timestamp(3, 2980), ((1 << 32) + 2980, 2980));
}

#[test]
fn settings_out_of_range() {
    let base = DepacketizerConfig::default();
    for (config, setting, value) in [
        (DepacketizerConfig { reorder_packets: 1025, ..base }, "reorder_packets", 1025),
        (DepacketizerConfig { max_units: 0, ..base }, "max_units", 0),
        (DepacketizerConfig { max_bytes: 4095, ..base }, "max_bytes", 4095),
        (DepacketizerConfig { max_obus: 0, ..base }, "max_obus", 0),
        (DepacketizerConfig { max_obu_bytes: 1, ..base }, "max_obu_bytes", 1),
    ] {
        match Depacketizer::new(config) {
            Err(RtpError::Config { setting: found, value: refused, .. }) => {
                assert_eq!((found, refused), (setting, value));
            }
            other => panic!("{other:?}"),
        }
    }
}
