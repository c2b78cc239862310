//! The values that rate control is tuned by, by the part that reads them.
//!
//! Each says its unit and what it trades. Where no other origin is named, a value is from this
//! library's own trials of 22 and 23 November 2026: the simulator beside the controller (recorded
//! curves of a camera, and synthetic laws at 20 kbit/s to 2 Mbit/s) and the tests of the link
//! (camera, text, desktop, cuts and noise).

/// Budget and ceilings of a frame: [`Controller`](super::Controller).
pub(super) mod budget {
    /// Seconds of delay that the bucket is led to before a frame: more keeps the link busy when a
    /// frame turns out small, less leaves more room for a large one.
    pub(crate) const RESTING_DELAY: f64 = 0.044;
    /// The same in mean frame intervals, where those are long, beside what the longest is longer: a link
    /// must not run dry between frames.
    pub(crate) const RESTING_INTERVALS: f64 = 0.7;
    /// The share of what the link would lack in the longest interval that a frame has beside its
    /// budget: more loses fewer bits at uneven times, less keeps quality even. This and
    /// [`LATE_MARGIN`]: trials of 26 November 2026, four patterns of 16 to 100 ms.
    pub(crate) const LATE_SHARE: f64 = 0.6;
    /// What should be left after the longest interval, in mean intervals.
    pub(crate) const LATE_MARGIN: f64 = 0.5;
    /// The most of it, as a share of what the bound on delay leaves beside one frame interval, so
    /// that a tight bound still has room for a frame.
    pub(crate) const RESTING_SHARE: f64 = 0.55;
    /// Seconds over which a bucket above its resting level is led back: shorter bounds the delay
    /// sooner, longer keeps quality even.
    pub(crate) const DRAIN_HORIZON: f64 = 0.4;
    /// Seconds over which a bucket below its resting level is filled: bits of a dry link are lost,
    /// so this is shorter.
    pub(crate) const FILL_HORIZON: f64 = 0.15;
    /// Frames over which what is above the soft delay is led back.
    pub(crate) const EXCESS_FRAMES: f64 = 3.0;
    /// Delay after a key frame or a scene cut, as a share of the bound: more is a better first
    /// picture, less is room for the frames that follow.
    pub(crate) const KEY_DELAY_SHARE: f64 = 0.90;
    /// The most of it, in seconds: beyond, a picture that comes sooner is worth more.
    pub(crate) const KEY_DELAY_MOST: f64 = 0.3;
    /// The share of the bound that a key frame waits for: sooner is coarser.
    pub(crate) const KEY_ROOM: f64 = 0.35;
    /// Share of the ceiling that the target of a key frame or scene cut may reach: the rest is for
    /// the model's error.
    pub(crate) const KEY_CEILING_SHARE: f64 = 0.96;
    /// The least of the [soft delay](crate::layers::Cascade::soft_delay), in frame intervals above the resting delay.
    pub(crate) const SOFT_DELAY_INTERVALS: f64 = 1.6;
    /// The most of it, as a share of the bound.
    pub(crate) const SOFT_DELAY_MOST: f64 = 0.9;
    /// Share of the ceiling that the soft limit of an inter frame may reach.
    pub(crate) const SOFT_CEILING_SHARE: f64 = 0.9;
    /// The least room of an inter frame that is coded at all, as a share of the rate's bits in a
    /// frame interval: less would say next to nothing.
    pub(crate) const LEAST_ROOM: f64 = 0.25;
    /// Share of the bound beyond which no frame waits for room.
    pub(crate) const MOST_ROOM: f64 = 0.9;
    /// Bytes of the least inter frame that is coded at all: its headers and some bits of a tile.
    pub(crate) const LEAST_BYTES: u64 = 28;
    /// Bytes of the least key frame that is coded at all: its headers and some bits of a tile.
    pub(crate) const LEAST_KEY_BYTES: u64 = 60;
    /// The least budget of a frame, as a share of the rate's bits in a frame interval: less makes
    /// quality jump.
    pub(crate) const LEAST_BUDGET: f64 = 0.36;
    /// The greatest budget of an inter frame, as such a share.
    pub(crate) const MOST_BUDGET: f64 = 2.0;
    /// A key frame or scene cut is coded again if it took less than this share of its target: what
    /// it lacks, many frames lack.
    pub(crate) const KEY_POOR: f64 = 0.75;
    /// An inter frame is coded again if the link would be busy for less than this share of the
    /// interval: coding once more trades time for bits that would be lost.
    pub(crate) const LEAST_BUSY: f64 = 0.8;
    /// The same where frames are far apart, and each is worth more.
    pub(crate) const LEAST_BUSY_SLOW: f64 = 0.97;
    /// Share of its target below which an inter frame must be too, to be coded again for that.
    pub(crate) const BUSY_POOR: f64 = 0.6;
    /// The same where frames are far apart.
    pub(crate) const BUSY_POOR_SLOW: f64 = 0.95;
    /// Seconds from frame to frame from which on frames are far apart: each has to meet its budget,
    /// since the next is too late to make up for it.
    pub(crate) const SLOW_INTERVAL: f64 = 0.06;
    /// Octaves that the step may fall from one frame to the next: more follows content sooner, less
    /// flickers less.
    pub(crate) const STEP_FALL: f64 = 0.3;
    /// The same while the link is idle.
    pub(crate) const STEP_FALL_IDLE: f64 = 0.8;
    /// Octaves that the step may rise from one frame to the next.
    pub(crate) const STEP_RISE: f64 = 0.6;
    /// Octaves by which frames after a key frame are taken to be finer than it at once.
    pub(crate) const AFTER_KEY: f64 = 0.3;
    /// Share of an interval between two frames that the mean interval takes over.
    pub(crate) const INTERVAL_GAIN: f64 = 0.2;
    /// Mean intervals that one interval counts for at most: a stall is no frame rate.
    pub(crate) const LONGEST_INTERVAL: f64 = 5.0;
    /// How many times the difference before, and how much beside, a picture's mean difference must
    /// be for what was learnt of differences not to hold.
    pub(crate) const RISES: (f32, f32) = (1.6, 0.5);
    /// Shares of the picture that move, up to which levels are as far apart as the
    /// [cascade](crate::layers::Cascade) says, and from which on they are closest. Of 13 clips five move so much: held
    /// in a hand, noisy, or textured. They gain 2 % by VMAF and PSNR and 0.4 % by SSIM; half their cascade suits no other.
    /// 0.2 to 0.4 and a quarter of the octaves gain as much by VMAF and PSNR, and lose 0.3 % by SSIM.
    pub(crate) const MOVING: (f64, f64) = (0.25, 0.5);
    /// Share of a frame's moving part that the mean takes over.
    pub(crate) const MOVING_GAIN: f64 = 0.125;
}

