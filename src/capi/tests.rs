//! The exports under hostile arguments and calls out of order.

use std::collections::HashSet;
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::ptr::{self, null, null_mut};

use super::depacketizer::*;
use super::depacketizer_types::*;
use super::encoder::*;
use super::encoder_types::*;
use super::handle::{Handle, Report, call, create, free, guard, last_error};
use super::memory::CallerStruct;
use super::packetizer::*;
use super::sdp::*;
use super::status::{DESCRIPTIONS, Rtav1Status, rtav1_status_string};
use super::{RTAV1_ABI_VERSION, rtav1_abi_version, rtav1_version};

/// The text at `pointer`.
fn text<'a>(pointer: *const c_char) -> &'a str {
    assert!(!pointer.is_null());
    // SAFETY: the tests pass on what the exports gave, and use it before the next call.
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
}

/// A struct of zeros with its size set.
fn sized<T: CallerStruct>() -> T {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: any bytes are a value of the struct, which begins with its size.
    unsafe {
        value.as_mut_ptr().cast::<usize>().write(size_of::<T>());
        value.assume_init()
    }
}

#[test]
fn every_status_has_its_own_code_and_words() {
    let codes: HashSet<i32> = DESCRIPTIONS.iter().map(|(status, _)| *status as i32).collect();
    let words: HashSet<_> = DESCRIPTIONS.iter().map(|(_, words)| words).collect();
    assert_eq!(codes.len(), DESCRIPTIONS.len());
    assert_eq!(words.len(), DESCRIPTIONS.len());
    for (status, words) in DESCRIPTIONS {
        assert_eq!(text(rtav1_status_string(status as i32)), words.to_str().unwrap());
    }
    for unknown in [-1, 8, i32::MIN, i32::MAX] {
        assert_eq!(text(rtav1_status_string(unknown)), "unknown status");
    }
}

#[test]
fn versions_are_those_of_the_package() {
    assert_eq!(rtav1_abi_version(), RTAV1_ABI_VERSION);
    assert_eq!(text(rtav1_version()), env!("CARGO_PKG_VERSION"));
}

#[derive(Default)]
struct Fragile(Report);

impl Handle for Fragile {
    fn report(&mut self) -> &mut Report {
        &mut self.0
    }
}

#[test]
fn a_panic_becomes_a_status_and_closes_the_handle() {
    let mut handle: *mut Fragile = null_mut();
    let mut message = [1; 8];
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let status = create(&raw mut handle, null_mut(), 0, || Ok(Fragile::default()));
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(call(handle, |_| Ok(())), Rtav1Status::Ok);
        assert_eq!(text(last_error(handle)), "");
        assert_eq!(call(handle, |_| panic!("at fault")), Rtav1Status::Panic);
        assert!(text(last_error(handle)).contains("can only be freed"));
        assert_eq!(call(handle, |_| Ok(())), Rtav1Status::Panic);
        free(&raw mut handle);
        assert!(handle.is_null());

        let status = guard(message.as_mut_ptr(), message.len(), || panic!("at fault"));
        assert_eq!(status, Rtav1Status::Panic);
        assert_eq!(text(message.as_ptr()), "the lib", "cut to fit");
    }
}

#[test]
fn null_handles_are_answered() {
    let mut out: *const Rtav1Unit = null();
    let mut event: *const Rtav1Event = null();
    let mut capabilities = sized::<Rtav1Capabilities>();
    let frame = sized::<Rtav1Frame>();
    let mut outcome = sized::<Rtav1EncodeOutcome>();
    let packet = sized::<Rtav1RtpPacket>();
    let mut payload = sized::<Rtav1Payload>();
    let mut count = 0;
    // SAFETY: every pointer is null or leads to one of the locals above.
    unsafe {
        let e = null_mut();
        let p = null_mut();
        let d = null_mut();
        for status in [
            rtav1_encoder_encode(e, &raw const frame, null(), &raw mut outcome),
            rtav1_encoder_flush(e, &raw mut out),
            rtav1_encoder_set_bitrate(e, 100_000),
            rtav1_encoder_set_frame_rate(e, 30, 1),
            rtav1_encoder_set_speed(e, 10),
            rtav1_encoder_request_key_frame(e),
            rtav1_encoder_capabilities(e, &raw mut capabilities),
            rtav1_packetizer_packetize(p, null(), 0, true, &raw mut count),
            rtav1_packetizer_packetize_layer(p, null(), 0, true, true, &raw mut count),
            rtav1_packetizer_next(p, null_mut(), 0, &raw mut payload),
            rtav1_depacketizer_push(d, &raw const packet, null_mut()),
            rtav1_depacketizer_next_event(d, &raw mut event),
            rtav1_depacketizer_skip_missing(d),
            rtav1_depacketizer_flush(d),
            rtav1_depacketizer_missing(d, null_mut(), 0, &raw mut count),
            rtav1_depacketizer_held_bytes(d, &raw mut count),
        ] {
            assert_eq!(status, Rtav1Status::NullPointer);
        }
        for message in [
            rtav1_encoder_error(e),
            rtav1_encoder_engine_name(e),
            rtav1_packetizer_error(p),
            rtav1_depacketizer_error(d),
        ] {
            assert_eq!(text(message), "the handle is null or misaligned");
        }
        // There is nothing to free, at null and at a place that holds null.
        let (mut e, mut p, mut d) = (e, p, d);
        rtav1_encoder_free(null_mut());
        rtav1_encoder_free(&raw mut e);
        rtav1_packetizer_free(null_mut());
        rtav1_packetizer_free(&raw mut p);
        rtav1_depacketizer_free(null_mut());
        rtav1_depacketizer_free(&raw mut d);
        rtav1_unit_free(null_mut());
        rtav1_unit_free(&raw mut out);
        rtav1_event_free(null_mut());
        rtav1_event_free(&raw mut event);
    }
}

