//! The quantizer indices that the caller wants.

/// Bounds of the quantizer index, 1 to 255 both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QindexRange {
    /// No frame or row is finer.
    pub(crate) least: u8,
    /// No frame or row is coarser, unless it would break the bound on delay.
    pub(crate) most: u8,
}

impl Default for QindexRange {
    fn default() -> Self {
        Self { least: 1, most: 255 }
    }
}

impl QindexRange {
    /// The index of the range that is nearest.
    pub(crate) fn clamp(self, qindex: u8) -> u8 {
        qindex.clamp(self.least, self.most)
    }

    /// The range of a frame whose index is `qindex`: nothing above `most` is left out once the frame
    /// itself had to pass it.
    pub(crate) fn with(self, qindex: u8) -> Self {
        let most = if qindex > self.most { 255 } else { self.most };
        Self { least: self.least.min(qindex), most }
    }
}
