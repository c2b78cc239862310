//! Whether layer 0 is predicted from acknowledged frames only.
//!
//! Prediction from the last frame is cheapest, but a loss then freezes the picture until a recovery frame
//! arrives: for the frames that an acknowledgement takes, and one. Prediction from the newest
//! acknowledged frame makes a loss cost its own frame, and makes every frame larger. Both sides are
//! measured: loss and frames by what is told of frames, what prediction over the distance costs by how
//! much more a picture differs from the one than from the other.

use crate::config::AcknowledgedPrediction;
use crate::kernels::logarithm::log2;

/// Octaves of the rate that are given so that no picture is frozen: a tenth of the time is worth 30 %
/// more bits. More freezes less and is less sharp. Not swept; on 26 November 2026 `call` with L1T2 and 200 ms
/// there and back was frozen for 4.6, 4.0 and 3.5 % of the time at 2, 5 and 10 % loss, and 1.9, 2.6 and
/// 3.2 dB below the call without loss, means of seven seeds.
const FREEZE_WORTH: f64 = 4.0;
/// How much less than its cost it must be worth to be given up: it should not swing.
const GIVEN_UP: f64 = 0.5;
/// Share of frames lost below which recovery frames do.
const LEAST_LOSS: f64 = 0.004;
/// Share of a frame's cost that the mean takes over.
const COST_GAIN: f64 = 0.1;
/// Power of the difference that inter frames cost, as in the model of bits.
const COST_POWER: f64 = 0.7;
/// Difference a sample that coding leaves between a picture and its own past, at least.
const FLOOR: f64 = 0.5;

/// The choice, frame by frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// Octaves of bits that prediction from the acknowledged frame costs more.
    cost: Option<f64>,
    on: bool,
}

impl Policy {
    /// A picture differs by so much a luma sample from the newest frame, and from the newest acknowledged
    /// one.
    pub(crate) fn differs(&mut self, [newest, acknowledged]: [f64; 2]) {
        let ratio = (acknowledged + FLOOR) / (newest + FLOOR);
        let cost = COST_POWER * log2(ratio.max(1.0));
        self.cost = Some(self.cost.map_or(cost, |mean| mean + COST_GAIN * (cost - mean)));
    }

    /// Whether the next frame is to be predicted from acknowledged ones only, where `loss` of the frames
    /// are lost and an acknowledgement takes `delay` frames.
    pub(crate) fn choose(
        &mut self,
        choice: AcknowledgedPrediction,
        loss: f64,
        delay: Option<f64>,
    ) -> bool {
        self.on = match (choice, delay) {
            (AcknowledgedPrediction::Never, _) | (_, None) => false,
            (AcknowledgedPrediction::Always, _) => true,
            (AcknowledgedPrediction::Auto, Some(_)) if loss < LEAST_LOSS => false,
            (AcknowledgedPrediction::Auto, Some(delay)) => {
                let frozen = (loss * (delay + 1.0)).min(1.0) - loss;
                let least = if self.on { GIVEN_UP } else { 1.0 };
                FREEZE_WORTH * frozen > least * self.cost.unwrap_or(0.0)
            }
        };
        self.on
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AcknowledgedPrediction::{Always, Auto, Never};

    #[test]
    fn loss_distance_and_cost_are_weighed() {
        let mut policy = Policy::default();
        policy.differs([2.0, 4.0]);
        assert!(!policy.choose(Auto, 0.0, Some(7.0)), "without loss");
        assert!(!policy.choose(Auto, 0.01, Some(7.0)), "a loss a few seconds");
        assert!(policy.choose(Auto, 0.05, Some(7.0)));
        assert!(policy.choose(Auto, 0.015, Some(7.0)), "it does not swing");
        assert!(!policy.choose(Auto, 0.005, Some(7.0)));
        assert!(!policy.choose(Auto, 0.05, None), "nothing is acknowledged");
        // A picture that hardly changes is predicted as well from longer ago.
        for _ in 0..50 {
            policy.differs([0.2, 0.3]);
        }
        assert!(policy.choose(Auto, 0.01, Some(7.0)));
        assert!(!policy.choose(Never, 0.5, Some(7.0)));
        assert!(policy.choose(Always, 0.0, Some(7.0)));
        assert!(!policy.choose(Always, 0.0, None));
    }
}