#[test]
fn structs_of_another_size_are_refused() {
    let mut handle: *mut Rtav1Packetizer = ptr::dangling_mut();
    let mut message = [0; 120];
    let mut limits = sized::<Rtav1PacketLimits>();
    limits.max_payload = 1200;
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        for size in [0, 8, size_of::<Rtav1PacketLimits>() + 8, usize::MAX] {
            limits.struct_size = size;
            let (limits, place) = (&raw const limits, &raw mut handle);
            let status = rtav1_packetizer_new(limits, place, message.as_mut_ptr(), message.len());
            assert_eq!(status, Rtav1Status::StructSize);
            assert!(handle.is_null(), "the place is cleared");
            let expected = format!(
                "Rtav1PacketLimits: struct_size is {size}, this library knows {}",
                size_of::<Rtav1PacketLimits>()
            );
            assert_eq!(text(message.as_ptr()), expected);
        }
        let mut config = sized::<Rtav1EncoderConfig>();
        let status = rtav1_encoder_config_default(&raw mut config, 3, 64, 64, 100_000);
        assert_eq!(status, Rtav1Status::StructSize);
        let status = rtav1_encoder_config_default(
            null_mut(),
            size_of::<Rtav1EncoderConfig>(),
            64,
            64,
            100_000,
        );
        assert_eq!(status, Rtav1Status::NullPointer);
        let misaligned = (&raw const limits).cast::<u8>().wrapping_add(1).cast();
        let status = rtav1_packetizer_new(misaligned, &raw mut handle, null_mut(), 0);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_new(null(), &raw mut handle, null_mut(), 0);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_new(&raw const limits, null_mut(), null_mut(), 99);
        assert_eq!(status, Rtav1Status::NullPointer);
    }
}

fn default_config(width: u32, height: u32) -> Rtav1EncoderConfig {
    let mut config = sized::<Rtav1EncoderConfig>();
    // SAFETY: the pointer leads to the local.
    let status = unsafe {
        let size = size_of::<Rtav1EncoderConfig>();
        rtav1_encoder_config_default(&raw mut config, size, width, height, 100_000)
    };
    assert_eq!(status, Rtav1Status::Ok);
    config
}

#[test]
fn encoder_settings_are_checked() {
    let new = |change: fn(&mut Rtav1EncoderConfig)| {
        let mut config = default_config(64, 64);
        change(&mut config);
        let mut encoder: *mut Rtav1Encoder = ptr::dangling_mut();
        let mut message = [1; 100];
        let (pointer, len) = (message.as_mut_ptr(), message.len());
        // SAFETY: the pointers lead to the locals above.
        let status =
            unsafe { rtav1_encoder_new(&raw const config, &raw mut encoder, pointer, len) };
        assert!(encoder.is_null());
        (status, text(message.as_ptr()).to_owned())
    };
    let (status, message) = new(|config| config.rate_mode = 7);
    assert_eq!(status, Rtav1Status::UnknownValue);
    assert_eq!(message, "rate_mode = 7 is not defined");
    assert_eq!(new(|config| config.engine = 99).0, Rtav1Status::UnknownValue);
    assert_eq!(new(|config| config.width = 0).0, Rtav1Status::ConfigSize);
    assert_eq!(new(|config| config.height = u32::MAX).0, Rtav1Status::ConfigSize);
    assert_eq!(new(|config| config.bitrate = 0).0, Rtav1Status::ConfigBitrate);
    assert_eq!(new(|config| config.frame_rate_den = 0).0, Rtav1Status::ConfigFrameRate);
    assert_eq!(new(|config| config.timebase_num = 0).0, Rtav1Status::ConfigTimebase);
    assert_eq!(new(|config| config.threads = 0).0, Rtav1Status::ConfigThreads);
    assert_eq!(new(|config| config.color_primaries = 0).0, Rtav1Status::ConfigColor);
    let (status, message) = new(|config| config.speed = 11);
    assert_eq!(status, Rtav1Status::ConfigSpeed);
    assert_eq!(message, "speed 11 is outside 0 to 10");
}

