//! The kernels, family by family, on every instruction set of this machine, with the ratio of their times.
//!
//! `cargo bench --bench kernels [FILTER]`. The kernels are private, and use nothing of the library: they are compiled
//! into this program once more.
//!
//! With `KERNEL_CALLS=N` in the environment nothing is timed: each kernel is named on a line of its own and then called
//! `N` times, for an emulator to count instructions.
#![allow(missing_docs, dead_code, unused_imports, unreachable_pub)]

#[path = "../src/kernels/mod.rs"]
mod kernels;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

use kernels::cdef::trial::{Strengths, try_chroma, try_luma};
use kernels::cdef::{Strength, Window, filter_chroma, filter_luma, find_direction};
use kernels::convolve::{FilterSet, Source, Subpel, average, prep, put, put_halves};
use kernels::deblock::{
    Edge, EdgeFilter, EdgeLimits, filter_horizontal_edge, filter_vertical_edge,
};
use kernels::denoise::{self, Blend, BlockDifference, FRACTION_BITS};
use kernels::intra::{CFL_MAX, Edges, IntraPrediction, cfl_ac, cfl_predict, predict};
use kernels::isa::Isa;
use kernels::quantize::{Levels, Quantizer, capped_energy, quantize};
use kernels::sad::{PartMoments, moments, residual, sad, sad_4, sad_average, sse};
use kernels::satd::{Detail, coefficients, satd};
use kernels::scale::quarter_row;
use kernels::transform::{
    TxSize, TxType, coefficient_count, coefficient_stride, forward_transform, inverse_transform_add,
};
use kernels::view::{Samples, SamplesMut, View, ViewMut};
use kernels::warp::{Shear, Warp};

/// Width and height of the plane that blocks are taken from.
const SIDE: usize = 400;