/// The model of bits: [`Model`](super::model::Model).
pub(super) mod model {
    /// Power of the complexity that key frames cost: twice the gradient, twice the bits.
    pub(crate) const KEY_COMPLEXITY: f64 = 1.0;
    /// Power of the complexity that inter frames cost: motion search finds a part of a difference.
    pub(crate) const INTER_COMPLEXITY: f64 = 0.7;
    /// Power of the step by which the bits of a key frame fall.
    pub(crate) const KEY_EXPONENT: f64 = 1.0;
    /// Power of the step by which the bits of an inter frame fall.
    pub(crate) const INTER_EXPONENT: f64 = 1.3;
    /// Complexity, in sample values, of a picture without motion or detail: keeps its logarithm
    /// finite.
    pub(crate) const FLOOR: f64 = 0.3;
    /// First guess of `k` for one sample of a key frame, with the step in sample values.
    pub(crate) const KEY_START: f64 = 1.0;
    /// First guess of `k` for one sample of an inter frame.
    pub(crate) const INTER_START: f64 = 0.5;
    /// Bits of headers, which no step makes fewer.
    pub(crate) const OVERHEAD: f64 = 120.0;
    /// Share of an error that `k` takes over from the first, the second and later frames of a
    /// class: more follows content sooner, less hears less noise.
    pub(crate) const GAINS: [f64; 3] = [1.0, 0.6, 0.35];
    /// The greatest error, in octaves, that one frame may teach.
    pub(crate) const MOST_ERROR: f64 = 3.0;
    /// How far `k` may leave its first guess, in octaves: what a picture without motion teaches is
    /// forgotten when something moves again.
    pub(crate) const MOST_DRIFT: f64 = 4.0;
    /// Bits of a frame that holds next to nothing.
    pub(crate) const EMPTY: f64 = 2.0 * OVERHEAD;
    /// The most, in octaves, that such a frame teaches: it says no more than that it is empty.
    pub(crate) const EMPTY_LESSON: f64 = 0.5;
    /// Bits that even an empty frame is taken to cost beside its headers.
    pub(crate) const LEAST_BITS: f64 = 16.0;
}

