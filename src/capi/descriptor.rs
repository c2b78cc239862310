//! The dependency descriptor: describer of a sender, reader, and forwarder of a server.

use std::ffi::c_char;
use std::slice;

use super::encoder_values::scalability_mode;
use super::error::Failure;
use super::handle::{Handle, Report, call, create, free, last_error};
use super::memory::{CallerStruct, byte, items};
use super::status::Rtav1Status;
use super::unit::Rtav1Unit;
use crate::av1::obu::LayerId;
use crate::rtp::dependency_descriptor::{
    DependencyDescriptor, DependencyStructure, DescribedFrame, DescriptorReader, Forwarder,
    FrameDescriber, SentFrame,
};

/// Describes the frames of a sender for `rtav1_packetizer_packetize_described`.
pub struct Rtav1Describer {
    pub(super) describer: FrameDescriber,
    report: Report,
}

/// Reads the dependency descriptors of a stream.
pub struct Rtav1DescriptorReader {
    pub(super) reader: DescriptorReader,
    report: Report,
}

/// Chooses the packets of a stream that belong to fewer layers, from their descriptors alone.
pub struct Rtav1Forwarder {
    forwarder: Forwarder,
    report: Report,
}

/// What the descriptor of a packet says.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1DependencyDescriptor {
    /// `sizeof(Rtav1DependencyDescriptor)`.
    pub struct_size: usize,
    /// Number of the frame in decoding order; it goes around after 65535.
    pub frame_number: u32,
    /// Nonzero: the packet is the first of its frame.
    pub start_of_frame: u32,
    /// Nonzero: the packet is the last of its frame.
    pub end_of_frame: u32,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u32,
    /// Temporal layer, 0 to 7.
    pub temporal_id: u32,
    /// How many decode targets there are, 1 to 32.
    pub decode_target_count: u32,
    /// How many frames the frame depends on, up to 16.
    pub fdiff_count: u32,
    /// How many chains there are, up to 32.
    pub chain_count: u32,
    /// Nonzero: the structure came with the packet, as with the first of a coded video sequence.
    pub has_structure: u32,
    /// Nonzero: the packet tells `active_decode_targets`.
    pub has_active_decode_targets: u32,
    /// The decode targets that are produced from this frame on, the first at the least significant bit.
    pub active_decode_targets: u32,
    /// What the frame is to each decode target: 0 no part of it, 1 discardable, 2 a switch point, 3
    /// required.
    pub dtis: [u8; 32],
    /// How many frame numbers back the frames are that it depends on.
    pub fdiffs: [u16; 16],
    /// For each chain, how many frame numbers back its last frame is; 0 if none is needed.
    pub chain_fdiffs: [u8; 32],
}

/// A packet to be sent on.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1ForwardedPacket {
    /// `sizeof(Rtav1ForwardedPacket)`.
    pub struct_size: usize,
    /// Nonzero: the packet is to be sent on; zero: it is to be left out, and the rest is zeros.
    pub forward: u32,
    /// Nonzero: it is the last that is forwarded of its picture, so that it has the RTP marker.
    pub end_of_picture: u32,
    /// Nonzero: later frames need a frame of which no packet came, `missing_frame`.
    pub has_missing_frame: u32,
    /// Number of that frame.
    pub missing_frame: u32,
    /// Bytes of the descriptor to send with it.
    pub descriptor_len: usize,
    /// The descriptor.
    pub descriptor: [u8; 256],
}

// SAFETY: repr(C), `struct_size` first, integers and arrays of them.
unsafe impl CallerStruct for Rtav1DependencyDescriptor {
    const NAME: &'static str = "Rtav1DependencyDescriptor";
}

// SAFETY: repr(C), `struct_size` first, integers and an array of them.
unsafe impl CallerStruct for Rtav1ForwardedPacket {
    const NAME: &'static str = "Rtav1ForwardedPacket";
}

