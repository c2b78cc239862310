//! The filters of a frame (7.4, steps 1 and 2) and the extension of its edges, by superblock rows on
//! any number of threads.
//!
//! One thread goes over the frame as a whole. Several take superblock rows, in sections that wait for
//! each other: the edges inside rows are deblocked; then those between rows, and what the next filter
//! reads across them is kept; then that filter follows, again row by row.

use std::sync::Arc;

use super::cdef::trial::CdefTrial;
use super::cdef::{Around, Boundary, Cdef, CdefInput};
use super::current::CurrentFrame;
use super::deblock::{LoopFilter, Shapes, TxSizeGrid};
use crate::av1::frame::mode_info::ModeInfoGrid;
use crate::av1::geometry::SB4;
use crate::av1::obu::frame::CdefParams;
use crate::av1::tile::decider::{CdefCandidates, FrameJob};
use crate::frame::padded::{PaddedPlane, PaddedRows, bands};
use crate::kernels::isa::Isa;
use crate::pool::Pool;

/// The buffers of the filters, for frames of one size.
pub(crate) struct FrameFilters {
    pool: Arc<Pool>,
    /// `LoopfilterTxSizes`.
    tx_sizes: TxSizeGrid,
    /// One for each thread.
    cdef: Vec<Cdef>,
    /// Between superblock rows, for several threads.
    boundaries: Vec<Boundary>,
    /// What strengths of CDEF left where they were tried.
    errors: Vec<u64>,
}

impl FrameFilters {
    /// Buffers for frames of `width` × `height` luma samples.
    pub(crate) fn new(width: usize, height: usize, isa: Isa, pool: Arc<Pool>) -> Self {
        let boundaries = if pool.threads() > 1 { height.div_ceil(64) - 1 } else { 0 };
        Self {
            tx_sizes: TxSizeGrid::new(width, height),
            cdef: vec![Cdef::new(width, height, isa); pool.threads()],
            boundaries: vec![Boundary::new(width); boundaries],
            pool,
            errors: Vec::new(),
        }
    }

    /// Deblocks a frame whose tiles are decided (7.14).
    pub(crate) fn deblock(&mut self, job: &FrameJob, current: &mut CurrentFrame) {
        let header = &job.header;
        let loop_filter =
            LoopFilter::new(&header.loop_filter_params, &header.segmentation_params, job.isa);
        if loop_filter.is_active() {
            self.tx_sizes.take(&current.grid, header);
            self.deblock_with(current, &loop_filter);
        }
    }

    fn deblock_with(&mut self, current: &mut CurrentFrame, loop_filter: &LoopFilter) {
        let Self { pool, tx_sizes, boundaries, .. } = self;
        let CurrentFrame { planes, grid: modes, .. } = current;
        let shapes = Shapes { modes, tx_sizes };
        let rows = rows_as_one(pool, modes);
        pool.for_each(bands(planes, 64 * rows, 64 * rows).enumerate(), |(band, mut planes)| {
            loop_filter.filter_rows(&mut planes, shapes, band * rows..(band + 1) * rows);
        });
        pool.for_each(between(planes, boundaries), |((mut planes, sb_row), _)| {
            loop_filter.filter_upper_edges(&mut planes, shapes, sb_row);
        });
    }

    /// Tries strengths of CDEF on a deblocked frame: gives the squared errors that each candidate would
    /// leave by superblock in raster order, 0 where nothing would be filtered.
    pub(crate) fn try_cdef(
        &mut self,
        job: &FrameJob,
        current: &CurrentFrame,
        source: &[PaddedPlane; 3],
        candidates: CdefCandidates<'_>,
    ) -> &[u64] {
        let trial = CdefTrial {
            isa: job.isa,
            modes: &current.grid,
            deblocked: &current.planes,
            source,
            damping: job.header.cdef_params.damping,
            candidates,
        };
        let cols = current.grid.mi_cols.div_ceil(SB4);
        self.errors.resize(current.cdef_idx.len() * candidates.len(), 0);
        let rows = self.errors.chunks_mut(cols * candidates.len());
        self.pool.for_each(rows.zip(current.cdef_idx.chunks(cols)).enumerate(), |(row, found)| {
            let (errors, indices) = found;
            let superblocks = errors.chunks_mut(candidates.len()).zip(indices);
            for (col, (errors, &index)) in superblocks.enumerate() {
                match index {
                    -1 => errors.fill(0),
                    _ => trial.superblock(row, col, errors),
                }
            }
        });
        &self.errors
    }

