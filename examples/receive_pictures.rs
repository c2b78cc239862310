//! Received packets to pictures, in the style of an application that owns sockets and clock.
//!
//! [`PictureReceiver`] is what an application has around the library: packets and the time go in;
//! pictures, requests for key frames and the time of the next call come out. It takes any sender:
//! without dependency descriptors and reports, which `feedback.rs` adds, a loss costs the pictures up
//! to the next key frame. The rest of this file is the other end of a call, on a virtual clock: a
//! sender, and a network that delays each packet by another time and loses some.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rtav1::rtp::{
    PacketLimits, Packetizer, PictureState, Receiver, ReceiverConfig, ReceiverEvent, Request,
    RtpPacket,
};
use rtav1::synthetic::{Clip, Scene};
use rtav1::{
    Decoder, DecoderConfig, Encoder, EncoderConfig, FrameOptions, Picture, PictureBuffer, Rational,
};

/// What the application has to do.
enum Output {
    /// To be shown.
    Picture(Picture),
    /// To be sent to the other end (RFC 4585, 6.3.1, picture loss indication).
    RequestKeyFrame,
}

/// From packets to pictures.
struct PictureReceiver {
    receiver: Receiver,
    decoder: Decoder,
    outputs: VecDeque<Output>,
}

impl PictureReceiver {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            receiver: Receiver::new(ReceiverConfig::default())?,
            decoder: Decoder::new(DecoderConfig::default())?,
            outputs: VecDeque::new(),
        })
    }

    /// Takes a packet that arrived at `now`.
    fn receive(&mut self, packet: RtpPacket, now: Duration) {
        // A malformed packet counts as lost, so that an event tells of it.
        let _ = self.receiver.push(packet, now);
        self.process(now);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    fn next_timeout(&self) -> Option<Duration> {
        self.receiver.next_timeout()
    }

    fn handle_timeout(&mut self, now: Duration) {
        self.receiver.handle_timeout(now);
        self.process(now);
    }

    /// What there is to do; to be called until it gives nothing.
    fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn process(&mut self, now: Duration) {
        while let Some(event) = self.receiver.next_event() {
            let ReceiverEvent::Picture(picture) = event else { continue };
            // What misses a reference might look broken: the picture before it stays.
            if picture.state != PictureState::Clean {
                continue;
            }
            match self.decoder.decode(picture.unit.data, picture.unit.timestamp) {
                Ok(picture) => self.outputs.extend(picture.map(Output::Picture)),
                Err(_) => self.receiver.decoding_failed(),
            }
        }
        while let Some(request) = self.receiver.next_request(now) {
            // Nothing else is asked for unless the configuration says that the sender answers it.
            if request == Request::KeyFrame {
                self.outputs.push_back(Output::RequestKeyFrame);
            }
        }
    }
}

/// Ticks of the RTP clock from one picture to the next, 30 a second.
const TICKS: u64 = 3000;

/// The encoder at the other end.
struct Sender {
    clip: Clip,
    encoder: Encoder,
    packetizer: Packetizer,
    sequence: u16,
    /// What a decoder shows, by timestamp.
    reconstructions: BTreeMap<u64, PictureBuffer>,
}

impl Sender {
    fn new() -> anyhow::Result<Self> {
        const WIDTH: u32 = 128;
        const HEIGHT: u32 = 96;
        let mut config = EncoderConfig::new(WIDTH, HEIGHT, 200_000);
        config.timebase = Rational::new(1, rtav1::rtp::CLOCK_RATE);
        config.reconstruction = true;
        Ok(Self {
            clip: Clip::new(Scene::MovingTexture, WIDTH, HEIGHT, 1)?,
            encoder: Encoder::new(config)?,
            packetizer: Packetizer::new(PacketLimits::new(400))?,
            sequence: 65_500,
            reconstructions: BTreeMap::new(),
        })
    }

    /// The packets of picture `number`; none if the encoder drops it.
    fn send(&mut self, number: u64) -> anyhow::Result<Vec<RtpPacket>> {
        let picture = self.clip.picture(number);
        let outcome =
            self.encoder.encode(&picture.as_frame(number * TICKS), FrameOptions::default())?;
        let Some(mut unit) = outcome.into_unit() else { return Ok(Vec::new()) };
        let shown = unit.frames.pop().and_then(|frame| frame.reconstruction);
        self.reconstructions.extend(shown.map(|shown| (unit.timestamp, shown)));
        let mut packets = Vec::new();
        for payload in self.packetizer.packetize(&unit.data)? {
            let bytes = payload.to_bytes();
            packets.push(RtpPacket::new(
                self.sequence,
                unit.timestamp as u32,
                payload.marker,
                bytes,
            ));
            self.sequence = self.sequence.wrapping_add(1);
        }
        Ok(packets)
    }
}

/// What happens at a time of the virtual clock.
enum Event {
    Capture(u64),
    Arrival(RtpPacket),
    Request,
}

/// What became of a call.
#[derive(Debug, Default)]
struct Report {
    sent: usize,
    lost: usize,
    requests: usize,
    /// The timestamps of the pictures, and when they came.
    shown: Vec<(u64, Duration)>,
}

