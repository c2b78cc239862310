//! The state that a stream's rate is held by, from frame to frame.

use super::bucket::Bucket;
use super::frame_dropper::FrameDropper;
use super::layer_rates::{LayerRates, TargetLink};
use super::model::{Class, Model};
use super::tuning::budget::{
    AFTER_KEY, INTERVAL_GAIN, KEY_ROOM, LEAST_BYTES, LEAST_KEY_BYTES, LEAST_ROOM, LONGEST_INTERVAL,
    MOST_ROOM, MOVING, MOVING_GAIN,
};
use super::{Decision, DropReason, FrameFacts, Limits, Outcome, QindexRange, Residual, Used};
use crate::layers::{Cascade, LayerMix, PYRAMID_LEVELS};

/// Holds the rate of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    /// Bit/s, above 0: while sending is paused, the rate before the pause.
    pub(super) rate: f64,
    /// Whether sending is paused.
    pub(super) paused: bool,
    pub(super) limits: Limits,
    /// Bytes of the smallest key frame.
    pub(super) smallest_key_bytes: u64,
    /// The indices that the caller wants frames and rows to have.
    pub(super) qindex_range: QindexRange,
    /// Mean seconds between the frames that are wanted.
    pub(super) interval: f64,
    /// The longest of the last intervals: the link must not run dry in it.
    pub(super) longest: f64,
    /// Seconds from the last wanted frame to the last frame.
    pub(super) unwanted: f64,
    /// Seconds since the last coded frame.
    pub(super) since_coded: f64,
    pub(super) bucket: Bucket,
    pub(super) model: Model,
    pub(super) dropper: FrameDropper,
    pub(super) cascade: Cascade,
    /// Rates of layers, where the caller sets them.
    pub(super) layers: LayerRates,
    /// log₂ of the step that offsets of levels are from, of the frame before.
    pub(super) last: Option<f64>,
    /// Mean difference of the frame before.
    pub(super) temporal: f32,
    /// Mean share of the picture that moves; `None` before the first inter frame.
    moving: Option<f64>,
    /// Whether the step may move without limits: rate, frame rate or kind of frame changed.
    pub(super) free: bool,
}

/// What a [`Controller`] is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ControllerSettings {
    /// Target rate in bit/s.
    pub(crate) rate: f64,
    /// Nominal frames a second.
    pub(crate) frame_rate: f64,
    /// Luma samples of a picture.
    pub(crate) samples: f64,
    /// Bytes of the smallest key frame; the limits leave room for it.
    pub(crate) smallest_key_bytes: u64,
    /// Limits.
    pub(crate) limits: Limits,
    /// Whether frames are left out while the quantizer is coarse.
    pub(crate) adaptive_frame_rate: bool,
    /// The plan's levels.
    pub(crate) cascade: Cascade,
}

impl Controller {
    /// A controller with these settings.
    pub(crate) fn new(settings: ControllerSettings) -> Self {
        let ControllerSettings { rate, frame_rate, samples, limits, cascade, .. } = settings;
        Self {
            rate,
            paused: false,
            limits,
            smallest_key_bytes: settings.smallest_key_bytes,
            qindex_range: QindexRange::default(),
            interval: frame_rate.recip(),
            longest: frame_rate.recip(),
            unwanted: 0.0,
            since_coded: 0.0,
            bucket: Bucket::default(),
            model: Model::new(samples),
            dropper: FrameDropper::new(samples, frame_rate, settings.adaptive_frame_rate),
            cascade,
            layers: LayerRates::default(),
            last: None,
            temporal: 0.0,
            moving: None,
            free: true,
        }
    }

    /// Another rate in bit/s from the next frame on. 0 pauses: every frame is dropped with
    /// [`DropReason::Paused`] while the bucket goes on draining at the rate before, until there is a
    /// rate again. Nothing else is forgotten, so the frames after a pause need no key frame.
    pub(crate) fn set_rate(&mut self, rate: f64) {
        self.paused = rate <= 0.0;
        if !self.paused {
            self.rate = rate;
        }
        self.free = true;
    }

    /// Whether the rate is 0.
    pub(crate) fn paused(&self) -> bool {
        self.paused
    }

    /// The smallest key frame has so many bytes from now on.
    pub(crate) fn set_smallest_key_bytes(&mut self, bytes: u64) {
        self.smallest_key_bytes = bytes;
    }

