//! A video call on a virtual clock: encoder, packetizer, a thin and lossy link, depacketizer and
//! decoder, and a report of what the viewer got.

mod capacity;
#[path = "../common/mod.rs"]
mod common;
mod exchange;
mod losses;
mod network;
mod plots;
mod receiver;
mod record;
mod report;
mod sender;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use capacity::{CAPACITY_HELP, Capacity};
use clap::Parser;
use common::cli;
use common::clip::{CLIP_HELP, Clip};
use common::rtp::{DESCRIPTOR_LENGTH, HEADER_LENGTH};
use exchange::call;
use network::{PathConfig, WIRE_OVERHEAD};
use record::{Record, Settings};
use rtav1::{AcknowledgedPrediction, EncoderConfig, EngineKind, ScalabilityMode, Speed};
use sender::Sender;
use source::Source;

/// The least target rate, in bit/s.
const LEAST_BITRATE: u32 = 1000;

const DEFAULT_CLIP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/carphone.ivf");

/// Let a clip go through a call over a thin link, on a virtual clock, and report what the receiver
/// saw.
///
/// The sender encodes each frame as it is captured and sends it at once. The link has a bottleneck
/// with a queue, then delay, jitter and loss. The receiver reports which frames it can decode, or
/// asks for key frames, over a link of the same kind: reports take as long and get lost as often. Encoding and decoding take no time on the virtual clock, so the outcome is the same on
/// every machine.
///
/// There is no estimation of the capacity: where it varies, the encoder is told of each change when
/// the way there and back has passed.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    call\n  \
    call --capacity 60 --delay 200 --loss 5 --report poor\n  \
    call --clip synthetic:text:320x180 --bitrate 150 --capacity 200\n  \
    call --capacity steps --max-delay 150\n  \
    call --capacity rfc8867-5.1/10 --delay 50 --queue 300 --loss 0")]
