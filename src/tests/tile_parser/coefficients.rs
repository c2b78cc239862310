//! 5.11.39 coeffs and the contexts of its symbols (8.3.2).

use super::tile::{Step, TileParser};
use crate::av1::tables::blocks::{
    ADJUSTED_TX_SIZE, COEFF_BASE_CTX_OFFSET, COEFF_BASE_POS_CTX_OFFSET,
    MAG_REF_OFFSET_WITH_TX_CLASS, SIG_REF_DIFF_OFFSET, TX_SIZE_SQR, TX_SIZE_SQR_UP,
};
use crate::av1::tables::scans;
use crate::av1::tile::cdf;
use crate::av1::types::{TxClass, TxSize, TxType};

const NUM_BASE_LEVELS: i32 = 2;
const COEFF_BASE_RANGE: i32 = 12;
const BR_CDF_SIZE: i32 = 4;
const SIG_COEF_CONTEXTS: usize = 42;
const SIG_COEF_CONTEXTS_EOB: usize = 4;

/// What 8.3.2 needs to know of a transform block.
struct Coefficients {
    tx_sz: TxSize,
    tx_class: TxClass,
    /// Quant.
    quant: Vec<i32>,
}

impl TileParser<'_> {
    /// 5.11.39 coeffs.
    pub(super) fn coeffs(
        &mut self,
        plane: usize,
        start_x: i32,
        start_y: i32,
        tx_sz: TxSize,
    ) -> Step {
        let x4 = (start_x >> 2) as usize;
        let y4 = (start_y >> 2) as usize;
        let w4 = tx_sz.width4();
        let h4 = tx_sz.height4();
        let tx_sz_ctx =
            (TX_SIZE_SQR[tx_sz as usize] as usize + TX_SIZE_SQR_UP[tx_sz as usize] as usize + 1)
                >> 1;
        let ptype = usize::from(plane > 0);
        let mut cul_level = 0;
        let mut dc_category = 0;

        let ctx = self.all_zero_ctx(plane, tx_sz, x4, y4);
        if self.flag("all_zero", cdf::TXB_SKIP_CDF.row([tx_sz_ctx, ctx]))? {
            if plane == 0 {
                self.set_tx_types(x4 as i32, y4 as i32, tx_sz, TxType::DctDct);
            }
        } else {
            if plane == 0 {
                self.transform_type(x4 as i32, y4 as i32, tx_sz)?;
            }
            let plane_tx_type = self.compute_tx_type(plane, tx_sz, x4 as i32, y4 as i32);
            let tx_class = tx_class(plane_tx_type);
            let scan = scans::scan(tx_sz, tx_class);
            let seg_eob = if matches!(tx_sz, TxSize::T16x64 | TxSize::T64x16) {
                512
            } else {
                (tx_sz.width() * tx_sz.height()).min(1024)
            };
            let eob = self.end_of_block(tx_sz, tx_sz_ctx, ptype, tx_class)?;
            if eob > seg_eob {
                return Err(format!("eob {eob} of {seg_eob}"));
            }
            let mut block = Coefficients { tx_sz, tx_class, quant: vec![0; seg_eob] };
            for c in (0..eob).rev() {
                let pos = usize::from(scan[c]);
                block.quant[pos] = self.level(&block, c, c == eob - 1, pos, tx_sz_ctx, ptype)?;
            }
            for c in 0..eob {
                let pos = usize::from(scan[c]);
                let mut sign = false;
                if block.quant[pos] != 0 {
                    sign = if c == 0 {
                        let ctx = self.dc_sign_ctx(plane, x4, y4, w4, h4);
                        self.flag("dc_sign", cdf::DC_SIGN_CDF.row([ptype, ctx]))?
                    } else {
                        self.literal("sign_bit", 1)? == 1
                    };
                }
                if block.quant[pos] > NUM_BASE_LEVELS + COEFF_BASE_RANGE {
                    let x = self.golomb()?;
                    block.quant[pos] = x + COEFF_BASE_RANGE + NUM_BASE_LEVELS;
                }
                if pos == 0 && block.quant[pos] > 0 {
                    dc_category = if sign { 1 } else { 2 };
                }
                block.quant[pos] &= 0xFFFFF;
                cul_level += i64::from(block.quant[pos]);
                if sign {
                    block.quant[pos] = -block.quant[pos];
                }
            }
            cul_level = cul_level.min(63);
        }
        for i in 0..w4 {
            self.above_level_context[plane][x4 + i] = cul_level as u8;
            self.above_dc_context[plane][x4 + i] = dc_category;
        }
        for i in 0..h4 {
            self.left_level_context[plane][y4 + i] = cul_level as u8;
            self.left_dc_context[plane][y4 + i] = dc_category;
        }
        Ok(())
    }

    /// The symbols from eob_pt_16 to eob_extra_bit in 5.11.39.
    fn end_of_block(
        &mut self,
        tx_sz: TxSize,
        tx_sz_ctx: usize,
        ptype: usize,
        tx_class: TxClass,
    ) -> Step<usize> {
        let eob_multisize = tx_sz.width_log2().min(5) + tx_sz.height_log2().min(5) - 4;
        let ctx = if tx_class == TxClass::TwoD { 0 } else { 1 };
        let (element, row) = match eob_multisize {
            0 => ("eob_pt_16", cdf::EOB_PT_16_CDF.row([ptype, ctx])),
            1 => ("eob_pt_32", cdf::EOB_PT_32_CDF.row([ptype, ctx])),
            2 => ("eob_pt_64", cdf::EOB_PT_64_CDF.row([ptype, ctx])),
            3 => ("eob_pt_128", cdf::EOB_PT_128_CDF.row([ptype, ctx])),
            4 => ("eob_pt_256", cdf::EOB_PT_256_CDF.row([ptype, ctx])),
            5 => ("eob_pt_512", cdf::EOB_PT_512_CDF.row([ptype])),
            _ => ("eob_pt_1024", cdf::EOB_PT_1024_CDF.row([ptype])),
        };
        let eob_pt = self.symbol(element, row)? + 1;
        let mut eob = if eob_pt < 2 { eob_pt } else { (1 << (eob_pt - 2)) + 1 };
        if eob_pt >= 3 {
            let eob_shift = eob_pt - 3;
            let row = cdf::EOB_EXTRA_CDF.row([tx_sz_ctx, ptype, eob_pt - 3]);
            if self.flag("eob_extra", row)? {
                eob += 1 << eob_shift;
            }
            for i in 1..eob_pt - 2 {
                let eob_shift = eob_pt - 2 - 1 - i;
                if self.literal("eob_extra_bit", 1)? == 1 {
                    eob += 1 << eob_shift;
                }
            }
        }
        Ok(eob)
    }

    /// The level of a coefficient up to NUM_BASE_LEVELS + COEFF_BASE_RANGE + 1 in 5.11.39.
    fn level(
        &mut self,
        block: &Coefficients,
        c: usize,
        is_eob: bool,
        pos: usize,
        tx_sz_ctx: usize,
        ptype: usize,
    ) -> Step<i32> {
        let base_ctx = block.coeff_base_ctx(pos, c, is_eob);
        let mut level = if is_eob {
            let ctx = base_ctx + SIG_COEF_CONTEXTS_EOB - SIG_COEF_CONTEXTS;
            let row = cdf::COEFF_BASE_EOB_CDF.row([tx_sz_ctx, ptype, ctx]);
            self.symbol("coeff_base_eob", row)? as i32 + 1
        } else {
            let row = cdf::COEFF_BASE_CDF.row([tx_sz_ctx, ptype, base_ctx]);
            self.symbol("coeff_base", row)? as i32
        };
        if level > NUM_BASE_LEVELS {
            let ctx = block.coeff_br_ctx(pos);
            let row = cdf::COEFF_BR_CDF.row([tx_sz_ctx.min(TxSize::T32x32 as usize), ptype, ctx]);
            for _ in 0..COEFF_BASE_RANGE / (BR_CDF_SIZE - 1) {
                let coeff_br = self.symbol("coeff_br", row)? as i32;
                level += coeff_br;
                if coeff_br < BR_CDF_SIZE - 1 {
                    break;
                }
            }
        }
        Ok(level)
    }

    /// golomb_length_bit and golomb_data_bit in 5.11.39, with the requirement of 6.10.34: x.
    fn golomb(&mut self) -> Step<i32> {
        let mut length = 0;
        loop {
            length += 1;
            if self.literal("golomb_length_bit", 1)? == 1 {
                break;
            }
            if length == 20 {
                return Err("golomb_length_bit 20 is 0".to_string());
            }
        }
        let mut x = 1;
        for _ in 0..length - 1 {
            x = (x << 1) | self.literal("golomb_data_bit", 1)? as i32;
        }
        Ok(x)
    }

    /// maxX4 and maxY4 of 8.3.2.
    fn max_x4_y4(&self, plane: usize) -> (usize, usize) {
        let (mut max_x4, mut max_y4) = (self.input.mi_cols as usize, self.input.mi_rows as usize);
        if plane > 0 {
            max_x4 >>= self.input.subsampling_x;
            max_y4 >>= self.input.subsampling_y;
        }
        (max_x4, max_y4)
    }

    /// 8.3.2, all_zero.
    fn all_zero_ctx(&self, plane: usize, tx_sz: TxSize, x4: usize, y4: usize) -> usize {
        let (max_x4, max_y4) = self.max_x4_y4(plane);
        let (w4, h4) = (tx_sz.width4(), tx_sz.height4());
        let (w, h) = (tx_sz.width(), tx_sz.height());
        let bsize = self.plane_residual_size(self.b.mi_size, plane).unwrap_or(self.b.mi_size);
        let (bw, bh) = (bsize.width(), bsize.height());
        if plane == 0 {
            let mut top = 0;
            let mut left = 0;
            for k in 0..w4 {
                if x4 + k < max_x4 {
                    top = top.max(self.above_level_context[plane][x4 + k]);
                }
            }
            for k in 0..h4 {
                if y4 + k < max_y4 {
                    left = left.max(self.left_level_context[plane][y4 + k]);
                }
            }
            if bw == w && bh == h {
                0
            } else if top == 0 && left == 0 {
                1
            } else if top == 0 || left == 0 {
                2 + usize::from(top.max(left) > 3)
            } else if top.max(left) <= 3 {
                4
            } else if top.min(left) <= 3 {
                5
            } else {
                6
            }
        } else {
            let mut above = 0;
            let mut left = 0;
            for i in 0..w4 {
                if x4 + i < max_x4 {
                    above |= self.above_level_context[plane][x4 + i];
                    above |= self.above_dc_context[plane][x4 + i];
                }
            }
            for i in 0..h4 {
                if y4 + i < max_y4 {
                    left |= self.left_level_context[plane][y4 + i];
                    left |= self.left_dc_context[plane][y4 + i];
                }
            }
            let mut ctx = usize::from(above != 0) + usize::from(left != 0);
            ctx += 7;
            if bw * bh > w * h {
                ctx += 3;
            }
            ctx
        }
    }

    /// 8.3.2, dc_sign.
    fn dc_sign_ctx(&self, plane: usize, x4: usize, y4: usize, w4: usize, h4: usize) -> usize {
        let (max_x4, max_y4) = self.max_x4_y4(plane);
        let mut dc_sign = 0;
        let mut count = |sign: u8| match sign {
            1 => dc_sign -= 1,
            2 => dc_sign += 1,
            _ => {}
        };
        for k in 0..w4 {
            if x4 + k < max_x4 {
                count(self.above_dc_context[plane][x4 + k]);
            }
        }
        for k in 0..h4 {
            if y4 + k < max_y4 {
                count(self.left_dc_context[plane][y4 + k]);
            }
        }
        match dc_sign {
            ..0 => 1,
            0 => 0,
            1.. => 2,
        }
    }
}

