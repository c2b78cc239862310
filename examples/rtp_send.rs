//! Sends a clip over RTP and UDP in real time, for FFmpeg, GStreamer and `rtp_receive`.

mod common;

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Parser;
use common::cli;
use common::clip::{CLIP_HELP, Clip};
use common::coded::CodedClip;
use common::rtp::{CLOCK_RATE, DESCRIPTOR_ID, PAYLOAD_TYPE, Packet};
use indicatif::ProgressBar;
use rtav1::rtp::dependency_descriptor::{DependencyStructure, EXTENSION_URI, FrameDescriber};
use rtav1::rtp::sdp::FmtpParameters;
use rtav1::rtp::{PacketLimits, Packetizer, Payload};
use rtav1::{
    Encoder, EncoderConfig, EngineKind, FrameOptions, Rational, ScalabilityMode, Speed,
    StreamInspector, TemporalUnit,
};

/// Send a clip over RTP in real time.
///
/// The session is described in the SDP file, which is complete before the first packet is sent.
/// Of RTCP only the goodbye at the end is sent, to the port above, so that a receiver ends too.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    rtp_send clip.y4m --to 127.0.0.1:5004 --sdp session.sdp --wait 3\n  \
    ffmpeg -protocol_whitelist file,udp,rtp -i session.sdp received.mp4")]
struct Args {
    #[arg(
        value_name = "IN",
        help = format!("The clip: {CLIP_HELP}; with --copy, .ivf and .obu are sent as they are")
    )]
    input: String,

    /// Where to send to
    #[arg(long, value_name = "IP:PORT")]
    to: SocketAddr,

    /// Write the session description
    #[arg(long, value_name = "OUT.sdp")]
    sdp: PathBuf,

    /// Target rate in kbit/s
    #[arg(long, value_name = "KBIT", default_value = "100", value_parser = cli::kilobits)]
    bitrate: u32,

    #[arg(long, value_name = "NAME", value_parser = cli::engine, help = cli::engine_help())]
    engine: Option<EngineKind>,

    /// Effort of the encoder: 0 slowest and smallest, 10 fastest, or by size and rate
    #[arg(long, value_name = "N|auto", default_value = "10", value_parser = cli::speed)]
    speed: Speed,

    /// Temporal layers, L1T1, L1T2 or L1T3, with a dependency descriptor in every packet, which receivers
    /// that do not know it pass over
    #[arg(long, value_name = "MODE")]
    layers: Option<ScalabilityMode>,

    /// The most frames from one key frame to the next; without it only the first is one
    #[arg(long, value_name = "N")]
    key_every: Option<u32>,

    /// Send the units of an .ivf or .obu file as they are
    #[arg(long, conflicts_with_all = ["bitrate", "engine", "speed", "layers", "key_every"])]
    copy: bool,

    /// The most bytes of an RTP payload
    #[arg(long, value_name = "BYTES", default_value_t = 1200)]
    max_payload: usize,

    /// Time between writing the SDP file and sending the first packet, for the receiver to start
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = cli::seconds)]
    wait: f64,
}

/// Time from the last packet to the goodbye.
const GOODBYE_DELAY: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let mut session = Session::new(args)?;
    if args.copy { copy(args, &mut session) } else { encode(args, &mut session) }?;
    session.end()?;
    println!("{} units in {} packets sent to {}", session.units, session.packets, args.to);
    Ok(())
}

fn encode(args: &Args, session: &mut Session) -> anyhow::Result<()> {
    let mut clip = Clip::open(&args.input)?;
    let mut config = EncoderConfig::new(clip.width, clip.height, args.bitrate);
    config.frame_rate = clip.frame_rate;
    config.timebase = Rational::new(clip.frame_rate.den, clip.frame_rate.num);
    config.color = clip.color;
    config.speed = args.speed;
    config.key_interval = args.key_every;
    if let Some(engine) = args.engine {
        config.engine = engine;
    }
    config.scalability_mode = args.layers.unwrap_or_default();
    let mut describer =
        args.layers.map(|mode| FrameDescriber::new(DependencyStructure::of_mode(mode)));
    let mut encoder = Encoder::new(config)?;
    let fmtp = FmtpParameters::for_stream(
        0,
        clip.width,
        clip.height,
        clip.frame_rate,
        args.bitrate.into(),
    )?;
    session.begin(args, &fmtp, clip.frames)?;

    let ticks = clip.frame_rate;
    let mut send = |session: &mut Session, unit: TemporalUnit| -> anyhow::Result<()> {
        let payloads = match &mut describer {
            Some(describer) => {
                let described = describer.describe_unit(&unit)?;
                session.packetizer.packetize_described(&unit.data, &described)?
            }
            None => session.packetizer.packetize(&unit.data)?,
        };
        session.send(unit.timestamp, ticks, payloads)
    };
    let mut index = 0;
    while let Some(picture) = clip.next_picture()? {
        session.wait_for(index, ticks);
        let outcome = encoder.encode(&picture.as_frame(index), FrameOptions::default())?;
        outcome.into_unit().map_or(Ok(()), |unit| send(session, unit))?;
        session.bar.inc(1);
        index += 1;
    }
    while let Some(unit) = encoder.flush()? {
        send(session, unit)?;
    }
    Ok(())
}

fn copy(args: &Args, session: &mut Session) -> anyhow::Result<()> {
    let clip = CodedClip::open(Path::new(&args.input))?;
    let name = || args.input.clone();
    let (fmtp, start) = first_unit(&clip).with_context(name)?;
    session.begin(args, &fmtp, Some(clip.count_units()))?;
    let ticks = clip.ticks;
    for unit in clip {
        let unit = unit.with_context(name)?;
        let timestamp = unit.timestamp.saturating_sub(start);
        session.wait_for(timestamp, ticks);
        let payloads = session.packetizer.packetize(&unit.data).with_context(name)?;
        session.send(timestamp, ticks, payloads)?;
        session.bar.inc(1);
    }
    Ok(())
}

