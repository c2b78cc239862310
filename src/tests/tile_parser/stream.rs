//! Whole streams: headers by `av1::obu`, tiles by this parser.

use super::frame_state::ParserState;
use super::input::TileParserInput;
use super::log::{FrameLog, ParseFailure};
use super::parse_frame;
use crate::av1::obu::BitstreamError;
use crate::av1::obu::frame::global_motion::WarpModelType;
use crate::av1::obu::{DecoderState, FrameHeader, FrameType, ObuContent, Obus, SequenceHeader};

/// A parser that goes through a stream unit by unit.
#[derive(Clone, Default)]
pub(crate) struct StreamParser {
    headers: DecoderState,
    /// The reference slots.
    pub(crate) state: ParserState,
    frames: usize,
}

/// Parses all frames of a stream that starts with a key frame. Frames that are only shown leave no
/// log.
pub(crate) fn parse_stream(units: &[Vec<u8>]) -> Result<Vec<FrameLog>, ParseFailure> {
    let mut parser = StreamParser::default();
    let mut logs = Vec::new();
    for unit in units {
        logs.append(&mut parser.parse_unit(unit)?);
    }
    Ok(logs)
}

impl StreamParser {
    /// Parses the frames of the next temporal unit.
    pub(crate) fn parse_unit(&mut self, unit: &[u8]) -> Result<Vec<FrameLog>, ParseFailure> {
        let mut logs = Vec::new();
        let mut pending: Option<(TileParserInput, Vec<&[u8]>)> = None;
        for obu in Obus::new(unit) {
            let obu = obu?;
            let before = self.headers.clone();
            let content = self.headers.push(&obu)?;
            let tile_group = match content {
                ObuContent::ShowExistingFrame(header, frame) => {
                    if frame.frame_type == FrameType::Key {
                        let slot = usize::from(header.frame_to_show_map_idx);
                        self.state.show_existing_key_frame(slot);
                    }
                    continue;
                }
                ObuContent::FrameHeader(header) => {
                    pending = Some((self.input(&before, &header)?, Vec::new()));
                    continue;
                }
                ObuContent::Frame(header, tile_group) => {
                    pending = Some((self.input(&before, &header)?, Vec::new()));
                    tile_group
                }
                ObuContent::TileGroup(tile_group) => tile_group,
                _ => continue,
            };
            let Some((input, tiles)) = &mut pending else {
                return Err(ParseFailure::new("tiles without a header".to_string()));
            };
            tiles.extend(tile_group.tiles.into_iter().map(|range| &obu.payload[range]));
            let num_tiles = (input.mi_col_starts.len() - 1) * (input.mi_row_starts.len() - 1);
            if tiles.len() == num_tiles {
                let log = parse_frame(input, tiles, &mut self.state).map_err(|failure| {
                    let reason = format!("frame {}: {}", self.frames, failure.reason);
                    ParseFailure { reason, ..failure }
                })?;
                self.frames += 1;
                pending = None;
                logs.push(log);
            }
        }
        Ok(logs)
    }

    fn input(
        &self,
        before: &DecoderState,
        header: &FrameHeader,
    ) -> Result<TileParserInput, ParseFailure> {
        let sequence = before.sequence_header().ok_or_else(|| {
            ParseFailure::new(format!("frame {} has no sequence header", self.frames))
        })?;
        let skip_mode_frame = if header.skip_mode_present {
            before.skip_mode_frames(header).map(|names| names.map(|name| name as i8))
        } else {
            None
        };
        TileParserInput::new(sequence, header, skip_mode_frame).map_err(|tool| {
            ParseFailure::new(format!("frame {} is outside the subset: {tool}", self.frames))
        })
    }
}

impl From<BitstreamError> for ParseFailure {
    fn from(error: BitstreamError) -> Self {
        Self::new(error.to_string())
    }
}

