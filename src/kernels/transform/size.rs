//! Sizes and types of transforms, with the standard's values.

/// Transform sizes (6.10.19, `TxSize`), samples wide × high.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum TxSize {
    T4x4,
    T8x8,
    T16x16,
    T32x32,
    T64x64,
    T4x8,
    T8x4,
    T8x16,
    T16x8,
    T16x32,
    T32x16,
    T32x64,
    T64x32,
    T4x16,
    T16x4,
    T8x32,
    T32x8,
    T16x64,
    T64x16,
}

impl TxSize {
    /// Every size, in the standard's order.
    pub(crate) const ALL: &[Self] = &[
        Self::T4x4,
        Self::T8x8,
        Self::T16x16,
        Self::T32x32,
        Self::T64x64,
        Self::T4x8,
        Self::T8x4,
        Self::T8x16,
        Self::T16x8,
        Self::T16x32,
        Self::T32x16,
        Self::T32x64,
        Self::T64x32,
        Self::T4x16,
        Self::T16x4,
        Self::T8x32,
        Self::T32x8,
        Self::T16x64,
        Self::T64x16,
    ];

    const WIDTH_LOG2: [u8; 19] = [2, 3, 4, 5, 6, 2, 3, 3, 4, 4, 5, 5, 6, 2, 4, 3, 5, 4, 6];
    const HEIGHT_LOG2: [u8; 19] = [2, 3, 4, 5, 6, 3, 2, 4, 3, 5, 4, 6, 5, 4, 2, 5, 3, 6, 4];

    /// Log2 of the width in samples (`Tx_Width_Log2`).
    pub(crate) const fn width_log2(self) -> usize {
        Self::WIDTH_LOG2[self as usize] as usize
    }

    /// Log2 of the height in samples (`Tx_Height_Log2`).
    pub(crate) const fn height_log2(self) -> usize {
        Self::HEIGHT_LOG2[self as usize] as usize
    }

    /// Width in samples (`Tx_Width`).
    pub(crate) const fn width(self) -> usize {
        1 << self.width_log2()
    }

    /// Height in samples (`Tx_Height`).
    pub(crate) const fn height(self) -> usize {
        1 << self.height_log2()
    }

    /// Width in units of 4 samples.
    pub(crate) const fn width4(self) -> usize {
        1 << (self.width_log2() - 2)
    }

    /// Height in units of 4 samples.
    pub(crate) const fn height4(self) -> usize {
        1 << (self.height_log2() - 2)
    }

    /// The transform of `1 << width_log2` × `1 << height_log2` samples, if the standard has it.
    pub(crate) fn from_log2(width_log2: usize, height_log2: usize) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|t| t.width_log2() == width_log2 && t.height_log2() == height_log2)
    }

    /// 7.12.3 the logarithm of `dqDenom`.
    pub(crate) const fn dq_denom_log2(self) -> u32 {
        match self {
            Self::T64x64 | Self::T32x64 | Self::T64x32 => 2,
            Self::T32x32 | Self::T16x32 | Self::T32x16 | Self::T16x64 | Self::T64x16 => 1,
            _ => 0,
        }
    }
}

/// Transform types (6.10.19, `TxType`): vertical (columns) first, then horizontal (rows).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum TxType {
    DctDct,
    AdstDct,
    DctAdst,
    AdstAdst,
    FlipadstDct,
    DctFlipadst,
    FlipadstFlipadst,
    AdstFlipadst,
    FlipadstAdst,
    Idtx,
    VDct,
    HDct,
    VAdst,
    HAdst,
    VFlipadst,
    HFlipadst,
}

impl TxType {
    /// Every type, in the standard's order.
    #[cfg(test)]
    pub(crate) const ALL: &[Self] = &[
        Self::DctDct,
        Self::AdstDct,
        Self::DctAdst,
        Self::AdstAdst,
        Self::FlipadstDct,
        Self::DctFlipadst,
        Self::FlipadstFlipadst,
        Self::AdstFlipadst,
        Self::FlipadstAdst,
        Self::Idtx,
        Self::VDct,
        Self::HDct,
        Self::VAdst,
        Self::HAdst,
        Self::VFlipadst,
        Self::HFlipadst,
    ];
}
