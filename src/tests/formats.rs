//! Decoded pictures that are not 8-bit 4:2:0, and the decoder's settings.

use bytes::Bytes;

use super::encode;
use crate::av1::obu::write_obu;
use crate::synthetic::{Clip, Scene};
use crate::{
    ChromaLayout, ChromaSamplePosition, ColorDescription, DecodeError, Decoder, DecoderConfig,
    EncoderConfig, FrameError, ObuType, Obus, Picture, SequenceHeader,
};

// Key frames of 18 × 17 samples, each plane of one value, coded by rav1e 0.8.1.
const YUV420_10: &[u8] = &[
    0x12, 0x00, 0x0A, 0x0A, 0x00, 0x00, 0x00, 0xF9, 0x12, 0x30, 0x10, 0x85, 0x10, 0x50, 0x32, 0x23,
    0x10, 0x02, 0x1D, 0x03, 0x89, 0x87, 0x83, 0x82, 0x60, 0x00, 0x10, 0x00, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x10, 0x41, 0x04, 0x10, 0x22, 0x03, 0x59, 0x71, 0x0B, 0xF2, 0x0F, 0x01,
    0x01, 0x96, 0x20,
];
const MONOCHROME: &[u8] = &[
    0x12, 0x00, 0x0A, 0x0A, 0x00, 0x00, 0x00, 0xF9, 0x12, 0x30, 0x10, 0x85, 0x08, 0x80, 0x32, 0x17,
    0x10, 0x02, 0x17, 0x04, 0xC0, 0x00, 0x20, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x22, 0x14, 0x62, 0xCF, 0x80,
];
const YUV422: &[u8] = &[
    0x12, 0x00, 0x0A, 0x0A, 0x40, 0x00, 0x00, 0xF9, 0x12, 0x30, 0x10, 0x85, 0x01, 0x40, 0x32, 0x22,
    0x10, 0x00, 0x17, 0x05, 0x8D, 0x89, 0x85, 0x82, 0x60, 0x00, 0x10, 0x00, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x22, 0x03, 0x58, 0x77, 0xF6, 0x46, 0x5C, 0xDC, 0xE3, 0xA3,
    0x41, 0xE0,
];
const YUV444: &[u8] = &[
    0x12, 0x00, 0x0A, 0x0A, 0x20, 0x00, 0x00, 0xF9, 0x12, 0x30, 0x10, 0x85, 0x02, 0x80, 0x32, 0x22,
    0x10, 0x02, 0x17, 0x05, 0x8F, 0x8B, 0x86, 0x83, 0x60, 0x00, 0x10, 0x00, 0x08, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x22, 0x03, 0x58, 0x77, 0xF5, 0xF8, 0xCE, 0x08, 0xD1, 0x82,
    0x14, 0x4C,
];

// Key frames of value 128 everywhere, below the least size of an encoder, coded by libaom 3.12.
const SIZE_8X8: &[u8] = &[
    0x12, 0x00, 0x0a, 0x09, 0x00, 0x00, 0x00, 0x01, 0x17, 0xe6, 0xd7, 0xcc, 0x02, 0x32, 0x0b, 0x10,
    0x00, 0xd0, 0x00, 0x00, 0x02, 0x80, 0x00, 0x02, 0x04, 0xc0,
];
const SIZE_1X1: &[u8] = &[
    0x12, 0x00, 0x0a, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x6d, 0x7c, 0xc0, 0x20, 0x32, 0x0b, 0x10,
    0x00, 0xd0, 0x00, 0x00, 0x02, 0x80, 0x00, 0x02, 0x04, 0xc0,
];
const SIZE_15X3: &[u8] = &[
    0x12, 0x00, 0x0a, 0x09, 0x00, 0x00, 0x00, 0x01, 0x8f, 0x46, 0xd7, 0xcc, 0x02, 0x32, 0x0a, 0x10,
    0x00, 0xd0, 0x00, 0x00, 0x02, 0x80, 0x00, 0x02, 0x05,
];

fn decode(unit: &'static [u8]) -> Picture {
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    decoder.decode(unit, 77).unwrap().unwrap()
}

/// Every sample of every plane has the plane's value, and there are as many as there should be.
fn check(picture: &Picture, sizes: [(usize, usize); 3], values: [u16; 3]) {
    assert_eq!((picture.width(), picture.height(), picture.timestamp()), (18, 17, 77));
    for plane in 0..3 {
        let (width, height) = sizes[plane];
        assert_eq!(picture.plane_size(plane), (width, height));
        assert_eq!(picture.samples(plane).count(), width * height);
        assert!(picture.samples(plane).all(|sample| sample == values[plane]));
        assert_eq!(picture.rows(plane).count(), height);
        let bytes = if picture.bit_depth() == 8 { width } else { 2 * width };
        assert!(picture.rows(plane).all(|row| row.len() == bytes));
        assert!(picture.plane(plane).stride >= bytes);
        assert!(picture.plane(plane).data.len() >= picture.plane(plane).stride * height);
    }
    assert!(picture.plane(3).data.is_empty());
    assert_eq!(picture.samples(3).count(), 0);
}

#[test]
fn ten_bits() {
    let picture = decode(YUV420_10);
    assert_eq!((picture.bit_depth(), picture.layout()), (10, ChromaLayout::Yuv420));
    check(&picture, [(18, 17), (9, 9), (9, 9)], [600, 500, 400]);
    assert_eq!(picture.as_frame().unwrap_err(), FrameError::BitDepth(10));
    assert_eq!(picture.to_buffer().unwrap_err(), FrameError::BitDepth(10));
}

