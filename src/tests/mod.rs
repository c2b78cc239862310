//! Tests of the library as a whole, and the bodies of the fuzz targets.

pub mod fuzzing;
mod rtp_rules;

#[cfg(test)]
mod random_decisions;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod random_stream;
#[cfg(all(test, feature = "rav1e", any(feature = "rav1d", feature = "dav1d")))]
mod round_trip;
#[cfg(test)]
mod rtp_roundtrip;
#[cfg(test)]
mod tile_parser;
