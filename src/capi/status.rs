//! The codes that every call returns, and the words for them.

use std::ffi::{CStr, c_char};

/// What a call came to. Zero is success, everything else an error; codes that are not listed here
/// may come from a later library.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rtav1Status {
    /// Success.
    Ok = 0,

    /// A pointer is null or not aligned for its type.
    NullPointer = 1,
    /// `struct_size` is not a size of the struct.
    StructSize = 2,
    /// A field or an argument has a value without meaning.
    UnknownValue = 3,
    /// The buffer is too short.
    BufferTooShort = 4,
    /// A length is larger than memory.
    Length = 5,
    /// A text is not UTF-8.
    NotUtf8 = 6,
    /// The library is at fault; the handle serves no more and can only be freed.
    Panic = 7,

    /// The samples are not 8 bits deep.
    FrameBitDepth = 101,
    /// The chroma planes are not those of 4:2:0.
    FrameLayout = 102,
    /// A plane holds fewer bytes than its rows need.
    FramePlaneLength = 103,
    /// The picture is smaller than 16x16 or larger than 8192x4320.
    FrameSize = 104,
    /// A picture in one piece has another length than its samples.
    FrameLength = 107,
    /// A stride is smaller than a row.
    FrameStride = 105,
    /// Stride times height is beyond the address space.
    FrameStrideOverflow = 106,

    /// The bitrate is outside 1 kbit/s to 100 Mbit/s, and not 0.
    ConfigBitrate = 201,
    /// A code point of the color description is reserved, or does not go with 4:2:0.
    ConfigColor = 202,
    /// A rate was set on an encoder whose quantizer index is constant.
    ConfigConstantQindex = 203,
    /// The engine is not part of this build.
    ConfigEngineMissing = 204,
    /// The frame rate is not between 1/10 and 240 frames a second.
    ConfigFrameRate = 205,
    /// The key-frame interval is out of range.
    ConfigKeyInterval = 206,
    /// The picture size of the encoder is out of range.
    ConfigSize = 207,
    /// The speed is above 10.
    ConfigSpeed = 208,
    /// The thread count of the encoder is zero or above 64.
    ConfigThreads = 209,
    /// A tick is zero, longer than a second or shorter than a nanosecond.
    ConfigTimebase = 210,
    /// The engine cannot serve the setting or the request.
    ConfigUnsupported = 211,
    /// The most delay is outside 50 to 1000 ms.
    ConfigMaxDelay = 212,
    /// The most bytes of a frame are below 64.
    ConfigMaxFrameBytes = 213,
    /// The overhead of a packet is above 1000 bytes, or its payload outside 100 to 65535.
    ConfigWire = 214,
    /// The least quantizer index is 0 or above the greatest.
    ConfigQindexRange = 215,
    /// Not even the smallest key frame of the size fits the rate, delay, overhead and ceiling.
    ConfigSmallestFrame = 216,
    /// The number of tile columns is no power of two, or not one for the width.
    ConfigTileColumns = 217,
    /// No scalability mode has the name.
    ConfigScalabilityMode = 218,
    /// The shares of layers are not percentages above 0 that add up to 100.
    ConfigLayerShares = 219,
    /// A sweep of rolling intra refresh has fewer than 2 frames or more than 1000.
    ConfigIntraRefresh = 220,

    /// The engine failed on its own account.
    EncodeEngine = 301,
    /// The encoder was flushed and takes no more frames.
    EncodeFlushed = 302,
    /// The frame's size is not the encoder's.
    EncodeSize = 303,
    /// The timestamp does not come after the last one.
    EncodeTimestamp = 304,

    /// The decoder's back end failed on its own account.
    DecodeBackend = 401,
    /// The unit is damaged, is not AV1 or lacks its references.
    DecodeDamaged = 402,
    /// The unit has no bytes.
    DecodeEmpty = 403,
    /// The picture has more luma samples than the decoder's settings allow.
    DecodeFrameSize = 404,
    /// The size limit is zero.
    DecodeMaxPixels = 405,
    /// Memory ran out.
    DecodeMemory = 406,
    /// The operating point is above 31.
    DecodeOperatingPoint = 407,
    /// The thread count of the decoder is zero or above 64.
    DecodeThreads = 408,
    /// The unit uses a part of AV1 that the decoder was built without.
    DecodeUnsupported = 409,

    /// The buffer is shorter than the payload.
    RtpBufferTooShort = 501,
    /// A setting is out of range.
    RtpConfig = 502,
    /// The data are more than one temporal unit.
    RtpDelimiterInside = 503,
    /// An aggregation header cannot count so many elements.
    RtpElementCount = 504,
    /// An OBU element is longer than the bytes that are left.
    RtpElementLength = 505,
    /// The length field of an OBU element cannot be read.
    RtpElementLengthField = 506,
    /// A payload has no aggregation header.
    RtpPayloadEmpty = 507,
    /// An fmtp parameter stands twice.
    RtpFmtpRepeated = 508,
    /// An fmtp parameter has no value, or one that is no number or out of range.
    RtpFmtpValue = 509,
    /// The depacketizer holds all it may; its events have to be taken first.
    RtpNotDrained = 510,
    /// The data hold no OBU that may be sent.
    RtpNothingToSend = 511,
    /// The temporal unit is malformed.
    RtpObu = 512,
    /// A packet has room for fewer than 3 or more than 65535 bytes.
    RtpPacketLimit = 513,
    /// A payload is longer than any UDP packet.
    RtpPayloadLength = 514,
    /// An aggregation header starts a coded video sequence within an OBU.
    RtpSequenceStartsInFragment = 515,
    /// A line of a session description is not an fmtp attribute.
    RtpFmtpLine = 516,
    /// A unit has another number of frames than are described.
    RtpFrameCount = 517,

    /// A bit that aligns to the next byte is set.
    BitstreamAlignment = 601,
    /// The bits of a header were cut short.
    BitstreamBitsExhausted = 602,
    /// A stream does not start with a temporal delimiter.
    BitstreamDelimiterMissing = 603,
    /// obu_forbidden_bit is set.
    BitstreamForbiddenBit = 604,
    /// A frame ends before its last tile.
    BitstreamFrameIncomplete = 605,
    /// An OBU header was cut short.
    BitstreamHeaderTruncated = 606,
    /// A header contradicts itself or the state of the decoder.
    BitstreamInconsistent = 607,
    /// A leb128 value goes on after its eighth byte.
    BitstreamLeb128Length = 608,
    /// A leb128 value does not fit the length asked for.
    BitstreamLeb128Padding = 609,
    /// A leb128 value was cut short.
    BitstreamLeb128Truncated = 610,
    /// A leb128 value is above 4294967295.
    BitstreamLeb128Value = 611,
    /// An OBU comes at a wrong place.
    BitstreamObuOrder = 612,
    /// An OBU is longer than the bytes that are left.
    BitstreamObuSize = 613,
    /// The sequence lacks the operating point that was chosen.
    BitstreamOperatingPoint = 614,
    /// A redundant frame header is not a copy of the first one.
    BitstreamRedundantHeader = 615,
    /// A frame refers to a slot of another bit depth or chroma format.
    BitstreamReferenceFormat = 616,
    /// A frame refers to a slot that is empty or no longer valid.
    BitstreamReferenceInvalid = 617,
    /// A frame is over 2 times smaller or 16 times larger than a reference.
    BitstreamReferenceSize = 618,
    /// There is a frame before any sequence header.
    BitstreamSequenceHeaderMissing = 619,
    /// An OBU lacks obu_size where the format needs it.
    BitstreamSizeMissing = 620,
    /// A tile is longer than its tile group, or empty.
    BitstreamTileSize = 621,
    /// The payload does not end with a one and zeros.
    BitstreamTrailingBits = 622,
    /// A syntax element has a value that the standard rules out.
    BitstreamValue = 623,

    /// A dependency descriptor ends before its last field.
    DescriptorCutShort = 701,
    /// A frame depends on one that was not sent before it.
    DescriptorDependency = 702,
    /// A frame does not come after the one before it.
    DescriptorFrameOrder = 703,
    /// The structure has no template of the frame's layer.
    DescriptorLayer = 704,
    /// A descriptor has fewer than 3 or more than 255 bytes.
    DescriptorLength = 705,
    /// A number of a descriptor is out of its range.
    DescriptorLimit = 706,
    /// Numbers of decode targets or chains do not go together.
    DescriptorMismatch = 707,
    /// No structure has come yet.
    DescriptorStructureMissing = 708,
    /// The template is none of the structures known.
    DescriptorTemplate = 709,
    /// Templates are not sorted by layer.
    DescriptorTemplateOrder = 710,

    /// An RTCP packet ends before its last byte.
    RtcpCutShort = 801,
    /// The padding of an RTCP packet is none.
    RtcpPadding = 802,
    /// The version of an RTCP packet is not 2.
    RtcpVersion = 803,
}

