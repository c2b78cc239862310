//! The filters of a frame (7.4, steps 1 and 2) and the extension of its edges, by superblock rows on
//! any number of threads.
//!
//! One thread goes over the frame as a whole. Several take superblock rows, in sections that wait for
//! each other: the edges inside rows are deblocked; then those between rows, and what the next filter
//! reads across them is kept; then that filter follows, again row by row.

use std::sync::Arc;

use super::cdef::{Around, Boundary, Cdef, CdefInput};
use super::current::CurrentFrame;
use super::deblock::{LoopFilter, Shapes, TxSizeGrid};
use crate::av1::geometry::SB4;
use crate::av1::obu::frame::CdefParams;
use crate::av1::tile::decider::FrameJob;
use crate::frame::padded::bands;
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
        }
    }

    /// Filters a frame whose tiles are coded, and extends its edges.
    pub(crate) fn filter(&mut self, job: &FrameJob, current: &mut CurrentFrame) {
        let header = &job.header;
        let loop_filter =
            LoopFilter::new(&header.loop_filter_params, &header.segmentation_params, job.isa);
        let loop_filter = loop_filter.is_active().then_some(&loop_filter);
        if loop_filter.is_some() {
            self.tx_sizes.take(&current.grid, header);
        }
        let cdef = header.has_cdef(&job.sequence).then_some(&header.cdef_params);
        self.filter_with(current, loop_filter, cdef);
    }

    fn filter_with(
        &mut self,
        current: &mut CurrentFrame,
        loop_filter: Option<&LoopFilter>,
        cdef: Option<&CdefParams>,
    ) {
        let Self { pool, tx_sizes, cdef: walks, boundaries } = self;
        let CurrentFrame { planes, grid: modes, cdef_idx } = current;
        let shapes = Shapes { modes, tx_sizes };
        let sb_rows = modes.mi_rows.div_ceil(SB4);
        // Superblock rows that are filtered as one.
        let rows = if pool.threads() > 1 { 1 } else { sb_rows };
        if let Some(loop_filter) = loop_filter {
            pool.for_each(bands(planes, 64 * rows, 64 * rows).enumerate(), |(band, mut planes)| {
                loop_filter.filter_rows(&mut planes, shapes, band * rows..(band + 1) * rows);
            });
        }
        if loop_filter.is_some() || cdef.is_some() {
            // Band `n` ends in the middle of superblock row `n`, and so lies around its upper edge.
            let between = bands(planes, 32, 64).skip(1).zip(1..).zip(&mut *boundaries);
            pool.for_each(between, |((mut planes, sb_row), boundary)| {
                if let Some(loop_filter) = loop_filter {
                    loop_filter.filter_upper_edges(&mut planes, shapes, sb_row);
                }
                if cdef.is_some() {
                    boundary.store(&planes, sb_row);
                }
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
                filters.filter_with(&mut current, active, cdef.then_some(&params));
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
