//! Transform sizes (5.11.15 to 5.11.17), the residual (5.11.34 to 5.11.37) and transform types
//! (5.11.40, 5.11.47, 5.11.48).

use super::tile::{Step, TileParser};
use crate::av1::tables::blocks::{
    FILTER_INTRA_MODE_TO_INTRA_DIR, MAX_TX_DEPTH, MAX_TX_SIZE_RECT, MODE_TO_TXFM, SPLIT_TX_SIZE,
    TX_SIZE_SQR, TX_SIZE_SQR_UP, TX_TYPE_IN_SET_INTER, TX_TYPE_IN_SET_INTRA,
    TX_TYPE_INTER_INV_SET1, TX_TYPE_INTER_INV_SET2, TX_TYPE_INTER_INV_SET3, TX_TYPE_INTRA_INV_SET1,
    TX_TYPE_INTRA_INV_SET2,
};
use crate::av1::tile::cdf;
use crate::av1::types::{BlockSize, TxMode, TxSize, TxType};

const MAX_VARTX_DEPTH: usize = 2;
const TX_SIZES: usize = 5;
const MI_SIZE: i32 = 4;

const TX_SET_DCTONLY: usize = 0;
const TX_SET_INTRA_1: usize = 1;
const TX_SET_INTRA_2: usize = 2;
const TX_SET_INTER_1: usize = 1;
const TX_SET_INTER_2: usize = 2;
const TX_SET_INTER_3: usize = 3;

