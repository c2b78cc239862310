//! Segment ids in the block syntax (5.11.9, 5.11.19, 5.11.21).

use super::block::Block;
use super::block_syntax::BlockWriter;
use super::cdf::{SEGMENT_ID_CDF, SEGMENT_ID_PREDICTED_CDF};
use super::symbol::SymbolSink;

impl BlockWriter<'_> {
    /// The segment that the block will have: a skipped block takes the predicted one where ids
    /// follow the skip flag (5.11.9, 5.11.19), and an old map is kept as it is.
    pub(crate) fn effective_segment_id(&self, block: &Block) -> u8 {
        let segmentation = &self.frame.segmentation_params;
        if !segmentation.segmentation_enabled {
            0
        } else if !segmentation.segmentation_update_map {
            self.predicted_segment_id(block)
        } else if block.skip && !segmentation.seg_id_pre_skip() {
            self.segment_id_prediction(block).0
        } else {
            block.segment_id
        }
    }

    /// 5.11.21 `get_segment_id`.
    fn predicted_segment_id(&self, block: &Block) -> u8 {
        if self.prev_segment_ids.is_empty() {
            return 0;
        }
        let (rows, cols) = (self.grid.mi_rows, self.grid.mi_cols);
        let width = block.size.width4().min(cols - block.pos.col);
        (block.pos.row..(block.pos.row + block.size.height4()).min(rows))
            .flat_map(|row| &self.prev_segment_ids[row * cols + block.pos.col..][..width])
            .copied()
            .min()
            .unwrap_or(0)
    }

    /// `pred` of 5.11.9 and the context of `segment_id` (8.3.2).
    fn segment_id_prediction(&self, block: &Block) -> (u8, usize) {
        let near = self.neighbours(block.pos);
        let up = near.above.map(|n| n.segment_id);
        let left = near.left.map(|n| n.segment_id);
        let (Some(up), Some(left)) = (up, left) else {
            return (up.or(left).unwrap_or(0), 0);
        };
        let corner = self.grid.at(block.pos.row - 1, block.pos.col - 1).segment_id;
        let ctx = if corner == up && corner == left {
            2
        } else {
            usize::from(corner == up || corner == left || up == left)
        };
        (if corner == up { up } else { left }, ctx)
    }

    /// 5.11.9 `read_segment_id`.
    pub(super) fn write_segment_id(
        &self,
        sink: &mut impl SymbolSink,
        block: &Block,
        segment_id: u8,
        skip: bool,
    ) {
        if skip {
            return;
        }
        let (prediction, ctx) = self.segment_id_prediction(block);
        let max = self.frame.segmentation_params.last_active_seg_id() + 1;
        let value = (0..max)
            .find(|&value| neg_deinterleave(value, prediction, max) == segment_id)
            .expect("a segment up to the last active one");
        sink.symbol(SEGMENT_ID_CDF.row([ctx]), usize::from(value));
    }

    /// 5.11.19 `inter_segment_id`.
    pub(super) fn write_inter_segment_id(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        segment_id: u8,
        before_skip: bool,
    ) {
        let segmentation = &self.frame.segmentation_params;
        if !segmentation.segmentation_enabled || !segmentation.segmentation_update_map {
            return;
        }
        if before_skip && !segmentation.seg_id_pre_skip() {
            return;
        }
        if !before_skip && block.skip {
            self.context.set_seg_pred(block.pos, block.size, false);
            return;
        }
        if segmentation.segmentation_temporal_update {
            let predicted = self.predicted_segment_id(block) == segment_id;
            let ctx = self.context.seg_pred_ctx(block.pos);
            sink.symbol(SEGMENT_ID_PREDICTED_CDF.row([ctx]), usize::from(predicted));
            if !predicted {
                self.write_segment_id(sink, block, segment_id, false);
            }
            self.context.set_seg_pred(block.pos, block.size, predicted);
        } else {
            self.write_segment_id(sink, block, segment_id, false);
        }
    }
}

/// 5.11.9 `neg_deinterleave`.
fn neg_deinterleave(diff: u8, reference: u8, max: u8) -> u8 {
    if reference == 0 {
        return diff;
    }
    if reference >= max - 1 {
        return max - diff - 1;
    }
    let around = |diff: u8| {
        if diff & 1 != 0 { reference + diff.div_ceil(2) } else { reference - (diff >> 1) }
    };
    if 2 * reference < max {
        if diff <= 2 * reference { around(diff) } else { diff }
    } else if diff <= 2 * (max - reference - 1) {
        around(diff)
    } else {
        max - (diff + 1)
    }
}
