//! The symbols of inter blocks (5.11.23 to 5.11.30): references, modes, filters; vectors are in [`mv_syntax`](super::mv_syntax).

use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::obu::frame::FrameHeader;
use crate::av1::obu::frame::segmentation::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use crate::av1::tables::blocks::COMPOUND_MODE_CTX_MAP;
use crate::av1::tile::block::Block;
use crate::av1::tile::cdf::{
    COMP_BWD_REF_CDF, COMP_MODE_CDF, COMP_REF_CDF, COMP_REF_TYPE_CDF, COMPOUND_MODE_CDF,
    DRL_MODE_CDF, INTERP_FILTER_CDF, MOTION_MODE_CDF, NEW_MV_CDF, REF_MV_CDF, SINGLE_REF_CDF,
    UNI_COMP_REF_CDF, USE_OBMC_CDF, ZERO_MV_CDF,
};
use crate::av1::tile::mv_prediction::{MotionModes, MvStack};
use crate::av1::tile::mv_syntax::write_mv;
use crate::av1::tile::symbol::SymbolSink;
use crate::av1::types::{
    ALTREF_FRAME, ALTREF2_FRAME, BWDREF_FRAME, GOLDEN_FRAME, INTRA_FRAME, InterpFilter, LAST_FRAME,
    LAST2_FRAME, LAST3_FRAME, MotionMode, Mv, PredictionMode, RefFrame,
};

/// The neighbours of an inter block, `None` where not available.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InterContext {
    /// `AvailU` and what is there.
    above: Option<ModeInfo>,
    /// `AvailL` and what is there.
    left: Option<ModeInfo>,
    /// `count_refs` (8.3.2) of each reference.
    counts: [u8; 8],
}

/// `check_backward` (8.3.2).
fn is_backward(reference: RefFrame) -> bool {
    (BWDREF_FRAME..=ALTREF_FRAME).contains(&reference)
}

/// `LeftIntra` and `AboveIntra` (5.11.18).
fn is_intra(info: &ModeInfo) -> bool {
    info.ref_frame[0] <= INTRA_FRAME
}

/// `LeftSingle` and `AboveSingle` (5.11.18).
fn is_single(info: &ModeInfo) -> bool {
    info.ref_frame[1] <= INTRA_FRAME
}

impl InterContext {
    /// The context of a block between these neighbours.
    pub(crate) fn new(above: Option<ModeInfo>, left: Option<ModeInfo>) -> Self {
        let mut counts = [0; 8];
        for info in [above, left].into_iter().flatten() {
            for name in info.ref_frame.into_iter().filter(|&name| name > INTRA_FRAME) {
                counts[name as usize] += 1;
            }
        }
        Self { above, left, counts }
    }

    /// The context of `is_inter` (8.3.2).
    pub(crate) fn is_inter_ctx(&self) -> usize {
        match (self.above.as_ref().map(is_intra), self.left.as_ref().map(is_intra)) {
            (Some(above), Some(left)) => {
                if above && left {
                    3
                } else {
                    usize::from(above || left)
                }
            }
            (Some(one), None) | (None, Some(one)) => 2 * usize::from(one),
            (None, None) => 0,
        }
    }

    /// The context of `comp_mode` (8.3.2).
    fn comp_mode_ctx(&self) -> usize {
        let one = |info: &ModeInfo| {
            if is_single(info) { usize::from(is_backward(info.ref_frame[0])) } else { 3 }
        };
        match (&self.above, &self.left) {
            (Some(above), Some(left)) => {
                let weak = |n: &ModeInfo| usize::from(is_backward(n.ref_frame[0]) || is_intra(n));
                match (is_single(above), is_single(left)) {
                    (true, true) => usize::from(
                        is_backward(above.ref_frame[0]) != is_backward(left.ref_frame[0]),
                    ),
                    (true, false) => 2 + weak(above),
                    (false, true) => 2 + weak(left),
                    (false, false) => 4,
                }
            }
            (Some(info), None) | (None, Some(info)) => one(info),
            (None, None) => 1,
        }
    }

