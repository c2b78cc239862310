//! Manners of the command line: one-line errors and a progress bar.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use rtav1::{EncoderConfig, EngineKind, Rational, Speed, Tune};

use super::input::STANDARD;

/// Reads the command line; what is wrong with it is told in one line, and the program ends.
pub(crate) fn parse<Args: Parser>() -> Args {
    Args::try_parse().unwrap_or_else(|error| {
        if !error.use_stderr() {
            // Not an error: --help was asked for.
            error.exit();
        }
        eprintln!("{}", one_line(&error.to_string()));
        std::process::exit(2)
    })
}

/// The first paragraph of a message of `clap`, in one line; what follows it is usage.
fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// Turns the outcome of a program into its exit code, with one line on standard error if it failed.
pub(crate) fn finish(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line of totals: on standard error if standard output is the program's `output`.
pub(crate) fn say(output: &Path, line: &str) {
    if output.as_os_str() == STANDARD { eprintln!("{line}") } else { println!("{line}") }
}

/// A bar over `frames` frames, or a counter where their number is not known; draws only on a
/// terminal.
pub(crate) fn progress(what: &'static str, frames: Option<u64>) -> ProgressBar {
    let (bar, template) = match frames {
        Some(frames) => {
            (ProgressBar::new(frames), "{msg} {wide_bar} {pos}/{len} frames, {per_sec}, {eta} left")
        }
        None => (ProgressBar::new_spinner(), "{msg} {spinner} {pos} frames, {per_sec}"),
    };
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    bar.set_style(style);
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Parses a rate in kbit/s for `clap`, into bit/s.
pub(crate) fn kilobits(text: &str) -> Result<u32, String> {
    number(text, 1.0, 100_000.0).map(|kilobits| (kilobits * 1000.0).round() as u32)
}

/// Parses milliseconds for `clap`.
pub(crate) fn milliseconds(text: &str) -> Result<f64, String> {
    number(text, 0.0, 60_000.0)
}

/// Parses a percentage for `clap`.
pub(crate) fn percent(text: &str) -> Result<f64, String> {
    number(text, 0.0, 100.0)
}

/// Parses seconds, up to a day, for `clap`.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    number(text, 0.001, 86_400.0)
}

/// Parses a level of speed or `auto`, for `clap`.
pub(crate) fn speed(text: &str) -> Result<Speed, String> {
    if text == "auto" {
        return Ok(Speed::AUTO);
    }
    let level = text.parse().map_err(|_| "neither a level nor auto".to_owned())?;
    Speed::new(level).map_err(|error| error.to_string())
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (least..=most).contains(&number) {
        return Ok(number);
    }
    Err(format!("{number} is outside {least} to {most}"))
}

/// Help for `--fps`.
pub(crate) const FRAME_RATE_HELP: &str =
    "Frames a second, such as 25, 29.97 or 30000/1001, whatever the clip says of itself";

/// Parses a frame rate for `clap`: a number or a ratio.
pub(crate) fn frame_rate(text: &str) -> Result<Rational, String> {
    let bad = || format!("{text:?} is not a number, as 25 or 29.97, or a ratio, as 30000/1001");
    if let Some((num, den)) = text.split_once(['/', ':']) {
        let rate = Rational::new(num.parse().map_err(|_| bad())?, den.parse().map_err(|_| bad())?);
        return if rate.num > 0 && rate.den > 0 { Ok(rate) } else { Err(bad()) };
    }
    let fps = number(text, 0.001, 1000.0)?;
    let thousandths = (fps * 1000.0).round() as u32;
    Ok(match thousandths.is_multiple_of(1000) {
        true => Rational::new(thousandths / 1000, 1),
        false => Rational::new(thousandths, 1000),
    })
}

/// Finds an engine by its name for `clap`.
pub(crate) fn engine(name: &str) -> Result<EngineKind, String> {
    EngineKind::from_name(name).ok_or_else(|| format!("no engine {name:?} is known"))
}

/// Finds what is optimised by its name for `clap`.
pub(crate) fn tune(name: &str) -> Result<Tune, String> {
    Tune::from_name(name).ok_or_else(|| format!("no tune {name:?} is known"))
}

/// Help for `--engine`.
pub(crate) fn engine_help() -> String {
    let names: Vec<&str> = EngineKind::ALL.iter().map(|engine| engine.name()).collect();
    format!("Encoder: {} [default: {}]", names.join(" or "), EngineKind::default().name())
}

/// Help for `--max-delay`.
pub(crate) fn max_delay_help() -> String {
    let usual = EncoderConfig::new(16, 16, 1000).max_delay.as_millis();
    format!(
        "The most delay in ms that frames may cause on a link of the target rate [default: {usual}]"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_take_one_line() {
        #[derive(Debug, Parser)]
        struct Args {
            #[arg(value_name = "IN")]
            _input: String,
            #[arg(value_name = "OUT")]
            _output: String,
        }
        let complaint = Args::try_parse_from(["program"]).unwrap_err().to_string();
        let expected = "error: the following required arguments were not provided: <IN> <OUT>";
        assert_eq!(one_line(&complaint), expected);
    }

    #[test]
    fn frame_rates_are_numbers_or_ratios() {
        assert_eq!(frame_rate("25"), Ok(Rational::new(25, 1)));
        assert_eq!(frame_rate("29.97"), Ok(Rational::new(29_970, 1000)));
        assert_eq!(frame_rate("30000/1001"), Ok(Rational::new(30_000, 1001)));
        assert_eq!(frame_rate("30000:1001"), Ok(Rational::new(30_000, 1001)));
        for text in ["0", "-1", "1/0", "0/1", "30/", "many", "1e9"] {
            assert!(frame_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_their_value() {
        assert_eq!(kilobits("32.5"), Ok(32_500));
        assert_eq!(kilobits("0"), Err("0 is outside 1 to 100000".into()));
        assert_eq!(milliseconds("0"), Ok(0.0));
        assert_eq!(milliseconds("-2"), Err("-2 is outside 0 to 60000".into()));
        assert_eq!(percent("101"), Err("101 is outside 0 to 100".into()));
        assert_eq!(seconds("inf"), Err("inf is outside 0.001 to 86400".into()));
        assert_eq!(seconds("NaN"), Err("NaN is outside 0.001 to 86400".into()));
        assert_eq!(seconds("ten"), Err("not a number".into()));
    }
}
