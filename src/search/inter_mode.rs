//! The modes of one block: candidates gathered and sorted by ever better estimates of their cost,
//! the last ones by coding them.

use super::cost::CostSink;
use super::decide::{BlockSearch, Coded};
use super::motion::MotionSearch;
use super::partition::Hints;
use super::planes::Area;
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::tile::block::{Block, max_rect_tx_size, split_tx_size};
use crate::av1::tile::cdf::IS_INTER_CDF;
use crate::av1::tile::inter::{Region, predict_average, predict_single};
use crate::av1::tile::inter_syntax::{InterContext, needs_interp_filter, write_inter_block};
use crate::av1::tile::mv_prediction::MvStack;
use crate::av1::tile::quantizers::ac_step;
use crate::av1::types::{
    BlockSize, INTRA_FRAME, InterpFilter, Mv, NONE, PredictionMode, RefFrame, TxMode,
};
use crate::kernels::satd::satd;
use crate::kernels::view::Samples;

/// A way of coding a block, and an estimate of its cost in the unit of absolute differences.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// The block.
    pub(crate) block: Block,
    /// The estimate.
    pub(crate) cost: u32,
}

/// Candidates this many 1/16 of the best one's cost away are not coded.
const FINALIST_MARGIN: u32 = 19;

/// References whose cost is more than this ratio of the best one's are not searched for parts.
const REFERENCE_MARGIN: (u64, u64) = (9, 8);

