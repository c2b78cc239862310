//! Strengths of the deblocking filter and of CDEF, guessed from the quantizer index.

use crate::av1::obu::frame::{CdefParams, CdefStrength, LoopFilterParams};
use crate::av1::tile::quantizers::ac_step;

/// A deblocking level: `slope` × luma's AC step + `offset`.
struct Line {
    slope: f32,
    offset: f32,
}

const DEBLOCK_INTER: Line = Line { slope: 0.046, offset: 2.5 };
const DEBLOCK_KEY: Line = Line { slope: 0.067, offset: -1.6 };
/// Primary strength of luma in inter frames; the AC step is 8 times a sample's.
const CDEF_PRIMARY: Line = Line { slope: 1.0 / 40.0, offset: -0.5 };
/// Secondary strength of luma in inter frames.
const CDEF_SECONDARY: Line = Line { slope: 1.0 / 200.0, offset: 0.0 };
/// What key frames and chroma get of the strengths of luma in inter frames.
const CDEF_KEY_SHARE: f32 = 0.6;
const CDEF_CHROMA_SHARE: f32 = 0.6;
/// Primary strengths are 0 to 15, secondary ones 0, 1, 2 and 4, of which the last blurs too much.
const MOST_PRIMARY: f32 = 15.0;
const MOST_SECONDARY: f32 = 2.0;
const MOST_LEVEL: f32 = 63.0;

impl Line {
    fn at(&self, qindex: u8, most: f32) -> f32 {
        (self.slope * f32::from(ac_step(qindex)) + self.offset).clamp(0.0, most)
    }
}

/// Deblocking of a frame of `qindex`, which is not lossless.
pub(crate) fn deblock(qindex: u8, key_frame: bool) -> LoopFilterParams {
    let line = if key_frame { DEBLOCK_KEY } else { DEBLOCK_INTER };
    let level = line.at(qindex, MOST_LEVEL).round() as u8;
    LoopFilterParams { level: [level; 4], ..LoopFilterParams::default() }
}

/// CDEF of a frame of `qindex`, which is not lossless: one set of strengths for all of it.
pub(crate) fn cdef(qindex: u8, key_frame: bool) -> CdefParams {
    let share = if key_frame { CDEF_KEY_SHARE } else { 1.0 };
    let strength = |share: f32| CdefStrength {
        pri_strength: (share * CDEF_PRIMARY.at(qindex, MOST_PRIMARY)).round() as u8,
        sec_strength: (share * CDEF_SECONDARY.at(qindex, MOST_SECONDARY)).round() as u8,
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
