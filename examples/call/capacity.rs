//! What the link carries over time: constant, by a schedule or by a recorded trace.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::common::cli;
use crate::common::schedule::Schedule;

/// What `--capacity` takes, for `--help`.
pub(crate) const CAPACITY_HELP: &str = "kbit/s; `steps` or `steps:KBIT` (100), which go up and down \
     by factors of 2 and 10; `rfc8867-5.1`, the variable capacity of RFC 8867, 5.1; \
     `trace:FILE`, a trace as mahimahi records them: a line a slot of 1500 bytes, its time in ms; or a \
     text file of rows `time,bit/s`: seconds from the start, which rise from 0, and bit/s";

/// Time between the steps of `steps`, in seconds, their bit/s unless told, and their factors.
const STEP: f64 = 5.0;
const STEPS_RATE: f64 = 100_000.0;
const STEPS: [f64; 5] = [1.0, 2.0, 1.0, 10.0, 1.0];
/// RFC 8867, 5.1: seconds and bit/s; the test ends at 100 s.
const RFC_8867: [(f64, f64); 4] = [(0.0, 1e6), (40.0, 2.5e6), (60.0, 0.6e6), (80.0, 1e6)];
const RFC_8867_SECONDS: f64 = 100.0;
/// A slot of a trace carries so many bits; slots are counted over windows of so many ms.
const SLOT_BITS: f64 = 1500.0 * 8.0;
const WINDOW: u64 = 200;
/// The latest time in a trace, a day, in ms, and the length of a call over a longer one, in seconds.
const LATEST: u64 = 86_400_000;
const TRACE_SECONDS: f64 = 60.0;
/// Length of a call over a constant link, and what follows the last row of a file, in seconds.
const SECONDS: f64 = 12.0;
const AFTERWARDS: f64 = 5.0;

/// The bit/s that a link carries, headers included.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Capacity {
    /// Seconds from which on, and bit/s; the first from 0.
    steps: Vec<(f64, f64)>,
    /// Seconds after which the steps begin again.
    period: Option<f64>,
    /// Length of a call over it, in seconds, unless another is asked for.
    seconds: f64,
}

impl Capacity {
    /// The same at all times.
    pub(crate) fn constant(rate: f64) -> Self {
        Self { steps: vec![(0.0, rate)], period: None, seconds: SECONDS }
    }

    /// What `name` stands for; see [`CAPACITY_HELP`].
    pub(crate) fn open(name: &str) -> anyhow::Result<Self> {
        let kilobits = |text: &str| {
            let rate = cli::kilobits(text).map_err(anyhow::Error::msg);
            rate.map(f64::from).with_context(|| format!("--capacity {name}"))
        };
        let (kind, rest) = name.split_once(':').unzip();
        let kind = kind.unwrap_or(name);
        match (head(kind), rest) {
            (number, None) if number.parse::<f64>().is_ok() => kilobits(kind).map(Self::constant),
            ("steps", None) if kind == "steps" => Ok(Self::stepped(STEPS_RATE)),
            ("steps", Some(rate)) if kind == "steps" => kilobits(rate).map(Self::stepped),
            ("rfc8867-5.1", None) => {
                let (steps, seconds) = (RFC_8867.to_vec(), RFC_8867_SECONDS);
                Ok(Self { steps, period: None, seconds }.divided(divisor(kind)?))
            }
            ("trace", Some(path)) => {
                let divisor = divisor(kind)?;
                let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
                Ok(Self::trace(&text).with_context(|| path.to_owned())?.divided(divisor))
            }
            _ => Self::file(name),
        }
    }

    /// Whether it ever changes.
    pub(crate) fn varies(&self) -> bool {
        self.steps.len() > 1
    }

