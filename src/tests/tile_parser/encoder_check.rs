//! The encoder's motion vector prediction beside the literal one, block by block: the same records,
//! motion fields and stacks on any stream that the parser reads.

use super::frame_state::{FrameArrays, Mv, ParserState};
use super::input::TileParserInput;
use super::motion_field::MotionField as LiteralField;
use super::tile::{Block, FrameContext, Step, TileParser};
use crate::av1::frame::mode_info::{ModeInfo, ModeInfoGrid};
use crate::av1::frame::motion_field::{MotionField, OrderHints, SavedMotion};
use crate::av1::geometry::MiPos;
use crate::av1::tile::bounds::TileBounds;
use crate::av1::tile::mv_prediction::{MvPredictionInput, find_mv_stack};
use crate::av1::types::{InterpFilter, Mv as EncoderMv};

/// The encoder's state of a frame.
pub(super) struct EncoderFrame {
    grid: ModeInfoGrid,
    motion_field: Option<MotionField>,
}

fn hints(input: &TileParserInput, order_hints: &[i32; 8]) -> OrderHints {
    OrderHints {
        bits: input.order_hint_bits,
        current: input.order_hint as u32,
        refs: order_hints.map(|hint| hint as u32),
    }
}

fn encoder_mv(mv: Mv) -> EncoderMv {
    EncoderMv::new(mv[0] as i16, mv[1] as i16)
}

impl EncoderFrame {
    /// An empty frame, after a comparison of the motion fields.
    pub(super) fn new(
        input: &TileParserInput,
        state: &ParserState,
        order_hints: &[i32; 8],
        literal: Option<&LiteralField>,
    ) -> Step<Self> {
        let mut grid = ModeInfoGrid::new(input.mi_cols as usize * 4, input.mi_rows as usize * 4);
        grid.clear();
        let Some(literal) = literal else {
            return Ok(Self { grid, motion_field: None });
        };
        let none = SavedMotion::default();
        let mut saved = [&none; 8];
        for (ref_frame, saved) in saved.iter_mut().enumerate().skip(1) {
            *saved = &state.reference(input, ref_frame)?.encoder_motion;
        }
        let (w8, h8) = (input.mi_cols >> 1, input.mi_rows >> 1);
        let mut field = MotionField::default();
        field.estimate(w8 as usize, h8 as usize, &hints(input, order_hints), saved);
        for (y8, x8) in (0..h8).flat_map(|y8| (0..w8).map(move |x8| (y8, x8))) {
            for ref_frame in 1..8 {
                let ours = field.at(ref_frame, y8 as usize, x8 as usize);
                let theirs = literal.at(ref_frame, y8, x8);
                if ours != encoder_mv(theirs) {
                    return Err(format!(
                        "motion field of {ref_frame} at {y8}, {x8}: {theirs:?}, encoder {ours:?}"
                    ));
                }
            }
        }
        Ok(Self { grid, motion_field: Some(field) })
    }

    /// Keeps the records of a parsed block.
    pub(super) fn record(&mut self, b: &Block) {
        let info = ModeInfo {
            mv: b.mv.map(encoder_mv),
            ref_frame: b.ref_frame,
            block_size: b.mi_size,
            y_mode: b.y_mode,
            interp_filter: b.interp_filter.map(|filter| InterpFilter::ALL[usize::from(filter)]),
            segment_id: b.segment_id,
            is_inter: b.is_inter,
            skip: b.skip,
            skip_mode: b.skip_mode,
            ..ModeInfo::default()
        };
        self.grid.fill(MiPos::new(b.mi_row as usize, b.mi_col as usize), b.mi_size, info);
    }

    /// 7.19 by the encoder.
    pub(super) fn motion(&self, context: &FrameContext<'_>) -> SavedMotion {
        let mut motion = SavedMotion::default();
        let hints = hints(context.input, &context.order_hints);
        motion.store(&self.grid, &hints, context.input.frame_is_intra);
        motion
    }
}

impl TileParser<'_> {
    /// Compares the stack of the block with the encoder's.
    pub(super) fn check_mv_stack(&self, arrays: &FrameArrays) -> Step {
        let Some(encoder) = &arrays.encoder else {
            return Ok(());
        };
        let bounds = [self.mi_row_start, self.mi_row_end, self.mi_col_start, self.mi_col_end];
        let [mi_row_start, mi_row_end, mi_col_start, mi_col_end] = bounds.map(|mi| mi as usize);
        let input = MvPredictionInput {
            grid: &encoder.grid,
            tile: TileBounds { mi_row_start, mi_row_end, mi_col_start, mi_col_end },
            allow_high_precision_mv: self.input.allow_high_precision_mv,
            force_integer_mv: self.input.force_integer_mv,
            sign_bias: hints(self.input, &self.frame.order_hints).sign_bias(),
            motion_field: encoder.motion_field.as_ref(),
        };
        let b = &self.b;
        let ours = find_mv_stack(
            &input,
            MiPos::new(b.mi_row as usize, b.mi_col as usize),
            b.mi_size,
            b.ref_frame,
        );
        let theirs = &b.stack;
        let found = theirs.num_mv_found;
        let lists = if b.ref_frame[1] > 0 { 2 } else { 1 };
        let contexts =
            [ours.new_mv_context, ours.ref_mv_context, ours.zero_mv_context].map(usize::from);
        let literal_contexts =
            [theirs.new_mv_context, theirs.ref_mv_context, theirs.zero_mv_context];
        let equal = ours.num_mv_found == found
            && contexts == literal_contexts
            && (0..found).all(|i| usize::from(ours.drl_context[i]) == theirs.drl_ctx_stack[i])
            && (0..found.max(2)).all(|i| {
                (0..lists).all(|list| ours.mvs[i][list] == encoder_mv(theirs.ref_stack_mv[i][list]))
            });
        if equal { Ok(()) } else { Err(format!("stack {theirs:?}, encoder {ours:?}")) }
    }
}
