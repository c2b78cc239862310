//! Strengths of the deblocking filter and of CDEF, guessed from the quantizer index.

use super::tuning::{
    CDEF_CHROMA_SHARE, CDEF_KEY_SHARE, CDEF_MAX_SECONDARY, CDEF_PRIMARY, CDEF_SECONDARY,
    DEBLOCK_INTER, DEBLOCK_KEY, Line,
};
use crate::av1::obu::frame::{CdefParams, CdefStrength, LoopFilterParams};
use crate::av1::tile::quantizers::ac_step;

/// Greatest primary strength of CDEF (6.10.14).
const MAX_PRIMARY: f32 = 15.0;
/// Greatest deblocking level (5.9.11).
const MAX_LEVEL: f32 = 63.0;

impl Line {
    /// The strength at `qindex`, 0 to `most`.
    fn at(&self, qindex: u8, most: f32) -> f32 {
        (self.slope * f32::from(ac_step(qindex)) + self.offset).clamp(0.0, most)
    }
}

/// Deblocking of a frame of `qindex`, which is not lossless.
pub(crate) fn deblock(qindex: u8, key_frame: bool) -> LoopFilterParams {
    let line = if key_frame { DEBLOCK_KEY } else { DEBLOCK_INTER };
    let level = line.at(qindex, MAX_LEVEL).round() as u8;
    LoopFilterParams { level: [level; 4], ..LoopFilterParams::default() }
}

/// CDEF of a frame of `qindex`, which is not lossless: one set of strengths for all of it.
pub(crate) fn cdef(qindex: u8, key_frame: bool) -> CdefParams {
    let share = if key_frame { CDEF_KEY_SHARE } else { 1.0 };
    let strength = |share: f32| CdefStrength {
        pri_strength: (share * CDEF_PRIMARY.at(qindex, MAX_PRIMARY)).round() as u8,
        sec_strength: (share * CDEF_SECONDARY.at(qindex, CDEF_MAX_SECONDARY)).round() as u8,
    };
    let mut params = CdefParams { damping: 3 + qindex / 64, ..CdefParams::default() };
    params.y[0] = strength(share);
    params.uv[0] = strength(share * CDEF_CHROMA_SHARE);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_rise_with_the_step_and_stay_in_range() {
        for key_frame in [false, true] {
            let mut before = (0, 0, 0);
            for qindex in 1..=255 {
                let (filter, cdef) = (deblock(qindex, key_frame), cdef(qindex, key_frame));
                let now = (filter.level[0], cdef.y[0].pri_strength, cdef.y[0].sec_strength);
                assert!(now.0 >= before.0 && now.1 >= before.1 && now.2 >= before.2, "{qindex}");
                assert!(now.0 <= 63 && now.1 <= 15 && now.2 <= 2, "{qindex}");
                assert!((3..=6).contains(&cdef.damping));
                before = now;
            }
            assert!(before.0 > 60 && before.1 >= 9 && before.2 >= 1);
            assert_eq!(cdef(1, key_frame).y[0], CdefStrength::default());
        }
        assert_eq!(deblock(1, true).level, [0; 4]);
    }
}
