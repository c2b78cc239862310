//! The camera of the call: a clip that goes back and forth for as long as the call lasts.

use anyhow::bail;
use rtav1::PictureBuffer;

use crate::common::clip::Clip;

/// The most memory the pictures may take.
const MEMORY: usize = 1 << 30;

/// The pictures of a clip, at least one.
pub(crate) struct Source {
    pictures: Vec<PictureBuffer>,
}

impl Source {
    /// Reads the first `frames` pictures of `clip`, or all if it is shorter.
    pub(crate) fn load(mut clip: Clip, frames: usize) -> anyhow::Result<Self> {
        let picture_bytes = clip.width as usize * clip.height as usize * 3 / 2;
        let mut pictures = Vec::new();
        while pictures.len() < frames
            && let Some(picture) = clip.next_picture()?
        {
            pictures.push(picture);
            if pictures.len() * picture_bytes > MEMORY {
                bail!("{} frames take over 1 GiB: use a smaller --seconds", pictures.len());
            }
        }
        if pictures.is_empty() {
            bail!("the clip has no picture");
        }
        Ok(Self { pictures })
    }

    /// What is captured as frame `index` of the call.
    pub(crate) fn picture(&self, index: usize) -> &PictureBuffer {
        &self.pictures[back_and_forth(index, self.pictures.len())]
    }
}

fn back_and_forth(index: usize, length: usize) -> usize {
    let period = (2 * length - 2).max(1);
    let place = index % period;
    if place < length { place } else { period - place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clip_turns_at_its_ends() {
        let order = |length| (0..8).map(|index| back_and_forth(index, length)).collect::<Vec<_>>();
        assert_eq!(order(4), [0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(order(2), [0, 1, 0, 1, 0, 1, 0, 1]);
        assert_eq!(order(1), [0; 8]);
    }
}