/// An I420 frame over `samples`, which has to hold 64 × 64 × 3/2.
#[cfg(feature = "rav1e")]
fn frame(samples: &[u8], timestamp: u64) -> Rtav1Frame {
    let mut frame = sized::<Rtav1Frame>();
    let (y, chroma) = samples.split_at(64 * 64);
    let (u, v) = chroma.split_at(32 * 32);
    frame.planes = [y.as_ptr(), u.as_ptr(), v.as_ptr()];
    frame.lengths = [y.len(), u.len(), v.len()];
    frame.strides = [64, 32, 32];
    (frame.width, frame.height, frame.timestamp) = (64, 64, timestamp);
    frame
}

#[cfg(feature = "rav1e")]
#[test]
fn encoder_refuses_bad_frames_and_calls_out_of_order() {
    let config = default_config(64, 64);
    let samples = [128; 64 * 64 * 3 / 2];
    let mut encoder: *mut Rtav1Encoder = null_mut();
    let mut outcome = sized::<Rtav1EncodeOutcome>();
    let mut unit: *const Rtav1Unit = null();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let status = rtav1_encoder_new(&raw const config, &raw mut encoder, null_mut(), usize::MAX);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(text(rtav1_encoder_error(encoder)), "");
        let mut encode = |change: fn(&mut Rtav1Frame), timestamp| {
            let mut frame = frame(&samples, timestamp);
            change(&mut frame);
            rtav1_encoder_encode(encoder, &raw const frame, null(), &raw mut outcome)
        };
        assert_eq!(encode(|frame| frame.planes[1] = null(), 1), Rtav1Status::NullPointer);
        assert_eq!(text(rtav1_encoder_error(encoder)), "planes[1] is null or misaligned");
        assert_eq!(encode(|frame| frame.lengths[2] = 0, 1), Rtav1Status::FramePlaneLength);
        assert_eq!(encode(|frame| frame.lengths[0] -= 1, 1), Rtav1Status::FramePlaneLength);
        assert_eq!(encode(|frame| frame.lengths[0] = usize::MAX, 1), Rtav1Status::Length);
        assert_eq!(encode(|frame| frame.strides[0] = 63, 1), Rtav1Status::FrameStride);
        let status = encode(|frame| frame.strides[2] = usize::MAX, 1);
        assert_eq!(status, Rtav1Status::FrameStrideOverflow);
        assert_eq!(encode(|frame| frame.width = 15, 1), Rtav1Status::FrameSize);
        assert_eq!(encode(|frame| frame.width = 62, 1), Rtav1Status::EncodeSize);
        assert_eq!(encode(|frame| frame.format = 2, 1), Rtav1Status::UnknownValue);
        assert_eq!(encode(|frame| frame.struct_size = 0, 1), Rtav1Status::StructSize);
        assert_eq!(encode(|_| (), 5), Rtav1Status::Ok);
        assert_eq!(encode(|_| (), 5), Rtav1Status::EncodeTimestamp);
        assert_eq!(text(rtav1_encoder_error(encoder)), "timestamp 5 does not follow 5");

        let good = frame(&samples, 6);
        let status = rtav1_encoder_encode(encoder, null(), null(), &raw mut outcome);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_encoder_encode(encoder, &raw const good, null(), null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let mut options = sized::<Rtav1FrameOptions>();
        options.has_qindex = 255;
        let options = &raw const options;
        let status = rtav1_encoder_encode(encoder, &raw const good, options, &raw mut outcome);
        assert_eq!(status, Rtav1Status::ConfigUnsupported);
        assert_eq!(rtav1_encoder_set_bitrate(encoder, 0), Rtav1Status::ConfigBitrate);
        assert_eq!(rtav1_encoder_set_bitrate(encoder, 9_000), Rtav1Status::ConfigUnsupported);
        assert_eq!(rtav1_encoder_set_frame_rate(encoder, 1, 0), Rtav1Status::ConfigFrameRate);
        assert_eq!(rtav1_encoder_set_speed(encoder, 11), Rtav1Status::ConfigSpeed);
        assert_eq!(rtav1_encoder_capabilities(encoder, null_mut()), Rtav1Status::NullPointer);
        assert_eq!(rtav1_encoder_flush(encoder, null_mut()), Rtav1Status::NullPointer);

        assert_eq!(rtav1_encoder_flush(encoder, &raw mut unit), Rtav1Status::Ok);
        assert_eq!((*unit).timestamp, 5);
        assert!((*unit).key_frame);
        assert!((*unit).reconstruction[0].is_null());
        let status = rtav1_encoder_encode(encoder, &raw const good, null(), &raw mut outcome);
        assert_eq!(status, Rtav1Status::EncodeFlushed);
        // What was given outlives the encoder, and is freed once.
        rtav1_encoder_free(&raw mut encoder);
        rtav1_encoder_free(&raw mut encoder);
        assert!(encoder.is_null());
        let data = std::slice::from_raw_parts((*unit).data, (*unit).len);
        assert_eq!(data[..2], [0x12, 0]);
        rtav1_unit_free(&raw mut unit);
        assert!(unit.is_null());
        rtav1_unit_free(&raw mut unit);
    }
}

