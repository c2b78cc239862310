//! 5.5.3 to 5.5.5 and the loop over operating points in 5.5.1.

use super::bits::{BitReader, BitWriter};
use super::sequence::SequenceHeader;
use crate::av1::obu::BitstreamError;

/// The most operating points that operating_points_cnt_minus_1 can announce.
pub const MAX_OPERATING_POINTS: usize = 32;

/// 5.5.3 timing_info().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimingInfo {
    /// num_units_in_display_tick, not 0.
    pub num_units_in_display_tick: u32,
    /// time_scale: units a second, not 0.
    pub time_scale: u32,
    /// num_ticks_per_picture_minus_1, below 2³² − 1, if equal_picture_interval is set.
    pub num_ticks_per_picture_minus_1: Option<u32>,
}

/// 5.5.4 decoder_model_info().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderModelInfo {
    /// buffer_delay_length_minus_1, 0 to 31.
    pub buffer_delay_length_minus_1: u8,
    /// num_units_in_decoding_tick, not 0.
    pub num_units_in_decoding_tick: u32,
    /// buffer_removal_time_length_minus_1, 0 to 31.
    pub buffer_removal_time_length_minus_1: u8,
    /// frame_presentation_time_length_minus_1, 0 to 31.
    pub frame_presentation_time_length_minus_1: u8,
}

/// 5.5.5 operating_parameters_info().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatingParametersInfo {
    /// decoder_buffer_delay, in 1/90000 s.
    pub decoder_buffer_delay: u32,
    /// encoder_buffer_delay, in 1/90000 s.
    pub encoder_buffer_delay: u32,
    /// low_delay_mode_flag.
    pub low_delay_mode_flag: bool,
}

/// One turn of the loop over operating points in 5.5.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatingPoint {
    /// operating_point_idc: a bit for each temporal layer from bit 0 and each spatial layer from
    /// bit 8; 0 without scalability.
    pub operating_point_idc: u16,
    /// seq_level_idx, 0 to 31 (A.3).
    pub seq_level_idx: u8,
    /// seq_tier: the high tier, for levels from 4.0 (seq_level_idx 8) only.
    pub seq_tier: bool,
    /// operating_parameters_info(), if decoder_model_present_for_this_op is set.
    pub parameters: Option<OperatingParametersInfo>,
    /// initial_display_delay_minus_1, 0 to 15, if it is present for this operating point.
    pub initial_display_delay_minus_1: Option<u8>,
}

/// 5.5.1, from timing_info_present_flag to the end of the loop over operating points.
pub(super) fn parse(
    header: &mut SequenceHeader,
    r: &mut BitReader<'_>,
) -> Result<(), BitstreamError> {
    if r.flag()? {
        header.timing_info = Some(TimingInfo::parse(r)?);
        if r.flag()? {
            header.decoder_model_info = Some(DecoderModelInfo::parse(r)?);
        }
    }
    header.initial_display_delay_present_flag = r.flag()?;
    let count = r.f(5)? as usize + 1;
    header.operating_points.clear();
    for _ in 0..count {
        let mut point = OperatingPoint {
            operating_point_idc: r.f(12)? as u16,
            seq_level_idx: r.byte(5)?,
            ..OperatingPoint::default()
        };
        point.seq_tier = point.seq_level_idx > 7 && r.flag()?;
        if let Some(model) = header.decoder_model_info
            && r.flag()?
        {
            let n = u32::from(model.buffer_delay_length_minus_1) + 1;
            point.parameters = Some(OperatingParametersInfo {
                decoder_buffer_delay: r.f(n)?,
                encoder_buffer_delay: r.f(n)?,
                low_delay_mode_flag: r.flag()?,
            });
        }
        if header.initial_display_delay_present_flag && r.flag()? {
            point.initial_display_delay_minus_1 = Some(r.byte(4)?);
        }
        let idc = point.operating_point_idc;
        if header.operating_points.iter().any(|other| other.operating_point_idc == idc) {
            return Err(BitstreamError::value("operating_point_idc", idc));
        }
        header.operating_points.push(point);
    }
    Ok(())
}

