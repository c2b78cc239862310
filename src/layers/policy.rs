//! What layer 0 is predicted from, by what a loss costs and what prediction over a distance costs.
//!
//! Prediction from the last frame is cheapest, but a loss then freezes the picture until a recovery frame
//! arrives: for the frames that an acknowledgement takes, and one. Prediction from the newest
//! acknowledged frame makes a loss cost its own frame, and makes every frame larger. Two chains lie
//! between: a loss halves the frame rate for the same time, and only one in the other chain within it
//! freezes the picture. All sides are measured: loss and frames by what is told of frames, what
//! prediction over a distance costs by how much more a picture differs from the one than from the other.

use super::Prediction;
use crate::config::AcknowledgedPrediction;
use crate::kernels::logarithm::log2;

/// Octaves of the rate that are given so that no picture is frozen: a tenth of the time is worth 75 %
/// more bits. By the picture seen alone it would be half as much. On 26 November 2026, L1T2 with 200 ms
/// there and back on a clip of a call was frozen for 10.0, 20.4 and 39.4 % of the time at 2, 5 and 10 %
/// loss with the newest frame, means of ten seeds, for 0.8, 1.7 and 7.3 % with two chains, and for 0.0,
/// 0.2 and 1.9 % with acknowledged frames alone; without loss the three differ by 1.0 and 2.2 dB.
const FREEZE_WORTH: f64 = 8.0;
/// The same so that no picture is shown for twice its time: an eighth of a freeze, not swept.
const REPEAT_WORTH: f64 = 1.0;
/// By how many octaves another choice has to be better to be taken: it should not swing. Not swept.
const INERTIA: f64 = 0.1;
/// Share of frames lost below which recovery frames do.
const LEAST_LOSS: f64 = 0.004;
/// Share of a frame's cost that the mean takes over.
const COST_GAIN: f64 = 0.1;
/// Power of the difference that inter frames cost, as in the model of bits.
const COST_POWER: f64 = 0.7;
/// Difference a sample that coding leaves between a picture and its own past, at least.
const FLOOR: f64 = 0.5;

const PREDICTIONS: [Prediction; 3] =
    [Prediction::Newest, Prediction::TwoChains, Prediction::Acknowledged];

/// What is known of the link, in frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// Share of the frames that are lost.
    pub(crate) loss: f64,
    /// Share of those that are lost where the frame before was: more than `loss` where losses come in
    /// bursts.
    pub(crate) run: f64,
    /// Frames until an acknowledgement; `None` where nothing is acknowledged.
    pub(crate) delay: Option<f64>,
    /// Temporal layers.
    pub(crate) layers: u8,
}

impl Link {
    /// Octaves of the rate that the losses of each prediction are worth.
    fn harms(&self, delay: f64) -> [f64; 3] {
        // Frames from one of layer 0 to the next.
        let step = f64::from(1_u8 << (self.layers.clamp(1, 8) - 1));
        let (losses, time) = (self.loss / step, delay + step);
        let frozen = (losses * time).min(1.0);
        // That the other chain breaks at once, or else before the first is mended, which then takes half
        // the time still.
        let run = self.run.max(self.loss);
        let later = 1.0 - (1.0 - self.loss).powf(time / (2.0 * step));
        let both = run + (1.0 - run) * later * 0.5;
        [
            FREEZE_WORTH * frozen,
            FREEZE_WORTH * frozen * both + REPEAT_WORTH * frozen * 0.5,
            REPEAT_WORTH * self.loss,
        ]
    }
}

/// The choice, frame by frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// Octaves of bits that each prediction costs more than the first.
    costs: Option<[f64; 3]>,
    chosen: Prediction,
}

impl Policy {
    /// A picture differs by so much a luma sample from the nearest frame of each prediction.
    pub(crate) fn differs(&mut self, differences: [f64; 3]) {
        let [newest, ..] = differences;
        let cost =
            |difference: f64| COST_POWER * log2(((difference + FLOOR) / (newest + FLOOR)).max(1.0));
        let costs = self.costs.get_or_insert(differences.map(cost));
        for (mean, difference) in costs.iter_mut().zip(differences) {
            *mean += COST_GAIN * (cost(difference) - *mean);
        }
    }

