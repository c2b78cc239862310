//! The encoder's contract, against an engine that does whatever it is told.

use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::native::NativeEngine;
use super::*;
use crate::av1::obu::SequenceHeader;
#[cfg(not(feature = "rav1e"))]
use crate::config::EngineKind;
use crate::config::Rational;
use crate::config::Speed;
use crate::config::Tune;
use crate::frame::PictureBuffer;
use crate::kernels::isa::Isa;
use crate::synthetic::{Clip, Scene};

/// What an engine was asked to do, and what it shall answer next.
#[derive(Default)]
struct Script {
    options: Vec<FrameOptions>,
    rates: Vec<Rates>,
    limits: Vec<SendLimits>,
    ranges: Vec<QindexRange>,
    sizes: Vec<(u32, u32)>,
    drop_next: bool,
    fail_next: bool,
}

struct Scripted {
    script: Arc<Mutex<Script>>,
    able: bool,
    header: SequenceHeader,
}

impl Scripted {
    fn new(script: Arc<Mutex<Script>>, able: bool) -> Box<Self> {
        Box::new(Self { script, able, header: SequenceHeader::new(32, 16) })
    }
}

impl Engine for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            delay_frames: 0,
            live_rates: self.able,
            live_size: self.able,
            live_speed: false,
            frame_qindex: self.able,
            key_on_request: self.able,
            reconstruction: self.able,
            bounded_delay: self.able,
            temporal_layers: 1,
            feedback: false,
            max_threads: 1,
        }
    }

    fn encode(
        &mut self,
        frame: &Frame<'_>,
        options: FrameOptions,
    ) -> Result<EncodeOutcome, EncodeError> {
        let mut script = self.script.lock().unwrap();
        script.options.push(options);
        let timestamp = frame.timestamp();
        if std::mem::take(&mut script.fail_next) {
            return Err(EncodeError::Engine { engine: "scripted", message: String::new() });
        }
        if std::mem::take(&mut script.drop_next) {
            let dropped = DroppedFrame { timestamp, reason: DropReason::LinkFull };
            return Ok(EncodeOutcome::Dropped(dropped));
        }
        let frame = CodedFrame {
            id: timestamp,
            dependencies: Vec::new(),
            temporal_id: 0,
            decode_targets: 1,
            switch_point: true,
            recovery: false,
            spatial_id: 0,
            qindex: options.qindex.unwrap_or(100),
            width: frame.width(),
            height: frame.height(),
            stats: None,
            reconstruction: None,
        };
        Ok(EncodeOutcome::Unit(TemporalUnit {
            data: Bytes::from_static(&[0x12, 0]),
            timestamp,
            key_frame: options.key_frame,
            frames: vec![frame],
        }))
    }

    fn flush(&mut self) -> Result<Option<TemporalUnit>, EncodeError> {
        Ok(None)
    }

    fn set_rates(&mut self, rates: Rates) -> Result<(), ConfigError> {
        self.script.lock().unwrap().rates.push(rates);
        Ok(())
    }

    fn set_limits(&mut self, limits: SendLimits) -> Result<(), ConfigError> {
        self.script.lock().unwrap().limits.push(limits);
        Ok(())
    }

    fn set_qindex_range(&mut self, range: QindexRange) -> Result<(), ConfigError> {
        self.script.lock().unwrap().ranges.push(range);
        Ok(())
    }

    fn set_size(&mut self, settings: &Settings) -> Result<(), ConfigError> {
        if settings.height == 99 {
            return Err(engine::unsupported("scripted", "size at run time", settings.height));
        }
        self.script.lock().unwrap().sizes.push((settings.width, settings.height));
        Ok(())
    }

    fn sequence_header(&self) -> Result<&SequenceHeader, ConfigError> {
        Ok(&self.header)
    }
}

fn encoder(able: bool, rate: RateMode) -> (Encoder, Arc<Mutex<Script>>) {
    let mut config = EncoderConfig::new(32, 16, 50_000);
    config.rate = rate;
    let script = Arc::default();
    let engine = Scripted::new(Arc::clone(&script), able);
    let encoder = Encoder::with_engine(&Settings::try_from(config).unwrap(), engine).unwrap();
    (encoder, script)
}

fn able() -> (Encoder, Arc<Mutex<Script>>) {
    encoder(true, RateMode::Bitrate(50_000))
}

fn encode(encoder: &mut Encoder, timestamp: u64) -> Result<EncodeOutcome, EncodeError> {
    let picture = PictureBuffer::new(32, 16).unwrap();
    encoder.encode(&picture.as_frame(timestamp), FrameOptions::default())
}

