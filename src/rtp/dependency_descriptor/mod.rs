//! The dependency descriptor: an RTP header extension that tells of every packet which frame it is
//! of, which layer that is, what it depends on and who can do without it.
//!
//! It is that of appendix A of the *RTP Payload Format For AV1*, version 1.0.0, whose section
//! numbers stand here. It works for other codecs as well, and nothing here needs an encoder:
//!
//! - [`DescriptorReader`] and [`DescriptorWriter`] turn the bytes of one packet into a
//!   [`DependencyDescriptor`] and back. Each keeps the [`DependencyStructure`] that came last.
//! - [`FrameDescriber`] describes the frames of a sender, of which it is told no more than
//!   [what each depends on](SentFrame).
//! - [`DependencyStructure::of_mode`] has the structures of the modes that this library codes.
//! - [`Forwarder`] is what a server needs to send on fewer layers than it gets.
//!
//! ```
//! use rtav1::rtp::dependency_descriptor::DescriptorReader;
//!
//! # fn main() -> Result<(), rtav1::rtp::dependency_descriptor::DescriptorError> {
//! let mut reader = DescriptorReader::new();
//! // A key frame with its structure, then a packet within the next frame.
//! let key = [0x80, 0, 0x01, 0x80, 0x00, 0x3a, 0x41, 0x01, 0x80, 0xef, 0x80, 0x86, 0x80];
//! assert_eq!(reader.read(&key)?.frame_number, 1);
//! let next = reader.read(&[0x01, 0x00, 0x02])?;
//! assert_eq!((next.frame_number, next.start_of_frame, next.end_of_frame), (2, false, false));
//! assert_eq!(next.dependencies.fdiffs[..], [1]);
//! # Ok(())
//! # }
//! ```
//!
//! In a packet it takes [`header_extension_len`] bytes. In SDP it has the name
//! [`EXTENSION_URI`] (A.9).

mod describer;
mod descriptor;
mod error;
mod forwarder;
mod frame;
mod list;
mod mask;
mod modes;
mod reader;
mod structure;
#[cfg(test)]
mod tests;
mod writer;

pub use describer::{DescribedFrame, FrameDescriber, SentFrame};
pub use descriptor::DependencyDescriptor;
pub use error::DescriptorError;
pub use forwarder::{ForwardedPacket, Forwarder};
pub use frame::{DecodeTargetIndication, FrameDependencies};
pub use list::ShortList;
pub use reader::DescriptorReader;
pub use structure::{DependencyStructure, RenderResolution};
pub use writer::DescriptorWriter;

/// A.9: the name of the header extension in SDP's `extmap`.
pub const EXTENSION_URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
/// The most decode targets: `dt_cnt_minus_one` has five bits.
pub const MAX_DECODE_TARGETS: usize = 32;
/// The most chains: one for each decode target.
pub const MAX_CHAINS: usize = MAX_DECODE_TARGETS;
/// The most templates: template ids have six bits.
pub const MAX_TEMPLATES: usize = TEMPLATE_IDS as usize;
/// The most frames that a frame may be said to depend on. The format has no limit; no codec has more
/// references.
pub const MAX_FDIFFS: usize = 16;
/// The highest spatial layer, as in the OBU extension header (AV1 specification, 5.3.3).
pub const MAX_SPATIAL_ID: u8 = 3;
/// The highest temporal layer.
pub const MAX_TEMPORAL_ID: u8 = 7;

/// Template ids go around after this many.
const TEMPLATE_IDS: u8 = 64;
/// `fdiff_minus_one` of a frame has at most 12 bits, of a template 4.
const MAX_FDIFF: u16 = 1 << 12;
const MAX_TEMPLATE_FDIFF: u16 = 1 << 4;
/// `frame_chain_fdiff` has 8 bits, `template_chain_fdiff` 4.
const MAX_TEMPLATE_CHAIN_FDIFF: u8 = 15;
/// The most bytes of an element of a two-byte header extension (RFC 8285, 4.3).
const MAX_LEN: usize = 255;
/// The most bytes of an element of a one-byte header extension (RFC 8285, 4.2).
pub const MAX_ONE_BYTE_LEN: usize = 16;

/// Bytes that a header extension takes up in a packet that has no other: four for its header, one
/// for the element's id and length, two if it has more than [`MAX_ONE_BYTE_LEN`] bytes, `len` for
/// the descriptor, and padding to a multiple of four (RFC 3550, 5.3.1; RFC 8285, 4).
pub const fn header_extension_len(len: usize) -> usize {
    let element = if len > MAX_ONE_BYTE_LEN { 2 } else { 1 };
    4 + (element + len).next_multiple_of(4)
}