impl BlockSearch<'_, '_, '_> {
    /// Decides the modes of a block and codes it; `hints` become the vectors found.
    pub(crate) fn block(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        hints: &mut Hints,
    ) -> Coded {
        self.worker.candidates.clear();
        let intra_frame = self.coder.frame.frame_is_intra;
        let mut worth_intra = true;
        if !intra_frame {
            self.inter_candidates(mi_row, mi_col, size, hints);
            let best = self.worker.candidates.iter().map(|c| c.cost).min().unwrap_or(u32::MAX);
            let step = u32::from(ac_step(self.coder.target_q_index)) / 8;
            worth_intra = best > (size.width() * size.height()) as u32 * step / 6;
        }
        if worth_intra {
            self.intra_candidates(mi_row, mi_col, size);
        }
        let candidates = &mut self.worker.candidates;
        candidates.sort_by_key(|candidate| candidate.cost);
        let effort = &self.frame.effort;
        let finalists = if intra_frame { effort.intra_finalists } else { effort.finalists };
        let limit = u64::from(candidates[0].cost) * u64::from(FINALIST_MARGIN) / 16;
        candidates.truncate(finalists);
        candidates.retain(|candidate| u64::from(candidate.cost) <= limit);
        let mut finals = Finals::new(self, mi_row, mi_col, size);
        for index in 0..finals.search.worker.candidates.len() {
            let block = finals.search.worker.candidates[index].block;
            finals.code(block);
        }
        finals.split_transforms();
        finals.finish()
    }

    /// The filter of vectors that need none, or of all in the frame.
    pub(crate) fn fixed_filter(&self) -> InterpFilter {
        match self.coder.frame.interpolation_filter {
            InterpFilter::Switchable => InterpFilter::EightTap,
            fixed => fixed,
        }
    }

    fn inter_candidates(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        hints: &mut Hints,
    ) {
        let near = self.coder.writer().inter_neighbours(mi_row, mi_col);
        let luma = &self.coder.source[0];
        let (x, y) = (mi_col * 4, mi_row * 4);
        let area = Area {
            x,
            y,
            w: size.width().min((luma.width - x).next_multiple_of(8)),
            h: size.height().min((luma.height - y).next_multiple_of(8)),
        };
        let mut best = u32::MAX;
        let frame = self.frame;
        let step = u32::from(ac_step(self.coder.target_q_index)) / 8;
        let content = (area.w * area.h) as u32 * step * frame.effort.content / 64;
        let mut found = [(u32::MAX, Mv::default()); 7];
        let still = frame.effort.unseen && frame.is_still(mi_row, mi_col, size);
        for (index, &name) in frame.names.iter().enumerate() {
            if index > 0 && (hints.references >> index) & 1 == 0 {
                continue;
            }
            let first = self.worker.candidates.len();
            let stack = self.coder.mv_stack(mi_row, mi_col, size, [name, NONE]);
            self.predicted_vectors(mi_row, mi_col, size, name, index, &stack, &near, area);
            let list = &self.worker.candidates[first..];
            let Some(nearest) = list.iter().min_by_key(|c| c.cost).copied() else { continue };
            found[index] = (nearest.cost, nearest.block.mv[0]);
            self.worker.stacks[name as usize] = Some(stack);
            if index == 0 && (still || nearest.cost < content) {
                break;
            }
            let worth = best == u32::MAX || u64::from(nearest.cost) * 4 < u64::from(best) * 5;
            if worth {
                let search = MotionSearch {
                    source: &self.coder.source[0],
                    reference: match frame.subpel(self.coder, index) {
                        Some(planes) => planes,
                        None => continue,
                    },
                    area,
                    prediction: stack.mvs[0][0],
                    lambda: self.lambda,
                    costs: &frame.costs,
                };
                let hint = hints.vectors[index];
                let coarse = frame.coarse(index, x, y);
                let starts = [nearest.block.mv[0], hint.unwrap_or(coarse), coarse, Mv::default()];
                let (mv, cost) = search.whole_search(&starts, if hint.is_some() { 1 } else { 2 });
                // A part's start may be a fraction that whole samples have lost.
                let (mut mv, mut cost) = if self.coder.frame.force_integer_mv {
                    (mv, cost)
                } else {
                    search.refine(mv, cost)
                };
                if let Some(hint) = hint.filter(|_| !self.coder.frame.force_integer_mv) {
                    let at_hint = search.cost(hint);
                    if at_hint < cost {
                        (mv, cost) = (hint, at_hint);
                    }
                }
                hints.vectors[index] = Some(mv);
                let fresh = self.worker.candidates[first..].iter().all(|c| c.block.mv[0] != mv);
                if fresh {
                    self.new_vector(mi_row, mi_col, size, name, index, &stack, &near, area, mv);
                }
                if cost < found[index].0 {
                    found[index] = (cost, mv);
                }
            }
            best = best.min(found[index].0);
        }
        hints.references = 1;
        for (index, &(cost, _)) in found.iter().enumerate() {
            if u64::from(cost) * REFERENCE_MARGIN.1 <= u64::from(best) * REFERENCE_MARGIN.0 {
                hints.references |= 1 << index;
            }
        }
        self.predict_best(size, &near, area);
        if self.frame.effort.compound
            && self.coder.frame.reference_select
            && size.width().max(size.height()) >= self.frame.effort.compound_from
            && found[1..].iter().any(|&(cost, _)| cost != u32::MAX)
        {
            self.compounds(mi_row, mi_col, size, &near, area, &found);
        }
    }

    /// Candidates whose vectors cost no difference.
    #[allow(clippy::too_many_arguments)]
    fn predicted_vectors(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        name: RefFrame,
        index: usize,
        stack: &MvStack,
        near: &[Option<ModeInfo>; 2],
        area: Area,
    ) {
        use PredictionMode as P;
        let last_near = stack.num_mv_found.saturating_sub(1).clamp(1, 3);
        let modes = [(P::NearestMv, 0), (P::NearMv, 1), (P::NearMv, 2), (P::NearMv, 3)];
        let first = self.worker.candidates.len();
        for (mode, idx) in modes.into_iter().take(1 + last_near.min(self.frame.effort.near)) {
            let mv = stack.mvs[usize::from(idx)][0];
            self.add_single(mi_row, mi_col, size, name, index, stack, near, area, (mode, idx, mv));
        }
        let zero = Mv::default();
        if self.worker.candidates[first..].iter().all(|c| c.block.mv[0] != zero) {
            let global = (P::GlobalMv, 0, zero);
            self.add_single(mi_row, mi_col, size, name, index, stack, near, area, global);
        }
    }

    /// A vector of its own, against the cheapest prediction.
    #[allow(clippy::too_many_arguments)]
    fn new_vector(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        name: RefFrame,
        index: usize,
        stack: &MvStack,
        near: &[Option<ModeInfo>; 2],
        area: Area,
        mv: Mv,
    ) {
        let last = stack.num_mv_found.saturating_sub(1).min(2) as u8;
        let mut block = self.single(mi_row, mi_col, size, name, (PredictionMode::NewMv, 0, mv));
        let cheapest = (0..=last).min_by_key(|&idx| {
            block.ref_mv_idx = idx;
            self.inter_rate(&block, stack, near)
        });
        let choice = (PredictionMode::NewMv, cheapest.unwrap_or(0), mv);
        self.add_single(mi_row, mi_col, size, name, index, stack, near, area, choice);
    }

    fn single(
        &self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        name: RefFrame,
        (mode, ref_mv_idx, mv): (PredictionMode, u8, Mv),
    ) -> Block {
        let mut block = Block::new(mi_row, mi_col, size);
        block.skip = false;
        block.is_inter = true;
        block.ref_frame = [name, NONE];
        block.y_mode = mode;
        block.ref_mv_idx = ref_mv_idx;
        block.mv[0] = mv;
        block.interp_filter = self.fixed_filter();
        block
    }

    #[allow(clippy::too_many_arguments)]
    fn add_single(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        name: RefFrame,
        index: usize,
        stack: &MvStack,
        near: &[Option<ModeInfo>; 2],
        area: Area,
        choice: (PredictionMode, u8, Mv),
    ) {
        let block = self.single(mi_row, mi_col, size, name, choice);
        let Some(planes) = self.frame.subpel(self.coder, index) else { return };
        let mv = choice.2;
        let rate = self.inter_rate(&block, stack, near);
        let (row, col) = (i32::from(mv.row) >> 1, i32::from(mv.col) >> 1);
        let difference = planes.sad(&self.coder.source[0], area, (row, col));
        let cost = self.lambda.absolute(difference, rate);
        self.worker.candidates.push(Candidate { block, cost });
    }

    /// Cost of the modes of an inter block, in 1/512 bit.
    fn inter_rate(&self, block: &Block, stack: &MvStack, near: &[Option<ModeInfo>; 2]) -> u32 {
        let context = InterContext { above: near[0].as_ref(), left: near[1].as_ref() };
        let mut sink = CostSink::new(&self.frame.costs);
        write_inter_block(&mut sink, self.coder.frame, &context, block, 0, stack);
        sink.cost + self.frame.costs.symbol(IS_INTER_CDF.row([context.is_inter_ctx()]), 1)
    }

    /// Keeps the best candidates and compares their true predictions, the best one's with other
    /// filters too.
    fn predict_best(&mut self, size: BlockSize, near: &[Option<ModeInfo>; 2], area: Area) {
        let mut candidates = std::mem::take(&mut self.worker.candidates);
        candidates.sort_by_key(|candidate| candidate.cost);
        candidates.truncate(self.frame.effort.predicted);
        let mut best = (u32::MAX, 0);
        for (index, candidate) in candidates.iter_mut().enumerate() {
            candidate.cost = self.predicted_cost(&candidate.block, size, near, area);
            if candidate.cost < best.0 {
                best = (candidate.cost, index);
            }
        }
        let switchable = self.coder.frame.interpolation_filter == InterpFilter::Switchable;
        if let Some(&Candidate { mut block, .. }) = candidates.get(best.1) {
            let fraction = (block.mv[0].row | block.mv[0].col) & 7 != 0;
            if switchable && fraction && needs_interp_filter(&block) {
                const OTHERS: [InterpFilter; 2] =
                    [InterpFilter::EightTapSmooth, InterpFilter::EightTapSharp];
                for &filter in &OTHERS[..self.frame.effort.filters - 1] {
                    block.interp_filter = filter;
                    let cost = self.predicted_cost(&block, size, near, area);
                    if cost < candidates[best.1].cost {
                        candidates[best.1] = Candidate { block, cost };
                    }
                }
            }
        }
        self.worker.candidates = candidates;
    }

    /// The cost of an inter block by the transformed difference of its prediction.
    fn predicted_cost(
        &mut self,
        block: &Block,
        size: BlockSize,
        near: &[Option<ModeInfo>; 2],
        area: Area,
    ) -> u32 {
        let kept = if block.is_compound() { 0 } else { block.ref_frame[0] as usize };
        let Some(stack) = self.worker.stacks[kept] else { return u32::MAX };
        let rate = self.inter_rate(block, &stack, near);
        let region = Region { plane: 0, x: area.x, y: area.y, w: size.width(), h: size.height() };
        let stride = size.width();
        let filters = [block.interp_filter; 2];
        let plane = |list: usize| {
            let name = block.ref_frame[list] as usize;
            &self.coder.references[name].expect("a reference the frame has").planes[0]
        };
        if block.is_compound() {
            let planes = [plane(0), plane(1)];
            let (buffer, scratch) = (&mut self.worker.buffer, &mut self.worker.compound);
            predict_average(buffer, stride, planes, region, block.mv, filters, scratch);
        } else {
            let buffer = &mut self.worker.buffer;
            predict_single(buffer, stride, plane(0), region, block.mv[0], filters);
        }
        let source = &self.coder.source[0];
        let src = source.view(area.x as isize, area.y as isize);
        let pred = Samples::new(&self.worker.buffer, stride);
        let difference = satd(self.coder.isa, src, pred, (area.w, area.h)) / 2;
        self.lambda.absolute(difference, rate)
    }

    /// Means of the two references that alone are nearest to the block.
    fn compounds(
        &mut self,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
        near: &[Option<ModeInfo>; 2],
        area: Area,
        found: &[(u32, Mv); 7],
    ) {
        use PredictionMode as P;
        let names = &self.frame.names;
        let Some(other) = (1..names.len()).min_by_key(|&index| found[index].0) else { return };
        if found[other].0 == u32::MAX {
            return;
        }
        if u64::from(found[other].0) * 4 > u64::from(found[0].0) * 5 {
            return;
        }
        let pair = [names[0], names[other]];
        let stack = self.coder.mv_stack(mi_row, mi_col, size, pair);
        self.worker.stacks[0] = Some(stack);
        let (nearest, new) = (stack.mvs[0], [found[0].1, found[other].1]);
        for (mode, mv) in [
            (P::NearestNearestMv, nearest),
            (P::NearestNewMv, [nearest[0], new[1]]),
            (P::NewNearestMv, [new[0], nearest[1]]),
            (P::NewNewMv, new),
            (P::GlobalGlobalMv, [Mv::default(); 2]),
        ] {
            if mode != P::NearestNearestMv && mv == nearest {
                continue;
            }
            let mut block = self.single(mi_row, mi_col, size, pair[0], (mode, 0, mv[0]));
            block.ref_frame = pair;
            block.mv = mv;
            let cost = self.predicted_cost(&block, size, near, area);
            self.worker.candidates.push(Candidate { block, cost });
        }
    }
}