    /// `ref_count_ctx` (8.3.2) of two sets of references.
    fn compare(&self, first: &[RefFrame], second: &[RefFrame]) -> usize {
        let count = |set: &[RefFrame]| -> u8 { set.iter().map(|&r| self.counts[r as usize]).sum() };
        match count(first).cmp(&count(second)) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        }
    }

    /// The context of `single_ref_p1` and `uni_comp_ref` (8.3.2).
    fn forward_or_backward(&self) -> usize {
        self.compare(
            &[LAST_FRAME, LAST2_FRAME, LAST3_FRAME, GOLDEN_FRAME],
            &[BWDREF_FRAME, ALTREF2_FRAME, ALTREF_FRAME],
        )
    }

    /// The context of `single_ref_p3` and `comp_ref` (8.3.2).
    fn last12_or_last3_gold(&self) -> usize {
        self.compare(&[LAST_FRAME, LAST2_FRAME], &[LAST3_FRAME, GOLDEN_FRAME])
    }

    /// The context of `single_ref_p4` and `comp_ref_p1` (8.3.2).
    fn last_or_last2(&self) -> usize {
        self.compare(&[LAST_FRAME], &[LAST2_FRAME])
    }

    /// The context of `single_ref_p5`, `comp_ref_p2` and `uni_comp_ref_p2` (8.3.2).
    fn last3_or_gold(&self) -> usize {
        self.compare(&[LAST3_FRAME], &[GOLDEN_FRAME])
    }

    /// The context of `single_ref_p2` and `comp_bwdref` (8.3.2).
    fn bwd_alt2_or_alt(&self) -> usize {
        self.compare(&[BWDREF_FRAME, ALTREF2_FRAME], &[ALTREF_FRAME])
    }

    /// The context of `single_ref_p6` and `comp_bwdref_p1` (8.3.2).
    fn bwd_or_alt2(&self) -> usize {
        self.compare(&[BWDREF_FRAME], &[ALTREF2_FRAME])
    }

    /// The context of `uni_comp_ref_p1` (8.3.2).
    fn last2_or_last3_gold(&self) -> usize {
        self.compare(&[LAST2_FRAME], &[LAST3_FRAME, GOLDEN_FRAME])
    }

    /// The context of `comp_ref_type` (8.3.2).
    fn comp_ref_type_ctx(&self) -> usize {
        let same_direction = |a: RefFrame, b: RefFrame| (a >= BWDREF_FRAME) == (b >= BWDREF_FRAME);
        let compound = |info: &ModeInfo| !is_intra(info) && !is_single(info);
        let uni = |info: &ModeInfo| {
            compound(info) && same_direction(info.ref_frame[0], info.ref_frame[1])
        };
        match (&self.above, &self.left) {
            (Some(above), Some(left)) if !is_intra(above) && !is_intra(left) => {
                let same = usize::from(same_direction(above.ref_frame[0], left.ref_frame[0]));
                match (compound(above), compound(left)) {
                    (false, false) => 1 + 2 * same,
                    (false, true) => {
                        if uni(left) {
                            3 + same
                        } else {
                            1
                        }
                    }
                    (true, false) => {
                        if uni(above) {
                            3 + same
                        } else {
                            1
                        }
                    }
                    (true, true) => match (uni(above), uni(left)) {
                        (false, false) => 0,
                        (true, true) => {
                            let bwd = |n: &ModeInfo| n.ref_frame[0] == BWDREF_FRAME;
                            3 + usize::from(bwd(above) == bwd(left))
                        }
                        _ => 2,
                    },
                }
            }
            (Some(above), Some(left)) => {
                if compound(above) {
                    1 + 2 * usize::from(uni(above))
                } else if compound(left) {
                    1 + 2 * usize::from(uni(left))
                } else {
                    2
                }
            }
            (Some(info), None) | (None, Some(info)) if compound(info) => 4 * usize::from(uni(info)),
            _ => 2,
        }
    }

    /// The context of `interp_filter[ 0 ]` (8.3.2).
    fn interp_filter_ctx(&self, block: &Block) -> usize {
        let kind = |info: Option<&ModeInfo>| {
            info.filter(|n| n.ref_frame.contains(&block.ref_frame[0]))
                .map_or(3, |n| n.interp_filter[0] as usize)
        };
        let (left, above) = (kind(self.left.as_ref()), kind(self.above.as_ref()));
        let base = if block.is_compound() { 4 } else { 0 };
        base + if left == above || above == 3 {
            left
        } else if left == 3 {
            above
        } else {
            3
        }
    }
}

