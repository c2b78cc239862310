//! From the encoder through descriptors, servers, losses and feedback to the decoder: what is said to
//! be decodable is, exactly.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::TICKS;
use crate::kernels::random::Random;
use crate::rtp::dependency_descriptor::{
    DependencyStructure, DescriptorReader, Forwarder, FrameDescriber,
};
use crate::rtp::{
    DeliveryConfig, DeliveryTracker, FrameFeedback, PacketLimits, Packetizer, PictureState,
    Receiver, ReceiverConfig, ReceiverEvent, Request, RtpPacket, SequenceNumbers,
};
use crate::synthetic::{Clip, Scene};
use crate::{
    CodedFrame, Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, LayerId,
    PictureBuffer, ScalabilityMode, Speed,
};

const FIRST_NUMBER: u16 = 65_500;

/// Encoder, describer and packetizer.
struct Sender {
    clip: Clip,
    encoder: Encoder,
    describer: FrameDescriber,
    packetizer: Packetizer,
    sequence: u16,
    number: u64,
    shown: BTreeMap<u64, PictureBuffer>,
}

impl Sender {
    fn new(mode: ScalabilityMode, structure: DependencyStructure) -> Self {
        let clip = Clip::new(Scene::MovingTexture, 64, 48, 3).unwrap();
        let mut config = EncoderConfig::new(64, 48, 80_000);
        config.speed = Speed::FASTEST;
        config.scalability_mode = mode;
        config.reconstruction = true;
        Self {
            clip,
            encoder: Encoder::new(config).unwrap(),
            describer: FrameDescriber::with_first_number(structure, FIRST_NUMBER),
            packetizer: Packetizer::new(PacketLimits::new(150)).unwrap(),
            sequence: 65_000,
            number: 0,
            shown: BTreeMap::new(),
        }
    }

    /// The packets of the next picture and its frame; `None` if it is dropped.
    fn send(&mut self) -> Option<(Vec<RtpPacket>, CodedFrame)> {
        let timestamp = TICKS * self.number;
        self.number += 1;
        let picture = self.clip.picture(self.number - 1);
        let outcome = self.encoder.encode(&picture.as_frame(timestamp), FrameOptions::default());
        let mut unit = outcome.unwrap().into_unit()?;
        let described = self.describer.describe_unit(&unit).unwrap();
        let payloads = self.packetizer.packetize_described(&unit.data, &described).unwrap();
        let packets = payloads.into_iter().map(|payload| {
            let sequence = self.sequence;
            self.sequence = sequence.wrapping_add(1);
            let packet =
                RtpPacket::new(sequence, timestamp as u32, payload.marker, payload.to_bytes());
            packet.with_descriptor(payload.descriptor.unwrap())
        });
        let packets = packets.collect();
        let mut frame = unit.frames.remove(0);
        self.shown.extend(frame.reconstruction.take().map(|picture| (timestamp, picture)));
        Some((packets, frame))
    }
}

/// Receiver and decoder.
struct Viewer {
    receiver: Receiver,
    decoder: Decoder,
    clean: usize,
    repeated: usize,
}

impl Viewer {
    fn new(config: ReceiverConfig) -> Self {
        let decoder = Decoder::new(DecoderConfig::default()).unwrap();
        Self { receiver: Receiver::new(config).unwrap(), decoder, clean: 0, repeated: 0 }
    }

    /// Takes a packet; clean pictures are exactly those of the encoder.
    fn take(&mut self, packet: RtpPacket, now: Duration, shown: &BTreeMap<u64, PictureBuffer>) {
        self.receiver.push(packet, now).unwrap();
        while let Some(event) = self.receiver.next_event() {
            let ReceiverEvent::Picture(picture) = event else { continue };
            if picture.state != PictureState::Clean {
                self.repeated += 1;
                continue;
            }
            let timestamp = picture.unit.timestamp;
            let decoded = self.decoder.decode(picture.unit.data, timestamp).unwrap().unwrap();
            assert!(shown.get(&timestamp) == Some(&decoded.to_buffer().unwrap()), "{timestamp}");
            self.clean += 1;
        }
    }
}

