//! rav1d through its C interface, with the names of the crate `dav1d`.
//!
//! `re_rav1d` brings such a wrapper along, but every picture that it hands out, and every call that
//! finds none, leaves a small allocation behind: rav1d fills an emptied picture with a new list of
//! metadata, which nobody frees. Here it is freed.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::{fmt, ptr, slice};

use re_rav1d::Dav1dResult;
use re_rav1d::include::dav1d::data::Dav1dData;
use re_rav1d::include::dav1d::dav1d::{Dav1dContext, Dav1dSettings};
use re_rav1d::include::dav1d::headers::{
    DAV1D_PIXEL_LAYOUT_I400, DAV1D_PIXEL_LAYOUT_I420, DAV1D_PIXEL_LAYOUT_I422,
};
use re_rav1d::include::dav1d::picture::Dav1dPicture;
use re_rav1d::src::lib::{
    dav1d_close, dav1d_data_create, dav1d_data_unref, dav1d_default_settings, dav1d_flush,
    dav1d_get_picture, dav1d_open, dav1d_picture_unref, dav1d_send_data,
};

/// What rav1d answers when it does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)]
pub(super) enum Error {
    /// Pictures wait to be taken, or there are none to take.
    Again,
    InvalidArgument,
    NotEnoughMemory,
    UnsupportedBitstream,
    /// Any other negated `errno`.
    UnknownError(c_int),
}

impl Error {
    pub(super) fn is_again(self) -> bool {
        self == Self::Again
    }

