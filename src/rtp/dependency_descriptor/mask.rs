//! A.4: how often the active decode targets are told.

use super::frame::FrameDependencies;
use super::structure::DependencyStructure;

/// Tells the mask until no receiver can have missed it without a chain of its own broken: with every
/// frame until one of each active chain had it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaskSignal {
    active: u32,
    /// Chains none of whose frames had the mask yet.
    pending_chains: u32,
}

impl MaskSignal {
    /// All decode targets of a structure that is about to be sent, of which nothing has to be told.
    pub(super) fn all(structure: &DependencyStructure) -> Self {
        Self { active: structure.all_decode_targets(), pending_chains: 0 }
    }

    /// The mask, told or not.
    pub(super) fn active(&self) -> u32 {
        self.active
    }

    /// Sets the mask; it is told from the next frame on if that changes it, or with `again`.
    pub(super) fn set(&mut self, active: u32, structure: &DependencyStructure, again: bool) {
        if again || active != self.active {
            self.active = active;
            // Without chains nothing breaks, so that every frame has to tell.
            let no_chains = structure.chains() == 0;
            self.pending_chains =
                if no_chains { u32::MAX } else { structure.active_chains(active) };
        }
    }

    /// The mask, if the frame has to tell it, which is with all its packets.
    pub(super) fn for_frame(
        &mut self,
        frame: &FrameDependencies,
        structure: &DependencyStructure,
    ) -> Option<u32> {
        if self.pending_chains == 0 {
            return None;
        }
        for chain in 0..structure.chains() {
            if structure.is_part_of_chain(frame, chain) {
                self.pending_chains &= !(1 << chain);
            }
        }
        Some(self.active)
    }
}
