//! High-level syntax: open bitstream units and the headers in them, read and written.
//!
//! - [`leb128`] (4.10.5), [`header`] (5.3.2, 5.3.3), [`mod@unit`] (5.2, 5.3.1, 7.5) and [`annex_b`]
//!   (Annex B) know bytes only and need no state.
//! - [`bits`] (4.10, 5.3.4, 5.3.5) is what headers are made of.
//! - [`sequence`], [`operating_point`] and [`color`] (5.5) are the sequence header, [`frame`] (5.9)
//!   is the frame header, [`tile_group`] (5.11.1) the framing of its tiles.
//! - `isobmff` says in a container's words what a sequence header holds.
//! - [`state`] follows the reference slots from frame to frame (7.20, 7.21), and [`inspect`] tells
//!   in a few words what a temporal unit holds.

pub mod annex_b;
pub mod bits;
pub mod color;
mod error;
pub mod frame;
pub mod header;
pub mod inspect;
mod isobmff;
pub mod leb128;
pub(crate) mod level;
pub mod operating_point;
pub mod sequence;
pub mod state;
pub mod tile_group;
pub mod unit;

pub use annex_b::AnnexBUnits;
pub use color::{ColorCodes, ColorConfig};
pub use error::BitstreamError;
pub use frame::{FrameHeader, FrameType, ShowExistingFrame, UncompressedHeader};
pub use header::{LayerId, ObuHeader, ObuType};
pub use inspect::{FrameInfo, StreamInspector, TemporalUnitInfo};
pub use operating_point::{DecoderModelInfo, OperatingParametersInfo, OperatingPoint, TimingInfo};
pub use sequence::{FrameIdLengths, SequenceHeader};
pub use state::{DecoderState, ObuContent};
pub use tile_group::TileGroup;
pub use unit::{Obu, Obus, TemporalUnits, write_obu};

#[cfg(test)]
mod tests;
