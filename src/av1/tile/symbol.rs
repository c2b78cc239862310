//! Symbols between the two phases of a frame: recorded while blocks are decided, coded afterwards.

use std::ops::Range;

use crate::av1::tile::cdf::{
    CdfContext, CdfRow, INTRA_FRAME_Y_MODE_CDF, MV_CLASS0_HP_CDF, MV_JOINT_CDF, NEW_MV_CDF,
    PALETTE_Y_SIZE_CDF,
};
use crate::av1::tile::delta_q::DeltaQIndex;
use crate::av1::tile::entropy::{RangeEncoder, adapt};
use crate::av1::types::{BlockSize, Partition};

/// The two partition symbols at the frame's edges, whose probabilities are gathered from a
/// partition row (8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gather {
    /// `split_or_horz`: the bottom half of the block lies outside.
    SplitOrHorz,
    /// `split_or_vert`: the right half lies outside.
    SplitOrVert,
}

/// Where syntax functions put their symbols: a record, or a sum of costs.
pub(crate) trait SymbolSink {
    /// A symbol with an adaptive distribution (descriptor S).
    fn symbol(&mut self, row: CdfRow, value: usize);
    /// `bits` equiprobable bits (descriptor L), at most 16.
    fn literal(&mut self, value: u32, bits: u32);
    /// `split_or_horz` or `split_or_vert` with the partition row `row`.
    fn split_or(&mut self, row: CdfRow, gather: Gather, split: bool);
    /// The quantizer index of a superblock, from which [`DeltaQIndex`] makes symbols once the one
    /// before it in coding order is known (5.11.12).
    fn qindex(&mut self, qindex: u8);
    /// `cdef_idx` of a superblock (5.11.56), a literal once it and its bits are known
    /// ([`Record::set_cdef_idx`]).
    fn cdef_idx(&mut self);
}

/// One recorded symbol in 32 bits: kind (2), number of values or bits (6), value (8), row (16); for
/// a literal the low 16 bits are the value. A literal of [`QINDEX`] bits stands for a quantizer index, one
/// of [`CDEF_IDX`] bits for a `cdef_idx` that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record(u32);

const KIND_SYMBOL: u32 = 0;
const KIND_LITERAL: u32 = 1;
const KIND_SPLIT_OR_HORZ: u32 = 2;
const KIND_SPLIT_OR_VERT: u32 = 3;

/// A number of bits that no literal has.
const QINDEX: u32 = 63;
/// Another.
const CDEF_IDX: u32 = 62;

impl Record {
    fn new(kind: u32, count: u32, value: u32, low: u32) -> Self {
        Self((kind << 30) | (count << 24) | (value << 16) | low)
    }

    /// See [`SymbolSink::symbol`].
    pub(super) fn of_symbol(row: CdfRow, value: usize) -> Self {
        debug_assert!(value < usize::from(row.symbols));
        Self::new(KIND_SYMBOL, u32::from(row.symbols), value as u32, u32::from(row.offset))
    }

    /// See [`SymbolSink::literal`].
    pub(super) fn of_literal(value: u32, bits: u32) -> Self {
        debug_assert!(bits <= 16 && value >> bits == 0);
        Self::new(KIND_LITERAL, bits, 0, value)
    }

    /// Gives the `cdef_idx` among the records of a superblock its value of so many bits, if one is there.
    pub(super) fn set_cdef_idx(records: &mut [Self], value: u8, bits: u8) {
        let unknown = Self::new(KIND_LITERAL, CDEF_IDX, 0, 0);
        if let Some(record) = records.iter_mut().find(|record| **record == unknown) {
            *record = Self::of_literal(u32::from(value), u32::from(bits));
        }
    }

    /// The quantizer index that this record stands for, if it does.
    #[cfg(test)]
    pub(super) fn as_qindex(self) -> Option<u8> {
        let Self(bits) = self;
        (bits >> 24 == KIND_LITERAL << 6 | QINDEX).then_some(bits as u8)
    }

