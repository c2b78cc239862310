//! The residual of a block that is carried out: transform and quantization, which are the encoder's,
//! and their inverse (7.12.3), which is the standard's.

use super::block::{Block, TransformBlock};
use super::coefficient_syntax::TxSet;
use super::executor::{Scratch, TileCoder, TransformPlace};
use super::reconstruct::reconstruct;
use crate::av1::tables::blocks::MODE_TO_TXFM;
use crate::av1::tables::scans::scan;
use crate::av1::types::{PredictionMode, TxSize, TxType};
use crate::kernels::isa::Isa;
use crate::kernels::quantize::{Levels, Quantizer, quantize};
use crate::kernels::sad::{residual, sse};
use crate::kernels::transform::conformance::{are_safe, is_conformant};
use crate::kernels::transform::wht::forward_wht;
use crate::kernels::transform::{coefficient_count, forward_transform};
use crate::kernels::view::{View, ViewMut};

/// A transform block that was quantized.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantized<'a> {
    /// The plane.
    pub(crate) plane: usize,
    /// `txSz`.
    pub(crate) size: TxSize,
    /// `PlaneTxType`.
    pub(crate) tx_type: TxType,
    /// The scan (5.11.41).
    pub(crate) scan: &'a [u16],
    /// The set that the type is one of, if it is coded, and the luma mode that its symbol depends on.
    pub(crate) types: Option<(TxSet, PredictionMode)>,
    /// What was quantized.
    pub(crate) coefficients: &'a [i16],
    /// By what.
    pub(crate) quantizer: &'a Quantizer,
}

/// Choices inside a block that are made transform by transform.
pub(crate) trait TransformChoice {
    /// The types of a luma transform that are tried, at least one, all of `set`.
    fn tx_types(&mut self, block: &Block, set: TxSet) -> TxTypes;

    /// What coefficients of one type would cost beside those of another, before they are quantized with steps
    /// of `step`, in any unit.
    fn promise(&self, coefficients: &[i16], step: u16) -> u32 {
        let _ = (coefficients, step);
        0
    }

    /// Whether no coefficient is left of a residual with this sum of squares, given the steps of
    /// DC and AC.
    fn vanishes(&self, energy: u32, steps: [u16; 2]) -> bool {
        let _ = (energy, steps);
        false
    }

    /// Changes quantized levels, of which none may be left, before they are reconstructed; gives the new
    /// `eob`, and what the block costs beside one of another type.
    fn adjust(
        &mut self,
        input: &Quantized<'_>,
        levels: &mut [i16],
        dequantized: &mut [i16],
        eob: usize,
    ) -> (usize, i64);
}

/// Types of a transform to be tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TxTypes {
    types: [TxType; Self::MOST],
    count: usize,
    /// Types besides the first that are quantized.
    quantized: usize,
}

impl TxTypes {
    /// The most types that are tried: all there are.
    const MOST: usize = 16;

    /// Only one.
    pub(crate) fn one(tx_type: TxType) -> Self {
        Self { types: [tx_type; Self::MOST], count: 1, quantized: usize::MAX }
    }

    /// One more, unless it is there already.
    pub(crate) fn and(mut self, tx_type: TxType) -> Self {
        if !self.as_slice().contains(&tx_type) {
            self.types[self.count] = tx_type;
            self.count += 1;
        }
        self
    }

    /// If there are more besides the first, quantizes only as many as this of them: those that
    /// [promise](TransformChoice::promise) most, where the first leaves any coefficients.
    pub(crate) fn quantizing(self, most: usize) -> Self {
        Self { quantized: most, ..self }
    }

    /// The types.
    fn as_slice(&self) -> &[TxType] {
        &self.types[..self.count]
    }
}

/// A transform that is tried with one or several types.
struct Tried<'a> {
    isa: Isa,
    plane: usize,
    size: TxSize,
    /// Sum of squares of the residual.
    energy: u32,
    lossless: bool,
    /// [`Quantized::types`].
    set: Option<(TxSet, PredictionMode)>,
    quantizer: &'a Quantizer,
}

