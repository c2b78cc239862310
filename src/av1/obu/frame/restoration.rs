//! 5.9.20 lr_params(): loop restoration.

use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};
use crate::av1::obu::sequence::SequenceHeader;

/// RESTORATION_TILESIZE_MAX.
const RESTORATION_TILESIZE_MAX: u32 = 256;

/// FrameRestorationType; the discriminant is lr_type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestorationType {
    /// RESTORE_NONE.
    #[default]
    None = 0,
    /// RESTORE_SWITCHABLE: chosen for each unit.
    Switchable = 1,
    /// RESTORE_WIENER.
    Wiener = 2,
    /// RESTORE_SGRPROJ.
    SgrProj = 3,
}

/// 5.9.20 lr_params().
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LrParams {
    /// FrameRestorationType of each plane.
    pub frame_restoration_type: [RestorationType; 3],
    /// lr_unit_shift, 0 to 2, at least 1 with superblocks of 128; 0 when UsesLr is not set.
    pub lr_unit_shift: u8,
    /// lr_uv_shift.
    pub lr_uv_shift: bool,
}

impl LrParams {
    /// UsesLr.
    pub fn uses_lr(&self) -> bool {
        self.frame_restoration_type != [RestorationType::None; 3]
    }

    fn uses_chroma_lr(&self) -> bool {
        self.frame_restoration_type[1..] != [RestorationType::None; 2]
    }

    /// LoopRestorationSize of a plane, in samples of that plane: 32 to 256.
    pub fn loop_restoration_size(&self, plane: usize) -> u32 {
        let shift = 2u32.saturating_sub(self.lr_unit_shift.into());
        RESTORATION_TILESIZE_MAX >> shift >> u32::from(plane > 0 && self.lr_uv_shift)
    }

    /// 5.9.20 lr_params() of a frame that is not lossless, has no intra block copy and is in a
    /// sequence with enable_restoration.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        sequence: &SequenceHeader,
    ) -> Result<Self, BitstreamError> {
        let color = &sequence.color_config;
        let mut params = Self::default();
        for kind in &mut params.frame_restoration_type[..color.num_planes()] {
            *kind = match r.f(2)? {
                0 => RestorationType::None,
                1 => RestorationType::Switchable,
                2 => RestorationType::Wiener,
                _ => RestorationType::SgrProj,
            };
        }
        if params.uses_lr() {
            params.lr_unit_shift = r.byte(1)?;
            if sequence.use_128x128_superblock {
                params.lr_unit_shift += 1;
            } else if params.lr_unit_shift > 0 {
                params.lr_unit_shift += r.byte(1)?;
            }
            params.lr_uv_shift = color.subsampling_x
                && color.subsampling_y
                && params.uses_chroma_lr()
                && r.flag()?;
        }
        Ok(params)
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        sequence: &SequenceHeader,
    ) -> Result<(), BitstreamError> {
        let color = &sequence.color_config;
        for kind in &self.frame_restoration_type[..color.num_planes()] {
            w.f("lr_type", 2, *kind as u32)?;
        }
        if self.uses_lr() {
            if sequence.use_128x128_superblock {
                w.f("lr_unit_shift", 1, self.lr_unit_shift.wrapping_sub(1).into())?;
            } else {
                w.flag(self.lr_unit_shift > 0);
                if self.lr_unit_shift > 0 {
                    w.f("lr_unit_extra_shift", 1, u32::from(self.lr_unit_shift) - 1)?;
                }
            }
            if color.subsampling_x && color.subsampling_y && self.uses_chroma_lr() {
                w.flag(self.lr_uv_shift);
            }
        }
        Ok(())
    }
}
