//! The lowest rates: what can never be sent is refused, and what is accepted is never silent.

use std::time::Duration;

use proptest::prelude::*;

use super::cases;
use crate::synthetic::{Clip, Scene};
use crate::{
    ConfigError, DropReason, EncodeOutcome, Encoder, EncoderConfig, FrameOptions, Rates, Rational,
    Speed, WireOverhead,
};

/// Ticks in a second.
const SECOND: f64 = 90_000.0;

/// Settings at the edge: size, bit/s, most delay in ms, bytes of headers a packet, frames a second.
type Edge = ((u32, u32), u32, u64, u32, u32);

fn config(((width, height), rate, max_delay, packet_overhead, frame_rate): Edge) -> EncoderConfig {
    let mut config = EncoderConfig::new(width, height, rate);
    config.max_delay = Duration::from_millis(max_delay);
    config.wire = WireOverhead { packet_overhead, ..WireOverhead::default() };
    config.frame_rate = Rational::new(frame_rate, 1);
    config.speed = Speed::FASTEST;
    config
}

/// Shows noise under these settings. They are refused with the bits that are missing; or the first
/// picture is a key frame, and from unit to unit there is never more than what fills the link, and five
/// pictures. A link is told to be full only while it owes something.
fn check(edge: Edge) -> Result<bool, TestCaseError> {
    let config = config(edge);
    let mut encoder = match Encoder::new(config) {
        Ok(encoder) => encoder,
        Err(ConfigError::SmallestFrame { needed_bits, available_bits }) => {
            prop_assert!(needed_bits > available_bits);
            return Ok(false);
        }
        Err(error) => return Err(TestCaseError::fail(error.to_string())),
    };
    let ((width, height), rate, max_delay, packet_overhead, frame_rate) = edge;
    let clip = Clip::new(Scene::Noise, width, height, 3).unwrap();
    let interval = 1.0 / f64::from(frame_rate);
    let longest = max_delay as f64 / 1000.0 + 5.0 * interval;
    let pictures = (2.0 * longest / interval) as u64 + 2;
    let (mut waiting, mut last) = (0.0_f64, 0.0);
    for number in 0..pictures {
        let time = number as f64 * interval;
        waiting = (waiting - if number > 0 { interval * f64::from(rate) } else { 0.0 }).max(0.0);
        let picture = clip.picture(number);
        let frame = picture.as_frame((time * SECOND).round() as u64);
        match encoder.encode(&frame, FrameOptions::default()).unwrap() {
            EncodeOutcome::Unit(unit) => {
                prop_assert!(number > 0 || unit.key_frame);
                let packets = unit.data.len().div_ceil(1199);
                let headers = if packet_overhead > 0 { packet_overhead as usize + 1 } else { 0 };
                waiting += 8.0 * (unit.data.len() + packets * headers) as f64;
                last = time;
            }
            EncodeOutcome::Dropped(dropped) => {
                prop_assert!(number > 0, "the first picture: {:?}", dropped.reason);
                prop_assert!(dropped.reason != DropReason::LinkFull || waiting > 0.0);
            }
            EncodeOutcome::Pending => prop_assert!(false, "an engine without delay"),
        }
        prop_assert!(time - last <= longest + 1e-3, "silent from {last} to {time} s");
    }
    Ok(true)
}

fn edge() -> impl Strategy<Value = Edge> {
    (
        (16_u32..=200, 16_u32..=150),
        (3.0_f64..4.5).prop_map(|digits| 10.0_f64.powf(digits) as u32),
        50_u64..=1000,
        prop_oneof![Just(0), 0_u32..=80, 0_u32..=1000],
        1_u32..=60,
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(200, 24) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_is_silent_for_ever(edge in edge()) {
        check(edge)?;
    }
}

/// Settings that once gave nothing for ever, and their neighbours that are served.
#[test]
fn rates_without_room_are_refused_and_the_next_are_served() {
    const QVGA: (u32, u32) = (320, 180);
    for (edge, served) in [
        ((QVGA, 1_000, 200, 0, 30), false),
        ((QVGA, 2_000, 200, 0, 30), true),
        ((QVGA, 3_000, 50, 0, 30), false),
        ((QVGA, 3_000, 100, 0, 30), true),
        ((QVGA, 6_500, 50, 0, 30), true),
        ((QVGA, 20_000, 200, 1000, 30), false),
        ((QVGA, 20_000, 200, 400, 30), true),
        ((QVGA, 50_000, 200, 1000, 30), true),
        (((16, 16), 1_300, 200, 0, 30), true),
    ] {
        assert_eq!(check(edge).unwrap(), served, "{edge:?}");
    }
}

/// What is set later is refused as at the start, and leaves the encoder as it was.
#[test]
fn settings_without_room_are_refused_live() {
    let mut encoder = Encoder::new(config(((320, 180), 20_000, 200, 0, 30))).unwrap();
    let rates = |bitrate| Rates { bitrate, frame_rate: Rational::new(30, 1) };
    let refused = |result: Result<(), ConfigError>| {
        matches!(result, Err(ConfigError::SmallestFrame { needed_bits: 200..400, .. }))
    };
    assert!(refused(encoder.set_rates(rates(1_000))));
    assert_eq!(encoder.set_rates(rates(4_000)), Ok(()));
    assert!(refused(encoder.set_max_delay(Duration::from_millis(60))));
    let wire = |packet_overhead| WireOverhead { packet_overhead, ..WireOverhead::default() };
    assert!(refused(encoder.set_wire_overhead(wire(90))));
    // Nothing is sent at 0; what is sent after that is held to the limits then.
    assert_eq!(encoder.set_rates(rates(0)), Ok(()));
    assert_eq!(encoder.set_wire_overhead(wire(90)), Ok(()));
    assert!(refused(encoder.set_rates(rates(4_000))));
    assert_eq!(encoder.set_rates(rates(20_000)), Ok(()));
    // A larger picture has a larger smallest frame.
    assert_eq!(encoder.set_max_frame_bytes(Some(64)), Ok(()));
    let result = encoder.set_size(3840, 2160);
    assert!(matches!(result, Err(ConfigError::SmallestFrame { available_bits: 512, .. })));
    let picture = Clip::new(Scene::Noise, 320, 180, 1).unwrap().picture(0);
    let outcome = encoder.encode(&picture.as_frame(0), FrameOptions::default()).unwrap();
    assert!(matches!(outcome, EncodeOutcome::Unit(unit) if unit.data.len() <= 64));
}
