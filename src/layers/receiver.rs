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
mod tests;
