//! Quantizers of the three planes at a quantizer index, made when first asked for.

use crate::av1::tables::quantizer::{AC_QLOOKUP, DC_QLOOKUP};
use crate::kernels::quantize::Quantizer;

/// 7.12.2 `get_dc_quant` of luma at a quantizer index.
pub(crate) fn dc_step(qindex: u8) -> u16 {
    DC_QLOOKUP[0][usize::from(qindex)]
}

/// 7.12.2 `get_ac_quant` of luma at a quantizer index.
pub(crate) fn ac_step(qindex: u8) -> u16 {
    AC_QLOOKUP[0][usize::from(qindex)]
}

/// What is added to a coefficient before it is divided by its step, in 1/128 of the step: 64 rounds to
/// the nearest level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rounding {
    /// Of the DC coefficient.
    pub(crate) dc: u16,
    /// Of all others.
    pub(crate) ac: u16,
}

/// The quantizers of one frame.
#[derive(Clone, Debug)]
pub(crate) struct Quantizers {
    /// By plane, of DC and AC.
    deltas: [[i8; 2]; 3],
    /// Of intra and of inter blocks.
    rounding: [Rounding; 2],
    made: Vec<Option<[[Quantizer; 3]; 2]>>,
}

impl Quantizers {
    /// Quantizers without differences between planes, that round to the nearest level.
    pub(crate) fn new() -> Self {
        let rounding = [Rounding { dc: 64, ac: 64 }; 2];
        Self { deltas: Default::default(), rounding, made: vec![None; 256] }
    }

    /// Sets what is added to the index for DC and AC, by plane (5.9.12), and how intra and inter
    /// blocks round.
    pub(crate) fn set(&mut self, deltas: [[i8; 2]; 3], rounding: [Rounding; 2]) {
        if (self.deltas, self.rounding) != (deltas, rounding) {
            (self.deltas, self.rounding) = (deltas, rounding);
            self.made.fill(None);
        }
    }

    /// The steps of DC and AC coefficients of `plane` at `qindex` (7.12.2).
    pub(crate) fn steps(&self, qindex: u8, plane: usize) -> [u16; 2] {
        let at = |delta: i8| (i16::from(qindex) + i16::from(delta)).clamp(0, 255) as u8;
        let [dc, ac] = self.deltas[plane];
        [dc_step(at(dc)), ac_step(at(ac))]
    }

    /// The quantizers of Y, U and V at `qindex` (7.12.2).
    pub(crate) fn get(&mut self, qindex: u8, is_inter: bool) -> &[Quantizer; 3] {
        let steps: [[u16; 2]; 3] = std::array::from_fn(|plane| self.steps(qindex, plane));
        let make = |Rounding { dc: dc_rounding, ac: ac_rounding }| {
            steps.map(|[dc, ac]| Quantizer::new(dc, ac, dc_rounding, ac_rounding))
        };
        let both = self.made[usize::from(qindex)].get_or_insert_with(|| self.rounding.map(make));
        &both[usize::from(is_inter)]
    }
}
