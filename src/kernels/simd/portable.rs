//! Lanes as plain arrays.

use std::array::from_fn;

use super::{FACTOR_BITS, Int16Fractions, Int16Lanes, Int16Vector};

/// Eight 16-bit integers.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub(crate) struct I16x8([i16; 8]);

/// `Round2` of the standard's section 4.7.
pub(crate) const fn round2(value: i32, shift: u32) -> i32 {
    if shift == 0 { value } else { (value + (1 << (shift - 1))) >> shift }
}

/// The nearest 16-bit number.
pub(crate) fn saturate(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

impl Int16Lanes for I16x8 {
    const UNROLLED: bool = false;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].saturating_add(other.0[i])))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i].saturating_sub(other.0[i])))
    }

    #[inline(always)]
    fn negate(self) -> Self {
        Self(self.0.map(i16::saturating_neg))
    }

    #[inline(always)]
    fn rotate(self, other: Self, cos: i16, sin: i16) -> (Self, Self) {
        let (cos, sin) = (i32::from(cos), i32::from(sin));
        let sum = |a: i16, x: i32, b: i16, y: i32| {
            saturate(round2(i32::from(a) * x + i32::from(b) * y, FACTOR_BITS))
        };
        (
            Self(from_fn(|i| sum(self.0[i], cos, other.0[i], -sin))),
            Self(from_fn(|i| sum(self.0[i], sin, other.0[i], cos))),
        )
    }

    #[inline(always)]
    fn dot(values: [Self; 4], factors: [i16; 4]) -> Self {
        Self(from_fn(|i| {
            let sum = (0..4).map(|k| i32::from(values[k].0[i]) * i32::from(factors[k])).sum();
            saturate(round2(sum, FACTOR_BITS))
        }))
    }

    #[inline(always)]
    fn scale(self, factor: i16, shift: u32) -> Self {
        Self(self.0.map(|lane| {
            let product = round2(i32::from(lane) * i32::from(factor), FACTOR_BITS);
            saturate(round2(product, shift))
        }))
    }

    #[inline(always)]
    fn product(self, factor: i16) -> Self {
        // With 15 bits of fraction.
        self.fraction(factor * 8)
    }

    #[inline(always)]
    fn round_shift(self, shift: u32) -> Self {
        Self(self.0.map(|lane| round2(lane.into(), shift) as i16))
    }
}

impl Int16Fractions for I16x8 {
    #[inline(always)]
    fn shift_left(self, shift: u32) -> Self {
        Self(self.0.map(|lane| lane << shift))
    }

    #[inline(always)]
    fn fraction(self, factor: i16) -> Self {
        Self(self.0.map(|lane| round2(i32::from(lane) * i32::from(factor), 15) as i16))
    }
}

impl Int16Vector for I16x8 {
    #[inline(always)]
    fn zero() -> Self {
        Self([0; 8])
    }

    #[inline(always)]
    fn load(lanes: &[i16; 8]) -> Self {
        Self(*lanes)
    }

    #[inline(always)]
    fn load_half(lanes: &[i16; 4]) -> Self {
        Self(from_fn(|i| if i < 4 { lanes[i] } else { 0 }))
    }

    #[inline(always)]
    fn to_array(self) -> [i16; 8] {
        self.0
    }

    #[inline(always)]
    fn transpose(block: [Self; 8]) -> [Self; 8] {
        from_fn(|i| Self(from_fn(|j| block[j].0[i])))
    }

    #[inline(always)]
    fn all_zero(vectors: &[Self]) -> bool {
        vectors.iter().all(|v| v.0 == [0; 8])
    }

    #[inline(always)]
    fn any_beyond(vectors: &[Self], limit: i16) -> bool {
        vectors.iter().flat_map(|v| v.0).any(|lane| lane.unsigned_abs() > limit as u16)
    }

    #[inline(always)]
    fn difference(a: &[u8; 8], b: &[u8; 8]) -> Self {
        Self(from_fn(|i| i16::from(a[i]) - i16::from(b[i])))
    }

    #[inline(always)]
    fn half_difference(a: &[u8; 4], b: &[u8; 4]) -> Self {
        Self(from_fn(|i| if i < 4 { i16::from(a[i]) - i16::from(b[i]) } else { 0 }))
    }

    #[inline(always)]
    fn sum_of_magnitudes(vectors: &[Self]) -> u32 {
        vectors.iter().flat_map(|v| v.0).map(|lane| u32::from(lane.unsigned_abs())).sum()
    }

    #[inline(always)]
    fn add_to(self, samples: &mut [u8; 8]) {
        add_clipped(samples, &self.0);
    }

    #[inline(always)]
    fn add_half_to(self, samples: &mut [u8; 4]) {
        add_clipped(samples, &self.0);
    }
}

fn add_clipped(samples: &mut [u8], residual: &[i16; 8]) {
    for (sample, &residual) in samples.iter_mut().zip(residual) {
        *sample = (i32::from(*sample) + i32::from(residual)).clamp(0, 255) as u8;
    }
}

/// A sum over samples.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartialSums(u32);

#[cfg(any(test, not(target_arch = "x86_64")))]
impl super::Sums for PartialSums {
    #[inline(always)]
    fn zero() -> Self {
        Self(0)
    }

    #[inline(always)]
    fn add_magnitudes<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self {
        let row: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        Self(self.0.wrapping_add(row))
    }

    #[inline(always)]
    fn add_magnitudes_to_mean<const W: usize>(self, a: &[u8; W], [b, c]: [&[u8; W]; 2]) -> Self {
        let mean = from_fn(|i| (u16::from(b[i]) + u16::from(c[i])).div_ceil(2) as u8);
        self.add_magnitudes(a, &mean)
    }

    #[inline(always)]
    fn add_squares<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self {
        let row: u32 = a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum();
        Self(self.0.wrapping_add(row))
    }

    #[inline(always)]
    fn total(self) -> u32 {
        self.0
    }
}

/// Sixteen bytes.
#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct U8x16([u8; 16]);

#[cfg(any(test, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
impl super::Bytes for U8x16 {
    #[inline(always)]
    fn load(bytes: &[u8; 16]) -> Self {
        Self(*bytes)
    }

    #[inline(always)]
    fn load_halves(first: &[u8; 8], second: &[u8; 8]) -> Self {
        Self(from_fn(|i| if i < 8 { first[i] } else { second[i - 8] }))
    }

    #[inline(always)]
    fn to_array(self) -> [u8; 16] {
        self.0
    }

    #[inline(always)]
    fn interleave(self, other: Self) -> (Self, Self) {
        let from = |i: usize| [self, other][i % 2].0[i / 2];
        (Self(from_fn(from)), Self(from_fn(|i| from(16 + i))))
    }
}
