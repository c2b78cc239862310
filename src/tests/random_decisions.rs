//! Decisions drawn from a seed: legal choices for every syntax element of the native engine's
//! subset, whatever the picture shows.

use crate::av1::geometry::MiPos;
use crate::av1::obu::frame::DeltaQ;
use crate::av1::obu::frame::segmentation::{SEG_LVL_GLOBALMV, SEG_LVL_REF_FRAME, SEG_LVL_SKIP};
use crate::av1::tile::block::{Block, max_rect_tx_size, split_tx_size};
use crate::av1::tile::coefficient_syntax::TxSet;
use crate::av1::tile::decider::SuperblockDecider;
use crate::av1::tile::executor::TileCoder;
use crate::av1::tile::inter_syntax::{component_modes, needs_interp_filter, predicted_mv};
use crate::av1::tile::mv_prediction::MotionModes;
use crate::av1::tile::partition::parts_of;
use crate::av1::tile::quantizers::Rounding;
use crate::av1::tile::residual::{Quantized, TransformChoice, TxTypes};
use crate::av1::tile::symbol::Record;
use crate::av1::types::{
    BlockSize, INTRA_FRAME, InterpFilter, LAST_FRAME, MotionMode, Mv, NONE, Partition,
    PredictionMode, TxMode, TxSize, TxType, UvMode,
};
use crate::kernels::quantize::spec::dequantize;
use crate::kernels::random::Random;

/// How wild the choices are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wildness {
    /// Of 256 blocks, how many are skipped.
    pub(crate) skip: u64,
    /// Of 256 blocks of an inter frame, how many are intra.
    pub(crate) intra: u64,
    /// Of 256 squares, how many are split.
    pub(crate) split: u64,
    /// Of 256 transform blocks, how many get random levels.
    pub(crate) levels: u64,
    /// Greatest vector component drawn, in 1/8 samples.
    pub(crate) mv: i64,
}

/// What decisions are drawn from.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) wildness: Wildness,
    /// Reference names that may be used, LAST to ALTREF.
    pub(crate) names: Vec<i8>,
}

/// Draws decisions.
pub(crate) struct RandomDecider {
    pub(crate) plan: Plan,
    workers: Vec<()>,
}

impl RandomDecider {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan, workers: Vec::new() }
    }
}

/// Draws the decisions of one superblock.
struct Draw<'a> {
    random: Random,
    wildness: Wildness,
    names: &'a [i8],
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[random.below(from.len())]
}

struct RandomTransforms<'a> {
    random: &'a mut Random,
    levels: u64,
}

impl TransformChoice for RandomTransforms<'_> {
    fn tx_types(&mut self, _: &Block, set: TxSet) -> TxTypes {
        TxTypes::one(pick(self.random, set.types()))
    }

    fn adjust(
        &mut self,
        input: &Quantized<'_>,
        levels: &mut [i16],
        dequantized: &mut [i16],
        eob: usize,
    ) -> (usize, i64) {
        let (scan, size, steps) = (input.scan, input.size, input.quantizer.steps());
        if self.random.below(256) as u64 >= self.levels {
            return (eob, 0);
        }
        let eob = 1 + self.random.below(scan.len());
        let spread = 1 + self.random.below(12) as u32;
        levels.fill(0);
        dequantized.fill(0);
        for &position in &scan[..eob] {
            let bits = self.random.below(spread as usize) as u32;
            let magnitude = self.random.below((1 << bits) + 1) as i16;
            let level = if self.random.below(2) == 0 { magnitude } else { -magnitude };
            let step = steps[usize::from(position != 0)];
            levels[usize::from(position)] = level;
            dequantized[usize::from(position)] =
                dequantize(i32::from(level), step, size.dq_denom_log2());
        }
        let last = scan[..eob].iter().rposition(|&p| levels[usize::from(p)] != 0);
        (last.map_or(0, |last| last + 1), 0)
    }
}