/// Which frames are left out: [`FrameDropper`](super::frame_dropper::FrameDropper).
pub(super) mod dropper {
    /// Bit/s up to which the headers of packets decide: above, their share is small.
    pub(crate) const THIN_LINK: f64 = 30_000.0;
    /// The share of the rate that headers may take.
    pub(crate) const MOST_HEADERS: f64 = 0.25;
    /// Bytes of a temporal unit without any content.
    pub(crate) const EMPTY_UNIT: f64 = 24.0;
    /// Mean quantizer index above which frames become fewer: the upper threshold of libwebrtc's
    /// quality scaler for AV1.
    pub(crate) const COARSE: f64 = 205.0;
    /// Mean quantizer index below which they become more: its lower threshold.
    pub(crate) const FINE: f64 = 145.0;
    /// Seconds that the index must be coarse before frames become fewer.
    pub(crate) const COARSE_FOR: f64 = 1.0;
    /// Seconds that it must be fine before they become more: longer, so that it does not swing.
    pub(crate) const FINE_FOR: f64 = 3.0;
    /// Share of a frame's index that the mean takes over.
    pub(crate) const INDEX_GAIN: f64 = 0.1;
    /// Share of an interval between two frames that the mean interval takes over.
    pub(crate) const INTERVAL_GAIN: f64 = 0.2;
    /// Mean intervals from which on an interval is a stall and teaches nothing.
    pub(crate) const LONGEST_INTERVAL: f64 = 5.0;
    /// One frame in so many stays at least.
    pub(crate) const MOST_APART: u32 = 4;
    /// Least frames a second by the most luma samples of a picture: the floors of libwebrtc's
    /// balanced degradation.
    pub(crate) const FLOORS: [(f64, f64); 2] = [(320.0 * 240.0, 7.0), (480.0 * 270.0, 10.0)];
    /// The same for larger pictures.
    pub(crate) const FLOOR: f64 = 15.0;
    /// A frame rate above the floor by less than this factor counts as the floor.
    pub(crate) const FLOOR_SLACK: f64 = 1.02;
}

