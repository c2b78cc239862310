//! YUV4MPEG2: a line of tags, then per picture the word FRAME and its planes; 8-bit 4:2:0 and mono.

use std::io::{self, BufRead, Read, Write};

use rtav1::{FrameError, PictureBuffer, Rational};
use thiserror::Error;

/// What a file starts with.
pub(crate) const SIGNATURE: &[u8] = b"YUV4MPEG2";
/// What a picture starts with.
const FRAME: &[u8] = b"FRAME";
/// The longest tag line that is read.
const LINE_LIMIT: u64 = 4096;
/// Frames a second of a file that does not tell; 25 is what other readers take.
pub(crate) const FALLBACK_RATE: Rational = Rational::new(25, 1);

/// The tags that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second; [`FALLBACK_RATE`] where the file does not tell.
    pub(crate) frame_rate: Rational,
    /// Samples use all of 0 to 255 (the tag `XCOLORRANGE=FULL`).
    pub(crate) full_range: bool,
}

/// What is wrong with a Y4M file.
#[derive(Debug, Error)]
pub(crate) enum Y4mError {
    #[error("format {0:?} is not 8-bit 4:2:0 or mono")]
    Format(String),
    #[error("frame {0} does not start with FRAME")]
    FrameMark(u64),
    #[error("frames of mixed interlacing (I{0}) are not supported")]
    Interlaced(String),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a line of tags goes on after {LINE_LIMIT} bytes")]
    Line,
    #[error("not a Y4M file")]
    Signature,
    #[error(transparent)]
    Size(#[from] FrameError),
    #[error("tag {0:?} is not understood")]
    Tag(String),
}

/// Reads pictures one after the other.
#[derive(Debug)]
pub(crate) struct Reader<R> {
    input: R,
    header: Header,
    /// What the file lacks or has that does not stop the reading.
    remarks: Vec<&'static str>,
    mono: bool,
    index: u64,
    cut: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the tags.
    pub(crate) fn new(mut input: R) -> Result<Self, Y4mError> {
        let line = read_line(&mut input)?.ok_or(Y4mError::Signature)?;
        let mut tags = line.split(|&byte| byte == b' ');
        if tags.next() != Some(SIGNATURE) {
            return Err(Y4mError::Signature);
        }
        let (mut width, mut height, mut frame_rate, mut full_range) = (0, 0, None, false);
        let (mut mono, mut remarks) = (false, Vec::new());
        for tag in tags.filter(|tag| !tag.is_empty()) {
            let text = String::from_utf8_lossy(tag);
            let value = text.get(1..).unwrap_or_default();
            let bad = || Y4mError::Tag(text.to_string());
            match tag[0] {
                b'W' => width = value.parse().map_err(|_| bad())?,
                b'H' => height = value.parse().map_err(|_| bad())?,
                b'F' => frame_rate = parse_rate(value).ok_or_else(bad)?,
                b'C' => mono = is_mono(value)?,
                b'I' if matches!(value, "t" | "b") => {
                    remarks.push("the video is interlaced; its frames are taken as pictures");
                }
                b'I' if !matches!(value, "p" | "?") => {
                    return Err(Y4mError::Interlaced(value.to_owned()));
                }
                b'X' if value == "COLORRANGE=FULL" => full_range = true,
                _ => {}
            }
        }
        PictureBuffer::new(width, height)?;
        if frame_rate.is_none() {
            remarks.push("the frame rate is unknown; 25 frames a second are taken");
        }
        let frame_rate = frame_rate.unwrap_or(FALLBACK_RATE);
        let header = Header { width, height, frame_rate, full_range };
        Ok(Self { input, header, remarks, mono, index: 0, cut: false })
    }

    /// The tags.
    pub(crate) fn header(&self) -> Header {
        self.header
    }

    /// What is unusual about the file, in sentences.
    pub(crate) fn remarks(&self) -> &[&'static str] {
        &self.remarks
    }

