//! Random legal frame headers for a state.

use super::Choices;
use crate::av1::obu::frame::references::RelativeDistance;
use crate::av1::obu::frame::segmentation::FeatureData;
use crate::av1::obu::frame::{
    CdefParams, CdefStrength, ChromaScaling, DeltaLf, DeltaQ, FilmGrainParams, FrameSize,
    GlobalMotion, InterpolationFilter, LoopFilterParams, LrParams, NUM_REF_FRAMES,
    QuantizationParams, QuantizerMatrixLevels, REFS_PER_FRAME, RestorationType, ScalingPoint,
    SegmentationParams, TileInfo, TileLimits, TxMode, WarpModelType,
};
use crate::av1::obu::{
    ColorConfig, DecoderState, FrameHeader, FrameType, LayerId, SequenceHeader, ShowExistingFrame,
    UncompressedHeader,
};

/// The slots that a header may refer to.
fn valid_slots(state: &DecoderState, h: &FrameHeader) -> Vec<u8> {
    let context = state.context(LayerId::default()).unwrap();
    let valid = context.valid_slots(h.current_frame_id, h.ref_order_hint.as_ref());
    (0..NUM_REF_FRAMES as u8).filter(|&slot| valid[usize::from(slot)]).collect()
}

pub(super) fn uncompressed_header(
    c: &mut Choices,
    sequence: &SequenceHeader,
    state: &DecoderState,
    previous_id: Option<u16>,
    layer: LayerId,
) -> UncompressedHeader {
    let presentation_time = sequence
        .decoder_model_info
        .filter(|_| {
            sequence
                .timing_info
                .is_some_and(|timing| timing.num_ticks_per_picture_minus_1.is_none())
        })
        .map(|model| c.bits(u32::from(model.frame_presentation_time_length_minus_1) + 1));
    let showable = |slot: &u8| {
        let frame = state.slots()[usize::from(*slot)].as_ref();
        frame.is_some_and(|frame| frame.valid && frame.showable_frame)
    };
    let showable: Vec<u8> = (0..8).filter(showable).collect();
    if !sequence.reduced_still_picture_header && !showable.is_empty() && c.rarely(6) {
        let slot = c.pick(&showable);
        return UncompressedHeader::ShowExistingFrame(ShowExistingFrame {
            frame_to_show_map_idx: slot,
            frame_presentation_time: presentation_time,
            display_frame_id: state.slots()[usize::from(slot)].as_ref().unwrap().frame_id,
        });
    }
    let frame_type = match sequence.reduced_still_picture_header {
        true => FrameType::Key,
        false => c.pick(&[
            FrameType::Key,
            FrameType::Inter,
            FrameType::Inter,
            FrameType::Inter,
            FrameType::IntraOnly,
            FrameType::Switch,
        ]),
    };
    let frame = |frame_type, c: &mut Choices| {
        let mut h = frame_header(c, sequence, state, frame_type, previous_id, layer)?;
        h.frame_presentation_time = presentation_time.filter(|_| h.show_frame);
        Some(UncompressedHeader::Frame(Box::new(h)))
    };
    (0..4)
        .find_map(|_| frame(frame_type, c))
        .or_else(|| (0..4).find_map(|_| frame(FrameType::Key, c)))
        .unwrap_or_else(|| frame(FrameType::Key, &mut Choices { values: vec![], next: 0 }).unwrap())
}