#[test]
fn monochrome() {
    let picture = decode(MONOCHROME);
    assert_eq!((picture.bit_depth(), picture.layout()), (8, ChromaLayout::Monochrome));
    check(&picture, [(18, 17), (0, 0), (0, 0)], [200, 0, 0]);
    assert_eq!(picture.as_frame().unwrap_err(), FrameError::Layout(ChromaLayout::Monochrome));
    let buffer = picture.to_buffer().unwrap();
    assert!(buffer.plane(0).iter().all(|&sample| sample == 200));
    assert!(buffer.plane(1).iter().chain(buffer.plane(2)).all(|&sample| sample == 128));
}

#[test]
fn more_chroma() {
    let picture = decode(YUV422);
    assert_eq!(picture.layout(), ChromaLayout::Yuv422);
    check(&picture, [(18, 17), (9, 17), (9, 17)], [200, 100, 50]);
    assert_eq!(picture.to_buffer().unwrap_err(), FrameError::Layout(ChromaLayout::Yuv422));
    let picture = decode(YUV444);
    assert_eq!(picture.layout(), ChromaLayout::Yuv444);
    check(&picture, [(18, 17); 3], [200, 100, 50]);
    assert_eq!(picture.as_frame().unwrap_err(), FrameError::Layout(ChromaLayout::Yuv444));
}

#[test]
fn pictures_too_small_for_an_encoder() {
    for (unit, width, height) in [(SIZE_8X8, 8, 8), (SIZE_1X1, 1, 1), (SIZE_15X3, 15, 3)] {
        let picture = decode(unit);
        assert_eq!((picture.width(), picture.height()), (width, height));
        let buffer = picture.to_buffer().unwrap();
        assert_eq!(buffer.plane(0), vec![128; (width * height) as usize]);
        let chroma = (width.div_ceil(2) * height.div_ceil(2)) as usize;
        assert_eq!([buffer.plane(1), buffer.plane(2)], [&vec![128; chroma][..]; 2]);
        assert_eq!(picture.as_frame().unwrap().rows(0).count(), height as usize);
    }
}

/// A key frame whose sequence header is as `change` makes it.
pub(crate) fn with_header(config: EncoderConfig, change: impl Fn(&mut SequenceHeader)) -> Vec<u8> {
    let clip = Clip::new(Scene::Flat, config.width, config.height, 0).unwrap();
    let unit = &encode(config, clip, 1, &[])[0].data;
    let mut out = Vec::new();
    for obu in Obus::new(unit).map(Result::unwrap) {
        let payload = match obu.header.obu_type {
            ObuType::SequenceHeader => {
                let mut header = SequenceHeader::parse(obu.payload).unwrap();
                change(&mut header);
                header.write().unwrap()
            }
            _ => obu.payload.to_vec(),
        };
        write_obu(&obu.header, &payload, &mut out).unwrap();
    }
    out
}

#[test]
fn what_the_samples_mean() {
    let color = ColorDescription { primaries: 9, transfer: 16, matrix: 9, full_range: true };
    let mut described = EncoderConfig::new(16, 16, 100_000);
    described.color = color;
    let plain = EncoderConfig::new(16, 16, 100_000);
    let positions = [
        ChromaSamplePosition::Unknown,
        ChromaSamplePosition::Vertical,
        ChromaSamplePosition::Colocated,
        // 3 is reserved.
        ChromaSamplePosition::Unknown,
    ];
    let mut both = Vec::new();
    for (value, position) in (0..).zip(positions) {
        let unit = with_header(described.clone(), |header| {
            header.color_config.chroma_sample_position = value;
        });
        let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
        let picture = decoder.decode(unit.clone(), 0).unwrap().unwrap();
        assert_eq!((picture.color(), picture.full_range()), (color, true));
        assert_eq!(picture.chroma_sample_position(), position);
        if value == 1 {
            both.extend(unit);
        }
    }
    both.extend(with_header(plain, |_| {}));
    let mut pictures = Vec::new();
    let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
    decoder.decode_each(Bytes::from(both), 0, |picture| pictures.push(picture)).unwrap();
    let told: Vec<_> = pictures
        .iter()
        .map(|picture| (picture.color(), picture.chroma_sample_position()))
        .collect();
    let unspecified = (ColorDescription::default(), ChromaSamplePosition::Unknown);
    assert_eq!(told, [(color, ChromaSamplePosition::Vertical), unspecified]);
}

#[test]
fn pictures_outlive_the_decoder() {
    let picture = decode(YUV444);
    let shared = std::thread::spawn(move || picture.samples(0).map(u64::from).sum::<u64>());
    assert_eq!(shared.join().unwrap(), 18 * 17 * 200);
}

#[test]
fn decoder_settings() {
    let make = |change: fn(&mut DecoderConfig)| {
        let mut config = DecoderConfig::default();
        change(&mut config);
        Decoder::new(config).map(|_| ())
    };
    assert_eq!(make(|c| c.threads = 64), Ok(()));
    assert_eq!(make(|c| c.threads = 0), Err(DecodeError::Threads(0)));
    assert_eq!(make(|c| c.threads = 65), Err(DecodeError::Threads(65)));
    assert_eq!(make(|c| c.operating_point = 31), Ok(()));
    assert_eq!(make(|c| c.operating_point = 32), Err(DecodeError::OperatingPoint(32)));
    assert_eq!(make(|c| c.max_pixels = 1 << 30), Ok(()));
    for max_pixels in [0, (1 << 30) + 1] {
        let config = DecoderConfig { max_pixels, ..DecoderConfig::default() };
        assert_eq!(Decoder::new(config).unwrap_err(), DecodeError::MaxPixels(max_pixels));
    }
}
