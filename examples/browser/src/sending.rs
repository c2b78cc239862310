//! From coded frames to packets of str0m's, and from feedback to what the encoder is told.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rtav1::TemporalUnit;
use rtav1::rtp::dependency_descriptor::{DependencyStructure, FrameDescriber};
use rtav1::rtp::{FrameFeedback, PacketLimits, Packetizer};
use str0m::media::Pt;
use str0m::rtp::rtcp::{Rtcp, Twcc};
use str0m::rtp::{RawPacket, RtpHeader, RtpWrite, Ssrc};

use crate::delivery::Deliveries;
use crate::descriptor;
use crate::encoding::{Control, MAX_PAYLOAD};
use crate::estimate::Estimator;
use crate::losses::{LAYERS, Losses};
use crate::options::{Options, Rating};
use crate::relay::DATAGRAM_OVERHEAD;
use crate::stats::SharedStats;

/// SRTP's authentication tag, in bytes (RFC 7714, 13.2).
const TAG: usize = 16;
/// Bit/s on the wire that the estimate does not fall below.
const LEAST: u32 = 20_000;
/// A frame's packets are two at least this often while the estimate asks for pairs of packets.
const PAIR_INTERVAL: Duration = Duration::from_millis(200);

/// The stream to the browser.
pub(crate) struct Sending {
    epoch: Instant,
    payload_type: Pt,
    ssrc: Ssrc,
    describer: FrameDescriber,
    packetizer: Packetizer,
    deliveries: Deliveries,
    /// `None` where the rate is told, or str0m estimates it.
    estimator: Option<Estimator>,
    next_sequence: u64,
    last_pair: Duration,
    losses: Losses,
    /// Whether layers go by losses.
    layers_by_loss: bool,
    /// Whether the browser reads descriptors. One that does not holds each frame to need the one before, and
    /// decodes no recovery frame: lost packets have to be sent again.
    described: bool,
    resend: bool,
    wrong_descriptors: bool,
    packets: VecDeque<RtpWrite>,
    controls: Sender<Control>,
    stats: SharedStats,
}

impl Sending {
    pub(crate) fn new(
        options: &Options,
        (payload_type, ssrc): (Pt, Ssrc),
        described: bool,
        controls: Sender<Control>,
        stats: SharedStats,
    ) -> anyhow::Result<Self> {
        let epoch = Instant::now();
        let estimator = (options.rating == Rating::Estimate)
            .then(|| Estimator::new(options.start, LEAST, options.most));
        stats.lock().payload_type = *payload_type;
        Ok(Self {
            epoch,
            payload_type,
            ssrc,
            describer: FrameDescriber::new(DependencyStructure::up_to_mode(
                options.layers.unwrap_or(LAYERS),
            )),
            packetizer: Packetizer::new(PacketLimits::new(MAX_PAYLOAD))?,
            deliveries: Deliveries::new(epoch),
            estimator,
            next_sequence: 1,
            last_pair: Duration::ZERO,
            layers_by_loss: options.layers.is_none(),
            described,
            losses: Losses::new(),
            resend: options.resend,
            wrong_descriptors: options.wrong_descriptors,
            packets: VecDeque::new(),
            controls,
            stats,
        })
    }

    /// Cuts a frame into packets, to be taken by [`next_packet`](Self::next_packet).
    pub(crate) fn frame(&mut self, unit: &TemporalUnit) -> anyhow::Result<()> {
        let described = self.describer.describe_unit(unit)?;
        let payloads = match self.pair(unit.data.len()) {
            Some(packetizer) => packetizer.packetize_described(&unit.data, &described)?,
            None => self.packetizer.packetize_described(&unit.data, &described)?,
        };
        self.deliveries.frame(unit, payloads.len());
        // What no other frame needs is not worth a second packet.
        let resend = self.resend && unit.frames[0].temporal_id == 0;
        for payload in payloads {
            let sequence = self.next_sequence;
            let data = payload.to_bytes();
            let mut descriptor = payload.descriptor.unwrap_or_default();
            if self.wrong_descriptors && !unit.key_frame {
                // A.8: a template of the key frame, and another frame's number.
                let number = (sequence.wrapping_mul(2) as u16).to_be_bytes();
                descriptor = vec![0xc1, number[0], number[1]].into();
            }
            let mut values = descriptor::values(descriptor);
            self.losses.tell(self.epoch.elapsed(), &mut values);
            let (time, now) = (unit.timestamp as u32, Instant::now());
            let packet =
                RtpWrite::new(self.payload_type, sequence.into(), time, now, data.to_vec())
                    .marker(payload.marker)
                    .nackable(resend)
                    .ext_vals(values);
            self.packets.push_back(packet);
            self.next_sequence += 1;
        }
        Ok(())
    }

