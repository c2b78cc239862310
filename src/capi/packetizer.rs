//! The packetizer's structs and exports.

use std::collections::VecDeque;
use std::ffi::c_char;

use super::descriptor::Rtav1Describer;
use super::error::Failure;
use super::handle::{Handle, Report, call, create, free, last_error};
use super::memory::{CallerStruct, Out, items, items_mut};
use super::status::Rtav1Status;
use super::unit::Rtav1Unit;
use crate::rtp::{PacketLimits, Packetizer, Payload};

/// How large payloads may be, in bytes. The reductions, zero unless needed, leave room for RTP
/// header extensions that only some packets carry.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1PacketLimits {
    /// `sizeof(Rtav1PacketLimits)`.
    pub struct_size: usize,
    /// The most bytes of a payload, up to 65535: what the network carries, less IP, UDP and RTP
    /// headers, extensions that every packet has, and SRTP's tag.
    pub max_payload: usize,
    /// By how much less the first payload of a frame may hold, if the frame has several.
    pub first_reduction: usize,
    /// By how much less the last payload of a frame may hold, if the frame has several.
    pub last_reduction: usize,
    /// By how much less the only payload of a frame may hold.
    pub single_reduction: usize,
}

/// What belongs to a payload that was written to the caller's buffer.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1Payload {
    /// `sizeof(Rtav1Payload)`.
    pub struct_size: usize,
    /// Bytes written, at least 2; 0: no payload is left.
    pub len: usize,
    /// Nonzero: the marker bit of the RTP header is to be set, as the unit ends here.
    pub marker: u32,
    /// Nonzero: the packet is the first of a coded video sequence (N = 1).
    pub new_sequence: u32,
    /// Nonzero: the packet is the first of its layer's frame.
    pub first_of_frame: u32,
    /// Nonzero: the packet is the last of its layer's frame.
    pub last_of_frame: u32,
    /// Nonzero: the OBUs in the packet have layer ids.
    pub has_layer: u32,
    /// Temporal layer, 0 to 7.
    pub temporal_id: u32,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u32,
    /// Bytes of the dependency descriptor for the packet's header extension; 0 unless the unit was
    /// cut by `rtav1_packetizer_packetize_described`. More than 16 need the two-byte form (RFC 8285).
    pub descriptor_len: usize,
    /// The descriptor.
    pub descriptor: [u8; 256],
}

/// Cuts temporal units into RTP payloads.
pub struct Rtav1Packetizer {
    packetizer: Packetizer,
    payloads: VecDeque<Payload>,
    report: Report,
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1PacketLimits {
    const NAME: &'static str = "Rtav1PacketLimits";
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1Payload {
    const NAME: &'static str = "Rtav1Payload";
}

impl Handle for Rtav1Packetizer {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Makes a packetizer; `*packetizer` becomes null on failure. Freed by `rtav1_packetizer_free`.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_new(
    limits: *const Rtav1PacketLimits,
    packetizer: *mut *mut Rtav1Packetizer,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { create(packetizer, message, capacity, || Rtav1Packetizer::new(limits)) }
}

/// Frees the packetizer and sets `*packetizer` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_free(packetizer: *mut *mut Rtav1Packetizer) {
    // SAFETY: the caller gives null or a place that holds null or a packetizer.
    unsafe { free(packetizer) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_error(packetizer: *mut Rtav1Packetizer) -> *const c_char {
    // SAFETY: the caller gives null or a packetizer that it alone uses.
    unsafe { last_error(packetizer) }
}

/// Cuts a whole temporal unit into payloads, which `rtav1_packetizer_next` then gives one by one;
/// those of an earlier unit that were not taken are discarded. `data` is copied.
///
/// The first payload has N set if the unit starts a coded video sequence: a sequence header leads, and
/// the first frame is a key frame that is shown. `count` may be null, or gets the number of payloads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_packetize(
    packetizer: *mut Rtav1Packetizer,
    data: *const u8,
    len: usize,
    count: *mut usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { rtav1_packetizer_packetize_layer(packetizer, data, len, true, count) }
}

/// As `rtav1_packetizer_packetize` for a part of a temporal unit, such as the frame of one spatial
/// layer; the marker is set only with `end_of_unit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_packetize_layer(
    packetizer: *mut Rtav1Packetizer,
    data: *const u8,
    len: usize,
    end_of_unit: bool,
    count: *mut usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(packetizer, |handle| handle.cut(data, len, end_of_unit, count)) }
}

/// As `rtav1_packetizer_packetize` for a unit of the encoder's, with the dependency descriptor of each
/// packet beside it, by a describer to which all units of the stream are given in their order. Payloads
/// are smaller by what the descriptors take.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_packetize_described(
    packetizer: *mut Rtav1Packetizer,
    describer: *mut Rtav1Describer,
    unit: *const Rtav1Unit,
    count: *mut usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(packetizer, |handle| handle.cut_described(describer, unit, count)) }
}

