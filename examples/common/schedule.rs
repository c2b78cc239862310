//! Schedules: text files of rates over time, and which frames a lower frame rate takes.

use std::ops::RangeInclusive;

use anyhow::Context;
use thiserror::Error;

/// What a schedule's file is, for `--help`.
pub(crate) const SCHEDULE_HELP: &str = "a text file of rows `time,bit/s,fps`: seconds from the \
     start, which rise from row to row, bit/s, and frames a second, which may be left out; a header, \
     empty lines and what follows a # are passed over";

/// Frames a second that a row may give: what an encoder takes.
const FRAME_RATES: RangeInclusive<f64> = 0.1..=240.0;
/// The latest time of a row, a day.
const TIMES: RangeInclusive<f64> = 0.0..=86_400.0;

/// What holds from some time on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// Seconds from the start.
    pub(crate) time: f64,
    /// Bit/s.
    pub(crate) rate: f64,
    /// Frames a second, if the row says.
    pub(crate) fps: Option<f64>,
    /// Number of its line in the file, from 1.
    pub(crate) line: usize,
}

/// Rows whose times rise, at least one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    rows: Vec<Row>,
}

/// What is wrong with a schedule; the number is that of the line, from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ScheduleError {
    #[error("no row")]
    Empty,
    #[error("line {0}: {1} fields are not time,bit/s or time,bit/s,fps")]
    Fields(usize, usize),
    #[error("line {line}: {name} {text:?} is not a number")]
    Number { line: usize, name: &'static str, text: String },
    #[error("line {line}: {name} {text} is outside {least} to {most}")]
    Range { line: usize, name: &'static str, text: String, least: String, most: String },
    #[error("line {0}: time {1} is not after that of the row before")]
    Time(usize, String),
}

impl Schedule {
    /// Reads the file at `path`, whose rates are to lie within `rates`, in bit/s.
    pub(crate) fn read(path: &str, rates: RangeInclusive<f64>) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.to_owned())?;
        Self::parse(&text, rates).with_context(|| path.to_owned())
    }

    /// Reads the text of a schedule.
    pub(crate) fn parse(text: &str, rates: RangeInclusive<f64>) -> Result<Self, ScheduleError> {
        let mut rows: Vec<Row> = Vec::new();
        let mut header = true;
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let fields: Vec<&str> = content.split(',').map(str::trim).collect();
            let number = |name, place: usize, range: &RangeInclusive<f64>| {
                number(line, name, fields[place], range)
            };
            if std::mem::take(&mut header) && fields[0].starts_with(char::is_alphabetic) {
                continue;
            }
            if !(2..=3).contains(&fields.len()) {
                return Err(ScheduleError::Fields(line, fields.len()));
            }
            let time = number("time", 0, &TIMES)?;
            if rows.last().is_some_and(|row| time <= row.time) {
                return Err(ScheduleError::Time(line, fields[0].to_owned()));
            }
            let rate = number("rate", 1, &rates)?;
            let fps = match fields.get(2) {
                None | Some(&"") => None,
                Some(_) => Some(number("frame rate", 2, &FRAME_RATES)?),
            };
            rows.push(Row { time, rate, fps, line });
        }
        if rows.is_empty() { Err(ScheduleError::Empty) } else { Ok(Self { rows }) }
    }

    /// The rows in order of time.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

fn number(
    line: usize,
    name: &'static str,
    text: &str,
    range: &RangeInclusive<f64>,
) -> Result<f64, ScheduleError> {
    let bad = || ScheduleError::Number { line, name, text: text.to_owned() };
    let number: f64 = text.parse().map_err(|_| bad())?;
    if range.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (range.start().to_string(), range.end().to_string());
    Err(ScheduleError::Range { line, name, text: text.to_owned(), least, most })
}

/// Takes frames out of a clip so that about a wanted number a second is left, evenly.
#[derive(Clone, Debug)]
pub(crate) struct Thinning {
    /// Frames that are due, in part or whole.
    due: f64,
    /// Share of the clip's frames that are taken.
    share: f64,
}

impl Thinning {
    /// Takes every frame.
    pub(crate) fn none() -> Self {
        Self { due: 0.0, share: 1.0 }
    }

    /// From the next frame on takes `fps` frames of the clip's `clip_fps` a second, or all if there
    /// are fewer; that frame is taken.
    pub(crate) fn set(&mut self, fps: f64, clip_fps: f64) {
        self.share = (fps / clip_fps).min(1.0);
        self.due = 1.0 - self.share;
    }

