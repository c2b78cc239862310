//! libaom's published tests of rate control (`datarate_test.cc`), restated: its settings and their
//! changes, with bounds of our own, which are narrower. Its clips are replaced by others of the same
//! size: a wall of camera pictures, and a made-up desktop.

use super::pictures::{Named, back_and_forth, mosaic};
use super::{GAP, Link, SECOND, cases};
use crate::synthetic::{Clip, Scene};
use crate::{EncoderConfig, PictureBuffer, Speed};

const QVGA: (u32, u32) = (320, 240);

fn camera((width, height): (u32, u32)) -> Named {
    Named { name: "mosaic".to_owned(), pictures: mosaic(width, height) }
}

/// A desktop: a page of text that stands, is scrolled for a second, and is left for another.
fn desktop((width, height): (u32, u32)) -> Named {
    let picture = |number: u64| {
        let (page, at) = (number / 150, number % 150);
        let clip = Clip::new(Scene::Text, width, height, page).unwrap();
        // Scenes of text scroll by themselves, a line of pixels every second picture.
        clip.picture(at.clamp(60, 90) * 2)
    };
    Named { name: "desktop".to_owned(), pictures: (0..450).map(picture).collect() }
}

fn show(link: &mut Link, pictures: &[PictureBuffer], frames: usize) {
    link.show_all(back_and_forth(pictures).take(frames), 30);
    println!("{}", link.figures());
    assert!(link.longest_gap() <= GAP, "{}", link.figures());
}

/// The rate within 5 % in all the link has seen; the tests that are restated allow 15 to 40 %.
fn check_rate(link: &Link) {
    let rate = link.rate_of(0..link.log.len());
    assert!((0.95..=1.05).contains(&rate), "{}", link.figures());
}

/// `BasicRateTargetingCBRSpike`: 320×240, 800 frames at 100 and 200 kbit/s; at most 10 frames above
/// three times the usual size, none above eight times; 0.85 to 1.19 of the rate.
#[test]
fn spikes() {
    for clip in [camera(QVGA), desktop(QVGA)] {
        for rate in [100_000, 200_000] {
            let mut link = Link::usual(&clip.name, &clip.pictures[0], rate, 30);
            show(&mut link, &clip.pictures, cases(800, 150));
            let usual = f64::from(rate) / 30.0;
            // Key frames are apart, and so are those that show another page.
            let page = |number: usize| {
                let at = number % 898;
                if clip.name == "desktop" { at.min(898 - at) / 150 } else { 0 }
            };
            let above = |times: f64| {
                let apart = |at: usize| at == 0 || page(at) != page(at - 1);
                let others = link.log.iter().enumerate().filter(|(at, _)| !apart(*at));
                others.filter(|(_, shown)| shown.bits as f64 > times * usual).count()
            };
            let (high, higher) = (above(3.0), above(8.0));
            println!("{}: {high} above 3 times, {higher} above 8", link.name);
            assert!(link.log[0].bits as f64 <= 0.2 * f64::from(rate));
            assert!(high <= 5 && higher == 0, "{}: {high}, {higher}", link.name);
            if clip.name != "desktop" {
                check_rate(&link);
            }
        }
    }
}

/// `BasicRateTargetingCBRDynamicBitrate`: 320×180, 800 frames, 100 and 200 kbit/s, times 1.3 after
/// 250 frames and 0.7 after 500; 0.85 to 1.20 of each rate.
#[test]
fn dynamic_bitrate() {
    let clip = camera((320, 180));
    for rate in [100_000, 200_000] {
        let mut link = Link::usual(&clip.name, &clip.pictures[0], rate, 30);
        let mut pictures = back_and_forth(&clip.pictures);
        for (percent, frames) in [(100, 250), (130, 250), (70, 300)] {
            link.set_rate(rate * percent / 100);
            let start = link.log.len();
            link.show_all(pictures.by_ref().take(cases(frames, 100)), 30);
            let share = link.rate_of(start..link.log.len());
            println!("{} times {percent} %: {share:.3}", link.name);
            assert!((0.95..=1.05).contains(&share), "{} times {percent} %: {share:.3}", link.name);
        }
        assert_eq!(link.drops(), 0, "{}", link.figures());
    }
}

/// `PeriodicKeyFrameCBR`: 320×240, 310 frames, a key frame every 50, 150 and 550 kbit/s; 0.85 to
/// 1.15 of the rate. `PeriodicKeyFrameCBROnSceneCuts`: CIF, every 30 frames, 500 kbit/s; to 1.3.
#[test]
fn periodic_key_frames() {
    for (clip, rate, interval) in [
        (camera(QVGA), 150_000, 50),
        (camera(QVGA), 550_000, 50),
        (camera((352, 288)), 500_000, 30),
    ] {
        let mut config =
            EncoderConfig::new(clip.pictures[0].width(), clip.pictures[0].height(), rate);
        config.key_interval = Some(interval);
        config.speed = Speed::FASTEST;
        let mut link = Link::new(&clip.name, config);
        show(&mut link, &clip.pictures, 310);
        let keys = link.log.iter().filter(|shown| shown.key_frame).count();
        assert_eq!(keys, 310_usize.div_ceil(interval as usize), "{}", link.name);
        check_rate(&link);
    }
}

/// `PeriodicKeyFrameCBROnSceneCuts` with the cuts, and `ErrorResilienceOnSceneCuts`: CIF, 500
/// kbit/s, a key frame or none where another scene begins; 0.85 to 1.3 and 1.15.
#[test]
fn scene_cuts() {
    let (mosaic, cuts) = (camera((352, 288)), Clip::new(Scene::Cuts, 352, 288, 4).unwrap());
    for key_interval in [Some(30), None] {
        let mut config = EncoderConfig::new(352, 288, 500_000);
        config.key_interval = key_interval;
        config.speed = Speed::FASTEST;
        let mut link = Link::new("cuts", config);
        for number in 0..240 {
            // A cut every 30 pictures, to camera pictures and back to textures.
            let made_up = cuts.picture(number / 60 * 16);
            let camera = &mosaic.pictures[number as usize % mosaic.pictures.len()];
            let picture = if number / 30 % 2 == 0 { camera } else { &made_up };
            link.show(picture, SECOND / 30);
        }
        println!("{}", link.figures());
        assert!(link.longest_gap() <= GAP, "{}", link.figures());
        assert!(link.rate_of(0..240) <= 1.05, "{}", link.figures());
        assert!(link.drop_run() <= 1, "{}", link.figures());
    }
}

/// `BasicRateTargetingAQModeOnOffCBR`: 320×240, 310 frames, 60 kbit/s; 0.85 to 1.15 of the rate.
/// `BasicRateTargetingCBR`: CIF, 140 frames, 150 and 550 kbit/s; 0.85 to 1.19.
/// `BasicRateTargetingMultiThreadCBR`: 640×480, 250 and 650 kbit/s; 0.85 to 1.15.
#[test]
fn basic_rates() {
    for (size, rate, frames) in [
        (QVGA, 60_000, 310),
        ((352, 288), 150_000, 140),
        ((352, 288), 550_000, 140),
        ((640, 480), 250_000, 90),
        ((640, 480), 650_000, 90),
    ] {
        let clip = camera(size);
        let mut link = Link::usual(&clip.name, &clip.pictures[0], rate, 30);
        show(&mut link, &clip.pictures, frames);
        check_rate(&link);
    }
}
