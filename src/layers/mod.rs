//! Which frame refers to which: the plan of every frame, made before it is coded and taken over
//! once it was.

#[cfg(feature = "rav1e")]
mod frame_ids;
mod intra_refresh;
mod planner;
mod policy;
mod receiver;
mod retention;
mod structure;
#[cfg(test)]
mod tests;

#[cfg(feature = "rav1e")]
pub(crate) use frame_ids::FrameIds;
pub(crate) use intra_refresh::{ALL_ROWS, CleanRows, IntraRefresh};
pub(crate) use planner::Planner;
pub(crate) use policy::{Link, Policy};
pub(crate) use receiver::Lineage;
pub(crate) use structure::Structure;

use crate::av1::obu::LayerId;

/// Quality class of an inter frame within a plan: frames that many others build on are worth more
/// bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PyramidLevel {
    /// Refreshes a long-lived slot.
    Anchor = 0,
    /// Between two anchors.
    Middle = 1,
    /// Others that are referred to.
    Ordinary = 2,
    /// Of the highest of several layers: nothing refers to it.
    Top = 3,
}

impl PyramidLevel {
    /// All of them, in order of [`index`](Self::index).
    pub(crate) const ALL: [Self; PYRAMID_LEVELS] =
        [Self::Anchor, Self::Middle, Self::Ordinary, Self::Top];

    /// Place in tables by level.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// How many levels there are.
pub(crate) const PYRAMID_LEVELS: usize = 4;

/// How a plan spreads quality over its levels; all offsets zero is flat quality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cascade {
    /// Offset of the quantizer step, in octaves.
    pub(crate) octaves: [f64; PYRAMID_LEVELS],
    /// The share of the octaves that is left where all of the picture moves: what is gained in one frame is then lost
    /// soon, as every prediction interpolates anew.
    pub(crate) least: f64,
    /// Share of the inter frames; they add up to 1.
    pub(crate) shares: [f64; PYRAMID_LEVELS],
    /// Delay after an inter frame that is coded again rather than passed, as a share of the bound. Less
    /// keeps room for what comes, more costs fewer recodes and cuts fewer of the best frames.
    pub(crate) soft_delay: f64,
    /// The most bits of an inter frame, as a multiple of those of the mean frame.
    pub(crate) largest: f64,
}

/// What a plan has of one temporal layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LayerMix {
    /// Share of the frames.
    pub(crate) frames: f64,
    /// Share of each level among the layer's frames.
    pub(crate) levels: [f64; PYRAMID_LEVELS],
}

/// What one frame is, reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FramePlan {
    /// A key frame; an inter frame otherwise.
    pub(crate) key_frame: bool,
    /// `ref_frame_idx`: the slots of LAST_FRAME to ALTREF_FRAME.
    pub(crate) reads: [u8; 7],
    /// `refresh_frame_flags`: a bit for each slot that is written.
    pub(crate) refresh: u8,
    /// `primary_ref_frame`: a name, 0 for LAST_FRAME.
    pub(crate) primary: Option<u8>,
    /// `OrderHint`, of [`ORDER_HINT_BITS`].
    pub(crate) order_hint: u8,
    /// Temporal and spatial layer.
    pub(crate) layer: LayerId,
    /// Quality class.
    pub(crate) level: PyramidLevel,
    /// Place in the pattern of the structure.
    pub(crate) place: u8,
    /// How many frames back LAST_FRAME is, up to 255; 1 of a key frame.
    pub(crate) distance: u8,
    /// An inter frame that reads acknowledged frames only, after a loss.
    pub(crate) recovery: bool,
}

impl FramePlan {
    /// A bit for each slot that is read.
    pub(crate) fn slots_read(&self) -> u8 {
        if self.key_frame { 0 } else { self.reads.iter().fold(0, |mask, slot| mask | 1 << slot) }
    }
}

/// What frames of layer 0 read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Prediction {
    /// The newest frames: cheapest, but one that is lost takes all after it along until a recovery frame.
    #[default]
    Newest,
    /// The last but one and what is acknowledged: there are two chains, and while one is broken the other
    /// goes on at half the frame rate.
    TwoChains,
    /// What is acknowledged: one that is lost is lost alone.
    Acknowledged,
}

/// Bits of the order hints of plans.
pub(crate) const ORDER_HINT_BITS: u8 = 7;
