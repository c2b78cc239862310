//! The second phase of a tile: its records to bytes (8.2, 8.3), as often and as far as asked.

use super::cdf::CdfContext;
use super::delta_q::DeltaQIndex;
use super::entropy::RangeEncoder;
use super::symbol::{Record, SymbolCoder, Tally};
use crate::av1::obu::frame::FrameHeader;

/// Codes what has been decided of a tile.
pub(crate) struct TileWriter {
    encoder: RangeEncoder,
    cdfs: CdfContext,
    adaptive: bool,
    delta_q: DeltaQIndex,
    tally: Tally,
}

impl TileWriter {
    /// A writer without a tile.
    pub(crate) fn new() -> Self {
        Self {
            encoder: RangeEncoder::default(),
            cdfs: CdfContext::new_default(0),
            adaptive: true,
            delta_q: DeltaQIndex::default(),
            tally: Tally::default(),
        }
    }

    /// Starts a tile of a frame with these distributions.
    pub(crate) fn start(&mut self, cdfs: &CdfContext, header: &FrameHeader) {
        self.cdfs.copy_from(cdfs);
        self.encoder.start();
        self.adaptive = !header.disable_cdf_update;
        (self.delta_q, self.tally) = (DeltaQIndex::new(header), Tally::default());
    }

    /// Codes the tile's next records.
    pub(crate) fn code(&mut self, records: &[Record]) {
        let Self { encoder, cdfs, adaptive, delta_q, tally } = self;
        SymbolCoder::new(cdfs, *adaptive, encoder, delta_q, tally).code(records);
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
