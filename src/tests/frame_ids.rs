//! What is said of a unit's frames, against the headers that the unit holds.

use std::collections::BTreeSet;

use super::TICKS;
use crate::synthetic::{Clip, Scene};
use crate::{
    Encoder, EncoderConfig, FrameOptions, Rates, Rational, ScalabilityMode, Speed, StreamInspector,
    TemporalUnit,
};

/// Follows a stream by its headers alone.
#[derive(Default)]
struct Follower {
    inspector: StreamInspector,
    coded: u64,
    /// The frame in each slot, by its number in coding order.
    slots: [Option<u64>; 8],
}

impl Follower {
    fn check(&mut self, unit: &TemporalUnit) {
        let info = self.inspector.inspect(&unit.data).unwrap();
        assert_eq!(unit.key_frame, info.starts_sequence());
        assert_eq!(unit.frames.len(), info.frames.len());
        for (said, read) in unit.frames.iter().zip(&info.frames) {
            assert_eq!(said.id, self.coded);
            let slots = read.ref_frame_idx.iter().flatten();
            let needed: BTreeSet<u64> =
                slots.map(|&slot| self.slots[usize::from(slot)].unwrap()).collect();
            assert!(said.dependencies.iter().eq(&needed), "{said:?} needs {needed:?}");
            assert_eq!(needed.is_empty(), read.is_key());
            assert_eq!(said.qindex, read.base_q_idx);
            assert_eq!((said.width, said.height), (read.width, read.height));
            let layer = read.layer;
            assert_eq!((said.temporal_id, said.spatial_id), (layer.temporal_id, layer.spatial_id));
            for (slot, held) in self.slots.iter_mut().enumerate() {
                if (read.refresh_frame_flags >> slot) & 1 != 0 {
                    *held = Some(self.coded);
                }
            }
            self.coded += 1;
        }
    }
}

#[test]
fn ids_and_dependencies_are_those_of_the_headers() {
    for &mode in ScalabilityMode::ALL {
        check_headers(mode);
    }
}

fn check_headers(mode: ScalabilityMode) {
    let clip = Clip::new(Scene::MovingTexture, 64, 48, 0).unwrap();
    let mut config = EncoderConfig::new(64, 48, 60_000);
    config.speed = Speed::FASTEST;
    config.scalability_mode = mode;
    let mut encoder = Encoder::new(config).unwrap();
    let (mut follower, mut dropped) = (Follower::default(), 0);
    for number in 0..80 {
        match number {
            20 | 21 => encoder.request_key_frame().unwrap(),
            40 => encoder.set_rates(Rates::new(3_000, Rational::new(30, 1))).unwrap(),
            60 => encoder.set_rates(Rates::new(90_000, Rational::new(30, 1))).unwrap(),
            _ => {}
        }
        let picture = clip.picture(number);
        let frame = picture.as_frame(TICKS * number);
        let outcome = encoder.encode(&frame, FrameOptions::default()).unwrap();
        if let Some(id) = follower.coded.checked_sub(7).filter(|_| number > 30) {
            let told = if id % 9 == 0 { encoder.lost(id) } else { encoder.acknowledge(id) };
            told.unwrap();
        }
        dropped += u64::from(outcome.dropped().is_some());
        if let Some(unit) = outcome.unit() {
            follower.check(unit);
        }
    }
    assert!(dropped > 5, "{dropped} were dropped");
    assert_eq!(follower.coded + dropped, 80);
}

#[cfg(feature = "rav1e")]
#[test]
fn engines_with_delay_say_the_same() {
    use crate::{EngineKind, RateMode};
    let mut config = EncoderConfig::new(64, 48, 60_000);
    config.engine = EngineKind::Rav1e;
    config.rate = RateMode::ConstantQindex(120);
    config.speed = Speed::FASTEST;
    let clip = Clip::new(Scene::MovingTexture, 64, 48, 0).unwrap();
    let units = super::encode(config, clip, 30, &[7, 20]);
    let mut follower = Follower::default();
    units.iter().for_each(|unit| follower.check(unit));
    assert!(follower.coded >= 30);
}
