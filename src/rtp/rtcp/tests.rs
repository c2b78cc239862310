//! Messages as the documents draw them, and as nobody should send them.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn one(data: &[u8]) -> RtcpMessage<'_> {
    let mut messages = RtcpMessages::new(data);
    let message = messages.next().unwrap().unwrap();
    assert_eq!(messages.next(), None);
    message
}

/// Transport-wide feedback about packets from `first` on, in chunks of the form `form`: 0 for runs, 1
/// and 2 for vectors of so many bits a packet.
pub(in crate::rtp) fn transport_wide(first: u16, received: &[bool], form: u8) -> Vec<u8> {
    let mut body = [1_u32, 2].map(u32::to_be_bytes).concat();
    body.extend(first.to_be_bytes());
    body.extend((received.len() as u16).to_be_bytes());
    body.extend([0, 0, 1, 7]);
    match form {
        0 => {
            for run in received.chunk_by(|a, b| a == b) {
                let value = u16::from(run[0]) << 13 | run.len() as u16;
                body.extend(value.to_be_bytes());
            }
        }
        bits => {
            let per_chunk = if bits == 1 { 14 } else { 7 };
            for group in received.chunks(per_chunk) {
                let mut value = 2 | u16::from(bits == 2);
                for index in 0..per_chunk {
                    let symbol = u16::from(group.get(index).copied().unwrap_or(false));
                    value = value << bits | symbol;
                }
                body.extend(value.to_be_bytes());
            }
        }
    }
    let deltas = received.iter().filter(|received| **received).count();
    body.resize((body.len() + deltas).next_multiple_of(4), 4);
    packet(0x80 | FMT_TRANSPORT_WIDE, PT_TRANSPORT_FEEDBACK, &body)
}

/// RFC 8888 feedback about packets of stream 2 from `first` on.
pub(in crate::rtp) fn congestion(first: u16, received: &[bool]) -> Vec<u8> {
    let mut body = [1_u32, 2].map(u32::to_be_bytes).concat();
    body.extend(first.to_be_bytes());
    body.extend((received.len() as u16).to_be_bytes());
    for &received in received {
        body.extend(if received { [0x80, 9] } else { [0, 0] });
    }
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend([1, 2, 3, 4]);
    packet(0x80 | FMT_CONGESTION, PT_TRANSPORT_FEEDBACK, &body)
}

fn packet(first: u8, packet_type: u8, body: &[u8]) -> Vec<u8> {
    let words = (body.len() / 4) as u16;
    [&[first, packet_type][..], &words.to_be_bytes(), body].concat()
}

fn arrivals(message: &RtcpMessage<'_>) -> Vec<(u16, bool)> {
    match message {
        RtcpMessage::Transport(feedback) => feedback.arrivals.clone().collect(),
        RtcpMessage::Congestion(feedback) => {
            let streams: Vec<_> = feedback.streams().collect();
            assert_eq!((streams.len(), streams[0].media, feedback.sender), (1, 2, 1));
            streams[0].arrivals.clone().collect()
        }
        other => panic!("{other:?}"),
    }
}

