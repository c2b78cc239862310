//! Synthetic clips: the same bytes on every machine, any size, no file.

/// What the clip shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// Texture that changes altogether every [`CUT_INTERVAL`] frames.
    Cuts,
    /// One grey.
    Flat,
    /// A gradient under noise that is new in every frame.
    Noise,
    /// Rows of dark letter-like marks on white that scroll up a row now and then.
    Text,
    /// Smooth texture that moves by a fraction of a sample each frame.
    Texture,
}

/// Frames from one cut to the next.
pub(crate) const CUT_INTERVAL: u32 = 20;

/// Frames from one scroll of the text to the next.
const SCROLL_INTERVAL: u32 = 15;

impl Scene {
    /// Every scene with its name on command lines.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("cuts", Self::Cuts),
        ("flat", Self::Flat),
        ("noise", Self::Noise),
        ("text", Self::Text),
        ("texture", Self::Texture),
    ];

    /// The scene called `name`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|&(_, scene)| scene)
    }

    /// Picture `index` as I420 planes without padding, `width` × `height` luma samples.
    pub(crate) fn picture(self, width: u32, height: u32, index: u32) -> [Vec<u8>; 3] {
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        [
            fill(width, height, |x, y| self.luma(x, y, width, index)),
            fill(half_width, half_height, |x, y| self.chroma(x, y, index, 1)),
            fill(half_width, half_height, |x, y| self.chroma(x, y, index, 2)),
        ]
    }

    fn luma(self, x: u32, y: u32, width: u32, index: u32) -> u8 {
        match self {
            Self::Cuts => texture(x, y, index, index / CUT_INTERVAL),
            Self::Flat => 126,
            Self::Noise => {
                let gradient = 64 + (u64::from(x) * 96 / u64::from(width)) as u8;
                gradient + (hash(x, y, index) & 63) as u8
            }
            Self::Text => ink(x, y, index / SCROLL_INTERVAL),
            Self::Texture => texture(x, y, index, 0),
        }
    }

    fn chroma(self, x: u32, y: u32, index: u32, plane: u32) -> u8 {
        let seed = match self {
            Self::Flat | Self::Noise | Self::Text => return 128,
            Self::Cuts => index / CUT_INTERVAL,
            Self::Texture => 0,
        };
        112 + texture(x / 2, y / 2, index / 2, seed * 3 + plane) / 8
    }
}

fn fill(width: u32, height: u32, sample: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| sample(x, y)).collect()
}

/// Two octaves of interpolated lattice noise, moved by 11/16 and 5/16 of a sample a frame.
fn texture(x: u32, y: u32, index: u32, seed: u32) -> u8 {
    let (x, y) = (x * 16 + index * 11, y * 16 + index * 5);
    let coarse = lattice(x, y, 5 + 4, seed * 2);
    let fine = lattice(x, y, 3 + 4, seed * 2 + 1);
    (24 + (coarse * 3 + fine) * 200 / (4 * 255)) as u8
}

/// Bilinear interpolation between hashed values at the corners of cells of 2^`shift` units.
fn lattice(x: u32, y: u32, shift: u32, seed: u32) -> u32 {
    let (cell_x, cell_y, unit) = (x >> shift, y >> shift, 1 << shift);
    let (dx, dy) = (x & (unit - 1), y & (unit - 1));
    let corner = |i: u32, j: u32| hash(cell_x + i, cell_y + j, seed) & 255;
    let top = corner(0, 0) * (unit - dx) + corner(1, 0) * dx;
    let bottom = corner(0, 1) * (unit - dx) + corner(1, 1) * dx;
    (top * (unit - dy) + bottom * dy) >> (2 * shift)
}

/// Marks of 5×7 samples in cells of 6×10; one cell in six is a space.
fn ink(x: u32, y: u32, scrolled: u32) -> u8 {
    let (column, row) = (x / 6, y / 10 + scrolled);
    let (dx, dy) = (x % 6, y % 10);
    let letter = hash(column, row, 7);
    let space = letter % 6 == 0 || dx == 5 || dy >= 7;
    // Letters repeat: an alphabet of 26, as in writing.
    let stroke = hash(dx / 2, dy / 2, letter % 26 + 100) & 1 == 1;
    if !space && stroke { 24 } else { 235 }
}

/// A mixing hash of three words.
fn hash(a: u32, b: u32, c: u32) -> u32 {
    let mut h = a.wrapping_mul(0x9e37_79b1) ^ b.wrapping_mul(0x85eb_ca77) ^ c.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ h >> 15).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ h >> 12).wrapping_mul(0x297a_2d39);
    h ^ h >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(a: &[u8], b: &[u8]) -> f64 {
        let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / a.len() as f64
    }

    #[test]
    fn planes_have_the_sizes_of_i420() {
        for (name, scene) in Scene::ALL {
            assert_eq!(Scene::from_name(name), Some(scene));
            let lengths = scene.picture(17, 31, 3).map(|plane| plane.len());
            assert_eq!(lengths, [17 * 31, 9 * 16, 9 * 16], "{name}");
        }
        assert_eq!(Scene::from_name("tekst"), None);
    }

    #[test]
    fn scenes_are_as_still_or_as_lively_as_they_say() {
        let change = |scene: Scene, a: u32, b: u32| {
            difference(&scene.picture(96, 64, a)[0], &scene.picture(96, 64, b)[0])
        };
        assert_eq!(change(Scene::Flat, 0, 50), 0.0);
        assert_eq!(change(Scene::Text, 0, SCROLL_INTERVAL - 1), 0.0);
        assert!(change(Scene::Text, 0, SCROLL_INTERVAL) > 20.0);
        assert!(change(Scene::Noise, 0, 1) > 10.0);
        let step = change(Scene::Texture, 0, 1);
        assert!(step > 0.5 && step < 10.0, "{step}");
        assert!(change(Scene::Cuts, CUT_INTERVAL - 1, CUT_INTERVAL) > 3.0 * step);
    }

    #[test]
    fn texture_moves_sixteen_frames_by_eleven_and_five_samples() {
        let (first, later) = (Scene::Texture.picture(64, 64, 0), Scene::Texture.picture(64, 64, 16));
        for y in 0..50 {
            assert_eq!(first[0][(y + 5) * 64 + 11..][..50], later[0][y * 64..][..50]);
        }
    }
}
