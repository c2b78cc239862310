//! Clips to encode: a Y4M file, a coded file that the library decodes, or a synthetic scene.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, bail};
use rtav1::synthetic::{self, Scene};
use rtav1::{ColorDescription, Decoder, DecoderConfig, PictureBuffer, Rational};

use super::coded::CodedClip;
use super::y4m;

/// What a clip's name may be, for `--help`.
pub(crate) const CLIP_HELP: &str = "a .y4m file (8-bit 4:2:0), an AV1 .ivf or .obu file, or \
     synthetic:SCENE:WxH[:FRAMES] with a SCENE of cuts, flat, moving-texture, noise, text";

/// Length of a synthetic clip whose name does not tell it, and its frame rate.
const SYNTHETIC_FRAMES: u64 = 300;
const SYNTHETIC_RATE: Rational = Rational::new(30, 1);

/// A clip opened for reading; its pictures are all of one size.
pub(crate) struct Clip {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second.
    pub(crate) frame_rate: Rational,
    pub(crate) color: ColorDescription,
    /// Number of pictures, if known.
    pub(crate) frames: Option<u64>,
    source: Source,
}

enum Source {
    Coded { units: CodedClip, decoder: Box<Decoder>, first: Option<PictureBuffer> },
    Synthetic { clip: synthetic::Clip, index: u64, end: u64 },
    Y4m(y4m::Reader<BufReader<File>>),
}

impl Clip {
    /// Opens the clip called `name` as [`CLIP_HELP`] says.
    pub(crate) fn open(name: &str) -> anyhow::Result<Self> {
        if let Some(description) = name.strip_prefix("synthetic:") {
            return Self::synthetic(description).with_context(|| {
                format!("{name:?} is not synthetic:SCENE:WxH[:FRAMES] with a SCENE that exists")
            });
        }
        let path = Path::new(name);
        let clip = match path.extension().and_then(|extension| extension.to_str()) {
            Some("y4m") => Self::y4m(path),
            Some("ivf" | "obu") => Self::coded(path),
            _ => bail!("{name}: not {CLIP_HELP}"),
        };
        clip.with_context(|| name.to_owned())
    }

    /// The next picture; `None` at the end.
    pub(crate) fn next_picture(&mut self) -> anyhow::Result<Option<PictureBuffer>> {
        let picture = match &mut self.source {
            Source::Coded { units, decoder, first } => match first.take() {
                Some(picture) => Some(picture),
                None => decode_next(units, decoder)?.map(|(picture, _)| picture),
            },
            Source::Synthetic { index, end, .. } if index == end => None,
            Source::Synthetic { clip, index, .. } => {
                *index += 1;
                Some(clip.picture(*index - 1))
            }
            Source::Y4m(reader) => reader.read_frame()?,
        };
        if let Some(picture) = &picture
            && (picture.width(), picture.height()) != (self.width, self.height)
        {
            let (width, height) = (picture.width(), picture.height());
            bail!("the clip changes from {}x{} to {width}x{height}", self.width, self.height);
        }
        Ok(picture)
    }

    fn coded(path: &Path) -> anyhow::Result<Self> {
        let mut units = CodedClip::open(path)?;
        let mut decoder = Box::new(Decoder::new(DecoderConfig::default())?);
        let frames = Some(units.count_units());
        let (first, full_range) =
            decode_next(&mut units, &mut decoder)?.context("the clip has no picture")?;
        Ok(Self {
            width: first.width(),
            height: first.height(),
            frame_rate: units.frame_rate,
            color: color(full_range),
            frames,
            source: Source::Coded { units, decoder, first: Some(first) },
        })
    }

    fn synthetic(description: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = description.split(':').collect();
        let (scene, size, frames) = match parts[..] {
            [scene, size] => (scene, size, SYNTHETIC_FRAMES),
            [scene, size, frames] => (scene, size, frames.parse()?),
            _ => bail!("{} parts", parts.len()),
        };
        let known = Scene::ALL.into_iter().find(|known| known.name() == scene);
        let scene = known.with_context(|| format!("no scene {scene:?}"))?;
        let (width, height) = size.split_once('x').context("no size")?;
        let (width, height) = (width.parse()?, height.parse()?);
        let clip = synthetic::Clip::new(scene, width, height, 1)?;
        Ok(Self {
            width,
            height,
            frame_rate: SYNTHETIC_RATE,
            color: ColorDescription::default(),
            frames: Some(frames),
            source: Source::Synthetic { clip, index: 0, end: frames },
        })
    }

    fn y4m(path: &Path) -> anyhow::Result<Self> {
        let reader = y4m::Reader::new(BufReader::new(File::open(path)?))?;
        let y4m::Header { width, height, frame_rate, full_range } = reader.header();
        Ok(Self {
            width,
            height,
            frame_rate,
            color: color(full_range),
            frames: None,
            source: Source::Y4m(reader),
        })
    }
}

fn color(full_range: bool) -> ColorDescription {
    ColorDescription { full_range, ..ColorDescription::default() }
}

/// The next picture that is shown, and whether it is of full range.
fn decode_next(
    units: &mut CodedClip,
    decoder: &mut Decoder,
) -> anyhow::Result<Option<(PictureBuffer, bool)>> {
    for unit in units {
        let unit = unit?;
        if let Some(picture) = decoder.decode(unit.data, unit.timestamp)? {
            return Ok(Some((picture.to_buffer()?, picture.full_range())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARPHONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/carphone.ivf");

    #[test]
    fn the_clip_of_the_library_is_whole() {
        let mut clip = Clip::open(CARPHONE).unwrap();
        assert_eq!((clip.width, clip.height, clip.frames), (176, 144, Some(120)));
        assert_eq!(clip.frame_rate, Rational::new(30_000, 1001));
        let mut count = 0;
        while clip.next_picture().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 120);
    }

    #[test]
    fn synthetic_clips_have_the_size_and_length_of_their_name() {
        let mut clip = Clip::open("synthetic:noise:33x17:2").unwrap();
        assert_eq!((clip.width, clip.height, clip.frames), (33, 17, Some(2)));
        assert_eq!(clip.next_picture().unwrap().unwrap().width(), 33);
        assert!(clip.next_picture().unwrap().is_some());
        assert!(clip.next_picture().unwrap().is_none());
    }

    #[test]
    fn names_that_are_no_clip_are_refused() {
        for name in ["a.mp4", "a", "missing.y4m", "synthetic:noise", "synthetic:fog:16x16"] {
            let error = Clip::open(name).map(|_| ()).unwrap_err();
            assert!(format!("{error:#}").contains(name), "{error:#}");
        }
        for size in ["1x1", "99999x16", "ax16", "16", ":16x16:x"] {
            assert!(Clip::open(&format!("synthetic:noise:{size}")).is_err(), "{size}");
        }
    }
}
