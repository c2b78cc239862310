use super::literal::{self, Inputs};
use super::*;
use crate::av1::types::{PredictionMode, TxSize};
use crate::kernels::random::Random;

fn random_edges(random: &mut Random, (w, h): (usize, usize), extreme: bool) -> Edges {
    let mut above = [0; EDGE_LEN].map(|_| random.sample(extreme));
    let mut left = [0; EDGE_LEN].map(|_| random.sample(extreme));
    let corner = random.sample(extreme);
    above[EDGE_ORIGIN - 1] = corner;
    left[EDGE_ORIGIN - 1] = corner;
    Edges {
        above,
        left,
        have_above: random.below(4) != 0,
        have_left: random.below(4) != 0,
        cols_inside: if random.below(2) == 0 { w } else { 4 * (1 + random.below(w / 4)) },
        rows_inside: if random.below(2) == 0 { h } else { 4 * (1 + random.below(h / 4)) },
    }
}

/// Runs a kernel into rows wider than the block, and checks that it wrote the block alone.
fn run((w, h): (usize, usize), kernel: impl FnOnce(&mut [u8], usize)) -> Vec<Vec<i32>> {
    let stride = w + 5;
    let mut dst = vec![77; stride * (h + 1)];
    kernel(&mut dst, stride);
    for (i, row) in dst.chunks(stride).enumerate() {
        let beyond = if i < h { &row[w..] } else { row };
        assert!(beyond.iter().all(|&s| s == 77), "row {i} beyond the block");
    }
    dst.chunks(stride).take(h).map(|row| row[..w].iter().map(|&s| i32::from(s)).collect()).collect()
}

fn for_all_sizes(seed: u64, rounds: usize, mut check: impl FnMut((usize, usize), &Edges)) {
    let mut random = Random::new(seed);
    for &tx_size in TxSize::ALL {
        let size = (tx_size.width(), tx_size.height());
        for round in 0..rounds {
            check(size, &random_edges(&mut random, size, round % 2 == 1));
        }
    }
}

#[test]
fn simple_modes_are_the_standards() {
    type Kernel = fn(&mut [u8], usize, usize, usize, &Edges);
    let kernels: [(PredictionMode, Kernel); 5] = [
        (PredictionMode::Dc, dc),
        (PredictionMode::Smooth, smooth),
        (PredictionMode::SmoothV, smooth_v),
        (PredictionMode::SmoothH, smooth_h),
        (PredictionMode::Paeth, paeth),
    ];
    for (mode, kernel) in kernels {
        for_all_sizes(mode as u64, 40, |size, edges| {
            let ours = run(size, |dst, stride| kernel(dst, stride, size.0, size.1, edges));
            let theirs = literal::predict_from(&Inputs::new(mode, size, edges), edges);
            assert_eq!(ours, theirs, "{mode:?} {size:?}");
        });
    }
}

#[test]
fn dc_of_every_availability() {
    let mut random = Random::new(5);
    for have in 0..4 {
        let mut edges = random_edges(&mut random, (16, 8), false);
        (edges.have_above, edges.have_left) = (have & 1 == 1, have & 2 == 2);
        let theirs =
            literal::predict_from(&Inputs::new(PredictionMode::Dc, (16, 8), &edges), &edges);
        assert_eq!(i32::from(dc_value(16, 8, &edges)), theirs[3][5], "{have}");
    }
}

#[test]
fn every_angle_is_the_standards() {
    let angles = [45, 67, 90, 113, 135, 157, 180, 203]
        .into_iter()
        .flat_map(|angle: usize| (0..7).map(move |delta| angle + 3 * delta - 9));
    for angle in angles {
        for edge_filter in [None, Some(false), Some(true)] {
            for_all_sizes(angle as u64, 4, |size, edges| {
                let ours = run(size, |dst, stride| {
                    directional(dst, stride, size, edges, angle, edge_filter);
                });
                let inputs = Inputs {
                    p_angle: angle as i32,
                    edge_filter,
                    ..Inputs::new(PredictionMode::D45, size, edges)
                };
                let theirs = literal::predict_from(&inputs, edges);
                assert_eq!(ours, theirs, "{angle} {size:?} {edge_filter:?}");
            });
        }
    }
}

#[test]
fn chroma_from_luma_is_the_standards() {
    let mut random = Random::new(9);
    let sides = [4, 8, 16, 32];
    for round in 0..600 {
        let (w, h) = (sides[random.below(4)], sides[random.below(4)]);
        let stride = 2 * w + 3;
        let luma: Vec<u8> = (0..stride * 2 * h).map(|_| random.sample(round % 2 == 1)).collect();
        let inside = match round % 3 {
            0 => (2 * w, 2 * h),
            // Past the block, as with a transform over the frame's edge.
            1 => (2 * w + 16, 2 * h + 16),
            _ => (2 + 2 * random.below(w), 2 + 2 * random.below(h)),
        };
        let (dc, alpha) = (random.sample(round % 2 == 1), random.below(33) as i16 - 16);
        let mut ac = [-7; CFL_MAX * CFL_MAX];
        cfl_ac(&mut ac, &luma, stride, (w, h), inside);
        let ours = run((w, h), |dst, stride| cfl_predict(dst, stride, (w, h), dc, &ac, alpha));
        let mut theirs = vec![vec![i32::from(dc); w]; h];
        let sample = |x: usize, y: usize| luma[y * stride + x];
        literal::chroma_from_luma(&mut theirs, sample, (0, 0), inside, i32::from(alpha));
        assert_eq!(ours, theirs, "{w}x{h} {inside:?} {alpha}");
    }
}