    /// The offset of the row, `None` for a literal; the value; the number of values or bits.
    #[cfg(test)]
    pub(crate) fn parts(self) -> (Option<u16>, u32, u32) {
        let Self(bits) = self;
        let (count, value, low) = ((bits >> 24) & 63, (bits >> 16) & 0xFF, bits & 0xFFFF);
        if bits >> 30 == KIND_LITERAL {
            (None, low, count)
        } else {
            (Some(low as u16), value, count)
        }
    }
}

impl SymbolSink for Vec<Record> {
    fn symbol(&mut self, row: CdfRow, value: usize) {
        self.push(Record::of_symbol(row, value));
    }

    fn literal(&mut self, value: u32, bits: u32) {
        self.push(Record::of_literal(value, bits));
    }

    fn split_or(&mut self, row: CdfRow, gather: Gather, split: bool) {
        let kind = match gather {
            Gather::SplitOrHorz => KIND_SPLIT_OR_HORZ,
            Gather::SplitOrVert => KIND_SPLIT_OR_VERT,
        };
        self.push(Record::new(
            kind,
            u32::from(row.symbols),
            u32::from(split),
            u32::from(row.offset),
        ));
    }

    fn qindex(&mut self, qindex: u8) {
        self.push(Record::new(KIND_LITERAL, QINDEX, 0, u32::from(qindex)));
    }

    fn cdef_idx(&mut self) {
        self.push(Record::new(KIND_LITERAL, CDEF_IDX, 0, 0));
    }
}

/// Hands `records` to a sink in order.
pub(crate) fn replay(records: &[Record], sink: &mut impl SymbolSink) {
    for &Record(bits) in records {
        let count = (bits >> 24) & 63;
        let value = (bits >> 16) & 0xFF;
        let row = CdfRow { offset: bits as u16, symbols: count as u8 };
        match bits >> 30 {
            KIND_SYMBOL => sink.symbol(row, value as usize),
            KIND_LITERAL if count == QINDEX => sink.qindex(bits as u8),
            KIND_LITERAL if count == CDEF_IDX => sink.cdef_idx(),
            KIND_LITERAL => sink.literal(bits & 0xFFFF, count),
            KIND_SPLIT_OR_HORZ => sink.split_or(row, Gather::SplitOrHorz, value != 0),
            _ => sink.split_or(row, Gather::SplitOrVert, value != 0),
        }
    }
}

/// The inverse probability 32768 − `cdf[0]` of `split_or_horz` or `split_or_vert`, which is the sum
/// `psum` of 8.3.2, from the inverse partition row. Rows of 8 values are those of 128×128 blocks.
pub(crate) fn gathered(row: &[u16], symbols: usize, gather: Gather) -> u16 {
    use Partition as P;
    let probability = |p: P| {
        let p = p as usize;
        let above = if p == 0 { 32768 } else { row[p - 1] };
        let below = if p + 1 == symbols { 0 } else { row[p] };
        above - below
    };
    let parts: &[P] = match gather {
        Gather::SplitOrHorz => &[P::Vert, P::Split, P::HorzA, P::VertA, P::VertB, P::Vert4],
        Gather::SplitOrVert => &[P::Horz, P::Split, P::HorzA, P::HorzB, P::VertA, P::Horz4],
    };
    parts.iter().filter(|&&p| (p as usize) < symbols).map(|&p| probability(p)).sum()
}

/// What symbols are spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    /// Everything but the other two.
    Modes = 0,
    /// Differences of motion vectors (5.11.32).
    Motion = 1,
    /// Coefficients (5.11.39).
    Coefficients = 2,
}

impl Category {
    /// Of the symbol whose row lies at `offset`.
    #[inline]
    fn of(offset: u32) -> Self {
        const COEFFICIENTS_END: u32 = INTRA_FRAME_Y_MODE_CDF.offset as u32;
        const BITS: Range<u32> = MV_CLASS0_HP_CDF.offset as u32..NEW_MV_CDF.offset as u32;
        const CLASSES: Range<u32> = MV_JOINT_CDF.offset as u32..PALETTE_Y_SIZE_CDF.offset as u32;
        if offset < COEFFICIENTS_END {
            Self::Coefficients
        } else if BITS.contains(&offset) || CLASSES.contains(&offset) {
            Self::Motion
        } else {
            Self::Modes
        }
    }
}

