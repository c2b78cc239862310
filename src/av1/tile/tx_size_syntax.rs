//! Transform sizes in the block syntax (5.11.15 to 5.11.17).

use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::geometry::MiPos;
use crate::av1::tables::blocks::MAX_TX_DEPTH;
use crate::av1::tile::block::{Block, max_rect_tx_size, split_tx_size};
use crate::av1::tile::block_syntax::{BlockWriter, Neighbours};
use crate::av1::tile::cdf::{TX_8X8_CDF, TX_16X16_CDF, TX_32X32_CDF, TX_64X64_CDF, TXFM_SPLIT_CDF};
use crate::av1::tile::symbol::SymbolSink;
use crate::av1::types::{TxMode, TxSize};

/// A transform of an inter block's tree (5.11.17).
#[derive(Clone, Copy)]
struct TxNode {
    pos: MiPos,
    size: TxSize,
    split: bool,
}

impl BlockWriter<'_> {
    /// 5.11.16 `read_block_tx_size`.
    pub(super) fn write_block_tx_size(
        &mut self,
        sink: &mut impl SymbolSink,
        block: &Block,
        near: &Neighbours,
        lossless: bool,
    ) {
        if lossless {
            debug_assert_eq!(block.tx_size, TxSize::T4x4);
            return;
        }
        if self.frame.tx_mode != TxMode::Select {
            return;
        }
        if block.is_inter && !block.skip {
            self.write_tx_tree(sink, block, near);
        } else if !block.is_inter {
            self.write_tx_depth(sink, block, near);
        }
    }

    /// 5.11.15 `read_tx_size` where `tx_depth` is coded.
    fn write_tx_depth(&self, sink: &mut impl SymbolSink, block: &Block, near: &Neighbours) {
        let max = max_rect_tx_size(block.size);
        let mut depth = 0;
        let mut size = max;
        while size != block.tx_size {
            size = split_tx_size(size);
            depth += 1;
        }
        debug_assert!(depth <= 2);
        let above = near
            .above
            .map_or(0, |n| if n.is_inter { n.block_size.width() } else { above_tx_width(&n) });
        let left = near
            .left
            .map_or(0, |n| if n.is_inter { n.block_size.height() } else { left_tx_height(&n) });
        let ctx = usize::from(above >= max.width()) + usize::from(left >= max.height());
        let row = match MAX_TX_DEPTH[block.size as usize] {
            4 => TX_64X64_CDF.row([ctx]),
            3 => TX_32X32_CDF.row([ctx]),
            2 => TX_16X16_CDF.row([ctx]),
            _ => TX_8X8_CDF.row([ctx]),
        };
        sink.symbol(row, depth);
    }

    /// 5.11.17 `read_var_tx_size`, whose depth is 2 at most.
    fn write_tx_tree(&mut self, sink: &mut impl SymbolSink, block: &Block, near: &Neighbours) {
        let splits = |size, index: u32| size != TxSize::T4x4 && (block.tx_split >> index) & 1 != 0;
        let size = max_rect_tx_size(block.size);
        let root = TxNode { pos: block.pos, size, split: splits(size, 0) };
        self.write_txfm_split(sink, block, near, root);
        if !root.split {
            self.set_inter_tx_size(root.pos, root.size);
            return;
        }
        let part = split_tx_size(root.size);
        let mut index = 1;
        for y in (0..root.size.height4()).step_by(part.height4()) {
            for x in (0..root.size.width4()).step_by(part.width4()) {
                let pos = block.pos.offset(y, x);
                if pos.row < self.grid.mi_rows && pos.col < self.grid.mi_cols {
                    let node = TxNode { pos, size: part, split: splits(part, index) };
                    self.write_txfm_split(sink, block, near, node);
                    let size = if node.split { split_tx_size(part) } else { part };
                    for v in (0..part.height4()).step_by(size.height4()) {
                        for u in (0..part.width4()).step_by(size.width4()) {
                            self.set_inter_tx_size(pos.offset(v, u), size);
                        }
                    }
                }
                index += 1;
            }
        }
    }

    /// `txfm_split` of a node, where it is coded.
    fn write_txfm_split(
        &self,
        sink: &mut impl SymbolSink,
        block: &Block,
        near: &Neighbours,
        node: TxNode,
    ) {
        if node.size != TxSize::T4x4 {
            let ctx = self.txfm_split_ctx(block, near, node);
            sink.symbol(TXFM_SPLIT_CDF.row([ctx]), usize::from(node.split));
        }
    }

    fn set_inter_tx_size(&mut self, pos: MiPos, size: TxSize) {
        let (rows, cols) = (self.grid.mi_rows, self.grid.mi_cols);
        let cols = pos.col.min(cols)..(pos.col + size.width4()).min(cols);
        for row in pos.row..(pos.row + size.height4()).min(rows) {
            for info in &mut self.grid.row_mut(row)[cols.clone()] {
                info.inter_tx_size = size;
            }
        }
    }

    /// The context of `txfm_split` (8.3.2).
    fn txfm_split_ctx(&self, block: &Block, near: &Neighbours, node: TxNode) -> usize {
        let TxNode { pos: MiPos { row, col }, size, .. } = node;
        let above = if row == block.pos.row {
            near.above.map_or(64, |_| {
                let n = self.grid.at(row - 1, col);
                if n.skip && n.is_inter { n.block_size.width() } else { above_tx_width(n) }
            })
        } else {
            above_tx_width(self.grid.at(row - 1, col))
        };
        let left = if col == block.pos.col {
            near.left.map_or(64, |_| {
                let n = self.grid.at(row, col - 1);
                if n.skip && n.is_inter { n.block_size.height() } else { left_tx_height(n) }
            })
        } else {
            left_tx_height(self.grid.at(row, col - 1))
        };
        let max_log2 = block.size.width_log2().max(block.size.height_log2()).min(6);
        let square_up = size.width_log2().max(size.height_log2());
        usize::from(square_up != max_log2) * 3
            + (6 - max_log2) * 6
            + usize::from(above < size.width())
            + usize::from(left < size.height())
    }
}

/// `get_above_tx_width` (8.3.2) of a record.
fn above_tx_width(info: &ModeInfo) -> usize {
    info.inter_tx_size.width()
}

/// `get_left_tx_height` (8.3.2) of a record.
fn left_tx_height(info: &ModeInfo) -> usize {
    info.inter_tx_size.height()
}
