//! The structs of the depacketizer, and their Rust counterparts.

use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

use bytes::Bytes;

use super::error::{Failure, bitstream_status};
use super::memory::{CallerStruct, items};
use super::owned::{View, give, release};
use super::status::Rtav1Status;
use crate::rtp::{
    Arrival, DepacketizerConfig, DepacketizerEvent, Loss, LossReason, PictureState, ReceivedUnit,
    ReceiverEvent, RtpPacket,
};

/// What became of a packet.
#[repr(C)]
pub enum Rtav1Arrival {
    /// It was taken.
    Accepted = 0,
    /// It is here already.
    Duplicate = 1,
    /// Its sequence number is far from all others: it is kept aside, and taken if the next number
    /// arrives too.
    Held = 2,
    /// The place it belongs to was passed.
    Late = 3,
}

/// Why data were lost.
#[repr(C)]
pub enum Rtav1LossReason {
    /// Packets did not arrive in time, and the unit they interrupt was discarded.
    Missing = 0,
    /// The first packets of the unit are missing.
    MissingStart = 1,
    /// `rtav1_depacketizer_flush` was called before the end of the unit had arrived.
    Incomplete = 2,
    /// A packet was malformed, and its unit was discarded.
    Malformed = 3,
    /// Fragments do not follow each other as the sender says they do.
    Inconsistent = 4,
    /// An OBU of the unit is malformed.
    Obu = 5,
    /// The unit is larger than a setting allows.
    Limit = 6,
    /// The sender started anew with other sequence numbers.
    Restart = 7,
}

/// What a depacketizer holds at most, to be filled by `rtav1_depacketizer_config_default` and then
/// changed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1DepacketizerConfig {
    /// `sizeof(Rtav1DepacketizerConfig)`.
    pub struct_size: usize,
    /// How many later packets prove a packet lost, 1 to 1024: it is given up once so many have
    /// arrived. 3 by default.
    pub reorder_packets: usize,
    /// How long to wait for a missing packet from the arrival of the first later one, if fewer than
    /// `reorder_packets` come, in microseconds; UINT64_MAX is without end. 100000 by default.
    pub reorder_wait_us: u64,
    /// Temporal units in flight, 1 to 1024. 32 by default.
    pub max_units: usize,
    /// Bytes held, 4096 to 2^30. 4 MiB by default.
    pub max_bytes: usize,
    /// OBUs of a temporal unit, 1 to 65536. 1024 by default.
    pub max_obus: usize,
    /// Bytes of one OBU, 2 to 2^30. 2 MiB by default.
    pub max_obu_bytes: usize,
    /// Nonzero, the default: a unit may start directly after missing packets, judged by its first
    /// OBUs. Zero: such a unit is discarded as well, unless it starts a coded video sequence.
    pub assume_start: u32,
}

/// A received payload with what its RTP header said. The bytes are copied.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1RtpPacket {
    /// `sizeof(Rtav1RtpPacket)`.
    pub struct_size: usize,
    /// What follows the RTP header and its extensions, without RTP padding.
    pub payload: *const u8,
    /// Bytes at `payload`; 0, as of a packet that probes the bandwidth, takes up the sequence
    /// number and nothing else.
    pub payload_len: usize,
    /// Timestamp, in ticks of 90 kHz.
    pub timestamp: u32,
    /// Nonzero: the marker bit is set, as the packet is the last of its temporal unit.
    pub marker: u32,
    /// Sequence number.
    pub sequence: u16,
    /// The data of the dependency descriptor's element in the header extension.
    pub descriptor: *const u8,
    /// Bytes at `descriptor`; 0 without one.
    pub descriptor_len: usize,
}

/// A temporal unit of which every packet has arrived.
#[repr(C)]
pub struct Rtav1ReceivedUnit {
    /// A temporal delimiter and the OBUs, each with a size field.
    pub data: *const u8,
    /// Bytes at `data`.
    pub len: usize,
    /// The RTP timestamp, in ticks of 90 kHz, continued over the wraps of its 32 bits.
    pub timestamp: u64,
    /// Packets of the unit, those without content left out.
    pub packets: usize,
    /// The RTP timestamp as it was on the wire.
    pub rtp_timestamp: u32,
    /// Sequence number of the first packet.
    pub first_sequence: u16,
    /// The unit starts a coded video sequence with a sequence header and a shown key frame, so that
    /// decoding can start here. What the sender says by N does not count.
    pub new_sequence: bool,
    /// The unit holds a sequence header.
    pub sequence_header: bool,
    /// That the first packet is the unit's first follows from the packet before it, or from a
    /// temporal delimiter or the start of a coded video sequence in it.
    pub start_proven: bool,
    /// Everything that this unit may refer to was given before it.
    pub unbroken: bool,
}