    /// Pictures of `samples` luma samples from the next frame on, which must be a key frame. Bucket,
    /// limits, intervals and what the model has learnt of content stay.
    pub(crate) fn resize(&mut self, samples: f64, smallest_key_bytes: u64) {
        self.smallest_key_bytes = smallest_key_bytes;
        self.model.resize(samples);
        self.dropper.resize(samples);
        self.free = true;
    }

    /// Bounds of the quantizer index from the next frame on. No frame is coded finer than `least`,
    /// or coarser than `most` for the sake of the rate; the bound on delay wins over `most`: a frame
    /// that would break it is coded coarser.
    pub(crate) fn set_qindex_range(&mut self, range: QindexRange) {
        self.qindex_range = range;
        self.free = true;
    }

    /// Another spread of quality from the next frame on.
    pub(crate) fn set_cascade(&mut self, cascade: Cascade) {
        self.cascade = cascade;
        self.free = true;
    }

    /// Layers of these mixes get these percentages of the rate from the next frame on, and the bound on
    /// delay holds for each decode target on a link of its share; without any percentages it holds for
    /// the whole, and layers get what the cascade makes of it.
    pub(crate) fn set_layer_shares(&mut self, mixes: &[LayerMix], percent: &[u8]) {
        self.layers = LayerRates::new(mixes, percent, self.bucket.bits());
        self.free = true;
    }

    /// Another nominal frame rate from the next frame on.
    pub(crate) fn set_frame_rate(&mut self, frame_rate: f64) {
        self.interval = frame_rate.recip();
        self.longest = self.interval;
        self.dropper.set_frame_rate(frame_rate);
        self.free = true;
    }

