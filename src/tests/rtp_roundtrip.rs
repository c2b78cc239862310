//! Packetizer, a network that loses, repeats and reorders, and depacketizer.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::rtp_rules::{self, DELIMITER, as_received};
use super::{TICKS, encode};
use crate::av1::obu::{LayerId, ObuHeader, ObuType, write_obu};
use crate::rate::Wire;
use crate::rtp::{
    Depacketizer, DepacketizerConfig, DepacketizerEvent, Loss, PacketLimits, Packetizer,
    ReceivedUnit, RtpPacket,
};
use crate::synthetic::{Clip, Scene};
use crate::{EncoderConfig, RateMode};

#[derive(Clone, Debug)]
struct Unit {
    data: Bytes,
    key_frame: bool,
}

fn obu(obu_type: ObuType, layer: Option<LayerId>, first: u8, len: usize, out: &mut Vec<u8>) {
    let header = ObuHeader { obu_type, has_size_field: true, extension: layer };
    let payload: Vec<u8> = (0..len).map(|i| if i == 0 { first } else { i as u8 }).collect();
    write_obu(&header, &payload, out).unwrap();
}

/// Lengths around the values where a length field grows, and others.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 1usize..300,
        2 => 120usize..136,
        1 => 300usize..4000,
        1 => 16_370usize..16_400,
    ]
}

/// A unit of one to three layers, each a frame in one OBU or in a header and tile groups; only its
/// first packet looks like the first of a unit.
fn unit() -> impl Strategy<Value = Unit> {
    let layer = (length(), proptest::collection::vec(length(), 0..5));
    (any::<bool>(), any::<bool>(), proptest::collection::vec(layer, 1..4), 0u8..8).prop_map(
        |(key_frame, layered, layers, temporal_id)| {
            let mut data = DELIMITER.to_vec();
            // Coded video sequences start in the lowest layer (AV1 specification, 7.5).
            let temporal_id = if key_frame { 0 } else { temporal_id };
            if key_frame {
                obu(ObuType::SequenceHeader, None, 0, 11, &mut data);
            }
            for (spatial_id, (first, more)) in layers.iter().enumerate() {
                if spatial_id > 0 && !layered {
                    break;
                }
                let spatial_id = spatial_id as u8;
                let id = layered.then_some(LayerId { temporal_id, spatial_id });
                let head = if key_frame && spatial_id == 0 { 0x10 } else { 0x30 };
                let kind = if more.is_empty() { ObuType::Frame } else { ObuType::FrameHeader };
                obu(kind, id, head, *first, &mut data);
                for len in more {
                    obu(ObuType::TileGroup, id, 0, *len, &mut data);
                    obu(ObuType::Padding, id, 0, 3, &mut data);
                }
            }
            Unit { data: data.into(), key_frame }
        },
    )
}

/// The stream: one to eight units, the first of which starts a coded video sequence.
fn stream() -> impl Strategy<Value = Vec<Unit>> {
    proptest::collection::vec(unit(), 1..8).prop_map(|mut units| {
        if !units[0].key_frame {
            let mut data = DELIMITER.to_vec();
            obu(ObuType::SequenceHeader, None, 0, 11, &mut data);
            obu(ObuType::Frame, None, 0x10, 400, &mut data);
            units[0] = Unit { data: data.into(), key_frame: true };
        }
        units
    })
}

fn limits() -> impl Strategy<Value = PacketLimits> {
    let payload = prop_oneof![4usize..40, 40usize..1500, Just(1200usize)];
    (payload, 0usize..30, 0usize..30, 0usize..30).prop_map(|(max_payload, first, last, single)| {
        let most = max_payload - 4;
        PacketLimits {
            max_payload,
            first_reduction: first.min(most),
            last_reduction: last.min(most),
            single_reduction: single.min(most),
        }
    })
}

/// Packets with the number of their unit.
fn send(
    units: &[Unit],
    limits: PacketLimits,
    sequence: u16,
    timestamp: u32,
) -> Vec<(usize, RtpPacket)> {
    let packetizer = Packetizer::new(limits).unwrap();
    let mut packets = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let payloads = packetizer.packetize(&unit.data).unwrap();
        assert_eq!(payloads[0].new_sequence, unit.key_frame);
        rtp_rules::check(&unit.data, limits, &payloads);
        for payload in payloads {
            let sequence = sequence.wrapping_add(packets.len() as u16);
            let timestamp = timestamp.wrapping_add(3000 * index as u32);
            let packet = RtpPacket::new(sequence, timestamp, payload.marker, payload.to_bytes());
            packets.push((index, packet));
        }
    }
    packets
}

