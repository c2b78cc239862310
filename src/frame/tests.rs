//! What is taken as a picture.

use super::*;

/// Rows of `0, 1, 2, …` (from `first` on, modulo 251) with 255 as padding.
fn plane(width: usize, height: usize, stride: usize, first: usize) -> Vec<u8> {
    let mut data = vec![255; stride * (height - 1) + width];
    for (y, row) in data.chunks_mut(stride).enumerate() {
        for (x, sample) in row[..width].iter_mut().enumerate() {
            *sample = ((first + y * width + x) % 251) as u8;
        }
    }
    data
}

fn tight(width: usize, height: usize, first: usize) -> Vec<u8> {
    plane(width, height, width, first)
}

#[test]
fn i420_of_every_stride_and_odd_size() {
    for (width, height) in [(1_usize, 1_usize), (2, 1), (16, 16), (17, 16), (16, 17), (33, 19)] {
        let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
        for padding in [0, 1, 7, 64] {
            let y = plane(width, height, width + padding, 0);
            let u = plane(chroma_width, chroma_height, chroma_width + 2 * padding, 1);
            let v = plane(chroma_width, chroma_height, chroma_width + padding, 2);
            let planes = [
                Plane::new(&y, width + padding),
                Plane::new(&u, chroma_width + 2 * padding),
                Plane::new(&v, chroma_width + padding),
            ];
            let frame = Frame::i420_planes(planes, width as u32, height as u32, 5).unwrap();
            assert_eq!((frame.width(), frame.height()), (width as u32, height as u32));
            assert_eq!((frame.timestamp(), frame.format()), (5, PixelFormat::I420));
            assert_eq!(frame.rows(0).count(), height);
            assert_eq!(frame.rows(3).count(), 0);
            let copy = PictureBuffer::copy_of(&frame);
            assert_eq!(copy.plane(0), tight(width, height, 0));
            assert_eq!(copy.plane(1), tight(chroma_width, chroma_height, 1));
            assert_eq!(copy.plane(2), tight(chroma_width, chroma_height, 2));
            assert_eq!(PictureBuffer::copy_of(&copy.as_frame(9)), copy);
        }
    }
}

#[test]
fn nv12_is_the_same_picture() {
    for (width, height) in [(1_usize, 1_usize), (16, 16), (17, 23), (34, 17)] {
        let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
        let y = tight(width, height, 3);
        let u = tight(chroma_width, chroma_height, 50);
        let v = tight(chroma_width, chroma_height, 90);
        let stride = 2 * chroma_width + 5;
        let mut uv = vec![255; stride * chroma_height];
        for (at, (u, v)) in u.iter().zip(&v).enumerate() {
            let to = at / chroma_width * stride + at % chroma_width * 2;
            uv[to..to + 2].copy_from_slice(&[*u, *v]);
        }
        let planes = [Plane::new(&y, width), Plane::new(&uv, stride)];
        let frame = Frame::nv12_planes(planes, width as u32, height as u32, 0).unwrap();
        assert_eq!(frame.format(), PixelFormat::Nv12);
        assert_eq!(frame.rows(2).count(), 0);
        let copy = PictureBuffer::copy_of(&frame);
        assert_eq!([copy.plane(0), copy.plane(1), copy.plane(2)], [&y[..], &u, &v]);
    }
}

#[test]
fn sizes_at_the_limits() {
    let make = |width, height| {
        let (luma, chroma) = (vec![0; 8192 * 4320], vec![0; 4096 * 2160]);
        let planes = [Plane::new(&luma, 8192), Plane::new(&chroma, 4096)];
        let planes = [planes[0], planes[1], planes[1]];
        Frame::i420_planes(planes, width, height, 0).map(|frame| (frame.width(), frame.height()))
    };
    assert_eq!(make(1, 1), Ok((1, 1)));
    assert_eq!(make(8192, 4320), Ok((8192, 4320)));
    for (width, height) in [(0, 0), (0, 16), (16, 0), (8193, 16), (16, 4321), (u32::MAX, u32::MAX)]
    {
        assert_eq!(make(width, height), Err(FrameError::Size { width, height }));
        assert_eq!(PictureBuffer::new(width, height), Err(FrameError::Size { width, height }));
    }
    for (width, height, encoded) in
        [(16, 16, true), (15, 16, false), (16, 15, false), (8192, 4320, true), (8193, 16, false)]
    {
        assert_eq!(is_encoded(width, height), encoded, "{width}x{height}");
    }
}

