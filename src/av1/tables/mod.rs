//! The numeric tables of the standard, under its names, by topic.

pub(crate) mod default_cdfs;
