//! Conversions between block sizes, transform sizes, types and contexts, and other small tables of
//! the syntax and of context selection.

use crate::av1::types::BlockSize::{
    self, B4x4, B4x8, B4x16, B8x4, B8x8, B8x16, B8x32, B16x4, B16x8, B16x16, B16x32, B16x64, B32x8,
    B32x16, B32x32, B32x64, B64x16, B64x32, B64x64, B64x128, B128x64, B128x128,
};
#[cfg(test)]
use crate::av1::types::PredictionMode;
use crate::av1::types::TxSize::{
    self, T4x4, T4x8, T4x16, T8x4, T8x8, T8x16, T8x32, T16x4, T16x8, T16x16, T16x32, T16x64, T32x8,
    T32x16, T32x32, T32x64, T64x16, T64x32, T64x64,
};
use crate::av1::types::TxType::{
    self, AdstAdst, AdstDct, AdstFlipadst, DctAdst, DctDct, DctFlipadst, FlipadstAdst, FlipadstDct,
    FlipadstFlipadst, HAdst, HDct, HFlipadst, Idtx, VAdst, VDct, VFlipadst,
};

/// `Size_Group` (9.3): context of a block size for intra syntax elements, by `BlockSize`.
pub(crate) static SIZE_GROUP: [u8; 22] =
    [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 0, 0, 1, 1, 2, 2];

/// `Partition_Subsize` (9.3): the largest block that a `Partition` of a square `BlockSize` gives,
/// `None` where the standard has `BLOCK_INVALID`.
pub(crate) static PARTITION_SUBSIZE: [[Option<BlockSize>; 22]; 10] = [
    [
        Some(B4x4),
        None,
        None,
        Some(B8x8),
        None,
        None,
        Some(B16x16),
        None,
        None,
        Some(B32x32),
        None,
        None,
        Some(B64x64),
        None,
        None,
        Some(B128x128),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B8x4),
        None,
        None,
        Some(B16x8),
        None,
        None,
        Some(B32x16),
        None,
        None,
        Some(B64x32),
        None,
        None,
        Some(B128x64),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B4x8),
        None,
        None,
        Some(B8x16),
        None,
        None,
        Some(B16x32),
        None,
        None,
        Some(B32x64),
        None,
        None,
        Some(B64x128),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B4x4),
        None,
        None,
        Some(B8x8),
        None,
        None,
        Some(B16x16),
        None,
        None,
        Some(B32x32),
        None,
        None,
        Some(B64x64),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B8x4),
        None,
        None,
        Some(B16x8),
        None,
        None,
        Some(B32x16),
        None,
        None,
        Some(B64x32),
        None,
        None,
        Some(B128x64),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B8x4),
        None,
        None,
        Some(B16x8),
        None,
        None,
        Some(B32x16),
        None,
        None,
        Some(B64x32),
        None,
        None,
        Some(B128x64),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B4x8),
        None,
        None,
        Some(B8x16),
        None,
        None,
        Some(B16x32),
        None,
        None,
        Some(B32x64),
        None,
        None,
        Some(B64x128),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        Some(B4x8),
        None,
        None,
        Some(B8x16),
        None,
        None,
        Some(B16x32),
        None,
        None,
        Some(B32x64),
        None,
        None,
        Some(B64x128),
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        None,
        None,
        None,
        Some(B16x4),
        None,
        None,
        Some(B32x8),
        None,
        None,
        Some(B64x16),
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    ],
    [
        None,
        None,
        None,
        None,
        None,
        None,
        Some(B4x16),
        None,
        None,
        Some(B8x32),
        None,
        None,
        Some(B16x64),
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    ],
];

