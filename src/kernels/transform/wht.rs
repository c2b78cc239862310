//! The Walsh-Hadamard transform of lossless 4×4 blocks, inverse (7.13.2.10 within 7.13.3) and forward.

use crate::kernels::view::{SamplesMut, View};

/// 7.13.2.10 Inverse Walsh-Hadamard transform process.
fn inverse(t: [i32; 4], shift: u32) -> [i32; 4] {
    let [a, c, d, b] = t.map(|value| value >> shift);
    let a = a + c;
    let d = d - b;
    let e = (a - d) >> 1;
    let b = e - b;
    let c = e - c;
    [a - b, b, c, d + c]
}

/// The steps of [`inverse`] undone in reverse order.
fn forward([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    let d = d - c;
    let a = a + b;
    let e = (a - d) >> 1;
    let c = e - c;
    let b = e - b;
    [a - c, c, d + b, b]
}

/// Coefficients are 4 times what the transform works on (`shift` 2 of the rows in 7.13.3).
const SHIFT: u32 = 2;

/// Inverse Walsh-Hadamard transform of a lossless 4×4 block (7.13.2.10 within 7.13.3), added to `dst`.
pub(crate) fn inverse_wht_add(dst: SamplesMut<'_>, coefficients: &[i16]) {
    let mut rows = [[0; 4]; 4];
    for (row, coefficients) in rows.iter_mut().zip(coefficients.as_chunks().0) {
        let clip = |value: i32| value.clamp(i16::MIN.into(), i16::MAX.into());
        *row = inverse(coefficients.map(i32::from), SHIFT).map(clip);
    }
    for j in 0..4 {
        let column = inverse(rows.map(|row| row[j]), 0);
        for (i, residual) in column.into_iter().enumerate() {
            let sample = &mut dst.data[i * dst.stride + j];
            *sample = (i32::from(*sample) + residual).clamp(0, 255) as u8;
        }
    }
}

/// Forward Walsh-Hadamard transform of a 4×4 block of residuals, undone exactly by [`inverse_wht_add`].
///
/// `coefficients` are in the dequantized domain: multiples of 4, the step of a lossless block.
pub(crate) fn forward_wht(residual: View<'_, i16>, coefficients: &mut [i16]) {
    let mut rows = [[0; 4]; 4];
    for j in 0..4 {
        let column = std::array::from_fn(|i| residual.data[i * residual.stride + j].into());
        for (row, value) in rows.iter_mut().zip(forward(column)) {
            row[j] = value;
        }
    }
    for (row, coefficients) in rows.into_iter().zip(coefficients.as_chunks_mut().0) {
        *coefficients = forward(row).map(|value| (value << SHIFT) as i16);
    }
}
