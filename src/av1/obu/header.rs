//! 5.3.2, 5.3.3: the one or two bytes in front of every OBU.

use crate::av1::obu::BitstreamError;

/// 6.2.2 obu_type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObuType {
    /// OBU_SEQUENCE_HEADER.
    SequenceHeader,
    /// OBU_TEMPORAL_DELIMITER.
    TemporalDelimiter,
    /// OBU_FRAME_HEADER.
    FrameHeader,
    /// OBU_TILE_GROUP.
    TileGroup,
    /// OBU_METADATA.
    Metadata,
    /// OBU_FRAME: a frame header and a tile group.
    Frame,
    /// OBU_REDUNDANT_FRAME_HEADER.
    RedundantFrameHeader,
    /// OBU_TILE_LIST.
    TileList,
    /// OBU_PADDING.
    Padding,
    /// One of the reserved types 0 and 9 to 14, which a decoder ignores.
    Reserved(u8),
}

impl ObuType {
    /// The type with a number; only the low four bits of `value` count.
    pub const fn from_bits(value: u8) -> Self {
        match value & 15 {
            1 => Self::SequenceHeader,
            2 => Self::TemporalDelimiter,
            3 => Self::FrameHeader,
            4 => Self::TileGroup,
            5 => Self::Metadata,
            6 => Self::Frame,
            7 => Self::RedundantFrameHeader,
            8 => Self::TileList,
            15 => Self::Padding,
            reserved => Self::Reserved(reserved),
        }
    }

    /// The number of the type, 0 to 15 for every type that [`from_bits`](Self::from_bits) makes.
    pub const fn bits(self) -> u8 {
        match self {
            Self::SequenceHeader => 1,
            Self::TemporalDelimiter => 2,
            Self::FrameHeader => 3,
            Self::TileGroup => 4,
            Self::Metadata => 5,
            Self::Frame => 6,
            Self::RedundantFrameHeader => 7,
            Self::TileList => 8,
            Self::Padding => 15,
            Self::Reserved(value) => value,
        }
    }
}

/// 5.3.3 obu_extension_header(): the layer an OBU belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerId {
    /// temporal_id, 0 to 7.
    pub temporal_id: u8,
    /// spatial_id, 0 to 3.
    pub spatial_id: u8,
}

impl LayerId {
    /// 5.3.1: whether the operating point with this `operating_point_idc` contains the layer.
    pub const fn in_operating_point(self, operating_point_idc: u16) -> bool {
        operating_point_idc == 0
            || (operating_point_idc >> (self.temporal_id & 7)) & 1 == 1
                && (operating_point_idc >> ((self.spatial_id & 3) + 8)) & 1 == 1
    }
}

/// 5.3.2 obu_header(), 5.3.3 obu_extension_header().
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObuHeader {
    /// obu_type.
    pub obu_type: ObuType,
    /// obu_has_size_field: whether obu_size follows the header.
    pub has_size_field: bool,
    /// The layer, if obu_extension_flag is set.
    pub extension: Option<LayerId>,
}

impl ObuHeader {
    /// Reads a header from the start of `data`; returns it with its length, 1 or 2 bytes.
    ///
    /// The reserved bits are ignored, as 6.2.2 and 6.2.3 ask of a decoder.
    ///
    /// # Errors
    /// `data` ends within the header, or obu_forbidden_bit is set.
    pub fn parse(data: &[u8]) -> Result<(Self, usize), BitstreamError> {
        let truncated = BitstreamError::HeaderTruncated { len: data.len() };
        let first = *data.first().ok_or(truncated.clone())?;
        if first & 0x80 != 0 {
            return Err(BitstreamError::ForbiddenBit(first));
        }
        let extension = if first & 0x04 != 0 {
            let second = *data.get(1).ok_or(truncated)?;
            Some(LayerId { temporal_id: second >> 5, spatial_id: (second >> 3) & 3 })
        } else {
            None
        };
        let header = Self {
            obu_type: ObuType::from_bits(first >> 3),
            has_size_field: first & 0x02 != 0,
            extension,
        };
        Ok((header, header.len()))
    }

