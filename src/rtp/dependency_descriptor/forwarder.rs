//! What a server forwards of a stream to a receiver of fewer layers, from descriptors alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::MAX_FDIFF;
use super::descriptor::DependencyDescriptor;
use super::error::DescriptorError;
use super::frame::{DecodeTargetIndication, FrameDependencies};
use super::mask::MaskSignal;
use super::reader::DescriptorReader;
use super::structure::DependencyStructure;
use super::writer::DescriptorWriter;
use crate::av1::obu::LayerId;
use crate::rtp::extend::Extender;

/// Chooses the packets of a stream that belong to a decode target, and changes to another one where
/// that is possible (A.7).
///
/// It begins with a key frame. Then it forwards the frames of the decode target whose references it
/// forwarded; those of which it saw no packet are counted among them, since they may still come. It
/// goes to fewer layers at once, and to more from the next frame on at which the new decode target
/// can be decoded: at a switch indication, or while the chain that protects it is whole.
///
/// Descriptors are rewritten where the receiver has to be told which decode targets are left (A.4),
/// so that they may be a few bytes longer than what came in.
#[derive(Clone, Debug)]
pub struct Forwarder {
    reader: DescriptorReader,
    highest: LayerId,
    target: Option<usize>,
    mask: MaskSignal,
    numbers: Extender<u16>,
    /// What was decided on each frame, as far back as a frame may refer.
    frames: BTreeMap<u64, Decision>,
    /// The frame it began with.
    first: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// With the mask in every packet, or without.
    Forward {
        mask: Option<u32>,
    },
    Drop,
}

/// A packet to be sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForwardedPacket {
    /// The descriptor to send with it.
    pub descriptor: Bytes,
    /// The packet is the last that is forwarded of its picture, so that it has the RTP marker (4.2).
    pub end_of_picture: bool,
    /// Number of a frame of the chain before this one of which no packet came: later frames need it,
    /// and it has to be asked for, or a key frame has.
    pub missing_frame: Option<u16>,
}

impl Forwarder {
    /// A forwarder of the layers up to `highest`, spatial and temporal.
    pub fn new(highest: LayerId) -> Self {
        Self {
            reader: DescriptorReader::new(),
            highest,
            target: None,
            mask: MaskSignal::default(),
            numbers: Extender::new(),
            frames: BTreeMap::new(),
            first: 0,
        }
    }

    /// Sets the layers that are wanted from now on.
    pub fn set_highest_layer(&mut self, highest: LayerId) {
        self.highest = highest;
    }

    /// The decode target that is forwarded; `None` before the first key frame.
    pub fn decode_target(&self) -> Option<usize> {
        self.target
    }

    /// The structure of the stream.
    pub fn structure(&self) -> Option<&Arc<DependencyStructure>> {
        self.reader.structure()
    }

    /// Whether the layers that are wanted cannot be forwarded yet: a key frame is awaited, or a place
    /// to switch at.
    pub fn is_waiting(&self) -> bool {
        self.target.is_none() || self.target != self.wanted()
    }

    /// Takes the descriptor of the next packet, best in the order of sending. Gives what to forward,
    /// or `None` if the packet is to be left out.
    ///
    /// # Errors
    /// A descriptor that cannot be read: as [`DescriptorReader::read`].
    pub fn packet(&mut self, data: &[u8]) -> Result<Option<ForwardedPacket>, DescriptorError> {
        let descriptor = self.reader.read(data)?;
        let newest = self.numbers.last();
        let number = match newest {
            Some(newest) => Extender::nearest(newest, descriptor.frame_number),
            // Any start will do that leaves room below it.
            None => 1 << 32 | u64::from(descriptor.frame_number),
        };
        if newest.is_none_or(|newest| number > newest) {
            self.numbers = Extender::starting_near(number);
            self.frame_starts(&descriptor, number, newest);
        }
        // A structure that comes once more, with a frame of before, may have fewer targets.
        let targets = self.structure().map_or(0, |structure| structure.decode_targets());
        if self.target.is_some_and(|target| target >= targets) {
            self.target = self.wanted();
        }
        if self.target.is_none() {
            return Ok(None);
        }
        let decision = match self.frames.get(&number) {
            Some(&decision) => decision,
            None => self.decide(&descriptor.dependencies, number),
        };
        let Decision::Forward { mask } = decision else { return Ok(None) };
        Ok(Some(self.forward(descriptor, data, number, mask)))
    }

    /// What would be forwarded if one could switch anywhere.
    fn wanted(&self) -> Option<usize> {
        let active = self.reader.active_decode_targets();
        self.structure()?.best_decode_target(self.highest, active)
    }

    /// A frame begins that is newer than all before it: the place to change the decode target.
    fn frame_starts(
        &mut self,
        descriptor: &DependencyDescriptor,
        number: u64,
        newest: Option<u64>,
    ) {
        let frame = &descriptor.dependencies;
        let oldest = number.saturating_sub(u64::from(MAX_FDIFF));
        self.frames = self.frames.split_off(&oldest);
        let wanted = self.wanted();
        if descriptor.structure.is_some() {
            if self.target.is_none() {
                self.first = number;
            }
            self.target = wanted;
            self.tell(true);
        } else if self.target.is_some() && wanted != self.target && self.can_switch(frame, number) {
            self.target = wanted;
            self.tell(false);
        }
        debug_assert!(newest.is_none_or(|newest| newest < number));
    }

