//! The receiver's exports.

use std::ffi::c_char;
use std::ptr;

use super::depacketizer_types::{
    Rtav1Arrival, Rtav1DepacketizerConfig, Rtav1Event, Rtav1RtpPacket, duration, microseconds,
};
use super::descriptor::layer;
use super::error::Failure;
use super::handle::{Handle, Report, call, create, free, guard, last_error};
use super::memory::{CallerStruct, Out, fill, items_mut, write_data};
use super::status::Rtav1Status;
use crate::rtp::{Receiver, ReceiverConfig, Request};

/// What to ask the sender for.
#[repr(C)]
pub enum Rtav1RequestKind {
    /// Nothing, or nothing yet.
    None = 0,
    /// Packets once more: a generic NACK.
    Retransmission = 1,
    /// A frame that refers to nothing but what was received: the report of `rtav1_receiver_report`.
    Recovery = 2,
    /// A key frame: a picture loss indication.
    KeyFrame = 3,
}

/// How a receiver treats losses, to be filled by `rtav1_receiver_config_default` and then changed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1ReceiverConfig {
    /// `sizeof(Rtav1ReceiverConfig)`.
    pub struct_size: usize,
    /// What is held, and how long is waited; null for the defaults.
    pub depacketizer: *const Rtav1DepacketizerConfig,
    /// The round trip to the sender in microseconds. 100000 by default.
    pub round_trip_us: u64,
    /// Nonzero: the sender answers requests of packets. Zero by default.
    pub retransmission: u32,
    /// Nonzero: the sender answers losses with recovery frames, and gets the reports. Zero by default.
    pub recovery: u32,
    /// Nonzero: pictures that miss a reference are to be decoded, too. Zero by default.
    pub decode_damaged: u32,
}

/// Puts packets together to temporal units, knows which can be decoded, and what to ask for.
pub struct Rtav1Receiver {
    receiver: Receiver,
    report: Report,
}

// SAFETY: repr(C), `struct_size` first, integers and a pointer.
unsafe impl CallerStruct for Rtav1ReceiverConfig {
    const NAME: &'static str = "Rtav1ReceiverConfig";
}

