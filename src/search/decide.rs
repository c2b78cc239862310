//! Decisions.

use super::block_coder::{PlainTransforms, TileCoder};
use crate::av1::block::Block;
use crate::av1::symbol::Record;
use crate::av1::tables::blocks::PARTITION_SUBSIZE;
use crate::av1::types::{BlockSize, LAST_FRAME, NONE, Partition, PredictionMode};
use crate::encoder::native::frame_coder::SuperblockDecider;
use crate::frame::padded::PaddedPlane;

/// What a picture is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Analysis {
    /// Mean absolute gradient per luma sample.
    pub(crate) spatial: f32,
    /// Mean absolute difference per luma sample from the picture before; `spatial` for the first.
    pub(crate) temporal: f32,
    /// Share of superblocks that are not static, 0 to 1.
    pub(crate) moving: f32,
}

/// Decides.
pub(crate) struct Search {
    before: Option<PaddedPlane>,
}

impl Search {
    /// For pictures of one size.
    pub(crate) fn new(_: usize, _: usize) -> Self {
        Self { before: None }
    }

    /// The effort.
    pub(crate) fn set_speed(&mut self, _: u8) {}

    /// Looks at a picture.
    pub(crate) fn analyse(&mut self, source: &[PaddedPlane; 3]) -> Analysis {
        let luma = &source[0];
        let (mut spatial, mut temporal) = (0_u64, 0_u64);
        for y in 0..luma.height as isize {
            let (row, next) = (luma.row(0, y, luma.width), luma.row(1, y, luma.width));
            spatial += row.iter().zip(next).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
            if let Some(before) = &self.before {
                let old = before.row(0, y, luma.width);
                temporal +=
                    row.iter().zip(old).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
            }
        }
        let mean = |sum: u64| sum as f32 / (luma.width * luma.height) as f32;
        let temporal = if self.before.is_some() { temporal } else { spatial };
        self.before = Some(luma.clone());
        Analysis { spatial: mean(spatial), temporal: mean(temporal), moving: 1.0 }
    }

    fn partition(
        &mut self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        (mi_row, mi_col): (usize, usize),
        size: BlockSize,
    ) {
        let (rows, cols) = (coder.grid.mi_rows, coder.grid.mi_cols);
        if mi_row >= rows || mi_col >= cols {
            return;
        }
        let half = size.width4() / 2;
        let whole = size == BlockSize::B8x8
            || size == BlockSize::B16x16 && mi_row + half < rows && mi_col + half < cols;
        let partition = if whole { Partition::None } else { Partition::Split };
        coder.writer().write_partition(records, mi_row, mi_col, size, partition);
        if !whole {
            let part = PARTITION_SUBSIZE[partition as usize][size as usize].unwrap_or(size);
            for (dy, dx) in [(0, 0), (0, half), (half, 0), (half, half)] {
                self.partition(coder, records, (mi_row + dy, mi_col + dx), part);
            }
            return;
        }
        let mut block = Block::new(mi_row, mi_col, size);
        block.skip = false;
        let stack = (!coder.frame.frame_is_intra).then(|| {
            block.is_inter = true;
            block.ref_frame = [LAST_FRAME, NONE];
            block.y_mode = PredictionMode::GlobalMv;
            coder.mv_stack(mi_row, mi_col, size, block.ref_frame)
        });
        coder.code_block(records, &mut block, stack.as_ref(), &mut PlainTransforms);
    }
}

impl SuperblockDecider for Search {
    fn superblock(
        &mut self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        mi_row: usize,
        mi_col: usize,
    ) {
        self.partition(coder, records, (mi_row, mi_col), BlockSize::B64x64);
    }
}