    /// A.7: whether the decode target that is wanted can be forwarded from this frame on.
    fn can_switch(&self, frame: &FrameDependencies, number: u64) -> bool {
        let (Some(wanted), Some(structure)) = (self.wanted(), self.structure()) else {
            return false;
        };
        let indication = frame.dtis.get(wanted).copied().unwrap_or_default();
        let decodable = !self.lacks_reference(frame, number);
        if indication == DecodeTargetIndication::Switch && decodable {
            return true;
        }
        let chain = structure.protected_by().get(wanted).copied();
        let Some(chain) = chain else {
            // Without chains, only fewer layers can be had without an indication.
            return self.available(structure) >> wanted & 1 != 0;
        };
        match frame.chain_fdiffs.get(usize::from(chain)) {
            Some(0) => decodable,
            Some(&fdiff) => {
                let previous = number.checked_sub(fdiff.into());
                let decision = previous.and_then(|previous| self.frames.get(&previous));
                matches!(decision, Some(Decision::Forward { .. }))
            }
            None => false,
        }
    }

    /// Whether a frame refers to one that was left out.
    fn lacks_reference(&self, frame: &FrameDependencies, number: u64) -> bool {
        frame.fdiffs.iter().any(|&fdiff| match number.checked_sub(fdiff.into()) {
            Some(reference) => {
                reference < self.first || self.frames.get(&reference) == Some(&Decision::Drop)
            }
            None => true,
        })
    }

    fn decide(&mut self, frame: &FrameDependencies, number: u64) -> Decision {
        let belongs = self.target.is_some_and(|target| frame.belongs_to(target));
        let decision = if belongs && number >= self.first && !self.lacks_reference(frame, number) {
            let structure = self.reader.structure();
            Decision::Forward {
                mask: structure.and_then(|structure| self.mask.for_frame(frame, structure)),
            }
        } else {
            Decision::Drop
        };
        self.frames.insert(number, decision);
        decision
    }

    /// The decode targets of which every frame is forwarded, as a mask.
    fn available(&self, structure: &DependencyStructure) -> u32 {
        let Some(target) = self.target else { return 0 };
        let templates = structure.templates();
        let within =
            |other: &usize| templates.iter().all(|t| !t.belongs_to(*other) || t.belongs_to(target));
        let mask = (0..structure.decode_targets()).filter(within).fold(0, |mask, t| mask | 1 << t);
        mask & self.reader.active_decode_targets()
    }

    /// Has the receiver told which decode targets are left; `anew`: with a structure, which makes all
    /// of them active where nothing else is said.
    fn tell(&mut self, anew: bool) {
        let Some(structure) = self.reader.structure() else { return };
        let available = self.available(structure);
        if anew {
            self.mask = MaskSignal::all(structure);
        }
        let again = anew && available != structure.all_decode_targets();
        self.mask.set(available, structure, again);
    }

    fn forward(
        &mut self,
        descriptor: DependencyDescriptor,
        data: &[u8],
        number: u64,
        mask: Option<u32>,
    ) -> ForwardedPacket {
        let frame = &descriptor.dependencies;
        let structure = self.reader.structure();
        let target = self.target.unwrap_or_default();
        let highest = structure.map_or(0, |s| s.decode_target_layer(target).spatial_id);
        let chain = structure.and_then(|structure| structure.protected_by().get(target));
        let fdiff = chain.and_then(|&chain| frame.chain_fdiffs.get(usize::from(chain)).copied());
        let previous = fdiff.filter(|&fdiff| fdiff > 0).and_then(|f| number.checked_sub(f.into()));
        let missing = previous
            .filter(|&previous| previous >= self.first && !self.frames.contains_key(&previous));
        let end_of_picture =
            descriptor.end_of_frame && descriptor.dependencies.spatial_id == highest;
        let told = mask.or(descriptor.structure.as_ref().map(|_| self.mask.active()));
        let unchanged = descriptor.active_decode_targets == told;
        let rewritten = DependencyDescriptor { active_decode_targets: told, ..descriptor };
        let written = if unchanged { None } else { self.rewrite(&rewritten, data) };
        ForwardedPacket {
            descriptor: written.unwrap_or_else(|| Bytes::copy_from_slice(data)),
            end_of_picture,
            missing_frame: missing.map(|missing| missing as u16),
        }
    }

    /// Writes what was read from `data` with another mask, in the structure that it was read by: not
    /// always the one that came last. `None` if the mask is of another structure.
    fn rewrite(&self, descriptor: &DependencyDescriptor, data: &[u8]) -> Option<Bytes> {
        let template_id = data.first()? & 0x3f;
        let structure = match &descriptor.structure {
            Some(attached) => attached,
            None => self.reader.structure_with(template_id).ok()?,
        };
        DescriptorWriter::with_structure(Arc::clone(structure)).write(descriptor).ok()
    }
}