/// Writes the next payload to `buffer`, which has `capacity` bytes; `payload->len` is 0 when none
/// is left. A buffer that is too short is refused and the payload stays the next one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_packetizer_next(
    packetizer: *mut Rtav1Packetizer,
    buffer: *mut u8,
    capacity: usize,
    payload: *mut Rtav1Payload,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(packetizer, |handle| handle.next(buffer, capacity, payload)) }
}

impl Rtav1Packetizer {
    /// # Safety
    /// As for [`CallerStruct::read`].
    unsafe fn new(limits: *const Rtav1PacketLimits) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        let limits = unsafe { Rtav1PacketLimits::read(limits) }?;
        let packetizer = Packetizer::new(limits.into())?;
        Ok(Self { packetizer, payloads: VecDeque::new(), report: Report::default() })
    }

    /// # Safety
    /// The pointers are those of [`rtav1_packetizer_packetize_layer`].
    unsafe fn cut(
        &mut self,
        data: *const u8,
        len: usize,
        end_of_unit: bool,
        count: *mut usize,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let count = unsafe { Out::optional(count, "count") }?;
        self.payloads.clear();
        // SAFETY: as for this function.
        let unit = unsafe { items(data, len, "data") }?;
        self.payloads = self.packetizer.packetize_layer(unit, end_of_unit)?.into();
        if let Some(count) = count {
            count.set(self.payloads.len());
        }
        Ok(())
    }

    /// # Safety
    /// The pointers are those of [`rtav1_packetizer_packetize_described`].
    unsafe fn cut_described(
        &mut self,
        describer: *mut Rtav1Describer,
        unit: *const Rtav1Unit,
        count: *mut usize,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let count = unsafe { Out::optional(count, "count") }?;
        self.payloads.clear();
        if describer.is_null() || !describer.is_aligned() {
            return Err(Failure::Pointer("describer"));
        }
        if unit.is_null() || !unit.is_aligned() {
            return Err(Failure::Pointer("unit"));
        }
        // SAFETY: as for this function.
        let (describer, unit) = unsafe { (&mut *describer, &*unit) };
        // SAFETY: as for this function.
        let data = unsafe { items(unit.data, unit.len, "data") }?;
        // SAFETY: as for this function.
        let described = unsafe { describer.describe(unit) }?;
        self.payloads = self.packetizer.packetize_described(data, &described)?.into();
        if let Some(count) = count {
            count.set(self.payloads.len());
        }
        Ok(())
    }

    /// # Safety
    /// The pointers are those of [`rtav1_packetizer_next`].
    unsafe fn next(
        &mut self,
        buffer: *mut u8,
        capacity: usize,
        payload: *mut Rtav1Payload,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { CallerStruct::output(payload) }?;
        out.set(Rtav1Payload::none());
        if let Some(payload) = self.payloads.front() {
            // SAFETY: as for this function.
            payload.write_to(unsafe { items_mut(buffer, capacity, "buffer") }?)?;
            out.set(payload.into());
            self.payloads.pop_front();
        }
        Ok(())
    }
}

impl From<Rtav1PacketLimits> for PacketLimits {
    fn from(limits: Rtav1PacketLimits) -> Self {
        Self {
            max_payload: limits.max_payload,
            first_reduction: limits.first_reduction,
            last_reduction: limits.last_reduction,
            single_reduction: limits.single_reduction,
        }
    }
}

impl Rtav1Payload {
    fn none() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            len: 0,
            marker: 0,
            new_sequence: 0,
            first_of_frame: 0,
            last_of_frame: 0,
            has_layer: 0,
            temporal_id: 0,
            spatial_id: 0,
            descriptor_len: 0,
            descriptor: [0; 256],
        }
    }
}

impl From<&Payload> for Rtav1Payload {
    fn from(payload: &Payload) -> Self {
        let mut descriptor = [0; 256];
        let bytes = payload.descriptor.as_deref().unwrap_or_default();
        descriptor[..bytes.len()].copy_from_slice(bytes);
        Self {
            descriptor_len: bytes.len(),
            descriptor,
            len: payload.len(),
            marker: u32::from(payload.marker),
            new_sequence: u32::from(payload.new_sequence),
            first_of_frame: u32::from(payload.first_of_frame),
            last_of_frame: u32::from(payload.last_of_frame),
            has_layer: u32::from(payload.layer.is_some()),
            temporal_id: payload.layer.map_or(0, |layer| u32::from(layer.temporal_id)),
            spatial_id: payload.layer.map_or(0, |layer| u32::from(layer.spatial_id)),
            ..Self::none()
        }
    }
}
