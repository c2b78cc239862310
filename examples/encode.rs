//! Encodes a clip into an IVF file or a low-overhead OBU stream.

mod common;

use std::collections::VecDeque;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use common::clip::{CLIP_HELP, Clip};
use common::frame_table::FrameTable;
use common::output::{CodedFile, Format};
use common::schedule::{Row, SCHEDULE_HELP, Schedule, Thinning};
use common::{cli, y4m};
use rtav1::{
    DroppedFrame, EncodeOutcome, Encoder, EncoderConfig, EngineKind, FrameOptions, LayerShares,
    PictureBuffer, RateMode, Rates, Rational, ScalabilityMode, Speed, TemporalUnit, Tune,
    WireOverhead,
};

/// Encode a clip to AV1.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    encode testdata/carphone.ivf out.ivf --bitrate 64 --stats out.csv\n  \
    encode clip.y4m out.obu --qindex 120 --recon recon.y4m\n  \
    encode clip.y4m out.ivf --rate-schedule rates.csv --max-delay 150 --packet-overhead 40\n  \
    encode synthetic:moving-texture:320x180:90 out.ivf --bitrate 100")]
struct Args {
    #[arg(value_name = "IN", help = format!("The clip: {CLIP_HELP}"))]
    input: String,

    /// The coded clip: .ivf, with timestamps that count frames so that a dropped frame leaves a
    /// gap, or .obu, a low-overhead OBU stream, or - for standard output.
    #[arg(value_name = "OUT", verbatim_doc_comment)]
    output: PathBuf,

    /// Format of the coded clip [default: as the name ends; ivf on standard output]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    #[arg(long, value_name = "FPS", value_parser = cli::frame_rate, help = cli::FRAME_RATE_HELP)]
    fps: Option<Rational>,

    #[arg(long, value_name = "NAME", value_parser = cli::engine, help = cli::engine_help())]
    engine: Option<EngineKind>,

    /// Target rate in kbit/s
    #[arg(long, value_name = "KBIT", default_value = "100", value_parser = cli::kilobits)]
    bitrate: u32,

    #[arg(long, value_name = "FILE", conflicts_with = "qindex", help = format!(
        "Change rate and frame rate as the clip goes on: {SCHEDULE_HELP}. A row holds from the first \
         frame of its time or later; one of time 0 replaces --bitrate. A lower frame rate takes \
         frames out of the clip; timestamps still count them"
    ))]
    rate_schedule: Option<String>,

    #[arg(long, value_name = "MS", help = cli::max_delay_help())]
    max_delay: Option<u32>,

    /// The most bytes of a coded frame
    #[arg(long, value_name = "N")]
    max_frame_bytes: Option<u32>,

    /// Bytes that every packet carries beside the payload; rate and delay then include them
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    packet_overhead: u32,

    /// The most bytes of payload in a packet
    #[arg(long, value_name = "BYTES", default_value_t = WireOverhead::default().max_payload)]
    max_payload: u32,

    /// Leave frames out while the quantizer is coarse, so that the others are better
    #[arg(long)]
    adaptive_frame_rate: bool,

    /// Take the sensor's noise off pictures before they are coded
    #[arg(long)]
    denoise: bool,

    /// Code with a constant quantizer index (0 best to 255) instead of a rate
    #[arg(long, value_name = "0-255", conflicts_with = "bitrate")]
    qindex: Option<u8>,

    /// Effort: 0 slowest and smallest, 10 fastest, or by size and rate
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = cli::speed)]
    speed: Speed,

    /// What is optimised: default (VMAF, PSNR and SSIM alike), psnr or ssim
    #[arg(long, value_name = "MEASURE", default_value_t, value_parser = cli::tune)]
    tune: Tune,

    /// Threads the encoder may use
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,

    /// Tile columns, a power of two [default: one below a width of 1920, else as many as are 512 wide]
    #[arg(long, value_name = "N")]
    tile_columns: Option<u32>,

    /// Encode the first N frames only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// The most frames from one key frame to the next; without it only the first is one
    #[arg(long, value_name = "N")]
    key_every: Option<u32>,

    /// Frames of a sweep of rolling intra refresh, 2 to 1000; without it there are none
    #[arg(long, value_name = "N")]
    intra_refresh: Option<u32>,

    /// Temporal layers: L1T1, L1T2 or L1T3
    #[arg(long, value_name = "MODE", default_value_t)]
    layers: ScalabilityMode,

    /// What each layer gets of the rate, in percent, lowest first, such as 60,40; --max-delay then holds
    /// for the lower layers, too, on a link of their share [default: what looks best as a whole]
    #[arg(long, value_name = "PERCENT,...")]
    layer_shares: Option<LayerShares>,

    /// Write the encoder's own reconstruction
    #[arg(long, value_name = "OUT.y4m")]
    recon: Option<PathBuf>,

    /// Write a CSV with a row a frame: number, key, bytes, qindex, target bit/s, link delay in ms
    /// (a leaky bucket that drains at the target rate), encode microseconds, PSNR-Y in dB; what the
    /// encoder says of it: attempts, bits aimed at, the most bits, bits of headers, modes, motion
    /// and coefficients, delay in ms, mean, least and greatest quantizer index of its rows, share
    /// of the picture without coefficients, what decided the index; and why it was dropped, if it
    /// was
    #[arg(long, value_name = "OUT.csv")]
    stats: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let mut clip = Clip::open(&args.input)?;
    clip.frame_rate = args.fps.unwrap_or(clip.frame_rate);
    let mut config = config(args, &clip)?;
    let mut rates = RateSchedule::read(args.rate_schedule.as_deref(), &clip)?;
    rates.start(&mut config);
    let mut encoder = Encoder::new(config.clone())?;
    let most = encoder.capabilities().max_threads;
    if args.threads > most {
        let name = encoder.engine_name();
        bail!("--threads {}: engine {name} makes use of {most} at most at this size", args.threads);
    }
    let mut sink = Sink::create(args, &config, &clip)?;
    let frames = args.frames.or(clip.frames).map(|n| n.min(clip.frames.unwrap_or(n)));
    let bar = cli::progress("encoding", frames);
    let mut next_picture = || clip.next_picture().with_context(|| args.input.clone());
    // What was read before a fault is coded, and the files completed.
    let mut fault = None;

    for index in 0..args.frames.unwrap_or(u64::MAX) {
        let picture = match next_picture() {
            Ok(Some(picture)) => picture,
            end => {
                fault = end.err();
                break;
            }
        };
        bar.inc(1);
        sink.frames += 1;
        if let Some(rate) = rates.follow(index, &mut encoder)? {
            sink.set_target(rate);
        }
        if !rates.thinning.takes() {
            continue;
        }
        let started = Instant::now();
        let outcome = encoder.encode(&picture.as_frame(index), FrameOptions::default())?;
        let elapsed = started.elapsed().as_micros();
        sink.took(index, picture);
        match outcome {
            EncodeOutcome::Unit(unit) => sink.coded(&unit, elapsed)?,
            EncodeOutcome::Dropped(dropped) => sink.dropped(dropped, elapsed)?,
            EncodeOutcome::Pending => {}
        }
    }
    loop {
        let started = Instant::now();
        let Some(unit) = encoder.flush()? else { break };
        sink.coded(&unit, started.elapsed().as_micros())?;
    }
    bar.finish_and_clear();
    cli::say(&args.output, &sink.finish()?);
    match (fault, clip.lost_units()) {
        (Some(fault), _) => Err(fault),
        (None, 0) => Ok(()),
        (None, lost) => bail!("{}: {lost} units of the clip were lost", args.input),
    }
}

