//! Choices: everything that may change without a decoder noticing anything but sizes and quality.

pub(crate) mod coarse_motion;
pub(crate) mod cost;
pub(crate) mod decide;
pub(crate) mod filter_strength;
pub(crate) mod inter_mode;
pub(crate) mod intra_mode;
pub(crate) mod lambda;
pub(crate) mod motion;
pub(crate) mod partition;
pub(crate) mod planes;
pub(crate) mod quiet;
pub(crate) mod speed;
pub(crate) mod trial;
