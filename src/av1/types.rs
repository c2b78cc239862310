//! The standard's enumerations (section 3 and the semantics of section 6), in its order.
//!
//! Each is `repr(u8)` with the standard's value, so tables of section 9 are indexed by `as usize`.

pub(crate) use crate::av1::obu::frame::segmentation::MAX_SEGMENTS;
/// Of a frame and of a block (6.10.23, `interp_filter`) alike.
pub(crate) use crate::av1::obu::frame::{InterpolationFilter as InterpFilter, TxMode};
pub(crate) use crate::kernels::transform::{TxSize, TxType};

/// Log2 of the side of a 4×4 unit, in which positions inside a frame are counted (`MI_SIZE_LOG2`).
pub(crate) const MI_SIZE_LOG2: usize = 2;

macro_rules! standard_enum {
    ($(#[$meta:meta])* $name:ident { $($variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            /// Every value, in the standard's order.
            #[allow(dead_code, reason = "only tests go through all values of some")]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];
        }
    };
}

standard_enum! {
    /// Block sizes (6.10.4, `MiSize`), luma samples wide × high.
    BlockSize {
        B4x4, B4x8, B8x4, B8x8, B8x16, B16x8, B16x16, B16x32, B32x16, B32x32, B32x64, B64x32,
        B64x64, B64x128, B128x64, B128x128, B4x16, B16x4, B8x32, B32x8, B16x64, B64x16,
    }
}

impl BlockSize {
    const WIDTH_LOG2: [u8; 22] = [2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 2, 4, 3, 5, 4, 6];
    const HEIGHT_LOG2: [u8; 22] =
        [2, 3, 2, 3, 4, 3, 4, 5, 4, 5, 6, 5, 6, 7, 6, 7, 4, 2, 5, 3, 6, 4];

    /// Log2 of the width in luma samples.
    pub(crate) const fn width_log2(self) -> usize {
        Self::WIDTH_LOG2[self as usize] as usize
    }

    /// Log2 of the height in luma samples.
    pub(crate) const fn height_log2(self) -> usize {
        Self::HEIGHT_LOG2[self as usize] as usize
    }

    /// Width in luma samples.
    pub(crate) const fn width(self) -> usize {
        1 << self.width_log2()
    }

    /// Height in luma samples.
    pub(crate) const fn height(self) -> usize {
        1 << self.height_log2()
    }

    /// Width in units of 4 luma samples (`Num_4x4_Blocks_Wide`).
    pub(crate) const fn width4(self) -> usize {
        1 << (self.width_log2() - 2)
    }

    /// Height in units of 4 luma samples (`Num_4x4_Blocks_High`).
    pub(crate) const fn height4(self) -> usize {
        1 << (self.height_log2() - 2)
    }

    /// The block of `1 << width_log2` × `1 << height_log2` luma samples, if the standard has it.
    #[cfg(test)]
    pub(crate) fn from_log2(width_log2: usize, height_log2: usize) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|b| b.width_log2() == width_log2 && b.height_log2() == height_log2)
    }
}

standard_enum! {
    /// Ways to part a square block (6.10.4, `partition`).
    Partition { None, Horz, Vert, Split, HorzA, HorzB, VertA, VertB, Horz4, Vert4 }
}

standard_enum! {
    /// Classes of transform types for scans and contexts (`TX_CLASS_*`).
    TxClass { TwoD, Horiz, Vert }
}

impl TxType {
    /// The class of the type (8.3.2, `get_tx_class`).
    pub(crate) const fn class(self) -> TxClass {
        match self {
            Self::VDct | Self::VAdst | Self::VFlipadst => TxClass::Vert,
            Self::HDct | Self::HAdst | Self::HFlipadst => TxClass::Horiz,
            _ => TxClass::TwoD,
        }
    }
}

standard_enum! {
    /// Luma prediction modes, intra then inter (6.10.16 and 6.10.22, `YMode`).
    PredictionMode {
        Dc, V, H, D45, D135, D113, D157, D203, D67, Smooth, SmoothV, SmoothH, Paeth,
        NearestMv, NearMv, GlobalMv, NewMv,
        NearestNearestMv, NearNearMv, NearestNewMv, NewNearestMv, NearNewMv, NewNearMv,
        GlobalGlobalMv, NewNewMv,
    }
}

impl PredictionMode {
    /// Whether the mode codes an angle (`is_directional_mode`).
    pub(crate) const fn is_directional(self) -> bool {
        matches!(
            self,
            Self::V
                | Self::H
                | Self::D45
                | Self::D135
                | Self::D113
                | Self::D157
                | Self::D203
                | Self::D67
        )
    }

    /// Whether the mode predicts from other frames.
    pub(crate) const fn is_inter(self) -> bool {
        self as u8 >= Self::NearestMv as u8
    }
}

standard_enum! {
    /// Ways of motion compensation (6.10.26, `motion_mode`).
    MotionMode { Simple, Obmc, LocalWarp }
}

standard_enum! {
    /// Chroma intra modes (6.10.17, `UVMode`): the luma modes and chroma from luma.
    UvMode {
        Dc, V, H, D45, D135, D113, D157, D203, D67, Smooth, SmoothV, SmoothH, Paeth, Cfl,
    }
}

/// A reference frame of a block (6.10.24, `RefFrame`): −1 none, 0 intra, 1 to 7 LAST to ALTREF.
pub(crate) type RefFrame = i8;
/// No (second) reference.
pub(crate) const NONE: RefFrame = -1;
/// The frame itself.
pub(crate) const INTRA_FRAME: RefFrame = 0;
/// LAST_FRAME.
pub(crate) const LAST_FRAME: RefFrame = 1;
/// LAST2_FRAME.
pub(crate) const LAST2_FRAME: RefFrame = 2;
/// LAST3_FRAME.
pub(crate) const LAST3_FRAME: RefFrame = 3;
/// GOLDEN_FRAME.
pub(crate) const GOLDEN_FRAME: RefFrame = 4;
/// BWDREF_FRAME.
pub(crate) const BWDREF_FRAME: RefFrame = 5;
/// ALTREF2_FRAME.
pub(crate) const ALTREF2_FRAME: RefFrame = 6;
/// ALTREF_FRAME.
pub(crate) const ALTREF_FRAME: RefFrame = 7;

/// A motion vector in 1/8 luma samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Mv {
    /// Down.
    pub(crate) row: i16,
    /// Right.
    pub(crate) col: i16,
}

impl Mv {
    /// A vector `row` down and `col` right, in 1/8 luma samples.
    pub(crate) const fn new(row: i16, col: i16) -> Self {
        Self { row, col }
    }
}
