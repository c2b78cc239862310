//! The bodies of the fuzz targets: each takes any bytes and panics if the library is at fault.

use bytes::Bytes;

use super::rtp_rules;
use crate::av1::obu::Obus;
use crate::error::RtpError;
use crate::rtp::{
    Depacketizer, DepacketizerConfig, DepacketizerEvent, PacketLimits, Packetizer, ReceivedUnit,
    RtpPacket,
};

/// Any packets in any order: no panic, bounded memory, well-formed units.
pub fn depacketize(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut byte = || bytes.next().unwrap_or(0);
    let mut config = DepacketizerConfig::default();
    config.reorder_packets = usize::from(byte() & 31);
    config.max_units = usize::from(byte() & 15) + 1;
    config.max_bytes = 4096;
    config.max_obus = usize::from(byte() & 63) + 1;
    config.max_obu_bytes = usize::from(byte()) * 16 + 2;
    config.assume_start = byte() & 1 == 1;
    let mut depacketizer = Depacketizer::new(config).expect("the settings are in range");
    let mut sequence = u16::from(byte()) << 8;
    let mut timestamp = u32::from(byte()) << 24;
    let mut rest = &data[data.len().min(7)..];
    while let [control, jump, length, after @ ..] = rest {
        // Small steps in both directions, and now and then a jump anywhere.
        let step = if control & 0x80 == 0 { i16::from(control & 7) - 2 } else { i16::MAX };
        sequence = sequence.wrapping_add_signed(step).wrapping_add(u16::from(jump >> 5) << 12);
        timestamp = timestamp.wrapping_add(u32::from(jump & 3) * 3000);
        let (payload, after) = after.split_at(after.len().min(usize::from(*length)));
        rest = after;
        let payload = Bytes::copy_from_slice(payload);
        let marker = control & 0x40 != 0;
        let pushed = depacketizer.push(RtpPacket { sequence, timestamp, marker, payload });
        assert!(!matches!(pushed, Err(RtpError::NotDrained { .. })), "every event was taken");
        if control & 0x20 != 0 {
            depacketizer.skip_missing();
        }
        if control & 0x38 == 0x18 {
            depacketizer.flush();
        }
        drain(&mut depacketizer, &config);
        assert!(depacketizer.held_bytes() <= config.max_bytes);
        assert!(depacketizer.missing().count() <= config.reorder_packets);
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
    let key_frame = flags & 1 != 0;
    let unit = if flags & 2 == 0 { rest.to_vec() } else { unit_of_lengths(rest) };
    let unit = Bytes::from(unit);
    let Ok(payloads) = packetizer.packetize(&unit, key_frame) else { return };
    rtp_rules::check(&unit, key_frame, limits, &payloads);

    let mut config = DepacketizerConfig::default();
    config.max_obus = 65_536;
    config.max_bytes = 1 << 30;
    let mut depacketizer = Depacketizer::new(config).expect("the settings are in range");
    // A unit in front, so that the start of the next one is proven.
    let payload = Bytes::from_static(&[0x18, 0x08, 0x00]);
    depacketizer
        .push(RtpPacket { sequence: 65_529, timestamp: 0, marker: true, payload })
        .expect("the payload is legal");
    assert!(matches!(depacketizer.next_event(), Some(DepacketizerEvent::Unit(_))));
    let count = payloads.len();
    for (index, payload) in payloads.iter().enumerate() {
        let packet = RtpPacket {
            sequence: (65_530 + index) as u16,
            timestamp: 3000,
            marker: payload.marker,
            payload: payload.to_bytes(),
        };
        depacketizer.push(packet).expect("a payload of our own is legal");
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

    #[test]
    fn seeds() {
        for body in [depacketize, packetize_roundtrip] {
            body(&[]);
            body(&[0; 64]);
            body(&[0xff; 64]);
            body(&(0..=255).collect::<Vec<_>>());
        }
        packetize_roundtrip(&[100, 0, 0, 0, 0, 1, 0x0a, 2, 0, 0, 0x32, 3, 1, 2, 3]);
        packetize_roundtrip(&[176, 4, 0, 0, 0, 3, 8, 12, 0, 48, 127, 0, 48, 128, 0, 48, 0, 64]);
    }

    proptest! {
        #[test]
        fn depacketize_any(data in proptest::collection::vec(any::<u8>(), 0..1000)) {
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
