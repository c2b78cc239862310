//! Levels 8 to 10: when CPU is scarce.

use super::Effort;

/// The effort of `level`.
pub(super) fn effort(level: u8) -> Effort {
    Effort {
        references: 1,
        near: if level == 8 { 2 } else { 1 },
        predicted: 1,
        finalists: 1,
        filters: 1,
        compound: false,
        compound_from: 64,
        inter_frame_modes: 1,
        intra_modes: if level <= 9 { 7 } else { 4 },
        angle_deltas: false,
        intra_finalists: 1,
        intra_tx_depth: if level == 8 { 1 } else { 0 },
        inter_tx_split: false,
        halves: 0,
        least_split: match level {
            8 => [100, 60, 150],
            9 => [120, 90, 240],
            _ => [160, 120, 400],
        },
        largest_coded: 16,
        quiet: 9,
        unseen: true,
        content: 4,
    }
}