/// 5.11.23 `inter_block_mode_info`.
pub(crate) fn write_inter_block(
    sink: &mut impl SymbolSink,
    frame: &FrameHeader,
    context: &InterContext,
    block: &Block,
    segment_id: u8,
    stack: &MvStack,
) {
    let feature = |f| frame.segmentation_params.feature(segment_id, f).is_some();
    let fixed_mode = feature(SEG_LVL_SKIP) || feature(SEG_LVL_GLOBALMV);
    if !feature(SEG_LVL_REF_FRAME) && !fixed_mode {
        write_ref_frames(sink, frame, context, block.ref_frame);
    }
    if !fixed_mode {
        write_mode(sink, block, stack);
    }
    write_vectors(sink, frame, context, block, stack);
}

/// What follows the mode in 5.11.23: the choice from the stack, vectors, motion mode and filter.
pub(crate) fn write_vectors(
    sink: &mut impl SymbolSink,
    frame: &FrameHeader,
    context: &InterContext,
    block: &Block,
    stack: &MvStack,
) {
    write_drl(sink, block, stack);
    for (list, mode) in component_modes(block.y_mode).into_iter().enumerate() {
        if mode == Some(PredictionMode::NewMv) {
            write_mv(sink, frame, block.mv[list], predicted_mv(block, stack, list));
        }
    }
    write_motion_mode(sink, block, stack);
    if frame.interpolation_filter == InterpFilter::Switchable {
        if needs_interp_filter(block) {
            let row = INTERP_FILTER_CDF.row([context.interp_filter_ctx(block)]);
            sink.symbol(row, block.interp_filter as usize);
        } else {
            // Neighbours' contexts and overlapped predictions see it.
            debug_assert_eq!(block.interp_filter, InterpFilter::EightTap);
        }
    }
}

/// 5.11.27 `read_motion_mode`.
fn write_motion_mode(sink: &mut impl SymbolSink, block: &Block, stack: &MvStack) {
    let (size, mode) = (block.size as usize, block.motion_mode);
    match stack.motion_modes {
        MotionModes::Simple => debug_assert_eq!(mode, MotionMode::Simple),
        MotionModes::Obmc => {
            debug_assert_ne!(mode, MotionMode::LocalWarp);
            sink.symbol(USE_OBMC_CDF.row([size]), usize::from(mode == MotionMode::Obmc));
        }
        MotionModes::All => sink.symbol(MOTION_MODE_CDF.row([size]), mode as usize),
    }
}

/// `needs_interp_filter` (5.11.23) with identity global motion and blocks of at least 8×8.
pub(crate) fn needs_interp_filter(block: &Block) -> bool {
    block.motion_mode != MotionMode::LocalWarp
        && !matches!(block.y_mode, PredictionMode::GlobalMv | PredictionMode::GlobalGlobalMv)
}

/// 5.11.30 `get_mode` of both references.
pub(crate) fn component_modes(mode: PredictionMode) -> [Option<PredictionMode>; 2] {
    use PredictionMode as P;
    match mode {
        P::NearestNearestMv => [Some(P::NearestMv), Some(P::NearestMv)],
        P::NearNearMv => [Some(P::NearMv), Some(P::NearMv)],
        P::NearestNewMv => [Some(P::NearestMv), Some(P::NewMv)],
        P::NewNearestMv => [Some(P::NewMv), Some(P::NearestMv)],
        P::NearNewMv => [Some(P::NearMv), Some(P::NewMv)],
        P::NewNearMv => [Some(P::NewMv), Some(P::NearMv)],
        P::GlobalGlobalMv => [Some(P::GlobalMv), Some(P::GlobalMv)],
        P::NewNewMv => [Some(P::NewMv), Some(P::NewMv)],
        single => [Some(single), None],
    }
}

/// `PredMv` (5.11.26) of reference `list`.
pub(crate) fn predicted_mv(block: &Block, stack: &MvStack, list: usize) -> Mv {
    match component_modes(block.y_mode)[list] {
        None | Some(PredictionMode::GlobalMv) => Mv::default(),
        Some(PredictionMode::NearestMv) => stack.mvs[0][list],
        Some(PredictionMode::NewMv) if stack.num_mv_found <= 1 => stack.mvs[0][list],
        Some(_) => stack.mvs[usize::from(block.ref_mv_idx)][list],
    }
}

