//! 5.9.14 segmentation_params(): features that blocks choose by their segment id.

use crate::av1::obu::BitstreamError;
use crate::av1::obu::bits::{BitReader, BitWriter};

/// MAX_SEGMENTS.
pub const MAX_SEGMENTS: usize = 8;
/// SEG_LVL_MAX.
pub const SEG_LVL_MAX: usize = 8;
/// SEG_LVL_ALT_Q: added to base_q_idx, −255 to 255.
pub const SEG_LVL_ALT_Q: usize = 0;
/// SEG_LVL_ALT_LF_Y_V: the first of four features added to the loop filter levels, −63 to 63.
pub const SEG_LVL_ALT_LF_Y_V: usize = 1;
/// SEG_LVL_REF_FRAME: the reference frame, 0 to 7.
pub const SEG_LVL_REF_FRAME: usize = 5;
/// SEG_LVL_SKIP: skipped blocks; its value is 0.
pub const SEG_LVL_SKIP: usize = 6;
/// SEG_LVL_GLOBALMV: global motion; its value is 0.
pub const SEG_LVL_GLOBALMV: usize = 7;

/// Segmentation_Feature_Bits.
const FEATURE_BITS: [u32; SEG_LVL_MAX] = [8, 6, 6, 6, 6, 3, 0, 0];
/// Segmentation_Feature_Signed.
const FEATURE_SIGNED: [bool; SEG_LVL_MAX] = [true, true, true, true, true, false, false, false];
/// Segmentation_Feature_Max.
const FEATURE_MAX: [i16; SEG_LVL_MAX] = [255, 63, 63, 63, 63, 7, 0, 0];

/// FeatureData by segment and feature; `None` where FeatureEnabled is 0.
pub type FeatureData = [[Option<i16>; SEG_LVL_MAX]; MAX_SEGMENTS];

/// 5.9.14 segmentation_params().
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentationParams {
    /// segmentation_enabled.
    pub segmentation_enabled: bool,
    /// segmentation_update_map; always set with segmentation and without a primary reference.
    pub segmentation_update_map: bool,
    /// segmentation_temporal_update, only with `segmentation_update_map`.
    pub segmentation_temporal_update: bool,
    /// segmentation_update_data; always set with segmentation and without a primary reference.
    pub segmentation_update_data: bool,
    /// The features in force, whether coded in this header or taken over from the primary
    /// reference; none without segmentation.
    pub feature_data: FeatureData,
}

impl SegmentationParams {
    /// 5.11.14 seg_feature_active_idx(): the value of a feature of a segment, if it is active.
    pub fn feature(&self, segment_id: u8, feature: usize) -> Option<i16> {
        let data = self.feature_data.get(usize::from(segment_id))?;
        if self.segmentation_enabled { data.get(feature).copied().flatten() } else { None }
    }

    /// SegIdPreSkip: the segment id is read before the skip flag.
    pub fn seg_id_pre_skip(&self) -> bool {
        self.segmentation_enabled
            && self
                .feature_data
                .iter()
                .flat_map(|data| &data[SEG_LVL_REF_FRAME..])
                .any(Option::is_some)
    }

    /// LastActiveSegId: the highest segment with a feature, 0 without any.
    pub fn last_active_seg_id(&self) -> u8 {
        let active = |data: &[Option<i16>; SEG_LVL_MAX]| data.iter().any(Option::is_some);
        self.feature_data.iter().rposition(active).unwrap_or(0) as u8
    }

    /// 5.9.14 segmentation_params(); `previous` are the features of the primary reference, if
    /// there is one.
    pub(super) fn parse(
        r: &mut BitReader<'_>,
        previous: Option<&FeatureData>,
    ) -> Result<Self, BitstreamError> {
        let mut params = Self { segmentation_enabled: r.flag()?, ..Self::default() };
        if !params.segmentation_enabled {
            return Ok(params);
        }
        if let Some(previous) = previous {
            params.segmentation_update_map = r.flag()?;
            params.segmentation_temporal_update = params.segmentation_update_map && r.flag()?;
            params.segmentation_update_data = r.flag()?;
            params.feature_data = *previous;
        } else {
            params.segmentation_update_map = true;
            params.segmentation_update_data = true;
        }
        if params.segmentation_update_data {
            for data in &mut params.feature_data {
                for (feature, data) in data.iter_mut().enumerate() {
                    *data = if r.flag()? { Some(read_feature(r, feature)?) } else { None };
                }
            }
        }
        Ok(params)
    }

    pub(super) fn write(
        &self,
        w: &mut BitWriter,
        has_primary_reference: bool,
    ) -> Result<(), BitstreamError> {
        w.flag(self.segmentation_enabled);
        if !self.segmentation_enabled {
            return Ok(());
        }
        if has_primary_reference {
            w.flag(self.segmentation_update_map);
            if self.segmentation_update_map {
                w.flag(self.segmentation_temporal_update);
            }
            w.flag(self.segmentation_update_data);
        }
        if self.segmentation_update_data || !has_primary_reference {
            for data in &self.feature_data {
                for (feature, data) in data.iter().enumerate() {
                    w.flag(data.is_some());
                    if let Some(data) = *data {
                        write_feature(w, feature, data)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// 5.9.14 feature_value, clipped as the standard has it.
fn read_feature(r: &mut BitReader<'_>, feature: usize) -> Result<i16, BitstreamError> {
    let (bits, limit) = (FEATURE_BITS[feature], FEATURE_MAX[feature]);
    Ok(if FEATURE_SIGNED[feature] {
        (r.su(1 + bits)? as i16).clamp(-limit, limit)
    } else {
        (r.f(bits)? as i16).clamp(0, limit)
    })
}

fn write_feature(w: &mut BitWriter, feature: usize, data: i16) -> Result<(), BitstreamError> {
    let bits = FEATURE_BITS[feature];
    if FEATURE_SIGNED[feature] {
        w.su("feature_value", 1 + bits, data.into())
    } else {
        let value =
            u32::try_from(data).map_err(|_| BitstreamError::value("feature_value", data))?;
        w.f("feature_value", bits, value)
    }
}
