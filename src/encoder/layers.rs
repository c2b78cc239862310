//! Temporal layers and their shares of the rate, changed as the stream goes on.

use super::Encoder;
#[cfg(doc)]
use super::{CodedFrame, EncoderConfig};
use crate::config::{ConfigError, LayerShares, ScalabilityMode};

impl Encoder {
    /// Sets the temporal layers from the next frame on ([`EncoderConfig::scalability_mode`]), without a
    /// key frame. The next frame is of layer 0, as is every one that is the first of its pattern.
    ///
    /// [`CodedFrame`] tells the layer of each frame at once. OBU headers and the operating points of the
    /// sequence header do with the next key frame; until then OBU headers tell of no layers that were
    /// not announced (AV1 specification, 6.4.1).
    ///
    /// # Errors
    /// More layers than the engine has.
    pub fn set_scalability_mode(&mut self, mode: ScalabilityMode) -> Result<(), ConfigError> {
        if mode == self.config.scalability_mode {
            return Ok(());
        }
        self.engine.set_scalability_mode(mode)?;
        self.config.scalability_mode = mode;
        Ok(())
    }

    /// Sets what the temporal layers get of the target rate from the next frame on
    /// ([`EncoderConfig::layer_shares`]). For links that carry only lower
    /// layers the bound on delay holds from then on, as if what waits now were as late there as on the
    /// whole link.
    ///
    /// # Errors
    /// An engine without layers; a share of layer 0 that carries less than the
    /// [smallest key frame](ConfigError::SmallestFrame) in the most delay.
    pub fn set_layer_shares(&mut self, shares: Option<LayerShares>) -> Result<(), ConfigError> {
        self.engine.set_layer_shares(shares)?;
        self.config.layer_shares = shares;
        Ok(())
    }
}
