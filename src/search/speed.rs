//! What each speed looks at, in one table: lists of candidates, where they are cut short, and the
//! tools that the headers switch on.
//!
//! Speeds 0 to 3 are for CPU to spend, 4 to 7 for calls on one core, 8 to 10 for scarce CPU. Figures
//! in the lines are of speed 6, the default: bits for equal quality, measured as
//! [`tuning`](super::tuning) says, and CPU as a factor. The other speeds follow in proportion.

/// Writes [`Effort`] and its table: a line for each value, a column for each speed.
macro_rules! speeds {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = [$($value:expr),* $(,)?];)*) => {
        /// The effort of one speed.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) struct Effort {
            $($(#[$doc])* pub(crate) $name: $kind,)*
        }

        impl Effort {
            /// The effort of `speed`, 0 to 10.
            pub(crate) fn of(speed: u8) -> Self {
                let speed = usize::from(speed.min(10));
                Self { $($name: { const TABLE: [$kind; 11] = [$($value),*]; TABLE[speed] },)* }
            }
        }
    };
}

/// Yes in the table below.
const Y: bool = true;
/// No.
const N: bool = false;
/// Whatever the margin is.
const ALWAYS: u64 = u64::MAX;

#[rustfmt::skip]
speeds! {
    //                             speed   0   1   2   3   4   5   6   7   8   9  10

    /// References searched, at most.
    references: usize                 = [ 3,  3,  3,  3,  3,  2,  2,  2,  1,  1,  1];
    /// NEARMV entries of the vector stack tried for each reference, at most.
    near_mvs: usize                   = [ 3,  3,  3,  3,  2,  2,  2,  2,  2,  1,  1];
    /// Inter candidates, the cheapest by absolute differences, whose true prediction is compared by
    /// transformed differences. 1 rather than 4 costs 2 % for 0.8 of the CPU; 6 gain nothing.
    satd_candidates: usize            = [ 8,  6,  6,  6,  4,  4,  4,  3,  2,  1,  1];
    /// Inter candidates, the cheapest by transformed differences, that are transformed, quantized
    /// and compared by squared error and bits.
    rd_candidates: usize              = [ 6,  4,  3,  3,  2,  2,  1,  1,  1,  1,  1];
    /// Interpolation filters tried on the best candidate: regular, sharp. The smooth one gains 0.4 and
    /// 1.2 % by PSNR and SSIM and loses 4.6 % by VMAF.
    filters: usize                    = [ 2,  2,  2,  2,  1,  1,  1,  1,  1,  1,  1];
    /// Inter candidates, the cheapest by transformed differences, that are tried as local warps too (`motion_mode`). Two gain
    /// 0.7 % at speed 2 on clips with little to turn or zoom for 1.1 times the CPU; one gains 0.9 % at speed 4, none to
    /// 5 %, for 1.1 times.
    local_warps: usize                = [ 2,  2,  2,  2,  0,  0,  0,  0,  0,  0,  0];
    /// Inter candidates, the cheapest by transformed differences, that are tried with overlapped motion compensation too
    /// (`motion_mode`), the best of them with its vector refined. One gains 1.3 % at speed 2 for 1.07 times the CPU, and 1 %
    /// at speed 4 for 1.12 times.
    overlaps: usize                   = [ 2,  2,  1,  1,  0,  0,  0,  0,  0,  0,  0];
    /// Whether means of two references are tried (`reference_select`).
    compound: bool                    = [ Y,  Y,  Y,  Y,  Y,  N,  N,  N,  N,  N,  N];
    /// Least longer side of the blocks that they are tried in, in samples.
    compound_min_side: usize          = [ 8,  8,  8,  8, 16, 16, 16, 16, 64, 64, 64];
    /// First multiple of 1/64 of a step, as mean difference of samples, up to which predicted
    /// vectors are taken without a motion search. More saves time and leaves trails: 2 costs 1 % for
    /// 0.96 of the CPU.
    motion_exit: u32                  = [ 0,  0,  0,  0,  0,  0,  0,  0,  2,  3,  4];

    /// Intra modes compared in inter frames. 3 rather than 5 cost nothing, 7 gain nothing; 1 without
    /// angles costs 4 to 5 % for 0.7 of the CPU.
    inter_frame_modes: usize          = [13, 13, 13, 13,  5,  5,  3,  3,  3,  2,  1];
    /// Intra modes compared in intra frames, angle deltas apart.
    intra_modes: usize                = [13, 13, 13, 13, 13, 13, 13, 13,  7,  7,  4];
    /// Whether angle deltas are tried around the best direction.
    angle_deltas: bool                = [ Y,  Y,  Y,  Y,  Y,  Y,  Y,  N,  N,  N,  N];
    /// Intra candidates of intra frames that are transformed, quantized and compared by squared
    /// error and bits. 1 rather than 2 costs 2 %, which good key frames repay in those after them.
    intra_rd_candidates: usize        = [ 6,  4,  4,  4,  2,  2,  2,  1,  1,  1,  1];

    /// How often transforms of intra blocks are split, at most.
    intra_tx_depth: usize             = [ 2,  2,  1,  1,  1,  1,  1,  1,  1,  0,  0];
    /// Whether split transforms of inter blocks are tried.
    inter_tx_split: bool              = [ Y,  Y,  Y,  Y,  Y,  Y,  N,  N,  N,  N,  N];
    /// Whether superblocks of inter frames are proposed from estimates and coded once, rather than
    /// coded in every way. It costs 4 % for 0.65 of the CPU.
    proposals: bool                   = [ N,  N,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y];
    /// Squares whose proposals, whole and in quarters, are as close as this many 1/256 of their cost
    /// are coded in both ways. 2 regain 0.7 % for 1.03 times the CPU, 8 regain 2.5 % for 1.4 times,
    /// 26 regain 3.5 % for 1.6 times. At speed 2 24 and 40 gain 0.1 and 0.2 % beside 16, for 1.08 and 1.1 times.
    close_margin: u64                 = [ 0,  0, 16, 13,  8,  4,  2,  0,  0,  0,  0];

    /// What quarters that were not proposed yet are taken to cost at least, in 1/64 of what they would cost if they
    /// were predicted as the whole is; proposing quarters ends where that is too much. 60 cost 1 % for 0.83 of the CPU,
    /// 52 nothing for 0.93; 64 cost 19 %.
    least_of_quarters: u64            = [ 0,  0,  0, 52, 52, 56, 60, 60, 60, 60, 60];

    /// Squares that are coded in several ways, those of key frames and at speeds 0 and 1 all, are tried in halves where
    /// four quarters cost less than this many 1/16 of the whole; never for 0. In key frames, 17 and 20 save 1.8 and 2.6 %
    /// for 1.5 and 1.8 times the CPU, and nothing more is to be had; of clips of 4 seconds 17 save 0.5 % for 1.02 times.
    rect_split_margin: u64        = [ALWAYS, 20, 20, 20, 17, 17, 17,  0,  0,  0,  0];
    /// Where halves are tried, squares are tried in three parts too, of quarters and halves as they were found, if these
    /// cost less than this many 1/256 of the best way; never for 0.
    threes: u64                       = [258,258,258,258,258,258,258,  0,  0,  0,  0];
    /// Where halves are tried, squares of 32 and 64 samples are tried in four rows or columns too if two cost less than
    /// this many 1/256 of the better of whole and quarters; never for 0. With threes, 256 save 0.3 and 0.6 % at speed 1 (PSNR,
    /// SSIM) for 1.02 times the CPU, 264 save 0.8 and 1.1 % for 1.1 times; in key frames 0.8 and 0.9 % for 1.05 times.
    fours: u64                        = [264,264,256,256,256,256,256,  0,  0,  0,  0];
    /// Squares of inter frames whose whole and quarters are not close are proposed in halves where these are estimated
    /// to cost less than this many 1/256 of the better; never for 0. At speed 2 252 gain 0.6 % for 1.01 times the CPU, at 4
    /// 0.3 % for 1.04 times.
    proposed_halves: u64              = [ 0,  0,252,252,  0,  0,  0,  0,  0,  0,  0];
    /// Squares of 64 samples are not split unless they cost more than this many bits; more saves
    /// time and splits less.
    min_split_bits_64: u64            = [16, 16, 16, 16, 30, 30, 40, 50, 60, 80, 120];
    /// The same for squares of 32 samples.
    min_split_bits_32: u64            = [12, 12, 12, 12, 24, 24, 50, 55, 60, 80, 120];
    /// The same for squares of 16 samples. 150 rather than 75 costs 2 % for 0.97 of the CPU; 50 gain
    /// 0.3 % for 1.1.
    min_split_bits_16: u64            = [12, 12, 12, 12, 30, 60, 75, 90, 120, 200, 400];

    /// The zero-block test: residuals are not transformed, nor skipped squares split, where all
    /// coefficients are below this many 1/16 of a step.
    zero_block: i32                   = [ 8,  8,  8,  8,  9,  9,  9,  9, 10, 11, 12];
    /// The static skip: squares whose source stands still are skipped without a search where the
    /// zero-block test says so. It costs 0.7 % for 0.95 of the CPU.
    static_skip: bool                 = [ N,  N,  N,  N,  N,  N,  N,  Y,  Y,  Y,  Y];

    /// What the zero-block test is for the static skip: less, since such squares are not looked at again.
    static_zero_block: i32            = [ 7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  9];
    /// Mean absolute difference from the previous picture, in 1/16 of a sample, up to which 16×16 samples count as still.
    /// More skips more of a noisy camera's picture without a look, and leaves trails of slow changes: 16, with 9 in the
    /// line above, cost 1.5 to 2 % for 0.95 of the CPU, 24 with 12 cost 6 % for 0.9, 32 cost 11 %.
    still_difference: u32             = [10, 10, 10, 10, 10, 10, 10, 10, 10, 13, 16];
    /// Whether coarse motion is searched in blocks that stand still. Without it nothing is lost.
    still_coarse_motion: bool         = [ Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  N,  N,  N];
    /// First step of the diamond of the motion search from vectors that no larger block found, in samples. More finds
    /// faster motion, and takes longer: 1 costs 0.2 % for 0.98 of the CPU.
    coarse_diamond: i32               = [ 2,  2,  2,  2,  2,  2,  2,  2,  1,  1,  1];

    /// Types of a transform tried besides that of the intra mode or, in inter blocks, the DCT.
    tx_types: usize                   = [15, 15, 15, 15, 15, 15, 15, 15, 15,  1,  1];
    /// Those of them that are quantized, the most promising: where more are tried.
    quantized_tx_types: usize         = [ 3,  3,  3,  3,  3,  3,  3,  2,  2,  1,  1];
    /// Whether inter blocks have other types than the DCT.
    inter_tx_types: bool              = [ Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  N,  N];

    /// The list of strengths of CDEF that are tried on the deblocked frame's luma, 0 for none. The 32 of the longest gain
    /// 0.4 and 0.5 % by PSNR and SSIM beside the nine of list 2, for 1.02 times the CPU.
    cdef_candidates: usize            = [ 4,  4,  4,  4,  4,  4,  4,  3,  2,  0,  0];
    /// The list of those that are tried on its chroma, 0 to guess them. Nine gain 2 % by chroma's PSNR and 0.1 by luma's,
    /// for 1.02 times the CPU; 16 gain no more.
    cdef_chroma_candidates: usize     = [ 2,  2,  2,  2,  2,  2,  2,  0,  0,  0,  0];

    /// Whether all transform types are open rather than the reduced sets (`reduced_tx_set`).
    all_transforms: bool              = [ Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  Y,  N,  N];
    /// Whether vectors are predicted from those of earlier frames (`use_ref_frame_mvs`).
    temporal_mvs: bool                = [ Y,  Y,  Y,  Y,  Y,  Y,  N,  N,  N,  N,  N];
    /// Below this quantizer index vectors have eighths of a sample (`allow_high_precision_mv`):
    /// they pay at fine quantizers only.
    high_precision_below: u8          = [60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60];
}

