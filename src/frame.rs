//! Pictures at the library's edge: borrowed views of the caller's planes and an owned copy.

use crate::error::FrameError;

pub(crate) mod padded;

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
    /// An I420 picture of `width` × `height` luma samples; `timestamp` counts the ticks of
    /// [`EncoderConfig::timebase`](crate::EncoderConfig::timebase).
    ///
    /// # Errors
    /// A size out of range, a stride smaller than its row, or a plane too short.
    pub fn i420(
        width: u32,
        height: u32,
        [y, u, v]: [Plane<'a>; 3],
        timestamp: u64,
    ) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let (w, h) = (width as usize, height as usize);
        let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
        let planes =
            [Some(y.check(0, w, h)?), Some(u.check(1, cw, ch)?), Some(v.check(2, cw, ch)?)];
        Ok(Self { width, height, timestamp, format: PixelFormat::I420, planes })
    }

    /// An NV12 picture; as [`i420`](Self::i420), with U and V interleaved in the second plane.
    ///
    /// # Errors
    /// As [`i420`](Self::i420).
    pub fn nv12(
        width: u32,
        height: u32,
        [y, uv]: [Plane<'a>; 2],
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
        Frame::i420(self.width, self.height, planes, timestamp)
            .expect("an owned picture has checked dimensions")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of `0, 1, 2, …` (from `first` on, modulo 251) with 255 as padding.
    fn plane(width: usize, height: usize, stride: usize, first: usize) -> Vec<u8> {
        let mut data = vec![255; stride * (height - 1) + width];
        for (y, row) in data.chunks_mut(stride).enumerate() {
            for (x, sample) in row[..width].iter_mut().enumerate() {
                *sample = ((first + y * width + x) % 251) as u8;
            }
        }
        data
    }

    fn tight(width: usize, height: usize, first: usize) -> Vec<u8> {
        plane(width, height, width, first)
    }

    #[test]
    fn i420_of_every_stride_and_odd_size() {
        for (width, height) in [(1_usize, 1_usize), (2, 1), (16, 16), (17, 16), (16, 17), (33, 19)]
        {
            let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
            for padding in [0, 1, 7, 64] {
                let y = plane(width, height, width + padding, 0);
                let u = plane(chroma_width, chroma_height, chroma_width + 2 * padding, 1);
                let v = plane(chroma_width, chroma_height, chroma_width + padding, 2);
                let planes = [
                    Plane::new(&y, width + padding),
                    Plane::new(&u, chroma_width + 2 * padding),
                    Plane::new(&v, chroma_width + padding),
                ];
                let frame = Frame::i420(width as u32, height as u32, planes, 5).unwrap();
                assert_eq!((frame.width(), frame.height()), (width as u32, height as u32));
                assert_eq!((frame.timestamp(), frame.format()), (5, PixelFormat::I420));
                assert_eq!(frame.rows(0).count(), height);
                assert_eq!(frame.rows(3).count(), 0);
                let copy = PictureBuffer::copy_of(&frame);
                assert_eq!(copy.plane(0), tight(width, height, 0));
                assert_eq!(copy.plane(1), tight(chroma_width, chroma_height, 1));
                assert_eq!(copy.plane(2), tight(chroma_width, chroma_height, 2));
                assert_eq!(PictureBuffer::copy_of(&copy.as_frame(9)), copy);
            }
        }
    }

    #[test]
    fn nv12_is_the_same_picture() {
        for (width, height) in [(1_usize, 1_usize), (16, 16), (17, 23), (34, 17)] {
            let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
            let y = tight(width, height, 3);
            let u = tight(chroma_width, chroma_height, 50);
            let v = tight(chroma_width, chroma_height, 90);
            let stride = 2 * chroma_width + 5;
            let mut uv = vec![255; stride * chroma_height];
            for (at, (u, v)) in u.iter().zip(&v).enumerate() {
                let to = at / chroma_width * stride + at % chroma_width * 2;
                uv[to..to + 2].copy_from_slice(&[*u, *v]);
            }
            let planes = [Plane::new(&y, width), Plane::new(&uv, stride)];
            let frame = Frame::nv12(width as u32, height as u32, planes, 0).unwrap();
            assert_eq!(frame.format(), PixelFormat::Nv12);
            assert_eq!(frame.rows(2).count(), 0);
            let copy = PictureBuffer::copy_of(&frame);
            assert_eq!([copy.plane(0), copy.plane(1), copy.plane(2)], [&y[..], &u, &v]);
        }
    }

    #[test]
    fn sizes_at_the_limits() {
        let make = |width, height| {
            let (luma, chroma) = (vec![0; 8192 * 4320], vec![0; 4096 * 2160]);
            let planes = [Plane::new(&luma, 8192), Plane::new(&chroma, 4096)];
            let planes = [planes[0], planes[1], planes[1]];
            Frame::i420(width, height, planes, 0).map(|frame| (frame.width(), frame.height()))
        };
        assert_eq!(make(1, 1), Ok((1, 1)));
        assert_eq!(make(8192, 4320), Ok((8192, 4320)));
        for (width, height) in
            [(0, 0), (0, 16), (16, 0), (8193, 16), (16, 4321), (u32::MAX, u32::MAX)]
        {
            assert_eq!(make(width, height), Err(FrameError::Size { width, height }));
            assert_eq!(PictureBuffer::new(width, height), Err(FrameError::Size { width, height }));
        }
        for (width, height, encoded) in [
            (16, 16, true),
            (15, 16, false),
            (16, 15, false),
            (8192, 4320, true),
            (8193, 16, false),
        ] {
            assert_eq!(is_encoded(width, height), encoded, "{width}x{height}");
        }
    }

    #[test]
    fn planes_too_short() {
        // The last row needs no padding, but all of its samples.
        let needed = [20 * 16 + 17, 10 * 8 + 9, 10 * 8 + 9];
        for index in 0..3 {
            let mut data = needed.map(|len| vec![0; len]);
            let make = |data: &[Vec<u8>; 3]| {
                let [y, u, v] = data;
                let planes = [Plane::new(y, 20), Plane::new(u, 10), Plane::new(v, 10)];
                Frame::i420(17, 17, planes, 0).map(|_| ())
            };
            assert_eq!(make(&data), Ok(()));
            data[index].pop();
            let len = needed[index] - 1;
            let error = FrameError::PlaneLength { plane: index, len, needed: needed[index] };
            assert_eq!(make(&data), Err(error));
        }
        let uv = vec![0; 18 * 9 - 1];
        let planes = [Plane::new(&[0; 289], 17), Plane::new(&uv, 18)];
        let error = FrameError::PlaneLength { plane: 1, len: 161, needed: 162 };
        assert_eq!(Frame::nv12(17, 17, planes, 0).unwrap_err(), error);
    }

    #[test]
    fn strides_out_of_range() {
        let data = vec![0; 4096];
        let chroma = Plane::new(&data, 9);
        let luma = |stride| Frame::i420(18, 18, [Plane::new(&data, stride), chroma, chroma], 0);
        assert!(luma(18).is_ok());
        for stride in [0, 17] {
            let error = FrameError::Stride { plane: 0, stride, width: 18 };
            assert_eq!(luma(stride).unwrap_err(), error);
        }
        for stride in [usize::MAX, usize::MAX / 17 + 1] {
            let error = FrameError::StrideOverflow { plane: 0, stride };
            assert_eq!(luma(stride).unwrap_err(), error);
        }
        // The product fits, its sum with the last row does not.
        let error = FrameError::StrideOverflow { plane: 0, stride: usize::MAX / 17 };
        assert_eq!(luma(usize::MAX / 17).unwrap_err(), error);
        let narrow = Frame::nv12(17, 18, [Plane::new(&data, 17), Plane::new(&data, 17)], 0);
        let error = FrameError::Stride { plane: 1, stride: 17, width: 18 };
        assert_eq!(narrow.unwrap_err(), error);
    }

    #[test]
    fn new_buffer_is_black() {
        let buffer = PictureBuffer::new(17, 16).unwrap();
        assert_eq!([0, 1, 2].map(|plane| buffer.plane(plane).len()), [272, 72, 72]);
        assert!(buffer.plane(0).iter().all(|&sample| sample == 16));
        assert!(buffer.plane(2).iter().all(|&sample| sample == 128));
    }
}
