//! Packets byte for byte, one rule at a time.

use super::super::Elements;
use super::*;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::write_obu;

const DELIMITER: [u8; 2] = [0x12, 0x00];
/// A sequence header of three bytes with its size field, and as it is sent.
const SEQUENCE: [u8; 5] = [0x0a, 0x03, 1, 2, 3];
const SEQUENCE_SENT: [u8; 4] = [0x08, 1, 2, 3];

/// An OBU with a size field: `len` bytes in all once that is removed.
fn obu(obu_type: ObuType, layer: Option<(u8, u8)>, len: usize) -> Vec<u8> {
    let extension = layer.map(|(temporal_id, spatial_id)| LayerId { temporal_id, spatial_id });
    let header = ObuHeader { obu_type, has_size_field: true, extension };
    let payload: Vec<u8> = (0..len - header.len()).map(|i| i as u8).collect();
    let mut out = Vec::new();
    write_obu(&header, &payload, &mut out).unwrap();
    out
}

fn frame(len: usize) -> Vec<u8> {
    obu(ObuType::Frame, None, len)
}

/// The first byte of the header of a key frame that is shown.
const KEY: u8 = 0x10;

/// A frame whose header begins with `first`.
fn frame_of(first: u8, layer: Option<(u8, u8)>, len: usize) -> Vec<u8> {
    let mut out = obu(ObuType::Frame, layer, len);
    out[if layer.is_some() { 3 } else { 2 }] = first;
    out
}

/// The same OBU as it is sent.
fn sent(obu: &[u8]) -> Vec<u8> {
    let parsed = Obus::new(obu).next().unwrap().unwrap();
    let mut out = Vec::new();
    let header = ObuHeader { has_size_field: false, ..parsed.header };
    write_obu(&header, parsed.payload, &mut out).unwrap();
    out
}

fn payloads(limits: PacketLimits, obus: &[Vec<u8>]) -> Vec<Payload> {
    let packetizer = Packetizer::new(limits).unwrap();
    packetizer.packetize(&obus.concat()).unwrap()
}

fn wire(max_payload: usize, obus: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let payloads = payloads(PacketLimits::new(max_payload), obus);
    payloads.iter().map(|payload| payload.to_bytes().to_vec()).collect()
}