/// 5.11.25 `read_ref_frames`.
pub(crate) fn write_ref_frames(
    sink: &mut impl SymbolSink,
    frame: &FrameHeader,
    context: &InterContext,
    [first, second]: [RefFrame; 2],
) {
    let compound = second > INTRA_FRAME;
    if frame.reference_select {
        sink.symbol(COMP_MODE_CDF.row([context.comp_mode_ctx()]), usize::from(compound));
    }
    if !compound {
        let mut bit = |index: usize, ctx: usize, value: bool| {
            sink.symbol(SINGLE_REF_CDF.row([ctx, index - 1]), usize::from(value));
        };
        bit(1, context.forward_or_backward(), is_backward(first));
        if is_backward(first) {
            bit(2, context.bwd_alt2_or_alt(), first == ALTREF_FRAME);
            if first != ALTREF_FRAME {
                bit(6, context.bwd_or_alt2(), first == ALTREF2_FRAME);
            }
        } else {
            let high = first >= LAST3_FRAME;
            bit(3, context.last12_or_last3_gold(), high);
            if high {
                bit(5, context.last3_or_gold(), first == GOLDEN_FRAME);
            } else {
                bit(4, context.last_or_last2(), first == LAST2_FRAME);
            }
        }
        return;
    }
    let bidirectional = !is_backward(first) && is_backward(second);
    sink.symbol(COMP_REF_TYPE_CDF.row([context.comp_ref_type_ctx()]), usize::from(bidirectional));
    if !bidirectional {
        let mut bit = |index: usize, ctx: usize, value: bool| {
            sink.symbol(UNI_COMP_REF_CDF.row([ctx, index]), usize::from(value));
        };
        let backward = first == BWDREF_FRAME;
        bit(0, context.forward_or_backward(), backward);
        if !backward {
            let beyond = second != LAST2_FRAME;
            bit(1, context.last2_or_last3_gold(), beyond);
            if beyond {
                bit(2, context.last3_or_gold(), second == GOLDEN_FRAME);
            }
        }
        return;
    }
    let mut bit = |index: usize, ctx: usize, value: bool| {
        sink.symbol(COMP_REF_CDF.row([ctx, index]), usize::from(value));
    };
    let high = first >= LAST3_FRAME;
    bit(0, context.last12_or_last3_gold(), high);
    if high {
        bit(2, context.last3_or_gold(), first == GOLDEN_FRAME);
    } else {
        bit(1, context.last_or_last2(), first == LAST2_FRAME);
    }
    let mut bit = |index: usize, ctx: usize, value: bool| {
        sink.symbol(COMP_BWD_REF_CDF.row([ctx, index]), usize::from(value));
    };
    bit(0, context.bwd_alt2_or_alt(), second == ALTREF_FRAME);
    if second != ALTREF_FRAME {
        bit(1, context.bwd_or_alt2(), second == ALTREF2_FRAME);
    }
}

/// `compound_mode`, or `new_mv`, `zero_mv` and `ref_mv` (5.11.23).
pub(crate) fn write_mode(sink: &mut impl SymbolSink, block: &Block, stack: &MvStack) {
    let (new_ctx, ref_ctx) = (stack.new_mv_context, stack.ref_mv_context);
    if block.is_compound() {
        let ctx = COMPOUND_MODE_CTX_MAP[usize::from(ref_ctx >> 1)][usize::from(new_ctx.min(4))];
        let mode = block.y_mode as usize - PredictionMode::NearestNearestMv as usize;
        sink.symbol(COMPOUND_MODE_CDF.row([usize::from(ctx)]), mode);
        return;
    }
    let new = block.y_mode == PredictionMode::NewMv;
    sink.symbol(NEW_MV_CDF.row([usize::from(new_ctx)]), usize::from(!new));
    if new {
        return;
    }
    let zero = block.y_mode == PredictionMode::GlobalMv;
    sink.symbol(ZERO_MV_CDF.row([usize::from(stack.zero_mv_context)]), usize::from(!zero));
    if !zero {
        let near = block.y_mode == PredictionMode::NearMv;
        sink.symbol(REF_MV_CDF.row([usize::from(ref_ctx)]), usize::from(near));
    }
}

/// `drl_mode` (5.11.23).
fn write_drl(sink: &mut impl SymbolSink, block: &Block, stack: &MvStack) {
    use PredictionMode as P;
    let start = match block.y_mode {
        P::NewMv | P::NewNewMv => 0,
        P::NearMv | P::NearNearMv | P::NearNewMv | P::NewNearMv => 1,
        _ => return,
    };
    let chosen = usize::from(block.ref_mv_idx);
    for index in start..start + 2 {
        if stack.num_mv_found > index + 1 {
            let ctx = usize::from(stack.drl_context[index]);
            sink.symbol(DRL_MODE_CDF.row([ctx]), usize::from(chosen > index));
            if chosen == index {
                break;
            }
        }
    }
}
