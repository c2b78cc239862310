//! Inter candidates of one block: predicted vectors, and one of its own, for each reference, by
//! absolute differences; the best of them again by the transformed differences of their true
//! predictions.

use super::block::BlockSearch;
use super::cost::CostSink;
use super::estimate::Estimate;
use super::mode::{BlockContext, Candidate};
use super::motion::MotionSearch;
use super::partition::Hints;
use super::tuning::{DIAMOND_FROM_HINT, MOTION_MARGIN, REFERENCE_MARGIN, SATD_CANDIDATE_MARGIN};
use crate::av1::geometry::view;
use crate::av1::tile::block::Block;
use crate::av1::tile::inter::{Region, predict_average, predict_single};
use crate::av1::tile::inter_syntax::{
    needs_interp_filter, write_mode, write_ref_frames, write_vectors,
};
use crate::av1::tile::mv_prediction::MvStack;
use crate::av1::types::{InterpFilter, MotionMode, Mv, NONE, PredictionMode, RefFrame};
use crate::kernels::satd::coefficients;
use crate::kernels::view::{Samples, SamplesMut};

/// A reference that a block is searched in.
pub(super) struct ReferenceContext<'a> {
    /// Its place among the references searched.
    index: usize,
    /// Its name.
    name: RefFrame,
    /// The block's vector stack towards it.
    stack: &'a MvStack,
}

/// How a block with one reference codes its vector.
#[derive(Clone, Copy, Debug)]
pub(super) struct VectorMode {
    /// `YMode`.
    pub(super) mode: PredictionMode,
    /// `RefMvIdx`.
    pub(super) ref_mv_idx: u8,
    /// The vector.
    pub(super) mv: Mv,
}

/// The cheapest vector found towards a reference, [`Found::NONE`] before it is searched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Its cost, in the unit of absolute differences.
    pub(super) cost: u32,
    /// The vector.
    pub(super) mv: Mv,
}

impl Found {
    /// Nothing.
    const NONE: Self = Self { cost: u32::MAX, mv: Mv { row: 0, col: 0 } };
}

/// The modes that take a single vector from the stack, NEARESTMV and as many NEARMV as there are.
fn stacked_modes(stack: &MvStack) -> impl Iterator<Item = VectorMode> {
    let last_near = stack.num_mv_found.saturating_sub(1).clamp(1, 3);
    stack.mvs.iter().zip(0_u8..).take(1 + last_near).map(|(mvs, ref_mv_idx)| {
        let mode = if ref_mv_idx == 0 { PredictionMode::NearestMv } else { PredictionMode::NearMv };
        VectorMode { mode, ref_mv_idx, mv: mvs[0] }
    })
}

/// The last entry of the stack that a new vector can be coded against.
fn last_new_idx(stack: &MvStack) -> u8 {
    stack.num_mv_found.saturating_sub(1).min(2) as u8
}