impl TileParserInput {
    /// The input for a frame with a parsed header; `skip_mode_frame` is SkipModeFrame if
    /// skip_mode_present is set. The error names a tool outside the subset.
    pub(crate) fn new(
        sequence: &SequenceHeader,
        header: &FrameHeader,
        skip_mode_frame: Option<[i8; 2]>,
    ) -> Result<Self, &'static str> {
        let inter = !header.is_intra();
        let refused = [
            (header.allow_intrabc, "allow_intrabc"),
            (header.lr_params.uses_lr(), "UsesLr"),
            (header.size.is_narrowed(), "use_superres"),
            (inter && sequence.enable_interintra_compound, "enable_interintra_compound"),
            (header.reference_select && sequence.enable_masked_compound, "enable_masked_compound"),
            (header.reference_select && sequence.enable_jnt_comp, "enable_jnt_comp"),
            (header.global_motion.iter().any(|gm| gm.gm_type != WarpModelType::Identity), "GmType"),
        ];
        if let Some((_, tool)) = refused.iter().find(|(present, _)| *present) {
            return Err(tool);
        }
        let color = &sequence.color_config;
        let quantization = &header.quantization_params;
        let segmentation = &header.segmentation_params;
        let delta_lf = header.delta_q.and_then(|delta_q| delta_q.delta_lf);
        let starts = |starts: &[u32]| starts.iter().map(|start| *start as i32).collect();
        Ok(Self {
            use_128x128_superblock: sequence.use_128x128_superblock,
            enable_filter_intra: sequence.enable_filter_intra,
            enable_dual_filter: sequence.enable_dual_filter,
            enable_cdef: sequence.enable_cdef,
            order_hint_bits: sequence.order_hint_bits.into(),
            num_planes: color.num_planes(),
            subsampling_x: color.subsampling_x.into(),
            subsampling_y: color.subsampling_y.into(),
            frame_is_intra: header.is_intra(),
            disable_cdf_update: header.disable_cdf_update,
            disable_frame_end_update_cdf: header.disable_frame_end_update_cdf,
            primary_ref_frame: header.primary_ref_frame.map(usize::from),
            refresh_frame_flags: header.refresh_frame_flags,
            ref_frame_idx: header.ref_frame_idx.map(usize::from),
            order_hint: header.order_hint.into(),
            allow_screen_content_tools: header.allow_screen_content_tools,
            mi_rows: header.size.mi_rows() as i32,
            mi_cols: header.size.mi_cols() as i32,
            force_integer_mv: header.force_integer_mv,
            allow_high_precision_mv: header.allow_high_precision_mv,
            interpolation_filter: header.interpolation_filter,
            is_motion_mode_switchable: header.is_motion_mode_switchable,
            allow_warped_motion: header.allow_warped_motion,
            use_ref_frame_mvs: header.use_ref_frame_mvs,
            mi_row_starts: starts(&header.tile_info.mi_row_starts),
            mi_col_starts: starts(&header.tile_info.mi_col_starts),
            context_update_tile_id: header.tile_info.context_update_tile_id.into(),
            base_q_idx: quantization.base_q_idx,
            plane_deltas: [
                quantization.delta_q_y_dc,
                quantization.delta_q_u_dc,
                quantization.delta_q_u_ac,
                quantization.delta_q_v_dc,
                quantization.delta_q_v_ac,
            ],
            segmentation_enabled: segmentation.segmentation_enabled,
            segmentation_update_map: segmentation.segmentation_update_map,
            segmentation_temporal_update: segmentation.segmentation_temporal_update,
            feature_data: segmentation.feature_data,
            delta_q_present: header.delta_q.is_some(),
            delta_q_res: header.delta_q.map_or(0, |delta_q| delta_q.delta_q_res.into()),
            delta_lf_present: delta_lf.is_some(),
            delta_lf_res: delta_lf.map_or(0, |delta_lf| delta_lf.delta_lf_res.into()),
            delta_lf_multi: delta_lf.is_some_and(|delta_lf| delta_lf.delta_lf_multi),
            cdef_bits: header.cdef_params.cdef_bits.into(),
            tx_mode: header.tx_mode,
            reference_select: header.reference_select,
            skip_mode_frame,
            reduced_tx_set: header.reduced_tx_set,
        })
    }
}
