use super::spec::{self, Inputs};
use super::*;
use crate::kernels::random::Random;
use crate::kernels::transform::TxSize;

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
fn run((w, h): (usize, usize), kernel: impl FnOnce(SamplesMut<'_>)) -> Vec<Vec<i32>> {
    let stride = w + 5;
    let mut dst = vec![77; stride * (h + 1)];
    kernel(SamplesMut::new(&mut dst, stride));
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
    use IntraPrediction as P;
    for (seed, prediction) in (0..).zip([P::Dc, P::Smooth, P::SmoothV, P::SmoothH, P::Paeth]) {
        for_all_sizes(seed, 40, |size, edges| {
            let theirs = spec::predict_from(&Inputs::new(prediction, size, edges), edges);
            for isa in Isa::all() {
                let ours = run(size, |dst| predict(isa, dst, size, edges, prediction));
                assert_eq!(ours, theirs, "{prediction:?} {size:?} {isa:?}");
            }
        });
    }
}

#[test]
fn dc_of_every_availability() {
    let mut random = Random::new(5);
    for have in 0..4 {
        let mut edges = random_edges(&mut random, (16, 8), false);
        (edges.have_above, edges.have_left) = (have & 1 == 1, have & 2 == 2);
        let theirs = spec::predict_from(&Inputs::new(IntraPrediction::Dc, (16, 8), &edges), &edges);
        assert_eq!(i32::from(dc_value((16, 8), &edges)), theirs[3][5], "{have}");
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
                let prediction = IntraPrediction::Directional { angle, edge_filter };
                let theirs = spec::predict_from(&Inputs::new(prediction, size, edges), edges);
                for isa in Isa::all() {
                    let ours = run(size, |dst| predict(isa, dst, size, edges, prediction));
                    assert_eq!(ours, theirs, "{angle} {size:?} {edge_filter:?} {isa:?}");
                }
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
        let mut theirs = vec![vec![i32::from(dc); w]; h];
        let sample = |x: usize, y: usize| luma[y * stride + x];
        spec::chroma_from_luma(&mut theirs, sample, (0, 0), inside, i32::from(alpha));
        for isa in Isa::all() {
            let mut ac = [-7; CFL_MAX * CFL_MAX];
            cfl_ac(isa, &mut ac, Samples::new(&luma, stride), (w, h), inside);
            let ours = run((w, h), |dst| cfl_predict(isa, dst, (w, h), dc, &ac, alpha));
            assert_eq!(ours, theirs, "{w}x{h} {inside:?} {alpha} {isa:?}");
        }
    }
}