fn receive(
    config: DepacketizerConfig,
    packets: impl IntoIterator<Item = RtpPacket>,
) -> (Vec<ReceivedUnit>, Vec<Loss>) {
    let mut depacketizer = Depacketizer::new(config).unwrap();
    let (mut units, mut losses) = (Vec::new(), Vec::new());
    let mut sort = |event| match event {
        DepacketizerEvent::Unit(unit) => units.push(unit),
        DepacketizerEvent::Loss(loss) => losses.push(loss),
    };
    for packet in packets {
        depacketizer.push(packet, Duration::ZERO).unwrap();
        std::iter::from_fn(|| depacketizer.next_event()).for_each(&mut sort);
    }
    depacketizer.flush();
    std::iter::from_fn(|| depacketizer.next_event()).for_each(&mut sort);
    (units, losses)
}

fn config(reorder_packets: usize, assume_start: bool) -> DepacketizerConfig {
    DepacketizerConfig {
        reorder_packets,
        max_units: 1024,
        assume_start,
        ..DepacketizerConfig::default()
    }
}

/// The packets with N as the sender pleases, where it is legal.
fn scatter_n(sent: &mut [(usize, RtpPacket)], seed: &[u8]) {
    for (index, (_, packet)) in sent.iter_mut().enumerate() {
        let mut bytes = packet.payload.to_vec();
        let fragment = bytes[0] & 0x80 != 0;
        match seed[index % seed.len()] % 3 {
            0 => bytes[0] &= !0x08,
            1 if !fragment => bytes[0] |= 0x08,
            _ => {}
        }
        packet.payload = bytes.into();
    }
}

