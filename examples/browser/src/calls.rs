//! Calls without a browser: another str0m is the other end.

use std::net::{IpAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtav1::rtp::{PictureState, Receiver, ReceiverConfig, ReceiverEvent, Request, RtpPacket};
use rtav1::{Decoder, DecoderConfig};
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, Event, Output, Rtc};

use crate::descriptor;
use crate::options::Options;
use crate::peer::{self, Handle};
use crate::source::Source;

/// A call may take so long until something is held to have failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The end in the place of a browser.
struct Viewer {
    rtc: Rtc,
    socket: UdpSocket,
    video: Mid,
    receiver: Receiver,
    decoder: Decoder,
    epoch: Instant,
    key_frames: usize,
    /// The timestamps of the pictures.
    pictures: Vec<u64>,
}

/// A call with these options, of a clip of 160×96.
fn call(options: &str) -> (Viewer, Handle) {
    let ip = IpAddr::from([127, 0, 0, 1]);
    let socket = UdpSocket::bind((ip, 0)).unwrap();
    let mut extensions = ExtensionMap::empty();
    extensions.set(1, Extension::TransportSequenceNumber);
    extensions.set(2, Extension::RtpMid);
    extensions.set(9, descriptor::extension());
    let config = Rtc::builder().clear_codecs().enable_av1(true).set_rtp_mode(true);
    let mut rtc = config.set_extension_map(extensions).build(Instant::now());
    rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
    let mut changes = rtc.sdp_api();
    let video = changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    let (offer, pending) = changes.apply().unwrap();
    let source = Arc::new(Source::open("synthetic:moving-texture:160x96:30").unwrap());
    let options = Options::parse(options).unwrap();
    let (answer, handle) = peer::start(&offer.to_sdp_string(), &options, ip, source).unwrap();
    let answer = str0m::change::SdpAnswer::from_sdp_string(&answer).unwrap();
    rtc.sdp_api().accept_answer(pending, answer).unwrap();
    let mut config = ReceiverConfig::default();
    // Lost packets come again, by str0m.
    config.depacketizer.reorder_packets = 256;
    config.depacketizer.reorder_wait = Duration::from_millis(400);
    let viewer = Viewer {
        rtc,
        socket,
        video,
        receiver: Receiver::new(config).unwrap(),
        decoder: Decoder::new(DecoderConfig::default()).unwrap(),
        epoch: Instant::now(),
        key_frames: 0,
        pictures: Vec::new(),
    };
    (viewer, handle)
}

impl Viewer {
    /// Goes on until `done`.
    fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let mut buffer = [0; 2048];
        while !done(self) {
            assert!(self.epoch.elapsed() < PATIENCE, "{} pictures", self.pictures.len());
            let deadline = loop {
                match self.rtc.poll_output().unwrap() {
                    Output::Timeout(deadline) => break deadline,
                    Output::Transmit(data) => {
                        self.socket.send_to(&data.contents, data.destination).unwrap();
                    }
                    Output::Event(Event::RtpPacket(packet)) => self.packet(&packet),
                    Output::Event(_) => {}
                }
            };
            let now = self.epoch.elapsed();
            if self.receiver.next_timeout().is_some_and(|due| due <= now) {
                self.receiver.handle_timeout(now);
                self.events();
            }
            let wait = deadline.saturating_duration_since(Instant::now());
            let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(50));
            self.socket.set_read_timeout(Some(wait)).unwrap();
            let input = match self.socket.recv_from(&mut buffer) {
                Ok((len, source)) => {
                    let destination = self.socket.local_addr().unwrap();
                    let data = &buffer[..len];
                    let receive = Receive::new(Protocol::Udp, source, destination, data).unwrap();
                    str0m::Input::Receive(Instant::now(), receive)
                }
                Err(_) => str0m::Input::Timeout(Instant::now()),
            };
            self.rtc.handle_input(input).unwrap();
        }
    }

    fn packet(&mut self, packet: &str0m::rtp::RtpPacket) {
        let header = &packet.header;
        let payload = packet.payload.to_vec();
        let received =
            RtpPacket::new(header.sequence_number, header.timestamp, header.marker, payload);
        let received = received.with_descriptor(descriptor::of(&header.ext_vals));
        self.receiver.push(received, self.epoch.elapsed()).unwrap();
        self.events();
    }

    fn events(&mut self) {
        let now = self.epoch.elapsed();
        while let Some(event) = self.receiver.next_event() {
            let ReceiverEvent::Picture(picture) = event else { continue };
            assert!(!picture.unit.descriptors.is_empty(), "a unit without descriptors");
            if picture.state == PictureState::Clean {
                self.key_frames += usize::from(picture.unit.new_sequence);
                let unit = picture.unit;
                let shown = self.decoder.decode(unit.data, unit.timestamp).unwrap().unwrap();
                self.pictures.push(shown.timestamp());
            }
        }
        while let Some(request) = self.receiver.next_request(now) {
            if request == Request::KeyFrame {
                self.ask(KeyframeRequestKind::Pli);
            }
        }
    }

    fn ask(&mut self, kind: KeyframeRequestKind) {
        let mut api = self.rtc.direct_api();
        api.stream_rx_by_mid(self.video, None).unwrap().request_keyframe(kind);
    }
}

#[test]
fn full_intra_requests_and_picture_losses_are_answered() {
    let (mut viewer, handle) = call("most=300");
    viewer.until(|viewer| viewer.pictures.len() >= 10);
    assert_eq!(viewer.key_frames, 1);
    viewer.ask(KeyframeRequestKind::Fir);
    viewer.until(|viewer| viewer.key_frames == 2);
    viewer.ask(KeyframeRequestKind::Pli);
    viewer.until(|viewer| viewer.key_frames == 3);
    let stats = handle.stats.lock();
    assert_eq!((stats.full_intras, stats.picture_losses, stats.key_frames), (1, 1, 3));
    assert!(viewer.pictures.is_sorted(), "{:?}", viewer.pictures);
}

#[test]
fn losses_do_not_end_a_call() {
    let (mut viewer, handle) = call("most=300&loss=8&delay=10");
    let lost = || handle.stats.lock().packets_lost;
    viewer.until(|viewer| viewer.pictures.len() >= 60 && lost() > 2);
    let stats = handle.stats.lock();
    assert!(stats.frames_acknowledged > 30, "{stats:?}");
    assert!(stats.resent + stats.recoveries > 0 && stats.error.is_none(), "{stats:?}");
    assert!(viewer.pictures.is_sorted(), "{:?}", viewer.pictures);
}

#[test]
fn an_offer_without_video_in_av1_is_refused_or_ends() {
    let ip = IpAddr::from([127, 0, 0, 1]);
    let source = Arc::new(Source::open("synthetic:flat:64x64:2").unwrap());
    let options = Options::default();
    assert!(peer::start("v=0\r\n", &options, ip, Arc::clone(&source)).is_err());
    assert!(peer::start("", &options, ip, source).is_err());
}
