//! Factors and index functions of the butterflies (7.13.2.1).

use super::unrolled;
use crate::kernels::simd::Int16Lanes;

/// 4096 times the cosine of `i * pi / 128`.
const COS128_LOOKUP: [i16; 65] = [
    4096, 4095, 4091, 4085, 4076, 4065, 4052, 4036, 4017, 3996, 3973, 3948, 3920, 3889, 3857, 3822,
    3784, 3745, 3703, 3659, 3612, 3564, 3513, 3461, 3406, 3349, 3290, 3229, 3166, 3102, 3035, 2967,
    2896, 2824, 2751, 2675, 2598, 2520, 2440, 2359, 2276, 2191, 2106, 2019, 1931, 1842, 1751, 1660,
    1567, 1474, 1380, 1285, 1189, 1092, 995, 897, 799, 700, 601, 501, 401, 301, 201, 101, 0,
];

/// 7.13.2.1 `cos128`.
#[inline(always)]
pub(super) const fn cos128(angle: usize) -> i16 {
    match angle & 255 {
        angle @ 0..=64 => COS128_LOOKUP[angle],
        angle @ 65..=128 => -COS128_LOOKUP[128 - angle],
        angle @ 129..=192 => -COS128_LOOKUP[angle - 128],
        angle => COS128_LOOKUP[256 - angle],
    }
}

/// 7.13.2.1 `sin128`.
#[inline(always)]
pub(super) const fn sin128(angle: usize) -> i16 {
    cos128(angle + 192)
}

/// 7.13.2.1 `brev`: the lowest `bits` bits of `x` in reverse.
#[inline(always)]
pub(super) const fn brev(bits: u32, x: usize) -> usize {
    x.reverse_bits() >> (usize::BITS - bits)
}

/// 7.13.2.2 Inverse DCT array permutation process, which is its own inverse.
#[inline(always)]
pub(super) fn permute<L: Int16Lanes, const N: usize>(t: &mut [L; N]) {
    let n = N.trailing_zeros();
    unrolled!(L; i in 0..32 => {
        // The upper half of 64, too.
        for i in [i, i + 32] {
            if i < N && i < brev(n, i) {
                t.swap(i, brev(n, i));
            }
        }
    });
}

/// 7.13.2.4 Inverse ADST input array permutation process: where entry `i` of `length` comes from.
#[inline(always)]
pub(super) const fn adst_input(length: usize, i: usize) -> usize {
    if i & 1 == 1 { i - 1 } else { length - i - 1 }
}

/// 7.13.2.5 Inverse ADST output array permutation process: where entry `i` of `1 << n` comes from.
#[inline(always)]
pub(super) const fn adst_output(n: u32, i: usize) -> usize {
    let a = (i >> 3) & 1;
    let b = ((i >> 2) & 1) ^ ((i >> 3) & 1);
    let c = ((i >> 1) & 1) ^ ((i >> 2) & 1);
    let d = (i & 1) ^ ((i >> 1) & 1);
    ((d << 3) | (c << 2) | (b << 1) | a) >> (4 - n)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn cosines_are_rounded() {
        for (i, &value) in COS128_LOOKUP.iter().enumerate() {
            assert_eq!(f64::from(value), (4096.0 * (i as f64 * PI / 128.0).cos()).round(), "{i}");
        }
    }
}
