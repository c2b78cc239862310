//! 5.9.30 film_grain_params().

use super::REFS_PER_FRAME;
use super::context::HeaderContext;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};
use crate::av1::obu::color::ColorConfig;

/// A point of a scaling function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScalingPoint {
    /// point_y_value, point_cb_value or point_cr_value; rising from point to point.
    pub value: u8,
    /// point_y_scaling, point_cb_scaling or point_cr_scaling.
    pub scaling: u8,
}

/// How a chroma plane and luma make the index of the chroma scaling function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChromaScaling {
    /// cb_mult or cr_mult.
    pub mult: u8,
    /// cb_luma_mult or cr_luma_mult.
    pub luma_mult: u8,
    /// cb_offset or cr_offset, 0 to 511.
    pub offset: u16,
}

/// 5.9.30 film_grain_params() when apply_grain is set.
///
/// Grain that is taken from a reference without grain has no points and no effect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilmGrainParams {
    /// grain_seed.
    pub grain_seed: u16,
    /// film_grain_params_ref_idx when update_grain is 0: everything but the seed is that of this
    /// reference slot.
    pub film_grain_params_ref_idx: Option<u8>,
    /// The luma scaling function, at most 14 points.
    pub points_y: Vec<ScalingPoint>,
    /// chroma_scaling_from_luma.
    pub chroma_scaling_from_luma: bool,
    /// The Cb scaling function, at most 10 points.
    pub points_cb: Vec<ScalingPoint>,
    /// The Cr scaling function, at most 10 points.
    pub points_cr: Vec<ScalingPoint>,
    /// grain_scaling_minus_8, 0 to 3.
    pub grain_scaling_minus_8: u8,
    /// ar_coeff_lag, 0 to 3.
    pub ar_coeff_lag: u8,
    /// ar_coeffs_y_plus_128; the first `2 * lag * (lag + 1)` are coded when there are luma points,
    /// the others are 0.
    pub ar_coeffs_y_plus_128: [u8; 24],
    /// ar_coeffs_cb_plus_128; as many as for luma, and one more when there are luma points.
    pub ar_coeffs_cb_plus_128: [u8; 25],
    /// ar_coeffs_cr_plus_128; as for Cb.
    pub ar_coeffs_cr_plus_128: [u8; 25],
    /// ar_coeff_shift_minus_6, 0 to 3.
    pub ar_coeff_shift_minus_6: u8,
    /// grain_scale_shift, 0 to 3.
    pub grain_scale_shift: u8,
    /// Cb multipliers, coded when there are Cb points, otherwise 0.
    pub cb: ChromaScaling,
    /// Cr multipliers, coded when there are Cr points, otherwise 0.
    pub cr: ChromaScaling,
    /// overlap_flag.
    pub overlap_flag: bool,
    /// clip_to_restricted_range.
    pub clip_to_restricted_range: bool,
}

