//! The receiving side: RTP packets in, pictures on the screen.

use std::time::Duration;

use bytes::Bytes;
use rtav1::rtp::rtcp::{write_nack, write_picture_loss};
use rtav1::rtp::{
    self, PictureState, ReceivedUnit, ReceiverConfig, ReceiverEvent, Request, RtpPacket,
};
use rtav1::{Decoder, DecoderConfig, PictureBuffer};

use crate::common::metrics::{FreezeCounter, psnr_y};
use crate::common::rtp::Packet;
use crate::record::{Record, Still};
use crate::sender::Sender;
use crate::source::Source;

/// SSRCs of receiver and sender in RTCP.
const RECEIVER: u32 = 2;
const SENDER: u32 = 1;

/// What a packet that is sent again takes beside the round trip: its turn in the queue.
const NACK_MARGIN: Duration = Duration::from_millis(100);

/// Depacketizer and decoder of the call.
pub(crate) struct Receiver {
    receiver: rtp::Receiver,
    decoder: Decoder,
    freezes: FreezeCounter,
    screen: Screen,
    /// Pictures become whole by themselves: no key frame is asked for.
    refreshes: bool,
}

impl Receiver {
    /// A receiver at a round trip from the sender; it keeps stills of `stills`.
    pub(crate) fn new(
        round_trip: Duration,
        sender: &Sender,
        nack: bool,
        stills: Vec<usize>,
    ) -> anyhow::Result<Self> {
        let mut config = ReceiverConfig::default();
        if nack {
            // What follows a missing packet is held until its second copy must have come.
            config.depacketizer.reorder_packets = 1024;
            config.depacketizer.reorder_wait = round_trip + NACK_MARGIN;
        } else {
            // The path keeps the order: what is missing when the next packet arrives is lost.
            config.depacketizer.reorder_packets = 1;
        }
        config.round_trip = round_trip;
        config.retransmission = nack;
        config.recovery = sender.takes_feedback();
        config.decode_damaged = sender.refreshes();
        let layers = sender.layers();
        config.highest_layer.temporal_id = config.highest_layer.temporal_id.min(layers - 1);
        Ok(Self {
            receiver: rtp::Receiver::new(config)?,
            decoder: Decoder::new(DecoderConfig::default())?,
            freezes: FreezeCounter::default(),
            screen: Screen { wanted: stills, ..Screen::default() },
            refreshes: sender.refreshes(),
        })
    }

    /// Takes a packet that arrives at `now`; returns what to tell the sender.
    pub(crate) fn packet(
        &mut self,
        now: Duration,
        datagram: &Bytes,
        source: &Source,
        record: &mut Record,
    ) -> anyhow::Result<Vec<u8>> {
        let Packet { marker, sequence, timestamp, descriptor, payload, .. } =
            Packet::parse(datagram)?;
        let packet = RtpPacket::new(sequence, timestamp, marker, payload);
        self.receiver.push(packet.with_descriptor(descriptor), now)?;
        self.events(now, source, record)
    }

    /// When it wants to be called, whatever arrives.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.receiver.next_timeout()
    }

    /// The time that it asked for has come; returns what to tell the sender.
    pub(crate) fn timeout(
        &mut self,
        now: Duration,
        source: &Source,
        record: &mut Record,
    ) -> anyhow::Result<Vec<u8>> {
        self.receiver.handle_timeout(now);
        self.events(now, source, record)
    }

    /// Ends the call at `end`: the last picture stays to the end.
    pub(crate) fn finish(mut self, end: Duration, source: &Source, record: &mut Record) {
        self.screen.stays_until(record.frames.len(), source, record);
        record.end = end.as_secs_f64();
        record.freezes = self.freezes.finish(record.end);
        record.stills = self.screen.stills(source);
    }

    fn events(
        &mut self,
        now: Duration,
        source: &Source,
        record: &mut Record,
    ) -> anyhow::Result<Vec<u8>> {
        let mut rtcp = Vec::new();
        let mut news = false;
        while let Some(event) = self.receiver.next_event() {
            news = true;
            if let ReceiverEvent::Picture(picture) = event
                && picture.state != PictureState::Repeated
            {
                self.show(now, picture.unit, source, record)?;
            }
        }
        while let Some(request) = self.receiver.next_request(now) {
            news = true;
            match request {
                Request::KeyFrame if !self.refreshes => {
                    record.key_requests.push(now.as_secs_f64());
                    write_picture_loss(RECEIVER, SENDER, &mut rtcp);
                }
                Request::Retransmission(sequences) => {
                    write_nack(RECEIVER, SENDER, &sequences, &mut rtcp);
                }
                // The report says it all.
                _ => {}
            }
        }
        if let Some(report) = self.receiver.report().filter(|_| news) {
            report.write(RECEIVER, &mut rtcp);
        }
        Ok(rtcp)
    }

    fn show(
        &mut self,
        now: Duration,
        unit: ReceivedUnit,
        source: &Source,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        let ticks = unit.timestamp;
        let picture = match self.decoder.decode(unit.data, ticks) {
            Ok(Some(picture)) => picture.to_buffer()?,
            Ok(None) => return Ok(()),
            Err(_) => {
                self.receiver.decoding_failed();
                return Ok(());
            }
        };
        let index = record.settings.frame_at(ticks);
        record.frames[index].shown = Some(now.as_secs_f64());
        self.freezes.shown(now.as_secs_f64());
        self.screen.show(index, picture, source, record);
        Ok(())
    }
}