impl Coefficients {
    /// 8.3.2 get_coeff_base_ctx.
    fn coeff_base_ctx(&self, pos: usize, c: usize, is_eob: bool) -> usize {
        let adj_tx_sz = ADJUSTED_TX_SIZE[self.tx_sz as usize];
        let bwl = adj_tx_sz.width_log2();
        let width = 1 << bwl;
        let height = adj_tx_sz.height();
        if is_eob {
            if c == 0 {
                return SIG_COEF_CONTEXTS - 4;
            }
            if c <= (height << bwl) / 8 {
                return SIG_COEF_CONTEXTS - 3;
            }
            if c <= (height << bwl) / 4 {
                return SIG_COEF_CONTEXTS - 2;
            }
            return SIG_COEF_CONTEXTS - 1;
        }
        let row = pos >> bwl;
        let col = pos - (row << bwl);
        let mut mag = 0;
        for [down, right] in SIG_REF_DIFF_OFFSET[self.tx_class as usize] {
            let ref_row = row + usize::from(down);
            let ref_col = col + usize::from(right);
            if ref_row < height && ref_col < width {
                mag += self.quant[(ref_row << bwl) + ref_col].abs().min(3);
            }
        }
        let ctx = ((mag + 1) >> 1).min(4) as usize;
        if self.tx_class == TxClass::TwoD {
            if row == 0 && col == 0 {
                return 0;
            }
            let offset = COEFF_BASE_CTX_OFFSET[self.tx_sz as usize][row.min(4)][col.min(4)];
            return ctx + usize::from(offset);
        }
        let idx = if self.tx_class == TxClass::Vert { row } else { col };
        ctx + usize::from(COEFF_BASE_POS_CTX_OFFSET[idx.min(2)])
    }

