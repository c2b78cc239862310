//! Headers of streams that libaom, rav1e and SVT-AV1 made of a 176×144 clip (one 1280×720), with
//! the values that FFmpeg's `trace_headers` reads from them.

use std::sync::Arc;

use crate::av1::obu::bits::BitReader;
use crate::av1::obu::frame::{
    CdefStrength, ChromaScaling, DeltaQ, GlobalMotion, InterpolationFilter, LoopFilterDeltas,
    ScalingPoint, TxMode, WarpModelType,
};
use crate::av1::obu::{
    ColorConfig, DecoderModelInfo, DecoderState, FrameHeader, FrameType, LayerId,
    OperatingParametersInfo, SequenceHeader, ShowExistingFrame, TimingInfo, UncompressedHeader,
};

/// libaom's sequence header for 8-bit 4:2:0 with superblocks of 64.
const LIBAOM: &str = "00000003bd7c79b5f20080";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// Reads the headers one after the other, each against the state that those before it leave, and
/// checks that each is written as the same bits.
fn read(sequence: &str, headers: &[&str]) -> (Arc<SequenceHeader>, Vec<UncompressedHeader>) {
    let payload = bytes(sequence);
    let sequence = Arc::new(SequenceHeader::parse(&payload).unwrap());
    assert_eq!(sequence.write().unwrap(), payload);
    let mut state = DecoderState::new();
    state.set_sequence_header(Arc::clone(&sequence)).unwrap();
    let layer = LayerId::default();
    let mut read = vec![];
    for header in headers {
        let bits = bytes(header);
        let mut r = BitReader::new(&bits);
        let header = state.parse_frame_header(&mut r, layer).unwrap();
        assert_eq!(r.position().div_ceil(8), bits.len() as u64);
        let w = state.write_frame_header(&header, layer).unwrap();
        assert_eq!(w.position(), r.position());
        assert_eq!(w.into_bytes(), bits);
        state.advance(&header, layer).unwrap();
        read.push(header);
    }
    (sequence, read)
}

fn frame(header: &UncompressedHeader) -> &FrameHeader {
    match header {
        UncompressedHeader::Frame(header) => header,
        UncompressedHeader::ShowExistingFrame(header) => panic!("{header:?}"),
    }
}

#[test]
fn hidden_and_shown_frames() {
    let (sequence, headers) = read(
        LIBAOM,
        &[
            "10008160c0001080000140",
            "2010e04000002344e061860020942000028000",
            "2808e08000202346106208000090203c00",
            "280481000040a346b06186000090203c00",
            "280282000068a347006208000090203c00",
            "3003c8002119468e80104000090203c000",
            "c0",
        ],
    );
    assert_eq!((sequence.max_frame_width, sequence.max_frame_height), (176, 144));
    assert_eq!(sequence.frame_width_bits_minus_1, 7);
    assert_eq!(sequence.order_hint_bits, 7);
    assert!(sequence.enable_masked_compound && sequence.enable_warped_motion);
    assert!(sequence.enable_ref_frame_mvs && sequence.enable_cdef && sequence.enable_filter_intra);
    assert!(!sequence.enable_interintra_compound && !sequence.enable_restoration);
    assert_eq!(sequence.seq_force_screen_content_tools, None);
    assert_eq!(sequence.color_config, ColorConfig::default());

    let key = frame(&headers[0]);
    assert_eq!((key.frame_type, key.show_frame, key.showable_frame), (FrameType::Key, true, false));
    assert_eq!((key.quantization_params.base_q_idx, key.refresh_frame_flags), (11, 0xff));
    assert_eq!(key.delta_q, Some(DeltaQ { delta_q_res: 2, delta_lf: None }));
    assert_eq!(key.loop_filter_params.level, [0; 4]);
    assert_eq!((key.cdef_params.damping, key.cdef_params.cdef_bits), (3, 1));
    let strength = CdefStrength { pri_strength: 0, sec_strength: 2 };
    assert_eq!(key.cdef_params.uv[1], strength);
    assert_eq!(key.tx_mode, TxMode::Select);

    let hidden = frame(&headers[1]);
    assert_eq!((hidden.show_frame, hidden.showable_frame), (false, false));
    assert_eq!((hidden.order_hint, hidden.refresh_frame_flags), (16, 0x02));
    assert_eq!(hidden.primary_ref_frame, None);
    assert_eq!(hidden.loop_filter_params.level, [12, 12, 0, 4]);
    assert_eq!(hidden.loop_filter_params.deltas, LoopFilterDeltas::default());
    assert!(hidden.allow_high_precision_mv && hidden.use_ref_frame_mvs);
    assert_eq!(hidden.interpolation_filter, InterpolationFilter::EightTap);

    let shown = frame(&headers[5]);
    assert!(shown.show_frame && shown.reference_select && shown.skip_mode_present);
    assert_eq!((shown.order_hint, shown.quantization_params.base_q_idx), (1, 116));
    assert_eq!(shown.ref_frame_idx, [0, 0, 2, 0, 4, 3, 1]);
    assert_eq!(shown.refresh_frame_flags, 32);
    assert_eq!(
        headers[6],
        UncompressedHeader::ShowExistingFrame(ShowExistingFrame {
            frame_to_show_map_idx: 4,
            frame_presentation_time: None,
            display_frame_id: None,
        })
    );
}

