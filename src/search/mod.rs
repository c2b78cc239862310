//! Choices: everything that may change without a decoder noticing anything but sizes and quality.
//!
//! A frame begins with [`analysis`] of the picture and its [`coarse_motion`] ([`frame`]); then every
//! superblock goes down its [`partition`], and every block of that through its candidates:
//!
//! | stage | compared by | in |
//! |---|---|---|
//! | predicted vectors, motion search | absolute differences and bits | [`inter_mode`], [`motion`] |
//! | the best of them, compound, intra | transformed differences and bits | [`inter_mode`], [`compound`], [`intra_mode`] |
//! | the best of those | squared error and bits, coded in full | [`rd_candidates`], [`block`], [`transforms`] |
//!
//! How many of each, and which early exits are taken, are the lines of one table by [`speed`]; what
//! does not depend on the speed stands in [`tuning`].

mod analysis;
mod block;
mod checkpoint;
mod chroma_mode;
mod clean_rows;
mod coarse_motion;
mod compound;
mod cost;
mod estimate;
pub(crate) mod filter_strength;
pub(crate) mod frame;
mod halves;
mod inter_mode;
mod intra_mode;
mod lambda;
mod mode;
mod motion;
mod motion_mode;
pub(crate) mod objective;
mod partition;
mod parts;
mod planes;
mod proposal;
mod rd_candidates;
pub(crate) mod speed;
mod transforms;
mod tuning;
mod zero_block;

pub(crate) use analysis::Analysis;
