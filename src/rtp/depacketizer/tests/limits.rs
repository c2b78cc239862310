//! Bounds.

use super::*;

#[test]
fn limits_hold() {
    let limit =
        |setting, discarded| Event::Loss(LossReason::Limit { setting }, None, discarded, true);
    let base = DepacketizerConfig { reorder_packets: 1, max_bytes: 4096, ..UNTIMED };

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
    receiver.push(0, 1, true, KEY).unwrap();
    receiver.depacketizer.skip_missing();
    assert_eq!(receiver.events(), [unit(KEY_UNIT)]);
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
    let config = DepacketizerConfig { reorder_packets: 1, max_bytes: 4096, ..UNTIMED };
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
fn settings_out_of_range() {
    let base = DepacketizerConfig::default();
    for (config, setting, value) in [
        (DepacketizerConfig { reorder_packets: 0, ..base }, "reorder_packets", 0),
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
