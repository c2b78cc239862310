//! The transforms of a block: their types, and the levels of their coefficients.
//!
//! Of the types of a set all are transformed, and the few whose coefficients promise most are quantized beside the
//! likeliest: 3 of 15 have most of the gain of all.
//!
//! Levels are chosen by what they cost (rate–distortion optimised quantization): each is what it was
//! rounded to or one less, and the block ends where coding more is not worth its bits. One pass from the
//! last level to the first, as they are coded, so that the contexts of each are known; what a level
//! does to the contexts of those after it is left out. It gains 3 % for 1.05 times the CPU.

use std::ops::Range;

use super::block::BlockSearch;
use super::cost::{COST_BITS, CostSink, CostTable};
use super::lambda::Lambda;
use super::speed::Effort;
use super::tuning::{TX_TYPE_CAP, ZERO_TRANSFORM};
use crate::av1::tables::blocks::MODE_TO_TXFM;
use crate::av1::tile::block::Block;
use crate::av1::tile::cdf::CdfRow;
use crate::av1::tile::coefficient_syntax::{
    COEFF_BASE_RANGE, LevelRows, NUM_BASE_LEVELS, TxSet, all_zero_row, write_eob, write_golomb,
    write_range, write_transform_type,
};
use crate::av1::tile::residual::{Quantized, TransformChoice, TxTypes};
use crate::av1::types::TxType;
use crate::kernels::isa::Isa;
use crate::kernels::quantize::capped_energy;
use crate::rate::Residual;

/// Types in the order in which they are tried.
const TYPES: [TxType; 16] = {
    use TxType as T;
    [
        T::DctDct,
        T::AdstAdst,
        T::AdstDct,
        T::DctAdst,
        T::VDct,
        T::HDct,
        T::Idtx,
        T::FlipadstDct,
        T::DctFlipadst,
        T::FlipadstFlipadst,
        T::AdstFlipadst,
        T::FlipadstAdst,
        T::VAdst,
        T::HAdst,
        T::VFlipadst,
        T::HFlipadst,
    ]
};

/// Transform types by the prediction; coefficients where they are worth it.
pub(super) struct Transforms<'a> {
    /// What is left of the residual.
    residual: Residual,
    /// What the kernels use.
    isa: Isa,
    /// The effort.
    effort: &'a Effort,
    /// λ.
    lambda: Lambda,
    /// Factors of λ by which levels are chosen, of luma and of chroma.
    level_lambda: [(u64, u64); 2],
    /// Costs of symbols.
    costs: &'a CostTable,
}

impl<'a> BlockSearch<'a, '_, '_> {
    /// The choices of transforms in this superblock.
    pub(super) fn transforms(&self) -> Transforms<'a> {
        let frame = self.frame;
        Transforms {
            residual: self.residual,
            isa: self.coder.isa,
            effort: &frame.effort,
            lambda: self.lambda,
            level_lambda: frame.objective.level_lambda,
            costs: &frame.costs,
        }
    }
}

impl TransformChoice for Transforms<'_> {
    fn tx_types(&mut self, block: &Block, set: TxSet) -> TxTypes {
        let &Effort { tx_types, quantized_tx_types, inter_tx_types, .. } = self.effort;
        if block.is_inter && !inter_tx_types {
            return TxTypes::one(TxType::DctDct);
        }
        let natural = match block.is_inter {
            true => TxType::DctDct,
            false => MODE_TO_TXFM[block.y_mode as usize],
        };
        let natural = if set.contains(natural) { natural } else { TxType::DctDct };
        let others = TYPES.into_iter().filter(|&other| set.contains(other));
        let all = others.take(tx_types).fold(TxTypes::one(natural), TxTypes::and);
        all.quantizing(quantized_tx_types)
    }

    fn promise(&self, coefficients: &[i16], step: u16) -> u32 {
        let (numerator, denominator) = TX_TYPE_CAP;
        capped_energy(self.isa, coefficients, step * numerator / denominator)
    }

    fn vanishes(&self, energy: u32, steps: [u16; 2]) -> bool {
        // Transforms count in 1/8.
        let (numerator, denominator) = ZERO_TRANSFORM;
        let least = u64::from(steps[0].min(steps[1])) * numerator / denominator;
        self.residual == Residual::None || u64::from(energy) * 64 < least * least
    }

    fn adjust(
        &mut self,
        input: &Quantized<'_>,
        levels: &mut [i16],
        dequantized: &mut [i16],
        eob: usize,
    ) -> (usize, i64) {
        let plane_type = usize::from(input.plane > 0);
        let rows = LevelRows::new(input.size, input.tx_type.class(), plane_type);
        let factor = self.level_lambda[usize::from(input.plane > 0)];
        let lambda = self.lambda.scaled(factor);
        LevelChoice { lambda, costs: self.costs, input, rows, levels, dequantized }.run(eob)
    }
}

/// The choice of the levels of one transform block.
struct LevelChoice<'a> {
    lambda: Lambda,
    costs: &'a CostTable,
    input: &'a Quantized<'a>,
    rows: LevelRows,
    levels: &'a mut [i16],
    dequantized: &'a mut [i16],
}

/// A level, and what it costs beside 0 without bits.
#[derive(Clone, Copy)]
struct Choice {
    level: i16,
    dequantized: i16,
    cost: i64,
}

/// A level that a coefficient may have, wherever it stands.
#[derive(Clone, Copy)]
struct Candidate {
    level: i16,
    dequantized: i16,
    /// The value of `coeff_base`.
    base: u16,
    /// What it costs besides `coeff_base`, in 1/512 bit.
    rate: u32,
    /// How much less its error is than that of 0.
    gained: i64,
}

