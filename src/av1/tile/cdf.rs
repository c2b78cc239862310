//! The CDF arrays of a frame or a tile, all in one flat array.
//!
//! Every array of the standard (6.8.2 `init_non_coeff_cdfs`, `init_coeff_cdfs`) is a [`CdfTable`]: a
//! fixed place in the flat array, with its rows at a fixed stride. A row of N symbols holds
//! `32768 - cdf[i]` for its first N − 1 values, which 8.2.6 computes with, then the symbol count;
//! what is left up to the stride stays 0. A [`CdfRow`] names a row by its place, so that symbols can
//! be recorded in one phase and coded in another.

use crate::av1::tables::default_cdfs;

/// The scale of the probabilities (8.2.6).
const CDF_ONE: u16 = 1 << 15;

/// One row of a [`CdfContext`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CdfRow {
    /// The row's first value in the flat array.
    pub(crate) offset: u16,
    /// N, the number of values its symbol can have.
    pub(crate) symbols: u8,
}

impl CdfRow {
    /// The place of the symbol count.
    #[inline]
    const fn counter(self) -> usize {
        self.offset as usize + self.symbols as usize - 1
    }
}

/// A CDF array of the standard: where its rows lie in a [`CdfContext`]. `D` indices name a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CdfTable<const D: usize> {
    /// The first row's first value in the flat array.
    pub(crate) offset: u16,
    /// From one row to the next: 4, 8 or 16.
    pub(crate) stride: u16,
    /// N, the number of values a symbol can have.
    pub(crate) symbols: u8,
    /// The extent of each index.
    pub(crate) extents: [u16; D],
}

impl<const D: usize> CdfTable<D> {
    /// The row that the standard writes as `Cdf[ i ][ j ]…`.
    #[inline]
    pub(crate) const fn row(&self, index: [usize; D]) -> CdfRow {
        let mut position = 0;
        let mut axis = 0;
        while axis < D {
            debug_assert!(index[axis] < self.extents[axis] as usize);
            position = position * self.extents[axis] as usize + index[axis];
            axis += 1;
        }
        CdfRow { offset: self.offset + position as u16 * self.stride, symbols: self.symbols }
    }
    /// The row whose last index is greater than that of `row` by `more`.
    #[inline]
    pub(crate) const fn further(&self, row: CdfRow, more: usize) -> CdfRow {
        CdfRow { offset: row.offset + more as u16 * self.stride, symbols: self.symbols }
    }
}

/// The place of a table, whatever its number of indices.
#[derive(Clone, Copy)]
struct Span {
    offset: u16,
    rows: u16,
    symbols: u8,
}

impl Span {
    const fn stride(self) -> u16 {
        let stride = self.symbols.next_power_of_two() as u16;
        if stride < 4 { 4 } else { stride }
    }

    fn rows(self) -> impl Iterator<Item = CdfRow> {
        (0..self.rows).map(move |row| CdfRow {
            offset: self.offset + row * self.stride(),
            symbols: self.symbols,
        })
    }
}

/// Every row of a context.
pub(crate) fn each_row() -> impl Iterator<Item = CdfRow> {
    SPANS.iter().flat_map(|span| span.rows())
}

/// Gives each table its place: one behind the other, each at a multiple of its stride.
const fn place<const T: usize>(mut spans: [Span; T]) -> [Span; T] {
    let mut end = 0;
    let mut table = 0;
    while table < T {
        let stride = spans[table].stride();
        spans[table].offset = (end as u16).next_multiple_of(stride);
        end = spans[table].offset as usize + spans[table].rows as usize * stride as usize;
        assert!(end <= u16::MAX as usize);
        table += 1;
    }
    spans
}

const fn product(extents: &[u16]) -> u16 {
    let mut product = 1;
    let mut axis = 0;
    while axis < extents.len() {
        product *= extents[axis];
        axis += 1;
    }
    product
}

const fn count(extents: &[u16]) -> usize {
    extents.len()
}

/// A table of default CDFs, row by row.
trait Rows {
    fn each_row(&self, visit: &mut dyn FnMut(&[u16]));
}

impl<const N: usize> Rows for [u16; N] {
    fn each_row(&self, visit: &mut dyn FnMut(&[u16])) {
        visit(self);
    }
}

impl<T: Rows, const N: usize> Rows for [T; N] {
    fn each_row(&self, visit: &mut dyn FnMut(&[u16])) {
        for part in self {
            part.each_row(visit);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(align(64))]
struct Storage([u16; CDF_LENGTH]);

/// The CDFs of a frame, a tile or a reference slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CdfContext {
    storage: Box<Storage>,
}

impl CdfContext {
    /// The context of a frame without primary reference frame (5.9.2): all defaults.
    pub(crate) fn new_default(base_q_idx: u8) -> Self {
        let mut context = Self { storage: Box::new(Storage([0; CDF_LENGTH])) };
        context.init_non_coeff();
        context.load_default_coef(base_q_idx);
        context
    }

