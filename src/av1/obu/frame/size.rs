//! 5.9.5 to 5.9.9: the size of a frame, coded, upscaled and meant for display.

use super::REFS_PER_FRAME;
use super::context::HeaderContext;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};
use crate::av1::obu::sequence::SequenceHeader;

/// SUPERRES_NUM: the denominator that means no upscaling.
pub const SUPERRES_NUM: u8 = 8;
/// SUPERRES_DENOM_MIN.
const SUPERRES_DENOM_MIN: u8 = 9;
/// SUPERRES_DENOM_BITS.
const SUPERRES_DENOM_BITS: u32 = 3;

/// What frame_size(), render_size() and superres_params() set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameSize {
    /// FrameWidth: the coded width in luma samples, before upscaling.
    pub frame_width: u32,
    /// FrameHeight in luma samples.
    pub frame_height: u32,
    /// UpscaledWidth: the width of the decoded picture in luma samples.
    pub upscaled_width: u32,
    /// SuperresDenom: 9 to 16 when use_superres is set, otherwise [`SUPERRES_NUM`].
    pub superres_denom: u8,
    /// RenderWidth.
    pub render_width: u32,
    /// RenderHeight.
    pub render_height: u32,
    /// render_and_frame_size_different: the render size is coded, even if it is the same.
    pub render_and_frame_size_different: bool,
    /// The index i for which found_ref was set: upscaled size and render size are those of
    /// reference `ref_frame_idx[i]`.
    pub found_ref: Option<u8>,
}

impl FrameSize {
    /// A size without upscaling that is rendered as it is.
    pub fn new(frame_width: u32, frame_height: u32) -> Self {
        Self {
            frame_width,
            frame_height,
            upscaled_width: frame_width,
            superres_denom: SUPERRES_NUM,
            render_width: frame_width,
            render_height: frame_height,
            render_and_frame_size_different: false,
            found_ref: None,
        }
    }

    /// The same picture, coded narrower by [`SUPERRES_NUM`] / `superres_denom` (5.9.8).
    pub fn with_superres(mut self, superres_denom: u8) -> Self {
        self.superres_denom = superres_denom.max(1);
        let denom = u64::from(self.superres_denom);
        let scaled = u64::from(self.upscaled_width) * u64::from(SUPERRES_NUM);
        self.frame_width = ((scaled + denom / 2) / denom).min(u64::from(u32::MAX)) as u32;
        self
    }

    /// use_superres.
    pub fn use_superres(&self) -> bool {
        self.superres_denom != SUPERRES_NUM
    }

    /// Whether FrameWidth differs from UpscaledWidth; very narrow frames stay as they are.
    pub fn is_narrowed(&self) -> bool {
        self.frame_width != self.upscaled_width
    }

    /// 5.9.9: MiCols, the width in units of 4 luma samples, even.
    pub fn mi_cols(&self) -> u32 {
        2 * (self.frame_width.saturating_add(7) >> 3)
    }

    /// 5.9.9: MiRows, the height in units of 4 luma samples, even.
    pub fn mi_rows(&self) -> u32 {
        2 * (self.frame_height.saturating_add(7) >> 3)
    }

