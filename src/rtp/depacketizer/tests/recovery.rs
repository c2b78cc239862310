//! Where decoding can go on after a loss: what the frame header says counts, not N.

use std::sync::Arc;

use super::*;
use crate::av1::obu::{
    DecoderState, FrameHeader, FrameType, LayerId, ObuHeader, ObuType, SequenceHeader,
    ShowExistingFrame, UncompressedHeader, write_obu,
};
use crate::rtp::{PacketLimits, Packetizer};

/// What tells of a unit: it starts a sequence, nothing is missing.
fn facts(receiver: &mut Receiver) -> Vec<(bool, bool)> {
    let mut facts = Vec::new();
    while let Some(event) = receiver.depacketizer.next_event() {
        match event {
            Unit(unit) => facts.push((unit.new_sequence, unit.unbroken)),
            Lost(loss) => assert!(loss.key_frame_needed, "{loss:?}"),
        }
    }
    facts
}

impl Receiver {
    /// Receives a unit in one packet, in sequence order; tells its facts.
    fn facts(&mut self, sequence: u16, payload: &[u8]) -> Vec<(bool, bool)> {
        self.push(sequence, sequence.into(), true, payload).unwrap();
        facts(self)
    }
}

/// Senders that set N always, never and as they should, with a sequence header on some frames that
/// are no key frames.
#[test]
fn a_key_frame_is_needed_until_one_arrives() {
    let plain = [0x10, 0x30, 0x30, 0, 0];
    let headed = [0x20, 4, 0x08, 0, 0, 0, 0x30, 0x30, 0, 0];
    let hidden = [0x20, 4, 0x08, 0, 0, 0, 0x30, 0x00, 0, 0];
    let key = [0x20, 4, 0x08, 0, 0, 0, 0x30, 0x10, 0, 0];
    const N: u8 = 8;
    for (n_of_key, n_of_others) in [(N, N), (0, 0), (N, 0), (0, N)] {
        let with = |n: u8, payload: &[u8]| [&[payload[0] | n], &payload[1..]].concat();
        let other = |payload: &[u8]| with(n_of_others, payload);
        let key = with(n_of_key, &key);

        let mut receiver = Receiver::new(1);
        assert_eq!(receiver.facts(0, &other(&plain)), [(false, false)], "nothing came before");
        assert!(receiver.depacketizer.key_frame_needed());
        assert_eq!(receiver.facts(1, &key), [(true, true)]);
        assert!(!receiver.depacketizer.key_frame_needed());
        assert_eq!(receiver.facts(2, &other(&plain)), [(false, true)]);
        assert_eq!(receiver.facts(3, &other(&headed)), [(false, true)]);
        // 4 is lost.
        for (sequence, payload) in (5..).zip([plain.as_slice(), &headed, &hidden, &plain]) {
            assert_eq!(receiver.facts(sequence, &other(payload)), [(false, false)]);
            assert!(receiver.depacketizer.key_frame_needed());
        }
        // 9 is lost as well.
        assert_eq!(receiver.facts(10, &other(&headed)), [(false, false)]);
        assert_eq!(receiver.facts(11, &key), [(true, true)]);
        assert!(!receiver.depacketizer.key_frame_needed());
        assert_eq!(receiver.facts(12, &other(&plain)), [(false, true)]);
        // The key frame comes directly behind the loss.
        assert_eq!(
            receiver.get(14, 14, true, &key)[0],
            Event::Loss(LossReason::Missing, Some((13, 1)), 0, false)
        );
    }
}

/// The same as it was met in the field: N on every unit, a packet lost, and no more waiting.
#[test]
fn n_on_every_unit_is_not_believed() {
    let mut receiver = Receiver::with(DepacketizerConfig::default());
    assert_eq!(receiver.get(1, 1, true, &[0x28, 4, 8, 0, 0, 0, 0x30, 0x10, 0, 0]), []);
    assert_eq!(receiver.get(2, 2, true, &[0x18, 0x30, 0x30, 0, 0]), []);
    assert_eq!(receiver.get(4, 4, true, &[0x18, 0x30, 0x30, 0, 0]).len(), 2);
    receiver.depacketizer.skip_missing();
    let Some(Lost(loss)) = receiver.depacketizer.next_event() else { panic!("3 is missing") };
    assert!(loss.key_frame_needed);
    assert_eq!(loss.missing.unwrap().sequences().collect::<Vec<_>>(), [3]);
    let Some(Unit(unit)) = receiver.depacketizer.next_event() else { panic!("4 is whole") };
    assert!(!unit.unbroken && !unit.new_sequence);
    assert!(receiver.depacketizer.key_frame_needed());
}

