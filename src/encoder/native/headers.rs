//! The headers of the native engine: what it switches on, and why.

use crate::av1::obu::BitstreamError;
use crate::av1::obu::frame::{
    DeltaQ, FrameHeader, FrameType, InterpolationFilter, TileInfo, TileLimits, TxMode,
};
use crate::av1::obu::level::seq_level_idx;
use crate::av1::obu::{ColorCodes, SequenceHeader};
use crate::config::{RateMode, Settings};
use crate::layers::{FramePlan, ORDER_HINT_BITS};
use crate::rate::DELTA_Q_RES;
use crate::search::filter_strength;
use crate::search::speed::Effort;

/// Luma samples across from which on frames have several tiles, and the least that one has of them:
/// several threads find more to do, and contexts and distributions that start anew cost little.
const TILED_WIDTH: u32 = 1920;
const LEAST_TILE_WIDTH: u32 = 512;

/// `seq_level_idx` for `settings` (A.3): rate control keeps to the rate's share of the level's smoothing
/// buffer, which holds a second, as the most delay is no longer. A constant quantizer index has no rate
/// to hold, and 0 none yet.
fn level(settings: &Settings) -> u8 {
    let bitrate = match settings.rate {
        RateMode::Bitrate(bitrate) => bitrate,
        RateMode::ConstantQindex(_) => 0,
    };
    seq_level_idx(settings.width, settings.height, settings.frame_rate.as_f64(), bitrate)
}

/// The sequence header for `settings`.
pub(super) fn sequence_header(settings: &Settings) -> SequenceHeader {
    let mut sequence = SequenceHeader::new(settings.width, settings.height);
    sequence.operating_points[0].seq_level_idx = level(settings);
    sequence.enable_intra_edge_filter = true;
    sequence.order_hint_bits = ORDER_HINT_BITS;
    sequence.enable_ref_frame_mvs = true;
    sequence.enable_cdef = true;
    sequence.seq_force_screen_content_tools = Some(false);
    let codes = ColorCodes {
        color_primaries: settings.color.primaries,
        transfer_characteristics: settings.color.transfer,
        matrix_coefficients: settings.color.matrix,
    };
    sequence.color_config.description = (codes != ColorCodes::UNSPECIFIED).then_some(codes);
    sequence.color_config.color_range = settings.color.full_range;
    sequence
}

/// The header of a frame that follows `plan` at `qindex` and `speed`, with deltas of the index by
/// row if there are `rows`.
pub(super) fn frame_header(
    sequence: &SequenceHeader,
    plan: &FramePlan,
    qindex: u8,
    speed: u8,
    rows: bool,
) -> Result<FrameHeader, BitstreamError> {
    let frame_type = if plan.key_frame { FrameType::Key } else { FrameType::Inter };
    let mut header = FrameHeader::new(sequence, frame_type, qindex)?;
    header.tile_info = tile_info(sequence, &header)?;
    header.refresh_frame_flags = plan.refresh;
    header.order_hint = plan.order_hint;
    let effort = Effort::of(speed);
    header.reduced_tx_set = !effort.all_transforms;
    if !plan.key_frame {
        header.ref_frame_idx = plan.reads;
        header.primary_ref_frame = plan.primary;
        header.interpolation_filter = if effort.filters > 1 {
            InterpolationFilter::Switchable
        } else {
            InterpolationFilter::EightTap
        };
        header.allow_high_precision_mv = qindex < effort.high_precision_below;
        header.reference_select = effort.compound;
        header.use_ref_frame_mvs = sequence.enable_ref_frame_mvs && effort.temporal_mvs;
    }
    // Index 0 is lossless (5.9.2), which has 4×4 transforms and no filters.
    if qindex > 0 {
        header.tx_mode = TxMode::Select;
        header.loop_filter_params = filter_strength::deblock(qindex, plan.key_frame);
        header.cdef_params = filter_strength::cdef(qindex, plan.key_frame);
        header.delta_q = rows.then_some(DeltaQ { delta_q_res: DELTA_Q_RES, delta_lf: None });
    }
    Ok(header)
}

/// Tile columns of large frames, as few rows as the standard allows (5.9.15), and of small ones a
/// single tile.
fn tile_info(sequence: &SequenceHeader, header: &FrameHeader) -> Result<TileInfo, BitstreamError> {
    let width = header.size.frame_width;
    let fewest = header.tile_info.clone();
    if width < TILED_WIDTH {
        return Ok(fewest);
    }
    let cols = ((width / LEAST_TILE_WIDTH).ilog2() as u8).max(fewest.tile_cols_log2);
    let rows = TileLimits::new(sequence, &header.size)?.min_log2_tile_rows(cols);
    TileInfo::uniform(sequence, &header.size, cols, rows)
}
