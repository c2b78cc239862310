//! Prints a digest of each of a fixed list of streams. The encoder's bytes hang on nothing but its
//! input: two targets that print different lines show a fault.

use rtav1::synthetic::{Clip, Scene};
use rtav1::{Encoder, EncoderConfig, FrameOptions, RateMode, Speed};

const SCENES: [Scene; 4] = [Scene::Cuts, Scene::MovingTexture, Scene::Noise, Scene::Text];
const SPEEDS: [u8; 4] = [1, 4, 6, 10];
const RATES: [RateMode; 2] = [RateMode::Bitrate(80_000), RateMode::ConstantQindex(110)];
/// Neither a multiple of 8 nor even.
const SIZE: (u32, u32) = (147, 99);
const FRAMES: u64 = 4;
/// 90 kHz ticks from one frame to the next.
const TICKS: u64 = 3_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (number, scene) in SCENES.into_iter().enumerate() {
        let clip = Clip::new(scene, SIZE.0, SIZE.1, number as u64)?;
        for speed in SPEEDS {
            for rate in RATES {
                let single = digest(&clip, speed, rate, 1)?;
                // WebAssembly has no threads as it is built here.
                if !cfg!(target_family = "wasm") && digest(&clip, speed, rate, 3)? != single {
                    return Err(format!("{scene:?} {speed} {rate:?}: threads matter").into());
                }
                println!("{scene:?} speed {speed} {rate:?}: {single:016x}");
            }
        }
    }
    Ok(())
}

/// The FNV-1a digest of all units of a clip.
fn digest(
    clip: &Clip,
    speed: u8,
    rate: RateMode,
    threads: usize,
) -> Result<u64, Box<dyn std::error::Error>> {
    let mut config = EncoderConfig::new(SIZE.0, SIZE.1, 80_000);
    (config.speed, config.rate, config.threads) = (Speed::new(speed)?, rate, threads);
    let mut encoder = Encoder::new(config)?;
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for number in 0..FRAMES {
        let picture = clip.picture(number);
        let frame = picture.as_frame(number * TICKS);
        if let Some(unit) = encoder.encode(&frame, FrameOptions::default())?.into_unit() {
            for byte in unit.data.iter() {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
            }
        }
        // A dropped frame counts too.
        hash = (hash ^ 0x100).wrapping_mul(0x100_0000_01B3);
    }
    Ok(hash)
}
