//! Decodes an IVF file or an OBU stream into Y4M.

mod common;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use common::cli;
use common::coded::CodedClip;
use common::input::warn;
use common::output::PictureFiles;
use rtav1::{Decoder, DecoderConfig, Rational};

/// Decode an AV1 clip to Y4M.
///
/// Every temporal unit gives its pictures; where the timestamps have gaps, nothing is repeated. After
/// damage decoding goes on at the next key frame; the exit status then tells that units were lost.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:\n  \
    decode testdata/carphone.ivf carphone.y4m\n  \
    decode - - <clip.obu | ffplay -")]
struct Args {
    /// The coded clip, or - for standard input: IVF, or a stream of OBUs (low-overhead or Annex B,
    /// taken as 30 frames a second)
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// The pictures, 8-bit 4:2:0, or - for standard output. Where their size changes, OUT.2.y4m
    /// and so on begin; on standard output they are scaled
    #[arg(value_name = "OUT.y4m")]
    output: PathBuf,

    /// Scale all pictures to the size of the first
    #[arg(long)]
    scale: bool,

    #[arg(long, value_name = "FPS", value_parser = cli::frame_rate, help = cli::FRAME_RATE_HELP)]
    fps: Option<Rational>,

    /// Threads the decoder may use
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
}

fn main() -> ExitCode {
    cli::finish(run(&cli::parse()))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let name = args.input.display().to_string();
    let clip = CodedClip::open(&args.input)?;
    let mut config = DecoderConfig::default();
    config.threads = args.threads;
    let mut decoder = Decoder::new(config)?;
    let mut output =
        PictureFiles::new(&args.output, args.fps.unwrap_or(clip.frame_rate), args.scale);
    let bar = cli::progress("decoding", Some(clip.count_units()));
    let (mut units, mut lost, mut spent) = (0_u64, 0_u64, Duration::ZERO);

    for unit in clip {
        units += 1;
        let mut pictures = Vec::new();
        let decoded = unit.and_then(|unit| {
            let started = Instant::now();
            let each = |picture| pictures.push(picture);
            let decoded = decoder.decode_each(unit.data, unit.timestamp, each);
            spent += started.elapsed();
            Ok(decoded?)
        });
        if let Err(error) = decoded {
            if lost == 0 {
                warn(&name, &format!("{error:#}; goes on at the next key frame"));
            }
            lost += 1;
            decoder.reset();
        }
        for picture in pictures {
            let buffer = picture.to_buffer().with_context(|| name.clone())?;
            output.write(buffer, picture.full_range())?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let (pictures, sizes) = (output.pictures(), output.finish()?);
    if let Some(sizes) = &sizes {
        let fps = pictures as f64 / spent.as_secs_f64().max(1e-6);
        cli::say(&args.output, &format!("{pictures} pictures {sizes}; decoded at {fps:.1} fps"));
    }
    match (lost, sizes) {
        (1.., _) => bail!("{name}: {lost} of {units} units were lost"),
        (0, None) => bail!("{name}: no picture in it"),
        (0, Some(_)) => Ok(()),
    }
}
