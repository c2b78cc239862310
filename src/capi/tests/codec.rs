//! The encoder.

use std::ptr;
use std::ptr::{null, null_mut};
use std::time::Duration;

use super::super::encoder::*;
use super::super::encoder_types::*;
use super::super::encoder_values::*;
use super::super::status::Rtav1Status;
use super::super::unit::{Rtav1FrameStats, Rtav1QindexReason, Rtav1Unit};
use super::{sized, text};
use crate::config::{EncoderConfig, Tune, WireOverhead};
use crate::encoder::{DropReason, DroppedFrame, EncodeOutcome, QindexReason};
use crate::synthetic::{Clip, Scene};

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

/// Status and message of settings that make no encoder.
fn refusal(config: &Rtav1EncoderConfig) -> (Rtav1Status, String) {
    let mut encoder: *mut Rtav1Encoder = ptr::dangling_mut();
    let mut message = [1; 100];
    let (pointer, len) = (message.as_mut_ptr(), message.len());
    // SAFETY: the pointers lead to the locals above.
    let status = unsafe { rtav1_encoder_new(config, &raw mut encoder, pointer, len) };
    assert!(encoder.is_null());
    (status, text(message.as_ptr()).to_owned())
}

#[test]
fn encoder_settings_are_checked() {
    let new = |change: fn(&mut Rtav1EncoderConfig)| {
        let mut config = default_config(64, 64);
        change(&mut config);
        refusal(&config)
    };
    let (status, message) = new(|config| config.rate_mode = 7);
    assert_eq!(status, Rtav1Status::UnknownValue);
    assert_eq!(message, "rate_mode = 7 has no meaning");
    assert_eq!(new(|config| config.engine = 99).0, Rtav1Status::UnknownValue);
    assert_eq!(new(|config| config.width = 0).0, Rtav1Status::ConfigSize);
    assert_eq!(new(|config| config.height = u32::MAX).0, Rtav1Status::ConfigSize);
    assert_eq!(new(|config| config.bitrate = 999).0, Rtav1Status::ConfigBitrate);
    assert_eq!(new(|config| config.frame_rate_den = 0).0, Rtav1Status::ConfigFrameRate);
    assert_eq!(new(|config| config.timebase_num = 0).0, Rtav1Status::ConfigTimebase);
    assert_eq!(new(|config| config.threads = 0).0, Rtav1Status::ConfigThreads);
    let (status, message) = new(|config| config.intra_refresh = 1);
    assert_eq!(status, Rtav1Status::ConfigIntraRefresh, "{message}");
    let (status, message) = new(|config| config.tile_columns = 3);
    assert_eq!(status, Rtav1Status::ConfigTileColumns);
    assert_eq!(message, "3 tile columns is not a power of two from 1 to 1 at width 64");
    assert_eq!(new(|config| config.color_primaries = 0).0, Rtav1Status::ConfigColor);
    let (status, message) = new(|config| config.speed = 256 + 5);
    assert_eq!(status, Rtav1Status::UnknownValue);
    assert_eq!(message, "speed = 261 has no meaning");
    let (status, message) = new(|config| config.speed = 11);
    assert_eq!(status, Rtav1Status::ConfigSpeed);
    assert_eq!(message, "speed 11 is outside 0 to 10");
    for max_delay in [0, 49, 1001] {
        let mut config = default_config(64, 64);
        config.max_delay = max_delay;
        assert_eq!(refusal(&config).0, Rtav1Status::ConfigMaxDelay);
    }
    let (status, message) = new(|config| config.max_frame_bytes = 63);
    assert_eq!(status, Rtav1Status::ConfigMaxFrameBytes);
    assert_eq!(message, "max frame bytes 63 is not at least 64");
    let (status, message) = new(|config| config.layer_shares = [60, 30, 0]);
    assert_eq!(status, Rtav1Status::ConfigLayerShares);
    let expected =
        "layer shares \"60,30\" are not one to three percentages above 0 that add up to 100";
    assert_eq!(message, expected);
    assert_eq!(new(|config| config.packet_overhead = 1001).0, Rtav1Status::ConfigWire);
    assert_eq!(new(|config| config.max_payload = 99).0, Rtav1Status::ConfigWire);
    assert_eq!(new(|config| config.max_payload = 65536).0, Rtav1Status::ConfigWire);
}