#[cfg(feature = "rav1e")]
#[test]
fn encoder_takes_nv12_and_gives_its_reconstruction() {
    let mut config = default_config(64, 64);
    config.reconstruction = 1;
    config.rate_mode = Rtav1RateMode::ConstantQindex as u32;
    config.qindex = 20;
    let samples: Vec<u8> =
        (0..64 * 64 * 3 / 2).map(|at| if at < 4096 { 90 } else { 150 }).collect();
    let mut encoder: *mut Rtav1Encoder = null_mut();
    let mut outcome = sized::<Rtav1EncodeOutcome>();
    let mut unit: *const Rtav1Unit = null();
    let mut capabilities = sized::<Rtav1Capabilities>();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        rtav1_encoder_new(&raw const config, &raw mut encoder, null_mut(), 0);
        let status = rtav1_encoder_capabilities(encoder, &raw mut capabilities);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(capabilities.reconstruction, 1);
        assert_eq!(text(rtav1_encoder_engine_name(encoder)), "rav1e");
        let mut frame = frame(&samples, 0);
        frame.format = Rtav1PixelFormat::Nv12 as u32;
        frame.lengths[1] = 64 * 32;
        frame.strides[1] = 64;
        frame.planes[2] = null();
        let status = rtav1_encoder_encode(encoder, &raw const frame, null(), &raw mut outcome);
        assert_eq!(status, Rtav1Status::Ok);
        assert!(outcome.unit.is_null(), "the engine has delay");
        assert_eq!(rtav1_encoder_flush(encoder, &raw mut unit), Rtav1Status::Ok);
        for (plane, expected) in [(0, 90_u8), (1, 150), (2, 150)] {
            let (pointer, stride) =
                ((*unit).reconstruction[plane], (*unit).reconstruction_strides[plane]);
            let rows = if plane == 0 { 64 } else { 32 };
            let samples = std::slice::from_raw_parts(pointer, stride * rows);
            assert!(samples.iter().all(|sample| sample.abs_diff(expected) <= 4));
        }
        rtav1_unit_free(&raw mut unit);
        assert_eq!(rtav1_encoder_flush(encoder, &raw mut unit), Rtav1Status::Ok);
        assert!(unit.is_null(), "nothing is left inside");
        rtav1_encoder_free(&raw mut encoder);
    }
}