/// The last candidates of a block, coded one after the other.
struct Finals<'s, 'a, 'b, 'c> {
    search: &'s mut BlockSearch<'a, 'b, 'c>,
    place: (usize, usize),
    size: BlockSize,
    best: Option<(Coded, Block)>,
    /// Whether the coder's state is that of the best one.
    current: bool,
}

impl<'s, 'a, 'b, 'c> Finals<'s, 'a, 'b, 'c> {
    fn new(
        search: &'s mut BlockSearch<'a, 'b, 'c>,
        mi_row: usize,
        mi_col: usize,
        size: BlockSize,
    ) -> Self {
        search.worker.finals.0.note(search.coder, search.records, mi_col);
        Self { search, place: (mi_row, mi_col), size, best: None, current: false }
    }

    /// Codes a candidate.
    fn code(&mut self, block: Block) {
        let search = &mut *self.search;
        if let Some((best, _)) = self.best {
            let (before, mut outcome) = std::mem::take(&mut search.worker.finals);
            if self.current {
                outcome.keep(search.coder, search.records, &before, self.place, self.size);
            }
            before.rewind(search.coder, search.records, self.place, self.size);
            search.worker.finals = (before, outcome);
            let coded = search.code_with_stack(block);
            self.current = coded.cost < best.cost;
            if self.current {
                self.best = Some((coded, block));
            }
        } else {
            self.best = Some((search.code_with_stack(block), block));
            self.current = true;
        }
    }

