//! Plans against a receiver that keeps slots of its own, over links that lose frames and feedback.

use std::collections::{BTreeMap, BTreeSet};

use super::planner::Planner;
use super::receiver::FrameState;
use super::{FramePlan, Prediction, PyramidLevel};
use crate::config::ScalabilityMode;
use crate::kernels::random::Random;

/// Frames by number through the slots: what each name reads, frame by frame.
#[test]
fn without_feedback_slots_are_those_of_the_table() {
    let mut planner = Planner::new(ScalabilityMode::L1T1);
    let mut slots = [0_u64; 8];
    let mut key = 0;
    for number in 0..400_u64 {
        let asked = matches!(number, 13 | 14 | 200);
        let frame = planner.next(asked);
        assert_eq!(frame, planner.next(asked), "a plan that is not taken leaves nothing behind");
        assert_eq!(frame.key_frame, asked || number == 0);
        assert_eq!(u64::from(frame.order_hint), number % 128);
        if frame.key_frame {
            key = number;
            assert_eq!((frame.refresh, frame.primary), (0xff, None));
        } else {
            let since = number - key;
            let anchor = key + (since - 1) / 8 * 8;
            let before = number.saturating_sub(2).max(key);
            let older = anchor.saturating_sub(8).max(key);
            let read = frame.reads.map(|slot| slots[usize::from(slot)]);
            let last = number - 1;
            assert_eq!(read, [last, before, older, anchor, last, last, before], "{number}");
            assert_eq!(frame.primary, Some(0));
            assert_eq!(frame.level == PyramidLevel::Anchor, since.is_multiple_of(8));
        }
        for (slot, held) in slots.iter_mut().enumerate() {
            if (frame.refresh >> slot) & 1 != 0 {
                *held = number;
            }
            // 5.9.3: distances hold within half of the range.
            assert!(number - *held < 64, "slot {slot} at {number}");
        }
        assert_eq!(planner.commit(&frame).id, number);
    }
}

/// A link and what is at its end.
struct Link {
    loss: f64,
    /// Mean frames of a burst of losses.
    burst: f64,
    feedback_loss: f64,
    /// Frames until feedback arrives, and how many more it may take.
    delay: (u64, usize),
    /// Frames of temporal layers from this one on are left out on the way.
    layers: u8,
}

/// What is said of a frame.
#[derive(Clone, Copy, Debug)]
enum Said {
    Has(u64),
    Lacks(u64),
}

struct Simulation {
    planner: Planner,
    random: Random,
    link: Link,
    in_burst: bool,
    /// The receiver's slots.
    slots: [Option<u64>; 8],
    decoded: BTreeSet<u64>,
    /// By the number of the frame before which it arrives.
    feedback: BTreeMap<u64, Vec<Said>>,
    /// What has arrived.
    lacks: BTreeSet<u64>,
    has: BTreeSet<u64>,
    layer: Vec<u8>,
    keys: Vec<u64>,
    recoveries: u64,
    /// Frames of the layers that are not left out, and those that could not be shown.
    sent: u64,
    frozen: u64,
}

impl Simulation {
    fn new(mode: ScalabilityMode, link: Link, seed: u64) -> Self {
        Self {
            planner: Planner::new(mode),
            random: Random::new(seed),
            link,
            in_burst: false,
            slots: [None; 8],
            decoded: BTreeSet::new(),
            feedback: BTreeMap::new(),
            lacks: BTreeSet::new(),
            has: BTreeSet::new(),
            layer: Vec::new(),
            keys: Vec::new(),
            recoveries: 0,
            sent: 0,
            frozen: 0,
        }
    }

    fn chance(&mut self, share: f64) -> bool {
        (self.random.below(1_000_000) as f64) < share * 1e6
    }

    fn loses(&mut self) -> bool {
        let Link { loss, burst, .. } = self.link;
        let leave = burst.recip();
        let enter = leave * loss / (1.0 - loss);
        self.in_burst = self.chance(if self.in_burst { 1.0 - leave } else { enter });
        self.in_burst
    }

