//! Decodes an IVF file or an OBU stream into a Y4M file.

mod common;

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use common::coded::CodedClip;
use common::{cli, y4m};
use rtav1::{Decoder, DecoderConfig, PictureBuffer, Rational};

/// Decode an AV1 clip to Y4M.
///
/// Every temporal unit gives its picture; where the timestamps have gaps, nothing is repeated.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  decode testdata/carphone.ivf carphone.y4m")]
struct Args {
    /// The coded clip: .ivf, or .obu (low-overhead OBU stream, taken as 30 frames a second)
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The pictures, 8-bit 4:2:0
    #[arg(value_name = "OUT.y4m")]
    output: PathBuf,

    /// Threads the decoder may use
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
}

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let clip = CodedClip::open(&args.input)?;
    let mut config = DecoderConfig::default();
    config.threads = args.threads;
    let mut decoder = Decoder::new(config)?;
    let mut output: Option<Output> = None;
    let bar = cli::progress("decoding", Some(clip.count_units()));
    let (mut pictures, mut spent) = (0_u64, Duration::ZERO);

    let frame_rate = clip.frame_rate;
    for unit in clip {
        let unit = unit.with_context(|| args.input.display().to_string())?;
        let started = Instant::now();
        let picture = decoder.decode(unit.data, unit.timestamp)?;
        spent += started.elapsed();
        bar.inc(1);
        let Some(picture) = picture else { continue };
        let full_range = picture.full_range();
        let picture = picture.to_buffer()?;
        let output = match &mut output {
            Some(output) => output,
            None => output.insert(Output::create(args, &picture, frame_rate, full_range)?),
        };
        output.write(&picture).with_context(|| args.output.display().to_string())?;
        pictures += 1;
    }
    bar.finish_and_clear();
    let Some(output) = output else { bail!("{}: no picture in it", args.input.display()) };
    let y4m::Header { width, height, .. } = output.header;
    output.writer.finish()?;
    let fps = pictures as f64 / spent.as_secs_f64().max(1e-6);
    println!("{pictures} pictures of {width}x{height}; decoded at {fps:.1} fps");
    Ok(())
}

struct Output {
    writer: y4m::Writer<BufWriter<File>>,
    header: y4m::Header,
}

impl Output {
    fn create(
        args: &Args,
        first: &PictureBuffer,
        frame_rate: Rational,
        full_range: bool,
    ) -> anyhow::Result<Self> {
        let (width, height) = (first.width(), first.height());
        let header = y4m::Header { width, height, frame_rate, full_range };
        let file = File::create(&args.output).with_context(|| args.output.display().to_string())?;
        Ok(Self { writer: y4m::Writer::new(BufWriter::new(file), header)?, header })
    }

    fn write(&mut self, picture: &PictureBuffer) -> anyhow::Result<()> {
        let y4m::Header { width, height, .. } = self.header;
        if (picture.width(), picture.height()) != (width, height) {
            let (new_width, new_height) = (picture.width(), picture.height());
            bail!("pictures change from {width}x{height} to {new_width}x{new_height}");
        }
        Ok(self.writer.write(picture)?)
    }
}