    /// Takes over every value of another context, symbol counts included: `save_cdfs` (7.20), and
    /// the copies of 8.2.2 (into a tile), 8.2.4 (out of a tile) and 7.7.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.storage.0.copy_from_slice(&other.storage.0);
    }

    /// Sets every symbol count to 0, which `load_cdfs` (6.8.2) does behind its copy; saving does not.
    pub(crate) fn clear_counters(&mut self) {
        for row in each_row() {
            self.storage.0[row.counter()] = 0;
        }
    }

    /// The row's N − 1 values of `32768 - cdf[i]` and its symbol count.
    #[inline]
    pub(crate) fn row(&self, row: CdfRow) -> &[u16] {
        &self.storage.0[usize::from(row.offset)..=row.counter()]
    }

    /// As [`Self::row`], to adapt.
    #[inline]
    pub(crate) fn row_mut(&mut self, row: CdfRow) -> &mut [u16] {
        &mut self.storage.0[usize::from(row.offset)..=row.counter()]
    }

    /// Every row in its place.
    #[inline]
    #[cfg(test)]
    pub(crate) fn values(&self) -> &[u16; CDF_LENGTH] {
        &self.storage.0
    }

    /// Sets a table to its defaults, repeated where the standard makes several copies of them.
    fn fill(&mut self, span: Span, defaults: &impl Rows) {
        let mut rows = span.rows().peekable();
        while rows.peek().is_some() {
            defaults.each_row(&mut |values| {
                if let Some(row) = rows.next() {
                    let target = self.row_mut(row);
                    target.fill(0);
                    for (inverse, value) in target.iter_mut().zip(values) {
                        *inverse = CDF_ONE - value;
                    }
                }
            });
        }
    }
}

macro_rules! cdf_tables {
    (
        coeff { $($c:ident [$($c_index:ident: $c_extent:literal),*] of $c_symbols:literal = $c_default:ident;)* }
        other { $($o:ident [$($o_index:ident: $o_extent:literal),*] of $o_symbols:literal = $o_default:ident;)* }
    ) => {
        /// The tables in the order of their places.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($c,)* $($o,)* }

        const SPANS: &[Span] = &place([
            $(Span { offset: 0, rows: product(&[$($c_extent),*]), symbols: $c_symbols },)*
            $(Span { offset: 0, rows: product(&[$($o_extent),*]), symbols: $o_symbols },)*
        ]);

        $(cdf_tables!(@table $c [$($c_index: $c_extent),*] of $c_symbols);)*
        $(cdf_tables!(@table $o [$($o_index: $o_extent),*] of $o_symbols);)*

        impl CdfContext {
            /// Sets the coefficient CDFs to the defaults for a quantizer index (6.8.2
            /// `init_coeff_cdfs`).
            pub(crate) fn load_default_coef(&mut self, base_q_idx: u8) {
                let idx = match base_q_idx {
                    0..=20 => 0,
                    21..=60 => 1,
                    61..=120 => 2,
                    121..=255 => 3,
                };
                $(self.fill(SPANS[Place::$c as usize], &default_cdfs::$c_default[idx]);)*
            }

            /// Sets all other CDFs to their defaults (6.8.2 `init_non_coeff_cdfs`). 8.2.2 resets
            /// `INTRA_FRAME_Y_MODE_CDF` for each tile instead, which comes to the same: only intra
            /// frames use it, and those never have a primary reference frame (5.9.2).
            pub(crate) fn init_non_coeff(&mut self) {
                $(self.fill(SPANS[Place::$o as usize], &default_cdfs::$o_default);)*
            }
        }
    };
    (@table $table:ident [$($index:ident: $extent:literal),*] of $symbols:literal) => {
        #[doc = concat!("The place of `", stringify!($table), $("[", stringify!($index), "]",)* "`.")]
        #[allow(dead_code, reason = "each has its place, whether or not its symbols are written")]
        pub(crate) const $table: CdfTable<{ count(&[$($extent),*]) }> = CdfTable {
            offset: SPANS[Place::$table as usize].offset,
            stride: SPANS[Place::$table as usize].stride(),
            symbols: $symbols,
            extents: [$($extent),*],
        };
    };
}

