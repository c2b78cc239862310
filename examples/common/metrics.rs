//! Measurements: PSNR, the link delay of a coded frame, freezes, percentiles.

use std::collections::VecDeque;

use rtav1::PictureBuffer;

/// PSNR reported for equal pictures, in dB.
pub(crate) const PSNR_EQUAL: f64 = 100.0;

/// PSNR of the luma planes of two pictures of the same size, in dB, [`PSNR_EQUAL`] at most.
pub(crate) fn psnr_y(a: &PictureBuffer, b: &PictureBuffer) -> f64 {
    let (a, b) = (a.plane(0), b.plane(0));
    assert_eq!(a.len(), b.len(), "PSNR of pictures of two sizes");
    let error: u64 = a.iter().zip(b).map(|(&a, &b)| u64::from(a.abs_diff(b))).map(|d| d * d).sum();
    if error == 0 {
        return PSNR_EQUAL;
    }
    let mean = error as f64 / a.len() as f64;
    (10.0 * (255.0 * 255.0 / mean).log10()).min(PSNR_EQUAL)
}

/// The link's view of the encoder: bits wait in a bucket that drains at the target rate.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeakyBucket {
    bits: f64,
    time: f64,
}

impl LeakyBucket {
    /// Adds a frame of `bytes` coded for `time` (seconds) at `target` bit/s and gives the time in
    /// ms the link needs to get rid of it and of what was still there.
    pub(crate) fn add(&mut self, bytes: usize, time: f64, target: f64) -> f64 {
        self.bits =
            (self.bits - (time - self.time).max(0.0) * target).max(0.0) + bytes as f64 * 8.0;
        self.time = time;
        self.bits / target * 1000.0
    }
}

/// A stretch without a new picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Freeze {
    /// When the picture that stayed was shown, in seconds.
    pub(crate) start: f64,
    /// When the next one came, in seconds.
    pub(crate) end: f64,
}

/// Counts freezes as WebRTC's `freezeCount` does: a gap between two shown pictures of at least
/// max(3 × mean, mean + 150 ms), where the mean is of up to 30 gaps before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct FreezeCounter {
    last: Option<f64>,
    gaps: VecDeque<f64>,
    freezes: Vec<Freeze>,
}

impl FreezeCounter {
    /// Gaps the mean is taken over.
    const WINDOW: usize = 30;
    /// Gaps needed before any is judged.
    const LEAST: usize = 5;
    /// Seconds over the mean that make a freeze at high frame rates.
    const MARGIN: f64 = 0.150;

    /// A picture is shown at `time`, in seconds.
    pub(crate) fn shown(&mut self, time: f64) {
        let Some(start) = self.last.replace(time) else { return };
        let gap = time - start;
        if self.gaps.len() >= Self::LEAST {
            let mean = self.gaps.iter().sum::<f64>() / self.gaps.len() as f64;
            if gap >= (3.0 * mean).max(mean + Self::MARGIN) {
                self.freezes.push(Freeze { start, end: time });
            }
        }
        if self.gaps.len() == Self::WINDOW {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap);
    }

    /// The freezes so far; `end` is when the call ended, which ends a freeze, too.
    pub(crate) fn finish(mut self, end: f64) -> Vec<Freeze> {
        if self.last.is_some_and(|last| end > last) {
            self.shown(end);
        }
        self.freezes
    }
}

/// The value below which `percent` of `values` lie (nearest rank); `None` without values.
pub(crate) fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The mean; `None` without values.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psnr_of_known_differences() {
        let black = PictureBuffer::new(16, 16).unwrap();
        let mut other = black.clone();
        assert_eq!(psnr_y(&black, &other), PSNR_EQUAL);
        other.plane_mut(0).iter_mut().for_each(|sample| *sample += 1);
        assert!((psnr_y(&black, &other) - 48.1308).abs() < 1e-4);
        other.plane_mut(0).copy_from_slice(black.plane(0));
        other.plane_mut(0)[5] += 16;
        assert!((psnr_y(&black, &other) - 48.1308).abs() < 1e-4);
    }

    #[test]
    fn the_bucket_drains_at_the_target_and_never_below_empty() {
        let mut bucket = LeakyBucket::default();
        assert_eq!(bucket.add(1000, 0.0, 80_000.0), 100.0);
        assert_eq!(bucket.add(1000, 0.05, 80_000.0), 150.0);
        assert_eq!(bucket.add(1000, 10.0, 80_000.0), 100.0);
        assert!((bucket.add(0, 10.025, 40_000.0) - 175.0).abs() < 1e-6);
    }

    #[test]
    fn freezes_are_gaps_far_over_the_mean() {
        let mut counter = FreezeCounter::default();
        let mut time = 0.0;
        for _ in 0..40 {
            counter.shown(time);
            time += 0.1;
        }
        let last = time - 0.1;
        // mean 100 ms: the bound is 300 ms
        counter.shown(last + 0.29);
        counter.shown(last + 0.29 + 0.32);
        let freezes = counter.finish(last + 0.65);
        assert_eq!(freezes, [Freeze { start: last + 0.29, end: last + 0.29 + 0.32 }]);
    }

    #[test]
    fn at_high_rates_the_margin_decides_and_the_end_counts() {
        let mut counter = FreezeCounter::default();
        (0..10).for_each(|n| counter.shown(f64::from(n) / 50.0));
        assert_eq!(counter.clone().finish(0.18 + 0.165), []);
        assert_eq!(counter.finish(0.18 + 0.18), [Freeze { start: 0.18, end: 0.36 }]);
    }

    #[test]
    fn percentiles_are_values_of_the_set() {
        let values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50.0), Some(10.0));
        assert_eq!(percentile(&values, 95.0), Some(19.0));
        assert_eq!(percentile(&values, 100.0), Some(20.0));
        assert_eq!(percentile(&values, 0.0), Some(1.0));
        assert_eq!(percentile(&[], 50.0), None);
        assert_eq!(mean(&values), Some(10.5));
    }
}
