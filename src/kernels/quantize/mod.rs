//! Quantization with a dead zone, without quantizer matrices.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
pub(crate) mod spec;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};
use crate::kernels::transform::{TxSize, coefficient_count};

/// Steps and roundings of one plane at one quantizer index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantizer {
    dc: Step,
    ac: Step,
}

impl Quantizer {
    /// A quantizer of `dc_step` and `ac_step` (`get_dc_quant` and `get_ac_quant` of 7.12.2, 4 to 1828).
    ///
    /// The roundings, in 1/128 of a step and less than 128, are added before division: 64 rounds to nearest, less widens the dead zone.
    pub(crate) fn new(dc_step: u16, ac_step: u16, dc_rounding: u16, ac_rounding: u16) -> Self {
        Self { dc: Step::new(dc_step, dc_rounding), ac: Step::new(ac_step, ac_rounding) }
    }

    /// What the level at a position, 0 for DC, is dequantized to (7.12.3 steps 1c to 1f), if [`quantize`] gave it or one
    /// of greater magnitude there.
    #[inline]
    pub(crate) fn dequantize(&self, position: usize, level: i16, tx_size: TxSize) -> i16 {
        let step = if position == 0 { self.dc } else { self.ac };
        step.dequantize(level, tx_size.dq_denom_log2())
    }

    /// The step of AC.
    pub(crate) fn ac_step(&self) -> u16 {
        self.ac.step
    }

    /// The steps of DC and AC.
    #[cfg(test)]
    pub(crate) fn steps(&self) -> [u16; 2] {
        [self.dc.step, self.ac.step]
    }
}

/// A step and its reciprocal, in numbers that multiply in 16 bits.
#[derive(Clone, Copy, Debug)]
struct Step {
    step: u16,
    /// Added to magnitudes before division.
    rounding: u16,
    /// `2^(15 + log2) / step` with `log2` that of the step, 2^14 to 2^15; exact for powers of two, else within 2^-15 of
    /// it.
    reciprocal: u16,
    /// What remains to be divided by after `2^16`: `2^shift`, where -1 doubles.
    shift: i32,
}

impl Step {
    fn new(step: u16, rounding: u16) -> Self {
        debug_assert!((4..=1828).contains(&step) && rounding < 128);
        let (log2, step) = (step.ilog2(), u32::from(step));
        Self {
            step: step as u16,
            rounding: (step * u32::from(rounding) / 128) as u16,
            reciprocal: (((1 << (15 + log2)) + step / 2) / step) as u16,
            shift: log2 as i32 - 1,
        }
    }

    /// The step for a transform size whose `dqDenom` is `1 << dq_denom_log2`; `step` itself stays undivided.
    fn divided(self, dq_denom_log2: u32) -> Self {
        Self {
            rounding: self.rounding >> dq_denom_log2,
            shift: self.shift - dq_denom_log2 as i32,
            ..self
        }
    }

    /// The largest magnitude whose level is 0, for a step that is [`divided`](Self::divided).
    fn dead_zone(self) -> i16 {
        // Below this a product with the reciprocal loses all its bits.
        let product = 1u32 << (16 + self.shift);
        let least = product.div_ceil(self.reciprocal.into()) as i16;
        least - self.rounding as i16 - 1
    }

    /// The level of `coefficient` for a step that is [`divided`](Self::divided).
    #[inline(always)]
    fn level(self, coefficient: i16) -> i16 {
        let rounded = coefficient.unsigned_abs() + self.rounding;
        let doubled = rounded.saturating_add(if self.shift < 0 { rounded } else { 0 });
        let quotient = ((u32::from(doubled) * u32::from(self.reciprocal)) >> 16) as u16;
        with_sign(quotient >> self.shift.max(0), coefficient)
    }

    /// 7.12.3 steps 1c to 1f for a `level` that [`level`](Self::level) gave: the product is near the coefficient, so its
    /// 24 bits and the 16 that are left after division lose nothing.
    #[inline(always)]
    fn dequantize(self, level: i16, dq_denom_log2: u32) -> i16 {
        let magnitude = level.unsigned_abs();
        let low = magnitude.wrapping_mul(self.step) >> dq_denom_log2;
        let high = ((u32::from(magnitude) * u32::from(self.step)) >> 16) as u16;
        // Two shifts, for there is none by 16.
        let product = low | ((high << 1) << (15 - dq_denom_log2));
        let limit = i16::MAX as u16 + (level as u16 >> 15);
        with_sign(product.min(limit), level)
    }
}

/// `magnitude`, at most 32768, negated if `of` is negative.
#[inline(always)]
fn with_sign(magnitude: u16, of: i16) -> i16 {
    let sign = of >> 15;
    (magnitude as i16 ^ sign).wrapping_sub(sign)
}

/// What quantization gives, in the layout of the coefficients; every entry of the block is written.
#[derive(Debug)]
pub(crate) struct Levels<'a> {
    /// `Quant` of 5.11.39.
    pub(crate) levels: &'a mut [i16],
    /// `Dequant` of 7.12.3.
    pub(crate) dequantized: &'a mut [i16],
}

/// Quantizes `coefficients` (layout and scale of [`kernels::transform`](crate::kernels::transform)).
///
/// `scan` is that of 5.11.41, every position once. Returns `eob`: one more than the last index in `scan` whose level is
/// not 0, or 0.
pub(crate) fn quantize(
    isa: Isa,
    quantizer: &Quantizer,
    tx_size: TxSize,
    scan: &[u16],
    coefficients: &[i16],
    out: Levels<'_>,
) -> usize {
    let count = coefficient_count(tx_size);
    let dq_denom_log2 = tx_size.dq_denom_log2();
    let Levels { levels, dequantized } = out;
    let (coefficients, levels) = (&coefficients[..count], &mut levels[..count]);
    let dequantized = &mut dequantized[..count];

    let (dc, ac) = (quantizer.dc.divided(dq_denom_log2), quantizer.ac.divided(dq_denom_log2));
    let out = Levels { levels: &mut *levels, dequantized: &mut *dequantized };
    let coded: u32 = dispatch!(isa, quantize_by(ac, dq_denom_log2, coefficients, out));
    let coded = coded - u32::from(levels[0] != 0);
    levels[0] = dc.level(coefficients[0]);
    dequantized[0] = dc.dequantize(levels[0], dq_denom_log2);
    end_of_block(levels, scan, coded + u32::from(levels[0] != 0))
}

/// The greatest cap of [`capped_energy`]: squares of [`MAX_COEFFICIENTS`](super::transform::MAX_COEFFICIENTS) then add up to
/// less than 2^31.
pub(crate) const MAX_CAP: u16 = 1448;

/// Sum of the squares of `coefficients`, 16 or a multiple of them, none of which counts more than that of `cap`, at most
/// [`MAX_CAP`].
///
/// It is about what a block costs whose coefficients below the cap are lost and above cost as many bits each.
pub(crate) fn capped_energy(isa: Isa, coefficients: &[i16], cap: u16) -> u32 {
    debug_assert!(cap <= MAX_CAP && coefficients.len().is_multiple_of(16));
    dispatch!(isa, capped_energy(coefficients, cap))
}

/// `eob` of `levels` along `scan`, of which `left` are not 0.
///
/// Few blocks reach far along the scan, so these are met from its start.
fn end_of_block(levels: &[i16], scan: &[u16], mut left: u32) -> usize {
    for (index, &position) in scan.iter().enumerate() {
        if left == 0 {
            return index;
        }
        left -= u32::from(levels[usize::from(position)] != 0);
    }
    scan.len()
}
