//! Means of eight times 4×4 samples at a time.

use std::arch::aarch64::{vpadalq_u8, vpaddlq_u8, vpaddq_u16, vrshrn_n_u16};

use super::scalar;
use crate::kernels::isa::{load_u8x16, neon};
use crate::kernels::simd::neon::store_8;

pub(super) fn quarter_row(out: &mut [u8], rows: [&[u8]; 4]) {
    let (eights, rest) = out.as_chunks_mut::<8>();
    let done = eights.len();
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<32>().0);
    for ((((out, a), b), c), d) in eights.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        // Sums of two columns.
        let [first, second] = [0, 1].map(|half| {
            let [a, b, c, d] = [a, b, c, d].map(|row| load_u8x16(&row.as_chunks().0[half]));
            neon! { vpadalq_u8(vpadalq_u8(vpadalq_u8(vpaddlq_u8(a), b), c), d) }
        });
        *out = store_8(neon! { vrshrn_n_u16::<4>(vpaddq_u16(first, second)) });
    }
    scalar::quarter_row(rest, rows.map(|row| &row[32 * done..]));
}
