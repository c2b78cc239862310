//! The headers of the native engine: what it switches on, and why.

use crate::av1::obu::BitstreamError;
use crate::av1::obu::frame::{
    DeltaQ, FrameHeader, FrameSize, FrameType, InterpolationFilter, TileInfo, TileLimits, TxMode,
};
use crate::av1::obu::level::seq_level_idx;
use crate::av1::obu::operating_point::OperatingPoint;
use crate::av1::obu::{ColorCodes, SequenceHeader};
use crate::config::{RateMode, Rates, ScalabilityMode, Settings, Tune};
use crate::layers::{FramePlan, ORDER_HINT_BITS};
use crate::rate::DELTA_Q_RES;
use crate::search::filter_strength;
use crate::search::objective::Objective;
use crate::search::speed::Effort;

/// Luma samples across from which on frames have several tiles, and the least that one has of them:
/// several threads find more to do, and contexts and distributions that start anew cost little.
const TILED_WIDTH: u32 = 1920;
const LEAST_TILE_WIDTH: u32 = 512;

/// The operating points for pictures of this size, all layers first, with the level of each (A.3): rate
/// control keeps to the rate's share of the level's smoothing buffer, which holds a second, as the
/// most delay is no longer. Each layer has half of the frames of those below it and itself; that it
/// has fewer bits than all together is not counted on. At a rate of 0 there is none
/// to hold.
pub(super) fn operating_points(
    settings: &Settings,
    rates: Rates,
    mode: ScalabilityMode,
) -> Vec<OperatingPoint> {
    let (width, height) = (settings.width, settings.height);
    let tile_cols = 1 << tile_cols_log2(width, settings.tile_columns);
    let layers = mode.temporal_layers();
    let point = |taken: u8| {
        let frame_rate = rates.frame_rate.as_f64() / f64::from(1 << (layers - taken));
        OperatingPoint {
            operating_point_idc: if layers == 1 { 0 } else { 0x100 | ((1 << taken) - 1) },
            seq_level_idx: seq_level_idx((width, height), tile_cols, frame_rate, rates.bitrate),
            ..OperatingPoint::default()
        }
    };
    (1..=layers).rev().map(point).collect()
}

/// `points`, with no level lower than one before it that the same layers had: it is a maximum, and
/// containers may have stated it.
pub(super) fn not_lowered(
    mut points: Vec<OperatingPoint>,
    before: &[OperatingPoint],
) -> Vec<OperatingPoint> {
    let all_layers = before.iter().take(1).map(|first| (0, first));
    let same = |points: &[OperatingPoint], point: &OperatingPoint| {
        points.iter().position(|other| other.operating_point_idc == point.operating_point_idc)
    };
    let others = before.iter().filter_map(|point| Some((same(&points, point)?, point)));
    let pairs: Vec<_> = all_layers.chain(others).collect();
    for (index, point) in pairs {
        points[index].seq_level_idx = points[index].seq_level_idx.max(point.seq_level_idx);
    }
    points
}

/// The sequence header for `settings`.
pub(super) fn sequence_header(settings: &Settings) -> SequenceHeader {
    let mut sequence = SequenceHeader::new(settings.width, settings.height);
    let bitrate = match settings.rate {
        RateMode::Bitrate(bitrate) => bitrate,
        RateMode::ConstantQindex(_) => 0,
    };
    let rates = Rates::new(bitrate, settings.frame_rate);
    sequence.operating_points = operating_points(settings, rates, settings.scalability_mode);
    sequence.enable_intra_edge_filter = true;
    sequence.order_hint_bits = ORDER_HINT_BITS;
    sequence.enable_ref_frame_mvs = true;
    sequence.enable_cdef = true;
    sequence.enable_warped_motion = true;
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

/// What a frame has besides what its plan, index and speed say.
#[derive(Clone, Copy, Default)]
pub(super) struct Tools {
    /// Whether superblocks have indices of their own.
    pub(super) delta_q: bool,
    /// [`EncoderConfig::tile_columns`](crate::EncoderConfig::tile_columns).
    pub(super) tile_columns: Option<u32>,
    /// Whether parsing must depend on no other frame ([`IntraRefresh`](crate::layers::IntraRefresh)).
    pub(super) independent: bool,
    /// What choices are made for.
    pub(super) tune: Tune,
}

/// The header of a frame that follows `plan` at `qindex` and `speed`.
pub(super) fn frame_header(
    sequence: &SequenceHeader,
    plan: &FramePlan,
    qindex: u8,
    speed: u8,
    Tools { delta_q, tile_columns, independent, tune }: Tools,
) -> Result<FrameHeader, BitstreamError> {
    let frame_type = if plan.key_frame { FrameType::Key } else { FrameType::Inter };
    let mut header = FrameHeader::new(sequence, frame_type, qindex)?;
    header.tile_info = tile_info(sequence, &header.size, tile_columns)?;
    header.refresh_frame_flags = plan.refresh;
    header.order_hint = plan.order_hint;
    let effort = Effort::of(speed);
    header.reduced_tx_set = !effort.all_transforms;
    if !plan.key_frame {
        header.ref_frame_idx = plan.reads;
        header.primary_ref_frame = plan.primary.filter(|_| !independent);
        header.interpolation_filter = if effort.filters > 1 || Objective::of(tune).smooth_filter {
            InterpolationFilter::Switchable
        } else {
            InterpolationFilter::EightTap
        };
        header.allow_high_precision_mv = qindex < effort.high_precision_below;
        // Warps and neighbours' vectors may read where rolling intra refresh lets no vector of their block point.
        header.allow_warped_motion = effort.local_warps > 0 && !independent;
        header.is_motion_mode_switchable =
            (effort.local_warps > 0 || effort.overlaps > 0) && !independent;
        header.reference_select = effort.compound && !independent;
        header.use_ref_frame_mvs =
            sequence.enable_ref_frame_mvs && effort.temporal_mvs && !independent;
    }
    // Index 0 is lossless (5.9.2), which has 4×4 transforms and no filters.
    if qindex > 0 {
        header.tx_mode = TxMode::Select;
        header.loop_filter_params = filter_strength::deblock(qindex, plan.key_frame);
        header.cdef_params = filter_strength::cdef(qindex, plan.key_frame);
        header.delta_q = delta_q.then_some(DeltaQ { delta_q_res: DELTA_Q_RES, delta_lf: None });
    }
    Ok(header)
}

/// Tile columns of frames of this width (`TileColsLog2`), as asked for; by default one of small
/// frames.
fn tile_cols_log2(width: u32, asked: Option<u32>) -> u8 {
    match asked {
        Some(columns) => columns.ilog2() as u8,
        None if width < TILED_WIDTH => 0,
        None => (width / LEAST_TILE_WIDTH).ilog2() as u8,
    }
}

/// Tile columns, and as few rows as the standard allows (5.9.15).
fn tile_info(
    sequence: &SequenceHeader,
    size: &FrameSize,
    columns: Option<u32>,
) -> Result<TileInfo, BitstreamError> {
    let cols = tile_cols_log2(size.frame_width, columns);
    let least = TileLimits::new(sequence, size)?.min_log2_tile_rows(cols);
    // Rounding up to whole superblocks can make the least number's tiles too large.
    let attempt = |rows_log2| TileInfo::uniform(sequence, size, cols, rows_log2);
    attempt(least).or_else(|_| attempt(least + 1))
}
