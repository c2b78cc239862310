//! What a descriptor says of one frame, and what a template says of many.

use super::error::DescriptorError;
use super::list::ShortList;
use super::{
    MAX_CHAINS, MAX_DECODE_TARGETS, MAX_FDIFF, MAX_FDIFFS, MAX_SPATIAL_ID, MAX_TEMPORAL_ID,
};
use crate::av1::obu::LayerId;

/// A.8.3, table A.1: what a frame is to a decode target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DecodeTargetIndication {
    /// `-`: the frame is no part of the decode target.
    #[default]
    NotPresent = 0,
    /// `D`: no other frame of the decode target depends on it.
    Discardable = 1,
    /// `S`: if it can be decoded, so can all later frames of the decode target.
    Switch = 2,
    /// `R`: others depend on it, and it is no point to switch at.
    Required = 3,
}

impl DecodeTargetIndication {
    /// The indication with this value of two bits.
    pub(super) const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::NotPresent,
            1 => Self::Discardable,
            2 => Self::Switch,
            _ => Self::Required,
        }
    }

    /// Its symbol in table A.1.
    pub const fn symbol(self) -> char {
        match self {
            Self::NotPresent => '-',
            Self::Discardable => 'D',
            Self::Switch => 'S',
            Self::Required => 'R',
        }
    }
}

/// Layer, decode targets, dependencies and chains of a frame, or of all frames of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameDependencies {
    /// Spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// Temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// What the frame is to each decode target.
    pub dtis: ShortList<DecodeTargetIndication, MAX_DECODE_TARGETS>,
    /// How many frame numbers back the frames are that it depends on: 1 to 16 in a template, 1 to
    /// 4096 otherwise.
    pub fdiffs: ShortList<u16, MAX_FDIFFS>,
    /// For each chain, how many frame numbers back its last frame is, 0 if none is needed: up to 15
    /// in a template, up to 255 otherwise.
    pub chain_fdiffs: ShortList<u8, MAX_CHAINS>,
}

impl FrameDependencies {
    /// A frame of `layer` with these indications, differences and chains.
    ///
    /// # Errors
    /// A layer beyond 3 or 7, no or more than 32 decode targets, more than 16 differences or one
    /// outside 1 to 4096, or more chains than decode targets.
    pub fn new(
        layer: LayerId,
        dtis: &[DecodeTargetIndication],
        fdiffs: &[u16],
        chain_fdiffs: &[u8],
    ) -> Result<Self, DescriptorError> {
        let LayerId { spatial_id, temporal_id } = layer;
        let frame = Self {
            spatial_id,
            temporal_id,
            dtis: ShortList::of("decode targets", dtis)?,
            fdiffs: ShortList::of("fdiffs", fdiffs)?,
            chain_fdiffs: ShortList::of("chains", chain_fdiffs)?,
        };
        limit("decode targets", dtis.len(), 1, MAX_DECODE_TARGETS)?;
        limit("chains", chain_fdiffs.len(), 0, dtis.len())?;
        check_layer(layer)?;
        fdiffs.iter().try_for_each(|&fdiff| limit("fdiff", fdiff.into(), 1, MAX_FDIFF.into()))?;
        Ok(frame)
    }

    /// The layer.
    pub const fn layer(&self) -> LayerId {
        LayerId { temporal_id: self.temporal_id, spatial_id: self.spatial_id }
    }

    /// Whether the frame is part of a decode target; not of one that there is not.
    pub fn belongs_to(&self, decode_target: usize) -> bool {
        let dti = self.dtis.get(decode_target);
        dti.is_some_and(|&dti| dti != DecodeTargetIndication::NotPresent)
    }
}

/// Refuses a layer beyond what the format can say.
pub(super) fn check_layer(layer: LayerId) -> Result<(), DescriptorError> {
    limit("spatial id", layer.spatial_id.into(), 0, MAX_SPATIAL_ID.into())?;
    limit("temporal id", layer.temporal_id.into(), 0, MAX_TEMPORAL_ID.into())
}

/// Refuses a value outside `min..=max`.
pub(super) fn limit(
    what: &'static str,
    value: usize,
    min: usize,
    max: usize,
) -> Result<(), DescriptorError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(DescriptorError::Limit { what, value, min, max })
    }
}
