//! Feedback: RTCP into what to tell the encoder, and requests into RTCP.

use std::collections::VecDeque;
use std::ffi::c_char;
use std::ptr;

use super::depacketizer_types::duration;
use super::error::Failure;
use super::handle::{Handle, Report, call, create, free, guard, last_error};
use super::memory::{Out, items, items_mut, write_data};
use super::status::Rtav1Status;
use crate::rtp::rtcp::{write_full_intra, write_nack, write_picture_loss};
use crate::rtp::{DeliveryConfig, DeliveryTracker, FrameFeedback, SequenceNumbers};

/// What to tell the encoder.
#[repr(C)]
pub enum Rtav1FeedbackKind {
    /// Nothing is left.
    None = 0,
    /// `rtav1_encoder_acknowledge`.
    Acknowledged = 1,
    /// `rtav1_encoder_lost`.
    Lost = 2,
}

/// Follows a sender's packets to the other end, and tells of each frame once whether it can be decoded
/// there.
pub struct Rtav1DeliveryTracker {
    tracker: DeliveryTracker,
    feedback: VecDeque<FrameFeedback>,
    resend: Vec<u16>,
    report: Report,
}

impl Handle for Rtav1DeliveryTracker {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Makes a tracker; `*tracker` becomes null on failure. Freed by `rtav1_delivery_tracker_free`.
///
/// With `transport_wide` packets are told by the numbers of the header extension for transport-wide
/// feedback, otherwise by those of their RTP headers. `first_number` is that of
/// `rtav1_describer_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_new(
    transport_wide: bool,
    first_number: u16,
    tracker: *mut *mut Rtav1DeliveryTracker,
) -> Rtav1Status {
    let make = || {
        let mut config = DeliveryConfig::new(match transport_wide {
            true => SequenceNumbers::TransportWide,
            false => SequenceNumbers::Rtp,
        });
        config.first_number = first_number;
        Ok(Rtav1DeliveryTracker {
            tracker: DeliveryTracker::new(config),
            feedback: VecDeque::new(),
            resend: Vec::new(),
            report: Report::default(),
        })
    };
    // SAFETY: the caller gives a pointer that holds what the header says of it.
    unsafe { create(tracker, ptr::null_mut(), 0, make) }
}

