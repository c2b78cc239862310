//! Frame numbers drawn into pictures, to know a picture again behind a codec, a network and a screen.
//!
//! Twelve squares along the top edge hold the number in Gray code, so that one changes from frame to
//! frame; bright ones are set.

use rtav1::PictureBuffer;

const BITS: usize = 12;
/// Numbers go around after this many.
pub(crate) const NUMBERS: u32 = 1 << BITS;
const BRIGHT: u8 = 210;
const DARK: u8 = 40;

/// Draws `number`, modulo [`NUMBERS`].
pub(crate) fn draw(picture: &mut PictureBuffer, number: u32) {
    let gray = number ^ (number >> 1);
    for plane in 0..3 {
        let width = picture.plane_width(plane);
        let square = square(width);
        let samples = picture.plane_mut(plane);
        for bit in 0..BITS {
            let value = match (plane, gray >> bit & 1) {
                (0, 1) => BRIGHT,
                (0, _) => DARK,
                _ => 128,
            };
            for row in samples.chunks_exact_mut(width).take(square) {
                row[bit * square..][..square].fill(value);
            }
        }
    }
}

/// The number in the luma samples of a picture of this width.
pub(crate) fn read(luma: &[u8], width: usize) -> u32 {
    let square = square(width);
    let set = |bit: usize| {
        let inner = square / 4..square - square / 4;
        let rows = inner.clone().map(|y| &luma[y * width + bit * square..][..square]);
        let samples = rows.flat_map(|row| row[inner.clone()].iter().copied().map(u32::from));
        let (count, sum) = samples.fold((0, 0), |(count, sum), sample| (count + 1, sum + sample));
        sum > count * u32::from(BRIGHT / 2 + DARK / 2)
    };
    let gray = (0..BITS).fold(0, |gray, bit| gray | u32::from(set(bit)) << bit);
    let prefixes = (0..BITS).map(|shift| gray >> shift);
    prefixes.fold(0, |number, prefix| number ^ prefix)
}

/// Side of a square in a plane of this width.
fn square(width: usize) -> usize {
    (width / 40).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read_back() {
        for (width, height) in [(640, 360), (320, 180), (162, 90)] {
            let mut picture = PictureBuffer::new(width, height).unwrap();
            for number in 0..NUMBERS {
                draw(&mut picture, number);
                assert_eq!(read(picture.plane(0), width as usize), number);
            }
        }
    }
}
