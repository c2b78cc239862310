//! Descriptors beside payloads, from encoder to depacketizer, over losses and another order.

use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::*;

use super::{TICKS, encode, rtp_rules};
use crate::rtp::dependency_descriptor::{
    DependencyStructure, DescribedFrame, DescriptorReader, FrameDescriber, SentFrame,
    header_extension_len,
};
use crate::rtp::{
    Depacketizer, DepacketizerConfig, DepacketizerEvent, PacketLimits, Packetizer, ReceivedUnit,
    RtpError, RtpPacket,
};
use crate::synthetic::{Clip, Scene};
use crate::{EncoderConfig, LayerId, ScalabilityMode};

/// A temporal unit of one frame OBU with `len` bytes of payload.
fn unit(len: usize) -> Vec<u8> {
    let mut unit = vec![0x12, 0x00, 0x32];
    crate::av1::obu::leb128::write(len as u32, &mut unit);
    unit.push(0x30);
    unit.resize(unit.len() + len - 1, 0xaa);
    unit
}

fn frame(describer: &mut FrameDescriber, id: u64, dependencies: &[u64]) -> DescribedFrame {
    describer.describe(&SentFrame::new(id, dependencies, LayerId::default())).unwrap()
}

/// First, middle, last and only packets say where they stand, and all of them what the frame is.
#[test]
fn each_packet_has_its_own() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    let packetizer = Packetizer::new(PacketLimits::new(100)).unwrap();
    let mut reader = DescriptorReader::new();
    for (id, len) in [(0, 300), (1, 20), (2, 150), (3, 400)] {
        let described = match id {
            0 => frame(&mut describer, id, &[]),
            _ => frame(&mut describer, id, &[id - 1]),
        };
        let payloads = packetizer.packetize_described(&unit(len), &[described]).unwrap();
        let count = payloads.len();
        assert_eq!(count, if len == 20 { 1 } else { len.div_ceil(88) });
        for (index, payload) in payloads.iter().enumerate() {
            let bytes = payload.descriptor.as_deref().unwrap();
            let read = reader.read(bytes).unwrap();
            assert_eq!((read.start_of_frame, read.end_of_frame), (index == 0, index + 1 == count));
            assert_eq!(read.start_of_frame, payload.first_of_frame);
            assert_eq!(
                (u64::from(read.frame_number), read.structure.is_some()),
                (id, id + index as u64 == 0)
            );
            assert!(payload.len() + header_extension_len(bytes.len()) <= 100);
        }
    }
    let plain = packetizer.packetize(&unit(20)).unwrap();
    assert_eq!(plain[0].descriptor, None);
}

#[test]
fn frames_and_descriptions_go_together() {
    let mut describer = FrameDescriber::new(DependencyStructure::of_mode(ScalabilityMode::L1T1));
    let packetizer = Packetizer::new(PacketLimits::new(100)).unwrap();
    let key = frame(&mut describer, 0, &[]);
    let two = [key.clone(), frame(&mut describer, 1, &[0])];
    assert_eq!(
        packetizer.packetize_described(&unit(20), &two).err(),
        Some(RtpError::FrameCount { frames: 1, described: 2 })
    );
    assert_eq!(
        packetizer.packetize_described(&unit(20), &[]).err(),
        Some(RtpError::FrameCount { frames: 1, described: 0 })
    );
    // Two spatial layers: 34 00 and 34 08 are their OBU headers.
    let layers = [&[0x36, 0x00, 2, 0x30, 1][..], &[0x36, 0x08, 2, 0x30, 2]].concat();
    let payloads = packetizer.packetize_described(&layers, &two).unwrap();
    let lengths: Vec<_> = payloads.iter().map(|p| p.descriptor.as_ref().unwrap().len()).collect();
    assert_eq!(lengths, [9, 3]);
    assert!(payloads.iter().all(|payload| payload.first_of_frame && payload.last_of_frame));
    let layer = packetizer.packetize_described_layer(&unit(20), &two[1..], false).unwrap();
    assert!(!layer[0].marker && layer[0].descriptor.is_some());
    // Beside the descriptor of a key frame 16 bytes are gone.
    let narrow = Packetizer::new(PacketLimits::new(18)).unwrap();
    let error = RtpError::PacketLimit { packet: "first", max_payload: 10, reduction: 8 };
    assert_eq!(narrow.packetize_described(&unit(20), &[key]).err(), Some(error));
}

/// Packets, and the ids of the frames in them with what these depend on.
type Sent = (Vec<RtpPacket>, Vec<(u64, Vec<u64>)>);

