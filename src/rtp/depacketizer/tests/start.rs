//! Where units start and end.

use super::*;

#[test]
fn facts_about_units() {
    let mut receiver = Receiver::new(1);
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
    assert_eq!(get(13, 9, KEY), (true, true, true, true), "a key frame mends all");
    let repeated = [&KEY[..5], &[0x30, 7]].concat();
    assert_eq!(get(14, 10, &repeated), (false, true, true, true));
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
        (&[0x20, 1, 0x10, 0x30, 0x10], true), // a delimiter
        (&[0x10, 0x08, 5], false),            // no frame
        (&[0x20, 2, 0x28, 1, 0x20, 0x30], false),
        (&[0x10, 0x28, 1], false),
        (&[0x90, 0x30, 0x30], false),
        (&layered(1), false),
    ] {
        let mut receiver = Receiver::new(1);
        receiver.get(0, 1, true, KEY);
        let found = receiver.get(2, 3, true, payload).iter().any(|e| matches!(e, Event::Unit(_)));
        assert_eq!(found, starts, "{payload:02x?}");
    }
    // Where units begin with a higher layer, as behind a middlebox, that layer is a start.
    let mut receiver = Receiver::new(1);
    receiver.get(0, 1, true, KEY);
    receiver.get(1, 2, true, &layered(1));
    assert_eq!(receiver.get(3, 4, true, &layered(1)).len(), 2);
}

#[test]
fn the_end_is_proven_by_marker_or_timestamp() {
    let mut receiver = Receiver::new(1);
    assert_eq!(receiver.get(10, 1, false, KEY_PARTS[0]), []);
    assert_eq!(receiver.get(11, 1, false, KEY_PARTS[1]), []);
    assert_eq!(receiver.get(12, 1, true, KEY_PARTS[2]), [unit(KEY_UNIT)]);
    assert_eq!(receiver.get(13, 2, false, FRAME), []);
    assert_eq!(receiver.get(14, 3, false, FRAME), [unit(FRAME_UNIT)]);
    // The last one is not known to be complete.
    assert_eq!(receiver.flush(), [Event::Loss(LossReason::Incomplete, None, 1, true)]);
    // A timestamp behind missing packets proves nothing.
    assert_eq!(receiver.get(20, 1, false, KEY), []);
    assert_eq!(
        receiver.get(22, 3, true, FRAME),
        [Event::Loss(LossReason::Missing, Some((21, 1)), 1, true), unit(FRAME_UNIT)]
    );
}
