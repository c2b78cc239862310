//! Pictures for the tests of the link: clips made small, and what can be made of them.

use std::iter;
use std::path::PathBuf;

use super::super::clips::clip::Clip;
use super::super::exactness::{CARPHONE, FOLDER};
use crate::PictureBuffer;
use crate::synthetic::{self, Scene};

/// PSNR of the luma planes in dB, 100 at most.
pub(super) fn psnr_y(a: &PictureBuffer, b: &PictureBuffer) -> f64 {
    let pairs = a.plane(0).iter().zip(b.plane(0));
    let error: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    let mean = error as f64 / a.plane(0).len() as f64;
    (10.0 * (255.0 * 255.0 / mean).log10()).min(100.0)
}

/// Pictures and what they are called.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) pictures: Vec<PictureBuffer>,
}

/// The pictures of testdata's clip.
pub(super) fn carphone() -> Vec<PictureBuffer> {
    read(CARPHONE, |picture| picture)
}

/// All Y4M clips of the folder that the environment names, testdata's clip otherwise, each made no
/// larger than `width` × `height`.
pub(super) fn clips(width: u32, height: u32) -> Vec<Named> {
    let small = |picture| within(picture, width, height);
    let files = files();
    if files.is_empty() {
        return vec![Named { name: "carphone".to_owned(), pictures: read(CARPHONE, small) }];
    }
    let named = |path: &PathBuf| Named {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        pictures: read(path.to_str().unwrap(), small),
    };
    files.iter().map(named).collect()
}

/// Camera pictures of this size: the first such clip of the environment's folder, if there is one,
/// and a made-up one.
pub(super) fn clips_of(width: u32, height: u32) -> Vec<Named> {
    let of_size = |path: &PathBuf| {
        let clip = Clip::open(path.to_str().unwrap()).unwrap();
        (clip.width, clip.height) == (width, height)
    };
    let named = |path: PathBuf| Named {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        pictures: read(path.to_str().unwrap(), |picture| picture),
    };
    let mut clips: Vec<_> = files().into_iter().find(of_size).map(named).into_iter().collect();
    clips.push(Named { name: "mosaic".to_owned(), pictures: mosaic(width, height) });
    clips
}

/// The Y4M files of the folder that the environment names, in order.
fn files() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os(FOLDER).filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension() == Some("y4m".as_ref())).collect();
    files.sort();
    files
}

fn read(name: &str, change: impl Fn(PictureBuffer) -> PictureBuffer) -> Vec<PictureBuffer> {
    let mut clip = Clip::open(name).unwrap_or_else(|error| panic!("{error:#}"));
    let next = || clip.next_picture().unwrap_or_else(|error| panic!("{name}: {error:#}"));
    iter::from_fn(next).map(change).collect()
}

/// Forward, backward, forward and so on, without end.
pub(super) fn back_and_forth(pictures: &[PictureBuffer]) -> impl Iterator<Item = &PictureBuffer> {
    let inner = &pictures[1..pictures.len() - 1];
    pictures.iter().chain(inner.iter().rev()).cycle()
}

/// The picture, made to fit if it is larger, in its shape and with an even width and height.
fn within(picture: PictureBuffer, width: u32, height: u32) -> PictureBuffer {
    let (from_width, from_height) = (picture.width(), picture.height());
    if from_width <= width && from_height <= height {
        return picture;
    }
    // The side that decides is exact.
    let (width, height) = if from_width * height >= from_height * width {
        (width, from_height * width / from_width)
    } else {
        (from_width * height / from_height, height)
    };
    scaled(&picture, width & !1, height & !1)
}

/// The picture made smaller: each sample is the mean of those it covers, even in part.
pub(super) fn scaled(picture: &PictureBuffer, width: u32, height: u32) -> PictureBuffer {
    let mut small = PictureBuffer::new(width, height).unwrap();
    for plane in 0..3 {
        let (from, stride) = (picture.plane(plane), picture.plane_width(plane));
        let from_height = from.len() / stride;
        let to_width = small.plane_width(plane);
        let to_height = small.plane(plane).len() / to_width;
        for (y, row) in small.plane_mut(plane).chunks_exact_mut(to_width).enumerate() {
            let rows = y * from_height / to_height..((y + 1) * from_height).div_ceil(to_height);
            for (x, sample) in row.iter_mut().enumerate() {
                let columns = x * stride / to_width..((x + 1) * stride).div_ceil(to_width);
                let count = (rows.len() * columns.len()) as u64;
                let sum: u64 = (rows.clone())
                    .flat_map(|row| &from[row * stride..][columns.clone()])
                    .map(|&sample| u64::from(sample))
                    .sum();
                *sample = ((sum + count / 2) / count) as u8;
            }
        }
    }
    small
}