/// What a status means, in a few words; the string is always valid.
///
/// The text of a failed call, with the offending values, comes from the handle (for example
/// `rtav1_encoder_error`) or, where there is no handle yet, in the `message` buffer.
#[unsafe(no_mangle)]
pub extern "C" fn rtav1_status_string(status: i32) -> *const c_char {
    let known = DESCRIPTIONS.iter().find(|(known, _)| *known as i32 == status);
    known.map_or(c"unknown status", |(_, text)| text).as_ptr()
}

/// Every status with its words.
pub(super) const DESCRIPTIONS: [(Rtav1Status, &CStr); 101] = [
    (Rtav1Status::Ok, c"success"),
    (Rtav1Status::NullPointer, c"a pointer is null or not aligned for its type"),
    (Rtav1Status::StructSize, c"`struct_size` is not a size of the struct"),
    (Rtav1Status::UnknownValue, c"a field or an argument has a value without meaning"),
    (Rtav1Status::BufferTooShort, c"the buffer is too short"),
    (Rtav1Status::Length, c"a length is larger than memory"),
    (Rtav1Status::NotUtf8, c"a text is not UTF-8"),
    (
        Rtav1Status::Panic,
        c"the library is at fault; the handle serves no more and can only be freed",
    ),
    (Rtav1Status::FrameBitDepth, c"the samples are not 8 bits deep"),
    (Rtav1Status::FrameLayout, c"the chroma planes are not those of 4:2:0"),
    (Rtav1Status::FrameLength, c"a picture in one piece has another length than its samples"),
    (Rtav1Status::FramePlaneLength, c"a plane holds fewer bytes than its rows need"),
    (Rtav1Status::FrameSize, c"the picture is empty or larger than 8192x4320"),
    (Rtav1Status::FrameStride, c"a stride is smaller than a row"),
    (Rtav1Status::FrameStrideOverflow, c"stride times height is beyond the address space"),
    (Rtav1Status::ConfigBitrate, c"the bitrate is outside 1 kbit/s to 100 Mbit/s, and not 0"),
    (
        Rtav1Status::ConfigColor,
        c"a code point of the color description is reserved, or does not go with 4:2:0",
    ),
    (
        Rtav1Status::ConfigConstantQindex,
        c"a rate was set on an encoder whose quantizer index is constant",
    ),
    (Rtav1Status::ConfigEngineMissing, c"the engine is not part of this build"),
    (Rtav1Status::ConfigFrameRate, c"the frame rate is not between 1/10 and 240 frames a second"),
    (
        Rtav1Status::ConfigIntraRefresh,
        c"a sweep of rolling intra refresh has fewer than 2 frames or more than 1000",
    ),
    (Rtav1Status::ConfigKeyInterval, c"the key-frame interval is out of range"),
    (Rtav1Status::ConfigScalabilityMode, c"no scalability mode has the name"),
    (
        Rtav1Status::ConfigLayerShares,
        c"the shares of layers are not percentages above 0 that add up to 100",
    ),
    (Rtav1Status::ConfigSize, c"the picture size of the encoder is out of range"),
    (Rtav1Status::ConfigSpeed, c"the speed is above 10"),
    (Rtav1Status::ConfigThreads, c"the thread count of the encoder is zero or above 64"),
    (
        Rtav1Status::ConfigTimebase,
        c"a tick is zero, longer than a second or shorter than a nanosecond",
    ),
    (Rtav1Status::ConfigUnsupported, c"the engine cannot serve the setting or the request"),
    (Rtav1Status::ConfigMaxDelay, c"the most delay is outside 50 to 1000 ms"),
    (Rtav1Status::ConfigMaxFrameBytes, c"the most bytes of a frame are below 64"),
    (
        Rtav1Status::ConfigWire,
        c"the overhead of a packet is above 1000 bytes, or its payload outside 100 to 65535",
    ),
    (Rtav1Status::ConfigQindexRange, c"the least quantizer index is 0 or above the greatest"),
    (
        Rtav1Status::ConfigSmallestFrame,
        c"not even the smallest key frame of the size fits the rate, delay, overhead and ceiling",
    ),
    (
        Rtav1Status::ConfigTileColumns,
        c"the number of tile columns is no power of two, or not one for the width",
    ),
    (Rtav1Status::EncodeEngine, c"the engine failed on its own account"),
    (Rtav1Status::EncodeFlushed, c"the encoder was flushed and takes no more frames"),
    (Rtav1Status::EncodeSize, c"the frame's size is not the encoder's"),
    (Rtav1Status::EncodeTimestamp, c"the timestamp does not come after the last one"),
    (Rtav1Status::DecodeBackend, c"the decoder's back end failed on its own account"),
    (Rtav1Status::DecodeDamaged, c"the unit is damaged, is not AV1 or lacks its references"),
    (Rtav1Status::DecodeEmpty, c"the unit has no bytes"),
    (
        Rtav1Status::DecodeFrameSize,
        c"the picture has more luma samples than the decoder's settings allow",
    ),
    (Rtav1Status::DecodeMaxPixels, c"the size limit is zero"),
    (Rtav1Status::DecodeMemory, c"memory ran out"),
    (Rtav1Status::DecodeOperatingPoint, c"the operating point is above 31"),
    (Rtav1Status::DecodeThreads, c"the thread count of the decoder is zero or above 64"),
    (
        Rtav1Status::DecodeUnsupported,
        c"the unit uses a part of AV1 that the decoder was built without",
    ),
    (Rtav1Status::RtpBufferTooShort, c"the buffer is shorter than the payload"),
    (Rtav1Status::RtpConfig, c"a setting is out of range"),
    (Rtav1Status::RtpDelimiterInside, c"the data are more than one temporal unit"),
    (Rtav1Status::RtpElementCount, c"an aggregation header cannot count so many elements"),
    (Rtav1Status::RtpElementLength, c"an OBU element is longer than the bytes that are left"),
    (Rtav1Status::RtpElementLengthField, c"the length field of an OBU element cannot be read"),
    (Rtav1Status::RtpPayloadEmpty, c"a payload has no aggregation header"),
    (Rtav1Status::RtpFmtpRepeated, c"an fmtp parameter stands twice"),
    (Rtav1Status::RtpFrameCount, c"the unit has another number of frames than are described"),
    (Rtav1Status::RtpFmtpLine, c"a line of a session description is not an fmtp attribute"),
    (
        Rtav1Status::RtpFmtpValue,
        c"an fmtp parameter has no value, or one that is no number or out of range",
    ),
    (
        Rtav1Status::RtpNotDrained,
        c"the depacketizer holds all it may; its events have to be taken first",
    ),
    (Rtav1Status::RtpNothingToSend, c"the data hold no OBU that may be sent"),
    (Rtav1Status::RtpObu, c"the temporal unit is malformed"),
    (Rtav1Status::RtpPacketLimit, c"a packet has room for fewer than 3 or more than 65535 bytes"),
    (Rtav1Status::RtpPayloadLength, c"a payload is longer than any UDP packet"),
    (
        Rtav1Status::RtpSequenceStartsInFragment,
        c"an aggregation header starts a coded video sequence within an OBU",
    ),
    (Rtav1Status::BitstreamAlignment, c"a bit that aligns to the next byte is set"),
    (Rtav1Status::BitstreamBitsExhausted, c"the bits of a header were cut short"),
    (Rtav1Status::BitstreamDelimiterMissing, c"a stream does not start with a temporal delimiter"),
    (Rtav1Status::BitstreamForbiddenBit, c"obu_forbidden_bit is set"),
    (Rtav1Status::BitstreamFrameIncomplete, c"a frame ends before its last tile"),
    (Rtav1Status::BitstreamHeaderTruncated, c"an OBU header was cut short"),
    (
        Rtav1Status::BitstreamInconsistent,
        c"a header contradicts itself or the state of the decoder",
    ),
    (Rtav1Status::BitstreamLeb128Length, c"a leb128 value goes on after its eighth byte"),
    (Rtav1Status::BitstreamLeb128Padding, c"a leb128 value does not fit the length asked for"),
    (Rtav1Status::BitstreamLeb128Truncated, c"a leb128 value was cut short"),
    (Rtav1Status::BitstreamLeb128Value, c"a leb128 value is above 4294967295"),
    (Rtav1Status::BitstreamObuOrder, c"an OBU comes at a wrong place"),
    (Rtav1Status::BitstreamObuSize, c"an OBU is longer than the bytes that are left"),
    (
        Rtav1Status::BitstreamOperatingPoint,
        c"the sequence lacks the operating point that was chosen",
    ),
    (
        Rtav1Status::BitstreamRedundantHeader,
        c"a redundant frame header is not a copy of the first one",
    ),
    (
        Rtav1Status::BitstreamReferenceFormat,
        c"a frame refers to a slot of another bit depth or chroma format",
    ),
    (
        Rtav1Status::BitstreamReferenceInvalid,
        c"a frame refers to a slot that is empty or no longer valid",
    ),
    (
        Rtav1Status::BitstreamReferenceSize,
        c"a frame is over 2 times smaller or 16 times larger than a reference",
    ),
    (Rtav1Status::BitstreamSequenceHeaderMissing, c"there is a frame before any sequence header"),
    (Rtav1Status::BitstreamSizeMissing, c"an OBU lacks obu_size where the format needs it"),
    (Rtav1Status::BitstreamTileSize, c"a tile is longer than its tile group, or empty"),
    (Rtav1Status::BitstreamTrailingBits, c"the payload does not end with a one and zeros"),
    (Rtav1Status::BitstreamValue, c"a syntax element has a value that the standard rules out"),
    (Rtav1Status::DescriptorCutShort, c"a dependency descriptor is cut short"),
    (Rtav1Status::DescriptorDependency, c"a frame depends on one that was not sent before it"),
    (Rtav1Status::DescriptorFrameOrder, c"a frame does not come after the one before it"),
    (Rtav1Status::DescriptorLayer, c"the structure has no template of the frame's layer"),
    (Rtav1Status::DescriptorLength, c"a descriptor has fewer than 3 or more than 255 bytes"),
    (Rtav1Status::DescriptorLimit, c"a number of a descriptor is out of its range"),
    (Rtav1Status::DescriptorMismatch, c"numbers of decode targets or chains do not go together"),
    (Rtav1Status::DescriptorStructureMissing, c"a descriptor comes before any structure"),
    (Rtav1Status::DescriptorTemplate, c"a template is none of the structures known"),
    (Rtav1Status::DescriptorTemplateOrder, c"templates are not sorted by layer"),
    (Rtav1Status::RtcpCutShort, c"an RTCP packet is cut short"),
    (Rtav1Status::RtcpPadding, c"the padding of an RTCP packet is none"),
    (Rtav1Status::RtcpVersion, c"the version of an RTCP packet is not 2"),
];