    /// What the next frame of layer 0 is predicted from.
    pub(crate) fn choose(&mut self, choice: AcknowledgedPrediction, link: Link) -> Prediction {
        self.chosen = match (choice, link.delay) {
            (AcknowledgedPrediction::Never, _) | (_, None) => Prediction::Newest,
            (AcknowledgedPrediction::Always, _) => Prediction::Acknowledged,
            (AcknowledgedPrediction::TwoChains, _) => Prediction::TwoChains,
            (AcknowledgedPrediction::Auto, Some(_)) if link.loss < LEAST_LOSS => Prediction::Newest,
            (AcknowledgedPrediction::Auto, Some(delay)) => self.least(link.harms(delay)),
        };
        self.chosen
    }

    fn least(&self, harms: [f64; 3]) -> Prediction {
        let costs = self.costs.unwrap_or_default();
        let total = |index: usize| {
            let inertia = if PREDICTIONS[index] == self.chosen { 0.0 } else { INERTIA };
            harms[index] + costs[index] + inertia
        };
        let least =
            (1..3).fold(0, |least, next| if total(next) < total(least) { next } else { least });
        PREDICTIONS[least]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AcknowledgedPrediction::{Always, Auto, Never, TwoChains};
    use Prediction::{Acknowledged, Newest};

    fn link(loss: f64) -> Link {
        Link { loss, run: loss, delay: Some(7.0), layers: 1 }
    }

    /// Two chains are worth nothing where the frame after a lost one is likely to be lost with it.
    #[test]
    fn in_bursts_one_of_two_chains_does_not_go_on() {
        let choose = |run: f64| {
            let mut policy = differing([2.0, 3.0, 8.0]);
            policy.choose(Auto, Link { run, ..link(0.05) })
        };
        assert_eq!(choose(0.05), Prediction::TwoChains);
        assert_eq!(choose(0.75), Acknowledged);
        // The share of all losses is the least that it can be.
        assert_eq!(choose(0.0), choose(0.05));
    }

    /// A policy of pictures that differ so much.
    fn differing(differences: [f64; 3]) -> Policy {
        let mut policy = Policy::default();
        policy.differs(differences);
        policy
    }

    #[test]
    fn loss_distance_and_cost_are_weighed() {
        let mut policy = differing([2.0, 3.0, 8.0]);
        let chains = Prediction::TwoChains;
        let steps = [
            (0.0, Newest),
            (0.005, Newest),
            (0.03, chains),
            // A loss in the other chain meanwhile is likely.
            (0.3, Acknowledged),
            (0.03, chains),
            (0.003, Newest),
        ];
        for (loss, expected) in steps {
            assert_eq!(policy.choose(Auto, link(loss)), expected, "{loss}");
        }
        // A picture that hardly changes is predicted as well from longer ago.
        let mut still = differing([0.2, 0.2, 0.2]);
        assert_eq!(still.choose(Auto, link(0.01)), Acknowledged);
        // Half of the frames are of the layer above and need no answer.
        let mut layered = differing([2.0, 3.0, 8.0]);
        let loss = 0.012;
        assert_eq!(layered.choose(Auto, Link { layers: 2, ..link(loss) }), Newest);
        assert_eq!(layered.choose(Auto, link(loss)), chains);
    }

    #[test]
    fn it_does_not_swing() {
        let choose = |before: f64, loss: f64| {
            let mut policy = differing([2.0, 3.0, 8.0]);
            policy.choose(Auto, link(before));
            policy.choose(Auto, link(loss))
        };
        let between = (0..100).map(|n| f64::from(n) * 0.0005);
        let swings = between.filter(|&loss| choose(0.0, loss) != choose(0.05, loss)).count();
        assert!(swings > 2, "{swings}");
    }

    #[test]
    fn the_caller_can_fix_it_where_frames_are_acknowledged() {
        let mut policy = differing([2.0, 3.0, 8.0]);
        assert_eq!(policy.choose(Never, link(0.5)), Newest);
        assert_eq!(policy.choose(Always, link(0.0)), Acknowledged);
        assert_eq!(policy.choose(TwoChains, link(0.0)), Prediction::TwoChains);
        for choice in [Auto, Always, TwoChains] {
            assert_eq!(policy.choose(choice, Link { delay: None, ..link(0.5) }), Newest);
        }
    }
}
