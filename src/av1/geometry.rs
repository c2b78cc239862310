//! Places and areas of a picture.

use crate::av1::types::BlockSize;
use crate::frame::padded::PaddedPlane;
use crate::kernels::view::Samples;

/// 4×4 units along the side of a superblock; all are of 64×64 samples.
pub(crate) const SB4: usize = 16;

/// A position in units of 4×4 luma samples (`MiRow` and `MiCol` of a block).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MiPos {
    /// Rows from the top.
    pub(crate) row: usize,
    /// Columns from the left.
    pub(crate) col: usize,
}

impl MiPos {
    /// The position at these rows and columns.
    pub(crate) fn new(row: usize, col: usize) -> Self {
        Self { row, col }
    }

    /// The position `rows` below and `cols` to the right.
    pub(crate) fn offset(self, rows: usize, cols: usize) -> Self {
        Self { row: self.row + rows, col: self.col + cols }
    }
}

/// A rectangle of samples of one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    /// Left edge.
    pub(crate) x: usize,
    /// Top edge.
    pub(crate) y: usize,
    /// Width.
    pub(crate) w: usize,
    /// Height.
    pub(crate) h: usize,
}

impl Rect {
    /// The samples of a block in a plane of a 4:2:0 picture: 0 is luma.
    pub(crate) fn of_block(plane: usize, pos: MiPos, size: BlockSize) -> Self {
        let shift = usize::from(plane > 0);
        Self {
            x: (pos.col * 4) >> shift,
            y: (pos.row * 4) >> shift,
            w: size.width() >> shift,
            h: size.height() >> shift,
        }
    }

    /// The part inside `plane`, rounded up to a multiple of `multiple` samples each way, as far as
    /// the rectangle goes.
    pub(crate) fn inside(self, plane: &PaddedPlane, multiple: usize) -> Self {
        Self {
            w: self.w.min((plane.width - self.x).next_multiple_of(multiple)),
            h: self.h.min((plane.height - self.y).next_multiple_of(multiple)),
            ..self
        }
    }
}

/// The samples of `plane` from the top left corner of `rect` on.
pub(crate) fn view(plane: &PaddedPlane, rect: Rect) -> Samples<'_> {
    plane.view(rect.x as isize, rect.y as isize)
}
