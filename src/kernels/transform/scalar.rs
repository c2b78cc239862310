//! The transforms in vectors of eight numbers, which every machine has.

use super::forward::forward_2d;
use super::inverse::{inverse_2d, inverse_dc_only};
use super::{Shape, TxSize, TxType, for_size};
use crate::kernels::simd::{I16x8, Int16Vector};
use crate::kernels::view::{SamplesMut, View};

pub(super) fn inverse(dst: SamplesMut<'_>, coefficients: &[i16], tx_size: TxSize, tx_type: TxType) {
    inverse_with::<I16x8>(dst, coefficients, tx_size, tx_type);
}

/// The inverse transform with the lanes of `L`; see [`inverse_2d`] for the result.
pub(super) fn inverse_with<L: Int16Vector>(
    dst: SamplesMut<'_>,
    coefficients: &[i16],
    tx_size: TxSize,
    tx_type: TxType,
) -> bool {
    let shape = Shape::new(tx_size, tx_type);
    for_size!(tx_size, inverse_2d::<L>(dst, coefficients, &shape))
}

/// The inverse DCT_DCT of a block whose only coefficient is `dc`.
pub(super) fn inverse_dc(dst: SamplesMut<'_>, dc: i16, tx_size: TxSize) {
    inverse_dc_with::<I16x8>(dst, dc, tx_size);
}

pub(super) fn inverse_dc_with<L: Int16Vector>(dst: SamplesMut<'_>, dc: i16, tx_size: TxSize) {
    let size = (tx_size.width(), tx_size.height());
    inverse_dc_only::<L>(dst, dc, size, Shape::new(tx_size, TxType::DctDct).row_shift);
}

pub(super) fn forward(
    residual: View<'_, i16>,
    energy: u32,
    coefficients: &mut [i16],
    tx_size: TxSize,
    tx_type: TxType,
) {
    let shape = Shape::new(tx_size, tx_type);
    for_size!(tx_size, forward_2d::<I16x8>(residual, energy, coefficients, &shape));
}
