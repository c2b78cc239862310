//! The sending side: frames in, RTP packets out.

use std::collections::VecDeque;
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
    ConfigError, EncodeOutcome, Encoder, EncoderConfig, FrameOptions, Rates, TemporalUnit,
};

use crate::common::metrics::psnr_y;
use crate::common::rtp::{PAYLOAD_TYPE, Packet};
use crate::network::{Path, WIRE_OVERHEAD};
use crate::record::{FrameRecord, PacketRecord, Record};
use crate::source::Source;

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
    /// What may be asked for again, oldest first.
    history: VecDeque<Sent>,
}

/// A packet that was sent.
struct Sent {
    sequence: u16,
    frame: usize,
    payload_bytes: usize,
    datagram: Bytes,
}

/// How many packets are kept to be sent again: seconds of a thin link.
const HISTORY: usize = 256;

/// What makes reports of the receiver useful.
struct Feedback {
    describer: FrameDescriber,
    tracker: DeliveryTracker,
}

impl Sender {
    /// A sender whose encoder counts time in ticks of 90 kHz, and hears what was received if it can.
    /// `layers` temporal layers are sent.
    pub(crate) fn new(
        mut config: EncoderConfig,
        feedback: bool,
        layers: u8,
    ) -> anyhow::Result<Self> {
        let structure = DependencyStructure::of_mode(config.scalability_mode);
        // What the viewer would see without losses.
        config.reconstruction = true;
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
            history: VecDeque::new(),
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

    /// Whether its pictures become whole without key frames, whatever was lost.
    pub(crate) fn refreshes(&self) -> bool {
        self.encoder.config().intra_refresh.is_some()
    }

    /// Whether it hears what was received.
    pub(crate) fn takes_feedback(&self) -> bool {
        self.feedback.is_some()
    }

    /// The receiver's RTCP arrived at `now`; what it asks for again goes out on `path`.
    pub(crate) fn rtcp(
        &mut self,
        now: Duration,
        data: &[u8],
        path: &mut Path,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        let mut key_frame = false;
        let mut resend: Vec<u16> = Vec::new();
        match &mut self.feedback {
            Some(feedback) => {
                let outcome = feedback.tracker.rtcp(data)?;
                (key_frame, resend) = (outcome.key_frame, outcome.resend);
                for frame in outcome.frames {
                    match frame {
                        FrameFeedback::Acknowledged(id) => self.encoder.acknowledge(id)?,
                        FrameFeedback::Lost(id) => self.encoder.lost(id)?,
                    }
                }
            }
            None => {
                for message in RtcpMessages::new(data) {
                    match message? {
                        RtcpMessage::PictureLoss { .. } => key_frame = true,
                        RtcpMessage::Nack { sequences, .. } => resend.extend(sequences),
                        _ => {}
                    }
                }
            }
        }
        for sequence in resend {
            self.send_again(now, sequence, path, record);
        }
        if key_frame && self.takes_key_requests() {
            self.encoder.request_key_frame()?;
        }
        Ok(())
    }

    /// Sends a packet once more, as it was.
    fn send_again(&mut self, now: Duration, sequence: u16, path: &mut Path, record: &mut Record) {
        let Some(sent) = self.history.iter().find(|sent| sent.sequence == sequence) else { return };
        if let Some(Feedback { tracker, .. }) = &mut self.feedback {
            tracker.packet_resent(sequence, sequence, now);
        }
        record.packets.push(PacketRecord {
            sent: now.as_secs_f64(),
            frame: sent.frame,
            again: true,
            wire_bytes: sent.datagram.len() + WIRE_OVERHEAD,
            payload_bytes: sent.payload_bytes,
            fate: path.send(now, sent.datagram.clone()),
        });
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
        source: &Source,
        path: &mut Path,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        let captured = now.as_secs_f64();
        record.frames.push(FrameRecord { captured, ..FrameRecord::default() });
        let frame = source.picture(index).as_frame(record.settings.ticks(index));
        let started = Instant::now();
        let outcome = self.encoder.encode(&frame, FrameOptions::default())?;
        record.encode_us += started.elapsed().as_secs_f64() * 1e6;
        match outcome {
            EncodeOutcome::Unit(unit) => self.send(now, &unit, source, path, record)?,
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
        source: &Source,
        path: &mut Path,
        record: &mut Record,
    ) -> anyhow::Result<()> {
        while let Some(unit) = self.encoder.flush()? {
            self.send(now, &unit, source, path, record)?;
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
        source: &Source,
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
        let shown = coded.reconstruction.as_ref();
        frame.sent_psnr = shown.map(|shown| psnr_y(source.picture(index), shown));
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
            let datagram = Bytes::from(packet.to_bytes());
            let payload_bytes = packet.payload.len();
            record.packets.push(PacketRecord {
                sent: now.as_secs_f64(),
                frame: index,
                again: false,
                wire_bytes: datagram.len() + WIRE_OVERHEAD,
                payload_bytes,
                fate: path.send(now, datagram.clone()),
            });
            let sequence = self.sequence;
            self.history.push_back(Sent { sequence, frame: index, payload_bytes, datagram });
            if self.history.len() > HISTORY {
                self.history.pop_front();
            }
            self.sequence = sequence.wrapping_add(1);
        }
        record.frames[index].link_delay_ms = Some(path.backlog(now).as_secs_f64() * 1000.0);
        Ok(())
    }
}
