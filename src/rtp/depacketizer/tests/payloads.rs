//! What payloads may hold.

use super::*;
use crate::av1::obu::BitstreamError;

#[test]
fn sized_obus_and_fragments_of_them_are_accepted() {
    let mut receiver = Receiver::new(1);
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
    let mut receiver = Receiver::new(1);
    receiver.get(0, 1, true, KEY);
    let payload = [0x00, 1, 0x10, 2, 0x40, 1, 3, 0x30, 0x30, 7, 3, 0x78, 1, 2];
    assert_eq!(receiver.get(1, 2, true, &payload), [unit(FRAME_UNIT)]);
    assert_eq!(receiver.get(2, 3, true, &[0x10, 0x10]), [], "a unit of nothing");
    assert_eq!(receiver.get(3, 4, true, FRAME), [unit(FRAME_UNIT)]);
}

#[test]
fn packets_without_content_take_up_their_number() {
    let mut receiver = Receiver::new(1);
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
fn elements_and_fragments_without_bytes_are_accepted() {
    let mut receiver = Receiver::after_key();
    // Empty elements before, between and behind others.
    assert_eq!(receiver.get(1, 2, true, &[0x00, 0, 3, 0x30, 0x30, 7, 0]), [unit(FRAME_UNIT)]);
    assert_eq!(receiver.get(2, 3, true, &[0x20, 0, 0x30, 0x30, 7]), [unit(FRAME_UNIT)]);
    assert_eq!(receiver.get(3, 4, true, &[0x20, 3, 0x30, 0x30, 7]), [unit(FRAME_UNIT)]);
    // Empty fragments at the start, in the middle and at the end of an OBU.
    receiver.get(4, 5, false, &[0x60, 0]);
    receiver.get(5, 5, false, &[0xd0, 0x30, 0x30]);
    receiver.get(6, 5, false, &[0xd0]);
    receiver.get(7, 5, false, &[0xc0]);
    receiver.get(8, 5, false, &[0xd0, 7]);
    assert_eq!(receiver.get(9, 5, true, &[0x90]), [unit(FRAME_UNIT)]);
    // The empty element of W = 2 is what goes on, not the one before it.
    receiver.get(10, 6, false, &[0x60, 2, 0x28, 1]);
    let both = [0x12, 0, 0x2a, 1, 1, 0x32, 2, 0x30, 7];
    assert_eq!(receiver.get(11, 6, true, &[0x90, 0x30, 0x30, 7]), [unit(&both)]);
    // Aggregation headers alone, within a unit and as one.
    receiver.get(12, 7, false, &[0x10]);
    receiver.get(13, 7, false, FRAME);
    assert_eq!(receiver.get(14, 7, true, &[0x00]), [unit(FRAME_UNIT)]);
    assert_eq!(receiver.get(15, 8, true, &[0x20]), [], "a unit of nothing");
    assert_eq!(receiver.get(16, 9, true, FRAME), [unit(FRAME_UNIT)]);
    // They do not hide a contradiction.
    receiver.get(17, 10, false, &[0x50, 0x30, 0x30]);
    let inconsistent = Event::Loss(LossReason::Inconsistent, None, 2, true);
    assert_eq!(receiver.get(18, 10, true, &[0x10]), [inconsistent]);
    // Nor do they count as OBUs.
    let config = DepacketizerConfig { reorder_packets: 1, max_obus: 1, ..UNTIMED };
    let mut receiver = Receiver::with(config);
    let payload = [&[0x00][..], &[0; 50], &[3, 0x30, 0x30, 7]].concat();
    assert_eq!(receiver.get(0, 1, true, &payload), [unit(FRAME_UNIT)]);
}
