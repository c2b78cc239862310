//! What reading and writing of descriptors fails of.

use thiserror::Error;

use crate::av1::obu::BitstreamError;

/// Bytes that are no dependency descriptor, or a frame that none can describe.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// The descriptor ends before its last field.
    #[error("the descriptor is cut short")]
    CutShort {
        /// Where its bits end.
        source: BitstreamError,
    },
    /// A frame depends on one that was not sent before it.
    #[error("frame {id} cannot depend on frame {dependency}")]
    Dependency {
        /// The frame.
        id: u64,
        /// What it is said to depend on.
        dependency: u64,
    },
    /// A frame does not come after the one before it.
    #[error("frame {id} does not come after frame {last}")]
    FrameOrder {
        /// The frame.
        id: u64,
        /// The frame described last.
        last: u64,
    },
    /// The structure has no template of the frame's layer.
    #[error("no template has spatial id {spatial_id} and temporal id {temporal_id}")]
    Layer {
        /// Spatial layer of the frame.
        spatial_id: u8,
        /// Temporal layer of the frame.
        temporal_id: u8,
    },
    /// A descriptor has 3 bytes at least, and 255 at most (RFC 8285, 4.3).
    #[error("a descriptor of {0} bytes is outside 3 to 255")]
    Length(usize),
    /// A number is out of the range that the format or this library has for it.
    #[error("{what} = {value} is outside {min} to {max}")]
    Limit {
        /// What is counted or measured.
        what: &'static str,
        /// Its value.
        value: usize,
        /// The least value.
        min: usize,
        /// The greatest value.
        max: usize,
    },
    /// Parts of a structure, or a frame and the structure, do not have equally many decode targets
    /// or chains.
    #[error("{what}: {count} do not go with {expected}")]
    Mismatch {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there should be.
        expected: usize,
    },
    /// Templates follow each other by layer: the next has the same one, the next temporal layer, or
    /// temporal layer 0 of the next spatial layer (A.8.3, table A.2).
    #[error("template {index} is not of the same or the next layer as the one before")]
    TemplateOrder {
        /// Which template, from 0.
        index: usize,
    },
    /// No structure has come yet.
    #[error("template {template_id} is of a structure that has not come")]
    StructureMissing {
        /// frame_dependency_template_id.
        template_id: u8,
    },
    /// The template is none of the structures known (A.8.3).
    #[error("template {template_id} is none of the {count} from {offset} on")]
    Template {
        /// frame_dependency_template_id.
        template_id: u8,
        /// template_id_offset of the structure that came last.
        offset: u8,
        /// Templates of that structure.
        count: usize,
    },
}

impl From<BitstreamError> for DescriptorError {
    fn from(source: BitstreamError) -> Self {
        Self::CutShort { source }
    }
}
