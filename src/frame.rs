//! Pictures at the library's edge: borrowed views of the caller's planes and an owned copy.

mod error;

pub(crate) mod padded;
#[cfg(test)]
mod tests;

pub use error::FrameError;

/// The least width and height of a picture that is encoded, in luma samples.
pub const MIN_SIZE: u32 = 16;
/// The greatest width of a picture, in luma samples.
pub const MAX_WIDTH: u32 = 8192;
/// The greatest height of a picture, in luma samples.
pub const MAX_HEIGHT: u32 = 4320;

/// Checks the size of a picture, which may be smaller than what is encoded.
pub(crate) fn check_size(width: u32, height: u32) -> Result<(), FrameError> {
    if (1..=MAX_WIDTH).contains(&width) && (1..=MAX_HEIGHT).contains(&height) {
        return Ok(());
    }
    Err(FrameError::Size { width, height })
}

/// Whether pictures of this size are encoded.
pub(crate) fn is_encoded(width: u32, height: u32) -> bool {
    width.min(height) >= MIN_SIZE && check_size(width, height).is_ok()
}

/// Layout of the samples of a [`Frame`]; both are 8-bit 4:2:0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Three planes: Y, U, V; the chroma planes are `(width + 1) / 2` × `(height + 1) / 2`.
    I420,
    /// Two planes: Y, and U and V interleaved sample by sample.
    Nv12,
}

/// Which chroma planes a decoded picture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChromaLayout {
    /// None.
    Monochrome,
    /// Half the width and half the height of luma, each rounded up.
    Yuv420,
    /// Half the width of luma, rounded up.
    Yuv422,
    /// As luma.
    Yuv444,
}

/// One borrowed plane: rows of samples, `stride` bytes apart.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples; the last row may end without its padding. A sample is a byte or, in decoded
    /// pictures of more than 8 bits, two bytes in the machine's order.
    pub data: &'a [u8],
    /// Bytes from the start of one row to the start of the next; at least the row's width in bytes.
    pub stride: usize,
}

impl<'a> Plane<'a> {
    /// A plane over `data` with rows `stride` bytes apart.
    pub fn new(data: &'a [u8], stride: usize) -> Self {
        Self { data, stride }
    }

    fn check(self, index: usize, row_bytes: usize, rows: usize) -> Result<Checked<'a>, FrameError> {
        if self.stride < row_bytes {
            return Err(FrameError::Stride { plane: index, stride: self.stride, width: row_bytes });
        }
        let needed = self
            .stride
            .checked_mul(rows - 1)
            .and_then(|n| n.checked_add(row_bytes))
            .ok_or(FrameError::StrideOverflow { plane: index, stride: self.stride })?;
        if self.data.len() < needed {
            return Err(FrameError::PlaneLength { plane: index, len: self.data.len(), needed });
        }
        Ok(Checked { plane: self, row_bytes, rows })
    }
}

#[derive(Clone, Copy, Debug)]
struct Checked<'a> {
    plane: Plane<'a>,
    row_bytes: usize,
    rows: usize,
}

/// A borrowed 8-bit 4:2:0 picture of up to [`MAX_WIDTH`] × [`MAX_HEIGHT`], odd sizes included, with
/// its timestamp. An encoder takes pictures of its own size, [`MIN_SIZE`]² at least.
///
/// The view is checked when it is made, so every row that [`rows`](Self::rows) yields exists.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    width: u32,
    height: u32,
    timestamp: u64,
    format: PixelFormat,
    planes: [Option<Checked<'a>>; 3],
}

impl<'a> Frame<'a> {
    /// An I420 picture of `width` × `height` luma samples in one piece: Y, U and V follow each other
    /// without padding. `timestamp` counts the ticks of
    /// [`EncoderConfig::timebase`](crate::EncoderConfig::timebase).
    ///
    /// # Errors
    /// A size out of range, or `data` that is not exactly
    /// `width · height + 2 · ⌈width / 2⌉ · ⌈height / 2⌉` bytes.
    pub fn i420(
        data: &'a [u8],
        width: u32,
        height: u32,
        timestamp: u64,
    ) -> Result<Self, FrameError> {
        let (y, chroma) = split_luma(data, width, height, PixelFormat::I420)?;
        let stride = (width as usize).div_ceil(2);
        let (u, v) = chroma.split_at(chroma.len() / 2);
        let planes = [Plane::new(y, width as usize), Plane::new(u, stride), Plane::new(v, stride)];
        Self::i420_planes(planes, width, height, timestamp)
    }

    /// An NV12 picture in one piece: as [`i420`](Self::i420), with U and V interleaved.
    ///
    /// # Errors
    /// As [`i420`](Self::i420).
    pub fn nv12(
        data: &'a [u8],
        width: u32,
        height: u32,
        timestamp: u64,
    ) -> Result<Self, FrameError> {
        let (y, uv) = split_luma(data, width, height, PixelFormat::Nv12)?;
        let stride = 2 * (width as usize).div_ceil(2);
        let planes = [Plane::new(y, width as usize), Plane::new(uv, stride)];
        Self::nv12_planes(planes, width, height, timestamp)
    }

