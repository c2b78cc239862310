//! A.8.2: descriptors into bytes.

use std::sync::Arc;

use bytes::Bytes;

use super::descriptor::DependencyDescriptor;
use super::error::DescriptorError;
use super::frame::{FrameDependencies, limit};
use super::structure::DependencyStructure;
use super::{MAX_FDIFF, MAX_LEN, TEMPLATE_IDS};
use crate::av1::obu::bits::BitWriter;

/// Writes the descriptors of a stream in as few bytes as each can have.
///
/// It keeps the structure that was written last, and takes of its templates the one of the frame's
/// layer that leaves least to be said.
#[derive(Clone, Debug, Default)]
pub struct DescriptorWriter {
    structure: Option<Arc<DependencyStructure>>,
}

impl DescriptorWriter {
    /// A writer that knows no structure.
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer whose readers know a structure.
    pub fn with_structure(structure: Arc<DependencyStructure>) -> Self {
        Self { structure: Some(structure) }
    }

    /// The structure that was written last.
    pub fn structure(&self) -> Option<&Arc<DependencyStructure>> {
        self.structure.as_ref()
    }

    /// The bytes of a descriptor, for the element of a header extension. Those with more than 16 need
    /// the two-byte form (RFC 8285, 4.3).
    ///
    /// # Errors
    /// No structure was written yet and none comes with it, it has no template of the frame's layer
    /// or another number of decode targets or chains, a value does not fit its field, or there are
    /// more than 255 bytes. The writer is as it was then.
    pub fn write(&mut self, descriptor: &DependencyDescriptor) -> Result<Bytes, DescriptorError> {
        let attached = descriptor.structure.as_ref();
        let missing = DescriptorError::StructureMissing { template_id: 0 };
        let structure = attached.or(self.structure.as_ref()).ok_or(missing)?;
        let bytes = write(descriptor, structure)?;
        if let Some(attached) = attached {
            self.structure = Some(Arc::clone(attached));
        }
        Ok(bytes)
    }
}

fn write(
    descriptor: &DependencyDescriptor,
    structure: &DependencyStructure,
) -> Result<Bytes, DescriptorError> {
    let frame = &descriptor.dependencies;
    let (index, custom) = best_template(frame, structure)?;
    let all = structure.all_decode_targets();
    let attach = descriptor.structure.is_some();
    let active = descriptor.active_decode_targets.filter(|&active| !(attach && active == all));
    if let Some(active) = active {
        limit("active decode targets", active as usize, 0, all as usize)?;
    }
    let mut bits = BitWriter::new();
    bits.flag(descriptor.start_of_frame);
    bits.flag(descriptor.end_of_frame);
    let template_id = (structure.template_id_offset() + index) % TEMPLATE_IDS;
    bits.f("frame_dependency_template_id", 6, template_id.into())?;
    bits.f("frame_number", 16, descriptor.frame_number.into())?;
    if attach || active.is_some() || custom.any() {
        bits.flag(attach);
        bits.flag(active.is_some());
        bits.flag(custom.dtis);
        bits.flag(custom.fdiffs);
        bits.flag(custom.chains);
        if attach {
            structure.write(&mut bits)?;
        }
        if let Some(active) = active {
            let targets = structure.decode_targets() as u32;
            bits.f("active_decode_targets_bitmask", targets, active)?;
        }
        custom.write(frame, &mut bits)?;
    }
    let data = bits.into_bytes();
    if data.len() > MAX_LEN {
        return Err(DescriptorError::Length(data.len()));
    }
    Ok(data.into())
}

/// What a template does not say of a frame.
#[derive(Clone, Copy)]
struct Custom {
    dtis: bool,
    fdiffs: bool,
    chains: bool,
}

impl Custom {
    fn of(frame: &FrameDependencies, template: &FrameDependencies) -> Self {
        Self {
            dtis: frame.dtis != template.dtis,
            fdiffs: frame.fdiffs != template.fdiffs,
            chains: frame.chain_fdiffs != template.chain_fdiffs,
        }
    }

    fn any(self) -> bool {
        self.dtis || self.fdiffs || self.chains
    }

    /// Bits that it takes to say it.
    fn cost(self, frame: &FrameDependencies) -> usize {
        let fdiffs = frame.fdiffs.iter().map(|&fdiff| 2 + 4 * fdiff_size(fdiff) as usize);
        usize::from(self.dtis) * 2 * frame.dtis.len()
            + usize::from(self.fdiffs) * (2 + fdiffs.sum::<usize>())
            + usize::from(self.chains) * 8 * frame.chain_fdiffs.len()
    }

    fn write(self, frame: &FrameDependencies, bits: &mut BitWriter) -> Result<(), DescriptorError> {
        if self.dtis {
            for &dti in &*frame.dtis {
                bits.f("frame_dti", 2, dti as u32)?;
            }
        }
        if self.fdiffs {
            for &fdiff in &*frame.fdiffs {
                limit("fdiff", fdiff.into(), 1, MAX_FDIFF.into())?;
                let size = fdiff_size(fdiff);
                bits.f("next_fdiff_size", 2, size)?;
                bits.f("fdiff_minus_one", 4 * size, u32::from(fdiff) - 1)?;
            }
            bits.f("next_fdiff_size", 2, 0)?;
        }
        if self.chains {
            for &fdiff in &*frame.chain_fdiffs {
                bits.f("frame_chain_fdiff", 8, fdiff.into())?;
            }
        }
        Ok(())
    }
}

/// `next_fdiff_size`: units of four bits that hold the difference less one.
fn fdiff_size(fdiff: u16) -> u32 {
    match fdiff {
        0..=0x10 => 1,
        0x11..=0x100 => 2,
        _ => 3,
    }
}

/// The index of the template of the frame's layer that leaves the fewest bits to be said.
fn best_template(
    frame: &FrameDependencies,
    structure: &DependencyStructure,
) -> Result<(u8, Custom), DescriptorError> {
    for (what, count, expected) in [
        ("decode targets", frame.dtis.len(), structure.decode_targets()),
        ("chains", frame.chain_fdiffs.len(), structure.chains()),
    ] {
        if count != expected {
            return Err(DescriptorError::Mismatch { what, count, expected });
        }
    }
    let templates = structure.templates().iter().zip(0u8..);
    let same_layer = templates.filter(|(template, _)| template.layer() == frame.layer());
    same_layer
        .map(|(template, index)| (index, Custom::of(frame, template)))
        .min_by_key(|(_, custom)| custom.cost(frame))
        .ok_or(DescriptorError::Layer {
            spatial_id: frame.spatial_id,
            temporal_id: frame.temporal_id,
        })
}