/// `Subsampled_Size` (5.11.38): the residual block of a chroma plane, by `BlockSize`,
/// subsampling_x and subsampling_y; `None` where the standard has `BLOCK_INVALID`.
pub(crate) static SUBSAMPLED_SIZE: [[[Option<BlockSize>; 2]; 2]; 22] = [
    [[Some(B4x4), Some(B4x4)], [Some(B4x4), Some(B4x4)]],
    [[Some(B4x8), Some(B4x4)], [None, Some(B4x4)]],
    [[Some(B8x4), None], [Some(B4x4), Some(B4x4)]],
    [[Some(B8x8), Some(B8x4)], [Some(B4x8), Some(B4x4)]],
    [[Some(B8x16), Some(B8x8)], [None, Some(B4x8)]],
    [[Some(B16x8), None], [Some(B8x8), Some(B8x4)]],
    [[Some(B16x16), Some(B16x8)], [Some(B8x16), Some(B8x8)]],
    [[Some(B16x32), Some(B16x16)], [None, Some(B8x16)]],
    [[Some(B32x16), None], [Some(B16x16), Some(B16x8)]],
    [[Some(B32x32), Some(B32x16)], [Some(B16x32), Some(B16x16)]],
    [[Some(B32x64), Some(B32x32)], [None, Some(B16x32)]],
    [[Some(B64x32), None], [Some(B32x32), Some(B32x16)]],
    [[Some(B64x64), Some(B64x32)], [Some(B32x64), Some(B32x32)]],
    [[Some(B64x128), Some(B64x64)], [None, Some(B32x64)]],
    [[Some(B128x64), None], [Some(B64x64), Some(B64x32)]],
    [[Some(B128x128), Some(B128x64)], [Some(B64x128), Some(B64x64)]],
    [[Some(B4x16), Some(B4x8)], [None, Some(B4x8)]],
    [[Some(B16x4), None], [Some(B8x4), Some(B8x4)]],
    [[Some(B8x32), Some(B8x16)], [None, Some(B4x16)]],
    [[Some(B32x8), None], [Some(B16x8), Some(B16x4)]],
    [[Some(B16x64), Some(B16x32)], [None, Some(B8x32)]],
    [[Some(B64x16), None], [Some(B32x16), Some(B32x8)]],
];

/// `Max_Tx_Size_Rect` (9.3): the largest transform of a luma block, by `BlockSize`.
pub(crate) static MAX_TX_SIZE_RECT: [TxSize; 22] = [
    T4x4, T4x8, T8x4, T8x8, T8x16, T16x8, T16x16, T16x32, T32x16, T32x32, T32x64, T64x32, T64x64,
    T64x64, T64x64, T64x64, T4x16, T16x4, T8x32, T32x8, T16x64, T64x16,
];

/// `Max_Tx_Depth` (5.11.15): splits from the largest transform of a `BlockSize` down to 4×4.
pub(crate) static MAX_TX_DEPTH: [u8; 22] =
    [0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 2, 2, 3, 3, 4, 4];

/// `Split_Tx_Size` (9.3): the transforms that a split of a `TxSize` gives.
pub(crate) static SPLIT_TX_SIZE: [TxSize; 19] = [
    T4x4, T4x4, T8x8, T16x16, T32x32, T4x4, T4x4, T8x8, T8x8, T16x16, T16x16, T32x32, T32x32, T4x8,
    T8x4, T8x16, T16x8, T16x32, T32x16,
];

/// `Tx_Size_Sqr` (9.3): the square of the shorter side, by `TxSize`.
#[cfg(test)]
pub(crate) static TX_SIZE_SQR: [TxSize; 19] = [
    T4x4, T8x8, T16x16, T32x32, T64x64, T4x4, T4x4, T8x8, T8x8, T16x16, T16x16, T32x32, T32x32,
    T4x4, T4x4, T8x8, T8x8, T16x16, T16x16,
];

/// `Tx_Size_Sqr_Up` (9.3): the square of the longer side, by `TxSize`.
#[cfg(test)]
pub(crate) static TX_SIZE_SQR_UP: [TxSize; 19] = [
    T4x4, T8x8, T16x16, T32x32, T64x64, T8x8, T8x8, T16x16, T16x16, T32x32, T32x32, T64x64, T64x64,
    T16x16, T16x16, T32x32, T32x32, T64x64, T64x64,
];

/// `Adjusted_Tx_Size` (9.3): the part of a transform that can have coefficients, by `TxSize`.
#[cfg(test)]
pub(crate) static ADJUSTED_TX_SIZE: [TxSize; 19] = [
    T4x4, T8x8, T16x16, T32x32, T32x32, T4x8, T8x4, T8x16, T16x8, T16x32, T32x16, T32x32, T32x32,
    T4x16, T16x4, T8x32, T32x8, T16x32, T32x16,
];

