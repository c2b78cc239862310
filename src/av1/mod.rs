//! What the AV1 specification says: syntax and decoding process, without any choice of an encoder.
//!
//! Section numbers in this module are those of the *AV1 Bitstream & Decoding Process
//! Specification*, version 1.0.0 with errata 1.

pub mod obu;
