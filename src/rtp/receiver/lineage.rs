//! Which frames can be decoded, by what their descriptors say that they depend on.

use std::collections::BTreeMap;

use crate::av1::obu::LayerId;
use crate::rtp::dependency_descriptor::{
    DecodeTargetIndication, DependencyDescriptor, DependencyStructure, DescriptorReader,
};
use crate::rtp::extend::Extender;
use crate::rtp::rtcp::FrameReport;

/// How far back a frame may refer (A.8.2, frame_fdiffs).
const REACH: u64 = 4096;

/// What is known of a unit by its lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitLineage {
    /// Everything that its frames depend on was clean.
    pub(super) clean: bool,
    /// All frames that later ones of the decode target need are there: nothing has to be asked for.
    pub(super) intact: bool,
    /// Frames before it that did not come though they have numbers.
    pub(super) skipped: u64,
}

/// The frames that came, by extended number, each with whether it can be decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage {
    frames: BTreeMap<u64, bool>,
    newest_clean: Option<u64>,
}

impl Lineage {
    fn newest(&self) -> Option<u64> {
        self.frames.last_key_value().map(|(&newest, _)| newest)
    }

    fn extend(&self, number: u16) -> u64 {
        match self.newest() {
            Some(newest) => Extender::nearest(newest, number),
            // Any start will do that leaves room below it.
            None => 1 << 32 | u64::from(number),
        }
    }

    fn is_clean(&self, number: u64, fdiff: u64) -> bool {
        number.checked_sub(fdiff).is_some_and(|number| self.frames.get(&number) == Some(&true))
    }

    /// Takes the frames of a unit that arrived whole.
    pub(super) fn unit(
        &mut self,
        frames: &[DependencyDescriptor],
        reader: &DescriptorReader,
        highest: LayerId,
    ) -> Option<UnitLineage> {
        let structure = reader.structure()?;
        let before = self.newest();
        let first = self.extend(frames.first()?.frame_number);
        let mut lineage = UnitLineage {
            clean: true,
            intact: true,
            skipped: before.map_or(0, |before| first.saturating_sub(before + 1)),
        };
        for descriptor in frames {
            let number = self.extend(descriptor.frame_number);
            if self.newest().is_some_and(|newest| number <= newest) {
                // The sender has started anew.
                self.frames.clear();
                self.newest_clean = None;
            }
            let mut fdiffs = descriptor.dependencies.fdiffs.iter();
            let clean = fdiffs.all(|&fdiff| self.is_clean(number, fdiff.into()));
            let target = target(structure, reader, highest);
            lineage.intact = self.is_intact(descriptor, structure, target, Some(clean));
            lineage.clean &= clean;
            self.frames.insert(number, clean);
            if clean {
                self.newest_clean = Some(number);
            }
        }
        let oldest = self.newest().unwrap_or(0).saturating_sub(REACH);
        self.frames = self.frames.split_off(&oldest);
        Some(lineage)
    }

    /// Whether later frames need this one, which will not come whole, or one before it.
    pub(super) fn is_broken_by(
        &self,
        lost: &DependencyDescriptor,
        reader: &DescriptorReader,
        highest: LayerId,
    ) -> bool {
        let Some(structure) = reader.structure() else { return true };
        !self.is_intact(lost, structure, target(structure, reader, highest), Some(false))
    }

    /// Whether a loss before a packet with this descriptor broke what later frames need: with its
    /// chain, or as a part of its own frame.
    pub(super) fn is_broken_before(
        &self,
        packet: &DependencyDescriptor,
        reader: &DescriptorReader,
        highest: LayerId,
    ) -> bool {
        let Some(structure) = reader.structure() else { return true };
        let target = target(structure, reader, highest);
        // A frame whose first packet is here may still arrive whole.
        let clean = (!packet.start_of_frame).then_some(false);
        !self.is_intact(packet, structure, target, clean)
    }

    /// A.5, A.6: whether the chain that protects the decode target is whole up to this frame. `clean`:
    /// whether the frame can be decoded, as far as that is known.
    fn is_intact(
        &self,
        descriptor: &DependencyDescriptor,
        structure: &DependencyStructure,
        target: usize,
        clean: Option<bool>,
    ) -> bool {
        let frame = &descriptor.dependencies;
        let number = self.extend(descriptor.frame_number);
        let Some(&chain) = structure.protected_by().get(target) else {
            // Without chains, every frame may be needed that is not said to be discardable.
            let dti = frame.dtis.get(target).copied().unwrap_or_default();
            return clean != Some(false)
                || matches!(
                    dti,
                    DecodeTargetIndication::NotPresent | DecodeTargetIndication::Discardable
                );
        };
        let is_part = structure.is_part_of_chain(frame, chain.into());
        let whole_before = match frame.chain_fdiffs.get(usize::from(chain)) {
            Some(&fdiff) if fdiff > 0 => self.is_clean(number, fdiff.into()),
            // The chain starts here, or has not started.
            _ => true,
        };
        whole_before && !(is_part && clean == Some(false))
    }

    /// Nothing that came can be relied on.
    pub(super) fn failed(&mut self) {
        self.frames.values_mut().for_each(|clean| *clean = false);
        self.newest_clean = None;
    }

    /// Whether there is a frame that a recovery frame could refer to.
    pub(super) fn has_clean(&self) -> bool {
        self.newest_clean.is_some()
    }

    /// What to tell the sender; `None` before the first frame.
    pub(super) fn report(&self) -> Option<FrameReport> {
        let newest = self.newest()?;
        let decodable = (0..u64::from(FrameReport::FRAMES))
            .filter(|&back| self.is_clean(newest, back))
            .fold(0, |mask, back| mask | 1 << back);
        let newest_clean = self.newest_clean.map(|number| number as u16);
        Some(FrameReport::new(newest as u16, newest_clean, decodable))
    }
}

/// The decode target that is received: the best there is within `highest`.
fn target(structure: &DependencyStructure, reader: &DescriptorReader, highest: LayerId) -> usize {
    structure.best_decode_target(highest, reader.active_decode_targets()).unwrap_or(0)
}