/// How much was coded by [`Category`], in 1/256 bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    spent: [u64; 3],
}

impl Tally {
    /// Whole bits by category that add up to `total`.
    pub(crate) fn bits(&self, total: u64) -> [u64; 3] {
        let mut bits = self.spent.map(|spent| spent >> 8);
        // The end of a tile and what was rounded go with the largest.
        let largest = (0..3).max_by_key(|&category| bits[category]).unwrap_or(0);
        let others = bits.iter().sum::<u64>() - bits[largest];
        bits[largest] = total.saturating_sub(others);
        bits
    }
}

/// Codes records in order; the second phase of a tile.
pub(super) struct SymbolCoder<'a> {
    /// The distributions.
    pub(super) cdfs: &'a mut CdfContext,
    /// The inverse of `disable_cdf_update`.
    pub(super) adaptive: bool,
    /// Where the bits go.
    pub(super) encoder: &'a mut RangeEncoder,
    /// `CurrentQIndex`.
    pub(super) delta_q: &'a mut DeltaQIndex,
    /// What is spent on what.
    pub(super) tally: &'a mut Tally,
    /// The bits' position where the present category began, and the category.
    since: u64,
    category: Category,
}

impl<'a> SymbolCoder<'a> {
    /// Goes on where `encoder` is.
    pub(super) fn new(
        cdfs: &'a mut CdfContext,
        adaptive: bool,
        encoder: &'a mut RangeEncoder,
        delta_q: &'a mut DeltaQIndex,
        tally: &'a mut Tally,
    ) -> Self {
        let since = encoder.position();
        Self { cdfs, adaptive, encoder, delta_q, tally, since, category: Category::Modes }
    }

    /// Codes `records`.
    pub(super) fn code(mut self, records: &[Record]) {
        self.records(records);
        self.tally.spent[self.category as usize] += self.encoder.position() - self.since;
    }

    fn records(&mut self, records: &[Record]) {
        for &Record(bits) in records {
            let count = (bits >> 24) & 63;
            let value = ((bits >> 16) & 0xFF) as usize;
            let low = bits & 0xFFFF;
            if bits >> 30 == KIND_LITERAL {
                debug_assert_ne!(count, CDEF_IDX, "cdef_idx is known when symbols are coded");
                if count == QINDEX {
                    self.qindex(low as u8);
                } else {
                    // Signs and escapes go with the symbols before them.
                    self.encoder.literal(low, count);
                }
                continue;
            }
            let next = Category::of(low);
            if next != self.category {
                let now = self.encoder.position();
                self.tally.spent[self.category as usize] += now - self.since;
                (self.since, self.category) = (now, next);
            }
            let symbols = count as usize;
            let row = self.cdfs.row_mut(CdfRow { offset: low as u16, symbols: count as u8 });
            match bits >> 30 {
                KIND_SYMBOL => {
                    self.encoder.symbol(row, value, symbols);
                    if self.adaptive {
                        adapt(row, value, symbols);
                    }
                }
                kind => {
                    let gather = if kind == KIND_SPLIT_OR_HORZ {
                        Gather::SplitOrHorz
                    } else {
                        Gather::SplitOrVert
                    };
                    self.encoder.symbol(&[gathered(row, symbols, gather), 0], value, 2);
                }
            }
        }
    }

    #[cold]
    fn qindex(&mut self, qindex: u8) {
        let symbols = self.delta_q.symbols(qindex);
        self.records(symbols.as_slice());
    }
}

/// The row of `partition` for a square block (8.3.2), where `ctx` is from 0 to 3.
pub(crate) fn partition_row(size: BlockSize, ctx: usize) -> CdfRow {
    use crate::av1::tile::cdf::{
        PARTITION_W8_CDF, PARTITION_W16_CDF, PARTITION_W32_CDF, PARTITION_W64_CDF,
        PARTITION_W128_CDF,
    };
    match size.width_log2() {
        3 => PARTITION_W8_CDF,
        4 => PARTITION_W16_CDF,
        5 => PARTITION_W32_CDF,
        6 => PARTITION_W64_CDF,
        _ => PARTITION_W128_CDF,
    }
    .row([ctx])
}