/// Coefficients that are looked at one by one rather than as a block.
const FEW: usize = 256;

/// The best type of a transform so far.
#[derive(Clone, Copy, Debug)]
struct Best {
    cost: i64,
    tx_type: TxType,
    eob: usize,
}

impl Tried<'_> {
    /// Transforms and quantizes the residual in `scratch` with the types that are worth it; leaves the best there.
    fn best(
        &self,
        scratch: &mut Scratch,
        types: &TxTypes,
        choice: &mut impl TransformChoice,
    ) -> Best {
        let (first, others) = types.as_slice().split_first().expect("at least one type");
        let mut best = Best { cost: i64::MAX, tx_type: *first, eob: 0 };
        self.transform(scratch, *first);
        if others.len() <= types.quantized {
            self.quantize(scratch, *first, choice, &mut best);
            for &tx_type in others {
                self.transform(scratch, tx_type);
                self.quantize(scratch, tx_type, choice, &mut best);
            }
            return best;
        }
        let least = self.promise(scratch, choice);
        self.quantize(scratch, *first, choice, &mut best);
        if best.eob == 0 {
            return best;
        }
        let mut promises = [(u32::MAX, *first); TxTypes::MOST];
        for (promise, &tx_type) in promises.iter_mut().zip(others) {
            self.transform(scratch, tx_type);
            *promise = (self.promise(scratch, choice), tx_type);
        }
        promises.sort_by_key(|&(promise, _)| promise);
        for &(promise, tx_type) in promises[..others.len()].iter().take(types.quantized) {
            if promise > least {
                break;
            }
            self.transform(scratch, tx_type);
            self.quantize(scratch, tx_type, choice, &mut best);
        }
        best
    }

    /// Transforms the residual.
    fn transform(&self, scratch: &mut Scratch, tx_type: TxType) {
        let &Self { isa, size, energy, lossless, .. } = self;
        let difference = View::new(&scratch.difference[..], size.width());
        let coefficients = &mut scratch.coefficients[..coefficient_count(size)];
        if lossless {
            forward_wht(difference, coefficients);
        } else {
            forward_transform(isa, difference, energy, coefficients, (size, tx_type));
        }
    }

    /// What the coefficients promise.
    fn promise(&self, scratch: &Scratch, choice: &impl TransformChoice) -> u32 {
        let step = self.quantizer.ac_step() >> self.size.dq_denom_log2();
        choice.promise(&scratch.coefficients[..coefficient_count(self.size)], step)
    }

    /// Quantizes the coefficients; leaves them if they are the best.
    fn quantize(
        &self,
        scratch: &mut Scratch,
        tx_type: TxType,
        choice: &mut impl TransformChoice,
        best: &mut Best,
    ) {
        let &Self { isa, plane, size, lossless, set, quantizer, .. } = self;
        let count = coefficient_count(size);
        let coefficients = &scratch.coefficients[..count];
        let dequantized = &mut scratch.dequantized[..count];
        let levels = &mut scratch.levels[..count];
        let scan = scan(size, tx_type.class());
        let out = Levels { levels: &mut *levels, dequantized: &mut *dequantized };
        let mut eob = quantize(isa, quantizer, size, scan, coefficients, out);
        let mut cost = 0;
        if !lossless {
            let input =
                Quantized { plane, size, tx_type, scan, types: set, coefficients, quantizer };
            (eob, cost) = choice.adjust(&input, levels, dequantized, eob);
            // Nothing is left beyond the end.
            let mut left = scan[..eob].iter().map(|&position| dequantized[usize::from(position)]);
            let is_safe = eob <= FEW && are_safe(&mut left);
            if !is_safe && !is_conformant(dequantized, size, tx_type) {
                (eob, cost) = (0, 0);
            }
        }
        if cost < best.cost {
            *best = Best { cost, tx_type, eob };
            std::mem::swap(&mut scratch.levels, &mut scratch.best_levels);
            std::mem::swap(&mut scratch.dequantized, &mut scratch.best_dequantized);
        }
    }
}

