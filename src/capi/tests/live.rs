//! What changes while an encoder runs, and what it says of itself.

use std::ptr::{null, null_mut};

use super::super::allocator::{rtav1_alloc, rtav1_dealloc};
use super::super::encoder::*;
use super::super::encoder_layers::*;
use super::super::encoder_types::*;
use super::super::encoder_values::*;
use super::super::sdp::Rtav1FmtpParameters;
use super::super::status::Rtav1Status;
use super::{sized, text};
use crate::av1::obu::SequenceHeader;

/// An encoder, and pictures in one piece for it.
struct Call {
    encoder: *mut Rtav1Encoder,
    timestamp: u64,
}

impl Call {
    fn new(width: u32, height: u32, bitrate: u32) -> Self {
        let (mut config, mut encoder) = (sized::<Rtav1EncoderConfig>(), null_mut());
        let size = size_of::<Rtav1EncoderConfig>();
        // SAFETY: the pointers lead to the locals above.
        unsafe {
            rtav1_encoder_config_default(&raw mut config, size, width, height, bitrate);
            let status = rtav1_encoder_new(&raw const config, &raw mut encoder, null_mut(), 0);
            assert_eq!(status, Rtav1Status::Ok);
        }
        Self { encoder, timestamp: 0 }
    }

    /// Status and outcome of a grey picture of so many bytes.
    fn encode(
        &mut self,
        format: Rtav1PixelFormat,
        (width, height): (u32, u32),
        len: usize,
    ) -> (Rtav1Status, Rtav1EncodeOutcome) {
        let samples = vec![100; len];
        let mut frame = sized::<Rtav1Frame>();
        (frame.planes[0], frame.lengths[0]) = (samples.as_ptr(), len);
        (frame.width, frame.height, frame.format) = (width, height, format as u32);
        frame.timestamp = self.timestamp;
        self.timestamp += 3000;
        let mut outcome = sized::<Rtav1EncodeOutcome>();
        // SAFETY: the pointers lead to the locals above.
        let status = unsafe {
            rtav1_encoder_encode(self.encoder, &raw const frame, null(), &raw mut outcome)
        };
        (status, outcome)
    }

    fn config(&self) -> Rtav1EncoderConfig {
        let mut config = sized::<Rtav1EncoderConfig>();
        // SAFETY: the encoder is there, and the pointer leads to the local.
        let status = unsafe { rtav1_encoder_config(self.encoder, &raw mut config) };
        assert_eq!(status, Rtav1Status::Ok);
        config
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // SAFETY: it was made with this struct.
        unsafe { rtav1_encoder_free(&raw mut self.encoder) };
    }
}

/// What the unit says of its first frame: number, how many it depends on, whether it is a key frame.
fn take(mut outcome: Rtav1EncodeOutcome) -> (u64, usize, bool) {
    assert_eq!(outcome.kind, Rtav1OutcomeKind::Unit as u32);
    // SAFETY: the unit is there until it is freed.
    unsafe {
        let unit = &*outcome.unit;
        let frame = &**unit.frames;
        let said = (frame.id, frame.dependency_count, unit.key_frame);
        rtav1_unit_free(&raw mut outcome.unit);
        said
    }
}

