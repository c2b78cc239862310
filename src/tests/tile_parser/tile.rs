//! 5.11.2 decode_tile, 5.11.4 decode_partition and the reading of symbols.

use super::frame_state::{FrameArrays, Mv};
use super::input::TileParserInput;
use super::log::LoggedSymbol;
use super::motion_field::MotionField;
use super::mv_stack::MvStack;
use super::symbol_decoder::{SymbolDecoder, adapt, cumulative};
use crate::av1::tables::blocks::PARTITION_SUBSIZE;
use crate::av1::tile::cdf::{self, CdfContext, CdfRow};
use crate::av1::types::{BlockSize, MotionMode, Partition, PredictionMode, TxSize, UvMode};

/// What all tiles of a frame share.
pub(super) struct FrameContext<'a> {
    pub(super) input: &'a TileParserInput,
    /// OrderHints by reference frame.
    pub(super) order_hints: [i32; 8],
    pub(super) cdfs: CdfContext,
    pub(super) prev_segment_ids: Vec<u8>,
    pub(super) motion_field: Option<MotionField>,
}

/// The variables that the syntax tables keep for a block, named as there.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) mi_row: i32,
    pub(super) mi_col: i32,
    pub(super) mi_size: BlockSize,
    pub(super) has_chroma: bool,
    pub(super) avail_u: bool,
    pub(super) avail_l: bool,
    pub(super) skip: bool,
    pub(super) skip_mode: bool,
    pub(super) is_inter: bool,
    pub(super) segment_id: u8,
    pub(super) lossless: bool,
    pub(super) y_mode: PredictionMode,
    pub(super) uv_mode: UvMode,
    /// Filter_Intra_Mode_To_Intra_Dir's index, if use_filter_intra is set.
    pub(super) filter_intra_mode: Option<usize>,
    pub(super) ref_frame: [i8; 2],
    pub(super) left_ref_frame: [i8; 2],
    pub(super) above_ref_frame: [i8; 2],
    pub(super) left_intra: bool,
    pub(super) above_intra: bool,
    pub(super) left_single: bool,
    pub(super) above_single: bool,
    pub(super) ref_mv_idx: usize,
    pub(super) mv: [Mv; 2],
    pub(super) motion_mode: MotionMode,
    pub(super) interp_filter: [u8; 2],
    pub(super) tx_size: TxSize,
    pub(super) stack: MvStack,
}

impl Block {
    fn new() -> Self {
        Self {
            mi_row: 0,
            mi_col: 0,
            mi_size: BlockSize::B4x4,
            has_chroma: false,
            avail_u: false,
            avail_l: false,
            skip: false,
            skip_mode: false,
            is_inter: false,
            segment_id: 0,
            lossless: false,
            y_mode: PredictionMode::Dc,
            uv_mode: UvMode::Dc,
            filter_intra_mode: None,
            ref_frame: [0, -1],
            left_ref_frame: [0, -1],
            above_ref_frame: [0, -1],
            left_intra: false,
            above_intra: false,
            left_single: false,
            above_single: false,
            ref_mv_idx: 0,
            mv: [[0; 2]; 2],
            motion_mode: MotionMode::Simple,
            interp_filter: [0; 2],
            tx_size: TxSize::T4x4,
            stack: MvStack::default(),
        }
    }
}

/// The parser of one tile.
pub(super) struct TileParser<'a> {
    pub(super) input: &'a TileParserInput,
    pub(super) frame: &'a FrameContext<'a>,
    pub(super) arrays: &'a mut FrameArrays,
    decoder: SymbolDecoder<'a>,
    cdfs: CdfContext,
    symbols: Vec<LoggedSymbol>,
    pub(super) mi_row_start: i32,
    pub(super) mi_row_end: i32,
    pub(super) mi_col_start: i32,
    pub(super) mi_col_end: i32,
    pub(super) read_deltas: bool,
    pub(super) current_q_index: i32,
    pub(super) delta_lf: [i32; 4],
    pub(super) above_level_context: [Vec<u8>; 3],
    pub(super) above_dc_context: [Vec<u8>; 3],
    pub(super) above_seg_pred_context: Vec<u8>,
    pub(super) left_level_context: [Vec<u8>; 3],
    pub(super) left_dc_context: [Vec<u8>; 3],
    pub(super) left_seg_pred_context: Vec<u8>,
    pub(super) b: Block,
}

/// Every step of the parse ends with a reason when it fails.
pub(super) type Step<T = ()> = Result<T, String>;

