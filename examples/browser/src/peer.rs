//! One end of a call: str0m between the socket, the encoder and the decoder.
//!
//! All that happens comes to one thread as an [`Input`], in the order in which it happened; what goes
//! out is sent before anything else is taken.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context;
use rtav1::{ScalabilityMode, TemporalUnit};
use str0m::bwe::{Bitrate, BweKind};
use str0m::change::SdpOffer;
use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Output, Rtc, RtcConfig};

use crate::check::Check;
use crate::descriptor;
use crate::encoding::Encoding;
use crate::options::{Options, Rating};
use crate::receiving::{self, Receiving};
use crate::relay::Relay;
use crate::sending::Sending;
use crate::source::Source;
use crate::stats::SharedStats;

/// How often the thread that reads the socket looks whether the call is over.
const TICK: Duration = Duration::from_millis(200);
/// Packets that can be sent again, and for how long.
const RESENT_PACKETS: usize = 1024;
const RESENT_AGE: Duration = Duration::from_secs(1);
/// The most bytes of a datagram.
const MAX_DATAGRAM: usize = 2048;

/// What happens to a peer.
pub(crate) enum Input {
    Datagram {
        source: SocketAddr,
        data: Vec<u8>,
        at: Instant,
    },
    /// A coded frame is to be sent.
    Unit(TemporalUnit),
    /// What the browser sent cannot be decoded.
    DecodingFailed,
    /// The browser is to make a key frame.
    RequestKeyFrame(KeyframeRequestKind),
    /// The next frame is not to be sent, as if it got lost before it had a number.
    Withhold,
    /// The call is over.
    Close,
}

/// A call as those see it who do not take part.
pub(crate) struct Handle {
    pub(crate) inputs: Sender<Input>,
    pub(crate) stats: SharedStats,
    pub(crate) check: Arc<Check>,
    stop: Arc<AtomicBool>,
    /// Works as long as the call lasts.
    _relay: Option<Relay>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.inputs.send(Input::Close);
    }
}

/// Starts the peer's end of a call that a browser offers, on a new socket of `ip`; gives the SDP answer.
pub(crate) fn start(
    offer: &str,
    options: &Options,
    ip: IpAddr,
    source: Arc<Source>,
) -> anyhow::Result<(String, Handle)> {
    let socket = UdpSocket::bind((ip, 0))?;
    let address = socket.local_addr()?;
    let relay = options.link.map(|link| Relay::start(ip, link, Some(address))).transpose()?;
    // What the browser is told: the relay's, if there is one.
    let told = relay.as_ref().map_or(address, Relay::near);
    let mut rtc = config(options).build(Instant::now());
    rtc.add_local_candidate(Candidate::host(told, "udp")?);
    let offer = match relay {
        // Behind a relay only what comes through it is answered.
        Some(_) => without_candidates(offer),
        None => offer.to_owned(),
    };
    let offer = SdpOffer::from_sdp_string(&offer).context("the offer")?;
    let answer = rtc.sdp_api().accept_offer(offer)?.to_sdp_string();

    let (inputs, received) = mpsc::channel();
    let (stats, check) = (SharedStats::new(), Arc::new(Check::default()));
    stats.lock().descriptors = answer.contains("dependency-descriptor");
    let stop = Arc::new(AtomicBool::new(false));
    let peer = Peer {
        rtc,
        socket: socket.try_clone()?,
        told,
        epoch: Instant::now(),
        options: options.clone(),
        source,
        check: Arc::clone(&check),
        stats: stats.clone(),
        inputs: inputs.clone(),
        video: None,
        connected: false,
        sending: None,
        receiving: None,
        withhold: false,
    };
    let (reader_stop, reader_inputs) = (Arc::clone(&stop), inputs.clone());
    std::thread::spawn(move || read(&socket, &reader_inputs, &reader_stop));
    let peer_stop = Arc::clone(&stop);
    let peer_stats = stats.clone();
    std::thread::spawn(move || {
        let result = peer.run(&received);
        peer_stop.store(true, Ordering::Relaxed);
        let mut stats = peer_stats.lock();
        stats.state = "closed";
        stats.error = stats.error.take().or(result.err().map(|error| format!("{error:#}")));
    });
    Ok((answer, Handle { inputs, stats, check, stop, _relay: relay }))
}

