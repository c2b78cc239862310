//! The promise to the link, with pixels: after every coded frame, whatever is shown or asked for,
//! the bits that a link of exactly the target rate has not yet carried are no more than it carries
//! in `max_delay`, and no unit is above `max_frame_bytes`.
//!
//! Every test here shows its pictures to a [`Link`], which keeps its own account.

mod clips;
mod keys;
mod least;
mod long;
mod pictures;
mod published;
mod published_aom;
mod random;
mod scenes;
mod sizes;
mod trails;

use std::ops::Range;
use std::time::Duration;

use crate::{
    DropReason, Encoder, EncoderConfig, FrameOptions, FrameStats, PictureBuffer, RateMode, Rates,
    Rational, Speed,
};

/// Ticks in a second.
const SECOND: u64 = 90_000;
/// Ticks in a second over milliseconds in a second.
const TICKS_A_MS: u64 = SECOND / 1000;
/// What `delay_ms` may differ by from our own account, in ms: it has the digits of an `f32`.
const ROUNDING: f64 = 0.1;
/// The longest gap between two frames that are shown, in seconds.
const GAP: f64 = 0.25;

/// What became of a picture.
#[derive(Clone, Copy, Debug)]
struct Shown {
    /// In seconds.
    time: f64,
    /// In ticks, since the picture before.
    ticks: u64,
    /// 0 for one that was left out.
    bits: u64,
    /// After it, in ms.
    delay: f64,
    /// Of what the receiver has then, in dB.
    psnr: f64,
    /// Mean quantizer index; that of the frame before for one that was left out.
    qindex: f64,
    key_frame: bool,
    dropped: Option<DropReason>,
}

/// An encoder and the link behind it.
struct Link {
    encoder: Encoder,
    name: String,
    /// Bit/s.
    rate: u64,
    /// ms.
    max_delay: u64,
    max_frame_bytes: Option<u32>,
    timestamp: Option<u64>,
    /// What the link has not yet carried, in bits over [`SECOND`]: the account is in integers.
    waiting: u64,
    /// What the receiver has.
    picture: PictureBuffer,
    log: Vec<Shown>,
}

impl Link {
    fn new(name: &str, config: EncoderConfig) -> Self {
        let RateMode::Bitrate(rate) = config.rate else { panic!("{name}: no rate") };
        Self {
            name: format!("{name} {}x{} at {rate}", config.width, config.height),
            rate: u64::from(rate),
            max_delay: config.max_delay.as_millis() as u64,
            max_frame_bytes: config.max_frame_bytes,
            timestamp: None,
            waiting: 0,
            picture: PictureBuffer::new(config.width, config.height).unwrap(),
            log: Vec::new(),
            encoder: Encoder::new(EncoderConfig { reconstruction: true, ..config }).unwrap(),
        }
    }

    /// A link of `rate` bit/s and 200 ms for pictures as large as `picture`, `frame_rate` a second,
    /// with the fastest encoder.
    fn usual(name: &str, picture: &PictureBuffer, rate: u32, frame_rate: u32) -> Self {
        let mut config = EncoderConfig::new(picture.width(), picture.height(), rate);
        config.frame_rate = Rational::new(frame_rate, 1);
        config.speed = Speed::FASTEST;
        Self::new(&format!("{name} {frame_rate} fps"), config)
    }

    /// Another rate: the link has it from just after the last frame on.
    fn set_rate(&mut self, rate: u32) {
        self.encoder.set_rates(Rates { bitrate: rate, ..self.rates() }).unwrap();
        self.rate = u64::from(rate);
    }

    fn set_max_delay(&mut self, max_delay: u64) {
        self.encoder.set_max_delay(Duration::from_millis(max_delay)).unwrap();
        self.max_delay = max_delay;
    }

    fn set_max_frame_bytes(&mut self, most: Option<u32>) {
        self.encoder.set_max_frame_bytes(most).unwrap();
        self.max_frame_bytes = most;
    }

    fn set_frame_rate(&mut self, frame_rate: u32) {
        let frame_rate = Rational::new(frame_rate, 1);
        self.encoder.set_rates(Rates { frame_rate, ..self.rates() }).unwrap();
    }

    /// Pictures of another size from the next one on: the link stays as it is.
    fn set_size(&mut self, width: u32, height: u32) {
        self.encoder.set_size(width, height).unwrap();
        self.picture = PictureBuffer::new(width, height).unwrap();
    }

    fn rates(&self) -> Rates {
        self.encoder.rates().unwrap()
    }

    /// Shows a picture `ticks` after the one before.
    fn show(&mut self, picture: &PictureBuffer, ticks: u64) -> Shown {
        self.show_with(picture, ticks, FrameOptions::default())
    }

