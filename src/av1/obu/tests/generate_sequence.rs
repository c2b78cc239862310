//! Random legal sequence headers.

use super::Choices;
use crate::av1::obu::{
    ColorCodes, ColorConfig, DecoderModelInfo, FrameIdLengths, OperatingParametersInfo,
    OperatingPoint, SequenceHeader, TimingInfo,
};

pub(super) fn sequence(c: &mut Choices) -> SequenceHeader {
    let limit = c.pick(&[256, 256, 1024, 8192, 65536]);
    let mut s = SequenceHeader::new(1 + c.below(limit), 1 + c.below(limit));
    let more = |bits: u8, c: &mut Choices| bits + c.byte(u32::from(16 - bits));
    s.frame_width_bits_minus_1 = more(s.frame_width_bits_minus_1, c);
    s.frame_height_bits_minus_1 = more(s.frame_height_bits_minus_1, c);
    s.seq_profile = c.byte(3);
    s.still_picture = c.rarely(8);
    s.reduced_still_picture_header = s.still_picture && c.flag();
    if s.reduced_still_picture_header {
        s.operating_points[0].seq_level_idx = c.byte(32);
    } else {
        operating_points(&mut s, c);
        inter_tools(&mut s, c);
    }
    s.use_128x128_superblock = c.flag();
    s.enable_filter_intra = c.flag();
    s.enable_intra_edge_filter = c.flag();
    s.enable_superres = c.flag();
    s.enable_cdef = c.flag();
    s.enable_restoration = c.flag();
    s.color_config = color_config(s.seq_profile, c);
    s.film_grain_params_present = c.flag();
    s
}

fn operating_points(s: &mut SequenceHeader, c: &mut Choices) {
    s.timing_info = c.maybe(|c| TimingInfo {
        num_units_in_display_tick: 1 + c.below(u32::MAX),
        time_scale: 1 + c.below(u32::MAX),
        num_ticks_per_picture_minus_1: c.maybe(|c| c.below(u32::MAX)),
    });
    if s.timing_info.is_some() {
        s.decoder_model_info = c.maybe(|c| DecoderModelInfo {
            buffer_delay_length_minus_1: c.byte(32),
            num_units_in_decoding_tick: 1 + c.below(u32::MAX),
            buffer_removal_time_length_minus_1: c.byte(32),
            frame_presentation_time_length_minus_1: c.byte(32),
        });
    }
    s.initial_display_delay_present_flag = c.flag();
    s.operating_points.clear();
    for _ in 0..1 + if c.flag() { 0 } else { c.below(32) } {
        let operating_point_idc = c.bits(12) as u16;
        if s.operating_points.iter().any(|point| point.operating_point_idc == operating_point_idc) {
            continue;
        }
        let seq_level_idx = c.byte(32);
        let delay_bits =
            s.decoder_model_info.map(|model| u32::from(model.buffer_delay_length_minus_1) + 1);
        s.operating_points.push(OperatingPoint {
            operating_point_idc,
            seq_level_idx,
            seq_tier: seq_level_idx > 7 && c.flag(),
            parameters: delay_bits.filter(|_| c.flag()).map(|n| OperatingParametersInfo {
                decoder_buffer_delay: c.bits(n),
                encoder_buffer_delay: c.bits(n),
                low_delay_mode_flag: c.flag(),
            }),
            initial_display_delay_minus_1: Some(c.byte(16))
                .filter(|_| s.initial_display_delay_present_flag && c.flag()),
        });
    }
}

fn inter_tools(s: &mut SequenceHeader, c: &mut Choices) {
    s.frame_id_lengths = c.maybe(|c| {
        let delta_frame_id_length_minus_2 = c.byte(14);
        FrameIdLengths {
            delta_frame_id_length_minus_2,
            additional_frame_id_length_minus_1: c
                .byte((14 - u32::from(delta_frame_id_length_minus_2)).min(8)),
        }
    });
    s.enable_interintra_compound = c.flag();
    s.enable_masked_compound = c.flag();
    s.enable_warped_motion = c.flag();
    s.enable_dual_filter = c.flag();
    if !c.rarely(4) {
        s.order_hint_bits = 1 + c.byte(8);
        s.enable_jnt_comp = c.flag();
        s.enable_ref_frame_mvs = c.flag();
    }
    s.seq_force_screen_content_tools = c.maybe(Choices::flag);
    if s.seq_force_screen_content_tools != Some(false) {
        s.seq_force_integer_mv = c.maybe(Choices::flag);
    }
}

fn color_config(seq_profile: u8, c: &mut Choices) -> ColorConfig {
    let mut color = ColorConfig {
        bit_depth: c.pick(if seq_profile == 2 { &[8, 10, 12] } else { &[8, 10] }),
        mono_chrome: seq_profile != 1 && c.rarely(4),
        description: c.maybe(|c| ColorCodes {
            color_primaries: c.bits(8) as u8,
            transfer_characteristics: c.bits(8) as u8,
            matrix_coefficients: c.bits(8) as u8,
        }),
        color_range: c.flag(),
        ..ColorConfig::default()
    };
    if color.mono_chrome {
        return color;
    }
    color.separate_uv_delta_q = c.flag();
    (color.subsampling_x, color.subsampling_y) = match (seq_profile, color.bit_depth) {
        (0, _) => (true, true),
        (1, _) => (false, false),
        (_, 12) => c.pick(&[(false, false), (true, false), (true, true)]),
        _ => (true, false),
    };
    if !color.subsampling_x && c.rarely(4) {
        color.description = Some(ColorCodes {
            color_primaries: 1,
            transfer_characteristics: 13,
            matrix_coefficients: 0,
        });
        color.color_range = true;
    } else if color.codes().matrix_coefficients == 0 {
        color.description = None;
    }
    if color.subsampling_x && color.subsampling_y {
        color.chroma_sample_position = c.byte(4);
    }
    color
}
