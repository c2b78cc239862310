//! Quantization with a dead zone, without quantizer matrices.

use crate::av1::types::TxSize;

/// Steps and rounding of one plane at one quantizer index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantizer {
    /// For the coefficient at position 0, then for all others.
    steps: [Step; 2],
}

#[derive(Clone, Copy, Debug)]
struct Step {
    step: u16,
    rounding: u16,
    reciprocal: u16,
    shift: u32,
}

impl Quantizer {
    /// A quantizer of `dc_step` and `ac_step` (`get_dc_quant` and `get_ac_quant` of 7.12.2, 4 to 1828); the roundings,
    /// in 1/128 of a step, are added before division (64 rounds to nearest, less widens the dead zone).
    pub(crate) fn new(dc_step: u16, ac_step: u16, dc_rounding: u16, ac_rounding: u16) -> Self {
        todo!()
    }
}

/// Quantizes `coefficients` (layout and scale of [`kernels::transform`](crate::kernels::transform)) into `levels`
/// (`Quant` of 5.11.39) and `dequantized` (`Dequant` of 7.12.3), all in the same layout, every entry written.
///
/// Returns `eob`: one more than the last index in `scan` whose level is not 0, or 0.
pub(crate) fn quantize(
    quantizer: &Quantizer,
    tx_size: TxSize,
    scan: &[u16],
    coefficients: &[i16],
    levels: &mut [i16],
    dequantized: &mut [i16],
) -> usize {
    todo!()
}
