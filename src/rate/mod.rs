//! One-pass control of the rate: how coarsely to quantize the next frame, or to leave it out.
//!
//! ```text
//! FrameFacts ─► Controller::pick ─► Target ─► Recode: attempts until one is taken ─► Controller::coded
//!               bucket, limits,               FrameControl: steps of its superblocks,
//!               model, frame dropper          superblocks of a frame in part
//! ```
//!
//! A [`Bucket`](bucket::Bucket) drains at the target rate and takes the bits of each frame; what is
//! in it is the delay that the link adds. [`Limits`] say what no frame may break. Before each inter
//! frame the [`Controller`] sets a budget that brings the bucket back to its resting level, and the
//! [`Model`](model::Model) says at which step the plan's mix of levels would cost that much.
//! [`StepControl`] holds a frame to its budget from within, [`Recode`] from without, and where nothing
//! else helps [`PartialFrame`] gives coefficients to some of its superblocks only. Time comes in as
//! seconds between frames, so uneven timestamps are followed; there is no clock.

mod bucket;
mod controller;
mod frame_control;
mod frame_dropper;
mod layer_rates;
mod limits;
mod model;
mod partial_frame;
mod qindex_range;
mod reason;
mod recode;
#[cfg(test)]
mod simulation;
mod step_control;
mod target;
#[cfg(test)]
mod tests;
mod tuning;

pub(crate) use self::controller::{Controller, ControllerSettings};
pub(crate) use self::frame_control::FrameControl;
pub(crate) use self::limits::{Limits, Wire};
pub(crate) use self::model::{Class, Complexity};
use self::partial_frame::{Budget, PartialFrame, SuperblockCosts};
pub(crate) use self::qindex_range::QindexRange;
pub use self::reason::{DropReason, QindexReason};
pub(crate) use self::recode::{Attempt, Recode, RecodeAction, Residual};
pub(crate) use self::step_control::{DELTA_Q_RES, Used, Weight};
use self::step_control::{StepControl, StepLog, StepTarget};
pub(crate) use self::target::{Decision, FrameFacts, Outcome, Target};
pub(crate) use self::tuning::steps::LEAST_ACTIVITY;
use crate::av1::tables::quantizer::AC_QLOOKUP;
use crate::kernels::logarithm::log2;

/// log₂ of luma's AC step at `qindex`, in samples.
fn log_step_of(qindex: u8) -> f64 {
    log2(f64::from(AC_QLOOKUP[0][usize::from(qindex)])) - 3.0
}

/// The index, 1 to 255, whose step is nearest, by ratio.
fn nearest_qindex(log_step: f64) -> u8 {
    let (mut below, mut above) = (1, 255);
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if log_step_of(middle) >= log_step {
            above = middle;
        } else {
            below = middle;
        }
    }
    let nearer_below = log_step - log_step_of(below) < log_step_of(above) - log_step;
    if nearer_below { below } else { above }
}
