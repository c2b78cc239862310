//! The decoder.

use std::ptr::{self, null, null_mut};

use super::super::decoder::*;
use super::super::status::Rtav1Status;
use super::{sized, text};
use crate::config::{ColorDescription, EncoderConfig};
use crate::tests::formats::with_header;

#[test]
fn decoder_refuses_bad_settings_and_units() {
    let mut config = sized::<Rtav1DecoderConfig>();
    let mut decoder: *mut Rtav1Decoder = null_mut();
    let mut picture: *const Rtav1Picture = ptr::dangling();
    // SAFETY: the pointers lead to the locals above.
    unsafe {
        let size = size_of::<Rtav1DecoderConfig>();
        assert_eq!(rtav1_decoder_config_default(&raw mut config, size), Rtav1Status::Ok);
        let mut new = |change: fn(&mut Rtav1DecoderConfig)| {
            let mut config = config;
            change(&mut config);
            rtav1_decoder_new(&raw const config, &raw mut decoder, null_mut(), 0)
        };
        assert_eq!(new(|config| config.threads = 65), Rtav1Status::DecodeThreads);
        assert_eq!(new(|config| config.max_pixels = 0), Rtav1Status::DecodeMaxPixels);
        assert_eq!(new(|c| c.operating_point = 32), Rtav1Status::DecodeOperatingPoint);
        assert_eq!(new(|_| ()), Rtav1Status::Ok);

        let status = rtav1_decoder_decode(null_mut(), null(), 0, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_decoder_decode(decoder, null(), 0, 7, &raw mut picture);
        assert_eq!(status, Rtav1Status::DecodeEmpty);
        assert_eq!(text(rtav1_decoder_error(decoder)), "unit at tick 7 is empty");
        assert!(picture.is_null());
        let status = rtav1_decoder_decode(decoder, null(), 9, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_decoder_decode(decoder, [0].as_ptr(), usize::MAX, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::Length);
        let status = rtav1_decoder_decode(decoder, [0xFF; 9].as_ptr(), 9, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::DecodeDamaged);
        let status = rtav1_decoder_decode(decoder, [0x12, 0].as_ptr(), 2, 0, null_mut());
        assert_eq!(status, Rtav1Status::NullPointer);
        let status = rtav1_decoder_decode(decoder, [0x12, 0].as_ptr(), 2, 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::Ok);
        assert!(picture.is_null(), "a temporal delimiter shows nothing");
        assert_eq!(rtav1_decoder_reset(decoder), Rtav1Status::Ok);
        assert_eq!(rtav1_decoder_reset(null_mut()), Rtav1Status::NullPointer);
        assert!(!text(rtav1_decoder_backend_name(decoder)).is_empty());
        rtav1_picture_free(&raw mut picture);
        rtav1_picture_free(null_mut());
        rtav1_decoder_free(&raw mut decoder);
        rtav1_decoder_free(&raw mut decoder);
        assert!(decoder.is_null());
    }
}

/// What a picture of the unit says of its samples: primaries, transfer characteristics, matrix,
/// range, and where chroma lies.
fn meaning(unit: &[u8]) -> (u8, u8, u8, bool, Rtav1ChromaSamplePosition) {
    let mut config = sized::<Rtav1DecoderConfig>();
    let mut decoder: *mut Rtav1Decoder = null_mut();
    let mut picture: *const Rtav1Picture = null();
    // SAFETY: the pointers lead to the locals above and to the unit, and the picture is there until
    // it is freed.
    unsafe {
        rtav1_decoder_config_default(&raw mut config, size_of::<Rtav1DecoderConfig>());
        rtav1_decoder_new(&raw const config, &raw mut decoder, null_mut(), 0);
        let status = rtav1_decoder_decode(decoder, unit.as_ptr(), unit.len(), 0, &raw mut picture);
        assert_eq!(status, Rtav1Status::Ok);
        rtav1_decoder_free(&raw mut decoder);
        let said = (
            (*picture).color_primaries,
            (*picture).transfer_characteristics,
            (*picture).matrix_coefficients,
            (*picture).full_range,
            (*picture).chroma_sample_position,
        );
        rtav1_picture_free(&raw mut picture);
        said
    }
}

#[test]
fn what_the_samples_mean() {
    let plain = EncoderConfig::new(16, 16, 100_000);
    let mut described = plain.clone();
    described.color = ColorDescription { primaries: 9, transfer: 16, matrix: 10, full_range: true };
    for (code, position) in [
        (0, Rtav1ChromaSamplePosition::Unknown),
        (1, Rtav1ChromaSamplePosition::Vertical),
        (2, Rtav1ChromaSamplePosition::Colocated),
        // Reserved.
        (3, Rtav1ChromaSamplePosition::Unknown),
    ] {
        let unit = with_header(described.clone(), |header| {
            header.color_config.chroma_sample_position = code;
        });
        assert_eq!(meaning(&unit), (9, 16, 10, true, position));
    }
    let unknown = Rtav1ChromaSamplePosition::Unknown;
    assert_eq!(meaning(&with_header(plain, |_| {})), (2, 2, 2, false, unknown));
}
