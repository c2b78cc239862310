//! 5.9.3, 5.9.4, 5.9.22, 7.8: which frames a frame refers to, and their order in time.

use super::context::HeaderContext;
use super::{
    ALTREF_FRAME, ALTREF2_FRAME, BWDREF_FRAME, GOLDEN_FRAME, LAST_FRAME, LAST2_FRAME, LAST3_FRAME,
    NUM_REF_FRAMES, REFS_PER_FRAME,
};
use crate::av1::obu::BitstreamError;

/// 5.9.3 get_relative_dist().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelativeDistance {
    order_hint_bits: u8,
}

impl RelativeDistance {
    /// Distances in a sequence with this OrderHintBits, 0 to 8.
    pub fn new(order_hint_bits: u8) -> Self {
        Self { order_hint_bits: order_hint_bits.min(8) }
    }

    /// How far order hint `a` lies after `b`; 0 without order hints.
    pub fn get(self, a: u8, b: u8) -> i32 {
        if self.order_hint_bits == 0 {
            return 0;
        }
        let diff = i32::from(a) - i32::from(b);
        let m = 1 << (self.order_hint_bits - 1);
        (diff & (m - 1)) - (diff & m)
    }
}

impl HeaderContext<'_> {
    /// The slots with RefValid set when the references of a frame are read: 5.9.4
    /// mark_ref_frames() takes those away whose frame id is too old, ref_order_hint in 5.9.2 those
    /// whose order hint is another one.
    pub(in crate::av1::obu) fn valid_slots(
        &self,
        current_frame_id: Option<u16>,
        ref_order_hint: Option<&[u8; NUM_REF_FRAMES]>,
    ) -> [bool; NUM_REF_FRAMES] {
        std::array::from_fn(|i| {
            let Some(frame) = self.slots[i].as_ref().filter(|frame| frame.valid) else {
                return false;
            };
            let recent = current_frame_id.is_none_or(|id| self.is_recent(frame.frame_id, id));
            recent && ref_order_hint.is_none_or(|hints| hints[i] == frame.order_hint)
        })
    }

    /// 5.9.4 mark_ref_frames() for one slot.
    fn is_recent(&self, ref_frame_id: Option<u16>, current_frame_id: u16) -> bool {
        let (Some(lengths), Some(ref_frame_id)) = (self.sequence.frame_id_lengths, ref_frame_id)
        else {
            return true;
        };
        let (reference, current) = (i32::from(ref_frame_id), i32::from(current_frame_id));
        let (id_range, diff_range) = (1 << lengths.id_bits(), 1 << lengths.delta_bits());
        if current > diff_range {
            reference <= current && reference >= current - diff_range
        } else {
            reference <= current || reference >= id_range + current - diff_range
        }
    }

    /// 7.8 set frame refs process: `ref_frame_idx` from last_frame_idx and gold_frame_idx.
    pub(in crate::av1::obu) fn set_frame_refs(
        &self,
        order_hint: u8,
        last_frame_idx: u8,
        gold_frame_idx: u8,
    ) -> Result<[u8; REFS_PER_FRAME], BitstreamError> {
        let (last, gold) = (usize::from(last_frame_idx), usize::from(gold_frame_idx));
        let distance = self.distance();
        // shiftedOrderHints less curFrameHint: negative is forward, the others are backward.
        let hints: [i32; NUM_REF_FRAMES] =
            std::array::from_fn(|i| distance.get(self.ref_order_hint(i), order_hint));
        if hints[last] >= 0 {
            return Err(BitstreamError::value("last_frame_idx", last_frame_idx));
        }
        if hints[gold] >= 0 {
            return Err(BitstreamError::value("gold_frame_idx", gold_frame_idx));
        }
        let mut used = [false; NUM_REF_FRAMES];
        let mut refs = [None; REFS_PER_FRAME];
        let set = |refs: &mut [Option<usize>; REFS_PER_FRAME],
                   used: &mut [bool; NUM_REF_FRAMES],
                   ref_frame: usize,
                   slot: Option<usize>| {
            if let Some(slot) = slot {
                refs[ref_frame - LAST_FRAME] = Some(slot);
                used[slot] = true;
            }
        };
        set(&mut refs, &mut used, LAST_FRAME, Some(last));
        set(&mut refs, &mut used, GOLDEN_FRAME, Some(gold));

        let free = |used: &[bool; NUM_REF_FRAMES], backward: bool| {
            let used = *used;
            (0..NUM_REF_FRAMES).filter(move |&i| !used[i] && (hints[i] >= 0) == backward)
        };
        // Of equal hints the last one counts as the latest and the first one as the earliest,
        // which is what max_by_key and min_by_key return.
        let latest_backward = free(&used, true).max_by_key(|&i| hints[i]);
        set(&mut refs, &mut used, ALTREF_FRAME, latest_backward);
        for ref_frame in [BWDREF_FRAME, ALTREF2_FRAME] {
            let earliest_backward = free(&used, true).min_by_key(|&i| hints[i]);
            set(&mut refs, &mut used, ref_frame, earliest_backward);
        }
        for ref_frame in [LAST2_FRAME, LAST3_FRAME, BWDREF_FRAME, ALTREF2_FRAME, ALTREF_FRAME] {
            if refs[ref_frame - LAST_FRAME].is_none() {
                let latest_forward = free(&used, false).max_by_key(|&i| hints[i]);
                set(&mut refs, &mut used, ref_frame, latest_forward);
            }
        }
        let earliest = (0..NUM_REF_FRAMES).min_by_key(|&i| hints[i]).unwrap_or(last);
        Ok(refs.map(|slot| slot.unwrap_or(earliest) as u8))
    }

    /// 5.9.22: SkipModeFrame, if skipModeAllowed; for a frame that is not intra, with
    /// reference_select.
    pub(super) fn skip_mode_frames(
        &self,
        order_hint: u8,
        ref_frame_idx: &[u8; REFS_PER_FRAME],
    ) -> Option<[usize; 2]> {
        if !self.sequence.enable_order_hint() {
            return None;
        }
        let distance = self.distance();
        let hint = |i: usize| self.ref_order_hint(ref_frame_idx[i].into());
        let mut forward: Option<usize> = None;
        let mut backward: Option<usize> = None;
        for i in 0..REFS_PER_FRAME {
            let relative = distance.get(hint(i), order_hint);
            if relative < 0 {
                if forward.is_none_or(|best| distance.get(hint(i), hint(best)) > 0) {
                    forward = Some(i);
                }
            } else if relative > 0
                && backward.is_none_or(|best| distance.get(hint(i), hint(best)) < 0)
            {
                backward = Some(i);
            }
        }
        let forward = forward?;
        let second = backward.or_else(|| {
            let mut second: Option<usize> = None;
            for i in 0..REFS_PER_FRAME {
                if distance.get(hint(i), hint(forward)) < 0
                    && second.is_none_or(|best| distance.get(hint(i), hint(best)) > 0)
                {
                    second = Some(i);
                }
            }
            second
        })?;
        Some([LAST_FRAME + forward.min(second), LAST_FRAME + forward.max(second)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_hints_wrap_around() {
        let distance = RelativeDistance::new(7);
        assert_eq!(distance.get(5, 3), 2);
        assert_eq!(distance.get(3, 5), -2);
        assert_eq!(distance.get(1, 127), 2);
        assert_eq!(distance.get(127, 1), -2);
        assert_eq!(distance.get(64, 0), -64);
        assert_eq!(RelativeDistance::new(8).get(0, 255), 1);
        assert_eq!(RelativeDistance::new(1).get(0, 1), -1);
        assert_eq!(RelativeDistance::new(0).get(9, 3), 0);
    }
}
