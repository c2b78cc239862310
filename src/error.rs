//! One error enum per boundary, each variant with the value that was refused.

use thiserror::Error;

use crate::av1::obu::ObuType;
use crate::frame::ChromaLayout;

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
    /// The picture is smaller than 16×16 or larger than 8192×4320.
    #[error("picture size {width}x{height} is outside 16x16 to 8192x4320")]
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

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The target rate is outside 1 kbit/s to 100 Mbit/s.
    #[error("bitrate {0} bit/s is outside 1000 to 100000000")]
    Bitrate(u32),
    /// A code point of the color description is reserved, or does not go with 4:2:0.
    #[error("{field} {value} cannot be signalled for 8-bit 4:2:0")]
    Color {
        /// Name of the syntax element (AV1 specification, 5.5.2).
        field: &'static str,
        /// Its value.
        value: u8,
    },
    /// A rate was set on an encoder whose quantizer index is constant.
    #[error("bitrate {bitrate} bit/s was set on an encoder of constant qindex {qindex}")]
    ConstantQindex {
        /// The rate asked for, in bit/s.
        bitrate: u32,
        /// The quantizer index of the encoder.
        qindex: u8,
    },
    /// The engine is not part of this build.
    #[error("engine {0} is not part of this build")]
    EngineMissing(&'static str),
    /// The frame rate is not between 1/10 and 240 frames a second.
    #[error("frame rate {num}/{den} is outside 1/10 to 240")]
    FrameRate {
        /// Numerator.
        num: u32,
        /// Denominator.
        den: u32,
    },
    /// The key-frame interval is zero.
    #[error("key-frame interval {0} is not at least 1")]
    KeyInterval(u32),
    /// The most delay is outside 50 to 1000 ms.
    #[error("max delay {0} ms is outside 50 to 1000")]
    MaxDelay(u32),
    /// The ceiling of a frame is below 64 bytes.
    #[error("max frame bytes {0} is not at least 64")]
    MaxFrameBytes(u32),
    /// The picture size is out of range.
    #[error("picture size {width}x{height} is outside 16x16 to 8192x4320")]
    Size {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
    },
    /// The speed is above 10.
    #[error("speed {0} is outside 0 to 10")]
    Speed(u8),
    /// The thread count is zero or above 64.
    #[error("{0} threads is outside 1 to 64")]
    Threads(usize),
    /// A tick is zero, or longer than a second, or shorter than a nanosecond.
    #[error("time base {num}/{den} s is not between 1 ns and 1 s")]
    Timebase {
        /// Numerator.
        num: u32,
        /// Denominator.
        den: u32,
    },
    /// The engine cannot serve the setting.
    #[error("engine {engine} does not serve {setting} = {value}")]
    Unsupported {
        /// Name of the engine.
        engine: &'static str,
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
    },
    /// What the network adds is out of range.
    #[error(
        "packet overhead {packet_overhead} bytes is outside 0 to 1000, or max payload \
         {max_payload} bytes outside 100 to 65535"
    )]
    Wire {
        /// Bytes beside the payload of a packet.
        packet_overhead: u32,
        /// Bytes of payload, at most.
        max_payload: u32,
    },
}

/// A frame or a request that the encoder refused; the encoder's state is as before the call.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The engine failed on its own account.
    #[error("engine {engine} failed: {message}")]
    Engine {
        /// Name of the engine.
        engine: &'static str,
        /// What it reported.
        message: String,
    },
    /// The encoder was flushed and takes no more frames.
    #[error("the encoder was flushed; frame at tick {0} refused")]
    Flushed(u64),
    /// A setting changed at run time is out of range or beyond the engine.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// The frame's size is not the encoder's.
    #[error("frame is {width}x{height}, encoder is {expected_width}x{expected_height}")]
    Size {
        /// Width of the frame.
        width: u32,
        /// Height of the frame.
        height: u32,
        /// Width of the encoder.
        expected_width: u32,
        /// Height of the encoder.
        expected_height: u32,
    },
    /// The timestamp does not come after the last one.
    #[error("timestamp {timestamp} does not follow {last}")]
    Timestamp {
        /// The frame's timestamp, in ticks.
        timestamp: u64,
        /// The timestamp before it.
        last: u64,
    },
}

