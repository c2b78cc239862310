//! Layers, by the names that applications know.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;

/// The layers of a stream, by their names in W3C's Scalable Video Coding (SVC) Extension for WebRTC:
/// one spatial layer, and one to three temporal layers.
///
/// A server may take the highest layers out of a stream on the way. Frames of the highest layer are
/// referred to by none, so that the loss of one is seen for the time of one picture and needs no
/// answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScalabilityMode {
    /// One layer.
    #[default]
    L1T1,
    /// Two temporal layers: every second frame is of layer 0.
    L1T2,
    /// Three temporal layers: of four frames one is of layer 0, one of layer 1 and two of layer 2.
    L1T3,
}

impl ScalabilityMode {
    /// All modes.
    pub const ALL: &'static [Self] = &[Self::L1T1, Self::L1T2, Self::L1T3];

    /// The name, such as `L1T2`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L1T1 => "L1T1",
            Self::L1T2 => "L1T2",
            Self::L1T3 => "L1T3",
        }
    }

    /// How many temporal layers there are, 1 to 3.
    pub const fn temporal_layers(self) -> u8 {
        match self {
            Self::L1T1 => 1,
            Self::L1T2 => 2,
            Self::L1T3 => 3,
        }
    }
}

impl fmt::Display for ScalabilityMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ScalabilityMode {
    type Err = ConfigError;

    /// The mode of a name.
    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let mode = Self::ALL.iter().copied().find(|mode| mode.name() == name);
        mode.ok_or_else(|| ConfigError::ScalabilityMode(name.to_owned()))
    }
}

/// When frames of layer 0 depend on frames only that the receiver has
/// [acknowledged](crate::Encoder::acknowledge).
///
/// A lost frame then costs itself and what the layers above make of it until the next frame of layer 0, and
/// nothing after that; but prediction over the time that acknowledgements take needs more bits. It
/// means nothing before a frame is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AcknowledgedPrediction {
    /// Where it pays, by the share of frames that are lost, the frames that an acknowledgement takes, and
    /// how much more pictures differ from the acknowledged frame than from the last: all measured by
    /// the encoder.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: losses are answered by recovery frames only.
    Never,
    /// Frames of layer 0 depend on acknowledged ones and on the last but one of layer 0, so that they
    /// form two chains. A lost frame breaks one, and until that is known the other goes on at half the
    /// frame rate; then the broken one starts again from acknowledged frames. It costs far less than
    /// `Always`.
    TwoChains,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for (layers, &mode) in (1..).zip(ScalabilityMode::ALL) {
            assert_eq!(mode.to_string().parse(), Ok(mode));
            assert_eq!(mode.temporal_layers(), layers);
        }
        assert_eq!(format!("{:>6}", ScalabilityMode::L1T3), "  L1T3");
        for name in ["", "l1t1", "L1T4", "L2T1", "L1T2h"] {
            let refused = Err(ConfigError::ScalabilityMode(name.to_owned()));
            assert_eq!(name.parse::<ScalabilityMode>(), refused);
        }
    }
}
