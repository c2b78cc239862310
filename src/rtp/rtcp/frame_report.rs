//! Which frames a receiver can decode, in a message of this library's own.

use super::{HEADER_LEN, PT_APP, RtcpError, half, word};

/// Which frames can be decoded, by the frame numbers of the
/// [dependency descriptor](crate::rtp::dependency_descriptor): the newest one, and for each of the
/// last 56 whose fate is settled whether it can. So much is repeated that most reports may get lost.
///
/// On the wire it is an application-defined RTCP packet (RFC 3550, 6.7) of 24 bytes with the name
/// `RTAV` and the subtype 1:
///
/// ```text
/// |V=2|P| ST=1 |    PT=204     |            length = 5         |
/// |                    SSRC of the receiver                    |
/// |                          "RTAV"                            |
/// |    newest settled frame     |    newest decodable frame    |
/// |K|  reserved  |  decodable: newest, the one before it, … 56 |
/// |                         … bits in all                      |
/// ```
///
/// K tells that there is a decodable frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FrameReport {
    /// Number of the newest frame that was received whole, or given up.
    pub newest: u16,
    /// Number of the newest frame that can be decoded; `None` if there was none yet.
    pub newest_decodable: Option<u16>,
    /// The frames that can be decoded: bit 0 is `newest`, bit n the frame n before it, up to 55.
    pub decodable: u64,
}

impl FrameReport {
    /// How many frames it tells of, from the newest one back.
    pub const FRAMES: u16 = 56;
    /// The bits of [`decodable`](Self::decodable) that are sent.
    const MASK: u64 = (1 << Self::FRAMES) - 1;
    pub(super) const SUBTYPE: u8 = 1;
    pub(super) const NAME: [u8; 4] = *b"RTAV";
    /// Bytes behind SSRC and name.
    const DATA_LEN: usize = 12;
    /// K.
    const KNOWN: u8 = 0x80;

    /// A report; of `decodable` the low 56 bits count.
    pub const fn new(newest: u16, newest_decodable: Option<u16>, decodable: u64) -> Self {
        Self { newest, newest_decodable, decodable: decodable & Self::MASK }
    }

    /// The frames it tells of, from the newest one back, each with whether it can be decoded.
    pub fn frames(&self) -> impl Iterator<Item = (u16, bool)> + use<> {
        let Self { newest, decodable, .. } = *self;
        (0..Self::FRAMES).map(move |back| (newest.wrapping_sub(back), decodable >> back & 1 != 0))
    }

    /// Appends the RTCP packet, from the receiver with this SSRC.
    pub fn write(&self, sender: u32, out: &mut Vec<u8>) {
        let words = (4 + Self::NAME.len() + Self::DATA_LEN) / 4;
        out.extend([0x80 | Self::SUBTYPE, PT_APP, 0, words as u8]);
        out.extend(sender.to_be_bytes());
        out.extend(Self::NAME);
        out.extend(self.newest.to_be_bytes());
        out.extend(self.newest_decodable.unwrap_or(0).to_be_bytes());
        out.push(if self.newest_decodable.is_some() { Self::KNOWN } else { 0 });
        // The newest frame first: at the top of the 56 bits.
        let bits = (self.decodable & Self::MASK).reverse_bits() >> (u64::BITS - 56);
        out.extend(&bits.to_be_bytes()[1..]);
    }

    /// Bytes that [`write`](Self::write) appends.
    pub const LEN: usize = HEADER_LEN + 4 + Self::NAME.len() + Self::DATA_LEN;

    /// What follows SSRC and name; later versions may append to it.
    pub(super) fn parse(data: &[u8]) -> Result<Self, RtcpError> {
        let (newest, newest_decodable) = (half(data, 0)?, half(data, 2)?);
        let (high, low) = (word(data, 4)?, word(data, 8)?);
        let known = (high >> 24) as u8 & Self::KNOWN != 0;
        let bits = (u64::from(high) << 32 | u64::from(low)) & Self::MASK;
        let decodable = bits.reverse_bits() >> (u64::BITS - 56);
        Ok(Self::new(newest, known.then_some(newest_decodable), decodable))
    }
}