/// Something that was sent and will not come out.
#[repr(C)]
pub struct Rtav1Loss {
    /// Name of the setting, with `RTAV1_LOSS_REASON_LIMIT`; null otherwise.
    pub setting: *const c_char,
    /// How many packets did not arrive or were malformed.
    pub missing_count: usize,
    /// Packets that had arrived and were discarded.
    pub discarded_packets: usize,
    /// Why.
    pub reason: Rtav1LossReason,
    /// What is wrong with the OBU, with `RTAV1_LOSS_REASON_OBU`; `RTAV1_STATUS_OK` otherwise.
    pub obu_status: Rtav1Status,
    /// RTP timestamp of the unit they belonged to, if `has_rtp_timestamp`.
    pub rtp_timestamp: u32,
    /// Sequence number of the first missing packet, if `missing_count` is not 0.
    pub first_missing: u16,
    /// Whether the timestamp is known.
    pub has_rtp_timestamp: bool,
    /// Whether what comes next may refer to what was lost, so that a key frame is to be asked for.
    pub key_frame_needed: bool,
}

/// What comes out of a depacketizer. One of the pointers is set; an event where neither is comes
/// from a later library and is to be ignored. The event with all it leads to is the caller's until
/// `rtav1_event_free` and does not depend on the depacketizer.
#[repr(C)]
pub struct Rtav1Event {
    /// A complete temporal unit, or null.
    pub unit: *const Rtav1ReceivedUnit,
    /// A loss, or null.
    pub loss: *const Rtav1Loss,
    /// With a unit of a receiver, frames between it and the one before that were sent and did not come.
    pub skipped: u64,
    /// With a unit of a receiver, what it is worth.
    pub state: Rtav1PictureState,
}

/// What a picture is worth.
#[repr(C)]
pub enum Rtav1PictureState {
    /// The event is of a depacketizer, which does not tell, or has no unit.
    Untold = 0,
    /// All that it depends on was decoded: to be decoded and shown.
    Clean = 1,
    /// It misses a reference, and is to be decoded all the same, as the settings ask for it.
    Damaged = 2,
    /// It misses a reference and is not to be decoded: the picture before it is shown for longer.
    Repeated = 3,
}

/// Keeps the parts of an event.
pub struct EventParts {
    unit: *const Rtav1ReceivedUnit,
    loss: *const Rtav1Loss,
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1DepacketizerConfig {
    const NAME: &'static str = "Rtav1DepacketizerConfig";
}

// SAFETY: repr(C), `struct_size` first, integers and pointers.
unsafe impl CallerStruct for Rtav1RtpPacket {
    const NAME: &'static str = "Rtav1RtpPacket";
}

impl View for Rtav1ReceivedUnit {
    type Owner = Bytes;
}

impl View for Rtav1Loss {
    /// The bytes of `setting`.
    type Owner = Vec<u8>;
}

impl View for Rtav1Event {
    type Owner = EventParts;
}

impl Drop for EventParts {
    fn drop(&mut self) {
        // SAFETY: both are null or were given when the event was made, and C sees copies.
        unsafe {
            release(&raw mut self.unit);
            release(&raw mut self.loss);
        }
    }
}

impl Rtav1Event {
    pub(super) fn give(event: DepacketizerEvent) -> *const Self {
        let (unit, loss) = match event {
            DepacketizerEvent::Unit(unit) => (Rtav1ReceivedUnit::give(unit), ptr::null()),
            DepacketizerEvent::Loss(loss) => (ptr::null(), Rtav1Loss::give(&loss)),
        };
        let (skipped, state) = (0, Rtav1PictureState::Untold);
        give(Self { unit, loss, skipped, state }, EventParts { unit, loss })
    }

