//! The call itself: time goes from frame to frame, and packets and what is told of them come in between.

use std::time::Duration;

use bytes::Bytes;

use crate::common::cli;
use crate::network::{Path, PathConfig};
use crate::receiver::Receiver;
use crate::record::{Record, Settings};
use crate::sender::Sender;
use crate::source::Source;

/// Both ends, and the ways between them.
struct Exchange<'a> {
    sender: Sender,
    receiver: Receiver,
    /// To the receiver.
    path: Path,
    /// To the sender: as long and as lossy.
    back: Path,
    source: &'a Source,
    record: Record,
}

impl Exchange<'_> {
    /// All that happens between two captures, up to `now`, in its order.
    fn until(&mut self, now: Duration) -> anyhow::Result<()> {
        loop {
            let (told, arrival) = (self.back.next_arrival(), self.path.next_arrival());
            let timeout = self.receiver.next_timeout();
            let times = [told, arrival, timeout].into_iter().flatten();
            let Some(at) = times.min().filter(|&at| at <= now) else { return Ok(()) };
            let (source, record) = (self.source, &mut self.record);
            let rtcp = if told == Some(at) {
                let Some((at, rtcp)) = self.back.receive(at) else { return Ok(()) };
                self.sender.rtcp(at, &rtcp, &mut self.path, record)?;
                continue;
            } else if arrival == Some(at) {
                let Some((at, packet)) = self.path.receive(at) else { return Ok(()) };
                self.receiver.packet(at, &packet, source, record)?
            } else {
                self.receiver.timeout(at, source, record)?
            };
            if !rtcp.is_empty() {
                self.back.send(at, Bytes::from(rtcp));
            }
        }
    }

    /// What is under way when the last frame was sent, and what is asked for again within a round trip;
    /// gives the time of the last arrival, `end` if that is later.
    fn drain(&mut self, mut end: Duration, round_trip: Duration) -> anyhow::Result<Duration> {
        loop {
            let arrival = self.path.next_arrival();
            let told = self.back.next_arrival().filter(|&at| at <= end + round_trip);
            let Some(at) = [arrival, told].into_iter().flatten().min() else { return Ok(end) };
            if arrival == Some(at) {
                end = end.max(at);
            }
            self.until(at)?;
        }
    }
}

/// The call of so many frames; with `nack` packets are asked for again.
pub(crate) fn call(
    settings: Settings,
    sender: Sender,
    config: PathConfig,
    nack: bool,
    source: &Source,
    frames: usize,
) -> anyhow::Result<Record> {
    let record = Record::new(settings, frames);
    let stills = vec![frames / 5, frames / 2, frames * 4 / 5];
    let round_trip = 2 * config.delay;
    let receiver = Receiver::new(round_trip, &sender, nack, stills)?;
    let back = PathConfig { seed: config.seed ^ 0xfeed, ..config.clone() };
    let (path, back) = (Path::new(config), Path::new(back));
    let mut exchange = Exchange { sender, receiver, path, back, source, record };
    // The first target is the encoder's from the start.
    let mut told = 1;
    let bar = cli::progress("calling", Some(frames as u64));

    for index in 0..frames {
        let now = Duration::from_secs_f64(index as f64 / exchange.record.settings.fps);
        exchange.until(now)?;
        let Exchange { sender, path, record, .. } = &mut exchange;
        while let Some(&(_, bitrate)) =
            record.settings.targets.get(told).filter(|target| target.0 <= now.as_secs_f64())
        {
            told += 1;
            sender.set_bitrate(bitrate)?;
        }
        sender.capture(now, index, source, path, record)?;
        bar.inc(1);
    }
    let end = Duration::from_secs_f64(exchange.record.duration);
    let Exchange { sender, path, record, .. } = &mut exchange;
    sender.finish(end, source, path, record)?;
    let end = exchange.drain(end, round_trip)?;
    let Exchange { receiver, mut record, .. } = exchange;
    receiver.finish(end, source, &mut record);
    bar.finish_and_clear();
    Ok(record)
}
