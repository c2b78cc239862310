//! Receives AV1 over RTP and UDP into an IVF file.

mod common;

use std::fs::File;
use std::io::{BufWriter, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use clap::Parser;
use common::rtp::{CLOCK_RATE, Packet};
use common::{cli, ivf};
use rtav1::rtp::{
    Depacketizer, DepacketizerConfig, DepacketizerEvent, LossReason, ReceivedUnit, RtpPacket,
};
use rtav1::{Rational, StreamInspector};
use socket2::{Domain, Protocol, Socket, Type};

/// Receive AV1 over RTP into an IVF file.
///
/// Ends after --idle seconds without a packet, or on Ctrl-C; the file is complete either way. Its
/// timestamps count 1/90000 s from the first unit on. It begins with a key frame; after a loss or a
/// damaged unit it goes on at the next one, and what is left out is counted.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    rtp_receive --port 5004 received.ivf --wait 30\n  \
    ffmpeg -re -i clip.ivf -c copy -strict experimental -f rtp rtp://127.0.0.1:5004")]
struct Args {
    /// UDP port to listen on
    #[arg(long, value_name = "N")]
    port: u16,

    /// The temporal units received
    #[arg(value_name = "OUT.ivf")]
    output: PathBuf,

    /// Address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    address: IpAddr,

    /// End after this long without a packet
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = cli::seconds)]
    idle: f64,

    /// How long to wait for the first packet [default: as --idle]
    #[arg(long, value_name = "SECONDS", value_parser = cli::seconds)]
    wait: Option<f64>,

    /// RTP payload type to take; others are ignored [default: that of the first packet]
    #[arg(long, value_name = "0-127", value_parser = clap::value_parser!(u8).range(0..=127))]
    payload_type: Option<u8>,
}

/// Asked of the system: a second of 1080p at a high rate, so that a burst does not overflow.
const SOCKET_BUFFER: usize = 4 << 20;

/// How often Ctrl-C and the clock are looked at.
const POLL: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let socket = listen(SocketAddr::new(args.address, args.port))?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;

    let mut receiver = Receiver::new(args)?;
    let idle = Duration::from_secs_f64(args.idle);
    let first = args.wait.map_or(idle, Duration::from_secs_f64);
    let bar = cli::progress("receiving", None);
    let started = Instant::now();
    let (mut last_packet, mut buffer) = (started, vec![0; 65_536]);

    while !interrupted.load(Ordering::Relaxed) {
        let wait = receiver.depacketizer.next_timeout().map_or(POLL, |timeout| {
            timeout.saturating_sub(started.elapsed()).clamp(Duration::from_millis(1), POLL)
        });
        socket.set_read_timeout(Some(wait))?;
        let received = socket.recv(&mut buffer);
        let now = started.elapsed();
        match received {
            Ok(length) if receiver.packet(Bytes::copy_from_slice(&buffer[..length]), now)? => {
                last_packet = Instant::now();
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
        receiver.timeout(now)?;
        let waited = last_packet.elapsed();
        bar.set_position(receiver.units);
        if waited >= if receiver.packets == 0 { first } else { idle } {
            break;
        }
    }
    bar.finish_and_clear();
    println!("{}", receiver.finish()?);
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<UdpSocket> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // The system may grant less; that is no failure.
        socket.set_recv_buffer_size(SOCKET_BUFFER)?;
        socket.bind(&address.into())?;
        Ok::<UdpSocket, std::io::Error>(socket.into())
    };
    open().with_context(|| address.to_string())
}

/// Depacketizer and file.
struct Receiver {
    depacketizer: Depacketizer,
    writer: ivf::Writer<BufWriter<File>>,
    payload_type: Option<u8>,
    ssrc: Option<u32>,
    start: Option<u64>,
    inspector: StreamInspector,
    /// Something is missing or damaged: units are left out up to the next key frame.
    needs_key: bool,
    packets: u64,
    units: u64,
    losses: u64,
    left_out: u64,
    malformed: u64,
}

impl Receiver {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let name = || args.output.display().to_string();
        let file = BufWriter::new(File::create(&args.output).with_context(name)?);
        Ok(Self {
            depacketizer: Depacketizer::new(DepacketizerConfig::default())?,
            writer: ivf::Writer::new(file, 0, 0, Rational::new(CLOCK_RATE, 1))?,
            payload_type: args.payload_type,
            ssrc: None,
            start: None,
            inspector: StreamInspector::new(),
            needs_key: true,
            packets: 0,
            units: 0,
            losses: 0,
            left_out: 0,
            malformed: 0,
        })
    }

    /// Takes a datagram that arrived at `now`; returns whether it belongs to the stream.
    fn packet(&mut self, datagram: Bytes, now: Duration) -> anyhow::Result<bool> {
        let Ok(packet) = Packet::parse(&datagram) else {
            self.malformed += 1;
            return Ok(false);
        };
        let payload_type = *self.payload_type.get_or_insert(packet.payload_type);
        let ssrc = *self.ssrc.get_or_insert(packet.ssrc);
        if (packet.payload_type, packet.ssrc) != (payload_type, ssrc) {
            return Ok(false);
        }
        self.packets += 1;
        let Packet { sequence, timestamp, marker, payload, .. } = packet;
        let pushed =
            self.depacketizer.push(RtpPacket::new(sequence, timestamp, marker, payload), now);
        self.malformed += u64::from(pushed.is_err());
        self.drain()?;
        Ok(true)
    }

    /// It is `now`: what was waited for long enough is given up.
    fn timeout(&mut self, now: Duration) -> anyhow::Result<()> {
        self.depacketizer.handle_timeout(now);
        self.drain()
    }

    /// Completes the file; gives a line of totals.
    fn finish(mut self) -> anyhow::Result<String> {
        self.depacketizer.flush();
        self.drain()?;
        self.writer.finish()?;
        let Self { packets, units, losses, left_out, malformed, .. } = self;
        Ok(format!(
            "{units} units from {packets} packets; {losses} losses, {left_out} units left out up to \
             key frames, {malformed} malformed packets"
        ))
    }

    fn drain(&mut self) -> anyhow::Result<()> {
        while let Some(event) = self.depacketizer.next_event() {
            match event {
                DepacketizerEvent::Unit(unit) => self.unit(&unit)?,
                DepacketizerEvent::Loss(loss) if loss.reason == LossReason::MissingStart => {}
                DepacketizerEvent::Loss(_) => self.losses += 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn unit(&mut self, unit: &ReceivedUnit) -> anyhow::Result<()> {
        self.needs_key = !unit.new_sequence && (self.needs_key || !unit.unbroken);
        let info = self.inspector.inspect(&unit.data);
        let Some(info) = info.ok().filter(|_| !self.needs_key) else {
            self.needs_key = true;
            self.left_out += 1;
            return Ok(());
        };
        let start = *self.start.get_or_insert(unit.timestamp);
        // A sender that starts again may go back in time, which a file cannot.
        self.writer.write(unit.timestamp.saturating_sub(start), &unit.data)?;
        self.units += 1;
        if let Some(frame) = info.shown().last() {
            self.writer.set_size(frame.width, frame.height)?;
        }
        Ok(())
    }
}