/// `Mode_To_Txfm` (9.3): the transform type that goes with a chroma intra mode, by `UvMode`.
pub(crate) static MODE_TO_TXFM: [TxType; 14] = [
    DctDct, AdstDct, DctAdst, DctDct, AdstAdst, AdstDct, DctAdst, DctAdst, AdstDct, AdstAdst,
    AdstDct, DctAdst, AdstAdst, DctDct,
];

/// `Tx_Type_In_Set_Intra` (5.11.40): whether an intra transform set has a type, by set and
/// `TxType`.
#[cfg(test)]
pub(crate) static TX_TYPE_IN_SET_INTRA: [[bool; 16]; 3] = [
    [
        true, false, false, false, false, false, false, false, false, false, false, false, false,
        false, false, false,
    ],
    [
        true, true, true, true, false, false, false, false, false, true, true, true, false, false,
        false, false,
    ],
    [
        true, true, true, true, false, false, false, false, false, true, false, false, false,
        false, false, false,
    ],
];

/// `Tx_Type_In_Set_Inter` (5.11.40): whether an inter transform set has a type, by set and
/// `TxType`.
#[cfg(test)]
pub(crate) static TX_TYPE_IN_SET_INTER: [[bool; 16]; 4] = [
    [
        true, false, false, false, false, false, false, false, false, false, false, false, false,
        false, false, false,
    ],
    [
        true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
        true,
    ],
    [
        true, true, true, true, true, true, true, true, true, true, true, true, false, false,
        false, false,
    ],
    [
        true, false, false, false, false, false, false, false, false, true, false, false, false,
        false, false, false,
    ],
];

/// `Tx_Type_Intra_Inv_Set1` (5.11.47): the type that `intra_tx_type` codes in TX_SET_INTRA_1.
pub(crate) static TX_TYPE_INTRA_INV_SET1: [TxType; 7] =
    [Idtx, DctDct, VDct, HDct, AdstAdst, AdstDct, DctAdst];

/// `Tx_Type_Intra_Inv_Set2` (5.11.47): the type that `intra_tx_type` codes in TX_SET_INTRA_2.
pub(crate) static TX_TYPE_INTRA_INV_SET2: [TxType; 5] = [Idtx, DctDct, AdstAdst, AdstDct, DctAdst];

/// `Tx_Type_Inter_Inv_Set1` (5.11.47): the type that `inter_tx_type` codes in TX_SET_INTER_1.
pub(crate) static TX_TYPE_INTER_INV_SET1: [TxType; 16] = [
    Idtx,
    VDct,
    HDct,
    VAdst,
    HAdst,
    VFlipadst,
    HFlipadst,
    DctDct,
    AdstDct,
    DctAdst,
    FlipadstDct,
    DctFlipadst,
    AdstAdst,
    FlipadstFlipadst,
    AdstFlipadst,
    FlipadstAdst,
];

/// `Tx_Type_Inter_Inv_Set2` (5.11.47): the type that `inter_tx_type` codes in TX_SET_INTER_2.
pub(crate) static TX_TYPE_INTER_INV_SET2: [TxType; 12] = [
    Idtx,
    VDct,
    HDct,
    DctDct,
    AdstDct,
    DctAdst,
    FlipadstDct,
    DctFlipadst,
    AdstAdst,
    FlipadstFlipadst,
    AdstFlipadst,
    FlipadstAdst,
];

/// `Tx_Type_Inter_Inv_Set3` (5.11.47): the type that `inter_tx_type` codes in TX_SET_INTER_3.
pub(crate) static TX_TYPE_INTER_INV_SET3: [TxType; 2] = [Idtx, DctDct];

/// `Intra_Mode_Context` (8.3.2): context of a neighbour's intra mode for `intra_frame_y_mode`.
pub(crate) static INTRA_MODE_CONTEXT: [u8; 13] = [0, 1, 2, 3, 4, 4, 4, 4, 3, 0, 1, 2, 0];

/// `Filter_Intra_Mode_To_Intra_Dir` (8.3.2): the direction of a `filter_intra_mode` for
/// `intra_tx_type`.
#[cfg(test)]
pub(crate) static FILTER_INTRA_MODE_TO_INTRA_DIR: [PredictionMode; 5] = [
    PredictionMode::Dc,
    PredictionMode::V,
    PredictionMode::H,
    PredictionMode::D157,
    PredictionMode::Dc,
];

