//! Pictures made smaller.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;

use super::isa::{Isa, dispatch};

/// Writes the rounded means of 4×4 samples of four rows, each at least four times as long as `out`.
pub(crate) fn quarter_row(isa: Isa, out: &mut [u8], rows: [&[u8]; 4]) {
    let rows = rows.map(|row| &row[..4 * out.len()]);
    dispatch!(isa, quarter_row(out, rows));
}
