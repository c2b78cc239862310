//! The controller against simulated pictures: costs that follow other laws than its own.

use super::logarithm::exp2;
use super::*;
use crate::kernels::random::Random;
use crate::layers::GoldenPlan;

/// A source and a coder without pixels.
struct Simulation {
    controller: Controller,
    plan: GoldenPlan,
    random: Random,
    /// log₂ of bits per frame at a step of one sample.
    cost: f64,
    /// True exponent of the step.
    slope: f64,
    /// Where the cost wanders to, in octaves.
    wander: f64,
    frame_rate: f64,
    rate: f64,
    /// Bits and bucket level after each frame, in seconds of the rate.
    log: Vec<(f64, f64)>,
    level: f64,
}

const SAMPLES: f64 = 320.0 * 180.0;

impl Simulation {
    fn new(seed: u64, rate: f64, frame_rate: f64) -> Self {
        let mut random = Random::new(seed);
        let mut unit = || random.below(1000) as f64 / 1000.0;
        let slope = 1.1 + 0.7 * unit();
        // Costs such that the rate asks for a step of 11 to 28 samples, a tenth and ten times of it
        // for one that there is.
        let cost = log2(rate / frame_rate) + slope * (3.5 + 1.3 * unit());
        Self {
            controller: Controller::new(rate, frame_rate, SAMPLES, GoldenPlan::CASCADE),
            plan: GoldenPlan::default(),
            random,
            cost,
            slope,
            wander: 0.0,
            frame_rate,
            rate,
            log: Vec::new(),
            level: 0.0,
        }
    }

    fn unit(&mut self) -> f64 {
        self.random.below(1000) as f64 / 1000.0
    }

    fn set_rate(&mut self, rate: f64) {
        (self.rate, self.level) = (rate, self.level * self.rate / rate);
        self.controller.set_rate(rate);
    }

    fn set_frame_rate(&mut self, frame_rate: f64, told: bool) {
        self.frame_rate = frame_rate;
        if told {
            self.controller.set_frame_rate(frame_rate);
        }
    }

    /// Frames for some seconds; gives their mean rate over the target.
    fn run(&mut self, seconds: f64) -> f64 {
        let mut bits = 0.0;
        let frames = (seconds * self.frame_rate).round() as usize;
        for _ in 0..frames {
            bits += self.frame();
        }
        bits / (self.rate * frames as f64 / self.frame_rate)
    }

    fn frame(&mut self) -> f64 {
        let plan = self.plan.next(false);
        self.wander = 0.97 * self.wander + 0.16 * (self.unit() - 0.5);
        let noise = 0.5 * (self.unit() - 0.5);
        let temporal = 2.0 * exp2(0.8 * self.wander + 0.3 * (self.unit() - 0.5));
        let frame = FrameFacts {
            elapsed: if self.log.is_empty() { 0.0 } else { 1.0 / self.frame_rate },
            class: if plan.key_frame { Class::Key } else { Class::Inter(plan.level) },
            complexity: Complexity { spatial: 6.0, temporal: temporal as f32 },
        };
        self.level = (self.level - frame.elapsed).max(0.0);
        let Decision::Code { qindex, .. } = self.controller.pick(&frame) else {
            self.controller.dropped(&frame);
            self.log.push((0.0, self.level));
            return 0.0;
        };
        // Key frames are near the model's first guess, within a factor of 2.
        let log_bits = if plan.key_frame {
            log2(9.0 * SAMPLES) + 2.0 * noise - 1.1 * log_step_of(qindex)
        } else {
            self.cost + self.wander + noise - self.slope * log_step_of(qindex)
        };
        let bits = (250.0 + exp2(log_bits)).round();
        self.controller.coded(&frame, qindex, bits as u64);
        self.plan.commit(&plan);
        self.level += bits / self.rate;
        self.log.push((bits, self.level));
        bits
    }

    /// The most bits in any second, over those of the rate.
    fn worst_second(&self) -> f64 {
        let second = self.frame_rate.round() as usize;
        let sums = self.log.windows(second).map(|w| w.iter().map(|(bits, _)| bits).sum::<f64>());
        sums.fold(0.0, f64::max) / self.rate
    }
}