    fn frame(&mut self) {
        let id = self.planner.receiver().next_id();
        for said in self.feedback.remove(&id).unwrap_or_default() {
            match said {
                Said::Has(frame) => {
                    self.planner.acknowledge(frame);
                    if !self.lacks.contains(&frame) {
                        self.has.insert(frame);
                    }
                }
                Said::Lacks(frame) => {
                    self.planner.lost(frame);
                    let state = self.planner.receiver().state(frame);
                    if frame < id && state != Some(FrameState::Acknowledged) {
                        self.lacks.insert(frame);
                    }
                }
            }
        }
        let plan = self.planner.next(false);
        self.check(id, &plan);
        let held = *self.planner.receiver().slots();
        let lineage = self.planner.commit(&plan);
        assert_eq!(lineage.id, id);
        self.layer.push(plan.layer.temporal_id);
        self.arrive(id, &plan, held.map(|held| held.map(|held| held.id)));
    }

    /// What holds of every plan.
    fn check(&mut self, id: u64, plan: &FramePlan) {
        let slots = *self.planner.receiver().slots();
        for (slot, held) in slots.iter().enumerate() {
            let Some(held) = held else { continue };
            if held.state == FrameState::Acknowledged {
                assert!(self.decoded.contains(&held.id), "{id}: {held:?} was never decoded");
                assert_eq!(self.slots[slot], Some(held.id), "{id}: slot {slot}");
            }
        }
        if plan.key_frame {
            self.keys.push(id);
            return;
        }
        self.recoveries += u64::from(plan.recovery);
        for slot in plan.reads {
            let held = slots[usize::from(slot)].expect("a slot that holds a frame");
            assert!(!self.lacks.contains(&held.id), "{id} reads {held:?}");
            assert_ne!(held.state, FrameState::Damaged, "{id} reads {held:?}");
            if plan.recovery {
                assert_eq!(held.state, FrameState::Acknowledged, "{id} reads {held:?}");
            }
            let layer = plan.layer.temporal_id;
            assert!(held.temporal_id < layer || layer == 0 && held.temporal_id == 0);
        }
        // The newest acknowledged frame stays.
        let acknowledged = |held: &&super::receiver::Held| {
            held.state == FrameState::Acknowledged && held.temporal_id == 0
        };
        let newest = slots.iter().flatten().filter(acknowledged).map(|held| held.id).max();
        let after = (0..8).filter(|slot| (plan.refresh >> slot) & 1 == 0);
        let stays = after.filter_map(|slot| slots[slot]).any(|held| Some(held.id) == newest);
        assert!(newest.is_none() || stays, "{id} overwrites {newest:?}");
    }

    fn arrive(&mut self, id: u64, plan: &FramePlan, held: [Option<u64>; 8]) {
        if plan.layer.temporal_id >= self.link.layers {
            return;
        }
        self.sent += 1;
        let read = |slot: u8| {
            self.slots[usize::from(slot)] == held[usize::from(slot)]
                && held[usize::from(slot)].is_some_and(|id| self.decoded.contains(&id))
        };
        let whole = plan.key_frame || plan.reads.into_iter().all(read);
        let said = if !self.loses() && whole {
            self.decoded.insert(id);
            for slot in (0..8).filter(|slot| (plan.refresh >> slot) & 1 != 0) {
                self.slots[slot] = Some(id);
            }
            Said::Has(id)
        } else {
            self.frozen += 1;
            Said::Lacks(id)
        };
        let (least, more) = self.link.delay;
        for _ in 0..2 {
            let lost = self.link.feedback_loss;
            if !self.chance(lost) {
                let at = id + 1 + least + self.random.below(more + 1) as u64;
                self.feedback.entry(at).or_default().push(said);
            }
        }
        // Of frames that do not exist, or no more.
        let at = id + 1 + self.random.below(30) as u64;
        let strange = match self.random.below(40) {
            0 => Said::Has(id + 1000),
            1 => Said::Lacks(id + 1000),
            _ => return,
        };
        self.feedback.entry(at).or_default().push(strange);
    }
}

