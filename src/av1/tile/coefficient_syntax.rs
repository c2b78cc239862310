//! Coefficients of a transform block (5.11.39) and its type (5.11.47), written.

use crate::av1::tables::blocks::{
    COEFF_BASE_CTX_OFFSET, COEFF_BASE_POS_CTX_OFFSET, TX_TYPE_INTER_INV_SET1,
    TX_TYPE_INTER_INV_SET2, TX_TYPE_INTER_INV_SET3, TX_TYPE_INTRA_INV_SET1, TX_TYPE_INTRA_INV_SET2,
};
use crate::av1::tile::cdf::{
    COEFF_BASE_CDF, COEFF_BASE_EOB_CDF, COEFF_BR_CDF, CdfRow, DC_SIGN_CDF, EOB_EXTRA_CDF,
    EOB_PT_16_CDF, EOB_PT_32_CDF, EOB_PT_64_CDF, EOB_PT_128_CDF, EOB_PT_256_CDF, EOB_PT_512_CDF,
    EOB_PT_1024_CDF, INTER_TX_TYPE_SET1_CDF, INTER_TX_TYPE_SET2_CDF, INTER_TX_TYPE_SET3_CDF,
    INTRA_TX_TYPE_SET1_CDF, INTRA_TX_TYPE_SET2_CDF, TXB_SKIP_CDF,
};
use crate::av1::tile::symbol::SymbolSink;
use crate::av1::types::{PredictionMode, TxClass, TxSize, TxType};

/// `NUM_BASE_LEVELS`.
pub(crate) const NUM_BASE_LEVELS: u32 = 2;
/// `COEFF_BASE_RANGE`.
pub(crate) const COEFF_BASE_RANGE: u32 = 12;
/// `BR_CDF_SIZE` − 1.
const BR_STEP: u32 = 3;

/// Sets of transform types (5.11.48).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TxSet {
    /// `TX_SET_DCTONLY`.
    DctOnly,
    /// `TX_SET_INTER_1`: all sixteen.
    Inter1,
    /// `TX_SET_INTER_2`: without one-dimensional ADSTs.
    Inter2,
    /// `TX_SET_INTER_3`: identity and DCT.
    Inter3,
    /// `TX_SET_INTRA_1`: seven types.
    Intra1,
    /// `TX_SET_INTRA_2`: five types.
    Intra2,
}

impl TxSet {
    /// 5.11.48 `get_tx_set`.
    pub(crate) fn of(size: TxSize, is_inter: bool, reduced: bool) -> Self {
        let (min, max) = sqr_log2(size);
        match (is_inter, max) {
            (_, 6) | (false, 5) => Self::DctOnly,
            (true, 5) => Self::Inter3,
            (true, _) if reduced => Self::Inter3,
            (true, _) if min == 4 => Self::Inter2,
            (true, _) => Self::Inter1,
            (false, _) if reduced || min == 4 => Self::Intra2,
            (false, _) => Self::Intra1,
        }
    }

    /// The types in the order of their symbols (5.11.47 `Tx_Type_*_Inv_Set*`).
    pub(crate) fn types(self) -> &'static [TxType] {
        match self {
            Self::DctOnly => &[TxType::DctDct],
            Self::Inter1 => &TX_TYPE_INTER_INV_SET1,
            Self::Inter2 => &TX_TYPE_INTER_INV_SET2,
            Self::Inter3 => &TX_TYPE_INTER_INV_SET3,
            Self::Intra1 => &TX_TYPE_INTRA_INV_SET1,
            Self::Intra2 => &TX_TYPE_INTRA_INV_SET2,
        }
    }

    /// 5.11.40 `is_tx_type_in_set`.
    pub(crate) fn contains(self, tx_type: TxType) -> bool {
        self.types().contains(&tx_type)
    }

    /// The row of `inter_tx_type` or `intra_tx_type` (8.3.2).
    fn row(self, size: TxSize, y_mode: PredictionMode) -> CdfRow {
        let sqr = sqr_log2(size).0 - 2;
        match self {
            Self::Inter1 => INTER_TX_TYPE_SET1_CDF.row([sqr]),
            Self::Inter2 => INTER_TX_TYPE_SET2_CDF.row([]),
            Self::Inter3 => INTER_TX_TYPE_SET3_CDF.row([sqr]),
            Self::Intra1 => INTRA_TX_TYPE_SET1_CDF.row([sqr, y_mode as usize]),
            Self::Intra2 => INTRA_TX_TYPE_SET2_CDF.row([sqr, y_mode as usize]),
            Self::DctOnly => unreachable!("a set of one type is not coded"),
        }
    }
}

