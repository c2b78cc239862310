//! A video call on a virtual clock: encoder, packetizer, a thin and lossy link, depacketizer and
//! decoder, and a report of what the viewer got.

#[path = "../common/mod.rs"]
mod common;
mod network;
mod plots;
mod receiver;
mod record;
mod report;
mod sender;
mod source;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::Parser;
use common::cli;
use common::clip::{CLIP_HELP, Clip};
use common::rtp::HEADER_LENGTH;
use network::{Path, PathConfig, WIRE_OVERHEAD};
use receiver::Receiver;
use record::{Record, Settings};
use rtav1::{EncoderConfig, EngineKind, Speed};
use sender::Sender;
use source::Source;

const DEFAULT_CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/carphone.ivf");

/// Let a clip go through a call over a thin link, on a virtual clock, and report what the receiver
/// saw.
///
/// The sender encodes each frame as it is captured and sends it at once. The link has a bottleneck
/// with a queue, then delay, jitter and loss. A receiver that lost a packet shows nothing before
/// the next key frame, which it asks for; its requests take the delay of the link and are not
/// lost. Encoding and decoding take no time on the virtual clock, so the outcome is the same on
/// every machine.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    call\n  \
    call --capacity 60 --delay 200 --loss 5 --report poor\n  \
    call --clip synthetic:text:320x180 --bitrate 150 --capacity 200")]
struct Args {
    #[arg(
        long,
        value_name = "IN.y4m",
        default_value = DEFAULT_CLIP,
        hide_default_value = true,
        help = format!("The clip: {CLIP_HELP} [default: the one in testdata/]")
    )]
    clip: String,

    /// Target rate of the encoder in kbit/s [default: 90 % of what the capacity leaves beside the
    /// headers of a packet a frame]
    #[arg(long, value_name = "KBIT", value_parser = cli::kilobits)]
    bitrate: Option<u32>,

    /// Capacity of the link in kbit/s, headers included
    #[arg(long, value_name = "KBIT", default_value = "100", value_parser = cli::kilobits)]
    capacity: u32,

    /// Packets lost on the way, in percent
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = cli::percent)]
    loss: f64,

    /// Time from the bottleneck to the receiver in ms
    #[arg(long, value_name = "MS", default_value = "100", value_parser = cli::milliseconds)]
    delay: f64,

    /// The delay varies by up to this much either way, in ms; packets keep their order
    #[arg(long, value_name = "MS", default_value = "0", value_parser = cli::milliseconds)]
    jitter: f64,

    /// The longest a packet may wait in the bottleneck's queue, in ms; what would wait longer is
    /// dropped
    #[arg(long, value_name = "MS", default_value = "1000", value_parser = cli::milliseconds)]
    queue: f64,

    /// Length of the call in seconds; a shorter clip goes back and forth
    #[arg(long, value_name = "SECONDS", default_value = "12", value_parser = cli::seconds)]
    seconds: f64,

    #[arg(long, value_name = "NAME", value_parser = cli::engine, help = cli::engine_help())]
    engine: Option<EngineKind>,

    /// Effort of the encoder: 0 slowest and smallest, 10 fastest
    #[arg(long, value_name = "N", default_value_t = Speed::default().level())]
    speed: u8,

    /// Start of the link's random numbers
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,

    /// Directory for report.html
    #[arg(long, value_name = "DIR", default_value = "target/call-report")]
    report: PathBuf,
}

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let clip = Clip::open(&args.clip)?;
    let bitrate = match args.bitrate {
        Some(bitrate) => bitrate,
        None => fitting_bitrate(args.capacity, clip.frame_rate.as_f64())?,
    };
    let mut config = EncoderConfig::new(clip.width, clip.height, bitrate);
    config.frame_rate = clip.frame_rate;
    config.color = clip.color;
    config.speed = Speed::new(args.speed)?;
    if let Some(engine) = args.engine {
        config.engine = engine;
    }
    let settings = Settings {
        clip: PathBuf::from(&args.clip)
            .file_name()
            .map_or_else(|| args.clip.clone(), |name| name.to_string_lossy().into_owned()),
        engine: config.engine.name(),
        width: clip.width,
        height: clip.height,
        fps: clip.frame_rate.as_f64(),
        bitrate: f64::from(bitrate),
        capacity: f64::from(args.capacity),
        loss: args.loss,
        delay_ms: args.delay,
        jitter_ms: args.jitter,
        queue_ms: args.queue,
    };
    let frames = (args.seconds * settings.fps).round().max(1.0) as usize;
    let source = Source::load(clip, frames).with_context(|| args.clip.clone())?;
    let sender = Sender::new(config)?;
    if !sender.takes_key_requests() {
        eprintln!("note: engine {} gives no key frame on request", settings.engine);
    }
    let path = PathConfig {
        capacity: settings.capacity,
        queue: args.queue / 1000.0,
        loss: args.loss / 100.0,
        delay: Duration::from_secs_f64(args.delay / 1000.0),
        jitter: Duration::from_secs_f64(args.jitter / 1000.0),
        seed: args.seed,
    };
    let record = call(settings, sender, path, &source, frames)?;
    print(&record);
    write_report(&args.report, &record)
}