impl Effort {
    /// Bits that a square of `width` samples, 16 to 64, must cost to be split.
    pub(crate) fn min_split_bits(&self, width: usize) -> u64 {
        match width {
            64 => self.min_split_bits_64,
            32 => self.min_split_bits_32,
            _ => self.min_split_bits_16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every column asks for less work than the one before, or as much.
    #[test]
    fn effort_falls_with_speed() {
        for speed in 1..=10 {
            let (slow, fast) = (Effort::of(speed - 1), Effort::of(speed));
            let counts = |e: &Effort| {
                [
                    e.references,
                    e.near_mvs,
                    e.satd_candidates,
                    e.rd_candidates,
                    e.filters,
                    e.local_warps,
                    e.overlaps,
                    e.inter_frame_modes,
                    e.intra_modes,
                    e.intra_rd_candidates,
                    e.intra_tx_depth,
                    e.tx_types,
                    e.quantized_tx_types,
                    e.cdef_candidates,
                    e.cdef_chroma_candidates,
                ]
            };
            let pairs = counts(&slow).into_iter().zip(counts(&fast));
            assert!(pairs.into_iter().all(|(slow, fast)| slow >= fast), "counts at {speed}");
            let switches = |e: &Effort| {
                [
                    e.still_coarse_motion,
                    e.compound,
                    e.angle_deltas,
                    e.inter_tx_split,
                    e.inter_tx_types,
                    e.all_transforms,
                    e.temporal_mvs,
                ]
            };
            let pairs = switches(&slow).into_iter().zip(switches(&fast));
            assert!(pairs.into_iter().all(|(slow, fast)| slow >= fast), "switches at {speed}");
            assert!(slow.rect_split_margin >= fast.rect_split_margin);
            assert!(slow.threes >= fast.threes && slow.fours >= fast.fours);
            assert!(slow.motion_exit <= fast.motion_exit && slow.zero_block <= fast.zero_block);
            for width in [16, 32, 64] {
                assert!(slow.min_split_bits(width) <= fast.min_split_bits(width), "at {speed}");
            }
            assert!(slow.static_zero_block <= fast.static_zero_block);
            assert!(slow.still_difference <= fast.still_difference);
            assert!(slow.coarse_diamond >= fast.coarse_diamond);
            assert!(slow.compound_min_side <= fast.compound_min_side);
        }
    }
}
