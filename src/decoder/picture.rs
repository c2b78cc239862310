//! A decoded picture, borrowed from the back end without a copy.

use std::fmt;

use super::backend;
use crate::av1::obu::ColorConfig;
use crate::config::ColorDescription;
use crate::frame::{ChromaLayout, Frame, FrameError, PictureBuffer, Plane};

/// Where a chroma sample of 4:2:0 lies (AV1 specification, 6.4.2 chroma_sample_position).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChromaSamplePosition {
    /// CSP_UNKNOWN: the stream does not tell, or chroma is not 4:2:0.
    #[default]
    Unknown,
    /// CSP_VERTICAL: beside the left luma sample of its four, in the middle between two rows.
    Vertical,
    /// CSP_COLOCATED: at the top left luma sample of its four.
    Colocated,
}

impl ChromaSamplePosition {
    fn of(config: &ColorConfig) -> Self {
        match config.chroma_sample_position {
            1 => Self::Vertical,
            2 => Self::Colocated,
            _ => Self::Unknown,
        }
    }
}

/// A decoded picture; its memory goes back to the decoder's pool when it is dropped.
pub struct Picture {
    planes: [backend::Plane; 3],
    width: u32,
    height: u32,
    bit_depth: u8,
    layout: ChromaLayout,
    color: ColorDescription,
    chroma_sample_position: ChromaSamplePosition,
    timestamp: u64,
}

impl Picture {
    /// `config` is that of the sequence header in force.
    pub(super) fn new(picture: backend::Picture, config: ColorConfig, timestamp: u64) -> Self {
        use backend::PlanarImageComponent::{U, V, Y};
        let codes = config.codes();
        Self {
            planes: [Y, U, V].map(|component| picture.plane(component)),
            width: picture.width(),
            height: picture.height(),
            bit_depth: picture.bit_depth() as u8,
            layout: match picture.pixel_layout() {
                backend::PixelLayout::I400 => ChromaLayout::Monochrome,
                backend::PixelLayout::I420 => ChromaLayout::Yuv420,
                backend::PixelLayout::I422 => ChromaLayout::Yuv422,
                backend::PixelLayout::I444 => ChromaLayout::Yuv444,
            },
            color: ColorDescription {
                primaries: codes.color_primaries,
                transfer: codes.transfer_characteristics,
                matrix: codes.matrix_coefficients,
                full_range: picture.color_range() == backend::pixel::YUVRange::Full,
            },
            chroma_sample_position: ChromaSamplePosition::of(&config),
            timestamp,
        }
    }

    /// Width in luma samples.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in luma samples.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bits of a sample: 8, 10 or 12. Above 8 a sample takes two bytes.
    pub fn bit_depth(&self) -> u8 {
        self.bit_depth
    }

    /// Which chroma planes there are.
    pub fn layout(&self) -> ChromaLayout {
        self.layout
    }

    /// Whether samples use all of their range, 0 to 255 in 8 bits, rather than 16 to 235.
    pub fn full_range(&self) -> bool {
        self.color.full_range
    }

    /// What the samples mean, as the sequence header tells (AV1 specification, 6.4.2): primaries,
    /// transfer characteristics and matrix as code points of ITU-T H.273, all 2 (unspecified) where
    /// it does not, and the range. An encoder takes it as [`EncoderConfig::color`].
    ///
    /// [`EncoderConfig::color`]: crate::EncoderConfig::color
    pub fn color(&self) -> ColorDescription {
        self.color
    }

    /// Where the chroma samples lie.
    pub fn chroma_sample_position(&self) -> ChromaSamplePosition {
        self.chroma_sample_position
    }

    /// The timestamp that came with the temporal unit.
    pub fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// Width and height of plane `plane` (0 Y, 1 U, 2 V) in samples; zero for one that the
    /// picture lacks.
    pub fn plane_size(&self, plane: usize) -> (usize, usize) {
        let (width, height) = (self.width as usize, self.height as usize);
        match (plane, self.layout) {
            (0, _) | (1 | 2, ChromaLayout::Yuv444) => (width, height),
            (1 | 2, ChromaLayout::Yuv420) => (width.div_ceil(2), height.div_ceil(2)),
            (1 | 2, ChromaLayout::Yuv422) => (width.div_ceil(2), height),
            _ => (0, 0),
        }
    }

    /// Plane `plane` (0 Y, 1 U, 2 V) as it lies in memory; empty for one that the picture lacks.
    pub fn plane(&self, plane: usize) -> Plane<'_> {
        let (_, height) = self.plane_size(plane);
        match self.planes.get(plane) {
            Some(data) if height > 0 => Plane::new(data, data.len() / height),
            _ => Plane::new(&[], 0),
        }
    }

    /// The rows of plane `plane`, top to bottom, without padding.
    pub fn rows(&self, plane: usize) -> impl Iterator<Item = &[u8]> {
        let (width, height) = self.plane_size(plane);
        let Plane { data, stride } = self.plane(plane);
        let row_bytes = if self.bit_depth > 8 { 2 * width } else { width };
        (0..height).map(move |row| &data[row * stride..][..row_bytes])
    }

    /// The samples of plane `plane`, row by row, whatever their depth.
    pub fn samples(&self, plane: usize) -> impl Iterator<Item = u16> {
        let step = if self.bit_depth > 8 { 2 } else { 1 };
        self.rows(plane).flat_map(move |row| {
            row.chunks_exact(step).map(|sample| match *sample {
                [low, high] => u16::from_ne_bytes([low, high]),
                _ => u16::from(sample[0]),
            })
        })
    }

    /// A view for an encoder, without a copy.
    ///
    /// # Errors
    /// A picture that is not 8-bit 4:2:0, or whose size no encoder takes.
    pub fn as_frame(&self) -> Result<Frame<'_>, FrameError> {
        self.check_depth()?;
        if self.layout != ChromaLayout::Yuv420 {
            return Err(FrameError::Layout(self.layout));
        }
        let planes = [0, 1, 2].map(|plane| self.plane(plane));
        Frame::i420_planes(planes, self.width, self.height, self.timestamp)
    }

    /// A copy as I420; a monochrome picture gets chroma of 128.
    ///
    /// # Errors
    /// As [`as_frame`](Self::as_frame), but for monochrome.
    pub fn to_buffer(&self) -> Result<PictureBuffer, FrameError> {
        self.check_depth()?;
        if self.layout != ChromaLayout::Monochrome {
            return self.as_frame().map(|frame| PictureBuffer::copy_of(&frame));
        }
        let mut buffer = PictureBuffer::new(self.width, self.height)?;
        let width = buffer.plane_width(0);
        for (to, from) in buffer.plane_mut(0).chunks_exact_mut(width).zip(self.rows(0)) {
            to.copy_from_slice(from);
        }
        Ok(buffer)
    }

    fn check_depth(&self) -> Result<(), FrameError> {
        if self.bit_depth == 8 { Ok(()) } else { Err(FrameError::BitDepth(self.bit_depth)) }
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("bit_depth", &self.bit_depth)
            .field("layout", &self.layout)
            .field("color", &self.color)
            .field("chroma_sample_position", &self.chroma_sample_position)
            .field("timestamp", &self.timestamp)
            .finish_non_exhaustive()
    }
}