#[cfg(any(feature = "rav1d", feature = "dav1d"))]
#[test]
fn decoder_refuses_bad_settings_and_units() {
    use super::decoder::*;
    let mut config = sized::<Rtav1DecoderConfig>();
    let mut decoder: *mut Rtav1Decoder = null_mut();
    let mut picture: *const Rtav1Picture = ptr::dangling();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let size = size_of::<Rtav1DecoderConfig>();
        assert_eq!(rtav1_decoder_config_default(&raw mut config, size), Rtav1Status::Ok);
        let mut new = |change: fn(&mut Rtav1DecoderConfig)| {
            let mut config = config;
            change(&mut config);
            rtav1_decoder_new(&raw const config, &raw mut decoder, null_mut(), 0)
        };
        assert_eq!(new(|config| config.threads = 65), Rtav1Status::DecodeThreads);
        assert_eq!(new(|config| config.max_pixels = 0), Rtav1Status::DecodeMaxPixels);
        assert_eq!(new(|c| c.operating_point = 32), Rtav1Status::DecodeOperatingPoint);
        assert_eq!(new(|_| ()), Rtav1Status::Ok);

        let status = rtav1_decoder_decode(null_mut(), null(), 0, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_decoder_decode(decoder, null(), 0, 7, &raw mut picture);
        assert_eq!(status, Rtav1Status::DecodeEmpty);
        assert_eq!(text(rtav1_decoder_error(decoder)), "unit at tick 7 is empty");
        assert!(picture.is_null());
        let status = rtav1_decoder_decode(decoder, null(), 9, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_decoder_decode(decoder, [0].as_ptr(), usize::MAX, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::Length);
        let status = rtav1_decoder_decode(decoder, [0xFF; 9].as_ptr(), 9, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::DecodeDamaged);
        let status = rtav1_decoder_decode(decoder, [0x12, 0].as_ptr(), 2, 0, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_decoder_decode(decoder, [0x12, 0].as_ptr(), 2, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::Ok);
        assert!(picture.is_null(), "a temporal delimiter shows nothing");
        assert_eq!(rtav1_decoder_reset(decoder), Rtav1Status::Ok);
        assert_eq!(rtav1_decoder_reset(null_mut()), Rtav1Status::NullPointer);
        assert!(!text(rtav1_decoder_backend_name(decoder)).is_empty());
        rtav1_picture_free(&raw mut picture);
        rtav1_picture_free(null_mut());
        rtav1_decoder_free(&raw mut decoder);
        rtav1_decoder_free(&raw mut decoder);
        assert!(decoder.is_null());
    }
}

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
        let status = rtav1_packetizer_packetize(packetizer, null(), 4, false, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_packetizer_packetize(packetizer, null(), 0, false, null_mut());
        assert_eq!(status, Rtav1Status::RtpNothingToSend);
        let (data, len) = (unit.as_ptr(), unit.len());
        let status = rtav1_packetizer_packetize(packetizer, data, len - 1, false, null_mut());
        assert_eq!(status, Rtav1Status::RtpObu);
        let message = text(rtav1_packetizer_error(packetizer));
        assert_eq!(message, "malformed OBU at byte 2: an OBU of 50 bytes has only 49");
        let status = rtav1_packetizer_packetize(packetizer, data, len, false, &raw mut count);
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
        rtav1_packetizer_packetize(packetizer, data, len, false, null_mut());
        let status = rtav1_packetizer_next(packetizer, null_mut(), 20, &raw mut payload);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status =
            rtav1_packetizer_packetize_layer(packetizer, data, len, false, false, &raw mut count);
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
        let status = rtav1_depacketizer_new(&raw const config, place, null_mut(), 0);
        assert_eq!(status, Rtav1Status::Ok);

        let push = |sequence: u16, payload: &[u8]| {
            let mut packet = sized::<Rtav1RtpPacket>();
            (packet.payload, packet.payload_len) = (payload.as_ptr(), payload.len());
            (packet.sequence, packet.timestamp, packet.marker) = (sequence, 3000, 2);
            let mut arrival = Rtav1Arrival::Late;
            let status = rtav1_depacketizer_push(depacketizer, &raw const packet, &raw mut arrival);
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
        assert_eq!(push(7, &[0x10, 0x30, 0x30, 0xFF]), (Rtav1Status::Ok, accepted));
        let mut got = event();
        assert!((*got).loss.is_null());
        let unit = &*(*got).unit;
        assert_eq!(std::slice::from_raw_parts(unit.data, unit.len), [0x12, 0, 0x32, 2, 0x30, 0xFF]);
        assert_eq!((unit.timestamp, unit.first_sequence, unit.packets), (3000, 7, 1));
        rtav1_event_free(&raw mut got);
        assert!(got.is_null());
        assert!(event().is_null());
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

        let status = rtav1_depacketizer_push(depacketizer, null(), null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_depacketizer_next_event(depacketizer, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let mut bad = sized::<Rtav1RtpPacket>();
        bad.payload_len = 5;
        let status = rtav1_depacketizer_push(depacketizer, &raw const bad, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        rtav1_depacketizer_free(&raw mut depacketizer);
        // The event outlives the handle.
        assert_eq!(text((*(*got).loss).setting), "max_obus");
        rtav1_event_free(&raw mut got);
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
        level.profile = 3;
        let status = write(&raw const level, 98, line.as_mut_ptr(), 48);
        assert_eq!(status, Rtav1Status::RtpFmtpValue);
    }
}