/// Steps of superblocks within a frame: [`StepControl`](super::StepControl).
pub(super) mod steps {
    /// How much of a frame the guess of its bits is worth beside what its superblocks took: more keeps the
    /// step even, less corrects sooner.
    pub(crate) const PRIOR: f64 = 0.3;
    /// Shares of the target between which an inter frame may end: the next frames level it out, and
    /// an even step is worth more. Swept on 13 clips, as were [`PRIOR`], [`KEPT`] and [`LEARN`].
    pub(crate) const TOLERANCE: (f64, f64) = (0.5, 1.6);
    /// The same of a frame that has to meet its target.
    pub(crate) const TOLERANCE_EXACT: (f64, f64) = (0.95, 1.05);
    /// Times the least that a frame may take, so as not to be coded again, that frames are led to end above: most of
    /// those that would be too small come out right at once.
    pub(crate) const ABOVE_LEAST: f64 = 1.2;
    /// The share of the limit that frames are led to end below.
    pub(crate) const SAFE: f64 = 0.96;
    /// Octaves by which a superblock's step may be below that of the frame.
    pub(crate) const DOWN: f64 = 0.4;
    /// Octaves by which it may be above.
    pub(crate) const UP: f64 = 2.0;
    /// Power of the step by which the bits of superblocks fall.
    pub(crate) const EXPONENT: f64 = 1.2;
    /// Share of a frame's error that the correction of a superblock's guess takes over.
    pub(crate) const LEARN: f64 = 0.1;
    /// Bounds of such a correction, as factors.
    pub(crate) const CORRECTIONS: (f64, f64) = (0.25, 4.0);
    /// Share of the target that is left for the rest of a frame, however much was taken.
    pub(crate) const LEAST_REST: f64 = 0.02;
    /// The difference, by sample, that superblocks are taken to have beside what is measured.
    pub(crate) const LEAST_ACTIVITY: f64 = 0.3;
    /// Differences of the quantizer index, from that of the superblock to the left or above, that
    /// are not worth their bits.
    pub(crate) const KEPT: u8 = 8;
    /// Bits of inter and of key frames by bit that they are estimated to take, until it is known:
    /// estimates know nothing of adaptation within the frame. Measured on 13 clips.
    pub(crate) const BITS_BY_COST: [f64; 2] = [0.95, 0.85];
    /// Share of the last frame's that the factor takes over.
    pub(crate) const LEARN_BITS: f64 = 0.5;
    /// Times the ceiling from which on a frame that is estimated to have passed it has done so for
    /// certain.
    pub(crate) const CERTAIN: f64 = 1.15;
}

/// Coding a frame again: [`Recode`](super::Recode).
pub(super) mod recode {
    /// The most times that a frame is coded: each costs the time of a frame.
    pub(crate) const MOST: usize = 4;
    /// The most times that it is coded for the sake of what it should be, not of what it must be.
    pub(crate) const MOST_SOFT: usize = 3;
    /// How many times its soft limit a frame may be: to code it again for less would be in vain.
    pub(crate) const FORGIVEN: f64 = 1.1;
    /// The share of the ceiling that a correction aims at: less is safer and coarser.
    pub(crate) const SAFE: f64 = 0.85;
    /// Power of the step by which bits are taken to fall where they must: low, to be safe.
    pub(crate) const FALL_EXPONENT: f64 = 1.0;
    /// The same where they should: high, for a small correction.
    pub(crate) const SOFT_EXPONENT: f64 = 3.0;
    /// The same where they should rise.
    pub(crate) const RISE_EXPONENT: f64 = 1.3;
    /// Powers that are believed when two attempts show one.
    pub(crate) const EXPONENTS: (f64, f64) = (0.5, 2.0);
    /// Octaves between two steps from which on they show one.
    pub(crate) const APART: f64 = 0.05;
    /// Octaves by which an attempt may be finer than the one before.
    pub(crate) const MOST_RISE: f64 = 0.7;
    /// After an attempt that should have been smaller, one below this share of the soft limit is
    /// too small.
    pub(crate) const TIMID: f64 = 0.35;
    /// log₂ of the factor by which λ grows where a frame without a target rate is still too large
    /// at the greatest index, if it is so by less than [`FAR`] octaves, and by more.
    pub(crate) const LAMBDA_SHIFTS: (u8, u8) = (2, 4);
    /// See [`LAMBDA_SHIFTS`].
    pub(crate) const FAR: f64 = 0.4;
}

/// Frames that are coded in part: [`PartialFrame`](super::PartialFrame).
pub(super) mod partial {
    /// Power of the step by which the bits of a superblock fall at least.
    pub(crate) const EXPONENT: f64 = 0.75;
    /// Bits that a superblock without coefficients is taken to cost.
    pub(crate) const EMPTY: f64 = 14.0;
    /// Times [`EMPTY`] from which on a superblock had something to say.
    pub(crate) const SERVED: f64 = 2.0;
}
