//! The sending side: frames in, RTP packets out.

use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use rtav1::rtp::dependency_descriptor::{DependencyStructure, FrameDescriber};
use rtav1::rtp::rtcp::{RtcpMessage, RtcpMessages};
use rtav1::rtp::{
    DeliveryConfig, DeliveryTracker, FrameFeedback, PacketLimits, Packetizer, Payload,
    SequenceNumbers,
};
use rtav1::{
    ConfigError, EncodeOutcome, Encoder, EncoderConfig, FrameOptions, PictureBuffer, Rates,
    TemporalUnit,
};

use crate::common::rtp::{PAYLOAD_TYPE, Packet};
use crate::network::{Path, WIRE_OVERHEAD};
use crate::record::{FrameRecord, PacketRecord, Record};

/// The most bytes of an RTP payload: packets stay below 1280 bytes with all headers.
const MAX_PAYLOAD: usize = 1200;

/// Encoder and packetizer of the call.
pub(crate) struct Sender {
    encoder: Encoder,
    packetizer: Packetizer,
    /// What takes the receiver's reports; without it only key frames can be asked for.
    feedback: Option<Feedback>,
    /// Frames of temporal layers from this one on are left out on the way.
    layers: u8,
    sequence: u16,
}

/// What makes reports of the receiver useful.
struct Feedback {
    describer: FrameDescriber,
    tracker: DeliveryTracker,
}

impl Sender {
    /// A sender whose encoder counts time in ticks of 90 kHz, and hears what was received if it can.
    /// `layers` temporal layers are sent.
    pub(crate) fn new(config: EncoderConfig, feedback: bool, layers: u8) -> anyhow::Result<Self> {
        let structure = DependencyStructure::of_mode(config.scalability_mode);
        let encoder = Encoder::new(config)?;
        let feedback = feedback && encoder.capabilities().feedback;
        Ok(Self {
            feedback: feedback.then(|| Feedback {
                describer: FrameDescriber::new(structure),
                tracker: DeliveryTracker::new(DeliveryConfig::new(SequenceNumbers::Rtp)),
            }),
            layers,
            encoder,
            packetizer: Packetizer::new(PacketLimits::new(MAX_PAYLOAD))?,
            sequence: 0,
        })
    }

    /// Whether the engine can serve a receiver that asks for a key frame.
    pub(crate) fn takes_key_requests(&self) -> bool {
        self.encoder.capabilities().key_on_request
    }

    /// Temporal layers that are sent at most.
    pub(crate) fn layers(&self) -> u8 {
        self.layers
    }

    /// Whether it hears what was received.
    pub(crate) fn takes_feedback(&self) -> bool {
        self.feedback.is_some()
    }

    /// The receiver's RTCP arrived.
    pub(crate) fn rtcp(&mut self, data: &[u8]) -> anyhow::Result<()> {
        let mut key_frame = false;
        match &mut self.feedback {
            Some(feedback) => {
                let outcome = feedback.tracker.rtcp(data)?;
                key_frame = outcome.key_frame;
                for frame in outcome.frames {
                    match frame {
                        FrameFeedback::Acknowledged(id) => self.encoder.acknowledge(id)?,
                        FrameFeedback::Lost(id) => self.encoder.lost(id)?,
                    }
                }
            }
            None => {
                for message in RtcpMessages::new(data) {
                    key_frame |= matches!(message?, RtcpMessage::PictureLoss { .. });
                }
            }
        }
        if key_frame && self.takes_key_requests() {
            self.encoder.request_key_frame()?;
        }
        Ok(())
    }

    /// Whether the engine's target rate can change during the call.
    pub(crate) fn takes_rates(&self) -> bool {
        self.encoder.capabilities().live_rates
    }

    /// The target rate is `bitrate` bit/s from the next frame on.
    pub(crate) fn set_bitrate(&mut self, bitrate: u32) -> Result<(), ConfigError> {
        let frame_rate = self.encoder.config().frame_rate;
        self.encoder.set_rates(Rates::new(bitrate, frame_rate))
    }

    /// Encodes frame `index`, captured at `now`, and sends what comes out.
    pub(crate) fn capture(
        &mut self,
        now: Duration,
        index: usize,
        picture: &PictureBuffer,
        path: &mut Path,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        let captured = now.as_secs_f64();
        record.frames.push(FrameRecord { captured, ..FrameRecord::default() });
        let frame = picture.as_frame(record.settings.ticks(index));
        let started = Instant::now();
        let outcome = self.encoder.encode(&frame, FrameOptions::default())?;
        record.encode_us += started.elapsed().as_secs_f64() * 1e6;
        match outcome {
            EncodeOutcome::Unit(unit) => self.send(now, &unit, path, record)?,
            EncodeOutcome::Dropped(dropped) => {
                let index = record.settings.frame_at(dropped.timestamp);
                record.frames[index].dropped = Some(dropped.reason);
            }
            EncodeOutcome::Pending => {}
        }
        Ok(())
    }

    /// Sends what the encoder still holds, at `now`.
    pub(crate) fn finish(
        &mut self,
        now: Duration,
        path: &mut Path,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        while let Some(unit) = self.encoder.flush()? {
            self.send(now, &unit, path, record)?;
        }
        Ok(())
    }

    fn payloads(&mut self, unit: &TemporalUnit) -> anyhow::Result<Vec<Payload>> {
        Ok(match &mut self.feedback {
            Some(Feedback { describer, .. }) => {
                let described = describer.describe_unit(unit)?;
                self.packetizer.packetize_described(&unit.data, &described)?
            }
            None => self.packetizer.packetize(&unit.data)?,
        })
    }

    fn send(
        &mut self,
        now: Duration,
        unit: &TemporalUnit,
        path: &mut Path,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        let index = record.settings.frame_at(unit.timestamp);
        let frame = &mut record.frames[index];
        (frame.bytes, frame.key) = (unit.data.len(), unit.key_frame);
        let delay = unit.frames.last().and_then(|frame| frame.stats?.delay);
        frame.target_delay_ms = delay.map(|delay| 1000.0 * delay.as_secs_f64());
        let coded = unit.frames.last().context("a unit without frames")?;
        frame.recovery = coded.recovery;
        frame.temporal_id = coded.temporal_id;
        let payloads = self.payloads(unit)?;
        // A server that forwards fewer layers counts packets anew.
        if coded.temporal_id >= self.layers {
            return Ok(());
        }
        if let Some(Feedback { tracker, .. }) = &mut self.feedback {
            let count = payloads.len() as u16;
            let sequences = (0..count).map(|index| self.sequence.wrapping_add(index));
            tracker.frame_sent(coded.id, &coded.dependencies, sequences, now);
        }
        for payload in payloads {
            let packet = Packet {
                payload_type: PAYLOAD_TYPE,
                marker: payload.marker,
                sequence: self.sequence,
                timestamp: unit.timestamp as u32,
                ssrc: 1,
                descriptor: payload.descriptor.clone().unwrap_or_default(),
                payload: payload.to_bytes(),
            };
            self.sequence = self.sequence.wrapping_add(1);
            let bytes = Bytes::from(packet.to_bytes());
            record.packets.push(PacketRecord {
                sent: now.as_secs_f64(),
                wire_bytes: bytes.len() + WIRE_OVERHEAD,
                payload_bytes: packet.payload.len(),
                fate: path.send(now, bytes),
            });
        }
        record.frames[index].link_delay_ms = Some(path.backlog(now).as_secs_f64() * 1000.0);
        Ok(())
    }
}
