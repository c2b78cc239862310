//! What is decoded and what is asked for, against what really arrived.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ScalabilityMode;
use crate::rtp::dependency_descriptor::{DependencyStructure, FrameDescriber, SentFrame};

/// A sequence header and a key frame in one packet; a frame in one packet, and in two.
const KEY: &[u8] = &[0x28, 2, 0x08, 5, 0x30, 0x10, 7];
const FRAME: &[u8] = &[0x10, 0x30, 0x30, 7];
const PARTS: [&[u8]; 2] = [&[0x50, 0x30, 0x30], &[0x90, 7]];

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A sender whose frames are 33 ms apart, and the network that takes no time.
struct Call {
    describer: Option<FrameDescriber>,
    receiver: Receiver,
    sequence: u16,
    next_id: u64,
    now: Duration,
    requests: Vec<(Duration, Request)>,
}

/// What came of one frame.
#[derive(Debug, Default, PartialEq, Eq)]
struct Came {
    state: Option<PictureState>,
    losses: usize,
    requests: Vec<Request>,
}

impl Call {
    fn new(mode: Option<ScalabilityMode>, config: ReceiverConfig) -> Self {
        let mut config = config;
        config.depacketizer.reorder_packets = 1;
        Self {
            describer: mode.map(|mode| {
                FrameDescriber::with_first_number(DependencyStructure::of_mode(mode), 65_500)
            }),
            receiver: Receiver::new(config).unwrap(),
            sequence: 65_000,
            next_id: 0,
            now: ms(1000),
            requests: Vec::new(),
        }
    }

    /// Sends the next frame in one packet or two, of which the masked ones get lost.
    fn send(&mut self, temporal_id: u8, dependencies: &[u64], packets: usize, lost: u8) -> Came {
        let id = self.next_id;
        self.next_id += 1;
        self.now += ms(33);
        let layer = LayerId { temporal_id, spatial_id: 0 };
        let described = self
            .describer
            .as_mut()
            .map(|describer| describer.describe(&SentFrame::new(id, dependencies, layer)).unwrap());
        let payloads = match (dependencies.is_empty(), packets) {
            (true, _) => vec![KEY],
            (false, 1) => vec![FRAME],
            _ => PARTS.to_vec(),
        };
        let count = payloads.len();
        for (index, payload) in payloads.into_iter().enumerate() {
            let last = index + 1 == count;
            let mut packet = RtpPacket::new(self.sequence, 3000 * id as u32, last, payload);
            if let Some(described) = &described {
                packet = packet.with_descriptor(described.bytes(index == 0, last));
            }
            self.sequence = self.sequence.wrapping_add(1);
            if lost >> index & 1 == 0 {
                self.receiver.push(packet, self.now).unwrap();
            }
        }
        self.drain()
    }

    fn drain(&mut self) -> Came {
        let mut came = Came::default();
        while let Some(event) = self.receiver.next_event() {
            match event {
                ReceiverEvent::Picture(picture) => {
                    came.state = Some(picture.state);
                }
                ReceiverEvent::Loss(_) => came.losses += 1,
            }
        }
        while let Some(request) = self.receiver.next_request(self.now) {
            self.requests.push((self.now, request.clone()));
            came.requests.push(request);
        }
        came
    }

    fn wait(&mut self, time: Duration) -> Came {
        self.now += time;
        self.receiver.handle_timeout(self.now);
        self.drain()
    }

    /// The first frame, once nothing before it can come.
    fn start(&mut self) {
        self.send(0, &[], 1, 0);
        self.wait(ms(100));
    }
}

fn recovering() -> ReceiverConfig {
    ReceiverConfig { recovery: true, ..ReceiverConfig::default() }
}

const CLEAN: Option<PictureState> = Some(PictureState::Clean);
const REPEATED: Option<PictureState> = Some(PictureState::Repeated);