    /// Filters a deblocked frame by CDEF (7.15), if it has that, and extends its edges.
    pub(crate) fn finish(&mut self, current: &mut CurrentFrame, cdef: Option<&CdefParams>) {
        let Self { pool, cdef: walks, boundaries, .. } = self;
        let CurrentFrame { planes, grid: modes, cdef_idx } = current;
        let rows = rows_as_one(pool, modes);
        if cdef.is_some() {
            pool.for_each(between(planes, boundaries), |((planes, sb_row), boundary)| {
                boundary.store(&planes, sb_row);
            });
        }
        let bands = bands(planes, 64 * rows, 64 * rows).enumerate();
        pool.for_each_with(walks, bands, |walk, (band, mut planes)| {
            if let Some(params) = cdef {
                let input = CdefInput { modes, cdef_idx, params };
                let above = band.checked_sub(1).and_then(|above| boundaries.get(above));
                let around = Around { above, below: boundaries.get(band) };
                walk.filter_rows(&mut planes, input, band * rows..(band + 1) * rows, around);
            }
            planes.iter_mut().for_each(|plane| plane.extend_edges());
        });
    }
}

/// Superblock rows that are filtered as one.
fn rows_as_one(pool: &Pool, modes: &ModeInfoGrid) -> usize {
    if pool.threads() > 1 { 1 } else { modes.mi_rows.div_ceil(SB4) }
}

/// What lies around the upper edge of every superblock row but the first, with the row's number and
/// what is kept there: one thread needs nothing of it.
fn between<'a>(
    planes: &'a mut [PaddedPlane; 3],
    boundaries: &'a mut [Boundary],
) -> impl Iterator<Item = (([PaddedRows<'a>; 3], usize), &'a mut Boundary)> {
    // Band `n` ends in the middle of superblock row `n`.
    bands(planes, 32, 64).skip(1).zip(1..).zip(boundaries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av1::frame::cdef::tests as cdef_tests;
    use crate::av1::frame::deblock::tests as deblock_tests;
    use crate::av1::frame::random_frame::RandomFrame;
    use crate::kernels::random::Random;

    /// Both filters one after the other over whole frames, as the standard has them, are the same as
    /// by superblock rows on several threads; edges are extended afterwards.
    #[test]
    fn frames_equal_the_specification_on_any_number_of_threads() {
        let pools = [1, 2, 3].map(|threads| Arc::new(Pool::new(threads)));
        for seed in 2000..2120 {
            let mut random = Random::new(seed);
            let frame = RandomFrame::new(&mut random);
            let headers = deblock_tests::random_params(&mut random);
            let params = cdef_tests::random_params(&mut random);
            let cdef_idx = cdef_tests::random_indices(&mut random, &frame, &params);
            let (deblocks, cdef) = (!random.one_in(5), !random.one_in(5));
            let mut expected = match deblocks {
                true => deblock_tests::reference(&frame, &headers),
                false => [0, 1, 2].map(|plane| frame.samples(plane)),
            };
            if cdef {
                expected = cdef_tests::expected(&expected, &frame, &cdef_idx, &params);
            }
            for pool in &pools {
                let pool = Arc::clone(pool);
                let isa = Isa::detect();
                let mut filters = FrameFilters::new(frame.width, frame.height, isa, pool);
                filters.tx_sizes = frame.tx_sizes.clone();
                let mut current = CurrentFrame {
                    planes: frame.planes.clone(),
                    grid: frame.modes.clone(),
                    cdef_idx: cdef_idx.clone(),
                };
                let loop_filter = LoopFilter::new(&headers.0, &headers.1, isa);
                let active = (deblocks && loop_filter.is_active()).then_some(&loop_filter);
                if let Some(active) = active {
                    filters.deblock_with(&mut current, active);
                }
                filters.finish(&mut current, cdef.then_some(&params));
                for (plane, expected) in expected.iter().enumerate() {
                    let got = &current.planes[plane];
                    for (y, row) in expected.iter().enumerate().take(got.height) {
                        let row: Vec<u8> = row[..got.width].iter().map(|&s| s as u8).collect();
                        assert!(got.row(0, y as isize, got.width) == row, "seed {seed}, row {y}");
                    }
                    let mut extended = got.clone();
                    extended.extend_edges();
                    assert!(extended.data == got.data, "seed {seed}");
                }
            }
        }
    }
}