struct Args {
    #[arg(
        long,
        value_name = "IN.y4m",
        default_value = DEFAULT_CLIP,
        hide_default_value = true,
        help = format!("The clip: {CLIP_HELP} [default: the one in testdata/]")
    )]
    clip: String,

    /// Target rate of the encoder in kbit/s, whatever the capacity [default: 90 % of what the
    /// capacity leaves beside the headers of a packet a frame; at least 1 kbit/s where it varies]
    #[arg(long, value_name = "KBIT", value_parser = cli::kilobits)]
    bitrate: Option<u32>,

    #[arg(long, value_name = "CAPACITY", default_value = "100", help = format!(
        "Capacity of the link, headers included: {CAPACITY_HELP}. `rfc8867-5.1/N` and \
         `trace/N:FILE` are an Nth of it"
    ))]
    capacity: String,

    #[arg(long, value_name = "MS", help = cli::max_delay_help())]
    max_delay: Option<u32>,

    /// Packets lost on the way, in percent
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = cli::percent)]
    loss: f64,

    /// Mean packets lost in a row: above 1 by the model of Gilbert and Elliott
    #[arg(long, value_name = "PACKETS", default_value_t = 1.0)]
    burst: f64,

    /// Temporal layers: L1T1, L1T2 or L1T3 [default: L1T2, of engines without layers L1T1]
    #[arg(long, value_name = "MODE")]
    layers: Option<ScalabilityMode>,

    /// Leave frames of this temporal layer and those above out on the way, as a server does
    #[arg(long, value_name = "LAYER", value_parser = clap::value_parser!(u8).range(1..))]
    drop_layer: Option<u8>,

    /// What the base layer is predicted from: `auto`, `acknowledged` frames only, `chains`, two of them,
    /// or the `newest` frame
    #[arg(long, value_name = "HOW", default_value = "auto", value_parser = prediction)]
    prediction: AcknowledgedPrediction,

    /// Tell the sender nothing of what arrives: the receiver can only ask for key frames (and, with
    /// --nack, for packets)
    #[arg(long)]
    no_feedback: bool,

    /// Lost packets are asked for again, and come once more over the same link: what follows waits for a
    /// round trip and 100 ms at most
    #[arg(long)]
    nack: bool,

    /// Frames of a sweep of rolling intra refresh, 2 to 1000, for links without feedback: pictures that miss
    /// a reference are decoded all the same, and no key frame is asked for
    #[arg(long, value_name = "N", requires = "no_feedback")]
    intra_refresh: Option<u32>,

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

    /// Length of the call in seconds; a shorter clip goes back and forth [default: 12; 25 for
    /// steps, 100 for rfc8867-5.1, up to 60 for a trace, 5 more than the last row of a file]
    #[arg(long, value_name = "SECONDS", value_parser = cli::seconds)]
    seconds: Option<f64>,

    #[arg(long, value_name = "NAME", value_parser = cli::engine, help = cli::engine_help())]
    engine: Option<EngineKind>,

    /// Effort of the encoder: 0 slowest and smallest, 10 fastest, or by size and rate
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = cli::speed)]
    speed: Speed,

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
    let fps = clip.frame_rate.as_f64();
    let capacity = Capacity::open(&args.capacity)?;
    let frames = (args.seconds.unwrap_or(capacity.seconds()) * fps).round().max(1.0) as usize;
    let capacities = capacity.changes(frames as f64 / fps);
    let mut targets = targets(args, &capacities, fps)?;
    targets.retain(|&(told, _)| told < frames as f64 / fps);
    let mut config = EncoderConfig::new(clip.width, clip.height, targets[0].1);
    config.frame_rate = clip.frame_rate;
    config.color = clip.color;
    config.speed = args.speed;
    config.max_delay =
        args.max_delay.map_or(config.max_delay, |ms| Duration::from_millis(ms.into()));
    if let Some(engine) = args.engine {
        config.engine = engine;
    }
    let max_delay_ms = 1000.0 * config.max_delay.as_secs_f64();
    let mut settings = Settings {
        clip: PathBuf::from(&args.clip)
            .file_name()
            .map_or_else(|| args.clip.clone(), |name| name.to_string_lossy().into_owned()),
        engine: config.engine.name(),
        width: clip.width,
        height: clip.height,
        fps,
        targets,
        capacities,
        max_delay_ms,
        loss: args.loss,
        delay_ms: args.delay,
        jitter_ms: args.jitter,
        queue_ms: args.queue,
    };
    let source = Source::load(clip, frames).with_context(|| args.clip.clone())?;
    let mode = match config.engine {
        EngineKind::Native => ScalabilityMode::L1T2,
        _ => ScalabilityMode::L1T1,
    };
    config.scalability_mode = args.layers.unwrap_or(mode);
    config.acknowledged_prediction = args.prediction;
    config.intra_refresh = args.intra_refresh;
    let layers = args.drop_layer.unwrap_or(u8::MAX);
    let sender = Sender::new(config, !args.no_feedback, layers)?;
    if !sender.takes_key_requests() {
        eprintln!("note: engine {} gives no key frame on request", settings.engine);
    }
    if !sender.takes_rates() && settings.targets.len() > 1 {
        eprintln!("note: engine {} keeps its first target rate", settings.engine);
        settings.targets.truncate(1);
    }
    let path = PathConfig {
        capacity,
        queue: args.queue / 1000.0,
        loss: args.loss / 100.0,
        burst: args.burst.max(1.0),
        delay: Duration::from_secs_f64(args.delay / 1000.0),
        jitter: Duration::from_secs_f64(args.jitter / 1000.0),
        seed: args.seed,
    };
    let record = call(settings, sender, path, args.nack, &source, frames)?;
    print(&record);
    write_report(&args.report, &record)
}

/// Parses what the base layer is predicted from, for `clap`.
fn prediction(text: &str) -> Result<AcknowledgedPrediction, String> {
    match text {
        "auto" => Ok(AcknowledgedPrediction::Auto),
        "acknowledged" => Ok(AcknowledgedPrediction::Always),
        "chains" => Ok(AcknowledgedPrediction::TwoChains),
        "newest" => Ok(AcknowledgedPrediction::Never),
        _ => Err("none of auto, acknowledged, chains and newest".to_owned()),
    }
}

