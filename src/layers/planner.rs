//! The plan of each frame: the place in the structure's pattern, and the slots behind its names.
//!
//! Until a receiver acknowledges frames, slots are those of the tables. From then on the slots of the
//! tables are names only: each frame goes into one slot that nothing else needs, so that those left
//! over hold frames that may yet be acknowledged, and always the newest that was.

use super::receiver::{Coded, FrameState, Held, Lineage, Receiver};
use super::retention::{Kept, victim};
use super::structure::{PERIOD, Position, Structure};
use super::{FramePlan, ORDER_HINT_BITS, Prediction, PyramidLevel};
use crate::av1::obu::LayerId;
use crate::av1::obu::frame::NUM_REF_FRAMES;
use crate::config::ScalabilityMode;

/// Plans the frames of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Planner {
    structure: &'static Structure,
    /// Place of the next frame in the pattern, unless it is a key frame.
    place: usize,
    /// Whether there was a key frame since the start or the last change of size.
    started: bool,
    order_hint: u8,
    receiver: Receiver,
    /// The frame that the tables mean by each of their slots.
    named: [u64; NUM_REF_FRAMES],
    /// Whether slots are chosen frame by frame.
    mapped: bool,
    prediction: Prediction,
}

impl Planner {
    /// A stream with these layers.
    pub(crate) fn new(mode: ScalabilityMode) -> Self {
        Self {
            structure: Structure::of(mode),
            place: 0,
            started: false,
            order_hint: 0,
            receiver: Receiver::default(),
            named: [0; NUM_REF_FRAMES],
            mapped: false,
            prediction: Prediction::Newest,
        }
    }

