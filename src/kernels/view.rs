//! Blocks inside planes: rows of values a stride apart.

/// A block of values that starts with the first of `data`.
///
/// Reads are checked: a row that does not lie in `data` panics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a, T> {
    /// The values from the block's first on.
    pub(crate) data: &'a [T],
    /// Distance between rows, in values.
    pub(crate) stride: usize,
}

/// A block of samples.
pub(crate) type Samples<'a> = View<'a, u8>;

impl<'a, T> View<'a, T> {
    /// The block that starts with the first of `data`.
    #[inline(always)]
    pub(crate) fn new(data: &'a [T], stride: usize) -> Self {
        Self { data, stride }
    }

    /// The block that starts `x` to the right and `y` below.
    #[inline(always)]
    pub(crate) fn from(self, x: usize, y: usize) -> Self {
        Self { data: &self.data[y * self.stride + x..], ..self }
    }

    /// `W` values of row `y`, from column `x` on.
    #[inline(always)]
    pub(crate) fn row<const W: usize>(self, x: usize, y: usize) -> &'a [T; W] {
        let start = y * self.stride + x;
        // The last start is the same for all rows, so that one comparison is left for each.
        let last = self.data.len().checked_sub(W).expect("a row inside its plane");
        assert!(start <= last, "a row inside its plane");
        self.data[start..].first_chunk().expect("W values")
    }
}

/// A block of values to write to, that starts with the first of `data`.
#[derive(Debug)]
pub(crate) struct ViewMut<'a, T> {
    /// The values from the block's first on.
    pub(crate) data: &'a mut [T],
    /// Distance between rows, in values.
    pub(crate) stride: usize,
}

/// A block of samples to write to.
pub(crate) type SamplesMut<'a> = ViewMut<'a, u8>;

impl<'a, T> ViewMut<'a, T> {
    /// The block that starts with the first of `data`.
    #[inline(always)]
    pub(crate) fn new(data: &'a mut [T], stride: usize) -> Self {
        Self { data, stride }
    }

    /// The rows from the first on, each from the block's first column to the next row's.
    #[inline(always)]
    pub(crate) fn rows(self) -> impl Iterator<Item = &'a mut [T]> {
        self.data.chunks_mut(self.stride)
    }

    /// The first `W` values of each of the first `h` rows.
    #[inline(always)]
    pub(crate) fn heads<const W: usize>(self, h: usize) -> impl Iterator<Item = &'a mut [T; W]> {
        self.rows().take(h).map(|row| row.first_chunk_mut().expect("a row inside its plane"))
    }

    /// `W` values of row `y`, from column `x` on.
    #[inline(always)]
    pub(crate) fn row<const W: usize>(&mut self, x: usize, y: usize) -> &mut [T; W] {
        let start = y * self.stride + x;
        // As above.
        let last = self.data.len().checked_sub(W).expect("a row inside its plane");
        assert!(start <= last, "a row inside its plane");
        self.data[start..].first_chunk_mut().expect("W values")
    }
}
