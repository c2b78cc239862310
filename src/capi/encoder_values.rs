//! The values that fields of the encoder's structs may have.

use super::error::Failure;
use crate::config::{AcknowledgedPrediction, LayerShares, ScalabilityMode, Tune};

/// Values of `Rtav1EncoderConfig.engine`.
#[repr(C)]
pub enum Rtav1Engine {
    /// The engine of this library: no delay, everything changed on any frame. The default.
    Native = 0,
    /// rav1e, in builds that have it: several frames of delay, everything but key frames fixed at
    /// the start.
    Rav1e = 1,
}

/// Values of `Rtav1EncoderConfig.rate_mode`.
#[repr(C)]
pub enum Rtav1RateMode {
    /// A mean rate, in the field `bitrate`.
    Bitrate = 0,
    /// One quantizer index, in the field `qindex`.
    ConstantQindex = 1,
}

/// Values of `Rtav1EncoderConfig.scalability_mode`: layers by their names in W3C's Scalable Video Coding
/// (SVC) Extension for WebRTC.
#[repr(C)]
pub enum Rtav1ScalabilityMode {
    /// One layer. The default.
    L1t1 = 0,
    /// Two temporal layers: every second frame is of layer 0.
    L1t2 = 1,
    /// Three temporal layers: of four frames one is of layer 0, one of layer 1 and two of layer 2.
    L1t3 = 2,
}

/// Values of `Rtav1EncoderConfig.acknowledged_prediction`: when frames of layer 0 depend only on frames that
/// the receiver has acknowledged. A lost frame then costs nothing after it, and frames take more bits.
#[repr(C)]
pub enum Rtav1AcknowledgedPrediction {
    /// Where it pays, by what the encoder measures of losses, of the time that acknowledgements take and of
    /// the picture. The default.
    Auto = 0,
    /// Always, from the first acknowledgement on.
    Always = 1,
    /// Never: losses are answered by recovery frames only.
    Never = 2,
    /// On acknowledged frames and the last but one of layer 0: of the two chains that this makes, a loss
    /// breaks one, and the other goes on at half the frame rate.
    TwoChains = 3,
}

/// Values of `Rtav1EncoderConfig.tune`: what is optimised.
#[repr(C)]
pub enum Rtav1Tune {
    /// VMAF, PSNR and SSIM alike. The default.
    Default = 0,
    /// PSNR of luma.
    Psnr = 1,
    /// SSIM of luma.
    Ssim = 2,
}

/// Values of `Rtav1Frame.format`; both are 8-bit 4:2:0.
#[repr(C)]
pub enum Rtav1PixelFormat {
    /// Three planes: Y, U, V. The chroma planes are (width + 1) / 2 by (height + 1) / 2 samples.
    I420 = 0,
    /// Two planes: Y, and U and V interleaved sample by sample.
    Nv12 = 1,
}

/// Values of `Rtav1EncodeOutcome.kind`.
#[repr(C)]
pub enum Rtav1OutcomeKind {
    /// The frame went in; an engine with delay needs more of them, or a flush, before one comes out.
    /// The same after a call that failed.
    Pending = 0,
    /// A frame was coded: it is in the field `unit`.
    Unit = 1,
    /// A frame was dropped: `dropped_timestamp` and `drop_reason` say which and why.
    Dropped = 2,
}

/// Values of `Rtav1EncodeOutcome.drop_reason`.
#[repr(C)]
pub enum Rtav1DropReason {
    /// The frame was not dropped.
    None = 0,
    /// The link still owes the bits of earlier frames.
    LinkFull = 1,
    /// Not even the least that can be said of the frame is below the most bytes it may have.
    Ceiling = 2,
    /// Fewer frames, so that those that are coded are fuller.
    FrameRate = 3,
    /// The target rate is 0: nothing is sent until it is raised.
    Paused = 4,
}

