//! Where coded clips and pictures are written to: files, or standard output by the name `-`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use rtav1::{PictureBuffer, Rational};

use super::clip::Clip;
use super::input::STANDARD;
use super::ivf;
use super::scale::scale;
use super::y4m;

/// Formats of a coded clip.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    Ivf,
    Obu,
}

/// The coded clip.
pub(crate) enum CodedFile {
    Ivf(ivf::Writer<BufWriter<File>>),
    /// IVF on standard output, whose header cannot be written again.
    Standard(ivf::Writer<BufWriter<io::Stdout>>),
    Obu(Box<dyn Write>),
}

impl CodedFile {
    /// A file called `path`, or standard output for `-`, for a coded form of `clip`; the name tells
    /// the format unless `format` does.
    pub(crate) fn create(path: &Path, format: Option<Format>, clip: &Clip) -> anyhow::Result<Self> {
        let standard = path.as_os_str() == STANDARD;
        let end = path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
        let format = match (format, end.as_deref()) {
            (Some(format), _) => format,
            (None, Some("ivf")) => Format::Ivf,
            (None, Some("obu")) => Format::Obu,
            (None, _) if standard => Format::Ivf,
            _ => bail!("{}: the name must end in .ivf or .obu", path.display()),
        };
        let (width, height, rate) = (clip.width, clip.height, clip.frame_rate);
        let output = || BufWriter::new(io::stdout());
        let stream = || -> anyhow::Result<Self> {
            Ok(match (format, standard) {
                (Format::Ivf, true) => {
                    Self::Standard(ivf::Writer::new(output(), width, height, rate)?)
                }
                (Format::Ivf, false) => {
                    Self::Ivf(ivf::Writer::new(file(path)?, width, height, rate)?)
                }
                (Format::Obu, true) => Self::Obu(Box::new(output())),
                (Format::Obu, false) => Self::Obu(Box::new(file(path)?)),
            })
        };
        stream().with_context(|| path.display().to_string())
    }

    /// Appends a temporal unit.
    pub(crate) fn write(&mut self, timestamp: u64, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Ivf(writer) => writer.write(timestamp, data),
            Self::Standard(writer) => writer.write(timestamp, data),
            Self::Obu(output) => output.write_all(data),
        }
    }

    /// Completes the file.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Ivf(writer) => writer.finish().map(|_| ()),
            Self::Standard(writer) => writer.finish_stream().map(|_| ()),
            Self::Obu(mut output) => output.flush(),
        }
    }
}

/// Writes pictures to one file, or to several if their size changes.
pub(crate) struct PictureFiles<'a> {
    path: &'a Path,
    frame_rate: Rational,
    scale: bool,
    current: Option<(y4m::Writer<Box<dyn Write>>, y4m::Header)>,
    /// Files begun.
    files: u32,
    pictures: u64,
}

impl<'a> PictureFiles<'a> {
    /// Files called `path`, or standard output for `-`; nothing is written yet. With `scale`, and on
    /// standard output, all pictures get the size of the first.
    pub(crate) fn new(path: &'a Path, frame_rate: Rational, scale: bool) -> Self {
        let scale = scale || path.as_os_str() == STANDARD;
        Self { path, frame_rate, scale, current: None, files: 0, pictures: 0 }
    }

    /// Pictures written.
    pub(crate) fn pictures(&self) -> u64 {
        self.pictures
    }

    /// Appends a picture.
    pub(crate) fn write(&mut self, picture: PictureBuffer, full_range: bool) -> anyhow::Result<()> {
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
                let create = || y4m::Writer::new(create(&path)?, header);
                let writer = create().with_context(|| path.display().to_string())?;
                self.current.insert((writer, header))
            }
        };
        let picture = scale(picture, header.width, header.height)?;
        writer.write(&picture).with_context(|| self.path.display().to_string())?;
        self.pictures += 1;
        Ok(())
    }

    /// Completes the last file; tells the sizes in words if there is a picture.
    pub(crate) fn finish(self) -> io::Result<Option<String>> {
        let Some((writer, y4m::Header { width, height, .. })) = self.current else {
            return Ok(None);
        };
        writer.finish()?;
        Ok(Some(match self.files {
            1 => format!("of {width}x{height}"),
            files => format!("of several sizes in {files} files"),
        }))
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
    Ok(Box::new(file(path)?))
}