cdf_tables! {
    coeff {
        TXB_SKIP_CDF [tx_size_ctx: 5, ctx: 13] of 2 = DEFAULT_TXB_SKIP_CDF;
        EOB_PT_16_CDF [plane_type: 2, ctx: 2] of 5 = DEFAULT_EOB_PT_16_CDF;
        EOB_PT_32_CDF [plane_type: 2, ctx: 2] of 6 = DEFAULT_EOB_PT_32_CDF;
        EOB_PT_64_CDF [plane_type: 2, ctx: 2] of 7 = DEFAULT_EOB_PT_64_CDF;
        EOB_PT_128_CDF [plane_type: 2, ctx: 2] of 8 = DEFAULT_EOB_PT_128_CDF;
        EOB_PT_256_CDF [plane_type: 2, ctx: 2] of 9 = DEFAULT_EOB_PT_256_CDF;
        EOB_PT_512_CDF [plane_type: 2] of 10 = DEFAULT_EOB_PT_512_CDF;
        EOB_PT_1024_CDF [plane_type: 2] of 11 = DEFAULT_EOB_PT_1024_CDF;
        EOB_EXTRA_CDF [tx_size_ctx: 5, plane_type: 2, ctx: 9] of 2 = DEFAULT_EOB_EXTRA_CDF;
        DC_SIGN_CDF [plane_type: 2, ctx: 3] of 2 = DEFAULT_DC_SIGN_CDF;
        COEFF_BASE_EOB_CDF [tx_size_ctx: 5, plane_type: 2, ctx: 4] of 3 = DEFAULT_COEFF_BASE_EOB_CDF;
        COEFF_BASE_CDF [tx_size_ctx: 5, plane_type: 2, ctx: 42] of 4 = DEFAULT_COEFF_BASE_CDF;
        COEFF_BR_CDF [tx_size_ctx: 5, plane_type: 2, ctx: 21] of 4 = DEFAULT_COEFF_BR_CDF;
    }
    other {
        INTRA_FRAME_Y_MODE_CDF [above_ctx: 5, left_ctx: 5] of 13 = DEFAULT_INTRA_FRAME_Y_MODE_CDF;
        Y_MODE_CDF [ctx: 4] of 13 = DEFAULT_Y_MODE_CDF;
        UV_MODE_CFL_NOT_ALLOWED_CDF [y_mode: 13] of 13 = DEFAULT_UV_MODE_CFL_NOT_ALLOWED_CDF;
        UV_MODE_CFL_ALLOWED_CDF [y_mode: 13] of 14 = DEFAULT_UV_MODE_CFL_ALLOWED_CDF;
        ANGLE_DELTA_CDF [directional_mode: 8] of 7 = DEFAULT_ANGLE_DELTA_CDF;
        INTRABC_CDF [] of 2 = DEFAULT_INTRABC_CDF;
        PARTITION_W8_CDF [ctx: 4] of 4 = DEFAULT_PARTITION_W8_CDF;
        PARTITION_W16_CDF [ctx: 4] of 10 = DEFAULT_PARTITION_W16_CDF;
        PARTITION_W32_CDF [ctx: 4] of 10 = DEFAULT_PARTITION_W32_CDF;
        PARTITION_W64_CDF [ctx: 4] of 10 = DEFAULT_PARTITION_W64_CDF;
        PARTITION_W128_CDF [ctx: 4] of 8 = DEFAULT_PARTITION_W128_CDF;
        TX_8X8_CDF [ctx: 3] of 2 = DEFAULT_TX_8X8_CDF;
        TX_16X16_CDF [ctx: 3] of 3 = DEFAULT_TX_16X16_CDF;
        TX_32X32_CDF [ctx: 3] of 3 = DEFAULT_TX_32X32_CDF;
        TX_64X64_CDF [ctx: 3] of 3 = DEFAULT_TX_64X64_CDF;
        TXFM_SPLIT_CDF [ctx: 21] of 2 = DEFAULT_TXFM_SPLIT_CDF;
        FILTER_INTRA_MODE_CDF [] of 5 = DEFAULT_FILTER_INTRA_MODE_CDF;
        FILTER_INTRA_CDF [mi_size: 22] of 2 = DEFAULT_FILTER_INTRA_CDF;
        SEGMENT_ID_CDF [ctx: 3] of 8 = DEFAULT_SEGMENT_ID_CDF;
        SEGMENT_ID_PREDICTED_CDF [ctx: 3] of 2 = DEFAULT_SEGMENT_ID_PREDICTED_CDF;
        MV_CLASS0_HP_CDF [mv_ctx: 2, comp: 2] of 2 = DEFAULT_MV_CLASS0_HP_CDF;
        MV_HP_CDF [mv_ctx: 2, comp: 2] of 2 = DEFAULT_MV_HP_CDF;
        MV_SIGN_CDF [mv_ctx: 2, comp: 2] of 2 = DEFAULT_MV_SIGN_CDF;
        MV_BIT_CDF [mv_ctx: 2, comp: 2, bit: 10] of 2 = DEFAULT_MV_BIT_CDF;
        MV_CLASS0_BIT_CDF [mv_ctx: 2, comp: 2] of 2 = DEFAULT_MV_CLASS0_BIT_CDF;
        NEW_MV_CDF [ctx: 6] of 2 = DEFAULT_NEW_MV_CDF;
        ZERO_MV_CDF [ctx: 2] of 2 = DEFAULT_ZERO_MV_CDF;
        REF_MV_CDF [ctx: 6] of 2 = DEFAULT_REF_MV_CDF;
        DRL_MODE_CDF [ctx: 3] of 2 = DEFAULT_DRL_MODE_CDF;
        IS_INTER_CDF [ctx: 4] of 2 = DEFAULT_IS_INTER_CDF;
        COMP_MODE_CDF [ctx: 5] of 2 = DEFAULT_COMP_MODE_CDF;
        SKIP_MODE_CDF [ctx: 3] of 2 = DEFAULT_SKIP_MODE_CDF;
        SKIP_CDF [ctx: 3] of 2 = DEFAULT_SKIP_CDF;
        COMP_REF_CDF [ctx: 3, bit: 3] of 2 = DEFAULT_COMP_REF_CDF;
        COMP_BWD_REF_CDF [ctx: 3, bit: 2] of 2 = DEFAULT_COMP_BWD_REF_CDF;
        SINGLE_REF_CDF [ctx: 3, bit: 6] of 2 = DEFAULT_SINGLE_REF_CDF;
        COMPOUND_MODE_CDF [ctx: 8] of 8 = DEFAULT_COMPOUND_MODE_CDF;
        INTERP_FILTER_CDF [ctx: 16] of 3 = DEFAULT_INTERP_FILTER_CDF;
        MOTION_MODE_CDF [mi_size: 22] of 3 = DEFAULT_MOTION_MODE_CDF;
        MV_JOINT_CDF [mv_ctx: 2] of 4 = DEFAULT_MV_JOINT_CDF;
        MV_CLASS_CDF [mv_ctx: 2, comp: 2] of 11 = DEFAULT_MV_CLASS_CDF;
        MV_CLASS0_FR_CDF [mv_ctx: 2, comp: 2, mv_class0_bit: 2] of 4 = DEFAULT_MV_CLASS0_FR_CDF;
        MV_FR_CDF [mv_ctx: 2, comp: 2] of 4 = DEFAULT_MV_FR_CDF;
        PALETTE_Y_SIZE_CDF [bsize_ctx: 7] of 7 = DEFAULT_PALETTE_Y_SIZE_CDF;
        PALETTE_UV_SIZE_CDF [bsize_ctx: 7] of 7 = DEFAULT_PALETTE_UV_SIZE_CDF;
        PALETTE_SIZE_2_Y_COLOR_CDF [ctx: 5] of 2 = DEFAULT_PALETTE_SIZE_2_Y_COLOR_CDF;
        PALETTE_SIZE_3_Y_COLOR_CDF [ctx: 5] of 3 = DEFAULT_PALETTE_SIZE_3_Y_COLOR_CDF;
        PALETTE_SIZE_4_Y_COLOR_CDF [ctx: 5] of 4 = DEFAULT_PALETTE_SIZE_4_Y_COLOR_CDF;
        PALETTE_SIZE_5_Y_COLOR_CDF [ctx: 5] of 5 = DEFAULT_PALETTE_SIZE_5_Y_COLOR_CDF;
        PALETTE_SIZE_6_Y_COLOR_CDF [ctx: 5] of 6 = DEFAULT_PALETTE_SIZE_6_Y_COLOR_CDF;
        PALETTE_SIZE_7_Y_COLOR_CDF [ctx: 5] of 7 = DEFAULT_PALETTE_SIZE_7_Y_COLOR_CDF;
        PALETTE_SIZE_8_Y_COLOR_CDF [ctx: 5] of 8 = DEFAULT_PALETTE_SIZE_8_Y_COLOR_CDF;
        PALETTE_SIZE_2_UV_COLOR_CDF [ctx: 5] of 2 = DEFAULT_PALETTE_SIZE_2_UV_COLOR_CDF;
        PALETTE_SIZE_3_UV_COLOR_CDF [ctx: 5] of 3 = DEFAULT_PALETTE_SIZE_3_UV_COLOR_CDF;
        PALETTE_SIZE_4_UV_COLOR_CDF [ctx: 5] of 4 = DEFAULT_PALETTE_SIZE_4_UV_COLOR_CDF;
        PALETTE_SIZE_5_UV_COLOR_CDF [ctx: 5] of 5 = DEFAULT_PALETTE_SIZE_5_UV_COLOR_CDF;
        PALETTE_SIZE_6_UV_COLOR_CDF [ctx: 5] of 6 = DEFAULT_PALETTE_SIZE_6_UV_COLOR_CDF;
        PALETTE_SIZE_7_UV_COLOR_CDF [ctx: 5] of 7 = DEFAULT_PALETTE_SIZE_7_UV_COLOR_CDF;
        PALETTE_SIZE_8_UV_COLOR_CDF [ctx: 5] of 8 = DEFAULT_PALETTE_SIZE_8_UV_COLOR_CDF;
        PALETTE_Y_MODE_CDF [bsize_ctx: 7, ctx: 3] of 2 = DEFAULT_PALETTE_Y_MODE_CDF;
        PALETTE_UV_MODE_CDF [ctx: 2] of 2 = DEFAULT_PALETTE_UV_MODE_CDF;
        DELTA_Q_CDF [] of 4 = DEFAULT_DELTA_Q_CDF;
        DELTA_LF_CDF [] of 4 = DEFAULT_DELTA_LF_CDF;
        DELTA_LF_MULTI_CDF [filter: 4] of 4 = DEFAULT_DELTA_LF_CDF;
        INTRA_TX_TYPE_SET1_CDF [tx_size_sqr: 2, intra_dir: 13] of 7 = DEFAULT_INTRA_TX_TYPE_SET1_CDF;
        INTRA_TX_TYPE_SET2_CDF [tx_size_sqr: 3, intra_dir: 13] of 5 = DEFAULT_INTRA_TX_TYPE_SET2_CDF;
        INTER_TX_TYPE_SET1_CDF [tx_size_sqr: 2] of 16 = DEFAULT_INTER_TX_TYPE_SET1_CDF;
        INTER_TX_TYPE_SET2_CDF [] of 12 = DEFAULT_INTER_TX_TYPE_SET2_CDF;
        INTER_TX_TYPE_SET3_CDF [tx_size_sqr: 4] of 2 = DEFAULT_INTER_TX_TYPE_SET3_CDF;
        COMPOUND_IDX_CDF [ctx: 6] of 2 = DEFAULT_COMPOUND_IDX_CDF;
        COMP_GROUP_IDX_CDF [ctx: 6] of 2 = DEFAULT_COMP_GROUP_IDX_CDF;
        COMPOUND_TYPE_CDF [mi_size: 22] of 2 = DEFAULT_COMPOUND_TYPE_CDF;
        INTER_INTRA_CDF [ctx: 3] of 2 = DEFAULT_INTER_INTRA_CDF;
        INTER_INTRA_MODE_CDF [ctx: 3] of 4 = DEFAULT_INTER_INTRA_MODE_CDF;
        WEDGE_INDEX_CDF [mi_size: 22] of 16 = DEFAULT_WEDGE_INDEX_CDF;
        WEDGE_INTER_INTRA_CDF [mi_size: 22] of 2 = DEFAULT_WEDGE_INTER_INTRA_CDF;
        USE_OBMC_CDF [mi_size: 22] of 2 = DEFAULT_USE_OBMC_CDF;
        COMP_REF_TYPE_CDF [ctx: 5] of 2 = DEFAULT_COMP_REF_TYPE_CDF;
        UNI_COMP_REF_CDF [ctx: 3, bit: 3] of 2 = DEFAULT_UNI_COMP_REF_CDF;
        CFL_SIGN_CDF [] of 8 = DEFAULT_CFL_SIGN_CDF;
        CFL_ALPHA_CDF [ctx: 6] of 16 = DEFAULT_CFL_ALPHA_CDF;
        USE_WIENER_CDF [] of 2 = DEFAULT_USE_WIENER_CDF;
        USE_SGRPROJ_CDF [] of 2 = DEFAULT_USE_SGRPROJ_CDF;
        RESTORATION_TYPE_CDF [] of 3 = DEFAULT_RESTORATION_TYPE_CDF;
    }
}

/// The length of the flat array.
pub(crate) const CDF_LENGTH: usize = {
    let last = SPANS[SPANS.len() - 1];
    last.offset as usize + last.rows as usize * last.stride() as usize
};

#[cfg(test)]
mod tests;