#[test]
fn a_lost_frame_of_the_top_layer_is_no_event() {
    let mut call = Call::new(Some(ScalabilityMode::L1T3), recovering());
    call.start();
    let clean = || Came { state: CLEAN, ..Came::default() };
    assert_eq!(call.send(2, &[0], 1, 1), Came::default());
    assert_eq!(call.send(1, &[0], 1, 0), clean());
    // Part of a frame.
    assert_eq!(call.send(2, &[2], 2, 1), Came::default());
    assert_eq!(call.send(0, &[0], 1, 0), clean());
    assert_eq!(call.send(2, &[4], 2, 2), Came::default());
    assert_eq!(call.send(1, &[4], 1, 0), clean());
    // A frame of the middle one is missed by those that refer to it, until the next base frame.
    assert_eq!(call.send(2, &[6], 1, 0), clean());
    assert_eq!(call.send(0, &[4], 1, 0), clean());
    assert_eq!(call.send(2, &[8], 1, 0), clean());
    assert_eq!(call.send(1, &[8], 1, 1), Came::default());
    assert_eq!(call.send(2, &[10], 1, 0), Came { state: REPEATED, ..Came::default() });
    assert_eq!(call.send(0, &[8], 1, 0), clean());
    assert!(call.requests.is_empty() && !call.receiver.is_lacking());
}

#[test]
fn a_lost_base_frame_is_asked_for_once_in_a_round_trip() {
    let mut call = Call::new(Some(ScalabilityMode::L1T1), recovering());
    call.start();
    assert_eq!(call.send(0, &[0], 1, 0).state, CLEAN);
    call.send(0, &[1], 1, 1);
    // The first packet after the loss tells.
    let came = call.send(0, &[2], 1, 0);
    assert_eq!(came, Came { state: REPEATED, losses: 1, requests: vec![Request::Recovery] });
    for id in 4..8 {
        assert_eq!(call.send(0, &[id - 1], 1, 0), Came { state: REPEATED, ..Came::default() });
    }
    // 100 ms and 50 ms later, the recovery frame having been lost on its way.
    assert_eq!(call.receiver.next_timeout(), Some(call.requests[0].0 + ms(150)));
    assert_eq!(call.wait(ms(20)).requests, [Request::Recovery]);
    let report = call.receiver.report().unwrap();
    assert_eq!((report.newest, report.newest_decodable), (65_507, Some(65_501)));
    assert_eq!(report.decodable, 0b1100_0000);
    // It comes from frame 1, which was received.
    assert_eq!(call.send(0, &[1], 1, 0), Came { state: CLEAN, ..Came::default() });
    assert!(!call.receiver.is_lacking());
    assert_eq!(call.send(0, &[8], 1, 0).state, CLEAN);
    assert_eq!(call.receiver.next_timeout(), None);
}

#[test]
fn recovery_that_does_not_come_becomes_a_key_frame() {
    let mut call = Call::new(Some(ScalabilityMode::L1T1), recovering());
    call.receiver.set_round_trip(ms(30));
    call.start();
    call.send(0, &[0], 1, 1);
    call.send(0, &[1], 1, 0);
    for _ in 0..100 {
        call.wait(ms(10));
    }
    let since: Vec<_> = call.requests.iter().map(|(at, _)| *at - call.requests[0].0).collect();
    let expected: Vec<_> = (0..=10).map(|count| ms(80 * count)).collect();
    assert_eq!(since, expected);
    let (last, before) = call.requests.split_last().unwrap();
    assert_eq!(last.1, Request::KeyFrame);
    assert!(before.iter().all(|(_, request)| *request == Request::Recovery));
    assert_eq!(call.send(0, &[], 1, 0).state, CLEAN);
    assert!(!call.receiver.is_lacking());
}

