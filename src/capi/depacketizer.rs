//! The depacketizer's exports.

use std::ffi::c_char;
use std::ptr;

use super::depacketizer_types::{
    Rtav1Arrival, Rtav1DepacketizerConfig, Rtav1Event, Rtav1RtpPacket, duration, microseconds,
};
use super::error::Failure;
use super::handle::{Handle, Report, call, create, free, guard, last_error};
use super::memory::{CallerStruct, Out, fill, items_mut};
use super::owned::release;
use super::status::Rtav1Status;
use crate::rtp::{Depacketizer, DepacketizerConfig, Extender};

/// Puts the packets of one RTP stream together to temporal units.
pub struct Rtav1Depacketizer {
    depacketizer: Depacketizer,
    report: Report,
}

impl Handle for Rtav1Depacketizer {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Fills `config` with the defaults. `struct_size` is `sizeof *config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_config_default(
    config: *mut Rtav1DepacketizerConfig,
    struct_size: usize,
) -> Rtav1Status {
    let value = DepacketizerConfig::default().into();
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(ptr::null_mut(), 0, || fill(config, struct_size, value)) }
}

/// Makes a depacketizer; `*depacketizer` becomes null on failure. Freed by
/// `rtav1_depacketizer_free`.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_new(
    config: *const Rtav1DepacketizerConfig,
    depacketizer: *mut *mut Rtav1Depacketizer,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { create(depacketizer, message, capacity, || Rtav1Depacketizer::new(config)) }
}

/// Frees the depacketizer and sets `*depacketizer` to null; does nothing where that is null
/// already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_free(depacketizer: *mut *mut Rtav1Depacketizer) {
    // SAFETY: the caller gives null or a place that holds null or a depacketizer.
    unsafe { free(depacketizer) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_error(
    depacketizer: *mut Rtav1Depacketizer,
) -> *const c_char {
    // SAFETY: the caller gives null or a depacketizer that it alone uses.
    unsafe { last_error(depacketizer) }
}

/// Takes a packet, in any order, that arrives at `now_us`, in microseconds since a start of the
/// caller's choice; then `rtav1_depacketizer_next_event` is to be called until it gives null. Time
/// that runs backwards stands still. `arrival` may be null, or gets what became of the packet.
///
/// A malformed payload is an error, and its sequence number counts as lost.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_push(
    depacketizer: *mut Rtav1Depacketizer,
    packet: *const Rtav1RtpPacket,
    now_us: u64,
    arrival: *mut Rtav1Arrival,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(depacketizer, |handle| handle.push(packet, now_us, arrival)) }
}

/// Gives the next temporal unit or loss, in the order of sending; `*event` is null until another
/// packet comes or the time of `rtav1_depacketizer_next_timeout`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_next_event(
    depacketizer: *mut Rtav1Depacketizer,
    event: *mut *const Rtav1Event,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(depacketizer, |handle| handle.next_event(event)) }
}

/// When a missing packet will be given up, if it has not come by then: `*timeout_us` gets the time
/// to call `rtav1_depacketizer_handle_timeout`, or UINT64_MAX while nothing is waited for. To be
/// asked after `rtav1_depacketizer_next_event` gave null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_next_timeout(
    depacketizer: *mut Rtav1Depacketizer,
    timeout_us: *mut u64,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(depacketizer, |handle| handle.next_timeout(timeout_us)) }
}

/// Takes the time, to give up what was waited for long enough; to be followed by
/// `rtav1_depacketizer_next_event`. A call too early does no harm.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_handle_timeout(
    depacketizer: *mut Rtav1Depacketizer,
    now_us: u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Depacketizer| {
        handle.depacketizer.handle_timeout(duration(now_us));
        Ok(())
    };
    // SAFETY: the caller gives null or a depacketizer that it alone uses.
    unsafe { call(depacketizer, body) }
}

/// Gives up the packets that are missing in front of the first one that waits for them, though
/// their time has not come. To be followed by `rtav1_depacketizer_next_event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_skip_missing(
    depacketizer: *mut Rtav1Depacketizer,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Depacketizer| {
        handle.depacketizer.skip_missing();
        Ok(())
    };
    // SAFETY: the caller gives null or a depacketizer that it alone uses.
    unsafe { call(depacketizer, body) }
}

/// Gives up all that is missing, after the last packet of the stream or when it pauses. To be
/// followed by `rtav1_depacketizer_next_event`; after its null the depacketizer is as new.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_flush(
    depacketizer: *mut Rtav1Depacketizer,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Depacketizer| {
        handle.depacketizer.flush();
        Ok(())
    };
    // SAFETY: the caller gives null or a depacketizer that it alone uses.
    unsafe { call(depacketizer, body) }
}

/// The sequence numbers that other packets wait for, to be asked for again: the first `capacity`
/// of them go to `sequences`, and `*count` gets how many there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_missing(
    depacketizer: *mut Rtav1Depacketizer,
    sequences: *mut u16,
    capacity: usize,
    count: *mut usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(depacketizer, |handle| handle.missing(sequences, capacity, count)) }
}

