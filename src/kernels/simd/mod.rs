//! Vectors of numbers: what the transforms are written in, once for every instruction set.
//!
//! [`portable`] is the scalar twin. SSE2 belongs to x86-64 and NEON to aarch64, so their vectors need no detection; those
//! of wider sets hold the token that proves the machine has them.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
pub(crate) mod bytes;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
pub(crate) mod sse2;

#[cfg(target_arch = "aarch64")]
pub(crate) use neon::U8x16;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use portable::U8x16;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{I16x8, PartialSums};
#[cfg(target_arch = "x86_64")]
pub(crate) use sse2::{I16x8, PartialSums, U8x16};

/// Fraction bits of the factors of 7.13.2.
pub(crate) const FACTOR_BITS: u32 = 12;

/// A vector of 16-bit integers. Sums saturate, which is the clamp of 7.13.2's `H` at 16 bits.
pub(crate) trait Int16Lanes: Copy {
    /// Whether transforms are written out step by step: worth its code where they are called often.
    const UNROLLED: bool;

    /// `self + other`.
    fn add(self, other: Self) -> Self;

    /// `self - other`.
    fn sub(self, other: Self) -> Self;

    /// `0 - self`.
    fn negate(self) -> Self;

    /// `self * cos - other * sin` and `self * sin + other * cos`, each divided by 4096 and rounded (`Round2`).
    ///
    /// The standard requires that the results fit 16 bits; here they saturate.
    fn rotate(self, other: Self, cos: i16, sin: i16) -> (Self, Self);

    /// The scalar product of `values` and `factors` divided by 4096, rounded and saturated.
    fn dot(values: [Self; 4], factors: [i16; 4]) -> Self;

    /// `Round2(Round2(self * factor, 12), shift)`, saturated.
    fn scale(self, factor: i16, shift: u32) -> Self;

    /// `Round2(self * factor, 12)` for a factor within ±4095.
    fn product(self, factor: i16) -> Self;

    /// `Round2(self, shift)`.
    fn round_shift(self, shift: u32) -> Self;

    /// 7.13.2.6 inverse ADST4 process.
    ///
    /// The standard's sums written out per output; none can leave 32 bits whatever the 16-bit input.
    #[inline(always)]
    fn inverse_adst4([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        let values = [a, c, d, b];
        [
            Self::dot(values, [1321, 3803, 2482, 3344]),
            Self::dot(values, [2482, -1321, -3803, 3344]),
            Self::dot(values, [3344, -3344, 3344, 0]),
            Self::dot(values, [3803, 2482, -1321, -3344]),
        ]
    }
}

/// What forward transforms take besides.
pub(crate) trait Int16Fractions: Int16Lanes {
    /// `self << shift`, which must fit.
    fn shift_left(self, shift: u32) -> Self;

    /// `Round2(self * factor, 15)`; not for -32768 times itself.
    fn fraction(self, factor: i16) -> Self;
}

/// Eight 16-bit integers on every machine.
pub(crate) trait Int16Vector: Int16Lanes {
    /// Eight times 0.
    fn zero() -> Self;

    /// Lanes from memory.
    fn load(lanes: &[i16; 8]) -> Self;

    /// Four lanes from memory, then 0.
    fn load_half(lanes: &[i16; 4]) -> Self;

    /// The lanes as numbers.
    fn to_array(self) -> [i16; 8];

    /// Lane `i` of vector `j` becomes lane `j` of vector `i`.
    fn transpose(block: [Self; 8]) -> [Self; 8];

    /// Whether all lanes of all `vectors` are 0.
    fn all_zero(vectors: &[Self]) -> bool;

    /// Whether some lane of `vectors` is further than `limit` (not negative) from 0.
    fn any_beyond(vectors: &[Self], limit: i16) -> bool;

    /// Whether no rounded product on the way here left 16 bits; lanes that cannot know say `true`.
    fn fits(self) -> bool {
        true
    }

    /// `a - b`.
    fn difference(a: &[u8; 8], b: &[u8; 8]) -> Self;

    /// `a - b`, then 0.
    fn half_difference(a: &[u8; 4], b: &[u8; 4]) -> Self;

    /// The sum of the absolute lanes of `vectors`.
    fn sum_of_magnitudes(vectors: &[Self]) -> u32;

    /// Adds the lanes to eight samples and clips.
    fn add_to(self, samples: &mut [u8; 8]);

    /// Adds the first four lanes to four samples and clips.
    fn add_half_to(self, samples: &mut [u8; 4]);
}

/// Sixteen bytes.
pub(crate) trait Bytes: Copy {
    /// Bytes from memory.
    fn load(bytes: &[u8; 16]) -> Self;

    /// Eight bytes from memory, and eight more.
    fn load_halves(first: &[u8; 8], second: &[u8; 8]) -> Self;

    /// The bytes as numbers.
    fn to_array(self) -> [u8; 16];

    /// The bytes of both in turn.
    fn interleave(self, other: Self) -> (Self, Self);
}

/// Sums over samples, to be taken together only at the end.
pub(crate) trait Sums: Copy {
    /// Nothing summed yet.
    fn zero() -> Self;

    /// Adds `|a - b|` of all samples; `W` is 4, 8 or a multiple of 16.
    fn add_magnitudes<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self;

    /// [`Self::add_magnitudes`] of `a` and the mean, rounded up, of two others.
    fn add_magnitudes_to_mean<const W: usize>(self, a: &[u8; W], others: [&[u8; W]; 2]) -> Self;

    /// Adds `(a - b)²` of all samples; `W` is 4 or a multiple of 8.
    fn add_squares<const W: usize>(self, a: &[u8; W], b: &[u8; W]) -> Self;

