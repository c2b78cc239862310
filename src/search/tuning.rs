//! Every tuning constant of the search that does not depend on the speed; those that do are the
//! columns of [`speed`](super::speed).
//!
//! Each says its unit, what it trades, and where its value comes from: "not swept" is one that was
//! set by a few trials at most when the search was written, and never varied over a set of clips.
//! "Swept" means on seven call clips at three rates each, 40 frames, at speed 6, in November 2026:
//! sizes from 176×144 to 640×480, calm and moving, one dark and noisy; figures are bits for equal
//! quality, the mean of VMAF, PSNR and SSIM where they agree, with a noise of about 0.7 %.

use super::cost::COST_BITS;
use crate::av1::tile::quantizers::Rounding;

/// λ of squared error: error per bit, as a share of the squared quantizer step in the sample domain.
/// More saves bits and loses detail. Swept with [`LEVEL_LAMBDA`] on six clips: 0.06 loses 1.5 % and
/// 0.10 a half.
pub(super) const LAMBDA_SQUARED_SHARE: f64 = 0.085;

/// What λ of squared error has beside its share of the step, per bit. Samples are whole, so that 1/12
/// of squared error stays whatever is coded; where the step is hardly more, bits would chase it for
/// ever. Without it a picture that stands still never becomes free; 0.3 costs 4 dB there.
pub(super) const LAMBDA_SQUARED_LEAST: f64 = 0.1;

/// How coefficients of intra blocks are rounded before their levels are chosen by what they cost. More
/// leaves more to choose from; 1.1 times gains 0.8 % by VMAF and loses 0.2 % by PSNR.
pub(super) const INTRA_ROUNDING: Rounding = Rounding { dc: 64, ac: 64 };

/// How coefficients of inter blocks are rounded, see [`INTRA_ROUNDING`].
pub(super) const INTER_ROUNDING: Rounding = Rounding { dc: 56, ac: 56 };

/// λ of absolute differences: differences per bit, as a share of the root of λ of squared error.
/// More prefers vectors and modes that are cheap to those that predict well. Swept from 0.35 to 1.4:
/// 0.5 and 0.7 are the same, 0.35 loses 1 %, 1.0 1.5 %.
pub(super) const LAMBDA_ABSOLUTE_SHARE: f64 = 0.7;

/// Mean absolute difference from the previous picture, in samples beside one and a half times that
/// between neighbours, from which on 16×16 samples count as changed. Less takes more pictures for
/// scene cuts. Not swept.
pub(super) const CHANGED_DIFFERENCE: u32 = 4;

/// Mean absolute difference from the previous picture, in samples, above which 16×16 samples count as moving or changing.
pub(super) const MOVING_DIFFERENCE: u32 = 1;

/// A picture is a scene cut only if it differs so many times as much as the one before did. Less
/// takes fast motion for scene cuts. Not swept.
pub(super) const SCENE_CUT_RISE: f32 = 2.5;

/// How far from anything that moves references are interpolated to half samples, in samples. Less
/// saves time, and leaves vectors of still areas at whole samples. Not swept.
pub(super) const INTERPOLATED_AROUND: usize = 48;

/// A transform block is zero without a transform if the root of its energy, which bounds every
/// coefficient, is below this share of the smaller quantizer step, as numerator and denominator.
/// Above the rounding point, 0.57 to 0.63 of a step, it would lose coefficients: 2/3 costs 0.5 %.
pub(super) const ZERO_TRANSFORM: (u64, u64) = (3, 5);

/// λ by which levels of coefficients are chosen, as a factor of that of blocks: numerator and
/// denominator. More loses texture that VMAF sees: 1 loses 1.5 % by VMAF and 0.5 % by PSNR and SSIM.
pub(super) const LEVEL_LAMBDA: (u64, u64) = (3, 4);

/// The same for chroma, which would lose much for luma's sake.
pub(super) const CHROMA_LEVEL_LAMBDA: (u64, u64) = (3, 8);
/// Squared errors of chroma beside luma's, numerator and denominator. With 1, and 9/16 in the line above, colours of
/// what passed stayed on a wall: this costs luma 0.8 %, and U and V take 11 to 16 % fewer bits for the same error.
pub(super) const CHROMA_ERROR_WEIGHT: (u64, u64) = (3, 2);

