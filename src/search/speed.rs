//! What each speed looks at: lists of candidates and where they are cut short.

mod fast;
mod medium;
mod thorough;

/// The effort of one speed level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Effort {
    /// References searched, at most.
    pub(crate) references: usize,
    /// NEARMV entries tried for each reference, at most.
    pub(crate) near: usize,
    /// Inter candidates whose true prediction is compared by transformed differences.
    pub(crate) predicted: usize,
    /// Inter candidates that are transformed, quantized and costed.
    pub(crate) finalists: usize,
    /// Interpolation filters tried on the best candidate.
    pub(crate) filters: usize,
    /// Whether means of two references are tried.
    pub(crate) compound: bool,
    /// Least side of the blocks they are tried in, in samples.
    pub(crate) compound_from: usize,
    /// Intra modes compared in inter frames.
    pub(crate) inter_frame_modes: usize,
    /// Intra modes compared in intra frames, angle deltas apart.
    pub(crate) intra_modes: usize,
    /// Whether angle deltas are tried around the best direction.
    pub(crate) angle_deltas: bool,
    /// Intra candidates that are transformed, quantized and costed.
    pub(crate) intra_finalists: usize,
    /// How often transforms of intra blocks are split, at most.
    pub(crate) intra_tx_depth: usize,
    /// Whether transforms of inter blocks are split.
    pub(crate) inter_tx_split: bool,
    /// Whether halves of squares are tried, where the cost of four quarters is below this many
    /// 1/16 of the whole's.
    pub(crate) halves: u64,
    /// Squares of 64, 32 and 16 samples are not split unless they cost more than this many bits.
    pub(crate) least_split: [u64; 3],
    /// Greatest side of inter blocks that may have coefficients, in samples.
    pub(crate) largest_coded: usize,
    /// Skipped squares are not split where all coefficients of their residual are below this many
    /// 1/16 of a step.
    pub(crate) quiet: i32,
    /// Whether superblocks that stand still are skipped unseen where all is quiet.
    pub(crate) unseen: bool,
    /// Vectors that cost nothing are taken without a search where the mean difference of samples
    /// is below this many 1/64 of a step.
    pub(crate) content: u32,
}

/// The effort of speed `level`, 0 to 10.
pub(crate) fn effort(level: u8) -> Effort {
    match level {
        0..=3 => thorough::effort(level),
        4..=7 => medium::effort(level),
        _ => fast::effort(level),
    }
}