fn link(loss: f64, delay: (u64, usize)) -> Link {
    Link { loss, burst: 1.0, feedback_loss: 0.05, delay, layers: 8 }
}

const PREDICTIONS: [Prediction; 3] =
    [Prediction::Newest, Prediction::TwoChains, Prediction::Acknowledged];

#[test]
fn every_plan_is_decodable_by_what_the_receiver_said() {
    for seed in 0..400 {
        let mut random = Random::new(1000 + seed);
        let mode = ScalabilityMode::ALL[random.below(3)];
        let link = Link {
            loss: [0.0, 0.01, 0.1, 0.3][random.below(4)],
            burst: [1.0, 4.0][random.below(2)],
            feedback_loss: [0.0, 0.1, 0.5, 1.0][random.below(4)],
            delay: (random.below(40) as u64, [0, 3, 30][random.below(3)]),
            layers: [1, 2, 8][random.below(3)],
        };
        let mut simulation = Simulation::new(mode, link, seed);
        for number in 0..500 {
            match random.below(60) {
                0 => simulation.planner.set_mode(ScalabilityMode::ALL[random.below(3)]),
                1 => simulation.planner.set_prediction(PREDICTIONS[number % 3]),
                _ => {}
            }
            simulation.frame();
        }
    }
}

/// While feedback flows there is no key frame after the first few, and the receiver shows what was not
/// lost but for the time that a report takes.
#[test]
fn losses_are_answered_without_key_frames() {
    for &mode in ScalabilityMode::ALL {
        for (loss, most) in [(0.01, 0.11), (0.05, 0.38), (0.1, 0.6)] {
            let mut simulation = Simulation::new(mode, link(loss, (6, 2)), 7);
            (0..20_000).for_each(|_| simulation.frame());
            let late = simulation.keys.iter().filter(|&&key| key > 100).count();
            assert_eq!(late, 0, "{mode} at {loss}: {:?}", simulation.keys);
            let frozen = simulation.frozen as f64 / simulation.sent as f64;
            assert!(frozen < most, "{mode} at {loss}: {frozen}");
            assert!(simulation.recoveries > 30, "{mode} at {loss}: {}", simulation.recoveries);
        }
    }
}

/// Where layer 0 reads acknowledged frames only, a loss costs its own frame, and those of the layers
/// above until the next of layer 0.
#[test]
fn acknowledged_frames_alone_make_a_loss_cost_its_own_frame() {
    for (mode, most) in [(0, 1.1), (1, 1.7), (2, 2.2)] {
        let mode = ScalabilityMode::ALL[mode];
        let mut simulation = Simulation::new(mode, link(0.1, (6, 2)), 7);
        simulation.planner.set_prediction(Prediction::Acknowledged);
        (0..20_000).for_each(|_| simulation.frame());
        let frozen = simulation.frozen as f64 / simulation.sent as f64;
        assert!(frozen < 0.1 * most, "{mode}: {frozen}");
        assert!(simulation.keys.iter().all(|&key| key < 100), "{:?}", simulation.keys);
    }
}

