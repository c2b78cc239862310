//! Order, time and restarts.

use super::*;

#[test]
fn later_packets_prove_a_packet_lost() {
    let mut receiver = Receiver::new(3);
    // The first packets are held, for lower numbers may come.
    assert_eq!(receiver.get(65_533, 0, true, KEY), []);
    assert_eq!(receiver.get(65_534, 1, true, KEY), []);
    assert_eq!(receiver.get(0, 3, true, FRAME), [unit(KEY_UNIT), unit(KEY_UNIT)]);
    assert_eq!(receiver.depacketizer.missing().collect::<Vec<_>>(), [65_535]);
    assert_eq!(receiver.get(1, 4, true, FRAME), []);
    assert_eq!(receiver.push(1, 4, true, FRAME), Ok(Arrival::Duplicate));
    assert_eq!(
        receiver.get(65_535, 2, true, KEY),
        [unit(KEY_UNIT), unit(FRAME_UNIT), unit(FRAME_UNIT)]
    );
    assert_eq!(receiver.push(65_535, 2, true, KEY), Ok(Arrival::Late));
    // Three later ones, near or far.
    assert_eq!(receiver.get(900, 6, true, FRAME), []);
    assert_eq!(receiver.get(4, 7, true, FRAME), []);
    assert_eq!(
        receiver.get(5, 8, true, FRAME),
        [
            Event::Loss(LossReason::Missing, Some((2, 2)), 0, true),
            unit(FRAME_UNIT),
            unit(FRAME_UNIT),
        ]
    );
    assert_eq!(receiver.depacketizer.missing().count(), 894);
    // What is too old to be taken is given up at once, and no key frame is needed if one comes.
    assert_eq!(
        receiver.get(1031, 9, true, FRAME),
        [Event::Loss(LossReason::Missing, Some((6, 894)), 0, true), unit(FRAME_UNIT)]
    );
    assert_eq!(receiver.depacketizer.missing().count(), 130);
    assert_eq!(
        receiver.get(2060, 10, true, KEY),
        [
            Event::Loss(LossReason::Missing, Some((901, 130)), 0, true),
            unit(FRAME_UNIT),
            Event::Loss(LossReason::Missing, Some((1032, 1028)), 0, false),
            unit(KEY_UNIT),
        ]
    );
}