impl TileParser<'_> {
    /// 5.11.16 read_block_tx_size.
    pub(super) fn read_block_tx_size(&mut self) -> Step {
        let b = &self.b;
        let (mi_row, mi_col) = (b.mi_row, b.mi_col);
        let (bw4, bh4) = (b.mi_size.width4() as i32, b.mi_size.height4() as i32);
        if self.input.tx_mode == TxMode::Select
            && b.mi_size > BlockSize::B4x4
            && b.is_inter
            && !b.skip
            && !b.lossless
        {
            let max_tx_sz = MAX_TX_SIZE_RECT[b.mi_size as usize];
            for row in (mi_row..mi_row + bh4).step_by(max_tx_sz.height4()) {
                for col in (mi_col..mi_col + bw4).step_by(max_tx_sz.width4()) {
                    self.read_var_tx_size(row, col, max_tx_sz, 0)?;
                }
            }
        } else {
            self.read_tx_size(!b.skip || !b.is_inter)?;
            let tx_size = self.b.tx_size;
            self.arrays.fill([mi_row, mi_col], [bh4, bw4], |unit| unit.inter_tx_size = tx_size);
        }
        Ok(())
    }

    /// 5.11.17 read_var_tx_size.
    fn read_var_tx_size(&mut self, row: i32, col: i32, tx_sz: TxSize, depth: usize) -> Step {
        if row >= self.input.mi_rows || col >= self.input.mi_cols {
            return Ok(());
        }
        let txfm_split = if tx_sz == TxSize::T4x4 || depth == MAX_VARTX_DEPTH {
            false
        } else {
            let ctx = self.txfm_split_ctx(row, col, tx_sz);
            self.flag("txfm_split", cdf::TXFM_SPLIT_CDF.row([ctx]))?
        };
        let (w4, h4) = (tx_sz.width4() as i32, tx_sz.height4() as i32);
        if txfm_split {
            let sub_tx_sz = SPLIT_TX_SIZE[tx_sz as usize];
            for i in (0..h4).step_by(sub_tx_sz.height4()) {
                for j in (0..w4).step_by(sub_tx_sz.width4()) {
                    self.read_var_tx_size(row + i, col + j, sub_tx_sz, depth + 1)?;
                }
            }
        } else {
            self.arrays.fill([row, col], [h4, w4], |unit| unit.inter_tx_size = tx_sz);
            self.b.tx_size = tx_sz;
        }
        Ok(())
    }

    /// 5.11.15 read_tx_size.
    fn read_tx_size(&mut self, allow_select: bool) -> Step {
        if self.b.lossless {
            self.b.tx_size = TxSize::T4x4;
            return Ok(());
        }
        let mi_size = self.b.mi_size;
        let max_rect_tx_size = MAX_TX_SIZE_RECT[mi_size as usize];
        let max_tx_depth = MAX_TX_DEPTH[mi_size as usize];
        self.b.tx_size = max_rect_tx_size;
        if mi_size > BlockSize::B4x4 && allow_select && self.input.tx_mode == TxMode::Select {
            let ctx = self.tx_depth_ctx(max_rect_tx_size);
            let row = match max_tx_depth {
                4 => cdf::TX_64X64_CDF.row([ctx]),
                3 => cdf::TX_32X32_CDF.row([ctx]),
                2 => cdf::TX_16X16_CDF.row([ctx]),
                _ => cdf::TX_8X8_CDF.row([ctx]),
            };
            for _ in 0..self.symbol("tx_depth", row)? {
                self.b.tx_size = SPLIT_TX_SIZE[self.b.tx_size as usize];
            }
        }
        Ok(())
    }

    /// 8.3.2, tx_depth.
    fn tx_depth_ctx(&self, max_rect_tx_size: TxSize) -> usize {
        let (mi_row, mi_col) = (self.b.mi_row, self.b.mi_col);
        let above_w = if self.b.avail_u && self.arrays.at(mi_row - 1, mi_col).is_inter {
            self.arrays.at(mi_row - 1, mi_col).mi_size.width()
        } else if self.b.avail_u {
            self.above_tx_width(mi_row, mi_col)
        } else {
            0
        };
        let left_h = if self.b.avail_l && self.arrays.at(mi_row, mi_col - 1).is_inter {
            self.arrays.at(mi_row, mi_col - 1).mi_size.height()
        } else if self.b.avail_l {
            self.left_tx_height(mi_row, mi_col)
        } else {
            0
        };
        usize::from(above_w >= max_rect_tx_size.width())
            + usize::from(left_h >= max_rect_tx_size.height())
    }

    /// 8.3.2, txfm_split.
    fn txfm_split_ctx(&self, row: i32, col: i32, tx_sz: TxSize) -> usize {
        let above = usize::from(self.above_tx_width(row, col) < tx_sz.width());
        let left = usize::from(self.left_tx_height(row, col) < tx_sz.height());
        let size = self.b.mi_size.width().max(self.b.mi_size.height()).min(64);
        let max_tx_sz = find_tx_size(size, size) as usize;
        let tx_sz_sqr_up = TX_SIZE_SQR_UP[tx_sz as usize] as usize;
        usize::from(tx_sz_sqr_up != max_tx_sz) * 3 + (TX_SIZES - 1 - max_tx_sz) * 6 + above + left
    }

    /// 8.3.2 get_above_tx_width.
    fn above_tx_width(&self, row: i32, col: i32) -> usize {
        if row == self.b.mi_row {
            if !self.b.avail_u {
                return 64;
            }
            let above = self.arrays.at(row - 1, col);
            if above.skip && above.is_inter {
                return above.mi_size.width();
            }
        }
        self.arrays.at(row - 1, col).inter_tx_size.width()
    }

    /// 8.3.2 get_left_tx_height.
    fn left_tx_height(&self, row: i32, col: i32) -> usize {
        if col == self.b.mi_col {
            if !self.b.avail_l {
                return 64;
            }
            let left = self.arrays.at(row, col - 1);
            if left.skip && left.is_inter {
                return left.mi_size.height();
            }
        }
        self.arrays.at(row, col - 1).inter_tx_size.height()
    }

    /// 5.11.34 residual.
    pub(super) fn residual(&mut self) -> Step {
        let (mi_row, mi_col, mi_size) = (self.b.mi_row, self.b.mi_col, self.b.mi_size);
        let width_chunks = (mi_size.width() >> 6).max(1);
        let height_chunks = (mi_size.height() >> 6).max(1);
        let mi_size_chunk =
            if width_chunks > 1 || height_chunks > 1 { BlockSize::B64x64 } else { mi_size };
        for chunk_y in 0..height_chunks as i32 {
            for chunk_x in 0..width_chunks as i32 {
                let mi_row_chunk = mi_row + (chunk_y << 4);
                let mi_col_chunk = mi_col + (chunk_x << 4);
                for plane in 0..if self.b.has_chroma { 3 } else { 1 } {
                    let tx_sz = if self.b.lossless {
                        TxSize::T4x4
                    } else {
                        self.get_tx_size(plane, self.b.tx_size)?
                    };
                    let plane_sz = self
                        .plane_residual_size(mi_size_chunk, plane)
                        .ok_or("no size for chroma")?;
                    let (num4x4_w, num4x4_h) =
                        (plane_sz.width4() as i32, plane_sz.height4() as i32);
                    let sub_x = if plane > 0 { self.input.subsampling_x } else { 0 };
                    let sub_y = if plane > 0 { self.input.subsampling_y } else { 0 };
                    if self.b.is_inter && !self.b.lossless && plane == 0 {
                        let base_x = (mi_col_chunk >> sub_x) * MI_SIZE;
                        let base_y = (mi_row_chunk >> sub_y) * MI_SIZE;
                        self.transform_tree(base_x, base_y, num4x4_w * 4, num4x4_h * 4)?;
                        continue;
                    }
                    let base_x_block = (mi_col >> sub_x) * MI_SIZE;
                    let base_y_block = (mi_row >> sub_y) * MI_SIZE;
                    for y in (0..num4x4_h).step_by(tx_sz.height4()) {
                        for x in (0..num4x4_w).step_by(tx_sz.width4()) {
                            let x = x + ((chunk_x << 4) >> sub_x);
                            let y = y + ((chunk_y << 4) >> sub_y);
                            let (start_x, start_y) = (base_x_block + 4 * x, base_y_block + 4 * y);
                            self.transform_block(plane, start_x, start_y, tx_sz)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// 5.11.35 transform_block, from startX and startY.
    fn transform_block(&mut self, plane: usize, start_x: i32, start_y: i32, tx_sz: TxSize) -> Step {
        let sub_x = if plane > 0 { self.input.subsampling_x } else { 0 };
        let sub_y = if plane > 0 { self.input.subsampling_y } else { 0 };
        let max_x = (self.input.mi_cols * MI_SIZE) >> sub_x;
        let max_y = (self.input.mi_rows * MI_SIZE) >> sub_y;
        if start_x >= max_x || start_y >= max_y {
            return Ok(());
        }
        if !self.b.skip {
            self.coeffs(plane, start_x, start_y, tx_sz)?;
        }
        Ok(())
    }

    /// 5.11.36 transform_tree.
    fn transform_tree(&mut self, start_x: i32, start_y: i32, w: i32, h: i32) -> Step {
        let max_x = self.input.mi_cols * MI_SIZE;
        let max_y = self.input.mi_rows * MI_SIZE;
        if start_x >= max_x || start_y >= max_y {
            return Ok(());
        }
        let luma_tx_sz = self.arrays.at(start_y >> 2, start_x >> 2).inter_tx_size;
        let (luma_w, luma_h) = (luma_tx_sz.width() as i32, luma_tx_sz.height() as i32);
        if w <= luma_w && h <= luma_h {
            let tx_sz = find_tx_size(w as usize, h as usize);
            self.transform_block(0, start_x, start_y, tx_sz)?;
        } else if w > h {
            self.transform_tree(start_x, start_y, w / 2, h)?;
            self.transform_tree(start_x + w / 2, start_y, w / 2, h)?;
        } else if w < h {
            self.transform_tree(start_x, start_y, w, h / 2)?;
            self.transform_tree(start_x, start_y + h / 2, w, h / 2)?;
        } else {
            self.transform_tree(start_x, start_y, w / 2, h / 2)?;
            self.transform_tree(start_x + w / 2, start_y, w / 2, h / 2)?;
            self.transform_tree(start_x, start_y + h / 2, w / 2, h / 2)?;
            self.transform_tree(start_x + w / 2, start_y + h / 2, w / 2, h / 2)?;
        }
        Ok(())
    }

    /// 5.11.37 get_tx_size.
    fn get_tx_size(&self, plane: usize, tx_sz: TxSize) -> Step<TxSize> {
        if plane == 0 {
            return Ok(tx_sz);
        }
        let residual_size =
            self.plane_residual_size(self.b.mi_size, plane).ok_or("no size for chroma")?;
        let uv_tx = MAX_TX_SIZE_RECT[residual_size as usize];
        if uv_tx.width() == 64 || uv_tx.height() == 64 {
            if uv_tx.width() == 16 {
                return Ok(TxSize::T16x32);
            }
            if uv_tx.height() == 16 {
                return Ok(TxSize::T32x16);
            }
            return Ok(TxSize::T32x32);
        }
        Ok(uv_tx)
    }

    /// 5.11.47 transform_type.
    pub(super) fn transform_type(&mut self, x4: i32, y4: i32, tx_sz: TxSize) -> Step {
        let set = self.get_tx_set(tx_sz);
        let qindex = self.input.qindex_without_delta(self.b.segment_id);
        let tx_type = if set > 0 && qindex > 0 {
            if self.b.is_inter {
                self.inter_tx_type(set, tx_sz)?
            } else {
                self.intra_tx_type(set, tx_sz)?
            }
        } else {
            TxType::DctDct
        };
        self.set_tx_types(x4, y4, tx_sz, tx_type);
        Ok(())
    }

    /// TxTypes over a transform block.
    pub(super) fn set_tx_types(&mut self, x4: i32, y4: i32, tx_sz: TxSize, tx_type: TxType) {
        let size = [tx_sz.height4() as i32, tx_sz.width4() as i32];
        self.arrays.fill([y4, x4], size, |unit| unit.tx_type = tx_type);
    }

    /// 5.11.47 and 8.3.2, inter_tx_type.
    fn inter_tx_type(&mut self, set: usize, tx_sz: TxSize) -> Step<TxType> {
        let sqr = TX_SIZE_SQR[tx_sz as usize] as usize;
        let row = match set {
            TX_SET_INTER_1 => cdf::INTER_TX_TYPE_SET1_CDF.row([sqr]),
            TX_SET_INTER_2 => cdf::INTER_TX_TYPE_SET2_CDF.row([]),
            _ => cdf::INTER_TX_TYPE_SET3_CDF.row([sqr]),
        };
        let inter_tx_type = self.symbol("inter_tx_type", row)?;
        Ok(match set {
            TX_SET_INTER_1 => TX_TYPE_INTER_INV_SET1[inter_tx_type],
            TX_SET_INTER_2 => TX_TYPE_INTER_INV_SET2[inter_tx_type],
            _ => TX_TYPE_INTER_INV_SET3[inter_tx_type],
        })
    }

    /// 5.11.47 and 8.3.2, intra_tx_type.
    fn intra_tx_type(&mut self, set: usize, tx_sz: TxSize) -> Step<TxType> {
        let sqr = TX_SIZE_SQR[tx_sz as usize] as usize;
        let intra_dir = match self.b.filter_intra_mode {
            Some(filter_intra_mode) => FILTER_INTRA_MODE_TO_INTRA_DIR[filter_intra_mode],
            None => self.b.y_mode,
        } as usize;
        let row = if set == TX_SET_INTRA_1 {
            cdf::INTRA_TX_TYPE_SET1_CDF.row([sqr, intra_dir])
        } else {
            cdf::INTRA_TX_TYPE_SET2_CDF.row([sqr, intra_dir])
        };
        let intra_tx_type = self.symbol("intra_tx_type", row)?;
        Ok(if set == TX_SET_INTRA_1 {
            TX_TYPE_INTRA_INV_SET1[intra_tx_type]
        } else {
            TX_TYPE_INTRA_INV_SET2[intra_tx_type]
        })
    }

    /// 5.11.48 get_tx_set.
    fn get_tx_set(&self, tx_sz: TxSize) -> usize {
        let tx_sz_sqr = TX_SIZE_SQR[tx_sz as usize];
        let tx_sz_sqr_up = TX_SIZE_SQR_UP[tx_sz as usize];
        if tx_sz_sqr_up > TxSize::T32x32 {
            return TX_SET_DCTONLY;
        }
        if self.b.is_inter {
            if self.input.reduced_tx_set || tx_sz_sqr_up == TxSize::T32x32 {
                TX_SET_INTER_3
            } else if tx_sz_sqr == TxSize::T16x16 {
                TX_SET_INTER_2
            } else {
                TX_SET_INTER_1
            }
        } else if tx_sz_sqr_up == TxSize::T32x32 {
            TX_SET_DCTONLY
        } else if self.input.reduced_tx_set || tx_sz_sqr == TxSize::T16x16 {
            TX_SET_INTRA_2
        } else {
            TX_SET_INTRA_1
        }
    }

    /// 5.11.40 compute_tx_type.
    pub(super) fn compute_tx_type(
        &self,
        plane: usize,
        tx_sz: TxSize,
        block_x: i32,
        block_y: i32,
    ) -> TxType {
        let tx_sz_sqr_up = TX_SIZE_SQR_UP[tx_sz as usize];
        if self.b.lossless || tx_sz_sqr_up > TxSize::T32x32 {
            return TxType::DctDct;
        }
        if plane == 0 {
            return self.arrays.at(block_y, block_x).tx_type;
        }
        let tx_set = self.get_tx_set(tx_sz);
        let (tx_type, in_set) = if self.b.is_inter {
            let x4 = self.b.mi_col.max(block_x << self.input.subsampling_x);
            let y4 = self.b.mi_row.max(block_y << self.input.subsampling_y);
            let tx_type = self.arrays.at(y4, x4).tx_type;
            (tx_type, TX_TYPE_IN_SET_INTER[tx_set][tx_type as usize])
        } else {
            let tx_type = MODE_TO_TXFM[self.b.uv_mode as usize];
            (tx_type, TX_TYPE_IN_SET_INTRA[tx_set][tx_type as usize])
        };
        if in_set { tx_type } else { TxType::DctDct }
    }
}

/// 5.11.36 find_tx_size.
fn find_tx_size(w: usize, h: usize) -> TxSize {
    TxSize::ALL
        .iter()
        .copied()
        .find(|tx_sz| tx_sz.width() == w && tx_sz.height() == h)
        .expect("a transform of this size")
}