fn lengths(limits: PacketLimits, obus: &[Vec<u8>]) -> Vec<usize> {
    payloads(limits, obus).iter().map(Payload::len).collect()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn delimiter_tile_list_and_padding_are_dropped_and_sizes_removed() {
    let unit = [
        DELIMITER.to_vec(),
        obu(ObuType::Padding, None, 9),
        vec![0x32, 0x02, 7, 8],
        obu(ObuType::TileList, None, 5),
    ];
    assert_eq!(wire(100, &unit), [[0x10, 0x30, 7, 8]]);
    // With an extension, and a size field that is longer than it need be.
    assert_eq!(wire(100, &[vec![0x36, 0x48, 0x82, 0x00, 7, 8]]), [[0x10, 0x34, 0x48, 7, 8]]);
    // Without a size field to begin with.
    assert_eq!(wire(100, &[DELIMITER.to_vec(), vec![0x30, 7, 8]]), [[0x10, 0x30, 7, 8]]);
}

#[test]
fn one_to_three_elements_are_counted_and_more_carry_lengths() {
    let group = |bytes: &[u8]| [&[0x22, bytes.len() as u8], bytes].concat();
    let all = [group(&[1]), group(&[2, 2]), group(&[3]), group(&[4, 4, 4])];
    assert_eq!(wire(100, &all[..1]), [vec![0x10, 0x20, 1]]);
    assert_eq!(wire(100, &all[..2]), [vec![0x20, 2, 0x20, 1, 0x20, 2, 2]]);
    assert_eq!(wire(100, &all[..3]), [vec![0x30, 2, 0x20, 1, 3, 0x20, 2, 2, 0x20, 3]]);
    let four = [0x00, 2, 0x20, 1, 3, 0x20, 2, 2, 2, 0x20, 3, 4, 0x20, 4, 4, 4];
    assert_eq!(wire(100, &all), [four]);
    // The same four in a packet that is one byte too short for the last length field.
    assert_eq!(wire(16, &all), [four]);
    assert_eq!(
        wire(15, &all),
        [vec![0x20, 2, 0x20, 1, 0x20, 2, 2], vec![0x20, 2, 0x20, 3, 0x20, 4, 4, 4]]
    );
}

#[test]
fn a_coded_video_sequence_starts_with_key_frame_and_sequence_header() {
    let headers = |obus: &[Vec<u8>]| -> Vec<u8> {
        let payloads = payloads(PacketLimits::new(40), obus);
        for (index, payload) in payloads.iter().enumerate() {
            let n = payload.to_bytes()[0] & 8 != 0;
            assert_eq!((payload.new_sequence, n && index > 0), (n, false));
        }
        payloads.iter().map(|payload| payload.to_bytes()[0]).collect()
    };
    let starting = |frame: Vec<u8>| [DELIMITER.to_vec(), SEQUENCE.to_vec(), frame];
    let key = starting(frame_of(KEY, None, 80));
    assert_eq!(headers(&key), [0x68, 0xd0, 0x90]);
    assert_eq!(headers(&key[2..]), [0x50, 0xd0, 0x90], "no sequence header");
    for (first, what) in [
        (0x30, "a repeated sequence header"),
        (0x00, "a hidden key frame"),
        (0x80, "show_existing_frame"),
        (0x50, "an intra-only frame"),
        (0x70, "a switch frame"),
    ] {
        assert_eq!(headers(&starting(frame_of(first, None, 80))), [0x60, 0xd0, 0x90], "{what}");
    }
    let layered = |temporal_id| starting(frame_of(KEY, Some((temporal_id, 0)), 20));
    assert_eq!(headers(&layered(0)), [0x28]);
    assert_eq!(headers(&layered(1)), [0x20], "sequences start at temporal layer 0");
    let still = [vec![0x0a, 0x03, 0x18, 2, 3], frame_of(0xff, None, 20)];
    assert_eq!(headers(&still), [0x28], "reduced_still_picture_header");
    let metadata_first =
        [obu(ObuType::Metadata, None, 4), SEQUENCE.to_vec(), frame_of(KEY, None, 20)];
    assert_eq!(headers(&metadata_first), [0x10, 0x20], "it does not lead");
    let alone = [SEQUENCE.to_vec(), obu(ObuType::Metadata, None, 4)];
    assert_eq!(headers(&alone), [0x20], "no frame");
    let late = [SEQUENCE.to_vec(), frame_of(0x30, None, 9), frame_of(KEY, None, 9)];
    assert_eq!(headers(&late), [0x30], "the first frame decides");
}

#[test]
fn fragments_are_even_and_set_z_and_y() {
    let unit = frame(100);
    let bytes = sent(&unit);
    let wire = wire(60, &[unit]);
    assert_eq!(
        wire,
        [join(&[&[0x50], &bytes[..50]]), join(&[&[0x90], &bytes[50..]])],
        "two packets of 51, not of 60 and 42"
    );
    assert_eq!(lengths(PacketLimits::new(60), &[frame(118)]), [60, 60]);
    assert_eq!(lengths(PacketLimits::new(60), &[frame(119)]), [41, 41, 40]);
    assert_eq!(lengths(PacketLimits::new(60), &[frame(59)]), [60]);
    assert_eq!(lengths(PacketLimits::new(60), &[frame(60)]), [31, 31]);
}

/// 127 and 128, 16,383 and 16,384 are where a length field grows.
#[test]
fn length_fields_at_their_limits() {
    for (len, field) in
        [(127, &[0x7f][..]), (128, &[0x80, 0x01]), (129, &[0x81, 0x01]), (1000, &[0xe8, 0x07])]
    {
        let unit = [obu(ObuType::FrameHeader, None, len), obu(ObuType::TileGroup, None, 50)];
        let expected = join(&[&[0x20], field, &sent(&unit[0]), &sent(&unit[1])]);
        assert_eq!(wire(1200, &unit), [&expected[..]], "{len}");
        assert_eq!(wire(expected.len(), &unit), [expected], "{len} in a packet of that size");
    }
    for (len, field) in [(16_383, &[0xff, 0x7f][..]), (16_384, &[0x80, 0x80, 0x01])] {
        let unit = [obu(ObuType::FrameHeader, None, len), obu(ObuType::TileGroup, None, 50)];
        let expected = join(&[&[0x20], field, &sent(&unit[0]), &sent(&unit[1])]);
        assert_eq!(wire(20_000, &unit), [&expected[..]]);
        let packets = wire(1200, &unit);
        assert_eq!(packets.len(), 14);
        assert!(packets.iter().all(|packet| (1160..=1200).contains(&packet.len())));
        assert_eq!(packets.iter().map(|packet| packet[0]).collect::<Vec<_>>(), {
            let mut headers = [0xd0; 14];
            (headers[0], headers[13]) = (0x50, 0xa0);
            headers
        });
    }
    for room in 0..20_000 {
        let longest = largest_sized(room);
        assert!(longest == 0 || longest + length_bytes(longest) <= room);
        assert!(longest + 1 + length_bytes(longest + 1) > room, "{room}");
    }
}

#[test]
fn layers_do_not_share_packets() {
    let metadata = obu(ObuType::Metadata, None, 5);
    let base = frame_of(KEY, Some((0, 0)), 30);
    let upper = obu(ObuType::Frame, Some((0, 1)), 40);
    let unit = [SEQUENCE.to_vec(), base.clone(), metadata.clone(), upper.clone()];
    let sent_parts = payloads(PacketLimits::new(1200), &unit);
    let wire: Vec<_> = sent_parts.iter().map(Payload::to_bytes).collect();
    assert_eq!(wire[0], join(&[&[0x28, 4], &SEQUENCE_SENT, &sent(&base)]));
    assert_eq!(wire[1], join(&[&[0x20, 5], &sent(&metadata), &sent(&upper)]));
    assert_eq!(wire.len(), 2);
    let facts: Vec<_> = sent_parts
        .iter()
        .map(|p| (p.marker, p.first_of_frame, p.last_of_frame, p.layer.unwrap().spatial_id))
        .collect();
    assert_eq!(facts, [(false, true, true, 0), (true, true, true, 1)]);

    // Layer by layer, the marker comes with the last.
    let packetizer = Packetizer::new(PacketLimits::new(1200)).unwrap();
    let marker = |data: &[u8], end| packetizer.packetize_layer(data, end).unwrap()[0].marker;
    assert!(!marker(&base, false));
    assert!(marker(&upper, true));

    // In a simulcast unit each layer has its own sequence header, at the start of its packet.
    let unit = [SEQUENCE.to_vec(), base, SEQUENCE.to_vec(), upper];
    let wire = payloads(PacketLimits::new(1200), &unit);
    let heads: Vec<_> = wire.iter().map(|payload| payload.to_bytes()[..3].to_vec()).collect();
    assert_eq!(heads, [[0x28, 4, 0x08], [0x20, 4, 0x08]]);
}

#[test]
fn reductions_hold_for_their_packets() {
    let limits = PacketLimits {
        max_payload: 100,
        first_reduction: 30,
        last_reduction: 20,
        single_reduction: 40,
    };
    assert_eq!(lengths(limits, &[frame(59)]), [60]);
    assert_eq!(lengths(limits, &[frame(60)]), [26, 36], "56 with the extensions");
    assert_eq!(lengths(limits, &[frame(69 + 79)]), [70, 80]);
    assert_eq!(lengths(limits, &[frame(69 + 99 + 79)]), [70, 100, 80]);
    assert_eq!(lengths(limits, &[frame(69 + 99 + 79 + 1)]).len(), 4);
    // All fits the first packet, but for its being the only one: something is left for a last.
    let limits =
        PacketLimits { single_reduction: 97, last_reduction: 97, ..PacketLimits::new(100) };
    assert_eq!(lengths(limits, &[frame(99)]), [99, 2]);
    assert_eq!(lengths(limits, &[frame(97), frame(1)]), [98, 2]);
}

#[test]
fn an_obu_is_not_begun_with_a_few_bytes_for_nothing() {
    // Ten bytes are left beside the first OBU, and the second fits a packet of its own.
    let unit = [obu(ObuType::FrameHeader, None, 87), obu(ObuType::TileGroup, None, 90)];
    assert_eq!(lengths(PacketLimits::new(100), &unit), [88, 91]);
    // Here the ten bytes save a packet.
    let unit = [obu(ObuType::FrameHeader, None, 87), obu(ObuType::TileGroup, None, 109)];
    assert_eq!(lengths(PacketLimits::new(100), &unit), [100, 99]);
    // A header of two bytes stays whole where only one would fit.
    let layered = obu(ObuType::TileGroup, Some((0, 0)), 30);
    let unit = [obu(ObuType::FrameHeader, Some((0, 0)), 30), layered.clone(), layered];
    for max_payload in 3..70 {
        for payload in payloads(PacketLimits::new(max_payload), &unit) {
            let bytes = payload.to_bytes();
            let (header, elements) = Elements::parse(&bytes).unwrap();
            let continued = usize::from(header.continues_previous());
            assert!(elements.map(Result::unwrap).skip(continued).all(|element| element.len() > 1));
        }
    }
}

#[test]
fn the_data_are_not_copied() {
    let data = Bytes::from([SEQUENCE.to_vec(), frame(3000)].concat());
    let packetizer = Packetizer::new(PacketLimits::new(1200)).unwrap();
    let inside = data.as_ptr_range();
    for payload in packetizer.packetize(&data).unwrap() {
        let copied: usize = payload
            .pieces()
            .filter(|piece| !inside.contains(&piece.as_ptr()))
            .map(Bytes::len)
            .sum();
        assert!(copied <= 4, "{copied} bytes of headers");
        let mut buffer = vec![0; payload.len() + 3];
        assert_eq!(payload.write_to(&mut buffer), Ok(payload.len()));
        assert_eq!(buffer[..payload.len()], payload.to_bytes());
        let (len, needed) = (payload.len() - 1, payload.len());
        assert_eq!(
            payload.write_to(&mut buffer[..len]),
            Err(RtpError::BufferTooShort { len, needed })
        );
    }
}

#[test]
fn what_is_refused() {
    let refused = |limits: PacketLimits| Packetizer::new(limits).unwrap_err();
    let limits = PacketLimits::new(20);
    for (limits, packet, reduction) in [
        (PacketLimits::new(2), "middle", 0),
        (PacketLimits::new(65_536), "middle", 0),
        (PacketLimits { first_reduction: 18, ..limits }, "first", 18),
        (PacketLimits { last_reduction: 18, ..limits }, "last", 18),
        (PacketLimits { single_reduction: 99, ..limits }, "single", 99),
    ] {
        let max_payload = limits.max_payload;
        assert_eq!(refused(limits), RtpError::PacketLimit { packet, max_payload, reduction });
    }
    let packetizer = Packetizer::new(PacketLimits { first_reduction: 17, ..limits }).unwrap();
    let error = |data: &[u8]| packetizer.packetize(data).unwrap_err();
    assert_eq!(error(&[]), RtpError::NothingToSend { len: 0 });
    assert_eq!(error(&DELIMITER), RtpError::NothingToSend { len: 2 });
    let source = BitstreamError::ObuSize { size: 5, available: 1 };
    assert_eq!(error(&[0x12, 0, 0x32, 5, 1]), RtpError::Obu { offset: 2, source });
    let source = BitstreamError::ForbiddenBit(0x92);
    assert_eq!(error(&[0x32, 0, 0x92, 0]), RtpError::Obu { offset: 2, source });
    let two = [&DELIMITER[..], &[0x32, 1, 1], &DELIMITER, &[0x32, 1, 1]].concat();
    assert_eq!(error(&two), RtpError::DelimiterInside { offset: 5 });
}