/// Of two chains a loss breaks one: frames of layer 0 never build on the frame before, one in each
/// chain is an anchor, and a broken chain starts again from what is acknowledged while the other goes on.
#[test]
fn one_of_two_chains_goes_on_while_the_other_is_broken() {
    for (&mode, step) in ScalabilityMode::ALL.iter().zip([1, 2, 4]) {
        let mut planner = Planner::new(mode);
        planner.set_prediction(Prediction::TwoChains);
        // Losses arrive 8 frames late: frame 160 and those that depend on it do not come.
        let (mut missing, mut anchors) = (BTreeSet::from([160]), Vec::new());
        let mut shown = Vec::new();
        for id in 0..240_u64 {
            if let Some(old) = id.checked_sub(8) {
                match missing.contains(&old) {
                    true => planner.lost(old),
                    false => planner.acknowledge(old),
                }
            }
            let plan = planner.next(false);
            assert!(!plan.recovery && plan.key_frame == (id == 0), "{mode} {id}: {plan:?}");
            if id >= 100 && plan.level == PyramidLevel::Anchor {
                anchors.push(id / step % 2);
            }
            let lineage = planner.commit(&plan);
            if id >= 32 && plan.layer.temporal_id == 0 {
                assert!(!lineage.dependencies.contains(&(id - step)), "{mode} {id}");
            }
            if lineage.dependencies.iter().any(|dependency| missing.contains(dependency)) {
                missing.insert(id);
            }
            if id >= 160 && !missing.contains(&id) {
                shown.push(id);
            }
        }
        // The frames of the layers above that follow one that is broken are not shown either.
        let gap = shown.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(gap <= step + 1, "{mode}: {shown:?}");
        assert!((159 + 12..240).all(|id| !missing.contains(&id)), "{mode}: {missing:?}");
        assert!(anchors.contains(&0) && anchors.contains(&1), "{mode}: {anchors:?}");
    }
}

#[test]
fn a_lost_frame_of_the_highest_layer_is_no_event() {
    for mode in [ScalabilityMode::L1T2, ScalabilityMode::L1T3] {
        let mut planners = [Planner::new(mode), Planner::new(mode)];
        for _ in 0..100 {
            let [heard, other] = &mut planners;
            let plan = heard.next(false);
            assert_eq!(plan, other.next(false));
            let id = heard.commit(&plan).id;
            other.commit(&plan);
            if plan.level == PyramidLevel::Top {
                heard.lost(id);
            }
        }
    }
}

#[test]
fn a_loss_with_nothing_acknowledged_is_answered_by_a_key_frame() {
    let mut planner = Planner::new(ScalabilityMode::L1T3);
    let next = |planner: &mut Planner| {
        let plan = planner.next(false);
        planner.commit(&plan);
        plan
    };
    for _ in 0..20 {
        next(&mut planner);
    }
    // Of layer 1: only the frame after it would have read it.
    planner.lost(18);
    let plan = planner.next(false);
    assert!(!plan.key_frame && !plan.recovery);
    assert_eq!(plan.layer.temporal_id, 0);
    planner.lost(16);
    assert!(next(&mut planner).key_frame);
    let frames: Vec<_> = (0..20).map(|_| next(&mut planner)).collect();
    assert!(frames.iter().all(|plan| !plan.key_frame && !plan.recovery));
    // The same slots as at the start.
    let mut other = Planner::new(ScalabilityMode::L1T3);
    next(&mut other);
    assert!(frames.iter().all(|plan| plan.reads == next(&mut other).reads));
}

#[test]
fn a_recovery_frame_is_of_layer_0_and_follows_acknowledged_frames() {
    let mut planner = Planner::new(ScalabilityMode::L1T3);
    for id in 0..40 {
        let plan = planner.next(false);
        planner.commit(&plan);
        if id >= 6 {
            planner.acknowledge(id - 6);
        }
    }
    planner.lost(36);
    let plan = planner.next(false);
    assert!(plan.recovery && plan.layer.temporal_id == 0 && plan.place == 0, "{plan:?}");
    let held = planner.receiver().slots();
    let newest = plan.reads.map(|slot| held[usize::from(slot)].unwrap().id);
    assert_eq!(newest[0], 32, "{newest:?}");
    for (slot, held) in held.iter().enumerate() {
        let damaged = held.unwrap().state == FrameState::Damaged;
        assert!(!damaged || (plan.refresh >> slot) & 1 != 0, "slot {slot} is written");
    }
    planner.commit(&plan);
    let plan = planner.next(false);
    assert_eq!((plan.recovery, plan.layer.temporal_id, plan.place), (false, 2, 1));
}
