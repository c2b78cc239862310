//! The call itself: time goes from frame to frame, and packets and what is told of them come in between.

use std::time::Duration;

use bytes::Bytes;

use crate::common::cli;
use crate::network::{Path, PathConfig};
use crate::receiver::Receiver;
use crate::record::{Record, Settings};
use crate::sender::Sender;
use crate::source::Source;

/// The receiving end, and the way back to the sender.
struct Exchange<'a> {
    receiver: Receiver,
    /// To the receiver.
    path: Path,
    /// To the sender: as long and as lossy.
    back: Path,
    source: &'a Source,
    record: Record,
}

impl Exchange<'_> {
    /// All that happens at the receiver up to `now`.
    fn receive(&mut self, now: Duration) -> anyhow::Result<()> {
        loop {
            let arrival = self.path.next_arrival().filter(|&at| at <= now);
            let timeout = self.receiver.next_timeout().filter(|&at| at <= now);
            let (at, rtcp) = match (arrival, timeout) {
                (Some(arrival), timeout) if timeout.is_none_or(|timeout| arrival <= timeout) => {
                    let Some((at, packet)) = self.path.receive(now) else { return Ok(()) };
                    let (source, record) = (self.source, &mut self.record);
                    (at, self.receiver.packet(at, &packet, source, record)?)
                }
                (_, Some(at)) => (at, self.receiver.timeout(at, self.source, &mut self.record)?),
                _ => return Ok(()),
            };
            if !rtcp.is_empty() {
                self.back.send(at, Bytes::from(rtcp));
            }
        }
    }
}

/// The call of so many frames; `layers` temporal layers are forwarded.
pub(crate) fn call(
    settings: Settings,
    mut sender: Sender,
    config: PathConfig,
    source: &Source,
    frames: usize,
) -> anyhow::Result<Record> {
    let record = Record::new(settings, frames);
    let stills = vec![frames / 5, frames / 2, frames * 4 / 5];
    let round_trip = 2 * config.delay;
    let layers = sender.layers();
    let receiver = Receiver::new(round_trip, sender.takes_feedback(), layers, stills)?;
    let back = PathConfig { seed: config.seed ^ 0xfeed, ..config.clone() };
    let (path, back) = (Path::new(config), Path::new(back));
    let mut exchange = Exchange { receiver, path, back, source, record };
    // The first target is the encoder's from the start.
    let mut told = 1;
    let bar = cli::progress("calling", Some(frames as u64));

    for index in 0..frames {
        let now = Duration::from_secs_f64(index as f64 / exchange.record.settings.fps);
        exchange.receive(now)?;
        while let Some((_, rtcp)) = exchange.back.receive(now) {
            sender.rtcp(&rtcp)?;
        }
        let Exchange { path, record, .. } = &mut exchange;
        while let Some(&(_, bitrate)) =
            record.settings.targets.get(told).filter(|target| target.0 <= now.as_secs_f64())
        {
            told += 1;
            sender.set_bitrate(bitrate)?;
        }
        sender.capture(now, index, source.picture(index), path, record)?;
        bar.inc(1);
    }
    let mut end = Duration::from_secs_f64(exchange.record.duration);
    sender.finish(end, &mut exchange.path, &mut exchange.record)?;
    while let Some(arrival) = exchange.path.next_arrival() {
        exchange.receive(arrival)?;
        end = end.max(arrival);
    }
    let Exchange { receiver, mut record, .. } = exchange;
    receiver.finish(end, source, &mut record);
    bar.finish_and_clear();
    Ok(record)
}