    /// How the structure spreads quality.
    pub(crate) fn structure(&self) -> &'static Structure {
        self.structure
    }

    /// Other layers from the next frame on, which is of layer 0.
    pub(crate) fn set_mode(&mut self, mode: ScalabilityMode) {
        let structure = Structure::of(mode);
        if std::ptr::eq(structure, self.structure) {
            return;
        }
        self.structure = structure;
        self.place = 0;
        if self.started {
            self.mapped = true;
            // Each pair of the new pattern starts with its first slot.
            for pair in [0, 2] {
                if self.named[pair] > self.named[pair + 1] {
                    self.named.swap(pair, pair + 1);
                }
            }
        }
    }

    /// What is known of the receiver.
    pub(crate) fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// The receiver has decoded a frame.
    pub(crate) fn acknowledge(&mut self, id: u64) {
        self.receiver.acknowledge(id);
        self.mapped |= self.receiver.acknowledges();
    }

    /// The receiver will not have a frame.
    pub(crate) fn lost(&mut self, id: u64) {
        self.receiver.lost(id);
        let damaged = |held: &Held| held.state == FrameState::Damaged;
        self.mapped |= self.receiver.slots().iter().flatten().any(damaged);
    }

    /// What frames of layer 0 are to read, where a frame is acknowledged.
    pub(crate) fn set_prediction(&mut self, prediction: Prediction) {
        self.prediction = prediction;
    }

    /// The slots of the newest frame that a frame of layer 0 would read by each [`Prediction`]; `None`
    /// while nothing is acknowledged.
    pub(crate) fn nearest(&self) -> Option<[u8; 3]> {
        // First, as it takes no memory while it is none.
        let acknowledged = self.candidates(true).first()?.0;
        let newest = self.candidates(false).first()?.0;
        Some([newest, self.chain().first()?.0, acknowledged])
    }

    /// The next frame starts a sequence of another size.
    pub(crate) fn restart(&mut self) {
        (self.started, self.order_hint) = (false, 0);
    }

    /// What the next frame would be; the first is a key frame whatever is asked for, and so is one that
    /// would follow a loss with nothing that is known to be there.
    pub(crate) fn next(&self, key_frame: bool) -> FramePlan {
        let plan = self.plan(key_frame);
        let last = self.receiver.slots()[usize::from(plan.reads[0])].filter(|_| !plan.key_frame);
        let distance = last.map_or(1, |last| self.receiver.next_id() - last.id);
        FramePlan { distance: u8::try_from(distance).unwrap_or(u8::MAX), ..plan }
    }

    fn plan(&self, key_frame: bool) -> FramePlan {
        if key_frame || !self.started {
            return self.key_frame();
        }
        let acknowledged = self.candidates(true);
        let harmless = self.prediction != Prediction::Newest && !acknowledged.is_empty();
        if !harmless && self.base_is_damaged() {
            return self.recovery().unwrap_or_else(|| self.key_frame());
        }
        let position = &self.structure.positions[self.place];
        let plan = FramePlan {
            key_frame: false,
            reads: position.reads,
            refresh: position.refresh,
            primary: Some(0),
            order_hint: self.order_hint,
            layer: LayerId { temporal_id: position.temporal_id, spatial_id: 0 },
            level: if harmless { self.chain_level() } else { position.level },
            place: self.place as u8,
            distance: 1,
            recovery: false,
        };
        if !self.mapped {
            let anchor = position.level == PyramidLevel::Anchor;
            let unused = if anchor { self.structure.unused } else { 0 };
            return FramePlan { refresh: position.refresh | unused, ..plan };
        }
        let reads = match (harmless, position.temporal_id) {
            (true, 0) if self.prediction == Prediction::TwoChains => names(&self.chain()),
            (true, 0) => names(&acknowledged),
            (true, _) => {
                // One frame that may be lost is enough.
                let [_, _, third, anchor, _, _, _] = names(&acknowledged);
                let (last, second) = (self.mapped_reads(position)[0], acknowledged[0].0);
                [last, second, third, anchor, last, last, second]
            }
            (false, _) => self.mapped_reads(position),
        };
        let refresh = if position.refresh == 0 { 0 } else { 1 << self.victim(position) };
        FramePlan { reads, refresh, ..plan }
    }

    /// The class of the frame at hand where there are two chains: anchors of the tables are all of one
    /// chain, so that one of two, with all that follows it, goes over to the other.
    fn chain_level(&self) -> PyramidLevel {
        let step = 1 << (self.structure.layers - 1);
        let late = self.prediction == Prediction::TwoChains && self.place >= PERIOD / 2;
        self.structure.positions[self.place - if late { step } else { 0 }].level
    }

    fn key_frame(&self) -> FramePlan {
        FramePlan {
            key_frame: true,
            reads: [0; 7],
            refresh: 0xff,
            primary: None,
            order_hint: self.order_hint,
            layer: LayerId::default(),
            level: PyramidLevel::Anchor,
            place: 0,
            distance: 1,
            recovery: false,
        }
    }

    /// The first frame of a pattern, from acknowledged frames only. It takes the place of all that is
    /// damaged.
    fn recovery(&self) -> Option<FramePlan> {
        let found = self.candidates(true);
        if found.is_empty() {
            return None;
        }
        let damaged = |held: &Option<Held>| held.is_some_and(|h| h.state == FrameState::Damaged);
        let slots = self.receiver.slots().iter().enumerate();
        let damaged = slots.filter(|(_, held)| damaged(held)).fold(0, |mask, (s, _)| mask | 1 << s);
        let position = &self.structure.positions[0];
        Some(FramePlan {
            reads: names(&found),
            refresh: damaged | 1 << self.victim(position),
            key_frame: false,
            primary: Some(0),
            recovery: true,
            ..self.key_frame()
        })
    }

    /// Whether a frame that layer 0 is going to read is damaged.
    fn base_is_damaged(&self) -> bool {
        let base = self.structure.positions.iter().filter(|position| position.temporal_id == 0);
        let slots = base.flat_map(|p| p.reads).fold(0_u8, |mask, slot| mask | 1 << slot);
        (0..NUM_REF_FRAMES).any(|slot| {
            (slots >> slot) & 1 != 0
                && self.receiver.state(self.named[slot]) == Some(FrameState::Damaged)
        })
    }

    /// The frames of layer 0 in slots that are not damaged, or that are acknowledged, newest first and
    /// each once, with their slots.
    fn candidates(&self, acknowledged: bool) -> Vec<(u8, Held)> {
        let slots = (0_u8..).zip(self.receiver.slots());
        let mut found: Vec<(u8, Held)> = slots
            .filter_map(|(slot, held)| Some((slot, (*held)?)))
            .filter(|(_, held)| match held.state {
                FrameState::Acknowledged => held.temporal_id == 0,
                FrameState::Unknown => held.temporal_id == 0 && !acknowledged,
                FrameState::Damaged => false,
            })
            .collect();
        found.sort_by_key(|&(slot, held)| (std::cmp::Reverse(held.id), slot));
        found.dedup_by_key(|(_, held)| held.id);
        found
    }

    /// What a frame of layer 0 may read that goes on with its chain, newest first: the last but one of
    /// layer 0 and what that depends on, unless it is damaged, and all that is acknowledged.
    fn chain(&self) -> Vec<(u8, Held)> {
        let [first, second, ..] = self.named;
        let lineage = self.receiver.open_lineage(first.min(second));
        let mut found = self.candidates(false);
        found.retain(|(_, held)| {
            held.state == FrameState::Acknowledged || lineage.contains(&held.id)
        });
        found
    }

    /// The slots that hold the frames a position reads; the newest sound frame of layer 0 stands for
    /// those that are damaged or gone.
    fn mapped_reads(&self, position: &Position) -> [u8; 7] {
        let newest = self.candidates(false).first().map_or(0, |&(slot, _)| slot);
        position.reads.map(|name| {
            let id = self.named[usize::from(name)];
            let mut slots = (0_u8..).zip(self.receiver.slots());
            let found = slots.find(|(_, held)| {
                held.is_some_and(|held| held.id == id && held.state != FrameState::Damaged)
            });
            found.map_or(newest, |(slot, _)| slot)
        })
    }

    /// The slot that the frame of `position` goes to.
    fn victim(&self, position: &Position) -> u8 {
        let mut kept = Kept::default();
        // Slots of frames that layer 0 does not read before they are acknowledged are better used
        // otherwise.
        let read = match self.prediction {
            Prediction::Newest => 0xff,
            Prediction::TwoChains => 0b1_0011,
            Prediction::Acknowledged => 0b1_0000,
        };
        let used = read & !(self.structure.unused | position.refresh);
        for slot in (0..NUM_REF_FRAMES).filter(|slot| (used >> slot) & 1 != 0) {
            kept.frame(self.named[slot]);
        }
        let newest = self.candidates(false);
        if let Some((_, newest)) = newest.first() {
            kept.frame(newest.id);
        }
        let acknowledged = self.candidates(true);
        if let Some((_, newest)) = acknowledged.first() {
            kept.frame(newest.id);
        }
        let anchors = match self.prediction {
            Prediction::Newest => (0, &newest),
            // One for each.
            Prediction::TwoChains => (2, &newest),
            Prediction::Acknowledged => (1, &acknowledged),
        };
        for (_, anchor) in anchors.1.iter().filter(|(_, held)| held.anchor).take(anchors.0) {
            kept.frame(anchor.id);
        }
        victim(self.receiver.slots(), &kept, self.receiver.next_id())
    }

    /// The frame of `plan`, the last that was made, has been coded: gives its number and dependencies.
    pub(crate) fn commit(&mut self, plan: &FramePlan) -> Lineage {
        let coded = self.receiver.coded(&Coded {
            key_frame: plan.key_frame,
            reads: plan.slots_read(),
            refresh: plan.refresh,
            temporal_id: plan.layer.temporal_id,
            anchor: plan.level == PyramidLevel::Anchor,
        });
        self.started = true;
        let place = usize::from(plan.place);
        let written = match plan.key_frame || plan.recovery {
            true => 0xff,
            false => self.structure.positions[place].refresh,
        };
        for (slot, named) in self.named.iter_mut().enumerate() {
            if (written >> slot) & 1 != 0 {
                *named = coded.id;
            }
        }
        // From a key frame on all slots are those of the tables again.
        self.mapped &= !plan.key_frame || self.receiver.acknowledges();
        self.place = (place + 1) % PERIOD;
        self.order_hint = (self.order_hint + 1) % (1 << ORDER_HINT_BITS);
        coded
    }
}

/// The names of a frame that reads `found`, newest first: the last three of them, and as GOLDEN_FRAME
/// the newest anchor.
fn names(found: &[(u8, Held)]) -> [u8; 7] {
    let nth = |n: usize| found[n.min(found.len() - 1)].0;
    let anchor = found.iter().find(|(_, held)| held.anchor).map_or(nth(2), |&(slot, _)| slot);
    [nth(0), nth(1), nth(2), anchor, nth(0), nth(0), nth(1)]
}
