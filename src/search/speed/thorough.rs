//! Levels 0 to 3: when CPU is there to spend.

use super::Effort;

/// The effort of `level`.
pub(super) fn effort(level: u8) -> Effort {
    Effort {
        references: 3,
        near: 3,
        predicted: 6,
        finalists: if level <= 1 { 4 } else { 3 },
        filters: 3,
        compound: true,
        compound_from: 8,
        inter_frame_modes: 13,
        intra_modes: 13,
        angle_deltas: true,
        intra_finalists: 4,
        intra_tx_depth: if level <= 1 { 2 } else { 1 },
        inter_tx_split: true,
        halves: if level == 0 { u64::MAX } else { 18 },
        least_split: [16, 12, 12],
        largest_coded: 64,
        quiet: 8,
        unseen: false,
        content: u32::from(level),
    }
}
