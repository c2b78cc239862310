//! The decoder's structs and exports.

use std::ffi::{CString, c_char};
use std::ptr;

use bytes::Bytes;

use super::error::Failure;
use super::handle::{Handle, Report, c_string, call, create, free, guard, last_error, text_of};
use super::memory::{CallerStruct, Out, byte, fill, items};
use super::owned::{View, give, release};
use super::status::Rtav1Status;
use crate::decoder::{ChromaSamplePosition, Decoder, DecoderConfig, Picture};
use crate::frame::ChromaLayout;

/// Which chroma planes a picture has.
#[repr(C)]
pub enum Rtav1ChromaLayout {
    /// None.
    Monochrome = 0,
    /// Half the width and half the height of luma, each rounded up.
    Yuv420 = 1,
    /// Half the width of luma, rounded up.
    Yuv422 = 2,
    /// As luma.
    Yuv444 = 3,
}

/// Where a chroma sample of 4:2:0 lies (chroma_sample_position of AV1).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rtav1ChromaSamplePosition {
    /// The stream does not tell, or chroma is not 4:2:0.
    Unknown = 0,
    /// Beside the left luma sample of its four, in the middle between two rows.
    Vertical = 1,
    /// At the top left luma sample of its four.
    Colocated = 2,
}

/// Settings of a decoder, to be filled by `rtav1_decoder_config_default` and then changed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Rtav1DecoderConfig {
    /// `sizeof(Rtav1DecoderConfig)`.
    pub struct_size: usize,
    /// Threads the decoder may use, the caller's included, 1 to 64. 1 by default.
    pub threads: u32,
    /// The most luma samples of a picture, 8192 * 4320 by default; a larger one is refused before
    /// memory is taken for it.
    pub max_pixels: u32,
    /// The operating point to decode, 0 to 31. A stream without that one is decoded at 0, the
    /// default.
    pub operating_point: u32,
    /// Nonzero, the default: film grain that the stream describes is put on the pictures.
    pub film_grain: u32,
}

/// A decoded picture. It is the caller's until `rtav1_picture_free`, must not be written to, and
/// does not depend on the decoder.
#[repr(C)]
pub struct Rtav1Picture {
    /// Y, U and V; null for a plane that the picture lacks. With a bit depth above 8 a sample has
    /// two bytes in the machine's order.
    pub planes: [*const u8; 3],
    /// Bytes from the start of a row to the start of the next, of each plane.
    pub strides: [usize; 3],
    /// Samples in a row of each plane.
    pub plane_widths: [usize; 3],
    /// Rows of each plane.
    pub plane_heights: [usize; 3],
    /// The timestamp that came with the unit.
    pub timestamp: u64,
    /// Width in luma samples.
    pub width: u32,
    /// Height in luma samples.
    pub height: u32,
    /// Which chroma planes there are.
    pub layout: Rtav1ChromaLayout,
    /// Bits of a sample: 8, 10 or 12.
    pub bit_depth: u8,
    /// Whether samples use all of their range, 0 to 255 in 8 bits, rather than 16 to 235.
    pub full_range: bool,
    /// color_primaries of ITU-T H.273; 2 is unspecified.
    pub color_primaries: u8,
    /// transfer_characteristics of ITU-T H.273; 2 is unspecified.
    pub transfer_characteristics: u8,
    /// matrix_coefficients of ITU-T H.273; 2 is unspecified.
    pub matrix_coefficients: u8,
    /// Where the chroma samples lie.
    pub chroma_sample_position: Rtav1ChromaSamplePosition,
}

/// Decodes temporal units into pictures.
pub struct Rtav1Decoder {
    decoder: Decoder,
    backend_name: CString,
    report: Report,
}

// SAFETY: repr(C), `struct_size` first, integers.
unsafe impl CallerStruct for Rtav1DecoderConfig {
    const NAME: &'static str = "Rtav1DecoderConfig";
}

impl View for Rtav1Picture {
    type Owner = Picture;
}

impl Handle for Rtav1Decoder {
    fn report(&mut self) -> &mut Report {
        &mut self.report
    }
}

/// Fills `config`: one thread, pictures of up to 8192 * 4320, operating point 0, film grain
/// applied. `struct_size` is `sizeof *config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_config_default(
    config: *mut Rtav1DecoderConfig,
    struct_size: usize,
) -> Rtav1Status {
    let value = DecoderConfig::default().into();
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { guard(ptr::null_mut(), 0, || fill(config, struct_size, value)) }
}

/// Makes a decoder; `*decoder` becomes null on failure. Freed by `rtav1_decoder_free`.
///
/// `message` may be null, or get the text of the error, cut to `capacity` bytes with its NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_new(
    config: *const Rtav1DecoderConfig,
    decoder: *mut *mut Rtav1Decoder,
    message: *mut c_char,
    capacity: usize,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { create(decoder, message, capacity, || Rtav1Decoder::new(config)) }
}

/// Frees the decoder and sets `*decoder` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_free(decoder: *mut *mut Rtav1Decoder) {
    // SAFETY: the caller gives null or a place that holds null or a decoder.
    unsafe { free(decoder) }
}