    fn show_with(&mut self, picture: &PictureBuffer, ticks: u64, options: FrameOptions) -> Shown {
        let ticks = if self.timestamp.is_some() { ticks } else { 0 };
        let timestamp = self.timestamp.map_or(0, |last| last + ticks);
        self.timestamp = Some(timestamp);
        self.waiting = self.waiting.saturating_sub(ticks * self.rate);
        let outcome = self.encoder.encode(&picture.as_frame(timestamp), options).unwrap();
        assert!(!outcome.is_pending(), "{} {timestamp}", self.name);
        let dropped = outcome.dropped().map(|frame| frame.reason);
        let last = self.log.last().map_or(0.0, |last| last.qindex);
        let (mut bits, mut qindex, mut key_frame) = (0, last, false);
        if let Some(unit) = outcome.into_unit() {
            let frame = unit.frames.into_iter().next().unwrap();
            let stats = frame.stats.unwrap();
            bits = unit.data.len() as u64 * 8;
            (qindex, key_frame) = (f64::from(stats.qindex_mean), unit.key_frame);
            self.waiting += bits * SECOND;
            self.picture = frame.reconstruction.unwrap();
            self.check(bits, &stats);
        }
        let shown = Shown {
            time: timestamp as f64 / SECOND as f64,
            ticks,
            bits,
            delay: self.delay(),
            psnr: pictures::psnr_y(&self.picture, picture),
            qindex,
            key_frame,
            dropped,
        };
        self.log.push(shown);
        shown
    }

    /// Checks a frame that was just added.
    fn check(&self, bits: u64, stats: &FrameStats) {
        let Self { name, log, waiting, rate, .. } = self;
        let delay = self.delay();
        let what = format!("{name}: picture {}, {bits} bits, {delay:.2} ms: {stats:?}", log.len());
        assert_eq!(u64::from(stats.bits.total()), bits, "{what}");
        assert!(*waiting <= self.max_delay * TICKS_A_MS * rate, "{what}");
        assert!(self.max_frame_bytes.is_none_or(|most| bits <= u64::from(most) * 8), "{what}");
        let told = 1000.0 * stats.delay.unwrap().as_secs_f64();
        assert!((told - delay).abs() <= ROUNDING, "{what}");
    }

    /// What waits, in ms.
    fn delay(&self) -> f64 {
        self.waiting as f64 / (TICKS_A_MS * self.rate) as f64
    }

    /// The bits of some pictures over what the link carries in their time at the rate it has now.
    fn rate_of(&self, pictures: Range<usize>) -> f64 {
        let interval = self.log.get(1).map_or(0, |second| second.ticks);
        let log = &self.log[pictures];
        let bits: u64 = log.iter().map(|shown| shown.bits).sum();
        // The first picture's interval is as long as the second's.
        let ticks = |shown: &Shown| if shown.time == 0.0 { interval } else { shown.ticks };
        let ticks: u64 = log.iter().map(ticks).sum();
        (bits * SECOND) as f64 / (ticks * self.rate) as f64
    }

    /// The mean of something over pictures.
    fn mean(&self, pictures: Range<usize>, of: impl Fn(&Shown) -> f64) -> f64 {
        let count = pictures.len() as f64;
        self.log[pictures].iter().map(of).sum::<f64>() / count
    }

    /// Mean PSNR of what the receiver has, pictures that were left out included, in dB.
    fn psnr(&self, pictures: Range<usize>) -> f64 {
        self.mean(pictures, |shown| shown.psnr)
    }

    /// The longest time without a new picture, in seconds, the end included.
    fn longest_gap(&self) -> f64 {
        let (mut last, mut gap) = (0.0, 0.0_f64);
        for shown in &self.log {
            gap = gap.max(shown.time - last);
            if shown.bits > 0 {
                last = shown.time;
            }
        }
        gap
    }

    fn drops(&self) -> usize {
        self.log.iter().filter(|shown| shown.dropped.is_some()).count()
    }

    /// The most pictures in a row that were left out.
    fn drop_run(&self) -> usize {
        let coded = self.log.split(|shown| shown.dropped.is_none());
        coded.map(<[Shown]>::len).max().unwrap_or(0)
    }

    /// One line of figures.
    fn figures(&self) -> String {
        let all = 0..self.log.len();
        let most = self.log.iter().map(|shown| shown.delay).fold(0.0, f64::max);
        format!(
            "{}: rate {:.3}, gap {:.0} ms, {} of {} dropped {:?}, delay {most:.1} ms, qindex {:.0}, \
             {:.2} dB",
            self.name,
            self.rate_of(all.clone()),
            1000.0 * self.longest_gap(),
            self.drops(),
            self.log.len(),
            self.log.iter().find_map(|shown| shown.dropped),
            self.mean(all.clone(), |shown| shown.qindex),
            self.psnr(all),
        )
    }

    /// Shows `pictures` evenly, at `frame_rate` a second.
    fn show_all<'a>(
        &mut self,
        pictures: impl IntoIterator<Item = &'a PictureBuffer>,
        frame_rate: u32,
    ) {
        for picture in pictures {
            self.show(picture, SECOND / u64::from(frame_rate));
        }
    }

    /// No long gap, and the rate within 5 % above and 3 % below, unless the content is all but lossless
    /// there: over 5 seconds the least that was seen is 0.982.
    fn check_rate_and_gaps(&self) {
        let figures = self.figures();
        let all = 0..self.log.len();
        assert!(self.longest_gap() <= GAP, "{figures}");
        let rate = self.rate_of(all.clone());
        assert!(rate <= 1.05, "{figures}");
        let fine = self.mean(all, |shown| shown.qindex) < FINE;
        assert!(rate >= 0.97 || fine, "{figures}");
    }
}

/// Content with a mean quantizer index below this cannot use more bits.
const FINE: f64 = 20.0;

/// `in_release`, or fewer where code is not optimized: the checks are the same.
const fn cases(in_release: usize, in_debug: usize) -> usize {
    if cfg!(debug_assertions) { in_debug } else { in_release }
}
