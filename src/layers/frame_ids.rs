//! Frames by number: which coded frame each slot of a decoder holds.

use crate::av1::obu::frame::NUM_REF_FRAMES;

/// Numbers the frames of a stream in coding order, and follows them through the slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameIds {
    next: u64,
    /// The frame in each slot; `None` before the first key frame.
    slots: [Option<u64>; NUM_REF_FRAMES],
}

impl FrameIds {
    /// The number of the frame that was coded next, and the numbers of those it depends on,
    /// ascending and each once. `reads` and `refresh` have a bit for each slot that it reads and
    /// writes.
    pub(crate) fn coded(&mut self, reads: u8, refresh: u8) -> (u64, Vec<u64>) {
        let id = self.next;
        self.next += 1;
        let set = |mask: u8, slot: usize| (mask >> slot) & 1 != 0;
        let held = self.slots.iter().enumerate();
        let mut dependencies: Vec<u64> =
            held.filter(|&(slot, _)| set(reads, slot)).filter_map(|(_, held)| *held).collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        for (slot, held) in self.slots.iter_mut().enumerate() {
            if set(refresh, slot) {
                *held = Some(id);
            }
        }
        (id, dependencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_go_through_the_slots() {
        let mut ids = FrameIds::default();
        assert_eq!(ids.coded(0, 0xff), (0, vec![]));
        assert_eq!(ids.coded(0b1111, 0b1), (1, vec![0]));
        assert_eq!(ids.coded(0b11, 0b10), (2, vec![0, 1]));
        assert_eq!(ids.coded(0b11, 0), (3, vec![1, 2]), "a frame that nothing keeps");
        assert_eq!(ids.coded(0b111, 0b100), (4, vec![0, 1, 2]));
        assert_eq!(ids.coded(0, 0xff), (5, vec![]), "numbers go on after a key frame");
        assert_eq!(ids.coded(0xff, 1), (6, vec![5]));
    }
}
