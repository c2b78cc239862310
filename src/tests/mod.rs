//! Tests of the library as a whole, and the bodies of the fuzz targets.

pub mod fuzzing;
mod rtp_rules;

#[cfg(test)]
mod rtp_peers;
#[cfg(test)]
mod rtp_roundtrip;
