//! Encodes a clip into an IVF file or a low-overhead OBU stream.

mod common;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Parser;
use common::clip::{CLIP_HELP, Clip};
use common::metrics::{LeakyBucket, mean, psnr_y};
use common::{cli, ivf, y4m};
use rtav1::{
    Encoder, EncoderConfig, EngineKind, FrameOptions, PictureBuffer, RateMode, Rational, Speed,
    TemporalUnit,
};

/// Encode a clip to AV1.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    encode testdata/carphone.ivf out.ivf --bitrate 64 --stats out.csv\n  \
    encode clip.y4m out.obu --qindex 120 --recon recon.y4m\n  \
    encode synthetic:moving-texture:320x180:90 out.ivf --bitrate 100")]
struct Args {
    #[arg(value_name = "IN", help = format!("The clip: {CLIP_HELP}"))]
    input: String,

    /// The coded clip: .ivf, with timestamps that count frames so that a dropped frame leaves a
    /// gap, or .obu, a low-overhead OBU stream.
    #[arg(value_name = "OUT", verbatim_doc_comment)]
    output: PathBuf,

    #[arg(long, value_name = "NAME", value_parser = cli::engine, help = cli::engine_help())]
    engine: Option<EngineKind>,

    /// Target rate in kbit/s
    #[arg(long, value_name = "KBIT", default_value = "100", value_parser = cli::kilobits)]
    bitrate: u32,

    /// Code with a constant quantizer index (0 best to 255) instead of a rate
    #[arg(long, value_name = "0-255", conflicts_with = "bitrate")]
    qindex: Option<u8>,

    /// Effort: 0 slowest and smallest, 10 fastest
    #[arg(long, value_name = "N", default_value_t = Speed::default().level())]
    speed: u8,

    /// Threads the encoder may use
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,

    /// Encode the first N frames only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,

    /// The most frames from one key frame to the next; without it only the first is one
    #[arg(long, value_name = "N")]
    key_every: Option<u32>,

    /// Write the encoder's own reconstruction
    #[arg(long, value_name = "OUT.y4m")]
    recon: Option<PathBuf>,

    /// Write a CSV with a row a frame: number, key, bytes, qindex, target bit/s, link delay in ms
    /// (a leaky bucket that drains at the target rate), encode microseconds, PSNR-Y in dB
    #[arg(long, value_name = "OUT.csv")]
    stats: Option<PathBuf>,
}

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let mut clip = Clip::open(&args.input)?;
    let mut encoder = Encoder::new(config(args, &clip)?)?;
    let most = encoder.capabilities().max_threads;
    if args.threads > most {
        let name = encoder.engine_name();
        bail!("--threads {}: engine {name} makes use of {most} at most at this size", args.threads);
    }
    let mut sink = Sink::create(args, &clip)?;
    let frames = args.frames.or(clip.frames).map(|n| n.min(clip.frames.unwrap_or(n)));
    let bar = cli::progress("encoding", frames);

    for index in 0..args.frames.unwrap_or(u64::MAX) {
        let Some(picture) = clip.next_picture().context(args.input.clone())? else { break };
        let started = Instant::now();
        let outcome = encoder.encode(&picture.as_frame(index), FrameOptions::default())?;
        let elapsed = started.elapsed().as_micros();
        sink.took(index, picture);
        if let Some(dropped) = outcome.dropped {
            sink.dropped(dropped.timestamp, elapsed)?;
        }
        if let Some(unit) = outcome.unit {
            sink.coded(&unit, elapsed)?;
        }
        bar.inc(1);
    }
    loop {
        let started = Instant::now();
        let Some(unit) = encoder.flush()? else { break };
        sink.coded(&unit, started.elapsed().as_micros())?;
    }
    bar.finish_and_clear();
    println!("{}", sink.finish()?);
    Ok(())
}

fn config(args: &Args, clip: &Clip) -> anyhow::Result<EncoderConfig> {
    let Rational { num, den } = clip.frame_rate;
    let mut config = EncoderConfig::new(clip.width, clip.height, args.bitrate);
    config.frame_rate = clip.frame_rate;
    // A tick is a frame interval, as in the IVF file.
    config.timebase = Rational::new(den, num);
    config.color = clip.color;
    config.speed = Speed::new(args.speed)?;
    config.threads = args.threads;
    config.key_interval = args.key_every;
    config.reconstruction = args.recon.is_some() || args.stats.is_some();
    if let Some(qindex) = args.qindex {
        config.rate = RateMode::ConstantQindex(qindex);
    }
    if let Some(engine) = args.engine {
        config.engine = engine;
    }
    Ok(config)
}

/// Everything that is written, and the totals.
struct Sink {
    stream: Stream,
    recon: Option<y4m::Writer<BufWriter<File>>>,
    stats: Option<Stats>,
    frame_rate: f64,
    taken: u64,
    dropped: u64,
    keys: u64,
    bytes: u64,
    encode_us: u128,
}