/// What the first unit tells: the stream's parameters and its first timestamp.
fn first_unit(clip: &CodedClip) -> anyhow::Result<(FmtpParameters, u64)> {
    let unit = clip.clone().next().context("no unit in it")??;
    let mut inspector = StreamInspector::new();
    inspector.inspect(&unit.data)?;
    let header = inspector.state().sequence_header().context("no sequence header at the start")?;
    let fmtp = FmtpParameters::from_sequence_header(header).context("no operating point")?;
    Ok((fmtp, unit.timestamp))
}

/// The UDP side: pacing, sequence numbers and timestamps.
struct Session {
    socket: UdpSocket,
    to: SocketAddr,
    packetizer: Packetizer,
    started: Instant,
    sequence: u16,
    first_timestamp: u32,
    ssrc: u32,
    units: u64,
    packets: u64,
    bar: ProgressBar,
}

impl Session {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let any = if args.to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(any)?;
        // RFC 3550, 5.1 asks for random starts; the clock and the port serve for an example.
        let random = std::time::UNIX_EPOCH.elapsed()?.subsec_nanos().wrapping_mul(0x9e37_79b1)
            ^ u32::from(socket.local_addr()?.port());
        Ok(Self {
            socket,
            to: args.to,
            packetizer: Packetizer::new(PacketLimits::new(args.max_payload))?,
            started: Instant::now(),
            sequence: (random >> 16) as u16,
            first_timestamp: random.rotate_left(11),
            ssrc: random,
            units: 0,
            packets: 0,
            bar: ProgressBar::hidden(),
        })
    }

    /// Writes the SDP file, waits for the receiver and starts the clock.
    fn begin(
        &mut self,
        args: &Args,
        fmtp: &FmtpParameters,
        frames: Option<u64>,
    ) -> anyhow::Result<()> {
        let described = args.layers.is_some();
        fs::write(&args.sdp, session_description(self.to, fmtp, described))
            .with_context(|| args.sdp.display().to_string())?;
        sleep(Duration::from_secs_f64(args.wait));
        self.bar = cli::progress("sending", frames);
        self.started = Instant::now();
        Ok(())
    }

    /// Waits until a frame at `timestamp` ticks is due.
    fn wait_for(&self, timestamp: u64, ticks: Rational) {
        let due = Duration::from_secs_f64(timestamp as f64 / ticks.as_f64());
        sleep(due.saturating_sub(self.started.elapsed()));
    }

    /// Sends a temporal unit in these payloads.
    fn send(
        &mut self,
        timestamp: u64,
        ticks: Rational,
        payloads: Vec<Payload>,
    ) -> anyhow::Result<()> {
        let time = timestamp as f64 / ticks.as_f64() * f64::from(CLOCK_RATE);
        let timestamp = self.first_timestamp.wrapping_add(time.round() as u64 as u32);
        for payload in payloads {
            let packet = Packet {
                payload_type: PAYLOAD_TYPE,
                marker: payload.marker,
                sequence: self.sequence,
                timestamp,
                ssrc: self.ssrc,
                descriptor: payload.descriptor.clone().unwrap_or_default(),
                payload: payload.to_bytes(),
            };
            self.sequence = self.sequence.wrapping_add(1);
            self.send_datagram(&packet.to_bytes())?;
            self.packets += 1;
        }
        self.units += 1;
        Ok(())
    }

    /// Says goodbye: an empty receiver report and a BYE packet (RFC 3550, 6.4.2 and 6.6).
    fn end(&mut self) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        let Some(port) = self.to.port().checked_add(1) else { return Ok(()) };
        // Receivers read the goodbye before packets that came earlier but are still in line.
        sleep(GOODBYE_DELAY);
        let mut goodbye = Vec::new();
        for packet_type in [201, 203] {
            let count = if packet_type == 203 { 1 } else { 0 };
            goodbye.extend([2 << 6 | count, packet_type, 0, 1]);
            goodbye.extend(self.ssrc.to_be_bytes());
        }
        self.to.set_port(port);
        self.send_datagram(&goodbye)
    }

    /// A receiver that is not there (yet) answers an earlier packet with a refusal, which is no
    /// reason to stop.
    fn send_datagram(&self, datagram: &[u8]) -> anyhow::Result<()> {
        loop {
            match self.socket.send_to(datagram, self.to) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error).with_context(|| self.to.to_string()),
            }
        }
    }
}

/// RFC 8866, with the AV1 payload format's `rtpmap` and `fmtp`, and where packets are `described` the
/// descriptor's `extmap` (RFC 8285, 5).
fn session_description(to: SocketAddr, fmtp: &FmtpParameters, described: bool) -> String {
    let extension = format!("a=extmap:{DESCRIPTOR_ID} {EXTENSION_URI}\r\n");
    let (family, ip, port) = (if to.is_ipv4() { "IP4" } else { "IP6" }, to.ip(), to.port());
    [
        "v=0".to_owned(),
        format!("o=- 0 0 IN {family} {ip}"),
        "s=rtav1".to_owned(),
        format!("c=IN {family} {ip}"),
        "t=0 0".to_owned(),
        format!("m=video {port} RTP/AVP {PAYLOAD_TYPE}"),
        format!("a=rtpmap:{PAYLOAD_TYPE} {}/{CLOCK_RATE}", FmtpParameters::ENCODING_NAME),
        fmtp.line(PAYLOAD_TYPE),
        if described { extension } else { String::new() } + "a=sendonly",
        String::new(),
    ]
    .join("\r\n")
}
