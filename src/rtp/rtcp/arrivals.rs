//! Which packets arrived: the forms in which receivers report it.

use super::{RtcpError, half, word};

/// RFC 4585, 6.2.1: sequence numbers that are asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NackSequences<'a> {
    rest: &'a [u8],
    /// PID, and the numbers after it that BLP has left.
    current: Option<(u16, u16)>,
    position: u16,
}

impl<'a> NackSequences<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data, current: None, position: 0 }
    }
}

impl Iterator for NackSequences<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        loop {
            let Some((first, mask)) = self.current else {
                let (&[a, b, c, d], rest) = self.rest.split_first_chunk()?;
                let first = u16::from_be_bytes([a, b]);
                (self.rest, self.position) = (rest, 0);
                self.current = Some((first, u16::from_be_bytes([c, d])));
                return Some(first);
            };
            let next = mask.checked_shr(self.position.into()).unwrap_or(0);
            if next == 0 {
                self.current = None;
                continue;
            }
            self.position += next.trailing_zeros() as u16 + 1;
            return Some(first.wrapping_add(self.position));
        }
    }
}

/// Sequence numbers in order, each with whether its packet arrived.
///
/// It was checked before it is handed out, so that it yields what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketArrivals<'a> {
    chunks: &'a [u8],
    form: Form,
    next: u16,
    left: u16,
    /// Packets left of the chunk that is being read, and their symbols.
    chunk: (u16, Chunk),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    TransportWide,
    Congestion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// All packets have one symbol.
    Run(u16),
    /// `bits` for each packet, the first of them at the top of the value's 14 bits.
    Vector { value: u16, bits: u16 },
}

/// Of the two-bit symbols, the one without a meaning.
const RESERVED: u16 = 3;

impl<'a> PacketArrivals<'a> {
    fn new(form: Form, first: u16, count: u16, chunks: &'a [u8]) -> Self {
        Self { chunks, form, next: first, left: count, chunk: (0, Chunk::Run(0)) }
    }

    /// The next chunk of transport-wide feedback (3.1.1 to 3.1.4).
    fn read_chunk(&mut self) -> Option<(u16, Chunk)> {
        let (&bytes, rest) = self.chunks.split_first_chunk()?;
        self.chunks = rest;
        let value = u16::from_be_bytes(bytes);
        Some(match value >> 14 {
            0 | 1 => (value & 0x1fff, Chunk::Run(value >> 13 & 3)),
            2 => (14, Chunk::Vector { value, bits: 1 }),
            _ => (7, Chunk::Vector { value, bits: 2 }),
        })
    }

    /// 3.1.5: whether the chunks are followed by the times of arrival that they announce.
    fn check_deltas(&self) -> Result<(), RtcpError> {
        let (mut rest, mut deltas, len) = (self.clone(), 0, self.chunks.len());
        for _ in 0..self.left {
            let cut_short = RtcpError::CutShort { len, needed: len + 2 };
            // One byte for a small delta, two for a large or negative one.
            deltas += match rest.symbol().ok_or(cut_short)? {
                symbol @ (1 | 2) => usize::from(symbol),
                _ => 0,
            };
        }
        let needed = len - rest.chunks.len() + deltas;
        if needed > len { Err(RtcpError::CutShort { len, needed }) } else { Ok(()) }
    }

    /// The next symbol; `None` if there is none though packets are left.
    fn symbol(&mut self) -> Option<u16> {
        if self.form == Form::Congestion {
            let (&bytes, rest) = self.chunks.split_first_chunk()?;
            self.chunks = rest;
            // R, then ECN and arrival time.
            return Some(u16::from_be_bytes(bytes) >> 15);
        }
        while self.chunk.0 == 0 {
            self.chunk = self.read_chunk()?;
        }
        self.chunk.0 -= 1;
        Some(match self.chunk.1 {
            Chunk::Run(symbol) => symbol,
            Chunk::Vector { value, bits } => value >> (self.chunk.0 * bits) & ((1 << bits) - 1),
        })
    }
}