/// A plane of texture.
fn plane() -> Vec<u8> {
    (0..SIDE * SIDE).map(|i| ((i as u32).wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Times one kernel on each instruction set and prints how many times as fast the last is as the first.
fn compare(c: &mut Criterion, family: &str, name: &str, mut kernel: impl FnMut(Isa)) {
    let mut sets = vec![Isa::Scalar];
    if Isa::detect() != Isa::Scalar {
        sets.push(Isa::detect());
    }
    if let Some(calls) = std::env::var("KERNEL_CALLS").ok().and_then(|calls| calls.parse().ok()) {
        for isa in sets {
            println!("{family}/{name} {isa:?}");
            for _ in 0..calls {
                kernel(black_box(isa));
            }
        }
        return;
    }
    let mut group = c.benchmark_group(family);
    group.sample_size(20);
    group.warm_up_time(Duration::from_millis(100));
    group.measurement_time(Duration::from_millis(400));
    let mut times = Vec::new();
    for isa in sets {
        let mut least = f64::INFINITY;
        let set = format!("{isa:?}");
        let set = set.split('(').next().unwrap_or_default();
        group.bench_function(BenchmarkId::new(name, set), |b| {
            b.iter_custom(|count| {
                let start = Instant::now();
                for _ in 0..count {
                    kernel(black_box(isa));
                }
                let time = start.elapsed();
                least = least.min(time.as_secs_f64() / count as f64);
                time
            });
        });
        times.push(least);
    }
    group.finish();
    if let [first, .., last] = times[..]
        && first.is_finite()
        && last.is_finite()
    {
        println!("{family}/{name}: {:.2} times as fast as scalar", first / last);
    }
}

fn differences(c: &mut Criterion) {
    let plane = plane();
    let mut block = vec![0; 64 * 64];
    let mut room = [0; 64 * 64];
    let mut parts = PartMoments::default();
    let src = Samples::new(&plane[20 * SIDE + 20..], SIDE);
    let pred = Samples::new(&plane[60 * SIDE + 31..], SIDE);
    for n in [8, 16, 32, 64] {
        let size = (n, n);
        compare(c, "sad", &format!("sad {n}"), |isa| {
            black_box(sad(isa, black_box(src), pred, size));
        });
        compare(c, "sad", &format!("sad_4 {n}"), |isa| {
            black_box(sad_4(isa, black_box(src), [pred; 4], size));
        });
        compare(c, "sad", &format!("sad_average {n}"), |isa| {
            black_box(sad_average(isa, black_box(src), [pred; 2], size));
        });
        compare(c, "sad", &format!("sse {n}"), |isa| {
            black_box(sse(isa, black_box(src), pred, size));
        });
        compare(c, "sad", &format!("moments {n}"), |isa| {
            moments(isa, black_box(src), pred, size, &mut parts);
        });
        compare(c, "sad", &format!("residual {n}"), |isa| {
            residual(isa, black_box(src), pred, ViewMut::new(&mut block, n), size);
        });
        compare(c, "satd", &format!("satd {n}"), |isa| {
            black_box(satd(isa, black_box(src), pred, size));
        });
        compare(c, "satd", &format!("coefficients {n}"), |isa| {
            let detail = Detail::Quarters(100);
            black_box(coefficients(isa, black_box(src), pred, size, detail, &mut room));
        });
        compare(c, "satd", &format!("magnitudes {n}"), |isa| {
            let detail = Detail::Magnitudes;
            black_box(coefficients(isa, black_box(src), pred, size, detail, &mut room));
        });
    }
}

fn convolve(c: &mut Criterion) {
    let plane = plane();
    let src = Source { data: &plane, offset: 100 * SIDE + 100, stride: SIDE };
    let (mut samples, mut values) = (vec![0; 64 * 64], vec![0; 64 * 64]);
    let mut halves = vec![0; 3 * 64 * 64];
    for n in [8, 16, 64] {
        for filter in [FilterSet::Regular, FilterSet::Sharp] {
            for (x, y) in [(8, 0), (0, 8), (8, 8)] {
                let subpel = Subpel { x, y, filter_x: filter, filter_y: filter };
                let what = format!("{n} {filter:?} {x},{y}");
                compare(c, "convolve", &format!("put {what}"), |isa| {
                    put(isa, SamplesMut::new(&mut samples, n), black_box(src), (n, n), subpel);
                });
                compare(c, "convolve", &format!("prep {what}"), |isa| {
                    prep(isa, ViewMut::new(&mut values, n), black_box(src), (n, n), subpel);
                });
            }
        }
        compare(c, "convolve", &format!("put_halves {n}"), |isa| {
            let (right, rest) = halves.split_at_mut(64 * 64);
            let (below, both) = rest.split_at_mut(64 * 64);
            let dst = [right, below, both].map(|plane| SamplesMut::new(plane, n));
            put_halves(isa, dst, black_box(src), (n, n));
        });
        compare(c, "convolve", &format!("average {n}"), |isa| {
            let preds = [View::new(black_box(&values[..]), n); 2];
            average(isa, SamplesMut::new(&mut samples, n), preds, (n, n));
        });
    }
}

fn intra(c: &mut Criterion) {
    let plane = plane();
    let mut samples = vec![0; 64 * 64];
    for n in [4, 16, 64] {
        let edges = Edges {
            above: std::array::from_fn(|i| plane[i]),
            left: std::array::from_fn(|i| plane[SIDE + i]),
            have_above: true,
            have_left: true,
            cols_inside: n,
            rows_inside: n,
        };
        let directional = [45, 113, 203].into_iter().flat_map(|angle| {
            [None, Some(false)]
                .map(|edge_filter| IntraPrediction::Directional { angle, edge_filter })
        });
        use IntraPrediction as P;
        let simple = [P::Dc, P::Smooth, P::SmoothV, P::SmoothH, P::Paeth];
        for prediction in simple.into_iter().chain(directional) {
            compare(c, "intra", &format!("{prediction:?} {n}"), |isa| {
                let dst = SamplesMut::new(&mut samples, n);
                predict(isa, dst, (n, n), black_box(&edges), prediction);
            });
        }
    }
    let mut ac = [0; CFL_MAX * CFL_MAX];
    for n in [8, 32] {
        compare(c, "intra", &format!("cfl_ac {n}"), |isa| {
            cfl_ac(isa, &mut ac, black_box(Samples::new(&plane, SIDE)), (n, n), (2 * n, 2 * n));
        });
        compare(c, "intra", &format!("cfl_predict {n}"), |isa| {
            cfl_predict(isa, SamplesMut::new(&mut samples, n), (n, n), 100, black_box(&ac), 7);
        });
    }
}

fn transform(c: &mut Criterion) {
    let residual: Vec<i16> = plane().iter().map(|&sample| i16::from(sample) - 128).collect();
    let (mut coefficients, mut samples) = ([0; 1024], vec![0; 64 * 64]);
    let sizes = [
        TxSize::T4x4,
        TxSize::T8x8,
        TxSize::T8x16,
        TxSize::T16x16,
        TxSize::T16x32,
        TxSize::T32x32,
        TxSize::T64x64,
    ];
    for size in sizes {
        for tx_type in [TxType::DctDct, TxType::AdstAdst] {
            if size.width().max(size.height()) > 16 && tx_type == TxType::AdstAdst {
                continue;
            }
            let name = format!("{size:?} {tx_type:?}");
            compare(c, "transform", &format!("forward {name}"), |isa| {
                let energy = 128 * 128 / 3 * (size.width() * size.height()) as u32;
                let residual = View::new(black_box(&residual[..]), SIDE);
                forward_transform(isa, residual, energy, &mut coefficients, (size, tx_type));
            });
            // The lowest 16 frequencies.
            let mut few = [0; 1024];
            for (y, row) in few.chunks_mut(coefficient_stride(size)).enumerate().take(4) {
                for (x, coefficient) in row.iter_mut().enumerate().take(4) {
                    *coefficient = 300 - 40 * (x + y) as i16;
                }
            }
            compare(c, "transform", &format!("inverse {name}"), |isa| {
                let dst = SamplesMut::new(&mut samples, 64);
                inverse_transform_add(isa, dst, black_box(&few), size, tx_type, 16);
            });
        }
    }
}

fn quantization(c: &mut Criterion) {
    let plane = plane();
    let quantizer = Quantizer::new(300, 340, 40, 40);
    for size in [TxSize::T4x4, TxSize::T8x8, TxSize::T16x16, TxSize::T32x32] {
        let count = coefficient_count(size);
        let scan: Vec<u16> = (0..count as u16).collect();
        let coefficients: Vec<i16> = (0..count)
            .map(|i| (i16::from(plane[i]) - 128) * if i < count / 4 { 9 } else { 1 })
            .collect();
        let (mut levels, mut dequantized) = (vec![0; count], vec![0; count]);
        compare(c, "quantize", &format!("{size:?}"), |isa| {
            let out = Levels { levels: &mut levels, dequantized: &mut dequantized };
            black_box(quantize(isa, &quantizer, size, &scan, black_box(&coefficients), out));
        });
        compare(c, "capped_energy", &format!("{size:?}"), |isa| {
            black_box(capped_energy(isa, black_box(&coefficients), 200));
        });
    }
}

fn filters(c: &mut Criterion) {
    let plane = plane();
    let mut window = Window::new();
    let length = window.samples.len();
    window.samples.copy_from_slice(&plane[..length]);
    let block: [[u8; 8]; 8] = std::array::from_fn(|y| std::array::from_fn(|x| plane[SIDE * y + x]));
    compare(c, "cdef", "direction", |isa| {
        black_box(find_direction(isa, black_box(&block)));
    });
    for (primary, secondary) in [(4, 2), (4, 0), (0, 2)] {
        let strength = Strength { primary, secondary, damping: 4, direction: 3 };
        compare(c, "cdef", &format!("luma {primary} {secondary}"), |isa| {
            black_box(filter_luma(isa, black_box(&window), 3, strength, false));
        });
        compare(c, "cdef", &format!("chroma {primary} {secondary}"), |isa| {
            black_box(filter_chroma(isa, black_box(&window), 3, strength, false));
        });
    }
    let (primary, secondary) = (&[1, 3, 7], &[0, 2, 4]);
    let strengths = Strengths { primary, secondary, damping: 4, direction: 3 };
    compare(c, "cdef", "trial of nine, luma", |isa| {
        black_box(try_luma(isa, black_box(&window), 3, &strengths, false, &block));
    });
    compare(c, "cdef", "trial of nine, chroma", |isa| {
        let source = block.first_chunk().expect("four rows");
        black_box(try_chroma(isa, black_box(&window), 3, &strengths, false, source));
    });
    // A slope that every filter smooths.
    let mut slope: Vec<u8> = (0..SIDE * SIDE).map(|i| (100 + i % SIDE / 40) as u8).collect();
    use EdgeFilter as F;
    for filter in [F::Narrow4, F::Chroma6, F::Luma8, F::Luma14] {
        let limits = EdgeLimits::new(32, 0);
        let edge = Edge { at: 100 * SIDE + 100, units: 4, filter, limits };
        compare(c, "deblock", &format!("vertical {filter:?}"), |isa| {
            filter_vertical_edge(isa, SamplesMut::new(&mut slope, SIDE), black_box(edge));
        });
        compare(c, "deblock", &format!("horizontal {filter:?}"), |isa| {
            filter_horizontal_edge(isa, SamplesMut::new(&mut slope, SIDE), black_box(edge));
        });
    }
}

fn scale(c: &mut Criterion) {
    let plane = plane();
    let rows = [0, 1, 2, 3].map(|y| &plane[y * SIDE..][..4 * 90]);
    let mut out = vec![0; 90];
    compare(c, "scale", "quarter_row 90", |isa| {
        quarter_row(isa, &mut out, black_box(rows));
    });
}

fn denoising(c: &mut Criterion) {
    let mut samples = plane();
    let mut mean: Vec<i16> = samples.iter().map(|&s| i16::from(s ^ 3) << FRACTION_BITS).collect();
    let mut differences = [BlockDifference::default(); 40];
    compare(c, "denoise", "compare 40", |isa| {
        let (samples, mean) = (Samples::new(&samples, SIDE), View::new(&mean[..], SIDE));
        denoise::compare(isa, black_box(samples), mean, &mut differences);
    });
    let blends = [Blend { share: 28_672, limit: 1920 }; 40];
    compare(c, "denoise", "blend 40", |isa| {
        let mean = ViewMut::new(&mut mean[..], SIDE);
        denoise::blend(isa, SamplesMut::new(&mut samples, SIDE), mean, black_box(&blends));
    });
}

fn warp(c: &mut Criterion) {
    let plane = plane();
    let src = Samples::new(&plane, SIDE);
    let shear = Shear { alpha: 640, beta: -320, gamma: 320, delta: -640 };
    let warp = Warp { x: 20_000, y: 40_000, shear };
    let mut out = vec![0; 64];
    compare(c, "warp", "put 8x8", |isa| {
        kernels::warp::put(isa, SamplesMut::new(&mut out, 8), black_box(src), warp);
    });
}

fn overlap(c: &mut Criterion) {
    let (plane, mut out) = (plane(), vec![0; 64 * 64]);
    let pred = Samples::new(&plane, SIDE);
    compare(c, "overlap", "blend_above 32x16", |isa| {
        let dst = SamplesMut::new(&mut out, 64);
        kernels::overlap::blend_above(isa, dst, black_box(pred), (32, 16));
    });
    compare(c, "overlap", "blend_left 16x32", |isa| {
        let dst = SamplesMut::new(&mut out, 64);
        kernels::overlap::blend_left(isa, dst, black_box(pred), (16, 32));
    });
}

criterion_group!(
    benches,
    differences,
    convolve,
    intra,
    transform,
    quantization,
    filters,
    scale,
    denoising,
    warp,
    overlap
);
criterion_main!(benches);
