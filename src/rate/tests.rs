//! The controller against simulated pictures.

use proptest::prelude::*;

use super::simulation::{LIMITS, Recorded, Shows, Simulation, Synthetic, settings};
use super::*;
use crate::kernels::logarithm::exp2;
use crate::layers::PyramidLevel;

#[test]
fn recorded_pictures_hold_the_rate() {
    for rate in [20_000.0, 33_333.0, 64_000.0, 100_000.0, 250_000.0] {
        for frame_rate in [15.0, 30.0] {
            let settings =
                ControllerSettings { samples: 176.0 * 144.0, ..settings(rate, frame_rate) };
            let mut simulation = Simulation::new(settings, Recorded::new());
            simulation.run(2.0, frame_rate);
            for _ in 0..6 {
                let mean = simulation.run(10.0, frame_rate);
                assert!((mean - 1.0).abs() < 0.02, "{rate} at {frame_rate}: {mean:.3}");
            }
            let worst = simulation.worst_second();
            assert!(worst < 1.15, "{rate} at {frame_rate}: {worst:.3}");
            assert!(simulation.log.iter().all(|entry| entry.bytes > 0));
        }
    }
}

fn synthetic(seed: u64, rate: f64, frame_rate: f64) -> Simulation<Synthetic> {
    Simulation::new(settings(rate, frame_rate), Synthetic::new(seed, rate / frame_rate))
}

#[test]
fn the_mean_rate_is_held() {
    let mut codings = (0, 0);
    for seed in 0..90 {
        let rate = [20_000.0, 33_333.0, 60_000.0, 100_000.0, 300_000.0, 2e6][seed as usize % 6];
        let frame_rate = [10.0, 15.0, 30.0][seed as usize % 3];
        let mut simulation = synthetic(seed, rate, frame_rate);
        simulation.run(4.0, frame_rate);
        let mean = simulation.run(10.0, frame_rate);
        let worst = simulation.worst_second();
        let what = format!("seed {seed}, {rate} at {frame_rate}: {mean:.3}, worst {worst:.3}");
        assert!((mean - 1.0).abs() < 0.02, "{what}");
        assert!(worst < 1.2, "{what}");
        assert!(simulation.log.iter().all(|entry| entry.bytes > 0), "{what}: frames left out");
        codings = (codings.0 + simulation.codings, codings.1 + simulation.log.len());
    }
    assert!(codings.0 * 10 < codings.1 * 12, "{codings:?}: most frames are coded once");
}

#[test]
fn steps_of_the_rate_are_followed_within_a_second() {
    for seed in 0..40 {
        for factor in [2.0, 0.5, 10.0, 0.1] {
            let rate = 300_000.0;
            let mut simulation = synthetic(seed, rate, 30.0);
            simulation.run(4.0, 30.0);
            simulation.set_rate(rate * factor);
            let first = simulation.run(1.0, 30.0);
            let then = simulation.run(2.0, 30.0);
            let what = format!("seed {seed}, times {factor}: {first:.3}, then {then:.3}");
            // What was waiting at the higher rate takes its time at the lower one.
            let least = if factor < 0.5 { 0.05 } else { 0.75 };
            assert!((least..1.2).contains(&first), "{what}");
            assert!((then - 1.0).abs() < 0.05, "{what}");
        }
    }
}

#[test]
fn steps_of_the_frame_rate_are_followed() {
    for seed in 0..40 {
        for (from, to) in [(30.0, 15.0), (15.0, 30.0), (30.0, 7.0), (7.0, 30.0)] {
            for told in [true, false] {
                let mut simulation = synthetic(seed, 200_000.0, from);
                simulation.run(4.0, from);
                if told {
                    simulation.controller.set_frame_rate(to);
                }
                let first = simulation.run(1.0, to);
                let then = simulation.run(3.0, to);
                let what =
                    format!("seed {seed}, {from} to {to}, {told}: {first:.3}, then {then:.3}");
                assert!((0.6..1.3).contains(&first), "{what}");
                assert!((then - 1.0).abs() < 0.05, "{what}");
            }
        }
    }
}

