//! Test clips without files: every picture is computed from its scene, size, seed and number.
//!
//! ```
//! use rtav1::synthetic::{Clip, Scene};
//!
//! let clip = Clip::new(Scene::MovingTexture, 320, 240, 1)?;
//! let picture = clip.picture(0);
//! assert_eq!((picture.width(), picture.height()), (320, 240));
//! # Ok::<(), rtav1::FrameError>(())
//! ```

use crate::frame::{FrameError, PictureBuffer, check_size};

/// What a [`Clip`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scene {
    /// Another moving texture every 16 pictures.
    Cuts,
    /// One colour, one level brighter every 32 pictures.
    Flat,
    /// A smooth texture that drifts, with a disc that moves against it.
    MovingTexture,
    /// Samples without any likeness from one to the next.
    Noise,
    /// Dark glyph-like blocks on white, scrolled up by a line of pixels every second picture.
    Text,
}

impl Scene {
    /// All scenes.
    pub const ALL: [Self; 5] =
        [Self::Cuts, Self::Flat, Self::MovingTexture, Self::Noise, Self::Text];

    /// Name for command lines and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cuts => "cuts",
            Self::Flat => "flat",
            Self::MovingTexture => "moving-texture",
            Self::Noise => "noise",
            Self::Text => "text",
        }
    }
}

/// An endless clip whose pictures can be had in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clip {
    scene: Scene,
    width: u32,
    height: u32,
    seed: u64,
}

impl Clip {
    /// A clip of `width` × `height` luma samples.
    ///
    /// # Errors
    /// A size out of range (see [`FrameError::Size`]).
    pub fn new(scene: Scene, width: u32, height: u32, seed: u64) -> Result<Self, FrameError> {
        check_size(width, height)?;
        Ok(Self { scene, width, height, seed })
    }

    /// Picture `number`.
    pub fn picture(&self, number: u64) -> PictureBuffer {
        let mut picture =
            PictureBuffer::new(self.width, self.height).expect("the clip's size is checked");
        for plane in 0..3 {
            let scale = if plane == 0 { 1 } else { 2 };
            let width = picture.plane_width(plane);
            for (y, row) in picture.plane_mut(plane).chunks_exact_mut(width).enumerate() {
                for (x, sample) in row.iter_mut().enumerate() {
                    *sample = self.sample(plane, (x * scale) as u64, (y * scale) as u64, number);
                }
            }
        }
        picture
    }

    /// The sample of `plane` at luma position `x`, `y`.
    fn sample(&self, plane: usize, x: u64, y: u64, number: u64) -> u8 {
        match self.scene {
            Scene::Cuts => {
                let shot = number / 16;
                self.texture(plane, x, y, number, self.seed.wrapping_add(shot))
            }
            Scene::Flat => {
                let level = (hash(self.seed, plane as u64) & 0x7F) + number / 32 % 64;
                32 + level as u8
            }
            Scene::MovingTexture => self.texture(plane, x, y, number, self.seed),
            Scene::Noise => {
                let at = (number << 34) ^ ((plane as u64) << 32) ^ (y << 16) ^ x;
                (hash(self.seed, at) >> 56) as u8
            }
            Scene::Text => self.text(plane, x, y + number / 2),
        }
    }

    fn texture(&self, plane: usize, x: u64, y: u64, number: u64, seed: u64) -> u8 {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let number = number % (1 << 32);
        let radius = width.min(height) / 4;
        let center_x = (width + 3 * number) % (width + 2 * radius);
        let dx = (x + radius).abs_diff(center_x);
        let dy = y.abs_diff(height / 2);
        let inside = dx * dx + dy * dy < radius * radius;
        let (x, y, seed) = match inside {
            true => (x + 4 * width - 3 * (number % width), y, !seed),
            false => (x + 2 * number, y + number, seed),
        };
        let seed = seed.wrapping_add(plane as u64);
        let coarse = value_noise(seed, x, y, 32);
        let fine = value_noise(!seed, x, y, 4);
        match plane {
            0 => 24 + (coarse * 3 / 4 + fine / 8) as u8,
            _ => 64 + (coarse / 2) as u8,
        }
    }

