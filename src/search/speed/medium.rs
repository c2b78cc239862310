//! Levels 4 to 7: calls on one core.

use super::Effort;

/// The effort of `level`.
pub(super) fn effort(level: u8) -> Effort {
    let rich = level <= 5;
    Effort {
        references: match level {
            ..=5 => 3,
            6 => 2,
            _ => 1,
        },
        near: 2,
        predicted: if rich { 4 } else { 1 },
        finalists: if rich { 2 } else { 1 },
        filters: if rich { 2 } else { 1 },
        compound: rich,
        compound_from: 16,
        inter_frame_modes: if rich { 5 } else { 1 },
        intra_modes: 13,
        angle_deltas: rich,
        intra_finalists: if rich { 2 } else { 1 },
        intra_tx_depth: 1,
        inter_tx_split: rich,
        halves: if rich { 17 } else { 0 },
        least_split: match level {
            4 => [30, 24, 30],
            5 => [30, 24, 60],
            6 => [40, 50, 150],
            _ => [60, 60, 150],
        },
        largest_coded: if rich { 64 } else { 16 },
        quiet: 9,
        unseen: true,
        content: 4,
    }
}
