//! The encoder's exports.

use std::ffi::{CString, c_char};
use std::ptr;
use std::time::Duration;

use super::encoder_types::{
    Rtav1Capabilities, Rtav1EncodeOutcome, Rtav1EncoderConfig, Rtav1Frame, Rtav1FrameOptions,
    most_bytes, speed,
};
use super::encoder_values::acknowledged_prediction;
use super::error::Failure;
use super::handle::{Handle, Report, c_string, call, create, free, guard, last_error, text_of};
use super::memory::{CallerStruct, Out, byte, fill, write_data, write_text};
use super::owned::release;
use super::sdp::Rtav1FmtpParameters;
use super::status::Rtav1Status;
use super::unit::Rtav1Unit;
use crate::config::{Rates, Rational, WireOverhead};
use crate::encoder::{Encoder, FrameOptions};

/// Codes frames into temporal units.
pub struct Rtav1Encoder {
    pub(super) encoder: Encoder,
    engine_name: CString,
    report: Report,
}

impl Handle for Rtav1Encoder {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Fills `config` for `width` by `height` luma samples at `bitrate` bit/s: 30 frames a second,
/// 90 kHz ticks, one thread, key frames on request, 200 ms of delay, the native engine, the speed by size and rate.
/// `struct_size` is `sizeof *config`. The values are checked by `rtav1_encoder_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_config_default(
    config: *mut Rtav1EncoderConfig,
    struct_size: usize,
    width: u32,
    height: u32,
    bitrate: u32,
) -> Rtav1Status {
    let value = Rtav1EncoderConfig::new(width, height, bitrate);
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(ptr::null_mut(), 0, || fill(config, struct_size, value)) }
}

/// Makes an encoder; `*encoder` becomes null on failure. Freed by `rtav1_encoder_free`.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_new(
    config: *const Rtav1EncoderConfig,
    encoder: *mut *mut Rtav1Encoder,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { create(encoder, message, capacity, || Rtav1Encoder::new(config)) }
}

/// Frees the encoder and sets `*encoder` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_free(encoder: *mut *mut Rtav1Encoder) {
    // SAFETY: the caller gives null or a place that holds null or an encoder.
    unsafe { free(encoder) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_error(encoder: *mut Rtav1Encoder) -> *const c_char {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { last_error(encoder) }
}

/// Takes one frame and says what became of it. `options` may be null: no requests.
///
/// A frame that is refused leaves the encoder as it was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_encode(
    encoder: *mut Rtav1Encoder,
    frame: *const Rtav1Frame,
    options: *const Rtav1FrameOptions,
    outcome: *mut Rtav1EncodeOutcome,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(encoder, |handle| handle.encode(frame, options, outcome)) }
}

/// Ends the stream and gives one of the frames still inside; to be called until `*unit` is null.
/// From the first call on no more frames are taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_flush(
    encoder: *mut Rtav1Encoder,
    unit: *mut *const Rtav1Unit,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(encoder, |handle| handle.flush(unit)) }
}

/// Sets from the next frame on the target rate, in bit/s of coded OBUs and of what the network adds
/// to them, and the nominal frames a second, `frame_rate_num / frame_rate_den`.
///
/// A bitrate of 0 pauses: frames are dropped with `RTAV1_DROP_REASON_PAUSED`. When there is a rate
/// again the stream goes on without a key frame, unless one was asked for meanwhile. Rates beyond the
/// level of the stream raise it with the next key frame, which is not made for the sake of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_rates(
    encoder: *mut Rtav1Encoder,
    bitrate: u32,
    frame_rate_num: u32,
    frame_rate_den: u32,
) -> Rtav1Status {
    let rates = Rates::new(bitrate, Rational::new(frame_rate_num, frame_rate_den));
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.set_rates(rates)?)) }
}

/// Sets the range of quantizer indices that the bitrate may choose from, within 1 to 255, from the
/// next frame on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_qindex_range(
    encoder: *mut Rtav1Encoder,
    min_qindex: u32,
    max_qindex: u32,
) -> Rtav1Status {
    let set = |handle: &mut Rtav1Encoder| {
        let (min, max) = (byte("min_qindex", min_qindex)?, byte("max_qindex", max_qindex)?);
        Ok(handle.encoder.set_qindex_range(min, max)?)
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, set) }
}

