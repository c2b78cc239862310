//! The transforms in NEON, eight numbers at a time.

use super::forward::{ForwardVector, forward_1d, forward_2d};
use super::{Kind, Shape, TxSize, TxType, for_size, scalar};
use crate::kernels::simd::neon::I16x8;
use crate::kernels::view::{SamplesMut, View};

pub(super) fn inverse(dst: SamplesMut<'_>, coefficients: &[i16], tx_size: TxSize, tx_type: TxType) {
    scalar::inverse_with::<I16x8>(dst, coefficients, tx_size, tx_type);
}

pub(super) fn inverse_dc(dst: SamplesMut<'_>, dc: i16, tx_size: TxSize) {
    scalar::inverse_dc_with::<I16x8>(dst, dc, tx_size);
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

impl ForwardVector for I16x8 {
    #[inline(never)]
    fn transform_1d<const N: usize>(t: &mut [Self; N], kind: Kind) {
        forward_1d(t, kind);
    }
}
