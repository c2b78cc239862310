//! Key frames: there at once, fine soon, and no disturbance where they are asked for.

use super::pictures::{self, Named, back_and_forth, carphone, clips, mosaic, scaled, scene};
use super::{GAP, Link, SECOND};
use crate::synthetic::Scene;
use crate::{DropReason, FrameOptions, PictureBuffer};

/// What quality after two seconds may be below that of later on, in dB.
const BEHIND: f64 = 1.0;

/// The first picture is on the link's other side within 200 ms. Two seconds later, quality is within
/// 1 dB of that of the same pictures when the stream is under way for long; other pictures may be
/// easier or harder.
fn check_start(clip: &Named) -> Result<(), String> {
    let period = 2 * clip.pictures.len() - 2;
    let mut link = Link::usual(&clip.name, &clip.pictures[0], 50_000, 30);
    link.show_all(back_and_forth(&clip.pictures).take(period + 63), 30);
    let first = link.log[0];
    let at_two = link.psnr(57..63);
    let again = link.psnr(period + 57..period + 63);
    let what = format!(
        "{}: first {:.1} ms, {:.2} dB; {at_two:.2} dB at 2 s, {again:.2} dB of the same later",
        link.name, first.delay, first.psnr
    );
    println!("{what}");
    let in_time = first.key_frame && first.delay <= 200.0;
    let grown = at_two >= again - BEHIND;
    if in_time && grown { Ok(()) } else { Err(what) }
}

#[test]
fn the_first_picture_is_there_in_time_and_grows() {
    let misses: Vec<_> =
        clips(320, 180).iter().filter_map(|clip| check_start(clip).err()).collect();
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn the_first_picture_of_made_up_clips_is_there_in_time_and_grows() {
    let large = mosaic(352, 288).iter().map(|whole| scaled(whole, 320, 180)).collect();
    let drift = scene(Scene::MovingTexture, (320, 180), 11, 120);
    check_start(&Named { name: "mosaic".to_owned(), pictures: large }).unwrap();
    check_start(&Named { name: "drift".to_owned(), pictures: drift }).unwrap();
}

/// Key frames asked for every second: no two pictures in a row are left out, and within a second
/// quality is within 1 dB of what it was, or would have been by then without the request, if less.
fn check_requests(name: &str, pictures: &[PictureBuffer], rate: u32, least: f64) {
    let run = |asked: bool| {
        let mut link = Link::usual(name, &pictures[0], rate, 30);
        for (number, picture) in back_and_forth(pictures).take(300).enumerate() {
            let key_frame = asked && number % 30 == 0;
            link.show_with(picture, SECOND / 30, FrameOptions { key_frame, ..Default::default() });
        }
        link
    };
    let (link, undisturbed) = (run(true), run(false));
    println!("{}", link.figures());
    assert!(link.drop_run() <= 1 && link.longest_gap() <= GAP, "{}", link.figures());
    let rate = link.rate_of(0..300);
    assert!((least..=1.05).contains(&rate), "{}", link.figures());
    assert_eq!(link.log.iter().filter(|shown| shown.key_frame).count(), 10, "{}", link.name);
    for key in (60..300).step_by(30) {
        let before = link.psnr(key - 3..key);
        let misses =
            (key..key + 30).map(|at| before.min(undisturbed.log[at].psnr) - link.log[at].psnr);
        let miss = misses.fold(f64::MAX, f64::min);
        let what = format!("{} at {key}: {miss:.2} dB below {before:.2} dB", link.name);
        assert!(miss <= 1.0, "{what}");
    }
}

#[test]
fn key_frames_every_second_are_no_disturbance() {
    let carphone = carphone();
    check_requests("carphone", &carphone, 50_000, 0.95);
    check_requests("carphone", &carphone, 100_000, 0.95);
    check_requests("drift", &scene(Scene::MovingTexture, (320, 180), 3, 120), 50_000, 0.95);
    let half: Vec<_> = carphone.iter().map(|picture| pictures::scaled(picture, 88, 72)).collect();
    // It was 0.917: the link was idle for a while.
    check_requests("carphone", &half, 32_000, 0.9);
}

/// A key frame is asked for once, with the picture at which the rate falls to a twentieth. What the
/// link owes by then keeps it for a while; the key frame is the first frame after that, and comes as
/// soon as a third of the most delay is free.
#[test]
fn a_key_frame_asked_for_as_the_rate_falls_comes_as_soon_as_it_fits() {
    let pictures = scene(Scene::MovingTexture, (320, 180), 5, 90);
    for at in [30, 33, 37] {
        let mut link = Link::usual("falls", &pictures[0], 400_000, 30);
        link.show_all(&pictures[..at], 30);
        link.set_rate(20_000);
        let mut options = FrameOptions::key_frame();
        let mut waited = 0;
        for picture in &pictures[at..] {
            let owed = (link.delay() - 1000.0 / 30.0).max(0.0);
            let shown = link.show_with(picture, SECOND / 30, std::mem::take(&mut options));
            let what = format!("{}: {owed:.1} ms owed: {shown:?}", link.name);
            if shown.key_frame {
                assert!(owed <= 130.5, "{what}");
                break;
            }
            assert_eq!(shown.dropped, Some(DropReason::LinkFull), "{what}");
            assert!(owed >= 129.5, "{what}");
            waited += 1;
        }
        assert!(link.log.last().unwrap().key_frame, "{}", link.figures());
        assert!(waited > 5, "{}: the link owed much", link.figures());
    }
}
