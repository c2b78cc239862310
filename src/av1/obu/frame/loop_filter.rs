//! 5.9.11 loop_filter_params().

use super::TOTAL_REFS_PER_FRAME;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

/// The deltas that references keep for later frames (7.20 save_loop_filter_params).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopFilterDeltas {
    /// loop_filter_ref_deltas by reference frame, −64 to 63.
    pub ref_deltas: [i8; TOTAL_REFS_PER_FRAME],
    /// loop_filter_mode_deltas, −64 to 63.
    pub mode_deltas: [i8; 2],
}

impl Default for LoopFilterDeltas {
    /// 6.8.2 setup_past_independence().
    fn default() -> Self {
        Self { ref_deltas: [1, 0, 0, 0, -1, 0, -1, -1], mode_deltas: [0, 0] }
    }
}

/// 5.9.11 loop_filter_params().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopFilterParams {
    /// loop_filter_level, 0 to 63: vertical and horizontal luma edges, U, V. The last two are 0
    /// when they are not coded.
    pub level: [u8; 4],
    /// loop_filter_sharpness, 0 to 7.
    pub sharpness: u8,
    /// loop_filter_delta_enabled; set when it is not coded.
    pub delta_enabled: bool,
    /// loop_filter_delta_update: changes of the deltas are coded, even if there are none.
    pub delta_update: bool,
    /// The deltas in force.
    pub deltas: LoopFilterDeltas,
}

impl Default for LoopFilterParams {
    /// No filtering, and the deltas of setup_past_independence().
    fn default() -> Self {
        Self {
            level: [0; 4],
            sharpness: 0,
            delta_enabled: true,
            delta_update: false,
            deltas: LoopFilterDeltas::default(),
        }
    }
}

impl LoopFilterParams {
    /// 5.9.11 loop_filter_params() of a frame that is not lossless and has no intra block copy;
    /// `previous` are the deltas of the primary reference, or the default ones.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        mono_chrome: bool,
        previous: LoopFilterDeltas,
    ) -> Result<Self, BitstreamError> {
        let mut level = [r.byte(6)?, r.byte(6)?, 0, 0];
        if !mono_chrome && level != [0; 4] {
            level[2] = r.byte(6)?;
            level[3] = r.byte(6)?;
        }
        let sharpness = r.byte(3)?;
        let delta_enabled = r.flag()?;
        let delta_update = delta_enabled && r.flag()?;
        let mut deltas = previous;
        if delta_update {
            for delta in deltas.ref_deltas.iter_mut().chain(&mut deltas.mode_deltas) {
                if r.flag()? {
                    *delta = r.su(7)? as i8;
                }
            }
        }
        Ok(Self { level, sharpness, delta_enabled, delta_update, deltas })
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        mono_chrome: bool,
        previous: LoopFilterDeltas,
    ) -> Result<(), BitstreamError> {
        w.f("loop_filter_level[0]", 6, self.level[0].into())?;
        w.f("loop_filter_level[1]", 6, self.level[1].into())?;
        if !mono_chrome && self.level[..2] != [0; 2] {
            w.f("loop_filter_level[2]", 6, self.level[2].into())?;
            w.f("loop_filter_level[3]", 6, self.level[3].into())?;
        }
        w.f("loop_filter_sharpness", 3, self.sharpness.into())?;
        w.flag(self.delta_enabled);
        if !self.delta_enabled {
            return Ok(());
        }
        w.flag(self.delta_update);
        if self.delta_update {
            let pairs = [
                ("loop_filter_ref_deltas", &self.deltas.ref_deltas[..], &previous.ref_deltas[..]),
                ("loop_filter_mode_deltas", &self.deltas.mode_deltas, &previous.mode_deltas),
            ];
            for (element, deltas, previous) in pairs {
                for (delta, previous) in deltas.iter().zip(previous) {
                    w.flag(delta != previous);
                    if delta != previous {
                        w.su(element, 7, i32::from(*delta))?;
                    }
                }
            }
        }
        Ok(())
    }
}