fn config(options: &Options) -> RtcConfig {
    let mut extensions = ExtensionMap::empty();
    extensions.set(3, Extension::TransportSequenceNumber);
    extensions.set(4, Extension::RtpMid);
    extensions.set(5, descriptor::extension());
    extensions.set(6, Extension::PlayoutDelay);
    let mut config = Rtc::builder()
        .clear_codecs()
        .enable_av1(true)
        .set_rtp_mode(true)
        .set_extension_map(extensions)
        // Feedback reaches an application in no other way.
        .enable_raw_packets(true);
    if options.rating == Rating::Str0m {
        config = config.enable_bwe(Some(Bitrate::bps(options.start.into())));
    }
    config
}

fn without_candidates(offer: &str) -> String {
    let kept = offer.lines().filter(|line| !line.starts_with("a=candidate:"));
    kept.flat_map(|line| [line, "\r\n"]).collect()
}

/// Reads the socket until the call is over.
fn read(socket: &UdpSocket, inputs: &Sender<Input>, stop: &AtomicBool) {
    let mut buffer = [0; MAX_DATAGRAM];
    if socket.set_read_timeout(Some(TICK)).is_err() {
        return;
    }
    while !stop.load(Ordering::Relaxed) {
        match socket.recv_from(&mut buffer) {
            Ok((len, source)) => {
                let data = buffer[..len].to_vec();
                if inputs.send(Input::Datagram { source, data, at: Instant::now() }).is_err() {
                    return;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) => return,
        }
    }
}

struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    /// The address that the browser sends to.
    told: SocketAddr,
    epoch: Instant,
    options: Options,
    source: Arc<Source>,
    check: Arc<Check>,
    stats: SharedStats,
    inputs: Sender<Input>,
    /// The one media section of video.
    video: Option<Mid>,
    connected: bool,
    sending: Option<Sending>,
    receiving: Option<Receiving>,
    withhold: bool,
}

impl Peer {
    fn run(mut self, inputs: &Receiver<Input>) -> anyhow::Result<()> {
        loop {
            let Some(deadline) = self.drain()? else { return Ok(()) };
            // One packet at a time: str0m is to be drained between any two changes.
            if let Some(packet) = self.sending.as_mut().and_then(Sending::next_packet) {
                if let Some(mid) = self.video
                    && let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(mid, None)
                {
                    stream.write_rtp(packet);
                }
                continue;
            }
            let now = Instant::now();
            let receiving = self.receiving.as_ref().and_then(Receiving::next_timeout);
            let due = receiving.map_or(deadline, |due| deadline.min(self.epoch + due));
            match inputs.recv_timeout(due.saturating_duration_since(now)) {
                Ok(Input::Close) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(input) => self.input(input)?,
                Err(RecvTimeoutError::Timeout) => self.timeout()?,
            }
        }
    }

