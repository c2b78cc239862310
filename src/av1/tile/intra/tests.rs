use super::*;
use crate::av1::types::PredictionMode as Mode;
use crate::kernels::intra::spec::{self, Inputs, Line};
use crate::kernels::random::Random;

/// A plane of random samples, also where the picture has none: nothing outside the coded area
/// may be read.
fn random_plane(random: &mut Random, width: usize, height: usize, extreme: bool) -> PaddedPlane {
    let mut plane = PaddedPlane::new(width, height);
    plane.data.fill_with(|| random.sample(extreme));
    plane
}

/// What a decoder of the standard knows of a plane.
struct Frame<'a> {
    samples: &'a PaddedPlane,
    max_x: usize,
    max_y: usize,
}

impl<'a> Frame<'a> {
    /// 7.11.2.1 from the luma size of the frame.
    fn new(samples: &'a PaddedPlane, plane: usize, (width, height): (usize, usize)) -> Self {
        let mi_cols = 2 * ((width + 7) >> 3);
        let mi_rows = 2 * ((height + 7) >> 3);
        let sub = usize::from(plane > 0);
        Self { samples, max_x: ((mi_cols * 4) >> sub) - 1, max_y: ((mi_rows * 4) >> sub) - 1 }
    }

    /// `CurrFrame[ plane ][ y ][ x ]`, inside the coded area.
    fn at(&self, y: usize, x: usize) -> Option<i32> {
        assert!(x <= self.max_x && y <= self.max_y, "({x}, {y}) is outside the coded area");
        Some(i32::from(self.samples.row(x as isize, y as isize, 1)[0]))
    }

    /// The arrays `AboveRow` and `LeftCol` of 7.11.2.1.
    fn edges(&self, (x, y): (usize, usize), (w, h): (usize, usize), have: Available) -> [Line; 2] {
        let (mut above, mut left) = (Line::new(), Line::new());
        for i in 0..w + h {
            above[i as isize] = if !have.above && have.left {
                self.at(y, x - 1)
            } else if !have.above {
                Some((1 << 7) - 1)
            } else {
                let limit = self.max_x.min(x + if have.above_right { 2 * w } else { w } - 1);
                self.at(y - 1, limit.min(x + i))
            };
            left[i as isize] = if !have.left && have.above {
                self.at(y - 1, x)
            } else if !have.left {
                Some((1 << 7) + 1)
            } else {
                let limit = self.max_y.min(y + if have.below_left { 2 * h } else { h } - 1);
                self.at(limit.min(y + i), x - 1)
            };
        }
        above[-1] = match (have.above, have.left) {
            (true, true) => self.at(y - 1, x - 1),
            (true, false) => self.at(y - 1, x),
            (false, true) => self.at(y, x - 1),
            (false, false) => Some(1 << 7),
        };
        left[-1] = above[-1];
        [above, left]
    }
}

/// A transform block that begins inside the coded area, and what may exist around it.
fn random_block(random: &mut Random, frame: &Frame<'_>) -> (TxSize, (usize, usize), Available) {
    let tx_size = TxSize::ALL[random.below(TxSize::ALL.len())];
    let at = |random: &mut Random, last: usize, size: usize| {
        // A block lies at multiples of its size or, in a rectangular block, of the smaller side.
        let step = size.min(16);
        random.below(last / step + 1) * step
    };
    let x = at(random, frame.max_x, tx_size.width());
    let y = at(random, frame.max_y, tx_size.height());
    let above = y > 0 && random.below(8) > 0;
    let left = x > 0 && random.below(8) > 0;
    let have = Available {
        left,
        above,
        above_right: above && random.below(2) == 0,
        below_left: left && random.below(2) == 0,
    };
    (tx_size, (x, y), have)
}

const SIZES: [(usize, usize); 6] = [(16, 16), (18, 35), (70, 50), (129, 64), (88, 131), (200, 66)];

#[test]
fn every_mode_is_the_standards_in_a_frame() {
    let mut random = Random::new(21);
    for (width, height) in SIZES {
        for plane in 0..2 {
            let size =
                if plane == 0 { (width, height) } else { (width.div_ceil(2), height.div_ceil(2)) };
            for extreme in [false, true] {
                let samples = random_plane(&mut random, size.0, size.1, extreme);
                let frame = Frame::new(&samples, plane, (width, height));
                for _ in 0..60 {
                    let (tx_size, at, have) = random_block(&mut random, &frame);
                    check_block(&mut random, &frame, plane, tx_size, at, have);
                }
            }
        }
    }
}

