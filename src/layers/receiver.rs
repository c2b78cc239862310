//! What the receiver has: the sender's model of the slots of its decoder.
//!
//! A frame is acknowledged, damaged, or neither is known. Receivers decode frames in coding order and
//! say of a frame that they have it only if all that it depends on was there; so an acknowledgement is
//! one of the whole lineage, and a loss one of all that depends on the frame. What was learnt of a
//! frame first holds: a decoder that had a frame still has it whatever comes late, and a frame that
//! was given up may have been followed by others already. A slot here holds the frame that wrote it
//! last; if the receiver has that frame, its slot holds the same.

use std::collections::VecDeque;

use crate::av1::obu::frame::{NUM_REF_FRAMES, REFS_PER_FRAME};

/// Frames whose dependencies are remembered, from the newest on: more than eight seconds at 30 frames
/// a second.
pub(crate) const HISTORY: usize = 256;

/// Frames that the mean loss is taken over: at 2 % of loss it is known to within 1 % then.
const LOSS_FRAMES: u32 = 200;
/// Loss that a link is held to have before anything is known of it, and so many frames of it: the first
/// second or two of a call is careful, so that its first loss does not freeze it.
const FIRST_LOSS: (f64, u32) = (0.02, 20);
/// Share of the time until a frame's acknowledgement that the mean takes over.
const DELAY_GAIN: f64 = 0.125;

/// Frames after a lost one that the share of those that are lost as well is taken over.
const RUN_FRAMES: f64 = 20.0;
/// How many frames after a lost one another still counts as the next: those between depend on it.
const RUN_REACH: usize = 4;
/// Share and count of frames that are held to have been so before the first: losses that one cause has
/// come together more often than not, and a call has few of them to learn that from.
const FIRST_RUN: (f64, f64) = (0.3, 2.0);

/// What is known of a frame at the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameState {
    /// On its way.
    Unknown,
    /// Decoded as the encoder has it.
    Acknowledged,
    /// Lost, or dependent on a frame that was.
    Damaged,
}

/// A frame in a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Number of the frame.
    pub(crate) id: u64,
    /// Temporal layer.
    pub(crate) temporal_id: u8,
    /// Whether it is an anchor.
    pub(crate) anchor: bool,
    /// What is known of it.
    pub(crate) state: FrameState,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    dependencies: [u64; REFS_PER_FRAME],
    /// How many of them count.
    count: u8,
    state: FrameState,
    /// Whether it was lost itself, rather than for what it depends on.
    lost: bool,
}

impl Record {
    fn dependencies(&self) -> &[u64] {
        &self.dependencies[..usize::from(self.count)]
    }
}

/// The model of a receiver.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    /// Number of the next frame.
    next: u64,
    /// The newest frames, none from before the last key frame.
    records: VecDeque<Record>,
    key: u64,
    slots: [Option<Held>; NUM_REF_FRAMES],
    acknowledges: bool,
    newest_acknowledged: u64,
    loss: f64,
    /// Frames that the mean loss is taken over so far.
    loss_frames: u32,
    run: Run,
    delay: Option<f64>,
}

/// Frames after a lost one of which the fate is known, the newest counting most.
#[derive(Clone, Copy, Debug)]
struct Run {
    lost: f64,
    frames: f64,
}

impl Default for Receiver {
    fn default() -> Self {
        let ((loss, loss_frames), (share, frames)) = (FIRST_LOSS, FIRST_RUN);
        Self {
            next: 0,
            records: VecDeque::new(),
            key: 0,
            slots: [None; NUM_REF_FRAMES],
            acknowledges: false,
            newest_acknowledged: 0,
            loss,
            loss_frames,
            run: Run { lost: share * frames, frames },
            delay: None,
        }
    }
}

/// A frame that was coded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coded {
    /// A key frame.
    pub(crate) key_frame: bool,
    /// A bit for each slot that it reads.
    pub(crate) reads: u8,
    /// A bit for each slot that it writes.
    pub(crate) refresh: u8,
    /// Temporal layer.
    pub(crate) temporal_id: u8,
    /// Whether it is an anchor.
    pub(crate) anchor: bool,
}

