//! What a depacketizer is told, and what it tells.

use bytes::Bytes;

#[cfg(doc)]
use super::Depacketizer;
use super::error::RtpError;
use super::reorder::MAX_MISORDER;
use crate::av1::obu::BitstreamError;

/// What a depacketizer holds at most, and how it treats loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DepacketizerConfig {
    /// The reorder window, 0 to 1024: a missing packet is given up, and with it those that are
    /// missing directly after it, once one has arrived whose sequence number is higher by more
    /// than this. A receiver that waits for a time instead calls [`Depacketizer::skip_missing`].
    pub reorder_packets: usize,
    /// Temporal units in flight, 1 to 1024: a missing packet is given up once packets of more
    /// units than this are held.
    pub max_units: usize,
    /// Bytes held, 4096 to 2³⁰: the payloads of all packets that are not yet part of a finished
    /// unit, and 64 for each of them. A missing packet is given up, and a larger unit is
    /// discarded, beyond this. Two packets more than this may be held.
    pub max_bytes: usize,
    /// OBUs of a temporal unit, 1 to 65,536.
    pub max_obus: usize,
    /// Bytes of one OBU, and so of all its fragments, 2 to 2³⁰.
    pub max_obu_bytes: usize,
    /// Whether a unit may start directly after missing packets, judged by its first OBUs: they
    /// lead up to a frame that is not a key frame, of a layer that units start with. Without it
    /// the unit after missing packets is discarded as well, unless it starts a coded video
    /// sequence. With it a unit may come out whose first packets are lost, if these held a whole
    /// frame that is not shown; [`ReceivedUnit::start_proven`] tells.
    pub assume_start: bool,
}

impl Default for DepacketizerConfig {
    /// 64 packets, 32 units, 4 MiB, 1024 OBUs of up to 2 MiB; starts are assumed.
    fn default() -> Self {
        Self {
            reorder_packets: 64,
            max_units: 32,
            max_bytes: 4 << 20,
            max_obus: 1024,
            max_obu_bytes: 2 << 20,
            assume_start: true,
        }
    }
}

impl DepacketizerConfig {
    pub(super) fn check(&self) -> Result<(), RtpError> {
        for (setting, value, min, max) in [
            ("reorder_packets", self.reorder_packets, 0, MAX_MISORDER as usize),
            ("max_units", self.max_units, 1, 1024),
            ("max_bytes", self.max_bytes, 4096, 1 << 30),
            ("max_obus", self.max_obus, 1, 1 << 16),
            ("max_obu_bytes", self.max_obu_bytes, 2, 1 << 30),
        ] {
            if !(min..=max).contains(&value) {
                return Err(RtpError::Config { setting, value, min, max });
            }
        }
        Ok(())
    }
}

/// A temporal unit of which every packet has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedUnit {
    /// A temporal delimiter and the OBUs, each with a size field (AV1 specification, 5.2): what
    /// decoders and IVF files take.
    pub data: Bytes,
    /// The RTP timestamp, in ticks of 90 kHz, continued over the wrap of its 32 bits. The first
    /// unit has the value of the wire.
    pub timestamp: i64,
    /// The RTP timestamp as it was on the wire.
    pub rtp_timestamp: u32,
    /// The unit starts a coded video sequence, as the sender says (N = 1): decoding can start
    /// here. Some senders say so of every unit with a sequence header.
    pub new_sequence: bool,
    /// The unit holds a sequence header, so that it may be a key frame.
    pub sequence_header: bool,
    /// That the first packet is the unit's first follows from the packet before it, or from N;
    /// otherwise from what it holds (see [`DepacketizerConfig::assume_start`]).
    pub start_proven: bool,
    /// Every packet since the last unit with `new_sequence` has arrived, so that everything this
    /// unit may refer to is there. If not, whether it can be decoded depends on what it refers to.
    pub unbroken: bool,
    /// Sequence number of the first packet.
    pub first_sequence: u16,
    /// Packets of the unit, those without content left out.
    pub packets: usize,
}

/// Why data were lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LossReason {
    /// Packets did not arrive in time, and the unit they interrupt was discarded.
    Missing,
    /// The first packets of the unit are missing: it was under way when the first packet of the
    /// stream arrived, or it is the rest of a unit that was reported before.
    MissingStart,
    /// [`Depacketizer::flush`] was called before the end of the unit had arrived.
    Incomplete,
    /// A packet was malformed, and its unit was discarded.
    Malformed,
    /// Fragments do not follow each other as the sender says they do.
    Inconsistent,
    /// An OBU of the unit is malformed.
    Obu(BitstreamError),
    /// The unit is larger than a setting allows.
    Limit {
        /// Name of the setting.
        setting: &'static str,
    },
    /// The sender started anew with other sequence numbers.
    Restart,
}

/// A range of sequence numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingPackets {
    /// The first sequence number.
    pub first: u16,
    /// How many there are; the numbers wrap after 65,535.
    pub count: usize,
}

/// Something that was sent and will not come out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loss {
    /// Why.
    pub reason: LossReason,
    /// The packets that did not arrive, or were malformed.
    pub missing: Option<MissingPackets>,
    /// Packets that had arrived and were discarded.
    pub discarded_packets: usize,
    /// RTP timestamp of the unit they belonged to.
    pub rtp_timestamp: Option<u32>,
    /// Whether what comes next may refer to what was lost. If not, a coded video sequence starts
    /// at the next packet.
    pub key_frame_needed: bool,
}

/// What comes out of a [`Depacketizer`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DepacketizerEvent {
    /// A complete temporal unit.
    Unit(ReceivedUnit),
    /// A loss.
    Loss(Loss),
}
