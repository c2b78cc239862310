//! The encoder on its own thread: it takes a picture when one is due, never one that is overdue.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rtav1::rtp::{CLOCK_RATE, FrameFeedback};
use rtav1::{
    ColorDescription, EncodeOutcome, Encoder, EncoderConfig, FrameOptions, PictureBuffer, Rates,
    Rational, ScalabilityMode, WireOverhead,
};

use crate::check::Check;
use crate::common::scale::scale;
use crate::ladder::Ladder;
use crate::losses::Losses;
use crate::mark;
use crate::options::{Mode, Options, Rating};
use crate::peer::Input;
use crate::source::Source;
use crate::stats::SharedStats;

/// The most bytes of an RTP payload with its header extension.
pub(crate) const MAX_PAYLOAD: usize = 1100;
/// Bytes around it: IPv4 20, UDP 8, RTP 12, header extension 16, SRTP's tag 16.
pub(crate) const PACKET_OVERHEAD: u32 = 72;

/// What the encoder is told.
pub(crate) enum Control {
    /// Bit/s on the wire from the next picture on.
    Target(u32),
    /// What became of a frame.
    Feedback(FrameFeedback),
    /// A key frame is asked for.
    KeyFrame,
    /// Temporal layers from the next picture on.
    Layers(ScalabilityMode),
    /// A picture to send, in mirror mode.
    Picture(PictureBuffer),
}

/// What the thread works on.
pub(crate) struct Encoding {
    pub(crate) options: Options,
    pub(crate) source: Arc<Source>,
    pub(crate) check: Arc<Check>,
    pub(crate) stats: SharedStats,
    pub(crate) output: Sender<Input>,
}

impl Encoding {
    /// Runs until the other end of `controls` is gone, or the peer is.
    pub(crate) fn run(self, controls: &Receiver<Control>) -> anyhow::Result<()> {
        let mut state = State::new(self)?;
        while let Some(picture) = state.next_picture(controls)? {
            if !state.encode(picture)? {
                break;
            }
        }
        Ok(())
    }
}

struct State {
    with: Encoding,
    encoder: Option<Encoder>,
    ladder: Option<Ladder>,
    target: u32,
    start: Instant,
    /// When the next picture of the clip is due.
    due: Duration,
    number: u64,
}

impl State {
    fn new(with: Encoding) -> anyhow::Result<Self> {
        let target = with.options.start;
        let (start, due) = (Instant::now(), Duration::ZERO);
        Ok(Self { with, encoder: None, ladder: None, target, start, due, number: 0 })
    }

    /// Waits for the next picture, and takes what it is told meanwhile; `None` at the end.
    fn next_picture(
        &mut self,
        controls: &Receiver<Control>,
    ) -> anyhow::Result<Option<PictureBuffer>> {
        let mut newest = None;
        loop {
            let wait = match (self.with.options.mode, &newest) {
                (Mode::Clip, _) => self.due.saturating_sub(self.start.elapsed()),
                // Only what has come meanwhile: an older picture is left out for a newer one.
                (Mode::Mirror, Some(_)) => Duration::ZERO,
                (Mode::Mirror, None) => Duration::from_secs(1),
            };
            match controls.recv_timeout(wait) {
                Ok(Control::Picture(picture)) => newest = Some(picture),
                Ok(control) => self.control(control)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) if self.with.options.mode == Mode::Clip => {
                    return Ok(Some(self.clip_picture()));
                }
                Err(RecvTimeoutError::Timeout) if newest.is_some() => return Ok(newest),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn control(&mut self, control: Control) -> anyhow::Result<()> {
        match (control, &mut self.encoder) {
            (Control::Target(target), _) => self.target = target,
            (Control::KeyFrame, Some(encoder)) => encoder.request_key_frame()?,
            (Control::Layers(mode), Some(encoder)) => encoder.set_scalability_mode(mode)?,
            (Control::Feedback(FrameFeedback::Acknowledged(id)), Some(encoder)) => {
                encoder.acknowledge(id)?;
            }
            (Control::Feedback(FrameFeedback::Lost(id)), Some(encoder)) => encoder.lost(id)?,
            _ => {}
        }
        Ok(())
    }

    /// The clip's picture for now; those that were due before are left out.
    fn clip_picture(&mut self) -> PictureBuffer {
        let frame_rate = match &self.ladder {
            Some(ladder) => ladder.frame_rate(self.target),
            None => self.with.source.frame_rate,
        };
        let now = self.start.elapsed();
        self.number = (now.as_secs_f64() * self.with.source.frame_rate) as u64;
        let interval = Duration::from_secs_f64(1.0 / frame_rate);
        self.due += interval;
        if self.due < now {
            self.due = now + interval;
        }
        self.with.source.picture(self.number).clone()
    }

    /// Encodes a picture as the target of the moment has it; `false` when nobody takes it.
    fn encode(&mut self, picture: PictureBuffer) -> anyhow::Result<bool> {
        let began = Instant::now();
        self.configure((picture.width(), picture.height()))?;
        let Some(encoder) = &mut self.encoder else { return Ok(true) };
        let mut picture = scale(picture, encoder.width(), encoder.height())?;
        let number = self.number as u32 % mark::NUMBERS;
        if self.with.options.check {
            mark::draw(&mut picture, number);
        }
        let time = self.start.elapsed();
        let timestamp = (time.as_secs_f64() * f64::from(CLOCK_RATE)) as u64;
        let outcome = encoder.encode(&picture.as_frame(timestamp), FrameOptions::default())?;
        encoder.report_encode_time(began.elapsed());
        self.with.stats.lock().encoded(&outcome, began.elapsed());
        let EncodeOutcome::Unit(mut unit) = outcome else { return Ok(true) };
        if self.with.options.check {
            self.with.check.keep(number, picture, unit.frames[0].reconstruction.take());
        }
        Ok(self.with.output.send(Input::Unit(unit)).is_ok())
    }

    /// Size and rates of the encoder by the target.
    fn configure(&mut self, source: (u32, u32)) -> anyhow::Result<()> {
        let frame_rate = self.with.source.frame_rate;
        let target = self.target;
        let ladder = self.ladder.get_or_insert_with(|| Ladder::new(source, frame_rate, target));
        ladder.update(target, self.start.elapsed());
        let (width, height) = ladder.size();
        let frame_rate = Rational::new((ladder.frame_rate(target) * 1000.0) as u32, 1000);
        match &mut self.encoder {
            Some(encoder) => {
                encoder.set_rates(Rates::new(target, frame_rate))?;
                encoder.set_size(width, height)?;
            }
            None => {
                let options = &self.with.options;
                let mut config = EncoderConfig::new(width, height, target);
                config.frame_rate = frame_rate;
                config.max_delay = options.max_delay;
                // str0m's estimate counts payloads alone.
                let counted = options.rating != Rating::Str0m;
                let overhead = if counted { PACKET_OVERHEAD } else { 0 };
                config.wire = WireOverhead::new(overhead, MAX_PAYLOAD as u32);
                config.scalability_mode = options.layers.unwrap_or(Losses::first_layers());
                config.acknowledged_prediction = options.prediction;
                // BT.601, as cameras and browsers have it at these sizes.
                config.color = ColorDescription::new(6, 6, 6);
                config.reconstruction = options.check;
                self.encoder = Some(Encoder::new(config)?);
            }
        }
        let mut stats = self.with.stats.lock();
        (stats.width, stats.height, stats.target) = (width, height, target);
        Ok(())
    }
}
