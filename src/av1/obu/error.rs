//! What reading and writing of headers fails of.

use thiserror::Error;

use super::header::ObuType;

/// Bytes that are not AV1 high-level syntax, or a header that has no such form.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BitstreamError {
    /// A bit that aligns to the next byte is set (6.2.5).
    #[error("the bits that align bit {position} to a byte are not zero")]
    Alignment {
        /// Bits into the payload.
        position: u64,
    },
    /// The bits of a header were cut short.
    #[error("{bits} bits are asked for at bit {position}, beyond the end")]
    BitsExhausted {
        /// Bits into the payload.
        position: u64,
        /// Bits asked for.
        bits: u32,
    },
    /// A stream does not start with a temporal delimiter (7.5).
    #[error("the stream starts with {obu_type:?}, not with a temporal delimiter")]
    DelimiterMissing {
        /// What it starts with.
        obu_type: ObuType,
    },
    /// obu_forbidden_bit is set (6.2.2).
    #[error("OBU header {0:#04x} has its forbidden bit set")]
    ForbiddenBit(u8),
    /// An OBU header was cut short (5.3.2, 5.3.3).
    #[error("an OBU header ends after {len} bytes")]
    HeaderTruncated {
        /// Bytes there were.
        len: usize,
    },
    /// A frame ends before its last tile (6.10.1).
    #[error("a frame ends after {tiles} of its {num_tiles} tiles")]
    FrameIncomplete {
        /// Tiles received.
        tiles: usize,
        /// Tiles the frame has.
        num_tiles: usize,
    },
    /// A header to be written contradicts itself or the state of the decoder.
    #[error("{element} cannot be coded as it is together with the rest of the header")]
    Inconsistent {
        /// The field that would be read back with another value.
        element: &'static str,
    },
    /// A leb128 value goes on after its eighth byte (4.10.5).
    #[error("a leb128 value goes on after its eighth byte {byte:#04x}")]
    Leb128Length {
        /// The eighth byte.
        byte: u8,
    },
    /// A leb128 value does not fit the length asked for.
    #[error("{value} cannot be written as leb128 in {len} bytes")]
    Leb128Padding {
        /// The value.
        value: u32,
        /// Bytes asked for.
        len: usize,
    },
    /// A leb128 value was cut short (4.10.5).
    #[error("a leb128 value is cut short after {len} bytes")]
    Leb128Truncated {
        /// Bytes there were.
        len: usize,
    },
    /// A leb128 value is above 2³² − 1 (4.10.5).
    #[error("leb128 value {0} is over 4294967295")]
    Leb128Value(u64),
    /// An OBU comes at a wrong place: a frame header within a frame, or a tile group or a redundant
    /// header without one (6.8.1).
    #[error("OBU {obu_type:?} is out of place")]
    ObuOrder {
        /// Type of the OBU.
        obu_type: ObuType,
    },
    /// An OBU, or a unit that holds OBUs (Annex B), is longer than the bytes that are left.
    #[error("an OBU or unit of {size} bytes has only {available}")]
    ObuSize {
        /// obu_size, or the length in Annex B.
        size: usize,
        /// Bytes left.
        available: usize,
    },
    /// The sequence lacks the operating point that was chosen.
    #[error("operating point {index} was chosen, the sequence has {count}")]
    OperatingPoint {
        /// The choice.
        index: usize,
        /// Operating points there are.
        count: usize,
    },
    /// A redundant frame header is not a copy of the first one (6.8.1).
    #[error("a redundant frame header differs from the frame header")]
    RedundantHeader,
    /// A frame refers to a slot of another bit depth or chroma format (6.8.2).
    #[error("reference slot {slot} has another sample format")]
    ReferenceFormat {
        /// The slot.
        slot: u8,
    },
    /// A frame refers to a slot that is empty or no longer valid (6.8.2).
    #[error("reference slot {slot} holds no valid frame")]
    ReferenceInvalid {
        /// The slot.
        slot: u8,
    },
    /// A frame is over 2 times smaller or 16 times larger than a reference (6.8.6).
    #[error("a frame of {frame_width}x{frame_height} refers to slot {slot} with {width}x{height}")]
    ReferenceSize {
        /// The slot.
        slot: u8,
        /// Width of the reference, upscaled.
        width: u32,
        /// Height of the reference.
        height: u32,
        /// FrameWidth.
        frame_width: u32,
        /// FrameHeight.
        frame_height: u32,
    },
    /// There is a frame before any sequence header (6.8.1).
    #[error("OBU {obu_type:?} comes before any sequence header")]
    SequenceHeaderMissing {
        /// Type of the OBU.
        obu_type: ObuType,
    },
    /// An OBU lacks obu_size where the format needs it (5.2).
    #[error("OBU {obu_type:?} has no size field")]
    SizeMissing {
        /// Type of the OBU.
        obu_type: ObuType,
    },
    /// A tile is longer than its tile group, or empty (5.11.1).
    #[error("tile {tile} of {size} bytes has {available}")]
    TileSize {
        /// Index of the tile.
        tile: usize,
        /// Its size in bytes.
        size: usize,
        /// Bytes left in the tile group.
        available: usize,
    },
    /// The payload does not end with a one and zeros (6.2.4).
    #[error("the trailing bits from bit {position} are not a one and zeros")]
    TrailingBits {
        /// Bits into the payload.
        position: u64,
    },
    /// A syntax element has a value that the standard rules out.
    #[error("{element} = {value} is not allowed")]
    Value {
        /// Name of the syntax element.
        element: &'static str,
        /// Its value.
        value: i64,
    },
}

impl BitstreamError {
    pub(crate) fn value(element: &'static str, value: impl Into<i64>) -> Self {
        Self::Value { element, value: value.into() }
    }
}
