//! Pictures brought to another size, bilinearly.

use rtav1::{FrameError, PictureBuffer};

/// Weights are in units of 1/256.
const UNIT: usize = 256;

/// `picture` at `width` × `height`; as it is if that is its size.
///
/// Sample centres of both sizes cover the same area; beyond the outer centres the edge is repeated.
/// Enlarging blends the four nearest samples; so does shrinking, which therefore aliases.
pub(crate) fn scale(
    picture: PictureBuffer,
    width: u32,
    height: u32,
) -> Result<PictureBuffer, FrameError> {
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture);
    }
    let mut scaled = PictureBuffer::new(width, height)?;
    for plane in 0..3 {
        let (from, from_width) = (picture.plane(plane), picture.plane_width(plane));
        let to_width = scaled.plane_width(plane);
        let columns = taps(from_width, to_width);
        let to = scaled.plane_mut(plane);
        let rows = taps(from.len() / from_width, to.len() / to_width);
        for (to, row) in to.chunks_exact_mut(to_width).zip(rows) {
            let [top, bottom] =
                [row.first, row.second].map(|y| &from[y * from_width..][..from_width]);
            for (to, column) in to.iter_mut().zip(&columns) {
                let blend = |row: &[u8]| {
                    usize::from(row[column.first]) * (UNIT - column.weight)
                        + usize::from(row[column.second]) * column.weight
                };
                let sum = blend(top) * (UNIT - row.weight) + blend(bottom) * row.weight;
                *to = ((sum + UNIT * UNIT / 2) / (UNIT * UNIT)) as u8;
            }
        }
    }
    Ok(scaled)
}

/// Two neighbouring samples of the source, and the share of the second.
struct Tap {
    first: usize,
    second: usize,
    weight: usize,
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let last = from - 1;
    let tap = |position: usize| {
        // The centre of the sample, less half a sample of the source.
        let at = ((2 * position + 1) * from * UNIT / (2 * to)).saturating_sub(UNIT / 2);
        let first = (at / UNIT).min(last);
        Tap { first, second: (first + 1).min(last), weight: at % UNIT }
    };
    (0..to).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Luma as given, chroma of one value.
    fn picture(width: u32, height: u32, luma: &[u8]) -> PictureBuffer {
        let mut picture = PictureBuffer::new(width, height).unwrap();
        picture.plane_mut(0).copy_from_slice(luma);
        picture.plane_mut(1).fill(90);
        picture
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let original = picture(3, 2, &[1, 2, 3, 4, 5, 6]);
        assert_eq!(scale(original.clone(), 3, 2).unwrap(), original);
    }

    #[test]
    fn edges_are_kept_and_the_middle_is_blended() {
        let scaled = scale(picture(2, 1, &[0, 200]), 4, 2).unwrap();
        assert_eq!(scaled.plane(0), [0, 50, 150, 200, 0, 50, 150, 200]);
        assert_eq!(scaled.plane(1), [90, 90]);
        let scaled = scale(picture(4, 2, &[0, 100, 100, 200, 0, 100, 100, 200]), 2, 1).unwrap();
        assert_eq!(scaled.plane(0), [50, 150]);
        let scaled = scale(picture(2, 2, &[10, 20, 30, 40]), 1, 1).unwrap();
        assert_eq!(scaled.plane(0), [25]);
    }

    #[test]
    fn any_two_sizes() {
        for (from, to) in [((1, 1), (17, 9)), ((33, 17), (1, 1)), ((5, 64), (64, 5))] {
            let flat = picture(from.0, from.1, &vec![77; (from.0 * from.1) as usize]);
            let scaled = scale(flat, to.0, to.1).unwrap();
            assert_eq!((scaled.width(), scaled.height()), to);
            assert!(scaled.plane(0).iter().all(|&sample| sample == 77));
        }
        let error = scale(picture(1, 1, &[0]), 0, 5).unwrap_err();
        assert_eq!(error, FrameError::Size { width: 0, height: 5 });
    }
}
