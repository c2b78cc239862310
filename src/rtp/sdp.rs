//! 7.2: the `fmtp` parameters of AV1 in SDP, computed and parsed.

use std::fmt;

use super::error::RtpError;
use crate::av1::obu::{OperatingPoint, SequenceHeader};
use crate::config::Rational;

/// 7.2: the highest profile, level and tier of a stream, or that a receiver supports.
///
/// The values are those of the sequence header (AV1 specification, 6.4.1 and annex A).
/// [`Display`](fmt::Display) writes them as `profile=0;level-idx=5;tier=0`.
///
/// ```
/// use rtav1::Rational;
/// use rtav1::rtp::sdp::FmtpParameters;
///
/// # fn main() -> Result<(), rtav1::RtpError> {
/// let stream = FmtpParameters::for_stream(0, 640, 360, Rational::new(30, 1), 500_000)?;
/// assert_eq!(stream.line(98), "a=fmtp:98 profile=0;level-idx=1;tier=0");
/// let receiver = FmtpParameters::parse("a=fmtp:98 level-idx=8; other=1")?;
/// assert!(receiver.accepts(&stream));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FmtpParameters {
    /// seq_profile, 0 to 2.
    pub profile: u8,
    /// seq_level_idx, 0 to 31: level X.Y is 4·(X − 2) + Y, and 31 is "maximum parameters".
    pub level_idx: u8,
    /// seq_tier, 0 (main) or 1 (high).
    pub tier: u8,
}

impl Default for FmtpParameters {
    /// What absent parameters mean: main profile, level 3.1, main tier.
    fn default() -> Self {
        Self { profile: 0, level_idx: 5, tier: 0 }
    }
}

impl FmtpParameters {
    /// The name in the `rtpmap` attribute.
    pub const ENCODING_NAME: &'static str = "AV1";

    /// The parameters with these values.
    ///
    /// # Errors
    /// `profile` is above 2, `level_idx` above 31 or `tier` above 1.
    pub fn new(profile: u8, level_idx: u8, tier: u8) -> Result<Self, RtpError> {
        for (parameter, value) in [(&PROFILE, profile), (&LEVEL_IDX, level_idx), (&TIER, tier)] {
            if value > parameter.max {
                return Err(value_error(parameter, &value.to_string()));
            }
        }
        Ok(Self { profile, level_idx, tier })
    }

    /// The lowest level that holds a stream of one layer, with its tier (AV1 specification, A.3).
    ///
    /// `width` and `height` are luma samples of the largest picture, `frame_rate` counts the coded
    /// pictures a second, each shown once, and `bitrate` is the highest rate in bit/s. The main tier is
    /// chosen where any of its levels will do. Beyond all levels the result is level 31. The
    /// limits on tiles and the compression ratio are not looked at: they depend on the stream.
    ///
    /// # Errors
    /// `profile` is above 2, a side of the picture is outside 1 to 65,536 or the frame rate is not
    /// positive.
    pub fn for_stream(
        profile: u8,
        width: u32,
        height: u32,
        frame_rate: Rational,
        bitrate: u64,
    ) -> Result<Self, RtpError> {
        let Some(profile_factor) = [1, 2, 3].get(usize::from(profile)) else {
            return Err(value_error(&PROFILE, &profile.to_string()));
        };
        for (setting, value) in [("width", width), ("height", height)] {
            if !(1..=65_536).contains(&value) {
                return Err(config_error(setting, value, 65_536));
            }
        }
        for (setting, value) in
            [("frame_rate.num", frame_rate.num), ("frame_rate.den", frame_rate.den)]
        {
            if value == 0 {
                return Err(config_error(setting, value, u32::MAX));
            }
        }
        let samples = u64::from(width) * u64::from(height);
        let per_second_at_most = |amount: u64, limit: u64| {
            u128::from(amount) * u128::from(frame_rate.num)
                <= u128::from(limit) * u128::from(frame_rate.den)
        };
        let fits = |level: &Level, tier: u8| {
            let mbps_tenths = if tier == 0 { level.main_tenths } else { level.high_tenths };
            samples <= level.max_samples
                && u64::from(width) <= level.max_width
                && u64::from(height) <= level.max_height
                && per_second_at_most(samples, level.display_rate.min(level.decode_rate))
                && per_second_at_most(1, level.header_rate)
                && bitrate <= mbps_tenths * 100_000 * profile_factor
        };
        let found = [0, 1].into_iter().find_map(|tier| {
            let level = LEVELS.map(Level::from_row).into_iter().find(|level| fits(level, tier))?;
            Some(Self { profile, level_idx: level.idx, tier })
        });
        Ok(found.unwrap_or(Self { profile, level_idx: MAXIMUM_PARAMETERS, tier: 0 }))
    }

