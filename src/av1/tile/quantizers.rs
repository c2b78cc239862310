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

/// How far below a half levels are rounded up, in 1/128 of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rounding {
    /// Of the DC coefficient.
    pub(crate) dc: u16,
    /// Of all others.
    pub(crate) ac: u16,
}

impl Rounding {
    /// For intra blocks: distortion there is predicted from.
    pub(crate) const INTRA: Self = Self { dc: 56, ac: 46 };
    /// For inter blocks.
    pub(crate) const INTER: Self = Self { dc: 48, ac: 40 };
}

/// The quantizers of one frame.
#[derive(Clone, Debug)]
pub(crate) struct Quantizers {
    /// By plane, of DC and AC.
    deltas: [[i8; 2]; 3],
    made: Vec<Option<[[Quantizer; 3]; 2]>>,
}

impl Quantizers {
    /// Quantizers without differences between planes.
    pub(crate) fn new() -> Self {
        Self { deltas: Default::default(), made: vec![None; 256] }
    }

    /// Sets what is added to the index for DC and AC, by plane (5.9.12).
    pub(crate) fn set_deltas(&mut self, deltas: [[i8; 2]; 3]) {
        if self.deltas != deltas {
            self.deltas = deltas;
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
        let make = |rounding: Rounding| {
            steps.map(|[dc, ac]| Quantizer::new(dc, ac, rounding.dc, rounding.ac))
        };
        let both = self.made[usize::from(qindex)]
            .get_or_insert_with(|| [make(Rounding::INTRA), make(Rounding::INTER)]);
        &both[usize::from(is_inter)]
    }
}