/// A temporal unit that cannot be decoded, or settings that a decoder cannot have.
///
/// After an error in a unit the decoder goes on at the next key frame.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The unit is damaged, is not AV1, or refers to pictures that the decoder does not have.
    #[error("unit of {len} bytes at tick {timestamp} is damaged or lacks its references")]
    Damaged {
        /// Timestamp of the unit.
        timestamp: u64,
        /// Bytes of the unit.
        len: usize,
    },
    /// The unit has no bytes.
    #[error("unit at tick {timestamp} is empty")]
    Empty {
        /// Timestamp of the unit.
        timestamp: u64,
    },
    /// The back end failed on its own account.
    #[error("decoder {backend} failed: {message}")]
    Backend {
        /// Name of the back end.
        backend: &'static str,
        /// What it reported.
        message: String,
    },
    /// The picture has more luma samples than the decoder's settings allow.
    #[error("picture at tick {timestamp} has more than {max_pixels} pixels")]
    FrameSize {
        /// Timestamp of the unit.
        timestamp: u64,
        /// The limit, in luma samples.
        max_pixels: u32,
    },
    /// The size limit is zero or above 2³⁰.
    #[error("a size limit of {0} pixels is outside 1 to 1073741824")]
    MaxPixels(u32),
    /// Memory ran out.
    #[error("no memory for the picture at tick {timestamp}")]
    Memory {
        /// Timestamp of the unit.
        timestamp: u64,
    },
    /// The operating point is above 31.
    #[error("operating point {0} is outside 0 to 31")]
    OperatingPoint(u8),
    /// The thread count is zero or above 64.
    #[error("{0} threads is outside 1 to 64")]
    Threads(usize),
    /// The unit uses a part of AV1 that the back end was built without.
    #[error("unit at tick {timestamp} is beyond this decoder")]
    Unsupported {
        /// Timestamp of the unit.
        timestamp: u64,
    },
}

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
    /// An OBU is longer than the bytes that are left.
    #[error("an OBU of {size} bytes has only {available}")]
    ObuSize {
        /// obu_size.
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

/// A temporal unit that cannot be sent, a payload that is not one, or a setting out of range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RtpError {
    /// The output buffer is shorter than the payload.
    #[error("a buffer of {len} bytes cannot hold a payload of {needed}")]
    BufferTooShort {
        /// Bytes of the buffer.
        len: usize,
        /// Bytes of the payload.
        needed: usize,
    },
    /// A limit of the depacketizer is out of range.
    #[error("{setting} = {value} is outside {min} to {max}")]
    Config {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: usize,
        /// The least value.
        min: usize,
        /// The greatest value.
        max: usize,
    },
    /// A temporal delimiter follows other OBUs: the data are more than one temporal unit.
    #[error("a second temporal unit starts at byte {offset}")]
    DelimiterInside {
        /// Where the delimiter starts in the input.
        offset: usize,
    },
    /// An aggregation header cannot count so many elements (4.4).
    #[error("W = {0} is over 3")]
    ElementCount(u8),
    /// An OBU element is longer than the bytes that are left (4.5).
    #[error("element {index} of {length} bytes has only {available}")]
    ElementLength {
        /// Which element, from 0.
        index: usize,
        /// Its length.
        length: usize,
        /// Bytes left.
        available: usize,
    },
    /// The length field of an OBU element cannot be read (4.5).
    #[error("the length of element {index} cannot be read")]
    ElementLengthField {
        /// Which element, from 0.
        index: usize,
        /// What is wrong with it.
        source: BitstreamError,
    },
    /// An OBU element has no bytes, or there are fewer elements than W says (4.5).
    #[error("element {index} is missing or empty")]
    ElementMissing {
        /// Which element, from 0.
        index: usize,
    },
    /// An fmtp parameter stands twice.
    #[error("fmtp parameter {0} stands twice")]
    FmtpRepeated(&'static str),
    /// An fmtp parameter has no value, or one that is no number or out of range (7.2).
    #[error("fmtp parameter {parameter}={value:?} is not an integer from 0 to {max}")]
    FmtpValue {
        /// Name of the parameter.
        parameter: &'static str,
        /// The value.
        value: String,
        /// The greatest value.
        max: u8,
    },
    /// The depacketizer holds all it may; its events have to be taken first.
    #[error("{held} bytes are held; take the events before the next packet")]
    NotDrained {
        /// Bytes held.
        held: usize,
    },
    /// The data hold no OBU that may be sent.
    #[error("{len} bytes hold no OBU to send")]
    NothingToSend {
        /// Bytes given.
        len: usize,
    },
    /// The temporal unit is malformed.
    #[error("malformed OBU at byte {offset}")]
    Obu {
        /// Where the OBU starts in the input.
        offset: usize,
        /// What is wrong with it.
        source: BitstreamError,
    },
    /// A packet has no room for an aggregation header and two bytes, or more than 65,535 bytes.
    #[error("a {packet} packet of {max_payload} - {reduction} bytes is outside 3 to 65535")]
    PacketLimit {
        /// `"first"`, `"last"`, `"single"` or `"middle"`.
        packet: &'static str,
        /// The limit before the reduction, in bytes.
        max_payload: usize,
        /// The reduction, in bytes.
        reduction: usize,
    },
    /// A payload is longer than any UDP packet.
    #[error("a payload of {0} bytes is over 65535")]
    PayloadLength(usize),
    /// N stands with Z in an aggregation header (4.4).
    #[error("aggregation header {0:#04x} starts a coded video sequence within an OBU")]
    SequenceStartsInFragment(u8),
}