fn config(args: &Args, clip: &Clip) -> anyhow::Result<EncoderConfig> {
    let Rational { num, den } = clip.frame_rate;
    let mut config = EncoderConfig::new(clip.width, clip.height, args.bitrate);
    config.frame_rate = clip.frame_rate;
    // A tick is a frame interval, as in the IVF file.
    config.timebase = Rational::new(den, num);
    config.color = clip.color;
    config.speed = args.speed;
    config.tune = args.tune;
    config.threads = args.threads;
    config.tile_columns = args.tile_columns;
    config.key_interval = args.key_every;
    config.intra_refresh = args.intra_refresh;
    config.scalability_mode = args.layers;
    config.layer_shares = args.layer_shares;
    config.max_delay =
        args.max_delay.map_or(config.max_delay, |ms| Duration::from_millis(ms.into()));
    config.max_frame_bytes = args.max_frame_bytes;
    config.wire.packet_overhead = args.packet_overhead;
    config.wire.max_payload = args.max_payload;
    config.adaptive_frame_rate = args.adaptive_frame_rate;
    config.denoise = args.denoise;
    config.reconstruction = args.recon.is_some() || args.stats.is_some();
    if let Some(qindex) = args.qindex {
        config.rate = RateMode::ConstantQindex(qindex);
    }
    if let Some(engine) = args.engine {
        config.engine = engine;
    }
    Ok(config)
}

/// The rates that are still to come.
struct RateSchedule {
    path: String,
    rows: VecDeque<Row>,
    clip_rate: Rational,
    thinning: Thinning,
}

impl RateSchedule {
    /// Reads the schedule, if there is one.
    fn read(path: Option<&str>, clip: &Clip) -> anyhow::Result<Self> {
        let rows = match path {
            // What an encoder takes.
            Some(path) => Schedule::read(path, 1e3..=1e8)?.rows().to_vec().into(),
            None => VecDeque::new(),
        };
        let path = path.unwrap_or_default().to_owned();
        Ok(Self { path, rows, clip_rate: clip.frame_rate, thinning: Thinning::none() })
    }

    /// Puts what holds from the start into `config`.
    fn start(&mut self, config: &mut EncoderConfig) {
        if let Some(row) = self.due(0.0) {
            config.rate = RateMode::Bitrate(bits(&row));
            config.frame_rate = self.frame_rate(&row).unwrap_or(config.frame_rate);
        }
    }