impl Sink {
    fn create(args: &Args, clip: &Clip) -> anyhow::Result<Self> {
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
        let target = if args.qindex.is_none() { Some(args.bitrate) } else { None };
        let frame_rate = clip.frame_rate.as_f64();
        Ok(Self {
            stream: Stream::create(&args.output, clip)?,
            recon: args.recon.as_ref().map(recon).transpose()?,
            stats: match &args.stats {
                Some(path) => Some(Stats::create(path, target, frame_rate)?),
                None => None,
            },
            frame_rate,
            taken: 0,
            dropped: 0,
            keys: 0,
            bytes: 0,
            encode_us: 0,
        })
    }

    /// A frame went into the encoder.
    fn took(&mut self, timestamp: u64, picture: PictureBuffer) {
        self.taken += 1;
        if let Some(stats) = &mut self.stats {
            stats.sources.push_back((timestamp, picture));
        }
    }

    /// A frame was left out.
    fn dropped(&mut self, timestamp: u64, encode_us: u128) -> anyhow::Result<()> {
        self.dropped += 1;
        self.encode_us += encode_us;
        self.stats.as_mut().map_or(Ok(()), |stats| stats.dropped(timestamp, encode_us))
    }

    /// A frame came out.
    fn coded(&mut self, unit: &TemporalUnit, encode_us: u128) -> anyhow::Result<()> {
        self.keys += u64::from(unit.key_frame);
        self.bytes += unit.data.len() as u64;
        self.encode_us += encode_us;
        self.stream.write(unit)?;
        if let (Some(recon), Some(picture)) = (&mut self.recon, &unit.reconstruction) {
            recon.write(picture)?;
        }
        self.stats.as_mut().map_or(Ok(()), |stats| stats.coded(unit, encode_us))
    }

    /// Completes the files; gives a line of totals.
    fn finish(self) -> anyhow::Result<String> {
        let seconds = self.taken as f64 / self.frame_rate;
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

/// The coded clip.
enum Stream {
    Ivf(ivf::Writer<BufWriter<File>>),
    Obu(BufWriter<File>),
}

impl Stream {
    fn create(path: &Path, clip: &Clip) -> anyhow::Result<Self> {
        let stream = match path.extension().and_then(|extension| extension.to_str()) {
            Some("ivf") => create(path).and_then(|file| {
                Ok(Self::Ivf(ivf::Writer::new(file, clip.width, clip.height, clip.frame_rate)?))
            }),
            Some("obu") => create(path).map(Self::Obu),
            _ => bail!("{}: the name must end in .ivf or .obu", path.display()),
        };
        stream.with_context(|| path.display().to_string())
    }

    fn write(&mut self, unit: &TemporalUnit) -> std::io::Result<()> {
        match self {
            Self::Ivf(writer) => writer.write(unit.timestamp, &unit.data),
            Self::Obu(file) => file.write_all(&unit.data),
        }
    }

    fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Ivf(writer) => writer.finish().map(|_| ()),
            Self::Obu(mut file) => file.flush(),
        }
    }
}

/// The table of frames, in order of their numbers.
struct Stats {
    file: BufWriter<File>,
    /// Bit/s; `None` with a constant quantizer index.
    target: Option<u32>,
    frame_rate: f64,
    bucket: LeakyBucket,
    /// Frames inside the encoder.
    sources: VecDeque<(u64, PictureBuffer)>,
    psnr: Vec<f64>,
}

impl Stats {
    fn create(path: &Path, target: Option<u32>, frame_rate: f64) -> anyhow::Result<Self> {
        let mut file = create(path).with_context(|| path.display().to_string())?;
        writeln!(file, "number,key,bytes,qindex,target_bps,link_delay_ms,encode_us,psnr_y")?;
        let (bucket, sources, psnr) = Default::default();
        Ok(Self { file, target, frame_rate, bucket, sources, psnr })
    }

    fn dropped(&mut self, timestamp: u64, encode_us: u128) -> anyhow::Result<()> {
        self.sources.retain(|(number, _)| *number != timestamp);
        let link = self.link(timestamp, 0);
        Ok(writeln!(self.file, "{timestamp},0,0,,{link},{encode_us},")?)
    }

    fn coded(&mut self, unit: &TemporalUnit, encode_us: u128) -> anyhow::Result<()> {
        let number = unit.timestamp;
        let place = self.sources.iter().position(|(source, _)| *source == number);
        let source = place.and_then(|place| self.sources.remove(place));
        let psnr = source.zip(unit.reconstruction.as_ref());
        let psnr = psnr.map(|((_, source), coded)| psnr_y(&source, coded));
        self.psnr.extend(psnr);
        let psnr = psnr.map_or(String::new(), |psnr| format!("{psnr:.3}"));
        let (key, bytes) = (u8::from(unit.key_frame), unit.data.len());
        let link = self.link(number, bytes);
        Ok(writeln!(self.file, "{number},{key},{bytes},{},{link},{encode_us},{psnr}", unit.qindex)?)
    }

    /// The columns of the link: target rate and delay, both empty without a target.
    fn link(&mut self, number: u64, bytes: usize) -> String {
        let Some(target) = self.target else { return ",".into() };
        let delay = self.bucket.add(bytes, number as f64 / self.frame_rate, f64::from(target));
        format!("{target},{delay:.1}")
    }

    fn finish(mut self) -> anyhow::Result<String> {
        self.file.flush()?;
        Ok(mean(&self.psnr).map_or(String::new(), |psnr| format!(", PSNR-Y {psnr:.2} dB")))
    }
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path)?))
}
