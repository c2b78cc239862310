//! Overlapped motion compensation (7.11.3.9): towards a block's upper and left edges its prediction is blended with those
//! that the vectors of the neighbours there give.

use super::block::{Block, chroma_size};
use super::inter::{Region, predict_single};
use super::local_warp::Surroundings;
use crate::av1::frame::mode_info::ModeInfo;
use crate::av1::frame::reference::Reference;
use crate::av1::types::{BlockSize, INTRA_FRAME};
use crate::kernels::isa::Isa;
use crate::kernels::overlap::{blend_above, blend_left, reach};
use crate::kernels::view::{Samples, SamplesMut};

/// Most neighbours on a side that count (`nLimit`).
const MOST: usize = 4;
/// Most samples along an edge.
const LENGTH: usize = 64;
/// Most samples that neighbours reach into a block.
const DEPTH: usize = 32;

/// A block, and what its neighbours' predictions are made of.
pub(crate) struct OverlapInput<'a> {
    /// What the kernels use.
    pub(crate) isa: Isa,
    /// The block and what is coded around it.
    pub(crate) around: Surroundings<'a>,
    /// The reference frames by name.
    pub(crate) references: &'a [Option<&'a Reference>; 8],
}

/// What the vectors of neighbours on one side predict inside a block.
#[derive(Clone, Debug)]
struct Edge {
    /// Where along the edge each of them starts, and its length, in samples.
    parts: [(usize, usize); MOST],
    /// How many there are.
    count: usize,
    /// How far they reach into the block.
    depth: usize,
    /// Their samples: rows of [`LENGTH`] above, of [`DEPTH`] to the left.
    samples: [u8; LENGTH * DEPTH],
}

impl Edge {
    /// None.
    fn new() -> Self {
        Self { parts: [(0, 0); MOST], count: 0, depth: 0, samples: [0; LENGTH * DEPTH] }
    }

    /// The neighbours.
    fn parts(&self) -> &[(usize, usize)] {
        &self.parts[..self.count]
    }

    /// Adds a neighbour's place.
    fn push(&mut self, part: (usize, usize)) {
        self.parts[self.count] = part;
        self.count += 1;
    }
}

/// What the vectors of a block's neighbours predict inside it, in one plane.
#[derive(Clone, Debug)]
pub(crate) struct Overlap {
    above: Edge,
    left: Edge,
}

impl Overlap {
    /// Nothing.
    pub(crate) fn new() -> Self {
        Self { above: Edge::new(), left: Edge::new() }
    }

    /// Makes the predictions of 7.11.3.9 in a plane of a block.
    pub(crate) fn predict(&mut self, input: &OverlapInput<'_>, plane: usize) {
        let Surroundings { size, .. } = input.around;
        (self.above.count, self.left.count) = (0, 0);
        let plane_size = if plane > 0 { chroma_size(size) } else { size };
        if input.around.has_above() && plane_size >= BlockSize::B8x8 {
            input.predict_above(&mut self.above, plane);
        }
        if input.around.has_left() {
            input.predict_left(&mut self.left, plane);
        }
    }

    /// Blends a block's own prediction in that plane with them (7.11.3.10).
    pub(crate) fn blend(&self, isa: Isa, dst: SamplesMut<'_>) {
        let Self { above, left } = self;
        let SamplesMut { data, stride } = dst;
        for &(x, w) in above.parts() {
            let pred = Samples::new(&above.samples[x..], LENGTH);
            blend_above(isa, SamplesMut::new(&mut data[x..], stride), pred, (w, above.depth));
        }
        for &(y, h) in left.parts() {
            let pred = Samples::new(&left.samples[y * DEPTH..], DEPTH);
            let dst = SamplesMut::new(&mut data[y * stride..], stride);
            blend_left(isa, dst, pred, (left.depth, h));
        }
    }
}

