//! Differences of blocks: sums of absolute and of squared differences, variance, residuals.
//!
//! Widths are 4, 8, 16, 32, 64 or 128 samples, heights any; strides are in samples.

/// Sum of absolute differences of two blocks.
pub(crate) fn sad(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    todo!()
}

/// [`sad`] of one block against four candidates of one stride.
pub(crate) fn sad_x4(
    src: &[u8],
    src_stride: usize,
    preds: [&[u8]; 4],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> [u32; 4] {
    todo!()
}

/// Sum of squared differences of two blocks.
pub(crate) fn sse(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> u32 {
    todo!()
}

/// Sum and sum of squares of the differences `src - pred`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moments {
    /// Sum of the differences.
    pub(crate) sum: i32,
    /// Sum of the squared differences.
    pub(crate) sse: u32,
}

impl Moments {
    /// The number of samples times the variance: `sse - sum² / samples`, rounded up.
    pub(crate) fn variance(self, samples: u32) -> u32 {
        todo!()
    }
}

/// Sum and sum of squares of the differences of two blocks.
pub(crate) fn moments(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    width: usize,
    height: usize,
) -> Moments {
    todo!()
}

/// Writes `src - pred` to the `width`×`height` block at the start of `residual`.
#[allow(clippy::too_many_arguments)]
pub(crate) fn residual(
    src: &[u8],
    src_stride: usize,
    pred: &[u8],
    pred_stride: usize,
    residual: &mut [i16],
    residual_stride: usize,
    width: usize,
    height: usize,
) {
    todo!()
}