/// What stands before the viewer, judged frame by frame against the source.
#[derive(Default)]
struct Screen {
    current: Option<(usize, PictureBuffer)>,
    /// Frames judged so far.
    judged: usize,
    /// Frames of which stills are kept.
    wanted: Vec<usize>,
    kept: Vec<Seen>,
    worst: Option<Seen>,
}

/// A picture that was seen in place of a frame of the source.
#[derive(Clone)]
struct Seen {
    frame: usize,
    /// The frame it really is.
    shown: usize,
    psnr: f64,
    picture: PictureBuffer,
}

impl Screen {
    /// Frame `index` comes up; until it, the picture before it stayed.
    fn show(&mut self, index: usize, picture: PictureBuffer, source: &Source, record: &mut Record) {
        self.stays_until(index, source, record);
        self.current = Some((index, picture));
        self.stays_until(index + 1, source, record);
    }

    /// The picture stays in place of all frames before `end`.
    fn stays_until(&mut self, end: usize, source: &Source, record: &mut Record) {
        for frame in self.judged..end {
            let Some((shown, picture)) = &self.current else { continue };
            let psnr = psnr_y(source.picture(frame), picture);
            record.frames[frame].psnr = Some(psnr);
            let seen = || Seen { frame, shown: *shown, psnr, picture: picture.clone() };
            if self.wanted.contains(&frame) {
                self.kept.push(seen());
            }
            if self.worst.as_ref().is_none_or(|worst| psnr < worst.psnr) {
                self.worst = Some(seen());
            }
        }
        self.judged = self.judged.max(end);
    }

    fn stills(self, source: &Source) -> Vec<Still> {
        let worst = self.worst.map(|seen| (seen, "the worst moment, "));
        let chosen = self.kept.into_iter().map(|seen| (seen, "")).chain(worst);
        let still = |(seen, what): (Seen, &str)| {
            let Seen { frame, shown, psnr, picture } = seen;
            let late = match frame - shown {
                0 => String::new(),
                frames => format!(", the picture of {frames} frames before"),
            };
            let caption = format!("{what}frame {frame}: {psnr:.1} dB{late}");
            Still { frame, caption, source: source.picture(frame).clone(), received: picture }
        };
        let mut stills: Vec<Still> = chosen.map(still).collect();
        stills.sort_by_key(|still| still.frame);
        stills
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::clip::Clip;
    use crate::common::metrics::PSNR_EQUAL;
    use crate::record::{FrameRecord, Settings};

    #[test]
    fn a_picture_that_stays_is_judged_against_what_it_should_have_been() {
        let source = Source::load(Clip::open("synthetic:noise:16x16:6").unwrap(), 6).unwrap();
        let settings = Settings { fps: 30.0, ..Settings::default() };
        let mut record = Record::new(settings, 6);
        record.frames = vec![FrameRecord::default(); 6];
        let mut screen = Screen { wanted: vec![1, 4], ..Screen::default() };
        for index in [1, 4] {
            screen.show(index, source.picture(index).clone(), &source, &mut record);
        }
        screen.stays_until(6, &source, &mut record);

        let stayed = |shown, frame| Some(psnr_y(source.picture(frame), source.picture(shown)));
        let equal = Some(PSNR_EQUAL);
        let expected = [None, equal, stayed(1, 2), stayed(1, 3), equal, stayed(4, 5)];
        assert_eq!(record.frames.iter().map(|frame| frame.psnr).collect::<Vec<_>>(), expected);
        assert!(stayed(1, 2) < Some(20.0));
        let frames: Vec<usize> = screen.stills(&source).iter().map(|still| still.frame).collect();
        assert_eq!(frames.len(), 3, "two wanted and the worst: {frames:?}");
        assert!(frames.contains(&1) && frames.contains(&4));
    }
}
