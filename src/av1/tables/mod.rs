//! The numeric tables of the standard, under its names, by topic.

pub(crate) mod blocks;
pub(crate) mod default_cdfs;
pub(crate) mod quantizer;
pub(crate) mod scans;

#[cfg(test)]
mod checksums;
#[cfg(test)]
mod tests;
