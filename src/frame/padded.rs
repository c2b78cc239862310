//! Planes with a margin on every side, so that motion vectors may point outside the picture.

use std::ops::{Deref, DerefMut, Range};

use crate::kernels::view::{Samples, SamplesMut};

/// Samples of margin on every side: a 64×64 block that lies 16 samples outside the frame
/// (7.10.2.14 clamps vectors so), the filter taps, and the positions up to the next multiple of 8.
pub(crate) const PAD: usize = 96;

/// One plane of 8-bit samples: a coded area of a multiple of 8 in each direction, with [`PAD`]
/// samples around it.
///
/// Coordinates are relative to the top left sample of the picture and may be negative down to
/// −[`PAD`]. A [band](PaddedPlane::band) holds some rows of a plane only, and is addressed as the
/// whole.
#[derive(Clone, Debug)]
pub(crate) struct Padded<D> {
    /// All rows, margins included.
    pub(crate) data: D,
    /// Bytes from one row to the next; a multiple of 64.
    pub(crate) stride: usize,
    /// True width of the plane in samples, from whose edge references are extended (7.11.3.3).
    pub(crate) width: usize,
    /// True height of the plane in samples.
    pub(crate) height: usize,
    /// The row that `data` begins with.
    top: isize,
}

/// A plane that owns its samples.
pub(crate) type PaddedPlane = Padded<Vec<u8>>;

/// Some rows of a plane, which others may change meanwhile.
pub(crate) type PaddedRows<'a> = Padded<&'a mut [u8]>;

/// The rows of the planes of a 4:2:0 picture, cut before luma row `first` and every `step` rows from
/// there on, margins with the rows at the edge. Both are even.
pub(crate) fn bands(
    planes: &mut [PaddedPlane; 3],
    first: usize,
    step: usize,
) -> impl Iterator<Item = [PaddedRows<'_>; 3]> + Send {
    let [luma, u, v] = planes;
    let mut luma = luma.bands(first, step);
    let [mut u, mut v] = [u, v].map(|plane| plane.bands(first / 2, step / 2));
    std::iter::from_fn(move || Some([luma.next()?, u.next()?, v.next()?]))
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

    /// The rows of the plane, cut before row `first` and every `step` rows from there on, margins
    /// with the rows at the edge.
    pub(crate) fn bands(
        &mut self,
        first: usize,
        step: usize,
    ) -> impl Iterator<Item = PaddedRows<'_>> + Send {
        let Self { stride, width, height, top, .. } = *self;
        let (mut start, mut end) = (top, first);
        let mut rest = Some(&mut self.data[..]);
        std::iter::from_fn(move || {
            let all = rest.take()?;
            let data = if end < height {
                let (data, others) = all.split_at_mut((end as isize - start) as usize * stride);
                rest = Some(others);
                data
            } else {
                all
            };
            let band = Padded { data, stride, width, height, top: start };
            (start, end) = (end as isize, end + step);
            Some(band)
        })
    }
}

impl<D: Deref<Target = [u8]>> Padded<D> {
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

    /// `len` samples of row `y` from `x` on.
    #[inline]
    pub(crate) fn row(&self, x: isize, y: isize, len: usize) -> &[u8] {
        let start = self.index(x, y);
        &self.data[start..start + len]
    }
}

impl<D: DerefMut<Target = [u8]>> Padded<D> {
    /// The samples from (`x`, `y`) on, to be written.
    #[inline]
    pub(crate) fn view_mut(&mut self, x: isize, y: isize) -> SamplesMut<'_> {
        let start = self.index(x, y);
        SamplesMut::new(&mut self.data[start..], self.stride)
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
        self.extend(0..self.width, PAD, usize::MAX);
    }

    /// What [`extend_edges`](Self::extend_edges) writes beside and above and below these columns.
    pub(crate) fn extend_edges_of(&mut self, columns: Range<usize>) {
        self.extend(columns, PAD, usize::MAX);
    }

    /// [`extend_edges`](Self::extend_edges) for those who read no more than `before` samples left of and above the
    /// picture and `after` right of and below it.
    pub(crate) fn extend_edges_by(&mut self, before: usize, after: usize) {
        self.extend(0..self.width, before, after);
    }

    /// Extends the edges of these columns by so many samples.
    fn extend(&mut self, columns: Range<usize>, before: usize, after: usize) {
        let (stride, width) = (self.stride, self.width);
        // Rows of `data` inside the picture.
        let first = (-self.top).max(0) as usize;
        let rows = self.data.len() / stride;
        let end = rows.min((self.height as isize - self.top) as usize);
        let (is_first, is_last) = (columns.start == 0, columns.end == width);
        let left = if is_first { PAD - before } else { PAD + columns.start };
        let right = match is_last {
            true => (PAD + width).saturating_add(after).min(stride),
            false => PAD + columns.end,
        };
        for row in self.data.chunks_exact_mut(stride).take(end).skip(first) {
            let (first, last) = (row[PAD], row[PAD + width - 1]);
            if is_first {
                row[left..PAD].fill(first);
            }
            if is_last {
                row[PAD + width..right].fill(last);
            }
        }
        for y in first.saturating_sub(before)..first {
            self.data.copy_within(first * stride + left..first * stride + right, y * stride + left);
        }
        for y in end..rows.min(end.saturating_add(after)) {
            let row = (end - 1) * stride;
            self.data.copy_within(row + left..row + right, y * stride + left);
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
        let mut banded = plane.clone();
        let mut pieces = plane.clone();
        pieces.bands(8, 8).for_each(|mut band| {
            band.extend_edges_of(8..17);
            band.extend_edges_of(0..8);
        });
        let mut within = plane.clone();
        within.extend_edges_by(3, 5);
        let whole = banded.bands(8, 8).map(|mut band| band.extend_edges()).count();
        assert_eq!(whole, 3);
        plane.extend_edges();
        assert!(banded.data == plane.data && pieces.data == plane.data);
        for y in -3..24 {
            assert_eq!(within.row(-3, y, 25), plane.row(-3, y, 25), "row {y}");
        }
        let sample = |x: isize, y: isize| plane.row(x, y, 1)[0];
        for y in -(PAD as isize)..(32 + PAD as isize) {
            for x in -(PAD as isize)..(32 + PAD as isize) {
                assert_eq!(sample(x, y), sample(x.clamp(0, 16), y.clamp(0, 18)), "at {x}, {y}");
            }
        }
    }
}