impl Draw<'_> {
    fn chance(&mut self, of_256: u64) -> bool {
        (self.random.below(256) as u64) < of_256
    }

    fn partition(
        &mut self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
        size: BlockSize,
    ) {
        use Partition as P;
        let (rows, cols) = (coder.grid.mi_rows, coder.grid.mi_cols);
        if pos.row >= rows || pos.col >= cols {
            return;
        }
        let half = size.width4() / 2;
        let (has_rows, has_cols) = (pos.row + half < rows, pos.col + half < cols);
        let partition = if size == BlockSize::B8x8 {
            P::None
        } else {
            let split = self.chance(self.wildness.split);
            match (has_rows, has_cols) {
                (true, true) if split => P::Split,
                (true, true) => self.parts(size),
                (false, true) if !split => P::Horz,
                (true, false) if !split => P::Vert,
                _ => P::Split,
            }
        };
        coder.writer().write_partition(records, pos, size, partition);
        for (at, part) in parts_of(pos, size, partition) {
            if partition == P::Split {
                self.partition(coder, records, at, part);
            } else if coder.grid.contains(at) {
                self.block(coder, records, at, part);
            }
        }
    }

    /// How a square inside the frame is parted, if not in four squares: half of them are left whole or halved.
    fn parts(&mut self, size: BlockSize) -> Partition {
        use Partition as P;
        let parted = [P::HorzA, P::HorzB, P::VertA, P::VertB, P::Horz4, P::Vert4];
        // Fours of 16×16 have sides of 4 samples, which no block of ours has.
        let fours = if size.width() > 16 { 6 } else { 4 };
        if self.chance(128) {
            pick(&mut self.random, &parted[..fours])
        } else {
            pick(&mut self.random, &[P::None, P::None, P::Horz, P::Vert])
        }
    }

    fn block(
        &mut self,
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
        size: BlockSize,
    ) {
        let frame = coder.frame;
        let mut block = Block::new(pos, size);
        block.skip = self.chance(self.wildness.skip);
        let segmentation = &frame.segmentation_params;
        if segmentation.segmentation_enabled {
            block.segment_id =
                self.random.below(usize::from(segmentation.last_active_seg_id()) + 1) as u8;
        }
        // The id in force decides what its features allow, and depends on the skip flag.
        block.segment_id = coder.writer().effective_segment_id(&block);
        let feature = |id: u8, f: usize| segmentation.feature(id, f);
        if feature(block.segment_id, SEG_LVL_SKIP).is_some() {
            block.skip = true;
        }
        let fixed_ref = feature(block.segment_id, SEG_LVL_REF_FRAME);
        let global = feature(block.segment_id, SEG_LVL_GLOBALMV).is_some();
        block.is_inter = !frame.is_intra()
            && match fixed_ref {
                Some(reference) => reference > 0,
                None => global || !self.chance(self.wildness.intra),
            };
        let lossless = frame.lossless(block.segment_id);
        if frame.tx_mode == TxMode::Select {
            for _ in 0..self.random.below(3) {
                block.tx_size = split_tx_size(block.tx_size);
            }
            block.tx_split = self.random.below(32) as u8;
        }
        if lossless {
            block.tx_size = TxSize::T4x4;
        }
        let stack = block.is_inter.then(|| {
            self.inter(coder, &mut block, fixed_ref, global);
            coder.mv_stack(pos, size, block.ref_frame)
        });
        if block.is_inter {
            if !block.skip && frame.tx_mode == TxMode::Select && !lossless {
                block.tx_size = max_rect_tx_size(size);
            }
        } else {
            self.intra(&mut block, lossless);
        }
        let mut choice =
            RandomTransforms { random: &mut self.random, levels: self.wildness.levels };
        coder.prepare(&mut block);
        if block.is_inter {
            coder.predict_inter(&block, 0..3);
        }
        coder.reconstruct(&block, 0..3, &mut choice);
        coder.settle(&mut block);
        coder.write(records, &block, stack.as_ref());
    }

    fn intra(&mut self, block: &mut Block, lossless: bool) {
        let random = &mut self.random;
        block.y_mode = PredictionMode::ALL[random.below(13)];
        let delta = |random: &mut Random| random.below(7) as i8 - 3;
        if block.y_mode.is_directional() {
            block.angle_delta_y = delta(random);
        }
        let cfl = if lossless {
            block.size == BlockSize::B8x8
        } else {
            block.size.width().max(block.size.height()) <= 32
        };
        block.uv_mode = UvMode::ALL[random.below(13 + usize::from(cfl))];
        if (UvMode::V..=UvMode::D67).contains(&block.uv_mode) {
            block.angle_delta_uv = delta(random);
        }
        if block.uv_mode == UvMode::Cfl {
            while block.cfl_alpha == [0, 0] {
                block.cfl_alpha = [0; 2].map(|_: i8| random.below(33) as i8 - 16);
            }
        }
    }

    fn inter(
        &mut self,
        coder: &TileCoder<'_>,
        block: &mut Block,
        fixed_ref: Option<i16>,
        global: bool,
    ) {
        use PredictionMode as P;
        let frame = coder.frame;
        let skip_feature =
            frame.segmentation_params.feature(block.segment_id, SEG_LVL_SKIP).is_some();
        block.ref_frame = match fixed_ref {
            Some(reference) => [reference as i8, NONE],
            None if skip_feature || global => [LAST_FRAME, NONE],
            None if frame.reference_select && self.chance(100) => self.pair(),
            None => [pick(&mut self.random, self.names), NONE],
        };
        let stack = coder.mv_stack(block.pos, block.size, block.ref_frame);
        block.y_mode = if skip_feature || global {
            P::GlobalMv
        } else if block.ref_frame[1] > INTRA_FRAME {
            PredictionMode::ALL[P::NearestNearestMv as usize + self.random.below(8)]
        } else {
            pick(&mut self.random, &[P::NearestMv, P::NearMv, P::GlobalMv, P::NewMv])
        };
        let first = match block.y_mode {
            P::NewMv | P::NewNewMv => Some(0),
            P::NearMv | P::NearNearMv | P::NearNewMv | P::NewNearMv => Some(1),
            _ => None,
        };
        if let Some(first) = first {
            let last = stack.num_mv_found.saturating_sub(1).clamp(first, first + 2);
            block.ref_mv_idx = (first + self.random.below(last - first + 1)) as u8;
        }
        for (list, mode) in component_modes(block.y_mode).into_iter().enumerate() {
            let prediction = predicted_mv(block, &stack, list);
            block.mv[list] = match mode {
                Some(P::NewMv) => self.vector(frame, prediction),
                Some(_) => prediction,
                None => Mv::default(),
            };
        }
        let modes = match stack.motion_modes {
            MotionModes::Simple => 1,
            MotionModes::Obmc => 2,
            MotionModes::All => 3,
        };
        block.motion_mode = pick(&mut self.random, &MotionMode::ALL[..modes]);
        block.interp_filter = if frame.interpolation_filter != InterpFilter::Switchable {
            frame.interpolation_filter
        } else if needs_interp_filter(block) {
            pick(
                &mut self.random,
                &[
                    InterpFilter::EightTap,
                    InterpFilter::EightTapSmooth,
                    InterpFilter::EightTapSharp,
                ],
            )
        } else {
            InterpFilter::EightTap
        };
    }

    fn pair(&mut self) -> [i8; 2] {
        let uni = [[1, 2], [1, 3], [1, 4], [5, 7]];
        if self.chance(80) {
            pick(&mut self.random, &uni)
        } else {
            [1 + self.random.below(4) as i8, 5 + self.random.below(3) as i8]
        }
    }

    fn vector(&mut self, frame: &crate::av1::obu::frame::FrameHeader, near: Mv) -> Mv {
        let unit = if frame.force_integer_mv {
            8
        } else if frame.allow_high_precision_mv {
            1
        } else {
            2
        };
        let mut component = |prediction: i16| {
            let reach = 1 + self.random.below(self.wildness.mv as usize) as i64;
            let diff = self.random.below(2 * reach as usize + 1) as i64 - reach;
            let value = i64::from(prediction) + diff / unit * unit;
            // 6.10.24: vectors stay below 2^14.
            value.clamp(-((1 << 14) - 8), (1 << 14) - 8) as i16
        };
        Mv::new(component(near.row), component(near.col))
    }
}

