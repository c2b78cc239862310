//! The coefficients of a block in the block syntax (5.11.34 to 5.11.36).

use super::block::{Block, Residual, chroma_size};
use super::block_syntax::BlockWriter;
use super::coefficient_syntax::{
    CoefficientInput, TxSet, all_zero_row, write_coefficients, write_transform_type,
};
use super::symbol::SymbolSink;
use crate::av1::tables::scans::scan;
use crate::av1::types::{TxSize, TxType};

impl BlockWriter<'_> {
    /// The coefficients of 5.11.34 in coding order.
    pub(super) fn write_residual(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        residual: &Residual,
        segment_id: u8,
    ) {
        let frame = self.frame;
        let types_coded = frame.qindex(segment_id) > 0;
        let lossless = frame.lossless(segment_id);
        for tx in &residual.blocks {
            let plane = usize::from(tx.plane);
            let place = (tx.x4, tx.y4);
            let extent = (tx.size.width4(), tx.size.height4());
            let shift = usize::from(plane > 0);
            let max = (self.grid.mi_cols >> shift, self.grid.mi_rows >> shift);
            let ctx = self.all_zero_ctx(block, plane, place, tx.size, max);
            sink.symbol(all_zero_row(tx.size, ctx), usize::from(tx.eob == 0));
            if tx.eob == 0 {
                self.context.set_levels(plane, place, extent, 0, 0);
                continue;
            }
            if plane == 0 && types_coded {
                let set = TxSet::of(tx.size, block.is_inter, frame.reduced_tx_set);
                write_transform_type(sink, set, tx.size, block.y_mode, tx.tx_type);
            }
            let class_type = if lossless { TxType::DctDct } else { tx.tx_type };
            let input = CoefficientInput {
                size: tx.size,
                tx_type: class_type,
                plane_type: usize::from(plane > 0),
                scan: scan(tx.size, class_type.class()),
                levels: &residual.levels[tx.start..],
                eob: tx.eob,
                dc_sign_ctx: self.context.dc_sign_ctx(plane, place, extent, max),
            };
            let (level, dc) = write_coefficients(sink, &input);
            self.context.set_levels(plane, place, extent, level, dc);
        }
    }

    /// The context of `all_zero` (8.3.2).
    fn all_zero_ctx(
        &self,
        block: &Block,
        plane: usize,
        place: (usize, usize),
        size: TxSize,
        max: (usize, usize),
    ) -> usize {
        let extent = (size.width4(), size.height4());
        let (top, left, any_above, any_left) = self.context.levels(plane, place, extent, max);
        if plane == 0 {
            if block.size.width() == size.width() && block.size.height() == size.height() {
                0
            } else {
                match (top.min(left), top.max(left)) {
                    (0, 0) => 1,
                    (0, high) => 2 + usize::from(high > 3),
                    (_, ..=3) => 4,
                    (..=3, _) => 5,
                    _ => 6,
                }
            }
        } else {
            let area = chroma_size(block.size);
            let smaller = area.width() * area.height() > size.width() * size.height();
            7 + usize::from(any_above) + usize::from(any_left) + 3 * usize::from(smaller)
        }
    }
}