    /// Bytes of the header, 1 or 2, without obu_size.
    #[allow(clippy::len_without_is_empty)]
    pub const fn len(&self) -> usize {
        if self.extension.is_some() { 2 } else { 1 }
    }

    /// Appends the header, its reserved bits zero.
    ///
    /// # Errors
    /// A temporal id above 7, a spatial id above 3, or a number in [`ObuType::Reserved`] that is
    /// not a reserved type; nothing is appended then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), BitstreamError> {
        let illegal =
            |element, value| Err(BitstreamError::Value { element, value: i64::from(value) });
        let obu_type = self.obu_type.bits();
        if obu_type > 15 || ObuType::from_bits(obu_type) != self.obu_type {
            return illegal("obu_type", obu_type);
        }
        let first = obu_type << 3 | u8::from(self.has_size_field) << 1;
        match self.extension {
            None => out.push(first),
            Some(LayerId { temporal_id: 8.., .. }) => {
                return illegal("temporal_id", self.extension.map_or(0, |layer| layer.temporal_id));
            }
            Some(LayerId { spatial_id: spatial_id @ 4.., .. }) => {
                return illegal("spatial_id", spatial_id);
            }
            Some(layer) => {
                out.extend([first | 0x04, layer.temporal_id << 5 | layer.spatial_id << 3]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_first_byte() {
        for first in 0..=255u8 {
            let parsed = ObuHeader::parse(&[first, 0b0101_0111]);
            if first & 0x80 != 0 {
                assert_eq!(parsed, Err(BitstreamError::ForbiddenBit(first)));
                continue;
            }
            let (header, len) = parsed.unwrap();
            assert_eq!(header.obu_type.bits(), first >> 3 & 15);
            assert_eq!(len, if first & 4 != 0 { 2 } else { 1 });
            let mut out = Vec::new();
            header.write(&mut out).unwrap();
            assert_eq!(out[0], first & !1, "reserved bit is written as 0");
            if len == 2 {
                assert_eq!(out[1], 0b0101_0000);
                assert_eq!(header.extension, Some(LayerId { temporal_id: 2, spatial_id: 2 }));
            }
        }
    }

    #[test]
    fn truncated_and_illegal() {
        assert_eq!(ObuHeader::parse(&[]), Err(BitstreamError::HeaderTruncated { len: 0 }));
        assert_eq!(ObuHeader::parse(&[0x36]), Err(BitstreamError::HeaderTruncated { len: 1 }));
        let mut out = Vec::new();
        let header = |obu_type, temporal_id, spatial_id| ObuHeader {
            obu_type,
            has_size_field: true,
            extension: Some(LayerId { temporal_id, spatial_id }),
        };
        for (header, element, value) in [
            (header(ObuType::Reserved(6), 0, 0), "obu_type", 6),
            (header(ObuType::Reserved(16), 0, 0), "obu_type", 16),
            (header(ObuType::Frame, 8, 0), "temporal_id", 8),
            (header(ObuType::Frame, 0, 4), "spatial_id", 4),
        ] {
            assert_eq!(header.write(&mut out), Err(BitstreamError::Value { element, value }));
        }
        assert!(out.is_empty());
    }

    #[test]
    fn operating_points() {
        let layer = LayerId { temporal_id: 1, spatial_id: 0 };
        assert!(layer.in_operating_point(0));
        assert!(layer.in_operating_point(0x102));
        assert!(!layer.in_operating_point(0x101));
        assert!(!layer.in_operating_point(0x202));
    }

    proptest! {
        #[test]
        fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..4)) {
            if let Ok((header, len)) = ObuHeader::parse(&data) {
                let mut out = Vec::new();
                header.write(&mut out).unwrap();
                prop_assert_eq!(out.len(), len);
                prop_assert_eq!(ObuHeader::parse(&out), Ok((header, len)));
            }
        }
    }
}