#[test]
fn the_mean_rate_is_held() {
    for seed in 0..60 {
        let rate = [30_000.0, 60_000.0, 100_000.0, 300_000.0][seed as usize % 4];
        let frame_rate = [10.0, 30.0, 60.0][seed as usize % 3];
        let mut simulation = Simulation::new(seed, rate, frame_rate);
        let mean = simulation.run(10.0);
        let worst = simulation.worst_second();
        let what = format!("seed {seed}, {rate} at {frame_rate}: {mean:.3}, worst {worst:.3}");
        assert!((mean - 1.0).abs() < 0.03, "{what}");
        assert!(worst < 1.2, "{what}");
        // Nobody knows what the first key frame costs; after it nothing is left out.
        let later = &simulation.log[frame_rate as usize..];
        assert!(later.iter().all(|&(bits, _)| bits > 0.0), "{what}: frames left out");
    }
}

#[test]
fn steps_of_the_rate_are_followed_within_a_second() {
    for seed in 0..30 {
        for factor in [2.0, 0.5, 10.0, 0.1] {
            let rate = 300_000.0;
            let mut simulation = Simulation::new(seed, rate, 30.0);
            simulation.run(4.0);
            simulation.set_rate(rate * factor);
            let first = simulation.run(1.0);
            let then = simulation.run(2.0);
            let what = format!("seed {seed}, times {factor}: {first:.3}, then {then:.3}");
            // What was waiting at the higher rate takes its time at the lower one.
            let least = if factor < 0.5 { 0.2 } else { 0.75 };
            assert!((least..1.25).contains(&first), "{what}");
            assert!((then - 1.0).abs() < 0.06, "{what}");
        }
    }
}

#[test]
fn steps_of_the_frame_rate_are_followed() {
    for seed in 0..30 {
        for (factor, told) in [(2.0, true), (0.5, true), (2.0, false), (0.5, false)] {
            let mut simulation = Simulation::new(seed, 200_000.0, 20.0);
            simulation.run(4.0);
            simulation.set_frame_rate(20.0 * factor, told);
            let first = simulation.run(1.0);
            let then = simulation.run(2.0);
            let what = format!("seed {seed}, times {factor}, {told}: {first:.3}, then {then:.3}");
            assert!((0.8..1.25).contains(&first), "{what}");
            assert!((then - 1.0).abs() < 0.06, "{what}");
        }
    }
}

#[test]
fn a_full_link_drops_and_a_pick_changes_nothing() {
    let mut controller = Controller::new(100_000.0, 30.0, SAMPLES, GoldenPlan::CASCADE);
    let frame = |elapsed| FrameFacts {
        elapsed,
        class: Class::Inter(Level::Ordinary),
        complexity: Complexity { spatial: 6.0, temporal: 2.0 },
    };
    controller.coded(&frame(0.0), 100, 30_000);
    assert_eq!(controller.pick(&frame(0.119)), Decision::Drop);
    assert_eq!(controller.pick(&frame(0.119)), Decision::Drop);
    assert!(matches!(controller.pick(&frame(0.121)), Decision::Code { .. }));
    controller.dropped(&frame(0.1));
    assert!(matches!(controller.pick(&frame(0.021)), Decision::Code { .. }));
}

#[test]
fn the_first_key_frame_fits_the_link_if_it_costs_what_the_model_says() {
    for rate in [20_000.0, 100_000.0, 1_000_000.0] {
        let controller = Controller::new(rate, 30.0, SAMPLES, GoldenPlan::CASCADE);
        let frame = FrameFacts {
            elapsed: 0.0,
            class: Class::Key,
            complexity: Complexity { spatial: 5.0, temporal: 5.0 },
        };
        let Decision::Code { qindex, max_bits } = controller.pick(&frame) else { panic!() };
        let bits = controller.model.bits(Class::Key, frame.complexity, log_step_of(qindex));
        assert!((max_bits as f64 / rate - KEY_DELAY).abs() < 1e-3);
        assert!(bits < 1.1 * max_bits as f64 || qindex == 255, "{bits} of {max_bits}");
    }
}

#[test]
fn indices_are_the_nearest() {
    for qindex in 1..=255 {
        assert_eq!(nearest_qindex(log_step_of(qindex)), qindex);
    }
    assert_eq!((nearest_qindex(-9.0), nearest_qindex(19.0)), (1, 255));
}
