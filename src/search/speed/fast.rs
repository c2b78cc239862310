//! Levels 8 to 10: when CPU is scarce.

use super::Effort;

/// The effort of `level`.
pub(super) fn effort(level: u8) -> Effort {
    Effort {
        references: if level <= 8 { 2 } else { 1 },
        near: 1,
        predicted: 2,
        finalists: 1,
        filters: 1,
        compound: false,
        compound_from: 64,
        inter_frame_modes: if level <= 9 { 2 } else { 1 },
        intra_modes: if level <= 9 { 7 } else { 4 },
        angle_deltas: false,
        intra_finalists: 1,
        intra_tx_depth: 0,
        inter_tx_split: false,
        halves: 0,
        least_split: [40, 40, 60],
        quiet: 14,
        unseen: true,
        content: 12,
        rdoq: level <= 8,
    }
}