fn check_block(
    random: &mut Random,
    frame: &Frame<'_>,
    plane: usize,
    tx_size: TxSize,
    at: (usize, usize),
    have: Available,
) {
    let size = (tx_size.width(), tx_size.height());
    let (w, h) = size;
    let edges = edges(frame.samples, plane, at, tx_size, have);
    let [above, left] = frame.edges(at, size, have);
    for i in -1..(w + h) as isize {
        let index = (EDGE_ORIGIN as isize + i) as usize;
        let ours = [edges.above[index], edges.left[index]].map(|s| Some(i32::from(s)));
        assert_eq!(ours, [above[i], left[i]], "edge sample {i} of {tx_size:?} {at:?} {have:?}");
    }
    for &mode in &Mode::ALL[..=Mode::Paeth as usize] {
        let angle_delta = if mode.is_directional() { random.below(7) as i8 - 3 } else { 0 };
        let edge_filter = [None, Some(false), Some(true)][random.below(3)];
        let mode_to_angle = [0, 90, 180, 45, 135, 113, 157, 203, 67, 0, 0, 0, 0];
        let angle = mode_to_angle[mode as usize] + isize::from(angle_delta) * 3;
        let inputs = Inputs {
            prediction: match mode {
                Mode::Dc => IntraPrediction::Dc,
                Mode::Smooth => IntraPrediction::Smooth,
                Mode::SmoothV => IntraPrediction::SmoothV,
                Mode::SmoothH => IntraPrediction::SmoothH,
                Mode::Paeth => IntraPrediction::Paeth,
                _ => IntraPrediction::Directional { angle: angle as usize, edge_filter },
            },
            w,
            h,
            have_left: have.left,
            have_above: have.above,
            cols_left: frame.max_x - at.0 + 1,
            rows_left: frame.max_y - at.1 + 1,
        };
        let theirs = spec::predict(&inputs, above.clone(), left.clone());
        let mut dst = vec![77; w * h];
        let direction = Direction { angle_delta, edge_filter };
        predict_intra(
            Isa::detect(),
            SamplesMut::new(&mut dst, w),
            tx_size,
            mode,
            direction,
            &edges,
        );
        for (i, row) in dst.chunks(w).enumerate() {
            let row: Vec<i32> = row.iter().map(|&s| i32::from(s)).collect();
            assert_eq!(
                row, theirs[i],
                "row {i} of {tx_size:?} {at:?} {have:?} {mode:?} {direction:?}"
            );
        }
    }
}

#[test]
fn chroma_from_luma_is_the_standards_in_a_frame() {
    let mut random = Random::new(22);
    for (width, height) in SIZES {
        let luma = random_plane(&mut random, width, height, false);
        let chroma = random_plane(&mut random, width.div_ceil(2), height.div_ceil(2), false);
        let frame = Frame::new(&chroma, 1, (width, height));
        for _ in 0..40 {
            let (tx_size, at, have) = random_block(&mut random, &frame);
            let (w, h) = (tx_size.width(), tx_size.height());
            if w.max(h) > 32 {
                continue;
            }
            let edges = edges(&chroma, 1, at, tx_size, have);
            // The luma of the block ends with a transform of any size that begins in the frame.
            let max_luma = |at: usize, size: usize, last: usize, tx: usize| {
                let begins_before = (2 * last + 2).min(2 * (at + size)) - 2 * at;
                2 * at + begins_before.next_multiple_of(tx)
            };
            let tx_luma = [4, 8, 16, 32][random.below(4)];
            let max_luma =
                (max_luma(at.0, w, frame.max_x, tx_luma), max_luma(at.1, h, frame.max_y, tx_luma));
            let alpha = random.below(33) as i8 - 16;
            let mut ac = [0; CFL_MAX * CFL_MAX];
            let isa = Isa::detect();
            cfl_ac(isa, &mut ac, &luma, at, tx_size, max_luma);
            let mut dst = vec![77; w * h];
            predict_chroma_from_luma(
                isa,
                SamplesMut::new(&mut dst, w),
                tx_size,
                &edges,
                &ac,
                alpha,
            );

            let [above, left] = frame.edges(at, (w, h), have);
            let inputs = Inputs::new(IntraPrediction::Dc, (w, h), &edges);
            let mut theirs = spec::predict(&inputs, above, left);
            let sample = |x: usize, y: usize| luma.row(x as isize, y as isize, 1)[0];
            spec::chroma_from_luma(&mut theirs, sample, at, max_luma, i32::from(alpha));
            let theirs: Vec<u8> = theirs.iter().flatten().map(|&s| s as u8).collect();
            assert_eq!(dst, theirs, "{tx_size:?} {at:?} {max_luma:?} {alpha}");
        }
    }
}

#[test]
fn filter_type_asks_the_standards_neighbours() {
    let mut random = Random::new(23);
    for _ in 0..2000 {
        let smooth: Vec<bool> = (0..100).map(|_| random.below(4) == 0).collect();
        let is_smooth = |row: usize, col: usize| smooth[row * 10 + col];
        let plane = random.below(3);
        let (mi_row, mi_col) = (2 + random.below(6), 2 + random.below(6));
        let (avail_u, avail_l) = (random.below(3) > 0, random.below(3) > 0);
        // get_filter_type of 7.11.2.8.
        let (mut above_smooth, mut left_smooth) = (false, false);
        if avail_u {
            let (mut r, mut c) = (mi_row - 1, mi_col);
            if plane > 0 {
                if mi_col & 1 == 0 {
                    c += 1;
                }
                if mi_row & 1 == 1 {
                    r -= 1;
                }
            }
            above_smooth = is_smooth(r, c);
        }
        if avail_l {
            let (mut r, mut c) = (mi_row, mi_col - 1);
            if plane > 0 {
                if mi_col & 1 == 1 {
                    c -= 1;
                }
                if mi_row & 1 == 0 {
                    r += 1;
                }
            }
            left_smooth = is_smooth(r, c);
        }
        let ours = filter_type(plane, MiPos::new(mi_row, mi_col), (avail_u, avail_l), is_smooth);
        assert_eq!(ours, above_smooth || left_smooth, "{plane} ({mi_row}, {mi_col})");
    }
}