#[test]
fn pictures_in_one_piece_have_exactly_their_length() {
    for (width, height, needed) in [(16, 16, 384), (17, 16, 416), (17, 17, 451), (1, 1, 3)] {
        let data = vec![0; needed + 1];
        for len in [0, needed - 1, needed, needed + 1] {
            let fits = if len == needed { Ok(()) } else { Err((len, needed)) };
            for made in [
                Frame::i420(&data[..len], width, height, 0),
                Frame::nv12(&data[..len], width, height, 0),
            ] {
                let made = made.map(|_| ()).map_err(|error| match error {
                    FrameError::Length { len, needed, .. } => (len, needed),
                    other => panic!("{other}"),
                });
                assert_eq!(made, fits, "{width}x{height}");
            }
        }
    }
    let error = Frame::nv12(&[0; 9], 16, 16, 0).unwrap_err();
    assert_eq!(error.to_string(), "Nv12 of 16x16 has 384 bytes without padding, not 9");
    let error = FrameError::Size { width: 0, height: 9 };
    assert_eq!(Frame::i420(&[], 0, 9, 0).unwrap_err(), error);
}

#[test]
fn planes_too_short() {
    // The last row needs no padding, but all of its samples.
    let needed = [20 * 16 + 17, 10 * 8 + 9, 10 * 8 + 9];
    for index in 0..3 {
        let mut data = needed.map(|len| vec![0; len]);
        let make = |data: &[Vec<u8>; 3]| {
            let [y, u, v] = data;
            let planes = [Plane::new(y, 20), Plane::new(u, 10), Plane::new(v, 10)];
            Frame::i420_planes(planes, 17, 17, 0).map(|_| ())
        };
        assert_eq!(make(&data), Ok(()));
        data[index].pop();
        let len = needed[index] - 1;
        let error = FrameError::PlaneLength { plane: index, len, needed: needed[index] };
        assert_eq!(make(&data), Err(error));
    }
    let uv = vec![0; 18 * 9 - 1];
    let planes = [Plane::new(&[0; 289], 17), Plane::new(&uv, 18)];
    let error = FrameError::PlaneLength { plane: 1, len: 161, needed: 162 };
    assert_eq!(Frame::nv12_planes(planes, 17, 17, 0).unwrap_err(), error);
}

#[test]
fn strides_out_of_range() {
    let data = vec![0; 4096];
    let chroma = Plane::new(&data, 9);
    let luma = |stride| Frame::i420_planes([Plane::new(&data, stride), chroma, chroma], 18, 18, 0);
    assert!(luma(18).is_ok());
    for stride in [0, 17] {
        let error = FrameError::Stride { plane: 0, stride, width: 18 };
        assert_eq!(luma(stride).unwrap_err(), error);
    }
    for stride in [usize::MAX, usize::MAX / 17 + 1] {
        let error = FrameError::StrideOverflow { plane: 0, stride };
        assert_eq!(luma(stride).unwrap_err(), error);
    }
    // The product fits, its sum with the last row does not.
    let error = FrameError::StrideOverflow { plane: 0, stride: usize::MAX / 17 };
    assert_eq!(luma(usize::MAX / 17).unwrap_err(), error);
    let narrow = Frame::nv12_planes([Plane::new(&data, 17), Plane::new(&data, 17)], 17, 18, 0);
    let error = FrameError::Stride { plane: 1, stride: 17, width: 18 };
    assert_eq!(narrow.unwrap_err(), error);
}

#[test]
fn new_buffer_is_black() {
    let buffer = PictureBuffer::new(17, 16).unwrap();
    assert_eq!([0, 1, 2].map(|plane| buffer.plane(plane).len()), [272, 72, 72]);
    assert!(buffer.plane(0).iter().all(|&sample| sample == 16));
    assert!(buffer.plane(2).iter().all(|&sample| sample == 128));
}
