//! The dependency structure of a stream: decode targets, chains and templates, as a reader knows them.

use super::descriptor::Rtav1DescriptorReader;
use super::error::Failure;
use super::handle::call;
use super::memory::CallerStruct;
use super::status::Rtav1Status;
use crate::rtp::dependency_descriptor::{DependencyStructure, FrameDependencies};

/// What the frames of a coded video sequence have in common.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1DependencyStructure {
    /// `sizeof(Rtav1DependencyStructure)`.
    pub struct_size: usize,
    /// How many templates there are, 1 to 64; 0 until a structure has come, and the rest is zeros.
    pub template_count: u32,
    /// The id of the first template, 0 to 63.
    pub template_id_offset: u32,
    /// How many decode targets there are, 1 to 32.
    pub decode_target_count: u32,
    /// How many chains there are, up to as many as decode targets.
    pub chain_count: u32,
    /// How many spatial layers `widths` and `heights` tell of: all, up to 4, or 0.
    pub resolution_count: u32,
    /// The highest spatial layer of each decode target.
    pub spatial_ids: [u8; 32],
    /// The highest temporal layer of each decode target.
    pub temporal_ids: [u8; 32],
    /// The chain that protects each decode target, if there are chains.
    pub protected_by: [u8; 32],
    /// The greatest width of each spatial layer in luma samples.
    pub widths: [u32; 4],
    /// The greatest height of each spatial layer in luma samples.
    pub heights: [u32; 4],
}

/// What a template says of the frames that refer to it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1DependencyTemplate {
    /// `sizeof(Rtav1DependencyTemplate)`.
    pub struct_size: usize,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u32,
    /// Temporal layer, 0 to 7.
    pub temporal_id: u32,
    /// How many frames such a frame depends on, up to 16.
    pub fdiff_count: u32,
    /// What the frame is to each decode target: 0 no part of it, 1 discardable, 2 a switch point, 3
    /// required.
    pub dtis: [u8; 32],
    /// How many frame numbers back the frames are that it depends on.
    pub fdiffs: [u16; 16],
    /// For each chain, how many frame numbers back its last frame is; 0 if none is needed.
    pub chain_fdiffs: [u8; 32],
}

// SAFETY: repr(C), `struct_size` first, integers and arrays of them.
unsafe impl CallerStruct for Rtav1DependencyStructure {
    const NAME: &'static str = "Rtav1DependencyStructure";
}

// SAFETY: repr(C), `struct_size` first, integers and arrays of them.
unsafe impl CallerStruct for Rtav1DependencyTemplate {
    const NAME: &'static str = "Rtav1DependencyTemplate";
}

/// Tells the structure that came last; zeros if none did.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_descriptor_reader_structure(
    reader: *mut Rtav1DescriptorReader,
    structure: *mut Rtav1DependencyStructure,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DescriptorReader| {
        // SAFETY: the caller gives a pointer that holds what the header says of it.
        let out = unsafe { CallerStruct::output(structure) }?;
        out.set(Rtav1DependencyStructure::of(handle.reader.structure().map(|known| &**known)));
        Ok(())
    };
    // SAFETY: the caller gives null or a reader that it alone uses.
    unsafe { call(reader, body) }
}

/// Tells the template at `index`, below `template_count`, of the structure that came last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_descriptor_reader_template(
    reader: *mut Rtav1DescriptorReader,
    index: u32,
    frame_template: *mut Rtav1DependencyTemplate,
) -> Rtav1Status {
    let body = |handle: &mut Rtav1DescriptorReader| {
        // SAFETY: the caller gives a pointer that holds what the header says of it.
        let out = unsafe { CallerStruct::output(frame_template) }?;
        let templates = handle.reader.structure().map_or(&[][..], |known| known.templates());
        let unknown = Failure::UnknownValue { field: "index", value: index };
        out.set(templates.get(index as usize).ok_or(unknown)?.into());
        Ok(())
    };
    // SAFETY: the caller gives null or a reader that it alone uses.
    unsafe { call(reader, body) }
}

impl Rtav1DependencyStructure {
    fn of(structure: Option<&DependencyStructure>) -> Self {
        let mut out = Self {
            struct_size: size_of::<Self>(),
            template_count: 0,
            template_id_offset: 0,
            decode_target_count: 0,
            chain_count: 0,
            resolution_count: 0,
            spatial_ids: [0; 32],
            temporal_ids: [0; 32],
            protected_by: [0; 32],
            widths: [0; 4],
            heights: [0; 4],
        };
        let Some(structure) = structure else { return out };
        out.template_count = structure.templates().len() as u32;
        out.template_id_offset = structure.template_id_offset().into();
        out.decode_target_count = structure.decode_targets() as u32;
        out.chain_count = structure.chains() as u32;
        out.resolution_count = structure.resolutions().len() as u32;
        for target in 0..structure.decode_targets() {
            let layer = structure.decode_target_layer(target);
            (out.spatial_ids[target], out.temporal_ids[target]) =
                (layer.spatial_id, layer.temporal_id);
        }
        let chains = structure.protected_by();
        out.protected_by[..chains.len()].copy_from_slice(chains);
        for (index, resolution) in structure.resolutions().iter().enumerate() {
            (out.widths[index], out.heights[index]) = (resolution.width, resolution.height);
        }
        out
    }
}

impl From<&FrameDependencies> for Rtav1DependencyTemplate {
    fn from(frame: &FrameDependencies) -> Self {
        let mut out = Self {
            struct_size: size_of::<Self>(),
            spatial_id: frame.spatial_id.into(),
            temporal_id: frame.temporal_id.into(),
            fdiff_count: frame.fdiffs.len() as u32,
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
