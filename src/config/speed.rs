//! Effort against speed.

use std::fmt;

use super::ConfigError;

/// Effort against speed: a level from 0, the slowest and smallest, to 10, the fastest, or [`Speed::AUTO`], the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speed(Option<u8>);

impl Speed {
    /// A level by the size and rate of the pictures and by the times that the caller
    /// [reports](crate::Encoder::report_encode_time).
    ///
    /// It begins with level 4 below 640×360 at 25 frames a second, with 6 up to 1280×720 at 30, with 8 up to 1920×1080 at
    /// 30, and with 10 above. Without reports it stays there. With an engine whose speed is
    /// [fixed](crate::Capabilities::live_speed) it stays there too.
    pub const AUTO: Self = Self(None);

    /// The fastest.
    pub const FASTEST: Self = Self(Some(10));

    /// Speed `level`.
    ///
    /// # Errors
    /// A level over 10.
    pub fn new(level: u8) -> Result<Self, ConfigError> {
        if level > 10 { Err(ConfigError::Speed(level)) } else { Ok(Self(Some(level))) }
    }

    /// The level, 0 to 10; `None` if the encoder chooses.
    pub const fn level(self) -> Option<u8> {
        self.0
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(level) => level.fmt(f),
            None => f.pad("auto"),
        }
    }
}
