//! What a sender says of its frames, from what it knows of them.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::descriptor::DependencyDescriptor;
use super::error::DescriptorError;
use super::frame::{DecodeTargetIndication, FrameDependencies, limit};
use super::list::ShortList;
use super::mask::MaskSignal;
use super::structure::DependencyStructure;
use super::writer::DescriptorWriter;
use super::{MAX_CHAINS, MAX_FDIFF};
use crate::av1::obu::LayerId;
use crate::encoder::{CodedFrame, TemporalUnit};

/// How many frames back it is remembered what each depends on. Farther back, a dependency is told
/// even if another one implies it.
const HISTORY: usize = 256;

/// A frame to be sent, as its encoder knows it; [`CodedFrame`]s turn into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentFrame<'a> {
    /// Number of the frame, above that of the one before; the frame number on the wire goes up by
    /// as much.
    pub id: u64,
    /// The ids of the frames that it depends on; none for the key frame that starts a coded video
    /// sequence.
    pub dependencies: &'a [u64],
    /// Its layer.
    pub layer: LayerId,
    /// No later frame depends on one that came before this and that this does not depend on itself
    /// through any number of others, so that one may go on with all layers from here (A.7). So it is
    /// in the structures of [`DependencyStructure::of_mode`].
    pub switch_point: bool,
    /// The decode targets that the stream has from this frame on, as a mask; `None` if that is as it was.
    pub active_decode_targets: Option<u32>,
}

impl<'a> SentFrame<'a> {
    /// A frame that is a switch point.
    pub const fn new(id: u64, dependencies: &'a [u64], layer: LayerId) -> Self {
        Self { id, dependencies, layer, switch_point: true, active_decode_targets: None }
    }
}

impl<'a> From<&'a CodedFrame> for SentFrame<'a> {
    fn from(frame: &'a CodedFrame) -> Self {
        let CodedFrame { spatial_id, temporal_id, decode_targets, switch_point, .. } = *frame;
        let layer = LayerId { temporal_id, spatial_id };
        Self::of_encoder(frame.id, &frame.dependencies, layer, decode_targets, switch_point)
    }
}

impl<'a> SentFrame<'a> {
    /// A frame as [`CodedFrame`] has it.
    pub(crate) fn of_encoder(
        id: u64,
        dependencies: &'a [u64],
        layer: LayerId,
        decode_targets: u8,
        switch_point: bool,
    ) -> Self {
        let LayerId { temporal_id, spatial_id } = layer;
        // In the highest layer there is nothing above to switch to.
        let highest = decode_targets.checked_shr(temporal_id.into()) == Some(1);
        // Frames of the lowest layer belong to all decode targets that there are.
        let lowest = (spatial_id, temporal_id) == (0, 0);
        Self {
            switch_point: switch_point || highest,
            active_decode_targets: lowest.then_some(decode_targets.into()),
            ..Self::new(id, dependencies, layer)
        }
    }
}

/// Describes the frames of a stream in the order in which they are sent.
///
/// Dependencies that another one implies are left out, since a frame that can be decoded has had all
/// of its own decoded before (A.3); what is left mostly stands in a template, and takes 3 bytes. A frame
/// that does not go on from the last frame of its chain starts that chain anew (A.5).
///
/// ```
/// use rtav1::rtp::dependency_descriptor::{DependencyStructure, FrameDescriber, SentFrame};
/// use rtav1::{LayerId, ScalabilityMode};
///
/// # fn main() -> Result<(), rtav1::rtp::dependency_descriptor::DescriptorError> {
/// let structure = DependencyStructure::of_mode(ScalabilityMode::L1T1);
/// let mut describer = FrameDescriber::new(structure);
/// let key = describer.describe(&SentFrame::new(0, &[], LayerId::default()))?;
/// assert_eq!(key.bytes(true, true).len(), 9);
/// let next = describer.describe(&SentFrame::new(1, &[0], LayerId::default()))?;
/// assert_eq!(next.bytes(true, false)[..], [0x81, 0, 1]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FrameDescriber {
    structure: Arc<DependencyStructure>,
    /// What the next key frame brings.
    next_structure: Option<Arc<DependencyStructure>>,
    mask: MaskSignal,
    /// Number on the wire of the frame with id 0.
    first_number: u16,
    /// The frames described last and what each was said to depend on.
    history: VecDeque<(u64, Vec<u64>)>,
    /// The last frame of each chain.
    chain_ends: [Option<u64>; MAX_CHAINS],
}

/// A frame with all that its packets have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedFrame {
    descriptor: DependencyDescriptor,
    first: Bytes,
    others: Bytes,
}

impl DescribedFrame {
    /// What the first packet says, but for start and end of the frame.
    pub fn descriptor(&self) -> &DependencyDescriptor {
        &self.descriptor
    }

