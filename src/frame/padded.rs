//! Planes with a margin on every side, so that motion vectors may point outside the picture.

use crate::kernels::view::{Samples, SamplesMut};

/// Samples of margin on every side: a 64×64 block that lies 16 samples outside the frame
/// (7.10.2.14 clamps vectors so), the filter taps, and the positions up to the next multiple of 8.
pub(crate) const PAD: usize = 96;

/// One plane of 8-bit samples: a coded area of a multiple of 8 in each direction, with [`PAD`]
/// samples around it.
///
/// Coordinates are relative to the top left sample of the picture and may be negative down to
/// −[`PAD`]. A [band](Self::band) holds some rows of a plane only, and is addressed as the whole.
#[derive(Clone, Debug)]
pub(crate) struct PaddedPlane {
    /// All rows, margins included.
    pub(crate) data: Vec<u8>,
    /// Bytes from one row to the next; a multiple of 64.
    pub(crate) stride: usize,
    /// True width of the plane in samples, from whose edge references are extended (7.11.3.3).
    pub(crate) width: usize,
    /// True height of the plane in samples.
    pub(crate) height: usize,
    /// The row that `data` begins with.
    top: isize,
}

impl PaddedPlane {
    /// A plane of `width` × `height` samples, all 128.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let stride = (width.next_multiple_of(64) + 2 * PAD).next_multiple_of(64);
        let rows = height.next_multiple_of(64) + 2 * PAD;
        Self { data: vec![128; stride * rows], stride, width, height, top: -(PAD as isize) }
    }

    /// `rows` rows of such a plane, the first ones until it is [moved](Self::move_to).
    pub(crate) fn band(width: usize, height: usize, rows: usize) -> Self {
        let stride = (width.next_multiple_of(64) + 2 * PAD).next_multiple_of(64);
        Self { data: vec![128; stride * rows], stride, width, height, top: 0 }
    }

    /// Makes a band hold the rows from `top` on; what is in it stays.
    pub(crate) fn move_to(&mut self, top: isize) {
        self.top = top;
    }

    /// The index in `data` of sample (`x`, `y`).
    #[inline]
    pub(crate) fn index(&self, x: isize, y: isize) -> usize {
        (y - self.top) as usize * self.stride + (x + PAD as isize) as usize
    }

    /// The samples from (`x`, `y`) on.
    #[inline]
    pub(crate) fn view(&self, x: isize, y: isize) -> Samples<'_> {
        Samples::new(&self.data[self.index(x, y)..], self.stride)
    }

    /// The samples from (`x`, `y`) on, to be written.
    #[inline]
    pub(crate) fn view_mut(&mut self, x: isize, y: isize) -> SamplesMut<'_> {
        let start = self.index(x, y);
        SamplesMut::new(&mut self.data[start..], self.stride)
    }

    /// `len` samples of row `y` from `x` on.
    #[inline]
    pub(crate) fn row(&self, x: isize, y: isize, len: usize) -> &[u8] {
        let start = self.index(x, y);
        &self.data[start..start + len]
    }

    /// `len` samples of row `y` from `x` on, to be written.
    #[inline]
    pub(crate) fn row_mut(&mut self, x: isize, y: isize, len: usize) -> &mut [u8] {
        let start = self.index(x, y);
        &mut self.data[start..start + len]
    }

    /// Repeats the samples at the true edges over everything outside them, as the clamped
    /// positions of 7.11.3.4 read them.
    pub(crate) fn extend_edges(&mut self) {
        let (stride, width, height) = (self.stride, self.width, self.height);
        for row in self.data.chunks_exact_mut(stride).skip(PAD).take(height) {
            let (first, last) = (row[PAD], row[PAD + width - 1]);
            row[..PAD].fill(first);
            row[PAD + width..].fill(last);
        }
        let rows = self.data.len() / stride;
        let top = PAD * stride;
        for y in 0..PAD {
            self.data.copy_within(top..top + stride, y * stride);
        }
        let bottom = (PAD + height - 1) * stride;
        for y in PAD + height..rows {
            self.data.copy_within(bottom..bottom + stride, y * stride);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_repeat_the_true_border() {
        let mut plane = PaddedPlane::new(17, 19);
        for y in 0..19 {
            for (x, s) in plane.row_mut(0, y, 17).iter_mut().enumerate() {
                *s = (x * 7 + y as usize * 13) as u8;
            }
        }
        plane.extend_edges();
        let sample = |x: isize, y: isize| plane.row(x, y, 1)[0];
        for y in -(PAD as isize)..(32 + PAD as isize) {
            for x in -(PAD as isize)..(32 + PAD as isize) {
                assert_eq!(sample(x, y), sample(x.clamp(0, 16), y.clamp(0, 18)), "at {x}, {y}");
            }
        }
    }
}
