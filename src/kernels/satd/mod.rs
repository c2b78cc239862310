//! Sums of absolute Hadamard-transformed differences.

/// SATD of a `width`×`height` block of `src` against `pred`; sides are multiples of 4, strides in samples.
///
/// 8×8 Hadamard transforms where both sides are multiples of 8, else 4×4; scaled so that one differing sample counts
/// as in an orthonormal transform times a constant shared by both sizes.
pub(crate) fn satd(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    todo!()
}