fn file(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path)?))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The files that pictures of these sizes give, as luma sizes and numbers of pictures.
    fn files(scale: bool, sizes: &[(u32, u32)], full_range: bool) -> Vec<(u32, u32, usize)> {
        let name = format!("rtav1-{}-{scale}-{full_range}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("out.clip.y4m");
        let mut output = PictureFiles::new(&path, Rational::new(25, 1), scale);
        for (index, &(width, height)) in sizes.iter().enumerate() {
            let picture = PictureBuffer::new(width, height).unwrap();
            output.write(picture, full_range && index > 0).unwrap();
        }
        assert_eq!(output.pictures(), sizes.len() as u64);
        output.finish().unwrap().unwrap();
        let read = |number: u32| {
            let mut reader =
                y4m::Reader::new(io::BufReader::new(File::open(numbered(&path, number)).ok()?))
                    .unwrap();
            let y4m::Header { width, height, .. } = reader.header();
            let mut pictures = 0;
            while reader.read_frame().unwrap().is_some() {
                pictures += 1;
            }
            Some((width, height, pictures))
        };
        let files = (1..).map_while(read).collect();
        fs::remove_dir_all(folder).unwrap();
        files
    }

    #[test]
    fn a_change_of_size_begins_a_file_or_is_scaled() {
        let sizes = [(32, 16), (32, 16), (1, 1), (32, 16)];
        assert_eq!(files(false, &sizes, false), [(32, 16, 2), (1, 1, 1), (32, 16, 1)]);
        assert_eq!(files(true, &sizes, false), [(32, 16, 4)]);
        assert_eq!(files(false, &sizes[..2], true), [(32, 16, 1), (32, 16, 1)]);
    }

    #[test]
    fn formats_of_coded_clips() {
        let clip = Clip::open("synthetic:flat:16x16:1").unwrap();
        let folder = std::env::temp_dir().join(format!("rtav1-{}-coded", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let written = |name: &str, format| {
            let path = folder.join(name);
            let mut file = CodedFile::create(&path, format, &clip).map_err(|e| format!("{e:#}"))?;
            file.write(0, b"unit").unwrap();
            file.finish().unwrap();
            Ok::<_, String>(fs::read(path).unwrap())
        };
        let ivf = written("a.IVF", None).unwrap();
        // 4 bytes at 24: the number of units.
        assert!(ivf.starts_with(b"DKIF") && ivf.ends_with(b"unit") && ivf[24] == 1);
        assert_eq!(written("a.Obu", None).unwrap(), b"unit");
        assert_eq!(written("a.ivf", Some(Format::Obu)).unwrap(), b"unit");
        assert_eq!(written("a", Some(Format::Ivf)).unwrap(), ivf);
        assert!(written("a.mp4", None).unwrap_err().ends_with("the name must end in .ivf or .obu"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn later_files_are_numbered() {
        let name = |path: &str| numbered(Path::new(path), 12);
        assert_eq!(numbered(Path::new("a/b.y4m"), 1), Path::new("a/b.y4m"));
        assert_eq!(name("a/b.c.Y4M"), Path::new("a/b.c.12.Y4M"));
        assert_eq!(name("b"), Path::new("b.12"));
    }

    #[test]
    fn nothing_is_written_without_a_picture() {
        let output = PictureFiles::new(Path::new("never.y4m"), Rational::new(25, 1), false);
        assert_eq!(output.finish().unwrap(), None);
        assert!(!Path::new("never.y4m").exists());
    }
}