/// Shares of the layers, zeros behind them; `None` of zeros only.
pub(super) fn layer_shares(percent: [u32; 3]) -> Result<Option<LayerShares>, Failure> {
    let count = percent.iter().rposition(|&percent| percent > 0).map_or(0, |last| last + 1);
    if count == 0 {
        return Ok(None);
    }
    // What is beyond a byte is beyond 100 as well.
    let shares: Vec<u8> =
        percent[..count].iter().map(|&percent| percent.min(u8::MAX.into()) as u8).collect();
    Ok(Some(LayerShares::new(&shares)?))
}

/// The same as C has them.
pub(super) fn layer_shares_value(shares: Option<LayerShares>) -> [u32; 3] {
    let mut percent = [0; 3];
    let shares = shares.iter().flat_map(LayerShares::percent);
    percent.iter_mut().zip(shares).for_each(|(place, &share)| *place = share.into());
    percent
}

/// Layers, by their value.
pub(super) fn scalability_mode(value: u32) -> Result<ScalabilityMode, Failure> {
    match value {
        L1T1 => Ok(ScalabilityMode::L1T1),
        L1T2 => Ok(ScalabilityMode::L1T2),
        L1T3 => Ok(ScalabilityMode::L1T3),
        value => Err(Failure::UnknownValue { field: "scalability_mode", value }),
    }
}

/// When frames depend on acknowledged frames only, by its value.
pub(super) fn acknowledged_prediction(value: u32) -> Result<AcknowledgedPrediction, Failure> {
    match value {
        AUTO => Ok(AcknowledgedPrediction::Auto),
        ALWAYS => Ok(AcknowledgedPrediction::Always),
        NEVER => Ok(AcknowledgedPrediction::Never),
        TWO_CHAINS => Ok(AcknowledgedPrediction::TwoChains),
        value => Err(Failure::UnknownValue { field: "acknowledged_prediction", value }),
    }
}

/// What is optimised, by its value.
pub(super) fn tune(value: u32) -> Result<Tune, Failure> {
    match value {
        DEFAULT => Ok(Tune::Default),
        PSNR => Ok(Tune::Psnr),
        SSIM => Ok(Tune::Ssim),
        value => Err(Failure::UnknownValue { field: "tune", value }),
    }
}

/// The value of what is optimised.
pub(super) fn tune_value(tune: Tune) -> u32 {
    match tune {
        Tune::Default => DEFAULT,
        Tune::Psnr => PSNR,
        Tune::Ssim => SSIM,
    }
}

/// The value of layers.
pub(super) fn scalability_mode_value(mode: ScalabilityMode) -> u32 {
    match mode {
        ScalabilityMode::L1T1 => L1T1,
        ScalabilityMode::L1T2 => L1T2,
        ScalabilityMode::L1T3 => L1T3,
    }
}

/// The value of when frames depend on acknowledged frames only.
pub(super) fn prediction_value(prediction: AcknowledgedPrediction) -> u32 {
    match prediction {
        AcknowledgedPrediction::Auto => AUTO,
        AcknowledgedPrediction::Always => ALWAYS,
        AcknowledgedPrediction::Never => NEVER,
        AcknowledgedPrediction::TwoChains => TWO_CHAINS,
    }
}

const L1T1: u32 = Rtav1ScalabilityMode::L1t1 as u32;
const L1T2: u32 = Rtav1ScalabilityMode::L1t2 as u32;
const L1T3: u32 = Rtav1ScalabilityMode::L1t3 as u32;
const DEFAULT: u32 = Rtav1Tune::Default as u32;
const PSNR: u32 = Rtav1Tune::Psnr as u32;
const SSIM: u32 = Rtav1Tune::Ssim as u32;
const AUTO: u32 = Rtav1AcknowledgedPrediction::Auto as u32;
const ALWAYS: u32 = Rtav1AcknowledgedPrediction::Always as u32;
const NEVER: u32 = Rtav1AcknowledgedPrediction::Never as u32;
const TWO_CHAINS: u32 = Rtav1AcknowledgedPrediction::TwoChains as u32;
