//! Levels 4 to 7: calls on one core.

use super::Effort;

/// The effort of `level`.
pub(super) fn effort(level: u8) -> Effort {
    Effort {
        references: if level <= 5 { 3 } else { 2 },
        near: 2,
        predicted: if level <= 5 { 4 } else { 3 },
        finalists: if level <= 5 { 2 } else { 1 },
        filters: 2,
        compound: level <= 6,
        compound_from: 16,
        inter_frame_modes: if level <= 5 { 5 } else { 3 },
        intra_modes: 13,
        angle_deltas: level <= 5,
        intra_finalists: 2,
        intra_tx_depth: 1,
        inter_tx_split: level <= 5,
        halves: if level <= 5 { 17 } else { 15 },
        least_split: [30, 24, 30],
        quiet: 12,
        unseen: true,
        content: 8,
        rdoq: true,
    }
}