/// 90 % of what `capacity` bit/s leave beside the headers of a packet a frame.
fn fitting_bitrate(capacity: u32, fps: f64) -> anyhow::Result<u32> {
    let headers = (WIRE_OVERHEAD + HEADER_LENGTH) as f64 * 8.0 * fps;
    let left = 0.9 * (f64::from(capacity) - headers);
    if left < 1000.0 {
        bail!("headers take {headers:.0} bit/s of {capacity}: nothing is left for video");
    }
    Ok(left as u32)
}

/// The call itself: time goes from frame to frame, and packets and requests come in between.
fn call(
    settings: Settings,
    mut sender: Sender,
    config: PathConfig,
    source: &Source,
    frames: usize,
) -> anyhow::Result<Record> {
    let mut record = Record::new(settings, frames);
    let mut path = Path::new(config);
    let stills = vec![frames / 5, frames / 2, frames * 4 / 5];
    let mut receiver = Receiver::new(config.delay, stills)?;
    let mut requests: VecDeque<Duration> = VecDeque::new();
    let bar = cli::progress("calling", Some(frames as u64));

    for index in 0..frames {
        let now = Duration::from_secs_f64(index as f64 / record.settings.fps);
        while let Some((arrival, packet)) = path.receive(now) {
            let asks = receiver.packet(arrival, &packet, source, &mut record)?;
            if asks && sender.takes_key_requests() {
                record.key_requests.push(arrival.as_secs_f64());
                requests.push_back(arrival + config.delay);
            }
        }
        while requests.front().is_some_and(|&arrival| arrival <= now) {
            requests.pop_front();
            sender.key_requested()?;
        }
        sender.capture(now, index, source.picture(index), &mut path, &mut record)?;
        bar.inc(1);
    }
    let mut end = Duration::from_secs_f64(record.duration);
    sender.finish(end, &mut path, &mut record)?;
    while let Some((arrival, packet)) = path.receive(Duration::MAX) {
        receiver.packet(arrival, &packet, source, &mut record)?;
        end = end.max(arrival);
    }
    receiver.finish(end, source, &mut record);
    bar.finish_and_clear();
    Ok(record)
}

fn print(record: &Record) {
    println!("{}\n", report::describe(&record.settings, record.duration));
    for (what, value, remark) in record.table() {
        println!("{}", format!("{what:<24} {value:<20} {remark}").trim_end());
    }
}

fn write_report(directory: &std::path::Path, record: &Record) -> anyhow::Result<()> {
    let file = directory.join("report.html");
    let page = report::html(record).map_err(|error| anyhow!("the report: {error}"))?;
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&file, page))
        .with_context(|| file.display().to_string())?;
    println!("\nreport: {}", file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bitrate_leaves_room_for_headers() {
        // 30 packets a second of 50 bytes of headers are 12 kbit/s.
        assert_eq!(fitting_bitrate(100_000, 30.0).unwrap(), 79_200);
        assert!(fitting_bitrate(13_000, 30.0).is_err());
    }

    /// A call of `frames` frames at 100 kbit/s over a link with 50 ms of delay.
    fn try_call(loss: f64, capacity: f64, frames: usize) -> Record {
        let clip = Clip::open("synthetic:moving-texture:64x48:12").unwrap();
        let mut config = EncoderConfig::new(64, 48, 100_000);
        config.frame_rate = clip.frame_rate;
        let settings = Settings {
            clip: String::new(),
            engine: config.engine.name(),
            width: 64,
            height: 48,
            fps: clip.frame_rate.as_f64(),
            bitrate: 100_000.0,
            capacity,
            loss: 100.0 * loss,
            delay_ms: 50.0,
            jitter_ms: 0.0,
            queue_ms: 1000.0,
        };
        let delay = Duration::from_millis(50);
        let path =
            PathConfig { capacity, queue: 1.0, loss, delay, jitter: Duration::ZERO, seed: 1 };
        let source = Source::load(clip, 12).unwrap();
        call(settings, Sender::new(config).unwrap(), path, &source, frames).unwrap()
    }

    #[test]
    fn a_call_over_a_calm_link_shows_every_frame() {
        let record = try_call(0.0, 200_000.0, 20);
        assert!(record.frames.iter().all(|frame| frame.shown > Some(frame.captured + 0.05)));
        assert!(record.frames.iter().all(|frame| frame.psnr > Some(20.0)));
        assert_eq!((record.freezes.len(), record.key_requests.len()), (0, 0));
        assert!(report::html(&record).unwrap().contains("</html>"));
    }

    #[test]
    fn the_frame_after_a_request_is_a_key_frame() {
        let record = try_call(0.1, 200_000.0, 150);
        assert!(record.key_requests.len() > 3, "{:?}", record.key_requests);
        let coded = || record.frames.iter().filter(|frame| !frame.dropped);
        let mut due: Vec<f64> = (record.key_requests.iter())
            .filter_map(|asked| coded().map(|f| f.captured).find(|&at| at >= asked + 0.05))
            .collect();
        due.dedup();
        let keys: Vec<f64> = coded().filter(|f| f.key).skip(1).map(|f| f.captured).collect();
        assert_eq!(keys, due);
    }
}
