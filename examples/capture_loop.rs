//! An encoder in a capture loop, as an application's adapter has it: a camera at a steady pace, and
//! a network that changes its mind.
//!
//! ```sh
//! cargo run --release --example capture_loop
//! ```

use std::process::ExitCode;
use std::time::{Duration, Instant};

use rtav1::synthetic::{Clip, Scene};
use rtav1::{
    ConfigError, DropReason, EncodeError, EncodeOutcome, Encoder, EncoderConfig, Frame,
    FrameOptions, Rates, Rational, TemporalUnit,
};

/// What reaches the sender between two frames.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The bandwidth estimate, in bit/s; 0: the connection is gone for now.
    Bandwidth(u32),
    /// A receiver cannot decode what it gets (RTCP PLI or FIR).
    KeyFrameWanted,
    /// The camera has another resolution.
    Resolution(u32, u32),
}

/// What happens before which frame.
const SCRIPT: [(u64, Event); 7] = [
    (30, Event::Bandwidth(40_000)),
    (45, Event::KeyFrameWanted),
    (60, Event::Bandwidth(0)),
    (75, Event::Bandwidth(120_000)),
    (90, Event::Resolution(160, 90)),
    (105, Event::Resolution(128, 72)),
    (110, Event::Bandwidth(60_000)),
];
const FRAMES: u64 = 120;
const TICKS: u64 = 3_000;

/// What went out.
#[derive(Debug, Default)]
struct Sent {
    frames: u64,
    bytes: usize,
    key_frames: Vec<u64>,
    paused: u64,
    late: u64,
}

/// The adapter: one call a frame, one answer a frame.
struct Sender {
    encoder: Encoder,
    sent: Sent,
    /// The frames that a receiver has, by number, since the last key frame.
    newest: Option<u64>,
}

impl Sender {
    fn new(width: u32, height: u32) -> Result<Self, ConfigError> {
        let mut config = EncoderConfig::new(width, height, 100_000);
        config.max_delay = Duration::from_millis(100);
        let encoder = Encoder::new(config)?;
        // For the offer, before there is any frame.
        println!("{}: {}", encoder.codec_string()?, encoder.fmtp()?);
        Ok(Self { encoder, sent: Sent::default(), newest: None })
    }

    fn react(&mut self, event: Event) -> Result<(), ConfigError> {
        match event {
            Event::Bandwidth(bitrate) => {
                self.encoder.set_rates(Rates::new(bitrate, Rational::new(30, 1)))
            }
            Event::KeyFrameWanted => self.encoder.request_key_frame(),
            Event::Resolution(width, height) => self.encoder.set_size(width, height),
        }
    }

    /// One frame as the camera gives it: I420 in one piece.
    fn capture(&mut self, samples: &[u8], timestamp: u64) -> Result<(), EncodeError> {
        let (width, height) = (self.encoder.width(), self.encoder.height());
        let frame = Frame::i420(samples, width, height, timestamp).expect("the camera's format");
        let start = Instant::now();
        let outcome = self.encoder.encode(&frame, FrameOptions::default())?;
        // `Speed::AUTO`, the default, goes by it.
        self.encoder.report_encode_time(start.elapsed());
        match outcome {
            EncodeOutcome::Unit(unit) => self.send(&unit),
            EncodeOutcome::Dropped(frame) if frame.reason == DropReason::Paused => {
                self.sent.paused += 1;
            }
            EncodeOutcome::Dropped(_) => self.sent.late += 1,
            EncodeOutcome::Pending => {}
        }
        Ok(())
    }

    /// Where packets would be made; the frames say themselves what they depend on.
    fn send(&mut self, unit: &TemporalUnit) {
        for frame in &unit.frames {
            let known = |id: &u64| self.newest.is_some_and(|newest| *id <= newest);
            assert!(frame.dependencies.iter().all(known), "what a receiver lacks is referred to");
            self.newest = Some(frame.id);
        }
        if unit.key_frame {
            self.sent.key_frames.push(unit.timestamp / TICKS);
        }
        self.sent.frames += 1;
        self.sent.bytes += unit.data.len();
    }
}

fn run() -> Result<Sent, Box<dyn std::error::Error>> {
    let mut sender = Sender::new(128, 72)?;
    for number in 0..FRAMES {
        for (_, event) in SCRIPT.iter().filter(|(at, _)| *at == number) {
            sender.react(*event)?;
        }
        let (width, height) = (sender.encoder.width(), sender.encoder.height());
        let picture = Clip::new(Scene::MovingTexture, width, height, 1)?.picture(number);
        let samples = [0, 1, 2].map(|plane| picture.plane(plane)).concat();
        sender.capture(&samples, TICKS * number)?;
    }
    Ok(sender.sent)
}

fn main() -> ExitCode {
    match run() {
        Ok(sent) => {
            println!("{sent:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_runs_through_every_event() {
        let sent = run().unwrap();
        assert_eq!(sent.paused, 15);
        assert_eq!(sent.frames + sent.paused + sent.late, FRAMES);
        // One at the start, one that was asked for, and one with each size, as soon as it fits.
        let near = |at: u64| sent.key_frames.iter().any(|key| (at..at + 10).contains(key));
        assert!([0, 45, 90, 105].into_iter().all(near), "{sent:?}");
        assert_eq!(sent.key_frames.len(), 4, "none after the pause: {sent:?}");
    }
}
