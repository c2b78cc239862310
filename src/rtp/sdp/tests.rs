use super::*;
use proptest::prelude::*;

fn parameters(profile: u8, level_idx: u8, tier: u8) -> FmtpParameters {
    FmtpParameters { profile, level_idx, tier }
}

#[test]
fn lines_as_they_are_met() {
    for (line, expected) in [
        ("", (0, 5, 0)),
        ("a=fmtp:98 profile=2; level-idx=8; tier=1;", (2, 8, 1)),
        ("a=fmtp:98 profile=0; level-idx=4; tier=1;\r\n", (0, 4, 1)),
        ("fmtp:45 level-idx=31", (0, 31, 0)),
        ("a=fmtp:45", (0, 5, 0)),
        ("profile=1;level-idx=0", (1, 0, 0)),
        ("PROFILE = 1 ;Level-Idx=12;;", (1, 12, 0)),
        ("a=fmtp: 98 profile=1;level-idx=9", (1, 9, 0)),
        ("a=fmtp: \t98\tprofile=1;level-idx=9\r\n", (1, 9, 0)),
        ("fmtp: 98 tier=1", (0, 5, 1)),
        ("a=fmtp: 98", (0, 5, 0)),
        ("a=fmtp:0 profile = 2", (2, 5, 0)),
        ("x-url=rtp:1;tier=1", (0, 5, 1)),
        ("profile-id=2;x-google;max-fr=30;tier=1", (0, 5, 1)),
    ] {
        let (profile, level_idx, tier) = expected;
        assert_eq!(FmtpParameters::parse(line), Ok(parameters(profile, level_idx, tier)), "{line}");
    }
    for (line, parameter, value, max) in [
        ("profile=3", "profile", "3", 2),
        ("level-idx=32", "level-idx", "32", 31),
        ("level-idx=256", "level-idx", "256", 31),
        ("tier=2", "tier", "2", 1),
        ("tier=", "tier", "", 1),
        ("profile", "profile", "", 2),
        ("profile=+1", "profile", "+1", 2),
        ("profile=1 0", "profile", "1 0", 2),
        ("a=fmtp:98 level-idx=5.1", "level-idx", "5.1", 31),
    ] {
        let value = value.to_owned();
        let error = RtpError::FmtpValue { parameter, value, max };
        assert_eq!(FmtpParameters::parse(line), Err(error), "{line}");
    }
    assert_eq!(
        FmtpParameters::parse("tier=0;profile=0;tier=0"),
        Err(RtpError::FmtpRepeated("tier"))
    );
}

#[test]
fn lines_that_are_not_fmtp() {
    for line in [
        "a=rtpmap:98 AV1/90000",
        "rtpmap:98 AV1/90000",
        "a=rtcp-fb:98 nack pli",
        "m=video 9 UDP/TLS/RTP/SAVPF 98",
        "v=0\r\na=fmtp:98 profile=1",
        "a=sendonly",
        "a=profile=1",
        "a=",
        "a=fmtp",
        "fmtp",
        "a=fmtp:",
        "a=fmtp: ",
        "a=fmtp:profile=1",
        "a=fmtp:128 profile=1",
        "a=fmtp:98;profile=1",
        "b=AS:500",
    ] {
        let error = RtpError::FmtpLine { line: line.trim().to_owned() };
        assert_eq!(FmtpParameters::parse(line), Err(error));
    }
}

#[test]
fn values_out_of_range() {
    assert_eq!(FmtpParameters::new(2, 31, 1), Ok(parameters(2, 31, 1)));
    for (refused, parameter) in [
        (FmtpParameters::new(3, 5, 0), "profile"),
        (FmtpParameters::new(0, 32, 0), "level-idx"),
        (FmtpParameters::new(0, 5, 2), "tier"),
    ] {
        match refused {
            Err(RtpError::FmtpValue { parameter: found, .. }) => assert_eq!(found, parameter),
            other => panic!("{other:?}"),
        }
    }
}