/// [`LEVEL_LAMBDA`] of the tunes for PSNR and SSIM: they gain 0.2 % each alone.
pub(super) const TUNED_LEVEL_LAMBDA: (u64, u64) = (7, 8);

/// [`CHROMA_LEVEL_LAMBDA`] of these tunes, in the same proportion.
pub(super) const TUNED_CHROMA_LEVEL_LAMBDA: (u64, u64) = (11, 24);

/// The bounds of the factor of λ by texture, which is the root of how much a superblock has beside the picture. By the
/// tune for SSIM that gains 1.3 % and loses 1.2 % by PSNR; the fourth root gains 0.4 and loses 0.5.
pub(super) const TEXTURE_LAMBDA: (f32, f32) = (0.4, 2.5);

/// Mean difference of neighbouring samples that is added where superblocks' textures are compared: less makes more
/// of what is hardly there. Not swept.
pub(super) const LEAST_TEXTURE: f32 = 1.0;

/// Cap of the coefficients by whose [capped energy](crate::kernels::quantize::capped_energy) transform types are compared
/// before they are quantized, as share of the AC step, numerator and denominator. 7/16 to 3/4 are the same.
pub(super) const TX_TYPE_CAP: (u16, u16) = (5, 8);

/// Inter candidates whose cost by absolute differences is more than this many 1/16 of the best one's
/// are not predicted truly. 20 cost nothing for 0.92 of the CPU, 18 cost 0.6 %.
pub(super) const SATD_CANDIDATE_MARGIN: u32 = 20;

/// Coefficients of a Hadamard transform below this share of the AC step, as numerator and
/// denominator, count in estimates as lost. From 5/8 to 4/5 there is no difference.
pub(super) const DEAD_ZONE: (u32, u32) = (3, 4);

/// Bits of each step that coefficients have above the dead zone, in 1/512 bit, for blocks of up to 64,
/// 256, 1024 and more samples. Fitted to what 43 000 blocks of four clips took.
pub(super) const LEVEL_RATE: [u32; 4] = [256, 1280, 2048, 1792];

/// Bits of a block with coefficients besides those of its levels, in 1/512 bit; fitted like
/// [`LEVEL_RATE`].
pub(super) const CODED_RATE: u32 = 3 << (COST_BITS - 1);

/// Blocks whose coefficients have no more than this many 1/20 of a step above the dead zone are
/// taken for zero, by size as [`LEVEL_RATE`]. Of 43 000 blocks of four clips 95 to 99.5 % of these
/// lost all coefficients when coded.
pub(super) const ZERO_EXCESS: [u64; 4] = [0, 0, 1, 4];

/// Proposed quarters must cost less than this share of the whole, as numerator and denominator:
/// large transforms do better than the estimate says. Swept: 1 and 50/51 lose 0.4 %, 30/31 1 %.
pub(super) const QUARTERS_SHARE: (u64, u64) = (100, 101);

/// Share of [`min_split_bits`](super::speed::Effort::min_split_bits) from which quarters are
/// proposed, as numerator and denominator. Less costs CPU: 2/5 gain 0.3 % for 1.05 times.
pub(super) const PROPOSED_SPLIT: (u64, u64) = (1, 2);

/// Candidates whose estimated cost is more than this many 1/16 of the best one's are not coded. More
/// takes longer and finds a little. Not swept.
pub(super) const RD_CANDIDATE_MARGIN: u32 = 19;

/// A reference whose cost is more than this ratio of the best one's is not searched for the parts of
/// a block. Not swept.
pub(super) const REFERENCE_MARGIN: (u64, u64) = (9, 8);

/// Motion towards a reference is searched only if its predicted vectors cost less than this ratio of
/// the best vector found before; the same for the second reference of compound prediction. Not
/// swept.
pub(super) const MOTION_MARGIN: (u64, u64) = (5, 4);

/// Intra modes are tried in inter frames where the best inter candidate costs more than the step, in
/// the sample domain, divided by this, for each sample. Less misses uncovered areas, more takes
/// longer: 6 take 1.06 times the CPU and gain nothing, 1.5 lose 0.3 %.
pub(super) const INTRA_WORTH_DIVISOR: u32 = 3;