    fn check(result: Dav1dResult) -> Result<(), Self> {
        match -result.0 {
            0 => Ok(()),
            libc::EAGAIN => Err(Self::Again),
            libc::EINVAL => Err(Self::InvalidArgument),
            libc::ENOMEM => Err(Self::NotEnoughMemory),
            libc::ENOPROTOOPT => Err(Self::UnsupportedBitstream),
            _ => Err(Self::UnknownError(result.0)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

pub(super) struct Settings(Dav1dSettings);

impl Settings {
    pub(super) fn new() -> Self {
        let mut settings = MaybeUninit::uninit();
        // SAFETY: the pointer is to memory for the settings, which the call writes in full.
        unsafe {
            dav1d_default_settings(NonNull::from(&mut settings).cast());
            Self(settings.assume_init())
        }
    }

    pub(super) fn set_n_threads(&mut self, threads: u32) {
        self.0.n_threads = threads as c_int;
    }

    pub(super) fn set_max_frame_delay(&mut self, frames: u32) {
        self.0.max_frame_delay = frames as c_int;
    }

    pub(super) fn set_all_layers(&mut self, all: bool) {
        self.0.all_layers = c_int::from(all);
    }

    pub(super) fn set_operating_point(&mut self, point: u32) {
        self.0.operating_point = point as c_int;
    }

    pub(super) fn set_frame_size_limit(&mut self, pixels: u32) {
        self.0.frame_size_limit = pixels;
    }

    pub(super) fn set_apply_grain(&mut self, apply: bool) {
        self.0.apply_grain = c_int::from(apply);
    }
}

pub(super) struct Decoder {
    context: Dav1dContext,
    /// Data that rav1d has not taken yet; empty if its pointer is `None`.
    pending: Dav1dData,
}

// SAFETY: the context is a reference-counted object that rav1d itself shares between threads, and
// the pending data is owned.
unsafe impl Send for Decoder {}
// SAFETY: nothing can be done through a shared reference.
unsafe impl Sync for Decoder {}

impl Decoder {
    pub(super) fn with_settings(settings: &Settings) -> Result<Self, Error> {
        let mut context = None;
        // SAFETY: both pointers are to live objects; the settings are only read.
        Error::check(unsafe {
            dav1d_open(Some(NonNull::from(&mut context)), Some(NonNull::from(&settings.0)))
        })?;
        let context = context.ok_or(Error::NotEnoughMemory)?;
        Ok(Self { context, pending: Dav1dData::default() })
    }

    /// Hands over a copy of `unit`; `Again` if part of it has to wait for pictures to be taken.
    pub(super) fn send_data(
        &mut self,
        unit: impl AsRef<[u8]>,
        _offset: Option<i64>,
        _timestamp: Option<i64>,
        _duration: Option<i64>,
    ) -> Result<(), Error> {
        let unit = unit.as_ref();
        self.drop_pending();
        // SAFETY: the pointer is to the data object, which is empty; the call gives null or
        // memory of the unit's length, which belongs to that object.
        unsafe {
            let memory = dav1d_data_create(Some(NonNull::from(&mut self.pending)), unit.len());
            if memory.is_null() {
                return Err(Error::NotEnoughMemory);
            }
            ptr::copy_nonoverlapping(unit.as_ptr(), memory, unit.len());
        }
        self.send_pending_data()
    }

    pub(super) fn send_pending_data(&mut self) -> Result<(), Error> {
        // SAFETY: the context is open and the data object filled by `dav1d_data_create`.
        let sent = Error::check(unsafe {
            dav1d_send_data(Some(self.context), Some(NonNull::from(&mut self.pending)))
        });
        if sent.is_err_and(|error| !error.is_again()) {
            self.drop_pending();
        }
        sent?;
        if self.pending.sz > 0 { Err(Error::Again) } else { Ok(()) }
    }

    pub(super) fn get_picture(&mut self) -> Result<Picture, Error> {
        let mut owned = OwnedPicture(Dav1dPicture::default());
        // SAFETY: the context is open and the pointer is to an empty picture.
        Error::check(unsafe {
            dav1d_get_picture(Some(self.context), Some(NonNull::from(&mut owned.0)))
        })?;
        Ok(Picture(Arc::new(owned)))
    }

    pub(super) fn flush(&mut self) {
        // SAFETY: the context is open.
        unsafe { dav1d_flush(self.context) };
        self.drop_pending();
    }

    fn drop_pending(&mut self) {
        // SAFETY: the data object is empty or from `dav1d_data_create`; the call empties it.
        unsafe { dav1d_data_unref(Some(NonNull::from(&mut self.pending))) };
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.drop_pending();
        let mut context = Some(self.context);
        // SAFETY: the context is open and is not used again.
        unsafe { dav1d_close(Some(NonNull::from(&mut context))) };
    }
}

/// A picture as rav1d hands it out, given back when it is dropped.
struct OwnedPicture(Dav1dPicture);

// SAFETY: the picture is only read, and its memory is held by atomic reference counts.
unsafe impl Send for OwnedPicture {}
// SAFETY: as above.
unsafe impl Sync for OwnedPicture {}

impl Drop for OwnedPicture {
    fn drop(&mut self) {
        // SAFETY: the picture is empty or from `dav1d_get_picture`, and is not used again.
        unsafe { dav1d_picture_unref(Some(NonNull::from(&mut self.0))) };
        if let Some(metadata) = self.0.itut_t35_ref.take() {
            // SAFETY: the call above has made this list, and nobody else holds it.
            drop(unsafe { metadata.into_arc() });
        }
    }
}

pub(super) struct Picture(Arc<OwnedPicture>);

impl Picture {
    pub(super) fn width(&self) -> u32 {
        self.0.0.p.w as u32
    }

    pub(super) fn height(&self) -> u32 {
        self.0.0.p.h as u32
    }

    pub(super) fn bit_depth(&self) -> usize {
        self.0.0.p.bpc as usize
    }

    pub(super) fn pixel_layout(&self) -> PixelLayout {
        match self.0.0.p.layout {
            DAV1D_PIXEL_LAYOUT_I400 => PixelLayout::I400,
            DAV1D_PIXEL_LAYOUT_I420 => PixelLayout::I420,
            DAV1D_PIXEL_LAYOUT_I422 => PixelLayout::I422,
            _ => PixelLayout::I444,
        }
    }

    pub(super) fn color_range(&self) -> pixel::YUVRange {
        // SAFETY: the sequence header lives as long as the picture, whose reference holds it.
        match self.0.0.seq_hdr.is_some_and(|header| unsafe { header.as_ref() }.color_range != 0) {
            true => pixel::YUVRange::Full,
            false => pixel::YUVRange::Limited,
        }
    }

    pub(super) fn plane(&self, component: PlanarImageComponent) -> Plane {
        Plane(Arc::clone(&self.0), component)
    }
}

/// One plane of a picture, which it keeps alive: rows a stride apart, empty if it is missing.
pub(super) struct Plane(Arc<OwnedPicture>, PlanarImageComponent);

impl Deref for Plane {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let picture = &self.0.0;
        let index = self.1 as usize;
        let half = index > 0 && picture.p.layout == DAV1D_PIXEL_LAYOUT_I420;
        let height = picture.p.h as usize;
        let rows = if half { height.div_ceil(2) } else { height };
        match (picture.data[index], usize::try_from(picture.stride[index.min(1)])) {
            // SAFETY: rav1d's own allocator gives each plane at least its rows times its stride,
            // with a stride above zero, and the memory is initialized and lives with the picture.
            (Some(data), Ok(stride)) => unsafe {
                slice::from_raw_parts(data.as_ptr().cast(), rows * stride)
            },
            _ => &[],
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum PlanarImageComponent {
    Y,
    U,
    V,
}

pub(super) enum PixelLayout {
    I400,
    I420,
    I422,
    I444,
}

pub(super) mod pixel {
    #[derive(PartialEq, Eq)]
    pub(in super::super) enum YUVRange {
        Limited,
        Full,
    }
}
