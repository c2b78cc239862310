//! Pictures derived for motion search: luma at a quarter of the size, and luma half a sample to the
//! right, below, and both.

use std::ops::Range;

use crate::av1::geometry::{Rect, view};
use crate::frame::padded::{PaddedPlane, PaddedRows};
use crate::kernels::convolve::{Source, put_halves};
use crate::kernels::isa::Isa;
use crate::kernels::sad::{sad, sad_4, sad_average};
use crate::kernels::scale::quarter_row;
use crate::kernels::view::Samples;

/// Writes the means of 4×4 samples of `luma` to `out`, of which no more than `reach` samples are read outside the picture.
pub(crate) fn quarter(isa: Isa, luma: &PaddedPlane, out: &mut PaddedPlane, reach: usize) {
    let width = out.width;
    for y in 0..out.height {
        let rows = [0, 1, 2, 3].map(|i| luma.row(0, (4 * y + i) as isize, 4 * width));
        quarter_row(isa, out.row_mut(0, y as isize, width), rows);
    }
    out.extend_edges_by(reach, reach);
}

/// Samples on every side that interpolation changes beyond the picture's edge.
const MARGIN: usize = 8;
/// Side of the pieces that are interpolated at once.
const PIECE: usize = 64;

/// Luma of a reference at half samples, in pieces that are interpolated when they are wanted.
#[derive(Clone, Debug)]
pub(crate) struct HalfPlanes {
    /// Half a sample to the right; below; both. The picture begins [`MARGIN`] samples inside.
    planes: [PaddedPlane; 3],
    /// Which pieces are there, row by row.
    filled: Vec<bool>,
    /// Pieces in a row.
    cols: usize,
}

impl HalfPlanes {
    /// Room for pictures of `width` × `height` samples.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width + 2 * MARGIN, height + 2 * MARGIN);
        let plane = || PaddedPlane::new(width, height);
        let (cols, rows) = (width.div_ceil(PIECE), height.div_ceil(PIECE));
        Self { planes: [plane(), plane(), plane()], filled: vec![false; cols * rows], cols }
    }

    /// Forgets everything: another reference follows.
    pub(crate) fn clear(&mut self) {
        self.filled.fill(false);
    }

    /// Its rows of pieces, to be filled.
    pub(crate) fn rows(&mut self) -> impl Iterator<Item = HalfRow<'_>> + Send {
        let [mut right, mut below, mut both] =
            self.planes.each_mut().map(|plane| plane.bands(PIECE, PIECE));
        let filled = self.filled.chunks_mut(self.cols).enumerate();
        filled.map_while(move |(row, filled)| {
            let planes = [right.next()?, below.next()?, both.next()?];
            Some(HalfRow { top: row * PIECE, planes, filled })
        })
    }
}

/// A row of pieces of half planes.
pub(crate) struct HalfRow<'a> {
    /// Its first row of samples.
    top: usize,
    planes: [PaddedRows<'a>; 3],
    filled: &'a mut [bool],
}

impl HalfRow<'_> {
    /// Interpolates the pieces of `luma`, edges extended, that are `wanted` and not there yet. The
    /// area of a piece is left, top, right and bottom in samples of the picture, cut at its edges.
    pub(crate) fn fill(
        &mut self,
        isa: Isa,
        luma: &PaddedPlane,
        wanted: impl Fn([usize; 4]) -> bool,
    ) {
        let (width, height, top) = (self.planes[0].width, self.planes[0].height, self.top);
        let at_edge = top == 0 || top + PIECE >= height;
        // Columns filled one after the other, whose edges are to be extended.
        let mut columns = 0..0;
        for (col, filled) in self.filled.iter_mut().enumerate() {
            let left = col * PIECE;
            let inside = |at: usize, size: usize| at.saturating_sub(MARGIN).min(size - 1);
            let area = [
                inside(left, luma.width),
                inside(top, luma.height),
                inside(left + PIECE, luma.width),
                inside(top + PIECE, luma.height),
            ];
            if *filled || !wanted(area) {
                continue;
            }
            *filled = true;
            let margin = MARGIN as isize;
            let offset = luma.index(left as isize - margin, top as isize - margin);
            let source = Source { data: &luma.data, offset, stride: luma.stride };
            let dst =
                self.planes.each_mut().map(|plane| plane.view_mut(left as isize, top as isize));
            put_halves(isa, dst, source, (PIECE, PIECE.min(height - top)));
            if at_edge || left == 0 || left + PIECE >= width {
                if columns.end != left {
                    extend(&mut self.planes, columns);
                    columns = left..left;
                }
                columns.end = (left + PIECE).min(width);
            }
        }
        extend(&mut self.planes, columns);
    }
}

/// Extends the edges of these columns, if any.
fn extend(planes: &mut [PaddedRows<'_>; 3], columns: Range<usize>) {
    if !columns.is_empty() {
        planes.iter_mut().for_each(|plane| plane.extend_edges_of(columns.clone()));
    }
}

/// A reference's luma with its half planes.
#[derive(Clone, Copy)]
pub(crate) struct SubpelPlanes<'a> {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// Whole samples.
    pub(crate) full: &'a PaddedPlane,
    /// Half samples.
    pub(crate) half: &'a HalfPlanes,
}