/// Log2 of the sides of `Tx_Size_Sqr` and `Tx_Size_Sqr_Up` (9.3).
fn sqr_log2(size: TxSize) -> (usize, usize) {
    let (w, h) = (size.width_log2(), size.height_log2());
    (w.min(h), w.max(h))
}

/// `txSzCtx` (5.11.39).
pub(crate) fn tx_size_ctx(size: TxSize) -> usize {
    let (min, max) = sqr_log2(size);
    (min - 2 + max - 2).div_ceil(2)
}

/// 5.11.47 `transform_type`: a no-op where only one type is possible.
pub(crate) fn write_transform_type(
    sink: &mut impl SymbolSink,
    set: TxSet,
    size: TxSize,
    y_mode: PredictionMode,
    tx_type: TxType,
) {
    if set == TxSet::DctOnly {
        debug_assert_eq!(tx_type, TxType::DctDct);
        return;
    }
    let value = set.types().iter().position(|&t| t == tx_type);
    sink.symbol(set.row(size, y_mode), value.expect("a type of the set"));
}

/// The row of `all_zero` (8.3.2).
pub(crate) fn all_zero_row(size: TxSize, ctx: usize) -> CdfRow {
    TXB_SKIP_CDF.row([tx_size_ctx(size), ctx])
}

const MAP_MARGIN: usize = 4;
const MAP_STRIDE: usize = MAP_MARGIN + 32;

/// Neighbours whose magnitudes make the context of `coeff_base` (`Sig_Ref_Diff_Offset`, 9.3), as
/// offsets in the map, by class.
const BASE_NEIGHBOURS: [[usize; 5]; 3] = [
    [1, MAP_STRIDE, MAP_STRIDE + 1, 2, 2 * MAP_STRIDE],
    [1, MAP_STRIDE, 2, 3, 4],
    [1, MAP_STRIDE, 2 * MAP_STRIDE, 3 * MAP_STRIDE, 4 * MAP_STRIDE],
];

/// Neighbours for `coeff_br` (`Mag_Ref_Offset_With_Tx_Class`, 8.3.2) as rows and columns, by class.
const RANGE_NEIGHBOURS: [[(usize, usize); 3]; 3] =
    [[(0, 1), (1, 0), (1, 1)], [(0, 1), (1, 0), (0, 2)], [(0, 1), (1, 0), (2, 0)]];

/// What is added to the context of `coeff_base` in the one-dimensional classes (8.3.2), as
/// [`COEFF_BASE_CTX_OFFSET`] by row and column: by the column or by the row.
static COEFF_BASE_LINE_OFFSET: [[[u8; 5]; 5]; 2] = {
    let [a, b, c] = COEFF_BASE_POS_CTX_OFFSET;
    [[[a, b, c, c, c]; 5], [[a; 5], [b; 5], [c; 5], [c; 5], [c; 5]]]
};

/// The rows that the levels of one transform block are coded with (8.3.2), and what they depend on.
///
/// Most levels are 0, so each one that is not is added to the sums of those whose neighbour it is, and
/// a context is read without a look at its neighbours.
pub(crate) struct LevelRows {
    class: TxClass,
    width_log2: usize,
    /// Rows of levels.
    height: usize,
    /// The first rows of `coeff_base`, `coeff_base_eob` and `coeff_br`.
    first_rows: [CdfRow; 3],
    /// The last places in the scan whose context of `coeff_base_eob` is 1 and 2.
    eob_bounds: [usize; 2],
    base_offsets: &'static [[u8; 5]; 5],
    /// Sums of magnitudes for `coeff_base`: 36 to a row, with a margin above and to the left for what
    /// is added outside the block.
    base_sums: [u8; MAP_STRIDE * (MAP_MARGIN + 32)],
}

impl LevelRows {
    /// Those of a block whose levels are all 0 so far. `plane_type` is 0 for luma, 1 for chroma.
    pub(crate) fn new(size: TxSize, class: TxClass, plane_type: usize) -> Self {
        let width_log2 = size.width_log2().min(5);
        let size_ctx = tx_size_ctx(size);
        let height = size.height().min(32);
        let count = height << width_log2;
        Self {
            class,
            width_log2,
            height,
            first_rows: [
                COEFF_BASE_CDF.row([size_ctx, plane_type, 0]),
                COEFF_BASE_EOB_CDF.row([size_ctx, plane_type, 0]),
                COEFF_BR_CDF.row([size_ctx.min(3), plane_type, 0]),
            ],
            eob_bounds: [count / 8, count / 4],
            base_offsets: match class {
                TxClass::TwoD => &COEFF_BASE_CTX_OFFSET[size as usize],
                TxClass::Horiz => &COEFF_BASE_LINE_OFFSET[0],
                TxClass::Vert => &COEFF_BASE_LINE_OFFSET[1],
            },
            base_sums: [0; MAP_STRIDE * (MAP_MARGIN + 32)],
        }
    }