    /// A packet that is to be handed to str0m.
    pub(crate) fn next_packet(&mut self) -> Option<RtpWrite> {
        self.packets.pop_front()
    }

    /// Smaller packets for a frame that would be one, now and then, where a pair would tell something.
    fn pair(&mut self, bytes: usize) -> Option<Packetizer> {
        let now = self.epoch.elapsed();
        let wanted = self.estimator.as_ref().is_some_and(Estimator::wants_pairs);
        if !wanted || bytes >= MAX_PAYLOAD || now - self.last_pair < PAIR_INTERVAL {
            return None;
        }
        self.last_pair = now;
        let half = (bytes / 2 + 40).max(120);
        Packetizer::new(PacketLimits::new(half)).ok()
    }

    /// str0m estimates another rate, without what it does not count: headers.
    pub(crate) fn estimated(&mut self, bitrate: u32) {
        let _ = self.controls.send(Control::Target(bitrate.max(LEAST)));
    }

    pub(crate) fn key_frame_requested(&mut self) {
        let _ = self.controls.send(Control::KeyFrame);
    }

    /// A packet as it goes out or comes in.
    pub(crate) fn raw_packet(&mut self, packet: RawPacket) {
        match packet {
            RawPacket::RtpTx(header, data) => self.sent(&header, &data),
            RawPacket::RtcpRx(Rtcp::Twcc(twcc)) => self.feedback(twcc),
            RawPacket::RtcpRx(Rtcp::Nack(_)) => self.stats.lock().nacks += 1,
            _ => {}
        }
    }

    fn sent(&mut self, header: &RtpHeader, data: &[u8]) {
        let bytes = data.len() + TAG + DATAGRAM_OVERHEAD;
        let now = self.epoch.elapsed();
        let first = header.ssrc == self.ssrc;
        {
            let mut stats = self.stats.lock();
            stats.packets += 1;
            stats.bytes += bytes as u64;
            stats.resent += u64::from(!first);
        }
        let Some(number) = header.ext_vals.transport_cc else { return };
        if first {
            self.deliveries.left(header.sequence_number, number, bytes, now);
            return;
        }
        // RFC 4588, 4: the original sequence number leads the payload; padding has no payload.
        let padding = data.first().is_some_and(|first| first & 0x20 != 0);
        let original = data.get(header.header_len..).and_then(|payload| payload.first_chunk());
        let original = original.filter(|_| !padding).map(|&bytes| u16::from_be_bytes(bytes));
        self.deliveries.left_again(original, number, bytes, now);
    }

    fn feedback(&mut self, twcc: Twcc) {
        let (frames, reports) = self.deliveries.feedback(twcc);
        let mut stats = self.stats.lock();
        for feedback in frames {
            match feedback {
                FrameFeedback::Acknowledged(_) => stats.frames_acknowledged += 1,
                FrameFeedback::Lost(_) => stats.frames_lost += 1,
            }
            if self.described {
                let _ = self.controls.send(Control::Feedback(feedback));
            }
        }
        stats.packets_lost +=
            reports.iter().filter(|report| report.arrived.is_none()).count() as u64;
        drop(stats);
        let layers = self.losses.feedback(self.epoch.elapsed(), &reports);
        if let Some(mode) = layers.filter(|_| self.layers_by_loss) {
            let _ = self.controls.send(Control::Layers(mode));
        }
        if let Some(estimator) = &mut self.estimator {
            let mut stats = self.stats.lock();
            estimator.feedback(self.epoch.elapsed(), &reports);
            (stats.capacity, stats.queue) = (estimator.capacity(), estimator.queue());
            let _ = self.controls.send(Control::Target(estimator.target()));
        }
    }
}
