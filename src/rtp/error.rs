//! What packetizer, depacketizer and SDP refuse.

use thiserror::Error;

use crate::av1::obu::BitstreamError;

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
    /// A temporal unit has another number of frames than are described.
    #[error("{described} frames are described, the temporal unit has {frames}")]
    FrameCount {
        /// Frames of the unit, one for each layer.
        frames: usize,
        /// Frames described.
        described: usize,
    },
    /// A line of a session description that is not an fmtp attribute (7.2).
    #[error("{line:?} is not an fmtp attribute")]
    FmtpLine {
        /// The line.
        line: String,
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
    /// A payload has no aggregation header (4.4).
    #[error("a payload without bytes has no aggregation header")]
    PayloadEmpty,
    /// A payload is longer than any UDP packet.
    #[error("a payload of {0} bytes is over 65535")]
    PayloadLength(usize),
    /// N stands with Z in an aggregation header (4.4).
    #[error("aggregation header {0:#04x} starts a coded video sequence within an OBU")]
    SequenceStartsInFragment(u8),
}