/// A header of this type, or `None` if chance led to one that the references rule out.
fn frame_header(
    c: &mut Choices,
    s: &SequenceHeader,
    state: &DecoderState,
    frame_type: FrameType,
    previous_id: Option<u16>,
    layer: LayerId,
) -> Option<FrameHeader> {
    let mut h = FrameHeader::new(s, frame_type, 0).ok()?;
    let reduced = s.reduced_still_picture_header;
    if !reduced {
        h.show_frame = !c.rarely(3);
        h.showable_frame = if h.show_frame { frame_type != FrameType::Key } else { c.flag() };
        h.frame_size_override_flag = frame_type == FrameType::Switch || c.flag();
    }
    let resets = frame_type == FrameType::Switch || frame_type == FrameType::Key && h.show_frame;
    h.error_resilient_mode = resets || c.flag();
    h.refresh_frame_flags = if resets { 0xff } else { c.bits(8) as u8 };
    if frame_type == FrameType::IntraOnly && h.refresh_frame_flags == 0xff {
        h.refresh_frame_flags = 0x7f;
    }
    h.disable_cdf_update = c.rarely(4);
    h.disable_frame_end_update_cdf = reduced || h.disable_cdf_update || c.flag();
    h.allow_screen_content_tools = s.seq_force_screen_content_tools.unwrap_or_else(|| c.flag());
    if h.allow_screen_content_tools {
        h.force_integer_mv |= s.seq_force_integer_mv.unwrap_or_else(|| c.flag());
    }
    h.current_frame_id = s.frame_id_lengths.map(|lengths| {
        let range = 1 << lengths.id_bits();
        let step = 1 + c.below((range / 2 - 1).min(3));
        ((u32::from(previous_id.unwrap_or(0)) + step) % range) as u16
    });
    h.order_hint = c.bits(s.order_hint_bits.into()) as u8;
    let has_hints = (!h.is_intra() || h.refresh_frame_flags != 0xff)
        && h.error_resilient_mode
        && s.order_hint_bits > 0;
    h.ref_order_hint = has_hints.then(|| {
        std::array::from_fn(|slot| match &state.slots()[slot] {
            Some(frame) if !c.rarely(16) => frame.order_hint,
            _ => c.bits(s.order_hint_bits.into()) as u8,
        })
    });
    h.buffer_removal_time = s.decoder_model_info.filter(|_| c.flag()).map(|model| {
        let n = u32::from(model.buffer_removal_time_length_minus_1) + 1;
        let points = s.operating_points.iter();
        let in_layer = |idc| layer.in_operating_point(idc);
        points
            .map(|point| {
                let coded = point.parameters.is_some() && in_layer(point.operating_point_idc);
                coded.then(|| c.bits(n))
            })
            .collect()
    });
    let primary = if h.is_intra() {
        h.size = size(c, s, h.frame_size_override_flag);
        h.allow_intrabc = h.allow_screen_content_tools && !h.size.is_narrowed() && c.flag();
        None
    } else {
        references(c, s, state, &mut h)?;
        h.primary_ref_slot().and_then(|slot| state.slots()[usize::from(slot)].as_ref())
    };
    h.tile_info = tile_info(c, s, &h.size)?;
    let color = &s.color_config;
    h.quantization_params = quantization_params(c, color);
    h.segmentation_params = segmentation_params(c, primary.map(|frame| &frame.feature_data));
    let lossless = h.coded_lossless();
    if h.quantization_params.base_q_idx > 0 && !lossless {
        h.delta_q = c.maybe(|c| DeltaQ {
            delta_q_res: c.byte(4),
            delta_lf: c
                .maybe(|c| DeltaLf { delta_lf_res: c.byte(4), delta_lf_multi: c.flag() })
                .filter(|_| !h.allow_intrabc),
        });
    }
    if !lossless && !h.allow_intrabc {
        let deltas = primary.map(|frame| frame.loop_filter_deltas).unwrap_or_default();
        h.loop_filter_params = LoopFilterParams { deltas, ..h.loop_filter_params };
        loop_filter_params(c, color, &mut h.loop_filter_params);
        if s.enable_cdef {
            h.cdef_params = cdef_params(c, color);
        }
    }
    if !h.all_lossless() && !h.allow_intrabc && s.enable_restoration {
        h.lr_params = lr_params(c, s);
    }
    h.tx_mode = match (lossless, c.flag()) {
        (true, _) => TxMode::Only4x4,
        (false, true) => TxMode::Select,
        (false, false) => TxMode::Largest,
    };
    h.reduced_tx_set = c.flag();
    if !h.is_intra() {
        h.reference_select = c.flag();
        h.skip_mode_present = state.skip_mode_frames(&h).is_some() && c.flag();
        h.allow_warped_motion = !h.error_resilient_mode && s.enable_warped_motion && c.flag();
        for motion in &mut h.global_motion[1..] {
            *motion = global_motion(c, h.allow_high_precision_mv);
        }
    }
    if s.film_grain_params_present && (h.show_frame || h.showable_frame) && c.flag() {
        h.film_grain_params = Some(film_grain_params(c, color));
        if frame_type == FrameType::Inter && c.flag() {
            let slot = c.pick(&h.ref_frame_idx);
            let loaded = state.slots()[usize::from(slot)].as_ref().unwrap();
            h.film_grain_params = Some(FilmGrainParams {
                grain_seed: c.bits(16) as u16,
                film_grain_params_ref_idx: Some(slot),
                ..loaded.film_grain_params.clone().unwrap_or_default()
            });
        }
    }
    Some(h)
}