    /// What a stream with this sequence header declares: the highest level and tier of its
    /// operating points. `None` if it declares no level, as 5 allows with a single
    /// operating_point_idc of 0xFFF and level 0.
    ///
    /// Some encoders write level 31 into every header; [`for_stream`](Self::for_stream) says more
    /// then.
    pub fn from_sequence_header(header: &SequenceHeader) -> Option<Self> {
        let points = &header.operating_points;
        if let [OperatingPoint { operating_point_idc: 0xfff, seq_level_idx: 0, .. }] = points[..] {
            return None;
        }
        Some(Self {
            profile: header.seq_profile,
            level_idx: points.iter().map(|point| point.seq_level_idx).max()?,
            tier: points.iter().map(|point| u8::from(point.seq_tier)).max()?,
        })
    }

    /// Reads the parameters from an attribute (`a=fmtp:98 profile=0;…`), with or without `a=` and
    /// with or without blanks after the colon, or from the list of parameters alone.
    ///
    /// Absent parameters have their defaults and unknown ones are ignored. Names count in either
    /// case.
    ///
    /// # Errors
    /// Another line of a session description, an attribute without its payload type, a parameter
    /// that stands twice, or one whose value is missing, no decimal integer or out of range.
    pub fn parse(line: &str) -> Result<Self, RtpError> {
        let list = parameter_list(line.trim())
            .ok_or_else(|| RtpError::FmtpLine { line: line.trim().to_owned() })?;
        let mut found = [None; 3];
        for part in list.split(';') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let known = [&PROFILE, &LEVEL_IDX, &TIER];
            let Some(index) =
                known.iter().position(|known| known.name.eq_ignore_ascii_case(name.trim()))
            else {
                continue;
            };
            let (parameter, value) = (known[index], value.trim());
            let number = Some(value)
                .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|value| value.parse().ok())
                .filter(|&number| number <= parameter.max)
                .ok_or_else(|| value_error(parameter, value))?;
            if found[index].replace(number).is_some() {
                return Err(RtpError::FmtpRepeated(parameter.name));
            }
        }
        let [profile, level_idx, tier] = found;
        let default = Self::default();
        Ok(Self {
            profile: profile.unwrap_or(default.profile),
            level_idx: level_idx.unwrap_or(default.level_idx),
            tier: tier.unwrap_or(default.tier),
        })
    }

    /// The attribute for a payload type, without a line end.
    pub fn line(&self, payload_type: u8) -> String {
        format!("a=fmtp:{payload_type} {self}")
    }

    /// 7.2.3: whether a receiver with these parameters takes a stream of those.
    pub fn accepts(&self, stream: &Self) -> bool {
        stream.profile <= self.profile
            && stream.level_idx <= self.level_idx
            && stream.tier <= self.tier
    }
}

impl fmt::Display for FmtpParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, level_idx, tier } = self;
        write!(f, "profile={profile};level-idx={level_idx};tier={tier}")
    }
}

/// The parameters in a trimmed line. `None` if it is another line of a session description: such a
/// line has a letter and `=` in front of its value (RFC 8866, 5), and an attribute has a colon
/// after its name (5.13), which a parameter's name cannot hold.
fn parameter_list(line: &str) -> Option<&str> {
    let attribute = line.strip_prefix("a=").unwrap_or(line);
    if let Some(rest) = attribute.strip_prefix("fmtp:") {
        let rest = rest.trim_start();
        let (payload_type, list) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return payload_type.parse().is_ok_and(|number: u8| number < 128).then_some(list);
    }
    let name = line.split(['=', ';']).next().unwrap_or_default();
    let is_line = line.as_bytes().get(1) == Some(&b'=') || name.contains(':');
    (!is_line && attribute != "fmtp").then_some(line)
}

