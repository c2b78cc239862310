//! 5.9.12, 5.9.13, 5.9.17, 5.9.18: quantizers and the steps in which blocks may change them.

use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};
use crate::av1::obu::color::ColorConfig;

/// Levels of the quantizer matrices, 0 to 15 each, when using_qmatrix is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantizerMatrixLevels {
    /// qm_y.
    pub qm_y: u8,
    /// qm_u.
    pub qm_u: u8,
    /// qm_v; the same as `qm_u` without separate_uv_delta_q.
    pub qm_v: u8,
}

/// 5.9.12 quantization_params().
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuantizationParams {
    /// base_q_idx, 0 to 255.
    pub base_q_idx: u8,
    /// DeltaQYDc, −64 to 63.
    pub delta_q_y_dc: i8,
    /// DeltaQUDc, −64 to 63.
    pub delta_q_u_dc: i8,
    /// DeltaQUAc, −64 to 63.
    pub delta_q_u_ac: i8,
    /// DeltaQVDc; the same as `delta_q_u_dc` without separate_uv_delta_q.
    pub delta_q_v_dc: i8,
    /// DeltaQVAc; the same as `delta_q_u_ac` without separate_uv_delta_q.
    pub delta_q_v_ac: i8,
    /// The levels of the quantizer matrices, if using_qmatrix is set.
    pub matrix_levels: Option<QuantizerMatrixLevels>,
}

impl QuantizationParams {
    /// What is added to the quantizer index for the DC and the AC coefficients of Y, U and V
    /// (7.12.2).
    pub(crate) fn plane_deltas(&self) -> [[i8; 2]; 3] {
        [
            [self.delta_q_y_dc, 0],
            [self.delta_q_u_dc, self.delta_q_u_ac],
            [self.delta_q_v_dc, self.delta_q_v_ac],
        ]
    }

    /// Whether DC and chroma use base_q_idx as it is.
    pub(super) fn has_no_deltas(&self) -> bool {
        self.plane_deltas() == [[0; 2]; 3]
    }

    /// 5.9.12 quantization_params().
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        color: &ColorConfig,
    ) -> Result<Self, BitstreamError> {
        let mut params = Self { base_q_idx: r.byte(8)?, ..Self::default() };
        params.delta_q_y_dc = read_delta_q(r)?;
        if !color.mono_chrome {
            let diff_uv_delta = color.separate_uv_delta_q && r.flag()?;
            params.delta_q_u_dc = read_delta_q(r)?;
            params.delta_q_u_ac = read_delta_q(r)?;
            (params.delta_q_v_dc, params.delta_q_v_ac) = if diff_uv_delta {
                (read_delta_q(r)?, read_delta_q(r)?)
            } else {
                (params.delta_q_u_dc, params.delta_q_u_ac)
            };
        }
        if r.flag()? {
            let (qm_y, qm_u) = (r.byte(4)?, r.byte(4)?);
            let qm_v = if color.separate_uv_delta_q { r.byte(4)? } else { qm_u };
            params.matrix_levels = Some(QuantizerMatrixLevels { qm_y, qm_u, qm_v });
        }
        Ok(params)
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        color: &ColorConfig,
    ) -> Result<(), BitstreamError> {
        w.f("base_q_idx", 8, self.base_q_idx.into())?;
        write_delta_q(w, self.delta_q_y_dc)?;
        if !color.mono_chrome {
            let u = (self.delta_q_u_dc, self.delta_q_u_ac);
            let v = (self.delta_q_v_dc, self.delta_q_v_ac);
            let diff_uv_delta = color.separate_uv_delta_q && u != v;
            if color.separate_uv_delta_q {
                w.flag(diff_uv_delta);
            }
            write_delta_q(w, u.0)?;
            write_delta_q(w, u.1)?;
            if diff_uv_delta {
                write_delta_q(w, v.0)?;
                write_delta_q(w, v.1)?;
            }
        }
        w.flag(self.matrix_levels.is_some());
        if let Some(levels) = self.matrix_levels {
            w.f("qm_y", 4, levels.qm_y.into())?;
            w.f("qm_u", 4, levels.qm_u.into())?;
            if color.separate_uv_delta_q {
                w.f("qm_v", 4, levels.qm_v.into())?;
            }
        }
        Ok(())
    }
}

/// 5.9.13 read_delta_q().
fn read_delta_q(r: &mut BitReader<'_>) -> Result<i8, BitstreamError> {
    Ok(if r.flag()? { r.su(7)? as i8 } else { 0 })
}

fn write_delta_q(w: &mut BitWriter, delta_q: i8) -> Result<(), BitstreamError> {
    w.flag(delta_q != 0);
    if delta_q != 0 {
        w.su("delta_q", 7, delta_q.into())?;
    }
    Ok(())
}

/// 5.9.18 delta_lf_params(), when delta_lf_present is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaLf {
    /// delta_lf_res, 0 to 3: a shift.
    pub delta_lf_res: u8,
    /// delta_lf_multi: each kind of edge has its own delta.
    pub delta_lf_multi: bool,
}

/// 5.9.17 delta_q_params() and 5.9.18 delta_lf_params(), when delta_q_present is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaQ {
    /// delta_q_res, 0 to 3: a shift.
    pub delta_q_res: u8,
    /// Deltas of the loop filter, if delta_lf_present is set.
    pub delta_lf: Option<DeltaLf>,
}

impl DeltaQ {
    /// 5.9.17 delta_q_params(), 5.9.18 delta_lf_params(); `None` when delta_q_present is not set.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        base_q_idx: u8,
        allow_intrabc: bool,
    ) -> Result<Option<Self>, BitstreamError> {
        if base_q_idx == 0 || !r.flag()? {
            return Ok(None);
        }
        let delta_q_res = r.byte(2)?;
        let delta_lf = if !allow_intrabc && r.flag()? {
            Some(DeltaLf { delta_lf_res: r.byte(2)?, delta_lf_multi: r.flag()? })
        } else {
            None
        };
        Ok(Some(Self { delta_q_res, delta_lf }))
    }

    pub(super) fn write(
        delta_q: Option<Self>,
        w: &mut BitWriter,
        base_q_idx: u8,
        allow_intrabc: bool,
    ) -> Result<(), BitstreamError> {
        if base_q_idx > 0 {
            w.flag(delta_q.is_some());
            if let Some(delta_q) = delta_q {
                w.f("delta_q_res", 2, delta_q.delta_q_res.into())?;
                if !allow_intrabc {
                    w.flag(delta_q.delta_lf.is_some());
                    if let Some(delta_lf) = delta_q.delta_lf {
                        w.f("delta_lf_res", 2, delta_lf.delta_lf_res.into())?;
                        w.flag(delta_lf.delta_lf_multi);
                    }
                }
            }
        }
        Ok(())
    }
}
