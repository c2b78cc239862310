//! Loss and feedback through the decoder: what the sender takes for decodable is decoded, exact, by a
//! receiver that got only what arrived.

use std::collections::{BTreeMap, BTreeSet};

use super::TICKS;
use super::stream_files::StreamFile;
use crate::AcknowledgedPrediction::{Always, Auto, Never, TwoChains};
use crate::kernels::random::Random;
use crate::synthetic::{Clip, Scene};
use crate::{
    Decoder, DecoderConfig, EncodeOutcome, Encoder, EncoderConfig, FrameOptions, RateMode,
    ScalabilityMode, Speed, TemporalUnit,
};

/// Names how many frames to send in all instead of a few thousand.
const FRAMES: &str = "RTAV1_LOSS_FRAMES";

fn frames(usual: u64) -> u64 {
    std::env::var(FRAMES).map_or(usual, |count| count.parse().expect(FRAMES))
}

/// A receiver at the end of a link that loses frames and what is said of them.
struct Receiver {
    random: Random,
    decoder: Decoder,
    decoded: BTreeSet<u64>,
    /// Of 1000 frames and of 1000 reports so many are lost.
    loss: usize,
    feedback_loss: usize,
    /// Frames until a report arrives at least, and how many more.
    delay: (u64, usize),
    /// By the frame before which it arrives: a frame's number, and whether it was decoded.
    reports: BTreeMap<u64, Vec<(u64, bool)>>,
    recoveries: u64,
    /// What is decoded, for other decoders.
    file: Option<StreamFile>,
}

impl Receiver {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut one_of = |values: [usize; 4]| values[random.below(4)];
        let (loss, feedback_loss) = (one_of([10, 50, 100, 300]), one_of([0, 50, 300, 600]));
        let delay = (one_of([0, 3, 8, 30]) as u64, one_of([0, 1, 4, 20]));
        Self {
            random,
            decoder: Decoder::new(DecoderConfig::default()).unwrap(),
            decoded: BTreeSet::new(),
            loss,
            feedback_loss,
            delay,
            reports: BTreeMap::new(),
            recoveries: 0,
            file: StreamFile::wanted(&format!("loss-{seed}")),
        }
    }

    /// Tells the encoder what has arrived before its frame `number`.
    fn report(&mut self, number: u64, encoder: &mut Encoder) {
        for (frame, decoded) in self.reports.remove(&number).unwrap_or_default() {
            match decoded {
                true => encoder.acknowledge(frame).unwrap(),
                false => encoder.lost(frame).unwrap(),
            }
        }
    }

    /// Takes a frame, if it arrives and all that it depends on has.
    fn take(&mut self, unit: &TemporalUnit, number: u64) {
        let frame = &unit.frames[0];
        let lost = self.random.below(1000) < self.loss;
        let whole = frame.dependencies.iter().all(|id| self.decoded.contains(id));
        self.recoveries += u64::from(frame.recovery);
        assert!(!frame.recovery || whole, "a recovery frame that cannot be decoded: {frame:?}");
        let decoded = !lost && whole;
        if decoded {
            let at = || format!("frame {}, recovery {}", frame.id, frame.recovery);
            let picture = self.decoder.decode(unit.data.clone(), unit.timestamp);
            let picture = picture.unwrap_or_else(|error| panic!("{}: {error}", at())).unwrap();
            let picture = picture.to_buffer().unwrap();
            if let Some(file) = &mut self.file {
                file.write_picture(&unit.data, &picture);
            }
            assert!(Some(picture) == frame.reconstruction, "{}", at());
            self.decoded.insert(frame.id);
        }
        for _ in 0..1 + self.random.below(2) {
            if self.random.below(1000) >= self.feedback_loss {
                let (least, more) = self.delay;
                let at = number + 1 + least + self.random.below(more + 1) as u64;
                self.reports.entry(at).or_default().push((frame.id, decoded));
            }
        }
    }
}