    /// Sends and handles all that str0m has; gives the time of its next call, `None` at the end.
    fn drain(&mut self) -> anyhow::Result<Option<Instant>> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(deadline) => return Ok(self.rtc.is_alive().then_some(deadline)),
                Output::Transmit(transmit) => {
                    // What cannot be sent is lost, as on any network.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(event) => self.event(event)?,
            }
        }
    }

    fn timeout(&mut self) -> anyhow::Result<()> {
        let time = self.epoch.elapsed();
        let asks = |receiving: &mut Receiving| {
            receiving.next_timeout().is_some_and(|due| due <= time) && receiving.timeout(time)
        };
        if self.receiving.as_mut().is_some_and(asks) {
            self.request_key_frame(KeyframeRequestKind::Pli);
        }
        Ok(self.rtc.handle_input(str0m::Input::Timeout(Instant::now()))?)
    }

    fn input(&mut self, input: Input) -> anyhow::Result<()> {
        match input {
            Input::Datagram { source, data, at } => {
                let destination = self.told;
                // What is none of WebRTC's packets is ignored.
                let Ok(receive) = Receive::new(Protocol::Udp, source, destination, &data) else {
                    return Ok(());
                };
                self.rtc.handle_input(str0m::Input::Receive(at, receive))?;
            }
            Input::Unit(_) if self.withhold => self.withhold = false,
            Input::Unit(unit) => {
                if let Some(sending) = &mut self.sending {
                    sending.frame(&unit)?;
                }
            }
            Input::DecodingFailed => {
                let time = self.epoch.elapsed();
                if self.receiving.as_mut().is_some_and(|stream| stream.decoding_failed(time)) {
                    self.request_key_frame(KeyframeRequestKind::Pli);
                }
            }
            Input::RequestKeyFrame(kind) => self.request_key_frame(kind),
            Input::Withhold => self.withhold = true,
            Input::Close => {}
        }
        Ok(())
    }

    fn event(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            // One of the two comes first.
            Event::MediaAdded(media) if self.video.is_none() => {
                self.video = Some(media.mid);
                self.begin()?;
            }
            Event::Connected => {
                self.connected = true;
                self.begin()?;
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.rtc.disconnect();
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                if let Some(sending) = &mut self.sending {
                    sending.estimated(estimate.as_u64() as u32);
                }
            }
            Event::KeyframeRequest(request) => {
                match request.kind {
                    KeyframeRequestKind::Pli => self.stats.lock().picture_losses += 1,
                    KeyframeRequestKind::Fir => self.stats.lock().full_intras += 1,
                }
                if let Some(sending) = &mut self.sending {
                    sending.key_frame_requested();
                }
            }
            Event::RtpPacket(packet) => {
                let time = self.epoch.elapsed();
                if self.receiving.as_mut().is_some_and(|stream| stream.packet(&packet, time)) {
                    self.request_key_frame(KeyframeRequestKind::Pli);
                }
            }
            Event::RawPacket(packet) => {
                if let Some(sending) = &mut self.sending {
                    sending.raw_packet(*packet);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Both directions begin once there is a connection for the video.
    fn begin(&mut self) -> anyhow::Result<()> {
        let Some(mid) = self.video.filter(|_| self.connected) else { return Ok(()) };
        let stream = self.stream(mid)?;
        let (controls, told) = mpsc::channel();
        let (units, received) = mpsc::channel();
        self.stats.lock().state = "connected";
        self.stats.lock().start = Instant::now();
        let stats = self.stats.clone();
        let described = stats.lock().descriptors;
        if !described {
            // Where each frame is held to need the one before, no layer can be done without.
            self.options.layers.get_or_insert(ScalabilityMode::L1T1);
        }
        self.sending =
            Some(Sending::new(&self.options, stream, described, controls.clone(), stats.clone())?);
        self.receiving = Some(Receiving::new(units, stats.clone())?);
        if let Rating::Told(rate) = self.options.rating {
            self.options.start = rate;
        }
        let encoding = Encoding {
            options: self.options.clone(),
            source: Arc::clone(&self.source),
            check: Arc::clone(&self.check),
            stats,
            output: self.inputs.clone(),
        };
        self.spawn(move || encoding.run(&told));
        let (peer, stats) = (self.inputs.clone(), self.stats.clone());
        self.spawn(move || receiving::decode(&received, &controls, &peer, &stats));
        Ok(())
    }

    /// A thread whose failure ends the call.
    fn spawn(&self, work: impl FnOnce() -> anyhow::Result<()> + Send + 'static) {
        let (inputs, stats) = (self.inputs.clone(), self.stats.clone());
        std::thread::spawn(move || {
            if let Err(error) = work() {
                stats.lock().error = Some(format!("{error:#}"));
                let _ = inputs.send(Input::Close);
            }
        });
    }

    /// Payload type and SSRC of what is sent: the offer's first AV1 of profile 0.
    fn stream(&mut self, mid: Mid) -> anyhow::Result<(str0m::media::Pt, Ssrc)> {
        let offered = self.rtc.media(mid).map(|media| media.remote_pts().to_vec());
        let offered = offered.unwrap_or_default();
        let codecs = self.rtc.codec_config();
        let payload = codecs
            .params()
            .iter()
            .find(|payload| payload.spec().codec == Codec::Av1 && offered.contains(&payload.pt()));
        let payload_type = payload.context("the offer has no AV1")?.pt();
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None).context("nothing to be sent")?;
        // However many are asked for: on a thin link a few are a large share.
        stream.set_rtx_cache(RESENT_PACKETS, RESENT_AGE, None);
        Ok((payload_type, stream.ssrc()))
    }

    fn request_key_frame(&mut self, kind: KeyframeRequestKind) {
        let Some(mid) = self.video else { return };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_keyframe(kind);
        }
    }
}