impl FilmGrainParams {
    /// 5.9.30 film_grain_params() of a frame that can be shown, in a sequence with film grain;
    /// `inter_frame` tells INTER_FRAME, the only type with update_grain. `None` is no grain.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        context: &HeaderContext<'_>,
        inter_frame: bool,
        ref_frame_idx: &[u8; REFS_PER_FRAME],
    ) -> Result<Option<Self>, BitstreamError> {
        if !r.flag()? {
            return Ok(None);
        }
        let grain_seed = r.f(16)? as u16;
        let update_grain = !inter_frame || r.flag()?;
        if update_grain {
            let params = Self { grain_seed, ..Self::default() };
            return params.parse_update(r, &context.sequence.color_config).map(Some);
        }
        let slot = r.byte(3)?;
        if !ref_frame_idx.contains(&slot) {
            return Err(BitstreamError::value("film_grain_params_ref_idx", slot));
        }
        let loaded = context.frame(slot)?.film_grain_params.clone().unwrap_or_default();
        Ok(Some(Self { grain_seed, film_grain_params_ref_idx: Some(slot), ..loaded }))
    }

    pub(super) fn write(
        params: Option<&Self>,
        w: &mut BitWriter,
        color: &ColorConfig,
        inter_frame: bool,
    ) -> Result<(), BitstreamError> {
        w.flag(params.is_some());
        let Some(params) = params else { return Ok(()) };
        w.f("grain_seed", 16, params.grain_seed.into())?;
        if inter_frame {
            w.flag(params.film_grain_params_ref_idx.is_none());
            if let Some(slot) = params.film_grain_params_ref_idx {
                return w.f("film_grain_params_ref_idx", 3, slot.into());
            }
        }
        params.write_update(w, color)
    }

    /// 5.9.30 from num_y_points on.
    fn parse_update(
        mut self,
        r: &mut BitReader<'_>,
        color: &ColorConfig,
    ) -> Result<Self, BitstreamError> {
        self.points_y = parse_points(r, "num_y_points", "point_y_value", 14)?;
        self.chroma_scaling_from_luma = !color.mono_chrome && r.flag()?;
        if self.has_chroma_points(color) {
            self.points_cb = parse_points(r, "num_cb_points", "point_cb_value", 10)?;
            self.points_cr = parse_points(r, "num_cr_points", "point_cr_value", 10)?;
            let subsampled = color.subsampling_x && color.subsampling_y;
            if subsampled && self.points_cb.is_empty() != self.points_cr.is_empty() {
                let count = self.points_cr.len() as i64;
                return Err(BitstreamError::value("num_cr_points", count));
            }
        }
        self.grain_scaling_minus_8 = r.byte(2)?;
        self.ar_coeff_lag = r.byte(2)?;
        let [y, cb, cr] = self.coefficient_counts();
        for (coefficients, count) in [
            (&mut self.ar_coeffs_y_plus_128[..], y),
            (&mut self.ar_coeffs_cb_plus_128, cb),
            (&mut self.ar_coeffs_cr_plus_128, cr),
        ] {
            for coefficient in &mut coefficients[..count] {
                *coefficient = r.byte(8)?;
            }
        }
        self.ar_coeff_shift_minus_6 = r.byte(2)?;
        self.grain_scale_shift = r.byte(2)?;
        if !self.points_cb.is_empty() {
            self.cb = ChromaScaling::parse(r)?;
        }
        if !self.points_cr.is_empty() {
            self.cr = ChromaScaling::parse(r)?;
        }
        self.overlap_flag = r.flag()?;
        self.clip_to_restricted_range = r.flag()?;
        Ok(self)
    }

    fn write_update(&self, w: &mut BitWriter, color: &ColorConfig) -> Result<(), BitstreamError> {
        write_points(w, "num_y_points", &self.points_y)?;
        if !color.mono_chrome {
            w.flag(self.chroma_scaling_from_luma);
        }
        if self.has_chroma_points(color) {
            write_points(w, "num_cb_points", &self.points_cb)?;
            write_points(w, "num_cr_points", &self.points_cr)?;
        }
        w.f("grain_scaling_minus_8", 2, self.grain_scaling_minus_8.into())?;
        w.f("ar_coeff_lag", 2, self.ar_coeff_lag.into())?;
        let [y, cb, cr] = self.coefficient_counts();
        for (coefficients, count) in [
            (&self.ar_coeffs_y_plus_128[..], y),
            (&self.ar_coeffs_cb_plus_128, cb),
            (&self.ar_coeffs_cr_plus_128, cr),
        ] {
            for coefficient in &coefficients[..count] {
                w.f("ar_coeffs_plus_128", 8, u32::from(*coefficient))?;
            }
        }
        w.f("ar_coeff_shift_minus_6", 2, self.ar_coeff_shift_minus_6.into())?;
        w.f("grain_scale_shift", 2, self.grain_scale_shift.into())?;
        if !self.points_cb.is_empty() {
            self.cb.write(w)?;
        }
        if !self.points_cr.is_empty() {
            self.cr.write(w)?;
        }
        w.flag(self.overlap_flag);
        w.flag(self.clip_to_restricted_range);
        Ok(())
    }

    fn has_chroma_points(&self, color: &ColorConfig) -> bool {
        let subsampled = color.subsampling_x && color.subsampling_y;
        !(color.mono_chrome
            || self.chroma_scaling_from_luma
            || subsampled && self.points_y.is_empty())
    }

    /// How many coefficients are coded for each plane: numPosLuma, numPosChroma or 0.
    fn coefficient_counts(&self) -> [usize; 3] {
        let lag = usize::from(self.ar_coeff_lag);
        let luma = 2 * lag * (lag + 1);
        let has_luma = !self.points_y.is_empty();
        let chroma = |points: &[ScalingPoint]| {
            let coded = self.chroma_scaling_from_luma || !points.is_empty();
            if coded { luma + usize::from(has_luma) } else { 0 }
        };
        let luma = if has_luma { luma } else { 0 };
        [luma, chroma(&self.points_cb), chroma(&self.points_cr)]
    }
}

fn parse_points(
    r: &mut BitReader<'_>,
    count_element: &'static str,
    value_element: &'static str,
    most: u8,
) -> Result<Vec<ScalingPoint>, BitstreamError> {
    let count = r.byte(4)?;
    if count > most {
        return Err(BitstreamError::value(count_element, count));
    }
    let mut points: Vec<ScalingPoint> = Vec::with_capacity(count.into());
    for _ in 0..count {
        let point = ScalingPoint { value: r.byte(8)?, scaling: r.byte(8)? };
        if points.last().is_some_and(|last| last.value >= point.value) {
            return Err(BitstreamError::value(value_element, point.value));
        }
        points.push(point);
    }
    Ok(points)
}

fn write_points(
    w: &mut BitWriter,
    count_element: &'static str,
    points: &[ScalingPoint],
) -> Result<(), BitstreamError> {
    let count = u32::try_from(points.len()).unwrap_or(u32::MAX);
    w.f(count_element, 4, count)?;
    for point in points {
        w.f("point_value", 8, point.value.into())?;
        w.f("point_scaling", 8, point.scaling.into())?;
    }
    Ok(())
}

impl ChromaScaling {
    fn parse(r: &mut BitReader<'_>) -> Result<Self, BitstreamError> {
        Ok(Self { mult: r.byte(8)?, luma_mult: r.byte(8)?, offset: r.f(9)? as u16 })
    }

    fn write(self, w: &mut BitWriter) -> Result<(), BitstreamError> {
        w.f("mult", 8, self.mult.into())?;
        w.f("luma_mult", 8, self.luma_mult.into())?;
        w.f("offset", 9, self.offset.into())
    }
}
