//! Temporal layers with rates of their own: the budget of each, and what waits for links that carry
//! only the lower ones.

use super::Limits;
use super::bucket::Bucket;
use crate::layers::{LayerMix, PYRAMID_LEVELS};

/// A layer with a share of the rate.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerRate {
    /// Share of the rate.
    pub(super) share: f64,
    /// Share of the frames.
    pub(super) frames: f64,
    /// Share of each level among its frames.
    pub(super) levels: [f64; PYRAMID_LEVELS],
    /// Its frames, on a link of its share: what its budgets go by.
    own: Bucket,
    /// Share of the rate of it and the layers below.
    cumulative: f64,
    /// Their frames, on a link of that share: what no frame may break.
    decode_target: Bucket,
    /// log₂ of the step that offsets of levels are from, of the layer's frame before.
    pub(super) last: Option<f64>,
}

/// A link that carries the frames of a decode target, as it is when a frame comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetLink {
    /// Share of the rate.
    pub(super) share: f64,
    /// Bits that wait.
    pub(super) waiting: f64,
}

/// The layers, lowest first; none where the caller sets no shares.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerRates(Vec<LayerRate>);

impl LayerRates {
    /// Layers of these mixes and percentages of the rate, while `waiting` bits wait for the whole link:
    /// they are taken to be as late on the others.
    pub(super) fn new(mixes: &[LayerMix], percent: &[u8], waiting: f64) -> Self {
        let mut cumulative = 0.0;
        let layers = mixes.iter().zip(percent).map(|(mix, &percent)| {
            let share = f64::from(percent) / 100.0;
            cumulative += share;
            LayerRate {
                share,
                frames: mix.frames,
                levels: mix.levels,
                own: Bucket::default().with(share * waiting),
                cumulative,
                decode_target: Bucket::default().with(cumulative * waiting),
                last: None,
            }
        });
        Self(layers.collect())
    }

    /// The layer of a frame; `None` if layers have no rates of their own.
    pub(super) fn layer(&self, temporal_id: u8) -> Option<&LayerRate> {
        self.0.get(usize::from(temporal_id).min(self.0.len().saturating_sub(1)))
    }

    /// The links of lower decode targets that a frame `elapsed` seconds after the one before goes to.
    pub(super) fn links(
        &self,
        temporal_id: u8,
        elapsed: f64,
        rate: f64,
    ) -> impl Iterator<Item = TargetLink> {
        let lower = &self.0[..self.0.len().saturating_sub(1)];
        let layers = lower.iter().skip(temporal_id.into());
        layers.map(move |layer| TargetLink {
            share: layer.cumulative,
            waiting: layer.decode_target.after(elapsed, layer.cumulative * rate).bits(),
        })
    }

    /// `elapsed` seconds pass.
    pub(super) fn pass(&mut self, elapsed: f64, rate: f64) {
        for layer in &mut self.0 {
            layer.own = layer.own.after(elapsed, layer.share * rate);
            layer.decode_target = layer.decode_target.after(elapsed, layer.cumulative * rate);
        }
    }

    /// A frame of so many bits was coded, by a step that is `log_step` without the offset of its level.
    pub(super) fn coded(&mut self, temporal_id: u8, bits: f64, log_step: f64) {
        let highest = self.0.len().saturating_sub(1);
        let own = usize::from(temporal_id).min(highest);
        for (index, layer) in self.0.iter_mut().enumerate().skip(own) {
            layer.decode_target = layer.decode_target.with(bits);
            if index == own {
                layer.own = layer.own.with(bits);
                layer.last = Some(log_step);
            }
        }
    }
}

impl LayerRate {
    /// Bits of its frames that wait for a link of its share.
    pub(super) fn waiting(&self, elapsed: f64, rate: f64) -> f64 {
        self.own.after(elapsed, self.share * rate).bits()
    }
}

impl TargetLink {
    /// The most bytes of a frame that the bound on delay leaves room for.
    pub(super) fn max_bytes(self, limits: &Limits, rate: f64) -> u64 {
        limits.max_bytes(self.share * rate, self.waiting)
    }
}
