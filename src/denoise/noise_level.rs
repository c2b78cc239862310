//! How strong the noise is, by brightness: a robust estimate from how blocks differ from their means.
//!
//! A sensor's noise depends on how bright it is, and cameras that smooth leave little where it is bright. Blocks
//! that stand still differ by noise alone, others by more, so that a low quantile over all blocks of a
//! brightness is noise, even if most of them move.

/// Steps of brightness that are told apart.
const LEVELS: usize = 8;
/// Blocks of a brightness that are needed to tell its noise; with fewer it is that of all blocks.
const LEAST_BLOCKS: u32 = 32;
/// The share of blocks that are taken to stand still. More takes motion for noise: 0.3 cost 5 % of bits where a
/// hand-held camera has no noise. Less finds none where pictures come from a codec that left most as they were.
const STILL_SHARE: f32 = 0.1;
/// The mean of what blocks of noise tell beside that quantile.
const MEAN_SHARE: f32 = 1.5;
/// Pictures over which estimates are smoothed.
const SMOOTHING: f32 = 8.0;
/// The greatest variance that is taken for noise, in squared samples: beyond, a picture moves.
const GREATEST: f32 = 64.0;
/// How many times what is known, and how much besides, a single picture may tell: a cut is no noise.
const GREATEST_RISE: (f32, f32) = (2.0, 0.1);

/// What a block tells of the noise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct BlockNoise {
    /// Mean sample.
    pub(super) level: u8,
    /// Variance of samples in one picture, in squared samples, if nothing moved.
    pub(super) variance: f32,
}

/// The noise of a plane by brightness.
#[derive(Clone, Debug, Default)]
pub(super) struct NoiseLevels {
    /// Variances; `None` before the first estimate.
    variances: [Option<f32>; LEVELS],
}

impl NoiseLevels {
    /// The variance of samples of this brightness, in squared samples; 0 until something is known.
    pub(super) fn variance(&self, level: u8) -> f32 {
        self.variances[index(level)].unwrap_or_default()
    }

    /// Takes in what the blocks of a picture tell.
    pub(super) fn update(&mut self, blocks: impl Iterator<Item = BlockNoise>) {
        let mut levels = [Histogram::default(); LEVELS];
        let mut all = Histogram::default();
        for BlockNoise { level, variance } in blocks {
            levels[index(level)].add(variance);
            all.add(variance);
        }
        for (known, level) in self.variances.iter_mut().zip(&levels) {
            let told = if level.count() < LEAST_BLOCKS { &all } else { level };
            let told = (told.quantile(STILL_SHARE) * MEAN_SHARE).min(GREATEST);
            *known = Some(match *known {
                None => told,
                Some(known) => {
                    let (times, more) = GREATEST_RISE;
                    known + (told.min(times * known + more) - known) / SMOOTHING
                }
            });
        }
    }
}

fn index(level: u8) -> usize {
    usize::from(level) * LEVELS / 256
}

/// Counts of numbers in buckets, four to each power of two from 2⁻¹⁰ to 2¹⁰; the first has all below, the last all
/// above.
#[derive(Clone, Copy)]
struct Histogram([u32; BUCKETS]);

const BUCKETS: usize = 81;
/// Bits of a number's 32 below those that name its bucket: all of the fraction but two.
const SHIFT: u32 = 21;
/// The bucket of 2⁻¹⁰.
const FIRST: u32 = (1.0_f32 / 1024.0).to_bits() >> SHIFT;

impl Default for Histogram {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Histogram {
    /// Counts a number that is not negative.
    fn add(&mut self, value: f32) {
        let bucket = (value.to_bits() >> SHIFT).saturating_sub(FIRST) as usize;
        self.0[bucket.min(BUCKETS - 1)] += 1;
    }

    fn count(&self) -> u32 {
        self.0.iter().sum()
    }

    /// The number below which this share of all lies, evenly spread over its bucket; 0 if it is in the first.
    fn quantile(&self, share: f32) -> f32 {
        let wanted = self.count() as f32 * share;
        let mut below = 0.0;
        for (bucket, &count) in self.0.iter().enumerate() {
            let count = count as f32;
            if count > 0.0 && below + count >= wanted {
                let start = |bucket: usize| f32::from_bits((FIRST + bucket as u32) << SHIFT);
                let (from, to) = (start(bucket), start(bucket + 1));
                return if bucket == 0 {
                    0.0
                } else {
                    from + (to - from) * (wanted - below) / count
                };
            }
            below += count;
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(level: u8, variance: f32, count: usize) -> impl Iterator<Item = BlockNoise> {
        std::iter::repeat_n(BlockNoise { level, variance }, count)
    }

    #[test]
    fn quantiles_are_within_a_bucket() {
        for (value, share) in [(0.002, 0.3), (0.7, 0.01), (1.0, 0.5), (63.0, 1.0), (900.0, 0.3)] {
            let mut histogram = Histogram::default();
            (0..40).for_each(|_| histogram.add(value));
            let quantile = histogram.quantile(share);
            assert!((quantile / value - 1.0).abs() <= 0.25, "{quantile} for {value}");
        }
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.3), 0.0);
        (0..10).for_each(|_| histogram.add(0.0));
        (0..10).for_each(|_| histogram.add(f32::MAX));
        assert_eq!((histogram.count(), histogram.quantile(0.4)), (20, 0.0));
        assert!(histogram.quantile(0.6) >= 1024.0);
    }

    /// Most of the blocks may move, and each brightness has noise of its own.
    #[test]
    fn what_moves_is_not_noise() {
        let mut noise = NoiseLevels::default();
        assert_eq!(noise.variance(20), 0.0);
        let dark = || told(20, 4.0, 40).chain(told(20, 300.0, 80));
        let bright = || told(200, 1.0, 40).chain(told(200, 90.0, 80));
        let rare = || told(120, 50.0, 5);
        noise.update(dark().chain(bright()).chain(rare()));
        let near = |noise: &NoiseLevels, level, expected: f32| {
            let variance = noise.variance(level);
            assert!((variance / (MEAN_SHARE * expected) - 1.0).abs() < 0.25, "{level}: {variance}");
        };
        near(&noise, 31, 4.0);
        near(&noise, 200, 1.0);
        // Too few to tell: as all are.
        assert!((1.0..8.0).contains(&noise.variance(120)));
        // A picture of which nothing was there before is not believed, and soon forgotten.
        let before = noise.variance(200);
        noise.update(told(200, 400.0, 500));
        assert!(noise.variance(200) < 1.2 * before);
        (0..30).for_each(|_| noise.update(dark().chain(bright())));
        near(&noise, 200, 1.0);
        // What stands still without any noise has none.
        (0..200).for_each(|_| noise.update(told(200, 0.0, 500)));
        assert!(noise.variance(200) < 1e-6);
    }
}