    /// The bytes for a packet, which is the first and the last of the frame or not.
    pub fn bytes(&self, first: bool, last: bool) -> Bytes {
        let mut bytes = if first { self.first.to_vec() } else { self.others.to_vec() };
        // start_of_frame, end_of_frame
        bytes[0] = bytes[0] & 0x3f | u8::from(first) << 7 | u8::from(last) << 6;
        bytes.into()
    }

    /// How many bytes there are for the first packet.
    pub fn first_len(&self) -> usize {
        self.first.len()
    }

    /// How many bytes there are for each other packet; no more than for the first.
    pub fn other_len(&self) -> usize {
        self.others.len()
    }
}

impl FrameDescriber {
    /// For a stream of this structure, in which the frame with id 0 has number 0.
    pub fn new(structure: DependencyStructure) -> Self {
        Self::with_first_number(structure, 0)
    }

    /// The same with another number of the frame with id 0; A.8.3 allows any.
    pub fn with_first_number(structure: DependencyStructure, first_number: u16) -> Self {
        Self {
            mask: MaskSignal::all(&structure),
            structure: Arc::new(structure),
            next_structure: None,
            first_number,
            history: VecDeque::new(),
            chain_ends: [None; MAX_CHAINS],
        }
    }

    /// The structure as it is sent now.
    pub fn structure(&self) -> &DependencyStructure {
        &self.structure
    }

    /// Another structure from the next key frame on, with all decode targets active. Its template ids
    /// are made to follow those of the present one (A.8.3, template_id_offset).
    pub fn set_structure(&mut self, structure: DependencyStructure) {
        let present = &*self.structure;
        let same = structure.clone().with_template_id_offset(present.template_id_offset());
        let after = usize::from(present.template_id_offset()) + present.templates().len();
        self.next_structure = (same != *present)
            .then(|| Arc::new(structure.with_template_id_offset((after % 64) as u8)));
    }

    /// Sets which decode targets are produced from the next frame on, as a mask; it is told until it
    /// has been sent on every active chain (A.4).
    ///
    /// # Errors
    /// No decode target, or one that the structure does not have.
    pub fn set_active_decode_targets(&mut self, active: u32) -> Result<(), DescriptorError> {
        let all = self.structure.all_decode_targets() as usize;
        limit("active decode targets", active as usize, 1, all)?;
        self.mask.set(active, &self.structure, false);
        Ok(())
    }

    /// Describes the next frame. A frame without dependencies is a key frame and brings the structure.
    ///
    /// # Errors
    /// An id that does not rise, a dependency that is not lower, one more than 4096 frames back, more
    /// than 16 of them, a chain's last frame more than 255 frames back, or a layer without a template.
    /// The describer is as before then.
    pub fn describe(&mut self, frame: &SentFrame<'_>) -> Result<DescribedFrame, DescriptorError> {
        let SentFrame { id, dependencies, .. } = *frame;
        let last = self.history.back().map(|&(last, _)| last);
        if let Some(last) = last.filter(|&last| id <= last) {
            return Err(DescriptorError::FrameOrder { id, last });
        }
        if let Some(&dependency) = dependencies.iter().find(|&&dependency| dependency >= id) {
            return Err(DescriptorError::Dependency { id, dependency });
        }
        let key_frame = dependencies.is_empty() && frame.layer.spatial_id == 0;
        let mut mask = self.mask;
        let mut structure = Arc::clone(&self.structure);
        // Layers beyond the structure have no templates, which tells of them.
        let within = |active: &u32, of: &DependencyStructure| {
            *active != 0 && *active & !of.all_decode_targets() == 0
        };
        if let Some(next) = self.next_structure.as_ref().filter(|_| key_frame) {
            structure = Arc::clone(next);
            mask = MaskSignal::all(next);
        }
        if let Some(active) = frame.active_decode_targets.filter(|a| within(a, &structure)) {
            mask.set(active, &structure, false);
        }
        if key_frame {
            // A structure makes all of them active where nothing else is said.
            let again = mask.active() != structure.all_decode_targets();
            mask.set(mask.active(), &structure, again);
        }
        let (dependencies, implied) = self.without_implied(dependencies);
        let (described, chains) = self.frame(frame, &dependencies, &implied, &structure)?;
        let number = self.first_number.wrapping_add(id as u16);
        let mut descriptor = DependencyDescriptor::new(number, described);
        descriptor.active_decode_targets = mask.for_frame(&described, &structure);
        let mut writer = DescriptorWriter::with_structure(Arc::clone(&structure));
        let others = writer.write(&descriptor)?;
        if key_frame {
            descriptor.structure = Some(Arc::clone(&structure));
            descriptor.active_decode_targets =
                descriptor.active_decode_targets.or(Some(structure.all_decode_targets()));
        }
        descriptor.resolution =
            structure.resolutions().get(usize::from(frame.layer.spatial_id)).copied();
        let first = writer.write(&descriptor)?;
        if key_frame {
            self.next_structure = None;
        }
        (self.mask, self.structure, self.chain_ends) = (mask, structure, chains);
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back((id, dependencies));
        Ok(DescribedFrame { descriptor, first, others })
    }