impl Handle for Rtav1Receiver {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Fills `config` with the defaults. `struct_size` is `sizeof *config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_config_default(
    config: *mut Rtav1ReceiverConfig,
    struct_size: usize,
) -> Rtav1Status {
    let defaults = ReceiverConfig::default();
    let value = Rtav1ReceiverConfig {
        struct_size: size_of::<Rtav1ReceiverConfig>(),
        depacketizer: ptr::null(),
        round_trip_us: microseconds(defaults.round_trip),
        retransmission: defaults.retransmission.into(),
        recovery: defaults.recovery.into(),
        decode_damaged: defaults.decode_damaged.into(),
    };
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(ptr::null_mut(), 0, || fill(config, struct_size, value)) }
}

/// Makes a receiver; `*receiver` becomes null on failure. Freed by `rtav1_receiver_free`.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_new(
    config: *const Rtav1ReceiverConfig,
    receiver: *mut *mut Rtav1Receiver,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { create(receiver, message, capacity, || Rtav1Receiver::new(config)) }
}

/// Frees the receiver and sets `*receiver` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_free(receiver: *mut *mut Rtav1Receiver) {
    // SAFETY: the caller gives null or a place that holds null or a receiver.
    unsafe { free(receiver) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_error(receiver: *mut Rtav1Receiver) -> *const c_char {
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { last_error(receiver) }
}

/// Takes a packet, with its descriptor if it has one, as `rtav1_depacketizer_push` does; then
/// `rtav1_receiver_next_event` is to be called until it gives null, and `rtav1_receiver_next_request`
/// until it gives nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_push(
    receiver: *mut Rtav1Receiver,
    packet: *const Rtav1RtpPacket,
    now_us: u64,
    arrival: *mut Rtav1Arrival,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let out = unsafe { Out::optional(arrival, "arrival") }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let packet = unsafe { Rtav1RtpPacket::read(packet)?.to_packet() }?;
        let arrival = handle.receiver.push(packet, duration(now_us))?;
        if let Some(out) = out {
            out.set(arrival.into());
        }
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// Gives the next picture with what it is worth, or the next loss that later frames need, in the order
/// of sending; `*event` is null until more comes. Freed by `rtav1_event_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_next_event(
    receiver: *mut Rtav1Receiver,
    event: *mut *const Rtav1Event,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        // SAFETY: the caller gives a pointer that holds what the header says of it.
        let out = unsafe { Out::new(event, "event") }?;
        out.set(ptr::null());
        out.set(handle.receiver.next_event().map_or(ptr::null(), Rtav1Event::give_received));
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// What to ask the sender for at `now_us`; `*kind` is `RTAV1_REQUEST_KIND_NONE` if nothing, or if it was
/// asked for and the answer may still come. Of packets to be asked for, the first `capacity` sequence
/// numbers go to `sequences`, and `*count` gets how many there are, otherwise 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_next_request(
    receiver: *mut Rtav1Receiver,
    now_us: u64,
    kind: *mut Rtav1RequestKind,
    sequences: *mut u16,
    capacity: usize,
    count: *mut usize,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let kind = unsafe { Out::new(kind, "kind") }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let count = unsafe { Out::new(count, "count") }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let places = unsafe { items_mut(sequences, capacity, "sequences") }?;
        let request = handle.receiver.next_request(duration(now_us));
        let mut numbers = Vec::new();
        kind.set(match request {
            None => Rtav1RequestKind::None,
            Some(Request::Retransmission(sequences)) => {
                numbers = sequences;
                Rtav1RequestKind::Retransmission
            }
            Some(Request::Recovery) => Rtav1RequestKind::Recovery,
            Some(Request::KeyFrame) => Rtav1RequestKind::KeyFrame,
        });
        places.iter_mut().zip(&numbers).for_each(|(to, from)| *to = *from);
        count.set(numbers.len());
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// When to call `rtav1_receiver_handle_timeout`: `*timeout_us` gets the time, or UINT64_MAX while
/// nothing is waited for. To be asked after events and requests.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_next_timeout(
    receiver: *mut Rtav1Receiver,
    timeout_us: *mut u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        // SAFETY: the caller gives a pointer that holds what the header says of it.
        let out = unsafe { Out::new(timeout_us, "timeout_us") }?;
        out.set(handle.receiver.next_timeout().map_or(u64::MAX, microseconds));
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// Takes the time; to be followed by `rtav1_receiver_next_event` as `rtav1_receiver_push` is. A call too
/// early does no harm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_handle_timeout(
    receiver: *mut Rtav1Receiver,
    now_us: u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        handle.receiver.handle_timeout(duration(now_us));
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// Tells the round trip as it is measured.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_set_round_trip(
    receiver: *mut Rtav1Receiver,
    round_trip_us: u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        handle.receiver.set_round_trip(duration(round_trip_us));
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// Sets the highest layers that are wanted, spatial 0 to 3 and temporal 0 to 7: losses in others count
/// for nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_set_highest_layer(
    receiver: *mut Rtav1Receiver,
    spatial_id: u32,
    temporal_id: u32,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        handle.receiver.set_highest_layer(layer(spatial_id, temporal_id)?);
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// The decoder refused the picture that was given last, though it was clean: nothing is held to be
/// decodable until a key frame comes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_decoding_failed(
    receiver: *mut Rtav1Receiver,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        handle.receiver.decoding_failed();
        Ok(())
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

/// Writes the RTCP packet that tells the sender which frames can be decoded, from the receiver with this
/// SSRC, to `buffer`; `*len` gets its bytes, 24 or, without descriptors, 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_receiver_report(
    receiver: *mut Rtav1Receiver,
    ssrc: u32,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Receiver| {
        let mut data = Vec::new();
        if let Some(report) = handle.receiver.report() {
            report.write(ssrc, &mut data);
        }
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_data(&data, buffer, capacity, len) }
    };
    // SAFETY: the caller gives null or a receiver that it alone uses.
    unsafe { call(receiver, body) }
}

impl Rtav1Receiver {
    /// # Safety
    /// As for [`CallerStruct::read`], of `config` and of what it leads to.
    unsafe fn new(config: *const Rtav1ReceiverConfig) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        let config = unsafe { Rtav1ReceiverConfig::read(config) }?;
        let mut settings = ReceiverConfig {
            round_trip: duration(config.round_trip_us),
            retransmission: config.retransmission != 0,
            recovery: config.recovery != 0,
            decode_damaged: config.decode_damaged != 0,
            ..ReceiverConfig::default()
        };
        if !config.depacketizer.is_null() {
            // SAFETY: as for this function.
            settings.depacketizer =
                unsafe { Rtav1DepacketizerConfig::read(config.depacketizer) }?.into();
        }
        Ok(Self { receiver: Receiver::new(settings)?, report: Report::default() })
    }
}