/// Text of the last call on this handle that failed, empty if none did; valid until the next call
/// on the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_error(decoder: *mut Rtav1Decoder) -> *const c_char {
    // SAFETY: the caller gives null or a decoder that it alone uses.
    unsafe { last_error(decoder) }
}

/// Takes one temporal unit and gives its picture; `*picture` is null if it shows none.
///
/// After an error in a unit, further units can be given, and pictures are right again from the
/// next key frame on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_decode(
    decoder: *mut Rtav1Decoder,
    data: *const u8,
    len: usize,
    timestamp: u64,
    picture: *mut *const Rtav1Picture,
) -> Rtav1Status {
    // SAFETY: the caller gives pointers that hold what the header says of them.
    unsafe { call(decoder, |handle| handle.decode(data, len, timestamp, picture)) }
}

/// Makes the decoder forget all references: nothing comes out before the next key frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_reset(decoder: *mut Rtav1Decoder) -> Rtav1Status {
    let body = |handle: &mut Rtav1Decoder| {
        handle.decoder.reset();
        Ok(())
    };
    // SAFETY: the caller gives null or a decoder that it alone uses.
    unsafe { call(decoder, body) }
}

/// Name of the decoder's back end, such as "rav1d"; valid as long as the decoder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_decoder_backend_name(decoder: *mut Rtav1Decoder) -> *const c_char {
    // SAFETY: the caller gives null or a decoder that it alone uses.
    unsafe { text_of(decoder, |handle| &handle.backend_name) }
}

/// Frees the picture and sets `*picture` to null; does nothing where that is null already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_picture_free(picture: *mut *const Rtav1Picture) {
    // SAFETY: the caller gives null or a place that holds null or a picture.
    unsafe { release(picture) }
}

impl Rtav1Decoder {
    /// # Safety
    /// As for [`CallerStruct::read`].
    unsafe fn new(config: *const Rtav1DecoderConfig) -> Result<Self, Failure> {
        // SAFETY: as for this function.
        let config = unsafe { Rtav1DecoderConfig::read(config) }?;
        let decoder = Decoder::new(config.to_settings()?)?;
        let backend_name = c_string(Decoder::backend_name());
        Ok(Self { decoder, backend_name, report: Report::default() })
    }

    /// # Safety
    /// The pointers are those of [`rtav1_decoder_decode`].
    unsafe fn decode(
        &mut self,
        data: *const u8,
        len: usize,
        timestamp: u64,
        picture: *mut *const Rtav1Picture,
    ) -> Result<(), Failure> {
        // SAFETY: as for this function.
        let out = unsafe { Out::new(picture, "picture") }?;
        out.set(ptr::null());
        // SAFETY: as for this function.
        let unit = Bytes::copy_from_slice(unsafe { items(data, len, "data") }?);
        let picture = self.decoder.decode(unit, timestamp)?;
        out.set(picture.map_or(ptr::null(), Rtav1Picture::give));
        Ok(())
    }
}

impl Rtav1Picture {
    fn give(picture: Picture) -> *const Self {
        let planes = [0, 1, 2].map(|plane| picture.plane(plane));
        let sizes = [0, 1, 2].map(|plane| picture.plane_size(plane));
        let color = picture.color();
        let view = Self {
            planes: planes.map(|p| if p.data.is_empty() { ptr::null() } else { p.data.as_ptr() }),
            strides: planes.map(|plane| plane.stride),
            plane_widths: sizes.map(|(width, _)| width),
            plane_heights: sizes.map(|(_, height)| height),
            timestamp: picture.timestamp(),
            width: picture.width(),
            height: picture.height(),
            layout: match picture.layout() {
                ChromaLayout::Monochrome => Rtav1ChromaLayout::Monochrome,
                ChromaLayout::Yuv420 => Rtav1ChromaLayout::Yuv420,
                ChromaLayout::Yuv422 => Rtav1ChromaLayout::Yuv422,
                ChromaLayout::Yuv444 => Rtav1ChromaLayout::Yuv444,
            },
            bit_depth: picture.bit_depth(),
            full_range: color.full_range,
            color_primaries: color.primaries,
            transfer_characteristics: color.transfer,
            matrix_coefficients: color.matrix,
            chroma_sample_position: picture.chroma_sample_position().into(),
        };
        give(view, picture)
    }
}

impl From<ChromaSamplePosition> for Rtav1ChromaSamplePosition {
    fn from(position: ChromaSamplePosition) -> Self {
        match position {
            ChromaSamplePosition::Unknown => Self::Unknown,
            ChromaSamplePosition::Vertical => Self::Vertical,
            ChromaSamplePosition::Colocated => Self::Colocated,
        }
    }
}

impl From<DecoderConfig> for Rtav1DecoderConfig {
    fn from(config: DecoderConfig) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            threads: u32::try_from(config.threads).unwrap_or(u32::MAX),
            max_pixels: config.max_pixels,
            operating_point: u32::from(config.operating_point),
            film_grain: u32::from(config.film_grain),
        }
    }
}

impl Rtav1DecoderConfig {
    /// The settings as the Rust interface has them.
    fn to_settings(self) -> Result<DecoderConfig, Failure> {
        Ok(DecoderConfig {
            threads: self.threads as usize,
            max_pixels: self.max_pixels,
            operating_point: byte("operating_point", self.operating_point)?,
            film_grain: self.film_grain != 0,
        })
    }
}
