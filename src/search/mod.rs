//! Choices: everything that may change without a decoder noticing anything but sizes and quality.

pub(crate) mod block_coder;
pub(crate) mod cost;
pub(crate) mod decide;
pub(crate) mod filter_strength;
pub(crate) mod quantizers;
