//! The descriptor of one packet.

use std::sync::Arc;

use super::frame::FrameDependencies;
use super::structure::{DependencyStructure, RenderResolution};

/// What the descriptor of a packet says, with what it takes from its template filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DependencyDescriptor {
    /// The packet is the first of its frame.
    pub start_of_frame: bool,
    /// The packet is the last of its frame.
    pub end_of_frame: bool,
    /// Number of the frame in decoding order; it goes around after 65,535.
    pub frame_number: u16,
    /// Layer, decode targets, dependencies and chains of the frame.
    pub dependencies: FrameDependencies,
    /// The structure, with the first packet of a coded video sequence.
    pub structure: Option<Arc<DependencyStructure>>,
    /// The decode targets that are produced or forwarded from this frame on, the first at the least
    /// significant bit; `None` if that is as it was. With a structure it is there: all of them,
    /// unless the packet says otherwise (A.4).
    pub active_decode_targets: Option<u32>,
    /// The largest pictures of the frame's spatial layer, if the structure says; it is not written.
    pub resolution: Option<RenderResolution>,
}

impl DependencyDescriptor {
    /// A descriptor of a packet within a frame, neither its first nor its last.
    pub fn new(frame_number: u16, dependencies: FrameDependencies) -> Self {
        Self {
            start_of_frame: false,
            end_of_frame: false,
            frame_number,
            dependencies,
            structure: None,
            active_decode_targets: None,
            resolution: None,
        }
    }
}
