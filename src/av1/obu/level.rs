//! The level of a stream (AV1 specification, A.3).

/// Limits of a level in the main tier.
struct Limits {
    seq_level_idx: u8,
    max_pic_size: u64,
    max_h_size: u32,
    max_v_size: u32,
    max_display_rate: u64,
    /// Frame headers a second.
    max_header_rate: u32,
    main_mbps: f64,
    max_tile_cols: u32,
}

const fn limits(
    seq_level_idx: u8,
    (max_pic_size, max_h_size, max_v_size): (u64, u32, u32),
    max_display_rate: u64,
    max_header_rate: u32,
    (main_mbps, max_tile_cols): (f64, u32),
) -> Limits {
    Limits {
        seq_level_idx,
        max_pic_size,
        max_h_size,
        max_v_size,
        max_display_rate,
        max_header_rate,
        main_mbps,
        max_tile_cols,
    }
}

const SIZE_4: (u64, u32, u32) = (2_359_296, 6_144, 3_456);
const SIZE_5: (u64, u32, u32) = (8_912_896, 8_192, 4_352);
const SIZE_6: (u64, u32, u32) = (35_651_584, 16_384, 8_704);

/// From 2.0 to 6.2; those that differ from the one before by decoding rate alone are left out.
const LEVELS: [Limits; 12] = [
    limits(0, (147_456, 2_048, 1_152), 4_423_680, 150, (1.5, 4)),
    limits(1, (278_784, 2_816, 1_584), 8_363_520, 150, (3.0, 4)),
    limits(4, (665_856, 4_352, 2_448), 19_975_680, 150, (6.0, 6)),
    limits(5, (1_065_024, 5_504, 3_096), 31_950_720, 150, (10.0, 6)),
    limits(8, SIZE_4, 70_778_880, 300, (12.0, 8)),
    limits(9, SIZE_4, 141_557_760, 300, (20.0, 8)),
    limits(12, SIZE_5, 267_386_880, 300, (30.0, 8)),
    limits(13, SIZE_5, 534_773_760, 300, (40.0, 8)),
    limits(14, SIZE_5, 1_069_547_520, 300, (60.0, 8)),
    limits(16, SIZE_6, 1_069_547_520, 300, (60.0, 16)),
    limits(17, SIZE_6, 2_139_095_040, 300, (100.0, 16)),
    limits(18, SIZE_6, 4_278_190_080, 300, (160.0, 16)),
];

/// `seq_level_idx` 31: no limits.
const MAXIMUM_PARAMETERS: u8 = 31;

/// `seq_level_idx` of the lowest level that holds frames of this size and so many tile columns at this
/// rate (frames a second and bit/s) in the main tier. A tile row or two, which the largest sizes have,
/// are within any level's tiles.
pub(crate) fn seq_level_idx(
    (width, height): (u32, u32),
    tile_cols: u32,
    frame_rate: f64,
    bitrate: u32,
) -> u8 {
    let samples = u64::from(width) * u64::from(height);
    let fits = |limits: &&Limits| {
        samples <= limits.max_pic_size
            && width <= limits.max_h_size
            && height <= limits.max_v_size
            && tile_cols <= limits.max_tile_cols
            && samples as f64 * frame_rate <= limits.max_display_rate as f64
            && frame_rate <= f64::from(limits.max_header_rate)
            && f64::from(bitrate) <= limits.main_mbps * 1e6
    };
    LEVELS.iter().find(fits).map_or(MAXIMUM_PARAMETERS, |limits| limits.seq_level_idx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_common_formats() {
        for (width, height, frame_rate, bitrate, level) in [
            (176, 144, 30.0, 100_000, 0),
            (176, 144, 30.0, 1_500_001, 1),
            (640, 360, 30.0, 500_000, 1),
            (1280, 720, 30.0, 2_000_000, 5),
            (1920, 1080, 30.0, 4_000_000, 8),
            (1920, 1080, 60.0, 4_000_000, 9),
            (3840, 2160, 30.0, 20_000_000, 12),
            (8192, 4320, 30.0, 20_000_000, 16),
            (8192, 4320, 240.0, 20_000_000, 31),
            (16, 16, 240.0, 20_000, 8),
        ] {
            let found = seq_level_idx((width, height), 1, frame_rate, bitrate);
            assert_eq!(found, level, "{width}x{height}");
        }
    }

    #[test]
    fn tile_columns_ask_for_levels() {
        for (tile_cols, level) in [(1, 1), (4, 1), (6, 4), (8, 8), (16, 16), (32, 31)] {
            assert_eq!(seq_level_idx((640, 360), tile_cols, 30.0, 500_000), level);
        }
    }
}