impl OverlapInput<'_> {
    /// The pass over the neighbours above.
    fn predict_above(&self, edge: &mut Edge, plane: usize) {
        let Surroundings { grid, pos, size, .. } = self.around;
        let sub = usize::from(plane > 0);
        edge.depth = (size.height() >> (sub + 1)).min(DEPTH >> sub);
        // All rows that count, in pairs.
        let rows = reach(edge.depth).next_multiple_of(2);
        let neighbour = |along: usize| {
            let info = grid.at(pos.row - 1, (pos.col + along) | 1);
            (info, info.block_size.width4())
        };
        let n4 = size.width4();
        for_each_neighbour(n4, grid.mi_cols - pos.col, neighbour, |info, start4, length4| {
            let (x, w) = ((start4 * 4) >> sub, (length4 * 4) >> sub);
            edge.push((x, w));
            let dst = SamplesMut::new(&mut edge.samples[x..], LENGTH);
            self.predict(info, dst, plane, ((x, 0), (w, rows)));
        });
    }

    /// The pass over the neighbours to the left.
    fn predict_left(&self, edge: &mut Edge, plane: usize) {
        let Surroundings { grid, pos, size, .. } = self.around;
        let sub = usize::from(plane > 0);
        edge.depth = (size.width() >> (sub + 1)).min(DEPTH >> sub);
        let neighbour = |along: usize| {
            let info = grid.at((pos.row + along) | 1, pos.col - 1);
            (info, info.block_size.height4())
        };
        let n4 = size.height4();
        for_each_neighbour(n4, grid.mi_rows - pos.row, neighbour, |info, start4, length4| {
            let (y, h) = ((start4 * 4) >> sub, (length4 * 4) >> sub);
            edge.push((y, h));
            let dst = SamplesMut::new(&mut edge.samples[y * DEPTH..], DEPTH);
            self.predict(info, dst, plane, ((0, y), (edge.depth, h)));
        });
    }

    /// Predicts `w` × `h` samples, so far right of and below the block's first, by a neighbour's vector.
    fn predict(
        &self,
        info: &ModeInfo,
        dst: SamplesMut<'_>,
        plane: usize,
        ((right, down), (w, h)): ((usize, usize), (usize, usize)),
    ) {
        let pos = self.around.pos;
        let sub = usize::from(plane > 0);
        let (x, y) = (((pos.col * 4) >> sub) + right, ((pos.row * 4) >> sub) + down);
        let name = info.ref_frame[0] as usize;
        let reference = &self.references[name].expect("a reference the frame has").planes[plane];
        let region = Region { plane, x, y, w, h };
        predict_single(self.isa, dst, reference, region, info.mv[0], info.interp_filter);
    }

    /// Whether some neighbour is predicted otherwise than the block, by its reference or its vector.
    pub(crate) fn differs_from(&self, block: &Block) -> bool {
        self.around.has_neighbour(|info| {
            let name = info.ref_frame[0];
            name > INTRA_FRAME && (name, info.mv[0]) != (block.ref_frame[0], block.mv[0])
        })
    }
}

/// Visits the neighbours along an edge of `n4` units of 4 samples that count, those that are inter blocks, up to
/// `nLimit`, with where along the edge they start and how long they are there. `neighbour` is that beside a unit of the
/// edge, with its own length, and `inside` how many units lie inside the frame.
fn for_each_neighbour<'a>(
    n4: usize,
    inside: usize,
    neighbour: impl Fn(usize) -> (&'a ModeInfo, usize),
    mut visit: impl FnMut(&'a ModeInfo, usize, usize),
) {
    // Mi_Width_Log2 or Mi_Height_Log2.
    let limit = (n4.ilog2() as usize).min(MOST);
    let (mut count, mut at) = (0, 0);
    while count < limit && at < n4.min(inside) {
        let (info, length4) = neighbour(at);
        let step4 = length4.clamp(2, 16);
        if info.ref_frame[0] > INTRA_FRAME {
            count += 1;
            visit(info, at, step4.min(n4));
        }
        at += step4;
    }
}