#[test]
fn timestamps_go_on_over_their_wrap() {
    let mut receiver = Receiver::new(1);
    let mut timestamp = |sequence, timestamp: u32| {
        let packet = RtpPacket::new(sequence, timestamp, true, KEY);
        receiver.depacketizer.push(packet, Duration::ZERO).unwrap();
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
fn a_restarted_sender_is_followed() {
    let mut receiver = Receiver::new(1);
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
fn joining_in_the_middle() {
    let mut receiver = Receiver::new(4);
    assert_eq!(receiver.get(11, 1, true, KEY_PARTS[2]), []);
    assert_eq!(receiver.get(10, 1, false, KEY_PARTS[1]), []);
    // The first packet comes late, but it comes.
    assert_eq!(receiver.get(9, 1, false, KEY_PARTS[0]), []);
    assert_eq!(receiver.get(12, 2, true, FRAME), [unit(KEY_UNIT), unit(FRAME_UNIT)]);
    // The start never comes.
    let mut receiver = Receiver::new(3);
    assert_eq!(receiver.get(10, 1, false, KEY_PARTS[1]), []);
    assert_eq!(receiver.get(11, 1, true, KEY_PARTS[2]), []);
    assert_eq!(
        receiver.get(12, 2, true, FRAME),
        [Event::Loss(LossReason::MissingStart, None, 2, true), unit(FRAME_UNIT)]
    );
    assert_eq!(receiver.push(9, 1, false, KEY_PARTS[0]), Ok(Arrival::Late));
    // No start at hand: what comes is passed until there is one.
    let mut receiver = Receiver::new(2);
    for sequence in 0..4 {
        assert_eq!(receiver.get(sequence, 1, false, KEY_PARTS[1]), []);
    }
    assert_eq!(
        receiver.get(4, 1, true, KEY_PARTS[2]),
        [Event::Loss(LossReason::MissingStart, None, 5, true)]
    );
}

#[test]
fn a_missing_packet_is_given_up_after_a_time() {
    let mut receiver = Receiver::with(DepacketizerConfig::default());
    assert_eq!(receiver.timeout(), None);
    receiver.now = 1000;
    assert_eq!(receiver.get(0, 1, true, KEY), []);
    assert_eq!(receiver.timeout(), Some(1100), "for packets before the first");
    assert_eq!(receiver.at(1099), []);
    assert_eq!(receiver.at(1100), [unit(KEY_UNIT)]);
    assert_eq!(receiver.timeout(), None);
    receiver.now = 1200;
    assert_eq!(receiver.get(1, 2, true, FRAME), [unit(FRAME_UNIT)], "in sequence");
    assert_eq!(receiver.timeout(), None);
    // Two gaps, each with a time of its own.
    assert_eq!(receiver.get(3, 4, true, FRAME), []);
    receiver.now = 1250;
    assert_eq!(receiver.get(5, 6, true, FRAME), []);
    assert_eq!(receiver.timeout(), Some(1300));
    assert_eq!(receiver.at(1299), []);
    let missing = |number| Event::Loss(LossReason::Missing, Some((number, 1)), 0, true);
    assert_eq!(receiver.at(1300), [missing(2), unit(FRAME_UNIT)]);
    assert_eq!(receiver.timeout(), Some(1350));
    // A packet that comes in its last moment is taken.
    receiver.now = 1350;
    assert_eq!(receiver.get(4, 5, true, FRAME), [unit(FRAME_UNIT), unit(FRAME_UNIT)]);
    assert_eq!(receiver.timeout(), None);
    // Three later packets are enough.
    assert_eq!(receiver.get(7, 8, true, FRAME), []);
    assert_eq!(receiver.get(8, 9, true, FRAME), []);
    assert_eq!(receiver.get(9, 10, true, FRAME).len(), 4);
    // A packet is as good as a timeout.
    assert_eq!(receiver.get(11, 12, true, FRAME), []);
    receiver.now = 1450;
    assert_eq!(receiver.get(12, 13, true, FRAME).len(), 3);
}

#[test]
fn time_that_runs_backwards_stands_still() {
    let mut receiver = Receiver::with(DepacketizerConfig::default());
    receiver.now = 500;
    receiver.get(0, 1, true, KEY);
    receiver.now = 10;
    assert_eq!(receiver.get(2, 3, true, FRAME), []);
    assert_eq!(receiver.timeout(), Some(600));
    assert_eq!(receiver.at(100), []);
    assert_eq!(receiver.at(600).len(), 3);
    receiver.now = 20;
    assert_eq!(receiver.get(4, 5, true, FRAME), []);
    assert_eq!(receiver.timeout(), Some(700));
    // At the end of time nothing is given up by it.
    receiver.depacketizer.handle_timeout(Duration::MAX);
    assert_eq!(receiver.events().len(), 2);
    assert_eq!(receiver.get(6, 7, true, FRAME), []);
    assert_eq!(receiver.timeout(), None);
    assert_eq!(receiver.get(7, 8, true, FRAME), []);
    assert_eq!(receiver.get(8, 9, true, FRAME).len(), 4, "three later packets still count");
}

#[test]
fn without_a_limit_in_time_there_is_no_timeout() {
    let mut receiver = Receiver::new(2);
    assert_eq!(receiver.get(0, 1, true, KEY), []);
    assert_eq!(receiver.timeout(), None);
    assert_eq!(receiver.at(1 << 50), []);
    assert_eq!(receiver.get(1, 2, true, FRAME).len(), 2);
}

/// Whole units that overtake each other before anything was given out.
#[test]
fn a_stream_may_start_in_any_order() {
    const COUNT: usize = 5;
    for order in 0..COUNT.pow(COUNT as u32) {
        let order: Vec<usize> = (0..COUNT).map(|i| order / COUNT.pow(i as u32) % COUNT).collect();
        if (0..COUNT).any(|number| !order.contains(&number)) {
            continue;
        }
        // Around the wrap of the sequence number.
        let first = 65_534_u16;
        let mut receiver = Receiver::with(DepacketizerConfig {
            reorder_packets: COUNT,
            ..DepacketizerConfig::default()
        });
        let mut units = Vec::new();
        for &number in &order {
            // Every other one is a key frame.
            let payload = if number % 2 == 0 { KEY } else { FRAME };
            let sequence = first.wrapping_add(number as u16);
            units.extend(receiver.get(sequence, number as u32, true, payload));
        }
        let expected: Vec<Event> = (0..COUNT)
            .map(|number| unit(if number % 2 == 0 { KEY_UNIT } else { FRAME_UNIT }))
            .collect();
        assert_eq!(units, expected, "{order:?}");
    }
}