fn references(
    c: &mut Choices,
    s: &SequenceHeader,
    state: &DecoderState,
    h: &mut FrameHeader,
) -> Option<()> {
    let valid = valid_slots(state, h);
    if valid.is_empty() {
        return None;
    }
    h.ref_frame_idx = std::array::from_fn(|_| c.pick(&valid));
    if s.order_hint_bits > 0 && c.flag() {
        let context = state.context(LayerId::default()).unwrap();
        let distance = RelativeDistance::new(s.order_hint_bits);
        let hint = |slot: &u8| state.slots()[usize::from(*slot)].as_ref().unwrap().order_hint;
        let forward: Vec<u8> = valid
            .iter()
            .copied()
            .filter(|slot| distance.get(hint(slot), h.order_hint) < 0)
            .collect();
        if !forward.is_empty() {
            let (last, gold) = (c.pick(&forward), c.pick(&forward));
            let refs = context.set_frame_refs(h.order_hint, last, gold).unwrap();
            if refs.iter().all(|slot| valid.contains(slot)) {
                h.ref_frame_idx = refs;
                h.frame_refs_short_signaling = true;
            }
        }
    }
    if !h.error_resilient_mode {
        h.primary_ref_frame = c.maybe(|c| c.byte(REFS_PER_FRAME as u32));
    }
    h.size = size(c, s, h.frame_size_override_flag);
    if h.frame_size_override_flag && !h.error_resilient_mode && c.flag() {
        let i = c.byte(REFS_PER_FRAME as u32);
        let slot = h.ref_frame_idx[usize::from(i)];
        let reference = state.slots()[usize::from(slot)].as_ref().unwrap().size;
        h.size = FrameSize {
            render_width: reference.render_width,
            render_height: reference.render_height,
            found_ref: Some(i),
            ..FrameSize::new(reference.upscaled_width, reference.frame_height)
        };
        if s.enable_superres && c.flag() {
            h.size = h.size.with_superres(9 + c.byte(8));
        }
    }
    let fits = h.ref_frame_idx.iter().all(|&slot| {
        let reference = state.slots()[usize::from(slot)].as_ref().unwrap().size;
        2 * h.size.frame_width >= reference.upscaled_width
            && 2 * h.size.frame_height >= reference.frame_height
            && h.size.frame_width <= 16 * reference.upscaled_width
            && h.size.frame_height <= 16 * reference.frame_height
    });
    if !fits {
        return None;
    }
    h.allow_high_precision_mv = !h.force_integer_mv && c.flag();
    h.interpolation_filter = c.pick(&[
        InterpolationFilter::EightTap,
        InterpolationFilter::EightTapSmooth,
        InterpolationFilter::EightTapSharp,
        InterpolationFilter::Bilinear,
        InterpolationFilter::Switchable,
    ]);
    h.is_motion_mode_switchable = c.flag();
    h.use_ref_frame_mvs = !h.error_resilient_mode && s.enable_ref_frame_mvs && c.flag();
    Some(())
}

