//! The temporal noise filter: what a sensor adds to a picture is taken off before anything of it is coded.
//!
//! Every sample has a mean over time, and each picture is blended with it, block by block of 8×8 samples, as a
//! Kalman filter does: the mean of `n` pictures in which a block stood still counts as much as `n` of them, up
//! to a limit, and what cannot be [noise](noise_level) makes the new picture count for more, up to all. A sample
//! that differs by more than noise explains is taken from the picture as it is, whatever its block does. One
//! picture goes in and one comes out; nothing is known of those to come.

mod noise_level;
#[cfg(test)]
mod tests;

use self::noise_level::{BlockNoise, NoiseLevels};
use crate::frame::padded::{PaddedPlane, PaddedRows, bands};
use crate::kernels::denoise::{
    Blend, BlockDifference, DIFFERENCE_BITS, FRACTION_BITS, SIDE, blend, compare,
};
use crate::kernels::isa::Isa;
use crate::kernels::view::{View, ViewMut};
use crate::pool::Pool;

/// Rows of luma that a thread filters at once.
const BAND: usize = 64;

/// The least variance of a block's mean, where that of a picture's noise is 1: what stands still is the mean of 8
/// pictures. Less takes longer to follow weak changes; 1/12 leaves as much noise, since limits bind first.
const LEAST_VARIANCE: f32 = 0.125;
/// A sample that differs by this many standard deviations of the noise is not noise. More leaves less of strong
/// noise and more of what moved; 4 leave 0.7 dB more of a still picture's noise.
const NOISE_LIMIT: f32 = 5.0;
/// Mean squared difference of a block that noise explains, where that of noise is 1.
const ERROR_MARGIN: f32 = 1.25;
/// Squared mean difference of a block that noise explains, where the mean squared difference of noise is 1: that of
/// independent samples is 1/64 on average.
const OFFSET_MARGIN: f32 = 0.0625;
/// Less variance than this, in squared samples, changes nothing.
const LEAST_NOISE: f32 = 1.0 / 1024.0;
/// What a squared mean difference beyond that counts for: all samples of the block have changed by as much.
const OFFSET_WEIGHT: f32 = 4.0;

/// Takes noise off pictures of one size, one after the other.
pub(crate) struct Denoiser {
    isa: Isa,
    /// Whether there was a picture before.
    seen: bool,
    planes: [FilteredPlane; 3],
}

impl Denoiser {
    /// For pictures of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa) -> Self {
        let chroma = (width.div_ceil(2), height.div_ceil(2));
        let planes = [(width, height), chroma, chroma].map(|(w, h)| FilteredPlane::new(w, h));
        Self { isa, seen: false, planes }
    }

    /// Takes noise off the next picture, whose edges are extended by a block at least. What is beyond them
    /// changes, too.
    pub(crate) fn filter(&mut self, source: &mut [PaddedPlane; 3], pool: &Pool) {
        let Self { isa, seen, planes } = self;
        if !std::mem::replace(seen, true) {
            planes.iter_mut().zip(source).for_each(|(plane, source)| plane.begin(source));
            return;
        }
        let [y, u, v] = planes.each_mut();
        let known = y.bands(BAND).zip(u.bands(BAND / 2)).zip(v.bands(BAND / 2));
        pool.for_each(bands(source, BAND, BAND).zip(known), |(source, ((mut y, u), v))| {
            let [luma, chroma @ ..] = source;
            y.filter(*isa, luma, |_, _| 0.0);
            for (mut plane, source) in [u, v].into_iter().zip(chroma) {
                // What moves in luma moves in chroma.
                plane.filter(*isa, source, |row, col| y.greatest_variance(2 * row, 2 * col));
            }
        });
        planes.iter_mut().for_each(FilteredPlane::learn);
    }
}

/// What is known of a block.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// Variance of its mean, where that of the noise of a picture is 1.
    variance: f32,
    /// What it told of the noise last.
    noise: BlockNoise,
}

/// What is known of a plane.
struct FilteredPlane {
    /// Blocks in a row.
    cols: usize,
    /// Means over time, in whole blocks.
    mean: Vec<i16>,
    /// Blocks, row by row.
    blocks: Vec<Block>,
    /// How each differs from its mean.
    differences: Vec<BlockDifference>,
    /// How each is blended.
    blends: Vec<Blend>,
    noise: NoiseLevels,
}

impl FilteredPlane {
    fn new(width: usize, height: usize) -> Self {
        let (cols, rows) = (width.div_ceil(SIDE), height.div_ceil(SIDE));
        let count = cols * rows;
        Self {
            cols,
            mean: vec![0; count * SIDE * SIDE],
            blocks: vec![Block { variance: 1.0, noise: BlockNoise::default() }; count],
            differences: vec![BlockDifference::default(); count],
            blends: vec![Blend::default(); count],
            noise: NoiseLevels::default(),
        }
    }