    /// An I420 picture of `width` × `height` luma samples in planes of their own; `timestamp` counts
    /// the ticks of [`EncoderConfig::timebase`](crate::EncoderConfig::timebase).
    ///
    /// # Errors
    /// A size out of range, a stride smaller than its row, or a plane too short.
    pub fn i420_planes(
        [y, u, v]: [Plane<'a>; 3],
        width: u32,
        height: u32,
        timestamp: u64,
    ) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let (w, h) = (width as usize, height as usize);
        let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
        let planes =
            [Some(y.check(0, w, h)?), Some(u.check(1, cw, ch)?), Some(v.check(2, cw, ch)?)];
        Ok(Self { width, height, timestamp, format: PixelFormat::I420, planes })
    }

    /// An NV12 picture in two planes; as [`i420_planes`](Self::i420_planes), with U and V interleaved
    /// in the second.
    ///
    /// # Errors
    /// As [`i420_planes`](Self::i420_planes).
    pub fn nv12_planes(
        [y, uv]: [Plane<'a>; 2],
        width: u32,
        height: u32,
        timestamp: u64,
    ) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let (w, h) = (width as usize, height as usize);
        let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
        let planes = [Some(y.check(0, w, h)?), Some(uv.check(1, 2 * cw, ch)?), None];
        Ok(Self { width, height, timestamp, format: PixelFormat::Nv12, planes })
    }

    /// Width in luma samples.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in luma samples.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The caller's timestamp, in ticks of the encoder's time base.
    pub fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// The layout of the planes.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The rows of a stored plane (0 is luma; 1 is U, or U and V interleaved; 2 is V), top to
    /// bottom, each as wide as the picture needs. A plane that the format lacks has no rows.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let checked = self.planes.get(plane).copied().flatten();
        checked.into_iter().flat_map(|c| {
            (0..c.rows).map(move |r| &c.plane.data[r * c.plane.stride..][..c.row_bytes])
        })
    }

    /// Copies Y, U or V (0, 1, 2) to the rows of `to`, `stride` bytes apart.
    pub(crate) fn copy_i420_plane(&self, plane: usize, to: &mut [u8], stride: usize) {
        let rows = to.chunks_mut(stride);
        match (self.format, plane) {
            (PixelFormat::Nv12, 1 | 2) => {
                for (to, from) in rows.zip(self.rows(1)) {
                    for (to, pair) in to.iter_mut().zip(from.chunks_exact(2)) {
                        *to = pair[plane - 1];
                    }
                }
            }
            _ => {
                for (to, from) in rows.zip(self.rows(plane)) {
                    to[..from.len()].copy_from_slice(from);
                }
            }
        }
    }
}

/// The luma of a picture in one piece, and what follows it, whose length is checked.
fn split_luma(
    data: &[u8],
    width: u32,
    height: u32,
    format: PixelFormat,
) -> Result<(&[u8], &[u8]), FrameError> {
    check_size(width, height)?;
    let (w, h) = (width as usize, height as usize);
    let needed = w * h + 2 * w.div_ceil(2) * h.div_ceil(2);
    if data.len() != needed {
        return Err(FrameError::Length { format, width, height, len: data.len(), needed });
    }
    Ok(data.split_at(w * h))
}

/// An owned 8-bit I420 picture without padding between its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureBuffer {
    width: u32,
    height: u32,
    planes: [Vec<u8>; 3],
}

impl PictureBuffer {
    /// A black picture of `width` × `height` luma samples.
    ///
    /// # Errors
    /// A size out of range.
    pub fn new(width: u32, height: u32) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let luma = width as usize * height as usize;
        let chroma = (width as usize).div_ceil(2) * (height as usize).div_ceil(2);
        Ok(Self { width, height, planes: [vec![16; luma], vec![128; chroma], vec![128; chroma]] })
    }

    /// A copy of `frame`'s samples as I420.
    pub fn copy_of(frame: &Frame<'_>) -> Self {
        let mut buffer =
            Self::new(frame.width, frame.height).expect("a frame has checked dimensions");
        for plane in 0..3 {
            let stride = buffer.plane_width(plane);
            frame.copy_i420_plane(plane, &mut buffer.planes[plane], stride);
        }
        buffer
    }

    /// Width in luma samples.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in luma samples.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Width of plane `plane` (0 Y, 1 U, 2 V) in samples, which is also its stride.
    ///
    /// # Panics
    /// If `plane` is over 2.
    pub fn plane_width(&self, plane: usize) -> usize {
        assert!(plane < 3, "plane {plane} of a three-plane picture");
        if plane == 0 { self.width as usize } else { (self.width as usize).div_ceil(2) }
    }

    /// The samples of plane `plane` (0 Y, 1 U, 2 V), row after row.
    ///
    /// # Panics
    /// If `plane` is over 2.
    pub fn plane(&self, plane: usize) -> &[u8] {
        &self.planes[plane]
    }

    /// The samples of plane `plane`, to be written.
    ///
    /// # Panics
    /// If `plane` is over 2.
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        &mut self.planes[plane]
    }

    /// A view of the picture, for the encoder.
    pub fn as_frame(&self, timestamp: u64) -> Frame<'_> {
        let planes = [0, 1, 2].map(|p| Plane::new(&self.planes[p], self.plane_width(p)));
        Frame::i420_planes(planes, self.width, self.height, timestamp)
            .expect("an owned picture has checked dimensions")
    }
}
