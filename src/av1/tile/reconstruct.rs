//! Reconstruction (7.12.3): the inverse transform added to the prediction.
//!
//! For 8-bit samples. Blocks of coefficients are laid out as
//! [`kernels::transform`](crate::kernels::transform) tells.

use crate::av1::types::{TxSize, TxType};
use crate::kernels::isa::Isa;
use crate::kernels::transform::inverse_transform_add;
use crate::kernels::transform::wht::inverse_wht_add;
use crate::kernels::view::SamplesMut;

/// 7.12.3 steps 2 and 3: adds the inverse transform of `dequantized` to the predicted block `dst`.
///
/// `eob` is the number of coefficients coded along the scan. A lossless block is 4×4 and has no
/// `tx_type`.
pub(crate) fn reconstruct(
    isa: Isa,
    dst: SamplesMut<'_>,
    dequantized: &[i16],
    tx_size: TxSize,
    tx_type: Option<TxType>,
    eob: usize,
) {
    if eob == 0 {
        return;
    }
    match tx_type {
        None => inverse_wht_add(dst, dequantized),
        Some(tx_type) => inverse_transform_add(isa, dst, dequantized, tx_size, tx_type, eob),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_coded_blocks_change_samples() {
        let mut dequantized = [0; 16];
        dequantized[0] = 64;
        let dct = Some(TxType::DctDct);
        for (tx_type, eob, expected) in [(dct, 0, 100), (dct, 1, 102), (None, 1, 104)] {
            let mut dst = [100; 16];
            let samples = SamplesMut::new(&mut dst, 4);
            reconstruct(Isa::detect(), samples, &dequantized, TxSize::T4x4, tx_type, eob);
            assert_eq!(dst[0], expected);
        }
    }
}
