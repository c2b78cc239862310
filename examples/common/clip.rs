//! Clips to encode: a Y4M file, a coded file that the library decodes, or a synthetic scene.

use std::collections::VecDeque;
use std::io::BufRead;

use anyhow::{Context, bail};
use rtav1::synthetic::{self, Scene};
use rtav1::{ColorDescription, Decoder, DecoderConfig, PictureBuffer, Rational};

use super::coded::CodedClip;
use super::input::{Input, warn};
use super::scale::scale;
use super::y4m;

/// What a clip's name may be, for `--help`.
pub(crate) const CLIP_HELP: &str = "a Y4M file (8-bit 4:2:0 or mono), an AV1 file (IVF, OBU stream, \
     Annex B), - for one of these on standard input, or synthetic:SCENE:WxH[:FRAMES] with a SCENE of \
     cuts, flat, moving-texture, noise, text";

/// Length of a synthetic clip whose name does not tell it, and its frame rate.
const SYNTHETIC_FRAMES: u64 = 300;
const SYNTHETIC_RATE: Rational = Rational::new(30, 1);

/// A clip opened for reading; its pictures are all of one size, that of the first. Pictures of
/// another are scaled.
pub(crate) struct Clip {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second.
    pub(crate) frame_rate: Rational,
    pub(crate) color: ColorDescription,
    /// Number of pictures, if known.
    pub(crate) frames: Option<u64>,
    name: String,
    scaled: bool,
    source: Source,
}

enum Source {
    Coded(Box<Coded>),
    Synthetic { clip: synthetic::Clip, index: u64, end: u64 },
    Y4m(y4m::Reader<Box<dyn BufRead + Send>>),
}

impl Clip {
    /// Opens the clip called `name` as [`CLIP_HELP`] says.
    pub(crate) fn open(name: &str) -> anyhow::Result<Self> {
        if let Some(description) = name.strip_prefix("synthetic:") {
            return Self::synthetic(description).with_context(|| {
                format!("{name:?} is not synthetic:SCENE:WxH[:FRAMES] with a SCENE that exists")
            });
        }
        Self::file(name).with_context(|| name.to_owned())
    }

    /// The next picture; `None` at the end.
    pub(crate) fn next_picture(&mut self) -> anyhow::Result<Option<PictureBuffer>> {
        let picture = match &mut self.source {
            Source::Coded(coded) => coded.next_picture(&self.name)?,
            Source::Synthetic { index, end, .. } if index == end => None,
            Source::Synthetic { clip, index, .. } => {
                *index += 1;
                Some(clip.picture(*index - 1))
            }
            Source::Y4m(reader) => {
                let picture = reader.read_frame()?;
                if reader.is_cut() {
                    warn(&self.name, "the last picture is cut off and left out");
                }
                picture
            }
        };
        let Some(picture) = picture else { return Ok(None) };
        let (width, height) = (picture.width(), picture.height());
        if (width, height) != (self.width, self.height) && !self.scaled {
            self.scaled = true;
            let change = format!("{}x{} to {width}x{height}", self.width, self.height);
            warn(&self.name, &format!("pictures change from {change} and are scaled back"));
        }
        Ok(Some(scale(picture, self.width, self.height)?))
    }

    /// Coded units that gave no picture because they, or what they refer to, were damaged.
    pub(crate) fn lost_units(&self) -> u64 {
        match &self.source {
            Source::Coded(coded) => coded.lost,
            _ => 0,
        }
    }

    fn file(name: &str) -> anyhow::Result<Self> {
        let input = Input::open(name)?;
        if input.head().starts_with(y4m::SIGNATURE) {
            Self::y4m(name, y4m::Reader::new(input.into_reader())?)
        } else {
            Self::coded(name, CodedClip::read(name, input.read()?.into())?)
        }
    }

    fn coded(name: &str, units: CodedClip) -> anyhow::Result<Self> {
        let (frame_rate, frames) = (units.frame_rate, Some(units.count_units()));
        let decoder = Decoder::new(DecoderConfig::default())?;
        let mut coded =
            Coded { units, decoder, pictures: VecDeque::new(), full_range: false, lost: 0 };
        let first = coded.next_picture(name)?.context("the clip has no picture")?;
        let (width, height) = (first.width(), first.height());
        coded.pictures.push_front(first);
        Ok(Self {
            width,
            height,
            frame_rate,
            color: color(coded.full_range),
            frames,
            name: name.to_owned(),
            scaled: false,
            source: Source::Coded(Box::new(coded)),
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
            name: String::new(),
            scaled: false,
            source: Source::Synthetic { clip, index: 0, end: frames },
        })
    }

