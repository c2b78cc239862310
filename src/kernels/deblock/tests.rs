use super::spec::{Position, Samples, sample_filter};
use super::*;
use crate::kernels::random::Random;

const WIDTH: usize = 80;
const HEIGHT: usize = 72;

/// Samples that meet every branch: flat sides, small and large steps, noise, extremes.
fn plane(random: &mut Random) -> Vec<u8> {
    let noise = random.pick(&[0, 1, 2, 5, 40, 255]);
    let step = random.pick(&[0, 2, 6, 20, 60, 255]);
    let base = random.below(256) as i32;
    let mut offsets = [[0; 16]; 16];
    for offset in offsets.iter_mut().flatten() {
        *offset = random.signed(step);
    }
    let mut samples = vec![0; WIDTH * HEIGHT];
    for (i, sample) in samples.iter_mut().enumerate() {
        let offset = offsets[i / WIDTH / 8][i % WIDTH / 8];
        *sample = (base + offset + random.signed(noise)).clamp(0, 255) as u8;
    }
    samples
}

#[test]
fn edges_equal_the_standards_filters() {
    let mut random = Random::new(7);
    let mut used = [[0; 17]; 4];
    for _ in 0..3000 {
        let filters =
            [EdgeFilter::Narrow4, EdgeFilter::Chroma6, EdgeFilter::Luma8, EdgeFilter::Luma14];
        let kind = random.below(4);
        let (filter_size, plane_index) = [(4, 0), (8, 1), (8, 0), (16, 0)][kind];
        let level = 1 + random.below(63) as u8;
        let limits = EdgeLimits::new(level, random.below(8) as u8);
        let units = 1 + random.below(9);
        let (x, y) = (8 + random.below(8) * 4, 8 + random.below(5) * 4);
        let vertical = random.below(2) == 0;
        let samples = plane(&mut random);

        let mut expected: Samples =
            samples.chunks(WIDTH).map(|r| r.iter().map(|&s| i32::from(s)).collect()).collect();
        let (dx, dy) = (usize::from(vertical), usize::from(!vertical));
        for i in 0..4 * units {
            let position = Position {
                x: x + dy * i,
                y: y + dx * i,
                plane: plane_index,
                limit: i32::from(limits.limit),
                blimit: i32::from(limits.blimit),
                thresh: i32::from(limits.thresh),
                dx,
                dy,
                filter_size,
            };
            used[kind][sample_filter(&mut expected, &position) as usize] += 1;
        }

        let kernel = if vertical { filter_vertical_edge } else { filter_horizontal_edge };
        let edge = Edge { at: y * WIDTH + x, units, filter: filters[kind], limits };
        for isa in Isa::all() {
            let mut samples = samples.clone();
            kernel(isa, SamplesMut::new(&mut samples, WIDTH), edge);
            let got: Samples =
                samples.chunks(WIDTH).map(|r| r.iter().map(|&s| i32::from(s)).collect()).collect();
            assert!(got == expected, "{kind} {edge:?} {vertical} {isa:?}");
        }
    }
    for (kind, filters) in [&[0, 4][..], &[0, 4, 8], &[0, 4, 8], &[0, 4, 8, 16]].iter().enumerate()
    {
        for &filter in *filters {
            assert!(used[kind][filter] > 1000, "filter {filter} of kind {kind} hardly met");
        }
    }
}

#[test]
fn limits_follow_level_and_sharpness() {
    let limits = |level, sharpness| {
        let l = EdgeLimits::new(level, sharpness);
        (l.limit, l.blimit, l.thresh)
    };
    assert_eq!(limits(0, 0), (1, 5, 0));
    assert_eq!(limits(63, 0), (63, 193, 3));
    assert_eq!(limits(40, 1), (8, 92, 2));
    assert_eq!(limits(10, 4), (5, 29, 0));
    assert_eq!(limits(63, 7), (2, 132, 3));
    assert_eq!(limits(3, 5), (1, 11, 0));
}