/// The drawings of the draft: 3.1.3, a run of 221 packets not received and a run of 24 with the symbol
/// that 3.1.1 reserves, held to have told nothing; 3.1.4, one vector of each form.
#[test]
fn chunks_of_the_draft() {
    let bits = |text: &str| text.bytes().map(|bit| bit == b'1').collect::<Vec<bool>>();
    for (chunk, expected) in [
        (0b0000_0000_1101_1101_u16, vec![false; 221]),
        (0b0110_0000_0001_1000, vec![false; 24]),
        (0b1001_1111_0001_1100, bits("01111100011100")),
        (0b1100_1101_0101_0000, bits("0011100")),
    ] {
        let mut body = vec![0; 8];
        body.extend(65_530_u16.to_be_bytes());
        body.extend((expected.len() as u16).to_be_bytes());
        body.extend([0; 4]);
        body.extend(chunk.to_be_bytes());
        body.extend([0; 10]);
        let data = packet(0x8f, 205, &body);
        let found = arrivals(&one(&data));
        let numbers: Vec<u16> = found.iter().map(|(number, _)| *number).collect();
        let from: Vec<u16> =
            (0..expected.len()).map(|n| 65_530_u16.wrapping_add(n as u16)).collect();
        assert_eq!(numbers, from);
        assert_eq!(found.iter().map(|(_, received)| *received).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn requests_are_written_and_read() {
    let mut data = Vec::new();
    write_picture_loss(1, 2, &mut data);
    assert_eq!(data, [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
    assert_eq!(one(&data), RtcpMessage::PictureLoss { sender: 1, media: 2 });
    data.clear();
    write_full_intra(1, 2, 9, &mut data);
    assert_eq!(data, [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 9, 0, 0, 0]);
    assert_eq!(one(&data), RtcpMessage::FullIntra { sender: 1, media: 2, request: 9 });
    // Two requests in one message.
    data[3] = 6;
    data.extend([0, 0, 0, 5, 3, 0, 0, 0]);
    let requests: Vec<_> = RtcpMessages::new(&data).map(Result::unwrap).collect();
    let request = |media, request| RtcpMessage::FullIntra { sender: 1, media, request };
    assert_eq!(requests, [request(2, 9), request(5, 3)]);
    data.clear();
    write_nack(1, 2, &[65_535, 0, 15, 16, 40, 40], &mut data);
    // 65,535 with 0 and 15 in its mask; 16 is 17 after it.
    assert_eq!(data[12..], [0xff, 0xff, 0x80, 0x01, 0, 16, 0, 0, 0, 40, 0, 0]);
    let RtcpMessage::Nack { sequences, .. } = one(&data) else { panic!() };
    assert_eq!(sequences.collect::<Vec<_>>(), [65_535, 0, 15, 16, 40]);
    data.clear();
    write_nack(1, 2, &[], &mut data);
    assert!(data.is_empty());
}

#[test]
fn frame_report_on_the_wire() {
    let report = FrameReport::new(0x0102, Some(0x00ff), 0b1000 | 1 << 55);
    let mut data = Vec::new();
    report.write(0xaabb_ccdd, &mut data);
    assert_eq!(data.len(), FrameReport::LEN);
    assert_eq!(
        data,
        [
            0x81, 204, 0, 5, 0xaa, 0xbb, 0xcc, 0xdd, b'R', b'T', b'A', b'V', 1, 2, 0, 0xff, 0x80,
            0x10, 0, 0, 0, 0, 0, 1
        ]
    );
    assert_eq!(one(&data), RtcpMessage::Frames { sender: 0xaabb_ccdd, report });
    let told: Vec<u16> = report.frames().filter(|(_, d)| *d).map(|(number, _)| number).collect();
    assert_eq!(told, [0x00ff, 0x0102 - 55]);
    // Another application's message.
    data[8] = b'X';
    assert_eq!(one(&data), RtcpMessage::Other { packet_type: 204, count: 1 });
}

/// A compound packet, with padding at its end (RFC 3550, 6.4.1).
#[test]
fn compound_packets() {
    let mut data = packet(0x80, 201, &[0, 0, 0, 1]);
    write_picture_loss(1, 2, &mut data);
    data.extend(packet(0xa1, 206, &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4]));
    let messages: Vec<_> = RtcpMessages::new(&data).map(Result::unwrap).collect();
    let loss = || RtcpMessage::PictureLoss { sender: 1, media: 2 };
    assert_eq!(messages, [RtcpMessage::Other { packet_type: 201, count: 0 }, loss(), loss()]);
    let error = |data: &[u8]| RtcpMessages::new(data).find_map(Result::err);
    assert_eq!(error(&data), None);
    let len = data.len();
    assert_eq!(error(&data[..len - 1]), Some(RtcpError::CutShort { len: 15, needed: 16 }));
    assert_eq!(error(&[0x81, 206]), Some(RtcpError::CutShort { len: 2, needed: 4 }));
    assert_eq!(error(&[0x41, 206, 0, 0]), Some(RtcpError::Version(1)));
    for padding in [0, 13] {
        data[len - 1] = padding;
        assert_eq!(error(&data), Some(RtcpError::Padding(padding)));
    }
    for (format, packet_type) in [(1, 205), (15, 205), (11, 205), (1, 206), (4, 206)] {
        assert!(
            error(&packet(0x80 | format, packet_type, &[])).is_some(),
            "{format} {packet_type}"
        );
    }
    // More packets than there are chunks for.
    let mut short = transport_wide(0, &[true; 10], 1);
    short[14..16].fill(0xff);
    assert!(matches!(error(&short), Some(RtcpError::CutShort { .. })));
    // Fewer times of arrival than packets.
    let mut short = transport_wide(0, &[true; 14], 1);
    short[20] ^= 0x20;
    short[21] = 0x01;
    short.truncate(24);
    short[3] = 5;
    assert!(matches!(error(&short), Some(RtcpError::CutShort { .. })));
    let mut short = congestion(0, &[true; 10]);
    short[15] = 200;
    assert!(matches!(error(&short), Some(RtcpError::CutShort { .. })));
}

proptest! {
    #[test]
    fn arrivals_are_read(first: u16, received in vec(any::<bool>(), 0..200), form in 0u8..4) {
        let data = match form {
            3 => congestion(first, &received),
            _ => transport_wide(first, &received, form),
        };
        let expected: Vec<_> =
            (0u16..).zip(&received).map(|(n, r)| (first.wrapping_add(n), *r)).collect();
        prop_assert_eq!(arrivals(&one(&data)), expected);
    }

    #[test]
    fn nacks_are_read(start: u16, steps in vec(1u16..40, 1..200)) {
        let mut sequences = vec![start];
        for step in steps {
            sequences.push(sequences.last().unwrap().wrapping_add(step));
        }
        let mut data = Vec::new();
        write_nack(3, 4, &sequences, &mut data);
        let RtcpMessage::Nack { sender, media, sequences: read } = one(&data) else { panic!() };
        prop_assert_eq!((sender, media), (3, 4));
        prop_assert_eq!(read.collect::<Vec<_>>(), sequences);
    }

    #[test]
    fn frame_reports_are_read(newest: u16, decodable: u64, known: Option<u16>, sender: u32) {
        let report = FrameReport::new(newest, known, decodable);
        let mut data = Vec::new();
        report.write(sender, &mut data);
        prop_assert_eq!(one(&data), RtcpMessage::Frames { sender, report });
    }
}
