//! What containers and capability queries ask of a sequence header: the AV1 Codec ISO Media File
//! Format Binding (AV1-ISOBMFF) 1.3.0, sections 2.3 and 5.

use super::error::BitstreamError;
use super::header::{ObuHeader, ObuType};
use super::operating_point::OperatingPoint;
use super::sequence::SequenceHeader;
use super::unit::write_obu;

/// The values that a codec string without its optional fields stands for: 4:2:0, BT.709, limited
/// range.
const ASSUMED: &str = ".0.110.01.01.01.0";

impl SequenceHeader {
    /// The header as a whole OBU with its size field (AV1 specification, 5.3).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_obu(&self) -> Result<Vec<u8>, BitstreamError> {
        let payload = self.write()?;
        let header =
            ObuHeader { obu_type: ObuType::SequenceHeader, has_size_field: true, extension: None };
        let mut obu = Vec::new();
        write_obu(&header, &payload, &mut obu)?;
        Ok(obu)
    }

    /// AV1CodecConfigurationRecord (AV1-ISOBMFF 2.3.3), the content of an `av1C` box, with this header
    /// as its only configOBU. MP4 and Matroska (as CodecPrivate) take it as it is.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn av1c(&self) -> Result<Vec<u8>, BitstreamError> {
        let OperatingPoint { seq_level_idx, seq_tier, initial_display_delay_minus_1, .. } =
            self.first_operating_point();
        let color = &self.color_config;
        let flag = u8::from;
        let mut record = vec![
            // marker and version 1.
            0x81,
            self.seq_profile << 5 | seq_level_idx,
            flag(seq_tier) << 7
                | flag(color.bit_depth > 8) << 6
                | flag(color.bit_depth == 12) << 5
                | flag(color.mono_chrome) << 4
                | flag(color.subsampling_x) << 3
                | flag(color.subsampling_y) << 2
                | color.chroma_sample_position,
            // The delay is that of display in frames too; without it the field is reserved.
            initial_display_delay_minus_1.map_or(0, |delay| 1 << 4 | delay),
        ];
        record.extend(self.write_obu()?);
        Ok(record)
    }

    /// The `codecs` parameter of RFC 6381 (AV1-ISOBMFF 5), such as `av01.0.04M.08`: what MSE,
    /// WebCodecs and manifests ask for. The fields after the bit depth are there where they differ
    /// from what their absence means; a color that is not described counts as no difference.
    pub fn codec_string(&self) -> String {
        let OperatingPoint { seq_level_idx, seq_tier, .. } = self.first_operating_point();
        let color = &self.color_config;
        let tier = if seq_tier { 'H' } else { 'M' };
        let required =
            format!("av01.{}.{seq_level_idx:02}{tier}.{:02}", self.seq_profile, color.bit_depth);
        // 5: code points that are not in the header are not in the string either, but the fields
        // come all together or not at all.
        let codes = color.codes();
        let fields = |primaries, transfer, matrix| {
            format!(
                ".{}.{}{}{}.{primaries:02}.{transfer:02}.{matrix:02}.{}",
                u8::from(color.mono_chrome),
                u8::from(color.subsampling_x),
                u8::from(color.subsampling_y),
                color.chroma_sample_position,
                u8::from(color.color_range)
            )
        };
        let undescribed = color.description.is_none() && fields(1, 1, 1) == ASSUMED;
        let optional = fields(
            codes.color_primaries,
            codes.transfer_characteristics,
            codes.matrix_coefficients,
        );
        if undescribed || optional == ASSUMED { required } else { required + &optional }
    }

    /// The operating point that the level of the whole stream is told by.
    fn first_operating_point(&self) -> OperatingPoint {
        self.operating_points.first().copied().unwrap_or_default()
    }
}