    /// Tells the encoder what changes with frame `index` of the clip; gives the new rate in bit/s.
    fn follow(&mut self, index: u64, encoder: &mut Encoder) -> anyhow::Result<Option<u32>> {
        let Rational { num, den } = self.clip_rate;
        let time = index as f64 * f64::from(den) / f64::from(num);
        let mut rate = None;
        while let Some(row) = self.due(time) {
            let frame_rate = self.frame_rate(&row).unwrap_or(encoder.config().frame_rate);
            let place = || format!("{}: line {}", self.path, row.line);
            encoder.set_rates(Rates::new(bits(&row), frame_rate)).with_context(place)?;
            rate = Some(bits(&row));
        }
        Ok(rate)
    }

    fn due(&mut self, time: f64) -> Option<Row> {
        let due = self.rows.front().is_some_and(|row| row.time <= time);
        if due { self.rows.pop_front() } else { None }
    }

    /// The frame rate of a row, never above the clip's.
    fn frame_rate(&mut self, row: &Row) -> Option<Rational> {
        let (fps, clip_fps) = (row.fps?, self.clip_rate.as_f64());
        self.thinning.set(fps, clip_fps);
        let thousandths = Rational::new((fps * 1000.0).round() as u32, 1000);
        Some(if fps < clip_fps { thousandths } else { self.clip_rate })
    }
}

fn bits(row: &Row) -> u32 {
    row.rate.round() as u32
}

/// Everything that is written, and the totals.
struct Sink {
    stream: CodedFile,
    recon: Option<y4m::Writer<BufWriter<File>>>,
    stats: Option<FrameTable>,
    frame_rate: f64,
    /// Frames of the clip.
    frames: u64,
    /// Frames that went into the encoder.
    taken: u64,
    dropped: u64,
    keys: u64,
    bytes: u64,
    encode_us: u128,
}

impl Sink {
    fn create(args: &Args, config: &EncoderConfig, clip: &Clip) -> anyhow::Result<Self> {
        let recon = |path: &PathBuf| {
            let header = y4m::Header {
                width: clip.width,
                height: clip.height,
                frame_rate: clip.frame_rate,
                full_range: clip.color.full_range,
            };
            let writer = create(path).and_then(|file| Ok(y4m::Writer::new(file, header)?));
            writer.with_context(|| path.display().to_string())
        };
        let frame_rate = clip.frame_rate.as_f64();
        Ok(Self {
            stream: CodedFile::create(&args.output, args.format, clip)?,
            recon: args.recon.as_ref().map(recon).transpose()?,
            stats: match &args.stats {
                Some(path) => Some(FrameTable::create(path, config, frame_rate)?),
                None => None,
            },
            frame_rate,
            frames: 0,
            taken: 0,
            dropped: 0,
            keys: 0,
            bytes: 0,
            encode_us: 0,
        })
    }

    /// The target rate is `rate` bit/s from now on.
    fn set_target(&mut self, rate: u32) {
        if let Some(stats) = &mut self.stats {
            stats.set_target(rate);
        }
    }

    /// A frame went into the encoder.
    fn took(&mut self, timestamp: u64, picture: PictureBuffer) {
        self.taken += 1;
        if let Some(stats) = &mut self.stats {
            stats.took(timestamp, picture);
        }
    }

    /// A frame was left out.
    fn dropped(&mut self, frame: DroppedFrame, encode_us: u128) -> anyhow::Result<()> {
        self.dropped += 1;
        self.encode_us += encode_us;
        self.stats.as_mut().map_or(Ok(()), |stats| stats.dropped(frame, encode_us))
    }

    /// A frame came out.
    fn coded(&mut self, unit: &TemporalUnit, encode_us: u128) -> anyhow::Result<()> {
        self.keys += u64::from(unit.key_frame);
        self.bytes += unit.data.len() as u64;
        self.encode_us += encode_us;
        self.stream.write(unit.timestamp, &unit.data)?;
        let mut pictures = unit.frames.iter().filter_map(|frame| frame.reconstruction.as_ref());
        if let (Some(recon), Some(picture)) = (&mut self.recon, pictures.next_back()) {
            recon.write(picture)?;
        }
        self.stats.as_mut().map_or(Ok(()), |stats| stats.coded(unit, encode_us))
    }

    /// Completes the files; gives a line of totals.
    fn finish(self) -> anyhow::Result<String> {
        let seconds = self.frames as f64 / self.frame_rate;
        let rate = self.bytes as f64 * 8.0 / seconds.max(f64::MIN_POSITIVE) / 1000.0;
        let fps = self.taken as f64 / (self.encode_us.max(1) as f64 / 1e6);
        self.stream.finish()?;
        if let Some(recon) = self.recon {
            recon.finish()?;
        }
        let quality = match self.stats {
            Some(stats) => stats.finish()?,
            None => String::new(),
        };
        Ok(format!(
            "{} frames, {} key, {} dropped: {} bytes, {rate:.1} kbit/s{quality}; \
             encoded at {fps:.1} fps",
            self.taken, self.keys, self.dropped, self.bytes
        ))
    }
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path)?))
}