#[test]
fn rates_sizes_and_ranges_change_and_are_read_back() {
    let mut call = Call::new(64, 48, 100_000);
    let size = (64, 48);
    let (status, outcome) = call.encode(Rtav1PixelFormat::I420, size, 64 * 48 * 3 / 2);
    assert_eq!((status, take(outcome)), (Rtav1Status::Ok, (0, 0, true)));
    let e = call.encoder;
    // SAFETY: the encoder is there as long as `call`.
    unsafe {
        assert_eq!(rtav1_encoder_set_rates(e, 0, 15, 1), Rtav1Status::Ok);
        assert_eq!(call.config().bitrate, 0);
        let (_, paused) = call.encode(Rtav1PixelFormat::Nv12, size, 64 * 48 * 3 / 2);
        assert_eq!(paused.kind, Rtav1OutcomeKind::Dropped as u32);
        assert_eq!(paused.drop_reason, Rtav1DropReason::Paused as u32);
        assert_eq!(paused.dropped_timestamp, 3000);
        assert_eq!(rtav1_encoder_set_rates(e, 50_000, 15, 1), Rtav1Status::Ok);
        let (_, outcome) = call.encode(Rtav1PixelFormat::Nv12, size, 64 * 48 * 3 / 2);
        assert_eq!(take(outcome), (1, 1, false), "no key frame after the pause");

        assert_eq!(rtav1_encoder_set_qindex_range(e, 0, 9), Rtav1Status::ConfigQindexRange);
        assert_eq!(rtav1_encoder_set_qindex_range(e, 1, 256), Rtav1Status::UnknownValue);
        assert_eq!(rtav1_encoder_set_qindex_range(e, 20, 200), Rtav1Status::Ok);
        assert_eq!(rtav1_encoder_set_size(e, 8, 8), Rtav1Status::ConfigSize);
        assert_eq!(rtav1_encoder_set_size(e, 33, 17), Rtav1Status::Ok);
    }
    let (status, _) = call.encode(Rtav1PixelFormat::I420, size, 64 * 48 * 3 / 2);
    assert_eq!(status, Rtav1Status::EncodeSize);
    let needed = 33 * 17 + 2 * 17 * 9;
    for len in [0, needed - 1, needed + 1] {
        let (status, outcome) = call.encode(Rtav1PixelFormat::I420, (33, 17), len);
        assert_eq!(status, Rtav1Status::FrameLength, "{len}");
        assert_eq!(outcome.kind, Rtav1OutcomeKind::Pending as u32);
    }
    let (status, outcome) = call.encode(Rtav1PixelFormat::I420, (33, 17), needed);
    assert_eq!((status, take(outcome)), (Rtav1Status::Ok, (2, 0, true)));

    let config = call.config();
    assert_eq!((config.width, config.height), (33, 17));
    assert_eq!((config.bitrate, config.frame_rate_num, config.frame_rate_den), (50_000, 15, 1));
    assert_eq!((config.min_qindex, config.max_qindex), (20, 200));
    assert_eq!(config.max_delay, 200);
}

#[test]
fn the_stream_is_described_before_its_first_frame() {
    let call = Call::new(640, 360, 100_000);
    let e = call.encoder;
    let mut fmtp = sized::<Rtav1FmtpParameters>();
    let (mut buffer, mut string) = ([0xEE; 68], [0; 40]);
    let mut len = 0;
    // SAFETY: the encoder is there as long as `call`, and the pointers lead to the locals above.
    unsafe {
        let status = rtav1_encoder_sequence_header(e, null_mut(), 0, &raw mut len);
        assert_eq!(status, Rtav1Status::BufferTooShort);
        let (at, needed) = (buffer.as_mut_ptr(), len);
        let status = rtav1_encoder_sequence_header(e, at, needed - 1, &raw mut len);
        assert_eq!((status, buffer[0]), (Rtav1Status::BufferTooShort, 0xEE));
        let status = rtav1_encoder_sequence_header(e, at, needed, null_mut());
        assert_eq!((status, buffer[0]), (Rtav1Status::NullPointer, 0xEE));
        let status = rtav1_encoder_sequence_header(e, at, needed, &raw mut len);
        assert_eq!((status, len, buffer[needed]), (Rtav1Status::Ok, needed, 0xEE));
        let obu = buffer[..len].to_vec();
        // The header is two bytes, one of them the size.
        assert_eq!((obu[0], usize::from(obu[1])), (0x0a, len - 2));
        let header = SequenceHeader::parse(&obu[2..]).unwrap();
        assert_eq!((header.max_frame_width, header.max_frame_height), (640, 360));

        let status = rtav1_encoder_av1c(e, at, buffer.len(), &raw mut len);
        assert_eq!((status, len), (Rtav1Status::Ok, needed + 4));
        assert_eq!(buffer[..len], header.av1c().unwrap());
        let (at, room) = (string.as_mut_ptr(), string.len());
        assert_eq!(rtav1_encoder_codec_string(e, at, 3), Rtav1Status::BufferTooShort);
        assert_eq!(rtav1_encoder_codec_string(e, at, room), Rtav1Status::Ok);
        assert_eq!(text(at), header.codec_string());
        assert_eq!(rtav1_encoder_fmtp(e, &raw mut fmtp), Rtav1Status::Ok);
        let level = u32::from(header.operating_points[0].seq_level_idx);
        assert_eq!((fmtp.profile, fmtp.level_idx, fmtp.tier), (0, level, 0));
    }
}

