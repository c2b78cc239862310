//! Descriptors as other senders write them, as this library writes them, and as nobody should.

mod captures;
mod describe;
mod forward;
mod round_trip;

use super::*;
use crate::ScalabilityMode;
use crate::av1::obu::LayerId;

/// The frames of `mode` from a key frame on: for each its temporal layer and what it refers to, as
/// the diagrams of the modes have it. Ids start at `first`.
fn pattern(mode: ScalabilityMode, first: u64, frames: u64) -> Vec<(u64, u8, Vec<u64>)> {
    let period = 1 << (mode.temporal_layers() - 1);
    (0..frames)
        .map(|number| {
            let place = number % period;
            let temporal_id = if place == 0 {
                0
            } else {
                mode.temporal_layers() - 1 - place.trailing_zeros() as u8
            };
            let back = match (temporal_id, number) {
                (0, 0) => return (first, 0, vec![]),
                (0, _) => period,
                _ => 1 << place.trailing_zeros(),
            };
            (first + number, temporal_id, vec![first + number - back])
        })
        .collect()
}

fn temporal(temporal_id: u8) -> LayerId {
    LayerId { temporal_id, spatial_id: 0 }
}

/// The indications of a frame as a text of symbols.
fn symbols(frame: &FrameDependencies) -> String {
    frame.dtis.iter().map(|dti| dti.symbol()).collect()
}
