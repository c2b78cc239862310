//! What is optimised: every tune makes streams of its own, as exact as any, and the default is the one without.

use super::{TICKS, encode};
use crate::synthetic::{Clip, Scene};
use crate::{Decoder, DecoderConfig, EncoderConfig, RateMode, Speed, TemporalUnit, Tune};

fn units(tune: Tune, speed: u8, threads: usize) -> Vec<TemporalUnit> {
    let mut config = EncoderConfig::new(200, 136, 150_000);
    (config.tune, config.speed, config.threads) = (tune, Speed::new(speed).unwrap(), threads);
    (config.rate, config.reconstruction) = (RateMode::ConstantQindex(110), true);
    encode(config, Clip::new(Scene::MovingTexture, 200, 136, 2).unwrap(), 8, &[5])
}

#[test]
fn tunes_are_honoured_and_exact() {
    for speed in [2, 6, 9] {
        let streams = Tune::ALL.iter().map(|&tune| {
            let units = units(tune, speed, 1);
            let mut decoder = Decoder::new(DecoderConfig::default()).unwrap();
            for unit in &units {
                let picture = decoder.decode(unit.data.clone(), unit.timestamp).unwrap().unwrap();
                let made = unit.frames[0].reconstruction.as_ref();
                let number = unit.timestamp / TICKS;
                assert!(picture.to_buffer().as_ref().ok() == made, "{tune}, {speed}: {number}");
            }
            units.into_iter().map(|unit| unit.data).collect::<Vec<_>>()
        });
        let [default, psnr, ssim] = streams.collect::<Vec<_>>().try_into().unwrap();
        assert!(default != psnr && psnr != ssim && default != ssim, "speed {speed}");
    }
}

#[test]
fn threads_change_no_byte_of_a_tune() {
    for tune in [Tune::Psnr, Tune::Ssim] {
        let [one, three] = [1, 3].map(|threads| units(tune, 8, threads));
        assert!(
            one.iter().map(|unit| &unit.data).eq(three.iter().map(|unit| &unit.data)),
            "{tune}"
        );
    }
}

#[test]
fn names_lead_to_tunes() {
    assert_eq!(EncoderConfig::new(64, 64, 50_000).tune, Tune::Default);
    for &tune in Tune::ALL {
        assert_eq!(Tune::from_name(&tune.to_string()), Some(tune));
    }
    assert_eq!(Tune::from_name("vmaf"), None);
}
