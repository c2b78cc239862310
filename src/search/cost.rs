//! What symbols cost: −log2 of their probabilities, and the sum over a piece of syntax.

use crate::av1::tile::cdf::{CDF_LENGTH, CdfContext, CdfRow, DELTA_Q_CDF, each_row};
use crate::av1::tile::symbol::{Gather, Record, SymbolSink, gathered, replay};
use crate::kernels::logarithm::log2;

/// Costs are in 1/512 bit.
pub(crate) const COST_BITS: u32 = 9;

/// −log2((i + 0.5) / 256) in 1/512 bit, for the upper 8 bits of a probability of 15.
fn cost_of(probability: u32, table: &[u16; 256]) -> u16 {
    // Below 2^7 of 2^15 the table's resolution is too coarse: shift up and pay a bit each.
    let shift = probability.max(1).leading_zeros() - 17;
    table[((probability.max(1) << shift) >> 7) as usize & 255] + (shift << COST_BITS) as u16
}

/// The costs of every symbol under one state of the distributions.
#[derive(Clone, Debug)]
pub(crate) struct CostTable {
    /// Costs of probabilities, for [`cost_of`].
    log: [u16; 256],
    /// By row as the distributions, symbol by symbol.
    costs: Box<[u16; CDF_LENGTH]>,
    /// The distributions.
    cdfs: CdfContext,
}

impl CostTable {
    /// The costs under the default distributions.
    pub(crate) fn new() -> Self {
        let log = std::array::from_fn(|i| {
            let p = (i as f64 + 0.5) / 256.0;
            (-log2(p) * f64::from(1 << COST_BITS)).round().clamp(0.0, 65535.0) as u16
        });
        let cdfs = CdfContext::new_default(0);
        let mut table = Self { log, costs: Box::new([0; CDF_LENGTH]), cdfs };
        table.fill();
        table
    }

    /// Takes the costs from `cdfs`; costs nothing if they are what they were.
    pub(crate) fn update(&mut self, cdfs: &CdfContext) {
        if self.cdfs != *cdfs {
            self.cdfs.copy_from(cdfs);
            self.fill();
        }
    }

    /// Takes the costs from the distributions.
    fn fill(&mut self) {
        for row in each_row() {
            let values = self.cdfs.row(row);
            // Behind the inverse probabilities comes the counter; there the last one, 0, belongs.
            let last = values.len() - 1;
            let bounds = values[..last].iter().map(|&v| u32::from(v)).chain([0]);
            let costs = &mut self.costs[usize::from(row.offset)..];
            let mut above = 32768_u32;
            for (cost, below) in costs.iter_mut().zip(bounds) {
                *cost = cost_of((above - below).min(32767), &self.log);
                above = below;
            }
        }
    }

    /// The cost of `records`, in 1/512 bit.
    pub(crate) fn records(&self, records: &[Record]) -> u32 {
        let mut sink = CostSink::new(self);
        replay(records, &mut sink);
        sink.cost
    }

    /// The cost of one symbol.
    #[inline]
    pub(crate) fn symbol(&self, row: CdfRow, value: usize) -> u32 {
        u32::from(self.costs[usize::from(row.offset) + value])
    }
}

/// A sink that only adds up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CostSink<'a> {
    /// Costs of symbols.
    table: &'a CostTable,
    /// The sum, in 1/512 bit.
    pub(crate) cost: u32,
}

impl<'a> CostSink<'a> {
    /// Nothing yet.
    pub(crate) fn new(table: &'a CostTable) -> Self {
        Self { table, cost: 0 }
    }
}

impl SymbolSink for CostSink<'_> {
    #[inline]
    fn symbol(&mut self, row: CdfRow, value: usize) {
        self.cost += self.table.symbol(row, value);
    }

    #[inline]
    fn literal(&mut self, _: u32, bits: u32) {
        self.cost += bits << COST_BITS;
    }

    /// That of the index before, which is not known yet: most superblocks have the same.
    fn qindex(&mut self, _: u8) {
        self.cost += self.table.symbol(DELTA_Q_CDF.row([]), 0);
    }

    /// Nothing: its bits are not known yet.
    fn cdef_idx(&mut self) {}

    fn split_or(&mut self, row: CdfRow, gather: Gather, split: bool) {
        let p = u32::from(gathered(self.table.cdfs.row(row), usize::from(row.symbols), gather));
        let probability = if split { p } else { 32768 - p };
        self.cost += u32::from(cost_of(probability.clamp(1, 32767), &self.table.log));
    }
}