/// No reordering: nothing is waited for.
fn in_order() -> ReceiverConfig {
    let mut config = ReceiverConfig { recovery: true, ..ReceiverConfig::default() };
    config.depacketizer.reorder_packets = 1;
    config
}

/// Layers come and go without a key frame: every frame stands in a template, and only frames that
/// tell of the change take a byte more.
#[test]
fn changes_of_layers_stand_in_templates() {
    use ScalabilityMode::{L1T1, L1T2, L1T3};
    let mut sender = Sender::new(L1T3, DependencyStructure::up_to_mode(L1T3));
    let mut reader = DescriptorReader::new();
    let (mut told, mut coded) = (0, 0);
    let changes = [(20, L1T1), (31, L1T2), (45, L1T3), (58, L1T2), (71, L1T1), (82, L1T3)];
    for number in 0..100 {
        if let Some((_, mode)) = changes.iter().find(|(at, _)| *at == number) {
            sender.encoder.set_scalability_mode(*mode).unwrap();
        }
        if number == 64 {
            sender.encoder.request_key_frame().unwrap();
        }
        let Some((packets, frame)) = sender.send() else { continue };
        coded += 1;
        for packet in packets {
            let read = reader.read(&packet.descriptor).unwrap();
            assert_eq!(read.frame_number, FIRST_NUMBER.wrapping_add(frame.id as u16));
            assert_eq!(read.dependencies.temporal_id, frame.temporal_id);
            let len = packet.descriptor.len();
            let structure = read.start_of_frame && frame.dependencies.is_empty();
            assert_eq!(read.structure.is_some(), structure);
            let tells = read.active_decode_targets.is_some();
            assert!(structure || len == if tells { 4 } else { 3 }, "{number}: {len} bytes");
            told += usize::from(tells && !structure && read.start_of_frame);
            let layers = sender.encoder.config().scalability_mode.temporal_layers();
            assert!(frame.temporal_id > 0 || reader.active_decode_targets() == (1 << layers) - 1);
        }
    }
    assert!(coded > 90 && told == changes.len(), "{coded} {told}");
}

/// What a server sends on of any layers, switched at any time, decodes exactly and lacks nothing.
#[test]
fn forwarded_layers_decode() {
    for (seed, &mode) in (7..).zip(ScalabilityMode::ALL) {
        let mut sender = Sender::new(mode, DependencyStructure::of_mode(mode));
        let mut random = Random::new(seed);
        let highest = |temporal_id| LayerId { temporal_id, spatial_id: 0 };
        let mut forwarder = Forwarder::new(highest(2));
        let mut viewer = Viewer::new(in_order());
        let (mut sequence, mut forwarded) = (40_000_u16, 0);
        let mut now = Duration::from_millis(500);
        for number in 0..120 {
            if random.below(6) == 0 {
                forwarder.set_highest_layer(highest(random.below(3) as u8));
            }
            if number == 70 {
                sender.encoder.request_key_frame().unwrap();
            }
            let Some((packets, _)) = sender.send() else { continue };
            now += Duration::from_millis(33);
            for mut packet in packets {
                let Some(sent) = forwarder.packet(&packet.descriptor).unwrap() else { continue };
                assert_eq!((sent.missing_frame, sent.end_of_picture), (None, packet.marker));
                (packet.sequence, packet.descriptor) = (sequence, sent.descriptor);
                sequence = sequence.wrapping_add(1);
                forwarded += usize::from(packet.marker);
                viewer.take(packet, now, &sender.shown);
            }
        }
        viewer.receiver.handle_timeout(now + Duration::from_secs(1));
        assert_eq!(viewer.receiver.next_request(now), None);
        assert_eq!((viewer.repeated, viewer.receiver.is_lacking()), (0, false), "{mode}");
        assert!(viewer.clean + 1 >= forwarded && forwarded > 40, "{mode} {forwarded}");
    }
}