impl<'a> TileParser<'a> {
    /// 5.11.1: the bounds of the tile, init_symbol, and the cleared above context of 5.11.2.
    pub(super) fn new(
        frame: &'a FrameContext<'a>,
        arrays: &'a mut FrameArrays,
        tile_num: usize,
        data: &'a [u8],
    ) -> Self {
        let input = frame.input;
        let tile_cols = input.mi_col_starts.len() - 1;
        let (tile_row, tile_col) = (tile_num / tile_cols, tile_num % tile_cols);
        // A block may reach over the edge of the frame by almost a superblock.
        let (rows, cols) = (input.mi_rows as usize + 32, input.mi_cols as usize + 32);
        let planes = |len: usize| [vec![0; len], vec![0; len], vec![0; len]];
        Self {
            input,
            frame,
            arrays,
            decoder: SymbolDecoder::new(data),
            cdfs: frame.cdfs.clone(),
            symbols: Vec::new(),
            mi_row_start: input.mi_row_starts[tile_row],
            mi_row_end: input.mi_row_starts[tile_row + 1],
            mi_col_start: input.mi_col_starts[tile_col],
            mi_col_end: input.mi_col_starts[tile_col + 1],
            read_deltas: false,
            current_q_index: i32::from(input.base_q_idx),
            delta_lf: [0; 4],
            above_level_context: planes(cols),
            above_dc_context: planes(cols),
            above_seg_pred_context: vec![0; cols],
            left_level_context: planes(rows),
            left_dc_context: planes(rows),
            left_seg_pred_context: vec![0; rows],
            b: Block::new(),
        }
    }

    /// The log, the place reached and the CDFs.
    pub(super) fn into_parts(self) -> (Vec<LoggedSymbol>, [i32; 2], CdfContext) {
        (self.symbols, [self.b.mi_row, self.b.mi_col], self.cdfs)
    }

    /// 8.2.4 exit_symbol.
    pub(super) fn exit_symbol(&mut self) -> Step {
        self.decoder.exit()
    }

    fn log(&mut self, element: &'static str, row: Option<u16>, size: u8, value: u32, range: u16) {
        let (mi_row, mi_col) = (self.b.mi_row as u16, self.b.mi_col as u16);
        self.symbols.push(LoggedSymbol { element, row, size, value, range, mi_row, mi_col });
    }

    fn check_exhausted(&self) -> Step {
        if self.decoder.is_exhausted() { Err("the data is used up".to_string()) } else { Ok(()) }
    }

    /// Descriptor S with the CDF of 8.3.2.
    pub(super) fn symbol(&mut self, element: &'static str, row: CdfRow) -> Step<usize> {
        let range = self.decoder.range();
        let values = self.cdfs.row_mut(row);
        let value = self.decoder.read_symbol(&cumulative(values)[..usize::from(row.symbols)]);
        if !self.input.disable_cdf_update {
            adapt(values, value);
        }
        self.log(element, Some(row.offset), row.symbols, value as u32, range);
        self.check_exhausted()?;
        Ok(value)
    }

    /// A symbol of two values as a flag.
    pub(super) fn flag(&mut self, element: &'static str, row: CdfRow) -> Step<bool> {
        Ok(self.symbol(element, row)? == 1)
    }

    /// Descriptor L(n), 8.2.5 read_literal.
    pub(super) fn literal(&mut self, element: &'static str, n: u32) -> Step<u32> {
        let range = self.decoder.range();
        let mut x = 0;
        for _ in 0..n {
            x = 2 * x + self.decoder.read_bool();
        }
        self.log(element, None, n as u8, x, range);
        self.check_exhausted()?;
        Ok(x)
    }

    /// 5.11.51 is_inside.
    pub(super) fn is_inside(&self, candidate_r: i32, candidate_c: i32) -> bool {
        candidate_c >= self.mi_col_start
            && candidate_c < self.mi_col_end
            && candidate_r >= self.mi_row_start
            && candidate_r < self.mi_row_end
    }

    /// 5.11.2 decode_tile.
    pub(super) fn decode_tile(&mut self) -> Step {
        let sb_size =
            if self.input.use_128x128_superblock { BlockSize::B128x128 } else { BlockSize::B64x64 };
        let sb_size4 = self.input.superblock_size4();
        let mut r = self.mi_row_start;
        while r < self.mi_row_end {
            // 6.10.2 clear_left_context.
            for plane in 0..3 {
                self.left_level_context[plane].fill(0);
                self.left_dc_context[plane].fill(0);
            }
            self.left_seg_pred_context.fill(0);
            let mut c = self.mi_col_start;
            while c < self.mi_col_end {
                self.read_deltas = self.input.delta_q_present;
                self.clear_cdef(r, c);
                self.decode_partition(r, c, sb_size)?;
                c += sb_size4;
            }
            r += sb_size4;
        }
        Ok(())
    }

    /// 5.11.55 clear_cdef.
    fn clear_cdef(&mut self, r: i32, c: i32) {
        *self.arrays.cdef_idx(r, c) = -1;
        if self.input.use_128x128_superblock {
            let cdef_size4 = 16;
            *self.arrays.cdef_idx(r, c + cdef_size4) = -1;
            *self.arrays.cdef_idx(r + cdef_size4, c) = -1;
            *self.arrays.cdef_idx(r + cdef_size4, c + cdef_size4) = -1;
        }
    }