/// Packets in front of a key frame that hold no frame, without N.
#[test]
fn what_leads_up_to_a_key_frame_does_not_lose_it() {
    for lead in [&[0x10, 0x12, 0][..], &[0x10, 0x10], &[0x10, 0x08, 5], &[0x10, 0x28, 1], &[0x10]] {
        for rest in [&[KEY][..], &KEY_PARTS] {
            for assume_start in [false, true] {
                // At the start of the stream, and behind a loss.
                for first in [0, 1] {
                    let config = DepacketizerConfig { reorder_packets: 1, assume_start, ..UNTIMED };
                    let mut receiver = Receiver::with(config);
                    receiver.push(first, 1, true, KEY).unwrap();
                    if first == 0 {
                        receiver.flush();
                    }
                    let before = receiver.events();
                    let mut events = receiver.get(3, 3, false, lead);
                    for (index, payload) in rest.iter().enumerate() {
                        let marker = index + 1 == rest.len();
                        let n = if index == 0 { 8 } else { 0 };
                        let payload = [&[payload[0] & !n], &payload[1..]].concat();
                        events.extend(receiver.get(4 + index as u16, 3, marker, &payload));
                    }
                    let Some(Event::Unit(data)) = events.last() else {
                        panic!("{lead:02x?}: {before:?} {events:?}")
                    };
                    assert!(data.ends_with(&KEY_UNIT[2..]));
                    assert!(!receiver.depacketizer.key_frame_needed());
                }
            }
        }
    }
    // A sequence header of its own packet, and the key frame without one.
    for (sequence_header, n) in [(&[0x18, 0x08, 5], 8), (&[0x10, 0x08, 5], 0)] {
        let mut receiver = Receiver::after_key();
        let lost = receiver.get(2, 3, false, sequence_header);
        assert_eq!(lost, [Event::Loss(LossReason::Missing, Some((1, 1)), 0, true)], "N = {n}");
        assert_eq!(receiver.get(3, 3, true, &[0x10, 0x30, 0x10, 7]), [unit(KEY_UNIT)]);
        assert!(!receiver.depacketizer.key_frame_needed());
    }
}

/// The key frame is at hand when the loss is reported, in one packet or with its header cut off.
#[test]
fn the_loss_in_front_of_a_key_frame_asks_for_none() {
    let mut receiver = Receiver::after_key();
    assert_eq!(
        receiver.get(2, 3, false, &[0x60, 2, 0x08, 5, 0x30]),
        [Event::Loss(LossReason::Missing, Some((1, 1)), 0, true)],
        "the frame header is not here yet"
    );
    receiver.get(3, 3, false, KEY_PARTS[1]);
    assert_eq!(receiver.get(4, 3, true, KEY_PARTS[2]), [unit(KEY_UNIT)]);
    let mut receiver = Receiver::new(2);
    receiver.push(0, 1, true, KEY).unwrap();
    receiver.get(1, 2, true, FRAME);
    receiver.get(3, 3, false, KEY_PARTS[0]);
    assert_eq!(
        receiver.get(4, 3, false, KEY_PARTS[1]),
        [Event::Loss(LossReason::Missing, Some((2, 1)), 0, false)]
    );
    assert_eq!(receiver.get(5, 3, true, KEY_PARTS[2]), [unit(KEY_UNIT)]);
}

/// A sender of real headers.
struct Sender {
    sequence: Arc<SequenceHeader>,
    state: DecoderState,
}

impl Sender {
    fn new() -> Self {
        let sequence = Arc::new(SequenceHeader::new(64, 48));
        let mut state = DecoderState::new();
        state.set_sequence_header(Arc::clone(&sequence)).unwrap();
        Self { sequence, state }
    }

    /// A frame that is shown or hidden and stored to `slots`.
    fn frame(&mut self, frame_type: FrameType, shown: bool, slots: u8) -> Vec<u8> {
        let mut header = FrameHeader::new(&self.sequence, frame_type, 100).unwrap();
        if !shown {
            (header.show_frame, header.showable_frame) = (false, true);
        }
        header.refresh_frame_flags = slots;
        self.obu(UncompressedHeader::Frame(Box::new(header)))
    }

    fn show(&mut self, slot: u8) -> Vec<u8> {
        self.obu(UncompressedHeader::ShowExistingFrame(ShowExistingFrame {
            frame_to_show_map_idx: slot,
            frame_presentation_time: None,
            display_frame_id: None,
        }))
    }