    /// The sum, modulo 2^32.
    fn total(self) -> u32;
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    #[cfg(target_arch = "aarch64")]
    use super::neon as native;
    #[cfg(target_arch = "x86_64")]
    use super::sse2 as native;
    use super::{Int16Fractions, Int16Lanes, Int16Vector, Sums, portable};
    use proptest::prelude::*;

    const EXTREMES: [i16; 6] = [i16::MIN, i16::MIN + 1, -1, 0, 1, i16::MAX];

    fn integer() -> impl Strategy<Value = i16> {
        prop_oneof![any::<i16>(), proptest::sample::select(&EXTREMES[..])]
    }

    fn lanes() -> impl Strategy<Value = [i16; 8]> {
        proptest::array::uniform8(integer())
    }

    /// Every operation on the same numbers, as plain arrays.
    fn integers<L: Int16Vector + Int16Fractions>(
        v: &[[i16; 8]; 8],
        factors: [i16; 4],
        shift: u32,
    ) -> Vec<[i16; 8]> {
        let block = v.map(|lanes| L::load(&lanes));
        let [a, b, c, d, ..] = block;
        let (x, y) = a.rotate(b, factors[0], factors[1]);
        let mut results = vec![
            L::zero(),
            L::load_half(&[v[0][0], v[0][1], v[0][2], v[0][3]]),
            a.add(b),
            a.sub(b),
            x,
            y,
            L::dot([a, b, c, d], factors),
            a.scale(factors[2], shift),
            a.round_shift(shift),
            a.shift_left(shift),
            a.fraction(factors[3] * 7),
        ];
        results.extend(L::transpose(block));
        results.extend(L::inverse_adst4([a, b, c, d]));
        let mut arrays: Vec<[i16; 8]> = results.into_iter().map(L::to_array).collect();
        let mut samples = v[7].map(|lane| lane as u8);
        let others = v[6].map(|lane| lane as u8);
        arrays.push(L::difference(&samples, &others).to_array());
        let (first, second) =
            ([samples[0], samples[1], samples[2], samples[3]], [others[0], 0, 255, 7]);
        arrays.push(L::half_difference(&first, &second).to_array());
        let sum = L::sum_of_magnitudes(&block);
        arrays.push([sum as i16, (sum >> 16) as i16, 0, 0, 0, 0, 0, 0]);
        a.add_to(&mut samples);
        arrays.push(samples.map(i16::from));
        let mut half = [samples[0], samples[3], samples[5], samples[7]];
        b.add_half_to(&mut half);
        arrays.push([half, half].concat().try_into().map(|v: [u8; 8]| v.map(i16::from)).unwrap());
        arrays.push([i16::from(L::all_zero(&block)); 8]);
        let limit = (i32::from(factors[3]).abs() * 8 - 1) as i16;
        arrays.push(block.map(|v| i16::from(L::any_beyond(&[v], limit))));
        arrays
    }

    proptest! {
        #[test]
        fn integers_equal_the_scalar_twin(
            v in proptest::array::uniform8(lanes()),
            factors in proptest::array::uniform4(-4096i16..=4096),
            shift in 0u32..5,
        ) {
            prop_assume!(factors[3] != 0);
            prop_assert_eq!(
                integers::<native::I16x8>(&v, factors, shift),
                integers::<portable::I16x8>(&v, factors, shift)
            );
        }
    }

    /// Magnitudes, those of a mean, and squares of rows of every length, one length after the other.
    fn sums<S: Sums>(a: &[u8; 64], b: &[u8; 64]) -> [u32; 3] {
        let mut sums = [S::zero(); 3];
        add::<S, 4>(&mut sums, a, b);
        add::<S, 8>(&mut sums, a, b);
        add::<S, 16>(&mut sums, a, b);
        add::<S, 64>(&mut sums, a, b);
        sums.map(S::total)
    }

    fn add<S: Sums, const W: usize>([m, mean, s]: &mut [S; 3], a: &[u8; 64], b: &[u8; 64]) {
        let (a, b) = (a.first_chunk::<W>().unwrap(), b.last_chunk::<W>().unwrap());
        *m = m.add_magnitudes(a, b);
        *mean = mean.add_magnitudes_to_mean(&[100; W], [a, b]);
        *s = s.add_squares(a, b);
    }

    proptest! {
        #[test]
        fn sums_equal_the_scalar_twin(
            a in proptest::array::uniform32(any::<[u8; 2]>()),
            b in proptest::array::uniform32(any::<[u8; 2]>()),
        ) {
            let [a, b] = [a, b].map(|v| v.concat().try_into().unwrap());
            prop_assert_eq!(
                sums::<native::PartialSums>(&a, &b),
                sums::<portable::PartialSums>(&a, &b)
            );
        }
    }

    #[test]
    fn every_lane_is_looked_at() {
        for lane in 0..16 {
            let mut v = [[0; 8]; 2];
            assert!(native::I16x8::all_zero(&v.map(|l| native::I16x8::load(&l))));
            v[lane / 8][lane % 8] = 256;
            assert!(!native::I16x8::all_zero(&v.map(|l| native::I16x8::load(&l))));
            assert!(!portable::I16x8::all_zero(&v.map(|l| portable::I16x8::load(&l))));
            for (limit, beyond) in [(255, true), (256, false)] {
                let vectors = v.map(|l| native::I16x8::load(&l));
                assert_eq!(native::I16x8::any_beyond(&vectors, limit), beyond);
                let negative = vectors.map(|v| native::I16x8::zero().sub(v));
                assert_eq!(native::I16x8::any_beyond(&negative, limit), beyond);
            }
        }
    }
}
