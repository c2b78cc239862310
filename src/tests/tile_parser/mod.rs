//! An independent parser of tile data, for tests: 5.11 from `decode_tile` down, with the symbol
//! decoder (8.2), the choice of CDFs (8.3.2), motion vector prediction (7.10.2), motion fields (7.9)
//! and motion vector storage (7.19), each as the standard writes it and without regard to speed.
//!
//! It shares the tables and the places of the CDFs with the encoder, but no syntax: what the encoder
//! writes is read by other code, so an error shows as a difference. There are no pixels;
//! coefficients are parsed and dropped.
//!
//! Subset: no palettes (their absence may be coded), intra block copy, inter-intra, masked or
//! distance-weighted compounds, loop restoration, scaled references or global motion. All partitions, block
//! sizes and transform sizes, both sizes of superblocks, all chroma formats.

#![allow(
    clippy::if_same_then_else,
    clippy::needless_range_loop,
    clippy::nonminimal_bool,
    reason = "the pseudo-code of the standard is kept as it is"
)]

mod block;
mod coefficients;
mod encoder_check;
mod frame_state;
mod input;
mod inter;
mod log;
mod motion_field;
mod motion_mode;
mod mv;
mod mv_stack;
mod ref_frames;
mod residual;
mod stream;
mod symbol_decoder;
mod tests;
mod tile;

use std::rc::Rc;

pub(crate) use frame_state::{ParserState, SavedFrame};
pub(crate) use input::TileParserInput;
pub(crate) use log::{FrameLog, LoggedSymbol, ParseFailure, WrittenSymbol, first_difference};
pub(crate) use stream::{StreamParser, parse_stream};

use crate::av1::tile::cdf::CdfContext;
use encoder_check::EncoderFrame;
use frame_state::FrameArrays;
use motion_field::MotionField;
use tile::{FrameContext, TileParser};

/// Parses all tiles of a frame and updates the reference slots (7.4).
///
/// `tile_data` holds, for each tile in order, the bytes that `init_symbol( tileSize )` gets.
pub(crate) fn parse_frame(
    input: &TileParserInput,
    tile_data: &[&[u8]],
    state: &mut ParserState,
) -> Result<FrameLog, ParseFailure> {
    let tile_cols = input.mi_col_starts.len() - 1;
    let tile_rows = input.mi_row_starts.len() - 1;
    if tile_data.len() != tile_cols * tile_rows {
        return Err(ParseFailure::new(format!(
            "{} tiles of {tile_cols} × {tile_rows}",
            tile_data.len()
        )));
    }
    let context = set_up(input, state).map_err(ParseFailure::new)?;
    let mut arrays = FrameArrays::new(input.mi_rows, input.mi_cols);
    if state.compares_mv_prediction {
        let field = context.motion_field.as_ref();
        let encoder = EncoderFrame::new(input, state, &context.order_hints, field);
        arrays.encoder = Some(encoder.map_err(ParseFailure::new)?);
    }
    let mut saved_cdfs = context.cdfs.clone();
    let mut tiles = Vec::new();
    for (tile_num, data) in tile_data.iter().enumerate() {
        let mut parser = TileParser::new(&context, &mut arrays, tile_num, data);
        let result = parser.decode_tile();
        let result = result.and_then(|()| parser.exit_symbol());
        let (symbols, place, tile_cdfs) = parser.into_parts();
        if let Err(reason) = result {
            return Err(ParseFailure { reason, tile_num, place, symbols });
        }
        if !input.disable_frame_end_update_cdf && tile_num == input.context_update_tile_id {
            // 8.2.4 and 7.7.
            saved_cdfs = tile_cdfs;
        }
        tiles.push(symbols);
    }

    let (saved_ref_frames, saved_mvs) = motion_field::storage(input, &context.order_hints, &arrays);
    let encoder_motion =
        arrays.encoder.as_ref().map(|encoder| encoder.motion(&context)).unwrap_or_default();
    let saved_segment_ids = if input.segmentation_enabled && !input.segmentation_update_map {
        context.prev_segment_ids
    } else {
        arrays.all(|unit| unit.segment_id)
    };
    let frame = Rc::new(SavedFrame {
        mi_rows: input.mi_rows,
        mi_cols: input.mi_cols,
        is_intra: input.frame_is_intra,
        order_hint: input.order_hint,
        saved_order_hints: context.order_hints,
        saved_ref_frames,
        saved_mvs,
        saved_segment_ids,
        encoder_motion,
        cdfs: saved_cdfs,
    });
    state.update(input.refresh_frame_flags, &frame);
    Ok(FrameLog { tiles, frame })
}

/// What 5.9.2 sets up before the tiles: CDFs, motion field and the last segment ids.
fn set_up<'a>(input: &'a TileParserInput, state: &ParserState) -> Result<FrameContext<'a>, String> {
    let order_hints = frame_state::order_hints(input, state)?;
    let mut cdfs = CdfContext::new_default(input.base_q_idx);
    let mut prev_segment_ids = vec![0; input.mi_rows as usize * input.mi_cols as usize];
    if let Some(primary_ref_frame) = input.primary_ref_frame {
        let primary = state.reference(input, primary_ref_frame + 1)?;
        // 6.8.2 load_cdfs.
        cdfs.copy_from(&primary.cdfs);
        cdfs.clear_counters();
        // 6.8.2 load_previous_segment_ids.
        if input.segmentation_enabled
            && (primary.mi_rows, primary.mi_cols) == (input.mi_rows, input.mi_cols)
        {
            prev_segment_ids.copy_from_slice(&primary.saved_segment_ids);
        }
    }
    let motion_field = if input.use_ref_frame_mvs {
        Some(MotionField::estimate(input, state, &order_hints)?)
    } else {
        None
    };
    Ok(FrameContext { input, order_hints, cdfs, prev_segment_ids, motion_field })
}