#[test]
fn superres() {
    let (_, headers) = read(
        "00000003bd7c7bb5f60080",
        &["100289ac038e1c6128415d64", "2813e040000061d4880b2c00c28080a000"],
    );
    let key = frame(&headers[0]);
    assert_eq!((key.size.superres_denom, key.size.upscaled_width), (11, 176));
    assert_eq!((key.size.frame_width, key.size.frame_height), (128, 144));
    assert_eq!(key.loop_filter_params.level, [14, 14, 7, 6]);
    let inter = frame(&headers[1]);
    assert_eq!((inter.size.superres_denom, inter.size.frame_width), (13, 108));
    assert_eq!(inter.interpolation_filter, InterpolationFilter::Switchable);
    assert!(!inter.allow_high_precision_mv && inter.showable_frame);
}

#[test]
fn switch_frame_with_segments() {
    let (_, headers) = read(
        "000000f9debe3c42151020202340",
        &[
            "10080600047a34c760bdfa369fd40402020d0000000000001c71c7041044",
            "320a02000002047d8ffff873ecb030c30c08209400",
            "321204124926047d8ffff873ecb030c30c08209400",
            "321a0824924a047d8ffff873ecb030c30c08209400",
            "32220136db6e047d8ffff873ecb030c30c08209400",
            "322a02000002047d8ffff873ecb030c30c08209400",
            "323204124926047d8ffff873ecb030c30c08209400",
            "323a0824924a047d8ffff873ecb030c30c08209400",
            "71020a30e0000006db6dd7c7c0300023c08fb1ffff0e7d97f501fe80814041a0000000\
             00030c30c082094000",
        ],
    );
    let inter = frame(&headers[1]);
    assert_eq!((inter.primary_ref_frame, inter.size.found_ref), (Some(2), Some(0)));
    assert_eq!((inter.size.render_width, inter.size.render_height), (193, 144));
    assert!(inter.segmentation_params.segmentation_enabled);

    let switch = frame(&headers[8]);
    assert_eq!(switch.frame_type, FrameType::Switch);
    assert_eq!((switch.order_hint, switch.refresh_frame_flags), (8, 0xff));
    assert_eq!(switch.ref_order_hint, Some([4, 5, 6, 7, 0, 0, 0, 0]));
    assert_eq!(switch.ref_frame_idx, [3; 7]);
    assert!(switch.frame_size_override_flag && switch.error_resilient_mode);
    assert_eq!((switch.size.frame_width, switch.size.frame_height), (176, 144));
    assert_eq!((switch.size.render_width, switch.size.render_height), (193, 144));
    let q = switch.quantization_params;
    assert_eq!((q.base_q_idx, q.delta_q_y_dc), (125, 15));
    assert_eq!((q.delta_q_u_dc, q.delta_q_u_ac), (-1, -16));
    assert_eq!((q.delta_q_v_dc, q.delta_q_v_ac), (-25, -39));
    let features = &switch.segmentation_params.feature_data;
    assert_eq!((features[0][0], features[0][1], features[1][0]), (Some(-11), None, Some(-3)));
}