/// Where a frame stands among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// Its number.
    pub(crate) id: u64,
    /// The numbers of those it depends on, ascending and each once.
    pub(crate) dependencies: Vec<u64>,
}

impl Receiver {
    /// Number of the frame that is coded next.
    pub(crate) fn next_id(&self) -> u64 {
        self.next
    }

    /// What the slots hold; `None` before the first key frame.
    pub(crate) fn slots(&self) -> &[Option<Held>; NUM_REF_FRAMES] {
        &self.slots
    }

    /// Whether the receiver has acknowledged a frame.
    pub(crate) fn acknowledges(&self) -> bool {
        self.acknowledges
    }

    /// Mean share of frames that are lost, 0 to 1.
    pub(crate) fn loss(&self) -> f64 {
        self.loss
    }

    /// Share of frames that are lost, 0 to 1, where the one before was. Those that depend on a frame that
    /// was lost tell nothing of the link, and are passed over.
    pub(crate) fn run(&self) -> f64 {
        self.run.lost / self.run.frames
    }

    /// Mean number of frames coded from a frame to its acknowledgement; `None` before there is one.
    pub(crate) fn delay(&self) -> Option<f64> {
        self.delay
    }

    /// A frame was coded: gives its number and dependencies.
    pub(crate) fn coded(&mut self, frame: &Coded) -> Lineage {
        let id = self.next;
        if frame.key_frame {
            self.records.clear();
            self.key = id;
        }
        let set = |mask: u8, slot: usize| (mask >> slot) & 1 != 0;
        let read = (self.slots.iter().enumerate()).filter(|&(slot, _)| set(frame.reads, slot));
        let mut dependencies: Vec<u64> =
            read.filter_map(|(_, held)| held.map(|held| held.id)).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        let mut record = Record {
            dependencies: [0; REFS_PER_FRAME],
            count: dependencies.len() as u8,
            state: FrameState::Unknown,
            lost: false,
        };
        record.dependencies[..dependencies.len()].copy_from_slice(&dependencies);
        if dependencies.iter().any(|&id| self.state(id) == Some(FrameState::Damaged)) {
            record.state = FrameState::Damaged;
        }
        if self.records.len() == HISTORY {
            self.records.pop_front();
        }
        self.records.push_back(record);
        self.next += 1;
        let Coded { temporal_id, anchor, .. } = *frame;
        let held = Held { id, temporal_id, anchor, state: record.state };
        for (slot, old) in self.slots.iter_mut().enumerate() {
            if set(frame.refresh, slot) {
                *old = Some(held);
            }
        }
        Lineage { id, dependencies }
    }

    /// The receiver has decoded a frame. Says nothing where the frame is damaged, unknown, forgotten, or
    /// acknowledged already.
    pub(crate) fn acknowledge(&mut self, id: u64) {
        let Some(index) = self.index(id) else { return };
        if self.records[index].state != FrameState::Unknown {
            return;
        }
        self.acknowledges = true;
        if id >= self.newest_acknowledged {
            let delay = (self.next - id) as f64;
            self.delay = Some(self.delay.map_or(delay, |mean| mean + DELAY_GAIN * (delay - mean)));
            self.newest_acknowledged = id;
        }
        // Dependencies come before what depends on them: one pass from the frame down is enough.
        let mut lineage = vec![false; index + 1];
        lineage[index] = true;
        for at in (0..=index).rev() {
            if !lineage[at] || self.records[at].state == FrameState::Acknowledged {
                continue;
            }
            self.records[at].state = FrameState::Acknowledged;
            self.count(at, 0.0);
            let record = self.records[at];
            for &dependency in record.dependencies() {
                match self.index(dependency) {
                    Some(below) => lineage[below] = true,
                    None => self.set_held(dependency, FrameState::Acknowledged),
                }
            }
        }
        self.update_slots();
    }