impl Iterator for PacketArrivals<'_> {
    type Item = (u16, bool);

    fn next(&mut self) -> Option<(u16, bool)> {
        if self.left == 0 {
            return None;
        }
        let symbol = self.symbol()?;
        let sequence = self.next;
        (self.next, self.left) = (sequence.wrapping_add(1), self.left - 1);
        Some((sequence, symbol != 0 && symbol != RESERVED))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left.into()))
    }
}

/// Transport-wide feedback: arrivals by the sequence numbers of a header extension, which all
/// streams of a transport share.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportFeedback<'a> {
    /// SSRC of the receiver.
    pub sender: u32,
    /// SSRC of one of the streams.
    pub media: u32,
    /// Counts the messages, and goes around after 255.
    pub feedback_count: u8,
    /// Which packets arrived.
    pub arrivals: PacketArrivals<'a>,
}

impl<'a> TransportFeedback<'a> {
    /// Base sequence number, packet status count, reference time and feedback packet count.
    const FIXED_LEN: usize = 8;

    pub(super) fn parse(sender: u32, media: u32, data: &'a [u8]) -> Result<Self, RtcpError> {
        let (first, count) = (half(data, 0)?, half(data, 2)?);
        let feedback_count = word(data, 4)? as u8;
        let chunks = &data[Self::FIXED_LEN..];
        let arrivals = PacketArrivals::new(Form::TransportWide, first, count, chunks);
        arrivals.check_deltas()?;
        Ok(Self { sender, media, feedback_count, arrivals })
    }
}

/// RFC 8888: arrivals by the sequence numbers of each stream's RTP headers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CongestionFeedback<'a> {
    /// SSRC of the receiver.
    pub sender: u32,
    blocks: &'a [u8],
}

/// What [`CongestionFeedback`] reports of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamArrivals<'a> {
    /// SSRC of the stream.
    pub media: u32,
    /// Which of its packets arrived.
    pub arrivals: PacketArrivals<'a>,
}

impl<'a> CongestionFeedback<'a> {
    /// RFC 8888, 3.1: the report timestamp at the end.
    const TIMESTAMP_LEN: usize = 4;
    /// SSRC, begin_seq and num_reports.
    const BLOCK_LEN: usize = 8;

    pub(super) fn parse(body: &'a [u8]) -> Result<Self, RtcpError> {
        let sender = word(body, 0)?;
        let needed = 4 + Self::TIMESTAMP_LEN;
        let end = body.len().checked_sub(Self::TIMESTAMP_LEN).filter(|&end| end >= 4);
        let end = end.ok_or(RtcpError::CutShort { len: body.len(), needed })?;
        let mut blocks = &body[4..end];
        let message = Self { sender, blocks };
        while !blocks.is_empty() {
            blocks = Self::block(blocks)?.1;
        }
        Ok(message)
    }

    fn block(data: &'a [u8]) -> Result<(StreamArrivals<'a>, &'a [u8]), RtcpError> {
        let (media, first, count) = (word(data, 0)?, half(data, 4)?, half(data, 6)?);
        // Two bytes for each packet, and padding to 32 bits.
        let needed = Self::BLOCK_LEN + (2 * usize::from(count)).next_multiple_of(4);
        let cut_short = RtcpError::CutShort { len: data.len(), needed };
        let (block, rest) = data.split_at_checked(needed).ok_or(cut_short)?;
        let chunks = &block[Self::BLOCK_LEN..];
        let arrivals = PacketArrivals::new(Form::Congestion, first, count, chunks);
        Ok((StreamArrivals { media, arrivals }, rest))
    }

    /// What it reports of each stream.
    pub fn streams(&self) -> impl Iterator<Item = StreamArrivals<'a>> + use<'a> {
        let mut rest = self.blocks;
        std::iter::from_fn(move || {
            let (stream, after) = Self::block(rest).ok()?;
            rest = after;
            Some(stream)
        })
    }
}