/// Whether the next unit may refer to what did not arrive: before the first key frame, and from a
/// loss until a unit is `unbroken` again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_key_frame_needed(
    depacketizer: *mut Rtav1Depacketizer,
    needed: *mut bool,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(depacketizer, |handle| handle.key_frame_needed(needed)) }
}

/// Bytes held, as `max_bytes` of the settings counts them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_depacketizer_held_bytes(
    depacketizer: *mut Rtav1Depacketizer,
    bytes: *mut usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(depacketizer, |handle| handle.held_bytes(bytes)) }
}

/// Extends an RTP timestamp to 64 bits: `*extended` gets the value nearest to `reference`, which is
/// the one extended last, or `timestamp` itself for the first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_extend_timestamp(
    reference: u64,
    timestamp: u32,
    extended: *mut u64,
) -> Rtav1Status {
    let value = Extender::nearest(reference, timestamp);
    // SAFETY: the caller gives a pointer that holds what the header says of it.
    unsafe { guard(ptr::null_mut(), 0, || set(extended, value)) }
}

/// Extends an RTP sequence number to 64 bits: `*extended` gets the value nearest to `reference`,
/// which is the one extended last, or `sequence` itself for the first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_extend_sequence(
    reference: u64,
    sequence: u16,
    extended: *mut u64,
) -> Rtav1Status {
    let value = Extender::nearest(reference, sequence);
    // SAFETY: the caller gives a pointer that holds what the header says of it.
    unsafe { guard(ptr::null_mut(), 0, || set(extended, value)) }
}

/// # Safety
/// The pointer is that of [`rtav1_extend_timestamp`].
unsafe fn set(extended: *mut u64, value: u64) -> Result<(), Failure> {
    // SAFETY: as for this function.
    unsafe { Out::new(extended, "extended") }?.set(value);
    Ok(())
}

/// Frees the event and sets `*event` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_event_free(event: *mut *const Rtav1Event) {
    // SAFETY: the caller gives null or a place that holds null or an event.
    unsafe { release(event) }
}

impl Rtav1Depacketizer {
    /// # Safety
    /// As for [`CallerStruct::read`].
    unsafe fn new(config: *const Rtav1DepacketizerConfig) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        let config = unsafe { Rtav1DepacketizerConfig::read(config) }?;
        let depacketizer = Depacketizer::new(config.into())?;
        Ok(Self { depacketizer, report: Report::default() })
    }

    /// # Safety
    /// The pointers are those of [`rtav1_depacketizer_push`].
    unsafe fn push(
        &mut self,
        packet: *const Rtav1RtpPacket,
        now_us: u64,
        arrival: *mut Rtav1Arrival,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { Out::optional(arrival, "arrival") }?;
        // SAFETY: as for this function.
        let packet = unsafe { Rtav1RtpPacket::read(packet)?.to_packet() }?;
        let arrival = self.depacketizer.push(packet, duration(now_us))?;
        if let Some(out) = out {
            out.set(arrival.into());
        }
        Ok(())
    }

    /// # Safety
    /// The pointer is that of [`rtav1_depacketizer_next_event`].
    unsafe fn next_event(&mut self, event: *mut *const Rtav1Event) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { Out::new(event, "event") }?;
        out.set(ptr::null());
        out.set(self.depacketizer.next_event().map_or(ptr::null(), Rtav1Event::give));
        Ok(())
    }

    /// # Safety
    /// The pointers are those of [`rtav1_depacketizer_missing`].
    unsafe fn missing(
        &mut self,
        sequences: *mut u16,
        capacity: usize,
        count: *mut usize,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let count = unsafe { Out::new(count, "count") }?;
        // SAFETY: as for this function.
        let sequences = unsafe { items_mut(sequences, capacity, "sequences") }?;
        for (to, number) in sequences.iter_mut().zip(self.depacketizer.missing()) {
            *to = number;
        }
        count.set(self.depacketizer.missing().count());
        Ok(())
    }

    /// # Safety
    /// The pointer is that of [`rtav1_depacketizer_next_timeout`].
    unsafe fn next_timeout(&mut self, timeout_us: *mut u64) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { Out::new(timeout_us, "timeout_us") }?;
        out.set(self.depacketizer.next_timeout().map_or(u64::MAX, microseconds));
        Ok(())
    }

    /// # Safety
    /// The pointer is that of [`rtav1_depacketizer_key_frame_needed`].
    unsafe fn key_frame_needed(&mut self, needed: *mut bool) -> Result<(), Failure> {
        // SAFETY: as for this function.
        unsafe { Out::new(needed, "needed") }?.set(self.depacketizer.key_frame_needed());
        Ok(())
    }

    /// # Safety
    /// The pointer is that of [`rtav1_depacketizer_held_bytes`].
    unsafe fn held_bytes(&mut self, bytes: *mut usize) -> Result<(), Failure> {
        // SAFETY: as for this function.
        unsafe { Out::new(bytes, "bytes") }?.set(self.depacketizer.held_bytes());
        Ok(())
    }
}
