//! The bodies of the fuzz targets: each takes any bytes and panics if the library is at fault.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::rtp_rules;
use crate::av1::obu::{
    AnnexBUnits, LayerId, ObuHeader, Obus, SequenceHeader, StreamInspector, TemporalUnits,
};
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
use crate::decoder::{Decoder, DecoderConfig};
use crate::rtp::RtpError;
use crate::rtp::dependency_descriptor::{DescriptorReader, DescriptorWriter, Forwarder};
use crate::rtp::{
    DeliveryConfig, DeliveryTracker, Depacketizer, DepacketizerConfig, DepacketizerEvent,
    FrameFeedback, PacketLimits, Packetizer, PictureState, ReceivedUnit, Receiver, ReceiverConfig,
    ReceiverEvent, RtpPacket, SequenceNumbers,
};

/// Any bytes as OBUs, in one piece and cut into temporal units of both formats: lengths add up, no
/// panic.
pub fn obu(data: &[u8]) {
    let mut end = 0;
    for obu in Obus::new(data) {
        let Ok(obu) = obu else { break };
        assert!(obu.range.start == end && obu.range.end <= data.len());
        end = obu.range.end;
        let mut copy = Vec::new();
        obu.header.write(&mut copy).expect("a header that was read can be written");
        assert_eq!(ObuHeader::parse(&copy).map(|(header, _)| header), Ok(obu.header));
    }
    let total: usize = TemporalUnits::new(data).map_while(Result::ok).map(<[u8]>::len).sum();
    assert!(total <= data.len());
    for unit in AnnexBUnits::new(data).map_while(Result::ok) {
        assert!(Obus::new(&unit).all(|obu| obu.is_ok()));
    }
}

/// Any bytes as a stream of temporal units: headers are read or refused, no panic, and what was
/// read as a sequence header is written as it was read.
pub fn frame_header(data: &[u8]) {
    let mut inspector = StreamInspector::new();
    for unit in TemporalUnits::new(data) {
        let Ok(unit) = unit else { break };
        if let Ok(info) = inspector.inspect(unit) {
            assert!(info.shown().count() <= info.frames.len());
        }
        if let Some(sequence) = inspector.state().sequence_header() {
            let written = sequence.write().expect("a header that was read can be written");
            assert_eq!(SequenceHeader::parse(&written).as_ref(), Ok(&**sequence));
        }
    }
}

/// Any bytes as temporal units for the decoder: pictures or errors, no panic, and the limit on
/// sizes holds.
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
pub fn decode(data: &[u8]) {
    const MAX_PIXELS: u32 = 256 * 256;
    let config = DecoderConfig { max_pixels: MAX_PIXELS, ..DecoderConfig::default() };
    let mut decoder = Decoder::new(config).expect("the settings are in range");
    for (timestamp, unit) in TemporalUnits::new(data).enumerate() {
        let Ok(unit) = unit else { break };
        let unit = Bytes::copy_from_slice(unit);
        if let Ok(Some(picture)) = decoder.decode(unit, timestamp as u64) {
            assert!(picture.width() * picture.height() <= MAX_PIXELS);
            assert_eq!(picture.rows(0).count(), picture.height() as usize);
        }
    }
}