    fn text(&self, plane: usize, x: u64, y: u64) -> u8 {
        // Glyphs of 5 × 7 dots in cells of 6 × 10.
        let (column, line) = (x / 6, y / 10);
        let (dot_x, dot_y) = (x % 6, y % 10);
        let cell = hash(self.seed, (line << 32) ^ column);
        let space = cell.is_multiple_of(6) || hash(!self.seed, line).is_multiple_of(7);
        let ink = !space && dot_x < 5 && dot_y < 7 && (cell >> (8 + dot_y * 5 + dot_x)) & 1 == 1;
        match (plane, ink) {
            (0, true) => 24,
            (0, false) => 232,
            _ => 128,
        }
    }
}

/// Noise of 0 to 255 on a lattice of `pitch` samples, blended linearly in between.
fn value_noise(seed: u64, x: u64, y: u64, pitch: u64) -> u64 {
    let (cell_x, cell_y) = (x / pitch, y / pitch);
    let (far_x, far_y) = (x % pitch, y % pitch);
    let at = |dx, dy| hash(seed, ((cell_y + dy) << 32) ^ (cell_x + dx)) >> 56;
    let top = at(0, 0) * (pitch - far_x) + at(1, 0) * far_x;
    let bottom = at(0, 1) * (pitch - far_x) + at(1, 1) * far_x;
    (top * (pitch - far_y) + bottom * far_y) / (pitch * pitch)
}

/// Well-mixed bits of two numbers: two rounds of multiplication and folding.
fn hash(seed: u64, value: u64) -> u64 {
    let mut bits = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ value;
    for _ in 0..2 {
        bits = (bits ^ (bits >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    bits ^ (bits >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luma_difference(a: &PictureBuffer, b: &PictureBuffer) -> u64 {
        let pairs = a.plane(0).iter().zip(b.plane(0));
        pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>() / a.plane(0).len() as u64
    }

    #[test]
    fn same_seed_same_picture() {
        for scene in Scene::ALL {
            let clip = |seed| Clip::new(scene, 63, 41, seed).unwrap();
            assert_eq!(clip(5).picture(9), clip(5).picture(9));
            assert_ne!(clip(5).picture(9), clip(6).picture(9), "{}", scene.name());
            assert_ne!(clip(5).picture(0), clip(5).picture(40), "{}", scene.name());
        }
    }

    #[test]
    fn scenes_are_what_they_say() {
        let clip = |scene| Clip::new(scene, 128, 96, 1).unwrap();
        let step = |scene, number| {
            luma_difference(&clip(scene).picture(number), &clip(scene).picture(number + 1))
        };
        assert_eq!(step(Scene::Flat, 3), 0);
        assert!(step(Scene::Noise, 3) > 60);
        assert!((1..20).contains(&step(Scene::MovingTexture, 3)));
        assert!(step(Scene::Cuts, 3) < 20 && step(Scene::Cuts, 15) > step(Scene::Cuts, 3));
        let flat = clip(Scene::Flat).picture(0);
        assert!(flat.plane(0).iter().all(|sample| *sample == flat.plane(0)[0]));
        let text = clip(Scene::Text).picture(0);
        assert!(text.plane(0).iter().all(|sample| [24, 232].contains(sample)));
        assert!(text.plane(0).contains(&24) && text.plane(0).contains(&232));
    }

    #[test]
    fn any_number_and_seed() {
        for scene in Scene::ALL {
            Clip::new(scene, 16, 16, u64::MAX).unwrap().picture(u64::MAX);
            Clip::new(scene, 1, 1, 1).unwrap().picture(1);
        }
        let error = FrameError::Size { width: 8, height: 0 };
        assert_eq!(Clip::new(Scene::Flat, 8, 0, 0), Err(error));
    }
}
