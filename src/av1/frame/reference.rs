//! What a reference slot keeps of a decoded frame (7.20).

use crate::av1::frame::motion_field::SavedMotion;
use crate::av1::tile::cdf::CdfContext;
use crate::frame::padded::PaddedPlane;

/// A frame in a reference slot.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    /// `FrameStore`, edges extended.
    pub(crate) planes: [PaddedPlane; 3],
    /// `SavedMvs`, `SavedRefFrames` and `SavedOrderHints`.
    pub(crate) motion: SavedMotion,
    /// The saved CDFs.
    pub(crate) cdfs: CdfContext,
    /// `SavedSegmentIds`, by 4×4 position; empty for all zero.
    pub(crate) segment_ids: Vec<u8>,
    /// Which coded frame this is: tells the references of a stream apart.
    pub(crate) serial: u64,
    /// `RefOrderHint`.
    pub(crate) order_hint: u32,
}