    /// Tries smaller transforms in the best candidate.
    fn split_transforms(&mut self) {
        let Some((coded, block)) = self.best else { return };
        let frame = self.search.coder.frame;
        if coded.skip
            || frame.tx_mode != TxMode::Select
            || frame.lossless(0)
            || self.size == BlockSize::B8x8 && block.is_inter
        {
            return;
        }
        let effort = &self.search.frame.effort;
        if block.is_inter {
            if effort.inter_tx_split {
                self.code(Block { tx_split: 1, ..block });
            }
            return;
        }
        let mut size = max_rect_tx_size(self.size);
        for _ in 0..effort.intra_tx_depth {
            if size == split_tx_size(size) {
                break;
            }
            size = split_tx_size(size);
            let before = self.best.map(|(best, _)| best.cost);
            self.code(Block { tx_size: size, ..block });
            if self.best.map(|(best, _)| best.cost) == before {
                break;
            }
        }
    }

    /// Leaves the best candidate coded.
    fn finish(self) -> Coded {
        let Self { search, place, size, best, current } = self;
        if !current {
            let (before, outcome) = std::mem::take(&mut search.worker.finals);
            before.rewind(search.coder, search.records, place, size);
            outcome.take_up(search.coder, search.records, place, size);
            search.worker.finals = (before, outcome);
        }
        best.expect("a block has a candidate").0
    }
}

impl BlockSearch<'_, '_, '_> {
    fn code_with_stack(&mut self, block: Block) -> Coded {
        let stack = block.is_inter.then(|| {
            let kept = if block.is_compound() { 0 } else { block.ref_frame[0] as usize };
            self.worker.stacks[kept].expect("found with the candidate")
        });
        debug_assert!(block.is_inter || block.ref_frame[0] == INTRA_FRAME);
        self.code(block, stack.as_ref())
    }
}