impl TileCoder<'_> {
    /// The residual of one transform block: transformed, quantized, reconstructed.
    pub(super) fn code_transform(
        &mut self,
        block: &Block,
        at: TransformPlace,
        lossless: bool,
        choice: &mut impl TransformChoice,
    ) {
        let TransformPlace { plane, x, y, size } = at;
        let types = if lossless {
            TxTypes::one(TxType::DctDct)
        } else {
            self.choose_tx_types(block, at, choice)
        };
        let qindex = self.block_qindex(block);
        let scratch = &mut *self.scratch;
        let (w, h) = (size.width(), size.height());
        let recon = &mut self.recon[plane];
        let src = self.source[plane].view(x as isize, y as isize);
        let pred = recon.view(x as isize, y as isize);
        let energy = sse(self.isa, src, pred, (w, h));
        let start = scratch.residual.levels.len();
        let mut transform = TransformBlock {
            plane: plane as u8,
            x4: x / 4,
            y4: y / 4,
            size,
            tx_type: types.types[0],
            eob: 0,
            start,
        };
        // A coefficient's square is no more than the sum of all squared differences.
        if !lossless && choice.vanishes(energy, self.quantizers.steps(qindex, plane)) {
            scratch.residual.blocks.push(transform);
            return;
        }
        let difference = ViewMut::new(&mut scratch.difference[..], w);
        residual(self.isa, src, pred, difference, (w, h));
        let count = coefficient_count(size);
        let set = TxSet::of(size, block.is_inter, self.frame.reduced_tx_set);
        let coded = plane == 0 && set != TxSet::DctOnly && qindex > 0;
        let all = Tried {
            isa: self.isa,
            plane,
            size,
            energy,
            lossless,
            set: coded.then_some((set, block.y_mode)),
            quantizer: &self.quantizers.get(qindex, block.is_inter)[plane],
        };
        let Best { tx_type, eob, .. } = all.best(scratch, &types, choice);
        (transform.tx_type, transform.eob) = (tx_type, eob);
        scratch.residual.blocks.push(transform);
        if eob == 0 {
            return;
        }
        scratch.residual.levels.extend_from_slice(&scratch.best_levels[..count]);
        if plane == 0 {
            let (col, row) = (x / 4 - block.pos.col, y / 4 - block.pos.row);
            for row in row..row + size.height4() {
                scratch.tx_types[row * 16 + col..][..size.width4()].fill(tx_type);
            }
        }
        let dst = recon.view_mut(x as isize, y as isize);
        let dequantized = &scratch.best_dequantized[..count];
        reconstruct(self.isa, dst, dequantized, size, (!lossless).then_some(tx_type), eob);
    }

    /// The index that the block's coefficients are quantized with (7.12.2 `get_qindex`).
    pub(crate) fn block_qindex(&self, block: &Block) -> u8 {
        let current = match self.frame.delta_q {
            Some(_) => self.target_q_index,
            None => self.frame.quantization_params.base_q_idx,
        };
        self.frame.qindex_with_delta(block.segment_id, current)
    }

    /// 5.11.40 `compute_tx_type`: luma chooses, chroma follows.
    fn choose_tx_types(
        &mut self,
        block: &Block,
        TransformPlace { plane, x, y, size }: TransformPlace,
        choice: &mut impl TransformChoice,
    ) -> TxTypes {
        let set = TxSet::of(size, block.is_inter, self.frame.reduced_tx_set);
        if plane == 0 {
            let coded = self.frame.qindex(block.segment_id) > 0;
            return if set == TxSet::DctOnly || !coded {
                TxTypes::one(TxType::DctDct)
            } else {
                choice.tx_types(block, set)
            };
        }
        let wanted = if block.is_inter {
            let (col, row) = (x / 4 * 2 - block.pos.col, y / 4 * 2 - block.pos.row);
            self.scratch.tx_types[row * 16 + col]
        } else {
            MODE_TO_TXFM[block.uv_mode as usize]
        };
        TxTypes::one(if set.contains(wanted) { wanted } else { TxType::DctDct })
    }
}