#[test]
fn without_descriptors_the_headers_tell() {
    let mut call = Call::new(None, recovering());
    call.start();
    assert_eq!(call.receiver.report(), None);
    assert_eq!(call.send(0, &[0], 1, 0).state, CLEAN);
    call.send(0, &[1], 1, 1);
    let came = call.send(0, &[2], 1, 0);
    assert_eq!(came, Came { state: REPEATED, losses: 1, requests: vec![Request::KeyFrame] });
    assert_eq!(call.send(0, &[3], 1, 0).requests, []);
    // 100 ms and 200 ms later.
    assert_eq!(call.receiver.next_timeout(), Some(call.requests[0].0 + ms(300)));
    assert_eq!(call.wait(ms(267)).requests, [Request::KeyFrame]);
    assert_eq!(call.send(0, &[], 1, 0).state, CLEAN);
    assert_eq!(call.receiver.next_timeout(), None);
}

/// A key frame whose first packet is here is not asked for again.
#[test]
fn a_key_frame_under_way_is_awaited() {
    let mut call = Call::new(None, ReceiverConfig::default());
    call.start();
    call.send(0, &[0], 1, 1);
    assert_eq!(call.send(0, &[1], 1, 0).requests, [Request::KeyFrame]);
    let sequence = call.sequence;
    let first = RtpPacket::new(sequence, 60_000, false, &[0x68, 2, 0x08, 5, 0x30, 0x10][..]);
    call.receiver.push(first, call.now + ms(290)).unwrap();
    assert_eq!(call.wait(ms(310)).requests, []);
    assert_eq!(call.wait(ms(299)).requests, []);
    let last = RtpPacket::new(sequence + 1, 60_000, true, &[0x90, 7][..]);
    call.receiver.push(last, call.now).unwrap();
    assert_eq!(call.drain(), Came { state: CLEAN, ..Came::default() });
    assert!(!call.receiver.is_lacking());
}

#[test]
fn damaged_pictures_only_where_wanted() {
    let config = ReceiverConfig { decode_damaged: true, ..recovering() };
    let mut call = Call::new(Some(ScalabilityMode::L1T1), config);
    call.start();
    call.send(0, &[0], 1, 1);
    assert_eq!(call.send(0, &[1], 1, 0).state, Some(PictureState::Damaged));
    assert_eq!(call.send(0, &[0], 1, 0).state, CLEAN);
}

#[test]
fn a_decoder_that_fails_needs_a_key_frame() {
    let mut call = Call::new(Some(ScalabilityMode::L1T1), recovering());
    call.start();
    call.receiver.decoding_failed();
    assert_eq!(call.drain().requests, [Request::KeyFrame]);
    let report = call.receiver.report().unwrap();
    assert_eq!((report.newest_decodable, report.decodable), (None, 0));
    assert_eq!(call.send(0, &[0], 1, 0).state, REPEATED);
    assert_eq!(call.send(0, &[], 1, 0).state, CLEAN);
    assert_eq!(call.send(0, &[2], 1, 0).state, CLEAN);
    assert!(!call.receiver.is_lacking());
}

/// Missing packets are asked for while their time lasts, each again after a round trip.
#[test]
fn retransmissions_within_their_time() {
    let mut config = ReceiverConfig { retransmission: true, ..recovering() };
    config.round_trip = ms(60);
    config.depacketizer.reorder_wait = ms(200);
    let mut call = Call::new(Some(ScalabilityMode::L1T1), config);
    call.receiver = Receiver::new(ReceiverConfig {
        depacketizer: DepacketizerConfig { reorder_packets: 1000, ..config.depacketizer },
        ..config
    })
    .unwrap();
    call.start();
    call.wait(ms(100));
    let missing = call.sequence;
    call.send(0, &[0], 1, 1);
    assert_eq!(call.send(0, &[1], 1, 0).requests, [Request::Retransmission(vec![missing])]);
    assert_eq!(call.send(0, &[2], 1, 0).requests, []);
    assert_eq!(call.receiver.next_timeout(), Some(call.requests[0].0 + ms(70)));
    assert_eq!(call.wait(ms(37)).requests, [Request::Retransmission(vec![missing])]);
    // A third time could not be answered before 200 ms are over.
    assert_eq!(call.wait(ms(71)).requests, []);
    assert_eq!(call.receiver.next_timeout(), Some(call.requests[0].0 + ms(200)));
    let came = call.wait(ms(59));
    assert_eq!((came.losses, came.requests), (1, vec![Request::Recovery]));
}

