//! Camera clips at the rates of thin links.

use std::thread;

use super::pictures::{Named, clips};
use super::{Link, cases};

/// kbit/s.
const RATES: [u32; 5] = [20, 32, 50, 64, 100];

fn check(clip: &Named, kilobits: u32, frame_rate: u32) {
    let pictures = &clip.pictures[..cases(clip.pictures.len(), 75).min(clip.pictures.len())];
    let mut link = Link::usual(&clip.name, &pictures[0], kilobits * 1000, frame_rate);
    let every = 30 / frame_rate as usize;
    link.show_all(pictures.iter().step_by(every), frame_rate);
    println!("{}", link.figures());
    link.check_rate_and_gaps();
}

/// Every clip, no larger than 320×180, at every rate, at 30 and 15 frames a second.
#[test]
fn clips_keep_to_the_link() {
    let clips = clips(320, 180);
    thread::scope(|scope| {
        for frame_rate in [30, 15] {
            let clips = &clips;
            scope.spawn(move || {
                for clip in clips {
                    for kilobits in RATES {
                        check(clip, kilobits, frame_rate);
                    }
                }
            });
        }
    });
}
