//! Temporal layers and their rates, changed as the stream goes on.

use super::encoder::Rtav1Encoder;
use super::encoder_values::{layer_shares, scalability_mode};
use super::handle::call;
use super::status::Rtav1Status;

/// Sets the temporal layers, an `Rtav1ScalabilityMode`, from the next frame on, without a key frame.
/// Frames tell their layer at once, OBU headers from the next key frame on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_scalability_mode(
    encoder: *mut Rtav1Encoder,
    mode: u32,
) -> Rtav1Status {
    let set = |handle: &mut Rtav1Encoder| {
        Ok(handle.encoder.set_scalability_mode(scalability_mode(mode)?)?)
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, set) }
}

/// Sets the shares of the layers (`Rtav1EncoderConfig.layer_shares`) in percent, lowest first, from the next
/// frame on; three zeros for the default.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtav1_encoder_set_layer_shares(
    encoder: *mut Rtav1Encoder,
    layer_0: u32,
    layer_1: u32,
    layer_2: u32,
) -> Rtav1Status {
    let set = |handle: &mut Rtav1Encoder| {
        Ok(handle.encoder.set_layer_shares(layer_shares([layer_0, layer_1, layer_2])?)?)
    };
    // SAFETY: the caller gives null or an encoder that it alone uses.
    unsafe { call(encoder, set) }
}