#[test]
fn timestamps_rise() {
    let (mut encoder, script) = able();
    encode(&mut encoder, 10).unwrap();
    for timestamp in [0, 9, 10] {
        let error = EncodeError::Timestamp { timestamp, last: 10 };
        assert_eq!(encode(&mut encoder, timestamp).unwrap_err(), error);
    }
    assert_eq!(script.lock().unwrap().options.len(), 1, "a refused frame reached the engine");
    assert_eq!(encode(&mut encoder, 11).unwrap().into_unit().unwrap().timestamp, 11);
    encode(&mut encoder, u64::MAX).unwrap();
}

#[test]
fn timestamp_of_a_frame_that_failed_can_be_used_again() {
    let (mut encoder, script) = able();
    script.lock().unwrap().fail_next = true;
    assert!(matches!(encode(&mut encoder, 7), Err(EncodeError::Engine { .. })));
    encode(&mut encoder, 7).unwrap();
}

#[test]
fn other_sizes_are_refused() {
    let (mut encoder, _) = able();
    for (width, height) in [(16, 32), (32, 17), (34, 16)] {
        let picture = PictureBuffer::new(width, height).unwrap();
        let error = EncodeError::Size { width, height, expected_width: 32, expected_height: 16 };
        let outcome = encoder.encode(&picture.as_frame(1), FrameOptions::default());
        assert_eq!(outcome.unwrap_err(), error);
    }
    encode(&mut encoder, 0).unwrap();
}

#[test]
fn key_request_waits_for_a_coded_frame() {
    let (mut encoder, script) = able();
    encoder.request_key_frame().unwrap();
    script.lock().unwrap().drop_next = true;
    let dropped = encode(&mut encoder, 0).unwrap().dropped().unwrap();
    assert_eq!(dropped, DroppedFrame { timestamp: 0, reason: DropReason::LinkFull });
    script.lock().unwrap().fail_next = true;
    encode(&mut encoder, 1).unwrap_err();
    encode(&mut encoder, 1).unwrap();
    encode(&mut encoder, 2).unwrap();
    let keys: Vec<_> = script.lock().unwrap().options.iter().map(|o| o.key_frame).collect();
    assert_eq!(keys, [true, true, true, false]);
}

#[test]
fn requests_beyond_the_engine_are_refused() {
    let (mut encoder, script) = encoder(false, RateMode::Bitrate(50_000));
    let picture = PictureBuffer::new(32, 16).unwrap();
    let options = FrameOptions { qindex: Some(7), ..FrameOptions::default() };
    let error = encoder.encode(&picture.as_frame(0), options).unwrap_err();
    assert_eq!(error.to_string(), "engine scripted does not serve qindex of a frame = 7");
    let error = encoder.encode(&picture.as_frame(0), FrameOptions::key_frame()).unwrap_err();
    assert_eq!(error.to_string(), "engine scripted does not serve key frame on request = true");
    encoder.request_key_frame().unwrap_err();
    let error = encoder.set_speed(Speed::FASTEST).unwrap_err();
    assert_eq!(error.to_string(), "engine scripted does not serve speed at run time = 10");
    assert!(script.lock().unwrap().options.is_empty());

    let mut config = EncoderConfig::new(32, 16, 50_000);
    config.reconstruction = true;
    let engine = Scripted::new(script, false);
    let made = Encoder::with_engine(&Settings::try_from(config).unwrap(), engine);
    let message = "engine scripted does not serve reconstruction = true";
    assert_eq!(made.unwrap_err().to_string(), message);
}

#[test]
fn key_frame_of_a_dropped_frame_is_not_forgotten() {
    let (mut encoder, script) = able();
    let picture = PictureBuffer::new(32, 16).unwrap();
    for timestamp in 0..2 {
        script.lock().unwrap().drop_next = true;
        let frame = picture.as_frame(timestamp);
        let options = if timestamp == 0 { FrameOptions::key_frame() } else { Default::default() };
        assert!(encoder.encode(&frame, options).unwrap().dropped().is_some());
    }
    let unit = encode(&mut encoder, 2).unwrap().into_unit().unwrap();
    assert!(unit.key_frame);
    let unit = encode(&mut encoder, 3).unwrap().into_unit().unwrap();
    assert!(!unit.key_frame);
}