/// Anything that may happen in a call.
#[derive(Clone, Copy, Debug)]
enum Event {
    Rate(f64),
    Interval(f64),
    Told(f64),
    MaxDelay(f64),
    MaxFrameBytes(Option<u32>),
    Wire(u32),
    Key,
    Shows(Shows, u8),
    Pause(f64),
    Frames(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => (3.5_f64..6.4).prop_map(|digits| Event::Rate(exp2(digits * log2(10.0)))),
        1 => (5.0_f64..60.0).prop_map(|rate| Event::Interval(rate.recip())),
        1 => (5.0_f64..60.0).prop_map(Event::Told),
        1 => (0.05_f64..1.0).prop_map(Event::MaxDelay),
        1 => prop::option::of(64_u32..4000).prop_map(Event::MaxFrameBytes),
        1 => (0_u32..80).prop_map(Event::Wire),
        1 => Just(Event::Key),
        3 => (prop_oneof![Just(Shows::Cut), Just(Shows::Noise), Just(Shows::Still)], 1_u8..40)
            .prop_map(|(shows, frames)| Event::Shows(shows, frames)),
        1 => (0.1_f64..100.0).prop_map(Event::Pause),
        6 => (1_u8..60).prop_map(Event::Frames),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// The bound is asserted after every frame.
    #[test]
    fn no_schedule_breaks_the_bound(
        seed in 0_u64..1 << 30,
        rate in 20_000_u32..500_000,
        adaptive_frame_rate: bool,
        events in prop::collection::vec(event(), 1..40),
    ) {
        let rate = f64::from(rate);
        let settings = ControllerSettings { adaptive_frame_rate, ..settings(rate, 30.0) };
        let mut simulation = Simulation::new(settings, Synthetic::new(seed, rate / 30.0));
        let mut interval = 1.0 / 30.0;
        for event in events {
            let mut shows = (Shows::Usual, 1);
            let mut key_frame = false;
            match event {
                Event::Rate(rate) => simulation.set_rate(rate),
                Event::Interval(seconds) => interval = seconds,
                Event::Told(frame_rate) => simulation.controller.set_frame_rate(frame_rate),
                Event::MaxDelay(delay) => simulation.limits.max_delay = delay,
                Event::MaxFrameBytes(most) => simulation.limits.max_frame_bytes = most,
                Event::Wire(packet_overhead) => {
                    simulation.limits.wire.packet_overhead = packet_overhead;
                }
                Event::Key => key_frame = true,
                Event::Shows(what, frames) => shows = (what, frames),
                Event::Pause(seconds) => simulation.elapsed += seconds,
                Event::Frames(frames) => shows = (Shows::Usual, frames),
            }
            *simulation.controller.limits_mut() = simulation.limits;
            for _ in 0..shows.1 {
                simulation.frame(shows.0, key_frame, interval);
            }
        }
    }
}

#[test]
fn cuts_noise_and_key_frames_leave_no_long_gap() {
    for seed in 0..200 {
        let rate = [20_000.0, 32_000.0, 50_000.0, 100_000.0][seed as usize % 4];
        let frame_rate = [15.0, 30.0][seed as usize % 2];
        let mut simulation = synthetic(seed, rate, frame_rate);
        let every = (2.0 * frame_rate) as usize;
        for number in 0..10 * every {
            let shows = match number % every {
                0 => Shows::Cut,
                n if n > every - 5 && number / every % 3 == 1 => Shows::Noise,
                _ => Shows::Usual,
            };
            simulation.frame(shows, number % (5 * every) == 7, frame_rate.recip());
        }
        let gap = simulation.longest_gap();
        assert!(gap <= 0.25, "seed {seed}, {rate} at {frame_rate}: {gap} s");
    }
}

#[test]
fn what_stands_still_becomes_fine_and_costs_nothing() {
    for seed in 0..20 {
        let mut simulation = synthetic(seed, 50_000.0, 30.0);
        simulation.run(2.0, 30.0);
        for _ in 0..30 * 60 {
            simulation.frame(Shows::Still, false, 1.0 / 30.0);
        }
        let background = simulation.content.background;
        assert!(background.iter().all(|&step| step < log2(2.0)), "seed {seed}: {background:?}");
        let from = simulation.log.len() - 300;
        assert!(simulation.bits_since(from) < 0.15 * 50_000.0 * 10.0, "seed {seed}");
        // And when it moves again, the bound holds and frames come.
        let mean = simulation.run(3.0, 30.0);
        assert!((0.9..1.1).contains(&mean), "seed {seed}: {mean}");
        assert!(simulation.longest_gap() <= 0.25, "seed {seed}");
    }
}

#[test]
fn a_full_link_drops_and_a_pick_changes_nothing() {
    let mut controller = Controller::new(settings(100_000.0, 30.0));
    let frame = |elapsed| FrameFacts {
        elapsed,
        temporal_id: 0,
        class: Class::Inter(PyramidLevel::Ordinary),
        complexity: Complexity { spatial: 6.0, temporal: 2.0, moving: 0.0 },
    };
    let outcome = Outcome { used: Used::one(100), residual: Residual::Normal, bytes: 30_000 / 8 };
    controller.coded(&frame(0.0), &outcome);
    assert!((controller.delay() - 0.3).abs() < 1e-9);
    let full = Decision::Drop(DropReason::LinkFull);
    assert_eq!(controller.pick(&frame(0.105)), full);
    assert_eq!(controller.pick(&frame(0.105)), full);
    assert!(matches!(controller.pick(&frame(0.115)), Decision::Code { .. }));
    controller.dropped(&frame(0.1), DropReason::LinkFull);
    assert!(matches!(controller.pick(&frame(0.015)), Decision::Code { .. }));
}

/// Where the picture moves, levels are closer to each other; a frame or two that move say little.
#[test]
fn levels_are_closer_where_the_picture_moves() {
    let spread = |before: f32, moving: f32| {
        let mut controller = Controller::new(settings(100_000.0, 30.0));
        let frame = |level, moving| FrameFacts {
            elapsed: 0.1,
            temporal_id: 0,
            class: Class::Inter(level),
            complexity: Complexity { spatial: 6.0, temporal: 4.0, moving },
        };
        let outcome = Outcome { used: Used::one(120), residual: Residual::Normal, bytes: 400 };
        controller.coded(&frame(PyramidLevel::Ordinary, before), &outcome);
        let [anchor, ordinary] = [PyramidLevel::Anchor, PyramidLevel::Ordinary].map(|level| {
            let Decision::Code(target) = controller.pick(&frame(level, moving)) else { panic!() };
            log_step_of(target.qindex)
        });
        ordinary - anchor
    };
    let [still, moving, starts] = [spread(0.1, 0.1), spread(0.9, 0.9), spread(0.1, 0.9)];
    assert!((0.9..1.0).contains(&still), "{still}");
    assert!((0.35..0.42).contains(&moving), "{moving}");
    assert_eq!(starts, still);
}

#[test]
fn a_rate_of_0_pauses_and_the_bucket_drains_on() {
    let mut controller = Controller::new(settings(100_000.0, 30.0));
    let complexity = Complexity { spatial: 6.0, temporal: 2.0, moving: 0.0 };
    let class = Class::Inter(PyramidLevel::Ordinary);
    let frame = FrameFacts { elapsed: 0.1, class, temporal_id: 0, complexity };
    let outcome = Outcome { used: Used::one(250), residual: Residual::Normal, bytes: 15_000 / 8 };
    controller.coded(&frame, &outcome);
    controller.set_rate(0.0);
    assert!(controller.paused());
    for left in [5_000.0, 0.0] {
        assert_eq!(controller.pick(&frame), Decision::Drop(DropReason::Paused));
        controller.dropped(&frame, DropReason::Paused);
        assert!((controller.bucket.bits() - left).abs() < 1e-6);
        assert!(controller.delay().is_finite());
    }
    controller.set_rate(50_000.0);
    assert!(!controller.paused());
    assert!(matches!(controller.pick(&frame), Decision::Code(_)));
}

#[test]
fn a_pause_of_any_length_leaves_the_rate_and_the_frame_rate_as_they_were() {
    for seconds in [0.1, 3.0, 60.0] {
        let mut simulation = synthetic(5, 100_000.0, 30.0);
        let (adaptive, samples) = (true, 640.0 * 360.0);
        simulation.controller = Controller::new(ControllerSettings {
            adaptive_frame_rate: adaptive,
            samples,
            ..settings(100_000.0, 30.0)
        });
        simulation.run(4.0, 30.0);
        let apart = simulation.controller.dropper.apart(100_000.0, 0);
        simulation.controller.set_rate(0.0);
        for _ in 0..(seconds * 30.0) as usize {
            simulation.frame(Shows::Usual, false, 1.0 / 30.0);
            assert_eq!(simulation.log.last().unwrap().dropped, Some(DropReason::Paused));
        }
        simulation.set_rate(100_000.0);
        assert_eq!(simulation.controller.dropper.apart(100_000.0, 0), apart);
        let mean = simulation.run(5.0, 30.0);
        assert!((mean - 1.0).abs() < 0.05, "{seconds}: {mean}");
    }
}

#[test]
fn indices_stay_in_the_range() {
    for (least, most) in [(1, 120), (60, 200), (200, 255), (130, 130)] {
        for seed in 0..20 {
            let mut simulation = synthetic(seed, 100_000.0, 30.0);
            simulation.controller.set_qindex_range(QindexRange { least, most });
            for number in 0..200 {
                let shows = if number % 50 == 49 { Shows::Cut } else { Shows::Usual };
                simulation.frame(shows, number == 120, 1.0 / 30.0);
                let entry = simulation.log.last().unwrap();
                if entry.bytes > 0 {
                    // Where all that is sent within the bound is left of a frame, the bound wins.
                    assert!(entry.log_step >= log_step_of(least) - 1e-9, "{seed} {entry:?}");
                }
            }
            let above = log_step_of(most) + 1e-9;
            let coarser = simulation.log.iter().filter(|entry| entry.log_step > above).count();
            let coded = simulation.log.iter().filter(|entry| entry.bytes > 0).count();
            assert!(most < 200 || coarser * 20 < coded, "{seed} {least} {most}: {coarser}");
        }
    }
}

#[test]
fn a_new_size_keeps_what_waits_and_what_was_learnt() {
    let (small, large) = (320.0 * 180.0, 640.0 * 360.0);
    let mut controller =
        Controller::new(ControllerSettings { samples: small, ..settings(100_000.0, 30.0) });
    let complexity = Complexity { spatial: 6.0, temporal: 2.0, moving: 0.0 };
    let class = Class::Inter(PyramidLevel::Ordinary);
    let frame = FrameFacts { elapsed: 0.01, class, temporal_id: 0, complexity };
    let outcome = Outcome { used: Used::one(100), residual: Residual::Normal, bytes: 1_500 };
    controller.coded(&frame, &outcome);
    let before = controller.clone();
    controller.resize(large, 50);
    assert_eq!(controller.bucket.bits(), before.bucket.bits());
    assert_eq!(controller.limits, before.limits);
    let bits = |controller: &Controller| controller.model.bits(class, complexity, 3.0) - 120.0;
    assert!((bits(&controller) / bits(&before) - 4.0).abs() < 1e-9);
    controller.resize(small, 35);
    assert_eq!(
        controller.model.log_step_alone(class, complexity, 4e3),
        before.model.log_step_alone(class, complexity, 4e3)
    );
}

#[test]
fn targets_stay_below_their_ceilings() {
    for rate in [20_000.0, 100_000.0, 1_000_000.0] {
        for max_delay in [0.05, 0.1, 0.2, 1.0] {
            let limits = Limits { max_delay, ..LIMITS };
            let controller = Controller::new(ControllerSettings { limits, ..settings(rate, 30.0) });
            for class in [Class::Key, Class::SceneCut, Class::Inter(PyramidLevel::Anchor)] {
                let complexity = Complexity { spatial: 5.0, temporal: 5.0, moving: 0.0 };
                let frame = FrameFacts { elapsed: 0.0, class, temporal_id: 0, complexity };
                let Decision::Code(target) = controller.pick(&frame) else { panic!("{class:?}") };
                assert!(target.bits <= target.soft_bytes * 8, "{class:?} {target:?}");
                assert!(target.soft_bytes <= target.max_bytes, "{class:?} {target:?}");
                assert!((target.max_bytes * 8) as f64 <= max_delay * rate, "{class:?} {target:?}");
            }
        }
    }
}

#[test]
fn headers_count_where_they_are_stated() {
    let wire = Wire { packet_overhead: 48, max_payload: 1200 };
    let limits = Limits { wire, ..LIMITS };
    let settings = ControllerSettings { limits, ..settings(60_000.0, 15.0) };
    let mut simulation = Simulation::new(settings, Synthetic::new(1, 2_000.0));
    simulation.run(3.0, 15.0);
    let from = simulation.log.len();
    let mean = simulation.run(10.0, 15.0);
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    let payload: u64 = simulation.log[from..].iter().map(|entry| entry.bytes).sum();
    assert!((payload * 8) as f64 <= 0.92 * 600_000.0, "{payload}");
}

#[test]
fn indices_are_the_nearest() {
    for qindex in 1..=255 {
        assert_eq!(nearest_qindex(log_step_of(qindex)), qindex);
    }
    assert_eq!((nearest_qindex(-9.0), nearest_qindex(19.0)), (1, 255));
}
