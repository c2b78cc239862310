//! One error enum per boundary, each variant with the value that was refused.

use thiserror::Error;

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
