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

/// Shares of the target rate that the temporal layers get, lowest layer first, in percent of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerShares {
    percent: [u8; Self::MOST],
    layers: u8,
}

impl LayerShares {
    const MOST: usize = 3;

    /// A share for each layer.
    ///
    /// # Errors
    /// None or more than three, one of 0, or another sum than 100.
    pub fn new(percent: &[u8]) -> Result<Self, ConfigError> {
        let sum: u32 = percent.iter().copied().map(u32::from).sum();
        let in_range = (1..=Self::MOST).contains(&percent.len());
        if !in_range || percent.contains(&0) || sum != 100 {
            let percent: Vec<String> = percent.iter().map(u8::to_string).collect();
            return Err(ConfigError::LayerShares(percent.join(",")));
        }
        let mut shares = Self { percent: [0; Self::MOST], layers: percent.len() as u8 };
        shares.percent[..percent.len()].copy_from_slice(percent);
        Ok(shares)
    }

    /// The shares.
    pub fn percent(&self) -> &[u8] {
        &self.percent[..usize::from(self.layers)]
    }

    /// The shares of a mode's layers; none if it has another number of them.
    pub(crate) fn of_mode(shares: &Option<Self>, mode: ScalabilityMode) -> &[u8] {
        let fitting = shares.as_ref().filter(|shares| shares.layers == mode.temporal_layers());
        fitting.map_or(&[], Self::percent)
    }
}

impl fmt::Display for LayerShares {
    /// As [`FromStr`] reads them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent: Vec<String> = self.percent().iter().map(u8::to_string).collect();
        f.pad(&percent.join(","))
    }
}

impl FromStr for LayerShares {
    type Err = ConfigError;

    /// The shares of a list such as `60,40`.
    fn from_str(list: &str) -> Result<Self, ConfigError> {
        let percent: Result<Vec<u8>, _> = list.split(',').map(str::parse).collect();
        percent
            .ok()
            .and_then(|percent| Self::new(&percent).ok())
            .ok_or_else(|| ConfigError::LayerShares(list.to_owned()))
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
    fn shares_are_read_and_written() {
        for list in ["100", "60,40", "40,20,40", "98,1,1"] {
            let shares: LayerShares = list.parse().unwrap();
            assert_eq!(shares.to_string(), list);
            assert_eq!(LayerShares::new(shares.percent()), Ok(shares));
            for &mode in ScalabilityMode::ALL {
                let fits = shares.percent().len() == usize::from(mode.temporal_layers());
                let expected = if fits { shares.percent() } else { &[] };
                assert_eq!(LayerShares::of_mode(&Some(shares), mode), expected);
            }
        }
        assert!(LayerShares::of_mode(&None, ScalabilityMode::L1T1).is_empty());
        for list in ["", "60", "60,41", "100,0", "25,25,25,25", "60,x", "60,40,", "256,1", "-1,101"]
        {
            let refused = Err(ConfigError::LayerShares(list.to_owned()));
            assert_eq!(list.parse::<LayerShares>(), refused);
        }
        let refused = ConfigError::LayerShares("200,156".to_owned());
        assert_eq!(LayerShares::new(&[200, 156]), Err(refused));
    }

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
