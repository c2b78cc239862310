//! 5.5 sequence_header_obu(): what holds for a whole coded video sequence.

use super::bits::{BitReader, BitWriter};
use super::color::ColorConfig;
use super::operating_point::{
    self, DecoderModelInfo, OperatingParametersInfo, OperatingPoint, TimingInfo,
};
use crate::av1::obu::BitstreamError;

/// The lengths that follow frame_id_numbers_present_flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameIdLengths {
    /// delta_frame_id_length_minus_2, 0 to 15.
    pub delta_frame_id_length_minus_2: u8,
    /// additional_frame_id_length_minus_1, 0 to 7.
    pub additional_frame_id_length_minus_1: u8,
}

impl FrameIdLengths {
    /// Bits of delta_frame_id_minus_1.
    pub fn delta_bits(self) -> u32 {
        u32::from(self.delta_frame_id_length_minus_2) + 2
    }

    /// idLen: bits of current_frame_id, at most 16 (6.8.2).
    pub fn id_bits(self) -> u32 {
        self.delta_bits() + u32::from(self.additional_frame_id_length_minus_1) + 1
    }
}

/// 5.5.1 sequence_header_obu().
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceHeader {
    /// seq_profile, 0 to 2.
    pub seq_profile: u8,
    /// still_picture.
    pub still_picture: bool,
    /// reduced_still_picture_header, only with `still_picture`.
    pub reduced_still_picture_header: bool,
    /// timing_info(), if timing_info_present_flag is set.
    pub timing_info: Option<TimingInfo>,
    /// decoder_model_info(), only with `timing_info`.
    pub decoder_model_info: Option<DecoderModelInfo>,
    /// initial_display_delay_present_flag.
    pub initial_display_delay_present_flag: bool,
    /// The operating points, 1 to [`MAX_OPERATING_POINTS`](super::operating_point::MAX_OPERATING_POINTS), all with different
    /// `operating_point_idc`.
    pub operating_points: Vec<OperatingPoint>,
    /// frame_width_bits_minus_1, 0 to 15.
    pub frame_width_bits_minus_1: u8,
    /// frame_height_bits_minus_1, 0 to 15.
    pub frame_height_bits_minus_1: u8,
    /// max_frame_width_minus_1 + 1, 1 to 65536 luma samples.
    pub max_frame_width: u32,
    /// max_frame_height_minus_1 + 1, 1 to 65536 luma samples.
    pub max_frame_height: u32,
    /// The lengths of frame ids, if frame_id_numbers_present_flag is set.
    pub frame_id_lengths: Option<FrameIdLengths>,
    /// use_128x128_superblock.
    pub use_128x128_superblock: bool,
    /// enable_filter_intra.
    pub enable_filter_intra: bool,
    /// enable_intra_edge_filter.
    pub enable_intra_edge_filter: bool,
    /// enable_interintra_compound.
    pub enable_interintra_compound: bool,
    /// enable_masked_compound.
    pub enable_masked_compound: bool,
    /// enable_warped_motion.
    pub enable_warped_motion: bool,
    /// enable_dual_filter.
    pub enable_dual_filter: bool,
    /// OrderHintBits, 1 to 8, or 0 when enable_order_hint is not set.
    pub order_hint_bits: u8,
    /// enable_jnt_comp, only with order hints.
    pub enable_jnt_comp: bool,
    /// enable_ref_frame_mvs, only with order hints.
    pub enable_ref_frame_mvs: bool,
    /// seq_force_screen_content_tools; `None` is SELECT_SCREEN_CONTENT_TOOLS.
    pub seq_force_screen_content_tools: Option<bool>,
    /// seq_force_integer_mv; `None` is SELECT_INTEGER_MV.
    pub seq_force_integer_mv: Option<bool>,
    /// enable_superres.
    pub enable_superres: bool,
    /// enable_cdef.
    pub enable_cdef: bool,
    /// enable_restoration.
    pub enable_restoration: bool,
    /// color_config().
    pub color_config: ColorConfig,
    /// film_grain_params_present.
    pub film_grain_params_present: bool,
}

impl SequenceHeader {
    /// Profile 0, level 2.0, 8-bit 4:2:0 and one operating point for frames of up to
    /// `max_frame_width` × `max_frame_height`; every tool off, and tools for screen content left
    /// to each frame.
    pub fn new(max_frame_width: u32, max_frame_height: u32) -> Self {
        let bits = |size: u32| size.saturating_sub(1).checked_ilog2().unwrap_or(0) as u8;
        Self {
            seq_profile: 0,
            still_picture: false,
            reduced_still_picture_header: false,
            timing_info: None,
            decoder_model_info: None,
            initial_display_delay_present_flag: false,
            operating_points: vec![OperatingPoint::default()],
            frame_width_bits_minus_1: bits(max_frame_width),
            frame_height_bits_minus_1: bits(max_frame_height),
            max_frame_width,
            max_frame_height,
            frame_id_lengths: None,
            use_128x128_superblock: false,
            enable_filter_intra: false,
            enable_intra_edge_filter: false,
            enable_interintra_compound: false,
            enable_masked_compound: false,
            enable_warped_motion: false,
            enable_dual_filter: false,
            order_hint_bits: 0,
            enable_jnt_comp: false,
            enable_ref_frame_mvs: false,
            seq_force_screen_content_tools: None,
            seq_force_integer_mv: None,
            enable_superres: false,
            enable_cdef: false,
            enable_restoration: false,
            color_config: ColorConfig::default(),
            film_grain_params_present: false,
        }
    }

