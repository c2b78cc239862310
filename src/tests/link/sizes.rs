//! The bound across changes of size.

use std::time::Duration;

use super::{Link, SECOND};
use crate::synthetic::{Clip, Scene};
use crate::{EncoderConfig, Speed};

/// Sizes up and down while the link is busy, in the same call: the link, which knows of no size, is
/// never behind by more than 100 ms, and each size starts with its key frame.
#[test]
fn a_change_of_size_keeps_the_bound() {
    for scene in [Scene::Noise, Scene::MovingTexture] {
        let mut config = EncoderConfig::new(128, 96, 150_000);
        config.max_delay = Duration::from_millis(100);
        config.speed = Speed::FASTEST;
        let mut link = Link::new(scene.name(), config);
        let mut number = 0;
        for (width, height) in [(128, 96), (176, 144), (66, 50), (160, 96), (160, 98), (64, 64)] {
            link.set_size(width, height);
            let clip = Clip::new(scene, width, height, 1).unwrap();
            let start = link.log.len();
            for _ in 0..15 {
                link.show(&clip.picture(number), SECOND / 30);
                number += 1;
            }
            let mut coded = link.log[start..].iter().filter(|shown| shown.dropped.is_none());
            assert!(coded.next().is_some_and(|first| first.key_frame), "{width}x{height}");
            assert!(coded.all(|other| !other.key_frame), "{width}x{height}");
        }
        // Without what was carried over each key frame would have had the link to itself.
        let busy = link.log.iter().filter(|shown| shown.key_frame).filter(|shown| {
            let own = 1000.0 * shown.bits as f64 / 150_000.0;
            shown.delay > own + 5.0
        });
        assert!(busy.count() >= 2, "{}: key frames found the link idle", scene.name());
    }
}
