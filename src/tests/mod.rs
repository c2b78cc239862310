//! Whole-library tests and what they share.

mod tile_parser;
