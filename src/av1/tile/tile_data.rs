//! The second phase of a tile: its records to bytes (8.2, 8.3), as often and as far as asked.

use super::cdf::CdfContext;
use super::entropy::RangeEncoder;
use super::symbol::{Record, Tally, code};

/// Codes what has been decided of a tile so far.
pub(crate) struct TileWriter {
    encoder: RangeEncoder,
    cdfs: CdfContext,
    adaptive: bool,
    tally: Tally,
    /// Records coded.
    coded: usize,
}

impl TileWriter {
    /// A writer without a tile.
    pub(crate) fn new() -> Self {
        Self {
            encoder: RangeEncoder::default(),
            cdfs: CdfContext::new_default(0),
            adaptive: true,
            tally: Tally::default(),
            coded: 0,
        }
    }

    /// Starts a tile with these distributions, adapted unless `disable_cdf_update`.
    pub(crate) fn start(&mut self, cdfs: &CdfContext, adaptive: bool) {
        self.cdfs.copy_from(cdfs);
        self.encoder.start();
        (self.adaptive, self.tally, self.coded) = (adaptive, Tally::default(), 0);
    }

    /// Codes those of the tile's `records` that are new.
    pub(crate) fn catch_up(&mut self, records: &[Record]) {
        let new = &records[self.coded..];
        code(new, &mut self.cdfs, &mut self.encoder, self.adaptive, &mut self.tally);
        self.coded = records.len();
    }

    /// Bits of the tile so far.
    pub(crate) fn bits(&self) -> u64 {
        self.encoder.position() >> 8
    }

    /// Ends the tile (8.2.4): its bytes, and its bits by
    /// [`Category`](super::symbol::Category).
    pub(crate) fn finish(&mut self) -> (&[u8], [u64; 3]) {
        let bytes = self.encoder.finish();
        let bits = self.tally.bits(bytes.len() as u64 * 8);
        (bytes, bits)
    }

    /// The distributions as they are now.
    pub(crate) fn cdfs(&self) -> &CdfContext {
        &self.cdfs
    }
}
