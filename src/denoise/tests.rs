use super::*;
use crate::kernels::random::Random;

/// A picture of `width` × `height` luma samples; `sample` has plane, column and row.
fn picture(
    (width, height): (usize, usize),
    mut sample: impl FnMut(usize, usize, usize) -> f64,
) -> [PaddedPlane; 3] {
    [0, 1, 2].map(|index| {
        let shift = usize::from(index > 0);
        let mut plane = PaddedPlane::new((width + shift) >> shift, (height + shift) >> shift);
        for y in 0..plane.height {
            for x in 0..plane.width {
                let value = sample(index, x, y).round().clamp(0.0, 255.0);
                plane.row_mut(x as isize, y as isize, 1)[0] = value as u8;
            }
        }
        plane.extend_edges_by(0, 64);
        plane
    })
}

/// Nearly normal noise of a standard deviation of 1.
fn noise(random: &mut Random) -> f64 {
    (0..6).map(|_| random.below(1001) as f64 / 500.0 - 1.0).sum::<f64>() / 2.0_f64.sqrt()
}

/// A clean picture with noise of this standard deviation.
fn noisy(clean: &[PaddedPlane; 3], deviation: f64, random: &mut Random) -> [PaddedPlane; 3] {
    picture((clean[0].width, clean[0].height), |plane, x, y| {
        let sample = clean[plane].row(x as isize, y as isize, 1)[0];
        f64::from(sample) + deviation * noise(random)
    })
}

/// Mean squared error of some columns of a plane.
fn error(a: &PaddedPlane, b: &PaddedPlane, columns: std::ops::Range<usize>) -> f64 {
    let (start, len) = (columns.start as isize, columns.len());
    let rows =
        (0..a.height as isize).flat_map(|y| a.row(start, y, len).iter().zip(b.row(start, y, len)));
    let sum: u64 = rows.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    sum as f64 / (len * a.height) as f64
}

fn wall(plane: usize, x: usize, y: usize) -> f64 {
    let (x, y) = (x as f64, y as f64);
    [120.0 + 30.0 * (x * 0.07).sin() + 9.0 * (x * 0.9 + y).cos(), 110.0 + x / 9.0, 140.0 - y / 7.0]
        [plane]
}

const SIZE: (usize, usize) = (200, 130);

#[test]
fn noise_of_what_stands_still_is_taken_off() {
    for deviation in [1.0, 3.0, 6.0] {
        let mut random = Random::new(1);
        let clean = picture(SIZE, wall);
        let mut denoiser = Denoiser::new(SIZE.0, SIZE.1, Isa::detect());
        let (mut before, mut after) = ([0.0; 3], [0.0; 3]);
        for number in 0..60 {
            let mut source = noisy(&clean, deviation, &mut random);
            if number >= 30 {
                (0..3).for_each(|p| before[p] += error(&source[p], &clean[p], 0..clean[p].width));
            }
            denoiser.filter(&mut source, &Pool::default());
            if number >= 30 {
                (0..3).for_each(|p| after[p] += error(&source[p], &clean[p], 0..clean[p].width));
            }
        }
        // Rounding to whole samples leaves 1/12.
        let left = |p: usize| (after[p] / 30.0 - 1.0 / 12.0) / (before[p] / 30.0);
        assert!((0..3).all(|p| left(p) < 0.3), "{deviation}: {before:?}, then {after:?}");
    }
}

