//! What a frame of a class will cost at a quantizer step.
//!
//! The model is a power law in both variables, a line in logarithms:
//!
//! ```text
//! log₂ (bits − overhead) = k + a · log₂ complexity − b · log₂ step
//! ```
//!
//! `complexity` is the mean gradient of the picture for key frames and its mean difference from the
//! picture before for inter frames, summed over the samples: at a fixed step a picture with twice
//! the difference costs 2ᵃ as much. No prediction from other frames being better than a bad one, an
//! inter frame is taken to cost no more than a fresh one, of the first kind: so the model stays
//! right where the picture changes altogether, and differences say little. `b` is how fast bits
//! fall as the step grows: about 1 where most coefficients survive, up to 2 where most are zero.
//! Both exponents are fixed. `k` is learnt, one for each class, and moves by a share of each
//! frame's error. If the true exponent is β, an error is followed by one of (1 − g β / b) of its
//! size, so that with g ≤ ½ any β below 4 b converges, without overshoot below 2 b.
//!
//! `overhead` stands for headers, which do not shrink with the step.

use super::tuning::model::{
    EMPTY, EMPTY_LESSON, FLOOR, GAINS, INTER_COMPLEXITY, INTER_EXPONENT, INTER_START,
    KEY_COMPLEXITY, KEY_EXPONENT, KEY_START, LEAST_BITS, MOST_DRIFT, MOST_ERROR, OVERHEAD,
};
use crate::kernels::logarithm::{exp2, log2};
use crate::layers::{PYRAMID_LEVELS, PyramidLevel};

/// What is known of a picture before it is coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Complexity {
    /// Mean absolute gradient per luma sample.
    pub(crate) spatial: f32,
    /// Mean absolute difference per luma sample from the picture before.
    pub(crate) temporal: f32,
    /// Share of the picture that moves or changes, 0 to 1.
    pub(crate) moving: f32,
}

/// Frames that are alike in cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Key frames.
    Key,
    /// Inter frames that show something new: those after a cut, or when the light goes on.
    SceneCut,
    /// Other inter frames, of a level.
    Inter(PyramidLevel),
}

/// How many classes there are.
const CLASSES: usize = PYRAMID_LEVELS + 2;

impl Class {
    fn index(self) -> usize {
        match self {
            Self::Key => PYRAMID_LEVELS,
            Self::SceneCut => PYRAMID_LEVELS + 1,
            Self::Inter(level) => level.index(),
        }
    }
}

/// Exponents and the first guess of a kind of frame.
struct Law {
    complexity: f64,
    step: f64,
    /// Least complexity, of a picture without motion or without detail.
    floor: f64,
    /// `k` for one sample, with the step in samples (an eighth of a transform's).
    start: f64,
}

const KEY: Law =
    Law { complexity: KEY_COMPLEXITY, step: KEY_EXPONENT, floor: FLOOR, start: KEY_START };
const INTER: Law =
    Law { complexity: INTER_COMPLEXITY, step: INTER_EXPONENT, floor: FLOOR, start: INTER_START };

/// The model of one stream.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    k: [f64; CLASSES],
    start: [f64; CLASSES],
    seen: [usize; CLASSES],
    /// log₂ of the complexity of the frame that taught last, by class.
    complexity: [f64; CLASSES],
}

impl Model {
    /// First guesses for pictures of `samples` luma samples.
    pub(crate) fn new(samples: f64) -> Self {
        let size = log2(samples);
        let mut k = [INTER.start + size; CLASSES];
        k[PYRAMID_LEVELS..].fill(KEY.start + size);
        Self { k, start: k, seen: [0; CLASSES], complexity: [0.0; CLASSES] }
    }

    /// Pictures of `samples` luma samples from now on: what was learnt is of content, by the sample.
    pub(crate) fn resize(&mut self, samples: f64) {
        let Self { start, .. } = Self::new(samples);
        for ((k, old), new) in self.k.iter_mut().zip(&self.start).zip(&start) {
            *k += new - old;
        }
        self.start = start;
    }

    /// log₂ of what a frame would cost, headers apart, at step 1.
    fn at_unit_step(&self, class: Class, complexity: Complexity) -> f64 {
        self.k[class.index()] + law(class).complexity * log_complexity(class, complexity)
    }

    /// The bits of a frame; `log_step` is log₂ of the step in samples.
    #[cfg(test)]
    pub(crate) fn bits(&self, class: Class, complexity: Complexity, log_step: f64) -> f64 {
        OVERHEAD + exp2(self.at_unit_step(class, complexity) - law(class).step * log_step)
    }

