//! The decoder: one temporal unit in, its picture out, with no delay added.
//!
//! Two builds of one decoder stand behind it: dav1d's Rust port (feature `rav1d`) and the system's
//! libdav1d (feature `dav1d`), which comes first when a build has both. libdav1d writes a line to
//! the standard error stream for a damaged unit unless it was built without its log.
//!
//! With debug assertions rav1d records a backtrace at every access to shared memory and takes
//! seconds a picture. An application that decodes in its debug builds wants this in `Cargo.toml`:
//!
//! ```toml
//! [profile.dev.package.re_rav1d]
//! opt-level = 2
//! debug-assertions = false
//! ```

mod error;
mod picture;
#[cfg(not(feature = "dav1d"))]
mod rav1d;

use std::fmt;

use bytes::Bytes;
#[cfg(feature = "dav1d")]
use dav1d as backend;
#[cfg(not(feature = "dav1d"))]
use rav1d as backend;

pub use error::DecodeError;
pub use picture::{ChromaSamplePosition, Picture};

use crate::av1::obu::{ColorConfig, ObuType, Obus, SequenceHeader};
use crate::config::MAX_THREADS;

/// Settings of a [`Decoder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecoderConfig {
    /// Threads the decoder may use, its caller's included, 1 to 64.
    pub threads: usize,
    /// The most luma samples of a picture, 1 to 2³⁰; a larger picture is refused before memory is
    /// taken for it.
    pub max_pixels: u32,
    /// The operating point to decode (AV1 specification, 7.18.2 and 6.4.1), 0 to 31. A stream
    /// without that one is decoded at 0.
    pub operating_point: u8,
    /// Whether film grain that the stream describes is put on the pictures.
    pub film_grain: bool,
}

impl Default for DecoderConfig {
    /// One thread, pictures of up to 8192 × 4320, operating point 0, film grain applied.
    fn default() -> Self {
        Self { threads: 1, max_pixels: 8192 * 4320, operating_point: 0, film_grain: true }
    }
}

/// Decodes temporal units into pictures.
pub struct Decoder {
    inner: backend::Decoder,
    max_pixels: u32,
    /// Of the last sequence header.
    color: ColorConfig,
}

impl Decoder {
    /// A decoder with these settings.
    ///
    /// # Errors
    /// A setting out of range, or a back end that cannot start.
    pub fn new(config: DecoderConfig) -> Result<Self, DecodeError> {
        let DecoderConfig { threads, max_pixels, operating_point, film_grain } = config;
        if !(1..=MAX_THREADS).contains(&threads) {
            return Err(DecodeError::Threads(threads));
        }
        if operating_point > 31 {
            return Err(DecodeError::OperatingPoint(operating_point));
        }
        if !(1..=MAX_PIXELS).contains(&max_pixels) {
            return Err(DecodeError::MaxPixels(max_pixels));
        }
        let mut settings = backend::Settings::new();
        settings.set_n_threads(threads as u32);
        settings.set_max_frame_delay(1);
        settings.set_all_layers(false);
        settings.set_operating_point(u32::from(operating_point));
        settings.set_frame_size_limit(max_pixels);
        settings.set_apply_grain(film_grain);
        let inner = backend::Decoder::with_settings(&settings).map_err(backend_error)?;
        Ok(Self { inner, max_pixels, color: ColorConfig::default() })
    }

    /// Takes one temporal unit (OBUs in the low-overhead format; [`Obus`] tells what may stand at its
    /// end) and gives its picture, that of the highest spatial layer; `None` if the unit shows none.
    ///
    /// `timestamp` is handed on to the picture. Of a unit that is against the standard and shows
    /// several pictures (7.5) the last is given; [`decode_each`](Self::decode_each) gives all.
    ///
    /// # Errors
    /// A unit that is empty, damaged, too large or without its references. But for an empty unit
    /// all references are then forgotten: there are more errors, and no wrong pictures, up to the
    /// next key frame.
    pub fn decode(
        &mut self,
        unit: impl Into<Bytes>,
        timestamp: u64,
    ) -> Result<Option<Picture>, DecodeError> {
        let mut last = None;
        self.decode_each(unit, timestamp, |picture| last = Some(picture))?;
        Ok(last)
    }

