//! What is written down during a call, and what it comes to.

use std::ops::{Add, Range};

use rtav1::{DropReason, PictureBuffer};

use crate::common::metrics::{Freeze, mean, percentile};
use crate::common::rtp::CLOCK_RATE;
use crate::losses;
use crate::network::Fate;

/// The settings of the call, as the report names them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) clip: String,
    pub(crate) engine: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) fps: f64,
    /// Targets of the encoder: seconds from which on, and bit/s.
    pub(crate) targets: Vec<(f64, u32)>,
    /// Capacities of the link: seconds from which on, and bit/s.
    pub(crate) capacities: Vec<(f64, f64)>,
    /// The most delay on a link of the target rate.
    pub(crate) max_delay_ms: f64,
    /// Share of packets lost, in percent.
    pub(crate) loss: f64,
    pub(crate) delay_ms: f64,
    pub(crate) jitter_ms: f64,
    pub(crate) queue_ms: f64,
}

impl Settings {
    /// The targets as levels.
    pub(crate) fn target_levels(&self) -> Vec<(f64, f64)> {
        self.targets.iter().map(|&(time, rate)| (time, f64::from(rate))).collect()
    }

    /// The RTP timestamp of frame `index`, in ticks of 90 kHz, not yet cut to 32 bits.
    pub(crate) fn ticks(&self, index: usize) -> u64 {
        (index as f64 * f64::from(CLOCK_RATE) / self.fps).round() as u64
    }

    /// The frame with RTP timestamp `ticks`.
    pub(crate) fn frame_at(&self, ticks: u64) -> usize {
        (ticks as f64 * self.fps / f64::from(CLOCK_RATE)).round() as usize
    }
}

/// One frame of the call; times in seconds since the start of the call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FrameRecord {
    pub(crate) captured: f64,
    /// Bytes of its temporal unit; 0 if it was not coded.
    pub(crate) bytes: usize,
    pub(crate) key: bool,
    /// It answers a loss, from frames that the receiver has.
    pub(crate) recovery: bool,
    pub(crate) temporal_id: u8,
    /// Why the encoder left it out, if it did.
    pub(crate) dropped: Option<DropReason>,
    /// What a link of exactly the target rate then has still to carry, in ms, if the engine says.
    pub(crate) target_delay_ms: Option<f64>,
    /// What the bottleneck then has still to carry, in ms.
    pub(crate) link_delay_ms: Option<f64>,
    /// PSNR-Y in dB of what was sent.
    pub(crate) sent_psnr: Option<f64>,
    /// When the receiver showed it.
    pub(crate) shown: Option<f64>,
    /// PSNR-Y in dB of what the receiver saw in its place: itself, or the picture before it that
    /// stayed; `None` before the first picture.
    pub(crate) psnr: Option<f64>,
}

impl FrameRecord {
    /// Whether it went out on the link.
    pub(crate) fn was_sent(&self) -> bool {
        self.link_delay_ms.is_some()
    }

    /// dB of PSNR-Y by which what was seen is below what was sent.
    pub(crate) fn decibels_lost(&self) -> Option<f64> {
        Some(self.sent_psnr? - self.psnr?)
    }
}

/// One packet on the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PacketRecord {
    pub(crate) sent: f64,
    /// The frame that it is of.
    pub(crate) frame: usize,
    /// It was sent before and is asked for again.
    pub(crate) again: bool,
    /// Bytes with all headers.
    pub(crate) wire_bytes: usize,
    /// Bytes of the RTP payload.
    pub(crate) payload_bytes: usize,
    pub(crate) fate: Fate,
}

/// Source and received picture of the same moment.
#[derive(Clone, Debug)]
pub(crate) struct Still {
    pub(crate) frame: usize,
    pub(crate) caption: String,
    pub(crate) source: PictureBuffer,
    pub(crate) received: PictureBuffer,
}

/// A whole call.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) settings: Settings,
    pub(crate) frames: Vec<FrameRecord>,
    pub(crate) packets: Vec<PacketRecord>,
    /// When the receiver asked for a key frame, in seconds.
    pub(crate) key_requests: Vec<f64>,
    pub(crate) freezes: Vec<Freeze>,
    pub(crate) stills: Vec<Still>,
    /// Time during which frames are captured, in seconds.
    pub(crate) duration: f64,
    /// When the last packet had arrived, in seconds.
    pub(crate) end: f64,
    /// Wall-clock microseconds spent in the encoder.
    pub(crate) encode_us: f64,
}