fn size(c: &mut Choices, s: &SequenceHeader, frame_size_override_flag: bool) -> FrameSize {
    let (mut width, mut height) = (s.max_frame_width, s.max_frame_height);
    if frame_size_override_flag {
        let part = 1 + 2 * c.below(2);
        width -= c.below(width.div_ceil(part));
        height -= c.below(height.div_ceil(part));
    }
    let mut size = FrameSize::new(width, height);
    if s.enable_superres && c.flag() {
        size = size.with_superres(9 + c.byte(8));
    }
    if c.rarely(4) {
        size.render_and_frame_size_different = true;
        (size.render_width, size.render_height) = (1 + c.below(65536), 1 + c.below(65536));
    }
    size
}

fn tile_info(c: &mut Choices, s: &SequenceHeader, size: &FrameSize) -> Option<TileInfo> {
    let limits = TileLimits::new(s, size).ok()?;
    let between =
        |c: &mut Choices, low: u8, high: u8| low + c.byte(u32::from(high.saturating_sub(low)) + 1);
    let cols = between(c, limits.min_log2_tile_cols, limits.max_log2_tile_cols);
    let rows = between(c, limits.min_log2_tile_rows(cols), limits.max_log2_tile_rows);
    let uniform = TileInfo::uniform(s, size, cols, rows);
    let mut info = uniform.or_else(|_| TileInfo::fewest(s, size)).ok()?;
    if c.flag() {
        let sb = if s.use_128x128_superblock { 32 } else { 16 };
        let starts = |c: &mut Choices, sbs: u32, most: u32, end: u32| {
            let (mut starts, mut start, mut widest) = (vec![], 0, 1);
            while start < sbs {
                starts.push(start * sb);
                let least =
                    (sbs - start).div_ceil(65u32.saturating_sub(starts.len() as u32).max(1));
                let most = most.min(sbs - start);
                let step = least.min(most) + c.below(most - least.min(most) + 1);
                (start, widest) = (start + step, widest.max(step));
            }
            starts.push(end);
            (starts, widest)
        };
        let (cols, widest) = starts(c, limits.sb_cols, limits.max_tile_width_sb, size.mi_cols());
        let area = limits.sb_cols * limits.sb_rows;
        let area =
            if limits.min_log2_tiles > 0 { area >> (limits.min_log2_tiles + 1) } else { area };
        let (rows, _) = starts(c, limits.sb_rows, (area / widest).max(1), size.mi_rows());
        let log2 = |starts: &[u32]| (starts.len() as u32 - 1).next_power_of_two().ilog2() as u8;
        if cols.len() > 65 || rows.len() > 65 {
            return None;
        }
        info = TileInfo {
            uniform_tile_spacing_flag: false,
            tile_cols_log2: log2(&cols),
            tile_rows_log2: log2(&rows),
            mi_col_starts: cols.into_iter().collect(),
            mi_row_starts: rows.into_iter().collect(),
            ..info
        };
    }
    if info.tile_cols_log2 + info.tile_rows_log2 > 0 {
        info.context_update_tile_id = c.below(info.num_tiles() as u32) as u16;
        info.tile_size_bytes = 1 + c.byte(4);
    }
    Some(info)
}

