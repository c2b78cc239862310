//! What the AV1 specification says: syntax and decoding process, without any choice of an encoder.
//!
//! - [`obu`] is headers, read and written.
//! - `frame` is what concerns whole pictures: references, motion field, loop filters, and the order in
//!   which a frame is coded.
//! - `tile` is blocks: their syntax, contexts and entropy coding, their prediction and
//!   reconstruction.
//!
//! Section numbers in this module are those of the *AV1 Bitstream & Decoding Process
//! Specification*, version 1.0.0 with errata 1.

pub mod obu;

pub(crate) mod frame;
pub(crate) mod geometry;
pub(crate) mod tables;
pub(crate) mod tile;
pub(crate) mod types;
