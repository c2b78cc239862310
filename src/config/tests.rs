//! Which settings are taken.

use super::*;

/// What becomes of the default settings after `change`.
fn check(change: impl FnOnce(&mut EncoderConfig)) -> Result<(), ConfigError> {
    let mut config = EncoderConfig::new(640, 480, 100_000);
    change(&mut config);
    let settings = Settings::try_from(config.clone())?;
    assert_eq!(*settings, config);
    Ok(())
}

#[test]
fn sizes() {
    for (width, height) in [(16, 16), (8192, 4320), (17, 4319)] {
        assert_eq!(check(|c| (c.width, c.height) = (width, height)), Ok(()));
    }
    for (width, height) in [(0, 0), (15, 16), (16, 15), (8193, 4320), (8192, 4321)] {
        let error = ConfigError::Size { width, height };
        assert_eq!(check(|c| (c.width, c.height) = (width, height)), Err(error));
    }
}

#[test]
fn rates() {
    for rate in [RateMode::ConstantQindex(0), RateMode::ConstantQindex(255)] {
        assert_eq!(check(|c| c.rate = rate), Ok(()));
    }
    for bitrate in [0, 1_000, 100_000_000] {
        assert_eq!(check(|c| c.rate = RateMode::Bitrate(bitrate)), Ok(()));
    }
    for bitrate in [1, 999, 100_000_001, u32::MAX] {
        let error = ConfigError::Bitrate(bitrate);
        assert_eq!(check(|c| c.rate = RateMode::Bitrate(bitrate)), Err(error));
    }
}

#[test]
fn qindex_ranges() {
    for (min, max) in [(1, 255), (1, 1), (255, 255), (40, 41)] {
        assert_eq!(check(|c| (c.min_qindex, c.max_qindex) = (min, max)), Ok(()));
    }
    for (min, max) in [(0, 255), (0, 0), (2, 1), (255, 254)] {
        let error = ConfigError::QindexRange { min, max };
        assert_eq!(check(|c| (c.min_qindex, c.max_qindex) = (min, max)), Err(error));
    }
}

#[test]
fn frame_rates() {
    for (num, den) in [(1, 10), (240, 1), (30_000, 1_001), (u32::MAX, u32::MAX)] {
        assert_eq!(check(|c| c.frame_rate = Rational::new(num, den)), Ok(()));
    }
    for (num, den) in [(0, 1), (1, 0), (0, 0), (1, 11), (241, 1), (u32::MAX, 1), (1, u32::MAX)] {
        let error = ConfigError::FrameRate { num, den };
        assert_eq!(check(|c| c.frame_rate = Rational::new(num, den)), Err(error));
    }
}

#[test]
fn time_bases() {
    for (num, den) in [(1, 1), (1, 1_000_000_000), (1_001, 30_000), (5, u32::MAX)] {
        assert_eq!(check(|c| c.timebase = Rational::new(num, den)), Ok(()));
    }
    for (num, den) in [(0, 1), (1, 0), (2, 1), (4, u32::MAX), (u32::MAX, 1)] {
        let error = ConfigError::Timebase { num, den };
        assert_eq!(check(|c| c.timebase = Rational::new(num, den)), Err(error));
    }
}

#[test]
fn threads_and_key_intervals() {
    assert_eq!(check(|c| c.threads = 64), Ok(()));
    for threads in [0, 65, usize::MAX] {
        assert_eq!(check(|c| c.threads = threads), Err(ConfigError::Threads(threads)));
    }
    assert_eq!(check(|c| c.key_interval = Some(1)), Ok(()));
    assert_eq!(check(|c| c.key_interval = Some(0)), Err(ConfigError::KeyInterval(0)));
    for period in [2, 1000] {
        assert_eq!(check(|c| c.intra_refresh = Some(period)), Ok(()));
    }
    for period in [0, 1, 1001, u32::MAX] {
        let error = ConfigError::IntraRefresh(period);
        assert_eq!(check(|c| c.intra_refresh = Some(period)), Err(error));
    }
}

