//! The RTP fixed header (RFC 3550, 5.1), and one element of its extension (RFC 8285).

use bytes::Bytes;
use thiserror::Error;

/// Length of the fixed header.
pub(crate) const HEADER_LENGTH: usize = 12;

/// What the dependency descriptor adds to most packets: the head of the extension, and a word of 3 bytes
/// with their own header.
pub(crate) const DESCRIPTOR_LENGTH: usize = 8;

/// Payload type of the examples, from the dynamic range (RFC 3551, 3).
pub(crate) const PAYLOAD_TYPE: u8 = 96;

/// Ticks a second of AV1's RTP timestamps.
pub(crate) const CLOCK_RATE: u32 = 90_000;

/// What an RTP packet says about its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// The dependency descriptor; empty: there is none.
    pub(crate) descriptor: Bytes,
    pub(crate) payload: Bytes,
}

/// Id of the element that holds the dependency descriptor.
pub(crate) const DESCRIPTOR_ID: u8 = 1;
/// Marks of an extension with elements of one-byte headers and of two-byte headers (RFC 8285, 4.2
/// and 4.3).
const ONE_BYTE: u16 = 0xbede;
const TWO_BYTE: u16 = 0x1000;

/// Why a datagram is not taken for RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum RtpError {
    #[error("{0} bytes of padding do not fit")]
    Padding(usize),
    #[error("{0} bytes are too few for the header")]
    Short(usize),
    #[error("version {0} is not 2")]
    Version(u8),
}

impl Packet {
    /// The packet's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + self.payload.len());
        bytes.push(2 << 6);
        bytes.push(u8::from(self.marker) << 7 | self.payload_type & 0x7f);
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        if !self.descriptor.is_empty() {
            bytes[0] |= 0x10;
            self.write_extension(&mut bytes);
        }
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    fn write_extension(&self, bytes: &mut Vec<u8>) {
        let len = self.descriptor.len();
        let (mark, header) = match len {
            1..=16 => (ONE_BYTE, vec![DESCRIPTOR_ID << 4 | (len - 1) as u8]),
            _ => (TWO_BYTE, vec![DESCRIPTOR_ID, len as u8]),
        };
        let words = (header.len() + len).div_ceil(4);
        bytes.extend(mark.to_be_bytes());
        bytes.extend((words as u16).to_be_bytes());
        let end = bytes.len() + 4 * words;
        bytes.extend(header);
        bytes.extend_from_slice(&self.descriptor);
        bytes.resize(end, 0);
    }

    /// Reads a datagram; contributing sources, header extension and padding are passed over.
    pub(crate) fn parse(datagram: &Bytes) -> Result<Self, RtpError> {
        let length = datagram.len();
        let short = RtpError::Short(length);
        let fixed: &[u8; HEADER_LENGTH] = datagram.first_chunk().ok_or(short)?;
        if fixed[0] >> 6 != 2 {
            return Err(RtpError::Version(fixed[0] >> 6));
        }
        let mut descriptor = Bytes::new();
        let mut start = HEADER_LENGTH + 4 * usize::from(fixed[0] & 0x0f);
        if fixed[0] & 0x10 != 0 {
            let words = datagram.get(start + 2..start + 4).ok_or(short)?;
            let mark = u16::from_be_bytes([datagram[start], datagram[start + 1]]);
            start += 4;
            let end = start + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
            descriptor = element(datagram.slice(start.min(length)..end.min(length)), mark);
            start = end;
        }
        let padding = match fixed[0] & 0x20 {
            0 => 0,
            _ => usize::from(datagram[length - 1]).max(1),
        };
        if start > length {
            return Err(short);
        }
        let end = length.checked_sub(padding).filter(|&end| end >= start);
        let end = end.ok_or(RtpError::Padding(padding))?;
        Ok(Self {
            payload_type: fixed[1] & 0x7f,
            marker: fixed[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            descriptor,
            payload: datagram.slice(start..end),
        })
    }
}

/// The descriptor among the elements of an extension with this mark; empty if it is not there.
fn element(elements: Bytes, mark: u16) -> Bytes {
    let mut at = 0;
    while let Some(&first) = elements.get(at) {
        let (id, start, len) = match mark {
            _ if first == 0 => {
                at += 1;
                continue;
            }
            ONE_BYTE => (first >> 4, at + 1, usize::from(first & 15) + 1),
            TWO_BYTE => (first, at + 2, usize::from(elements.get(at + 1).copied().unwrap_or(0))),
            _ => break,
        };
        at = start + len;
        if id == DESCRIPTOR_ID && at <= elements.len() {
            return elements.slice(start..at);
        }
    }
    Bytes::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> Packet {
        Packet {
            payload_type: 96,
            marker: true,
            sequence: 0xfffe,
            timestamp: 0x0102_0304,
            ssrc: 0xcafe_babe,
            descriptor: Bytes::new(),
            payload: Bytes::from_static(b"payload"),
        }
    }

    #[test]
    fn descriptors_are_written_and_read_back() {
        let length = |descriptor| Packet { descriptor, ..packet() }.to_bytes().len();
        let added = length(Bytes::from_static(&[1, 2, 3])) - length(Bytes::new());
        assert_eq!(added, DESCRIPTOR_LENGTH);
        for len in [1, 3, 16, 17, 40, 255] {
            let packet = Packet { descriptor: Bytes::from(vec![7; len]), ..packet() };
            let bytes = Bytes::from(packet.to_bytes());
            assert_eq!((bytes.len() - packet.payload.len()) % 4, 0);
            assert_eq!(Packet::parse(&bytes), Ok(packet));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let bytes = packet().to_bytes();
        assert_eq!(bytes[..4], [0x80, 0xe0, 0xff, 0xfe]);
        assert_eq!(Packet::parse(&bytes.into()), Ok(packet()));
    }

    #[test]
    fn sources_extension_and_padding_are_passed_over() {
        let mut bytes = packet().to_bytes();
        bytes[0] = 0x80 | 0x20 | 0x10 | 2;
        let extra = [[9; 4], [9; 4], [0xbe, 0xde, 0, 1], [9; 4]].concat();
        bytes.splice(12..12, extra);
        bytes.extend([0, 0, 3]);
        assert_eq!(Packet::parse(&bytes.into()), Ok(packet()));
    }

    #[test]
    fn every_cut_is_refused_or_shorter() {
        let mut bytes = packet().to_bytes();
        bytes[0] = 0x80 | 0x20 | 0x10 | 15;
        for length in 0..bytes.len() {
            assert!(Packet::parse(&Bytes::copy_from_slice(&bytes[..length])).is_err());
        }
        let refused = |first: u8, last: u8| {
            let mut bytes = packet().to_bytes();
            bytes[0] = first;
            *bytes.last_mut().unwrap() = last;
            Packet::parse(&bytes.into()).unwrap_err()
        };
        assert_eq!(refused(0x40, 0), RtpError::Version(1));
        assert_eq!(refused(0xa0, 8), RtpError::Padding(8));
        assert_eq!(refused(0x8f, 0), RtpError::Short(19));
    }
}