    /// Whether the next frame is taken.
    pub(crate) fn takes(&mut self) -> bool {
        self.due += self.share;
        // Sums of shares are rounded.
        let taken = self.due > 1.0 - 1e-9;
        self.due -= f64::from(u8::from(taken));
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATES: RangeInclusive<f64> = 1000.0..=1e8;

    fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        Schedule::parse(text, RATES)
    }

    fn complaint(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn rows_header_and_comments() {
        let text =
            "# a call\ntime,bit/s,fps\n\n0, 50000 ,30\n 2.5,33333.5 # less\n# low\n4,1000,\n";
        let row = |time, rate, fps, line| Row { time, rate, fps, line };
        let expected = [
            row(0.0, 50_000.0, Some(30.0), 4),
            row(2.5, 33_333.5, None, 5),
            row(4.0, 1000.0, None, 7),
        ];
        assert_eq!(parse(text).unwrap().rows(), expected);
        assert_eq!(parse("0,50000").unwrap().rows(), [row(0.0, 50_000.0, None, 1)]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        assert_eq!(complaint(""), "no row");
        assert_eq!(complaint("time,rate\n# none"), "no row");
        assert_eq!(complaint("0"), "line 1: 1 fields are not time,bit/s or time,bit/s,fps");
        assert!(complaint("0,5000,3,4").starts_with("line 1: 4 fields"));
        assert_eq!(complaint("\n0,fast"), "line 2: rate \"fast\" is not a number");
        // Only the first row may be a header.
        assert_eq!(complaint("0,5000\ntime,rate"), "line 2: time \"time\" is not a number");
        assert_eq!(complaint("t,r\nt,r"), "line 2: time \"t\" is not a number");
        assert_eq!(complaint("-1,5000"), "line 1: time -1 is outside 0 to 86400");
        assert_eq!(complaint("0,999"), "line 1: rate 999 is outside 1000 to 100000000");
        assert_eq!(complaint("0,inf"), "line 1: rate inf is outside 1000 to 100000000");
        assert_eq!(complaint("0,5000,0"), "line 1: frame rate 0 is outside 0.1 to 240");
        assert_eq!(complaint("0,5000,NaN"), "line 1: frame rate NaN is outside 0.1 to 240");
        let rising = "line 2: time 1.0 is not after that of the row before";
        assert_eq!(complaint("1,5000\n1.0,6000"), rising);
    }

    #[test]
    fn a_file_is_named_in_its_errors() {
        let error = Schedule::read("missing.csv", RATES).unwrap_err();
        assert!(format!("{error:#}").starts_with("missing.csv: "), "{error:#}");
    }

    #[test]
    fn thinning_takes_an_even_share() {
        let taken = |fps, clip_fps: f64| {
            let mut thinning = Thinning::none();
            thinning.set(fps, clip_fps);
            (0..30).filter(|_| thinning.takes()).collect::<Vec<_>>()
        };
        assert_eq!(taken(10.0, 30.0), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
        assert_eq!(taken(20.0, 30.0).len(), 20);
        assert_eq!(taken(60.0, 30.0).len(), 30);
        assert_eq!(taken(1.0, 30.0), [0]);
        let mut all = Thinning::none();
        assert!((0..100).all(|_| all.takes()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9a-z,.#\\-+\n ]{0,60}") {
            if let Ok(schedule) = parse(&text) {
                prop_assert!(schedule.rows().windows(2).all(|rows| rows[0].time < rows[1].time));
                prop_assert!(schedule.rows().iter().all(|row| RATES.contains(&row.rate)));
            }
        }

        #[test]
        fn what_is_written_is_read_back(
            steps in proptest::collection::vec((0.001..10.0f64, RATES, proptest::option::of(FRAME_RATES)), 1..20),
        ) {
            let (mut time, mut text, mut expected) = (0.0, String::new(), Vec::new());
            for (index, &(step, rate, fps)) in steps.iter().enumerate() {
                time += step;
                let last = fps.map_or(String::new(), |fps| fps.to_string());
                text += &format!("{time},{rate},{last}\n");
                expected.push(Row { time, rate, fps, line: index + 1 });
            }
            let schedule = parse(&text).unwrap();
            prop_assert_eq!(schedule.rows(), &expected[..]);
        }
    }
}