fn quantization_params(c: &mut Choices, color: &ColorConfig) -> QuantizationParams {
    let delta = |c: &mut Choices| if c.flag() { c.signed(-64, 63) as i8 } else { 0 };
    let mut params = QuantizationParams {
        base_q_idx: if c.rarely(4) { 0 } else { c.bits(8) as u8 },
        ..QuantizationParams::default()
    };
    if c.flag() {
        params.delta_q_y_dc = delta(c);
        if !color.mono_chrome {
            (params.delta_q_u_dc, params.delta_q_u_ac) = (delta(c), delta(c));
            (params.delta_q_v_dc, params.delta_q_v_ac) = match color.separate_uv_delta_q {
                true => (delta(c), delta(c)),
                false => (params.delta_q_u_dc, params.delta_q_u_ac),
            };
        }
    }
    params.matrix_levels = c.maybe(|c| {
        let (qm_y, qm_u, qm_v) = (c.byte(16), c.byte(16), c.byte(16));
        let qm_v = if color.separate_uv_delta_q { qm_v } else { qm_u };
        QuantizerMatrixLevels { qm_y, qm_u, qm_v }
    });
    params
}

fn segmentation_params(c: &mut Choices, previous: Option<&FeatureData>) -> SegmentationParams {
    let mut params = SegmentationParams::default();
    if !c.flag() {
        return params;
    }
    params.segmentation_enabled = true;
    params.segmentation_update_map = previous.is_none() || c.flag();
    params.segmentation_temporal_update =
        previous.is_some() && params.segmentation_update_map && c.flag();
    params.segmentation_update_data = previous.is_none() || c.flag();
    params.feature_data = previous.copied().unwrap_or_default();
    if params.segmentation_update_data {
        let limits =
            [(-255, 255), (-63, 63), (-63, 63), (-63, 63), (-63, 63), (0, 7), (0, 0), (0, 0)];
        for data in &mut params.feature_data {
            for (data, (low, high)) in data.iter_mut().zip(limits) {
                *data = if c.rarely(4) { Some(c.signed(low, high) as i16) } else { None };
            }
        }
    }
    params
}

fn loop_filter_params(c: &mut Choices, color: &ColorConfig, params: &mut LoopFilterParams) {
    params.level = [c.byte(64), c.byte(64), 0, 0];
    if params.level != [0; 4] && !color.mono_chrome {
        (params.level[2], params.level[3]) = (c.byte(64), c.byte(64));
    }
    params.sharpness = c.byte(8);
    params.delta_enabled = c.flag();
    params.delta_update = params.delta_enabled && c.flag();
    if params.delta_update {
        let deltas = &mut params.deltas;
        for delta in deltas.ref_deltas.iter_mut().chain(&mut deltas.mode_deltas) {
            if c.flag() {
                *delta = c.signed(-64, 63) as i8;
            }
        }
    }
}

fn cdef_params(c: &mut Choices, color: &ColorConfig) -> CdefParams {
    let mut params =
        CdefParams { damping: 3 + c.byte(4), cdef_bits: c.byte(4), ..CdefParams::default() };
    let strength = |c: &mut Choices| CdefStrength {
        pri_strength: c.byte(16),
        sec_strength: c.pick(&[0, 1, 2, 4]),
    };
    for i in 0..1 << params.cdef_bits {
        params.y[i] = strength(c);
        if !color.mono_chrome {
            params.uv[i] = strength(c);
        }
    }
    params
}

fn lr_params(c: &mut Choices, s: &SequenceHeader) -> LrParams {
    use RestorationType::{None, SgrProj, Switchable, Wiener};
    let color = &s.color_config;
    let mut params = LrParams::default();
    for kind in &mut params.frame_restoration_type[..color.num_planes()] {
        *kind = c.pick(&[None, Switchable, Wiener, SgrProj]);
    }
    if params.uses_lr() {
        let least = u8::from(s.use_128x128_superblock);
        params.lr_unit_shift = least + c.byte(u32::from(3 - least));
        params.lr_uv_shift = color.subsampling_x
            && color.subsampling_y
            && params.frame_restoration_type[1..] != [None; 2]
            && c.flag();
    }
    params
}

