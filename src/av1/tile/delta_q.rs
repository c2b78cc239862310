//! `CurrentQIndex` along a tile, and the symbols of its differences (5.11.12).
//!
//! Superblocks are decided in an order of their own, in which nobody knows the index of the one
//! before; so records hold indices as they are, and differences are made when symbols are coded.

use super::cdf::DELTA_Q_CDF;
use super::symbol::Record;
use crate::av1::obu::frame::FrameHeader;

/// `DELTA_Q_SMALL`.
const DELTA_Q_SMALL: u32 = 3;
/// Records of one difference at most: `delta_q_abs`, `delta_q_rem_bits`, `delta_q_abs_bits` and
/// `delta_q_sign_bit`.
const MOST: usize = 4;

/// `CurrentQIndex`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DeltaQIndex {
    current: u8,
    /// `delta_q_res`.
    resolution: u8,
}

/// The records of one difference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeltaSymbols {
    records: [Record; MOST],
    len: usize,
}

impl DeltaSymbols {
    /// The records.
    pub(crate) fn as_slice(&self) -> &[Record] {
        &self.records[..self.len]
    }

    fn push(&mut self, record: Record) {
        self.records[self.len] = record;
        self.len += 1;
    }
}

impl DeltaQIndex {
    /// At the start of a tile of a frame (5.9.2, `CurrentQIndex = base_q_idx`).
    pub(crate) fn new(header: &FrameHeader) -> Self {
        let resolution = header.delta_q.as_ref().map_or(0, |delta_q| delta_q.delta_q_res);
        Self { current: header.quantization_params.base_q_idx, resolution }
    }

    /// The symbols of 5.11.12 that lead to `qindex`.
    pub(crate) fn symbols(&mut self, qindex: u8) -> DeltaSymbols {
        let delta = i32::from(qindex) - i32::from(self.current);
        debug_assert_eq!(delta % (1 << self.resolution), 0);
        let magnitude = (delta >> self.resolution).unsigned_abs();
        self.current = qindex;
        let small = magnitude.min(DELTA_Q_SMALL) as usize;
        let first = Record::of_symbol(DELTA_Q_CDF.row([]), small);
        let mut symbols = DeltaSymbols { records: [first; MOST], len: 1 };
        if magnitude >= DELTA_Q_SMALL {
            let bits = (magnitude - 1).ilog2();
            symbols.push(Record::of_literal(bits - 1, 3));
            symbols.push(Record::of_literal(magnitude - 1 - (1 << bits), bits));
        }
        if magnitude > 0 {
            symbols.push(Record::of_literal(u32::from(delta < 0), 1));
        }
        symbols
    }

    /// `records` with the symbols of each difference in its place.
    #[cfg(test)]
    pub(crate) fn expand(mut self, records: &[Record]) -> Vec<Record> {
        let mut expanded = Vec::new();
        for &record in records {
            match record.as_qindex() {
                Some(qindex) => expanded.extend_from_slice(self.symbols(qindex).as_slice()),
                None => expanded.push(record),
            }
        }
        expanded
    }
}