#[test]
fn encoder_defaults_are_those_of_the_library() {
    let config = default_config(320, 180);
    assert_eq!((config.width, config.height, config.bitrate), (320, 180, 100_000));
    assert_eq!(config.speed, RTAV1_SPEED_AUTO);
    assert_eq!((config.max_delay, config.max_frame_bytes), (200, 0));
    assert_eq!((config.packet_overhead, config.max_payload), (0, 1200));
    assert_eq!(config.adaptive_frame_rate, 0);
    let settings = EncoderConfig::new(320, 180, 100_000);
    assert_eq!(config.to_settings().unwrap(), settings);

    let mut config = config;
    (config.max_delay, config.max_frame_bytes, config.adaptive_frame_rate) = (50, 64, 2);
    (config.packet_overhead, config.max_payload, config.tile_columns) = (1000, 65535, 4);
    config.layer_shares = [60, 40, 0];
    (config.intra_refresh, config.denoise, config.tune) = (30, 1, Rtav1Tune::Ssim as u32);
    let settings = config.to_settings().unwrap();
    assert_eq!((settings.intra_refresh, settings.denoise), (Some(30), true));
    assert_eq!(settings.tune, Tune::Ssim);
    assert_eq!(
        (settings.max_delay, settings.max_frame_bytes),
        (Duration::from_millis(50), Some(64))
    );
    let wire = WireOverhead::new(1000, 65535);
    assert_eq!((settings.wire, settings.adaptive_frame_rate), (wire, true));
    assert_eq!(settings.tile_columns, Some(4));
    assert_eq!(settings.layer_shares, Some("60,40".parse().unwrap()));
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
        assert_eq!(encode(|frame| frame.width = 0, 1), Rtav1Status::FrameSize);
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
        assert_eq!(outcome.kind, Rtav1OutcomeKind::Unit as u32);
        let coded = &**(*outcome.unit).frames;
        assert_eq!((coded.qindex, coded.id, coded.dependency_count), (0, 1, 1));
        assert_eq!(coded.dependencies.read(), 0);
        rtav1_unit_free(&raw mut outcome.unit);
        assert_eq!(rtav1_encoder_set_rates(encoder, 999, 30, 1), Rtav1Status::ConfigBitrate);
        assert_eq!(rtav1_encoder_set_rates(encoder, 9_000, 1, 0), Rtav1Status::ConfigFrameRate);
        assert_eq!(rtav1_encoder_set_rates(encoder, 9_000, 15, 1), Rtav1Status::Ok);
        assert_eq!(rtav1_encoder_set_speed(encoder, 11), Rtav1Status::ConfigSpeed);
        assert_eq!(rtav1_encoder_capabilities(encoder, null_mut()), Rtav1Status::NullPointer);
        assert_eq!(rtav1_encoder_flush(encoder, null_mut()), Rtav1Status::NullPointer);

        let mut left: *const Rtav1Unit = ptr::dangling();
        assert_eq!(rtav1_encoder_flush(encoder, &raw mut left), Rtav1Status::Ok);
        assert!(left.is_null(), "the engine has no delay");
        assert_eq!((*unit).timestamp, 5);
        assert!((*unit).key_frame);
        assert_eq!((*unit).frame_count, 1);
        let coded = &**(*unit).frames;
        assert_eq!((coded.id, coded.dependency_count), (0, 0));
        assert_eq!((coded.width, coded.height), (64, 64));
        assert!(coded.reconstruction[0].is_null());
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
        assert_eq!((capabilities.reconstruction, capabilities.bounded_delay), (1, 1));
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
            let coded = &**(*unit).frames;
            let (pointer, stride) =
                (coded.reconstruction[plane], coded.reconstruction_strides[plane]);
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

/// Codes pictures of noise, which no link carries, one after the other.
struct NoiseCoder {
    encoder: *mut Rtav1Encoder,
    clip: Clip,
    frames: u64,
}

impl NoiseCoder {
    fn new(config: &Rtav1EncoderConfig) -> Self {
        let mut encoder = null_mut();
        // SAFETY: the pointers lead to a local and to what the caller has.
        let status = unsafe { rtav1_encoder_new(config, &raw mut encoder, null_mut(), 0) };
        assert_eq!(status, Rtav1Status::Ok);
        Self { encoder, clip: Clip::new(Scene::Noise, 64, 64, 0).unwrap(), frames: 0 }
    }

    /// The next picture, coded: bytes of the unit, and what is said of it.
    fn code(&mut self) -> Option<(usize, Rtav1FrameStats)> {
        let picture = self.clip.picture(self.frames);
        let samples = [0, 1, 2].map(|plane| picture.plane(plane)).concat();
        let frame = frame(&samples, 3000 * self.frames);
        self.frames += 1;
        let mut outcome = sized::<Rtav1EncodeOutcome>();
        // SAFETY: the pointers lead to the locals above, and the unit is used before it is freed.
        unsafe {
            let status =
                rtav1_encoder_encode(self.encoder, &raw const frame, null(), &raw mut outcome);
            assert_eq!(status, Rtav1Status::Ok);
            let dropped = outcome.drop_reason != Rtav1DropReason::None as u32;
            assert_eq!(outcome.unit.is_null(), dropped);
            assert_eq!(outcome.kind == Rtav1OutcomeKind::Dropped as u32, dropped);
            let unit = outcome.unit.as_ref()?;
            let (len, stats) = (unit.len, ptr::read((**unit.frames).stats));
            rtav1_unit_free(&raw mut outcome.unit);
            Some((len, stats))
        }
    }
}

impl Drop for NoiseCoder {
    fn drop(&mut self) {
        // SAFETY: it was made with this struct.
        unsafe { rtav1_encoder_free(&raw mut self.encoder) };
    }
}

#[test]
fn stats_account_for_every_bit() {
    let mut coder = NoiseCoder::new(&default_config(64, 64));
    let (mut reasons, mut coefficients) = (Vec::new(), 0);
    for _ in 0..20 {
        let Some((len, stats)) = coder.code() else { continue };
        let Rtav1FrameStats { header_bits, mode_bits, motion_bits, coefficient_bits, .. } = stats;
        let parts = [header_bits, mode_bits, motion_bits, coefficient_bits];
        assert_eq!(parts.iter().sum::<u32>() as usize, len * 8);
        // A frame may be all skipped.
        assert!(header_bits > 0 && mode_bits > 0, "{parts:?}");
        coefficients += coefficient_bits;
        assert!(len * 8 <= stats.max_bits as usize && stats.target_bits > 0);
        assert!((0.0..=200.0).contains(&stats.delay_ms), "{}", stats.delay_ms);
        let range = f32::from(stats.qindex_min)..=f32::from(stats.qindex_max);
        assert!(range.contains(&stats.qindex_mean));
        assert!((0.0..=1.0).contains(&stats.skipped) && stats.attempts >= 1);
        reasons.push(stats.reason);
    }
    assert!(reasons.len() > 5, "{reasons:?}");
    assert!(coefficients > 0);
    assert!(reasons.iter().all(|&reason| reason <= Rtav1QindexReason::Range as u32));

    let mut config = default_config(64, 64);
    (config.rate_mode, config.qindex) = (Rtav1RateMode::ConstantQindex as u32, 77);
    let (_, stats) = NoiseCoder::new(&config).code().unwrap();
    assert_eq!((stats.target_bits, stats.max_bits, stats.delay_ms), (0, 0, -1.0));
    assert_eq!((stats.qindex_min, stats.qindex_mean, stats.qindex_max), (77, 77.0, 77));
    assert_eq!((stats.reason, stats.attempts), (Rtav1QindexReason::Asked as u32, 1));
}

#[test]
fn limits_change_between_frames() {
    let mut coder = NoiseCoder::new(&default_config(64, 64));
    let encoder = coder.encoder;
    let set = |delay, most, overhead, payload| {
        // SAFETY: the encoder is there as long as `coder`, which waits meanwhile.
        unsafe {
            [
                rtav1_encoder_set_max_delay(encoder, delay),
                rtav1_encoder_set_max_frame_bytes(encoder, most),
                rtav1_encoder_set_wire_overhead(encoder, overhead, payload),
            ]
        }
    };
    let refused =
        [Rtav1Status::ConfigMaxDelay, Rtav1Status::ConfigMaxFrameBytes, Rtav1Status::ConfigWire];
    assert_eq!(set(49, 63, 1001, 1200), refused);
    assert_eq!(set(1001, 1, 40, 65536), refused);
    assert_eq!(set(0, 63, 40, 99), refused);

    // 100 kbit/s: 2500 bytes in 200 ms.
    let most_of = |coder: &mut NoiseCoder| coder.code().map(|(_, stats)| stats.max_bits / 8);
    assert_eq!(most_of(&mut coder), Some(2499));
    coder.frames += 30;
    assert_eq!(set(100, 0, 0, 1200), [Rtav1Status::Ok; 3]);
    assert_eq!(most_of(&mut coder), Some(1249));
    coder.frames += 30;
    assert_eq!(set(100, 0, 400, 1200), [Rtav1Status::Ok; 3]);
    let with_overhead = most_of(&mut coder).unwrap();
    assert!((800..850).contains(&with_overhead), "{with_overhead}");
    coder.frames += 30;
    assert_eq!(set(1000, 700, 0, 1200), [Rtav1Status::Ok; 3]);
    let (len, stats) = coder.code().unwrap();
    assert!(len <= 700 && stats.max_bits == 5600, "{len}, {}", stats.max_bits);
    coder.frames += 30;
    assert_eq!(set(1000, 0, 0, 1200), [Rtav1Status::Ok; 3]);
    assert_eq!(most_of(&mut coder), Some(12_499));
}

#[test]
fn every_reason_has_its_code() {
    let dropped = |reason| {
        let dropped = DroppedFrame { timestamp: 9, reason };
        let given = Rtav1EncodeOutcome::give(EncodeOutcome::Dropped(dropped));
        assert_eq!((given.unit, given.dropped_timestamp), (null(), 9));
        given.drop_reason
    };
    let codes: Vec<u32> = DropReason::ALL.iter().copied().map(dropped).collect();
    assert_eq!(codes, [1, 2, 3, 4]);
    let reasons = [
        QindexReason::Asked,
        QindexReason::KeyFrame,
        QindexReason::SceneCut,
        QindexReason::Budget,
        QindexReason::Steadiness,
        QindexReason::Delay,
        QindexReason::Corrected,
        QindexReason::Range,
    ];
    let codes = reasons.map(|reason| Rtav1QindexReason::from(reason) as u32);
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7]);
}
