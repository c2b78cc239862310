//! Random frames for tests: samples, consistent block and transform layouts, and plain copies.

use crate::av1::frame::deblock::TxSizeGrid;
use crate::av1::frame::mode_info::{ModeInfo, ModeInfoGrid};
use crate::av1::geometry::MiPos;
use crate::av1::types::{BlockSize, PredictionMode, TxSize};
use crate::frame::padded::PaddedPlane;
use crate::kernels::random::Random;

/// A frame with its layout.
pub(crate) struct RandomFrame {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) planes: [PaddedPlane; 3],
    pub(crate) modes: ModeInfoGrid,
    pub(crate) tx_sizes: TxSizeGrid,
}

impl RandomFrame {
    /// A frame of 16 to 200 samples a side.
    pub(crate) fn new(random: &mut Random) -> Self {
        let (width, height) = (16 + random.below(185), 16 + random.below(185));
        let planes =
            [0, 1, 1].map(|sub| random_plane(random, (width + sub) >> sub, (height + sub) >> sub));
        let mut frame = Self {
            width,
            height,
            planes,
            modes: ModeInfoGrid::new(width, height),
            tx_sizes: TxSizeGrid::new(width, height),
        };
        let deepest = random.pick(&[2, 3, 3, 4, 6]);
        let split = random.pick(&[1, 2, 4]);
        let skipped = random.pick(&[1, 2, 8]);
        for row in (0..frame.modes.mi_rows).step_by(16) {
            for col in (0..frame.modes.mi_cols).step_by(16) {
                frame.partition(random, MiPos::new(row, col), 6, (deepest, split, skipped));
            }
        }
        frame
    }

    /// The samples of a plane up to the last position (`MiCols` × `MiRows`).
    pub(crate) fn samples(&self, index: usize) -> Vec<Vec<i32>> {
        let unit = if index == 0 { 4 } else { 2 };
        let (w, h) = (self.modes.mi_cols * unit, self.modes.mi_rows * unit);
        (0..h as isize)
            .map(|y| self.planes[index].row(0, y, w).iter().map(|&s| i32::from(s)).collect())
            .collect()
    }

    fn partition(
        &mut self,
        random: &mut Random,
        pos: MiPos,
        log2: usize,
        rates: (usize, usize, usize),
    ) {
        if pos.row >= self.modes.mi_rows || pos.col >= self.modes.mi_cols {
            return;
        }
        let half = 1 << log2 >> 3;
        if log2 > rates.0 && (half > 0 && !random.one_in(rates.1 + 1)) {
            for (r, c) in [(0, 0), (0, half), (half, 0), (half, half)] {
                self.partition(random, pos.offset(r, c), log2 - 1, rates);
            }
            return;
        }
        let (w, h) = random.pick(&[(0, 0), (0, 0), (1, 0), (0, 1), (2, 0), (0, 2)]);
        let size = (log2 >= 2 + w && log2 >= 2 + h)
            .then(|| BlockSize::from_log2(log2 - w, log2 - h))
            .flatten()
            .unwrap_or(BlockSize::from_log2(log2, log2).expect("squares exist"));
        for r in (0..1 << log2 >> 2).step_by(size.height4()) {
            for c in (0..1 << log2 >> 2).step_by(size.width4()) {
                self.block(random, pos.offset(r, c), size, rates.2);
            }
        }
    }

    fn block(&mut self, random: &mut Random, pos: MiPos, size: BlockSize, skipped: usize) {
        if pos.row >= self.modes.mi_rows || pos.col >= self.modes.mi_cols {
            return;
        }
        let inter = !random.one_in(3);
        let modes = if inter { &PredictionMode::ALL[13..] } else { &PredictionMode::ALL[..13] };
        let info = ModeInfo {
            block_size: size,
            y_mode: random.pick(modes),
            ref_frame: [if inter { 1 + random.below(7) as i8 } else { 0 }, -1],
            segment_id: random.below(8) as u8,
            is_inter: inter,
            skip: random.one_in(skipped),
            ..ModeInfo::default()
        };
        self.modes.fill(pos, size, info);
        let depth = random.below(3);
        let largest = |w: usize, h: usize, most: usize| (w.min(most), h.min(most));
        let tile =
            |frame: &mut Self, random: &mut Random, plane: usize, w: usize, h: usize, most| {
                let at = MiPos::new(pos.row >> plane, pos.col >> plane);
                let (tw, th) = largest(w, h, most);
                for r in (0..1 << h >> 2).step_by(1 << th >> 2) {
                    for c in (0..1 << w >> 2).step_by(1 << tw >> 2) {
                        frame.transform(random, plane, at.offset(r, c), (tw, th), depth);
                    }
                }
            };
        let (w, h) = (size.width_log2(), size.height_log2());
        tile(self, random, 0, w, h, 6);
        tile(self, random, 1, (w - 1).max(2), (h - 1).max(2), 5);
    }

    fn transform(
        &mut self,
        random: &mut Random,
        plane: usize,
        pos: MiPos,
        (w, h): (usize, usize),
        depth: usize,
    ) {
        let sub = plane;
        if pos.row >= self.modes.mi_rows >> sub || pos.col >= self.modes.mi_cols >> sub {
            return;
        }
        if depth == 0 || (w, h) == (2, 2) || random.one_in(3) {
            let size = TxSize::from_log2(w, h).expect("transforms of blocks exist");
            self.tx_sizes.fill(plane, pos.row, pos.col, size);
            return;
        }
        let (half_w, half_h) = (w - usize::from(w >= h), h - usize::from(h >= w));
        for r in (0..1 << h >> 2).step_by(1 << half_h >> 2) {
            for c in (0..1 << w >> 2).step_by(1 << half_w >> 2) {
                self.transform(random, plane, pos.offset(r, c), (half_w, half_h), depth - 1);
            }
        }
    }
}

/// Cells of differing brightness with ramps and noise; in the margin too.
fn random_plane(random: &mut Random, width: usize, height: usize) -> PaddedPlane {
    let mut plane = PaddedPlane::new(width, height);
    let noise = random.pick(&[0, 1, 1, 2, 4, 10, 255]);
    let step = random.pick(&[0, 2, 5, 12, 30, 255]);
    let cell = random.pick(&[4, 8, 16]);
    let slope = (random.signed(3), random.signed(3));
    let base = random.below(256) as i32;
    let across = plane.stride / cell + 1;
    let cells: Vec<i32> = (0..across * (plane.data.len() / plane.stride / cell + 1))
        .map(|_| random.signed(step))
        .collect();
    let stride = plane.stride;
    for (i, sample) in plane.data.iter_mut().enumerate() {
        let (x, y) = (i % stride, i / stride);
        let ramp = (x % 32) as i32 * slope.0 + (y % 32) as i32 * slope.1;
        let offset = cells[y / cell * across + x / cell];
        *sample = (base + ramp + offset + random.signed(noise)).clamp(0, 255) as u8;
    }
    plane
}