    /// 8.3.2, coeff_br.
    fn coeff_br_ctx(&self, pos: usize) -> usize {
        let adj_tx_sz = ADJUSTED_TX_SIZE[self.tx_sz as usize];
        let bwl = adj_tx_sz.width_log2();
        let txw = adj_tx_sz.width();
        let txh = adj_tx_sz.height();
        let row = pos >> bwl;
        let col = pos - (row << bwl);
        let mut mag = 0;
        for [down, right] in MAG_REF_OFFSET_WITH_TX_CLASS[self.tx_class as usize] {
            let ref_row = row + usize::from(down);
            let ref_col = col + usize::from(right);
            if ref_row < txh && ref_col < (1 << bwl) {
                mag +=
                    self.quant[ref_row * txw + ref_col].min(COEFF_BASE_RANGE + NUM_BASE_LEVELS + 1);
            }
        }
        let mag = ((mag + 1) >> 1).min(6) as usize;
        if pos == 0 {
            return mag;
        }
        let near = match self.tx_class {
            TxClass::TwoD => row < 2 && col < 2,
            TxClass::Horiz => col == 0,
            TxClass::Vert => row == 0,
        };
        if near { mag + 7 } else { mag + 14 }
    }
}

/// 8.3.2 get_tx_class.
fn tx_class(tx_type: TxType) -> TxClass {
    match tx_type {
        TxType::VDct | TxType::VAdst | TxType::VFlipadst => TxClass::Vert,
        TxType::HDct | TxType::HAdst | TxType::HFlipadst => TxClass::Horiz,
        _ => TxClass::TwoD,
    }
}
