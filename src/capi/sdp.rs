//! The exports for the `fmtp` parameters of SDP.

use std::ffi::c_char;
use std::ptr;

use super::error::Failure;
use super::handle::guard;
use super::memory::{CallerStruct, Out, byte, text, write_text};
use super::status::Rtav1Status;
use crate::config::Rational;
use crate::rtp::sdp::FmtpParameters;

/// The highest profile, level and tier of a stream, or that a receiver supports.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1FmtpParameters {
    /// `sizeof(Rtav1FmtpParameters)`.
    pub struct_size: usize,
    /// seq_profile, 0 to 2.
    pub profile: u32,
    /// seq_level_idx, 0 to 31: level X.Y is 4 * (X - 2) + Y, and 31 is "maximum parameters".
    pub level_idx: u32,
    /// seq_tier, 0 (main) or 1 (high).
    pub tier: u32,
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1FmtpParameters {
    const NAME: &'static str = "Rtav1FmtpParameters";
}

/// A picture stream whose level is asked for.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1StreamDescription {
    /// `sizeof(Rtav1StreamDescription)`.
    pub struct_size: usize,
    /// The highest rate in bit/s.
    pub bitrate: u64,
    /// Width of the largest picture, 1 to 65536 luma samples.
    pub width: u32,
    /// Height of the largest picture, 1 to 65536 luma samples.
    pub height: u32,
    /// Coded pictures a second, each shown once: numerator.
    pub frame_rate_num: u32,
    /// Coded pictures a second: denominator.
    pub frame_rate_den: u32,
    /// seq_profile, 0 to 2; this library's encoder makes 0.
    pub profile: u32,
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1StreamDescription {
    const NAME: &'static str = "Rtav1StreamDescription";
}

/// The lowest level that holds a stream of one layer, with its tier; level 31 beyond all levels.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_fmtp_for_stream(
    stream: *const Rtav1StreamDescription,
    parameters: *mut Rtav1FmtpParameters,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(message, capacity, || for_stream(stream, parameters)) }
}

/// Reads the parameters from an SDP attribute ("a=fmtp:98 profile=0;level-idx=5"), with or without
/// "a=" and with or without blanks after the colon, or from the list of parameters alone. Absent
/// ones get the payload format's defaults; another line of SDP is refused.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_fmtp_parse(
    line: *const c_char,
    parameters: *mut Rtav1FmtpParameters,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(message, capacity, || parse(line, parameters)) }
}

/// Writes the attribute for a payload type, "a=fmtp:98 profile=0;level-idx=5;tier=0", without a
/// line end and with a NUL, to `buffer`; 48 bytes always do. On failure nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_fmtp_line(
    parameters: *const Rtav1FmtpParameters,
    payload_type: u32,
    buffer: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(ptr::null_mut(), 0, || line(parameters, payload_type, buffer, capacity)) }
}

/// Whether a receiver with these parameters takes a stream of those.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_fmtp_accepts(
    receiver: *const Rtav1FmtpParameters,
    stream: *const Rtav1FmtpParameters,
    accepts: *mut bool,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(ptr::null_mut(), 0, || compare(receiver, stream, accepts)) }
}

/// # Safety
/// The pointers are those of [`rtav1_fmtp_for_stream`].
unsafe fn for_stream(
    stream: *const Rtav1StreamDescription,
    parameters: *mut Rtav1FmtpParameters,
) -> Result<(), Failure> {
    // SAFETY: as for this function.
    let out = unsafe { CallerStruct::output(parameters) }?;
    // SAFETY: as for this function.
    let stream = unsafe { Rtav1StreamDescription::read(stream) }?;
    let rate = Rational::new(stream.frame_rate_num, stream.frame_rate_den);
    let profile = byte("profile", stream.profile)?;
    let found =
        FmtpParameters::for_stream(profile, stream.width, stream.height, rate, stream.bitrate)?;
    out.set(found.into());
    Ok(())
}

/// # Safety
/// The pointers are those of [`rtav1_fmtp_parse`].
unsafe fn parse(line: *const c_char, parameters: *mut Rtav1FmtpParameters) -> Result<(), Failure> {
    // SAFETY: as for this function.
    let out = unsafe { CallerStruct::output(parameters) }?;
    // SAFETY: as for this function.
    let line = unsafe { text(line, "line") }?;
    out.set(FmtpParameters::parse(line)?.into());
    Ok(())
}

/// # Safety
/// The pointers are those of [`rtav1_fmtp_line`].
unsafe fn line(
    parameters: *const Rtav1FmtpParameters,
    payload_type: u32,
    buffer: *mut c_char,
    capacity: usize,
) -> Result<(), Failure> {
    // SAFETY: as for this function.
    let parameters = unsafe { read(parameters) }?;
    let payload_type = byte("payload_type", payload_type)?;
    // SAFETY: as for this function.
    unsafe { write_text(&parameters.line(payload_type), buffer, capacity) }
}

/// # Safety
/// The pointers are those of [`rtav1_fmtp_accepts`].
unsafe fn compare(
    receiver: *const Rtav1FmtpParameters,
    stream: *const Rtav1FmtpParameters,
    accepts: *mut bool,
) -> Result<(), Failure> {
    // SAFETY: as for this function.
    let out = unsafe { Out::new(accepts, "accepts") }?;
    // SAFETY: as for this function.
    let (receiver, stream) = unsafe { (read(receiver)?, read(stream)?) };
    out.set(receiver.accepts(&stream));
    Ok(())
}

/// The parameters at `pointer`, in range.
///
/// # Safety
/// As for [`CallerStruct::read`].
unsafe fn read(pointer: *const Rtav1FmtpParameters) -> Result<FmtpParameters, Failure> {
    // SAFETY: as for this function.
    let Rtav1FmtpParameters { profile, level_idx, tier, .. } =
        unsafe { CallerStruct::read(pointer) }?;
    let profile = byte("profile", profile)?;
    Ok(FmtpParameters::new(profile, byte("level_idx", level_idx)?, byte("tier", tier)?)?)
}

impl From<FmtpParameters> for Rtav1FmtpParameters {
    fn from(parameters: FmtpParameters) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            profile: u32::from(parameters.profile),
            level_idx: u32::from(parameters.level_idx),
            tier: u32::from(parameters.tier),
        }
    }
}
