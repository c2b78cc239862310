//! Transforms of residuals: the standard's inverse (7.13) and our forward twin of it.
//!
//! **Layout.** A block of coefficients lies as the standard's `Quant` (5.11.39): row-major, the vertical frequency `i` in
//! rows, the horizontal `j` in columns, position `i * tw + j` with `tw` = [`coefficient_stride`] (the width, 32 at
//! most). Scans give these positions. Of a side of 64 only the lower 32 frequencies exist, so a block never holds more
//! than [`MAX_COEFFICIENTS`].
//!
//! **Range.** With 8-bit samples 7.12.3 clips dequantized coefficients to 16 bits and both passes of 7.13.3 work within
//! 16 bits (`rowClampRange` = `colClampRange` = 16), so coefficients are `i16` here.
//!
//! **Scale.** Forward coefficients are in the domain of the inverse's input: `forward` and then `inverse` gives the
//! residual back. That is 8 times the orthonormal transform, halved or quartered for the sizes whose `dqDenom` (7.12.3)
//! is 2 or 4.

#[cfg(target_arch = "x86_64")]
mod avx2;
pub(crate) mod conformance;
mod factors;
mod forward;
mod forward_dct;
mod inverse;
mod inverse_adst;
mod inverse_dct;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
mod size;
#[cfg(test)]
mod spec;
#[cfg(test)]
mod tests;
pub(crate) mod wht;

pub(crate) use self::size::{TxSize, TxType};
use super::isa::Isa;
#[cfg(target_arch = "x86_64")]
use super::isa::with_avx2;
use super::simd::portable::round2;
use super::view::{SamplesMut, View};

/// The most coefficients a block can hold.
pub(crate) const MAX_COEFFICIENTS: usize = 1024;

/// Coefficients per row of a block: the width, 32 at most (`tw` of 7.12.3).
pub(crate) const fn coefficient_stride(tx_size: TxSize) -> usize {
    let width = tx_size.width();
    if width > 32 { 32 } else { width }
}

/// Coefficients in a block: `tw * th` of 7.12.3.
pub(crate) const fn coefficient_count(tx_size: TxSize) -> usize {
    let height = tx_size.height();
    coefficient_stride(tx_size) * if height > 32 { 32 } else { height }
}

/// Whether the standard has transforms of `tx_type` in `tx_size` (5.11.48): no ADST beyond 16, no identity beyond 32.
pub(crate) const fn is_legal(tx_size: TxSize, tx_type: TxType) -> bool {
    let (width, height) = (tx_size.width_log2(), tx_size.height_log2());
    match if width > height { width } else { height } {
        6 => matches!(tx_type, TxType::DctDct),
        5 => matches!(tx_type, TxType::DctDct | TxType::Idtx),
        _ => true,
    }
}

/// The 1D transforms of 7.13.2 apart from the Walsh-Hadamard transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dct,
    Adst,
    Identity,
}

/// What a transform size and type say to the two passes.
#[derive(Clone, Copy, Debug)]
struct Shape {
    row_kind: Kind,
    column_kind: Kind,
    /// `Transform_Row_Shift` of 7.13.3.
    row_shift: u32,
    /// `flipUD` of 7.12.3: row `i` of the residual goes to row `h - 1 - i`.
    flip_rows: bool,
    /// `flipLR` of 7.12.3.
    flip_columns: bool,
}

impl Shape {
    fn new(tx_size: TxSize, tx_type: TxType) -> Self {
        const TRANSFORM_ROW_SHIFT: [u8; 19] =
            [0, 1, 2, 2, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2];
        use Kind::{Adst, Dct, Identity};
        let (column_kind, row_kind) = match tx_type {
            TxType::DctDct => (Dct, Dct),
            TxType::AdstDct | TxType::FlipadstDct => (Adst, Dct),
            TxType::DctAdst | TxType::DctFlipadst => (Dct, Adst),
            TxType::AdstAdst
            | TxType::FlipadstFlipadst
            | TxType::AdstFlipadst
            | TxType::FlipadstAdst => (Adst, Adst),
            TxType::Idtx => (Identity, Identity),
            TxType::VDct => (Dct, Identity),
            TxType::HDct => (Identity, Dct),
            TxType::VAdst | TxType::VFlipadst => (Adst, Identity),
            TxType::HAdst | TxType::HFlipadst => (Identity, Adst),
        };
        Self {
            row_kind,
            column_kind,
            row_shift: TRANSFORM_ROW_SHIFT[tx_size as usize].into(),
            flip_rows: matches!(
                tx_type,
                TxType::FlipadstDct
                    | TxType::FlipadstAdst
                    | TxType::VFlipadst
                    | TxType::FlipadstFlipadst
            ),
            flip_columns: matches!(
                tx_type,
                TxType::DctFlipadst
                    | TxType::AdstFlipadst
                    | TxType::HFlipadst
                    | TxType::FlipadstFlipadst
            ),
        }
    }
}

/// 4096 times the gain of the identity transform of `length` (7.13.2.11 to 7.13.2.14).
const fn identity_factor(length: usize) -> i16 {
    match length {
        4 => 5793,
        8 => 2 << 12,
        16 => 11586,
        _ => 4 << 12,
    }
}