impl BlockSearch<'_, '_, '_> {
    /// The filter of vectors that need none, or of all in the frame.
    pub(super) fn fixed_filter(&self) -> InterpFilter {
        match self.coder.frame.interpolation_filter {
            InterpFilter::Switchable => InterpFilter::EightTap,
            fixed => fixed,
        }
    }

    /// Gathers the inter candidates of a block; `hints` become the vectors found.
    pub(super) fn inter_candidates(&mut self, context: &BlockContext, hints: &mut Hints) {
        let found = self.vector_candidates(context, hints);
        self.keep_satd_candidates(context);
        if self.coder.frame.reference_select {
            self.compound_candidates(context, &found);
        }
    }

    /// Gathers candidates with one reference, by absolute differences; gives the best vector towards
    /// each reference. The hints' references become those that come near the best one, all of them
    /// after an early exit.
    fn vector_candidates(&mut self, context: &BlockContext, hints: &mut Hints) -> [Found; 7] {
        let frame = self.frame;
        let mut best = u32::MAX;
        let mut found = [Found::NONE; 7];
        let searched = hints.references;
        hints.references = u8::MAX;
        for (index, &name) in frame.names.iter().enumerate() {
            if index > 0 && (searched >> index) & 1 == 0 {
                continue;
            }
            let first = self.worker.candidates.len();
            let (pos, size) = (context.pos, context.size);
            let stack = self.coder.mv_stack(pos, size, [name, NONE]);
            let reference = ReferenceContext { index, name, stack: &stack };
            self.predicted_vectors(context, &reference);
            let list = &self.worker.candidates[first..];
            let Some(nearest) = list.iter().min_by_key(|c| c.estimate.difference).copied() else {
                continue;
            };
            found[index] = Found { cost: nearest.estimate.difference, mv: nearest.block.mv[0] };
            self.worker.stacks[name as usize] = Some(stack);
            if index == 0 && self.is_motion_known(context, nearest.estimate.difference) {
                return found;
            }
            let limit = u64::from(best) * MOTION_MARGIN.0;
            if best == u32::MAX || u64::from(nearest.estimate.difference) * MOTION_MARGIN.1 < limit
            {
                let nearest = found[index].mv;
                let hint = &mut hints.vectors[index];
                let Some(searched) = self.search_motion(context, &reference, nearest, hint) else {
                    continue;
                };
                let list = &self.worker.candidates[first..];
                if list.iter().all(|c| c.block.mv[0] != searched.mv) {
                    self.new_vector(context, &reference, searched.mv);
                }
                if searched.cost < found[index].cost {
                    found[index] = searched;
                }
            }
            best = best.min(found[index].cost);
        }
        let limit = u64::from(best) * REFERENCE_MARGIN.0;
        let is_near = |found: &Found| u64::from(found.cost) * REFERENCE_MARGIN.1 <= limit;
        hints.references = (0..7).map(|index| u8::from(is_near(&found[index])) << index).sum();
        found
    }

    /// The motion early exit: whether predicted vectors towards the first reference, of which the
    /// best has `cost`, are taken without a search.
    fn is_motion_known(&self, context: &BlockContext, cost: u32) -> bool {
        let effort = &self.frame.effort;
        let samples = (context.rect.w * context.rect.h) as u32;
        effort.static_skip && self.frame.is_still(context.pos, context.size)
            || cost < samples * self.sample_step() * effort.motion_exit / 64
    }

    /// Searches the block's own vector towards a reference from the best prediction, the vector of
    /// the square around it and the coarse one; it becomes the hint for its parts.
    fn search_motion(
        &self,
        context: &BlockContext,
        reference: &ReferenceContext<'_>,
        nearest: Mv,
        hint: &mut Option<Mv>,
    ) -> Option<Found> {
        let frame = self.frame;
        let search = MotionSearch {
            source: &self.coder.source[0],
            reference: frame.subpel(self.coder, reference.index)?,
            rect: context.rect,
            prediction: reference.stack.mvs[0][0],
            lambda: self.lambda,
            costs: &frame.costs,
        };
        let coarse = frame.coarse(reference.index, context.rect.x, context.rect.y);
        let starts = [nearest, hint.unwrap_or(coarse), coarse, Mv::default()];
        let step = if hint.is_some() { DIAMOND_FROM_HINT } else { frame.effort.coarse_diamond };
        let (mut mv, mut cost) = search.whole_search(&starts, step);
        if !self.coder.frame.force_integer_mv {
            (mv, cost) = search.refine(mv, cost);
            // A part's start may be a fraction that whole samples have lost.
            if let Some(hint) = *hint {
                let at_hint = search.cost(hint);
                if at_hint < cost {
                    (mv, cost) = (hint, at_hint);
                }
            }
        }
        *hint = Some(mv);
        Some(Found { cost, mv })
    }

    /// Candidates whose vectors cost no difference.
    fn predicted_vectors(&mut self, context: &BlockContext, reference: &ReferenceContext<'_>) {
        use PredictionMode as P;
        let first = self.worker.candidates.len();
        let count = 1 + self.frame.effort.near_mvs;
        for choice in stacked_modes(reference.stack).take(count) {
            self.add_single(context, reference, choice);
        }
        let mv = Mv::default();
        if self.worker.candidates[first..].iter().all(|c| c.block.mv[0] != mv) {
            let global = VectorMode { mode: P::GlobalMv, ref_mv_idx: 0, mv };
            self.add_single(context, reference, global);
        }
    }

    /// A vector of its own, against the cheapest prediction.
    fn new_vector(&mut self, context: &BlockContext, reference: &ReferenceContext<'_>, mv: Mv) {
        let last = last_new_idx(reference.stack);
        let mut choice = VectorMode { mode: PredictionMode::NewMv, ref_mv_idx: 0, mv };
        let mut block = self.single(context, reference.name, choice);
        let cheapest = (0..=last).min_by_key(|&idx| {
            block.ref_mv_idx = idx;
            self.inter_rate(context, &block, reference.stack)
        });
        choice.ref_mv_idx = cheapest.unwrap_or(0);
        self.add_single(context, reference, choice);
    }

    /// An inter block with the cheapest modes that give its vectors.
    pub(super) fn labelled(&self, context: &BlockContext, block: &Block, stack: &MvStack) -> Block {
        use PredictionMode as P;
        if block.is_compound() {
            return self.labelled_pair(context, block, stack);
        }
        let mv = block.mv[0];
        let choice = |mode, ref_mv_idx| VectorMode { mode, ref_mv_idx, mv };
        let global = (mv == Mv::default()).then_some(choice(P::GlobalMv, 0));
        stacked_modes(stack)
            .filter(|stacked| stacked.mv == mv)
            .chain(global)
            .chain((0..=last_new_idx(stack)).map(|idx| choice(P::NewMv, idx)))
            .map(|VectorMode { mode, ref_mv_idx, .. }| Block { y_mode: mode, ref_mv_idx, ..*block })
            .min_by_key(|block| self.inter_rate(context, block, stack))
            .expect("a new vector can be any")
    }

    /// The block with one reference.
    pub(super) fn single(
        &self,
        context: &BlockContext,
        name: RefFrame,
        choice: VectorMode,
    ) -> Block {
        let mut block = Block::new(context.pos, context.size);
        block.skip = false;
        block.is_inter = true;
        block.ref_frame = [name, NONE];
        block.y_mode = choice.mode;
        block.ref_mv_idx = choice.ref_mv_idx;
        block.mv[0] = choice.mv;
        block.interp_filter = self.fixed_filter();
        block
    }

    /// Adds a candidate with one reference.
    fn add_single(
        &mut self,
        context: &BlockContext,
        reference: &ReferenceContext<'_>,
        choice: VectorMode,
    ) {
        if !self.frame.may_refer(context.pos, context.size, reference.name, choice.mv) {
            return;
        }
        let block = self.single(context, reference.name, choice);
        let Some(planes) = self.frame.subpel(self.coder, reference.index) else { return };
        let rate = self.inter_rate(context, &block, reference.stack);
        let (row, col) = (i32::from(choice.mv.row) >> 1, i32::from(choice.mv.col) >> 1);
        let difference = planes.sad(&self.coder.source[0], context.rect, (row, col));
        let cost = self.lambda.absolute(difference, rate);
        let estimate = Estimate::of_difference(cost);
        self.worker.candidates.push(Candidate { block, estimate });
    }

    /// Cost of the modes of an inter block, in 1/512 bit.
    pub(super) fn inter_rate(&self, context: &BlockContext, block: &Block, stack: &MvStack) -> u32 {
        let (frame, mut sink) = (self.coder.frame, CostSink::new(&self.frame.costs));
        sink.cost = context.is_inter[1];
        if block.is_compound() {
            write_ref_frames(&mut sink, frame, &context.inter, block.ref_frame);
        } else {
            let index = self.frame.names.iter().position(|&name| name == block.ref_frame[0]);
            sink.cost += context.references[index.expect("a reference that is searched")];
        }
        write_mode(&mut sink, block, stack);
        write_vectors(&mut sink, frame, &context.inter, block, stack);
        sink.cost
    }

    /// Keeps the best candidates and compares their true predictions, the best one's with other
    /// filters too.
    fn keep_satd_candidates(&mut self, context: &BlockContext) {
        let mut candidates = std::mem::take(&mut self.worker.candidates);
        candidates.sort_by_key(|candidate| candidate.estimate.difference);
        candidates.truncate(self.frame.effort.satd_candidates);
        let limit = candidates.first().map_or(0, |c| {
            u64::from(c.estimate.difference) * u64::from(SATD_CANDIDATE_MARGIN) / 16
        });
        candidates.retain(|c| u64::from(c.estimate.difference) <= limit);
        for candidate in &mut candidates {
            candidate.estimate = self.predicted_cost(context, &candidate.block);
        }
        if let Some(best) =
            candidates.iter_mut().min_by_key(|candidate| candidate.estimate.difference)
        {
            self.choose_filter(context, best);
        }
        self.add_motion_modes(context, &mut candidates);
        self.worker.candidates = candidates;
    }

    /// Tries the other interpolation filters on a candidate.
    fn choose_filter(&mut self, context: &BlockContext, candidate: &mut Candidate) {
        /// Besides the regular one.
        const OTHERS: [InterpFilter; 1] = [InterpFilter::EightTapSharp];
        let smooth = self.frame.objective.smooth_filter.then_some(InterpFilter::EightTapSmooth);
        let mut block = candidate.block;
        let switchable = self.coder.frame.interpolation_filter == InterpFilter::Switchable;
        let fraction = (block.mv[0].row | block.mv[0].col) & 7 != 0;
        if !switchable || !fraction || !needs_interp_filter(&block) {
            return;
        }
        let others = OTHERS[..self.frame.effort.filters - 1].iter().copied();
        for filter in others.chain(smooth) {
            block.interp_filter = filter;
            let estimate = self.predicted_cost(context, &block);
            if estimate.difference < candidate.estimate.difference {
                *candidate = Candidate { block, estimate };
            }
        }
    }

    /// The vector stack that an inter candidate was found with.
    pub(super) fn kept_stack(&self, block: &Block) -> Option<MvStack> {
        let kept = if block.is_compound() { 0 } else { block.ref_frame[0] as usize };
        self.worker.stacks[kept]
    }

    /// The cost of an inter block by the transformed difference of its prediction.
    pub(super) fn predicted_cost(&mut self, context: &BlockContext, block: &Block) -> Estimate {
        let Some(stack) = self.kept_stack(block) else { return Estimate::of_difference(u32::MAX) };
        let rate = self.inter_rate(context, block, &stack);
        let (isa, rect, stride) = (self.coder.isa, context.rect, context.size.width());
        let (w, h) = (context.size.width(), context.size.height());
        let region = Region { plane: 0, x: rect.x, y: rect.y, w, h };
        let filters = [block.interp_filter; 2];
        let plane = |list: usize| {
            let name = block.ref_frame[list] as usize;
            &self.coder.references[name].expect("a reference the frame has").planes[0]
        };
        let warp = match block.motion_mode {
            MotionMode::LocalWarp => self.coder.local_warp(block),
            _ => None,
        };
        let dst = SamplesMut::new(&mut self.worker.buffer, stride);
        if block.is_compound() {
            let both = [0, 1].map(|list| (plane(list), block.mv[list]));
            let scratch = &mut self.worker.compound;
            predict_average(isa, dst, both, region, filters, scratch);
        } else if let Some(warp) = warp {
            warp.predict(isa, dst, plane(0), region);
        } else {
            predict_single(isa, dst, plane(0), region, block.mv[0], filters);
        }
        if block.motion_mode == MotionMode::Obmc {
            let dst = SamplesMut::new(&mut self.worker.buffer, stride);
            self.worker.overlap.blend(isa, dst);
        }
        let src = view(&self.coder.source[0], rect);
        let pred = Samples::new(&self.worker.buffer, stride);
        let detail = self.detail(true);
        let room = &mut self.worker.room;
        let found = coefficients(isa, src, pred, (rect.w, rect.h), detail, room);
        self.estimate(&found, rate, context.size)
    }
}
