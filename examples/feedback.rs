//! Feedback wired up: descriptors beside packets, reports of what arrived back to the encoder, and
//! recovery from a loss without a key frame.
//!
//! Between `Sender` and `answer` an application has its sockets; here it is a loop in which every
//! thirteenth packet gets lost.

use std::time::Duration;

use rtav1::rtp::dependency_descriptor::{DependencyStructure, FrameDescriber};
use rtav1::rtp::rtcp::{write_nack, write_picture_loss};
use rtav1::rtp::{
    DeliveryConfig, DeliveryTracker, FrameFeedback, PacketLimits, Packetizer, PictureState,
    Receiver, ReceiverConfig, ReceiverEvent, Request, RtpPacket, SequenceNumbers,
};
use rtav1::synthetic::{Clip, Scene};
use rtav1::{Encoder, EncoderConfig, FrameOptions, ScalabilityMode, TemporalUnit};

struct Sender {
    encoder: Encoder,
    describer: FrameDescriber,
    packetizer: Packetizer,
    tracker: DeliveryTracker,
    sequence: u16,
}

impl Sender {
    /// The packets of a coded picture; the descriptor is an element of the header extension.
    fn send(&mut self, unit: &TemporalUnit, now: Duration) -> anyhow::Result<Vec<RtpPacket>> {
        let described = self.describer.describe_unit(unit)?;
        let mut packets = Vec::new();
        for payload in self.packetizer.packetize_described(&unit.data, &described)? {
            let (timestamp, data) = (unit.timestamp as u32, payload.to_bytes());
            let packet = RtpPacket::new(self.sequence, timestamp, payload.marker, data);
            packets.push(packet.with_descriptor(payload.descriptor.unwrap_or_default()));
            self.sequence = self.sequence.wrapping_add(1);
        }
        let frame = &unit.frames[0];
        let sequences = packets.iter().map(|packet| packet.sequence);
        self.tracker.frame_sent(frame.id, &frame.dependencies, sequences, now);
        Ok(packets)
    }

    /// RTCP from the other end: a browser's, or that of `answer` below.
    fn feedback(&mut self, rtcp: &[u8]) -> anyhow::Result<()> {
        let outcome = self.tracker.rtcp(rtcp)?;
        for feedback in outcome.frames {
            match feedback {
                FrameFeedback::Acknowledged(id) => self.encoder.acknowledge(id)?,
                FrameFeedback::Lost(id) => self.encoder.lost(id)?,
            }
        }
        if outcome.key_frame {
            self.encoder.request_key_frame()?;
        }
        Ok(()) // outcome.resend has the packets that are asked for again
    }
}

/// After each packet and each timeout of the receiver: decodes, and makes what to send back.
fn answer(receiver: &mut Receiver, now: Duration) -> Vec<u8> {
    let mut rtcp = Vec::new();
    while let Some(event) = receiver.next_event() {
        match event {
            ReceiverEvent::Picture(picture) if picture.state != PictureState::Repeated => {
                println!("decode {} bytes", picture.unit.data.len());
            }
            _ => {}
        }
    }
    while let Some(request) = receiver.next_request(now) {
        match request {
            Request::KeyFrame => write_picture_loss(1, 2, &mut rtcp),
            Request::Retransmission(sequences) => write_nack(1, 2, &sequences, &mut rtcp),
            _ => {} // recovery: the report says it all
        }
    }
    if let Some(report) = receiver.report() {
        report.write(1, &mut rtcp);
    }
    rtcp
}

/// A call of so many pictures over a link that loses every `lossy`th packet: how many were sent, how
/// many of them are key frames, and whether the receiver lacks anything at the end.
fn call(pictures: u64, lossy: u16) -> anyhow::Result<(usize, usize, bool)> {
    let clip = Clip::new(Scene::MovingTexture, 64, 64, 1)?;
    let mut config = EncoderConfig::new(64, 64, 100_000);
    config.scalability_mode = ScalabilityMode::L1T2;
    let mut sender = Sender {
        encoder: Encoder::new(config)?,
        describer: FrameDescriber::new(DependencyStructure::up_to_mode(ScalabilityMode::L1T3)),
        packetizer: Packetizer::new(PacketLimits::new(1200))?,
        tracker: DeliveryTracker::new(DeliveryConfig::new(SequenceNumbers::Rtp)),
        sequence: 65_521,
    };
    let mut config = ReceiverConfig::default();
    config.recovery = true;
    // Packets arrive in the order of sending.
    config.depacketizer.reorder_packets = 1;
    let mut receiver = Receiver::new(config)?;
    let (mut sent, mut keys) = (0, 0);
    for number in 0..pictures {
        let now = Duration::from_millis(33 * number);
        let picture = clip.picture(number);
        let frame = picture.as_frame(number * 3000);
        let outcome = sender.encoder.encode(&frame, FrameOptions::default())?;
        let Some(unit) = outcome.into_unit() else { continue };
        sent += 1;
        keys += usize::from(unit.key_frame);
        for packet in sender.send(&unit, now)? {
            if packet.sequence % lossy != lossy - 1 {
                receiver.push(packet, now)?;
            }
        }
        let rtcp = answer(&mut receiver, now);
        sender.feedback(&rtcp)?;
    }
    Ok((sent, keys, receiver.is_lacking()))
}

fn main() -> anyhow::Result<()> {
    let (sent, keys, lacking) = call(90, 13)?;
    println!("{sent} pictures sent, {keys} of them key frames; lacking something: {lacking}");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_key_frame_is_enough() {
        let (sent, keys, lacking) = super::call(60, 13).unwrap();
        assert_eq!((keys, lacking), (1, false));
        assert!(sent > 50, "{sent}");
    }
}