    /// The receiver will not have a frame. Says nothing where the frame is acknowledged, damaged already,
    /// unknown, or from before the last key frame. Of one that is forgotten it says that all that is not
    /// acknowledged may depend on it.
    pub(crate) fn lost(&mut self, id: u64) {
        if !(self.key..self.next).contains(&id) {
            return;
        }
        let from = match self.index(id) {
            Some(index) if self.records[index].state != FrameState::Unknown => return,
            Some(index) => {
                (self.records[index].state, self.records[index].lost) = (FrameState::Damaged, true);
                self.count(index, 1.0);
                index + 1
            }
            None => {
                let unknown = |state: &&mut FrameState| **state == FrameState::Unknown;
                let records = self.records.iter_mut().map(|record| &mut record.state);
                let slots = self.slots.iter_mut().flatten().map(|held| &mut held.state);
                records.chain(slots).filter(unknown).for_each(|s| *s = FrameState::Damaged);
                return;
            }
        };
        for at in from..self.records.len() {
            let record = self.records[at];
            let damaged = |&id: &u64| self.state(id) == Some(FrameState::Damaged);
            if record.state == FrameState::Unknown && record.dependencies().iter().any(damaged) {
                self.records[at].state = FrameState::Damaged;
            }
        }
        self.update_slots();
    }

    /// The frame at `index` is lost, 1, or not, 0.
    fn count(&mut self, index: usize, lost: f64) {
        let told = |record: &&Record| record.lost || record.state != FrameState::Damaged;
        let mut before = self.records.range(..index).rev().take(RUN_REACH);
        if before.find(told).is_some_and(|before| before.lost) {
            let Run { lost: sum, frames } = &mut self.run;
            let kept = if *frames < RUN_FRAMES { 1.0 } else { 1.0 - RUN_FRAMES.recip() };
            (*sum, *frames) = (*sum * kept + lost, *frames * kept + 1.0);
        }
        self.loss_frames = (self.loss_frames + 1).min(LOSS_FRAMES);
        self.loss += (lost - self.loss) / f64::from(self.loss_frames);
    }