    /// enable_order_hint.
    pub fn enable_order_hint(&self) -> bool {
        self.order_hint_bits > 0
    }

    /// Whether frames carry temporal_point_info(): there is a decoder model, and pictures do not
    /// come at equal intervals.
    pub(super) fn temporal_point_info(&self) -> Option<u32> {
        let equal_picture_interval =
            self.timing_info.is_some_and(|timing| timing.num_ticks_per_picture_minus_1.is_some());
        self.decoder_model_info
            .filter(|_| !equal_picture_interval)
            .map(|model| u32::from(model.frame_presentation_time_length_minus_1) + 1)
    }

    /// 7.5: whether `other` may appear in the same coded video sequence; only
    /// operating_parameters_info() may differ.
    pub fn continues(&self, other: &Self) -> bool {
        let bare = |header: &Self| {
            let mut header = header.clone();
            for point in &mut header.operating_points {
                if let Some(parameters) = &mut point.parameters {
                    *parameters = OperatingParametersInfo {
                        decoder_buffer_delay: 0,
                        encoder_buffer_delay: 0,
                        low_delay_mode_flag: false,
                    };
                }
            }
            header
        };
        self == other || bare(self) == bare(other)
    }

    /// 5.5.1 sequence_header_obu() with its trailing bits: reads the payload of an OBU.
    ///
    /// # Errors
    /// The payload is cut short, does not end in trailing bits, or breaks a requirement of 6.4.
    pub fn parse(payload: &[u8]) -> Result<Self, BitstreamError> {
        let mut r = BitReader::new(payload);
        let header = Self::parse_bits(&mut r)?;
        r.trailing_bits()?;
        Ok(header)
    }

    /// The payload of an OBU that holds this header, trailing bits included.
    ///
    /// # Errors
    /// The header breaks a requirement of 6.4 or cannot be expressed, such as a tier at a level
    /// that has none.
    pub fn write(&self) -> Result<Vec<u8>, BitstreamError> {
        let mut w = BitWriter::new();
        self.write_bits(&mut w)?;
        w.trailing_bits();
        let payload = w.into_bytes();
        let written = Self::parse(&payload)?;
        match self.first_difference(&written) {
            None => Ok(payload),
            Some(element) => Err(BitstreamError::Inconsistent { element }),
        }
    }

    fn parse_bits(r: &mut BitReader<'_>) -> Result<Self, BitstreamError> {
        let mut header = Self::new(1, 1);
        header.seq_profile = r.byte(3)?;
        if header.seq_profile > 2 {
            return Err(BitstreamError::value("seq_profile", header.seq_profile));
        }
        header.still_picture = r.flag()?;
        header.reduced_still_picture_header = r.flag()?;
        let reduced = header.reduced_still_picture_header;
        if reduced && !header.still_picture {
            return Err(BitstreamError::value("still_picture", 0));
        }
        if reduced {
            header.operating_points[0].seq_level_idx = r.byte(5)?;
        } else {
            operating_point::parse(&mut header, r)?;
        }
        header.frame_width_bits_minus_1 = r.byte(4)?;
        header.frame_height_bits_minus_1 = r.byte(4)?;
        header.max_frame_width = r.f(u32::from(header.frame_width_bits_minus_1) + 1)? + 1;
        header.max_frame_height = r.f(u32::from(header.frame_height_bits_minus_1) + 1)? + 1;
        if !reduced && r.flag()? {
            let lengths = FrameIdLengths {
                delta_frame_id_length_minus_2: r.byte(4)?,
                additional_frame_id_length_minus_1: r.byte(3)?,
            };
            if lengths.id_bits() > 16 {
                return Err(BitstreamError::value(
                    "additional_frame_id_length_minus_1",
                    lengths.additional_frame_id_length_minus_1,
                ));
            }
            header.frame_id_lengths = Some(lengths);
        }
        header.use_128x128_superblock = r.flag()?;
        header.enable_filter_intra = r.flag()?;
        header.enable_intra_edge_filter = r.flag()?;
        if !reduced {
            header.parse_inter_tools(r)?;
        }
        header.enable_superres = r.flag()?;
        header.enable_cdef = r.flag()?;
        header.enable_restoration = r.flag()?;
        header.color_config = ColorConfig::parse(r, header.seq_profile)?;
        header.film_grain_params_present = r.flag()?;
        Ok(header)
    }