/// Sets the size of the pictures from the next frame on, which becomes a key frame. What the link
/// still carries and the limits stay, so that the bound on delay holds across the change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_size(
    encoder: *mut Rtav1Encoder,
    width: u32,
    height: u32,
) -> Rtav1Status {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.set_size(width, height)?)) }
}

/// The settings as they are now, with all that was changed since the start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_config(
    encoder: *mut Rtav1Encoder,
    config: *mut Rtav1EncoderConfig,
) -> Rtav1Status {
    let get = |handle: &mut Rtav1Encoder| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let out = unsafe { CallerStruct::output(config) }?;
        out.set(Rtav1EncoderConfig::of(handle.encoder.config()));
        Ok(())
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, get) }
}

/// Writes the sequence header in front of key frames, an OBU with its size field, to `buffer`, and
/// its length to `*len`; 64 bytes always do. On `RTAV1_STATUS_BUFFER_TOO_SHORT` only `*len` is
/// written. An engine with delay may have none before its first unit. A change of the size changes it,
/// and one of the rates does where a higher level is needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_sequence_header(
    encoder: *mut Rtav1Encoder,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Rtav1Status {
    let write = |handle: &mut Rtav1Encoder| {
        let header = handle.encoder.sequence_header()?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_data(&header, buffer, capacity, len) }
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, write) }
}

/// Writes the content of an `av1C` box (AV1CodecConfigurationRecord) to `buffer`, and its length to
/// `*len`; 68 bytes always do. Otherwise as `rtav1_encoder_sequence_header`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_av1c(
    encoder: *mut Rtav1Encoder,
    buffer: *mut u8,
    capacity: usize,
    len: *mut usize,
) -> Rtav1Status {
    let write = |handle: &mut Rtav1Encoder| {
        let record = handle.encoder.av1c()?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_data(&record, buffer, capacity, len) }
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, write) }
}

/// Writes the `codecs` parameter of RFC 6381, such as "av01.0.04M.08", with a NUL to `buffer`; 40
/// bytes always do. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_codec_string(
    encoder: *mut Rtav1Encoder,
    buffer: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    let write = |handle: &mut Rtav1Encoder| {
        let string = handle.encoder.codec_string()?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        unsafe { write_text(&string, buffer, capacity) }
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, write) }
}

/// The parameters of the stream for SDP; `rtav1_fmtp_line` writes them as an attribute.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_fmtp(
    encoder: *mut Rtav1Encoder,
    parameters: *mut Rtav1FmtpParameters,
) -> Rtav1Status {
    let get = |handle: &mut Rtav1Encoder| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let out = unsafe { CallerStruct::output(parameters) }?;
        out.set(handle.encoder.fmtp()?.into());
        Ok(())
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, get) }
}

/// Sets the most delay of the link, 50 to 1000 ms, from the next frame on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_max_delay(
    encoder: *mut Rtav1Encoder,
    max_delay: u32,
) -> Rtav1Status {
    let max_delay = Duration::from_millis(u64::from(max_delay));
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.set_max_delay(max_delay)?)) }
}

/// Sets the most bytes of a unit, 64 or more, from the next frame on; 0 lifts the limit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_max_frame_bytes(
    encoder: *mut Rtav1Encoder,
    max_frame_bytes: u32,
) -> Rtav1Status {
    let most = most_bytes(max_frame_bytes);
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.set_max_frame_bytes(most)?)) }
}

/// Sets what the network adds to each frame from the next one on: the bytes that every packet
/// carries beside its payload, 0 to 1000, and the most bytes of payload in a packet, 100 to 65535.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_wire_overhead(
    encoder: *mut Rtav1Encoder,
    packet_overhead: u32,
    max_payload: u32,
) -> Rtav1Status {
    let wire = WireOverhead::new(packet_overhead, max_payload);
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.set_wire_overhead(wire)?)) }
}

/// Tells how long the last frame took to encode, in microseconds, by which RTAV1_SPEED_AUTO goes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_report_encode_time(
    encoder: *mut Rtav1Encoder,
    microseconds: u64,
) -> Rtav1Status {
    let took = Duration::from_micros(microseconds);
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe {
        call(encoder, |handle| {
            handle.encoder.report_encode_time(took);
            Ok(())
        })
    }
}

