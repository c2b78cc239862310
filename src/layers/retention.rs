//! Which slot is written next, where slots beyond those of the tables hold frames for the receiver to
//! acknowledge.

use super::receiver::{FrameState, Held};
use crate::av1::obu::frame::NUM_REF_FRAMES;

/// Frames that must stay.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    ids: [u64; NUM_REF_FRAMES],
    count: usize,
}

impl Kept {
    /// This frame must stay. One slot is always free.
    pub(crate) fn frame(&mut self, id: u64) {
        if !self.has(id) && self.count + 1 < NUM_REF_FRAMES {
            self.ids[self.count] = id;
            self.count += 1;
        }
    }

    fn has(&self, id: u64) -> bool {
        self.ids[..self.count].contains(&id)
    }
}

/// The slot for frame `next`: an empty or damaged one; one of several that hold the same frame; the oldest
/// of those that are no use any more, as they are not of layer 0 or older than one that is
/// acknowledged; of those that may yet be acknowledged the one whose neighbours in time are nearest to
/// each other, but never the oldest, whose acknowledgement comes first. So they spread over however
/// many frames an acknowledgement takes.
pub(crate) fn victim(slots: &[Option<Held>; NUM_REF_FRAMES], kept: &Kept, next: u64) -> u8 {
    let mut pending: Vec<(u64, u8)> = Vec::with_capacity(NUM_REF_FRAMES);
    let mut useless: Option<(u64, u8)> = None;
    let base = slots.iter().flatten().filter(|held| held.temporal_id == 0);
    let acknowledged = base.clone().filter(|held| held.state == FrameState::Acknowledged);
    let newest_acknowledged = acknowledged.map(|held| held.id).max();
    for (slot, held) in (0_u8..).zip(slots) {
        let Some(held) = held.filter(|held| held.state != FrameState::Damaged) else {
            return slot;
        };
        if slots[..usize::from(slot)].iter().flatten().any(|other| other.id == held.id) {
            return slot;
        }
        if kept.has(held.id) {
            continue;
        }
        if held.temporal_id > 0 || newest_acknowledged.is_some_and(|newest| held.id <= newest) {
            let found = (held.id, slot);
            useless = Some(useless.map_or(found, |oldest| oldest.min(found)));
        } else {
            pending.push((held.id, slot));
        }
    }
    if let Some((_, slot)) = useless {
        return slot;
    }
    pending.sort_unstable();
    // Frames that stay for other reasons may be acknowledged as well.
    let mut times: Vec<u64> = base.map(|held| held.id).chain([next]).collect();
    times.sort_unstable();
    let gap = |id: u64| {
        let at = times.partition_point(|&other| other < id);
        times[at + 1] - at.checked_sub(1).map_or(0, |before| times[before])
    };
    let thinned = pending.iter().skip(1).min_by_key(|&&(id, _)| (gap(id), std::cmp::Reverse(id)));
    thinned.or(pending.first()).map_or(0, |&(_, slot)| slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(id: u64, state: FrameState) -> Option<Held> {
        Some(Held { id, temporal_id: 0, anchor: false, state })
    }

    fn kept(ids: &[u64]) -> Kept {
        let mut kept = Kept::default();
        ids.iter().for_each(|&id| kept.frame(id));
        kept
    }

    #[test]
    fn what_is_of_least_use_goes_first() {
        use FrameState::{Acknowledged, Damaged, Unknown};
        let mut slots = [
            held(20, Unknown),
            held(19, Unknown),
            held(4, Acknowledged),
            held(8, Acknowledged),
            held(12, Unknown),
            held(16, Unknown),
            held(17, Damaged),
            held(8, Acknowledged),
        ];
        let stay = kept(&[20, 19, 8]);
        assert_eq!(victim(&slots, &stay, 21), 6, "damaged");
        slots[6] = held(14, Unknown);
        assert_eq!(victim(&slots, &stay, 21), 7, "held twice");
        slots[7] = held(18, Unknown);
        assert_eq!(victim(&slots, &stay, 21), 2, "older than one that is acknowledged");
        slots[2] = held(21, Unknown);
        let stay = kept(&[21, 20, 8]);
        // 19 is between 18 and 20, 18 between 16 and 19, 12 is the oldest.
        assert_eq!(victim(&slots, &stay, 22), 1);
        slots[0] = None;
        assert_eq!(victim(&slots, &stay, 22), 0, "empty");
    }

    /// Whatever the time that acknowledgements take, there is one in every such time, and what is
    /// acknowledged is not much older.
    #[test]
    fn something_is_acknowledged_whatever_the_delay() {
        for delay in [1, 2, 5, 9, 20, 45, 90] {
            let mut slots = [held(0, FrameState::Acknowledged); 8];
            let mut oldest = 0;
            for next in 1..1000_u64 {
                for slot in slots.iter_mut().flatten() {
                    if slot.id + delay <= next {
                        slot.state = FrameState::Acknowledged;
                    }
                }
                let acknowledged = slots.iter().flatten();
                let acknowledged = acknowledged.filter(|h| h.state == FrameState::Acknowledged);
                let newest = acknowledged.map(|held| held.id).max().unwrap();
                if next > 300 {
                    oldest = oldest.max(next - newest);
                }
                // Two frames and two anchors stay, as in the tables.
                let anchor = next - next % 8;
                let stay = kept(&[newest, next - 1, next - 2.min(next), anchor, anchor.max(8) - 8]);
                let slot = victim(&slots, &stay, next);
                slots[usize::from(slot)] = held(next, FrameState::Unknown);
                assert!(slots.iter().flatten().any(|held| held.id == newest));
            }
            assert!(oldest <= 2 * delay + 1, "{oldest} frames for a delay of {delay}");
        }
    }
}