/// The order of arrival: nothing is overtaken by a packet more than `window` numbers later, and
/// some packets come twice.
fn arrival(count: usize, window: usize, seed: &[u8]) -> Vec<usize> {
    let jitter = |index: usize, salt: usize| {
        let byte = seed.get((index * 7 + salt) % seed.len().max(1)).copied().unwrap_or(0);
        usize::from(byte) % (window + 1)
    };
    let mut order: Vec<(usize, usize)> = (0..count)
        .map(|i| (i + jitter(i, 0), i))
        .chain((0..count).filter(|&i| jitter(i, 3) % 4 == 1).map(|i| (i + jitter(i, 5), i)))
        .collect();
    order.sort();
    order.into_iter().map(|(_, index)| index).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_lost(
        units in stream(),
        limits in limits(),
        sequence: u16,
        timestamp: u32,
        window in 0usize..20,
        seed: [u8; 31],
        assume_start: bool,
    ) {
        let mut sent = send(&units, limits, sequence, timestamp);
        scatter_n(&mut sent, &seed);
        let order = arrival(sent.len(), window, &seed);
        let packets = order.iter().map(|&index| sent[index].1.clone());
        let (received, losses) = receive(config(window + 1, assume_start), packets);
        prop_assert_eq!(losses, []);
        prop_assert_eq!(received.len(), units.len());
        for (index, (unit, received)) in units.iter().zip(&received).enumerate() {
            prop_assert_eq!(&received.data[..], &as_received(&unit.data)[..]);
            prop_assert_eq!(received.timestamp, u64::from(timestamp) + 3000 * index as u64);
            prop_assert_eq!(received.new_sequence, unit.key_frame);
            prop_assert!(received.start_proven && received.unbroken);
        }
    }

    #[test]
    fn some_lost(
        units in stream(),
        limits in limits(),
        sequence: u16,
        window in 0usize..20,
        seed: [u8; 31],
        drops in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
        assume_start: bool,
        shuffled: bool,
    ) {
        let mut sent = send(&units, limits, sequence, 0);
        scatter_n(&mut sent, &seed);
        let mut dropped: HashSet<usize> = drops.iter().map(|drop| drop.index(sent.len())).collect();
        dropped.remove(&0);
        let order = if shuffled {
            arrival(sent.len(), window, &seed)
        } else {
            (0..sent.len()).collect()
        };
        let order: Vec<_> = order.into_iter().filter(|index| !dropped.contains(index)).collect();
        let packets = order.iter().map(|&index| sent[index].1.clone());
        let (received, losses) = receive(config(window + 1, assume_start), packets);

        let mut expected = Vec::new();
        let mut unbroken = true;
        for (index, unit) in units.iter().enumerate() {
            let mut packets = (0..sent.len()).filter(|&packet| sent[packet].0 == index);
            let first = packets.clone().next().unwrap();
            let proven = unit.key_frame || !dropped.contains(&(first - 1));
            let whole = packets.all(|packet| !dropped.contains(&packet));
            unbroken = whole && (unbroken && proven || unit.key_frame);
            if whole && (proven || assume_start) {
                expected.push((as_received(&unit.data), unbroken, proven));
            }
        }
        let found: Vec<_> = received
            .iter()
            .map(|unit| (unit.data.to_vec(), unit.unbroken, unit.start_proven))
            .collect();
        prop_assert_eq!(found, expected);

        let last = order.iter().copied().max().unwrap();
        let missing: HashSet<u16> = losses
            .iter()
            .filter_map(|loss| loss.missing)
            .flat_map(|range| (0..range.count).map(move |i| range.first.wrapping_add(i as u16)))
            .collect();
        let lost: HashSet<u16> =
            dropped.iter().filter(|&&index| index < last).map(|&index| sent[index].1.sequence).collect();
        prop_assert_eq!(missing, lost);
        let discarded: usize = losses.iter().map(|loss| loss.discarded_packets).sum();
        let used: usize = received.iter().map(|unit| unit.packets).sum();
        prop_assert_eq!(used + discarded, order.iter().collect::<HashSet<_>>().len());
    }

    /// Packets that come in any order, several times or never, at any time, with any N: what comes
    /// out is what was sent, in its order, and is called unbroken only if all units from the last
    /// key frame on came out.
    #[test]
    fn nothing_is_called_unbroken_that_is_not(
        units in stream(),
        limits in limits(),
        sequence: u16,
        reorder_packets in 1usize..9,
        seed: [u8; 31],
        arrivals in proptest::collection::vec((any::<prop::sample::Index>(), 0u64..80), 1..80),
        assume_start: bool,
    ) {
        let mut sent = send(&units, limits, sequence, 0);
        scatter_n(&mut sent, &seed);
        let config = DepacketizerConfig { reorder_packets, ..config(1, assume_start) };
        let mut depacketizer = Depacketizer::new(config).unwrap();
        let (mut now, mut received) = (Duration::ZERO, Vec::new());
        // Around the place in the stream that an arrival names, or at random.
        for (step, (index, millis)) in arrivals.iter().enumerate() {
            let at = index.index(sent.len());
            let near = (step * sent.len() / arrivals.len() + at % 5).min(sent.len() - 1);
            let packet = if seed[step % 31] % 8 == 0 { at } else { near };
            now += Duration::from_millis(*millis);
            if seed[step % 29] % 2 == 0 {
                depacketizer.handle_timeout(now);
            }
            depacketizer.push(sent[packet].1.clone(), now).unwrap();
            received.extend(std::iter::from_fn(|| depacketizer.next_event()));
            prop_assert!(depacketizer.next_timeout().is_none_or(|time| time > now));
        }
        depacketizer.flush();
        received.extend(std::iter::from_fn(|| depacketizer.next_event()));

        let (mut next, mut whole) = (0, false);
        for event in received {
            let unit = match event {
                DepacketizerEvent::Unit(unit) => unit,
                DepacketizerEvent::Loss(_) => {
                    whole = false;
                    continue;
                }
            };
            let index = unit.timestamp as usize / 3000;
            prop_assert!(index >= next, "unit {index} after unit {next}");
            prop_assert_eq!(&unit.data[..], &as_received(&units[index].data)[..]);
            prop_assert_eq!(unit.new_sequence, units[index].key_frame);
            whole = unit.new_sequence || whole && index == next;
            prop_assert_eq!(unit.unbroken, whole);
            next = index + 1;
        }
    }

    /// Only packets whose content is not known to be malformed get in; nothing else may happen than
    /// losses, and memory stays within its bound.
    #[test]
    fn damaged_packets(
        units in stream(),
        limits in limits(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..9),
    ) {
        let mut packets: Vec<_> = send(&units, limits, 0, 0).into_iter().map(|(_, packet)| packet).collect();
        for (packet, position, value) in damage {
            let packet = &mut packets[packet.index(sent_len(&units, limits))];
            let mut bytes = packet.payload.to_vec();
            let position = position.index(bytes.len());
            bytes[position] ^= value;
            packet.payload = bytes.into();
        }
        let config = DepacketizerConfig::default();
        let mut depacketizer = Depacketizer::new(config).unwrap();
        for packet in packets {
            let _ = depacketizer.push(packet, Duration::ZERO);
            while depacketizer.next_event().is_some() {}
            prop_assert!(depacketizer.held_bytes() <= config.max_bytes);
        }
    }
}

