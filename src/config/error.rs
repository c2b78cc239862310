//! What cannot be set.

use std::time::Duration;

use thiserror::Error;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The target rate is outside 1 kbit/s to 100 Mbit/s, and not 0.
    #[error("bitrate {0} bit/s is neither 0 nor 1000 to 100000000")]
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
    /// No mode has this name.
    #[error("scalability mode {0:?} is none of L1T1, L1T2 and L1T3")]
    ScalabilityMode(String),
    /// A sweep of rolling intra refresh has fewer than 2 frames or more than 1000.
    #[error("intra refresh of {0} frames is outside 2 to 1000")]
    IntraRefresh(u32),
    /// The key-frame interval is zero.
    #[error("key-frame interval {0} is not at least 1")]
    KeyInterval(u32),
    /// The shares of layers are not one to three percentages above 0 that add up to 100.
    #[error("layer shares {0:?} are not one to three percentages above 0 that add up to 100")]
    LayerShares(String),
    /// The most delay is outside 50 to 1000 ms.
    #[error("max delay {0:?} is outside 50ms to 1s")]
    MaxDelay(Duration),
    /// The ceiling of a frame is below 64 bytes.
    #[error("max frame bytes {0} is not at least 64")]
    MaxFrameBytes(u32),
    /// The least quantizer index is 0 or above the greatest.
    #[error("qindex range {min} to {max} is not within 1 to 255")]
    QindexRange {
        /// The least index.
        min: u8,
        /// The greatest index.
        max: u8,
    },
    /// The picture size is out of range.
    #[error("picture size {width}x{height} is outside 16x16 to 8192x4320")]
    Size {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
    },
    /// Not even the smallest key frame of the size fits the limits: what the target rate carries in
    /// the most delay, less the headers of packets, or the ceiling of a frame.
    #[error(
        "the smallest key frame of this size has {needed_bits} bits, and a frame may have \
         {available_bits}"
    )]
    SmallestFrame {
        /// Bits of the smallest key frame.
        needed_bits: u64,
        /// Bits that a temporal unit may have when nothing else waits for the link.
        available_bits: u64,
    },
    /// The speed is above 10.
    #[error("speed {0} is outside 0 to 10")]
    Speed(u8),
    /// The thread count is zero or above 64.
    #[error("{0} threads is outside 1 to 64")]
    Threads(usize),
    /// The number of tile columns is no power of two, or the columns would be narrower or wider than
    /// they may be.
    #[error("{columns} tile columns is not a power of two from {least} to {most} at width {width}")]
    TileColumns {
        /// Tile columns asked for.
        columns: u32,
        /// Width in luma samples.
        width: u32,
        /// The fewest for this width.
        least: u32,
        /// The most for this width.
        most: u32,
    },
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