/// The same, written.
pub(super) fn write(header: &SequenceHeader, w: &mut BitWriter) -> Result<(), BitstreamError> {
    w.flag(header.timing_info.is_some());
    if let Some(timing) = &header.timing_info {
        timing.write(w)?;
        w.flag(header.decoder_model_info.is_some());
        if let Some(model) = &header.decoder_model_info {
            model.write(w)?;
        }
    }
    w.flag(header.initial_display_delay_present_flag);
    let count_minus_1 = (header.operating_points.len() as u32).wrapping_sub(1);
    w.f("operating_points_cnt_minus_1", 5, count_minus_1)?;
    for point in &header.operating_points {
        w.f("operating_point_idc", 12, point.operating_point_idc.into())?;
        w.f("seq_level_idx", 5, point.seq_level_idx.into())?;
        if point.seq_level_idx > 7 {
            w.flag(point.seq_tier);
        }
        if let Some(model) = &header.decoder_model_info {
            w.flag(point.parameters.is_some());
            if let Some(parameters) = &point.parameters {
                let n = u32::from(model.buffer_delay_length_minus_1) + 1;
                w.f("decoder_buffer_delay", n, parameters.decoder_buffer_delay)?;
                w.f("encoder_buffer_delay", n, parameters.encoder_buffer_delay)?;
                w.flag(parameters.low_delay_mode_flag);
            }
        }
        if header.initial_display_delay_present_flag {
            w.flag(point.initial_display_delay_minus_1.is_some());
            if let Some(delay) = point.initial_display_delay_minus_1 {
                w.f("initial_display_delay_minus_1", 4, delay.into())?;
            }
        }
    }
    Ok(())
}

impl TimingInfo {
    /// 5.5.3 timing_info().
    fn parse(r: &mut BitReader<'_>) -> Result<Self, BitstreamError> {
        let num_units_in_display_tick = r.f(32)?;
        let time_scale = r.f(32)?;
        let num_ticks_per_picture_minus_1 = if r.flag()? { Some(r.uvlc()?) } else { None };
        for (element, number, illegal) in [
            ("num_units_in_display_tick", num_units_in_display_tick, 0),
            ("time_scale", time_scale, 0),
            ("num_ticks_per_picture_minus_1", num_ticks_per_picture_minus_1.unwrap_or(0), u32::MAX),
        ] {
            if number == illegal {
                return Err(BitstreamError::value(element, number));
            }
        }
        Ok(Self { num_units_in_display_tick, time_scale, num_ticks_per_picture_minus_1 })
    }

    fn write(&self, w: &mut BitWriter) -> Result<(), BitstreamError> {
        w.f("num_units_in_display_tick", 32, self.num_units_in_display_tick)?;
        w.f("time_scale", 32, self.time_scale)?;
        w.flag(self.num_ticks_per_picture_minus_1.is_some());
        if let Some(ticks) = self.num_ticks_per_picture_minus_1 {
            w.uvlc("num_ticks_per_picture_minus_1", ticks)?;
        }
        Ok(())
    }
}

impl DecoderModelInfo {
    /// 5.5.4 decoder_model_info().
    fn parse(r: &mut BitReader<'_>) -> Result<Self, BitstreamError> {
        let info = Self {
            buffer_delay_length_minus_1: r.byte(5)?,
            num_units_in_decoding_tick: r.f(32)?,
            buffer_removal_time_length_minus_1: r.byte(5)?,
            frame_presentation_time_length_minus_1: r.byte(5)?,
        };
        match info.num_units_in_decoding_tick {
            0 => Err(BitstreamError::value("num_units_in_decoding_tick", 0)),
            _ => Ok(info),
        }
    }

    fn write(&self, w: &mut BitWriter) -> Result<(), BitstreamError> {
        w.f("buffer_delay_length_minus_1", 5, self.buffer_delay_length_minus_1.into())?;
        w.f("num_units_in_decoding_tick", 32, self.num_units_in_decoding_tick)?;
        let removal = self.buffer_removal_time_length_minus_1;
        w.f("buffer_removal_time_length_minus_1", 5, removal.into())?;
        let presentation = self.frame_presentation_time_length_minus_1;
        w.f("frame_presentation_time_length_minus_1", 5, presentation.into())
    }
}