/// A call of so many pictures; gives recovery frames and key frames.
fn call(seed: u64, frames: u64) -> (u64, u64) {
    let mut random = Random::new(seed);
    let mut config = EncoderConfig::new(64, 48, [30_000, 80_000, 200_000][random.below(3)]);
    if random.below(3) == 0 {
        config.rate = RateMode::ConstantQindex([60, 120, 200][random.below(3)]);
    }
    // At these speeds motion is projected from references, and compound prediction used, or not.
    config.speed = Speed::new([4, 6, 10, 10][random.below(4)]).unwrap();
    config.scalability_mode = ScalabilityMode::ALL[random.below(3)];
    // Recovery frames come where frames depend on the newest ones.
    let choices = [Auto, Auto, Always, Never, Never, Never, TwoChains];
    config.acknowledged_prediction = choices[random.below(7)];
    config.reconstruction = true;
    let scene = [Scene::MovingTexture, Scene::Cuts, Scene::Text][random.below(3)];
    let clip = Clip::new(scene, 64, 48, seed).unwrap();
    let mut encoder = Encoder::new(config).unwrap();
    let mut receiver = Receiver::new(seed);
    let mut keys = 0;
    for number in 0..frames {
        receiver.report(number, &mut encoder);
        if random.below(80) == 0 {
            encoder.set_scalability_mode(ScalabilityMode::ALL[random.below(3)]).unwrap();
        }
        let picture = clip.picture(number);
        let frame = picture.as_frame(TICKS * number);
        if let EncodeOutcome::Unit(unit) = encoder.encode(&frame, FrameOptions::default()).unwrap()
        {
            keys += u64::from(unit.key_frame);
            receiver.take(&unit, number);
        }
    }
    receiver.file.into_iter().for_each(StreamFile::finish);
    (receiver.recoveries, keys)
}

#[test]
fn what_the_sender_takes_for_decodable_is_decoded() {
    let frames = frames(5_000);
    let (mut recoveries, mut keys) = (0, 0);
    for seed in 0..frames.div_ceil(200) {
        let (more_recoveries, more_keys) = call(seed, 200);
        (recoveries, keys) = (recoveries + more_recoveries, keys + more_keys);
    }
    println!("{frames} frames, {recoveries} of them recovery frames, {keys} key frames");
    assert!(recoveries * 200 > frames, "{recoveries} recovery frames");
}

/// The order hints of a frame and of one from long ago are no measure of their distance any more (5.9.3):
/// decoders agree all the same.
#[test]
fn a_frame_from_long_ago_is_referred_to() {
    for wait in [30, 62, 63, 64, 65, 100, 127, 128, 129, 300] {
        let mut config = EncoderConfig::new(64, 48, 60_000);
        config.speed = Speed::new(4).unwrap();
        config.acknowledged_prediction = Never;
        config.reconstruction = true;
        let clip = Clip::new(Scene::MovingTexture, 64, 48, 1).unwrap();
        let mut encoder = Encoder::new(config).unwrap();
        let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
        let mut recoveries = 0;
        for number in 0..wait + 20 {
            let picture = clip.picture(number);
            let frame = picture.as_frame(TICKS * number);
            let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
            let Some(unit) = outcome.into_unit() else { continue };
            let frame = &unit.frames[0];
            recoveries += u64::from(frame.recovery);
            assert_eq!(unit.key_frame, number == 0, "{wait}: {number}");
            match frame.id {
                5 => encoder.acknowledge(5).unwrap(),
                6 => encoder.lost(6).unwrap(),
                _ => {}
            }
            // All that comes between is lost as well.
            if frame.id == wait {
                (7..=wait).for_each(|id| encoder.lost(id).unwrap());
            }
            if frame.id < 6 || frame.id > wait {
                let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
                let same = Some(picture.to_buffer().unwrap()) == frame.reconstruction;
                assert!(same, "{wait}: {number}");
            }
        }
        assert_eq!(recoveries, 2, "{wait}");
    }
}

