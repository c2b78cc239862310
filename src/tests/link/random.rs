//! Random schedules: neither the bound nor the ceiling is ever broken, whatever changes.

use proptest::prelude::*;

use super::pictures::grey;
use super::{Link, SECOND, cases};
use crate::synthetic::{Clip, Scene};
use crate::{EncoderConfig, FrameOptions, Rational, Speed};

/// Anything that may happen between two pictures.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The rate, times this.
    Rate(f64),
    /// Frames a second, and whether the encoder is told.
    FrameRate(u32, bool),
    MaxDelay(u64),
    MaxFrameBytes(Option<u32>),
    Key,
    /// Another texture.
    Cut,
    /// Noise for some pictures.
    Noise(u8),
    /// A picture as bright as can be.
    Flash,
    /// Seconds without pictures.
    Pause(f64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (-1.0_f64..1.0).prop_map(|digits| Event::Rate(10.0_f64.powf(digits))),
        2 => (5_u32..=60, any::<bool>()).prop_map(|(rate, told)| Event::FrameRate(rate, told)),
        2 => (50_u64..=1000).prop_map(Event::MaxDelay),
        2 => prop::option::of(64_u32..2000).prop_map(Event::MaxFrameBytes),
        2 => Just(Event::Key),
        2 => Just(Event::Cut),
        1 => (1_u8..8).prop_map(Event::Noise),
        1 => Just(Event::Flash),
        1 => (0.1_f64..5.0).prop_map(Event::Pause),
    ]
}

/// Rates that a schedule stays within, in bit/s: with a most delay in ms there is room for the
/// smallest key frame.
fn least(max_delay: u64) -> f64 {
    (300_000.0 / max_delay as f64).max(4_000.0)
}
const MOST: f64 = 2_000_000.0;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(240, 24) as u32,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// The bound and the ceiling are asserted after every frame.
    #[test]
    fn no_schedule_breaks_the_bound(
        (width, height) in (64_u32..=128, 48_u32..=96),
        digits in 4.0_f64..5.7,
        frames in 20_usize..=60,
        still: bool,
        events in prop::collection::vec((0_usize..60, event()), 1..16),
    ) {
        let mut rate = 10.0_f64.powf(digits);
        let mut config = EncoderConfig::new(width, height, rate as u32);
        config.speed = Speed::FASTEST;
        config.frame_rate = Rational::new(30, 1);
        let mut link = Link::new("random", config);
        let clip = |scene, seed| Clip::new(scene, width, height, seed).unwrap();
        let (mut seed, mut ticks, mut noise) = (1, SECOND / 30, 0);
        let (mut ceiling, mut delay) = (false, 200);
        for number in 0..frames {
            let mut options = FrameOptions::default();
            let (mut flash, mut pause) = (false, 0);
            for (_, event) in events.iter().filter(|(at, _)| *at == number) {
                match *event {
                    Event::Rate(factor) => {
                        rate = (rate * factor).clamp(least(delay), MOST);
                        link.set_rate(rate as u32);
                    }
                    Event::FrameRate(frame_rate, told) => {
                        ticks = SECOND / u64::from(frame_rate);
                        if told {
                            link.set_frame_rate(frame_rate);
                        }
                    }
                    Event::MaxDelay(new) => {
                        delay = new;
                        rate = rate.max(least(delay));
                        link.set_rate(rate as u32);
                        link.set_max_delay(delay);
                    }
                    Event::MaxFrameBytes(most) => {
                        link.set_max_frame_bytes(most);
                        ceiling |= most.is_some();
                    }
                    Event::Key => options.key_frame = true,
                    Event::Cut => seed += 1,
                    Event::Noise(frames) => noise = frames,
                    Event::Flash => flash = true,
                    Event::Pause(seconds) => pause = (seconds * SECOND as f64) as u64,
                }
            }
            let shows = if still { 0 } else { number as u64 };
            let picture = match noise {
                0 if flash => grey(width, height, 250),
                0 => clip(Scene::MovingTexture, seed).picture(shows),
                _ => clip(Scene::Noise, seed).picture(number as u64),
            };
            noise = noise.saturating_sub(1);
            link.show_with(&picture, ticks + pause, options);
        }
        // At 4 kbit/s and more something is shown in two seconds, unless the ceiling forbids it.
        prop_assert!(ceiling || link.drops() < frames, "{}", link.figures());
    }
}
