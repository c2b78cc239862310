//! Whether a stream may hold a block of coefficients.

use super::scalar::inverse_with;
use super::{TxSize, TxType};
use crate::kernels::simd::{
    FACTOR_BITS, Int16Lanes, Int16Vector,
    portable::{I16x8, round2},
};
use crate::kernels::view::SamplesMut;

/// The sum of absolute coefficients up to which no block can fail.
///
/// A value inside 7.13.2 holds no coefficient with a weight above 1, besides roundings, and the passes before a column's values
/// have a gain of at most sqrt( 2 ) (identity rows).
pub(super) const SAFE_SUM: u32 = 22_900;

/// The sum of squared coefficients up to which no DCT can fail: no value is above the root of their energy times the gain,
/// which is 8 at most over both passes (64×64 samples); roundings add less than 800.
pub(super) const SAFE_ENERGY: u64 = (30_000 / 8) * (30_000 / 8);

/// Whether coefficients are so small that they are [conformant](is_conformant) whatever the transform.
pub(crate) fn are_safe(coefficients: impl Iterator<Item = i16>) -> bool {
    coefficients.map(|c| u32::from(c.unsigned_abs())).sum::<u32>() <= SAFE_SUM
}

/// Whether the inverse transform of `coefficients` keeps every value that 7.13.2 requires to fit 16 bits within them.
///
/// A stream may only hold blocks for which this is true: decoders differ on others. It takes extreme residuals under
/// coarse quantization to fail this.
pub(crate) fn is_conformant(coefficients: &[i16], tx_size: TxSize, tx_type: TxType) -> bool {
    if are_safe(coefficients.iter().copied()) {
        return true;
    }
    let square = |&c: &i16| u64::from(c.unsigned_abs()).pow(2);
    if tx_type == TxType::DctDct && coefficients.iter().map(square).sum::<u64>() <= SAFE_ENERGY {
        return true;
    }
    let mut samples = [0; 64 * 64];
    let samples = SamplesMut::new(&mut samples, tx_size.width());
    inverse_with::<Checked>(samples, coefficients, tx_size, tx_type)
}

/// The scalar lanes, and whether all that led to them fits. Samples are left alone.
#[derive(Clone, Copy)]
struct Checked {
    lanes: I16x8,
    fits: bool,
}

impl Checked {
    /// `lanes` made from `sources`.
    fn from(lanes: I16x8, sources: &[Self]) -> Self {
        Self { lanes, fits: sources.iter().all(|source| source.fits) }
    }
}

/// Whether `check` holds for the numbers of every lane.
fn every_lane<const K: usize>(values: [Checked; K], check: impl Fn([i32; K]) -> bool) -> bool {
    let values = values.map(|value| value.lanes.to_array());
    (0..8).all(|i| check(values.map(|lanes| lanes[i].into())))
}

/// Whether `value` fits `bits` bits with its sign.
fn fits(value: i32, bits: u32) -> bool {
    value >> (bits - 1) == value >> 31
}

impl Int16Lanes for Checked {
    const UNROLLED: bool = false;

    fn add(self, other: Self) -> Self {
        Self::from(self.lanes.add(other.lanes), &[self, other])
    }

    fn sub(self, other: Self) -> Self {
        Self::from(self.lanes.sub(other.lanes), &[self, other])
    }

    fn negate(self) -> Self {
        Self { lanes: self.lanes.negate(), ..self }
    }

    fn rotate(self, other: Self, cos: i16, sin: i16) -> (Self, Self) {
        let (x, y) = self.lanes.rotate(other.lanes, cos, sin);
        let (cos, sin) = (i32::from(cos), i32::from(sin));
        let product_fits = |a, b| fits(round2(a + b, FACTOR_BITS), 16);
        let fits = self.fits
            && other.fits
            && every_lane([self, other], |[a, b]| {
                product_fits(a * cos, -b * sin) && product_fits(a * sin, b * cos)
            });
        (Self { lanes: x, fits }, Self { lanes: y, fits })
    }

    fn dot(values: [Self; 4], factors: [i16; 4]) -> Self {
        Self::from(I16x8::dot(values.map(|value| value.lanes), factors), &values)
    }

    fn scale(self, factor: i16, shift: u32) -> Self {
        Self { lanes: self.lanes.scale(factor, shift), ..self }
    }

    fn product(self, factor: i16) -> Self {
        Self { lanes: self.lanes.product(factor), ..self }
    }

    fn round_shift(self, shift: u32) -> Self {
        Self { lanes: self.lanes.round_shift(shift), ..self }
    }

    /// 7.13.2.6 with its requirements.
    fn inverse_adst4(t: [Self; 4]) -> [Self; 4] {
        let sums_fit = every_lane(t, |[a, b, c, d]| {
            let s0 = 1321 * a + 3803 * c;
            let s1 = 2482 * a - 1321 * c;
            let s3 = 3344 * b;
            let (x0, x1) = (s0 + 2482 * d, s1 - 3803 * d);
            let sums = [s0, s1, x0, x1, x0 + s3, x1 + s3, x0 + x1, x0 + x1 - s3];
            fits(a - c + d, 16) && sums.into_iter().all(|sum| fits(sum, 16 + FACTOR_BITS))
        });
        let fits = sums_fit && t.iter().all(|value| value.fits);
        let lanes = I16x8::inverse_adst4(t.map(|value| value.lanes));
        lanes.map(|lanes| Self { lanes, fits })
    }
}

impl Int16Vector for Checked {
    fn zero() -> Self {
        Self { lanes: I16x8::zero(), fits: true }
    }

    fn load(lanes: &[i16; 8]) -> Self {
        Self { lanes: I16x8::load(lanes), fits: true }
    }

    fn load_half(lanes: &[i16; 4]) -> Self {
        Self { lanes: I16x8::load_half(lanes), fits: true }
    }

    fn to_array(self) -> [i16; 8] {
        self.lanes.to_array()
    }

    fn transpose(block: [Self; 8]) -> [Self; 8] {
        I16x8::transpose(block.map(|value| value.lanes)).map(|lanes| Self::from(lanes, &block))
    }

    fn all_zero(vectors: &[Self]) -> bool {
        vectors.iter().all(|value| I16x8::all_zero(&[value.lanes]))
    }

    fn any_beyond(vectors: &[Self], limit: i16) -> bool {
        vectors.iter().any(|value| I16x8::any_beyond(&[value.lanes], limit))
    }

    fn difference(a: &[u8; 8], b: &[u8; 8]) -> Self {
        Self { lanes: I16x8::difference(a, b), fits: true }
    }

    fn half_difference(a: &[u8; 4], b: &[u8; 4]) -> Self {
        Self { lanes: I16x8::half_difference(a, b), fits: true }
    }

    fn sum_of_magnitudes(vectors: &[Self]) -> u32 {
        vectors.iter().map(|value| I16x8::sum_of_magnitudes(&[value.lanes])).sum()
    }

    fn fits(self) -> bool {
        self.fits
    }

    fn add_to(self, _: &mut [u8; 8]) {}

    fn add_half_to(self, _: &mut [u8; 4]) {}
}
