//! Key frames: there at once, fine soon, and no disturbance where they are asked for.

use super::pictures::{self, Named, back_and_forth, carphone, clips, mosaic, scaled, scene};
use super::{GAP, Link, SECOND};
use crate::synthetic::Scene;
use crate::{FrameOptions, PictureBuffer};

/// What the first second or two cost at most: dB below what follows.
const GROWN: f64 = 1.0;

/// The first picture is on the link's other side within 200 ms, and two seconds later quality is
/// that of seconds three and four.
fn check_start(clip: &Named, within: f64) {
    let frames = back_and_forth(&clip.pictures).take(120);
    let mut link = Link::usual(&clip.name, &clip.pictures[0], 50_000, 30);
    link.show_all(frames, 30);
    let first = link.log[0];
    assert!(first.key_frame && first.delay <= 200.0, "{}: {:.1} ms", link.name, first.delay);
    let (at_two, steady) = (link.psnr(57..63), link.psnr(90..120));
    let what = format!("{}: {at_two:.2} dB at 2 s, then {steady:.2} dB", link.name);
    println!("{what}; first {:.1} ms, {:.2} dB", first.delay, first.psnr);
    assert!(at_two >= steady - within, "{what}");
}

#[test]
fn the_first_picture_is_there_in_time_and_grows() {
    for clip in clips(320, 180) {
        check_start(&clip, GROWN);
    }
}

#[test]
fn the_first_picture_of_made_up_clips_is_there_in_time_and_grows() {
    let large = mosaic(352, 288).iter().map(|whole| scaled(whole, 320, 180)).collect();
    let drift = scene(Scene::MovingTexture, (320, 180), 11, 120);
    check_start(&Named { name: "mosaic".to_owned(), pictures: large }, GROWN);
    check_start(&Named { name: "drift".to_owned(), pictures: drift }, GROWN);
}

/// Key frames asked for every second: no two pictures in a row are left out, and within a second
/// quality is what it was.
fn check_requests(name: &str, pictures: &[PictureBuffer], rate: u32) {
    let mut link = Link::usual(name, &pictures[0], rate, 30);
    for (number, picture) in back_and_forth(pictures).take(300).enumerate() {
        let options = FrameOptions { key_frame: number % 30 == 0, ..FrameOptions::default() };
        link.show_with(picture, SECOND / 30, options);
    }
    println!("{}", link.figures());
    assert!(link.drop_run() <= 1 && link.longest_gap() <= GAP, "{}", link.figures());
    assert!((0.95..=1.05).contains(&link.rate_of(0..300)), "{}", link.figures());
    assert_eq!(link.log.iter().filter(|shown| shown.key_frame).count(), 10, "{}", link.name);
    for key in (60..300).step_by(30) {
        let before = link.psnr(key - 3..key);
        let after = (key..key + 30).map(|at| link.log[at].psnr).fold(0.0, f64::max);
        let what = format!("{} at {key}: {before:.2} dB, then {after:.2} dB", link.name);
        assert!(after >= before - 1.0, "{what}");
    }
}

#[test]
fn key_frames_every_second_are_no_disturbance() {
    let carphone = carphone();
    check_requests("carphone", &carphone, 50_000);
    check_requests("carphone", &carphone, 100_000);
    check_requests("drift", &scene(Scene::MovingTexture, (320, 180), 3, 120), 50_000);
    let half: Vec<_> = carphone.iter().map(|picture| pictures::scaled(picture, 88, 72)).collect();
    check_requests("carphone", &half, 32_000);
}
