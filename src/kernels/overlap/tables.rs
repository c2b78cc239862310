//! Weights of overlapped motion compensation.

/// `Obmc_Mask_2` (7.11.3.9): weights (of 64) of a block's own prediction, by distance from its edge.
pub(crate) static OBMC_MASK_2: [u8; 2] = [45, 64];
/// `Obmc_Mask_4`.
pub(crate) static OBMC_MASK_4: [u8; 4] = [39, 50, 59, 64];
/// `Obmc_Mask_8`.
pub(crate) static OBMC_MASK_8: [u8; 8] = [36, 42, 48, 53, 57, 61, 64, 64];
/// `Obmc_Mask_16`.
pub(crate) static OBMC_MASK_16: [u8; 16] =
    [34, 37, 40, 43, 46, 49, 52, 54, 56, 58, 60, 61, 64, 64, 64, 64];
/// `Obmc_Mask_32`.
pub(crate) static OBMC_MASK_32: [u8; 32] = [
    33, 35, 36, 38, 40, 41, 43, 44, 45, 47, 48, 50, 51, 52, 53, 55, 56, 57, 58, 59, 60, 60, 61, 62,
    64, 64, 64, 64, 64, 64, 64, 64,
];