/// Calls `$function::<$vector, W, H, G>` for the width and height of `$tx_size`, and the groups of eight rows that hold its
/// coefficients.
macro_rules! for_size {
    ($tx_size:expr, $function:ident$(::<$vector:ty>)?($($argument:expr),*)) => {
        match $tx_size {
            TxSize::T4x4 => $function::<$($vector,)? 4, 4, 1>($($argument),*),
            TxSize::T8x8 => $function::<$($vector,)? 8, 8, 1>($($argument),*),
            TxSize::T16x16 => $function::<$($vector,)? 16, 16, 2>($($argument),*),
            TxSize::T32x32 => $function::<$($vector,)? 32, 32, 4>($($argument),*),
            TxSize::T64x64 => $function::<$($vector,)? 64, 64, 4>($($argument),*),
            TxSize::T4x8 => $function::<$($vector,)? 4, 8, 1>($($argument),*),
            TxSize::T8x4 => $function::<$($vector,)? 8, 4, 1>($($argument),*),
            TxSize::T8x16 => $function::<$($vector,)? 8, 16, 2>($($argument),*),
            TxSize::T16x8 => $function::<$($vector,)? 16, 8, 1>($($argument),*),
            TxSize::T16x32 => $function::<$($vector,)? 16, 32, 4>($($argument),*),
            TxSize::T32x16 => $function::<$($vector,)? 32, 16, 2>($($argument),*),
            TxSize::T32x64 => $function::<$($vector,)? 32, 64, 4>($($argument),*),
            TxSize::T64x32 => $function::<$($vector,)? 64, 32, 4>($($argument),*),
            TxSize::T4x16 => $function::<$($vector,)? 4, 16, 2>($($argument),*),
            TxSize::T16x4 => $function::<$($vector,)? 16, 4, 1>($($argument),*),
            TxSize::T8x32 => $function::<$($vector,)? 8, 32, 4>($($argument),*),
            TxSize::T32x8 => $function::<$($vector,)? 32, 8, 1>($($argument),*),
            TxSize::T16x64 => $function::<$($vector,)? 16, 64, 4>($($argument),*),
            TxSize::T64x16 => $function::<$($vector,)? 64, 16, 2>($($argument),*),
        }
    };
}
use for_size;

/// A loop that is written out once for each index where the lanes `$lanes` ask for it: the compiler leaves the longer ones
/// as they are, but with constants for indices, factors and permutations cost nothing. Not written as a loop is, so that
/// it keeps its lines.
macro_rules! unrolled {
    ($lanes:ident; $i:ident in 0..2 => $body:block) => { unrolled!($lanes $i $body [0 1]) };
    ($lanes:ident; $i:ident in 0..4 => $body:block) => { unrolled!($lanes $i $body [0 1 2 3]) };
    ($lanes:ident; $i:ident in 0..8 => $body:block) => {
        unrolled!($lanes $i $body [0 1 2 3 4 5 6 7])
    };
    ($lanes:ident; $i:ident in 0..16 => $body:block) => {
        unrolled!($lanes $i $body [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15])
    };
    ($lanes:ident; $i:ident in 0..32 => $body:block) => {
        unrolled!($lanes $i $body [
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
        ])
    };
    ($lanes:ident $i:ident $body:block [$($index:literal)*]) => {
        if $lanes::UNROLLED {
            $({
                let $i: usize = $index;
                $body
            })*
        } else {
            for $i in [$($index),*] {
                $body
            }
        }
    };
}
use unrolled;

/// Inverse transform (7.13.3) of `coefficients` (dequantized, [`coefficient_count`] of them), added to the block of
/// predicted samples `dst` and clipped (7.12.3, step 3).
///
/// `eob` is the number of coefficients coded along the scan; it only saves time. `tx_type` must be [legal](is_legal) in
/// `tx_size`. Not for lossless blocks, see [`wht`].
pub(crate) fn inverse_transform_add(
    isa: Isa,
    dst: SamplesMut<'_>,
    coefficients: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
    eob: usize,
) {
    debug_assert!(is_legal(tx_size, tx_type), "{tx_type:?} in {tx_size:?}");
    let dc_only = eob == 1 && tx_type == TxType::DctDct;
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(token) if !dc_only && avx2::has_inverse(tx_size) => {
            with_avx2!(token, avx2::inverse, token, dst, coefficients, tx_size, tx_type);
        }
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(_) if dc_only => neon::inverse_dc(dst, coefficients[0], tx_size),
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(_) => neon::inverse(dst, coefficients, tx_size, tx_type),
        _ if dc_only => scalar::inverse_dc(dst, coefficients[0], tx_size),
        _ => scalar::inverse(dst, coefficients, tx_size, tx_type),
    }
}

/// Forward transform of a block of residuals (within ±255) into `coefficients`, [`coefficient_count`] of them.
///
/// `energy` is the sum of the residuals' squares or more, by which the transform is scaled to fit 16 bits.
/// `tx_type` must be [legal](is_legal) in `tx_size`. Not for lossless blocks, see [`wht`].
pub(crate) fn forward_transform(
    isa: Isa,
    residual: View<'_, i16>,
    energy: u32,
    coefficients: &mut [i16],
    (tx_size, tx_type): (TxSize, TxType),
) {
    debug_assert!(is_legal(tx_size, tx_type), "{tx_type:?} in {tx_size:?}");
    match isa {
        Isa::Scalar => scalar::forward(residual, energy, coefficients, tx_size, tx_type),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(token) => {
            let transform = (tx_size, tx_type);
            with_avx2!(token, avx2::forward, token, residual, energy, coefficients, transform);
        }
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(_) => neon::forward(residual, energy, coefficients, tx_size, tx_type),
    }
}
