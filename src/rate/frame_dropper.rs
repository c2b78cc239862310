//! Fewer, fuller frames: which frames to leave out so that those that stay are worth looking at.
//!
//! Every n-th frame stays. n grows where the headers of packets would take too much of a thin link,
//! and, if the caller wants it, while the quantizer stays coarse; it shrinks again when the quantizer
//! has been fine for longer. Between the two thresholds, those of libwebrtc's quality scaler, n
//! stays.

use super::tuning::dropper::{
    COARSE, COARSE_FOR, EMPTY_UNIT, FINE, FINE_FOR, FLOOR, FLOOR_SLACK, FLOORS, INDEX_GAIN,
    INTERVAL_GAIN, LONGEST_INTERVAL, MOST_APART, MOST_HEADERS, THIN_LINK,
};

/// Frames a second below which a picture of so many samples must not fall.
fn floor(samples: f64) -> f64 {
    FLOORS.iter().find(|(most, _)| samples <= *most).map_or(FLOOR, |&(_, floor)| floor)
}

/// Decides which frames stay.
#[derive(Clone, Debug)]
pub(crate) struct FrameDropper {
    /// Whether a coarse quantizer makes frames fewer.
    adaptive: bool,
    floor: f64,
    /// Mean seconds between the frames that come in.
    interval: f64,
    /// n for the quantizer's sake.
    apart: u32,
    /// Mean quantizer index, and for how many seconds it has been coarse or fine.
    index: Option<f64>,
    coarse: f64,
    fine: f64,
    /// Seconds since the last frame that stayed.
    passed: f64,
}

impl FrameDropper {
    /// For pictures of `samples` luma samples at `frame_rate` frames a second.
    pub(crate) fn new(samples: f64, frame_rate: f64, adaptive: bool) -> Self {
        Self {
            adaptive,
            floor: floor(samples),
            interval: frame_rate.recip(),
            apart: 1,
            index: None,
            coarse: 0.0,
            fine: 0.0,
            passed: 0.0,
        }
    }

    /// Another nominal frame rate.
    pub(crate) fn set_frame_rate(&mut self, frame_rate: f64) {
        self.interval = frame_rate.recip();
    }

    /// Pictures of `samples` luma samples from now on.
    pub(crate) fn resize(&mut self, samples: f64) {
        self.floor = floor(samples);
    }

    /// n, on a link of `rate` bit/s with `packet_overhead` bytes of headers a packet.
    pub(crate) fn apart(&self, rate: f64, packet_overhead: u32) -> u32 {
        let wanted = self.apart.max(self.apart_for_headers(rate, packet_overhead));
        // A little above the floor counts as the floor.
        let most = (FLOOR_SLACK / (self.interval * self.floor)) as u32;
        wanted.min(most.clamp(1, MOST_APART))
    }

    fn apart_for_headers(&self, rate: f64, packet_overhead: u32) -> u32 {
        if packet_overhead == 0 || rate > THIN_LINK {
            return 1;
        }
        let header_rate = 8.0 * (f64::from(packet_overhead) + EMPTY_UNIT) / self.interval;
        (header_rate / (MOST_HEADERS * rate)).ceil() as u32
    }

    /// Whether a frame `elapsed` seconds after the one before is left out.
    pub(crate) fn leaves_out(&self, elapsed: f64, rate: f64, packet_overhead: u32) -> bool {
        let apart = self.apart(rate, packet_overhead);
        apart > 1 && self.passed + elapsed < (f64::from(apart) - 0.5) * self.interval
    }

    /// A frame `elapsed` seconds after the one before stayed or was left out.
    pub(crate) fn pass(&mut self, elapsed: f64, stayed: bool) {
        if elapsed > 0.0 && elapsed < LONGEST_INTERVAL * self.interval {
            self.interval += INTERVAL_GAIN * (elapsed - self.interval);
        }
        self.passed = if stayed { 0.0 } else { self.passed + elapsed };
    }

    /// A frame was coded with mean index `qindex`, `elapsed` seconds after the one coded before.
    pub(crate) fn coded(&mut self, qindex: f64, elapsed: f64) {
        let mean = self.index.map_or(qindex, |mean| mean + INDEX_GAIN * (qindex - mean));
        self.index = Some(mean);
        self.coarse = if mean > COARSE { self.coarse + elapsed } else { 0.0 };
        self.fine = if mean < FINE { self.fine + elapsed } else { 0.0 };
        if !self.adaptive {
            return;
        }
        if self.coarse > COARSE_FOR && self.apart < MOST_APART {
            self.apart += 1;
            self.coarse = 0.0;
        } else if self.fine > FINE_FOR && self.apart > 1 {
            self.apart -= 1;
            self.fine = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QVGA: f64 = 320.0 * 180.0;

    /// Feeds `frames` frames at 30 fps; gives how many stayed and the longest gap in frames.
    fn run(
        dropper: &mut FrameDropper,
        frames: u32,
        rate: f64,
        overhead: u32,
        qindex: f64,
    ) -> (u32, u32) {
        let (mut stayed, mut gap, mut longest) = (0, 0, 0);
        for _ in 0..frames {
            let out = dropper.leaves_out(1.0 / 30.0, rate, overhead);
            dropper.pass(1.0 / 30.0, !out);
            gap += 1;
            if !out {
                dropper.coded(qindex, f64::from(gap) / 30.0);
                longest = longest.max(gap);
                (stayed, gap) = (stayed + 1, 0);
            }
        }
        (stayed, longest)
    }

    #[test]
    fn headers_make_frames_fewer_on_thin_links_only() {
        for (rate, overhead, least, most) in [
            (20_000.0, 0, 300, 300),
            (31_000.0, 48, 300, 300),
            (30_000.0, 48, 98, 102),
            (20_000.0, 48, 74, 76),
            (8_000.0, 48, 74, 76),
        ] {
            let mut dropper = FrameDropper::new(QVGA, 30.0, false);
            let (stayed, gap) = run(&mut dropper, 300, rate, overhead, 250.0);
            assert!((least..=most).contains(&stayed), "{rate} {overhead}: {stayed}");
            assert!(f64::from(gap) / 30.0 <= 0.15);
        }
    }

    #[test]
    fn a_coarse_quantizer_makes_frames_fewer_if_asked_to_and_hysteresis_holds() {
        let mut fixed = FrameDropper::new(QVGA, 30.0, false);
        assert_eq!(run(&mut fixed, 300, 1e5, 0, 250.0).0, 300);
        let mut dropper = FrameDropper::new(QVGA, 30.0, true);
        run(&mut dropper, 300, 1e5, 0, 250.0);
        assert_eq!(run(&mut dropper, 120, 1e5, 0, 250.0).0, 30, "7.5 fps");
        assert_eq!(run(&mut dropper, 120, 1e5, 0, 180.0).0, 30, "neither coarse nor fine");
        run(&mut dropper, 600, 1e5, 0, 100.0);
        assert_eq!(run(&mut dropper, 120, 1e5, 0, 100.0).0, 120);
    }

    #[test]
    fn floors_go_by_size() {
        for (samples, apart) in [(QVGA, 4), (480.0 * 270.0, 3), (640.0 * 360.0, 2)] {
            let mut dropper = FrameDropper::new(samples, 30.0, true);
            run(&mut dropper, 600, 1e5, 0, 250.0);
            assert_eq!(dropper.apart(1e5, 0), apart, "{samples}");
        }
        let slow = FrameDropper::new(QVGA, 7.0, false);
        assert_eq!(slow.apart(8_000.0, 48), 1);
    }
}