/// From now on messages that name another stream than the one with the SSRC `media` are ignored;
/// until then none is. Transport-wide feedback and the reports of `rtav1_receiver_report` name none: a
/// program whose several streams go to one receiver tells those reports apart by the receiver's SSRC.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_set_media(
    tracker: *mut Rtav1DeliveryTracker,
    media: u32,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        handle.tracker.set_media(Some(media));
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// Frees the tracker and sets `*tracker` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_free(tracker: *mut *mut Rtav1DeliveryTracker) {
    // SAFETY: the caller gives null or a place that holds null or a tracker.
    unsafe { free(tracker) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_error(
    tracker: *mut Rtav1DeliveryTracker,
) -> *const c_char {
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { last_error(tracker) }
}

/// A frame goes out at `now_us`, in `count` packets with these sequence numbers, after all frames with
/// lower ids.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_frame_sent(
    tracker: *mut Rtav1DeliveryTracker,
    frame: *const super::unit::Rtav1CodedFrame,
    sequences: *const u16,
    count: usize,
    now_us: u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        if frame.is_null() || !frame.is_aligned() {
            return Err(Failure::Pointer("frame"));
        }
        // SAFETY: the caller gives a frame as the encoder gave it.
        let frame = unsafe { &*frame };
        let needs = frame.dependency_count;
        // SAFETY: the caller gives a frame as the encoder gave it.
        let dependencies = unsafe { items(frame.dependencies, needs, "dependencies") }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let sequences = unsafe { items(sequences, count, "sequences") }?;
        let sequences = sequences.iter().copied();
        handle.tracker.frame_sent(frame.id, dependencies, sequences, duration(now_us));
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// The packet with the number `original` goes out once more, with the number `again`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_packet_resent(
    tracker: *mut Rtav1DeliveryTracker,
    original: u16,
    again: u16,
    now_us: u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        handle.tracker.packet_resent(original, again, duration(now_us));
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// Packets with these numbers arrived at the other end; then `rtav1_delivery_tracker_next` gives what that
/// decides.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_packets_received(
    tracker: *mut Rtav1DeliveryTracker,
    sequences: *const u16,
    count: usize,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let sequences = unsafe { items(sequences, count, "sequences") }?;
        let decided = handle.tracker.packets_received(sequences.iter().copied());
        handle.feedback.extend(decided);
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// Takes an RTCP packet of the other end: transport-wide feedback, RFC 8888, NACK, requests of key
/// frames, and the reports of `rtav1_receiver_report`. Then `rtav1_delivery_tracker_next` gives what that
/// decides. `*key_frame` tells whether a key frame is asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_rtcp(
    tracker: *mut Rtav1DeliveryTracker,
    data: *const u8,
    len: usize,
    key_frame: *mut bool,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let out = unsafe { Out::new(key_frame, "key_frame") }?;
        out.set(false);
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let data = unsafe { items(data, len, "data") }?;
        let outcome = handle.tracker.rtcp(data)?;
        handle.feedback.extend(outcome.frames);
        handle.resend = outcome.resend;
        out.set(outcome.key_frame);
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// Gives the next thing to tell the encoder, and the id of the frame that it is about.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_next(
    tracker: *mut Rtav1DeliveryTracker,
    kind: *mut Rtav1FeedbackKind,
    frame_id: *mut u64,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let kind = unsafe { Out::new(kind, "kind") }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let frame_id = unsafe { Out::new(frame_id, "frame_id") }?;
        let (told, id) = match handle.feedback.pop_front() {
            None => (Rtav1FeedbackKind::None, 0),
            Some(FrameFeedback::Acknowledged(id)) => (Rtav1FeedbackKind::Acknowledged, id),
            Some(FrameFeedback::Lost(id)) => (Rtav1FeedbackKind::Lost, id),
        };
        kind.set(told);
        frame_id.set(id);
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// The RTP sequence numbers that the last RTCP packet asked for again: the first `capacity` of them go to
/// `sequences`, and `*count` gets how many there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_delivery_tracker_resend(
    tracker: *mut Rtav1DeliveryTracker,
    sequences: *mut u16,
    capacity: usize,
    count: *mut usize,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DeliveryTracker| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let count = unsafe { Out::new(count, "count") }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let places = unsafe { items_mut(sequences, capacity, "sequences") }?;
        places.iter_mut().zip(&handle.resend).for_each(|(to, from)| *to = *from);
        count.set(handle.resend.len());
        Ok(())
    };
    // SAFETY: the caller gives null or a tracker that it alone uses.
    unsafe { call(tracker, body) }
}

/// Writes a picture loss indication (RFC 4585, 6.3.1), 12 bytes, to `buffer`; `*len` gets its bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_rtcp_picture_loss(
    sender_ssrc: u32,
    media_ssrc: u32,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Rtav1Status {
    let body = || {
        let mut data = Vec::new();
        write_picture_loss(sender_ssrc, media_ssrc, &mut data);
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_data(&data, buffer, capacity, len) }
    };
    // SAFETY: there is no message.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Writes a full intra request (RFC 5104, 4.3.1), 20 bytes, to `buffer`; `*len` gets its bytes. The same
/// `request` asks for the same key frame once more, the next one for another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_rtcp_full_intra(
    sender_ssrc: u32,
    media_ssrc: u32,
    request: u8,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Rtav1Status {
    let body = || {
        let mut data = Vec::new();
        write_full_intra(sender_ssrc, media_ssrc, request, &mut data);
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_data(&data, buffer, capacity, len) }
    };
    // SAFETY: there is no message.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// A list of sequence numbers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1Sequences {
    /// The numbers, ascending, wraps included.
    pub numbers: *const u16,
    /// How many they are.
    pub count: usize,
}

/// Writes a generic NACK (RFC 4585, 6.2.1) for these packets to `buffer`; `*len` gets its bytes: 12 and 4
/// for all within 17 numbers, 0 for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_rtcp_nack(
    sender_ssrc: u32,
    media_ssrc: u32,
    sequences: Rtav1Sequences,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Rtav1Status {
    let body = || {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let numbers = unsafe { items(sequences.numbers, sequences.count, "numbers") }?;
        let mut data = Vec::new();
        write_nack(sender_ssrc, media_ssrc, numbers, &mut data);
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_data(&data, buffer, capacity, len) }
    };
    // SAFETY: there is no message.
    unsafe { guard(ptr::null_mut(), 0, body) }
}