    /// Row, column and place in the map of a position.
    #[inline]
    fn place(&self, position: usize) -> (usize, usize, usize) {
        let (row, col) = (position >> self.width_log2, position & ((1 << self.width_log2) - 1));
        (row, col, (MAP_MARGIN + row) * MAP_STRIDE + MAP_MARGIN + col)
    }

    /// Sets the level at a position, which is 0 so far.
    #[inline]
    pub(crate) fn set(&mut self, position: usize, level: i16) {
        self.add(position, level, u8::wrapping_add);
    }

    /// Sets the level at a position back to 0 from `level`.
    #[inline]
    pub(crate) fn clear(&mut self, position: usize, level: i16) {
        self.add(position, level, u8::wrapping_sub);
    }

    #[inline]
    fn add(&mut self, position: usize, level: i16, add: impl Fn(u8, u8) -> u8) {
        let (_, _, at) = self.place(position);
        let magnitude = level.unsigned_abs().min(NUM_BASE_LEVELS as u16 + 1) as u8;
        for behind in BASE_NEIGHBOURS[self.class as usize] {
            let sum = &mut self.base_sums[at - behind];
            *sum = add(*sum, magnitude);
        }
    }

    /// The row of `coeff_base` at a position.
    #[inline]
    pub(crate) fn base(&self, position: usize) -> CdfRow {
        let (row, col, at) = self.place(position);
        let ctx = usize::from(self.base_sums[at]).div_ceil(2).min(4);
        let ctx = match self.class {
            TxClass::TwoD if position == 0 => 0,
            _ => ctx + usize::from(self.base_offsets[row.min(4)][col.min(4)]),
        };
        COEFF_BASE_CDF.further(self.first_rows[0], ctx)
    }

    /// The row of `coeff_base_eob` where the last level is at `c` of the scan.
    #[inline]
    pub(crate) fn base_eob(&self, c: usize) -> CdfRow {
        let ctx = match c {
            0 => 0,
            c => 1 + self.eob_bounds.iter().filter(|&&bound| c > bound).count(),
        };
        COEFF_BASE_EOB_CDF.further(self.first_rows[1], ctx)
    }

    /// The row of `coeff_br` at a position, given the levels of the block.
    #[inline]
    pub(crate) fn range(&self, position: usize, levels: &[i16]) -> CdfRow {
        let (row, col, _) = self.place(position);
        let width = 1 << self.width_log2;
        let magnitudes = RANGE_NEIGHBOURS[self.class as usize].map(|(down, right)| {
            if row + down < self.height && col + right < width {
                let level = levels[position + (down << self.width_log2) + right];
                usize::from(level.unsigned_abs().min(15))
            } else {
                0
            }
        });
        let ctx = coeff_br_ctx(magnitudes.iter().sum(), self.class, (row, col));
        COEFF_BR_CDF.further(self.first_rows[2], ctx)
    }
}

/// What the coefficients of a block are coded with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoefficientInput<'a> {
    /// `txSz`.
    pub(crate) size: TxSize,
    /// `PlaneTxType`.
    pub(crate) tx_type: TxType,
    /// 0 for luma, 1 for chroma (`ptype`).
    pub(crate) plane_type: usize,
    /// `get_scan` (5.11.41).
    pub(crate) scan: &'a [u16],
    /// `Quant`: rows of min(width, 32) levels.
    pub(crate) levels: &'a [i16],
    /// `eob`, at least 1.
    pub(crate) eob: usize,
    /// The context of `dc_sign`.
    pub(crate) dc_sign_ctx: usize,
}

/// The coefficients of a block that is not all zero, from `eob_pt` on (5.11.39); gives `culLevel`
/// and `dcCategory`.
pub(crate) fn write_coefficients(
    sink: &mut impl SymbolSink,
    input: &CoefficientInput<'_>,
) -> (u8, u8) {
    let &CoefficientInput { size, tx_type, plane_type, scan, levels, eob, dc_sign_ctx } = input;
    let class = tx_type.class();
    write_eob(sink, size, class, plane_type, eob);
    let mut rows = LevelRows::new(size, class, plane_type);
    for (c, &position) in scan[..eob].iter().enumerate().rev() {
        let position = usize::from(position);
        let level = levels[position];
        if level == 0 {
            sink.symbol(rows.base(position), 0);
            continue;
        }
        let magnitude = u32::from(level.unsigned_abs());
        let base = magnitude.min(NUM_BASE_LEVELS + 1);
        if c == eob - 1 {
            sink.symbol(rows.base_eob(c), base as usize - 1);
        } else {
            sink.symbol(rows.base(position), base as usize);
        }
        if base > NUM_BASE_LEVELS {
            write_range(sink, rows.range(position, levels), magnitude);
        }
        rows.set(position, level);
    }
    write_signs(sink, input, plane_type, dc_sign_ctx)
}

