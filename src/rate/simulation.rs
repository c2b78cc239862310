//! A source, a coder and a link without pixels: costs follow other laws than the controller's own.

use super::*;
use crate::av1::geometry::SB4;
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::decider::SuperblockPlace;
use crate::config::ScalabilityMode;
use crate::kernels::logarithm::exp2;
use crate::kernels::random::Random;
use crate::layers::{Planner, Structure};

pub(super) const SAMPLES: f64 = 320.0 * 180.0;
pub(super) const LIMITS: Limits = Limits {
    max_delay: 0.2,
    max_frame_bytes: None,
    wire: Wire { packet_overhead: 0, max_payload: 1200 },
};
/// Rows of superblocks.
const ROWS: usize = 3;

pub(super) fn settings(rate: f64, frame_rate: f64) -> ControllerSettings {
    ControllerSettings {
        rate,
        frame_rate,
        samples: SAMPLES,
        smallest_key_bytes: 35,
        limits: LIMITS,
        adaptive_frame_rate: false,
        cascade: Structure::of(ScalabilityMode::L1T1).cascade,
    }
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shows {
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
pub(super) trait Content {
    /// Complexity of the next picture, and whether it is new.
    fn next(&mut self, shows: Shows) -> (Complexity, bool);
    /// Bits of a row of that picture at a step.
    fn bits(&self, key_frame: bool, row: usize, log_step: f64) -> f64;
    /// The picture was coded with these steps in its rows.
    fn coded(&mut self, log_steps: [f64; ROWS]);
}

/// Pictures by a law with another exponent than the model's, noise, and a background that costs
/// nothing until the step falls below that at which it was coded last: then all of it comes at once.
pub(super) struct Synthetic {
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
    pub(super) background: [f64; ROWS],
    weights: [f64; ROWS],
}

impl Synthetic {
    pub(super) fn new(seed: u64, bits: f64) -> Self {
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
        (Complexity { spatial: 6.0, temporal: temporal as f32, moving: 0.0 }, new)
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
pub(super) struct Recorded {
    /// log₂ of the steps that were recorded.
    log_steps: Vec<f64>,
    /// Complexity, and log₂ of bits at each step.
    frames: Vec<(Complexity, Vec<f64>)>,
    number: usize,
}

impl Recorded {
    pub(super) fn new() -> Self {
        let mut lines = include_str!("../tests/data/rate_curves.csv").lines();
        let columns = lines.next().unwrap().split(',').skip(2);
        let log_steps = columns.map(|name| log_step_of(name[1..].parse().unwrap())).collect();
        let frames = lines.map(|line| {
            let mut values = line.split(',').map(|value| value.parse::<f64>().unwrap());
            let mut complexity = || values.next().unwrap() as f32;
            let complexity =
                Complexity { spatial: complexity(), temporal: complexity(), moving: 0.0 };
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

/// What became of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub(super) time: f64,
    /// 0 for one that was left out.
    pub(super) bytes: u64,
    /// Delay after it, in seconds.
    pub(super) delay: f64,
    pub(super) dropped: Option<DropReason>,
    pub(super) log_step: f64,
}

/// A tile of one superblock across.
fn rows_of_one() -> [TileBounds; 1] {
    [TileBounds { mi_row_start: 0, mi_row_end: SB4 * ROWS, mi_col_start: 0, mi_col_end: SB4 }]
}

/// A source, a coder and a link without pixels.
pub(super) struct Simulation<C> {
    pub(super) controller: Controller,
    steps: StepControl,
    plan: Planner,
    pub(super) content: C,
    pub(super) time: f64,
    pub(super) elapsed: f64,
    rate: f64,
    pub(super) limits: Limits,
    /// Bits on the link.
    waiting: f64,
    pub(super) log: Vec<Logged>,
    pub(super) codings: usize,
}

impl<C: Content> Simulation<C> {
    pub(super) fn new(settings: ControllerSettings, content: C) -> Self {
        Self {
            controller: Controller::new(settings),
            steps: StepControl::default(),
            plan: Planner::new(ScalabilityMode::L1T1),
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

    pub(super) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
        self.controller.set_rate(rate);
    }

    /// A frame `interval` seconds before the next.
    pub(super) fn frame(&mut self, shows: Shows, key_frame: bool, interval: f64) {
        let (complexity, new) = self.content.next(shows);
        let plan = self.plan.next(key_frame);
        let facts = FrameFacts {
            elapsed: self.elapsed,
            class: match plan.key_frame {
                true => Class::Key,
                false if new => Class::SceneCut,
                false => Class::Inter(plan.level),
            },
            temporal_id: plan.layer.temporal_id,
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
        let mut recode = Recode::new(target);
        let mut kept = None;
        loop {
            self.codings += 1;
            let attempt = recode.current();
            let most = (target.soft_bytes * 8) as f64 - HEADER;
            let aim = (target.bits as f64 - HEADER).min(most);
            let step_target = StepTarget {
                qindex: attempt.qindex,
                range: target.range,
                aim,
                least: 0.0,
                most,
                exact: target.exact,
                usual: !key_frame,
            };
            let mut steps = StepLog::default();
            let weights = [1.0, 1.0, 0.8].into_iter();
            self.steps.start(&step_target, &rows_of_one(), weights, &mut steps);
            let mut bits = 0.0;
            let mut log_steps = [0.0; ROWS];
            for (row, log_step) in log_steps.iter_mut().enumerate() {
                let place = SuperblockPlace { index: row, tile: 0, row, col: 0 };
                let qindex = self.steps.choose(&steps, place);
                *log_step = log_step_of(qindex);
                let cost = self.content.bits(key_frame, row, *log_step);
                let taken = match attempt.residual {
                    Residual::Normal => cost,
                    Residual::None => 0.0,
                    _ => cost.min((aim - bits).max(0.0)),
                };
                steps.choose(row, qindex);
                self.steps.decided(&mut steps, place, 4.0 + taken);
                bits += 4.0 + taken;
            }
            let bytes = ((HEADER + bits) / 8.0).ceil() as u64;
            let used = Used::of(steps.indices()).expect("there are rows");
            match recode.record(used.log_step, bytes) {
                RecodeAction::Take => {
                    self.steps.learn(&steps, steps.bits());
                    let residual = attempt.residual;
                    return Some((Outcome { used, residual, bytes }, log_steps));
                }
                RecodeAction::KeepAndTryAgain => {
                    let residual = attempt.residual;
                    kept = Some((Outcome { used, residual, bytes }, log_steps));
                }
                RecodeAction::TryAgain => {}
                RecodeAction::TakeKept => return kept,
                RecodeAction::GiveUp => return None,
            }
        }
    }

    /// Frames of usual content for some seconds; gives their mean rate over the target.
    pub(super) fn run(&mut self, seconds: f64, frame_rate: f64) -> f64 {
        let from = self.log.len();
        let frames = (seconds * frame_rate).round() as usize;
        for _ in 0..frames {
            self.frame(Shows::Usual, false, frame_rate.recip());
        }
        self.bits_since(from) / (self.rate * frames as f64 / frame_rate)
    }

    pub(super) fn bits_since(&self, from: usize) -> f64 {
        self.log[from..].iter().map(|entry| self.limits.wire_bits(entry.bytes)).sum()
    }

    /// The most bits in any second, over those of the rate.
    pub(super) fn worst_second(&self) -> f64 {
        let sums = self.log.iter().enumerate().map(|(first, start)| {
            let within = self.log[first..].iter().take_while(|e| e.time < start.time + 1.0 - 1e-9);
            within.map(|entry| self.limits.wire_bits(entry.bytes)).sum::<f64>()
        });
        sums.fold(0.0, f64::max) / self.rate
    }

    /// The longest time without a frame.
    pub(super) fn longest_gap(&self) -> f64 {
        let times: Vec<f64> =
            self.log.iter().filter(|entry| entry.bytes > 0).map(|entry| entry.time).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max)
    }
}