impl LevelChoice<'_> {
    /// Chooses levels; gives the new `eob`.
    fn run(mut self, eob: usize) -> (usize, i64) {
        let scan = self.input.scan;
        // What is coded so far, from `end` down; 0 while nothing is.
        let (mut end, mut cost) = (0, 0_i64);
        for (c, &position) in scan[..eob].iter().enumerate().rev() {
            let position = usize::from(position);
            if self.levels[position] == 0 {
                if end > 0 {
                    cost += self.rate(self.costs.symbol(self.rows.base(position), 0));
                }
                continue;
            }
            let candidates = self.candidates(position);
            let among = (end > 0).then(|| self.best(self.rows.base(position), 0, candidates));
            let last = self.best(self.rows.base_eob(c), 1, candidates);
            let last_cost = last.cost + self.end_cost(c + 1);
            let chosen = match among {
                Some(among) if cost + among.cost <= last_cost => {
                    cost += among.cost;
                    among
                }
                _ => {
                    self.clear(c + 1..end.max(c + 1));
                    (end, cost) = (c + 1, last_cost);
                    last
                }
            };
            self.levels[position] = chosen.level;
            self.dequantized[position] = chosen.dequantized;
            if chosen.level != 0 {
                self.rows.set(position, chosen.level);
            }
        }
        // The contexts of a block whose neighbours have no coefficients: the others cost about as much.
        let all_zero = all_zero_row(self.input.size, if self.input.plane == 0 { 0 } else { 7 });
        let [some, none] = [0, 1].map(|value| self.rate(self.costs.symbol(all_zero, value)));
        let cost = cost + some + self.type_cost();
        if end > 0 && cost < none {
            return (end, cost);
        }
        self.clear(0..end);
        (0, none)
    }

    /// Makes the levels at these places of the scan 0.
    fn clear(&mut self, places: Range<usize>) {
        for &position in &self.input.scan[places] {
            let position = usize::from(position);
            let level = std::mem::take(&mut self.levels[position]);
            if level != 0 {
                self.dequantized[position] = 0;
                self.rows.clear(position, level);
            }
        }
    }

    /// The cost of a rate in 1/512 bit.
    fn rate(&self, rate: u32) -> i64 {
        self.lambda.squared(0, rate) as i64
    }

    /// The cost of the transform's type.
    fn type_cost(&self) -> i64 {
        let Quantized { size, tx_type, types, .. } = *self.input;
        let Some((set, y_mode)) = types else { return 0 };
        let mut sink = CostSink::new(self.costs);
        write_transform_type(&mut sink, set, size, y_mode, tx_type);
        self.rate(sink.cost)
    }

    /// The cost of an `eob`.
    fn end_cost(&self, eob: usize) -> i64 {
        let mut sink = CostSink::new(self.costs);
        let Quantized { size, tx_type, plane, .. } = *self.input;
        write_eob(&mut sink, size, tx_type.class(), usize::from(plane > 0), eob);
        self.rate(sink.cost)
    }

    /// The levels that a coefficient may have which was not rounded to 0: as it is, and one less.
    #[inline]
    fn candidates(&self, position: usize) -> [Candidate; 2] {
        let level = self.levels[position];
        let less = level - level.signum();
        let dequantized = if less == 0 {
            0
        } else {
            self.input.quantizer.dequantize(position, less, self.input.size)
        };
        [
            self.candidate(position, level, self.dequantized[position]),
            self.candidate(position, less, dequantized),
        ]
    }

    #[inline]
    fn candidate(&self, position: usize, level: i16, dequantized: i16) -> Candidate {
        if level == 0 {
            return Candidate { level, dequantized, base: 0, rate: 0, gained: 0 };
        }
        let coefficient = i64::from(self.input.coefficients[position]);
        let error = coefficient - i64::from(dequantized);
        // Transforms count in 1/8 of the sample's unit, or less; costs in 1/256 of its square.
        let scale = 2 + 2 * self.input.size.dq_denom_log2();
        let gained = (coefficient * coefficient - error * error) << scale;
        let magnitude = u32::from(level.unsigned_abs());
        let base = magnitude.min(NUM_BASE_LEVELS + 1);
        let mut sink = CostSink::new(self.costs);
        // The sign.
        sink.cost += 1 << COST_BITS;
        if base > NUM_BASE_LEVELS {
            write_range(&mut sink, self.rows.range(position, self.levels), magnitude);
            if magnitude > NUM_BASE_LEVELS + COEFF_BASE_RANGE {
                write_golomb(&mut sink, magnitude - NUM_BASE_LEVELS - COEFF_BASE_RANGE);
            }
        }
        Candidate { level, dequantized, base: base as u16, rate: sink.cost, gained }
    }

    /// The best of two levels, with the row of its first symbol, whose values begin with that of `least`.
    #[inline]
    fn best(&self, row: CdfRow, least: u16, [as_is, less]: [Candidate; 2]) -> Choice {
        let choice = |Candidate { level, dequantized, base, rate, gained }: Candidate| {
            let rate = rate + self.costs.symbol(row, usize::from(base - least));
            Choice { level, dequantized, cost: self.rate(rate) - gained }
        };
        let as_is = choice(as_is);
        if less.base < least {
            return as_is;
        }
        let less = choice(less);
        if less.cost < as_is.cost { less } else { as_is }
    }
}