    /// Whether the last picture was cut off and left out; known at the end.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// The next picture; `None` at the end, or where the file is cut off.
    pub(crate) fn read_frame(&mut self) -> Result<Option<PictureBuffer>, Y4mError> {
        // Some writers end a file, or the tags, with empty lines.
        let line = loop {
            match read_line(&mut self.input)? {
                Some(line) if line.is_empty() => {}
                Some(line) => break line,
                None => return Ok(None),
            }
        };
        let word = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        if word != FRAME && !self.at_cut_word(word)? {
            return Err(Y4mError::FrameMark(self.index));
        }
        let mut picture = PictureBuffer::new(self.header.width, self.header.height)?;
        if self.mono {
            picture.plane_mut(1).fill(128);
            picture.plane_mut(2).fill(128);
        }
        for plane in 0..if self.mono { 1 } else { 3 } {
            match self.input.read_exact(picture.plane_mut(plane)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.cut = true;
                    return Ok(None);
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.index += 1;
        Ok(Some(picture))
    }

    /// Whether the file ends within the word FRAME, of which `word` is there.
    fn at_cut_word(&mut self, word: &[u8]) -> io::Result<bool> {
        Ok(FRAME.starts_with(word) && self.input.fill_buf()?.is_empty())
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

/// A line without its end, LF or CR LF, or what is left of the file; `None` at its end.
fn read_line(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, Y4mError> {
    let mut line = Vec::new();
    input.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.len() as u64 == LINE_LIMIT && !line.ends_with(b"\n") {
        return Err(Y4mError::Line);
    }
    for end in [b'\n', b'\r'] {
        line.pop_if(|&mut last| last == end);
    }
    Ok(Some(line))
}

/// The value of the tag F; `Some(None)` for a ratio that is no rate, such as 0:0 for "unknown".
fn parse_rate(text: &str) -> Option<Option<Rational>> {
    let (num, den) = text.split_once(':')?;
    let ratio = Rational::new(num.parse().ok()?, den.parse().ok()?);
    Some((ratio.num > 0 && ratio.den > 0).then_some(ratio))
}

/// Whether a format of 8 bits has luma only; 4:2:0 has its chroma samples at any of the places that
/// the format can name.
fn is_mono(format: &str) -> Result<bool, Y4mError> {
    match format {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" | "420p8" => Ok(false),
        "mono" | "mono8" => Ok(true),
        _ => Err(Y4mError::Format(format.to_owned())),
    }
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
    fn every_cut_gives_the_whole_pictures() {
        let file = sample();
        let start = file.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        let picture = (file.len() - start) / 2;
        for end in start..=file.len() {
            let mut reader = Reader::new(&file[..end]).unwrap();
            let mut whole = 0;
            while reader.read_frame().unwrap().is_some() {
                whole += 1;
            }
            assert_eq!(whole, (end - start) / picture);
            assert_eq!(reader.is_cut(), !(end - start).is_multiple_of(picture), "{end}");
        }
    }

    #[test]
    fn line_ends_and_empty_lines() {
        for (tags, mark, end) in
            [("\r\n", "\r\n", ""), ("\n\n", "\n", "\n"), ("\n", " Ip\r\n", "\r\n\n")]
        {
            let mut file = format!("YUV4MPEG2 W2 H1 F25:1 C420jpeg{tags}").into_bytes();
            for _ in 0..2 {
                file.extend(format!("FRAME{mark}").bytes());
                file.extend([10, 13, 10, 13]);
            }
            file.extend(end.bytes());
            let mut reader = Reader::new(&file[..]).unwrap();
            for _ in 0..2 {
                assert_eq!(reader.read_frame().unwrap().unwrap().plane(0), [10, 13]);
            }
            assert!(reader.read_frame().unwrap().is_none());
            assert!(!reader.is_cut() && reader.remarks().is_empty());
        }
    }

    #[test]
    fn mono_has_neutral_chroma() {
        let file = b"YUV4MPEG2 W2 H2 F25:1 Cmono\nFRAME\n\x01\x02\x03\x04FRAME\n\x05\x06\x07\x08";
        let mut reader = Reader::new(&file[..]).unwrap();
        for luma in [[1, 2, 3, 4], [5, 6, 7, 8]] {
            let picture = reader.read_frame().unwrap().unwrap();
            assert_eq!(
                [picture.plane(0), picture.plane(1), picture.plane(2)],
                [&luma[..], &[128], &[128]]
            );
        }
        assert!(reader.read_frame().unwrap().is_none());
    }

    #[test]
    fn what_does_not_stop_the_reading() {
        let open = |tags: &str| {
            let line = format!("YUV4MPEG2 W16 H16 {tags}\n");
            let reader = Reader::new(line.as_bytes()).unwrap();
            (reader.header().frame_rate, reader.remarks().len())
        };
        for tags in ["F0:0", "F30:0", "F0:1", ""] {
            assert_eq!(open(tags), (FALLBACK_RATE, 1), "{tags}");
        }
        for tags in ["F30:1 C420p8", "F30:1 C420", "F30:1 C420mpeg2", "F30:1 A1:1 C420paldv I?"] {
            assert_eq!(open(tags), (Rational::new(30, 1), 0), "{tags}");
        }
        assert_eq!(open("F50:1 It"), (Rational::new(50, 1), 1));
    }

    #[test]
    fn other_formats_are_refused_by_name() {
        let open = |line: &str| Reader::new(line.as_bytes()).map(|_| ()).unwrap_err().to_string();
        assert_eq!(open(""), "not a Y4M file");
        assert_eq!(open("RIFF\n"), "not a Y4M file");
        assert_eq!(open("YUV4MPEG2 W16 H16 C444\n"), "format \"444\" is not 8-bit 4:2:0 or mono");
        for format in ["420p10", "420p16", "mono10", "mono16", "422"] {
            let line = format!("YUV4MPEG2 W16 H16 C{format}\n");
            assert_eq!(open(&line), format!("format {format:?} is not 8-bit 4:2:0 or mono"));
        }
        let mixed = "frames of mixed interlacing (Im) are not supported";
        assert_eq!(open("YUV4MPEG2 W16 H16 Im\n"), mixed);
        assert_eq!(open("YUV4MPEG2 W16 H16 F30\n"), "tag \"F30\" is not understood");
        assert_eq!(open("YUV4MPEG2 W1x H16\n"), "tag \"W1x\" is not understood");
        assert!(open("YUV4MPEG2 W99999999 H99999999\n").contains("99999999x99999999"));
        assert!(open("YUV4MPEG2 H16\n").contains("0x16"));
        let long = format!("YUV4MPEG2 {}", "A".repeat(5000));
        assert_eq!(open(&long), "a line of tags goes on after 4096 bytes");
        let mut reader =
            Reader::new(&b"YUV4MPEG2 W2 H2 Cmono\nFRAME\n1234FRAMES\n1234"[..]).unwrap();
        assert!(reader.read_frame().unwrap().is_some());
        assert!(matches!(reader.read_frame(), Err(Y4mError::FrameMark(1))));
    }
}