#[test]
fn live_rates() {
    let (mut encoder, script) = able();
    let frame_rate = Rational::new(15, 1);
    assert_eq!(encoder.rates(), Some(Rates::new(50_000, Rational::new(30, 1))));
    encoder.set_rates(Rates::new(70_000, frame_rate)).unwrap();
    assert_eq!(encoder.rates(), Some(Rates::new(70_000, frame_rate)));
    assert_eq!(encoder.set_rates(Rates::new(999, frame_rate)), Err(ConfigError::Bitrate(999)));
    let error = ConfigError::FrameRate { num: 241, den: 1 };
    assert_eq!(encoder.set_rates(Rates::new(80_000, Rational::new(241, 1))), Err(error));
    assert_eq!(script.lock().unwrap().rates, [Rates::new(70_000, frame_rate)]);
    assert_eq!(encoder.rates(), Some(Rates::new(70_000, frame_rate)), "nothing of the refused");
    encoder.set_rates(Rates::new(0, frame_rate)).unwrap();
    assert_eq!(encoder.rates(), Some(Rates::new(0, frame_rate)));
    assert_eq!(script.lock().unwrap().rates.last(), encoder.rates().as_ref());

    let (mut constant, script) = self::encoder(true, RateMode::ConstantQindex(90));
    let error = ConfigError::ConstantQindex { bitrate: 70_000, qindex: 90 };
    assert_eq!(constant.set_rates(Rates::new(70_000, frame_rate)), Err(error));
    assert_eq!(constant.rates(), None);
    assert!(script.lock().unwrap().rates.is_empty());
}

#[test]
fn live_limits() {
    let (mut encoder, script) = able();
    let wire = WireOverhead::new;
    let ms = Duration::from_millis;
    encoder.set_max_delay(ms(50)).unwrap();
    encoder.set_max_frame_bytes(Some(64)).unwrap();
    encoder.set_wire_overhead(wire(1_000, 100)).unwrap();
    encoder.set_max_delay(ms(1_000)).unwrap();
    encoder.set_max_frame_bytes(None).unwrap();
    encoder.set_wire_overhead(wire(0, 65_535)).unwrap();
    for delay in [ms(49), ms(1_001)] {
        assert_eq!(encoder.set_max_delay(delay), Err(ConfigError::MaxDelay(delay)));
    }
    assert_eq!(encoder.set_max_frame_bytes(Some(63)), Err(ConfigError::MaxFrameBytes(63)));
    for (packet_overhead, max_payload) in [(1_001, 1_200), (40, 99), (40, 65_536)] {
        let error = ConfigError::Wire { packet_overhead, max_payload };
        assert_eq!(encoder.set_wire_overhead(wire(packet_overhead, max_payload)), Err(error));
    }
    // Each leaves the others as they were, and a refused one reaches nobody.
    let limits = |max_delay, max_frame_bytes, overhead, payload| SendLimits {
        max_delay: ms(max_delay),
        max_frame_bytes,
        wire: wire(overhead, payload),
    };
    let expected = [
        limits(50, None, 0, 1_200),
        limits(50, Some(64), 0, 1_200),
        limits(50, Some(64), 1_000, 100),
        limits(1_000, Some(64), 1_000, 100),
        limits(1_000, None, 1_000, 100),
        limits(1_000, None, 0, 65_535),
    ];
    assert_eq!(script.lock().unwrap().limits, expected);
    assert_eq!(encoder.config().send_limits(), expected[5]);
}

#[test]
fn live_sizes() {
    let (mut encoder, script) = able();
    for (width, height) in [(15, 16), (64, 4321), (0, 0)] {
        assert_eq!(encoder.set_size(width, height), Err(ConfigError::Size { width, height }));
    }
    encoder.set_size(32, 99).unwrap_err();
    encoder.set_size(32, 16).unwrap();
    assert_eq!((encoder.width(), encoder.height()), (32, 16));
    assert!(script.lock().unwrap().sizes.is_empty(), "neither refused ones nor the present one");
    encode(&mut encoder, 0).unwrap();
    encoder.set_size(64, 48).unwrap();
    assert_eq!((encoder.width(), encoder.height()), (64, 48));
    assert_eq!(script.lock().unwrap().sizes, [(64, 48)]);
    let error =
        EncodeError::Size { width: 32, height: 16, expected_width: 64, expected_height: 48 };
    assert_eq!(encode(&mut encoder, 1).unwrap_err(), error);
    let picture = PictureBuffer::new(64, 48).unwrap();
    encoder.encode(&picture.as_frame(1), FrameOptions::default()).unwrap();
}

#[test]
fn live_qindex_ranges() {
    let (mut encoder, script) = able();
    for (min, max) in [(0, 255), (0, 0), (8, 7)] {
        let error = ConfigError::QindexRange { min, max };
        assert_eq!(encoder.set_qindex_range(min, max), Err(error));
    }
    assert!(script.lock().unwrap().ranges.is_empty());
    encoder.set_qindex_range(7, 7).unwrap();
    encoder.set_qindex_range(20, 200).unwrap();
    let ranges = [QindexRange { least: 7, most: 7 }, QindexRange { least: 20, most: 200 }];
    assert_eq!(script.lock().unwrap().ranges, ranges);
    assert_eq!((encoder.config().min_qindex, encoder.config().max_qindex), (20, 200));
}

