//! 5.9.19 cdef_params().

use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

/// One pair of strengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CdefStrength {
    /// The primary strength, 0 to 15.
    pub pri_strength: u8,
    /// The secondary strength: 0, 1, 2 or 4.
    pub sec_strength: u8,
}

/// 5.9.19 cdef_params().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CdefParams {
    /// CdefDamping, 3 to 6.
    pub damping: u8,
    /// cdef_bits, 0 to 3: `1 << cdef_bits` of the strengths are in use, the others are 0.
    pub cdef_bits: u8,
    /// cdef_y_pri_strength and cdef_y_sec_strength.
    pub y: [CdefStrength; 8],
    /// cdef_uv_pri_strength and cdef_uv_sec_strength; 0 without chroma.
    pub uv: [CdefStrength; 8],
}

impl Default for CdefParams {
    /// No filtering.
    fn default() -> Self {
        Self { damping: 3, cdef_bits: 0, y: Default::default(), uv: Default::default() }
    }
}

impl CdefParams {
    /// 5.9.19 cdef_params() of a frame that is not lossless, has no intra block copy and is in a
    /// sequence with enable_cdef.
    pub(super) fn parse(r: &mut BitReader<'_>, mono_chrome: bool) -> Result<Self, BitstreamError> {
        let mut params = Self { damping: r.byte(2)? + 3, cdef_bits: r.byte(2)?, ..Self::default() };
        for i in 0..1 << params.cdef_bits {
            params.y[i] = CdefStrength::parse(r)?;
            if !mono_chrome {
                params.uv[i] = CdefStrength::parse(r)?;
            }
        }
        Ok(params)
    }

    pub(super) fn write(&self, w: &mut BitWriter, mono_chrome: bool) -> Result<(), BitstreamError> {
        w.f("cdef_damping_minus_3", 2, self.damping.wrapping_sub(3).into())?;
        w.f("cdef_bits", 2, self.cdef_bits.into())?;
        for i in 0..1 << self.cdef_bits {
            self.y[i].write(w)?;
            if !mono_chrome {
                self.uv[i].write(w)?;
            }
        }
        Ok(())
    }
}

impl CdefStrength {
    /// 5.9.19: the secondary strength 3 stands for 4.
    fn parse(r: &mut BitReader<'_>) -> Result<Self, BitstreamError> {
        let pri_strength = r.byte(4)?;
        let sec_strength = r.byte(2)?;
        Ok(Self { pri_strength, sec_strength: sec_strength + u8::from(sec_strength == 3) })
    }

    fn write(self, w: &mut BitWriter) -> Result<(), BitstreamError> {
        w.f("cdef_pri_strength", 4, self.pri_strength.into())?;
        match self.sec_strength {
            0..=2 => w.f("cdef_sec_strength", 2, self.sec_strength.into()),
            4 => w.f("cdef_sec_strength", 2, 3),
            other => Err(BitstreamError::value("cdef_sec_strength", other)),
        }
    }
}
