//! The controller against simulated pictures: costs that follow other laws than its own, without
//! coding any.

use proptest::prelude::*;

use super::*;
use crate::kernels::logarithm::exp2;
use crate::kernels::random::Random;
use crate::layers::GoldenPlan;

const SAMPLES: f64 = 320.0 * 180.0;
const LIMITS: Limits = Limits {
    max_delay: 0.2,
    max_frame_bytes: None,
    wire: Wire { packet_overhead: 0, max_payload: 1200 },
};
/// Rows of superblocks.
const ROWS: usize = 3;

fn settings(rate: f64, frame_rate: f64) -> ControllerSettings {
    ControllerSettings {
        rate,
        frame_rate,
        samples: SAMPLES,
        limits: LIMITS,
        adaptive_frame_rate: false,
        cascade: GoldenPlan::CASCADE,
    }
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shows {
    /// More of the same.
    Usual,
    /// Something else.
    Cut,
    /// Noise.
    Noise,
    /// Nothing new at all.
    Still,
}

/// What pictures cost.
trait Content {
    /// Complexity of the next picture, and whether it is new.
    fn next(&mut self, shows: Shows) -> (Complexity, bool);
    /// Bits of a row of that picture at a step.
    fn bits(&self, key_frame: bool, row: usize, log_step: f64) -> f64;
    /// The picture was coded with these steps in its rows.
    fn coded(&mut self, log_steps: [f64; ROWS]);
}

/// Pictures by a law with another exponent than the model's, noise, and a background that costs
/// nothing until the step falls below that at which it was coded last: then all of it comes at once.
struct Synthetic {
    random: Random,
    /// log₂ of bits per frame at a step of one sample.
    cost: f64,
    slope: f64,
    /// Where the cost wanders to, in octaves.
    wander: f64,
    /// What this picture costs beside, in octaves.
    extra: f64,
    shows: Shows,
    /// log₂ of the step that the background was coded at, by row.
    background: [f64; ROWS],
    weights: [f64; ROWS],
}

impl Synthetic {
    fn new(seed: u64, bits: f64) -> Self {
        let mut random = Random::new(seed);
        let mut unit = || random.below(1000) as f64 / 1000.0;
        let slope = 1.1 + 0.7 * unit();
        // The bits ask for a step of 11 to 28 samples.
        let cost = log2(bits) + slope * (3.5 + 1.3 * unit());
        let weights = [0.5 + unit(), 0.5 + unit(), 0.2 + unit()];
        let sum: f64 = weights.iter().sum();
        Self {
            random,
            cost,
            slope,
            wander: 0.0,
            extra: 0.0,
            shows: Shows::Usual,
            background: [10.0; ROWS],
            weights: weights.map(|weight| weight / sum),
        }
    }

    fn unit(&mut self) -> f64 {
        self.random.below(1000) as f64 / 1000.0
    }
}

impl Content for Synthetic {
    fn next(&mut self, shows: Shows) -> (Complexity, bool) {
        self.wander = 0.97 * self.wander + 0.16 * (self.unit() - 0.5);
        self.extra = 0.5 * (self.unit() - 0.5);
        self.shows = shows;
        for background in &mut self.background {
            *background += if shows == Shows::Still { 0.0 } else { 0.01 };
        }
        let temporal = 2.0 * exp2(0.8 * self.wander + 0.3 * (self.unit() - 0.5));
        let (temporal, new) = match shows {
            Shows::Usual => (temporal, false),
            Shows::Cut => (40.0 + 20.0 * self.unit(), true),
            Shows::Noise => (30.0 + 4.0 * self.unit(), false),
            Shows::Still => (0.0, false),
        };
        if shows == Shows::Cut {
            self.background = [10.0; ROWS];
        }
        (Complexity { spatial: 6.0, temporal: temporal as f32 }, new)
    }

    fn bits(&self, key_frame: bool, row: usize, log_step: f64) -> f64 {
        let share = self.weights[row];
        let intra = exp2(log2(9.0 * SAMPLES) + 2.0 * self.extra - 1.1 * log_step);
        if key_frame || self.shows == Shows::Cut {
            return share * intra;
        }
        let moving = match self.shows {
            Shows::Still => 0.0,
            Shows::Noise => 4.0 * intra,
            _ => exp2(self.cost + self.wander + self.extra - self.slope * log_step),
        };
        let uncovered = (self.background[row] - log_step).clamp(0.0, 1.5);
        share * (moving + 0.3 * uncovered * intra)
    }

    fn coded(&mut self, log_steps: [f64; ROWS]) {
        for (background, log_step) in self.background.iter_mut().zip(log_steps) {
            *background = background.min(log_step);
        }
    }
}

/// Bits of the frames of a camera clip as they were coded with constant indices, forwards and
/// backwards without end.
struct Recorded {
    /// log₂ of the steps that were recorded.
    log_steps: Vec<f64>,
    /// Complexity, and log₂ of bits at each step.
    frames: Vec<(Complexity, Vec<f64>)>,
    number: usize,
}

impl Recorded {
    fn new() -> Self {
        let mut lines = include_str!("../tests/data/rate_curves.csv").lines();
        let columns = lines.next().unwrap().split(',').skip(2);
        let log_steps = columns.map(|name| log_step_of(name[1..].parse().unwrap())).collect();
        let frames = lines.map(|line| {
            let mut values = line.split(',').map(|value| value.parse::<f64>().unwrap());
            let mut complexity = || values.next().unwrap() as f32;
            let complexity = Complexity { spatial: complexity(), temporal: complexity() };
            (complexity, values.map(log2).collect())
        });
        Self { log_steps, frames: frames.collect(), number: usize::MAX }
    }

    fn frame(&self) -> &(Complexity, Vec<f64>) {
        // The first is a key frame; those after it go to and fro.
        let last = self.frames.len() - 2;
        let place = self.number % (2 * last);
        match self.number {
            0 => &self.frames[0],
            _ => &self.frames[1 + place.min(2 * last - place)],
        }
    }
}

impl Content for Recorded {
    fn next(&mut self, _: Shows) -> (Complexity, bool) {
        self.number = self.number.wrapping_add(1);
        (self.frame().0, self.number == 0)
    }

    fn bits(&self, key_frame: bool, row: usize, log_step: f64) -> f64 {
        let curve = if key_frame { &self.frames[0].1 } else { &self.frame().1 };
        let above = self.log_steps.partition_point(|&step| step < log_step);
        let above = above.clamp(1, self.log_steps.len() - 1);
        let (left, right) = (self.log_steps[above - 1], self.log_steps[above]);
        let share = (log_step - left) / (right - left);
        let log_bits = curve[above - 1] + share * (curve[above] - curve[above - 1]);
        [0.35, 0.45, 0.2][row] * (exp2(log_bits) - 180.0).max(0.0)
    }

    fn coded(&mut self, _: [f64; ROWS]) {}
}

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

/// What became of a frame.
#[derive(Clone, Copy, Debug)]
struct Logged {
    time: f64,
    /// 0 for one that was left out.
    bytes: u64,
    /// Delay after it, in seconds.
    delay: f64,
    dropped: Option<DropReason>,
    log_step: f64,
}

/// A source, a coder and a link without pixels.
struct Simulation<C> {
    controller: Controller,
    pacer: RowPacer,
    plan: GoldenPlan,
    content: C,
    time: f64,
    elapsed: f64,
    rate: f64,
    limits: Limits,
    /// Bits on the link.
    waiting: f64,
    log: Vec<Logged>,
    codings: usize,
}

impl<C: Content> Simulation<C> {
    fn new(settings: ControllerSettings, content: C) -> Self {
        Self {
            controller: Controller::new(settings),
            pacer: RowPacer::default(),
            plan: GoldenPlan::default(),
            content,
            time: 0.0,
            elapsed: 0.0,
            rate: settings.rate,
            limits: settings.limits,
            waiting: 0.0,
            log: Vec::new(),
            codings: 0,
        }
    }

    fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
        self.controller.set_rate(rate);
    }

    /// A frame `interval` seconds before the next.
    fn frame(&mut self, shows: Shows, key_frame: bool, interval: f64) {
        let (complexity, new) = self.content.next(shows);
        let plan = self.plan.next(key_frame);
        let facts = FrameFacts {
            elapsed: self.elapsed,
            class: match plan.key_frame {
                true => Class::Key,
                false if new => Class::Fresh,
                false => Class::Inter(plan.level),
            },
            complexity,
        };
        self.waiting = (self.waiting - self.elapsed * self.rate).max(0.0);
        let time = self.time;
        (self.time, self.elapsed) = (time + interval, interval);
        let mut entry = Logged { time, bytes: 0, delay: 0.0, dropped: None, log_step: f64::NAN };
        match self.controller.pick(&facts) {
            Decision::Drop(reason) => entry.dropped = Some(reason),
            Decision::Code(target) => match self.code(&target, plan.key_frame) {
                Some((outcome, log_steps)) => {
                    self.controller.coded(&facts, &outcome);
                    self.content.coded(log_steps);
                    self.plan.commit(&plan);
                    self.waiting += self.limits.wire_bits(outcome.bytes);
                    (entry.bytes, entry.log_step) = (outcome.bytes, outcome.used.log_step);
                    assert!(outcome.bytes <= target.max_bytes);
                    if let Some(most) = self.limits.max_frame_bytes {
                        assert!(outcome.bytes <= u64::from(most));
                    }
                    let bound = self.limits.max_delay * self.rate;
                    assert!(self.waiting <= bound, "{} of {bound}", self.waiting);
                }
                None => entry.dropped = Some(DropReason::Ceiling),
            },
        }
        if let Some(reason) = entry.dropped {
            self.controller.dropped(&facts, reason);
        }
        entry.delay = self.waiting / self.rate;
        self.log.push(entry);
    }

    /// Codes a frame as the engine does.
    fn code(&mut self, target: &Target, key_frame: bool) -> Option<(Outcome, [f64; ROWS])> {
        const HEADER: f64 = 170.0;
        let mut attempts = Attempts::new(target);
        let mut kept = None;
        loop {
            self.codings += 1;
            let attempt = attempts.now();
            let most = (target.soft_bytes * 8) as f64 - 200.0;
            let aim = (target.bits as f64 - 200.0).min(most);
            let rows = RowTarget {
                qindex: attempt.qindex,
                aim,
                most,
                exact: target.exact,
                usual: !key_frame,
            };
            self.pacer.start(&rows, [1.0, 1.0, 0.8].into_iter());
            let mut bits = 0.0;
            let mut log_steps = [0.0; ROWS];
            for (row, log_step) in log_steps.iter_mut().enumerate() {
                *log_step = log_step_of(self.pacer.row(row, bits as u64));
                let cost = self.content.bits(key_frame, row, *log_step);
                bits += cost * exp2(-0.5 * f64::from(attempt.thrift)) + 4.0;
            }
            let bytes = ((HEADER + bits) / 8.0).ceil() as u64;
            let used = self.pacer.used();
            match attempts.took(used.log_step, bytes) {
                Next::Take => {
                    self.pacer.finish(bits as u64);
                    let thrifty = attempt.thrift > 0;
                    return Some((Outcome { used, thrifty, bytes }, log_steps));
                }
                Next::KeepAndTryAgain => {
                    let thrifty = attempt.thrift > 0;
                    kept = Some((Outcome { used, thrifty, bytes }, log_steps));
                }
                Next::TryAgain => {}
                Next::TakeKept => return kept,
                Next::GiveUp => return None,
            }
        }
    }

    /// Frames of usual content for some seconds; gives their mean rate over the target.
    fn run(&mut self, seconds: f64, frame_rate: f64) -> f64 {
        let from = self.log.len();
        let frames = (seconds * frame_rate).round() as usize;
        for _ in 0..frames {
            self.frame(Shows::Usual, false, frame_rate.recip());
        }
        self.bits_since(from) / (self.rate * frames as f64 / frame_rate)
    }

    fn bits_since(&self, from: usize) -> f64 {
        self.log[from..].iter().map(|entry| self.limits.wire_bits(entry.bytes)).sum()
    }

    /// The most bits in any second, over those of the rate.
    fn worst_second(&self) -> f64 {
        let sums = self.log.iter().enumerate().map(|(first, start)| {
            let within = self.log[first..].iter().take_while(|e| e.time < start.time + 1.0 - 1e-9);
            within.map(|entry| self.limits.wire_bits(entry.bytes)).sum::<f64>()
        });
        sums.fold(0.0, f64::max) / self.rate
    }

    /// The longest time without a frame.
    fn longest_gap(&self) -> f64 {
        let times: Vec<f64> =
            self.log.iter().filter(|entry| entry.bytes > 0).map(|entry| entry.time).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
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
        class: Class::Inter(Level::Ordinary),
        complexity: Complexity { spatial: 6.0, temporal: 2.0 },
    };
    let outcome = Outcome { used: Used::one(100), thrifty: false, bytes: 30_000 / 8 };
    controller.coded(&frame(0.0), &outcome);
    assert!((controller.delay() - 0.3).abs() < 1e-9);
    let full = Decision::Drop(DropReason::LinkFull);
    assert_eq!(controller.pick(&frame(0.105)), full);
    assert_eq!(controller.pick(&frame(0.105)), full);
    assert!(matches!(controller.pick(&frame(0.115)), Decision::Code { .. }));
    controller.dropped(&frame(0.1), DropReason::LinkFull);
    assert!(matches!(controller.pick(&frame(0.015)), Decision::Code { .. }));
}

#[test]
fn targets_stay_below_their_ceilings() {
    for rate in [20_000.0, 100_000.0, 1_000_000.0] {
        for max_delay in [0.05, 0.1, 0.2, 1.0] {
            let limits = Limits { max_delay, ..LIMITS };
            let controller = Controller::new(ControllerSettings { limits, ..settings(rate, 30.0) });
            for class in [Class::Key, Class::Fresh, Class::Inter(Level::Anchor)] {
                let complexity = Complexity { spatial: 5.0, temporal: 5.0 };
                let frame = FrameFacts { elapsed: 0.0, class, complexity };
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