/// Bits of the chroma mode and the like that luma modes of intra blocks are compared with, in 1/512
/// bit. More prefers inter blocks. Not swept.
pub(super) const CHROMA_MODE_RATE: u32 = 3 << (COST_BITS - 1);

/// Bits that a plane's magnitude of chroma from luma takes, and those of the two signs. An estimate
/// of what the syntax of 5.11.45 costs on average; not swept.
pub(super) const CFL_MAGNITUDE_BITS: u32 = 2;
/// See [`CFL_MAGNITUDE_BITS`].
pub(super) const CFL_SIGN_BITS: u32 = 2;

/// Overlapped blocks have their vectors refined where they leave at most this many 1/64 of what the best other candidate
/// leaves. More refines in vain: 64 loses a quarter of what overlapping gains, no limit gains nothing.
pub(super) const OVERLAP_MARGIN: u64 = 66;
/// Steps of a quarter of a sample that such vectors are refined by at most. None loses two thirds of what overlapping
/// gains, one a fifth.
pub(super) const OVERLAP_STEPS: usize = 2;

/// First step of the diamond of the motion search from a vector that a larger block found, in samples. More finds faster
/// motion, and takes longer. Not swept.
pub(super) const DIAMOND_FROM_HINT: i32 = 1;

/// How far outside the frame motion search puts a block, in samples besides the block's own size:
/// beyond, the reference only repeats its edge.
pub(super) const MOTION_OUTSIDE: i32 = 8;

/// Absolute difference, of 8×8 samples of the quarter picture, that each sample of length of a
/// coarse vector must gain. More keeps vectors short where nothing is to be seen. Not swept.
pub(super) const COARSE_LENGTH_BIAS: u32 = 4;
/// First step of the coarse search, in samples of the quarter picture. More finds faster motion. Not
/// swept.
pub(super) const COARSE_FIRST_STEP: i32 = 4;

/// A square is not split unless it costs more than the least bits of its parts and this share of its
/// squared error, as numerator and denominator: parts do not make all of it vanish. More saves time
/// and splits less. Not swept.
pub(super) const ERROR_LEFT_BY_PARTS: (u64, u64) = (3, 10);

/// [`ERROR_LEFT_BY_PARTS`] of squares whose estimate has no coefficients: better vectors are all
/// that is left to gain. 3/10 take 1.2 times the CPU and gain 0.7 %.
pub(super) const ERROR_LEFT_OF_ZERO: (u64, u64) = (7, 10);

/// A strength of an in-loop filter: `slope` × luma's AC step + `offset`.
pub(super) struct Line {
    /// By the AC step, which is 8 times a sample's.
    pub(super) slope: f32,
    /// At a step of 0.
    pub(super) offset: f32,
}

/// Deblocking level of inter frames. More blurs. Not swept.
pub(super) const DEBLOCK_INTER: Line = Line { slope: 0.046, offset: 2.5 };
/// Deblocking level of key frames. More blurs. Not swept.
pub(super) const DEBLOCK_KEY: Line = Line { slope: 0.067, offset: -1.6 };
/// Primary strength of CDEF for luma in inter frames. More blurs. Not swept.
pub(super) const CDEF_PRIMARY: Line = Line { slope: 1.0 / 40.0, offset: -0.5 };
/// Secondary strength of CDEF for luma in inter frames. More blurs. Not swept.
pub(super) const CDEF_SECONDARY: Line = Line { slope: 1.0 / 200.0, offset: 0.0 };
/// What key frames get of the CDEF strengths of inter frames. Not swept.
pub(super) const CDEF_KEY_SHARE: f32 = 0.6;
/// What chroma gets of the CDEF strengths of luma. Not swept.
pub(super) const CDEF_CHROMA_SHARE: f32 = 0.6;
/// Greatest secondary strength of CDEF, of 0, 1, 2 and 4: the last blurs too much. Not swept.
pub(super) const CDEF_MAX_SECONDARY: f32 = 2.0;

/// log₂ of the factor of λ in superblocks that have no residual: only modes are left to choose, and
/// the cheapest are to be taken. Not swept.
pub(super) const NO_RESIDUAL_LAMBDA_SHIFT: u8 = 15;