    /// Describes all frames of a temporal unit; as
    /// [`packetize_described`](crate::rtp::Packetizer::packetize_described) takes them. The active decode
    /// targets follow the layers that the encoder has, within those of the structure.
    ///
    /// # Errors
    /// As [`describe`](Self::describe); frames before the one that failed are described.
    pub fn describe_unit(
        &mut self,
        unit: &TemporalUnit,
    ) -> Result<Vec<DescribedFrame>, DescriptorError> {
        unit.frames.iter().map(|frame| self.describe(&frame.into())).collect()
    }

    /// The dependencies that no other one implies, descending; and all that is implied, as far as it
    /// is remembered, the dependencies themselves included.
    fn without_implied(&self, dependencies: &[u64]) -> (Vec<u64>, BTreeSet<u64>) {
        let asked: BTreeSet<u64> = dependencies.iter().copied().collect();
        let mut ancestors = BTreeSet::new();
        let mut needed = Vec::new();
        for (id, its_own) in self.history.iter().rev() {
            let implied = ancestors.contains(id);
            if asked.contains(id) && !implied {
                needed.push(*id);
                ancestors.insert(*id);
            }
            if ancestors.contains(id) {
                ancestors.extend(its_own);
            }
        }
        // What is not remembered is needed, unless something that is remembered implies it.
        needed.extend(asked.iter().rev().filter(|id| !ancestors.contains(id)));
        needed.sort_unstable_by(|a, b| b.cmp(a));
        ancestors.extend(asked);
        (needed, ancestors)
    }

    /// The frame as descriptors have it, and the chains after it.
    fn frame(
        &self,
        frame: &SentFrame<'_>,
        dependencies: &[u64],
        ancestors: &BTreeSet<u64>,
        structure: &DependencyStructure,
    ) -> Result<(FrameDependencies, [Option<u64>; MAX_CHAINS]), DescriptorError> {
        let LayerId { spatial_id, temporal_id } = frame.layer;
        let templates = || structure.templates().iter().filter(|t| t.layer() == frame.layer);
        let first = templates().next();
        let first = first.ok_or(DescriptorError::Layer { spatial_id, temporal_id })?;
        let mut fdiffs = ShortList::new();
        for dependency in dependencies {
            let fdiff = usize::try_from(frame.id - dependency).unwrap_or(usize::MAX);
            limit("fdiff", fdiff, 1, MAX_FDIFF.into())?;
            fdiffs.push("fdiffs", fdiff as u16)?;
        }
        // Templates of one layer may differ in their indications, too.
        let alike = templates().find(|template| template.fdiffs == fdiffs).unwrap_or(first);
        let mut described = FrameDependencies { fdiffs, ..*alike };
        if !frame.switch_point {
            no_switch_up(&mut described, structure)?;
        }
        let mut ends = self.chain_ends;
        described.chain_fdiffs = ShortList::new();
        for (chain, end) in ends.iter_mut().enumerate().take(structure.chains()) {
            let is_part = structure.is_part_of_chain(&described, chain);
            let goes_on = !is_part || end.is_some_and(|end| ancestors.contains(&end));
            let fdiff = match end.filter(|_| goes_on && !fdiffs.is_empty()) {
                Some(end) => usize::try_from(frame.id - end).unwrap_or(usize::MAX),
                None => 0,
            };
            limit("chain fdiff", fdiff, 0, u8::MAX.into())?;
            described.chain_fdiffs.push("chains", fdiff as u8)?;
            if is_part {
                *end = Some(frame.id);
            }
        }
        Ok((described, ends))
    }
}

/// Takes back that one may switch at the frame to the decode targets with layers above its own.
fn no_switch_up(
    frame: &mut FrameDependencies,
    structure: &DependencyStructure,
) -> Result<(), DescriptorError> {
    let (layer, dtis) = (frame.layer(), frame.dtis);
    frame.dtis = ShortList::new();
    for (target, &dti) in dtis.iter().enumerate() {
        let above = structure.decode_target_layer(target) != layer;
        let required = above && dti == DecodeTargetIndication::Switch;
        let dti = if required { DecodeTargetIndication::Required } else { dti };
        frame.dtis.push("decode targets", dti)?;
    }
    Ok(())
}