/// A line of the table: what, how much, and what it is measured against.
pub(crate) type Row = (&'static str, String, String);

impl Record {
    /// A call of `frames` frames that has not begun.
    pub(crate) fn new(settings: Settings, frames: usize) -> Self {
        let duration = frames as f64 / settings.fps;
        Self {
            settings,
            frames: Vec::with_capacity(frames),
            packets: Vec::new(),
            key_requests: Vec::new(),
            freezes: Vec::new(),
            stills: Vec::new(),
            duration,
            end: duration,
            encode_us: 0.0,
        }
    }

    /// Time from capture to display of each frame shown, in ms, with the capture time.
    pub(crate) fn delays(&self) -> Vec<(f64, f64)> {
        self.delays_of(0..u8::MAX)
    }

    /// The same of the frames of these temporal layers.
    pub(crate) fn delays_of(&self, layers: Range<u8>) -> Vec<(f64, f64)> {
        let shown = |frame: &FrameRecord| {
            frame.shown.map(|shown| (frame.captured, (shown - frame.captured) * 1000.0))
        };
        let frames = self.frames.iter().filter(|frame| layers.contains(&frame.temporal_id));
        frames.filter_map(shown).collect()
    }

    /// Seconds frozen.
    fn frozen(&self) -> f64 {
        // The sum of nothing would be a negative zero.
        self.freezes.iter().map(|freeze| freeze.end - freeze.start).fold(0.0, f64::add)
    }

    /// The freezes by the capture times of the pictures that stayed and that came, which is where
    /// the frames that were not shown lie.
    pub(crate) fn frozen_captures(&self) -> Vec<Freeze> {
        let captured = |time: f64| {
            let frame = self.frames.iter().find(|frame| frame.shown == Some(time));
            frame.map_or(self.duration, |frame| frame.captured)
        };
        let by_capture =
            |freeze: &Freeze| Freeze { start: captured(freeze.start), end: captured(freeze.end) };
        self.freezes.iter().map(by_capture).collect()
    }

    /// Rate of `bytes` over the second around each tenth of a second, in kbit/s.
    pub(crate) fn rate(&self, bytes: impl Fn(&PacketRecord) -> usize) -> Vec<(f64, f64)> {
        let steps = (self.duration * 10.0) as usize;
        let at = |step: usize| {
            let time = step as f64 / 10.0;
            // At both ends of the call the window is what lies within it.
            let (start, end) = ((time - 0.5).max(0.0), (time + 0.5).min(self.duration));
            let inside = self.packets.iter().filter(|p| p.sent >= start && p.sent < end);
            let bits = inside.map(|p| bytes(p) * 8).sum::<usize>() as f64;
            (time, bits / (end - start) / 1000.0)
        };
        (0..=steps).map(at).collect()
    }

    /// The table of the call.
    pub(crate) fn table(&self) -> Vec<Row> {
        let kilobits = |bytes: usize| bytes as f64 * 8.0 / self.duration / 1000.0;
        let of_packets = |count: usize| percent(count as f64, self.packets.len() as f64);
        let with_fate = |fate: Fate| self.packets.iter().filter(|p| p.fate == fate).count();
        let count = |test: fn(&FrameRecord) -> bool| self.frames.iter().filter(|f| test(f)).count();

        let video = kilobits(self.frames.iter().map(|f| f.bytes).sum());
        let wire = kilobits(self.packets.iter().map(|p| p.wire_bytes).sum());
        let delays: Vec<f64> = self.delays().into_iter().map(|(_, delay)| delay).collect();
        let delay = |p: f64| percentile(&delays, p).map_or("-".into(), |ms| format!("{ms:.0}"));
        let psnr: Vec<f64> = self.frames.iter().filter_map(|f| f.psnr).collect();
        let decibel = |value: Option<f64>| value.map_or("-".into(), |db| format!("{db:.1} dB"));
        let frozen = self.frozen();
        let (lost, overflow) = (with_fate(Fate::Lost), with_fate(Fate::QueueFull));
        let target = mean_level(&self.settings.target_levels(), self.duration) / 1000.0;
        let capacity = mean_level(&self.settings.capacities, self.duration) / 1000.0;
        let drops = self.drops();

        let mut rows = vec![
            (
                "video rate",
                format!("{video:.1} kbit/s"),
                format!("target {target:.1}, {}", deviation(video, target)),
            ),
            (
                "rate on the wire",
                format!("{wire:.1} kbit/s"),
                format!("capacity {capacity:.0}, {} packets with all headers", self.packets.len()),
            ),
            (
                "delay p50 / p95 / max",
                format!("{} / {} / {} ms", delay(50.0), delay(95.0), delay(100.0)),
                format!("capture to display; the way alone takes {:.0}", self.settings.delay_ms),
            ),
            (
                "packets lost",
                format!("{} ({})", lost + overflow, of_packets(lost + overflow)),
                format!("{lost} on the way, {overflow} by the full queue"),
            ),
            (
                "frames shown",
                format!("{} of {}", count(|f| f.shown.is_some()), self.frames.len()),
                format!("{} left out by the encoder{drops}", count(|f| f.dropped.is_some())),
            ),
            (
                "key frames",
                format!("{}", count(|f| f.key)),
                format!("asked for {} times", self.key_requests.len()),
            ),
            (
                "recovery frames",
                format!("{}", count(|f| f.recovery)),
                "losses answered from what the receiver has".into(),
            ),
            (
                "freezes",
                format!("{}, {frozen:.2} s", self.freezes.len()),
                format!("{} of the call", percent(frozen, self.end)),
            ),
            (
                "PSNR-Y seen, mean / min",
                format!(
                    "{} / {}",
                    decibel(mean(&psnr)),
                    decibel(psnr.iter().copied().reduce(f64::min))
                ),
                "pictures that stayed count against what they should have been".into(),
            ),
            (
                "encoding",
                format!("{:.2} ms a frame", self.encode_us / 1000.0 / self.frames.len() as f64),
                "on this machine; not part of the delay".into(),
            ),
        ];
        rows.splice(8..8, self.loss_rows());
        for (place, row) in self.queue_rows().into_iter().enumerate() {
            rows.insert(3 + place, row);
        }
        rows
    }

    /// How many frames were left out for each reason, after a colon; empty if none was.
    fn drops(&self) -> String {
        let dropped = |&reason: &DropReason| {
            let count = self.frames.iter().filter(|f| f.dropped == Some(reason)).count();
            (count > 0).then(|| format!("{count} {}", reason.name()))
        };
        let drops: Vec<String> = DropReason::ALL.iter().filter_map(dropped).collect();
        if drops.is_empty() { String::new() } else { format!(": {}", drops.join(", ")) }
    }

    /// Packets that were sent again, and what losses cost.
    fn loss_rows(&self) -> Vec<Row> {
        let again = self.packets.iter().filter(|packet| packet.again).count();
        let asked = "asked for by NACK, on the same link".to_owned();
        let again = (again > 0).then(|| ("packets sent again", again.to_string(), asked));
        again.into_iter().chain(losses::rows(self)).collect()
    }

    /// The waits in front of a link of the target rate, and of the real one, against the bound.
    fn queue_rows(&self) -> [Row; 2] {
        let bound = self.settings.max_delay_ms;
        let target_delays = delays_of(&self.frames, |frame| frame.target_delay_ms);
        let link_delays = delays_of(&self.frames, |frame| frame.link_delay_ms);
        let waits = [
            ("queue p95 / max, target", target_delays, "on a link of exactly the target rate"),
            ("queue p95 / max, link", link_delays, "at the bottleneck, with headers"),
        ];
        waits.map(|(what, values, link)| {
            let passed = values.iter().filter(|&&value| value > bound + ROUNDING).count();
            let ms = |p: f64| percentile(&values, p).map_or("-".into(), |ms| format!("{ms:.0}"));
            let remark = format!("bound of {bound:.0} passed {passed} times {link}");
            (what, format!("{} / {} ms", ms(95.0), ms(100.0)), remark)
        })
    }
}

/// Encoders tell delays in single precision.
const ROUNDING: f64 = 0.001;

fn delays_of(frames: &[FrameRecord], delay: fn(&FrameRecord) -> Option<f64>) -> Vec<f64> {
    frames.iter().filter_map(delay).collect()
}

/// The mean of levels that hold each from its time on, over the time from 0 to `end`.
fn mean_level(levels: &[(f64, f64)], end: f64) -> f64 {
    let ends = levels.iter().skip(1).map(|next| next.0).chain([end]);
    let areas = levels.iter().zip(ends).map(|(&(start, level), end)| level * (end - start));
    areas.sum::<f64>() / end
}

/// By how much `value` differs from `target`, in percent.
fn deviation(value: f64, target: f64) -> String {
    // Rounded first, so that there is no negative zero.
    let tenths = ((value / target - 1.0) * 1000.0).round() as i64;
    format!("{:+.1} %", tenths as f64 / 10.0)
}

fn percent(part: f64, whole: f64) -> String {
    if whole > 0.0 { format!("{:.1} %", part / whole * 100.0) } else { "-".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            clip: "clip".into(),
            engine: "engine",
            width: 16,
            height: 16,
            fps: 30_000.0 / 1001.0,
            targets: vec![(0.0, 80_000)],
            capacities: vec![(0.0, 100_000.0)],
            max_delay_ms: 200.0,
            loss: 0.0,
            delay_ms: 0.0,
            jitter_ms: 0.0,
            queue_ms: 0.0,
        }
    }

    #[test]
    fn every_frame_is_found_by_its_timestamp() {
        let settings = settings();
        assert_eq!(settings.ticks(100), 300_300);
        assert!((0..10_000).all(|index| settings.frame_at(settings.ticks(index)) == index));
    }

    #[test]
    fn the_rate_is_that_of_the_second_around() {
        let mut record = Record::new(settings(), 120);
        let packet = |sent| PacketRecord {
            sent,
            wire_bytes: 1000,
            payload_bytes: 900,
            ..PacketRecord::default()
        };
        record.packets = [0.2, 2.0, 2.2].map(packet).to_vec();
        let rate = record.rate(|packet| packet.wire_bytes);
        assert_eq!(rate.len(), 41);
        assert_eq!(rate[0], (0.0, 16.0));
        assert_eq!(rate[15], (1.5, 0.0));
        assert_eq!(rate[21], (2.1, 16.0));
        assert_eq!(rate[26], (2.6, 8.0));
        assert_eq!(record.rate(|packet| packet.payload_bytes)[21], (2.1, 14.4));
    }

    #[test]
    fn freezes_are_found_on_the_axis_of_capture() {
        let mut record = Record::new(settings(), 3);
        let shown = |captured, shown| FrameRecord { captured, shown, ..FrameRecord::default() };
        record.frames = vec![shown(0.0, Some(0.3)), shown(0.1, None), shown(0.2, Some(0.9))];
        record.freezes = vec![Freeze { start: 0.3, end: 0.9 }, Freeze { start: 0.9, end: 1.4 }];
        let ends: Vec<(f64, f64)> =
            record.frozen_captures().iter().map(|freeze| (freeze.start, freeze.end)).collect();
        assert_eq!(ends, [(0.0, 0.2), (0.2, record.duration)]);
    }

    #[test]
    fn means_of_levels_are_over_time() {
        assert_eq!(mean_level(&[(0.0, 10.0)], 5.0), 10.0);
        assert_eq!(mean_level(&[(0.0, 10.0), (1.0, 30.0), (3.0, 0.0)], 4.0), 17.5);
    }

    #[test]
    fn the_table_counts_passed_bounds_and_drops() {
        let mut record = Record::new(settings(), 4);
        let frame = |delay, dropped| FrameRecord {
            target_delay_ms: delay,
            dropped,
            ..FrameRecord::default()
        };
        record.frames = vec![
            frame(Some(200.0), None),
            frame(Some(200.1), None),
            frame(None, Some(DropReason::LinkFull)),
            frame(None, Some(DropReason::FrameRate)),
        ];
        let table = record.table();
        let remark = |what: &str| &table.iter().find(|row| row.0.starts_with(what)).unwrap().2;
        assert!(remark("queue p95 / max, target").starts_with("bound of 200 passed 1 times"));
        assert!(remark("queue p95 / max, link").starts_with("bound of 200 passed 0 times"));
        let drops = "2 left out by the encoder: 1 link-full, 1 frame-rate";
        assert_eq!(remark("frames shown"), drops);
        let freezes = table.iter().find(|row| row.0 == "freezes").unwrap();
        assert_eq!((&freezes.1[..], &freezes.2[..]), ("0, 0.00 s", "0.0 % of the call"));
    }

    #[test]
    fn deviations_have_their_sign_and_no_negative_zero() {
        assert_eq!(deviation(80.0, 100.0), "-20.0 %");
        assert_eq!(deviation(99.99, 100.0), "+0.0 %");
        assert_eq!(deviation(101.26, 100.0), "+1.3 %");
        assert_eq!(percent(1.0, 0.0), "-");
    }
}