    /// Takes the first picture as the mean.
    fn begin(&mut self, source: &PaddedPlane) {
        let width = self.cols * SIDE;
        for (y, mean) in self.mean.chunks_mut(width).enumerate() {
            let row = source.row(0, y as isize, width);
            mean.iter_mut().zip(row).for_each(|(mean, &s)| *mean = i16::from(s) << FRACTION_BITS);
        }
    }

    /// It in bands of so many rows of samples, a multiple of a block's.
    fn bands(&mut self, step: usize) -> impl Iterator<Item = Band<'_>> + Send {
        let Self { cols, mean, blocks, differences, blends, noise } = self;
        let (cols, noise) = (*cols, &*noise);
        let count = step / SIDE * cols;
        let blends = blends.chunks_mut(count);
        let blocks = blocks.chunks_mut(count).zip(differences.chunks_mut(count)).zip(blends);
        let bands = mean.chunks_mut(step * SIDE * cols).zip(blocks).enumerate();
        bands.map(move |(index, (mean, ((blocks, differences), blends)))| {
            let top = index * step;
            Band { top, cols, mean, blocks, differences, blends, noise }
        })
    }

    /// Takes in what the blocks tell of the noise.
    fn learn(&mut self) {
        self.noise.update(self.blocks.iter().map(|block| block.noise));
    }
}

/// What is known of some rows of a plane.
struct Band<'a> {
    /// Their first row of samples.
    top: usize,
    cols: usize,
    mean: &'a mut [i16],
    blocks: &'a mut [Block],
    differences: &'a mut [BlockDifference],
    blends: &'a mut [Blend],
    noise: &'a NoiseLevels,
}

impl Band<'_> {
    /// Filters these rows of a picture. Means of blocks, by row in the band and column, have a variance of
    /// `least` or more.
    fn filter(
        &mut self,
        isa: Isa,
        mut source: PaddedRows<'_>,
        least: impl Fn(usize, usize) -> f32,
    ) {
        let (cols, stride) = (self.cols, self.cols * SIDE);
        let means = self.mean.chunks_mut(stride * SIDE);
        let blocks = self.blocks.chunks_mut(cols).zip(self.differences.chunks_mut(cols));
        let rows = means.zip(blocks).zip(self.blends.chunks_mut(cols)).enumerate();
        for (row, ((mean, (blocks, differences)), blends)) in rows {
            let y = (self.top + row * SIDE) as isize;
            compare(isa, source.view(0, y), View::new(mean, stride), differences);
            let known = blocks.iter_mut().zip(differences).zip(&mut *blends).enumerate();
            for (col, ((block, difference), blend)) in known {
                *blend = block.blend(difference, self.noise, least(row, col));
            }
            blend(isa, source.view_mut(0, y), ViewMut::new(mean, stride), blends);
        }
    }

    /// The greatest variance of the four blocks from this one on.
    fn greatest_variance(&self, row: usize, col: usize) -> f32 {
        let rows = self.blocks.chunks(self.cols).skip(row).take(2);
        let blocks = rows.flat_map(|row| row.iter().skip(col).take(2));
        blocks.fold(0.0, |greatest, block| block.variance.max(greatest))
    }
}

impl Block {
    /// Takes in how the block of the next picture differs from its mean, whose variance is `least` or more from then on,
    /// and tells how they are blended.
    fn blend(&mut self, difference: &BlockDifference, noise: &NoiseLevels, least: f32) -> Blend {
        const UNIT: f32 = (1 << DIFFERENCE_BITS) as f32;
        const AREA: f32 = (SIDE * SIDE) as f32;
        let error = difference.squares as f32 / (AREA * UNIT * UNIT);
        let offset = difference.sum as f32 / (AREA * UNIT);
        // A picture's noise, and what is left of it in the mean.
        let both = 1.0 + self.variance;
        let level = (difference.samples / AREA as u32) as u8;
        // Noise makes neighbours differ by twice its variance: what moves where they hardly differ is none.
        let slope = difference.gradient as f32 / (2.0 * AREA);
        self.noise = BlockNoise { level, variance: (error / both).min(slope) };
        let noise = noise.variance(level);
        if noise < LEAST_NOISE {
            self.variance = 1.0;
            return Blend::default();
        }
        let expected = both * noise;
        let changed = (error - ERROR_MARGIN * expected)
            .max(OFFSET_WEIGHT * (offset * offset - OFFSET_MARGIN * expected))
            .max(0.0);
        let before = self.variance + changed / noise;
        self.variance = (before / (1.0 + before)).max(least).max(LEAST_VARIANCE);
        let limit = NOISE_LIMIT * noise.sqrt() * (1 << FRACTION_BITS) as f32;
        Blend { share: ((1.0 - self.variance) * 32768.0) as i16, limit: limit as i16 }
    }
}
