//! Encoder and decoder.

use std::ptr;
use std::ptr::{null, null_mut};

use super::super::encoder::*;
use super::super::encoder_types::*;
use super::super::status::Rtav1Status;
use super::{sized, text};

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
    assert_eq!(message, "rate_mode = 7 has no meaning");
    assert_eq!(new(|config| config.engine = 99).0, Rtav1Status::UnknownValue);
    assert_eq!(new(|config| config.width = 0).0, Rtav1Status::ConfigSize);
    assert_eq!(new(|config| config.height = u32::MAX).0, Rtav1Status::ConfigSize);
    assert_eq!(new(|config| config.bitrate = 0).0, Rtav1Status::ConfigBitrate);
    assert_eq!(new(|config| config.frame_rate_den = 0).0, Rtav1Status::ConfigFrameRate);
    assert_eq!(new(|config| config.timebase_num = 0).0, Rtav1Status::ConfigTimebase);
    assert_eq!(new(|config| config.threads = 0).0, Rtav1Status::ConfigThreads);
    assert_eq!(new(|config| config.color_primaries = 0).0, Rtav1Status::ConfigColor);
    let (status, message) = new(|config| config.speed = 256 + 5);
    assert_eq!(status, Rtav1Status::UnknownValue);
    assert_eq!(message, "speed = 261 has no meaning");
    let (status, message) = new(|config| config.speed = 11);
    assert_eq!(status, Rtav1Status::ConfigSpeed);
    assert_eq!(message, "speed 11 is outside 0 to 10");
}

/// An I420 frame over `samples`, which has to hold 64 × 64 × 3/2.
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

#[test]
fn encoder_refuses_bad_frames_and_calls_out_of_order() {
    let config = default_config(64, 64);
    let samples = [128; 64 * 64 * 3 / 2];
    let mut encoder: *mut Rtav1Encoder = null_mut();
    let mut outcome = sized::<Rtav1EncodeOutcome>();
    let mut unit: *const Rtav1Unit;
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
        unit = outcome.unit;
        let late = frame(&samples, 5);
        let status = rtav1_encoder_encode(encoder, &raw const late, null(), &raw mut outcome);
        assert_eq!(status, Rtav1Status::EncodeTimestamp);
        assert_eq!(text(rtav1_encoder_error(encoder)), "timestamp 5 does not follow 5");

        let good = frame(&samples, 6);
        let status = rtav1_encoder_encode(encoder, null(), null(), &raw mut outcome);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_encoder_encode(encoder, &raw const good, null(), null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let mut options = sized::<Rtav1FrameOptions>();
        options.has_qindex = 256;
        let options = &raw const options;
        let status = rtav1_encoder_encode(encoder, &raw const good, options, &raw mut outcome);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!((*outcome.unit).qindex, 0);
        rtav1_unit_free(&raw mut outcome.unit);
        assert_eq!(rtav1_encoder_set_bitrate(encoder, 0), Rtav1Status::ConfigBitrate);
        assert_eq!(rtav1_encoder_set_bitrate(encoder, 9_000), Rtav1Status::Ok);
        assert_eq!(rtav1_encoder_set_frame_rate(encoder, 1, 0), Rtav1Status::ConfigFrameRate);
        assert_eq!(rtav1_encoder_set_speed(encoder, 11), Rtav1Status::ConfigSpeed);
        assert_eq!(rtav1_encoder_capabilities(encoder, null_mut()), Rtav1Status::NullPointer);
        assert_eq!(rtav1_encoder_flush(encoder, null_mut()), Rtav1Status::NullPointer);

        let mut left: *const Rtav1Unit = ptr::dangling();
        assert_eq!(rtav1_encoder_flush(encoder, &raw mut left), Rtav1Status::Ok);
        assert!(left.is_null(), "the engine has no delay");
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
    let mut unit: *const Rtav1Unit;
    let mut capabilities = sized::<Rtav1Capabilities>();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        rtav1_encoder_new(&raw const config, &raw mut encoder, null_mut(), 0);
        let status = rtav1_encoder_capabilities(encoder, &raw mut capabilities);
        assert_eq!(status, Rtav1Status::Ok);
        assert_eq!(capabilities.reconstruction, 1);
        assert_eq!(text(rtav1_encoder_engine_name(encoder)), "native");
        let mut frame = frame(&samples, 0);
        frame.format = Rtav1PixelFormat::Nv12 as u32;
        frame.lengths[1] = 64 * 32;
        frame.strides[1] = 64;
        frame.planes[2] = null();
        let status = rtav1_encoder_encode(encoder, &raw const frame, null(), &raw mut outcome);
        assert_eq!(status, Rtav1Status::Ok);
        unit = outcome.unit;
        assert!((*unit).key_frame);
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
    use super::super::decoder::*;
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
