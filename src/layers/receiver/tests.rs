//! The model of a receiver against what it is told.

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