    pub(super) fn give_received(event: ReceiverEvent) -> *const Self {
        let picture = match event {
            ReceiverEvent::Picture(picture) => picture,
            ReceiverEvent::Loss(loss) => return Self::give(DepacketizerEvent::Loss(loss)),
        };
        let state = match picture.state {
            PictureState::Clean => Rtav1PictureState::Clean,
            PictureState::Damaged => Rtav1PictureState::Damaged,
            PictureState::Repeated => Rtav1PictureState::Repeated,
        };
        let (unit, loss) = (Rtav1ReceivedUnit::give(picture.unit), ptr::null());
        let view = Self { unit, loss, skipped: picture.skipped, state };
        give(view, EventParts { unit, loss })
    }
}

impl Rtav1ReceivedUnit {
    fn give(unit: ReceivedUnit) -> *const Self {
        let view = Self {
            data: unit.data.as_ptr(),
            len: unit.data.len(),
            timestamp: unit.timestamp,
            packets: unit.packets,
            rtp_timestamp: unit.rtp_timestamp,
            first_sequence: unit.first_sequence,
            new_sequence: unit.new_sequence,
            sequence_header: unit.sequence_header,
            start_proven: unit.start_proven,
            unbroken: unit.unbroken,
        };
        give(view, unit.data)
    }
}

impl Rtav1Loss {
    fn give(loss: &Loss) -> *const Self {
        let mut setting = Vec::new();
        let mut obu_status = Rtav1Status::Ok;
        let reason = match &loss.reason {
            LossReason::Missing => Rtav1LossReason::Missing,
            LossReason::MissingStart => Rtav1LossReason::MissingStart,
            LossReason::Incomplete => Rtav1LossReason::Incomplete,
            LossReason::Malformed => Rtav1LossReason::Malformed,
            LossReason::Inconsistent => Rtav1LossReason::Inconsistent,
            LossReason::Obu(error) => {
                obu_status = bitstream_status(error);
                Rtav1LossReason::Obu
            }
            LossReason::Limit { setting: name } => {
                setting = [name.as_bytes(), b"\0"].concat();
                Rtav1LossReason::Limit
            }
            LossReason::Restart => Rtav1LossReason::Restart,
        };
        let view = Self {
            setting: if setting.is_empty() { ptr::null() } else { setting.as_ptr().cast() },
            missing_count: loss.missing.map_or(0, |missing| missing.count),
            discarded_packets: loss.discarded_packets,
            reason,
            obu_status,
            rtp_timestamp: loss.rtp_timestamp.unwrap_or(0),
            first_missing: loss.missing.map_or(0, |missing| missing.first),
            has_rtp_timestamp: loss.rtp_timestamp.is_some(),
            key_frame_needed: loss.key_frame_needed,
        };
        give(view, setting)
    }
}

impl Rtav1RtpPacket {
    /// # Safety
    /// Unless null, `payload` and `descriptor` lead to as many readable bytes as their lengths say.
    pub(super) unsafe fn to_packet(self) -> Result<RtpPacket, Failure> {
        // SAFETY: as for this function.
        let payload = unsafe { items(self.payload, self.payload_len, "payload") }?;
        let payload = Bytes::copy_from_slice(payload);
        // SAFETY: as for this function.
        let descriptor = unsafe { items(self.descriptor, self.descriptor_len, "descriptor") }?;
        let packet = RtpPacket::new(self.sequence, self.timestamp, self.marker != 0, payload);
        Ok(packet.with_descriptor(Bytes::copy_from_slice(descriptor)))
    }
}

impl From<Arrival> for Rtav1Arrival {
    fn from(arrival: Arrival) -> Self {
        match arrival {
            Arrival::Accepted => Self::Accepted,
            Arrival::Duplicate => Self::Duplicate,
            Arrival::Held => Self::Held,
            Arrival::Late => Self::Late,
        }
    }
}

/// `u64::MAX` microseconds, 584,542 years, are taken for ever.
pub(super) fn duration(microseconds: u64) -> Duration {
    match microseconds {
        u64::MAX => Duration::MAX,
        _ => Duration::from_micros(microseconds),
    }
}

/// Part of a microsecond counts as a whole one, so that no time is too early.
pub(super) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX)
}

impl From<DepacketizerConfig> for Rtav1DepacketizerConfig {
    fn from(config: DepacketizerConfig) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            reorder_packets: config.reorder_packets,
            reorder_wait_us: microseconds(config.reorder_wait),
            max_units: config.max_units,
            max_bytes: config.max_bytes,
            max_obus: config.max_obus,
            max_obu_bytes: config.max_obu_bytes,
            assume_start: u32::from(config.assume_start),
        }
    }
}

impl From<Rtav1DepacketizerConfig> for DepacketizerConfig {
    fn from(config: Rtav1DepacketizerConfig) -> Self {
        Self {
            reorder_packets: config.reorder_packets,
            reorder_wait: duration(config.reorder_wait_us),
            max_units: config.max_units,
            max_bytes: config.max_bytes,
            max_obus: config.max_obus,
            max_obu_bytes: config.max_obu_bytes,
            assume_start: config.assume_start != 0,
        }
    }
}
