//! The browser's own video: packets in, pictures out, on a thread of their own for decoding.

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use rtav1::rtp::{self, PictureState, ReceivedUnit, ReceiverConfig, ReceiverEvent, Request};
use rtav1::{Decoder, DecoderConfig};
use str0m::rtp::RtpPacket;

use crate::descriptor;
use crate::encoding::Control;
use crate::peer::Input;
use crate::stats::SharedStats;

/// The stream from the browser.
pub(crate) struct Receiving {
    receiver: rtp::Receiver,
    units: Sender<ReceivedUnit>,
    stats: SharedStats,
}

impl Receiving {
    /// A stream whose units go to `units`, to be decoded.
    pub(crate) fn new(units: Sender<ReceivedUnit>, stats: SharedStats) -> anyhow::Result<Self> {
        let mut config = ReceiverConfig::default();
        // str0m asks for lost packets again: there is time for them to come.
        config.depacketizer.reorder_packets = 256;
        config.depacketizer.reorder_wait = Duration::from_millis(250);
        Ok(Self { receiver: rtp::Receiver::new(config)?, units, stats })
    }

    /// Takes a packet; tells whether a key frame is to be asked for.
    pub(crate) fn packet(&mut self, packet: &RtpPacket, now: Duration) -> bool {
        let header = &packet.header;
        let descriptor = descriptor::of(&header.ext_vals);
        {
            let mut stats = self.stats.lock();
            stats.received.packets += 1;
            stats.received.bytes += packet.payload.len() as u64;
            stats.received.with_descriptor += u64::from(!descriptor.is_empty());
        }
        // Probes have no payload.
        if packet.payload.is_empty() {
            return false;
        }
        let (time, payload) = (header.timestamp, packet.payload.to_vec());
        let packet = rtp::RtpPacket::new(header.sequence_number, time, header.marker, payload);
        // A malformed packet counts as lost, so that an event tells of it.
        let _ = self.receiver.push(packet.with_descriptor(descriptor), now);
        self.events(now)
    }

    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.receiver.next_timeout()
    }

    /// The time has come that it asked for; tells whether a key frame is to be asked for.
    pub(crate) fn timeout(&mut self, now: Duration) -> bool {
        self.receiver.handle_timeout(now);
        self.events(now)
    }

    /// The decoder could not decode a unit; tells whether a key frame is to be asked for.
    pub(crate) fn decoding_failed(&mut self, now: Duration) -> bool {
        self.receiver.decoding_failed();
        self.events(now)
    }

    fn events(&mut self, now: Duration) -> bool {
        while let Some(event) = self.receiver.next_event() {
            let ReceiverEvent::Picture(picture) = event else { continue };
            let mut stats = self.stats.lock();
            stats.received.key_frames += u64::from(picture.unit.new_sequence);
            if picture.state == PictureState::Repeated {
                stats.received.skipped += 1;
            } else {
                let _ = self.units.send(picture.unit);
            }
        }
        let mut asked = false;
        while let Some(request) = self.receiver.next_request(now) {
            asked |= request == Request::KeyFrame;
        }
        self.stats.lock().received.requests += u64::from(asked);
        asked
    }
}

/// Decodes until the other end of `units` is gone; pictures go to the encoder.
pub(crate) fn decode(
    units: &Receiver<ReceivedUnit>,
    pictures: &Sender<Control>,
    peer: &Sender<Input>,
    stats: &SharedStats,
) -> anyhow::Result<()> {
    let mut decoder = Decoder::new(DecoderConfig::default())?;
    for unit in units {
        let picture = match decoder.decode(unit.data, unit.timestamp) {
            Ok(Some(picture)) => picture.to_buffer()?,
            Ok(None) => continue,
            Err(_) => {
                stats.lock().received.errors += 1;
                let _ = peer.send(Input::DecodingFailed);
                continue;
            }
        };
        {
            let received = &mut stats.lock().received;
            received.pictures += 1;
            (received.width, received.height) = (picture.width(), picture.height());
        }
        let _ = pictures.send(Control::Picture(picture));
    }
    Ok(())
}
