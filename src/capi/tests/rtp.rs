//! Packetizer, depacketizer and SDP.

use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::ptr::{self, null, null_mut};

use super::super::depacketizer::*;
use super::super::depacketizer_types::*;
use super::super::packetizer::*;
use super::super::sdp::*;
use super::super::status::Rtav1Status;
use super::{sized, text};

/// A temporal delimiter and a frame OBU of `len` bytes, below 128.
fn unit(len: u8) -> Vec<u8> {
    let mut unit = vec![0x12, 0x00, 0x32, len];
    unit.extend((0..len).map(|byte| byte | 0x80));
    unit
}

fn new_packetizer(max_payload: usize) -> (Rtav1Status, *mut Rtav1Packetizer) {
    let mut limits = sized::<Rtav1PacketLimits>();
    limits.max_payload = max_payload;
    let mut packetizer = null_mut();
    // SAFETY: the pointers lead to the locals above.
    let status =
        unsafe { rtav1_packetizer_new(&raw const limits, &raw mut packetizer, null_mut(), 0) };
    (status, packetizer)
}

#[test]
fn packetizer_refuses_bad_units_and_short_buffers() {
    for limit in [0, 2, 65_536, usize::MAX] {
        assert_eq!(new_packetizer(limit), (Rtav1Status::RtpPacketLimit, null_mut()));
    }
    let (status, mut packetizer) = new_packetizer(20);
    assert_eq!(status, Rtav1Status::Ok);
    let unit = unit(50);
    let mut buffer = [0; 20];
    let mut count = 99;
    let mut payload = sized::<Rtav1Payload>();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let mut next = |capacity| {
            let out = &raw mut payload;
            let status = rtav1_packetizer_next(packetizer, buffer.as_mut_ptr(), capacity, out);
            (status, (*out).len, (*out).marker)
        };
        assert_eq!(next(20), (Rtav1Status::Ok, 0, 0), "nothing was packetized");
        let status = rtav1_packetizer_packetize(packetizer, null(), 4, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_packetize(packetizer, null(), 0, null_mut());
        assert_eq!(status, Rtav1Status::RtpNothingToSend);
        let (data, len) = (unit.as_ptr(), unit.len());
        let status = rtav1_packetizer_packetize(packetizer, data, len - 1, null_mut());
        assert_eq!(status, Rtav1Status::RtpObu);
        let message = text(rtav1_packetizer_error(packetizer));
        assert_eq!(message, "malformed OBU at byte 2: an OBU or unit of 50 bytes has only 49");
        let status = rtav1_packetizer_packetize(packetizer, data, len, &raw mut count);
        assert_eq!((status, count), (Rtav1Status::Ok, 3));
        assert_eq!(next(3), (Rtav1Status::RtpBufferTooShort, 0, 0));
        assert_eq!(next(0), (Rtav1Status::RtpBufferTooShort, 0, 0));
        let mut sent = 0;
        for marker in [0, 0, 1] {
            let (status, len, got) = next(20);
            assert_eq!((status, got), (Rtav1Status::Ok, marker));
            sent += len;
        }
        // Three aggregation headers and an OBU header.
        assert_eq!(sent, 50 + 3 + 1);
        assert_eq!(next(20), (Rtav1Status::Ok, 0, 0));
        let status = rtav1_packetizer_next(packetizer, buffer.as_mut_ptr(), 20, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        rtav1_packetizer_packetize(packetizer, data, len, null_mut());
        let status = rtav1_packetizer_next(packetizer, null_mut(), 20, &raw mut payload);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_packetize_layer(packetizer, data, len, false, &raw mut count);
        assert_eq!((status, count), (Rtav1Status::Ok, 3), "the old payloads are gone");
        rtav1_packetizer_free(&raw mut packetizer);
        assert!(packetizer.is_null());
    }
}

#[test]
fn depacketizer_gives_units_and_losses() {
    let mut config = sized::<Rtav1DepacketizerConfig>();
    let mut depacketizer: *mut Rtav1Depacketizer = null_mut();
    // SAFETY: the pointers lead to the locals.
    unsafe {
        let size = size_of::<Rtav1DepacketizerConfig>();
        assert_eq!(rtav1_depacketizer_config_default(&raw mut config, size), Rtav1Status::Ok);
        config.max_units = 0;
        let place = &raw mut depacketizer;
        let status = rtav1_depacketizer_new(&raw const config, place, null_mut(), 0);
        assert_eq!(status, Rtav1Status::RtpConfig);
        config.max_units = 32;
        config.max_obus = 1;
        assert_eq!((config.reorder_packets, config.reorder_wait_us), (3, 100_000));
        let status = rtav1_depacketizer_new(&raw const config, place, null_mut(), 0);
        assert_eq!(status, Rtav1Status::Ok);

        let now = Cell::new(1_000_000);
        let timeout = || {
            let mut timeout = 0;
            let status = rtav1_depacketizer_next_timeout(depacketizer, &raw mut timeout);
            assert_eq!(status, Rtav1Status::Ok);
            timeout
        };
        let key_frame_needed = || {
            let mut needed = false;
            let status = rtav1_depacketizer_key_frame_needed(depacketizer, &raw mut needed);
            assert_eq!(status, Rtav1Status::Ok);
            needed
        };
        let push = |sequence: u16, payload: &[u8]| {
            let mut packet = sized::<Rtav1RtpPacket>();
            (packet.payload, packet.payload_len) = (payload.as_ptr(), payload.len());
            (packet.sequence, packet.timestamp, packet.marker) = (sequence, 3000, 2);
            let mut arrival = Rtav1Arrival::Late;
            let packet = &raw const packet;
            let status = rtav1_depacketizer_push(depacketizer, packet, now.get(), &raw mut arrival);
            (status, arrival as u32)
        };
        let event = || {
            let mut event: *const Rtav1Event = ptr::dangling();
            let status = rtav1_depacketizer_next_event(depacketizer, &raw mut event);
            assert_eq!(status, Rtav1Status::Ok);
            event
        };
        assert!(event().is_null());
        let accepted = Rtav1Arrival::Accepted as u32;
        assert_eq!(timeout(), u64::MAX);
        assert_eq!(push(7, &[0x10, 0x30, 0x30, 0xFF]), (Rtav1Status::Ok, accepted));
        // Packets before the first one may still come.
        assert!(event().is_null());
        assert_eq!(timeout(), 1_100_000);
        now.set(timeout());
        let status = rtav1_depacketizer_handle_timeout(depacketizer, now.get());
        assert_eq!(status, Rtav1Status::Ok);
        let mut got = event();
        assert!((*got).loss.is_null());
        let unit = &*(*got).unit;
        assert_eq!(std::slice::from_raw_parts(unit.data, unit.len), [0x12, 0, 0x32, 2, 0x30, 0xFF]);
        assert_eq!((unit.timestamp, unit.first_sequence, unit.packets), (3000, 7, 1));
        rtav1_event_free(&raw mut got);
        assert!(got.is_null());
        assert!(event().is_null());
        assert_eq!(timeout(), u64::MAX);
        assert!(key_frame_needed());
        assert_eq!(push(7, &[0x10, 0x30]), (Rtav1Status::Ok, Rtav1Arrival::Late as u32));

        // W = 2, and the first of the elements is longer than the packet.
        assert_eq!(push(8, &[0x20, 9, 0x30]).0, Rtav1Status::RtpElementLength);
        assert!(text(rtav1_depacketizer_error(depacketizer)).contains('9'));
        let mut got = event();
        assert!(matches!((*(*got).loss).reason, Rtav1LossReason::Malformed));
        assert!((*(*got).loss).setting.is_null());
        rtav1_event_free(&raw mut got);

        // Two OBUs are one over the limit.
        push(9, &[0x20, 2, 0x30, 1, 0x30, 2]);
        let mut got = event();
        assert!((*got).unit.is_null());
        assert_eq!(text((*(*got).loss).setting), "max_obus");

        assert!(event().is_null());
        push(12, &[0x10, 0x30, 0x30, 0xFF]);
        let (mut sequences, mut count) = ([0_u16; 1], 0);
        let pointer = sequences.as_mut_ptr();
        let status = rtav1_depacketizer_missing(depacketizer, pointer, 1, &raw mut count);
        assert_eq!((status, sequences[0], count), (Rtav1Status::Ok, 10, 2));
        let status = rtav1_depacketizer_missing(depacketizer, null_mut(), 0, &raw mut count);
        assert_eq!((status, count), (Rtav1Status::Ok, 2));
        let status = rtav1_depacketizer_missing(depacketizer, null_mut(), 1, &raw mut count);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_depacketizer_held_bytes(depacketizer, &raw mut count);
        assert_eq!((status, count), (Rtav1Status::Ok, 64 + 4));
        assert_eq!(rtav1_depacketizer_skip_missing(depacketizer), Rtav1Status::Ok);
        assert_eq!(rtav1_depacketizer_flush(depacketizer), Rtav1Status::Ok);
        assert_eq!(push(13, &[0x10, 0x30]).0, Rtav1Status::RtpNotDrained);
        let mut lost = event();
        assert_eq!(((*(*lost).loss).first_missing, (*(*lost).loss).missing_count), (10, 2));
        rtav1_event_free(&raw mut lost);

        let status = rtav1_depacketizer_push(depacketizer, null(), 0, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_depacketizer_next_event(depacketizer, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let mut bad = sized::<Rtav1RtpPacket>();
        bad.payload_len = 5;
        let status = rtav1_depacketizer_push(depacketizer, &raw const bad, 0, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        rtav1_depacketizer_free(&raw mut depacketizer);
        // The event outlives the handle.
        assert_eq!(text((*(*got).loss).setting), "max_obus");
        rtav1_event_free(&raw mut got);
    }
}

#[test]
fn counters_are_extended() {
    let mut extended = 0;
    // SAFETY: the pointers lead to the local above, or are null.
    unsafe {
        let status = rtav1_extend_timestamp(1 << 32, u32::MAX, &raw mut extended);
        assert_eq!((status, extended), (Rtav1Status::Ok, u64::from(u32::MAX)));
        let status = rtav1_extend_sequence(u64::from(u16::MAX), 2, &raw mut extended);
        assert_eq!((status, extended), (Rtav1Status::Ok, 0x1_0002));
        assert_eq!(rtav1_extend_timestamp(0, 0, null_mut()), Rtav1Status::NullPointer);
        assert_eq!(rtav1_extend_sequence(0, 0, null_mut()), Rtav1Status::NullPointer);
    }
}

#[test]
fn fmtp_is_read_written_and_refused() {
    let mut stream = sized::<Rtav1StreamDescription>();
    (stream.width, stream.height, stream.bitrate) = (640, 360, 500_000);
    stream.frame_rate_num = 30;
    let mut level = sized::<Rtav1FmtpParameters>();
    let mut parsed = sized::<Rtav1FmtpParameters>();
    let mut message: [c_char; 100] = [1; 100];
    let mut line: [c_char; 48] = [1; 48];
    let mut accepts = false;
    // SAFETY: the pointers lead to the locals above, and the texts end with a NUL.
    unsafe {
        let (words, size) = (message.as_mut_ptr(), message.len());
        let for_stream = rtav1_fmtp_for_stream;
        let status = for_stream(&raw const stream, &raw mut level, words, size);
        assert_eq!(status, Rtav1Status::RtpConfig);
        assert_eq!(text(words), "frame_rate.den = 0 is outside 1 to 4294967295");
        stream.frame_rate_den = 1;
        let status = for_stream(&raw const stream, &raw mut level, words, size);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(text(words), "");
        assert_eq!((level.profile, level.level_idx, level.tier), (0, 1, 0));

        let mut parse = |line: &CStr| rtav1_fmtp_parse(line.as_ptr(), &raw mut parsed, words, size);
        assert_eq!(parse(c"tier=2"), Rtav1Status::RtpFmtpValue);
        assert_eq!(parse(c"tier=0;tier=0"), Rtav1Status::RtpFmtpRepeated);
        assert_eq!(parse(c"a=rtpmap:98 AV1/90000"), Rtav1Status::RtpFmtpLine);
        assert_eq!(parse(c"tier=\xFF"), Rtav1Status::NotUtf8);
        assert_eq!(text(words), "the text is not UTF-8 at byte 5");
        assert_eq!(parse(c"a=fmtp:98 level-idx=8; other=1"), Rtav1Status::Ok);
        let status = rtav1_fmtp_parse(null(), &raw mut parsed, null_mut(), 0);
        assert_eq!(status, Rtav1Status::NullPointer);
        let (receiver, stream) = (&raw const parsed, &raw const level);
        let status = rtav1_fmtp_accepts(receiver, stream, &raw mut accepts);
        assert_eq!((status, accepts), (Rtav1Status::Ok, true));
        let status = rtav1_fmtp_accepts(stream, receiver, &raw mut accepts);
        assert_eq!((status, accepts), (Rtav1Status::Ok, false));
        assert_eq!(rtav1_fmtp_accepts(stream, receiver, null_mut()), Rtav1Status::NullPointer);

        let write = rtav1_fmtp_line;
        assert_eq!(write(stream, 98, line.as_mut_ptr(), 46), Rtav1Status::Ok);
        let expected = "a=fmtp:98 profile=0;level-idx=1;tier=0";
        assert_eq!(text(line.as_ptr()), expected);
        let short = write(stream, 255, line.as_mut_ptr(), expected.len());
        assert_eq!(short, Rtav1Status::BufferTooShort);
        assert_eq!(text(line.as_ptr()), expected, "nothing is written");
        assert_eq!(write(stream, 98, null_mut(), 99), Rtav1Status::NullPointer);
        (level.profile, level.level_idx, level.tier) = (2, 31, 1);
        assert_eq!(write(&raw const level, 255, line.as_mut_ptr(), 48), Rtav1Status::Ok);
        let status = write(&raw const level, 256, line.as_mut_ptr(), 48);
        assert_eq!(status, Rtav1Status::UnknownValue);
        level.profile = 3;
        let status = write(&raw const level, 98, line.as_mut_ptr(), 48);
        assert_eq!(status, Rtav1Status::RtpFmtpValue);
    }
}