/// A call of `pictures` pictures; `arrival` tells when the packet with a number arrives that is sent
/// at a time, or `None` if it is lost.
fn call(
    pictures: u64,
    mut arrival: impl FnMut(usize, Duration) -> Option<Duration>,
) -> anyhow::Result<Report> {
    let (mut sender, mut receiver) = (Sender::new()?, PictureReceiver::new()?);
    let mut report = Report::default();
    // By time; what happens at one time happens in the order of its entry.
    let mut events = BTreeMap::new();
    let mut entries = 0..;
    let mut enter = |events: &mut BTreeMap<(Duration, u32), Event>, time, event| {
        events.insert((time, entries.next().unwrap_or(u32::MAX)), event);
    };
    enter(&mut events, Duration::ZERO, Event::Capture(0));
    loop {
        let event_at = events.first_key_value().map(|(&(time, _), _)| time);
        let timeout = receiver.next_timeout();
        let now = match (event_at, timeout) {
            (Some(event), Some(timeout)) if timeout < event => timeout,
            (Some(event), _) => event,
            // The sender is gone: a picture is not waited for without end.
            (None, Some(timeout))
                if receiver.receiver.depacketizer().next_timeout() == Some(timeout) =>
            {
                timeout
            }
            (None, _) => return Ok(report),
        };
        if event_at != Some(now) {
            receiver.handle_timeout(now);
        } else if let Some((_, event)) = events.pop_first() {
            match event {
                Event::Capture(number) => {
                    for packet in sender.send(number)? {
                        report.sent += 1;
                        match arrival(report.sent, now) {
                            Some(time) => enter(&mut events, time, Event::Arrival(packet)),
                            None => report.lost += 1,
                        }
                    }
                    if number + 1 < pictures {
                        let next = Duration::from_micros((number + 1) * 1_000_000 / 30);
                        enter(&mut events, next, Event::Capture(number + 1));
                    }
                }
                Event::Arrival(packet) => receiver.receive(packet, now),
                Event::Request => sender.encoder.request_key_frame()?,
            }
        }
        while let Some(output) = receiver.next_output() {
            match output {
                Output::Picture(picture) => {
                    let timestamp = picture.timestamp();
                    let sent = sender.reconstructions.get(&timestamp);
                    anyhow::ensure!(sent == Some(&picture.to_buffer()?), "another picture");
                    report.shown.push((timestamp, now));
                }
                Output::RequestKeyFrame => {
                    report.requests += 1;
                    enter(&mut events, now + Duration::from_millis(30), Event::Request);
                }
            }
        }
    }
}

/// Packets leave one by one, a millisecond each, and take 20 ms; every fifth takes 2.5 ms more, so
/// that two others overtake it. Those of `lost` never arrive.
fn network(lost: impl Fn(usize) -> bool) -> impl FnMut(usize, Duration) -> Option<Duration> {
    let mut free_at = Duration::ZERO;
    move |number, now| {
        free_at = free_at.max(now) + Duration::from_millis(1);
        let detour = if number % 5 == 0 { 2500 } else { 0 };
        (!lost(number)).then(|| free_at + Duration::from_micros(20_000 + detour))
    }
}

fn main() -> anyhow::Result<()> {
    let pictures = 150;
    let Report { sent, lost, requests, shown } =
        call(pictures, network(|number| number % 50 == 9))?;
    println!(
        "{} of {pictures} pictures shown; {lost} of {sent} packets lost, {requests} key frames \
         asked for",
        shown.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the pictures shown, which come in order.
    fn numbers(report: &Report) -> Vec<u64> {
        let numbers: Vec<u64> =
            report.shown.iter().map(|(timestamp, _)| timestamp / TICKS).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        numbers
    }

    #[test]
    fn reordering_costs_nothing() {
        let straight = call(40, |_, now| Some(now + Duration::from_millis(20))).unwrap();
        let report = call(40, network(|_| false)).unwrap();
        assert_eq!((report.requests, report.lost), (0, 0));
        assert!(numbers(&report).len() > 35, "the encoder drops few: {report:?}");
        assert_eq!(numbers(&report), numbers(&straight));
    }

    #[test]
    fn a_lost_packet_is_noticed_and_mended() {
        let report = call(60, network(|number| number == 30)).unwrap();
        assert_eq!((report.lost, report.requests), (1, 1), "{report:?}");
        let numbers = numbers(&report);
        let gap = numbers.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        // Three packets later, a request's 30 ms and a packet's 20 ms: a key frame.
        assert!((2..15).contains(&gap), "{numbers:?}");
        assert!(*numbers.last().unwrap() >= 57, "{numbers:?}");
    }

    /// The key frame that was asked for is lost as well.
    #[test]
    fn a_request_is_repeated() {
        let lost = |number| number == 40 || (46..76).contains(&number);
        let report = call(90, network(lost)).unwrap();
        assert!(report.requests >= 2, "{report:?}");
        assert!(*numbers(&report).last().unwrap() >= 87, "{report:?}");
    }

    /// The last packets of a stream wait for nothing but time.
    #[test]
    fn time_alone_ends_the_wait() {
        let only = call(1, |_, now| Some(now + Duration::from_millis(20))).unwrap();
        let (count, waits) = (only.sent, only.sent < 3);
        assert_eq!(only.shown.len(), 1);
        let wait = Duration::from_millis(if waits { 100 } else { 0 });
        assert_eq!(only.shown[0].1, Duration::from_millis(20) + wait, "{count} packets");
    }
}