/// A call over a link that loses packets in both directions: reports go back, the encoder goes on from
/// what was received, and no key frame follows the first.
#[test]
fn losses_are_recovered_from_without_key_frames() {
    for (seed, &mode) in (20..).zip(ScalabilityMode::ALL) {
        for rtcp_reports in [true, false] {
            recovers(mode, seed, rtcp_reports);
        }
    }
}

/// `reports`: by this library's own reports; by lists of packets otherwise.
fn recovers(mode: ScalabilityMode, seed: u64, reports: bool) {
    let mut sender = Sender::new(mode, DependencyStructure::up_to_mode(mode));
    let mut config = DeliveryConfig::new(SequenceNumbers::Rtp);
    config.first_number = FIRST_NUMBER;
    let mut tracker = DeliveryTracker::new(config);
    let mut viewer = Viewer::new(in_order());
    let mut random = Random::new(seed);
    // What is on its way back, by the time it arrives.
    let mut back: VecDeque<(Duration, Vec<u8>)> = VecDeque::new();
    let (mut keys, mut sent, mut lost) = (0, 0, 0);
    let mut now = Duration::from_secs(1);
    for _ in 0..250 {
        now += Duration::from_millis(33);
        while back.front().is_some_and(|(at, _)| *at <= now) {
            let (_, data) = back.pop_front().unwrap();
            let outcome = tracker.rtcp(&data).unwrap();
            if outcome.key_frame {
                sender.encoder.request_key_frame().unwrap();
            }
            for feedback in outcome.frames {
                match feedback {
                    FrameFeedback::Acknowledged(id) => sender.encoder.acknowledge(id).unwrap(),
                    FrameFeedback::Lost(id) => sender.encoder.lost(id).unwrap(),
                }
            }
        }
        let Some((packets, frame)) = sender.send() else { continue };
        keys += usize::from(frame.dependencies.is_empty());
        let sequences: Vec<u16> = packets.iter().map(|packet| packet.sequence).collect();
        assert!(tracker.frame_sent(frame.id, &frame.dependencies, sequences, now));
        let mut arrived = Vec::new();
        for packet in packets {
            sent += 1;
            // The first picture arrives, so that there is something to go on from.
            if frame.id > 3 && random.below(100) < 2 {
                lost += 1;
                continue;
            }
            arrived.push(packet.sequence);
            viewer.take(packet, now, &sender.shown);
        }
        if random.below(100) < 10 {
            continue; // The report is lost.
        }
        let mut data = Vec::new();
        while let Some(request) = viewer.receiver.next_request(now) {
            assert_ne!(request, Request::KeyFrame, "{mode} {seed}");
        }
        if reports {
            let report = viewer.receiver.report();
            report.into_iter().for_each(|report| report.write(1, &mut data));
        } else if let (Some(&first), Some(&last)) = (arrived.first(), arrived.last()) {
            data = congestion_feedback(first, last, &arrived);
        }
        back.push_back((now + Duration::from_millis(100), data));
    }
    assert_eq!(keys, 1, "{mode} {seed}");
    let (clean, repeated) = (viewer.clean, viewer.repeated);
    assert!(lost > 5, "{mode}: {lost} of {sent}");
    assert!(clean > 150 && repeated < 75, "{mode}: {clean} clean, {repeated} repeated");
}

/// RFC 8888, 3.1, of the packets from `first` to `last`.
fn congestion_feedback(first: u16, last: u16, arrived: &[u16]) -> Vec<u8> {
    let count = last.wrapping_sub(first) + 1;
    // SSRCs, begin_seq and num_reports, two packets a word, timestamp.
    let words = 2 + 1 + count.div_ceil(2) + 1;
    let mut data = vec![0x8b, 205];
    data.extend(words.to_be_bytes());
    data.extend([0, 0, 0, 1, 0, 0, 0, 2]);
    data.extend(first.to_be_bytes());
    data.extend(count.to_be_bytes());
    for index in 0..count {
        let here = arrived.contains(&first.wrapping_add(index));
        data.extend(if here { [0x80, 0] } else { [0, 0] });
    }
    data.resize(data.len().next_multiple_of(4), 0);
    data.extend([0; 4]);
    data
}
