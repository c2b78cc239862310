//! A clip that never ends: forwards, backwards, and again, so that no cut comes of it.

use anyhow::ensure;
use rtav1::PictureBuffer;

use crate::common::clip::Clip;

/// Pictures of a clip that are held.
const MAX_PICTURES: usize = 300;

/// The pictures of a clip, in memory.
pub(crate) struct Source {
    pictures: Vec<PictureBuffer>,
    pub(crate) frame_rate: f64,
}

impl Source {
    /// The first ten seconds of what `name` stands for.
    pub(crate) fn open(name: &str) -> anyhow::Result<Self> {
        let mut clip = Clip::open(name)?;
        let mut pictures = Vec::new();
        while pictures.len() < MAX_PICTURES
            && let Some(picture) = clip.next_picture()?
        {
            pictures.push(picture);
        }
        ensure!(!pictures.is_empty(), "{name}: no picture");
        Ok(Self { pictures, frame_rate: clip.frame_rate.as_f64() })
    }

    /// Picture `number` of the endless clip.
    pub(crate) fn picture(&self, number: u64) -> &PictureBuffer {
        &self.pictures[place(number, self.pictures.len())]
    }
}

fn place(number: u64, count: usize) -> usize {
    let period = (2 * count - 2).max(1);
    let place = (number % period as u64) as usize;
    if place < count { place } else { period - place }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn forwards_and_backwards() {
        let places: Vec<usize> = (0..9).map(|number| place(number, 4)).collect();
        assert_eq!(places, [0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!((place(7, 1), place(7, 2)), (0, 1));
    }
}
