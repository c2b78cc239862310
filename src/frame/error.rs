//! What cannot be viewed as a picture.

use thiserror::Error;

use super::{ChromaLayout, PixelFormat};

/// An input picture that cannot be viewed as said.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The samples are not 8 bits deep.
    #[error("samples of {0} bits are not 8-bit")]
    BitDepth(u8),
    /// The chroma planes are not those of 4:2:0.
    #[error("chroma layout {0:?} is not 4:2:0")]
    Layout(ChromaLayout),
    /// A picture in one piece has another length than its samples.
    #[error("{format:?} of {width}x{height} has {needed} bytes without padding, not {len}")]
    Length {
        /// The layout of the samples.
        format: PixelFormat,
        /// Width in luma samples.
        width: u32,
        /// Height in luma samples.
        height: u32,
        /// Bytes given.
        len: usize,
        /// Bytes of the samples.
        needed: usize,
    },
    /// A plane holds fewer bytes than its rows need.
    #[error("plane {plane} has {len} bytes and needs {needed}")]
    PlaneLength {
        /// Index of the plane.
        plane: usize,
        /// Bytes given.
        len: usize,
        /// Bytes that stride and height ask for.
        needed: usize,
    },
    /// The picture is empty or larger than 8192×4320.
    #[error("picture size {width}x{height} is outside 1x1 to 8192x4320")]
    Size {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
    },
    /// The stride is smaller than a row.
    #[error("plane {plane} has stride {stride}, less than its row of {width} bytes")]
    Stride {
        /// Index of the plane.
        plane: usize,
        /// Stride given, in bytes.
        stride: usize,
        /// Bytes of a row.
        width: usize,
    },
    /// Stride times height is beyond the address space.
    #[error("plane {plane} with stride {stride} is larger than memory")]
    StrideOverflow {
        /// Index of the plane.
        plane: usize,
        /// Stride given, in bytes.
        stride: usize,
    },
}
