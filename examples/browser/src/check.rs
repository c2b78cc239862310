//! Pictures that a browser shows, compared with what was sent.

use std::collections::VecDeque;
use std::sync::Mutex;

use anyhow::{Context, ensure};
use rtav1::PictureBuffer;

use crate::common::metrics::psnr_y;
use crate::mark;

/// Frames that are kept: longer than one takes to a screen.
const KEPT: usize = 240;

/// The last frames that were sent.
#[derive(Default)]
pub(crate) struct Check {
    frames: Mutex<VecDeque<Frame>>,
}

struct Frame {
    number: u32,
    source: PictureBuffer,
    /// What a decoder makes of it.
    reconstruction: PictureBuffer,
}

/// How a picture of a browser compares; PSNR in dB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) number: u32,
    /// The number that the picture shows.
    pub(crate) marked: u32,
    /// Of the browser's picture against the source.
    pub(crate) browser: f64,
    /// Of this library's decoder's picture against the source.
    pub(crate) decoder: f64,
    /// Of the browser's against the decoder's.
    pub(crate) between: f64,
}

impl Check {
    /// Keeps a frame that is sent.
    pub(crate) fn keep(
        &self,
        number: u32,
        source: PictureBuffer,
        reconstruction: Option<PictureBuffer>,
    ) {
        let Some(reconstruction) = reconstruction else { return };
        let mut frames = self.frames.lock().expect("no thread panics with it");
        frames.push_back(Frame { number, source, reconstruction });
        if frames.len() > KEPT {
            frames.pop_front();
        }
    }

    /// Compares the luma samples of a picture that a browser shows.
    pub(crate) fn compare(
        &self,
        luma: &[u8],
        width: u32,
        height: u32,
    ) -> anyhow::Result<Comparison> {
        ensure!(luma.len() == (width * height) as usize, "{} samples", luma.len());
        let mut shown = PictureBuffer::new(width, height)?;
        shown.plane_mut(0).copy_from_slice(luma);
        let marked = mark::read(luma, width as usize);
        let frames = self.frames.lock().expect("no thread panics with it");
        let size = |frame: &Frame| (frame.source.width(), frame.source.height());
        let mut alike = frames.iter().rev().filter(|frame| size(frame) == (width, height));
        let frame = alike
            .clone()
            // A frame that had no bits for its mark shows that of the one before.
            .find(|frame| frame.reconstruction.plane(0) == luma)
            .or_else(|| alike.find(|frame| frame.number == marked))
            .with_context(|| format!("frame {marked} was not sent at {width}x{height}"))?;
        Ok(Comparison {
            number: frame.number,
            marked,
            browser: psnr_y(&frame.source, &shown),
            decoder: psnr_y(&frame.source, &frame.reconstruction),
            between: psnr_y(&frame.reconstruction, &shown),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_number() {
        let check = Check::default();
        for number in 0..3 {
            let mut source = PictureBuffer::new(160, 96).unwrap();
            source.plane_mut(0)[160 * 50..].fill(50 * number as u8);
            mark::draw(&mut source, number);
            let mut coded = source.clone();
            coded.plane_mut(0)[160 * 60..160 * 70].fill(50 * number as u8 + 4);
            check.keep(number, source, Some(coded));
        }
        let mut shown = PictureBuffer::new(160, 96).unwrap();
        mark::draw(&mut shown, 1);
        shown.plane_mut(0)[160 * 50..].fill(50);
        let compared = check.compare(shown.plane(0), 160, 96).unwrap();
        assert_eq!(compared.number, 1);
        assert_eq!(compared.browser, crate::common::metrics::PSNR_EQUAL);
        assert!((40.0..60.0).contains(&compared.decoder), "{compared:?}");
        assert_eq!(compared.between, compared.decoder);
        assert!(check.compare(&[0; 160], 160, 96).is_err());
        assert!(check.compare(&[0; 160 * 96], 80, 192).is_err());
    }
}
