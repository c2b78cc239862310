//! What calls fail of, and the code of each: one for every variant of the error enums.

use std::error::Error as _;

use thiserror::Error;

use super::status::Rtav1Status;
use crate::av1::obu::BitstreamError;
use crate::config::ConfigError;
#[cfg(any(feature = "rav1d", feature = "dav1d"))]
use crate::decoder::DecodeError;
use crate::encoder::EncodeError;
use crate::frame::FrameError;
use crate::rtp::RtpError;
use crate::rtp::dependency_descriptor::DescriptorError;
use crate::rtp::rtcp::RtcpError;

/// Whatever a call can fail of.
#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error("{0} is null or misaligned")]
    Pointer(&'static str),
    #[error("{name}: struct_size is {size}, this library knows {expected}")]
    StructSize { name: &'static str, size: usize, expected: usize },
    #[error("{field} = {value} has no meaning")]
    UnknownValue { field: &'static str, value: u32 },
    #[error("a buffer of {len} bytes cannot hold {needed}")]
    BufferTooShort { len: usize, needed: usize },
    #[error("{name}: {len} bytes are more than memory has")]
    Length { name: &'static str, len: usize },
    #[error("the text is not UTF-8 at byte {position}")]
    NotUtf8 { position: usize },
    #[error("the library failed; the handle can only be freed")]
    Panic,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[cfg(any(feature = "rav1d", feature = "dav1d"))]
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Rtp(#[from] RtpError),
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    #[error(transparent)]
    Rtcp(#[from] RtcpError),
}

impl Failure {
    pub(super) fn status(&self) -> Rtav1Status {
        match self {
            Self::Pointer(_) => Rtav1Status::NullPointer,
            Self::StructSize { .. } => Rtav1Status::StructSize,
            Self::UnknownValue { .. } => Rtav1Status::UnknownValue,
            Self::BufferTooShort { .. } => Rtav1Status::BufferTooShort,
            Self::Length { .. } => Rtav1Status::Length,
            Self::NotUtf8 { .. } => Rtav1Status::NotUtf8,
            Self::Panic => Rtav1Status::Panic,
            Self::Frame(error) => frame_status(error),
            Self::Config(error) => config_status(error),
            Self::Encode(error) => encode_status(error),
            #[cfg(any(feature = "rav1d", feature = "dav1d"))]
            Self::Decode(error) => decode_status(error),
            Self::Rtp(error) => rtp_status(error),
            Self::Descriptor(error) => descriptor_status(error),
            Self::Rtcp(error) => rtcp_status(error),
        }
    }

    /// The error and what it comes from, on one line.
    pub(super) fn message(&self) -> String {
        let mut message = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            message += ": ";
            message += &error.to_string();
            source = error.source();
        }
        message
    }
}

fn frame_status(error: &FrameError) -> Rtav1Status {
    match error {
        FrameError::BitDepth(_) => Rtav1Status::FrameBitDepth,
        FrameError::Layout(_) => Rtav1Status::FrameLayout,
        FrameError::Length { .. } => Rtav1Status::FrameLength,
        FrameError::PlaneLength { .. } => Rtav1Status::FramePlaneLength,
        FrameError::Size { .. } => Rtav1Status::FrameSize,
        FrameError::Stride { .. } => Rtav1Status::FrameStride,
        FrameError::StrideOverflow { .. } => Rtav1Status::FrameStrideOverflow,
    }
}

fn config_status(error: &ConfigError) -> Rtav1Status {
    match error {
        ConfigError::Bitrate(_) => Rtav1Status::ConfigBitrate,
        ConfigError::Color { .. } => Rtav1Status::ConfigColor,
        ConfigError::ConstantQindex { .. } => Rtav1Status::ConfigConstantQindex,
        ConfigError::EngineMissing(_) => Rtav1Status::ConfigEngineMissing,
        ConfigError::FrameRate { .. } => Rtav1Status::ConfigFrameRate,
        ConfigError::IntraRefresh(_) => Rtav1Status::ConfigIntraRefresh,
        ConfigError::KeyInterval(_) => Rtav1Status::ConfigKeyInterval,
        ConfigError::MaxDelay(_) => Rtav1Status::ConfigMaxDelay,
        ConfigError::MaxFrameBytes(_) => Rtav1Status::ConfigMaxFrameBytes,
        ConfigError::QindexRange { .. } => Rtav1Status::ConfigQindexRange,
        ConfigError::ScalabilityMode(_) => Rtav1Status::ConfigScalabilityMode,
        ConfigError::LayerShares(_) => Rtav1Status::ConfigLayerShares,
        ConfigError::Size { .. } => Rtav1Status::ConfigSize,
        ConfigError::SmallestFrame { .. } => Rtav1Status::ConfigSmallestFrame,
        ConfigError::Speed(_) => Rtav1Status::ConfigSpeed,
        ConfigError::Threads(_) => Rtav1Status::ConfigThreads,
        ConfigError::TileColumns { .. } => Rtav1Status::ConfigTileColumns,
        ConfigError::Timebase { .. } => Rtav1Status::ConfigTimebase,
        ConfigError::Unsupported { .. } => Rtav1Status::ConfigUnsupported,
        ConfigError::Wire { .. } => Rtav1Status::ConfigWire,
    }
}

fn encode_status(error: &EncodeError) -> Rtav1Status {
    match error {
        EncodeError::Engine { .. } => Rtav1Status::EncodeEngine,
        EncodeError::Flushed(_) => Rtav1Status::EncodeFlushed,
        EncodeError::Setting(error) => config_status(error),
        EncodeError::Size { .. } => Rtav1Status::EncodeSize,
        EncodeError::Timestamp { .. } => Rtav1Status::EncodeTimestamp,
    }
}

#[cfg(any(feature = "rav1d", feature = "dav1d"))]
fn decode_status(error: &DecodeError) -> Rtav1Status {
    match error {
        DecodeError::Backend { .. } => Rtav1Status::DecodeBackend,
        DecodeError::Damaged { .. } => Rtav1Status::DecodeDamaged,
        DecodeError::Empty { .. } => Rtav1Status::DecodeEmpty,
        DecodeError::FrameSize { .. } => Rtav1Status::DecodeFrameSize,
        DecodeError::MaxPixels(_) => Rtav1Status::DecodeMaxPixels,
        DecodeError::Memory { .. } => Rtav1Status::DecodeMemory,
        DecodeError::OperatingPoint(_) => Rtav1Status::DecodeOperatingPoint,
        DecodeError::Threads(_) => Rtav1Status::DecodeThreads,
        DecodeError::Unsupported { .. } => Rtav1Status::DecodeUnsupported,
    }
}

fn descriptor_status(error: &DescriptorError) -> Rtav1Status {
    match error {
        DescriptorError::CutShort { .. } => Rtav1Status::DescriptorCutShort,
        DescriptorError::Dependency { .. } => Rtav1Status::DescriptorDependency,
        DescriptorError::FrameOrder { .. } => Rtav1Status::DescriptorFrameOrder,
        DescriptorError::Layer { .. } => Rtav1Status::DescriptorLayer,
        DescriptorError::Length(_) => Rtav1Status::DescriptorLength,
        DescriptorError::Limit { .. } => Rtav1Status::DescriptorLimit,
        DescriptorError::Mismatch { .. } => Rtav1Status::DescriptorMismatch,
        DescriptorError::StructureMissing { .. } => Rtav1Status::DescriptorStructureMissing,
        DescriptorError::Template { .. } => Rtav1Status::DescriptorTemplate,
        DescriptorError::TemplateOrder { .. } => Rtav1Status::DescriptorTemplateOrder,
    }
}

fn rtcp_status(error: &RtcpError) -> Rtav1Status {
    match error {
        RtcpError::CutShort { .. } => Rtav1Status::RtcpCutShort,
        RtcpError::Padding(_) => Rtav1Status::RtcpPadding,
        RtcpError::Version(_) => Rtav1Status::RtcpVersion,
    }
}

fn rtp_status(error: &RtpError) -> Rtav1Status {
    match error {
        RtpError::BufferTooShort { .. } => Rtav1Status::RtpBufferTooShort,
        RtpError::Config { .. } => Rtav1Status::RtpConfig,
        RtpError::DelimiterInside { .. } => Rtav1Status::RtpDelimiterInside,
        RtpError::ElementCount(_) => Rtav1Status::RtpElementCount,
        RtpError::ElementLength { .. } => Rtav1Status::RtpElementLength,
        RtpError::ElementLengthField { .. } => Rtav1Status::RtpElementLengthField,
        RtpError::FrameCount { .. } => Rtav1Status::RtpFrameCount,
        RtpError::FmtpLine { .. } => Rtav1Status::RtpFmtpLine,
        RtpError::FmtpRepeated(_) => Rtav1Status::RtpFmtpRepeated,
        RtpError::FmtpValue { .. } => Rtav1Status::RtpFmtpValue,
        RtpError::NotDrained { .. } => Rtav1Status::RtpNotDrained,
        RtpError::NothingToSend { .. } => Rtav1Status::RtpNothingToSend,
        RtpError::Obu { .. } => Rtav1Status::RtpObu,
        RtpError::PacketLimit { .. } => Rtav1Status::RtpPacketLimit,
        RtpError::PayloadEmpty => Rtav1Status::RtpPayloadEmpty,
        RtpError::PayloadLength(_) => Rtav1Status::RtpPayloadLength,
        RtpError::SequenceStartsInFragment(_) => Rtav1Status::RtpSequenceStartsInFragment,
    }
}

pub(super) fn bitstream_status(error: &BitstreamError) -> Rtav1Status {
    match error {
        BitstreamError::Alignment { .. } => Rtav1Status::BitstreamAlignment,
        BitstreamError::BitsExhausted { .. } => Rtav1Status::BitstreamBitsExhausted,
        BitstreamError::DelimiterMissing { .. } => Rtav1Status::BitstreamDelimiterMissing,
        BitstreamError::ForbiddenBit(_) => Rtav1Status::BitstreamForbiddenBit,
        BitstreamError::FrameIncomplete { .. } => Rtav1Status::BitstreamFrameIncomplete,
        BitstreamError::HeaderTruncated { .. } => Rtav1Status::BitstreamHeaderTruncated,
        BitstreamError::Inconsistent { .. } => Rtav1Status::BitstreamInconsistent,
        BitstreamError::Leb128Length { .. } => Rtav1Status::BitstreamLeb128Length,
        BitstreamError::Leb128Padding { .. } => Rtav1Status::BitstreamLeb128Padding,
        BitstreamError::Leb128Truncated { .. } => Rtav1Status::BitstreamLeb128Truncated,
        BitstreamError::Leb128Value(_) => Rtav1Status::BitstreamLeb128Value,
        BitstreamError::ObuOrder { .. } => Rtav1Status::BitstreamObuOrder,
        BitstreamError::ObuSize { .. } => Rtav1Status::BitstreamObuSize,
        BitstreamError::OperatingPoint { .. } => Rtav1Status::BitstreamOperatingPoint,
        BitstreamError::RedundantHeader => Rtav1Status::BitstreamRedundantHeader,
        BitstreamError::ReferenceFormat { .. } => Rtav1Status::BitstreamReferenceFormat,
        BitstreamError::ReferenceInvalid { .. } => Rtav1Status::BitstreamReferenceInvalid,
        BitstreamError::ReferenceSize { .. } => Rtav1Status::BitstreamReferenceSize,
        BitstreamError::SequenceHeaderMissing { .. } => Rtav1Status::BitstreamSequenceHeaderMissing,
        BitstreamError::SizeMissing { .. } => Rtav1Status::BitstreamSizeMissing,
        BitstreamError::TileSize { .. } => Rtav1Status::BitstreamTileSize,
        BitstreamError::TrailingBits { .. } => Rtav1Status::BitstreamTrailingBits,
        BitstreamError::Value { .. } => Rtav1Status::BitstreamValue,
    }
}