    fn obu(&mut self, header: UncompressedHeader) -> Vec<u8> {
        let layer = LayerId::default();
        let mut w = self.state.write_frame_header(&header, layer).unwrap();
        w.trailing_bits();
        self.state.advance(&header, layer).unwrap();
        wrap(ObuType::FrameHeader, &w.into_bytes())
    }

    fn sequence_header(&self) -> Vec<u8> {
        wrap(ObuType::SequenceHeader, &self.sequence.write().unwrap())
    }
}

fn wrap(obu_type: ObuType, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let header = ObuHeader { obu_type, has_size_field: true, extension: None };
    write_obu(&header, payload, &mut out).unwrap();
    out
}

/// The payload of a unit that fits one packet.
fn payload(unit: &[u8]) -> Vec<u8> {
    let packetizer = Packetizer::new(PacketLimits::new(1200)).unwrap();
    let payloads = packetizer.packetize(unit).unwrap();
    assert_eq!(payloads.len(), 1);
    payloads[0].to_bytes().to_vec()
}

/// Units that are received as they are sent, unless some are lost.
struct Link {
    receiver: Receiver,
    sequence: u16,
}

impl Link {
    fn send(&mut self, unit: &[Vec<u8>]) -> Vec<(bool, bool)> {
        self.sequence += 1;
        self.receiver.facts(self.sequence, &payload(&unit.concat()))
    }

    fn lose(&mut self) {
        self.sequence += 1;
    }
}

#[test]
fn a_hidden_key_frame_mends_when_it_is_shown() {
    type Between = fn(&mut Sender) -> Vec<Vec<u8>>;
    let cases: [(&str, Between, bool); 6] = [
        ("nothing", |_| vec![], true),
        ("a frame in other slots", |s| vec![s.frame(FrameType::Inter, true, 0x12)], true),
        (
            "a hidden frame that is shown",
            |s| vec![s.frame(FrameType::Inter, false, 0x10), s.show(4)],
            true,
        ),
        ("a frame in its slots", |s| vec![s.frame(FrameType::Inter, true, 0x0c)], false),
        ("a frame of before that is shown", |s| vec![s.show(7)], false),
        ("a frame that cannot be read", |_| vec![wrap(ObuType::FrameHeader, &[0x30])], false),
    ];
    for (name, between, mends) in cases {
        for lost_between in [false, true] {
            let mut sender = Sender::new();
            let mut link = Link { receiver: Receiver::new(1), sequence: 0 };
            let key = sender.frame(FrameType::Key, true, 0xff);
            assert_eq!(link.send(&[sender.sequence_header(), key]), [(true, true)]);
            let hidden = sender.frame(FrameType::Inter, false, 0x80);
            let shown = sender.frame(FrameType::Inter, true, 0);
            assert_eq!(link.send(&[hidden, shown]), [(false, true)]);
            link.lose();
            let key = sender.frame(FrameType::Key, false, 0x0c);
            let leading = sender.frame(FrameType::Inter, true, 1);
            let unit = [sender.sequence_header(), key, leading];
            assert_eq!(link.send(&unit), [(false, false)], "leading frames are not whole");
            for frame in between(&mut sender) {
                assert_eq!(link.send(&[frame]), [(false, false)], "{name}");
            }
            if lost_between {
                link.lose();
            }
            // show_existing_frame of slot 3.
            let show = wrap(ObuType::FrameHeader, &[0xb8]);
            let mends = mends && !lost_between;
            assert_eq!(link.send(&[show]), [(false, mends)], "{name}");
            assert_eq!(link.receiver.depacketizer.key_frame_needed(), !mends);
        }
    }
}

/// A hidden key frame counts only together with a sequence header in its unit (AV1 specification,
/// 7.6).
#[test]
fn a_hidden_key_frame_needs_its_sequence_header() {
    let mut sender = Sender::new();
    let mut link = Link { receiver: Receiver::new(1), sequence: 0 };
    let key = sender.frame(FrameType::Key, true, 0xff);
    link.send(&[sender.sequence_header(), key]);
    link.lose();
    let leading = sender.frame(FrameType::Inter, true, 1);
    link.send(&[sender.sequence_header(), leading]);
    let key = sender.frame(FrameType::Key, false, 0x08);
    assert_eq!(link.send(&[key, sender.frame(FrameType::Inter, true, 1)]), [(false, false)]);
    let show = wrap(ObuType::FrameHeader, &[0xb8]);
    assert_eq!(link.send(&[show]), [(false, false)]);
}