#[test]
fn limits_beyond_the_engine_are_refused() {
    let unable = |change: fn(&mut EncoderConfig)| {
        let mut config = EncoderConfig::new(32, 16, 50_000);
        change(&mut config);
        let engine = Scripted::new(Arc::default(), false);
        Encoder::with_engine(&Settings::try_from(config).unwrap(), engine)
    };
    let refused = |setting, value: &str| ConfigError::Unsupported {
        engine: "scripted",
        setting,
        value: value.to_owned(),
    };
    let mut encoder = unable(|_| ()).unwrap();
    let ms = Duration::from_millis;
    assert_eq!(encoder.set_max_delay(ms(49)), Err(ConfigError::MaxDelay(ms(49))));
    // The usual delay is not held either.
    for delay in [100, 200] {
        let error = refused("max delay", &format!("{delay}ms"));
        assert_eq!(encoder.set_max_delay(ms(delay)), Err(error));
    }
    let error = refused("max frame bytes", "900");
    assert_eq!(encoder.set_max_frame_bytes(Some(900)), Err(error));
    let wire = WireOverhead::new(40, 1200);
    assert_eq!(encoder.set_wire_overhead(wire), Err(refused("packet overhead", "40")));

    let error = unable(|c| c.max_delay = Duration::from_millis(100)).unwrap_err();
    assert_eq!(error, refused("max delay", "100ms"));
    let error = unable(|c| c.max_frame_bytes = Some(900)).unwrap_err();
    assert_eq!(error, refused("max frame bytes", "900"));
    let error = unable(|c| c.wire.packet_overhead = 40).unwrap_err();
    assert_eq!(error, refused("packet overhead", "40"));
    let error = unable(|c| c.wire.max_payload = 900).unwrap_err();
    assert_eq!(error, refused("max payload", "900"));
    let error = unable(|c| c.adaptive_frame_rate = true).unwrap_err();
    assert_eq!(error, refused("adaptive frame rate", "true"));
    assert_eq!(unable(|c| c.tune = Tune::Ssim).unwrap_err(), refused("tune", "ssim"));
    assert_eq!(unable(|c| c.denoise = true).unwrap_err(), refused("denoise", "true"));
    let error = unable(|c| c.max_qindex = 90).unwrap_err();
    assert_eq!(error, refused("qindex range", "1 to 90"));
}

#[test]
fn nothing_goes_in_after_the_flush() {
    let (mut encoder, _) = able();
    encode(&mut encoder, 0).unwrap();
    assert!(encoder.flush().unwrap().is_none());
    assert_eq!(encode(&mut encoder, 1).unwrap_err(), EncodeError::Flushed(1));
    assert!(encoder.flush().unwrap().is_none());
}

#[cfg(not(feature = "rav1e"))]
#[test]
fn missing_engine() {
    let mut config = EncoderConfig::new(32, 16, 50_000);
    config.engine = EngineKind::Rav1e;
    let error = Encoder::new(config).unwrap_err();
    assert_eq!(error, ConfigError::EngineMissing("rav1e"));
}

/// The stream does not depend on the machine, nor on who asked for the scalar kernels.
#[test]
fn bytes_are_the_same_on_every_instruction_set() {
    for (speed, scene) in [2, 6, 10].into_iter().zip(Scene::ALL) {
        let clip = Clip::new(scene, 132, 76, 2).unwrap();
        let mut streams = Isa::all().into_iter().map(|isa| {
            let mut config = EncoderConfig::new(132, 76, 60_000);
            config.speed = Speed::new(speed).unwrap();
            let settings = Settings::try_from(config).unwrap();
            let engine = NativeEngine::with_isa(&settings, isa).unwrap();
            let mut encoder = Encoder::with_engine(&settings, Box::new(engine)).unwrap();
            let coded = (0..8).map(|number| {
                let frame = clip.picture(number);
                let options = FrameOptions::default();
                let outcome = encoder.encode(&frame.as_frame(3000 * number), options).unwrap();
                outcome.into_unit().map(|unit| unit.data)
            });
            coded.collect::<Vec<_>>()
        });
        let scalar = streams.next().unwrap();
        assert!(scalar.iter().flatten().count() > 4, "{}", scene.name());
        assert!(streams.all(|stream| stream == scalar), "{} at speed {speed}", scene.name());
    }
}
