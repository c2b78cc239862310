//! YUV4MPEG2: a line of tags, then per picture the word FRAME and its planes; 8-bit 4:2:0 only.

use std::io::{self, BufRead, Read, Write};

use rtav1::{FrameError, PictureBuffer, Rational};
use thiserror::Error;

const SIGNATURE: &[u8] = b"YUV4MPEG2";
/// The longest tag line that is read.
const LINE_LIMIT: u64 = 4096;

/// The tags that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second.
    pub(crate) frame_rate: Rational,
    /// Samples use all of 0 to 255 (the tag `XCOLORRANGE=FULL`).
    pub(crate) full_range: bool,
}

/// What is wrong with a Y4M file.
#[derive(Debug, Error)]
pub(crate) enum Y4mError {
    #[error("format {0:?} is not 8-bit 4:2:0")]
    Format(String),
    #[error("frame {0} does not start with FRAME")]
    FrameMark(u64),
    #[error("interlaced video (I{0}) is not supported")]
    Interlaced(String),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("not a Y4M file")]
    Signature,
    #[error(transparent)]
    Size(#[from] FrameError),
    #[error("tag {0:?} is not understood")]
    Tag(String),
    #[error("frame {0} is cut off")]
    Truncated(u64),
}

/// Reads pictures one after the other.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    input: R,
    header: Header,
    index: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads the tags.
    pub(crate) fn new(mut input: R) -> Result<Self, Y4mError> {
        let line = read_line(&mut input)?;
        let mut tags = line.split(|&byte| byte == b' ');
        if tags.next() != Some(SIGNATURE) {
            return Err(Y4mError::Signature);
        }
        // The format's own default rate is "unknown"; 25 is what other readers take.
        let (mut width, mut height, mut frame_rate, mut full_range) =
            (0, 0, Rational::new(25, 1), false);
        for tag in tags.filter(|tag| !tag.is_empty()) {
            let text = String::from_utf8_lossy(tag);
            let value = text.get(1..).unwrap_or_default();
            let bad = || Y4mError::Tag(text.to_string());
            match tag[0] {
                b'W' => width = value.parse().map_err(|_| bad())?,
                b'H' => height = value.parse().map_err(|_| bad())?,
                b'F' => frame_rate = parse_ratio(value).ok_or_else(bad)?,
                b'C' if !matches!(value, "420" | "420jpeg" | "420mpeg2" | "420paldv") => {
                    return Err(Y4mError::Format(value.to_owned()));
                }
                b'I' if !matches!(value, "p" | "?") => {
                    return Err(Y4mError::Interlaced(value.to_owned()));
                }
                b'X' if value == "COLORRANGE=FULL" => full_range = true,
                _ => {}
            }
        }
        PictureBuffer::new(width, height)?;
        Ok(Self { input, header: Header { width, height, frame_rate, full_range }, index: 0 })
    }

    /// The tags.
    pub(crate) fn header(&self) -> Header {
        self.header
    }

    /// The next picture; `None` at the end.
    pub(crate) fn read_frame(&mut self) -> Result<Option<PictureBuffer>, Y4mError> {
        if self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let line = read_line(&mut self.input)?;
        if line.split(|&byte| byte == b' ').next() != Some(b"FRAME") {
            return Err(Y4mError::FrameMark(self.index));
        }
        let mut picture = PictureBuffer::new(self.header.width, self.header.height)?;
        for plane in 0..3 {
            self.input.read_exact(picture.plane_mut(plane)).map_err(|error| {
                match error.kind() {
                    io::ErrorKind::UnexpectedEof => Y4mError::Truncated(self.index),
                    _ => error.into(),
                }
            })?;
        }
        self.index += 1;
        Ok(Some(picture))
    }
}

/// Writes pictures one after the other.
#[derive(Debug)]
pub(crate) struct Writer<W> {
    output: W,
}