    fn write_bits(&self, w: &mut BitWriter) -> Result<(), BitstreamError> {
        let reduced = self.reduced_still_picture_header;
        w.f("seq_profile", 3, self.seq_profile.into())?;
        w.flag(self.still_picture);
        w.flag(reduced);
        if reduced {
            let level = self.operating_points.first().map_or(0, |point| point.seq_level_idx);
            w.f("seq_level_idx", 5, level.into())?;
        } else {
            operating_point::write(self, w)?;
        }
        w.f("frame_width_bits_minus_1", 4, self.frame_width_bits_minus_1.into())?;
        w.f("frame_height_bits_minus_1", 4, self.frame_height_bits_minus_1.into())?;
        let width_bits = u32::from(self.frame_width_bits_minus_1) + 1;
        let height_bits = u32::from(self.frame_height_bits_minus_1) + 1;
        w.f("max_frame_width_minus_1", width_bits, self.max_frame_width.wrapping_sub(1))?;
        w.f("max_frame_height_minus_1", height_bits, self.max_frame_height.wrapping_sub(1))?;
        if !reduced {
            w.flag(self.frame_id_lengths.is_some());
            if let Some(lengths) = self.frame_id_lengths {
                let FrameIdLengths {
                    delta_frame_id_length_minus_2: delta,
                    additional_frame_id_length_minus_1: additional,
                } = lengths;
                w.f("delta_frame_id_length_minus_2", 4, delta.into())?;
                w.f("additional_frame_id_length_minus_1", 3, additional.into())?;
            }
        }
        w.flag(self.use_128x128_superblock);
        w.flag(self.enable_filter_intra);
        w.flag(self.enable_intra_edge_filter);
        if !reduced {
            self.write_inter_tools(w)?;
        }
        w.flag(self.enable_superres);
        w.flag(self.enable_cdef);
        w.flag(self.enable_restoration);
        self.color_config.write(w, self.seq_profile)?;
        w.flag(self.film_grain_params_present);
        Ok(())
    }

    /// 5.5.1, from enable_interintra_compound to order_hint_bits_minus_1.
    fn parse_inter_tools(&mut self, r: &mut BitReader<'_>) -> Result<(), BitstreamError> {
        self.enable_interintra_compound = r.flag()?;
        self.enable_masked_compound = r.flag()?;
        self.enable_warped_motion = r.flag()?;
        self.enable_dual_filter = r.flag()?;
        let enable_order_hint = r.flag()?;
        if enable_order_hint {
            self.enable_jnt_comp = r.flag()?;
            self.enable_ref_frame_mvs = r.flag()?;
        }
        self.seq_force_screen_content_tools = if r.flag()? { None } else { Some(r.flag()?) };
        let tools_possible = self.seq_force_screen_content_tools != Some(false);
        self.seq_force_integer_mv =
            if tools_possible && !r.flag()? { Some(r.flag()?) } else { None };
        self.order_hint_bits = if enable_order_hint { r.byte(3)? + 1 } else { 0 };
        Ok(())
    }

    fn write_inter_tools(&self, w: &mut BitWriter) -> Result<(), BitstreamError> {
        w.flag(self.enable_interintra_compound);
        w.flag(self.enable_masked_compound);
        w.flag(self.enable_warped_motion);
        w.flag(self.enable_dual_filter);
        w.flag(self.enable_order_hint());
        if self.enable_order_hint() {
            w.flag(self.enable_jnt_comp);
            w.flag(self.enable_ref_frame_mvs);
        }
        w.flag(self.seq_force_screen_content_tools.is_none());
        if let Some(force) = self.seq_force_screen_content_tools {
            w.flag(force);
        }
        if self.seq_force_screen_content_tools != Some(false) {
            w.flag(self.seq_force_integer_mv.is_none());
            if let Some(force) = self.seq_force_integer_mv {
                w.flag(force);
            }
        }
        if self.enable_order_hint() {
            w.f("order_hint_bits_minus_1", 3, u32::from(self.order_hint_bits) - 1)?;
        }
        Ok(())
    }

    /// The first field in which a header that was read back differs from what was to be written.
    fn first_difference(&self, other: &Self) -> Option<&'static str> {
        macro_rules! compare {
            ($($field:ident),+) => {
                [$((stringify!($field), self.$field == other.$field)),+]
            };
        }
        compare!(
            seq_profile,
            still_picture,
            reduced_still_picture_header,
            timing_info,
            decoder_model_info,
            initial_display_delay_present_flag,
            operating_points,
            max_frame_width,
            max_frame_height,
            frame_id_lengths,
            enable_interintra_compound,
            enable_masked_compound,
            enable_warped_motion,
            enable_dual_filter,
            order_hint_bits,
            enable_jnt_comp,
            enable_ref_frame_mvs,
            seq_force_screen_content_tools,
            seq_force_integer_mv,
            color_config
        )
        .into_iter()
        .find_map(|(field, same)| (!same).then_some(field))
        .or_else(|| (self != other).then_some("sequence_header_obu"))
    }
}