/// The rectangle of `width` × `height` luma samples at (`x`, `y`), both even, of a picture.
pub(super) fn cropped(
    picture: &PictureBuffer,
    (x, y): (usize, usize),
    width: u32,
    height: u32,
) -> PictureBuffer {
    let mut part = PictureBuffer::new(width, height).unwrap();
    for plane in 0..3 {
        let (x, y) = if plane == 0 { (x, y) } else { (x / 2, y / 2) };
        let (stride, part_width) = (picture.plane_width(plane), part.plane_width(plane));
        for (row, to) in part.plane_mut(plane).chunks_exact_mut(part_width).enumerate() {
            to.copy_from_slice(&picture.plane(plane)[(y + row) * stride + x..][..part_width]);
        }
    }
    part
}

/// Larger pictures: tiles of testdata's clip, each at another moment of it, as many as its pictures.
pub(super) fn mosaic(width: u32, height: u32) -> Vec<PictureBuffer> {
    let tiles = carphone();
    let tile = &tiles[0];
    let moments: Vec<_> = back_and_forth(&tiles).take(2 * tiles.len() - 2).collect();
    let compose = |number: usize| {
        let mut whole = PictureBuffer::new(width, height).unwrap();
        for plane in 0..3 {
            let tile_width = tile.plane_width(plane);
            let tile_height = tile.plane(plane).len() / tile_width;
            let whole_width = whole.plane_width(plane);
            for (y, row) in whole.plane_mut(plane).chunks_exact_mut(whole_width).enumerate() {
                for (column, to) in row.chunks_mut(tile_width).enumerate() {
                    let moment = number + 37 * column + 61 * (y / tile_height);
                    let from = moments[moment % moments.len()].plane(plane);
                    to.copy_from_slice(&from[y % tile_height * tile_width..][..to.len()]);
                }
            }
        }
        whole
    };
    (0..tiles.len()).map(compose).collect()
}

/// `frames` pictures of a scene.
pub(super) fn scene(
    scene: Scene,
    (width, height): (u32, u32),
    seed: u64,
    frames: u64,
) -> Vec<PictureBuffer> {
    let clip = synthetic::Clip::new(scene, width, height, seed).unwrap();
    (0..frames).map(|number| clip.picture(number)).collect()
}

/// A picture of one grey.
pub(super) fn grey(width: u32, height: u32, level: u8) -> PictureBuffer {
    let mut picture = PictureBuffer::new(width, height).unwrap();
    picture.plane_mut(0).fill(level);
    picture
}

/// The picture in `percent` of its light.
pub(super) fn lit(picture: &PictureBuffer, percent: u32) -> PictureBuffer {
    let mut lit = picture.clone();
    for sample in lit.plane_mut(0) {
        *sample = (u32::from(*sample) * percent / 100).min(255) as u8;
    }
    lit
}

#[test]
fn pictures_are_what_they_say() {
    let mut picture = PictureBuffer::new(32, 16).unwrap();
    for (at, sample) in picture.plane_mut(0).iter_mut().enumerate() {
        *sample = (at % 32) as u8;
    }
    let half = scaled(&picture, 16, 16);
    assert_eq!(half.plane(0)[..3], [1, 3, 5]);
    assert_eq!(cropped(&picture, (4, 0), 16, 16).plane(0)[..2], [4, 5]);
    assert_eq!(within(picture.clone(), 40, 40), picture);
    let large = PictureBuffer::new(640, 480).unwrap();
    let fitted = within(large, 320, 180);
    assert_eq!((fitted.width(), fitted.height()), (240, 180));
    assert_eq!(psnr_y(&picture, &picture), 100.0);
    let mosaic = mosaic(352, 288);
    assert_eq!(mosaic.len(), 120);
    assert_eq!(cropped(&mosaic[5], (0, 0), 176, 144), carphone()[5]);
    assert_eq!(cropped(&mosaic[5], (176, 0), 176, 144), carphone()[42]);
    assert_eq!(lit(&grey(16, 16, 200), 50), grey(16, 16, 100));
}