    fn y4m(name: &str, reader: y4m::Reader<Box<dyn BufRead + Send>>) -> anyhow::Result<Self> {
        let y4m::Header { width, height, frame_rate, full_range } = reader.header();
        reader.remarks().iter().for_each(|remark| warn(name, remark));
        Ok(Self {
            width,
            height,
            frame_rate,
            color: color(full_range),
            frames: None,
            name: name.to_owned(),
            scaled: false,
            source: Source::Y4m(reader),
        })
    }
}

/// A coded clip and its decoder.
struct Coded {
    units: CodedClip,
    decoder: Decoder,
    /// Decoded, and not handed out yet.
    pictures: VecDeque<PictureBuffer>,
    /// Whether the first picture is of full range.
    full_range: bool,
    lost: u64,
}

impl Coded {
    /// The next picture that is shown; after damage the next key frame's.
    fn next_picture(&mut self, name: &str) -> anyhow::Result<Option<PictureBuffer>> {
        while self.pictures.is_empty() {
            let Some(unit) = self.units.next() else { return Ok(None) };
            let mut shown = Vec::new();
            let decoded = unit.and_then(|unit| {
                let each = |picture| shown.push(picture);
                Ok(self.decoder.decode_each(unit.data, unit.timestamp, each)?)
            });
            if let Err(error) = decoded {
                if self.lost == 0 {
                    warn(name, &format!("{error:#}; goes on at the next key frame"));
                }
                self.lost += 1;
                self.decoder.reset();
            }
            self.full_range |= shown.first().is_some_and(|picture| picture.full_range());
            let pictures = shown.iter().map(|picture| picture.to_buffer());
            self.pictures.extend(pictures.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(self.pictures.pop_front())
    }
}

fn color(full_range: bool) -> ColorDescription {
    // Everything else is unspecified.
    let mut color = ColorDescription::new(2, 2, 2);
    color.full_range = full_range;
    color
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use bytes::Bytes;
    use rtav1::{Encoder, EncoderConfig, FrameOptions, Speed};

    use super::super::ivf;
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
    fn damage_costs_pictures_up_to_the_next_key_frame() {
        let file = std::fs::read(CARPHONE).unwrap();
        let units: Vec<_> = CodedClip::read("test", file.into()).unwrap().flatten().collect();
        let count = |units: &[Bytes]| {
            let file = Cursor::new(Vec::new());
            let mut writer = ivf::Writer::new(file, 176, 144, Rational::new(30, 1)).unwrap();
            (0..).zip(units).for_each(|(index, unit)| writer.write(index, unit).unwrap());
            let file = writer.finish().unwrap().into_inner();
            let units = CodedClip::read("test", file.into()).unwrap();
            let mut clip = Clip::coded("test", units).unwrap();
            let mut pictures = 0;
            while clip.next_picture().unwrap().is_some() {
                pictures += 1;
            }
            (pictures, clip.lost_units())
        };
        let [key, second, third] = [0, 1, 2].map(|index| units[index].data.clone());
        let cut = second.slice(..second.len() - 9);
        let both = Bytes::from([&key[..], &second].concat());
        assert_eq!(count(&[both.clone(), both.clone()]), (4, 0));
        assert_eq!(count(&[key.clone(), cut, third, key, second]), (3, 2));
    }

    #[test]
    fn pictures_of_another_size_are_scaled() {
        let stream = |width, height| {
            let mut config = EncoderConfig::new(width, height, 100_000);
            config.speed = Speed::FASTEST;
            let picture = PictureBuffer::new(width, height).unwrap();
            let outcome =
                Encoder::new(config).unwrap().encode(&picture.as_frame(0), FrameOptions::default());
            outcome.unwrap().into_unit().unwrap().data
        };
        let both = [&stream(32, 16)[..], &stream(16, 16), &stream(32, 16)].concat();
        let mut clip = Clip::coded("test", CodedClip::read("test", both.into()).unwrap()).unwrap();
        for _ in 0..3 {
            let picture = clip.next_picture().unwrap().unwrap();
            assert_eq!((picture.width(), picture.height()), (32, 16));
        }
        assert!(clip.next_picture().unwrap().is_none());
    }

    #[test]
    fn names_that_are_no_clip_are_refused() {
        for name in ["a.mp4", "a", "missing.y4m", "synthetic:noise", "synthetic:fog:16x16"] {
            let error = Clip::open(name).map(|_| ()).unwrap_err();
            assert!(format!("{error:#}").contains(name), "{error:#}");
        }
        for size in ["0x1", "99999x16", "ax16", "16", ":16x16:x"] {
            assert!(Clip::open(&format!("synthetic:noise:{size}")).is_err(), "{size}");
        }
    }
}
