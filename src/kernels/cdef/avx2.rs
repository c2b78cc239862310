//! The scalar version, compiled for AVX2: its loops over a block's bytes become vectors of 32.

use super::{Strength, Window, scalar};

#[target_feature(enable = "avx2")]
pub(super) fn find_direction(block: &[[u8; 8]; 8]) -> (u8, u32) {
    scalar::find_direction(block)
}

#[target_feature(enable = "avx2")]
pub(super) fn filter_luma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 8] {
    scalar::filter_luma(window, block, strength, at_edge)
}

#[target_feature(enable = "avx2")]
pub(super) fn filter_chroma(
    window: &Window,
    block: usize,
    strength: Strength,
    at_edge: bool,
) -> [[u8; 8]; 4] {
    scalar::filter_chroma(window, block, strength, at_edge)
}
