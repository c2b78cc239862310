//! The sending side: frames in, RTP packets out.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rtav1::rtp::{PacketLimits, Packetizer};
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
    sequence: u16,
}

impl Sender {
    /// A sender whose encoder counts time in ticks of 90 kHz.
    pub(crate) fn new(config: EncoderConfig) -> anyhow::Result<Self> {
        Ok(Self {
            encoder: Encoder::new(config)?,
            packetizer: Packetizer::new(PacketLimits::new(MAX_PAYLOAD))?,
            sequence: 0,
        })
    }

    /// Whether the engine can serve a receiver that asks for a key frame.
    pub(crate) fn takes_key_requests(&self) -> bool {
        self.encoder.capabilities().key_on_request
    }

    /// The receiver asked for a key frame.
    pub(crate) fn key_requested(&mut self) -> Result<(), ConfigError> {
        self.encoder.request_key_frame()
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
        for payload in self.packetizer.packetize(&unit.data)? {
            let packet = Packet {
                payload_type: PAYLOAD_TYPE,
                marker: payload.marker,
                sequence: self.sequence,
                timestamp: unit.timestamp as u32,
                ssrc: 1,
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