    /// The frame and those it depends on, through any number of others, that are not known to be there;
    /// none if one of them is lost.
    pub(crate) fn open_lineage(&self, id: u64) -> Vec<u64> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            next += 1;
            match self.index(id).map(|index| self.records[index]) {
                Some(record) if record.state == FrameState::Damaged => return Vec::new(),
                Some(record) if record.state == FrameState::Unknown => {
                    let new = |id: &&u64| !found.contains(id);
                    let new: Vec<u64> = record.dependencies().iter().filter(new).copied().collect();
                    found.extend(new);
                }
                _ => {}
            }
        }
        found
    }

    /// What is known of a frame; `None` of one that is neither remembered nor in a slot.
    pub(crate) fn state(&self, id: u64) -> Option<FrameState> {
        let held = || self.slots.iter().flatten().find(|held| held.id == id);
        match self.index(id) {
            Some(index) => Some(self.records[index].state),
            None => held().map(|held| held.state),
        }
    }

    fn index(&self, id: u64) -> Option<usize> {
        let first = self.next - self.records.len() as u64;
        (first..self.next).contains(&id).then(|| (id - first) as usize)
    }

    /// The same of a frame that is in slots only.
    fn set_held(&mut self, id: u64, state: FrameState) {
        let held = self.slots.iter_mut().flatten().filter(|held| held.id == id);
        held.filter(|held| held.state == FrameState::Unknown).for_each(|held| held.state = state);
    }

    fn update_slots(&mut self) {
        for slot in 0..NUM_REF_FRAMES {
            let Some(held) = self.slots[slot] else { continue };
            if let Some(index) = self.index(held.id) {
                self.slots[slot] = Some(Held { state: self.records[index].state, ..held });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FrameState::{Acknowledged, Damaged, Unknown};
    use super::*;
    use crate::kernels::random::Random;
    use proptest::prelude::*;

    fn coded(reads: u8, refresh: u8) -> Coded {
        Coded { key_frame: reads == 0, reads, refresh, temporal_id: 0, anchor: false }
    }

    /// A key frame and so many frames, each of which reads the one before and writes a slot in turn.
    fn chain(frames: u64) -> Receiver {
        let mut receiver = Receiver::default();
        receiver.coded(&coded(0, 0xff));
        for number in 1..=frames {
            receiver.coded(&coded(1 << ((number + 1) % 2), 1 << (number % 2)));
        }
        receiver
    }

    fn states(receiver: &Receiver, ids: std::ops::Range<u64>) -> Vec<FrameState> {
        ids.map(|id| receiver.state(id).unwrap()).collect()
    }

    #[test]
    fn numbers_count_up_and_dependencies_are_what_slots_hold() {
        let mut receiver = Receiver::default();
        let mut next = |reads, refresh| {
            let Lineage { id, dependencies } = receiver.coded(&coded(reads, refresh));
            (id, dependencies)
        };
        assert_eq!(next(0, 0xff), (0, vec![]));
        assert_eq!(next(0b1111, 0b1), (1, vec![0]));
        assert_eq!(next(0b11, 0b10), (2, vec![0, 1]));
        assert_eq!(next(0b11, 0), (3, vec![1, 2]), "a frame that nothing keeps");
        assert_eq!(next(0b111, 0b100), (4, vec![0, 1, 2]));
        assert_eq!(next(0, 0xff), (5, vec![]), "numbers go on");
        assert_eq!(next(0xff, 1), (6, vec![5]));
    }

    #[test]
    fn what_is_acknowledged_has_a_lineage_and_what_is_lost_has_heirs() {
        let mut receiver = chain(9);
        receiver.acknowledge(3);
        receiver.lost(6);
        let [a, d, u] = [Acknowledged, Damaged, Unknown];
        assert_eq!(states(&receiver, 0..10), [a, a, a, a, u, u, d, d, d, d]);
        // What comes late or twice changes nothing.
        for id in [6, 7, 3, 10, 99, u64::MAX] {
            receiver.acknowledge(id);
        }
        for id in [2, 3, 8, 10, 99, u64::MAX] {
            receiver.lost(id);
        }
        assert_eq!(states(&receiver, 0..10), [a, a, a, a, u, u, d, d, d, d]);
        receiver.acknowledge(5);
        assert_eq!(states(&receiver, 0..10), [a, a, a, a, a, a, d, d, d, d]);
        assert_eq!(receiver.slots()[1].unwrap().state, Damaged);
        assert_eq!(receiver.slots()[7].unwrap().state, Acknowledged);
        // A frame that reads a damaged one is damaged, one that does not is not.
        receiver.coded(&coded(0b1, 0b1));
        receiver.coded(&coded(0b1000_0000, 0b1));
        assert_eq!(states(&receiver, 10..12), [d, u]);
        assert_eq!(receiver.slots()[0].unwrap().state, Unknown);
    }

    #[test]
    fn a_key_frame_starts_anew() {
        let mut receiver = chain(5);
        receiver.lost(2);
        receiver.coded(&coded(0, 0xff));
        for id in 0..6 {
            receiver.lost(id);
            receiver.acknowledge(id);
        }
        assert_eq!(receiver.state(6), Some(Unknown));
        assert!(!receiver.acknowledges());
        receiver.lost(6);
        assert_eq!(receiver.state(6), Some(Damaged));
    }

    #[test]
    fn a_loss_from_long_ago_may_be_in_all_that_is_not_acknowledged() {
        let mut receiver = chain(HISTORY as u64 + 40);
        receiver.acknowledge(200);
        receiver.lost(100);
        assert_eq!(receiver.state(200), Some(Acknowledged));
        receiver.lost(20);
        assert_eq!(receiver.state(200), Some(Acknowledged));
        assert_eq!(receiver.state(201), Some(Damaged));
        // Slot 7 has held the key frame all the time, and nobody knows any more what became of it.
        assert_eq!(receiver.slots()[7].unwrap().state, Damaged);
        let mut receiver = chain(HISTORY as u64 - 1);
        receiver.acknowledge(200);
        assert_eq!(receiver.slots()[7].unwrap().state, Acknowledged);
        receiver.lost(0);
        assert_eq!(receiver.state(HISTORY as u64 - 1), Some(Unknown));
    }

    #[test]
    fn loss_and_delay_are_measured() {
        let mut receiver = chain(0);
        for number in 1..2000 {
            receiver.coded(&coded(1, 0));
            if number > 10 {
                let id = number - 10;
                if id % 10 == 0 { receiver.lost(id) } else { receiver.acknowledge(id) }
            }
        }
        assert!((receiver.loss() - 0.1).abs() < 0.04, "{}", receiver.loss());
        assert!((receiver.delay().unwrap() - 11.0).abs() < 0.1, "{:?}", receiver.delay());
    }

    /// Frames of which some are lost, each as it follows on one that was or not; told of 10 frames later. So
    /// many of them form chains that depend on nothing of each other.
    fn runs(chains: u64, lost_after: impl Fn(bool, usize) -> bool) -> f64 {
        let mut random = Random::new(3);
        let mut receiver = chain(0);
        let (mut before, mut lost) = (false, Vec::new());
        let mut broken = [false; 8];
        for id in 1..4000_u64 {
            let slot = (id % chains) as usize;
            // A chain is mended by a frame that reads what the key frame left.
            let mend = id % 40 < chains;
            receiver.coded(&coded(if mend { 0x80 } else { 1 << slot }, 1 << slot));
            before = lost_after(before, random.below(1000));
            broken[slot] = before || broken[slot] && !mend;
            lost.push(broken[slot]);
            if let Some(index) = (id as usize).checked_sub(11) {
                let told = id - 10;
                if lost[index] { receiver.lost(told) } else { receiver.acknowledge(told) }
            }
        }
        receiver.run()
    }

    #[test]
    fn bursts_are_told_from_losses_that_come_alone() {
        for chains in [2, 4] {
            let alone = runs(chains, |_, of| of < 50);
            assert!(alone < 0.15, "{chains}: {alone}");
            let bursts = runs(chains, |before, of| of < if before { 750 } else { 13 });
            assert!((0.5..0.95).contains(&bursts), "{chains}: {bursts}");
        }
        // Of one chain all that follows a loss depends on it: nothing is learnt.
        assert_eq!(runs(1, |before, _| before), FIRST_RUN.0);
    }

    proptest! {
        /// Whatever is said, in whatever order: no frame is both, frames with a damaged dependency
        /// are damaged, those with an acknowledged heir acknowledged, and memory is bounded.
        #[test]
        fn states_are_consistent(
            steps in proptest::collection::vec((0..3_u8, any::<u8>(), any::<u8>(), 0..40_u64), 1..400)
        ) {
            let mut receiver = Receiver::default();
            let mut dependencies = vec![receiver.coded(&coded(0, 0xff)).dependencies];
            for (kind, reads, refresh, back) in steps {
                let id = (receiver.next_id() + 2).saturating_sub(back);
                match kind {
                    0 => dependencies.push(receiver.coded(&coded(reads | 1, refresh)).dependencies),
                    1 => receiver.acknowledge(id),
                    _ => receiver.lost(id),
                }
                for (id, dependencies) in dependencies.iter().enumerate() {
                    for &dependency in dependencies {
                        let states = (receiver.state(id as u64), receiver.state(dependency));
                        let (Some(frame), Some(before)) = states else { continue };
                        prop_assert!(before != Damaged || frame == Damaged);
                        prop_assert!(frame != Acknowledged || before == Acknowledged);
                    }
                }
                prop_assert!(receiver.records.len() <= HISTORY);
            }
        }
    }
}