    /// As [`decode`](Self::decode), with `each` called for every picture shown.
    ///
    /// # Errors
    /// As [`decode`](Self::decode); `each` has then been called for the pictures before the damage.
    pub fn decode_each(
        &mut self,
        unit: impl Into<Bytes>,
        timestamp: u64,
        mut each: impl FnMut(Picture),
    ) -> Result<(), DecodeError> {
        let unit = unit.into();
        let (mut obus, mut start) = (Obus::new(&unit), 0);
        loop {
            let end = self.find_end(&mut obus, start).unwrap_or(unit.len());
            if end <= start {
                return if start == 0 { Err(DecodeError::Empty { timestamp }) } else { Ok(()) };
            }
            let color = self.color;
            let part = unit.slice(start..end);
            self.exchange(part, |picture| each(Picture::new(picture, color, timestamp))).map_err(
                |error| {
                    // A header or data of the damaged unit that stayed inside would spoil later ones.
                    self.inner.flush();
                    self.unit_error(error, timestamp, unit.len())
                },
            )?;
            start = end;
        }
    }

    /// Where the temporal unit that starts at `start` ends; `None` with damage, which the back end
    /// tells of after what comes before it. Takes note of sequence headers.
    fn find_end(&mut self, obus: &mut Obus<'_>, start: usize) -> Option<usize> {
        for obu in obus.by_ref() {
            let obu = obu.ok()?;
            match obu.header.obu_type {
                ObuType::TemporalDelimiter if obu.range.start > start => {
                    return Some(obu.range.start);
                }
                ObuType::SequenceHeader => {
                    let header = SequenceHeader::parse(obu.payload);
                    self.color =
                        header.map_or(ColorConfig::default(), |header| header.color_config);
                }
                _ => {}
            }
        }
        Some(Obus::position(obus))
    }

    /// Forgets all references, as after a loss: nothing comes out before the next key frame.
    pub fn reset(&mut self) {
        self.inner.flush();
    }

    /// Name of the back end.
    pub const fn backend_name() -> &'static str {
        BACKEND
    }

    /// Puts `unit` in and takes all of its pictures out: the back end panics if more goes in before.
    fn exchange(
        &mut self,
        unit: Bytes,
        mut each: impl FnMut(backend::Picture),
    ) -> Result<(), backend::Error> {
        let mut sent = self.inner.send_data(unit, None, None, None);
        loop {
            let mut pictures = 0;
            loop {
                match self.inner.get_picture() {
                    Ok(picture) => each(picture),
                    Err(error) if error.is_again() => break,
                    Err(error) => return Err(error),
                }
                pictures += 1;
            }
            match sent {
                Err(error) if error.is_again() && pictures > 0 => {
                    sent = self.inner.send_pending_data();
                }
                outcome => return outcome,
            }
        }
    }

    fn unit_error(&self, error: backend::Error, timestamp: u64, len: usize) -> DecodeError {
        match error {
            backend::Error::InvalidArgument => DecodeError::Damaged { timestamp, len },
            backend::Error::NotEnoughMemory => DecodeError::Memory { timestamp },
            backend::Error::UnsupportedBitstream => DecodeError::Unsupported { timestamp },
            backend::Error::UnknownError(OUT_OF_RANGE) => {
                DecodeError::FrameSize { timestamp, max_pixels: self.max_pixels }
            }
            error => backend_error(error),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("backend", &BACKEND)
            .field("max_pixels", &self.max_pixels)
            .finish_non_exhaustive()
    }
}

fn backend_error(error: backend::Error) -> DecodeError {
    DecodeError::Backend { backend: BACKEND, message: error.to_string() }
}

#[cfg(feature = "dav1d")]
const BACKEND: &str = "dav1d";
#[cfg(not(feature = "dav1d"))]
const BACKEND: &str = "rav1d";

/// dav1d's word for a picture above the size limit: ERANGE negated, the same on all systems.
const OUT_OF_RANGE: i32 = -34;
/// Keeps the bytes of a plane, padding included, within 32 bits: `dav1d` counts them so.
const MAX_PIXELS: u32 = 1 << 30;