    /// 5.9.5 frame_size(), 5.9.6 render_size().
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        sequence: &SequenceHeader,
        frame_size_override_flag: bool,
    ) -> Result<Self, BitstreamError> {
        let (max_width, max_height) = (sequence.max_frame_width, sequence.max_frame_height);
        let mut size = Self::new(max_width, max_height);
        if frame_size_override_flag {
            size = Self::new(
                r.f(u32::from(sequence.frame_width_bits_minus_1) + 1)? + 1,
                r.f(u32::from(sequence.frame_height_bits_minus_1) + 1)? + 1,
            );
            if size.frame_width > max_width {
                return Err(BitstreamError::value("frame_width_minus_1", size.frame_width - 1));
            }
            if size.frame_height > max_height {
                return Err(BitstreamError::value("frame_height_minus_1", size.frame_height - 1));
            }
        }
        size = size.parse_superres(r, sequence)?;
        size.render_and_frame_size_different = r.flag()?;
        if size.render_and_frame_size_different {
            size.render_width = r.f(16)? + 1;
            size.render_height = r.f(16)? + 1;
        }
        Ok(size)
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        sequence: &SequenceHeader,
        frame_size_override_flag: bool,
    ) -> Result<(), BitstreamError> {
        if frame_size_override_flag {
            let width_bits = u32::from(sequence.frame_width_bits_minus_1) + 1;
            let height_bits = u32::from(sequence.frame_height_bits_minus_1) + 1;
            w.f("frame_width_minus_1", width_bits, self.upscaled_width.wrapping_sub(1))?;
            w.f("frame_height_minus_1", height_bits, self.frame_height.wrapping_sub(1))?;
        }
        self.write_superres(w, sequence)?;
        w.flag(self.render_and_frame_size_different);
        if self.render_and_frame_size_different {
            w.f("render_width_minus_1", 16, self.render_width.wrapping_sub(1))?;
            w.f("render_height_minus_1", 16, self.render_height.wrapping_sub(1))?;
        }
        Ok(())
    }

    /// 5.9.7 frame_size_with_refs().
    pub(super) fn parse_with_refs(
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
        ref_frame_idx: &[u8; REFS_PER_FRAME],
    ) -> Result<Self, BitstreamError> {
        for (i, &slot) in ref_frame_idx.iter().enumerate() {
            if r.flag()? {
                let reference = context.frame(slot)?.size;
                let mut size = Self::new(reference.upscaled_width, reference.frame_height);
                size.render_width = reference.render_width;
                size.render_height = reference.render_height;
                size.found_ref = Some(i as u8);
                return size.parse_superres(r, context.sequence);
            }
        }
        Self::parse(r, context.sequence, true)
    }

    pub(super) fn write_with_refs(
        &self,
        w: &mut BitWriter,
        sequence: &SequenceHeader,
    ) -> Result<(), BitstreamError> {
        for i in 0..REFS_PER_FRAME as u8 {
            w.flag(self.found_ref == Some(i));
            if self.found_ref == Some(i) {
                return self.write_superres(w, sequence);
            }
        }
        self.write(w, sequence, true)
    }

    /// 5.9.8 superres_params().
    fn parse_superres(
        self,
        r: &mut BitReader<'_>,
        sequence: &SequenceHeader,
    ) -> Result<Self, BitstreamError> {
        if sequence.enable_superres && r.flag()? {
            Ok(self.with_superres(r.byte(SUPERRES_DENOM_BITS)? + SUPERRES_DENOM_MIN))
        } else {
            Ok(self)
        }
    }

    fn write_superres(
        &self,
        w: &mut BitWriter,
        sequence: &SequenceHeader,
    ) -> Result<(), BitstreamError> {
        if sequence.enable_superres {
            w.flag(self.use_superres());
            if self.use_superres() {
                let coded_denom = self.superres_denom.wrapping_sub(SUPERRES_DENOM_MIN);
                w.f("coded_denom", SUPERRES_DENOM_BITS, coded_denom.into())?;
            }
        }
        Ok(())
    }

    /// 6.8.6: whether a frame of this size may be predicted from each of its references.
    pub(super) fn check_scaling(
        &self,
        context: &HeaderContext<'_>,
        ref_frame_idx: &[u8; REFS_PER_FRAME],
    ) -> Result<(), BitstreamError> {
        for &slot in ref_frame_idx {
            let reference = context.frame(slot)?.size;
            let (width, height) = (reference.upscaled_width, reference.frame_height);
            let fits = |length: u32, reference: u32| {
                let (length, reference) = (u64::from(length), u64::from(reference));
                2 * length >= reference && length <= 16 * reference
            };
            if !fits(self.frame_width, width) || !fits(self.frame_height, height) {
                return Err(BitstreamError::ReferenceSize {
                    slot,
                    width,
                    height,
                    frame_width: self.frame_width,
                    frame_height: self.frame_height,
                });
            }
        }
        Ok(())
    }
}