    /// The step, as log₂, at which frames of several classes, each with its share and its distance
    /// from that step, cost `bits` in the mean.
    pub(crate) fn log_step(
        &self,
        mix: impl Iterator<Item = (Class, f64, f64)>,
        complexity: Complexity,
        bits: f64,
    ) -> f64 {
        let mut exponent = 1.0;
        let cost: f64 = mix
            .map(|(class, share, octaves)| {
                exponent = law(class).step;
                share * exp2(self.at_unit_step(class, complexity) - exponent * octaves)
            })
            .sum();
        (log2(cost) - log2((bits - OVERHEAD).max(LEAST_BITS))) / exponent
    }

    /// The same for one class alone.
    pub(crate) fn log_step_alone(&self, class: Class, complexity: Complexity, bits: f64) -> f64 {
        self.log_step([(class, 1.0, 0.0)].into_iter(), complexity, bits)
    }

    /// A frame did cost `bits`.
    pub(crate) fn learn(&mut self, class: Class, complexity: Complexity, log_step: f64, bits: f64) {
        let expected = self.at_unit_step(class, complexity) - law(class).step * log_step;
        let actual = log2((bits - OVERHEAD).max(LEAST_BITS));
        let error = (actual - expected).clamp(-MOST_ERROR, MOST_ERROR);
        let index = class.index();
        let first = self.seen[index] == 0;
        // An empty frame says no more than that it is empty.
        let error = if bits <= EMPTY { error.max(-EMPTY_LESSON) } else { error };
        // Nor does a picture quite unlike the others say much of them.
        let value = log_complexity(class, complexity);
        let strange = (value - self.complexity[index]).abs();
        self.complexity[index] = value;
        let gain = GAINS[self.seen[index].min(GAINS.len() - 1)];
        let gain = if first { gain } else { gain / (1.0 + strange) };
        self.k[index] += error * gain;
        let start = self.start[index];
        self.k[index] = self.k[index].clamp(start - MOST_DRIFT, start + MOST_DRIFT);
        self.seen[index] += 1;
        if class == Class::Key && self.seen[PYRAMID_LEVELS + 1] == 0 {
            self.k[PYRAMID_LEVELS + 1] = self.k[PYRAMID_LEVELS];
        }
        // Until a level has had a frame of its own, it goes with the others.
        if let Class::Inter(_) = class
            && first
        {
            for other in (0..PYRAMID_LEVELS).filter(|&other| self.seen[other] == 0) {
                self.k[other] += error;
            }
        }
    }
}

fn log_complexity(class: Class, complexity: Complexity) -> f64 {
    let value = match class {
        Class::Key | Class::SceneCut => complexity.spatial,
        Class::Inter(_) => complexity.temporal,
    };
    log2(f64::from(value) + law(class).floor)
}

fn law(class: Class) -> &'static Law {
    match class {
        Class::Key | Class::SceneCut => &KEY,
        Class::Inter(_) => &INTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLEXITY: Complexity = Complexity { spatial: 6.0, temporal: 2.5, moving: 0.0 };

    #[test]
    fn the_step_is_the_inverse_of_the_bits() {
        let model = Model::new(640.0 * 360.0);
        for class in [Class::Key, Class::Inter(PyramidLevel::Middle)] {
            for bits in [500.0, 4_000.0, 90_000.0] {
                let alone = [(class, 1.0, 0.0)].into_iter();
                let step = model.log_step(alone, COMPLEXITY, bits);
                let back = model.bits(class, COMPLEXITY, step);
                assert!((back / bits - 1.0).abs() < 1e-6, "{back} for {bits}");
            }
        }
    }

    #[test]
    fn a_mix_costs_its_mean() {
        let model = Model::new(320.0 * 180.0);
        let parts = [(PyramidLevel::Anchor, 0.25, -0.5), (PyramidLevel::Ordinary, 0.75, 0.2)];
        let mix = parts.map(|(level, share, octaves)| (Class::Inter(level), share, octaves));
        let step = model.log_step(mix.into_iter(), COMPLEXITY, 5_000.0);
        let mean: f64 = mix
            .iter()
            .map(|&(class, share, octaves)| share * model.bits(class, COMPLEXITY, step + octaves))
            .sum();
        assert!((mean / 5_000.0 - 1.0).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn it_learns_what_frames_cost() {
        let mut model = Model::new(320.0 * 180.0);
        let class = Class::Inter(PyramidLevel::Ordinary);
        // Another exponent than the model's.
        let truth = |log_step: f64| 70_000.0 * exp2(-1.7 * log_step);
        let mut step = 3.0;
        for _ in 0..20 {
            model.learn(class, COMPLEXITY, step, truth(step));
            step = model.log_step([(class, 1.0, 0.0)].into_iter(), COMPLEXITY, 3_000.0);
        }
        assert!((truth(step) / 3_000.0 - 1.0).abs() < 0.01, "{}", truth(step));
        let other = model.bits(Class::Inter(PyramidLevel::Anchor), COMPLEXITY, 3.0);
        assert!((other / truth(3.0) - 1.0).abs() < 0.1, "{other}");
    }
}
