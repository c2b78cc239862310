//! 5.5.2 color_config(): what the samples are.

use super::bits::{BitReader, BitWriter};
use crate::av1::obu::BitstreamError;

/// CP_BT_709.
const CP_BT_709: u8 = 1;
/// TC_SRGB.
const TC_SRGB: u8 = 13;
/// MC_IDENTITY.
const MC_IDENTITY: u8 = 0;

/// color_primaries, transfer_characteristics and matrix_coefficients: code points of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorCodes {
    /// color_primaries.
    pub color_primaries: u8,
    /// transfer_characteristics.
    pub transfer_characteristics: u8,
    /// matrix_coefficients.
    pub matrix_coefficients: u8,
}

impl ColorCodes {
    /// CP_UNSPECIFIED, TC_UNSPECIFIED, MC_UNSPECIFIED.
    pub const UNSPECIFIED: Self =
        Self { color_primaries: 2, transfer_characteristics: 2, matrix_coefficients: 2 };

    fn is_srgb(self) -> bool {
        self.color_primaries == CP_BT_709
            && self.transfer_characteristics == TC_SRGB
            && self.matrix_coefficients == MC_IDENTITY
    }
}

/// 5.5.2 color_config().
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorConfig {
    /// BitDepth: 8, 10 or 12.
    pub bit_depth: u8,
    /// mono_chrome: there are no U and V planes.
    pub mono_chrome: bool,
    /// The code points, if color_description_present_flag is set.
    pub description: Option<ColorCodes>,
    /// color_range: samples use the full range.
    pub color_range: bool,
    /// subsampling_x.
    pub subsampling_x: bool,
    /// subsampling_y.
    pub subsampling_y: bool,
    /// chroma_sample_position, 0 to 3; 0 (unknown) where it is not coded.
    pub chroma_sample_position: u8,
    /// separate_uv_delta_q.
    pub separate_uv_delta_q: bool,
}

impl Default for ColorConfig {
    /// 8-bit 4:2:0 of limited range, everything else unspecified.
    fn default() -> Self {
        Self {
            bit_depth: 8,
            mono_chrome: false,
            description: None,
            color_range: false,
            subsampling_x: true,
            subsampling_y: true,
            chroma_sample_position: 0,
            separate_uv_delta_q: false,
        }
    }
}

impl ColorConfig {
    /// NumPlanes: 1 or 3.
    pub fn num_planes(&self) -> usize {
        if self.mono_chrome { 1 } else { 3 }
    }

    /// The code points, [`ColorCodes::UNSPECIFIED`] if none are coded.
    pub fn codes(&self) -> ColorCodes {
        self.description.unwrap_or(ColorCodes::UNSPECIFIED)
    }

    /// 5.5.2 color_config().
    pub(super) fn parse(r: &mut BitReader<'_>, seq_profile: u8) -> Result<Self, BitstreamError> {
        let high_bitdepth = r.flag()?;
        let bit_depth = if seq_profile == 2 && high_bitdepth {
            if r.flag()? { 12 } else { 10 }
        } else if high_bitdepth {
            10
        } else {
            8
        };
        let mono_chrome = seq_profile != 1 && r.flag()?;
        let description = if r.flag()? {
            Some(ColorCodes {
                color_primaries: r.byte(8)?,
                transfer_characteristics: r.byte(8)?,
                matrix_coefficients: r.byte(8)?,
            })
        } else {
            None
        };
        let mut config = Self { bit_depth, mono_chrome, description, ..Self::default() };
        if mono_chrome {
            config.color_range = r.flag()?;
            return Ok(config);
        }
        if config.codes().is_srgb() {
            config.color_range = true;
            (config.subsampling_x, config.subsampling_y) = (false, false);
        } else {
            config.color_range = r.flag()?;
            (config.subsampling_x, config.subsampling_y) = match (seq_profile, bit_depth) {
                (0, _) => (true, true),
                (1, _) => (false, false),
                (_, 12) => {
                    let subsampling_x = r.flag()?;
                    (subsampling_x, subsampling_x && r.flag()?)
                }
                _ => (true, false),
            };
            if config.subsampling_x && config.subsampling_y {
                config.chroma_sample_position = r.byte(2)?;
            }
        }
        if config.codes().matrix_coefficients == MC_IDENTITY && config.subsampling_x {
            return Err(BitstreamError::Value { element: "matrix_coefficients", value: 0 });
        }
        config.separate_uv_delta_q = r.flag()?;
        Ok(config)
    }

    /// 5.5.2 color_config(), written; what it cannot express shows when it is read back.
    pub(super) fn write(&self, w: &mut BitWriter, seq_profile: u8) -> Result<(), BitstreamError> {
        w.flag(self.bit_depth > 8);
        if seq_profile == 2 && self.bit_depth > 8 {
            w.flag(self.bit_depth > 10);
        }
        if seq_profile != 1 {
            w.flag(self.mono_chrome);
        }
        w.flag(self.description.is_some());
        if let Some(codes) = self.description {
            w.f("color_primaries", 8, codes.color_primaries.into())?;
            w.f("transfer_characteristics", 8, codes.transfer_characteristics.into())?;
            w.f("matrix_coefficients", 8, codes.matrix_coefficients.into())?;
        }
        if self.mono_chrome {
            w.flag(self.color_range);
            return Ok(());
        }
        if !self.codes().is_srgb() {
            w.flag(self.color_range);
            if seq_profile == 2 && self.bit_depth == 12 {
                w.flag(self.subsampling_x);
                if self.subsampling_x {
                    w.flag(self.subsampling_y);
                }
            }
            if self.subsampling_x && self.subsampling_y {
                w.f("chroma_sample_position", 2, self.chroma_sample_position.into())?;
            }
        }
        w.flag(self.separate_uv_delta_q);
        Ok(())
    }
}