fn sent_len(units: &[Unit], limits: PacketLimits) -> usize {
    send(units, limits, 0, 0).len()
}

#[test]
fn a_stream_longer_than_the_sequence_numbers() {
    let mut data = DELIMITER.to_vec();
    obu(ObuType::Frame, None, 0x30, 20, &mut data);
    let delta = Unit { data: data.into(), key_frame: false };
    let mut data = DELIMITER.to_vec();
    obu(ObuType::SequenceHeader, None, 0, 11, &mut data);
    obu(ObuType::Frame, None, 0x10, 20, &mut data);
    let key = Unit { data: data.into(), key_frame: true };
    let mut units = vec![key];
    units.resize(150_000, delta);
    let packets = send(&units, PacketLimits::new(1200), 65_000, u32::MAX - 5000);
    let (received, losses) =
        receive(config(8, true), packets.into_iter().map(|(_, packet)| packet));
    assert_eq!((received.len(), losses.len()), (150_000, 0));
    let last = received.last().unwrap();
    assert_eq!(last.timestamp, u64::from(u32::MAX) - 5000 + 3000 * 149_999);
    assert!(last.unbroken);
}

/// What the network adds, some of it being something.
fn wire() -> impl Strategy<Value = Wire> {
    let overhead = prop_oneof![Just(1u32), 12u32..80, 1u32..=1000];
    let payload = prop_oneof![Just(100u32), 100u32..160, 100u32..1500, 100u32..=65_535];
    (overhead, payload)
        .prop_map(|(packet_overhead, max_payload)| Wire { packet_overhead, max_payload })
}

/// Fails if packets take more bytes than rate control counts, or far fewer.
fn check_count(unit: &Bytes, wire: Wire) -> Result<(), TestCaseError> {
    let packetizer = Packetizer::new(PacketLimits::new(wire.max_payload as usize)).unwrap();
    let payloads = packetizer.packetize(unit).unwrap();
    let overhead = u64::from(wire.packet_overhead);
    let taken: u64 = payloads.iter().map(|payload| payload.len() as u64 + overhead).sum();
    let counted = wire.bytes(unit.len() as u64);
    prop_assert!(taken <= counted, "{taken} bytes of {}, {counted} counted", unit.len());
    // A delimiter, size fields, and what begins a packet because of them.
    prop_assert!(counted <= taken + 6 + overhead, "{taken} bytes, {counted} counted");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_coded_unit_takes_more_than_is_counted(
        scene in proptest::sample::select(&Scene::ALL),
        (width, height) in (16u32..160, 16u32..160),
        qindex in 0u8..=255,
        wires in proptest::collection::vec(wire(), 40),
    ) {
        let mut config = EncoderConfig::new(width, height, 100_000);
        config.rate = RateMode::ConstantQindex(qindex);
        let units = encode(config, Clip::new(scene, width, height, 0).unwrap(), 4, &[2]);
        prop_assert_eq!(units.iter().map(|unit| unit.timestamp / TICKS).max(), Some(3));
        for (unit, wire) in units.iter().cycle().zip(wires) {
            check_count(&unit.data, wire)?;
        }
    }
}

proptest! {
    /// Units of the encoder's form at every length.
    #[test]
    fn no_unit_takes_more_than_is_counted(
        key_frame: bool,
        len in length(),
        wire in wire(),
    ) {
        let mut data = DELIMITER.to_vec();
        if key_frame {
            obu(ObuType::SequenceHeader, None, 0, 11, &mut data);
        }
        obu(ObuType::Frame, None, if key_frame { 0x10 } else { 0x30 }, len, &mut data);
        check_count(&data.into(), wire)?;
    }
}
