//! Sub-sample interpolation of unscaled references (7.11.3.4), 8-bit.
//!
//! The standard filters along rows, rounds, filters along columns and rounds again, also at
//! whole positions, where a filter is the single tap 128. The shortcuts here (copy, rows only,
//! columns only) keep those roundings. All taps are even, so half the taps and one bit less of
//! rounding give the same result, and one pass over 8-bit samples then fits 16-bit lanes: the
//! positive taps of a filter sum to at most 184, and 92 · 255 < 2¹⁵.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
pub(crate) mod spec;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use self::tables::SUBPEL_FILTERS;
use super::isa::{Isa, dispatch};
use super::view::{SamplesMut, View, ViewMut};

/// The filters of 7.11.3.4, with the first index of `Subpel_Filters` as value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum FilterSet {
    /// `EIGHTTAP`, of which six taps are in use.
    Regular,
    /// `EIGHTTAP_SMOOTH`, of which six taps are in use.
    Smooth,
    /// `EIGHTTAP_SHARP`.
    Sharp,
    /// `BILINEAR`.
    Bilinear,
    /// `EIGHTTAP` or `EIGHTTAP_SHARP` over at most 4 samples: four taps.
    Regular4,
    /// `EIGHTTAP_SMOOTH` over at most 4 samples: four taps.
    Smooth4,
}

/// How a block lies between the samples of its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subpel {
    /// Position to the right of the whole sample, in 1/16.
    pub(crate) x: usize,
    /// Position below the whole sample, in 1/16.
    pub(crate) y: usize,
    /// The filter along rows.
    pub(crate) filter_x: FilterSet,
    /// The filter along columns.
    pub(crate) filter_y: FilterSet,
}

/// Where a block's whole position lies in its reference. Samples from 3 left of and above the
/// block to 4 below it and 16 right of it may be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The plane, margins included.
    pub(crate) data: &'a [u8],
    /// Index of the block's top left sample.
    pub(crate) offset: usize,
    /// Distance between rows.
    pub(crate) stride: usize,
}

/// Predicts a block of `size` (width, height, 2 to 128) from one reference (7.11.3.4 with
/// `InterRound1` 11, and `Clip1` of 7.11.3.1).
pub(crate) fn put(
    isa: Isa,
    dst: SamplesMut<'_>,
    src: Source<'_>,
    size: (usize, usize),
    subpel: Subpel,
) {
    dispatch!(isa, put(dst, src, size, subpel));
}

/// The positions of [`put_halves`].
const HALVES: [Subpel; 3] = {
    let half = Subpel { x: 8, y: 8, filter_x: FilterSet::Regular, filter_y: FilterSet::Regular };
    [Subpel { y: 0, ..half }, Subpel { x: 0, ..half }, half]
};

/// [`put`] half a sample to the right, half a sample below and both, with the regular filter.
pub(crate) fn put_halves(
    isa: Isa,
    dst: [SamplesMut<'_>; 3],
    src: Source<'_>,
    size: (usize, usize),
) {
    dispatch!(isa, put_halves(dst, src, size));
}

/// Predicts a block of `size` (width, height, 2 to 128) for a compound (7.11.3.4 with
/// `InterRound1` 7): 16 times the sample's value, −5132 to 9212.
pub(crate) fn prep(
    isa: Isa,
    dst: ViewMut<'_, i16>,
    src: Source<'_>,
    size: (usize, usize),
    subpel: Subpel,
) {
    dispatch!(isa, prep(dst, src, size, subpel));
}

/// The mean of two predictions of [`prep`] (7.11.3.1, `COMPOUND_AVERAGE`).
pub(crate) fn average(
    isa: Isa,
    dst: SamplesMut<'_>,
    preds: [View<'_, i16>; 2],
    size: (usize, usize),
) {
    dispatch!(isa, average(dst, preds, size));
}

/// Half the taps of one position.
fn half_taps(filter: FilterSet, position: usize) -> [i16; 8] {
    SUBPEL_FILTERS[filter as usize][position].map(|tap| tap / 2)
}

/// Calls `$f::<…, T>` for the taps that a filter uses: the middle `T` of eight.
macro_rules! by_taps {
    ($filter:expr, $f:ident::<$($generic:ident),*>($($arg:expr),*)) => {
        match $filter {
            FilterSet::Sharp => $f::<$($generic,)* 8>($($arg),*),
            FilterSet::Regular | FilterSet::Smooth => $f::<$($generic,)* 6>($($arg),*),
            FilterSet::Regular4 | FilterSet::Smooth4 => $f::<$($generic,)* 4>($($arg),*),
            FilterSet::Bilinear => $f::<$($generic,)* 2>($($arg),*),
        }
    };
}
use by_taps;

/// The middle `T` of eight taps.
#[inline]
fn middle_taps<const T: usize>(filter: FilterSet, position: usize) -> [i16; T] {
    let taps = half_taps(filter, position);
    *taps[(8 - T) / 2..].first_chunk().expect("at most 8 taps")
}
