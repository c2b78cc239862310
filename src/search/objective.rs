//! What choices are made for: the few things that a [`Tune`] changes.

use super::tuning::{
    CHROMA_LEVEL_LAMBDA, LEVEL_LAMBDA, TUNED_CHROMA_LEVEL_LAMBDA, TUNED_LEVEL_LAMBDA,
};
use crate::config::Tune;

/// What a tune changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Objective {
    /// Whether the smooth interpolation filter is tried: it gains by PSNR and SSIM, and loses more by VMAF.
    pub(crate) smooth_filter: bool,
    /// λ by which levels of coefficients are chosen, as a factor of that of blocks, numerator and denominator: of
    /// luma and of chroma.
    pub(super) level_lambda: [(u64, u64); 2],
    /// Whether bits are worth less where there is little texture: SSIM sees it, PSNR does not.
    pub(super) texture_lambda: bool,
}

impl Objective {
    /// That of a tune.
    pub(crate) fn of(tune: Tune) -> Self {
        match tune {
            Tune::Default => Self {
                smooth_filter: false,
                level_lambda: [LEVEL_LAMBDA, CHROMA_LEVEL_LAMBDA],
                texture_lambda: false,
            },
            Tune::Psnr | Tune::Ssim => Self {
                smooth_filter: true,
                level_lambda: [TUNED_LEVEL_LAMBDA, TUNED_CHROMA_LEVEL_LAMBDA],
                texture_lambda: tune == Tune::Ssim,
            },
        }
    }
}
