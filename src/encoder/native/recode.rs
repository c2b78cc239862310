//! Coding a frame until rate control takes an attempt.

use super::engine::NativeEngine;
use super::headers::{Tools, frame_header};
use super::stream::CodedUnit;

use crate::av1::obu::BitstreamError;
use crate::av1::tile::bounds::TileBounds;
use crate::layers::FramePlan;
use crate::rate::{Attempt, Recode, RecodeAction, Residual, Target, Used};

/// A frame that was coded, and how.
pub(super) struct CodedFrame {
    pub(super) unit: CodedUnit,
    pub(super) used: Used,
    pub(super) residual: Residual,
    /// How often it was coded.
    pub(super) attempts: usize,
    /// Where the next frame that is coded in part resumes.
    pub(super) resume_at: usize,
}

/// What came of an attempt.
struct Attempted {
    /// The frame, unless it was given up on the way, beyond the ceiling.
    coded: Option<CodedFrame>,
    /// log₂ of its mean step.
    log_step: f64,
    /// Bytes of the temporal unit, or those that it would have come to.
    bytes: u64,
}

impl NativeEngine {
    /// Codes a frame, again if need be, until rate control takes it; `None` if it cannot be small
    /// enough.
    pub(super) fn code_until_accepted(
        &mut self,
        plan: &FramePlan,
        target: &Target,
    ) -> Result<Option<CodedFrame>, BitstreamError> {
        let mut recode = Recode::new(target);
        let mut kept = None;
        let taken = loop {
            let Attempted { coded, log_step, bytes } =
                self.attempt(plan, target, recode.current())?;
            match recode.record(log_step, bytes) {
                RecodeAction::Take => {
                    if let Some(CodedFrame { residual: Residual::Normal, .. }) = &coded {
                        self.control.learn();
                    }
                    self.discard(kept);
                    break coded;
                }
                RecodeAction::KeepAndTryAgain => {
                    let before = std::mem::replace(&mut kept, coded);
                    self.discard(before);
                }
                RecodeAction::TryAgain => self.discard(coded),
                RecodeAction::TakeKept => {
                    self.discard(coded);
                    break kept;
                }
                RecodeAction::GiveUp => {
                    self.discard(coded);
                    break None;
                }
            }
        };
        Ok(taken.map(|coded| CodedFrame { attempts: recode.made(), ..coded }))
    }

    fn attempt(
        &mut self,
        plan: &FramePlan,
        target: &Target,
        attempt: Attempt,
    ) -> Result<Attempted, BitstreamError> {
        let Attempt { qindex, residual } = attempt;
        // Lossless frames have no steps to vary, and those without coefficients none that matter.
        let controlled = target.bits > 0 && qindex > 0 && residual != Residual::None;
        let tile_columns = self.settings.tile_columns;
        let independent = self.intra_refresh.is_some();
        let tune = self.settings.tune;
        let tools = Tools { delta_q: controlled, tile_columns, independent, tune };
        let header =
            frame_header(self.pictures.stream.sequence(), plan, qindex, self.speed, tools)?;
        let tile_bytes = u32::try_from(target.soft_bytes).unwrap_or(u32::MAX);
        let header_bytes = self.pictures.stream.overhead(&header, plan.layer, tile_bytes)?;
        let header_bytes = u64::from(header_bytes);
        self.pictures.search.set_residual(residual);
        if controlled {
            self.tiles.clear();
            self.tiles.extend(TileBounds::all(&header.tile_info));
            let weights = self.pictures.weights(&self.tiles, plan.key_frame);
            let known = (plan.key_frame, weights);
            self.control.start(target, attempt, header_bytes, &self.tiles, known);
        }
        let control = controlled.then(|| self.control.control());
        let Some(unit) = self.pictures.code(header, plan.layer, control)? else {
            let (used, bits) = self.control.given_up();
            let bytes = (header_bytes + bits / 8).max(target.max_bytes + 1);
            return Ok(Attempted { coded: None, log_step: used.log_step, bytes });
        };
        let (mut used, mut resume_at) = (Used::one(qindex), 0);
        if controlled {
            let too_large = unit.data.len() as u64 > target.soft_bytes;
            let measured = self.control.end(too_large);
            (used, resume_at) = (measured.used, measured.resume_at);
        }
        let (log_step, bytes) = (used.log_step, unit.data.len() as u64);
        let coded = CodedFrame { unit, used, residual, attempts: 1, resume_at };
        Ok(Attempted { coded: Some(coded), log_step, bytes })
    }

    fn discard(&mut self, coded: Option<CodedFrame>) {
        if let Some(coded) = coded {
            self.pictures.stream.discard(coded.unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EncoderConfig, Settings, Speed};
    use crate::encoder::engine::Engine;
    use crate::encoder::unit::{EncodeOutcome, FrameOptions};
    use crate::synthetic::{Clip, Scene};

    #[test]
    fn motion_is_projected_once_for_all_attempts_at_a_frame() {
        let (width, height) = (96, 64);
        let mut config = EncoderConfig::new(width, height, 30_000);
        config.speed = Speed::new(4).unwrap();
        let mut engine = NativeEngine::new(&Settings::try_from(config).unwrap()).unwrap();
        let clip = Clip::new(Scene::Cuts, width, height, 5).unwrap();
        let (mut inter_frames, mut recoded) = (0, 0);
        for number in 0..64 {
            let frame = clip.picture(number);
            let frame = frame.as_frame(3000 * number);
            let outcome = engine.encode(&frame, FrameOptions::default()).unwrap();
            let EncodeOutcome::Unit(unit) = outcome else { continue };
            if unit.key_frame {
                continue;
            }
            inter_frames += 1;
            recoded += u64::from(unit.frames[0].stats.unwrap().attempts > 1);
        }
        assert!(recoded > 2, "{recoded} of {inter_frames}");
        assert_eq!(engine.pictures.stream.projections(), inter_frames);
    }
}