struct Parameter {
    name: &'static str,
    max: u8,
}

const PROFILE: Parameter = Parameter { name: "profile", max: 2 };
const LEVEL_IDX: Parameter = Parameter { name: "level-idx", max: 31 };
const TIER: Parameter = Parameter { name: "tier", max: 1 };

fn value_error(parameter: &Parameter, value: &str) -> RtpError {
    let value = value.to_owned();
    RtpError::FmtpValue { parameter: parameter.name, value, max: parameter.max }
}

fn config_error(setting: &'static str, value: u32, max: u32) -> RtpError {
    RtpError::Config { setting, value: value as usize, min: 1, max: max as usize }
}

/// seq_level_idx of a stream that is beyond all levels.
const MAXIMUM_PARAMETERS: u8 = 31;

/// A row of the tables in annex A.3 of the AV1 specification.
struct Level {
    /// seq_level_idx.
    idx: u8,
    /// MaxPicSize.
    max_samples: u64,
    /// MaxHSize.
    max_width: u64,
    /// MaxVSize.
    max_height: u64,
    /// MaxDisplayRate.
    display_rate: u64,
    /// MaxDecodeRate.
    decode_rate: u64,
    /// MaxHeaderRate.
    header_rate: u64,
    /// MainMbps in tenths.
    main_tenths: u64,
    /// HighMbps in tenths, 0 where the level has no high tier.
    high_tenths: u64,
}

impl Level {
    /// The level in a row of [`LEVELS`], whose columns are in the order of the fields.
    const fn from_row(row: [u64; 9]) -> Self {
        let [idx, max_samples, max_width, max_height, display_rate, decode_rate, rest @ ..] = row;
        let [header_rate, main_tenths, high_tenths] = rest;
        Self {
            idx: idx as u8,
            max_samples,
            max_width,
            max_height,
            display_rate,
            decode_rate,
            header_rate,
            main_tenths,
            high_tenths,
        }
    }
}

#[rustfmt::skip]
const LEVELS: [[u64; 9]; 14] = [
    [0, 147_456, 2048, 1152, 4_423_680, 5_529_600, 150, 15, 0],
    [1, 278_784, 2816, 1584, 8_363_520, 10_454_400, 150, 30, 0],
    [4, 665_856, 4352, 2448, 19_975_680, 24_969_600, 150, 60, 0],
    [5, 1_065_024, 5504, 3096, 31_950_720, 39_938_400, 150, 100, 0],
    [8, 2_359_296, 6144, 3456, 70_778_880, 77_856_768, 300, 120, 300],
    [9, 2_359_296, 6144, 3456, 141_557_760, 155_713_536, 300, 200, 500],
    [12, 8_912_896, 8192, 4352, 267_386_880, 273_715_200, 300, 300, 1000],
    [13, 8_912_896, 8192, 4352, 534_773_760, 547_430_400, 300, 400, 1600],
    [14, 8_912_896, 8192, 4352, 1_069_547_520, 1_094_860_800, 300, 600, 2400],
    [15, 8_912_896, 8192, 4352, 1_069_547_520, 1_176_502_272, 300, 600, 2400],
    [16, 35_651_584, 16_384, 8704, 1_069_547_520, 1_176_502_272, 300, 600, 2400],
    [17, 35_651_584, 16_384, 8704, 2_139_095_040, 2_189_721_600, 300, 1000, 4800],
    [18, 35_651_584, 16_384, 8704, 4_278_190_080, 4_379_443_200, 300, 1600, 8000],
    [19, 35_651_584, 16_384, 8704, 4_278_190_080, 4_706_009_088, 300, 1600, 8000],
];

#[cfg(test)]
mod tests;