/// Sets the speed, 0 to 10 or RTAV1_SPEED_AUTO, from the next frame on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_speed(
    encoder: *mut Rtav1Encoder,
    speed: u32,
) -> Rtav1Status {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.set_speed(self::speed(speed)?)?)) }
}

/// Sets when frames depend on acknowledged frames only, an `Rtav1AcknowledgedPrediction`, from the next
/// frame on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_acknowledged_prediction(
    encoder: *mut Rtav1Encoder,
    choice: u32,
) -> Rtav1Status {
    let set = |handle: &mut Rtav1Encoder| {
        let choice = acknowledged_prediction(choice)?;
        Ok(handle.encoder.set_acknowledged_prediction(choice)?)
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, set) }
}

/// The receiver has decoded the frame with this number (`Rtav1CodedFrame.id`), and so has all that it
/// depends on. It decodes frames in the order of their numbers, and leaves out those that miss a
/// reference.
///
/// May come late, twice or not at all; of frames that are not known or known to be lost it changes
/// nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_acknowledge(
    encoder: *mut Rtav1Encoder,
    frame_id: u64,
) -> Rtav1Status {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.acknowledge(frame_id)?)) }
}

/// The receiver will not have the frame with this number, nor what depends on it.
///
/// Nothing refers to such frames any more. If frames to come would have, the next one depends only on
/// frames that are acknowledged, or is a key frame where none is. May come late or twice; of frames
/// that are acknowledged or not known it changes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_lost(
    encoder: *mut Rtav1Encoder,
    frame_id: u64,
) -> Rtav1Status {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.lost(frame_id)?)) }
}

/// Asks that the next frame be a key frame; if that one is dropped, the one after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_request_key_frame(
    encoder: *mut Rtav1Encoder,
) -> Rtav1Status {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, |handle| Ok(handle.encoder.request_key_frame()?)) }
}

/// What the encoder's engine can do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_capabilities(
    encoder: *mut Rtav1Encoder,
    capabilities: *mut Rtav1Capabilities,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(encoder, |handle| handle.capabilities(capabilities)) }
}

/// Name of the encoder's engine, such as "native"; valid as long as the encoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_engine_name(encoder: *mut Rtav1Encoder) -> *const c_char {
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { text_of(encoder, |handle| &handle.engine_name) }
}

/// Frees the unit and sets `*unit` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_unit_free(unit: *mut *const Rtav1Unit) {
    // SAFETY: the caller gives null or a place that holds null or a unit.
    unsafe { release(unit) }
}

impl Rtav1Encoder {
    /// # Safety
    /// As for [`CallerStruct::read`].
    unsafe fn new(config: *const Rtav1EncoderConfig) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        let config = unsafe { Rtav1EncoderConfig::read(config) }?;
        let encoder = Encoder::new(config.to_settings()?)?;
        let engine_name = c_string(encoder.engine_name());
        Ok(Self { encoder, engine_name, report: Report::default() })
    }

    /// # Safety
    /// The pointers are those of [`rtav1_encoder_encode`].
    unsafe fn encode(
        &mut self,
        frame: *const Rtav1Frame,
        options: *const Rtav1FrameOptions,
        outcome: *mut Rtav1EncodeOutcome,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let outcome = unsafe { CallerStruct::output(outcome) }?;
        outcome.set(Rtav1EncodeOutcome::empty());
        // SAFETY: as for this function.
        let frame = unsafe { Rtav1Frame::read(frame)?.view() }?;
        let options = match options.is_null() {
            true => FrameOptions::default(),
            // SAFETY: as for this function.
            false => unsafe { Rtav1FrameOptions::read(options) }?.to_requests()?,
        };
        outcome.set(Rtav1EncodeOutcome::give(self.encoder.encode(&frame, options)?));
        Ok(())
    }

    /// # Safety
    /// The pointer is that of [`rtav1_encoder_flush`].
    unsafe fn flush(&mut self, unit: *mut *const Rtav1Unit) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { Out::new(unit, "unit") }?;
        out.set(ptr::null());
        out.set(self.encoder.flush()?.map_or(ptr::null(), Rtav1Unit::give));
        Ok(())
    }

    /// # Safety
    /// The pointer is that of [`rtav1_encoder_capabilities`].
    unsafe fn capabilities(&mut self, out: *mut Rtav1Capabilities) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { CallerStruct::output(out) }?;
        out.set(self.encoder.capabilities().into());
        Ok(())
    }
}