/// The bound on delay holds for frames that answer losses, and so do ceilings.
#[test]
fn answers_to_losses_keep_the_bound() {
    for (scene, ceiling) in
        [(Scene::MovingTexture, None), (Scene::Cuts, None), (Scene::Text, Some(400))]
    {
        let rate = 60_000;
        let mut config = EncoderConfig::new(176, 144, rate);
        config.speed = Speed::FASTEST;
        config.max_frame_bytes = ceiling;
        config.acknowledged_prediction = Never;
        let clip = Clip::new(scene, 176, 144, 1).unwrap();
        let mut encoder = Encoder::new(config).unwrap();
        let (mut waiting, mut recoveries, mut keys) = (0.0_f64, 0, 0);
        for number in 0..200 {
            waiting = (waiting - f64::from(rate) / 30.0).max(0.0);
            let picture = clip.picture(number);
            let frame = picture.as_frame(TICKS * number);
            let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
            let Some(unit) = outcome.unit() else { continue };
            waiting += 8.0 * unit.data.len() as f64;
            assert!(waiting <= 0.2 * f64::from(rate), "{scene:?} {number}: {waiting}");
            assert!(ceiling.is_none_or(|most| unit.data.len() <= most as usize));
            let id = unit.frames[0].id;
            recoveries += usize::from(unit.frames[0].recovery);
            keys += usize::from(unit.key_frame);
            match id.checked_sub(8) {
                Some(id) if id % 20 == 19 => encoder.lost(id).unwrap(),
                Some(id) => encoder.acknowledge(id).unwrap(),
                None => {}
            }
        }
        assert!(recoveries >= 8, "{scene:?}: {recoveries}");
        assert_eq!(keys, 1, "{scene:?}");
    }
}

/// Where frames depend on acknowledged ones only, a loss is one frame and needs no answer; left to itself
/// the encoder does so where much is lost, and where the picture stands still, and not otherwise.
#[test]
fn prediction_from_acknowledged_frames_is_chosen_where_it_pays() {
    // The share of frames that depend on the one before them.
    let run = |choice, scene, loss_every: u64| {
        let mut config = EncoderConfig::new(96, 64, 60_000);
        config.speed = Speed::FASTEST;
        config.acknowledged_prediction = choice;
        let clip = Clip::new(scene, 96, 64, 1).unwrap();
        let mut encoder = Encoder::new(config).unwrap();
        let (mut after, mut count, mut recoveries) = (0, 0, 0);
        for number in 0..400 {
            let picture = clip.picture(number);
            let frame = picture.as_frame(TICKS * number);
            let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
            let Some(unit) = outcome.unit() else { continue };
            let frame = &unit.frames[0];
            if number >= 200 {
                count += 1;
                after += u32::from(frame.dependencies.contains(&(frame.id - 1)));
                recoveries += u32::from(frame.recovery);
            }
            match frame.id.checked_sub(6) {
                Some(id) if id % loss_every == 3 => encoder.lost(id).unwrap(),
                Some(id) => encoder.acknowledge(id).unwrap(),
                None => {}
            }
        }
        (f64::from(after) / f64::from(count), recoveries)
    };
    let moving = Scene::MovingTexture;
    assert_eq!(run(Always, moving, 10), (0.0, 0));
    assert_eq!(run(Always, moving, u64::MAX), (0.0, 0));
    let (after, recoveries) = run(Never, moving, 10);
    assert!(after > 0.7 && recoveries >= 19, "{after} {recoveries}");
    assert_eq!(run(Auto, moving, u64::MAX), (1.0, 0));
    assert_eq!(run(Auto, moving, 8), (0.0, 0));
    assert_eq!(run(Auto, Scene::Flat, 20), (0.0, 0));
}

/// An encoder that hears nothing, or only of frames that are not there, writes what it always does.
#[test]
fn feedback_without_meaning_changes_nothing() {
    let run = |strange: bool| {
        let clip = Clip::new(Scene::MovingTexture, 64, 48, 1).unwrap();
        let mut encoder = Encoder::new(EncoderConfig::new(64, 48, 60_000)).unwrap();
        (0..40)
            .map(|number| {
                if strange {
                    for id in [number + 1, number + 100, u64::MAX] {
                        encoder.acknowledge(id).unwrap();
                        encoder.lost(id).unwrap();
                    }
                }
                let picture = clip.picture(number);
                let frame = picture.as_frame(TICKS * number);
                let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
                outcome.into_unit().map(|unit| unit.data)
            })
            .collect::<Vec<_>>()
    };
    assert!(run(true) == run(false));
}