/// What a model that knows everything says of each frame.
struct Truth {
    clean: BTreeMap<u64, bool>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Any losses, over a call in which the sender answers requests: pictures are clean if all that
    /// they depend on arrived; nothing is asked for twice within its time; what is lacking is mended.
    #[test]
    fn states_are_true_and_requests_are_spaced(
        mode in proptest::sample::select(ScalabilityMode::ALL.to_vec()),
        losses in vec(prop_oneof![6 => Just(0u8), 1 => 1u8..4], 300),
        answer_after in 2usize..8,
    ) {
        let mut call = Call::new(Some(mode), recovering());
        call.receiver.set_round_trip(ms(33 * answer_after as u64));
        call.start();
        let mut truth = Truth { clean: BTreeMap::from([(0, true)]) };
        let (mut base, mut place) = (0, 0u64);
        let mut answers: Vec<(usize, Request)> = Vec::new();
        let (mut middle, mut since_base) = (0, 0);
        for (step, lost) in losses.iter().chain(&[0; 24]).enumerate() {
            let id = call.next_id;
            let due = answers.iter().position(|(at, _)| *at <= step);
            let answer = due.map(|due| answers.remove(due).1);
            let period = 1 << (mode.temporal_layers() - 1);
            place = if answer.is_some() { 0 } else { (place + 1) % period };
            let (temporal_id, dependencies) = match (&answer, place) {
                (Some(Request::KeyFrame), _) => (0, vec![]),
                (Some(_), _) => {
                    let newest = truth.clean.iter().rev().find(|(_, clean)| **clean);
                    (0, vec![*newest.unwrap().0])
                }
                (None, 0) => (0, vec![base]),
                (None, 2) => (1, vec![base]),
                (None, 3) => (2, vec![middle]),
                (None, _) => (mode.temporal_layers() - 1, vec![base]),
            };
            let packets = if dependencies.is_empty() { 1 } else { 1 + (step % 2) };
            let lost = lost & ((1 << packets) - 1);
            let came = call.send(temporal_id, &dependencies, packets, lost);
            let clean = lost == 0 && dependencies.iter().all(|d| truth.clean[d]);
            truth.clean.insert(id, clean);
            match came.state {
                Some(state) => prop_assert_eq!(state == PictureState::Clean, clean, "{}", id),
                None => prop_assert!(lost != 0, "{}", id),
            }
            if temporal_id == 0 {
                (base, since_base) = (id, 0);
            } else {
                since_base += 1;
                if temporal_id == 1 {
                    middle = id;
                }
            }
            for request in came.requests {
                answers.push((step + answer_after, request));
            }
        }
        let times: BTreeSet<Duration> = call.requests.iter().map(|(at, _)| *at).collect();
        prop_assert_eq!(times.len(), call.requests.len());
        for pair in call.requests.windows(2) {
            let [(first, a), (second, b)] = pair else { continue };
            // The next trouble may come as soon as the last one is over.
            let spaced = *second - *first >= ms(33 * answer_after as u64 / 2);
            prop_assert!(spaced || a != b || answer_after > 2, "{:?}", pair);
        }
        prop_assert!(since_base < 4);
        prop_assert!(!call.receiver.is_lacking(), "{:?}", call.requests);
        prop_assert!(truth.clean[&(call.next_id - 1)] || mode != ScalabilityMode::L1T1);
    }

    #[test]
    fn any_packets(data in vec(any::<u8>(), 0..1000)) {
        crate::tests::fuzzing::receive(&data);
    }
}