/// The packets of a coded clip, and what the encoder says of its frames.
fn clip_packets(frames: u64) -> Sent {
    let clip = Clip::new(Scene::MovingTexture, 96, 64, 1).unwrap();
    let units = encode(EncoderConfig::new(96, 64, 150_000), clip, frames, &[frames / 2]);
    let mut describer = FrameDescriber::with_first_number(
        DependencyStructure::of_mode(ScalabilityMode::L1T1),
        65_530,
    );
    let packetizer = Packetizer::new(PacketLimits::new(200)).unwrap();
    let (mut packets, mut coded) = (Vec::new(), Vec::new());
    for unit in units {
        let described = describer.describe_unit(&unit).unwrap();
        for payload in packetizer.packetize_described(&unit.data, &described).unwrap() {
            let sequence = (65_000 + packets.len()) as u16;
            let timestamp = (unit.timestamp / TICKS * 3000) as u32;
            let packet = RtpPacket::new(sequence, timestamp, payload.marker, payload.to_bytes());
            packets.push(packet.with_descriptor(payload.descriptor.unwrap()));
        }
        coded.push((unit.frames[0].id, unit.frames[0].dependencies.clone()));
        rtp_rules::check(
            &unit.data,
            PacketLimits::new(200),
            &packetizer.packetize(&unit.data).unwrap(),
        );
    }
    (packets, coded)
}

fn receive(packets: impl IntoIterator<Item = RtpPacket>) -> Vec<ReceivedUnit> {
    let mut depacketizer = Depacketizer::new(DepacketizerConfig::default()).unwrap();
    let mut units = Vec::new();
    let mut drain = |depacketizer: &mut Depacketizer| {
        while let Some(event) = depacketizer.next_event() {
            if let DepacketizerEvent::Unit(unit) = event {
                units.push(unit);
            }
        }
    };
    for packet in packets {
        depacketizer.push(packet, Duration::ZERO).unwrap();
        drain(&mut depacketizer);
    }
    depacketizer.flush();
    drain(&mut depacketizer);
    units
}

/// What the native engine codes takes no more than 3 bytes a packet, and the frame before it is all
/// that it has to name.
#[test]
fn frames_of_the_encoder_stand_in_templates() {
    let (packets, coded) = clip_packets(40);
    let units = receive(packets.iter().cloned());
    assert_eq!(units.len(), coded.len());
    let mut before = None;
    for (unit, (id, dependencies)) in units.iter().zip(&coded) {
        let [descriptor] = &unit.descriptors[..] else { panic!("{:?}", unit.descriptors) };
        assert_eq!(descriptor.frame_number, 65_530_u16.wrapping_add(*id as u16));
        assert_eq!(descriptor.structure.is_some(), unit.new_sequence);
        assert!(descriptor.start_of_frame && descriptor.end_of_frame);
        let named: Vec<u64> =
            descriptor.dependencies.fdiffs.iter().map(|&fdiff| id - u64::from(fdiff)).collect();
        let expected: Vec<u64> = before.filter(|_| !dependencies.is_empty()).into_iter().collect();
        assert_eq!(named, expected);
        before = Some(*id);
    }
    let long = packets.iter().filter(|packet| packet.descriptor.len() > 3).count();
    assert_eq!(long, 2, "the first packets of two key frames");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Losses, swaps, descriptors that are missing or broken: units have descriptors of all of their
    /// frames or none, and what they say is right.
    #[test]
    fn descriptors_over_a_bad_network(
        lost in proptest::collection::vec(0usize..200, 0..20),
        swaps in proptest::collection::vec(0usize..200, 0..30),
        stripped in proptest::collection::vec((0usize..200, 0usize..4), 0..10),
    ) {
        static CLIP: OnceLock<Sent> = OnceLock::new();
        let (packets, coded) = CLIP.get_or_init(|| clip_packets(30));
        let mut sent = packets.clone();
        for &(at, len) in &stripped {
            if let Some(packet) = sent.get_mut(at) {
                packet.descriptor.truncate(len);
            }
        }
        let whole = |unit: &ReceivedUnit| {
            let numbers = (0..unit.packets).map(|n| unit.first_sequence.wrapping_add(n as u16));
            numbers.into_iter().all(|sequence| {
                let packet = sent.iter().find(|packet| packet.sequence == sequence).unwrap();
                packet.descriptor == packets.iter().find(|p| p.sequence == sequence).unwrap().descriptor
            })
        };
        let mut order: Vec<usize> = (0..sent.len()).filter(|index| !lost.contains(index)).collect();
        for at in swaps {
            if at + 1 < order.len() {
                order.swap(at, at + 1);
            }
        }
        let mut structure = false;
        for unit in receive(order.into_iter().map(|index| sent[index].clone())) {
            structure |= unit.new_sequence && whole(&unit);
            if let [descriptor] = &unit.descriptors[..] {
                let id = u64::from(descriptor.frame_number.wrapping_sub(65_530));
                prop_assert!(coded.iter().any(|(coded, _)| *coded == id));
                prop_assert_eq!(descriptor.dependencies.fdiffs.is_empty(), unit.new_sequence);
            } else {
                prop_assert!(unit.descriptors.is_empty());
                prop_assert!(!whole(&unit) || !structure);
            }
        }
    }
}
