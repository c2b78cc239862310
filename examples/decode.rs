//! Decodes an IVF file or an OBU stream into Y4M.

mod common;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Parser;
use common::coded::CodedClip;
use common::input::{STANDARD, warn};
use common::scale::scale;
use common::{cli, y4m};
use rtav1::{Decoder, DecoderConfig, PictureBuffer, Rational};

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
    let mut output = Output::new(args, args.fps.unwrap_or(clip.frame_rate));
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
    let summary = output.finish(spent)?;
    match (summary, lost) {
        (None, 0) => bail!("{name}: no picture in it"),
        (Some(summary), 0) => cli::say(&args.output, &summary),
        (summary, lost) => {
            summary.inspect(|summary| cli::say(&args.output, summary));
            bail!("{name}: {lost} of {units} units were lost");
        }
    }
    Ok(())
}

/// The pictures' file, or files if their size changes.
struct Output<'a> {
    path: &'a Path,
    frame_rate: Rational,
    scale: bool,
    current: Option<(y4m::Writer<Box<dyn Write>>, y4m::Header)>,
    /// Files begun.
    files: u32,
    pictures: u64,
}

impl<'a> Output<'a> {
    fn new(args: &'a Args, frame_rate: Rational) -> Self {
        let scale = args.scale || args.output.as_os_str() == STANDARD;
        let path = &args.output;
        Self { path, frame_rate, scale, current: None, files: 0, pictures: 0 }
    }

    fn write(&mut self, picture: PictureBuffer, full_range: bool) -> anyhow::Result<()> {
        let (width, height) = (picture.width(), picture.height());
        let header = y4m::Header { width, height, frame_rate: self.frame_rate, full_range };
        let (writer, header) = match self.current.take() {
            Some(current) if self.scale || current.1 == header => self.current.insert(current),
            before => {
                if let Some((writer, _)) = before {
                    writer.finish()?;
                }
                self.files += 1;
                let path = numbered(self.path, self.files);
                let create = || Ok::<_, io::Error>(y4m::Writer::new(create(&path)?, header)?);
                let writer = create().with_context(|| path.display().to_string())?;
                self.current.insert((writer, header))
            }
        };
        let picture = scale(picture, header.width, header.height)?;
        writer.write(&picture).with_context(|| self.path.display().to_string())?;
        self.pictures += 1;
        Ok(())
    }

    /// Completes the last file; gives a line of totals if there is a picture.
    fn finish(self, spent: Duration) -> anyhow::Result<Option<String>> {
        let Some((writer, y4m::Header { width, height, .. })) = self.current else {
            return Ok(None);
        };
        writer.finish()?;
        let fps = self.pictures as f64 / spent.as_secs_f64().max(1e-6);
        let files = match self.files {
            1 => format!("of {width}x{height}"),
            files => format!("of several sizes in {files} files"),
        };
        Ok(Some(format!("{} pictures {files}; decoded at {fps:.1} fps", self.pictures)))
    }
}

/// `OUT.y4m`, `OUT.2.y4m` and so on.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn create(path: &Path) -> io::Result<Box<dyn Write>> {
    if path.as_os_str() == STANDARD {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    }
    Ok(Box::new(BufWriter::new(File::create(path)?)))
}
