//! What is lost, and where it goes on.

use super::*;

#[test]
fn after_a_loss_it_goes_on_at_the_next_unit() {
    for (assume_start, expected) in [(true, vec![unit(FRAME_UNIT)]), (false, vec![])] {
        let mut receiver = Receiver::with(DepacketizerConfig {
            reorder_packets: 1,
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
fn malformed_packets_are_losses() {
    let mut receiver = Receiver::new(1);
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
    assert!(receiver.push(4, 4, false, &[0x20, 9]).is_err());
    assert_eq!(receiver.events(), [malformed(4, 0)]);
    assert_eq!(receiver.get(5, 4, false, FRAME), []);
    assert_eq!(
        receiver.get(6, 5, true, FRAME),
        [Event::Loss(LossReason::MissingStart, None, 1, true), unit(FRAME_UNIT)]
    );
    // A good copy that comes in time takes the place of a damaged one.
    let mut receiver = Receiver::new(2);
    receiver.push(5, 4, true, KEY).unwrap();
    assert_eq!(receiver.get(6, 5, true, FRAME).len(), 2);
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
    let mut receiver = Receiver::new(1);
    receiver.get(0, 1, true, KEY);
    assert_eq!(receiver.get(1, 2, true, &[0x90, 7]), [inconsistent(1)], "Z after Y = 0");
    receiver.get(2, 3, false, &[0x50, 0x30, 0x30]);
    assert_eq!(receiver.get(3, 3, true, &[0x10, 7]), [inconsistent(2)], "Z = 0 after Y");
    assert_eq!(receiver.get(4, 4, true, &[0x50, 0x30, 7]), [inconsistent(1)], "Y at the end");
    receiver.get(5, 5, false, &[0x50, 0x30, 7]);
    assert_eq!(receiver.get(6, 6, true, FRAME), [inconsistent(1), unit(FRAME_UNIT)]);
}