impl Handle for Rtav1Describer {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

impl Handle for Rtav1DescriptorReader {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

impl Handle for Rtav1Forwarder {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Makes a describer of streams with the layers of `mode`, an `Rtav1ScalabilityMode`, or fewer;
/// `*describer` becomes null on failure. Freed by `rtav1_describer_free`. The frame with the id 0 has
/// the number `first_number` on the wire.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_describer_new(
    mode: u32,
    first_number: u16,
    describer: *mut *mut Rtav1Describer,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    let make = || {
        let structure = DependencyStructure::up_to_mode(scalability_mode(mode)?);
        let describer = FrameDescriber::with_first_number(structure, first_number);
        Ok(Rtav1Describer { describer, report: Report::default() })
    };
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { create(describer, message, capacity, make) }
}

/// Frees the describer and sets `*describer` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_describer_free(describer: *mut *mut Rtav1Describer) {
    // SAFETY: the caller gives null or a place that holds null or a describer.
    unsafe { free(describer) }
}

/// Makes a reader that knows no structure; `*reader` becomes null on failure. Freed by
/// `rtav1_descriptor_reader_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_descriptor_reader_new(
    reader: *mut *mut Rtav1DescriptorReader,
) -> Rtav1Status {
    let make =
        || Ok(Rtav1DescriptorReader { reader: DescriptorReader::new(), report: Report::default() });
    // SAFETY: the caller gives a pointer that holds what the header says of it.
    unsafe { create(reader, std::ptr::null_mut(), 0, make) }
}

/// Frees the reader and sets `*reader` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_descriptor_reader_free(reader: *mut *mut Rtav1DescriptorReader) {
    // SAFETY: the caller gives null or a place that holds null or a reader.
    unsafe { free(reader) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_descriptor_reader_error(
    reader: *mut Rtav1DescriptorReader,
) -> *const c_char {
    // SAFETY: the caller gives null or a reader that it alone uses.
    unsafe { last_error(reader) }
}

/// Reads the descriptor of a packet, `len` bytes of a header extension's element, best in the order of
/// sending. The reader keeps the structure that came last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_descriptor_reader_read(
    reader: *mut Rtav1DescriptorReader,
    data: *const u8,
    len: usize,
    descriptor: *mut Rtav1DependencyDescriptor,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DescriptorReader| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let out = unsafe { CallerStruct::output(descriptor) }?;
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let data = unsafe { items(data, len, "data") }?;
        out.set((&handle.reader.read(data)?).into());
        Ok(())
    };
    // SAFETY: the caller gives null or a reader that it alone uses.
    unsafe { call(reader, body) }
}

/// Makes a forwarder of the layers up to these; `*forwarder` becomes null on failure. Freed by
/// `rtav1_forwarder_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_forwarder_new(
    highest_spatial_id: u32,
    highest_temporal_id: u32,
    forwarder: *mut *mut Rtav1Forwarder,
) -> Rtav1Status {
    let make = || {
        let highest = layer(highest_spatial_id, highest_temporal_id)?;
        Ok(Rtav1Forwarder { forwarder: Forwarder::new(highest), report: Report::default() })
    };
    // SAFETY: the caller gives a pointer that holds what the header says of it.
    unsafe { create(forwarder, std::ptr::null_mut(), 0, make) }
}

/// Frees the forwarder and sets `*forwarder` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_forwarder_free(forwarder: *mut *mut Rtav1Forwarder) {
    // SAFETY: the caller gives null or a place that holds null or a forwarder.
    unsafe { free(forwarder) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_forwarder_error(forwarder: *mut Rtav1Forwarder) -> *const c_char {
    // SAFETY: the caller gives null or a forwarder that it alone uses.
    unsafe { last_error(forwarder) }
}

/// Sets the layers that are wanted from now on; the forwarder goes to them where that is possible.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_forwarder_set_highest_layer(
    forwarder: *mut Rtav1Forwarder,
    spatial_id: u32,
    temporal_id: u32,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Forwarder| {
        handle.forwarder.set_highest_layer(layer(spatial_id, temporal_id)?);
        Ok(())
    };
    // SAFETY: the caller gives null or a forwarder that it alone uses.
    unsafe { call(forwarder, body) }
}