/// Any packets in any order: no panic, bounded memory, well-formed units.
pub fn depacketize(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut byte = || bytes.next().unwrap_or(0);
    let config = DepacketizerConfig {
        reorder_packets: usize::from(byte() & 31) + 1,
        max_units: usize::from(byte() & 15) + 1,
        max_bytes: 4096,
        max_obus: usize::from(byte() & 63) + 1,
        max_obu_bytes: usize::from(byte()) * 16 + 2,
        assume_start: byte() & 1 == 1,
        ..DepacketizerConfig::default()
    };
    let mut depacketizer = Depacketizer::new(config).expect("the settings are in range");
    let mut sequence = u16::from(byte()) << 8;
    let mut timestamp = u32::from(byte()) << 24;
    let mut rest = &data[data.len().min(7)..];
    let (mut now, mut latest) = (Duration::ZERO, Duration::ZERO);
    while let [control, jump, length, after @ ..] = rest {
        // Small steps in both directions, and now and then a jump anywhere.
        let step = if control & 0x80 == 0 { i16::from(control & 7) - 2 } else { i16::MAX };
        sequence = sequence.wrapping_add_signed(step).wrapping_add(u16::from(jump >> 5) << 12);
        timestamp = timestamp.wrapping_add(u32::from(jump & 3) * 3000);
        let (payload, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        // Time moves in both directions, and now and then far.
        let millis = u64::from(jump >> 2 & 7) * 20;
        now = match control & 0x18 {
            0x08 => now.saturating_sub(Duration::from_millis(millis)),
            0x10 if millis == 0 => Duration::MAX,
            _ => now.saturating_add(Duration::from_millis(millis)),
        };
        let marker = control & 0x40 != 0;
        let packet = RtpPacket::new(sequence, timestamp, marker, payload.to_vec());
        let pushed = depacketizer.push(packet, now);
        assert!(!matches!(pushed, Err(RtpError::NotDrained { .. })), "every event was taken");
        if control & 0x20 != 0 {
            depacketizer.skip_missing();
        }
        if jump & 0x10 != 0 {
            depacketizer.handle_timeout(now);
        }
        if control & 0x38 == 0x18 {
            depacketizer.flush();
        }
        drain(&mut depacketizer, &config);
        latest = latest.max(now);
        assert!(depacketizer.held_bytes() <= config.max_bytes);
        assert!(depacketizer.missing().count() <= 1024);
        assert!(depacketizer.next_timeout().is_none_or(|time| time > latest));
    }
    depacketizer.flush();
    drain(&mut depacketizer, &config);
    assert_eq!(depacketizer.held_bytes(), 0);
    assert_eq!(depacketizer.next_event(), None);
}

fn drain(depacketizer: &mut Depacketizer, config: &DepacketizerConfig) {
    while let Some(event) = depacketizer.next_event() {
        let DepacketizerEvent::Unit(unit) = event else { continue };
        let obus: Result<Vec<_>, _> = Obus::new(&unit.data).collect();
        let obus = obus.expect("a unit holds whole OBUs with sizes");
        assert!((2..=config.max_obus + 1).contains(&obus.len()));
        assert!(unit.data.starts_with(&rtp_rules::DELIMITER));
        assert!(unit.data.len() <= config.max_bytes + 8 * config.max_obus);
    }
}

/// Any bytes as a temporal unit, and as the lengths of OBUs: what can be sent arrives as it was.
pub fn packetize_roundtrip(data: &[u8]) {
    let [low, high, first, last, single, flags, rest @ ..] = data else { return };
    let mut limits = PacketLimits::new(usize::from(u16::from_le_bytes([*low, *high])) % 1500);
    limits.first_reduction = usize::from(*first);
    limits.last_reduction = usize::from(*last);
    limits.single_reduction = usize::from(*single);
    let Ok(packetizer) = Packetizer::new(limits) else { return };
    let unit = if flags & 2 == 0 { rest.to_vec() } else { unit_of_lengths(rest) };
    let unit = Bytes::from(unit);
    let Ok(payloads) = packetizer.packetize(&unit) else { return };
    rtp_rules::check(&unit, limits, &payloads);

    let config = DepacketizerConfig {
        reorder_packets: 1,
        max_obus: 65_536,
        max_bytes: 1 << 30,
        ..Default::default()
    };
    let mut depacketizer = Depacketizer::new(config).expect("the settings are in range");
    // A unit in front, so that the start of the next one is proven.
    let first = RtpPacket::new(65_529, 0, true, vec![0x20, 2, 0x08, 0, 0x30, 0x10]);
    depacketizer.push(first, Duration::ZERO).expect("the payload is legal");
    assert!(matches!(depacketizer.next_event(), Some(DepacketizerEvent::Unit(_))));
    let count = payloads.len();
    for (index, payload) in payloads.iter().enumerate() {
        let sequence = (65_530 + index) as u16;
        let packet = RtpPacket::new(sequence, 3000, payload.marker, payload.to_bytes());
        depacketizer.push(packet, Duration::ZERO).expect("a payload of our own is legal");
        match depacketizer.next_event() {
            None => assert!(index + 1 < count),
            Some(DepacketizerEvent::Unit(ReceivedUnit { data, packets, .. })) => {
                assert!(data[..] == rtp_rules::as_received(&unit));
                assert_eq!((packets, index + 1), (count, count));
            }
            Some(DepacketizerEvent::Loss(loss)) => panic!("{loss:?}"),
        }
    }
}

/// Any bytes as the descriptors of packets, each after its length: no panic, bounded memory, and what
/// was read is written and read as it was. Through a forwarder the same.
pub fn dependency_descriptor(data: &[u8]) {
    let mut reader = DescriptorReader::new();
    let mut forwarder = Forwarder::new(LayerId { temporal_id: 1, spatial_id: 1 });
    let mut rest = data;
    while let [length, after @ ..] = rest {
        let (bytes, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        let forwarded = forwarder.packet(bytes);
        let Ok(descriptor) = reader.read(bytes) else {
            assert!(forwarded.is_err(), "a forwarder reads as a reader does");
            continue;
        };
        let structure = descriptor.structure.as_ref().or(reader.structure());
        let structure = Arc::clone(structure.expect("nothing is read without one"));
        if let Ok(Some(packet)) = forwarded {
            let target = forwarder.decode_target().expect("nothing is forwarded without one");
            assert!(forwarder.structure().is_some_and(|s| target < s.decode_targets()));
            let read = reader.clone().read(&packet.descriptor);
            assert!(read.is_ok_and(|read| read.frame_number == descriptor.frame_number));
        }
        // A packet of the structure before the last can be read, but not written.
        let mut writer = DescriptorWriter::with_structure(Arc::clone(&structure));
        let Ok(written) = writer.write(&descriptor) else { continue };
        let is_read_by_it = structure.template(bytes[0] & 0x3f).is_some();
        assert!(!is_read_by_it || written.len() <= bytes.len(), "as short as it can be");
        let mut again = DescriptorReader::with_structure((*structure).clone());
        let again = again.read(&written).expect("what was written can be read");
        assert_eq!(again.dependencies, descriptor.dependencies);
        assert_eq!(again.structure, descriptor.structure);
        assert_eq!(again.active_decode_targets, descriptor.active_decode_targets);
    }
}

/// Any bytes as frames that are sent and as RTCP about them: each frame is decided once, frames are
/// acknowledged after those that they depend on, and no others than were sent.
pub fn feedback(data: &[u8]) {
    let [seed, frames, numbers, rest @ ..] = data else { return };
    let mut config = DeliveryConfig::new(match numbers & 1 {
        0 => SequenceNumbers::Rtp,
        _ => SequenceNumbers::TransportWide,
    });
    config.first_number = u16::from(*seed) << 8;
    let mut tracker = DeliveryTracker::new(config);
    let mut fates: BTreeMap<u64, bool> = BTreeMap::new();
    let mut dependencies: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut rest = rest;
    let mut sequence = u16::from(*seed) << 8;
    let mut id = 0_u64;
    while let [length, after @ ..] = rest {
        for _ in 0..frames % 8 {
            let needs: Vec<u64> = [1, u64::from(*length % 9)]
                .iter()
                .filter_map(|back| id.checked_sub(*back))
                .collect();
            let needs = if length % 5 == 0 { vec![] } else { needs };
            let needs: Vec<u64> = needs.into_iter().filter(|needed| *needed < id).collect();
            let packets = (0..=u16::from(*length % 3)).map(|n| sequence.wrapping_add(n));
            assert!(tracker.frame_sent(id, &needs, packets, Duration::from_millis(33 * id)));
            dependencies.insert(id, needs);
            sequence = sequence.wrapping_add(u16::from(*length % 3) + 1);
            id += 1;
        }
        let (bytes, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        let Ok(outcome) = tracker.rtcp(bytes) else { continue };
        for feedback in outcome.frames {
            let (id, there) = match feedback {
                FrameFeedback::Acknowledged(id) => (id, true),
                FrameFeedback::Lost(id) => (id, false),
            };
            assert_eq!(fates.insert(id, there), None, "once");
            let needs = dependencies.get(&id).expect("it was sent");
            assert!(!there || needs.iter().all(|needed| fates.get(needed) == Some(&true)));
        }
    }
}

/// Any packets with any descriptors: pictures are clean only after others that are, requests come to
/// an end, and time goes on.
pub fn receive(data: &[u8]) {
    let [flags, rest @ ..] = data else { return };
    let mut config = ReceiverConfig {
        retransmission: flags & 1 != 0,
        recovery: flags & 2 != 0,
        decode_damaged: flags & 4 != 0,
        ..ReceiverConfig::default()
    };
    config.depacketizer.reorder_packets = usize::from(flags >> 3) + 1;
    let mut receiver = Receiver::new(config).expect("the settings are in range");
    let (mut rest, mut sequence, mut timestamp) = (rest, 65_500_u16, 0_u32);
    let mut now = Duration::ZERO;
    while let [control, length, after @ ..] = rest {
        let (bytes, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        let (descriptor, payload) = bytes.split_at(bytes.len().min(usize::from(control >> 5) * 3));
        sequence = sequence.wrapping_add(u16::from(control & 3));
        timestamp = timestamp.wrapping_add(u32::from(control >> 2 & 1) * 3000);
        now += Duration::from_millis(u64::from(control >> 3 & 3) * 20);
        let packet = RtpPacket::new(sequence, timestamp, control & 4 != 0, payload.to_vec());
        let pushed = receiver.push(packet.with_descriptor(descriptor.to_vec()), now);
        assert!(!matches!(pushed, Err(RtpError::NotDrained { .. })), "every event was taken");
        while let Some(event) = receiver.next_event() {
            let ReceiverEvent::Picture(picture) = event else { continue };
            assert!(picture.state != PictureState::Damaged || config.decode_damaged);
            assert!(picture.state != PictureState::Repeated || !config.decode_damaged);
            if control & 0x70 == 0x70 {
                receiver.decoding_failed();
            }
        }
        let requests = std::iter::from_fn(|| receiver.next_request(now)).take(4).count();
        assert!(requests < 3, "packets, and a frame");
        assert!(receiver.next_timeout().is_none_or(|time| time > now), "what is due was done");
        if let Some(report) = receiver.report() {
            assert!(report.decodable == 0 || report.newest_decodable.is_some());
        }
    }
}

/// A temporal unit of OBUs whose headers and lengths are given by groups of three bytes.
fn unit_of_lengths(data: &[u8]) -> Vec<u8> {
    let mut unit = Vec::new();
    for group in data.chunks_exact(3) {
        let [header, low, high] = group else { continue };
        let length = usize::from(u16::from_le_bytes([*low, *high])) % 20_000;
        unit.push(header & 0x7c | 0x02);
        if header & 0x04 != 0 {
            unit.push((header & 0x80) >> 4);
        }
        unit.extend([length as u8 | 0x80, (length >> 7) as u8 | 0x80, (length >> 14) as u8]);
        unit.resize(unit.len() + length, *header);
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAYLOADS: [&[u8]; 9] = [
        &[],
        &[0x28, 2, 0x08, 5, 0x30, 0x10, 7],
        &[0x10, 0x30, 0x30, 7],
        &[0x68, 2, 0x08, 5, 0x30],
        &[0x50, 0x30, 0x30],
        &[0xd0, 0x30, 0x30],
        &[0x90, 7, 7, 7],
        &[0x10, 0x20, 7],
        &[0x20, 9],
    ];

    type Body = fn(&[u8]);

    const BODIES: &[(&str, Body)] = &[
        ("obu", obu),
        ("frame_header", frame_header),
        ("depacketize", depacketize),
        ("packetize_roundtrip", packetize_roundtrip),
        ("dependency_descriptor", dependency_descriptor),
        ("feedback", feedback),
        ("receive", receive),
        #[cfg(any(feature = "rav1d", feature = "dav1d"))]
        ("decode", decode),
    ];

    /// Every file of the seed corpus, whole, cut short and with single bytes changed.
    #[test]
    fn seeds() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
        for (target, body) in BODIES {
            let mut files = 0;
            for entry in std::fs::read_dir(root.join(target)).expect("the corpus is there") {
                let mut data = std::fs::read(entry.expect("a file").path()).expect("readable");
                body(&data);
                for cut in (0..data.len()).step_by(data.len() / 7 + 1) {
                    body(&data[..cut]);
                }
                for at in (0..data.len()).step_by(data.len() / 13 + 1) {
                    data[at] ^= 0x55;
                    body(&data);
                }
                files += 1;
            }
            assert!(files > 0, "{target} has no seeds");
        }
    }

    #[test]
    fn plain_bytes() {
        for (_, body) in BODIES {
            body(&[]);
            body(&[0; 64]);
            body(&[0xff; 64]);
            body(&(0..=255).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn obu_any(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            obu(&data);
        }

        #[test]
        fn frame_header_any(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            frame_header(&data);
        }

        #[test]
        fn depacketize_any(data in proptest::collection::vec(any::<u8>(), 0..1000)) {
            depacketize(&data);
        }

        /// Mostly legal payloads, mostly near each other.
        #[test]
        fn depacketize_plausible(
            settings: [u8; 7],
            packets in proptest::collection::vec(
                (
                    any::<u8>().prop_map(|control| control & 0x43 | 2),
                    prop_oneof![20 => any::<u8>().prop_map(|jump| jump & 1), 1 => any::<u8>()],
                    proptest::sample::select(&PAYLOADS[..]),
                    prop_oneof![40 => Just(0), 1 => any::<u8>()],
                ),
                0..80,
            ),
        ) {
            let mut data = settings.to_vec();
            for (control, jump, payload, disturbance) in packets {
                data.extend([control ^ disturbance, jump, payload.len() as u8]);
                data.extend_from_slice(payload);
            }
            depacketize(&data);
        }

        #[test]
        fn packetize_any(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            packetize_roundtrip(&data);
        }

        #[test]
        fn packetize_any_lengths(
            max_payload in 3u16..1500,
            reductions: [u8; 3],
            obus in proptest::collection::vec((any::<u8>(), 0u16..2000), 0..12),
        ) {
            let mut data = max_payload.to_le_bytes().to_vec();
            data.extend(reductions.map(|reduction| reduction >> 4));
            data.push(3);
            for (header, length) in obus {
                data.push(header & !0x80);
                data.extend(length.to_le_bytes());
            }
            packetize_roundtrip(&data);
        }
    }
}
