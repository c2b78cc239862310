//! An independent implementation, the crate `rtc-rtp`, at the other end.

#[allow(dead_code, reason = "the examples use what the test does not")]
#[path = "../../examples/common/rtp.rs"]
mod rtp_header;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use rtc_rtp::codec::av1::{Av1Depacketizer, Av1Payloader};
use rtc_rtp::packetizer::{Depacketizer as _, Payloader as _};
use rtc_shared::marshal::Unmarshal as _;

use super::rtp_rules::{DELIMITER, as_received};
use crate::ScalabilityMode;
use crate::av1::obu::{LayerId, ObuHeader, ObuType, write_obu};
use crate::rtp::dependency_descriptor::{DependencyStructure, FrameDescriber, SentFrame};
use crate::rtp::{
    Depacketizer, DepacketizerConfig, DepacketizerEvent, PacketLimits, Packetizer, RtpPacket,
};

/// A unit with a sequence header and a frame header, then tile groups of these lengths.
fn unit(lengths: &[usize], layer: Option<LayerId>) -> Bytes {
    let mut unit = DELIMITER.to_vec();
    let mut add = |obu_type, extension, len: usize| {
        let header = ObuHeader { obu_type, has_size_field: true, extension };
        let mut payload: Vec<u8> = (0..len).map(|i| (i * 7 + len) as u8).collect();
        if obu_type == ObuType::FrameHeader {
            payload[0] = 0x10; // a shown key frame
        }
        write_obu(&header, &payload, &mut unit).unwrap();
    };
    add(ObuType::SequenceHeader, None, 11);
    add(ObuType::FrameHeader, layer, 20);
    for &len in lengths {
        add(ObuType::TileGroup, layer, len);
        add(ObuType::Padding, None, 2);
    }
    unit.into()
}

fn to_the_peer(unit: &Bytes, max_payload: usize) -> Vec<u8> {
    let packetizer = Packetizer::new(PacketLimits::new(max_payload)).unwrap();
    let mut peer = Av1Depacketizer::new();
    let mut received = DELIMITER.to_vec();
    for payload in packetizer.packetize(unit).unwrap() {
        let payload_bytes = payload.to_bytes();
        received.extend_from_slice(&peer.depacketize(&payload_bytes).unwrap());
        assert_eq!(peer.n, payload.new_sequence);
    }
    received
}

/// The packets of a key frame and an inter frame, with descriptors in a header extension, as the peer reads
/// them: it hands the element out as it is, in its form of one byte or of two, and gets the same units.
#[test]
fn descriptors_do_no_harm_to_the_peer() {
    let structure = DependencyStructure::up_to_mode(ScalabilityMode::L1T3);
    let mut describer = FrameDescriber::new(structure);
    let packetizer = Packetizer::new(PacketLimits::new(300)).unwrap();
    let mut peer = Av1Depacketizer::new();
    let mut lengths = BTreeSet::new();
    for (id, dependencies) in [(0, &[][..]), (1, &[0])] {
        let unit = unit(&[100, 700], None);
        let frame = SentFrame::new(id, dependencies, LayerId::default());
        let described = describer.describe(&frame).unwrap();
        let payloads = packetizer.packetize_described(&unit, &[described]).unwrap();
        assert!(payloads.len() > 2);
        let mut received = DELIMITER.to_vec();
        for (sequence, payload) in (0..).zip(&payloads) {
            let descriptor = payload.descriptor.clone().unwrap();
            lengths.insert(descriptor.len());
            let packet = rtp_header::Packet {
                payload_type: rtp_header::PAYLOAD_TYPE,
                marker: payload.marker,
                sequence,
                timestamp: 3000,
                ssrc: 7,
                descriptor: descriptor.clone(),
                payload: payload.to_bytes(),
            };
            let bytes = Bytes::from(packet.to_bytes());
            let read = rtc_rtp::Packet::unmarshal(&mut bytes.clone()).unwrap();
            assert_eq!(read.header.get_extension(rtp_header::DESCRIPTOR_ID), Some(descriptor));
            assert_eq!(read.payload, packet.payload);
            received.extend_from_slice(&peer.depacketize(&read.payload).unwrap());
        }
        assert!(received == as_received(&unit), "{id}");
    }
    let two_bytes = lengths.last().is_some_and(|&len| len > 16);
    assert!(lengths.contains(&3) && two_bytes, "{lengths:?}");
}

fn from_the_peer(unit: &Bytes, max_payload: usize) -> Vec<u8> {
    let payloads = Av1Payloader::default().payload(max_payload, unit).unwrap();
    let config = DepacketizerConfig { reorder_packets: 1, ..Default::default() };
    let mut depacketizer = Depacketizer::new(config).unwrap();
    let count = payloads.len();
    for (index, payload) in payloads.into_iter().enumerate() {
        assert!(payload.len() <= max_payload);
        let marker = index + 1 == count;
        let packet = RtpPacket::new(index as u16, 0, marker, payload);
        depacketizer.push(packet, Duration::ZERO).unwrap();
        match depacketizer.next_event() {
            None => assert!(!marker),
            Some(DepacketizerEvent::Unit(unit)) => {
                assert!(marker && unit.new_sequence);
                return unit.data.to_vec();
            }
            Some(DepacketizerEvent::Loss(loss)) => panic!("{loss:?}"),
        }
    }
    panic!("no unit in {count} packets");
}

#[test]
fn lengths_where_a_length_field_grows() {
    for len in [126, 127, 128, 129, 16_382, 16_383, 16_384, 16_385] {
        for lengths in [&[len][..], &[len, len], &[40, len, 40], &[len; 5]] {
            for max_payload in [100, 1200, 20_000] {
                let unit = unit(lengths, None);
                let expected = as_received(&unit);
                assert!(to_the_peer(&unit, max_payload) == expected, "{lengths:?} {max_payload}");
                assert!(from_the_peer(&unit, max_payload) == expected);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_lengths(
        lengths in proptest::collection::vec(0usize..700, 0..8),
        // Coded video sequences start in the lowest temporal layer (AV1 specification, 7.5).
        layer in proptest::option::of((Just(0), 0u8..4)),
        max_payload in 3usize..1500,
    ) {
        let layer = layer.map(|(temporal_id, spatial_id)| LayerId { temporal_id, spatial_id });
        let unit = unit(&lengths, layer);
        let expected = as_received(&unit);
        prop_assert_eq!(to_the_peer(&unit, max_payload), &expected[..]);
        prop_assert_eq!(from_the_peer(&unit, max_payload), &expected[..]);
    }
}