impl SubpelPlanes<'_> {
    /// The samples from a position in half samples on.
    fn at(&self, x: isize, y: isize) -> Samples<'_> {
        let kind = ((y & 1) * 2 + (x & 1)) as usize;
        let margin = MARGIN as isize;
        match kind {
            0 => self.full.view(x >> 1, y >> 1),
            kind => self.half.planes[kind - 1].view((x >> 1) + margin, (y >> 1) + margin),
        }
    }

    /// Where the area that a vector points to lies: samples, and for quarters those that they are the mean with.
    fn locate(&self, rect: Rect, (row, col): (i32, i32)) -> (Samples<'_>, Option<Samples<'_>>) {
        let start = |start: usize, delta: i32, size: usize, last: usize| {
            let at = 4 * start as isize + delta as isize;
            let whole = (at >> 2).clamp(-(size as isize + 3), last as isize + 2);
            (2 * whole, at & 3)
        };
        let (px, fx) = start(rect.x, col, rect.w, self.full.width);
        let (py, fy) = start(rect.y, row, rect.h, self.full.height);
        let first = self.at(px + (fx >> 1), py + (fy >> 1));
        let quarter = (fx | fy) & 1 != 0;
        (first, quarter.then(|| self.at(px + ((fx + 1) >> 1), py + ((fy + 1) >> 1))))
    }

    /// The sum of absolute differences of an area of `source` against the area that a vector (row, column), in quarter
    /// samples, points to. Quarters are means of the nearest halves.
    pub(crate) fn sad(&self, source: &PaddedPlane, rect: Rect, vector: (i32, i32)) -> u32 {
        let src = view(source, rect);
        match self.locate(rect, vector) {
            (pred, None) => sad(self.isa, src, pred, (rect.w, rect.h)),
            (first, Some(second)) => sad_average(self.isa, src, [first, second], (rect.w, rect.h)),
        }
    }

    /// [`sad`](Self::sad) of four vectors.
    pub(crate) fn sad_4(
        &self,
        source: &PaddedPlane,
        rect: Rect,
        vectors: [(i32, i32); 4],
    ) -> [u32; 4] {
        let (src, size) = (view(source, rect), (rect.w, rect.h));
        let located = vectors.map(|vector| self.locate(rect, vector));
        if located.iter().all(|(_, second)| second.is_none()) {
            return sad_4(self.isa, src, located.map(|(pred, _)| pred), size);
        }
        located.map(|(pred, second)| match second {
            None => sad(self.isa, src, pred, size),
            Some(second) => sad_average(self.isa, src, [pred, second], size),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::random::Random;
    use crate::kernels::view::SamplesMut;

    fn noise(width: usize, height: usize, seed: u64) -> PaddedPlane {
        let mut random = Random::new(seed);
        let mut plane = PaddedPlane::new(width, height);
        for y in 0..height {
            for s in plane.row_mut(0, y as isize, width) {
                *s = random.below(256) as u8;
            }
        }
        plane.extend_edges();
        plane
    }

    /// Differences at whole and half positions are those of the standard's prediction, inside the
    /// picture and across its edges.
    #[test]
    fn halves_are_the_standards() {
        use crate::av1::tile::inter::{Region, predict_single};
        use crate::av1::types::{InterpFilter, Mv};
        let (source, reference) = (noise(70, 45, 1), noise(70, 45, 2));
        let isa = Isa::detect();
        let mut half = HalfPlanes::new(70, 45);
        half.rows().for_each(|mut row| row.fill(isa, &reference, |_| true));
        let planes = SubpelPlanes { isa, full: &reference, half: &half };
        let rect = Rect { x: 16, y: 8, w: 16, h: 16 };
        for row in (-200..200).step_by(14) {
            for col in (-300..300).step_by(22) {
                let mut buffer = [0; 256];
                let region = Region { plane: 0, x: 16, y: 8, w: 16, h: 16 };
                let mv = Mv::new(2 * row, 2 * col);
                let (filters, dst) =
                    ([InterpFilter::EightTap; 2], SamplesMut::new(&mut buffer, 16));
                predict_single(isa, dst, &reference, region, mv, filters);
                let predicted = Samples::new(&buffer, 16);
                let expected = sad(isa, source.view(16, 8), predicted, (16, 16));
                let found = planes.sad(&source, rect, (row.into(), col.into()));
                assert_eq!(found, expected, "at {row}, {col}");
                let (row, col) = (i32::from(row), i32::from(col));
                let vectors = [(row, col), (row, col + 2), (row + 4, col), (row - 1, col)];
                let singly = vectors.map(|vector| planes.sad(&source, rect, vector));
                assert_eq!(planes.sad_4(&source, rect, vectors), singly, "at {row}, {col}");
            }
        }
    }

    #[test]
    fn quarters_are_means() {
        let plane = noise(30, 18, 3);
        let mut small = PaddedPlane::new(8, 5);
        quarter(Isa::detect(), &plane, &mut small, 0);
        let sum: u32 = (4..8).flat_map(|y| plane.row(8, y, 4)).map(|&s| u32::from(s)).sum();
        assert_eq!(u32::from(small.row(2, 1, 1)[0]), (sum + 8) / 16);
    }
}