#[test]
fn delays() {
    let ms = Duration::from_millis;
    assert_eq!(EncoderConfig::new(16, 16, 1_000).max_delay, ms(200));
    for max_delay in [ms(50), ms(1_000)] {
        assert_eq!(check(|c| c.max_delay = max_delay), Ok(()));
    }
    let ns = Duration::from_nanos(1);
    for max_delay in [Duration::ZERO, ms(50) - ns, ms(1_000) + ns, Duration::MAX] {
        assert_eq!(check(|c| c.max_delay = max_delay), Err(ConfigError::MaxDelay(max_delay)));
    }
}

#[test]
fn ceilings_of_frames() {
    for most in [None, Some(64), Some(u32::MAX)] {
        assert_eq!(check(|c| c.max_frame_bytes = most), Ok(()));
    }
    for most in [0, 63] {
        let error = ConfigError::MaxFrameBytes(most);
        assert_eq!(check(|c| c.max_frame_bytes = Some(most)), Err(error));
    }
}

#[test]
fn wires() {
    let wire = WireOverhead::new;
    assert_eq!(WireOverhead::default(), wire(0, 1_200));
    for wire in [wire(0, 100), wire(1_000, 65_535)] {
        assert_eq!(check(|c| c.wire = wire), Ok(()));
    }
    for (packet_overhead, max_payload) in
        [(1_001, 1_200), (u32::MAX, 1_200), (40, 0), (40, 99), (40, 65_536), (40, u32::MAX)]
    {
        let error = ConfigError::Wire { packet_overhead, max_payload };
        assert_eq!(check(|c| c.wire = wire(packet_overhead, max_payload)), Err(error));
    }
}

#[test]
fn tile_columns() {
    let error =
        |columns, width, least, most| Err(ConfigError::TileColumns { columns, width, least, most });
    for (width, least, most) in [
        (16, 1, 1),
        (64, 1, 1),
        (65, 1, 2),
        (640, 1, 8),
        (1920, 1, 16),
        (4096, 1, 64),
        (8192, 2, 64),
    ] {
        let checked = |columns| {
            check(|c| {
                (c.width, c.tile_columns) = (width, columns);
            })
        };
        assert_eq!(checked(None), Ok(()));
        for columns in [least, most] {
            assert_eq!(checked(Some(columns)), Ok(()), "{columns} of {width}");
        }
        for columns in [0, 3, least / 2, 2 * most, 48, u32::MAX] {
            assert_eq!(checked(Some(columns)), error(columns, width, least, most));
        }
    }
    let message = "3 tile columns is not a power of two from 1 to 16 at width 1280";
    assert_eq!(error(3, 1280, 1, 16).unwrap_err().to_string(), message);
}

#[test]
fn speeds() {
    assert_eq!(Speed::new(10), Ok(Speed::FASTEST));
    assert_eq!(Speed::new(0).unwrap().level(), Some(0));
    assert_eq!(Speed::default(), Speed::AUTO);
    assert_eq!([Speed::AUTO, Speed::FASTEST].map(|speed| speed.to_string()), ["auto", "10"]);
    assert_eq!(Speed::new(11), Err(ConfigError::Speed(11)));
}

/// The numbers of allowed code points are those of the tables in 6.4.2.
#[test]
fn colors() {
    let count = |set: fn(&mut ColorDescription, u8)| {
        (0..=255).filter(|&value| check(|c| set(&mut c.color, value)).is_ok()).count()
    };
    assert_eq!(count(|color, value| color.primaries = value), 12);
    assert_eq!(count(|color, value| color.transfer = value), 17);
    assert_eq!(count(|color, value| color.matrix = value), 13);
    let error = ConfigError::Color { field: "matrix_coefficients", value: 0 };
    assert_eq!(check(|c| c.color.matrix = 0), Err(error));
    let error = ConfigError::Color { field: "transfer_characteristics", value: 3 };
    assert_eq!(check(|c| c.color.transfer = 3), Err(error));
    let error = ConfigError::Color { field: "color_primaries", value: 255 };
    assert_eq!(check(|c| c.color.primaries = 255), Err(error));
}