/// `Compound_Mode_Ctx_Map` (8.3.2): context for `compound_mode`, by `RefMvContext >> 1` and
/// `NewMvContext` up to 4.
pub(crate) static COMPOUND_MODE_CTX_MAP: [[u8; 5]; 3] =
    [[0, 1, 1, 1, 1], [1, 2, 3, 4, 4], [4, 4, 5, 6, 7]];

/// `Coeff_Base_Ctx_Offset` (8.3.2): first context for `coeff_base` of two-dimensional types, by
/// `TxSize`, row and column up to 4.
pub(crate) static COEFF_BASE_CTX_OFFSET: [[[u8; 5]; 5]; 19] = [
    [[0, 1, 6, 6, 0], [1, 6, 6, 21, 0], [6, 6, 21, 21, 0], [6, 21, 21, 21, 0], [0, 0, 0, 0, 0]],
    [
        [0, 1, 6, 6, 21],
        [1, 6, 6, 21, 21],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 1, 6, 6, 21],
        [1, 6, 6, 21, 21],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 1, 6, 6, 21],
        [1, 6, 6, 21, 21],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 1, 6, 6, 21],
        [1, 6, 6, 21, 21],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 11, 11, 11, 0],
        [11, 11, 11, 11, 0],
        [6, 6, 21, 21, 0],
        [6, 21, 21, 21, 0],
        [21, 21, 21, 21, 0],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [0, 0, 0, 0, 0],
    ],
    [
        [0, 11, 11, 11, 11],
        [11, 11, 11, 11, 11],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
    ],
    [
        [0, 11, 11, 11, 11],
        [11, 11, 11, 11, 11],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
    ],
    [
        [0, 11, 11, 11, 11],
        [11, 11, 11, 11, 11],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
    ],
    [
        [0, 11, 11, 11, 0],
        [11, 11, 11, 11, 0],
        [6, 6, 21, 21, 0],
        [6, 21, 21, 21, 0],
        [21, 21, 21, 21, 0],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [0, 0, 0, 0, 0],
    ],
    [
        [0, 11, 11, 11, 11],
        [11, 11, 11, 11, 11],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
    ],
    [
        [0, 11, 11, 11, 11],
        [11, 11, 11, 11, 11],
        [6, 6, 21, 21, 21],
        [6, 21, 21, 21, 21],
        [21, 21, 21, 21, 21],
    ],
    [
        [0, 16, 6, 6, 21],
        [16, 16, 6, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
        [16, 16, 21, 21, 21],
    ],
];

/// `Coeff_Base_Pos_Ctx_Offset` (8.3.2): first context for `coeff_base` of one-dimensional types,
/// by position up to 2.
pub(crate) static COEFF_BASE_POS_CTX_OFFSET: [u8; 3] = [26, 31, 36];

/// `Sig_Ref_Diff_Offset` (9.3): neighbours (row, column) that count for `coeff_base`, by
/// `TxClass`.
#[cfg(test)]
pub(crate) static SIG_REF_DIFF_OFFSET: [[[u8; 2]; 5]; 3] = [
    [[0, 1], [1, 0], [1, 1], [0, 2], [2, 0]],
    [[0, 1], [1, 0], [0, 2], [0, 3], [0, 4]],
    [[0, 1], [1, 0], [2, 0], [3, 0], [4, 0]],
];

/// `Mag_Ref_Offset_With_Tx_Class` (8.3.2): neighbours (row, column) that count for `coeff_br`, by
/// `TxClass`.
#[cfg(test)]
pub(crate) static MAG_REF_OFFSET_WITH_TX_CLASS: [[[u8; 2]; 3]; 3] =
    [[[0, 1], [1, 0], [1, 1]], [[0, 1], [1, 0], [0, 2]], [[0, 1], [1, 0], [2, 0]]];

/// `Mode_To_Angle` (9.3): degrees of an intra mode.
pub(crate) static MODE_TO_ANGLE: [u8; 13] = [0, 90, 180, 45, 135, 113, 157, 203, 67, 0, 0, 0, 0];

/// `Div_Mult` (7.9.3): 16384 divided by a frame distance.
pub(crate) static DIV_MULT: [u16; 32] = [
    0, 16384, 8192, 5461, 4096, 3276, 2730, 2340, 2048, 1820, 1638, 1489, 1365, 1260, 1170, 1092,
    1024, 963, 910, 862, 819, 780, 744, 712, 682, 655, 630, 606, 585, 564, 546, 528,
];
