//! What receivers say of a video stream in RTCP: the messages that senders of AV1 meet, read; those
//! that receivers need, written.
//!
//! | message | read | written |
//! |---|---|---|
//! | generic NACK (RFC 4585, 6.2.1) | yes | [`write_nack`] |
//! | picture loss indication (RFC 4585, 6.3.1) | yes | [`write_picture_loss`] |
//! | full intra request (RFC 5104, 4.3.1) | yes | [`write_full_intra`] |
//! | transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1) | yes | |
//! | congestion control feedback (RFC 8888, 3.1) | yes | |
//! | [`FrameReport`], of this library's own (RFC 3550, 6.7) | yes | [`FrameReport::write`] |
//!
//! The reference picture selection indication of RFC 4585, 6.3.3 is none of them: it leaves its
//! content to the codec, and AV1's payload format gives it none.

mod arrivals;
mod frame_report;
#[cfg(test)]
pub(in crate::rtp) mod tests;
mod write;

use thiserror::Error;

pub use arrivals::{
    CongestionFeedback, NackSequences, PacketArrivals, StreamArrivals, TransportFeedback,
};
pub use frame_report::FrameReport;
pub use write::{write_full_intra, write_nack, write_picture_loss};

/// Packet types (RFC 3550, 12.1; RFC 4585, 6.1).
const PT_APP: u8 = 204;
const PT_TRANSPORT_FEEDBACK: u8 = 205;
const PT_PAYLOAD_FEEDBACK: u8 = 206;
/// Message types of transport layer feedback.
const FMT_NACK: u8 = 1;
const FMT_CONGESTION: u8 = 11;
const FMT_TRANSPORT_WIDE: u8 = 15;
/// Message types of payload-specific feedback.
const FMT_PICTURE_LOSS: u8 = 1;
const FMT_FULL_INTRA: u8 = 4;
/// RFC 3550, 6.4.1: version, padding, count, type and length.
const HEADER_LEN: usize = 4;

/// Bytes that are not RTCP, or not the message that they say they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RtcpError {
    /// A packet ends before its last byte.
    #[error("an RTCP packet of {len} bytes is cut short, {needed} are needed")]
    CutShort {
        /// Bytes there are.
        len: usize,
        /// Bytes needed.
        needed: usize,
    },
    /// The padding of a packet is longer than the packet, or has no length.
    #[error("{0} bytes of padding are no padding")]
    Padding(u8),
    /// The version is not 2.
    #[error("RTCP version {0}")]
    Version(u8),
}

/// A message of a receiver, with the SSRC of who sent it and of the stream that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RtcpMessage<'a> {
    /// Packets that are asked for again.
    Nack {
        /// SSRC of the receiver.
        sender: u32,
        /// SSRC of the stream.
        media: u32,
        /// Their sequence numbers.
        sequences: NackSequences<'a>,
    },
    /// The receiver lost pictures and asks for a key frame.
    PictureLoss {
        /// SSRC of the receiver.
        sender: u32,
        /// SSRC of the stream.
        media: u32,
    },
    /// A key frame is asked for of one stream; there is one message for each stream asked.
    FullIntra {
        /// SSRC of the receiver.
        sender: u32,
        /// SSRC of the stream.
        media: u32,
        /// Goes up with each request; the same number is the same request.
        request: u8,
    },
    /// Which packets arrived, of all streams together.
    Transport(TransportFeedback<'a>),
    /// Which packets arrived, of each stream.
    Congestion(CongestionFeedback<'a>),
    /// Which frames can be decoded.
    Frames {
        /// SSRC of the receiver.
        sender: u32,
        /// What it reports.
        report: FrameReport,
    },
    /// Another RTCP packet.
    Other {
        /// Its packet type.
        packet_type: u8,
        /// The five bits that are a count, a subtype or a message type.
        count: u8,
    },
}

/// The messages of a compound RTCP packet (RFC 3550, 6.1), or of a reduced one (RFC 5506).
///
/// After the first error it yields `None` for ever.
#[derive(Clone, Debug)]
pub struct RtcpMessages<'a> {
    rest: &'a [u8],
    /// Requests of a full intra request that were not given out.
    full_intra: &'a [u8],
    full_intra_sender: u32,
}

