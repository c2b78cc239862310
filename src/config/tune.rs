//! What is optimised.

use std::fmt;

/// The measure of quality that choices are made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tune {
    /// VMAF, PSNR and SSIM alike: none is gained at the expense of another.
    #[default]
    Default,
    /// PSNR of luma. Beside the default, at speed 6 over four clips: 0.4 % fewer bits for the same PSNR, 1.1 % fewer for the
    /// same SSIM, 4.3 % more for the same VMAF; 1.03 times the CPU.
    Psnr,
    /// SSIM of luma, weak texture before strong. Beside the default: 2.6 % fewer bits for the same SSIM, 0.8 % more for the
    /// same PSNR, 4.1 % more for the same VMAF; 1.08 times the CPU.
    Ssim,
}

impl Tune {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Default, Self::Psnr, Self::Ssim];

    /// The one with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tune| tune.name() == name)
    }

    /// The name used on command lines and in errors: `default`, `psnr` or `ssim`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Psnr => "psnr",
            Self::Ssim => "ssim",
        }
    }
}

impl fmt::Display for Tune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
