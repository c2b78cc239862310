//! A.8.2: bytes into descriptors.

use std::sync::Arc;

use super::MAX_LEN;
use super::descriptor::DependencyDescriptor;
use super::error::DescriptorError;
use super::frame::{DecodeTargetIndication, FrameDependencies};
use super::list::ShortList;
use super::structure::DependencyStructure;
use crate::av1::obu::bits::BitReader;

/// Reads the descriptors of a stream (one SSRC), best in the order of their packets.
///
/// It keeps the structure that came last and the one before it, so that packets around a change may
/// come out of order; those that overtake the packet with their structure cannot be read. After an
/// error it is as it was. Memory and time are bounded by the size of one structure.
#[derive(Clone, Debug, Default)]
pub struct DescriptorReader {
    current: Option<Known>,
    previous: Option<Arc<DependencyStructure>>,
    active_decode_targets: u32,
}

#[derive(Clone, Debug)]
struct Known {
    structure: Arc<DependencyStructure>,
    /// The frame it came with.
    frame_number: u16,
}

/// extended_descriptor_fields(), as far as they are flags.
#[derive(Clone, Copy, Default)]
struct Flags {
    structure: bool,
    active_decode_targets: bool,
    dtis: bool,
    fdiffs: bool,
    chains: bool,
}

impl DescriptorReader {
    /// A reader that knows no structure.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that knows a structure, as agreed upon elsewhere.
    pub fn with_structure(structure: DependencyStructure) -> Self {
        let active_decode_targets = structure.all_decode_targets();
        let current = Some(Known { structure: Arc::new(structure), frame_number: 0 });
        Self { current, previous: None, active_decode_targets }
    }

    /// The structure that came last.
    pub fn structure(&self) -> Option<&Arc<DependencyStructure>> {
        self.current.as_ref().map(|known| &known.structure)
    }

    /// The decode targets that are produced, as the packet that was read last and said so has it.
    pub fn active_decode_targets(&self) -> u32 {
        self.active_decode_targets
    }

    /// Reads the descriptor of a packet: the data of the header extension's element. Zeros behind it
    /// are ignored (A.8.3, `zero_padding`).
    ///
    /// # Errors
    /// Fewer than 3 or more than 255 bytes, a field that is cut short or beyond what the format or
    /// this library allows, a template of no structure that is known.
    pub fn read(&mut self, data: &[u8]) -> Result<DependencyDescriptor, DescriptorError> {
        let length = DescriptorError::Length(data.len());
        let (&[first, high, low], rest) = data.split_first_chunk().ok_or(length.clone())?;
        if data.len() > MAX_LEN {
            return Err(length);
        }
        // mandatory_descriptor_fields()
        let (start_of_frame, end_of_frame) = (first & 0x80 != 0, first & 0x40 != 0);
        let template_id = first & 0x3f;
        let frame_number = u16::from_be_bytes([high, low]);
        let mut bits = BitReader::new(rest);
        let flags = Flags::read(&mut bits)?;
        let attached = match flags.structure {
            true => Some(Arc::new(DependencyStructure::parse(&mut bits)?)),
            false => None,
        };
        let structure = match &attached {
            Some(attached) => attached,
            None => self.structure_with(template_id)?,
        };
        let template =
            structure.template(template_id).ok_or_else(|| unknown(structure, template_id))?;
        let active_decode_targets = match flags.active_decode_targets {
            true => Some(bits.f(structure.decode_targets() as u32)?),
            false => attached.as_ref().map(|structure| structure.all_decode_targets()),
        };
        let dependencies = flags.frame(&mut bits, template)?;
        let resolution = structure.resolutions().get(usize::from(dependencies.spatial_id)).copied();
        let overtaken = attached.as_ref().is_some_and(|new| !self.keep(new, frame_number));
        if let Some(active) = active_decode_targets.filter(|_| !overtaken) {
            self.active_decode_targets = active;
        }
        Ok(DependencyDescriptor {
            start_of_frame,
            end_of_frame,
            frame_number,
            dependencies,
            structure: attached,
            active_decode_targets,
            resolution,
        })
    }

    /// The structure that has this template.
    pub(super) fn structure_with(
        &self,
        template_id: u8,
    ) -> Result<&Arc<DependencyStructure>, DescriptorError> {
        let missing = DescriptorError::StructureMissing { template_id };
        let current = self.structure().ok_or(missing)?;
        let mut known = [Some(current), self.previous.as_ref()].into_iter().flatten();
        let found = known.find(|structure| structure.template(template_id).is_some());
        found.ok_or_else(|| unknown(current, template_id))
    }

    /// Takes a structure that came with a frame; tells whether it is the current one now. One that
    /// was replaced already comes with a packet that was overtaken, and stays what it is.
    fn keep(&mut self, structure: &Arc<DependencyStructure>, frame_number: u16) -> bool {
        let Some(current) = &mut self.current else {
            self.current = Some(Known { structure: Arc::clone(structure), frame_number });
            return true;
        };
        let older = frame_number.wrapping_sub(current.frame_number) > u16::MAX / 2;
        if current.structure == *structure {
            current.frame_number = frame_number;
        } else if older && self.previous.as_ref() == Some(structure) {
            return false;
        } else {
            let replaced = std::mem::replace(&mut current.structure, Arc::clone(structure));
            current.frame_number = frame_number;
            // Ids that stand for templates of both are those of the new one.
            self.previous = (!replaced.shares_ids_with(structure)).then_some(replaced);
        }
        true
    }
}

fn unknown(structure: &DependencyStructure, template_id: u8) -> DescriptorError {
    DescriptorError::Template {
        template_id,
        offset: structure.template_id_offset(),
        count: structure.templates().len(),
    }
}

impl Flags {
    /// They are there if the descriptor has more than the mandatory bytes.
    fn read(bits: &mut BitReader<'_>) -> Result<Self, DescriptorError> {
        if bits.remaining() == 0 {
            return Ok(Self::default());
        }
        let flags = bits.byte(5)?;
        Ok(Self {
            structure: flags & 0x10 != 0,
            active_decode_targets: flags & 0x08 != 0,
            dtis: flags & 0x04 != 0,
            fdiffs: flags & 0x02 != 0,
            chains: flags & 0x01 != 0,
        })
    }

    /// frame_dependency_definition().
    fn frame(
        self,
        bits: &mut BitReader<'_>,
        template: &FrameDependencies,
    ) -> Result<FrameDependencies, DescriptorError> {
        let mut frame = *template;
        if self.dtis {
            frame.dtis = ShortList::new();
            for _ in 0..template.dtis.len() {
                let dti = DecodeTargetIndication::from_bits(bits.byte(2)?);
                frame.dtis.push("decode targets", dti)?;
            }
        }
        if self.fdiffs {
            frame.fdiffs = ShortList::new();
            loop {
                let size = bits.f(2)?;
                if size == 0 {
                    break;
                }
                frame.fdiffs.push("fdiffs", bits.f(4 * size)? as u16 + 1)?;
            }
        }
        if self.chains {
            frame.chain_fdiffs = ShortList::new();
            for _ in 0..template.chain_fdiffs.len() {
                frame.chain_fdiffs.push("chains", bits.byte(8)?)?;
            }
        }
        Ok(frame)
    }
}
