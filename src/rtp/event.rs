//! What a depacketizer is told, and what it tells.

use std::time::Duration;

use bytes::Bytes;

#[cfg(doc)]
use super::Depacketizer;
use super::dependency_descriptor::DependencyDescriptor;
use super::error::RtpError;
use super::reorder::MAX_MISORDER;
use crate::av1::obu::BitstreamError;

/// What a depacketizer holds at most, and how it treats loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DepacketizerConfig {
    /// How many later packets prove a packet lost, 1 to 1024 (RFC 9002, 6.1.1 calls it the packet
    /// threshold): it is given up once so many have arrived. With 1, packets have to come in order.
    pub reorder_packets: usize,
    /// How long to wait for a missing packet from the arrival of the first later one (the time
    /// threshold of RFC 9002, 6.1.2), if fewer than `reorder_packets` come; `Duration::MAX` is
    /// without end. A receiver that asks for packets again (RFC 4585) waits for a round trip at
    /// least, and sets `reorder_packets` accordingly.
    pub reorder_wait: Duration,
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
    /// lead up to a frame of a layer that units start with. Without it the unit after missing
    /// packets is discarded as well, unless it starts with a temporal delimiter or starts a coded
    /// video sequence. With it a unit may come out whose first packets are lost, if these held a
    /// whole frame that is not shown; [`ReceivedUnit::start_proven`] tells.
    pub assume_start: bool,
}

impl Default for DepacketizerConfig {
    /// 3 packets, 100 ms, 32 units, 4 MiB, 1024 OBUs of up to 2 MiB; starts are assumed.
    fn default() -> Self {
        Self {
            reorder_packets: 3,
            reorder_wait: Duration::from_millis(100),
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
            ("reorder_packets", self.reorder_packets, 1, MAX_MISORDER as usize),
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
    /// The RTP timestamp, in ticks of 90 kHz, continued over the wraps of its 32 bits by
    /// [`Extender`](super::Extender). The first unit has the value of the wire; a unit of a sender
    /// that starts anew may have a lower one than the unit before.
    pub timestamp: u64,
    /// The RTP timestamp as it was on the wire.
    pub rtp_timestamp: u32,
    /// The unit starts a coded video sequence, so that decoding can start here: it holds a
    /// sequence header and after it, as the first frame, a shown key frame (AV1 specification,
    /// 7.5). What the sender says by N does not count.
    pub new_sequence: bool,
    /// The unit holds a sequence header.
    pub sequence_header: bool,
    /// That the first packet is the unit's first follows from the packet before it, or from a
    /// temporal delimiter or the start of a coded video sequence in it; otherwise it is assumed
    /// from what it holds (see [`DepacketizerConfig::assume_start`]).
    pub start_proven: bool,
    /// Everything that this unit may refer to was given out before it: nothing is missing since
    /// the last unit with `new_sequence`, or since a key frame that arrived hidden and is shown
    /// by show_existing_frame (AV1 specification, 7.21). If not, whether it can be decoded depends
    /// on what it refers to.
    pub unbroken: bool,
    /// Sequence number of the first packet.
    pub first_sequence: u16,
    /// Packets of the unit, those without content left out.
    pub packets: usize,
    /// What the dependency descriptors say of each frame, in order, as its first packet has it; empty
    /// unless every packet has one that can be read.
    pub descriptors: Vec<DependencyDescriptor>,
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
#[non_exhaustive]
pub struct MissingPackets {
    /// The first sequence number.
    pub first: u16,
    /// How many there are; the numbers wrap after 65,535.
    pub count: usize,
}

impl MissingPackets {
    /// `count` sequence numbers from `first` on.
    pub const fn new(first: u16, count: usize) -> Self {
        Self { first, count }
    }

    /// The sequence numbers.
    pub fn sequences(self) -> impl Iterator<Item = u16> {
        (0..self.count).map(move |index| self.first.wrapping_add(index as u16))
    }
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
    /// What the descriptors of these say of their frames, of eight frames at most.
    pub discarded_frames: Vec<DependencyDescriptor>,
    /// RTP timestamp of the unit they belonged to.
    pub rtp_timestamp: Option<u32>,
    /// Whether what comes next may refer to what was lost, so that a key frame is to be asked for.
    /// If not, a coded video sequence starts at the next packet, which is at hand with the start
    /// of its key frame.
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