#[test]
fn segments_of_adaptive_quantization() {
    let (_, headers) = read(
        LIBAOM,
        &[
            "100089e0082082090410",
            "30038080fdf83a5f878077c03b10000000000006db6db141a45000",
            "300401057df83a5f868077c03b10000000000006db6db141a45000",
        ],
    );
    let inter = frame(&headers[2]);
    assert_eq!((inter.primary_ref_frame, inter.primary_ref_slot()), (Some(0), Some(1)));
    assert_eq!(inter.ref_frame_idx, [1, 2, 7, 6, 7, 7, 0]);
    let segments = &inter.segmentation_params;
    assert!(segments.segmentation_update_map && segments.segmentation_update_data);
    assert!(!segments.segmentation_temporal_update && !segments.seg_id_pre_skip());
    assert_eq!((segments.feature_data[1][0], segments.feature_data[2][0]), (Some(-66), Some(-79)));
    assert_eq!(segments.last_active_seg_id(), 2);
    assert_eq!([0, 1, 2].map(|segment| inter.qindex(segment)), [191, 125, 112]);
    let strengths = (inter.cdef_params.y[0], inter.cdef_params.uv[0]);
    let strength = |pri_strength, sec_strength| CdefStrength { pri_strength, sec_strength };
    assert_eq!(strengths, (strength(3, 1), strength(2, 0)));
}

#[test]
fn tiles() {
    let (sequence, headers) = read("0000002d4cffb3cdaf9004", &["1000e935602ebaeb8a1452"]);
    assert_eq!((sequence.max_frame_width, sequence.max_frame_height), (1280, 720));
    let info = &frame(&headers[0]).tile_info;
    assert!(info.uniform_tile_spacing_flag);
    assert_eq!((info.tile_cols_log2, info.tile_rows_log2), (2, 1));
    assert_eq!(info.mi_col_starts[..], [0, 80, 160, 240, 320]);
    assert_eq!(info.mi_row_starts[..], [0, 96, 180]);
    assert_eq!((info.context_update_tile_id, info.tile_size_bytes), (2, 2));
}

