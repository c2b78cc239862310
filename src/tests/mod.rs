//! Tests of the library as a whole, and the bodies of the fuzz targets.

pub mod fuzzing;
mod rtp_rules;

#[cfg(all(test, feature = "capi", any(feature = "rav1d", feature = "dav1d")))]
pub(crate) mod capi;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod clips;
mod critical_path;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod damage;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod denoise;
#[cfg(test)]
mod encoder_api;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod exactness;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
pub(crate) mod formats;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod forwarding;
#[cfg(test)]
mod frame_ids;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod intra_refresh;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod layers;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod link;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod loss;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod memory;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod native;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod random_decisions;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod random_files;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod random_stream;
#[cfg(all(test, feature = "rav1e"))]
mod rav1e;
#[cfg(test)]
mod readme;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod round_trip;
#[cfg(test)]
mod rtp_descriptors;
#[cfg(test)]
mod rtp_peers;
#[cfg(test)]
mod rtp_roundtrip;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod search_streams;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod stream_files;
#[cfg(test)]
mod tile_parser;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod tiles;
#[cfg(all(test, any(feature = "rav1d", feature = "dav1d")))]
mod tune;

#[cfg(test)]
use crate::synthetic::Clip;
#[cfg(test)]
use crate::{Encoder, EncoderConfig, FrameOptions, TemporalUnit};

/// Ticks from one picture to the next.
#[cfg(test)]
const TICKS: u64 = 3_000;

/// All units of the first `frames` pictures of `clip`, with key frames at `keys`.
#[cfg(test)]
fn encode(config: EncoderConfig, clip: Clip, frames: u64, keys: &[u64]) -> Vec<TemporalUnit> {
    let mut encoder = Encoder::new(config).unwrap();
    let mut units = Vec::new();
    for number in 0..frames {
        let options = FrameOptions { key_frame: keys.contains(&number), ..FrameOptions::default() };
        let picture = clip.picture(number);
        let outcome = encoder.encode(&picture.as_frame(TICKS * number), options).unwrap();
        units.extend(outcome.into_unit());
    }
    while let Some(unit) = encoder.flush().unwrap() {
        units.push(unit);
    }
    units
}