/// The examples that annex A.3 gives for its levels, and the first stream beyond some of them.
#[test]
fn levels_of_streams() {
    for (width, height, fps, kbps, level_idx, tier) in [
        (426, 240, 30, 100, 0, 0),
        (176, 144, 30, 100, 0, 0),
        (640, 360, 30, 100, 1, 0),
        (854, 480, 30, 100, 4, 0),
        (1280, 720, 30, 100, 5, 0),
        (1280, 720, 34, 100, 5, 0),
        (1280, 720, 35, 100, 8, 0),
        (1920, 1080, 30, 100, 8, 0),
        (1920, 1080, 60, 100, 9, 0),
        (3840, 2160, 30, 100, 12, 0),
        (3840, 2160, 60, 100, 13, 0),
        (3840, 2160, 120, 100, 14, 0),
        (7680, 4320, 30, 100, 16, 0),
        (7680, 4320, 60, 100, 17, 0),
        (7680, 4320, 120, 100, 18, 0),
        (16384, 8704, 1, 100, 31, 0),
        (2049, 16, 30, 100, 1, 0),
        (16, 1153, 30, 100, 1, 0),
        (16, 16, 150, 100, 0, 0),
        (16, 16, 151, 100, 8, 0),
        (16, 16, 301, 100, 31, 0),
        (426, 240, 30, 1_500, 0, 0),
        (426, 240, 30, 1_501, 1, 0),
        (1280, 720, 30, 160_000, 18, 0),
        (1280, 720, 30, 160_001, 14, 1),
        (1280, 720, 30, 800_001, 31, 0),
    ] {
        let rate = Rational::new(fps, 1);
        assert_eq!(
            FmtpParameters::for_stream(0, width, height, rate, kbps * 1000),
            Ok(parameters(0, level_idx, tier)),
            "{width}x{height} {fps} {kbps}"
        );
    }
    let ntsc = Rational::new(30_000, 1001);
    assert_eq!(FmtpParameters::for_stream(1, 426, 240, ntsc, 3_000_000).unwrap().level_idx, 0);
    assert_eq!(FmtpParameters::for_stream(2, 426, 240, ntsc, 4_500_001).unwrap().level_idx, 1);
    for refused in [
        FmtpParameters::for_stream(3, 16, 16, ntsc, 1),
        FmtpParameters::for_stream(0, 0, 16, ntsc, 1),
        FmtpParameters::for_stream(0, 16, 65_537, ntsc, 1),
        FmtpParameters::for_stream(0, 16, 16, Rational::new(1, 0), 1),
        FmtpParameters::for_stream(0, 16, 16, Rational::new(0, 1), 1),
    ] {
        assert!(refused.is_err(), "{refused:?}");
    }
}

#[test]
fn what_a_sequence_header_declares() {
    let point = |operating_point_idc, seq_level_idx, seq_tier| OperatingPoint {
        operating_point_idc,
        seq_level_idx,
        seq_tier,
        ..OperatingPoint::default()
    };
    for (operating_points, expected) in [
        (vec![point(0, 5, false)], Some(parameters(0, 5, 0))),
        (vec![point(0x303, 9, true), point(0x101, 12, false)], Some(parameters(0, 12, 1))),
        (vec![point(0xfff, 0, false)], None),
        (vec![point(0, 0, false)], Some(parameters(0, 0, 0))),
        (vec![], None),
    ] {
        let header = SequenceHeader { operating_points, ..SequenceHeader::new(64, 64) };
        assert_eq!(FmtpParameters::from_sequence_header(&header), expected);
    }
}

#[test]
fn a_receiver_takes_what_is_not_above_it() {
    let receiver = parameters(1, 8, 0);
    assert!(receiver.accepts(&parameters(0, 5, 0)));
    assert!(receiver.accepts(&receiver));
    for above in [parameters(2, 8, 0), parameters(1, 9, 0), parameters(1, 8, 1)] {
        assert!(!receiver.accepts(&above));
    }
}

proptest! {
    #[test]
    fn written_parameters_come_back(profile in 0u8..3, level_idx in 0u8..32, tier in 0u8..2) {
        let written = parameters(profile, level_idx, tier);
        prop_assert_eq!(FmtpParameters::parse(&written.to_string()), Ok(written));
        prop_assert_eq!(FmtpParameters::parse(&written.line(127)), Ok(written));
    }

    #[test]
    fn any_text(text: String, list in "(profile|tier|level-idx|[a-z=;0-9 ]){0,8}") {
        for text in [text, list] {
            if let Ok(parsed) = FmtpParameters::parse(&text) {
                prop_assert!(parsed.profile <= 2 && parsed.level_idx <= 31 && parsed.tier <= 1);
            }
        }
    }
}