/// The encoder's targets on a link of these capacities: seconds from which on, and bit/s. It is told
/// of a change when the way there and back has passed.
fn targets(args: &Args, capacities: &[(f64, f64)], fps: f64) -> anyhow::Result<Vec<(f64, u32)>> {
    if let Some(bitrate) = args.bitrate {
        return Ok(vec![(0.0, bitrate)]);
    }
    let described = !args.no_feedback;
    if let &[(_, capacity)] = capacities {
        return Ok(vec![(0.0, fitting_bitrate(capacity, fps, described)?)]);
    }
    let round_trip = 2.0 * args.delay / 1000.0;
    let target = |&(time, capacity): &(f64, f64)| {
        let told = if time > 0.0 { time + round_trip } else { 0.0 };
        (told, fitting_bitrate(capacity, fps, described).unwrap_or(LEAST_BITRATE))
    };
    Ok(capacities.iter().map(target).collect())
}

/// 90 % of what `capacity` bit/s leave beside the headers of a packet a frame, with or without
/// descriptors in them.
fn fitting_bitrate(capacity: f64, fps: f64, described: bool) -> anyhow::Result<u32> {
    let descriptor = if described { DESCRIPTOR_LENGTH } else { 0 };
    let headers = (WIRE_OVERHEAD + HEADER_LENGTH + descriptor) as f64 * 8.0 * fps;
    let left = 0.9 * (capacity - headers);
    if left < f64::from(LEAST_BITRATE) {
        bail!("headers take {headers:.0} bit/s of {capacity}: nothing is left for video");
    }
    // What an encoder takes.
    Ok(left.min(1e8) as u32)
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
        // 30 packets a second of 50 bytes of headers are 12 kbit/s, of 58 bytes 13.92.
        assert_eq!(fitting_bitrate(100_000.0, 30.0, false).unwrap(), 79_200);
        assert_eq!(fitting_bitrate(100_000.0, 30.0, true).unwrap(), 77_472);
        assert!(fitting_bitrate(13_000.0, 30.0, false).is_err());
        assert!(fitting_bitrate(14_000.0, 30.0, false).is_ok());
        assert!(fitting_bitrate(14_000.0, 30.0, true).is_err());
    }

    #[test]
    fn the_encoder_is_told_of_changes_a_round_trip_later() {
        let of = |options: &str, capacities: &[(f64, f64)]| {
            let args = Args::try_parse_from(options.split(' ')).unwrap();
            targets(&args, capacities, 30.0)
        };
        let changes = [(0.0, 100e3), (2.0, 212e3), (3.0, 0.0)];
        let expected = [(0.0, 79_200), (2.3, 180_000), (3.3, 1000)];
        assert_eq!(of("call --delay 150 --no-feedback", &changes).unwrap(), expected);
        assert_eq!(of("call --delay 150", &changes).unwrap()[0], (0.0, 77_472));
        assert_eq!(of("call --bitrate 33.333", &changes).unwrap(), [(0.0, 33_333)]);
        assert!(of("call", &changes[2..]).is_err());
    }

    /// A call of `frames` frames at 100 kbit/s over a link with 50 ms of delay.
    fn try_call(loss: f64, capacity: f64, frames: usize) -> Record {
        let targets = vec![(0.0, 100_000)];
        try_call_over((loss, true, false), Capacity::constant(capacity), targets, frames)
    }

    /// The same with target rates, and with feedback and retransmissions or not.
    fn try_call_over(
        (loss, feedback, nack): (f64, bool, bool),
        capacity: Capacity,
        targets: Vec<(f64, u32)>,
        frames: usize,
    ) -> Record {
        let clip = Clip::open("synthetic:moving-texture:64x48:12").unwrap();
        let mut config = EncoderConfig::new(64, 48, 100_000);
        config.frame_rate = clip.frame_rate;
        let settings = Settings {
            width: 64,
            height: 48,
            fps: clip.frame_rate.as_f64(),
            capacities: capacity.changes(frames as f64 / clip.frame_rate.as_f64()),
            targets,
            max_delay_ms: 200.0,
            loss: 100.0 * loss,
            delay_ms: 50.0,
            ..Settings::default()
        };
        let delay = Duration::from_millis(50);
        let jitter = Duration::ZERO;
        let path = PathConfig { capacity, queue: 1.0, loss, burst: 1.0, delay, jitter, seed: 1 };
        let source = Source::load(clip, 12).unwrap();
        let sender = Sender::new(config, feedback, u8::MAX).unwrap();
        call(settings, sender, path, nack, &source, frames).unwrap()
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
    fn a_call_follows_its_targets_within_the_bound() {
        let targets = vec![(0.0, 100_000), (1.0, 10_000), (2.0, 200_000)];
        let record = try_call_over((0.0, true, false), Capacity::constant(1e6), targets, 90);
        let rate = |start: usize| {
            let bytes: usize = record.frames[start + 15..start + 30].iter().map(|f| f.bytes).sum();
            bytes as f64 * 8.0 * 2.0
        };
        assert!(rate(30) < 12_000.0 && rate(60) > 5.0 * rate(30), "{} {}", rate(30), rate(60));
        let delays = record.frames.iter().filter_map(|frame| frame.target_delay_ms);
        assert!(delays.clone().count() > 50);
        assert!(delays.clone().all(|ms| ms < 200.01), "{:?}", delays.collect::<Vec<_>>());
        assert!(report::html(&record).unwrap().contains("Queue after each frame"));
    }

    #[test]
    fn without_feedback_losses_are_answered_by_key_frames() {
        let targets = vec![(0.0, 100_000)];
        let losses = (0.1, false, false);
        let record = try_call_over(losses, Capacity::constant(200_000.0), targets, 150);
        assert!(record.key_requests.len() > 3, "{:?}", record.key_requests);
        let asked = |key: f64| record.key_requests.iter().any(|asked| asked + 0.05 <= key);
        let keys: Vec<f64> =
            record.frames.iter().filter(|f| f.key).skip(1).map(|f| f.captured).collect();
        assert!(keys.len() > 2 && keys.iter().all(|&key| asked(key)), "{keys:?}");
        assert!(record.frames.iter().all(|frame| !frame.recovery));
    }

    #[test]
    fn with_feedback_losses_cost_no_key_frames_and_hardly_a_freeze() {
        let record = try_call(0.1, 200_000.0, 300);
        let keys = record.frames.iter().filter(|frame| frame.key).count();
        assert_eq!(keys, 1, "{:?}", record.key_requests);
        let frozen: f64 = record.freezes.iter().map(|freeze| freeze.end - freeze.start).sum();
        assert!(frozen < 0.1 * record.end, "{frozen} s of {}", record.end);
    }

    /// Packets that are sent again share the link: most losses are repaired by them, at the price of
    /// waiting.
    #[test]
    fn lost_packets_are_sent_again() {
        let call = |feedback, nack| {
            let targets = vec![(0.0, 100_000)];
            try_call_over((0.05, feedback, nack), Capacity::constant(300_000.0), targets, 200)
        };
        let missing = |record: &Record| {
            record.frames.iter().filter(|frame| frame.was_sent() && frame.shown.is_none()).count()
        };
        for feedback in [true, false] {
            let record = call(feedback, true);
            let again = record.packets.iter().filter(|packet| packet.again).count();
            let lost = record.packets.iter().filter(|p| p.fate == network::Fate::Lost).count();
            assert!(lost > 5 && (lost - lost / 2..=lost).contains(&again), "{again} of {lost}");
            let without = call(feedback, false);
            let counts = (missing(&record), missing(&without));
            assert!(counts.0 < counts.1, "{counts:?}");
            let waited = |record: &Record| {
                record.delays().iter().filter(|(_, delay)| *delay > 150.0).count()
            };
            assert!(waited(&record) > 5 && waited(&without) == 0, "{}", waited(&record));
            let row =
                |record: &Record| record.table().iter().any(|row| row.0 == "packets sent again");
            assert!(row(&record) && !row(&without));
        }
    }
}