/// Something with a texture crosses a noisy wall: where it is nothing is lost, and where it was the wall is at once as
/// good as the source, and soon as good as it was before.
#[test]
fn what_moves_leaves_no_trail() {
    for (contrast, deviation) in [(60.0, 3.0), (12.0, 3.0), (6.0, 2.0), (25.0, 5.0)] {
        let mut random = Random::new(2);
        let mut denoiser = Denoiser::new(SIZE.0, SIZE.1, Isa::detect());
        let mut errors = Vec::new();
        // Forty columns wide, five more each picture.
        let left = |number: usize| 5 * (number as isize - 40);
        for number in 0..100 {
            let clean = picture(SIZE, |plane, x, y| {
                let inside = x as isize * if plane == 0 { 1 } else { 2 } - left(number);
                let texture = 0.5 * contrast * (inside as f64 * 0.5).sin();
                let object = contrast + if plane == 0 { texture } else { 0.0 };
                wall(plane, x, y) - if (0..40).contains(&inside) { object } else { 0.0 }
            });
            let mut source = noisy(&clean, deviation, &mut random);
            let given = source.clone();
            denoiser.filter(&mut source, &Pool::default());
            let columns =
                |from: isize, to: isize| from.clamp(0, 200) as usize..to.clamp(0, 200) as usize;
            let areas = [
                columns(left(number), left(number) + 40),
                columns(left(number) - 20, left(number)),
                60..100,
            ];
            errors.push(areas.map(|area| {
                [&given, &source].map(|picture| match area.len() {
                    0 => 0.0,
                    _ => error(&picture[0], &clean[0], area.clone()),
                })
            }));
        }
        let mean = |range: std::ops::Range<usize>, area: usize, picture: usize| {
            let count = range.len() as f64;
            errors[range].iter().map(|error| error[area][picture]).sum::<f64>() / count
        };
        let what = format!("contrast {contrast}, noise {deviation}");
        let object = mean(48..70, 0, 1) / mean(48..70, 0, 0);
        let behind = mean(52..70, 1, 1) / mean(52..70, 1, 0);
        let [before, later] = [mean(30..40, 2, 1), mean(90..100, 2, 1)];
        println!("{what}: object {object:.2}, behind {behind:.2}, {before:.2} then {later:.2}");
        assert!(object < 1.05 && behind < 1.05, "{what}: object {object}, behind {behind}");
        assert!(later < 1.12 * before, "{what}: {before}, then {later}");
    }
}

/// Light that changes slowly is followed: nothing stops short, however weak.
#[test]
fn slow_changes_are_followed() {
    let mut random = Random::new(3);
    let mut denoiser = Denoiser::new(SIZE.0, SIZE.1, Isa::detect());
    let mean = |plane: &PaddedPlane| {
        let rows = (0..plane.height as isize).flat_map(|y| plane.row(0, y, plane.width));
        rows.map(|&s| f64::from(s)).sum::<f64>() / (plane.width * plane.height) as f64
    };
    for number in 0..150 {
        // 2.5 levels in 100 pictures, and then no more.
        let light = 0.025 * f64::from((number - 20).clamp(0, 100));
        let mut source =
            picture(SIZE, |plane, x, y| wall(plane, x, y) + light + 3.0 * noise(&mut random));
        let before = source.each_ref().map(mean);
        denoiser.filter(&mut source, &Pool::default());
        let after = source.each_ref().map(mean);
        let behind = (0..3).map(|p| (after[p] - before[p]).abs()).fold(0.0, f64::max);
        assert!(behind < if number < 130 { 0.3 } else { 0.1 }, "{behind} at {number}");
    }
}

/// Pictures without noise stay as they are, and those of which all moves lose next to nothing.
#[test]
fn pictures_without_noise_are_left_alone() {
    use crate::synthetic::{Clip, Scene};
    for (scene, most) in [(Scene::Text, 0.0), (Scene::Flat, 0.0), (Scene::MovingTexture, 0.5)] {
        let clip = Clip::new(scene, 200, 130, 3).unwrap();
        let mut denoiser = Denoiser::new(200, 130, Isa::detect());
        for number in 0..24 {
            let shown = clip.picture(number);
            let mut source = picture(SIZE, |plane, x, y| {
                f64::from(shown.plane(plane)[y * shown.plane_width(plane) + x])
            });
            let given = source.clone();
            denoiser.filter(&mut source, &Pool::default());
            for (source, given) in source.iter().zip(&given) {
                let changed = error(source, given, 0..given.width);
                println!("{}: {changed} at {number}", scene.name());
                assert!(changed <= most, "{}: {changed} at {number}", scene.name());
            }
        }
    }
}

#[test]
fn threads_and_instruction_sets_change_nothing() {
    for size in [(16, 16), (17, 33), (66, 130), (130, 65), (200, 130)] {
        let run = |isa, threads| {
            let mut random = Random::new(4);
            let (mut denoiser, pool) = (Denoiser::new(size.0, size.1, isa), Pool::new(threads));
            let filtered = (0..12).map(|number| {
                let mut source = picture(size, |plane, x, y| {
                    let moving = if plane == 0 && (x + 3 * number) % 40 < 6 { 50.0 } else { 0.0 };
                    wall(plane, x, y) + moving + 3.0 * noise(&mut random)
                });
                denoiser.filter(&mut source, &pool);
                source.map(|plane| plane.data)
            });
            filtered.collect::<Vec<_>>()
        };
        let expected = run(Isa::Scalar, 1);
        for isa in Isa::all() {
            for threads in [1, 3] {
                assert!(run(isa, threads) == expected, "{size:?}, {isa:?}, {threads} threads");
            }
        }
    }
}