impl<W: Write> Writer<W> {
    /// Writes the tags.
    pub(crate) fn new(mut output: W, header: Header) -> io::Result<Self> {
        let Header { width, height, frame_rate: Rational { num, den }, full_range } = header;
        let range = if full_range { " XCOLORRANGE=FULL" } else { "" };
        writeln!(output, "YUV4MPEG2 W{width} H{height} F{num}:{den} Ip C420jpeg{range}")?;
        Ok(Self { output })
    }

    /// Appends a picture, given as its rows plane by plane.
    pub(crate) fn write_rows<'a>(
        &mut self,
        rows: impl IntoIterator<Item = &'a [u8]>,
    ) -> io::Result<()> {
        self.output.write_all(b"FRAME\n")?;
        rows.into_iter().try_for_each(|row| self.output.write_all(row))
    }

    /// Appends a picture.
    pub(crate) fn write(&mut self, picture: &PictureBuffer) -> io::Result<()> {
        self.write_rows((0..3).map(|plane| picture.plane(plane)))
    }

    /// Completes the file and gives the output back.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}

fn read_line(input: &mut impl BufRead) -> Result<Vec<u8>, Y4mError> {
    let mut line = Vec::new();
    input.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line)?;
    if line.pop() == Some(b'\n') { Ok(line) } else { Err(Y4mError::Signature) }
}

fn parse_ratio(text: &str) -> Option<Rational> {
    let (num, den) = text.split_once(':')?;
    let ratio = Rational::new(num.parse().ok()?, den.parse().ok()?);
    (ratio.num > 0 && ratio.den > 0).then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header =
        Header { width: 17, height: 16, frame_rate: Rational::new(15, 2), full_range: true };

    fn sample() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), HEADER).unwrap();
        for value in [1, 2] {
            let mut picture = PictureBuffer::new(17, 16).unwrap();
            (0..3).for_each(|plane| picture.plane_mut(plane).fill(value * 10 + plane as u8));
            writer.write(&picture).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let file = sample();
        let mut reader = Reader::new(&file[..]).unwrap();
        assert_eq!(reader.header(), HEADER);
        for value in [1, 2] {
            let picture = reader.read_frame().unwrap().unwrap();
            for plane in 0..3 {
                let expected = value * 10 + plane as u8;
                assert!(picture.plane(plane).iter().all(|&sample| sample == expected));
            }
            assert_eq!(picture.plane(1).len(), 9 * 8);
        }
        assert!(reader.read_frame().unwrap().is_none());
    }

    #[test]
    fn a_cut_picture_is_an_error() {
        let file = sample();
        let mut reader = Reader::new(&file[..file.len() - 1]).unwrap();
        assert!(reader.read_frame().unwrap().is_some());
        assert!(matches!(reader.read_frame(), Err(Y4mError::Truncated(1))));
    }

    #[test]
    fn other_formats_are_refused_by_name() {
        let open = |line: &str| Reader::new(line.as_bytes()).map(|_| ()).unwrap_err().to_string();
        assert_eq!(open("RIFF\n"), "not a Y4M file");
        assert_eq!(open("YUV4MPEG2 W16"), "not a Y4M file");
        assert_eq!(open("YUV4MPEG2 W16 H16 C444\n"), "format \"444\" is not 8-bit 4:2:0");
        assert_eq!(open("YUV4MPEG2 W16 H16 C420p10\n"), "format \"420p10\" is not 8-bit 4:2:0");
        assert_eq!(open("YUV4MPEG2 W16 H16 It\n"), "interlaced video (It) is not supported");
        assert_eq!(open("YUV4MPEG2 W16 H16 F30:0\n"), "tag \"F30:0\" is not understood");
        assert_eq!(open("YUV4MPEG2 W1x H16\n"), "tag \"W1x\" is not understood");
        assert!(open("YUV4MPEG2 W99999999 H99999999\n").contains("99999999x99999999"));
        assert!(open("YUV4MPEG2 H16\n").contains("0x16"));
    }
}