    /// 5.11.4 decode_partition.
    fn decode_partition(&mut self, r: i32, c: i32, b_size: BlockSize) -> Step {
        use Partition as P;
        if r >= self.input.mi_rows || c >= self.input.mi_cols {
            return Ok(());
        }
        (self.b.mi_row, self.b.mi_col) = (r, c);
        let num4x4 = b_size.width4() as i32;
        let half = num4x4 >> 1;
        let quarter = half >> 1;
        let has_rows = r + half < self.input.mi_rows;
        let has_cols = c + half < self.input.mi_cols;
        let partition = if b_size < BlockSize::B8x8 {
            P::None
        } else if has_rows && has_cols {
            let row = self.partition_row(r, c, b_size);
            P::ALL[self.symbol("partition", row)?]
        } else if has_cols {
            const PARTS: [P; 6] = [P::Vert, P::Split, P::HorzA, P::VertA, P::VertB, P::Vert4];
            if self.split_or("split_or_horz", r, c, b_size, PARTS)? { P::Split } else { P::Horz }
        } else if has_rows {
            const PARTS: [P; 6] = [P::Horz, P::Split, P::HorzA, P::HorzB, P::VertA, P::Horz4];
            if self.split_or("split_or_vert", r, c, b_size, PARTS)? { P::Split } else { P::Vert }
        } else {
            P::Split
        };
        let sub_size = PARTITION_SUBSIZE[partition as usize][b_size as usize]
            .ok_or_else(|| format!("{partition:?} of {b_size:?}"))?;
        let split_size = PARTITION_SUBSIZE[P::Split as usize][b_size as usize];
        // Only parted into three are blocks of two sizes; 4×4 has no split.
        let split_size = split_size.unwrap_or(sub_size);
        match partition {
            P::None => self.decode_block(r, c, sub_size)?,
            P::Horz => {
                self.decode_block(r, c, sub_size)?;
                if has_rows {
                    self.decode_block(r + half, c, sub_size)?;
                }
            }
            P::Vert => {
                self.decode_block(r, c, sub_size)?;
                if has_cols {
                    self.decode_block(r, c + half, sub_size)?;
                }
            }
            P::Split => {
                self.decode_partition(r, c, sub_size)?;
                self.decode_partition(r, c + half, sub_size)?;
                self.decode_partition(r + half, c, sub_size)?;
                self.decode_partition(r + half, c + half, sub_size)?;
            }
            P::HorzA => {
                self.decode_block(r, c, split_size)?;
                self.decode_block(r, c + half, split_size)?;
                self.decode_block(r + half, c, sub_size)?;
            }
            P::HorzB => {
                self.decode_block(r, c, sub_size)?;
                self.decode_block(r + half, c, split_size)?;
                self.decode_block(r + half, c + half, split_size)?;
            }
            P::VertA => {
                self.decode_block(r, c, split_size)?;
                self.decode_block(r + half, c, split_size)?;
                self.decode_block(r, c + half, sub_size)?;
            }
            P::VertB => {
                self.decode_block(r, c, sub_size)?;
                self.decode_block(r, c + half, split_size)?;
                self.decode_block(r + half, c + half, split_size)?;
            }
            P::Horz4 => {
                for part in 0..4 {
                    if part < 3 || r + quarter * 3 < self.input.mi_rows {
                        self.decode_block(r + quarter * part, c, sub_size)?;
                    }
                }
            }
            P::Vert4 => {
                for part in 0..4 {
                    if part < 3 || c + quarter * 3 < self.input.mi_cols {
                        self.decode_block(r, c + quarter * part, sub_size)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// 8.3.2, partition.
    fn partition_row(&self, r: i32, c: i32, b_size: BlockSize) -> CdfRow {
        let bsl = b_size.width_log2() - 2;
        let above =
            self.is_inside(r - 1, c) && self.arrays.at(r - 1, c).mi_size.width_log2() - 2 < bsl;
        let left =
            self.is_inside(r, c - 1) && self.arrays.at(r, c - 1).mi_size.height_log2() - 2 < bsl;
        let ctx = usize::from(left) * 2 + usize::from(above);
        match bsl {
            1 => cdf::PARTITION_W8_CDF.row([ctx]),
            2 => cdf::PARTITION_W16_CDF.row([ctx]),
            3 => cdf::PARTITION_W32_CDF.row([ctx]),
            4 => cdf::PARTITION_W64_CDF.row([ctx]),
            _ => cdf::PARTITION_W128_CDF.row([ctx]),
        }
    }

    /// 8.3.2, split_or_horz and split_or_vert: the probabilities of `parts` make the split.
    fn split_or(
        &mut self,
        element: &'static str,
        r: i32,
        c: i32,
        b_size: BlockSize,
        parts: [Partition; 6],
    ) -> Step<bool> {
        let row = self.partition_row(r, c, b_size);
        let partition_cdf = cumulative(self.cdfs.row(row));
        let mut psum = 0;
        for part in parts {
            // The last of them is one of the partitions in four.
            if b_size != BlockSize::B128x128 || part < Partition::Horz4 {
                psum += partition_cdf[part as usize] - partition_cdf[part as usize - 1];
            }
        }
        let range = self.decoder.range();
        let value = self.decoder.read_symbol(&[(1 << 15) - psum, 1 << 15]);
        self.log(element, Some(row.offset), row.symbols, value as u32, range);
        self.check_exhausted()?;
        Ok(value == 1)
    }
}
