//! One RTP payload as a chain of pieces, most of them parts of the temporal unit itself.

use bytes::Bytes;

use super::error::RtpError;
use crate::av1::obu::LayerId;

/// The bytes of a temporal unit, as a packetizer takes them: [`Bytes`] without a copy, slices,
/// arrays and vectors with one.
pub trait UnitData: sealed::Sealed {
    /// The bytes, to be shared among payloads.
    fn shared(&self) -> Bytes;
}

impl UnitData for Bytes {
    fn shared(&self) -> Bytes {
        self.clone()
    }
}

impl UnitData for [u8] {
    fn shared(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

impl UnitData for Vec<u8> {
    fn shared(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

impl<const N: usize> UnitData for [u8; N] {
    fn shared(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bytes::Bytes {}
    impl Sealed for [u8] {}
    impl Sealed for Vec<u8> {}
    impl<const N: usize> Sealed for [u8; N] {}
}

/// The payload of one RTP packet.
///
/// It is a chain: a few bytes of headers, a part of the temporal unit, headers again, and so on.
/// The parts are not copied until [`to_bytes`](Self::to_bytes), [`append_to`](Self::append_to) or
/// [`write_to`](Self::write_to) is called; [`pieces`](Self::pieces) serves vectored output.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Payload {
    /// Marker bit of the RTP header (4.2): this is the last packet of the temporal unit.
    pub marker: bool,
    /// The packet is the first of a coded video sequence (N = 1).
    pub new_sequence: bool,
    /// The packet is the first of its layer's frame.
    pub first_of_frame: bool,
    /// The packet is the last of its layer's frame.
    pub last_of_frame: bool,
    /// The layer of every OBU in the packet that has one.
    pub layer: Option<LayerId>,
    /// The dependency descriptor for the packet's header extension, if its frame is described
    /// ([`Packetizer::packetize_described`](super::Packetizer::packetize_described)).
    pub descriptor: Option<Bytes>,
    /// Headers and data of the first element.
    pub(super) first: [Bytes; 2],
    /// Headers and data of each further element in turn.
    pub(super) further: Vec<Bytes>,
}

impl Payload {
    /// The bytes of the payload in order, without empty pieces.
    pub fn pieces(&self) -> impl Iterator<Item = &Bytes> + Clone {
        self.first.iter().chain(&self.further).filter(|piece| !piece.is_empty())
    }

    /// Bytes of the payload, at least 2.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.pieces().map(Bytes::len).sum()
    }

    /// The payload in one piece, copied.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.len());
        self.append_to(&mut out);
        out.into()
    }

    /// Appends the payload, for example after an RTP header.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        for piece in self.pieces() {
            out.extend_from_slice(piece);
        }
    }

    /// Copies the payload to the start of `out` and returns its length.
    ///
    /// # Errors
    /// `out` is shorter than the payload; nothing is written then.
    pub fn write_to(&self, out: &mut [u8]) -> Result<usize, RtpError> {
        let (needed, len) = (self.len(), out.len());
        let mut rest = out.get_mut(..needed).ok_or(RtpError::BufferTooShort { len, needed })?;
        for piece in self.pieces() {
            let (target, after) = rest.split_at_mut(piece.len());
            target.copy_from_slice(piece);
            rest = after;
        }
        Ok(needed)
    }
}
