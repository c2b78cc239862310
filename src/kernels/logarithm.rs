//! Logarithm and power to base 2 in plain arithmetic: those of the platform's mathematics library
//! may differ in the last bit from machine to machine, and with them the stream.

use std::f64::consts::{LN_2, SQRT_2};

/// log₂ of a positive, normal number, to about 10⁻¹⁰.
pub(crate) fn log2(x: f64) -> f64 {
    debug_assert!(x.is_normal() && x > 0.0, "log2 of {x}");
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh t with t = (m − 1) / (m + 1), below 0.172.
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let square = t * t;
    let series = (0..7).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    f64::from(exponent) + 2.0 * t * series / LN_2
}

/// 2 to the power of `x`, which is taken as −1000 to 1000, to about 10⁻¹⁰ of the result.
pub(crate) fn exp2(x: f64) -> f64 {
    let x = x.clamp(-1000.0, 1000.0);
    let whole = x.round();
    let y = (x - whole) * LN_2;
    let series = (1..=11).rev().fold(1.0, |sum, k| 1.0 + sum * y / f64::from(k));
    series * f64::from_bits(((whole as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_near_the_platforms() {
        let mut x = 1e-300;
        while x < 1e300 {
            assert!((log2(x) - x.log2()).abs() < 1e-9, "log2({x})");
            x *= 1.37;
        }
        for step in -20_000..=20_000 {
            let x = f64::from(step) * 0.05;
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-9, "exp2({x})");
        }
        assert_eq!((log2(1.0), log2(8.0), exp2(0.0), exp2(-3.0)), (0.0, 3.0, 1.0, 0.125));
    }
}
