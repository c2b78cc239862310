use super::spec::{self, Block, Samples};
use super::*;
use crate::kernels::random::Random;

/// A square of samples of one character.
fn square(random: &mut Random, side: usize) -> Samples {
    let noise = random.pick(&[0, 1, 3, 12, 60, 255]);
    let slope = (random.signed(12), random.signed(12));
    let base = random.below(256) as i32;
    let edge = random.signed(120);
    let place = random.signed(12);
    (0..side as i32)
        .map(|y| {
            (0..side as i32)
                .map(|x| {
                    let line = x * slope.0 + y * slope.1;
                    let step = if line > place * 8 { edge } else { 0 };
                    (base + step + line / 4 + random.signed(noise)).clamp(0, 255)
                })
                .collect()
        })
        .collect()
}

#[test]
fn direction_equals_the_literal_search() {
    let mut random = Random::new(3);
    let mut found = [0; 8];
    for _ in 0..4000 {
        let samples = square(&mut random, 8);
        let block: [[u8; 8]; 8] =
            core::array::from_fn(|y| core::array::from_fn(|x| samples[y][x] as u8));
        let (expected, expected_variance) = spec::direction(&samples, 0, 0);
        for isa in Isa::all() {
            let (direction, variance) = find_direction(isa, &block);
            assert_eq!((usize::from(direction), variance), (expected, expected_variance as u32));
        }
        found[expected] += 1;
    }
    assert!(found.iter().all(|&n| n > 40), "{found:?}");
    for extreme in [[[0; 8]; 8], [[255; 8]; 8]] {
        let samples: Samples = extreme.iter().map(|r| r.map(i32::from).to_vec()).collect();
        let (expected, expected_variance) = spec::direction(&samples, 0, 0);
        for isa in Isa::all() {
            let (direction, variance) = find_direction(isa, &extreme);
            assert_eq!((usize::from(direction), variance), (expected, expected_variance as u32));
        }
    }
}

/// One block in the middle of a window; `cut` sides (left, top, right, bottom) are not available.
fn filter_both(random: &mut Random, luma: bool) {
    let size = if luma { 8 } else { 4 };
    let strength = Strength {
        primary: random.below(16) as u8,
        secondary: random.pick(&[0, 1, 2, 4]),
        damping: 2 + random.below(5) as u8,
        direction: random.below(8) as u8,
    };
    let block = random.below(8);
    let planes = [square(random, size + 4), square(random, size + 4)];
    let planes = &planes[..if luma { 1 } else { 2 }];
    let cut = [(); 4].map(|()| random.one_in(4));
    let reach = |cut: bool| if cut { 0 } else { REACH };

    let mut window = Window::new();
    window.samples.fill(random.below(256) as u8);
    window.available.fill(0);
    for (index, plane) in planes.iter().enumerate() {
        for (y, row) in plane.iter().enumerate() {
            for (x, &sample) in row.iter().enumerate() {
                let across = (x as isize - REACH as isize) * planes.len() as isize;
                let at = (y * STRIDE + MARGIN + 8 * block + index).wrapping_add_signed(across);
                window.samples[at] = sample as u8;
                let inside = x >= REACH - reach(cut[0])
                    && y >= REACH - reach(cut[1])
                    && x < REACH + size + reach(cut[2])
                    && y < REACH + size + reach(cut[3]);
                window.available[at] = if inside { 255 } else { 0 };
            }
        }
    }
    let at_edge = cut.contains(&true);
    let results = Isa::all().into_iter().map(|isa| -> Vec<[u8; 8]> {
        if luma {
            filter_luma(isa, &window, block, strength, at_edge).to_vec()
        } else {
            filter_chroma(isa, &window, block, strength, at_edge).to_vec()
        }
    });
    let results: Vec<_> = results.collect();
    for (index, plane) in planes.iter().enumerate() {
        let current: Samples = plane[REACH - reach(cut[1])..REACH + size + reach(cut[3])]
            .iter()
            .map(|row| row[REACH - reach(cut[0])..REACH + size + reach(cut[2])].to_vec())
            .collect();
        let mut expected = current.clone();
        let at = Block {
            x0: reach(cut[0]),
            y0: reach(cut[1]),
            size,
            pri_str: i32::from(strength.primary),
            sec_str: i32::from(strength.secondary),
            damping: i32::from(strength.damping),
            dir: usize::from(strength.direction),
        };
        spec::filter(&mut expected, &current, &at);
        for (got, y, x) in results
            .iter()
            .flat_map(|got| (0..size).flat_map(move |y| (0..size).map(move |x| (got, y, x))))
        {
            let sample = i32::from(got[y][x * planes.len() + index]);
            assert_eq!(sample, expected[at.y0 + y][at.x0 + x], "{strength:?} {cut:?} {x} {y}");
        }
    }
}

#[test]
fn blocks_equal_the_standards_filter() {
    let mut random = Random::new(5);
    for i in 0..20_000 {
        filter_both(&mut random, i % 2 == 0);
    }
}

#[test]
fn greatest_sums_do_not_overflow() {
    for direction in 0..8 {
        for (centre, around) in [(0, 255), (255, 0), (100, 118), (118, 100)] {
            for primary in [14, 15] {
                let mut window = Window::new();
                window.samples.fill(around);
                let mut current = vec![vec![i32::from(around); 12]; 12];
                for y in 0..8 {
                    for x in 0..8 {
                        if (x + y) % 5 == 0 {
                            window.samples[(y + REACH) * STRIDE + MARGIN + x] = centre;
                            current[y + REACH][x + REACH] = i32::from(centre);
                        }
                    }
                }
                let strength = Strength { primary, secondary: 4, damping: 6, direction };
                let mut expected = current.clone();
                let at = Block {
                    x0: REACH,
                    y0: REACH,
                    size: 8,
                    pri_str: i32::from(primary),
                    sec_str: 4,
                    damping: 6,
                    dir: usize::from(direction),
                };
                spec::filter(&mut expected, &current, &at);
                for isa in Isa::all() {
                    let got = filter_luma(isa, &window, 0, strength, false);
                    for (y, row) in got.iter().enumerate() {
                        let expected = &expected[y + REACH][REACH..REACH + 8];
                        assert_eq!(row.map(i32::from), expected);
                    }
                }
            }
        }
    }
}