    /// The limits, to be changed from the next frame on.
    pub(crate) fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }

    /// How long the link will take for what waits, in seconds.
    pub(crate) fn delay(&self) -> f64 {
        self.bucket.bits() / self.rate
    }

    /// What to do with a frame; nothing changes before [`coded`](Self::coded) or
    /// [`dropped`](Self::dropped) tells what became of it.
    pub(crate) fn pick(&self, frame: &FrameFacts) -> Decision {
        if self.paused {
            return Decision::Drop(DropReason::Paused);
        }
        let overhead = self.limits.wire.packet_overhead;
        let key = frame.class == Class::Key;
        if !key && self.dropper.leaves_out(frame.elapsed, self.rate, overhead) {
            return Decision::Drop(DropReason::FrameRate);
        }
        let waiting = self.bucket.after(frame.elapsed, self.rate).bits();
        let interval = self.interval_with(frame.elapsed);
        let whole = TargetLink { share: 1.0, waiting };
        let mut max_bytes = self.limits.max_bytes(self.rate, waiting);
        let lower = self.layers.links(frame.temporal_id, frame.elapsed, self.rate);
        for link in lower.chain([whole]) {
            max_bytes = max_bytes.min(link.max_bytes(&self.limits, self.rate));
            if self.room(link) < self.least_room(key, link.share, interval) {
                return Decision::Drop(DropReason::LinkFull);
            }
        }
        Decision::Code(self.target(frame, waiting, interval, max_bytes))
    }

    /// Bytes of a temporal unit that the bound on delay leaves room for on a link.
    fn room(&self, link: TargetLink) -> u64 {
        link.max_bytes(&Limits { max_frame_bytes: None, ..self.limits }, self.rate)
    }

    /// Bytes of room that a frame waits for on a link of a share of the rate: never more than an empty
    /// one has, and no less than the smallest key frame where it is one.
    fn least_room(&self, key: bool, share: f64, interval: f64) -> u64 {
        let empty = self.room(TargetLink { share, waiting: 0.0 });
        let usual = share * self.rate * interval;
        let (share, least) = match key {
            true => (KEY_ROOM * empty as f64, LEAST_KEY_BYTES),
            false => (LEAST_ROOM * usual / 8.0, LEAST_BYTES),
        };
        let share = share.min(MOST_ROOM * empty as f64).ceil() as u64;
        let least = share.max(least).min(empty);
        if key { least.max(self.smallest_key_bytes) } else { least }
    }

    /// The frame was coded.
    pub(crate) fn coded(&mut self, frame: &FrameFacts, outcome: &Outcome) {
        self.pass(frame.elapsed, true);
        let wire_bits = self.limits.wire_bits(outcome.bytes);
        self.bucket = self.bucket.with(wire_bits);
        let Used { mean, greatest, log_step, .. } = outcome.used;
        // Lossless frames follow another law, and so do those that had to be small.
        if greatest > 0 && outcome.residual == Residual::Normal {
            let bits = (outcome.bytes * 8) as f64;
            self.model.learn(frame.class, frame.complexity, log_step, bits);
        }
        let base = match frame.class {
            Class::Key | Class::SceneCut => log_step - AFTER_KEY,
            Class::Inter(level) => log_step - self.octaves(frame)[level.index()],
        };
        let last = self.layers.layer(frame.temporal_id).map_or(self.last, |layer| layer.last);
        let last = match last {
            // A part of the picture was coded so finely that all of it would have been too much.
            Some(last) if outcome.residual != Residual::Normal => base.max(last),
            _ => base,
        };
        self.last = Some(last);
        self.layers.coded(frame.temporal_id, wire_bits, last);
        self.temporal = frame.complexity.temporal;
        self.moving = self.moving_with(frame);
        self.free = false;
        self.dropper.coded(mean, self.since_coded);
        self.since_coded = 0.0;
    }

    /// The mean share of the picture that moves, with this frame. Cuts and key frames say nothing of it.
    fn moving_with(&self, frame: &FrameFacts) -> Option<f64> {
        let moving = f64::from(frame.complexity.moving);
        match (frame.class, self.moving) {
            (Class::Key | Class::SceneCut, mean) => mean,
            (Class::Inter(_), Some(mean)) => Some(mean + MOVING_GAIN * (moving - mean)),
            (Class::Inter(_), None) => Some(moving),
        }
    }

    /// The octaves of levels from which this frame's is taken.
    pub(super) fn octaves(&self, frame: &FrameFacts) -> [f64; PYRAMID_LEVELS] {
        let Cascade { octaves, least, .. } = self.cascade;
        let moving = self.moving_with(frame).unwrap_or(0.0);
        let (from, to) = MOVING;
        let calm = ((to - moving) / (to - from)).clamp(0.0, 1.0);
        let share = least + (1.0 - least) * calm;
        octaves.map(|octaves| share * octaves)
    }

    /// The frame was left out.
    pub(crate) fn dropped(&mut self, frame: &FrameFacts, reason: DropReason) {
        match reason {
            DropReason::Paused => self.pause(frame.elapsed),
            _ => self.pass(frame.elapsed, reason != DropReason::FrameRate),
        }
    }

    /// A frame was left out because the rate is 0, `elapsed` seconds after the one before. That says
    /// nothing of how coarse frames are.
    pub(crate) fn pause(&mut self, elapsed: f64) {
        let since_coded = self.since_coded;
        self.pass(elapsed, true);
        self.since_coded = since_coded;
    }

    fn pass(&mut self, elapsed: f64, wanted: bool) {
        self.bucket = self.bucket.after(elapsed, self.rate);
        self.layers.pass(elapsed, self.rate);
        self.since_coded += elapsed;
        self.dropper.pass(elapsed, wanted);
        if wanted {
            (self.longest, self.interval) =
                (self.longest_with(elapsed), self.interval_with(elapsed));
            self.unwanted = 0.0;
        } else {
            self.unwanted += elapsed;
        }
    }

    /// Seconds since the last frame that was wanted.
    pub(super) fn since_wanted(&self, elapsed: f64) -> f64 {
        elapsed + self.unwanted
    }

    /// The mean interval with the one before this frame.
    pub(super) fn interval_with(&self, elapsed: f64) -> f64 {
        let elapsed = self.since_wanted(elapsed);
        if elapsed <= 0.0 {
            return self.interval;
        }
        let counted = elapsed.min(LONGEST_INTERVAL * self.interval);
        self.interval + INTERVAL_GAIN * (counted - self.interval)
    }

    /// The longest interval with the one before this frame: it is forgotten as the mean is learnt.
    pub(super) fn longest_with(&self, elapsed: f64) -> f64 {
        let elapsed = self.since_wanted(elapsed);
        let faded = self.longest + INTERVAL_GAIN * (self.interval - self.longest);
        faded.max(elapsed.min(LONGEST_INTERVAL * self.interval))
    }
}