impl SuperblockDecider for RandomDecider {
    type Shared = Plan;
    type Worker = ();
    const ROUNDING: [Rounding; 2] = [Rounding { dc: 56, ac: 46 }, Rounding { dc: 48, ac: 40 }];

    fn workers(&mut self, count: usize) -> (&Plan, &mut [()]) {
        self.workers.resize(count, ());
        (&self.plan, &mut self.workers)
    }

    fn superblock(
        plan: &Plan,
        (): &mut (),
        coder: &mut TileCoder<'_>,
        records: &mut Vec<Record>,
        pos: MiPos,
    ) {
        let place = (pos.row << 16 | pos.col) as u64;
        let mut random = Random::new(plan.seed << 32 | place);
        if coder.frame.has_cdef(coder.sequence) {
            let bits = coder.frame.cdef_params.cdef_bits;
            coder.cdef_idx = random.below(1 << bits) as u8;
        }
        if let Some(DeltaQ { delta_q_res: resolution, .. }) = coder.frame.delta_q {
            let base = i32::from(coder.frame.quantization_params.base_q_idx);
            let step = (random.below(61) as i32 - 30) << resolution;
            let target = base + step;
            coder.target_q_index =
                if (1..=255).contains(&target) { target as u8 } else { base as u8 };
        }
        let mut draw = Draw { random, wildness: plan.wildness, names: &plan.names };
        draw.partition(coder, records, pos, BlockSize::B64x64);
    }

    fn cost(_: &Plan, records: &[Record]) -> u64 {
        records.len() as u64 * 512
    }
}

/// Whether every set has its types; used to keep the draw honest.
#[test]
fn sets_are_not_empty() {
    for &size in TxSize::ALL {
        for inter in [false, true] {
            for reduced in [false, true] {
                assert!(TxSet::of(size, inter, reduced).contains(TxType::DctDct));
            }
        }
    }
}
