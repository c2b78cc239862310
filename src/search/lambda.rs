//! The exchange rates between bits and distortion.

use super::cost::COST_BITS;
use super::tuning::{LAMBDA_ABSOLUTE_SHARE, LAMBDA_SQUARED_LEAST, LAMBDA_SQUARED_SHARE};
use crate::av1::tile::quantizers::ac_step;

/// λ at one quantizer index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lambda {
    /// Squared error per bit, in 1/256.
    squared: u64,
    /// Sum of absolute (transformed) differences per bit, in 1/256.
    absolute: u32,
}

impl Lambda {
    /// λ for blocks coded with `qindex`: a share of the squared step in the sample domain, where a
    /// transform's step is 8 times a sample's, and for absolute differences a share of its root. Bits count
    /// 2^`shift` times.
    pub(crate) fn new(qindex: u8, shift: u8) -> Self {
        let step = f64::from(ac_step(qindex)) / 8.0;
        let squared =
            (LAMBDA_SQUARED_SHARE * step * step + LAMBDA_SQUARED_LEAST) * f64::from(1_u32 << shift);
        Self {
            squared: (squared * 256.0).round().max(1.0) as u64,
            absolute: (LAMBDA_ABSOLUTE_SHARE * squared.sqrt() * 256.0).round().max(1.0) as u32,
        }
    }

    /// Cost of `distortion` (squared error) and `rate` (1/512 bit), in 1/256 of squared error.
    #[inline]
    pub(crate) fn squared(&self, distortion: u64, rate: u32) -> u64 {
        (distortion << 8) + ((self.squared * u64::from(rate)) >> COST_BITS)
    }

    /// λ of squared error times a factor, and that of absolute differences times its root.
    pub(super) fn times(self, factor: f32) -> Self {
        Self {
            squared: ((self.squared as f64 * f64::from(factor)) as u64).max(1),
            absolute: ((f64::from(self.absolute) * f64::from(factor.sqrt())) as u32).max(1),
        }
    }

    /// λ times a factor, as numerator and denominator.
    pub(crate) fn scaled(self, (numerator, denominator): (u64, u64)) -> Self {
        Self { squared: self.squared * numerator / denominator, ..self }
    }

    /// The squared error that is worth as much as `bits`.
    pub(crate) fn of_bits(&self, bits: u64) -> u64 {
        (self.squared * bits) >> 8
    }

    /// Cost of `difference` (absolute sum) and `rate` (1/512 bit), in absolute sum.
    #[inline]
    pub(crate) fn absolute(&self, difference: u32, rate: u32) -> u32 {
        difference + self.rate_as_difference(rate)
    }

    /// `rate` (1/512 bit) as an absolute sum.
    #[inline]
    pub(crate) fn rate_as_difference(&self, rate: u32) -> u32 {
        ((u64::from(self.absolute) * u64::from(rate)) >> (COST_BITS + 8)) as u32
    }
}