/// Takes the descriptor of the next packet, best in the order of sending, and tells whether the packet
/// is to be sent on, and with which descriptor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_forwarder_packet(
    forwarder: *mut Rtav1Forwarder,
    descriptor: *const u8,
    len: usize,
    packet: *mut Rtav1ForwardedPacket,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1Forwarder| {
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let out = unsafe { CallerStruct::output(packet) }?;
        out.set(Rtav1ForwardedPacket::none());
        // SAFETY: the caller gives pointers that hold what the header says of them.
        let data = unsafe { items(descriptor, len, "descriptor") }?;
        if let Some(packet) = handle.forwarder.packet(data)? {
            let mut descriptor = [0; 256];
            descriptor[..packet.descriptor.len()].copy_from_slice(&packet.descriptor);
            out.set(Rtav1ForwardedPacket {
                forward: 1,
                end_of_picture: packet.end_of_picture.into(),
                has_missing_frame: packet.missing_frame.is_some().into(),
                missing_frame: packet.missing_frame.unwrap_or(0).into(),
                descriptor_len: packet.descriptor.len(),
                descriptor,
                ..Rtav1ForwardedPacket::none()
            });
        }
        Ok(())
    };
    // SAFETY: the caller gives null or a forwarder that it alone uses.
    unsafe { call(forwarder, body) }
}

pub(super) fn layer(spatial_id: u32, temporal_id: u32) -> Result<LayerId, Failure> {
    let spatial_id = byte("spatial_id", spatial_id)?;
    Ok(LayerId { temporal_id: byte("temporal_id", temporal_id)?, spatial_id })
}

impl Rtav1Describer {
    /// # Safety
    /// `unit` is as `rtav1_encoder_encode` gave it.
    pub(super) unsafe fn describe(
        &mut self,
        unit: &Rtav1Unit,
    ) -> Result<Vec<DescribedFrame>, Failure> {
        // SAFETY: as for this function.
        let frames = unsafe { slice::from_raw_parts(unit.frames, unit.frame_count) };
        let mut described = Vec::with_capacity(frames.len());
        for &frame in frames {
            // SAFETY: as for this function.
            let frame = unsafe { &*frame };
            let count = frame.dependency_count;
            // SAFETY: as for this function.
            let dependencies = unsafe { items(frame.dependencies, count, "dependencies") }?;
            let sent = SentFrame::of_encoder(
                frame.id,
                dependencies,
                LayerId { temporal_id: frame.temporal_id, spatial_id: frame.spatial_id },
                frame.decode_targets,
                frame.switch_point,
            );
            described.push(self.describer.describe(&sent)?);
        }
        Ok(described)
    }
}

impl Rtav1ForwardedPacket {
    fn none() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            forward: 0,
            end_of_picture: 0,
            has_missing_frame: 0,
            missing_frame: 0,
            descriptor_len: 0,
            descriptor: [0; 256],
        }
    }
}

impl From<&DependencyDescriptor> for Rtav1DependencyDescriptor {
    fn from(descriptor: &DependencyDescriptor) -> Self {
        let frame = &descriptor.dependencies;
        let mut out = Self {
            struct_size: size_of::<Self>(),
            frame_number: descriptor.frame_number.into(),
            start_of_frame: descriptor.start_of_frame.into(),
            end_of_frame: descriptor.end_of_frame.into(),
            spatial_id: frame.spatial_id.into(),
            temporal_id: frame.temporal_id.into(),
            decode_target_count: frame.dtis.len() as u32,
            fdiff_count: frame.fdiffs.len() as u32,
            chain_count: frame.chain_fdiffs.len() as u32,
            has_structure: descriptor.structure.is_some().into(),
            has_active_decode_targets: descriptor.active_decode_targets.is_some().into(),
            active_decode_targets: descriptor.active_decode_targets.unwrap_or(0),
            dtis: [0; 32],
            fdiffs: [0; 16],
            chain_fdiffs: [0; 32],
        };
        for (to, from) in out.dtis.iter_mut().zip(&*frame.dtis) {
            *to = *from as u8;
        }
        out.fdiffs[..frame.fdiffs.len()].copy_from_slice(&frame.fdiffs);
        out.chain_fdiffs[..frame.chain_fdiffs.len()].copy_from_slice(&frame.chain_fdiffs);
        out
    }
}