    /// Length of a call over it, in seconds, unless another is asked for.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds
    }

    /// How long `bits` take that are sent from `start` on; `None` if they never get through.
    pub(crate) fn transmission(&self, start: Duration, bits: f64) -> Option<Duration> {
        if !self.varies() {
            return duration(bits / self.steps[0].1);
        }
        let start = start.as_secs_f64();
        let (mut place, mut end) = self.place(start);
        let (mut time, mut left) = (start, bits);
        // A period in which nothing is carried repeats for ever.
        let mut idle = 0;
        while idle <= self.steps.len() {
            let rate = self.steps[place].1;
            if left <= (end - time) * rate {
                return duration(time + left / rate - start);
            }
            if rate > 0.0 {
                left -= (end - time) * rate;
                idle = 0;
            } else {
                idle += 1;
            }
            if end.is_infinite() {
                return None;
            }
            time = end;
            place = (place + 1) % self.steps.len();
            end = time + self.length(place);
        }
        None
    }

    /// The times before `end` from which on the capacity is another, with it; the first is 0.
    pub(crate) fn changes(&self, end: f64) -> Vec<(f64, f64)> {
        let mut changes: Vec<(f64, f64)> = Vec::new();
        let (mut time, mut place) = (0.0, 0);
        while time < end {
            let rate = self.steps[place].1;
            if changes.last().is_none_or(|last| last.1 != rate) {
                changes.push((time, rate));
            }
            time += self.length(place);
            place = (place + 1) % self.steps.len();
        }
        changes
    }

    /// The step at `time` and when it ends.
    fn place(&self, time: f64) -> (usize, f64) {
        let begun = self.period.map_or(0.0, |period| (time / period).floor() * period);
        let place = self.steps.partition_point(|step| step.0 <= time - begun).max(1) - 1;
        (place, begun + self.steps[place].0 + self.length(place))
    }

    /// Seconds of a step.
    fn length(&self, place: usize) -> f64 {
        let end = self.steps.get(place + 1).map(|step| step.0).or(self.period);
        end.map_or(f64::INFINITY, |end| end - self.steps[place].0)
    }

    fn divided(mut self, divisor: f64) -> Self {
        self.steps.iter_mut().for_each(|step| step.1 /= divisor);
        self
    }

    fn stepped(rate: f64) -> Self {
        let steps: Vec<(f64, f64)> = (STEPS.iter().enumerate())
            .map(|(n, factor)| (n as f64 * STEP, rate * factor))
            .collect();
        Self { seconds: steps.len() as f64 * STEP, steps, period: None }
    }

    fn file(path: &str) -> anyhow::Result<Self> {
        let schedule = Schedule::read(path, 0.0..=1e9)?;
        let rows = schedule.rows();
        if let Some(row) = rows.iter().find(|row| row.fps.is_some()) {
            bail!("{path}: line {}: a capacity has no frame rate", row.line);
        }
        if rows[0].time > 0.0 {
            bail!("{path}: line {}: the first row is not of time 0", rows[0].line);
        }
        let steps: Vec<(f64, f64)> = rows.iter().map(|row| (row.time, row.rate)).collect();
        let last = steps[steps.len() - 1].0;
        let seconds = if last > 0.0 { last + AFTERWARDS } else { SECONDS };
        Ok(Self { steps, period: None, seconds })
    }

    /// A trace of mahimahi: times of slots in ms, which never fall; after the last it begins again.
    fn trace(text: &str) -> anyhow::Result<Self> {
        let mut slots: Vec<u64> = Vec::new();
        for (index, line) in text.lines().map(str::trim).enumerate() {
            let number = index + 1;
            let time = line.parse().ok().filter(|time| (0..=LATEST).contains(time));
            let Some(time) = time else {
                bail!("line {number}: {line:?} is not a time in ms of 0 to {LATEST}");
            };
            if slots.last().is_some_and(|&last| time < last) {
                bail!("line {number}: time {time} is before that of the line before");
            }
            slots.push(time);
        }
        let Some(&end) = slots.last().filter(|&&end| end > 0) else {
            bail!("a trace needs a slot after 0 ms");
        };
        let mut steps: Vec<(f64, f64)> = Vec::new();
        let mut rest = &slots[..];
        for start in (0..end).step_by(WINDOW as usize) {
            let window_end = (start + WINDOW).min(end);
            // A slot is what has gathered since the one before it, so it counts for what ends there.
            let count = rest.partition_point(|&slot| slot <= window_end);
            rest = &rest[count..];
            let rate = count as f64 * SLOT_BITS * 1000.0 / (window_end - start) as f64;
            if steps.last().is_none_or(|last| last.1 != rate) {
                steps.push((start as f64 / 1000.0, rate));
            }
        }
        let period = end as f64 / 1000.0;
        Ok(Self { steps, period: Some(period), seconds: period.min(TRACE_SECONDS) })
    }
}

