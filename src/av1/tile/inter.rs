//! Inter prediction from references of the frame's own size (7.11.3), 8-bit, 4:2:0.

use crate::av1::types::{InterpFilter, Mv};
use crate::frame::padded::PaddedPlane;
use crate::kernels::convolve::{self, FilterSet, Source, Subpel};
use crate::kernels::isa::Isa;
use crate::kernels::view::{SamplesMut, View, ViewMut};

/// Greatest side that is predicted at once, so that what a block reads around itself fits the
/// margin of its reference.
const PART: usize = 64;

/// A block of one plane that has one set of motion vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// The plane: 0 luma, 1 and 2 chroma.
    pub(crate) plane: usize,
    /// Left edge, in samples of the plane.
    pub(crate) x: usize,
    /// Top edge, in samples of the plane.
    pub(crate) y: usize,
    /// Width in samples: 2 to 128.
    pub(crate) w: usize,
    /// Height in samples: 2 to 128.
    pub(crate) h: usize,
}

/// Both predictions of a part of a compound block.
#[derive(Clone, Debug)]
pub(crate) struct CompoundScratch([[i16; PART * PART]; 2]);

impl CompoundScratch {
    /// Room for one worker.
    pub(crate) fn new() -> Self {
        Self([[0; PART * PART]; 2])
    }
}

/// 7.11.3.1 for one reference: predicts `region` from `reference` (edges extended) into `dst`.
///
/// `filters` is the block's `interp_filter`: vertical (0) and horizontal (1), never switchable.
pub(crate) fn predict_single(
    isa: Isa,
    dst: SamplesMut<'_>,
    reference: &PaddedPlane,
    region: Region,
    mv: Mv,
    filters: [InterpFilter; 2],
) {
    let filters = filter_sets(region, filters);
    for part in parts(region) {
        let (src, subpel) = locate(reference, part, mv, filters);
        let at = (part.y - region.y) * dst.stride + part.x - region.x;
        let dst = SamplesMut::new(&mut dst.data[at..], dst.stride);
        convolve::put(isa, dst, src, (part.w, part.h), subpel);
    }
}

/// 7.11.3.1 for `COMPOUND_AVERAGE`: the mean of the predictions of `region` from two references, each
/// with its vector.
pub(crate) fn predict_average(
    isa: Isa,
    dst: SamplesMut<'_>,
    references: [(&PaddedPlane, Mv); 2],
    region: Region,
    filters: [InterpFilter; 2],
    scratch: &mut CompoundScratch,
) {
    let filters = filter_sets(region, filters);
    for part in parts(region) {
        let size = (part.w, part.h);
        for (pred, (reference, mv)) in scratch.0.iter_mut().zip(references) {
            let (src, subpel) = locate(reference, part, mv, filters);
            convolve::prep(isa, ViewMut::new(&mut pred[..], PART), src, size, subpel);
        }
        let at = (part.y - region.y) * dst.stride + part.x - region.x;
        let dst = SamplesMut::new(&mut dst.data[at..], dst.stride);
        let preds = scratch.0.each_ref().map(|pred| View::new(&pred[..], PART));
        convolve::average(isa, dst, preds, size);
    }
}

/// The parts of a region, of at most [`PART`] samples a side.
fn parts(region: Region) -> impl Iterator<Item = Region> {
    let Region { x, y, w, h, .. } = region;
    (y..y + h).step_by(PART).flat_map(move |y| {
        (x..x + w).step_by(PART).map(move |x| Region {
            x,
            y,
            w: w.min(PART),
            h: h.min(PART),
            ..region
        })
    })
}

/// The choice of the filters for the region's size (7.11.3.4): vertical, horizontal.
fn filter_sets(region: Region, filters: [InterpFilter; 2]) -> [FilterSet; 2] {
    [filter_set(filters[0], region.h), filter_set(filters[1], region.w)]
}

/// `interpFilter` of 7.11.3.4 along a side of `size` samples.
fn filter_set(filter: InterpFilter, size: usize) -> FilterSet {
    match filter {
        InterpFilter::EightTap | InterpFilter::EightTapSharp if size <= 4 => FilterSet::Regular4,
        InterpFilter::EightTapSmooth if size <= 4 => FilterSet::Smooth4,
        InterpFilter::EightTap => FilterSet::Regular,
        InterpFilter::EightTapSmooth => FilterSet::Smooth,
        InterpFilter::EightTapSharp => FilterSet::Sharp,
        InterpFilter::Bilinear => FilterSet::Bilinear,
        InterpFilter::Switchable => unreachable!("a block names its filter"),
    }
}

/// 7.11.3.3 Motion vector scaling process without scaling: where a part lies in its reference.
///
/// With xScale = 1 << 14 the standard's startX is `position << 6` + 32, where `position` counts
/// 1/16 samples, and stepX one sample: the fraction is the same for all samples. The clamp of
/// every sample's position to the reference (7.11.3.4) is in its extended edges. A block whose
/// taps all lie beyond an edge reads one value in that direction wherever it lies there, and taps
/// sum to 128, so it is brought back to where its taps just lie beyond the edge.
fn locate<'a>(
    reference: &'a PaddedPlane,
    part: Region,
    mv: Mv,
    filters: [FilterSet; 2],
) -> (Source<'a>, Subpel) {
    let (x, frac_x) = position(part.plane, part.x, mv.col, part.w, reference.width);
    let (y, frac_y) = position(part.plane, part.y, mv.row, part.h, reference.height);
    let offset = reference.index(x, y);
    let src = Source { data: &reference.data, offset, stride: reference.stride };
    (src, Subpel { x: frac_x, y: frac_y, filter_x: filters[1], filter_y: filters[0] })
}

/// Position in one direction: whole sample, and fraction in 1/16.
fn position(plane: usize, start: usize, mv: i16, size: usize, last: usize) -> (isize, usize) {
    let steps = (2 * isize::from(mv)) >> usize::from(plane > 0);
    let position = ((start as isize) << 4) + steps;
    let whole = (position >> 4).clamp(-(size as isize + 3), last as isize + 2);
    (whole, (position & 15) as usize)
}

#[cfg(test)]
mod tests;
