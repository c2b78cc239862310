//! Camera clips coded and decoded: the engine's reconstruction must be the decoder's picture,
//! every frame, all planes.

use super::TICKS;
use super::clips::clip::Clip;
use super::tile_parser::StreamParser;
use crate::av1::types::Partition;
use crate::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, PictureBuffer, RateMode, Speed,
};

pub(super) const CARPHONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/carphone.ivf");

/// Names a folder of Y4M clips.
pub(super) const FOLDER: &str = "RTAV1_CLIPS";

/// The first `frames` pictures of a clip.
fn pictures(name: &str, frames: usize) -> Vec<PictureBuffer> {
    let mut clip = Clip::open(name).unwrap_or_else(|error| panic!("{error:#}"));
    let next = || clip.next_picture().unwrap_or_else(|error| panic!("{name}: {error:#}"));
    std::iter::from_fn(next).take(frames).collect()
}

/// Where two pictures first differ.
fn difference(ours: &PictureBuffer, decoded: &PictureBuffer) -> Option<String> {
    (0..3).find_map(|plane| {
        let (a, b) = (ours.plane(plane), decoded.plane(plane));
        let at = a.iter().zip(b).position(|(a, b)| a != b)?;
        let (x, y) = (at % ours.plane_width(plane), at / ours.plane_width(plane));
        Some(format!("plane {plane} at {x}, {y}: ours {}, decoded {}", a[at], b[at]))
    })
}

/// Codes `pictures` at one quantizer index and compares each with what the decoder gives.
fn check(name: &str, pictures: &[PictureBuffer], speed: Speed, qindex: u8) {
    let mut config = EncoderConfig::new(pictures[0].width(), pictures[0].height(), 100_000);
    config.rate = RateMode::ConstantQindex(qindex);
    config.reconstruction = true;
    config.speed = speed;
    let mut encoder = Encoder::new(config).unwrap();
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    for (number, picture) in (0..).zip(pictures) {
        let frame = picture.as_frame(TICKS * number);
        let unit = encoder.encode(&frame, FrameOptions::default()).unwrap().into_unit().unwrap();
        let decoded = decoder.decode(unit.data, unit.timestamp).unwrap().unwrap();
        let ours = unit.frames[0].reconstruction.clone().unwrap();
        if let Some(place) = difference(&ours, &decoded.to_buffer().unwrap()) {
            panic!("{name}, qindex {qindex}, speed {speed}, frame {number}: {place}");
        }
    }
}

#[test]
fn a_camera_clip_is_exact() {
    let pictures = pictures(CARPHONE, 8);
    assert_eq!(pictures.len(), 8);
    for qindex in [20, 60, 100, 150, 200, 250] {
        check("carphone", &pictures, Speed::default(), qindex);
    }
    for (level, qindex) in [(1, 140), (2, 80), (10, 120)] {
        check("carphone", &pictures, Speed::new(level).unwrap(), qindex);
    }
}

/// Squares of key frames are coded in threes and in fours.
#[test]
fn a_camera_clip_has_threes_and_fours() {
    let picture = &pictures(CARPHONE, 1)[0];
    let mut found = [0; 2];
    for qindex in [80, 120, 160, 200] {
        let mut config = EncoderConfig::new(picture.width(), picture.height(), 100_000);
        config.rate = RateMode::ConstantQindex(qindex);
        config.speed = Speed::new(1).unwrap();
        let mut encoder = Encoder::new(config).unwrap();
        let unit = encoder.encode(&picture.as_frame(0), FrameOptions::default()).unwrap();
        let data = unit.into_unit().unwrap().data;
        let logs = StreamParser::default().parse_unit(&data).unwrap();
        for symbol in logs[0].tiles.iter().flatten().filter(|s| s.element == "partition") {
            let threes = Partition::HorzA as u32..Partition::Horz4 as u32;
            found[0] += usize::from(threes.contains(&symbol.value));
            found[1] += usize::from(symbol.value >= threes.end);
        }
    }
    assert!(found.iter().all(|&count| count > 0), "{found:?} squares in threes and fours");
}

/// Every Y4M file of the folder that the environment names.
#[test]
fn other_clips_are_exact() {
    let Some(folder) = std::env::var_os(FOLDER).filter(|name| !name.is_empty()) else {
        println!("skipped: {FOLDER} is not set");
        return;
    };
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let files = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension() == Some("y4m".as_ref())).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder:?} has no .y4m file");
    for path in &files {
        let pictures = pictures(path.to_str().unwrap(), 10);
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap();
        for qindex in [20, 90, 170, 250] {
            check(name, &pictures, Speed::default(), qindex);
        }
        println!("{name}: exact");
    }
}

/// A difference is found, told by plane and place.
#[test]
fn differences_are_found() {
    let ours = PictureBuffer::new(33, 17).unwrap();
    assert_eq!(difference(&ours, &ours), None);
    let mut other = ours.clone();
    other.plane_mut(2)[17 * 3 + 5] = 9;
    assert_eq!(difference(&ours, &other).unwrap(), "plane 2 at 5, 3: ours 128, decoded 9");
}