#[test]
fn memory_can_be_had_from_the_library() {
    assert!(rtav1_alloc(0).is_null());
    assert!(rtav1_alloc(usize::MAX).is_null());
    for size in [1, 15, 16, 100_000] {
        let memory = rtav1_alloc(size);
        assert!(!memory.is_null() && memory.addr().is_multiple_of(16));
        // SAFETY: so many bytes were given, and are given back once.
        unsafe {
            let bytes = std::slice::from_raw_parts_mut(memory, size);
            assert!(bytes.iter().all(|&byte| byte == 0));
            bytes.fill(7);
            rtav1_dealloc(memory, size);
        }
    }
    // SAFETY: null is allowed.
    unsafe { rtav1_dealloc(null_mut(), 9) };
}

/// The first frame of a unit, which is freed.
fn frame_of(outcome: &mut Rtav1EncodeOutcome) -> (u64, u8, u8, bool, bool, bool) {
    // SAFETY: the outcome holds a unit with at least one frame.
    unsafe {
        let unit = &*outcome.unit;
        let frame = &**unit.frames;
        let told = (
            frame.id,
            frame.temporal_id,
            frame.decode_targets,
            frame.switch_point,
            frame.recovery,
            unit.key_frame,
        );
        rtav1_unit_free(&raw mut outcome.unit);
        told
    }
}

#[test]
fn layers_and_feedback() {
    let call = &mut Call::new(64, 48, 100_000);
    assert_eq!(call.config().scalability_mode, Rtav1ScalabilityMode::L1t1 as u32);
    let mut capabilities = sized::<Rtav1Capabilities>();
    // SAFETY: the encoder is there, and the pointer leads to the local.
    unsafe {
        let set = |mode| rtav1_encoder_set_scalability_mode(call.encoder, mode);
        assert_eq!(set(3), Rtav1Status::UnknownValue);
        assert_eq!(set(Rtav1ScalabilityMode::L1t3 as u32), Rtav1Status::Ok);
        let status = rtav1_encoder_capabilities(call.encoder, &raw mut capabilities);
        assert_eq!(status, Rtav1Status::Ok);
    }
    assert_eq!((capabilities.temporal_layers, capabilities.feedback), (3, 1));
    // SAFETY: the encoder is there.
    unsafe {
        let set = |[a, b, c]: [u32; 3]| rtav1_encoder_set_layer_shares(call.encoder, a, b, c);
        for refused in [[50, 0, 50], [40, 40, 40], [300, 56, 0], [0, 0, 1]] {
            assert_eq!(set(refused), Rtav1Status::ConfigLayerShares, "{refused:?}");
        }
        assert_eq!(call.config().layer_shares, [0; 3]);
        for taken in [[60, 40, 0], [40, 20, 40], [0; 3]] {
            assert_eq!(set(taken), Rtav1Status::Ok);
            assert_eq!(call.config().layer_shares, taken);
        }
    }
    assert_eq!(call.config().scalability_mode, Rtav1ScalabilityMode::L1t3 as u32);
    let mut frame = || frame_of(&mut call.encode(Rtav1PixelFormat::I420, (64, 48), 4608).1);
    let first: Vec<_> = (0..4).map(|_| frame()).collect();
    let expected = [
        (0, 0, 0b111, true, false, true),
        (1, 2, 0b100, false, false, false),
        (2, 1, 0b110, true, false, false),
        (3, 2, 0b100, false, false, false),
    ];
    assert_eq!(first, expected);
    for _ in 4..8 {
        frame();
    }
    let encoder = call.encoder;
    // SAFETY: the encoder is there.
    unsafe {
        assert_eq!(rtav1_encoder_acknowledge(encoder, 0), Rtav1Status::Ok);
        assert_eq!(rtav1_encoder_lost(encoder, 4), Rtav1Status::Ok);
        let set = |choice| rtav1_encoder_set_acknowledged_prediction(encoder, choice);
        assert_eq!(set(4), Rtav1Status::UnknownValue);
        assert_eq!(set(Rtav1AcknowledgedPrediction::TwoChains as u32), Rtav1Status::Ok);
        assert_eq!(set(Rtav1AcknowledgedPrediction::Never as u32), Rtav1Status::Ok);
    }
    let mut frame = || frame_of(&mut call.encode(Rtav1PixelFormat::I420, (64, 48), 4608).1);
    assert_eq!(frame(), (8, 0, 0b111, true, true, false));
    assert_eq!(frame(), (9, 2, 0b100, false, false, false));
    // SAFETY: the encoder is there.
    unsafe { rtav1_encoder_free(&raw mut call.encoder) };
}