fn global_motion(c: &mut Choices, allow_high_precision_mv: bool) -> GlobalMotion {
    let gm_type = c.pick(&[
        WarpModelType::Identity,
        WarpModelType::Translation,
        WarpModelType::RotZoom,
        WarpModelType::Affine,
    ]);
    let mut motion = GlobalMotion { gm_type, ..GlobalMotion::default() };
    let alpha = |c: &mut Choices| c.signed(-4096, 4096) * 2;
    let (limit, shift) = match (motion.gm_type, allow_high_precision_mv) {
        (WarpModelType::Identity, _) => return motion,
        (WarpModelType::Translation, false) => (256, 14),
        (WarpModelType::Translation, true) => (512, 13),
        _ => (4096, 10),
    };
    motion.params[0] = c.signed(-limit, limit) << shift;
    motion.params[1] = c.signed(-limit, limit) << shift;
    if motion.gm_type >= WarpModelType::RotZoom {
        motion.params[2] += alpha(c);
        motion.params[3] = alpha(c);
        (motion.params[4], motion.params[5]) = (-motion.params[3], motion.params[2]);
    }
    if motion.gm_type == WarpModelType::Affine {
        (motion.params[4], motion.params[5]) = (alpha(c), (1 << 16) + alpha(c));
    }
    motion
}

fn film_grain_params(c: &mut Choices, color: &ColorConfig) -> FilmGrainParams {
    let points = |c: &mut Choices, most: u32| {
        let mut value = 0;
        let mut points = vec![];
        for _ in 0..c.below(most + 1) {
            points.push(ScalingPoint { value, scaling: c.bits(8) as u8 });
            value += 1 + c.byte(17);
        }
        points
    };
    let mut params =
        FilmGrainParams { grain_seed: c.bits(16) as u16, ..FilmGrainParams::default() };
    params.points_y = points(c, 14);
    params.chroma_scaling_from_luma = !color.mono_chrome && c.flag();
    let subsampled = color.subsampling_x && color.subsampling_y;
    let no_chroma = color.mono_chrome
        || params.chroma_scaling_from_luma
        || subsampled && params.points_y.is_empty();
    if !no_chroma {
        (params.points_cb, params.points_cr) = (points(c, 10), points(c, 10));
        if subsampled && params.points_cb.is_empty() != params.points_cr.is_empty() {
            params.points_cr = params.points_cb.clone();
        }
    }
    params.grain_scaling_minus_8 = c.byte(4);
    params.ar_coeff_lag = c.byte(4);
    let lag = usize::from(params.ar_coeff_lag);
    let luma = 2 * lag * (lag + 1);
    let with_luma = !params.points_y.is_empty();
    let mut fill = |coefficients: &mut [u8], count: usize, coded: bool| {
        for coefficient in coefficients.iter_mut().take(if coded { count } else { 0 }) {
            *coefficient = c.bits(8) as u8;
        }
    };
    let count = luma + usize::from(with_luma);
    let from_luma = params.chroma_scaling_from_luma;
    fill(&mut params.ar_coeffs_y_plus_128, luma, with_luma);
    fill(&mut params.ar_coeffs_cb_plus_128, count, from_luma || !params.points_cb.is_empty());
    fill(&mut params.ar_coeffs_cr_plus_128, count, from_luma || !params.points_cr.is_empty());
    params.ar_coeff_shift_minus_6 = c.byte(4);
    params.grain_scale_shift = c.byte(4);
    let scaling = |c: &mut Choices, points: &[ScalingPoint]| match points {
        [] => ChromaScaling::default(),
        _ => ChromaScaling {
            mult: c.bits(8) as u8,
            luma_mult: c.bits(8) as u8,
            offset: c.bits(9) as u16,
        },
    };
    params.cb = scaling(c, &params.points_cb);
    params.cr = scaling(c, &params.points_cr);
    params.overlap_flag = c.flag();
    params.clip_to_restricted_range = c.flag();
    params
}
