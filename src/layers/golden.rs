//! The simplest plan: the last frames, and an anchor now and then that stays for longer.

use super::{Cascade, FramePlan, ORDER_HINT_BITS, PyramidLevel};
use crate::av1::obu::LayerId;

/// Inter frames from one anchor to the next.
const PERIOD: u64 = 8;
/// Every how manyth frame between anchors is better than the others.
const MIDDLE: u64 = 4;
/// The slots of the last two frames, written in turn.
const RECENT: u8 = 0;
/// The slots of the last two anchors, written in turn.
const ANCHORS: u8 = 2;
/// Slots that go with every anchor, so that none holds a frame from long ago.
const OTHERS: u8 = 0b1111_0000;

/// LAST_FRAME is the frame before, LAST2_FRAME and ALTREF_FRAME the one before that, GOLDEN_FRAME
/// the last anchor and LAST3_FRAME the anchor before it; the other names repeat LAST_FRAME. A key
/// frame goes to all slots and is an anchor.
#[derive(Clone, Debug, Default)]
pub(crate) struct GoldenPlan {
    /// Frames coded since the last key frame, that one included; 0 before the first.
    since_key: u64,
    order_hint: u8,
}

impl GoldenPlan {
    /// The quality of its levels: log₂ of their quantizer steps beside the mean. A wider spread makes
    /// anchors better and larger, which calm pictures repay. Swept in November 2026 at speed 6 on seven
    /// call clips, at 0 to 4 times [-0.40, -0.15, 0.08]: 3 times gains no more than 2 (1 % by VMAF and
    /// SSIM, nothing by PSNR) and leaves 4 % of the rate unused, as the bound of the delay cuts its
    /// anchors; 4 times loses 4 % on a dark and noisy clip.
    pub(crate) const CASCADE: Cascade = Cascade {
        octaves: [-0.80, -0.30, 0.16],
        shares: [
            1.0 / PERIOD as f64,
            1.0 / MIDDLE as f64 - 1.0 / PERIOD as f64,
            1.0 - 1.0 / MIDDLE as f64,
        ],
    };

    /// What the next frame would be; the first is a key frame whatever is asked for.
    pub(crate) fn next(&self, key_frame: bool) -> FramePlan {
        let order_hint = self.order_hint;
        let layer = LayerId::default();
        let number = self.since_key;
        if key_frame || number == 0 {
            return FramePlan {
                key_frame: true,
                reads: [0; 7],
                refresh: 0xff,
                primary: None,
                order_hint,
                layer,
                level: PyramidLevel::Anchor,
            };
        }
        let in_turn = |number: u64| (number % 2) as u8;
        let recent = |back: u64| RECENT + in_turn(number + back);
        let anchor = |back: u64| ANCHORS + in_turn((number - 1) / PERIOD + back);
        let level = match number {
            _ if number.is_multiple_of(PERIOD) => PyramidLevel::Anchor,
            _ if number.is_multiple_of(MIDDLE) => PyramidLevel::Middle,
            _ => PyramidLevel::Ordinary,
        };
        let mut refresh = 1 << recent(0);
        if level == PyramidLevel::Anchor {
            refresh |= 1 << (ANCHORS + in_turn(number / PERIOD)) | OTHERS;
        }
        let (last, last2) = (recent(1), recent(0));
        FramePlan {
            key_frame: false,
            reads: [last, last2, anchor(1), anchor(0), last, last, last2],
            refresh,
            primary: Some(0),
            order_hint,
            layer,
            level,
        }
    }

    /// The frame of `plan`, the last that was made, has been coded.
    pub(crate) fn commit(&mut self, plan: &FramePlan) {
        self.since_key = if plan.key_frame { 1 } else { self.since_key + 1 };
        self.order_hint = (self.order_hint + 1) % (1 << ORDER_HINT_BITS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames by number through the slots: what each name reads, frame by frame.
    #[test]
    fn names_read_what_they_promise() {
        let mut plan = GoldenPlan::default();
        let mut slots = [0_u64; 8];
        let mut key = 0;
        for number in 0..400_u64 {
            let asked = matches!(number, 0 | 13 | 14 | 200);
            let frame = plan.next(asked);
            assert_eq!(frame, plan.next(asked), "a plan that is not taken leaves nothing behind");
            assert_eq!(frame.key_frame, asked);
            assert_eq!(u64::from(frame.order_hint), number % 128);
            if asked {
                key = number;
            } else {
                let since = number - key;
                let anchor = key + (since - 1) / PERIOD * PERIOD;
                let before = number.saturating_sub(2).max(key);
                let older = anchor.saturating_sub(PERIOD).max(key);
                let read = frame.reads.map(|slot| slots[usize::from(slot)]);
                let last = number - 1;
                assert_eq!(read, [last, before, older, anchor, last, last, before], "{number}");
                assert_eq!(frame.primary, Some(0));
                assert_eq!(frame.level == PyramidLevel::Anchor, since.is_multiple_of(PERIOD));
            }
            for (slot, held) in slots.iter_mut().enumerate() {
                if (frame.refresh >> slot) & 1 != 0 {
                    *held = number;
                }
                // 5.9.3: distances hold within half of the range.
                assert!(number - *held < 64, "slot {slot} at {number}");
            }
            plan.commit(&frame);
        }
    }

    #[test]
    fn the_shares_are_those_of_the_plan() {
        let mut plan = GoldenPlan::default();
        plan.commit(&plan.next(true));
        let mut counts = [0_u32; 3];
        for _ in 0..64 {
            let frame = plan.next(false);
            counts[frame.level.index()] += 1;
            plan.commit(&frame);
        }
        assert_eq!(counts.map(|n| f64::from(n) / 64.0), GoldenPlan::CASCADE.shares);
    }

    #[test]
    fn the_first_frame_is_a_key_frame() {
        let plan = GoldenPlan::default().next(false);
        assert!(plan.key_frame);
        assert_eq!((plan.refresh, plan.primary), (0xff, None));
    }
}
