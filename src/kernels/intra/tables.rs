//! Weights, steps and taps of intra prediction.

/// `Sm_Weights_Tx_4x4` (9.3): weights of smooth prediction along 4 samples, of 256.
pub(crate) static SM_WEIGHTS_TX_4X4: [u8; 4] = [255, 149, 85, 64];

/// `Sm_Weights_Tx_8x8` (9.3): weights of smooth prediction along 8 samples, of 256.
pub(crate) static SM_WEIGHTS_TX_8X8: [u8; 8] = [255, 197, 146, 105, 73, 50, 37, 32];

/// `Sm_Weights_Tx_16x16` (9.3): weights of smooth prediction along 16 samples, of 256.
pub(crate) static SM_WEIGHTS_TX_16X16: [u8; 16] =
    [255, 225, 196, 170, 145, 123, 102, 84, 68, 54, 43, 33, 26, 20, 17, 16];

/// `Sm_Weights_Tx_32x32` (9.3): weights of smooth prediction along 32 samples, of 256.
pub(crate) static SM_WEIGHTS_TX_32X32: [u8; 32] = [
    255, 240, 225, 210, 196, 182, 169, 157, 145, 133, 122, 111, 101, 92, 83, 74, 66, 59, 52, 45,
    39, 34, 29, 25, 21, 17, 14, 12, 10, 9, 8, 8,
];

/// `Sm_Weights_Tx_64x64` (9.3): weights of smooth prediction along 64 samples, of 256.
pub(crate) static SM_WEIGHTS_TX_64X64: [u8; 64] = [
    255, 248, 240, 233, 225, 218, 210, 203, 196, 189, 182, 176, 169, 163, 156, 150, 144, 138, 133,
    127, 121, 116, 111, 106, 101, 96, 91, 86, 82, 77, 73, 69, 65, 61, 57, 54, 50, 47, 44, 41, 38,
    35, 32, 29, 27, 25, 22, 20, 18, 16, 15, 13, 12, 10, 9, 8, 7, 6, 6, 5, 5, 4, 4, 4,
];

/// `Dr_Intra_Derivative` (9.3): step of directional prediction, by angle in degrees.
pub(crate) static DR_INTRA_DERIVATIVE: [u16; 90] = [
    0, 0, 0, 1023, 0, 0, 547, 0, 0, 372, 0, 0, 0, 0, 273, 0, 0, 215, 0, 0, 178, 0, 0, 151, 0, 0,
    132, 0, 0, 116, 0, 0, 102, 0, 0, 0, 90, 0, 0, 80, 0, 0, 71, 0, 0, 64, 0, 0, 57, 0, 0, 51, 0, 0,
    45, 0, 0, 0, 40, 0, 0, 35, 0, 0, 31, 0, 0, 27, 0, 0, 23, 0, 0, 19, 0, 0, 15, 0, 0, 0, 0, 11, 0,
    0, 7, 0, 0, 3, 0, 0,
];

/// `Intra_Edge_Kernel` (7.11.2.12): taps of the intra edge filter (of 16), by strength − 1.
pub(crate) static INTRA_EDGE_KERNEL: [[u8; 5]; 3] =
    [[0, 4, 8, 4, 0], [0, 5, 6, 5, 0], [2, 4, 4, 4, 2]];