/// `coeff_br` (5.11.39) of a level above `NUM_BASE_LEVELS`.
#[inline]
pub(crate) fn write_range(sink: &mut impl SymbolSink, row: CdfRow, level: u32) {
    let mut rest = (level - NUM_BASE_LEVELS - 1).min(COEFF_BASE_RANGE);
    for _ in 0..COEFF_BASE_RANGE / BR_STEP {
        let part = rest.min(BR_STEP);
        sink.symbol(row, part as usize);
        rest -= part;
        if part < BR_STEP {
            break;
        }
    }
}

/// The context of `coeff_br` (8.3.2) at a row and a column, given the sum of its neighbours.
fn coeff_br_ctx(magnitude: usize, class: TxClass, (row, col): (usize, usize)) -> usize {
    let ctx = magnitude.div_ceil(2).min(6);
    let near = match class {
        TxClass::TwoD => row < 2 && col < 2,
        TxClass::Horiz => col == 0,
        TxClass::Vert => row == 0,
    };
    match (row + col == 0, near) {
        (true, _) => ctx,
        (_, true) => ctx + 7,
        (_, false) => ctx + 14,
    }
}

/// `eob_pt_*`, `eob_extra` and `eob_extra_bit` (5.11.39).
pub(crate) fn write_eob(
    sink: &mut impl SymbolSink,
    size: TxSize,
    class: TxClass,
    plane_type: usize,
    eob: usize,
) {
    let class_ctx = usize::from(class != TxClass::TwoD);
    let multi_size = size.width_log2().min(5) + size.height_log2().min(5) - 4;
    // eobPt is 1 for 1, 2 for 2, then one more for each doubling of eob − 1.
    let eob_pt = if eob == 1 { 1 } else { (eob - 1).ilog2() as usize + 2 };
    let row = match multi_size {
        0 => EOB_PT_16_CDF.row([plane_type, class_ctx]),
        1 => EOB_PT_32_CDF.row([plane_type, class_ctx]),
        2 => EOB_PT_64_CDF.row([plane_type, class_ctx]),
        3 => EOB_PT_128_CDF.row([plane_type, class_ctx]),
        4 => EOB_PT_256_CDF.row([plane_type, class_ctx]),
        5 => EOB_PT_512_CDF.row([plane_type]),
        _ => EOB_PT_1024_CDF.row([plane_type]),
    };
    sink.symbol(row, eob_pt - 1);
    if eob_pt >= 3 {
        let bits = eob_pt - 2;
        let extra = eob - 1 - (1 << bits);
        let row = EOB_EXTRA_CDF.row([tx_size_ctx(size), plane_type, eob_pt - 3]);
        sink.symbol(row, extra >> (bits - 1));
        let rest = extra & ((1 << (bits - 1)) - 1);
        if bits > 1 {
            sink.literal(rest as u32, bits as u32 - 1);
        }
    }
}

/// Signs and Golomb-coded remainders (5.11.39); gives `culLevel` and `dcCategory`.
fn write_signs(
    sink: &mut impl SymbolSink,
    input: &CoefficientInput<'_>,
    plane_type: usize,
    dc_sign_ctx: usize,
) -> (u8, u8) {
    let mut total = 0_u32;
    let mut dc_category = 0;
    for (c, &position) in input.scan[..input.eob].iter().enumerate() {
        let level = input.levels[usize::from(position)];
        if level == 0 {
            continue;
        }
        let negative = level < 0;
        if c == 0 {
            sink.symbol(DC_SIGN_CDF.row([plane_type, dc_sign_ctx]), usize::from(negative));
        } else {
            sink.literal(u32::from(negative), 1);
        }
        let magnitude = u32::from(level.unsigned_abs());
        if magnitude > NUM_BASE_LEVELS + COEFF_BASE_RANGE {
            write_golomb(sink, magnitude - NUM_BASE_LEVELS - COEFF_BASE_RANGE);
        }
        if position == 0 {
            dc_category = if negative { 1 } else { 2 };
        }
        total += magnitude;
    }
    (total.min(63) as u8, dc_category)
}

/// `golomb_length_bit` and `golomb_data_bit` (5.11.39) of `x`, at least 1.
pub(crate) fn write_golomb(sink: &mut impl SymbolSink, x: u32) {
    let length = x.ilog2();
    sink.literal(0, length);
    sink.literal(1, 1);
    sink.literal(x & ((1 << length) - 1), length);
}