impl<'a> RtcpMessages<'a> {
    /// The messages in `data`, the content of a UDP packet once decrypted.
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: data, full_intra: &[], full_intra_sender: 0 }
    }

    fn read(&mut self) -> Result<RtcpMessage<'a>, RtcpError> {
        let (count, packet_type, body) = self.split()?;
        match (packet_type, count) {
            (PT_TRANSPORT_FEEDBACK, FMT_NACK) => {
                let (sender, media, rest) = ssrcs(body)?;
                Ok(RtcpMessage::Nack { sender, media, sequences: NackSequences::new(rest) })
            }
            (PT_TRANSPORT_FEEDBACK, FMT_TRANSPORT_WIDE) => {
                let (sender, media, rest) = ssrcs(body)?;
                TransportFeedback::parse(sender, media, rest).map(RtcpMessage::Transport)
            }
            (PT_TRANSPORT_FEEDBACK, FMT_CONGESTION) => {
                CongestionFeedback::parse(body).map(RtcpMessage::Congestion)
            }
            (PT_PAYLOAD_FEEDBACK, FMT_PICTURE_LOSS) => {
                let (sender, media, _) = ssrcs(body)?;
                Ok(RtcpMessage::PictureLoss { sender, media })
            }
            (PT_PAYLOAD_FEEDBACK, FMT_FULL_INTRA) => {
                let (sender, _, rest) = ssrcs(body)?;
                (self.full_intra, self.full_intra_sender) = (rest, sender);
                let needed = 2 * HEADER_LEN;
                self.request().ok_or(RtcpError::CutShort { len: rest.len(), needed })
            }
            (PT_APP, FrameReport::SUBTYPE) if body.get(4..8) == Some(&FrameReport::NAME) => {
                let report = FrameReport::parse(&body[8..])?;
                Ok(RtcpMessage::Frames { sender: word(body, 0)?, report })
            }
            _ => Ok(RtcpMessage::Other { packet_type, count }),
        }
    }

    /// RFC 3550, 6.4.1: count, type and body of the next packet, without padding.
    fn split(&mut self) -> Result<(u8, u8, &'a [u8]), RtcpError> {
        let len = self.rest.len();
        let Some(&[first, packet_type, high, low]) = self.rest.first_chunk() else {
            return Err(RtcpError::CutShort { len, needed: HEADER_LEN });
        };
        if first >> 6 != 2 {
            return Err(RtcpError::Version(first >> 6));
        }
        let needed = HEADER_LEN + 4 * usize::from(u16::from_be_bytes([high, low]));
        let Some((packet, rest)) = self.rest.split_at_checked(needed) else {
            return Err(RtcpError::CutShort { len, needed });
        };
        self.rest = rest;
        let mut body = &packet[HEADER_LEN..];
        if first & 0x20 != 0 {
            let padding = body.last().copied().unwrap_or(0);
            let kept = body.len().checked_sub(padding.into()).filter(|_| padding > 0);
            body = &body[..kept.ok_or(RtcpError::Padding(padding))?];
        }
        Ok((first & 0x1f, packet_type, body))
    }

    /// RFC 5104, 4.3.1.1: the next entry of a full intra request.
    fn request(&mut self) -> Option<RtcpMessage<'a>> {
        let (&[a, b, c, d, request, ..], rest) = self.full_intra.split_first_chunk::<8>()?;
        self.full_intra = rest;
        let media = u32::from_be_bytes([a, b, c, d]);
        Some(RtcpMessage::FullIntra { sender: self.full_intra_sender, media, request })
    }
}

impl<'a> Iterator for RtcpMessages<'a> {
    type Item = Result<RtcpMessage<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(request) = self.request() {
            return Some(Ok(request));
        }
        if self.rest.is_empty() {
            return None;
        }
        let message = self.read();
        if message.is_err() {
            self.rest = &[];
        }
        Some(message)
    }
}

impl std::iter::FusedIterator for RtcpMessages<'_> {}

/// RFC 4585, 6.1: SSRC of the sender and of the media source, and what follows.
fn ssrcs(body: &[u8]) -> Result<(u32, u32, &[u8]), RtcpError> {
    Ok((word(body, 0)?, word(body, 4)?, &body[8..]))
}

/// The 32 bits at `at`.
fn word(data: &[u8], at: usize) -> Result<u32, RtcpError> {
    let bytes = data.get(at..).and_then(|rest| rest.first_chunk());
    let cut_short = RtcpError::CutShort { len: data.len(), needed: at + 4 };
    bytes.map(|&bytes| u32::from_be_bytes(bytes)).ok_or(cut_short)
}

/// The 16 bits at `at`.
fn half(data: &[u8], at: usize) -> Result<u16, RtcpError> {
    let bytes = data.get(at..).and_then(|rest| rest.first_chunk());
    let cut_short = RtcpError::CutShort { len: data.len(), needed: at + 2 };
    bytes.map(|&bytes| u16::from_be_bytes(bytes)).ok_or(cut_short)
}