/// What stands before the divisor.
fn head(name: &str) -> &str {
    name.split_once('/').map_or(name, |(head, _)| head)
}

/// What stands behind the slash, 1 if there is none.
fn divisor(name: &str) -> anyhow::Result<f64> {
    let Some((_, text)) = name.split_once('/') else { return Ok(1.0) };
    match text.parse() {
        Ok(divisor @ 0.001..=1e6) => Ok(divisor),
        _ => bail!("{name}: {text:?} is not a divisor of 0.001 to 1000000"),
    }
}

/// Whole nanoseconds; `None` beyond a day.
fn duration(seconds: f64) -> Option<Duration> {
    (0.0..86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stepped(steps: &[(f64, f64)], period: Option<f64>) -> Capacity {
        Capacity { steps: steps.to_vec(), period, seconds: 1.0 }
    }

    /// Bit/s at `time`.
    fn at(capacity: &Capacity, time: f64) -> f64 {
        capacity.steps[capacity.place(time).0].1
    }

    fn seconds(capacity: &Capacity, start: f64, bits: f64) -> Option<f64> {
        let taken = capacity.transmission(Duration::from_secs_f64(start), bits);
        taken.map(|taken| (taken.as_secs_f64() * 1e6).round() / 1e6)
    }

    #[test]
    fn names_of_capacities() {
        assert_eq!(Capacity::open("64.5").unwrap(), Capacity::constant(64_500.0));
        let steps = Capacity::open("steps:20").unwrap();
        let levels: Vec<f64> = [0.0, 5.0, 10.0, 15.0, 20.0].map(|time| at(&steps, time)).to_vec();
        assert_eq!(levels, [20e3, 40e3, 20e3, 200e3, 20e3]);
        assert_eq!((at(&Capacity::open("steps").unwrap(), 7.0), steps.seconds()), (200e3, 25.0));
        let whole = Capacity::open("rfc8867-5.1").unwrap();
        let tenth = Capacity::open("rfc8867-5.1/10").unwrap();
        assert_eq!((at(&whole, 39.9), at(&whole, 40.0), at(&whole, 99.0)), (1e6, 2.5e6, 1e6));
        assert_eq!((at(&tenth, 59.9), at(&tenth, 60.0), tenth.seconds()), (250e3, 60e3, 100.0));
    }

    #[test]
    fn names_that_are_no_capacity_are_refused() {
        let error = |name: &str| format!("{:#}", Capacity::open(name).unwrap_err());
        assert_eq!(error("0.5"), "--capacity 0.5: 0.5 is outside 1 to 100000");
        assert_eq!(error("-5"), "--capacity -5: -5 is outside 1 to 100000");
        assert_eq!(error("steps:x"), "--capacity steps:x: not a number");
        assert!(error("rfc8867-5.1/0").contains("\"0\" is not a divisor"));
        assert!(error("trace:missing.down").starts_with("missing.down: "));
        assert!(error("trace/x:missing.down").contains("\"x\" is not a divisor"));
        assert!(error("missing.csv").starts_with("missing.csv: "));
    }

    #[test]
    fn bits_go_as_the_capacity_allows() {
        let capacity = stepped(&[(0.0, 1000.0), (1.0, 0.0), (2.0, 2000.0)], None);
        assert_eq!(seconds(&capacity, 0.25, 500.0), Some(0.5));
        assert_eq!(seconds(&capacity, 0.5, 500.0), Some(0.5));
        assert_eq!(seconds(&capacity, 0.5, 1500.0), Some(2.0));
        assert_eq!(seconds(&capacity, 1.5, 1000.0), Some(1.0));
        assert_eq!(seconds(&capacity, 10.0, 1000.0), Some(0.5));
        assert_eq!(seconds(&stepped(&[(0.0, 1000.0), (1.0, 0.0)], None), 0.5, 501.0), None);
        let again = stepped(&[(0.0, 1000.0), (1.0, 0.0)], Some(2.0));
        assert_eq!(seconds(&again, 0.5, 1600.0), Some(3.6));
        assert_eq!(seconds(&stepped(&[(0.0, 0.0), (1.0, 0.0)], Some(2.0)), 0.5, 1.0), None);
        assert_eq!(seconds(&Capacity::constant(80_000.0), 3.0, 8000.0), Some(0.1));
    }

    #[test]
    fn changes_are_those_before_the_end() {
        let again = stepped(&[(0.0, 5.0), (1.0, 6.0)], Some(3.0));
        assert_eq!(again.changes(4.5), [(0.0, 5.0), (1.0, 6.0), (3.0, 5.0), (4.0, 6.0)]);
        assert_eq!(Capacity::constant(7.0).changes(10.0), [(0.0, 7.0)]);
        assert_eq!((at(&again, 2.9), at(&again, 3.0), at(&again, 7.5)), (6.0, 5.0, 6.0));
    }

    #[test]
    fn a_trace_carries_its_slots() {
        // Two slots in the first 200 ms, none in the next, one in the last 100.
        let trace = Capacity::trace("0\n200\n500\n").unwrap();
        assert_eq!(trace.steps, [(0.0, 120_000.0), (0.2, 0.0), (0.4, 120_000.0)]);
        assert_eq!((trace.period, trace.seconds()), (Some(0.5), 0.5));
        let error = |text: &str| Capacity::trace(text).unwrap_err().to_string();
        assert_eq!(error("1\nx"), format!("line 2: \"x\" is not a time in ms of 0 to {LATEST}"));
        assert_eq!(error("5\n4"), "line 2: time 4 is before that of the line before");
        assert_eq!(error("0\n0"), "a trace needs a slot after 0 ms");
        assert!(error("99999999999").starts_with("line 1"));
        assert!(Capacity::trace("").is_err());
    }

    #[test]
    fn files_are_schedules_without_frame_rates() {
        let path = std::env::temp_dir().join(format!("rtav1-capacity-{}", std::process::id()));
        let open = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let capacity = Capacity::open(path.to_str().unwrap());
            std::fs::remove_file(&path).unwrap();
            capacity.map_err(|error| format!("{error:#}"))
        };
        let capacity = open("time,rate\n0,50000\n3,0\n").unwrap();
        assert_eq!((at(&capacity, 2.0), at(&capacity, 3.0), capacity.seconds()), (50e3, 0.0, 8.0));
        assert!(open("0,5,30").unwrap_err().ends_with("line 1: a capacity has no frame rate"));
        assert!(open("1,5").unwrap_err().ends_with("line 1: the first row is not of time 0"));
    }

    proptest! {
        #[test]
        fn what_is_sent_in_parts_takes_as_long(
            lengths in proptest::collection::vec((0.01..2.0f64, 0.0..1e5f64), 1..8),
            repeats: bool,
            start in 0.0..10.0f64,
            parts in proptest::collection::vec(0.0..1e4f64, 1..6),
        ) {
            let mut time = 0.0;
            let mut steps = Vec::new();
            for (length, rate) in lengths {
                steps.push((time, rate + 10.0));
                time += length;
            }
            let capacity = stepped(&steps, repeats.then_some(time));
            let start = Duration::from_secs_f64(start);
            let whole = start + capacity.transmission(start, parts.iter().sum()).unwrap();
            let mut in_parts = start;
            for part in parts {
                in_parts += capacity.transmission(in_parts, part).unwrap();
            }
            prop_assert!((whole.as_secs_f64() - in_parts.as_secs_f64()).abs() < 1e-4);
        }

        #[test]
        fn no_trace_panics(text in "[0-9\n x-]{0,40}") {
            if let Ok(trace) = Capacity::trace(&text) {
                prop_assert!(trace.transmission(Duration::ZERO, 1.0).is_some());
            }
        }
    }
}