#[test]
fn global_motion_and_film_grain() {
    let headers = [
        "10008820c249184128400415bde4200c0ffc0100407fc0100407fc07c240c1c040bec43ec3b4c0b3c03b4337be\
         5ad242bdb7c461423cc142463a42bc434436b849bb3f48ab5d3f39c4c72e61c0423cc142463a42bc434436b849\
         bb3f48ab5d3f39c4c72e61c02c06040203020180",
        "281be04000002347f0632c942096c082b2807613a40181ff8020080ff8020080ff80f84818380817d887d97688\
         1678076866f7cb5a4857b6f88c2847982848c74857886886d7093767e9156ba7e73898e5cc380847982848c748\
         57886886d7093767e9156ba7e73898e5cc380580c08040604030",
        "280de080002003495063ef8c40a6eb0203403e571200c0ffc0100407fc0100407fc07c240c1c040bec43ec3b4c\
         0b3c03b4337be5ad242bdb7c461423cc142463a42bc434436b849bb3f48ab5d3f39c4c72e61c0423cc142463a4\
         2bc434436b849bb3f48ab5d3f39c4c72e61c02c0604020302018",
        "280681000040834a001b6c61051701e0fe87fb4be73f1a21a45200c0ffc0100407fc0100407fc07c240c1c040b\
         ec43ec3b4c0b3c03b4337be5ad242bdb7c461423cc142463a42bc434436b849bb3f48ab5d3f39c4c72e61c0423\
         cc142463a42bc434436b849bb3f48ab5d3f39c4c72e61c02c0604020302018",
    ];
    let (sequence, headers) = read("00000003bd7c79b5f20180", &headers);
    assert!(sequence.film_grain_params_present);
    let inter = frame(&headers[3]);
    // The recentred codes 195, 466, 185 and 154 stand for −98, 233, −93 and 77.
    let params = [-93 << 10, 77 << 10, (1 << 16) - 98 * 2, 233 * 2, -233 * 2, (1 << 16) - 98 * 2];
    let motion = GlobalMotion { gm_type: WarpModelType::RotZoom, params };
    assert_eq!(inter.global_motion[5], motion);
    assert_eq!(inter.global_motion[4], GlobalMotion::default());

    let grain = inter.film_grain_params.as_ref().unwrap();
    assert_eq!((grain.grain_seed, grain.film_grain_params_ref_idx), (3362, None));
    let points = |scaling| [0, 255].map(|value| ScalingPoint { value, scaling });
    assert_eq!(grain.points_y, points(192));
    assert_eq!((&grain.points_cb[..], &grain.points_cr[..]), (&points(128)[..], &points(128)[..]));
    assert_eq!((grain.grain_scaling_minus_8, grain.ar_coeff_lag), (3, 3));
    assert_eq!(grain.ar_coeffs_y_plus_128[..4], [132, 129, 131, 128]);
    assert_eq!(grain.ar_coeffs_y_plus_128[22..], [136, 194]);
    assert_eq!(grain.ar_coeffs_cr_plus_128[22..], [92, 195, 128]);
    assert_eq!((grain.ar_coeff_shift_minus_6, grain.grain_scale_shift), (1, 1));
    assert_eq!(grain.cr, ChromaScaling { mult: 128, luma_mult: 192, offset: 256 });
    assert!(grain.overlap_flag && grain.clip_to_restricted_range);
}

#[test]
fn decoder_model() {
    let (sequence, headers) = read(
        "0400000fa40001d4c17800001f4a530000035f915f90bbbd7c79b5f20080",
        &["100000802479062080a2896eb020a0", "2809f00c08000000691a0c618145145c0500"],
    );
    assert_eq!(
        sequence.timing_info,
        Some(TimingInfo {
            num_units_in_display_tick: 1001,
            time_scale: 30000,
            num_ticks_per_picture_minus_1: None,
        })
    );
    assert_eq!(
        sequence.decoder_model_info,
        Some(DecoderModelInfo {
            buffer_delay_length_minus_1: 15,
            num_units_in_decoding_tick: 1001,
            buffer_removal_time_length_minus_1: 9,
            frame_presentation_time_length_minus_1: 9,
        })
    );
    let point = sequence.operating_points[0];
    let parameters = OperatingParametersInfo {
        decoder_buffer_delay: 45000,
        encoder_buffer_delay: 45000,
        low_delay_mode_flag: false,
    };
    assert_eq!(point.parameters, Some(parameters));
    assert_eq!(point.initial_display_delay_minus_1, Some(7));
    let key = frame(&headers[0]);
    assert_eq!(key.frame_presentation_time, Some(0));
    assert_eq!(key.buffer_removal_time, Some(vec![Some(1)]));
    assert_eq!(key.quantization_params.base_q_idx, 121);
}

#[test]
fn other_formats() {
    let (sequence, _) = read("40000003bd7c79b5f2c440", &["10008fe0c4923ca12dd60414"]);
    let color = &sequence.color_config;
    assert_eq!((sequence.seq_profile, color.bit_depth), (2, 12));
    assert_eq!((color.subsampling_x, color.subsampling_y), (true, false));

    let (sequence, headers) = read("181debe3da0080", &["128005d72ce145c040"]);
    assert!(sequence.still_picture && sequence.reduced_still_picture_header);
    let key = frame(&headers[0]);
    assert_eq!((key.size.frame_width, key.quantization_params.base_q_idx), (176, 160));
}
